//! Texts of rejections, in the specification's words.
//!
//! The official testsuite expects a text with each rejection, those of the reference interpreter at the time. Ours
//! begins with that text. Where the reference interpreter has changed its words since a file was written, [`SYNONYMS`]
//! lists both; that table is closed, and each entry names a file that needs it.

use super::{DecodeError, Phase};

/// Whether a rejection with our text is the one that a script expects.
pub fn agrees(expected: &str, ours: &str) -> bool {
    ours.starts_with(expected) || SYNONYMS.iter().any(|s| s.expected == expected && ours.starts_with(s.ours))
}

/// Two texts for one thing.
#[derive(Clone, Copy, Debug)]
pub struct Synonym {
    /// The testsuite's, whole.
    pub expected: &'static str,
    /// The beginning of ours.
    pub ours: &'static str,
    /// A file of the testsuite that expects it, as `group/stem`.
    pub file: &'static str,
}

macro_rules! synonyms {
    ($($file:literal: $expected:literal = $ours:literal;)*) => {
        /// All of them.
        pub const SYNONYMS: &[Synonym] = &[$(Synonym { expected: $expected, ours: $ours, file: $file }),*];
    };
}

synonyms! {
    // Words that the reference interpreter has changed.
    "core-1.0/utf8-import-module": "invalid UTF-8 encoding" = "malformed UTF-8 encoding";
    "core-1.0/globals": "invalid mutability" = "malformed mutability";
    "core-1.0/globals": "global is immutable" = "immutable global";
    "core-1.0/custom": "invalid section id" = "malformed section id";
    "core-1.0/binary": "invalid value type" = "malformed value type";
    "core-1.0/binary": "unexpected end of section or function" = "length out of bounds";
    "core-1.0/custom": "unexpected end" = "length out of bounds";
    "core-1.0/type": "result before parameter" = "unexpected token";
    "reference-types/binary": "zero flag expected" = "zero byte expected";
    "reference-types/binary": "junk after last section" = "unexpected content after last section";
    "simd/simd_lane": "wrong number of lane indices" = "invalid lane length";
    "simd/simd_lane": "i8 constant out of range" = "malformed lane index";
    "simd/simd_lane": "unexpected token" = "malformed lane index";
    // The reference interpreter's parser finds these in text; our text parser leaves them to the binary decoder.
    "core/start": "multiple start sections" = "unexpected content after last section";
    "core-2.0/memory": "i32 constant out of range" = "integer too large";
    "core-1.0/address": "i32 constant" = "integer too large";
    "exceptions/try_table": "unexpected token" = "legacy_exceptions feature required";
    // The older exceptions' interpreter finds clauses without their `try` in the grammar, wasmparser in the operators.
    "extra/legacy/rejected": "unexpected token" = "`delegate` found outside";
    "extra/legacy/rejected": "unexpected token" = "`catch` found outside";
    "extra/legacy/rejected": "unexpected token" = "`catch_all` found outside";
    "extra/legacy/rejected": "type mismatch: block requires [] but stack has [i32]" =
        "type mismatch: values remaining on stack";
    // The whole stack, where ours names the first value that differs.
    "exceptions/throw": "type mismatch: instruction requires [i32] but stack has []" =
        "type mismatch: expected i32 but nothing on stack";
    "exceptions/throw": "type mismatch: instruction requires [i32] but stack has [i64]" =
        "type mismatch: expected i32, found i64";
    // The proposal's interpreter numbers the types; wasmparser names the rule.
    "custom-descriptors/br_on_cast_desc_eq": "type any does not have a descriptor" = "unexpected heap type";
    "custom-descriptors/br_on_cast_desc_eq": "type none does not have a descriptor" = "unexpected heap type";
    "custom-descriptors/br_on_cast_desc_eq": "type 0 does not have a descriptor" = "cast target must have descriptor";
    "custom-descriptors/br_on_cast_desc_eq": "type 1 does not have a descriptor" = "cast target must have descriptor";
    "custom-descriptors/descriptors": "descriptor type is outside rec group" = "unknown type 1: type index out of bounds";
    "custom-descriptors/descriptors": "described type is outside rec group" = "forward describes reference";
    "custom-descriptors/descriptors": "descriptor type is outside rec group" = "descriptor with no matching describes";
    "custom-descriptors/descriptors": "described type is outside rec group" = "describes with no matching descriptor";
    "custom-descriptors/descriptors": "type is not described by its descriptor" = "descriptor with no matching describes";
    "custom-descriptors/descriptors": "described type is not described by descriptor" = "describes with no matching descriptor";
    "custom-descriptors/descriptors": "forward use of described type" = "forward describes reference";
    "custom-descriptors/descriptors": "descriptor type must be a struct" = "descriptor clause on non-struct type";
    "custom-descriptors/descriptors": "described type must be a struct" = "describes clause on non-struct type";
    "custom-descriptors/descriptors": "sub type 2 does not match super type 0" = "supertype of type without descriptor cannot have descriptor";
    "custom-descriptors/descriptors": "sub type 2 does not match super type 0" = "supertype of descriptor must be a descriptor";
    "custom-descriptors/descriptors": "sub type 2 does not match super type 1" = "supertype of non-descriptor type cannot be a descriptor";
    "custom-descriptors/descriptors": "descriptor type 3 does not match" = "supertype of described type must be described by supertype of descriptor";
    "custom-descriptors/descriptors": "described type 2 does not match" = "supertype of descriptor does not match";
    "custom-descriptors/descriptors": "sub type 2 does not match super type 0" = "sub type must match super type";
    "custom-descriptors/descriptors": "sub type 1 does not match super type 0" = "sub type must match super type";
    "custom-descriptors/descriptors": "sub type 3 does not match super type 1" = "sub type must match super type";
    "custom-descriptors/descriptors": "descriptor type 5 does not match" = "supertype of described type must be described by supertype of descriptor";
    "custom-descriptors/descriptors": "sub type 5 does not match super type 2" = "sub type must match super type";
    "custom-descriptors/descriptors": "described type 3 does not match" = "supertype of descriptor does not match";
    "custom-descriptors/descriptors": "sub type 3 does not match super type 0" = "sub type must match super type";
    "custom-descriptors/ref_get_desc": "type without descriptor" = "expected type with descriptor";
    "core/binary": "integer representation" = "malformed heap type";
    "custom-descriptors/descriptors": "descriptor and described types have mismatched finality" =
        "descriptor and described type must have";
    "custom-descriptors/descriptors": "sub type 1 does not match super type 0" =
        "sub type with descriptor must have super type with descriptor";
    "custom-descriptors/descriptors": "sub type 2 does not match super type 0" =
        "sub type with descriptor must have super type with descriptor";
    "custom-descriptors/struct_new_desc": "type without descriptor requires non-descriptor allocation" = "invalid `struct.new_desc`: type 0 is not described";
    "custom-descriptors/struct_new_desc": "type without descriptor requires non-descriptor allocation" = "invalid `struct.new_default_desc`: type 0 is not described";
}

/// The specification's text for what the validator says.
pub fn validation(message: &str) -> String {
    /// Beginnings of wasmparser's texts, and what the specification says in their place.
    const TEXTS: &[(&str, &str)] = &[
        ("SIMD index out of bounds", "invalid lane index"),
        ("global is immutable", "immutable global"),
        ("invalid array modification: array is immutable", "immutable array"),
        ("invalid struct modification: struct field is immutable", "immutable field"),
        ("invalid array.init_data: array type", "array type"),
        ("invalid array.init_elem instruction: element segment 0 type mismatch", "type mismatch"),
        ("invalid exception type: ", ""),
        ("invalid start function type", "start function"),
        ("invalid memop alignment: ", ""),
        ("memory size must be at most 0x10000 65536-byte pages", "memory size must be at most 65536 pages (4GiB)"),
    ];
    match TEXTS.iter().find_map(|(theirs, ours)| Some((ours, message.strip_prefix(theirs)?))) {
        Some((ours, rest)) => format!("{ours}{rest}"),
        None => message.to_string(),
    }
}

/// The specification's text for what the validator of custom sections says.
pub fn custom_section(message: &str) -> String {
    match message.strip_prefix("branch hint for ") {
        Some(what) => format!("@metadata.code.branch_hint annotation: invalid target ({what})"),
        None => message.to_string(),
    }
}

/// The specification's text for what the text format's encoder says, if it is a rejection: names are resolved there, which
/// the specification does while parsing. `text` is what the module was parsed from, or empty.
pub fn text_encode_error(error: &wast::Error, text: &str) -> Option<String> {
    let message = error.message();
    let at = error.span().offset();
    let token = if at < text.len() { token_at(at, text) } else { "" };
    let spaced = |words: &str| format!("{words} {token}").trim_end().to_string();
    if let Some(rest) = message.strip_prefix("unknown ") {
        let (kind, name) = rest.split_once(": ")?;
        let name = name.strip_prefix("failed to find name `").and_then(|name| name.strip_suffix('`'));
        return Some(match name {
            Some(name) => format!("unknown {} {name}", category(kind)),
            // A number.
            None => spaced(&format!("unknown {kind}")),
        });
    }
    if let Some(rest) = message.strip_prefix("duplicate identifier: duplicate ") {
        let (kind, name) = rest.split_once(" named `")?;
        return Some(format!("duplicate {} ${}", category(kind), name.strip_suffix('`')?));
    }
    if let Some(kind) = message.strip_prefix("duplicate ").and_then(|m| m.strip_suffix(" identifier")) {
        return Some(spaced(&format!("duplicate {}", category(kind))));
    }
    if message.starts_with("inline function type doesn't match") {
        return Some("inline function type does not match explicit type".to_string());
    }
    if message.starts_with("accessing a named field") {
        return Some(spaced("unknown field"));
    }
    if message.starts_with("invalid type: not a function type") {
        return Some(spaced("non-function type"));
    }
    message.starts_with("mismatching label").then_some(message)
}

/// What the specification calls things that have names.
fn category(kind: &str) -> &str {
    match kind {
        "func" => "function",
        "elem" => "elem segment",
        "data" => "data segment",
        other => other,
    }
}

/// Phase and text of what the decoder says of a module that was encoded from text: what the encoder lets through and the
/// specification finds while parsing.
pub fn text_decode_error(error: DecodeError, bytes: &[u8]) -> (Phase, String) {
    let DecodeError { phase, message, offset } = error;
    let words = if message.starts_with("integer too large") {
        // Encoders write no such integers, but sizes and offsets of 64 bits.
        "i32 constant out of range"
    } else if message.starts_with("unexpected content after last section") {
        // Other sections cannot be out of order.
        "multiple start sections"
    } else if message.starts_with("illegal opcode") {
        "unknown operator"
    } else if message.starts_with("legacy_exceptions feature required") {
        match bytes.get(offset) {
            // The words exist, but are no instructions.
            Some(0x07 | 0x19) => "unexpected token",
            _ => "unknown operator",
        }
    } else if ["`delegate` found outside", "`catch` found outside", "`catch_all` found outside"]
        .iter()
        .any(|text| message.starts_with(text))
    {
        // In the specification's grammar, a clause is a part of its `try`.
        "unexpected token"
    } else {
        return (phase, message);
    };
    (Phase::Malformed, format!("{words} ({message})"))
}

/// The specification's text for what the text format's parser says of a text.
pub fn text_parse_error(error: &wast::Error, text: &str) -> String {
    let message = error.message();
    let at = error.span().offset();
    let words = words(&message, at, text);
    if message.starts_with(&words) { message } else { format!("{words} ({message})") }
}

fn words(message: &str, at: usize, text: &str) -> String {
    if let Some((number, _)) = message.split_once(": constant out of range") {
        // Signed and float numbers are literals, of values; unsigned ones are sizes and the like.
        if lanes_are_miscounted(at, text) {
            return "wrong number of lane literals".to_string();
        }
        return match number {
            "invalid u8 number" => "malformed lane index",
            "invalid u32 number" => "i32 constant out of range",
            "invalid u64 number" => "i64 constant out of range",
            _ => "constant out of range",
        }
        .to_string();
    }
    if message.starts_with("unexpected character") {
        return "illegal character".to_string();
    }
    if message.starts_with("invalid character in string") {
        // In strings as identifiers, they are reported at the character.
        let name = text[..at].rfind('"').and_then(|quote| text[..quote].chars().next_back());
        match name {
            Some('$') => return "empty identifier".to_string(),
            Some('@') => return "empty annotation id".to_string(),
            _ if text[at..].starts_with(['\n', '\r']) => return "unclosed string literal".to_string(),
            _ => return "illegal control character in string literal".to_string(),
        }
    }
    if message.starts_with("invalid unicode scalar value") {
        return "malformed UTF-8 codepoint".to_string();
    }
    if message == "unexpected end-of-file" {
        return "unclosed string literal".to_string();
    }
    if message == "unterminated block comment" {
        return "unclosed comment".to_string();
    }
    if message.starts_with("invalid string escape") || message.starts_with("invalid hex digit") {
        return "illegal escape".to_string();
    }
    let misplaced = message.starts_with("expected ")
        || message.starts_with("unexpected token")
        || message.starts_with("unknown operator or unexpected token")
        || message.starts_with("extra tokens remaining")
        || message.starts_with("result before parameter")
        || message.ends_with("constant out of range");
    if !misplaced {
        return message.to_string();
    }
    let token = token_at(at, text);
    if !is_known(token) {
        return format!("unknown operator {token}");
    }
    match vector_before(at, text) {
        Some("i8x16.shuffle") if is_number(token) && message == "expected a u8" => "malformed lane index",
        Some("i8x16.shuffle") => "invalid lane length",
        Some(_) => "wrong number of lane literals",
        None => "unexpected token",
    }
    .to_string()
}

fn is_word(c: char) -> bool {
    c.is_ascii_graphic() && !"\"(),;[]{}".contains(c)
}

/// The token at an offset: a parenthesis, or all that hangs together.
fn token_at(at: usize, text: &str) -> &str {
    let rest = &text[at..];
    if rest.starts_with(['(', ')']) {
        return &rest[..1];
    }
    let mut end = 0;
    while let Some(c) = rest[end..].chars().next() {
        if c == '"' {
            let mut escaped = false;
            let string = &rest[end + 1..];
            let close = string.find(|c| {
                let closes = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                closes
            });
            end += 2 + close.unwrap_or(string.len() - 1);
        } else if is_word(c) {
            end += c.len_utf8();
        } else {
            break;
        }
    }
    &rest[..end]
}

/// Whether a token is one of the text format, wherever it stands.
fn is_known(token: &str) -> bool {
    /// Keywords that are no instructions.
    const KEYWORDS: &[&str] = &[
        "module",
        "type",
        "func",
        "param",
        "result",
        "local",
        "global",
        "table",
        "memory",
        "tag",
        "elem",
        "data",
        "start",
        "import",
        "export",
        "offset",
        "item",
        "mut",
        "declare",
        "definition",
        "instance",
        "rec",
        "sub",
        "final",
        "struct",
        "array",
        "field",
        "ref",
        "null",
        "i8",
        "i16",
        "i32",
        "i64",
        "f32",
        "f64",
        "v128",
        "funcref",
        "externref",
        "anyref",
        "eqref",
        "i31ref",
        "structref",
        "arrayref",
        "exnref",
        "nullref",
        "nullfuncref",
        "nullexternref",
        "nullexnref",
        "extern",
        "any",
        "eq",
        "i31",
        "exn",
        "none",
        "nofunc",
        "noextern",
        "noexn",
        "then",
        "else",
        "end",
        "do",
        "catch",
        "catch_ref",
        "catch_all",
        "catch_all_ref",
        "shared",
        "pagesize",
        "i8x16",
        "i16x8",
        "i32x4",
        "i64x2",
        "f32x4",
        "f64x2",
        "nan:canonical",
        "nan:arithmetic",
        "quote",
        "binary",
        "exact",
        "describes",
        "descriptor",
        "cont",
        // Of scripts.
        "script",
        "register",
        "invoke",
        "get",
        "assert_malformed",
        "assert_malformed_custom",
        "assert_invalid",
        "assert_invalid_custom",
        "assert_unlinkable",
        "assert_return",
        "assert_trap",
        "assert_exception",
        "assert_exhaustion",
        "assert_suspension",
        "either",
        "input",
        "output",
        "ref.host",
        "ref.extern",
        "ref.exn",
        "ref.struct",
        "ref.array",
    ];
    if token.is_empty() || token == "(" || token == ")" || is_number(token) || KEYWORDS.contains(&token) {
        return true;
    }
    if let Some(number) = token.strip_prefix("align=").or(token.strip_prefix("offset=")) {
        return is_number(number) && !number.starts_with(['+', '-']);
    }
    if token.starts_with(['$', '"']) {
        return !token[1..].trim_end_matches('"').contains('"') && (token.starts_with('$') || token.ends_with('"'));
    }
    if token.contains('"') {
        return false;
    }
    // An instruction? Whoever parses them knows; it may then miss an immediate.
    let function = format!("(module (func {token}))");
    let Ok(buffer) = wast::parser::ParseBuffer::new(&function) else { return false };
    match wast::parser::parse::<wast::Wat<'_>>(&buffer) {
        Ok(_) => true,
        Err(e) => !e.message().starts_with("unknown operator") && token.starts_with(|c: char| c.is_ascii_lowercase()),
    }
}

fn is_number(token: &str) -> bool {
    let token = token.strip_prefix(['+', '-']).unwrap_or(token);
    let all = |digits: &str, hex: bool| {
        let digit = |c: char| if hex { c.is_ascii_hexdigit() } else { c.is_ascii_digit() };
        !digits.is_empty() && digits.split('_').all(|part| !part.is_empty() && part.chars().all(digit))
    };
    if let Some(payload) = token.strip_prefix("nan:0x") {
        return all(payload, true);
    }
    if token == "inf" || token == "nan" {
        return true;
    }
    let (hex, token) = match token.strip_prefix("0x") {
        Some(rest) => (true, rest),
        None => (false, token),
    };
    let exponent: &[char] = if hex { &['p', 'P'] } else { &['e', 'E'] };
    let (mantissa, exponent) = match token.split_once(exponent) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (token, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    all(whole, hex)
        && (fraction.is_empty() || all(fraction, hex))
        && exponent.is_none_or(|e| all(e.strip_prefix(['+', '-']).unwrap_or(e), false))
}

/// `v128.const` or `i8x16.shuffle`, if that is whose numbers stand before an offset.
fn vector_before(at: usize, text: &str) -> Option<&str> {
    let mut words = text[..at].rsplit(|c: char| !is_word(c)).filter(|word| !word.is_empty());
    let between = text[..at].trim_end();
    let last = words.by_ref().find(|word| !is_number(word))?;
    // A parenthesis in between: another instruction's.
    let start = last.as_ptr() as usize - text.as_ptr() as usize;
    if between[start.min(between.len())..].contains(['(', ')']) {
        return None;
    }
    match last {
        "i8x16.shuffle" => Some(last),
        "i8x16" | "i16x8" | "i32x4" | "i64x2" | "f32x4" | "f64x2" => words.next().filter(|w| *w == "v128.const"),
        _ => None,
    }
}

/// Whether a number at an offset is one of a `v128.const` that has more, or fewer, than its shape says.
fn lanes_are_miscounted(at: usize, text: &str) -> bool {
    if vector_before(at, text) != Some("v128.const") {
        return false;
    }
    let before = text[..at].rsplit(|c: char| !is_word(c)).filter(|word| !word.is_empty());
    let earlier = before.take_while(|word| is_number(word)).count();
    let rest = text[at..].split(['(', ')']).next().unwrap_or_default();
    let later = rest.split(|c: char| !is_word(c)).filter(|w| !w.is_empty()).take_while(|word| is_number(word)).count();
    let shape = text[..at].rsplit(|c: char| !is_word(c)).filter(|w| !w.is_empty()).find(|w| !is_number(w));
    let lanes = shape.and_then(|shape| shape.split_once('x')).and_then(|(_, lanes)| lanes.parse().ok());
    lanes != Some(earlier + later)
}
