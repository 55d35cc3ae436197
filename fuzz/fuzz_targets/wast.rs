//! Arbitrary text as a script: reading and running it must not panic. The body is in the library:
//! `wasmoon::triage::fuzz`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Rejected inputs are worth keeping too: most of the reader is about rejecting.
    wasmoon::triage::fuzz::wast(data);
});
