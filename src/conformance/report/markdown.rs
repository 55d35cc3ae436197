//! Markdown: the matrix and what went wrong, for a summary page of a hosted CI or a comment.

use super::reporter::{FileReport, Reporter, RunEnd};
use super::totals::Failures;
use super::totals::{Cell, Totals};
use crate::conformance::record::Verdict;
use crate::text::counted;
use std::fmt::Write;
use std::io;

/// Hosted pages are cut at a megabyte; the other reports have everything.
const FAILURES: usize = 200;

#[derive(Default)]
pub(super) struct Markdown {
    failures: Failures,
    /// Passes in which something was excused.
    excused: u64,
}

impl Reporter for Markdown {
    fn file(&mut self, file: &FileReport<'_>, _: &mut dyn io::Write) -> io::Result<()> {
        file.records.iter().for_each(|r| self.failures.add(r));
        self.excused += file.records.iter().filter(|r| r.is_excused()).count() as u64;
        Ok(())
    }

    fn finish(&mut self, totals: &Totals, end: &RunEnd, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.text(totals, end).as_bytes())
    }
}

impl Markdown {
    fn text(&self, totals: &Totals, end: &RunEnd) -> String {
        let unexpected = totals.unexpected + end.counting_news();
        let state = match (end.not_whole(), unexpected) {
            (Some(word), 0) => word.to_string(),
            (Some(word), n) => format!("{word}, {n} unexpected"),
            (None, 0) => "as expected".to_string(),
            (None, n) => format!("{n} unexpected"),
        };
        let mut text = format!("# WebAssembly testsuite: {state}\n\n");
        let _ = writeln!(
            text,
            "Suite {}, {} in {:.1} s, {} compiled by the JIT.\n",
            code(&end.suite),
            counted(totals.directives(), "directive"),
            end.wall_ms as f64 / 1000.0,
            counted(end.jit_functions, "function")
        );
        for (name, value) in end.about.iter().flat_map(|about| about.facts()) {
            let _ = writeln!(text, "- {name}: {}", code(&value));
        }
        text.push_str(if end.about.is_some() { "\n" } else { "" });
        let missing = end.missing_shards();
        if !missing.is_empty() {
            let _ = writeln!(text, "Incomplete: shard {} is not in this report.\n", missing.join(", "));
        }
        let columns: Vec<String> = totals.columns.iter().map(|column| escape(column)).collect();
        let _ = writeln!(text, "| group | {} |", columns.join(" | "));
        let _ = writeln!(text, "|---|{}", "---:|".repeat(totals.columns.len()));
        for (group, cells) in &totals.rows {
            let cells: Vec<String> = cells.iter().map(cell).collect();
            let _ = writeln!(text, "| {} | {} |", escape(group), cells.join(" | "));
        }
        let sums: Vec<String> = (0..totals.columns.len()).map(|i| cell(&totals.column(i))).collect();
        let _ = writeln!(text, "| **all** | {} |", sums.join(" | "));
        if self.excused > 0 {
            let _ = writeln!(
                text,
                "\nPasses in which something was excused: {}. The other reports say what.",
                self.excused
            );
        }
        if !end.news.is_empty() {
            text.push_str("\n## Expectations\n\n");
            end.news.iter().for_each(|n| {
                let _ = writeln!(text, "- {}", escape(&n.text));
            });
        }
        if !self.failures.list.is_empty() {
            text.push_str("\n## Unexpected\n\n");
        }
        for f in self.failures.list.iter().take(FAILURES) {
            let r = &f.record;
            let _ = writeln!(
                text,
                "- **{}** on {}: {} line {}: {}",
                r.verdict.name(),
                escape(&f.backends.join(", ")),
                code(&r.key()),
                r.line,
                code(&r.directive)
            );
            for (label, value) in [("expected", &r.expected), ("got", &r.got), ("replay", &r.replay)] {
                if let Some(value) = value {
                    let _ = writeln!(text, "  - {label} {}", code(value));
                }
            }
            if let Some(more) = f.more_lines() {
                let _ = writeln!(text, "  - the same: {more}");
            }
            if let Some(consequences) = f.consequences() {
                let _ = writeln!(text, "  - after it: {consequences}");
            }
        }
        let left_out = self.failures.list.len().saturating_sub(FAILURES) as u64 + self.failures.left_out;
        if left_out > 0 {
            let _ = writeln!(text, "\n{left_out} more are in the other reports.");
        }
        text
    }
}

fn cell(cell: &Cell) -> String {
    let mut text = cell.get(Verdict::Pass).to_string();
    for (verdict, n) in cell.others() {
        let _ = write!(text, " · {n} {}", verdict.name());
    }
    if cell.total() == 0 {
        text = "–".into();
    }
    match (cell.unexpected, cell.others().any(|(v, _)| !v.is_fine())) {
        (0, false) => text,
        (0, true) => format!("{text} (known)"),
        (n, _) => format!("**{text}** ({n} unexpected)"),
    }
}

/// The text as inline code, between more backticks than it has in a row.
fn code(text: &str) -> String {
    let text = text.replace('\n', " ");
    let most = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(most + 1);
    // A space on either side is not part of it.
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Escapes a text so that it has no special meaning in Markdown, including in a table cell.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out += "&lt;",
            '\n' => out.push(' '),
            '*' | '|' | '`' | '\\' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of files and folders may contain anything: they must not end a cell or a code span, or be tags.
    #[test]
    fn texts_have_no_meaning() {
        for (text, escaped) in [("a/b", "a/b"), ("a|<b>`*\\c", "a\\|&lt;b>\\`\\*\\\\c"), ("a\nb", "a b")] {
            assert_eq!(escape(text), escaped);
        }
        for (text, span) in [
            ("a|<b>*", "`a|<b>*`"),
            ("a`b", "``a`b``"),
            ("`a``", "``` `a`` ```"),
            ("`a", "`` `a ``"),
            ("a`", "`` a` ``"),
            ("a``b`c", "```a``b`c```"),
            ("a\nb", "`a b`"),
        ] {
            assert_eq!(code(text), span);
        }
    }

    /// Known deviations are distinguished from what is fine, and from what no rule covers.
    #[test]
    fn a_cell_says_what_is_not_a_pass() {
        let (pass, fail, poisoned) = (Verdict::Pass, Verdict::Fail, Verdict::Poisoned);
        for (counts, unexpected, text) in [
            (&[(pass, 1)][..], 0, "1"),
            (&[], 0, "\u{2013}"),
            (&[(pass, 2), (poisoned, 1)], 0, "2 \u{b7} 1 poisoned"),
            (&[(fail, 1)], 0, "0 \u{b7} 1 fail (known)"),
            (&[(pass, 3), (fail, 1), (poisoned, 2)], 0, "3 \u{b7} 1 fail \u{b7} 2 poisoned (known)"),
            (&[(pass, 3), (fail, 4)], 1, "**3 \u{b7} 4 fail** (1 unexpected)"),
        ] {
            let mut made = Cell::default();
            counts.iter().for_each(|(verdict, n)| made.add(*verdict, *n));
            made.unexpected = unexpected;
            assert_eq!(cell(&made), text);
        }
    }
}
