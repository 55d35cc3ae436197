//! Compares one program on two engines: output, exit status, final memory, and changes to its folders. For `wasmoon run
//! --against`.

mod copies;

use crate::engine::Engine;
use crate::module::Module;
use crate::oracle::{Oracle, OracleCall, OracleEnd, OracleError, OracleJob, OracleProgram, OracleValue, StateReads};
use crate::runtime::store::{Abort, Extern, Limits, Object};
use crate::runtime::trap::TrapCode;
use crate::runtime::value::{GcRef, Ref, Val};
use crate::text::counted;
use crate::triage::FileError;
use crate::triage::observe::column_name;
use crate::wasi::program::{Captured, EntryPoint, ProgramInputs, Run, RunError, RunOptions, run_captured};
use copies::Copies;
pub use copies::CopyError;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The maximum number of memory ranges that are shown, and of bytes shown for each.
const RANGES: usize = 10;
const BYTES: usize = 16;
/// The number of equal bytes that ends a range.
const GAP: usize = 8;
/// The number of bytes shown around a difference in output.
const CONTEXT: usize = 40;

/// The behaviour of one engine.
struct EngineRun {
    name: String,
    end: OracleEnd,
    /// Whether an exception comes with its tag, if that is exported.
    tells_tags: bool,
    streams: [Vec<u8>; 2],
    memories: Vec<(String, Vec<u8>)>,
}

/// A program, or one function of a module, to run on both engines.
pub struct Task<'a> {
    /// The module's binary.
    pub bytes: &'a [u8],
    /// The decoded module.
    pub module: &'a Arc<Module>,
    /// The program's arguments, environment, folders and standard input.
    pub given: &'a ProgramInputs,
    /// The entry point and the limits.
    pub options: &'a RunOptions,
}

/// The comparison of two engines.
pub struct Comparison {
    /// A line for each engine, followed by the differences.
    pub text: String,
    /// Whether there are no differences.
    pub equal: bool,
}

/// The reason why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// With [`EntryPoint::Invoke`]: the module imports this item.
    #[error(
        "it imports '{}' '{}'; with --invoke, only modules without imports can be compared to an oracle",
        .module.escape_debug(), .name.escape_debug()
    )]
    Imports {
        /// The module name of the import.
        module: String,
        /// The item name of the import.
        name: String,
    },
    /// Our engine cannot run the program.
    #[error(transparent)]
    Run(#[from] RunError),
    /// An engine did not run the program to its end.
    #[error(transparent)]
    NotRun(#[from] NotRun),
    /// The oracle cannot be used.
    #[error(transparent)]
    Oracle(#[from] OracleError),
    /// A folder cannot be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
}

impl From<FileError> for CompareError {
    fn from(e: FileError) -> CompareError {
        CompareError::Copy(e.into())
    }
}

/// An engine that did not run a program to its end.
#[derive(Debug, thiserror::Error)]
pub enum NotRun {
    /// The engine refuses the program; its reason.
    #[error("{engine} cannot run it: {reason}")]
    Refused {
        /// The name of the engine.
        engine: String,
        /// The engine's reason.
        reason: String,
    },
    /// The engine crashed.
    #[error("{engine} crashed: {report}")]
    Crashed {
        /// The name of the engine.
        engine: String,
        /// The description of the crash.
        report: String,
    },
    /// The time limit was reached.
    #[error("{engine} ran out of time: there is nothing to compare")]
    Timeout {
        /// The name of the engine.
        engine: String,
    },
}

impl CompareError {
    /// Returns the message for the program in this file.
    pub fn in_file(&self, file: &str) -> String {
        match self {
            CompareError::Imports { module, name } => format!(
                "{file} imports '{}' '{}'; with --invoke, only modules without imports can be compared to an oracle",
                module.escape_debug(),
                name.escape_debug()
            ),
            CompareError::Run(_) | CompareError::NotRun(_) => format!("{file}: {self}"),
            CompareError::Oracle(_) | CompareError::Copy(_) => self.to_string(),
        }
    }
}

/// Runs a program on this engine and on the oracle with this name, and compares them.
///
/// # Errors
/// An engine cannot run the program, or not to its end.
pub fn compare(task: &Task<'_>, engine: &Engine, oracle: &str) -> Result<Comparison, CompareError> {
    let mut oracle = Oracle::open_under(oracle, engine.config().nan)?;
    let invoked = matches!(task.options.entry, EntryPoint::Invoke { .. });
    if let (true, Some(import)) = (invoked, task.module.imports.first()) {
        return Err(CompareError::Imports { module: import.module.to_string(), name: import.name.clone() });
    }
    // The oracle's program must find its folders as ours finds them, not as ours leaves them.
    let copies = Copies::of(&task.given.dirs)?;
    let theirs = match &task.options.entry {
        EntryPoint::Invoke { export, args } => invoke(&mut oracle, task, export, args),
        EntryPoint::Start => program(&mut oracle, task, &copies),
    };
    let mut theirs = theirs?;
    let deadline = task.options.timeout.and_then(|limit| Instant::now().checked_add(limit));
    let options = RunOptions { deadline, ..task.options.clone() };
    let captured = run_captured(engine, task.module, task.given, &options)?;
    let ours = side(captured, column_name(engine.config()), task.module, invoked);
    if !engine.config().nan.is_canonical() {
        without_choices(&ours.end, &mut theirs.end);
    }
    for EngineRun { name, end, .. } in [&ours, &theirs] {
        let engine = name.clone();
        match end {
            OracleEnd::Unsupported(reason) | OracleEnd::Refused(reason) => {
                return Err(NotRun::Refused { engine, reason: reason.clone() }.into());
            }
            OracleEnd::Crash(report) => return Err(NotRun::Crashed { engine, report: report.clone() }.into()),
            OracleEnd::Timeout => return Err(NotRun::Timeout { engine }.into()),
            _ => {}
        }
    }
    let mut text = String::new();
    let bold = anstyle::Style::new().bold();
    for side in [&ours, &theirs] {
        let memory: usize = side.memories.iter().map(|m| m.1.len()).sum();
        let [stdout, stderr] = &side.streams;
        let (out, err) = (stdout.len(), stderr.len());
        let _ = writeln!(
            text,
            "{}: {}; output {out} + {}; memory {}",
            side.name,
            shown(&side.end),
            counted(err, "byte"),
            counted(memory, "byte")
        );
    }
    if may_be_other_exceptions(&ours, &theirs) {
        let _ = writeln!(text, "both threw, but not both tags are known: the exceptions may differ");
    }
    let differences = differences(&ours, &theirs) + &copies.differences()?;
    let equal = differences.is_empty();
    if equal {
        let _ = writeln!(text, "{bold}equal{bold:#}");
    } else {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        let _ = write!(text, "{red}different{red:#}\n{differences}");
    }
    Ok(Comparison { text, equal })
}

fn program(oracle: &mut Oracle, task: &Task<'_>, copies: &Copies) -> Result<EngineRun, OracleError> {
    let given = task.given;
    let program = OracleProgram {
        bytes: task.bytes.to_vec(),
        args: given.args.clone(),
        env: given.env.clone(),
        dirs: copies.dirs.iter().map(|d| (d.copy.clone(), d.guest.clone())).collect(),
        stdin: given.stdin.clone(),
        timeout: task.options.timeout.unwrap_or_default(),
    };
    let ran = oracle.run(&program)?;
    // Returning and exiting with status 0 are the same to the caller.
    let end = if ran.end == OracleEnd::Values(Vec::new()) { OracleEnd::Exit(0) } else { ran.end };
    let memories = vec![("memory".to_string(), ran.memory.unwrap_or_default())];
    let (name, streams) = (oracle.identity().to_string(), [ran.stdout, ran.stderr]);
    Ok(EngineRun { name, end, tells_tags: false, streams, memories })
}

fn invoke(oracle: &mut Oracle, task: &Task<'_>, export: &str, values: &[Val]) -> Result<EngineRun, OracleError> {
    let mut calls = Vec::new();
    if export != "_initialize" && task.module.export("_initialize").is_some() {
        calls.push(OracleCall { export: "_initialize".into(), args: Vec::new() });
    }
    calls.push(OracleCall { export: export.to_string(), args: values.iter().map(|&v| value(v)).collect() });
    let timeout = task.options.timeout.unwrap_or(Duration::MAX);
    let (asked, default) = (task.options.limits.memory_bytes, Limits::default().memory_bytes);
    let limits = (asked != default).then_some((asked, u64::from(u32::MAX)));
    let job = OracleJob {
        bytes: task.bytes.to_vec(),
        provider: None,
        calls,
        fuel: None,
        state: StateReads::Never,
        limits,
        contents: true,
        timeout,
    };
    let seen = oracle.observe(&job)?;
    // Nothing is caught during instantiation.
    let tells_tags = oracle.catches() && !matches!(seen.start, OracleEnd::Exception { .. });
    // Ours stops at the first call that does not return.
    let ended = seen.calls.iter().map(|c| &c.0).find(|end| !matches!(end, OracleEnd::Values(_)));
    let end = ended.or(seen.calls.last().map(|c| &c.0)).cloned().unwrap_or(seen.start);
    let (name, streams) = (oracle.identity().to_string(), Default::default());
    Ok(EngineRun { name, end, tells_tags, streams, memories: seen.contents })
}

fn value(value: Val) -> OracleValue {
    match value {
        Val::I32(v) => OracleValue::I32(v),
        Val::I64(v) => OracleValue::I64(v),
        Val::F32(v) => OracleValue::F32(v),
        Val::F64(v) => OracleValue::F64(v),
        Val::V128(v) => OracleValue::V128(v),
        Val::Ref(Ref::Null) => OracleValue::Null,
        Val::Ref(_) => OracleValue::Ref,
    }
}

/// The behaviour of our engine.
fn side(captured: Captured, column: String, module: &Module, invoked: bool) -> EngineRun {
    use crate::oracle::OracleTrap;
    let Captured { run, stdout, stderr } = captured;
    let end = match &run.end {
        Ok(_) if !invoked => OracleEnd::Exit(0),
        Ok(results) => OracleEnd::Values(results.iter().map(|&v| value(v)).collect()),
        Err(Abort::Exit(status)) => OracleEnd::Exit(*status),
        Err(Abort::Trap(trap)) => match trap.code {
            TrapCode::CallStackExhausted => OracleEnd::Exhausted,
            TrapCode::Interrupt => OracleEnd::Timeout,
            code => OracleEnd::Trap(OracleTrap { codes: vec![code], text: code.message().into() }),
        },
        Err(Abort::Exception(object)) => thrown(&run, *object, module),
        Err(Abort::Host(what)) => OracleEnd::Refused(what.clone()),
    };
    let memories = if invoked {
        let exported = |name: &String| match run.instance.and_then(|i| run.store.export(i, name)) {
            Some(Extern::Memory(memory)) => Some((name.clone(), run.store.memory_bytes(memory).to_vec())),
            _ => None,
        };
        module.exports.iter().filter_map(|e| exported(&e.name)).collect()
    } else {
        vec![("memory".to_string(), run.memory().to_vec())]
    };
    EngineRun {
        name: format!("wasmoon {} ({column})", env!("CARGO_PKG_VERSION")),
        end,
        tells_tags: true,
        streams: [stdout, stderr],
        memories,
    }
}

/// The end for an exception of ours. If its tag is exported under several names, another engine reports the first.
fn thrown(run: &Run, object: GcRef, module: &Module) -> OracleEnd {
    let Object::Exception { tag, payload } = run.store.object(object) else {
        return OracleEnd::Crash("the thrown object is not an exception".into());
    };
    let is_it = |name: &str| {
        let exported = run.instance.and_then(|instance| run.store.export(instance, name));
        matches!(exported, Some(Extern::Tag(exported)) if exported == tag)
    };
    match module.exports.iter().find(|export| is_it(&export.name)) {
        Some(export) => {
            let payload = payload.into_iter().map(value).collect();
            OracleEnd::Exception { tag: Some(export.name.clone()), payload }
        }
        None => OracleEnd::Exception { tag: None, payload: Vec::new() },
    }
}

/// Replaces their NaNs with ours: each engine may choose which NaN an operator makes.
fn without_choices(ours: &OracleEnd, theirs: &mut OracleEnd) {
    let (
        OracleEnd::Values(ours) | OracleEnd::Exception { payload: ours, .. },
        OracleEnd::Values(theirs) | OracleEnd::Exception { payload: theirs, .. },
    ) = (ours, theirs)
    else {
        return;
    };
    for (ours, theirs) in ours.iter().zip(theirs) {
        let free = match (*ours, *theirs) {
            (OracleValue::F32(a), OracleValue::F32(b)) => f32::from_bits(a).is_nan() && f32::from_bits(b).is_nan(),
            (OracleValue::F64(a), OracleValue::F64(b)) => f64::from_bits(a).is_nan() && f64::from_bits(b).is_nan(),
            _ => false,
        };
        if free {
            *theirs = *ours;
        }
    }
}

fn shown(end: &OracleEnd) -> String {
    let list = |values: &[OracleValue]| values.iter().map(literal).collect::<Vec<_>>().join(", ");
    match end {
        OracleEnd::Values(values) => format!("returned ({})", list(values)),
        OracleEnd::Trap(trap) => format!("trap: {}", trap.text),
        OracleEnd::Exception { tag: Some(tag), payload } => {
            format!("exception of tag '{}' ({})", tag.escape_debug(), list(payload))
        }
        OracleEnd::Exception { tag: None, .. } => "exception".into(),
        OracleEnd::Exit(status) => format!("exit {status}"),
        OracleEnd::Exhausted => "call stack exhausted".into(),
        OracleEnd::Timeout => "out of time".into(),
        OracleEnd::Unsupported(what) | OracleEnd::Refused(what) | OracleEnd::Crash(what) => what.clone(),
    }
}

fn literal(value: &OracleValue) -> String {
    match *value {
        OracleValue::I32(v) => format!("i32 {}", v as i32),
        OracleValue::I64(v) => format!("i64 {}", v as i64),
        OracleValue::F32(v) => format!("f32 {:?} = {v:#010x}", f32::from_bits(v)),
        OracleValue::F64(v) => format!("f64 {:?} = {v:#018x}", f64::from_bits(v)),
        OracleValue::V128(v) => format!("v128 {v:#034x}"),
        OracleValue::Null => "null".into(),
        OracleValue::Ref => "a reference".into(),
    }
}

/// Whether both sides threw, but it is unknown whether they threw the same exception: the other engine does not report tags, or
/// neither tag is exported.
fn may_be_other_exceptions(ours: &EngineRun, theirs: &EngineRun) -> bool {
    match (&ours.end, &theirs.end) {
        (OracleEnd::Exception { tag, .. }, OracleEnd::Exception { tag: None, .. }) => {
            tag.is_none() || !theirs.tells_tags
        }
        _ => false,
    }
}

/// Lists all differences, one per line; empty if there are none.
fn differences(ours: &EngineRun, theirs: &EngineRun) -> String {
    let mut text = String::new();
    let same = match (&ours.end, &theirs.end) {
        (OracleEnd::Trap(a), OracleEnd::Trap(b)) => a.codes.iter().all(|&code| b.agrees(code)),
        (a, b) => a == b || may_be_other_exceptions(ours, theirs),
    };
    if !same {
        let _ = writeln!(text, "ends:\n  ours:   {}\n  theirs: {}", shown(&ours.end), shown(&theirs.end));
    }
    for (what, (a, b)) in ["output", "error output"].iter().zip(ours.streams.iter().zip(&theirs.streams)) {
        if let Some(at) = first_difference(a, b) {
            let line = a[..at].iter().filter(|&&c| c == b'\n').count() + 1;
            let _ = writeln!(text, "{what} from byte {at} on (line {line}):");
            let _ = writeln!(text, "  ours:   {}\n  theirs: {}", excerpt(a, at), excerpt(b, at));
        }
    }
    // When a stack is exhausted, the depth differs, and so does everything done at that depth.
    if ours.end == OracleEnd::Exhausted {
        return text;
    }
    let theirs: BTreeMap<&String, &Vec<u8>> = theirs.memories.iter().map(|(name, bytes)| (name, bytes)).collect();
    let empty = Vec::new();
    for (name, a) in &ours.memories {
        memory(&mut text, name, a, theirs.get(name).unwrap_or(&&empty));
    }
    text
}

fn first_difference(a: &[u8], b: &[u8]) -> Option<usize> {
    let common = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    (common < a.len() || common < b.len()).then_some(common)
}

/// The bytes around a position, as a string literal.
fn excerpt(bytes: &[u8], at: usize) -> String {
    let (from, to) = (at.saturating_sub(CONTEXT), (at + CONTEXT).min(bytes.len()));
    let dots = |on: bool| if on { "…" } else { "" };
    let text = String::from_utf8_lossy(&bytes[from.min(to)..to]);
    format!("{}{text:?}{}", dots(from > 0), if at >= bytes.len() { " (end)" } else { dots(to < bytes.len()) })
}

/// Lists the address ranges in which two memories differ.
fn memory(text: &mut String, name: &str, ours: &[u8], theirs: &[u8]) {
    if ours.len() != theirs.len() {
        let name = name.escape_debug();
        let _ = writeln!(text, "length of '{name}':\n  ours:   {}\n  theirs: {}", ours.len(), theirs.len());
    }
    let ranges = ranges(ours, theirs);
    if ranges.is_empty() {
        return;
    }
    let differing = ours.iter().zip(theirs).filter(|(a, b)| a != b).count();
    let (name, bytes, places) = (name.escape_debug(), counted(differing, "byte"), counted(ranges.len(), "range"));
    let _ = writeln!(text, "contents of '{name}', {bytes} in {places} (ours | theirs):");
    for range in ranges.iter().take(RANGES) {
        let bytes = |side: &[u8]| {
            let shown = side[range.clone()].iter().take(BYTES).map(|b| format!("{b:02x}"));
            shown.collect::<Vec<_>>().join(" ") + if range.len() > BYTES { " …" } else { "" }
        };
        let _ = writeln!(text, "  {:#x}..{:#x}  {} | {}", range.start, range.end, bytes(ours), bytes(theirs));
    }
    if ranges.len() > RANGES {
        let _ = writeln!(text, "  … and {} more", ranges.len() - RANGES);
    }
}

fn ranges(a: &[u8], b: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut ranges: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, _) in a.iter().zip(b).enumerate().filter(|(_, (x, y))| x != y) {
        match ranges.last_mut() {
            Some(last) if at - last.end < GAP => last.end = at + 1,
            _ => ranges.push(at..at + 1),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(end: OracleEnd, stdout: &str, memory: &[u8]) -> EngineRun {
        let memories = vec![("memory".to_string(), memory.to_vec())];
        EngineRun { name: String::new(), end, tells_tags: true, streams: [stdout.into(), Vec::new()], memories }
    }

    #[test]
    fn a_choice_of_nans_is_no_difference() {
        use OracleValue::{F32, F64, I32};
        let nan = F64(f64::NAN.to_bits());
        let ours = OracleEnd::Values(vec![F32(0x7fc0_0002), nan, F32(0x7fc0_0000), I32(0x7fc0_0002), nan]);
        let mut theirs =
            OracleEnd::Values(vec![F32(0xffc0_0001), F64(u64::MAX), F32(0x3f80_0000), I32(0x7fc0_0001), I32(1)]);
        without_choices(&ours, &mut theirs);
        let expected = vec![F32(0x7fc0_0002), nan, F32(0x3f80_0000), I32(0x7fc0_0001), I32(1)];
        assert_eq!(theirs, OracleEnd::Values(expected));
        let thrown = |tag: &str, nan| OracleEnd::Exception { tag: Some(tag.into()), payload: vec![nan] };
        let mut theirs = thrown("b", F32(0xffc0_0001));
        without_choices(&thrown("a", F32(0x7fc0_0002)), &mut theirs);
        assert_eq!(theirs, thrown("b", F32(0x7fc0_0002)));
    }

    #[test]
    fn differences_are_shown_by_place() {
        let plain = || side(OracleEnd::Exit(0), "one\ntwo\n", &[0; 64]);
        assert_eq!(differences(&plain(), &plain()), "");
        let text = differences(&plain(), &side(OracleEnd::Exit(1), "one\ntoo\n", &[0; 64]));
        assert_eq!(
            text,
            "ends:\n  ours:   exit 0\n  theirs: exit 1\noutput from byte 5 on (line 2):\n  ours:   \"one\\ntwo\\n\"\n  \
             theirs: \"one\\ntoo\\n\"\n"
        );
        let mut bytes = [0; 64];
        (bytes[3], bytes[10], bytes[40]) = (1, 2, 3);
        let text = differences(&plain(), &side(OracleEnd::Exit(0), "one\ntwo\n", &bytes));
        assert!(text.starts_with("contents of 'memory', 3 bytes in 2 ranges"), "{text}");
        assert!(
            text.contains("  0x3..0xb  00 00 00 00 00 00 00 00 | 01 00 00 00 00 00 00 02\n  0x28..0x29  00 | 03\n"),
            "{text}"
        );
        let text = differences(&plain(), &side(OracleEnd::Exit(0), "one\n", &[0; 32]));
        let more = differences(&side(OracleEnd::Exit(0), "one\n", &[0; 64]), &plain());
        assert!(more.contains("ours:   \"one\\n\" (end)"), "{more}");
        let more = differences(&side(OracleEnd::Exit(0), "", &[0; 64]), &plain());
        assert!(more.starts_with("output from byte 0 on"), "{more}");
        assert!(text.contains("theirs: \"one\\n\" (end)") && text.contains("ours:   64\n  theirs: 32"), "{text}");
    }

    /// Differences with fewer than `GAP` equal bytes between them belong to the same range.
    #[test]
    fn ranges_near_each_other_are_one() {
        let ranges_of = |places: &[usize]| {
            let mut other = [0; 64];
            places.iter().for_each(|&at| other[at] = 1);
            ranges(&[0; 64], &other).into_iter().map(|range| (range.start, range.end)).collect::<Vec<_>>()
        };
        assert!(ranges_of(&[]).is_empty());
        assert_eq!(ranges_of(&[0, 8]), [(0, 9)]);
        assert_eq!(ranges_of(&[0, 9, 17, 63]), [(0, 1), (9, 18), (63, 64)]);
    }

    /// Only the first ranges are shown, and only the first bytes of a long one.
    #[test]
    fn not_all_of_a_memory_is_shown() {
        let shown = |ours: &[u8], theirs: &[u8]| {
            let mut text = String::new();
            memory(&mut text, "m", ours, theirs);
            text
        };
        let mut many = [0; 128];
        (0..12).for_each(|n| many[10 * n] = 1);
        let mut expected = String::from("contents of 'm', 12 bytes in 12 ranges (ours | theirs):\n");
        (0..10).for_each(|n| expected += &format!("  {:#x}..{:#x}  00 | 01\n", 10 * n, 10 * n + 1));
        assert_eq!(shown(&[0; 128], &many), expected + "  … and 2 more\n");
        let (zeros, ones) = (["00"; 16].join(" "), ["01"; 16].join(" "));
        let long = |len: usize, dots: &str| {
            let shown = format!("0x0..{len:#x}  {zeros}{dots} | {ones}{dots}");
            format!("contents of 'm', {len} bytes in 1 range (ours | theirs):\n  {shown}\n")
        };
        assert_eq!(shown(&[0; 16], &[1; 16]), long(16, ""));
        assert_eq!(shown(&[0; 17], &[1; 17]), long(17, " …"));
        assert_eq!(shown(&[5; 3], &[5; 4]), "length of 'm':\n  ours:   3\n  theirs: 4\n");
    }

    #[test]
    fn an_excerpt_says_where_it_is_cut() {
        let bytes = [b'x'; 100];
        let quoted = |n: usize| format!("{:?}", "x".repeat(n));
        assert_eq!(excerpt(&bytes, 50), format!("…{}…", quoted(80)));
        assert_eq!(excerpt(&bytes, 40), format!("{}…", quoted(80)));
        assert_eq!(excerpt(&bytes, 60), format!("…{}", quoted(80)));
        assert_eq!(excerpt(&bytes[..10], 10), format!("{} (end)", quoted(10)));
    }

    /// A trap of another engine may stand for several, and memories differ if stacks end at different depths.
    #[test]
    fn ends_that_may_be_the_same_are_no_difference() {
        use crate::oracle::OracleTrap;
        let trap = |codes: &[TrapCode]| OracleEnd::Trap(OracleTrap { codes: codes.to_vec(), text: "a trap".into() });
        let differ = |ours: OracleEnd, theirs: OracleEnd, memory: &[u8]| {
            !differences(&side(ours, "", &[1]), &side(theirs, "", memory)).is_empty()
        };
        let ours = || trap(&[TrapCode::Unreachable]);
        assert!(!differ(ours(), trap(&[]), &[1]) && differ(ours(), trap(&[]), &[2]));
        assert!(!differ(ours(), trap(&[TrapCode::IntegerOverflow, TrapCode::Unreachable]), &[1]));
        assert!(differ(ours(), trap(&[TrapCode::IntegerOverflow]), &[1]) && differ(ours(), OracleEnd::Exit(0), &[1]));
        let thrown = |tag: Option<&str>| OracleEnd::Exception { tag: tag.map(String::from), payload: Vec::new() };
        assert!(!differ(thrown(None), thrown(None), &[1]) && differ(thrown(None), ours(), &[1]));
        assert!(!differ(OracleEnd::Exhausted, OracleEnd::Exhausted, &[2]));
        assert!(differ(OracleEnd::Exhausted, OracleEnd::Exit(0), &[1]));
    }

    /// The tag and payload count if both are known; otherwise the report says so.
    #[test]
    fn exceptions_are_compared_as_far_as_they_are_known() {
        let thrown = |tag: Option<&str>, n| OracleEnd::Exception {
            tag: tag.map(String::from),
            payload: tag.iter().map(|_| OracleValue::I32(n)).collect(),
        };
        // Whether they differ, and whether they may be different ones.
        let compared = |ours: OracleEnd, theirs: OracleEnd, tells_tags| {
            let (ours, theirs) = (side(ours, "", &[]), EngineRun { tells_tags, ..side(theirs, "", &[]) });
            (!differences(&ours, &theirs).is_empty(), may_be_other_exceptions(&ours, &theirs))
        };
        let (a, b) = (Some("a"), Some("b"));
        assert_eq!(compared(thrown(a, 1), thrown(a, 1), true), (false, false));
        assert_eq!(compared(thrown(a, 1), thrown(a, 2), true), (true, false));
        assert_eq!(compared(thrown(a, 1), thrown(b, 1), true), (true, false));
        assert_eq!(compared(thrown(None, 1), thrown(b, 1), true), (true, false));
        // Its tag is not exported.
        assert_eq!(compared(thrown(a, 1), thrown(None, 1), true), (true, false));
        assert_eq!(compared(thrown(None, 1), thrown(None, 1), true), (false, true));
        assert_eq!(compared(thrown(a, 1), thrown(None, 1), false), (false, true));
        let differing = differences(&side(thrown(a, 1), "", &[]), &side(thrown(None, 1), "", &[]));
        assert_eq!(differing, "ends:\n  ours:   exception of tag 'a' (i32 1)\n  theirs: exception\n");
    }
}
