//! The machine: its registers, and access to values and memory. [`frame`](super::frame) describes the layout of frames
//! in memory.

use super::atomics::AtomicKind;
use super::code::InterpCode;
use super::encoding::{Atomic, Operands, Slot, Target};
use super::memory::Unaligned;
use super::slow_paths::{self, Resume};
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::{Status, VMContext, VMMemory, VMStore};
use std::sync::atomic::Ordering;

/// The registers. `Copy`, so that a chained handler can take and pass on each in a machine register.
#[derive(Clone, Copy)]
pub struct Machine {
    /// The head word of the instruction that executes.
    pub pc: *const u64,
    pub fp: *mut u64,
    pub ctx: *mut VMContext,
    /// Base of memory 0.
    pub mem: *mut u8,
    /// Length of memory 0 in bytes. Every callee in this instance keeps it current.
    pub len: usize,
    /// The last integer or reference result; the slot of the result holds it as well.
    pub acc: u64,
    pub acc32: f32,
    pub acc64: f64,
}

/// The contents of poisoned accumulators.
pub const POISON: u64 = 0x5a5a_a5a5_5a5a_a5a5;

/// The continuation after an instruction.
pub enum Flow {
    /// At `pc`.
    Next,
    /// The activation ends.
    Exit(Status),
}

/// A value that lives in a slot, or in two.
pub trait Stored: Copy {
    /// # Safety
    /// `slot` belongs to the frame of `s`.
    unsafe fn read(s: &Machine, slot: Slot) -> Self;
    /// Writes the slot, and the accumulator if there is one for the value.
    ///
    /// # Safety
    /// As for [`Stored::read`].
    unsafe fn put(self, s: &mut Machine, slot: Slot);
}

/// A number or a reference: a value that also comes in accumulators and immediates.
pub trait Scalar: Stored {
    /// The value in the accumulator of this class.
    fn acc(s: &Machine) -> Self;
    /// An immediate operand (sign-extended).
    fn imm(imm: i32) -> Self;
    /// An immediate operand of full width.
    fn bits(bits: u64) -> Self;
}

impl Stored for u32 {
    #[inline(always)]
    unsafe fn read(s: &Machine, slot: Slot) -> u32 {
        // SAFETY: the caller's promise.
        unsafe { s.slot(slot).cast::<u32>().read() }
    }
    #[inline(always)]
    unsafe fn put(self, s: &mut Machine, slot: Slot) {
        // All 64 bits are written: a later 64-bit copy of the slot can then be forwarded from the store buffer.
        s.acc = u64::from(self);
        // SAFETY: the caller's promise.
        unsafe { s.slot(slot).write(s.acc) }
    }
}

impl Scalar for u32 {
    #[inline(always)]
    fn acc(s: &Machine) -> u32 {
        s.acc as u32
    }
    #[inline(always)]
    fn imm(imm: i32) -> u32 {
        imm as u32
    }
    #[inline(always)]
    fn bits(bits: u64) -> u32 {
        bits as u32
    }
}

impl Stored for u64 {
    #[inline(always)]
    unsafe fn read(s: &Machine, slot: Slot) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { s.slot(slot).read() }
    }
    #[inline(always)]
    unsafe fn put(self, s: &mut Machine, slot: Slot) {
        s.acc = self;
        // SAFETY: the caller's promise.
        unsafe { s.slot(slot).write(self) }
    }
}

impl Scalar for u64 {
    #[inline(always)]
    fn acc(s: &Machine) -> u64 {
        s.acc
    }
    #[inline(always)]
    fn imm(imm: i32) -> u64 {
        i64::from(imm) as u64
    }
    #[inline(always)]
    fn bits(bits: u64) -> u64 {
        bits
    }
}

impl Stored for f32 {
    #[inline(always)]
    unsafe fn read(s: &Machine, slot: Slot) -> f32 {
        // SAFETY: the caller's promise.
        unsafe { s.slot(slot).cast::<f32>().read() }
    }
    #[inline(always)]
    unsafe fn put(self, s: &mut Machine, slot: Slot) {
        s.acc32 = self;
        // SAFETY: the caller's promise.
        unsafe { s.slot(slot).write(u64::from(self.to_bits())) }
    }
}

impl Scalar for f32 {
    #[inline(always)]
    fn acc(s: &Machine) -> f32 {
        s.acc32
    }
    #[inline(always)]
    fn imm(imm: i32) -> f32 {
        f32::from_bits(imm as u32)
    }
    #[inline(always)]
    fn bits(bits: u64) -> f32 {
        f32::from_bits(bits as u32)
    }
}

impl Stored for f64 {
    #[inline(always)]
    unsafe fn read(s: &Machine, slot: Slot) -> f64 {
        // SAFETY: the caller's promise.
        unsafe { s.slot(slot).cast::<f64>().read() }
    }
    #[inline(always)]
    unsafe fn put(self, s: &mut Machine, slot: Slot) {
        s.acc64 = self;
        // SAFETY: the caller's promise.
        unsafe { s.slot(slot).cast::<f64>().write(self) }
    }
}

impl Scalar for f64 {
    #[inline(always)]
    fn acc(s: &Machine) -> f64 {
        s.acc64
    }
    #[inline(always)]
    fn imm(imm: i32) -> f64 {
        f64::from_bits(i64::from(imm) as u64)
    }
    #[inline(always)]
    fn bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
}

/// An address in memory 0, of 32 bits or of 64.
pub trait Address: Scalar {
    const WIDE: bool;
    /// The sum, as WebAssembly's addition makes it.
    fn plus(self, other: Self) -> Self;
    /// The location of `size` bytes from this address plus an offset on, or `None` if any is out of bounds.
    fn locate(self, s: &Machine, offset: u32, size: usize) -> Option<*mut u8>;
}

impl Address for u32 {
    const WIDE: bool = false;
    #[inline(always)]
    fn plus(self, other: u32) -> u32 {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn locate(self, s: &Machine, offset: u32, size: usize) -> Option<*mut u8> {
        let at = u64::from(self) + u64::from(offset);
        // Two 32-bit numbers and a small one: no overflow.
        if at + size as u64 > s.len as u64 {
            return None;
        }
        Some(s.mem.wrapping_add(at as usize))
    }
}

impl Address for u64 {
    const WIDE: bool = true;
    #[inline(always)]
    fn plus(self, other: u64) -> u64 {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn locate(self, s: &Machine, offset: u32, size: usize) -> Option<*mut u8> {
        // Offset and size make a small number: only one addition can carry, the only one on the address's path.
        let (end, carry) = self.overflowing_add(u64::from(offset) + size as u64);
        if carry || end > s.len as u64 {
            return None;
        }
        Some(s.mem.wrapping_add(end as usize).wrapping_sub(size))
    }
}

macro_rules! vectors {
    ($($t:ty),*) => {$(impl Stored for $t {
        #[inline(always)]
        unsafe fn read(s: &Machine, slot: Slot) -> $t {
            // SAFETY: the caller's promise; no lane is more aligned than a slot, and all bit patterns are valid.
            unsafe { s.slot(slot).cast::<$t>().read() }
        }
        #[inline(always)]
        unsafe fn put(self, s: &mut Machine, slot: Slot) {
            // SAFETY: as above.
            unsafe { s.slot(slot).cast::<$t>().write(self) }
        }
    })*};
}
vectors!([u8; 16], [u16; 8], [u32; 4], [u64; 2], [i8; 16], [i16; 8], [i32; 4], [i64; 2], [f32; 4], [f64; 2]);

/// A vector in a register: the same bytes.
impl Stored for super::sys::Bytes {
    #[inline(always)]
    unsafe fn read(s: &Machine, slot: Slot) -> Self {
        // SAFETY: the caller's promise; all bit patterns are valid.
        unsafe { (*s.slot(slot).cast::<Unaligned<Self>>()).0 }
    }
    #[inline(always)]
    unsafe fn put(self, s: &mut Machine, slot: Slot) {
        // SAFETY: as above.
        unsafe { (*s.slot(slot).cast::<Unaligned<Self>>()).0 = self }
    }
}

impl Machine {
    /// Sets the accumulators to a value, whatever its type.
    #[inline(always)]
    pub fn accumulate(&mut self, bits: u64) {
        self.acc = bits;
        self.acc32 = f32::from_bits(bits as u32);
        self.acc64 = f64::from_bits(bits);
    }

    /// Writes two 64-bit values to a slot and the next; the second also to the accumulator.
    ///
    /// # Safety
    /// Both slots belong to the frame.
    #[inline(always)]
    pub unsafe fn put_pair(&mut self, slot: Slot, (low, high): (u64, u64)) {
        // SAFETY: the caller's promise.
        unsafe {
            self.slot(slot).write(low);
            high.put(self, Slot(slot.0 + 1));
        }
    }

    /// An address, index or length: all of the slot if it is `wide`, else its lower 32 bits.
    ///
    /// # Safety
    /// The slot belongs to the frame.
    #[inline(always)]
    pub unsafe fn index(&self, slot: Slot, wide: bool) -> u64 {
        // SAFETY: the caller's promise.
        unsafe { if wide { u64::read(self, slot) } else { u32::read(self, slot).into() } }
    }

    /// The address of an element, or `None` if the table ends before it.
    ///
    /// # Safety
    /// The instance has this table.
    #[inline(always)]
    pub unsafe fn element(&self, table: u32, at: u64) -> Option<*mut u64> {
        // SAFETY: the caller's promise; in bounds.
        unsafe {
            let table = &**(*self.ctx).tables.add(table as usize);
            (at < table.len as u64).then(|| table.base.add(at as usize))
        }
    }

    /// Address of a slot.
    #[inline(always)]
    pub fn slot(&self, slot: Slot) -> *mut u64 {
        self.fp.wrapping_offset(slot.0 as isize)
    }

    /// The operands of the current instruction.
    ///
    /// # Safety
    /// `pc` is at an instruction of this layout.
    #[inline(always)]
    pub unsafe fn operands<'a, T: Operands>(&self) -> &'a T {
        // SAFETY: operands follow the head; code outlives its execution and is never written.
        unsafe { &*self.pc.add(1).cast::<T>() }
    }

    /// Advances over an instruction of layout `T`.
    #[inline(always)]
    pub fn next<T: Operands>(&mut self) -> Flow {
        self.pc = self.pc.wrapping_add(1 + T::WORDS);
        Flow::Next
    }

    /// The store of the running instance.
    ///
    /// # Safety
    /// The context is alive.
    #[inline(always)]
    pub unsafe fn store(&self) -> *mut VMStore {
        // SAFETY: the caller's promise.
        unsafe { (*self.ctx).store }
    }

    /// Jumps; a backward jump (including a jump to itself) first checks for an interruption.
    ///
    /// # Safety
    /// `to` is a target of the current instruction.
    #[inline(always)]
    pub unsafe fn jump(&mut self, to: Target) -> Flow {
        // SAFETY: context and store outlive their code's execution; the target is inside of the code.
        unsafe {
            if to.0 <= 0 && (*self.store()).stack_limit.is_interrupted() {
                return Flow::Exit(slow_paths::interrupted(self.pc, self.fp));
            }
            self.pc = self.pc.offset(to.0 as isize);
            Flow::Next
        }
    }

    /// Raises a trap at the current instruction.
    ///
    /// # Safety
    /// The machine is at an instruction.
    #[inline(always)]
    pub unsafe fn trap(&self, code: TrapCode) -> Flow {
        // SAFETY: the caller's promise.
        unsafe { Flow::Exit(slow_paths::trap(self.pc, self.fp, code as u64, u64::MAX)) }
    }

    /// Raises a trap with a number.
    ///
    /// # Safety
    /// As for [`Machine::trap`].
    #[inline(always)]
    pub unsafe fn trap_at(&self, code: TrapCode, detail: u64) -> Flow {
        // SAFETY: the caller's promise.
        unsafe { Flow::Exit(slow_paths::trap(self.pc, self.fp, code as u64, detail)) }
    }

    /// Continues where a slow path ended.
    ///
    /// # Safety
    /// `resume` is from a slow path of this activation.
    #[inline(always)]
    pub unsafe fn resume(&mut self, resume: Resume) -> Flow {
        match resume.target() {
            Ok((pc, fp)) => {
                self.pc = pc;
                self.fp = fp;
                // SAFETY: `fp` is a frame with a header.
                unsafe { self.reload() };
                Flow::Next
            }
            Err(status) => Flow::Exit(status),
        }
    }

    /// Loads context and memory from the frame.
    ///
    /// # Safety
    /// `fp` is a frame with a header.
    #[inline(always)]
    pub unsafe fn reload(&mut self) {
        // SAFETY: the caller's promise; a context is alive while a frame of it is.
        unsafe {
            self.ctx = *self.fp.add(2) as *mut VMContext;
            self.reload_memory();
        }
    }

    /// Loads memory 0 from the context.
    ///
    /// # Safety
    /// The context is alive.
    #[inline(always)]
    pub unsafe fn reload_memory(&mut self) {
        // SAFETY: the caller's promise.
        unsafe {
            let memory = (*self.ctx).memory0;
            if memory.is_null() {
                // Code of an instance without memories has no accesses to check.
                return;
            }
            self.mem = (*self.ctx).memory0_base;
            self.len = (*memory).byte_len.load(Ordering::Relaxed);
        }
    }

    /// The address of `size` bytes in any memory, or `None` if any is out of bounds.
    ///
    /// # Safety
    /// The instance has this memory.
    #[inline(always)]
    pub unsafe fn address_in(&self, memory: u16, address: u64, offset: u64, size: usize) -> Option<*mut u8> {
        // SAFETY: the caller's promise.
        let memory = unsafe { &*self.memory(memory.into()) };
        let end = address.checked_add(offset)?.checked_add(size as u64)?;
        if end > memory.byte_len.load(Ordering::Relaxed) as u64 {
            return None;
        }
        Some(memory.base.wrapping_add((end - size as u64) as usize))
    }

    /// Address of an atomic access.
    ///
    /// # Safety
    /// As [`Machine::address_in`], and the slots belong to the frame.
    #[inline(always)]
    pub unsafe fn atomic_address(&self, i: &Atomic, kind: AtomicKind) -> Result<*mut u8, TrapCode> {
        // SAFETY: the caller's promise.
        let index = unsafe { self.index(i.a, i.wide != 0) };
        // As in the specification's interpreter, an access that is both unaligned and out of bounds is unaligned.
        if index.wrapping_add(i.offset) & (kind.bytes() as u64 - 1) != 0 {
            return Err(TrapCode::UnalignedAtomic);
        }
        // SAFETY: the caller's promise.
        unsafe { self.address_in(i.memory, index, i.offset, kind.bytes()) }.ok_or(TrapCode::MemoryOutOfBounds)
    }

    /// Writes an i64, or the lower half as an i32.
    ///
    /// # Safety
    /// The slot belongs to the frame.
    #[inline(always)]
    pub unsafe fn put_integer(&mut self, value: u64, slot: Slot, long: bool) {
        // SAFETY: the caller's promise.
        unsafe { if long { value.put(self, slot) } else { (value as u32).put(self, slot) } }
    }

    /// A memory of the instance.
    ///
    /// # Safety
    /// The instance has this memory.
    #[inline(always)]
    pub unsafe fn memory(&self, index: u32) -> *mut VMMemory {
        // SAFETY: the caller's promise.
        unsafe { *(*self.ctx).memories.add(index as usize) }
    }

    /// Code of the running frame.
    ///
    /// # Safety
    /// `fp` is a frame with a header.
    #[inline(always)]
    pub unsafe fn code(&self) -> *const InterpCode {
        // SAFETY: the caller's promise.
        unsafe { *self.fp.add(3) as *const InterpCode }
    }
}
