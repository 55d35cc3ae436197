//! The shapes that families of vector operations share, as [`shapes`](super::shapes) has for numbers. Operands are in
//! slots: there is no accumulator for vectors.

use super::encoding::*;
use super::machine::{Flow, Machine, Scalar, Stored};
use super::memory::Raw;
use super::shapes::{Named, Operation, mode};
use crate::runtime::trap::TrapCode;
use std::marker::PhantomData;

/// A function of up to three values, of which at least one is a vector or becomes one. Absent operands are
/// [`Unused`].
pub trait Lanes: Named {
    type A: Stored;
    type B: Stored;
    type C: Stored;
    type R: Stored;
    fn eval(a: Self::A, b: Self::B, c: Self::C) -> Self::R;
}

/// An absent operand.
#[derive(Clone, Copy)]
pub struct Unused;

impl Stored for Unused {
    #[inline(always)]
    unsafe fn read(_: &Machine, _: Slot) -> Unused {
        Unused
    }
    #[inline(always)]
    unsafe fn put(self, _: &mut Machine, _: Slot) {}
}

/// Lanes shifted by a number, modulo their width.
pub trait Shift: Named {
    type A: Stored;
    fn eval(a: Self::A, by: u32) -> Self::A;
}

/// A lane as a number.
pub trait Extract: Named {
    type Lane: Copy;
    type R: Scalar;
    fn eval(lane: Self::Lane) -> Self::R;
}

/// A number in place of a lane.
pub trait Replace: Named {
    type A: Stored;
    type X: Scalar;
    fn eval(a: Self::A, x: Self::X, lane: u16) -> Self::A;
}

/// An access of one lane.
pub trait LaneAccess: Named {
    type Lane: Raw;
    type A: Stored;
    fn replace(a: Self::A, lane: Self::Lane, index: u16) -> Self::A;
}

mode! {
    Lanes1<Lanes> "" Da |s, i| {
        F::eval(F::A::read(s, i.a), F::B::read(s, i.a), F::C::read(s, i.a)).put(s, i.dst);
        s.next::<Da>()
    };
    Lanes2<Lanes> "" Dab |s, i| {
        F::eval(F::A::read(s, i.a), F::B::read(s, i.b), F::C::read(s, i.b)).put(s, i.dst);
        s.next::<Dab>()
    };
    Lanes3<Lanes> "" Dabc |s, i| {
        F::eval(F::A::read(s, i.a), F::B::read(s, i.b), F::C::read(s, i.c)).put(s, i.dst);
        s.next::<Dabc>()
    };
    ShiftV<Shift> "" Dab |s, i| {
        F::eval(F::A::read(s, i.a), u32::read(s, i.b)).put(s, i.dst);
        s.next::<Dab>()
    };
    ShiftK<Shift> "" Dai |s, i| {
        F::eval(F::A::read(s, i.a), i.imm as u32).put(s, i.dst);
        s.next::<Dai>()
    };
    ExtractV<Extract> "" DaLane |s, i| {
        // Lanes lie in their slots in order.
        F::eval(s.slot(i.a).cast::<F::Lane>().add(i.lane.into()).read()).put(s, i.dst);
        s.next::<DaLane>()
    };
    ReplaceV<Replace> "" DabLane |s, i| {
        F::eval(F::A::read(s, i.a), F::X::read(s, i.b), i.lane).put(s, i.dst);
        s.next::<DabLane>()
    };
    LoadLaneV<LaneAccess> "" LoadLane |s, i| {
        match s.address_in(i.memory, s.index(i.a, i.wide != 0), i.offset, F::Lane::SIZE) {
            Some(at) => {
                F::replace(F::A::read(s, i.b), F::Lane::get_shared(at), i.lane).put(s, i.dst);
                s.next::<LoadLane>()
            }
            None => s.trap(TrapCode::MemoryOutOfBounds),
        }
    };
    StoreLaneV<LaneAccess> "" StoreLane |s, i| {
        match s.address_in(i.memory, s.index(i.a, i.wide != 0), i.offset, F::Lane::SIZE) {
            Some(at) => {
                s.slot(i.b).cast::<F::Lane>().add(i.lane.into()).read().set_shared(at);
                s.next::<StoreLane>()
            }
            None => s.trap(TrapCode::MemoryOutOfBounds),
        }
    };
}
