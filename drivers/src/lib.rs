//! The common part of the drivers for engines in Rust: the line protocol of docs/engines.md. An engine implements
//! [`Engine`], and its binary calls [`drive`].
//!
//! A panic in an engine ends its process, which the judge reports as a crash. Nothing is caught here.

use std::collections::HashMap;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use wire::{Answer, Hello, PROTOCOL, Request, Step, hex, unhex};

pub use wire::WireEnd as End;

/// The lines of the protocol, in the judge's own types.
#[path = "../../src/oracle/wire.rs"]
mod wire;

/// The limit on a driver's memory in bytes. A module may ask for 4 GiB at once, and some engines zero all of it.
const MOST_MEMORY: u64 = 6 << 30;

/// An engine. The error of a step that does not succeed is how it ended.
pub trait Engine {
    /// A compiled module.
    type Module;
    /// An instance, which lives until [`Engine::reset`].
    type Instance;
    /// Whether [`Provider::Host`] has the functions `extern` and `number`.
    const HOST: bool;

    /// Replaces the store with a new one. Modules stay.
    fn reset(&mut self);

    /// Limits memories (bytes) and tables (elements) from now on, or lifts a limit.
    fn limits(&mut self, memory: Option<u64>, table: Option<u64>) {
        let _ = (memory, table);
    }

    /// Compiles a binary.
    ///
    /// # Errors
    /// [`End::Malformed`], [`End::Invalid`], or [`End::Refused`] if the engine does not say which.
    fn module(&mut self, bytes: &[u8]) -> Result<Self::Module, End>;

    /// Instantiates a module.
    ///
    /// # Errors
    /// [`End::Refused`] if it cannot be linked, or how its segments or its start function ended.
    fn instance(
        &mut self,
        module: &Self::Module,
        imports: &[Import<'_, Self::Instance>],
    ) -> Result<Self::Instance, End>;

    /// Calls an exported function without parameters. Returns the bits of its result, if it has one, as an unsigned number.
    ///
    /// # Errors
    /// How the call ended, or [`End::Error`] if there is no such function.
    fn call(&mut self, instance: &Self::Instance, export: &str) -> Result<Option<u64>, End>;

    /// Copies bytes from an exported memory.
    ///
    /// # Errors
    /// [`End::Error`] if there is no such memory, or it is shorter.
    fn read(&mut self, instance: &Self::Instance, memory: &str, at: usize, bytes: &mut [u8]) -> Result<(), End>;

    /// Copies bytes to an exported memory.
    ///
    /// # Errors
    /// As [`Engine::read`].
    fn write(&mut self, instance: &Self::Instance, memory: &str, at: usize, bytes: &[u8]) -> Result<(), End>;
}

/// An import, and its provider.
pub struct Import<'a, I> {
    /// Its module name.
    pub module: String,
    /// Its name, which is also that of the export.
    pub name: String,
    /// Where such an export is expected. If it is not there, nothing provides the import.
    pub provider: Provider<'a, I>,
}

/// A provider of imports.
pub enum Provider<'a, I> {
    /// The host.
    Host,
    /// An instance.
    Instance(&'a I),
}

impl<I> Clone for Provider<'_, I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for Provider<'_, I> {}

/// Returns a trap, from the messages of the specification that it may stand for, and the engine's own words.
pub fn trap(messages: &[&str], words: impl ToString) -> End {
    End::Trap(messages.iter().map(|message| message.to_string()).collect(), words.to_string())
}

/// Returns the error for a step that asks for an item that the instance does not have.
pub fn absent(kind: &str, name: &str) -> End {
    End::Error(format!("the instance has no {kind} '{name}'"))
}

/// Answers requests until standard input ends. `name` is the engine's name, and `package` that of its crate.
pub fn drive(name: &str, package: &str, engine: impl Engine) -> ExitCode {
    match answers(name, package, engine) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the driver of {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn answers<E: Engine>(name: &str, package: &str, engine: E) -> io::Result<()> {
    rlimit::setrlimit(rlimit::Resource::DATA, MOST_MEMORY, MOST_MEMORY)?;
    let hello =
        Hello { protocol: PROTOCOL, name: name.into(), version: locked(package).into(), missing: None, host: E::HOST };
    let mut out = io::stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").and_then(|()| out.flush());
    say(serde_json::to_string(&hello)?)?;
    let mut driver = Driver { engine, modules: HashMap::new(), instances: HashMap::new() };
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?)? {
            Request::Steps { id, steps } => {
                Answer { id, ends: steps.into_iter().map(|step| driver.take(step).unwrap_or_else(|end| end)).collect() }
            }
            Request::Program { id, .. } => Answer { id, ends: vec![End::Unsupported("WASI".into())] },
        };
        say(serde_json::to_string(&answer)?)?;
    }
    Ok(())
}

/// The version of a crate that this workspace is built with.
fn locked(package: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let after = lock.split_once(&format!("name = \"{package}\"\nversion = \"")).map_or("", |(_, after)| after);
    after.split('"').next().unwrap_or_default()
}

/// An engine, and its modules and instances by number.
struct Driver<E: Engine> {
    engine: E,
    modules: HashMap<u64, E::Module>,
    instances: HashMap<u64, E::Instance>,
}

impl<E: Engine> Driver<E> {
    fn take(&mut self, step: Step) -> Result<End, End> {
        match step {
            Step::Reset => {
                self.instances.clear();
                self.engine.limits(None, None);
                self.engine.reset();
            }
            Step::Forget { modules } => modules.iter().for_each(|module| drop(self.modules.remove(module))),
            Step::Limits { memory, table } => self.engine.limits(memory, table),
            Step::Module { module, bytes } => {
                let compiled = self.engine.module(&decoded(&bytes)?)?;
                self.modules.insert(module, compiled);
            }
            Step::Instance { instance, module, imports } => {
                let module = known(&self.modules, "module", module)?;
                let provider = |from| match from {
                    0 if E::HOST => Ok(Provider::Host),
                    from => known(&self.instances, "instance", from).map(Provider::Instance),
                };
                let import = |(module, name, from)| Ok(Import { module, name, provider: provider(from)? });
                let imports = imports.into_iter().map(import).collect::<Result<Vec<_>, End>>()?;
                let made = self.engine.instance(module, &imports)?;
                self.instances.insert(instance, made);
            }
            Step::Call { instance, export } => {
                let result = self.engine.call(known(&self.instances, "instance", instance)?, &export)?;
                return Ok(result.map_or(End::Done, |bits| End::Value(bits.to_string())));
            }
            Step::Write { instance, memory, at, bytes } => {
                let instance = known(&self.instances, "instance", instance)?;
                self.engine.write(instance, &memory, at as usize, &decoded(&bytes)?)?;
            }
            Step::Read { instance, memory, at, len } => {
                let mut bytes = vec![0; len];
                self.engine.read(known(&self.instances, "instance", instance)?, &memory, at as usize, &mut bytes)?;
                return Ok(End::Bytes(hex(&bytes)));
            }
        }
        Ok(End::Done)
    }
}

fn known<'a, T>(all: &'a HashMap<u64, T>, kind: &str, number: u64) -> Result<&'a T, End> {
    all.get(&number).ok_or_else(|| End::Error(format!("unknown {kind} {number}")))
}

fn decoded(text: &str) -> Result<Vec<u8>, End> {
    unhex(text).ok_or_else(|| End::Error("invalid hexadecimal digits".into()))
}
