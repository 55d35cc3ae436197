//! x86-64: running native code on it.

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

/// Whether a thread may run instructions that it fetched before their memory was written again: it may not, since
/// instruction caches and pipelines see writes.
pub const KEEPS_FETCHED: bool = false;

/// See [`instructions`](crate::runtime::sys::instructions): there is nothing to do.
///
/// # Safety
/// The range can be read.
pub unsafe fn make_visible(_: *const u8, _: usize) {}

/// Number of general registers that a fault keeps.
pub const GENERAL_REGISTERS: usize = 16;
/// Number of vector registers that a fault keeps.
pub const VECTOR_REGISTERS: usize = 16;

/// An address in the caller's frame, or below it.
#[inline(always)]
pub fn stack_pointer() -> usize {
    let sp: usize;
    // SAFETY: reads a register.
    unsafe { std::arch::asm!("mov {}, rsp", out(reg) sp, options(nomem, nostack, preserves_flags)) };
    sp
}
