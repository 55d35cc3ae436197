//! The matrix and the failures as a person reads them.

use super::reporter::RunEnd;
use super::totals::Totals;
use super::totals::{Cell, Failure, Failures};
use crate::conformance::record::{Verdict, XDIFF};
use crate::text::{self, Change, counted};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;

/// The number of failures that are printed; the reports have all of them.
const SHOWN: usize = 40;

const HEAD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const KNOWN: Style = AnsiColor::Yellow.on_default();
const FAINT: Style = Style::new().dimmed();

/// A letter, so that a matrix with deviations still fits a terminal; the line below it explains the letters.
fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Flaky => 'y',
        v => v.name().chars().next().unwrap_or('?'),
    }
}

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

fn cell_text(cell: &Cell) -> String {
    if cell.total() == 0 {
        return "-".into();
    }
    let mut parts = Vec::new();
    let pass = cell.get(Verdict::Pass);
    if pass > 0 || cell.others().next().is_none() {
        parts.push(pass.to_string());
    }
    parts.extend(cell.others().map(|(v, n)| format!("{n}{}", letter(v))));
    parts.join(" +")
}

fn cell_style(cell: &Cell) -> Style {
    if cell.total() == 0 {
        FAINT
    } else if cell.unexpected > 0 {
        BAD
    } else if cell.others().any(|(v, _)| !v.is_fine()) {
        KNOWN
    } else {
        GOOD
    }
}

/// The matrix with its sums, as text with colours.
pub fn matrix(totals: &Totals) -> String {
    let mut rows: Vec<(String, Vec<Cell>)> = totals.rows.clone();
    rows.push(("all".into(), (0..totals.columns.len()).map(|i| totals.column(i)).collect()));
    let texts: Vec<Vec<String>> = rows.iter().map(|(_, cells)| cells.iter().map(cell_text).collect()).collect();
    let first = rows.iter().map(|(g, _)| g.len()).max().unwrap_or(0).max("group".len());
    let widths: Vec<usize> = (0..totals.columns.len())
        .map(|c| texts.iter().map(|t| t[c].len()).max().unwrap_or(0).max(totals.columns[c].len()))
        .collect();
    let mut text = String::new();
    let mut head = format!("{:first$}", "group");
    totals.columns.iter().zip(&widths).for_each(|(name, w)| {
        let _ = write!(head, "  {name:>w$}");
    });
    let _ = writeln!(text, "{}", paint(HEAD, &head));
    for (n, ((group, cells), texts)) in rows.iter().zip(&texts).enumerate() {
        let name = format!("{group:first$}");
        text.push_str(&if n + 1 == rows.len() { paint(HEAD, &name) } else { name });
        for ((cell, value), w) in cells.iter().zip(texts).zip(&widths) {
            let _ = write!(text, "  {}", paint(cell_style(cell), &format!("{value:>w$}")));
        }
        text.push('\n');
    }
    let all = rows.last().map(|(_, cells)| cells.as_slice()).unwrap_or_default();
    let occurring = Verdict::ALL.into_iter().skip(1).filter(|v| all.iter().any(|c| c.get(*v) > 0));
    let legend: Vec<String> = occurring.map(|v| format!("{} {}", letter(v), v.name())).collect();
    if !legend.is_empty() {
        let _ = writeln!(text, "{}", paint(FAINT, &format!("numbers alone: pass; {}", legend.join(", "))));
    }
    text
}

/// The whole report.
pub fn print(totals: &Totals, failures: &Failures, end: &RunEnd) -> String {
    let mut text = matrix(totals);
    for f in failures.list.iter().take(SHOWN) {
        text.push('\n');
        failure(&mut text, f);
    }
    let left_out = failures.list.len().saturating_sub(SHOWN) as u64 + failures.left_out;
    if left_out > 0 {
        let _ = writeln!(text, "\n… and {left_out} more; a report in HTML or JSONL has them all");
    }
    if !end.news.is_empty() {
        let _ = writeln!(text, "\n{}", paint(HEAD, "Expectations"));
        for item in &end.news {
            let _ = writeln!(text, "{} {}", paint(BAD, "news"), item.text);
        }
    }
    text.push('\n');
    text.push_str(&last_line(totals, end));
    text
}

fn last_line(totals: &Totals, end: &RunEnd) -> String {
    let (backends, xdiff) = totals.sums();
    let count = totals.columns.iter().filter(|c| *c != XDIFF).count();
    let (directives, columns) = (counted(totals.directives(), "directive"), counted(count, "backend"));
    let mut text = format!("{directives} on {columns} in {:.2} s: ", end.wall_ms as f64 / 1000.0);
    let _ = write!(text, "{} pass", backends.get(Verdict::Pass));
    for (verdict, n) in backends.others() {
        let _ = write!(text, ", {n} {}", verdict.name());
    }
    if xdiff.total() > 0 {
        let divergences = counted(xdiff.get(Verdict::Diverge), "divergence");
        let _ = write!(text, "; {divergences}, {} poisoned", xdiff.get(Verdict::Poisoned));
    }
    let unexpected = totals.unexpected + end.counting_news();
    let style = if unexpected == 0 { GOOD } else { BAD };
    let _ = writeln!(text, "\n{}", paint(style, &format!("{unexpected} unexpected")));
    if end.interrupted {
        let _ = writeln!(text, "{}", paint(BAD, "interrupted: not everything was run"));
    }
    text
}

fn failure(text: &mut String, f: &Failure) {
    let r = &f.record;
    let verdict = paint(BAD, &r.verdict.name().to_uppercase());
    let place = paint(HEAD, &format!("{} line {}", r.key(), r.line));
    let _ = writeln!(text, "{verdict} {place}: {} on {}", r.directive, f.backends.join(", "));
    match (&r.expected, &r.got) {
        (Some(expected), Some(got)) if expected.contains('\n') || got.contains('\n') => {
            let _ = writeln!(text, "  expected (-) and got (+):");
            let (mut old, mut new) = (expected.lines(), got.lines());
            for change in text::changes(expected.lines(), got.lines()) {
                let (sign, style, lines) = match change {
                    Change::Removed(n) => ("-", GOOD, old.by_ref().take(n)),
                    Change::Added(n) => ("+", BAD, new.by_ref().take(n)),
                    Change::Same(n) => {
                        old.nth(n - 1);
                        (" ", FAINT, new.by_ref().take(n))
                    }
                };
                for line in lines {
                    let _ = writeln!(text, "  {}", paint(style, &format!("{sign} {line}")));
                }
            }
        }
        (Some(expected), Some(got)) => {
            let (mut old, mut new) = (&text::words(expected)[..], &text::words(got)[..]);
            let (mut left, mut right) = (String::new(), String::new());
            for change in text::changes(old.iter().copied(), new.iter().copied()) {
                let take = |from: &mut &[&str], n: usize| from.split_off(..n).map(<[&str]>::concat).unwrap_or_default();
                match change {
                    Change::Removed(n) => left += &paint(GOOD, &take(&mut old, n)),
                    Change::Added(n) => right += &paint(BAD, &take(&mut new, n)),
                    Change::Same(n) => {
                        left += &take(&mut old, n);
                        right += &take(&mut new, n);
                    }
                }
            }
            let _ = writeln!(text, "  expected  {left}");
            let _ = writeln!(text, "  got       {right}");
        }
        (expected, got) => {
            for (label, value) in [("expected", expected), ("got     ", got)] {
                if let Some(value) = value {
                    let _ = writeln!(text, "  {label}  {value}");
                }
            }
        }
    }
    if let Some(more) = f.more_lines() {
        let _ = writeln!(text, "  the same  {more}");
    }
    if let Some(consequences) = f.consequences() {
        let _ = writeln!(text, "  after it  {consequences}");
    }
    if let Some(replay) = &r.replay {
        let _ = writeln!(text, "  replay    {}", paint(FAINT, replay));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::record::Record;

    fn cell(counts: &[(Verdict, u64)], unexpected: u64) -> Cell {
        let mut cell = Cell::default();
        counts.iter().for_each(|(verdict, n)| cell.add(*verdict, *n));
        cell.unexpected = unexpected;
        cell
    }

    fn good(text: &str) -> String {
        format!("\u{1b}[32m{text}\u{1b}[0m")
    }

    fn bad(text: &str) -> String {
        format!("\u{1b}[1m\u{1b}[31m{text}\u{1b}[0m")
    }

    fn head(text: &str) -> String {
        format!("\u{1b}[1m{text}\u{1b}[0m")
    }

    fn faint(text: &str) -> String {
        format!("\u{1b}[2m{text}\u{1b}[0m")
    }

    #[test]
    fn a_cell_has_numbers_and_a_colour() {
        let (pass, fail, crash, poisoned) = (Verdict::Pass, Verdict::Fail, Verdict::Crash, Verdict::Poisoned);
        for (counts, unexpected, text, style) in [
            (&[(pass, 1)][..], 0, "1", GOOD),
            (&[], 0, "-", FAINT),
            (&[(pass, 2)], 0, "2", GOOD),
            (&[(pass, 1), (poisoned, 2)], 0, "1 +2p", GOOD),
            (&[(fail, 1)], 0, "1f", KNOWN),
            (&[(pass, 1), (crash, 1), (poisoned, 1)], 0, "1 +1c +1p", KNOWN),
            (&[(pass, 1), (fail, 1)], 1, "1 +1f", BAD),
            (&[(fail, 3), (Verdict::Flaky, 1)], 2, "3f +1y", BAD),
        ] {
            let cell = cell(counts, unexpected);
            assert_eq!((cell_text(&cell).as_str(), cell_style(&cell)), (text, style));
        }
    }

    #[test]
    fn the_matrix_has_colours() {
        let rows = vec![
            ("g".to_string(), vec![cell(&[(Verdict::Pass, 1)], 0), cell(&[(Verdict::Fail, 1)], 1)]),
            ("group-2".to_string(), vec![Cell::default(), cell(&[(Verdict::Pass, 1)], 0)]),
        ];
        let totals = Totals { columns: vec!["a".into(), "jit".into()], rows, unexpected: 1 };
        let lines = [
            head("group    a    jit"),
            format!("g        {}  {}", good("1"), bad("   1f")),
            format!("group-2  {}  {}", faint("-"), good("    1")),
            format!("{}  {}  {}", head("all    "), good("1"), bad("1 +1f")),
            faint("numbers alone: pass; f fail"),
        ];
        assert_eq!(matrix(&totals), lines.map(|line| line + "\n").concat());
    }

    #[test]
    fn the_last_line_is_red_if_something_is() {
        let sums = "0 directives on 0 backends in 1.50 s: 0 pass\n";
        let interrupted = bad("interrupted: not everything was run") + "\n";
        for (unexpected, is_interrupted, rest) in [
            (0, false, good("0 unexpected") + "\n"),
            (1, false, bad("1 unexpected") + "\n"),
            (2, true, bad("2 unexpected") + "\n" + &interrupted),
            (0, true, good("0 unexpected") + "\n" + &interrupted),
        ] {
            let end = RunEnd { wall_ms: 1500, interrupted: is_interrupted, ..RunEnd::default() };
            let totals = Totals { unexpected, ..Totals::default() };
            assert_eq!(last_line(&totals, &end), format!("{sums}{rest}"));
        }
    }

    /// If a side has several lines, lines are compared with lines; otherwise words are compared with words.
    #[test]
    fn a_failure_shows_what_differs() {
        let first = format!("{} {}: invoke f on jit\n", bad("FAIL"), head("core/x line 1"));
        let by_lines = "  expected (-) and got (+):\n";
        for (expected, got, shown) in [
            ("i32 1", "i32 1 2", format!("  expected  i32 1\n  got       i32 1{}\n", bad(" 2"))),
            ("i32 1 2", "i32", format!("  expected  i32{}\n  got       i32\n", good(" 1 2"))),
            ("a b", "a c", format!("  expected  a {}\n  got       a {}\n", good("b"), bad("c"))),
            ("one", "one\ntwo", format!("{by_lines}  {}\n  {}\n", faint("  one"), bad("+ two"))),
            ("one\ntwo", "one", format!("{by_lines}  {}\n  {}\n", faint("  one"), good("- two"))),
        ] {
            let mut failures = Failures::default();
            failures.add(&Record {
                verdict: Verdict::Fail,
                expected: Some(expected.into()),
                got: Some(got.into()),
                ..Record::passed("core", "x", "0", "jit")
            });
            let mut text = String::new();
            failure(&mut text, &failures.list[0]);
            assert_eq!(text, format!("{first}{shown}"), "{expected:?} {got:?}");
        }
    }
}
