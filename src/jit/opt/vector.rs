//! Folding of vector operations: bitwise operations, lane moves, neutral operands. Arithmetic on constant lanes is left
//! to the machine, because compilers fold it beforehand.
//!
//! No rule here depends on anything but its operation's shape, and each preserves every bit, including those of NaNs
//! (except for `fcanon`, which is about NaNs).

use super::super::ir::vector::shape_of;
use super::super::ir::{Function, Imm, Inst, Op, Shape, Type, Value};
use super::expr::{Expr, Folded};

const ONES: u128 = u128::MAX;

/// The instruction that defines a value, if it is this operation.
fn def_by(f: &Function, value: Value, op: Op) -> Option<Inst> {
    f.def_inst(value).filter(|&inst| f.inst(inst).op == op)
}

/// The value that `x` is the complement of.
fn inverse(f: &Function, x: Value) -> Option<Value> {
    let data = f.inst(def_by(f, x, Op::Xor)?);
    let [a, b] = data.args[..] else { return None };
    match (f.as_vector(a), f.as_vector(b)) {
        (_, Some(ONES)) if data.ty == Type::V128 => Some(f.resolve(a)),
        (Some(ONES), _) if data.ty == Type::V128 => Some(f.resolve(b)),
        _ => None,
    }
}

/// Returns the replacement of a vector operation. `args` may be aliases.
pub fn fold(f: &Function, op: Op, imm: Imm, args: &[Value]) -> Folded {
    let value = |i: usize| f.resolve(args[i]);
    let known = |i: usize| args.get(i).and_then(|&v| f.as_vector(v));
    let same = args.len() >= 2 && value(0) == value(1);
    // Returns the other operand of a commutative operation if one operand is this constant.
    let beside = |bits: u128| match (known(0), known(1)) {
        (Some(a), _) if a == bits => Some(value(1)),
        (_, Some(b)) if b == bits => Some(value(0)),
        _ => None,
    };
    let or_none = |v: Option<Value>| v.map_or(Folded::None, Folded::Value);
    match (op, known(0), known(1)) {
        (Op::And, Some(a), Some(b)) => Folded::Vector(a & b),
        (Op::Or, Some(a), Some(b)) => Folded::Vector(a | b),
        (Op::Xor, Some(a), Some(b)) => Folded::Vector(a ^ b),
        (Op::VAndNot, Some(a), Some(b)) => Folded::Vector(a & !b),
        (Op::And | Op::Or, ..) if same => Folded::Value(value(0)),
        (Op::Xor | Op::VAndNot, ..) if same => Folded::Vector(0),
        (Op::And, Some(0), _) | (Op::And, _, Some(0)) => Folded::Vector(0),
        (Op::Or, Some(ONES), _) | (Op::Or, _, Some(ONES)) => Folded::Vector(ONES),
        (Op::And, Some(ONES), _) | (Op::And, _, Some(ONES)) => or_none(beside(ONES)),
        (Op::Or | Op::Xor, Some(0), _) | (Op::Or | Op::Xor, _, Some(0)) => or_none(beside(0)),
        (Op::Xor, Some(ONES), _) | (Op::Xor, _, Some(ONES)) => or_none(beside(ONES).and_then(|v| inverse(f, v))),
        (Op::And, ..) => {
            // a and not b
            let (a, b) = (value(0), value(1));
            let pair = inverse(f, b).map(|b| (a, b)).or_else(|| inverse(f, a).map(|a| (b, a)));
            pair.map_or(Folded::None, |(a, b)| {
                let args = vec![Expr::Value(a), Expr::Value(b)];
                Folded::Inst(Expr::Inst { op: Op::VAndNot, ty: Type::V128, imm: Imm::None, args })
            })
        }
        (Op::VAndNot, Some(0), _) | (Op::VAndNot, _, Some(ONES)) => Folded::Vector(0),
        (Op::VAndNot, _, Some(0)) => Folded::Value(value(0)),
        (Op::VBitselect, ..) if same => Folded::Value(value(0)),
        (Op::VBitselect, ..) => match known(2) {
            Some(ONES) => Folded::Value(value(0)),
            Some(0) => Folded::Value(value(1)),
            _ => Folded::None,
        },
        (Op::IAdd, Some(0), _) | (Op::IAdd, _, Some(0)) => or_none(beside(0)),
        (Op::ISub, _, Some(0)) => Folded::Value(value(0)),
        (Op::ISub, ..) if same => Folded::Vector(0),
        (Op::Shl | Op::ShrS | Op::ShrU, ..) => {
            let bits = shape_of(imm).map_or(1, Shape::bits);
            match f.as_const(args[1]) {
                Some(count) if count & u64::from(bits - 1) == 0 => Folded::Value(value(0)),
                _ => Folded::None,
            }
        }
        (Op::VShuffle, ..) => {
            let Imm::Vector(v) = imm else { return Folded::None };
            let indices = f.vectors[v as usize].to_le_bytes();
            let in_order = |from: u8| indices.iter().zip(from..).all(|(&i, n)| i == n);
            match (in_order(0), in_order(16)) {
                (true, _) => Folded::Value(value(0)),
                (_, true) => Folded::Value(value(1)),
                _ => Folded::None,
            }
        }
        (Op::VSplat, ..) => {
            let Some(shape) = shape_of(imm) else { return Folded::None };
            match f.as_const(args[0]) {
                Some(bits) => {
                    let lane = u128::from(bits & (u64::MAX >> (64 - shape.bits())));
                    Folded::Vector((0..shape.lanes()).fold(0, |v, i| v | lane << (i * shape.bits())))
                }
                None => Folded::None,
            }
        }
        (Op::FCanon, Some(bits), _) => Folded::Vector(canonical(shape_of(imm), bits)),
        (Op::VExtract, ..) => extract(f, imm, value(0)),
        _ => Folded::None,
    }
}

/// Returns the vector with canonical NaNs in lanes of this shape.
fn canonical(shape: Option<Shape>, bits: u128) -> u128 {
    let (bits_of_lane, exponent, nan) = match shape {
        Some(Shape::F32x4) => (32, 0x7f80_0000, 0x7fc0_0000),
        _ => (64, 0x7ff0_0000_0000_0000, 0x7ff8_0000_0000_0000),
    };
    (0..128).step_by(bits_of_lane).fold(0, |all, at| {
        let lane = (bits >> at) as u64 & (u64::MAX >> (64 - bits_of_lane));
        // The magnitude is above that of infinity.
        let is_nan = lane & (u64::MAX >> (65 - bits_of_lane)) > exponent;
        all | u128::from(if is_nan { nan } else { lane }) << at
    })
}

fn extract(f: &Function, imm: Imm, from: Value) -> Folded {
    let Imm::Lane(shape, lane) = imm else { return Folded::None };
    if let Some(bits) = f.as_vector(from) {
        let lane = (bits >> (u32::from(lane) * shape.bits())) as u64 & (u64::MAX >> (64 - shape.bits()));
        return Folded::Const(shape.lane_type(), lane);
    }
    let Some(data) = f.def_inst(from).map(|inst| f.inst(inst)) else { return Folded::None };
    match (data.op, data.imm) {
        // Narrower lanes drop bits of the value that they were made from.
        (Op::VSplat, Imm::Shape(s)) if s == shape && shape.bits() >= 32 => Folded::Value(f.resolve(data.args[0])),
        (Op::VReplace, Imm::Lane(s, l)) if s == shape && l == lane && shape.bits() >= 32 => {
            Folded::Value(f.resolve(data.args[1]))
        }
        (Op::VReplace, Imm::Lane(s, l)) if s == shape && l != lane => {
            let args = vec![Expr::Value(f.resolve(data.args[0]))];
            Folded::Inst(Expr::Inst { op: Op::VExtract, ty: shape.lane_type(), imm, args })
        }
        _ => Folded::None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::expr::build;
    use super::super::fold;
    use super::super::tests::oracle::Random;
    use super::*;
    use crate::jit::ir::eval_vector::evaluate_vector;
    use crate::jit::ir::ops::ImmKind;
    use crate::jit::ir::vector::LaneArg;
    use crate::jit::ir::{ArgList, Signature};
    use crate::module::{FuncType, ValType};

    /// A function whose parameters are vectors and lanes, and their values.
    struct Case {
        f: Function,
        bits: Vec<u128>,
    }

    impl Case {
        fn new(random: &mut Random) -> Case {
            let params = [ValType::V128, ValType::V128, ValType::I32, ValType::I64, ValType::F32, ValType::F64];
            let f = Function::new(String::new(), 0, Signature { wasm: FuncType::new(params, []) });
            let wide = |r: &mut Random| u128::from(r.next()) << 64 | u128::from(r.next());
            let mut bits = vec![0, wide(random), wide(random)];
            bits.extend([32, 64, 32, 64].map(|w| u128::from(random.next() >> (64 - w))));
            Case { f, bits }
        }

        fn add(&mut self, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Value {
            let bits = self.evaluate(op, ty, imm, args);
            let inst = self.f.new_inst(op, ty, imm, ArgList::from_slice(args), op.result_type(ty), 0, None);
            self.bits.push(bits);
            self.f.result(inst)
        }

        fn evaluate(&self, op: Op, ty: Type, imm: Imm, args: &[Value]) -> u128 {
            let arg = |i: usize| args.get(i).map_or(0, |v| self.bits[v.index()]);
            match imm {
                Imm::Const(bits) => bits.into(),
                _ => {
                    let constant = if let Imm::Vector(v) = imm { self.f.vectors[v as usize] } else { 0 };
                    evaluate_vector(op, ty, imm, constant, [arg(0), arg(1), arg(2)]).unwrap()
                }
            }
        }

        fn expr(&mut self, expr: &Expr) -> u128 {
            let value = build(expr, &mut |op, ty, imm, args| self.add(op, ty, imm, &args));
            self.bits[value.index()]
        }

        fn constant(&mut self, random: &mut Random) -> Value {
            let bits = [0, ONES, 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100, u128::from(random.next())];
            let imm = self.f.vector(random.pick(&bits));
            self.add(Op::VConst, Type::V128, imm, &[])
        }

        fn vector(&mut self, random: &mut Random, depth: u32) -> Value {
            match random.below(5) {
                0 | 1 => Value(1 + random.below(2) as u32),
                2 => self.constant(random),
                3 if depth > 0 => {
                    let (ones, x) = (self.f.vector(ONES), self.vector(random, depth - 1));
                    let ones = self.add(Op::VConst, Type::V128, ones, &[]);
                    let args = if random.below(2) == 0 { [x, ones] } else { [ones, x] };
                    self.add(Op::Xor, Type::V128, Imm::None, &args)
                }
                _ if depth > 0 => {
                    let op = random.pick(&[Op::VSplat, Op::VReplace]);
                    let shape = random.pick(&Shape::ALL);
                    let lane = Value(
                        3 + [Type::I32, Type::I64, Type::F32, Type::F64]
                            .iter()
                            .position(|&t| t == shape.lane_type())
                            .unwrap() as u32,
                    );
                    if op == Op::VSplat {
                        return self.add(op, Type::V128, Imm::Shape(shape), &[lane]);
                    }
                    let x = self.vector(random, depth - 1);
                    let number = random.below(shape.lanes() as usize) as u8;
                    self.add(op, Type::V128, Imm::Lane(shape, number), &[x, lane])
                }
                _ => Value(1),
            }
        }
    }

    /// Operations whose result is always one of the operands or always the same are folded: bitwise operations, sums and
    /// differences, where each operand is a variable, the same variable again, or a neutral constant.
    #[test]
    fn what_is_decided_is_folded() {
        let mut random = Random(42);
        let mut cases: [Case; 4] = std::array::from_fn(|_| Case::new(&mut random));
        let mut operands = vec![Value(1), Value(2)];
        for bits in [0, ONES] {
            let constants = cases.each_mut().map(|case| {
                let imm = case.f.vector(bits);
                case.add(Op::VConst, Type::V128, imm, &[])
            });
            operands.push(constants[0]);
        }
        let name = |v: &Value| ["x", "y", "0", "-1"][operands.iter().position(|o| o == v).unwrap()];
        let (mut decided, mut left) = (0, Vec::new());
        for op in [Op::And, Op::Or, Op::Xor, Op::VAndNot, Op::VBitselect, Op::IAdd, Op::ISub] {
            let form = op.row().form.unwrap();
            let imm = form.shapes.first().map_or(Imm::None, |&shape| Imm::Shape(shape));
            for choice in 0..operands.len().pow(form.args.len() as u32) {
                let args: Vec<Value> = (0..form.args.len() as u32)
                    .map(|i| operands[choice / operands.len().pow(i) % operands.len()])
                    .collect();
                let results = cases.each_ref().map(|case| case.evaluate(op, Type::V128, imm, &args));
                let is_operand = |v: &Value| cases.iter().zip(results).all(|(case, bits)| case.bits[v.index()] == bits);
                if !args.iter().any(is_operand) && !results.iter().all(|bits| *bits == results[0]) {
                    continue;
                }
                decided += 1;
                if matches!(fold::fold(&cases[0].f, op, Type::V128, imm, &args), Folded::None) {
                    left.push(format!("{} {}", op.name(), args.iter().map(name).collect::<Vec<_>>().join(" ")));
                }
            }
        }
        assert!(decided > 60, "{decided}");
        // Bit selects that the mask or an operand does not decide; and sums of constants, which compilers fold beforehand.
        let choices = ["0 x x", "-1 x x", "x 0 x", "-1 0 x", "x -1 x", "0 y y", "-1 y y", "y 0 y", "-1 0 y", "y -1 y"];
        let mut expected = choices.map(|choice| format!("bitselect {choice}")).to_vec();
        expected.extend(["iadd -1 -1".into(), "isub 0 -1".into()]);
        assert_eq!(left, expected);
    }

    /// Every fold of random operations, with constants among their operands, agrees with the evaluator.
    #[test]
    fn folds_are_right() {
        let mut random = Random(41);
        let (mut folded, mut kinds) = (std::collections::BTreeMap::new(), [0; 4]);
        let ops: Vec<Op> = Op::ALL.iter().copied().filter(|&op| op.row().form.is_some()).collect();
        for _ in 0..60_000 {
            let op = random.pick(&ops);
            let form = op.row().form.unwrap();
            let mut case = Case::new(&mut random);
            let shape = random.pick(if form.shapes.is_empty() { &[Shape::I8x16] } else { form.shapes });
            let imm = match form.imm {
                ImmKind::None => Imm::None,
                ImmKind::Shape => Imm::Shape(shape),
                ImmKind::Lane => Imm::Lane(shape, random.below(shape.lanes() as usize) as u8),
                ImmKind::Indices => {
                    let from = random.below(17) as u8;
                    case.f.vector(u128::from_le_bytes(std::array::from_fn(|i| from + i as u8)))
                }
                // They are not folded.
                _ => continue,
            };
            let args: Vec<Value> = form
                .args
                .iter()
                .map(|kind| match kind {
                    LaneArg::Vector => case.vector(&mut random, 2),
                    LaneArg::Count | LaneArg::Lane if random.below(2) == 0 => {
                        let ty = form.arg_type(form.args.len() - 1, imm);
                        let bits = ty.truncate([0, 8, 16, 64, 3][random.below(5)]);
                        case.add(Op::Const, ty, Imm::Const(bits), &[])
                    }
                    _ => {
                        let ty = form.arg_type(form.args.len() - 1, imm);
                        Value(
                            3 + [Type::I32, Type::I64, Type::F32, Type::F64].iter().position(|&t| t == ty).unwrap()
                                as u32,
                        )
                    }
                })
                .collect();
            let ty = if op == Op::VExtract { shape.lane_type() } else { Type::V128 };
            let expected = case.evaluate(op, ty, imm, &args);
            let (kind, got) = match fold::fold(&case.f, op, ty, imm, &args) {
                Folded::None => continue,
                Folded::Value(v) => (0, case.bits[v.index()]),
                Folded::Vector(bits) => (1, bits),
                Folded::Const(_, bits) => (2, bits.into()),
                Folded::Inst(expr) => (3, case.expr(&expr)),
            };
            assert_eq!(got, expected, "{} {imm:?} of {args:?} in {}", op.name(), case.f);
            kinds[kind] += 1;
            *folded.entry(op).or_insert(0) += 1;
        }
        assert!(kinds.iter().all(|&n| n > 20), "{kinds:?}");
        let often = [Op::And, Op::Or, Op::Xor, Op::VAndNot, Op::VBitselect, Op::IAdd, Op::ISub, Op::Shl, Op::ShrS];
        for op in often.into_iter().chain([Op::ShrU, Op::VShuffle, Op::VSplat, Op::VExtract]) {
            assert!(folded.get(&op).is_some_and(|&n| n > 20), "{} is hardly ever folded: {folded:?}", op.name());
        }
    }
}
