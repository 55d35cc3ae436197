//! Statistics of a run.

/// Statistics of a file or a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct RunStats {
    /// Directives, nested ones included.
    pub directives: u64,
    /// Directives whose comparison was `poisoned`.
    pub poisoned: u64,
    /// Comparisons of directives that ran in a thread, or beside threads which could reach the same memory: the resulting state
    /// was compared at the end of the thread, not immediately.
    pub after_threads: u64,
    /// Float values for which the two sides had different NaNs.
    pub nan_differences: u64,
    /// Directives for which at least something was not compared: those that were poisoned, had no outcome on one side, had two
    /// NaNs that differ, or came after something was left out.
    /// differ, or after something was left out.
    pub not_compared: u64,
    /// Assertions judged by phase alone, because they expect no message.
    pub by_phase_alone: u64,
    /// Assertions about the decoder and the validator, which all columns share: there is one judgement for all columns.
    #[serde(default)]
    pub judged_once: u64,
    /// Functions that the JIT compiled, over all columns.
    pub jit_functions: u64,
    /// Bytes of machine code of all modules and columns, and the sum of the hashes of each module's code in each column. Both are
    /// equal in any two runs, unless the compiler is not deterministic.
    /// column: equal in any two runs, or the compiler is not deterministic.
    pub code_bytes: u64,
    /// See [`RunStats::code_bytes`].
    pub code_hash: u64,
    /// Entries into native code from Rust.
    pub native_entries: u64,
    /// Interpreted functions that continued in compiled code, at function entries and at loops.
    #[serde(default)]
    pub replaced: [u64; 2],
    /// Functions that were called in columns of `tier:SEED`, counted for each instance separately.
    #[serde(default)]
    pub replaceable: u64,
    /// Interpreted function entries in columns that run only compiled code. If it is not 0, these columns prove nothing.
    pub fallbacks: u64,
    /// Worker processes that died, or had to be killed because they made no progress. Runs that only confirm such an end do not
    /// count.
    pub crashes: u64,
    /// Microseconds spent on parsing scripts and preparing modules.
    pub parse_us: u64,
    /// Microseconds spent on compiling modules, over all columns.
    pub compile_us: u64,
    /// Microseconds spent on running directives, over all columns.
    pub run_us: u64,
    /// Microseconds spent on comparing columns.
    pub compare_us: u64,
}

impl std::ops::AddAssign for RunStats {
    fn add_assign(&mut self, o: RunStats) {
        self.directives += o.directives;
        self.poisoned += o.poisoned;
        self.after_threads += o.after_threads;
        self.nan_differences += o.nan_differences;
        self.not_compared += o.not_compared;
        self.by_phase_alone += o.by_phase_alone;
        self.judged_once += o.judged_once;
        self.jit_functions += o.jit_functions;
        self.code_bytes += o.code_bytes;
        self.code_hash = self.code_hash.wrapping_add(o.code_hash);
        self.native_entries += o.native_entries;
        self.replaced = std::array::from_fn(|i| self.replaced[i] + o.replaced[i]);
        self.replaceable += o.replaceable;
        self.fallbacks += o.fallbacks;
        self.crashes += o.crashes;
        self.parse_us += o.parse_us;
        self.compile_us += o.compile_us;
        self.run_us += o.run_us;
        self.compare_us += o.compare_us;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Each figure is added to its counterpart; the sum of hashes wraps.
    #[test]
    fn figures_are_added() {
        let numbered = |first: u64| {
            let mut next = first;
            let mut number = |value: &mut Value| {
                next += 1;
                *value = next.into();
            };
            let mut fields = serde_json::to_value(RunStats::default()).expect("numbers");
            for field in fields.as_object_mut().expect("fields").values_mut() {
                match field.as_array_mut() {
                    Some(list) => list.iter_mut().for_each(&mut number),
                    None => number(field),
                }
            }
            fields
        };
        let stats = |fields: &Value| serde_json::from_value::<RunStats>(fields.clone()).expect("as it was written");
        let (a, b) = (numbered(100), numbered(2000));
        let mut sum = stats(&a);
        sum += stats(&b);
        let sum = serde_json::to_value(sum).expect("numbers");
        let flat = |fields: &Value| -> Vec<u64> {
            let numbers = fields.as_object().expect("fields").values().flat_map(|field| match field.as_array() {
                Some(list) => list.clone(),
                None => vec![field.clone()],
            });
            numbers.map(|number| number.as_u64().expect("a number")).collect()
        };
        let expected: Vec<u64> = flat(&a).iter().zip(flat(&b)).map(|(a, b)| a + b).collect();
        assert_eq!(flat(&sum), expected);

        let mut hashes = RunStats { code_hash: u64::MAX, ..RunStats::default() };
        hashes += RunStats { code_hash: 3, ..RunStats::default() };
        assert_eq!(hashes.code_hash, 2);
    }
}
