//! The runtime that both backends share: stores, instances, memories, tables, globals, the GC heap, traps, exceptions.
//!
//! It computes no WebAssembly value: whatever a numeric or lane operation means is written twice, once in each backend.

pub mod abi;
pub mod activation;
mod area;
pub mod atomics;
pub mod code;
pub mod continuations;
pub mod exceptions;
pub mod exits;
pub mod gc;
pub mod layout;
pub mod libcalls;
pub mod memory;
pub mod objects;
mod owned;
mod parking;
pub mod post_mortem;
mod racy;
pub mod spectest;
mod stacks;
pub mod store;
pub mod sys;
mod table;
pub mod tracing;
pub mod trap;
pub mod traps;
pub mod types;
pub mod unwind;
pub mod value;
pub mod vm;
pub mod watchdog;
