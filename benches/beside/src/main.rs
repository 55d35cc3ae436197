//! Measures calls between host and WebAssembly, in both directions, typed and untyped, through the embedding interfaces of
//! wasmoon, wasmtime and wasmi. Prints a Markdown table.
//!
//!     cargo run --release --manifest-path benches/beside/Cargo.toml --target-dir target/beside
//!
//! Engines take turns, and each round has its own ratios, so that other load on the machine affects both sides of a ratio.

use std::time::Instant;

const ROUNDS: usize = 15;
const CALLS: u32 = 300_000;

const MODULE: &str = include_str!("../../calls.wat");

const ROWS: [&str; 4] = [
    "host calls WebAssembly, `TypedFunc`",
    "host calls WebAssembly, `Func::call`",
    "WebAssembly calls the host, `func_wrap`",
    "WebAssembly calls the host, `func_new`",
];

/// For each row, a function that makes `CALLS` calls.
type Columns = [Box<dyn FnMut()>; 4];

/// Makes the columns of an engine. The interfaces differ in the name of the function that instantiates, and in how a type
/// is made.
macro_rules! columns {
    ($name:ident, $instantiate:ident, $engine:ident: $make:expr, $ty:expr) => {{
        use $name::{Linker, Module, Store, Val};
        let $engine = $make;
        let module = Module::new(&$engine, wat::parse_str(MODULE).expect("text")).expect("a module");
        let start = |untyped: bool| {
            let mut linker = Linker::new(&$engine);
            if untyped {
                let add = |_: $name::Caller<'_, ()>, params: &[Val], results: &mut [Val]| {
                    let number = |i: usize| params[i].i32().expect("an i32");
                    results[0] = Val::I32(number(0).wrapping_add(number(1)));
                    Ok(())
                };
                linker.func_new("host", "add", $ty, add).expect("a new name");
            } else {
                linker.func_wrap("host", "add", |a: i32, b: i32| a.wrapping_add(b)).expect("a new name");
            }
            let mut store = Store::new(&$engine, ());
            let instance = linker.$instantiate(&mut store, &module).expect("an instance");
            (store, instance)
        };
        let (mut store, instance) = start(false);
        let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add").expect("it");
        let typed = move || (0..CALLS).for_each(|_| assert_eq!(add.call(&mut store, (1, 2)).expect("a sum"), 3));
        let (mut store, instance) = start(false);
        let add = instance.get_func(&mut store, "add").expect("it");
        let untyped = move || {
            for _ in 0..CALLS {
                let mut results = [Val::I32(0)];
                add.call(&mut store, &[Val::I32(1), Val::I32(2)], &mut results).expect("a sum");
                assert_eq!(results[0].i32(), Some(3));
            }
        };
        let [wrapped, new] = [false, true].map(|untyped| {
            let (mut store, instance) = start(untyped);
            let run = instance.get_typed_func::<i32, i32>(&mut store, "loop").expect("it");
            move || {
                run.call(&mut store, CALLS as i32).expect("a sum");
            }
        });
        let columns: Columns = [Box::new(typed), Box::new(untyped), Box::new(wrapped), Box::new(new)];
        columns
    }};
}

fn wasmoon(strategy: wasmoon::Strategy) -> Columns {
    use wasmoon::{Config, Engine, FuncType, ValType};
    columns!(wasmoon, instantiate, engine: Engine::new(Config::new().strategy(strategy)).expect("a configuration"), FuncType::new([ValType::I32; 2], [ValType::I32]))
}

fn wasmtime() -> Columns {
    use wasmtime::{Engine, FuncType, ValType};
    columns!(wasmtime, instantiate, engine: Engine::default(), FuncType::new(&engine, [ValType::I32, ValType::I32], [ValType::I32]))
}

fn wasmi() -> Columns {
    use wasmi::{Engine, FuncType, ValType};
    columns!(wasmi, instantiate_and_start, engine: Engine::default(), FuncType::new([ValType::I32; 2], [ValType::I32]))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    // Each of our backends is followed by the engine that it is compared with.
    let mut engines = [wasmoon(wasmoon::Strategy::Jit), wasmtime(), wasmoon(wasmoon::Strategy::Interpreter), wasmi()];
    println!("| ns | JIT | wasmtime | JIT ÷ wasmtime | interpreter | wasmi | interpreter ÷ wasmi |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for (row, name) in ROWS.iter().enumerate() {
        let mut rounds: [Vec<f64>; 4] = Default::default();
        for _ in 0..ROUNDS {
            for (engine, times) in engines.iter_mut().zip(&mut rounds) {
                let start = Instant::now();
                engine[row]();
                times.push(start.elapsed().as_nanos() as f64 / f64::from(CALLS));
            }
        }
        let pair = |ours: &[f64], theirs: &[f64]| {
            let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a / b).collect();
            let [least, most] = [f64::min, f64::max].map(|pick| ratios.iter().copied().reduce(pick).expect("rounds"));
            let times = [ours, theirs].map(|times| median(times.to_vec()));
            format!("{:.1} | {:.1} | {:.2} ({least:.2}–{most:.2})", times[0], times[1], median(ratios))
        };
        println!("| {name} | {} | {} |", pair(&rounds[0], &rounds[1]), pair(&rounds[2], &rounds[3]));
    }
}
