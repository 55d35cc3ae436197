//! Any text as a script: reading and running it is no panic. The body is in the library: `wasmoon::triage::fuzz`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    // What is refused is worth keeping too: most of what reads it is about refusing.
    wasmoon::triage::fuzz::wast(data);
});
