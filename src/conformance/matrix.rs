//! A run of the matrix: runs a plan's files, judges them by the expectations, and reports them.

use super::judge::expectations::{FileKeys, Judge, RulesReport};
use super::plan::{Event, FileResult, Plan, RunSummary};
use super::read::suite::SuiteFile;
use super::record::{Record, SCRIPT_DIRECTIVE};
use super::report::{FileReport, NewsItem, Reports, TierFigures, WriteError};
use super::stats::RunStats;
use super::supervise;
use crate::process::worker::StartError;
use crate::text::{by_number, counted};
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::Ordering;

/// Which records a run keeps, in addition to those in its reports.
#[derive(Clone, Copy, Debug, Default)]
pub struct KeptRecords {
    /// Report and keep only the directives on this line.
    pub at: Option<u32>,
    /// Keep all records of files with unexpected ones.
    pub unexpected: bool,
}

/// The progress of a run.
pub enum Progress<'a> {
    /// A file has begun.
    Started(&'a SuiteFile),
    /// One more file is finished.
    Finished,
}

/// A run that ended.
pub struct FinishedRun {
    /// The result of comparing the run to the rules.
    pub judgement: RulesReport,
    /// The reports, still to be finished and published.
    pub reports: Reports,
    /// Statistics of the run.
    pub summary: RunSummary,
    /// See [`KeptRecords::unexpected`].
    pub unexpected: Vec<Record>,
    /// See [`KeptRecords::at`].
    pub at_lines: Vec<Record>,
    /// Files that could not be run, and why.
    pub errors: Vec<String>,
}

impl FinishedRun {
    /// The problems with the expectations (named `expectations`), and with the run as a whole.
    pub fn news(&self, expectations: &str) -> Vec<NewsItem> {
        let item = |n: &super::judge::expectations::RuleNews| NewsItem {
            text: format!("{expectations}:{}: {}", n.line, n.message),
            counts: n.kind.counts(),
        };
        self.judgement.news.iter().map(item).chain(proves_nothing(&self.summary.stats)).collect()
    }
}

/// What is wrong with a run whose columns did not execute in the way their names say.
fn proves_nothing(stats: &RunStats) -> Vec<NewsItem> {
    let mut news = Vec::new();
    let fallbacks = stats.fallbacks;
    if fallbacks > 0 {
        let functions = format!("{} {}", counted(fallbacks, "function"), by_number(fallbacks, "was", "were"));
        let text = format!("{functions} interpreted in JIT-only columns, so these columns prove nothing");
        news.push(NewsItem { text, counts: true });
    }
    if let Some(tiers) = TierFigures::of(stats).filter(TierFigures::prove_nothing) {
        let text = format!(
            "none of {} switched to compiled code in the tiering columns, so these columns prove nothing",
            counted(tiers.called, "function")
        );
        news.push(NewsItem { text, counts: true });
    }
    news
}

/// Why a run could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    /// No worker could be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// A report could not be written.
    #[error(transparent)]
    Report(#[from] WriteError),
}

/// Runs a plan. Files finish in any order, but are judged and reported in the plan's order. Files that `flaky` rules cover run
/// again.
///
/// # Errors
/// Workers cannot be started, or a report cannot be written.
pub fn run(
    plan: &Plan,
    judge: Judge<'_>,
    reports: Reports,
    keep: KeptRecords,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<FinishedRun, MatrixError> {
    let mut run = Run {
        plan,
        keep,
        judge,
        reports,
        order: plan.files.iter().enumerate().map(|(i, f)| (f.key(), i)).collect(),
        waiting: BTreeMap::new(),
        next: 0,
        unexpected: Vec::new(),
        at_lines: Vec::new(),
        errors: Vec::new(),
        failed: None,
    };
    let summary = supervise::run(plan, &mut |event| match event {
        Event::Started(file) => progress(Progress::Started(&file)),
        Event::Finished(result) => {
            progress(Progress::Finished);
            run.finished(*result);
        }
    })?;
    // After Ctrl-C there are gaps.
    for result in std::mem::take(&mut run.waiting).into_values() {
        run.file(result);
    }
    if run.failed.is_none() {
        run.settle()?;
    }
    let Run { judge, reports, unexpected, at_lines, errors, failed, .. } = run;
    match failed {
        Some(error) => Err(error.into()),
        None => Ok(FinishedRun { judgement: judge.finish(), reports, summary, unexpected, at_lines, errors }),
    }
}

/// A run under way.
struct Run<'a> {
    plan: &'a Plan,
    keep: KeptRecords,
    judge: Judge<'a>,
    reports: Reports,
    /// Positions in the plan, by key.
    order: HashMap<String, usize>,
    /// Files that finished before one that precedes them in the plan.
    waiting: BTreeMap<usize, FileResult>,
    /// Position of the file to be judged and reported next.
    next: usize,
    unexpected: Vec<Record>,
    at_lines: Vec<Record>,
    errors: Vec<String>,
    /// The error of the first report that could not be written.
    failed: Option<WriteError>,
}

impl Run<'_> {
    fn finished(&mut self, result: FileResult) {
        if let Some(&n) = self.order.get(&result.file.key()) {
            self.waiting.insert(n, result);
        }
        while let Some(result) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.file(result);
        }
    }

    /// Judges and reports one file.
    fn file(&mut self, mut result: FileResult) {
        self.errors.extend(result.located_error());
        let (own, rules) = (result.file.key(), result.file.rules_key());
        self.judge.file(FileKeys { own: &own, rules: &rules }, &mut result.records, result.complete);
        if self.keep.unexpected && result.records.iter().any(Record::is_unexpected) {
            self.unexpected.extend(result.records.iter().cloned());
        }
        if let Some(line) = self.keep.at {
            // A script that was not run has no directive on any line.
            let not_run = result.error.is_some();
            result.records.retain(|r| r.line == line || not_run && r.directive == SCRIPT_DIRECTIVE);
            self.at_lines.extend(result.records.iter().cloned());
        }
        if self.failed.is_some() {
            return;
        }
        let source = result.source();
        let file = FileReport { source: source.as_deref(), records: &result.records };
        if let Err(error) = self.reports.file(&file) {
            // Nobody can read the outcome any more, so there is no point in going on.
            self.failed = Some(error);
            self.plan.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Runs the files of `flaky` rules again until their directives have been seen both to pass and to deviate, or as often as
    /// the rules say.
    /// the rules say.
    fn settle(&mut self) -> Result<(), StartError> {
        loop {
            let keys = self.judge.unsettled();
            let mut again = self.plan.clone();
            again.files.retain(|f| keys.contains(&f.key()));
            let mut completed = 0;
            if !again.files.is_empty() && !self.plan.stop.load(Ordering::Relaxed) {
                supervise::run(&again, &mut |event| {
                    if let Event::Finished(mut result) = event {
                        let (own, rules) = (result.file.key(), result.file.rules_key());
                        let keys = FileKeys { own: &own, rules: &rules };
                        self.judge.again(keys, &mut result.records, result.complete);
                        completed += u32::from(result.complete);
                    }
                })?;
            }
            if completed == 0 {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::foreign::column::ForeignColumn;
    use crate::conformance::judge::expectations::{Conditions, Coverage, Expectations, Extent, NewsKind, RuleNews};
    use crate::conformance::lockstep::alone::Stateless;
    use crate::conformance::outcome::Outcome;
    use crate::conformance::read::script::ScriptStep;
    use crate::conformance::read::suite::Source;
    use crate::conformance::record::Verdict;
    use std::sync::atomic::{AtomicBool, AtomicU32};
    use std::sync::{Arc, Mutex};

    #[test]
    fn columns_that_prove_nothing_are_news() {
        let of = |fallbacks, replaceable, replaced| {
            let news = proves_nothing(&RunStats { fallbacks, replaceable, replaced, ..RunStats::default() });
            assert!(news.iter().all(|item| item.counts), "each fails the run");
            news.into_iter().map(|item| item.text).collect::<Vec<_>>()
        };
        assert_eq!(of(0, 0, [0, 0]), [""; 0]);
        assert_eq!(of(0, 100, [1, 0]), [""; 0]);
        assert_eq!(of(0, 100, [0, 1]), [""; 0]);
        let tiers =
            "none of 100 functions switched to compiled code in the tiering columns, so these columns prove nothing";
        assert_eq!(of(0, 100, [0, 0]), [tiers]);
        let jit = "3 functions were interpreted in JIT-only columns, so these columns prove nothing";
        assert_eq!(of(3, 0, [0, 0]), [jit]);
        assert_eq!(of(3, 100, [0, 0]), [jit, tiers]);
    }

    /// Calls `test` on a run of these files, none of which has finished.
    fn with_run(stems: &[&str], keep: KeptRecords, test: impl FnOnce(&mut Run<'_>)) {
        let file = |stem: &&str| {
            let stem = stem.to_string();
            Arc::new(SuiteFile { stem, ..SuiteFile::of_test(Source::Embedded("")) })
        };
        let plan = Plan::new(stems.iter().map(file).collect());
        let rules = Expectations::none();
        test(&mut Run {
            plan: &plan,
            keep,
            judge: Judge::new(&rules, Conditions::default(), Coverage::default()),
            reports: Reports::create(&[], &["jit".to_string()]).unwrap_or_else(|e| panic!("{e}")),
            order: plan.files.iter().enumerate().map(|(i, file)| (file.key(), i)).collect(),
            waiting: BTreeMap::new(),
            next: 0,
            unexpected: Vec::new(),
            at_lines: Vec::new(),
            errors: Vec::new(),
            failed: None,
        });
    }

    /// The result of a file with these records: line, directive and verdict.
    fn result(file: &Arc<SuiteFile>, records: &[(u32, &str, Verdict)]) -> FileResult {
        let record = |(line, directive, verdict): &(u32, &str, Verdict)| {
            let (line, directive, verdict) = (*line, directive.to_string(), *verdict);
            Record { line, directive, verdict, ..Record::passed("group", &file.stem, "0", "jit") }
        };
        FileResult { records: records.iter().map(record).collect(), ..FileResult::new(file) }
    }

    /// Files are judged in the order of the plan, each as soon as all files before it have been.
    #[test]
    fn files_are_judged_in_the_order_of_the_plan() {
        let keep = KeptRecords { at: None, unexpected: true };
        with_run(&["a", "b", "c", "d"], keep, |run| {
            for (at, next, waiting, judged) in
                [(2, 0, 1, &[][..]), (0, 1, 1, &["a"]), (1, 3, 0, &["a", "b", "c"]), (3, 4, 0, &["a", "b", "c", "d"])]
            {
                run.finished(result(&run.plan.files[at], &[(1, "invoke f", Verdict::Fail)]));
                let stems: Vec<&str> = run.unexpected.iter().map(|record| &record.file[..]).collect();
                assert_eq!((run.next, run.waiting.len(), &stems[..]), (next, waiting, judged));
                let reported: u64 = run.reports.totals.unexpected;
                assert_eq!(reported, judged.len() as u64);
            }
        });
    }

    /// All records of a file are kept if one of them is unexpected, if that is asked for.
    #[test]
    fn records_of_files_with_unexpected_ones_are_kept() {
        let (pass, fail) = ((1, "module", Verdict::Pass), (2, "invoke f", Verdict::Fail));
        for (unexpected, records, kept) in
            [(true, [pass, fail], 2), (true, [pass, pass], 0), (true, [fail, fail], 2), (false, [pass, fail], 0)]
        {
            with_run(&["a"], KeptRecords { at: None, unexpected }, |run| {
                run.finished(result(&run.plan.files[0], &records));
                assert_eq!(run.unexpected.len(), kept, "{unexpected} {records:?}");
                assert!(run.at_lines.is_empty());
            });
        }
    }

    /// For a line, its directives are kept and reported, and so is the record of a script that was not run at all.
    #[test]
    fn what_is_on_a_line_is_kept() {
        let records = [(0, "script", Verdict::Fail), (4, "invoke f", Verdict::Fail), (5, "invoke f", Verdict::Fail)];
        let on_line = (5, "invoke f".to_string());
        let script = (0, "script".to_string());
        for (error, expected) in [(None, vec![on_line.clone()]), (Some("no"), vec![script, on_line])] {
            with_run(&["a"], KeptRecords { at: Some(5), unexpected: false }, |run| {
                let mut result = result(&run.plan.files[0], &records);
                result.error = error.map(String::from);
                run.finished(result);
                let kept: Vec<(u32, String)> = run.at_lines.iter().map(|r| (r.line, r.directive.clone())).collect();
                assert_eq!(kept, expected);
                assert_eq!(run.reports.totals.unexpected, expected.len() as u64);
                assert_eq!(run.errors, error.map(|_| "group/a: no".to_string()).into_iter().collect::<Vec<_>>());
            });
        }
    }

    /// A plan of scripts that are an empty module preceded by so many line breaks, in a foreign column, so that no worker is
    /// needed and they run one after the other. `act` receives the script's name.
    /// is needed, and they run one after the other. `act` is told the script's name.
    fn plan_of(scripts: &[(&str, usize)], act: impl Fn(&str) -> Outcome + Send + Sync + 'static) -> Plan {
        let file = |(stem, breaks): &(&str, usize)| {
            let text = format!("{}(module)", "\n".repeat(*breaks));
            Arc::new(SuiteFile { stem: stem.to_string(), ..SuiteFile::of_test(Source::Given(text.into())) })
        };
        let act = Arc::new(act);
        let column = ForeignColumn::new("other", false, move |file, _| {
            let (act, stem) = (Arc::clone(&act), file.stem.clone());
            Box::new(Stateless(move |_: &ScriptStep<'_>| act(&stem)))
        });
        let files = scripts.iter().map(file).collect();
        Plan { backends: Vec::new(), engines: vec![column], jobs: 1, ..Plan::new(files) }
    }

    /// Runs a whole plan, judged by these rules.
    fn done(plan: &Plan, rules: &Expectations) -> FinishedRun {
        let columns = vec!["other".to_string()];
        let coverage = Coverage {
            files: plan.files.iter().map(|file| file.key()).collect(),
            extent: Extent::Suite,
            columns: columns.clone(),
            ran: columns.clone(),
            lenient: false,
        };
        let reports = Reports::create(&[], &columns).unwrap_or_else(|e| panic!("{e}"));
        let keep = KeptRecords { at: None, unexpected: true };
        let judge = Judge::new(rules, Conditions::default(), coverage);
        run(plan, judge, reports, keep, &mut |_| {}).unwrap_or_else(|e| panic!("{e}"))
    }

    /// Large files run first. So when a run is stopped, some finished files come after others that never begin.
    #[test]
    fn what_ended_before_a_stop_is_judged_and_reported() {
        let scripts = [("a", 1), ("b", 4), ("c", 0), ("d", 3), ("e", 2)];
        for (last, ended) in [
            ("b", &["b"][..]),
            ("d", &["b", "d"]),
            ("e", &["b", "d", "e"]),
            ("a", &["a", "b", "d", "e"]),
            ("c", &["a", "b", "c", "d", "e"]),
        ] {
            let stop = Arc::new(AtomicBool::new(false));
            let stopped = Arc::clone(&stop);
            let act = move |stem: &str| {
                stopped.fetch_or(stem == last, Ordering::Relaxed);
                Outcome::Error("no".into())
            };
            let done = done(&Plan { stop, ..plan_of(&scripts, act) }, &Expectations::none());
            let judged: Vec<&str> = done.unexpected.iter().map(|record| &record.file[..]).collect();
            assert_eq!(judged, ended, "{last}");
            assert_eq!(done.reports.totals.unexpected, ended.len() as u64, "{last}");
            assert_eq!(
                (done.summary.files, done.summary.not_run),
                (ended.len(), scripts.len() - ended.len()),
                "{last}"
            );
        }
    }

    /// The files of flaky rules, and no others, run again until all is known or they have run as often as their rules say.
    #[test]
    fn flaky_files_run_again_until_all_is_known() {
        let rules = "suite = \"\"\n[[expect]]\nfile = \"group/a\"\nat = [\"1 module\"]\nstatus = \"flaky\"\n\
            got = \"error: no\"\nruns = 4\nbug = \"B1\"\nreason = \"because\"\n";
        let rules = Expectations::parse("x", rules, &[]).unwrap_or_else(|e| panic!("{e}"));
        // The runs in which it passes, those in which it fails, and how often it runs.
        for (passes, fails, stops, runs, news) in [
            (3, 0, false, 3, &[][..]),
            (0, 2, false, 2, &[]),
            (0, 9, false, 4, &[NewsKind::Stale]),
            (9, 0, false, 4, &[NewsKind::NotFlaky]),
            (3, 0, true, 1, &[]),
        ] {
            let (seen, count) = (Arc::new(Mutex::new(Vec::new())), AtomicU32::new(0));
            let stop = Arc::new(AtomicBool::new(false));
            let (noted, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
            let act = move |stem: &str| {
                noted.lock().expect("nobody panics").push(stem.to_string());
                if stem == "b" {
                    return Outcome::Done;
                }
                stopped.fetch_or(stops, Ordering::Relaxed);
                let run = count.fetch_add(1, Ordering::Relaxed) + 1;
                let fails = if fails > 0 { run == fails } else { run != passes };
                if fails { Outcome::Error("no".into()) } else { Outcome::Done }
            };
            let done = done(&Plan { stop, ..plan_of(&[("a", 0), ("b", 1)], act) }, &rules);
            let expected: Vec<&str> = std::iter::once("b").chain(std::iter::repeat_n("a", runs)).collect();
            assert_eq!(*seen.lock().expect("nobody panics"), expected, "{passes} {fails}");
            let kinds: Vec<NewsKind> = done.judgement.news.iter().map(|news| news.kind).collect();
            assert_eq!(kinds, news, "{passes} {fails}");
            // What runs again is not reported again.
            let unexpected = done.reports.totals.unexpected;
            assert_eq!((done.summary.files, unexpected, done.unexpected.len()), (2, 0, 0), "{passes} {fails}");
        }
    }

    /// The news of the rules have a place; those of the run come after them.
    #[test]
    fn news_are_those_of_the_rules_and_of_the_run() {
        let mut done = done(&plan_of(&[], |_| Outcome::Done), &Expectations::none());
        assert_eq!(done.news("rules.toml"), []);
        let of = |kind, line, message: &str| RuleNews { kind, line, message: message.into(), blessable: true };
        done.judgement.news = vec![of(NewsKind::Stale, 7, "one"), of(NewsKind::Changed, 0, "two")];
        done.summary.stats.fallbacks = 3;
        let item = |text: &str, counts| NewsItem { text: text.into(), counts };
        assert_eq!(
            done.news("rules.toml"),
            [
                item("rules.toml:7: one", true),
                item("rules.toml:0: two", false),
                item("3 functions were interpreted in JIT-only columns, so these columns prove nothing", true),
            ]
        );
    }
}
