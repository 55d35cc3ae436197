//! A module on all backends, whose results are compared. The body is in the library: `wasmoon::triage::fuzz`.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

// Inputs that give no module are not worth keeping.
fuzz_target!(|data: &[u8]| -> Corpus {
    if wasmoon::triage::fuzz::differential(data) { Corpus::Keep } else { Corpus::Reject }
});
