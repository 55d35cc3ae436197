//! The module of a seed on all backends, whose results are compared. `ci/seeds` uses it to find the seeds that reach something
//! new. The body is in the library: `wasmoon::triage::fuzz`.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|data: &[u8]| -> Corpus {
    if wasmoon::triage::fuzz::seed(data) { Corpus::Keep } else { Corpus::Reject }
});
