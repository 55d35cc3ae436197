//! The runtime that both backends share: stores, instances, memories, tables, globals, the GC heap, traps, exceptions.
//!
//! It computes no WebAssembly values: every numeric or lane operation is implemented twice, once in each backend.
//!
//! | folder or file | contents |
//! |---|---|
//! | `store` | stores, instances, and the interface for embedders |
//! | `linking` | imports, instantiation, `spectest` |
//! | `heap` | objects: their layout, allocation and collection |
//! | `memory` | linear memories, races on shared ones, waiting and notifying |
//! | `stacks` | stacks, entering code, walking frames, continuations |
//! | `trap` | trap codes, and raising traps |
//! | `libcalls` | functions that compiled code and the interpreter call |
//! | `observe` | traces of calls and stores, post-mortems |
//! | `sys` | everything particular to an operating system or a CPU |
//! | `types` | canonical types, and the rules of subtyping |
//! | `value` | values as embedders and host functions see them |
//! | `table` | tables |
//! | `vm` | the data that compiled code and the runtime share, with its layout |
//! | `abi` | the native calling convention |
//! | `code` | published machine code and its tables |
//! | `area`, `owned` | memory with stable addresses |
//! | `published` | pointers that one thread sets and others follow |
//! | `resource`, `compile_error` | errors |
//! | `watchdog` | interrupts after a time limit |
//!
//! The record of a store, `vm::VMStore`, is central: it owns the heap, the running stack and the tracer, and points to
//! everything that compiled code reads.

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
pub mod published;
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
