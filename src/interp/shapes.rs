//! The interface of an operation, and the shapes that the families of the table share: where operands are (slot,
//! immediate, accumulator), written once for every binary operation, comparison, load and so on.

use super::encoding::*;
use super::machine::{Address, Flow, Machine, Scalar, Stored};
use super::memory::Raw;
use crate::runtime::trap::TrapCode;
use std::marker::PhantomData;

/// The effect of an operation on the frame that executes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameEffect {
    /// The frame continues: after the instruction, at a target of it, or where an exception is caught.
    Stays,
    /// Other code executes before this frame does again, if it ever does: a call, a tail call, a switch of stacks. The
    /// contents of the accumulators are lost to this frame, and that code expects nothing of them.
    Calls,
    /// The frame ends, and its results are where the caller expects them.
    Returns,
}

/// One opcode.
pub trait Operation {
    /// The layout of the operands.
    type Args: Operands;
    /// Mnemonic of the operator, or of the instruction.
    const NAME: &'static str;
    /// Where the operands are, as a suffix of the mnemonic.
    const MODE: &'static str;
    /// The effect on the frame.
    const EFFECT: FrameEffect = FrameEffect::Stays;
    /// Executes and advances.
    ///
    /// # Safety
    /// The machine is at an instruction of this opcode, in code that the translator made, in a frame that was made for
    /// that code.
    unsafe fn exec(s: &mut Machine) -> Flow;
}

/// An operator of the table.
pub trait Named {
    /// The name in the text format.
    const NAME: &'static str;
}

/// A function of two values; may trap.
pub trait Binary: Named {
    type A: Scalar;
    type B: Scalar;
    type R: Scalar;
    fn eval(a: Self::A, b: Self::B) -> Result<Self::R, TrapCode>;
}

/// A comparison.
pub trait Compare: Named {
    type A: Scalar;
    /// The comparison of swapped operands.
    type Swapped: Compare;
    fn holds(a: Self::A, b: Self::A) -> bool;
}

/// A comparison of integers: it fails where another one holds.
pub trait Opposite: Compare {
    type Not: Compare;
}

/// A function of one value; may trap.
pub trait Unary: Named {
    type A: Scalar;
    type R: Scalar;
    fn eval(a: Self::A) -> Result<Self::R, TrapCode>;
}

/// A load.
pub trait LoadOp: Named {
    /// The address of memory 0, in the forms that are for it alone.
    type Address: Address;
    type Raw: Raw;
    type R: Stored;
    fn extend(raw: Self::Raw) -> Self::R;
}

/// A store.
pub trait StoreOp: Named {
    /// As for a load.
    type Address: Address;
    type V: Stored;
    type Raw: Raw;
    fn wrap(value: Self::V) -> Self::Raw;
}

/// The same access with a 64-bit address.
pub struct Wide<F>(PhantomData<F>);

impl<F: Named> Named for Wide<F> {
    const NAME: &'static str = F::NAME;
}

impl<F: LoadOp> LoadOp for Wide<F> {
    type Address = u64;
    type Raw = F::Raw;
    type R = F::R;
    #[inline(always)]
    fn extend(raw: F::Raw) -> F::R {
        F::extend(raw)
    }
}

impl<F: StoreOp> StoreOp for Wide<F> {
    type Address = u64;
    type V = F::V;
    type Raw = F::Raw;
    #[inline(always)]
    fn wrap(value: F::V) -> F::Raw {
        F::wrap(value)
    }
}

/// A store of a value that may come in an accumulator.
pub trait NumberStore: StoreOp<V: Scalar> {}

impl<F: StoreOp<V: Scalar>> NumberStore for F {}

/// Generates the operation of one mode of a family: `Type<Trait> "mode" Layout |s, i| body`. For an access that has the
/// family's kind of address, the mode is named twice: for 32 bits and for 64.
macro_rules! mode {
    (@name $mode:literal) => { $mode };
    (@name $mode:literal $wide:literal) => { if F::Address::WIDE { $wide } else { $mode } };
    ($($name:ident<$family:ident> $mode:literal $(/ $wide:literal)? $layout:ident
        |$s:ident, $i:ident| $body:expr;)*) => {$(
        pub struct $name<F>(PhantomData<F>);
        impl<F: $family> Operation for $name<F> {
            type Args = $layout;
            const NAME: &'static str = F::NAME;
            const MODE: &'static str = mode!(@name $mode $($wide)?);
            #[cfg_attr(wasmoon_optimised, inline(always))]
            unsafe fn exec($s: &mut Machine) -> Flow {
                // SAFETY: the caller promises that the machine is at an instruction of this opcode, so its operands
                // have this layout, its slots are in the frame, and its branch targets are in the code.
                unsafe {
                    let $i: $layout = *$s.operands();
                    $body
                }
            }
        }
    )*};
}
pub(super) use mode;

/// Ends a value-producing operation: writes the result, or traps.
macro_rules! produce {
    ($s:ident, $i:ident, $layout:ident, $result:expr) => {
        match $result {
            Ok(r) => {
                r.put($s, $i.dst);
                $s.next::<$layout>()
            }
            Err(code) => $s.trap(code),
        }
    };
}

mode! {
    BinSs<Binary> "" Dab |s, i| produce!(s, i, Dab, F::eval(F::A::read(s, i.a), F::B::read(s, i.b)));
    BinSk<Binary> "" Dai |s, i| produce!(s, i, Dai, F::eval(F::A::read(s, i.a), F::B::imm(i.imm)));
    BinAs<Binary> ".as" Da |s, i| produce!(s, i, Da, F::eval(F::A::acc(s), F::B::read(s, i.a)));
    BinSa<Binary> ".sa" Da |s, i| produce!(s, i, Da, F::eval(F::A::read(s, i.a), F::B::acc(s)));
    BinAk<Binary> ".a" Di |s, i| produce!(s, i, Di, F::eval(F::A::acc(s), F::B::imm(i.imm)));

    BinSl<Binary> "" Dal |s, i| produce!(s, i, Dal, F::eval(F::A::read(s, i.a), F::B::bits(i.imm)));
    BinAl<Binary> ".a" Dl |s, i| produce!(s, i, Dl, F::eval(F::A::acc(s), F::B::bits(i.imm)));

    UnS<Unary> "" Da |s, i| produce!(s, i, Da, F::eval(F::A::read(s, i.a)));
    UnA<Unary> ".a" D |s, i| produce!(s, i, D, F::eval(F::A::acc(s)));

    CmpSs<Compare> "" Dab |s, i| {
        u32::from(F::holds(F::A::read(s, i.a), F::A::read(s, i.b))).put(s, i.dst);
        s.next::<Dab>()
    };
    CmpSk<Compare> "" Dai |s, i| {
        u32::from(F::holds(F::A::read(s, i.a), F::A::imm(i.imm))).put(s, i.dst);
        s.next::<Dai>()
    };
    CmpAs<Compare> ".as" Da |s, i| {
        u32::from(F::holds(F::A::acc(s), F::A::read(s, i.a))).put(s, i.dst);
        s.next::<Da>()
    };
    CmpAk<Compare> ".a" Di |s, i| {
        u32::from(F::holds(F::A::acc(s), F::A::imm(i.imm))).put(s, i.dst);
        s.next::<Di>()
    };

    BrSs<Compare> ".br" JumpAb |s, i| {
        if F::holds(F::A::read(s, i.a), F::A::read(s, i.b)) { s.jump(i.to) } else { s.next::<JumpAb>() }
    };
    BrSk<Compare> ".br" JumpAi |s, i| {
        if F::holds(F::A::read(s, i.a), F::A::imm(i.imm)) { s.jump(i.to) } else { s.next::<JumpAi>() }
    };
    BrAs<Compare> ".br.as" JumpA |s, i| {
        if F::holds(F::A::acc(s), F::A::read(s, i.a)) { s.jump(i.to) } else { s.next::<JumpA>() }
    };
    BrAk<Compare> ".br.a" JumpI |s, i| {
        if F::holds(F::A::acc(s), F::A::imm(i.imm)) { s.jump(i.to) } else { s.next::<JumpI>() }
    };
    // The negation of a float comparison is not a comparison: NaN.
    BnSs<Compare> ".br_not" JumpAb |s, i| {
        if F::holds(F::A::read(s, i.a), F::A::read(s, i.b)) { s.next::<JumpAb>() } else { s.jump(i.to) }
    };
    BnAs<Compare> ".br_not.as" JumpA |s, i| {
        if F::holds(F::A::acc(s), F::A::read(s, i.a)) { s.next::<JumpA>() } else { s.jump(i.to) }
    };

    LoadS<LoadOp> "" / ".64" Load |s, i| load_from::<F, Load>(s, i.dst, F::Address::read(s, i.a), i.offset);
    LoadA<LoadOp> ".a" / ".64.a" Load |s, i| load_from::<F, Load>(s, i.dst, F::Address::acc(s), i.offset);
    LoadSum<LoadOp> ".sum" / ".64.sum" LoadAb |s, i| {
        let address = F::Address::read(s, i.a).plus(F::Address::read(s, i.b));
        load_from::<F, LoadAb>(s, i.dst, address, i.offset.into())
    };
    LoadMem<LoadOp> ".m" LoadM |s, i| {
        match s.address_in(i.memory, s.index(i.a, i.wide != 0), i.offset, F::Raw::SIZE) {
            Some(at) => {
                F::extend(F::Raw::get_shared(at)).put(s, i.dst);
                s.next::<LoadM>()
            }
            None => s.trap(TrapCode::MemoryOutOfBounds),
        }
    };

    StoreSs<StoreOp> "" / ".64" Store |s, i| {
        store_to::<F, Store>(s, F::Address::read(s, i.a), i.offset, F::V::read(s, i.b))
    };
    StoreAs<StoreOp> ".as" / ".64.as" Store |s, i| {
        store_to::<F, Store>(s, F::Address::acc(s), i.offset, F::V::read(s, i.b))
    };
    StoreSa<NumberStore> ".sa" / ".64.sa" Store |s, i| {
        store_to::<F, Store>(s, F::Address::read(s, i.a), i.offset, F::V::acc(s))
    };
    StoreSk<NumberStore> "" / ".64" StoreK |s, i| {
        store_to::<F, StoreK>(s, F::Address::read(s, i.a), i.offset, F::V::imm(i.imm))
    };
    StoreAk<NumberStore> ".a" / ".64.a" StoreAi |s, i| {
        store_to::<F, StoreAi>(s, F::Address::acc(s), i.offset, F::V::imm(i.imm))
    };
    StoreSum<StoreOp> ".sum" / ".64.sum" StoreAbc |s, i| {
        let address = F::Address::read(s, i.a).plus(F::Address::read(s, i.b));
        store_to::<F, StoreAbc>(s, address, i.offset.into(), F::V::read(s, i.c))
    };
    StoreMem<StoreOp> ".m" StoreM |s, i| {
        match s.address_in(i.memory, s.index(i.a, i.wide != 0), i.offset, F::Raw::SIZE) {
            Some(at) => {
                F::wrap(F::V::read(s, i.b)).set_shared(at);
                s.next::<StoreM>()
            }
            None => s.trap(TrapCode::MemoryOutOfBounds),
        }
    };
}

/// Executes a load from an address.
///
/// # Safety
/// The machine is at an instruction of layout `T` with destination `dst`.
#[inline(always)]
pub unsafe fn load_from<F: LoadOp, T: Operands>(s: &mut Machine, dst: Slot, address: F::Address, offset: u32) -> Flow {
    // SAFETY: the caller's promise; the address was checked.
    unsafe {
        match address.locate(s, offset, F::Raw::SIZE) {
            Some(at) => {
                F::extend(F::Raw::get(at)).put(s, dst);
                s.next::<T>()
            }
            None => s.trap(TrapCode::MemoryOutOfBounds),
        }
    }
}

/// Executes a store to an address.
///
/// # Safety
/// The machine is at an instruction of layout `T`.
#[inline(always)]
unsafe fn store_to<F: StoreOp, T: Operands>(s: &mut Machine, address: F::Address, offset: u32, value: F::V) -> Flow {
    // SAFETY: the caller's promise; the address was checked.
    unsafe {
        match address.locate(s, offset, F::Raw::SIZE) {
            Some(at) => {
                F::wrap(value).set(at);
                s.next::<T>()
            }
            None => s.trap(TrapCode::MemoryOutOfBounds),
        }
    }
}

macro_rules! wide {
    ($($name:ident = $narrow:ident;)*) => {$(pub type $name<F> = $narrow<Wide<F>>;)*};
}
wide! {
    WideLoadS = LoadS;
    WideLoadA = LoadA;
    WideLoadSum = LoadSum;
    WideStoreSs = StoreSs;
    WideStoreAs = StoreAs;
    WideStoreSa = StoreSa;
    WideStoreSk = StoreSk;
    WideStoreAk = StoreAk;
    WideStoreSum = StoreSum;
}
