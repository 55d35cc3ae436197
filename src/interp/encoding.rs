//! The words after an instruction's head: operand layouts, each a whole number of 64-bit words.
//!
//! An instruction is a head word (opcode number, or address of its handler) and the words of one [`Operands`] type.
//! A handler reads them in place. Where an operation has a destination, it is the first field (`dst`): the translator
//! re-aims it when a `local.set` follows.

use std::fmt;

/// A 64-bit slot of the frame, relative to its frame pointer: locals are negative, temporaries start at
/// [`super::frame::HEADER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Slot(pub i16);

/// A branch target, in words relative to the start of the branch's own instruction. Backward ones poll for interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Target(pub i32);

/// Unused bytes, always 0.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Pad<T>(T);

pub const P16: Pad<u16> = Pad(0);
pub const P32: Pad<u32> = Pad(0);
pub const P64: Pad<u64> = Pad(0);
pub const P48: Pad<[u16; 3]> = Pad([0; 3]);

/// A field as a listing shows it.
pub trait Field: Copy {
    /// Appends the field. `at` is the word index of the instruction.
    fn show(self, at: usize, out: &mut String);
}

impl Field for Slot {
    fn show(self, _: usize, out: &mut String) {
        use fmt::Write;
        let _ = match usize::try_from(self.0) {
            Ok(n) => write!(out, " t{}", n.saturating_sub(super::frame::HEADER)),
            Err(_) => write!(out, " l[{}]", self.0),
        };
    }
}

impl Field for Target {
    fn show(self, at: usize, out: &mut String) {
        use fmt::Write;
        let _ = write!(out, " ->{:04}", at as i64 + i64::from(self.0));
    }
}

impl<T: Copy> Field for Pad<T> {
    fn show(self, _: usize, _: &mut String) {}
}

macro_rules! numbers {
    ($($t:ty),*) => {$(impl Field for $t {
        fn show(self, _: usize, out: &mut String) {
            use fmt::Write;
            let _ = write!(out, " {self}");
        }
    })*};
}
numbers!(i32, u32, u64, u16);

/// A layout of operands.
///
/// # Safety
/// `#[repr(C)]`, without uninitialized bytes, valid for every bit pattern, of `WORDS * 8` bytes and of at most that
/// alignment.
pub unsafe trait Operands: Copy + 'static {
    const WORDS: usize;
    const LAYOUT: Layout;
    fn show(&self, at: usize, out: &mut String);
}

macro_rules! layouts {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $ty:ty),* })*) => {
        /// Names a layout: an opcode must be decoded with the layout that it is encoded with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Layout { $($name),* }

        impl Layout {
            /// The number of words of the operands.
            pub fn words(self) -> usize {
                match self { $(Layout::$name => $name::WORDS),* }
            }

            /// Appends the operands that start at `words[0]`.
            pub fn show(self, words: &[u64], at: usize, out: &mut String) {
                match self { $(Layout::$name => decode::<$name>(words).show(at, out)),* }
            }
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            #[repr(C)]
            pub struct $name { $(pub $field: $ty),* }

            const _: () = assert!(size_of::<$name>() % 8 == 0 && align_of::<$name>() <= 8);
            const _: () = assert!(size_of::<$name>() == 0 $(+ size_of::<$ty>())*, "no padding but the declared");

            // SAFETY: repr(C), fields are integers or transparent wrappers of integers, sizes are asserted above.
            unsafe impl Operands for $name {
                const WORDS: usize = size_of::<$name>() / 8;
                const LAYOUT: Layout = Layout::$name;
                #[allow(unused_variables, reason = "a layout may have no fields")]
                fn show(&self, at: usize, out: &mut String) {
                    $(self.$field.show(at, out);)*
                }
            }
        )*
    };
}

layouts! {
    Nothing {}
    /// An unused word, which makes all returns as long as a jump.
    Blank { pad: Pad<u64> }
    D { dst: Slot, pad: Pad<[u16; 3]> }
    Da { dst: Slot, a: Slot, pad: Pad<u32> }
    Dab { dst: Slot, a: Slot, b: Slot, pad: Pad<u16> }
    Dabc { dst: Slot, a: Slot, b: Slot, c: Slot }
    Dabcd { dst: Slot, a: Slot, b: Slot, c: Slot, d: Slot, pad: Pad<[u16; 3]> }
    Di { dst: Slot, pad: Pad<u16>, imm: i32 }
    Dai { dst: Slot, a: Slot, imm: i32 }
    Dal { dst: Slot, a: Slot, pad: Pad<u32>, imm: u64 }
    Dl { dst: Slot, pad: Pad<[u16; 3]>, imm: u64 }
    /// A vector, or the bytes that are shuffled together from two: the first half first.
    Dll { dst: Slot, pad: Pad<[u16; 3]>, low: u64, high: u64 }
    Dabll { dst: Slot, a: Slot, b: Slot, pad: Pad<u16>, low: u64, high: u64 }
    DaLane { dst: Slot, a: Slot, lane: u16, pad: Pad<u16> }
    DabLane { dst: Slot, a: Slot, b: Slot, lane: u16 }
    /// A destination and the index of an entity.
    Dx { dst: Slot, pad: Pad<u16>, index: u32 }
    Dax { dst: Slot, a: Slot, index: u32 }
    /// `count` slots from `a` on.
    Daxn { dst: Slot, a: Slot, pad: Pad<u32>, index: u32, count: u32 }
    Dabxx { dst: Slot, a: Slot, b: Slot, pad: Pad<u16>, index: u32, index2: u32 }
    /// `wide`: 1 if `b` has 64 bits. `gc`: 1 if `a` is a reference into the GC heap.
    Dabx { dst: Slot, a: Slot, b: Slot, wide: u16, index: u32, gc: u32 }
    /// A source and the index of an entity.
    Ax { a: Slot, pad: Pad<u16>, index: u32 }
    Abx { a: Slot, b: Slot, index: u32 }
    Abc { a: Slot, b: Slot, c: Slot, pad: Pad<u16> }
    Abcdx { a: Slot, b: Slot, c: Slot, d: Slot, index: u32, pad: Pad<u32> }
    Abcde { a: Slot, b: Slot, c: Slot, d: Slot, e: Slot, pad: Pad<[u16; 3]> }
    /// `wide`: the operands that are indices of 64 bits, as flags 1, 2 and 4; the others have 32.
    Abcx { a: Slot, b: Slot, c: Slot, wide: u16, index: u32, index2: u32 }
    X { index: u32, pad: Pad<u32> }
    /// A counted place, and what a passing of it weighs.
    Counted { place: u32, weight: u32 }
    A { a: Slot, pad: Pad<[u16; 3]> }
    /// Load: address `a`.
    Load { dst: Slot, a: Slot, offset: u32 }
    /// Address `a + b`.
    LoadAb { dst: Slot, a: Slot, b: Slot, offset: u16 }
    /// In any memory. `wide`: 1 if the address has 64 bits.
    LoadM { dst: Slot, a: Slot, memory: u16, wide: u16, offset: u64 }
    /// Store: address `a`, value `b`.
    Store { a: Slot, b: Slot, offset: u32 }
    /// Address `a + b`, value `c`.
    StoreAbc { a: Slot, b: Slot, c: Slot, offset: u16 }
    StoreAi { offset: u32, imm: i32 }
    StoreK { a: Slot, pad: Pad<[u16; 3]>, offset: u32, imm: i32 }
    StoreM { a: Slot, b: Slot, memory: u16, wide: u16, offset: u64 }
    /// Address `a`, vector `b`.
    LoadLane { dst: Slot, a: Slot, b: Slot, lane: u16, memory: u16, wide: u16, pad: Pad<u32>, offset: u64 }
    StoreLane { a: Slot, b: Slot, lane: u16, memory: u16, wide: u16, pad: Pad<[u16; 3]>, offset: u64 }
    /// The report of a store: address `a`, of 64 bits if `wide` is 1, value `b`.
    Trace { a: Slot, b: Slot, wide: u32, offset: u64, kind: u64 }
    /// The report of a store of a lane: `bits` of the vector from bit `from` on.
    TraceLane { a: Slot, b: Slot, from: u16, bits: u16, wide: u32, pad: Pad<u32>, offset: u64, kind: u64 }
    /// Address `a`, operands `b` and `c` where there are that many; `kind` is an encoded
    /// [`AtomicKind`](super::atomics::AtomicKind).
    Atomic { dst: Slot, a: Slot, b: Slot, c: Slot, memory: u16, wide: u16, kind: u16, pad: Pad<u16>, offset: u64 }
    Jump { to: Target, pad: Pad<u32> }
    JumpA { to: Target, a: Slot, pad: Pad<u16> }
    JumpAb { to: Target, a: Slot, b: Slot }
    JumpI { to: Target, imm: i32 }
    JumpAi { to: Target, imm: i32, a: Slot, pad: Pad<[u16; 3]> }
    /// `count` targets follow the instruction, one a word, then the default.
    Table { a: Slot, pad: Pad<u16>, count: u32 }
    /// Call: arguments from `base` on, results to `base` on.
    Call { base: Slot, pad: Pad<u16>, index: u32 }
    CallRef { base: Slot, a: Slot, pad: Pad<u32> }
    CallIndirect { base: Slot, a: Slot, table: u32, ty: u32, pad: Pad<u32> }
    /// For the tag, or for `switch`: `count` slots from `a` on go to another stack, `results` slots come back there.
    Suspension { a: Slot, pad: Pad<u16>, tag: u32, count: u32, results: u32 }
    /// The same for a `resume`; `tag` is that of `resume_throw`. `handlers` handlers follow the instruction, two words
    /// each: see [`handler`](super::continuations::handler).
    Resumption { a: Slot, pad: Pad<u16>, count: u32, results: u32, handlers: u32, tag: u32, pad2: Pad<u32> }
    /// Return: `to` is where the caller expects the first result.
    Return { a: Slot, to: Slot, count: u32 }
}

/// Appends the words of `operands`.
pub fn encode<T: Operands>(operands: T, out: &mut Vec<u64>) {
    let start = out.len();
    out.resize(start + T::WORDS, 0);
    // SAFETY: `Operands` has no uninitialized bytes and takes exactly `WORDS` words, which were just appended.
    unsafe { out.as_mut_ptr().add(start).cast::<T>().write(operands) }
}

/// Reads operands back.
pub fn decode<T: Operands>(words: &[u64]) -> T {
    assert!(words.len() >= T::WORDS);
    // SAFETY: long enough by the assertion; `Operands` is valid for every bit pattern.
    unsafe { words.as_ptr().cast::<T>().read() }
}
