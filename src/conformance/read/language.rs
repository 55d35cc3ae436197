//! The language of a script: version, features, and the header that changes them.

use super::files::regular;
use crate::conformance::outcome::Expect;
use crate::module::messages::Wording;
use serde::Deserialize;
use std::path::Path;
use wasmparser::WasmFeatures;

/// A version of the specification. Where behaviour changed between versions, the file's version decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, serde::Serialize)]
pub enum Spec {
    /// The first release, whose active segments are all checked before one is written; it became 1.0 without that.
    #[serde(rename = "mvp")]
    Mvp,
    /// Version 1.0.
    #[serde(rename = "1.0")]
    V1,
    /// Version 2.0.
    #[serde(rename = "2.0")]
    V2,
    /// Version 3.0.
    #[serde(rename = "3.0")]
    V3,
    /// The newest state of the specification.
    #[serde(rename = "latest")]
    Latest,
}

impl Spec {
    /// Parses `mvp`, `1.0`, `2.0`, `3.0` or `latest`.
    pub fn parse(text: &str) -> Option<Spec> {
        Some(match text {
            "mvp" => Spec::Mvp,
            "1.0" => Spec::V1,
            "2.0" => Spec::V2,
            "3.0" => Spec::V3,
            "latest" => Spec::Latest,
            _ => return None,
        })
    }

    /// As [`Spec::parse`] reads it.
    pub fn name(self) -> &'static str {
        ["mvp", "1.0", "2.0", "3.0", "latest"][self as usize]
    }

    /// The features that a version of the specification consists of.
    pub fn features(self) -> WasmFeatures {
        // Threads are not part of 3.0 (wasmparser's set has them).
        let v3 = WasmFeatures::WASM3.difference(WasmFeatures::THREADS);
        match self {
            Spec::Mvp => WasmFeatures::MVP,
            Spec::V1 => WasmFeatures::WASM1,
            Spec::V2 => WasmFeatures::WASM2,
            Spec::V3 | Spec::Latest => v3,
        }
    }
}

/// Whose conventions a script follows, where another engine's differ from the specification's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
pub enum Dialect {
    /// The specification's.
    #[default]
    Spec,
    /// wasmtime's `tests/misc_testsuite`; see [`super::dialect`].
    Wasmtime,
    /// wasm-tools' `tests/cli`, recognised by its `;; RUN: wast … %`: rejections in wasmparser's words.
    WasmTools,
}

/// A name that is not a dialect's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write spec, wasmtime or wasm-tools")]
pub struct UnknownDialect;

impl Dialect {
    /// Parses the value of `--dialect`.
    ///
    /// # Errors
    /// Another name.
    pub fn parse(text: &str) -> Result<Dialect, UnknownDialect> {
        match text {
            "spec" => Ok(Dialect::Spec),
            "wasmtime" => Ok(Dialect::Wasmtime),
            "wasm-tools" => Ok(Dialect::WasmTools),
            _ => Err(UnknownDialect),
        }
    }
}

/// Which expected messages count. Of an assertion whose message does not, the phase alone decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
pub enum Messages {
    /// All messages.
    #[default]
    All,
    /// Those of traps and other ends of code, not those of modules that are rejected or cannot be linked.
    OfExecution,
    /// No messages.
    None,
}

impl Messages {
    /// Whether the message of this expectation counts.
    pub fn count(self, expect: &Expect) -> bool {
        let of_a_module = matches!(
            expect,
            Expect::Malformed(_)
                | Expect::MalformedCustom(_)
                | Expect::Invalid(_)
                | Expect::InvalidCustom(_)
                | Expect::Unlinkable(_)
        );
        match self {
            Messages::All => true,
            Messages::OfExecution => !of_a_module,
            Messages::None => false,
        }
    }
}

/// The language that a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    /// The version of the specification.
    pub spec: Spec,
    /// The features that modules may use.
    pub features: WasmFeatures,
    /// Which expected messages count.
    pub messages: Messages,
    /// The conventions of the script.
    pub dialect: Dialect,
    /// Whether it expects the deterministic profile's NaNs.
    pub canonical_nans: bool,
}

impl Language {
    /// That of a version of the specification.
    pub fn of(spec: Spec) -> Language {
        Language {
            spec,
            features: spec.features(),
            messages: Messages::All,
            canonical_nans: false,
            dialect: Dialect::Spec,
        }
    }

    /// The words of its messages.
    pub fn words(&self) -> Wording {
        match self.spec {
            Spec::Mvp | Spec::V1 => Wording::V1,
            Spec::V2 => Wording::V2,
            Spec::V3 | Spec::Latest => Wording::Current,
        }
    }

    /// Where the files of a dialect begin, before their headers are read. wasmtime's tests run with every proposal
    /// since 2.0 off that their header does not switch on.
    pub fn in_dialect(dialect: Dialect) -> Language {
        let mut language = Language { dialect, ..Language::of(Spec::Latest) };
        if dialect == Dialect::Wasmtime {
            let off = WasmFeatures::SIMD | WasmFeatures::REFERENCE_TYPES;
            language.features = Spec::V2.features().difference(off) | WasmFeatures::BULK_MEMORY;
        }
        language
    }
}

/// Why a header cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {message}")]
pub struct HeaderError {
    /// 1-based.
    pub line: u32,
    /// The problem of the header.
    pub message: String,
    /// The header asks for something that wasmoon does not know, which makes the file `unsupported`; otherwise the
    /// header itself is wrong, and the file fails.
    pub unsupported: bool,
}

impl HeaderError {
    fn unsupported(line: u32, message: String) -> HeaderError {
        HeaderError { line, message, unsupported: true }
    }

    fn wrong(line: u32, message: String) -> HeaderError {
        HeaderError { line, message, unsupported: false }
    }
}

/// Parses a feature by the name of its proposal or of its flag, as `tail-call`, `simd`, `reference_types`.
pub fn feature(name: &str) -> Option<WasmFeatures> {
    let flag = match name {
        "bulk-memory-operations" => "BULK_MEMORY".to_string(),
        "compact-import-section" => "COMPACT_IMPORTS".to_string(),
        "nontrapping-float-to-int-conversions" => "SATURATING_FLOAT_TO_INT".to_string(),
        "sign-extension-ops" => "SIGN_EXTENSION".to_string(),
        "legacy" => "LEGACY_EXCEPTIONS".to_string(),
        other if other.starts_with("component_model_") => other.to_ascii_uppercase().replace("COMPONENT_MODEL", "CM"),
        other => other.to_ascii_uppercase().replace('-', "_"),
    };
    WasmFeatures::from_name(&flag)
}

/// Proposals beyond the newest language.
pub const BEYOND: [&str; 7] = [
    "compact-imports",
    "custom-page-sizes",
    "threads",
    "wide-arithmetic",
    "stack-switching",
    "legacy-exceptions",
    "custom-descriptors",
];

/// The language of the scripts in a folder: `language`, and the proposals that folders on the way there are named
/// after. These are a folder of the specification's `core/` or of `proposals/`, any that has the name of a proposal
/// beyond the newest language, `legacy/`, and Wizard's `ext:NAME`; and what Wizard's file `flags` beside the scripts
/// says. The other engines' dialects have headers instead, so there only `proposals/` counts.
///
/// # Errors
/// An extension of Wizard's that is unknown.
pub fn of_folder(dir: &Path, mut language: Language) -> Result<Language, HeaderError> {
    // An empty path means the current folder, but cannot be resolved.
    let dir = Path::new(".").join(dir);
    let dir = dir.canonicalize().unwrap_or(dir);
    let names: Vec<_> = dir.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    let ours = language.dialect == Dialect::Spec;
    for (i, name) in names.iter().enumerate() {
        let above = i.checked_sub(1).map_or("", |i| &names[i]);
        let known = match name.strip_prefix("ext:") {
            Some(extension) if ours => Some(wizard_extension(extension)?),
            _ if above == "proposals" || ours && above == "core" => feature(name),
            _ if ours && BEYOND.contains(&&**name) => feature(name),
            _ if ours && i + 1 == names.len() && LEGACY_FOLDERS.contains(&&**name) => feature("legacy"),
            _ => None,
        };
        language.features |= known.unwrap_or(WasmFeatures::empty());
    }
    if ours && let Some(flags) = regular(&dir.join("flags")).ok().and_then(|flags| String::from_utf8(flags).ok()) {
        let named = flags.split_whitespace().filter_map(|flag| flag.strip_prefix("--ext:"));
        for extension in named.flat_map(|list| list.split(',')) {
            language.features |= wizard_extension(extension)?;
        }
    }
    Ok(language)
}

/// Names of folders of scripts with the older exceptions.
const LEGACY_FOLDERS: [&str; 3] = ["legacy", "legacy-exceptions", "legacy-exception-handling"];

/// The features that Wizard's option `--ext:NAME` switches on.
fn wizard_extension(name: &str) -> Result<WasmFeatures, HeaderError> {
    match name {
        "all" => Ok(all_features()),
        "legacy-eh" => Ok(WasmFeatures::LEGACY_EXCEPTIONS),
        "exception-handling" => Ok(WasmFeatures::EXCEPTIONS),
        name => {
            feature(name).ok_or_else(|| HeaderError::unsupported(1, format!("Wizard's extension '{name}' is unknown")))
        }
    }
}

/// The newest language and every proposal beyond it.
pub fn all_features() -> WasmFeatures {
    let flags = BEYOND.iter().map(|name| feature(name).expect("a proposal"));
    flags.fold(Spec::Latest.features(), WasmFeatures::union)
}

/// The header that a script needs around this module: a line for each proposal beyond the newest language that it uses.
pub fn header_of(module: &[u8]) -> String {
    let valid = |without| crate::module::Module::new(module, all_features().difference(without)).is_ok();
    if !valid(WasmFeatures::empty()) {
        return String::new();
    }
    let needed = BEYOND.iter().filter(|name| !valid(feature(name).expect("a proposal")));
    needed.map(|name| format!(";;! {name} = true\n")).collect()
}

/// The key of the deterministic profile's NaNs, as wasmtime's scripts have it.
const NAN_CANONICALIZATION: &str = "nan_canonicalization";

/// The key of scripts that are the specification's, as wasmtime has it.
const SPEC_TEST: &str = "spec_test";

/// The header's line that asks for canonical NaNs.
pub fn canonical_nans_header() -> String {
    format!(";;! {NAN_CANONICALIZATION} = true\n")
}

/// A line comment before the first token of a script.
struct Comment<'t> {
    /// 1-based.
    line: u32,
    /// Behind the `;;`.
    text: &'t str,
}

/// All line comments before the first token, past blank lines and block comments.
fn leading_comments(text: &str) -> Vec<Comment<'_>> {
    let mut comments = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    let line = |rest: &str| text[..text.len() - rest.len()].matches('\n').count() as u32 + 1;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        if let Some(comment) = rest.strip_prefix(";;") {
            let end = comment.find(['\n', '\r']).unwrap_or(comment.len());
            comments.push(Comment { line: line(rest), text: &comment[..end] });
            rest = &comment[end..];
        } else if rest.starts_with("(;") {
            match behind_block_comment(rest) {
                Some(behind) => rest = behind,
                None => return comments,
            }
        } else {
            return comments;
        }
    }
}

/// The text after the block comment that `text` begins with; `None` if it is not closed.
fn behind_block_comment(text: &str) -> Option<&str> {
    let (mut depth, mut at) = (0, 0);
    while let Some(found) = text[at..].find([';', '(']) {
        let two = text.as_bytes().get(at + found..at + found + 2)?;
        at += found;
        match two {
            b"(;" => (depth, at) = (depth + 1, at + 2),
            b";)" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return Some(&text[at..]);
        }
    }
    None
}

/// Reads the header of a script: features and options, as other engines' suites write them. Known are lines of TOML
/// behind `;;!`, wherever they stand before the first token, and the command line of wasm-tools' own scripts, `;; RUN:
/// wast … %`.
///
/// # Errors
/// A key, an option or a feature that is unknown; a value that is wrong.
pub fn header(text: &str, mut language: Language) -> Result<Language, HeaderError> {
    let comments = leading_comments(text);
    if let Some((line, command)) = run_line(&comments) {
        language = command_line(&command, language).map_err(|e| HeaderError::unsupported(line, e.to_string()))?;
    }
    let lines: Vec<(u32, &str)> = comments.iter().filter_map(|c| Some((c.line, c.text.strip_prefix('!')?))).collect();
    let toml: String = lines.iter().map(|(_, text)| format!("{text}\n")).collect();
    // The line in the script of an offset into that text.
    let line_at = |offset: usize| lines.get(toml[..offset.min(toml.len())].matches('\n').count()).map_or(1, |l| l.0);
    let table: toml::Table = toml::from_str(&toml).map_err(|e| {
        let line = line_at(e.span().map_or(0, |span| span.start));
        HeaderError::wrong(line, format!("header: {}", e.message().lines().collect::<Vec<_>>().join(", ")))
    })?;
    let line_of = |key: &str| {
        let named = |text: &str| text.split('=').next().unwrap_or_default().trim().trim_matches(['"', '\'']) == key;
        lines.iter().find(|(_, text)| named(text)).map_or(1, |l| l.0)
    };
    // The version first: it decides the features that the other keys add to.
    if let Some(value) = table.get("spec") {
        let spec = value.as_str().and_then(Spec::parse).ok_or_else(|| {
            let hint = "write \"mvp\", \"1.0\", \"2.0\", \"3.0\" or \"latest\"";
            HeaderError::wrong(line_of("spec"), format!("header: spec = {value} is not a version: {hint}"))
        })?;
        language = Language { spec, features: spec.features(), ..language };
    }
    let mut unknown = Vec::new();
    for (key, value) in table.iter().filter(|(key, _)| *key != "spec") {
        // Beside features, other engines' options. Some change nothing here: we always run with large memories, and
        // branch hints are never more than hints.
        let option = matches!(key.as_str(), "hogs_memory" | SPEC_TEST | "branch_hinting" | NAN_CANONICALIZATION);
        let Some(flag) = feature(key).or(option.then_some(WasmFeatures::empty())) else {
            unknown.push(key);
            continue;
        };
        let on = value.as_bool().ok_or_else(|| {
            HeaderError::wrong(
                line_of(key),
                format!("header: {key} = {value} is not a truth value: write true or false"),
            )
        })?;
        language.canonical_nans = if key == NAN_CANONICALIZATION { on } else { language.canonical_nans };
        // wasmtime runs scripts of the specification, whose messages of rejections it does not have.
        if key == SPEC_TEST && on && language.dialect == Dialect::Wasmtime {
            language.messages = language.messages.max(Messages::OfExecution);
        }
        // With wasmtime this says which of its collectors a test is for.
        if !(key == "gc_types" && language.dialect == Dialect::Wasmtime) {
            language.features.set(flag, on);
        }
    }
    if let Some(first) = unknown.first() {
        let names: Vec<String> = unknown.iter().map(|key| format!("'{key}'")).collect();
        let s = if unknown.len() == 1 { "" } else { "s" };
        return Err(HeaderError::unsupported(line_of(first), format!("header: unknown key{s} {}", names.join(", "))));
    }
    if language.dialect == Dialect::Wasmtime {
        language.features |= implied(language.features);
    }
    Ok(language)
}

/// Features that wasmtime's tests switch on together with a proposal that builds upon them.
fn implied(features: WasmFeatures) -> WasmFeatures {
    let mut also = WasmFeatures::empty();
    if features.intersects(WasmFeatures::GC | WasmFeatures::FUNCTION_REFERENCES | WasmFeatures::STACK_SWITCHING) {
        also |= WasmFeatures::FUNCTION_REFERENCES | WasmFeatures::REFERENCE_TYPES | WasmFeatures::GC_TYPES;
    }
    if features.contains(WasmFeatures::RELAXED_SIMD) {
        also |= WasmFeatures::SIMD;
    }
    if features.contains(WasmFeatures::STACK_SWITCHING) {
        also |= WasmFeatures::EXCEPTIONS;
    }
    if features.intersects(WasmFeatures::EXCEPTIONS | WasmFeatures::REFERENCE_TYPES) {
        also |= WasmFeatures::GC_TYPES;
    }
    also
}

/// The text after `RUN: wast` in a comment, continued in the next where a line ends in a backslash, and the comment's
/// line. In wasm-tools' scripts a `%` stands for the script itself; without one it is a comment like any other.
fn run_line(comments: &[Comment<'_>]) -> Option<(u32, String)> {
    let at = comments.iter().position(|c| c.text.starts_with(" RUN: wast"))?;
    let mut command = comments[at].text.strip_prefix(" RUN: wast")?.trim_end().to_string();
    let mut next = comments[at + 1..].iter();
    while let Some(start) = command.strip_suffix('\\') {
        command = format!("{start}{}", next.next().map_or("", |c| c.text.trim_end()));
    }
    let is_header = command.starts_with(' ') && command.split_whitespace().any(|word| word == "%");
    is_header.then_some((comments[at].line, command))
}

/// The reason why a `RUN:` line cannot be followed.
#[derive(Debug, thiserror::Error)]
enum RunLineError {
    #[error("header: unknown option '{0}' of `wasm-tools wast`")]
    Option(String),
    #[error("header: unknown feature '{0}'")]
    Feature(String),
}

/// Applies the options of `wasm-tools wast`. It starts with the features that wasmparser has on by default, and looks
/// for wasmparser's words in messages.
fn command_line(command: &str, mut language: Language) -> Result<Language, RunLineError> {
    language.features = WasmFeatures::default();
    language.dialect = Dialect::WasmTools;
    let mut words = command.split_whitespace();
    while let Some(word) = words.next() {
        let (option, value) = word.split_once('=').map_or((word, None), |(option, value)| (option, Some(value)));
        match option {
            "%" => {}
            "--ignore-error-messages" => language.messages = Messages::None,
            // Additional checks of the tool, and strictness of its lexer.
            "--allow-confusing-unicode" | "-v" | "--verbose" => {}
            "--assert" | "-a" | "--snapshot" | "--color" if value.is_some() => {}
            "--assert" | "-a" | "--snapshot" | "--color" => drop(words.next()),
            "--features" | "-f" => {
                let list = value.or_else(|| words.next()).unwrap_or_default();
                language.features = wasm_tools_features(language.features, list)?;
            }
            _ => return Err(RunLineError::Option(word.to_string())),
        }
    }
    Ok(language)
}

/// Applies a list of features as wasm-tools writes them.
fn wasm_tools_features(mut features: WasmFeatures, list: &str) -> Result<WasmFeatures, RunLineError> {
    for name in list.split(',').filter(|name| !name.is_empty()) {
        match name {
            "all" => features = WasmFeatures::all(),
            "mvp" => features = WasmFeatures::MVP,
            "wasm1" => features = WasmFeatures::WASM1,
            "wasm2" => features = WasmFeatures::WASM2,
            "wasm3" => features = WasmFeatures::WASM3,
            "lime1" => features = WasmFeatures::LIME1,
            _ => {
                let (on, flag) = name.strip_prefix('-').map_or((true, name), |flag| (false, flag));
                let flag = feature(flag).ok_or_else(|| RunLineError::Feature(flag.to_string()))?;
                features.set(flag, on);
            }
        }
    }
    Ok(features)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        let base = Language::of(Spec::V1);
        let module = |text: &str| {
            let buffer = wast::parser::ParseBuffer::new(text).expect("lexes");
            wast::parser::parse::<wast::Wat<'_>>(&buffer).expect("parses").encode().expect("encodes")
        };
        assert_eq!(header_of(&module("(module (memory 1) (tag))")), "");
        let needed = header_of(&module("(module (memory 1 (pagesize 1)))"));
        assert_eq!(needed, ";;! custom-page-sizes = true\n");
        assert!(header(&needed, base).expect("known keys").features.custom_page_sizes());
        let language = header(";;! simd = true\n;;! tail-call = true\n(module)", base).expect("known keys");
        assert!(language.features.contains(WasmFeatures::SIMD | WasmFeatures::TAIL_CALL));
        // Every key that another engine's scripts have.
        let names = "bulk_memory memory64 custom_page_sizes multi_memory threads shared_everything_threads gc \
            function_references relaxed_simd reference_types tail_call extended_const wide_arithmetic hogs_memory \
            nan_canonicalization component_model_async component_model_more_async_builtins component_model_map \
            component_model_async_stackful component_model_threading component_model_error_context component_model_gc \
            component_model_fixed_length_lists simd gc_types exceptions legacy_exceptions stack_switching spec_test \
            custom_descriptors compact_imports branch_hinting";
        for name in names.split_whitespace() {
            for value in ["true", "false"] {
                header(&format!(";;! {name} = {value}\n(module)"), base).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            }
            header(&format!(";;! {name} = 1\n(module)"), base).expect_err("no truth value");
        }
        let without = header(";;! simd = false\n", Language::of(Spec::Latest)).expect("known keys");
        assert!(!without.features.simd() && without.features.multi_memory());
        for on in [true, false] {
            let text = format!(";;! {NAN_CANONICALIZATION} = {on}\n(module)");
            assert_eq!(header(&text, base).expect("known key").canonical_nans, on);
        }
        assert!(header(&canonical_nans_header(), base).expect("known key").canonical_nans);
        let error = header(";;! flux = true", base).expect_err("unknown key");
        assert_eq!(error, HeaderError::unsupported(1, "header: unknown key 'flux'".into()));
        let error = header(";; x\n\n;;! simd = true\n;;! warp = 1\n;;! flux = []", base).expect_err("unknown keys");
        assert_eq!(error, HeaderError::unsupported(5, "header: unknown keys 'flux', 'warp'".into()));
    }

    #[test]
    fn headers_stand_anywhere_before_the_first_token() {
        let base = Language::of(Spec::V1);
        let threads = |text: &str| header(text, base).map(|l| l.features.threads());
        for before in ["", "\n\n", "\u{feff}", ";; a comment\n", "(; a (; nested ;) one ;)\n", "(;;)", "  ", "\t\r\n"] {
            assert_eq!(threads(&format!("{before};;! threads = true\n(module)")), Ok(true), "{before:?}");
        }
        for before in ["(module)\n", "(@x)", "(; ", "(; \n"] {
            assert_eq!(threads(&format!("{before};;! threads = true\n")), Ok(false), "{before:?}");
        }
        assert_eq!(threads(";;! threads = true\n\n;; more\n;;! simd = true\n"), Ok(true));
    }

    #[test]
    fn wrong_headers_have_a_line() {
        let trouble = |text: &str| header(text, Language::of(Spec::V1)).expect_err("wrong");
        for (text, line, words) in [
            ("\n;;! simd = 1", 2, "simd = 1 is not a truth value"),
            (";; x\n;;! spec = \"9.9\"", 2, "spec = \"9.9\" is not a version"),
            (";;! simd = true\n;; x\n;;! threads == true", 3, "header: "),
            (";;! simd = true\n;;! simd = true", 2, "duplicate key"),
        ] {
            let trouble = trouble(text);
            assert!(!trouble.unsupported && trouble.line == line, "{trouble:?}");
            assert!(trouble.message.contains(words), "{trouble:?}");
        }
    }

    #[test]
    fn the_version_does_not_take_back_features() {
        let text = ";;! simd = true\n;;! spec = \"1.0\"";
        let features = header(text, Language::of(Spec::Latest)).expect("known keys").features;
        assert!(features.simd() && !features.multi_memory());
    }

    #[test]
    fn features_of_wasmtime() {
        let features = |text: &str| header(text, Language::in_dialect(Dialect::Wasmtime)).expect("known keys").features;
        let plain = features("(module)");
        assert!(plain.bulk_memory() && plain.multi_value() && !plain.simd() && !plain.reference_types());
        assert!(!plain.multi_memory() && !plain.memory64() && !plain.tail_call() && !plain.threads());
        assert!(features(";;! gc = true").contains(WasmFeatures::FUNCTION_REFERENCES | WasmFeatures::REFERENCE_TYPES));
        assert!(features(";;! relaxed_simd = true").simd());
        let stacks = features(";;! stack_switching = true");
        assert!(stacks.function_references() && stacks.reference_types() && stacks.exceptions() && !stacks.gc());
        assert!(features(";;! gc = true\n;;! gc_types = false").gc_types());
    }

    #[test]
    fn command_lines_of_wasm_tools() {
        let of = |text: &str| header(text, Language::of(Spec::V1));
        let language =
            of(";; RUN: wast --assert default --snapshot x % -f stack-switching,-simd\n(module)").expect("known");
        assert!(language.features.stack_switching() && !language.features.simd() && language.features.threads());
        assert_eq!((language.messages, language.dialect), (Messages::All, Dialect::WasmTools));
        let continued =
            "\n;; RUN: wast \\\n;;   --ignore-error-messages \\\n;;   --features=wasm1,reference-types \\\n;;  %\n";
        let language = of(continued).expect("known");
        assert_eq!(language.features, WasmFeatures::WASM1 | WasmFeatures::REFERENCE_TYPES);
        assert_eq!(language.messages, Messages::None);
        // Other commands, comments and other text change nothing.
        let others = [
            ";; RUN: print % -f nothing",
            "(module) ;; RUN: wast % -f nothing",
            ";; RUN: wasted % -f nothing",
            ";; RUN: wast",
            ";; RUN: wast -f nothing",
            ";; how to RUN: wast % -f nothing",
        ];
        for text in others {
            assert_eq!(of(text), Ok(Language::of(Spec::V1)), "{text}");
        }
        for (text, message) in [
            (";; RUN: wast % -f flux", "unknown feature 'flux'"),
            ("\n;; RUN: wast % --flux", "unknown option '--flux'"),
            (";; RUN: wast % | cat", "unknown option '|'"),
        ] {
            let trouble = of(text).expect_err("unknown");
            assert!(trouble.unsupported && trouble.message.contains(message), "{trouble:?}");
        }
    }
}
