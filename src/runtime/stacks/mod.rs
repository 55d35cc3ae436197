//! Stacks: entering code on them, walking them, and the continuations with their own stacks.
//!
//! | file | contents |
//! |---|---|
//! | `activation` | a store's own stack, and entries into WebAssembly from Rust |
//! | `unwind` | walks over frames: backtraces, handlers, landing pads |
//! | `continuations` | the state of continuations, and their suspended stacks |
//! | `limit` | the end of the stack, and interrupts |
//! | `pool` | memory for the stacks of continuations |

pub mod activation;
pub mod continuations;
pub mod limit;
mod pool;
pub mod unwind;

/// Native stack below the limit of compiled code: for the runtime, host functions, and reporting a trap.
pub const HOST_RESERVE: usize = 256 << 10;
