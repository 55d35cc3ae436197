//! A shape with atomic accesses, in a memory that may be shared. There is only one thread, so waits have a timeout of 0.

use super::Body;
use super::spaces::{MEMORY, Spaces};
use wasm_encoder::{Instruction as I, MemArg, MemArgTarget, Ordering, ValType as V};

/// What an access does with the value in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Load,
    Store,
    /// Takes one operand, and returns the old value.
    Modify,
    /// Takes two operands.
    Exchange,
}
use Kind::{Exchange, Load, Modify, Store};

pub type Access = (fn(MemArg) -> I<'static>, V, u32, Kind);

/// The accesses: the type of their values, the logarithm of their width.
pub const ACCESSES: [Access; 63] = [
    (I::I32AtomicLoad, V::I32, 2, Load),
    (I::I64AtomicLoad, V::I64, 3, Load),
    (I::I32AtomicLoad8U, V::I32, 0, Load),
    (I::I32AtomicLoad16U, V::I32, 1, Load),
    (I::I64AtomicLoad8U, V::I64, 0, Load),
    (I::I64AtomicLoad16U, V::I64, 1, Load),
    (I::I64AtomicLoad32U, V::I64, 2, Load),
    (I::I32AtomicStore, V::I32, 2, Store),
    (I::I64AtomicStore, V::I64, 3, Store),
    (I::I32AtomicStore8, V::I32, 0, Store),
    (I::I32AtomicStore16, V::I32, 1, Store),
    (I::I64AtomicStore8, V::I64, 0, Store),
    (I::I64AtomicStore16, V::I64, 1, Store),
    (I::I64AtomicStore32, V::I64, 2, Store),
    (I::I32AtomicRmwAdd, V::I32, 2, Modify),
    (I::I64AtomicRmwAdd, V::I64, 3, Modify),
    (I::I32AtomicRmw8AddU, V::I32, 0, Modify),
    (I::I32AtomicRmw16AddU, V::I32, 1, Modify),
    (I::I64AtomicRmw8AddU, V::I64, 0, Modify),
    (I::I64AtomicRmw16AddU, V::I64, 1, Modify),
    (I::I64AtomicRmw32AddU, V::I64, 2, Modify),
    (I::I32AtomicRmwSub, V::I32, 2, Modify),
    (I::I64AtomicRmwSub, V::I64, 3, Modify),
    (I::I32AtomicRmw8SubU, V::I32, 0, Modify),
    (I::I32AtomicRmw16SubU, V::I32, 1, Modify),
    (I::I64AtomicRmw8SubU, V::I64, 0, Modify),
    (I::I64AtomicRmw16SubU, V::I64, 1, Modify),
    (I::I64AtomicRmw32SubU, V::I64, 2, Modify),
    (I::I32AtomicRmwAnd, V::I32, 2, Modify),
    (I::I64AtomicRmwAnd, V::I64, 3, Modify),
    (I::I32AtomicRmw8AndU, V::I32, 0, Modify),
    (I::I32AtomicRmw16AndU, V::I32, 1, Modify),
    (I::I64AtomicRmw8AndU, V::I64, 0, Modify),
    (I::I64AtomicRmw16AndU, V::I64, 1, Modify),
    (I::I64AtomicRmw32AndU, V::I64, 2, Modify),
    (I::I32AtomicRmwOr, V::I32, 2, Modify),
    (I::I64AtomicRmwOr, V::I64, 3, Modify),
    (I::I32AtomicRmw8OrU, V::I32, 0, Modify),
    (I::I32AtomicRmw16OrU, V::I32, 1, Modify),
    (I::I64AtomicRmw8OrU, V::I64, 0, Modify),
    (I::I64AtomicRmw16OrU, V::I64, 1, Modify),
    (I::I64AtomicRmw32OrU, V::I64, 2, Modify),
    (I::I32AtomicRmwXor, V::I32, 2, Modify),
    (I::I64AtomicRmwXor, V::I64, 3, Modify),
    (I::I32AtomicRmw8XorU, V::I32, 0, Modify),
    (I::I32AtomicRmw16XorU, V::I32, 1, Modify),
    (I::I64AtomicRmw8XorU, V::I64, 0, Modify),
    (I::I64AtomicRmw16XorU, V::I64, 1, Modify),
    (I::I64AtomicRmw32XorU, V::I64, 2, Modify),
    (I::I32AtomicRmwXchg, V::I32, 2, Modify),
    (I::I64AtomicRmwXchg, V::I64, 3, Modify),
    (I::I32AtomicRmw8XchgU, V::I32, 0, Modify),
    (I::I32AtomicRmw16XchgU, V::I32, 1, Modify),
    (I::I64AtomicRmw8XchgU, V::I64, 0, Modify),
    (I::I64AtomicRmw16XchgU, V::I64, 1, Modify),
    (I::I64AtomicRmw32XchgU, V::I64, 2, Modify),
    (I::I32AtomicRmwCmpxchg, V::I32, 2, Exchange),
    (I::I64AtomicRmwCmpxchg, V::I64, 3, Exchange),
    (I::I32AtomicRmw8CmpxchgU, V::I32, 0, Exchange),
    (I::I32AtomicRmw16CmpxchgU, V::I32, 1, Exchange),
    (I::I64AtomicRmw8CmpxchgU, V::I64, 0, Exchange),
    (I::I64AtomicRmw16CmpxchgU, V::I64, 1, Exchange),
    (I::I64AtomicRmw32CmpxchgU, V::I64, 2, Exchange),
];

impl Body<'_> {
    /// A few accesses, mostly to one place; now and then a fence, a notification, or a wait.
    pub(super) fn atomics(&mut self, spaces: Option<Spaces>) {
        let second = spaces.filter(|spaces| spaces.memory.minimum > 0);
        let memory = if second.is_some() && !self.once_in(4) { MEMORY } else { 0 };
        let wide = memory == MEMORY && second.is_some_and(|spaces| spaces.memory.memory64);
        let base = self.fresh(if wide { V::I64 } else { V::I32 });
        self.own.push(base);
        let from = self.local(if wide { V::I64 } else { V::I32 });
        // In bounds and aligned; now and then aligned by less than the widest access needs.
        let mask = if self.once_in(24) { 0x7fc } else { 0x7f8 };
        self.put(match wide {
            true => [I::LocalGet(from), I::I64Const(mask), I::I64And, I::LocalSet(base)],
            false => [I::LocalGet(from), I::I32Const(mask as i32), I::I32And, I::LocalSet(base)],
        });
        let argument = |b: &mut Self, align: u32| {
            let offset = 8 * b.below(3);
            MemArg { offset, align, target: MemArgTarget::Memory(memory), ordering: None }
        };
        for _ in 0..2 + self.below(4) {
            match self.below(10) {
                0 => self.put([I::AtomicFence(Ordering::SeqCst)]),
                1 => {
                    let (m, target) = (argument(self, 2), self.local(V::I32));
                    self.put([I::LocalGet(base), I::I32Const(1), I::MemoryAtomicNotify(m), I::LocalSet(target)]);
                }
                // One cannot wait on memory that is not shared.
                2 if second.is_some_and(|spaces| spaces.memory.shared) && memory == MEMORY || self.once_in(40) => {
                    let (ty, align) = if self.once_in(2) { (V::I64, 3) } else { (V::I32, 2) };
                    let (m, target) = (argument(self, align), self.local(V::I32));
                    self.put([I::LocalGet(base)]);
                    self.expression(ty, 1);
                    self.put([I::I64Const(0)]);
                    self.put([if ty == V::I64 { I::MemoryAtomicWait64(m) } else { I::MemoryAtomicWait32(m) }]);
                    self.put([I::LocalSet(target)]);
                }
                _ => {
                    let (make, ty, align, kind) = ACCESSES[self.below(ACCESSES.len() as u64) as usize];
                    let m = argument(self, align);
                    self.put([I::LocalGet(base)]);
                    match kind {
                        Load => {}
                        Store | Modify => self.expression(ty, 1),
                        Exchange => {
                            // Often the current value, so that the exchange happens.
                            if self.once_in(2) {
                                let there = ACCESSES.iter().find(|a| (a.1, a.2, a.3) == (ty, align, Load));
                                let (load, ..) = there.expect("a load of each width");
                                self.put([I::LocalGet(base), load(m)]);
                            } else {
                                self.expression(ty, 1);
                            }
                            self.expression(ty, 1);
                        }
                    }
                    self.put([make(m)]);
                    if kind != Store {
                        let target = self.local(ty);
                        self.put([I::LocalSet(target)]);
                    }
                }
            }
        }
    }
}
