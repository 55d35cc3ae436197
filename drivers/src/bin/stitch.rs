//! Makepad Stitch.

use driver::{End, Engine, Import, Provider, absent, drive, trap};
use makepad_stitch::{Error, ExternRef, ExternVal, Func, Instance, Linker, Mem, Module, Store, Val};
use std::process::ExitCode;

struct Stitch {
    engine: makepad_stitch::Engine,
    store: Store,
}

impl Stitch {
    fn new() -> Stitch {
        let engine = makepad_stitch::Engine::new();
        Stitch { store: Store::new(engine.clone()), engine }
    }

    /// The bytes of an exported memory.
    fn memory(&mut self, instance: &Instance, name: &str) -> Result<&mut [u8], End> {
        let memory: Mem = instance.exported_mem(name).ok_or_else(|| absent("memory", name))?;
        Ok(memory.bytes_mut(&mut self.store))
    }
}

impl Engine for Stitch {
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
        let mut linker = Linker::new();
        for Import { module, name, provider } in imports {
            let item = match provider {
                Provider::Host => host(&mut self.store, name),
                Provider::Instance(instance) => instance.exported_val(name),
            };
            if let Some(item) = item {
                linker.define(module, name, item);
            }
        }
        linker.instantiate(&mut self.store, module).map_err(ended)
    }

    fn call(&mut self, instance: &Instance, export: &str) -> Result<Option<u64>, End> {
        let function: Func = instance.exported_func(export).ok_or_else(|| absent("function", export))?;
        let mut results: Vec<Val> = function.type_(&self.store).results().iter().map(|ty| Val::default(*ty)).collect();
        function.call(&mut self.store, &[], &mut results).map_err(ended)?;
        match results.first() {
            None => Ok(None),
            Some(Val::I32(value)) => Ok(Some(u64::from(*value as u32))),
            Some(Val::I64(value)) => Ok(Some(*value as u64)),
            Some(_) => Err(End::Error("a result that is not an integer".into())),
        }
    }

    fn read(&mut self, instance: &Instance, memory: &str, at: usize, bytes: &mut [u8]) -> Result<(), End> {
        let found = self.memory(instance, memory)?.get(at..at.saturating_add(bytes.len()));
        bytes.copy_from_slice(found.ok_or_else(|| End::Error("a read beyond the end of a memory".into()))?);
        Ok(())
    }

    fn write(&mut self, instance: &Instance, memory: &str, at: usize, bytes: &[u8]) -> Result<(), End> {
        let found = self.memory(instance, memory)?.get_mut(at..at.saturating_add(bytes.len()));
        found.ok_or_else(|| End::Error("a write beyond the end of a memory".into()))?.copy_from_slice(bytes);
        Ok(())
    }
}

/// Returns a host function.
fn host(store: &mut Store, name: &str) -> Option<ExternVal> {
    Some(match name {
        "extern" => Func::wrap(store, |store: &mut Store, number: i32| ExternRef::new(store, number)).into(),
        "number" => Func::wrap(store, |store: &mut Store, reference: ExternRef| -> i32 {
            reference.get(store).and_then(|number| number.downcast_ref().copied()).unwrap_or(-1)
        })
        .into(),
        _ => return None,
    })
}

fn ended(error: Error) -> End {
    let Error::Trap(kind) = error else {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        return End::Refused(source.unwrap_or_else(|| error.to_string()));
    };
    // The type of its traps has no public name.
    let words = kind.to_string();
    let messages: &[&str] = match &words[..] {
        "unreachable" => &["unreachable"],
        "type mismatch" => &["indirect call type mismatch"],
        "element uninitialized" => &["uninitialized element"],
        "integer divide by zero" => &["integer divide by zero"],
        "integer overflow" => &["integer overflow"],
        "invalid conversion to integer" => &["invalid conversion to integer"],
        "table access out of bounds" => &["out of bounds table access", "undefined element"],
        "memory access out of bounds" => &["out of bounds memory access"],
        "stack overflow" => return End::Exhausted,
        _ => &[],
    };
    trap(messages, words)
}

fn main() -> ExitCode {
    drive("stitch", "makepad-stitch", Stitch::new())
}
