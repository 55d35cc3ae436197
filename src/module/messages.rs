//! Messages for rejections, in the specification's words.
//!
//! The official testsuite expects a message with each rejection: that of the reference interpreter at the time. Ours
//! begins with the same text. Where the reference interpreter has changed its words, [`SYNONYMS`] lists the older ones
//! with the last version in which they apply; that table is closed, and a test checks that some file needs each entry.

use super::{DecodeError, Phase};
use std::borrow::Cow;

/// The version of the specification whose words a script's messages use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wording {
    /// Version 1.0, and 1.1.
    V1,
    /// Version 2.0.
    V2,
    /// Version 3.0, and later proposals.
    Current,
}

/// The text of a module's rejection.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejection {
    /// The specification's current words, followed by ours or wasmparser's if they add something.
    pub text: String,
    /// The exact texts that a script with older words may expect instead.
    older: Vec<&'static str>,
}

impl Rejection {
    /// Creates a rejection of a module whose script uses these words.
    pub fn new(text: String, words: Wording) -> Rejection {
        let older = SYNONYMS.iter().filter(|s| s.applies(&text, words)).map(|s| s.expected).collect();
        Rejection { text, older }
    }

    /// Returns whether this is the rejection that a script expects.
    pub fn is(&self, expected: &str) -> bool {
        self.text.starts_with(expected)
            || self.older.contains(&expected)
            || stacks_agree(expected, &self.text)
            || elements_agree(expected, &self.text)
    }
}

impl From<String> for Rejection {
    fn from(text: String) -> Rejection {
        Rejection::new(text, Wording::Current)
    }
}

impl From<&str> for Rejection {
    fn from(text: &str) -> Rejection {
        text.to_string().into()
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Two texts for the same rejection.
#[derive(Clone, Copy, Debug)]
pub struct Synonym {
    /// The testsuite's complete text.
    pub expected: &'static str,
    /// The beginning of ours.
    pub ours: &'static str,
    /// The last version whose scripts expect it.
    pub until: Wording,
}

impl Synonym {
    /// Returns whether it applies to our text in a script that uses these words.
    pub fn applies(&self, text: &str, words: Wording) -> bool {
        words <= self.until && text.starts_with(self.ours)
    }
}

macro_rules! synonyms {
    ($($until:ident: $expected:literal = $ours:literal;)*) => {
        /// All synonyms.
        pub const SYNONYMS: &[Synonym] =
            &[$(Synonym { expected: $expected, ours: $ours, until: Wording::$until }),*];
    };
}

synonyms! {
    V1: "invalid UTF-8 encoding" = "malformed UTF-8 encoding";
    V1: "invalid mutability" = "malformed mutability";
    V2: "global is immutable" = "immutable global";
    V1: "invalid section id" = "malformed section id";
    V1: "invalid value type" = "malformed reference type: no value type";
    V1: "unexpected end of section or function" = "length out of bounds";
    V1: "unexpected end" = "length out of bounds";
    V1: "result before parameter" = "unexpected token (result before parameter";
    V1: "zero flag expected" = "zero byte expected";
    V1: "junk after last section" = "unexpected content after last section";
    // Copies of the suite from before lanes had separate messages are still in use.
    Current: "malformed lane index" = "i8 constant out of range";
    Current: "malformed lane index" = "unexpected token (lane index:";
    Current: "invalid lane length" = "wrong number of lane indices";
}

/// Returns whether the specification's text about operands, which lists the required types and the whole stack, can
/// agree with ours, which names the first value that differs.
fn stacks_agree(expected: &str, ours: &str) -> bool {
    let Some(rest) = expected.strip_prefix("type mismatch: ") else { return false };
    let Some((whose, rest)) = rest.split_once(" requires [") else { return false };
    let Some((required, rest)) = rest.split_once("] but stack has [") else { return false };
    let Some(stack) = rest.strip_suffix(']') else { return false };
    let (required, stack) = (value_types(required), value_types(stack));
    let Some(ours) = ours.strip_prefix("type mismatch: ") else { return false };
    // From the top of the stack: the values that match are popped.
    let pairs = required.iter().rev().zip(stack.iter().rev());
    let matching = pairs.clone().take_while(|(a, b)| a == b).count();
    let ours = ours.split(" (").next().unwrap_or_default();
    if ours.starts_with("values remaining on stack") {
        return whose == "block" && matching == required.len() && stack.len() > required.len();
    }
    if !matches!(whose, "instruction" | "block") || matching == required.len() {
        return false;
    }
    let wanted = &required[required.len() - 1 - matching];
    match stack.len().checked_sub(matching + 1) {
        None => ours == format!("expected {wanted} but nothing on stack"),
        Some(at) => ours == format!("expected {wanted}, found {}", stack[at]),
    }
}

/// Returns the value types in a list, in a single spelling: `funcref` for `(ref null func)`.
fn value_types(list: &str) -> Vec<Cow<'_, str>> {
    let mut types = Vec::new();
    let mut rest = list.trim_start();
    while !rest.is_empty() {
        let end = match rest.strip_prefix('(') {
            Some(inside) => inside.find(')').map(|end| end + 2),
            None => rest.find(char::is_whitespace),
        };
        let (ty, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let heap = ty.strip_prefix("(ref null ").and_then(|ty| ty.strip_suffix(')'));
        types.push(match heap {
            Some("none") => Cow::Borrowed("nullref"),
            Some(heap) if heap.starts_with("no") => Cow::Owned(format!("null{}ref", &heap[2..])),
            Some(heap) if heap.starts_with(|c: char| c.is_ascii_lowercase()) => Cow::Owned(format!("{heap}ref")),
            _ => Cow::Borrowed(ty),
        });
        rest = behind.trim_start();
    }
    types
}

/// Returns whether the specification's text and ours agree about elements that do not fit into their table.
fn elements_agree(expected: &str, ours: &str) -> bool {
    let expected = expected.strip_prefix("type mismatch: element segment's type ");
    let expected = expected.and_then(|rest| rest.split_once(" does not match table's element type "));
    let ours = ours.strip_prefix("type mismatch: invalid element type `").and_then(|rest| rest.strip_suffix('`'));
    let ours = ours.and_then(|rest| rest.split_once("` for table type `"));
    match (expected, ours) {
        (Some((item, table)), Some((our_item, our_table))) => {
            value_types(item) == value_types(our_item) && value_types(table) == value_types(our_table)
        }
        _ => false,
    }
}

/// Returns the specification's text for a message of the validator.
pub fn validation(message: &str) -> String {
    /// Beginnings of wasmparser's texts, and the specification's replacements.
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

/// Returns the specification's text for a message of the custom section validator.
pub fn custom_section(message: &str) -> String {
    if let Some(what) = message.strip_prefix("branch hint for ") {
        return format!("@metadata.code.branch_hint annotation: invalid target ({what})");
    }
    let named = message.strip_prefix("invalid ").and_then(|rest| rest.split_once(" index "));
    match named {
        Some((kind, index)) if index.parse::<u32>().is_ok() => {
            let kind = kind.split(' ').next().unwrap_or_default();
            format!("custom @name: invalid {} index {index} ({message})", category(kind))
        }
        _ => message.to_string(),
    }
}

/// Returns the specification's text for an error of the text format's encoder, if it is a rejection: the encoder
/// resolves names, which the specification does while parsing. `text` is the parsed text, or empty.
#[cfg(feature = "wat")]
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
            // The index is a number.
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

/// Returns the specification's name for a kind of named items.
fn category(kind: &str) -> &str {
    match kind {
        "func" => "function",
        "elem" => "elem segment",
        "data" => "data segment",
        other => other,
    }
}

/// Returns the phase and text for a decoder error of a module encoded from text: for faults that the encoder accepts,
/// although the specification finds them while parsing.
pub fn text_decode_error(error: DecodeError, bytes: &[u8]) -> (Phase, String) {
    let DecodeError { phase, message, offset } = error;
    // The encoder does not close folded blocks of a constant expression. (A block that the text leaves open is refused
    // earlier, except in the dialects that accept everything that the parser does.)
    if message.contains("control frames remain at end of expression") {
        return (Phase::Invalid, format!("constant expression required ({message})"));
    }
    let words = if message.starts_with("integer too large") {
        // Encoders never write such integers, but they do write 64-bit sizes and offsets.
        "i32 constant out of range"
    } else if message.starts_with("unexpected content after last section") {
        // Other sections cannot be out of order.
        "multiple start sections"
    } else if message.contains("legacy_exceptions feature required") {
        match bytes.get(offset) {
            // These words exist, but are not instructions.
            Some(0x07 | 0x19) => "unexpected token",
            _ => "unknown operator",
        }
    } else if ["`delegate` found outside", "`catch` found outside", "`catch_all` found outside"]
        .iter()
        .any(|text| message.contains(text))
    {
        // In the specification's grammar, a clause is part of its `try`.
        "unexpected token"
    } else if message.starts_with("illegal opcode") {
        "unknown operator"
    } else if message.starts_with("malformed limits flags") {
        // The version has the words, but not in this place.
        "unexpected token"
    } else if phase == Phase::Malformed && message.starts_with("malformed ") {
        // A word for a type or a field that the version does not have.
        "unknown operator"
    } else {
        return (phase, message);
    };
    (Phase::Malformed, format!("{words} ({message})"))
}

/// Returns the specification's text for an error of the text format's parser.
#[cfg(feature = "wat")]
pub fn text_parse_error(error: &wast::Error, text: &str) -> String {
    let message = error.message();
    let at = error.span().offset();
    let words = words(&message, at, text);
    if message.starts_with(&words) { message } else { format!("{words} ({message})") }
}

#[cfg(feature = "wat")]
fn words(message: &str, at: usize, text: &str) -> String {
    if let Some((number, _)) = message.split_once(": constant out of range") {
        // Signed and float numbers are literals of values; unsigned ones are sizes and the like.
        if lanes_are_miscounted(at, text) {
            return "wrong number of lane literals".to_string();
        }
        return match number {
            "invalid u8 number" if text[at..].starts_with('-') => "unexpected token (lane index: negative)",
            "invalid u8 number" => "i8 constant out of range",
            "invalid u32 number" => "i32 constant out of range",
            "invalid u64 number" => "i64 constant out of range",
            _ => "constant out of range",
        }
        .to_string();
    }
    if message == "malformed lane index" {
        return "i8 constant out of range".to_string();
    }
    if message.starts_with("unexpected character") {
        return "illegal character".to_string();
    }
    if message.starts_with("invalid character in string") {
        // For strings used as identifiers, these are reported at the character.
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
    if token.is_empty() && text[at..].starts_with([',', ';', '[', ']', '{', '}']) {
        return "unknown operator".to_string();
    }
    if !is_known(token) {
        return format!("unknown operator {token}");
    }
    match vector_before(at, text) {
        Some("i8x16.shuffle") if is_number(token) && message == "expected a u8" => {
            "unexpected token (lane index: not a natural number)"
        }
        Some("i8x16.shuffle") => "wrong number of lane indices",
        Some(_) => "wrong number of lane literals",
        None => "unexpected token",
    }
    .to_string()
}

fn is_word(c: char) -> bool {
    c.is_ascii_graphic() && !"\"(),;[]{}".contains(c)
}

/// Returns the token at an offset: a parenthesis, or all adjacent other characters.
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
            end += close.map_or(1 + string.len(), |close| close + 2);
        } else if is_word(c) {
            end += c.len_utf8();
        } else {
            break;
        }
    }
    &rest[..end]
}

/// Returns whether a token exists anywhere in the text format.
#[cfg(feature = "wat")]
fn is_known(token: &str) -> bool {
    /// Keywords that are not instructions.
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
        // Keywords of scripts.
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
    // It may be an instruction: the parser decides, although it may then miss an immediate.
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

/// Returns `v128.const` or `i8x16.shuffle` if the number before an offset is one of its immediates.
fn vector_before(at: usize, text: &str) -> Option<&str> {
    let mut words = text[..at].rsplit(|c: char| !is_word(c)).filter(|word| !word.is_empty());
    let between = text[..at].trim_end();
    let last = words.by_ref().find(|word| !is_number(word))?;
    // If there is a parenthesis in between, the number belongs to another instruction.
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

/// Returns whether the number at an offset belongs to a `v128.const` with more or fewer numbers than its shape has
/// lanes.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn synonyms_hold_up_to_their_version_and_to_the_letter() {
        for synonym in SYNONYMS {
            let Synonym { expected, ours, until } = *synonym;
            for words in [Wording::V1, Wording::V2, Wording::Current] {
                let rejection = Rejection::new(format!("{ours} and more"), words);
                assert_eq!(rejection.is(expected), words <= until, "{synonym:?} for {words:?}");
                for near in
                    [&expected[1..], &expected[..expected.len() - 1], &format!("{expected} "), &expected.to_uppercase()]
                {
                    assert!(!rejection.is(near), "{near:?} for {synonym:?}");
                }
                assert!(!Rejection::new(format!("no {ours}"), words).is(expected), "{synonym:?}");
            }
        }
    }

    #[test]
    fn types_have_two_spellings() {
        let types =
            value_types("i32 (ref null func) (ref $t)  (ref null none) (ref null noextern) (ref null $t) anyref");
        assert_eq!(types, ["i32", "funcref", "(ref $t)", "nullref", "nullexternref", "(ref null $t)", "anyref"]);
        assert_eq!(value_types("(ref null func"), ["(ref null func"]);
        let ours = "type mismatch: invalid element type `(ref func)` for table type `externref`";
        let theirs = |item: &str, table: &str| {
            let text =
                format!("type mismatch: element segment's type {item} does not match table's element type {table}");
            Rejection::from(ours).is(&text)
        };
        assert!(theirs("(ref func)", "(ref null extern)") && theirs("(ref func)", "externref"));
        assert!(!theirs("(ref null func)", "externref") && !theirs("(ref func)", "(ref extern)"));
        assert!(!theirs("externref", "(ref func)") && !Rejection::from("type mismatch: else").is(ours));
        let operand = Rejection::from("type mismatch: expected funcref, found i32");
        assert!(operand.is("type mismatch: instruction requires [(ref null func)] but stack has [i32]"));
        assert!(!operand.is("type mismatch: instruction requires [(ref func)] but stack has [i32]"));
    }

    #[test]
    fn texts_about_stacks_name_the_value_that_differs() {
        let missing: Rejection = "type mismatch: expected i32 but nothing on stack".into();
        assert!(missing.is("type mismatch: instruction requires [i32] but stack has []"));
        assert!(missing.is("type mismatch: instruction requires [i32 i64] but stack has [i64]"));
        assert!(!missing.is("type mismatch: instruction requires [i64] but stack has []"));
        assert!(!missing.is("type mismatch: instruction requires [i32] but stack has [i32]"));
        assert!(!missing.is("type mismatch: instruction requires [] but stack has []"));
        let other: Rejection = "type mismatch: expected i32, found i64".into();
        assert!(other.is("type mismatch: instruction requires [i32] but stack has [i64]"));
        assert!(!other.is("type mismatch: instruction requires [i64] but stack has [i32]"));
        assert!(!other.is("type mismatch: instruction requires [i32] but stack has []"));
        let rest: Rejection = "type mismatch: values remaining on stack at end of block".into();
        assert!(rest.is("type mismatch: block requires [] but stack has [i32]"));
        assert!(!rest.is("type mismatch: block requires [i32] but stack has [i32]"));
        assert!(!rest.is("type mismatch: instruction requires [] but stack has [i32]"));
    }

    /// Returns a text without the mark in it, and the position of that mark.
    fn marked(text: &str) -> (usize, String) {
        (text.find('|').expect("a mark"), text.replace('|', ""))
    }

    #[test]
    fn tokens_end_where_the_next_begins() {
        for (text, token) in [
            ("|(func)", "("),
            ("(func|)", ")"),
            ("(|func)", "func"),
            ("(|func;;)", "func"),
            ("|i32.const 7", "i32.const"),
            ("|$a\"b c\"d e", "$a\"b c\"d"),
            (r#"|"a\"b" c"#, r#""a\"b""#),
            (r#"|"a\\" c"#, r#""a\\""#),
            ("|\"open", "\"open"),
            ("|x\"", "x\""),
            ("|\"", "\""),
            ("|\"é\"x y", "\"é\"x"),
            ("x |, y", ""),
            ("x|", ""),
        ] {
            let (at, text) = marked(text);
            assert_eq!(token_at(at, &text), token, "{text}");
        }
    }

    #[test]
    fn numbers_are_those_of_the_grammar() {
        let numbers = [
            "0",
            "007",
            "1_000_000",
            "+5",
            "-5",
            "0x0",
            "0xFf_0",
            "-0x1",
            "1.",
            "1.5",
            "1_0.0_1",
            "1e5",
            "1E+5",
            "1.5e-1_0",
            "0x1.8p3",
            "0x1p-1_0",
            "0xa.P+1",
            "inf",
            "-inf",
            "nan",
            "+nan",
            "nan:0x1",
            "-nan:0x7f_ff",
        ];
        let others = [
            "",
            "+",
            "--1",
            "_1",
            "1_",
            "1__0",
            "0x",
            "0x_1",
            "0x1_",
            "1._5",
            "1.5_",
            ".5",
            "1e",
            "1e+",
            "1e1_",
            "1e5e5",
            "0x1p",
            "0x1pa",
            "0xg",
            "1f",
            "nan:",
            "nan:0x",
            "nan:0x_1",
            "nan:canonical",
            "infinity",
            "1.5.2",
            "1p5",
        ];
        numbers.iter().for_each(|token| assert!(is_number(token), "{token}"));
        others.iter().for_each(|token| assert!(!is_number(token), "{token}"));
    }

    /// Whether a number is an immediate of a vector operator, and whether there are as many numbers as lanes.
    #[test]
    fn lanes_are_those_of_the_operator_before_them() {
        const CONST: Option<&str> = Some("v128.const");
        const SHUFFLE: Option<&str> = Some("i8x16.shuffle");
        for (text, operator, miscounted) in [
            ("(v128.const i32x4 1 2 3 |4)", CONST, false),
            ("(v128.const i32x4 |1 2 3 4)", CONST, false),
            ("(v128.const i32x4 1 2 |3)", CONST, true),
            ("(v128.const i32x4 |1 2 3)", CONST, true),
            ("(v128.const i32x4 1 2 3 4 |5)", CONST, true),
            ("(v128.const i32x4 |1 2 3 4 5)", CONST, true),
            ("(v128.const f64x2 -0x1.8p+3 |nan:0x1)", CONST, false),
            ("(v128.const\ni64x2\n 1 |2) (i32.const 3)", CONST, false),
            ("v128.const i64x2 1 |2 i32.add", CONST, false),
            ("v128.const i64x2 |1 i32.const 2", CONST, true),
            ("(v128.const i16x8 0 0 0 0 0 0 0 |0)", CONST, false),
            ("(v128.const i8x16 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 |0)", CONST, false),
            ("(v128.const f32x4 1 2 3 |4)", CONST, false),
            ("(i8x16.shuffle 1 2 |3)", SHUFFLE, false),
            ("(i8x16.shuffle |1)", SHUFFLE, false),
            // It belongs to another instruction, or to none.
            ("(v128.const i32x4 1 2 3 4) (i32.const |5)", None, false),
            ("(v128.const i32x4 1 2 (|5)", None, false),
            ("(v128.const i32x4 1 2)|5)", None, false),
            ("(v128.const i32x4 1 2) |5)", None, false),
            ("(i8x16.shuffle 1 (|2)", None, false),
            ("(i32x4 |5)", None, false),
            ("(v128.load i32x4 |5)", None, false),
            ("(i32.const |5)", None, false),
            ("|5", None, false),
        ] {
            let (at, text) = marked(text);
            assert_eq!(vector_before(at, &text), operator, "{text}");
            assert_eq!(lanes_are_miscounted(at, &text), miscounted, "{text}");
        }
    }

    /// However a text is truncated or changed, its error has words.
    #[test]
    fn every_broken_text_has_words() {
        let whole = r#"(module $m (; a ;) (func $"f g" (export "e\n\u{e9}") (param $p i32) (result v128)
            (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31 (v128.const i32x4 1 -2 0x3 4)
              (v128.const f64x2 nan:0x1 -inf)) ;; b
            (i32.store8 offset=4 align=1 (local.get $p) (i32.const 0xffff_ffff)) (drop)) (data "a\ff"))"#;
        let mut broken = 0;
        let mut check = |text: &str| {
            let parsed = wast::parser::ParseBuffer::new(text)
                .and_then(|buffer| wast::parser::parse::<wast::Wat<'_>>(&buffer).map(drop));
            if let Err(error) = parsed {
                assert!(!text_parse_error(&error, text).is_empty(), "{text}");
                broken += 1;
            }
        };
        for at in 0..whole.len() {
            check(&whole[..at]);
            for with in ["", "\"", "(", ")", "$", "@", "é", "\n", "9", ";", "\\", "_"] {
                check(&format!("{}{with}{}", &whole[..at], &whole[at + 1..]));
                check(&format!("{}{with}{}", &whole[..at], &whole[at..]));
            }
        }
        assert!(broken > 5000, "{broken}");
    }

    #[test]
    fn texts_about_stacks_are_read_to_the_letter() {
        let other: Rejection = "type mismatch: expected i32, found f64 (in a call)".into();
        for (expected, agrees) in [
            ("type mismatch: instruction requires [i32] but stack has [f64]", true),
            ("type mismatch: block requires [i32] but stack has [f64]", true),
            ("type mismatch: instruction requires [i32 i64 f32] but stack has [v128 f64 i64 f32]", true),
            ("type mismatch: instruction requires [i32 i64 f32] but stack has [f64 v128 i64 f32]", false),
            ("type mismatch: instruction requires [f32 i32] but stack has [i64 f64]", true),
            ("type mismatch: function requires [i32] but stack has [f64]", false),
            ("type mismatch: instruction requires [i32] but stack has [f64", false),
            ("type mismatch: instruction requires [i32", false),
            ("type mismatch: i32", false),
            ("mismatch: instruction requires [i32] but stack has [f64]", false),
        ] {
            assert_eq!(other.is(expected), agrees, "{expected}");
        }
        let rest: Rejection = "type mismatch: values remaining on stack at end of block".into();
        assert!(rest.is("type mismatch: block requires [i32] but stack has [i64 i32]"));
        assert!(!rest.is("type mismatch: block requires [i64] but stack has [i32 i32]"));
        assert!(!rest.is("type mismatch: block requires [i64] but stack has []"));
        let bare = Rejection::from("expected i32, found f64");
        assert!(!bare.is("type mismatch: block requires [i32] but stack has [f64]"));
        assert_eq!(rest.to_string(), "type mismatch: values remaining on stack at end of block");
        assert_eq!(Rejection::from("same".to_string()), Rejection { text: "same".into(), older: vec![] });
    }

    #[test]
    fn messages_of_the_validator_have_the_words_of_the_specification() {
        for (message, text) in [
            ("global is immutable: it is", "immutable global: it is"),
            ("SIMD index out of bounds", "invalid lane index"),
            ("invalid memop alignment: alignment is too large", "alignment is too large"),
            ("invalid array.init_data: array type is wrong", "array type is wrong"),
            ("a global is immutable", "a global is immutable"),
            ("anything", "anything"),
        ] {
            assert_eq!(validation(message), text);
        }
        for (message, text) in [
            ("branch hint for a nop", "@metadata.code.branch_hint annotation: invalid target (a nop)"),
            ("a branch hint for a nop", "a branch hint for a nop"),
            ("invalid func index 7", "custom @name: invalid function index 7 (invalid func index 7)"),
            ("invalid elem name index 7", "custom @name: invalid elem segment index 7 (invalid elem name index 7)"),
            ("invalid data name index 0", "custom @name: invalid data segment index 0 (invalid data name index 0)"),
            ("invalid a b index 4294967295", "custom @name: invalid a index 4294967295 (invalid a b index 4294967295)"),
            ("invalid type index 4294967296", "invalid type index 4294967296"),
            ("invalid type index x", "invalid type index x"),
            ("unknown type index 7", "unknown type index 7"),
        ] {
            assert_eq!(custom_section(message), text);
        }
    }

    /// What the text format's parser would have said about a module that was encoded.
    #[test]
    fn errors_of_encoded_texts_have_the_words_of_the_parser() {
        use Phase::{Invalid, Limit, Malformed};
        // The error is at the second byte.
        let legacy = "the legacy_exceptions feature required here";
        for (phase, message, bytes, expected) in [
            (Malformed, "integer too large (so)", &[][..], Some("i32 constant out of range")),
            (Malformed, "unexpected content after last section (so)", &[], Some("multiple start sections")),
            (Malformed, legacy, &[0, 0x07], Some("unexpected token")),
            (Malformed, legacy, &[0, 0x19], Some("unexpected token")),
            (Malformed, legacy, &[0x19, 0x06], Some("unknown operator")),
            (Malformed, legacy, &[0x07], Some("unknown operator")),
            (Malformed, "a `delegate` found outside `LegacyTry` block", &[], Some("unexpected token")),
            (Malformed, "a `catch` found outside `LegacyTry` block", &[], Some("unexpected token")),
            (Malformed, "a `catch_all` found outside `LegacyTry` block", &[], Some("unexpected token")),
            (Malformed, "illegal opcode 12 (so)", &[], Some("unknown operator")),
            (Malformed, "malformed limits flags (so)", &[], Some("unexpected token")),
            (Malformed, "malformed heap type (so)", &[], Some("unknown operator")),
            (Invalid, "malformed heap type (so)", &[], None),
            (Malformed, "a malformed heap type", &[], None),
            (Invalid, "type mismatch", &[], None),
            (Limit, "too large", &[], None),
        ] {
            let error = DecodeError { phase, message: message.to_string(), offset: 1 };
            let expected = match expected {
                Some(words) => (Malformed, format!("{words} ({message})")),
                None => (phase, message.to_string()),
            };
            assert_eq!(text_decode_error(error, bytes), expected);
        }
        let message = "some control frames remain at end of expression".to_string();
        let expected = format!("constant expression required ({message})");
        let error = DecodeError { phase: Malformed, message, offset: 0 };
        assert_eq!(text_decode_error(error, &[]), (Invalid, expected));
    }

    /// The words for each message of the parser, for texts that produce it.
    #[test]
    fn messages_of_the_parser_have_the_words_of_the_specification() {
        for (message, text, expected) in [
            ("invalid u8 number: constant out of range", "(lane |-1)", "unexpected token (lane index: negative)"),
            ("invalid u8 number: constant out of range", "(lane |256-)", "i8 constant out of range"),
            ("invalid u32 number: constant out of range", "(x |256)", "i32 constant out of range"),
            ("invalid u64 number: constant out of range", "(x |256)", "i64 constant out of range"),
            ("invalid i32 number: constant out of range", "(x |256)", "constant out of range"),
            ("invalid u8 number: constant out of range", "(v128.const i32x4 1 |2)", "wrong number of lane literals"),
            ("invalid i32 number: constant out of range", "(v128.const i64x2 1 |2)", "constant out of range"),
            ("malformed lane index", "|x", "i8 constant out of range"),
            ("unexpected character 'x'", "|x", "illegal character"),
            ("invalid character in string 'x'", "(f $\"|\u{1}", "empty identifier"),
            ("invalid character in string 'x'", "(f @\"|\u{1}", "empty annotation id"),
            ("invalid character in string 'x'", "(f \"a|\nb", "unclosed string literal"),
            ("invalid character in string 'x'", "(f \"a|\rb", "unclosed string literal"),
            ("invalid character in string 'x'", "($f \"a|\u{1}\n", "illegal control character in string literal"),
            ("invalid unicode scalar value 0x110000", "|x", "malformed UTF-8 codepoint"),
            ("unexpected end-of-file", "|x", "unclosed string literal"),
            ("unterminated block comment", "|x", "unclosed comment"),
            ("invalid string escape 'x'", "|x", "illegal escape"),
            ("invalid hex digit 'x'", "|x", "illegal escape"),
            ("something else", "(f |foo)", "something else"),
            ("expected a thing", "(f |foo)", "unknown operator foo"),
            ("unexpected token here", "(f |foo)", "unknown operator foo"),
            ("unknown operator or unexpected token here", "(f |foo)", "unknown operator foo"),
            ("extra tokens remaining here", "(f |foo)", "unknown operator foo"),
            ("result before parameter here", "(f |foo)", "unknown operator foo"),
            ("lane constant out of range", "(f |foo)", "unknown operator foo"),
            ("expected a thing", "(f |module)", "unexpected token"),
            ("unexpected token here", "(f |module)", "unexpected token"),
            ("expected a thing", "(f |, x)", "unknown operator"),
            ("expected a thing", "(f | x,", "unexpected token"),
            ("expected a u8", "(i8x16.shuffle 0 |-1)", "unexpected token (lane index: not a natural number)"),
            ("expected a u32", "(i8x16.shuffle 0 |-1)", "wrong number of lane indices"),
            ("expected a u8", "(i8x16.shuffle 0 |)", "wrong number of lane indices"),
            ("expected a i32", "(v128.const i32x4 1 |)", "wrong number of lane literals"),
        ] {
            let (at, text) = marked(text);
            assert_eq!(words(message, at, &text), expected, "{message}: {text}");
            let error = wast::Error::new(wast::token::Span::from_offset(at), message.to_string());
            // Words with which the message begins are not repeated.
            let is_said = message.starts_with(expected);
            let whole = if is_said { message.to_string() } else { format!("{expected} ({message})") };
            assert_eq!(text_parse_error(&error, &text), whole, "{message}: {text}");
        }
    }

    #[test]
    fn tokens_of_the_text_format_are_known() {
        let known = [
            "",
            "(",
            ")",
            "12",
            "-0x1p3",
            "module",
            "ref.host",
            "align=4",
            "offset=0x10",
            "$a",
            "$",
            "\"a b\"",
            "\"\"",
            "i32.add",
            "i32.const",
            "br_table",
            "call_indirect",
        ];
        let unknown = [
            "foo",
            "i32.foo",
            "I32.add",
            "Module",
            "align=+4",
            "offset=-1",
            "align=x",
            "align=",
            "offset=",
            "$a\"b",
            "$\"b",
            "\"abc",
            "\"a\"b\"",
            "x\"y\"",
            "nop\"y\"",
            "12x",
        ];
        known.iter().for_each(|token| assert!(is_known(token), "{token}"));
        unknown.iter().for_each(|token| assert!(!is_known(token), "{token}"));
    }

    /// Names that the encoder does not find, or finds twice.
    #[test]
    fn messages_of_the_encoder_have_the_words_of_the_specification() {
        for (message, text, expected) in [
            ("unknown func: failed to find name `$f`", "(|$g)", Some("unknown function $f")),
            ("unknown elem: failed to find name `$f`", "(|$g)", Some("unknown elem segment $f")),
            ("unknown data: failed to find name `$f`", "(|$g)", Some("unknown data segment $f")),
            ("unknown type: failed to find name `$f`", "(|$g)", Some("unknown type $f")),
            ("unknown type: type index out of bounds", "(|9)", Some("unknown type 9")),
            ("unknown type", "(|9)", None),
            ("duplicate identifier: duplicate func named `x`", "(|$g)", Some("duplicate function $x")),
            ("duplicate identifier: duplicate func", "(|$g)", None),
            ("duplicate local identifier", "(|$g)", Some("duplicate local $g")),
            ("duplicate func identifier", "|", Some("duplicate function")),
            ("duplicate export", "(|$g)", None),
            (
                "inline function type doesn't match type reference",
                "(|$g)",
                Some("inline function type does not match explicit type"),
            ),
            ("accessing a named field `f` in a struct", "(|$g)", Some("unknown field $g")),
            ("invalid type: not a function type here", "(|$g)", Some("non-function type $g")),
            ("mismatching labels here", "(|$g)", Some("mismatching labels here")),
            ("something else", "(|$g)", None),
        ] {
            let (at, text) = marked(text);
            let error = wast::Error::new(wast::token::Span::from_offset(at), message.to_string());
            assert_eq!(text_encode_error(&error, &text).as_deref(), expected, "{message}");
        }
        // Without the text, there is no token.
        let error = wast::Error::new(wast::token::Span::from_offset(7), "accessing a named field".to_string());
        assert_eq!(text_encode_error(&error, "").as_deref(), Some("unknown field"));
    }
}
