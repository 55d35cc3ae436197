//! Files in this process, instead of a worker's: whatever a directive does to its process, it does to this one.

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

/// Collects the results of so many columns.
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

/// Runs a file on something that is not a backend of ours, which is the only column. `by_phase`: the messages of rejections
/// do not count.
///
/// # Errors
/// It is not a script.
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
