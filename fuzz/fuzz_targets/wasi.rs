//! Calls of WASI preview 1 on a folder, on both backends. The model is shared with the tests: `tests/api/models/wasi.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

#[path = "../../tests/api/engines.rs"]
mod engines;
#[path = "../../tests/api/models/wasi.rs"]
mod wasi;

static PROGRAMS: LazyLock<[wasi::Program; 2]> = LazyLock::new(|| engines::backends().each_ref().map(wasi::Program::new));

fuzz_target!(|data: &[u8]| {
    wasi::compare(&PROGRAMS, data);
});
