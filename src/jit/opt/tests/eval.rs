//! Compares three independent implementations of each operation: the folder, the oracle and the evaluator.

use super::super::constant::constant;
use super::fold::conditions;
use super::oracle::{Random, edges, is_nan, moves_bits, oracle};
use crate::jit::ir::eval_value::evaluate;
use crate::jit::ir::{Imm, Op, OpClass, Type};

/// Calls `check` with each combination of values, one from each list.
fn combinations(lists: &[Vec<u64>], chosen: &mut Vec<u64>, check: &mut impl FnMut(&[u64])) {
    match lists.get(chosen.len()) {
        None => check(chosen),
        Some(list) => {
            for &v in list {
                chosen.push(v);
                combinations(lists, chosen, check);
                chosen.pop();
            }
        }
    }
}

fn agree(op: Op, ty: Type, imm: Imm, types: &[Type], bits: &[u64], random: &mut Random) {
    let args: Vec<(Type, u64)> = types.iter().copied().zip(bits.iter().copied()).collect();
    // The evaluator gets registers: the upper half of a narrow value is arbitrary.
    let mut registers = [random.next(), random.next(), random.next()];
    for (register, &(ty, bits)) in registers.iter_mut().zip(&args) {
        *register = if ty.bytes() == 4 { *register << 32 | bits } else { bits };
    }
    let got = evaluate(op, ty, imm, types[0], registers);
    let expected = oracle(op, ty, imm, &args);
    let result = op.result_type(ty).unwrap();
    let what = || format!("{}.{} {imm:?} {args:x?}", op.name(), ty.name());
    match (got, expected) {
        // It is unspecified which NaN results, except where bits are only moved.
        (Some(a), Some(b)) if is_nan(result, a) && is_nan(result, b) => {
            assert!(!moves_bits(op) || a == b, "{}", what());
        }
        _ => assert_eq!(got, expected, "{}", what()),
    }
    if let Some(folded) = constant(op, ty, imm, &args) {
        assert_eq!(Some(folded), got, "{}", what());
    }
}

#[test]
fn the_evaluator_agrees_with_the_oracle_and_the_folder() {
    let mut random = Random(7);
    let mut operations = 0;
    for &op in Op::ALL.iter().filter(|op| op.class() == OpClass::Compute) {
        for (ty, types) in op.scalar_shapes() {
            for imm in conditions(op) {
                let lists: Vec<Vec<u64>> = types
                    .iter()
                    .map(|&t| {
                        let mut values = edges(t);
                        // Fewer values suffice for the three arguments of a select.
                        values.truncate(if types.len() == 3 { 12 } else { usize::MAX });
                        values.extend((0..8).map(|_| random.value(t)));
                        values
                    })
                    .collect();
                combinations(&lists, &mut Vec::new(), &mut |bits| agree(op, ty, imm, &types, bits, &mut random));
                operations += 1;
            }
        }
    }
    assert!(operations > 100, "{operations}");
}
