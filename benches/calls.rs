//! Calls between host and WebAssembly, in both directions, in nanoseconds per call: through the embedding interface, typed
//! and untyped; and as the harness makes them, on values. `cargo bench --bench calls`; with `--features wasmi` also on
//! wasmi.
//!
//! Rounds alternate between the columns, so that other load on the machine affects all; the best round of each counts.

use std::time::{Duration, Instant};
use wasmoon::{Config, Engine, Func, Linker, Module, Store, Strategy, Val};

const ROUNDS: usize = 9;
const CALLS: u32 = 300_000;

const MODULE: &str = include_str!("calls.wat");

/// A column's name, and a function that makes `CALLS` calls.
type Column = (String, Box<dyn FnMut()>);

fn embedded(strategy: Strategy, name: &str) -> Vec<Column> {
    let engine = Engine::new(Config::new().strategy(strategy)).expect("a configuration");
    let module = Module::new(&engine, MODULE).expect("a module");
    let start = |untyped: bool| {
        let mut linker = Linker::new(&engine);
        match untyped {
            false => linker.func_wrap("host", "add", |a: i32, b: i32| a.wrapping_add(b)),
            true => {
                let ty = module.imports().next().and_then(|import| import.ty().func().copied()).expect("a function");
                linker.func_new("host", "add", ty, |_, params, results| {
                    let number = |i: usize| params[i].i32().expect("an i32");
                    results[0] = Val::I32(number(0).wrapping_add(number(1)));
                    Ok(())
                })
            }
        }
        .expect("a new name");
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).expect("an instance");
        (store, instance)
    };
    let mut columns: Vec<Column> = Vec::new();
    let (mut store, instance) = start(false);
    let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add").expect("it");
    let typed = move || (0..CALLS).for_each(|_| assert_eq!(add.call(&mut store, (1, 2)).expect("a sum"), 3));
    columns.push((format!("{name}: into, typed"), Box::new(typed)));
    let (mut store, instance) = start(false);
    let add: Func = instance.get_func(&mut store, "add").expect("it");
    let untyped = move || {
        for _ in 0..CALLS {
            let mut results = [Val::I32(0)];
            add.call(&mut store, &[Val::I32(1), Val::I32(2)], &mut results).expect("a sum");
            assert_eq!(results[0].i32(), Some(3));
        }
    };
    columns.push((format!("{name}: into, untyped"), Box::new(untyped)));
    for (untyped, what) in [(false, "typed"), (true, "untyped")] {
        let (mut store, instance) = start(untyped);
        let run = instance.get_typed_func::<i32, i32>(&mut store, "loop").expect("it");
        let out = move || {
            run.call(&mut store, CALLS as i32).expect("a sum");
        };
        columns.push((format!("{name}: out, {what}"), Box::new(out)));
    }
    columns
}

/// The columns that call as the harness does.
fn harness(tier: wasmoon::engine::Tier, name: &str) -> Vec<Column> {
    use wasmoon::engine::{Config, Engine, Mode};
    use wasmoon::module::{FuncType, Module, ValType, features};
    use wasmoon::runtime::store::{Extern, Limits};
    use wasmoon::runtime::value::Val;
    let bytes = wat::parse_str(MODULE).expect("a module");
    let module = std::sync::Arc::new(Module::new(&bytes, features::all()).expect("a module"));
    let engine = Engine::new(Config { mode: Mode::All(tier), ..Config::default() }).expect("a configuration");
    let code = engine.compile(&module).expect("code");
    let start = || {
        let mut store = engine.store(Limits::default());
        let ty = FuncType::new([ValType::I32; 2], [ValType::I32]);
        let add = store.new_host_func(
            "add",
            ty,
            Box::new(|_, args| match args {
                [Val::I32(a), Val::I32(b)] => Ok(vec![Val::I32(a.wrapping_add(*b))]),
                _ => unreachable!("checked"),
            }),
        );
        let instance = store.instantiate(code.clone(), &[Extern::Func(add)]).expect("an instance");
        (store, instance)
    };
    let function = |store: &wasmoon::runtime::store::Store, instance, name: &str| match store.export(instance, name) {
        Some(Extern::Func(func)) => func,
        _ => unreachable!("exported"),
    };
    let (mut store, instance) = start();
    let add = function(&store, instance, "add");
    let into = move || {
        for _ in 0..CALLS {
            assert_eq!(store.call(add, &[Val::I32(1), Val::I32(2)]).expect("a sum"), [Val::I32(3)]);
        }
    };
    let (mut store, instance) = start();
    let run = function(&store, instance, "loop");
    let out = move || {
        store.call(run, &[Val::I32(CALLS)]).expect("a sum");
    };
    vec![
        (format!("{name}: into, as the harness"), Box::new(into)),
        (format!("{name}: out, as the harness"), Box::new(out)),
    ]
}

#[cfg(feature = "wasmi")]
fn wasmi() -> Vec<Column> {
    let bytes = wat::parse_str(MODULE).expect("a module");
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, &bytes[..]).expect("a module");
    let start = || {
        let mut linker = wasmi::Linker::<()>::new(&engine);
        linker.func_wrap("host", "add", |a: i32, b: i32| a.wrapping_add(b)).expect("a new name");
        let mut store = wasmi::Store::new(&engine, ());
        let instance = linker.instantiate_and_start(&mut store, &module).expect("an instance");
        (store, instance)
    };
    let (mut store, instance) = start();
    let add = instance.get_typed_func::<(i32, i32), i32>(&store, "add").expect("it");
    let into = move || (0..CALLS).for_each(|_| assert_eq!(add.call(&mut store, (1, 2)).expect("a sum"), 3));
    let (mut store, instance) = start();
    let run = instance.get_typed_func::<i32, i32>(&store, "loop").expect("it");
    let out = move || {
        run.call(&mut store, CALLS as i32).expect("a sum");
    };
    vec![("wasmi: into, typed".into(), Box::new(into)), ("wasmi: out, typed".into(), Box::new(out))]
}

#[cfg(not(feature = "wasmi"))]
fn wasmi() -> Vec<Column> {
    println!("wasmi is left out; add --features wasmi");
    Vec::new()
}

fn main() {
    let mut columns = embedded(Strategy::Jit, "jit");
    columns.extend(embedded(Strategy::Interpreter, "interp"));
    columns.extend(harness(wasmoon::engine::Tier::Jit, "jit"));
    columns.extend(harness(wasmoon::engine::Tier::Interp, "interp"));
    columns.extend(wasmi());
    let mut best = vec![Duration::MAX; columns.len()];
    for _ in 0..ROUNDS {
        for ((_, run), best) in columns.iter_mut().zip(&mut best) {
            let start = Instant::now();
            run();
            *best = start.elapsed().min(*best);
        }
    }
    for ((name, _), best) in columns.iter().zip(best) {
        println!("{name:32} {:6.1} ns", best.as_nanos() as f64 / f64::from(CALLS));
    }
}
