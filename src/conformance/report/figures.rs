//! Text for the terminal that is not in reports.

use crate::conformance::plan::RunSummary;
use crate::conformance::record::Record;
use crate::conformance::report::TierFigures;

/// The cost of a run, and the parts that were left out of it: lines below the matrix.
pub fn figures(summary: &RunSummary) -> String {
    let s = &summary.stats;
    let seconds = |us: u64| us as f64 / 1e6;
    let mut text = format!(
        "{} files; CPU: parsing {:.2} s, compiling {:.2} s, running {:.2} s, comparing {:.2} s; {} functions compiled, {} \
         entries into native code\n",
        summary.files,
        seconds(s.parse_us),
        seconds(s.compile_us),
        seconds(s.run_us),
        seconds(s.compare_us),
        s.jit_functions,
        s.native_entries
    );
    if let Some(TierFigures { called, entries, loops }) = TierFigures::of(s) {
        let of = if called > 0 { format!(" (of {called} that were called)") } else { String::new() };
        text += &format!(
            "{entries} interpreted functions went on in compiled code at their entry, {loops} at a loop{of}\n"
        );
    }
    if s.judged_once > 0 {
        text += &format!("{} directives judge the common decoder and validator, once for all columns\n", s.judged_once);
    }
    if s.not_compared > 0 {
        text += &format!("{} directives at which something was not compared: their records say what\n", s.not_compared);
    }
    if s.after_threads > 0 {
        text += &format!(
            "{} comparisons of directives in or beside threads: what these could reach was compared at a thread's end\n",
            s.after_threads
        );
    }
    if s.nan_differences > 0 || s.by_phase_alone > 0 {
        text += &format!(
            "{} NaNs whose bits differ between the two sides; {} assertions without a message, judged by phase alone\n",
            s.nan_differences, s.by_phase_alone
        );
    }
    text
}

/// A directive in a column, with the expected and the actual outcome, for `--at`.
pub fn directive(r: &Record) -> String {
    let mut text = format!("{} line {} {} on {}: {}\n", r.key(), r.line, r.directive, r.backend, r.verdict.name());
    for (label, value) in [("expected", &r.expected), ("got", &r.got), ("cause", &r.cause)] {
        if let Some(value) = value {
            text += &format!("  {label:8}  {value}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::stats::RunStats;

    /// What was left out is named, and what was not left out is not.
    #[test]
    fn each_figure_has_its_line() {
        let lines = |stats| figures(&RunSummary { stats, ..RunSummary::default() }).lines().count();
        assert_eq!(lines(RunStats::default()), 1);
        for stats in [
            RunStats { judged_once: 1, ..RunStats::default() },
            RunStats { not_compared: 1, ..RunStats::default() },
            RunStats { after_threads: 1, ..RunStats::default() },
            RunStats { nan_differences: 1, ..RunStats::default() },
            RunStats { by_phase_alone: 1, ..RunStats::default() },
            RunStats { replaced: [1, 0], ..RunStats::default() },
            RunStats { replaced: [0, 1], ..RunStats::default() },
        ] {
            assert_eq!(lines(stats), 2, "{stats:?}");
        }
    }
}
