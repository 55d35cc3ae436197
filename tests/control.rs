//! Tests each branch in each place of two nested blocks, together with each other branch. The expected results need no engine:
//! they come from walking the tree that the function is made from. The interpreter, the evaluator and the compiler all have to
//! produce them, and to consume the same fuel.

#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]

mod operators;

use operators::{few_columns, instance, on_all_cores};
use std::sync::Arc;
use std::time::Duration;
use wasm_encoder::{
    BlockType, Catch, CodeSection, ExportKind, ExportSection, Function, FunctionSection, HeapType, Instruction as I,
    Module as Encoder, RefType, TagKind, TagSection, TagType, TypeSection, ValType as V,
};
use wasmoon::engine::{Config, Mode, Tier};
use wasmoon::module::{Module, features};
use wasmoon::random::Random;
use wasmoon::runtime::store::{Abort, Extern};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;
use wasmoon::runtime::watchdog::Watchdog;

/// The parameters and results of blocks; the index is the type index in the module.
const LABELS: [(&[V], &[V]); 5] = [
    (&[], &[]),
    (&[], &[V::I32]),
    (&[V::I32], &[V::I32]),
    (&[V::I64, V::I32], &[V::V128]),
    (&[V::V128], &[V::I32, V::I64]),
];
/// The type of all functions, `[bits, count, sum] -> [sum]`, and of the tag.
const FUNCTION: u32 = LABELS.len() as u32;
const TAG: u32 = FUNCTION + 1;
/// The locals of each function.
const BITS: u32 = 0;
const COUNT: u32 = 1;
const SUM: u32 = 2;
/// The fuel of a call: one unit for each function entry and loop iteration. A call that needs more is considered endless.
const FUEL: u64 = 100;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Block,
    Loop,
    If,
    IfElse,
    /// A `try_table` in a block that receives the thrown value.
    Try,
}
const KINDS: [Kind; 5] = [Kind::Block, Kind::Loop, Kind::If, Kind::IfElse, Kind::Try];

/// An `i32` computed from the locals. Some conditions change them.
#[derive(Clone, Copy, Debug)]
enum Condition {
    /// The lowest bit of `bits`, after shifting them right.
    NextBit,
    /// The count, after decrementing it.
    CountDown,
    /// Whether the count is above 3, after incrementing it.
    CountUp,
    /// Whether `bits` is zero.
    NoBits,
    /// The count.
    Count,
    /// Whether the sum is below `1 << 40`.
    SmallSum,
    /// Whether `bits` is below 2, as a comparison of floats.
    FewBits,
}
const CONDITIONS: [Condition; 7] = [
    Condition::NextBit,
    Condition::CountDown,
    Condition::CountUp,
    Condition::NoBits,
    Condition::Count,
    Condition::SmallSum,
    Condition::FewBits,
];

/// An action at a place. Depths count blocks, as in the specification; the outermost label is the function's.
#[derive(Clone, Debug)]
enum Act {
    /// Changes everything that conditions depend on: adds a number to the sum, and has the effects of two conditions.
    Change,
    Nest(Nest),
    Br(u32),
    BrIf(Condition, u32),
    /// Selected by the condition's lower two bits: 1 for the second label, otherwise the first.
    BrTable(Condition, u32, u32),
    /// The reference is null if the condition does not hold.
    BrOnNull(Condition, u32),
    Throw,
    Return,
}

#[derive(Clone, Debug)]
struct Item {
    /// Unique to the item: its values are made with the 16 numbers that start at it.
    number: u32,
    act: Act,
}
/// Offsets of a nest's values from its number: the parameters are at 0.
const RESULTS: u32 = 4;
const OTHER_RESULTS: u32 = 8;
const APART: u32 = 12;

#[derive(Clone, Debug)]
struct Nest {
    kind: Kind,
    /// The index in [`LABELS`].
    label: usize,
    /// The condition of an `if`.
    condition: Condition,
    /// Whether another value lies below those of each branch to this block, so that the branch has to move them.
    is_apart: bool,
    body: Vec<Item>,
    otherwise: Vec<Item>,
}

impl Nest {
    /// The types of the values that a branch to it takes.
    fn label_types(&self) -> &'static [V] {
        let (params, results) = LABELS[self.label];
        if self.kind == Kind::Loop { params } else { results }
    }
}

/// The types of a label, and whether a branch to it has to move the values.
fn label(nests: &[&Nest], depth: u32) -> (&'static [V], bool) {
    match nests.len().checked_sub(1 + depth as usize) {
        Some(at) => (nests[at].label_types(), nests[at].is_apart),
        None => (&[V::I64], false),
    }
}

/// The state of an execution, simulated by walking the tree.
struct Walk {
    bits: u32,
    count: u32,
    sum: u64,
    fuel: u64,
}

enum Flow {
    Next,
    /// The depth, and the values for the label.
    Branch(u32, Vec<u64>),
    Thrown(u64),
    OutOfFuel,
}

/// How a call ends, and the remaining fuel.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ended {
    how: How,
    fuel: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Returned(u64),
    Thrown,
    OutOfFuel,
}

impl Walk {
    fn add(&mut self, value: u64) {
        self.sum = self.sum.wrapping_mul(31).wrapping_add(value);
    }

    /// Takes one unit; returns whether there was one.
    fn take_fuel(&mut self) -> bool {
        let left = self.fuel.checked_sub(1);
        self.fuel = left.unwrap_or(0);
        left.is_some()
    }

    /// Adds all to the sum, the last one first, as they are popped from the stack.
    fn add_all(&mut self, values: &[u64]) {
        values.iter().rev().for_each(|&value| self.add(value));
    }

    /// The values made for these types; a vector is represented by its lower lane.
    fn made(&self, types: &[V], number: u32) -> Vec<u64> {
        let one = |(ty, number): (V, u32)| match (ty, number % 3) {
            (_, 0) => number.into(),
            (V::I32, 1) => self.bits.into(),
            (V::I32, _) => u64::from(self.sum as u32 ^ number),
            (_, 1) => self.sum,
            _ => self.sum ^ u64::from(number),
        };
        types.iter().copied().zip(number..).map(one).collect()
    }

    fn value(&mut self, condition: Condition) -> u32 {
        match condition {
            Condition::NextBit => {
                self.bits >>= 1;
                self.bits & 1
            }
            Condition::CountDown => {
                self.count = self.count.wrapping_sub(1);
                self.count
            }
            Condition::CountUp => {
                self.count = self.count.wrapping_add(1);
                u32::from(self.count as i32 > 3)
            }
            Condition::NoBits => u32::from(self.bits == 0),
            Condition::Count => self.count,
            Condition::SmallSum => u32::from(self.sum < 1 << 40),
            Condition::FewBits => u32::from(f64::from(self.bits) < 2.0),
        }
    }

    fn items<'n>(&mut self, items: &'n [Item], nests: &mut Vec<&'n Nest>) -> Flow {
        for item in items {
            match self.item(item, nests) {
                Flow::Next => {}
                other => return other,
            }
        }
        Flow::Next
    }

    fn item<'n>(&mut self, item: &'n Item, nests: &mut Vec<&'n Nest>) -> Flow {
        let number = item.number;
        // The values of a branch, and what lies below them; all are added to the sum if the branch is not taken.
        let values = |walk: &Walk, depth| {
            let (types, is_apart) = label(nests, depth);
            (if is_apart { walk.made(&[V::I64], number + APART) } else { Vec::new() }, walk.made(types, number))
        };
        match &item.act {
            Act::Change => {
                self.add(number.into());
                self.value(Condition::NextBit);
                self.value(Condition::CountDown);
            }
            Act::Nest(nest) => return self.nest(nest, number, nests),
            Act::Br(depth) => return Flow::Branch(*depth, values(self, *depth).1),
            Act::BrIf(condition, depth) | Act::BrOnNull(condition, depth) => {
                let (below, values) = values(self, *depth);
                let is_null = matches!(item.act, Act::BrOnNull(..));
                if (self.value(*condition) != 0) != is_null {
                    return Flow::Branch(*depth, values);
                }
                self.add_all(&values);
                self.add_all(&below);
            }
            Act::BrTable(condition, first, second) => {
                let values = values(self, *first).1;
                let index = self.value(*condition) & 3;
                return Flow::Branch(if index == 1 { *second } else { *first }, values);
            }
            Act::Throw => return Flow::Thrown(self.made(&[V::I32], number)[0]),
            Act::Return => return Flow::Branch(nests.len() as u32, self.made(&[V::I64], number)),
        }
        Flow::Next
    }

    fn nest<'n>(&mut self, nest: &'n Nest, number: u32, nests: &mut Vec<&'n Nest>) -> Flow {
        let (params, results) = LABELS[nest.label];
        let mut params = self.made(params, number);
        let (mut body, mut results_number) = (&nest.body, number + RESULTS);
        let mut stays = true;
        if matches!(nest.kind, Kind::If | Kind::IfElse) && self.value(nest.condition) == 0 {
            (body, results_number) = (&nest.otherwise, number + OTHER_RESULTS);
            stays = nest.kind == Kind::IfElse;
        }
        if !stays {
            self.add_all(&params);
            return Flow::Next;
        }
        nests.push(nest);
        let flow = loop {
            if nest.kind == Kind::Loop && !self.take_fuel() {
                break Flow::OutOfFuel;
            }
            self.add_all(&params);
            match self.items(body, nests) {
                Flow::Branch(0, values) if nest.kind == Kind::Loop => params = values,
                other => break other,
            }
        };
        nests.pop();
        match flow {
            Flow::Next => {
                let results = self.made(results, results_number);
                self.add_all(&results);
            }
            Flow::Branch(0, values) => self.add_all(&values),
            Flow::Branch(depth, values) => return Flow::Branch(depth - 1, values),
            Flow::Thrown(value) if nest.kind == Kind::Try => {
                self.add(value);
                return Flow::Next;
            }
            other => return other,
        }
        // The result of the block around the handler if nothing was thrown.
        if nest.kind == Kind::Try {
            self.add(5);
        }
        Flow::Next
    }
}

/// The expected result of calling a function.
fn expected(items: &[Item], bits: u32, count: u32, sum: u64) -> Ended {
    let mut walk = Walk { bits, count, sum, fuel: FUEL };
    assert!(walk.take_fuel(), "enough to enter the function");
    let how = match walk.items(items, &mut Vec::new()) {
        Flow::Next => How::Returned(walk.sum),
        Flow::Branch(0, values) => How::Returned(values[0]),
        Flow::Branch(..) => unreachable!("a label outside of the function"),
        Flow::Thrown(_) => How::Thrown,
        Flow::OutOfFuel => How::OutOfFuel,
    };
    Ended { how, fuel: walk.fuel }
}

/// Writes the code for items.
struct Writer<'n> {
    out: Vec<I<'static>>,
    nests: Vec<&'n Nest>,
}

impl<'n> Writer<'n> {
    /// Adds the values on the stack to the sum, the top one first.
    fn add_all(&mut self, types: &[V]) {
        for ty in types.iter().rev() {
            match ty {
                V::I32 => self.out.push(I::I64ExtendI32U),
                V::V128 => self.out.push(I::I64x2ExtractLane(0)),
                _ => {}
            }
            let add = [I::LocalGet(SUM), I::I64Const(31), I::I64Mul, I::I64Add, I::LocalSet(SUM)];
            self.out.extend(add);
        }
    }

    fn make(&mut self, types: &[V], number: u32) {
        for (&ty, number) in types.iter().zip(number..) {
            let wide: &[I<'static>] = &[I::LocalGet(SUM), I::I64Const(number.into()), I::I64Xor];
            let code: &[I<'static>] = match (ty, number % 3) {
                (V::I32, 0) => &[I::I32Const(number as i32)],
                (V::I32, 1) => &[I::LocalGet(BITS)],
                (V::I32, _) => &[I::LocalGet(SUM), I::I32WrapI64, I::I32Const(number as i32), I::I32Xor],
                (_, 0) => &[I::I64Const(number.into())],
                (_, 1) => &[I::LocalGet(SUM)],
                _ => wide,
            };
            self.out.extend_from_slice(code);
            if ty == V::V128 {
                self.out.push(I::I64x2Splat);
            }
        }
    }

    fn condition(&mut self, condition: Condition) {
        let code: &[I<'static>] = match condition {
            Condition::NextBit => {
                &[I::LocalGet(BITS), I::I32Const(1), I::I32ShrU, I::LocalTee(BITS), I::I32Const(1), I::I32And]
            }
            Condition::CountDown => &[I::LocalGet(COUNT), I::I32Const(-1), I::I32Add, I::LocalTee(COUNT)],
            Condition::CountUp => {
                &[I::LocalGet(COUNT), I::I32Const(1), I::I32Add, I::LocalTee(COUNT), I::I32Const(3), I::I32GtS]
            }
            Condition::NoBits => &[I::LocalGet(BITS), I::I32Eqz],
            Condition::Count => &[I::LocalGet(COUNT)],
            Condition::SmallSum => &[I::LocalGet(SUM), I::I64Const(1 << 40), I::I64LtU],
            Condition::FewBits => &[I::LocalGet(BITS), I::F64ConvertI32U, I::F64Const(2.0.into()), I::F64Lt],
        };
        self.out.extend_from_slice(code);
    }

    /// The depth in the code, which has an extra block for each handler.
    fn depth(&self, depth: u32) -> u32 {
        depth + self.nests.iter().rev().take(depth as usize).filter(|nest| nest.kind == Kind::Try).count() as u32
    }

    /// Makes the values for a label; returns the types to add to the sum if the branch is not taken.
    fn make_for(&mut self, depth: u32, number: u32) -> Vec<V> {
        let (types, is_apart) = label(&self.nests, depth);
        let below: &[V] = if is_apart { &[V::I64] } else { &[] };
        self.make(below, number + APART);
        self.make(types, number);
        [below, types].concat()
    }

    fn items(&mut self, items: &'n [Item]) {
        items.iter().for_each(|item| self.item(item));
    }

    fn item(&mut self, item: &'n Item) {
        let number = item.number;
        match &item.act {
            Act::Change => {
                self.out.push(I::I64Const(number.into()));
                self.add_all(&[V::I64]);
                for condition in [Condition::NextBit, Condition::CountDown] {
                    self.condition(condition);
                    self.out.push(I::Drop);
                }
            }
            Act::Nest(nest) => self.nest(nest, number),
            Act::Br(depth) => {
                self.make_for(*depth, number);
                self.out.push(I::Br(self.depth(*depth)));
            }
            Act::BrIf(condition, depth) => {
                let values = self.make_for(*depth, number);
                self.condition(*condition);
                self.out.push(I::BrIf(self.depth(*depth)));
                self.add_all(&values);
            }
            Act::BrOnNull(condition, depth) => {
                let values = self.make_for(*depth, number);
                self.out.extend([I::I32Const(7), I::RefI31, I::RefNull(HeapType::I31)]);
                self.condition(*condition);
                self.out.extend([I::TypedSelect(V::Ref(RefType::I31REF)), I::BrOnNull(self.depth(*depth)), I::Drop]);
                self.add_all(&values);
            }
            Act::BrTable(condition, first, second) => {
                self.make_for(*first, number);
                self.condition(*condition);
                self.out.extend([I::I32Const(3), I::I32And]);
                let (first, second) = (self.depth(*first), self.depth(*second));
                self.out.push(I::BrTable(vec![first, second].into(), first));
            }
            Act::Throw => {
                self.make(&[V::I32], number);
                self.out.push(I::Throw(0));
            }
            Act::Return => {
                self.make(&[V::I64], number);
                self.out.push(I::Return);
            }
        }
    }

    fn nest(&mut self, nest: &'n Nest, number: u32) {
        let (params, results) = LABELS[nest.label];
        let ty = BlockType::FunctionType(nest.label as u32);
        self.make(params, number);
        match nest.kind {
            Kind::Block => self.out.push(I::Block(ty)),
            Kind::Loop => self.out.push(I::Loop(ty)),
            Kind::If | Kind::IfElse => {
                self.condition(nest.condition);
                self.out.push(I::If(ty));
            }
            Kind::Try => {
                // The parameters are made again inside, since the outer block takes none.
                self.out.extend(params.iter().map(|_| I::Drop));
                self.out.push(I::Block(BlockType::Result(V::I32)));
                self.make(params, number);
                self.out.push(I::TryTable(ty, vec![Catch::One { tag: 0, label: 0 }].into()));
            }
        }
        self.nests.push(nest);
        self.add_all(params);
        self.items(&nest.body);
        self.make(results, number + RESULTS);
        if nest.kind == Kind::IfElse {
            self.out.push(I::Else);
            self.add_all(params);
            self.items(&nest.otherwise);
            self.make(results, number + OTHER_RESULTS);
        }
        self.nests.pop();
        self.out.push(I::End);
        self.add_all(results);
        if nest.kind == Kind::Try {
            self.out.extend([I::I32Const(5), I::End]);
            self.add_all(&[V::I32]);
        }
    }
}

/// Generates functions.
struct Maker {
    random: Random,
    numbers: u32,
}

impl Maker {
    fn item(&mut self, act: Act) -> Item {
        self.numbers += 17;
        Item { number: self.numbers, act }
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.random.below(of.len() as u64) as usize]
    }

    /// A block without items.
    fn nest(&mut self, kind: Kind) -> Nest {
        let mut label = self.random.below(LABELS.len() as u64) as usize;
        if kind == Kind::If && LABELS[label].0 != LABELS[label].1 {
            label = 2 * self.random.below(2) as usize;
        }
        let condition = self.one(&CONDITIONS);
        let is_apart = self.random.below(3) == 0;
        Nest { kind, label, condition, is_apart, body: Vec::new(), otherwise: Vec::new() }
    }

    /// Items for a place that is not given: none, a conditional return, a block, or any choice.
    fn any(&mut self, nests: &[&Nest]) -> Vec<Item> {
        match self.random.below(6) {
            0 => vec![],
            1 | 2 => self.end(nests),
            3 if nests.len() < 4 => {
                let kind = self.one(&KINDS);
                let mut nest = self.nest(kind);
                let inside = [nests, &[&nest]].concat();
                let body = self.any(&inside);
                nest.body = body;
                vec![self.item(Act::Nest(nest))]
            }
            _ => {
                let all = choices(nests.len() as u32 + 1);
                let n = self.random.below(all.len() as u64) as usize;
                self.chosen(&all[n], nests)
            }
        }
    }

    /// A conditional return, which also ends loops that would be endless.
    fn end(&mut self, nests: &[&Nest]) -> Vec<Item> {
        let condition = self.one(&[Condition::NextBit, Condition::NoBits, Condition::FewBits, Condition::CountUp]);
        vec![self.item(Act::BrIf(condition, nests.len() as u32))]
    }

    /// The item for a choice, made valid: all labels of a table must have the same types.
    fn chosen(&mut self, act: &Option<Act>, nests: &[&Nest]) -> Vec<Item> {
        let Some(mut act) = act.clone() else { return vec![] };
        if let Act::BrTable(_, first, second) = &mut act
            && label(nests, *first).0 != label(nests, *second).0
        {
            *second = *first;
        }
        vec![self.item(act)]
    }
}

/// All possible acts at a place with this many labels.
fn choices(labels: u32) -> Vec<Option<Act>> {
    let mut all = vec![None, Some(Act::Change), Some(Act::Throw), Some(Act::Return)];
    for depth in 0..labels {
        all.push(Some(Act::Br(depth)));
        for condition in CONDITIONS {
            all.push(Some(Act::BrIf(condition, depth)));
        }
        let condition = CONDITIONS[depth as usize % 2];
        all.push(Some(Act::BrOnNull(condition, depth)));
        all.push(Some(Act::BrTable(condition, depth, (depth + 1) % labels)));
    }
    all
}

/// The number of labels in scope at each place of [`function`].
const PLACES: [u32; 4] = [2, 3, 3, 2];

/// A function with a block inside another. It has acts at four places: at the start of the outer block, at the start and the end
/// of the inner one, and after the inner one. Two of them are given. In a plain function no branch carries values, and most loops
/// end.
fn function(maker: &mut Maker, kinds: [Kind; 2], is_plain: bool, given: [(usize, &Option<Act>); 2]) -> Vec<Item> {
    let [mut outer, mut inner] = kinds.map(|kind| maker.nest(kind));
    if is_plain {
        (outer.label, inner.label) = (0, 0);
    }
    let shell = (outer.clone(), inner.clone());
    let at = |maker: &mut Maker, place: usize| {
        let nests: &[&Nest] = if PLACES[place] == 3 { &[&shell.0, &shell.1] } else { &[&shell.0] };
        match given.iter().find(|given| given.0 == place) {
            Some((_, act)) => maker.chosen(act, nests),
            None if is_plain && place == 0 => maker.end(nests),
            None => maker.any(nests),
        }
    };
    inner.body = at(maker, 1);
    inner.body.push(maker.item(Act::Change));
    inner.body.extend(at(maker, 2));
    inner.otherwise = maker.any(&[&shell.0, &shell.1]);
    outer.body = at(maker, 0);
    outer.body.push(maker.item(Act::Nest(inner)));
    outer.body.extend(at(maker, 3));
    outer.otherwise = maker.any(&[&shell.0]);
    let items = vec![maker.item(Act::Nest(outer)), maker.item(Act::Change)];
    maker.numbers = 0;
    items
}

/// A module with these functions, exported by their numbers.
fn module(functions: &[Vec<Item>]) -> Vec<u8> {
    let (mut types, mut tags, mut indices, mut exports, mut code) =
        (TypeSection::new(), TagSection::new(), FunctionSection::new(), ExportSection::new(), CodeSection::new());
    for (params, results) in LABELS {
        types.ty().function(params.iter().copied(), results.iter().copied());
    }
    types.ty().function([V::I32, V::I32, V::I64], [V::I64]);
    types.ty().function([V::I32], []);
    tags.tag(TagType { kind: TagKind::Exception, func_type_idx: TAG });
    for (number, items) in functions.iter().enumerate() {
        indices.function(FUNCTION);
        exports.export(&number.to_string(), ExportKind::Func, number as u32);
        let mut writer = Writer { out: Vec::new(), nests: Vec::new() };
        writer.items(items);
        let mut body = Function::new([]);
        writer.out.iter().for_each(|instruction| {
            body.instruction(instruction);
        });
        body.instruction(&I::LocalGet(SUM)).instruction(&I::End);
        code.function(&body);
    }
    let mut module = Encoder::new();
    module.section(&types).section(&indices).section(&tags).section(&exports).section(&code);
    module.finish()
}

#[derive(Debug, Default)]
struct Tally {
    functions: usize,
    /// Functions that end on no input, if fuel is not counted.
    endless: usize,
    calls: usize,
    thrown: usize,
    /// Calls that ran out of fuel.
    out_of_fuel: usize,
    wrong: usize,
    /// The first wrong results.
    shown: Vec<String>,
}

const INPUTS: [(u32, u32, u64); 5] =
    [(0, 1, 0), (0b1, 3, 1 << 50), (0b10110, 2, 7), (0b1010_1011_0110, 5, 1 << 41), (u32::MAX, u32::MAX - 1, 3)];

/// A timeout; the calls of a module's functions on a column normally take less than a second.
const HANGS: Duration = Duration::from_secs(120);

impl Tally {
    fn add(&mut self, other: Tally) {
        self.functions += other.functions;
        self.endless += other.endless;
        self.calls += other.calls;
        self.thrown += other.thrown;
        self.out_of_fuel += other.out_of_fuel;
        self.wrong += other.wrong;
        self.shown.extend(other.shown);
    }
}

/// Calls the functions on all columns: with all inputs if fuel is counted, otherwise only with those for which they end.
fn hold(functions: &[Vec<Item>], counts_fuel: bool) -> Tally {
    let mut tally = Tally::default();
    let module = Arc::new(Module::new(&module(functions), features::all()).expect("valid"));
    let of = |tier| Config { mode: Mode::All(tier), ..Config::default() };
    let mut columns = few_columns();
    columns.extend([("the interpreter".to_string(), of(Tier::Interp)), ("the evaluator".to_string(), of(Tier::Eval))]);
    let calls = |items: &Vec<Item>| INPUTS.map(|(bits, count, sum)| expected(items, bits, count, sum));
    let expected: Vec<_> = functions.iter().map(calls).collect();
    for (name, config) in columns {
        let (mut store, instance) = instance(&module, &Config { fuel: counts_fuel, ..config });
        let watchdog = Watchdog::start(store.interrupt_handle(), HANGS).expect("a thread");
        for (number, items) in functions.iter().enumerate() {
            let Some(Extern::Func(f)) = store.export(instance, &number.to_string()) else { panic!("no function") };
            let mut ended = false;
            for ((bits, count, sum), mut expected) in INPUTS.into_iter().zip(expected[number]) {
                let is_endless = expected.how == How::OutOfFuel;
                if is_endless && !counts_fuel {
                    continue;
                }
                if !counts_fuel {
                    expected.fuel = FUEL;
                }
                (ended, tally.calls) = (true, tally.calls + 1);
                tally.thrown += usize::from(expected.how == How::Thrown);
                tally.out_of_fuel += usize::from(is_endless);
                store.set_fuel(FUEL);
                let how = match store.call(f, &[Val::I32(bits), Val::I32(count), Val::I64(sum)]).as_deref() {
                    Ok([Val::I64(sum)]) => Ok(How::Returned(*sum)),
                    Err(Abort::Exception(_)) => Ok(How::Thrown),
                    Err(Abort::Trap(trap)) if trap.code == TrapCode::OutOfFuel => Ok(How::OutOfFuel),
                    other => Err(format!("{other:?}")),
                };
                let got = how.map(|how| Ended { how, fuel: store.fuel() });
                if got != Ok(expected) {
                    tally.wrong += 1;
                    if tally.shown.len() < 3 {
                        let input = format!("{bits:#b} {count} {sum}");
                        tally.shown.push(format!("{got:?} instead of {expected:?} of {input} on {name}: {items:#?}"));
                    }
                }
                if watchdog.fired() {
                    // Counted as wrong whatever the result, since the remaining calls are skipped.
                    tally.wrong += 1;
                    tally.shown.push(format!("the functions did not end in {HANGS:?} on {name}, the last: {items:#?}"));
                    return tally;
                }
            }
            tally.functions += 1;
            tally.endless += usize::from(!ended);
        }
    }
    tally
}

#[test]
fn each_branch_beside_each_other_one() {
    let mut maker = Maker { random: Random::new(1), numbers: 0 };
    let mut functions = Vec::new();
    let pairs = (0..PLACES.len()).flat_map(|a| (a + 1..PLACES.len()).map(move |b| (a, b)));
    for (a, b) in pairs {
        for (n, one) in choices(PLACES[a]).iter().enumerate() {
            for (m, other) in choices(PLACES[b]).iter().enumerate() {
                // For both places in the inner block, all kinds of blocks; for others, a sample.
                let all = || KINDS.iter().flat_map(|&outer| KINDS.map(|inner| [outer, inner]));
                let step = if (a, b) == (1, 2) { 2 } else { 12 };
                let mut some: Vec<_> = all().skip((n + m) % step).step_by(step).map(|kinds| (kinds, false)).collect();
                if (a, b) == (1, 2) {
                    some.extend(all().map(|kinds| (kinds, true)));
                }
                for (kinds, is_plain) in some {
                    functions.push(function(&mut maker, kinds, is_plain, [(a, one), (b, other)]));
                }
            }
        }
    }
    let modules: Vec<_> = functions.chunks(400).enumerate().collect();
    let mut tally = Tally::default();
    on_all_cores(&modules, |&(number, functions)| hold(functions, number % 3 == 0))
        .into_iter()
        .for_each(|one| tally.add(one));
    println!(
        "{} functions on all columns together, {} of them endless; {} calls, {} of them throw, fuel ends {}",
        tally.functions, tally.endless, tally.calls, tally.thrown, tally.out_of_fuel
    );
    assert!(
        tally.wrong == 0,
        "{} results are wrong:\n{}",
        tally.wrong,
        tally.shown[..tally.shown.len().min(3)].join("\n")
    );
    assert!(tally.functions > 250_000 && tally.endless * 50 < tally.functions, "{tally:?}");
    assert!(tally.calls > 4 * tally.functions && tally.thrown > 20_000 && tally.out_of_fuel > 5_000, "{tally:?}");
}
