//! One means tried on one bug; bisection and reduction of the result.

use crate::child::{self, ChildEnd};
use crate::code::{self, Code};
use crate::error::MuseumError;
use crate::patches::{Bug, Means};
use crate::run::{Bisected, Directive, MeansResult, Reduced};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wasmoon::conformance::read::suite::{Suite, SuiteFile};
use wasmoon::conformance::record::{Record, Verdict};
use wasmoon::triage::write_whole;

/// The CPU that is not the usual one is emulated, and takes ten times as long.
const SLOWDOWN: u64 = if cfg!(target_arch = "x86_64") { 1 } else { 10 };
/// Processor time for making a case small; `reduce` ends by itself long before.
const REDUCTION: Duration = Duration::from_secs(240 * SLOWDOWN);
/// Seconds for one directive.
const DIRECTIVE: u64 = 3 * SLOWDOWN;
/// Its own limit, which is by the clock, as a multiple of that: others use the machine too.
const SHARED: u64 = 5;

/// The modes in which functions are replaced, in the order in which they are tried.
const TIERS: [&str; 4] = ["tier:0", "tier:1", "tier:2", "tier:3"];

/// The settings that a run tries all of its bugs with.
pub struct Trial<'a> {
    pub suite: &'a Suite,
    /// Processor time for one means.
    pub limit: Duration,
    /// Random modules.
    pub modules: u64,
    pub folder: &'a Path,
}

impl Trial<'_> {
    /// Tries a means. `code`: the changes of the bug.
    ///
    /// # Errors
    /// A process cannot be started, a file not be written.
    pub fn find(&self, bug: &Bug, means: Means, code: &Code) -> Result<MeansResult, MuseumError> {
        let checked = |what: &Option<String>| MeansResult {
            means: means.name().into(),
            found: what.is_some(),
            seconds: 0.0,
            what: what.as_ref().map_or_else(|| "passes".into(), |what| shorten(what)),
            example: None,
        };
        match means {
            Means::Verifier => Ok(checked(&code.verifier)),
            Means::Checker => Ok(checked(&code.checker)),
            Means::Suite | Means::Extra if bug.tiers => {
                let mut seconds = 0.0;
                for mode in TIERS {
                    let found = self.matrix(bug, means, code, Some(mode))?;
                    seconds += found.seconds;
                    if found.found || mode == TIERS[TIERS.len() - 1] {
                        return Ok(MeansResult { seconds, ..found });
                    }
                }
                unreachable!("there are modes")
            }
            Means::Suite | Means::Extra => self.matrix(bug, means, code, None),
            Means::Smith => self.smith(bug),
        }
    }

    /// With the bug planted, the files of which it changes code, as others do as they do without it; all files if it is not a
    /// bug of the compiler. Ends with the first finding. What is found without the bug, too, is not a finding of it.
    fn matrix(&self, bug: &Bug, means: Means, code: &Code, mode: Option<&str>) -> Result<MeansResult, MuseumError> {
        let changed = code.files();
        let concerned = |key: &str| !bug.is_compiled() || changed.contains(key);
        let mine = |group: &str| (means == Means::Extra) == group.starts_with("extra/");
        let files = self.suite.files.iter().filter(|f| mine(&f.group) && concerned(&f.key()));
        let trial = |f: &Arc<SuiteFile>| if bug.is_compiled() { format!("^{}", f.trial("jit")) } else { f.filter() };
        let filters: Vec<String> = files.map(trial).collect();
        let mut found = MeansResult {
            means: means.name().into(),
            found: false,
            seconds: 0.0,
            what: "passes".into(),
            example: None,
        };
        if filters.is_empty() {
            return Ok(found);
        }
        let seconds = DIRECTIVE.to_string();
        let mut args =
            vec!["test", "--backend", "interp,jit", "--timeout", &seconds, "--jobs", "1", "--expectations", "none"];
        args.extend(mode.iter().flat_map(|mode| ["--mode", mode]));
        args.extend(["--report", "jsonl=-"]);
        let settings = args.clone();
        args.extend(filters.iter().map(String::as_str));
        let news = |line: &str| {
            let record = serde_json::from_str::<Record>(line).ok()?;
            let is_news = record.is_unexpected() && record.cause.is_none() && record.verdict != Verdict::Unsupported;
            (is_news && mine(&record.group)).then_some(record)
        };
        // The first is enough: if all that a bug breaks is a death of a process, the rest takes long.
        let ended = child::run(Some(bug.name), &args, self.limit, |line| news(line).is_some())?;
        let first = ended.output.iter().find_map(|line| news(line));
        found.seconds = ended.seconds;
        match first {
            Some(r) => {
                let got = r.got.clone().unwrap_or_default();
                found.what = format!("{}:{} {}: {}", r.key(), r.line, r.verdict.name(), shorten(&got));
                let alone = self.file(&r)?.filter();
                let without = child::run(None, &[&settings[..], &[&alone]].concat(), self.limit, |_| false)?;
                if without.output.iter().any(|line| news(line).is_some_and(|other| other.line == r.line)) {
                    found.what = format!("without the bug too: {}", found.what);
                    return Ok(found);
                }
                found.found = true;
                let mode = mode.map(str::to_string);
                found.example = Some(Directive { script: self.script(&r)?, line: r.line, mode });
            }
            // Columns that prove nothing are news of the run as a whole.
            None if let Some(what) = ended.output.last().and_then(|line| run_news(line)) => {
                let without = child::run(None, &args, self.limit, |_| false)?;
                found.found = without.output.last().is_some_and(|line| run_news(line).is_none());
                found.what = if found.found { what } else { format!("without the bug too: {what}") };
            }
            // A part of the suite that passes says nothing of the rest.
            None if !ended.in_time || ended.output.is_empty() => found.what = format!("no report: {}", why(&ended)),
            None => {}
        }
        Ok(found)
    }

    fn file(&self, r: &Record) -> Result<&SuiteFile, MuseumError> {
        let file = self.suite.files.iter().find(|f| f.key() == r.key());
        file.map(Arc::as_ref).ok_or_else(|| MuseumError::NoScript(r.key()))
    }

    /// The script of a record, as a file: our own are in the checkout, those of the suite are written.
    fn script(&self, r: &Record) -> Result<PathBuf, MuseumError> {
        let own = PathBuf::from(format!("wast-{}.wast", r.key()));
        if r.group.starts_with("extra/") && own.exists() {
            return Ok(own);
        }
        let file = self.file(r)?;
        let path = self.folder.join(format!("{}.wast", r.key().replace('/', "-")));
        let text = file.text().map_err(|source| MuseumError::Script { place: file.place(), source })?;
        write_whole(&path, &text)?;
        Ok(path)
    }

    /// Random modules until the first finding: always the same ones, one after the other, so that it is always the same one.
    fn smith(&self, bug: &Bug) -> Result<MeansResult, MuseumError> {
        let out = self.folder.join("smith").join(bug.name);
        let _ = std::fs::remove_dir_all(&out);
        let (modules, target) = (self.modules.to_string(), out.display().to_string());
        let mut args =
            vec!["smith", "--seed", "0", "--count", &modules, "--jobs", "1", "--reduce", "0", "--out", &target];
        args.extend(["--backend", "interp,jit", "--mode", TIERS[0]].iter().filter(|_| bug.tiers));
        let ended = child::run(Some(bug.name), &args, self.limit, |line| line.starts_with("  replay:"))?;
        let line = |start: &str| ended.output.iter().find_map(|l| l.strip_prefix(start));
        let mut found = MeansResult {
            means: Means::Smith.name().into(),
            found: false,
            seconds: ended.seconds,
            what: String::new(),
            example: None,
        };
        // A finding without the bug is not a finding of the bug.
        let replay = line("  replay: wasmoon ").map(|l| l.split_whitespace().collect::<Vec<_>>());
        let sound = match &replay {
            Some(args) => child::run(None, args, self.limit, |_| false)?.status == Some(0),
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
                    found.example = Some(Directive { script, line: last_directive(&text), mode: tiers_of(what) });
                }
            }
            _ if ended.status == Some(0) => found.what = format!("nothing in {modules} modules"),
            _ => found.what = why(&ended),
        }
        Ok(found)
    }

    /// Has `bisect` explain an example.
    ///
    /// # Errors
    /// A process cannot be started.
    pub fn bisect(&self, bug: &Bug, place: &Directive) -> Result<Bisected, MuseumError> {
        let (file, at) = (place.script.display().to_string(), place.line.to_string());
        let mut args = vec!["bisect", &file, "--at", &at];
        args.extend(place.mode.iter().flat_map(|mode| ["--mode", mode]));
        let ended = child::run(Some(bug.name), &args, self.limit, |_| false)?;
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
        let right_function = match bug.is_replacement() {
            // No code changes. What is named is what fails if nothing else is replaced: places of one function.
            true => {
                let of = |line: &&String| line.split(", replaced").next().unwrap_or_default().to_string();
                functions.iter().map(of).collect::<BTreeSet<_>>().len() == 1
            }
            false => self.changes(bug, &file, &functions)?,
        };
        Ok(Bisected { right_stage: bug.is_stage(&stage), function, stage, right_function, seconds: ended.seconds })
    }

    /// Whether the bug changes the code of the body that bisection names ("function: function 3 'f' of module 1", "function:
    /// constant expression const_0 (body 4)"), or of one of those that it takes together.
    fn changes(&self, bug: &Bug, file: &str, lines: &[&String]) -> Result<bool, MuseumError> {
        let body = |line: &&String| {
            let (_, named) = line.split_once(": ")?;
            let constant = named.strip_prefix("constant expression const_").map(|rest| ("const ", rest));
            let (kind, rest) = constant.or(named.strip_prefix("function ").map(|rest| ("", rest)))?;
            Some(format!("{kind}{}", rest.split_whitespace().next()?))
        };
        let bodies: Vec<String> = lines.iter().filter_map(body).collect();
        if bodies.is_empty() {
            return Ok(false);
        }
        let path = if file.contains('/') { file.to_string() } else { format!("./{file}") };
        let plain = self.folder.join(format!("{}-plain.json", bug.name));
        let _ = std::fs::remove_file(&plain);
        let code = code::of(bug.name, &plain, &[&path]);
        let _ = std::fs::remove_file(&plain);
        // In front of the body stand file and number of the module.
        let is_named = |key: &String| key.splitn(3, ' ').nth(2).is_some_and(|body| bodies.iter().any(|b| b == body));
        Ok(code?.changed.iter().any(is_named))
    }

    /// Has `reduce` make it small, and sees that the result fails with the bug and passes without.
    ///
    /// # Errors
    /// A process cannot be started.
    pub fn reduce(&self, bug: &Bug, place: &Directive) -> Result<Reduced, MuseumError> {
        let out = self.folder.join(format!("{}.wast", bug.name));
        let _ = std::fs::remove_file(&out);
        let (file, at, target) =
            (place.script.display().to_string(), place.line.to_string(), out.display().to_string());
        let seconds = (SHARED * REDUCTION.as_secs()).to_string();
        let mut args = vec!["reduce", &file, "--at", &at, "-o", &target, "--time", &seconds, "--jobs", "1"];
        args.extend(place.mode.iter().flat_map(|mode| ["--mode", mode]));
        let ended = child::run(Some(bug.name), &args, REDUCTION, |_| false)?;
        let size = |l: &String| {
            let (_, rest) = l.split_once(".wast: ")?;
            rest.split_whitespace().next()?.parse().ok()
        };
        let instructions = ended.output.iter().rev().find_map(size);
        // The line that says how to run it names the mode that it needs.
        let replay = ended.output.iter().find_map(|line| line.strip_prefix("replay: ")).unwrap_or_default();
        let mode = replay.split_once("--mode ").and_then(|(_, rest)| rest.split_whitespace().next());
        let passes = |bug: Option<&str>| {
            let mut args = vec!["test", &target, "--backend", "interp,jit"];
            args.extend(mode.iter().flat_map(|mode| ["--mode", mode]));
            Ok::<_, MuseumError>(child::run(bug, &args, Duration::from_secs(60), |_| false)?.status)
        };
        let (with, without) = match out.exists() {
            true => (passes(Some(bug.name))?, passes(None)?),
            false => (None, None),
        };
        Ok(Reduced {
            instructions,
            fails_with: with == Some(1),
            passes_without: without == Some(0),
            seconds: ended.seconds,
        })
    }
}

/// The mode of a column that a finding names ("values on jit+tier:2 (seed 7)").
fn tiers_of(finding: &str) -> Option<String> {
    let (_, rest) = finding.split_once("+tier:")?;
    Some(format!("tier:{}", rest.split([' ', '+']).next()?))
}

/// The first of the news in the last line of a JSONL report that count.
fn run_news(line: &str) -> Option<String> {
    let last = serde_json::from_str::<serde_json::Value>(line).ok()?;
    let counts = |item: &&serde_json::Value| item["counts"] == true;
    let text = last["news"].as_array()?.iter().find(counts)?["text"].as_str()?;
    Some(shorten(text))
}

fn why(ended: &ChildEnd) -> String {
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

/// Line of the last directive, from 1.
fn last_directive(text: &str) -> u32 {
    let lines = text.lines().enumerate().filter(|(_, l)| l.starts_with("(assert") || l.starts_with("(invoke"));
    lines.last().map_or(1, |(n, _)| n as u32 + 1)
}
