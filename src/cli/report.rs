//! `wasmoon report`.

use super::{Failed, NOT_AS_EXPECTED, OK, complain, input, say};
use crate::conformance::read::files::{self, ReadError};
use crate::conformance::read::suite::Suite;
use crate::conformance::report::{self, FileReport, Loaded, ReportTarget, Reports, RunEnd};
use crate::text::{counted, harmless, without_mark};
use std::collections::HashMap;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Merge the JSONL reports of shards, or line up runs over time, and write any report from them
#[derive(clap::Args)]
#[command(
    after_help = "Exit status: 0 if the runs were as expected, 1 if not, or if shards are missing, 2 if a report \
    cannot be read or written, or the reports do not belong to one run (with --history, to one suite).\n\nExamples:\n  \
    wasmoon report run.jsonl\n  \
    wasmoon report shard-*.jsonl --report jsonl=all.jsonl --report html=all.html\n  \
    wasmoon report --history runs/*.jsonl.zst --report html=site.html"
)]
pub struct Args {
    /// JSONL reports, compressed or not; `-` is standard input
    #[arg(required = true, value_name = "IN.jsonl")]
    inputs: Vec<String>,
    #[arg(long, help = ReportTarget::help(), value_name = "FORMAT=F", value_parser = ReportTarget::parse)]
    report: Vec<ReportTarget>,
    /// Treat the reports as whole runs of one suite at different times, not as shards: HTML shows all of them by date;
    /// the other reports and the exit status are those of the newest run
    #[arg(long)]
    history: bool,
    /// Accept an incomplete set of shards; with --history, accept partial runs and other selections
    #[arg(long)]
    partial: bool,
}

/// The size limit for a decompressed report, in bytes.
const LARGEST: u64 = 4 * files::LIMIT;

/// Reads the text of a report.
fn text(path: &str) -> Result<String, Failed> {
    let bytes = input::read(Path::new(path))?;
    let bytes = report::decompressed(bytes, LARGEST).map_err(|e| match e {
        ReadError::Io(e) if e.kind() != ErrorKind::OutOfMemory => format!("{path}: damaged or truncated: {e}"),
        e => format!("{path} (decompressed): {e}"),
    })?;
    Ok(String::from_utf8(bytes).map_err(|_| format!("{path}: not a JSONL report (not UTF-8)"))?)
}

/// Reads one report.
pub fn read(path: &str) -> Result<Loaded, Failed> {
    let text = text(path)?;
    Ok(report::load(path, without_mark(&text))?)
}

pub fn run(args: Args) -> Result<u8, Failed> {
    input::one_stdin(args.inputs.iter().map(Path::new))?;
    report::check_destinations(&args.report, &args.inputs.iter().map(PathBuf::from).collect::<Vec<_>>())?;
    let (newest, older) = if args.history { by_date(&args)? } else { (merged(&args)?, Vec::new()) };
    let mut columns: Vec<String> = Vec::new();
    newest.records.iter().for_each(|r| {
        if !columns.contains(&r.backend) {
            columns.push(r.backend.clone());
        }
    });
    let mut reports = Reports::create(&args.report, &columns)?;
    // Reports contain no sources, but those of the embedded suite are available.
    let suite = Suite::embedded().ok().filter(|s| s.revision == newest.end.suite);
    let files: HashMap<String, _> = suite.iter().flat_map(|s| &s.files).map(|f| (f.key(), f)).collect();
    for records in newest.records.chunk_by(|a, b| (&a.group, &a.file) == (&b.group, &b.file)) {
        let source = files.get(&records[0].key()).and_then(|f| f.text().ok());
        reports.file(&FileReport { source: source.as_deref(), records })?;
    }
    // One at a time: a run may take a gigabyte.
    let end = newest.end;
    drop(newest.records);
    for path in &older {
        reports.older(&read(path)?);
    }
    let about = end.about.as_ref();
    let mut notes: String =
        about.iter().flat_map(|a| a.facts()).map(|(name, value)| format!("{name:9} {value}\n")).collect();
    if args.history {
        notes += &format!("the newest of {}\n", counted(older.len() + 1, "run"));
    }
    let missing = end.missing_shards();
    if !missing.is_empty() {
        let hint = if args.partial { "" } else { "; pass --partial to accept this" };
        notes += &format!("incomplete: shard {} is not among the reports{hint}\n", missing.join(", "));
    }
    let status = finish(reports, &end, &args.report, &notes)?;
    Ok(if !missing.is_empty() && !args.partial { status.max(NOT_AS_EXPECTED) } else { status })
}

/// The run that the reports are shards of.
fn merged(args: &Args) -> Result<Loaded, Failed> {
    let inputs = args.inputs.iter().map(|path| Ok((path.clone(), read(path)?))).collect::<Result<Vec<_>, Failed>>()?;
    Ok(report::merge(inputs)?)
}

/// The newest run, and the names of the older ones, newest first.
fn by_date(args: &Args) -> Result<(Loaded, Vec<String>), Failed> {
    if args.inputs.iter().any(|path| path == "-") {
        return Err("--history reads each report twice, so it cannot read standard input; name files instead".into());
    }
    let end = |path: &String| {
        let text = text(path)?;
        Ok((path.clone(), report::load_end(path, without_mark(&text))?))
    };
    let ends = args.inputs.iter().map(end).collect::<Result<Vec<_>, Failed>>()?;
    let mut order = report::order(&ends, args.partial)?.into_iter().map(|n| ends[n].0.clone());
    let newest = order.next().ok_or("no reports given")?;
    Ok((read(&newest)?, order.collect()))
}

/// Publishes the reports, prints the terminal report (on standard error if standard output is taken), and returns the
/// exit status.
///
/// `notes` follow the matrix.
pub fn finish(reports: Reports, end: &RunEnd, targets: &[ReportTarget], notes: &str) -> Result<u8, Failed> {
    let text = report::print(&reports.totals, &reports.failures, end) + notes;
    let unexpected = reports.totals.unexpected + end.counting_news();
    let published = reports.finish(end);
    // The matrix is shown even if a report could not be written, so that the run is not lost.
    let shown = if targets.iter().any(ReportTarget::is_stdout) {
        anstream::stderr()
            .write_all(harmless(&text).as_bytes())
            .map_err(|e| format!("cannot write standard error: {e}").into())
    } else {
        say(&text)
    };
    if let (Err(first), Err(_)) = (&published, &shown) {
        complain(&first.to_string());
    }
    shown?;
    published?;
    Ok(if unexpected == 0 && !end.interrupted { OK } else { NOT_AS_EXPECTED })
}
