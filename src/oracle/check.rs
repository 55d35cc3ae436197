//! Checks whether a driver follows the protocol, by known modules, steps whose ends are known, and words for what is wrong.
//!
//! What an engine lacks is not the driver's fault, so checks that need it are left out.

use super::connection::{Connection, HELLO};
use super::wire::{Step, WireEnd, hex, unhex};
use super::{OracleError, engines};
use crate::engine::NanProfile;
use crate::text::counted;
use std::time::Duration;

/// The time limit of a request that a driver has to answer at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The driver does it.
    Right,
    /// The driver does not do it, but does this instead.
    Wrong(String),
    /// The engine lacks what the check needs.
    LeftOut(&'static str),
}

/// A driver that is being checked. Every check begins with a reset, and a driver that was lost is started again.
pub struct Check {
    connection: Connection,
    instances: u64,
}

type Checked = Result<(), Found>;
type MakeCheck = fn(&mut Check) -> Checked;

/// What is checked, in order, described as what a driver does.
const CHECKS: &[(&str, MakeCheck)] = &[
    ("compiles a module, and reports a malformed one as malformed or refused", modules),
    ("reports an invalid module as invalid or refused", invalid),
    ("returns results as unsigned decimal numbers", results),
    ("writes to memories and reads from them", memory),
    ("resolves imports by name, and shares what is imported", imports),
    ("refuses to link imports that do not match", linking),
    ("reports the kinds of traps", traps),
    ("keeps state after a trap", state),
    ("reports failing segments and start functions as traps, not refusals", starts),
    ("distinguishes stack exhaustion from a trap", exhaustion),
    ("distinguishes an uncaught exception from a trap", exception),
    ("answers `error` for unknown numbers and names", unknown),
    ("forgets instances on reset, but keeps modules", resets),
    ("forgets modules, including rejected ones", forgets),
    ("accepts limits, whether or not it applies them", limits),
    ("answers a thousand steps, and ten requests in a row", many),
    ("accepts a module of 1 MiB", large),
    ("creates host references, and finds their numbers again", host),
    ("answers a request for a program with one end", programs),
];

impl Check {
    /// Starts a driver: one of the known names, or `cmd:` and a command line.
    ///
    /// # Errors
    /// It does not start, or does not say who it is.
    pub fn open(name: &str) -> Result<Check, OracleError> {
        let connection = Connection::open(name, engines::launch(name, NanProfile::Native)?)?;
        if connection.forgets() {
            return Err(connection.broken("runs programs, so it has no driver to check".into()));
        }
        Ok(Check { connection, instances: 0 })
    }

    /// Its identity as it states it, and its abilities.
    pub fn identity(&self) -> String {
        let abilities = self.connection.abilities();
        let has = [(abilities.exceptions, "exceptions"), (abilities.gc, "GC"), (abilities.host, "host references")];
        let has: Vec<&str> = has.iter().filter(|(has, _)| *has).map(|(_, what)| *what).collect();
        let with = if has.is_empty() { String::new() } else { format!("; it supports {}", has.join(", ")) };
        format!("{}{with}", self.connection.identity())
    }

    /// Makes all checks, and passes each to `show` with its result.
    ///
    /// # Errors
    /// The driver cannot be started again.
    pub fn all(&mut self, mut show: impl FnMut(&'static str, &Found)) -> Result<(), OracleError> {
        for (what, check) in CHECKS {
            if !self.connection.runs() {
                self.connection.start()?;
            }
            let found = self.ask(vec![Step::Reset]).and_then(|ends| done("reset", &ends[0])).and_then(|()| check(self));
            show(what, &found.err().unwrap_or(Found::Right));
        }
        Ok(())
    }

    /// Sends steps, and returns an end for each.
    fn ask(&mut self, steps: Vec<Step>) -> Result<Vec<WireEnd>, Found> {
        let count = steps.len();
        let sent = self.connection.send(steps).and_then(|id| self.connection.receive(id, PATIENCE));
        match sent {
            Ok(Ok(ends)) if ends.len() == count => Ok(ends),
            Ok(Ok(ends)) => Err(Found::Wrong(format!("{} for {}", counted(ends.len(), "end"), counted(count, "step")))),
            Ok(Err(lost)) => Err(Found::Wrong(lost.to_string())),
            Err(error) => Err(Found::Wrong(error.to_string())),
        }
    }

    fn module(&mut self, text: &str) -> (u64, Step) {
        let module = self.connection.number();
        (module, Step::Module { module, bytes: hex(&binary(text)) })
    }

    /// Compiles and instantiates a module, with imports from instances under the module name "m".
    fn made(&mut self, text: &str, imports: &[(&str, u64)]) -> Result<u64, Found> {
        let (module, compile) = self.module(text);
        let (instance, make) = self.instance(module, imports);
        let ends = self.ask(vec![compile, make])?;
        done("module", &ends[0])?;
        done("instance", &ends[1])?;
        Ok(instance)
    }

    fn instance(&mut self, module: u64, imports: &[(&str, u64)]) -> (u64, Step) {
        self.instances += 1;
        let imports = imports.iter().map(|(name, from)| ("m".into(), (*name).into(), *from)).collect();
        (self.instances, Step::Instance { instance: self.instances, module, imports })
    }

    fn call(&mut self, instance: u64, export: &str) -> Result<WireEnd, Found> {
        Ok(self.ask(vec![Step::Call { instance, export: export.into() }])?.remove(0))
    }

    fn value(&mut self, instance: u64, export: &str, wanted: &str) -> Checked {
        let end = self.call(instance, export)?;
        expect(
            &format!("call of \"{export}\""),
            &end,
            end == WireEnd::Value(wanted.into()),
            &format!("{{\"value\":\"{wanted}\"}}"),
        )
    }
}

fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("a module")
}

/// An answer, verbatim.
fn shown(end: &WireEnd) -> String {
    serde_json::to_string(end).unwrap_or_default().chars().take(200).collect()
}

fn expect(step: &str, end: &WireEnd, right: bool, wanted: &str) -> Checked {
    if right { Ok(()) } else { Err(Found::Wrong(format!("{step}: {} instead of {wanted}", shown(end)))) }
}

fn done(step: &str, end: &WireEnd) -> Checked {
    expect(step, end, *end == WireEnd::Done, "\"done\"")
}

fn error(step: &str, end: &WireEnd) -> Checked {
    expect(step, end, matches!(end, WireEnd::Error(_)), "{\"error\":…}")
}

fn refused(step: &str, end: &WireEnd) -> Checked {
    expect(step, end, matches!(end, WireEnd::Refused(_)), "{\"refused\":…}")
}

fn modules(check: &mut Check) -> Checked {
    let (_, empty) = check.module("(module)");
    let module = check.connection.number();
    let ends = check.ask(vec![empty, Step::Module { module, bytes: "0061736d01000000ff".into() }])?;
    done("module", &ends[0])?;
    let right = matches!(ends[1], WireEnd::Malformed(_) | WireEnd::Refused(_));
    expect("module that ends in the middle of a section", &ends[1], right, "{\"malformed\":…} or {\"refused\":…}")
}

fn invalid(check: &mut Check) -> Checked {
    let (module, compile) = check.module("(module (func (result i32) i64.const 0))");
    let (_, make) = check.instance(module, &[]);
    let ends = check.ask(vec![compile, make])?;
    let right = matches!(ends[0], WireEnd::Invalid(_) | WireEnd::Refused(_));
    expect("module", &ends[0], right, "{\"invalid\":…} or {\"refused\":…}")?;
    error("instance of a module that was rejected", &ends[1])
}

fn results(check: &mut Check) -> Checked {
    let of = check.made(
        "(module (func (export \"a\") (result i32) i32.const -1) (func (export \"b\") (result i64) i64.const -2)
            (func (export \"c\") (result i64) i64.const 0x123456789abcdef) (func (export \"d\")))",
        &[],
    )?;
    check.value(of, "a", "4294967295")?;
    check.value(of, "b", "18446744073709551614")?;
    check.value(of, "c", "81985529216486895")?;
    let end = check.call(of, "d")?;
    done("call of a function without a result", &end)
}

fn memory(check: &mut Check) -> Checked {
    let of = check.made(
        "(module (memory (export \"p\") 1) (data (i32.const 7) \"\\ff\\00\\80\")
            (func (export \"sum\") (result i32) (i32.load offset=65532 (i32.const 0))))",
        &[],
    )?;
    let read = |at, len| Step::Read { instance: of, memory: "p".into(), at, len };
    let write = Step::Write { instance: of, memory: "p".into(), at: 65532, bytes: "0a0b0c0d".into() };
    let ends = check.ask(vec![read(6, 5), write, read(65530, 6), read(0, 65536)])?;
    let bytes = |end: &WireEnd| if let WireEnd::Bytes(text) = end { unhex(text) } else { None };
    expect("read", &ends[0], bytes(&ends[0]) == Some(vec![0, 255, 0, 128, 0]), "{\"bytes\":\"00ff008000\"}")?;
    done("write", &ends[1])?;
    let wanted = Some(vec![0, 0, 10, 11, 12, 13]);
    expect("read of what was written", &ends[2], bytes(&ends[2]) == wanted, "{\"bytes\":\"00000a0b0c0d\"}")?;
    expect("read of all", &ends[3], bytes(&ends[3]).is_some_and(|bytes| bytes.len() == 65536), "65,536 bytes")?;
    check.value(of, "sum", "218893066")
}

fn imports(check: &mut Check) -> Checked {
    let a = check.made(
        "(module (memory (export \"memory\") 1) (global (export \"g\") i32 (i32.const 5))
            (func (export \"f\") (result i32) (i32.load (i32.const 0))))",
        &[],
    )?;
    let b = check.made(
        "(module (import \"m\" \"f\" (func $f (result i32))) (import \"m\" \"g\" (global $g i32))
            (import \"m\" \"memory\" (memory 1))
            (func (export \"f\") (result i32) (i32.store (i32.const 0) (i32.const 37))
                (i32.add (call $f) (global.get $g))))",
        &[("memory", a), ("f", a), ("g", a), ("nobody imports this", a)],
    )?;
    check.value(b, "f", "42")?;
    check.value(a, "f", "37")
}

fn linking(check: &mut Check) -> Checked {
    let a = check.made("(module (func (export \"f\")))", &[])?;
    // The problem, the type of the imported function `f`, and the names that are provided.
    let cases = [
        ("an import that nothing provides", "", None),
        ("an import of another type", "(result i32)", Some("f")),
        ("an import of another name", "", Some("g")),
    ];
    for (what, ty, provided) in cases {
        let text = format!("(module (import \"m\" \"f\" (func {ty})))");
        let imports: Vec<(&str, u64)> = provided.map(|name| (name, a)).into_iter().collect();
        let (module, compile) = check.module(&text);
        let (instance, make) = check.instance(module, &imports);
        let call = Step::Call { instance, export: "f".into() };
        let ends = check.ask(vec![compile, make, call])?;
        done("module", &ends[0])?;
        refused(&format!("instance with {what}"), &ends[1])?;
        error("call of an instance that was refused", &ends[2])?;
    }
    Ok(())
}

fn traps(check: &mut Check) -> Checked {
    let kinds = [
        ("unreachable", "unreachable"),
        ("integer divide by zero", "(drop (i32.div_u (i32.const 1) (i32.const 0)))"),
        ("integer overflow", "(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))"),
        ("invalid conversion to integer", "(drop (i32.trunc_f32_s (f32.const nan)))"),
        ("out of bounds memory access", "(drop (i32.load (i32.const -1)))"),
        ("undefined element", "(call_indirect (i32.const 9))"),
        ("uninitialized element", "(call_indirect (i32.const 0))"),
        ("indirect call type mismatch", "(drop (call_indirect (result i32) (i32.const 1)))"),
    ];
    let functions: String = kinds.iter().map(|(name, code)| format!("(func (export \"{name}\") {code})")).collect();
    let text = format!("(module (memory 1) (table 2 funcref) (elem (i32.const 1) $f) (func $f) {functions})");
    let of = check.made(&text, &[])?;
    for (name, _) in kinds {
        let end = check.call(of, name)?;
        let WireEnd::Trap(messages, words) = &end else {
            return expect(&format!("a trap ({name})"), &end, false, &format!("{{\"trap\":[[\"{name}\"],…]}}"));
        };
        if let Err(error) = check.connection.codes(messages) {
            return Err(Found::Wrong(format!("a trap ({name}): {error}")));
        }
        if messages.is_empty() {
            return Err(Found::Wrong(format!(
                "a trap ({name}): the words \"{words}\" are not translated into the specification's message"
            )));
        }
        expect(
            "a trap",
            &end,
            messages.iter().any(|message| message == name),
            &format!("{{\"trap\":[[\"{name}\"],…]}}"),
        )?;
    }
    Ok(())
}

fn state(check: &mut Check) -> Checked {
    let of = check.made(
        "(module (memory 1) (func (export \"store\") (i32.store (i32.const 0) (i32.const 9)) unreachable)
            (func (export \"load\") (result i32) (i32.load (i32.const 0))))",
        &[],
    )?;
    let end = check.call(of, "store")?;
    expect("call", &end, matches!(end, WireEnd::Trap(..)), "{\"trap\":…}")?;
    check.value(of, "load", "9")
}

fn starts(check: &mut Check) -> Checked {
    let a = check.made(
        "(module (memory (export \"memory\") 1) (func (export \"load\") (result i32) (i32.load (i32.const 0))))",
        &[],
    )?;
    let cases = [
        ("a start function that traps", "(func $s unreachable) (start $s)"),
        ("a segment beyond the memory", "(data (i32.const 65536) \"x\")"),
    ];
    for (what, code) in cases {
        let text = format!("(module (import \"m\" \"memory\" (memory 1)) (data (i32.const 0) \"\\05\") {code})");
        let (module, compile) = check.module(&text);
        let (_, make) = check.instance(module, &[("memory", a)]);
        let ends = check.ask(vec![compile, make])?;
        done("module", &ends[0])?;
        let right = matches!(ends[1], WireEnd::Trap(..));
        expect(&format!("instance with {what}"), &ends[1], right, "{\"trap\":…}")?;
    }
    // What was written earlier stays.
    check.value(a, "load", "5")
}

fn exhaustion(check: &mut Check) -> Checked {
    let of = check.made("(module (func $f (export \"f\") (result i64) (i64.add (call $f) (i64.const 1))))", &[])?;
    let end = check.call(of, "f")?;
    expect("a function that calls itself for ever", &end, end == WireEnd::Exhausted, "\"exhausted\"")
}

fn exception(check: &mut Check) -> Checked {
    if !check.connection.abilities().exceptions {
        return Err(Found::LeftOut("exceptions"));
    }
    let of = check.made("(module (tag $e) (func (export \"f\") (throw $e)))", &[])?;
    let end = check.call(of, "f")?;
    expect("call", &end, end == WireEnd::Exception, "\"exception\"")
}

fn unknown(check: &mut Check) -> Checked {
    let of = check.made("(module (func (export \"f\")))", &[])?;
    let (_, no_module) = check.instance(u64::from(u32::MAX), &[]);
    let ends = check.ask(vec![
        Step::Call { instance: 987_654, export: "f".into() },
        Step::Call { instance: of, export: "g".into() },
        Step::Read { instance: of, memory: "f".into(), at: 0, len: 1 },
        no_module,
        Step::Call { instance: of, export: "f".into() },
    ])?;
    error("call of an instance that does not exist", &ends[0])?;
    error("call of an export that does not exist", &ends[1])?;
    error("read of a memory that does not exist", &ends[2])?;
    error("instance of a module that does not exist", &ends[3])?;
    done("call", &ends[4])
}

fn resets(check: &mut Check) -> Checked {
    let text = "(module (global $g (mut i32) (i32.const 0)) (func (export \"f\") (result i32)
        (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))";
    let (module, compile) = check.module(text);
    let (first, make) = check.instance(module, &[]);
    let call = |instance| Step::Call { instance, export: "f".into() };
    let (second, again) = check.instance(module, &[]);
    let ends = check.ask(vec![compile, make, call(first), Step::Reset, call(first), again, call(second)])?;
    done("reset", &ends[3])?;
    error("call of an instance from before the reset", &ends[4])?;
    done("instance of a module from before the reset", &ends[5])?;
    expect("call", &ends[6], ends[6] == WireEnd::Value("1".into()), "{\"value\":\"1\"}")
}

fn forgets(check: &mut Check) -> Checked {
    let (valid, compile) = check.module("(module)");
    let (invalid, reject) = check.module("(module (func (result i32)))");
    let (_, make) = check.instance(valid, &[]);
    let ends = check.ask(vec![compile, reject, Step::Forget { modules: vec![valid, invalid] }, make])?;
    done("forget", &ends[2])?;
    error("instance of a module that was forgotten", &ends[3])
}

fn limits(check: &mut Check) -> Checked {
    let limit = |memory, table| Step::Limits { memory, table };
    let ends = check.ask(vec![limit(Some(1 << 20), Some(100)), limit(None, None)])?;
    ends.iter().try_for_each(|end| done("limits", end))
}

fn many(check: &mut Check) -> Checked {
    let of = check.made("(module (func (export \"f\") (result i32) i32.const 3))", &[])?;
    let call = || Step::Call { instance: of, export: "f".into() };
    let ends = check.ask((0..1000).map(|_| call()).collect())?;
    let right = |end: &WireEnd| *end == WireEnd::Value("3".into());
    ends.iter().try_for_each(|end| expect("call", end, right(end), "{\"value\":\"3\"}"))?;
    let wrong = |error: OracleError| Found::Wrong(error.to_string());
    let ids = (0..10).map(|_| check.connection.send(vec![call()])).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    for id in ids {
        match check.connection.receive(id, PATIENCE).map_err(wrong)? {
            Ok(ends) if ends.len() == 1 && right(&ends[0]) => {}
            Ok(ends) => return Err(Found::Wrong(format!("ends of one step of ten requests: {ends:?}"))),
            Err(lost) => return Err(Found::Wrong(lost.to_string())),
        }
    }
    Ok(())
}

fn large(check: &mut Check) -> Checked {
    // Engines limit single segments.
    let segment = |n: usize| format!("(data (i32.const {}) \"{}\")", n << 16, "abcd".repeat(1 << 14));
    let segments: String = (0..16).map(segment).collect();
    let text =
        format!("(module (memory 16) {segments} (func (export \"f\") (result i32) (i32.load (i32.const 1048572))))");
    let of = check.made(&text, &[])?;
    check.value(of, "f", "1684234849")
}

fn host(check: &mut Check) -> Checked {
    if !check.connection.abilities().host {
        return Err(Found::LeftOut("host references"));
    }
    let text = "(module (import \"m\" \"extern\" (func $extern (param i32) (result externref)))
        (import \"m\" \"number\" (func $number (param externref) (result i32)))
        (func (export \"there and back\") (result i32) (call $number (call $extern (i32.const 77))))
        (func (export \"null\") (result i32) (call $number (ref.null extern))))";
    let of = check.made(text, &[("extern", 0), ("number", 0)])?;
    check.value(of, "there and back", "77")?;
    check.value(of, "null", "4294967295")
}

fn programs(check: &mut Check) -> Checked {
    let folder = tempfile::tempdir().map_err(|e| Found::Wrong(format!("temporary files: {e}")))?;
    let path = |name: &str| folder.path().join(name);
    for (name, bytes) in [
        ("program.wasm", binary("(module (memory (export \"memory\") 1) (func (export \"_start\")))")),
        ("stdin", Vec::new()),
    ] {
        std::fs::write(path(name), bytes).map_err(|e| Found::Wrong(format!("temporary files: {e}")))?;
    }
    let sent = check.connection.request(|id| super::wire::Request::Program {
        id,
        module: path("program.wasm"),
        args: vec!["program".into()],
        env: Vec::new(),
        dirs: Vec::new(),
        stdin: path("stdin"),
        stdout: path("stdout"),
        stderr: path("stderr"),
        memory: path("memory"),
    });
    let wrong = |error: OracleError| Found::Wrong(error.to_string());
    match check.connection.receive(sent.map_err(wrong)?, HELLO).map_err(wrong)? {
        Ok(ends) if matches!(&ends[..], [WireEnd::Done | WireEnd::Unsupported(_)]) => {}
        Ok(ends) => {
            let ends: Vec<String> = ends.iter().map(shown).collect();
            return Err(Found::Wrong(format!("[{}] instead of one \"done\" or {{\"unsupported\":…}}", ends.join(","))));
        }
        Err(lost) => return Err(Found::Wrong(lost.to_string())),
    }
    many(check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::tests::answering;

    /// A check, and the answers of a correct driver to each of its requests.
    type Row = (&'static str, MakeCheck, &'static [&'static [&'static str]]);

    /// A `~` marks ends that the check does not look at.
    const RIGHT: &[Row] = &[
        ("modules", modules, &[&[DONE, r#"{"malformed":""}"#]]),
        ("invalid", invalid, &[&[r#"{"invalid":""}"#, ERROR]]),
        (
            "results",
            results,
            &[
                MADE,
                &[r#"{"value":"4294967295"}"#],
                &[r#"{"value":"18446744073709551614"}"#],
                &[r#"{"value":"81985529216486895"}"#],
                &[DONE],
            ],
        ),
        (
            "memory",
            memory,
            &[
                MADE,
                &[r#"{"bytes":"00ff008000"}"#, DONE, r#"{"bytes":"00000a0b0c0d"}"#, r#"{"bytes":"PAGE"}"#],
                &[r#"{"value":"218893066"}"#],
            ],
        ),
        ("imports", imports, &[MADE, MADE, &[r#"{"value":"42"}"#], &[r#"{"value":"37"}"#]]),
        ("linking", linking, &[MADE, &[DONE, REFUSED, ERROR], &[DONE, REFUSED, ERROR], &[DONE, REFUSED, ERROR]]),
        (
            "traps",
            traps,
            &[
                MADE,
                &[r#"{"trap":[["integer overflow","unreachable"],""]}"#],
                &[r#"{"trap":[["integer divide by zero"],""]}"#],
                &[r#"{"trap":[["integer overflow"],""]}"#],
                &[r#"{"trap":[["invalid conversion to integer"],""]}"#],
                &[r#"{"trap":[["out of bounds memory access"],""]}"#],
                &[r#"{"trap":[["undefined element"],""]}"#],
                &[r#"{"trap":[["uninitialized element"],""]}"#],
                &[r#"{"trap":[["indirect call type mismatch"],""]}"#],
            ],
        ),
        ("state", state, &[MADE, &[TRAP], &[r#"{"value":"9"}"#]]),
        ("starts", starts, &[MADE, &[DONE, TRAP], &[DONE, TRAP], &[r#"{"value":"5"}"#]]),
        ("exhaustion", exhaustion, &[MADE, &[r#""exhausted""#]]),
        ("exception", exception, &[MADE, &[r#""exception""#]]),
        ("unknown", unknown, &[MADE, &[ERROR, ERROR, ERROR, ERROR, DONE]]),
        (
            "resets",
            resets,
            &[&[r#"~"done""#, r#"~"done""#, r#"~{"value":"1"}"#, DONE, ERROR, DONE, r#"{"value":"1"}"#]],
        ),
        ("forgets", forgets, &[&[r#"~"done""#, r#"~{"invalid":""}"#, DONE, ERROR]]),
        ("limits", limits, &[&[DONE, DONE]]),
        ("host", host, &[MADE, &[r#"{"value":"77"}"#], &[r#"{"value":"4294967295"}"#]]),
    ];
    const DONE: &str = r#""done""#;
    const ERROR: &str = r#"{"error":""}"#;
    const REFUSED: &str = r#"{"refused":""}"#;
    const TRAP: &str = r#"{"trap":[[],""]}"#;
    const MADE: &[&str] = &[DONE, DONE];

    fn answer(ends: &[&str]) -> String {
        let ends: Vec<&str> = ends.iter().map(|end| end.trim_start_matches('~')).collect();
        format!("[{}]", ends.join(","))
    }

    fn check_of(answers: &[String]) -> Check {
        Check { connection: answering(&answers.iter().map(String::as_str).collect::<Vec<_>>()), instances: 0 }
    }

    /// Tests a correct driver, and then one with another end in place of each, one at a time.
    #[test]
    fn every_end_counts() {
        const WRONG: &str = r#"{"exit":9}"#;
        for (name, make, requests) in RIGHT {
            let right: Vec<String> = requests.iter().map(|ends| answer(ends)).collect();
            let (mut answers, mut places) = (right.clone(), Vec::new());
            for (request, ends) in requests.iter().enumerate() {
                for end in (0..ends.len()).filter(|end| !ends[*end].starts_with('~')) {
                    // Nothing is asked of it after that.
                    answers.extend_from_slice(&right[..request]);
                    let mut ends = ends.to_vec();
                    ends[end] = WRONG;
                    answers.push(answer(&ends));
                    places.push((request, end));
                }
            }
            let mut check = check_of(&answers);
            assert_eq!(make(&mut check), Ok(()), "{name}");
            for place in places {
                let found = make(&mut check);
                let is_told = matches!(&found, Err(Found::Wrong(why)) if why.contains(WRONG));
                assert!(is_told, "{name}, {place:?}: {found:?}");
            }
        }
    }

    #[test]
    fn every_byte_counts() {
        for (first, second, all, wrong) in [
            ("00ff008000", "00000a0b0c0d", "PAGE00", "read of all: "),
            ("00ff0080", "00000a0b0c0d", "PAGE", "read: {\"bytes\":\"00ff0080\"} instead of "),
            ("00ff008000", "00000d0c0b0a", "PAGE", "read of what was written: "),
        ] {
            let bytes = |text: &str| format!("{{\"bytes\":\"{text}\"}}");
            let read = answer(&[&bytes(first), DONE, &bytes(second), &bytes(all)]);
            let found = memory(&mut check_of(&[answer(MADE), read]));
            assert!(matches!(&found, Err(Found::Wrong(why)) if why.starts_with(wrong)), "{found:?}, not {wrong}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (make, end, wrong) in [
            (traps as MakeCheck, r#"{"trap":[["integer overflow"],""]}"#, "a trap: {"),
            (
                traps,
                r#"{"trap":[[],"boom"]}"#,
                "a trap (unreachable): the words \"boom\" are not translated into the specification's message",
            ),
            (traps, r#"{"trap":[["bad weather"],""]}"#, "a trap (unreachable): the oracle 'fake' does not speak"),
            (exhaustion, r#"{"trap":[[],"x"]}"#, "a function that calls itself for ever: {"),
            (exhaustion, r#""exhausted","exhausted""#, "2 ends for 1 step"),
        ] {
            let found = make(&mut check_of(&[answer(MADE), format!("[{end}]")]));
            assert!(matches!(&found, Err(Found::Wrong(why)) if why.starts_with(wrong)), "{found:?}, not {wrong}");
        }
    }
}
