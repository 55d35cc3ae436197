//! The grammar of scripts, as in the specification's interpreter. `wast` parses modules, invocations and values. Its own grammar
//! of directives lacks some of the specification's forms, so directives are parsed here.

use crate::conformance::outcome::pattern::{Pattern, PatternError};
use wast::core::WastRetCore;
use wast::parser::{Cursor, Parse, Parser, Result};
use wast::token::{Id, Span};
use wast::{QuoteWat, WastDirective, WastInvoke, Wat};

/// A script: directives, or the fields of a single module.
pub struct Script<'a> {
    /// The directives, in their order.
    pub directives: Vec<Directive<'a>>,
}

/// One directive.
pub struct Directive<'a> {
    /// Its position in the text.
    pub span: Span,
    /// Its content.
    pub kind: DirectiveKind<'a>,
}

/// A directive as it was parsed.
pub enum DirectiveKind<'a> {
    /// `module`.
    Module(ModuleDirective<'a>),
    /// `register`.
    Register { name: &'a str, module: Option<Id<'a>> },
    /// An action without an expectation.
    Action(Action<'a>),
    /// The module is rejected: the assertion's keyword, the module and the message.
    Rejected(&'a str, Text<'a>, &'a str),
    /// `assert_unlinkable`: the module and the message.
    Unlinkable(ModuleDirective<'a>, &'a str),
    /// `assert_return`: the action and its results; `Err` says why one cannot be read.
    Return(Action<'a>, Vec<std::result::Result<Pattern, PatternError>>),
    /// `assert_trap`: the action and the message.
    Trap(Action<'a>, &'a str),
    /// `assert_exhaustion`: the action and the message.
    Exhaustion(Action<'a>, &'a str),
    /// `assert_suspension`: the action and the message.
    Suspension(Action<'a>, &'a str),
    /// `assert_exception`.
    Exception(Action<'a>),
    /// `thread`.
    Thread { name: Id<'a>, shared: Option<Id<'a>>, directives: Vec<Directive<'a>> },
    /// `wait`.
    Wait(Id<'a>),
    /// A command to the specification's interpreter itself: `script`, `input` or `output`.
    Meta(&'a str),
}

/// A module in the text or binary format, or quoted.
pub struct Text<'a> {
    /// The identifier of the module.
    pub name: Option<Id<'a>>,
    /// The text; `None` for a component.
    pub text: Option<QuoteWat<'a>>,
}

/// The content of a directive `module`.
pub enum ModuleDirective<'a> {
    /// A module, which is instantiated.
    Text(Text<'a>),
    /// `definition`: a module, which is not instantiated.
    Definition(Text<'a>),
    /// `instance`: an instance of a definition.
    Instance { instance: Option<Id<'a>>, module: Option<Id<'a>> },
}

/// The action of an assertion.
pub enum Action<'a> {
    /// `invoke`.
    Invoke(WastInvoke<'a>),
    /// `invoke` of this function with values that only components have.
    OfComponent(&'a str),
    /// `get`.
    Get { module: Option<Id<'a>>, global: &'a str },
    /// A module that is instantiated.
    Module(ModuleDirective<'a>),
}

/// The keywords that begin a directive.
const DIRECTIVES: [&str; 10] =
    ["module", "component", "register", "invoke", "get", "thread", "wait", "script", "input", "output"];

impl<'a> Parse<'a> for Script<'a> {
    fn parse(parser: Parser<'a>) -> Result<Self> {
        let _registered = [
            parser.register_annotation("custom"),
            parser.register_annotation("producers"),
            parser.register_annotation("name"),
            parser.register_annotation("dylink.0"),
            parser.register_annotation("metadata.code.branch_hint"),
        ];
        let first = parser.step(|c| {
            let word = match c.lparen()? {
                Some(inside) => inside.keyword()?.map(|(word, _)| word),
                None => None,
            };
            Ok((word, c))
        })?;
        let inline = first.is_some_and(|word| !word.starts_with("assert_") && !DIRECTIVES.contains(&word));
        let mut directives = Vec::new();
        if inline {
            let text = Some(QuoteWat::Wat(parser.parse::<Wat<'a>>()?));
            let kind = DirectiveKind::Module(ModuleDirective::Text(Text { name: None, text }));
            directives.push(Directive { span: Span::from_offset(0), kind });
        }
        while !parser.is_empty() {
            directives.push(parser.parens(|p| p.parse())?);
        }
        Ok(Script { directives })
    }
}

impl<'a> Parse<'a> for Directive<'a> {
    fn parse(parser: Parser<'a>) -> Result<Self> {
        let span = parser.cur_span();
        let kind = match next_word(parser)? {
            Some("module" | "component") => DirectiveKind::Module(form(parser)?),
            Some("invoke" | "get") => DirectiveKind::Action(action(parser)?),
            Some(_) => directive(take_word(parser)?, parser, span)?,
            None => return Err(parser.error("expected a directive")),
        };
        Ok(Directive { span, kind })
    }
}

/// The keywords of values that only components have, as arguments and as results.
const COMPONENT_VALUES: [&str; 22] = [
    "bool.const",
    "u8.const",
    "s8.const",
    "u16.const",
    "s16.const",
    "u32.const",
    "s32.const",
    "u64.const",
    "s64.const",
    "char.const",
    "str.const",
    "list.const",
    "map.const",
    "record.const",
    "tuple.const",
    "variant.const",
    "enum.const",
    "option.none",
    "option.some",
    "result.ok",
    "result.err",
    "flags.const",
];

/// Whether one of the values in the enclosing parentheses is a component's.
fn has_component_value(mut c: Cursor<'_>) -> Result<bool> {
    let mut depth = 0u32;
    loop {
        c = match (c.lparen()?, c.rparen()?) {
            (Some(rest), _) => {
                if depth == 0 && rest.keyword()?.is_some_and(|(word, _)| COMPONENT_VALUES.contains(&word)) {
                    return Ok(true);
                }
                depth += 1;
                rest
            }
            (None, Some(_)) if depth == 0 => return Ok(false),
            (None, Some(rest)) => {
                depth -= 1;
                rest
            }
            (None, None) => any_token(c)?,
        };
    }
}

/// The content of a directive after its keyword.
fn directive<'a>(word: &'a str, parser: Parser<'a>, span: Span) -> Result<DirectiveKind<'a>> {
    Ok(match word {
        "register" => DirectiveKind::Register { name: parser.parse()?, module: parser.parse()? },
        "assert_malformed" | "assert_invalid" | "assert_malformed_custom" | "assert_invalid_custom" => {
            let span = parser.cur_span();
            match parser.parens(form)? {
                ModuleDirective::Text(text) | ModuleDirective::Definition(text) => {
                    DirectiveKind::Rejected(word, text, parser.parse()?)
                }
                ModuleDirective::Instance { .. } => {
                    return Err(parser.error_at(span, "expected a module, not an instance"));
                }
            }
        }
        "assert_unlinkable" => DirectiveKind::Unlinkable(parser.parens(instantiation)?, parser.parse()?),
        "assert_return" => {
            let action = parser.parens(action)?;
            let mut results = Vec::new();
            while !parser.is_empty() {
                results.push(parser.parens(result)?);
            }
            DirectiveKind::Return(action, results)
        }
        "assert_trap" => DirectiveKind::Trap(parser.parens(action)?, parser.parse()?),
        "assert_exhaustion" => DirectiveKind::Exhaustion(parser.parens(action)?, parser.parse()?),
        "assert_suspension" => DirectiveKind::Suspension(parser.parens(action)?, parser.parse()?),
        "assert_exception" => DirectiveKind::Exception(parser.parens(action)?),
        "thread" => {
            if parser.parens_depth() > 100 {
                return Err(parser.error("threads are nested too deeply"));
            }
            let name = parser.parse()?;
            let shared = if parser.step(|c| Ok((opens(c, "shared")?, c)))? {
                Some(parser.parens(|p| {
                    take_word(p)?;
                    p.parens(|p| match take_word(p)? {
                        "module" => p.parse(),
                        _ => Err(p.error_at(p.prev_span(), "expected `module`")),
                    })
                })?)
            } else {
                None
            };
            let mut directives = Vec::new();
            while !parser.is_empty() {
                directives.push(parser.parens(|p| p.parse())?);
            }
            DirectiveKind::Thread { name, shared, directives }
        }
        "wait" => DirectiveKind::Wait(parser.parse()?),
        "script" | "input" | "output" => {
            skip_rest(parser)?;
            DirectiveKind::Meta(word)
        }
        _ => return Err(parser.error_at(span, format!("unknown directive `{word}`"))),
    })
}

/// The keyword that comes next, if there is one.
fn next_word(parser: Parser<'_>) -> Result<Option<&str>> {
    parser.step(|c| Ok((c.keyword()?.map(|(word, _)| word), c)))
}

fn take_word(parser: Parser<'_>) -> Result<&str> {
    parser.step(|c| match c.keyword()? {
        Some((word, rest)) => Ok((word, rest)),
        None => Err(c.error("expected a keyword")),
    })
}

fn opens(cursor: Cursor<'_>, word: &str) -> Result<bool> {
    let Some(inside) = cursor.lparen()? else { return Ok(false) };
    Ok(inside.keyword()?.is_some_and(|(found, _)| found == word))
}

/// Skips everything that is left in the enclosing parentheses.
fn skip_rest(parser: Parser<'_>) -> Result<()> {
    parser.step(|mut c| {
        let mut depth = 0u32;
        loop {
            c = match (c.lparen()?, c.rparen()?) {
                (Some(rest), _) => {
                    depth += 1;
                    rest
                }
                (None, Some(_)) if depth == 0 => return Ok(((), c)),
                (None, Some(rest)) => {
                    depth -= 1;
                    rest
                }
                (None, None) => any_token(c)?,
            };
        }
    })
}

/// Skips a token that is not a parenthesis.
fn any_token(c: Cursor<'_>) -> Result<Cursor<'_>> {
    if let Some((_, rest)) = c.keyword()? {
        Ok(rest)
    } else if let Some((_, rest)) = c.id()? {
        Ok(rest)
    } else if let Some((_, rest)) = c.string()? {
        Ok(rest)
    } else if let Some((_, rest)) = c.integer()? {
        Ok(rest)
    } else if let Some((_, rest)) = c.float()? {
        Ok(rest)
    } else if let Some((_, rest)) = c.reserved()? {
        Ok(rest)
    } else if let Some((_, rest)) = c.annotation()? {
        Ok(rest)
    } else {
        Err(c.error("unexpected end of the script"))
    }
}

/// The form that `form` will find.
enum Ahead {
    Component,
    Instance,
    /// Whether it is a definition.
    Quoted(bool),
    Other,
}

fn ahead(c: Cursor<'_>) -> Result<Ahead> {
    let mut c = match c.keyword()? {
        Some(("module", rest)) => rest,
        Some(("component", _)) => return Ok(Ahead::Component),
        _ => return Ok(Ahead::Other),
    };
    let mut definition = false;
    match c.keyword()? {
        Some(("instance", _)) => return Ok(Ahead::Instance),
        Some(("definition", rest)) => (definition, c) = (true, rest),
        _ => {}
    }
    if let Some((_, rest)) = c.id()? {
        c = rest;
    }
    Ok(match c.keyword()? {
        Some(("quote", _)) => Ahead::Quoted(definition),
        _ => Ahead::Other,
    })
}

/// A module, a definition or an instance, from its keyword on.
fn form<'a>(parser: Parser<'a>) -> Result<ModuleDirective<'a>> {
    match parser.step(|c| Ok((ahead(c)?, c)))? {
        Ahead::Component => component(parser),
        Ahead::Instance => {
            take_word(parser)?;
            take_word(parser)?;
            let (first, second): (Option<Id<'a>>, Option<Id<'a>>) = (parser.parse()?, parser.parse()?);
            // A single name belongs to the module.
            Ok(match second {
                Some(module) => ModuleDirective::Instance { instance: first, module: Some(module) },
                None => ModuleDirective::Instance { instance: None, module: first },
            })
        }
        Ahead::Quoted(definition) => {
            take_word(parser)?;
            if definition {
                take_word(parser)?;
            }
            let name = parser.parse()?;
            take_word(parser)?;
            let span = parser.prev_span();
            let mut strings = Vec::new();
            while !parser.is_empty() {
                strings.push((parser.cur_span(), parser.parse::<&[u8]>()?));
            }
            let text = Text { name, text: Some(QuoteWat::QuoteModule(span, strings)) };
            Ok(if definition { ModuleDirective::Definition(text) } else { ModuleDirective::Text(text) })
        }
        Ahead::Other => {
            let named = |text: QuoteWat<'a>| Text { name: text.name(), text: Some(text) };
            match parser.parse::<WastDirective<'a>>()? {
                WastDirective::Module(text) => Ok(ModuleDirective::Text(named(text))),
                WastDirective::ModuleDefinition(text) => Ok(ModuleDirective::Definition(named(text))),
                other => Err(parser.error_at(other.span(), "expected a module")),
            }
        }
    }
}

/// A component, from its keyword on. Components are not run here, so nothing in it is read, and what follows it is judged as
/// usual.
fn component<'a>(parser: Parser<'a>) -> Result<ModuleDirective<'a>> {
    take_word(parser)?;
    let word = next_word(parser)?.filter(|word| ["definition", "instance"].contains(word));
    if word.is_some() {
        take_word(parser)?;
    }
    let name = parser.parse()?;
    if word == Some("instance") {
        return Ok(ModuleDirective::Instance { instance: name, module: parser.parse()? });
    }
    skip_rest(parser)?;
    let text = Text { name, text: None };
    Ok(if word.is_some() { ModuleDirective::Definition(text) } else { ModuleDirective::Text(text) })
}

/// A module that is instantiated immediately.
fn instantiation<'a>(parser: Parser<'a>) -> Result<ModuleDirective<'a>> {
    let span = parser.cur_span();
    match form(parser)? {
        ModuleDirective::Definition(_) => Err(parser.error_at(span, "misplaced module definition")),
        form => Ok(form),
    }
}

fn action<'a>(parser: Parser<'a>) -> Result<Action<'a>> {
    match next_word(parser)? {
        Some("invoke") if parser.step(|c| Ok((has_component_value(c)?, c)))? => {
            take_word(parser)?;
            let (_, name): (Option<Id<'a>>, &'a str) = (parser.parse()?, parser.parse()?);
            skip_rest(parser)?;
            Ok(Action::OfComponent(name))
        }
        Some("invoke") => Ok(Action::Invoke(parser.parse()?)),
        Some("get") => {
            take_word(parser)?;
            Ok(Action::Get { module: parser.parse()?, global: parser.parse()? })
        }
        Some("module" | "component") => Ok(Action::Module(instantiation(parser)?)),
        _ => Err(parser.error("expected `invoke`, `get` or `module`")),
    }
}

/// An expected result. `Err` says why it cannot be judged.
fn result(parser: Parser<'_>) -> Result<std::result::Result<Pattern, PatternError>> {
    match next_word(parser)? {
        Some("ref.exn") => {
            take_word(parser)?;
            Ok(Ok(Pattern::RefExn))
        }
        Some("ref.cont") => {
            take_word(parser)?;
            Ok(Ok(Pattern::RefCont))
        }
        Some("ref") => {
            take_word(parser)?;
            Ok(Ok(Pattern::RefAny))
        }
        // A type index is not accepted where `wast` expects a heap type.
        Some("ref.null") => {
            take_word(parser)?;
            let heap = if parser.is_empty() { None } else { Some(parser.parse()?) };
            Ok(Pattern::of(&WastRetCore::RefNull(heap)))
        }
        Some("either") => {
            take_word(parser)?;
            if parser.parens_depth() > 100 {
                return Err(parser.error("alternatives are nested too deeply"));
            }
            let mut arms = Vec::new();
            while !parser.is_empty() || arms.is_empty() {
                arms.push(parser.parens(result)?);
            }
            Ok(arms.into_iter().collect::<std::result::Result<_, _>>().map(Pattern::Either))
        }
        Some(word) if COMPONENT_VALUES.contains(&word) => {
            skip_rest(parser)?;
            Ok(Err(PatternError::Component))
        }
        _ => Ok(Pattern::of(&parser.parse::<WastRetCore<'_>>()?)),
    }
}
