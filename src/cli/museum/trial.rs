//! One means tried on one bug; bisection and reduction of what was found.

use super::child::{self, Ended};
use super::figures::Fingerprint;
use super::{Bisected, Found, Reduced};
use crate::cli::Failed;
use crate::conformance::record::{Record, Verdict};
use crate::conformance::suite::Suite;
use crate::museum::{Entry, Means};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a compiler says that finds a defect in itself.
const SELF_ACCUSATIONS: [&str; 4] = ["defect of the JIT", "broke the SSA", "allocation checker", "reads 64 bits of"];

/// Tries a means.
///
/// # Errors
/// A process cannot be started, a file not be written.
pub fn find(entry: &Entry, means: Means, limit: Duration, jobs: u16, folder: &Path) -> Result<Found, Failed> {
    match means {
        Means::Suite => matrix(entry, means, &[], "interp,jit", limit, jobs, folder),
        Means::Extra => matrix(entry, means, &["extra"], "interp,jit", limit, jobs, folder),
        Means::Checker => matrix(entry, means, &["--verify"], "jit-O0,jit", limit, jobs, folder),
        Means::Smith => smith(entry, limit, jobs, folder),
    }
}

/// The testsuite with the bug planted.
fn matrix(
    entry: &Entry,
    means: Means,
    more: &[&str],
    backends: &str,
    limit: Duration,
    jobs: u16,
    folder: &Path,
) -> Result<Found, Failed> {
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let report = folder.join(format!("{}-{}.jsonl", entry.name, means.name()));
    let target = format!("jsonl={}", report.display());
    let jobs = jobs.to_string();
    let mut args = vec!["test", "--backend", backends, "--timeout", "2", "--jobs", &jobs, "--report", &target];
    args.extend(more);
    let ended = child::run(Some(entry.name), &args, None, limit, |_| false)?;
    let text = std::fs::read_to_string(&report).unwrap_or_default();
    let _ = std::fs::remove_file(&report);
    let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
    let mine = |r: &Record| (means == Means::Extra) == r.group.starts_with("extra/");
    let accuses = |r: &Record| r.got.as_ref().is_some_and(|got| SELF_ACCUSATIONS.iter().any(|a| got.contains(a)));
    let first = match means {
        Means::Checker => records.into_iter().find(accuses),
        _ => records
            .into_iter()
            .find(|r| r.is_unexpected() && mine(r) && r.cause.is_none() && r.verdict != Verdict::Unsupported),
    };
    let mut found = Found {
        means: means.name().into(),
        found: first.is_some(),
        seconds: ended.seconds,
        what: String::new(),
        example: None,
    };
    match first {
        Some(r) => {
            let got = r.got.clone().unwrap_or_default();
            found.what = format!("{}:{} {}: {}", r.key(), r.line, r.verdict.name(), shorten(&got));
            found.example = Some((script(&r, folder)?, r.line));
        }
        // A part of the suite that passes says nothing of the rest.
        None if !ended.in_time || text.is_empty() => found.what = format!("no report: {}", why(&ended)),
        None => found.what = "passes".into(),
    }
    Ok(found)
}

fn why(ended: &Ended) -> String {
    match ended.status {
        _ if !ended.in_time => "out of time".into(),
        Some(status) => format!("status {status}: {}", shorten(&ended.complaint)),
        None => "killed".into(),
    }
}

fn shorten(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(70) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_string(),
    }
}

/// The script of a record, as a file: our own are in the checkout, those of the suite are written.
fn script(r: &Record, folder: &Path) -> Result<PathBuf, Failed> {
    let own = PathBuf::from(format!("wast-{}.wast", r.key()));
    if r.group.starts_with("extra/") && own.exists() {
        return Ok(own);
    }
    let suite = Suite::embedded()?;
    let file = suite.files.iter().find(|f| f.key() == r.key()).ok_or_else(|| format!("{}: no such file", r.key()))?;
    let path = folder.join(format!("{}.wast", r.key().replace('/', "-")));
    super::write_whole(&path, &file.text()?)?;
    Ok(path)
}

/// Random modules until the first finding.
fn smith(entry: &Entry, limit: Duration, jobs: u16, folder: &Path) -> Result<Found, Failed> {
    let out = folder.join("smith").join(entry.name);
    let _ = std::fs::remove_dir_all(&out);
    let (seconds, jobs, target) = (limit.as_secs().to_string(), jobs.to_string(), out.display().to_string());
    let args = ["smith", "--seed", "0", "--time", &seconds, "--jobs", &jobs, "--out", &target];
    let patience = limit + Duration::from_secs(30);
    let ended = child::run(Some(entry.name), &args, None, patience, |line| line.starts_with("  replay:"))?;
    let line = |start: &str| ended.output.iter().find_map(|l| l.strip_prefix(start));
    let mut found = Found {
        means: Means::Smith.name().into(),
        found: false,
        seconds: ended.seconds,
        what: String::new(),
        example: None,
    };
    // What is found without the bug too is no finding of it.
    let replay = line("  replay: wasmoon ").map(|l| l.split_whitespace().collect::<Vec<_>>());
    let sound = match &replay {
        Some(args) => child::run(None, args, None, patience, |_| false)?.status == Some(0),
        None => false,
    };
    match (line("finding "), line("  in ")) {
        (Some(what), _) if !sound => found.what = format!("without the bug too: {}", shorten(what)),
        (Some(what), Some(place)) => {
            found.found = true;
            found.what = shorten(what);
            let script = Path::new(place.trim()).join("failing.wast");
            if let Ok(text) = std::fs::read_to_string(&script) {
                // The last directive is the one that fails.
                found.example = Some((script, last_directive(&text)));
            }
        }
        _ if ended.status == Some(0) => {
            let modules = ended.output.first().map(|l| l.split(" (").next().unwrap_or(l).to_string());
            found.what = format!("nothing in {}", modules.unwrap_or_default());
        }
        _ => found.what = why(&ended),
    }
    Ok(found)
}

/// Line of the last directive, from 1.
fn last_directive(text: &str) -> u32 {
    let lines = text.lines().enumerate().filter(|(_, l)| l.starts_with("(assert") || l.starts_with("(invoke"));
    lines.last().map_or(1, |(n, _)| n as u32 + 1)
}

/// Has `bisect` explain an example.
///
/// # Errors
/// A process cannot be started.
pub fn bisect(entry: &Entry, (script, line): &(PathBuf, u32), limit: Duration) -> Result<Bisected, Failed> {
    let (file, at) = (script.display().to_string(), line.to_string());
    let args = ["bisect", &file, "--at", &at];
    let ended = child::run(Some(entry.name), &args, None, limit, |_| false)?;
    let after = |start: &str| ended.output.iter().find_map(|l| l.strip_prefix(start)).map(str::to_string);
    let functions: Vec<&String> = ended.output.iter().filter(|l| l.starts_with("function")).collect();
    let stage = after("stage: ").unwrap_or_default();
    let function = match functions[..] {
        [one] => one.split_once(": ").map_or(one.as_str(), |(_, f)| f).to_string(),
        [] => shorten(&format!("none: {} {}", ended.output.join(" "), ended.complaint)),
        _ => {
            let names = functions.iter().filter_map(|l| l.split_once(": ")).map(|(_, f)| f);
            names.collect::<Vec<_>>().join(" with ")
        }
    };
    let right_function = changes(entry, &file, &functions)?;
    Ok(Bisected { right_stage: entry.is_stage(&stage), function, stage, right_function, seconds: ended.seconds })
}

/// Whether the bug changes the code of the function that bisection names ("function: function 3 'f' of module 1"), or of
/// one of those that it takes together.
fn changes(entry: &Entry, file: &str, lines: &[&String]) -> Result<bool, Failed> {
    let index = |line: &&String| Some(line.split_once(": function ")?.1.split_whitespace().next()?.to_string());
    let indices: Vec<String> = lines.iter().filter_map(index).collect();
    if indices.is_empty() {
        return Ok(false);
    }
    let path = if file.contains('/') { file.to_string() } else { format!("./{file}") };
    let plain = Fingerprint::of(None, &[&path])?;
    let planted = Fingerprint::of(Some(entry.name), &[&path])?;
    let named = |key: &&str| indices.iter().any(|index| key.ends_with(&format!(" {index}")));
    Ok(planted.changed(&plain).iter().any(named))
}

/// Has `reduce` make it small, and sees that the result passes without the bug.
///
/// # Errors
/// A process cannot be started.
pub fn reduce(
    entry: &Entry,
    (script, line): &(PathBuf, u32),
    limit: Duration,
    folder: &Path,
) -> Result<Reduced, Failed> {
    let out = folder.join(format!("{}.wast", entry.name));
    let _ = std::fs::remove_file(&out);
    let (file, at, target) = (script.display().to_string(), line.to_string(), out.display().to_string());
    let seconds = (limit.as_secs() / 2).max(5).to_string();
    let args = ["reduce", &file, "--at", &at, "-o", &target, "--time", &seconds];
    let ended = child::run(Some(entry.name), &args, None, limit + Duration::from_secs(30), |_| false)?;
    let size = |l: &String| {
        let (_, rest) = l.split_once(".wast: ")?;
        rest.split_whitespace().next()?.parse().ok()
    };
    let instructions = ended.output.iter().rev().find_map(size);
    let passes_without = out.exists() && {
        let args = ["test", &target, "--backend", "interp,jit"];
        child::run(None, &args, None, Duration::from_secs(60), |_| false)?.status == Some(0)
    };
    Ok(Reduced { instructions, passes_without, seconds: ended.seconds })
}
