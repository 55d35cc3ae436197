//! The language features by name, and the sets that wasmoon supports.

use wasmparser::WasmFeatures;

/// The newest version of the specification. Threads are not part of it, although they are part of wasmparser's set.
pub const LATEST: WasmFeatures = WasmFeatures::WASM3.difference(WasmFeatures::THREADS);

/// Proposals beyond the newest version.
pub const BEYOND: [&str; 7] = [
    "compact-imports",
    "custom-page-sizes",
    "threads",
    "wide-arithmetic",
    "stack-switching",
    "legacy-exceptions",
    "custom-descriptors",
];

/// Parses a feature by the name of its proposal or of its flag, such as `tail-call`, `simd` or `reference_types`.
pub fn by_name(name: &str) -> Option<WasmFeatures> {
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

/// Returns the newest version with every proposal beyond it.
pub fn all() -> WasmFeatures {
    let flags = BEYOND.iter().map(|name| by_name(name).expect("a proposal"));
    flags.fold(LATEST, WasmFeatures::union)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_proposals_are_known_by_their_names() {
        for (name, flag) in WasmFeatures::all().iter_names() {
            let name = name.to_ascii_lowercase();
            assert_eq!(by_name(&name), Some(flag), "{name}");
            assert_eq!(by_name(&name.replace('_', "-")), Some(flag), "{name}");
        }
        for (name, flag) in [
            ("bulk-memory-operations", WasmFeatures::BULK_MEMORY),
            ("compact-import-section", WasmFeatures::COMPACT_IMPORTS),
            ("nontrapping-float-to-int-conversions", WasmFeatures::SATURATING_FLOAT_TO_INT),
            ("sign-extension-ops", WasmFeatures::SIGN_EXTENSION),
            ("legacy", WasmFeatures::LEGACY_EXCEPTIONS),
            ("component_model_values", WasmFeatures::CM_VALUES),
        ] {
            assert_eq!(by_name(name), Some(flag), "{name}");
        }
        assert_eq!(by_name("bulk"), None);
    }
}
