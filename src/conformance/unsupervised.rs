//! Runs files in this process instead of a worker: whatever a directive does to its process, it does to this one.

use super::backend::Backend;
use super::lockstep::alone::{self, Executor};
use super::lockstep::job::{Job, Observer};
use super::lockstep::run;
use super::plan::FileResult;
use super::progress::{FileError, FileProgress, text_of};
use super::read::language::Messages;
use super::read::script::ScriptStep;
use super::read::suite::SuiteFile;
use super::record::DirectiveResult;
use super::report::replay::Replay;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Collects the results of a number of columns.
struct Collector {
    progress: FileProgress,
    columns: usize,
}

impl Observer for Collector {
    fn script(&mut self, steps: &[ScriptStep<'_>]) {
        for step in steps {
            self.progress.add_step((step.index.clone(), step.line, step.text.clone()), self.columns);
        }
    }

    fn enter(&mut self, _: usize, _: usize) {}

    fn line(&mut self, step: usize, column: usize, line: DirectiveResult) {
        self.progress.add_line(step, column, line);
    }
}

/// Runs a file on our backends, in lockstep.
pub fn run_file(file: &Arc<SuiteFile>, backends: &[Backend], timeout: Duration, replay: &Replay) -> FileResult {
    let start = Instant::now();
    let names: Vec<&str> = backends.iter().map(|b| b.name.as_str()).collect();
    let mut result = FileResult::new(file);
    let folder = file.json_folder();
    let job = Job {
        language: file.language,
        folder: folder.as_ref(),
        backends,
        skips: &[],
        faults: &[],
        until: None,
        timeout: Some(timeout),
        self_check: None,
    };
    let columns = backends.len() + usize::from(backends.len() > 1);
    let mut collector = Collector { progress: FileProgress::default(), columns };
    let ran = text_of(file)
        .and_then(|text| run(&text, &job, &mut collector).map_err(|error| FileError::not_a_script(&error)));
    match ran {
        Ok((stats, _)) => {
            result.stats = stats;
            result.complete = true;
            result.records = collector.progress.records(file, &names, Some(replay));
        }
        Err(error) => result.fail(&names, Some(replay), error),
    }
    result.wall = start.elapsed();
    result
}

/// Runs a file on something other than our backends, as the only column. With `by_phase`, the messages of rejections are ignored.
///
/// # Errors
/// The file is not a script.
pub fn run_alone(file: &SuiteFile, by_phase: bool, executor: &mut dyn Executor) -> Result<FileProgress, FileError> {
    let mut collector = Collector { progress: FileProgress::default(), columns: 1 };
    let folder = file.json_folder();
    let mut language = file.language;
    if by_phase && language.messages == Messages::All {
        language.messages = Messages::OfExecution;
    }
    let text = text_of(file)?;
    alone::run(&text, &language, folder.as_ref(), executor, &mut collector)
        .map_err(|error| FileError::not_a_script(&error))?;
    Ok(collector.progress)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::lockstep::alone::Stateless;
    use crate::conformance::outcome::{Expect, Outcome};
    use crate::conformance::read::suite::Source;
    use crate::conformance::record::Verdict;
    use crate::runtime::trap::TrapCode;

    const TIME: Duration = Duration::from_secs(1000);

    fn backends(names: &[&str]) -> Vec<Backend> {
        let named = |name: &&str| Backend { name: name.to_string(), ..Backend::named("interp").expect("a backend") };
        names.iter().map(named).collect()
    }

    /// Every directive has a record in every column, and a comparison if there is something to compare.
    #[test]
    fn a_file_has_a_record_for_each_directive_and_column() {
        const TEXT: &str = "(module (func (export \"f\")))\n(assert_return (invoke \"f\") (i32.const 2))";
        let file = Arc::new(SuiteFile::of_test(Source::Embedded(TEXT)));
        for (names, columns) in [
            (&["a"][..], &[("a", Verdict::Fail, "a")][..]),
            (&["a", "b"], &[("a", Verdict::Fail, "a"), ("b", Verdict::Fail, "b"), ("xdiff", Verdict::Pass, "")]),
        ] {
            let result = run_file(&file, &backends(names), TIME, &Replay::default());
            let seen: Vec<_> =
                result.records.iter().map(|r| (r.line, &r.backend[..], r.verdict, r.replay.clone())).collect();
            let replay = |column: &str| format!("wasmoon test ^group::stem:: --at 2 --backend {column}");
            let first = columns.iter().map(|(column, ..)| (1, *column, Verdict::Pass, None));
            let second = columns
                .iter()
                .map(|(column, verdict, named)| (2, *column, *verdict, (!named.is_empty()).then(|| replay(named))));
            assert_eq!(seen, first.chain(second).collect::<Vec<_>>(), "{names:?}");
            assert_eq!((result.stats.directives, result.complete, result.error), (2, true, None), "{names:?}");
        }
    }

    /// In a column whose engine refuses its configuration nothing runs, and no directive counts that as success.
    #[test]
    fn a_column_without_an_engine_is_unsupported_throughout() {
        const TEXT: &str =
            "(module)\n(assert_malformed (module binary \"\") \"unexpected end\")\n(thread $t (module))\n(wait $t)";
        let file = Arc::new(SuiteFile::of_test(Source::Embedded(TEXT)));
        let mut columns = backends(&["a", "refused"]);
        columns[1].config.passes = Some(vec!["nonsense".into()]);
        let result = run_file(&file, &columns, TIME, &Replay::default());
        let of = |column: &str| -> Vec<_> {
            let own = result.records.iter().filter(|r| r.backend == column);
            own.map(|r| (r.line, r.verdict, r.got.clone().unwrap_or_default())).collect()
        };
        assert!(of("a").iter().all(|(_, verdict, _)| *verdict == Verdict::Pass), "{:?}", of("a"));
        let refused = of("refused");
        assert_eq!(refused.len(), of("a").len());
        for (line, verdict, got) in refused {
            let is_told = got.starts_with("unsupported: unknown pass 'nonsense'; known passes: ");
            assert!(verdict == Verdict::Unsupported && is_told, "line {line}: {verdict:?} {got}");
        }
    }

    /// A text that is not a script has a record in each column, but none for a comparison, and no statistics.
    #[test]
    fn what_is_no_script_fails_in_each_column() {
        let file = Arc::new(SuiteFile::of_test(Source::Embedded("\n  (nonsense)")));
        let result = run_file(&file, &backends(&["a", "b"]), TIME, &Replay::default());
        let seen: Vec<_> =
            result.records.iter().map(|r| (&r.backend[..], &r.directive[..], r.line, r.verdict)).collect();
        assert_eq!(seen, [("a", "script", 2, Verdict::Fail), ("b", "script", 2, Verdict::Fail)]);
        assert_eq!((result.stats.directives, result.complete, result.error.is_some()), (0, false, true));
    }

    /// Its modules cannot be linked, and its calls trap, with messages of its own.
    fn other_words(step: &ScriptStep<'_>) -> Outcome {
        match &step.expect {
            Expect::Trap(_) => Outcome::Trap(TrapCode::IntegerDivideByZero, "here".into()),
            _ => Outcome::Unlinkable("another".into()),
        }
    }

    /// Where the phase decides, it decides about rejections only; and if a script says that messages do not count, they never do.
    /// never do.
    #[test]
    fn the_phase_decides_of_rejections_where_it_is_to() {
        const TEXT: &str = "(assert_unlinkable (module (import \"a\" \"b\" (func))) \"unknown import\")
            (assert_trap (invoke \"f\") \"unreachable\")";
        let (pass, fail) = (Verdict::Pass, Verdict::Fail);
        for (by_phase, messages, expected) in [
            (false, Messages::All, [fail, fail]),
            (true, Messages::All, [pass, fail]),
            (false, Messages::OfExecution, [pass, fail]),
            (true, Messages::OfExecution, [pass, fail]),
            (false, Messages::None, [pass, pass]),
            (true, Messages::None, [pass, pass]),
        ] {
            let mut file = SuiteFile::of_test(Source::Embedded(TEXT));
            file.language.messages = messages;
            let done =
                run_alone(&file, by_phase, &mut Stateless(other_words)).unwrap_or_else(|e| panic!("{}", e.located()));
            let verdicts: Vec<Vec<Option<Verdict>>> =
                done.lines.iter().map(|line| line.iter().map(|l| l.as_ref().map(|l| l.verdict)).collect()).collect();
            assert_eq!(verdicts, expected.map(|verdict| [Some(verdict)]), "{by_phase} {messages:?}");
        }
    }
}
