//! Scripts in JSON, as wabt's `wast2json` and the crate `json-from-wast` write them: a second way to get the steps that
//! [`super::script`] makes from the text format.
//!
//! A script is `{"source_filename": …, "commands": [{"type": "assert_return", "line": 7, …}, …]}`; its modules are files beside
//! it, binary or text. The two writers differ little: wabt keeps the `$` of names and writes each byte outside ASCII as `\u00xx`;
//! it writes `either` in place of `expected`, and an expected `(ref.func)` as function 0. Numbers are decimal strings, floats by
//! their bits.
//!
//! Lines are those of the script that the JSON was made from. Unknown fields are errors, and so are known fields where they have
//! no meaning. Unknown commands, with their contents, and calls with values of unknown types are steps with
//! [`Action::Unsupported`]; results of such types are [`Expect::Unjudged`].

use super::error::ScriptError;
use super::files::regular;
use super::files::{CHANGED, hash};
use super::script::{Action, ScriptStep, Source, count_nested, label};
use crate::conformance::outcome::Expect;
use crate::conformance::outcome::numbers::VectorShape;
use crate::conformance::outcome::pattern::{Arg, Hierarchy, Lane, Pattern};
use crate::text::{bytes_without_mark, one_line};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The maximum nesting depth of threads: parsing the script as a tree of JSON is recursive, too.
const MOST_NESTED: usize = 50;

/// The module files of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder {
    /// The path of the folder.
    pub path: PathBuf,
    /// Their hashes ([`hash`]) when the script was selected, by the names that it gives them; a file with other contents is not
    /// run. `None` if they may be anything.
    pub digests: Option<BTreeMap<String, String>>,
}

/// The names of the module files that a script mentions; empty if it is not a script.
pub fn module_files(text: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Command {
        filename: Option<String>,
        commands: Option<Vec<Command>>,
    }
    fn collect(command: Command, names: &mut Vec<String>) {
        names.extend(command.filename);
        command.commands.into_iter().flatten().for_each(|nested| collect(nested, names));
    }
    let mut names = Vec::new();
    if let Ok(script) = serde_json::from_str(&with_commas(text)) {
        collect(script, &mut names);
    }
    names
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Script<'a> {
    #[serde(default, rename = "source_filename")]
    _source: Option<String>,
    #[serde(borrow)]
    commands: Vec<&'a RawValue>,
}

/// The fields of all types of commands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Command<'a> {
    #[serde(rename = "type")]
    kind: String,
    line: u32,
    name: Option<String>,
    filename: Option<String>,
    module_type: Option<String>,
    /// The binary of a text module; we read the text.
    binary_filename: Option<String>,
    text: Option<String>,
    action: Option<Call>,
    expected: Option<Vec<Const>>,
    either: Option<Vec<Const>>,
    #[serde(rename = "as")]
    registered: Option<String>,
    instance: Option<String>,
    module: Option<String>,
    thread: Option<String>,
    shared_module: Option<String>,
    #[serde(borrow)]
    commands: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    #[serde(rename = "type")]
    kind: String,
    module: Option<String>,
    field: String,
    args: Option<Vec<Const>>,
}

/// An argument or an expected result.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Const {
    #[serde(rename = "type")]
    kind: String,
    lane_type: Option<String>,
    value: Option<Value>,
    values: Option<Vec<Const>>,
}

/// The name of an optional field that is present but was not taken, if there is one.
fn left_over<'f>(fields: &[(&'f str, bool)]) -> Option<&'f str> {
    fields.iter().find(|(_, there)| *there).map(|(name, _)| *name)
}

impl Command<'_> {
    /// A field that has no meaning in a command of this type, once the others have been taken.
    fn left_over(&self) -> Option<&'static str> {
        // Every field is named, so that none is forgotten.
        let Command {
            kind: _,
            line: _,
            name,
            filename,
            module_type,
            binary_filename,
            text,
            action,
            expected,
            either,
            registered,
            instance,
            module,
            thread,
            shared_module,
            commands,
        } = self;
        left_over(&[
            ("name", name.is_some()),
            ("filename", filename.is_some()),
            ("module_type", module_type.is_some()),
            ("binary_filename", binary_filename.is_some()),
            ("text", text.is_some()),
            ("action", action.is_some()),
            ("expected", expected.is_some()),
            ("either", either.is_some()),
            ("as", registered.is_some()),
            ("instance", instance.is_some()),
            ("module", module.is_some()),
            ("thread", thread.is_some()),
            ("shared_module", shared_module.is_some()),
            ("commands", commands.is_some() && self.kind != "thread"),
        ])
    }
}

/// The value of a reference, without its type.
enum Given {
    Nothing,
    Null,
    Number(u32),
    /// The index of a function, as json-from-wast writes it.
    Index(u32),
}

/// Why a value cannot be read.
enum CommandError {
    /// The value has an unknown type.
    Unsupported(String),
    Wrong(String),
}

impl CommandError {
    /// The error for a thing of an unknown type, which may be any text.
    fn unsupported(thing: &str, ty: &str) -> CommandError {
        CommandError::Unsupported(format!("{thing} '{}'", ty.escape_debug()))
    }
}

/// A position in a text.
struct JsonPlace<'t> {
    text: &'t str,
    /// The byte offset of the command under way.
    offset: usize,
}

impl JsonPlace<'_> {
    /// The 1-based line and column of the command.
    fn position(&self) -> (u32, u32) {
        let before = &self.text[..self.offset];
        let start = before.rfind('\n').map_or(0, |n| n + 1);
        (before.matches('\n').count() as u32 + 1, (self.offset - start) as u32 + 1)
    }

    fn error(&self, message: impl Into<String>) -> ScriptError {
        let (line, column) = self.position();
        ScriptError { line, column, message: one_line(&message.into()).into_owned() }
    }

    /// An error of the JSON parser, whose position counts from the command.
    fn within(&self, e: &serde_json::Error) -> ScriptError {
        let (line, column) = self.position();
        let inner = e.to_string();
        let message = inner.rsplit_once(" at line ").map_or(inner.as_str(), |(message, _)| message);
        let message = one_line(message).into_owned();
        let (down, across) = (e.line().max(1) as u32 - 1, e.column() as u32);
        ScriptError { line: line + down, column: if down == 0 { column + across.max(1) - 1 } else { across }, message }
    }
}

/// Reads a script into steps, nested ones after the command that holds them.
///
/// # Errors
/// The text is not JSON or not a script, a number is malformed, or a module's file cannot be read or has changed. The error has
/// the position in the JSON text.
pub fn parse(text: &str, folder: &Folder) -> Result<Vec<ScriptStep<'static>>, ScriptError> {
    let text = &*with_commas(text);
    let script: Script<'_> = serde_json::from_str(text).map_err(|e| JsonPlace { text, offset: 0 }.within(&e))?;
    if script.commands.is_empty() {
        return Err(JsonPlace { text, offset: 0 }.error("the script has no commands, so nothing would be judged"));
    }
    let reader = Reader { text, folder, ascii: text.is_ascii() };
    let mut steps = Vec::with_capacity(script.commands.len());
    for (i, command) in script.commands.iter().enumerate() {
        reader.push(command, i.to_string(), &mut steps)?;
    }
    Ok(steps)
}

/// Adds the commas that wabt leaves out between the types of several results if a call should trap (seen in 1.0.32). The sequence
/// cannot occur in valid JSON, not even within a string, where quotes are escaped.
fn with_commas(text: &str) -> Cow<'_, str> {
    const BETWEEN: &str = "}{\"type\"";
    if text.contains(BETWEEN) { Cow::Owned(text.replace(BETWEEN, "},{\"type\"")) } else { Cow::Borrowed(text) }
}

struct Reader<'t> {
    text: &'t str,
    folder: &'t Folder,
    /// Whether the text is all ASCII: then escapes may be bytes.
    ascii: bool,
}

impl Reader<'_> {
    fn push(&self, raw: &RawValue, index: String, steps: &mut Vec<ScriptStep<'static>>) -> Result<(), ScriptError> {
        let offset = raw.get().as_ptr() as usize - self.text.as_ptr() as usize;
        let place = JsonPlace { text: self.text, offset };
        let mut command: Command<'_> = serde_json::from_str(raw.get()).map_err(|e| place.within(&e))?;
        let mut source = None;
        let known = self.step(&mut command, &mut source).and_then(|step| match command.left_over() {
            Some(field) => {
                Err(CommandError::Wrong(format!("unexpected field `{field}` in command '{}'", command.kind)))
            }
            None => Ok(step),
        });
        let (text, action, expect) = match known {
            Ok(step) => step,
            Err(CommandError::Wrong(message)) => return Err(place.error(format!("command {index}: {message}"))),
            // The name is not needed: the command is not run.
            Err(CommandError::Unsupported(what)) => {
                source = None;
                (one_line(&command.kind).into_owned(), Action::Unsupported(what), Expect::Success)
            }
        };
        if index.matches('.').count() >= MOST_NESTED {
            return Err(place.error(format!("command {index}: threads are nested more than {MOST_NESTED} deep")));
        }
        let at = steps.len();
        steps.push(ScriptStep { index: index.clone(), line: command.line, text, action, source, expect });
        for (i, nested) in command.commands.iter().flatten().enumerate() {
            self.push(nested, format!("{index}.{i}"), steps)?;
        }
        // Nobody knows where or when they would run.
        if let Action::Unsupported(_) = steps[at].action {
            let (unknown, within) = steps[at..].split_first_mut().expect("just pushed");
            within.iter_mut().for_each(|step| (step.action, step.source) = (unknown.action.clone(), None));
        }
        count_nested(steps, at);
        Ok(())
    }

    /// A command as a step: its text, action and expectation. A module in it goes to `source`.
    fn step(
        &self,
        c: &mut Command<'_>,
        source: &mut Option<Source<'static>>,
    ) -> Result<(String, Action, Expect), CommandError> {
        let kind = c.kind.clone();
        let kind = kind.as_str();
        let asserted = |action: (String, Action), expect| (label(kind, Some(&action.0)), action.1, expect);
        Ok(match kind {
            "module" => {
                let name = c.name.take().map(id);
                *source = Some(self.module(c)?);
                let action = Action::Module { name: name.clone() };
                (label("module", name.as_deref()), action, Expect::Success)
            }
            "module_definition" => {
                let name = c.name.take().map(id);
                *source = Some(self.module(c)?);
                let action = Action::Definition { name: name.clone() };
                (label("module definition", name.as_deref()), action, Expect::Success)
            }
            "module_instance" => {
                let (instance, module) = (c.instance.take().map(id), c.module.take().map(id));
                let text = label("module instance", instance.as_deref());
                (text, Action::Instance { instance, module }, Expect::Success)
            }
            "register" => {
                let name = self.name(required(c.registered.take(), "as")?);
                let action = Action::Register { name: name.clone(), module: c.name.take().map(id) };
                (label("register", Some(&name)), action, Expect::Success)
            }
            "assert_malformed" => {
                *source = Some(self.module(c)?);
                (kind.into(), Action::Check, Expect::Malformed(required(c.text.take(), "text")?))
            }
            "assert_invalid" => {
                *source = Some(self.module(c)?);
                (kind.into(), Action::Check, Expect::Invalid(required(c.text.take(), "text")?))
            }
            "assert_malformed_custom" => {
                *source = Some(self.module(c)?.with_custom());
                (kind.into(), Action::Check, Expect::MalformedCustom(required(c.text.take(), "text")?))
            }
            "assert_invalid_custom" => {
                *source = Some(self.module(c)?.with_custom());
                (kind.into(), Action::Check, Expect::InvalidCustom(required(c.text.take(), "text")?))
            }
            "assert_unlinkable" => {
                *source = Some(self.module(c)?);
                (kind.into(), Action::Anonymous, Expect::Unlinkable(required(c.text.take(), "text")?))
            }
            // This is `(assert_trap (module …))` in the text format.
            "assert_uninstantiable" => {
                let expect = Expect::Trap(required(c.text.take(), "text")?);
                *source = Some(self.module(c)?);
                ("assert_trap module".into(), Action::Anonymous, expect)
            }
            "action" => {
                let call = required(c.action.take(), "action")?;
                let word = call.kind.clone();
                let (name, action) = self.action(call)?;
                types_alone(c)?;
                (label(&word, Some(&name)), action, Expect::Success)
            }
            "assert_return" => {
                let action = self.action(required(c.action.take(), "action")?)?;
                let patterns = match (c.expected.take(), c.either.take()) {
                    (Some(list), None) => list.iter().map(pattern).collect(),
                    (None, Some(arms)) => {
                        arms.iter().map(pattern).collect::<Result<_, _>>().map(|arms| vec![Pattern::Either(arms)])
                    }
                    (None, None) => return Err(CommandError::Wrong("missing field `expected`".into())),
                    (Some(_), Some(_)) => return Err(CommandError::Wrong("both `expected` and `either`".into())),
                };
                let expect = match patterns {
                    Ok(patterns) => Expect::Values(patterns),
                    Err(CommandError::Unsupported(what)) => Expect::Unjudged(what),
                    Err(wrong) => return Err(wrong),
                };
                asserted(action, expect)
            }
            // wabt wrote these before patterns had NaNs.
            "assert_return_canonical_nan" | "assert_return_arithmetic_nan" => {
                let lane = if kind.contains("canonical") { Lane::Canonical } else { Lane::Arithmetic };
                let action = self.action(required(c.action.take(), "action")?)?;
                let float = |c: &Const| match c.kind.as_str() {
                    _ if c.beyond(&[]).is_some() => Err(c.beside()),
                    "f32" => Ok(Pattern::F32(lane)),
                    "f64" => Ok(Pattern::F64(lane)),
                    other => Err(CommandError::Wrong(format!("a NaN of type '{other}'"))),
                };
                let expected = required(c.expected.take(), "expected")?;
                let patterns = expected.iter().map(float).collect::<Result<Vec<_>, _>>()?;
                (label("assert_return", Some(&action.0)), action.1, Expect::Values(patterns))
            }
            "assert_trap" => {
                let action = self.action(required(c.action.take(), "action")?)?;
                types_alone(c)?;
                asserted(action, Expect::Trap(required(c.text.take(), "text")?))
            }
            "assert_exhaustion" => {
                let action = self.action(required(c.action.take(), "action")?)?;
                types_alone(c)?;
                asserted(action, Expect::Exhaustion(required(c.text.take(), "text")?))
            }
            "assert_suspension" => {
                let action = self.action(required(c.action.take(), "action")?)?;
                types_alone(c)?;
                asserted(action, Expect::Suspension(required(c.text.take(), "text")?))
            }
            "assert_exception" => {
                let action = self.action(required(c.action.take(), "action")?)?;
                types_alone(c)?;
                asserted(action, Expect::Exception)
            }
            "thread" => {
                let name = id(required(c.name.take(), "name")?);
                required(c.commands.as_ref(), "commands")?;
                let shared = c.shared_module.take().map(id);
                (label("thread", Some(&name)), Action::Thread { name, shared, steps: 0 }, Expect::Success)
            }
            "wait" => {
                let name = id(required(c.thread.take(), "thread")?);
                (label("wait", Some(&name)), Action::Wait { thread: name }, Expect::Success)
            }
            other => return Err(CommandError::unsupported("the command", other)),
        })
    }

    /// Reads a module's file.
    fn module(&self, c: &mut Command<'_>) -> Result<Source<'static>, CommandError> {
        let name = required(c.filename.take(), "filename")?;
        let wrong = |what: &str| CommandError::Wrong(format!("{name}: {what}"));
        let bytes = regular(&self.folder.path.join(&name)).map_err(|e| wrong(&e.to_string()))?;
        if let Some(known) = self.folder.digests.as_ref().and_then(|all| all.get(&name))
            && *known != hash(&bytes)
        {
            return Err(wrong(CHANGED));
        }
        let textual = match c.module_type.take().as_deref() {
            Some("binary") => false,
            Some("text") => true,
            Some(other) => {
                c.binary_filename.take();
                return Ok(Source::unsupported(format!("the module type '{}'", other.escape_debug())));
            }
            None => name.ends_with(".wat"),
        };
        if textual {
            c.binary_filename.take();
        }
        // A file, unlike a text within a script, may begin with a byte order mark.
        Ok(if textual { Source::text(bytes_without_mark(&bytes).to_vec()) } else { Source::binary(bytes) })
    }

    /// The action, and the name of the export.
    fn action(&self, call: Call) -> Result<(String, Action), CommandError> {
        let (name, module) = (self.name(call.field), call.module.map(id));
        let action = match call.kind.as_str() {
            "invoke" => {
                let args = required(call.args, "args")?.iter().map(argument).collect::<Result<_, _>>()?;
                Action::Invoke { module, name: name.clone(), args }
            }
            "get" if call.args.is_some() => {
                return Err(CommandError::Wrong("unexpected field `args` in a 'get'".into()));
            }
            "get" => Action::Get { module, global: name.clone() },
            other => return Err(CommandError::unsupported("the action", other)),
        };
        Ok((name, action))
    }

    /// Decodes a name of an export or import. In a text without bytes outside ASCII, characters that are all bytes and together
    /// form UTF-8 stand for bytes: only wabt escapes them this way.
    /// together UTF-8 are bytes: only wabt escapes them this way.
    fn name(&self, text: String) -> String {
        if !self.ascii || text.is_ascii() {
            return text;
        }
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(text)
    }
}

fn required<T>(field: Option<T>, name: &str) -> Result<T, CommandError> {
    field.ok_or_else(|| CommandError::Wrong(format!("missing field `{name}`")))
}

/// A name that belongs to the script, without the `$` that wabt keeps.
fn id(name: String) -> String {
    name.strip_prefix('$').map(str::to_string).unwrap_or(name)
}

/// If no results are expected, wabt writes the types of those that there would be. They are not checked.
fn types_alone(c: &mut Command<'_>) -> Result<(), CommandError> {
    match c.expected.take().iter().flatten().find(|ty| ty.beyond(&[]).is_some()) {
        Some(ty) => Err(ty.beside()),
        None => Ok(()),
    }
}

impl Const {
    fn wrong(&self) -> CommandError {
        let value = self.value.as_ref().map_or("none".to_string(), Value::to_string);
        CommandError::Wrong(format!("{value} is not a value of type '{}'", self.kind))
    }

    fn unsupported(&self) -> CommandError {
        CommandError::unsupported("a value of type", &self.kind)
    }

    fn text(&self) -> Result<&str, CommandError> {
        self.value.as_ref().and_then(Value::as_str).ok_or_else(|| self.wrong())
    }

    /// The bits of an integer of this width, written signed or unsigned.
    fn integer(&self, text: &str, width: u32) -> Result<u64, CommandError> {
        let value: i128 = text.parse().map_err(|_| self.wrong())?;
        if value < -(1 << (width - 1)) || value >= 1 << width {
            return Err(self.wrong());
        }
        Ok(value as u64 & (u64::MAX >> (64 - width)))
    }

    fn float(&self, text: &str, width: u32) -> Result<Lane, CommandError> {
        match text {
            "nan:canonical" => Ok(Lane::Canonical),
            "nan:arithmetic" => Ok(Lane::Arithmetic),
            _ => Ok(Lane::Bits(self.integer(text, width)?)),
        }
    }

    fn lanes(&self) -> Result<(VectorShape, Vec<Lane>), CommandError> {
        let shape = match self.lane_type.as_deref() {
            Some("i8") => VectorShape::I8x16,
            Some("i16") => VectorShape::I16x8,
            Some("i32") => VectorShape::I32x4,
            Some("i64") => VectorShape::I64x2,
            Some("f32") => VectorShape::F32x4,
            Some("f64") => VectorShape::F64x2,
            Some(other) => return Err(CommandError::unsupported("lanes of type", other)),
            None => return Err(CommandError::Wrong("missing field `lane_type`".into())),
        };
        let width = shape.lane_bits();
        let list = self.value.as_ref().and_then(Value::as_array).ok_or_else(|| self.wrong())?;
        if list.len() as u32 * width != 128 {
            return Err(self.wrong());
        }
        let lane = |lane: &Value| {
            let text = lane.as_str().ok_or_else(|| self.wrong())?;
            match shape {
                VectorShape::F32x4 | VectorShape::F64x2 => self.float(text, width),
                _ => Ok(Lane::Bits(self.integer(text, width)?)),
            }
        };
        Ok((shape, list.iter().map(lane).collect::<Result<_, _>>()?))
    }

    /// A field that is present besides these.
    fn beyond(&self, known: &[&str]) -> Option<&'static str> {
        let fields = [
            ("lane_type", self.lane_type.is_some()),
            ("value", self.value.is_some()),
            ("values", self.values.is_some()),
        ];
        left_over(&fields.map(|(name, there)| (name, there && !known.contains(&name))))
    }

    /// Checks that only the fields of this type are present.
    fn only_its_fields(&self) -> Result<(), CommandError> {
        let known: &[&str] = match self.kind.as_str() {
            "v128" => &["lane_type", "value"],
            "either" => &["values"],
            _ => &["value"],
        };
        match self.beyond(known) {
            Some(field) => {
                Err(CommandError::Wrong(format!("unexpected field `{field}` in a value of type '{}'", self.kind)))
            }
            None => Ok(()),
        }
    }

    /// The error for a type with other fields, if it should have none.
    fn beside(&self) -> CommandError {
        let field = self.beyond(&[]).unwrap_or("type");
        CommandError::Wrong(format!(
            "unexpected field `{field}` beside the type '{}' of a result that is not compared",
            self.kind
        ))
    }

    /// The value of a reference.
    fn given(&self) -> Result<Given, CommandError> {
        match self.value.as_ref() {
            None => Ok(Given::Nothing),
            Some(Value::String(s)) if s == "null" => Ok(Given::Null),
            Some(Value::String(s)) => s.parse().map(Given::Number).map_err(|_| self.wrong()),
            Some(Value::Object(o)) if o.len() == 1 => {
                let index = o.get("index").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
                index.map(Given::Index).ok_or_else(|| self.wrong())
            }
            _ => Err(self.wrong()),
        }
    }

    /// The hierarchy of a reference type, if it has one.
    fn hierarchy(&self) -> Result<Option<Hierarchy>, CommandError> {
        Ok(Some(match self.kind.as_str() {
            "refnull" => return Ok(None),
            "nullref" | "anyref" | "eqref" | "structref" | "arrayref" | "i31ref" | "i31refshared" => Hierarchy::Any,
            "nullfuncref" | "funcref" => Hierarchy::Func,
            "nullexternref" | "externref" => Hierarchy::Extern,
            "nullexnref" | "exnref" => Hierarchy::Exn,
            "nullcontref" | "contref" => Hierarchy::Cont,
            _ => return Err(self.unsupported()),
        }))
    }

    /// Whether null is the only value of this type.
    fn is_null_alone(&self) -> bool {
        self.kind == "refnull" || self.kind.starts_with("null")
    }
}

fn argument(c: &Const) -> Result<Arg, CommandError> {
    let bits = |lane| match lane {
        Lane::Bits(bits) => Ok(bits),
        Lane::Canonical | Lane::Arithmetic => Err(c.wrong()),
    };
    let argument = match c.kind.as_str() {
        "i32" => Arg::I32(c.integer(c.text()?, 32)? as u32),
        "i64" => Arg::I64(c.integer(c.text()?, 64)?),
        "f32" => Arg::F32(bits(c.float(c.text()?, 32)?)? as u32),
        "f64" => Arg::F64(bits(c.float(c.text()?, 64)?)?),
        "v128" => {
            let (shape, lanes) = c.lanes()?;
            let mut value = 0;
            for (i, lane) in lanes.into_iter().enumerate() {
                value |= u128::from(bits(lane)?) << (i as u32 * shape.lane_bits());
            }
            Arg::V128(value)
        }
        kind => {
            let hierarchy = c.hierarchy()?;
            match (kind, c.given()?) {
                (_, Given::Null) => Arg::RefNull(hierarchy),
                // A script cannot pass any value of these types other than null.
                ("eqref" | "structref" | "arrayref" | "i31ref" | "i31refshared", Given::Nothing) => {
                    Arg::RefNull(hierarchy)
                }
                (_, Given::Nothing) if c.is_null_alone() => Arg::RefNull(hierarchy),
                ("externref", Given::Number(n)) => Arg::RefExtern(n),
                ("anyref", Given::Number(n)) => Arg::RefHost(n),
                ("funcref", Given::Number(_) | Given::Index(_)) | ("exnref" | "contref", Given::Number(_)) => {
                    return Err(CommandError::Unsupported(format!("an argument of type '{kind}' that is not null")));
                }
                _ => return Err(c.wrong()),
            }
        }
    };
    c.only_its_fields()?;
    Ok(argument)
}

fn pattern(c: &Const) -> Result<Pattern, CommandError> {
    let pattern = match c.kind.as_str() {
        "i32" => Pattern::I32(c.integer(c.text()?, 32)? as u32),
        "i64" => Pattern::I64(c.integer(c.text()?, 64)?),
        "f32" => Pattern::F32(c.float(c.text()?, 32)?),
        "f64" => Pattern::F64(c.float(c.text()?, 64)?),
        "v128" => {
            let (shape, lanes) = c.lanes()?;
            Pattern::V128(shape, lanes)
        }
        "either" => {
            let arms = c.values.as_ref().ok_or_else(|| CommandError::Wrong("missing field `values`".into()))?;
            Pattern::Either(arms.iter().map(pattern).collect::<Result<_, _>>()?)
        }
        kind => {
            let hierarchy = c.hierarchy()?;
            match (kind, c.given()?) {
                (_, Given::Null) => Pattern::RefNull(hierarchy),
                (_, Given::Nothing) if c.is_null_alone() => Pattern::RefNull(hierarchy),
                ("externref", Given::Nothing) => Pattern::RefExtern(None),
                ("externref", Given::Number(n)) => Pattern::RefExtern(Some(n)),
                ("anyref", Given::Nothing) => Pattern::RefAny,
                ("anyref", Given::Number(n)) => Pattern::RefHost(n),
                // wabt can write "some function" only as the number 0.
                ("funcref", Given::Nothing | Given::Number(0)) => Pattern::RefFunc(None),
                ("funcref", Given::Number(n) | Given::Index(n)) => Pattern::RefFunc(Some(n)),
                ("exnref", Given::Nothing) => Pattern::RefExn,
                ("contref", Given::Nothing) => Pattern::RefCont,
                ("eqref", Given::Nothing) => Pattern::RefEq,
                ("arrayref", Given::Nothing) => Pattern::RefArray,
                ("structref", Given::Nothing) => Pattern::RefStruct,
                ("i31ref", Given::Nothing) => Pattern::RefI31,
                ("i31refshared", Given::Nothing) => Pattern::RefI31Shared,
                _ => return Err(c.wrong()),
            }
        }
    };
    c.only_its_fields()?;
    Ok(pattern)
}

/// Whether JSON can express an expectation of an action. For a module, it can express only the phases and a trap.
pub fn can_be_written(action: &Action, expect: &Expect) -> bool {
    !matches!((action, expect), (Action::Anonymous, Expect::Values(_) | Expect::Exception | Expect::Suspension(_)))
}

/// Rewrites the script so that some of its commands (by position) have other expectations, and that it finds the modules of
/// `folder` from any location. Returns `None` if one of them cannot be written.
pub fn mutated(script: &str, folder: &Folder, changes: &[(usize, &Expect)]) -> Option<String> {
    let ascii = script.is_ascii();
    let mut script: Value = serde_json::from_str(&with_commas(script)).ok()?;
    let commands = script.get_mut("commands")?.as_array_mut()?;
    for (position, expect) in changes {
        let command = commands.get_mut(*position)?.as_object_mut()?;
        let calls = command.contains_key("action");
        for field in ["expected", "either", "text"] {
            command.remove(field);
        }
        let (kind, text) = match expect {
            Expect::Values(_) => ("assert_return", None),
            Expect::Exception => ("assert_exception", None),
            Expect::Trap(m) => (if calls { "assert_trap" } else { "assert_uninstantiable" }, Some(m)),
            Expect::Exhaustion(m) => ("assert_exhaustion", Some(m)),
            Expect::Suspension(m) => ("assert_suspension", Some(m)),
            Expect::Malformed(m) => ("assert_malformed", Some(m)),
            Expect::Invalid(m) => ("assert_invalid", Some(m)),
            Expect::Unlinkable(m) => ("assert_unlinkable", Some(m)),
            Expect::MalformedCustom(m) => ("assert_malformed_custom", Some(m)),
            Expect::InvalidCustom(m) => ("assert_invalid_custom", Some(m)),
            Expect::Success | Expect::Unjudged(_) => return None,
        };
        command.insert("type".into(), kind.into());
        if let Some(text) = text {
            command.insert("text".into(), text.as_str().into());
        }
        if let Expect::Values(patterns) = expect {
            command.insert("expected".into(), patterns.iter().map(written).collect());
        }
    }
    name_modules(commands, folder)?;
    let text = script.to_string();
    Some(if ascii { escaped(&text) } else { text })
}

/// Names the modules of commands, including those within threads, so that they are found from any location. Returns `None` if a
/// name cannot be written.
fn name_modules(commands: &mut [Value], folder: &Folder) -> Option<()> {
    for command in commands {
        if let Some(Value::String(name)) = command.get_mut("filename") {
            *name = folder.path.join(&*name).to_str()?.to_string();
        }
        if let Some(Value::Array(nested)) = command.get_mut("commands") {
            name_modules(nested, folder)?;
        }
    }
    Some(())
}

/// JSON without characters outside ASCII, so that names in it keep their meaning.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut units = [0; 2];
    for c in text.chars() {
        match c {
            '\0'..='\x7f' => out.push(c),
            _ => c.encode_utf16(&mut units).iter().for_each(|unit| out += &format!("\\u{unit:04x}")),
        }
    }
    out
}

fn written(p: &Pattern) -> Value {
    let float = |lane: &Lane| match lane {
        Lane::Bits(bits) => bits.to_string(),
        Lane::Canonical => "nan:canonical".into(),
        Lane::Arithmetic => "nan:arithmetic".into(),
    };
    let plain = |kind: &str| json!({ "type": kind });
    match p {
        Pattern::I32(v) => json!({"type": "i32", "value": v.to_string()}),
        Pattern::I64(v) => json!({"type": "i64", "value": v.to_string()}),
        Pattern::F32(l) => json!({"type": "f32", "value": float(l)}),
        Pattern::F64(l) => json!({"type": "f64", "value": float(l)}),
        Pattern::V128(shape, lanes) => {
            let lane_type = match shape {
                VectorShape::I8x16 => "i8",
                VectorShape::I16x8 => "i16",
                VectorShape::I32x4 => "i32",
                VectorShape::I64x2 => "i64",
                VectorShape::F32x4 => "f32",
                VectorShape::F64x2 => "f64",
            };
            json!({"type": "v128", "lane_type": lane_type, "value": lanes.iter().map(float).collect::<Vec<_>>()})
        }
        // JSON has no type indices.
        Pattern::RefNull(None) | Pattern::RefNullDefined => plain("refnull"),
        Pattern::RefNull(Some(h)) => plain(match h {
            Hierarchy::Func => "nullfuncref",
            Hierarchy::Extern => "nullexternref",
            Hierarchy::Any => "nullref",
            Hierarchy::Exn => "nullexnref",
            Hierarchy::Cont => "nullcontref",
        }),
        Pattern::RefExtern(None) => plain("externref"),
        Pattern::RefExtern(Some(n)) => json!({"type": "externref", "value": n.to_string()}),
        Pattern::RefHost(n) => json!({"type": "anyref", "value": n.to_string()}),
        Pattern::RefFunc(None) => plain("funcref"),
        Pattern::RefFunc(Some(n)) => json!({"type": "funcref", "value": {"index": n}}),
        Pattern::RefAny => plain("anyref"),
        Pattern::RefEq => plain("eqref"),
        Pattern::RefArray => plain("arrayref"),
        Pattern::RefStruct => plain("structref"),
        Pattern::RefI31 => plain("i31ref"),
        Pattern::RefI31Shared => plain("i31refshared"),
        Pattern::RefExn => plain("exnref"),
        Pattern::RefCont => plain("contref"),
        Pattern::Either(arms) => json!({"type": "either", "values": arms.iter().map(written).collect::<Vec<_>>()}),
    }
}

#[cfg(test)]
mod tests;
