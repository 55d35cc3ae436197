//! A decoded, validated module: types, entities, code bodies. Executes nothing.
//!
//! Index spaces put imports first, as the binary format does. Types are `wasmparser`'s own, re-exported here, with
//! indices into [`Module::types`].
//!
//! **Bodies.** Everything that executes is a [`Body`], addressed by a [`BodyIndex`]: first the functions that the
//! module defines, in order, then one body for each constant expression (parameterless, one result). Backends compile
//! all bodies alike; instantiation calls the constant ones through the store's backend.

mod custom;
mod decode;
mod descriptors;
mod diagnose;
mod gate;
mod labels;
mod limits;
pub mod messages;
mod relaxed;
mod subtypes;
pub mod syntax;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

pub use custom::check_custom_sections;
pub use decode::{DecodeError, Phase};
pub use wasmparser::{
    AbstractHeapType, CompositeInnerType, FuncType, GlobalType, HeapType, MemoryType, RefType, SubType, TableType,
    UnpackedIndex, ValType, WasmFeatures,
};

/// Index into [`Module::bodies`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BodyIndex(pub u32);

/// A decoded and validated module. Immutable; shared by every store and backend that uses it.
#[derive(Debug)]
pub struct Module {
    /// The binary, whole.
    pub bytes: Arc<[u8]>,
    /// The features it was validated under.
    pub features: WasmFeatures,
    /// Name from the name section.
    pub name: Option<String>,
    /// All types, recursion groups flattened.
    pub types: Vec<SubType>,
    /// The recursion groups as ranges of [`Module::types`].
    pub rec_groups: Vec<Range<u32>>,
    pub imports: Vec<Import>,
    /// Type index of every function, imports first.
    pub functions: Vec<u32>,
    pub tables: Vec<Table>,
    pub memories: Vec<MemoryType>,
    pub globals: Vec<Global>,
    /// Type index of every tag, imports first.
    pub tags: Vec<u32>,
    pub exports: Vec<Export>,
    /// Positions in `exports`, by name.
    export_names: HashMap<String, u32>,
    pub start: Option<u32>,
    pub elements: Vec<ElementSegment>,
    pub data: Vec<DataSegment>,
    /// Defined functions, then constant expressions.
    pub bodies: Vec<Body>,
    pub num_imported_functions: u32,
    pub num_imported_tables: u32,
    pub num_imported_memories: u32,
    pub num_imported_globals: u32,
    pub num_imported_tags: u32,
    /// Function names by function index: those of the name section, for other functions those of exports.
    pub function_names: HashMap<u32, String>,
    /// By function index and offset.
    branch_hints: Vec<BranchHint>,
}

/// What a module says of a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BranchHint {
    pub function: u32,
    /// Of the operator, from the beginning of the function's body.
    pub offset: u32,
    /// Whether its condition is likely to hold.
    pub likely: bool,
}

#[derive(Clone, Debug)]
pub struct Import {
    pub module: String,
    pub name: String,
    pub ty: ImportType,
}

#[derive(Clone, Copy, Debug)]
pub enum ImportType {
    /// Type index; `exact` is from the custom-descriptors proposal.
    Func {
        ty: u32,
        exact: bool,
    },
    Table(TableType),
    Memory(MemoryType),
    Global(GlobalType),
    /// Type index.
    Tag(u32),
}

impl ImportType {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternKind {
    Func,
    Table,
    Memory,
    Global,
    Tag,
}

#[derive(Clone, Debug)]
pub struct Export {
    pub name: String,
    pub kind: ExternKind,
    pub index: u32,
}

#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub ty: TableType,
    /// `None`: null, or imported.
    pub init: Option<BodyIndex>,
}

#[derive(Clone, Copy, Debug)]
pub struct Global {
    pub ty: GlobalType,
    /// `None`: imported.
    pub init: Option<BodyIndex>,
}

#[derive(Clone, Debug)]
pub struct ElementSegment {
    pub ty: RefType,
    pub items: ElementItems,
    pub mode: ElementMode,
}

#[derive(Clone, Debug)]
pub enum ElementItems {
    Functions(Vec<u32>),
    Expressions(Vec<BodyIndex>),
}

#[derive(Clone, Copy, Debug)]
pub enum ElementMode {
    Passive,
    Declared,
    Active { table: u32, offset: BodyIndex },
}

#[derive(Clone, Debug)]
pub struct DataSegment {
    /// Where its bytes lie in [`Module::bytes`].
    pub range: Range<usize>,
    /// `None`: passive.
    pub active: Option<(u32, BodyIndex)>,
}

/// Code that a backend compiles.
#[derive(Clone, Debug)]
pub struct Body {
    /// In [`Module::bytes`]. For a function: local declarations, then operators; for a constant expression: operators.
    /// Both end with `end`.
    pub range: Range<usize>,
    pub kind: BodyKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// Function index (imports count).
    Function(u32),
    /// A constant expression and the type of its one result.
    Const(ValType),
}

impl Module {
    /// What is exported under a name.
    pub fn export(&self, name: &str) -> Option<&Export> {
        self.export_names.get(name).map(|&i| &self.exports[i as usize])
    }

    /// Signature of a type index. Panics if it is no function type.
    pub fn func_type(&self, ty: u32) -> &FuncType {
        match &self.types[ty as usize].composite_type.inner {
            CompositeInnerType::Func(f) => f,
            other => panic!("type {ty} is no function type: {other:?}"),
        }
    }

    /// Signature of a function by function index.
    pub fn function_signature(&self, func: u32) -> &FuncType {
        self.func_type(self.functions[func as usize])
    }

    /// Signature of a body: a function's own, or `[] -> [t]`.
    pub fn body_signature(&self, body: BodyIndex) -> FuncType {
        match &self.bodies[body.0 as usize].kind {
            BodyKind::Function(f) => self.function_signature(*f).clone(),
            BodyKind::Const(ty) => FuncType::new([], [*ty]),
        }
    }

    /// The body of a defined function; `None` for an import.
    pub fn function_body(&self, func: u32) -> Option<BodyIndex> {
        func.checked_sub(self.num_imported_functions).map(BodyIndex)
    }

    /// Number of functions that the module defines: the first so many of [`Module::bodies`].
    pub fn num_defined_functions(&self) -> u32 {
        self.functions.len() as u32 - self.num_imported_functions
    }

    /// Parameters of a tag's payload.
    pub fn tag_signature(&self, tag: u32) -> &FuncType {
        self.func_type(self.tags[tag as usize])
    }

    /// What is said of a function's branches, by ascending offsets. Nothing is checked: an offset may be that of anything.
    pub fn branch_hints(&self, func: u32) -> &[BranchHint] {
        let from = self.branch_hints.partition_point(|hint| hint.function < func);
        let hints = &self.branch_hints[from..];
        &hints[..hints.partition_point(|hint| hint.function == func)]
    }

    /// Gives exported functions that the name section does not name the name of their first export, unless another
    /// function has that name.
    fn name_functions_by_exports(&mut self) {
        let taken: HashSet<String> = self.function_names.values().cloned().collect();
        for export in self.exports.iter().filter(|e| e.kind == ExternKind::Func && !taken.contains(&e.name)) {
            self.function_names.entry(export.index).or_insert_with(|| export.name.clone());
        }
    }

    /// What to call a function in reports: its name, or `func_N`.
    pub fn display_name(&self, func: u32) -> String {
        self.function_names.get(&func).cloned().unwrap_or_else(|| format!("func_{func}"))
    }
}
