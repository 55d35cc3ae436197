//! A third generator: edges. Each function of a module does one thing where something ends: the last byte of a memory and the one
//! after it, the last entry of a table, a shift by the width, a float next to the largest one, a cast at the depth where the list
//! of supertypes ends, one parameter more than there are registers.
//!
//! Functions have no parameters, and each is called by itself: what traps in one hides nothing of another. All of them return an
//! i64 into which they mix what they have seen. They call only functions that were made before them, and loops count.

mod chains;
mod control;
mod numbers;
mod objects;
mod payloads;
mod spaces;
mod stacks;

use super::features::Features;
use crate::engine::NanProfile;
use crate::random::Random;
use crate::triage::smith::values::{ANY, bits, canonical, constant, drawn, halves};
use objects::Objects;
use std::collections::HashMap;
use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, Function, FunctionSection,
    GlobalSection, GlobalType, Instruction as I, MemorySection, MemoryType, Module, RefType, TableSection, TableType,
    TagKind, TagSection, TagType, TypeSection, ValType as V,
};

/// The types of numbers.
const NUMBERS: [V; 4] = [V::I32, V::I64, V::F32, V::F64];
/// The index of the passive data segment, and of the passive element segment.
const PASSIVE: u32 = 1;
/// The number of bytes in the passive data segment, and of functions in the passive element segment.
const PASSIVE_BYTES: u64 = 64;
const PASSIVE_FUNCTIONS: u64 = 5;

/// The features that edges need.
struct Has {
    bulk: bool,
    references: bool,
    tail: bool,
    exceptions: bool,
    legacy: bool,
    multi_value: bool,
    signs: bool,
    saturating: bool,
    simd: bool,
    relaxed: bool,
    threads: bool,
    wide_arithmetic: bool,
    gc: bool,
    stacks: bool,
    /// Whether objects may have descriptors.
    descriptors: bool,
    /// Whether the engine itself makes all NaNs canonical.
    settled_nans: bool,
}

/// A module that is being made.
struct Maker<'a> {
    random: &'a mut Random,
    has: Has,
    types: TypeSection,
    /// The number of types, which the section counts by groups.
    type_count: u32,
    function_types: HashMap<(Vec<V>, Vec<V>), u32>,
    memories: Vec<MemoryType>,
    tables: Vec<TableType>,
    tags: Vec<u32>,
    /// The globals whose values the compiler does not know: types, and values as constant expressions. Equal ones are one.
    globals: Vec<(V, u128)>,
    functions: Vec<(u32, Function)>,
    /// The functions that tables hold; each calls nothing, and all but the last have the type `() -> i64`.
    leaves: Vec<u32>,
    objects: Option<Objects>,
}

/// Makes the module of a seed, without exports; its last global counts down, as in other modules, but nothing needs it.
pub(super) fn edges(random: &mut Random, features: Features, nan: NanProfile) -> Vec<u8> {
    let mut maker = Maker::new(random, features, nan);
    for i in 0..4 {
        let (params, code) = match i {
            3 => (vec![V::I64], vec![I::LocalGet(0), I::I64Const(5), I::I64Add]),
            i => (Vec::new(), vec![I::I64Const(0x1111 * (i + 1))]),
        };
        let leaf = maker.function(&params, &[V::I64], &[], code);
        maker.leaves.push(leaf);
    }
    if maker.has.gc {
        maker.objects = Some(objects::declare(&mut maker));
    }
    // Some modules have edges of one kind, so that what they do meets.
    let only = (maker.random.below(3) == 0).then(|| maker.random.below(Edge::KINDS));
    for _ in 0..12 + maker.random.below(13) {
        let mut edge = Edge::new(&mut maker);
        let kind = only.unwrap_or_else(|| edge.below(Edge::KINDS));
        edge.made(kind);
        edge.finish();
    }
    maker.assemble()
}

impl<'a> Maker<'a> {
    fn new(random: &'a mut Random, features: Features, nan: NanProfile) -> Maker<'a> {
        let gc = features.has("gc") && features.has("reference-types") && features.has("bulk-memory");
        let has = Has {
            bulk: features.has("bulk-memory"),
            references: features.has("reference-types") && features.has("bulk-memory"),
            tail: features.has("tail-call"),
            exceptions: features.has("exceptions") && features.has("multi-value"),
            legacy: features.has("legacy-exceptions"),
            multi_value: features.has("multi-value"),
            signs: features.has("sign-extension"),
            saturating: features.has("saturating-float-to-int"),
            simd: features.has("simd"),
            relaxed: features.has("relaxed-simd"),
            threads: features.has("threads"),
            wide_arithmetic: features.has("wide-arithmetic"),
            gc,
            stacks: features.has("stack-switching") && gc && features.has("multi-value"),
            descriptors: features.has("custom-descriptors"),
            settled_nans: nan.is_canonical(),
        };
        let several = features.has("multi-memory");
        let memories = (0..if several { 3 } else { 1 }).map(|_| spaces::drawn_memory(random, features)).collect();
        let tables = (0..if has.references { 2 } else { 1 }).map(|_| spaces::drawn_table(random, features)).collect();
        let mut maker = Maker {
            random,
            has,
            types: TypeSection::new(),
            type_count: 0,
            function_types: HashMap::new(),
            memories,
            tables,
            tags: Vec::new(),
            globals: Vec::new(),
            functions: Vec::new(),
            leaves: Vec::new(),
            objects: None,
        };
        maker.function_type(&[], &[V::I64]);
        maker
    }

    fn function_type(&mut self, params: &[V], results: &[V]) -> u32 {
        let key = (params.to_vec(), results.to_vec());
        if let Some(&known) = self.function_types.get(&key) {
            return known;
        }
        self.types.ty().function(params.iter().copied(), results.iter().copied());
        self.function_types.insert(key, self.type_count);
        self.type_count += 1;
        self.type_count - 1
    }

    /// Adds a function; `code` lacks the last `end`.
    fn function(&mut self, params: &[V], results: &[V], locals: &[V], code: Vec<I<'static>>) -> u32 {
        let ty = self.function_type(params, results);
        let mut function = Function::new_with_locals_types(locals.iter().copied());
        code.iter().chain([&I::End]).for_each(|instruction| {
            function.instruction(instruction);
        });
        self.functions.push((ty, function));
        self.functions.len() as u32 - 1
    }

    /// Adds a tag with this payload.
    fn tag(&mut self, payload: &[V], results: &[V]) -> u32 {
        let ty = self.function_type(payload, results);
        self.tags.push(ty);
        self.tags.len() as u32 - 1
    }

    /// Returns a global with this value, which nothing changes.
    fn opaque_global(&mut self, ty: V, bits: u128) -> u32 {
        let known = self.globals.iter().position(|&global| global == (ty, bits));
        known.unwrap_or_else(|| {
            self.globals.push((ty, bits));
            self.globals.len() - 1
        }) as u32
    }

    /// Writes the sections in order.
    fn assemble(self) -> Vec<u8> {
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for (ty, function) in &self.functions {
            functions.function(*ty);
            code.function(function);
        }
        let mut tables = TableSection::new();
        let mut elements = ElementSection::new();
        let list = |n: u64| (0..n).map(|i| self.leaves[i as usize % self.leaves.len()]).collect::<Vec<_>>();
        for (i, table) in (0..).zip(&self.tables) {
            tables.table(*table);
            // The last element stays null.
            let count = table.minimum.saturating_sub(1).min(PASSIVE_FUNCTIONS);
            let at = if table.table64 { ConstExpr::i64_const(0) } else { ConstExpr::i32_const(0) };
            let chosen = list(count);
            // Index 0 is what an element segment for the first table has without saying so.
            elements.active((i > 0).then_some(i), &at, Elements::Functions(chosen.as_slice().into()));
        }
        let mut memories = MemorySection::new();
        let mut data = DataSection::new();
        for memory in &self.memories {
            memories.memory(*memory);
        }
        let bytes: Vec<u8> = (0..PASSIVE_BYTES as u8).map(|i| i.wrapping_mul(0x1d).wrapping_add(0x81)).collect();
        let first = &self.memories[0];
        let size = first.minimum << first.page_size_log2.unwrap_or(16);
        let at = if first.memory64 { ConstExpr::i64_const(0) } else { ConstExpr::i32_const(0) };
        data.active(0, &at, bytes[..(size.min(PASSIVE_BYTES)) as usize].iter().copied());
        if self.has.bulk {
            data.passive(bytes);
        }
        // Now and then one that ends with the memory, or one byte later: then nothing can be called.
        if self.random.below(12) == 0 {
            let length = drawn(self.random, &[0, 0, 1, 8]).min(size);
            let at = size - length + u64::from(self.random.below(3) == 0);
            let at = if first.memory64 { ConstExpr::i64_const(at as i64) } else { ConstExpr::i32_const(at as i32) };
            data.active(0, &at, std::iter::repeat_n(0xa5, length as usize));
        }
        if self.has.references {
            // The passive segment is behind those of the tables: one that is used has the index `PASSIVE`.
            debug_assert!(self.tables.len() as u32 == PASSIVE_ELEMENTS);
            elements.passive(Elements::Functions(list(PASSIVE_FUNCTIONS).as_slice().into()));
            elements.declared(Elements::Functions((0..self.functions.len() as u32).collect::<Vec<_>>().into()));
        }
        let mut tags = TagSection::new();
        for &func_type_idx in &self.tags {
            tags.tag(TagType { kind: TagKind::Exception, func_type_idx });
        }
        let mut globals = GlobalSection::new();
        for &(val_type, bits) in &self.globals {
            let init = match val_type {
                V::I32 => ConstExpr::i32_const(bits as i32),
                V::I64 => ConstExpr::i64_const(bits as i64),
                V::F32 => ConstExpr::f32_const(f32::from_bits(bits as u32).into()),
                V::F64 => ConstExpr::f64_const(f64::from_bits(bits as u64).into()),
                V::V128 => ConstExpr::v128_const(bits as i128),
                V::Ref(ty) => ConstExpr::ref_null(ty.heap_type),
            };
            globals.global(GlobalType { val_type, mutable: true, shared: false }, &init);
        }
        globals.global(GlobalType { val_type: V::I32, mutable: true, shared: false }, &ConstExpr::i32_const(0));
        let mut module = Module::new();
        module.section(&self.types).section(&functions).section(&tables).section(&memories);
        if !self.tags.is_empty() {
            module.section(&tags);
        }
        module.section(&globals).section(&elements);
        if self.has.bulk {
            module.section(&DataCountSection { count: data.len() });
        }
        module.section(&code).section(&data);
        module.finish()
    }
}

/// The index of the passive element segment, behind those of two tables.
const PASSIVE_ELEMENTS: u32 = 2;

/// A function that is being made: one edge.
struct Edge<'m, 'a> {
    m: &'m mut Maker<'a>,
    code: Vec<I<'static>>,
    /// The types of the locals. The first one is the result.
    locals: Vec<V>,
}

impl<'m, 'a> Edge<'m, 'a> {
    /// The number of kinds of edges; see [`Edge::made`].
    const KINDS: u64 = 25;

    fn new(m: &'m mut Maker<'a>) -> Edge<'m, 'a> {
        Edge { m, code: Vec::new(), locals: vec![V::I64] }
    }

    /// Makes an edge of this kind. What the features do not allow is an edge of numbers.
    fn made(&mut self, kind: u64) {
        let has = &self.m.has;
        match kind {
            1 | 2 if has.simd => self.vectors(),
            3 | 4 => self.access(),
            5 => self.overlapping(),
            6 if has.bulk => self.bulk(),
            7 => self.growth(),
            8 => self.table(),
            9 if has.threads => self.atomic(),
            10 | 11 if has.gc => self.cast(),
            12 if has.gc => self.array(),
            13 if has.gc => self.heap(),
            14 => self.switch(),
            15 => self.looped(),
            16 => self.pressed(),
            17 if has.multi_value => self.passed(),
            18 if has.exceptions => self.thrown(),
            19 if has.stacks => self.suspended(),
            20 if has.gc && has.multi_value => self.structure(),
            21 | 22 => self.chained(),
            23 if has.multi_value => self.underneath(),
            24 => self.recursive(),
            _ => self.numbers(),
        }
    }

    /// Adds the function to the module.
    fn finish(mut self) {
        self.put([I::LocalGet(0)]);
        let (code, locals) = (std::mem::take(&mut self.code), std::mem::take(&mut self.locals));
        self.m.function(&[], &[V::I64], &locals, code);
    }

    fn below(&mut self, n: u64) -> u64 {
        self.m.random.below(n)
    }

    /// Returns true once in `n` times on average.
    fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn drawn<T: Copy>(&mut self, list: &[T]) -> T {
        drawn(self.m.random, list)
    }

    fn one_of(&mut self, table: &[I<'static>]) -> I<'static> {
        table[self.below(table.len() as u64) as usize].clone()
    }

    fn put(&mut self, instructions: impl IntoIterator<Item = I<'static>>) {
        self.code.extend(instructions);
    }

    /// Adds a local.
    fn fresh(&mut self, ty: V) -> u32 {
        self.locals.push(ty);
        self.locals.len() as u32 - 1
    }

    fn number(&mut self) -> V {
        self.drawn(&NUMBERS)
    }

    /// Pushes a value that the compiler knows.
    fn known(&mut self, ty: V, bits: u128) {
        self.put([if ty == V::V128 { I::V128Const(bits as i128) } else { constant(ty, bits as u64) }]);
    }

    /// Pushes a value that the compiler does not know.
    fn opaque(&mut self, ty: V, bits: u128) {
        let bits = if matches!(ty, V::I32 | V::F32) { u128::from(bits as u32) } else { bits };
        let global = self.m.opaque_global(ty, bits);
        self.put([I::GlobalGet(global)]);
    }

    /// Pushes a value that the compiler knows or does not know.
    fn either(&mut self, ty: V, bits: u128) {
        if self.once_in(2) { self.known(ty, bits) } else { self.opaque(ty, bits) }
    }

    /// Pushes an integer of 32 or 64 bits that the compiler knows or does not know.
    fn integer(&mut self, wide: bool, value: u64) {
        self.either(if wide { V::I64 } else { V::I32 }, value.into());
    }

    /// Draws the bits of a value of this type.
    fn bits(&mut self, ty: V) -> u128 {
        let top = if matches!(ty, V::I32 | V::F32) { 1 << 31 } else { 1 << 63 };
        match ty {
            V::V128 => self.lanes(),
            // As bits: the sign alone, and numbers that are immediates of 32 bits or nearly so.
            _ if self.once_in(10) => {
                let near = [top, top, u64::MAX, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_ffff_8000_0000];
                u128::from(self.drawn(&near) & (top | (top - 1)))
            }
            V::F32 | V::F64 if !self.once_in(4) => self.float_bits(ty == V::F64).into(),
            ty => bits(self.m.random, ty).into(),
        }
    }

    /// Pushes any value of this type.
    fn any(&mut self, ty: V) {
        match ty {
            V::Ref(ty) => self.reference(ty),
            ty => {
                let bits = self.bits(ty);
                self.either(ty, bits);
            }
        }
    }

    /// Mixes the value on the stack into the result.
    fn noted(&mut self, ty: V) {
        match ty {
            V::I32 => self.put([I::I64ExtendI32U]),
            V::I64 => {}
            V::F32 => {
                self.canonical(ty);
                self.put([I::I32ReinterpretF32, I::I64ExtendI32U]);
            }
            V::F64 => {
                self.canonical(ty);
                self.put([I::I64ReinterpretF64]);
            }
            V::V128 => {
                let helper = self.fresh(V::V128);
                self.put(halves(helper));
            }
            ANY if self.once_in(2) => return self.looked(),
            V::Ref(_) => self.put([I::RefIsNull, I::I64ExtendI32U]),
        }
        self.put([I::LocalGet(0), I::I64Const(9), I::I64Rotl, I::I64Xor, I::LocalSet(0)]);
    }

    /// Mixes a number into the result, to tell where control went.
    fn passed_here(&mut self, n: u64) {
        self.put([I::I64Const(n as i64)]);
        self.noted(V::I64);
    }

    /// Turns any NaN on the stack into the canonical one, unless the engine guarantees canonical NaNs.
    fn canonical(&mut self, ty: V) {
        if self.m.has.settled_nans {
            return;
        }
        let helper = self.fresh(ty);
        self.put(canonical(ty, helper));
    }

    /// Pushes a reference of this type; one that may be null often is.
    fn reference(&mut self, ty: RefType) {
        let leaf = self.m.leaves[0];
        match ty {
            _ if ty.nullable && self.once_in(3) => self.put([I::RefNull(ty.heap_type)]),
            RefType::FUNCREF => self.put([I::RefFunc(leaf)]),
            _ => self.object(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wasmparser::{Parser, Payload, Validator, WasmFeatures};

    /// The names of the operators of a seed's module, which is valid.
    fn operators(seed: u64, features: Features) -> BTreeSet<String> {
        let bytes = edges(&mut Random::new(seed), features, NanProfile::Native);
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        validator.validate_all(&bytes).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        let mut operators = BTreeSet::new();
        for payload in Parser::new(0).parse_all(&bytes) {
            let Ok(Payload::CodeSectionEntry(body)) = payload else { continue };
            for operator in body.get_operators_reader().unwrap() {
                let shown = format!("{:?}", operator.unwrap());
                operators.insert(shown.split([' ', '(', '{']).next().unwrap_or_default().to_string());
            }
        }
        operators
    }

    /// Modules are valid, whatever features there are.
    #[test]
    fn modules_are_valid() {
        for names in [&["none"][..], &["none", "gc"], &["-gc"], &["-simd", "-bulk-memory"], &["none", "all"]] {
            let features = Features::parse(names).unwrap();
            for seed in 0..100 {
                operators(seed, features);
            }
        }
    }
}
