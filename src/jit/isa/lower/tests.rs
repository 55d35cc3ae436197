//! Properties of lowered code, used by the tests of each CPU.

use super::LowerIsa;
use crate::config::{Config, OptLevel};
use crate::jit::backend::GeneratorOf;
use crate::jit::code::DirectCalls;
use crate::jit::isa::common::{Common, Side};
use crate::jit::pipeline::build;
use crate::jit::pipeline::tests::{PROGRAMS, module};
use crate::module::BodyIndex;
use regalloc2::{OperandKind, RegClass, VReg};
use std::collections::BTreeSet;

/// Counts registers whose values come from outside of the instructions made for a function: parameters, results of calls,
/// arguments of edges. If undefined bits are set to garbage, no 32-bit register among them is read before that is done.
/// (The results of a call that may throw are read as they are, because nothing can follow the call.)
fn count_poisoned<I: LowerIsa>(opt: OptLevel) -> [usize; 3] {
    let options = Config { poison: true, opt, cpu: Some(I::TARGET.baseline()), ..Config::default() };
    let generator = GeneratorOf::<I>::new(&options, 0, DirectCalls::of(&options)).unwrap();
    let mut counts = [0; 3];
    for program in PROGRAMS {
        let module = module(program);
        for body in 0..module.bodies.len() as u32 {
            let vcode = generator.lower(&build(&module, BodyIndex(body), &options).unwrap()).unwrap();
            let is_narrow = |v: &VReg| v.class() == RegClass::Int && vcode.widths[v.vreg()] == 32;
            let mut raw: BTreeSet<usize> = BTreeSet::new();
            for (n, record) in vcode.insts.iter().enumerate() {
                let kind = match I::as_common(&record.inst) {
                    Some(Common::Args) => 0,
                    Some(Common::Call { side }) => match vcode.sides[side as usize] {
                        Side::Call { normal: None, .. } => 1,
                        _ => continue,
                    },
                    _ => continue,
                };
                let defs = vcode.operands_of(n).iter().filter(|op| op.kind() == OperandKind::Def);
                let before = raw.len();
                raw.extend(defs.map(|op| op.vreg()).filter(is_narrow).map(|v| v.vreg()));
                counts[kind] += raw.len() - before;
            }
            let params = vcode.blocks.iter().flat_map(|block| &block.params).copied().filter(is_narrow);
            let before = raw.len();
            raw.extend(params.map(|v| v.vreg()));
            counts[2] += raw.len() - before;
            for (n, record) in vcode.insts.iter().enumerate() {
                let poisons = format!("{:?}", record.inst) == "Poison";
                for operand in vcode.operands_of(n).iter().filter(|op| op.kind() == OperandKind::Use) {
                    assert!(poisons || !raw.contains(&operand.vreg().vreg()), "{:?} reads {operand}", record.inst);
                }
            }
            let args = vcode.blocks.iter().flat_map(|block| block.args.iter().flatten());
            assert!(args.into_iter().all(|v| !raw.contains(&v.vreg())), "an edge hands on what is not poisoned");
        }
    }
    counts
}

/// # Panics
/// If a value from outside is read before it is poisoned, or if too few of them were seen.
pub fn what_comes_from_outside_is_poisoned_before_it_is_read<I: LowerIsa>() {
    for opt in [OptLevel::O0, OptLevel::O2] {
        let counts = count_poisoned::<I>(opt);
        assert!(counts.iter().all(|&n| n > 5), "{opt:?}: {counts:?}");
    }
}

/// # Panics
/// If the second of two loads that may trap is performed first.
pub fn loads_that_may_trap_keep_their_order<I: LowerIsa>() {
    for (ty, load, result, user) in [
        ("i32", "i32.load", "i64", "(i64.mul (i64.extend_i32_s (local.get 3)) (i64.extend_i32_s (local.get 2)))"),
        ("i32", "i32.load8_u", "i64", "(i64.sub (i64.extend_i32_u (local.get 3)) (i64.extend_i32_u (local.get 2)))"),
        ("i32", "i32.load", "i32", "(i32.sub (local.get 3) (local.get 2))"),
        ("i64", "i64.load", "i32", "(i64.lt_s (local.get 3) (local.get 2))"),
        ("f64", "f64.load", "f64", "(f64.div (local.get 3) (local.get 2))"),
        ("f32", "f32.load", "f64", "(f64.sub (f64.promote_f32 (local.get 3)) (f64.promote_f32 (local.get 2)))"),
        ("v128", "v128.load", "v128", "(i32x4.sub (local.get 3) (local.get 2))"),
    ] {
        let loads = format!("(local.set 2 ({load} (local.get 0))) (local.set 3 ({load} (local.get 1)))");
        let text =
            format!("(module (memory 1) (func (param i32 i32) (result {result}) (local {ty} {ty}) {loads} {user}))");
        let module = module(&text);
        let body = module.bodies[0].range.clone();
        let body = wasmparser::BinaryReader::new(&module.bytes[body.clone()], body.start as u64);
        let operators = wasmparser::FunctionBody::new(body).get_operators_reader().unwrap().into_iter_with_offsets();
        let loads = operators.map(Result::unwrap).filter(|(operator, _)| format!("{operator:?}").contains("Load"));
        let loads: Vec<u32> = loads.map(|(_, at)| at as u32).collect();
        assert_eq!(loads.len(), 2, "{text}");
        for opt in [OptLevel::O0, OptLevel::O2] {
            for cpu in I::TARGET.all_levels() {
                let options = Config { opt, cpu: Some(cpu), ..Config::default() };
                let generator = GeneratorOf::<I>::new(&options, 0, DirectCalls::of(&options)).unwrap();
                let vcode = generator.lower(&build(&module, BodyIndex(0), &options).unwrap()).unwrap();
                // An instruction that performs a load for its user has the offset of the load.
                let mut done: Vec<u32> = vcode.insts.iter().map(|record| record.offset).collect();
                done.retain(|at| loads.contains(at));
                done.dedup();
                assert_eq!(done, loads, "{opt:?}, {}: {text}", cpu.name());
            }
        }
    }
}

/// Functions with frames of many sizes: the module, the body, and whether it calls something. Some call another function
/// with so many arguments; the others need so many values at once and call nothing.
pub fn functions_with_frames(
    arguments: impl Iterator<Item = usize>,
    values: impl Iterator<Item = usize>,
) -> Vec<(String, u32, bool)> {
    let calling = |n| {
        let (params, args) = ("i64 ".repeat(n), "(i64.const 0) ".repeat(n));
        (format!("(module (func (param {params})) (func (call 0 {args})))"), 1, true)
    };
    let computing = |n| {
        let made: String =
            (1..n).map(|k| format!("(local.set {k} (i64.mul (local.get {}) (local.get 0)))", k - 1)).collect();
        let used: String = (1..n).map(|k| format!("(local.get {k}) i64.xor ")).collect();
        let body = format!("(local {}) {made} (local.get 0) {used}", "i64 ".repeat(n - 1));
        (format!("(module (func (param i64) (result i64) {body}))"), 0, false)
    };
    arguments.map(calling).chain(values.map(computing)).collect()
}
