//! wasmi, through its crate: a driver in a thread, behind the same protocol.
//!
//! A panic ends the thread as a crash ends a process. An endless loop runs out of fuel; an abandoned thread goes on
//! until then.

use super::probe::{ARGS, RESULTS, STATE, SUBJECT};
use super::wire::{Answer, Hello, Link, LinkLost, PROTOCOL, Request, StateBytes, WireEnd, hex, unhex};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use wasmi::{Config, Engine, Error, Instance, Linker, Memory, Module, Store, StoreLimits, StoreLimitsBuilder};

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
                exceptions: false,
                gc: false,
            };
            let mut line = serde_json::to_string(&hello).expect("plain data");
            while answers.send(line).is_ok() {
                let Ok(request) = incoming.recv() else { break };
                let request = serde_json::from_slice(&request).expect("written by this program");
                line = serde_json::to_string(&answer(request)).expect("plain data");
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

fn answer(request: Request) -> Answer {
    match request {
        Request::Program { id, .. } => nothing(id, WireEnd::Unsupported("WASI".into())),
        Request::Module { id, .. } => module(request).unwrap_or_else(|end| nothing(id, end)),
    }
}

fn nothing(id: u64, start: WireEnd) -> Answer {
    Answer { id, start, started: None, calls: Vec::new() }
}

fn module(request: Request) -> Result<Answer, WireEnd> {
    let Request::Module { id, module, provider, probe, calls, memories, state, state_bytes, limits, contents } =
        request
    else {
        return Err(WireEnd::Unsupported("anything but modules".into()));
    };
    let bytes = |text: &str| unhex(text).expect("written by this program");
    let mut config = Config::default();
    config.consume_fuel(true).wasm_multi_memory(true).wasm_memory64(true).wasm_custom_page_sizes(true);
    config.wasm_wide_arithmetic(true).wasm_tail_call(true).wasm_extended_const(true);
    let engine = Engine::new(&config);
    let bounds = match limits {
        Some((memory, table)) => {
            StoreLimitsBuilder::new().memory_size(memory as usize).table_elements(table as usize).build()
        }
        None => StoreLimits::default(),
    };
    let mut store = Store::new(&engine, bounds);
    store.limiter(|bounds| bounds);
    store.set_fuel(FUEL).expect("fuel is on");
    let mut linker = Linker::new(&engine);
    if let Some((name, binary)) = &provider {
        let compiled = Module::new(&engine, bytes(binary)).map_err(|e| ended(&e))?;
        let provider = linker.instantiate_and_start(&mut store, &compiled).map_err(|e| ended(&e))?;
        provide(&mut linker, name, provider, &store).map_err(|e| ended(&e))?;
    }
    let compiled = Module::new(&engine, bytes(&module)).map_err(|e| ended(&e))?;
    let subject = linker.instantiate_and_start(&mut store, &compiled).map_err(|e| ended(&e))?;

    // The probe uses what the subject uses: a missing feature of the probe says nothing about the subject.
    let lacking = |e: Error| WireEnd::Unsupported(format!("the probe: {e}"));
    *store.data_mut() = StoreLimits::default();
    let mut linker = Linker::new(&engine);
    provide(&mut linker, SUBJECT, subject, &store).map_err(lacking)?;
    let compiled = Module::new(&engine, bytes(&probe)).map_err(lacking)?;
    let probe = linker.instantiate_and_start(&mut store, &compiled).map_err(lacking)?;
    let area = probe.get_memory(&store, "p").expect("exported by every probe");
    let mut hashed = Vec::new();
    for (name, hasher) in &memories {
        let memory = subject.get_memory(&store, name).expect("the subject has been decoded");
        let compiled = Module::new(&engine, bytes(hasher)).map_err(lacking)?;
        let hasher = linker.instantiate_and_start(&mut store, &compiled).map_err(lacking)?;
        hashed.push((memory, hasher.get_typed_func::<(), i64>(&store, "h").map_err(lacking)?));
    }
    if let Some((memory, table)) = limits {
        *store.data_mut() =
            StoreLimitsBuilder::new().memory_size(memory as usize).table_elements(table as usize).build();
    }
    let look = |store: &mut Store<StoreLimits>| {
        let looked = probe.get_func(&*store, "s").expect("exported by every probe").call(&mut *store, &[], &mut []);
        looked.map_err(|e| WireEnd::Unsupported(format!("looking at state: {e}")))?;
        let mut seen = Vec::new();
        for (memory, hasher) in &hashed {
            let hash = hasher.call(&mut *store, ()).map_err(|e| WireEnd::Unsupported(format!("hashing: {e}")))?;
            seen.push((memory.data_size(&*store) as u64, (hash as u64).to_string()));
        }
        Ok::<_, WireEnd>(StateBytes { memories: seen, bytes: hex(read(store, area, STATE, state_bytes)) })
    };
    let each = state == "each";
    let started = if each || (state == "end" && calls.is_empty()) { Some(look(&mut store)?) } else { None };
    let mut answers = Vec::new();
    for (i, (function, args, room)) in calls.iter().enumerate() {
        area.write(&mut store, ARGS as usize, &bytes(args)).expect("arguments fit");
        let end = match call(&mut store, probe, function) {
            Ok(status) => WireEnd::Returned(status, hex(read(&store, area, RESULTS, *room))),
            Err(e) => ended(&e),
        };
        let wanted = each || (state == "end" && i + 1 == calls.len());
        answers.push((end, if wanted { Some(look(&mut store)?) } else { None }));
    }
    for (i, (memory, _)) in hashed.iter().enumerate() {
        let Some(folder) = &contents else { break };
        let path = folder.join(format!("memory-{i}"));
        let written = std::fs::write(&path, memory.data(&store));
        written.map_err(|e| WireEnd::Unsupported(format!("{}: {e}", path.display())))?;
    }
    Ok(Answer { id, start: WireEnd::Returned(0, String::new()), started, calls: answers })
}

fn call(store: &mut Store<StoreLimits>, probe: Instance, function: &str) -> Result<u32, Error> {
    let function = probe.get_typed_func::<(), i32>(&*store, function)?;
    function.call(store, ()).map(|status| status as u32)
}

fn read(store: &Store<StoreLimits>, memory: Memory, at: u64, len: usize) -> &[u8] {
    &memory.data(store)[at as usize..at as usize + len]
}

/// Makes an instance's exports importable under this name.
fn provide(
    linker: &mut Linker<StoreLimits>,
    module: &str,
    instance: Instance,
    store: &Store<StoreLimits>,
) -> Result<(), Error> {
    for export in instance.exports(store) {
        let name = export.name().to_string();
        linker.define(module, &name, export.into_extern())?;
    }
    Ok(())
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
            let lacks = ["not enabled", "not supported", "unsupported", "proposal", "disabled"];
            let lacks = lacks.iter().any(|word| text.contains(word));
            return if lacks { WireEnd::Unsupported(text) } else { WireEnd::Refused(text) };
        }
    };
    WireEnd::Trap(codes.iter().map(|c| c.message().to_string()).collect(), text)
}
