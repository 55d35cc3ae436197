//! Each operator that accesses memory, at addresses of each form, in memories of each kind, several in one function: what selection
//! makes of an address, which checks of bounds it leaves out because another access was checked before, and what a displacement
//! must not be. The operators and their types are those of the decoder and the validator. The interpreter and the compiler have to
//! agree on results, on traps, and on what is in memory after them.

#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]

mod operators;

use operators::{TYPES, columns, edge, encoded};
use std::collections::BTreeMap;
use std::sync::Arc;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction as I, MemorySection,
    MemoryType, TypeSection, ValType as V,
};
use wasmoon::engine::{Config, Engine, Mode, Relaxed, Tier};
use wasmoon::module::{Module, features};
use wasmoon::random::Random;
use wasmoon::runtime::store::{Abort, Extern, InstanceId, Limits, MemoryId, Store};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;
use wasmparser::{MemArg, MemArgTarget, Operator, Validator};

/// Parameters of each function.
const PARAMS: [V; 4] = [V::I32, V::I32, V::I64, V::I64];
const X: u32 = 0;
const Y: u32 = 1;
const Z: u32 = 2;
const W: u32 = 3;
/// The first of its other locals: a counter, an address of 32 bits and one of 64, then results.
const COUNT: u32 = 4;
const ADDRESS: [u32; 2] = [5, 6];
const RESULTS: u32 = 7;

/// A kind of memory that is accessed in its own way.
struct Kind {
    name: &'static str,
    ty: MemoryType,
    /// Its index: memories before it have nothing to do with it.
    index: u32,
}

impl Kind {
    /// The width of addresses, and their forms.
    fn addresses(&self) -> (u32, &'static [Form]) {
        if self.ty.memory64 { (64, FORMS_64) } else { (32, FORMS_32) }
    }
}

fn kinds() -> Vec<Kind> {
    let ty = MemoryType { minimum: 1, maximum: Some(2), memory64: false, shared: false, page_size_log2: None };
    let bytes = MemoryType { minimum: 70_001, maximum: Some(70_040), page_size_log2: Some(0), ..ty };
    let kind = |name, ty, index| Kind { name, ty, index };
    vec![
        kind("32 bits", ty, 0),
        kind("32 bits, behind another", ty, 1),
        kind("32 bits, of any size", MemoryType { maximum: None, ..ty }, 0),
        kind("32 bits, shared", MemoryType { shared: true, ..ty }, 0),
        kind("32 bits, pages of a byte", bytes, 0),
        kind("64 bits", MemoryType { memory64: true, ..ty }, 0),
        kind("64 bits, shared, behind another", MemoryType { memory64: true, shared: true, ..ty }, 1),
        kind("64 bits, pages of a byte", MemoryType { memory64: true, ..bytes }, 0),
        kind("empty", MemoryType { minimum: 0, ..ty }, 0),
    ]
}

/// An operator that accesses memory.
struct Access {
    name: String,
    make: Box<dyn Fn(MemArg) -> Operator<'static>>,
    /// The logarithm of an alignment that it may state.
    align: u8,
    /// Operands behind the address.
    operands: Vec<V>,
    result: Option<V>,
}

impl Access {
    /// Whether it traps at other addresses than multiples of its size.
    fn is_atomic(&self) -> bool {
        self.name.contains("Atomic")
    }

    fn code(&self, offset: u64, memory: u32) -> Vec<u8> {
        let target = MemArgTarget::Memory(memory);
        let memarg = MemArg { align: self.align, max_align: self.align, offset, target, ordering: None };
        encoded(&RoundtripReencoder.instruction((self.make)(memarg)).expect("no references to sections"))
    }
}

/// A module with functions of these results and bodies, exported by their numbers, and a memory of this kind.
fn module(kind: &Kind, bodies: &[(Vec<V>, Vec<u8>)]) -> Vec<u8> {
    let (mut types, mut functions, mut exports, mut code) =
        (TypeSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
    let mut memories = MemorySection::new();
    for _ in 0..kind.index {
        memories.memory(MemoryType { minimum: 3, maximum: None, memory64: false, shared: false, page_size_log2: None });
    }
    memories.memory(kind.ty);
    exports.export("memory", ExportKind::Memory, kind.index);
    for (number, (results, body)) in bodies.iter().enumerate() {
        types.ty().function(PARAMS, results.iter().copied());
        functions.function(number as u32);
        exports.export(&number.to_string(), ExportKind::Func, number as u32);
        let locals = [V::I32, V::I32, V::I64].into_iter().chain(results.iter().copied());
        let mut function = Function::new_with_locals_types(locals);
        function.raw(body.iter().copied());
        for result in 0..results.len() as u32 {
            function.instruction(&I::LocalGet(RESULTS + result));
        }
        function.instruction(&I::End);
        code.function(&function);
    }
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&functions).section(&memories).section(&exports).section(&code);
    module.finish()
}

/// Pushes a value of a type, made of the parameters.
fn value(ty: V) -> Vec<u8> {
    let instructions = match ty {
        V::I32 => vec![I::LocalGet(Y)],
        V::I64 => vec![I::LocalGet(W)],
        V::F32 => vec![I::LocalGet(Y), I::F32ReinterpretI32],
        V::F64 => vec![I::LocalGet(W), I::F64ReinterpretI64],
        _ => vec![I::LocalGet(W), I::I64x2Splat, I::LocalGet(Y), I::I32x4ReplaceLane(1)],
    };
    instructions.iter().flat_map(encoded).collect()
}

/// The operator with its types, which the validator is asked for; nothing if it accesses no memory by an address of 32 bits.
fn typed(name: String, make: Box<dyn Fn(MemArg) -> Operator<'static>>) -> Option<Access> {
    let kind = &kinds()[0];
    let is_valid = |access: &Access, results: Vec<V>, behind: &[u8]| {
        let operands: Vec<u8> = access.operands.iter().flat_map(|&ty| value(ty)).collect();
        let body = [&encoded(&I::LocalGet(X)), &operands, &access.code(0, 0), behind].concat();
        Validator::new_with_features(features::all()).validate_all(&module(kind, &[(results, body)])).is_ok()
    };
    let one = TYPES.map(|ty| vec![ty]);
    let two = TYPES.iter().flat_map(|&a| TYPES.map(|b| vec![a, b]));
    let lists: Vec<Vec<V>> = [Vec::new()].into_iter().chain(one).chain(two).collect();
    let mut access = Access { name, make, align: 0, operands: Vec::new(), result: None };
    for align in 0..=4 {
        for operands in &lists {
            (access.align, access.operands) = (align, operands.clone());
            if is_valid(&access, Vec::new(), &[]) {
                return Some(access);
            }
            if is_valid(&access, Vec::new(), &encoded(&I::Drop)) {
                let kept = encoded(&I::LocalSet(RESULTS));
                access.result = TYPES.into_iter().find(|&ty| is_valid(&access, vec![ty], &kept));
                return Some(access);
            }
        }
    }
    None
}

fn accesses() -> Vec<Access> {
    type Make = Box<dyn Fn(MemArg) -> Operator<'static>>;
    macro_rules! operators {
        (@value $op:ident memarg) => { vec![Box::new(|memarg| Operator::$op { memarg }) as Make] };
        // Those that a shape does not have are not valid.
        (@value $op:ident memarg lane) => {
            [0, 1, 3, 7, 15].map(|lane| Box::new(move |memarg| Operator::$op { memarg, lane }) as Make).into()
        };
        (@value $op:ident $($arg:ident)*) => { Vec::new() };
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            vec![$((stringify!($op), operators!(@value $op $($($arg)*)?))),*]
        };
    }
    let all: Vec<(&str, Vec<Make>)> = wasmparser::for_each_operator!(operators);
    let mut found = Vec::new();
    for (name, makes) in all {
        // A wait waits.
        if makes.is_empty() || name.contains("AtomicWait") {
            continue;
        }
        let lanes = makes.len() > 1;
        let mut typed: Vec<Access> = makes
            .into_iter()
            .enumerate()
            .filter_map(|(n, make)| typed(if lanes { format!("{name}, lane {n}") } else { name.to_string() }, make))
            .collect();
        // Of the lanes, the first and the last.
        if typed.len() > 2 {
            typed.drain(1..typed.len() - 1);
        }
        found.extend(typed);
    }
    found
}

/// What an address is made of, beside the parameters.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    c: i64,
    d: i64,
    /// A shift.
    k: i64,
}

impl Numbers {
    fn new(random: &mut Random, bits: u32) -> Numbers {
        const NEAR: [i64; 12] = [0, 1, 3, 4, 8, 16, 24, 32, 255, 4096, 65528, 65535];
        const FAR: [i64; 4] = [0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000];
        let mut number = || {
            let near = NEAR[random.below(12) as usize];
            match random.below(12) {
                0..7 => near,
                7..10 => near.wrapping_neg(),
                10 => FAR[random.below(4) as usize],
                _ => edge(random, bits) as i64,
            }
        };
        let (c, d) = (number(), number());
        let shifts = [0, 1, 2, 2, 3, 3, 4, 5, 31, 32, 35];
        Numbers { c, d, k: shifts[random.below(11) as usize] }
    }
}

type Form = (&'static str, fn(Numbers) -> Vec<I<'static>>);

/// Forms of addresses: operators in the order in which they are executed.
macro_rules! forms {
    ($c:ident, $d:ident, $k:ident: $($name:literal => [$($instruction:expr),*];)*) => {
        &[$(($name, {
            #[allow(unused_variables)]
            fn form(Numbers { c: $c, d: $d, k: $k }: Numbers) -> Vec<I<'static>> { vec![$($instruction),*] }
            form
        })),*]
    };
}

fn x() -> I<'static> {
    I::LocalGet(X)
}

fn y() -> I<'static> {
    I::LocalGet(Y)
}

fn z() -> I<'static> {
    I::LocalGet(Z)
}

fn w() -> I<'static> {
    I::LocalGet(W)
}

fn c32(value: i64) -> I<'static> {
    I::I32Const(value as i32)
}

fn c64(value: i64) -> I<'static> {
    I::I64Const(value)
}

const FORMS_32: &[Form] = forms! { c, d, k:
    "x" => [x()];
    "c" => [c32(c)];
    "x + c" => [x(), c32(c), I::I32Add];
    "c + x" => [c32(c), x(), I::I32Add];
    "x - c" => [x(), c32(c), I::I32Sub];
    "c - x" => [c32(c), x(), I::I32Sub];
    "x + y" => [x(), y(), I::I32Add];
    "x - y" => [x(), y(), I::I32Sub];
    "(x + c) + d" => [x(), c32(c), I::I32Add, c32(d), I::I32Add];
    "(x + c) + y" => [x(), c32(c), I::I32Add, y(), I::I32Add];
    "(x + y) + c" => [x(), y(), I::I32Add, c32(c), I::I32Add];
    "x << k" => [x(), c32(k), I::I32Shl];
    "(x << k) + c" => [x(), c32(k), I::I32Shl, c32(c), I::I32Add];
    "(x + c) << k" => [x(), c32(c), I::I32Add, c32(k), I::I32Shl];
    "x + (y << k)" => [x(), y(), c32(k), I::I32Shl, I::I32Add];
    "(x << k) + (y + c)" => [x(), c32(k), I::I32Shl, y(), c32(c), I::I32Add, I::I32Add];
    "x * c" => [x(), c32(c), I::I32Mul];
    "x + y * c" => [x(), y(), c32(c), I::I32Mul, I::I32Add];
    "x & c" => [x(), c32(c), I::I32And];
    "(x & c) + d" => [x(), c32(c), I::I32And, c32(d), I::I32Add];
    "(x + c) & d" => [x(), c32(c), I::I32Add, c32(d), I::I32And];
    "x | c" => [x(), c32(c), I::I32Or];
    "x ^ c" => [x(), c32(c), I::I32Xor];
    "x >> k" => [x(), c32(k), I::I32ShrU];
    "x >> k, signed" => [x(), c32(k), I::I32ShrS];
    "x rotated" => [x(), c32(k), I::I32Rotl];
    "wrap z" => [z(), I::I32WrapI64];
    "wrap (z + c)" => [z(), c64(c), I::I64Add, I::I32WrapI64];
    "wrap z + c" => [z(), I::I32WrapI64, c32(c), I::I32Add];
    "wrap (z >> k)" => [z(), c64(k), I::I64ShrU, I::I32WrapI64];
    "low byte of x, signed, + c" => [x(), I::I32Extend8S, c32(c), I::I32Add];
    "low half of x, signed" => [x(), I::I32Extend16S];
    "x or c by y" => [x(), c32(c), y(), c32(1), I::I32And, I::Select];
    "x < c" => [x(), c32(c), I::I32LtU];
    "bits of x, + c" => [x(), I::I32Popcnt, c32(c), I::I32Add];
};

const FORMS_64: &[Form] = forms! { c, d, k:
    "z" => [z()];
    "c" => [c64(c)];
    "z + c" => [z(), c64(c), I::I64Add];
    "c + z" => [c64(c), z(), I::I64Add];
    "z - c" => [z(), c64(c), I::I64Sub];
    "c - z" => [c64(c), z(), I::I64Sub];
    "z + w" => [z(), w(), I::I64Add];
    "(z + c) + d" => [z(), c64(c), I::I64Add, c64(d), I::I64Add];
    "(z + w) + c" => [z(), w(), I::I64Add, c64(c), I::I64Add];
    "z << k" => [z(), c64(k), I::I64Shl];
    "(z << k) + c" => [z(), c64(k), I::I64Shl, c64(c), I::I64Add];
    "z + (w << k)" => [z(), w(), c64(k), I::I64Shl, I::I64Add];
    "z * c" => [z(), c64(c), I::I64Mul];
    "z & c" => [z(), c64(c), I::I64And];
    "(z & c) + d" => [z(), c64(c), I::I64And, c64(d), I::I64Add];
    "z | c" => [z(), c64(c), I::I64Or];
    "z >> k" => [z(), c64(k), I::I64ShrU];
    "x" => [x(), I::I64ExtendI32U];
    "x, signed" => [x(), I::I64ExtendI32S];
    "x + c, extended" => [x(), c32(c), I::I32Add, I::I64ExtendI32U];
    "x + c, extended signed" => [x(), c32(c), I::I32Add, I::I64ExtendI32S];
    "x extended, + c" => [x(), I::I64ExtendI32U, c64(c), I::I64Add];
    "x extended signed, + c" => [x(), I::I64ExtendI32S, c64(c), I::I64Add];
    "x extended, << k" => [x(), I::I64ExtendI32U, c64(k), I::I64Shl];
    "x << k, extended" => [x(), c32(k), I::I32Shl, I::I64ExtendI32U];
    "z + x extended" => [z(), x(), I::I64ExtendI32U, I::I64Add];
    "z + x extended signed" => [z(), x(), I::I64ExtendI32S, I::I64Add];
    "z + (x << k, extended)" => [z(), x(), c32(k), I::I32Shl, I::I64ExtendI32U, I::I64Add];
    "low half of z, signed" => [z(), I::I64Extend32S];
    "z or c by y" => [z(), c64(c), y(), c32(1), I::I32And, I::Select];
};

/// How the accesses of a function are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Structure {
    OneAfterAnother,
    /// The first address, which is kept in a local, is that of all.
    OneAddress,
    /// The second one only if `y` is odd.
    Choice,
    /// All in a loop, whose passings add to `x` and `z`.
    Loop,
    /// The memory grows after the first one.
    Growth,
    /// The memory grows at the end of each passing of a loop.
    GrowthInLoop,
}

impl Structure {
    const ALL: [Structure; 6] = [
        Structure::OneAfterAnother,
        Structure::OneAddress,
        Structure::Choice,
        Structure::Loop,
        Structure::Growth,
        Structure::GrowthInLoop,
    ];
}

/// An access with its address.
struct Place<'a> {
    access: &'a Access,
    form: &'static Form,
    numbers: Numbers,
    offset: u64,
}

/// A function of some accesses.
struct Sequence<'a> {
    places: Vec<Place<'a>>,
    structure: Structure,
}

impl Sequence<'_> {
    fn name(&self) -> String {
        let place =
            |p: &Place<'_>| format!("{} at {} ({:?}) offset {:#x}", p.access.name, p.form.0, p.numbers, p.offset);
        format!("{:?}: {}", self.structure, self.places.iter().map(place).collect::<Vec<_>>().join("; "))
    }

    fn results(&self) -> Vec<V> {
        self.places.iter().filter_map(|place| place.access.result).collect()
    }

    /// The access of this number.
    fn access(&self, kind: &Kind, number: usize) -> Vec<u8> {
        let place = &self.places[number];
        let one = self.structure == Structure::OneAddress;
        let own = ADDRESS[usize::from(kind.ty.memory64)];
        let mut code: Vec<u8> = match number {
            _ if !one => (place.form.1)(place.numbers).iter().flat_map(encoded).collect(),
            0 => (place.form.1)(place.numbers).iter().chain(&[I::LocalTee(own)]).flat_map(encoded).collect(),
            _ => encoded(&I::LocalGet(own)),
        };
        code.extend(place.access.operands.iter().flat_map(|&ty| value(ty)));
        code.extend(place.access.code(place.offset, kind.index));
        if place.access.result.is_some() {
            let before = self.places[..number].iter().filter(|place| place.access.result.is_some()).count();
            code.extend(encoded(&I::LocalSet(RESULTS + before as u32)));
        }
        code
    }

    fn code(&self, kind: &Kind) -> Vec<u8> {
        let each = (0..self.places.len()).map(|number| self.access(kind, number));
        let all = |instructions: &[I<'_>]| instructions.iter().flat_map(encoded).collect::<Vec<u8>>();
        let one = if kind.ty.memory64 { c64(1) } else { c32(1) };
        let growth = all(&[one, I::MemoryGrow(kind.index), I::Drop]);
        match self.structure {
            Structure::OneAfterAnother | Structure::OneAddress => each.flatten().collect(),
            Structure::Choice => {
                let mut parts: Vec<Vec<u8>> = each.collect();
                let choice = all(&[y(), c32(1), I::I32And, I::If(BlockType::Empty)]);
                parts[1] = [&choice, &parts[1][..], &all(&[I::End])].concat();
                parts.concat()
            }
            Structure::Loop | Structure::GrowthInLoop => {
                let stride = self.places[0].numbers.d;
                let before = all(&[y(), c32(3), I::I32And, I::LocalSet(COUNT), I::Loop(BlockType::Empty)]);
                let after = all(&[
                    I::LocalGet(X),
                    c32(stride),
                    I::I32Add,
                    I::LocalSet(X),
                    I::LocalGet(Z),
                    c64(stride),
                    I::I64Add,
                    I::LocalSet(Z),
                    I::LocalGet(COUNT),
                    c32(1),
                    I::I32Sub,
                    I::LocalTee(COUNT),
                    c32(0),
                    I::I32GeS,
                    I::BrIf(0),
                    I::End,
                ]);
                let growth = if self.structure == Structure::GrowthInLoop { growth } else { Vec::new() };
                [before, each.flatten().collect(), growth, after].concat()
            }
            Structure::Growth => {
                let mut parts: Vec<Vec<u8>> = each.collect();
                parts[0].extend(growth);
                parts.concat()
            }
        }
    }

    /// Arguments: many make addresses near the memory's ends.
    fn arguments(&self, kind: &Kind, random: &mut Random) -> [Val; 4] {
        let place = &self.places[random.below(self.places.len() as u64) as usize];
        let Numbers { c, d, k } = place.numbers;
        let page = 1 << kind.ty.page_size_log2.unwrap_or(16);
        let size = ((kind.ty.minimum + random.below(2)) * page) as i64;
        let target = match random.below(16) {
            0 => random.below(32) as i64,
            1 => -(random.below(32) as i64),
            2 => (1 << 32) - random.below(40) as i64,
            3..7 => size - random.below(40) as i64,
            _ => random.below(size as u64 + 1) as i64,
        };
        let less = [0, 0, c, c, c.wrapping_add(d), d, c.wrapping_neg()][random.below(7) as usize];
        let offset = if random.below(4) == 0 { 0 } else { place.offset as i64 };
        let mut aimed = target.wrapping_sub(less).wrapping_sub(offset) >> if random.below(2) == 0 { k & 7 } else { 0 };
        if self.places.iter().any(|place| place.access.is_atomic()) && random.below(8) > 0 {
            aimed &= !15;
        }
        let small = (random.below(3) * 8 + random.below(2)) as i64;
        let y = if random.below(3) == 0 { edge(random, 32) as i64 } else { small };
        let w = if random.below(3) == 0 { edge(random, 64) as i64 } else { small };
        let other = edge(random, 64) as i64;
        let (x, z) = [(aimed, aimed), (aimed, other), (other, aimed)][random.below(3) as usize];
        [Val::I32(x as u32), Val::I32(y as u32), Val::I64(z as u64), Val::I64(w as u64)]
    }
}

/// An instance of a module in one configuration.
struct Program {
    store: Store,
    instance: InstanceId,
    memory: MemoryId,
}

impl Program {
    fn new(module: &Arc<Module>, config: &Config) -> Program {
        let engine = Engine::new(config.clone()).expect("an engine");
        let mut store = engine.store(Limits::default());
        let instance = store.instantiate(engine.compile(module).expect("compiles"), &[]).expect("instantiates");
        let Some(Extern::Memory(memory)) = store.export(instance, "memory") else { panic!("no memory") };
        let mut random = Random::new(1);
        store.memory_bytes_mut(memory).iter_mut().for_each(|byte| *byte = random.next() as u8);
        Program { store, instance, memory }
    }

    fn call(&mut self, number: usize, arguments: &[Val]) -> Result<Vec<Val>, TrapCode> {
        let Some(Extern::Func(f)) = self.store.export(self.instance, &number.to_string()) else {
            panic!("no function {number}")
        };
        match self.store.call(f, arguments) {
            Ok(results) => Ok(results),
            Err(Abort::Trap(trap)) => Err(trap.code),
            Err(other) => panic!("{other}"),
        }
    }
}

#[derive(Debug, Default)]
struct Tally {
    functions: usize,
    returned: usize,
    trapped: BTreeMap<&'static str, usize>,
}

/// Calls of each function.
const CALLS: usize = 10;

/// Compares functions of a module.
fn compare(kind: &Kind, sequences: &[Sequence<'_>], random: &mut Random, tally: &mut Tally) -> Vec<String> {
    let bodies: Vec<(Vec<V>, Vec<u8>)> = sequences.iter().map(|s| (s.results(), s.code(kind))).collect();
    let module = Arc::new(Module::new(&module(kind, &bodies), features::all()).expect("valid"));
    let mut interp = Program::new(&module, &Config { mode: Mode::All(Tier::Interp), ..Config::default() });
    // Levels of a CPU make no difference to addresses: the first and the last.
    let mut columns = columns(Relaxed::Deterministic);
    columns.drain(2..columns.len() - 1);
    let mut jits: Vec<_> = columns.into_iter().map(|(name, config)| (name, Program::new(&module, &config))).collect();
    let mut wrong = Vec::new();
    tally.functions += sequences.len();
    for (number, sequence) in sequences.iter().enumerate() {
        for _ in 0..CALLS {
            let arguments = sequence.arguments(kind, random);
            let expected = interp.call(number, &arguments);
            match &expected {
                Ok(_) => tally.returned += 1,
                Err(code) => *tally.trapped.entry(code.message()).or_default() += 1,
            }
            for (name, jit) in &mut jits {
                let got = jit.call(number, &arguments);
                if got != expected {
                    wrong.push(format!(
                        "{}, {arguments:x?}, {}: {expected:x?}, and {got:x?} on {name}",
                        sequence.name(),
                        kind.name
                    ));
                }
            }
        }
        let expected = interp.store.memory_bytes(interp.memory);
        for (name, jit) in &mut jits {
            let got = jit.store.memory_bytes_mut(jit.memory);
            if got != expected {
                let at = got.iter().zip(expected).position(|(a, b)| a != b);
                wrong.push(format!("{}, {}: memory at {at:x?} on {name}", sequence.name(), kind.name));
                if got.len() != expected.len() {
                    return wrong;
                }
                got.copy_from_slice(expected);
            }
        }
    }
    wrong
}

/// A function whose first access is this one, at an address of this form.
fn sequence<'a>(
    kind: &Kind,
    (first, form): (&'a Access, &'static Form),
    others: &[&[&'a Access]; 4],
    random: &mut Random,
) -> Sequence<'a> {
    let (bits, forms) = kind.addresses();
    let structure = Structure::ALL[random.below(6) as usize];
    let own = Numbers::new(random, bits);
    let [second, third] = [0; 2].map(|_| {
        let some = others[random.below(4) as usize];
        some[random.below(some.len() as u64) as usize]
    });
    let place = |(n, access): (usize, &'a Access)| {
        // Most have the address of the first, and another offset.
        let related = n == 0 || random.below(4) > 0;
        let form = if related { form } else { &forms[random.below(forms.len() as u64) as usize] };
        let numbers = if related { own } else { Numbers::new(random, bits) };
        let offset = match random.below(48) {
            0 => edge(random, bits) & (u64::MAX >> (64 - bits)),
            1 => 65536 - random.below(24),
            2 => (1 << (bits - 1)) - random.below(2),
            3 => u64::MAX >> (64 - bits),
            _ => 8 * random.below(3) + if access.is_atomic() { 0 } else { random.below(8) },
        };
        Place { access, form, numbers, offset }
    };
    Sequence { places: [first, second, third].into_iter().enumerate().map(place).collect(), structure }
}

#[test]
fn each_access_at_each_form_of_address() {
    let all = accesses();
    let all: Vec<&Access> = all.iter().collect();
    let plain: Vec<&Access> = all.iter().copied().filter(|access| !access.is_atomic()).collect();
    // Every other operator is atomic, and a function of several traps sooner than others.
    let others = [&all[..], &plain, &plain, &plain];
    let (mut tally, mut wrong, mut structures) = (Tally::default(), Vec::new(), BTreeMap::new());
    for (seed, kind) in kinds().iter().enumerate() {
        let random = &mut Random::new(seed as u64 + 1);
        for form in kind.addresses().1 {
            let sequences: Vec<Sequence<'_>> =
                all.iter().map(|&first| sequence(kind, (first, form), &others, random)).collect();
            sequences.iter().for_each(|s| *structures.entry(s.structure).or_insert(0) += 1);
            wrong.extend(compare(kind, &sequences, random, &mut tally));
        }
    }
    println!("{} operators, {tally:?}, {structures:?}", all.len());
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(all.len() > 110, "{} operators", all.len());
    let traps: usize = tally.trapped.values().sum();
    assert!(tally.returned > traps / 4 && traps > tally.returned / 4, "{tally:?}");
}
