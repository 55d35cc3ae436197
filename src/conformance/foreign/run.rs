//! A file in columns that are not ours, one after the other.

use super::column::ForeignColumn;
use crate::conformance::lockstep::alone::Executor;
use crate::conformance::outcome::Outcome;
use crate::conformance::plan::FileResult;
use crate::conformance::progress::FileError;
use crate::conformance::read::script::ScriptStep;
use crate::conformance::read::suite::SuiteFile;
use crate::conformance::record::Record;
use crate::conformance::report::replay::Replay;
use crate::conformance::unsupervised;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often a file is run anew without another directive.
const MOST_REPLAYS: usize = 100;

/// An engine that leaves out the directives that ended it before.
struct Without<'a> {
    engine: Box<dyn Executor>,
    ended: &'a HashMap<String, Outcome>,
    /// The first directive that ended it, and that is not known yet.
    new: Option<(String, Outcome)>,
    /// The end of the time for the file.
    deadline: Option<Instant>,
}

impl Executor for Without<'_> {
    fn act(&mut self, step: &mut ScriptStep<'_>) -> Outcome {
        if let Some(outcome) = self.ended.get(&step.index) {
            self.engine.skip(step);
            return outcome.clone();
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            self.engine.skip(step);
            return Outcome::Timeout;
        }
        let outcome = self.engine.act(step);
        if self.new.is_none() && self.engine.is_lost() {
            self.new = Some((step.index.clone(), outcome.clone()));
        }
        outcome
    }

    fn skip(&mut self, step: &ScriptStep<'_>) {
        self.engine.skip(step);
    }

    fn is_lost(&self) -> bool {
        self.engine.is_lost()
    }
}

/// Runs a file in these columns, and adds their records to a result that has those of `backends`, in the order of
/// directives, and then of columns: backends, these, and the comparison. `timeout` limits a column.
pub fn add(result: &mut FileResult, backends: &[&str], columns: &[ForeignColumn], timeout: Duration, replay: &Replay) {
    if columns.is_empty() {
        return;
    }
    let start = Instant::now();
    if backends.is_empty() {
        result.complete = true;
    }
    for column in columns {
        let replay = column.given.as_ref().map(|given| {
            let exact = if column.by_phase { "" } else { " --exact-messages" };
            Replay { engine: Some(given.clone()), switches: format!("{}{exact}", replay.switches), ..replay.clone() }
        });
        match run_column(column, &result.file, Instant::now().checked_add(timeout), replay.as_ref()) {
            Ok(records) => result.records.extend(records),
            Err(error) => {
                result.complete = false;
                result.records.extend(error.records(&result.file, &[&column.name], replay.as_ref()));
                result.error.get_or_insert_with(|| error.located().to_string());
            }
        }
    }
    let names: Vec<&str> = backends.iter().copied().chain(columns.iter().map(|column| &column.name[..])).collect();
    let rank = |name: &str| names.iter().position(|known| *known == name).unwrap_or(names.len());
    result.records.sort_by_cached_key(|record| (record.path(), rank(&record.backend)));
    result.wall += start.elapsed();
}

/// Runs a file. A directive that ends the engine is not done again: everything else is run anew without it, so that
/// it is the only one that has such an outcome.
///
/// # Errors
/// It is not a script.
fn run_column(
    column: &ForeignColumn,
    file: &Arc<SuiteFile>,
    deadline: Option<Instant>,
    replay: Option<&Replay>,
) -> Result<Vec<Record>, FileError> {
    let mut ended: HashMap<String, Outcome> = HashMap::new();
    loop {
        let engine = column.executor(file);
        let mut without = Without { engine, ended: &ended, new: None, deadline };
        let records = unsupervised::run_alone(file, &column.name, column.by_phase, &mut without, replay)?;
        match without.new {
            Some((index, outcome)) if ended.len() < MOST_REPLAYS => drop(ended.insert(index, outcome)),
            _ => return Ok(records),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::suite::Source;
    use crate::conformance::record::Verdict;

    /// An engine that some directives end. It has to be told of every one in turn, also of those that it does not do: names
    /// of modules depend on them.
    struct Mortal {
        dies_at: fn(&str) -> bool,
        lost: bool,
        told: usize,
    }

    impl Mortal {
        fn told(&mut self, step: &ScriptStep<'_>) {
            assert_eq!(step.index, self.told.to_string(), "the one before it was left out in silence");
            self.told += 1;
        }
    }

    impl Executor for Mortal {
        fn act(&mut self, step: &mut ScriptStep<'_>) -> Outcome {
            self.told(step);
            if self.lost {
                return Outcome::Error("it is gone".into());
            }
            self.lost = (self.dies_at)(&step.index);
            if self.lost { Outcome::Crash("here".into()) } else { Outcome::Done }
        }

        fn skip(&mut self, step: &ScriptStep<'_>) {
            self.told(step);
        }

        fn is_lost(&self) -> bool {
            self.lost
        }
    }

    /// The result of `count` calls in a column of this name, beside our own of which there are no records.
    fn result(text: String, backends: &[&str], dies_at: fn(&str) -> bool, timeout: Duration) -> FileResult {
        let file = Arc::new(SuiteFile::of_test(Source::Given(text.into())));
        let column = ForeignColumn::new("other", false, move |_| Box::new(Mortal { dies_at, lost: false, told: 0 }));
        let mut result = FileResult::new(&file);
        add(&mut result, backends, &[column], timeout, &Replay::default());
        result
    }

    fn calls(count: usize) -> String {
        "(invoke \"f\")\n".repeat(count)
    }

    /// Each directive that ends the engine is a crash by itself, and everything else is run without it.
    #[test]
    fn what_ends_an_engine_is_done_once() {
        let long = Duration::from_secs(1000);
        let of = |dies_at, count| {
            let result = result(calls(count), &[], dies_at, long);
            assert!(result.records.iter().all(|r| r.backend == "other" && r.replay.is_none()));
            assert!(result.complete && result.error.is_none());
            result.records.iter().map(|r| r.verdict).collect::<Vec<_>>()
        };
        let (pass, crash) = (Verdict::Pass, Verdict::Crash);
        assert_eq!(of(|_| false, 3), [pass; 3]);
        assert_eq!(of(|index| ["1", "3"].contains(&index), 5), [pass, crash, pass, crash, pass]);
        assert_eq!(of(|_| true, 4), [crash; 4]);
        // However many there are: beyond a number, the rest has failed.
        let many = of(|_| true, MOST_REPLAYS + 3);
        assert_eq!(many.iter().filter(|v| **v == crash).count(), MOST_REPLAYS + 1);
        assert!(many[MOST_REPLAYS + 1..].iter().all(|v| *v == Verdict::Fail));
    }

    #[test]
    fn a_file_out_of_time_is_not_done() {
        let late = result(calls(3), &[], |_| false, Duration::ZERO);
        assert!(late.records.iter().all(|r| r.verdict == Verdict::Timeout) && late.records.len() == 3);
    }

    /// A file is whole without columns of ours, and not where it is no script; with columns of ours, they say.
    #[test]
    fn a_file_is_whole_if_every_column_is() {
        let long = Duration::from_secs(1000);
        let complete = |text: String, backends: &[&str]| {
            let result = result(text, backends, |_| false, long);
            (result.complete, result.error.is_some(), result.records.len())
        };
        assert_eq!(complete(calls(2), &[]), (true, false, 2));
        assert_eq!(complete(calls(2), &["interp"]), (false, false, 2));
        assert_eq!(complete("(nonsense)".into(), &[]), (false, true, 1));
    }
}
