//! Counts by group and column, and the list of what went wrong.

use crate::conformance::record::{Record, Verdict, XDIFF};
use crate::text::{by_number, counted};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Counts of one group in one column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    counts: [u64; Verdict::ALL.len()],
    /// The number of deviations that no rule covers.
    pub unexpected: u64,
}

impl Cell {
    /// The number of records with this verdict.
    pub fn get(&self, verdict: Verdict) -> u64 {
        self.counts[verdict as usize]
    }

    /// The number of records.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Adds `n` records with this verdict.
    pub fn add(&mut self, verdict: Verdict, n: u64) {
        self.counts[verdict as usize] += n;
    }

    /// Adds the numbers of another cell.
    pub fn merge(&mut self, other: &Cell) {
        self.counts.iter_mut().zip(other.counts).for_each(|(a, b)| *a += b);
        self.unexpected += other.unexpected;
    }

    /// The verdicts other than `pass` that occur, with their numbers.
    pub fn others(&self) -> impl Iterator<Item = (Verdict, u64)> + '_ {
        Verdict::ALL.into_iter().skip(1).map(|v| (v, self.get(v))).filter(|(_, n)| *n > 0)
    }
}

/// The matrix: rows are groups in the order in which they came, columns are backends and `xdiff`.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The groups and their cells, one per column.
    pub rows: Vec<(String, Vec<Cell>)>,
    /// The number of records that no rule covers.
    pub unexpected: u64,
}

impl Totals {
    /// An empty matrix with these columns.
    pub fn new(columns: &[String]) -> Totals {
        Totals { columns: columns.to_vec(), rows: Vec::new(), unexpected: 0 }
    }

    /// Adds a record, with a new row and column if needed.
    pub fn add(&mut self, record: &Record) {
        let column = match self.columns.iter().position(|c| *c == record.backend) {
            Some(column) => column,
            None => {
                self.columns.push(record.backend.clone());
                self.rows.iter_mut().for_each(|(_, cells)| cells.push(Cell::default()));
                self.columns.len() - 1
            }
        };
        // Records of a group mostly come in sequence, so the last row is the likely one.
        let row = match self.rows.iter().rposition(|(group, _)| *group == record.group) {
            Some(row) => row,
            None => {
                self.rows.push((record.group.clone(), vec![Cell::default(); self.columns.len()]));
                self.rows.len() - 1
            }
        };
        let cell = &mut self.rows[row].1[column];
        cell.add(record.verdict, 1);
        if record.is_unexpected() {
            cell.unexpected += 1;
            self.unexpected += 1;
        }
    }

    /// The sum of a column.
    pub fn column(&self, column: usize) -> Cell {
        let mut sum = Cell::default();
        self.rows.iter().for_each(|(_, cells)| sum.merge(&cells[column]));
        sum
    }

    /// The number of directives: that of the largest column, since each column has every directive once.
    pub fn directives(&self) -> u64 {
        (0..self.columns.len()).map(|c| self.column(c).total()).max().unwrap_or(0)
    }

    /// The sum over all real backends, and that of `xdiff`.
    pub fn sums(&self) -> (Cell, Cell) {
        let (mut backends, mut xdiff) = (Cell::default(), Cell::default());
        for (i, name) in self.columns.iter().enumerate() {
            let sum = if name == XDIFF { &mut xdiff } else { &mut backends };
            sum.merge(&self.column(i));
        }
        (backends, xdiff)
    }
}

/// One failure, in all columns in which it is the same.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The record of the first column.
    pub record: Record,
    /// The columns in which the directive failed in the same way.
    pub backends: Vec<String>,
    /// The indices of the directives that depend on this one, or on one of its repetitions.
    pub consequences: BTreeSet<String>,
    /// The lines of other directives of the file that failed with the same text: the first [`Failure::LINES`].
    pub repeats: Vec<u32>,
    /// The number of these directives.
    pub repeated: u64,
}

impl Failure {
    /// The number of lines of repetitions that are kept.
    pub const LINES: usize = 10;

    /// A sentence about the directives that depend on it.
    pub fn consequences(&self) -> Option<String> {
        let n = self.consequences.len();
        let became = match self.record.verdict {
            _ if n == 0 => return None,
            Verdict::Unsupported => by_number(n, "is unsupported", "are unsupported"),
            _ => by_number(n, "fails", "fail"),
        };
        Some(format!("{} {became} because of this one", counted(n, "directive")))
    }

    /// A sentence about the other lines of the file that failed with the same text.
    pub fn more_lines(&self) -> Option<String> {
        let lines: Vec<String> = self.repeats.iter().map(u32::to_string).collect();
        let more = if self.repeated as usize > lines.len() { ", …" } else { "" };
        let s = if self.repeated == 1 { "" } else { "s" };
        (self.repeated > 0)
            .then(|| format!("{} more directive{s} of this file, on line{s} {}{more}", self.repeated, lines.join(", ")))
    }
}

/// File, column, verdict, expected, got.
type Repeated = (String, String, Verdict, Option<String>, Option<String>);

/// The unexpected failures of a run. Only the first [`Failures::KEPT`] are kept; all are counted.
#[derive(Clone, Debug, Default)]
pub struct Failures {
    /// The failures that are kept, in the order of the records.
    pub list: Vec<Failure>,
    /// The number of failures that are not in `list`; identical ones in several columns count once.
    pub left_out: u64,
    /// The failures of the last directive that were left out.
    left_out_here: Vec<Record>,
    /// The (group, file, index) of the last failures, to collapse columns and consequences.
    place: BTreeMap<(String, String, String), Vec<usize>>,
    /// The failures that may be repeated, by file, first column, verdict and text.
    texts: HashMap<Repeated, usize>,
    /// The unexpected records of the last directive that has any, without that of the comparison.
    sides: Vec<Record>,
}

impl Failures {
    /// The maximum number of failures that are kept.
    pub const KEPT: usize = 1000;

    /// Takes the records of a file one after the other.
    pub fn add(&mut self, record: &Record) {
        if !record.is_unexpected() {
            return;
        }
        let place = |index: &str| (record.group.clone(), record.file.clone(), index.to_string());
        if record.backend != XDIFF {
            self.sides.retain(|side| (side.key(), &side.index) == (record.key(), &record.index));
            self.sides.push(record.clone());
        } else if self.sides.iter().any(|side| record.repeats(side)) {
            return;
        }
        if let Some(cause) = &record.cause
            && let Some(list) = self.place.get(&place(cause))
            && let Some(&i) = list.iter().find(|&&i| self.list[i].backends.contains(&record.backend)).or(list.first())
        {
            self.list[i].consequences.insert(record.index.clone());
            return;
        }
        let here = self.place.entry(place(&record.index)).or_default();
        let alike = |r: &Record| (r.verdict, &r.expected, &r.got) == (record.verdict, &record.expected, &record.got);
        let text = || {
            let (expected, got) = (record.expected.clone(), record.got.clone());
            (record.key(), record.backend.clone(), record.verdict, expected, got)
        };
        if let Some(&i) = here.iter().find(|&&i| alike(&self.list[i].record)) {
            let failure = &mut self.list[i];
            if !failure.backends.contains(&record.backend) {
                failure.backends.push(record.backend.clone());
            }
        } else if let Some(&i) = record.got.is_some().then(|| self.texts.get(&text())).flatten() {
            here.push(i);
            let failure = &mut self.list[i];
            failure.repeated += 1;
            if failure.repeats.len() < Failure::LINES {
                failure.repeats.push(record.line);
            }
            if !failure.backends.contains(&record.backend) {
                failure.backends.push(record.backend.clone());
            }
        } else if self.list.len() < Self::KEPT {
            here.push(self.list.len());
            self.texts.insert(text(), self.list.len());
            let backends = vec![record.backend.clone()];
            let failure = Failure {
                record: record.clone(),
                backends,
                consequences: BTreeSet::new(),
                repeats: Vec::new(),
                repeated: 0,
            };
            self.list.push(failure);
        } else {
            let is_here = |r: &Record| (r.key(), &r.index) == (record.key(), &record.index);
            self.left_out_here.retain(is_here);
            if !self.left_out_here.iter().any(alike) {
                self.left_out += 1;
                self.left_out_here.push(record.clone());
            }
        }
    }
}
