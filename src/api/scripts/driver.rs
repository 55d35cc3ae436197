//! Runs a script on another engine: turns each directive into requests to a [`Column`], and its answers into outcomes
//! for the judge of our own columns.

use super::column::{Column, Failure, Imports, Value};
use super::stale::Stale;
use super::{Hierarchy, RefKind};
use crate::conformance::execute::names::{Cause, Names, Slot};
use crate::conformance::execute::threads;
use crate::conformance::judge::verdict::judge;
use crate::conformance::lockstep::alone::Executor;
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::pattern::{Arg, Pattern};
use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::read::language::{Dialect, Language, Spec};
use crate::conformance::read::script::{Action, PreparedModule, ScriptStep, Source};
use crate::conformance::record::Verdict;
use crate::module::messages::{self, Rejection};
use crate::module::{AbstractHeapType, DecodeError, HeapType, Module, Phase, RefType, ValType, features};
use crate::runtime::trap::TrapCode;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// What scripts import from the host. Its print functions print nothing.
const SPECTEST: &str = r#"(module
    (func (export "print"))
    (func (export "print_i32") (param i32))
    (func (export "print_i64") (param i64))
    (func (export "print_f32") (param f32))
    (func (export "print_f64") (param f64))
    (func (export "print_i32_f32") (param i32 f32))
    (func (export "print_f64_f64") (param f64 f64))
    (global (export "global_i32") i32 (i32.const 666))
    (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6))
    (global (export "global_f64") f64 (f64.const 666.6))
    (table (export "table") 10 20 funcref)
    (memory (export "memory") 1 2))"#;
/// The parts that need a proposal are separate modules, so that an engine can run the rest without that proposal.
const TABLE64: &str = r#"(module (table (export "table64") i64 10 20 funcref))"#;
const SHARED_MEMORY: &str = r#"(module (memory (export "shared_memory") 1 2 shared))"#;
/// The name under which the host's modules are imported.
const HOST: &str = "spectest";
/// The host's exports that have state, which all modules that import them share.
const STATEFUL: [&str; 4] = ["table", "memory", "table64", "shared_memory"];

/// An engine, with the names that a script has defined in it.
pub struct Driver<C: Column> {
    language: Language,
    names: Names<Rc<Definition<C::Module>>, Rc<C::Instance>>,
    host: Option<Vec<HostModule<C::Instance>>>,
    /// The engine or, once it is gone, the outcome of every further directive.
    column: Result<C, Outcome>,
    /// What the script expects of the current directive. If an engine's answer is ambiguous, this decides how it is
    /// understood.
    expect: Expect,
    /// A directive has ended the engine.
    lost: bool,
    /// Instances whose state would have been changed by a directive that was not executed.
    stale: Stale<C::Instance>,
    /// The imports of modules that the engine did not accept, by the indices of their directives.
    undefined: HashMap<String, ImportNames>,
    /// Why the state is in doubt, if the current directive depends on such an instance.
    doubt: Option<Cause>,
    /// Segments were written although the script, older than bulk memory, expects that none are.
    wrote: bool,
    /// How the engine ended, if it was given up before the end of the script.
    end: Outcome,
}

struct Definition<M> {
    module: M,
    /// The imports, as far as our own decoder knows them.
    imports: ImportNames,
}

/// Module names and item names.
type ImportNames = Vec<(String, String)>;

struct HostModule<I> {
    /// The only export, if this is one of the separate parts.
    only: Option<&'static str>,
    instance: Result<Rc<I>, Outcome>,
}

/// Returns the host module that provides an import of this name.
fn part<'h, I>(host: &'h [HostModule<I>], name: &str) -> Option<&'h HostModule<I>> {
    let part = host.iter().find(|part| part.only == Some(name));
    part.or_else(|| host.iter().find(|part| part.only.is_none()))
}

/// Returns whether a module with this import shares state with the host, unless another module is registered under the
/// host's name.
fn is_state_of_host((module, name): &(String, String)) -> bool {
    module == HOST && STATEFUL.contains(&name.as_str())
}

/// Returns the instance with which a module that has this import shares state.
fn provider<D, I>(names: &Names<Rc<D>, Rc<I>>, host: &[HostModule<I>], import: &(String, String)) -> Option<Rc<I>> {
    match names.registered(&import.0) {
        Some(slot) => slot.get().ok().cloned(),
        None if is_state_of_host(import) => part(host, &import.1)?.instance.as_ref().ok().cloned(),
        None => None,
    }
}

impl<C: Column> Driver<C> {
    /// `column` is the engine, or the outcome of every directive if there is none.
    pub fn new(language: Language, column: Result<C, Outcome>) -> Driver<C> {
        Driver {
            language,
            names: Names::new(language.dialect),
            host: None,
            column,
            expect: Expect::Success,
            lost: false,
            stale: Stale::default(),
            undefined: HashMap::new(),
            doubt: None,
            wrote: false,
            end: Outcome::Done,
        }
    }

    fn dispatch(&mut self, step: &mut ScriptStep<'_>) -> Result<Outcome, Outcome> {
        if let Expect::MalformedCustom(_) | Expect::InvalidCustom(_) = step.expect {
            return Err(Outcome::Unsupported("custom sections are not read by a column".into()));
        }
        self.expect = step.expect.clone();
        let index = step.index.clone();
        match &step.action {
            Action::Unsupported(what) => {
                let outcome = Outcome::Unsupported(what.clone());
                self.names.fail(&step.action, &Cause::of(&index, &outcome));
                Err(outcome)
            }
            Action::Thread { .. } | Action::Wait { .. } => Err(Outcome::Unsupported("threads of scripts".into())),
            Action::Check => self.define(step.source.as_mut()).map(|_| Outcome::Done),
            Action::Module { name } => {
                let definition = self.defined(&index, step.source.as_mut());
                let instance = definition.clone().and_then(|definition| self.instantiate(&definition));
                self.not_made(&index, &definition, &instance);
                self.names.define(name.as_deref(), Slot::of(&index, definition));
                self.names.enter(name.as_deref(), Slot::of(&index, instance.clone()));
                instance.map(|_| Outcome::Done)
            }
            Action::Definition { name } => {
                let definition = self.defined(&index, step.source.as_mut());
                self.names.define(name.as_deref(), Slot::of(&index, definition.clone()));
                definition.map(|_| Outcome::Done)
            }
            Action::Instance { instance: name, module } => {
                let definition = self.names.definition(module.as_deref());
                let instance = definition.clone().and_then(|definition| self.instantiate(&definition));
                self.not_made(&index, &definition, &instance);
                self.names.enter(name.as_deref(), Slot::of(&index, instance.clone()));
                instance.map(|_| Outcome::Done)
            }
            Action::Anonymous => {
                let definition = self.defined(&index, step.source.as_mut());
                let instance = definition.clone().and_then(|definition| self.instantiate(&definition));
                self.not_made(&index, &definition, &instance);
                self.names.define_anonymous(Slot::of(&index, definition));
                instance.map(|_| Outcome::Done)
            }
            Action::AnonymousInstance { module } => {
                let definition = self.names.definition(module.as_deref());
                let instance = definition.clone().and_then(|definition| self.instantiate(&definition));
                self.not_made(&index, &definition, &instance);
                instance.map(|_| Outcome::Done)
            }
            Action::Register { name, module } => {
                let instance = self.names.instance(module.as_deref());
                self.names.register(name, Slot::of(&index, instance.clone()));
                instance.map(|_| Outcome::Done)
            }
            Action::Get { module, global } => {
                let instance = self.names.instance(module.as_deref())?;
                self.doubt = self.stale.cause(&instance);
                let value = self.ask(|column| column.global(&instance, global))?;
                returned(&[value], &step.expect)
            }
            Action::Invoke { module, name, args } => {
                let instance = self.names.instance(module.as_deref())?;
                self.doubt = self.stale.cause(&instance);
                let args = args.iter().map(|arg| argument(*arg)).collect::<Result<Vec<_>, _>>();
                let values = args.and_then(|args| self.ask(|column| column.call(&instance, name, &args)));
                match &values {
                    Err(outcome @ Outcome::Unsupported(_)) => self.stale.mark(&instance, &Cause::of(&index, outcome)),
                    Err(_) => self.forgotten(&index, &[instance]),
                    Ok(_) => {}
                }
                returned(&values?, &step.expect)
            }
        }
    }

    /// Marks the instances that a module imports from, if the engine could not instantiate it: its segments and start
    /// function would have changed them.
    fn not_made(
        &mut self,
        index: &str,
        definition: &Result<Rc<Definition<C::Module>>, Outcome>,
        instance: &Result<Rc<C::Instance>, Outcome>,
    ) {
        let Err(outcome) = instance else { return };
        let cause = Cause::of(index, outcome);
        let imports = match definition {
            Ok(definition) => Some(&definition.imports),
            Err(outcome) => self.undefined.get(&Cause::of(index, outcome).index),
        };
        let imports = imports.cloned().unwrap_or_default();
        if self.host.is_none() && self.names.registered(HOST).is_none() && imports.iter().any(is_state_of_host) {
            self.host = Some(self.host_modules());
        }
        let host = self.host.as_deref().unwrap_or_default();
        let shared: Vec<_> = imports.iter().filter_map(|import| provider(&self.names, host, import)).collect();
        if cause.unsupported.is_none() {
            return self.forgotten(index, &shared);
        }
        for shared in shared {
            self.stale.mark(&shared, &cause);
        }
    }

    /// Notes that the effects of a directive on these instances before it ended are lost, if the engine starts over.
    fn forgotten(&mut self, index: &str, instances: &[Rc<C::Instance>]) {
        if self.column.as_ref().is_ok_and(Column::forgets_traps) {
            let what = "what was done before the trap is not driven".to_string();
            let cause = Cause { index: index.to_string(), unsupported: Some(what) };
            instances.iter().for_each(|instance| self.stale.mark(instance, &cause));
        }
    }

    fn ask<R>(&mut self, ask: impl FnOnce(&mut C) -> Result<R, Failure>) -> Result<R, Outcome> {
        asked(&mut self.column, &self.language, &self.expect, ask)
    }

    /// Defines a module that can be instantiated several times. If the engine does not accept it, notes its imports.
    fn defined(
        &mut self,
        index: &str,
        mut source: Option<&mut Source<'_>>,
    ) -> Result<Rc<Definition<C::Module>>, Outcome> {
        let definition = self.define(source.as_deref_mut());
        if definition.is_err()
            && let Some(Ok((bytes, _))) = source.map(|source| source.encoded(&self.language))
            && let Ok(module) = Module::new(&bytes, features::all())
        {
            self.undefined.insert(index.into(), imports(&module));
        }
        definition
    }

    fn define(&mut self, source: Option<&mut Source<'_>>) -> Result<Rc<Definition<C::Module>>, Outcome> {
        let source = source.ok_or_else(|| Outcome::Error("directive without a module".into()))?;
        let (bytes, textual) = source.encoded(&self.language).map_err(|refused| match refused {
            PreparedModule::Rejected(phase, message) => {
                Outcome::Unsupported(format!("a text without binary form: {}", Outcome::rejected(phase, message)))
            }
            PreparedModule::Unsupported(what) => Outcome::Unsupported(what),
            PreparedModule::Error(message) => Outcome::Unsupported(message),
            PreparedModule::Module(_) => unreachable!("a module has a binary form"),
        })?;
        let module = self.ask(|column| {
            let module = column.module(&bytes);
            if textual { module.map_err(|failure| of_text(failure, &bytes)) } else { module }
        });
        let module = module.map_err(|outcome| later(outcome, &self.expect, &self.language, &bytes))?;
        let known = Module::new(&bytes, features::all());
        if matches!(self.expect, Expect::Malformed(_) | Expect::Invalid(_))
            && known.is_ok()
            && Module::new(&bytes, self.language.features).is_err()
        {
            return Err(Outcome::Unsupported("it has proposals that make this valid".into()));
        }
        Ok(Rc::new(Definition { module, imports: known.as_ref().map(imports).unwrap_or_default() }))
    }

    fn instantiate(&mut self, definition: &Definition<C::Module>) -> Result<Rc<C::Instance>, Outcome> {
        if self.host.is_none() {
            self.host = Some(self.host_modules());
        }
        let host = self.host.take().unwrap_or_default();
        if self.column.as_ref().is_ok_and(Column::is_lost)
            && let Some(Err(how)) = host.iter().map(|part| &part.instance).find(|instance| instance.is_err())
        {
            return Err(how.clone());
        }
        let linked = self.link(definition, &host);
        self.host = Some(host);
        linked
    }

    fn link(
        &mut self,
        definition: &Definition<C::Module>,
        host: &[HostModule<C::Instance>],
    ) -> Result<Rc<C::Instance>, Outcome> {
        let host = if self.names.registered(HOST).is_some() { &[] } else { host };
        // If an import failed, the failure of what depends on it is not the engine's fault.
        for (module, name) in &definition.imports {
            match self.names.registered(module) {
                Some(slot) => drop(slot.get()?),
                None if module == HOST => {
                    drop(part(host, name).map(|part| part.instance.clone()).transpose()?);
                }
                None if self.language.dialect == Dialect::Wasmtime && module == "wasmtime" => {
                    return Err(Outcome::Unsupported("functions of wasmtime's runner".into()));
                }
                None => {}
            }
        }
        let stale = |import| self.stale.cause(&provider(&self.names, host, import)?);
        self.doubt = definition.imports.iter().find_map(stale);
        // The engine gets borrows from the names, which it cannot change.
        let Driver { names, column, language, expect, wrote, stale, doubt, .. } = self;
        let registered = names.all_registered().filter_map(|(name, slot)| Some((name, None, &**slot.get().ok()?)));
        let parts = host.iter().filter_map(|part| Some((HOST, part.only, &**part.instance.as_ref().ok()?)));
        let imports = Imports { instances: registered.chain(parts).collect() };
        let made = asked(column, language, expect, |column| column.instantiate(&definition.module, &imports));
        match made {
            Err(Outcome::Trap(_, what))
                if matches!(expect, Expect::Unlinkable(_)) && !language.features.bulk_memory() =>
            {
                *wrote = true;
                Err(Outcome::Unsupported(format!("it checks segments one by one, as since bulk-memory: {what}")))
            }
            // The engine may be right about the state that it has; the failure is attributed to the missing state.
            Err(outcome) if judge(expect, &outcome).verdict == Verdict::Fail => {
                Err(doubt.as_ref().map_or(outcome, |cause| cause.outcome()))
            }
            made => {
                let made = Rc::new(made?);
                let shared = definition.imports.iter().filter_map(|import| provider(names, host, import));
                stale.link(&made, shared);
                Ok(made)
            }
        }
    }

    /// Has the engine instantiate the host's modules.
    fn host_modules(&mut self) -> Vec<HostModule<C::Instance>> {
        let features = self.language.features;
        let parts = [
            (None, SPECTEST, true),
            (Some("table64"), TABLE64, features.memory64()),
            (Some("shared_memory"), SHARED_MEMORY, features.threads()),
        ];
        let parts = parts.into_iter().filter(|(.., wanted)| *wanted);
        let language = Language { features: features::all(), ..Language::of(Spec::Latest) };
        let made = parts.map(|(only, text, _)| {
            let (bytes, _) = Source::text(text.into()).encoded(&language).expect("a module in text form");
            let instance = self.ask(|column| {
                let module = column.module(&bytes)?;
                column.instantiate(&module, &Imports { instances: Vec::new() })
            });
            let instance = instance.map(Rc::new).map_err(|outcome| match outcome {
                Outcome::Crash(_) => outcome,
                other => Outcome::Unsupported(format!("the module {HOST}: {other}")),
            });
            if let Ok(instance) = &instance {
                self.stale.link(instance, std::iter::empty());
            }
            HostModule { only, instance }
        });
        made.collect()
    }
}

impl<C: Column> Executor for Driver<C> {
    fn act(&mut self, step: &mut ScriptStep<'_>) -> Outcome {
        if let Err(gone) = &self.column {
            return gone.clone();
        }
        self.doubt = None;
        let mut outcome = self.dispatch(step).unwrap_or_else(|outcome| outcome);
        // The engine may be right about the state that it has.
        if let Some(cause) = self.doubt.take()
            && judge(&step.expect, &outcome).verdict == Verdict::Fail
        {
            outcome = cause.outcome();
        }
        let thread = matches!(step.action, Action::Thread { .. });
        let lost = self.column.as_ref().is_ok_and(Column::is_lost);
        self.lost |= lost || matches!(outcome, Outcome::Crash(_));
        if thread || self.wrote || self.lost {
            // Everything after a thread may depend on what it did not do, as may everything after segments that were
            // written before a trap although the script expects none. And nobody knows the state in which a panic left
            // the engine.
            if !self.lost {
                self.end = self.finish();
            }
            let gone = std::mem::replace(&mut self.column, Err(Cause::of(&step.index, &outcome).outcome()));
            let _ = catch_unwind(AssertUnwindSafe(|| drop(gone)));
        }
        outcome
    }

    fn skip(&mut self, step: &ScriptStep<'_>) {
        self.names.fail(&step.action, &Cause { index: step.index.clone(), unsupported: None });
    }

    fn is_lost(&self) -> bool {
        self.lost
    }

    fn finish(&mut self) -> Outcome {
        if self.column.is_err() {
            return self.end.clone();
        }
        self.expect = Expect::Success;
        match self.ask(Column::end) {
            Ok(()) => Outcome::Done,
            Err(outcome) => outcome,
        }
    }
}

/// Creates an engine, or the outcome of every directive without one. A panic is a crash of each directive.
pub fn made<C>(make: impl FnOnce() -> Result<C, String>) -> Result<C, Outcome> {
    match catch_unwind(AssertUnwindSafe(make)) {
        Ok(made) => made.map_err(Outcome::Unsupported),
        Err(panic) => Err(crash(panic.as_ref())),
    }
}

fn crash(panic: &(dyn std::any::Any + Send)) -> Outcome {
    Outcome::Crash(format!("panic: {}", threads::message(panic)))
}

/// Asks something of an engine. A panic ends it.
fn asked<C, R>(
    column: &mut Result<C, Outcome>,
    language: &Language,
    expect: &Expect,
    ask: impl FnOnce(&mut C) -> Result<R, Failure>,
) -> Result<R, Outcome> {
    let column = column.as_mut().map_err(|outcome| outcome.clone())?;
    match catch_unwind(AssertUnwindSafe(|| ask(column))) {
        Ok(answer) => answer.map_err(|failure| outcome(failure, language, expect)),
        Err(panic) => Err(crash(panic.as_ref())),
    }
}

/// Does not blame an engine for implementing proposals that move a rejection to another phase.
fn later(outcome: Outcome, expect: &Expect, language: &Language, bytes: &[u8]) -> Outcome {
    let (phase, other) = match (&outcome, expect) {
        (Outcome::Malformed(_), Expect::Invalid(_)) => (Phase::Malformed, "malformed"),
        (Outcome::Invalid(_), Expect::Malformed(_)) => (Phase::Invalid, "invalid"),
        _ => return outcome,
    };
    let read = |features| Module::new(bytes, features).map_err(|error| error.phase).err();
    match (read(language.features), read(features::all())) {
        (then, Some(now)) if then != Some(now) && now == phase => {
            Outcome::Unsupported(format!("it has proposals that make this {other}"))
        }
        _ => outcome,
    }
}

/// Converts the rejection of a binary into that of the text it was encoded from, as for our own columns.
fn of_text(failure: Failure, bytes: &[u8]) -> Failure {
    let (phase, message) = match failure {
        Failure::Malformed(message) => (Phase::Malformed, message),
        Failure::Invalid(message) => (Phase::Invalid, message),
        other => return other,
    };
    match messages::text_decode_error(DecodeError { phase, message, offset: 0 }, bytes) {
        (Phase::Malformed, message) => Failure::Malformed(message),
        (_, message) => Failure::Invalid(message),
    }
}

fn imports(module: &Module) -> ImportNames {
    module.imports.iter().map(|import| (import.module.to_string(), import.name.clone())).collect()
}

fn argument(arg: Arg) -> Result<Value, Outcome> {
    Ok(match arg {
        Arg::I32(v) => Value::I32(v),
        Arg::I64(v) => Value::I64(v),
        Arg::F32(v) => Value::F32(v),
        Arg::F64(v) => Value::F64(v),
        Arg::V128(v) => Value::V128(v),
        Arg::RefNull(Some(hierarchy)) => Value::Null(hierarchy),
        Arg::RefNull(None) => return Err(Outcome::Unsupported("null of a defined type as an argument".into())),
        Arg::RefExtern(n) => Value::Extern(n),
        Arg::RefHost(n) => Value::Host(n),
    })
}

/// Converts results for the judge. What the script expects of them must be known.
fn returned(values: &[Value], expect: &Expect) -> Result<Outcome, Outcome> {
    if let Expect::Values(patterns) = expect {
        let unknown = patterns.iter().zip(values).filter(|(_, value)| matches!(value, Value::Ref(_)));
        if let Some(what) = unknown.filter_map(|(pattern, _)| Pattern::beyond_kinds(pattern)).next() {
            return Err(Outcome::Unsupported(format!("a column does not tell {what}")));
        }
    }
    Ok(Outcome::Returned(values.iter().map(|value| observed(*value)).collect()))
}

fn observed(value: Value) -> (ValType, Observed) {
    let of = |ty| ValType::Ref(RefType::new(true, HeapType::Abstract { shared: false, ty }).expect("an abstract type"));
    match value {
        Value::I32(v) => (ValType::I32, Observed::I32(v)),
        Value::I64(v) => (ValType::I64, Observed::I64(v)),
        Value::F32(v) => (ValType::F32, Observed::F32(v)),
        Value::F64(v) => (ValType::F64, Observed::F64(v)),
        Value::V128(v) => (ValType::V128, Observed::V128(v)),
        Value::Null(hierarchy) => (of(top(hierarchy)), Observed::Null),
        Value::Extern(n) => (of(AbstractHeapType::Extern), Observed::Extern(n.into())),
        Value::Host(n) => (of(AbstractHeapType::Any), Observed::Extern(n.into())),
        Value::Ref(kind) => {
            let hierarchy = match kind {
                RefKind::Func => Hierarchy::Func,
                RefKind::Extern => Hierarchy::Extern,
                RefKind::I31 | RefKind::Struct | RefKind::Array => Hierarchy::Any,
                RefKind::Exn => Hierarchy::Exn,
                RefKind::Cont => Hierarchy::Cont,
            };
            (of(top(hierarchy)), Observed::Kind(kind))
        }
    }
}

fn top(hierarchy: Hierarchy) -> AbstractHeapType {
    match hierarchy {
        Hierarchy::Func => AbstractHeapType::Func,
        Hierarchy::Extern => AbstractHeapType::Extern,
        Hierarchy::Any => AbstractHeapType::Any,
        Hierarchy::Exn => AbstractHeapType::Exn,
        Hierarchy::Cont => AbstractHeapType::Cont,
    }
}

fn outcome(failure: Failure, language: &Language, expect: &Expect) -> Outcome {
    let rejection = |message| Rejection::new(message, language.words());
    match failure {
        Failure::Rejected(message) => match expect {
            Expect::Malformed(_) => Outcome::Malformed(rejection(message)),
            _ => Outcome::Invalid(rejection(message)),
        },
        Failure::TrapAmong(codes, words) => trap(&codes, words, expect),
        Failure::Crash(how) => Outcome::Crash(how),
        Failure::Malformed(message) => Outcome::Malformed(rejection(message)),
        Failure::Invalid(message) => Outcome::Invalid(rejection(message)),
        Failure::Unlinkable(message) => Outcome::Unlinkable(message),
        Failure::Trap(message) => {
            // The judge compares texts. Of a code it reads only wasmtime's words for it, where they differ from the
            // specification's. So a text that belongs to no code is paired with a code that has no such words.
            let code = TrapCode::ALL.iter().find(|code| code.message() == message);
            Outcome::Trap(code.copied().unwrap_or(TrapCode::MemoryOutOfBounds), message)
        }
        Failure::Exhaustion(message) => Outcome::Exhaustion(message),
        Failure::Exception => Outcome::Exception(Observed::Kind(RefKind::Exn)),
        Failure::Suspension(message) => Outcome::Suspension(message),
        Failure::Timeout => Outcome::Timeout,
        Failure::Unsupported(what) => Outcome::Unsupported(what),
        Failure::Error(message) => Outcome::Error(message),
    }
}

/// Converts a trap that may be one of several: the one that the script expects, if it is among them.
fn trap(codes: &[TrapCode], words: String, expect: &Expect) -> Outcome {
    if let Expect::Trap(want) = expect {
        // A script's message may be shorter than the specification's, or have a number after it.
        let is = |code: &&TrapCode| code.message().starts_with(want) || want.starts_with(code.message());
        if let Some(code) = codes.iter().find(is) {
            return Outcome::Trap(*code, format!("{want} ({words})"));
        }
    }
    // The code counts, not what the engine's words happen to begin with.
    match codes.first() {
        Some(code) => Outcome::Trap(*code, format!("{} ({words})", code.message())),
        None => Outcome::Trap(TrapCode::Unreachable, format!("of a kind that the driver does not know ({words})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::judge::conventions::as_expected;

    /// Each value must be one of its type.
    #[test]
    fn values_have_their_types() {
        use AbstractHeapType as Heap;
        let of = |ty| ValType::Ref(RefType::new(true, HeapType::Abstract { shared: false, ty }).unwrap());
        for (value, ty, seen) in [
            (Value::I32(1), ValType::I32, Observed::I32(1)),
            (Value::I64(2), ValType::I64, Observed::I64(2)),
            (Value::F32(3), ValType::F32, Observed::F32(3)),
            (Value::F64(4), ValType::F64, Observed::F64(4)),
            (Value::V128(5), ValType::V128, Observed::V128(5)),
            (Value::Extern(6), of(Heap::Extern), Observed::Extern(6)),
            (Value::Host(7), of(Heap::Any), Observed::Extern(7)),
            (Value::Null(Hierarchy::Func), of(Heap::Func), Observed::Null),
            (Value::Null(Hierarchy::Extern), of(Heap::Extern), Observed::Null),
            (Value::Null(Hierarchy::Any), of(Heap::Any), Observed::Null),
            (Value::Null(Hierarchy::Exn), of(Heap::Exn), Observed::Null),
            (Value::Null(Hierarchy::Cont), of(Heap::Cont), Observed::Null),
            (Value::Ref(RefKind::Func), of(Heap::Func), Observed::Kind(RefKind::Func)),
            (Value::Ref(RefKind::Extern), of(Heap::Extern), Observed::Kind(RefKind::Extern)),
            (Value::Ref(RefKind::I31), of(Heap::Any), Observed::Kind(RefKind::I31)),
            (Value::Ref(RefKind::Struct), of(Heap::Any), Observed::Kind(RefKind::Struct)),
            (Value::Ref(RefKind::Array), of(Heap::Any), Observed::Kind(RefKind::Array)),
            (Value::Ref(RefKind::Exn), of(Heap::Exn), Observed::Kind(RefKind::Exn)),
            (Value::Ref(RefKind::Cont), of(Heap::Cont), Observed::Kind(RefKind::Cont)),
        ] {
            assert_eq!(observed(value), (ty, seen), "{value:?}");
        }
    }

    /// The expected trap if it is among them; otherwise the first.
    #[test]
    fn a_trap_of_several_kinds_is_the_expected_one() {
        use TrapCode::{IntegerDivideByZero, IntegerOverflow, UninitializedElement, Unreachable};
        let wanted = |text: &str| Expect::Trap(text.into());
        let integers = [IntegerDivideByZero, IntegerOverflow];
        for (codes, expect, code, text) in [
            (&integers[..], wanted("integer overflow"), IntegerOverflow, "integer overflow"),
            (&integers, wanted("integer o"), IntegerOverflow, "integer o"),
            (&integers, wanted("unreachable"), IntegerDivideByZero, "integer divide by zero"),
            (&integers, Expect::Success, IntegerDivideByZero, "integer divide by zero"),
            (
                &[Unreachable, UninitializedElement],
                wanted("uninitialized element 2"),
                UninitializedElement,
                "uninitialized element 2",
            ),
            (&[], wanted("unreachable"), Unreachable, "of a kind that the driver does not know"),
        ] {
            let seen = trap(codes, "in its words".into(), &expect);
            assert_eq!(seen, Outcome::Trap(code, format!("{text} (in its words)")), "{codes:?} {expect:?}");
        }
    }

    /// In every dialect, a trap whose words belong to no code matches exactly these words.
    #[test]
    fn a_trap_in_words_of_its_own_is_judged_by_them() {
        let language = Language::of(Spec::Latest);
        let action = Action::Invoke { module: None, name: String::new(), args: Vec::new() };
        let words = "an end of its own";
        let texts = TrapCode::ALL.iter().map(|code| code.message()).chain([words]);
        for (dialect, text) in [Dialect::Spec, Dialect::WasmTools, Dialect::Wasmtime]
            .into_iter()
            .flat_map(|dialect| texts.clone().map(move |text| (dialect, text)))
        {
            let expect = Expect::Trap(text.into());
            let seen = outcome(Failure::Trap(words.into()), &language, &expect);
            let verdict = judge(&expect, &as_expected(dialect, &action, &expect, &seen)).verdict;
            let expected = if text == words { Verdict::Pass } else { Verdict::Fail };
            assert_eq!(verdict, expected, "{dialect:?}: {text}");
        }
    }
}
