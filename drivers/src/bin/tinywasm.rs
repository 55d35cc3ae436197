//! tinywasm.

use driver::{End, Engine, Import, Provider, absent, drive, trap};
use std::process::ExitCode;
use tinywasm::types::{ExternRef, WasmValue};
use tinywasm::{Error, Extern, ExternItem, FuncContext, HostFunction, Imports, Module, ModuleInstance, Store, Trap};

struct Tinywasm {
    store: Store,
}

impl Engine for Tinywasm {
    type Module = Module;
    type Instance = ModuleInstance;
    const HOST: bool = true;

    fn reset(&mut self) {
        self.store = Store::default();
    }

    fn module(&mut self, bytes: &[u8]) -> Result<Module, End> {
        // Of the parser's errors only this one says that it is about a limit of the engine; the others say nothing.
        tinywasm::parse_bytes(bytes).map_err(|error| End::Refused(error.to_string()))
    }

    fn instance(&mut self, module: &Module, imports: &[Import<'_, ModuleInstance>]) -> Result<ModuleInstance, End> {
        let mut linked = Imports::new();
        for Import { module, name, provider } in imports {
            let item = match provider {
                Provider::Host => host(&mut self.store, name),
                Provider::Instance(instance) => instance.extern_item(name).ok().map(|item| match item {
                    ExternItem::Func(item) => item.into(),
                    ExternItem::Memory(item) => item.into(),
                    ExternItem::Table(item) => item.into(),
                    ExternItem::Global(item) => item.into(),
                }),
            };
            if let Some(item) = item {
                linked.define(module, name, item);
            }
        }
        ModuleInstance::instantiate(&mut self.store, module, Some(linked)).map_err(ended)
    }

    fn call(&mut self, instance: &ModuleInstance, export: &str) -> Result<Option<u64>, End> {
        let function = instance.func_untyped(&self.store, export).map_err(|_| absent("function", export))?;
        match function.call(&mut self.store, &[]).map_err(ended)?.first() {
            None => Ok(None),
            Some(WasmValue::I32(value)) => Ok(Some(u64::from(*value as u32))),
            Some(WasmValue::I64(value)) => Ok(Some(*value as u64)),
            Some(_) => Err(End::Error("a result that is not an integer".into())),
        }
    }

    fn read(&mut self, instance: &ModuleInstance, memory: &str, at: usize, bytes: &mut [u8]) -> Result<(), End> {
        let found = instance.memory(memory).map_err(|_| absent("memory", memory))?;
        found.read_exact(&self.store, at, bytes).map_err(|error| End::Error(error.to_string()))
    }

    fn write(&mut self, instance: &ModuleInstance, memory: &str, at: usize, bytes: &[u8]) -> Result<(), End> {
        let found = instance.memory(memory).map_err(|_| absent("memory", memory))?;
        found.copy_from_slice(&mut self.store, at, bytes).map_err(|error| End::Error(error.to_string()))
    }
}

/// Returns a host function.
fn host(store: &mut Store, name: &str) -> Option<Extern> {
    Some(match name {
        "extern" => {
            HostFunction::from(store, |_: FuncContext<'_>, number: i32| Ok(ExternRef::new(Some(number as u32)))).into()
        }
        "number" => HostFunction::from(store, |_: FuncContext<'_>, reference: ExternRef| {
            Ok(reference.addr().map_or(-1, |number| number as i32))
        })
        .into(),
        _ => return None,
    })
}

fn ended(error: Error) -> End {
    let words = error.to_string();
    let Error::Trap(kind) = error else {
        return match error {
            Error::UnsupportedFeature(_) => End::Unsupported(words),
            _ => End::Refused(words),
        };
    };
    let messages: &[&str] = match kind {
        Trap::Unreachable => &["unreachable"],
        Trap::MemoryOutOfBounds { .. } => &["out of bounds memory access"],
        Trap::TableOutOfBounds { .. } => &["out of bounds table access"],
        Trap::DivisionByZero => &["integer divide by zero"],
        Trap::InvalidConversionToInt => &["invalid conversion to integer"],
        Trap::IntegerOverflow => &["integer overflow"],
        Trap::UndefinedElement { .. } => &["undefined element"],
        Trap::UninitializedElement { .. } => &["uninitialized element"],
        Trap::IndirectCallTypeMismatch { .. } => &["indirect call type mismatch"],
        Trap::CallStackOverflow | Trap::ValueStackOverflow => return End::Exhausted,
        _ => &[],
    };
    trap(messages, words)
}

fn main() -> ExitCode {
    drive("tinywasm", "tinywasm", Tinywasm { store: Store::default() })
}
