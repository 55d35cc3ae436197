//! Arbitrary bytes as a module: decoding must not panic, and must agree with wasmparser. The body is in the library:
//! `wasmoon::triage::fuzz`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // Rejected inputs are worth keeping too: most of the decoder is about rejecting.
    wasmoon::triage::fuzz::decode(data);
});
