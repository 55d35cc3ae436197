//! The `spectest` module that the official testsuite imports from, and the host modules that wasmtime's tests import.

use super::InstantiateError;
use crate::module::{FuncType, GlobalType, MemoryType, RefType, TableType, ValType, WasmFeatures};
use crate::runtime::store::{Extern, Store};
use crate::runtime::value::{Ref, Val};
use std::cell::RefCell;
use std::rc::Rc;

/// Calls of the host's functions with their arguments, in order.
pub type Calls = Vec<(&'static str, Vec<Val>)>;

/// The host's modules in a store.
pub struct Spectest {
    /// Module, name and entity, in an order that is the same in every store.
    exports: Vec<(&'static str, &'static str, Extern)>,
    log: Rc<RefCell<Calls>>,
}

impl Spectest {
    /// Makes the module's entities; `table64` and `shared_memory` only with the features that they need.
    ///
    /// # Errors
    /// If a memory or a table cannot be allocated.
    pub fn new(store: &mut Store, features: WasmFeatures) -> Result<Spectest, InstantiateError> {
        Spectest::with_shared_pages(store, features, 2)
    }

    /// Makes the entities of wasmtime's runner: the shared memory cannot grow, and the module `wasmtime` has a function
    /// `gc` that collects garbage.
    ///
    /// # Errors
    /// As [`Spectest::new`].
    pub fn of_wasmtime(store: &mut Store, features: WasmFeatures) -> Result<Spectest, InstantiateError> {
        let mut spectest = Spectest::with_shared_pages(store, features, 1)?;
        let log = spectest.log.clone();
        let gc = move |store: &mut Store, _: &[Val]| {
            store.collect_garbage();
            log.borrow_mut().push(("wasmtime.gc", Vec::new()));
            Ok(Vec::new())
        };
        let gc = store.new_host_func("gc", FuncType::new([], []), Box::new(gc));
        spectest.exports.push(("wasmtime", "gc", Extern::Func(gc)));
        Ok(spectest)
    }

    /// `shared_maximum`: the number of pages that the shared memory may grow to.
    fn with_shared_pages(
        store: &mut Store,
        features: WasmFeatures,
        shared_maximum: u64,
    ) -> Result<Spectest, InstantiateError> {
        use ValType::{F32, F64, I32, I64};
        let log: Rc<RefCell<Calls>> = Rc::default();
        let mut exports = Vec::new();
        let prints: [(&'static str, &[ValType]); 7] = [
            ("print", &[]),
            ("print_i32", &[I32]),
            ("print_i64", &[I64]),
            ("print_f32", &[F32]),
            ("print_f64", &[F64]),
            ("print_i32_f32", &[I32, F32]),
            ("print_f64_f64", &[F64, F64]),
        ];
        for (name, params) in prints {
            let log = log.clone();
            let print = move |_: &mut Store, args: &[Val]| {
                log.borrow_mut().push((name, args.to_vec()));
                Ok(Vec::new())
            };
            let ty = FuncType::new(params.iter().copied(), []);
            exports.push((name, Extern::Func(store.new_host_func(name, ty, Box::new(print)))));
        }
        let globals = [
            ("global_i32", I32, Val::I32(666)),
            ("global_i64", I64, Val::I64(666)),
            ("global_f32", F32, Val::F32(666.6f32.to_bits())),
            ("global_f64", F64, Val::F64(666.6f64.to_bits())),
        ];
        for (name, content_type, value) in globals {
            let ty = GlobalType { content_type, mutable: false, shared: false };
            exports.push((name, Extern::Global(store.new_global(ty, value))));
        }
        let table = |table64| TableType {
            element_type: RefType::FUNCREF,
            table64,
            initial: 10,
            maximum: Some(20),
            shared: false,
        };
        exports.push(("table", Extern::Table(store.new_table(table(false), Ref::Null)?)));
        if features.memory64() {
            exports.push(("table64", Extern::Table(store.new_table(table(true), Ref::Null)?)));
        }
        let memory = |shared, maximum| MemoryType {
            memory64: false,
            shared,
            initial: 1,
            maximum: Some(maximum),
            page_size_log2: None,
        };
        exports.push(("memory", Extern::Memory(store.new_memory(memory(false, 2))?)));
        if features.threads() {
            exports.push(("shared_memory", Extern::Memory(store.new_memory(memory(true, shared_maximum))?)));
        }
        let exports = exports.into_iter().map(|(name, entity)| ("spectest", name, entity)).collect();
        Ok(Spectest { exports, log })
    }

    /// The export of one of the host's modules with this name.
    pub fn export(&self, module: &str, name: &str) -> Option<Extern> {
        self.exports.iter().find(|(m, n, _)| (*m, *n) == (module, name)).map(|(_, _, e)| *e)
    }

    /// All entities, in an order that is the same in every store.
    pub fn externs(&self) -> impl Iterator<Item = Extern> + '_ {
        self.exports.iter().map(|(_, _, e)| *e)
    }

    /// Takes the calls logged since the last time.
    pub fn take_log(&self) -> Calls {
        std::mem::take(&mut self.log.borrow_mut())
    }
}
