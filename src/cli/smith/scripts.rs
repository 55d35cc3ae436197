//! `wasmoon smith types` and `wasmoon smith linking`: run random scripts in the matrix.

use super::super::{Failed, NOT_AS_EXPECTED, OK, engine_names, input, interrupt, many, say, values};
use crate::api::scripts::{Matrix, Record, Scripts, Verdict, XDIFF};
use crate::conformance::read::error::in_file;
use crate::conformance::read::language::Dialect;
use crate::conformance::read::suite::{Suite, SuiteFile};
use crate::conformance::report::replay::quoted;
use crate::conformance::selection::{Filter, select_files};
use crate::conformance::supervise::worker::STACK_BYTES;
use crate::oracle::COMMAND;
use crate::process::spawn::own_program;
use crate::text::by_number;
use crate::triage::smith::scripts::{linking, vary};
use crate::triage::write_whole;
use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// The number of findings of each kind that are printed.
const SHOWN: u64 = 5;

/// Kinds of random scripts
#[derive(clap::Subcommand)]
pub enum Kind {
    Types(Types),
    Linking(Linking),
}

/// Change types, limits and mutabilities in the modules of scripts, one at a time, and compare
///
/// Each place in a module that holds a type (a parameter, a field, a local, a block, a cast, a supertype, …), limits or
/// a flag is a slot. In each variant of the module, one slot holds something else that the binary format allows there:
/// any numeric type, or any abstract or declared reference type, nullable or not. The interpreter decides what is
/// expected: each variant is rejected, is not linked, or is instantiated and called as in the script. A column that
/// does otherwise is a finding.
#[derive(clap::Args)]
#[command(
    after_help = concat!("Exit status: 0 if nothing was found, 1 if something was, or if the run was interrupted, 2 \
    for a usage, input or output error, 130 if ", interrupt::second_ctrl_c!(), " ended the run at once.\n\n\
    Examples:\n  \
    wasmoon smith types gc --count 50 --engine v8 --engine wasmtime\n  \
    wasmoon smith types my.wast --seed 7")
)]
pub struct Types {
    /// Paths of scripts and folders, or parts of names in the embedded suite, as for `wasmoon test` [default: the whole
    /// embedded suite]
    patterns: Vec<String>,
    /// Maximum number of variants of each module
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Seed for the choice of variants
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    common: Common,
}

/// Run random scripts about linking, and compare
///
/// A module exports functions, globals, tables, memories and tags of random types, and other modules import them: with
/// the same type, with subtypes and supertypes, with other limits and another mutability, after they have grown, and
/// from modules that re-export them. Which imports match and which must be refused follows from rules written only for
/// this purpose. A column that does otherwise is a finding. Of four seeds, the first uses version 1.0 of the language,
/// the second also references of version 2.0, the third several memories, 64-bit addresses and tags, and the fourth
/// declared types.
#[derive(clap::Args)]
#[command(
    after_help = concat!("Exit status: 0 if nothing was found, 1 if something was, or if the run was interrupted, 2 \
    for a usage, input or output error, 130 if ", interrupt::second_ctrl_c!(), " ended the run at once.\n\n\
    Example:\n  \
    wasmoon smith linking --count 300 --engine v8 --engine wasmtime")
)]
pub struct Linking {
    /// Number of scripts
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// First seed; each further script has the next seed
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    common: Common,
}

/// The options that both have.
#[derive(clap::Args)]
struct Common {
    /// Backends to run; they are also compared with each other
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "interp,jit")]
    backend: Vec<String>,
    /// Another engine to compare with (repeatable): a name from `wasmoon test --list-engines`, or NAME="cmd:PROGRAM
    /// ARGUMENTS". NAME=ENGINE gives any engine another name
    #[arg(long, value_name = "ENGINE")]
    engine: Vec<String>,
    /// Number of scripts to run in parallel [default: one per core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    jobs: Option<u16>,
    /// Time limit for one directive in one column, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = values::seconds)]
    timeout: Duration,
    /// Folder for scripts with findings
    #[arg(long, value_name = "DIR", default_value = "target/smith-scripts")]
    out: PathBuf,
    /// Keep all scripts, not only those with findings
    #[arg(long)]
    keep: bool,
}

/// A generated script, with its name.
struct Made {
    name: String,
    text: String,
}

pub fn run(kind: Kind) -> Result<u8, Failed> {
    match kind {
        Kind::Types(args) => types(&args),
        Kind::Linking(args) => {
            let columns = Columns::open(&args.common)?;
            let (mut made, mut imports) = (Vec::new(), 0);
            for seed in (0..args.count).map_while(|n| args.seed.checked_add(n)) {
                if columns.stop.load(Ordering::Relaxed) {
                    break;
                }
                let (text, count) = linking::script(seed);
                imports += count as u64;
                made.push(Made { name: format!("linking-{seed}"), text });
            }
            let what = format!("{} in {}", many(imports, "import"), many(made.len() as u64, "script"));
            compare(&args.common, &columns, &made, &what, &|ran| {
                format!("continue with --seed {} --count {}", args.seed + ran, args.count - ran)
            })
        }
    }
}

fn types(args: &Types) -> Result<u8, Failed> {
    // Before the scripts are generated, which takes a while.
    let columns = Columns::open(&args.common)?;
    if columns.given.is_empty() && args.common.backend == ["interp"] {
        return Err("nothing would be compared: variants expect the interpreter's results; add another column with \
                    --backend or --engine"
            .into());
    }
    let files = files(&args.patterns)?;
    let bar = bar(files.len(), "making scripts");
    let (next, made) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let is_stopped = || columns.stop.load(Ordering::Relaxed);
    std::thread::scope(|scope| -> Result<(), Failed> {
        for _ in 0..jobs(&args.common).min(files.len()) {
            let work = || {
                while !is_stopped()
                    && let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let varied = vary(file, args.count as usize, args.seed);
                    let varied = varied.map_err(|error| in_file(&file.place(), &error.to_string()));
                    made.lock().expect("nobody panics").insert(file.key(), varied);
                    bar.inc(1);
                }
            };
            let thread = std::thread::Builder::new().name("variants".into()).stack_size(STACK_BYTES);
            thread.spawn_scoped(scope, work).map_err(|error| format!("cannot start a thread: {error}"))?;
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    if is_stopped() {
        say("stopped early, while scripts were being made and before any ran\n")?;
        return Ok(NOT_AS_EXPECTED);
    }
    let (mut scripts, mut variants, mut of, mut left_out, mut cut) = (Vec::new(), 0, 0, 0, 0);
    let mut taken: HashSet<String> = HashSet::new();
    for (key, varied) in made.into_inner().expect("nobody panics") {
        let varied = varied?;
        (variants, of) = (variants + varied.variants, of + varied.of);
        (left_out, cut) = (left_out + varied.left_out, cut + u64::from(varied.cut));
        if varied.variants > 0 {
            // Keys that differ only in these characters belong to different scripts.
            let plain = key.replace('/', "-");
            let mut names = std::iter::once(plain.clone()).chain((2..).map(|n| format!("{plain}~{n}")));
            let name = names.find(|name| taken.insert(name.clone())).expect("there is always another number");
            scripts.push(Made { name, text: varied.text });
        }
    }
    if scripts.is_empty() {
        return Err(
            "nothing to vary: the scripts have no modules, or have threads, or have modules larger than 4 KiB".into()
        );
    }
    let without = (files.len() - scripts.len()) as u64;
    let what = format!(
        "{} in {}, of {} possible; {} {} too large to be varied, {} {} none (threads, JSON, or nothing to vary), {} {} \
         before a directive that timed out",
        many(variants, "variant"),
        many(scripts.len() as u64, "script"),
        HumanCount(of),
        many(left_out, "module"),
        by_number(left_out, "was", "were"),
        many(without, "script"),
        by_number(without, "has", "have"),
        HumanCount(cut),
        by_number(cut, "ends", "end")
    );
    let all = scripts.len();
    compare(&args.common, &columns, &scripts, &what, &|ran| format!("{ran} of {all} scripts ran"))
}

/// The scripts that these arguments select.
fn files(patterns: &[String]) -> Result<Vec<Arc<SuiteFile>>, Failed> {
    let is_path = |text: &&String| text.contains('/') || Path::new(text.as_str()).exists() || text.ends_with(".wast");
    let (paths, filters): (Vec<&String>, Vec<&String>) = patterns.iter().partition(is_path);
    let mut files = Vec::new();
    if !paths.is_empty() {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        files.extend(Suite::paths(&paths, Dialect::Spec)?.files);
    }
    if !filters.is_empty() || patterns.is_empty() {
        let suite = Suite::embedded()?;
        let mut chosen = Vec::new();
        for filter in &filters {
            let found = select_files(&suite, &Filter::new(filter)).map_err(|e| {
                format!("{e}\n`wasmoon test --list` prints all names; a filter matches any part of a name")
            })?;
            chosen.extend(found);
        }
        let wanted = |file: &&Arc<SuiteFile>| filters.is_empty() || chosen.iter().any(|c| c.key() == file.key());
        files.extend(suite.files.iter().filter(wanted).cloned());
    }
    Ok(files)
}

fn jobs(common: &Common) -> usize {
    common.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

/// A deviation of some columns in one directive.
struct Found {
    script: String,
    line: u32,
    directive: String,
    /// The columns, with the expected and the actual outcome.
    bad: Vec<(String, String, String)>,
    agree: Vec<String>,
}

/// The matrix for these arguments.
struct Columns {
    matrix: Matrix,
    /// The values of `--engine`, by column name.
    given: BTreeMap<String, String>,
    /// Set by a signal: no more scripts are started.
    stop: Arc<AtomicBool>,
}

impl Columns {
    /// Starts the engines, and handles signals from then on.
    ///
    /// # Errors
    /// The folder for findings cannot be written to, a name is unknown or is given twice, or an engine does not start.
    fn open(common: &Common) -> Result<Columns, Failed> {
        input::check_folder("--out", &common.out)?;
        let backends: Vec<&str> = common.backend.iter().map(String::as_str).collect();
        let mut matrix = Matrix::new(&backends).map_err(|e| e.to_string())?;
        matrix.timeout(common.timeout).jobs(jobs(common)).workers(own_program());
        let mut given = BTreeMap::new();
        for engine in &common.engine {
            let (label, name) = engine_names::split(engine);
            let label = match label {
                Some(label) => label,
                None if name.starts_with(COMMAND) => {
                    return Err(
                        format!("--engine {engine}: the column has no name; use NAME={engine} to give it one").into()
                    );
                }
                None => name,
            };
            engine_names::check("--engine", engine, label, given.keys().map(String::as_str))?;
            matrix.engine(label, name).map_err(|e| e.to_string())?;
            given.insert(label.to_string(), engine.clone());
        }
        let stop = Arc::new(AtomicBool::new(false));
        interrupt::stop_on_signal(&stop, "starting no more scripts and waiting for the running ones".into());
        matrix.stop(Arc::clone(&stop));
        Ok(Columns { matrix, given, stop })
    }
}

/// Runs scripts in all columns, prints and stores the findings, and prints a summary. `rest`: what to print about a run
/// that was stopped after this number of scripts.
fn compare(
    common: &Common,
    columns: &Columns,
    made: &[Made],
    what: &str,
    rest: &dyn Fn(u64) -> String,
) -> Result<u8, Failed> {
    let Columns { matrix, given, .. } = columns;
    let Some((first, more)) = made.split_first() else {
        // The signal came before the first script was generated.
        say(&format!("stopped early: {}\n", rest(0)))?;
        return Ok(NOT_AS_EXPECTED);
    };
    let mut scripts = Scripts::text(&first.name, &first.text);
    more.iter().for_each(|script| scripts.append(Scripts::text(&script.name, &script.text)));
    // Before anything is found that then could not be stored.
    std::fs::create_dir_all(&common.out).map_err(|e| format!("cannot write {}: {e}", common.out.display()))?;
    let bar = bar(made.len(), "comparing");
    let (mut directive, mut kinds, mut failure): (Vec<Record>, BTreeMap<String, u64>, _) =
        (Vec::new(), BTreeMap::new(), Ok(()));
    let mut with_findings: Vec<String> = Vec::new();
    let (mut findings, mut ran) = (0_u64, 0_u64);
    let mut settle = |records: &mut Vec<Record>| -> Result<(), Failed> {
        let Some(found) = found(&std::mem::take(records)) else { return Ok(()) };
        findings += 1;
        if with_findings.last() != Some(&found.script) {
            let script = made.iter().find(|script| script.name == found.script).expect("it was made");
            store(common, script)?;
            with_findings.push(found.script.clone());
        }
        let seen = kinds.entry(found.kind()).or_default();
        *seen += 1;
        if *seen <= SHOWN {
            bar.suspend(|| say(&found.text(common, given)))?;
        }
        Ok(())
    };
    let summary = matrix.run(&scripts, |record| {
        let last = directive.last();
        if last.is_none_or(|r| r.file != record.file) {
            ran += 1;
            bar.inc(1);
        }
        let same = last.is_some_and(|r| (&r.file, &r.index) == (&record.file, &record.index));
        if !same && failure.is_ok() {
            failure = settle(&mut directive);
        }
        directive.push(record.clone());
    });
    let summary = summary.map_err(|e| e.to_string())?;
    if failure.is_ok() {
        failure = settle(&mut directive);
    }
    bar.finish_and_clear();
    failure?;
    for script in made.iter().filter(|script| common.keep && !with_findings.contains(&script.name)) {
        store(common, script)?;
    }
    say(&report(&summary, &kinds, findings, what))?;
    if summary.is_interrupted() {
        // The rest might have found something.
        say(&format!("stopped early: {}\n", rest(ran)))?;
        return Ok(NOT_AS_EXPECTED);
    }
    let unwitnessed: Vec<&str> =
        given.keys().map(String::as_str).filter(|column| summary.count(column, Verdict::Pass) == 0).collect();
    if !unwitnessed.is_empty() && findings == 0 {
        return Err(format!(
            "nothing was compared with {}; choose other scripts or another engine",
            unwitnessed.join(", ")
        )
        .into());
    }
    Ok(if findings == 0 && summary.errors().is_empty() { OK } else { NOT_AS_EXPECTED })
}

/// The file in which a script with findings is stored.
fn path_of(common: &Common, name: &str) -> PathBuf {
    common.out.join(format!("{name}.wast"))
}

fn store(common: &Common, script: &Made) -> Result<(), Failed> {
    Ok(write_whole(&path_of(common, &script.name), &script.text)?)
}

/// The deviation that the records of one directive show; `None` if no column deviates, or if the directive depends on
/// another one that did not go well.
fn found(records: &[Record]) -> Option<Found> {
    let first = records.first()?;
    let deviates = |r: &&Record| !r.verdict.is_fine() && r.verdict != Verdict::Unsupported && r.cause.is_none();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let bad: Vec<_> =
        records.iter().filter(deviates).map(|r| (r.backend.clone(), text(&r.expected), text(&r.got))).collect();
    if bad.is_empty() {
        return None;
    }
    let agree = records.iter().filter(|r| r.verdict == Verdict::Pass && r.backend != XDIFF);
    Some(Found {
        script: first.file.clone(),
        line: first.line,
        directive: first.directive.clone(),
        bad,
        agree: agree.map(|r| r.backend.clone()).collect(),
    })
}

impl Found {
    /// Findings of one kind have the same columns, expectations and outcomes, apart from messages.
    fn kind(&self) -> String {
        let plain = |text: &str| text.split([':', '[', '(']).next().unwrap_or_default().trim().to_string();
        let (_, expected, got) = &self.bad[0];
        let columns: Vec<&str> = self.bad.iter().map(|(column, ..)| column.as_str()).collect();
        format!("{}: {} instead of {}", columns.join(", "), plain(got), plain(expected))
    }

    fn text(&self, common: &Common, given: &BTreeMap<String, String>) -> String {
        let (bold, red) = (anstyle::Style::new().bold(), anstyle::AnsiColor::Red.on_default().bold());
        let path = path_of(common, &self.script);
        let mut text = format!(
            "{red}finding{red:#} {bold}{}:{}{bold:#} {}, {}\n",
            path.display(),
            self.line,
            self.directive,
            self.who()
        );
        for (column, expected, got) in &self.bad {
            let _ = writeln!(text, "  {column}: expected {expected}, got {got}");
        }
        let engines: Vec<String> = self.bad.iter().filter_map(|(column, ..)| given.get(column)).cloned().collect();
        let engines: String = engines.iter().map(|engine| format!(" --engine {}", quoted(engine))).collect();
        let backends = common.backend.join(",");
        let path = input::word(&path);
        let timeout = match common.timeout.as_secs_f64() {
            10.0 => String::new(),
            seconds => format!(" --timeout {seconds}"),
        };
        let _ = writeln!(text, "  wasmoon test {path} --at {} --backend {backends}{engines}{timeout}", self.line);
        text
    }

    /// Says which column is alone, if one is.
    fn who(&self) -> String {
        // Where one backend deviates, the comparison of two backends deviates, too.
        let bad: Vec<&str> = self.bad.iter().map(|(column, ..)| column.as_str()).filter(|c| *c != XDIFF).collect();
        match (&bad[..], self.agree.len()) {
            ([column], 2..) => format!("{column} alone; {} agree", self.agree.join(", ")),
            (_, 0) => "and no column agrees with what is expected".into(),
            _ => format!("split; {} agree", self.agree.join(", ")),
        }
    }
}

fn report(summary: &crate::api::scripts::Summary, kinds: &BTreeMap<String, u64>, findings: u64, what: &str) -> String {
    let mut text = format!("{what}\n");
    for column in summary.columns().filter(|column| *column != XDIFF) {
        let count = |verdict| HumanCount(summary.count(column, verdict));
        let _ = writeln!(
            text,
            "{column}: {} of {} as expected, {} unsupported",
            count(Verdict::Pass),
            many(summary.directives(), "directive"),
            count(Verdict::Unsupported)
        );
    }
    for error in summary.errors() {
        let _ = writeln!(text, "{error}");
    }
    if findings == 0 {
        text.push_str("no findings\n");
        return text;
    }
    let _ = writeln!(text, "{} (up to {SHOWN} of each kind are shown):", many(findings, "finding"));
    let mut kinds: Vec<_> = kinds.iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    for (kind, count) in kinds {
        let _ = writeln!(text, "{count:8}  {kind}");
    }
    text
}

fn bar(length: usize, what: &'static str) -> ProgressBar {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(length as u64) } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} scripts {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        common: Common,
    }

    /// One directive in several columns: each does what is expected, or has the outcome given with it.
    fn directive(columns: &[(&str, Option<&str>)]) -> Vec<Record> {
        let record = |(column, got): &(&str, Option<&str>)| Record {
            line: 7,
            directive: "assert_return f".into(),
            verdict: if got.is_some() { Verdict::Fail } else { Verdict::Pass },
            expected: got.map(|_| "returned [i32 1]".into()),
            got: got.map(Into::into),
            ..Record::passed("scripts", "case", "3", column)
        };
        columns.iter().map(record).collect()
    }

    /// With two columns, neither is known to be right. The comparison of backends does not count as a column.
    #[test]
    fn who_is_alone_is_said() {
        let (good, bad) = (None, Some("trap"));
        for (columns, expected) in [
            (&[("interp", good), ("jit", good), ("x", bad), (XDIFF, good)][..], "x alone; interp, jit agree"),
            (&[("interp", good), ("jit", bad), ("x", good), (XDIFF, bad)], "jit alone; interp, x agree"),
            (&[("interp", good), ("jit", bad), (XDIFF, bad)], "split; interp agree"),
            (&[("interp", good), ("jit", good), ("x", bad), ("y", bad)], "split; interp, jit agree"),
            (&[("interp", bad), ("jit", bad), (XDIFF, good)], "and no column agrees with what is expected"),
        ] {
            assert_eq!(found(&directive(columns)).expect("one deviates").who(), expected, "{columns:?}");
        }
    }

    /// A missing feature, or a consequence of another directive, is not a finding.
    #[test]
    fn a_finding_is_a_deviation_of_its_own() {
        assert!(found(&[]).is_none() && found(&directive(&[("interp", None), ("x", None)])).is_none());
        let wrong = directive(&[("interp", None), ("x", Some("trap"))]);
        assert!(found(&wrong).is_some());
        let changes: [fn(&mut Record); 2] =
            [|record| record.verdict = Verdict::Unsupported, |record| record.cause = Some("2".into())];
        for change in changes {
            let mut changed = wrong.clone();
            change(&mut changed[1]);
            assert!(found(&changed).is_none(), "{changed:?}");
        }
    }

    /// The command that shows a finding again names the engines involved, and gives them as much time.
    #[test]
    fn a_finding_says_how_to_repeat_it() {
        let columns = [("interp", None), ("jit", None), ("x", Some("trap: unreachable (a)")), ("z", None)];
        let found = found(&directive(&columns)).expect("one deviates");
        let given = BTreeMap::from(["x", "z"].map(|name| (name.to_string(), format!("{name}=cmd:y"))));
        for (options, out, more) in [
            ("", "target/smith-scripts", ""),
            ("--timeout 10 --out some", "some", ""),
            ("--timeout 2.5", "target/smith-scripts", " --timeout 2.5"),
        ] {
            let Line { common } = Line::parse_from(format!("linking {options}").split_whitespace());
            let text = found.text(&common, &given);
            let (first, rest) = text.split_once('\n').expect("lines");
            assert!(first.ends_with(" assert_return f, x alone; interp, jit, z agree"), "{first}");
            let expected = format!(
                "  x: expected returned [i32 1], got trap: unreachable (a)\n  wasmoon test {out}/case.wast --at 7 \
                 --backend interp,jit --engine x=cmd:y{more}\n"
            );
            assert_eq!(rest, expected, "{options}");
        }
        assert_eq!(found.kind(), "x: trap instead of returned");
    }
}
