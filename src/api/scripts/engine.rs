//! Another engine in a driver process, as a column: each directive becomes steps of the line protocol.

use super::column::{Column, Failure, Imports, Value};
use super::driver::Driver;
use super::{Hierarchy, RefKind};
use crate::conformance::foreign::column::ForeignColumn;
use crate::conformance::lockstep::alone::Executor;
use crate::conformance::outcome::Outcome;
use crate::conformance::read::language::Language;
use crate::conformance::read::suite::SuiteFile;
use crate::conformance::unsupervised;
use crate::engine::NanProfile;
use crate::module::{AbstractHeapType, HeapType, Module, ValType, features};
use crate::oracle::action::{self, Action, ActionModule, RECEIPT, ResultType, SeenRef, SeenValue, Shape, UNWRITTEN};
use crate::oracle::{ARGS, RESULTS, SLOT};
use crate::oracle::{
    Abilities, COMMAND, Connection, Identity, LinkLost, OracleError, Step, WireEnd, hex, lacking, launch, needed, unhex,
};
use crate::runtime::trap::TrapCode;
use crate::text::counted;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The time that drivers have to exit once no more requests will come.
const ENDING: Duration = Duration::from_secs(5);

/// An engine whose driver can be started, with its running drivers that are not in use.
pub struct Engine {
    name: String,
    identity: Identity,
    /// Names of the features that the engine lacks.
    lacks: Vec<&'static str>,
    idle: Mutex<Vec<Idle>>,
    /// How idle drivers ended, until it is reported.
    died: Arc<Mutex<Vec<String>>>,
}

/// A driver that is not in use.
struct Idle {
    /// The NaN profile it was started with.
    nan: NanProfile,
    connection: Connection,
    /// What it did last.
    behind: String,
}

impl Engine {
    /// Starts the driver of an engine: one of the known names, or `cmd:` and a command line.
    ///
    /// # Errors
    /// If it is unknown, not installed, or does not start.
    pub fn open(name: &str) -> Result<Engine, OracleError> {
        let mut connection = Connection::open(name, launch(name, NanProfile::Native)?)?;
        let identity = connection.identity().clone();
        let lacks = lacking(&mut connection)?;
        let idle = Mutex::new(vec![Idle { nan: NanProfile::Native, connection, behind: "its start".into() }]);
        Ok(Engine { name: name.into(), identity, lacks, idle, died: Arc::default() })
    }

    /// Names of the proposals, and of the parts of the newest version, that it lacks.
    pub fn lacks(&self) -> &[&'static str] {
        &self.lacks
    }

    /// The name and version that the engine reports.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Returns a column with this name. `timeout` limits each directive. `exact` requires that the engine's words match
    /// the script's.
    pub fn column(self: Arc<Engine>, name: &str, timeout: Duration, exact: bool) -> ForeignColumn {
        let (died, ending) = (Arc::clone(&self.died), Arc::clone(&self));
        let executor = move |file: &Arc<SuiteFile>, deadline: Option<Instant>| -> Box<dyn Executor> {
            let session = self.session(file.language, timeout);
            let session = session.map(|session| session.rehearsed(file, deadline, exact));
            let session = session.map_err(|error| match error {
                OracleError::Nans(_) | OracleError::Relaxed(_) => Outcome::Unsupported(error.to_string()),
                // It existed when the run began.
                _ => Outcome::Crash(error.to_string()),
            });
            Box::new(Driver::new(file.language, session))
        };
        let mut column = ForeignColumn::new(name, !exact, executor);
        column.died = died;
        column.end = Arc::new(move || ending.end());
        column
    }

    /// Ends the drivers that are not in use. Returns how those ended that did not end well.
    fn end(&self) -> Vec<String> {
        let mut idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(|e| e.into_inner()));
        idle.iter_mut().for_each(|idle| idle.connection.close());
        let deadline = Instant::now() + ENDING;
        let failed = |idle: &mut Idle| {
            let how = idle.connection.failure(deadline)?;
            Some(format!("after {}: {how}", idle.behind))
        };
        idle.iter_mut().filter_map(failed).collect()
    }

    /// Returns a driver with no instances.
    fn session(self: &Arc<Engine>, language: Language, timeout: Duration) -> Result<Session, OracleError> {
        let nan = if language.canonical_nans { NanProfile::Canonical } else { NanProfile::Native };
        // Whether a command canonicalizes NaNs is unknown.
        if nan.is_canonical() && self.name.starts_with(COMMAND) {
            return Err(OracleError::Nans(self.name.clone()));
        }
        if language.deterministic_relaxed && !is_deterministic(&self.name) {
            return Err(OracleError::Relaxed(self.name.clone()));
        }
        let idle = self.idle.lock().ok().and_then(|mut idle| {
            let at = idle.iter().position(|idle| idle.nan == nan)?;
            Some(idle.swap_remove(at))
        });
        if let Some(Idle { connection, behind, .. }) = idle {
            match Session::begin(self, nan, connection, timeout) {
                Ok(session) => return Ok(session),
                // A driver that died since its last script was not killed by this one.
                Err(error) => {
                    let mut died = self.died.lock().unwrap_or_else(|e| e.into_inner());
                    died.push(format!("after {behind}: {error}"));
                }
            }
        }
        Session::begin(self, nan, Connection::open(&self.name, launch(&self.name, nan)?)?, timeout)
    }
}

/// Requests, in order.
type Asked = Rc<RefCell<Vec<Vec<Step>>>>;

/// A driver that is running a script.
struct Session {
    engine: Arc<Engine>,
    nan: NanProfile,
    /// The key of the script.
    script: String,
    /// `None` after the end.
    connection: Option<Connection>,
    timeout: Duration,
    /// The driver was lost, with everything that it knew.
    lost: bool,
    /// Traps are judged by their words, not by their codes.
    exact: bool,
    /// Used in a rehearsal, and after one.
    numbers: Option<Numbers>,
    /// In a rehearsal: the requests so far, and what the engine is able to do.
    rehearsal: Option<(Asked, Abilities)>,
    instances: u64,
    /// All modules of this script, until its end.
    modules: Vec<u64>,
    /// The instance with the shared memory.
    area: Option<u64>,
    /// Instances for actions, or why there is none.
    actions: HashMap<ActionKey, Result<PreparedAction, Failure>>,
}

/// Numbers of modules and instances that are the same in a rehearsal and afterwards, even if some are left out in the
/// real run.
#[derive(Default)]
struct Numbers {
    /// Numbers by a hash of the item and the count of equal items up to it.
    known: Rc<RefCell<HashMap<(u64, u32), u64>>>,
    seen: HashMap<u64, u32>,
}

/// The first of those numbers, above all that a connection gives out.
const REHEARSED: u64 = 1 << 40;

impl Numbers {
    /// Returns the number of the item identified by `what`.
    fn of(&mut self, what: &impl Hash) -> u64 {
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        let what = hasher.finish();
        let before = self.seen.entry(what).or_default();
        *before += 1;
        let mut known = self.known.borrow_mut();
        let next = REHEARSED + known.len() as u64;
        *known.entry((what, *before)).or_insert(next)
    }

    /// Starts again with the same numbers.
    fn again(&self) -> Numbers {
        Numbers { known: Rc::clone(&self.known), seen: HashMap::new() }
    }
}

/// An action on an instance, without the bits of its arguments.
#[derive(Clone, PartialEq, Eq, Hash)]
struct ActionKey {
    instance: u64,
    export: String,
    /// The arguments' shapes, for a call.
    arguments: Option<Vec<Shape>>,
}

#[derive(Clone)]
struct PreparedAction {
    instance: u64,
    results: Rc<[ResultType]>,
}

/// A compiled module.
pub struct EngineModule {
    number: u64,
    /// The module as our own decoder sees it; `None` if the engine accepts what our decoder does not.
    decoded: Option<Rc<Module>>,
    imports: Vec<(String, String)>,
}

/// An instance.
pub struct EngineInstance {
    number: u64,
    decoded: Option<Rc<Module>>,
}

impl Session {
    /// Begins a script: the driver forgets all instances.
    fn begin(
        engine: &Arc<Engine>,
        nan: NanProfile,
        connection: Connection,
        timeout: Duration,
    ) -> Result<Session, OracleError> {
        let mut session = Session {
            engine: Arc::clone(engine),
            nan,
            script: String::new(),
            connection: Some(connection),
            timeout,
            lost: false,
            exact: false,
            numbers: None,
            rehearsal: None,
            instances: 0,
            modules: Vec::new(),
            area: None,
            actions: HashMap::new(),
        };
        let begun = session.does(Step::Reset);
        begun.map_err(|failure| {
            // It is of no use for another script either.
            session.lost = true;
            let why = match failure {
                Failure::Crash(how) => how,
                other => format!("{other:?}"),
            };
            let what = format!("cannot begin a script: {why}");
            OracleError::Broken { oracle: engine.name.clone(), what }
        })?;
        Ok(session)
    }

    /// Tells an engine that runs whole programs what the script will ask, so that it does as much as possible in each of
    /// them. To find out, the script is run without the engine, as if everything went well. All of this ends by `deadline`.
    fn rehearsed(mut self, file: &SuiteFile, deadline: Option<Instant>, exact: bool) -> Session {
        self.exact = exact;
        self.script = file.key();
        if let Some(connection) = &mut self.connection {
            connection.set_deadline(deadline);
        }
        let Some(connection) = self.connection.as_mut().filter(|connection| connection.forgets()) else { return self };
        let numbers = Numbers::default();
        let asked = Rc::new(RefCell::new(Vec::new()));
        let rehearsal = Session {
            engine: Arc::clone(&self.engine),
            nan: self.nan,
            script: String::new(),
            connection: None,
            timeout: self.timeout,
            lost: false,
            exact: false,
            numbers: Some(numbers.again()),
            rehearsal: Some((Rc::clone(&asked), connection.abilities())),
            instances: 0,
            modules: Vec::new(),
            area: None,
            actions: HashMap::new(),
        };
        // A script that cannot be read is reported when it is run.
        let _ = unsupervised::run_alone(file, true, &mut Driver::new(file.language, Ok(rehearsal)));
        connection.plan(asked.take());
        self.numbers = Some(numbers);
        self
    }

    /// Sends steps and returns how each ended.
    fn ask(&mut self, steps: Vec<Step>) -> Result<Vec<WireEnd>, Failure> {
        let count = steps.len();
        if let Some((asked, _)) = &self.rehearsal {
            let well = |step: &Step| match step {
                Step::Read { len, .. } => WireEnd::Bytes(hex(&vec![0; *len])),
                Step::Call { .. } => WireEnd::Value(RECEIPT.to_string()),
                _ => WireEnd::Done,
            };
            let ends = steps.iter().map(well).collect();
            asked.borrow_mut().push(steps);
            return Ok(ends);
        }
        let Some(connection) = self.connection.as_mut().filter(|_| !self.lost) else {
            return Err(Failure::Error("the engine is gone".into()));
        };
        let ends = connection.send(steps).and_then(|id| connection.receive(id, self.timeout));
        let failure = match ends {
            Ok(Ok(ends)) if ends.len() == count => return Ok(ends),
            Ok(Ok(ends)) => {
                Failure::Crash(format!("the driver sent {} for {}", counted(ends.len(), "end"), counted(count, "step")))
            }
            Ok(Err(LinkLost::Timeout)) => Failure::Timeout,
            Ok(Err(LinkLost::Ended(how))) => Failure::Crash(how),
            Err(error) => Failure::Crash(error.to_string()),
        };
        self.lost = true;
        Err(failure)
    }

    /// Sends one step that returns nothing.
    fn does(&mut self, step: Step) -> Result<(), Failure> {
        match self.ask(vec![step])?.remove(0) {
            WireEnd::Done => Ok(()),
            end => Err(self.failure(end)),
        }
    }

    /// Converts the end of a step that was not done.
    fn failure(&mut self, end: WireEnd) -> Failure {
        match end {
            // All that is known about a program is that it failed.
            WireEnd::Trap(messages, words) if messages.is_empty() && self.forgets_traps() => {
                Failure::Error(format!("it fails with a message that no trap is known to have: {words}"))
            }
            WireEnd::Trap(_, words) if self.exact => Failure::Trap(words),
            WireEnd::Trap(messages, words) => match self.connection.as_ref().map(|c| c.codes(&messages)) {
                Some(Ok(codes)) => Failure::TrapAmong(codes, words),
                Some(Err(error)) => self.senseless(error.to_string()),
                None => Failure::Error("the engine is gone".into()),
            },
            WireEnd::Exception => Failure::Exception,
            WireEnd::Suspension(_) => Failure::from(TrapCode::UnhandledTag),
            WireEnd::Exhausted => Failure::from(TrapCode::CallStackExhausted),
            WireEnd::Unsupported(what) => Failure::Unsupported(what),
            WireEnd::Malformed(what) => Failure::Malformed(what),
            WireEnd::Invalid(what) => Failure::Invalid(what),
            WireEnd::Refused(what) => Failure::Rejected(what),
            WireEnd::Exit(status) => self.senseless(format!("a script exits with status {status}")),
            WireEnd::Error(what) => self.senseless(what),
            end @ (WireEnd::Done | WireEnd::Value(_) | WireEnd::Bytes(_)) => {
                self.senseless(format!("{end:?} cannot be the end of such a step"))
            }
        }
    }

    /// Handles an answer that makes no sense: nothing the driver says is believed from now on.
    fn senseless(&mut self, what: String) -> Failure {
        self.lost = true;
        Failure::Crash(format!("the driver of {} violates the protocol: {what}", self.engine.name))
    }

    /// Returns a number for the module identified by `what`.
    fn number(&mut self, what: &impl Hash) -> Result<u64, Failure> {
        let number = match (&mut self.numbers, &mut self.connection) {
            (Some(numbers), _) => numbers.of(&("module", what)),
            (None, Some(connection)) => connection.number(),
            (None, None) => return Err(Failure::Error("the engine is gone".into())),
        };
        self.modules.push(number);
        Ok(number)
    }

    /// Returns a number for an instance of a module linked with these imports.
    fn instance_number(&mut self, module: u64, imports: &[(String, String, u64)]) -> u64 {
        if let Some(numbers) = &mut self.numbers {
            return numbers.of(&("instance", module, imports));
        }
        self.instances += 1;
        self.instances
    }

    fn abilities(&self) -> Abilities {
        let rehearsed = self.rehearsal.as_ref().map(|(_, abilities)| *abilities);
        rehearsed.or_else(|| self.connection.as_ref().map(Connection::abilities)).unwrap_or_default()
    }

    /// Compiles and instantiates a module of ours.
    fn own(&mut self, bytes: &[u8], imports: Vec<(String, String, u64)>) -> Result<u64, Failure> {
        let module = self.number(&(bytes, &imports))?;
        let instance = self.instance_number(module, &imports);
        let module_step = Step::Module { module, bytes: hex(bytes) };
        let ends = self.ask(vec![module_step, Step::Instance { instance, module, imports }])?;
        match ends.into_iter().find(|end| *end != WireEnd::Done) {
            None => Ok(instance),
            Some(
                end @ (WireEnd::Unsupported(_) | WireEnd::Refused(_) | WireEnd::Invalid(_) | WireEnd::Malformed(_)),
            ) => {
                let needed: Vec<&str> = needed(bytes, &self.engine.lacks).collect();
                Err(match &needed[..] {
                    // It is valid, and uses only what the script's module uses.
                    [] => Failure::Error(format!("the module that performs the action is rejected: {end:?}")),
                    some => Failure::Unsupported(format!("not driven without {}", some.join(", "))),
                })
            }
            Some(end) => Err(self.failure(end)),
        }
    }

    /// The instance with the shared memory.
    fn area(&mut self) -> Result<u64, Failure> {
        if self.area.is_none() {
            self.area = Some(self.own(&action::area(), Vec::new())?);
        }
        Ok(self.area.expect("just made"))
    }

    fn prepared(&mut self, subject: &EngineInstance, key: ActionKey) -> Result<PreparedAction, Failure> {
        if let Some(known) = self.actions.get(&key) {
            return known.clone();
        }
        let prepared = self.prepare(subject, &key);
        if !self.lost {
            self.actions.insert(key, prepared.clone());
        }
        prepared
    }

    fn prepare(&mut self, subject: &EngineInstance, key: &ActionKey) -> Result<PreparedAction, Failure> {
        let unknown = || Failure::Unsupported("not driven: a module that wasmoon cannot decode".into());
        let decoded = subject.decoded.as_ref().ok_or_else(unknown)?;
        let abilities = self.abilities();
        let what = key.arguments.as_ref().map_or(Action::Global, |shapes| Action::Call(shapes));
        if let Action::Call(shapes) = what
            && shapes.iter().any(|shape| matches!(shape, Shape::Extern | Shape::Any))
            && !abilities.host
        {
            return Err(Failure::Unsupported("not driven: references of the host".into()));
        }
        let made = action::action(decoded, &key.export, what, abilities);
        let made = made.map_err(|error| Failure::Unsupported(format!("not driven: {error}")))?;
        let none = || Failure::Error(format!("no such export '{}'", key.export.escape_debug()));
        let ActionModule { bytes, results } = made.ok_or_else(none)?;
        let area = self.area()?;
        let import = |module: &str, name: &str, from| (module.to_string(), name.to_string(), from);
        let imports = vec![
            import(action::AREA, "p", area),
            import(action::SUBJECT, &key.export, key.instance),
            import(action::HOST, "extern", 0),
            import(action::HOST, "number", 0),
        ];
        // The host's functions are only for drivers that have them.
        let imports = imports.into_iter().filter(|import| import.0 != action::HOST || abilities.host).collect();
        Ok(PreparedAction { instance: self.own(&bytes, imports)?, results: results.into() })
    }

    /// Performs an action with these bits as its arguments.
    fn act(&mut self, action: &PreparedAction, args: &[u8]) -> Result<Vec<Value>, Failure> {
        let (area, memory) = (self.area()?, || "p".to_string());
        let mut steps = Vec::new();
        if !args.is_empty() {
            steps.push(Step::Write { instance: area, memory: memory(), at: ARGS, bytes: hex(args) });
        }
        let len = action.results.len() * SLOT;
        if len > 0 {
            let bytes = hex(&vec![UNWRITTEN; len]);
            steps.push(Step::Write { instance: area, memory: memory(), at: RESULTS, bytes });
        }
        steps.push(Step::Call { instance: action.instance, export: "c".into() });
        if len > 0 {
            steps.push(Step::Read { instance: area, memory: memory(), at: RESULTS, len });
        }
        let mut ends = self.ask(steps)?.into_iter();
        let mut next = |session: &mut Session| ends.next().ok_or_else(|| session.senseless("an end is missing".into()));
        for _ in 0..usize::from(!args.is_empty()) + usize::from(len > 0) {
            match next(self)? {
                WireEnd::Done => {}
                end => return Err(self.failure(end)),
            }
        }
        match next(self)? {
            WireEnd::Value(value) if value == RECEIPT.to_string() => {}
            WireEnd::Refused(what) => return Err(Failure::Error(format!("a call was refused: {what}"))),
            end => return Err(self.failure(end)),
        }
        if len == 0 {
            return Ok(Vec::new());
        }
        let bytes = match next(self)? {
            WireEnd::Bytes(text) => unhex(&text),
            end => return Err(self.failure(end)),
        };
        let seen = bytes.and_then(|bytes| action::results(&action.results, &bytes));
        let what = || format!("expected results of {len} bytes in hexadecimal, written by a call");
        let seen = seen.ok_or_else(|| self.senseless(what()))?;
        seen.into_iter().map(value).collect()
    }
}

impl Column for Session {
    type Module = EngineModule;
    type Instance = EngineInstance;

    fn module(&mut self, bytes: &[u8]) -> Result<EngineModule, Failure> {
        let number = self.number(&bytes)?;
        match self.does(Step::Module { module: number, bytes: hex(bytes) }) {
            Ok(()) => {}
            Err(
                failure @ (Failure::Rejected(_)
                | Failure::Malformed(_)
                | Failure::Invalid(_)
                | Failure::Unlinkable(_)
                | Failure::Unsupported(_)),
            ) => {
                // Whatever the answer says: if the engine lacks a feature that the module needs, nothing is known about
                // the rest.
                let needed: Vec<&str> = needed(bytes, &self.engine.lacks).collect();
                return Err(if needed.is_empty() { failure } else { Failure::Unsupported(needed.join(", ")) });
            }
            Err(failure) => return Err(failure),
        }
        let decoded = Module::new(bytes, features::all()).ok().map(Rc::new);
        Ok(EngineModule { number, decoded, imports: crate::oracle::imports(bytes) })
    }

    fn instantiate(
        &mut self,
        module: &EngineModule,
        imports: &Imports<'_, EngineInstance>,
    ) -> Result<EngineInstance, Failure> {
        let from = |(module, name): &(String, String)| {
            imports.get(module, name).map(|instance| (module.clone(), name.clone(), instance.number))
        };
        let imports: Vec<_> = module.imports.iter().filter_map(from).collect();
        let instance = self.instance_number(module.number, &imports);
        match self.does(Step::Instance { instance, module: module.number, imports }) {
            Ok(()) => Ok(EngineInstance { number: instance, decoded: module.decoded.clone() }),
            Err(Failure::Rejected(what)) => {
                // Some engines read the module only at this point.
                let needed = module.decoded.iter().flat_map(|module| needed(&module.bytes, &self.engine.lacks));
                let needed: Vec<&str> = needed.collect();
                Err(if needed.is_empty() { Failure::Unlinkable(what) } else { Failure::Unsupported(needed.join(", ")) })
            }
            Err(failure) => Err(failure),
        }
    }

    fn call(&mut self, instance: &EngineInstance, export: &str, args: &[Value]) -> Result<Vec<Value>, Failure> {
        let unknown = || Failure::Unsupported("not driven: a module that wasmoon cannot decode".into());
        let decoded = instance.decoded.as_ref().ok_or_else(unknown)?;
        let none = || Failure::Error(format!("unknown function '{}'", export.escape_debug()));
        let params = action::parameters(decoded, export).ok_or_else(none)?;
        if params.len() != args.len() {
            return Err(Failure::Error(format!(
                "{} for {}",
                counted(args.len(), "argument"),
                counted(params.len(), "parameter")
            )));
        }
        let mut bytes = Vec::with_capacity(args.len() * SLOT);
        let mut shapes = Vec::with_capacity(args.len());
        for (arg, ty) in args.iter().zip(params) {
            let (shape, bits) = argument(arg, *ty)
                .ok_or_else(|| Failure::Error(format!("an argument {arg:?} for a parameter of type {ty}")))?;
            shapes.push(shape);
            bytes.extend(bits.to_le_bytes());
        }
        let key = ActionKey { instance: instance.number, export: export.into(), arguments: Some(shapes) };
        let action = self.prepared(instance, key)?;
        self.act(&action, &bytes)
    }

    fn global(&mut self, instance: &EngineInstance, export: &str) -> Result<Value, Failure> {
        let key = ActionKey { instance: instance.number, export: export.into(), arguments: None };
        let action = self.prepared(instance, key)?;
        self.act(&action, &[])?.pop().ok_or_else(|| Failure::Error("a global without a value".into()))
    }

    fn is_lost(&self) -> bool {
        self.lost
    }

    fn end(&mut self) -> Result<(), Failure> {
        let modules = std::mem::take(&mut self.modules);
        if self.rehearsal.is_some() {
            return Ok(());
        }
        if let Some(connection) = &mut self.connection {
            connection.set_deadline(None);
        }
        let ended = self.does(Step::Reset).and_then(|()| self.does(Step::Forget { modules }));
        // The driver may answer that and then die.
        let ended = ended.and_then(|()| self.does(Step::Reset));
        // It is of no use for another script either.
        self.lost |= ended.is_err();
        ended?;
        if let (Some(connection), Ok(mut idle)) = (self.connection.take(), self.engine.idle.lock()) {
            idle.push(Idle { nan: self.nan, connection, behind: std::mem::take(&mut self.script) });
        }
        Ok(())
    }

    fn forgets_traps(&self) -> bool {
        self.connection.as_ref().is_some_and(Connection::forgets)
    }
}

/// Returns whether the engine has the relaxed operators of the deterministic profile.
fn is_deterministic(name: &str) -> bool {
    name.starts_with("wasmtime")
}

/// Returns the shape and bits of an argument; `None` if it is not of this type.
fn argument(arg: &Value, ty: ValType) -> Option<(Shape, u128)> {
    let is = |ty: ValType, top: AbstractHeapType| matches!(ty, ValType::Ref(r) if matches!(r.heap_type(), HeapType::Abstract { shared: false, ty } if ty == top));
    Some(match (*arg, ty) {
        (Value::I32(v), ValType::I32) | (Value::F32(v), ValType::F32) => (Shape::Bits, v.into()),
        (Value::I64(v), ValType::I64) | (Value::F64(v), ValType::F64) => (Shape::Bits, v.into()),
        (Value::V128(v), ValType::V128) => (Shape::Bits, v),
        (Value::Null(_), ValType::Ref(r)) if r.is_nullable() => (Shape::Null, 0),
        (Value::Extern(n), ty) if is(ty, AbstractHeapType::Extern) => (Shape::Extern, n.into()),
        (Value::Host(n), ty) if is(ty, AbstractHeapType::Any) => (Shape::Any, n.into()),
        _ => return None,
    })
}

/// Converts a result for the judge.
fn value(seen: SeenValue) -> Result<Value, Failure> {
    let (top, kind, number) = match seen {
        SeenValue::Bits(ValType::I32, bits) => return Ok(Value::I32(bits as u32)),
        SeenValue::Bits(ValType::I64, bits) => return Ok(Value::I64(bits as u64)),
        SeenValue::Bits(ValType::F32, bits) => return Ok(Value::F32(bits as u32)),
        SeenValue::Bits(ValType::F64, bits) => return Ok(Value::F64(bits as u64)),
        SeenValue::Bits(_, bits) => return Ok(Value::V128(bits)),
        SeenValue::Ref(top, kind, number) => (top, kind, number),
    };
    Ok(match kind {
        SeenRef::Null => Value::Null(match top {
            AbstractHeapType::Func => Hierarchy::Func,
            AbstractHeapType::Extern => Hierarchy::Extern,
            AbstractHeapType::Exn => Hierarchy::Exn,
            AbstractHeapType::Cont => Hierarchy::Cont,
            _ => Hierarchy::Any,
        }),
        SeenRef::HostExtern => Value::Extern(number),
        SeenRef::HostAny => Value::Host(number),
        SeenRef::Func => Value::Ref(RefKind::Func),
        SeenRef::Extern => Value::Ref(RefKind::Extern),
        SeenRef::I31 => Value::Ref(RefKind::I31),
        SeenRef::Struct => Value::Ref(RefKind::Struct),
        SeenRef::Array => Value::Ref(RefKind::Array),
        SeenRef::Exn => Value::Ref(RefKind::Exn),
        SeenRef::Cont => Value::Ref(RefKind::Cont),
        SeenRef::Any => return Err(Failure::Unsupported("not driven: a reference of an unknown kind".into())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::RefType;

    /// Numbers stay the same even if some of what was rehearsed is left out, and something else comes.
    #[test]
    fn a_script_has_the_numbers_of_its_rehearsal() {
        let mut rehearsal = Numbers::default();
        let mut script = rehearsal.again();
        let numbers = |seen: [u64; 4]| seen.map(|number| number - REHEARSED);
        assert_eq!(numbers(["a", "b", "a", "c"].map(|what| rehearsal.of(&what))), [0, 1, 2, 3]);
        assert_eq!(numbers(["b", "a", "a", "d"].map(|what| script.of(&what))), [1, 0, 2, 4]);
    }

    #[test]
    fn arguments_are_of_the_type_of_their_parameter() {
        use AbstractHeapType as Heap;
        let of = |null, ty| ValType::Ref(RefType::new(null, HeapType::Abstract { shared: false, ty }).unwrap());
        for (arg, ty, expected) in [
            (Value::I32(u32::MAX), ValType::I32, Some((Shape::Bits, 0xffff_ffff))),
            (Value::F64(1 << 63), ValType::F64, Some((Shape::Bits, 1 << 63))),
            (Value::V128(1 << 127), ValType::V128, Some((Shape::Bits, 1 << 127))),
            (Value::I32(1), ValType::F32, None),
            (Value::I64(1), ValType::I32, None),
            (Value::Null(Hierarchy::Any), of(true, Heap::Any), Some((Shape::Null, 0))),
            (Value::Null(Hierarchy::Any), of(false, Heap::Any), None),
            (Value::Extern(7), of(false, Heap::Extern), Some((Shape::Extern, 7))),
            (Value::Extern(7), of(true, Heap::Any), None),
            (Value::Host(8), of(true, Heap::Any), Some((Shape::Any, 8))),
            (Value::Host(8), of(true, Heap::Extern), None),
            (Value::Ref(RefKind::Func), of(true, Heap::Func), None),
        ] {
            assert_eq!(argument(&arg, ty), expected, "{arg:?} {ty}");
        }
    }
}
