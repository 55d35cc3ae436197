//! Emitted instructions, checked by a disassembler. The body is in the library: `wasmoon::triage::fuzz`.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

// Inputs that give no module are not worth keeping.
fuzz_target!(|data: &[u8]| -> Corpus {
    if wasmoon::triage::fuzz::assembler(data) > 0 { Corpus::Keep } else { Corpus::Reject }
});
