//! Folding: finds the replacement for an instruction that is about to be made. Used at construction and by passes.
//!
//! [`fold`] considers only the operation and the definitions of its arguments, never its surroundings: first constants
//! ([`super::constant`]), then the rules ([`super::rules`]). Before that, operations that only make NaNs canonical are
//! stripped from the operands if the operation does not distinguish NaNs ([`super::nans`]). The result is at least as
//! defined as the original: a guarded operation (division) is replaced only by an expression that is correct wherever the
//! original was defined.

use super::super::ir::{Function, Imm, Op, OpClass, Type, Value};
use super::constant::constant;
use super::expr::Folded;
use super::nans;
use super::rules::{self, Match};
use super::vector;

/// Returns the replacement of the instruction `op.ty imm args`. `args` may be aliases.
pub fn fold(f: &Function, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Folded {
    if args.is_empty() || op.class() != OpClass::Compute {
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
    for rule in rules::candidates(f, op, ty, imm, args) {
        if let Some(folded) = Match::apply(f, rule, op, ty, imm, args) {
            return folded;
        }
    }
    Folded::None
}
