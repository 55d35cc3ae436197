//! A subject as a `.wast` script: the record of a finding, which a person can run and edit.

use super::observe::{Entity, Observation, StepEnd};
use super::subject::{PROVIDER, PreparedSubject, SubjectCall, SubjectError};
use super::value::PortableValue;
use crate::conformance::read::header::{canonical_nans_header, header_of};
use crate::engine::NanProfile;
use crate::module::{AbstractHeapType, CompositeInnerType, HeapType, Module, ValType};
use crate::text::harmless;
use std::fmt::Write;
use std::sync::Arc;

/// The reason why a script cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteScriptError {
    /// The subject cannot be prepared.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// wasmprinter cannot print the module.
    #[error("cannot print the module: {0}")]
    Print(#[source] PrintError),
    /// The module cannot be read.
    #[error("cannot read the module: {0}")]
    Read(#[from] wasmparser::Error),
    /// The global that limits each call is not exported.
    #[error("the global that counts down is not exported")]
    NoFuel,
    /// No assertion expects this end.
    #[error("'{0}' cannot be asserted")]
    End(StepEnd),
}

/// wasmprinter's error, which has no type of its own.
pub type PrintError = Box<dyn std::error::Error + Send + Sync>;

/// Prints a module in the text format.
///
/// # Errors
/// See [`WriteScriptError::Print`].
pub fn print(module: &[u8]) -> Result<String, WriteScriptError> {
    wasmprinter::print_bytes(module).map_err(|e| WriteScriptError::Print(e.into()))
}

/// The function that sets the global that counts down. Only a script needs it, because a script cannot set globals. A
/// provider has one too, so that it may be called in place of the module linked with it.
const SET_FUEL: &str = "set_fuel";

/// Writes a script that makes the subject's calls up to the observation's step `until`, inclusive, and expects the
/// observed results, under the NaN profile of the observation. Results that a script cannot express (a reference to an
/// exception) are not asserted. States are compared when the script runs on two backends.
///
/// # Errors
/// The module cannot be printed.
pub fn script(
    prepared: &PreparedSubject,
    seen: &Observation,
    until: usize,
    title: &str,
    nan: NanProfile,
) -> Result<String, WriteScriptError> {
    let fuel = prepared.fuel.as_ref();
    let whole = |module: &Arc<Module>| match fuel {
        Some((global, _)) => with_setter(module, global),
        None => Ok(module.bytes.to_vec()),
    };
    let modules = prepared.modules().map(whole).collect::<Result<Vec<Vec<u8>>, WriteScriptError>>()?;
    let mut out = headers(modules.iter().map(Vec::as_slice), nan);
    out += &commented(title);
    let start = seen.steps.first();
    // The first module that traps is the last one of the script.
    let instances = start.map_or(0, |s| s.state.iter().filter(|(e, _)| matches!(e, Entity::Segments(_))).count());
    for (i, bytes) in modules.iter().enumerate() {
        let text = print(bytes)?;
        let text = text.trim_end();
        let is_provider = i + 1 < modules.len();
        match start.map(|s| &s.end) {
            Some(StepEnd::Trap(message)) if !is_provider || instances == 1 => {
                writeln!(out, "(assert_trap\n{text}\n{})", quoted(message)).expect("strings take all");
                return Ok(out);
            }
            _ => writeln!(out, "{text}\n").expect("strings take all"),
        }
        if is_provider {
            writeln!(out, "(register {PROVIDER:?})\n").expect("strings take all");
        }
    }
    for (call, step) in prepared.calls.iter().zip(seen.steps.iter().skip(1)).take(until) {
        if let Some((_, amount)) = &prepared.fuel {
            writeln!(out, "(invoke {SET_FUEL:?} (i32.const {amount}))").expect("strings take all");
        }
        out += &directive(prepared, call, &step.end);
    }
    Ok(out)
}

/// Returns lines of text as comments. A name in it may have any character, and some of them end a comment.
pub fn commented(text: &str) -> String {
    harmless(text).lines().map(|line| format!(";; {line}\n")).collect()
}

/// Returns a string of the text format. (Rust's own escape of NUL, followed by hexadecimal digits, would mean another byte
/// there.)
pub fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | 0..0x20 | 0x7f.. => _ = write!(out, "\\{byte:02x}"),
            byte => out.push(char::from(byte)),
        }
    }
    out + "\""
}

/// Returns the header of a script with these modules under this NaN profile.
pub fn headers<'a>(modules: impl Iterator<Item = &'a [u8]>, nan: NanProfile) -> String {
    let mut text = if nan.is_canonical() { canonical_nans_header() } else { String::new() };
    for module in modules {
        let header = header_of(module);
        let new = header.lines().filter(|line| !text.lines().any(|known| known == *line));
        let new: String = new.map(|line| format!("{line}\n")).collect();
        text += &new;
    }
    text
}

fn directive(prepared: &PreparedSubject, call: &SubjectCall, end: &StepEnd) -> String {
    let args = call.args.iter().zip(prepared.params(call)).map(|(v, &ty)| match v {
        PortableValue::Null => Some(typed_null(&prepared.module, ty)),
        _ => v.script(ty),
    });
    let args: Option<Vec<String>> = args.collect();
    let Some(args) = args else { return format!(";; cannot be written: {call}\n") };
    let args: String = args.iter().map(|a| format!(" {a}")).collect();
    let invoke = format!("(invoke {}{args})", quoted(&call.export));
    match end {
        StepEnd::Values(values) => {
            let results: Option<Vec<String>> =
                values.iter().zip(prepared.results(call)).map(|(v, &ty)| v.script(ty)).collect();
            match results {
                Some(results) => {
                    let results: String = results.iter().map(|r| format!(" {r}")).collect();
                    format!("(assert_return {invoke}{results})\n")
                }
                None => format!("{invoke}\n"),
            }
        }
        StepEnd::Trap(message) => format!("(assert_trap {invoke} {})\n", quoted(message)),
        StepEnd::Exception(..) => format!("(assert_exception {invoke})\n"),
        StepEnd::Exhausted => format!("(assert_exhaustion {invoke} \"call stack exhausted\")\n"),
        other => format!("{}{invoke}\n", commented(&other.to_string())),
    }
}

/// Writes null as an argument, which needs a type. All null types of a hierarchy are the same. A reference to one of the module's
/// types is to a function if that is a function type.
fn typed_null(module: &Module, ty: ValType) -> String {
    let hierarchy = match ty {
        ValType::Ref(ty) => match ty.heap_type() {
            HeapType::Abstract { ty, .. } => match ty {
                AbstractHeapType::Func | AbstractHeapType::NoFunc => "func",
                AbstractHeapType::Extern | AbstractHeapType::NoExtern => "extern",
                AbstractHeapType::Exn | AbstractHeapType::NoExn => "exn",
                AbstractHeapType::Cont | AbstractHeapType::NoCont => "cont",
                _ => "any",
            },
            HeapType::Concrete(index) | HeapType::Exact(index) => {
                let defined = index.as_module_index().and_then(|i| module.types.get(i as usize));
                match defined.map(|ty| &ty.composite_type.inner) {
                    Some(CompositeInnerType::Func(_)) => "func",
                    Some(CompositeInnerType::Cont(_)) => "cont",
                    _ => "any",
                }
            }
        },
        _ => "func",
    };
    format!("(ref.null {hierarchy})")
}

/// Returns the module with one more exported function, which sets a global.
fn with_setter(module: &Module, global: &str) -> Result<Vec<u8>, WriteScriptError> {
    let global = module.export(global).ok_or(WriteScriptError::NoFuel)?.index;
    let mut code = vec![0, 0x20, 0, 0x24];
    leb(u64::from(global), &mut code);
    code.push(0x0b);
    let mut body = Vec::new();
    leb(code.len() as u64, &mut body);
    body.extend(code);
    let mut index = Vec::new();
    leb(module.types.len() as u64, &mut index);
    let mut export = vec![SET_FUEL.len() as u8];
    export.extend_from_slice(SET_FUEL.as_bytes());
    export.push(0);
    leb(module.functions.len() as u64, &mut export);
    let entries: [(u8, &[u8]); 4] = [(1, &[0x60, 1, 0x7f, 0]), (3, &index), (7, &export), (10, &body)];
    let mut out = module.bytes[..8].to_vec();
    let mut at = 8;
    while at < module.bytes.len() {
        let id = module.bytes[at];
        let mut reader = wasmparser::BinaryReader::new(&module.bytes[at + 1..], 0);
        let size = reader.read_var_u32()? as usize;
        let start = at + 1 + reader.original_position() as usize;
        let content = &module.bytes[start..start + size];
        at = start + size;
        out.push(id);
        match entries.iter().find(|(section, _)| *section == id) {
            None => {
                leb(size as u64, &mut out);
                out.extend_from_slice(content);
            }
            Some((_, entry)) => {
                let mut reader = wasmparser::BinaryReader::new(content, 0);
                let count = reader.read_var_u32()?;
                let mut longer = Vec::with_capacity(size + 16);
                leb(u64::from(count) + 1, &mut longer);
                longer.extend_from_slice(&content[reader.original_position() as usize..]);
                longer.extend_from_slice(entry);
                leb(longer.len() as u64, &mut out);
                out.extend_from_slice(&longer);
            }
        }
    }
    Ok(out)
}

/// Unsigned LEB128, as the binary format writes numbers.
pub fn leb(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Engine};
    use crate::triage::observe::{Bounds, execute};
    use crate::triage::subject::{DrivenBy, Subject};

    /// A script makes the calls up to and including a step, and no more.
    #[test]
    fn a_script_ends_with_the_step_that_it_is_for() {
        let text = r#"(module (global (export "n") (mut i32) (i32.const 0))
            (func (export "a") (result i32) (i32.const 7)) (func (export "b") unreachable))"#;
        let bytes = wat::parse_str(text).expect("a module");
        for fuel in [None, Some(("n".to_string(), 5))] {
            let drive = DrivenBy::Exports { seed: 1, rounds: 2, fuel: fuel.clone(), hostless: false };
            let subject = Subject { bytes: bytes.clone(), provider: None, drive };
            let prepared = subject.prepare().expect("calls");
            let engine = Engine::new(Config::default()).expect("a configuration");
            let seen = execute(&prepared, &engine, &Bounds::default());
            let returns = "(assert_return (invoke \"a\") (i32.const 7))";
            let traps = "(assert_trap (invoke \"b\") \"unreachable\")";
            let steps = [returns, returns, traps, traps];
            for until in 0..=steps.len() {
                let text = script(&prepared, &seen, until, "title", NanProfile::Native).expect("a script");
                let calls: Vec<&str> = text.lines().filter(|line| line.contains("(invoke ")).collect();
                let set_fuel = fuel.as_ref().map(|_| "(invoke \"set_fuel\" (i32.const 5))");
                let expected: Vec<&str> =
                    steps[..until].iter().flat_map(|step| set_fuel.into_iter().chain([*step])).collect();
                assert_eq!(calls, expected, "{until}");
            }
        }
    }

    fn prepared(module: &str, provider: Option<&str>) -> PreparedSubject {
        let binary = |wat: &str| wat::parse_str(wat).expect("a module");
        let drive = DrivenBy::Exports { seed: 1, rounds: 1, fuel: None, hostless: false };
        Subject { bytes: binary(module), provider: provider.map(binary), drive }.prepare().expect("calls")
    }

    /// A module that traps in its start function is the last one.
    #[test]
    fn a_script_of_two_modules_ends_with_the_one_that_traps() {
        let (traps, fine) = ("(module (func $s unreachable) (start $s))", "(module (func (export \"f\")))");
        let engine = Engine::new(Config::default()).expect("a configuration");
        for (provider, module, expected) in [
            (fine, fine, &["(module", "(register \"p\")", "(module", "(assert_return (invoke \"f\"))"][..]),
            (fine, traps, &["(module", "(register \"p\")", "(assert_trap", "(module", "\"unreachable\")"][..]),
            (traps, fine, &["(assert_trap", "(module", "\"unreachable\")"][..]),
            (traps, traps, &["(assert_trap", "(module", "\"unreachable\")"][..]),
        ] {
            let prepared = prepared(module, Some(provider));
            let seen = execute(&prepared, &engine, &Bounds::default());
            let text = script(&prepared, &seen, 9, "title", NanProfile::Native).expect("a script");
            // Without the insides of modules.
            let lines: Vec<&str> = text.lines().filter(|line| line.starts_with(['(', '"'])).collect();
            assert_eq!(lines, expected, "{text}");
        }
    }

    /// The text of a defect may have several lines, none of which may become a directive.
    #[test]
    fn what_cannot_be_expected_is_a_comment() {
        let prepared = prepared("(module (func (export \"f\")))", None);
        let of = |end: StepEnd| directive(&prepared, &prepared.calls[0], &end);
        let text = of(StepEnd::Checker("a\n(module)\rb".into()));
        assert_eq!(text, ";; checker: a\n;; (module)\\u{d}b\n(invoke \"f\")\n");
        assert_eq!(of(StepEnd::Timeout), ";; timeout\n(invoke \"f\")\n");
        assert_eq!(of(StepEnd::Exception(0, Vec::new())), "(assert_exception (invoke \"f\"))\n");
        assert_eq!(of(StepEnd::Exhausted), "(assert_exhaustion (invoke \"f\") \"call stack exhausted\")\n");
    }

    /// A string stands for the name, whatever characters it has.
    #[test]
    fn a_string_is_the_name() {
        use crate::conformance::read::script::{Action, lex, parse};
        for name in ["", "f", "a \"b\" \\c", "\0a", "\0z", "\x1b\t\n\r\x7f", "é\u{301} 中 \u{202e}\u{1f600}"] {
            let text = format!("(invoke {})", quoted(name));
            let buffer = lex(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
            let steps = parse(&buffer, &text).unwrap_or_else(|e| panic!("{text}: {e}"));
            let action = Action::Invoke { module: None, name: name.into(), args: Vec::new() };
            assert_eq!(steps[0].action, action, "{text}");
        }
        let prepared = prepared("(module (func (export \"\\00a\")))", None);
        let call = directive(&prepared, &prepared.calls[0], &StepEnd::Values(Vec::new()));
        assert_eq!(call, "(assert_return (invoke \"\\00a\"))\n");
    }

    /// Each proposal is listed once, after the profile.
    #[test]
    fn a_header_has_a_line_for_what_any_module_needs() {
        let module = |text: &str| wat::parse_str(text).expect("a module");
        let plain = module("(module (memory 1))");
        let pages = module("(module (memory 1 (pagesize 1)))");
        let both = module("(module (type $t (func)) (type (cont $t)) (memory 1 (pagesize 1)))");
        let of = |modules: &[&[u8]], nan| headers(modules.iter().copied(), nan);
        assert_eq!(of(&[&plain], NanProfile::Native), "");
        let (first, second) = (";;! custom-page-sizes = true\n", ";;! stack-switching = true\n");
        assert_eq!(of(&[&pages, &plain, &both, &pages], NanProfile::Native), format!("{first}{second}"));
        let canonical = of(&[&pages], NanProfile::Canonical);
        assert_eq!(canonical, format!(";;! nan_canonicalization = true\n{first}"));
    }

    /// Null as an argument has the type of the parameter's hierarchy.
    #[test]
    fn a_null_is_one_of_its_hierarchy() {
        let types = [
            ("(ref null func)", "func"),
            ("(ref null nofunc)", "func"),
            ("(ref null extern)", "extern"),
            ("(ref null noextern)", "extern"),
            ("(ref null exn)", "exn"),
            ("(ref null noexn)", "exn"),
            ("(ref null cont)", "cont"),
            ("(ref null nocont)", "cont"),
            ("(ref null i31)", "any"),
            ("(ref null none)", "any"),
            ("(ref null $f)", "func"),
            ("(ref null $s)", "any"),
            ("(ref null $c)", "cont"),
        ];
        for (ty, hierarchy) in types {
            let text = format!(
                "(module (type $s (struct)) (type $f (func)) (type $c (cont $f)) (func (export \"f\") (param i32 {ty})))"
            );
            let prepared = prepared(&text, None);
            let null = typed_null(&prepared.module, prepared.params(&prepared.calls[0])[1]);
            assert_eq!(null, format!("(ref.null {hierarchy})"), "{ty}");
        }
    }

    /// Tests numbers of several bytes, in the sections that a module has and in those before and after.
    #[test]
    fn a_setter_is_added_to_a_large_module() {
        let globals = "(global (mut i32) (i32.const 0))".repeat(200);
        let functions = "(func (result i32) (i32.const 3))".repeat(200);
        let text = format!(
            "(module {globals} (global (export \"n\") (mut i32) (i32.const 1)) {functions}
                (func (export \"f\") (result i32) (global.get 200)))"
        );
        let module = Module::new(&wat::parse_str(&text).expect("a module"), crate::module::WasmFeatures::all());
        let with = with_setter(&module.expect("it is valid"), "n").expect("the global is there");
        let with = Module::new(&with, crate::module::WasmFeatures::all()).expect("it is valid");
        let setter = with.export("set_fuel").expect("a setter").index;
        assert_eq!((setter, with.functions.len()), (201, 202));
        assert_eq!(with.function_signature(setter).params(), [ValType::I32]);
        let drive = DrivenBy::Invoke { export: "set_fuel".into(), args: vec!["77".into()] };
        let subject = Subject { bytes: with.bytes.to_vec(), provider: None, drive };
        let engine = Engine::new(Config::default()).expect("a configuration");
        let seen = execute(&subject.prepare().expect("a call"), &engine, &Bounds::default());
        let changed: Vec<_> = seen.steps[0].state.iter().zip(&seen.steps[1].state).filter(|(a, b)| a != b).collect();
        assert!(matches!(changed[..], [((Entity::Global(200), _), _)]), "{changed:?}");
        assert!(matches!(with_setter(&with, "absent"), Err(WriteScriptError::NoFuel)));
    }
}
