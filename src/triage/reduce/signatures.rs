//! Narrower signatures: a parameter or a result fewer in all function types that have the same list of them, with all
//! bodies and calls. One function alone often cannot change: it is called through a table, or its results are those of a
//! tail call.

use super::ast::{Ast, Func, Items, Op, decode, op};
use super::edits::{default, is_leaf, renumber_local, signature};
use std::sync::Arc;
use wasm_encoder::Instruction as I;
use wasmparser::{FuncType, Operator, SubType, TypeRef, ValType};

/// A call: the type of what it calls, the operands above the arguments, whether it is a tail call.
struct Called {
    ty: u32,
    above: usize,
    tail: bool,
}

/// Types of all functions, imports first.
fn types(ast: &Ast) -> Vec<u32> {
    let imported = ast.imports.iter().filter_map(|i| match i.ty {
        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => Some(ty),
        _ => None,
    });
    imported.chain(ast.funcs.iter().map(|f| f.ty)).collect()
}

fn called(o: &Op, types: &[u32]) -> Option<Called> {
    let direct = |f: u32, tail| Some(Called { ty: *types.get(f as usize)?, above: 0, tail });
    let computed = |ty, tail| Some(Called { ty, above: 1, tail });
    match decode(o) {
        Operator::Call { function_index } => direct(function_index, false),
        Operator::ReturnCall { function_index } => direct(function_index, true),
        Operator::CallIndirect { type_index, .. } | Operator::CallRef { type_index } => computed(type_index, false),
        Operator::ReturnCallIndirect { type_index, .. } | Operator::ReturnCallRef { type_index } => {
            computed(type_index, true)
        }
        _ => None,
    }
}

/// The function types with these parameters, or results, and the module with narrower ones in their place.
fn narrowed(ast: &Ast, list: &[ValType], results: bool, gone: usize) -> Option<(Vec<bool>, Ast)> {
    let mut edited = ast.clone();
    let mut members = Vec::new();
    for group in &mut edited.types {
        for ty in group.iter_mut() {
            let wasmparser::CompositeInnerType::Func(f) = &ty.composite_type.inner else {
                members.push(false);
                continue;
            };
            let is_member = list == if results { f.results() } else { f.params() };
            members.push(is_member);
            if !is_member {
                continue;
            }
            if !ty.is_final || !ty.supertype_idxs.is_empty() {
                return None;
            }
            let mut left = list.to_vec();
            left.remove(gone);
            let new = if results {
                FuncType::new(f.params().iter().copied(), left)
            } else {
                FuncType::new(left, f.results().iter().copied())
            };
            *ty = SubType::func(new, false);
        }
    }
    let used = |ty: u32| members.get(ty as usize).copied().unwrap_or(false);
    let imports = ast.imports.iter().any(|i| matches!(i.ty, TypeRef::Func(t) | TypeRef::FuncExact(t) if used(t)));
    (!imports && !ast.tags.iter().any(|&t| used(t))).then_some((members, edited))
}

/// See [`narrower`].
fn without_param(ast: &Ast, params: &[ValType], gone: usize) -> Option<Ast> {
    let (members, mut edited) = narrowed(ast, params, false, gone)?;
    let types = types(ast);
    let n = params.len();
    for f in &mut edited.funcs {
        let mut ops: Vec<Op> = Vec::with_capacity(f.ops.len());
        let mut locals = f.locals.clone();
        let is_member = members[f.ty as usize];
        let last = (n + f.locals.len() - usize::from(is_member)) as u32;
        let number = |i: u32| match (i as usize).cmp(&gone) {
            _ if !is_member => i,
            std::cmp::Ordering::Less => i,
            std::cmp::Ordering::Equal => last,
            std::cmp::Ordering::Greater => i - 1,
        };
        for o in &f.ops {
            if let Some(c) = called(o, &types).filter(|c| members[c.ty as usize]) {
                let at = ops.len().checked_sub(n + c.above)?;
                if ops[at..].iter().all(is_leaf) {
                    ops.remove(at + gone);
                } else if gone + 1 == n && c.above == 0 {
                    ops.push(op(&I::Drop));
                } else {
                    return None;
                }
            }
            ops.push(renumber_local(o, number));
        }
        if is_member {
            locals.push(params[gone]);
        }
        *f = Arc::new(Func { ty: f.ty, locals, ops });
    }
    Some(edited)
}

/// See [`narrower`].
fn without_result(ast: &Ast, results: &[ValType], gone: usize) -> Option<Ast> {
    let (members, mut edited) = narrowed(ast, results, true, gone)?;
    let types = types(ast);
    let n = results.len();
    // Takes the result away from what a body leaves.
    let taken = |ops: &mut Vec<Op>| {
        match ops.len().checked_sub(n) {
            Some(at) if ops[at..].iter().all(is_leaf) => drop(ops.remove(at + gone)),
            _ if gone + 1 == n => ops.push(op(&I::Drop)),
            _ => return None,
        }
        Some(())
    };
    for f in &mut edited.funcs {
        let is_member = members[f.ty as usize];
        let last = f.ops.len() - 1;
        let mut ops: Vec<Op> = Vec::with_capacity(f.ops.len());
        for (i, o) in f.ops.iter().enumerate() {
            let narrow = |o: &Op| called(o, &types).filter(|c| members[c.ty as usize]);
            let passed = i == last && i.checked_sub(1).is_some_and(|before| narrow(&f.ops[before]).is_some());
            let leaves = |o: &Op| matches!(decode(o), Operator::Return | Operator::Unreachable | Operator::Br { .. });
            let never = i == last && i.checked_sub(1).is_some_and(|before| leaves(&f.ops[before]));
            if is_member && !passed && !never && (i == last || matches!(decode(o), Operator::Return)) {
                taken(&mut ops)?;
            }
            ops.push(o.clone());
            if narrow(o).is_some_and(|c| !c.tail) && !(is_member && i + 1 == last) {
                if gone + 1 != n {
                    return None;
                }
                ops.push(default(results[gone])?);
            }
        }
        *f = Arc::new(Func { ty: f.ty, locals: f.locals.clone(), ops });
    }
    Some(edited)
}

/// Variants with a parameter or a result fewer.
pub fn narrower(ast: &Ast) -> Vec<Ast> {
    let (mut params, mut results) = (Vec::new(), Vec::new());
    for f in &ast.funcs {
        if let Some((p, r)) = signature(ast, f.ty) {
            params.push(p);
            results.push(r);
        }
    }
    for lists in [&mut params, &mut results] {
        lists.sort();
        lists.dedup();
    }
    let fewer_params = params.iter().flat_map(|p| (0..p.len()).rev().filter_map(|i| without_param(ast, p, i)));
    let fewer_results = results.iter().flat_map(|r| (0..r.len()).rev().filter_map(|i| without_result(ast, r, i)));
    fewer_params.chain(fewer_results).collect()
}

/// Variants in which a call through a table is one of a function of that type, or a table has one function only.
pub fn direct(ast: &Ast) -> Vec<Ast> {
    let mut variants = Vec::new();
    let imported = ast.imported().funcs;
    for (number, f) in ast.funcs.iter().enumerate() {
        for (i, o) in f.ops.iter().enumerate().skip(1) {
            let (ty, tail) = match decode(o) {
                Operator::CallIndirect { type_index, .. } => (type_index, false),
                Operator::ReturnCallIndirect { type_index, .. } => (type_index, true),
                _ => continue,
            };
            if !is_leaf(&f.ops[i - 1]) {
                continue;
            }
            for callee in (imported..).zip(&ast.funcs).filter(|(_, g)| g.ty == ty).map(|(index, _)| index) {
                let call = op(&if tail { I::ReturnCall(callee) } else { I::Call(callee) });
                let ops = [&f.ops[..i - 1], &[call], &f.ops[i + 1..]].concat();
                variants.push(super::edits::with_ops(ast, number, ops));
            }
        }
    }
    for (i, e) in ast.elements.iter().enumerate() {
        let Items::Functions(list) = &e.items else { continue };
        let mut distinct = list.clone();
        distinct.sort_unstable();
        distinct.dedup();
        for &one in distinct.iter().filter(|_| distinct.len() > 1) {
            let mut edited = ast.clone();
            edited.elements[i].items = Items::Functions(vec![one; list.len()]);
            variants.extend(edited.without_unused());
        }
    }
    variants
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::reduce::typing::is_valid;

    const PROGRAM: &str = r#"(module
        (type $t (func (param i32 f64 i64) (result i32 f64 i64)))
        (table 2 funcref) (elem (i32.const 0) $leaf $pass)
        (func $leaf (type $t) (local.get 0) (local.get 1) (local.get 2))
        (func $pass (type $t) (return_call $leaf (i32.const 7) (local.get 1) (local.get 2)))
        (func (export "test") (result i32 f64 i64)
            (call_indirect (type $t) (i32.const 1) (f64.const 2) (i64.const 3) (i32.const 1))))"#;

    #[test]
    fn all_bodies_and_calls_follow() {
        let buffer = ::wast::parser::ParseBuffer::new(PROGRAM).unwrap();
        let mut ast = Ast::parse(&::wast::parser::parse::<::wast::Wat>(&buffer).unwrap().encode().unwrap()).unwrap();
        // Three parameters, three results; each of them can go, wherever it stands in the list.
        assert_eq!(narrower(&ast).len(), 6);
        for left in (0..6).rev() {
            let variants = narrower(&ast);
            assert!(variants.iter().all(|v| is_valid(&v.encode())), "{left}");
            ast = variants[variants.len() / 2].clone();
            let lists = ast.func_type(ast.funcs[1].ty).unwrap();
            assert_eq!(lists.params().len() + lists.results().len(), left);
        }
        // Two functions to call directly, and one of the two alone in the table.
        let variants = direct(&ast);
        assert_eq!(variants.len(), 4);
        assert!(variants.iter().all(|v| is_valid(&v.encode())));
    }
}
