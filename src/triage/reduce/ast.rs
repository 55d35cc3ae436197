//! A module as lists that can be edited, and the way back to a binary.
//!
//! Bodies are flat lists of operators, each as its bytes: an operator that no edit touches stays as it is, whatever
//! proposal it belongs to. Indices inside an operator are read and changed by decoding that one operator.

use smallvec::SmallVec;
use std::collections::HashMap;
use std::sync::Arc;
use wasm_encoder as enc;
use wasm_encoder::Encode;
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{
    BinaryReader, ExternalKind, GlobalType, KnownCustom, MemoryType, Operator, OperatorsReader, Parser, Payload,
    RefType, SubType, TableType, TypeRef, ValType,
};

/// The bytes of one operator; a branch hint follows the bytes of an `if` or `br_if` that has one.
pub type Op = SmallVec<[u8; 14]>;

/// The reason why a module cannot be edited.
#[derive(Debug, thiserror::Error)]
pub enum AstError {
    /// The bytes are not a module, or the module has something unknown.
    #[error("cannot parse the module: {0}")]
    Parse(#[from] wasmparser::Error),
    /// The indices of an item cannot be followed.
    #[error("cannot parse the module: {0}")]
    Item(#[source] reencode::Error),
    /// The indices of an operator cannot be followed.
    #[error("cannot parse an operator: {0}")]
    Operator(#[source] reencode::Error),
    /// The remaining items cannot be renumbered.
    #[error("cannot renumber the remaining items: {0}")]
    Renumber(#[source] reencode::Error),
    /// A function has more than 50,000 locals.
    #[error("too many locals")]
    TooManyLocals,
}

/// A module that can be edited.
#[derive(Clone, Debug, Default)]
pub struct Ast {
    /// Recursion groups.
    pub types: Vec<Vec<SubType>>,
    /// Imports of all kinds.
    pub imports: Vec<Import>,
    /// Defined functions.
    pub funcs: Vec<Arc<Func>>,
    /// Defined tables.
    pub tables: Vec<Table>,
    /// Defined memories.
    pub memories: Vec<MemoryType>,
    /// Defined globals.
    pub globals: Vec<Global>,
    /// Type indices.
    pub tags: Vec<u32>,
    /// Exports of all kinds.
    pub exports: Vec<Export>,
    /// The index of the start function.
    pub start: Option<u32>,
    /// Element segments.
    pub elements: Vec<Elements>,
    /// Data segments.
    pub data: Vec<Data>,
}

#[derive(Clone, Debug)]
/// An import.
pub struct Import {
    /// The module name.
    pub module: String,
    /// The item name.
    pub name: String,
    /// The kind and type of the item.
    pub ty: TypeRef,
}

/// A defined function.
#[derive(Clone, Debug, PartialEq)]
pub struct Func {
    /// The type index.
    pub ty: u32,
    /// The declared locals, without the parameters.
    pub locals: Vec<ValType>,
    /// The last operator is `end`.
    pub ops: Vec<Op>,
}

#[derive(Clone, Debug)]
/// A defined table.
pub struct Table {
    /// The type.
    pub ty: TableType,
    /// The initial value of the elements, an expression; `None` for null.
    pub init: Option<Vec<Op>>,
}

#[derive(Clone, Debug)]
/// A defined global.
pub struct Global {
    /// The type.
    pub ty: GlobalType,
    /// The initial value, an expression.
    pub init: Vec<Op>,
}

#[derive(Clone, Debug)]
/// An export.
pub struct Export {
    /// The name.
    pub name: String,
    /// The kind of the exported item.
    pub kind: ExternalKind,
    /// The index of the exported item.
    pub index: u32,
}

/// The destination of a segment.
#[derive(Clone, Debug)]
pub enum SegmentMode {
    /// Nowhere: `memory.init` and `table.init` copy from it.
    Passive,
    /// Nowhere: it only declares functions for `ref.func`.
    Declared,
    /// Table or memory, and the offset.
    Active(u32, Vec<Op>),
}

#[derive(Clone, Debug)]
/// An element segment.
pub struct Elements {
    /// The destination.
    pub mode: SegmentMode,
    /// The contents.
    pub items: Items,
}

#[derive(Clone, Debug)]
/// The contents of an element segment.
pub enum Items {
    /// Function indices.
    Functions(Vec<u32>),
    /// Expressions of a type.
    Expressions(RefType, Vec<Vec<Op>>),
}

#[derive(Clone, Debug)]
/// A data segment.
pub struct Data {
    /// The destination.
    pub mode: SegmentMode,
    /// The contents.
    pub bytes: Arc<[u8]>,
}

/// The numbers of imported items, which come first in each index space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The number of imported functions.
    pub funcs: u32,
    /// The number of imported tables.
    pub tables: u32,
    /// The number of imported memories.
    pub memories: u32,
    /// The number of imported globals.
    pub globals: u32,
    /// The number of imported tags.
    pub tags: u32,
}

/// Splits an expression into operators.
fn operators(mut reader: OperatorsReader<'_>, all: &[u8]) -> Result<Vec<Op>, AstError> {
    let mut ops = Vec::new();
    while !reader.eof() {
        let from = reader.original_position() as usize;
        reader.read()?;
        ops.push(Op::from_slice(&all[from..reader.original_position() as usize]));
    }
    Ok(ops)
}

/// Decodes an operator.
pub fn decode(op: &Op) -> Operator<'_> {
    // The operator reader tracks blocks, and accepts these operators only inside a block.
    let immediate = || BinaryReader::new(&op[1..], 0).read_var_u32().expect("a label or a tag");
    match op[0] {
        0x05 => return Operator::Else,
        0x07 => return Operator::Catch { tag_index: immediate() },
        0x18 => return Operator::Delegate { relative_depth: immediate() },
        0x19 => return Operator::CatchAll,
        _ => {}
    }
    let mut reader = OperatorsReader::new(BinaryReader::new(op, 0));
    reader.read().expect("it was decoded or encoded before")
}

/// Returns an operator's own bytes and its branch hint.
pub fn hinted(op: &Op) -> (&[u8], Option<u8>) {
    if !matches!(op[0], 0x04 | 0x0d) {
        return (op, None);
    }
    let mut reader = OperatorsReader::new(BinaryReader::new(op, 0));
    reader.read().expect("it was decoded or encoded before");
    let (own, hint) = op.split_at(reader.original_position() as usize);
    (own, hint.first().copied())
}

/// Encodes an operator.
pub fn op(instruction: &enc::Instruction<'_>) -> Op {
    let mut bytes = Vec::new();
    instruction.encode(&mut bytes);
    Op::from_vec(bytes)
}

impl Ast {
    /// Parses a valid module. Names and other custom sections are dropped, except for branch hints.
    ///
    /// # Errors
    /// The bytes are not a module, or the module has something unknown.
    pub fn parse(bytes: &[u8]) -> Result<Ast, AstError> {
        let mut ast = Ast::default();
        let mut types_of_functions = Vec::new();
        // By function and offset in its body.
        let mut hints: HashMap<(u32, u32), bool> = HashMap::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(reader) => {
                    for group in reader {
                        ast.types.push(group?.into_types().collect());
                    }
                }
                Payload::ImportSection(reader) => {
                    for import in reader.into_imports() {
                        let i = import?;
                        ast.imports.push(Import { module: i.module.into(), name: i.name.into(), ty: i.ty });
                    }
                }
                Payload::FunctionSection(reader) => {
                    for ty in reader {
                        types_of_functions.push(ty?);
                    }
                }
                Payload::TableSection(reader) => {
                    for table in reader {
                        let table = table?;
                        let init = match table.init {
                            wasmparser::TableInit::RefNull => None,
                            wasmparser::TableInit::Expr(e) => Some(operators(e.get_operators_reader(), bytes)?),
                        };
                        ast.tables.push(Table { ty: table.ty, init });
                    }
                }
                Payload::MemorySection(reader) => {
                    for memory in reader {
                        ast.memories.push(memory?);
                    }
                }
                Payload::TagSection(reader) => {
                    for tag in reader {
                        ast.tags.push(tag?.func_type_idx);
                    }
                }
                Payload::GlobalSection(reader) => {
                    for global in reader {
                        let global = global?;
                        let init = operators(global.init_expr.get_operators_reader(), bytes)?;
                        ast.globals.push(Global { ty: global.ty, init });
                    }
                }
                Payload::ExportSection(reader) => {
                    for export in reader {
                        let e = export?;
                        ast.exports.push(Export { name: e.name.into(), kind: e.kind, index: e.index });
                    }
                }
                Payload::StartSection { func, .. } => ast.start = Some(func),
                Payload::ElementSection(reader) => {
                    for segment in reader {
                        ast.elements.push(elements(segment?, bytes)?);
                    }
                }
                Payload::DataSection(reader) => {
                    for segment in reader {
                        let segment = segment?;
                        let mode = match segment.kind {
                            wasmparser::DataKind::Passive => SegmentMode::Passive,
                            wasmparser::DataKind::Active { memory_index, offset_expr } => {
                                SegmentMode::Active(memory_index, operators(offset_expr.get_operators_reader(), bytes)?)
                            }
                        };
                        ast.data.push(Data { mode, bytes: segment.data.into() });
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    let mut locals = Vec::new();
                    for run in body.get_locals_reader()? {
                        let (count, ty) = run?;
                        if locals.len() + count as usize > 50_000 {
                            return Err(AstError::TooManyLocals);
                        }
                        locals.extend(std::iter::repeat_n(ty, count as usize));
                    }
                    let reader = body.get_operators_reader()?;
                    let mut at = (reader.original_position() - body.range().start) as u32;
                    let mut ops = operators(reader, bytes)?;
                    let func = ast.imported().funcs + ast.funcs.len() as u32;
                    for op in &mut ops {
                        let hint = hints.remove(&(func, at)).filter(|_| matches!(op[0], 0x04 | 0x0d));
                        at += op.len() as u32;
                        op.extend(hint.map(u8::from));
                    }
                    let ty = types_of_functions[ast.funcs.len()];
                    ast.funcs.push(Arc::new(Func { ty, locals, ops }));
                }
                Payload::CustomSection(section) => {
                    let KnownCustom::BranchHints(functions) = section.as_known() else { continue };
                    // Broken hints are ignored.
                    for function in functions.into_iter().map_while(Result::ok) {
                        let list = function.hints.clone().into_iter().map_while(Result::ok);
                        hints.extend(list.map(|hint| ((function.func, hint.func_offset), hint.taken)));
                    }
                }
                _ => {}
            }
        }
        Ok(ast)
    }

    /// Encodes the module as a binary.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_with(&mut reencode::RoundtripReencoder, true).expect("everything came from a module")
    }

    /// Like [`Ast::encode`], with indices mapped by `r`. With `verbatim`, those in bodies are unchanged, which is fast.
    pub(super) fn encode_with<R: Reencode>(
        &self,
        r: &mut R,
        verbatim: bool,
    ) -> Result<Vec<u8>, reencode::Error<R::Error>> {
        let mut module = enc::Module::new();
        let expr = |r: &mut R, ops: &[Op]| -> Result<enc::ConstExpr, reencode::Error<R::Error>> {
            let mut bytes = Vec::new();
            // `ConstExpr` adds the end.
            for op in &ops[..ops.len() - 1] {
                r.instruction(decode(op))?.encode(&mut bytes);
            }
            Ok(enc::ConstExpr::raw(bytes))
        };
        let mut types = enc::TypeSection::new();
        for group in &self.types {
            let mut converted = Vec::with_capacity(group.len());
            for ty in group {
                converted.push(r.sub_type(ty.clone())?);
            }
            match &converted[..] {
                [one] => types.ty().subtype(one),
                _ => types.ty().rec(converted),
            }
        }
        module.section(&types);
        let mut imports = enc::ImportSection::new();
        for i in &self.imports {
            imports.import(&i.module, &i.name, r.entity_type(i.ty)?);
        }
        if !self.imports.is_empty() {
            module.section(&imports);
        }
        let mut functions = enc::FunctionSection::new();
        for f in &self.funcs {
            functions.function(r.type_index(f.ty)?);
        }
        module.section(&functions);
        let mut tables = enc::TableSection::new();
        for t in &self.tables {
            let ty = r.table_type(t.ty)?;
            match &t.init {
                None => tables.table(ty),
                Some(init) => tables.table_with_init(ty, &expr(r, init)?),
            };
        }
        if !self.tables.is_empty() {
            module.section(&tables);
        }
        let mut memories = enc::MemorySection::new();
        for &m in &self.memories {
            memories.memory(r.memory_type(m)?);
        }
        if !self.memories.is_empty() {
            module.section(&memories);
        }
        let mut tags = enc::TagSection::new();
        for &ty in &self.tags {
            tags.tag(enc::TagType { kind: enc::TagKind::Exception, func_type_idx: r.type_index(ty)? });
        }
        if !self.tags.is_empty() {
            module.section(&tags);
        }
        let mut globals = enc::GlobalSection::new();
        for g in &self.globals {
            globals.global(r.global_type(g.ty)?, &expr(r, &g.init)?);
        }
        if !self.globals.is_empty() {
            module.section(&globals);
        }
        let mut exports = enc::ExportSection::new();
        for e in &self.exports {
            exports.export(&e.name, r.export_kind(e.kind)?, r.external_index(e.kind, e.index)?);
        }
        module.section(&exports);
        if let Some(start) = self.start {
            module.section(&enc::StartSection { function_index: r.function_index(start)? });
        }
        let mut elements = enc::ElementSection::new();
        for e in &self.elements {
            let (mut functions, mut expressions) = (Vec::new(), Vec::new());
            let items = match &e.items {
                Items::Functions(list) => {
                    for &f in list {
                        functions.push(r.function_index(f)?);
                    }
                    enc::Elements::Functions((&functions).into())
                }
                Items::Expressions(ty, list) => {
                    for ops in list {
                        expressions.push(expr(r, ops)?);
                    }
                    enc::Elements::Expressions(r.ref_type(*ty)?, (&expressions).into())
                }
            };
            match &e.mode {
                SegmentMode::Passive => elements.passive(items),
                SegmentMode::Declared => elements.declared(items),
                SegmentMode::Active(table, offset) => {
                    let table = r.table_index(*table)?;
                    elements.active((table != 0).then_some(table), &expr(r, offset)?, items)
                }
            };
        }
        if !self.elements.is_empty() {
            module.section(&elements);
        }
        if !self.data.is_empty() {
            module.section(&enc::DataCountSection { count: self.data.len() as u32 });
        }
        let (mut code, mut hints) = (enc::CodeSection::new(), enc::BranchHints::new());
        for (number, f) in (self.imported().funcs..).zip(&self.funcs) {
            let mut locals: Vec<(u32, enc::ValType)> = Vec::new();
            for &ty in &f.locals {
                let ty = r.val_type(ty)?;
                match locals.last_mut() {
                    Some((n, last)) if *last == ty => *n += 1,
                    _ => locals.push((1, ty)),
                }
            }
            let mut body = enc::Function::new(locals);
            let mut list = Vec::new();
            for op in &f.ops {
                let (own, hint) = hinted(op);
                list.extend(hint.map(|hint| enc::BranchHint {
                    branch_func_offset: body.byte_len() as u32,
                    branch_hint_value: hint.into(),
                }));
                if verbatim {
                    body.raw(own.iter().copied());
                } else {
                    body.instruction(&r.instruction(decode(op))?);
                }
            }
            if !list.is_empty() {
                hints.function_hints(r.function_index(number)?, list);
            }
            code.function(&body);
        }
        if !hints.is_empty() {
            module.section(&hints);
        }
        module.section(&code);
        let mut data = enc::DataSection::new();
        for d in &self.data {
            match &d.mode {
                SegmentMode::Active(memory, offset) => {
                    data.active(r.memory_index(*memory)?, &expr(r, offset)?, d.bytes.iter().copied())
                }
                _ => data.passive(d.bytes.iter().copied()),
            };
        }
        if !self.data.is_empty() {
            module.section(&data);
        }
        Ok(module.finish())
    }

    /// Returns the numbers of imported items.
    pub fn imported(&self) -> Imported {
        let mut n = Imported::default();
        for import in &self.imports {
            match import.ty {
                TypeRef::Func(_) | TypeRef::FuncExact(_) => n.funcs += 1,
                TypeRef::Table(_) => n.tables += 1,
                TypeRef::Memory(_) => n.memories += 1,
                TypeRef::Global(_) => n.globals += 1,
                TypeRef::Tag(_) => n.tags += 1,
            }
        }
        n
    }

    /// Returns a function type by its index.
    pub fn func_type(&self, index: u32) -> Option<&wasmparser::FuncType> {
        match &self.types.iter().flatten().nth(index as usize)?.composite_type.inner {
            wasmparser::CompositeInnerType::Func(f) => Some(f),
            _ => None,
        }
    }

    /// Returns the type index of a function; imports come first.
    pub fn type_of(&self, func: u32) -> Option<u32> {
        let imported = self.imports.iter().filter_map(|i| match i.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => Some(ty),
            _ => None,
        });
        imported.chain(self.funcs.iter().map(|f| f.ty)).nth(func as usize)
    }

    /// Returns the type of a memory; imports come first.
    pub fn memory_type(&self, index: u32) -> Option<MemoryType> {
        let imported = self.imports.iter().filter_map(|i| if let TypeRef::Memory(ty) = i.ty { Some(ty) } else { None });
        imported.chain(self.memories.iter().copied()).nth(index as usize)
    }

    /// Returns the type of a global; imports come first.
    pub fn global_type(&self, index: u32) -> Option<GlobalType> {
        let imported = self.imports.iter().filter_map(|i| if let TypeRef::Global(ty) = i.ty { Some(ty) } else { None });
        imported.chain(self.globals.iter().map(|g| g.ty)).nth(index as usize)
    }

    /// Returns the index of a function type, which is added if it is missing.
    pub fn add_type(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let wanted = wasmparser::FuncType::new(params.iter().copied(), results.iter().copied());
        let count = self.types.iter().map(Vec::len).sum::<usize>() as u32;
        let single = |i: &u32| {
            let mut at = 0;
            self.types.iter().any(|g| {
                at += g.len() as u32;
                at - g.len() as u32 == *i && g.len() == 1 && g[0].is_final && g[0].supertype_idxs.is_empty()
            })
        };
        if let Some(found) = (0..count).find(|i| self.func_type(*i) == Some(&wanted) && single(i)) {
            return found;
        }
        self.types.push(vec![SubType::func(wanted, false)]);
        count
    }

    /// Returns the number of operators in all bodies, except for `end` and `else`: the amount of code to read.
    pub fn instructions(&self) -> usize {
        let counts = |op: &&Op| !matches!(decode(op), Operator::End | Operator::Else);
        self.funcs.iter().flat_map(|f| &f.ops).filter(counts).count()
    }
}

fn elements(segment: wasmparser::Element<'_>, bytes: &[u8]) -> Result<Elements, AstError> {
    let mode = match segment.kind {
        wasmparser::ElementKind::Passive => SegmentMode::Passive,
        wasmparser::ElementKind::Declared => SegmentMode::Declared,
        wasmparser::ElementKind::Active { table_index, offset_expr } => {
            SegmentMode::Active(table_index.unwrap_or(0), operators(offset_expr.get_operators_reader(), bytes)?)
        }
    };
    let items = match segment.items {
        wasmparser::ElementItems::Functions(reader) => Items::Functions(reader.into_iter().collect::<Result<_, _>>()?),
        wasmparser::ElementItems::Expressions(ty, reader) => {
            let mut list = Vec::new();
            for e in reader {
                list.push(operators(e?.get_operators_reader(), bytes)?);
            }
            Items::Expressions(ty, list)
        }
    };
    Ok(Elements { mode, items })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::reduce::tests::{MODULE, binary, printed};

    /// Tests items of all kinds, without names, which are dropped.
    #[test]
    fn a_module_is_the_same_after_it_was_taken_apart() {
        let text = r#"(module
            (rec (type (sub (struct (field i32)))) (type (sub final 0 (struct (field i32) (field (mut (ref null 1)))))))
            (type (func (param i32) (result i32))) (type (func))
            (import "m" "f" (func (type 2))) (import "m" "t" (table 1 2 funcref)) (import "m" "m" (memory 1 4))
            (import "m" "g" (global (mut i64))) (import "m" "e" (tag (type 3)))
            (func (type 2) (local i64 i64 f32 (ref null 0) i64) (local.get 0))
            (func (type 3) (memory.init 1 2 (i64.const 0) (i32.const 0) (i32.const 1)) (global.set 0 (i64.const -5)))
            (table 2 funcref) (table 1 (ref 3) (ref.func 2)) (memory i64 1 9) (global i32 (i32.const 5)) (tag (type 3))
            (export "f" (func 1)) (export "t" (table 1)) (export "m" (memory 1)) (export "g" (global 1))
            (export "e" (tag 1)) (start 2)
            (elem (i32.const 0) func 1) (elem (table 1) (i32.const 1) func 1 2) (elem func 2) (elem declare func 0)
            (elem funcref (ref.null func) (ref.func 1)) (elem (table 1) (i32.const 0) funcref (ref.func 1))
            (data (i32.const 3) "abc") (data (memory 1) (i64.const 4) "de") (data "passive"))"#;
        let bytes = binary(text);
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&bytes).unwrap();
        assert_eq!(printed(&Ast::parse(&bytes).unwrap().encode()), printed(&bytes));
    }

    #[test]
    fn a_module_survives_being_taken_apart() {
        let bytes = binary(MODULE);
        let again = Ast::parse(&bytes).unwrap().encode();
        assert_eq!(printed(&Ast::parse(&again).unwrap().encode()), printed(&again));
        let words = printed(&again).split_whitespace().collect::<Vec<_>>().join(" ");
        for hinted in [r#"branch_hint "\01") br_if"#, r#"branch_hint "\00") if"#] {
            assert!(words.contains(hinted), "{words}");
        }
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&again).unwrap();
    }
}
