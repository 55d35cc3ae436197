//! Reports of a run: the matrix on the terminal, JSONL, JUnit, Markdown, HTML and a table of features.
//!
//! All are made from the same stream: `Reporter::file` gets the records of one file at a time (so that only reports that must
//! hold a whole run in memory do so), and `Reporter::finish` gets the totals. [`Reports`] feeds any number of them and finishes
//! them all before it publishes the first, so that a report is complete or absent. One whose name ends in `.zst` is compressed.

pub mod about;
pub mod comparison;
mod features;
pub mod figures;
mod format;
mod history;
mod html;
mod jsonl;
mod junit;
mod markdown;
mod merge;
mod output;
pub mod replay;
mod reporter;
mod terminal;
#[cfg(test)]
mod tests;
mod totals;

use reporter::Reporter;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

pub use format::{Format, ReportTarget, TargetError};
pub use history::{HistoryError, order};
pub use jsonl::{LoadError, LoadProblem, load, load_end};
pub use merge::{MergeError, merge};
pub use output::{Output, WriteError, check_writable, decompressed, would_replace, write_atomically};
pub use reporter::{FileReport, Loaded, NewsItem, RunEnd, TierFigures};
pub use terminal::{matrix, print};
pub use totals::{Cell, Failures, Totals};

/// Why reports cannot be written to their destinations.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// Two reports have one destination.
    #[error("two reports cannot both be written to {0}; give each its own path")]
    Shared(String),
    /// A report would overwrite an input.
    #[error("the report {report} would overwrite the input {}; write it elsewhere", input.display())]
    Input {
        /// The report's path.
        report: String,
        /// The input's path.
        input: PathBuf,
    },
}

/// Checks that each report has a destination of its own, and that none of these is a file that the program reads.
///
/// # Errors
/// See [`DestinationError`].
pub fn check_destinations(targets: &[ReportTarget], inputs: &[PathBuf]) -> Result<(), DestinationError> {
    let mut taken: HashMap<PathBuf, &str> = HashMap::new();
    for target in targets {
        if let Some(other) = taken.insert(output::destination(Path::new(&target.path)), &target.path) {
            let name = |path: &str| if path == "-" { "standard output".to_string() } else { path.to_string() };
            let (a, b) = (name(other), name(&target.path));
            let what = if a == b { a } else { format!("{a} and {b}, which are the same file") };
            return Err(DestinationError::Shared(what));
        }
    }
    // Nothing is looked up if nothing is written.
    for input in inputs.iter().filter(|_| !targets.is_empty()) {
        let Some(path) = taken.get(&output::destination(input)) else { continue };
        if would_replace(Path::new(path), input) {
            return Err(DestinationError::Input { report: path.to_string(), input: input.clone() });
        }
    }
    Ok(())
}

/// All reports of a run, and the totals they share.
pub struct Reports {
    sinks: Vec<(Box<dyn Reporter>, Output)>,
    /// The numbers of verdicts so far.
    pub totals: Totals,
    /// The deviations to print at the end.
    pub failures: Failures,
}

impl Reports {
    /// Opens every target, so that an unwritable target is noticed before the run and not after it.
    ///
    /// `columns` are the backends in their order, and `xdiff`.
    ///
    /// # Errors
    /// One of them cannot be written.
    pub fn create(targets: &[ReportTarget], columns: &[String]) -> Result<Reports, WriteError> {
        let mut sinks: Vec<(Box<dyn Reporter>, Output)> = Vec::new();
        for target in targets {
            sinks.push((target.format.reporter(columns), Output::report(&target.path)?));
        }
        Ok(Reports { sinks, totals: Totals::new(columns), failures: Failures::default() })
    }

    /// # Errors
    /// A report cannot be written.
    pub fn file(&mut self, file: &FileReport<'_>) -> Result<(), WriteError> {
        for record in file.records {
            self.totals.add(record);
            self.failures.add(record);
        }
        for (reporter, out) in &mut self.sinks {
            reporter.file(file, out).map_err(|e| out.error(&e))?;
        }
        Ok(())
    }

    /// Adds an older run of the same suite, which only some formats include. It must be called after all files, newest run first.
    pub fn older(&mut self, run: &Loaded) {
        self.sinks.iter_mut().for_each(|(reporter, _)| reporter.older(run));
    }

    /// Completes and publishes every report.
    ///
    /// # Errors
    /// As for [`Reports::file`]. In that case no report with a later path was published.
    pub fn finish(mut self, end: &RunEnd) -> Result<(Totals, Failures), WriteError> {
        for (reporter, out) in &mut self.sinks {
            reporter.finish(&self.totals, end, out).map_err(|e| out.error(&e))?;
        }
        for (_, out) in self.sinks {
            out.commit()?;
        }
        Ok((self.totals, self.failures))
    }
}
