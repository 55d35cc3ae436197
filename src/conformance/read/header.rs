//! The header of a script, which changes its language; and the header that a module needs.

use super::language::{Dialect, Language, Messages, Spec};
use crate::module::{Module, features};
use crate::text::without_mark;
use wasmparser::WasmFeatures;

/// Why a header cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {message}")]
pub struct HeaderError {
    /// The 1-based line.
    pub line: u32,
    /// The problem of the header.
    pub message: String,
    /// Whether the header asks for something that wasmoon does not know, which makes the file `unsupported`. Otherwise the header
    /// itself is wrong, and the file fails.
    pub unsupported: bool,
}

impl HeaderError {
    pub(super) fn unsupported(line: u32, message: String) -> HeaderError {
        HeaderError { line, message, unsupported: true }
    }

    fn wrong(line: u32, message: String) -> HeaderError {
        HeaderError { line, message, unsupported: false }
    }
}

/// The header that a script needs around this module: a line for each proposal beyond the newest language that it uses.
pub fn header_of(module: &[u8]) -> String {
    let valid = |without| Module::new(module, features::all().difference(without)).is_ok();
    if !valid(WasmFeatures::empty()) {
        return String::new();
    }
    let needed = features::BEYOND.iter().filter(|name| !valid(features::by_name(name).expect("a proposal")));
    needed.map(|name| format!(";;! {name} = true\n")).collect()
}

/// The key of the deterministic profile's NaNs, as in wasmtime's scripts.
const NAN_CANONICALIZATION: &str = "nan_canonicalization";

/// The key of the deterministic profile's relaxed operators.
const RELAXED_DETERMINISTIC: &str = "relaxed_simd_deterministic";

/// The key that marks the specification's scripts, as in wasmtime's.
const SPEC_TEST: &str = "spec_test";

/// The header's line that asks for canonical NaNs.
pub fn canonical_nans_header() -> String {
    format!(";;! {NAN_CANONICALIZATION} = true\n")
}

/// The header's lines of the deterministic profile, as far as a language follows it.
pub fn profile_header(language: &Language) -> String {
    let mut text = if language.canonical_nans { canonical_nans_header() } else { String::new() };
    if language.deterministic_relaxed {
        text += &format!(";;! {RELAXED_DETERMINISTIC} = true\n");
    }
    text
}

/// A line comment before the first token of a script.
struct Comment<'t> {
    /// The 1-based line.
    line: u32,
    /// The text after the `;;`.
    text: &'t str,
}

/// All line comments before the first token, skipping blank lines and block comments.
fn leading_comments(text: &str) -> Vec<Comment<'_>> {
    let mut comments = Vec::new();
    let mut rest = without_mark(text);
    // Lines are counted once: a script may begin with any number of comments.
    let (mut line, mut counted) = (1, 0);
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        if let Some(comment) = rest.strip_prefix(";;") {
            let end = comment.find(['\n', '\r']).unwrap_or(comment.len());
            let at = text.len() - rest.len();
            (line, counted) = (line + text[counted..at].matches('\n').count() as u32, at);
            comments.push(Comment { line, text: &comment[..end] });
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

/// Reads the header of a script: features and options, as other engines' suites write them. It recognizes lines of TOML after
/// `;;!`, anywhere before the first token, and the command line of wasm-tools' own scripts, `;; RUN: wast … %`.
///
/// # Errors
/// A key, an option or a feature is unknown, or a value is wrong.
pub fn header(text: &str, mut language: Language) -> Result<Language, HeaderError> {
    let comments = leading_comments(text);
    if let Some((line, command)) = run_line(&comments) {
        language = command_line(&command, language).map_err(|e| HeaderError::unsupported(line, e.to_string()))?;
    }
    let lines: Vec<(u32, &str)> = comments.iter().filter_map(|c| Some((c.line, c.text.strip_prefix('!')?))).collect();
    let toml: String = lines.iter().map(|(_, text)| format!("{text}\n")).collect();
    // The script's line for an offset into that text.
    let line_at = |offset: usize| lines.get(toml[..offset.min(toml.len())].matches('\n').count()).map_or(1, |l| l.0);
    let table: toml::Table = toml::from_str(&toml).map_err(|e| {
        let line = line_at(e.span().map_or(0, |span| span.start));
        HeaderError::wrong(line, format!("header: {}", e.message().lines().collect::<Vec<_>>().join(", ")))
    })?;
    let line_of = |key: &str| {
        let named = |text: &str| text.split('=').next().unwrap_or_default().trim().trim_matches(['"', '\'']) == key;
        lines.iter().find(|(_, text)| named(text)).map_or(1, |l| l.0)
    };
    // The version comes first: it determines the features that the other keys add to.
    if let Some(value) = table.get("spec") {
        let spec = value.as_str().and_then(Spec::parse).ok_or_else(|| {
            let hint = "expected \"mvp\", \"1.0\", \"2.0\", \"3.0\" or \"latest\"";
            HeaderError::wrong(line_of("spec"), format!("header: unknown version in spec = {value}; {hint}"))
        })?;
        language = Language { spec, features: spec.features(), ..language };
    }
    let mut unknown = Vec::new();
    for (key, value) in table.iter().filter(|(key, _)| *key != "spec") {
        // Besides features there are other engines' options. Some change nothing here: we always run with large memories, and
        // branch hints are never more than hints.
        let option = matches!(
            key.as_str(),
            "hogs_memory" | SPEC_TEST | "branch_hinting" | NAN_CANONICALIZATION | RELAXED_DETERMINISTIC
        );
        let Some(flag) = features::by_name(key).or(option.then_some(WasmFeatures::empty())) else {
            unknown.push(key);
            continue;
        };
        let on = value.as_bool().ok_or_else(|| {
            HeaderError::wrong(
                line_of(key),
                format!("header: invalid value in {key} = {value}; expected true or false"),
            )
        })?;
        language.canonical_nans = if key == NAN_CANONICALIZATION { on } else { language.canonical_nans };
        language.deterministic_relaxed |= key == RELAXED_DETERMINISTIC && on;
        // wasmtime runs scripts of the specification, but its rejections have other messages.
        if key == SPEC_TEST && on && language.dialect == Dialect::Wasmtime {
            language.messages = language.messages.max(Messages::OfExecution);
        }
        // In wasmtime's scripts, this says which of its collectors a test is for.
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

/// The features that wasmtime's tests enable together with a proposal that builds on them.
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

/// The text after `RUN: wast` in a comment, continued in the next comment if a line ends in a backslash, with the comment's line.
/// In wasm-tools' scripts a `%` stands for the script itself; without it, this is a comment like any other.
fn run_line(comments: &[Comment<'_>]) -> Option<(u32, String)> {
    let at = comments.iter().position(|c| c.text.starts_with(" RUN: wast"))?;
    let mut command = comments[at].text.strip_prefix(" RUN: wast")?.trim_end().to_string();
    let mut next = comments[at + 1..].iter();
    while command.ends_with('\\') {
        command.pop();
        command += next.next().map_or("", |c| c.text.trim_end());
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

/// Applies the options of `wasm-tools wast`. They start from the features that wasmparser enables by default, and expect
/// wasmparser's messages.
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
                let flag = features::by_name(flag).ok_or_else(|| RunLineError::Feature(flag.to_string()))?;
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
        let module = |text: &str| wat::parse_str(text).expect("a module");
        assert_eq!(header_of(&module("(module (memory 1) (tag))")), "");
        let plain = header("(module)", base).expect("no header");
        assert_eq!((plain.canonical_nans, plain.deterministic_relaxed), (false, false), "nobody asked for a profile");
        let needed = header_of(&module("(module (memory 1 (pagesize 1)))"));
        assert_eq!(needed, ";;! custom-page-sizes = true\n");
        assert!(header(&needed, base).expect("known keys").features.custom_page_sizes());
        let language = header(";;! simd = true\n;;! tail-call = true\n(module)", base).expect("known keys");
        assert!(language.features.contains(WasmFeatures::SIMD | WasmFeatures::TAIL_CALL));
        // Every key that another engine's scripts have.
        let names = "bulk_memory memory64 custom_page_sizes multi_memory threads shared_everything_threads gc \
            function_references relaxed_simd reference_types tail_call extended_const wide_arithmetic hogs_memory \
            nan_canonicalization relaxed_simd_deterministic component_model_async component_model_more_async_builtins component_model_map \
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
        // The profile of a language is written as it is read.
        for (canonical_nans, deterministic_relaxed) in [(false, false), (true, false), (false, true), (true, true)] {
            let language = Language { canonical_nans, deterministic_relaxed, ..base };
            assert_eq!(header(&profile_header(&language), base), Ok(language));
        }
        let on = format!(";;! {RELAXED_DETERMINISTIC} = false");
        assert!(!header(&on, base).expect("known key").deterministic_relaxed);
        // Only with wasmtime does this key refer to a collector.
        for (dialect, has_types) in [(Dialect::Spec, false), (Dialect::WasmTools, false), (Dialect::Wasmtime, true)] {
            let language = Language { dialect, ..Language::of(Spec::Latest) };
            let without = header(";;! gc_types = false", language).expect("known key");
            assert_eq!(without.features.gc_types(), has_types, "{dialect:?}");
        }
        let error = header(";;! flux = true", base).expect_err("unknown key");
        assert_eq!(error, HeaderError::unsupported(1, "header: unknown key 'flux'".into()));
        let error = header(";; x\n\n;;! simd = true\n;;! warp = 1\n;;! flux = []", base).expect_err("unknown keys");
        assert_eq!(error, HeaderError::unsupported(5, "header: unknown keys 'flux', 'warp'".into()));
    }

    #[test]
    fn lists_of_features() {
        use WasmFeatures as F;
        for (list, features) in [
            ("", F::WASM2),
            ("all", F::all()),
            ("mvp", F::MVP),
            ("wasm1", F::WASM1),
            ("mvp,wasm2", F::WASM2),
            ("wasm3", F::WASM3),
            ("lime1", F::LIME1),
            (",mvp,,simd", F::MVP | F::SIMD),
            ("all,-gc", F::all().difference(F::GC)),
            ("-gc,all", F::all()),
        ] {
            assert_eq!(wasm_tools_features(F::WASM2, list).expect("known names"), features, "{list}");
        }
        for wrong in ["wasm4", "-wasm2", "simd, gc", "--gc"] {
            wasm_tools_features(F::WASM2, wrong).expect_err(wrong);
        }
    }

    /// Tests which features wasmtime's tests enable together with a proposal, and that there are no others.
    #[test]
    fn proposals_imply_others() {
        use WasmFeatures as F;
        let references = F::FUNCTION_REFERENCES | F::REFERENCE_TYPES | F::GC_TYPES;
        for (features, also) in [
            (F::empty(), F::empty()),
            (F::TAIL_CALL | F::SIMD, F::empty()),
            (F::GC, references),
            (F::FUNCTION_REFERENCES, references),
            (F::STACK_SWITCHING, references | F::EXCEPTIONS),
            (F::RELAXED_SIMD, F::SIMD),
            (F::EXCEPTIONS, F::GC_TYPES),
            (F::REFERENCE_TYPES, F::GC_TYPES),
            (F::GC_TYPES, F::empty()),
        ] {
            assert_eq!(implied(features), also, "{features:?}");
            let base = Language { dialect: Dialect::Spec, features, ..Language::of(Spec::V1) };
            assert_eq!(header("(module)", base), Ok(base), "{features:?}");
            let theirs = Language { dialect: Dialect::Wasmtime, ..base };
            let features = features | also;
            assert_eq!(header("(module)", theirs), Ok(Language { features, ..theirs }), "{features:?}");
        }
    }

    /// With wasmtime, messages of rejections do not count in scripts of the specification.
    #[test]
    fn scripts_of_the_specification_have_other_messages() {
        for (dialect, before, text, after) in [
            (Dialect::Wasmtime, Messages::All, ";;! spec_test = true", Messages::OfExecution),
            (Dialect::Wasmtime, Messages::OfExecution, ";;! spec_test = true", Messages::OfExecution),
            (Dialect::Wasmtime, Messages::None, ";;! spec_test = true", Messages::None),
            (Dialect::Wasmtime, Messages::All, ";;! spec_test = false", Messages::All),
            (Dialect::Wasmtime, Messages::All, ";;! simd = true", Messages::All),
            (Dialect::Spec, Messages::All, ";;! spec_test = true", Messages::All),
            (Dialect::WasmTools, Messages::All, ";;! spec_test = true", Messages::All),
        ] {
            let language = Language { messages: before, ..Language::in_dialect(dialect) };
            assert_eq!(header(text, language).map(|l| l.messages), Ok(after), "{dialect:?} {before:?} {text}");
        }
    }

    #[test]
    fn headers_stand_anywhere_before_the_first_token() {
        let base = Language::of(Spec::V1);
        let threads = |text: &str| header(text, base).map(|l| l.features.threads());
        for before in ["", "\n\n", "\u{feff}", ";; a comment\n", "(; a (; nested ;) one ;)\n", "(;;)", "  ", "\t\r\n"] {
            assert_eq!(threads(&format!("{before};;! threads = true\n(module)")), Ok(true), "{before:?}");
        }
        // Characters in a comment that neither begin another one nor end it.
        for before in ["(;;;)", "(;;;;)", "(; ( ;)", "(; ) ; (;;) ;)"] {
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
            ("\n;;! simd = 1", 2, "invalid value in simd = 1"),
            (";; x\n;;! spec = \"9.9\"", 2, "unknown version in spec = \"9.9\""),
            (";;! simd = true\n;; x\n;;! threads == true", 3, "header: "),
            (";;! simd = true\n;;! simd = true", 2, "duplicate key"),
            (";;!simd = true\n;; x\n;;!= true", 3, "header: "),
            (";;! simd = true\n;; x\n;;! 'gc' = 1", 3, "invalid value in gc = 1"),
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
        // Options that change nothing here, with their values and without.
        for options in ["--allow-confusing-unicode", "-v", "--verbose", "--color=never", "--assert=x -a x --color x"] {
            let language = of(&format!(";; RUN: wast % {options} -f mvp,simd")).expect("known");
            let expected = Language {
                features: WasmFeatures::MVP | WasmFeatures::SIMD,
                dialect: Dialect::WasmTools,
                ..Language::of(Spec::V1)
            };
            assert_eq!(language, expected, "{options}");
        }
        assert_eq!(of(";; RUN: wast %").expect("known").features, WasmFeatures::default());
        // The first command counts.
        assert!(of(";; RUN: wast % -f mvp\n;; RUN: wast % -f nothing").is_ok());
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
