//! Shapes with a second memory and a second table: their addresses have 32 or 64 bits, their pages one byte or 64 KiB, and they
//! may be empty, unable to grow, or without a maximum. Bulk operations go between them and the first ones, and segments are
//! dropped before they are used.

use super::{Body, ELEMENTS};
use crate::random::Random;
use crate::triage::smith::features::Features;
use crate::triage::smith::operators::scalars::{load, store};
use crate::triage::smith::values::drawn;
use wasm_encoder::{HeapType, Instruction as I, MemArg, MemArgTarget, MemoryType, RefType, TableType, ValType as V};

/// The second memory.
pub(super) const MEMORY: u32 = 1;
/// The second table.
const TABLE: u32 = 1;
/// The index of the passive data segment, and of the passive element segment.
const PASSIVE: u32 = 1;

/// The properties of the second memory and the second table.
#[derive(Clone, Copy)]
pub(super) struct Spaces {
    pub memory: MemoryType,
    pub table: TableType,
}

/// Draws these properties.
pub(super) fn drawn_spaces(random: &mut Random, features: Features) -> Spaces {
    let memory64 = features.has("memory64") && random.below(2) == 0;
    let bytes = features.has("custom-page-sizes") && random.below(3) == 0;
    let some = if bytes { 0x1000 } else { 1 };
    let limits = |random: &mut Random, some: u64, most: u64| match random.below(6) {
        0 => (0, Some(0)),
        1 => (some, Some(some)),
        2 => (some, None),
        _ => (some, Some(most)),
    };
    let (minimum, mut maximum) = limits(random, some, 4 * some);
    let shared = features.has("threads") && random.below(2) == 0;
    if shared {
        maximum = maximum.or(Some(8 * some));
    }
    let memory = MemoryType { minimum, maximum, memory64, shared, page_size_log2: bytes.then_some(0) };
    let table64 = features.has("memory64") && random.below(2) == 0;
    let (minimum, maximum) = limits(random, ELEMENTS.0, ELEMENTS.1);
    let table = TableType { element_type: RefType::FUNCREF, table64, minimum, maximum, shared: false };
    Spaces { memory, table }
}

impl Spaces {
    /// The logarithm of the size of a page.
    fn page(&self) -> i32 {
        self.memory.page_size_log2.unwrap_or(16) as i32
    }
}

fn argument(offset: u64) -> MemArg {
    MemArg { offset, align: 0, target: MemArgTarget::Memory(MEMORY), ordering: None }
}

impl Body<'_> {
    /// Does one thing with the second memory or the second table.
    pub(super) fn spaces(&mut self, spaces: Spaces) {
        match self.below(12) {
            0..4 => self.second_access(spaces),
            4 | 5 => self.copied_memory(spaces),
            6 => {
                let wide = spaces.memory.memory64;
                if self.once_in(2) {
                    self.index(wide, 0x1ff);
                    self.index(false, 0xff);
                    self.index(wide, 0x1ff);
                    self.put([I::MemoryFill(MEMORY)]);
                } else {
                    self.dropped(I::DataDrop(PASSIVE));
                    self.index(wide, 0x1ff);
                    self.index(false, 0x1f);
                    self.index(false, 0x1f);
                    self.put([I::MemoryInit { mem: MEMORY, data_index: PASSIVE }]);
                }
            }
            7 => self.second_growth(spaces),
            8 | 9 => self.copied_table(spaces),
            _ => self.second_elements(spaces),
        }
    }

    /// Pushes an index of this width, at most the mask.
    fn index(&mut self, wide: bool, mask: i32) {
        let local = self.local(if wide { V::I64 } else { V::I32 });
        match wide {
            true => self.put([I::LocalGet(local), I::I64Const(mask.into()), I::I64And]),
            false => self.put([I::LocalGet(local), I::I32Const(mask), I::I32And]),
        }
    }

    /// Now and then drops a segment that is used next.
    fn dropped(&mut self, drop: I<'static>) {
        if self.once_in(5) {
            self.put([drop]);
        }
    }

    /// Mixes the number on the stack into a local.
    fn noted_index(&mut self, wide: bool) {
        let target = self.local(V::I64);
        if !wide {
            self.put([I::I64ExtendI32U]);
        }
        self.put([I::LocalGet(target), I::I64Const(13), I::I64Rotl, I::I64Xor, I::LocalSet(target)]);
    }

    /// Makes a load or a store: inside, at the current end, or far outside.
    fn second_access(&mut self, spaces: Spaces) {
        let wide = spaces.memory.memory64;
        // There is nothing to access.
        if spaces.memory.minimum == 0 && !self.once_in(8) {
            self.put([I::MemorySize(MEMORY)]);
            return self.noted_index(wide);
        }
        let ty = self.ty();
        let offset = match self.below(16) {
            0..4 => {
                self.put([I::MemorySize(MEMORY)]);
                let page = spaces.page();
                self.put(match wide {
                    true => [I::I64Const(page.into()), I::I64Shl, I::I64Const(24), I::I64Sub],
                    false => [I::I32Const(page), I::I32Shl, I::I32Const(24), I::I32Sub],
                });
                let beyond = self.once_in(8);
                self.below(if beyond { 25 } else { 17 })
            }
            4 if self.once_in(6) => {
                let local = self.local(if wide { V::I64 } else { V::I32 });
                self.put([I::LocalGet(local)]);
                match wide {
                    true => drawn(self.random, &[0, 8, 1 << 32, 1 << 63, u64::MAX - 7, u64::MAX]),
                    false => drawn(self.random, &[0, 8, 1 << 31, 0xffff_fff8, 0xffff_ffff]),
                }
            }
            _ => {
                self.index(wide, 0x7ff);
                drawn(self.random, &[0, 0, 1, 2, 4, 8, 120, 128, 200])
            }
        };
        let kind = self.below(8);
        if self.once_in(2) {
            self.expression(ty, 1);
            self.settled(ty);
            self.put([store(ty, kind, argument(offset))]);
        } else {
            let to = self.local(ty);
            self.put([load(ty, kind, argument(offset)), I::LocalSet(to)]);
        }
    }

    /// Copies from one memory to another, or within the second one.
    fn copied_memory(&mut self, spaces: Spaces) {
        let (dst_mem, src_mem) = drawn(self.random, &[(0, MEMORY), (MEMORY, 0), (MEMORY, MEMORY)]);
        let wide = |memory: u32| memory == MEMORY && spaces.memory.memory64;
        self.index(wide(dst_mem), 0x1ff);
        self.index(wide(src_mem), 0x1ff);
        self.index(wide(dst_mem) && wide(src_mem), 0x1ff);
        self.put([I::MemoryCopy { src_mem, dst_mem }]);
    }

    /// Grows one of them, by so little that loops may do it.
    fn second_growth(&mut self, spaces: Spaces) {
        let memory = self.once_in(2);
        let wide = if memory { spaces.memory.memory64 } else { spaces.table.table64 };
        let by = self.below(3) as i32;
        if !memory {
            self.put([I::RefNull(HeapType::FUNC)]);
        }
        self.put([if wide { I::I64Const(by.into()) } else { I::I32Const(by) }]);
        self.put([if memory { I::MemoryGrow(MEMORY) } else { I::TableGrow(TABLE) }]);
        self.noted_index(wide);
    }

    /// Copies from one table to another, or within the second one, or elements of a segment.
    fn copied_table(&mut self, spaces: Spaces) {
        let wide = |table: u32| table == TABLE && spaces.table.table64;
        if self.once_in(3) {
            self.dropped(I::ElemDrop(PASSIVE));
            self.index(spaces.table.table64, 3);
            self.index(false, 3);
            self.index(false, 3);
            return self.put([I::TableInit { elem_index: PASSIVE, table: TABLE }]);
        }
        let (dst_table, src_table) = drawn(self.random, &[(0, TABLE), (TABLE, 0), (TABLE, TABLE)]);
        self.index(wide(dst_table), 3);
        self.index(wide(src_table), 3);
        self.index(wide(dst_table) && wide(src_table), 3);
        self.put([I::TableCopy { src_table, dst_table }]);
    }

    /// Reads or writes elements, or fills them with one.
    fn second_elements(&mut self, spaces: Spaces) {
        let wide = spaces.table.table64;
        if spaces.table.minimum == 0 && !self.once_in(8) {
            self.put([I::TableSize(TABLE)]);
            return self.noted_index(wide);
        }
        let element = self.below(8) as i32;
        match self.below(3) {
            0 => {
                self.index(wide, 7);
                self.put([I::TableGet(TABLE), I::RefIsNull]);
                self.noted_index(false);
            }
            1 => {
                self.index(wide, 7);
                self.put([I::I32Const(element), I::TableGet(0), I::TableSet(TABLE)]);
            }
            _ => {
                self.index(wide, 3);
                self.put([I::I32Const(element), I::TableGet(0)]);
                self.index(wide, 3);
                self.put([I::TableFill(TABLE)]);
            }
        }
    }
}
