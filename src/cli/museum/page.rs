//! What is known of the bugs, as lines and as a page.

use super::{Found, Known};
use crate::museum::{Entry, Means};
use std::fmt::Write;

/// Functions of the suite that a plant may change at most, in percent.
const MOST_CHANGED: f64 = 5.0;

/// Sums.
#[derive(Debug, Default)]
pub struct Totals {
    bugs: usize,
    found: usize,
    /// A means that must find a bug does not: "bug: means".
    missed: Vec<String>,
    functions: usize,
    stages: usize,
    small: usize,
    too_wide: Vec<String>,
}

fn share(known: &Known) -> Option<f64> {
    known.changed.map(|(changed, all)| changed as f64 * 100.0 / all.max(1) as f64)
}

impl Totals {
    pub fn of(rows: &[(&Entry, Known)]) -> Totals {
        let mut totals = Totals { bugs: rows.len(), ..Totals::default() };
        for (entry, known) in rows {
            totals.found += usize::from(known.found.iter().any(|f| f.found));
            for means in entry.finders {
                if known.found.iter().any(|f| f.means == means.name() && !f.found) {
                    totals.missed.push(format!("{}: {}", entry.name, means.name()));
                }
            }
            if let Some(b) = &known.bisected {
                totals.functions += usize::from(b.right_function);
                totals.stages += usize::from(b.right_stage);
            }
            totals.small += usize::from(
                known.reduced.as_ref().is_some_and(|r| r.passes_without && r.instructions.is_some_and(|n| n <= 30)),
            );
            if share(known).is_some_and(|s| s >= MOST_CHANGED) {
                totals.too_wide.push(entry.name.into());
            }
        }
        totals
    }

    /// All found, all functions right, nine stages in ten.
    pub fn is_fine(&self) -> bool {
        self.found == self.bugs
            && self.functions == self.bugs
            && self.stages * 10 >= self.bugs * 9
            && self.too_wide.is_empty()
    }

    pub fn text(&self) -> String {
        let n = self.bugs;
        let mut text = format!(
            "{n} bugs: {} found by at least one means; bisect names the right function of {}, the right stage of {}; {} \
             reduced to 30 instructions or fewer that pass without the bug\n",
            self.found, self.functions, self.stages, self.small
        );
        if !self.missed.is_empty() {
            let _ = writeln!(text, "not found by a means that should: {}", self.missed.join(", "));
        }
        if !self.too_wide.is_empty() {
            let _ = writeln!(text, "{MOST_CHANGED}% of the suite's functions or more: {}", self.too_wide.join(", "));
        }
        text
    }
}

fn cell(known: &Known, means: Means) -> String {
    match known.found.iter().find(|f| f.means == means.name()) {
        None => "not tried".into(),
        Some(Found { found: true, seconds, .. }) => format!("**found** {seconds:.1} s"),
        Some(Found { seconds, what, .. }) if what == "passes" || what.starts_with("nothing") => {
            format!("– {seconds:.1} s")
        }
        Some(Found { what, .. }) => what.clone(),
    }
}

/// One bug on the terminal.
pub fn line(entry: &Entry, known: &Known) -> String {
    let mut text = format!("{:22}", entry.name);
    if let Some(share) = share(known) {
        let _ = write!(text, " {share:5.2}%");
    }
    for f in &known.found {
        let _ = write!(text, "  {} {} {:.1} s", f.means, if f.found { "found" } else { "-" }, f.seconds);
    }
    if let Some(b) = &known.bisected {
        let right = |right: bool| if right { "" } else { " (WRONG)" };
        let _ = write!(
            text,
            "  {}{}: {}{} {:.1} s",
            b.function,
            right(b.right_function),
            b.stage,
            right(b.right_stage),
            b.seconds
        );
    }
    if let Some(r) = &known.reduced {
        let size = r.instructions.map_or("not reduced".into(), |n| format!("{n} instructions"));
        let _ = write!(text, "  {size}{}", if r.passes_without { "" } else { " (fails without the bug too)" });
    }
    text.push('\n');
    text
}

/// The whole page.
pub fn markdown(rows: &[(&Entry, Known)], time: u64) -> String {
    let totals = Totals::of(rows);
    let mut text = format!(
        "# The bug museum\n\n\
         Historic kinds of miscompilation, planted one at a time in a build with the feature `museum`, to prove that they \
         are found. This page is made by `ci/museum`; do not edit it.\n\n{}\n\
         *Changed* is the share of the official suite's functions whose machine code at `-O2` differs with the bug. Each \
         means was tried alone, with 2 jobs and at most {time} s; the time of `smith` is that to the first finding. \
         `bisect` was given the first directive that failed. A function is right if the bug changes its code. What \
         executing cannot tell apart counts as one stage: instruction selection and emission are `lowering` to `bisect`.\n\n\
         | bug | changed | suite | wast-extra | verifier, checker | smith | bisect: function | stage (planted in) | reduced |\n\
         |---|---|---|---|---|---|---|---|---|\n",
        totals.text().replace('\n', "\n\n")
    );
    for (entry, known) in rows {
        let share = share(known).map_or("?".into(), |s| format!("{s:.2}%"));
        let mark = |right: bool| if right { "" } else { " ✗" };
        let (function, stage) = match &known.bisected {
            Some(b) => (
                format!("{}{}", b.function.replace('|', "\\|"), mark(b.right_function)),
                format!("{}{} ({})", b.stage, mark(b.right_stage), entry.stage),
            ),
            None => ("–".into(), format!("– ({})", entry.stage)),
        };
        let reduced = match &known.reduced {
            Some(r) => match r.instructions {
                Some(n) => format!("{n}{}", mark(r.passes_without)),
                None => "–".into(),
            },
            None => "–".into(),
        };
        let [suite, extra, checker, smith] = Means::ALL.map(|m| cell(known, m));
        let _ = writeln!(
            text,
            "| `{}` | {share} | {suite} | {extra} | {checker} | {smith} | {function} | {stage} | {reduced} |",
            entry.name
        );
    }
    text += "\n## What is planted\n\n";
    for (entry, known) in rows {
        let finders: Vec<&str> = entry.finders.iter().map(|m| m.name()).collect();
        let _ = writeln!(text, "**{}** ({}). {}", entry.name, entry.stage, entry.plant);
        let _ = writeln!(text, "  Source: {}. To be found by: {}.", entry.source, finders.join(", "));
        for f in known.found.iter().filter(|f| f.found) {
            let _ = writeln!(text, "  - {}: {}", f.means, f.what.replace('|', "\\|"));
        }
        text.push('\n');
    }
    text
}
