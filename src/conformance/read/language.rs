//! The language of a script: the version of the specification, the features, and the dialect whose conventions it follows.

use crate::conformance::outcome::Expect;
use crate::module::features;
use crate::module::messages::Wording;
use serde::Deserialize;
use wasmparser::WasmFeatures;

/// A version of the specification. Where behaviour changed between versions, the file's version decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, serde::Serialize)]
pub enum Spec {
    /// The first release, in which all active segments are checked before any is written; 1.0 dropped that.
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

    /// The name, as [`Spec::parse`] reads it.
    pub fn name(self) -> &'static str {
        ["mvp", "1.0", "2.0", "3.0", "latest"][self as usize]
    }

    /// The features of a version of the specification.
    pub fn features(self) -> WasmFeatures {
        match self {
            Spec::Mvp => WasmFeatures::MVP,
            Spec::V1 => WasmFeatures::WASM1,
            Spec::V2 => WasmFeatures::WASM2,
            Spec::V3 | Spec::Latest => features::LATEST,
        }
    }
}

/// The conventions that a script follows: the specification's, or those of another engine that differ from them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
pub enum Dialect {
    /// The specification's.
    #[default]
    Spec,
    /// wasmtime's `tests/misc_testsuite`; see [`super::dialect`].
    Wasmtime,
    /// wasm-tools' `tests/cli`, recognized by its `;; RUN: wast … %`: rejections have wasmparser's messages.
    WasmTools,
}

/// The error for a name that is not a dialect's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected spec, wasmtime or wasm-tools")]
pub struct UnknownDialect;

impl Dialect {
    /// Parses the value of `--dialect`.
    ///
    /// # Errors
    /// The name is not a dialect's.
    pub fn parse(text: &str) -> Result<Dialect, UnknownDialect> {
        match text {
            "spec" => Ok(Dialect::Spec),
            "wasmtime" => Ok(Dialect::Wasmtime),
            "wasm-tools" => Ok(Dialect::WasmTools),
            _ => Err(UnknownDialect),
        }
    }
}

/// Which expected messages count. For an assertion whose message does not, the phase alone decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
pub enum Messages {
    /// All messages.
    #[default]
    All,
    /// The messages of traps and other ends of execution, but not those of modules that are rejected or cannot be linked.
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
    /// Whether it expects the deterministic profile's results of relaxed operators.
    pub deterministic_relaxed: bool,
}

impl Language {
    /// The language of a version of the specification.
    pub fn of(spec: Spec) -> Language {
        Language {
            spec,
            features: spec.features(),
            messages: Messages::All,
            canonical_nans: false,
            deterministic_relaxed: false,
            dialect: Dialect::Spec,
        }
    }

    /// The wording of its messages.
    pub fn words(&self) -> Wording {
        match self.spec {
            Spec::Mvp | Spec::V1 => Wording::V1,
            Spec::V2 => Wording::V2,
            Spec::V3 | Spec::Latest => Wording::Current,
        }
    }

    /// The language of a dialect's files, before their headers are read. wasmtime's tests run with every proposal since 2.0
    /// disabled, except those that their header enables.
    pub fn in_dialect(dialect: Dialect) -> Language {
        let mut language = Language { dialect, ..Language::of(Spec::Latest) };
        if dialect == Dialect::Wasmtime {
            let off = WasmFeatures::SIMD | WasmFeatures::REFERENCE_TYPES;
            language.features = Spec::V2.features().difference(off) | WasmFeatures::BULK_MEMORY;
        }
        language
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_names_features_and_words() {
        use WasmFeatures as F;
        for (name, spec, features, words) in [
            ("mvp", Spec::Mvp, F::MVP, Wording::V1),
            ("1.0", Spec::V1, F::WASM1, Wording::V1),
            ("2.0", Spec::V2, F::WASM2, Wording::V2),
            ("3.0", Spec::V3, F::WASM3.difference(F::THREADS), Wording::Current),
            ("latest", Spec::Latest, F::WASM3.difference(F::THREADS), Wording::Current),
        ] {
            assert_eq!((Spec::parse(name), spec.name(), spec.features()), (Some(spec), name, features), "{name}");
            let language = Language {
                spec,
                features,
                messages: Messages::All,
                dialect: Dialect::Spec,
                canonical_nans: false,
                deterministic_relaxed: false,
            };
            assert_eq!((Language::of(spec), language.words()), (language, words), "{name}");
        }
        for wrong in ["", "1", "MVP", "2.0 ", "newest"] {
            assert_eq!(Spec::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn dialects_have_names_and_languages() {
        let latest = Language::of(Spec::Latest);
        // Version 2.0 without what their headers enable.
        let few = WasmFeatures::WASM2.difference(WasmFeatures::SIMD | WasmFeatures::REFERENCE_TYPES);
        let few = few.union(WasmFeatures::BULK_MEMORY);
        assert!(few.multi_value() && few.sign_extension());
        for (name, dialect, features) in [
            ("spec", Dialect::Spec, latest.features),
            ("wasmtime", Dialect::Wasmtime, few),
            ("wasm-tools", Dialect::WasmTools, latest.features),
        ] {
            assert_eq!(Dialect::parse(name), Ok(dialect));
            assert_eq!(Language::in_dialect(dialect), Language { dialect, features, ..latest }, "{name}");
        }
        assert_eq!(Dialect::parse("Spec"), Err(UnknownDialect));
    }

    /// For an expectation of each kind, whether its message counts if all do, and if those of execution do.
    #[test]
    fn messages_count() {
        let text = || "x".to_string();
        for (expect, of_execution) in [
            (Expect::Success, true),
            (Expect::Values(vec![]), true),
            (Expect::Unjudged(text()), true),
            (Expect::Trap(text()), true),
            (Expect::Exception, true),
            (Expect::Exhaustion(text()), true),
            (Expect::Suspension(text()), true),
            (Expect::Malformed(text()), false),
            (Expect::MalformedCustom(text()), false),
            (Expect::Invalid(text()), false),
            (Expect::InvalidCustom(text()), false),
            (Expect::Unlinkable(text()), false),
        ] {
            let counts = [Messages::All, Messages::OfExecution, Messages::None].map(|messages| messages.count(&expect));
            assert_eq!(counts, [true, of_execution, false], "{expect:?}");
        }
    }
}
