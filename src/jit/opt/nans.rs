//! Which operations do not tell NaNs apart: an operand's NaN need not be canonical there, so that of a chain of operations
//! only the last one, whose bits can be seen, makes its NaN canonical.
//!
//! What they compute of a NaN is a NaN again, whose bits are unspecified (see [`Op::FAdd`] and those below it) and which has
//! an `fcanon` of its own wherever it matters, or it is no float at all.

use super::super::ir::vector::shape_of;
use super::super::ir::{Function, Imm, Op, Shape, Type, Value};
use super::fold::{Expr, Folded};

/// The shape in which an operation on vectors reads its operands' floats, if which NaNs are in them makes no difference. Of
/// scalars the shape says nothing.
fn reads_as(op: Op, imm: Imm) -> Option<Option<Shape>> {
    match op {
        Op::FAdd | Op::FSub | Op::FMul | Op::FDiv | Op::FMin | Op::FMax | Op::FSqrt | Op::VFma => Some(shape_of(imm)),
        Op::FCeil | Op::FFloor | Op::FTrunc | Op::FNearest | Op::FCanon => Some(shape_of(imm)),
        Op::FCmp | Op::VFCmp | Op::FToS | Op::FToU | Op::FToSSat | Op::FToUSat | Op::VFToSMin => Some(shape_of(imm)),
        // The immediate is the result's shape.
        Op::FPromote => Some(shape_of(imm).map(|_| Shape::F32x4)),
        Op::FDemote => Some(shape_of(imm).map(|_| Shape::F64x2)),
        _ => None,
    }
}

/// The operation on what its operands are before their NaNs are made canonical, if it does not tell NaNs apart and some
/// are.
pub fn fold(f: &Function, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Option<Folded> {
    let shape = reads_as(op, imm)?;
    let under = |value: Value| {
        let value = f.resolve(value);
        let data = f.inst(f.def_inst(value)?);
        let fits = data.op == Op::FCanon && (data.ty != Type::V128 || shape_of(data.imm) == shape);
        fits.then(|| f.resolve(data.args[0]))
    };
    if !args.iter().any(|&arg| under(arg).is_some()) {
        return None;
    }
    let args = args.iter().map(|&arg| Expr::Value(under(arg).unwrap_or_else(|| f.resolve(arg)))).collect();
    Some(Folded::Inst(Expr::Inst { op, ty, imm, args }))
}
