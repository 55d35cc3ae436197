//! x86-64.

mod coroutine;
mod exits;
#[cfg(target_os = "linux")]
pub mod fault;

pub use coroutine::{prepare, switch};
pub use exits::{exits, fault_entry};

/// Whether native code can run: faults of its memory accesses and its explicit traps are understood.
pub const RUNS_NATIVE_CODE: bool = cfg!(target_os = "linux");

/// Whether [`switch`] exists.
pub const SWITCHES_STACKS: bool = true;

/// How many general and how many vector registers a fault keeps.
pub const GENERAL_REGISTERS: usize = 16;
pub const VECTOR_REGISTERS: usize = 16;

/// An address in the caller's frame, or below it.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: reads a register.
    unsafe { std::arch::asm!("mov {}, rsp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}
