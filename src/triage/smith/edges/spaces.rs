//! Edges of memories and tables: the last byte and the one after it, sums of addresses and offsets that wrap, lengths of zero and
//! of whole pages, overlaps by one.

use super::{Edge, PASSIVE, PASSIVE_BYTES, PASSIVE_ELEMENTS, PASSIVE_FUNCTIONS};
use crate::random::Random;
use crate::triage::smith::features::Features;
use crate::triage::smith::operators::atomics::{ACCESSES, Kind};
use crate::triage::smith::operators::scalars::{load, store};
use crate::triage::smith::operators::vectors::{self, Row};
use crate::triage::smith::values::drawn;
use wasm_encoder::{Instruction as I, MemArg, MemArgTarget, MemoryType, RefType, TableType, ValType as V};

/// Draws a memory: of 32 or 64 bits, with pages of 64 KiB or of one byte, shared or not, empty, at its maximum or not.
pub(super) fn drawn_memory(random: &mut Random, features: Features) -> MemoryType {
    let memory64 = features.has("memory64") && random.below(2) == 0;
    let bytes = features.has("custom-page-sizes") && random.below(3) == 0;
    let shared = features.has("threads") && random.below(3) == 0;
    let sizes: &[u64] = match bytes {
        true => &[0, 1, 15, 16, 17, 200, 0x1000, 0x1001, 0x2fff],
        // Megabytes take long to compare.
        false if random.below(100) == 0 => &[64, 65, 128],
        false => &[0, 1, 1, 1, 2],
    };
    let minimum = drawn(random, sizes);
    let room = drawn(random, if bytes { &[0, 1, 0xfff, 0x1000, 0x1001] } else { &[0, 1, 2] });
    let maximum = (shared || random.below(3) > 0).then_some(minimum + room);
    MemoryType { minimum, maximum, memory64, shared, page_size_log2: bytes.then_some(0) }
}

/// Draws a table: with indices of 32 or 64 bits, empty, at its maximum or not.
pub(super) fn drawn_table(random: &mut Random, features: Features) -> TableType {
    let table64 = features.has("memory64") && random.below(2) == 0;
    let minimum = drawn(random, &[0, 1, 2, 6, 8]);
    let maximum = (random.below(3) > 0).then_some(minimum + random.below(3));
    TableType { element_type: RefType::FUNCREF, table64, minimum, maximum, shared: false }
}

/// How often something is out of bounds, which ends the function.
const OUTSIDE: u64 = 3;

impl Edge<'_, '_> {
    /// Draws a memory: its index, whether addresses are wide, and its length in bytes as the module begins.
    pub(super) fn memory(&mut self) -> (u32, bool, u64) {
        let index = self.below(self.m.memories.len() as u64) as usize;
        let memory = self.m.memories[index];
        (index as u32, memory.memory64, memory.minimum << memory.page_size_log2.unwrap_or(16))
    }

    /// Draws the first byte of something of this size: in bounds, at the end, or outside, perhaps by one.
    pub(super) fn position(&mut self, size: u64, length: u64) -> u64 {
        let last = length.saturating_sub(size);
        match self.below(8) {
            0 if length > size => self.below(last + 1),
            1 => 0,
            2 => self.below(32).min(last),
            _ if self.once_in(OUTSIDE) => {
                last.wrapping_add(self.drawn(&[1, 1, 1, size, size, size + 1, 0x1000, 0x1_0000, 1u64.wrapping_neg()]))
            }
            _ => last,
        }
    }

    /// Pushes an address, and returns the offset that makes it `at`, or what wraps there.
    fn address(&mut self, at: u64, wide: bool) -> u64 {
        let top = if wide { u64::MAX } else { u32::MAX.into() };
        let offset = match self.below(11) {
            0..3 => 0,
            10 => self.drawn(&[0xffff, 0x1_0000, 0x1_0001]),
            3 => at & top,
            4 => at.saturating_sub(self.drawn(&[1, 2, 4, 8, 16])),
            5 => self.drawn(&[1, 7, 8, 15, 127, 128]),
            6 => self.drawn(&[0x7fff_ffff, 0x8000_0000, 0x1ff_ffff, 0x200_0000, 0x200_0001, 0xffff_ffff, 0xffff_fff0]),
            7 if wide => self.drawn(&[1 << 32, (1 << 32) + 1, 1 << 62, 1 << 63, u64::MAX, u64::MAX - 7, u64::MAX - 15]),
            _ => self.below(at.min(0x1_0000) + 1),
        } & top;
        // Where the offset is larger, the sum is out of bounds unless it wraps. Now and then the offset is what is too much.
        let base = if self.once_in(8) { at & top } else { at.wrapping_sub(offset) & top };
        match self.below(8) {
            // A sum.
            0 | 6 => {
                let part = self.drawn(&[1, 8, 0x80, 0x1000, 0xffff, 0x1_0000, 1u64.wrapping_neg()]);
                let rest = base.wrapping_sub(part) & top;
                self.opaque(if wide { V::I64 } else { V::I32 }, rest.into());
                self.integer(wide, part);
                self.put([if wide { I::I64Add } else { I::I32Add }]);
            }
            // A product.
            1 | 2 => {
                let shift = (1 + self.below(4)).min(base.trailing_zeros().into());
                self.opaque(if wide { V::I64 } else { V::I32 }, (base >> shift).into());
                self.put(match wide {
                    true => [I::I64Const(shift as i64), I::I64Shl],
                    false => [I::I32Const(shift as i32), I::I32Shl],
                });
                if self.once_in(2) {
                    self.integer(wide, 0);
                    self.put([if wide { I::I64Add } else { I::I32Add }]);
                }
            }
            // A number of 32 bits.
            3 if wide && base <= u32::MAX.into() => {
                self.opaque(V::I32, base.into());
                self.put([I::I64ExtendI32U]);
            }
            _ => self.integer(wide, base),
        }
        offset
    }

    /// An access at the end of a memory, or outside.
    pub(super) fn access(&mut self) {
        let (memory, wide, length) = self.memory();
        for _ in 0..1 + self.below(3) {
            if self.m.has.simd && self.once_in(3) {
                self.vector_access(memory, wide, length);
            } else {
                let (ty, kind) = (self.number(), self.below(8));
                let size = width(ty, kind);
                let at = self.position(size, length);
                let offset = self.address(at, wide);
                let m = argument(memory, offset);
                if self.once_in(2) {
                    self.any(ty);
                    self.put([store(ty, kind, m)]);
                } else {
                    self.put([load(ty, kind, m)]);
                    self.loaded(ty);
                }
            }
            self.passed_here(1);
        }
    }

    /// Notes what was loaded, or what an operator makes of it.
    fn loaded(&mut self, ty: V) {
        if self.once_in(2) { self.noted(ty) } else { self.taken(ty) }
    }

    fn vector_access(&mut self, memory: u32, wide: bool, length: u64) {
        let whole = self.once_in(3);
        let wanted = |row: &&Row| row.accesses && (!whole || ["V128Load", "V128Store"].contains(&row.name));
        let row = self.drawn(&vectors::ROWS.iter().filter(wanted).collect::<Vec<_>>());
        let size = row.bytes();
        let at = self.position(size, length);
        let offset = self.address(at, wide);
        if row.operands.len() > 1 {
            self.any(V::V128);
        }
        let instruction = row.instruction(self.m.random, (memory, offset));
        self.put([instruction]);
        if row.result.is_some() {
            self.loaded(V::V128);
        }
    }

    /// Loads and stores of all widths that overlap, some of which are done twice.
    pub(super) fn overlapping(&mut self) {
        let (memory, wide, length) = self.memory();
        if length < 64 {
            return self.access();
        }
        let ty = if wide { V::I64 } else { V::I32 };
        let base = self.fresh(ty);
        let start = self.below(length - 63);
        self.either(ty, start.into());
        self.put([I::LocalSet(base)]);
        let kinds: Vec<(V, u64)> = (0..2 + self.below(2)).map(|_| (self.number(), self.below(8))).collect();
        for _ in 0..3 + self.below(8) {
            let m = argument(memory, self.drawn(&[0, 0, 1, 2, 4, 7, 8, 8, 12, 15, 16, 24]));
            self.put([I::LocalGet(base)]);
            let stores = self.once_in(2);
            if self.m.has.simd && self.once_in(3) {
                if stores {
                    self.any(V::V128);
                    self.put([I::V128Store(m)]);
                } else {
                    self.put([I::V128Load(m)]);
                    self.noted(V::V128);
                }
                continue;
            }
            let (ty, kind) = self.drawn(&kinds);
            if stores {
                self.any(ty);
                self.put([store(ty, kind, m)]);
            } else {
                self.put([load(ty, kind, m)]);
                self.noted(ty);
            }
        }
    }

    /// Draws a length: none, one, around powers of two, or whatever is left.
    fn length(&mut self, most: u64) -> u64 {
        let drawn = match self.below(4) {
            0 => self.drawn(&[0, 0, 1, 2, 3]),
            1 => (1u64 << self.below(13)).wrapping_add(self.drawn(&[0, 1, u64::MAX])),
            2 => most,
            _ => self.below(40),
        };
        drawn.min(most)
    }

    /// A length as an operand. Now and then one that is far too large, but not in its lower half.
    fn length_operand(&mut self, wide: bool, length: u64) {
        let more = if wide && self.once_in(8) { self.drawn(&[1 << 32, 1 << 63]) } else { 0 };
        self.integer(wide, length + more);
    }

    /// A bulk operation of a memory: copies that overlap, fills up to the end, parts of the segment.
    pub(super) fn bulk(&mut self) {
        let (to, wide, length) = self.memory();
        let count = self.length(length);
        let at = self.position(count, length);
        match self.below(4) {
            0 => {
                self.integer(wide, at);
                let byte = self.drawn(&[0, 1, 0x7f, 0x80, 0xff, 0x100, 0x1ff]);
                self.integer(false, byte);
                self.length_operand(wide, count);
                self.put([I::MemoryFill(to)]);
            }
            1 => {
                let count = count.min(PASSIVE_BYTES);
                let from = self.position(count, PASSIVE_BYTES);
                if self.once_in(6) {
                    self.put([I::DataDrop(PASSIVE)]);
                }
                self.integer(wide, at);
                self.integer(false, from);
                self.integer(false, count);
                self.put([I::MemoryInit { mem: to, data_index: PASSIVE }]);
            }
            kind => {
                let (from, narrow, from_length) = if kind == 2 { (to, wide, length) } else { self.memory() };
                let source = match self.below(2) {
                    0 if from == to => at.wrapping_add(self.drawn(&[
                        0,
                        1,
                        u64::MAX,
                        8,
                        8u64.wrapping_neg(),
                        15,
                        16,
                        17u64.wrapping_neg(),
                        count,
                        count.wrapping_neg(),
                    ])),
                    _ => self.position(count, from_length),
                };
                self.integer(wide, at);
                self.integer(narrow, source);
                self.length_operand(wide && narrow, count);
                self.put([I::MemoryCopy { src_mem: from, dst_mem: to }]);
            }
        }
        self.passed_here(2);
    }

    /// Memories and tables grow: by nothing, to their maximum, and beyond. What was outside is then accessed.
    pub(super) fn growth(&mut self) {
        if self.m.has.references && self.once_in(3) {
            let table = self.below(self.m.tables.len() as u64) as u32;
            let wide = self.m.tables[table as usize].table64;
            let by = self.drawn(&[0, 1, 1, 2, 3, u64::MAX]);
            self.any(V::Ref(RefType::FUNCREF));
            self.integer(wide, by);
            self.put([I::TableGrow(table)]);
            self.noted(if wide { V::I64 } else { V::I32 });
            self.put([I::TableSize(table)]);
            self.noted(if wide { V::I64 } else { V::I32 });
            // The entries where it ended, and the one behind those that are new.
            let length = self.m.tables[table as usize].minimum;
            for at in [length.wrapping_sub(1), length, length.saturating_add(by)] {
                if at < length || self.once_in(2) {
                    self.integer(wide, at);
                    self.put([I::TableGet(table)]);
                    self.noted(V::Ref(RefType::FUNCREF));
                }
            }
            return;
        }
        let (index, wide, length) = self.memory();
        let memory = self.m.memories[index as usize];
        let page = memory.page_size_log2.unwrap_or(16);
        let ty = if wide { V::I64 } else { V::I32 };
        let room = memory.maximum.map_or(1, |maximum| maximum - memory.minimum);
        // Without a maximum, an engine that has no limit of its own would take 4 GiB.
        let many = memory.maximum.map_or(1, |_| 1 << self.drawn(&[16, 31]));
        let by = self.drawn(&[0, 1, room, room + 1, room.saturating_sub(1), u64::MAX, many]);
        // Something of it is read before and afterwards.
        let seen = length > 0 && self.once_in(2);
        let read = |e: &mut Self| {
            if seen {
                e.put([if wide { I::I64Const(0) } else { I::I32Const(0) }, I::I32Load8U(argument(index, length - 1))]);
                e.noted(V::I32);
            }
        };
        read(self);
        self.integer(wide, by);
        if self.once_in(3) {
            let grow = self.m.function(&[ty], &[ty], &[], vec![I::LocalGet(0), I::MemoryGrow(index)]);
            self.put([I::Call(grow)]);
        } else {
            self.put([I::MemoryGrow(index)]);
        }
        self.noted(ty);
        self.put([I::MemorySize(index)]);
        self.noted(ty);
        read(self);
        // The last byte, or the one after it.
        let beyond = self.below(2);
        self.put([I::MemorySize(index)]);
        self.put(match wide {
            true => [I::I64Const(page.into()), I::I64Shl, I::I64Const(1 - beyond as i64), I::I64Sub],
            false => [I::I32Const(page as i32), I::I32Shl, I::I32Const(1 - beyond as i32), I::I32Sub],
        });
        self.put([I::I32Load8U(argument(index, 0))]);
        self.noted(V::I32);
        if by == 1 {
            // What was the first byte outside.
            self.integer(wide, length);
            self.put([I::I32Load8U(argument(index, 0))]);
            self.noted(V::I32);
        }
    }

    /// An access to a table, or a call through it, at its end.
    pub(super) fn table(&mut self) {
        let table = self.below(self.m.tables.len() as u64) as u32;
        let TableType { table64: wide, minimum: length, .. } = self.m.tables[table as usize];
        let index_type = if wide { V::I64 } else { V::I32 };
        let kind = self.below(if self.m.has.references { 8 } else { 2 });
        let count = if kind < 5 { 1 } else { self.drawn(&[0, 0, 1, 2, 3]).min(length) };
        let mut at = self.position(count, length);
        if wide && self.once_in(8) {
            at |= 1 << 32;
        }
        match kind {
            0 | 1 => {
                let type_index = if self.once_in(6) { self.m.function_type(&[V::I64], &[V::I64]) } else { 0 };
                if type_index != 0 {
                    self.put([I::I64Const(7)]);
                }
                self.integer(wide, at);
                self.put([I::CallIndirect { type_index, table_index: table }]);
                self.noted(V::I64);
            }
            2 => {
                self.integer(wide, at);
                self.put([I::TableGet(table)]);
                self.noted(V::Ref(RefType::FUNCREF));
            }
            3 => {
                self.integer(wide, at);
                self.any(V::Ref(RefType::FUNCREF));
                self.put([I::TableSet(table)]);
            }
            4 => {
                self.put([I::TableSize(table)]);
                self.noted(index_type);
            }
            5 => {
                self.integer(wide, at);
                self.any(V::Ref(RefType::FUNCREF));
                self.length_operand(wide, count);
                self.put([I::TableFill(table)]);
            }
            6 => {
                let from = self.position(count, PASSIVE_FUNCTIONS);
                if self.once_in(6) {
                    self.put([I::ElemDrop(PASSIVE_ELEMENTS)]);
                }
                self.integer(wide, at);
                self.integer(false, from);
                self.integer(false, count);
                self.put([I::TableInit { elem_index: PASSIVE_ELEMENTS, table }]);
            }
            _ => {
                let from = self.below(self.m.tables.len() as u64) as u32;
                let TableType { table64: narrow, minimum: from_length, .. } = self.m.tables[from as usize];
                let source = self.position(count, from_length);
                self.integer(wide, at);
                self.integer(narrow, source);
                self.length_operand(wide && narrow, count);
                self.put([I::TableCopy { src_table: from, dst_table: table }]);
            }
        }
        self.passed_here(3);
    }

    /// An atomic access: at the end, misaligned by one, or both; a wait that ends at once, and a notification.
    pub(super) fn atomic(&mut self) {
        let (index, wide, length) = self.memory();
        let memory = self.m.memories[index as usize];
        let (make, ty, align, kind) = ACCESSES[self.below(ACCESSES.len() as u64) as usize];
        let size = 1 << align;
        let aligned = self.position(size, length) & !(size - 1);
        let at = if self.once_in(12) { aligned.wrapping_add(self.drawn(&[1, size / 2])) } else { aligned };
        let offset = self.address(at, wide);
        let m = MemArg { align, ..argument(index, offset) };
        match self.below(8) {
            0 if align == 2 => {
                let count = self.drawn(&[0, 1, u64::from(u32::MAX)]);
                self.integer(false, count);
                self.put([I::MemoryAtomicNotify(m)]);
                self.noted(V::I32);
            }
            // Nobody wakes it up: it ends by its time, or since the value is another one.
            1 if align >= 2 && (memory.shared || self.once_in(4)) => {
                let expected = self.drawn(&[0, 1, u64::MAX]);
                self.integer(align == 3, expected);
                self.put([I::I64Const(0)]);
                self.put([if align == 3 { I::MemoryAtomicWait64(m) } else { I::MemoryAtomicWait32(m) }]);
                self.noted(V::I32);
            }
            _ => {
                match kind {
                    Kind::Load => {}
                    Kind::Store | Kind::Modify => self.any(ty),
                    Kind::Exchange => {
                        let expected = self.drawn(&[0, 0, 1, 0xff, u64::MAX, 1 << 32, 1 << 63]);
                        self.integer(ty == V::I64, expected);
                        self.any(ty);
                    }
                }
                self.put([make(m)]);
                if kind != Kind::Store {
                    self.noted(ty);
                }
            }
        }
        self.passed_here(4);
    }
}

/// The number of bytes of an access.
fn width(ty: V, kind: u64) -> u64 {
    match (ty, kind) {
        (V::I32 | V::I64, 0 | 1) => 1,
        (V::I32 | V::I64, 2 | 3) => 2,
        (V::I64, 4 | 5) | (V::I32 | V::F32, _) => 4,
        _ => 8,
    }
}

/// The argument of an access without alignment.
pub(super) fn argument(memory: u32, offset: u64) -> MemArg {
    MemArg { offset, align: 0, target: MemArgTarget::Memory(memory), ordering: None }
}
