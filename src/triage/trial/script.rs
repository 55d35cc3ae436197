//! Executes a script on one backend up to a line.

use crate::conformance::backend::Backend;
use crate::conformance::execute::session::{INTERNAL, Session, SessionError};
use crate::conformance::judge::conventions::as_expected;
use crate::conformance::judge::verdict::judge;
use crate::conformance::outcome::numbers::VectorShape;
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::pattern::{Arg, Lane, Pattern};
use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::read::error::ScriptError;
use crate::conformance::read::header::{HeaderError, header};
use crate::conformance::read::kind::{self, NotText, WantedInput};
use crate::conformance::read::language::{Dialect, Language, Spec};
use crate::conformance::read::script::{Action, PreparedModule, ScriptStep, plain};
use crate::conformance::record::Verdict;
use crate::engine::Config;
use crate::module::{Import, ImportType, Module, ValType};
use crate::runtime::watchdog::Watchdog;
use crate::triage::observe::{Bounds, Entity, States, Step, StepEnd, column_name, frames, state};
use crate::triage::subject::{PreparedSubject, SubjectCall};
use crate::triage::value::{Hash, PortableValue};
use std::sync::Arc;

/// The reason why bytes cannot be executed as a script.
#[derive(Debug, thiserror::Error)]
pub enum NotAScript {
    /// The bytes are not text.
    #[error(transparent)]
    Text(#[from] NotText),
    /// The text does not follow the grammar of scripts.
    #[error(transparent)]
    Syntax(#[from] ScriptError),
    /// The header has an error.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// This build, or this CPU, cannot run the backend.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A directive starts a thread.
    #[error(
        "a thread starts on line {line}, and scripts with threads can be neither bisected nor reduced, since what \
         runs beside a thread may differ from run to run; stop before it with --at LINE, or remove the thread"
    )]
    Thread {
        /// The line of the directive, counted from 1.
        line: u32,
    },
}

/// Reads a script as the matrix does, and passes on the directives that begin at or before the line, and the language.
///
/// # Errors
/// The text is not a script, or `then` failed.
fn read<T>(
    bytes: &[u8],
    line: u32,
    then: impl FnOnce(Vec<ScriptStep<'_>>, &Language) -> Result<T, NotAScript>,
) -> Result<T, NotAScript> {
    let text = kind::text(bytes, WantedInput::Script)?;
    // The newest language, and the features from the header.
    let language = header(text, Language::of(Spec::Latest))?;
    let plain = plain(text, &language)?;
    let buffer = plain.lex()?;
    let mut directives = plain.parse(&buffer)?;
    directives.retain(|d| d.line <= line);
    then(directives, &language)
}

/// Passes on one step for each directive that begins at or before the line. The state is recorded after the last one, or after
/// each ([`Bounds::states`]), and after each that exhausts the stack or finds the heap full: as in the matrix, what follows is
/// compared if both sides left the same state. The bits of NaNs that a directive accepts do not count, unless the profile fixes
/// them: one NaN stands for all.
///
/// # Errors
/// The text is not a script, a directive starts a thread, or this build lacks the engine.
pub fn observe(
    bytes: &[u8],
    line: u32,
    config: &Config,
    bounds: &Bounds,
    ended: &mut dyn FnMut(Step),
) -> Result<(), NotAScript> {
    read(bytes, line, |directives, language| execute(directives, language, config, bounds, ended))
}

fn execute(
    mut directives: Vec<ScriptStep<'_>>,
    language: &Language,
    config: &Config,
    bounds: &Bounds,
    ended: &mut dyn FnMut(Step),
) -> Result<(), NotAScript> {
    starts_no_thread(&directives)?;
    let mut session = Session::new(&Backend { name: column_name(config), config: config.clone() }, language)?;
    let _watch = bounds.timeout.and_then(|after| Watchdog::start(session.store.interrupt_handle(), after).ok());
    let last = directives.len().saturating_sub(1);
    for (i, directive) in directives.iter_mut().enumerate() {
        let prepared = directive.source.as_mut().map(|source| source.prepare(language));
        let acted = session.act(&directive.index, &directive.action, prepared.as_ref());
        let mut end = end(&acted.outcome);
        let ran_out = end == StepEnd::Exhausted || end.is_out_of_heap();
        let look = i == last || bounds.states == States::Each || ran_out;
        let mut state = if look { state(&session.store) } else { Vec::new() };
        let expect = &directive.expect;
        let outcome = as_expected(language.dialect, &directive.action, expect, &acted.outcome);
        if !config.nan.is_canonical() && judge(expect, &outcome).verdict != Verdict::Fail {
            without_choices(&mut end, expect);
        }
        if matches!(end, StepEnd::Trap(_)) && !end.is_out_of_heap() {
            state.push((Entity::Frames, frames(&session.frames)));
        }
        // The time limit is for all directives together, and nothing would end a further one.
        let is_late = end == StepEnd::Timeout;
        ended(Step { end, state, output: Vec::new() });
        if is_late {
            break;
        }
    }
    Ok(())
}

/// Returns the modules that the script defines up to a line, in order.
///
/// # Errors
/// The text is not a script.
pub fn modules(bytes: &[u8], line: u32) -> Result<Vec<Arc<Module>>, NotAScript> {
    read(bytes, line, |mut directives, language| {
        let sources = directives.iter_mut().filter_map(|d| d.source.as_mut());
        let prepared = sources.map(|source| source.prepare(language));
        Ok(prepared.filter_map(|p| if let PreparedModule::Module(module) = p { Some(module) } else { None }).collect())
    })
}

/// Checks that no directive up to a line starts a thread. What runs alongside a thread may differ from run to run, so no search
/// could rely on executing it repeatedly.
///
/// # Errors
/// [`NotAScript::Thread`], or the text is not a script.
pub fn without_threads(bytes: &[u8], line: u32) -> Result<(), NotAScript> {
    read(bytes, line, |directives, _| starts_no_thread(&directives))
}

fn starts_no_thread(directives: &[ScriptStep<'_>]) -> Result<(), NotAScript> {
    match directives.iter().find(|d| matches!(d.action, Action::Thread { .. })) {
        Some(thread) => Err(NotAScript::Thread { line: thread.line }),
        None => Ok(()),
    }
}

/// Returns the module that is current at the last directive up to a line, and the calls of its exports so far (none if
/// that directive makes the instance); `None` if the directive calls another module. If all imports are from one
/// registered module, which itself imports nothing, then that one is the provider. Directives of threads do not count.
///
/// # Errors
/// The text is not a script.
pub fn calls(bytes: &[u8], line: u32) -> Result<Option<PreparedSubject>, NotAScript> {
    read(bytes, line, |directives, language| Ok(calls_of_last(directives, language).map(|(calls, _)| calls)))
}

/// Describes what [`calls`] leaves out of the script although it may affect their results; `None` if nothing.
///
/// # Errors
/// The text is not a script.
pub fn not_in_calls(bytes: &[u8], line: u32) -> Result<Option<String>, NotAScript> {
    read(bytes, line, |directives, language| Ok(calls_of_last(directives, language).and_then(|(_, lost)| lost)))
}

/// The calls, and a description of what is lost with the rest.
fn calls_of_last(directives: Vec<ScriptStep<'_>>, language: &Language) -> Option<(PreparedSubject, Option<String>)> {
    let outline = Outline::of(directives, language);
    let directives = &outline.directives;
    // An instance that is never current is the subject of its own directive.
    let last = match directives.last()?.action {
        Action::Anonymous | Action::AnonymousInstance { .. } => directives.len() - 1,
        _ => directives.iter().rposition(|d| entered(&d.action).is_some())?,
    };
    let name = entered(&directives[last].action).flatten();
    let is_last = |module: &Option<String>| module.is_none() || module.as_deref() == name;
    let module = Arc::clone(outline.module(last)?);
    let provider = outline.provider(&module, last);
    let own = || {
        directives[last..].iter().filter_map(|d| match &d.action {
            Action::Invoke { module, name, args } if is_last(module) => Some((d.line, name, args)),
            _ => None,
        })
    };
    let call = |(_, name, args): (u32, &String, &Vec<Arg>)| SubjectCall {
        export: name.clone(),
        args: args.iter().map(argument).collect(),
    };
    let calls = own().map(call).collect();
    let makes_it = last + 1 == directives.len();
    let ends_in_call = |d: &ScriptStep<'_>| matches!(&d.action, Action::Invoke { module, .. } if is_last(module));
    let called = makes_it || directives.last().is_some_and(ends_in_call);
    let lost = match provider {
        // Whatever it did before, or does meanwhile, is lost.
        Some(provider) => directives.iter().enumerate().find_map(|(i, d)| match &d.action {
            Action::Invoke { module, name, .. } if i < last || !is_last(module) => {
                Some(format!("line {} calls '{}' of another module", d.line, name.escape_debug()))
            }
            _ if i != last && outline.is_linked(i, provider) => {
                Some(format!("line {} instantiates another module that imports from the same one", d.line))
            }
            _ => None,
        }),
        None => module.imports.iter().find(|import| decides(&module, import, directives)).map(|import| {
            let Import { module, name, .. } = import;
            let (module, name) = (module.escape_debug(), name.escape_debug());
            format!("its import '{module}' '{name}' is not from one registered module that imports nothing")
        }),
    };
    let given = |(line, name, args): (u32, &String, &Vec<Arg>)| {
        let name = name.escape_debug();
        let is_lost = args.iter().any(is_of_host);
        is_lost.then(|| format!("line {line} calls '{name}' with a value of the host, which would become null"))
    };
    let thread = || directives.iter().find(|d| matches!(d.action, Action::Thread { .. }));
    let lost =
        lost.or_else(|| own().find_map(given)).or_else(|| Some(format!("line {} starts a thread", thread()?.line)));
    let provider = provider.and_then(|provider| outline.module(provider)).cloned();
    called.then_some((PreparedSubject { module, provider, calls, fuel: None }, lost))
}

/// Whether an import makes a difference. A host function that returns nothing only prints.
fn decides(module: &Module, import: &Import, directives: &[ScriptStep<'_>]) -> bool {
    let registers = |d: &ScriptStep<'_>| matches!(&d.action, Action::Register { name, .. } if **name == *import.module);
    match import.ty {
        ImportType::Func { ty, .. } => !module.func_type(ty).results().is_empty() || directives.iter().any(registers),
        _ => true,
    }
}

/// The name, if it has one, of the instance that an action makes the current one; `None` if it makes none.
fn entered(action: &Action) -> Option<Option<&str>> {
    match action {
        Action::Module { name } => Some(name.as_deref()),
        Action::Instance { instance, .. } => Some(instance.as_deref()),
        _ => None,
    }
}

/// The directives of a script outside threads, and their modules.
struct Outline<'a> {
    directives: Vec<ScriptStep<'a>>,
    /// By directive, the module that it contains, if that is valid and not only checked.
    defined: Vec<Option<Arc<Module>>>,
    dialect: Dialect,
}

impl<'a> Outline<'a> {
    fn of(mut directives: Vec<ScriptStep<'a>>, language: &Language) -> Outline<'a> {
        let mut nested = 0;
        directives.retain(|d| {
            let is_nested = nested > 0;
            nested = match d.action {
                _ if is_nested => nested - 1,
                Action::Thread { steps, .. } => steps,
                _ => 0,
            };
            !is_nested
        });
        let defined = |d: &mut ScriptStep<'a>| match d.action {
            Action::Check => None,
            _ => match d.source.as_mut()?.prepare(language) {
                PreparedModule::Module(module) => Some(module),
                _ => None,
            },
        };
        let defined = directives.iter_mut().map(defined).collect();
        Outline { directives, defined, dialect: language.dialect }
    }

    /// The module of which the directive at `at` makes an instance, if it makes one.
    fn module(&self, at: usize) -> Option<&Arc<Module>> {
        let defined = match &self.directives[at].action {
            Action::Module { .. } | Action::Anonymous => at,
            Action::Instance { module, .. } | Action::AnonymousInstance { module } => {
                self.definition(module.as_deref(), at)?
            }
            _ => return None,
        };
        self.defined[defined].as_ref()
    }

    /// The directive before `before` that has the named definition, or the last one.
    fn definition(&self, name: Option<&str>, before: usize) -> Option<usize> {
        self.directives[..before].iter().rposition(|d| match &d.action {
            Action::Module { name: own } | Action::Definition { name: own } => name.is_none() || own.as_deref() == name,
            Action::Anonymous => name.is_none() && self.dialect == Dialect::Spec,
            _ => false,
        })
    }

    /// The directive that made the instance that is registered under a name when the directive at `at` begins.
    fn registered(&self, name: &str, at: usize) -> Option<usize> {
        let (register, of) = self.directives[..at].iter().enumerate().rev().find_map(|(i, d)| match &d.action {
            Action::Register { name: own, module } if own == name => Some((i, module.as_deref())),
            _ => None,
        })?;
        let is_it = |d: &ScriptStep<'_>| entered(&d.action).is_some_and(|name| of.is_none() || name == of);
        self.directives[..register].iter().rposition(is_it)
    }

    /// The directive that made the single instance from which a module imports everything at `at`, if it imports nothing itself.
    fn provider(&self, module: &Module, at: usize) -> Option<usize> {
        let name = &module.imports.first()?.module;
        if module.imports.iter().any(|import| import.module != *name) {
            return None;
        }
        let provider = self.registered(name, at)?;
        self.module(provider)?.imports.is_empty().then_some(provider)
    }

    /// Whether the directive at `at` makes an instance that imports from the one that the directive at `provider` made.
    fn is_linked(&self, at: usize, provider: usize) -> bool {
        // What cannot be linked does nothing.
        let fails = matches!(self.directives[at].expect, Expect::Unlinkable(_));
        let imports = || self.module(at).into_iter().flat_map(|module| &module.imports);
        !fails && imports().any(|import| self.registered(&import.module, at) == Some(provider))
    }
}

/// Returns the constant closest to an argument.
fn argument(arg: &Arg) -> PortableValue {
    match *arg {
        Arg::I32(v) => PortableValue::I32(v),
        Arg::I64(v) => PortableValue::I64(v),
        Arg::F32(v) => PortableValue::F32(v),
        Arg::F64(v) => PortableValue::F64(v),
        Arg::V128(v) => PortableValue::V128(v),
        Arg::RefNull(_) => PortableValue::Null,
        // Code cannot make a host value.
        Arg::RefExtern(_) | Arg::RefHost(_) => PortableValue::Null,
    }
}

/// Whether only a host can make an argument.
fn is_of_host(arg: &Arg) -> bool {
    matches!(arg, Arg::RefExtern(_) | Arg::RefHost(_))
}

/// Returns the lines of the script's directives, ascending.
///
/// # Errors
/// The text is not a script.
pub fn lines(bytes: &[u8]) -> Result<Vec<u32>, NotAScript> {
    read(bytes, u32::MAX, |directives, _| Ok(directives.iter().map(|d| d.line).collect()))
}

fn end(outcome: &Outcome) -> StepEnd {
    match outcome {
        Outcome::Done => StepEnd::Values(Vec::new()),
        Outcome::Returned(values) => StepEnd::Values(values.iter().map(|(_, seen)| value(seen)).collect()),
        Outcome::Trap(code, _) => StepEnd::Trap(code.message().to_string()),
        Outcome::Exception(Observed::Exception(tag, payload)) => {
            StepEnd::Exception(tag.0, payload.iter().map(value).collect())
        }
        Outcome::Exception(_) => StepEnd::Crash("the thrown object is not an exception".into()),
        Outcome::Exhaustion(_) => StepEnd::Exhausted,
        Outcome::Suspension(what) => StepEnd::Trap(what.clone()),
        Outcome::Malformed(_) | Outcome::MalformedCustom(_) => StepEnd::Rejected("malformed".into()),
        Outcome::Invalid(_) | Outcome::InvalidCustom(_) => StepEnd::Rejected("invalid".into()),
        Outcome::Unlinkable(what) => StepEnd::Rejected(format!("unlinkable: {what}")),
        Outcome::Crash(what) => StepEnd::Crash(what.clone()),
        Outcome::Timeout => StepEnd::Timeout,
        Outcome::Unsupported(what) => StepEnd::Unsupported(what.clone()),
        Outcome::Shortage(what) => StepEnd::Unsupported(format!("resources: {what}")),
        Outcome::Blocked { cause, .. } => StepEnd::Rejected(format!("depends on directive {cause}")),
        Outcome::Error(what) => match what.strip_prefix(INTERNAL) {
            Some(what) => StepEnd::Checker(what.into()),
            None => StepEnd::Error(what.clone()),
        },
    }
}

/// Replaces each NaN that a backend may choose with the canonical one; in vectors, in the lanes that are expected to be NaNs.
fn without_choices(end: &mut StepEnd, expect: &Expect) {
    const F32: u32 = 0x7fc0_0000;
    const F64: u64 = 0x7ff8_0000_0000_0000;
    let patterns = if let Expect::Values(patterns) = expect { patterns.as_slice() } else { &[] };
    let (StepEnd::Values(values) | StepEnd::Exception(_, values)) = end else { return };
    for (i, value) in values.iter_mut().enumerate() {
        match value {
            PortableValue::F32(bits) if f32::from_bits(*bits).is_nan() => *bits = F32,
            PortableValue::F64(bits) if f64::from_bits(*bits).is_nan() => *bits = F64,
            PortableValue::V128(bits) => {
                let Some((shape, lanes)) = patterns.get(i).and_then(|pattern| vector(pattern, *bits)) else { continue };
                let (width, nan) = match shape {
                    VectorShape::F32x4 => (32, u128::from(F32)),
                    VectorShape::F64x2 => (64, u128::from(F64)),
                    _ => continue,
                };
                let free = (0..).zip(lanes).filter(|(_, lane)| !matches!(lane, Lane::Bits(_)));
                for (lane, _) in free {
                    let mask = (1u128 << width) - 1;
                    *bits = *bits & !(mask << (lane * width)) | nan << (lane * width);
                }
            }
            _ => {}
        }
    }
}

/// The expected lanes of a vector; for alternatives, those of the first that it matches.
fn vector(pattern: &Pattern, bits: u128) -> Option<(VectorShape, &[Lane])> {
    match pattern {
        Pattern::V128(shape, lanes) => Some((*shape, lanes)),
        Pattern::Either(arms) => {
            let meets = |arm: &&Pattern| arm.matches(&Observed::V128(bits), ValType::V128);
            arms.iter().find(meets).and_then(|arm| vector(arm, bits))
        }
        _ => None,
    }
}

fn value(seen: &Observed) -> PortableValue {
    match seen {
        Observed::I32(v) => PortableValue::I32(*v),
        Observed::I64(v) => PortableValue::I64(*v),
        Observed::F32(v) => PortableValue::F32(*v),
        Observed::F64(v) => PortableValue::F64(*v),
        Observed::V128(v) => PortableValue::V128(*v),
        Observed::Null => PortableValue::Null,
        Observed::Func { instance, index, .. } => PortableValue::Func(instance.0, *index),
        Observed::HostFunc { .. } => PortableValue::HostFunc,
        Observed::Extern(v) => PortableValue::Extern(*v),
        Observed::I31(v) => PortableValue::I31(*v),
        Observed::Exception(..) | Observed::Cont(_) | Observed::Object(_) | Observed::Node(_) | Observed::Kind(_) => {
            let mut hash = Hash::new();
            hash.bytes(format!("{seen:?}").as_bytes());
            PortableValue::Object(hash.end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::script::{lex, parse};
    use crate::engine::{Mode, Tier};
    use crate::runtime::trap::TrapCode;
    use std::time::Duration;

    #[test]
    fn a_module_stands_by_itself_with_and_without_calls() {
        let text = b"(module (func (export \"f\")))\n(invoke \"f\")\n(module)\n(assert_invalid (module (func br 1)) \"unknown\")";
        let calls_at = |line| calls(text, line).unwrap().map(|calls| calls.calls.len());
        assert_eq!([1, 2, 3, 4].map(calls_at), [Some(0), Some(1), Some(0), None]);
    }

    /// The time limit is for the whole script: one with two endless directives ends at the first.
    #[test]
    fn nothing_is_executed_when_the_time_is_over() {
        let text = b"(module (func (export \"f\") (loop (br 0))))\n(invoke \"f\")\n(invoke \"f\")";
        for tier in [Tier::Interp, Tier::Jit] {
            let config = Config { mode: Mode::All(tier), ..Config::default() };
            let bounds = Bounds { timeout: Some(Duration::from_millis(50)), ..Bounds::default() };
            let mut ends = Vec::new();
            observe(text, 3, &config, &bounds, &mut |step| ends.push(step.end)).unwrap();
            assert_eq!(ends, [StepEnd::Values(Vec::new()), StepEnd::Timeout]);
        }
    }

    /// What the parser's crate reads wrongly, or not at all, is corrected first, as in the matrix, and lines keep their numbers.
    #[test]
    fn scripts_are_read_as_the_matrix_reads_them() {
        let folded =
            b";;! legacy_exceptions = true\n(module (func (export \"f\") (try (do) (catch_all))))\n\n(invoke \"f\")";
        assert_eq!(lines(folded).unwrap(), [2, 4]);
        assert_eq!(calls(folded, 4).unwrap().unwrap().calls.len(), 1);
        let rounded = |literal: &str| {
            let text = format!("(module (func (export \"f\") (result f32) (f32.const {literal})))\n(invoke \"f\")");
            let mut ends = Vec::new();
            observe(text.as_bytes(), 2, &Config::default(), &Bounds::default(), &mut |step| ends.push(step.end))
                .unwrap();
            ends.pop().unwrap()
        };
        assert_eq!(rounded("0x1.00000101p0"), StepEnd::Values(vec![PortableValue::F32(0x3f80_0001)]));
        assert_eq!(rounded("0x1p-99999999999"), StepEnd::Values(vec![PortableValue::F32(0)]));
        // Nothing else would check the form of this one.
        assert!(lines(b"(assert_return (invoke \"f\") (i32.const 1) (either))").is_err());
    }

    /// The current module also has a name.
    #[test]
    fn calls_name_their_module() {
        let text = br#"(module $a (func (export "f")))
            (module $b (func (export "f")) (func (export "g")))
            (invoke $b "f")
            (invoke $a "f")
            (invoke "g")
            (assert_trap (module (func $s (unreachable)) (start $s)) "unreachable")"#;
        let called = |line| {
            let exports = |prepared: PreparedSubject| prepared.calls.into_iter().map(|call| call.export).collect();
            calls(text, line).unwrap().map(exports) as Option<Vec<String>>
        };
        let names = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!([2, 3, 4, 5].map(called), [names(&[]), names(&["f"]), None, names(&["f", "g"])]);
        let last = calls(text, 6).unwrap().unwrap();
        assert!(last.module.start.is_some() && last.calls.is_empty());
    }

    /// An instance of a definition becomes current like one of a module; one in a thread never does.
    #[test]
    fn calls_are_those_of_the_current_instance() {
        let text = br#"(module $a (func (export "f")))
            (module definition $m (memory 1) (func (export "f")))
            (module instance $i $m)
            (invoke "f")
            (invoke $i "f")
            (invoke $a "f")
            (module (memory 2) (func (export "f")))
            (module instance)
            (invoke "f")
            (thread $t (module (func (export "f"))) (invoke "f"))
            (invoke "f")
            (assert_trap (module instance $m) "unreachable")"#;
        let at = |line| {
            let prepared = calls(text, line).unwrap()?;
            Some((prepared.module.memories.first().map_or(0, |memory| memory.initial), prepared.calls.len()))
        };
        let lines = [1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12];
        let expected = [
            Some((0, 0)),
            None,
            Some((1, 0)),
            Some((1, 1)),
            Some((1, 2)),
            None,
            Some((2, 0)),
            Some((2, 1)),
            None,
            Some((2, 2)),
            Some((1, 0)),
        ];
        assert_eq!(lines.map(at), expected);
    }

    /// A provider may also be one.
    #[test]
    fn a_provider_may_be_an_instance_of_a_definition() {
        let provider = "(module definition $m (memory (export \"m\") 1))\n(module instance $i $m)\n(register \"p\" $i)";
        let module = "(module (import \"p\" \"m\" (memory 1)) (func (export \"f\")))";
        let text = format!("{provider} {module} (invoke \"f\")");
        assert!(calls(text.as_bytes(), u32::MAX).unwrap().unwrap().provider.is_some());
        assert_eq!(not_in_calls(text.as_bytes(), u32::MAX).unwrap(), None);
        // Another instance of the definition is another memory.
        let other = "(module instance $j $m) (register \"q\" $j) (module (import \"q\" \"m\" (memory 1)))";
        let text = format!("{provider} {other} {module} (invoke \"f\")");
        assert_eq!(not_in_calls(text.as_bytes(), u32::MAX).unwrap(), None);
    }

    /// What runs alongside a thread is not the same each time.
    #[test]
    fn scripts_with_threads_are_not_executed() {
        let text = b"(module (func (export \"f\")))\n(invoke \"f\")\n(thread $t\n(module))\n(wait $t)";
        let refused = |line| {
            let mut steps = 0;
            let ended = observe(text, line, &Config::default(), &Bounds::default(), &mut |_| steps += 1);
            let before = without_threads(text, line).map_err(|e| e.to_string());
            assert_eq!(ended.map_err(|e| e.to_string()), before);
            (steps, before.is_err())
        };
        assert_eq!([1, 2, 3, 4, 5].map(refused), [(1, false), (2, false), (0, true), (0, true), (0, true)]);
        assert!(matches!(without_threads(text, 5), Err(NotAScript::Thread { line: 3 })));
    }

    /// If a script asks for something that does not exist, it goes on: what follows is compared.
    #[test]
    fn mistakes_of_a_script_do_not_end_it() {
        let text = b"(module (func (export \"f\") (result i32) (i32.const 7))) (invoke \"g\") (invoke \"f\")";
        let mut ends = Vec::new();
        observe(text, 1, &Config::default(), &Bounds::default(), &mut |step| ends.push(step.end)).unwrap();
        assert!(matches!(&ends[1], StepEnd::Error(what) if what.starts_with("unknown export")), "{ends:?}");
        assert_eq!(ends[2], StepEnd::Values(vec![PortableValue::I32(7)]));
    }

    /// A name may be registered again: what comes after imports from the last one.
    #[test]
    fn a_provider_is_the_one_that_was_registered_last() {
        let text = br#"(module $a (func (export "f") (result i32) (i32.const 1)))
            (module $b (func (export "f") (result i32) (i32.const 2)) (func (export "g")))
            (register "p" $a) (register "p" $b)
            (module (import "p" "f" (func $f (result i32))) (export "f" (func $f)))
            (invoke "f")
            (register "p" $a)"#;
        let provider = calls(text, 5).unwrap().unwrap().provider.expect("a provider");
        assert_eq!(provider.functions.len(), 2);
    }

    /// NaNs that a directive accepts are the same in all columns; for others the bits count.
    #[test]
    fn one_nan_stands_for_those_that_pass() {
        let expect = |text: &str| {
            let script = format!("(module)(assert_return (invoke \"f\") {text})");
            let buffer = lex(&script).unwrap();
            parse(&buffer, &script).unwrap().remove(1).expect
        };
        let after = |end: StepEnd, expected: &Expect| {
            let mut end = end;
            without_choices(&mut end, expected);
            end
        };
        let values = |value| StepEnd::Values(vec![value]);
        let (f32_nan, f64_nan) = (0x7fc0_0000, 0x7ff8_0000_0000_0000);
        let any = expect("(f32.const nan:arithmetic)");
        assert_eq!(after(values(PortableValue::F32(0xffc0_0001)), &any), values(PortableValue::F32(f32_nan)));
        assert_eq!(after(values(PortableValue::F32(0x3f80_0000)), &any), values(PortableValue::F32(0x3f80_0000)));
        assert_eq!(after(values(PortableValue::F64(u64::MAX)), &any), values(PortableValue::F64(f64_nan)));
        assert_eq!(after(values(PortableValue::I32(0xffc0_0001)), &any), values(PortableValue::I32(0xffc0_0001)));
        let lanes = |lanes: [u32; 4]| {
            let bits = lanes.iter().rev().fold(0, |bits, &lane| bits << 32 | u128::from(lane));
            values(PortableValue::V128(bits))
        };
        let vector = expect("(v128.const f32x4 nan:canonical 1 nan:arithmetic nan)");
        let seen = lanes([0xffc0_0000, 0x3f80_0000, 0x7fc1_2345, 0x7fc0_0000]);
        assert_eq!(after(seen, &vector), lanes([f32_nan, 0x3f80_0000, f32_nan, 0x7fc0_0000]));
        let wide = expect("(v128.const f64x2 7 nan:arithmetic)");
        assert_eq!(after(lanes([1, 2, 3, 0xfff8_0000]), &wide), lanes([1, 2, 0, 0x7ff8_0000]));
        let integers = expect("(v128.const i32x4 -1 -1 -1 -1)");
        assert_eq!(after(lanes([u32::MAX; 4]), &integers), lanes([u32::MAX; 4]));
        // For a NaN that is not accepted, the bits count.
        let text = b"(module (func (export \"f\") (result f32) (f32.const nan:0x200001)))
            (assert_return (invoke \"f\") (f32.const nan:canonical))
            (assert_return (invoke \"f\") (f32.const nan:0x200001))";
        let seen = |config: &Config| {
            let mut ends = Vec::new();
            observe(text, u32::MAX, config, &Bounds::default(), &mut |step| ends.push(step.end)).unwrap();
            ends
        };
        let free = seen(&Config::default());
        let ends: Vec<&StepEnd> = free[1..].iter().collect();
        assert_eq!(ends, [&values(PortableValue::F32(0x7fa0_0001)), &values(PortableValue::F32(f32_nan))]);
        let canonical = Config { nan: crate::engine::NanProfile::Canonical, ..Config::default() };
        assert_eq!(seen(&canonical)[2], values(PortableValue::F32(0x7fa0_0001)), "the profile leaves no choice");
    }

    /// For directives other than the last one, the state is recorded after a full stack or heap.
    #[test]
    fn a_directive_that_ran_out_has_a_state() {
        let text = br#"(module (type $a (array i64)) (func $deep (export "deep") (call $deep))
              (func (export "full") (drop (array.new_default $a (i32.const -1)))) (func (export "f")))
            (invoke "deep") (invoke "full") (invoke "f") (invoke "f")"#;
        let mut recorded = Vec::new();
        let bounds = Bounds { states: States::Last, ..Bounds::default() };
        observe(text, u32::MAX, &Config::default(), &bounds, &mut |step| recorded.push(!step.state.is_empty()))
            .unwrap();
        assert_eq!(recorded, [false, true, true, false, true]);
    }

    /// A provider provides all that is imported, and imports nothing.
    #[test]
    fn a_module_has_one_provider_or_none() {
        let provider_of = |text: &str| calls(text.as_bytes(), u32::MAX).unwrap().unwrap().provider.is_some();
        let registered = "(module $a (func (export \"f\"))) (register \"a\" $a)";
        let uses = |name: &str| format!("(module (import \"{name}\" \"f\" (func)))");
        assert!(provider_of(&format!("{registered} {}", uses("a"))));
        assert!(!provider_of(&format!("{registered} {}", uses("b"))));
        let two = "(module (import \"a\" \"f\" (func)) (import \"b\" \"f\" (func)))";
        assert!(!provider_of(&format!("{registered} (register \"b\" $a) {two}")));
        let passes_on = "(module $b (import \"a\" \"f\" (func $f)) (export \"f\" (func $f))) (register \"b\" $b)";
        assert!(!provider_of(&format!("{registered} {passes_on} {}", uses("b"))));
    }

    /// The calls alone are a different program if something else affects what they return.
    #[test]
    fn what_calls_do_not_tell_is_told() {
        let lost = |text: &str| not_in_calls(text.as_bytes(), u32::MAX).unwrap();
        let call = "(module (func (export \"f\"))) (invoke \"f\")";
        assert_eq!(lost(call), None);
        assert_eq!(lost(&format!("(module $a (func (export \"f\"))) (invoke $a \"f\") {call}")), None);
        assert_eq!(lost(&format!("(thread $t (module))\n{call}")).as_deref(), Some("line 1 starts a thread"));
        for (import, is_told) in [
            ("(global i32)", true),
            ("(memory 1)", true),
            ("(table 1 funcref)", true),
            ("(func (result i32))", true),
            ("(func (param i32))", false),
        ] {
            let module = |from: &str| {
                format!("(module (import \"{from}\" \"x\" {import}) (func (export \"f\"))) (invoke \"f\")")
            };
            let told = "its import 'spectest' 'x' is not from one registered module that imports nothing";
            assert_eq!(lost(&module("spectest")).as_deref(), is_told.then_some(told));
            // A function of another module may do anything, if that module itself has imports.
            let passes_on = "(module $a (import \"spectest\" \"print\" (func))) (register \"p\" $a)";
            assert!(lost(&format!("{passes_on} {}", module("p"))).is_some_and(|told| told.contains("'p' 'x'")));
        }
        let provider = "(module $a (func (export \"g\")))\n(register \"p\" $a)";
        let module = "(module (import \"p\" \"g\" (func)) (func (export \"f\")))";
        assert_eq!(lost(&format!("{provider} {module} (invoke \"f\")")), None);
        let told = Some("line 2 calls 'g' of another module".to_string());
        assert_eq!(lost(&format!("{provider} (invoke \"g\") {module} (invoke \"f\")")), told);
        assert_eq!(lost(&format!("{provider} {module} (invoke $a \"g\") (invoke \"f\")")), told);
    }

    /// This covers what other modules write into a provider when they are instantiated.
    #[test]
    fn what_other_modules_do_to_a_provider_is_told() {
        let module =
            "(module (import \"p\" \"m\" (memory 1)) (func (export \"f\") (result i32) (i32.load (i32.const 0))))";
        let provider = "(module $p (memory (export \"m\") 1)) (register \"p\" $p)";
        let lost = |before: &str, behind: &str| {
            let text = format!("{provider}\n{before}\n{module}\n{behind}\n(invoke \"f\")");
            assert!(calls(text.as_bytes(), u32::MAX).unwrap().unwrap().provider.is_some(), "{text}");
            not_in_calls(text.as_bytes(), u32::MAX).unwrap()
        };
        let at = |line| Some(format!("line {line} instantiates another module that imports from the same one"));
        let writes = |from: &str| format!("(module (import \"{from}\" \"m\" (memory 1)) (data (i32.const 0) \"x\"))");
        let traps = format!("(assert_trap {} \"unreachable\")", writes("p"));
        let definition = writes("p").replace("(module", "(module definition $d");
        let instance = format!("{definition} (module instance $i $d)");
        let anonymous = format!("{definition} (assert_trap (module instance $d) \"unreachable\")");
        let renamed = format!("(register \"q\" $p) {}", writes("q"));
        for told in [&writes("p"), &traps, &instance, &anonymous, &renamed] {
            assert_eq!(lost(told, ""), at(2), "{told}");
        }
        for told in [&traps, &anonymous] {
            assert_eq!(lost("", told), at(4), "{told}");
        }
        // These do not affect it.
        let unlinkable = "(assert_unlinkable (module (import \"p\" \"x\" (memory 1))) \"unknown import\")".to_string();
        let of_other = format!("(module $q (memory (export \"m\") 1)) (register \"q\" $q) {}", writes("q"));
        let earlier =
            format!("(register \"q\" $p) (module $q (memory (export \"m\") 1)) (register \"q\" $q) {}", writes("q"));
        for other in [&definition, &unlinkable, &of_other, &earlier, &"(module (memory 1))".to_string()] {
            assert_eq!(lost(other, ""), None, "{other}");
        }
    }

    /// Null is a different argument, in this call or in an earlier one.
    #[test]
    fn values_of_the_host_are_told() {
        let lost = |calls: &str| {
            let text = format!("(module $a (func (export \"f\") (param externref anyref)))\n{calls}");
            not_in_calls(text.as_bytes(), u32::MAX).unwrap()
        };
        let call = |first: &str, second: &str| format!("(invoke \"f\" (ref.{first}) (ref.{second}))");
        let null = call("null extern", "null any");
        let told = Some("line 2 calls 'f' with a value of the host, which would become null".to_string());
        assert_eq!(lost(&null), None);
        assert_eq!(lost(&call("extern 5", "null any")), told);
        assert_eq!(lost(&call("null extern", "host 5")), told);
        assert_eq!(lost(&format!("{} {null}", call("extern 5", "null any"))), told);
        // The function of another module is not called at all.
        let other = "(module (func (export \"g\"))) (invoke \"g\")";
        assert_eq!(lost(&format!("{} {other}", call("extern 5", "null any"))), None);
    }

    #[test]
    fn outcomes_are_ends() {
        let trap = |text: &str| StepEnd::Trap(text.into());
        let rejected = |text: &str| StepEnd::Rejected(text.into());
        let blocked = Outcome::Blocked { cause: "3".into(), place: None, unsupported: Some("threads".into()) };
        let cases = [
            (Outcome::Done, StepEnd::Values(Vec::new())),
            (Outcome::Returned(vec![(ValType::I32, Observed::I32(7))]), StepEnd::Values(vec![PortableValue::I32(7)])),
            (Outcome::Trap(TrapCode::Unreachable, "somewhere".into()), trap("unreachable")),
            (Outcome::Exhaustion("of a kind".into()), StepEnd::Exhausted),
            (Outcome::Suspension("unhandled".into()), trap("unhandled")),
            (Outcome::Malformed("a word".into()), rejected("malformed")),
            (Outcome::Invalid("a type".into()), rejected("invalid")),
            (Outcome::Unlinkable("a type".into()), rejected("unlinkable: a type")),
            (Outcome::Crash("SIGSEGV".into()), StepEnd::Crash("SIGSEGV".into())),
            (Outcome::Timeout, StepEnd::Timeout),
            (Outcome::Unsupported("threads".into()), StepEnd::Unsupported("threads".into())),
            (Outcome::Shortage("memory"), StepEnd::Unsupported("resources: memory".into())),
            (blocked, rejected("depends on directive 3")),
            (Outcome::Error("no export".into()), StepEnd::Error("no export".into())),
            (Outcome::Error("internal: v1 twice".into()), StepEnd::Checker("v1 twice".into())),
        ];
        for (outcome, expected) in cases {
            assert_eq!(end(&outcome), expected);
        }
    }
}
