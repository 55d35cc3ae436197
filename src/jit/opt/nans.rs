//! Operations that do not distinguish NaNs: their operands' NaNs need not be canonical. So in a chain of operations, only
//! the last one, whose bits are observable, makes its NaN canonical.
//!
//! Their result for a NaN is either another NaN, whose bits are unspecified (see [`Op::FAdd`] and those below it) and
//! which has its own `fcanon` wherever it matters, or not a float at all.

use super::super::ir::vector::shape_of;
use super::super::ir::{Function, Imm, Op, Shape, Type, Value};
use super::expr::{Expr, Folded};

/// The shape as which a vector operation reads its operands' floats, if it does not matter which NaNs they contain. For
/// scalars the shape is `None`.
fn reads_as(op: Op, imm: Imm) -> Option<Option<Shape>> {
    let shape = shape_of(imm);
    op.row().nan_blind.then(|| match op {
        // The immediate is the result's shape.
        Op::FPromote => shape.map(|_| Shape::F32x4),
        Op::FDemote => shape.map(|_| Shape::F64x2),
        _ => shape,
    })
}

/// Returns the operation on its operands before their NaNs were made canonical, if it does not distinguish NaNs and some
/// operands have been made canonical.
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

#[cfg(test)]
mod tests {
    use super::super::tests::oracle::{Random, edges};
    use super::*;
    use crate::jit::ir::eval_value::evaluate;
    use crate::jit::ir::eval_vector::evaluate_vector;
    use crate::jit::ir::ops::ImmKind;
    use crate::jit::ir::{ArgList, FloatCond, Signature};
    use crate::module::{FuncType, ValType};

    fn canonical(ty: Type, bits: u64) -> u64 {
        evaluate(Op::FCanon, ty, Imm::None, ty, [bits, 0, 0]).expect("of a float")
    }

    /// Making the NaNs among the operands canonical affects at most the bits of a resulting NaN.
    #[test]
    fn operations_do_not_tell_nans_apart() {
        let (mut operations, mut nans) = (0, 0);
        for &op in Op::ALL.iter().filter(|&&op| reads_as(op, Imm::None).is_some()) {
            let conditions = match op.row().imm {
                ImmKind::FloatCond => FloatCond::ALL.map(Imm::FloatCond).to_vec(),
                _ => vec![Imm::None],
            };
            let shapes = op.scalar_shapes().into_iter();
            let cases = shapes.flat_map(|(ty, args)| conditions.iter().map(move |&imm| (ty, imm, args[0], args.len())));
            for (ty, imm, from, count) in cases {
                operations += 1;
                let seen = |bits: Option<u64>| match op.result_type(ty) {
                    Some(ty) if ty.is_float() => bits.map(|bits| canonical(ty, bits)),
                    _ => bits,
                };
                for a in edges(from) {
                    for b in if count == 2 { edges(from) } else { vec![0] } {
                        let plain = evaluate(op, ty, imm, from, [a, b, 0]);
                        let canonical = [canonical(from, a), canonical(from, b), 0];
                        nans += u64::from(canonical != [a, b, 0]);
                        let what = format!("{}.{} {imm:?} {a:#x} {b:#x}", op.name(), ty.name());
                        assert_eq!(seen(plain), seen(evaluate(op, ty, imm, from, canonical)), "{what}");
                    }
                }
            }
        }
        assert!(operations > 40 && nans > 1000, "{operations} {nans}");
    }

    /// Vectors of edge values of both widths, so that NaNs of one width lie beside and across lanes of the other.
    fn vectors(random: &mut Random) -> [u128; 3] {
        std::array::from_fn(|_| {
            let lane = |random: &mut Random, ty| u128::from(random.pick(&edges(ty)));
            match random.below(2) {
                0 => (0..4).fold(0, |v, _| v << 32 | lane(random, Type::F32)),
                _ => (0..2).fold(0, |v, _| v << 64 | lane(random, Type::F64)),
            }
        })
    }

    fn with_conditions(op: Op, shape: Shape) -> Imm {
        let compares = op.imm_kind(Type::V128) == ImmKind::LaneFloatCond;
        if compares { Imm::LaneFloatCond(shape, FloatCond::Lt) } else { Imm::Shape(shape) }
    }

    #[test]
    fn neither_do_those_on_lanes() {
        let mut random = Random(5);
        let (mut operations, mut different) = (0, 0);
        for &op in Op::ALL {
            let Some(form) = op.row().form else { continue };
            for &shape in form.shapes {
                let imm = with_conditions(op, shape);
                let Some(read) = reads_as(op, imm) else { continue };
                operations += 1;
                for _ in 0..400 {
                    let args = vectors(&mut random);
                    let canon = |shape, v| {
                        let canonical = |v| evaluate_vector(Op::FCanon, Type::V128, Imm::Shape(shape), 0, [v, 0, 0]);
                        canonical(v).expect("of floats")
                    };
                    let covered = args.map(|v| canon(read.expect("a shape"), v));
                    different += u64::from(covered != args);
                    let results = [args, covered].map(|args| evaluate_vector(op, Type::V128, imm, 0, args).unwrap());
                    // The results are integers, which have no NaNs to make canonical.
                    let floats = !matches!(op, Op::FToSSat | Op::FToUSat | Op::VFToSMin | Op::VFCmp);
                    let [plain, covered] = if floats { results.map(|v| canon(shape, v)) } else { results };
                    assert_eq!(plain, covered, "{} {imm:?} {args:x?}", op.name());
                }
            }
        }
        assert!(operations > 30 && different > 3000, "{operations} {different}");
    }

    #[test]
    fn operands_are_uncovered() {
        let params = [ValType::F32, ValType::V128];
        let mut f = Function::new(String::new(), 0, Signature { wasm: FuncType::new(params, []) });
        let (x, v) = (Value(1), Value(2));
        let mut canon = |ty, imm, arg| {
            let inst = f.new_inst(Op::FCanon, ty, imm, ArgList::from_slice(&[arg]), Some(ty), 0, None);
            f.result(inst)
        };
        let (cx, cv) = (canon(Type::F32, Imm::None, x), canon(Type::V128, Imm::Shape(Shape::F32x4), v));
        let args = |folded: Option<Folded>| match folded {
            Some(Folded::Inst(Expr::Inst { args, .. })) => Some(args),
            Some(other) => panic!("{other:?}"),
            None => None,
        };
        let plain = |values: &[Value]| Some(values.iter().map(|&v| Expr::Value(v)).collect::<Vec<_>>());
        for (op, of, expected) in [
            (Op::FAdd, vec![cx, cx], plain(&[x, x])),
            (Op::FMul, vec![x, cx], plain(&[x, x])),
            (Op::FCanon, vec![cx], plain(&[x])),
            (Op::FAdd, vec![x, x], None),
            // Their results expose the bits.
            (Op::FNeg, vec![cx], None),
            (Op::FCopysign, vec![cx, x], None),
        ] {
            assert_eq!(args(fold(&f, op, Type::F32, Imm::None, &of)), expected, "{}", op.name());
        }
        for (op, shape, expected) in [
            (Op::FSqrt, Shape::F32x4, plain(&[v])),
            (Op::FPromote, Shape::F64x2, plain(&[v])),
            // Lanes of another shape expose the bits.
            (Op::FSqrt, Shape::F64x2, None),
            (Op::FDemote, Shape::F32x4, None),
            (Op::FAbs, Shape::F32x4, None),
        ] {
            assert_eq!(args(fold(&f, op, Type::V128, Imm::Shape(shape), &[cv])), expected, "{} {shape:?}", op.name());
        }
    }
}
