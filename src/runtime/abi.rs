//! The native calling convention of WebAssembly code, shared by the JIT, the adapters and the stack walker. The roles
//! of registers are the [target's](CpuAbi).
//!
//! - The callee's `VMContext` is passed in [`CpuAbi::ctx`], its `VMFunc` in [`CpuAbi::callee`] (adapters need it;
//!   compiled code ignores it). Native code calls through `VMFunc::native_entry`.
//! - Arguments go to registers by class, in order, then to the stack: 8 bytes each, v128 16 bytes aligned to 16, each
//!   at its offset from the stack pointer before the call (the words that a call pushes lie below). The area is a
//!   multiple of 16 bytes and is **popped by the callee**, so that a tail call may have more arguments than its caller
//!   had. The stack pointer is 16-aligned at each call.
//! - Results go to registers by class, in order; *the remaining ones* go to an area in memory whose address is a hidden
//!   first integer argument. A tail call passes the hidden pointer on (both signatures have the same results).
//! - 32-bit values have undefined upper bits in registers and stack slots.
//! - Only SP and FP are preserved. The frame-pointer chain is always kept.
//! - `AbiConfig::registers` shrinks the table (a test mode); every function of a store uses the same configuration.

use crate::target::{CpuAbi, RegClass};
use wasmparser::ValType;

/// The location of a value during a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loc {
    /// A register, by its hardware encoding.
    Reg(RegClass, u8),
    /// Memory: byte offset in the argument area, or in the result area.
    Mem(u32),
}

/// The convention that all code of a store uses.
#[derive(Clone, Copy, Debug)]
pub struct AbiConfig {
    /// The CPU's registers and their roles.
    pub cpu: CpuAbi,
    /// Number of allocatable registers of each class, at least 4; `None`: all.
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
    /// One location for each parameter; `Mem` is an offset in the argument area.
    pub params: Vec<Loc>,
    /// One location for each result; `Mem` is an offset in the result area.
    pub results: Vec<Loc>,
    /// The location of the address of the result area, if there is one.
    pub hidden: Option<Loc>,
    /// Size of the argument area in bytes, a multiple of 16; popped by the callee.
    pub arg_area: u32,
    /// Size of the result area in bytes, a multiple of 16.
    pub result_area: u32,
}

/// Register class of a type.
pub fn class_of(ty: ValType) -> RegClass {
    match ty {
        ValType::F32 | ValType::F64 | ValType::V128 => RegClass::Float,
        ValType::I32 | ValType::I64 | ValType::Ref(_) => RegClass::Int,
    }
}

/// Number of 64-bit slots of a value in arrays, on the interpreter's stack and in exception payloads.
pub fn slots_of(ty: ValType) -> usize {
    if ty == ValType::V128 { 2 } else { 1 }
}

/// Whether a value of this type may be an offset in the GC heap: a reference outside func's hierarchy. A reference to a
/// concrete type counts as one, since only its module knows its hierarchy.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::target;

    const TYPES: [ValType; 7] =
        [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128, ValType::EXTERNREF, ValType::FUNCREF];

    fn is_float(ty: ValType) -> bool {
        matches!(ty, ValType::F32 | ValType::F64 | ValType::V128)
    }

    /// Assigns places as described at the head of this file: registers of each class in order, then memory, each value
    /// at the next multiple of its size. Returns the places and the size of the area.
    fn places(types: &[ValType], mut int: Vec<u8>, mut float: Vec<u8>) -> (Vec<Loc>, u32) {
        int.reverse();
        float.reverse();
        let mut end = 0;
        let mut places = Vec::new();
        for &ty in types {
            let (class, registers) =
                if is_float(ty) { (RegClass::Float, &mut float) } else { (RegClass::Int, &mut int) };
            places.push(match registers.pop() {
                Some(register) => Loc::Reg(class, register),
                None => {
                    let size = if ty == ValType::V128 { 16 } else { 8 };
                    while end % size != 0 {
                        end += 1;
                    }
                    end += size;
                    Loc::Mem(end - size)
                }
            });
        }
        (places, end)
    }

    #[test]
    fn values_are_where_the_convention_says() {
        let mut random = Random::new(7);
        for target in target::ALL {
            for registers in [None, Some(4), Some(5), Some(8)] {
                let config = AbiConfig { cpu: target.abi, registers };
                let cpu = config.cpu;
                let usable = |list: &[u8], order: &[u8]| -> Vec<u8> {
                    let order = &order[..registers.map_or(order.len(), usize::from)];
                    list.iter().copied().filter(|register| order.contains(register)).collect()
                };
                for class in [RegClass::Int, RegClass::Float] {
                    let order = if class == RegClass::Int { cpu.int_order } else { cpu.float_order };
                    assert_eq!(config.allocatable(class), usable(order, order));
                }
                for _ in 0..200 {
                    let mut types = |most: u64| -> Vec<ValType> {
                        (0..random.below(most)).map(|_| TYPES[random.below(TYPES.len() as u64) as usize]).collect()
                    };
                    let (params, results) = (types(40), types(25));
                    let given = config.signature(&params, &results);
                    let (places_of_results, result_end) = places(
                        &results,
                        usable(cpu.int_results, cpu.int_order),
                        usable(cpu.float_results, cpu.float_order),
                    );
                    // Results in memory: their address is the first argument.
                    let hidden = result_end > 0;
                    let all: Vec<ValType> = hidden.then_some(ValType::I64).into_iter().chain(params.clone()).collect();
                    let (mut all, end) =
                        places(&all, usable(cpu.int_args, cpu.int_order), usable(cpu.float_args, cpu.float_order));
                    let expected = AbiSignature {
                        hidden: hidden.then(|| all.remove(0)),
                        params: all,
                        results: places_of_results,
                        arg_area: end.div_ceil(16) * 16,
                        result_area: result_end.div_ceil(16) * 16,
                    };
                    assert_eq!(given, expected, "{} {registers:?}: {params:?} -> {results:?}", target.name);
                }
            }
        }
    }

    #[test]
    fn each_type_has_its_class_and_its_slots() {
        use wasmparser::RefType;
        for ty in TYPES {
            assert_eq!(class_of(ty) == RegClass::Float, is_float(ty), "{ty}");
            assert_eq!(slots_of(ty), if ty == ValType::V128 { 2 } else { 1 }, "{ty}");
        }
        let gc = [RefType::EXTERNREF, RefType::ANYREF, RefType::EXNREF, RefType::NULLREF, RefType::I31REF];
        assert!(gc.iter().all(|&ty| is_gc_ref(ty.into()) && class_of(ty.into()) == RegClass::Int));
        let others = [ValType::FUNCREF, RefType::NULLFUNCREF.into(), ValType::I32, ValType::V128];
        assert!(!others.iter().any(|&ty| is_gc_ref(ty)));
    }
}
