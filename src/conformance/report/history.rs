//! Several successive runs of one suite, as opposed to [`merge()`](super::merge()), whose reports are parts of one run.

use super::reporter::RunEnd;

/// Why reports are not a history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    /// A report has no [`About`](super::about::About), and so no date.
    #[error(
        "{0} does not state when it was run (it was written by an older wasmoon), so it cannot be part of a history"
    )]
    NoDate(String),
    /// Two reports of one time: their names, and the time.
    #[error(
        "{0} and {1} both began at {2}: they are the same run twice, or shards of one run, which `wasmoon report` \
         merges without --history"
    )]
    SameDate(String, String, String),
    /// Reports of different suites: the names of both reports, each with its suite.
    #[error(
        "{} is of suite {:?}, but {} is of {:?}; all runs in a history must be of one suite", .0.0, .0.1, .1.0, .1.1
    )]
    Suites((String, String), (String, String)),
    /// Part of a run.
    #[error(
        "{name} is not a whole run: {problem}; merge the shards of a run first, without --history, or pass --partial"
    )]
    NotWhole {
        /// The name of the report.
        name: String,
        /// The part that is missing.
        problem: String,
    },
    /// Reports of different selections: the names of both reports, each with its selection.
    #[error(
        "{} is of {}, but {} is of {}, so their totals cannot be compared; pass --partial to accept this",
        .0.0, selection(&.0.1), .1.0, selection(&.1.1)
    )]
    Selections((String, String), (String, String)),
}

fn selection(text: &str) -> String {
    if text.is_empty() { "everything".into() } else { format!("the selection {text:?}") }
}

/// Checks that reports are runs of one suite, and returns their positions by date, the newest first. With `partial`, parts of
/// runs are accepted.
///
/// # Errors
/// See [`HistoryError`].
pub fn order(runs: &[(String, RunEnd)], partial: bool) -> Result<Vec<usize>, HistoryError> {
    let mut dates: Vec<(&str, usize)> = Vec::new();
    for (n, (name, end)) in runs.iter().enumerate() {
        let about = end.about.as_ref().filter(|about| !about.date.is_empty());
        let about = about.ok_or_else(|| HistoryError::NoDate(name.clone()))?;
        if let Some(&(_, other)) = dates.iter().find(|(date, _)| *date == about.date) {
            return Err(HistoryError::SameDate(runs[other].0.clone(), name.clone(), about.date.clone()));
        }
        dates.push((&about.date, n));
        let (first, its) = &runs[0];
        if its.suite != end.suite {
            return Err(HistoryError::Suites((first.clone(), its.suite.clone()), (name.clone(), end.suite.clone())));
        }
        if partial {
            continue;
        }
        let missing = end.missing_shards();
        let problem = match end.interrupted {
            true => "it was interrupted".to_string(),
            false => format!("shard {} is missing", missing.join(", ")),
        };
        if end.interrupted || !missing.is_empty() {
            return Err(HistoryError::NotWhole { name: name.clone(), problem });
        }
        let its = its.about.as_ref().map_or("", |its| &its.selection);
        if its != about.selection {
            let (first, second) = ((first.clone(), its.to_string()), (name.clone(), about.selection.clone()));
            return Err(HistoryError::Selections(first, second));
        }
    }
    // Dates in UTC in this format sort as text.
    dates.sort_unstable_by(|a, b| b.cmp(a));
    Ok(dates.into_iter().map(|(_, n)| n).collect())
}
