//! The changes that a pass makes, line by line.

use crate::triage::stages::StageLine;
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};
use std::time::{Duration, Instant};

/// A run of lines from two stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineChange {
    /// This many lines are in both.
    Same(usize),
    /// This many lines are gone.
    Removed(usize),
    /// This many lines are new.
    Added(usize),
}

/// If the search for a difference takes longer, the difference is shown larger than it is.
const PATIENCE: Duration = Duration::from_secs(3);

/// Returns the changes that turn the lines of one stage into those of the next, in order. Offsets are not compared.
pub fn changes(before: &[StageLine], after: &[StageLine]) -> Vec<LineChange> {
    let texts = |lines: &[StageLine]| -> Vec<String> { lines.iter().map(|l| l.text.clone()).collect() };
    let deadline = Some(Instant::now() + PATIENCE);
    let ops = capture_diff_slices_deadline(Algorithm::Patience, &texts(before), &texts(after), deadline);
    let mut all = Vec::new();
    for op in ops {
        match op {
            DiffOp::Equal { len, .. } => all.push(LineChange::Same(len)),
            DiffOp::Delete { old_len, .. } => all.push(LineChange::Removed(old_len)),
            DiffOp::Insert { new_len, .. } => all.push(LineChange::Added(new_len)),
            DiffOp::Replace { old_len, new_len, .. } => {
                all.extend([LineChange::Removed(old_len), LineChange::Added(new_len)])
            }
        }
    }
    all
}

/// Returns the number of lines removed and added.
pub(super) fn count(changes: &[LineChange]) -> (usize, usize) {
    changes.iter().fold((0, 0), |(removed, added), change| match change {
        LineChange::Same(_) => (removed, added),
        LineChange::Removed(n) => (removed + n, added),
        LineChange::Added(n) => (removed, added + n),
    })
}
