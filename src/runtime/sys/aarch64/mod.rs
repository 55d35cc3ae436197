//! AArch64: running native code on it.

mod coroutine;
mod exits;
#[cfg(target_os = "linux")]
pub mod fault;
mod publish;

pub use coroutine::{prepare, switch};
pub use exits::{exits, fault_entry};
pub use publish::{KEEPS_FETCHED, make_visible};

/// Whether native code can run: faults of its memory accesses and its explicit traps are understood.
pub const RUNS_NATIVE_CODE: bool = cfg!(target_os = "linux");

/// Whether [`switch`] exists.
pub const SWITCHES_STACKS: bool = true;

/// Number of general registers that a fault keeps: x0 to x30, and the stack pointer.
pub const GENERAL_REGISTERS: usize = 32;
/// Number of vector registers that a fault keeps.
pub const VECTOR_REGISTERS: usize = 32;

/// An address in the caller's frame, or below it.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: reads a register.
    unsafe { std::arch::asm!("mov {}, sp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}
