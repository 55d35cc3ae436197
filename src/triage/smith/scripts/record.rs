//! A script that is written while it runs: each directive expects what the reference does.

use crate::conformance::backend::Backend;
use crate::conformance::execute::session::{Session, SessionError};
use crate::conformance::outcome::Outcome;
use crate::conformance::outcome::pattern::{Arg, Hierarchy};
use crate::conformance::read::header::profile_header;
use crate::conformance::read::language::{Language, Spec};
use crate::conformance::read::script::{Action, PreparedModule};
use crate::module::{DecodeError, Module, Phase, features};
use crate::runtime::watchdog::Watchdog;
use crate::triage::script::{print, quoted};
use crate::triage::value::PortableValue;
use std::fmt::Write;
use std::time::Duration;
use wasmparser::{ValType, WasmFeatures};

/// The time limit of a directive.
const TIME: Duration = Duration::from_secs(2);

/// A reference that runs directives, and the script made from them.
pub struct Recorder {
    session: Session,
    language: Language,
    text: String,
    /// The number of directives so far.
    directives: u64,
    /// Whether a module has relaxed operators, whose results engines choose: any later call may reach one.
    relaxed: bool,
    /// Whether a directive was interrupted, so that nothing after it can be known.
    over: bool,
}

impl Recorder {
    /// Begins a script in the newest language, with the proposals of this one, and a comment.
    ///
    /// # Errors
    /// This build, or this CPU, cannot run the reference.
    ///
    /// # Panics
    /// If there is no such backend.
    pub fn new(reference: &str, language: Language, comment: &str) -> Result<Recorder, SessionError> {
        let backend = Backend::named(reference).expect("a backend");
        let session = Session::new(&backend, &language)?;
        let mut text = header(&language);
        comment.lines().for_each(|line| writeln!(text, ";; {line}").expect("strings take all"));
        Ok(Recorder { session, language, text, directives: 0, relaxed: false, over: false })
    }

    /// The number of directives so far.
    pub fn directives(&self) -> u64 {
        self.directives
    }

    /// Whether nothing more can be recorded.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Adds a comment.
    pub fn comment(&mut self, comment: &str) {
        comment.lines().for_each(|line| writeln!(self.text, ";; {line}").expect("strings take all"));
    }

    /// Ends the script. Returns its text, and the number of its directives.
    pub fn end(self) -> (String, u64) {
        (self.text, self.directives)
    }

    /// Records a module that should become the current instance. Returns whether it did.
    pub fn module(&mut self, name: Option<&str>, bytes: &[u8]) -> bool {
        let prepared = match Module::new(bytes, self.language.features) {
            Ok(module) => PreparedModule::Module(module.into()),
            Err(DecodeError { phase: Phase::Limit | Phase::Memory | Phase::Timeout, .. }) => return false,
            Err(DecodeError { phase, .. }) => {
                let keyword = if phase == Phase::Malformed { "assert_malformed" } else { "assert_invalid" };
                let form = module_text(None, bytes);
                return self.write(&format!("({keyword} {form} \"\")"), false);
            }
        };
        let features = self.language.features.difference(WasmFeatures::RELAXED_SIMD);
        self.relaxed |= Module::new(bytes, features).is_err();
        let action = Action::Module { name: name.map(str::to_string) };
        self.act(&action, Some(&prepared), &|text| match text {
            Form::Plain => module_text(name, bytes),
            Form::Asserted => module_text(None, bytes),
        })
    }

    /// Records any other directive. Returns whether it succeeded.
    pub fn action(&mut self, action: &Action) -> bool {
        let Some(text) = action_text(action) else { return false };
        self.act(action, None, &|_| text.clone())
    }

    fn act(&mut self, action: &Action, prepared: Option<&PreparedModule>, form: &dyn Fn(Form) -> String) -> bool {
        if self.over {
            return false;
        }
        let Ok(watch) = Watchdog::start(self.session.store.interrupt_handle(), TIME) else {
            // Nothing would interrupt it.
            self.over = true;
            return false;
        };
        let outcome = self.session.act(&self.directives.to_string(), action, prepared).outcome;
        self.over |= watch.fired() || outcome == Outcome::Timeout;
        if self.over {
            return false;
        }
        let plain = || form(Form::Plain);
        let asserted = || form(Form::Asserted);
        match &outcome {
            Outcome::Done => self.write(&plain(), true),
            Outcome::Returned(values) => {
                let types = values.iter().map(|(ty, _)| *ty);
                let values = self.session.roots.iter().map(|&value| PortableValue::of(value, &self.session.store));
                let results: Option<Vec<String>> = values.zip(types).map(|(v, ty)| result(v, ty)).collect();
                match results {
                    Some(results) if results.len() == self.session.roots.len() && !self.relaxed => {
                        let results: String = results.iter().map(|text| format!(" {text}")).collect();
                        self.write(&format!("(assert_return {}{results})", asserted()), true)
                    }
                    _ => self.write(&plain(), true),
                }
            }
            // The amount of available memory says nothing about the engine.
            outcome if outcome.is_exhausted() => false,
            Outcome::Trap(code, _) => self.write(&format!("(assert_trap {} {:?})", asserted(), code.message()), false),
            Outcome::Exception(_) => self.write(&format!("(assert_exception {})", asserted()), false),
            Outcome::Suspension(_) => self.write(&format!("(assert_suspension {} \"\")", asserted()), false),
            Outcome::Unlinkable(_) => self.write(&format!("(assert_unlinkable {} \"\")", asserted()), false),
            // It did not run, or what it needs does not exist.
            _ => false,
        }
    }

    /// Writes a directive.
    fn write(&mut self, text: &str, well: bool) -> bool {
        if self.over {
            return false;
        }
        self.text += text.trim_end();
        self.text.push('\n');
        self.directives += 1;
        well
    }
}

/// The place of a module's text.
#[derive(Clone, Copy)]
enum Form {
    /// A directive of its own, where it may have a name.
    Plain,
    /// In an assertion.
    Asserted,
}

/// The header of a script in a language.
fn header(language: &Language) -> String {
    let mut text = profile_header(language);
    let beyond = language.features.difference(Spec::Latest.features());
    for name in features::BEYOND.iter().filter(|name| features::by_name(name).is_some_and(|f| beyond.contains(f))) {
        let _ = writeln!(text, ";;! {name} = true");
    }
    text
}

/// A module as written in a script: as text, if the text encodes to exactly these bytes.
fn module_text(name: Option<&str>, bytes: &[u8]) -> String {
    let name = name.map_or(String::new(), |name| format!(" {}", identifier(name)));
    let text = print(bytes).ok().filter(|text| wat::parse_str(text).is_ok_and(|again| again == bytes));
    if let Some(rest) = text.as_deref().and_then(|text| text.trim_end().strip_prefix("(module")) {
        return format!("(module{name}{rest}");
    }
    let mut escaped = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        let _ = write!(escaped, "\\{byte:02x}");
    }
    format!("(module{name} binary \"{escaped}\")")
}

/// A name in the text format.
fn identifier(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-./:<=>?@\\^_`|~".contains(&b);
    if !name.is_empty() && name.bytes().all(plain) { format!("${name}") } else { format!("${}", quoted(name)) }
}

/// A directive without a module; `None` for those that are not recorded.
fn action_text(action: &Action) -> Option<String> {
    let name = |name: &Option<String>| name.as_ref().map_or(String::new(), |name| format!(" {}", identifier(name)));
    Some(match action {
        Action::Register { name: registered, module } => format!("(register {}{})", quoted(registered), name(module)),
        Action::Instance { instance, module } if instance.is_some() || module.is_none() => {
            format!("(module instance{}{})", name(instance), name(module))
        }
        Action::Get { module, global } => format!("(get{} {})", name(module), quoted(global)),
        Action::Invoke { module, name: function, args } => {
            let args: String = args.iter().map(|&arg| format!(" {}", argument(arg))).collect();
            format!("(invoke{} {}{args})", name(module), quoted(function))
        }
        _ => return None,
    })
}

fn argument(arg: Arg) -> String {
    let number = |value: PortableValue, ty| value.script(ty).expect("a number");
    match arg {
        Arg::I32(v) => number(PortableValue::I32(v), ValType::I32),
        Arg::I64(v) => number(PortableValue::I64(v), ValType::I64),
        Arg::F32(v) => number(PortableValue::F32(v), ValType::F32),
        Arg::F64(v) => number(PortableValue::F64(v), ValType::F64),
        Arg::V128(v) => number(PortableValue::V128(v), ValType::V128),
        Arg::RefNull(hierarchy) => format!("(ref.null {})", hierarchy.map_or("0", Hierarchy::name)),
        Arg::RefExtern(n) => format!("(ref.extern {n})"),
        Arg::RefHost(n) => format!("(ref.host {n})"),
    }
}

/// An expected result; `None` for one that may differ between engines, or cannot be written.
fn result(value: PortableValue, ty: ValType) -> Option<String> {
    let is_nan = match value {
        PortableValue::F32(bits) => f32::from_bits(bits).is_nan(),
        PortableValue::F64(bits) => f64::from_bits(bits).is_nan(),
        PortableValue::V128(bits) => {
            // The upper half of an f64 NaN is an f32 NaN.
            bits.to_le_bytes().as_chunks::<4>().0.iter().any(|lane| f32::from_le_bytes(*lane).is_nan())
        }
        _ => false,
    };
    if is_nan {
        return None;
    }
    match (value, ty) {
        // What it is on the other side of the conversion cannot be seen.
        (PortableValue::I31(_) | PortableValue::Object(_), ValType::Ref(ty)) if ty.is_extern_ref() => {
            Some("(ref.extern)".into())
        }
        (PortableValue::Extern(n), ValType::Ref(ty)) if !ty.is_extern_ref() => Some(format!("(ref.host {n})")),
        // Objects of any kind are non-null references, which is what is asserted.
        (PortableValue::Object(_), _) => None,
        (value, ty) => value.script(ty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::suite::Suite;
    use crate::conformance::record::Verdict;
    use crate::conformance::unsupervised;

    fn bytes(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("a module")
    }

    /// NaNs are not expected in any lane: their bits are an engine's choice.
    #[test]
    fn no_nan_is_expected() {
        let single = |bits: u32| result(PortableValue::F32(bits), ValType::F32);
        let double = |bits: u64| result(PortableValue::F64(bits), ValType::F64);
        let vector = |bits: u128| result(PortableValue::V128(bits), ValType::V128);
        for (value, is_nan) in [(0, false), (1, false), (0x7f7f_ffff, false), (0x7f80_0001, true), (u32::MAX, true)] {
            assert_eq!(single(value).is_none(), is_nan, "{value:x}");
            for lane in 0..4 {
                assert_eq!(vector(u128::from(value) << (32 * lane)).is_none(), is_nan, "{value:x} in lane {lane}");
            }
        }
        assert!(double(f64::INFINITY.to_bits()).is_some() && single(f32::INFINITY.to_bits()).is_some());
        let infinities = [f64::INFINITY, f64::NEG_INFINITY].map(f64::to_bits);
        for value in infinities.map(|infinity| infinity + 1).into_iter().chain([f64::NAN.to_bits(), u64::MAX]) {
            assert!(double(value).is_none(), "{value:x}");
            for lane in 0..2 {
                assert!(vector(u128::from(value) << (64 * lane)).is_none(), "{value:x} in lane {lane}");
            }
        }
    }

    /// What cannot be seen on the other side of a conversion is not expected, and neither is the kind of an object.
    #[test]
    fn references_are_expected_as_a_script_can_say() {
        use PortableValue as P;
        let (any, host) = (ValType::Ref(wasmparser::RefType::ANYREF), ValType::EXTERNREF);
        for (value, ty, expected) in [
            (P::Null, any, Some("(ref.null)")),
            (P::Func(0, 1), ValType::FUNCREF, Some("(ref.func)")),
            (P::I31(1), any, Some("(ref.i31)")),
            (P::I31(1), host, Some("(ref.extern)")),
            (P::Object(1), any, None),
            (P::Object(1), host, Some("(ref.extern)")),
            (P::Extern(7), host, Some("(ref.extern 7)")),
            (P::Extern(7), any, Some("(ref.host 7)")),
        ] {
            assert_eq!(result(value, ty).as_deref(), expected, "{value} as {ty}");
        }
    }

    #[test]
    fn every_name_is_an_identifier() {
        for (name, expected) in [
            ("a", "$a"),
            ("0!#$%&'*+-./:<=>?@\\^_`|~", "$0!#$%&'*+-./:<=>?@\\^_`|~"),
            ("", "$\"\""),
            ("a b", "$\"a b\""),
            ("(\"\\\n", "$\"(\\22\\5c\\0a\""),
            ("~\x7f\u{e9}", "$\"~\\7f\\c3\\a9\""),
        ] {
            assert_eq!(identifier(name), expected);
        }
    }

    /// Engines choose the results of relaxed operators, how deep a stack is, and how large a heap.
    #[test]
    fn what_engines_choose_is_not_expected() {
        let mut script = Recorder::new("interp", Language::of(Spec::Latest), "").unwrap();
        let relaxed = bytes(
            r#"(module (func (export "f") (result i32)
                 (i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_s (v128.const i32x4 0 0 0 0)))))"#,
        );
        let deep = bytes(r#"(module (func $f (export "f") (result i32) (call $f)))"#);
        let large =
            bytes(r#"(module (type $a (array i64)) (func (export "f") (drop (array.new_default $a (i32.const -1)))))"#);
        let plain = bytes(r#"(module (func (export "f") (result i32) (i32.const 1)))"#);
        let call = Action::Invoke { module: None, name: "f".into(), args: [].into() };
        assert!(script.module(None, &deep) && !script.action(&call));
        assert!(script.module(None, &large) && !script.action(&call));
        assert!(script.module(None, &plain) && script.action(&call));
        assert!(script.module(Some("r"), &relaxed) && script.action(&call));
        assert!(script.module(None, &plain) && script.action(&call));
        let of_another = Action::Invoke { module: Some("r".into()), name: "f".into(), args: [].into() };
        assert!(script.action(&of_another));
        let (text, directives) = script.end();
        assert_eq!(directives, 9, "{text}");
        let calls: Vec<&str> = text.lines().filter(|line| line.contains("invoke")).collect();
        let chosen = ["(invoke \"f\")", "(invoke \"f\")", "(invoke $r \"f\")"];
        assert_eq!(calls, [&["(assert_return (invoke \"f\") (i32.const 1))"], &chosen[..]].concat(), "{text}");
    }

    #[test]
    fn what_is_recorded_passes_and_expects_what_was_seen() {
        let language = Language::of(Spec::Latest);
        let mut script = Recorder::new("interp", language, "two\nlines").unwrap();
        let a = bytes(
            r#"(module (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
                (func (export "nan") (result f32) (f32.div (f32.const 0) (f32.const 0)))
                (func (export "trap") unreachable) (tag $e) (func (export "throw") (throw $e))
                (global (export "g") i64 (i64.const 7)))"#,
        );
        assert!(script.module(Some("a"), &a));
        assert!(script.action(&Action::Register { name: "a\"".into(), module: None }));
        let call = |name: &str, args: &[Arg]| Action::Invoke { module: None, name: name.into(), args: args.into() };
        assert!(script.action(&call("add", &[Arg::I32(u32::MAX)])));
        assert!(script.action(&call("nan", &[])));
        assert!(!script.action(&call("trap", &[])) && !script.action(&call("throw", &[])));
        // There is no such call.
        assert!(!script.action(&call("add", &[])) && !script.action(&call("none", &[])));
        assert!(script.action(&Action::Get { module: Some("a".into()), global: "g".into() }));
        assert!(!script.module(None, &bytes("(module (import \"none\" \"f\" (func)))")));
        assert!(!script.module(None, &bytes("(module (func i32.add))")));
        assert!(!script.module(None, &bytes("(module (func $f unreachable) (start $f))")));
        assert!(!script.module(None, b"\0asm\x01\0\0\0\x0d"));
        let (text, directives) = script.end();
        for part in [
            ";; two\n;; lines\n(module $a\n",
            "(register \"a\\22\")\n",
            "(assert_return (invoke \"add\" (i32.const -1)) (i32.const 0))\n(invoke \"nan\")\n",
            "(assert_trap (invoke \"trap\") \"unreachable\")\n(assert_exception (invoke \"throw\"))\n",
            "(assert_return (get $a \"g\") (i64.const 7))\n(assert_unlinkable (module\n",
            "(assert_invalid (module",
            "(assert_trap (module",
            "(assert_malformed (module binary \"\\00\\61\\73\\6d\\01\\00\\00\\00\\0d\") \"\")\n",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        let suite = Suite::given("recorded", "script", &text);
        let backends = ["interp", "jit"].map(|name| Backend::named(name).unwrap());
        let done = unsupervised::run_file(&suite.files[0], &backends, TIME, &Default::default());
        assert_eq!(done.records.len() as u64, 3 * directives, "{:?}", done.error);
        assert!(done.records.iter().all(|record| record.verdict == Verdict::Pass), "{:?}", done.records);
    }
}
