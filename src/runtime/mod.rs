//! The runtime that both backends share: stores, instances, memories, tables, globals, the GC heap, traps, exceptions.
//!
//! It computes no WebAssembly value: whatever a numeric or lane operation means is written twice, once in each backend.

pub mod abi;
mod area;
pub mod code;
pub mod heap;
pub mod libcalls;
pub mod linking;
pub mod memory;
pub mod observe;
mod owned;
pub mod stacks;
pub mod store;
pub mod sys;
mod table;
pub mod trap;
pub mod types;
pub mod value;
pub mod vm;
pub mod watchdog;
