//! The state at the moment of a trap, kept for reports: registers, the innermost frame, a piece of the native stack.
//! The frames are gone by then.
//!
//! The signal handler copies registers at every fault (400 bytes, no allocation); everything else is kept only in
//! stores that asked for it by [`Store::keep_post_mortem`](crate::runtime::store::Store::keep_post_mortem).

use crate::runtime::sys::cpu::{GENERAL_REGISTERS, VECTOR_REGISTERS};

/// Registers of a thread at a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// General registers by hardware encoding; the [target](crate::target::RegisterNames) has their names.
    pub general: [u64; GENERAL_REGISTERS],
    /// Float and vector registers, by hardware encoding.
    pub vector: [u128; VECTOR_REGISTERS],
    /// The program counter.
    pub pc: u64,
    /// The flags register.
    pub flags: u64,
    /// The address that could not be accessed; 0 if the fault was not a memory access.
    pub address: u64,
}

/// The state that a trap left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostMortem {
    /// Registers, if the trap was a fault of native code.
    pub registers: Option<Registers>,
    /// PC, SP and FP of native code; `None` if the interpreter trapped.
    pub native: Option<[u64; 3]>,
    /// The native stack from SP up (through the innermost frame, if it is not too large).
    pub stack: Vec<u64>,
    /// Slots of the innermost frames ([`FRAMES`] at most), innermost first; `None` for frames whose slots are unknown.
    pub frames: Vec<Option<Slots>>,
}

/// Number of frames whose slots are kept, and that a report shows.
pub const FRAMES: usize = 5;

/// Slots of an interpreted frame.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slots {
    /// Parameters and locals, in order.
    pub locals: Vec<u64>,
    /// The operand stack; some slots are stale.
    pub temporaries: Vec<u64>,
}

/// Slots of an interpreted frame while a walk visits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawSlots {
    /// Address of parameters and locals.
    pub locals: *const u64,
    /// Number of parameters and locals.
    pub num_locals: u32,
    /// Address of the operand stack.
    pub temporaries: *const u64,
    /// Number of slots of the operand stack.
    pub num_temporaries: u32,
}
