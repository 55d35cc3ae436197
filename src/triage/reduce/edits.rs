//! Smaller variants of a module, one edit each.
//!
//! Most edits are of one kind: a self-contained stretch of a body (its blocks begin and end in it) is replaced by drops
//! and constants that turn the operand stack before it into the one after it. So a statement disappears, an expression
//! becomes a constant, an operator its first operand, a call its result. Every edit lowers the module's [`weight`], so
//! that reduction terminates.

use super::ast::{Ast, Func, Op, SegmentMode, decode, hinted, op};
use super::typing::StackState;
use crate::module::syntax::{self, Nest};
use std::sync::Arc;
use wasm_encoder as enc;
use wasm_encoder::Instruction as I;
use wasmparser::{Operator, ValType};

/// Returns the measure that reduction lowers: roughly, the amount of text to read.
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
    let types: usize = ast.types.iter().map(Vec::len).sum();
    let rest = ast.imports.len() + ast.tables.len() + ast.globals.len() + ast.tags.len() + ast.exports.len();
    code + signatures + data + pages + elements + 10 * rest as u64 + types as u64
}

/// Returns the weight of a value of this type in a signature. Simpler types weigh less, so that retyping an irrelevant
/// value is progress, after which fewer values may suffice. A step (3) is more than the weight of a local (2), which
/// takes the place of a removed parameter.
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

/// Returns the number of bits that shrinking this constant would save; 0 for a small constant. All small constants
/// weigh the same. Otherwise zeros would replace all of them: where all values are equal, a difference may depend on
/// leftovers in unused halves of registers or slots, and the next change may hide it.
fn bits(value: i64) -> u64 {
    if (-64..64).contains(&value) { 0 } else { u64::from(64 - (value ^ value >> 63).leading_zeros()) }
}

fn body_weight(f: &Func) -> u64 {
    2 * f.locals.len() as u64 + f.ops.iter().map(op_weight).sum::<u64>()
}

/// Weights of operators. Only sums are compared, so what matters is which replacements count as progress:
///
/// - any operator that is neither a constant nor a drop, by a constant, whatever its bits: the heaviest constant
///   (80 + 64) is lighter than `local.get`, and that is lighter than everything else;
/// - an operator by drops of two operands (2 × 60), or by the drop of one operand and a small constant (60 + 80);
/// - a statement by `unreachable`, unless it is a mere `drop`, which removes a value and computes nothing.
const DROP: u64 = 60;
const UNREACHABLE: u64 = 70;
const CONSTANT: u64 = 80;
const LOCAL_GET: u64 = 150;
const OTHER: u64 = 200;
/// The weight of a handler, in addition to its label. A label weighs its depth, up to this: a branch to a nearer block frees the
/// farther one.
const HANDLER: u64 = 20;
const FARTHEST: u32 = 9;

/// Returns the label that a handler branches to.
fn label_of(catch: &wasmparser::Catch) -> u32 {
    match *catch {
        wasmparser::Catch::One { label, .. }
        | wasmparser::Catch::OneRef { label, .. }
        | wasmparser::Catch::All { label }
        | wasmparser::Catch::AllRef { label } => label,
    }
}

/// Returns the weight of an operator. A constant weighs more the more bits it has, so that shrinking it is progress.
pub fn op_weight(o: &Op) -> u64 {
    let float = |v: f64| if (0.0..64.0).contains(&v) && v.fract() == 0.0 { 0 } else { 8 };
    match decode(o) {
        Operator::End | Operator::Else => 1,
        Operator::Drop | Operator::Nop => DROP,
        Operator::Unreachable => UNREACHABLE,
        Operator::I32Const { value } => CONSTANT + bits(value.into()),
        Operator::I64Const { value } => CONSTANT + bits(value),
        Operator::F32Const { value } => CONSTANT + float(f32::from_bits(value.bits()).into()),
        Operator::F64Const { value } => CONSTANT + float(f64::from_bits(value.bits())),
        Operator::V128Const { .. } | Operator::RefNull { .. } => CONSTANT,
        Operator::LocalGet { .. } => LOCAL_GET,
        Operator::TryTable { try_table } => {
            let label = |catch: &wasmparser::Catch| HANDLER + u64::from(label_of(catch).min(FARTHEST));
            OTHER + try_table.catches.iter().map(label).sum::<u64>()
        }
        Operator::Br { relative_depth }
        | Operator::BrIf { relative_depth }
        | Operator::BrOnNull { relative_depth }
        | Operator::BrOnNonNull { relative_depth }
        | Operator::BrOnCast { relative_depth, .. }
        | Operator::BrOnCastFail { relative_depth, .. } => {
            OTHER + u64::from(relative_depth.min(FARTHEST)) + 10 * hinted(o).1.map_or(0, |_| 1)
        }
        _ => OTHER + 10 * hinted(o).1.map_or(0, |_| 1),
    }
}

/// Returns the module with another body for a function.
pub fn with_ops(ast: &Ast, func: usize, ops: Vec<Op>) -> Ast {
    let mut edited = ast.clone();
    let f = &edited.funcs[func];
    edited.funcs[func] = Arc::new(Func { ty: f.ty, locals: f.locals.clone(), ops });
    edited
}

/// Returns the operator that pushes the default value of a type; `None` for non-nullable references.
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

/// Returns the operator that pushes a distinctive small value of a type, derived from `place`. References are null;
/// `None` for non-nullable references.
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

/// Returns how an operator nests.
pub fn nest(o: &Op) -> Nest {
    syntax::nest(&decode(o))
}

/// Returns the end of the shortest self-contained stretch that begins at `from` and has at least `size` operators.
/// `None` if the enclosing block ends before that.
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

/// Returns operators that turn one stack into another and keep the `keep` lowest values. New values are 0, or derived
/// from `place`.
fn adapter(before: &StackState, after: &StackState, keep: usize, place: Option<usize>) -> Option<Vec<Op>> {
    let mut ops = vec![op(&I::Drop); before.stack.len().checked_sub(keep)?];
    for (i, ty) in after.stack[keep..].iter().enumerate() {
        ops.push(match place {
            Some(place) => filler((*ty)?, place + i)?,
            None => default((*ty)?)?,
        });
    }
    Some(ops)
}

/// A stretch of a body and its replacement.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// The indices of the replaced operators.
    pub range: std::ops::Range<usize>,
    /// The operators that take their place.
    pub ops: Vec<Op>,
}

impl Edit {
    /// Returns the body after the edit.
    pub fn apply(&self, f: &Func) -> Vec<Op> {
        [&f.ops[..self.range.start], &self.ops, &f.ops[self.range.end..]].concat()
    }
}

/// Returns the body after several edits, which must be in order and must not overlap.
pub fn apply_all(edits: &[&Edit], f: &Func) -> Vec<Op> {
    let mut ops = f.ops.clone();
    for edit in edits.iter().rev() {
        ops.splice(edit.range.clone(), edit.ops.iter().cloned());
    }
    ops
}

/// The maximum size of stretches that are also replaced by zeros.
const MOST_ZEROED: usize = 8;
/// The maximum number of operators of all variants together for which labels are tried.
const MOST_OPS: usize = 2 << 20;

/// Returns edits of a body that replace one stretch of about `size` operators by distinct values, and with `zeros` also
/// by zeros. `states` are those of the body.
pub fn stretches(f: &Func, states: &[StackState], size: usize, zeros: bool) -> Vec<Edit> {
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
        // A much longer stretch is tried with a larger size.
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
            // The code after the branch may be reachable as well.
            offer(Vec::new());
            continue;
        }
        let alike = before.stack.iter().zip(&after.stack).take_while(|(a, b)| a == b).count();
        let low = states[here..=to].iter().map(|s| s.stack.len()).min().unwrap_or(0).min(alike);
        for keep in [alike, low] {
            // There are many large stretches, and a small edit is enough to make a condition or an address 0.
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

/// Variants of a body by small steps: blocks are unwrapped, handlers are removed, branches become shorter, constants shrink, tees
/// and hints are removed.
pub fn small_steps(f: &Func) -> Vec<Vec<Op>> {
    // Each variant is a whole body, and a table may have any number of labels.
    let most = MOST_OPS / f.ops.len().max(1);
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
        if let Operator::TryTable { try_table } = decode(o) {
            let without = (0..try_table.catches.len()).map(|gone| {
                let kept = try_table.catches.iter().enumerate().filter(|(n, _)| *n != gone);
                kept.map(|(_, catch)| relabelled_catch(catch, label_of(catch))).collect::<Vec<_>>()
            });
            let blocks = without
                .filter_map(|catches| Some(I::TryTable(enc::BlockType::try_from(try_table.ty).ok()?, catches.into())));
            variants.extend(blocks.map(|block| with(&[block])));
        }
        // Each label of the operator in turn becomes nearer; all others are unchanged.
        for nth in 0.. {
            let mut count = 0;
            let mut old = 0;
            let nearer = |to: u32| {
                let mut at = 0;
                relabelled(o, |label| {
                    at += 1;
                    Some(if at - 1 == nth { to } else { label })
                })
            };
            let _ = relabelled(o, |label| {
                if count == nth {
                    old = label;
                }
                count += 1;
                Some(label)
            });
            if nth >= count {
                break;
            }
            // The nearest, one half as far, and the next nearer one: any can be reached from any farther one in a few steps.
            let mut targets = vec![0, old / 2, old.saturating_sub(1)];
            targets.dedup();
            for to in targets.into_iter().filter(|&to| to < old) {
                if variants.len() < most
                    && let Some(new) = nearer(to)
                {
                    variants.push([&f.ops[..i], &[new], &f.ops[i + 1..]].concat());
                }
            }
        }
    }
    // An expression whose value is dropped immediately.
    for i in 1..f.ops.len() {
        if matches!(decode(&f.ops[i]), Operator::Drop) && is_leaf(&f.ops[i - 1]) {
            variants.push([&f.ops[..i - 1], &f.ops[i + 1..]].concat());
        }
    }
    variants
}

/// Numbers with fewer bits: the smallest ones, and one that distinguishes this place from others.
fn smaller(value: i64, place: usize) -> impl Iterator<Item = i64> {
    let near = [
        (place % 61) as i64 + 1,
        value & 0x3f,
        0,
        1,
        -1,
        value & 0xff,
        value / 2,
        value & value.wrapping_sub(1).max(0),
        value >> 8,
    ];
    let mut list: Vec<i64> = near.into_iter().filter(|&v| bits(v) < bits(value)).collect();
    list.sort_by_key(|&v| bits(v));
    list.dedup();
    list.into_iter()
}

/// Returns a body without the block that begins at `at`, if nothing branches to it; for an `if`, with either arm.
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

/// Returns an operator with other labels: `to` receives each of its labels, in order. The labels of a `try_table`'s handlers are
/// counted from outside it. `None` if `to` refuses one, or labels of this kind are not changed.
fn relabelled(o: &Op, mut to: impl FnMut(u32) -> Option<u32>) -> Option<Op> {
    let reference = |ty: wasmparser::RefType| enc::RefType::try_from(ty).ok();
    Some(match decode(o) {
        Operator::Br { relative_depth } => op(&I::Br(to(relative_depth)?)),
        Operator::BrIf { relative_depth } => op(&I::BrIf(to(relative_depth)?)),
        Operator::BrOnNull { relative_depth } => op(&I::BrOnNull(to(relative_depth)?)),
        Operator::BrOnNonNull { relative_depth } => op(&I::BrOnNonNull(to(relative_depth)?)),
        Operator::BrOnCast { relative_depth, from_ref_type, to_ref_type } => op(&I::BrOnCast {
            relative_depth: to(relative_depth)?,
            from_ref_type: reference(from_ref_type)?,
            to_ref_type: reference(to_ref_type)?,
        }),
        Operator::BrOnCastFail { relative_depth, from_ref_type, to_ref_type } => op(&I::BrOnCastFail {
            relative_depth: to(relative_depth)?,
            from_ref_type: reference(from_ref_type)?,
            to_ref_type: reference(to_ref_type)?,
        }),
        Operator::BrTable { targets } => {
            let list: Option<Vec<u32>> = targets.targets().map(|t| to(t.ok()?)).collect();
            op(&I::BrTable(list?.into(), to(targets.default())?))
        }
        Operator::TryTable { try_table } => {
            let catch = |c: &wasmparser::Catch| Some(relabelled_catch(c, to(label_of(c))?));
            let catches: Option<Vec<enc::Catch>> = try_table.catches.iter().map(catch).collect();
            op(&I::TryTable(enc::BlockType::try_from(try_table.ty).ok()?, catches?.into()))
        }
        Operator::Delegate { .. }
        | Operator::Rethrow { .. }
        | Operator::Resume { .. }
        | Operator::ResumeThrow { .. }
        | Operator::ResumeThrowRef { .. }
        | Operator::BrOnCastDescEq { .. }
        | Operator::BrOnCastDescEqFail { .. } => return None,
        _ => o.clone(),
    })
}

/// Returns a handler with another label.
fn relabelled_catch(catch: &wasmparser::Catch, label: u32) -> enc::Catch {
    match *catch {
        wasmparser::Catch::One { tag, .. } => enc::Catch::One { tag, label },
        wasmparser::Catch::OneRef { tag, .. } => enc::Catch::OneRef { tag, label },
        wasmparser::Catch::All { .. } => enc::Catch::All { label },
        wasmparser::Catch::AllRef { .. } => enc::Catch::AllRef { label },
    }
}

/// Moves operators out by one block; `None` if one branches to that block.
fn shallower(ops: &[Op]) -> Option<Vec<Op>> {
    let mut depth = 0;
    let mut out = Vec::with_capacity(ops.len());
    for o in ops {
        out.push(relabelled(o, |label| match label.cmp(&depth) {
            std::cmp::Ordering::Less => Some(label),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(label - 1),
        })?);
        match nest(o) {
            Nest::Open => depth += 1,
            Nest::End => depth = depth.checked_sub(1)?,
            Nest::Else | Nest::None => {}
        }
    }
    Some(out)
}

/// Variants without an unused local, and with one parameter fewer.
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

/// Returns the local that an operator names.
pub fn local_of(o: &Op) -> Option<u32> {
    match decode(o) {
        Operator::LocalGet { local_index }
        | Operator::LocalSet { local_index }
        | Operator::LocalTee { local_index } => Some(local_index),
        _ => None,
    }
}

/// Returns an operator with its local renumbered.
pub fn renumber_local(o: &Op, number: impl Fn(u32) -> u32) -> Op {
    match decode(o) {
        Operator::LocalGet { local_index } => op(&I::LocalGet(number(local_index))),
        Operator::LocalSet { local_index } => op(&I::LocalSet(number(local_index))),
        Operator::LocalTee { local_index } => op(&I::LocalTee(number(local_index))),
        _ => o.clone(),
    }
}

/// Returns whether an operator only pushes one value.
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

/// Turns a parameter into a local (which is 0), if the last argument of all calls can go and the function is not
/// referenced.
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
                    // The last argument can be dropped, whatever it is.
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

/// Drops the last result at the end of the body, and pushes 0 in its place after each call.
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

/// Returns the parameters and results of a function type.
pub fn signature(ast: &Ast, ty: u32) -> Option<(Vec<ValType>, Vec<ValType>)> {
    let ty = ast.func_type(ty)?;
    Some((ty.params().to_vec(), ty.results().to_vec()))
}

/// Returns a body that only returns zeros, or traps.
pub fn stub(ast: &Ast, ty: u32, trap: bool) -> Option<Arc<Func>> {
    let (_, results) = signature(ast, ty)?;
    let mut ops =
        if trap { vec![op(&I::Unreachable)] } else { results.into_iter().map(default).collect::<Option<Vec<Op>>>()? };
    ops.push(op(&I::End));
    Some(Arc::new(Func { ty, locals: Vec::new(), ops }))
}

/// Variants with less outside bodies: smaller memories, segments and globals, and no limits.
pub fn outside(ast: &Ast) -> impl Iterator<Item = Ast> {
    let edited = move |edit: &dyn Fn(&mut Ast)| {
        let mut edited = ast.clone();
        edit(&mut edited);
        edited
    };
    let memories = ast.memories.iter().enumerate().flat_map(move |(i, m)| {
        let fewer = [0, 1, m.initial / 2].into_iter().filter(move |&pages| pages < m.initial);
        fewer.map(move |pages| edited(&|ast| ast.memories[i].initial = pages))
    });
    let globals = ast.globals.iter().enumerate().filter_map(move |(i, g)| {
        let zero = default(g.ty.content_type)?;
        let larger = g.init.iter().map(op_weight).sum::<u64>() > op_weight(&zero) + 1;
        larger.then(|| edited(&|ast| ast.globals[i].init = vec![zero.clone(), op(&I::End)]))
    });
    let elements = (0..ast.elements.len()).map(move |i| edited(&|ast| drop(ast.elements.remove(i))));
    let active = ast.data.iter().enumerate().filter(|(_, d)| matches!(d.mode, SegmentMode::Active(..)));
    let data = active.map(move |(i, _)| edited(&|ast| drop(ast.data.remove(i))));
    let exports = (0..ast.exports.len()).filter(|_| ast.exports.len() > 1);
    let exports = exports.map(move |i| edited(&|ast| drop(ast.exports.remove(i))));
    memories.chain(globals).chain(elements).chain(data).chain(exports)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::reduce::tests::parse;

    #[test]
    fn numbers_get_smaller_to_both_ends_of_their_range() {
        for value in [i64::MIN, i64::MIN + 1, -65, 64, 1 << 32, i64::MAX] {
            let list: Vec<i64> = smaller(value, 7).collect();
            assert!(!list.is_empty() && list.iter().all(|&v| bits(v) < bits(value)), "{value}: {list:?}");
        }
        assert_eq!(smaller(5, 7).count(), 0);
    }

    fn body(text: &str) -> Vec<Op> {
        parse(&format!("(module (func (param i32) {text}))")).funcs[0].ops.clone()
    }

    /// Labels of outer blocks are adjusted, inner ones stay, and a block that is a branch target stays too.
    #[test]
    fn blocks_are_unwrapped_and_labels_follow() {
        let cases: [(&str, usize, &[&str]); 7] = [
            ("(block (br_if 1 (local.get 0)) (nop))", 0, &["(br_if 0 (local.get 0)) (nop)"]),
            ("(block (br_if 0 (local.get 0)))", 0, &[]),
            (
                "(if (local.get 0) (then (nop)) (else (br 1)))",
                1,
                &["(drop (local.get 0)) (nop)", "(drop (local.get 0)) (br 0)"],
            ),
            ("(if (local.get 0) (then (br 0)) (else (nop)))", 1, &["(drop (local.get 0)) (nop)"]),
            ("(block (loop (br_if 0 (local.get 0)) (br 2)))", 0, &["(loop (br_if 0 (local.get 0)) (br 1))"]),
            ("(loop (block (br 1)))", 0, &[]),
            (
                "(loop (if (local.get 0) (then (nop)) (else (br 2))) (nop))",
                0,
                &["(if (local.get 0) (then (nop)) (else (br 1))) (nop)"],
            ),
        ];
        for (text, at, expected) in cases {
            let expected: Vec<Vec<Op>> = expected.iter().map(|text| body(text)).collect();
            assert_eq!(unwrapped(&body(text), at), expected, "{text}");
        }
    }

    /// The types, the locals and the code of all functions.
    type Functions = Vec<(Vec<ValType>, Vec<ValType>, Vec<ValType>, Vec<Op>)>;

    fn functions(ast: &Ast) -> Functions {
        let function = |f: &Arc<Func>| {
            let (params, results) = signature(ast, f.ty).unwrap();
            (params, results, f.locals.clone(), f.ops.clone())
        };
        ast.funcs.iter().map(function).collect()
    }

    /// An unused local is removed; a parameter becomes the last local, and its argument is removed; a result is dropped, and made
    /// where it was returned. What is used is renumbered.
    #[test]
    fn locals_parameters_and_results_go_one_by_one() {
        let module = |f: &str, test: &str| {
            parse(&format!("(module (func $f {f}) (func (export \"test\") (result i32) {test}))"))
        };
        let (a, b, c) = ("(i32.const 1)", "(i64.const 2)", "(f32.const 3)");
        let whole = module(
            "(param i32 i64 f32) (result i32) (local f64 i32 i64)
                (local.set 4 (local.get 0)) (local.set 5 (local.get 1)) (local.get 4)",
            &format!("(call $f {a} {b} {c})"),
        );
        let expected = [
            module(
                "(param i32 i64 f32) (result i32) (local i32 i64)
                    (local.set 3 (local.get 0)) (local.set 4 (local.get 1)) (local.get 3)",
                &format!("(call $f {a} {b} {c})"),
            ),
            module(
                "(param i64 f32) (result i32) (local f64 i32 i64 i32)
                    (local.set 3 (local.get 5)) (local.set 4 (local.get 0)) (local.get 3)",
                &format!("(call $f {b} {c})"),
            ),
            module(
                "(param i32 f32) (result i32) (local f64 i32 i64 i64)
                    (local.set 3 (local.get 0)) (local.set 4 (local.get 5)) (local.get 3)",
                &format!("(call $f {a} {c})"),
            ),
            module(
                "(param i32 i64) (result i32) (local f64 i32 i64 f32)
                    (local.set 3 (local.get 0)) (local.set 4 (local.get 1)) (local.get 3)",
                &format!("(call $f {a} {b})"),
            ),
            module(
                "(param i32 i64 f32) (local f64 i32 i64)
                    (local.set 4 (local.get 0)) (local.set 5 (local.get 1)) (drop (local.get 4))",
                &format!("(call $f {a} {b} {c}) {a}"),
            ),
        ];
        let variants: Vec<Functions> = fewer_locals(&whole, 0).iter().map(functions).collect();
        assert_eq!(variants, expected.each_ref().map(functions));
        // The results of an export are compared, so they stay.
        assert!(fewer_locals(&whole, 1).is_empty());
    }

    /// If arguments are computed, only the last one can be dropped.
    #[test]
    fn an_argument_that_is_computed_is_dropped_if_it_is_the_last() {
        let module = |f: &str, between: &str| {
            parse(&format!(
                "(module (func $g (result i32) (i32.const 7)) (func $f {f})
                    (func (export \"test\") call $g call $g {between} call $f))"
            ))
        };
        let variants: Vec<Functions> = fewer_locals(&module("(param i32 i32)", ""), 1).iter().map(functions).collect();
        assert_eq!(variants, [functions(&module("(param i32) (local i32)", "drop"))]);
    }

    #[test]
    fn what_is_outside_of_bodies_gets_less_one_by_one() {
        let ast = parse(
            r#"(module (memory 5) (memory 0) (global (mut i64) (i64.const 77)) (global i32 (i32.const 0))
                (func $a (export "a")) (func (export "b")) (table 1 funcref) (elem (i32.const 0) $a)
                (data (i32.const 1) "x") (data "passive"))"#,
        );
        let counts = |ast: &Ast| {
            let pages: Vec<u64> = ast.memories.iter().map(|memory| memory.initial).collect();
            let zeros = ast.globals.iter().filter(|g| default(g.ty.content_type).as_ref() == g.init.first()).count();
            (pages, zeros, ast.elements.len(), ast.data.len(), ast.exports.len())
        };
        assert_eq!(counts(&ast), (vec![5, 0], 1, 1, 2, 2));
        let seen: Vec<_> = outside(&ast).map(|variant| counts(&variant)).collect();
        let expected = [
            (vec![0, 0], 1, 1, 2, 2),
            (vec![1, 0], 1, 1, 2, 2),
            (vec![2, 0], 1, 1, 2, 2),
            (vec![5, 0], 2, 1, 2, 2),
            (vec![5, 0], 1, 0, 2, 2),
            (vec![5, 0], 1, 1, 1, 2),
            (vec![5, 0], 1, 1, 2, 1),
            (vec![5, 0], 1, 1, 2, 1),
        ];
        assert_eq!(seen, expected);
    }

    /// Labels become nearer in a few steps, each separately.
    #[test]
    fn labels_become_nearer_one_by_one() {
        let func = |labels: &str| {
            let blocks = format!("(block (block (block (block (block (br_table {labels} (local.get 0)))))))");
            parse(&format!("(module (func (param i32) {blocks}))")).funcs[0].clone()
        };
        let whole = func("5 0 1");
        let at = whole.ops.iter().position(|o| matches!(decode(o), Operator::BrTable { .. })).unwrap();
        let steps = small_steps(&whole).into_iter();
        let nearer: Vec<Vec<Op>> = steps.filter(|v| v.len() == whole.ops.len() && v[at] != whole.ops[at]).collect();
        assert_eq!(nearer, ["0 0 1", "2 0 1", "4 0 1", "5 0 0"].map(|labels| func(labels).ops.clone()));
    }
}
