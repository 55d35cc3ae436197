//! dlr-wasm-interpreter, of the German Aerospace Center.

use dlr_wasm_interpreter::{
    ExternAddr, ExternVal, FuncAddr, FuncType, MemAddr, Module, ModuleAddr, NumType, Ref, RefType, ResultType,
    RunState, RuntimeError, Store, TrapError, ValType, ValidationError, Value, decode_and_validate,
};
use driver::{End, Engine, Import, Provider, absent, drive, trap};
use std::process::ExitCode;

/// The host functions. The number of each is its position here.
const HOST: [&str; 2] = ["extern", "number"];

struct Dlr {
    store: Store<'static, ()>,
}

impl Dlr {
    fn export(&self, instance: &ModuleAddr, name: &str) -> Option<ExternVal> {
        // SAFETY: the judge has no instances of a store that was replaced.
        unsafe { self.store.instance_export(*instance, name) }.ok()
    }

    /// The bytes of an exported memory.
    fn memory(&mut self, instance: &ModuleAddr, name: &str) -> Result<&mut [u8], End> {
        let memory: Option<MemAddr> = self.export(instance, name).and_then(ExternVal::as_mem);
        // SAFETY: as above.
        Ok(unsafe { self.store.mem_data_mut(memory.ok_or_else(|| absent("memory", name))?) })
    }

    /// Returns a host function.
    fn host(&mut self, name: &str) -> Option<ExternVal> {
        let number = HOST.iter().position(|known| *known == name)?;
        let (i32, externref) = (ValType::NumType(NumType::I32), ValType::RefType(RefType::ExternRef));
        let (from, to) = if name == "extern" { (i32, externref) } else { (externref, i32) };
        let list = |valtype| ResultType { valtypes: vec![valtype] };
        let ty = FuncType { params: list(from), returns: list(to) };
        Some(ExternVal::Func(self.store.func_alloc(ty, number)))
    }

    /// Calls a function, and serves its calls of host functions.
    fn run(&mut self, function: FuncAddr) -> Result<Vec<Value>, RuntimeError> {
        // SAFETY: the address is of this store, as are all references, which only this store has made.
        let mut state = unsafe { self.store.invoke(function, Vec::new(), None) }?;
        loop {
            state = match state {
                RunState::Finished { values, .. } => return Ok(values),
                // SAFETY: as above.
                RunState::Resumable { resumable, .. } => unsafe { self.store.resume_wasm(resumable) }?,
                RunState::HostCalled { host_call, resumable } => {
                    let result = match host_call.params.first() {
                        Some(Value::I32(number)) => Value::Ref(Ref::Extern(ExternAddr(*number as usize))),
                        Some(Value::Ref(Ref::Extern(ExternAddr(number)))) => Value::I32(*number as u32),
                        _ => Value::I32(u32::MAX),
                    };
                    // SAFETY: as above.
                    unsafe { self.store.finish_host_call(resumable, vec![result]) }?
                }
            }
        }
    }
}

impl Engine for Dlr {
    type Module = Module<'static>;
    type Instance = ModuleAddr;
    const HOST: bool = true;

    fn reset(&mut self) {
        self.store = Store::new(());
    }

    fn module(&mut self, bytes: &[u8]) -> Result<Module<'static>, End> {
        // The engine executes the binary in place, and instances may outlive the module, so the bytes are leaked.
        decode_and_validate(bytes.to_vec().leak(), &mut ()).map_err(|error| match error {
            ValidationError::Decoding(_) => End::Malformed(error.to_string()),
            // What the engine calls invalid may be malformed: an error may stand for checks of both kinds.
            _ => End::Refused(error.to_string()),
        })
    }

    fn instance(&mut self, module: &Module<'static>, imports: &[Import<'_, ModuleAddr>]) -> Result<ModuleAddr, End> {
        let mut items = Vec::new();
        for (outer, name, _) in module.imports() {
            let import = imports.iter().find(|import| import.module == outer && import.name == name);
            let item = import.and_then(|import| match import.provider {
                Provider::Host => self.host(name),
                Provider::Instance(instance) => self.export(instance, name),
            });
            items.push(item.ok_or_else(|| End::Refused(format!("nothing provides {outer} {name}")))?);
        }
        // SAFETY: the items are of this store.
        let made = unsafe { self.store.module_instantiate(module, items, None) };
        made.map(|made| made.module_addr).map_err(ended)
    }

    fn call(&mut self, instance: &ModuleAddr, export: &str) -> Result<Option<u64>, End> {
        let function = self.export(instance, export).and_then(ExternVal::as_func);
        match self.run(function.ok_or_else(|| absent("function", export))?).map_err(ended)?.first() {
            None => Ok(None),
            Some(Value::I32(value)) => Ok(Some(u64::from(*value))),
            Some(Value::I64(value)) => Ok(Some(*value)),
            Some(_) => Err(End::Error("a result that is not an integer".into())),
        }
    }

    fn read(&mut self, instance: &ModuleAddr, memory: &str, at: usize, bytes: &mut [u8]) -> Result<(), End> {
        let found = self.memory(instance, memory)?.get(at..at.saturating_add(bytes.len()));
        bytes.copy_from_slice(found.ok_or_else(|| End::Error("a read beyond the end of a memory".into()))?);
        Ok(())
    }

    fn write(&mut self, instance: &ModuleAddr, memory: &str, at: usize, bytes: &[u8]) -> Result<(), End> {
        let found = self.memory(instance, memory)?.get_mut(at..at.saturating_add(bytes.len()));
        found.ok_or_else(|| End::Error("a write beyond the end of a memory".into()))?.copy_from_slice(bytes);
        Ok(())
    }
}

fn ended(error: RuntimeError) -> End {
    let words = error.to_string();
    let messages: &[&str] = match error {
        RuntimeError::Trap(kind) => match kind {
            TrapError::DivideBy0 => &["integer divide by zero"],
            TrapError::UnrepresentableResult => &["integer overflow"],
            TrapError::BadConversionToInteger => &["invalid conversion to integer"],
            TrapError::MemoryOrDataAccessOutOfBounds => &["out of bounds memory access"],
            TrapError::TableOrElementAccessOutOfBounds => &["out of bounds table access"],
            TrapError::TableAccessOutOfBounds => &["out of bounds table access", "undefined element"],
            TrapError::UninitializedElement | TrapError::IndirectCallNullFuncRef => &["uninitialized element"],
            TrapError::SignatureMismatch => &["indirect call type mismatch"],
            TrapError::ReachedUnreachable => &["unreachable"],
        },
        RuntimeError::StackExhaustion => return End::Exhausted,
        RuntimeError::UnsupportedHostCallDuringInstantiation => return End::Unsupported(words),
        _ => return End::Refused(words),
    };
    trap(messages, words)
}

fn main() -> ExitCode {
    drive("dlr", "dlr-wasm-interpreter", Dlr { store: Store::new(()) })
}
