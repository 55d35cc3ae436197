//! The results of a file as they come in, and the records made from them.

use super::judge::mutate::MutantTally;
use super::plan::FileResult;
use super::read::error::{ScriptError, in_file};
use super::read::files::ReadError;
use super::read::header::HeaderError;
use super::read::kind::NotText;
use super::read::suite::SuiteFile;
use super::record::{DirectiveResult, Record, SCRIPT, SCRIPT_DIRECTIVE, Verdict, XDIFF};
use super::report::replay::Replay;
use super::stats::RunStats;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// Why a file has no results for its directives.
#[derive(Clone, Debug)]
pub struct FileError {
    verdict: Verdict,
    /// 1-based; 0 if there is no position.
    line: u32,
    message: String,
    /// The message with its position.
    located: String,
}

impl FileError {
    /// An error about the file as a whole.
    pub fn whole(verdict: Verdict, message: String) -> FileError {
        FileError { verdict, line: 0, located: message.clone(), message }
    }

    /// An error about a text that is not a script.
    pub fn not_a_script(error: &ScriptError) -> FileError {
        let message = error.to_string();
        FileError { verdict: Verdict::Fail, line: error.line, located: message.clone(), message }
    }

    /// The message with its position.
    pub fn located(&self) -> &str {
        &self.located
    }

    /// The records of this error, one for each column. Those of our own columns have a command that replays them.
    pub fn records(&self, file: &SuiteFile, columns: &[&str], replay: Option<&Replay>) -> Vec<Record> {
        let record = |name: &&str| Record {
            schema: 1,
            group: file.group.clone(),
            file: file.stem.clone(),
            line: self.line,
            index: "0".into(),
            directive: SCRIPT_DIRECTIVE.into(),
            backend: name.to_string(),
            verdict: self.verdict,
            expected: Some(SCRIPT.into()),
            got: Some(self.message.clone()),
            cause: None,
            known: false,
            bug: None,
            // It is the script as a whole that fails, wherever the error is.
            replay: replay.and_then(|replay| replay.command(file, 0, name)),
            us: 0,
        };
        columns.iter().map(record).collect()
    }
}

impl FileResult {
    /// The result of a file that has none yet.
    pub fn new(file: &Arc<SuiteFile>) -> FileResult {
        FileResult {
            file: file.clone(),
            records: Vec::new(),
            complete: false,
            error: None,
            stats: RunStats::default(),
            tally: None,
            wall: Duration::ZERO,
        }
    }

    /// Marks the file as one that could not be run, in each column.
    pub fn fail(&mut self, columns: &[&str], replay: Option<&Replay>, error: FileError) {
        self.records = error.records(&self.file, columns, replay);
        self.error = Some(error.located);
    }

    /// Why the script was not run to its end, with its position.
    pub fn located_error(&self) -> Option<String> {
        let error = self.error.as_ref()?;
        Some(in_file(&self.file.place(), error))
    }

    /// The text that the records' lines refer to, if it is available. The records of a script in JSON refer to the script that it
    /// was made from.
    /// was made from.
    pub fn source(&self) -> Option<Cow<'static, str>> {
        self.file.text().ok().filter(|_| self.file.json_folder().is_none())
    }
}

/// The text of a file that can be run.
///
/// # Errors
/// Its header cannot be followed, or it cannot be read.
pub fn text_of(file: &SuiteFile) -> Result<Cow<'static, str>, FileError> {
    if let Some(HeaderError { line, message, unsupported }) = file.trouble.clone() {
        let verdict = if unsupported { Verdict::Unsupported } else { Verdict::Fail };
        return Err(FileError { verdict, line, located: format!("{line}: {message}"), message });
    }
    file.text().map_err(|error| {
        let line = if let ReadError::NotText(NotText::Utf8(at)) = &error { at.line } else { 0 };
        FileError { line, ..FileError::whole(Verdict::Fail, error.to_string()) }
    })
}

/// The results of a file so far.
#[derive(Default)]
pub struct FileProgress {
    /// The index, line and text of each directive.
    pub steps: Vec<(String, u32, String)>,
    /// By step, then by column.
    pub lines: Vec<Vec<Option<DirectiveResult>>>,
    /// The mutants, in a run that has some.
    pub tally: Option<MutantTally>,
}

impl FileProgress {
    /// Adds a directive, without results in so many columns.
    pub fn add_step(&mut self, step: (String, u32, String), columns: usize) {
        self.steps.push(step);
        self.lines.push(vec![None; columns]);
    }

    /// Adds a result.
    pub fn add_line(&mut self, step: usize, column: usize, line: DirectiveResult) {
        if let Some(slot) = self.lines.get_mut(step).and_then(|l| l.get_mut(column)) {
            *slot = Some(line);
        }
    }

    /// Removes and returns the results from a step on.
    pub fn take_from(&mut self, step: usize) -> Vec<Vec<Option<DirectiveResult>>> {
        let rest = self.lines.iter_mut().skip(step);
        rest.map(|lines| std::mem::replace(lines, vec![None; lines.len()])).collect()
    }

    /// Adds the results of a replay. Results that were already known have to be the same.
    pub fn merge(&mut self, new: FileProgress) {
        // The file's mutants are those of the last run, which is the longest.
        self.tally = new.tally.clone();
        if self.steps.is_empty() {
            *self = new;
            return;
        }
        // Those that a damaged log lacked.
        for (step, lines) in new.steps.into_iter().zip(&new.lines).skip(self.steps.len()) {
            self.add_step(step, lines.len());
        }
        for (old, new) in self.lines.iter_mut().zip(new.lines) {
            for (old, new) in old.iter_mut().zip(new) {
                match (old.as_mut(), new) {
                    (None, new) => *old = new,
                    (Some(_), None) => {}
                    (Some(old), Some(_)) if old.verdict == Verdict::Flaky => {}
                    (Some(old), Some(new)) => {
                        if (old.verdict, &old.got) != (new.verdict, &new.got) {
                            let text =
                                |l: &DirectiveResult| l.got.clone().unwrap_or_else(|| format!("{:?}", l.verdict));
                            old.got = Some(format!("{}, on replay {}", text(old), text(&new)));
                            old.verdict = Verdict::Flaky;
                        }
                    }
                }
            }
        }
    }

    /// Adds the results of a replay of one column alone, as [`FileProgress::merge`] does.
    pub fn merge_column(&mut self, column: usize, alone: FileProgress) {
        let columns = self.lines.first().map_or(0, Vec::len);
        let only = |line: Vec<Option<DirectiveResult>>| {
            let mut lines = vec![None; columns];
            lines[column] = line.into_iter().next().flatten();
            lines
        };
        let lines = alone.lines.into_iter().map(only).collect();
        self.merge(FileProgress { steps: alone.steps, lines, tally: self.tally.clone() });
    }

    /// Takes the results as records. Results in columns beyond the named ones are comparisons.
    pub fn records(&mut self, file: &SuiteFile, columns: &[&str], replay: Option<&Replay>) -> Vec<Record> {
        let all = columns.join(",");
        let mut records = Vec::with_capacity(self.steps.len() * (columns.len() + 1));
        let lines = std::mem::take(&mut self.lines);
        for ((index, line, text), results) in self.steps.iter().zip(lines) {
            for (column, result) in results.into_iter().enumerate() {
                let backend = columns.get(column).copied().unwrap_or(XDIFF);
                // A worker that says it has finished has reported everything. A gap is a defect of the harness, and shown as one.
                let result = result.unwrap_or_else(|| DirectiveResult {
                    verdict: Verdict::Crash,
                    expected: None,
                    got: Some("nothing was reported".into()),
                    cause: None,
                    us: 0,
                });
                let quiet = result.verdict == Verdict::Pass;
                let named = if backend == XDIFF { all.as_str() } else { backend };
                records.push(Record {
                    schema: 1,
                    group: file.group.clone(),
                    file: file.stem.clone(),
                    line: *line,
                    index: index.clone(),
                    directive: text.clone(),
                    backend: backend.to_string(),
                    verdict: result.verdict,
                    expected: result.expected,
                    got: result.got,
                    cause: result.cause,
                    known: false,
                    bug: None,
                    replay: replay.filter(|_| !quiet).and_then(|replay| replay.command(file, *line, named)),
                    us: result.us,
                });
            }
        }
        records
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::suite::Source;

    /// Whatever did not pass says how to repeat it: in its own column or, for a comparison, in all columns. What was not reported
    /// is a crash; what lies beyond the steps and columns is ignored.
    /// crash; what lies beyond the steps and columns is nothing.
    #[test]
    fn results_become_records() {
        let result =
            |verdict, got: &str| DirectiveResult { verdict, expected: None, got: Some(got.into()), cause: None, us: 0 };
        let mut progress = FileProgress::default();
        progress.add_step(("0".into(), 3, "module".into()), 3);
        progress.add_step(("1".into(), 5, "invoke".into()), 3);
        for (step, column, verdict, got) in [
            (0, 0, Verdict::Pass, "all right"),
            (0, 1, Verdict::Fail, "7"),
            (0, 2, Verdict::Diverge, "of directive 1"),
            (1, 0, Verdict::Pass, "first"),
            (1, 0, Verdict::Timeout, "later"),
            (1, 2, Verdict::Pass, ""),
            (1, 3, Verdict::Fail, "no such column"),
            (2, 0, Verdict::Fail, "no such step"),
        ] {
            progress.add_line(step, column, result(verdict, got));
        }
        let file = SuiteFile::of_test(Source::Embedded(""));
        let replay = Replay::default();
        let records = progress.records(&file, &["interp", "jit"], Some(&replay));
        let seen: Vec<String> = records
            .iter()
            .map(|r| {
                let replay = r.replay.as_deref().unwrap_or("-");
                format!("{} {} {:?} {}: {replay}", r.line, r.backend, r.verdict, r.got.as_deref().unwrap_or("-"))
            })
            .collect();
        assert_eq!(
            seen,
            [
                "3 interp Pass all right: -",
                "3 jit Fail 7: wasmoon test ^group::stem:: --at 3 --backend jit",
                "3 xdiff Diverge of directive 1: wasmoon test ^group::stem:: --at 3 --backend interp,jit",
                "5 interp Timeout later: wasmoon test ^group::stem:: --at 5 --backend interp",
                "5 jit Crash nothing was reported: wasmoon test ^group::stem:: --at 5 --backend jit",
                "5 xdiff Pass : -",
            ]
        );
        assert!(records.iter().all(|r| (&r.group[..], &r.file[..], r.known) == ("group", "stem", false)));
        assert!(progress.records(&file, &["interp", "jit"], None).is_empty(), "they are taken");
    }

    /// A script is replayed from its start when something in it killed the process.
    #[test]
    fn what_differs_on_a_replay_is_flaky() {
        let line = |verdict, got: &str| {
            Some(DirectiveResult { verdict, expected: None, got: Some(got.into()), cause: None, us: 0 })
        };
        let known = |lines: [Option<DirectiveResult>; 5]| FileProgress {
            steps: vec![("0".into(), 1, "invoke f".into())],
            lines: vec![lines.to_vec()],
            tally: None,
        };
        let (pass, fail) = (Verdict::Pass, Verdict::Fail);
        let flaky = Verdict::Flaky;
        let expected = [
            line(pass, "a"),
            line(flaky, "b, on replay x"),
            line(flaky, "c, on replay c"),
            line(pass, "d"),
            line(fail, "e"),
        ];
        let mut all = FileProgress::default();
        all.merge(known([line(pass, "a"), line(fail, "b"), line(fail, "c"), line(pass, "d"), None]));
        all.merge(known([line(pass, "a"), line(fail, "x"), line(pass, "c"), None, line(fail, "e")]));
        assert_eq!(all.lines, [expected.to_vec()]);
    }

    /// What a column did alongside others is kept when it runs alone.
    #[test]
    fn a_column_alone_adds_to_what_is_known() {
        let line = |verdict, got: &str| {
            Some(DirectiveResult { verdict, expected: None, got: Some(got.into()), cause: None, us: 0 })
        };
        let of = |lines: &[&[Option<DirectiveResult>]]| FileProgress {
            steps: (0..lines.len()).map(|i| (i.to_string(), 1, "invoke f".into())).collect(),
            lines: lines.iter().map(|line| line.to_vec()).collect(),
            tally: None,
        };
        let (pass, fail, flaky) = (Verdict::Pass, Verdict::Fail, Verdict::Flaky);
        let mut all = of(&[
            &[line(pass, "a"), line(fail, "b")],
            &[line(pass, "c"), line(flaky, "d")],
            &[line(pass, "e"), line(fail, "f")],
            &[None, None],
        ]);
        all.tally = Some(MutantTally::default());
        all.merge_column(1, of(&[&[line(pass, "b")], &[line(pass, "d")], &[line(fail, "f")], &[line(pass, "g")]]));
        let expected = of(&[
            &[line(pass, "a"), line(flaky, "b, on replay b")],
            &[line(pass, "c"), line(flaky, "d")],
            &[line(pass, "e"), line(fail, "f")],
            &[None, line(pass, "g")],
        ]);
        assert_eq!((all.lines, all.tally.is_some()), (expected.lines, true));
    }

    /// The log of a worker that died may be cut short.
    #[test]
    fn a_replay_adds_what_was_not_known() {
        let replay = || {
            let mut replay = FileProgress::default();
            for (step, index) in ["0", "1"].into_iter().enumerate() {
                replay.add_step((index.into(), 1, "invoke f".into()), 2);
                replay.add_line(
                    step,
                    1,
                    DirectiveResult { verdict: Verdict::Pass, expected: None, got: None, cause: None, us: step as u64 },
                );
            }
            replay
        };
        let mut all = FileProgress::default();
        all.add_step(("0".into(), 1, "invoke f".into()), 2);
        all.merge(replay());
        assert_eq!((all.steps, all.lines), (replay().steps, replay().lines));
    }

    /// A file that cannot be run has a record in each column, about the script as a whole and the position of the error.
    #[test]
    fn a_file_that_cannot_be_run_has_a_record_in_each_column() {
        let not_a_script = ScriptError { line: 3, column: 7, message: "expected `)`".into() };
        let in_header = |unsupported| HeaderError { line: 2, message: "no such word 9".into(), unsupported };
        let file = |trouble| SuiteFile { trouble, ..SuiteFile::of_test(Source::Embedded("")) };
        let of_header = |unsupported| text_of(&file(Some(in_header(unsupported)))).expect_err("its header is wrong");
        for (error, verdict, line, message, located) in [
            (
                FileError::whole(Verdict::Timeout, "too late at 5".into()),
                Verdict::Timeout,
                0,
                "too late at 5",
                "group/stem: too late at 5",
            ),
            (
                FileError::not_a_script(&not_a_script),
                Verdict::Fail,
                3,
                "3:7: expected `)`",
                "group/stem:3:7: expected `)`",
            ),
            (of_header(true), Verdict::Unsupported, 2, "no such word 9", "group/stem:2: no such word 9"),
            (of_header(false), Verdict::Fail, 2, "no such word 9", "group/stem:2: no such word 9"),
        ] {
            let mut result = FileResult::new(&Arc::new(file(None)));
            result.fail(&["interp", "jit"], Some(&Replay::default()), error);
            let record = |backend: &str| Record {
                line,
                directive: "script".into(),
                verdict,
                expected: Some("a script".into()),
                got: Some(message.into()),
                replay: Some(format!("wasmoon test ^group::stem:: --backend {backend}")),
                us: 0,
                ..Record::passed("group", "stem", "0", backend)
            };
            assert_eq!(result.records, [record("interp"), record("jit")]);
            assert_eq!(result.located_error(), Some(located.to_string()));
            assert!(!result.complete);
        }
        let missing = SuiteFile::of_test(Source::Disk("/nowhere/at/all.wast".into()));
        let error = text_of(&missing).expect_err("it is not there");
        assert_eq!(error.records(&missing, &["interp"], None)[0].verdict, Verdict::Fail);
    }

    /// The lines of a script in JSON are not those of its own text.
    #[test]
    fn a_script_in_json_is_no_source() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, expected) in [("a.wast", Some("(module)")), ("a.json", None)] {
            let path = folder.path().join(name);
            std::fs::write(&path, "(module)").expect("writable");
            let result = FileResult::new(&Arc::new(SuiteFile::of_test(Source::Disk(path))));
            assert_eq!(result.source().as_deref(), expected, "{name}");
        }
        let nowhere = FileResult::new(&Arc::new(SuiteFile::of_test(Source::Disk("/nowhere/at/all.wast".into()))));
        assert_eq!(nowhere.source(), None);
    }

    /// All that is known of a result is in its record.
    #[test]
    fn a_record_has_all_of_its_result() {
        let mut progress = FileProgress::default();
        progress.add_step(("1.2".into(), 7, "assert_return f".into()), 2);
        let (expected, got, cause) = (Some("e".to_string()), Some("g".to_string()), Some("1".to_string()));
        let result = DirectiveResult { verdict: Verdict::Fail, expected, got, cause, us: 9 };
        progress.add_line(0, 0, result.clone());
        let DirectiveResult { verdict, expected, got, cause, us } = result;
        let whole =
            Record { line: 7, directive: "assert_return f".into(), ..Record::passed("group", "stem", "1.2", "a") };
        let file = SuiteFile::of_test(Source::Embedded(""));
        assert_eq!(
            progress.records(&file, &["a", "b"], None),
            [
                Record { verdict, expected, got, cause, us, ..whole.clone() },
                Record {
                    backend: "b".into(),
                    verdict: Verdict::Crash,
                    got: Some("nothing was reported".into()),
                    us: 0,
                    ..whole
                },
            ]
        );
    }

    /// The mutants of a file are those of its last run, and a directive that was once flaky keeps its report.
    #[test]
    fn the_last_run_has_the_mutants() {
        let run = |got: &str, survived| {
            let mut run = FileProgress::default();
            run.add_step(("0".into(), 1, "invoke f".into()), 1);
            let (expected, got) = (None, Some(got.to_string()));
            run.add_line(0, 0, DirectiveResult { verdict: Verdict::Fail, expected, got, cause: None, us: 0 });
            run.tally = Some(MutantTally { survived, ..MutantTally::default() });
            run
        };
        let mut all = FileProgress::default();
        for (got, survived, told) in [("a", 3, "a"), ("b", 1, "a, on replay b"), ("c", 2, "a, on replay b")] {
            all.merge(run(got, survived));
            assert_eq!(all.tally.as_ref().map(|tally| tally.survived), Some(survived));
            assert_eq!(all.lines[0][0].as_ref().and_then(|line| line.got.as_deref()), Some(told));
        }
    }
}
