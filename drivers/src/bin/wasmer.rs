//! Wasmer, with its Singlepass compiler.

use driver::{End, Engine, Import, Provider, absent, drive, trap};
use std::process::ExitCode;
use wasmer::sys::{EngineBuilder, Singlepass};
use wasmer::{
    Extern, ExternRef, Function, FunctionEnv, FunctionEnvMut, FunctionType, Imports, Instance, InstantiationError,
    LinkError, Memory, Module, RuntimeError, Store, Type, Value,
};
use wasmer_types::TrapCode;

struct Wasmer {
    engine: wasmer::Engine,
    store: Store,
}

impl Wasmer {
    fn new(engine: wasmer::Engine) -> Wasmer {
        Wasmer { store: Store::new(engine.clone()), engine }
    }
}

fn memory<'a>(instance: &'a Instance, name: &str) -> Result<&'a Memory, End> {
    instance.exports.get_memory(name).map_err(|_| absent("memory", name))
}

impl Engine for Wasmer {
    type Module = Module;
    type Instance = Instance;
    const HOST: bool = true;

    fn reset(&mut self) {
        self.store = Store::new(self.engine.clone());
    }

    fn module(&mut self, bytes: &[u8]) -> Result<Module, End> {
        Module::new(&self.engine, bytes).map_err(|error| End::Refused(error.to_string()))
    }

    fn instance(&mut self, module: &Module, imports: &[Import<'_, Instance>]) -> Result<Instance, End> {
        let mut linked = Imports::new();
        for Import { module, name, provider } in imports {
            let item = match provider {
                Provider::Host => host(&mut self.store, name),
                Provider::Instance(instance) => instance.exports.get_extern(name).cloned(),
            };
            if let Some(item) = item {
                linked.define(module, name, item);
            }
        }
        Instance::new(&mut self.store, module, &linked).map_err(|error| match error {
            InstantiationError::Link(LinkError::Trap(error)) | InstantiationError::Start(error) => ended(error),
            error => End::Refused(error.to_string()),
        })
    }

    fn call(&mut self, instance: &Instance, export: &str) -> Result<Option<u64>, End> {
        let function = instance.exports.get_function(export).map_err(|_| absent("function", export))?;
        match function.call(&mut self.store, &[]).map_err(ended)?.first() {
            None => Ok(None),
            Some(Value::I32(value)) => Ok(Some(u64::from(*value as u32))),
            Some(Value::I64(value)) => Ok(Some(*value as u64)),
            Some(_) => Err(End::Error("a result that is not an integer".into())),
        }
    }

    fn read(&mut self, instance: &Instance, name: &str, at: usize, bytes: &mut [u8]) -> Result<(), End> {
        let view = memory(instance, name)?.view(&self.store);
        view.read(at as u64, bytes).map_err(|error| End::Error(error.to_string()))
    }

    fn write(&mut self, instance: &Instance, name: &str, at: usize, bytes: &[u8]) -> Result<(), End> {
        let view = memory(instance, name)?.view(&self.store);
        view.write(at as u64, bytes).map_err(|error| End::Error(error.to_string()))
    }
}

/// Returns a host function.
fn host(store: &mut Store, name: &str) -> Option<Extern> {
    let env = FunctionEnv::new(store, ());
    Some(match name {
        "extern" => {
            let ty = FunctionType::new([Type::I32], [Type::ExternRef]);
            Function::new_with_env(store, &env, ty, |mut env: FunctionEnvMut<'_, ()>, args: &[Value]| {
                Ok(vec![Value::ExternRef(Some(ExternRef::new(&mut env, args[0].unwrap_i32())))])
            })
            .into()
        }
        "number" => {
            let ty = FunctionType::new([Type::ExternRef], [Type::I32]);
            Function::new_with_env(store, &env, ty, |env: FunctionEnvMut<'_, ()>, args: &[Value]| {
                let Value::ExternRef(reference) = &args[0] else { return Err(RuntimeError::new("not an externref")) };
                let number = reference.as_ref().and_then(|reference| reference.downcast::<i32>(&env).copied());
                Ok(vec![Value::I32(number.unwrap_or(-1))])
            })
            .into()
        }
        _ => return None,
    })
}

fn ended(error: RuntimeError) -> End {
    if error.is_exception() {
        return End::Exception;
    }
    let words = error.message();
    let messages: &[&str] = match error.to_trap() {
        Some(TrapCode::UnreachableCodeReached) => &["unreachable"],
        Some(TrapCode::HeapAccessOutOfBounds) => &["out of bounds memory access"],
        Some(TrapCode::TableAccessOutOfBounds) => &["out of bounds table access", "undefined element"],
        Some(TrapCode::IndirectCallToNull) => &["uninitialized element"],
        Some(TrapCode::BadSignature) => &["indirect call type mismatch"],
        Some(TrapCode::IntegerOverflow) => &["integer overflow"],
        Some(TrapCode::IntegerDivisionByZero) => &["integer divide by zero"],
        Some(TrapCode::BadConversionToInteger) => &["invalid conversion to integer"],
        Some(TrapCode::UnalignedAtomic | TrapCode::HeapMisaligned) => &["unaligned atomic"],
        Some(TrapCode::UninitializedExnRef) => &["null exception reference"],
        Some(TrapCode::UncaughtException) => return End::Exception,
        Some(TrapCode::StackOverflow) => return End::Exhausted,
        _ => &[],
    };
    trap(messages, words)
}

fn main() -> ExitCode {
    drive("wasmer-singlepass", "wasmer", Wasmer::new(EngineBuilder::new(Singlepass::new()).engine().into()))
}
