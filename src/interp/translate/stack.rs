//! The operand stack as the translator tracks it.

use super::*;
use crate::interp::encoding::{D, Da, Di, Dl, Dll, P16, P32, P48};

/// The place of an entry's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EntryPlace {
    /// In the temporary of the entry's height.
    Temp,
    /// Still in a local.
    Local(Slot),
    /// Bits; for a vector, the number of the constant.
    Const(u64),
}

#[derive(Clone, Copy, Debug)]
pub struct StackEntry {
    pub place: EntryPlace,
    pub class: ValueClass,
    /// Number of the local that it was pushed as a read of; [`NONE`] if it was not, or is no longer deferred.
    local: u32,
    /// The next entry below that is a read of this local, as [`Translator::reads`] lists them.
    below: u32,
}

/// No entry, no local.
pub const NONE: u32 = u32::MAX;

impl Translator<'_> {
    /// The temporary of a height. Pushing checked that it can be named.
    pub fn temp(&self, height: usize) -> Slot {
        Slot((HEADER + self.above + height) as i16)
    }

    /// Number of the local in this slot, to index [`Translator::reads`] with.
    fn number(&self, local: Slot) -> usize {
        match usize::try_from(local.0) {
            Ok(above) => self.below + above - HEADER,
            Err(_) => (self.below as isize + local.0 as isize) as usize,
        }
    }

    pub fn height(&self) -> usize {
        self.stack.len()
    }

    /// Pushes a value. The upper half of a vector is pushed with the lower, and never alone.
    pub fn push(&mut self, place: EntryPlace, class: ValueClass) -> TranslateResult {
        match class {
            ValueClass::V128 => {
                self.push_slot(place, class)?;
                let high = match place {
                    EntryPlace::Local(slot) => EntryPlace::Local(Slot(slot.0 + 1)),
                    place => place,
                };
                self.push_slot(high, ValueClass::V128High)
            }
            ValueClass::V128High => Ok(()),
            _ => self.push_slot(place, class),
        }
    }

    fn push_slot(&mut self, place: EntryPlace, class: ValueClass) -> TranslateResult {
        let mut entry = StackEntry { place, class, local: NONE, below: NONE };
        if let EntryPlace::Local(slot) = place {
            let number = self.number(slot);
            entry.local = number as u32;
            entry.below = std::mem::replace(&mut self.reads[number], self.stack.len() as u32);
            self.deferred_locals += 1;
        }
        self.stack.push(entry);
        if self.stack.len() > self.max_height {
            self.max_height = self.stack.len();
            let slots = self.above + self.max_height;
            if slots > self.most_slots {
                return Err(self.over_lowered(Limit::Frame, slots, super::MOST_SLOTS));
            }
        }
        Ok(())
    }

    /// Pops a value; for a vector, both of its halves.
    pub fn pop(&mut self) -> StackEntry {
        let entry = self.pop_slot();
        if entry.class == ValueClass::V128High { self.pop_slot() } else { entry }
    }

    fn pop_slot(&mut self) -> StackEntry {
        let entry = self.stack.pop().expect("the module is valid");
        self.deferred_locals -= usize::from(matches!(entry.place, EntryPlace::Local(_)));
        if entry.local != NONE {
            self.reads[entry.local as usize] = entry.below;
        }
        entry
    }

    /// Pushes an entry that was popped as an operand: a constant is in its temporary now.
    pub fn push_again(&mut self, entry: StackEntry) -> TranslateResult {
        let place = if let EntryPlace::Const(_) = entry.place { EntryPlace::Temp } else { entry.place };
        self.push(place, entry.class)
    }

    pub fn truncate(&mut self, height: usize) {
        while self.stack.len() > height {
            self.pop_slot();
        }
    }

    /// The slot of an instruction's operand, an entry that was popped from `height`. A constant is put into its
    /// temporary.
    pub fn operand(&mut self, entry: StackEntry, height: usize) -> Slot {
        match entry.place {
            EntryPlace::Temp => self.temp(height),
            EntryPlace::Local(slot) => slot,
            EntryPlace::Const(bits) => {
                let dst = self.temp(height);
                self.constant(dst, bits, entry.class);
                dst
            }
        }
    }

    pub fn mirrored(&mut self, slot: Slot, class: ValueClass) -> bool {
        self.mirrors.of(class).is_some_and(|mirror| *mirror == Some(slot))
    }

    /// Writes a constant to a slot.
    pub fn constant(&mut self, dst: Slot, bits: u64, class: ValueClass) {
        match immediate(bits, class) {
            Some(imm) => self.emit(Op::Const, Di { dst, pad: P16, imm }),
            None if class == ValueClass::V128 => {
                let value = self.vectors[bits as usize];
                self.emit(Op::ConstV, Dll { dst, pad: P48, low: value as u64, high: (value >> 64) as u64 })
            }
            None => self.emit(Op::ConstLong, Dl { dst, pad: P48, imm: bits }),
        };
        self.mirrors.clobber(dst, class);
    }

    /// Copies an entry at `height` to a slot. The upper half of a vector goes with the lower.
    pub fn copy(&mut self, entry: StackEntry, height: usize, dst: Slot) {
        if entry.class == ValueClass::V128High {
            return;
        }
        let src = match entry.place {
            EntryPlace::Const(bits) => return self.constant(dst, bits, entry.class),
            EntryPlace::Temp => self.temp(height),
            EntryPlace::Local(slot) => slot,
        };
        if src == dst {
            return;
        }
        let int = matches!(entry.class, ValueClass::Int32 | ValueClass::Int64);
        if int && self.mirrored(src, entry.class) {
            self.emit(Op::MovA, D { dst, pad: P48 });
        } else {
            let op = if entry.class == ValueClass::V128 { Op::MovV } else { Op::Mov };
            self.emit(op, Da { dst, a: src, pad: P32 });
        }
        self.mirrors.clobber(dst, entry.class);
    }

    /// Puts an entry of the stack into its temporary.
    fn settle(&mut self, height: usize) {
        let entry = self.stack[height];
        if entry.place == EntryPlace::Temp {
            return;
        }
        if entry.class == ValueClass::V128High {
            return self.settle(height - 1);
        }
        let dst = self.temp(height);
        self.copy(entry, height, dst);
        let slots = entry.class.slots();
        self.deferred_locals -= if let EntryPlace::Local(_) = entry.place { slots } else { 0 };
        for entry in &mut self.stack[height..height + slots] {
            entry.place = EntryPlace::Temp;
        }
    }

    /// Puts the top entries, whole values, into their temporaries; returns the slot of the first.
    pub fn settle_top(&mut self, count: usize) -> Slot {
        let first = self.height() - count;
        for height in first..self.height() {
            self.settle(height);
        }
        self.temp(first)
    }

    /// As [`Translator::settle_top`], for values of these types.
    pub fn settle_values(&mut self, types: &[ValType]) -> Slot {
        debug_assert!(self.has_on_top(&classes_of(self.module, types), 0), "values of other types");
        self.settle_top(Val::slots(types))
    }

    /// Whether values of these classes lie below the top `above` entries. Callers that take values assert this, since a wrong
    /// class is noticed much later, if at all.
    pub fn has_on_top(&self, classes: &[ValueClass], above: usize) -> bool {
        let below = &self.stack[..self.height() - above];
        below.len() >= classes.len() && below.iter().rev().zip(classes.iter().rev()).all(|(e, &class)| e.class == class)
    }

    /// Prepares for a block: no deferred local may remain, nor a deferred parameter.
    pub fn settle_for_block(&mut self, params: usize) {
        let mut height = self.height();
        while self.deferred_locals > 0 && height > 0 {
            height -= 1;
            if matches!(self.stack[height].place, EntryPlace::Local(_)) {
                self.settle(height);
            }
        }
        debug_assert_eq!(self.deferred_locals, 0, "deferred locals are counted as they come and go");
        self.settle_top(params);
    }

    /// Prepares for a change of a local: deferred reads of it are carried out. (For a vector, those of its first slot
    /// are: the upper halves are carried out with the lower.)
    pub fn settle_reads_of(&mut self, local: Slot) {
        while let Some(height) = self.deferred_read(local) {
            self.settle(height);
        }
    }

    /// The highest entry that is a deferred read of a local. Drops those above it that no longer are: looking costs no
    /// more than pushing did, however high the stack is.
    fn deferred_read(&mut self, local: Slot) -> Option<usize> {
        let number = self.number(local);
        loop {
            let height = self.reads[number];
            let entry = self.stack.get_mut(height as usize)?;
            if entry.place == EntryPlace::Local(local) {
                return Some(height as usize);
            }
            entry.local = NONE;
            self.reads[number] = entry.below;
        }
    }

    /// Writes an entry popped from `height` to a local.
    pub fn write_local(&mut self, entry: StackEntry, height: usize, local: Slot) {
        if let Some(last) = self.last
            && entry.place == EntryPlace::Temp
            && last.dst == self.temp(height)
            && self.deferred_read(local).is_none()
        {
            // Re-aim the instruction that made the value. It reads its operands before it writes.
            let word = &mut self.words[last.start + 1];
            *word = *word & !0xffff | u64::from(local.0 as u16);
            self.mirrors.clobber(local, entry.class);
            for mirror in [&mut self.mirrors.int, &mut self.mirrors.f32, &mut self.mirrors.f64] {
                if *mirror == Some(last.dst) {
                    *mirror = Some(local);
                }
            }
            if let Fusible::Load(a, link) = last.fusible
                && a == local
            {
                self.words[last.start] = dispatch::head(link, self.chained);
            }
            let fusible = if let Fusible::Step(..) = last.fusible { last.fusible } else { Fusible::Other };
            self.last = Some(LastInst { dst: local, fusible, ..last });
            return;
        }
        self.settle_reads_of(local);
        self.copy(entry, height, local);
    }
}

/// A constant as a sign-extended 32-bit immediate, if it fits. For 32-bit values only those bits count.
pub fn immediate(bits: u64, class: ValueClass) -> Option<i32> {
    match class {
        ValueClass::Int32 | ValueClass::F32 => Some(bits as i32),
        ValueClass::Int64 | ValueClass::F64 => i32::try_from(bits as i64).ok(),
        ValueClass::V128 | ValueClass::V128High => None,
    }
}

#[cfg(test)]
mod tests {
    use super::ValueClass::{F32, F64, Int32, Int64, V128, V128High};
    use super::*;
    use crate::module::features;

    #[test]
    fn values_on_top_are_known_by_their_classes() {
        let bytes = wat::parse_str("(module)").expect("a module");
        let module = Module::new(&bytes, features::all()).expect("it is valid");
        let mut t = Translator::new(&module, false, 0..0);
        for class in [Int32, V128, F64] {
            t.push(EntryPlace::Temp, class).expect("there is room");
        }
        assert_eq!(t.height(), 4);
        let cases: [(&[ValueClass], usize, bool); 14] = [
            (&[], 0, true),
            (&[], 4, true),
            (&[F64], 0, true),
            (&[F32], 0, false),
            (&[V128, V128High, F64], 0, true),
            (&[V128High, V128, F64], 0, false),
            (&[Int32, V128, V128High, F64], 0, true),
            (&[Int64, V128, V128High, F64], 0, false),
            (&[Int32, Int32, V128, V128High, F64], 0, false),
            (&[V128, V128High], 1, true),
            (&[V128, V128High], 0, false),
            (&[Int32], 3, true),
            (&[Int32], 2, false),
            (&[Int32], 4, false),
        ];
        for (classes, above, holds) in cases {
            assert_eq!(t.has_on_top(classes, above), holds, "{classes:?} below {above}");
        }
    }

    #[test]
    fn a_value_overwrites_what_mirrors_its_slots() {
        let all = Mirrors { int: Some(Slot(5)), f32: Some(Slot(6)), f64: Some(Slot(-1)) };
        for (first, class, left) in [
            (4, Int32, all),
            (5, Int32, Mirrors { int: None, ..all }),
            (5, F64, Mirrors { int: None, ..all }),
            (6, F32, Mirrors { f32: None, ..all }),
            (7, Int64, all),
            (4, V128, Mirrors { int: None, ..all }),
            (5, V128, Mirrors { int: None, f32: None, ..all }),
            (6, V128, Mirrors { f32: None, ..all }),
            (-1, F64, Mirrors { f64: None, ..all }),
            (-2, V128, Mirrors { f64: None, ..all }),
            (-2, Int64, all),
            (0, V128, all),
        ] {
            let mut mirrors = all;
            mirrors.clobber(Slot(first), class);
            assert_eq!(mirrors, left, "{class:?} in {first}");
        }
    }

    #[test]
    fn constants_that_fit_are_immediate() {
        for (bits, class, imm) in [
            (0, Int32, Some(0)),
            (0xffff_ffff, Int32, Some(-1)),
            (0x8000_0000, Int32, Some(i32::MIN)),
            (0x0001_8000, Int32, Some(0x0001_8000)),
            (0x7fc0_0001, F32, Some(0x7fc0_0001)),
            (u64::MAX, Int64, Some(-1)),
            (0x7fff_ffff, Int64, Some(i32::MAX)),
            (0x8000_0000, Int64, None),
            (0xffff_ffff, Int64, None),
            (0xffff_ffff_8000_0000, Int64, Some(i32::MIN)),
            (0xffff_ffff_7fff_ffff, Int64, None),
            (0x1_0000_0000, F64, None),
            (0, V128, None),
            (0, V128High, None),
        ] {
            assert_eq!(immediate(bits, class), imm, "{bits:#x} {class:?}");
        }
    }
}
