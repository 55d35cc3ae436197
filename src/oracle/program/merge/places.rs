//! The contents of a program, and their places in it.

use crate::module::{ExternKind, Module};
use crate::oracle::SLOT;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;
use wasm_encoder::reencode;
use wasm_encoder::{ConstExpr, Instruction};

/// An instance.
pub struct Part {
    /// The module that it is an instance of.
    pub module: Arc<Module>,
    /// For each import, the instance that it is linked with, and the index of the entity there.
    pub links: Vec<(usize, u32)>,
    /// Whether it is the memory between a script and its actions.
    pub area: bool,
}

/// Something that is done. Instances are positions in a list of parts, or numbers of another kind, `I`; entities are their
/// indices there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act<I = usize> {
    /// An instance is made.
    Make(I),
    /// Bytes are written to the area.
    Set(u64, Vec<u8>),
    /// Bytes are written to a memory.
    Write(I, u32, u64, Vec<u8>),
    /// A function is called, which has no parameters, and at most one result, an i32 or an i64.
    Call(I, u32),
    /// This many bytes are read from the area, where this instance wrote them.
    Get(I, u64, usize),
    /// Bytes are read from a memory.
    Read(I, u32, u64, usize),
}

impl<I: Copy> Act<I> {
    /// The instance that must exist; none for the area.
    pub fn instance(&self) -> Option<I> {
        match self {
            Act::Set(..) => None,
            Act::Make(n) | Act::Write(n, ..) | Act::Call(n, _) | Act::Get(n, ..) | Act::Read(n, ..) => Some(*n),
        }
    }

    /// The instance that it makes.
    pub fn makes(&self) -> Option<I> {
        if let Act::Make(n) = self { Some(*n) } else { None }
    }

    /// The same act with another number for the instance.
    ///
    /// # Errors
    /// `number` returned an error.
    pub fn renumbered<J, E>(&self, number: impl Fn(I) -> Result<J, E>) -> Result<Act<J>, E> {
        Ok(match self {
            Act::Make(n) => Act::Make(number(*n)?),
            Act::Set(at, bytes) => Act::Set(*at, bytes.clone()),
            Act::Write(n, memory, at, bytes) => Act::Write(number(*n)?, *memory, *at, bytes.clone()),
            Act::Call(n, function) => Act::Call(number(*n)?, *function),
            Act::Get(n, at, len) => Act::Get(number(*n)?, *at, *len),
            Act::Read(n, memory, at, len) => Act::Read(number(*n)?, *memory, *at, *len),
        })
    }
}

/// How a program reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// `_start` writes every frame to the standard output: [`MAGIC`], its number, and 16 bytes. The first has number 0, and
    /// says that the program runs.
    Written,
    /// The functions `l1`, `h1`, `l2`, … return the lower and the higher half of a frame as i64; [`HELLO`] returns 1.
    Returned,
}

/// The function that does nothing, in a program whose results are returned.
pub const HELLO: &str = "l0";
/// The prefix of a frame on the standard output.
pub const MAGIC: [u8; 4] = *b"\x02wm\x03";
/// The size of a frame there, in bytes.
pub const FRAME: usize = MAGIC.len() + 4 + SLOT;

/// A program.
pub struct Program {
    /// The binary.
    pub bytes: Vec<u8>,
    /// The number of frames of each act. The first frame of the first act has number 1.
    pub frames: Vec<u32>,
    /// The frames whose higher half may be nonzero.
    pub wide: BTreeSet<u32>,
    /// Whether the initial value of a global or an element needs more than constants, and so may trap.
    pub computes: bool,
}

/// Why there is no program.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Several instances have memories, and the engine has no multi-memory.
    #[error("several memories in one program")]
    Memories,
    /// There is no memory through which the program could write.
    #[error("a memory of another kind than WASI's")]
    Borrowed,
    /// Something that cannot be encoded.
    #[error("{0}")]
    Encode(String),
}

impl From<reencode::Error<Infallible>> for MergeError {
    fn from(error: reencode::Error<Infallible>) -> MergeError {
        MergeError::Encode(error.to_string())
    }
}

impl From<wasmparser::Error> for MergeError {
    fn from(error: wasmparser::Error) -> MergeError {
        MergeError::Encode(error.to_string())
    }
}

/// The index of the area among memories.
pub(super) const AREA: u32 = u32::MAX;
/// An entity that nothing uses.
pub(super) const UNUSED: u32 = u32::MAX - 1;

/// The type of a value that is loaded from the area, or stored there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    I32,
    I64,
    F32,
    F64,
    V128,
}

impl Width {
    pub(super) fn bytes(self) -> u64 {
        match self {
            Width::I32 | Width::F32 => 4,
            Width::I64 | Width::F64 => 8,
            Width::V128 => 16,
        }
    }

    pub(super) fn ty(self) -> wasm_encoder::ValType {
        match self {
            Width::I32 => wasm_encoder::ValType::I32,
            Width::I64 => wasm_encoder::ValType::I64,
            Width::F32 => wasm_encoder::ValType::F32,
            Width::F64 => wasm_encoder::ValType::F64,
            Width::V128 => wasm_encoder::ValType::V128,
        }
    }

    /// A constant of these bytes, of which there may be too few.
    pub(super) fn constant(self, bytes: &[u8]) -> Instruction<'static> {
        let mut whole = [0; 16];
        whole[..bytes.len().min(16)].copy_from_slice(&bytes[..bytes.len().min(16)]);
        let bits = u128::from_le_bytes(whole);
        match self {
            Width::I32 => Instruction::I32Const(bits as i32),
            Width::I64 => Instruction::I64Const(bits as i64),
            Width::F32 => Instruction::F32Const(wasm_encoder::Ieee32::new(bits as u32)),
            Width::F64 => Instruction::F64Const(wasm_encoder::Ieee64::new(bits as u64)),
            Width::V128 => Instruction::V128Const(bits as i128),
        }
    }

    pub(super) fn zero(self) -> ConstExpr {
        let mut bytes = Vec::new();
        wasm_encoder::Encode::encode(&self.constant(&[]), &mut bytes);
        ConstExpr::raw(bytes)
    }
}

/// Where the entities of an instance are in the program.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    pub(super) types: Vec<u32>,
    pub(super) functions: Vec<u32>,
    pub(super) tables: Vec<u32>,
    pub(super) memories: Vec<u32>,
    pub(super) globals: Vec<u32>,
    pub(super) tags: Vec<u32>,
    pub(super) elements: u32,
    pub(super) data: u32,
}

/// The types of the program itself, which come first: `fd_write`'s, `[] -> []`, `report`'s, `[] -> [i64]`, and `[i32] -> []`.
pub(super) const WRITE: u32 = 0;
pub(super) const NOTHING: u32 = 1;
pub(super) const REPORT: u32 = 2;
pub(super) const HALF: u32 = 3;
pub(super) const UP_TO: u32 = 4;
pub(super) const OWN_TYPES: u32 = 5;

pub(super) struct Merge<'p> {
    pub(super) parts: &'p [Part],
    pub(super) places: Vec<Places>,
    /// The memories of the program: the instance that defines each, and its index there.
    pub(super) memories: Vec<(usize, u32)>,
    /// The number of globals that instances define.
    pub(super) globals: u32,
    /// The number of functions before those of instances: the one that writes, and `report`.
    pub(super) functions: u32,
    /// Recursion groups, printed, and the index of the first type of each: modules of actions repeat the types of their subjects.
    pub(super) groups: HashMap<String, u32>,
    /// The index of the next type.
    pub(super) next_type: u32,
    /// The global of each cell, after the other globals.
    pub(super) cells: BTreeMap<(u64, Width), u32>,
    /// The cells that the functions of each instance store to.
    pub(super) stored: Vec<BTreeSet<(u64, Width)>>,
    /// The functions that code refers to.
    pub(super) referred: BTreeSet<u32>,
    /// The memories that are used.
    pub(super) used: BTreeSet<(usize, u32)>,
    /// See [`Program::computes`].
    pub(super) computes: bool,
}

impl<'p> Merge<'p> {
    /// Assigns a place to everything. `used`: the memories that are kept.
    pub(super) fn new(parts: &'p [Part], used: Option<&BTreeSet<(usize, u32)>>) -> Merge<'p> {
        let mut merge = Merge {
            parts,
            places: Vec::new(),
            memories: Vec::new(),
            globals: 0,
            functions: 0,
            groups: HashMap::new(),
            next_type: OWN_TYPES,
            cells: BTreeMap::new(),
            stored: vec![BTreeSet::new(); parts.len()],
            referred: BTreeSet::new(),
            used: BTreeSet::new(),
            computes: false,
        };
        let (mut tables, mut tags, mut elements, mut data) = (0, 0, 0, 0);
        // `fd_write`, if there is one, and `report`.
        let mut functions = 2;
        let next = |counter: &mut u32| {
            *counter += 1;
            *counter - 1
        };
        for (n, part) in parts.iter().enumerate() {
            let module = &part.module;
            let mut places = Places { elements, data, ..Places::default() };
            for (import, (from, index)) in module.imports.iter().zip(&part.links) {
                let (from, index) = (&merge.places[*from], *index as usize);
                match import.ty.kind() {
                    ExternKind::Func => places.functions.push(from.functions[index]),
                    ExternKind::Table => places.tables.push(from.tables[index]),
                    ExternKind::Memory => places.memories.push(from.memories[index]),
                    ExternKind::Global => places.globals.push(from.globals[index]),
                    ExternKind::Tag => places.tags.push(from.tags[index]),
                }
            }
            let missing = |all: usize, placed: &Vec<u32>| all - placed.len();
            for _ in 0..missing(module.functions.len(), &places.functions) {
                places.functions.push(next(&mut functions));
            }
            for _ in 0..missing(module.tables.len(), &places.tables) {
                places.tables.push(next(&mut tables));
            }
            for _ in 0..missing(module.globals.len(), &places.globals) {
                places.globals.push(next(&mut merge.globals));
            }
            for _ in 0..missing(module.tags.len(), &places.tags) {
                places.tags.push(next(&mut tags));
            }
            for index in places.memories.len() as u32..module.memories.len() as u32 {
                places.memories.push(if part.area {
                    AREA
                } else if used.is_none_or(|used| used.contains(&(n, index))) {
                    merge.memories.push((n, index));
                    merge.memories.len() as u32 - 1
                } else {
                    UNUSED
                });
            }
            elements += module.elements.len() as u32;
            data += module.data.len() as u32;
            merge.places.push(places);
        }
        merge.functions = functions;
        merge
    }

    pub(super) fn cell(&mut self, at: u64, width: Width) -> u32 {
        let next = self.globals + self.cells.len() as u32;
        *self.cells.entry((at, width)).or_insert(next)
    }

    /// Where a global of an instance is defined.
    pub(super) fn global(&self, part: usize, global: u32) -> (usize, u32) {
        let module = &self.parts[part].module;
        let imports = module.imports.iter().zip(&self.parts[part].links);
        let mut globals = imports.filter(|(import, _)| import.ty.kind() == ExternKind::Global);
        match globals.nth(global as usize) {
            Some((_, (from, index))) => self.global(*from, *index),
            None => (part, global),
        }
    }
}
