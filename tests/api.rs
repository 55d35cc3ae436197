//! The interface for embedders, as used by a program without `unsafe`: no internal item is named here.
#![forbid(unsafe_code)]

#[path = "api/attempts.rs"]
mod attempts;
#[path = "api/calls.rs"]
mod calls;
#[path = "api/engines.rs"]
mod engines;
#[path = "api/entities.rs"]
mod entities;
#[path = "api/models/interface.rs"]
mod interface;
#[path = "api/objects.rs"]
mod objects;
#[path = "api/scripts.rs"]
mod scripts;
#[path = "api/sequences.rs"]
mod sequences;
#[path = "api/types.rs"]
mod types;
#[path = "api/wasi.rs"]
mod wasi;
#[path = "api/models/wasi.rs"]
mod wasi_calls;

use engines::{backends, engines};
