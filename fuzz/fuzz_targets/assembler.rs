//! Emitted instructions against a disassembler's opinion of them. The body is in the library: `wasmoon::triage::fuzz`.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

// What is no subject at all is not worth keeping.
fuzz_target!(|data: &[u8]| -> Corpus {
    if wasmoon::triage::fuzz::assembler(data) > 0 { Corpus::Keep } else { Corpus::Reject }
});
