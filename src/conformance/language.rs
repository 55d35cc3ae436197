//! What a script is written in: version, features, and what its header says of them.

use crate::module::messages::Words;
use serde::Deserialize;
use wasmparser::WasmFeatures;

/// A version of the specification. Where behaviour changed between versions, the file's version decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, serde::Serialize)]
pub enum Spec {
    /// The first release, whose active segments are all checked before one is written; it became 1.0 without that.
    #[serde(rename = "mvp")]
    Mvp,
    #[serde(rename = "1.0")]
    V1,
    #[serde(rename = "2.0")]
    V2,
    #[serde(rename = "3.0")]
    V3,
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
        // Threads are no part of 3.0 (wasmparser's set has them).
        let v3 = WasmFeatures::WASM3.difference(WasmFeatures::THREADS);
        match self {
            Spec::Mvp => WasmFeatures::MVP,
            Spec::V1 => WasmFeatures::WASM1,
            Spec::V2 => WasmFeatures::WASM2,
            Spec::V3 | Spec::Latest => v3,
        }
    }
}

/// What a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Language {
    pub spec: Spec,
    pub features: WasmFeatures,
    /// Whether its messages are other words than the specification's, so that of an assertion the phase alone decides.
    pub any_message: bool,
    /// Whether it expects the deterministic profile's NaNs.
    pub canonical_nans: bool,
}

impl Language {
    /// That of a version of the specification.
    pub fn of(spec: Spec) -> Language {
        Language { spec, features: spec.features(), any_message: false, canonical_nans: false }
    }

    /// The words of its messages.
    pub fn words(&self) -> Words {
        match self.spec {
            Spec::Mvp | Spec::V1 => Words::V1,
            Spec::V2 => Words::V2,
            Spec::V3 | Spec::Latest => Words::Current,
        }
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
const BEYOND: [&str; 7] = [
    "compact-imports",
    "custom-page-sizes",
    "threads",
    "wide-arithmetic",
    "stack-switching",
    "legacy-exceptions",
    "custom-descriptors",
];

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

/// The header's line that asks for canonical NaNs.
pub fn canonical_nans_header() -> String {
    format!(";;! {NAN_CANONICALIZATION} = true\n")
}

/// Reads the header of a script: features and options, as other engines' suites write them. Known are lines of TOML behind
/// `;;!`, and the command line of wasm-tools' own scripts, `;; RUN: wast OPTION…`, of which features and the disregard of
/// messages matter here.
///
/// # Errors
/// A key, an option's feature or a value that is unknown.
pub fn header(text: &str, mut language: Language) -> Result<Language, String> {
    if let Some(command) = run_line(text) {
        language = command_line(&command, language)?;
    }
    let lines: Vec<&str> = text.lines().map_while(|l| l.strip_prefix(";;!")).collect();
    if lines.is_empty() {
        return Ok(language);
    }
    let table: toml::Table = toml::from_str(&lines.join("\n")).map_err(|e| format!("header: {e}"))?;
    for (key, value) in table {
        match (key.as_str(), value) {
            ("spec", toml::Value::String(s)) => {
                let spec = Spec::parse(&s).ok_or_else(|| format!("header: unknown spec '{s}'"))?;
                language = Language::of(spec);
            }
            (NAN_CANONICALIZATION, toml::Value::Boolean(on)) => language.canonical_nans = on,
            // Other engines' options that change nothing here: we always run with large memories, and `spectest` is always
            // there.
            ("hogs_memory" | "spec_test", toml::Value::Boolean(_)) => {}
            (name, toml::Value::Boolean(on)) => {
                let flag = feature(name).ok_or_else(|| format!("header: unknown key '{name}'"))?;
                language.features.set(flag, on);
            }
            (name, _) => return Err(format!("header: unknown key '{name}'")),
        }
    }
    Ok(language)
}

/// What stands behind `RUN: wast` in the first lines, continued where a line ends in a backslash.
fn run_line(text: &str) -> Option<String> {
    let mut lines = text.lines().map_while(|l| l.strip_prefix(";;"));
    let mut command = lines.find_map(|l| l.trim().strip_prefix("RUN: wast"))?.to_string();
    while let Some(start) = command.strip_suffix('\\') {
        command = format!("{start}{}", lines.next().unwrap_or_default());
    }
    (command.is_empty() || command.starts_with(' ')).then_some(command)
}

/// Applies the options of `wasm-tools wast`. It starts with the features that wasmparser has on by default, and looks for
/// wasmparser's words in messages.
fn command_line(command: &str, mut language: Language) -> Result<Language, String> {
    language.features = WasmFeatures::default();
    language.any_message = true;
    let mut words = command.split_whitespace();
    while let Some(word) = words.next() {
        let list = match word.split_once('=') {
            Some(("-f" | "--features", list)) => list,
            None if matches!(word, "-f" | "--features") => words.next().unwrap_or_default(),
            _ => continue,
        };
        for name in list.split(',').filter(|name| !name.is_empty()) {
            match name {
                "all" => language.features = WasmFeatures::all(),
                "mvp" => language.features = WasmFeatures::MVP,
                "wasm1" => language.features = WasmFeatures::WASM1,
                "wasm2" => language.features = WasmFeatures::WASM2,
                "wasm3" => language.features = WasmFeatures::WASM3,
                "lime1" => language.features = WasmFeatures::LIME1,
                _ => {
                    let (on, flag) = name.strip_prefix('-').map_or((true, name), |flag| (false, flag));
                    let flag = feature(flag).ok_or_else(|| format!("header: unknown feature '{flag}'"))?;
                    language.features.set(flag, on);
                }
            }
        }
    }
    Ok(language)
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
            custom_descriptors";
        for name in names.split_whitespace() {
            for value in ["true", "false"] {
                header(&format!(";;! {name} = {value}\n(module)"), base).unwrap_or_else(|e| panic!("{name}: {e}"));
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
        assert!(error.contains("unknown key 'flux'"), "{error}");
    }

    #[test]
    fn command_lines_of_wasm_tools() {
        let of = |text: &str| header(text, Language::of(Spec::V1));
        let language = of(";; RUN: wast --assert default % -f stack-switching,-simd\n(module)").expect("known");
        assert!(language.features.stack_switching() && !language.features.simd() && language.features.threads());
        assert!(language.any_message);
        let continued =
            ";; RUN: wast \\\n;;   --ignore-error-messages \\\n;;   --features=wasm1,reference-types \\\n;;  x\n";
        let language = of(continued).expect("known");
        assert_eq!(language.features, WasmFeatures::WASM1 | WasmFeatures::REFERENCE_TYPES);
        // Of other commands, and of what is no header, nothing is said.
        for text in [";; RUN: print % -f nothing", "(module) ;; RUN: wast -f nothing", ";; RUN: wasted -f nothing"] {
            assert_eq!(of(text), Ok(Language::of(Spec::V1)), "{text}");
        }
        let error = of(";; RUN: wast % -f flux").expect_err("unknown");
        assert!(error.contains("unknown feature 'flux'"), "{error}");
    }
}
