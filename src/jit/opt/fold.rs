//! Folding: what an instruction about to be made can be replaced by. Used at construction and by passes.
//!
//! [`fold`] looks at the operation and at the definitions of its arguments, never at its surroundings: first
//! constants ([`super::constant`]), then the rules ([`super::rules`]). Before either, operands lose what only makes their NaNs
//! canonical, where the operation does not tell NaNs apart ([`super::nans`]). What it answers is as defined as what was asked
//! for: a guarded operation (division) is only ever replaced by something that is right wherever the original was
//! defined.

use super::super::ir::{Class, Function, Imm, Op, Type, Value};
use super::constant::constant;
use super::expr::Folded;
use super::nans;
use super::rules::{self, Match};
use super::vector;

/// What the instruction `op.ty imm args` can be replaced by. `args` may be aliases.
pub fn fold(f: &Function, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Folded {
    if args.is_empty() || op.class() != Class::Compute {
        return Folded::None;
    }
    if let Some(uncovered) = nans::fold(f, op, ty, imm, args) {
        return uncovered;
    }
    if ty == Type::V128 || op == Op::VExtract {
        return if op.form(ty).is_some() { vector::fold(f, op, imm, args) } else { Folded::None };
    }
    let mut consts = [(Type::I32, 0); 3];
    let mut all = true;
    for (slot, &arg) in consts.iter_mut().zip(args) {
        match f.as_const(arg) {
            Some(bits) => *slot = (f.ty(arg), bits),
            None => {
                all = false;
                break;
            }
        }
    }
    if all
        && let Some(result) = op.result_type(ty)
        && let Some(bits) = constant(op, ty, imm, &consts[..args.len()])
    {
        return Folded::Const(result, bits);
    }
    for rule in rules::of(op) {
        if let Some(folded) = Match::apply(f, rule, op, ty, imm, args) {
            return folded;
        }
    }
    Folded::None
}
