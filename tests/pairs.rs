//! Tests each operator on the result of each other operator: which operators instruction selection and the rules may combine, and
//! which they must not. The operators and their types come from the decoder and the validator, so that none is forgotten. The
//! interpreter and the compiler have to agree on every pair, for values at edges. With the CPU's own relaxed operators, which the
//! interpreter does not have, the compiler has to agree with itself, with the inner result passed through memory.
//!
//! Each operator is also tested on loads that trap, in `trapping_loads`.

#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]

#[allow(dead_code, reason = "those of tests/accesses.rs, which uses all of it")]
#[path = "accesses/forms.rs"]
mod forms;
#[allow(dead_code, reason = "those of tests/accesses.rs, which uses all of it")]
#[path = "accesses/kinds.rs"]
mod kinds;
mod operators;
#[path = "pairs/trapping_loads.rs"]
mod trapping_loads;

use operators::{TYPES, columns, edge, encoded, instance, on_all_cores};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction as I, MemArg,
    MemArgTarget, MemorySection, MemoryType, TypeSection, ValType as V,
};
use wasmoon::engine::{Config, Mode, Relaxed, Tier};
use wasmoon::module::relaxed::makes_nans;
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::random::Random;
use wasmoon::runtime::store::{Abort, Extern, InstanceId, Store, Trap};
use wasmoon::runtime::trap::TrapCode;
use wasmparser::{Operator, Validator};

const FEATURES: WasmFeatures = WasmFeatures::WASM3.union(WasmFeatures::WIDE_ARITHMETIC);
/// The number of values of each type in a function: operands of the inner operator, operands of the outer one, and one that is
/// kept.
const VALUES: usize = 7;
const INNER: usize = 0;
const OUTER: usize = 4;
const KEPT: usize = 6;
/// The start of the results in memory, after the values; each has as much room as a vector.
const RESULTS: u64 = (TYPES.len() * VALUES * 16) as u64;
/// The start of inner results that are passed through memory.
const HANDED_ON: u64 = 32768;

struct Computation {
    name: String,
    /// The code after the operands.
    code: Vec<u8>,
    operands: Vec<V>,
    result: V,
    /// The width of its results, if these may be NaNs with any bits.
    made_nans: Option<u32>,
}

impl Computation {
    fn may_trap(&self) -> bool {
        let scalar = self.name.starts_with("I32") && !self.name.starts_with("I32x4")
            || self.name.starts_with("I64") && !self.name.starts_with("I64x2");
        let traps = ["Div", "Rem", "Trunc"].iter().any(|part| self.name.contains(part));
        scalar && traps && !self.name.contains("Sat")
    }
}

fn index(ty: V) -> usize {
    TYPES.iter().position(|&other| other == ty).expect("a type of numbers")
}

/// The local that holds the value of a type.
fn local(ty: V, value: usize) -> I<'static> {
    I::LocalGet((index(ty) * VALUES + value) as u32)
}

fn argument(offset: u64) -> MemArg {
    MemArg { offset, align: 0, target: MemArgTarget::Memory(0), ordering: None }
}

/// Accesses the local of a type for the value that is kept.
fn kept(ty: V, access: fn(u32) -> I<'static>) -> I<'static> {
    access((index(ty) * VALUES + KEPT) as u32)
}

/// A function that loads its values, and then executes `body`.
fn function(body: &[u8]) -> Function {
    let mut function = Function::new(TYPES.iter().map(|&ty| (VALUES as u32, ty)));
    for (i, ty) in TYPES.into_iter().enumerate() {
        for value in 0..VALUES {
            for instruction in loaded(ty, ((i * VALUES + value) * 16) as u64) {
                function.instruction(&instruction);
            }
            function.instruction(&I::LocalSet((i * VALUES + value) as u32));
        }
    }
    function.raw(body.iter().copied());
    function.instruction(&I::End);
    function
}

/// Pushes a value from memory.
fn loaded(ty: V, at: u64) -> [I<'static>; 2] {
    let at = argument(at);
    let load = match ty {
        V::I32 => I::I32Load(at),
        V::I64 => I::I64Load(at),
        V::F32 => I::F32Load(at),
        V::F64 => I::F64Load(at),
        _ => I::V128Load(at),
    };
    [I::I32Const(0), load]
}

/// Stores the result of these instructions at a place.
fn stored(value: &[u8], ty: V, place: usize) -> Vec<u8> {
    let at = argument(RESULTS + 16 * place as u64);
    let store = match ty {
        V::I32 => I::I32Store(at),
        V::I64 => I::I64Store(at),
        V::F32 => I::F32Store(at),
        V::F64 => I::F64Store(at),
        _ => I::V128Store(at),
    };
    [&encoded(&I::I32Const(0)), value, &encoded(&store)].concat()
}

/// A module with these bodies, exported by their numbers.
fn module(bodies: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    let (mut types, mut functions, mut exports, mut code) =
        (TypeSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
    let mut memories = MemorySection::new();
    types.ty().function([], []);
    memories.memory(MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None });
    exports.export("memory", ExportKind::Memory, 0);
    for (number, body) in bodies.into_iter().enumerate() {
        functions.function(0);
        exports.export(&number.to_string(), ExportKind::Func, number as u32);
        code.function(&function(&body));
    }
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&functions).section(&memories).section(&exports).section(&code);
    module.finish()
}

fn is_valid(body: Vec<u8>) -> bool {
    Validator::new_with_features(FEATURES).validate_all(&module([body])).is_ok()
}

/// An operator with its types, as found with the validator, once for each result; none if its results are not numeric.
fn typed(name: &str, operator: &Operator<'static>) -> Vec<Computation> {
    let own = encoded(&RoundtripReencoder.instruction(operator.clone()).expect("no references to sections"));
    let made_nans = makes_nans(operator).then_some(if name.starts_with("F32") { 32 } else { 64 });
    let drop = encoded(&I::Drop);
    let lists = (1..5u32).flat_map(|n| {
        (0..TYPES.len().pow(n)).map(move |mut i| {
            let next = |_| {
                let ty = TYPES[i % TYPES.len()];
                i /= TYPES.len();
                ty
            };
            (0..n).map(next).collect::<Vec<V>>()
        })
    });
    for operands in lists {
        let before: Vec<u8> = operands.iter().flat_map(|&ty| encoded(&local(ty, 0))).collect();
        let is_valid = |behind: &[u8]| is_valid([&before, &own, behind].concat());
        let found = |what: &str, behind: &[u8], result: V| Computation {
            name: format!("{operator:?}{what}"),
            code: [&own, behind].concat(),
            operands: operands.clone(),
            result,
            made_nans,
        };
        if is_valid(&drop) {
            let result = TYPES.into_iter().find(|&ty| is_valid(&encoded(&kept(ty, I::LocalSet))));
            return result.map(|ty| found("", &[], ty)).into_iter().collect();
        }
        // With two results, each is taken separately.
        if is_valid(&drop.repeat(2)) {
            let second = [encoded(&kept(V::I64, I::LocalSet)), drop, encoded(&kept(V::I64, I::LocalGet))].concat();
            return vec![found(", low", &encoded(&I::Drop), V::I64), found(", high", &second, V::I64)];
        }
    }
    Vec::new()
}

/// All operators that compute a numeric result from numeric operands.
fn computations() -> Vec<Computation> {
    macro_rules! operators {
        (@value $op:ident) => { vec![Operator::$op] };
        // Lanes that a shape does not have are dropped later, as invalid.
        (@value $op:ident lane) => { [0, 1, 3, 7, 15].map(|lane| Operator::$op { lane }).to_vec() };
        (@value $op:ident lanes) => {
            vec![
                Operator::$op { lanes: [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23] },
                Operator::$op { lanes: [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7] },
                Operator::$op { lanes: [31, 0, 2, 30, 4, 29, 17, 3, 3, 16, 8, 9, 25, 11, 12, 1] },
            ]
        };
        (@value $op:ident $($arg:ident)+) => { Vec::new() };
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            // A function for each operator: one that makes all of them takes long to compile.
            &[$((stringify!($proposal), stringify!($op), || operators!(@value $op $($($arg)*)?))),*]
        };
    }
    const PROPOSALS: [&str; 6] =
        ["mvp", "sign_extension", "saturating_float_to_int", "simd", "relaxed_simd", "wide_arithmetic"];
    type Forms = fn() -> Vec<Operator<'static>>;
    let all: &[(&str, &'static str, Forms)] = wasmparser::for_each_operator!(operators);
    let numeric = |name: &str| ["I", "F", "V128"].iter().any(|prefix| name.starts_with(prefix)) && name != "If";
    let of_interest = all.iter().filter(|(proposal, name, _)| PROPOSALS.contains(proposal) && numeric(name));
    let mut found = Vec::new();
    for (_, name, operators) in of_interest {
        let mut all: Vec<Computation> = operators().iter().flat_map(|operator| typed(name, operator)).collect();
        // Keep only the first and the last lane.
        if name.contains("Lane") && all.len() > 2 {
            all.drain(1..all.len() - 1);
        }
        found.extend(all);
    }
    // Choices by a condition.
    found.extend(TYPES.map(|ty| Computation {
        name: format!("Select of {ty:?}"),
        code: encoded(&I::Select),
        operands: vec![ty, ty, V::I32],
        result: ty,
        made_nans: None,
    }));
    let branches = [I::If(BlockType::Result(V::I64)), I::I64Const(1), I::Else, I::I64Const(2), I::End];
    found.push(Computation {
        name: "If".to_string(),
        code: branches.iter().flat_map(encoded).collect(),
        operands: vec![V::I32],
        result: V::I64,
        made_nans: None,
    });
    found
}

/// The kind of operands other than the inner result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Others {
    Values,
    /// The outer operator shares an operand with the inner one.
    Shared,
    /// The outer operator's other operands are constants.
    Constants,
    /// The inner operator's operands are constants, except for the first.
    InnerConstants,
    /// The outer operator takes the inner result twice.
    Twice,
    /// The outer operator takes two results of the inner one, for different values.
    Both,
}

impl Others {
    const ALL: [Others; 6] =
        [Others::Values, Others::Shared, Others::Constants, Others::InnerConstants, Others::Twice, Others::Both];

    /// Whether these two can be combined this way, which needs other operands.
    fn is_possible(self, inner: &Computation, outer: &Computation, at: usize) -> bool {
        match self {
            Others::Values => true,
            Others::Shared | Others::Constants => outer.operands.len() > 1,
            Others::InnerConstants => inner.operands.len() > 1,
            Others::Twice => at == 0 && outer.operands[1..].contains(&inner.result),
            // Whether the other result is a NaN would be unknown.
            Others::Both => at == 0 && outer.operands[1..].contains(&inner.result) && inner.made_nans.is_none(),
        }
    }
}

fn constant(ty: V, random: &mut Random) -> I<'static> {
    match ty {
        V::I32 => I::I32Const(edge(random, 32) as i32),
        V::I64 => I::I64Const(edge(random, 64) as i64),
        V::F32 => I::F32Const(f32::from_bits(float32(random)).into()),
        V::F64 => I::F64Const(f64::from_bits(float64(random)).into()),
        _ => I::V128Const(vector(random) as i128),
    }
}

/// A number that is hardly ever a NaN or an infinity: these are tested elsewhere, and would hide the effects of other operators.
fn float32(random: &mut Random) -> u32 {
    const EDGES: [f32; 12] =
        [0.0, -0.0, 0.5, 1.0, -1.0, 1.5, 2.5, 255.5, -32769.0, 2_147_483_648.0, 1e-40, 16_777_217.0];
    match random.below(3) {
        0 => EDGES[random.below(12) as usize].to_bits(),
        1 => ((random.next() as i32 >> random.below(31)) as f32 / 8.0).to_bits(),
        _ => (random.next() as u32 & 0x8fff_ffff) | 0x3000_0000,
    }
}

fn float64(random: &mut Random) -> u64 {
    const EDGES: [f64; 12] = [
        0.0,
        -0.0,
        0.5,
        1.0,
        -1.0,
        2.5,
        4_294_967_295.5,
        -2_147_483_649.0,
        9_223_372_036_854_775_808.0,
        1e-310,
        16_777_217.0,
        0.1,
    ];
    match random.below(3) {
        0 => EDGES[random.below(12) as usize].to_bits(),
        1 => ((random.next() as i64 >> random.below(63)) as f64 / 8.0).to_bits(),
        _ => (random.next() & 0x80ff_ffff_ffff_ffff) | 0x3f00_0000_0000_0000,
    }
}

fn vector(random: &mut Random) -> u128 {
    match random.below(6) {
        0 => (0..4).fold(0, |v, i| v | u128::from(float32(random)) << (32 * i)),
        1 => (0..2).fold(0, |v, i| v | u128::from(float64(random)) << (64 * i)),
        2 => (0..16).fold(0, |v, i| v | u128::from(edge(random, 8) as u8) << (8 * i)),
        3 => (0..8).fold(0, |v, i| v | u128::from(edge(random, 16) as u16) << (16 * i)),
        4 => (0..4).fold(0, |v, i| v | u128::from(edge(random, 32) as u32) << (32 * i)),
        _ => u128::from(random.next()) << 64 | u128::from(random.next()),
    }
}

/// The bytes of all values of a function.
fn values(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for ty in TYPES {
        for _ in 0..VALUES {
            let bits = match ty {
                V::I32 => u128::from(edge(random, 32)),
                V::I64 => u128::from(edge(random, 64)),
                V::F32 => u128::from(float32(random)),
                V::F64 => u128::from(float64(random)),
                _ => vector(random),
            };
            bytes.extend(bits.to_le_bytes());
        }
    }
    bytes
}

/// An operator applied to the result of another one, as the operand `at`.
#[derive(Clone, Copy)]
struct Pair<'c> {
    inner: &'c Computation,
    outer: &'c Computation,
    at: usize,
    others: Others,
}

impl Pair<'_> {
    fn name(&self) -> String {
        let Pair { inner, outer, at, others } = self;
        format!("{} of {} as operand {at}, {others:?}", outer.name, inner.name)
    }

    fn inner_code(&self, random: &mut Random) -> Vec<u8> {
        let mut code = Vec::new();
        for (i, &ty) in self.inner.operands.iter().enumerate() {
            let known = i > 0 && self.others == Others::InnerConstants;
            code.extend(encoded(&if known { constant(ty, random) } else { local(ty, INNER + i) }));
        }
        code.extend(&self.inner.code);
        code
    }

    fn code(&self, random: &mut Random) -> Vec<u8> {
        let inner = self.inner_code(random);
        self.outer_code(&inner, random)
    }

    /// As [`Pair::code`], with the inner result taken from memory.
    fn code_apart(&self, random: &mut Random, place: usize) -> Vec<u8> {
        // The outer constants are the random numbers after the inner ones.
        self.inner_code(random);
        let inner = loaded(self.inner.result, HANDED_ON + 16 * place as u64);
        self.outer_code(&inner.iter().flat_map(encoded).collect::<Vec<u8>>(), random)
    }

    fn outer_code(&self, inner: &[u8], random: &mut Random) -> Vec<u8> {
        let mut code = Vec::new();
        for (i, &ty) in self.outer.operands.iter().enumerate() {
            if i == self.at {
                code.extend(inner);
                if self.others == Others::Twice {
                    code.extend(encoded(&kept(ty, I::LocalTee)));
                }
                continue;
            }
            if self.others == Others::Both && ty == self.inner.result {
                for (i, &ty) in self.inner.operands.iter().enumerate() {
                    code.extend(encoded(&local(ty, OUTER + i.min(KEPT - OUTER - 1))));
                }
                code.extend(&self.inner.code);
                continue;
            }
            code.extend(encoded(&match self.others {
                Others::Constants => constant(ty, random),
                Others::Shared => local(ty, INNER),
                Others::Twice if ty == self.inner.result => local(ty, KEPT),
                _ => local(ty, OUTER + i.min(KEPT - OUTER - 1)),
            }));
        }
        code.extend(&self.outer.code);
        code
    }
}

/// An instance whose functions read and write everything in its memory, and are exported by their numbers.
struct Program {
    store: Store,
    instance: InstanceId,
}

impl Program {
    fn new(module: &Arc<Module>, config: &Config) -> Program {
        let (store, instance) = instance(module, config);
        Program { store, instance }
    }

    fn memory(&mut self) -> &mut [u8] {
        let Some(Extern::Memory(memory)) = self.store.export(self.instance, "memory") else { panic!("no memory") };
        self.store.memory_bytes_mut(memory)
    }

    fn run(&mut self, number: usize) -> Result<(), Trap> {
        let Some(Extern::Func(f)) = self.store.export(self.instance, &number.to_string()) else {
            panic!("no function {number}")
        };
        match self.store.call(f, &[]) {
            Ok(_) => Ok(()),
            Err(Abort::Trap(trap)) => Err(trap),
            Err(other) => panic!("{other}"),
        }
    }

    /// Calls a function with these values and passed inner results; returns its results, or the trap.
    fn call(
        &mut self,
        number: usize,
        values: &[u8],
        handed_on: &[u128],
        results: usize,
    ) -> Result<Vec<u128>, TrapCode> {
        let bytes = self.memory();
        bytes[..values.len()].copy_from_slice(values);
        bytes[RESULTS as usize..][..16 * results].fill(0);
        for (place, value) in bytes[HANDED_ON as usize..].as_chunks_mut::<16>().0.iter_mut().zip(handed_on) {
            *place = value.to_le_bytes();
        }
        self.run(number).map_err(|trap| trap.code)?;
        let bytes = &self.memory()[RESULTS as usize..][..16 * results];
        Ok(bytes.as_chunks::<16>().0.iter().map(|bytes| u128::from_le_bytes(*bytes)).collect())
    }
}

fn nan_lanes(bits: u128, width: u32) -> u128 {
    (0..128 / width).fold(0, |mask, lane| {
        let (of_lane, shift) = (u128::MAX >> (128 - width), lane * width);
        let value = (bits >> shift & of_lane) as u64;
        let nan = if width == 32 { f32::from_bits(value as u32).is_nan() } else { f64::from_bits(value).is_nan() };
        if nan { mask | of_lane << shift } else { mask }
    })
}

#[derive(Debug, Default)]
struct Tally {
    pairs: usize,
    compared: usize,
    /// The number of comparisons of results from NaNs, whose bits are unspecified.
    open: usize,
    trapped: usize,
}

/// Compares the pairs that are in one function, by what it stores.
fn compare(batches: &[Vec<Pair<'_>>], seed: u64, relaxed: Relaxed) -> (Tally, Vec<String>) {
    // For each batch, `parts` functions: of the pairs, of the inner operators alone, of the outer ones alone.
    let module = |parts: usize| {
        let bodies = batches.iter().flat_map(|batch| {
            let places = || batch.iter().enumerate();
            // The same constants for all parts.
            let random = |place: usize| Random::new(seed << 32 | place as u64);
            let whole = places().flat_map(|(i, pair)| stored(&pair.code(&mut random(i)), pair.outer.result, i));
            let inner = places().flat_map(|(i, pair)| stored(&pair.inner_code(&mut random(i)), pair.inner.result, i));
            let outer =
                places().flat_map(|(i, pair)| stored(&pair.code_apart(&mut random(i), i), pair.outer.result, i));
            [whole.collect::<Vec<u8>>(), inner.collect(), outer.collect()].into_iter().take(parts)
        });
        Arc::new(Module::new(&module(bodies), FEATURES).expect("valid"))
    };
    let parts = if relaxed == Relaxed::Native { 3 } else { 1 };
    let mut interp = Program::new(&module(2), &Config { mode: Mode::All(Tier::Interp), ..Config::default() });
    let (columns, module) = (columns(relaxed), module(parts));
    let mut jits: Vec<_> = columns.into_iter().map(|(name, config)| (name, Program::new(&module, &config))).collect();
    let mut wrong = Vec::new();
    let random = &mut Random::new(seed);
    let mut tally = Tally { pairs: batches.iter().map(Vec::len).sum(), ..Tally::default() };
    for _ in 0..SETS {
        let values = values(random);
        for (number, batch) in batches.iter().enumerate() {
            let call = |program: &mut Program, number: usize, handed_on: &[u128]| {
                program.call(number, &values, handed_on, batch.len())
            };
            let by_interp = (relaxed == Relaxed::Deterministic)
                .then(|| (call(&mut interp, 2 * number + 1, &[]), call(&mut interp, 2 * number, &[])));
            for (name, jit) in &mut jits {
                let (inner, expected) = by_interp.clone().unwrap_or_else(|| {
                    let inner = call(jit, parts * number + 1, &[]);
                    let outer = |inner: &Vec<u128>| call(jit, parts * number + 2, inner);
                    let expected = inner.as_ref().map_err(|code| *code).and_then(outer);
                    (inner, expected)
                });
                let got = call(jit, parts * number, &[]);
                let (Ok(inner), Ok(expected), Ok(got)) = (&inner, &expected, &got) else {
                    tally.trapped += 1;
                    if expected != got {
                        wrong.push(format!("{}: {expected:?} and {got:?} on {name}", batch[0].name()));
                    }
                    continue;
                };
                for (i, pair) in batch.iter().enumerate() {
                    tally.compared += 1;
                    // The result from a NaN that the inner operator produced is unspecified, too.
                    let handed_on = pair.inner.made_nans.is_some_and(|width| nan_lanes(inner[i], width) != 0);
                    let open = match pair.outer.made_nans {
                        _ if handed_on => u128::MAX,
                        Some(width) => nan_lanes(expected[i], width) & nan_lanes(got[i], width),
                        None => 0,
                    };
                    tally.open += usize::from(open != 0);
                    if (expected[i] ^ got[i]) & !open != 0 {
                        wrong.push(format!("{}: {:#x}, and {:#x} on {name}", pair.name(), expected[i], got[i]));
                    }
                }
            }
        }
    }
    (tally, wrong)
}

/// The number of sets of values for each pair.
const SETS: usize = 6;

/// Compares each pair in each way. With the CPU's own relaxed operators, only pairs that contain one.
fn check(relaxed: Relaxed) -> Tally {
    let all = computations();
    let mut makers: HashMap<V, Vec<&Computation>> = HashMap::new();
    for computation in &all {
        makers.entry(computation.result).or_default().push(computation);
    }
    let mut ways: BTreeMap<Others, usize> = BTreeMap::new();
    let mut modules = Vec::new();
    for (seed, outer) in all.iter().enumerate() {
        let mut batches: Vec<Vec<Pair<'_>>> = Vec::new();
        for (at, ty) in outer.operands.iter().enumerate() {
            let mut batch = Vec::new();
            for inner in &makers[ty] {
                let is_relaxed = |of: &Computation| of.name.contains("Relaxed");
                if relaxed == Relaxed::Native && !is_relaxed(inner) && !is_relaxed(outer) {
                    continue;
                }
                let is_possible = |others: &Others| others.is_possible(inner, outer, at);
                for others in Others::ALL.into_iter().filter(is_possible) {
                    *ways.entry(others).or_default() += 1;
                    let pair = Pair { inner, outer, at, others };
                    if inner.may_trap() || outer.may_trap() {
                        batches.push(vec![pair]);
                    } else {
                        batch.push(pair);
                    }
                }
            }
            batches.extend((!batch.is_empty()).then_some(batch));
        }
        modules.push((seed as u64 + 1, batches));
    }
    let (mut tally, mut wrong) = (Tally::default(), Vec::new());
    for (one, more_wrong) in on_all_cores(&modules, |(seed, batches)| compare(batches, *seed, relaxed)) {
        tally.pairs += one.pairs;
        tally.compared += one.compared;
        tally.open += one.open;
        tally.trapped += one.trapped;
        wrong.extend(more_wrong);
    }
    println!("{} operators, {tally:?}, {ways:?}", all.len());
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(all.len() > 380, "{} operators", all.len());
    assert!(tally.compared > 4 * tally.open, "{tally:?}");
    tally
}

#[test]
fn each_operator_on_the_result_of_each_other_one() {
    let tally = check(Relaxed::Deterministic);
    assert!(tally.pairs > 350_000 && tally.trapped > 1000, "{tally:?}");
}

#[test]
fn relaxed_operators_as_the_cpu_has_them() {
    let tally = check(Relaxed::Native);
    assert!(tally.pairs > 60_000, "{tally:?}");
}
