//! A second generator: dense code, in the shapes in which compilers go wrong.
//!
//! wasm-smith's modules are wide, but a bug that needs a narrow load, a use in 64 bits and nothing in between that hides
//! it is rare in them. Here every value is put to use. Functions are lists of statements over locals; statements are the
//! shapes (`statements`), expressions are made by type (`expressions`), constants are edges, and at the end of a function
//! its locals go into a global, so that what was computed is seen. Everything ends: loops count, and function entries
//! count down the fuel. Float operations that can make a NaN are followed by what makes it canonical.

mod expressions;
mod statements;

use super::features::Features;
use crate::triage::subject::Random;
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction as I, MemorySection, MemoryType, Module, RefType, TableSection, TableType, TagKind,
    TagSection, TagType, TypeSection, ValType as V,
};

/// Types of the values that code computes with.
const TYPES: [V; 4] = [V::I32, V::I64, V::F32, V::F64];

/// Integers at which something changes: signs, widths, immediates, displacements, roundings.
const INTEGERS: [u64; 34] = [
    0,
    1,
    2,
    3,
    7,
    8,
    10,
    31,
    32,
    33,
    63,
    64,
    100,
    127,
    128,
    255,
    1000,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0x8000_0001,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ff80,
    u64::MAX,
    // What is half-way between two floats and a little more, which rounding twice loses.
    0x4000_0040_0000_0001,
    0x8000_0000_0000_0401,
    0x8000_0080_0000_0001,
];

/// The same for floats.
const FLOATS: [f64; 20] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    1.5,
    2.0,
    -2147483648.0,
    -2147483648.5,
    -2147483649.0,
    2147483647.0,
    2147483647.5,
    4294967295.5,
    9223372036854775807.0,
    18446744073709551615.0,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    1e-310,
    16777217.0,
];

/// Pages of the memory at the start, and at most.
const PAGES: (u64, u64) = (1, 4);
/// Elements of the table at the start, and at most.
const ELEMENTS: (u64, u64) = (8, 16);
/// The tags: one with a payload, two without.
const TAGS: [Option<V>; 3] = [Some(V::I64), None, None];

struct Signature {
    params: Vec<V>,
    results: Vec<V>,
    /// An equal type of a higher index, if there is one.
    double: Option<u32>,
}

/// What all functions of a module share.
struct Shared {
    functions: Vec<Signature>,
    globals: Vec<V>,
    has: Has,
}

/// Features that shapes ask for.
struct Has {
    signs: bool,
    saturating: bool,
    bulk: bool,
    references: bool,
    tail: bool,
    exceptions: bool,
}

impl Shared {
    /// Index of the global that counts down; the last one.
    fn fuel(&self) -> u32 {
        self.globals.len() as u32
    }
}

/// One body under way.
struct Body<'a> {
    random: &'a mut Random,
    shared: &'a Shared,
    /// Index of this function; it calls those behind it.
    index: usize,
    /// Types of all locals, parameters first.
    locals: Vec<V>,
    /// Those that count loops, which nothing else may change.
    counters: Vec<u32>,
    code: Vec<I<'static>>,
    /// Loops around the present place.
    loops: u32,
    /// Statements that may still be made.
    budget: u32,
}

/// The module of a seed, without exports; its last global counts down.
pub(super) fn dense(random: &mut Random, features: Features) -> Vec<u8> {
    let wide = features.has("multi-value");
    let has = Has {
        signs: features.has("sign-extension"),
        saturating: features.has("saturating-float-to-int"),
        bulk: features.has("bulk-memory"),
        references: features.has("reference-types"),
        tail: features.has("tail-call"),
        exceptions: features.has("exceptions"),
    };
    let results = drawn_results(random, wide);
    let count = 2 + random.below(4) as usize;
    let mut functions: Vec<Signature> = (0..count)
        .map(|_| {
            let many = if random.below(3) == 0 { 14 } else { 5 };
            let params = (0..2 + random.below(many)).map(|_| drawn_type(random)).collect();
            // Tail calls need functions of equal results.
            let results = if random.below(3) > 0 { results.clone() } else { drawn_results(random, wide) };
            Signature { params, results, double: None }
        })
        .collect();
    let mut types = TypeSection::new();
    for f in &functions {
        types.ty().function(f.params.iter().copied(), f.results.iter().copied());
    }
    for (i, f) in functions.iter_mut().enumerate().take(2) {
        types.ty().function(f.params.iter().copied(), f.results.iter().copied());
        f.double = Some((count + i) as u32);
    }
    let tag_types = types.len();
    for payload in TAGS {
        types.ty().function(payload, []);
    }
    let globals = (0..4 + random.below(4)).map(|i| TYPES[i as usize % 4]).collect();
    let shared = Shared { functions, globals, has };
    let bodies: Vec<Function> = (0..count).map(|index| body(random, &shared, index)).collect();
    assemble(random, &shared, &types, tag_types, &bodies)
}

/// Sections in their order.
fn assemble(random: &mut Random, shared: &Shared, types: &TypeSection, tag_types: u32, bodies: &[Function]) -> Vec<u8> {
    let count = bodies.len() as u32;
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    for (index, body) in bodies.iter().enumerate() {
        functions.function(index as u32);
        code.function(body);
    }
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: ELEMENTS.0,
        maximum: Some(ELEMENTS.1),
        shared: false,
    });
    let mut memories = MemorySection::new();
    let (minimum, maximum) = (PAGES.0, Some(PAGES.1));
    memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
    let mut tags = TagSection::new();
    for i in 0..TAGS.len() as u32 {
        tags.tag(TagType { kind: TagKind::Exception, func_type_idx: tag_types + i });
    }
    let mut globals = GlobalSection::new();
    for &val_type in &shared.globals {
        let init = match val_type {
            V::I32 => ConstExpr::i32_const(integer(random) as i32),
            V::I64 => ConstExpr::i64_const(integer(random) as i64),
            V::F32 => ConstExpr::f32_const((float(random) as f32).into()),
            _ => ConstExpr::f64_const(float(random).into()),
        };
        globals.global(GlobalType { val_type, mutable: true, shared: false }, &init);
    }
    globals.global(GlobalType { val_type: V::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
    // Two elements stay null.
    let mut elements = ElementSection::new();
    let list: Vec<u32> = (0..6).map(|i| i % count).collect();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(list.into()));
    let mut data = DataSection::new();
    let bytes: Vec<u8> = (0..40).flat_map(|_| integer(random).to_le_bytes()).collect();
    data.active(0, &ConstExpr::i32_const(0), bytes);
    let mut module = Module::new();
    module.section(types).section(&functions).section(&tables).section(&memories);
    if shared.has.exceptions {
        module.section(&tags);
    }
    module.section(&globals).section(&elements).section(&code).section(&data);
    module.finish()
}

fn drawn_type(random: &mut Random) -> V {
    [V::I32, V::I32, V::I64, V::I64, V::F64, V::F32][random.below(6) as usize]
}

/// Up to three, or more than registers take.
fn drawn_results(random: &mut Random, wide: bool) -> Vec<V> {
    let count = match random.below(4) {
        _ if !wide => random.below(2),
        0 => 8 + random.below(12),
        _ => random.below(4),
    };
    (0..count).map(|_| drawn_type(random)).collect()
}

/// An edge, something next to one, or anything.
fn integer(random: &mut Random) -> u64 {
    match random.below(8) {
        0 => random.next(),
        1 => INTEGERS[random.below(INTEGERS.len() as u64) as usize].wrapping_neg(),
        _ => INTEGERS[random.below(INTEGERS.len() as u64) as usize],
    }
}

fn float(random: &mut Random) -> f64 {
    match random.below(8) {
        0 => random.below(1 << 40) as f64 / 4096.0,
        _ => FLOATS[random.below(FLOATS.len() as u64) as usize],
    }
}

fn body(random: &mut Random, shared: &Shared, index: usize) -> Function {
    let params = &shared.functions[index].params;
    let mut locals = params.clone();
    for ty in TYPES {
        locals.extend(std::iter::repeat_n(ty, 1 + random.below(3) as usize));
    }
    let budget = 6 + random.below(18) as u32;
    let mut body = Body { random, shared, index, locals, counters: Vec::new(), code: Vec::new(), loops: 0, budget };
    body.whole(params.len());
    let mut function = Function::new_with_locals_types(body.locals[params.len()..].iter().copied());
    body.code.iter().for_each(|instruction| {
        function.instruction(instruction);
    });
    function
}

impl Body<'_> {
    fn below(&mut self, n: u64) -> u64 {
        self.random.below(n)
    }

    /// Once in `n`.
    fn once_in(&mut self, n: u64) -> bool {
        self.random.below(n) == 0
    }

    fn put(&mut self, instructions: impl IntoIterator<Item = I<'static>>) {
        self.code.extend(instructions);
    }

    /// A local of this type that is free to be changed: there is one of each.
    fn local(&mut self, ty: V) -> u32 {
        let free = |l: &u32| self.locals[*l as usize] == ty && !self.counters.contains(l);
        let all: Vec<u32> = (0..self.locals.len() as u32).filter(free).collect();
        all[self.below(all.len() as u64) as usize]
    }

    /// One more local.
    fn fresh(&mut self, ty: V) -> u32 {
        self.locals.push(ty);
        self.locals.len() as u32 - 1
    }

    /// A global of this type: there is one of each.
    fn global(&mut self, ty: V) -> u32 {
        let all: Vec<u32> = (0..self.shared.fuel()).filter(|&g| self.shared.globals[g as usize] == ty).collect();
        all[self.below(all.len() as u64) as usize]
    }

    fn ty(&mut self) -> V {
        drawn_type(self.random)
    }
}
