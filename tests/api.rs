//! The interface for embedders, as a program without `unsafe` uses it: nothing behind it is named here.
#![forbid(unsafe_code)]

#[path = "api/attempts.rs"]
mod attempts;
#[path = "api/calls.rs"]
mod calls;
#[path = "api/entities.rs"]
mod entities;
#[path = "api/objects.rs"]
mod objects;
#[path = "api/scripts.rs"]
mod scripts;
#[path = "api/sequences.rs"]
mod sequences;
#[path = "api/wasi.rs"]
mod wasi;

use wasmoon::{Config, Engine, Strategy};

/// An engine of each backend, with all features.
pub fn engines() -> [Engine; 2] {
    [Strategy::Jit, Strategy::Interpreter].map(|strategy| {
        Engine::new(Config::new().strategy(strategy).all_features().consume_fuel(true)).expect("a configuration")
    })
}
