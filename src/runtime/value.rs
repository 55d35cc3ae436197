//! Values as they cross the boundary between WebAssembly and its embedder.

use super::abi::slots_of;
pub use super::heap::GcRef;
use super::types;
use super::vm::VMFunc;
use crate::module::{RefType, ValType};
use std::ptr::NonNull;

/// A function reference: the address of its `VMFunc`, which is its identity and lives as long as its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FuncRef(pub(crate) NonNull<VMFunc>);

/// A reference value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ref {
    /// Null of the static type's hierarchy.
    Null,
    /// A function.
    Func(FuncRef),
    /// exnref, externref, contref, anyref; i31 is tagged in the low bit.
    Gc(GcRef),
}

/// A WebAssembly value. Floats are held as bits: a signalling NaN survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Val {
    /// An i32.
    I32(u32),
    /// An i64.
    I64(u64),
    /// The bits of an f32.
    F32(u32),
    /// The bits of an f64.
    F64(u64),
    /// A v128, lane 0 in the lowest bits.
    V128(u128),
    /// A reference.
    Ref(Ref),
}

impl Val {
    /// Writes the value into 64-bit slots (v128 takes two, low half first) and returns their number.
    ///
    /// Null is 0, a funcref the address of its `VMFunc`, a GC reference its offset. Upper bits of 32-bit values are 0.
    #[inline]
    pub fn to_slots(self, out: &mut [u64]) -> usize {
        out[0] = match self {
            Val::I32(v) | Val::F32(v) => u64::from(v),
            Val::I64(v) | Val::F64(v) => v,
            Val::V128(v) => {
                out[1] = (v >> 64) as u64;
                v as u64
            }
            Val::Ref(Ref::Null) => 0,
            Val::Ref(Ref::Func(f)) => f.0.as_ptr() as u64,
            Val::Ref(Ref::Gc(r)) => u64::from(r.0.get()),
        };
        if matches!(self, Val::V128(_)) { 2 } else { 1 }
    }
    /// Reads a value of a canonical type out of slots. Upper bits of 32-bit values are ignored.
    #[inline]
    pub fn from_slots(slots: &[u64], ty: ValType) -> Val {
        match ty {
            ValType::I32 => Val::I32(slots[0] as u32),
            ValType::I64 => Val::I64(slots[0]),
            ValType::F32 => Val::F32(slots[0] as u32),
            ValType::F64 => Val::F64(slots[0]),
            ValType::V128 => Val::V128(u128::from(slots[0]) | u128::from(slots[1]) << 64),
            ValType::Ref(ty) => Val::Ref(Ref::from_slot(slots[0], ty)),
        }
    }

    /// Number of slots of values of these types.
    #[inline]
    pub fn slots(types: &[ValType]) -> usize {
        types.iter().map(|&ty| slots_of(ty)).sum()
    }

    /// Whether the value has the representation of a canonical type. (The referenced object is not checked.)
    #[inline]
    pub fn fits(self, ty: ValType) -> bool {
        match (self, ty) {
            (Val::I32(_), ValType::I32)
            | (Val::I64(_), ValType::I64)
            | (Val::F32(_), ValType::F32)
            | (Val::F64(_), ValType::F64)
            | (Val::V128(_), ValType::V128) => true,
            (Val::Ref(Ref::Null), ValType::Ref(ty)) => ty.is_nullable(),
            (Val::Ref(Ref::Func(_)), ValType::Ref(ty)) => types::is_func_hierarchy(ty),
            (Val::Ref(Ref::Gc(_)), ValType::Ref(ty)) => !types::is_func_hierarchy(ty),
            _ => false,
        }
    }
}

impl Ref {
    /// Reads a reference of a canonical type out of a slot.
    pub fn from_slot(slot: u64, ty: RefType) -> Ref {
        if types::is_func_hierarchy(ty) {
            NonNull::new(slot as *mut VMFunc).map_or(Ref::Null, |f| Ref::Func(FuncRef(f)))
        } else {
            std::num::NonZeroU32::new(slot as u32).map_or(Ref::Null, |r| Ref::Gc(GcRef(r)))
        }
    }

    /// The slot that represents it.
    pub fn to_slot(self) -> u64 {
        let mut slot = [0];
        Val::Ref(self).to_slots(&mut slot);
        slot[0]
    }
}

impl From<Ref> for Val {
    fn from(value: Ref) -> Val {
        Val::Ref(value)
    }
}
