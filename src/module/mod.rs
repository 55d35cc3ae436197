//! A decoded, validated module: types, entities, code bodies. Executes nothing.
//!
//! Index spaces start with imports, as in the binary format. Types are `wasmparser`'s own, re-exported here, with
//! indices into [`Module::types`].
//!
//! **Bodies.** All executable code is in a [`Body`], identified by a [`BodyIndex`]: first the functions that the module
//! defines, in order, then one body for each constant expression (no parameters, one result). Backends compile all
//! bodies alike; instantiation calls the constant ones through the store's backend.

mod custom;
mod decode;
mod descriptors;
mod diagnose;
pub mod features;
mod gate;
mod labels;
mod limits;
pub mod messages;
mod quick;
pub mod relaxed;
#[cfg(test)]
pub mod scripts;
mod subtypes;
pub mod syntax;
#[cfg(test)]
mod tests;
#[cfg(feature = "wat")]
pub mod text;
mod validate;
mod weight;

use std::any::Any;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::ops::Range;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, OnceLock};

pub use custom::check_custom_sections;
pub use decode::{DecodeError, Phase};
pub use validate::ReadLimits;
pub use wasmparser::{
    AbstractHeapType, CompositeInnerType, FuncType, GlobalType, HeapType, MemoryType, RefType, SubType, TableType,
    UnpackedIndex, ValType, WasmFeatures,
};
use wasmparser::{BinaryReader, Name, NameSectionReader};
pub use weight::{text_weight, weight};

/// Index into [`Module::bodies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct BodyIndex(pub u32);

/// A decoded and validated module. If it was read lazily, function bodies are validated by [`Module::validate_body`].
/// Immutable; shared by every store and backend that uses it.
#[derive(Debug)]
pub struct Module {
    /// The whole binary as it was read, not a copy, since it may be large.
    pub bytes: Arc<Vec<u8>>,
    /// The features with which it was validated.
    pub features: WasmFeatures,
    /// The name from the name section.
    pub name: Option<String>,
    /// All types, with recursion groups flattened.
    pub types: Vec<SubType>,
    /// Whether they include structure or array types.
    pub has_object_types: bool,
    /// See [`Module::names_shared`].
    names_shared: Vec<bool>,
    /// The recursion groups as ranges of [`Module::types`].
    pub rec_groups: Vec<Range<u32>>,
    /// Imports, in the order of the binary.
    pub imports: Vec<Import>,
    /// The type index of every function, imports first.
    pub functions: Vec<u32>,
    /// All tables, imports first.
    pub tables: Vec<Table>,
    /// The types of all memories, imports first.
    pub memories: Vec<MemoryType>,
    /// All globals, imports first.
    pub globals: Vec<Global>,
    /// The type index of every tag, imports first.
    pub tags: Vec<u32>,
    /// Exports, in the order of the binary.
    pub exports: Vec<Export>,
    /// Positions in `exports`, by name.
    export_names: HashMap<String, u32>,
    /// The function index of the start function.
    pub start: Option<u32>,
    /// Element segments, by index.
    pub elements: Vec<ElementSegment>,
    /// Data segments, by index.
    pub data: Vec<DataSegment>,
    /// Defined functions, then constant expressions.
    pub bodies: Vec<Body>,
    /// The number of imported functions.
    pub num_imported_functions: u32,
    /// The number of imported tables.
    pub num_imported_tables: u32,
    /// The number of imported memories.
    pub num_imported_memories: u32,
    /// The number of imported globals.
    pub num_imported_globals: u32,
    /// The number of imported tags.
    pub num_imported_tags: u32,
    /// The positions of the name sections in `bytes`.
    name_sections: Vec<Range<usize>>,
    /// See [`Module::function_names`].
    function_names: OnceLock<HashMap<u32, String>>,
    /// Branch hints, by function index and offset.
    branch_hints: Vec<BranchHint>,
    /// `None` if all bodies are validated.
    unvalidated: Option<validate::Unvalidated>,
    /// See [`Module::derived`].
    derived: OnceLock<Box<dyn Derived>>,
}

/// Data that can be derived from a module. A panic leaves nothing incomplete in it, as in the module itself.
trait Derived: Any + fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe {}

impl<T: Any + fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe> Derived for T {}

/// A module's hint about a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchHint {
    /// The function index.
    pub function: u32,
    /// The offset of the operator from the start of the function's body.
    pub offset: u32,
    /// Whether the condition is likely to hold.
    pub likely: bool,
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// The first name, usually of a module. Consecutive imports from one module share it.
    pub module: Arc<str>,
    /// The second name.
    pub name: String,
    /// The required type.
    pub ty: ImportType,
}

/// The type of an import.
#[derive(Clone, Copy, Debug)]
pub enum ImportType {
    /// A function with this type index; `exact` is from the custom-descriptors proposal.
    Func {
        /// The type index.
        ty: u32,
        /// Whether the type must be exactly this one rather than a subtype.
        exact: bool,
    },
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
    /// A tag with this type index.
    Tag(u32),
}

impl ImportType {
    /// The kind of the imported entity.
    pub fn kind(&self) -> ExternKind {
        match self {
            ImportType::Func { .. } => ExternKind::Func,
            ImportType::Table(_) => ExternKind::Table,
            ImportType::Memory(_) => ExternKind::Memory,
            ImportType::Global(_) => ExternKind::Global,
            ImportType::Tag(_) => ExternKind::Tag,
        }
    }
}

/// The kind of an entity that can be imported and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternKind {
    /// A function.
    Func,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
    /// A tag.
    Tag,
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// The name, unique in the module.
    pub name: String,
    /// The kind of the entity.
    pub kind: ExternKind,
    /// The index in the index space of this kind.
    pub index: u32,
}

/// A table of a module.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The element type and limits.
    pub ty: TableType,
    /// The initial value; `None`: null, or an imported table.
    pub init: Option<BodyIndex>,
}

/// A global of a module.
#[derive(Clone, Copy, Debug)]
pub struct Global {
    /// The content type and mutability.
    pub ty: GlobalType,
    /// The initial value; `None`: an imported global.
    pub init: Option<BodyIndex>,
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct ElementSegment {
    /// The type of the elements.
    pub ty: RefType,
    /// The elements.
    pub items: ElementItems,
    /// How the segment is used.
    pub mode: ElementMode,
}

/// The elements of a segment.
#[derive(Clone, Debug)]
pub enum ElementItems {
    /// Function indices.
    Functions(Vec<u32>),
    /// Constant expressions.
    Expressions(Vec<BodyIndex>),
}

/// How an element segment is used.
#[derive(Clone, Copy, Debug)]
pub enum ElementMode {
    /// Only through `table.init` and `array.init_elem`.
    Passive,
    /// Not at all: it only declares functions for `ref.func`.
    Declared,
    /// It is written to a table at instantiation.
    Active {
        /// The index of the table.
        table: u32,
        /// The constant expression for the offset in the table.
        offset: BodyIndex,
    },
}

/// A data segment.
#[derive(Clone, Debug)]
pub struct DataSegment {
    /// The position of its bytes in [`Module::bytes`].
    pub range: Range<usize>,
    /// The memory index and offset; `None`: passive.
    pub active: Option<(u32, BodyIndex)>,
}

/// Code that a backend compiles.
#[derive(Clone, Debug)]
pub struct Body {
    /// The position in [`Module::bytes`]. A function has local declarations, then operators; a constant expression has
    /// only operators. Both end with `end`.
    pub range: Range<usize>,
    /// Whether it is a function or a constant expression.
    pub kind: BodyKind,
}

/// The kind of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// A function, with its index (including imports).
    Function(u32),
    /// A constant expression, with the type of its single result.
    Const(ValType),
}

impl Module {
    /// Returns the export with this name.
    pub fn export(&self, name: &str) -> Option<&Export> {
        self.export_names.get(name).map(|&i| &self.exports[i as usize])
    }

    /// Returns whether a type's fields, elements, parameters or results include a shared abstract type.
    pub fn names_shared(&self, ty: u32) -> bool {
        self.names_shared[ty as usize]
    }

    /// Returns what a room above derives from the module: created at the first request, and kept as long as the module. There
    /// is only one such value.
    ///
    /// # Panics
    /// If it was created with another type.
    pub(crate) fn derived<T: Any + fmt::Debug + Send + Sync + UnwindSafe + RefUnwindSafe>(
        &self,
        make: impl FnOnce() -> T,
    ) -> &T {
        let derived: &dyn Any = &**self.derived.get_or_init(|| Box::new(make()));
        derived.downcast_ref().expect("one thing of one type is derived")
    }

    /// Returns the signature for a type index.
    ///
    /// # Panics
    /// If it is not a function type.
    pub fn func_type(&self, ty: u32) -> &FuncType {
        match &self.types[ty as usize].composite_type.inner {
            CompositeInnerType::Func(f) => f,
            other => panic!("type {ty} is not a function type: {other:?}"),
        }
    }

    /// Returns the signature of a function by function index.
    pub fn function_signature(&self, func: u32) -> &FuncType {
        self.func_type(self.functions[func as usize])
    }

    /// Returns the signature of a body: a function's own, or `[] -> [t]`.
    pub fn body_signature(&self, body: BodyIndex) -> FuncType {
        match &self.bodies[body.0 as usize].kind {
            BodyKind::Function(f) => self.function_signature(*f).clone(),
            BodyKind::Const(ty) => FuncType::new([], [*ty]),
        }
    }

    /// Returns the body of a defined function; `None` for an import.
    pub fn function_body(&self, func: u32) -> Option<BodyIndex> {
        func.checked_sub(self.num_imported_functions).map(BodyIndex)
    }

    /// Returns the number of functions that the module defines, which come first in [`Module::bodies`].
    pub fn num_defined_functions(&self) -> u32 {
        self.functions.len() as u32 - self.num_imported_functions
    }

    /// Returns the signature of a tag; the parameters are its payload.
    pub fn tag_signature(&self, tag: u32) -> &FuncType {
        self.func_type(self.tags[tag as usize])
    }

    /// Returns the hints about a function's branches, by ascending offsets. They are not checked: an offset may be that
    /// of any operator.
    pub fn branch_hints(&self, func: u32) -> &[BranchHint] {
        let from = self.branch_hints.partition_point(|hint| hint.function < func);
        let hints = &self.branch_hints[from..];
        &hints[..hints.partition_point(|hint| hint.function == func)]
    }

    /// Returns function names by function index: those in the name section, and for other functions the name of their
    /// first export, unless another function has that name. They are read at the first request.
    pub fn function_names(&self) -> &HashMap<u32, String> {
        self.function_names.get_or_init(|| {
            let mut names: HashMap<u32, String> = HashMap::new();
            for section in &self.name_sections {
                let reader = BinaryReader::new(&self.bytes[section.clone()], section.start as u64);
                for subsection in NameSectionReader::new(reader).map_while(Result::ok) {
                    if let Name::Function(map) = subsection {
                        names.extend(map.into_iter().map_while(Result::ok).map(|n| (n.index, n.name.to_string())));
                    }
                }
            }
            let taken: HashSet<String> = names.values().cloned().collect();
            for export in self.exports.iter().filter(|e| e.kind == ExternKind::Func && !taken.contains(&e.name)) {
                names.entry(export.index).or_insert_with(|| export.name.clone());
            }
            names
        })
    }

    /// Returns whether the names were ever requested.
    #[cfg(test)]
    pub fn has_read_names(&self) -> bool {
        self.function_names.get().is_some()
    }

    /// Returns the function's name in reports: its own, or `func_N`.
    pub fn display_name(&self, func: u32) -> String {
        self.function_names().get(&func).cloned().unwrap_or_else(|| format!("func_{func}"))
    }

    /// Like [`Module::display_name`], for reports with many names: a long name is shortened by [`short`].
    pub fn short_name(&self, func: u32) -> String {
        let name = self.function_names().get(&func);
        name.map_or_else(|| format!("func_{func}"), |name| short(name).into_owned())
    }
}

/// The maximum number of bytes of a name that reports with many names show completely.
const LONGEST_NAME: usize = 1 << 10;

/// Shortens a name for a report that may show it a hundred times: of more than 1,024 bytes, it keeps the first ones,
/// followed by an ellipsis.
pub fn short(name: &str) -> Cow<'_, str> {
    match name.floor_char_boundary(LONGEST_NAME) {
        end if end == name.len() => Cow::Borrowed(name),
        end => Cow::Owned(format!("{}…", &name[..end])),
    }
}
