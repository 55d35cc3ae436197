//! Tests each operator that accesses a memory, an array or a table, with addresses and indices of each form, several accesses to
//! a function: how selection folds addresses, which bounds checks it leaves out because an earlier access was checked, and which
//! values a displacement must not have. The memory operators and their types come from the decoder and the validator. The
//! interpreter and the compiler have to agree on results, on traps, and on the state afterwards.

#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]

#[path = "accesses/forms.rs"]
mod forms;
#[path = "accesses/kinds.rs"]
mod kinds;
mod operators;

use forms::{Form, Numbers, X, Z, c32, c64, y};
use kinds::{ADDRESS, Access, COUNT, Kind, RESULTS, Subject, arrays_and_tables, memories, of_memories};
use operators::{edge, encoded, few_columns, instance, on_all_cores};
use std::collections::BTreeMap;
use std::sync::Arc;
use wasm_encoder::{BlockType, Instruction as I, ValType as V};
use wasmoon::engine::{Config, Mode, Tier};
use wasmoon::module::{Module, features};
use wasmoon::random::Random;
use wasmoon::runtime::store::{Abort, Extern, InstanceId, MemoryId, Store};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;

/// How the accesses of a function are executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Structure {
    OneAfterAnother,
    /// All accesses use the first address, which is kept in a local.
    OneAddress,
    /// The second access is only executed if `y` is odd.
    Choice,
    /// All accesses are in a loop, whose iterations add to `x` and `z`.
    Loop,
    /// The memory or table grows after the first access; an array is replaced by a longer one.
    Growth,
    /// As `Growth`, at the end of each iteration of a loop.
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

/// A function made of several accesses.
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

    /// The code of the access with this number.
    fn access(&self, kind: &Kind, number: usize) -> Vec<u8> {
        let place = &self.places[number];
        let one = self.structure == Structure::OneAddress;
        let own = ADDRESS[usize::from(kind.is_wide())];
        let address: Vec<u8> = match number {
            _ if !one => (place.form.1)(place.numbers).iter().flat_map(encoded).collect(),
            0 => (place.form.1)(place.numbers).iter().chain(&[I::LocalTee(own)]).flat_map(encoded).collect(),
            _ => encoded(&I::LocalGet(own)),
        };
        let mut code = place.access.code(&address, place.offset, kind.subject);
        if place.access.result.is_some() {
            let before = self.places[..number].iter().filter(|place| place.access.result.is_some()).count();
            code.extend(encoded(&I::LocalSet(RESULTS + before as u32)));
        }
        code
    }

    fn code(&self, kind: &Kind) -> Vec<u8> {
        let each = (0..self.places.len()).map(|number| self.access(kind, number));
        let all = |instructions: &[I<'_>]| instructions.iter().flat_map(encoded).collect::<Vec<u8>>();
        let growth = kind.growth();
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

    /// Random arguments, many of which make addresses near the ends of the memory.
    fn arguments(&self, kind: &Kind, random: &mut Random) -> [Val; 4] {
        let place = &self.places[random.below(self.places.len() as u64) as usize];
        let Numbers { c, d, k } = place.numbers;
        let size = kind.sizes()[random.below(2) as usize] as i64;
        let target = match random.below(16) {
            0 => random.below(32) as i64,
            1 => -(random.below(32) as i64),
            2 => (1 << 32) - random.below(40) as i64,
            3..7 => size - random.below(if matches!(kind.subject, Subject::Memory { .. }) { 40 } else { 4 }) as i64,
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
        let (mut store, instance) = instance(module, config);
        let Some(Extern::Memory(memory)) = store.export(instance, "memory") else { panic!("no memory") };
        let mut random = Random::new(1);
        store.memory_bytes_mut(memory).iter_mut().for_each(|byte| *byte = random.next() as u8);
        Program { store, instance, memory }
    }

    /// Writes the contents of an array or table to memory.
    fn write_state(&mut self) {
        self.call("state", &[]).expect("no trap");
    }

    fn call(&mut self, name: &str, arguments: &[Val]) -> Result<Vec<Val>, TrapCode> {
        let Some(Extern::Func(f)) = self.store.export(self.instance, name) else { panic!("no function {name}") };
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

/// The number of calls of each function.
const CALLS: usize = 10;

/// Compares the functions of one module between the interpreter and the compiler.
fn compare(kind: &Kind, sequences: &[Sequence<'_>], seed: u64) -> (Tally, Vec<String>) {
    let bodies: Vec<(Vec<V>, Vec<u8>)> = sequences.iter().map(|s| (s.results(), s.code(kind))).collect();
    let module = Arc::new(Module::new(&kind.module(&bodies), features::all()).expect("valid"));
    let mut interp = Program::new(&module, &Config { mode: Mode::All(Tier::Interp), ..Config::default() });
    let mut jits: Vec<_> =
        few_columns().into_iter().map(|(name, config)| (name, Program::new(&module, &config))).collect();
    let mut wrong = Vec::new();
    let mut tally = Tally { functions: sequences.len(), ..Tally::default() };
    let random = &mut Random::new(seed);
    for (number, sequence) in sequences.iter().enumerate() {
        for _ in 0..CALLS {
            let arguments = sequence.arguments(kind, random);
            let expected = interp.call(&number.to_string(), &arguments);
            match &expected {
                Ok(_) => tally.returned += 1,
                Err(code) => *tally.trapped.entry(code.message()).or_default() += 1,
            }
            for (name, jit) in &mut jits {
                let got = jit.call(&number.to_string(), &arguments);
                if got != expected {
                    wrong.push(format!(
                        "{}, {arguments:x?}, {}: {expected:x?}, and {got:x?} on {name}",
                        sequence.name(),
                        kind.name
                    ));
                }
            }
        }
        let has_state = !matches!(kind.subject, Subject::Memory { .. });
        if has_state {
            interp.write_state();
        }
        let expected = interp.store.memory_bytes(interp.memory);
        for (name, jit) in &mut jits {
            if has_state {
                jit.write_state();
            }
            let got = jit.store.memory_bytes_mut(jit.memory);
            if got != expected {
                let at = got.iter().zip(expected).position(|(a, b)| a != b);
                wrong.push(format!("{}, {}: memory at {at:x?} on {name}", sequence.name(), kind.name));
                if got.len() != expected.len() {
                    return (tally, wrong);
                }
                got.copy_from_slice(expected);
            }
        }
    }
    (tally, wrong)
}

/// A function whose first access is `first`, at an address of the given form.
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
        // Most use the form and numbers of the first address, with another offset.
        let related = n == 0 || random.below(4) > 0;
        let form = if related { form } else { &forms[random.below(forms.len() as u64) as usize] };
        let numbers = if related { own } else { Numbers::new(random, bits) };
        let offset = match random.below(48) {
            _ if !matches!(kind.subject, Subject::Memory { .. }) => 0,
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

/// Tests the operators of these kinds, each as the first access of a function for each form of address.
fn check(kinds: &[Kind], of_memories: &[Access]) -> Tally {
    let (mut structures, mut modules) = (BTreeMap::new(), Vec::new());
    let owns: Vec<Vec<Access>> = kinds.iter().map(Kind::own_accesses).collect();
    for (seed, kind) in kinds.iter().enumerate() {
        let random = &mut Random::new(seed as u64 + 1);
        let own = &owns[seed];
        let all: Vec<&Access> = if own.is_empty() { of_memories } else { own }.iter().collect();
        let plain: Vec<&Access> = all.iter().copied().filter(|access| !access.is_atomic()).collect();
        // Half of the memory operators are atomic, and a function with several of them is more likely to trap.
        let others = [&all[..], &plain, &plain, &plain];
        let mut sequences = Vec::new();
        for form in kind.addresses().1 {
            // At least 60, since arrays and tables have few operators.
            let firsts = all.iter().cycle().take(all.len().max(60));
            sequences.extend(firsts.map(|&first| sequence(kind, (first, form), &others, random)));
        }
        sequences.iter().for_each(|s| *structures.entry(s.structure).or_insert(0) += 1);
        while !sequences.is_empty() {
            let some = sequences.split_off(sequences.len().saturating_sub(1000));
            modules.push((kind, some, random.next()));
        }
    }
    let (mut tally, mut wrong) = (Tally::default(), Vec::new());
    for (one, more_wrong) in on_all_cores(&modules, |(kind, sequences, seed)| compare(kind, sequences, *seed)) {
        tally.functions += one.functions;
        tally.returned += one.returned;
        one.trapped.into_iter().for_each(|(code, count)| *tally.trapped.entry(code).or_default() += count);
        wrong.extend(more_wrong);
    }
    println!("{tally:?}, {structures:?}");
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    assert!(structures.len() == Structure::ALL.len(), "{structures:?}");
    let traps: usize = tally.trapped.values().sum();
    assert!(tally.returned > traps / 4 && traps > tally.returned / 4, "{tally:?}");
    tally
}

#[test]
fn each_access_to_memory_at_each_form_of_address() {
    let of_memories = of_memories();
    assert!(of_memories.len() > 110, "{} operators", of_memories.len());
    let tally = check(&memories(), &of_memories);
    assert!(tally.functions > 35_000, "{tally:?}");
}

#[test]
fn each_access_to_arrays_and_tables_at_each_form_of_index() {
    let tally = check(&arrays_and_tables(), &[]);
    assert!(tally.functions > 15_000 && tally.trapped.len() >= 5, "{tally:?}");
}
