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

use super::super::probe::SLOT;
use crate::module::{BodyIndex, ElementItems, ElementMode, ExternKind, MemoryType, Module, ValType};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, MemorySection,
    TableSection, TagSection, TypeSection,
};
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader, Parser, Payload};

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

/// What is encoded for one instance.
struct Encoder<'m, 'p> {
    merge: &'m mut Merge<'p>,
    part: usize,
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
        let parts = self.parts;
        let mut types = TypeSection::new();
        types.ty().function([I32; 4], [I32]);
        types.ty().function([], []);
        types.ty().function([I32, I64, I64], []);
        types.ty().function([], [I64]);
        types.ty().function([I32], []);
        let mut tables = TableSection::new();
        let (mut memories, mut tags, mut globals) = (MemorySection::new(), TagSection::new(), GlobalSection::new());
        let (mut elements, mut data, mut code) = (ElementSection::new(), DataSection::new(), CodeSection::new());
        // The functions of instances, and where their segments are written.
        let mut bodies: Vec<Function> = Vec::new();
        let mut makes: Vec<Function> = Vec::new();
        for (n, part) in parts.iter().enumerate() {
            let module = &*part.module;
            let mut encoder = self.encoder(n);
            encoder.types(&mut types)?;
            for table in &module.tables[module.num_imported_tables as usize..] {
                let ty = encoder.table_type(table.ty)?;
                match table.init {
                    Some(init) => tables.table_with_init(ty, &encoder.constant(init)?),
                    None => tables.table(ty),
                };
            }
            for tag in &module.tags[module.num_imported_tags as usize..] {
                tags.tag(wasm_encoder::TagType {
                    kind: wasm_encoder::TagKind::Exception,
                    func_type_idx: encoder.type_index(*tag)?,
                });
            }
            for global in &module.globals[module.num_imported_globals as usize..] {
                let init = global.init.ok_or_else(|| MergeError::Encode("a global without a value".into()))?;
                globals.global(encoder.global_type(global.ty)?, &encoder.constant(init)?);
            }
            for segment in &module.elements {
                let ty = encoder.ref_type(segment.ty)?;
                let mut add = |items: Elements<'_>| match segment.mode {
                    ElementMode::Declared => drop(elements.declared(items)),
                    ElementMode::Passive | ElementMode::Active { .. } => drop(elements.passive(items)),
                };
                match &segment.items {
                    ElementItems::Functions(list) => {
                        let list = list.iter().map(|f| encoder.function_index(*f)).collect::<Result<Vec<_>, _>>()?;
                        add(Elements::Functions(list.into()));
                    }
                    ElementItems::Expressions(list) => {
                        let list = list.iter().map(|e| encoder.constant(*e)).collect::<Result<Vec<_>, _>>()?;
                        add(Elements::Expressions(ty, list.into()));
                    }
                }
            }
            for segment in &module.data {
                data.passive(module.bytes[segment.range.clone()].iter().copied());
            }
            for body in &module.bodies[..module.num_defined_functions() as usize] {
                let bytes = &module.bytes[body.range.clone()];
                bodies.push(encoder.function(&FunctionBody::new(BinaryReader::new(bytes, body.range.start as u64)))?);
            }
            makes.push(encoder.make()?);
        }

        // What the program does, a function each.
        let mut done: Vec<Function> = Vec::new();
        let (mut frames, mut wide, mut next) = (Vec::new(), BTreeSet::new(), 1);
        for act in acts {
            let made = self.functions;
            let mut f = Function::new([(1, wasm_encoder::ValType::I64)]);
            let count = self.act(act, &mut f, next, made, &mut wide)?;
            f.instruction(&Instruction::End);
            done.push(f);
            frames.push(count);
            next += count;
        }
        // Types of functions, in the order of their bodies: `report`, instances, what makes them, acts, and the rest.
        let mut all = FunctionSection::new();
        let mut imports = ImportSection::new();
        if output == Output::Written {
            imports.import("wasi_snapshot_preview1", "fd_write", EntityType::Function(WRITE));
        } else {
            all.function(NOTHING);
            code.function(&empty());
        }
        all.function(REPORT);
        let own = self.globals + self.cells.len() as u32;
        code.function(&match (output, through) {
            (Output::Returned, _) => kept(own),
            (Output::Written, through) => {
                written(if through == Some(Through::Own) { self.memories.len() as u32 } else { 0 })
            }
        });
        for ty in parts.iter().enumerate().flat_map(|(n, part)| {
            let first = part.module.num_imported_functions as usize;
            let places = &self.places[n];
            part.module.functions[first..].iter().map(move |ty| places.types[*ty as usize])
        }) {
            all.function(ty);
        }
        for f in bodies.iter().chain(&makes).chain(&done) {
            code.function(f);
        }
        for _ in makes.iter().chain(&done) {
            all.function(NOTHING);
        }
        let first_act = self.functions + makes.len() as u32;
        let mut exports = ExportSection::new();
        let last = first_act + done.len() as u32;
        match output {
            Output::Written => {
                let mut start = Function::new([]);
                start.instruction(&Instruction::I32Const(0)).instruction(&Instruction::I64Const(0));
                start.instruction(&Instruction::I64Const(0)).instruction(&Instruction::Call(1));
                for n in 0..done.len() as u32 {
                    start.instruction(&Instruction::Call(first_act + n));
                }
                start.instruction(&Instruction::End);
                all.function(NOTHING);
                code.function(&start);
                exports.export("_start", ExportKind::Func, last);
            }
            Output::Returned => {
                let mut hello = Function::new([]);
                hello.instruction(&Instruction::I64Const(1)).instruction(&Instruction::End);
                all.function(HALF);
                code.function(&hello);
                exports.export(HELLO, ExportKind::Func, last);
                all.function(UP_TO);
                code.function(&up_to(first_act, done.len() as u32));
                let run = last + 1;
                let mut at = run + 1;
                let mut number = 1;
                for (n, count) in frames.iter().enumerate() {
                    for frame in number..number + count {
                        for (half, name) in ["l", "h"].iter().enumerate() {
                            let mut f = Function::new([]);
                            f.instruction(&Instruction::I32Const(frame as i32));
                            f.instruction(&Instruction::GlobalSet(own));
                            f.instruction(&Instruction::I32Const(n as i32)).instruction(&Instruction::Call(run));
                            f.instruction(&Instruction::GlobalGet(own + 1 + half as u32));
                            f.instruction(&Instruction::End);
                            all.function(HALF);
                            code.function(&f);
                            exports.export(&format!("{name}{frame}"), ExportKind::Func, at);
                            at += 1;
                        }
                    }
                    number += count;
                }
            }
        }
        for (part, index) in &self.memories {
            memories.memory(memory(parts[*part].module.memories[*index as usize]));
        }
        if through.is_some() {
            let at = if through == Some(Through::Own) { self.memories.len() as u32 } else { 0 };
            if through == Some(Through::Own) {
                memories.memory(wasm_encoder::MemoryType {
                    minimum: 1,
                    maximum: None,
                    memory64: false,
                    shared: false,
                    page_size_log2: None,
                });
            }
            exports.export("memory", ExportKind::Memory, at);
        }
        let mut cells: Vec<(u32, Width)> = self.cells.iter().map(|((_, width), index)| (*index, *width)).collect();
        cells.sort_by_key(|(index, _)| *index);
        for (_, width) in cells {
            globals.global(mutable(width.ty()), &width.zero());
        }
        if output == Output::Returned {
            // The frame that is wanted, and its halves.
            globals.global(mutable(I32), &ConstExpr::i32_const(0));
            globals.global(mutable(I64), &ConstExpr::i64_const(0));
            globals.global(mutable(I64), &ConstExpr::i64_const(0));
        }
        if !self.referred.is_empty() {
            let list: Vec<u32> = self.referred.iter().copied().collect();
            elements.declared(Elements::Functions(list.into()));
        }

        let mut module = wasm_encoder::Module::new();
        module.section(&types);
        if !imports.is_empty() {
            module.section(&imports);
        }
        module.section(&all);
        if !tables.is_empty() {
            module.section(&tables);
        }
        if !memories.is_empty() {
            module.section(&memories);
        }
        if !tags.is_empty() {
            module.section(&tags);
        }
        if !globals.is_empty() {
            module.section(&globals);
        }
        module.section(&exports);
        if !elements.is_empty() {
            module.section(&elements);
        }
        if !data.is_empty() {
            module.section(&DataCountSection { count: data.len() });
        }
        module.section(&code);
        if !data.is_empty() {
            module.section(&data);
        }
        Ok(Program { bytes: module.finish(), frames, wide })
    }

    /// Writes the code of an act; returns the number of its frames, the first of which is `next`. `makes`: index of the first
    /// function that makes an instance.
    fn act(
        &mut self,
        act: &Act,
        f: &mut Function,
        next: u32,
        makes: u32,
        wide: &mut BTreeSet<u32>,
    ) -> Result<u32, MergeError> {
        let done = |f: &mut Function, number: u32| {
            f.instruction(&Instruction::I32Const(number as i32)).instruction(&Instruction::I64Const(1));
            f.instruction(&Instruction::I64Const(0)).instruction(&Instruction::Call(1));
        };
        match act {
            Act::Make(part) => {
                f.instruction(&Instruction::Call(makes + *part as u32));
                done(f, next);
                Ok(1)
            }
            Act::Set(at, bytes) => {
                for (&(cell, width), &global) in &self.cells {
                    if let Some(from) = cell.checked_sub(*at).filter(|from| *from < bytes.len() as u64) {
                        let bytes = &bytes[from as usize..];
                        f.instruction(&width.constant(&bytes[..bytes.len().min(width.bytes() as usize)]));
                        f.instruction(&Instruction::GlobalSet(global));
                    }
                }
                Ok(0)
            }
            Act::Write(part, memory, at, bytes) => {
                let memory = self.encoder(*part).memory_index(*memory)?;
                for (n, byte) in bytes.iter().enumerate() {
                    f.instruction(&Instruction::I32Const((*at + n as u64) as i32));
                    f.instruction(&Instruction::I32Const(i32::from(*byte)));
                    f.instruction(&Instruction::I32Store8(plain(memory, 0, 0)));
                }
                done(f, next);
                Ok(1)
            }
            Act::Call(part, function) => {
                let module = &self.parts[*part].module;
                let signature = module.function_signature(*function);
                let result = signature.results().first().copied();
                let function = self.places[*part].functions[*function as usize];
                f.instruction(&Instruction::Call(function));
                match result {
                    None => f.instruction(&Instruction::I64Const(1)),
                    Some(ValType::I32) => f.instruction(&Instruction::I64ExtendI32U),
                    Some(_) => f,
                };
                f.instruction(&Instruction::LocalSet(0));
                f.instruction(&Instruction::I32Const(next as i32)).instruction(&Instruction::LocalGet(0));
                f.instruction(&Instruction::I64Const(0)).instruction(&Instruction::Call(1));
                Ok(1)
            }
            Act::Get(part, at, len) => {
                let count = len.div_ceil(SLOT).max(1) as u32;
                for n in 0..count {
                    let slot = *at + u64::from(n) * SLOT as u64;
                    f.instruction(&Instruction::I32Const((next + n) as i32));
                    let cells: Vec<(u64, Width)> = self.stored[*part]
                        .range((slot, Width::I32)..(slot + SLOT as u64, Width::I32))
                        .copied()
                        .collect();
                    for half in [slot, slot + 8] {
                        f.instruction(&Instruction::I64Const(0));
                        for &(cell, width) in &cells {
                            self.bits(f, cell, width, half);
                            if half > slot && (cell >= half || width == Width::V128) {
                                wide.insert(next + n);
                            }
                        }
                    }
                    f.instruction(&Instruction::Call(1));
                }
                Ok(count)
            }
            Act::Read(part, memory, at, len) => {
                let memory = self.encoder(*part).memory_index(*memory)?;
                let count = len.div_ceil(SLOT).max(1) as u32;
                for n in 0..count {
                    f.instruction(&Instruction::I32Const((next + n) as i32));
                    let slot = *at + u64::from(n) * SLOT as u64;
                    for half in [slot, slot + 8] {
                        // No more than is asked for: the memory may end there.
                        let bytes = (*at + *len as u64).saturating_sub(half).min(8);
                        f.instruction(&Instruction::I64Const(0));
                        for byte in 0..bytes {
                            f.instruction(&Instruction::I32Const(0));
                            f.instruction(&Instruction::I64Load8U(plain(memory, half + byte, 0)));
                            f.instruction(&Instruction::I64Const(8 * byte as i64)).instruction(&Instruction::I64Shl);
                            f.instruction(&Instruction::I64Or);
                        }
                    }
                    f.instruction(&Instruction::Call(1));
                    wide.insert(next + n);
                }
                Ok(count)
            }
        }
    }

    /// Adds those bits of a cell to the i64 on the stack that lie in the eight bytes at `half`.
    fn bits(&self, f: &mut Function, cell: u64, width: Width, half: u64) {
        let global = self.cells[&(cell, width)];
        let inside = |at: u64| at >= half && at < half + 8;
        if width == Width::V128 {
            f.instruction(&Instruction::GlobalGet(global));
            f.instruction(&Instruction::I64x2ExtractLane(u8::from(half > cell)));
            f.instruction(&Instruction::I64Or);
            return;
        }
        if !inside(cell) {
            return;
        }
        f.instruction(&Instruction::GlobalGet(global));
        match width {
            Width::I32 => f.instruction(&Instruction::I64ExtendI32U),
            Width::F32 => f.instruction(&Instruction::I32ReinterpretF32).instruction(&Instruction::I64ExtendI32U),
            Width::F64 => f.instruction(&Instruction::I64ReinterpretF64),
            Width::I64 | Width::V128 => f,
        };
        if cell > half {
            f.instruction(&Instruction::I64Const(8 * (cell - half) as i64)).instruction(&Instruction::I64Shl);
        }
        f.instruction(&Instruction::I64Or);
    }
}

fn plain(memory: u32, offset: u64, align: u32) -> wasm_encoder::MemArg {
    wasm_encoder::MemArg { offset, align, target: wasm_encoder::MemArgTarget::Memory(memory), ordering: None }
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

fn empty() -> Function {
    let mut f = Function::new([]);
    f.instruction(&Instruction::End);
    f
}

/// Does the acts up to one, that one included. `first`: the first of their functions.
fn up_to(first: u32, count: u32) -> Function {
    let mut f = Function::new([]);
    for n in 0..count {
        f.instruction(&Instruction::Call(first + n));
        f.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::I32Const(n as i32));
        f.instruction(&Instruction::I32Eq).instruction(&Instruction::If(BlockType::Empty));
        f.instruction(&Instruction::Return).instruction(&Instruction::End);
    }
    f.instruction(&Instruction::End);
    f
}

/// `report`, where results return: it keeps the frame that is wanted. `first`: the first of the globals for that.
fn kept(first: u32) -> Function {
    let mut f = Function::new([]);
    f.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::GlobalGet(first));
    f.instruction(&Instruction::I32Eq).instruction(&Instruction::If(BlockType::Empty));
    f.instruction(&Instruction::LocalGet(1)).instruction(&Instruction::GlobalSet(first + 1));
    f.instruction(&Instruction::LocalGet(2)).instruction(&Instruction::GlobalSet(first + 2));
    f.instruction(&Instruction::End).instruction(&Instruction::End);
    f
}

/// `report`, where results are written, through the first bytes of a memory, which are put back: a vector of one buffer, the
/// number of bytes written, and the buffer.
fn written(memory: u32) -> Function {
    const BUFFER: u64 = 16;
    const ALL: u64 = BUFFER + FRAME as u64;
    let words = ALL.div_ceil(8);
    let mut f = Function::new([(words as u32, wasm_encoder::ValType::I64)]);
    let at = |offset| plain(memory, offset, 0);
    for n in 0..words {
        f.instruction(&Instruction::I32Const(0)).instruction(&Instruction::I64Load(at(8 * n)));
        f.instruction(&Instruction::LocalSet(3 + n as u32));
    }
    let mut store = |offset, value: Instruction<'_>, store: fn(wasm_encoder::MemArg) -> Instruction<'static>| {
        f.instruction(&Instruction::I32Const(0)).instruction(&value).instruction(&store(at(offset)));
    };
    store(0, Instruction::I32Const(BUFFER as i32), Instruction::I32Store);
    store(4, Instruction::I32Const(FRAME as i32), Instruction::I32Store);
    store(BUFFER, Instruction::I32Const(i32::from_le_bytes(MAGIC)), Instruction::I32Store);
    store(BUFFER + 4, Instruction::LocalGet(0), Instruction::I32Store);
    store(BUFFER + 8, Instruction::LocalGet(1), Instruction::I64Store);
    store(BUFFER + 16, Instruction::LocalGet(2), Instruction::I64Store);
    for value in [1, 0, 1, 8] {
        f.instruction(&Instruction::I32Const(value));
    }
    f.instruction(&Instruction::Call(0)).instruction(&Instruction::Drop);
    for n in 0..words {
        f.instruction(&Instruction::I32Const(0)).instruction(&Instruction::LocalGet(3 + n as u32));
        f.instruction(&Instruction::I64Store(at(8 * n)));
    }
    f.instruction(&Instruction::End);
    f
}

impl Encoder<'_, '_> {
    fn module(&self) -> Arc<Module> {
        Arc::clone(&self.merge.parts[self.part].module)
    }

    /// Gives the types of the instance their places, and adds those that are new.
    fn types(&mut self, types: &mut TypeSection) -> Result<(), MergeError> {
        // Types of a group whose place is not known yet.
        const INSIDE: u32 = 1 << 30;
        let module = self.module();
        for payload in Parser::new(0).parse_all(&module.bytes) {
            let Payload::TypeSection(section) = payload? else { continue };
            for group in section {
                let group = group?;
                let places = &mut self.merge.places[self.part].types;
                let (first, count) = (places.len(), group.types().len());
                places.extend((0..count as u32).map(|n| INSIDE + n));
                let printed = group.types().map(|ty| self.sub_type(ty.clone())).collect::<Result<Vec<_>, _>>()?;
                let printed = format!("{} {printed:?}", group.is_explicit_rec_group());
                let next = self.merge.next_type;
                let known = self.merge.groups.get(&printed).copied();
                let base = known.unwrap_or(next);
                let places = &mut self.merge.places[self.part].types;
                places.splice(first.., (0..count as u32).map(|n| base + n));
                if known.is_none() {
                    self.merge.groups.insert(printed, base);
                    self.merge.next_type += count as u32;
                    self.parse_recursive_type_group(types.ty(), group)?;
                }
            }
        }
        Ok(())
    }

    /// The operators of a constant expression, without its end.
    fn operators(&mut self, body: BodyIndex) -> Result<Vec<u8>, reencode::Error<Infallible>> {
        let module = self.module();
        let range = module.bodies[body.0 as usize].range.clone();
        let mut reader = OperatorsReader::new(BinaryReader::new(&module.bytes[range.clone()], range.start as u64));
        let mut bytes = Vec::new();
        while !reader.is_end_then_eof() {
            let operator = reader.read()?;
            if let Operator::GlobalGet { global_index } = operator
                && let Some(value) = self.value(global_index)?
            {
                bytes.extend(value);
            } else {
                wasm_encoder::Encode::encode(&self.instruction(operator)?, &mut bytes);
            }
        }
        Ok(bytes)
    }

    /// The constant that a global holds: constant expressions may name globals of the same module only since the third
    /// version.
    fn value(&mut self, global: u32) -> Result<Option<Vec<u8>>, reencode::Error<Infallible>> {
        let (part, index) = self.merge.global(self.part, global);
        let module = Arc::clone(&self.merge.parts[part].module);
        let Some(init) = module.globals[index as usize].init else { return Ok(None) };
        let range = module.bodies[init.0 as usize].range.clone();
        let mut reader = OperatorsReader::new(BinaryReader::new(&module.bytes[range.clone()], range.start as u64));
        let only = reader.read()?;
        let alone = reader.is_end_then_eof();
        let constant = matches!(
            only,
            Operator::I32Const { .. }
                | Operator::I64Const { .. }
                | Operator::F32Const { .. }
                | Operator::F64Const { .. }
                | Operator::V128Const { .. }
                | Operator::RefNull { .. }
                | Operator::RefFunc { .. }
        );
        if !alone || !constant {
            return Ok(None);
        }
        self.merge.encoder(part).operators(init).map(Some)
    }

    fn constant(&mut self, body: BodyIndex) -> Result<ConstExpr, reencode::Error<Infallible>> {
        Ok(ConstExpr::raw(self.operators(body)?))
    }

    /// The function that writes the segments of the instance, and calls its start function.
    fn make(&mut self) -> Result<Function, MergeError> {
        let module = self.module();
        let places = self.merge.places[self.part].clone();
        let mut f = Function::new([]);
        let length = |f: &mut Function, len: usize| {
            f.instruction(&Instruction::I32Const(0)).instruction(&Instruction::I32Const(len as i32));
        };
        for (n, segment) in module.elements.iter().enumerate() {
            let ElementMode::Active { table, offset } = segment.mode else { continue };
            f.raw(self.operators(offset)?);
            let len = match &segment.items {
                ElementItems::Functions(list) => list.len(),
                ElementItems::Expressions(list) => list.len(),
            };
            length(&mut f, len);
            let elem_index = places.elements + n as u32;
            f.instruction(&Instruction::TableInit { elem_index, table: self.table_index(table)? });
            f.instruction(&Instruction::ElemDrop(elem_index));
        }
        for (n, segment) in module.data.iter().enumerate() {
            let Some((memory, offset)) = segment.active else { continue };
            f.raw(self.operators(offset)?);
            length(&mut f, segment.range.len());
            let data_index = places.data + n as u32;
            f.instruction(&Instruction::MemoryInit { mem: self.memory_index(memory)?, data_index });
            f.instruction(&Instruction::DataDrop(data_index));
        }
        if let Some(start) = module.start {
            f.instruction(&Instruction::Call(self.function_index(start)?));
        }
        f.instruction(&Instruction::End);
        Ok(f)
    }

    /// A function, with cells in place of the area.
    fn function(&mut self, body: &FunctionBody<'_>) -> Result<Function, MergeError> {
        let mut f = self.new_function_with_parsed_locals(body)?;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let operator = reader.read()?;
            match self.of_area(&operator) {
                Some((true, at, width)) => {
                    let cell = self.merge.cell(at, width);
                    f.instruction(&Instruction::Drop).instruction(&Instruction::GlobalGet(cell));
                }
                Some((false, at, width)) => {
                    let cell = self.merge.cell(at, width);
                    self.merge.stored[self.part].insert((at, width));
                    f.instruction(&Instruction::GlobalSet(cell)).instruction(&Instruction::Drop);
                }
                None => drop(f.instruction(&self.instruction(operator)?)),
            }
        }
        Ok(f)
    }

    /// Whether an operator loads from the area or stores to it; where, and how much. Its address is always zero.
    fn of_area(&self, operator: &Operator<'_>) -> Option<(bool, u64, Width)> {
        let (memarg, load, width) = match operator {
            Operator::I32Load { memarg } => (memarg, true, Width::I32),
            Operator::I64Load { memarg } => (memarg, true, Width::I64),
            Operator::F32Load { memarg } => (memarg, true, Width::F32),
            Operator::F64Load { memarg } => (memarg, true, Width::F64),
            Operator::V128Load { memarg } => (memarg, true, Width::V128),
            Operator::I32Store { memarg } => (memarg, false, Width::I32),
            Operator::I64Store { memarg } => (memarg, false, Width::I64),
            Operator::F32Store { memarg } => (memarg, false, Width::F32),
            Operator::F64Store { memarg } => (memarg, false, Width::F64),
            Operator::V128Store { memarg } => (memarg, false, Width::V128),
            _ => return None,
        };
        let wasmparser::MemArgTarget::Memory(memory) = memarg.target else { return None };
        let memory = self.merge.places[self.part].memories.get(memory as usize)?;
        (*memory == AREA).then_some((load, memarg.offset, width))
    }
}

impl Reencode for Encoder<'_, '_> {
    type Error = Infallible;

    fn type_index(&mut self, ty: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(self.merge.places[self.part].types[ty as usize])
    }

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(self.merge.places[self.part].functions[function as usize])
    }

    fn table_index(&mut self, table: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(self.merge.places[self.part].tables[table as usize])
    }

    fn memory_index(&mut self, memory: u32) -> Result<u32, reencode::Error<Infallible>> {
        let index = self.merge.places[self.part].memories[memory as usize];
        if let Some(defined) = self.merge.memories.get(index as usize) {
            self.merge.used.insert(*defined);
        }
        Ok(index)
    }

    fn global_index(&mut self, global: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(self.merge.places[self.part].globals[global as usize])
    }

    fn tag_index(&mut self, tag: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(self.merge.places[self.part].tags[tag as usize])
    }

    fn element_index(&mut self, element: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(element + self.merge.places[self.part].elements)
    }

    fn data_index(&mut self, data: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(data + self.merge.places[self.part].data)
    }

    fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, reencode::Error<Infallible>> {
        if let Operator::RefFunc { function_index } = operator {
            let function = self.function_index(function_index)?;
            self.merge.referred.insert(function);
        }
        reencode::utils::instruction(self, operator)
    }
}
