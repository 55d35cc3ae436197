//! Text that is printed on the terminal but is not in reports.

use crate::conformance::plan::RunSummary;
use crate::conformance::record::Record;
use crate::conformance::report::TierFigures;
use crate::text::{by_number, counted};

/// The lines below the matrix: the cost of a run, and the parts that were left out of it.
pub fn figures(summary: &RunSummary) -> String {
    let s = &summary.stats;
    let seconds = |us: u64| us as f64 / 1e6;
    let mut text = format!(
        "{}; CPU: parsing {:.2} s, compiling {:.2} s, running {:.2} s, comparing {:.2} s; {} compiled, {} {} into native \
         code\n",
        counted(summary.files, "file"),
        seconds(s.parse_us),
        seconds(s.compile_us),
        seconds(s.run_us),
        seconds(s.compare_us),
        counted(s.jit_functions, "function"),
        s.native_entries,
        by_number(s.native_entries, "entry", "entries")
    );
    if let Some(TierFigures { called, entries, loops }) = TierFigures::of(s) {
        let of = if called > 0 { format!(" (of {called} that were called)") } else { String::new() };
        text += &format!(
            "{} switched to compiled code at {} entry, {loops} at a loop{of}\n",
            counted(entries, "interpreted function"),
            by_number(entries, "its", "their")
        );
    }
    if s.judged_once > 0 {
        let (directives, judge) = (counted(s.judged_once, "directive"), by_number(s.judged_once, "checks", "check"));
        text +=
            &format!("{directives} {judge} only the decoder and validator that all columns share, so they ran once\n");
    }
    if s.not_compared > 0 {
        text += &format!(
            "{} with something left out of the comparison; the records of --report jsonl=FILE say what\n",
            counted(s.not_compared, "directive")
        );
    }
    if s.after_threads > 0 {
        text += &format!(
            "{} in or beside threads; what these could reach was compared at the end of a thread\n",
            counted(s.after_threads, "comparison")
        );
    }
    if s.nan_differences > 0 || s.by_phase_alone > 0 {
        text += &format!(
            "{} whose bits differ between the two sides; {} without a message, judged by phase alone\n",
            counted(s.nan_differences, "NaN"),
            counted(s.by_phase_alone, "assertion")
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
    use crate::conformance::record::Verdict;
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

    #[test]
    fn one_thing_of_each_kind_is_told_as_one() {
        let stats = RunStats {
            jit_functions: 1,
            native_entries: 1,
            replaced: [1, 0],
            judged_once: 1,
            not_compared: 1,
            after_threads: 1,
            nan_differences: 1,
            by_phase_alone: 1,
            ..RunStats::default()
        };
        let text = figures(&RunSummary { files: 1, stats, ..RunSummary::default() });
        for says in [
            "1 file; CPU",
            "1 function compiled, 1 entry into",
            "1 interpreted function switched to compiled code at its entry",
            "1 directive checks",
            "1 directive with",
            "1 comparison in or",
            "1 NaN whose",
            "1 assertion without",
        ] {
            assert!(text.contains(says), "no {says:?}\n{text}");
        }
    }

    #[test]
    fn figures_are_told_word_for_word() {
        let stats = RunStats {
            parse_us: 1_500_000,
            compile_us: 2_250_000,
            run_us: 30_000_000,
            compare_us: 40_000,
            jit_functions: 5,
            native_entries: 6,
            replaceable: 7,
            replaced: [8, 9],
            judged_once: 10,
            not_compared: 11,
            after_threads: 12,
            nan_differences: 13,
            by_phase_alone: 14,
            ..RunStats::default()
        };
        let text = figures(&RunSummary { files: 4, stats, ..RunSummary::default() });
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "4 files; CPU: parsing 1.50 s, compiling 2.25 s, running 30.00 s, comparing 0.04 s; 5 functions \
                 compiled, 6 entries into native code",
                "8 interpreted functions switched to compiled code at their entry, 9 at a loop (of 7 that were called)",
                "10 directives check only the decoder and validator that all columns share, so they ran once",
                "11 directives with something left out of the comparison; the records of --report jsonl=FILE say what",
                "12 comparisons in or beside threads; what these could reach was compared at the end of a thread",
                "13 NaNs whose bits differ between the two sides; 14 assertions without a message, judged by phase \
                 alone",
            ]
        );
        assert!(text.ends_with("alone\n"));
        for (replaceable, of) in [(0, ""), (1, " (of 1 that were called)")] {
            let stats = RunStats { replaceable, replaced: [2, 3], ..RunStats::default() };
            let text = figures(&RunSummary { stats, ..RunSummary::default() });
            let line = format!("2 interpreted functions switched to compiled code at their entry, 3 at a loop{of}");
            assert_eq!(text.lines().skip(1).collect::<Vec<_>>(), [line], "{replaceable}");
        }
    }

    #[test]
    fn a_directive_is_told_with_its_outcomes() {
        let passed = Record::passed("core", "x", "7", "jit");
        assert_eq!(directive(&passed), "core/x line 1 invoke f on jit: pass\n");
        let text = |text: &str| Some(text.to_string());
        let failed =
            Record { verdict: Verdict::Fail, expected: text("i32 1"), got: text("i32 2"), cause: text("3"), ..passed };
        assert_eq!(
            directive(&failed),
            "core/x line 1 invoke f on jit: fail\n  expected  i32 1\n  got       i32 2\n  cause     3\n"
        );
        let without = Record { expected: None, cause: None, ..failed };
        assert_eq!(directive(&without), "core/x line 1 invoke f on jit: fail\n  got       i32 2\n");
    }
}
