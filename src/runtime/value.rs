//! Values as they cross the boundary between WebAssembly and its embedder.

use super::vm::VMFunc;
use std::ptr::NonNull;

/// Offset of an object in its store's GC heap. Never 0: that is null.
///
/// Raw: it keeps nothing alive. An object that only a `GcRef` in embedder code names lives until the next safepoint
/// unless the store has it in its handle scope (every reference that the store returns to the embedder is put there).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GcRef(pub std::num::NonZeroU32);

/// A function reference: the address of its `VMFunc`, which is its identity and lives as long as its store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FuncRef(pub NonNull<VMFunc>);

/// A reference value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ref {
    /// Null of the hierarchy that the static type tells.
    Null,
    Func(FuncRef),
    /// exnref, externref, contref, anyref; i31 is tagged in the low bit.
    Gc(GcRef),
}

/// A WebAssembly value. Floats are held as bits: a signalling NaN survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Val {
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
    V128(u128),
    Ref(Ref),
}

impl Val {
    /// Writes the value into 64-bit slots (v128 takes two, low half first), returns how many it took.
    ///
    /// Null is 0, a funcref the address of its `VMFunc`, a GC reference its offset. Upper bits of 32-bit values are 0.
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
}
