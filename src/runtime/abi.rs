//! The native calling convention of WebAssembly code: what the JIT, the adapters and the stack walker share. Which registers
//! have which role is the [target's](CpuAbi).
//!
//! - The callee's `VMContext` comes in [`CpuAbi::ctx`], its `VMFunc` in [`CpuAbi::callee`] (adapters need it; compiled
//!   code ignores it). Native code calls through `VMFunc::native_entry`.
//! - Arguments go to registers by class, in order, then to the stack: 8 bytes each, v128 16 bytes aligned to 16,
//!   each at its offset from the stack pointer before the call (what a call pushes lies below). The area is a multiple of 16 bytes and is **popped by the callee**, so
//!   that a tail call may have more arguments than its caller had. The stack pointer is 16-aligned at each call.
//! - Results go to registers by class, in order; if any is left over, *those left over* go to an area in memory whose
//!   address is a hidden first integer argument. A tail call passes the hidden pointer on (both signatures have the
//!   same results).
//! - 32-bit values have undefined upper bits in registers and stack slots.
//! - No register is preserved but SP and FP. The frame-pointer chain is always kept.
//! - `AbiConfig::registers` shrinks the table (a test mode); every function of a store uses the same configuration.

use crate::target::{CpuAbi, RegClass};
use wasmparser::ValType;

/// Where a value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loc {
    /// Hardware encoding of the register.
    Reg(RegClass, u8),
    /// Byte offset in the argument area, or in the result area.
    Mem(u32),
}

/// The convention in force in a store.
#[derive(Clone, Copy, Debug)]
pub struct AbiConfig {
    pub cpu: CpuAbi,
    /// Allocatable registers of each class; `None`: all. At least 4.
    pub registers: Option<u8>,
}

impl AbiConfig {
    fn int_allowed(&self, reg: u8) -> bool {
        let n = self.registers.map_or(self.cpu.int_order.len(), usize::from);
        self.cpu.int_order.iter().take(n).any(|&r| r == reg)
    }

    fn float_allowed(&self, reg: u8) -> bool {
        let n = self.registers.map_or(self.cpu.float_order.len(), usize::from);
        self.cpu.float_order.iter().take(n).any(|&r| r == reg)
    }

    /// Allocatable registers under this configuration.
    pub fn allocatable(&self, class: RegClass) -> Vec<u8> {
        let order = match class {
            RegClass::Int => self.cpu.int_order,
            RegClass::Float => self.cpu.float_order,
        };
        order.iter().copied().take(self.registers.map_or(order.len(), usize::from)).collect()
    }

    /// Assigns locations to a signature.
    pub fn signature(&self, params: &[ValType], results: &[ValType]) -> AbiSignature {
        let mut result_locs = Vec::with_capacity(results.len());
        let mut regs = Registers::new(self, self.cpu.int_results, self.cpu.float_results);
        let mut result_area = 0;
        for &ty in results {
            result_locs.push(regs.next(ty).unwrap_or_else(|| place(&mut result_area, ty)));
        }
        let mut regs = Registers::new(self, self.cpu.int_args, self.cpu.float_args);
        let mut arg_area = 0;
        let hidden =
            (result_area > 0).then(|| regs.next(ValType::I64).unwrap_or_else(|| place(&mut arg_area, ValType::I64)));
        let mut param_locs = Vec::with_capacity(params.len());
        for &ty in params {
            param_locs.push(regs.next(ty).unwrap_or_else(|| place(&mut arg_area, ty)));
        }
        AbiSignature {
            params: param_locs,
            results: result_locs,
            hidden,
            arg_area: arg_area.next_multiple_of(16),
            result_area: result_area.next_multiple_of(16),
        }
    }
}

/// A signature with locations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbiSignature {
    /// One a parameter; `Mem` is an offset in the argument area.
    pub params: Vec<Loc>,
    /// One a result; `Mem` is an offset in the result area.
    pub results: Vec<Loc>,
    /// Where the address of the result area comes in, if there is one.
    pub hidden: Option<Loc>,
    /// Bytes, multiple of 16; popped by the callee.
    pub arg_area: u32,
    /// Bytes, multiple of 16.
    pub result_area: u32,
}

/// Register class of a type.
pub fn class_of(ty: ValType) -> RegClass {
    match ty {
        ValType::F32 | ValType::F64 | ValType::V128 => RegClass::Float,
        ValType::I32 | ValType::I64 | ValType::Ref(_) => RegClass::Int,
    }
}

/// 64-bit slots that a value takes in arrays, on the interpreter's stack and in exception payloads.
pub fn slots_of(ty: ValType) -> usize {
    if ty == ValType::V128 { 2 } else { 1 }
}

/// Whether a value of this type may be an offset in the GC heap: a reference of any hierarchy but func's. Of a
/// reference to a concrete type, only its module knows; it is taken for one.
pub fn is_gc_ref(ty: ValType) -> bool {
    use wasmparser::{AbstractHeapType, HeapType};
    let ValType::Ref(r) = ty else { return false };
    !matches!(r.heap_type(), HeapType::Abstract { ty: AbstractHeapType::Func | AbstractHeapType::NoFunc, .. })
}

struct Registers {
    int: Vec<u8>,
    float: Vec<u8>,
    next_int: usize,
    next_float: usize,
}

impl Registers {
    fn new(config: &AbiConfig, int: &[u8], float: &[u8]) -> Self {
        Registers {
            int: int.iter().copied().filter(|&r| config.int_allowed(r)).collect(),
            float: float.iter().copied().filter(|&r| config.float_allowed(r)).collect(),
            next_int: 0,
            next_float: 0,
        }
    }

    fn next(&mut self, ty: ValType) -> Option<Loc> {
        let class = class_of(ty);
        let (list, next) = match class {
            RegClass::Int => (&self.int, &mut self.next_int),
            RegClass::Float => (&self.float, &mut self.next_float),
        };
        let reg = *list.get(*next)?;
        *next += 1;
        Some(Loc::Reg(class, reg))
    }
}

fn place(area: &mut u32, ty: ValType) -> Loc {
    let size = 8 * slots_of(ty) as u32;
    let offset = area.next_multiple_of(size);
    *area = offset + size;
    Loc::Mem(offset)
}
