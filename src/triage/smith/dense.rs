//! A second generator: dense code, in the shapes in which compilers go wrong.
//!
//! wasm-smith's modules are wide. But a bug that needs, say, a narrow load with a 64-bit use and nothing in between is
//! rare in them. Here every value is used. Functions are lists of statements over locals; statements are the shapes
//! (`statements`), expressions are made by type (`expressions`), constants are edge cases, and at the end of a function
//! its locals go into a global, so that every computed value is observable. Besides them, there are functions that do
//! one thing with their parameters where they arrive (`roles`), and lists of one operation on many edge cases
//! (`probes`, `values`).
//!
//! Most modules are small, because each is compiled three times. A module prefers a few of the shapes, so that these
//! combine, and other shapes do not mask their effects.
//!
//! Every call ends. Loops count, and calls go to functions after the caller. The target of a call through the table is unknown; a
//! function that makes such a call first counts down the fuel. The NaN that a float operation returns is unspecified, so NaNs are
//! made canonical where their bits become observable: in integers, memory, globals, results and signs. Locals, the operand stack
//! and arguments may hold any NaN. If the engine guarantees canonical NaNs, all this is left out.

mod atomics;
mod descriptors;
mod expressions;
mod objects;
mod probes;
mod references;
mod roles;
mod spaces;
mod stacks;
mod statements;
mod vectors;
mod wide;

use super::features::Features;
use super::values::{drawn, float, integer};
use crate::engine::NanProfile;
use crate::random::Random;
use descriptors::Described;
use objects::Objects;
use references::Caught;
use roles::Role;
use spaces::Spaces;
use stacks::Stacks;
use std::cell::RefCell;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, Function, FunctionSection,
    GlobalSection, GlobalType, Instruction as I, MemorySection, MemoryType, Module, RefType, TableSection, TableType,
    TagKind, TagSection, TagType, TypeSection, ValType as V,
};

/// The types of computed values.
const TYPES: [V; 4] = [V::I32, V::I64, V::F32, V::F64];

/// One module in this many has a memory of more than 2 GiB, of which little is touched.
const HUGE: u64 = 256;
/// The pages of such a memory.
const HUGE_PAGES: u64 = 0x8001;
/// The initial and the maximum number of pages of the memory.
const PAGES: (u64, u64) = (1, 4);
/// The initial and the maximum number of elements of the table.
const ELEMENTS: (u64, u64) = (8, 16);
/// The payloads of the tags.
const TAGS: [&[V]; 4] = [&[V::I64], &[], &[], &[V::I32, V::F64, V::I64]];
/// The start of the pool of opaque values, after the memory that code usually accesses.
const POOL: u64 = 0x1100;
/// The capacity of the pool, in values of 8 bytes.
const POOLED: usize = 256;

struct Signature {
    params: Vec<V>,
    results: Vec<V>,
    role: Role,
    /// The maximum of the i32 arguments that callers pass.
    mask: Option<i32>,
    /// An equal type of a higher index, if there is one.
    double: Option<u32>,
}

/// Data shared by all functions of a module.
struct Shared {
    functions: Vec<Signature>,
    globals: Vec<V>,
    has: ShapeFeatures,
    /// The shapes that this module prefers.
    favourites: [u64; 3],
    /// Whether the memory has more than 2 GiB.
    huge: bool,
    /// The bits of the values in the pool.
    pool: RefCell<Vec<u64>>,
    /// The functions that are run as continuations by the functions made so far.
    resumed: RefCell<Vec<usize>>,
}

/// The features that shapes need.
struct ShapeFeatures {
    signs: bool,
    saturating: bool,
    bulk: bool,
    references: bool,
    tail: bool,
    exceptions: bool,
    /// Whether the engine itself makes all NaNs canonical.
    settled_nans: bool,
    /// The types for continuations, if the feature is on.
    stacks: Option<Stacks>,
    /// The types for descriptors, if the feature is on.
    described: Option<Described>,
    /// The types for objects, if the module makes some.
    objects: Option<Objects>,
    /// Whether the module has vectors.
    vectors: bool,
    /// Whether they have relaxed operators.
    relaxed: bool,
    /// The second memory and the second table, if there are any.
    spaces: Option<Spaces>,
    atomics: bool,
    wide_arithmetic: bool,
    /// Whether function references have types.
    typed: bool,
    /// The types for exceptions that are caught by reference.
    caught: Option<Caught>,
}

impl Shared {
    /// Returns the index of the global that counts the active resumes.
    fn inside(&self) -> u32 {
        self.globals.len() as u32
    }

    /// Returns the index of the global that counts down, the last one.
    fn fuel(&self) -> u32 {
        self.globals.len() as u32 + 1
    }
}

/// A body under construction.
struct Body<'a> {
    random: &'a mut Random,
    shared: &'a Shared,
    /// The index of this function; it calls only later ones.
    index: usize,
    /// The types of all locals; parameters come first.
    locals: Vec<V>,
    /// The locals that count loops or canonicalize NaNs: no other code changes or shows them.
    own: Vec<u32>,
    /// For each float type, the local that helps to canonicalize NaNs.
    helpers: [Option<u32>; 2],
    code: Vec<I<'static>>,
    /// The number of loops around the current place.
    loops: u32,
    /// The number of statements that may still be made.
    budget: u32,
}

/// Makes the module of a seed, without exports; its last global counts down. Also returns whether its memory is huge.
pub(super) fn dense(random: &mut Random, features: Features, nan: NanProfile) -> (Vec<u8>, bool) {
    let wide = features.has("multi-value");
    let huge = random.below(HUGE) == 0;
    let mut has = ShapeFeatures {
        signs: features.has("sign-extension"),
        saturating: features.has("saturating-float-to-int"),
        // Almost all lengths would be in bounds in a huge memory, and filling it would take seconds.
        bulk: features.has("bulk-memory") && !huge,
        references: features.has("reference-types"),
        tail: features.has("tail-call"),
        exceptions: features.has("exceptions"),
        settled_nans: nan.is_canonical(),
        stacks: None,
        described: None,
        objects: None,
        vectors: features.has("simd") && random.below(4) == 0,
        relaxed: features.has("relaxed-simd"),
        spaces: None,
        atomics: features.has("threads") && random.below(4) == 0,
        wide_arithmetic: features.has("wide-arithmetic"),
        typed: features.has("gc"),
        caught: None,
    };
    if has.bulk && has.references && features.has("multi-memory") && random.below(4) == 0 {
        has.spaces = Some(spaces::drawn_spaces(random, features));
    }
    let results = drawn_results(random, wide);
    // The number of functions with statements, of other functions, and of statements in each.
    let (general, thin, budget) = match random.below(16) {
        0..11 => (1 + random.below(3) / 2, 1 + random.below(3) / 2, (2, 4)),
        11..15 => (1 + random.below(2), random.below(3), (3, 9)),
        _ => (2 + random.below(3), 1, (6, 20)),
    };
    // A third of the modules focus on continuations: some function resumes another one that suspends.
    let switches = features.has("stack-switching") && wide && !huge && random.below(3) == 0;
    let mut roles = vec![Role::General; (general + u64::from(switches && general == 1)) as usize];
    for _ in 0..thin {
        match random.below(8) {
            0..3 if has.tail => roles.extend([Role::Forward, Role::Show]),
            3..5 if has.bulk => roles.push(Role::Move),
            5 => roles.push(Role::Far),
            _ => roles.push(Role::Show),
        }
    }
    if huge {
        roles.extend([Role::Far; 3]);
    }
    roles.sort_unstable();
    let count = roles.len();
    let mut functions: Vec<Signature> = roles
        .into_iter()
        .map(|role| {
            // Tail calls need functions with equal results.
            let same = matches!(role, Role::Forward | Role::Show) || random.below(3) > 0;
            let results = if same { results.clone() } else { drawn_results(random, wide) };
            role.signature(random, &results)
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
        types.ty().function(payload.iter().copied(), []);
    }
    if has.exceptions && wide {
        let first = types.len();
        has.caught = Some(references::declare(&mut types, first));
    }
    let mut yields = None;
    if switches {
        let results: Vec<Vec<V>> = functions.iter().map(|f| f.results.clone()).collect();
        let (stacks, tag) = stacks::declare(&mut types, &results);
        (has.stacks, yields) = (Some(stacks), Some(tag));
    }
    if features.has("custom-descriptors") && features.has("gc") && random.below(8) == 0 {
        // The section counts groups, and the last one of stacks has two types.
        let first = types.len() + u32::from(has.stacks.is_some());
        has.described = Some(descriptors::declare(&mut types, first));
    }
    if features.has("gc") && random.below(6) == 0 {
        // So does the last one of descriptors.
        let first = types.len() + u32::from(has.stacks.is_some()) + u32::from(has.described.is_some());
        // After the other passive segment.
        let elements = has.bulk.then_some(2);
        has.objects = Some(objects::declare(&mut types, first, elements));
    }
    let globals = (0..4 + random.below(4)).map(|i| TYPES[i as usize % 4]).collect();
    let mut favourites = [0; 3].map(|_| random.below(statements::SHAPES));
    if switches {
        favourites[0] = statements::RESUME;
    }
    if has.described.is_some() {
        favourites[1] = statements::DESCRIBED;
    }
    if has.objects.is_some() {
        favourites[1] = statements::OBJECTS;
    }
    if has.vectors {
        favourites[2] = statements::VECTORS;
    }
    if has.spaces.is_some() {
        favourites[0] = statements::SPACES;
    }
    if has.atomics {
        favourites[1] = statements::ATOMICS;
    }
    let (pool, resumed) = Default::default();
    let shared = Shared { functions, globals, has, favourites, huge, pool, resumed };
    let mut bodies: Vec<Function> = (0..count).map(|index| body(random, &shared, index, budget)).collect();
    bodies.extend(shared.has.stacks.into_iter().flat_map(|stacks| stacks::swapping(random, stacks, count as u32)));
    (assemble(random, &shared, &types, (tag_types, yields), &bodies), huge)
}

/// Writes the sections in order. `tag_types` are the types of the exceptions, in order, and of the suspensions.
fn assemble(
    random: &mut Random,
    shared: &Shared,
    types: &TypeSection,
    tag_types: (u32, Option<u32>),
    bodies: &[Function],
) -> Vec<u8> {
    let count = shared.functions.len() as u32;
    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    let (exceptions, yields) = tag_types;
    for (index, body) in (0..).zip(bodies) {
        // Those after the last one switch to each other.
        functions.function(if index < count { index } else { yields.expect("the types of stacks") + 2 });
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
    if let Some(spaces) = &shared.has.spaces {
        tables.table(spaces.table);
    }
    let mut memories = MemorySection::new();
    let (minimum, maximum) = if shared.huge { (HUGE_PAGES, Some(HUGE_PAGES + 1)) } else { (PAGES.0, Some(PAGES.1)) };
    memories.memory(MemoryType { minimum, maximum, memory64: false, shared: false, page_size_log2: None });
    if let Some(spaces) = &shared.has.spaces {
        memories.memory(spaces.memory);
    }
    let mut tags = TagSection::new();
    let swap = yields.map(|ty| ty + 1);
    for func_type_idx in (0..TAGS.len() as u32).map(|i| exceptions + i).chain(yields).chain(yields).chain(swap) {
        tags.tag(TagType { kind: TagKind::Exception, func_type_idx });
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
    for _own in [shared.inside(), shared.fuel()] {
        globals.global(GlobalType { val_type: V::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
    }
    // Two elements stay null.
    let mut elements = ElementSection::new();
    let list: Vec<u32> = (0..6).map(|i| i % count).collect();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(list.as_slice().into()));
    let mut data = DataSection::new();
    let bytes: Vec<u8> = (0..40).flat_map(|_| integer(random).to_le_bytes()).collect();
    data.active(0, &ConstExpr::i32_const(0), bytes);
    if shared.has.bulk {
        elements.passive(Elements::Functions(list.as_slice().into()));
        data.passive((0..64u8).map(|i| i.wrapping_mul(5).wrapping_add(1)));
        if shared.has.objects.is_some() {
            elements.passive(objects::elements());
        }
    }
    // Functions that are referenced must be in a segment.
    let others: Vec<u32> = (0..bodies.len() as u32).filter(|function| !list.contains(function)).collect();
    if !others.is_empty() {
        elements.declared(Elements::Functions(others.into()));
    }
    let pool: Vec<u8> = shared.pool.borrow().iter().flat_map(|bits| bits.to_le_bytes()).collect();
    if !pool.is_empty() {
        data.active(0, &ConstExpr::i32_const(POOL as i32), pool);
    }
    let mut module = Module::new();
    module.section(types).section(&functions).section(&tables).section(&memories);
    if shared.has.exceptions || yields.is_some() {
        module.section(&tags);
    }
    module.section(&globals).section(&elements);
    if shared.has.bulk {
        module.section(&DataCountSection { count: data.len() });
    }
    module.section(&code).section(&data);
    module.finish()
}

fn drawn_type(random: &mut Random) -> V {
    [V::I32, V::I32, V::I64, V::I64, V::F64, V::F32][random.below(6) as usize]
}

/// Draws up to three results, or more than fit in registers.
fn drawn_results(random: &mut Random, wide: bool) -> Vec<V> {
    let count = match random.below(4) {
        _ if !wide => random.below(2),
        0 => 8 + random.below(12),
        _ => random.below(4),
    };
    (0..count).map(|_| drawn_type(random)).collect()
}

fn body(random: &mut Random, shared: &Shared, index: usize, (least, most): (u64, u64)) -> Function {
    let Signature { params, role, .. } = &shared.functions[index];
    let mut locals = params.clone();
    if *role == Role::General {
        for ty in TYPES {
            locals.extend(std::iter::repeat_n(ty, 1 + random.below(2) as usize));
        }
    }
    let mut body = Body {
        budget: (least + random.below(most - least + 1)) as u32,
        random,
        shared,
        index,
        locals,
        own: Vec::new(),
        helpers: [None; 2],
        code: Vec::new(),
        loops: 0,
    };
    match role {
        Role::General => body.whole(params.len()),
        role => body.thin(*role),
    }
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

    /// Returns true once in `n` times on average.
    fn once_in(&mut self, n: u64) -> bool {
        self.random.below(n) == 0
    }

    fn put(&mut self, instructions: impl IntoIterator<Item = I<'static>>) {
        self.code.extend(instructions);
    }

    /// Returns a local of this type that may be changed: there is one of each.
    fn local(&mut self, ty: V) -> u32 {
        let free = |l: &u32| self.locals[*l as usize] == ty && !self.own.contains(l);
        let all: Vec<u32> = (0..self.locals.len() as u32).filter(free).collect();
        drawn(self.random, &all)
    }

    /// Adds a local.
    fn fresh(&mut self, ty: V) -> u32 {
        self.locals.push(ty);
        self.locals.len() as u32 - 1
    }

    /// Returns a global of this type: there is one of each.
    fn global(&mut self, ty: V) -> u32 {
        let all: Vec<u32> = (0..self.shared.inside()).filter(|&g| self.shared.globals[g as usize] == ty).collect();
        drawn(self.random, &all)
    }

    fn ty(&mut self) -> V {
        drawn_type(self.random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{Operator as O, Parser, Payload};

    /// Counts the calls through the table and the loops in a module that is certain to end. Otherwise returns the reason why it
    /// may not end: a call through the table in a function that takes no fuel, a direct call or a continuation of a function that
    /// is not a later one, or a loop that does not count by a local of its own.
    fn ends(bytes: &[u8]) -> Result<(usize, usize), String> {
        let (mut fuel, mut index, mut by_table, mut loops) = (0, 0, 0, 0);
        for payload in Parser::new(0).parse_all(bytes) {
            let body = match payload.unwrap() {
                Payload::GlobalSection(globals) => {
                    fuel = globals.count() - 1;
                    continue;
                }
                Payload::CodeSectionEntry(body) => body,
                _ => continue,
            };
            let (mut spent, mut set, mut counters, mut before) = (false, Vec::new(), Vec::new(), O::Nop);
            for operator in body.get_operators_reader().unwrap() {
                let operator = operator.unwrap();
                match operator {
                    O::GlobalSet { global_index } => spent |= global_index == fuel,
                    O::LocalSet { local_index } | O::LocalTee { local_index } => set.push(local_index),
                    O::Loop { .. } => match before {
                        O::LocalSet { local_index } => counters.push(local_index),
                        _ => return Err(format!("function {index} has a loop that counts nothing")),
                    },
                    O::Call { function_index: to }
                    | O::ReturnCall { function_index: to }
                    | O::RefFunc { function_index: to }
                        if to <= index =>
                    {
                        return Err(format!("function {index} reaches {to}"));
                    }
                    O::CallIndirect { .. }
                    | O::ReturnCallIndirect { .. }
                    | O::CallRef { .. }
                    | O::ReturnCallRef { .. } => {
                        by_table += 1;
                        if !spent {
                            return Err(format!("function {index} has taken no fuel before {operator:?}"));
                        }
                    }
                    _ => {}
                }
                before = operator;
            }
            // The counter is set before the loop and in it.
            let twice = |counter: &u32| set.iter().filter(|&local| local == counter).count() == 2;
            if let Some(counter) = counters.iter().find(|&counter| !twice(counter)) {
                return Err(format!("function {index} counts a loop by local {counter}, and sets it elsewhere"));
            }
            loops += counters.len();
            index += 1;
        }
        Ok((by_table, loops))
    }

    #[test]
    fn all_modules_end() {
        let (mut by_table, mut loops) = (0, 0);
        for seed in 0..2000 {
            let (bytes, _) = dense(&mut Random::new(seed), Features::supported(), NanProfile::Native);
            let here = ends(&bytes).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            (by_table, loops) = (by_table + here.0, loops + here.1);
        }
        assert!(by_table > 500 && loops > 500, "{by_table} {loops}");
    }

    /// The operators of a module, which is valid, as text.
    fn operators(seed: u64, features: Features) -> Vec<String> {
        let (bytes, _) = dense(&mut Random::new(seed), features, NanProfile::Native);
        let mut validator = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all());
        validator.validate_all(&bytes).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let mut operators = Vec::new();
        for payload in Parser::new(0).parse_all(&bytes) {
            let Ok(Payload::CodeSectionEntry(body)) = payload else { continue };
            let read = body.get_operators_reader().unwrap().into_iter();
            operators.extend(read.map(|operator| format!("{:?}", operator.unwrap())));
        }
        operators
    }

    /// Unaligned atomic accesses trap. Their offsets are aligned, so that most of them do something.
    #[test]
    fn modules_on_request_are_valid_and_their_atomic_accesses_aligned() {
        let features = Features::parse(&["threads", "relaxed-simd"]).unwrap();
        let (mut accesses, mut relaxed) = (0, 0);
        for seed in 0..200 {
            for shown in operators(seed, features) {
                relaxed += u32::from(shown.contains("Relaxed"));
                let offset = shown.split_once(" offset: ").filter(|_| shown.contains("Atomic"));
                let Some((_, offset)) = offset else { continue };
                let offset: u64 = offset.split(',').next().and_then(|n| n.parse().ok()).expect("a number");
                assert!(offset.is_multiple_of(8), "seed {seed}: {shown}");
                accesses += 1;
            }
        }
        assert!(accesses > 50 && relaxed > 20, "{accesses} {relaxed}");
    }

    /// Modules are valid, and contain every operator of the shapes that are made from tables.
    #[test]
    fn vectors_and_objects_are_whole() {
        macro_rules! names {
            ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
                [$((stringify!($proposal), stringify!($op))),*]
            };
        }
        let vectors = wasmparser::for_each_visit_simd_operator!(names);
        let objects = wasmparser::for_each_visit_operator!(names);
        // The operators that convert references.
        let elsewhere = ["AnyConvertExtern", "ExternConvertAny"];
        let mut missing: std::collections::BTreeSet<String> = vectors
            .into_iter()
            .chain(objects)
            .filter(|(proposal, _)| matches!(*proposal, "simd" | "gc"))
            .map(|(_, op)| op.to_string())
            .collect();
        for seed in 0..6000 {
            for shown in operators(seed, Features::supported()) {
                missing.remove(shown.split([' ', '(', '{']).next().unwrap_or_default());
            }
        }
        assert!(missing.iter().eq(&elsewhere), "no module has {missing:?}");
    }
}
