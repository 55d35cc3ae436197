//! Executes a script on one backend up to a line.

use crate::conformance::backend::Backend;
use crate::conformance::execute::session::{Session, SessionError};
use crate::conformance::outcome::Outcome;
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::pattern::Arg;
use crate::conformance::read::error::ScriptError;
use crate::conformance::read::header::{HeaderError, header};
use crate::conformance::read::language::{Language, Spec};
use crate::conformance::read::script::{Action, PreparedModule, ScriptStep, lex, parse};
use crate::engine::Config;
use crate::module::Module;
use crate::runtime::watchdog::Watchdog;
use crate::triage::observe::{Bounds, Entity, Observation, Step, StepEnd, column_name, frames, state};
use crate::triage::subject::{PreparedSubject, SubjectCall};
use crate::triage::value::{Hash, PortableValue};
use std::sync::Arc;

/// The reason why bytes cannot be executed as a script.
#[derive(Debug, thiserror::Error)]
pub enum NotAScript {
    /// The bytes are not text.
    #[error("the script is not UTF-8: {0}")]
    Utf8(#[from] std::str::Utf8Error),
    /// The text does not follow the grammar of scripts.
    #[error(transparent)]
    Syntax(#[from] ScriptError),
    /// The header has an error.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// This build, or this CPU, cannot run the backend.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// Returns the language of a script: the newest one, and the features from its header.
fn language(text: &str) -> Result<Language, NotAScript> {
    Ok(header(text, Language::of(Spec::Latest))?)
}

/// Returns one step for each directive that begins at or before the line, and the state after the last one.
///
/// # Errors
/// The text is not a script, or this build lacks the engine.
pub fn observe(bytes: &[u8], line: u32, config: &Config, bounds: &Bounds) -> Result<Observation, NotAScript> {
    let text = std::str::from_utf8(bytes)?;
    let buffer = lex(text)?;
    let mut directives = parse(&buffer, text)?;
    directives.retain(|d| d.line <= line);
    let language = language(text)?;
    let column = column_name(config);
    let mut session = Session::new(&Backend { name: column.clone(), config: config.clone() }, &language)?;
    let _watch = bounds.timeout.and_then(|after| Watchdog::start(session.store.interrupt_handle(), after).ok());
    let mut steps = Vec::with_capacity(directives.len());
    let last = directives.len().saturating_sub(1);
    for (i, directive) in directives.iter_mut().enumerate() {
        let prepared = directive.source.as_mut().map(|source| source.prepare(&language));
        let acted = session.act(&directive.index, &directive.action, prepared.as_ref());
        let mut state = if i == last { state(&session.store) } else { Vec::new() };
        let end = end(&acted.outcome);
        if matches!(end, StepEnd::Trap(_)) && !end.is_out_of_heap() {
            state.push((Entity::Frames, frames(&session.frames)));
        }
        steps.push(Step { end, state, output: Vec::new() });
    }
    Ok(Observation { steps, column })
}

/// Returns the modules that the script defines up to a line, in order.
///
/// # Errors
/// The text is not a script.
pub fn modules(bytes: &[u8], line: u32) -> Result<Vec<Arc<Module>>, NotAScript> {
    let text = std::str::from_utf8(bytes)?;
    let buffer = lex(text)?;
    let mut directives = parse(&buffer, text)?;
    let language = language(text)?;
    let sources = directives.iter_mut().filter(|d| d.line <= line).filter_map(|d| d.source.as_mut());
    let prepared = sources.map(|source| source.prepare(&language));
    Ok(prepared.filter_map(|p| if let PreparedModule::Module(module) = p { Some(module) } else { None }).collect())
}

/// Returns the module that is current at the last directive up to a line, and the calls of its exports so far (none if
/// that directive defines the module); `None` if the directive calls another module. If all imports are from one
/// registered module, which itself imports nothing, then that one is the provider.
///
/// # Errors
/// The text is not a script.
pub fn calls(bytes: &[u8], line: u32) -> Result<Option<PreparedSubject>, NotAScript> {
    let text = std::str::from_utf8(bytes)?;
    let buffer = lex(text)?;
    let mut directives = parse(&buffer, text)?;
    directives.retain(|d| d.line <= line);
    let language = language(text)?;
    let Some(last) = directives.iter().rposition(|d| matches!(d.action, Action::Module { .. })) else {
        return Ok(None);
    };
    let Some(source) = &mut directives[last].source else { return Ok(None) };
    let PreparedModule::Module(module) = source.prepare(&language) else { return Ok(None) };
    let provider = provider(&module, &mut directives[..last], &language);
    let calls = directives[last..].iter().filter_map(|d| match &d.action {
        Action::Invoke { module: None, name, args } => {
            Some(SubjectCall { export: name.clone(), args: args.iter().map(argument).collect() })
        }
        _ => None,
    });
    let calls: Vec<SubjectCall> = calls.collect();
    let is_module = last + 1 == directives.len();
    let called = is_module || matches!(directives.last().map(|d| &d.action), Some(Action::Invoke { module: None, .. }));
    Ok(called.then_some(PreparedSubject { module, provider, calls, fuel: None }))
}

/// Returns the single earlier module from which a module imports everything.
fn provider(module: &Module, before: &mut [ScriptStep<'_>], language: &Language) -> Option<Arc<Module>> {
    let name = &module.imports.first()?.module;
    if module.imports.iter().any(|import| import.module != *name) {
        return None;
    }
    let registers = |d: &ScriptStep<'_>| matches!(&d.action, Action::Register { name: n, .. } if n == name);
    let at = before.iter().rposition(registers)?;
    let Action::Register { module: named, .. } = &before[at].action else { return None };
    let named = named.clone();
    let is_it = |d: &&mut ScriptStep<'_>| match &d.action {
        Action::Module { name, .. } => named.is_none() || *name == named,
        _ => false,
    };
    let source = before[..at].iter_mut().rev().find(is_it)?.source.as_mut()?;
    match source.prepare(language) {
        PreparedModule::Module(provider) if provider.imports.is_empty() => Some(provider),
        _ => None,
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
        // Code cannot make one.
        Arg::RefExtern(_) | Arg::RefHost(_) => PortableValue::Null,
    }
}

/// Returns the lines of the script's directives, ascending.
///
/// # Errors
/// The text is not a script.
pub fn lines(bytes: &[u8]) -> Result<Vec<u32>, NotAScript> {
    let text = std::str::from_utf8(bytes)?;
    let buffer = lex(text)?;
    Ok(parse(&buffer, text)?.iter().map(|d| d.line).collect())
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
        // The script continues, and the following directives are compared as in the matrix: an exhaustion is expected
        // like a trap.
        Outcome::Exhaustion(_) => StepEnd::Trap("call stack exhausted".into()),
        Outcome::Suspension(what) => StepEnd::Trap(what.clone()),
        Outcome::Malformed(_) | Outcome::MalformedCustom(_) => StepEnd::Trap("malformed".into()),
        Outcome::Invalid(_) | Outcome::InvalidCustom(_) => StepEnd::Trap("invalid".into()),
        Outcome::Unlinkable(what) => StepEnd::Trap(format!("unlinkable: {what}")),
        Outcome::Crash(what) => StepEnd::Crash(what.clone()),
        Outcome::Timeout => StepEnd::Timeout,
        Outcome::Unsupported(what) => StepEnd::Unsupported(what.clone()),
        Outcome::Shortage(what) => StepEnd::Unsupported(format!("resources: {what}")),
        Outcome::Blocked { cause, .. } => StepEnd::Trap(format!("depends on directive {cause}")),
        Outcome::Error(what) => StepEnd::Checker(what.clone()),
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

    #[test]
    fn a_module_stands_by_itself_with_and_without_calls() {
        let text = b"(module (func (export \"f\")))\n(invoke \"f\")\n(module)\n(assert_invalid (module (func br 1)) \"unknown\")";
        let calls_at = |line| calls(text, line).unwrap().map(|calls| calls.calls.len());
        assert_eq!([1, 2, 3, 4].map(calls_at), [Some(0), Some(1), Some(0), None]);
    }
}
