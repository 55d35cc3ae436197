//! Engines that are only asked to run programs: `cmd:` and a command line that contains `{wasm}`, and perhaps `{export}`.
//!
//! They need no driver. Each time, the steps that a driver would take become a program, which does everything from the beginning,
//! and reports what it sees.
//!
//! | file | what |
//! |---|---|
//! | `merge` | instances, and what is done with them, as one module |
//! | `linking` | whether an export fits an import, before both become one module |
//! | `accepted` | whether an engine takes a module that is not valid |
//! | `process` | a program run once |
//! | `words` | what a program says when it traps |
//! | `run` | running pieces, and their ends |
//! | `engine` | which command it is, and what it says of known programs |
//! | `groups` | instances that share state |
//! | `effects` | what leaves no trace, and so is not done again |
//!
//! A trap ends a program, and with it all state that is not recreated: when the program is run again without the function that
//! trapped, what that function did before the trap is missing. See [`Connection::forgets`](super::Connection::forgets).

mod accepted;
mod effects;
mod engine;
mod groups;
mod linking;
mod merge;
mod process;
mod run;
mod words;

pub use engine::PROGRAM;

use super::action;
use super::driver_process::LinkLost;
use super::wire::{Hello, Step, WireEnd, unhex};
use crate::module::{ExternKind, Module, features};
use engine::{Ending, Engine};
use groups::Groups;
use merge::{Act, MergeError, Part};
use process::Trouble;
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An engine that runs programs, in place of a driver.
pub struct Programs {
    engine: Engine,
    queue: VecDeque<(u64, Vec<Step>)>,
    modules: HashMap<u64, Compiled>,
    instances: HashMap<u64, Instance>,
    groups: Groups,
    /// The pieces that are expected to come.
    plan: Vec<Piece>,
    /// The modules that the plan instantiates.
    planned: HashSet<u64>,
    /// The pieces that were done and left a trace.
    log: Vec<Piece>,
    /// The instances that were made.
    made: HashSet<u64>,
    /// The pieces that were done ahead, by group.
    ahead: HashMap<u64, Ahead>,
}

/// A module.
struct Compiled {
    bytes: Vec<u8>,
    /// The decoded module; `None` if it is not valid.
    module: Option<Arc<Module>>,
}

/// An instance, whether it is already made or not.
struct Instance {
    module: Arc<Module>,
    /// For each import, the instance and the index of the entity there.
    links: Vec<(u64, u32)>,
    /// Whether it is the memory between a script and its actions.
    area: bool,
}

/// The steps of a request that do something with instances, all of one group.
#[derive(Clone)]
struct Piece {
    steps: Vec<Step>,
    /// The acts, with instances by number.
    acts: Vec<Planned>,
    /// An instance of the group.
    of: u64,
}

/// An act, with the number of the instance.
type Planned = Act<u64>;

/// What is known about pieces that have not been requested yet.
struct Ahead {
    /// Where the plan goes on.
    at: usize,
    /// The number of pieces that are done ahead: a trap ends a program, and then the rest was included in vain.
    reach: usize,
    /// Pieces, and the ends of their acts.
    ready: VecDeque<(Piece, Vec<WireEnd>)>,
    /// A program whose results are returned, with the pieces that have not been requested yet: their acts and their frames.
    built: Option<Built>,
}

impl Default for Ahead {
    fn default() -> Ahead {
        Ahead { at: 0, reach: FIRST_REACH, ready: VecDeque::new(), built: None }
    }
}

/// The initial and minimum number of pieces that a program does ahead.
const FIRST_REACH: usize = 64;
const LEAST_REACH: usize = 4;

struct Built {
    program: engine::Stored,
    left: VecDeque<(Piece, Vec<Range<u32>>)>,
}

/// How acts ended.
type Ends = Vec<WireEnd>;

impl Programs {
    /// Opens an engine by its command line, in which [`PROGRAM`] stands for the file to run, and [`ENTRY`](engine::ENTRY)
    /// for the function to call; if there is none, the program runs under WASI.
    ///
    /// # Errors
    /// Why it does not run the programs that it is tried with.
    pub fn open(words: &[std::ffi::OsString]) -> Result<(Programs, Hello), String> {
        let (engine, hello) = Engine::open(words)?;
        Ok((Programs::of(engine), hello))
    }

    fn of(engine: Engine) -> Programs {
        Programs {
            engine,
            queue: VecDeque::new(),
            modules: HashMap::new(),
            instances: HashMap::new(),
            groups: Groups::default(),
            plan: Vec::new(),
            planned: HashSet::new(),
            log: Vec::new(),
            made: HashSet::new(),
            ahead: HashMap::new(),
        }
    }

    /// Announces what will be asked, so that it can be done together. All of it is tentative.
    pub fn plan(&mut self, requests: Vec<Vec<Step>>) {
        for steps in requests {
            for step in &steps {
                match step {
                    Step::Module { module, bytes } => self.compile(*module, bytes),
                    Step::Instance { module, .. } => drop(self.planned.insert(*module)),
                    _ => {}
                }
            }
            if let Ok(Some(piece)) = self.piece(&steps) {
                self.plan.push(piece);
            }
        }
    }

    /// Takes a request, which is answered in turn.
    pub fn send(&mut self, id: u64, steps: Vec<Step>) {
        self.queue.push_back((id, steps));
    }

    /// The ends of the next request, and its number. Nothing runs beyond `deadline`. After `LinkLost`, everything is forgotten.
    ///
    /// # Errors
    /// What the engine does that no engine should do.
    pub fn receive(
        &mut self,
        timeout: Duration,
        deadline: Option<Instant>,
    ) -> Result<Result<(u64, Ends), LinkLost>, String> {
        self.engine.set_deadline(deadline);
        let Some((id, steps)) = self.queue.pop_front() else {
            return Ok(Err(LinkLost::Ended("nothing was asked".into())));
        };
        // Steps before a reset are independent of those after it.
        let parts = steps.chunk_by(|_, next| *next != Step::Reset).map(<[Step]>::to_vec).collect::<Vec<_>>();
        let taken = parts.iter().map(|steps| self.taken(steps, timeout)).collect::<Result<Vec<_>, _>>();
        match taken.map(|ends| ends.concat()) {
            Ok(ends) => Ok(Ok((id, ends))),
            Err(Trouble::Lost(lost)) => Ok(Err(lost)),
            Err(Trouble::Garbage(what)) => Err(what),
        }
    }

    fn taken(&mut self, steps: &[Step], timeout: Duration) -> Result<Ends, Trouble> {
        let instantiated =
            |module: u64| steps.iter().any(|step| matches!(step, Step::Instance { module: of, .. } if *of == module));
        let mut early: HashMap<usize, WireEnd> = HashMap::new();
        for (n, step) in steps.iter().enumerate() {
            let end = match step {
                Step::Reset => {
                    self.instances.clear();
                    self.groups = Groups::default();
                    self.plan.clear();
                    self.planned.clear();
                    self.log.clear();
                    self.made.clear();
                    self.ahead.clear();
                    WireEnd::Done
                }
                Step::Forget { modules } => {
                    modules.iter().for_each(|module| drop(self.modules.remove(module)));
                    WireEnd::Done
                }
                Step::Limits { .. } => WireEnd::Done,
                Step::Module { module, bytes } => {
                    self.compile(*module, bytes);
                    let known = &self.modules[module];
                    // An instance will show whether the module is accepted.
                    if known.module.is_some() && (self.planned.contains(module) || instantiated(*module)) {
                        WireEnd::Done
                    } else {
                        self.accepts(*module, timeout)?
                    }
                }
                Step::Instance { .. } | Step::Write { .. } | Step::Call { .. } | Step::Read { .. } => continue,
            };
            early.insert(n, end);
        }
        let piece = self.piece(steps);
        for (n, step) in steps.iter().enumerate() {
            // Nothing is done to make the area.
            if let Step::Instance { instance, .. } = step
                && self.instances.get(instance).is_some_and(|known| known.area)
            {
                early.insert(n, WireEnd::Done);
            }
        }
        let mut ends = match piece {
            Ok(None) => VecDeque::new(),
            Ok(Some(piece)) => self.done(piece, timeout)?.into(),
            Err((at, end)) => {
                let others = steps.iter().enumerate().filter(|(n, _)| !early.contains_key(n));
                others.map(|(n, _)| if n == at { end.clone() } else { nothing_done() }).collect()
            }
        };
        let ends =
            (0..steps.len()).map(|n| early.remove(&n).unwrap_or_else(|| ends.pop_front().unwrap_or(WireEnd::Done)));
        Ok(ends.collect())
    }

    fn compile(&mut self, number: u64, bytes: &str) {
        let bytes = unhex(bytes).unwrap_or_default();
        if self.modules.get(&number).is_some_and(|known| known.bytes == bytes) {
            return;
        }
        let module = Module::new(&bytes, features::all()).ok().map(Arc::new);
        self.modules.insert(number, Compiled { bytes, module });
    }

    /// Whether the engine accepts a module that will not be instantiated.
    fn accepts(&mut self, number: u64, timeout: Duration) -> Result<WireEnd, Trouble> {
        let Compiled { bytes, module } = &self.modules[&number];
        let Some(module) = module else {
            return self.engine.accepts(bytes, timeout);
        };
        if !module.imports.is_empty() {
            return Ok(WireEnd::Unsupported("not driven: a module with imports, of which there is no instance".into()));
        }
        let part = Part { module: Arc::clone(module), links: Vec::new(), area: false };
        let program = match merge::merge(&[part], &[], self.engine.output(), self.engine.has_memories()) {
            Ok(program) => self.engine.store(program)?,
            Err(error) => return Ok(unmerged(&error)),
        };
        match self.engine.begins(&program, timeout)? {
            Ending::Done => Ok(WireEnd::Done),
            Ending::Refused(words) => Ok(WireEnd::Refused(words)),
            Ending::Trapped(end) => Ok(end),
            Ending::Lost(lost) => Err(Trouble::Lost(lost)),
        }
    }

    /// What steps do with instances; `None` if nothing. New instances get their numbers.
    ///
    /// # Errors
    /// The index of the step that cannot be taken, and its end.
    fn piece(&mut self, steps: &[Step]) -> Result<Option<Piece>, (usize, WireEnd)> {
        let mut acts = Vec::new();
        let mut called = None;
        for (n, step) in steps.iter().enumerate() {
            let act = match step {
                Step::Instance { instance, module, imports } => {
                    self.link(*instance, *module, imports).map_err(|end| (n, end))?;
                    if self.instances[instance].area {
                        continue;
                    }
                    Planned::Make(*instance)
                }
                Step::Write { instance, memory, at, bytes } => {
                    let bytes = unhex(bytes).unwrap_or_default();
                    match self.memory(*instance, memory).map_err(|end| (n, end))? {
                        None => Planned::Set(*at, bytes),
                        Some((of, index)) => Planned::Write(of, index, *at, bytes),
                    }
                }
                Step::Call { instance, export } => {
                    let (of, index) = self.export(*instance, export, ExternKind::Func).map_err(|end| (n, end))?;
                    called = Some(of);
                    Planned::Call(of, index)
                }
                Step::Read { instance, memory, at, len } => {
                    match (self.memory(*instance, memory).map_err(|end| (n, end))?, called) {
                        (Some((of, index)), _) => Planned::Read(of, index, *at, *len),
                        (None, Some(called)) => Planned::Get(called, *at, *len),
                        (None, None) => return Err((n, WireEnd::Error("nothing was called".into()))),
                    }
                }
                _ => continue,
            };
            acts.push(act);
        }
        let Some(of) = acts.iter().find_map(Planned::instance) else {
            let alone = || (0, WireEnd::Error("what is written for an action comes with its call".into()));
            return if acts.is_empty() { Ok(None) } else { Err(alone()) };
        };
        let steps = steps.iter().filter(|step| !matches!(step, Step::Module { .. })).cloned().collect();
        Ok(Some(Piece { steps, acts, of }))
    }

    fn export(&self, instance: u64, name: &str, kind: ExternKind) -> Result<(u64, u32), WireEnd> {
        let known = self.instances.get(&instance).ok_or_else(|| WireEnd::Error(format!("no instance {instance}")))?;
        match known.module.export(name) {
            Some(export) if export.kind == kind => Ok((instance, export.index)),
            _ => Err(WireEnd::Error(format!("no export '{}'", name.escape_debug()))),
        }
    }

    /// An exported memory; `None` if it is the area.
    fn memory(&self, instance: u64, name: &str) -> Result<Option<(u64, u32)>, WireEnd> {
        let (of, index) = self.export(instance, name, ExternKind::Memory)?;
        Ok((!self.instances[&of].area).then_some((of, index)))
    }

    /// Links a module, and gives the instance its number. If the number is already known, it is the same instance.
    fn link(&mut self, number: u64, module: u64, imports: &[(String, String, u64)]) -> Result<(), WireEnd> {
        let compiled = self.modules.get(&module).and_then(|known| known.module.clone());
        let module = compiled.ok_or_else(|| WireEnd::Unsupported("not driven: a module that is not valid".into()))?;
        // The linking is our own.
        let apart = || WireEnd::Unsupported("not driven: imports that do not fit are left to no engine".into());
        let mut links = Vec::new();
        for import in &module.imports {
            let named = imports.iter().find(|(module, name, _)| **module == *import.module && *name == import.name);
            let (.., from) = named.ok_or_else(apart)?;
            let given = self.instances.get(from).ok_or_else(apart)?;
            let export = given.module.export(&import.name).filter(|export| export.kind == import.ty.kind());
            let export = export.ok_or_else(apart)?;
            if !linking::fits(&module, import, &given.module, export.index) {
                return Err(apart());
            }
            links.push((*from, export.index));
        }
        if let Some(known) = self.instances.get(&number) {
            // What was planned, and perhaps done ahead, is about that instance.
            return match *known.module.bytes == *module.bytes && known.links == links {
                true => Ok(()),
                false => Err(WireEnd::Error(format!("instance {number} is another one"))),
            };
        }
        self.groups.add(number);
        for (import, (from, index)) in module.imports.iter().zip(&links) {
            let (of, index) = self.defined(*from, import.ty.kind(), *index);
            let given = &self.instances[&of];
            if !given.area && !groups::is_stateless(&given.module, import.ty.kind(), index) {
                self.groups.join(number, of);
            }
        }
        let area = links.is_empty() && *module.bytes == *action::area();
        self.instances.insert(number, Instance { module, links, area });
        Ok(())
    }

    /// The instance that defines an entity, and its index there.
    fn defined(&self, mut instance: u64, kind: ExternKind, mut index: u32) -> (u64, u32) {
        loop {
            let known = &self.instances[&instance];
            let imports = known.module.imports.iter().zip(&known.links);
            match imports.filter(|(import, _)| import.ty.kind() == kind).nth(index as usize) {
                Some((_, link)) => (instance, index) = *link,
                None => return (instance, index),
            }
        }
    }
}

/// The end of a step after one that failed.
fn nothing_done() -> WireEnd {
    WireEnd::Error("an earlier step ended the program".into())
}

/// One end for the first act of a piece; nothing else was done.
fn each(piece: &Piece, end: &WireEnd) -> Ends {
    let mut ends: Ends = piece.acts.iter().map(|_| nothing_done()).collect();
    ends[0] = end.clone();
    ends
}

fn unmerged(error: &MergeError) -> WireEnd {
    WireEnd::Unsupported(format!("not driven: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::wire::hex;
    use merge::Output;

    /// What is planned and done ahead is about one instance; no other instance gets its number.
    #[test]
    fn a_number_is_that_of_one_instance() {
        let mut programs = Programs::of(engine::of_script("exit 1", Output::Written));
        for (number, text) in [(1, r#"(module (func (export "f")))"#), (2, r#"(module (import "a" "f" (func)))"#)] {
            programs.compile(number, &hex(&wat::parse_str(text).expect("a module")));
        }
        let from = |instance| [("a".to_string(), "f".to_string(), instance)];
        assert_eq!([10, 11].map(|number| programs.link(number, 1, &[])), [Ok(()), Ok(())]);
        let another = Err(WireEnd::Error("instance 20 is another one".into()));
        for (module, imports, linked) in [
            (2, &from(10)[..], Ok(())),
            (2, &from(10), Ok(())),
            (2, &from(11), another.clone()),
            (1, &[], another),
            (2, &from(10), Ok(())),
        ] {
            assert_eq!(programs.link(20, module, imports), linked, "{module} {imports:?}");
            assert_eq!(programs.instances[&20].links, [(10, 0)]);
        }
    }
}
