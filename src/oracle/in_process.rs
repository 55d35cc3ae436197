//! wasmi, through its crate: a driver in a thread, behind the same protocol.
//!
//! A panic ends the thread as a crash ends a process. An endless loop runs out of fuel; an abandoned thread goes on
//! until then.

use super::wire::{Answer, Hello, Link, LinkLost, PROTOCOL, Request, Step, WireEnd, hex, unhex};
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use wasmi::{
    Caller, Config, Engine, Error, ExternRef, Instance, Linker, Memory, Module, Nullable, Store, StoreLimits,
    StoreLimitsBuilder, Val,
};

/// Fuel for some minutes of execution.
const FUEL: u64 = 20_000_000_000;

/// The driver's thread.
pub struct Thread {
    requests: Sender<Vec<u8>>,
    lines: Receiver<String>,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    /// Starts the thread.
    pub fn start() -> Thread {
        let (requests, incoming) = channel::<Vec<u8>>();
        let (answers, lines) = channel();
        let work = move || {
            let hello = Hello {
                protocol: PROTOCOL,
                name: "wasmi".into(),
                version: "2.0 (its crate)".into(),
                missing: None,
                host: true,
            };
            let mut steps = Steps::new();
            let mut line = serde_json::to_string(&hello).expect("plain data");
            while answers.send(line).is_ok() {
                let Ok(request) = incoming.recv() else { break };
                let request = serde_json::from_slice(&request).expect("written by this program");
                line = serde_json::to_string(&steps.answer(request)).expect("plain data");
            }
        };
        Thread { requests, lines, thread: Some(thread::spawn(work)) }
    }
}

impl Link for Thread {
    fn send(&mut self, line: Vec<u8>) {
        // If the thread has died, that shows where answers are read.
        let _ = self.requests.send(line);
    }

    fn receive(&mut self, timeout: Duration) -> Result<String, LinkLost> {
        match self.lines.recv_timeout(timeout) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => Err(LinkLost::Timeout),
            Err(RecvTimeoutError::Disconnected) => {
                let panic = self.thread.take().and_then(|t| t.join().err());
                let text = panic.and_then(|p| {
                    let text = p.downcast_ref::<String>().cloned();
                    text.or_else(|| p.downcast_ref::<&str>().map(|s| s.to_string()))
                });
                Err(LinkLost::Ended(format!("panicked: {}", text.unwrap_or_default())))
            }
        }
    }
}

/// Modules and instances by their numbers.
struct Steps {
    engine: Engine,
    store: Store<StoreLimits>,
    modules: HashMap<u64, Module>,
    instances: HashMap<u64, Instance>,
}

impl Steps {
    fn new() -> Steps {
        let mut config = Config::default();
        config.consume_fuel(true).wasm_multi_memory(true).wasm_memory64(true).wasm_custom_page_sizes(true);
        config.wasm_wide_arithmetic(true).wasm_tail_call(true).wasm_extended_const(true);
        let engine = Engine::new(&config);
        let store = Steps::store(&engine);
        Steps { engine, store, modules: HashMap::new(), instances: HashMap::new() }
    }

    fn store(engine: &Engine) -> Store<StoreLimits> {
        let mut store = Store::new(engine, StoreLimits::default());
        store.limiter(|bounds| bounds);
        store.set_fuel(FUEL).expect("fuel is on");
        store
    }

    fn answer(&mut self, request: Request) -> Answer {
        match request {
            Request::Program { id, .. } => Answer { id, ends: vec![WireEnd::Unsupported("WASI".into())] },
            Request::Steps { id, steps } => {
                Answer { id, ends: steps.into_iter().map(|step| self.take(step).unwrap_or_else(|end| end)).collect() }
            }
        }
    }

    fn take(&mut self, step: Step) -> Result<WireEnd, WireEnd> {
        let bytes = |text: &str| unhex(text).expect("written by this program");
        match step {
            Step::Reset => {
                self.instances.clear();
                self.store = Steps::store(&self.engine);
            }
            Step::Forget { modules } => modules.iter().for_each(|module| drop(self.modules.remove(module))),
            Step::Limits { memory, table } => {
                let bounds = StoreLimitsBuilder::new();
                let bounds = memory.into_iter().fold(bounds, |bounds, most| bounds.memory_size(most as usize));
                let bounds = table.into_iter().fold(bounds, |bounds, most| bounds.table_elements(most as usize));
                *self.store.data_mut() = bounds.build();
            }
            Step::Module { module, bytes: text } => {
                let compiled = Module::new(&self.engine, bytes(&text)).map_err(|e| ended(&e))?;
                self.modules.insert(module, compiled);
            }
            Step::Instance { instance, module, imports } => {
                let mut linker = Linker::new(&self.engine);
                for (module, name, from) in imports {
                    if from == 0 {
                        self.host(&mut linker, &module, &name)?;
                    } else if let Some(item) = self.instance(from)?.get_export(&self.store, &name) {
                        linker.define(&module, &name, item).map_err(|e| WireEnd::Error(e.to_string()))?;
                    }
                }
                let absent = || WireEnd::Error(format!("there is no module {module}"));
                let module = self.modules.get(&module).ok_or_else(absent)?;
                let made = linker.instantiate_and_start(&mut self.store, module).map_err(|e| ended(&e))?;
                self.instances.insert(instance, made);
            }
            Step::Write { instance, memory, at, bytes: text } => {
                let written = self.memory(instance, &memory)?.write(&mut self.store, at as usize, &bytes(&text));
                written.map_err(|e| WireEnd::Error(e.to_string()))?;
            }
            Step::Call { instance, export } => {
                let absent = || WireEnd::Error(format!("instance {instance} has no function '{export}'"));
                let function = self.instance(instance)?.get_func(&self.store, &export).ok_or_else(absent)?;
                let mut results = [Val::I32(0)];
                let count = function.ty(&self.store).results().len();
                let results = &mut results[..count];
                function.call(&mut self.store, &[], results).map_err(|e| ended(&e))?;
                return Ok(match results.first() {
                    None => WireEnd::Done,
                    Some(Val::I64(value)) => WireEnd::Value((*value as u64).to_string()),
                    Some(Val::I32(value)) => WireEnd::Value((*value as u32).to_string()),
                    Some(_) => return Err(WireEnd::Error("a result that is not an integer".into())),
                });
            }
            Step::Read { instance, memory, at, len } => {
                let memory = self.memory(instance, &memory)?;
                let end = WireEnd::Error("a read beyond the end of a memory".into());
                let bytes = memory.data(&self.store).get(at as usize..at as usize + len).ok_or(end)?;
                return Ok(WireEnd::Bytes(hex(bytes)));
            }
        }
        Ok(WireEnd::Done)
    }

    fn instance(&self, instance: u64) -> Result<Instance, WireEnd> {
        self.instances.get(&instance).copied().ok_or_else(|| WireEnd::Error(format!("there is no instance {instance}")))
    }

    fn memory(&self, instance: u64, name: &str) -> Result<Memory, WireEnd> {
        let absent = || WireEnd::Error(format!("instance {instance} has no memory '{name}'"));
        self.instance(instance)?.get_memory(&self.store, name).ok_or_else(absent)
    }

    /// Defines a function of the host.
    fn host(&self, linker: &mut Linker<StoreLimits>, module: &str, name: &str) -> Result<(), WireEnd> {
        let number = |of: &Nullable<ExternRef>, store: &dyn Fn(&ExternRef) -> Option<i32>| match of {
            Nullable::Val(reference) => store(reference).unwrap_or(-1),
            Nullable::Null => -1,
        };
        let made = match name {
            "extern" => linker.func_wrap(module, name, |mut caller: Caller<'_, StoreLimits>, number: i32| {
                Nullable::Val(ExternRef::new(&mut caller, number))
            }),
            "number" => linker.func_wrap(
                module,
                name,
                move |caller: Caller<'_, StoreLimits>, reference: Nullable<ExternRef>| {
                    number(&reference, &|reference| reference.data(&caller).downcast_ref::<i32>().copied())
                },
            ),
            _ => return Ok(()),
        };
        made.map(drop).map_err(|e| WireEnd::Error(e.to_string()))
    }
}

fn ended(error: &Error) -> WireEnd {
    use crate::runtime::trap::TrapCode as Ours;
    use wasmi::TrapCode;
    let text = error.to_string();
    let codes: &[Ours] = match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => &[Ours::Unreachable],
        Some(TrapCode::MemoryOutOfBounds) => &[Ours::MemoryOutOfBounds],
        Some(TrapCode::TableOutOfBounds) => &[Ours::TableOutOfBounds, Ours::UndefinedElement],
        Some(TrapCode::IndirectCallToNull) => &[Ours::UninitializedElement],
        Some(TrapCode::IntegerDivisionByZero) => &[Ours::IntegerDivideByZero],
        Some(TrapCode::IntegerOverflow) => &[Ours::IntegerOverflow],
        Some(TrapCode::BadConversionToInteger) => &[Ours::InvalidConversionToInteger],
        Some(TrapCode::BadSignature) => &[Ours::IndirectCallTypeMismatch],
        Some(TrapCode::StackOverflow) => return WireEnd::Exhausted,
        Some(TrapCode::OutOfFuel) => &[Ours::Interrupt],
        Some(_) => &[],
        None => {
            // A segment that does not fit comes as an error of instantiation.
            if text.starts_with("out of bounds table access") {
                return WireEnd::Trap(vec![Ours::TableOutOfBounds.message().into()], text);
            }
            let lacks = ["not enabled", "not supported", "unsupported", "proposal", "disabled"];
            let lacks = lacks.iter().any(|word| text.contains(word));
            return if lacks { WireEnd::Unsupported(text) } else { WireEnd::Refused(text) };
        }
    };
    WireEnd::Trap(codes.iter().map(|c| c.message().to_string()).collect(), text)
}
