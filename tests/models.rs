//! Compares engines with models of their behaviour: random histories, each executed by every column and by a few lines of Rust
//! that are independent of the engines.

#[path = "models/bulk.rs"]
mod bulk;
#[path = "models/continuations.rs"]
mod continuations;

use std::sync::Arc;
use wasmoon::engine::{Config, Dispatch, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::runtime::store::{Abort, Extern, InstanceId, Limits, Store};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;

/// The columns with their names.
fn columns() -> Vec<(String, Config)> {
    let interp = Config { mode: Mode::All(Tier::Interp), ..Config::default() };
    let mut all = vec![("interp".to_string(), Config { dispatch: Some(Dispatch::Loop), ..interp.clone() })];
    if wasmoon::interp::CHAIN {
        all.push(("interp, chained".into(), Config { dispatch: Some(Dispatch::Chain), ..interp }));
    }
    if cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
        for opt in [OptLevel::O0, OptLevel::O2] {
            all.push((format!("jit at {opt:?}"), Config { mode: Mode::All(Tier::Jit), opt, ..Config::default() }));
        }
        all.push(("mixed".into(), Config { mode: Mode::Mix { seed: 1 }, ..Config::default() }));
        all.push((
            "replaced".into(),
            Config { mode: Mode::Replaced { at_loops: false, after: 2 }, ..Config::default() },
        ));
    }
    all
}

/// An instance of a module in a separate store.
struct Program {
    store: Store,
    instance: InstanceId,
}

impl Program {
    fn new(text: &str, config: &Config) -> Program {
        let bytes = wat::parse_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let features = WasmFeatures::WASM3 | WasmFeatures::STACK_SWITCHING;
        let module = Arc::new(Module::new(&bytes, features).unwrap_or_else(|e| panic!("{e}\n{text}")));
        let engine = Engine::new(config.clone()).expect("an engine");
        let code = engine.compile(&module).expect("compiles");
        let mut store = engine.store(Limits::default());
        let instance = store.instantiate(code, &[]).expect("instantiates");
        Program { store, instance }
    }

    /// Calls an export with numbers; returns its results, or the trap. An exception is `None`.
    fn call(&mut self, name: &str, args: &[u32]) -> Result<Vec<u32>, Option<TrapCode>> {
        let Some(Extern::Func(function)) = self.store.export(self.instance, name) else { panic!("no function {name}") };
        let args: Vec<Val> = args.iter().map(|&arg| Val::I32(arg)).collect();
        match self.store.call(function, &args) {
            Ok(values) => Ok(values
                .into_iter()
                .map(|value| match value {
                    Val::I32(n) => n,
                    other => panic!("{other:?}"),
                })
                .collect()),
            Err(Abort::Trap(trap)) => Err(Some(trap.code)),
            Err(Abort::Exception(_)) => Err(None),
            Err(other) => panic!("{other}"),
        }
    }

    /// The contents of an exported memory.
    fn memory(&self, name: &str) -> &[u8] {
        let Some(Extern::Memory(memory)) = self.store.export(self.instance, name) else { panic!("no memory {name}") };
        self.store.memory_bytes(memory)
    }
}
