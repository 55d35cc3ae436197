//! Checks every fold and every rule separately against the oracle.

use super::super::constant::constant;
use super::super::expr::{Expr, Folded, build};
use super::super::rules::{self, Cond, Match, Pat, Rule, arg_type, candidates};
use super::oracle::{self, Random, edges, is_nan, moves_bits};
use crate::jit::ir::eval_value::evaluate;
use crate::jit::ir::ops::ImmKind;
use crate::jit::ir::{ArgList, FloatCond, Function, Imm, Inst, InstData, IntCond, Op, OpClass, Signature, Type, Value};
use crate::module::FuncType;

const TYPES: [Type; 6] = [Type::I32, Type::I64, Type::F32, Type::F64, Type::Ref32, Type::Ptr];

fn values(ty: Type, random: &mut Random, n: usize) -> Vec<u64> {
    let mut values = edges(ty);
    values.extend((0..n).map(|_| random.value(ty)));
    values
}

/// Returns the result of an operation: two independent implementations, the oracle of these tests and the IR's evaluator,
/// must agree. The evaluator gets garbage in undefined upper halves.
fn oracle(op: Op, ty: Type, imm: Imm, args: &[(Type, u64)]) -> Option<u64> {
    let expected = oracle::oracle(op, ty, imm, args);
    let mut registers = [0x5555_5555_5555_5555; 3];
    for (register, &(ty, bits)) in registers.iter_mut().zip(args) {
        *register = if ty.bytes() == 4 { bits | 0xdead_beef_0000_0000 } else { bits };
    }
    let evaluated = evaluate(op, ty, imm, args[0].0, registers);
    let result = op.result_type(ty).unwrap();
    let same = evaluated == expected
        || matches!((evaluated, expected), (Some(a), Some(b)) if is_nan(result, a) && is_nan(result, b));
    assert!(same, "{}.{} {imm:?} {args:x?}: oracle {expected:x?}, evaluator {evaluated:x?}", op.name(), ty.name());
    expected
}

/// Returns the immediates of a scalar operation.
pub fn conditions(op: Op) -> Vec<Imm> {
    match op.row().imm {
        ImmKind::IntCond => IntCond::ALL.map(Imm::IntCond).to_vec(),
        ImmKind::FloatCond => FloatCond::ALL.map(Imm::FloatCond).to_vec(),
        _ => vec![Imm::None],
    }
}

#[test]
fn constants_agree_with_the_oracle() {
    let mut random = Random(1);
    for &op in Op::ALL.iter().filter(|op| op.class() == OpClass::Compute) {
        for (ty, arg_types) in op.scalar_shapes() {
            for imm in conditions(op) {
                let mut folded = 0;
                let lists: Vec<Vec<u64>> = arg_types.iter().map(|&t| values(t, &mut random, 20)).collect();
                each(&lists, &mut |bits| {
                    let args: Vec<_> = arg_types.iter().copied().zip(bits.iter().copied()).collect();
                    let result = op.result_type(ty).unwrap();
                    let expected = oracle(op, ty, imm, &args);
                    // A NaN is folded only by operations that only change signs or move bits.
                    let expected = expected.filter(|&bits| moves_bits(op) || !is_nan(result, bits));
                    let got = constant(op, ty, imm, &args);
                    assert_eq!(got, expected, "{}.{} {imm:?} {args:x?}", op.name(), ty.name());
                    folded += u32::from(got.is_some());
                });
                assert!(folded > 0, "{}.{} {imm:?} never folds", op.name(), ty.name());
            }
        }
    }
}

/// Calls `then` with each element of the product.
fn each(lists: &[Vec<u64>], then: &mut impl FnMut(&[u64])) {
    fn go(lists: &[Vec<u64>], chosen: &mut Vec<u64>, then: &mut impl FnMut(&[u64])) {
        let Some((first, rest)) = lists.split_first() else { return then(chosen) };
        // With three lists, the long ones are thinned out to keep the product small.
        let step = if lists.len() + chosen.len() > 2 { 3 } else { 1 };
        for &bits in first.iter().step_by(step) {
            chosen.push(bits);
            go(rest, chosen, then);
            chosen.pop();
        }
    }
    go(lists, &mut Vec::new(), then);
}

/// An instance of a rule's pattern: a function that computes it from its parameters.
struct Instance {
    f: Function,
    vars: [Option<Value>; 3],
    consts: [u64; 2],
    used: [bool; 2],
    condition: Imm,
    /// The type used where the pattern leaves it free.
    free: Type,
    root: Type,
}

impl Instance {
    fn new(consts: [u64; 2], condition: Imm, free: Type, root: Type) -> Instance {
        let f = Function::new("rule".into(), 0, Signature { wasm: FuncType::new([], []) });
        Instance { f, vars: [None; 3], consts, used: [false; 2], condition, free, root }
    }

    /// Builds the arguments and the instruction at the root; `None` if the types do not fit.
    fn operation(&mut self, pat: &Pat, ty: Type) -> Option<Inst> {
        let Pat::Op(op, cond, pats) = *pat else { panic!("a rule starts with an operation") };
        let imm = match (cond, self.condition) {
            (Cond::Int(cond), _) => Imm::IntCond(cond),
            (Cond::Any, condition) => condition,
            _ => Imm::None,
        };
        match (op, imm) {
            (Op::ICmp, Imm::IntCond(_)) | (Op::FCmp, Imm::FloatCond(_)) => {}
            (Op::ICmp | Op::FCmp, _) => return None,
            _ => {}
        }
        let mut args = ArgList::new();
        for (i, pat) in pats.iter().enumerate() {
            // A conversion back from the free type goes to the root's type.
            let back = if op == Op::Bitcast && ty == self.free { self.root } else { self.free };
            let ty = arg_type(op, ty, i).unwrap_or(back);
            args.push(self.value(pat, ty)?);
        }
        let types: Vec<Type> = args.iter().map(|&v| self.f.ty(v)).collect();
        if !op.scalar_shapes().contains(&(ty, types)) {
            return None;
        }
        Some(self.f.new_inst(op, ty, imm, args, op.result_type(ty), 0, None))
    }

    fn value(&mut self, pat: &Pat, ty: Type) -> Option<Value> {
        let bits = match *pat {
            Pat::Var(i) => {
                if let Some(value) = self.vars[usize::from(i)] {
                    return (self.f.ty(value) == ty).then_some(value);
                }
                let entry = self.f.entry();
                let value = self.f.add_param(entry, ty);
                self.vars[usize::from(i)] = Some(value);
                return Some(value);
            }
            Pat::Op(op, ..) => {
                let ty = if matches!(op, Op::ICmp | Op::FCmp) { self.free } else { ty };
                let inst = self.operation(pat, ty)?;
                return Some(self.f.result(inst));
            }
            Pat::Const(i) => {
                self.used[usize::from(i)] = true;
                self.consts[usize::from(i)]
            }
            Pat::Lit(lit) => lit as u64,
        };
        let bits = bits & (u64::MAX >> (64 - 8 * ty.bytes()));
        let inst = self.f.new_inst(Op::Const, ty, Imm::Const(bits), ArgList::new(), [ty], 0, None);
        Some(self.f.result(inst))
    }
}

/// Returns the value of `value` if the entry's parameters have these bits; `None` if it is undefined.
fn eval(f: &Function, env: &[(Value, u64)], value: Value) -> Option<u64> {
    if let Some(&(_, bits)) = env.iter().find(|(v, _)| *v == value) {
        return Some(bits);
    }
    let data = f.inst(f.def_inst(value).expect("no parameter"));
    if let Imm::Const(bits) = data.imm {
        return Some(bits);
    }
    let args: Option<Vec<_>> = data.args.iter().map(|&arg| Some((f.ty(arg), eval(f, env, arg)?))).collect();
    oracle(data.op, data.ty, data.imm, &args?)
}

fn eval_expr(f: &Function, env: &[(Value, u64)], expr: &Expr) -> (Type, Option<u64>) {
    match expr {
        Expr::Value(value) => (f.ty(*value), eval(f, env, *value)),
        Expr::Const(ty, bits) => (*ty, Some(*bits)),
        Expr::Inst { op, ty, imm, args } => {
            let args: Vec<_> = args.iter().map(|arg| eval_expr(f, env, arg)).collect();
            let types: Vec<Type> = args.iter().map(|arg| arg.0).collect();
            assert!(op.scalar_shapes().contains(&(*ty, types)), "{expr:?} has wrong types");
            let args: Option<Vec<_>> = args.into_iter().map(|(ty, bits)| Some((ty, bits?))).collect();
            (op.result_type(*ty).unwrap(), args.and_then(|args| oracle(*op, *ty, *imm, &args)))
        }
    }
}

/// Returns how often a rule fired on instances of its pattern at a type; each instance is checked against the oracle on
/// many inputs.
fn check(rule: &Rule, ty: Type, random: &mut Random) -> usize {
    let mut fired = 0;
    let conditions: Vec<Imm> =
        IntCond::ALL.map(Imm::IntCond).into_iter().chain(FloatCond::ALL.map(Imm::FloatCond)).collect();
    let conditional = format!("{:?}", rule.pattern).contains("Any");
    for &condition in if conditional { &conditions[..] } else { &conditions[..1] } {
        for free in TYPES {
            let probe = {
                let mut probe = Instance::new([0; 2], condition, free, ty);
                if probe.operation(&rule.pattern, ty).is_none() {
                    continue;
                }
                probe
            };
            // Constants have the integer width in all rules except those on floats.
            let pool = |used: bool| {
                if used { values(if ty == Type::Ptr { Type::I64 } else { ty }, &mut Random(7), 6) } else { vec![0] }
            };
            let lists = [pool(probe.used[0]), pool(probe.used[1])];
            let mut here = 0;
            for &c in &lists[0] {
                for &d in &lists[1] {
                    // After many constants, a few inputs suffice.
                    let step = if here < 20 { 2 } else { 11 };
                    let fires = check_instance(rule, ty, condition, free, [c, d], step, random);
                    if fires && here == 0 {
                        check_neighbours(rule, Instance::new([c, d], condition, free, ty), ty);
                    }
                    here += usize::from(fires);
                }
            }
            fired += here;
        }
    }
    fired
}

fn check_instance(
    rule: &Rule,
    ty: Type,
    condition: Imm,
    free: Type,
    consts: [u64; 2],
    step: usize,
    random: &mut Random,
) -> bool {
    let mut instance = Instance::new(consts, condition, free, ty);
    let root = instance.operation(&rule.pattern, ty).expect("the probe had types");
    let (f, vars) = (&instance.f, instance.vars);
    let data = f.inst(root);
    let Some(folded) = Match::apply(f, rule, data.op, data.ty, data.imm, &data.args) else { return false };
    let mut candidates = candidates(f, data.op, data.ty, data.imm, &data.args);
    let listed = rules::all().any(|known| known.name == rule.name);
    assert!(!listed || candidates.any(|known| known.name == rule.name), "{}: passed over, and matches", rule.name);
    let expr = match folded {
        Folded::Const(ty, bits) => Expr::Const(ty, bits),
        Folded::Value(value) => Expr::Value(value),
        Folded::Inst(expr) => expr,
        Folded::Vector(_) => panic!("{}: no rule is about vectors", rule.name),
        Folded::None => panic!("{}: matched and answered nothing", rule.name),
    };
    let vars: Vec<Value> = vars.into_iter().flatten().collect();
    let lists: Vec<Vec<u64>> = vars
        .iter()
        .map(|&v| {
            let all = values(f.ty(v), random, 8);
            if vars.len() > 1 || step > 2 { all.into_iter().step_by(step).collect() } else { all }
        })
        .collect();
    each(&lists, &mut |bits| {
        let env: Vec<_> = vars.iter().copied().zip(bits.iter().copied()).collect();
        // Where the pattern is undefined, any result is correct.
        let Some(expected) = eval(f, &env, f.result(root)) else { return };
        let (ty, got) = eval_expr(f, &env, &expr);
        assert_eq!(ty, f.ty(f.result(root)), "{}: type of {expr:?}", rule.name);
        let got = got.unwrap_or_else(|| panic!("{}: {expr:?} is undefined for {bits:x?}", rule.name));
        let same = got == expected || is_nan(ty, got) && is_nan(ty, expected);
        assert!(
            same,
            "{}.{}: {bits:x?} consts {consts:x?}: {expected:x}, but {expr:?} is {got:x}",
            rule.name,
            ty.name()
        );
    });
    true
}

/// Checks that a pattern no longer matches `instance`, which it does match, if any of the operations is replaced by
/// another one of the same types. Returns the number of such replacements.
fn check_neighbours(rule: &Rule, mut instance: Instance, ty: Type) -> usize {
    let root = instance.operation(&rule.pattern, ty).expect("it matches");
    let f = &mut instance.f;
    let mut others = 0;
    for inst in (0..f.insts.len() as u32).map(Inst) {
        let data = f.inst(inst).clone();
        let shape = (data.ty, data.args.iter().map(|&arg| f.ty(arg)).collect());
        let is_neighbour = |op: &Op| {
            *op != data.op
                && op.result_type(data.ty) == data.op.result_type(data.ty)
                && op.imm_kind(data.ty) == data.op.imm_kind(data.ty)
                && op.scalar_shapes().contains(&shape)
        };
        for other in Op::ALL.iter().copied().filter(is_neighbour) {
            f.insts[inst.index()].op = other;
            let InstData { op, ty, imm, args, .. } = f.inst(root).clone();
            let matched = Match::apply(f, rule, op, ty, imm, &args);
            assert!(matched.is_none(), "{}: {} in place of {}", rule.name, other.name(), data.op.name());
            others += 1;
        }
        f.insts[inst.index()].op = data.op;
    }
    others
}

/// The operation at the root has neighbours, and so have those below it.
#[test]
fn operations_have_neighbours() {
    for (name, least) in [("iadd_zero", 5), ("iadd_neg_left", 10)] {
        let rule = rules::all().find(|rule| rule.name == name).expect("a rule of this name");
        assert!(check_neighbours(rule, Instance::new([1; 2], Imm::None, Type::I32, Type::I32), Type::I32) >= least);
    }
}

#[test]
fn every_rule_fires_and_is_right() {
    let mut random = Random(2);
    for rule in rules::all() {
        for &ty in rule.types {
            assert!(check(rule, ty, &mut random) > 0, "{} never fires at {}", rule.name, ty.name());
        }
    }
}

/// A word may be a reference. No rule matches a reference, because the replacement would not verify.
#[test]
fn rules_are_not_about_references() {
    let mut seen = 0;
    for rule in rules::all() {
        for &ty in rule.types {
            for condition in IntCond::ALL.map(Imm::IntCond) {
                for c in [0, 1, 0xffff_ffff, u64::MAX] {
                    let mut instance = Instance::new([c, 0], condition, Type::I32, ty);
                    let Some(root) = instance.operation(&rule.pattern, ty) else { continue };
                    let matched = |f: &Function| {
                        let InstData { op, ty, imm, args, .. } = f.inst(root).clone();
                        Match::apply(f, rule, op, ty, imm, &args).is_some()
                    };
                    if !matched(&instance.f) {
                        continue;
                    }
                    let words = instance.f.insts.iter().filter(|data| data.op == Op::ZExt).map(|data| data.args[0]);
                    for word in words.collect::<Vec<_>>() {
                        let f = &mut instance.f;
                        f.values[word.index()].ty = Type::Ref32;
                        assert!(!matched(f), "{}: {word} is a reference\n{f}", rule.name);
                        f.values[word.index()].ty = Type::I32;
                        seen += 1;
                    }
                }
            }
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn rule_names_are_unique() {
    let mut names: Vec<_> = rules::all().map(|rule| rule.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}

/// The same check must catch a wrong rule.
#[test]
#[should_panic(expected = "wrong_shift")]
fn a_wrong_rule_is_caught() {
    let rule = Rule {
        name: "wrong_shift",
        types: &[Type::I32],
        pattern: Pat::Op(Op::Shl, Cond::None, &[Pat::Var(0), Pat::Const(0)]),
        replacement: super::super::rules::Rhs::Lit(0),
        when: Some(|m| m.c >= 32),
        computed: [None, None],
        source: ["m.c >= 32", "", ""],
    };
    check(&rule, Type::I32, &mut Random(3));
}

/// The result of folding is itself folded when it is built: this must terminate.
#[test]
fn folding_ends() {
    fn settle(f: &mut Function, expr: &Expr, steps: &mut u32) -> Value {
        build(expr, &mut |op, ty, imm, args| {
            *steps += 1;
            assert!(*steps < 100, "folding never ends at {}", op.name());
            match super::super::fold::fold(f, op, ty, imm, &args) {
                Folded::Value(value) => value,
                Folded::Const(ty, bits) => {
                    let inst = f.new_inst(Op::Const, ty, Imm::Const(bits), ArgList::new(), [ty], 0, None);
                    f.result(inst)
                }
                Folded::Inst(expr) => settle(f, &expr, steps),
                Folded::Vector(_) => unreachable!("no rule makes vectors"),
                Folded::None => {
                    let inst = f.new_inst(op, ty, imm, args, op.result_type(ty), 0, None);
                    f.result(inst)
                }
            }
        })
    }
    for rule in rules::all() {
        for &ty in rule.types {
            for consts in [[0, 0], [1, 31], [8, 24], [16, 16], [24, 24], [32, 32], [0xff, 3], [u64::MAX, u64::MAX]] {
                for free in TYPES {
                    for condition in IntCond::ALL.map(Imm::IntCond) {
                        let mut instance = Instance::new(consts, condition, free, ty);
                        let Some(root) = instance.operation(&rule.pattern, ty) else { continue };
                        let data = instance.f.inst(root).clone();
                        let folded = super::super::fold::fold(&instance.f, data.op, data.ty, data.imm, &data.args);
                        if let Folded::Inst(expr) = folded {
                            settle(&mut instance.f, &expr, &mut 0);
                        }
                    }
                }
            }
        }
    }
}
