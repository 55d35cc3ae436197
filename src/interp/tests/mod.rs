//! The interpreter in a store of its own, without an engine.

mod execution;
mod forms;
mod jumps;
mod kept;
mod limits;
mod listing;
mod positions;
mod room;
mod torture;
mod transfers;
mod watching;

use super::{CHAIN, InterpCode, translate};
use crate::module::{BodyIndex, FuncType, Module, WasmFeatures};
use crate::runtime::store::{Abort, Adapters, Code, Extern, InstanceId, Limits, Store};
use crate::runtime::value::Val;
use crate::runtime::vm::VMFunc;
use std::sync::Arc;

struct NoAdapters;

impl Adapters for NoAdapters {
    fn native_to_array(&self, _: &FuncType) -> std::io::Result<*const u8> {
        Ok(std::ptr::null())
    }
}

struct Interpreted {
    module: Arc<Module>,
    bodies: Vec<InterpCode>,
}

impl Code for Interpreted {
    fn module(&self) -> &Arc<Module> {
        &self.module
    }

    fn install(&self, body: BodyIndex, func: &VMFunc) {
        self.bodies[body.0 as usize].install(func);
    }
}

fn decode(text: &str) -> Module {
    decode_with(text, WasmFeatures::WASM3)
}

fn decode_with(text: &str, features: WasmFeatures) -> Module {
    let bytes = wat::parse_str(text).unwrap();
    Module::new(&bytes, features).unwrap()
}

fn compile(text: &str, chained: bool) -> Arc<dyn Code> {
    compile_module(Arc::new(decode(text)), chained)
}

fn compile_module(module: Arc<Module>, chained: bool) -> Arc<dyn Code> {
    let bodies = (0..module.bodies.len() as u32).map(|i| translate(&module, BodyIndex(i), chained).unwrap()).collect();
    Arc::new(Interpreted { module, bodies })
}

fn store() -> Store {
    Store::new(Arc::new(NoAdapters), Limits::default())
}

/// The dispatchers of this build.
fn dispatchers() -> &'static [bool] {
    if CHAIN { &[false, true] } else { &[false] }
}

fn export(store: &Store, instance: InstanceId, name: &str) -> crate::runtime::value::FuncRef {
    match store.export(instance, name) {
        Some(Extern::Func(f)) => f,
        other => panic!("{name} is {other:?}"),
    }
}

/// Instantiates a module without imports and calls its export `f`, by each dispatcher; asserts that the outcomes are
/// equal.
fn run(text: &str, args: &[Val]) -> Result<Vec<Val>, Abort> {
    let outcomes: Vec<_> = dispatchers()
        .iter()
        .map(|&chained| {
            let mut store = store();
            let instance = store.instantiate(compile(text, chained), &[]).unwrap();
            let f = export(&store, instance, "f");
            store.call(f, args)
        })
        .collect();
    assert!(outcomes.windows(2).all(|w| w[0] == w[1]), "{outcomes:?}");
    outcomes.into_iter().next().unwrap()
}
