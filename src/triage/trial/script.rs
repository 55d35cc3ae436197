//! Executes a script on one backend up to a line.

use crate::conformance::backend::Backend;
use crate::conformance::execute::session::{Session, SessionError};
use crate::conformance::judge::conventions::as_expected;
use crate::conformance::judge::verdict::judge;
use crate::conformance::outcome::numbers::VectorShape;
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::pattern::{Arg, Lane, Pattern};
use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::read::error::ScriptError;
use crate::conformance::read::header::{HeaderError, header};
use crate::conformance::read::kind::{self, NotText, WantedInput};
use crate::conformance::read::language::{Language, Spec};
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
}

/// Reads a script as the matrix does, and passes on the directives that begin at or before the line, and the language.
///
/// # Errors
/// The text is not a script; those of `then`.
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

/// Passes on one step for each directive that begins at or before the line. The state is that after the last one, or after each
/// ([`Bounds::states`]), and after each that exhausts the stack or finds the heap full: as in the matrix, what follows is compared
/// where both sides left the same one. The bits of NaNs that a directive lets pass do not count, unless the profile fixes them: one NaN stands for all.
///
/// # Errors
/// The text is not a script, or this build lacks the engine.
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
        // The time is that of all directives, and nothing would end another one.
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

/// Returns the module that is current at the last directive up to a line, and the calls of its exports so far (none if
/// that directive defines the module); `None` if the directive calls another module. If all imports are from one
/// registered module, which itself imports nothing, then that one is the provider.
///
/// # Errors
/// The text is not a script.
pub fn calls(bytes: &[u8], line: u32) -> Result<Option<PreparedSubject>, NotAScript> {
    read(bytes, line, |directives, language| Ok(calls_of_last(directives, language).map(|(calls, _)| calls)))
}

/// Returns what those [`calls`] do not tell of the script and may decide about their results, in words; `None` if nothing.
///
/// # Errors
/// The text is not a script.
pub fn not_in_calls(bytes: &[u8], line: u32) -> Result<Option<String>, NotAScript> {
    read(bytes, line, |directives, language| Ok(calls_of_last(directives, language).and_then(|(_, lost)| lost)))
}

/// The calls, and what is lost with all else.
fn calls_of_last(
    mut directives: Vec<ScriptStep<'_>>,
    language: &Language,
) -> Option<(PreparedSubject, Option<String>)> {
    let is_module = |d: &ScriptStep<'_>| matches!(d.action, Action::Module { .. });
    // One that is never current is what its own directive is about.
    let last = match directives.last().map(|d| &d.action) {
        Some(Action::Anonymous) => Some(directives.len() - 1),
        _ => directives.iter().rposition(is_module),
    };
    let last = last?;
    let name = match &directives[last].action {
        Action::Module { name } => name.clone(),
        _ => None,
    };
    let is_last = |module: &Option<String>| module.is_none() || *module == name;
    let source = directives[last].source.as_mut()?;
    let PreparedModule::Module(module) = source.prepare(language) else { return None };
    let provider = provider(&module, &mut directives[..last], language);
    let calls = directives[last..].iter().filter_map(|d| match &d.action {
        Action::Invoke { module, name, args } if is_last(module) => {
            Some(SubjectCall { export: name.clone(), args: args.iter().map(argument).collect() })
        }
        _ => None,
    });
    let calls: Vec<SubjectCall> = calls.collect();
    let is_module = last + 1 == directives.len();
    let ends_in_call = |d: &ScriptStep<'_>| matches!(&d.action, Action::Invoke { module, .. } if is_last(module));
    let called = is_module || directives.last().is_some_and(ends_in_call);
    let lost = match &provider {
        // Whatever it did before, or does meanwhile, is not there.
        Some(_) => directives.iter().enumerate().find_map(|(i, d)| match &d.action {
            Action::Invoke { module, name, .. } if i < last || !is_last(module) => {
                Some(format!("line {} calls '{}' of another module", d.line, name.escape_debug()))
            }
            _ => None,
        }),
        None => module.imports.iter().find(|import| decides(&module, import, &directives)).map(|import| {
            let Import { module, name, .. } = import;
            let (module, name) = (module.escape_debug(), name.escape_debug());
            format!("its import '{module}' '{name}' is not from one registered module that imports nothing")
        }),
    };
    called.then_some((PreparedSubject { module, provider, calls, fuel: None }, lost))
}

/// Whether it makes a difference what an import is. A function of the host that returns nothing only prints.
fn decides(module: &Module, import: &Import, directives: &[ScriptStep<'_>]) -> bool {
    let registers = |d: &ScriptStep<'_>| matches!(&d.action, Action::Register { name, .. } if **name == *import.module);
    match import.ty {
        ImportType::Func { ty, .. } => !module.func_type(ty).results().is_empty() || directives.iter().any(registers),
        _ => true,
    }
}

/// Returns the single earlier module from which a module imports everything.
fn provider(module: &Module, before: &mut [ScriptStep<'_>], language: &Language) -> Option<Arc<Module>> {
    let name = &module.imports.first()?.module;
    if module.imports.iter().any(|import| import.module != *name) {
        return None;
    }
    let registers = |d: &ScriptStep<'_>| matches!(&d.action, Action::Register { name: n, .. } if **n == **name);
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

/// Puts the canonical NaN in place of each NaN that a backend may choose: of vectors, in the lanes that are expected as NaNs.
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

/// The lanes that are expected of a vector: of alternatives, those of the first that it meets.
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

    /// The time is for the whole script: one that has two endless directives ends at the first.
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

    /// What the parser's crate reads wrongly, or not at all, is put right first, as in the matrix, and lines stay.
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
        // Nothing else would look at the form of this one.
        assert!(lines(b"(assert_return (invoke \"f\") (i32.const 1) (either))").is_err());
    }

    /// The module that is current has a name, too.
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

    /// What a directive lets pass is the same in all columns; what it does not let pass is seen by its bits.
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
        // Of another NaN than those that pass, the bits count.
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

    /// Of other directives than the last one, the state is that which a full stack or heap left.
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

    /// Calls alone are another program where something else decides what they return.
    #[test]
    fn what_calls_do_not_tell_is_told() {
        let lost = |text: &str| not_in_calls(text.as_bytes(), u32::MAX).unwrap();
        let call = "(module (func (export \"f\"))) (invoke \"f\")";
        assert_eq!(lost(call), None);
        assert_eq!(lost(&format!("(module $a (func (export \"f\"))) (invoke $a \"f\") {call}")), None);
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
            // A function of another module may do anything, if that module imports, too.
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

    /// What depends on something that was not done is expected like a trap.
    #[test]
    fn outcomes_are_ends() {
        let trap = |text: &str| StepEnd::Trap(text.into());
        let blocked = Outcome::Blocked { cause: "3".into(), place: None, unsupported: Some("threads".into()) };
        let cases = [
            (Outcome::Done, StepEnd::Values(Vec::new())),
            (Outcome::Returned(vec![(ValType::I32, Observed::I32(7))]), StepEnd::Values(vec![PortableValue::I32(7)])),
            (Outcome::Trap(TrapCode::Unreachable, "somewhere".into()), trap("unreachable")),
            (Outcome::Exhaustion("of a kind".into()), StepEnd::Exhausted),
            (Outcome::Suspension("unhandled".into()), trap("unhandled")),
            (Outcome::Unlinkable("a type".into()), trap("unlinkable: a type")),
            (Outcome::Crash("SIGSEGV".into()), StepEnd::Crash("SIGSEGV".into())),
            (Outcome::Timeout, StepEnd::Timeout),
            (Outcome::Unsupported("threads".into()), StepEnd::Unsupported("threads".into())),
            (Outcome::Shortage("memory"), StepEnd::Unsupported("resources: memory".into())),
            (blocked, trap("depends on directive 3")),
            (Outcome::Error("no export".into()), StepEnd::Checker("no export".into())),
        ];
        for (outcome, expected) in cases {
            assert_eq!(end(&outcome), expected);
        }
    }
}
