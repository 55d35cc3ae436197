//! Smaller variants of a module, one edit each.
//!
//! Most of them are one kind: a stretch of a body that is whole (its blocks begin and end in it) is replaced by what turns
//! the operand stack before it into the one after it: drops and constants. A statement goes, an expression becomes a
//! constant, an operator its first operand, a call its result. Every edit makes the module's [`weight`] less, so that
//! they come to an end.

use super::ast::{Ast, Func, Mode, Op, decode, hinted, op};
use super::typing::State;
use crate::module::syntax::{self, Nest};
use std::sync::Arc;
use wasm_encoder as enc;
use wasm_encoder::Instruction as I;
use wasmparser::{Operator, ValType};

/// How much there is to read; what reduction makes less.
pub fn weight(ast: &Ast) -> u64 {
    let code: u64 = ast.funcs.iter().map(|f| 20 + body_weight(f)).sum();
    let values = |ty: u32| {
        let ty = ast.func_type(ty);
        ty.map_or(0, |ty| ty.params().iter().chain(ty.results()).map(|&ty| type_weight(ty)).sum::<u64>())
    };
    let signatures: u64 = ast.funcs.iter().map(|f| values(f.ty)).chain(ast.tags.iter().map(|&ty| values(ty))).sum();
    let data: u64 = ast.data.iter().map(|d| 3 + d.bytes.len() as u64).sum();
    let pages: u64 = ast.memories.iter().map(|m| 10 + m.initial.min(1000)).sum();
    let elements: u64 = ast
        .elements
        .iter()
        .map(|e| match &e.items {
            super::ast::Items::Functions(list) => 10 + list.len() as u64,
            super::ast::Items::Expressions(_, list) => 10 + 2 * list.len() as u64,
        })
        .sum();
    let rest = ast.imports.len() + ast.tables.len() + ast.globals.len() + ast.tags.len() + ast.exports.len();
    code + signatures + data + pages + elements + 10 * rest as u64
}

/// The plainer a type, the less: retyping what does not matter is progress, and then fewer of them may do. A step is more
/// than a local, which takes the place of a parameter that goes.
pub fn type_weight(ty: ValType) -> u64 {
    match ty {
        ValType::I32 => 3,
        ValType::I64 => 6,
        ValType::F32 => 9,
        ValType::F64 => 12,
        ValType::V128 => 15,
        ValType::Ref(_) => 18,
    }
}

/// How many bits a constant has that are worth to be got rid of; none if it is small. All small constants weigh the same,
/// or zeros would take the place of all of them: where values are all alike a difference may be a matter of what is left
/// in unused halves of registers or slots, and gone by the next change.
fn bits(value: i64) -> u64 {
    if (-64..64).contains(&value) { 0 } else { u64::from(64 - (value ^ value >> 63).leading_zeros()) }
}

fn body_weight(f: &Func) -> u64 {
    2 * f.locals.len() as u64 + f.ops.iter().map(op_weight).sum::<u64>()
}

/// Constants weigh more the more bits they have, so that shrinking them is progress.
pub fn op_weight(o: &Op) -> u64 {
    let float = |v: f64| if (0.0..64.0).contains(&v) && v.fract() == 0.0 { 0 } else { 8 };
    match decode(o) {
        Operator::End | Operator::Else => 1,
        Operator::Drop | Operator::Nop => 60,
        Operator::Unreachable => 70,
        Operator::I32Const { value } => 80 + bits(value.into()),
        Operator::I64Const { value } => 80 + bits(value),
        Operator::F32Const { value } => 80 + float(f32::from_bits(value.bits()).into()),
        Operator::F64Const { value } => 80 + float(f64::from_bits(value.bits())),
        Operator::V128Const { .. } | Operator::RefNull { .. } => 80,
        Operator::LocalGet { .. } => 150,
        _ => 200 + 10 * hinted(o).1.map_or(0, |_| 1),
    }
}

/// A module with another body.
pub fn with_ops(ast: &Ast, func: usize, ops: Vec<Op>) -> Ast {
    let mut edited = ast.clone();
    let f = &edited.funcs[func];
    edited.funcs[func] = Arc::new(Func { ty: f.ty, locals: f.locals.clone(), ops });
    edited
}

/// The default value of a type; `None` for references that are never null.
pub fn default(ty: ValType) -> Option<Op> {
    Some(match ty {
        ValType::I32 => op(&I::I32Const(0)),
        ValType::I64 => op(&I::I64Const(0)),
        ValType::F32 => op(&I::F32Const(0.0.into())),
        ValType::F64 => op(&I::F64Const(0.0.into())),
        ValType::V128 => op(&I::V128Const(0)),
        ValType::Ref(r) if r.is_nullable() => op(&I::RefNull(enc::HeapType::try_from(r.heap_type()).ok()?)),
        ValType::Ref(_) => return None,
    })
}

/// A value of a type that tells it from most others: of a small number, which comes from its place. `None` for references
/// that are never null; others are null.
pub fn filler(ty: ValType, place: usize) -> Option<Op> {
    let n = place % 61 + 1;
    Some(match ty {
        ValType::I32 => op(&I::I32Const(n as i32)),
        ValType::I64 => op(&I::I64Const(n as i64)),
        ValType::F32 => op(&I::F32Const((n as f32).into())),
        ValType::F64 => op(&I::F64Const((n as f64).into())),
        ValType::V128 => op(&I::V128Const((n as i128) << 64 | (n + 61) as i128)),
        ValType::Ref(_) => return default(ty),
    })
}

/// How an operator nests.
pub fn nest(o: &Op) -> Nest {
    syntax::nest(&decode(o))
}

/// The shortest whole stretch that begins at `from` and has at least `size` operators; its end. `None` if the block around
/// it ends before.
fn whole(nests: &[Nest], from: usize, size: usize) -> Option<usize> {
    let mut depth = 0;
    for (i, n) in nests.iter().enumerate().skip(from) {
        match n {
            Nest::Open => depth += 1,
            Nest::Else if depth == 0 => return None,
            Nest::End if depth == 0 => return None,
            Nest::End => depth -= 1,
            Nest::Else | Nest::None => {}
        }
        if depth == 0 && i + 1 - from >= size {
            return Some(i + 1);
        }
    }
    None
}

/// What turns one stack into another, keeping the `keep` lowest values. What is new on it is 0, or made by its place.
fn adapter(before: &State, after: &State, keep: usize, place: Option<usize>) -> Option<Vec<Op>> {
    let mut ops = vec![op(&I::Drop); before.stack.len().checked_sub(keep)?];
    for (i, ty) in after.stack[keep..].iter().enumerate() {
        ops.push(match place {
            Some(place) => filler((*ty)?, place + i)?,
            None => default((*ty)?)?,
        });
    }
    Some(ops)
}

/// A stretch of a body, and what to put there.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    pub range: std::ops::Range<usize>,
    pub ops: Vec<Op>,
}

impl Edit {
    /// The body with the edit made.
    pub fn apply(&self, f: &Func) -> Vec<Op> {
        [&f.ops[..self.range.start], &self.ops, &f.ops[self.range.end..]].concat()
    }
}

/// A body with several edits made, which are in order and apart.
pub fn apply_all(edits: &[&Edit], f: &Func) -> Vec<Op> {
    let mut ops = f.ops.clone();
    for edit in edits.iter().rev() {
        ops.splice(edit.range.clone(), edit.ops.iter().cloned());
    }
    ops
}

/// Largest stretches that are replaced by zeros, too.
const MOST_ZEROED: usize = 8;

/// Edits of a body that replace one stretch of about `size` operators, by values that are all different, and if `zeros` by
/// zeros, too. `states` are those of the body.
pub fn stretches(f: &Func, states: &[State], size: usize, zeros: bool) -> Vec<Edit> {
    let nests: Vec<Nest> = f.ops.iter().map(nest).collect();
    let last = f.ops.len() - 1;
    let mut variants = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut from = 0;
    let step = (size / 2).max(1);
    while from < last {
        let here = from;
        from += step;
        let Some(to) = whole(&nests[..last], here, size) else { continue };
        // Far more than was asked for is a matter of another size.
        if to - here > 2 * size + 2 || !seen.insert((here, to)) {
            continue;
        }
        let (before, after) = (&states[here], &states[to]);
        let mut offer = |middle: Vec<Op>| {
            let old: u64 = f.ops[here..to].iter().map(op_weight).sum();
            if middle.iter().map(op_weight).sum::<u64>() < old {
                variants.push(Edit { range: here..to, ops: middle });
            }
        };
        if !before.reachable {
            offer(Vec::new());
            continue;
        }
        if !after.reachable {
            offer(vec![op(&I::Unreachable)]);
            // What the branch left behind may be reached as well.
            offer(Vec::new());
            continue;
        }
        let alike = before.stack.iter().zip(&after.stack).take_while(|(a, b)| a == b).count();
        let low = states[here..=to].iter().map(|s| s.stack.len()).min().unwrap_or(0).min(alike);
        for keep in [alike, low] {
            // Of large ones there are many, and a condition or an address that must be 0 is made by a small one.
            let places = if zeros && size <= MOST_ZEROED { &[Some(here), None][..] } else { &[Some(here)] };
            for &place in places {
                if let Some(ops) = adapter(before, after, keep, place) {
                    offer(ops);
                }
            }
        }
    }
    variants.dedup();
    variants
}

/// Variants of a body by small steps: blocks unwrapped, constants made smaller, tees and hints dropped.
pub fn small_steps(f: &Func) -> Vec<Vec<Op>> {
    let mut variants = Vec::new();
    for (i, o) in f.ops.iter().enumerate() {
        let with = |new: &[I<'_>]| {
            let middle: Vec<Op> = new.iter().map(op).collect();
            [&f.ops[..i], &middle, &f.ops[i + 1..]].concat()
        };
        if let (own, Some(_)) = hinted(o) {
            variants.push([&f.ops[..i], &[Op::from_slice(own)], &f.ops[i + 1..]].concat());
        }
        match decode(o) {
            Operator::I32Const { value } => {
                variants.extend(smaller(i64::from(value), i).map(|v| with(&[I::I32Const(v as i32)])));
            }
            Operator::I64Const { value } => variants.extend(smaller(value, i).map(|v| with(&[I::I64Const(v)]))),
            Operator::F32Const { value } if value.bits() != 0 => {
                variants.extend([(i % 61) as f32 + 1.0, 0.0].map(|v| with(&[I::F32Const(v.into())])));
            }
            Operator::F64Const { value } if value.bits() != 0 => {
                variants.extend([(i % 61) as f64 + 1.0, 0.0].map(|v| with(&[I::F64Const(v.into())])));
            }
            Operator::LocalTee { .. } | Operator::Return => variants.push(with(&[])),
            Operator::LocalSet { .. } | Operator::GlobalSet { .. } => variants.push(with(&[I::Drop])),
            Operator::Block { .. } | Operator::Loop { .. } | Operator::TryTable { .. } | Operator::If { .. } => {
                variants.extend(unwrapped(&f.ops, i));
            }
            _ => {}
        }
    }
    // An expression whose value is dropped at once.
    for i in 1..f.ops.len() {
        if matches!(decode(&f.ops[i]), Operator::Drop) {
            let pushes = matches!(
                decode(&f.ops[i - 1]),
                Operator::I32Const { .. }
                    | Operator::I64Const { .. }
                    | Operator::F32Const { .. }
                    | Operator::F64Const { .. }
                    | Operator::V128Const { .. }
                    | Operator::RefNull { .. }
                    | Operator::LocalGet { .. }
                    | Operator::GlobalGet { .. }
            );
            if pushes {
                variants.push([&f.ops[..i - 1], &f.ops[i + 1..]].concat());
            }
        }
    }
    variants
}

/// Numbers of fewer bits, the smallest ones first, and of those one that tells this place from others.
fn smaller(value: i64, place: usize) -> impl Iterator<Item = i64> {
    let near = [
        (place % 61) as i64 + 1,
        value & 0x3f,
        0,
        1,
        -1,
        value & 0xff,
        value / 2,
        value & (value - 1).max(0),
        value >> 8,
    ];
    let mut list: Vec<i64> = near.into_iter().filter(|&v| bits(v) < bits(value)).collect();
    list.sort_by_key(|&v| bits(v));
    list.dedup();
    list.into_iter()
}

/// A body without the block that begins at `at`, if nothing branches to it: of an `if`, with either arm.
fn unwrapped(ops: &[Op], at: usize) -> Vec<Vec<Op>> {
    let mut depth = 0u32;
    let (mut middle, mut end) = (None, None);
    for (i, o) in ops.iter().enumerate().skip(at) {
        match nest(o) {
            Nest::Open => depth += 1,
            Nest::Else if depth == 1 => middle = Some(i),
            Nest::End => {
                depth -= 1;
                if depth == 0 {
                    end = Some(i);
                    break;
                }
            }
            Nest::Else | Nest::None => {}
        }
    }
    let Some(end) = end else { return Vec::new() };
    let is_if = matches!(decode(&ops[at]), Operator::If { .. });
    let lead: Vec<Op> = if is_if { vec![op(&I::Drop)] } else { Vec::new() };
    let first = at + 1..middle.unwrap_or(end);
    let second = middle.filter(|_| is_if).map(|middle| middle + 1..end);
    let arms = std::iter::once(first).chain(second).filter_map(|arm| shallower(&ops[arm]));
    arms.map(|arm| [&ops[..at], &lead, &arm, &ops[end + 1..]].concat()).collect()
}

/// Operators one block further out; `None` if one branches to that block.
fn shallower(ops: &[Op]) -> Option<Vec<Op>> {
    let mut depth = 0;
    let mut out = Vec::with_capacity(ops.len());
    for o in ops {
        let lower = |label: u32| match label.cmp(&depth) {
            std::cmp::Ordering::Less => Some(label),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(label - 1),
        };
        let new = match decode(o) {
            Operator::Br { relative_depth } => op(&I::Br(lower(relative_depth)?)),
            Operator::BrIf { relative_depth } => op(&I::BrIf(lower(relative_depth)?)),
            Operator::BrOnNull { relative_depth } => op(&I::BrOnNull(lower(relative_depth)?)),
            Operator::BrOnNonNull { relative_depth } => op(&I::BrOnNonNull(lower(relative_depth)?)),
            Operator::BrTable { targets } => {
                let list: Option<Vec<u32>> = targets.targets().map(|t| lower(t.ok()?)).collect();
                op(&I::BrTable(list?.into(), lower(targets.default())?))
            }
            Operator::TryTable { try_table } => {
                // Labels of its handlers are counted from outside of it.
                let catches: Option<Vec<enc::Catch>> = try_table
                    .catches
                    .iter()
                    .map(|c| {
                        Some(match *c {
                            wasmparser::Catch::One { tag, label } => enc::Catch::One { tag, label: lower(label)? },
                            wasmparser::Catch::OneRef { tag, label } => {
                                enc::Catch::OneRef { tag, label: lower(label)? }
                            }
                            wasmparser::Catch::All { label } => enc::Catch::All { label: lower(label)? },
                            wasmparser::Catch::AllRef { label } => enc::Catch::AllRef { label: lower(label)? },
                        })
                    })
                    .collect();
                op(&I::TryTable(enc::BlockType::try_from(try_table.ty).ok()?, catches?.into()))
            }
            // Labels of other kinds are not renumbered here.
            Operator::Delegate { .. }
            | Operator::Rethrow { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. } => return None,
            _ => o.clone(),
        };
        match nest(o) {
            Nest::Open => depth += 1,
            Nest::End => depth = depth.checked_sub(1)?,
            Nest::Else | Nest::None => {}
        }
        out.push(new);
    }
    Some(out)
}

/// Variants without a local that nothing names, and with a parameter fewer.
pub fn fewer_locals(ast: &Ast, func: usize) -> Vec<Ast> {
    let f = &ast.funcs[func];
    let Some(ty) = ast.func_type(f.ty) else { return Vec::new() };
    let params = ty.params().len();
    let mut used = vec![false; params + f.locals.len()];
    for o in &f.ops {
        if let Some(i) = local_of(o) {
            used[i as usize] = true;
        }
    }
    let mut variants = Vec::new();
    if used[params..].iter().any(|u| !u) {
        let mut numbers = Vec::new();
        let mut next = 0;
        for (i, &u) in used.iter().enumerate() {
            numbers.push(next);
            next += u32::from(u || i < params);
        }
        let mut edited = ast.clone();
        let mut keep = used[params..].iter();
        let mut locals = f.locals.clone();
        locals.retain(|_| *keep.next().unwrap_or(&true));
        let ops = f.ops.iter().map(|o| renumber_local(o, |i| numbers[i as usize])).collect();
        edited.funcs[func] = Arc::new(Func { ty: f.ty, locals, ops });
        variants.push(edited);
    }
    let func_index = ast.imported().funcs + func as u32;
    variants.extend((0..params).filter_map(|p| without_param(ast, func, func_index, p)));
    variants.extend(without_result(ast, func, func_index));
    variants
}

/// The local that an operator names.
pub fn local_of(o: &Op) -> Option<u32> {
    match decode(o) {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(local_index),
        _ => None,
    }
}

/// An operator with another local.
pub fn renumber_local(o: &Op, number: impl Fn(u32) -> u32) -> Op {
    match decode(o) {
        Operator::LocalGet { local_index } => op(&I::LocalGet(number(local_index))),
        Operator::LocalSet { local_index } => op(&I::LocalSet(number(local_index))),
        Operator::LocalTee { local_index } => op(&I::LocalTee(number(local_index))),
        _ => o.clone(),
    }
}

/// Operators that only push one value.
pub fn is_leaf(o: &Op) -> bool {
    matches!(
        decode(o),
        Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
            | Operator::V128Const { .. }
            | Operator::RefNull { .. }
            | Operator::LocalGet { .. }
            | Operator::GlobalGet { .. }
    )
}

/// The parameter becomes a local (that is 0): where all calls pass leaves, and the function is not taken by reference.
fn without_param(ast: &Ast, func: usize, index: u32, param: usize) -> Option<Ast> {
    let f = &ast.funcs[func];
    let (params, results) = signature(ast, f.ty)?;
    let n = params.len();
    let mut edited = ast.clone();
    let is_call = |o: &Op| match decode(o) {
        Operator::Call { function_index } => Some(function_index == index),
        Operator::ReturnCall { function_index } | Operator::RefFunc { function_index } if function_index == index => {
            None
        }
        _ => Some(false),
    };
    for g in &mut edited.funcs {
        let mut ops: Vec<Op> = Vec::with_capacity(g.ops.len());
        let mut changed = false;
        for o in &g.ops {
            if is_call(o)? {
                let at = ops.len().checked_sub(n)?;
                if !ops[at..].iter().all(is_leaf) {
                    // The last argument can be dropped whatever it is.
                    if param + 1 != n {
                        return None;
                    }
                    ops.push(op(&I::Drop));
                } else {
                    ops.remove(at + param);
                }
                changed = true;
            }
            ops.push(o.clone());
        }
        if changed {
            *g = Arc::new(Func { ty: g.ty, locals: g.locals.clone(), ops });
        }
    }
    let mut left = params.clone();
    let gone = left.remove(param);
    let ty = edited.add_type(&left, &results);
    let f = &edited.funcs[func];
    let mut locals = f.locals.clone();
    locals.push(gone);
    let last = (n + locals.len() - 2) as u32;
    let number = |i: u32| match (i as usize).cmp(&param) {
        std::cmp::Ordering::Less => i,
        std::cmp::Ordering::Equal => last,
        std::cmp::Ordering::Greater => i - 1,
    };
    let ops = f.ops.iter().map(|o| renumber_local(o, number)).collect();
    edited.funcs[func] = Arc::new(Func { ty, locals, ops });
    Some(edited)
}

/// The last result is dropped at the end of the body, and made anew, as 0, after each call.
fn without_result(ast: &Ast, func: usize, index: u32) -> Option<Ast> {
    let f = &ast.funcs[func];
    let (params, mut results) = signature(ast, f.ty)?;
    if ast.exports.iter().any(|e| e.kind == wasmparser::ExternalKind::Func && e.index == index) {
        return None;
    }
    let gone = results.pop()?;
    let again = filler(gone, index as usize)?;
    let mut edited = ast.clone();
    for g in &mut edited.funcs {
        let calls = |o: &Op| matches!(decode(o), Operator::Call { function_index } if function_index == index);
        if g.ops.iter().any(calls) {
            let ops = g.ops.iter().flat_map(|o| {
                let after = calls(o).then(|| again.clone());
                std::iter::once(o.clone()).chain(after)
            });
            *g = Arc::new(Func { ty: g.ty, locals: g.locals.clone(), ops: ops.collect() });
        }
    }
    let ty = edited.add_type(&params, &results);
    let f = &edited.funcs[func];
    let mut ops = f.ops.clone();
    let end = ops.pop()?;
    ops.push(op(&I::Drop));
    ops.push(end);
    edited.funcs[func] = Arc::new(Func { ty, locals: f.locals.clone(), ops });
    Some(edited)
}

/// Parameters and results of a function type.
pub fn signature(ast: &Ast, ty: u32) -> Option<(Vec<ValType>, Vec<ValType>)> {
    let ty = ast.func_type(ty)?;
    Some((ty.params().to_vec(), ty.results().to_vec()))
}

/// A body that does nothing but return zeros, or trap.
pub fn stub(ast: &Ast, ty: u32, trap: bool) -> Option<Arc<Func>> {
    let (_, results) = signature(ast, ty)?;
    let mut ops =
        if trap { vec![op(&I::Unreachable)] } else { results.into_iter().map(default).collect::<Option<Vec<Op>>>()? };
    ops.push(op(&I::End));
    Some(Arc::new(Func { ty, locals: Vec::new(), ops }))
}

/// Variants with less outside of bodies: memories of fewer pages, segments with less in them, no limits, smaller globals.
pub fn outside(ast: &Ast) -> Vec<Ast> {
    let mut variants = Vec::new();
    for (i, m) in ast.memories.iter().enumerate() {
        for pages in [0, 1, m.initial / 2] {
            if pages < m.initial {
                let mut edited = ast.clone();
                edited.memories[i].initial = pages;
                variants.push(edited);
            }
        }
    }
    for (i, g) in ast.globals.iter().enumerate() {
        if let Some(zero) = default(g.ty.content_type)
            && g.init.iter().map(op_weight).sum::<u64>() > op_weight(&zero) + 1
        {
            let mut edited = ast.clone();
            edited.globals[i].init = vec![zero, op(&I::End)];
            variants.push(edited);
        }
    }
    for i in 0..ast.elements.len() {
        let mut edited = ast.clone();
        edited.elements.remove(i);
        variants.push(edited);
    }
    for (i, d) in ast.data.iter().enumerate() {
        let mut edited = ast.clone();
        if matches!(d.mode, Mode::Active(..)) {
            edited.data.remove(i);
            variants.push(edited);
        }
    }
    for i in 0..ast.exports.len() {
        if ast.exports.len() > 1 {
            let mut edited = ast.clone();
            edited.exports.remove(i);
            variants.push(edited);
        }
    }
    variants
}
