//! The features that generated modules may use: one table, from which generator, help and summary follow.

/// A feature of the language, or of a module's shape, that can be generated.
pub struct Feature {
    pub name: &'static str,
    /// Whether all backends have it, and modules with it have one right result with any engine. The rest is generated on
    /// request only: what a backend does not have is then a finding.
    pub supported: bool,
    /// Turns it on or off.
    set: fn(&mut wasm_smith::Config, bool),
}

macro_rules! table {
    ($($name:literal $supported:literal $set:expr;)*) => {
        /// All features, in the order in which they are printed.
        pub const FEATURES: &[Feature] = &[$(Feature { name: $name, supported: $supported, set: $set }),*];
    };
}

table! {
    "sign-extension" true |c, on| c.sign_extension_ops_enabled = on;
    "saturating-float-to-int" true |c, on| c.saturating_float_to_int_enabled = on;
    "multi-value" true |c, on| c.multi_value_enabled = on;
    "bulk-memory" true |c, on| c.bulk_memory_enabled = on;
    "reference-types" true |c, on| c.reference_types_enabled = on;
    "tail-call" true |c, on| c.tail_call_enabled = on;
    "extended-const" true |c, on| c.extended_const_enabled = on;
    "exceptions" true |c, on| c.exceptions_enabled = on;
    "multi-memory" true |c, on| c.max_memories = if on { 3 } else { c.max_memories.min(1) };
    "custom-page-sizes" true |c, on| c.custom_page_sizes_enabled = on;
    // Typed function references come with it in wasm-smith.
    "gc" true |c, on| c.gc_enabled = on;
    "simd" true |c, on| c.simd_enabled = on;
    // All backends have it, and agree; so does wasmtime, which is asked for the deterministic profile. V8 chooses for
    // itself.
    "relaxed-simd" false |c, on| c.relaxed_simd_enabled = on;
    "memory64" true |c, on| c.memory64_enabled = on;
    // One thread, whose waits end at once. Memories would be shared in the modules of half of the seeds, and those would be
    // other ones than before.
    "threads" false |c, on| c.threads_enabled = on;
    // No backend has it: what a module of it makes is a finding, "unsupported".
    "shared-everything-threads" false |c, on| {
        c.shared_everything_threads_enabled = on;
        c.threads_enabled |= on;
        c.gc_enabled |= on;
    };
    // wasm-smith does not know it; dense modules have it.
    "stack-switching" true |_c, _on| {};
    "wide-arithmetic" true |c, on| c.wide_arithmetic_enabled = on;
    // As stack switching.
    "custom-descriptors" true |_c, _on| {};
    // Only linked modules import anything, and linking is ours.
    "compact-imports" true |_c, _on| {};
}

/// A set of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Features(u64);

impl Features {
    /// What is generated unless something else is asked for: see [`Feature::supported`].
    pub fn supported() -> Features {
        Features(bits(|f| f.supported))
    }

    /// The set that a list of names describes: added to what is supported, or with a minus in front taken away; `none`
    /// and `all` first.
    ///
    /// # Errors
    /// A name that is none, with all that are.
    pub fn parse<S: AsRef<str>>(names: &[S]) -> Result<Features, String> {
        let mut set = Features::supported();
        for name in names {
            let name = name.as_ref();
            let (on, plain) = match name.strip_prefix('-') {
                Some(plain) => (false, plain),
                None => (true, name.strip_prefix('+').unwrap_or(name)),
            };
            let mask = match plain {
                "none" => {
                    set.0 = 0;
                    continue;
                }
                "all" => bits(|_| true),
                _ => bits(|f| f.name == plain),
            };
            if mask == 0 {
                let all: Vec<&str> = FEATURES.iter().map(|f| f.name).collect();
                return Err(format!("'{plain}' is no feature: {}", all.join(", ")));
            }
            set.0 = if on { set.0 | mask } else { set.0 & !mask };
        }
        Ok(set)
    }

    pub fn contains(self, index: usize) -> bool {
        self.0 >> index & 1 != 0
    }

    /// Whether the set has the feature of this name, which is one.
    pub fn has(self, name: &str) -> bool {
        FEATURES.iter().position(|f| f.name == name).is_some_and(|i| self.contains(i))
    }

    /// Configures a generator; each feature that the set has is on with a chance of 7 in 8, by `draw`, so that modules
    /// without it are seen too.
    pub fn configure(self, config: &mut wasm_smith::Config, mut draw: impl FnMut() -> u64) {
        for (i, feature) in FEATURES.iter().enumerate() {
            // Drawn for each, so that a set does not change what seeds mean for the others.
            let chosen = !draw().is_multiple_of(8);
            (feature.set)(config, chosen && self.contains(i));
        }
    }

    /// Names, separated by spaces.
    pub fn names(self) -> String {
        let names = FEATURES.iter().enumerate().filter(|(i, _)| self.contains(*i)).map(|(_, f)| f.name);
        names.collect::<Vec<_>>().join(" ")
    }
}

fn bits(matches: impl Fn(&Feature) -> bool) -> u64 {
    FEATURES.iter().enumerate().filter(|(_, f)| matches(f)).map(|(i, _)| 1 << i).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_names() {
        let names = |list: &[&str]| Features::parse(list).map(|f| f.names());
        assert_eq!(names(&["none", "simd", "gc", "-gc"]), Ok("simd".into()));
        assert!(names(&["simd"]).unwrap().contains("exceptions"));
        assert!(!names(&["-exceptions"]).unwrap().contains("exceptions"));
        assert!(names(&["smid"]).unwrap_err().contains("'smid' is no feature"));
        assert_eq!(Features::parse::<&str>(&[]), Ok(Features::supported()));
    }
}
