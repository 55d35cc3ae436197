//! Compiled modules.

use super::engine::{Engine, read_file};
use super::error::{Error, ErrorKind};
use super::types::{ExternType, FuncType, GlobalType, MemoryType, TableType, TagType};
#[cfg(feature = "compiled-files")]
use crate::engine::compiled_file;
use crate::engine::{CompileError, CompileLimits};
use crate::module as low;
use crate::runtime::resource::ResourceError;
use crate::runtime::store::Code;
use crate::runtime::types::{self, ModuleTypes};
#[cfg(not(feature = "wat"))]
use crate::text::bytes_without_mark;
use crate::text::counted;
#[cfg(feature = "wat")]
use crate::text::without_mark;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A compiled module. Cheap to clone; threads may share it.
///
/// ```
/// # use wasmoon::{Engine, Module};
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module (func (export "f") (result i32) (i32.const 1)))"#)?;
/// assert_eq!(module.exports().next().unwrap().name(), "f");
/// assert!(Module::new(&engine, b"\0asm\x01\0\0\0\x01").is_err());
/// # Ok::<(), wasmoon::Error>(())
/// ```
#[derive(Clone)]
pub struct Module(Arc<ModuleInner>);

struct ModuleInner {
    engine: Engine,
    code: Arc<dyn Code>,
    types: Arc<ModuleTypes>,
}

impl Module {
    /// Reads, validates and compiles a module: a binary, or text if the feature `wat` is on. (The configuration decides when
    /// functions are validated and compiled.)
    ///
    /// # Errors
    /// [`Module`](ErrorKind::Module) or [`Text`](ErrorKind::Text) if it is not a module;
    /// [`Compile`](ErrorKind::Compile) if it exceeds a limit, or took longer than the configuration allows;
    /// [`Resource`](ErrorKind::Resource) if it has more than 262,144 types, or if together with those of all existing modules
    /// there would be a million.
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module, Error> {
        let bytes = bytes.as_ref();
        within_size(engine, bytes.len())?;
        let compiling = engine.compiling();
        if !bytes.starts_with(b"\0asm") {
            compiling.check_memory(low::text_weight(bytes), || "reading the text".into())?;
        }
        let binary = to_binary(bytes)?;
        within_size(engine, binary.len())?;
        let weight = compiling.memory.map_or(0, |_| low::weight(&binary));
        compiling.check_memory(weight, || "reading the module".into())?;
        let module = Arc::new(read(&binary, engine, compiling.less(weight), engine.validates_lazily())?);
        let types = Arc::new(ModuleTypes::new(&module).map_err(ResourceError::from)?);
        let code = engine.low().compile_within(&module, compiling.less(weight))?;
        Ok(Module(Arc::new(ModuleInner { engine: engine.clone(), code, types })))
    }

    /// Does the same as [`Module::new`] with a file.
    ///
    /// # Errors
    /// As [`Module::new`]; [`File`](ErrorKind::File) if it cannot be read. Reading stops at the size limit for modules.
    pub fn from_file(engine: &Engine, path: impl AsRef<Path>) -> Result<Module, Error> {
        Module::new(engine, read_file(path.as_ref(), engine.max_module_size())?)
    }

    /// Reads and validates a binary module without compiling it.
    ///
    /// # Errors
    /// [`Module`](ErrorKind::Module) if it cannot be read or is not valid.
    pub fn validate(engine: &Engine, bytes: &[u8]) -> Result<(), Error> {
        within_size(engine, bytes.len())?;
        let compiling = engine.compiling();
        let weight = compiling.memory.map_or(0, |_| low::weight(bytes));
        compiling.check_memory(weight, || "reading the module".into())?;
        read(bytes, engine, compiling.less(weight), false)?;
        Ok(())
    }

    /// Returns the compiled module as bytes, from which [`Module::deserialize`] restores it without compiling: the
    /// module's binary, its code, and everything that both depend on.
    ///
    /// # Errors
    /// [`CompiledFile`](ErrorKind::CompiledFile) if the engine does not compile modules when they are created;
    /// [`Strategy::Jit`](super::Strategy::Jit) does.
    #[cfg(feature = "compiled-files")]
    pub fn serialize(&self) -> Result<Vec<u8>, Error> {
        let key = compiled_file::Key::new(self.low(), self.0.engine.low().config())?;
        Ok(compiled_file::write(&*self.0.code, &key, true)?)
    }

    /// Creates a module from what [`Module::serialize`] or `wasmoon compile` wrote. It is validated as by [`Module::new`].
    ///
    /// The bytes must come from this very build of the program (any rebuild, whatever the change, is a different program) and
    /// from an engine that compiles to the same code with [`Strategy::Jit`](super::Strategy::Jit): the same optimization level,
    /// CPU, language features, fuel and NaN settings. Otherwise they are refused, as are bytes that were changed or truncated
    /// by accident. The code is copied.
    /// ```
    /// # use wasmoon::{Config, Engine, Module, Strategy};
    /// # let Ok(engine) = Engine::new(Config::new().strategy(Strategy::Jit)) else { return Ok(()) };
    /// let bytes = Module::new(&engine, r#"(module (func (export "f")))"#)?.serialize()?;
    /// // SAFETY: made in the line above.
    /// let module = unsafe { Module::deserialize(&engine, &bytes) }?;
    /// assert_eq!(module.exports().next().unwrap().name(), "f");
    /// # Ok::<(), wasmoon::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`CompiledFile`](ErrorKind::CompiledFile) if the bytes are refused;
    /// [`Module`](ErrorKind::Module) or [`Compile`](ErrorKind::Compile) if the module is over a limit of the engine.
    ///
    /// # Safety
    /// The bytes must be those that [`Module::serialize`] or `wasmoon compile` wrote, changed by accident at most.
    /// Whoever can choose them can execute any code in this process: the checksum in them is not a signature.
    #[cfg(feature = "compiled-files")]
    pub unsafe fn deserialize(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module, Error> {
        let compiling = engine.compiling();
        let file = compiled_file::CompiledFile::read(bytes)?;
        let binary = file.module()?;
        within_size(engine, binary.len())?;
        let weight = compiling.memory.map_or(0, |_| low::weight(binary));
        compiling.check_memory(weight, || "reading the module".into())?;
        let module = Arc::new(read(binary, engine, compiling.less(weight), false)?);
        let types = Arc::new(ModuleTypes::new(&module).map_err(ResourceError::from)?);
        let code = file.load_own(engine.low(), &module)?;
        Ok(Module(Arc::new(ModuleInner { engine: engine.clone(), code, types })))
    }

    /// Does the same as [`Module::deserialize`] with a file.
    ///
    /// # Errors
    /// As [`Module::deserialize`]; [`File`](ErrorKind::File) if it cannot be read.
    ///
    /// # Safety
    /// As [`Module::deserialize`]: nobody untrusted may have been able to write the file. It is read, not mapped, so it
    /// may change afterwards.
    #[cfg(feature = "compiled-files")]
    pub unsafe fn deserialize_file(engine: &Engine, path: impl AsRef<Path>) -> Result<Module, Error> {
        // SAFETY: the caller's promise.
        unsafe { Module::deserialize(engine, read_file(path.as_ref(), usize::MAX)?) }
    }

    /// The engine that compiled it.
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// The name that the module gives itself.
    pub fn name(&self) -> Option<&str> {
        self.low().name.as_deref()
    }

    /// The module's imports, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> + '_ {
        self.low().imports.iter().map(|import| ImportType { of: self, import })
    }

    /// The module's exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> + '_ {
        self.low().exports.iter().map(|export| ExportType { of: self, export })
    }

    /// The type of an export.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        self.low().export(name).map(|export| self.export_type(export))
    }

    fn import_type(&self, ty: &low::ImportType) -> ExternType {
        match *ty {
            low::ImportType::Func { ty, .. } => ExternType::Func(self.func_type(ty)),
            low::ImportType::Table(ty) => ExternType::Table(self.table_type(ty)),
            low::ImportType::Memory(ty) => ExternType::Memory(MemoryType::raise(ty)),
            low::ImportType::Global(ty) => ExternType::Global(self.global_type(ty)),
            low::ImportType::Tag(ty) => ExternType::Tag(TagType::new(self.func_type(ty))),
        }
    }

    fn export_type(&self, export: &low::Export) -> ExternType {
        let (module, i) = (self.low(), export.index as usize);
        match export.kind {
            low::ExternKind::Func => ExternType::Func(self.func_type(module.functions[i])),
            low::ExternKind::Table => ExternType::Table(self.table_type(module.tables[i].ty)),
            low::ExternKind::Memory => ExternType::Memory(MemoryType::raise(module.memories[i])),
            low::ExternKind::Global => ExternType::Global(self.global_type(module.globals[i].ty)),
            low::ExternKind::Tag => ExternType::Tag(TagType::new(self.func_type(module.tags[i]))),
        }
    }

    fn func_type(&self, index: u32) -> FuncType {
        FuncType::raise(self.0.types.ids()[index as usize])
    }

    fn table_type(&self, ty: low::TableType) -> TableType {
        let element_type = types::canonical_ref(ty.element_type, self.0.types.ids());
        TableType::raise(low::TableType { element_type, ..ty })
    }

    fn global_type(&self, ty: low::GlobalType) -> GlobalType {
        let content_type = types::canonical_val(ty.content_type, self.0.types.ids());
        GlobalType::raise(low::GlobalType { content_type, ..ty })
    }

    pub(super) fn low(&self) -> &Arc<low::Module> {
        self.0.code.module()
    }

    pub(super) fn code(&self) -> &Arc<dyn Code> {
        &self.0.code
    }

    pub(super) fn types(&self) -> &Arc<ModuleTypes> {
        &self.0.types
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("name", &self.name()).finish_non_exhaustive()
    }
}

fn read(binary: &[u8], engine: &Engine, limits: CompileLimits, lazily: bool) -> Result<low::Module, Error> {
    let limits = low::ReadLimits { end: limits.deadline, memory: limits.memory, on_all_cores: true, lazily };
    let module = low::Module::new_within(binary, engine.features(), limits);
    module.map_err(|e| match e.phase {
        low::Phase::Timeout => CompileError::Timeout.into(),
        _ => e.into(),
    })
}

fn within_size(engine: &Engine, bytes: usize) -> Result<(), Error> {
    let limit = engine.max_module_size();
    if bytes > limit {
        return Err(CompileError::Limit(format!(
            "a module of {}, but only {limit} are allowed",
            counted(bytes, "byte")
        ))
        .into());
    }
    Ok(())
}

#[cfg(feature = "wat")]
fn to_binary(bytes: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, Error> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if !bytes.starts_with(b"\0asm") => without_mark(text),
        _ => return Ok(bytes.into()),
    };
    Ok(low::text::encode(text).map_err(|e| ErrorKind::Text(low::text::shown(&e, "<anon>", text)))?.into())
}

#[cfg(not(feature = "wat"))]
fn to_binary(bytes: &[u8]) -> Result<std::borrow::Cow<'_, [u8]>, Error> {
    let start = bytes_without_mark(bytes).iter().find(|byte| !byte.is_ascii_whitespace());
    if matches!(start, Some(b'(' | b';')) {
        return Err(ErrorKind::Text("a module in text form, which requires the feature `wat`".into()).into());
    }
    Ok(bytes.into())
}

/// An import of a module.
#[derive(Clone)]
pub struct ImportType<'m> {
    of: &'m Module,
    import: &'m low::Import,
}

impl<'m> ImportType<'m> {
    /// The first name, usually of a module.
    pub fn module(&self) -> &'m str {
        &self.import.module
    }

    /// The second name.
    pub fn name(&self) -> &'m str {
        &self.import.name
    }

    /// The required type.
    pub fn ty(&self) -> ExternType {
        self.of.import_type(&self.import.ty)
    }
}

impl PartialEq for ImportType<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.module(), self.name(), self.ty()) == (other.module(), other.name(), other.ty())
    }
}

impl Eq for ImportType<'_> {}

impl fmt::Debug for ImportType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (module, name) = (self.module(), self.name());
        f.debug_struct("ImportType").field("module", &module).field("name", &name).field("ty", &self.ty()).finish()
    }
}

/// An export of a module.
#[derive(Clone)]
pub struct ExportType<'m> {
    of: &'m Module,
    export: &'m low::Export,
}

impl<'m> ExportType<'m> {
    /// The name, unique in the module.
    pub fn name(&self) -> &'m str {
        &self.export.name
    }

    /// The type.
    pub fn ty(&self) -> ExternType {
        self.of.export_type(self.export)
    }
}

impl PartialEq for ExportType<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.name(), self.ty()) == (other.name(), other.ty())
    }
}

impl Eq for ExportType<'_> {}

impl fmt::Debug for ExportType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportType").field("name", &self.name()).field("ty", &self.ty()).finish()
    }
}
