//! Several instances and what is done with them, as one module that reports by itself.
//!
//! All that the instances define goes into one module, type after type and function after function; imports become what
//! they are linked with. Segments are passive, and a function for each instance writes them and calls its start function,
//! so that instances are made one after the other. A last function does everything in order.
//!
//! What is seen leaves in *frames* of 16 bytes, numbered from 1, either through `fd_write` of WASI ([`Output::Written`]), or
//! as the results of functions ([`Output::Returned`]).
//!
//! The memory between a script and its actions ([`action`](super::super::action)) is none here, because engines without
//! multi-memory are to run this too: what is loaded from it and stored to it are globals, a *cell* for each place and type.

mod encode;
mod functions;

use crate::module::{ExternKind, MemoryType, Module};
use crate::oracle::SLOT;
use encode::Encoder;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;
use wasm_encoder::reencode;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, MemorySection,
    TableSection, TagSection, TypeSection,
};

/// An instance.
pub struct Part {
    /// What it is an instance of.
    pub module: Arc<Module>,
    /// For each import the instance that it is linked with, and the index of the entity there.
    pub links: Vec<(usize, u32)>,
    /// Whether it is the memory between a script and its actions.
    pub area: bool,
}

/// Something that is done. Instances are positions in a list of parts, entities their indices there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// An instance is made.
    Make(usize),
    /// Bytes are written to the area.
    Set(u64, Vec<u8>),
    /// Bytes are written to a memory.
    Write(usize, u32, u64, Vec<u8>),
    /// A function is called, which has no parameters, and at most one result, an i32 or an i64.
    Call(usize, u32),
    /// So many bytes are read from the area, where this instance wrote them.
    Get(usize, u64, usize),
    /// Bytes are read from a memory.
    Read(usize, u32, u64, usize),
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

/// The function that does nothing, of a program whose results return.
pub const HELLO: &str = "l0";
/// What a frame begins with on the standard output.
pub const MAGIC: [u8; 4] = *b"\x02wm\x03";
/// Bytes of a frame there.
pub const FRAME: usize = MAGIC.len() + 4 + SLOT;

/// A program.
pub struct Program {
    /// The binary.
    pub bytes: Vec<u8>,
    /// The number of frames of each act. The first frame of the first act has number 1.
    pub frames: Vec<u32>,
    /// Frames whose higher half may be other than zero.
    pub wide: BTreeSet<u32>,
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
    /// Something that cannot be written down.
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

/// Writes the program that does `acts` with `parts`, which stand behind those that they are linked with. `memories`: whether
/// there may be several.
///
/// # Errors
/// If there is none.
pub fn merge(parts: &[Part], acts: &[Act], output: Output, memories: bool) -> Result<Program, MergeError> {
    // Memories that nothing uses are left out: so the first attempt is made to see which are used.
    let mut first = Merge::new(parts, None);
    first.program(acts, output, None)?;
    let used = first.used;
    if used.len() > 1 && !memories {
        return Err(MergeError::Memories);
    }
    let mut merge = Merge::new(parts, Some(&used));
    let through = match output {
        Output::Returned => None,
        Output::Written if used.is_empty() || memories => Some(Through::Own),
        Output::Written => {
            let (part, index) = *merge.memories.first().expect("one is used");
            let ty = parts[part].module.memories[index as usize];
            let usual = !ty.memory64 && !ty.shared && ty.page_size_log2.is_none() && ty.initial > 0;
            Some(if usual { Through::Borrowed } else { return Err(MergeError::Borrowed) })
        }
    };
    merge.program(acts, output, through)
}

/// The memory through which a program writes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Through {
    /// One of its own.
    Own,
    /// That of an instance: bytes are put back afterwards.
    Borrowed,
}

/// The index of the area among memories.
const AREA: u32 = u32::MAX;
/// An entity that nothing uses.
const UNUSED: u32 = u32::MAX - 1;

/// The type of what is loaded from the area, or stored there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    I32,
    I64,
    F32,
    F64,
    V128,
}

impl Width {
    fn bytes(self) -> u64 {
        match self {
            Width::I32 | Width::F32 => 4,
            Width::I64 | Width::F64 => 8,
            Width::V128 => 16,
        }
    }

    fn ty(self) -> wasm_encoder::ValType {
        match self {
            Width::I32 => wasm_encoder::ValType::I32,
            Width::I64 => wasm_encoder::ValType::I64,
            Width::F32 => wasm_encoder::ValType::F32,
            Width::F64 => wasm_encoder::ValType::F64,
            Width::V128 => wasm_encoder::ValType::V128,
        }
    }

    /// A constant of these bytes, of which there may be too few.
    fn constant(self, bytes: &[u8]) -> Instruction<'static> {
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

    fn zero(self) -> ConstExpr {
        let mut bytes = Vec::new();
        wasm_encoder::Encode::encode(&self.constant(&[]), &mut bytes);
        ConstExpr::raw(bytes)
    }
}

/// Where the entities of an instance are in the program.
#[derive(Clone, Debug, Default)]
struct Places {
    types: Vec<u32>,
    functions: Vec<u32>,
    tables: Vec<u32>,
    memories: Vec<u32>,
    globals: Vec<u32>,
    tags: Vec<u32>,
    elements: u32,
    data: u32,
}

/// Types of the program itself, which come first: `fd_write`'s, `[] -> []`, `report`'s, `[] -> [i64]`, and `[i32] -> []`.
const WRITE: u32 = 0;
const NOTHING: u32 = 1;
const REPORT: u32 = 2;
const HALF: u32 = 3;
const UP_TO: u32 = 4;
const OWN_TYPES: u32 = 5;

struct Merge<'p> {
    parts: &'p [Part],
    places: Vec<Places>,
    /// The memories of the program: an instance that defines it, and its index there.
    memories: Vec<(usize, u32)>,
    /// The globals that instances define.
    globals: u32,
    /// Functions before those of instances: that which writes, and `report`.
    functions: u32,
    /// Recursion groups, printed, and the index of the first type of each: modules of actions have the types of their subjects.
    groups: HashMap<String, u32>,
    /// The index of the next type.
    next_type: u32,
    /// The global of each cell, behind the others.
    cells: BTreeMap<(u64, Width), u32>,
    /// Cells that the functions of each instance store to.
    stored: Vec<BTreeSet<(u64, Width)>>,
    /// Functions that code refers to.
    referred: BTreeSet<u32>,
    /// Memories that something uses.
    used: BTreeSet<(usize, u32)>,
}

impl<'p> Merge<'p> {
    /// Gives everything its place. `used`: the memories that are kept.
    fn new(parts: &'p [Part], used: Option<&BTreeSet<(usize, u32)>>) -> Merge<'p> {
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

    fn cell(&mut self, at: u64, width: Width) -> u32 {
        let next = self.globals + self.cells.len() as u32;
        *self.cells.entry((at, width)).or_insert(next)
    }

    fn encoder(&mut self, part: usize) -> Encoder<'_, 'p> {
        Encoder { merge: self, part }
    }

    /// Where a global of an instance is defined.
    fn global(&self, part: usize, global: u32) -> (usize, u32) {
        let module = &self.parts[part].module;
        let imports = module.imports.iter().zip(&self.parts[part].links);
        let mut globals = imports.filter(|(import, _)| import.ty.kind() == ExternKind::Global);
        match globals.nth(global as usize) {
            Some((_, (from, index))) => self.global(*from, *index),
            None => (part, global),
        }
    }

    fn program(&mut self, acts: &[Act], output: Output, through: Option<Through>) -> Result<Program, MergeError> {
        use wasm_encoder::ValType::{I32, I64};
        let mut all = Sections::default();
        all.types.ty().function([I32; 4], [I32]);
        all.types.ty().function([], []);
        all.types.ty().function([I32, I64, I64], []);
        all.types.ty().function([], [I64]);
        all.types.ty().function([I32], []);
        // The functions of instances, those that make them, and those of the acts, which know all cells by then.
        let (mut bodies, mut makes, mut done) = (Vec::new(), Vec::new(), Vec::new());
        for part in 0..self.parts.len() {
            bodies.extend(self.encoder(part).define(&mut all)?);
            makes.push(self.encoder(part).make()?);
        }
        let (mut frames, mut wide, mut next) = (Vec::new(), BTreeSet::new(), 1);
        for act in acts {
            let (function, count) = self.act(act, next, &mut wide)?;
            done.push(function);
            frames.push(count);
            next += count;
        }

        // In the order of indices: what writes, `report`, instances, what makes them, acts, and what begins.
        let kept = self.globals + self.cells.len() as u32;
        let own = self.memories.len() as u32;
        match output {
            Output::Written => {
                all.imports.import("wasi_snapshot_preview1", "fd_write", EntityType::Function(WRITE));
                all.add(REPORT, &functions::written(if through == Some(Through::Own) { own } else { 0 }));
            }
            Output::Returned => {
                all.add(NOTHING, &functions::empty());
                all.add(REPORT, &functions::kept(kept));
            }
        }
        bodies.iter().for_each(|(ty, function)| all.add(*ty, function));
        makes.iter().chain(&done).for_each(|function| all.add(NOTHING, function));
        let first = self.functions + makes.len() as u32;
        let last = first + done.len() as u32;
        match output {
            Output::Written => {
                all.exports.export("_start", ExportKind::Func, last);
                all.add(NOTHING, &functions::start(first..last));
            }
            Output::Returned => {
                all.exports.export(HELLO, ExportKind::Func, last);
                all.add(HALF, &functions::hello());
                let up_to = last + 1;
                all.add(UP_TO, &functions::up_to(first..last));
                let acts = frames.iter().zip(0..).flat_map(|(count, act)| (0..*count).map(move |_| act));
                for (frame, act) in (1..).zip(acts) {
                    for (half, name) in (0..).zip(["l", "h"]) {
                        all.exports.export(&format!("{name}{frame}"), ExportKind::Func, up_to - 1 + 2 * frame + half);
                        all.add(HALF, &functions::half(frame, half, kept, act, up_to));
                    }
                }
            }
        }
        for (part, index) in &self.memories {
            all.memories.memory(memory(self.parts[*part].module.memories[*index as usize]));
        }
        match through {
            Some(Through::Own) => {
                let page =
                    MemoryType { memory64: false, shared: false, initial: 1, maximum: None, page_size_log2: None };
                all.memories.memory(memory(page));
                all.exports.export("memory", ExportKind::Memory, own);
            }
            Some(Through::Borrowed) => drop(all.exports.export("memory", ExportKind::Memory, 0)),
            None => {}
        }
        let mut cells: Vec<(u32, Width)> = self.cells.iter().map(|((_, width), index)| (*index, *width)).collect();
        cells.sort_by_key(|(index, _)| *index);
        for (_, width) in cells {
            all.globals.global(mutable(width.ty()), &width.zero());
        }
        if output == Output::Returned {
            // The frame that is wanted, and its halves.
            all.globals.global(mutable(I32), &ConstExpr::i32_const(0));
            all.globals.global(mutable(I64), &ConstExpr::i64_const(0));
            all.globals.global(mutable(I64), &ConstExpr::i64_const(0));
        }
        if !self.referred.is_empty() {
            let list: Vec<u32> = self.referred.iter().copied().collect();
            all.elements.declared(Elements::Functions(list.into()));
        }
        Ok(Program { bytes: all.finish(), frames, wide })
    }
}

/// The sections of the program.
#[derive(Default)]
struct Sections {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    tags: TagSection,
    globals: GlobalSection,
    exports: ExportSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
}

impl Sections {
    fn add(&mut self, ty: u32, function: &Function) {
        self.functions.function(ty);
        self.code.function(function);
    }

    /// The binary, without sections that are empty.
    fn finish(&self) -> Vec<u8> {
        let mut module = wasm_encoder::Module::new();
        module.section(&self.types);
        if !self.imports.is_empty() {
            module.section(&self.imports);
        }
        module.section(&self.functions);
        if !self.tables.is_empty() {
            module.section(&self.tables);
        }
        if !self.memories.is_empty() {
            module.section(&self.memories);
        }
        if !self.tags.is_empty() {
            module.section(&self.tags);
        }
        if !self.globals.is_empty() {
            module.section(&self.globals);
        }
        module.section(&self.exports);
        if !self.elements.is_empty() {
            module.section(&self.elements);
        }
        if !self.data.is_empty() {
            module.section(&DataCountSection { count: self.data.len() });
        }
        module.section(&self.code);
        if !self.data.is_empty() {
            module.section(&self.data);
        }
        module.finish()
    }
}

fn memory(ty: MemoryType) -> wasm_encoder::MemoryType {
    wasm_encoder::MemoryType {
        minimum: ty.initial,
        maximum: ty.maximum,
        memory64: ty.memory64,
        shared: ty.shared,
        page_size_log2: ty.page_size_log2,
    }
}

fn mutable(ty: wasm_encoder::ValType) -> GlobalType {
    GlobalType { val_type: ty, mutable: true, shared: false }
}
