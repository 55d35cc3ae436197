//! Indices of intervals, blocks and loops, tables that accept only the right kind of index, and positions in the code.

use regalloc2::{Block, Inst, VReg};
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Index, IndexMut, Range};

/// A number that indexes a [`Table`].
pub(super) trait TableIndex: Copy {
    fn from_number(n: usize) -> Self;
    fn number(self) -> usize;
}

macro_rules! indices {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub(super) struct $name(pub u32);

        impl $name {
            /// The index of no element.
            pub const NONE: $name = $name(u32::MAX);

            pub fn is_none(self) -> bool {
                self == Self::NONE
            }
        }

        impl TableIndex for $name {
            fn from_number(n: usize) -> $name {
                $name(n as u32)
            }

            fn number(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

indices! {
    /// A live interval: the number of its virtual register, or a higher number for a slot that only a cycle of moves uses.
    IntervalId;
    /// A block: its number in reverse postorder.
    BlockId;
    /// A loop. An outer loop has a higher number than the loops inside it.
    LoopIndex;
}

impl IntervalId {
    pub fn of(vreg: VReg) -> IntervalId {
        IntervalId(vreg.vreg() as u32)
    }
}

impl BlockId {
    pub const ENTRY: BlockId = BlockId(0);

    pub fn of(block: Block) -> BlockId {
        BlockId(block.index() as u32)
    }

    pub fn block(self) -> Block {
        Block::new(self.0 as usize)
    }
}

/// A vector with its own index type.
#[derive(Debug)]
pub(super) struct Table<I, T> {
    items: Vec<T>,
    index: PhantomData<fn(I)>,
}

impl<I, T> Default for Table<I, T> {
    fn default() -> Self {
        Table { items: Vec::new(), index: PhantomData }
    }
}

impl<I: TableIndex, T> Table<I, T> {
    /// All indices, in order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::from_number)
    }

    pub fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::from_number(self.items.len() - 1)
    }

    /// Resets the table to `len` equal items.
    pub fn reset(&mut self, len: usize, item: T)
    where
        T: Clone,
    {
        self.items.clear();
        self.items.resize(len, item);
    }

    pub fn extend(&mut self, items: impl IntoIterator<Item = T>) {
        self.items.extend(items);
    }

    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// Makes the table long enough for an index; existing items are kept.
    pub fn grow_to(&mut self, index: I, item: T)
    where
        T: Clone,
    {
        if index.number() >= self.items.len() {
            self.items.resize(index.number() + 1, item);
        }
    }
}

impl<I: TableIndex, T> Index<I> for Table<I, T> {
    type Output = T;

    #[inline]
    fn index(&self, index: I) -> &T {
        &self.items[index.number()]
    }
}

impl<I: TableIndex, T> IndexMut<I> for Table<I, T> {
    #[inline]
    fn index_mut(&mut self, index: I) -> &mut T {
        &mut self.items[index.number()]
    }
}

impl<I, T> Deref for Table<I, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<I, T> DerefMut for Table<I, T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}

/// A place in the code: the number of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Position(pub u32);

impl Position {
    /// After all code: the next use of a value without further uses.
    pub const NEVER: Position = Position(0x7fff_ffff);
    /// No position.
    pub const NONE: Position = Position(u32::MAX);

    pub fn of(inst: Inst) -> Position {
        Position(inst.index() as u32)
    }

    pub fn inst(self) -> Inst {
        Inst::new(self.0 as usize)
    }

    pub fn number(self) -> usize {
        self.0 as usize
    }

    /// The number of instructions to a later position; 0 if it is not later.
    pub fn distance_to(self, later: Position) -> u32 {
        later.0.saturating_sub(self.0)
    }
}

/// A use: the position of the next use of the same value, and whether this one is the last: the value is not used later
/// in the block or on any path that follows no back edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextUse(u32);

impl NextUse {
    const ENDS: u32 = 0x8000_0000;

    pub fn new(next: Position, ends: bool) -> NextUse {
        NextUse(next.0 | if ends { NextUse::ENDS } else { 0 })
    }

    pub fn position(self) -> Position {
        Position(self.0 & !NextUse::ENDS)
    }

    pub fn ends(self) -> bool {
        self.0 & NextUse::ENDS != 0
    }
}

/// A range of a list that blocks or loops share.
#[derive(Clone, Copy, Debug)]
pub(super) struct ListRange {
    from: u32,
    to: u32,
}

impl ListRange {
    pub const EMPTY: ListRange = ListRange { from: 0, to: 0 };

    pub fn new(from: usize, to: usize) -> ListRange {
        ListRange { from: from as u32, to: to as u32 }
    }

    pub fn indices(self) -> Range<usize> {
        self.from as usize..self.to as usize
    }

    pub fn len(self) -> usize {
        self.indices().len()
    }
}
