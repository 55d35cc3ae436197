//! wasmi.

use driver::{End, Engine, Import, Provider, absent, drive, trap};
use std::process::ExitCode;
use wasmi::{
    Caller, Config, Error, ExternRef, Instance, Linker, Memory, Module, Nullable, Store, StoreLimits,
    StoreLimitsBuilder, TrapCode, Val,
};

struct Wasmi {
    engine: wasmi::Engine,
    store: Store<StoreLimits>,
}

impl Wasmi {
    fn new() -> Wasmi {
        let mut config = Config::default();
        config.wasm_multi_memory(true).wasm_memory64(true).wasm_custom_page_sizes(true).wasm_wide_arithmetic(true);
        config.wasm_tail_call(true).wasm_extended_const(true);
        let engine = wasmi::Engine::new(&config);
        Wasmi { store: store(&engine), engine }
    }

    fn memory(&self, instance: &Instance, name: &str) -> Result<Memory, End> {
        instance.get_memory(&self.store, name).ok_or_else(|| absent("memory", name))
    }
}

fn store(engine: &wasmi::Engine) -> Store<StoreLimits> {
    let mut store = Store::new(engine, StoreLimits::default());
    store.limiter(|limits| limits);
    store
}

impl Engine for Wasmi {
    type Module = Module;
    type Instance = Instance;
    const HOST: bool = true;

    fn reset(&mut self) {
        self.store = store(&self.engine);
    }

    fn limits(&mut self, memory: Option<u64>, table: Option<u64>) {
        let limits = StoreLimitsBuilder::new();
        let limits = memory.into_iter().fold(limits, |limits, most| limits.memory_size(most as usize));
        let limits = table.into_iter().fold(limits, |limits, most| limits.table_elements(most as usize));
        *self.store.data_mut() = limits.build();
    }

    fn module(&mut self, bytes: &[u8]) -> Result<Module, End> {
        Module::new(&self.engine, bytes).map_err(|error| ended(&error))
    }

    fn instance(&mut self, module: &Module, imports: &[Import<'_, Instance>]) -> Result<Instance, End> {
        let mut linker = Linker::new(&self.engine);
        for Import { module, name, provider } in imports {
            match provider {
                Provider::Host => host(&mut linker, module, name),
                Provider::Instance(instance) => match instance.get_export(&self.store, name) {
                    Some(item) => linker.define(module, name, item).map(drop).map_err(|e| End::Error(e.to_string())),
                    None => Ok(()),
                },
            }?;
        }
        linker.instantiate_and_start(&mut self.store, module).map_err(|error| ended(&error))
    }

    fn call(&mut self, instance: &Instance, export: &str) -> Result<Option<u64>, End> {
        let function = instance.get_func(&self.store, export).ok_or_else(|| absent("function", export))?;
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function.call(&mut self.store, &[], &mut results).map_err(|error| ended(&error))?;
        match results.first() {
            None => Ok(None),
            Some(Val::I32(value)) => Ok(Some(u64::from(*value as u32))),
            Some(Val::I64(value)) => Ok(Some(*value as u64)),
            Some(_) => Err(End::Error("a result that is not an integer".into())),
        }
    }

    fn read(&mut self, instance: &Instance, memory: &str, at: usize, bytes: &mut [u8]) -> Result<(), End> {
        let memory = self.memory(instance, memory)?;
        memory.read(&self.store, at, bytes).map_err(|error| End::Error(error.to_string()))
    }

    fn write(&mut self, instance: &Instance, memory: &str, at: usize, bytes: &[u8]) -> Result<(), End> {
        let memory = self.memory(instance, memory)?;
        memory.write(&mut self.store, at, bytes).map_err(|error| End::Error(error.to_string()))
    }
}

/// Defines a host function.
fn host(linker: &mut Linker<StoreLimits>, module: &str, name: &str) -> Result<(), End> {
    let defined = match name {
        "extern" => linker.func_wrap(module, name, |mut caller: Caller<'_, StoreLimits>, number: i32| {
            Nullable::Val(ExternRef::new(&mut caller, number))
        }),
        "number" => {
            linker.func_wrap(module, name, |caller: Caller<'_, StoreLimits>, reference: Nullable<ExternRef>| {
                match reference {
                    Nullable::Val(reference) => reference.data(&caller).downcast_ref::<i32>().copied().unwrap_or(-1),
                    Nullable::Null => -1,
                }
            })
        }
        _ => return Ok(()),
    };
    defined.map(drop).map_err(|error| End::Error(error.to_string()))
}

fn ended(error: &Error) -> End {
    let words = error.to_string();
    let messages: &[&str] = match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => &["unreachable"],
        Some(TrapCode::MemoryOutOfBounds) => &["out of bounds memory access"],
        Some(TrapCode::TableOutOfBounds) => &["out of bounds table access", "undefined element"],
        Some(TrapCode::IndirectCallToNull) => &["uninitialized element"],
        Some(TrapCode::IntegerDivisionByZero) => &["integer divide by zero"],
        Some(TrapCode::IntegerOverflow) => &["integer overflow"],
        Some(TrapCode::BadConversionToInteger) => &["invalid conversion to integer"],
        Some(TrapCode::BadSignature) => &["indirect call type mismatch"],
        Some(TrapCode::StackOverflow) => return End::Exhausted,
        Some(_) => &[],
        // A segment that does not fit is reported as an instantiation error.
        None if words.starts_with("out of bounds table access") => &["out of bounds table access"],
        None => return End::Refused(words),
    };
    trap(messages, words)
}

fn main() -> ExitCode {
    drive("wasmi", "wasmi", Wasmi::new())
}
