//! Quick validation: checks whether a body that uses only what nearly all bodies use is valid. Large programs spend most of
//! their startup time on validation, and a function with a table and a few cases does it in less than half the time.
//!
//! The answer is "valid" or "not known". Errors are found and described by `wasmparser` alone, which validates every body with
//! an unknown result from its beginning. The requirement for this file is never to call a body valid that `wasmparser` refuses.
//! It supports the language of version 2.0 with 64-bit memories, tail calls and exceptions, but of references only `funcref`,
//! `externref` and `exnref`, and no subtypes. Anything else deserves a case here only if programs are full of it.
//!
//! Types are the bytes of the binary format. The algorithm is the
//! [specification's](https://webassembly.github.io/spec/core/appendix/algorithm.html).

use super::{CompositeInnerType, Module, RefType, ValType, WasmFeatures};
use std::ops::Range;

const I32: u8 = 0x7f;
const I64: u8 = 0x7e;
const F32: u8 = 0x7d;
const F64: u8 = 0x7c;
const V128: u8 = 0x7b;
const FUNCREF: u8 = 0x70;
const EXTERNREF: u8 = 0x6f;
const EXNREF: u8 = 0x69;
/// Represents an operand of any type in unreachable code. No type has this byte.
const ANY: u8 = 0;
/// The block type of a block without values.
const EMPTY: u8 = 0x40;

/// The maximum number of bytes of a body.
const MOST_BYTES: usize = 4 << 20;
/// The maximum number of locals of a function, including its parameters.
const MOST_LOCALS: usize = 4096;
/// The maximum number of values of a function type, which bounds the time for a branch or a call.
const MOST_VALUES: usize = 32;
/// The maximum number of clauses of a `try_table`.
const MOST_CATCHES: u32 = 100;
/// The maximum number of operands before a call.
const MOST_OPERANDS: usize = 1 << 20;

fn code(ty: ValType) -> Option<u8> {
    Some(match ty {
        ValType::I32 => I32,
        ValType::I64 => I64,
        ValType::F32 => F32,
        ValType::F64 => F64,
        ValType::V128 => V128,
        ValType::Ref(RefType::FUNCREF) => FUNCREF,
        ValType::Ref(RefType::EXTERNREF) => EXTERNREF,
        ValType::Ref(RefType::EXNREF) => EXNREF,
        ValType::Ref(_) => return None,
    })
}

fn is_type(byte: u8) -> bool {
    matches!(byte, V128..=I32) || is_reference(byte)
}

fn is_reference(byte: u8) -> bool {
    matches!(byte, FUNCREF | EXTERNREF | EXNREF)
}

/// A list of value types in [`Context::lists`].
#[derive(Clone, Copy, PartialEq, Eq)]
struct List {
    start: u32,
    len: u32,
}

impl List {
    /// The list of no types.
    const EMPTY: List = List { start: 0, len: 0 };

    fn range(self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// Everything that bodies of a module refer to. Where an entry is `None`, it has types that are not supported here.
pub(super) struct Context {
    /// First a single type for each byte, so that a list of one type is at the index of its byte; then those of function
    /// types.
    lists: Vec<u8>,
    /// The parameters and results, by type index.
    types: Vec<Option<(List, List)>>,
    /// The type index, by function index.
    functions: Vec<u32>,
    /// The type of the elements, by table index.
    tables: Vec<Option<u8>>,
    /// The address type of the memory, if there is one.
    memory: Option<u8>,
    /// The type, and whether it is mutable, by global index.
    globals: Vec<Option<(u8, bool)>>,
    /// The payload of an exception, by tag index.
    tags: Vec<Option<List>>,
}

impl Context {
    /// Creates the context of a module whose sections can be read. Judgements of bodies are correct only if everything else in
    /// the module is valid. `None` if the language lacks something supported here, or the module shares more than memories.
    pub fn new(module: &Module) -> Option<Context> {
        const KNOWN: WasmFeatures = WasmFeatures::WASM2.union(WasmFeatures::TAIL_CALL).union(WasmFeatures::EXCEPTIONS);
        let shares = module.types.iter().any(|ty| ty.composite_type.shared)
            || module.globals.iter().any(|global| global.ty.shared)
            || module.tables.iter().any(|table| table.ty.shared);
        if shares || !module.features.contains(KNOWN) {
            return None;
        }
        let mut lists: Vec<u8> = (0..=u8::MAX).collect();
        let mut list = |types: &[ValType]| {
            let start = lists.len();
            if types.len() > MOST_VALUES {
                return None;
            }
            for &ty in types {
                lists.push(code(ty)?);
            }
            Some(match lists[start..] {
                [] => List::EMPTY,
                [one] => List { start: one.into(), len: 1 },
                [..] => List { start: u32::try_from(start).ok()?, len: types.len() as u32 },
            })
        };
        let types = module.types.iter().map(|ty| match &ty.composite_type.inner {
            CompositeInnerType::Func(ty) => Some((list(ty.params())?, list(ty.results())?)),
            _ => None,
        });
        let types: Vec<Option<(List, List)>> = types.collect();
        let table = |ty: &super::TableType| code(ValType::Ref(ty.element_type)).filter(|_| !ty.table64);
        // A tag with results is for suspending, and cannot be thrown.
        let payload = |&ty: &u32| {
            let (params, results) = types.get(ty as usize).copied().flatten()?;
            (results == List::EMPTY).then_some(params)
        };
        Some(Context {
            tags: module.tags.iter().map(payload).collect(),
            types,
            lists,
            functions: module.functions.clone(),
            tables: module.tables.iter().map(|t| table(&t.ty)).collect(),
            memory: module.memories.first().map(|memory| if memory.memory64 { I64 } else { I32 }),
            globals: module.globals.iter().map(|g| Some((code(g.ty.content_type)?, g.ty.mutable))).collect(),
        })
    }

    fn list(&self, list: List) -> &[u8] {
        &self.lists[list.range()]
    }

    /// Returns the signature of a function type.
    fn signature(&self, ty: u32) -> Option<(List, List)> {
        *self.types.get(ty as usize)?
    }
}

/// A structure that has not ended yet.
#[derive(Clone, Copy)]
struct Frame {
    kind: Kind,
    /// The number of operands below it.
    height: usize,
    /// Whether the rest of it is never executed, so that operands may be of any type.
    unreachable: bool,
    params: List,
    results: List,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A block, the second half of an `if`, or the body.
    Block,
    Loop,
    If,
}

impl Frame {
    /// Returns what a branch to it takes.
    fn label(&self) -> List {
        if self.kind == Kind::Loop { self.params } else { self.results }
    }
}

/// The shape of an operator that does not affect control.
#[derive(Clone, Copy)]
enum Shape {
    /// Not supported here, or handled separately.
    Other,
    Unary {
        from: u8,
        to: u8,
    },
    Binary {
        from: u8,
        to: u8,
    },
    /// An operator on three vectors.
    Ternary,
    /// A shift of a vector by a number of bits.
    Shift,
    /// The logarithm of the largest alignment.
    Load {
        to: u8,
        align: u8,
    },
    Store {
        from: u8,
        align: u8,
    },
    /// The number of lanes.
    Extract {
        to: u8,
        lanes: u8,
    },
    Replace {
        from: u8,
        lanes: u8,
    },
    LoadLane {
        align: u8,
        lanes: u8,
    },
    StoreLane {
        align: u8,
        lanes: u8,
    },
}

/// Shapes by opcode.
static PLAIN: [Shape; 256] = {
    let mut table = [Shape::Other; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = plain(code as u8);
        code += 1;
    }
    table
};

const fn unary(from: u8, to: u8) -> Shape {
    Shape::Unary { from, to }
}

const fn binary(from: u8, to: u8) -> Shape {
    Shape::Binary { from, to }
}

const fn plain(code: u8) -> Shape {
    match code {
        0x28 => Shape::Load { to: I32, align: 2 },
        0x29 => Shape::Load { to: I64, align: 3 },
        0x2a => Shape::Load { to: F32, align: 2 },
        0x2b => Shape::Load { to: F64, align: 3 },
        0x2c | 0x2d => Shape::Load { to: I32, align: 0 },
        0x2e | 0x2f => Shape::Load { to: I32, align: 1 },
        0x30 | 0x31 => Shape::Load { to: I64, align: 0 },
        0x32 | 0x33 => Shape::Load { to: I64, align: 1 },
        0x34 | 0x35 => Shape::Load { to: I64, align: 2 },
        0x36 => Shape::Store { from: I32, align: 2 },
        0x37 => Shape::Store { from: I64, align: 3 },
        0x38 => Shape::Store { from: F32, align: 2 },
        0x39 => Shape::Store { from: F64, align: 3 },
        0x3a => Shape::Store { from: I32, align: 0 },
        0x3b => Shape::Store { from: I32, align: 1 },
        0x3c => Shape::Store { from: I64, align: 0 },
        0x3d => Shape::Store { from: I64, align: 1 },
        0x3e => Shape::Store { from: I64, align: 2 },
        0x45 => unary(I32, I32),
        0x46..=0x4f => binary(I32, I32),
        0x50 => unary(I64, I32),
        0x51..=0x5a => binary(I64, I32),
        0x5b..=0x60 => binary(F32, I32),
        0x61..=0x66 => binary(F64, I32),
        0x67..=0x69 | 0xc0 | 0xc1 => unary(I32, I32),
        0x6a..=0x78 => binary(I32, I32),
        0x79..=0x7b | 0xc2..=0xc4 => unary(I64, I64),
        0x7c..=0x8a => binary(I64, I64),
        0x8b..=0x91 => unary(F32, F32),
        0x92..=0x98 => binary(F32, F32),
        0x99..=0x9f => unary(F64, F64),
        0xa0..=0xa6 => binary(F64, F64),
        0xa7 => unary(I64, I32),
        0xa8 | 0xa9 | 0xbc => unary(F32, I32),
        0xaa | 0xab => unary(F64, I32),
        0xac | 0xad => unary(I32, I64),
        0xae | 0xaf => unary(F32, I64),
        0xb0 | 0xb1 | 0xbd => unary(F64, I64),
        0xb2 | 0xb3 | 0xbe => unary(I32, F32),
        0xb4 | 0xb5 => unary(I64, F32),
        0xb6 => unary(F64, F32),
        0xb7 | 0xb8 => unary(I32, F64),
        0xb9 | 0xba | 0xbf => unary(I64, F64),
        0xbb => unary(F32, F64),
        _ => Shape::Other,
    }
}

/// Returns the shape for the code after the prefix 0xfc.
const fn saturating(code: u32) -> Shape {
    match code {
        0 | 1 => unary(F32, I32),
        2 | 3 => unary(F64, I32),
        4 | 5 => unary(F32, I64),
        6 | 7 => unary(F64, I64),
        _ => Shape::Other,
    }
}

/// Returns the shape for the code after the prefix 0xfd.
const fn vector(code: u32) -> Shape {
    match code {
        0 => Shape::Load { to: V128, align: 4 },
        1..=6 | 10 | 93 => Shape::Load { to: V128, align: 3 },
        7 => Shape::Load { to: V128, align: 0 },
        8 => Shape::Load { to: V128, align: 1 },
        9 | 92 => Shape::Load { to: V128, align: 2 },
        11 => Shape::Store { from: V128, align: 4 },
        15..=17 => unary(I32, V128),
        18 => unary(I64, V128),
        19 => unary(F32, V128),
        20 => unary(F64, V128),
        21 | 22 => Shape::Extract { to: I32, lanes: 16 },
        23 => Shape::Replace { from: I32, lanes: 16 },
        24 | 25 => Shape::Extract { to: I32, lanes: 8 },
        26 => Shape::Replace { from: I32, lanes: 8 },
        27 => Shape::Extract { to: I32, lanes: 4 },
        28 => Shape::Replace { from: I32, lanes: 4 },
        29 => Shape::Extract { to: I64, lanes: 2 },
        30 => Shape::Replace { from: I64, lanes: 2 },
        31 => Shape::Extract { to: F32, lanes: 4 },
        32 => Shape::Replace { from: F32, lanes: 4 },
        33 => Shape::Extract { to: F64, lanes: 2 },
        34 => Shape::Replace { from: F64, lanes: 2 },
        82 => Shape::Ternary,
        84 => Shape::LoadLane { align: 0, lanes: 16 },
        85 => Shape::LoadLane { align: 1, lanes: 8 },
        86 => Shape::LoadLane { align: 2, lanes: 4 },
        87 => Shape::LoadLane { align: 3, lanes: 2 },
        88 => Shape::StoreLane { align: 0, lanes: 16 },
        89 => Shape::StoreLane { align: 1, lanes: 8 },
        90 => Shape::StoreLane { align: 2, lanes: 4 },
        91 => Shape::StoreLane { align: 3, lanes: 2 },
        // `any_true`, `all_true` and `bitmask`.
        83 | 99 | 100 | 131 | 132 | 163 | 164 | 195 | 196 => unary(V128, I32),
        107..=109 | 139..=141 | 171..=173 | 203..=205 => Shape::Shift,
        // `not`, conversions, `abs`, `neg`, `popcnt`, roundings, widenings, roots, truncations.
        77 | 94..=98 | 103..=106 | 116 | 117 | 122 | 124..=129 | 135..=138 | 148 | 160 | 161 | 167..=170 => {
            unary(V128, V128)
        }
        192 | 193 | 199..=202 | 224 | 225 | 227 | 236 | 237 | 239 | 248..=255 => unary(V128, V128),
        // `swizzle`, comparisons, logic, narrowing, arithmetic, extrema, products.
        14 | 35..=76 | 78..=81 | 101 | 102 | 110..=115 | 118..=121 | 123 | 130 | 133 | 134 => binary(V128, V128),
        142..=147 | 149..=153 | 155..=159 | 174 | 177 | 181..=186 | 188..=191 | 206 | 209 | 213..=223 => {
            binary(V128, V128)
        }
        228..=235 | 240..=247 => binary(V128, V128),
        _ => Shape::Other,
    }
}

/// Validates bodies one after another, reusing the same memory.
#[derive(Default)]
pub(super) struct QuickValidator {
    locals: Vec<u8>,
    stack: Vec<u8>,
    frames: Vec<Frame>,
}

impl QuickValidator {
    /// Returns whether the body of a function of this type is known to be valid.
    pub fn is_valid(&mut self, context: &Context, ty: u32, body: &[u8]) -> bool {
        if body.len() > MOST_BYTES {
            return false;
        }
        let QuickValidator { mut locals, mut stack, mut frames } = std::mem::take(self);
        locals.clear();
        stack.clear();
        frames.clear();
        let mut body = Body { context, bytes: Bytes { bytes: body, at: 0 }, locals, stack, frames, height: 0 };
        let known = body.check(ty).is_some();
        *self = QuickValidator { locals: body.locals, stack: body.stack, frames: body.frames };
        known
    }
}

/// Bytes that are read from the front. Reading returns `None` if there are too few bytes, or they are not a number.
#[derive(Clone, Copy)]
struct Bytes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bytes<'_> {
    #[inline(always)]
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    #[inline(always)]
    fn skip(&mut self, len: usize) -> Option<()> {
        self.at += len;
        (self.at <= self.bytes.len()).then_some(())
    }

    #[inline(always)]
    fn unsigned(&mut self) -> Option<u32> {
        let first = self.byte()?;
        if first < 0x80 { Some(first.into()) } else { self.long_unsigned(first) }
    }

    fn long_unsigned(&mut self, first: u8) -> Option<u32> {
        let mut value = u32::from(first & 0x7f);
        for shift in [7, 14, 21] {
            let byte = self.byte()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        let last = self.byte()?;
        (last < 0x10).then_some(value | u32::from(last) << 28)
    }

    /// Skips a signed number of at most `most` bytes; the last of them holds `bits` bits of it.
    #[inline(always)]
    fn signed(&mut self, most: usize, bits: u32) -> Option<()> {
        for _ in 1..most {
            if self.byte()? < 0x80 {
                return Some(());
            }
        }
        // There must be no further byte, and the bits above the number's must be copies of its sign.
        let last = self.byte()?;
        let sign = (last as i8) << 1 >> bits;
        (last < 0x80 && (sign == 0 || sign == -1)).then_some(())
    }
}

/// A body being validated. Methods return `None` if it is not known to be valid.
struct Body<'a> {
    context: &'a Context,
    bytes: Bytes<'a>,
    locals: Vec<u8>,
    stack: Vec<u8>,
    frames: Vec<Frame>,
    /// The number of operands below the innermost frame.
    height: usize,
}

impl Body<'_> {
    fn check(&mut self, ty: u32) -> Option<()> {
        let (params, results) = self.context.signature(ty)?;
        self.locals.extend_from_slice(self.context.list(params));
        for _ in 0..self.bytes.unsigned()? {
            let count = self.bytes.unsigned()? as usize;
            let ty = self.bytes.byte()?;
            let len = self.locals.len().checked_add(count).filter(|&len| len <= MOST_LOCALS)?;
            if !is_type(ty) {
                return None;
            }
            self.locals.resize(len, ty);
        }
        self.enter(Kind::Block, List::EMPTY, results);
        while !self.frames.is_empty() {
            self.operator()?;
        }
        (self.bytes.at == self.bytes.bytes.len()).then_some(())
    }

    #[inline(always)]
    fn push(&mut self, ty: u8) {
        self.stack.push(ty);
    }

    fn push_all(&mut self, list: List) {
        self.stack.extend_from_slice(&self.context.lists[list.range()]);
    }

    /// Pops an operand of any type.
    #[inline(always)]
    fn pop_any(&mut self) -> Option<u8> {
        if self.stack.len() > self.height { self.stack.pop() } else { self.absent() }
    }

    /// Returns what is popped in unreachable code if there is no operand.
    fn absent(&self) -> Option<u8> {
        self.frames.last()?.unreachable.then_some(ANY)
    }

    #[inline(always)]
    fn pop(&mut self, ty: u8) -> Option<()> {
        let found = self.pop_any()?;
        (found == ty || found == ANY).then_some(())
    }

    fn pop_all(&mut self, list: List) -> Option<()> {
        list.range().rev().try_for_each(|at| self.pop(self.context.lists[at]))
    }

    fn enter(&mut self, kind: Kind, params: List, results: List) {
        self.height = self.stack.len();
        self.frames.push(Frame { kind, height: self.height, unreachable: false, params, results });
        self.push_all(params);
    }

    /// Ends the innermost frame, whose operands must be its results.
    fn leave(&mut self) -> Option<Frame> {
        let frame = *self.frames.last()?;
        self.pop_all(frame.results)?;
        if self.stack.len() != self.height {
            return None;
        }
        self.frames.pop();
        self.height = self.frames.last().map_or(0, |outer| outer.height);
        Some(frame)
    }

    /// Marks the rest of the innermost frame as not executed.
    fn end_of_path(&mut self) -> Option<()> {
        self.stack.truncate(self.height);
        self.frames.last_mut()?.unreachable = true;
        Some(())
    }

    /// Reads the parameters and results of a structure.
    fn block_type(&mut self) -> Option<(List, List)> {
        let before = self.bytes;
        let first = self.bytes.byte()?;
        if first == EMPTY {
            return Some((List::EMPTY, List::EMPTY));
        }
        if is_type(first) {
            return Some((List::EMPTY, List { start: first.into(), len: 1 }));
        }
        // An index is encoded as a signed number that is not negative.
        self.bytes = before;
        let index = self.bytes.unsigned()?;
        let last = self.bytes.bytes[self.bytes.at - 1];
        if last & 0x40 == 0 { self.context.signature(index) } else { None }
    }

    /// Returns what a branch to this label takes.
    fn label(&self, depth: u32) -> Option<List> {
        let outermost = self.frames.len() - 1;
        Some(self.frames[outermost.checked_sub(depth as usize)?].label())
    }

    #[inline(always)]
    fn local(&mut self) -> Option<u8> {
        let index = self.bytes.unsigned()?;
        self.locals.get(index as usize).copied()
    }

    fn table(&mut self) -> Option<u8> {
        let index = self.bytes.unsigned()?;
        *self.context.tables.get(index as usize)?
    }

    fn tag(&mut self) -> Option<List> {
        let index = self.bytes.unsigned()?;
        *self.context.tags.get(index as usize)?
    }

    /// Reads a clause of a `try_table`; its labels are outside of that structure.
    fn catch(&mut self) -> Option<()> {
        let kind = self.bytes.byte()?;
        let payload = match kind {
            0 | 1 => self.tag()?,
            2 | 3 => List::EMPTY,
            _ => return None,
        };
        let depth = self.bytes.unsigned()?;
        let (label, payload) = (self.context.list(self.label(depth)?), self.context.list(payload));
        let reference: &[u8] = if kind & 1 == 1 { &[EXNREF] } else { &[] };
        (label.strip_suffix(reference) == Some(payload)).then_some(())
    }

    /// Returns the address type of the first memory, if the index that follows is that memory's.
    fn memory(&mut self) -> Option<u8> {
        if self.bytes.byte()? == 0 { self.context.memory } else { None }
    }

    /// Reads the alignment and offset of an access to the first memory, and returns its address type.
    #[inline(always)]
    fn access(&mut self, align: u8) -> Option<u8> {
        if self.bytes.byte()? > align {
            return None;
        }
        self.bytes.unsigned()?;
        self.context.memory
    }

    fn lane(&mut self, lanes: u8) -> Option<()> {
        (self.bytes.byte()? < lanes).then_some(())
    }

    #[inline(always)]
    fn shape(&mut self, shape: Shape) -> Option<()> {
        match shape {
            Shape::Other => return None,
            Shape::Unary { from, to } => {
                self.pop(from)?;
                self.push(to);
            }
            Shape::Binary { from, to } => {
                self.pop(from)?;
                self.pop(from)?;
                self.push(to);
            }
            Shape::Ternary => {
                for _ in 0..3 {
                    self.pop(V128)?;
                }
                self.push(V128);
            }
            Shape::Shift => {
                self.pop(I32)?;
                self.pop(V128)?;
                self.push(V128);
            }
            Shape::Load { to, align } => {
                let address = self.access(align)?;
                self.pop(address)?;
                self.push(to);
            }
            Shape::Store { from, align } => {
                let address = self.access(align)?;
                self.pop(from)?;
                self.pop(address)?;
            }
            Shape::Extract { to, lanes } => {
                self.lane(lanes)?;
                self.pop(V128)?;
                self.push(to);
            }
            Shape::Replace { from, lanes } => {
                self.lane(lanes)?;
                self.pop(from)?;
                self.pop(V128)?;
                self.push(V128);
            }
            Shape::LoadLane { align, lanes } => {
                let address = self.access(align)?;
                self.lane(lanes)?;
                self.pop(V128)?;
                self.pop(address)?;
                self.push(V128);
            }
            Shape::StoreLane { align, lanes } => {
                let address = self.access(align)?;
                self.lane(lanes)?;
                self.pop(V128)?;
                self.pop(address)?;
            }
        }
        Some(())
    }

    #[inline(always)]
    fn operator(&mut self) -> Option<()> {
        let code = self.bytes.byte()?;
        match code {
            // local.get, .set, .tee
            0x20 => {
                let ty = self.local()?;
                self.push(ty);
            }
            0x21 => {
                let ty = self.local()?;
                self.pop(ty)?;
            }
            0x22 => {
                let ty = self.local()?;
                self.pop(ty)?;
                self.push(ty);
            }
            // Constants
            0x41 => {
                self.bytes.signed(5, 4)?;
                self.push(I32);
            }
            0x42 => {
                self.bytes.signed(10, 1)?;
                self.push(I64);
            }
            0x43 => {
                self.bytes.skip(4)?;
                self.push(F32);
            }
            0x44 => {
                self.bytes.skip(8)?;
                self.push(F64);
            }
            // unreachable, nop
            0x00 => self.end_of_path()?,
            0x01 => {}
            // block, loop, if, else, end
            0x02..=0x04 => {
                let (params, results) = self.block_type()?;
                let kind = [Kind::Block, Kind::Loop, Kind::If][usize::from(code - 0x02)];
                if kind == Kind::If {
                    self.pop(I32)?;
                }
                self.pop_all(params)?;
                self.enter(kind, params, results);
            }
            0x05 => {
                let frame = self.leave()?;
                if frame.kind != Kind::If {
                    return None;
                }
                self.enter(Kind::Block, frame.params, frame.results);
            }
            0x0b => {
                let frame = self.leave()?;
                // A missing `else` passes its parameters on.
                if frame.kind == Kind::If && self.context.list(frame.params) != self.context.list(frame.results) {
                    return None;
                }
                self.push_all(frame.results);
            }
            // throw, throw_ref, try_table
            0x08 => {
                let payload = self.tag()?;
                self.pop_all(payload)?;
                self.end_of_path()?;
            }
            0x0a => {
                self.pop(EXNREF)?;
                self.end_of_path()?;
            }
            0x1f => {
                let (params, results) = self.block_type()?;
                self.pop_all(params)?;
                let count = self.bytes.unsigned().filter(|&count| count <= MOST_CATCHES)?;
                for _ in 0..count {
                    self.catch()?;
                }
                self.enter(Kind::Block, params, results);
            }
            // br, br_if, br_table, return
            0x0c => {
                let depth = self.bytes.unsigned()?;
                self.pop_all(self.label(depth)?)?;
                self.end_of_path()?;
            }
            0x0d => {
                let depth = self.bytes.unsigned()?;
                self.pop(I32)?;
                let label = self.label(depth)?;
                if label.len > 0 {
                    self.pop_all(label)?;
                    self.push_all(label);
                }
            }
            0x0e => {
                self.pop(I32)?;
                let (count, mut depth) = (self.bytes.unsigned()?, self.bytes.unsigned()?);
                let label = self.label(depth)?;
                for _ in 0..count {
                    depth = self.bytes.unsigned()?;
                    let other = self.label(depth)?;
                    if other != label && self.context.list(other) != self.context.list(label) {
                        return None;
                    }
                }
                self.pop_all(label)?;
                self.end_of_path()?;
            }
            0x0f => {
                self.pop_all(self.frames.first()?.results)?;
                self.end_of_path()?;
            }
            // call, call_indirect, and both as tail calls
            0x10..=0x13 => {
                let ty = if code & 1 == 0 {
                    let function = self.bytes.unsigned()?;
                    *self.context.functions.get(function as usize)?
                } else {
                    let ty = self.bytes.unsigned()?;
                    if self.table()? != FUNCREF {
                        return None;
                    }
                    self.pop(I32)?;
                    ty
                };
                let (params, results) = self.context.signature(ty)?;
                self.pop_all(params)?;
                if code < 0x12 {
                    if self.stack.len() > MOST_OPERANDS {
                        return None;
                    }
                    self.push_all(results);
                } else {
                    let own = self.frames.first()?.results;
                    if self.context.list(results) != self.context.list(own) {
                        return None;
                    }
                    self.end_of_path()?;
                }
            }
            // drop, select, select with a type
            0x1a => {
                self.pop_any()?;
            }
            0x1b => {
                self.pop(I32)?;
                let (b, a) = (self.pop_any()?, self.pop_any()?);
                if is_reference(a) || is_reference(b) || (a != b && a != ANY && b != ANY) {
                    return None;
                }
                self.push(if a == ANY { b } else { a });
            }
            0x1c => {
                let (count, ty) = (self.bytes.byte()?, self.bytes.byte()?);
                if count != 1 || !is_type(ty) {
                    return None;
                }
                self.pop(I32)?;
                self.pop(ty)?;
                self.pop(ty)?;
                self.push(ty);
            }
            // global.get, global.set
            0x23 => {
                let index = self.bytes.unsigned()?;
                let (ty, _) = (*self.context.globals.get(index as usize)?)?;
                self.push(ty);
            }
            0x24 => {
                let index = self.bytes.unsigned()?;
                let (ty, mutable) = (*self.context.globals.get(index as usize)?)?;
                if !mutable {
                    return None;
                }
                self.pop(ty)?;
            }
            // table.get, table.set
            0x25 => {
                let ty = self.table()?;
                self.pop(I32)?;
                self.push(ty);
            }
            0x26 => {
                let ty = self.table()?;
                self.pop(ty)?;
                self.pop(I32)?;
            }
            // memory.size, memory.grow
            0x3f => {
                let ty = self.memory()?;
                self.push(ty);
            }
            0x40 => {
                let ty = self.memory()?;
                self.pop(ty)?;
                self.push(ty);
            }
            // ref.null
            0xd0 => {
                let ty = self.bytes.byte()?;
                if !is_reference(ty) {
                    return None;
                }
                self.push(ty);
            }
            // ref.is_null
            0xd1 => {
                let ty = self.pop_any()?;
                if !is_reference(ty) {
                    return None;
                }
                self.push(I32);
            }
            0xfc => match self.bytes.unsigned()? {
                // memory.copy, memory.fill
                10 => {
                    let ty = self.memory()?;
                    self.memory()?;
                    for _ in 0..3 {
                        self.pop(ty)?;
                    }
                }
                11 => {
                    let ty = self.memory()?;
                    self.pop(ty)?;
                    self.pop(I32)?;
                    self.pop(ty)?;
                }
                code => self.shape(saturating(code))?,
            },
            0xfd => match self.bytes.unsigned()? {
                // v128.const
                12 => {
                    self.bytes.skip(16)?;
                    self.push(V128);
                }
                // i8x16.shuffle
                13 => {
                    for _ in 0..16 {
                        self.lane(32)?;
                    }
                    self.shape(binary(V128, V128))?;
                }
                code => self.shape(vector(code))?,
            },
            code => self.shape(PLAIN[usize::from(code)])?,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
