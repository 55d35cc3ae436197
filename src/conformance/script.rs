//! A script as steps: each directive split into what is to be done and what is expected of it.

use super::annotations;
use super::dialect;
use super::language::{Dialect, Language};
use super::outcome::Expect;
use super::values::{Arg, Pattern};
use crate::module::{Module, Phase, check_custom_sections, messages};
use std::sync::Arc;
use wast::lexer::Lexer;
use wast::parser::ParseBuffer;
use wast::token::Id;
use wast::{QuoteWat, QuoteWatTest, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

/// One directive.
pub struct Step<'a> {
    /// Position among the directives from 0; nested ones have a path, "12.3".
    pub index: String,
    /// 1-based.
    pub line: u32,
    /// Kind, then what it invokes or names: `assert_return f32x4.min`.
    pub text: String,
    pub action: Action<'a>,
    pub expect: Expect,
}

/// What is to be done.
pub enum Action<'a> {
    /// Decode, validate, compile, instantiate; becomes the current instance.
    Module {
        source: Source<'a>,
        name: Option<String>,
    },
    /// Decode, validate, compile.
    Definition {
        source: Source<'a>,
        name: Option<String>,
    },
    /// Instantiate a definition; becomes the current instance.
    Instance {
        instance: Option<String>,
        module: Option<String>,
    },
    /// Decode and validate only.
    Check(Source<'a>),
    /// Instantiate without becoming the current instance.
    Anonymous(Source<'a>),
    Register {
        name: String,
        module: Option<String>,
    },
    Invoke {
        module: Option<String>,
        name: String,
        args: Vec<Arg>,
    },
    Get {
        module: Option<String>,
        global: String,
    },
    /// The steps after this one, so many, on a thread of their own, in which the instance `shared` has its shared memories.
    Thread {
        name: String,
        shared: Option<String>,
        steps: usize,
    },
    /// Waits for a thread.
    Wait {
        thread: String,
    },
    /// Something the harness cannot do yet.
    Unsupported(String),
}

impl<'a> Action<'a> {
    /// The module that the action is about.
    pub fn source_mut(&mut self) -> Option<&mut Source<'a>> {
        match self {
            Action::Module { source, .. }
            | Action::Definition { source, .. }
            | Action::Check(source)
            | Action::Anonymous(source) => Some(source),
            Action::Instance { .. }
            | Action::Register { .. }
            | Action::Invoke { .. }
            | Action::Get { .. }
            | Action::Thread { .. }
            | Action::Wait { .. }
            | Action::Unsupported(_) => None,
        }
    }

    /// The same, for another thread: its module was prepared before, and is not in it.
    pub fn without_source(&self) -> Action<'static> {
        let none = || Source::binary(Vec::new());
        match self {
            Action::Module { name, .. } => Action::Module { source: none(), name: name.clone() },
            Action::Definition { name, .. } => Action::Definition { source: none(), name: name.clone() },
            Action::Instance { instance, module } => {
                Action::Instance { instance: instance.clone(), module: module.clone() }
            }
            Action::Check(_) => Action::Check(none()),
            Action::Anonymous(_) => Action::Anonymous(none()),
            Action::Register { name, module } => Action::Register { name: name.clone(), module: module.clone() },
            Action::Invoke { module, name, args } => {
                Action::Invoke { module: module.clone(), name: name.clone(), args: args.clone() }
            }
            Action::Get { module, global } => Action::Get { module: module.clone(), global: global.clone() },
            Action::Thread { name, shared, steps } => {
                Action::Thread { name: name.clone(), shared: shared.clone(), steps: *steps }
            }
            Action::Wait { thread } => Action::Wait { thread: thread.clone() },
            Action::Unsupported(what) => Action::Unsupported(what.clone()),
        }
    }
}

/// A module in a script, encoded when its directive is reached.
pub struct Source<'a> {
    form: Form<'a>,
    /// Its annotations and custom sections have to be right, too.
    custom: bool,
}

enum Form<'a> {
    Wast(QuoteWat<'a>),
    Binary(Vec<u8>),
    Text(Vec<u8>),
}

/// What became of a module's text or bytes.
#[derive(Clone, Debug)]
pub enum Prepared {
    Module(Arc<Module>),
    Rejected(Phase, String),
    Unsupported(String),
    /// The text format's encoder gave up in a way that no table knows.
    Error(String),
}

/// Why a script is none.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptError {
    /// 1-based.
    pub line: u32,
    pub column: u32,
    pub message: String,
}

impl std::fmt::Display for ScriptError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl ScriptError {
    fn of(e: &wast::Error, text: &str) -> ScriptError {
        let (line, column) = e.span().linecol_in(text);
        ScriptError { line: line as u32 + 1, column: column as u32 + 1, message: e.message() }
    }
}

/// Lexes a script; [`parse`] takes the buffer.
///
/// # Errors
/// Where a token is none.
pub fn lex(text: &str) -> Result<ParseBuffer<'_>, ScriptError> {
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    ParseBuffer::new_with_lexer(lexer).map_err(|e| ScriptError::of(&e, text))
}

/// Parses a script into steps, nested ones after the directive that holds them.
///
/// # Errors
/// Where the text is no script.
pub fn parse<'a>(buffer: &'a ParseBuffer<'a>, text: &str) -> Result<Vec<Step<'a>>, ScriptError> {
    let wast = wast::parser::parse::<Wast<'a>>(buffer).map_err(|e| ScriptError::of(&e, text))?;
    let lines = Lines::of(text);
    let mut steps = Vec::with_capacity(wast.directives.len());
    for (i, directive) in wast.directives.into_iter().enumerate() {
        push(directive, i.to_string(), &lines, false, &mut steps);
    }
    Ok(steps)
}

/// Offsets of line starts: a directive's line by binary search, since scripts have up to tens of thousands of them.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Lines {
        Lines(
            std::iter::once(0)
                .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1))
                .collect(),
        )
    }

    fn line(&self, offset: usize) -> u32 {
        self.0.partition_point(|&start| start <= offset) as u32
    }
}

/// `in_thread`: nested in a `thread`, which starts no others.
fn push<'a>(directive: WastDirective<'a>, index: String, lines: &Lines, in_thread: bool, steps: &mut Vec<Step<'a>>) {
    let line = lines.line(directive.span().offset());
    let mut nested = Vec::new();
    let (text, action, expect) = match directive {
        WastDirective::Module(module) => {
            let name = module.name().map(text_of);
            let action = Action::Module { source: Source::of(module), name: name.clone() };
            (label("module", name.as_deref()), action, Expect::Success)
        }
        WastDirective::ModuleDefinition(module) => {
            let name = module.name().map(text_of);
            let action = Action::Definition { source: Source::of(module), name: name.clone() };
            (label("module definition", name.as_deref()), action, Expect::Success)
        }
        WastDirective::ModuleInstance { instance, module, .. } => {
            let (instance, module) = (instance.map(text_of), module.map(text_of));
            let text = label("module instance", instance.as_deref());
            (text, Action::Instance { instance, module }, Expect::Success)
        }
        WastDirective::AssertMalformed { module, message, .. } => {
            ("assert_malformed".into(), Action::Check(Source::of(module)), Expect::Malformed(message.into()))
        }
        WastDirective::AssertInvalid { module, message, .. } => {
            ("assert_invalid".into(), Action::Check(Source::of(module)), Expect::Invalid(message.into()))
        }
        WastDirective::AssertMalformedCustom { module, message, .. } => (
            "assert_malformed_custom".into(),
            Action::Check(Source::of(module).with_custom()),
            Expect::MalformedCustom(message.into()),
        ),
        WastDirective::AssertInvalidCustom { module, message, .. } => (
            "assert_invalid_custom".into(),
            Action::Check(Source::of(module).with_custom()),
            Expect::InvalidCustom(message.into()),
        ),
        WastDirective::AssertUnlinkable { module, message, .. } => {
            let source = Source::of(QuoteWat::Wat(module));
            ("assert_unlinkable".into(), Action::Anonymous(source), Expect::Unlinkable(message.into()))
        }
        WastDirective::Register { name, module, .. } => {
            let action = Action::Register { name: name.into(), module: module.map(text_of) };
            (label("register", Some(name)), action, Expect::Success)
        }
        WastDirective::Invoke(call) => {
            let (name, action) = invoke(call);
            (label("invoke", Some(&name)), action, Expect::Success)
        }
        WastDirective::AssertReturn { exec, results, .. } => {
            let (name, action) = execute(exec);
            let (action, expect) = match patterns(&results) {
                Ok(patterns) => (action, Expect::Values(patterns)),
                Err(what) => (Action::Unsupported(what), Expect::Values(Vec::new())),
            };
            (label("assert_return", Some(&name)), action, expect)
        }
        WastDirective::AssertTrap { exec, message, .. } => {
            let (name, action) = execute(exec);
            (label("assert_trap", Some(&name)), action, Expect::Trap(message.into()))
        }
        WastDirective::AssertException { exec, .. } => {
            let (name, action) = execute(exec);
            (label("assert_exception", Some(&name)), action, Expect::Exception)
        }
        WastDirective::AssertExhaustion { call, message, .. } => {
            let (name, action) = invoke(call);
            (label("assert_exhaustion", Some(&name)), action, Expect::Exhaustion(message.into()))
        }
        WastDirective::AssertSuspension { exec, message, .. } => {
            let (name, action) = execute(exec);
            (label("assert_suspension", Some(&name)), action, Expect::Suspension(message.into()))
        }
        WastDirective::Thread(thread) => {
            nested = thread.directives;
            let text = label("thread", Some(thread.name.name()));
            let (name, shared) = (text_of(thread.name), thread.shared_module.map(text_of));
            (text, Action::Thread { name, shared, steps: 0 }, Expect::Success)
        }
        WastDirective::Wait { thread, .. } => {
            (label("wait", Some(thread.name())), Action::Wait { thread: text_of(thread) }, Expect::Success)
        }
    };
    let at = steps.len();
    steps.push(Step { index: index.clone(), line, text, action: in_its_place(action, in_thread), expect });
    for (i, directive) in nested.into_iter().enumerate() {
        push(directive, format!("{index}.{i}"), lines, true, steps);
    }
    count_nested(steps, at);
}

/// Threads start no threads of their own.
pub fn in_its_place(action: Action<'_>, in_thread: bool) -> Action<'_> {
    match action {
        Action::Thread { .. } | Action::Wait { .. } if in_thread => {
            Action::Unsupported("threads: one within another".into())
        }
        action => action,
    }
}

/// Notes how many steps follow the one at `at`, all of which are nested in it.
pub fn count_nested(steps: &mut [Step<'_>], at: usize) {
    let nested = steps.len() - at - 1;
    if let Action::Thread { steps, .. } = &mut steps[at].action {
        *steps = nested;
    }
}

fn text_of(id: Id<'_>) -> String {
    id.name().to_string()
}

/// A directive's text: its kind, and what it invokes or names.
pub fn label(kind: &str, name: Option<&str>) -> String {
    match name {
        // A name may hold anything; a record's line may not hold line breaks.
        Some(name) if !name.is_empty() => format!("{kind} {}", name.escape_debug()),
        _ => kind.to_string(),
    }
}

fn invoke<'a>(call: WastInvoke<'a>) -> (String, Action<'a>) {
    let name = call.name.to_string();
    let args = call
        .args
        .iter()
        .map(|arg| match arg {
            WastArg::Core(arg) => Some(Arg::of(arg)),
            _ => None,
        })
        .collect::<Option<Vec<_>>>();
    let action = match args {
        Some(args) => Action::Invoke { module: call.module.map(text_of), name: name.clone(), args },
        None => Action::Unsupported("component-model".into()),
    };
    (name, action)
}

fn execute<'a>(exec: WastExecute<'a>) -> (String, Action<'a>) {
    match exec {
        WastExecute::Invoke(call) => invoke(call),
        WastExecute::Wat(wat) => ("module".into(), Action::Anonymous(Source::of(QuoteWat::Wat(wat)))),
        WastExecute::Get { module, global, .. } => {
            (global.to_string(), Action::Get { module: module.map(text_of), global: global.to_string() })
        }
    }
}

fn patterns(results: &[WastRet<'_>]) -> Result<Vec<Pattern>, String> {
    results
        .iter()
        .map(|ret| match ret {
            WastRet::Core(ret) => Pattern::of(ret),
            _ => Err("component-model".into()),
        })
        .collect()
}

impl<'a> Source<'a> {
    fn of(wat: QuoteWat<'a>) -> Source<'a> {
        Source { form: Form::Wast(wat), custom: false }
    }

    /// A module that is binary already.
    pub fn binary(bytes: Vec<u8>) -> Source<'a> {
        Source { form: Form::Binary(bytes), custom: false }
    }

    /// A module as quoted text, which may be none: what is wrong with it is then malformed.
    pub fn text(bytes: Vec<u8>) -> Source<'a> {
        Source { form: Form::Text(bytes), custom: false }
    }

    /// Annotations and custom sections have to be right, too.
    pub fn with_custom(self) -> Source<'a> {
        Source { custom: true, ..self }
    }

    /// Encodes, decodes and validates the module.
    pub fn prepare(&mut self, language: &Language) -> Prepared {
        let test = match &mut self.form {
            Form::Wast(QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..)) => {
                return Prepared::Unsupported("component-model".into());
            }
            Form::Wast(module) => module.to_test(),
            Form::Binary(bytes) => Ok(QuoteWatTest::Binary(bytes.clone())),
            Form::Text(text) => Ok(QuoteWatTest::Text(text.clone())),
        };
        let encoded = match test {
            Ok(QuoteWatTest::Binary(bytes)) => Ok(bytes),
            // The parser would refuse it for a reason that is none of the text's.
            Ok(QuoteWatTest::Text(text)) if language.features.legacy_exceptions() && has_folded_try(&text) => {
                return Prepared::Unsupported("legacy: the folded text of the older exceptions".into());
            }
            Ok(QuoteWatTest::Text(text)) => {
                let annotated = if self.custom { check_annotations(&text) } else { Ok(()) };
                match annotated.and_then(|()| encode_text(text)) {
                    Ok(encoded) => encoded,
                    Err(message) => return Prepared::Rejected(Phase::Malformed, message),
                }
            }
            Err(e) => Err(e),
        };
        let bytes = match encoded {
            Ok(bytes) => bytes,
            // Resolution of names is both malformed and invalid in the specification's eyes, case by case.
            Err(e) => {
                return match messages::text_encode_error(&e.message()) {
                    Some((phase, message)) => Prepared::Rejected(phase, language.dialect.with(message, &e.message())),
                    // Other tools' runners do not ask why.
                    None if language.dialect != Dialect::Spec => Prepared::Rejected(Phase::Malformed, e.message()),
                    None => Prepared::Error(format!("cannot be encoded: {}", e.message())),
                };
            }
        };
        let checked = Module::new(&bytes, language.features).and_then(|module| {
            if self.custom {
                check_custom_sections(&module)?;
            }
            Ok(module)
        });
        match checked {
            Ok(module) => Prepared::Module(Arc::new(module)),
            Err(e) => Prepared::Rejected(e.phase, dialect::rejection(language, e.message, &bytes)),
        }
    }
}

/// Checks the annotations of a text. (What is no text is found elsewhere.)
fn check_annotations(text: &[u8]) -> Result<(), String> {
    std::str::from_utf8(text).map_or(Ok(()), annotations::check)
}

/// Whether a text has a `(try …)`, which the parser knows in its flat form only.
fn has_folded_try(text: &[u8]) -> bool {
    text.windows(5).any(|w| w.starts_with(b"(try") && w[4] != b'_')
}

/// Parses and encodes quoted text: a text that is no module is the outer error, one that cannot be encoded the inner.
fn encode_text(text: Vec<u8>) -> Result<Result<Vec<u8>, wast::Error>, String> {
    let text = String::from_utf8(text).map_err(|_| "malformed UTF-8 encoding".to_string())?;
    let malformed = |e: wast::Error| messages::text_parse_error(&e, &text);
    let mut lexer = Lexer::new(&text);
    lexer.allow_confusing_unicode(true);
    let buffer = ParseBuffer::new_with_lexer(lexer).map_err(malformed)?;
    let mut wat = wast::parser::parse::<Wat<'_>>(&buffer).map_err(malformed)?;
    Ok(wat.encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_directives_have_a_path() {
        let text = "(module)\n(thread $t (shared (module $m))\n  (invoke \"a\")\n (invoke \"b\"))\n(wait $t)";
        let buffer = lex(text).expect("tokens");
        let steps = parse(&buffer, text).expect("a script");
        let seen: Vec<(&str, u32, &str)> = steps.iter().map(|s| (s.index.as_str(), s.line, s.text.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("0", 1, "module"),
                ("1", 2, "thread t"),
                ("1.0", 3, "invoke a"),
                ("1.1", 4, "invoke b"),
                ("2", 5, "wait t")
            ]
        );
        assert!(matches!(&steps[1].action, Action::Thread { name, shared: Some(shared), steps: 2 }
            if name == "t" && shared == "m"));
        assert!(matches!(&steps[4].action, Action::Wait { thread } if thread == "t"));
        let text = "(module)\n(thread $t (thread $u (invoke \"a\")) (wait $u))";
        let buffer = lex(text).expect("tokens");
        let steps = parse(&buffer, text).expect("a script");
        assert!(matches!(steps[1].action, Action::Thread { steps: 3, .. }));
        assert!(matches!((&steps[2].action, &steps[4].action), (Action::Unsupported(_), Action::Unsupported(_))));
    }

    #[test]
    fn folded_legacy_text_is_not_judged() {
        let features = wasmparser::WasmFeatures::LEGACY_EXCEPTIONS;
        let language = Language { features, ..Language::of(super::super::language::Spec::Latest) };
        let prepared = |text: &str| Source::text(text.into()).prepare(&language);
        assert!(matches!(prepared("(module (func (try (do) (catch_all) (catch_all))))"), Prepared::Unsupported(_)));
        assert!(matches!(prepared("(module (func (try_table) (do))"), Prepared::Rejected(Phase::Malformed, _)));
        assert!(matches!(prepared("(module (func try catch_all catch_all end))"), Prepared::Rejected(..)));
    }

    #[test]
    fn errors_have_a_place() {
        let text = "(module)\n\n  (assert_nothing)";
        let buffer = lex(text).expect("tokens");
        let error = parse(&buffer, text).err().expect("no script");
        assert_eq!(error.line, 3, "{error}");
    }
}
