//! Executes random functions before and after each pass: every observable effect must stay the same.

use super::super::edit::remove_unreachable;
use super::super::{Construct, PASSES};
use super::exec::{End, run};
use super::fold::conditions;
use super::oracle::{Random, edges};
use crate::config::{Config, OptLevel};
use crate::jit::ir::builder::{Builder, Simplifier};
use crate::jit::ir::verify::verify;
use crate::jit::ir::{
    Access, Block, Effect, Function, Imm, IntCond, Op, OpClass, Region, Signature, Target, Type, Value,
};
use crate::module::{FuncType, ValType};
use crate::runtime::heap::layout::OBJECT_TYPE;
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const PARAMS: [ValType; 6] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::I32, ValType::I64];
const RESULTS: [ValType; 4] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];
/// The types of values in random programs.
pub const TYPES: [Type; 4] = [Type::I32, Type::I64, Type::F32, Type::F64];

const PROGRAMS: u64 = 400;

/// Operations that may occur anywhere: they compute numbers and are defined for all operands. Comparisons and selects are
/// listed three times, because programs have more of them.
static COMPUTED: LazyLock<Vec<Op>> = LazyLock::new(|| {
    let number = |ty: &Type| TYPES.contains(ty);
    let computes = |op: &Op| {
        let numbers = |(ty, args): &(Type, Vec<Type>)| number(ty) && args.iter().all(number);
        op.class() == OpClass::Compute && op.effect() == Effect::Pure && op.scalar_shapes().iter().any(numbers)
    };
    let all = Op::ALL.iter().copied().filter(computes);
    all.chain([Op::ICmp, Op::Select, Op::ICmp, Op::Select]).collect()
});

type Request = (Op, Type, Imm, Vec<Value>);

struct ProgramGenerator<'s> {
    random: Random,
    b: Builder<'s>,
    /// The values that may be used at this point.
    env: Vec<Value>,
    /// The request for each value of `env` that was a single pure instruction. (Not its folded form: the same function
    /// must be generated with and without folding.)
    asked: Vec<Option<Request>>,
    budget: usize,
    /// A block that only returns, mostly its own parameters. Code that ends the function may jump there.
    exit: Block,
}

/// Returns a random function with structured control flow; the simplifier, if any, folds while it is built.
fn generate(seed: u64, simplifier: Option<&mut dyn Simplifier>) -> Function {
    // A function with few results returns in more places.
    let results = 1 + seed as usize % TYPES.len();
    let signature = Signature { wasm: FuncType::new(PARAMS, RESULTS[..results].iter().copied()) };
    let f = Function::new(format!("random{seed}"), 0, signature);
    let env = f.blocks[f.entry().index()].params.clone();
    let params = env.clone();
    let mut b = Builder::new(f, simplifier);
    let exit = b.create_block();
    TYPES[..results].iter().for_each(|&ty| _ = b.add_param(exit, ty));
    let mut g = ProgramGenerator { random: Random(seed), b, asked: vec![None; env.len()], env, budget: 60, exit };
    g.statements(3);
    let results = g.results();
    g.b.jump(exit, &results);
    g.b.switch_to(exit);
    let passed = g.b.func.blocks[exit.index()].params.clone();
    let results: Vec<Value> = passed
        .into_iter()
        .map(|value| {
            let of_type = |other: &Value| g.b.func.ty(*other) == g.b.func.ty(value);
            let param = params.iter().copied().find(of_type).expect("of each type");
            if g.random.below(4) == 0 { param } else { value }
        })
        .collect();
    g.b.ret(&results);
    g.b.finish()
}

impl ProgramGenerator<'_> {
    /// Some value of a type: an existing value or a constant.
    fn value(&mut self, ty: Type) -> Value {
        let there: Vec<Value> = self.env.iter().copied().filter(|&v| self.b.ty(v) == ty).collect();
        if !there.is_empty() && self.random.below(4) != 0 {
            // The newest values are the most interesting.
            let back = self.random.below(there.len().min(8));
            return there[there.len() - 1 - back];
        }
        let edges = edges(ty);
        let bits = if self.random.below(3) == 0 { self.random.value(ty) } else { self.random.pick(&edges) };
        self.b.constant(ty, bits)
    }

    fn statements(&mut self, depth: u32) {
        for _ in 0..3 + self.random.below(8) {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            match self.random.below(if depth > 0 { 25 } else { 21 }) {
                0..=9 => self.operation(),
                10 => self.division(),
                11 | 12 => self.load(),
                13 => self.store(),
                14 | 15 => self.heap(),
                16 => self.check(),
                17 | 18 => self.repeat(),
                19 => self.call(),
                20 => self.reference(),
                21 | 22 => self.branch(depth - 1),
                23 => self.table(depth - 1),
                _ => self.cycle(depth - 1),
            }
        }
    }

    fn operation(&mut self) {
        let op = self.random.pick(&COMPUTED);
        let scalar = |t: &Type| TYPES.contains(t);
        let shapes: Vec<_> =
            op.scalar_shapes().into_iter().filter(|(t, args)| scalar(t) && args.iter().all(scalar)).collect();
        let (ty, types) = shapes[self.random.below(shapes.len())].clone();
        let imm = self.random.pick(&conditions(op));
        let args: Vec<Value> = types.into_iter().map(|ty| self.value(ty)).collect();
        self.ask(op, ty, imm, args);
    }

    fn ask(&mut self, op: Op, ty: Type, imm: Imm, args: Vec<Value>) {
        let value = self.b.ins(op, ty, imm, &args);
        self.env.push(value);
        self.asked.push(Some((op, ty, imm, args)));
    }

    fn push(&mut self, value: Value) {
        self.env.push(value);
        self.asked.push(None);
    }

    fn truncate(&mut self, len: usize) {
        self.env.truncate(len);
        self.asked.truncate(len);
    }

    /// Generates a division with its checks.
    fn division(&mut self) {
        let ty = self.random.pick(&[Type::I32, Type::I64]);
        let op = self.random.pick(&[Op::SDiv, Op::UDiv, Op::SRem, Op::URem]);
        let (x, y) = (self.value(ty), self.value(ty));
        self.b.trapz_of(ty, y);
        if op == Op::SDiv {
            let (min, ones) = (self.b.constant(ty, 1 << (ty.bytes() * 8 - 1)), self.b.constant(ty, u64::MAX));
            let least = self.b.icmp(IntCond::Eq, x, min);
            let minus = self.b.icmp(IntCond::Eq, y, ones);
            let both = self.b.binary(Op::And, least, minus);
            self.b.trapnz(both, TrapCode::IntegerOverflow, None);
        }
        self.ask(op, ty, Imm::None, vec![x, y]);
    }

    /// A field reached from the context, immutable or not, or a field of one of two objects (it is not known which).
    fn place(&mut self) -> (Value, i32, Region, Type) {
        let ctx = self.b.ctx();
        if self.random.below(3) == 0 {
            let (value, one, twelve) = (self.value(Type::I32), self.b.i32(1), self.b.i64(12));
            let which = match self.random.below(3) {
                0 => one,
                1 => self.b.i32(0),
                _ => self.b.binary(Op::And, value, one),
            };
            let which = self.b.convert(Op::ZExt, Type::I64, which);
            let distance = self.b.binary(Op::Shl, which, twelve);
            let object = self.b.binary(Op::IAdd, ctx, distance);
            let ty = self.random.pick(&TYPES);
            let offset = 0x2000 + 0x40 * ty as i32 + 8 * self.random.below(2) as i32;
            return (object, offset, Region::StructField(offset as u32, ty), ty);
        }
        let base = if self.random.below(2) == 0 { ctx } else { self.b.load(Type::Ptr, ctx, 8, Region::Immutable) };
        let ty = self.random.pick(&TYPES);
        // Places overlap only if their types are equal; two indices share a place, as imported globals may.
        let offset = 0x100 + 0x40 * ty as i32 + 8 * self.random.below(2) as i32;
        (base, offset, Region::Global(self.random.below(2) as u32, ty), ty)
    }

    fn load(&mut self) {
        let (base, offset, region, ty) = self.place();
        let value = match self.random.below(4) {
            0 => self.b.load(Type::I64, base, 16, Region::MemoryLen(0)),
            1 => self.b.load(Type::I32, base, 24, Region::Immutable),
            _ => self.b.load(ty, base, offset, region),
        };
        self.push(value);
    }

    fn store(&mut self) {
        let (base, offset, region, ty) = self.place();
        let value = self.value(ty);
        self.b.store(value, base, offset, region);
    }

    fn heap(&mut self) {
        let base = self.b.load(Type::Ptr, self.b.ctx(), 0, Region::Immutable);
        let index = self.value(Type::I32);
        // Mostly in bounds.
        let index = if self.random.below(8) == 0 {
            index
        } else {
            let mask = self.b.i32(0x1f);
            self.b.binary(Op::And, index, mask)
        };
        let index = self.b.convert(Op::ZExt, Type::I64, index);
        let ty = self.random.pick(&TYPES);
        let access = match ty {
            Type::I32 => self.random.pick(&[Access::Full, Access::S8, Access::U8, Access::S16, Access::U16]),
            Type::I64 => self.random.pick(&[Access::Full, Access::U8, Access::S32, Access::U32]),
            _ => Access::Full,
        };
        let imm = Imm::Heap { offset: self.random.pick(&[0, 0, 4, 8]), access, memory: 0, guard: true };
        if self.random.below(2) == 0 {
            let value = self.value(ty);
            self.b.effect(Op::HeapStore, ty, imm, &[value, base, index]);
        }
        if self.random.below(2) == 0 {
            self.ask(Op::HeapLoad, ty, imm, vec![base, index]);
        }
    }

    /// Generates a check that seldom fails, sometimes twice.
    fn check(&mut self) {
        let (ty, rare) = (Type::I32, self.b.i32(0xdead_beef));
        let value = self.value(ty);
        let cond = self.b.icmp(IntCond::Eq, value, rare);
        let detail = (self.random.below(2) == 0).then(|| self.value(Type::I64));
        // The second check is known to pass.
        let times = 1 + u64::from(self.random.below(4) == 0);
        if self.random.below(2) == 0 {
            (0..times).for_each(|_| self.b.trapnz(cond, TrapCode::Unreachable, detail));
        } else {
            let zero = self.b.i32(0);
            let cond = self.b.icmp(IntCond::Eq, cond, zero);
            (0..times).for_each(|_| self.b.trapz(cond, TrapCode::Unreachable, detail));
        }
    }

    /// Generates a read that is safe only because of the check before it: of the function that an immutable global refers
    /// to, or of a header.
    fn reference(&mut self) {
        let ctx = self.b.ctx();
        if self.random.below(2) == 0 {
            let global = self.b.load(Type::Ptr, ctx, 0x300 + 8 * self.random.below(4) as i32, Region::ImmutableGlobal);
            let null = self.b.constant(Type::Ptr, 0);
            let is_null = self.b.icmp(IntCond::Eq, global, null);
            self.b.trapnz(is_null, TrapCode::NullReference, None);
            let value = self.b.load(Type::I32, global, 32, Region::Immutable);
            return self.push(value);
        }
        let (bits, for_null, one) = (self.value(Type::I32), self.value(Type::I32), self.b.i32(1));
        let i31 = self.random.below(2) == 0;
        if !i31 {
            let is_i31 = self.b.binary(Op::And, bits, one);
            self.b.trapnz(is_i31, TrapCode::CastFailure, None);
        }
        let base = self.b.load(Type::Ptr, ctx, 0, Region::Immutable);
        let (reference, offset) =
            (self.b.convert(Op::Bitcast, Type::Ref32, bits), self.b.convert(Op::ZExt, Type::I64, bits));
        let address = self.b.binary(Op::IAdd, base, offset);
        let imm = Imm::Header { offset: OBJECT_TYPE, i31 };
        let value = self.b.ins(Op::Header, Type::I32, imm, &[for_null, reference, address]);
        self.push(value);
    }

    /// Repeats an existing instruction.
    fn repeat(&mut self) {
        let back = self.random.below(self.env.len().min(6));
        if let Some((op, ty, imm, args)) = self.asked[self.env.len() - 1 - back].clone() {
            self.ask(op, ty, imm, args);
        }
    }

    fn call(&mut self) {
        match self.random.below(3) {
            0 => {
                let (memory, delta) = (self.b.i32(0), self.value(Type::I32));
                self.b.libcall(Libcall::MemoryGrow, &[memory, delta]);
            }
            1 => {
                let args = [self.b.i32(0), self.value(Type::I32), self.value(Type::I32), self.value(Type::I32)];
                self.b.libcall(Libcall::MemoryFill, &args);
            }
            _ => {
                let sig = self.b.signature(&FuncType::new([ValType::I32, ValType::F64], [ValType::I64, ValType::I32]));
                let args = [self.value(Type::I32), self.value(Type::F64)].into_iter().collect();
                let inst = self.b.call(Op::Call, Imm::Func { func: 1, sig }, args, None);
                let results = self.b.func.results(inst);
                results.for_each(|value| self.push(value));
            }
        }
    }

    fn condition(&mut self) -> Value {
        if self.random.below(3) == 0 {
            return self.value(Type::I32);
        }
        let (x, y) = (self.value(Type::I32), self.value(Type::I32));
        let cond = self.random.pick(&IntCond::ALL);
        self.b.icmp(cond, x, y)
    }

    /// Values that the function may return.
    fn results(&mut self) -> Vec<Value> {
        let passed = self.b.func.blocks[self.exit.index()].params.len();
        TYPES[..passed].iter().map(|&ty| self.value(ty)).collect()
    }

    /// Generates an arm that either jumps to `join` with arguments for its parameters or leaves the function.
    fn arm(&mut self, depth: u32, join: Block, types: &[Type]) {
        let outer = self.env.len();
        if self.random.below(3) != 0 {
            self.statements(depth);
        }
        match self.random.below(10) {
            0 => {
                let results = self.results();
                if self.random.below(2) == 0 {
                    self.b.ret(&results);
                } else {
                    self.b.jump(self.exit, &results);
                }
            }
            1 => {
                self.b.trap(TrapCode::Unreachable, None);
            }
            _ => {
                let args: Vec<Value> = types.iter().map(|&ty| self.value(ty)).collect();
                self.b.jump(join, &args);
            }
        }
        self.truncate(outer);
    }

    fn join(&mut self) -> (Block, Vec<Type>) {
        let join = self.b.create_block();
        let types: Vec<Type> = (0..self.random.below(3)).map(|_| self.random.pick(&TYPES)).collect();
        for &ty in &types {
            self.b.add_param(join, ty);
        }
        (join, types)
    }

    fn enter(&mut self, block: Block) {
        self.b.switch_to(block);
        let params = self.b.func.blocks[block.index()].params.clone();
        params.into_iter().for_each(|param| self.push(param));
    }

    fn branch(&mut self, depth: u32) {
        let (then, or) = (self.b.create_block(), self.b.create_block());
        let (join, types) = self.join();
        let cond = self.condition();
        self.b.brif(cond, then, &[], or, &[]);
        for block in [then, or] {
            self.b.switch_to(block);
            self.arm(depth, join, &types);
        }
        self.enter(join);
    }

    fn table(&mut self, depth: u32) {
        let (join, types) = self.join();
        let arms: Vec<Block> = (0..3).map(|_| self.b.create_block()).collect();
        let index = self.value(Type::I32);
        let targets = arms.iter().chain([&arms[0]]).map(|&block| Target { block, args: Vec::new() }).collect();
        self.b.br_table(index, targets);
        for block in arms {
            self.b.switch_to(block);
            self.arm(depth, join, &types);
        }
        self.enter(join);
    }

    /// Generates a loop that runs a few times.
    fn cycle(&mut self, depth: u32) {
        let (header, types) = self.join();
        let counter = self.b.add_param(header, Type::I32);
        let times = self.random.below(4) as u32 + 1;
        let times = self.b.i32(times);
        let mut args: Vec<Value> = types.iter().map(|&ty| self.value(ty)).collect();
        args.push(times);
        self.b.jump(header, &args);
        let outer = self.env.len();
        self.enter(header);
        // If a loop could overwrite its counter, it would be endless.
        self.env.pop();
        self.asked.pop();
        self.b.effect(Op::Poll, Type::I32, Imm::None, &[]);
        self.statements(depth);
        let mut args: Vec<Value> = types.iter().map(|&ty| self.value(ty)).collect();
        let one = self.b.i32(1);
        let rest = self.b.binary(Op::ISub, counter, one);
        args.push(rest);
        let exit = self.b.create_block();
        self.b.brif(rest, header, &args, exit, &[]);
        self.b.switch_to(exit);
        // Values computed in the body are still available after the loop; half of them are enough.
        let keep = outer + (self.env.len() - outer) / 2;
        self.truncate(keep);
    }
}

impl Builder<'_> {
    /// The check for a divisor.
    fn trapz_of(&mut self, ty: Type, divisor: Value) {
        let zero = self.constant(ty, 0);
        let cond = self.icmp(IntCond::Ne, divisor, zero);
        self.trapz(cond, TrapCode::IntegerDivideByZero, None);
    }
}

fn inputs(random: &mut Random) -> Vec<Vec<u64>> {
    (0..6)
        .map(|_| {
            PARAMS
                .iter()
                .map(|&ty| {
                    let ty = Type::of(ty);
                    if random.below(4) == 0 { random.value(ty) } else { random.pick(&edges(ty)) }
                })
                .collect()
        })
        .collect()
}

/// The operations that occur in the programs of this module.
pub fn operations() -> BTreeSet<Op> {
    (0..PROGRAMS).flat_map(|seed| generate(seed, None).insts.into_iter().map(|data| data.op)).collect()
}

#[test]
fn passes_preserve_random_functions() {
    let mut ends = [0; 3];
    let mut changes: Vec<(&str, u64)> = PASSES.iter().map(|pass| (pass.name, 0)).collect();
    for seed in 0..PROGRAMS {
        let original = generate(seed, None);
        verify(&original).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{original}"));
        let inputs = inputs(&mut Random(seed));
        let expected: Vec<_> = inputs.iter().map(|args| run(&original, args)).collect();
        for outcome in &expected {
            match outcome.end {
                End::Return(_) => ends[0] += 1,
                End::Trap(..) => ends[1] += 1,
                End::OutOfSteps => ends[2] += 1,
                End::Undefined(ref what) => panic!("seed {seed}: undefined {what}"),
            }
        }
        let check = |f: &Function, what: &str| {
            for (args, expected) in inputs.iter().zip(&expected) {
                // A function that needed too many steps may need fewer now.
                if expected.end != End::OutOfSteps {
                    let got = run(f, args);
                    assert_eq!(
                        got, *expected,
                        "seed {seed} after {what} on {args:x?}\nbefore:\n{original}\nafter:\n{f}"
                    );
                }
            }
        };
        let mut construct = Construct::default();
        let folded = generate(seed, Some(&mut construct));
        verify(&folded).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{folded}"));
        check(&folded, "construction");
        // Each pass alone, then the levels.
        for (pass, (_, sum)) in PASSES.iter().zip(&mut changes) {
            let mut f = original.clone();
            let config = Config {
                opt: OptLevel::O0,
                passes: Some(vec![pass.name.to_string()]),
                verify: true,
                ..Config::default()
            };
            let stats = super::super::run(&mut f, &config, &mut |name, f| check(f, name));
            *sum += stats.unwrap_or_else(|e| panic!("seed {seed}: {e}\n{f}")).changes[0].1;
        }
        for level in [OptLevel::O1, OptLevel::O2] {
            for source in [&original, &folded] {
                let mut f = source.clone();
                let config = Config { opt: level, verify: true, ..Config::default() };
                super::super::run(&mut f, &config, &mut |name, f| check(f, &format!("{level:?} {name}")))
                    .unwrap_or_else(|e| panic!("seed {seed}: {e}\n{f}"));
            }
        }
    }
    assert!(ends[0] > 500 && ends[1] > 200 && ends[2] < 50, "returns, traps, endless: {ends:?}");
    for (name, sum) in changes {
        assert!(sum > 50, "pass {name} changed only {sum} things");
    }
}

/// A pass reports changes if it made some, and asks for permission before each one: if refused, it leaves the function as
/// it is; if granted a number of changes, it makes that many. (Preheaders are made before anything moves into them.)
#[test]
fn each_change_is_counted_and_may_be_refused() {
    // The largest limit with which changes are counted.
    const MANY: u64 = u64::MAX / 2;
    let mut limited = 0;
    for seed in 0..80 {
        let mut original = generate(seed, None);
        remove_unreachable(&mut original);
        for pass in PASSES {
            let after = |granted: u64| {
                let mut f = original.clone();
                f.rewrites_left = granted;
                let count = (pass.run)(&mut f);
                verify(&f).unwrap_or_else(|e| panic!("seed {seed}, {}, {granted} changes: {e}\n{f}", pass.name));
                (count, granted - f.rewrites_left, f.to_string())
            };
            let (moves, before) = (pass.name == "licm", original.to_string());
            let (count, made, text) = after(MANY);
            assert_eq!((count, text.clone()), (after(u64::MAX).0, after(u64::MAX).2), "seed {seed}, {}", pass.name);
            if moves {
                assert_eq!((count, after(0).0), (made, 0), "seed {seed}");
            } else {
                assert_eq!(count > 0, text != before, "seed {seed}, {}", pass.name);
                assert_eq!(made > 0, text != before, "seed {seed}, {}", pass.name);
                assert_eq!((after(0).0, after(0).2), (0, before), "seed {seed}, {}", pass.name);
            }
            for granted in [1, made / 2, made - made.min(1)].into_iter().filter(|granted| (1..made).contains(granted)) {
                assert_eq!(after(granted).1, granted, "seed {seed}, {}", pass.name);
                limited += 1;
            }
            assert_eq!(after(made), (count, made, text), "seed {seed}, {}", pass.name);
        }
    }
    assert!(limited > 500, "{limited}");
}

#[test]
fn passes_are_deterministic() {
    for seed in 0..20 {
        let optimized = || {
            let mut f = generate(seed, Some(&mut Construct::default()));
            let config = Config { opt: OptLevel::O2, verify: false, ..Config::default() };
            super::super::run(&mut f, &config, &mut |_, _| {}).unwrap();
            f.to_string()
        };
        assert_eq!(optimized(), optimized());
    }
}

/// The comparison in this module must detect a wrong change: one that swaps the arms of a select.
#[test]
fn a_wrong_change_is_seen() {
    let mut seen = 0;
    for seed in 0..600 {
        let original = generate(seed, None);
        let mut wrong = original.clone();
        let Some(inst) = wrong.insts.iter().position(|data| data.op == Op::Select) else { continue };
        wrong.insts[inst].args.swap(1, 2);
        seen += u32::from(inputs(&mut Random(seed)).iter().any(|args| run(&original, args) != run(&wrong, args)));
    }
    assert!(seen > 5, "{seen}");
}
