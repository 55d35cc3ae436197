//! The runtime that both backends share: stores, instances, memories, tables, globals, the GC heap, traps, exceptions.
//!
//! It computes no WebAssembly value: whatever a numeric or lane operation means is written twice, once in each backend.
//!
//! | folder | what is in it |
//! |---|---|
//! | `store` | what instances share, and the interface for embedders |
//! | `linking` | imports, instantiation, `spectest` |
//! | `heap` | objects: their layout, allocation and collection |
//! | `memory` | linear memories, races on shared ones, waiting and notifying |
//! | `stacks` | stacks, entering code, walking frames, continuations |
//! | `trap` | trap codes, and raising traps |
//! | `libcalls` | functions that compiled code and the interpreter call |
//! | `observe` | traces of calls and stores, post-mortems |
//! | `sys` | everything that is particular to an operating system or a CPU |

pub mod abi;
mod area;
pub mod code;
pub mod compile_error;
pub mod heap;
pub mod libcalls;
pub mod linking;
pub mod memory;
pub mod observe;
mod owned;
pub mod resource;
pub mod stacks;
pub mod store;
pub mod sys;
mod table;
pub mod trap;
pub mod types;
pub mod value;
pub mod vm;
pub mod watchdog;
