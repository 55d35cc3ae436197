//! A shape with atomic accesses, in a memory that may be shared. There is only one thread, so waits have a timeout of 0.

use super::Body;
use super::spaces::{MEMORY, Spaces};
use crate::triage::smith::operators::atomics::{ACCESSES, Kind};
use wasm_encoder::{Instruction as I, MemArg, MemArgTarget, Ordering, ValType as V};

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
                        Kind::Load => {}
                        Kind::Store | Kind::Modify => self.expression(ty, 1),
                        Kind::Exchange => {
                            // Often the current value, so that the exchange happens.
                            if self.once_in(2) {
                                let there = ACCESSES.iter().find(|a| (a.1, a.2, a.3) == (ty, align, Kind::Load));
                                let (load, ..) = there.expect("a load of each width");
                                self.put([I::LocalGet(base), load(m)]);
                            } else {
                                self.expression(ty, 1);
                            }
                            self.expression(ty, 1);
                        }
                    }
                    self.put([make(m)]);
                    if kind != Kind::Store {
                        let target = self.local(ty);
                        self.put([I::LocalSet(target)]);
                    }
                }
            }
        }
    }
}
