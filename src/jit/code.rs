//! Machine code of functions and of modules.

use super::buffer::{CodeBuffer, Fixup, Label};
use crate::config::Config;
use crate::module::BodyIndex;
use crate::runtime::code::{CallSite, CodeTables, FunctionKind, FunctionRange, TrapSite};
use crate::runtime::compile_error::CompileError;
use foldhash::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The origin of a stretch of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Prologue, landing blocks, tables.
    Frame,
    /// A machine instruction, by its number.
    Inst(u32),
    /// A move inserted by the allocator, by its index in the list of edits.
    Edit(u32),
    /// Two such moves in one instruction.
    EditPair(u32, u32),
    /// Code away from the hot path.
    Cold,
    /// Data.
    Data,
}

/// Machine code of one function. All offsets are from its first byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionCode {
    /// Code, then jump tables and constants.
    pub bytes: Vec<u8>,
    /// Required alignment of the code's address.
    pub alignment: u32,
    /// The offset where the code ends.
    pub code_end: u32,
    /// Instructions that may trap.
    pub traps: Vec<TrapSite>,
    /// Calls.
    pub calls: Vec<CallSite>,
    /// Fields that refer to the code of functions: offset of the field, and number of the function among those that the
    /// module defines.
    pub function_refs: Vec<(u32, u32)>,
    /// Pairs of a code offset and the offset in the module's binary of the operator that the code from there on comes from.
    pub sources: Vec<(u32, u32)>,
    /// The origin of each stretch of code, from its offset on; only if requested.
    pub spans: Vec<(u32, Origin)>,
}

/// Machine code of all bodies of a module: position-independent, without addresses of the host process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModuleCode {
    /// The code of all functions, one after another.
    pub code: Vec<u8>,
    /// The tables that the runtime needs to publish the code.
    pub tables: CodeTables,
    /// Pairs of a code offset and the offset in the module's binary of the operator that the code from there on comes
    /// from; ascending.
    pub sources: Vec<(u32, u32)>,
    /// The number of functions compiled to native code.
    pub functions: u32,
    /// The most bytes of memory that the module takes once it is published.
    pub bytes: u64,
    /// Fields that refer to code outside: the offset of the field, and the address of that code. They are filled in when
    /// the code is published.
    pub outside: Vec<(u32, usize)>,
}

/// The functions of a module that are called directly rather than through their records.
#[derive(Clone, Debug)]
pub enum DirectCalls {
    /// None of them.
    No,
    /// All of them; they must be compiled together.
    All,
    /// Those that already have code. More functions may get code at any time, and none loses it.
    To(Arc<Callees>),
}

/// The functions that have code, by body.
#[derive(Debug)]
pub struct Callees {
    /// Functions compiled together with the caller.
    pub beside: HashSet<u32>,
    /// The code addresses of the other functions; 0 for a function without code.
    pub outside: Arc<[AtomicUsize]>,
}

impl DirectCalls {
    /// Returns the direct calls in the code of a whole module.
    pub fn of(options: &Config) -> DirectCalls {
        if options.direct_calls() { DirectCalls::All } else { DirectCalls::No }
    }

    /// Whether this function is called directly.
    pub fn include(&self, func: u32) -> bool {
        match self {
            DirectCalls::No => false,
            DirectCalls::All => true,
            DirectCalls::To(callees) => callees.beside.contains(&func) || self.outside(func).is_some(),
        }
    }

    /// The address of a function that is not linked with its caller.
    fn outside(&self, func: u32) -> Option<usize> {
        match self {
            DirectCalls::To(callees) if !callees.beside.contains(&func) => {
                Some(callees.outside[func as usize].load(Ordering::Acquire)).filter(|&address| address != 0)
            }
            _ => None,
        }
    }
}

/// How far references between functions reach beyond their own function when their reach is limited.
const SHORT_REACH: u32 = 256;

/// Links functions by placing them one after another.
#[derive(Debug)]
pub struct Linker<K> {
    module: ModuleCode,
    asm: CodeBuffer<K>,
    /// See [`CodeLayout::padding`](crate::target::CodeLayout::padding).
    padding: &'static [u8],
    /// The entry labels of bodies that were added or referred to.
    labels: HashMap<u32, Label>,
    /// The kind of references between functions.
    reference: K,
    /// See [`Config::short_reach`](crate::config::Config::short_reach).
    short_reach: bool,
    direct: DirectCalls,
    /// Size of the tables.
    table_bytes: usize,
}

impl<K: Fixup> Linker<K> {
    /// Returns a linker for code whose references between functions are of kind `reference`; with `short_reach`, they
    /// reach little farther than one function. Memory use depends on the functions that are added, not on the size of the
    /// module.
    pub fn new(padding: &'static [u8], reference: K, short_reach: bool, direct: DirectCalls) -> Linker<K> {
        Linker {
            module: ModuleCode::default(),
            asm: CodeBuffer::default(),
            padding,
            labels: HashMap::default(),
            reference,
            short_reach,
            direct,
            table_bytes: 0,
        }
    }

    fn label(&mut self, body: u32) -> Label {
        *self.labels.entry(body).or_insert_with(|| self.asm.label())
    }

    /// Appends the code of a body.
    pub fn add(&mut self, body: BodyIndex, function: FunctionCode) {
        if self.short_reach {
            // An island comes before or after a function, never inside one.
            self.asm.limit_reach(2 * function.bytes.len() as u32 + SHORT_REACH);
        }
        let bytes = function.bytes.len() as u32 + function.alignment;
        if self.asm.needs_island(bytes) {
            self.asm.write_island(bytes);
        }
        self.asm.align(function.alignment, self.padding);
        let start = self.asm.position();
        let entry = self.label(body.0);
        self.asm.bind(entry);
        self.asm.put_all(&function.bytes);
        for &(at, func) in &function.function_refs {
            match self.direct.outside(func) {
                Some(address) => self.module.outside.push((at + start, address)),
                None => {
                    let entry = self.label(func);
                    self.asm.refer(at + start, self.reference, entry);
                }
            }
        }
        let handlers: usize = function.calls.iter().map(|c| size_of_val(&c.handlers[..])).sum();
        self.table_bytes += size_of::<FunctionRange>()
            + size_of_val(&function.traps[..])
            + size_of_val(&function.calls[..])
            + handlers
            + size_of_val(&function.function_refs[..])
            + size_of_val(&function.sources[..]);
        let module = &mut self.module;
        let end = self.asm.position();
        module.tables.functions.push(FunctionRange { start, end, kind: FunctionKind::Body(body) });
        module.tables.traps.extend(function.traps.into_iter().map(|t| TrapSite { offset: t.offset + start, ..t }));
        module.tables.calls.extend(function.calls.into_iter().map(|mut c| {
            c.return_offset += start;
            c.handlers.iter_mut().for_each(|h| h.offset += start);
            c
        }));
        module.sources.extend(function.sources.iter().map(|&(at, offset)| (at + start, offset)));
        module.functions += 1;
    }

    /// Returns twice the memory that the module takes so far: tables double when they grow, and code is copied when it is
    /// published.
    pub fn bytes(&self) -> u64 {
        2 * (self.table_bytes as u64 + u64::from(self.asm.position()))
    }

    /// Returns the module, with the references between its functions filled in.
    ///
    /// # Errors
    /// `Limit` if the module is too large for calls within it.
    ///
    /// # Panics
    /// If a function that was not added is referred to.
    pub fn finish(mut self) -> Result<ModuleCode, CompileError> {
        self.asm.write_island(0);
        self.module.bytes = self.bytes();
        self.module.code = self.asm.finish().map_err(|e| CompileError::Limit(format!("module too large: {e}")))?;
        Ok(self.module)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::buffer::{Reach, Veneer};
    use crate::runtime::code::{Handler, SiteKind};
    use crate::runtime::trap::TrapCode;

    /// A function is called directly if it is linked with its caller or has code elsewhere; if both, the linked code is
    /// called.
    #[test]
    fn functions_that_are_called_directly() {
        let addresses: Arc<[AtomicUsize]> = [0, 0, 1, 4096].map(AtomicUsize::new).into();
        let callees = Arc::new(Callees { beside: [1, 3].into_iter().collect(), outside: addresses });
        let some = DirectCalls::To(Arc::clone(&callees));
        let each = |calls: &DirectCalls| [0, 1, 2, 3].map(|func| (calls.include(func), calls.outside(func)));
        assert_eq!(each(&DirectCalls::No), [(false, None); 4]);
        assert_eq!(each(&DirectCalls::All), [(true, None); 4]);
        assert_eq!(each(&some), [(false, None), (true, None), (true, Some(1)), (true, None)]);
        // The function may get code at any time.
        callees.outside[0].store(64, Ordering::Release);
        assert_eq!(each(&some)[0], (true, Some(64)));
    }

    /// One-byte references, which reach everything here.
    #[derive(Clone, Copy, Debug)]
    struct Near;

    impl Fixup for Near {
        fn reach(self) -> Reach {
            Reach { behind: 100, ahead: 100 }
        }

        fn patch(self, code: &mut [u8], at: u32, distance: i64) {
            code[at as usize] = distance as i8 as u8;
        }

        fn veneer(self) -> Option<Veneer<Near>> {
            None
        }
    }

    /// Everything recorded for a function moves with it and counts twice as memory.
    #[test]
    fn what_is_recorded_of_a_function_moves_with_it() {
        let addresses: Arc<[AtomicUsize]> = [0, 0, 0, 4096].map(AtomicUsize::new).into();
        let direct = DirectCalls::To(Arc::new(Callees { beside: [1, 2].into_iter().collect(), outside: addresses }));
        let trap =
            |offset| TrapSite { offset, kind: SiteKind::Explicit, code: TrapCode::Unreachable, wasm_offset: 100 };
        let call = |return_offset, handlers: [(Option<u32>, u32); 2]| CallSite {
            return_offset,
            wasm_offset: 101,
            handlers: handlers.map(|(tag, offset)| Handler { tag, offset }).into(),
        };
        let function = |refs: &[(u32, u32)]| FunctionCode {
            bytes: vec![7; 10],
            alignment: 8,
            code_end: 10,
            traps: vec![trap(1)],
            calls: vec![call(4, [(Some(9), 6), (None, 8)])],
            function_refs: refs.to_vec(),
            sources: vec![(0, 100), (3, 101)],
            spans: Vec::new(),
        };
        let mut linker = Linker::new(&[9], Near, false, direct);
        assert_eq!(linker.bytes(), 0);
        let pairs = size_of::<(u32, u32)>();
        let each =
            size_of::<FunctionRange>() + size_of::<TrapSite>() + size_of::<CallSite>() + 2 * size_of::<Handler>();
        // Sources are pairs, and so are references.
        linker.add(BodyIndex(1), function(&[(2, 2), (5, 3)]));
        assert_eq!(linker.bytes(), 2 * (each + 4 * pairs + 10) as u64);
        linker.add(BodyIndex(2), function(&[(2, 1)]));
        let bytes = 2 * (2 * each + 7 * pairs + 26) as u64;
        assert_eq!(linker.bytes(), bytes);
        // The second function begins at 16: 14 bytes after the field that refers to it, and 18 bytes after the target of
        // its own field.
        let mut code = vec![7; 26];
        code[10..16].fill(9);
        (code[2], code[18]) = (14, -18i8 as u8);
        let range = |start, body| FunctionRange { start, end: start + 10, kind: FunctionKind::Body(BodyIndex(body)) };
        let tables = CodeTables {
            functions: vec![range(0, 1), range(16, 2)],
            traps: vec![trap(1), trap(17)],
            calls: vec![call(4, [(Some(9), 6), (None, 8)]), call(20, [(Some(9), 22), (None, 24)])],
        };
        let sources = vec![(0, 100), (3, 101), (16, 100), (19, 101)];
        let expected = ModuleCode { code, tables, sources, functions: 2, bytes, outside: vec![(5, 4096)] };
        assert_eq!(linker.finish(), Ok(expected));
    }
}
