//! Calls of the embedding interface, on both backends. The model is shared with the tests: `tests/api/models/interface.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use wasmoon::Engine;

#[path = "../../tests/api/engines.rs"]
mod engines;
#[path = "../../tests/api/models/interface.rs"]
mod interface;

static ENGINES: LazyLock<[Engine; 2]> = LazyLock::new(engines::backends);

fuzz_target!(init: interface::report_other_panics(), |data: &[u8]| {
    interface::compare(&ENGINES, data);
});
