//! Machine code of functions, and of the modules they make up.

use super::emit::Origin;
use crate::module::BodyIndex;
use crate::runtime::code::{CallSite, CodeTables, FunctionKind, FunctionRange, TrapSite};

/// Machine code of one function. All offsets are from its first byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionCode {
    /// Code, then jump tables and constants.
    pub bytes: Vec<u8>,
    /// Where the code ends.
    pub code_end: u32,
    pub traps: Vec<TrapSite>,
    pub calls: Vec<CallSite>,
    /// Where the distance to the code of a function (by its number among those that the module defines) goes.
    pub function_refs: Vec<(u32, u32)>,
    /// Code offset, offset in the module's binary of the operator from there on.
    pub sources: Vec<(u32, u32)>,
    /// What each stretch of code is for, from its offset on; only if that was asked for.
    pub spans: Vec<(u32, Origin)>,
}

/// Machine code of all bodies of a module: position-independent, without any address of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleCode {
    pub code: Vec<u8>,
    /// What the runtime needs to know of it, to publish it.
    pub tables: CodeTables,
    /// Offset of each body's entry, by body index; `None`: not compiled.
    pub entries: Vec<Option<u32>>,
    /// Code offset, offset in the module's binary of the operator from there on; ascending.
    pub sources: Vec<(u32, u32)>,
    /// Functions compiled to native code.
    pub functions: u32,
}

/// Alignment of functions, and so of their loops and constants.
const ALIGNMENT: usize = 32;

/// Puts functions one after another.
#[derive(Debug, Default)]
pub struct Linker {
    module: ModuleCode,
    /// Position, function number.
    refs: Vec<(usize, u32)>,
}

impl Linker {
    /// For a module with this many bodies.
    pub fn new(bodies: usize) -> Linker {
        let module = ModuleCode { entries: vec![None; bodies], ..ModuleCode::default() };
        Linker { module, refs: Vec::new() }
    }

    /// Appends the code of a body.
    pub fn add(&mut self, body: BodyIndex, function: FunctionCode, padding: &[u8]) {
        let module = &mut self.module;
        while !module.code.len().is_multiple_of(ALIGNMENT) {
            module.code.extend_from_slice(padding);
        }
        let start = module.code.len() as u32;
        module.entries[body.0 as usize] = Some(start);
        module.code.extend_from_slice(&function.bytes);
        let end = module.code.len() as u32;
        module.tables.functions.push(FunctionRange { start, end, kind: FunctionKind::Body(body) });
        module.tables.traps.extend(function.traps.into_iter().map(|t| TrapSite { offset: t.offset + start, ..t }));
        module.tables.calls.extend(function.calls.into_iter().map(|mut c| {
            c.return_offset += start;
            c.handlers.iter_mut().for_each(|h| h.offset += start);
            c
        }));
        module.sources.extend(function.sources.iter().map(|&(at, offset)| (at + start, offset)));
        module.functions += 1;
        self.refs.extend(function.function_refs.iter().map(|&(at, func)| ((at + start) as usize, func)));
    }

    /// Resolves the references between functions; `relocate` patches one.
    ///
    /// # Panics
    /// If a function is referred to that was not added.
    pub fn finish(mut self, relocate: impl Fn(&mut [u8], usize, usize)) -> ModuleCode {
        for (at, func) in self.refs {
            let to = self.module.entries[func as usize].expect("a direct call to a compiled function") as usize;
            relocate(&mut self.module.code, at, to);
        }
        self.module
    }
}
