//! Malicious and endless programs: on every tier they end with a clear error, in bounded time and memory.

#[path = "hostile/allocated.rs"]
mod allocated;
#[path = "hostile/cli.rs"]
mod cli;
#[path = "hostile/compile.rs"]
mod compile;
#[path = "hostile/everything.rs"]
mod everything;
#[path = "hostile/fuel.rs"]
mod fuel;
#[path = "hostile/interrupts.rs"]
mod interrupts;
#[path = "hostile/limits.rs"]
mod limits;
#[path = "hostile/numbers.rs"]
mod numbers;
#[path = "hostile/programs.rs"]
mod programs;

use std::sync::Arc;
use wasmoon::engine::{Config, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::runtime::linking::InstantiateError;
use wasmoon::runtime::store::{Extern, InstanceId, Limits, Store};
use wasmoon::runtime::value::FuncRef;

/// All ways to execute: tiers, optimization levels, and a mix of all of them in one program.
fn configs() -> Vec<(&'static str, Config)> {
    let all = |tier, opt| Config { mode: Mode::All(tier), opt, verify: true, ..Config::default() };
    let mixed = Config { mode: Mode::Mix3 { seed: 7 }, ..all(Tier::Jit, OptLevel::O2) };
    vec![
        ("interp", all(Tier::Interp, OptLevel::O2)),
        ("jit-O0", all(Tier::Jit, OptLevel::O0)),
        ("jit-O1", all(Tier::Jit, OptLevel::O1)),
        ("jit", all(Tier::Jit, OptLevel::O2)),
        ("jit, 4 registers", Config { registers: Some(4), poison: true, ..all(Tier::Jit, OptLevel::O2) }),
        ("eval", all(Tier::Eval, OptLevel::O2)),
        ("mixed", mixed),
    ]
}

fn encode(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn decode(text: &str) -> Arc<Module> {
    Arc::new(Module::new(&encode(text), WasmFeatures::all()).expect("a valid module"))
}

fn instantiate(config: &Config, module: &Arc<Module>, limits: Limits) -> (Store, Result<InstanceId, InstantiateError>) {
    let engine = Engine::new(config.clone()).expect("an engine");
    let code = engine.compile(module).expect("supported");
    let mut store = engine.store(limits);
    let instance = store.instantiate(code, &[]);
    (store, instance)
}

fn function(store: &Store, instance: InstanceId, name: &str) -> FuncRef {
    match store.export(instance, name) {
        Some(Extern::Func(func)) => func,
        other => panic!("{name}: {other:?}"),
    }
}
