//! Stacks: entering code on them, walking them, and the continuations with their own stacks.
//!
//! | file | contents |
//! |---|---|
//! | `activation` | a store's own stack, and entries into WebAssembly from Rust |
//! | `unwind` | walks over frames: backtraces, handlers, landing pads |
//! | `continuations` | libcalls of the stack-switching proposal |
//! | `pool` | memory for the stacks of continuations |

pub mod activation;
pub mod continuations;
mod pool;
pub mod unwind;

use crate::runtime::sys::stack;
use crate::runtime::vm::VMStack;

/// Native stack below the limit of compiled code: for the runtime, host functions, and reporting a trap.
pub const HOST_RESERVE: usize = 256 << 10;

/// Whether the thread is on this stack, which runs. A host function may have gone on on a stack of its own, as libraries
/// for deep recursions do.
pub(in crate::runtime) fn is_on(vm: &VMStack) -> bool {
    // A continuation's has its own bounds; the store's own is a part of the thread's.
    let low = if vm.parent.is_null() { stack::low() } else { vm.native_limit - HOST_RESERVE };
    (low..=vm.native_base).contains(&stack::pointer())
}
