//! The SSA evaluator with and without passes. The body is in the library: `wasmoon::triage::fuzz`.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

// Inputs that give no module are not worth keeping.
fuzz_target!(|data: &[u8]| -> Corpus {
    if wasmoon::triage::fuzz::ir_rules(data) { Corpus::Keep } else { Corpus::Reject }
});
