//! Tests each operator on operands that are loads, each of which may trap, followed by something else that may trap: whatever
//! comes first in the program must trap, and at its own place, even if selection combines a load with its user.

use crate::kinds::{Access, Subject, memories, of_memories};
use crate::operators::{TYPES, encoded, few_columns, on_all_cores};
use crate::{Program, VALUES, argument, computations, index, loaded, local};
use std::collections::HashMap;
use std::sync::Arc;
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction as I, MemArg,
    MemorySection, RefType, TableSection, TableType, TypeSection, ValType as V,
};
use wasmoon::engine::{Config, Mode, OptLevel, Tier};
use wasmoon::module::{Module, features};
use wasmoon::runtime::trap::TrapCode;

/// Where a function reads the addresses of its steps.
const ADDRESSES: u64 = 64;
/// The maximum number of steps, for an operator with four operands.
const STEPS: u32 = 5;
/// The first of the locals for addresses, after those for values.
const ADDRESS: u32 = (TYPES.len() * VALUES) as u32;

/// An address of zeros.
const ZEROS: i32 = 0;
/// The address of four copies of [`OUTSIDE`].
const OTHERS: i32 = 32;
/// An address or number with which every step traps.
const OUTSIDE: i32 = -16;

/// Something that traps if the given local is [`OUTSIDE`].
type Between = (&'static str, fn(u32) -> Vec<I<'static>>);

static BETWEEN: [Between; 10] = [
    ("a load", |a| vec![I::LocalGet(a), I::I32Load(argument(0)), I::Drop]),
    ("a load of a vector", |a| vec![I::LocalGet(a), I::V128Load(argument(0)), I::Drop]),
    ("a store", |a| vec![I::LocalGet(a), I::I32Const(0), I::I32Store8(argument(0))]),
    ("an atomic access", |a| {
        vec![I::LocalGet(a), I::I32Const(0), I::I32AtomicRmwAdd(MemArg { align: 2, ..argument(0) }), I::Drop]
    }),
    ("a division", |a| vec![I::I32Const(1), I::LocalGet(a), I::I32Const(-OUTSIDE), I::I32Add, I::I32DivU, I::Drop]),
    ("a conversion", |a| vec![I::LocalGet(a), I::F64ConvertI32U, I::I32TruncF64S, I::Drop]),
    ("an entry of a table", |a| vec![I::LocalGet(a), I::TableGet(0), I::Drop]),
    ("a branch", |a| vec![I::LocalGet(a), I::If(BlockType::Empty), I::Unreachable, I::End]),
    ("a call", |a| vec![I::LocalGet(a), I::Call(CALLEE)]),
    ("an operator on many bytes", |a| vec![I::LocalGet(a), I::I32Const(0), I::I32Const(1), I::MemoryFill(0)]),
];

/// A function that loads from the address that it is called with.
const CALLEE: u32 = 0;

/// An operator, possibly with a test of its result.
struct User {
    name: String,
    operands: Vec<V>,
    /// The code before the operands.
    before: Vec<u8>,
    /// The code after the operands.
    code: Vec<u8>,
    result: Option<V>,
}

fn all(instructions: &[I<'_>]) -> Vec<u8> {
    instructions.iter().flat_map(encoded).collect()
}

/// All operators that compute or access a memory, and tests of their results.
fn users(accesses: &[Access], subject: Subject) -> Vec<User> {
    let computing = computations().into_iter().map(|computation| User {
        name: computation.name,
        operands: computation.operands,
        before: Vec::new(),
        code: computation.code,
        result: Some(computation.result),
    });
    let accessing = accesses.iter().map(|access| User {
        name: access.name.clone(),
        operands: std::iter::once(V::I32).chain(access.operands.iter().copied()).collect(),
        before: Vec::new(),
        code: access.operator(0, subject),
        result: access.result,
    });
    let mut users: Vec<User> = computing.chain(accessing).collect();
    let branches = all(&[I::If(BlockType::Result(V::I64)), I::I64Const(1), I::Else, I::I64Const(2), I::End]);
    let test = |of: &User, what: &str, before: &[I<'_>], behind: &[u8]| User {
        name: format!("{what} of {}", of.name),
        operands: of.operands.clone(),
        before: all(before),
        code: [&of.code, behind].concat(),
        result: Some(V::I64),
    };
    let tests = users.iter().filter(|user| user.result == Some(V::I32)).flat_map(|user| {
        let select = test(user, "Select", &[I::I64Const(1), I::I64Const(2)], &encoded(&I::Select));
        [test(user, "If", &[], &branches), select]
    });
    let tests: Vec<User> = tests.collect();
    users.extend(tests);
    users
}

/// A function: loads, each a step; possibly another step; then an operator on the loaded values.
struct Case<'a> {
    user: &'a User,
    /// A load for each operand.
    loads: Vec<&'a Access>,
    /// Whether the last operand is loaded first.
    backwards: bool,
    between: Option<&'static Between>,
}

impl Case<'_> {
    fn name(&self) -> String {
        let loads: Vec<&str> = self.loads.iter().map(|load| load.name.as_str()).collect();
        let order = if self.backwards { ", loaded backwards" } else { "" };
        let between = self.between.map_or(String::new(), |(what, _)| format!(", {what} before it"));
        format!("{} of {}{order}{between}", self.user.name, loads.join(", "))
    }

    fn steps(&self) -> usize {
        self.loads.len() + usize::from(self.between.is_some())
    }

    fn code(&self, subject: Subject) -> Vec<u8> {
        let mut code = Vec::new();
        for step in 0..self.steps() as u32 {
            code.extend(all(&loaded(V::I32, ADDRESSES + 4 * u64::from(step))));
            code.extend(encoded(&I::LocalSet(ADDRESS + step)));
        }
        let mut order: Vec<usize> = (0..self.loads.len()).collect();
        if self.backwards {
            order.reverse();
        }
        for (address, operand) in (ADDRESS..).zip(order) {
            let value = index(self.user.operands[operand]) * VALUES + operand;
            code.extend(encoded(&I::LocalGet(address)));
            code.extend(self.loads[operand].operator(0, subject));
            code.extend(encoded(&I::LocalSet(value as u32)));
        }
        if let Some((_, step)) = self.between {
            code.extend(all(&step(ADDRESS + self.loads.len() as u32)));
        }
        code.extend(&self.user.before);
        for (operand, &ty) in self.user.operands.iter().enumerate() {
            code.extend(encoded(&local(ty, operand)));
        }
        code.extend(&self.user.code);
        code
    }

    /// Addresses with which the first `good` steps do not trap, and all others would.
    fn addresses(&self, good: usize, address: i32) -> Vec<i32> {
        let of = |step| match step {
            _ if step >= good => OUTSIDE,
            _ if step < self.loads.len() => address,
            _ => ZEROS,
        };
        (0..self.steps()).map(of).collect()
    }
}

/// A module with these functions, exported by their numbers.
fn module(subject: Subject, cases: &[Case<'_>]) -> Vec<u8> {
    let Subject::Memory { ty, .. } = subject else { panic!("no memory") };
    let (mut types, mut functions, mut tables, mut memories, mut exports, mut code) = (
        TypeSection::new(),
        FunctionSection::new(),
        TableSection::new(),
        MemorySection::new(),
        ExportSection::new(),
        CodeSection::new(),
    );
    types.ty().function([V::I32], []);
    types.ty().function([], []);
    for ty in TYPES {
        types.ty().function([], [ty]);
    }
    let element_type = RefType::FUNCREF;
    tables.table(TableType { element_type, table64: false, minimum: 1, maximum: None, shared: false });
    memories.memory(ty);
    exports.export("memory", ExportKind::Memory, 0);
    functions.function(0);
    let mut callee = Function::new([]);
    callee.raw(all(&[I::LocalGet(0), I::I32Load(argument(0)), I::Drop, I::End]));
    code.function(&callee);
    for (number, case) in cases.iter().enumerate() {
        functions.function(case.user.result.map_or(1, |ty| 2 + index(ty) as u32));
        exports.export(&number.to_string(), ExportKind::Func, CALLEE + 1 + number as u32);
        let values = TYPES.iter().map(|&ty| (VALUES as u32, ty));
        let locals: Vec<(u32, V)> = values.chain([(STEPS, V::I32)]).collect();
        let mut function = Function::new(locals);
        code.function(function.raw(case.code(subject)).instruction(&I::End));
    }
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&functions).section(&tables).section(&memories).section(&exports).section(&code);
    module.finish()
}

/// A trap, and where: function and offset in the module of each frame, the innermost first.
type Trapped = (TrapCode, Vec<(u32, Option<u32>)>);

/// Makes an instance in which [`OTHERS`] are there.
fn program(module: &Arc<Module>, config: &Config) -> Program {
    let mut program = Program::new(module, config);
    write(&mut program, OTHERS as usize, &[OUTSIDE; 4]);
    program
}

fn write(program: &mut Program, at: usize, numbers: &[i32]) {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    program.memory()[at..][..bytes.len()].copy_from_slice(&bytes);
}

fn call(program: &mut Program, number: usize, addresses: &[i32]) -> Result<(), Trapped> {
    write(program, ADDRESSES as usize, addresses);
    program.run(number).map_err(|trap| {
        let frames = trap.backtrace.iter().map(|frame| (frame.function, frame.module_offset));
        (trap.code, frames.collect())
    })
}

#[derive(Debug, Default)]
struct Tally {
    functions: usize,
    returned: usize,
    trapped: usize,
}

/// Compares functions of a module.
fn compare(subject: Subject, cases: &[Case<'_>]) -> (Tally, Vec<String>) {
    let module = Arc::new(Module::new(&module(subject, cases), features::all()).expect("valid"));
    let mut interp = program(&module, &Config { mode: Mode::All(Tier::Interp), ..Config::default() });
    let mut columns = few_columns();
    let config = Config { mode: Mode::All(Tier::Jit), opt: OptLevel::O1, ..Config::default() };
    columns.push(("O1".into(), config));
    let mut jits: Vec<_> = columns.into_iter().map(|(name, config)| (name, program(&module, &config))).collect();
    let mut wrong = Vec::new();
    let mut tally = Tally { functions: cases.len(), ..Tally::default() };
    for (number, case) in cases.iter().enumerate() {
        let mut places = Vec::new();
        for good in 0..=case.steps() {
            for address in [ZEROS, OTHERS] {
                let addresses = case.addresses(good, address);
                let expected = call(&mut interp, number, &addresses);
                match &expected {
                    Ok(()) => tally.returned += 1,
                    Err(_) => tally.trapped += 1,
                }
                if good < case.steps() && address == ZEROS {
                    let frames = expected.as_ref().err().map(|(_, frames)| &frames[..]);
                    places.push(frames.and_then(|frames| frames.last()?.1).expect("it traps in the function"));
                }
                for (name, jit) in &mut jits {
                    let got = call(jit, number, &addresses);
                    if got != expected {
                        wrong.push(format!("{}, {addresses:?}: {expected:x?}, and {got:x?} on {name}", case.name()));
                    }
                }
            }
        }
        // Each step that traps first is later in the program.
        assert!(places.is_sorted_by(|one, next| one < next), "{}: {places:x?}", case.name());
    }
    (tally, wrong)
}

#[test]
fn what_comes_first_traps() {
    let accesses = of_memories();
    let mut loads: HashMap<V, Vec<&Access>> = HashMap::new();
    for access in accesses.iter().filter(|access| access.operands.is_empty() && !access.is_atomic()) {
        let ty = access.result.expect("what stores has an operand");
        loads.entry(ty).or_default().push(access);
    }
    let subject =
        |kind: &str| memories().iter().find(|memory| memory.name == kind).expect("a kind of memories").subject;
    let guarded = subject("32 bits");
    let users = users(&accesses, guarded);
    let (mut tally, mut wrong) = (Tally::default(), Vec::new());
    // Where instructions check the bounds, no load passes another one's check: a part will do.
    for (subject, most) in [(guarded, usize::MAX), (subject("32 bits, pages of a byte"), 3)] {
        let mut cases = Vec::new();
        for user in &users {
            let forms = user.operands.iter().map(|ty| loads[ty].len()).max().unwrap_or(0);
            for n in 0..forms.max(BETWEEN.len() + 1).min(most) {
                let load = |(operand, ty): (usize, &V)| loads[ty][(n + operand) % loads[ty].len()];
                let between = (n % (BETWEEN.len() + 1)).checked_sub(1).map(|n| &BETWEEN[n]);
                for backwards in [false, true].into_iter().take(user.operands.len()) {
                    let loads = user.operands.iter().enumerate().map(load).collect();
                    cases.push(Case { user, loads, backwards, between });
                }
            }
        }
        let modules: Vec<&[Case<'_>]> = cases.chunks(500).collect();
        for (one, more_wrong) in on_all_cores(&modules, |cases| compare(subject, cases)) {
            tally.functions += one.functions;
            tally.returned += one.returned;
            tally.trapped += one.trapped;
            wrong.extend(more_wrong);
        }
    }
    println!("{tally:?}");
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    let Tally { functions, returned, trapped } = tally;
    assert!(functions > 10_000 && returned > functions && trapped > 3 * functions, "{tally:?}");
}
