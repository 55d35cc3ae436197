//! The used items of a module, and the module without the rest.

use super::ast::{Ast, AstError, Imported, Items, Op, SegmentMode, decode};
use std::collections::BTreeSet;
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::TypeRef;

impl Ast {
    /// Drops everything that neither exports nor the start function reach, and renumbers the rest.
    ///
    /// # Errors
    /// An item cannot be re-encoded.
    pub fn without_unused(&self) -> Result<Ast, AstError> {
        self.without_unused_beside(&[], Groups::Whole)
    }

    /// Like [`Ast::without_unused`], but also keeps these functions, given by index.
    ///
    /// # Errors
    /// An item cannot be re-encoded.
    pub fn without_unused_beside(&self, functions: &[u32], groups: Groups) -> Result<Ast, AstError> {
        let used = Used::of(self, functions, groups)?;
        let n = self.imported();
        let mut kept = self.clone();
        let mut counters = Imported::default();
        kept.imports.retain(|i| {
            let (set, at) = match i.ty {
                TypeRef::Func(_) | TypeRef::FuncExact(_) => (&used.funcs, &mut counters.funcs),
                TypeRef::Table(_) => (&used.tables, &mut counters.tables),
                TypeRef::Memory(_) => (&used.memories, &mut counters.memories),
                TypeRef::Global(_) => (&used.globals, &mut counters.globals),
                TypeRef::Tag(_) => (&used.tags, &mut counters.tags),
            };
            *at += 1;
            set.contains(&(*at - 1))
        });
        keep(&mut kept.funcs, n.funcs, &used.funcs);
        keep(&mut kept.tables, n.tables, &used.tables);
        keep(&mut kept.memories, n.memories, &used.memories);
        keep(&mut kept.globals, n.globals, &used.globals);
        keep(&mut kept.tags, n.tags, &used.tags);
        keep(&mut kept.elements, 0, &used.elements);
        keep(&mut kept.data, 0, &used.data);
        for e in &mut kept.elements {
            if let (SegmentMode::Declared, Items::Functions(list)) = (&e.mode, &mut e.items) {
                list.retain(|f| used.funcs.contains(f));
            }
        }
        let mut at = 0;
        for group in &mut kept.types {
            group.retain(|_| {
                at += 1;
                used.types.contains(&(at - 1))
            });
        }
        kept.types.retain(|group| !group.is_empty());
        let mut renumber = Renumber::from(used);
        let bytes = kept.encode_with(&mut renumber, false).map_err(AstError::Renumber)?;
        Ast::parse(&bytes)
    }
}

/// What happens to a recursion group in which only some types are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groups {
    /// It stays as it is: its types are the same as before.
    Whole,
    /// It loses the others, which changes the identity of its types.
    Split,
}

/// Keeps the elements whose index, counted from `first`, is in the set.
fn keep<T>(list: &mut Vec<T>, first: u32, set: &BTreeSet<u32>) {
    let mut at = first;
    list.retain(|_| {
        at += 1;
        set.contains(&(at - 1))
    });
}

/// The used indices.
#[derive(Clone, Debug, Default)]
struct Used {
    funcs: BTreeSet<u32>,
    tables: BTreeSet<u32>,
    memories: BTreeSet<u32>,
    globals: BTreeSet<u32>,
    tags: BTreeSet<u32>,
    types: BTreeSet<u32>,
    elements: BTreeSet<u32>,
    data: BTreeSet<u32>,
}

impl Used {
    fn ops(&mut self, ops: &[Op]) -> Result<(), AstError> {
        for op in ops {
            self.instruction(decode(op)).map_err(AstError::Operator)?;
        }
        Ok(())
    }

    fn size(&self) -> usize {
        let sets = [
            &self.funcs,
            &self.tables,
            &self.memories,
            &self.globals,
            &self.tags,
            &self.types,
            &self.elements,
            &self.data,
        ];
        sets.iter().map(|s| s.len()).sum()
    }

    /// Collects everything that a module's exports, its start function and these functions reach.
    fn of(ast: &Ast, functions: &[u32], groups: Groups) -> Result<Used, AstError> {
        let mut used = Used::default();
        used.funcs.extend(functions);
        for e in &ast.exports {
            used.external_index(e.kind, e.index).map_err(AstError::Item)?;
        }
        used.funcs.extend(ast.start);
        let n = ast.imported();
        let mut done: BTreeSet<u32> = BTreeSet::new();
        loop {
            let before = used.size();
            let mut at = Imported::default();
            for import in &ast.imports {
                let (set, number) = match import.ty {
                    TypeRef::Func(_) | TypeRef::FuncExact(_) => (&used.funcs, &mut at.funcs),
                    TypeRef::Table(_) => (&used.tables, &mut at.tables),
                    TypeRef::Memory(_) => (&used.memories, &mut at.memories),
                    TypeRef::Global(_) => (&used.globals, &mut at.globals),
                    TypeRef::Tag(_) => (&used.tags, &mut at.tags),
                };
                *number += 1;
                if set.contains(&(*number - 1)) {
                    used.entity_type(import.ty).map_err(AstError::Item)?;
                }
            }
            for (i, f) in (n.funcs..).zip(&ast.funcs) {
                if used.funcs.contains(&i) && done.insert(i) {
                    used.types.insert(f.ty);
                    used.ops(&f.ops)?;
                    for &ty in &f.locals {
                        used.val_type(ty).map_err(AstError::Item)?;
                    }
                }
            }
            for (i, t) in (n.tables..).zip(&ast.tables) {
                if used.tables.contains(&i) {
                    used.table_type(t.ty).map_err(AstError::Item)?;
                    used.ops(t.init.as_deref().unwrap_or(&[]))?;
                }
            }
            for (i, g) in (n.globals..).zip(&ast.globals) {
                if used.globals.contains(&i) {
                    used.global_type(g.ty).map_err(AstError::Item)?;
                    used.ops(&g.init)?;
                }
            }
            for (i, &ty) in (n.tags..).zip(&ast.tags) {
                if used.tags.contains(&i) {
                    used.types.insert(ty);
                }
            }
            for (i, e) in (0..).zip(&ast.elements) {
                let live = match &e.mode {
                    SegmentMode::Passive => used.elements.contains(&i),
                    SegmentMode::Declared => true,
                    SegmentMode::Active(table, _) => used.tables.contains(table),
                };
                if !live {
                    continue;
                }
                used.elements.insert(i);
                if let SegmentMode::Active(_, offset) = &e.mode {
                    used.ops(offset)?;
                }
                match &e.items {
                    // A declaration keeps nothing alive; its list is filtered.
                    Items::Functions(_) if matches!(e.mode, SegmentMode::Declared) => {}
                    Items::Functions(list) => used.funcs.extend(list),
                    Items::Expressions(ty, list) => {
                        used.ref_type(*ty).map_err(AstError::Item)?;
                        for ops in list {
                            used.ops(ops)?;
                        }
                    }
                }
            }
            for (i, d) in (0..).zip(&ast.data) {
                let live = match &d.mode {
                    SegmentMode::Active(memory, _) => used.memories.contains(memory),
                    _ => used.data.contains(&i),
                };
                if live {
                    used.data.insert(i);
                    if let SegmentMode::Active(_, offset) = &d.mode {
                        used.ops(offset)?;
                    }
                }
            }
            let mut at = 0;
            for group in &ast.types {
                let range = at..at + group.len() as u32;
                at = range.end;
                if groups == Groups::Whole && range.clone().any(|i| used.types.contains(&i)) {
                    used.types.extend(range.clone());
                }
                for (i, ty) in range.zip(group) {
                    if used.types.contains(&i) {
                        used.sub_type(ty.clone()).map_err(AstError::Item)?;
                    }
                }
            }
            if used.size() == before {
                return Ok(used);
            }
        }
    }
}

type Indexed = Result<u32, reencode::Error>;

/// Records every index.
impl Reencode for Used {
    type Error = std::convert::Infallible;
    fn function_index(&mut self, i: u32) -> Indexed {
        self.funcs.insert(i);
        Ok(i)
    }
    fn table_index(&mut self, i: u32) -> Indexed {
        self.tables.insert(i);
        Ok(i)
    }
    fn memory_index(&mut self, i: u32) -> Indexed {
        self.memories.insert(i);
        Ok(i)
    }
    fn global_index(&mut self, i: u32) -> Indexed {
        self.globals.insert(i);
        Ok(i)
    }
    fn tag_index(&mut self, i: u32) -> Indexed {
        self.tags.insert(i);
        Ok(i)
    }
    fn type_index(&mut self, i: u32) -> Indexed {
        self.types.insert(i);
        Ok(i)
    }
    fn element_index(&mut self, i: u32) -> Indexed {
        self.elements.insert(i);
        Ok(i)
    }
    fn data_index(&mut self, i: u32) -> Indexed {
        self.data.insert(i);
        Ok(i)
    }
}

/// Renumbers items by their position among the used ones, which are ascending.
struct Renumber {
    funcs: Vec<u32>,
    tables: Vec<u32>,
    memories: Vec<u32>,
    globals: Vec<u32>,
    tags: Vec<u32>,
    types: Vec<u32>,
    elements: Vec<u32>,
    data: Vec<u32>,
}

impl From<Used> for Renumber {
    fn from(used: Used) -> Renumber {
        let list = |set: BTreeSet<u32>| set.into_iter().collect();
        Renumber {
            funcs: list(used.funcs),
            tables: list(used.tables),
            memories: list(used.memories),
            globals: list(used.globals),
            tags: list(used.tags),
            types: list(used.types),
            elements: list(used.elements),
            data: list(used.data),
        }
    }
}

fn rank(used: &[u32], i: u32) -> Indexed {
    Ok(used.partition_point(|&other| other < i) as u32)
}

impl Reencode for Renumber {
    type Error = std::convert::Infallible;
    fn function_index(&mut self, i: u32) -> Indexed {
        rank(&self.funcs, i)
    }
    fn table_index(&mut self, i: u32) -> Indexed {
        rank(&self.tables, i)
    }
    fn memory_index(&mut self, i: u32) -> Indexed {
        rank(&self.memories, i)
    }
    fn global_index(&mut self, i: u32) -> Indexed {
        rank(&self.globals, i)
    }
    fn tag_index(&mut self, i: u32) -> Indexed {
        rank(&self.tags, i)
    }
    fn type_index(&mut self, i: u32) -> Indexed {
        rank(&self.types, i)
    }
    fn element_index(&mut self, i: u32) -> Indexed {
        rank(&self.elements, i)
    }
    fn data_index(&mut self, i: u32) -> Indexed {
        rank(&self.data, i)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::reduce::tests::{MODULE, binary, printed};

    #[test]
    fn what_nothing_reaches_goes() {
        let ast = Ast::parse(&binary(MODULE)).unwrap();
        let kept = ast.without_unused().unwrap();
        let bytes = kept.encode();
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&bytes).unwrap();
        let counts = (kept.imports.len(), kept.funcs.len(), kept.tables.len(), kept.memories.len());
        assert_eq!(counts, (1, 2, 0, 1), "{}", printed(&bytes));
        assert_eq!((kept.globals.len(), kept.tags.len(), kept.data.len()), (2, 1, 1), "{}", printed(&bytes));
        assert_eq!(kept.instructions(), 12);
    }

    /// What is named only by items, not by code, stays: initial values of tables and globals, elements, offsets.
    #[test]
    fn what_items_name_stays() {
        let module = |[ty, func, table, memory, global]: [&str; 5]| {
            let text = format!(
                r#"(module (type $f (func (result i32))) {ty} {func}
                    (func $two (type $f) (i32.const 2)) (func $three (type $f) (i32.const 3))
                    (func $four (type $f) (i32.const 4))
                    {table} (table $t 3 (ref $f) (ref.func $two)) (table $u 1 funcref)
                    {memory} (memory $m 1)
                    {global} (global $at i32 (i32.const 8)) (global $also i32 (global.get $at))
                    (global $r funcref (ref.func $four))
                    (elem (table $u) (i32.const 0) funcref (ref.func $three))
                    (data (memory $m) (global.get $also) "x")
                    (func (export "test") (result i32)
                        (drop (i32.load $m (i32.const 0))) (drop (table.get $u (i32.const 0))) (drop (global.get $r))
                        (call_ref $f (table.get $t (i32.const 1)))))"#
            );
            Ast::parse(&binary(&text)).unwrap()
        };
        let whole = module([
            "(type (func (param i64)))",
            "(func (type $f) (i32.const 1))",
            "(table 1 funcref) (elem (i32.const 0) 0)",
            "(memory 1) (data (i32.const 0) \"y\")",
            "(global i32 (i32.const 7))",
        ]);
        let kept = whole.without_unused().unwrap();
        assert_eq!(printed(&kept.encode()), printed(&module([""; 5]).encode()));
    }
}
