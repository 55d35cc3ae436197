//! Engines that are only asked to run programs: `cmd:` and a command line with `{wasm}` in it, and perhaps `{export}`.
//!
//! Nobody has to write a driver for them. The steps that a driver would take become a program each time, which does
//! everything from the beginning, and reports what it sees.
//!
//! | file | what |
//! |---|---|
//! | `merge` | instances, and what is done with them, as one module |
//! | `linking` | whether an export fits an import, before both become one module |
//! | `accepted` | whether an engine takes a module that is not valid |
//! | `process` | a program run once |
//! | `words` | what a program says when it traps |
//! | `engine` | which command it is, and what it says of known programs |
//! | `groups` | instances that share state |
//! | `effects` | what leaves no trace, and so is not done again |
//!
//! A trap ends a program, and with it all state that is not made again: what a function did before it trapped is not done
//! when the program is run again without it. See [`Connection::forgets`](super::Connection::forgets).

mod accepted;
mod effects;
mod engine;
mod groups;
mod linking;
mod merge;
mod process;
mod words;

pub use engine::{ENTRY, PROGRAM};

use super::driver_process::LinkLost;
use super::wire::{Hello, Step, WireEnd, hex, unhex};
use super::{SLOT, action};
use crate::module::{ExternKind, Module, features};
use engine::{Ending, Engine};
use groups::Groups;
use merge::{Act, MergeError, Output, Part};
use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// An engine that runs programs, in place of a driver.
pub struct Programs {
    engine: Engine,
    queue: VecDeque<(u64, Vec<Step>)>,
    modules: HashMap<u64, Compiled>,
    instances: HashMap<u64, Instance>,
    groups: Groups,
    /// What is expected to come.
    plan: Vec<Piece>,
    /// Modules of which the plan makes instances.
    planned: HashSet<u64>,
    /// What was done and has left a trace.
    log: Vec<Piece>,
    /// Instances that were made.
    made: HashSet<u64>,
    /// What was done ahead, for each group.
    ahead: HashMap<u64, Ahead>,
}

/// A module.
struct Compiled {
    bytes: Vec<u8>,
    /// `None` if it is not valid.
    module: Option<Arc<Module>>,
}

/// An instance, whether it is already made or not.
struct Instance {
    module: Arc<Module>,
    /// For each import the instance, and the index of the entity there.
    links: Vec<(u64, u32)>,
    /// Whether it is the memory between a script and its actions.
    area: bool,
}

/// The steps of a request that do something with instances, all of one group.
#[derive(Clone)]
struct Piece {
    steps: Vec<Step>,
    /// What they do; instances by number.
    acts: Vec<Planned>,
    /// An instance of the group.
    of: u64,
}

/// An act, with the number of the instance.
#[derive(Clone)]
enum Planned {
    Make(u64),
    Set(u64, Vec<u8>),
    Write(u64, u32, u64, Vec<u8>),
    Call(u64, u32),
    Get(u64, u64, usize),
    Read(u64, u32, u64, usize),
}

impl Planned {
    /// The instance that must be there, except for the area.
    fn of(&self) -> Option<u64> {
        match self {
            Planned::Set(..) => None,
            Planned::Make(n)
            | Planned::Write(n, ..)
            | Planned::Call(n, _)
            | Planned::Get(n, ..)
            | Planned::Read(n, ..) => Some(*n),
        }
    }
}

/// What is known of pieces that were not asked for yet.
struct Ahead {
    /// Where the plan goes on.
    at: usize,
    /// How many pieces are done ahead: a trap ends a program, and then the rest was in it for nothing.
    reach: usize,
    /// Pieces, and the ends of their acts.
    ready: VecDeque<(Piece, Vec<WireEnd>)>,
    /// A program whose results return, of which these pieces were not asked for yet: their acts, and their frames.
    built: Option<Built>,
}

impl Default for Ahead {
    fn default() -> Ahead {
        Ahead { at: 0, reach: FIRST_REACH, ready: VecDeque::new(), built: None }
    }
}

/// How many pieces a program does ahead at first, and at least.
const FIRST_REACH: usize = 64;
const LEAST_REACH: usize = 4;

struct Built {
    program: engine::Stored,
    left: VecDeque<(Piece, Vec<Range<u32>>)>,
}

/// How acts ended.
type Ends = Vec<WireEnd>;

impl Programs {
    /// Opens an engine by its command line, in which [`PROGRAM`] stands for the file to run, and [`ENTRY`] for the function to
    /// call; if there is none, the program runs under WASI.
    ///
    /// # Errors
    /// It does not run the programs that it is tried with: why.
    pub fn open(words: &[std::ffi::OsString]) -> Result<(Programs, Hello), String> {
        let (engine, hello) = Engine::open(words)?;
        let programs = Programs {
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
        };
        Ok((programs, hello))
    }

    /// Tells what will be asked, so that it can be done together. All of it is tentative.
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

    /// The ends of the next request, and its number. After `LinkLost`, nothing is known any more.
    ///
    /// # Errors
    /// The engine does what no engine does: what.
    pub fn receive(&mut self, timeout: Duration) -> Result<Result<(u64, Ends), LinkLost>, String> {
        let Some((id, steps)) = self.queue.pop_front() else {
            return Ok(Err(LinkLost::Ended("nothing was asked".into())));
        };
        // What comes before a reset has nothing to do with what comes after it.
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
                    // An instance shows whether it is taken.
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

    /// Whether the engine takes a module of which there will be no instance.
    fn accepts(&mut self, number: u64, timeout: Duration) -> Result<WireEnd, Trouble> {
        let Compiled { bytes, module } = &self.modules[&number];
        let Some(module) = module else {
            return self.engine.accepts(bytes, timeout);
        };
        if !module.imports.is_empty() {
            return Ok(WireEnd::Unsupported("not driven: a module with imports, of which there is no instance".into()));
        }
        let part = Part { module: Arc::clone(module), links: Vec::new(), area: false };
        let program = match merge::merge(&[part], &[], self.engine.output(), true) {
            Ok(program) => self.engine.store(program)?,
            Err(error) => return Ok(unmerged(&error)),
        };
        match self.engine.begins(&program, timeout)? {
            Ending::Done => Ok(WireEnd::Done),
            Ending::Refused(words) => Ok(WireEnd::Refused(words)),
            Ending::Trapped(end) => Ok(end),
        }
    }

    /// What steps do with instances; `None` if nothing. Instances get their numbers.
    ///
    /// # Errors
    /// The step that cannot be taken, and its end.
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
        let Some(of) = acts.iter().find_map(Planned::of) else {
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
            _ => Err(WireEnd::Error(format!("no export '{name}'"))),
        }
    }

    /// An exported memory; `None` if it is the area.
    fn memory(&self, instance: u64, name: &str) -> Result<Option<(u64, u32)>, WireEnd> {
        let (of, index) = self.export(instance, name, ExternKind::Memory)?;
        Ok((!self.instances[&of].area).then_some((of, index)))
    }

    /// Links a module, and gives the instance its number.
    fn link(&mut self, number: u64, module: u64, imports: &[(String, String, u64)]) -> Result<(), WireEnd> {
        if self.instances.contains_key(&number) {
            return Ok(());
        }
        let compiled = self.modules.get(&module).and_then(|known| known.module.clone());
        let module = compiled.ok_or_else(|| WireEnd::Unsupported("not driven: a module that is not valid".into()))?;
        // What links is our own linking.
        let apart = || WireEnd::Unsupported("not driven: imports that do not fit are left to no engine".into());
        let mut links = Vec::new();
        for import in &module.imports {
            let named = imports.iter().find(|(module, name, _)| *module == import.module && *name == import.name);
            let (.., from) = named.ok_or_else(apart)?;
            let given = self.instances.get(from).ok_or_else(apart)?;
            let export = given.module.export(&import.name).filter(|export| export.kind == import.ty.kind());
            let export = export.ok_or_else(apart)?;
            if !linking::fits(&module, import, &given.module, export.index) {
                return Err(apart());
            }
            links.push((*from, export.index));
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
    fn defined(&self, instance: u64, kind: ExternKind, index: u32) -> (u64, u32) {
        let known = &self.instances[&instance];
        let mut imports = known.module.imports.iter().zip(&known.links).filter(|(import, _)| import.ty.kind() == kind);
        match imports.nth(index as usize) {
            Some((_, (from, index))) => self.defined(*from, kind, *index),
            None => (instance, index),
        }
    }

    /// Does what a request asks for: the end of each of its acts.
    fn done(&mut self, piece: Piece, timeout: Duration) -> Result<Ends, Trouble> {
        let group = self.groups.find(piece.of);
        let ahead = self.ahead.entry(group).or_default();
        let ready = ahead.ready.pop_front().filter(|(of, _)| of.steps == piece.steps);
        let ends = match ready {
            Some((_, ends)) => ends,
            None => {
                ahead.ready.clear();
                self.run(group, &piece, timeout)?
            }
        };
        let ahead = self.ahead.entry(group).or_default();
        if let Some(found) = self.plan[ahead.at.min(self.plan.len())..].iter().position(|p| p.steps == piece.steps) {
            ahead.at += found + 1;
        }
        // What did not come to its end is not done again.
        if ends.iter().all(|end| matches!(end, WireEnd::Done | WireEnd::Value(_) | WireEnd::Bytes(_))) {
            ahead.reach = ahead.reach.saturating_add(1);
            self.made.extend(piece.acts.iter().filter_map(made_by));
            if !piece.acts.iter().all(|act| self.leaves_no_trace(act)) {
                self.log.push(piece);
            }
        } else {
            ahead.built = None;
            ahead.reach = (ahead.reach / 2).max(LEAST_REACH);
        }
        Ok(ends)
    }

    fn leaves_no_trace(&self, act: &Planned) -> bool {
        match act {
            Planned::Make(n) => effects::makes_quietly(&self.instances[n].module),
            Planned::Call(n, function) => effects::is_pure(&self.instances, *n, *function),
            Planned::Set(..) | Planned::Get(..) | Planned::Read(..) => true,
            Planned::Write(..) => false,
        }
    }

    /// Pieces of a group that are expected to come after this one.
    fn expected(&mut self, group: u64, piece: &Piece) -> Vec<Piece> {
        let at = self.ahead.get(&group).map_or(0, |ahead| ahead.at).min(self.plan.len());
        let Some(found) = self.plan[at..].iter().position(|p| p.steps == piece.steps) else { return Vec::new() };
        let reach = self.ahead.get(&group).map_or(FIRST_REACH, |ahead| ahead.reach);
        let mut made = self.made.clone();
        made.extend(piece.acts.iter().filter_map(made_by));
        let mut expected = Vec::new();
        for piece in &self.plan[at + found + 1..] {
            if expected.len() >= reach {
                break;
            }
            if self.groups.find(piece.of) != group {
                continue;
            }
            let here: HashSet<u64> = piece.acts.iter().filter_map(made_by).collect();
            let there = |n: &u64| made.contains(n) || here.contains(n);
            let linked = |n: &u64| {
                self.instances[n]
                    .links
                    .iter()
                    .all(|(from, _)| there(from) || self.instances[from].area || self.groups.find(*from) != group)
            };
            if piece.acts.iter().filter_map(Planned::of).all(|n| there(&n)) && here.iter().all(linked) {
                made.extend(here);
                expected.push(piece.clone());
            }
        }
        expected
    }

    /// Runs everything of a group again, then this piece, and then what is expected to come.
    fn run(&mut self, group: u64, piece: &Piece, timeout: Duration) -> Result<Ends, Trouble> {
        if self.engine.output() == Output::Returned {
            return self.run_returning(group, piece, timeout);
        }
        let before: Vec<Piece> = self.log.iter().filter(|p| self.groups.find(p.of) == group).cloned().collect();
        let expected = self.expected(group, piece);
        let mut more = expected.len();
        loop {
            let pieces: Vec<&Piece> = before.iter().chain([piece]).chain(&expected[..more]).collect();
            let program = match self.merged(&pieces) {
                Ok(program) => program,
                Err(_) if more > 0 => {
                    more /= 2;
                    continue;
                }
                Err(error) => return Ok(each(piece, &unmerged(&error))),
            };
            let frames = program.frames.clone();
            let stored = self.engine.store(program)?;
            let (ends, how) = match self.engine.run(&stored, timeout)? {
                (_, Some(Ending::Refused(_))) if more > 0 => {
                    more /= 2;
                    continue;
                }
                (_, Some(Ending::Refused(words))) => return Ok(each(piece, &WireEnd::Refused(words))),
                ran => ran,
            };
            return self.shared_out(group, &pieces[..], before.len(), &frames, &ends, how);
        }
    }

    /// Gives each piece the ends of its acts: `seen` are the frames, in order, and `how` the end of the program, if it did not
    /// come to its own.
    fn shared_out(
        &mut self,
        group: u64,
        pieces: &[&Piece],
        before: usize,
        frames: &[u32],
        seen: &[[u8; SLOT]],
        how: Option<Ending>,
    ) -> Result<Ends, Trouble> {
        let (mut act, mut frame) = (0, 0);
        let mut ready = VecDeque::new();
        for (n, piece) in pieces.iter().enumerate() {
            let mut ends = Vec::new();
            let mut ended = false;
            for planned in &piece.acts {
                let count = frames[act] as usize;
                act += 1;
                if ended {
                    ends.push(nothing_done());
                } else if frame + count <= seen.len() {
                    ends.push(self.end(planned, &seen[frame..frame + count]));
                } else {
                    let Some(Ending::Trapped(end)) = &how else {
                        return Err(Trouble::Garbage("a program ended well, but did not do everything".into()));
                    };
                    ends.push(end.clone());
                    ended = true;
                }
                frame += count;
            }
            match n.cmp(&before) {
                // The same as the first time, up to here.
                std::cmp::Ordering::Less if ended => {
                    return Err(Trouble::Garbage("what went well ends in another way when it is done again".into()));
                }
                std::cmp::Ordering::Less => {}
                _ => ready.push_back(((*piece).clone(), ends)),
            }
            if ended {
                break;
            }
        }
        let (_, ends) = ready.pop_front().ok_or_else(|| Trouble::Garbage("nothing was done".into()))?;
        self.ahead.entry(group).or_default().ready = ready;
        Ok(ends)
    }

    /// As [`Programs::run`], where results return: a process for each. The program that has them stays as long as what comes
    /// is what was expected, and nothing traps.
    fn run_returning(&mut self, group: u64, piece: &Piece, timeout: Duration) -> Result<Ends, Trouble> {
        let built = self.ahead.get_mut(&group).and_then(|ahead| ahead.built.take());
        let mut built = match built {
            Some(built) if built.left.front().is_some_and(|(p, _)| p.steps == piece.steps) => built,
            _ => match self.build(group, piece, timeout)? {
                Ok(built) => built,
                Err(end) => return Ok(each(piece, &end)),
            },
        };
        let (_, frames) = built.left.pop_front().expect("it begins with this piece");
        let mut ends: Ends = Vec::new();
        for (n, (planned, frames)) in piece.acts.iter().zip(frames).enumerate() {
            // What is read shows that the call was done.
            if let (Planned::Call(..), Some(Planned::Get(..))) = (planned, piece.acts.get(n + 1)) {
                ends.push(WireEnd::Done);
                continue;
            }
            let mut seen = Vec::new();
            for frame in frames {
                match self.engine.returned(&built.program, frame, timeout)? {
                    Ok(bytes) => seen.push(bytes),
                    Err(end) => {
                        if let Planned::Get(..) = planned {
                            ends.pop();
                        }
                        ends.push(end);
                        ends.resize_with(piece.acts.len(), nothing_done);
                        return Ok(ends);
                    }
                }
            }
            ends.push(self.end(planned, &seen));
        }
        self.ahead.entry(group).or_default().built = Some(built);
        Ok(ends)
    }

    /// A program that begins with all that was done, and ends with what is expected. Or the end of the piece.
    fn build(&mut self, group: u64, piece: &Piece, timeout: Duration) -> Result<Result<Built, WireEnd>, Trouble> {
        let before: Vec<Piece> = self.log.iter().filter(|p| self.groups.find(p.of) == group).cloned().collect();
        let expected = self.expected(group, piece);
        let mut more = expected.len();
        loop {
            let pieces: Vec<&Piece> = before.iter().chain([piece]).chain(&expected[..more]).collect();
            let merged = match self.merged(&pieces) {
                Err(error) if more == 0 => return Ok(Err(unmerged(&error))),
                Err(_) => None,
                Ok(program) => {
                    let frames = program.frames.clone();
                    let stored = self.engine.store(program)?;
                    match self.engine.begins(&stored, timeout)? {
                        Ending::Done => Some((stored, frames)),
                        Ending::Refused(words) if more == 0 => return Ok(Err(WireEnd::Refused(words))),
                        Ending::Trapped(end) if more == 0 => return Ok(Err(end)),
                        Ending::Refused(_) | Ending::Trapped(_) => None,
                    }
                }
            };
            let Some((program, frames)) = merged else {
                more /= 2;
                continue;
            };
            let mut counts = frames.into_iter();
            let mut next = 1;
            let left = pieces.iter().map(|piece| {
                let ranges = piece.acts.iter().map(|_| {
                    let first = next;
                    next += counts.next().unwrap_or(0);
                    first..next
                });
                let ranges = ranges.collect();
                ((*piece).clone(), ranges)
            });
            let left = left.collect::<Vec<_>>().into_iter().skip(before.len()).collect();
            return Ok(Ok(Built { program, left }));
        }
    }

    /// The program of these pieces.
    fn merged(&self, pieces: &[&Piece]) -> Result<merge::Program, MergeError> {
        // Each behind what it is linked with. What leaves no trace is not made again, only defined.
        let mut order: Vec<u64> = Vec::new();
        let mut place: HashMap<u64, usize> = HashMap::new();
        for of in pieces.iter().flat_map(|piece| &piece.acts).filter_map(Planned::of) {
            self.place(of, &mut order, &mut place);
        }
        let parts: Vec<Part> = order
            .iter()
            .map(|number| {
                let Instance { module, links, area } = &self.instances[number];
                let links = links.iter().map(|(from, index)| (place[from], *index)).collect();
                Part { module: Arc::clone(module), links, area: *area }
            })
            .collect();
        let at =
            |n: &u64| place.get(n).copied().ok_or_else(|| MergeError::Encode("an instance that is not made".into()));
        let acts = pieces.iter().flat_map(|piece| &piece.acts).map(|act| {
            Ok(match act {
                Planned::Make(n) => Act::Make(at(n)?),
                Planned::Set(address, bytes) => Act::Set(*address, bytes.clone()),
                Planned::Write(n, memory, address, bytes) => Act::Write(at(n)?, *memory, *address, bytes.clone()),
                Planned::Call(n, function) => Act::Call(at(n)?, *function),
                Planned::Get(n, address, len) => Act::Get(at(n)?, *address, *len),
                Planned::Read(n, memory, address, len) => Act::Read(at(n)?, *memory, *address, *len),
            })
        });
        let acts = acts.collect::<Result<Vec<_>, MergeError>>()?;
        merge::merge(&parts, &acts, self.engine.output(), self.engine.has_memories())
    }

    fn place(&self, number: u64, order: &mut Vec<u64>, place: &mut HashMap<u64, usize>) {
        if place.contains_key(&number) {
            return;
        }
        for (from, _) in &self.instances[&number].links {
            self.place(*from, order, place);
        }
        place.insert(number, order.len());
        order.push(number);
    }

    /// The end of an act that went well.
    fn end(&self, act: &Planned, frames: &[[u8; SLOT]]) -> WireEnd {
        let bytes = frames.concat();
        match act {
            Planned::Make(_) | Planned::Set(..) | Planned::Write(..) => WireEnd::Done,
            Planned::Call(of, function) => {
                let results = self.instances[of].module.function_signature(*function).results();
                let bits = bytes.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
                if results.is_empty() { WireEnd::Done } else { WireEnd::Value(bits.to_string()) }
            }
            Planned::Get(_, _, len) | Planned::Read(_, _, _, len) => {
                WireEnd::Bytes(hex(&bytes[..(*len).min(bytes.len())]))
            }
        }
    }
}

/// The instance that an act makes.
fn made_by(act: &Planned) -> Option<u64> {
    if let Planned::Make(n) = act { Some(*n) } else { None }
}

/// The end of a step behind one that did not go well.
fn nothing_done() -> WireEnd {
    WireEnd::Error("a step before it ended the program".into())
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

/// Why there is no answer.
pub(super) enum Trouble {
    /// The engine died, or was silent for too long.
    Lost(LinkLost),
    /// It does what no engine does.
    Garbage(String),
}

impl Trouble {
    fn why(self) -> String {
        match self {
            Trouble::Lost(lost) => lost.to_string(),
            Trouble::Garbage(what) => what,
        }
    }
}
