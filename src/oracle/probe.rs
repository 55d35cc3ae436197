//! A module that reads things from another module that the embedder cannot see.
//!
//! Engines differ most in the values that their embedding interfaces can pass: JavaScript has no v128 and loses NaN payloads,
//! Python's package has no typed references, exceptions arrive in ten shapes. So a driver passes nothing at all. It instantiates
//! the subject, then a *probe* made for it, which imports the subject's exports and exports functions without parameters:
//!
//! - `c0`, `c1`, …, one for each exported function that is called: reads arguments from the probe's memory at [`ARGS`],
//!   calls, writes results to [`RESULTS`], returns 0. Catches exceptions: returns 1 + the tag's number, with the
//!   payload in place of the results, or 1 + the number of tags for a tag that is not exported.
//! - `s`: writes exported globals, then length and number of nulls of exported tables, to [`STATE`].
//!
//! Each value takes a slot of [`SLOT`] bytes; a reference is the i32 that `ref.is_null` gives. The driver copies bytes
//! from and to the memory `p`, reads the subject's exported memories itself, and knows nothing of types. The price:
//! calls come from another instance, never from the host.
//!
//! The probe begins with a copy of the subject's type section, so that every type keeps its index.

use super::Abilities;
use super::seen::{OracleCall, OracleEnd, OracleJob, OracleState, OracleValue, TABLE_SCAN, TableState};
use crate::module::{ExternKind, MemoryType, Module, RefType, ValType, WasmFeatures};
use crate::text::counted;
use std::collections::{HashMap, HashSet};
use wasm_encoder::{BlockType, Catch, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection};
use wasm_encoder::{ImportSection, MemArg, MemArgTarget, MemorySection, RawSection, SectionId};

/// The size of a value in bytes.
pub const SLOT: usize = 16;
/// The offset of arguments in the probe's memory.
pub const ARGS: u64 = 0;
/// The offset of results in the probe's memory. A function has at most 1000 results, and as many arguments.
pub const RESULTS: u64 = 32 << 10;
/// The offset of exported state in the probe's memory.
pub const STATE: u64 = 64 << 10;

/// A subject's probe, and the means to read its memory.
pub struct Probe {
    /// The binary.
    pub bytes: Vec<u8>,
    /// The exported memories, in order.
    pub memories: Vec<(String, MemoryType)>,
    /// The number of bytes that `s` writes.
    pub state_bytes: usize,
    gc: bool,
    functions: Vec<Asked>,
    numbers: HashMap<String, usize>,
    tags: Vec<Tag>,
    globals: Vec<(String, ValType)>,
    tables: Vec<String>,
}

/// An exported tag: its name, and the types of its payload.
type Tag = (String, Vec<ValType>);

/// An exported function that is called.
struct Asked {
    ty: u32,
    params: Vec<ValType>,
    results: Vec<ValType>,
    /// Why it cannot be called.
    refused: Option<String>,
}

/// Why an oracle cannot be asked about a job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// The module is malformed or invalid, for this reason.
    #[error("{0}")]
    Module(String),
    /// The provider has the name that probes know the subject by.
    #[error("a provider cannot be named '{SUBJECT}'")]
    ProviderName,
    /// An import is not provided.
    #[error("imports '{}' '{}', which nothing provides", .module.escape_debug(), .name.escape_debug())]
    Import {
        /// The module name of the import.
        module: String,
        /// The item name of the import.
        name: String,
    },
    /// A global or table is shared, so that a probe cannot import it.
    #[error("the export '{}' is a shared {kind}", .name.escape_debug())]
    Shared {
        /// The name of the export.
        name: String,
        /// "global" or "table".
        kind: &'static str,
    },
    /// The global for fuel has the wrong type.
    #[error("the fuel '{}' is not a mutable i32 global", .0.escape_debug())]
    FuelType(String),
    /// The global for fuel does not exist.
    #[error("no exported global '{}' to hold the fuel", .0.escape_debug())]
    NoFuel(String),
    /// An export that is called is not a function.
    #[error("the export '{}' is not a function", .0.escape_debug())]
    NotAFunction(String),
    /// An export that is called does not exist.
    #[error("no export '{}'", .0.escape_debug())]
    NoExport(String),
    /// A call has too many or too few arguments.
    #[error("'{}' takes {}, not {given}", .export.escape_debug(), counted(*.wanted, "argument"))]
    ArgumentCount {
        /// The name of the export.
        export: String,
        /// The number of parameters.
        wanted: usize,
        /// The number of arguments.
        given: usize,
    },
    /// An argument does not have the type of the parameter.
    #[error("argument {index} of '{}' is {arg:?}, but the parameter has type {ty}", .export.escape_debug())]
    Argument {
        /// The name of the export.
        export: String,
        /// The index of the argument.
        index: usize,
        /// The argument.
        arg: OracleValue,
        /// The parameter's type.
        ty: ValType,
    },
    /// The job cannot be encoded for a driver.
    #[error("{0}")]
    Encode(String),
    /// The encoder does not support a type.
    #[error("type cannot be encoded: {0}")]
    Type(String),
}

/// Why an answer of an oracle cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// There are too few bytes.
    #[error("{} instead of {}", counted(*.given, "byte"), counted(*.values, "value"))]
    Short { given: usize, values: usize },
    /// The status does not belong to any tag.
    #[error("unknown status {0}")]
    Status(u32),
}

/// A call, in the form in which a driver makes it.
pub struct PreparedCall {
    /// The probe's function for it.
    pub function: String,
    /// The bytes to write to [`ARGS`].
    pub args: Vec<u8>,
    /// The number of bytes to read at [`RESULTS`] afterwards.
    pub room: usize,
}

impl Probe {
    /// A probe for the calls of a job, restricted to the engine's abilities.
    ///
    /// # Errors
    /// The job makes no sense: the module is invalid, has an import that is not provided, or does not export a called function.
    pub fn new(job: &OracleJob, Abilities { exceptions, gc, .. }: Abilities) -> Result<Probe, JobError> {
        let module = Module::new(&job.bytes, WasmFeatures::all()).map_err(|e| JobError::Module(e.to_string()))?;
        let provider = job.provider.as_ref().map_or("", |(name, _)| name.as_str());
        if provider == SUBJECT {
            return Err(JobError::ProviderName);
        }
        let provided = |module: &str| job.provider.is_some() && module == provider;
        if let Some(import) = module.imports.iter().find(|import| !provided(&import.module)) {
            return Err(JobError::Import { module: import.module.to_string(), name: import.name.clone() });
        }
        let mut imports = ImportSection::new();
        let mut types = Types::copied(&job.bytes, module.types.len())?;

        let (functions, numbers) = asked(&module, &job.calls)?;
        let mut names = vec![""; functions.len()];
        for (name, &n) in &numbers {
            names[n] = name;
        }
        let callable = functions.iter().zip(&names).filter(|(f, _)| f.refused.is_none());
        let mut function_index = HashMap::new();
        for (f, name) in callable {
            function_index.insert(*name, function_index.len() as u32);
            imports.import(SUBJECT, name, EntityType::Function(f.ty));
        }
        let imported_functions = function_index.len() as u32;

        let mut globals = Vec::new();
        let mut fuel = None;
        for export in module.exports.iter().filter(|e| e.kind == ExternKind::Global) {
            let ty = module.globals[export.index as usize].ty;
            if ty.shared {
                return Err(JobError::Shared { name: export.name.clone(), kind: "global" });
            }
            imports.import(SUBJECT, &export.name, encoded::<_, wasm_encoder::GlobalType>(ty)?);
            if job.fuel.as_ref().is_some_and(|(name, _)| *name == export.name) {
                if !ty.mutable || ty.content_type != ValType::I32 {
                    return Err(JobError::FuelType(export.name.clone()));
                }
                fuel = Some((globals.len() as u32, job.fuel.as_ref().map_or(0, |f| f.1)));
            }
            globals.push((export.name.clone(), ty.content_type));
        }
        if let (Some((name, _)), None) = (&job.fuel, fuel) {
            return Err(JobError::NoFuel(name.clone()));
        }

        let mut tables = Vec::new();
        let mut wide = Vec::new();
        for export in module.exports.iter().filter(|e| e.kind == ExternKind::Table) {
            let ty = module.tables[export.index as usize].ty;
            if ty.shared {
                return Err(JobError::Shared { name: export.name.clone(), kind: "table" });
            }
            imports.import(SUBJECT, &export.name, encoded::<_, wasm_encoder::TableType>(ty)?);
            tables.push(export.name.clone());
            wide.push(ty.table64);
        }

        let mut tags: Vec<Tag> = Vec::new();
        let mut known = Vec::new();
        for export in module.exports.iter().filter(|e| e.kind == ExternKind::Tag && exceptions) {
            // A tag with two names is known by the first; the second would never be caught.
            if known.contains(&export.index) {
                continue;
            }
            known.push(export.index);
            let func_type_idx = module.tags[export.index as usize];
            let kind = wasm_encoder::TagKind::Exception;
            imports.import(SUBJECT, &export.name, wasm_encoder::TagType { kind, func_type_idx });
            tags.push((export.name.clone(), module.tag_signature(export.index).params().to_vec()));
        }
        let blocks = tags.iter().map(|(_, payload)| types.function(&[], payload)).collect::<Result<Vec<_>, _>>()?;
        let catches = exceptions && !module.tags.is_empty();

        let call_type = types.function(&[], &[ValType::I32])?;
        let state_type = types.function(&[], &[])?;
        let mut declared = FunctionSection::new();
        let mut exports = ExportSection::new();
        let mut code = CodeSection::new();
        exports.export("p", ExportKind::Memory, 0);
        let mut next = imported_functions;
        for (n, f) in functions.iter().enumerate().filter(|(_, f)| f.refused.is_none()) {
            declared.function(call_type);
            exports.export(&format!("c{n}"), ExportKind::Func, next);
            next += 1;
            let catching = catches.then_some((&tags[..], &blocks[..]));
            code.function(&call(f, function_index[names[n]], fuel, catching, gc)?);
        }
        declared.function(state_type);
        exports.export("s", ExportKind::Func, next);
        let global_types: Vec<ValType> = globals.iter().map(|g| g.1).collect();
        code.function(&state(&global_types, &wide));

        let state_bytes = (globals.len() + tables.len()) * SLOT;
        let mut memory = MemorySection::new();
        memory.memory(wasm_encoder::MemoryType {
            minimum: 1 + (state_bytes as u64).div_ceil(64 << 10),
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });

        let mut probe = wasm_encoder::Module::new();
        probe.section(&RawSection { id: SectionId::Type as u8, data: &types.finish() });
        probe.section(&imports).section(&declared).section(&memory).section(&exports).section(&code);
        let memories = module.exports.iter().filter(|e| e.kind == ExternKind::Memory);
        let memories = memories.map(|e| (e.name.clone(), module.memories[e.index as usize])).collect();
        Ok(Probe { bytes: probe.finish(), gc, memories, state_bytes, functions, numbers, tags, globals, tables })
    }

    /// A call in the form in which the driver makes it, or its end if it cannot be made.
    ///
    /// # Errors
    /// The arguments do not match the function's parameters.
    pub fn prepare(&self, call: &OracleCall) -> Result<Result<PreparedCall, OracleEnd>, JobError> {
        let n = self.numbers[&call.export];
        let f = &self.functions[n];
        if let Some(why) = &f.refused {
            return Ok(Err(OracleEnd::Unsupported(why.clone())));
        }
        if call.args.len() != f.params.len() {
            return Err(JobError::ArgumentCount {
                export: call.export.clone(),
                wanted: f.params.len(),
                given: call.args.len(),
            });
        }
        let mut args = Vec::with_capacity(f.params.len() * SLOT);
        for (i, (&arg, &ty)) in call.args.iter().zip(&f.params).enumerate() {
            let bits = match (arg, ty) {
                (OracleValue::I32(v), ValType::I32) | (OracleValue::F32(v), ValType::F32) => u128::from(v),
                (OracleValue::I64(v), ValType::I64) | (OracleValue::F64(v), ValType::F64) => u128::from(v),
                (OracleValue::V128(v), ValType::V128) => v,
                (OracleValue::Null, ValType::Ref(_)) => 1,
                (OracleValue::Ref, ValType::Ref(r)) if r.is_extern_ref() && self.gc => 0,
                (OracleValue::Ref, ValType::Ref(_)) => {
                    return Ok(Err(OracleEnd::Unsupported(format!("an argument of type {ty} other than null"))));
                }
                _ => return Err(JobError::Argument { export: call.export.clone(), index: i, arg, ty }),
            };
            args.extend(bits.to_le_bytes());
        }
        let payloads = self.tags.iter().map(|(_, payload)| payload.len());
        let room = payloads.chain([f.results.len()]).max().unwrap_or(0) * SLOT;
        Ok(Ok(PreparedCall { function: format!("c{n}"), args, room }))
    }

    /// The end of a call whose probe function returned `status`, with these bytes at [`RESULTS`].
    ///
    /// # Errors
    /// There are too few bytes, or the tag does not exist.
    pub fn end(&self, call: &OracleCall, status: u32, bytes: &[u8]) -> Result<OracleEnd, AnswerError> {
        let f = &self.functions[self.numbers[&call.export]];
        match (status as usize).checked_sub(1) {
            None => Ok(OracleEnd::Values(values(&f.results, bytes)?)),
            Some(tag) if tag == self.tags.len() => Ok(OracleEnd::Exception { tag: None, payload: Vec::new() }),
            Some(tag) => {
                let (name, payload) = self.tags.get(tag).ok_or(AnswerError::Status(status))?;
                Ok(OracleEnd::Exception { tag: Some(name.clone()), payload: values(payload, bytes)? })
            }
        }
    }

    /// The state that `s` wrote; memories are left to the caller.
    ///
    /// # Errors
    /// There are too few bytes.
    pub fn state(&self, bytes: &[u8]) -> Result<OracleState, AnswerError> {
        let types: Vec<ValType> = self.globals.iter().map(|g| g.1).collect();
        let names = self.globals.iter().map(|g| g.0.clone());
        let globals = names.zip(values(&types, bytes)?).collect();
        let rest = bytes.get(types.len() * SLOT..).unwrap_or_default();
        let pairs = values(&vec![ValType::V128; self.tables.len()], rest)?;
        let tables = self.tables.iter().zip(pairs).map(|(export, pair)| match pair {
            OracleValue::V128(v) => TableState { export: export.clone(), len: v as u64, nulls: (v >> 64) as u64 },
            _ => unreachable!("asked for as v128"),
        });
        Ok(OracleState { memories: Vec::new(), globals, tables: tables.collect() })
    }
}

/// The module and item names of each import of a binary, once each; if it cannot be decoded, those before the error.
pub fn imports(bytes: &[u8]) -> Vec<(String, String)> {
    let mut known = HashSet::new();
    let mut found = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        let section = match payload {
            Ok(wasmparser::Payload::ImportSection(section)) => section,
            Ok(wasmparser::Payload::CodeSectionStart { .. }) | Err(_) => break,
            Ok(_) => continue,
        };
        for import in section.into_imports().map_while(Result::ok) {
            let import = (import.module.to_string(), import.name.to_string());
            if known.insert(import.clone()) {
                found.push(import);
            }
        }
    }
    found
}

/// The name of the subject in the probe's imports.
pub const SUBJECT: &str = "m";

/// The distinct functions that are called, and their numbers by name.
fn asked(module: &Module, calls: &[OracleCall]) -> Result<(Vec<Asked>, HashMap<String, usize>), JobError> {
    let mut functions = Vec::new();
    let mut numbers = HashMap::new();
    for call in calls {
        if numbers.contains_key(&call.export) {
            continue;
        }
        let index = match module.export(&call.export) {
            Some(export) if export.kind == ExternKind::Func => export.index,
            Some(_) => return Err(JobError::NotAFunction(call.export.clone())),
            None => return Err(JobError::NoExport(call.export.clone())),
        };
        let ty = module.function_signature(index);
        let lacks_null = |t: &&ValType| matches!(t, ValType::Ref(r) if !r.is_nullable());
        let refused = ty.params().iter().find(lacks_null).map(|t| format!("a parameter of type {t}"));
        numbers.insert(call.export.clone(), functions.len());
        functions.push(Asked {
            ty: module.functions[index as usize],
            params: ty.params().to_vec(),
            results: ty.results().to_vec(),
            refused,
        });
    }
    Ok((functions, numbers))
}

/// The subject's type section with more types after it.
pub struct Types {
    /// The numbers of recursion groups and types in the section.
    groups: u32,
    next: u32,
    copied: Vec<u8>,
    own: wasm_encoder::TypeSection,
}

impl Types {
    /// The type section of a binary, which has this many types.
    pub fn copied(bytes: &[u8], types: usize) -> Result<Types, JobError> {
        let mut copied = Vec::new();
        let mut groups = 0;
        for payload in wasmparser::Parser::new(0).parse_all(bytes) {
            if let wasmparser::Payload::TypeSection(section) = payload.map_err(|e| JobError::Module(e.to_string()))? {
                groups = section.count();
                // So far the reader has read only the count.
                copied = bytes[section.original_position() as usize..section.range().end as usize].to_vec();
                break;
            }
        }
        Ok(Types { groups, next: types as u32, copied, own: wasm_encoder::TypeSection::new() })
    }

    /// Adds a function type, and returns its index.
    pub fn function(&mut self, params: &[ValType], results: &[ValType]) -> Result<u32, JobError> {
        let encode = |types: &[ValType]| types.iter().map(|&t| encoded(t)).collect::<Result<Vec<_>, _>>();
        self.own.ty().function(encode(params)?, encode(results)?);
        self.next += 1;
        Ok(self.next - 1)
    }

    /// The contents of the section.
    pub fn finish(self) -> Vec<u8> {
        use wasm_encoder::Encode;
        let mut own = Vec::new();
        self.own.encode(&mut own);
        // `own` is length, count, types; the count is small, so the length is found from its end.
        let types = skip_leb(skip_leb(&own));
        let mut out = Vec::new();
        (self.groups + self.own.len()).encode(&mut out);
        out.extend(self.copied);
        out.extend(types);
        out
    }
}

/// The bytes after a LEB128 number.
fn skip_leb(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().take_while(|b| **b & 0x80 != 0).count() + 1;
    &bytes[len..]
}

/// Converts a type for the encoder.
pub fn encoded<A, B: TryFrom<A>>(ty: A) -> Result<B, JobError>
where
    B::Error: std::fmt::Display,
{
    B::try_from(ty).map_err(|e| JobError::Type(e.to_string()))
}

/// A memory argument for this offset of memory 0, without alignment.
pub fn at(offset: u64) -> MemArg {
    MemArg { offset, align: 0, target: MemArgTarget::Memory(0), ordering: None }
}

/// The function that makes a call: see the head of this file.
fn call(
    f: &Asked,
    index: u32,
    fuel: Option<(u32, u32)>,
    catching: Option<(&[Tag], &[u32])>,
    gc: bool,
) -> Result<Function, JobError> {
    let (tags, blocks) = catching.unwrap_or((&[], &[]));
    // Locals: one for each result, then one for each part of each payload.
    let kept = f.results.iter().chain(tags.iter().flat_map(|t| &t.1));
    let locals =
        kept.map(|&t| Ok((1, encoded(t)?))).collect::<Result<Vec<(u32, wasm_encoder::ValType)>, JobError>>()?;
    let mut out = Function::new(locals);
    let mut code = out.instructions();
    if let Some((global, amount)) = fuel {
        code.i32_const(amount as i32).global_set(global);
    }
    if catching.is_some() {
        code.block(BlockType::Empty);
        for &block in blocks.iter().rev() {
            code.block(BlockType::FunctionType(block));
        }
        let caught = (0..tags.len() as u32).map(|tag| Catch::One { tag, label: tag });
        code.try_table(BlockType::Empty, caught.chain([Catch::All { label: tags.len() as u32 }]).collect::<Vec<_>>());
    }
    for (i, &ty) in f.params.iter().enumerate() {
        let slot = at(ARGS + (i * SLOT) as u64);
        match ty {
            ValType::I32 => code.i32_const(0).i32_load(slot),
            ValType::I64 => code.i32_const(0).i64_load(slot),
            ValType::F32 => code.i32_const(0).f32_load(slot),
            ValType::F64 => code.i32_const(0).f64_load(slot),
            ValType::V128 => code.i32_const(0).v128_load(slot),
            ValType::Ref(ty) if ty.is_extern_ref() && gc => {
                code.i32_const(0).i32_load(slot).if_(BlockType::Result(wasm_encoder::ValType::EXTERNREF));
                code.ref_null(wasm_encoder::HeapType::EXTERN).else_();
                code.i32_const(1).ref_i31().extern_convert_any().end()
            }
            ValType::Ref(ty) => code.ref_null(encoded::<RefType, wasm_encoder::RefType>(ty)?.heap_type),
        };
    }
    code.call(index);
    keep(&mut code, &f.results, 0);
    code.i32_const(0).return_();
    if catching.is_some() {
        code.end().unreachable();
        let mut first = f.results.len() as u32;
        for (tag, (_, payload)) in tags.iter().enumerate() {
            code.end();
            keep(&mut code, payload, first);
            code.i32_const(1 + tag as i32).return_();
            first += payload.len() as u32;
        }
        code.end().i32_const(1 + tags.len() as i32);
    }
    code.end();
    Ok(out)
}

/// Writes the values on the operand stack to [`RESULTS`], using the locals from `first` on.
fn keep(code: &mut wasm_encoder::InstructionSink<'_>, types: &[ValType], first: u32) {
    for i in (0..types.len() as u32).rev() {
        code.local_set(first + i);
    }
    for (i, &ty) in types.iter().enumerate() {
        code.i32_const(0).local_get(first + i as u32);
        store(code, ty, RESULTS + (i * SLOT) as u64);
    }
}

/// Stores the value on top of the operand stack; the address 0 is below it.
fn store(code: &mut wasm_encoder::InstructionSink<'_>, ty: ValType, offset: u64) {
    match ty {
        ValType::I32 => code.i32_store(at(offset)),
        ValType::I64 => code.i64_store(at(offset)),
        ValType::F32 => code.f32_store(at(offset)),
        ValType::F64 => code.f64_store(at(offset)),
        ValType::V128 => code.v128_store(at(offset)),
        ValType::Ref(_) => code.ref_is_null().i32_store(at(offset)),
    };
}

/// The function that writes state; `wide`: which tables have 64-bit indices.
fn state(globals: &[ValType], wide: &[bool]) -> Function {
    let mut out = Function::new([(2, wasm_encoder::ValType::I64)]);
    let mut code = out.instructions();
    let (index, nulls) = (0, 1);
    for (i, &ty) in globals.iter().enumerate() {
        code.i32_const(0).global_get(i as u32);
        store(&mut code, ty, STATE + (i * SLOT) as u64);
    }
    for (i, &wide) in wide.iter().enumerate() {
        let slot = STATE + ((globals.len() + i) * SLOT) as u64;
        let table = i as u32;
        let size = |code: &mut wasm_encoder::InstructionSink<'_>| {
            code.table_size(table);
            if !wide {
                code.i64_extend_i32_u();
            }
        };
        code.i32_const(0);
        size(&mut code);
        code.i64_store(at(slot));
        code.i64_const(0).local_set(index).i64_const(0).local_set(nulls);
        code.block(BlockType::Empty).loop_(BlockType::Empty);
        code.local_get(index);
        size(&mut code);
        code.i64_ge_u().br_if(1);
        code.local_get(index).i64_const(TABLE_SCAN as i64).i64_ge_u().br_if(1);
        code.local_get(index);
        if !wide {
            code.i32_wrap_i64();
        }
        code.table_get(table).ref_is_null().i64_extend_i32_u().local_get(nulls).i64_add().local_set(nulls);
        code.local_get(index).i64_const(1).i64_add().local_set(index).br(0).end().end();
        code.i32_const(0).local_get(nulls).i64_store(at(slot + 8));
    }
    code.end();
    out
}

/// Reads values from their slots.
fn values(types: &[ValType], bytes: &[u8]) -> Result<Vec<OracleValue>, AnswerError> {
    let slots = bytes.chunks_exact(SLOT);
    if slots.len() < types.len() {
        return Err(AnswerError::Short { given: bytes.len(), values: types.len() });
    }
    let read = |(slot, &ty): (&[u8], &ValType)| {
        let bits = u128::from_le_bytes(std::array::from_fn(|i| slot[i]));
        match ty {
            ValType::I32 => OracleValue::I32(bits as u32),
            ValType::I64 => OracleValue::I64(bits as u64),
            ValType::F32 => OracleValue::F32(bits as u32),
            ValType::F64 => OracleValue::F64(bits as u64),
            ValType::V128 => OracleValue::V128(bits),
            ValType::Ref(_) if bits as u32 != 0 => OracleValue::Null,
            ValType::Ref(_) => OracleValue::Ref,
        }
    };
    Ok(slots.zip(types).map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Engine};
    use crate::module::features;
    use crate::oracle::StateReads;
    use crate::runtime::store::{Extern, InstanceId, Limits, Store};
    use crate::runtime::value::Val;
    use std::sync::Arc;
    use std::time::Duration;

    fn instantiate(engine: &Engine, store: &mut Store, bytes: &[u8], from: Option<InstanceId>) -> InstanceId {
        let module = Arc::new(Module::new(bytes, features::all()).expect("valid"));
        let given = |name: &str| from.and_then(|from| store.export(from, name)).expect("it is exported");
        let imports: Vec<Extern> = module.imports.iter().map(|import| given(&import.name)).collect();
        let code = engine.compile(&module).expect("compiled");
        store.instantiate(code, &imports).expect("an instance")
    }

    /// What the probe of a job sees in our own interpreter: the end of each call, and the state after it.
    fn seen(job: &OracleJob, abilities: Abilities) -> Vec<(OracleEnd, OracleState)> {
        let probe = Probe::new(job, abilities).expect("a job");
        let engine = Engine::new(Config::default()).expect("the interpreter");
        let mut store = engine.store(Limits::default());
        let subject = instantiate(&engine, &mut store, &job.bytes, None);
        let instance = instantiate(&engine, &mut store, &probe.bytes, Some(subject));
        let Some(Extern::Memory(memory)) = store.export(instance, "p") else { panic!("no memory") };
        let call = |store: &mut Store, name: &str| {
            let Some(Extern::Func(function)) = store.export(instance, name) else { panic!("no {name}") };
            store.call(function, &[]).expect("it returns")
        };
        let mut ends = Vec::new();
        for asked in &job.calls {
            let prepared = probe.prepare(asked).expect("the arguments fit").expect("it can be called");
            store.memory_bytes_mut(memory)[ARGS as usize..][..prepared.args.len()].copy_from_slice(&prepared.args);
            let [Val::I32(status)] = call(&mut store, &prepared.function)[..] else { panic!("no status") };
            let bytes = store.memory_bytes(memory)[RESULTS as usize..][..prepared.room].to_vec();
            let end = probe.end(asked, status, &bytes).expect("an answer");
            call(&mut store, "s");
            let bytes = &store.memory_bytes(memory)[STATE as usize..][..probe.state_bytes];
            ends.push((end, probe.state(bytes).expect("an answer")));
        }
        ends
    }

    const TEXT: &str = r#"(module
        (tag $hidden) (tag $a (export "a") (param i32 f64)) (export "z" (tag $a))
        (tag $b (export "b") (param i64 v128 i32))
        (global $f (export "f") (mut f32) (f32.const nan:0x200001)) (global $n (export "n") externref (ref.null extern))
        (global $fuel (export "fuel") (mut i32) (i32.const -1)) (global $own (export "own") funcref (ref.func $none))
        (table (export "t") 3 funcref) (elem (i32.const 1) $none) (table (export "w") i64 1 funcref)
        (func $none (export "none"))
        (func (export "all") (param i32 i64 f32 f64 v128 externref externref)
            (result externref externref v128 f64 f32 i64 i32)
            local.get 6 local.get 5 local.get 4 local.get 3 local.get 2 local.get 1 local.get 0)
        (func (export "throws a") (throw $a (i32.const 7) (f64.const nan:0x4000000000001)))
        (func (export "throws b") (throw $b (i64.const -5) (v128.const i64x2 1 -2) (i32.const 8)))
        (func (export "throws hidden") (throw $hidden))
        (func (export "sets") (result i32) (global.set $f (f32.const 1)) (table.set 0 (i32.const 0) (ref.func $none))
            (global.get $fuel) (global.set $fuel (i32.const 98))))"#;

    /// Values are passed by their bits, exceptions come with their payloads, and each call has fuel.
    #[test]
    fn a_probe_sees_everything() {
        use OracleValue::{F32, F64, I32, I64, Null, Ref, V128};
        let values = vec![
            I32(0xffff_fffe),
            I64(0x8000_0000_0000_0001),
            F32(0x7fa0_0001),
            F64(0xfff4_0000_0000_0001),
            V128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
            Null,
            Ref,
        ];
        let back = values.iter().rev().copied().collect();
        let none = |export: &str| OracleCall { export: export.into(), args: Vec::new() };
        let calls = vec![
            OracleCall { export: "all".into(), args: values },
            none("throws a"),
            none("throws b"),
            none("throws hidden"),
            none("sets"),
            none("sets"),
            none("none"),
        ];
        let job = OracleJob {
            bytes: wat::parse_str(TEXT).expect("a module"),
            provider: None,
            calls,
            fuel: Some(("fuel".into(), 99)),
            state: StateReads::EachCall,
            limits: None,
            contents: false,
            timeout: Duration::ZERO,
        };
        let thrown = |tag: Option<&str>, payload| OracleEnd::Exception { tag: tag.map(Into::into), payload };
        let ends = [
            OracleEnd::Values(back),
            thrown(Some("a"), vec![I32(7), F64(0x7ff4_0000_0000_0001)]),
            thrown(Some("b"), vec![I64(-5_i64 as u64), V128((-2_i64 as u64 as u128) << 64 | 1), I32(8)]),
            thrown(None, Vec::new()),
            OracleEnd::Values(vec![I32(99)]),
            OracleEnd::Values(vec![I32(99)]),
            OracleEnd::Values(Vec::new()),
        ];
        let state = |f: u32, fuel: u32, nulls: u64| {
            let globals = [("f", F32(f)), ("n", Null), ("fuel", I32(fuel)), ("own", Ref)];
            let table = |name: &str, len, nulls| TableState { export: name.into(), len, nulls };
            OracleState {
                memories: Vec::new(),
                globals: globals.map(|(name, value)| (name.to_string(), value)).to_vec(),
                tables: vec![table("t", 3, nulls), table("w", 1, 1)],
            }
        };
        let (before, after) = ((0x7fa0_0001, 99, 2), (0x3f80_0000, 98, 1));
        let states = [before, before, before, before, after, after, (0x3f80_0000, 99, 1)];
        let states = states.map(|(f, fuel, nulls)| state(f, fuel, nulls));
        let found = seen(&job, Abilities { exceptions: true, gc: true, host: false });
        assert_eq!(found, ends.into_iter().zip(states).collect::<Vec<_>>());
    }

    /// A module may import an entity more than once, and in any order.
    #[test]
    fn each_import_once() {
        let text = r#"(module (import "a" "y" (func)) (import "b" "y" (global i32)) (import "a" "y" (memory 1))
            (import "a" "x" (func)) (import "a" "y" (func)))"#;
        let bytes = wat::parse_str(text).expect("a module");
        let expected =
            [("a", "y"), ("b", "y"), ("a", "x")].map(|(module, name)| (module.to_string(), name.to_string()));
        assert_eq!(imports(&bytes), expected);
        assert!(imports(b"\0asm\x01\0\0\0").is_empty());
    }
}
