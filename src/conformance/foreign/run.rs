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
        let replay = column.given.as_ref().map(|given| Replay { engine: Some(given.clone()), ..replay.clone() });
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
