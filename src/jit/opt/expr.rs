//! Results of folding: a constant, a value, or an expression that has yet to be built.

use super::super::ir::{ArgList, Imm, Op, Type, Value};

/// The result of [`fold`](super::fold::fold).
#[derive(Clone, Debug, PartialEq)]
pub enum Folded {
    /// No simplification is known.
    None,
    /// The result is a constant of this type; bits as in [`Imm::Const`].
    Const(Type, u64),
    /// The result is this vector.
    Vector(u128),
    /// The result is an existing value.
    Value(Value),
    /// The result is the value of this expression; [`build`] makes it.
    Inst(Expr),
}

/// The maximum number of replacements for one instruction, including those of the instructions that replace it. A chain
/// of replacements may be as long as the function, and each of as many instructions may follow it.
pub const MOST_STEPS: u32 = 64;

/// An expression over existing values.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// An existing value.
    Value(Value),
    /// A constant of this type; bits as in [`Imm::Const`].
    Const(Type, u64),
    /// An instruction.
    Inst { op: Op, ty: Type, imm: Imm, args: Vec<Expr> },
}

/// Makes the instructions of an expression, innermost first, by calling `emit(op, type, imm, args)`, which returns the
/// result (and may itself fold).
pub fn build(expr: &Expr, emit: &mut impl FnMut(Op, Type, Imm, ArgList) -> Value) -> Value {
    match expr {
        Expr::Value(value) => *value,
        Expr::Const(ty, bits) => emit(Op::Const, *ty, Imm::Const(*bits), ArgList::new()),
        Expr::Inst { op, ty, imm, args } => {
            let args = args.iter().map(|arg| build(arg, emit)).collect();
            emit(*op, *ty, *imm, args)
        }
    }
}
