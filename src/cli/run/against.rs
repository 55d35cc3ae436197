//! `wasmoon run --against ORACLE`: one program, two engines. Output, exit, final memory, and what it did to its folders.

use super::{Args, entry};
use crate::cli::{Failed, NOT_AS_EXPECTED, OK, say};
use crate::conformance::read::files;
use crate::engine::Engine;
use crate::module::Module;
use crate::oracle::{Call, End, Job, Oracle, Program, Value, When};
use crate::runtime::store::{Abort, Extern};
use crate::runtime::trap::TrapCode;
use crate::runtime::value::{Ref, Val};
use crate::triage::observe::column_name;
use crate::wasi::program::{Captured, Entry, Given, Options, run_captured};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Ranges of memory that are shown, and bytes of each.
const RANGES: usize = 10;
const BYTES: usize = 16;
/// Equal bytes between two different ones that do not end a range.
const GAP: usize = 8;
/// Bytes around a difference in output.
const CONTEXT: usize = 40;

/// What one engine did.
struct Side {
    name: String,
    end: End,
    streams: [Vec<u8>; 2],
    memories: Vec<(String, Vec<u8>)>,
}

/// Runs a program on ours and on the oracle; 0 if they did the same.
///
/// # Errors
/// One of them cannot run it at all, or not to an end.
pub fn run(args: &Args, against: &str, bytes: &[u8], module: &Arc<Module>, engine: &Engine) -> Result<u8, Failed> {
    let file = args.file.display().to_string();
    let mut oracle = Oracle::open_under(against, engine.config().nan).map_err(|e| e.to_string())?;
    let given = given(args)?;
    let entry = entry(args, module)?;
    let invoked = matches!(entry, Entry::Invoke { .. });
    if let (Entry::Invoke { .. }, Some(import)) = (&entry, module.imports.first()) {
        return Err(format!(
            "{file} imports '{}' '{}'; with --invoke only modules without imports can be held against an oracle",
            import.module, import.name
        ));
    }
    // The oracle's program finds its folders as ours does, not as ours leaves them.
    let copies = Copies::of(&given.dirs)?;
    let theirs = match &entry {
        Entry::Invoke { export, args: values } => invoke(&mut oracle, bytes, module, export, values, args)?,
        Entry::Start => program(&mut oracle, bytes, &given, &copies, args.timeout)?,
    };
    let mut limits = crate::runtime::store::Limits::default();
    limits.memory_bytes = args.max_memory.unwrap_or(limits.memory_bytes);
    limits.gc_heap_bytes = args.max_heap.unwrap_or(limits.gc_heap_bytes);
    limits.stacks = args.max_stacks.unwrap_or(limits.stacks);
    let options = Options { entry, limits, timeout: args.timeout, fuel: args.fuel };
    let captured = run_captured(engine, module, &given, &options).map_err(|e| format!("{file}: {e}"))?;
    let ours = side(captured, column_name(engine.config()), module, invoked);
    for side in [&ours, &theirs] {
        match &side.end {
            End::Unsupported(what) | End::Refused(what) => {
                return Err(format!("{file}: {} cannot run it: {what}", side.name));
            }
            End::Crash(what) => return Err(format!("{file}: {} crashed: {what}", side.name)),
            End::Timeout => return Err(format!("{file}: {} was out of time: there is nothing to compare", side.name)),
            _ => {}
        }
    }
    let mut text = String::new();
    let bold = anstyle::Style::new().bold();
    for side in [&ours, &theirs] {
        let memory: usize = side.memories.iter().map(|m| m.1.len()).sum();
        let [stdout, stderr] = &side.streams;
        let (out, err) = (stdout.len(), stderr.len());
        let _ =
            writeln!(text, "{}: {}; output {out} + {err} bytes; memory {memory} bytes", side.name, shown(&side.end));
    }
    let differences = differences(&ours, &theirs) + &copies.differences()?;
    if differences.is_empty() {
        let _ = writeln!(text, "{bold}equal{bold:#}");
    } else {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        let _ = write!(text, "{red}different{red:#}\n{differences}");
    }
    say(&text)?;
    Ok(if differences.is_empty() { OK } else { NOT_AS_EXPECTED })
}

/// What both programs are given. What is not UTF-8 cannot be told to every oracle.
fn given(args: &Args) -> Result<Given, Failed> {
    let text = |value: &OsStr, what: &str| {
        value.to_str().map(str::to_string).ok_or_else(|| format!("{what} {}: not UTF-8", value.display()))
    };
    let mut given = Given { args: vec![text(args.file.as_os_str(), "the file")?], ..Given::default() };
    for arg in &args.args {
        given.args.push(text(arg, "the argument")?);
    }
    for variable in &args.env {
        let variable = text(variable, "--env")?;
        given.env.push(match variable.split_once('=') {
            Some((name, value)) => (name.to_string(), value.to_string()),
            None => {
                let value = std::env::var(&variable).map_err(|e| format!("--env {variable}: {e}"))?;
                (variable, value)
            }
        });
    }
    for dir in &args.dir {
        let dir = text(dir, "--dir")?;
        let (host, guest) = dir.rsplit_once("::").unwrap_or((&dir, &dir));
        given.dirs.push((PathBuf::from(host), guest.to_string()));
    }
    if !std::io::stdin().is_terminal() && args.file != Path::new("-") && args.invoke.is_none() {
        given.stdin = files::bounded(std::io::stdin(), 0).map_err(|e| format!("standard input: {e}"))?;
    }
    Ok(given)
}

fn program(
    oracle: &mut Oracle,
    bytes: &[u8],
    given: &Given,
    copies: &Copies,
    timeout: Option<Duration>,
) -> Result<Side, Failed> {
    let program = Program {
        bytes: bytes.to_vec(),
        args: given.args.clone(),
        env: given.env.clone(),
        dirs: copies.dirs.iter().map(|d| (d.copy.clone(), d.guest.clone())).collect(),
        stdin: given.stdin.clone(),
        timeout: timeout.unwrap_or_default(),
    };
    let ran = oracle.run(&program).map_err(|e| e.to_string())?;
    // That a program returned and that it ended with 0 is one thing to whoever started it.
    let end = if ran.end == End::Values(Vec::new()) { End::Exit(0) } else { ran.end };
    let memories = vec![("memory".to_string(), ran.memory.unwrap_or_default())];
    Ok(Side { name: oracle.identity().to_string(), end, streams: [ran.stdout, ran.stderr], memories })
}

fn invoke(
    oracle: &mut Oracle,
    bytes: &[u8],
    module: &Module,
    export: &str,
    values: &[Val],
    args: &Args,
) -> Result<Side, Failed> {
    let mut calls = Vec::new();
    if export != "_initialize" && module.export("_initialize").is_some() {
        calls.push(Call { export: "_initialize".into(), args: Vec::new() });
    }
    calls.push(Call { export: export.to_string(), args: values.iter().map(|&v| value(v)).collect() });
    let timeout = args.timeout.unwrap_or(Duration::MAX);
    let limits = args.max_memory.map(|bytes| (bytes, u64::from(u32::MAX)));
    let job = Job {
        bytes: bytes.to_vec(),
        provider: None,
        calls,
        fuel: None,
        state: When::Never,
        limits,
        contents: true,
        timeout,
    };
    let seen = oracle.observe(&job).map_err(|e| e.to_string())?;
    // Ours stops at the first that does not return.
    let ended = seen.calls.iter().map(|c| &c.0).find(|end| !matches!(end, End::Values(_)));
    let end = ended.or(seen.calls.last().map(|c| &c.0)).cloned().unwrap_or(seen.start);
    Ok(Side { name: oracle.identity().to_string(), end, streams: Default::default(), memories: seen.contents })
}

fn value(value: Val) -> Value {
    match value {
        Val::I32(v) => Value::I32(v),
        Val::I64(v) => Value::I64(v),
        Val::F32(v) => Value::F32(v),
        Val::F64(v) => Value::F64(v),
        Val::V128(v) => Value::V128(v),
        Val::Ref(Ref::Null) => Value::Null,
        Val::Ref(_) => Value::Ref,
    }
}

/// What ours did.
fn side(captured: Captured, column: String, module: &Module, invoked: bool) -> Side {
    use crate::oracle::Trap;
    let Captured { run, stdout, stderr } = captured;
    let end = match &run.end {
        Ok(_) if !invoked => End::Exit(0),
        Ok(results) => End::Values(results.iter().map(|&v| value(v)).collect()),
        Err(Abort::Exit(status)) => End::Exit(*status),
        Err(Abort::Trap(trap)) => match trap.code {
            TrapCode::CallStackExhausted => End::Exhausted,
            TrapCode::Interrupt => End::Timeout,
            code => End::Trap(Trap { codes: vec![code], text: code.message().into() }),
        },
        Err(Abort::Exception(_)) => End::Exception { tag: None, payload: Vec::new() },
        Err(Abort::Host(what)) => End::Refused(what.clone()),
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
    Side { name: format!("wasmoon {} ({column})", env!("CARGO_PKG_VERSION")), end, streams: [stdout, stderr], memories }
}

fn shown(end: &End) -> String {
    match end {
        End::Values(values) => format!("returned ({})", values.iter().map(literal).collect::<Vec<_>>().join(", ")),
        End::Trap(trap) => format!("trap: {}", trap.text),
        End::Exception { .. } => "exception".into(),
        End::Exit(status) => format!("exit {status}"),
        End::Exhausted => "call stack exhausted".into(),
        End::Timeout => "out of time".into(),
        End::Unsupported(what) | End::Refused(what) | End::Crash(what) => what.clone(),
    }
}

fn literal(value: &Value) -> String {
    match *value {
        Value::I32(v) => format!("i32 {}", v as i32),
        Value::I64(v) => format!("i64 {}", v as i64),
        Value::F32(v) => format!("f32 {:?} = {v:#010x}", f32::from_bits(v)),
        Value::F64(v) => format!("f64 {:?} = {v:#018x}", f64::from_bits(v)),
        Value::V128(v) => format!("v128 {v:#034x}"),
        Value::Null => "null".into(),
        Value::Ref => "a reference".into(),
    }
}

/// All that differs, in lines; empty if nothing does.
fn differences(ours: &Side, theirs: &Side) -> String {
    let mut text = String::new();
    let same = match (&ours.end, &theirs.end) {
        (End::Trap(a), End::Trap(b)) => a.codes.iter().all(|&code| b.agrees(code)),
        // Of tag and payload a program's oracle tells nothing.
        (End::Exception { .. }, End::Exception { .. }) => true,
        (a, b) => a == b,
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
    // After an exhausted stack the depths differ, and what was done at them.
    if ours.end == End::Exhausted {
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

/// What is around a place, as a string literal.
fn excerpt(bytes: &[u8], at: usize) -> String {
    let (from, to) = (at.saturating_sub(CONTEXT), (at + CONTEXT).min(bytes.len()));
    let dots = |on: bool| if on { "…" } else { "" };
    let text = String::from_utf8_lossy(&bytes[from.min(to)..to]);
    format!("{}{text:?}{}", dots(from > 0), if at >= bytes.len() { " and no more" } else { dots(to < bytes.len()) })
}

/// Ranges of addresses in which two memories differ.
fn memory(text: &mut String, name: &str, ours: &[u8], theirs: &[u8]) {
    if ours.len() != theirs.len() {
        let _ = writeln!(text, "length of '{name}':\n  ours:   {}\n  theirs: {}", ours.len(), theirs.len());
    }
    let ranges = ranges(ours, theirs);
    if ranges.is_empty() {
        return;
    }
    let differing = ours.iter().zip(theirs).filter(|(a, b)| a != b).count();
    let _ = writeln!(text, "contents of '{name}', {differing} bytes in {} ranges (ours | theirs):", ranges.len());
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

/// Copies of the folders that a program is given.
struct Copies {
    dirs: Vec<Copied>,
    /// Holds the copies.
    _folder: tempfile::TempDir,
}

struct Copied {
    host: PathBuf,
    copy: PathBuf,
    guest: String,
}

impl Copies {
    fn of(dirs: &[(PathBuf, String)]) -> Result<Copies, Failed> {
        let folder = tempfile::tempdir().map_err(|e| format!("{}: {e}", std::env::temp_dir().display()))?;
        let mut copies = Vec::new();
        for (n, (host, guest)) in dirs.iter().enumerate() {
            let copy = folder.path().join(n.to_string());
            let found = std::fs::metadata(host).map_err(|e| format!("--dir {}: {e}", host.display()))?;
            if !found.is_dir() {
                return Err(format!("--dir {}: no folder", host.display()));
            }
            copied(host, &copy)?;
            copies.push(Copied { host: host.clone(), copy, guest: guest.clone() });
        }
        Ok(Copies { dirs: copies, _folder: folder })
    }

    /// Files that the two programs left different.
    fn differences(&self) -> Result<String, Failed> {
        let mut text = String::new();
        for dir in &self.dirs {
            let (ours, theirs) = (listed(&dir.host)?, listed(&dir.copy)?);
            let mut names: Vec<&OsString> = ours.keys().chain(theirs.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let what = match (ours.get(name), theirs.get(name)) {
                    (Some(_), None) => "only in ours",
                    (None, Some(_)) => "only in theirs",
                    (Some(a), Some(b)) if a != b => "contents",
                    _ => continue,
                };
                let _ = writeln!(text, "file '{}' in '{}': {what}", name.display(), dir.guest);
            }
        }
        Ok(text)
    }
}

/// Copies a folder with all that is in it; links stay links, what is neither file nor folder is left out.
fn copied(from: &Path, to: &Path) -> Result<(), Failed> {
    let failed = |path: &Path, e: std::io::Error| format!("copying {} for the oracle: {e}", path.display());
    std::fs::create_dir(to).map_err(|e| failed(to, e))?;
    for entry in std::fs::read_dir(from).map_err(|e| failed(from, e))? {
        let entry = entry.map_err(|e| failed(from, e))?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(|e| failed(&path, e))?;
        if kind.is_dir() {
            copied(&path, &target)?;
        } else if kind.is_symlink() {
            let link = std::fs::read_link(&path).map_err(|e| failed(&path, e))?;
            std::os::unix::fs::symlink(link, &target).map_err(|e| failed(&target, e))?;
        } else if kind.is_file() {
            std::fs::copy(&path, &target).map_err(|e| failed(&path, e))?;
        }
    }
    Ok(())
}

/// Everything below a folder: contents of files, targets of links.
fn listed(folder: &Path) -> Result<BTreeMap<OsString, Vec<u8>>, Failed> {
    use std::os::unix::ffi::OsStringExt;
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let failed = |e: std::io::Error| format!("{}: {e}", path.display());
        for entry in std::fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?.path();
            let kind = std::fs::symlink_metadata(&entry).map_err(failed)?;
            let name = entry.strip_prefix(folder).unwrap_or(&entry).as_os_str().to_os_string();
            if kind.is_dir() {
                found.insert(name, Vec::new());
                open.push(entry);
            } else if kind.is_symlink() {
                found.insert(name, std::fs::read_link(&entry).map_err(failed)?.into_os_string().into_vec());
            } else if kind.is_file() {
                found.insert(name, std::fs::read(&entry).map_err(failed)?);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(end: End, stdout: &str, memory: &[u8]) -> Side {
        let memories = vec![("memory".to_string(), memory.to_vec())];
        Side { name: String::new(), end, streams: [stdout.into(), Vec::new()], memories }
    }

    #[test]
    fn differences_are_told_by_place() {
        let plain = || side(End::Exit(0), "one\ntwo\n", &[0; 64]);
        assert_eq!(differences(&plain(), &plain()), "");
        let text = differences(&plain(), &side(End::Exit(1), "one\ntoo\n", &[0; 64]));
        assert_eq!(
            text,
            "ends:\n  ours:   exit 0\n  theirs: exit 1\noutput from byte 5 on (line 2):\n  ours:   \"one\\ntwo\\n\"\n  \
             theirs: \"one\\ntoo\\n\"\n"
        );
        let mut bytes = [0; 64];
        (bytes[3], bytes[10], bytes[40]) = (1, 2, 3);
        let text = differences(&plain(), &side(End::Exit(0), "one\ntwo\n", &bytes));
        assert!(text.starts_with("contents of 'memory', 3 bytes in 2 ranges"), "{text}");
        assert!(
            text.contains("  0x3..0xb  00 00 00 00 00 00 00 00 | 01 00 00 00 00 00 00 02\n  0x28..0x29  00 | 03\n"),
            "{text}"
        );
        let text = differences(&plain(), &side(End::Exit(0), "one\n", &[0; 32]));
        assert!(text.contains("theirs: \"one\\n\" and no more") && text.contains("ours:   64\n  theirs: 32"), "{text}");
    }
}
