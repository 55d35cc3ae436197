//! Edges of control: branch tables of few entries and indices next to the last one, loops that run not at all, once or twice, and
//! counters that wrap; bodies whose jumps are about as long as a short jump can be.

use super::spaces::argument;
use super::{Edge, NUMBERS};
use crate::triage::smith::operators::scalars::{load, store};
use wasm_encoder::{BlockType, HeapType, Instruction as I, ValType as V};

impl Edge<'_, '_> {
    /// A branch table, whose index is next to its last one.
    pub(super) fn switch(&mut self) {
        let count = self.drawn(&[0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 16, 33]);
        // Some entries have the same target.
        let targets = 1 + self.below(count.min(6) + 1);
        let index = match self.below(4) {
            0 => self.drawn(&[0, 1 << 31, u64::from(u32::MAX), (1 << 31) - 1]),
            1 => self.below(count + 1),
            _ => (count + self.below(3)).wrapping_sub(1),
        };
        let result = self.once_in(3).then(|| self.number());
        let ty = result.map_or(BlockType::Empty, BlockType::Result);
        for _ in 0..targets {
            self.put([I::Block(ty)]);
        }
        if let Some(ty) = result {
            self.any(ty);
        }
        match self.below(4) {
            0 => {
                // A difference.
                let less = self.drawn(&[1, 5, 0x7fff_ffff]);
                self.opaque(V::I32, index.wrapping_add(less).into());
                self.put([I::I32Const(less as i32), I::I32Sub]);
            }
            1 => {
                let above = self.drawn(&[0, 1 << 32, u64::from(u32::MAX) << 32]);
                self.opaque(V::I64, (index & u64::from(u32::MAX) | above).into());
                self.put([I::I32WrapI64]);
            }
            _ => self.integer(false, index),
        }
        let labels: Vec<u32> = (0..count).map(|_| self.below(targets) as u32).collect();
        let default = self.below(targets) as u32;
        self.put([I::BrTable(labels.into(), default)]);
        for target in 0..targets {
            self.put([I::End]);
            match result {
                Some(ty) => {
                    let helper = self.fresh(ty);
                    self.put([I::LocalTee(helper)]);
                    self.noted(ty);
                    self.put([I::LocalGet(helper)]);
                    if target + 1 == targets {
                        self.noted(ty);
                    }
                }
                None => self.passed_here(target + 1),
            }
        }
    }

    /// A loop that runs a few times, perhaps with others in it.
    pub(super) fn looped(&mut self) {
        match self.below(18) {
            0 => return self.distinct(),
            14.. => return self.swept(),
            12 | 13 => return self.conditions(),
            1..5 => return self.between_loops(),
            _ => {}
        }
        let depth = self.drawn(&[1, 1, 2, 3]);
        let globals: Vec<u32> = (0..2).map(|_| self.state()).collect();
        self.nested(depth, &globals);
    }

    /// A condition that is tested again where it is known, and where it only seems to be.
    fn conditions(&mut self) {
        let (condition, other) = (self.fresh(V::I32), self.fresh(V::I32));
        let value = self.drawn(&[0, 0, 1, 1, 2, 1 << 31, u64::from(u32::MAX)]);
        self.opaque(V::I32, value.into());
        self.put([I::LocalSet(condition)]);
        for n in 0..2 + self.below(4) {
            let negated = self.once_in(3);
            let tested = move |local| {
                let test = [I::LocalGet(local), I::I32Eqz];
                if negated { test.to_vec() } else { test[..1].to_vec() }
            };
            match self.below(6) {
                // Both ways lead to the same place.
                0 => {
                    self.put([I::Block(BlockType::Empty)]);
                    self.put(tested(condition));
                    self.put([I::BrIf(0), I::End]);
                }
                1 => {
                    self.put([I::Block(BlockType::Empty)]);
                    self.put(tested(condition));
                    self.put([I::BrTable(vec![0, 0].into(), 0), I::End]);
                }
                // Something is between them.
                2 => {
                    self.put([I::Block(BlockType::Empty)]);
                    self.put(tested(condition));
                    self.put([I::BrIf(0)]);
                    self.put([I::LocalGet(condition)]);
                    self.noted(V::I32);
                    self.put([I::End]);
                }
                3 => {
                    self.put(tested(condition));
                    self.put([I::If(BlockType::Empty)]);
                    self.passed_here(n);
                    self.put(tested(condition));
                    self.noted(V::I32);
                    self.put([I::Else, I::LocalGet(condition)]);
                    self.noted(V::I32);
                    self.put([I::End]);
                }
                // Another number of the same truth.
                4 => {
                    self.put(tested(condition));
                    self.put([I::LocalSet(other), I::LocalGet(other), I::If(BlockType::Empty), I::LocalGet(condition)]);
                    self.noted(V::I32);
                    self.put([I::End]);
                }
                _ => {
                    self.put([I::I32Const(7), I::I32Const(9)]);
                    self.put(tested(condition));
                    self.put([I::Select]);
                    self.noted(V::I32);
                }
            }
            self.put([I::LocalGet(condition), I::I32Eqz]);
            self.noted(V::I32);
        }
    }

    /// More different computations in one block than a compiler's table of them has place for at first, and some of them again.
    fn distinct(&mut self) {
        let x = self.fresh(V::I64);
        self.opaque(V::I64, 0x1234_5678);
        self.put([I::LocalSet(x)]);
        let count = self.drawn(&[100, 255, 257, 511, 513, 600]);
        for n in (0..count).chain([0, count / 2, count - 1]) {
            self.put([I::LocalGet(x), I::I64Const(3 * n + 1), I::I64Add, I::LocalGet(0), I::I64Xor, I::LocalSet(0)]);
        }
        self.opaque(V::I32, 1);
        self.put([I::If(BlockType::Empty), I::LocalGet(x), I::I64Const(1), I::I64Add]);
        self.noted(V::I64);
        self.put([I::End, I::LocalGet(x), I::I64Const(4), I::I64Add]);
        self.noted(V::I64);
    }

    /// Loops in loops. One of them reads something that another one changes.
    fn between_loops(&mut self) {
        let depth = 2 + self.below(4);
        let (reads, writes) = (self.below(depth), self.below(depth));
        let kind = self.below(4);
        let global = self.state();
        let (memory, wide, length) = self.memory();
        let m = argument(memory, 0);
        let address = if wide { I::I64Const(0) } else { I::I32Const(0) };
        let size = if wide { V::I64 } else { V::I32 };
        let table = self.below(self.m.tables.len() as u64) as u32;
        let counters: Vec<u32> = (0..depth).map(|_| self.fresh(V::I32)).collect();
        // The innermost loop goes on with one further out, as often as this.
        let outer = self.once_in(2).then(|| (self.fresh(V::I32), 1 + self.below(depth - 1) as u32));
        if let Some((jumps, _)) = outer {
            let count = self.drawn(&[1, 2, 3]);
            self.put([I::I32Const(count), I::LocalSet(jumps)]);
        }
        let read = |e: &mut Self| match kind {
            0 if length >= 8 => {
                e.put([address.clone(), I::I64Load(m)]);
                e.noted(V::I64);
            }
            1 => {
                e.put([I::MemorySize(memory)]);
                e.noted(size);
            }
            2 if e.m.has.references => {
                e.put([I::TableSize(table)]);
                e.noted(if e.m.tables[table as usize].table64 { V::I64 } else { V::I32 });
            }
            _ => {
                e.put([I::GlobalGet(global)]);
                e.noted(V::I64);
            }
        };
        let write = |e: &mut Self| match kind {
            0 if length >= 8 => {
                e.put([address.clone(), I::LocalGet(0), I::I64Store(m)]);
            }
            1 => e.put([if wide { I::I64Const(1) } else { I::I32Const(1) }, I::MemoryGrow(memory), I::Drop]),
            2 if e.m.has.references => {
                let wide = e.m.tables[table as usize].table64;
                e.put([I::RefNull(HeapType::FUNC), if wide { I::I64Const(1) } else { I::I32Const(1) }]);
                e.put([I::TableGrow(table), I::Drop]);
            }
            _ => e.put([I::LocalGet(0), I::GlobalSet(global)]),
        };
        for (level, &counter) in (0..).zip(&counters) {
            let turns = self.drawn(&[1, 2, 2, 3]);
            self.put([I::I32Const(turns), I::LocalSet(counter), I::Loop(BlockType::Empty)]);
            if level == reads {
                read(self);
            }
            if level == writes && self.once_in(2) {
                write(self);
            }
        }
        if let Some((jumps, label)) = outer {
            self.put([I::LocalGet(jumps), I::If(BlockType::Empty)]);
            self.put([I::LocalGet(jumps), I::I32Const(1), I::I32Sub, I::LocalSet(jumps), I::Br(label + 1), I::End]);
        }
        for (level, &counter) in (0..depth).rev().zip(counters.iter().rev()) {
            if level == writes {
                write(self);
            }
            if level == reads && self.once_in(3) {
                read(self);
            }
            self.put([I::LocalGet(counter), I::I32Const(1), I::I32Sub, I::LocalTee(counter), I::BrIf(0), I::End]);
        }
        read(self);
    }

    /// A loop over a memory, up to its end or one step further, or back from there.
    fn swept(&mut self) {
        let (memory, wide, length) = self.memory();
        let ty = if wide { V::I64 } else { V::I32 };
        let (size, of, kind) =
            self.drawn(&[(1, V::I32, 0), (2, V::I64, 2), (4, V::I32, 4), (8, V::I64, 6), (8, V::F64, 0)]);
        let step = self.drawn(&[1, size, size, size, 2 * size, 0x1000, 0x1_0000]);
        let turns = self.drawn(&[1, 1, 2, 3, 8, 17]).min(length / step);
        let offset = self.drawn(&[0, 0, 1, step, 0x80, 0xffff]).min(length - turns * step);
        // Accesses begin at `first + offset`; the last of them ends with the memory, or more or less there.
        let over = self.drawn(&[0, 0, 0, 0, 1, step]);
        let span = turns * step;
        let first = (length - span - offset + over + step).wrapping_sub(size);
        let last = first.wrapping_add(span);
        let down = self.once_in(3);
        let top = if wide { u64::MAX } else { u32::MAX.into() };
        let (from, to) = if down { (last.wrapping_sub(step), first.wrapping_sub(step)) } else { (first, last) };
        let (at, end) = (self.fresh(ty), self.fresh(ty));
        self.integer(wide, from & top);
        self.put([I::LocalSet(at)]);
        self.integer(wide, to & top);
        self.put([I::LocalSet(end), I::Block(BlockType::Empty), I::Loop(BlockType::Empty)]);
        let ordered = !down && first <= last && self.once_in(2);
        let over = match (ordered, wide) {
            (true, true) => I::I64GeU,
            (true, false) => I::I32GeU,
            (false, true) => I::I64Eq,
            (false, false) => I::I32Eq,
        };
        self.put([I::LocalGet(at), I::LocalGet(end), over, I::BrIf(1)]);
        let grows = self.once_in(8);
        for n in 0..1 + self.below(3) {
            let m = argument(memory, offset.wrapping_sub(n * size).min(offset));
            if self.once_in(2) {
                self.put([I::LocalGet(at), load(of, kind, m)]);
                self.noted(of);
            } else {
                self.put([I::LocalGet(at)]);
                self.any(of);
                self.put([store(of, kind, m)]);
            }
            if grows {
                self.put([if wide { I::I64Const(1) } else { I::I32Const(1) }, I::MemoryGrow(memory), I::Drop]);
            }
        }
        let by = if down { step.wrapping_neg() } else { step };
        self.put([I::LocalGet(at)]);
        self.put(match wide {
            true => [I::I64Const(by as i64), I::I64Add],
            false => [I::I32Const(by as i32), I::I32Add],
        });
        self.put([I::LocalSet(at), I::Br(0), I::End, I::End]);
    }

    /// Adds a global that is changed, an i64.
    fn state(&mut self) -> u32 {
        // A value that nothing else has.
        let unique = 0x5eed_0000 + self.m.globals.len() as u128;
        self.m.opaque_global(V::I64, unique)
    }

    fn nested(&mut self, depth: u64, globals: &[u32]) {
        let wide = self.once_in(3);
        let ty = if wide { V::I64 } else { V::I32 };
        let (counter, end) = (self.fresh(ty), self.fresh(ty));
        let least = if wide { 1 << 63 } else { 1 << 31 };
        let step = self.drawn(&[1, 1, 1, 2, 3, u64::MAX, least]);
        let turns = self.drawn(&[0, 1, 1, 2, 3, 4, 7]);
        let top = if wide { u64::MAX } else { u32::MAX.into() };
        let half = top / 2 + 1;
        let first = match self.below(3) {
            // It ends at 0.
            0 => step.wrapping_mul(turns).wrapping_neg() & top,
            _ => self.drawn(&[0, 0, 1, top, top - 1, half, half - 1, half - 2]),
        };
        let last = first.wrapping_add(step.wrapping_mul(turns)) & top;
        self.either(ty, first.into());
        self.put([I::LocalSet(counter)]);
        self.either(ty, last.into());
        self.put([I::LocalSet(end)]);
        let (add, subtract, same, other) = match wide {
            true => (I::I64Add, I::I64Sub, I::I64Eq, I::I64Ne),
            false => (I::I32Add, I::I32Sub, I::I32Eq, I::I32Ne),
        };
        let adds = self.once_in(2);
        let by = if adds { step } else { step.wrapping_neg() };
        let by = if wide { I::I64Const(by as i64) } else { I::I32Const(by as i32) };
        // Where the counter does not wrap, it may be compared by order: the tests for going on.
        let signed = |x: u64| if wide { x as i64 } else { x as u32 as i32 as i64 };
        let up = step < 4 && turns > 0;
        let by_sign = up && signed(first) <= signed(last) && self.once_in(2);
        let ordered = (by_sign || up && first <= last) && self.once_in(2);
        let (less, greater) = match (wide, by_sign) {
            (true, true) => (I::I64LtS, I::I64GtS),
            (true, false) => (I::I64LtU, I::I64GtU),
            (false, true) => (I::I32LtS, I::I32GtS),
            (false, false) => (I::I32LtU, I::I32GtU),
        };
        // Pushes whether the counter and its end, in any order, are the same, or whether they are not yet.
        let tested = |e: &mut Self, going_on: bool| {
            let swapped = e.once_in(2);
            let mut two = [counter, end];
            if swapped {
                two.reverse();
            }
            e.put(two.map(I::LocalGet));
            match (ordered, going_on) {
                (true, _) => {
                    e.put([if swapped { greater.clone() } else { less.clone() }]);
                    if !going_on {
                        e.put([I::I32Eqz]);
                    }
                }
                (false, true) => e.put([other.clone()]),
                (false, false) => e.put([same.clone()]),
            }
        };
        // Tested at its beginning, or at its end, which is then passed at least once.
        let before = turns == 0 || self.once_in(2);
        self.put([I::Block(BlockType::Empty)]);
        if before && self.once_in(3) {
            tested(self, false);
            self.put([I::BrIf(0)]);
        }
        // The next value may be in a local of its own until the next turn.
        let apart = (!before && self.once_in(3)).then(|| self.fresh(ty));
        self.put(apart.iter().flat_map(|&next| [I::LocalGet(counter), I::LocalSet(next)]));
        self.put([I::Loop(BlockType::Empty)]);
        self.put(apart.iter().flat_map(|&next| [I::LocalGet(next), I::LocalSet(counter)]));
        if before {
            tested(self, false);
            self.put([I::BrIf(1)]);
        }
        for _ in 0..1 + self.below(4) {
            self.in_loop(counter, wide, globals);
        }
        if depth > 1 {
            self.nested(depth - 1, globals);
        }
        if self.once_in(2) {
            self.in_loop(counter, wide, globals);
        }
        self.put([I::LocalGet(counter), by, if adds { add } else { subtract }]);
        let to = apart.unwrap_or(counter);
        if before {
            self.put([I::LocalSet(counter), I::Br(0)]);
        } else if last == 0 && self.once_in(2) {
            // As compilers write it.
            self.put([I::LocalTee(to)]);
            self.put(if wide { vec![I::I64Eqz, I::I32Eqz] } else { Vec::new() });
            self.put([I::BrIf(0)]);
        } else if apart.is_some() || !ordered && self.once_in(2) {
            self.put([I::LocalTee(to), I::LocalGet(end), other, I::BrIf(0)]);
        } else {
            self.put([I::LocalSet(counter)]);
            tested(self, true);
            self.put([I::BrIf(0)]);
        }
        self.put([I::End, I::End, I::LocalGet(counter)]);
        self.noted(ty);
    }

    /// Something in a loop: what changes nothing there, what another loop changes, what would trap if it were executed.
    fn in_loop(&mut self, counter: u32, wide: bool, globals: &[u32]) {
        let global = self.drawn(globals);
        match self.below(8) {
            0 => {
                self.put([I::GlobalGet(global)]);
                self.noted(V::I64);
            }
            1 => self.put([I::LocalGet(0), I::GlobalSet(global)]),
            2 => {
                self.put([I::LocalGet(counter)]);
                self.noted(if wide { V::I64 } else { V::I32 });
            }
            // A division that may trap, behind a condition.
            3 | 4 => {
                let wide = self.once_in(2);
                let least = if wide { 1u64 << 63 } else { 1 << 31 };
                let by = self.drawn(&[0, u64::MAX, u64::MAX, 1, 7]);
                let executed = self.below(4) == 0;
                self.opaque(V::I32, u128::from(executed));
                self.put([I::If(BlockType::Empty)]);
                let dividend = self.drawn(&[least, least, 5]);
                self.opaque(if wide { V::I64 } else { V::I32 }, dividend.into());
                self.integer(wide, by);
                let operator = self.one_of(match wide {
                    true => &[I::I64DivS, I::I64RemS, I::I64DivU, I::I64RemU],
                    false => &[I::I32DivS, I::I32RemS, I::I32DivU, I::I32RemU],
                });
                self.put([operator]);
                self.noted(if wide { V::I64 } else { V::I32 });
                self.put([I::End]);
            }
            5 => self.access(),
            // A jump backwards or forwards over as much as a short jump can reach.
            6 => {
                self.opaque(V::I32, 1);
                self.put([I::If(BlockType::Empty)]);
                let many = 4 + self.below(24);
                for _ in 0..many {
                    let n = self.drawn(&[1, 127, 128, 0x1_0000]);
                    self.put([I::LocalGet(0), I::I64Const(n), I::I64Xor, I::LocalSet(0)]);
                    if self.once_in(2) {
                        self.put([I::LocalGet(0), I::I64Const(n), I::I64Rotl, I::LocalSet(0)]);
                    }
                }
                self.put([I::End]);
            }
            _ => {
                let group = self.drawn(&NUMBERS);
                self.any(group);
                self.noted(group);
            }
        }
    }
}
