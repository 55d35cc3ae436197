//! Decoding and validation, with separate errors: whatever cannot be read, in any section or operator, is malformed, and
//! that takes precedence over everything that is invalid. So the sections are read *without* the validator. Operators are
//! left to it, since most modules are valid; if it finds an error, they are read alone to see whether there is a malformed
//! one.

use super::diagnose::{diagnose, diagnose_body};
use super::gate::{Gate, GateError};
use super::quick::Context;
use super::validate::{ReadLimits, ValidationError, validate, validate_lazily};
use super::*;
use crate::text::one_line;
use wasmparser::{
    BinaryReader, BinaryReaderError, CompositeInnerType, DataKind, ElementItems as ParserItems, ElementKind, Encoding,
    ExternalKind, FieldType, FunctionBody, KnownCustom, Name, NameSectionReader, Parser, Payload, StorageType,
    TableInit, TypeRef,
};

/// The maximum number of bytes by which the module names of all imports may exceed the binary. All items of a group share one
/// name, but the validator copies it for each item: a group of 100 kB could take gigabytes.
const MOST_SHARED_NAMES: usize = 128 << 20;
/// The message for exceeding it. It begins like those for wasmparser's limits.
const TOO_LONG_NAMES: &str = "implementation limit: the names of the modules of all imports are too long";

/// The phase in which a module was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// It could not be decoded.
    Malformed,
    /// It was decoded but is not valid.
    Invalid,
    /// Not known to be either: the module exceeds a limit of this implementation that the specification does not have.
    Limit,
    /// Like [`Phase::Limit`], for the memory limit of reading and compiling.
    Memory,
    /// Not known to be either, because the time ran out.
    Timeout,
    /// An annotation or a custom section cannot be read, but the module itself can.
    MalformedCustom,
    /// An annotation or a custom section refers to something that is not in the module, which is otherwise valid.
    InvalidCustom,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Phase::Malformed => "malformed module",
            Phase::Invalid => "invalid module",
            Phase::Limit | Phase::Memory => "over a limit",
            Phase::Timeout => "over the time limit",
            Phase::MalformedCustom => "malformed custom section",
            Phase::InvalidCustom => "invalid custom section",
        })
    }
}

/// Why a binary was rejected.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{phase}: {message} (at offset {offset:#x})")]
pub struct DecodeError {
    /// The phase that rejected it.
    pub phase: Phase,
    /// The specification's words, then wasmparser's where they differ.
    pub message: String,
    /// The byte offset in the binary.
    pub offset: usize,
}

impl Module {
    /// Decodes and validates a binary module.
    ///
    /// # Errors
    /// `Malformed` if it cannot be decoded, `Invalid` if validation rejects it or it names a type index beyond all
    /// limits, `Limit` if it exceeds a limit of this implementation.
    pub fn new(bytes: &[u8], features: WasmFeatures) -> Result<Module, DecodeError> {
        Module::new_within(bytes, features, ReadLimits::default())
    }

    /// Like [`Module::new`], within limits.
    ///
    /// # Errors
    /// As [`Module::new`]; `Memory` or `Timeout` if it would take more than the limits allow.
    pub fn new_within(
        bytes: impl Into<Vec<u8>>,
        features: WasmFeatures,
        limits: ReadLimits,
    ) -> Result<Module, DecodeError> {
        let bytes = Arc::new(bytes.into());
        let refused = |refusal| malformed(refusal, diagnose(&bytes, features));
        // A valid module is read only once, by the validator.
        let mut module = match decode(&bytes, features, Operators::Skipped) {
            Ok(module) => module,
            // An operator before this error may contain the first error.
            Err(refusal) => return Err(refused(decode(&bytes, features, Operators::Read).err().unwrap_or(refusal))),
        };
        let rejected = |error| match error {
            ValidationError::Timeout => module.rejected(error),
            // An operator that cannot be read makes the module malformed, whether it is before or after the validator's
            // error.
            error => match decode(&bytes, features, Operators::Read) {
                Err(refusal) => refused(refusal),
                Ok(_) => module.rejected(error),
            },
        };
        let quick = Context::new(&module);
        // The checks below read the bodies, too.
        if limits.lazily && features.gc() && features.contains(WasmFeatures::WASM2) {
            module.unvalidated = validate_lazily(&bytes, features, quick, limits).map_err(rejected)?;
            return Ok(module);
        }
        validate(&bytes, features, quick, limits).map_err(rejected)?;
        // Rejects constructs that older versions lack but wasmparser reads anyway, as other spellings of older ones.
        if !features.gc()
            && let Some((message, offset)) = diagnose(&bytes, features)
        {
            return Err(DecodeError { phase: Phase::Malformed, message, offset });
        }
        labels::check(&module).map_err(|(message, offset)| DecodeError { phase: Phase::Invalid, message, offset })?;
        Ok(module)
    }

    /// Validates a function body that was left for later ([`ReadLimits::lazily`]), which the specification
    /// [allows](https://webassembly.github.io/spec/core/appendix/implementation.html#validation). No backend may get the body
    /// before. Validation is abandoned when `is_over` returns true, and may be tried again.
    ///
    /// # Errors
    /// `Malformed`, `Invalid`, `Limit`, `Memory` or `Timeout`, as for the module.
    pub fn validate_body(&self, body: BodyIndex, is_over: &dyn Fn() -> bool) -> Result<(), DecodeError> {
        let Some(unvalidated) = &self.unvalidated else { return Ok(()) };
        let Body { range, kind: BodyKind::Function(function) } = &self.bodies[body.0 as usize] else { return Ok(()) };
        let bytes = &self.bytes[range.clone()];
        let body = FunctionBody::new(BinaryReader::new_features(bytes, range.start as u64, self.features));
        let outcome = unvalidated.body((*function, self.functions[*function as usize]), &body, is_over);
        outcome.map_err(|error| {
            if let ValidationError::Timeout = error {
                return self.rejected(error);
            }
            let mut gate = Gate::new(self.features);
            let error = match read_operators(&body, &mut gate) {
                Err(refusal) => malformed(refusal, diagnose_body(&self.bytes, range.clone(), self.features)),
                Ok(()) if gate.uses_data && !unvalidated.has_data_count() => {
                    malformed(no_data_count(&self.bytes), None)
                }
                Ok(()) => self.rejected(error),
            };
            unvalidated.note(&error);
            error
        })
    }

    /// Returns the first error that [`Module::validate_body`] found.
    pub fn error_found_late(&self) -> Option<&DecodeError> {
        self.unvalidated.as_ref()?.error()
    }

    /// Returns the reason for refusing this module. All its operators can be read, as far as there was time to read
    /// them.
    fn rejected(&self, error: ValidationError) -> DecodeError {
        let (bytes, features) = (&self.bytes, self.features);
        let error = match error {
            ValidationError::Invalid(error) => error,
            ValidationError::Timeout => {
                let message = "reading took longer than the time limit".to_string();
                return DecodeError { phase: Phase::Timeout, message, offset: 0 };
            }
            ValidationError::Limit(what, offset) => {
                return DecodeError { phase: Phase::Limit, message: what.to_string(), offset: offset as usize };
            }
            ValidationError::Memory(what, offset) => {
                return DecodeError { phase: Phase::Memory, message: what.to_string(), offset: offset as usize };
            }
        };
        let offset = error.offset() as usize;
        if limits::is_limit(error.message()) {
            return DecodeError { phase: Phase::Limit, message: error.message().into(), offset };
        }
        // The reader does not know this proposal, whose code cannot be executed here.
        if !features.shared_everything_threads()
            && let Some((text, offset)) = diagnose(bytes, features)
        {
            let message = format!("{text} ({})", error.message());
            return DecodeError { phase: Phase::Malformed, message, offset };
        }
        let text = descriptors::diagnose(self, error.message(), offset)
            .or_else(|| subtypes::diagnose(self, error.message(), offset));
        let message = match text {
            Some(text) => format!("{text} ({})", error.message()),
            None => messages::validation(error.message()),
        };
        // The message may contain names from the module.
        let message = one_line(&message).into_owned();
        DecodeError { phase: Phase::Invalid, message, offset }
    }
}

/// Describes what `wasmparser` refused to read in the specification's words, if it has any. The offset is that of the fault
/// whose words come first.
fn malformed(refusal: GateError, diagnosis: Option<(String, usize)>) -> DecodeError {
    let (mut theirs, offset) = refusal.into_parts();
    // The text goes on with all eight bytes, one per line.
    if let Some(end) = theirs.find(" - expected=[\n") {
        theirs.truncate(end);
    }
    let (phase, message, offset) = match diagnosis {
        // wasmparser reads operators there, too.
        Some((text, _)) if limits::is_limit(&text) => (Phase::Limit, theirs, offset),
        Some((text, at)) if !theirs.starts_with(&text) => (Phase::Malformed, format!("{text} ({theirs})"), at),
        None if limits::is_limit(&theirs) => (Phase::Limit, theirs, offset),
        // The number can be read, but no module has a type with this index.
        None if theirs.starts_with("type index greater than") => {
            (Phase::Invalid, format!("unknown type ({theirs})"), offset)
        }
        _ => (Phase::Malformed, theirs, offset),
    };
    DecodeError { phase, message, offset }
}

/// Whether function operators are read.
#[derive(Clone, Copy, PartialEq)]
enum Operators {
    Read,
    Skipped,
}

/// Reads every section without validating anything.
fn decode(bytes: &Arc<Vec<u8>>, features: WasmFeatures, operators: Operators) -> Result<Module, GateError> {
    let mut decoder = Decoder::new(bytes, features, operators);
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(bytes) {
        decoder.payload(payload?)?;
    }
    let Decoder { mut module, functions, constants, gate, data_count, .. } = decoder;
    if gate.uses_data && !data_count {
        return Err(no_data_count(bytes));
    }
    module.bodies = functions;
    module.bodies.extend(constants);
    // The specification requires this order.
    module.branch_hints.sort_unstable();
    module.branch_hints.dedup_by_key(|hint| (hint.function, hint.offset));
    Ok(module)
}

/// The error for an operator that names a data segment when there is no data count section.
fn no_data_count(bytes: &[u8]) -> GateError {
    GateError::Illegal("data count section required".to_string(), bytes.len())
}

/// Reads the declarations and operators of a body without validating anything.
fn read_operators(body: &FunctionBody<'_>, gate: &mut Gate) -> Result<(), GateError> {
    for local in body.get_locals_reader()? {
        local?;
    }
    gate.read_all(body.get_operators_reader()?)
}

struct Decoder {
    module: Module,
    functions: Vec<Body>,
    constants: Vec<Body>,
    gate: Gate,
    /// Whether there is a data count section.
    data_count: bool,
    operators: Operators,
    /// The total bytes of the module names of all imports so far, as if no import shared a name.
    module_names: usize,
}

impl Decoder {
    fn new(bytes: &Arc<Vec<u8>>, features: WasmFeatures, operators: Operators) -> Self {
        let module = Module {
            bytes: Arc::clone(bytes),
            features,
            name: None,
            types: Vec::new(),
            has_object_types: false,
            names_shared: Vec::new(),
            rec_groups: Vec::new(),
            imports: Vec::new(),
            functions: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            exports: Vec::new(),
            export_names: Default::default(),
            start: None,
            elements: Vec::new(),
            data: Vec::new(),
            bodies: Vec::new(),
            num_imported_functions: 0,
            num_imported_tables: 0,
            num_imported_memories: 0,
            num_imported_globals: 0,
            num_imported_tags: 0,
            name_sections: Vec::new(),
            function_names: OnceLock::new(),
            branch_hints: Vec::new(),
            unvalidated: None,
            derived: OnceLock::new(),
        };
        let gate = Gate::new(features);
        Decoder {
            module,
            functions: Vec::new(),
            constants: Vec::new(),
            gate,
            data_count: false,
            operators,
            module_names: 0,
        }
    }

    /// Registers a constant expression. The function section precedes all sections with constant expressions, so the
    /// number of defined functions is known; constant bodies are numbered after them.
    fn constant(&mut self, expr: wasmparser::ConstExpr<'_>, ty: ValType) -> Result<BodyIndex, GateError> {
        Gate::new(self.module.features).read_all(expr.get_operators_reader())?;
        let range = expr.get_binary_reader().range();
        let index = self.module.num_defined_functions() + self.constants.len() as u32;
        self.constants.push(Body { range: range.start as usize..range.end as usize, kind: BodyKind::Const(ty) });
        Ok(BodyIndex(index))
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<(), GateError> {
        match payload {
            // If the features of components are enabled, the reader would continue with a component.
            Payload::Version { encoding: Encoding::Component, .. } => {
                return Err(GateError::Illegal("unknown binary version".to_string(), 4));
            }
            Payload::TypeSection(reader) => {
                for group in reader {
                    let start = self.module.types.len() as u32;
                    self.module.types.extend(group?.into_types());
                    self.module.names_shared.extend(self.module.types[start as usize..].iter().map(names_shared));
                    self.module.rec_groups.push(start..self.module.types.len() as u32);
                }
                self.module.has_object_types = self.module.types.iter().any(|ty| {
                    matches!(ty.composite_type.inner, CompositeInnerType::Struct(_) | CompositeInnerType::Array(_))
                });
            }
            Payload::ImportSection(reader) => {
                for import in reader.into_imports_with_offsets() {
                    let (offset, import) = import?;
                    self.import(import, offset as usize)?;
                }
            }
            Payload::FunctionSection(reader) => {
                for ty in reader {
                    self.module.functions.push(ty?);
                }
            }
            Payload::TableSection(reader) => {
                for table in reader {
                    let table = table?;
                    let init = match table.init {
                        TableInit::RefNull => None,
                        TableInit::Expr(e) => Some(self.constant(e, ValType::Ref(table.ty.element_type))?),
                    };
                    self.module.tables.push(Table { ty: table.ty, init });
                }
            }
            Payload::MemorySection(reader) => {
                for memory in reader {
                    self.module.memories.push(memory?);
                }
            }
            Payload::TagSection(reader) => {
                for tag in reader {
                    self.module.tags.push(tag?.func_type_idx);
                }
            }
            Payload::GlobalSection(reader) => {
                for global in reader.into_iter_with_offsets() {
                    let (offset, global) = global?;
                    self.global_flags(global.ty, offset as usize)?;
                    let init = Some(self.constant(global.init_expr, global.ty.content_type)?);
                    self.module.globals.push(Global { ty: global.ty, init });
                }
            }
            Payload::ExportSection(reader) => {
                for export in reader {
                    let export = export?;
                    let kind = match export.kind {
                        ExternalKind::Func | ExternalKind::FuncExact => ExternKind::Func,
                        ExternalKind::Table => ExternKind::Table,
                        ExternalKind::Memory => ExternKind::Memory,
                        ExternalKind::Global => ExternKind::Global,
                        ExternalKind::Tag => ExternKind::Tag,
                    };
                    let position = self.module.exports.len() as u32;
                    self.module.export_names.insert(export.name.to_string(), position);
                    self.module.exports.push(Export { name: export.name.to_string(), kind, index: export.index });
                }
            }
            Payload::StartSection { func, .. } => self.module.start = Some(func),
            Payload::ElementSection(reader) => {
                for segment in reader {
                    self.element(segment?)?;
                }
            }
            Payload::DataSection(reader) => {
                for segment in reader {
                    let segment = segment?;
                    let active = match segment.kind {
                        DataKind::Passive => None,
                        DataKind::Active { memory_index, offset_expr } => {
                            let wide = self.module.memories.get(memory_index as usize).is_some_and(|m| m.memory64);
                            Some((memory_index, self.constant(offset_expr, address_type(wide))?))
                        }
                    };
                    let end = segment.range.end as usize;
                    self.module.data.push(DataSegment { range: end - segment.data.len()..end, active });
                }
            }
            Payload::CodeSectionEntry(body) => self.function(body)?,
            Payload::CustomSection(section) => {
                // A broken section is not an error: custom sections never make a module malformed.
                match section.as_known() {
                    KnownCustom::Name(_) => self.names(section.data(), section.data_offset()),
                    KnownCustom::BranchHints(functions) => self.branch_hints(functions),
                    _ => {}
                }
            }
            Payload::DataCountSection { .. } => self.data_count = true,
            Payload::UnknownSection { id, range, .. } => {
                return Err(GateError::Illegal(format!("malformed section id: {id}"), range.start as usize));
            }
            _ => {}
        }
        Ok(())
    }

    /// Checks a global's flags: in a language without shared globals, their flag is a malformed mutability. `offset` is
    /// that of the global or import.
    fn global_flags(&self, ty: GlobalType, offset: usize) -> Result<(), GateError> {
        if ty.shared && !self.module.features.shared_everything_threads() {
            return Err(GateError::Illegal("malformed mutability".to_string(), offset));
        }
        Ok(())
    }

    fn import(&mut self, import: wasmparser::Import<'_>, offset: usize) -> Result<(), GateError> {
        self.module_names += import.module.len();
        if self.module_names > self.module.bytes.len() + MOST_SHARED_NAMES {
            return Err(GateError::Illegal(TOO_LONG_NAMES.to_string(), offset));
        }
        if let TypeRef::Global(ty) = import.ty {
            self.global_flags(ty, offset)?;
        }
        let module = &mut self.module;
        let mut func = |ty: u32, exact: bool| {
            module.functions.push(ty);
            module.num_imported_functions += 1;
            ImportType::Func { ty, exact }
        };
        let ty = match import.ty {
            TypeRef::Func(ty) => func(ty, false),
            TypeRef::FuncExact(ty) => func(ty, true),
            TypeRef::Table(ty) => {
                module.tables.push(Table { ty, init: None });
                module.num_imported_tables += 1;
                ImportType::Table(ty)
            }
            TypeRef::Memory(ty) => {
                module.memories.push(ty);
                module.num_imported_memories += 1;
                ImportType::Memory(ty)
            }
            TypeRef::Global(ty) => {
                module.globals.push(Global { ty, init: None });
                module.num_imported_globals += 1;
                ImportType::Global(ty)
            }
            TypeRef::Tag(ty) => {
                module.tags.push(ty.func_type_idx);
                module.num_imported_tags += 1;
                ImportType::Tag(ty.func_type_idx)
            }
        };
        let name = match module.imports.last() {
            Some(last) if *last.module == *import.module => Arc::clone(&last.module),
            _ => import.module.into(),
        };
        module.imports.push(Import { module: name, name: import.name.to_string(), ty });
        Ok(())
    }

    fn element(&mut self, segment: wasmparser::Element<'_>) -> Result<(), GateError> {
        let (ty, items) = match segment.items {
            ParserItems::Functions(reader) => {
                let items = reader.into_iter().collect::<Result<Vec<u32>, BinaryReaderError>>()?;
                (RefType::FUNCREF, ElementItems::Functions(items))
            }
            ParserItems::Expressions(ty, reader) => {
                let mut items = Vec::new();
                for expr in reader {
                    items.push(self.constant(expr?, ValType::Ref(ty))?);
                }
                (ty, ElementItems::Expressions(items))
            }
        };
        let mode = match segment.kind {
            ElementKind::Passive => ElementMode::Passive,
            ElementKind::Declared => ElementMode::Declared,
            ElementKind::Active { table_index, offset_expr } => {
                let table = table_index.unwrap_or(0);
                let wide = self.module.tables.get(table as usize).is_some_and(|t| t.ty.table64);
                ElementMode::Active { table, offset: self.constant(offset_expr, address_type(wide))? }
            }
        };
        self.module.elements.push(ElementSegment { ty, items, mode });
        Ok(())
    }

    fn function(&mut self, body: FunctionBody<'_>) -> Result<(), GateError> {
        if self.operators == Operators::Read {
            read_operators(&body, &mut self.gate)?;
        }
        let range = body.range();
        let func = self.module.num_imported_functions + self.functions.len() as u32;
        self.functions.push(Body { range: range.start as usize..range.end as usize, kind: BodyKind::Function(func) });
        Ok(())
    }

    /// Reads the hints up to the first broken one. There may be many such sections, whose hints are sorted at the end.
    fn branch_hints(&mut self, functions: wasmparser::BranchHintSectionReader<'_>) {
        let hints = &mut self.module.branch_hints;
        for function in functions.into_iter().map_while(Result::ok) {
            let of = |hint: wasmparser::BranchHint| BranchHint {
                function: function.func,
                offset: hint.func_offset,
                likely: hint.taken,
            };
            hints.extend(function.hints.clone().into_iter().map_while(Result::ok).map(of));
        }
    }

    fn names(&mut self, data: &[u8], offset: u64) {
        self.module.name_sections.push(offset as usize..offset as usize + data.len());
        for subsection in NameSectionReader::new(BinaryReader::new(data, offset)) {
            match subsection {
                Ok(Name::Module { name, .. }) => self.module.name = Some(name.to_string()),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }
}

/// Returns whether a type names a shared abstract type itself, rather than only through the index of another type.
fn names_shared(ty: &SubType) -> bool {
    let is_shared = |ty: &ValType| match ty {
        ValType::Ref(ty) => matches!(ty.heap_type(), HeapType::Abstract { shared: true, .. }),
        _ => false,
    };
    let is_shared_field = |field: &FieldType| match &field.element_type {
        StorageType::Val(ty) => is_shared(ty),
        StorageType::I8 | StorageType::I16 => false,
    };
    match &ty.composite_type.inner {
        CompositeInnerType::Func(ty) => ty.params().iter().chain(ty.results()).any(is_shared),
        CompositeInnerType::Array(ty) => is_shared_field(&ty.0),
        CompositeInnerType::Struct(ty) => ty.fields.iter().any(is_shared_field),
        CompositeInnerType::Cont(_) => false,
    }
}

fn address_type(wide: bool) -> ValType {
    if wide { ValType::I64 } else { ValType::I32 }
}
