//! Fewer and simpler parameters and results: one goes, or gets a simpler type, in all function types with the same list
//! of parameters or results, together with all bodies and calls. A single function often cannot change on its own: it
//! is called through a table, or its results are those of a tail call.
//!
//! A simpler type is no easier to read in itself. But if a difference takes a certain number of values on the stack,
//! then values of the other register class only get in the way.

use super::ast::{Ast, Func, Op, decode, op};
use super::edits::{filler, is_leaf, local_of, nest, renumber_local, signature, type_weight};
use crate::module::syntax::Nest;
use std::sync::Arc;
use wasm_encoder as enc;
use wasm_encoder::Instruction as I;
use wasmparser::{FuncType, Operator, SubType, TypeRef, ValType};

/// A call: the callee's type, the number of operands above the arguments, and whether it is a tail call.
pub(super) struct Called {
    pub ty: u32,
    pub above: usize,
    pub tail: bool,
}

/// Returns the types of all functions; imports come first.
pub(super) fn types(ast: &Ast) -> Vec<u32> {
    let imported = ast.imports.iter().filter_map(|i| match i.ty {
        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => Some(ty),
        _ => None,
    });
    imported.chain(ast.funcs.iter().map(|f| f.ty)).collect()
}

/// Returns the callee of an operator, if it is a call.
pub(super) fn called(o: &Op, types: &[u32]) -> Option<Called> {
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

/// A value of a list to remove or to retype.
#[derive(Clone, Copy)]
struct ListChange {
    at: usize,
    ty: Option<ValType>,
}

impl ListChange {
    fn made(self, list: &[ValType]) -> Vec<ValType> {
        let mut list = list.to_vec();
        match self.ty {
            Some(ty) => list[self.at] = ty,
            None => drop(list.remove(self.at)),
        }
        list
    }
}

/// Marks the function types with these parameters, or results, and returns the module in which they are changed.
fn narrowed(ast: &Ast, list: &[ValType], results: bool, change: ListChange) -> Option<(Vec<bool>, Ast)> {
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
            let left = change.made(list);
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

/// See [`narrower`]. The parameter becomes a local; a retyped one becomes an unused parameter.
fn other_param(ast: &Ast, params: &[ValType], change: ListChange) -> Option<Ast> {
    let (members, mut edited) = narrowed(ast, params, false, change)?;
    let types = types(ast);
    let (n, at) = (params.len(), change.at);
    let left = n - usize::from(change.ty.is_none());
    for (place, f) in edited.funcs.iter_mut().enumerate() {
        let mut ops: Vec<Op> = Vec::with_capacity(f.ops.len());
        let mut locals = f.locals.clone();
        let is_member = members[f.ty as usize];
        let last = (left + f.locals.len()) as u32;
        let number = |i: u32| match (i as usize).cmp(&at) {
            std::cmp::Ordering::Equal if is_member => last,
            std::cmp::Ordering::Greater if is_member && change.ty.is_none() => i - 1,
            _ => i,
        };
        for o in &f.ops {
            if let Some(c) = called(o, &types).filter(|c| members[c.ty as usize]) {
                let first = ops.len().checked_sub(n - at + c.above)?;
                let new = match change.ty {
                    Some(ty) => Some(filler(ty, place + at)?),
                    None => None,
                };
                if ops[first..].iter().all(is_leaf) {
                    ops.splice(first..=first, new);
                } else if at + 1 == n && c.above == 0 {
                    ops.push(op(&I::Drop));
                    ops.extend(new);
                } else {
                    return None;
                }
            }
            ops.push(renumber_local(o, number));
        }
        if is_member && f.ops.iter().any(|o| local_of(o) == Some(at as u32)) {
            locals.push(params[at]);
        }
        *f = Arc::new(Func { ty: f.ty, locals, ops });
    }
    Some(edited)
}

/// See [`narrower`].
fn other_result(ast: &Ast, results: &[ValType], change: ListChange) -> Option<Ast> {
    let (members, mut edited) = narrowed(ast, results, true, change)?;
    let types = types(ast);
    let (n, at) = (results.len(), change.at);
    for (place, f) in edited.funcs.iter_mut().enumerate() {
        let new = match change.ty {
            Some(ty) => Some(filler(ty, place + at)?),
            None => None,
        };
        // Operators that change the results left by a body.
        let changed = |ops: &mut Vec<Op>| {
            match ops.len().checked_sub(n - at) {
                Some(first) if ops[first..].iter().all(is_leaf) => {
                    ops.splice(first..=first, new.clone());
                }
                _ if at + 1 == n => {
                    ops.push(op(&I::Drop));
                    ops.extend(new.clone());
                }
                _ => return None,
            }
            Some(())
        };
        let is_member = members[f.ty as usize];
        let last = f.ops.len() - 1;
        let mut ops: Vec<Op> = Vec::with_capacity(f.ops.len());
        for (i, o) in f.ops.iter().enumerate() {
            let narrow = |o: &Op| called(o, &types).filter(|c| members[c.ty as usize]);
            let passed = i == last && i.checked_sub(1).is_some_and(|before| narrow(&f.ops[before]).is_some());
            let leaves = |o: &Op| {
                matches!(
                    decode(o),
                    Operator::Return | Operator::Unreachable | Operator::Br { .. } | Operator::Throw { .. }
                )
            };
            let never = i == last && i.checked_sub(1).is_some_and(|before| leaves(&f.ops[before]));
            if is_member && !passed && !never && (i == last || matches!(decode(o), Operator::Return)) {
                changed(&mut ops)?;
            }
            ops.push(o.clone());
            if narrow(o).is_some_and(|c| !c.tail) && !(is_member && i + 1 == last) {
                if at + 1 != n {
                    return None;
                }
                if change.ty.is_some() {
                    ops.push(op(&I::Drop));
                }
                ops.push(filler(results[at], place + i)?);
            }
        }
        *f = Arc::new(Func { ty: f.ty, locals: f.locals.clone(), ops });
    }
    Some(edited)
}

/// Returns the distinct lists of parameters and of results of functions.
fn lists(ast: &Ast) -> [Vec<Vec<ValType>>; 2] {
    let (mut params, mut results): (Vec<_>, Vec<_>) = ast.funcs.iter().filter_map(|f| signature(ast, f.ty)).unzip();
    for lists in [&mut params, &mut results] {
        lists.sort();
        lists.dedup();
    }
    [params, results]
}

fn variants<'a>(
    ast: &'a Ast,
    changes: &'a dyn Fn(&[ValType], usize) -> Option<ListChange>,
) -> impl Iterator<Item = Ast> + 'a {
    let [params, results] = lists(ast);
    let each = move |list: Vec<ValType>, edit: fn(&Ast, &[ValType], ListChange) -> Option<Ast>| {
        (0..list.len()).rev().filter_map(move |i| edit(ast, &list, changes(&list, i)?))
    };
    let params = params.into_iter().flat_map(move |list| each(list, other_param));
    params.chain(results.into_iter().flat_map(move |list| each(list, other_result)))
}

/// Variants with a parameter or a result fewer.
pub fn narrower(ast: &Ast) -> Vec<Ast> {
    variants(ast, &|_, at| Some(ListChange { at, ty: None })).collect()
}

/// Variants with two values fewer in one list: conventions that align stack arguments need pairs.
pub fn narrower_by_two(ast: &Ast) -> impl Iterator<Item = Ast> {
    narrower(ast).into_iter().flat_map(|once| narrower(&once))
}

/// Variants in which a parameter or a result has a simpler type.
pub fn plainer(ast: &Ast) -> Vec<Ast> {
    let change = |list: &[ValType], at: usize| {
        let plain = if type_weight(list[at]) > type_weight(ValType::I64) { ValType::I64 } else { ValType::I32 };
        (list[at] != ValType::I32).then_some(ListChange { at, ty: Some(plain) })
    };
    variants(ast, &change).collect()
}

/// Variants in which an exception carries one value fewer. Where it is thrown or caught, that value must be on top, or
/// the values above it must be leaves at the throw and dropped at the catch.
pub fn lighter_tags(ast: &Ast) -> Vec<Ast> {
    let imported = ast.imported().tags;
    let tags = (0..).zip(&ast.tags).filter_map(|(i, &ty)| Some((i, signature(ast, ty)?.0)));
    let edits = tags.flat_map(|(i, params)| {
        (0..params.len()).rev().filter_map(move |at| {
            lighter_tag(ast, i as usize, LostPayload { tag: imported + i, params: &params.clone(), at })
        })
    });
    edits.collect()
}

/// A value that exceptions with a tag no longer carry.
struct LostPayload<'a> {
    tag: u32,
    params: &'a [ValType],
    at: usize,
}

impl LostPayload<'_> {
    fn above(&self) -> usize {
        self.params.len() - 1 - self.at
    }
}

fn lighter_tag(ast: &Ast, number: usize, lost: LostPayload<'_>) -> Option<Ast> {
    let mut left = lost.params.to_vec();
    left.remove(lost.at);
    let mut edited = ast.clone();
    edited.tags[number] = edited.add_type(&left, &[]);
    for func in 0..ast.funcs.len() {
        let ops = caught(&mut edited, &ast.funcs[func].ops, &lost)?;
        let f = &edited.funcs[func];
        if ops != f.ops {
            edited.funcs[func] = Arc::new(Func { ty: f.ty, locals: f.locals.clone(), ops });
        }
    }
    Some(edited)
}

/// Returns a body after a tag has lost a value. The block that is a handler's target loses the value too, and only
/// handlers of the tag may branch to it.
fn caught(ast: &mut Ast, ops: &[Op], lost: &LostPayload<'_>) -> Option<Vec<Op>> {
    let tag = lost.tag;
    // The beginnings of the blocks around an operator, and of those that are targets of handlers.
    let (mut open, mut targets): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut branched: Vec<usize> = Vec::new();
    let mut ends: Vec<(usize, usize)> = Vec::new();
    for (i, o) in ops.iter().enumerate() {
        let at = |label: u32| open.len().checked_sub(1 + label as usize).map(|n| open[n]);
        match decode(o) {
            Operator::TryTable { try_table } => {
                for c in &try_table.catches {
                    match *c {
                        wasmparser::Catch::One { tag: t, label } if t == tag => targets.push(at(label)?),
                        wasmparser::Catch::OneRef { tag: t, .. } if t == tag => return None,
                        wasmparser::Catch::One { label, .. }
                        | wasmparser::Catch::OneRef { label, .. }
                        | wasmparser::Catch::All { label }
                        | wasmparser::Catch::AllRef { label } => branched.extend(at(label)),
                    }
                }
            }
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => branched.extend(at(relative_depth)),
            Operator::BrTable { targets } => {
                let labels = targets.targets().filter_map(Result::ok).chain([targets.default()]);
                branched.extend(labels.filter_map(at));
            }
            Operator::BrOnNull { relative_depth }
            | Operator::BrOnNonNull { relative_depth }
            | Operator::BrOnCast { relative_depth, .. }
            | Operator::BrOnCastFail { relative_depth, .. } => branched.extend(at(relative_depth)),
            Operator::Try { .. } => return None,
            _ => {}
        }
        match nest(o) {
            Nest::Open => open.push(i),
            Nest::End => ends.extend(open.pop().map(|start| (start, i))),
            Nest::Else | Nest::None => {}
        }
    }
    if targets.iter().any(|t| branched.contains(t) || !matches!(decode(&ops[*t]), Operator::Block { .. })) {
        return None;
    }
    let mut out: Vec<Op> = Vec::with_capacity(ops.len() + 4);
    let mut skip = false;
    for (i, o) in ops.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let closes = ends.iter().any(|(start, end)| *end == i && targets.contains(start));
        let never =
            i > 0 && matches!(decode(&ops[i - 1]), Operator::Unreachable | Operator::Br { .. } | Operator::Return);
        match decode(o) {
            Operator::Throw { tag_index } if tag_index == tag => {
                let at = out.len().checked_sub(1 + lost.above());
                match at {
                    Some(at) if out[at..].iter().all(is_leaf) => drop(out.remove(at)),
                    _ if lost.above() == 0 => out.push(op(&I::Drop)),
                    _ => return None,
                }
                out.push(o.clone());
            }
            Operator::Block { blockty } if targets.contains(&i) => {
                let (params, mut results) = match blockty {
                    wasmparser::BlockType::Empty => return None,
                    wasmparser::BlockType::Type(ty) => (Vec::new(), vec![ty]),
                    wasmparser::BlockType::FuncType(ty) => signature(ast, ty)?,
                };
                if results.len() != lost.params.len() {
                    return None;
                }
                results.remove(lost.at);
                let ty = enc::BlockType::FunctionType(ast.add_type(&params, &results));
                let ty = if params.is_empty() && results.is_empty() { enc::BlockType::Empty } else { ty };
                out.push(op(&I::Block(ty)));
            }
            _ if closes => {
                match out.len().checked_sub(1 + lost.above()) {
                    _ if never => {}
                    Some(at) if out[at..].iter().all(is_leaf) => drop(out.remove(at)),
                    _ if lost.above() == 0 => out.push(op(&I::Drop)),
                    _ => return None,
                }
                out.push(o.clone());
                let dropped = ops[i + 1..].iter().take_while(|o| matches!(decode(o), Operator::Drop)).count();
                if dropped > lost.above() {
                    skip = true;
                } else if lost.above() == 0 {
                    out.push(filler(lost.params[lost.at], i)?);
                } else {
                    return None;
                }
            }
            _ => out.push(o.clone()),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::reduce::edits::weight;
    use crate::triage::reduce::tests::parse;
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
        let mut ast = parse(PROGRAM);
        // Three parameters, three results; each of them can go, wherever it is in the list.
        assert_eq!(narrower(&ast).len(), 6);
        for left in (0..6).rev() {
            let variants = narrower(&ast);
            assert!(variants.iter().all(|v| is_valid(&v.encode())), "{left}");
            ast = variants[variants.len() / 2].clone();
            let lists = ast.func_type(ast.funcs[1].ty).unwrap();
            assert_eq!(lists.params().len() + lists.results().len(), left);
        }
    }

    /// A call in the middle of a function that also changes returns as many values as before.
    #[test]
    fn calls_in_the_middle_of_a_body_follow() {
        let ast = parse(
            r#"(module
                (func $leaf (param i32) (result i32 i64) (local.get 0) (i64.const 2))
                (func $calls (result i32 i64) i32.const 5 call $leaf drop drop i32.const 3 i64.const 4)
                (func (export "test") call $calls drop drop))"#,
        );
        // The parameter, and the last result.
        let variants = narrower(&ast);
        assert_eq!(variants.len(), 2);
        assert!(variants.iter().all(|v| is_valid(&v.encode())));
    }

    /// The types of imports are not ours to change, and thrown values are not passed by calls.
    #[test]
    fn types_of_imports_and_tags_stay() {
        let with = |item: &str| {
            let text = format!("(module (type $t (func (param i32))) {item} (func (export \"test\") (type $t)))");
            narrower(&parse(&text)).len()
        };
        let items = ["", "(import \"p\" \"f\" (func (type $t)))", "(tag (type $t))", "(tag (param i64))"];
        assert_eq!(items.map(with), [1, 0, 0, 1]);
    }

    #[test]
    fn plainer_types_come_to_an_end() {
        let mut ast = parse(PROGRAM);
        while let Some(next) = plainer(&ast).pop() {
            assert!(is_valid(&next.encode()));
            assert!(weight(&next) < weight(&ast), "{}", wasmprinter::print_bytes(next.encode()).unwrap());
            ast = next;
        }
        let lists = ast.func_type(ast.funcs[1].ty).unwrap();
        assert!(lists.params().iter().chain(lists.results()).all(|&ty| ty == ValType::I32));
        assert_eq!(lists.params().len() + lists.results().len(), 6);
    }

    #[test]
    fn what_is_thrown_gets_less_until_nothing_is() {
        let mut ast = parse(
            r#"(module (tag $t (param i32 f64 externref))
                (func $f (throw $t (i32.const 1) (f64.const 2) (ref.null extern)))
                (func (export "test") (result i32)
                    (block $h (result i32 f64 externref)
                        (try_table (catch $t $h) (call $f))
                        (i32.const 7) (f64.const 8) (ref.null extern))
                    (drop) (drop)))"#,
        );
        for left in (0..3).rev() {
            let variants = lighter_tags(&ast);
            assert!(variants.iter().all(|v| is_valid(&v.encode())));
            assert_eq!(variants.len(), left.clamp(1, 2), "all except one are dropped");
            ast = variants.last().unwrap().clone();
            let text = wasmprinter::print_bytes(ast.encode()).unwrap();
            assert!(is_valid(&ast.encode()), "{text}");
            assert_eq!(ast.func_type(ast.tags[0]).unwrap().params().len(), left);
        }
        assert!(lighter_tags(&ast).is_empty());
    }
}
