//! Finds 32-bit integers whose registers have zero upper bits anyway, so that extending them takes no instruction.
//!
//! On every CPU supported here, an instruction that writes 32 bits of a register clears the upper bits, and moves and
//! spills preserve all 64 bits. So the results of most operations are already extended. Values from elsewhere are not:
//! parameters and results of functions, and the lower half of a wider integer.
//!
//! A block parameter is extended if all arguments that jumps pass for it are. For a parameter of a loop header, only the
//! jumps inside the loop matter: values that enter the loop are extended once, on the way in
//! ([`Lower::edge_args`](super::Lower::edge_args)).

use crate::jit::ir::cfg::{Cfg, Edge};
use crate::jit::ir::{Block, Function, Op, Type, Value, ValueDef};

/// For each value, whether its register has zeros above the low 32 bits.
pub(super) struct Extended(Vec<bool>);

impl Extended {
    /// Treats no value as extended.
    pub(super) fn none() -> Extended {
        Extended(Vec::new())
    }

    /// Finds the extended values of a function.
    pub(super) fn find(f: &Function, cfg: &Cfg) -> Extended {
        let mut extended = Extended(vec![false; f.values.len()]);
        let mut wanted = Vec::new();
        for &block in cfg.rpo() {
            for &inst in &f.blocks[block.index()].insts {
                let data = f.inst(inst);
                if data.op == Op::ZExt {
                    wanted.push(f.resolve(data.args[0]));
                } else if is_extended(data.op, data.ty) {
                    extended.0[f.result(inst).index()] = true;
                }
            }
        }
        extended.find_params(f, cfg, wanted);
        extended
    }

    /// Whether a value, which must not be an alias, is extended.
    pub(super) fn contains(&self, value: Value) -> bool {
        self.0.get(value.index()) == Some(&true)
    }

    /// Finds the block parameters on which extending these values, or passing them on, depends. All are assumed to be
    /// extended until an argument is found that is not.
    fn find_params(&mut self, f: &Function, cfg: &Cfg, mut wanted: Vec<Value>) {
        // Each argument with the parameter for which it is passed.
        let mut passed: Vec<(Value, Value)> = Vec::new();
        let mut lost = Vec::new();
        while let Some(value) = wanted.pop() {
            let Some((block, number)) = param(f, value) else { continue };
            if self.contains(value) {
                continue;
            }
            self.0[value.index()] = true;
            for edge in cfg.preds(block) {
                let arg = f.resolve(f.targets(edge.inst)[edge.target as usize].args[number as usize]);
                if param(f, arg).is_some() {
                    wanted.push(arg);
                }
                if is_extended_on(f, cfg, block, edge) || f.as_const(arg).is_some() {
                    continue;
                }
                passed.push((arg, value));
                if param(f, arg).is_none() && !self.contains(arg) {
                    lost.push(value);
                }
            }
        }
        passed.sort_unstable_by_key(|&(arg, _)| arg.index());
        while let Some(value) = lost.pop() {
            if std::mem::replace(&mut self.0[value.index()], false) {
                let first = passed.partition_point(|&(arg, _)| arg.index() < value.index());
                lost.extend(passed[first..].iter().take_while(|&&(arg, _)| arg == value).map(|&(_, to)| to));
            }
        }
    }
}

/// The block whose parameter a value is, unless it is the entry, and the parameter's index.
fn param(f: &Function, value: Value) -> Option<(Block, u32)> {
    match f.def(value) {
        ValueDef::Param(block, number) if block != f.entry() => Some((block, number)),
        _ => None,
    }
}

/// Whether the argument that an edge passes to a loop header can be extended on the edge: this requires an edge into the
/// loop. There is no place for this after a throwing call.
fn is_extended_on(f: &Function, cfg: &Cfg, to: Block, edge: &Edge) -> bool {
    let header = cfg.loop_of(to).is_some_and(|l| cfg.loops()[l.0 as usize].header == to);
    header && !cfg.dominates(to, edge.from) && !f.inst(edge.inst).op.is_throwing()
}

/// Whether every back end implements the operation with instructions that write the result's 32 bits and clear the upper
/// bits, for all operands. (`Wrap` takes no instruction, and an atomic exchange that does not take place may leave the
/// register of the old contents unchanged.)
fn is_extended(op: Op, ty: Type) -> bool {
    let narrow = matches!(ty, Type::I32 | Type::Ref32);
    match op {
        // Their type is that of the values compared.
        Op::ICmp | Op::FCmp => true,
        Op::IAdd | Op::ISub | Op::IMul | Op::SDiv | Op::UDiv | Op::SRem | Op::URem => narrow,
        Op::And | Op::Or | Op::Xor | Op::Shl | Op::ShrS | Op::ShrU | Op::Rotl | Op::Rotr => narrow,
        Op::Clz | Op::Ctz | Op::Popcnt | Op::SExt8 | Op::SExt16 | Op::Select => narrow,
        Op::Load | Op::HeapLoad | Op::AtomicLoad => narrow,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::ir::parse::parse;

    /// The numbers of the extended values of a function.
    fn extended(text: &str) -> Vec<u32> {
        let f = parse(text).unwrap_or_else(|e| panic!("{e:?}: {text}"));
        let found = Extended::find(&f, &Cfg::new(&f));
        (0..f.values.len() as u32).filter(|&v| found.contains(Value(v))).collect()
    }

    #[test]
    fn what_instructions_write_is_extended_and_what_comes_from_outside_is_not() {
        let text = "function 0 \"f\" (i32, i64) -> (i64) {
b0(v0: ptr, v1: i32, v2: i64):
  v3 = iadd.i32 v1, v1
  v4 = wrap.i32 v2
  v5 = iadd.i64 v2, v2
  v6 = icmp.i64 eq v2, v5
  v7 = load.i32 field(8, immutable) v0
  v8 = zext.i64 v1
  return v8
}
";
        assert_eq!(extended(text), [3, 6, 7]);
    }

    /// A block parameter is extended if its arguments are, through any number of blocks; parameters that are never
    /// extended are not examined.
    #[test]
    fn parameters_of_blocks_are_as_their_arguments() {
        for (arg, all) in [("v3", true), ("v4", true), ("v1", false)] {
            let text = format!(
                "function 0 \"f\" (i32) -> (i64) {{
b0(v0: ptr, v1: i32):
  v2 = const.i32 7
  v3 = clz.i32 v1
  v4 = const.i32 0xffffffff
  brif v1 -> b1(v3, v3), b2(v2)
b1(v5: i32, v6: i32):
  jump -> b2({arg})
b2(v7: i32):
  jump -> b3(v7)
b3(v8: i32):
  v9 = zext.i64 v8
  return v9
}}
"
            );
            assert_eq!(extended(&text), if all { vec![3, 7, 8] } else { vec![3] }, "{arg}");
        }
    }

    /// For a loop, the values passed around it decide; the same for an inner loop.
    #[test]
    fn a_loop_extends_what_enters_it() {
        for (back, inner, extended_params) in [
            ("v7", "v9", vec![2, 5]),
            ("v1", "v9", vec![5]),
            ("v7", "v1", vec![2]),
            ("v2", "v5", vec![2, 5]),
            ("v5", "v2", vec![2, 5]),
        ] {
            let text = format!(
                "function 0 \"f\" (i32) -> () {{
b0(v0: ptr, v1: i32):
  jump -> b1(v1)
b1(v2: i32):
  v3 = zext.i64 v2
  v4 = wrap.i32 v3
  jump -> b2(v1)
b2(v5: i32):
  v6 = zext.i64 v5
  v7 = iadd.i32 v5, v2
  v8 = iadd.i64 v3, v6
  v9 = popcnt.i32 v4
  brif v7 -> b2({inner}), b3()
b3():
  brif v9 -> b1({back}), b4()
b4():
  return
}}
"
            );
            let found: Vec<u32> = extended(&text).into_iter().filter(|v| [2, 5].contains(v)).collect();
            assert_eq!(found, extended_params, "{back}, {inner}");
        }
    }
}
