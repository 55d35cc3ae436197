//! A script as steps: each directive split into an action and an expectation.

use super::annotations;
use super::dialect;
use super::error::ScriptError;
use super::grammar::{self, Directive, DirectiveKind, ModuleDirective, Script};
use super::language::{Dialect, Language, Spec};
use super::syntax;
use crate::conformance::outcome::Expect;
use crate::conformance::outcome::pattern::Arg;
use crate::conformance::record::index_path;
use crate::module::messages::{self, Rejection};
use crate::module::text::{self, Readable, is_blank};
use crate::module::{Module, Phase, check_custom_sections};
use crate::text::one_line;
use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;
use wast::core::ModuleKind;
use wast::parser::ParseBuffer;
use wast::token::{Id, Span};
use wast::{QuoteWat, WastArg, WastInvoke, Wat};

/// The feature that scripts with components need.
const COMPONENT: &str = "component-model";

/// One directive.
pub struct ScriptStep<'a> {
    /// Position among the directives, counted from 0. Nested ones have a path, such as "12.3".
    pub index: String,
    /// The 1-based line.
    pub line: u32,
    /// The kind, then the name that it invokes or defines: `assert_return f32x4.min`.
    pub text: String,
    /// The action of the directive.
    pub action: Action,
    /// The module that the action is about.
    pub source: Option<Source<'a>>,
    /// The expectation of the directive.
    pub expect: Expect,
}

/// The action of a directive; its module, if it has one, is in [`ScriptStep::source`].
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Decode, validate, compile, instantiate; becomes the current instance.
    Module {
        /// The name of the module and the instance.
        name: Option<String>,
    },
    /// Decode, validate, compile.
    Definition {
        /// The name of the definition.
        name: Option<String>,
    },
    /// Instantiate a definition; becomes the current instance.
    Instance {
        /// The name of the instance.
        instance: Option<String>,
        /// The definition; `None` for the last one.
        module: Option<String>,
    },
    /// Decode and validate only.
    Check,
    /// Instantiate without becoming the current instance; the module becomes the last definition.
    Anonymous,
    /// Instantiate a definition without becoming the current instance.
    AnonymousInstance {
        /// The definition; `None` for the last one.
        module: Option<String>,
    },
    /// Registers an instance for imports.
    Register {
        /// The name for imports.
        name: String,
        /// The instance; `None` for the current one.
        module: Option<String>,
    },
    /// Calls an exported function.
    Invoke {
        /// The instance; `None` for the current one.
        module: Option<String>,
        /// The export.
        name: String,
        /// The arguments of the call.
        args: Vec<Arg>,
    },
    /// Reads an exported global.
    Get {
        /// The instance; `None` for the current one.
        module: Option<String>,
        /// The export.
        global: String,
    },
    /// Runs this many of the following steps on a thread of their own, which is given the shared memories of the instance
    /// `shared`.
    Thread {
        /// The name of the thread.
        name: String,
        /// The instance whose shared memories the thread is given.
        shared: Option<String>,
        /// The number of steps.
        steps: usize,
    },
    /// Waits for a thread.
    Wait {
        /// The name of the thread.
        thread: String,
    },
    /// Something that the harness cannot do yet. Since it might have changed any instance, no instance is available afterwards.
    Unsupported(String),
}

/// A module in a script, encoded when its directive is reached.
pub struct Source<'a> {
    form: ModuleForm<'a>,
    /// Whether its annotations and custom sections have to be correct as well.
    custom: bool,
}

enum ModuleForm<'a> {
    Wast(QuoteWat<'a>),
    /// It is not read, for this reason.
    Unsupported(String),
    Binary(Vec<u8>),
    Text(Vec<u8>),
}

/// The result of decoding and validating a module's text or bytes.
#[derive(Clone, Debug)]
pub enum PreparedModule {
    /// A valid module.
    Module(Arc<Module>),
    /// The module was rejected in this phase.
    Rejected(Phase, Rejection),
    /// The module needs a feature that is missing.
    Unsupported(String),
    /// The text format's encoder failed in a way that no table covers.
    Error(String),
}

/// A script's text in a form that the parser's crate reads correctly. Errors have their positions in the original text.
#[derive(Debug)]
pub struct Plain<'t>(Readable<'t>);

impl Plain<'_> {
    /// Like [`lex`].
    ///
    /// # Errors
    /// As for [`lex`].
    pub fn lex(&self) -> Result<ParseBuffer<'_>, ScriptError> {
        text::tokens(self).map_err(|e| self.located(&e))
    }

    /// Like [`parse`].
    ///
    /// # Errors
    /// As for [`parse`].
    pub fn parse<'a>(&self, buffer: &'a ParseBuffer<'a>) -> Result<Vec<ScriptStep<'a>>, ScriptError> {
        parse_steps(buffer, self).map_err(|e| self.located(&e))
    }

    fn located(&self, error: &wast::Error) -> ScriptError {
        ScriptError::of(&self.0.located(error), self.0.original())
    }
}

impl Deref for Plain<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.text()
    }
}

/// A script's text for the parser: folded text that the parser's crate does not know is unfolded.
///
/// # Errors
/// The text does not have the form that it should have, in a way that [`parse`] does not check.
pub fn plain<'t>(text: &'t str, language: &Language) -> Result<Plain<'t>, ScriptError> {
    syntax::check(text, language).map_err(|misplaced| misplaced.located(text))?;
    Ok(Plain(readable(text, language)?))
}

/// The text in a form that the parser's crate reads correctly.
fn readable<'t>(text: &'t str, language: &Language) -> Result<Readable<'t>, ScriptError> {
    match language.features.legacy_exceptions() {
        true => Readable::new(text).map_err(|e| ScriptError::of(&e, text)),
        false => Ok(Readable::without_try(text)),
    }
}

/// Lexes a script; [`parse`] takes the buffer.
///
/// # Errors
/// There is a malformed token.
pub fn lex(text: &str) -> Result<ParseBuffer<'_>, ScriptError> {
    text::tokens(text).map_err(|e| ScriptError::of(&e, text))
}

/// Parses a script into steps, nested ones after the directive that holds them.
///
/// # Errors
/// The text is not a script, or has no directives.
pub fn parse<'a>(buffer: &'a ParseBuffer<'a>, text: &str) -> Result<Vec<ScriptStep<'a>>, ScriptError> {
    parse_steps(buffer, text).map_err(|e| ScriptError::of(&e, text))
}

fn parse_steps<'a>(buffer: &'a ParseBuffer<'a>, text: &str) -> Result<Vec<ScriptStep<'a>>, wast::Error> {
    let script = wast::parser::parse::<Script<'a>>(buffer)?;
    if script.directives.is_empty() {
        let message = "the script has no directives, so nothing would be judged".into();
        return Err(wast::Error::new(Span::from_offset(0), message));
    }
    let lines = Lines::of(text);
    let mut steps = Vec::with_capacity(script.directives.len());
    for (i, directive) in script.directives.into_iter().enumerate() {
        push(directive, i.to_string(), &lines, &mut steps);
    }
    Ok(steps)
}

/// The line and text of the step with this index.
pub fn place<'s>(steps: &'s [ScriptStep<'_>], index: &str) -> Option<(u32, &'s str)> {
    let wanted = index_path(index);
    let at = steps.binary_search_by(|step| index_path(&step.index).cmp(&wanted)).ok()?;
    Some((steps[at].line, &steps[at].text))
}

/// The steps that redefine a name, each with the problem. Modules, instances and threads have separate names, and names in a
/// thread belong to that thread. Nor may a thread have the name of one around it, or of one beside that one. Up to version 2.0,
/// and with wasmtime, the last definition of a name counts.
pub fn clashes(steps: &[ScriptStep<'_>], language: &Language) -> HashMap<usize, String> {
    let mut clashes = HashMap::new();
    if language.spec <= Spec::V2 || language.dialect == Dialect::Wasmtime {
        return clashes;
    }
    let mut known = HashSet::new();
    for (position, step) in steps.iter().enumerate() {
        let (kinds, name): (&[&str], _) = match &step.action {
            Action::Module { name, .. } => (&["module", "instance"], name.as_ref()),
            Action::Definition { name, .. } => (&["module"], name.as_ref()),
            Action::Instance { instance, .. } => (&["instance"], instance.as_ref()),
            Action::Thread { name, .. } => (&["thread"], Some(name)),
            _ => continue,
        };
        let Some(name) = name else { continue };
        let scope = step.index.rsplit_once('.').map_or("", |(thread, _)| thread);
        let around = |scope: &str| scope.rsplit_once('.').map_or("", |(thread, _)| thread).len();
        for kind in kinds {
            let mut outer = scope;
            let mut shadows = false;
            while *kind == "thread" && !outer.is_empty() {
                outer = &outer[..around(outer)];
                shadows |= known.contains(&(outer, *kind, name.as_str()));
            }
            if !known.insert((scope, *kind, name.as_str())) || shadows {
                clashes
                    .entry(position)
                    .or_insert_with(|| format!("{kind} ${} is already defined", name.escape_debug()));
            }
        }
    }
    clashes
}

/// The offsets of line starts. A directive's line is found by binary search, since scripts have up to tens of thousands of lines.
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

fn push<'a>(directive: Directive<'a>, index: String, lines: &Lines, steps: &mut Vec<ScriptStep<'a>>) {
    let line = lines.line(directive.span.offset());
    let mut nested = Vec::new();
    let mut source = None;
    let (text, action, expect) = match directive.kind {
        DirectiveKind::Module(ModuleDirective::Text(module)) => {
            let name = module.name.map(text_of);
            source = Some(Source::of(module.text));
            let action = Action::Module { name: name.clone() };
            (label("module", name.as_deref()), action, Expect::Success)
        }
        DirectiveKind::Module(ModuleDirective::Definition(module)) => {
            let name = module.name.map(text_of);
            source = Some(Source::of(module.text));
            let action = Action::Definition { name: name.clone() };
            (label("module definition", name.as_deref()), action, Expect::Success)
        }
        DirectiveKind::Module(ModuleDirective::Instance { instance, module }) => {
            let (instance, module) = (instance.map(text_of), module.map(text_of));
            let text = label("module instance", instance.as_deref());
            (text, Action::Instance { instance, module }, Expect::Success)
        }
        DirectiveKind::Rejected(keyword, module, message) => {
            let module = Source::of(module.text);
            let message = message.to_string();
            let (module, expect) = match keyword {
                "assert_malformed" => (module, Expect::Malformed(message)),
                "assert_invalid" => (module, Expect::Invalid(message)),
                "assert_malformed_custom" => (module.with_custom(), Expect::MalformedCustom(message)),
                _ => (module.with_custom(), Expect::InvalidCustom(message)),
            };
            source = Some(module);
            (keyword.into(), Action::Check, expect)
        }
        DirectiveKind::Unlinkable(form, message) => {
            ("assert_unlinkable".into(), instantiate(form, &mut source), Expect::Unlinkable(message.into()))
        }
        DirectiveKind::Register { name, module } => {
            let action = Action::Register { name: name.into(), module: module.map(text_of) };
            (label("register", Some(name)), action, Expect::Success)
        }
        DirectiveKind::Action(action) => {
            let kind = if matches!(action, grammar::Action::Get { .. }) { "get" } else { "invoke" };
            let (name, action) = execute(action, &mut source);
            (label(kind, Some(&name)), action, Expect::Success)
        }
        DirectiveKind::Return(action, results) => {
            let (name, action) = execute(action, &mut source);
            let expect = match results.into_iter().collect::<Result<Vec<_>, _>>() {
                Ok(patterns) => Expect::Values(patterns),
                Err(what) => Expect::Unjudged(what.to_string()),
            };
            (label("assert_return", Some(&name)), action, expect)
        }
        DirectiveKind::Trap(action, message) => {
            let (name, action) = execute(action, &mut source);
            (label("assert_trap", Some(&name)), action, Expect::Trap(message.into()))
        }
        DirectiveKind::Exception(action) => {
            let (name, action) = execute(action, &mut source);
            (label("assert_exception", Some(&name)), action, Expect::Exception)
        }
        DirectiveKind::Exhaustion(action, message) => {
            let (name, action) = execute(action, &mut source);
            (label("assert_exhaustion", Some(&name)), action, Expect::Exhaustion(message.into()))
        }
        DirectiveKind::Suspension(action, message) => {
            let (name, action) = execute(action, &mut source);
            (label("assert_suspension", Some(&name)), action, Expect::Suspension(message.into()))
        }
        DirectiveKind::Thread { name, shared, directives } => {
            nested = directives;
            let text = label("thread", Some(name.name()));
            let (name, shared) = (text_of(name), shared.map(text_of));
            (text, Action::Thread { name, shared, steps: 0 }, Expect::Success)
        }
        DirectiveKind::Wait(thread) => {
            (label("wait", Some(thread.name())), Action::Wait { thread: text_of(thread) }, Expect::Success)
        }
        DirectiveKind::Meta(word) => {
            (word.into(), Action::Unsupported(format!("the interpreter's command `{word}`")), Expect::Success)
        }
    };
    let at = steps.len();
    steps.push(ScriptStep { index: index.clone(), line, text, action, source, expect });
    for (i, directive) in nested.into_iter().enumerate() {
        push(directive, format!("{index}.{i}"), lines, steps);
    }
    count_nested(steps, at);
}

/// Sets the number of steps after the one at `at`, all of which are nested in it.
pub fn count_nested(steps: &mut [ScriptStep<'_>], at: usize) {
    let nested = steps.len() - at - 1;
    if let Action::Thread { steps, .. } = &mut steps[at].action {
        *steps = nested;
    }
}

fn text_of(id: Id<'_>) -> String {
    id.name().to_string()
}

/// A directive's text: its kind, and the name that it invokes or defines.
pub fn label(kind: &str, name: Option<&str>) -> String {
    match name {
        // A name may hold anything; a record's line may not hold line breaks.
        Some(name) if !name.is_empty() => format!("{kind} {}", name.escape_debug()),
        _ => kind.to_string(),
    }
}

fn invoke(call: WastInvoke<'_>) -> (String, Action) {
    let name = call.name.to_string();
    let args = call.args.iter().map(|arg| match arg {
        WastArg::Core(arg) => Arg::of(arg),
        other => unreachable!("not a value of the core language: {other:?}"),
    });
    (name.clone(), Action::Invoke { module: call.module.map(text_of), name, args: args.collect() })
}

/// The action, and the name that it invokes or defines; a module in it goes to `source`.
fn execute<'a>(action: grammar::Action<'a>, source: &mut Option<Source<'a>>) -> (String, Action) {
    match action {
        grammar::Action::Invoke(call) => invoke(call),
        grammar::Action::OfComponent(name) => (name.into(), Action::Unsupported(COMPONENT.into())),
        grammar::Action::Module(form) => ("module".into(), instantiate(form, source)),
        grammar::Action::Get { module, global } => {
            (global.to_string(), Action::Get { module: module.map(text_of), global: global.to_string() })
        }
    }
}

/// An instantiation that does not become the current instance.
fn instantiate<'a>(form: ModuleDirective<'a>, source: &mut Option<Source<'a>>) -> Action {
    match form {
        ModuleDirective::Text(module) | ModuleDirective::Definition(module) => {
            *source = Some(Source::of(module.text));
            Action::Anonymous
        }
        ModuleDirective::Instance { module, .. } => Action::AnonymousInstance { module: module.map(text_of) },
    }
}

impl<'a> Source<'a> {
    fn of(text: Option<QuoteWat<'a>>) -> Source<'a> {
        text.map_or_else(
            || Source::unsupported(COMPONENT.into()),
            |text| Source { form: ModuleForm::Wast(text), custom: false },
        )
    }

    /// A module that is not read, for this reason.
    pub fn unsupported(what: String) -> Source<'a> {
        Source { form: ModuleForm::Unsupported(what), custom: false }
    }

    /// A module that is already binary.
    pub fn binary(bytes: Vec<u8>) -> Source<'a> {
        Source { form: ModuleForm::Binary(bytes), custom: false }
    }

    /// A module as quoted text. If the text is not a module, it is malformed.
    pub fn text(bytes: Vec<u8>) -> Source<'a> {
        Source { form: ModuleForm::Text(bytes), custom: false }
    }

    /// Requires annotations and custom sections to be correct as well.
    pub fn with_custom(self) -> Source<'a> {
        Source { custom: true, ..self }
    }

    /// Encodes, decodes and validates the module.
    pub fn prepare(&mut self, language: &Language) -> PreparedModule {
        let (bytes, textual) = match self.encoded(language) {
            Ok(encoded) => encoded,
            Err(refused) => return refused,
        };
        let checked = Module::new(&bytes, language.features).and_then(|module| {
            if self.custom {
                check_custom_sections(&module)?;
            }
            Ok(module)
        });
        match checked {
            Ok(module) => PreparedModule::Module(Arc::new(module)),
            Err(e) => {
                let (phase, message) =
                    if textual { messages::text_decode_error(e, &bytes) } else { (e.phase, e.message) };
                rejected(phase, dialect::rejection(language, message, &bytes), language)
            }
        }
    }

    /// The module in binary form, neither decoded nor validated, and whether it was encoded from text.
    ///
    /// # Errors
    /// The text has no binary form.
    pub fn encoded(&mut self, language: &Language) -> Result<(Vec<u8>, bool), PreparedModule> {
        self.encode(language).map_err(|refused| match refused {
            Refused::Malformed(message) => rejected(Phase::Malformed, message, language),
            Refused::Misread(message) => rejected(Phase::MalformedCustom, message, language),
            Refused::Unsupported(what) => PreparedModule::Unsupported(what),
            // Other tools' runners ignore why a text cannot be encoded.
            Refused::Error(message) if language.dialect != Dialect::Spec => {
                rejected(Phase::Malformed, message, language)
            }
            Refused::Error(message) => PreparedModule::Error(message),
        })
    }

    fn encode(&mut self, language: &Language) -> Result<(Vec<u8>, bool), Refused> {
        match &mut self.form {
            ModuleForm::Unsupported(what) => Err(Refused::Unsupported(what.clone())),
            ModuleForm::Wast(QuoteWat::Wat(Wat::Component(_)) | QuoteWat::QuoteComponent(..)) => {
                Err(Refused::Unsupported(COMPONENT.into()))
            }
            ModuleForm::Wast(QuoteWat::Wat(wat)) => {
                let textual = matches!(wat, Wat::Module(module) if matches!(module.kind, ModuleKind::Text(_)));
                encode_wat(wat, "", language.dialect).map(|bytes| (bytes, textual))
            }
            // Strings are concatenated unchanged. (`wast` would put spaces in between.)
            ModuleForm::Wast(QuoteWat::QuoteModule(_, strings)) => {
                let text = strings.iter().flat_map(|(_, string)| *string).copied().collect();
                encode_text(text, self.custom, language)
            }
            ModuleForm::Binary(bytes) => Ok((bytes.clone(), false)),
            ModuleForm::Text(text) => encode_text(text.clone(), self.custom, language),
        }
    }
}

fn rejected(phase: Phase, message: String, language: &Language) -> PreparedModule {
    PreparedModule::Rejected(phase, Rejection::new(one_line(&message).into_owned(), language.words()))
}

/// Why a module could not be encoded.
enum Refused {
    Malformed(String),
    /// The problem of an annotation.
    Misread(String),
    Unsupported(String),
    /// The text format's encoder failed in a way that no table covers.
    Error(String),
}

/// Parses and encodes quoted text. `custom`: its annotations have to be correct as well.
fn encode_text(text: Vec<u8>, custom: bool, language: &Language) -> Result<(Vec<u8>, bool), Refused> {
    let text = String::from_utf8(text).map_err(|_| Refused::Malformed("malformed UTF-8 encoding".to_string()))?;
    let misplaced = syntax::check(&text, language).err();
    let readable = readable(&text, language).map_err(|e| Refused::Malformed(e.message))?;
    if let Some(misplaced) = misplaced {
        // The earliest problem is the one that is reported.
        let before = parse_error(readable.text()).map(|e| readable.located(&e));
        let earlier = before.filter(|e| e.span().offset() < misplaced.offset);
        return Err(Refused::Malformed(match earlier {
            Some(e) => messages::text_parse_error(&e, &text),
            None => misplaced.message,
        }));
    }
    let text = readable.text();
    let encoded = parse_and_encode(text, language.dialect);
    match encoded {
        // If the text is not a module at all, that takes precedence.
        Ok(encoded) if custom => match annotations::check(text) {
            Ok(()) => Ok(encoded),
            Err(e) => Err(Refused::Misread(e.to_string())),
        },
        // A parse error in an annotation does not reject the module, except in the dialect of wasm-tools.
        Err(Refused::Malformed(message))
            if language.dialect != Dialect::WasmTools
                && annotations::blanked(text).is_some_and(|rest| parse_and_encode(&rest, language.dialect).is_ok()) =>
        {
            Err(Refused::Misread(annotations::check(text).err().map_or(message, |e| e.to_string())))
        }
        encoded => encoded,
    }
}

/// Why a text does not parse, if it does not.
fn parse_error(text: &str) -> Option<wast::Error> {
    let buffer = match text::tokens(text) {
        Ok(buffer) => buffer,
        Err(e) => return Some(e),
    };
    wast::parser::parse::<Wat<'_>>(&buffer).err()
}

fn parse_and_encode(text: &str, dialect: Dialect) -> Result<(Vec<u8>, bool), Refused> {
    let malformed = |e: wast::Error| Refused::Malformed(messages::text_parse_error(&e, text));
    if is_blank(text) {
        return Ok((text::empty_module(), true));
    }
    let buffer = text::tokens(text).map_err(malformed)?;
    let mut wat = wast::parser::parse::<Wat<'_>>(&buffer).map_err(malformed)?;
    let textual = matches!(&wat, Wat::Module(module) if matches!(module.kind, ModuleKind::Text(_)));
    if !textual && dialect == Dialect::Spec {
        return Err(Refused::Malformed(
            "unexpected token (neither a binary module nor a component is text of a module)".into(),
        ));
    }
    encode_wat(&mut wat, text, dialect).map(|bytes| (bytes, textual))
}

/// Encodes a module that was parsed. `text` is its source, if that is available.
fn encode_wat(wat: &mut Wat<'_>, text: &str, dialect: Dialect) -> Result<Vec<u8>, Refused> {
    let misplaced = match wat {
        Wat::Module(module) => misplaced_import(module, dialect),
        Wat::Component(_) => None,
    };
    if dialect == Dialect::Spec
        && let Wat::Module(module) = wat
    {
        set_open_types_apart(module);
    }
    let encoded = wat.encode();
    match (encoded, misplaced) {
        (Err(e), _) if !e.message().starts_with("import after ") => match messages::text_encode_error(&e, text) {
            Some(message) => Err(Refused::Malformed(dialect.with(message, &e.message()))),
            None => Err(Refused::Error(format!("cannot be encoded: {}", e.message()))),
        },
        (_, Some(kind)) => Err(Refused::Malformed(format!("import after {kind} definition"))),
        (encoded, None) => encoded.map_err(|e| Refused::Error(format!("cannot be encoded: {}", e.message()))),
    }
}

/// Puts each function type that is open, or a subtype, into its own recursion group, which it forms anyway. A function without a
/// type use has the first type that is neither; `wast` takes any type, except those in such groups.
fn set_open_types_apart(module: &mut wast::core::Module<'_>) {
    use wast::core::{InnerTypeKind, ModuleField, Rec};
    let ModuleKind::Text(fields) = &mut module.kind else { return };
    for field in fields {
        if let ModuleField::Type(ty) = field
            && matches!(ty.def.kind, InnerTypeKind::Func(_))
            && (ty.def.final_type == Some(false) || !ty.def.parents.is_empty())
        {
            let rec = Rec { span: ty.span, types: Vec::new() };
            if let ModuleField::Type(ty) = std::mem::replace(field, ModuleField::Rec(rec))
                && let ModuleField::Rec(rec) = field
            {
                rec.types.push(ty);
            }
        }
    }
}

/// The kind of the last definition before an import, if there is one: imports must come first. Runners that leave this check to
/// the crate `wast` do not notice tags.
fn misplaced_import(module: &wast::core::Module<'_>, dialect: Dialect) -> Option<&'static str> {
    use wast::core::{FuncKind, GlobalKind, MemoryKind, ModuleField, TableKind, TagKind};
    let ModuleKind::Text(fields) = &module.kind else { return None };
    let mut imported = false;
    for field in fields.iter().rev() {
        let (imports, kind) = match field {
            ModuleField::Import(_) => (true, ""),
            ModuleField::Func(func) => (matches!(func.kind, FuncKind::Import(..)), "function"),
            ModuleField::Table(table) => (matches!(table.kind, TableKind::Import { .. }), "table"),
            ModuleField::Memory(memory) => (matches!(memory.kind, MemoryKind::Import { .. }), "memory"),
            ModuleField::Global(global) => (matches!(global.kind, GlobalKind::Import(_)), "global"),
            ModuleField::Tag(tag) => (matches!(tag.kind, TagKind::Import(_)), "tag"),
            _ => continue,
        };
        if !imports && imported && (kind != "tag" || dialect == Dialect::Spec) {
            return Some(kind);
        }
        imported |= imports;
    }
    None
}

#[cfg(test)]
mod tests;
