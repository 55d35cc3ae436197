//! The official testsuite as trials: `<group>::[<theme>::]<stem>::<backend>`, and `…::xdiff` for the comparison.
//!
//! Trials of one file share one execution per process. Filters are substrings, as in libtest; a filter that selects
//! nothing is an error if it was meant for this test binary.

use libtest_mimic::{Arguments, Failed, Trial};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use wasmoon::conformance::backend::Backend;
use wasmoon::conformance::judge::expectations::{
    Conditions, Coverage, Expectations, FileKeys, FindError, Judge, Position,
};
use wasmoon::conformance::lockstep::alone;
use wasmoon::conformance::plan::{FileResult, Plan};
use wasmoon::conformance::read::script::ScriptStep;
use wasmoon::conformance::read::suite::{Suite, SuiteFile};
use wasmoon::conformance::record::{Record, XDIFF};
use wasmoon::conformance::report::replay::{Replay, quoted};
use wasmoon::conformance::supervise::supervisor::{FileSettings, Supervisor};
use wasmoon::process::worker::StartError;

const TIMEOUT: Duration = Duration::from_secs(30);

/// One file and the execution that its trials share.
struct Shared {
    file: Arc<SuiteFile>,
    /// The backends that a selected trial needs.
    backends: Vec<Backend>,
    replay: Arc<Replay>,
    result: OnceLock<Result<FileResult, StartError>>,
}

fn main() -> ExitCode {
    wasmoon::process::serve_if_worker(&[&wasmoon::conformance::supervise::worker::ROLE]);
    let args = Arguments::from_args();
    let suite = match std::env::var_os("SPEC_TESTS") {
        Some(dir) => Suite::checkout(dir.as_ref()),
        None => Suite::embedded(),
    };
    let suite = match suite {
        Ok(suite) => suite,
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    let trials = trials(&suite, &args);
    // libtest-mimic lists and counts; what remains is to detect that no trial is left.
    let selected = trials.iter().filter(|t| selects(&args, t.name())).count();
    let all = trials.len();
    if selected == 0 && all > 0 && args.filter.is_some() {
        let filter = args.filter.as_deref().unwrap_or_default();
        eprintln!("no trial of the testsuite matches '{filter}' ({all} trials; `cargo test --test spec -- --list`)");
        if !args.list && meant_for_us() {
            eprintln!("trials are named <group>::[<theme>::]<file>::<backend>, as core::i32::jit");
            return ExitCode::from(2);
        }
    }
    libtest_mimic::run(&args, trials).exit_code()
}

fn selects(args: &Arguments, name: &str) -> bool {
    let matches = |filter: &String| if args.exact { name == filter } else { name.contains(filter.as_str()) };
    args.filter.as_ref().is_none_or(matches) && !args.skip.iter().any(matches)
}

/// The rules, read once per process.
struct Rules {
    revision: String,
    read: OnceLock<Result<Expectations, FindError>>,
}

impl Rules {
    fn get(&self) -> Result<&Expectations, Failed> {
        let engines: Vec<String> = wasmoon::oracle::names().into_iter().map(String::from).collect();
        let read = self.read.get_or_init(|| Expectations::find(None, &engines).map(|located| located.rules));
        read.as_ref().map_err(|e| Failed::from(e.to_string()))
    }
}

fn trials(suite: &Suite, args: &Arguments) -> Vec<Trial> {
    let supervisor = Arc::new(Supervisor::new());
    let rules = Arc::new(Rules { revision: suite.revision.clone(), read: OnceLock::new() });
    let all: Vec<Backend> = Backend::NAMES.iter().filter_map(|n| Backend::named(n)).collect();
    let switches = std::env::var("SPEC_TESTS").map(|dir| format!(" --suite {}", quoted(&dir)));
    let replay = Arc::new(Replay { switches: switches.unwrap_or_default(), ..Replay::default() });
    let mut trials = Vec::with_capacity(suite.files.len() * 5 + 1);
    for file in &suite.files {
        let xdiff = selects(args, &file.trial(XDIFF));
        let backends = all.iter().filter(|b| xdiff || selects(args, &file.trial(&b.name))).cloned().collect();
        let shared = Shared { file: file.clone(), backends, replay: replay.clone(), result: OnceLock::new() };
        let shared = Arc::new(shared);
        for column in Backend::NAMES.into_iter().chain([XDIFF]) {
            let (shared, supervisor, rules) = (shared.clone(), supervisor.clone(), rules.clone());
            let run = move || {
                let rules_of_file = rules.get()?;
                let settings = FileSettings {
                    backends: &shared.backends,
                    timeout: TIMEOUT,
                    file_timeout: TIMEOUT * Plan::FILE_TIMEOUTS,
                    faults: &[],
                    self_check: None,
                    replay: &shared.replay,
                };
                let result = shared.result.get_or_init(|| supervisor.run_file(&shared.file, settings));
                let result = result.as_ref().map_err(|e| Failed::from(e.to_string()))?;
                verdict(result, column, rules_of_file, &rules.revision)
            };
            trials.push(Trial::test(file.trial(column), run));
        }
    }
    let files = suite.files.clone();
    trials.push(Trial::test("expectations::stale", move || stale(&files, &rules)));
    trials
}

/// Whether the result is as expected, in one column of one file.
fn verdict(result: &FileResult, column: &str, rules: &Expectations, revision: &str) -> Result<(), Failed> {
    if let Some(message) = &result.error {
        return Err(format!("{}: {message}", result.file.key()).into());
    }
    let conditions = Conditions {
        arch: std::env::consts::ARCH.into(),
        os: std::env::consts::OS.into(),
        suite: revision.into(),
        spec: "latest".into(),
        mode: String::new(),
    };
    // A single file cannot show whether a rule as a whole is stale: `expectations::stale` and `wasmoon test` check that.
    let coverage = Coverage::default();
    let judge = |records: &mut Vec<Record>| {
        let mut judge = Judge::new(rules, conditions.clone(), coverage.clone());
        let (own, rules) = (result.file.key(), result.file.rules_key());
        judge.file(FileKeys { own: &own, rules: &rules }, records, result.complete);
        judge.finish().news
    };
    // The expectations for the comparison depend on the sides, so all columns are judged; only news of this column is reported.
    let mut records = result.records.clone();
    judge(&mut records);
    records.retain(|r| r.backend == column);
    let news = judge(&mut records.clone());
    let unexpected: Vec<_> = records.iter().filter(|r| !r.known && !r.verdict.is_fine()).collect();
    let mut lines: Vec<String> = news.iter().filter(|n| n.kind.counts()).map(|n| n.message.clone()).collect();
    if records.is_empty() {
        lines.push("no directive has a result in this column".into());
    }
    for record in unexpected.iter().take(20) {
        lines.push(format!("line {} {}: {}", record.line, record.directive, record.verdict.name()));
        let texts = [("expected", &record.expected), ("got", &record.got), ("replay", &record.replay)];
        lines.extend(texts.iter().filter_map(|(name, text)| Some(format!("    {name}: {}", text.as_ref()?))));
    }
    if unexpected.len() > 20 {
        lines.push(format!("… and {} more", unexpected.len() - 20));
    }
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
}

/// Checks for rules that name a file or a position that does not exist.
fn stale(files: &[Arc<SuiteFile>], rules: &Rules) -> Result<(), Failed> {
    let keys: Vec<String> = files.iter().map(|f| f.key()).collect();
    let mut directives = |key: &str| -> Result<Vec<Position>, String> {
        let file = files.iter().find(|f| f.key() == key).ok_or("no such file")?;
        let text = file.text().map_err(|e| e.to_string())?;
        let positions = |steps: Vec<ScriptStep<'_>>| {
            steps.into_iter().map(|s| Position { line: s.line, directive: s.text }).collect()
        };
        alone::read(&text, &file.language, file.json_folder().as_ref(), positions).map_err(|e| e.to_string())
    };
    let news = rules.get()?.stale(&rules.revision, &keys, &mut directives);
    let lines: Vec<String> = news.into_iter().map(|n| format!("line {}: {}", n.line, n.message)).collect();
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
}

/// Whether only this binary was requested: run directly, or by `cargo test --test spec`. In `cargo test -- X`, X may
/// belong to another test binary.
fn meant_for_us() -> bool {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return true };
    let parent = status.lines().find_map(|l| l.strip_prefix("PPid:")).map_or("", str::trim);
    let Ok(command) = std::fs::read(format!("/proc/{parent}/cmdline")) else { return true };
    let words: Vec<String> = command.split(|b| *b == 0).map(|w| String::from_utf8_lossy(w).into_owned()).collect();
    let cargo = words.first().is_some_and(|w| w.rsplit('/').next().is_some_and(|name| name.starts_with("cargo")));
    let before_dashes = words.iter().take_while(|w| *w != "--");
    !cargo || before_dashes.into_iter().any(|w| w == "--test" || w.starts_with("--test=") || w == "spec")
}
