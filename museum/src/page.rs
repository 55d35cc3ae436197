//! The results, as lines and as a page.

use crate::patches::{Bug, CPU, Means, short};
use crate::run::{BugResults, MeansResult};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The page up to its table.
const INTRODUCTION: &str = include_str!("page.md");
/// Functions of the suite that a plant may change at most, in percent.
const MOST_CHANGED: f64 = 5.0;
/// Instructions that a person reads without an effort.
const SMALL: u32 = 30;

/// Sums.
#[derive(Debug, Default)]
pub struct Totals {
    bugs: usize,
    /// Bugs of other CPUs, which are left out: how many of each.
    elsewhere: BTreeMap<&'static str, usize>,
    /// Those that are in the compiler, or in the replacement of functions: bisection is for them alone.
    compiled: usize,
    found: usize,
    /// A means that must find a bug does not: "bug: means".
    missed: Vec<String>,
    functions: usize,
    stages: usize,
    small: usize,
    too_wide: Vec<String>,
    /// Processor time of everything.
    seconds: f64,
}

fn share(known: &BugResults) -> Option<f64> {
    known.code.as_ref().map(|code| code.changed_functions() as f64 * 100.0 / code.functions.max(1) as f64)
}

impl Totals {
    /// `elsewhere`: bugs of other CPUs, which are not among the rows.
    pub fn of(rows: &[(&Bug, BugResults)], elsewhere: &[&Bug]) -> Totals {
        let mut totals = Totals { bugs: rows.len(), ..Totals::default() };
        for target in elsewhere.iter().filter_map(|bug| bug.target) {
            *totals.elsewhere.entry(target).or_default() += 1;
        }
        for (bug, known) in rows {
            totals.compiled += usize::from(bug.is_compiled() || bug.is_replacement());
            totals.found += usize::from(known.found.iter().any(|f| f.found));
            for means in &bug.finders {
                if known.found.iter().any(|f| f.means == means.name() && !f.found) {
                    totals.missed.push(format!("{}: {}", bug.name, means.name()));
                }
            }
            totals.seconds += known.found.iter().map(|f| f.seconds).sum::<f64>();
            if let Some(b) = &known.bisected {
                totals.functions += usize::from(b.right_function);
                totals.stages += usize::from(b.right_stage);
                totals.seconds += b.seconds;
            }
            if let Some(r) = &known.reduced {
                totals.small += usize::from(r.is_sound() && r.instructions.is_some_and(|n| n <= SMALL));
                totals.seconds += r.seconds;
            }
            if share(known).is_some_and(|s| s >= MOST_CHANGED) {
                totals.too_wide.push(bug.name.into());
            }
        }
        totals
    }

    /// At least one, all found, and by each means that must find them; all functions right, nine stages in ten, unless none was
    /// bisected.
    pub fn is_fine(&self, find_only: bool) -> bool {
        self.bugs > 0
            && self.found == self.bugs
            && self.missed.is_empty()
            && (find_only || self.functions == self.compiled && self.stages * 10 >= self.compiled * 9)
            && self.too_wide.is_empty()
    }

    pub fn text(&self) -> String {
        let (n, compiled) = (self.bugs, self.compiled);
        let mut text = format!(
            "{n} bugs: {} found by at least one means; of {compiled} in the compiler, bisect names the right function \
             of {} and the right stage of {}; {} \
             reduced to {SMALL} instructions or fewer that fail with the bug and pass without it; {:.0} s of processor \
             time\n",
            self.found, self.functions, self.stages, self.small, self.seconds
        );
        if !self.elsewhere.is_empty() {
            let each = self.elsewhere.iter().map(|(target, n)| format!("{n} of {target}"));
            let each = each.collect::<Vec<_>>().join(", ");
            let _ = writeln!(text, "left out, as they are bugs of another CPU than {CPU}: {each}");
        }
        if !self.missed.is_empty() {
            let _ = writeln!(text, "not found by a means that should: {}", self.missed.join(", "));
        }
        if !self.too_wide.is_empty() {
            let _ = writeln!(text, "{MOST_CHANGED}% of the suite's functions or more: {}", self.too_wide.join(", "));
        }
        text
    }
}

fn cell(known: &BugResults, means: Means) -> String {
    match known.found.iter().find(|f| f.means == means.name()) {
        None => "not tried".into(),
        Some(MeansResult { found: true, seconds, .. }) if *seconds > 0.0 => format!("**found** {seconds:.1} s"),
        Some(MeansResult { found: true, .. }) => "**found**".into(),
        Some(MeansResult { seconds, what, .. }) if what == "passes" || what.starts_with("nothing") => {
            match *seconds > 0.0 {
                true => format!("– {seconds:.1} s"),
                false => "–".into(),
            }
        }
        Some(MeansResult { what, .. }) => what.replace('|', "\\|"),
    }
}

/// One bug on the terminal.
pub fn line(bug: &Bug, known: &BugResults) -> String {
    let mut text = format!("{:22}", bug.name);
    if let Some(share) = share(known) {
        let _ = write!(text, " {share:5.2}%");
    }
    for f in &known.found {
        let _ = write!(text, "  {} {} {:.1} s", f.means, if f.found { "found" } else { "-" }, f.seconds);
    }
    let right = |right: bool| if right { "" } else { " (WRONG)" };
    if let Some(b) = &known.bisected {
        let (function, stage) = (right(b.right_function), right(b.right_stage));
        let _ = write!(text, "  {}{function}: {}{stage} {:.1} s", b.function, b.stage, b.seconds);
    }
    if let Some(r) = &known.reduced {
        let size = r.instructions.map_or("not reduced".into(), |n| format!("{n} instructions"));
        let with = if r.fails_with { "" } else { " (passes with the bug)" };
        let without = if r.passes_without { "" } else { " (fails without the bug too)" };
        let _ = write!(text, "  {size}{with}{without} {:.1} s", r.seconds);
    }
    text.push('\n');
    text
}

/// The whole page. `elsewhere`: bugs of other CPUs; `build`: what the results are of; `means`: what was spent on each of them.
pub fn markdown(rows: &[(&Bug, BugResults)], elsewhere: &[&Bug], build: &str, means: &str) -> String {
    let totals = Totals::of(rows, elsewhere);
    let totals = totals.text().trim_end().replace('\n', "\n\n");
    let mut text = INTRODUCTION
        .replace("{BUILD}", build)
        .replace("{TOTALS}", &totals)
        .replace("{CPU}", CPU)
        .replace("{MEANS}", means);
    let mark = |right: bool| if right { "" } else { " ✗" };
    for (bug, known) in rows {
        let share = share(known).map_or("?".into(), |s| format!("{s:.2}%"));
        let (function, stage) = match &known.bisected {
            Some(b) => (
                format!("{}{}", b.function.replace('|', "\\|"), mark(b.right_function)),
                format!("{}{} ({})", b.stage, mark(b.right_stage), bug.stage),
            ),
            None => ("–".into(), format!("– ({})", bug.stage)),
        };
        let reduced = known.reduced.as_ref().and_then(|r| Some(format!("{}{}", r.instructions?, mark(r.is_sound()))));
        let [suite, extra, verifier, checker, smith] = Means::ALL.map(|m| cell(known, m));
        let _ = writeln!(
            text,
            "| `{}` | {share} | {suite} | {extra} | {verifier} | {checker} | {smith} | {function} | {stage} | {} |",
            bug.name,
            reduced.unwrap_or_else(|| "–".into())
        );
    }
    text += "\n## What is planted\n\n";
    for (bug, known) in rows {
        let finders: Vec<&str> = bug.finders.iter().map(|m| m.name()).collect();
        let sources: Vec<String> = bug.sources.iter().map(|s| format!("[{}]({s})", short(s))).collect();
        let _ = writeln!(text, "### {}\n\n{}\n\n*In {}:* {}", bug.name, bug.story, bug.stage, bug.plants);
        let _ = write!(text, "*Source:* {}. *To be found by* {}.", sources.join(", "), finders.join(", "));
        if !bug.features.is_empty() {
            let _ = write!(text, " *The example of* {}.", bug.features.join(", "));
        }
        text += "\n\n";
        for f in known.found.iter().filter(|f| f.found) {
            let _ = writeln!(text, "- {}: {}", f.means, f.what.replace('|', "\\|"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Code;
    use crate::run::{Bisected, Reduced};

    fn known(found: bool, right: bool, instructions: u32) -> BugResults {
        let found =
            |m: Means| MeansResult { means: m.name().into(), found, seconds: 2.0, what: "a | b".into(), example: None };
        BugResults {
            code: Some(Code { changed: ["core/x 0 1".to_string()].into(), functions: 100, ..Code::default() }),
            found: Means::ALL.into_iter().map(found).collect(),
            bisected: Some(Bisected {
                function: "f".into(),
                stage: "s".into(),
                right_function: right,
                right_stage: right,
                seconds: 1.0,
            }),
            reduced: Some(Reduced {
                instructions: Some(instructions),
                fails_with: true,
                passes_without: right,
                seconds: 1.0,
            }),
            ..BugResults::default()
        }
    }

    #[test]
    fn what_is_missed_shows() {
        let bug = &Bug {
            name: "a-bug",
            story: "What happened.",
            stage: "gvn",
            target: None,
            tiers: false,
            sources: vec!["https://github.com/a/b/issues/1"],
            plants: "What is wrong.",
            finders: vec![Means::Suite],
            features: Vec::new(),
        };
        let rows = |known: BugResults| vec![(bug, known)];
        let of = |known: BugResults| Totals::of(&rows(known), &[]);
        let good = of(known(true, true, 30));
        assert!(good.is_fine(false) && good.small == 1, "{}", good.text());
        assert!(of(known(true, true, 31)).small == 0);
        let missed = of(known(false, true, 3));
        let first = format!("a-bug: {}", bug.finders[0].name());
        assert!(!missed.is_fine(true) && missed.text().contains(&first), "{}", missed.text());
        assert!(!of(known(true, false, 3)).is_fine(false) && of(known(true, false, 3)).is_fine(true));
        let wide = BugResults {
            code: Some(Code { changed: ["a 0 1".to_string()].into(), functions: 20, ..Code::default() }),
            ..known(true, true, 3)
        };
        assert!(!of(wide).is_fine(true));
        let page = markdown(&rows(known(true, false, 3)), &[], "build", "means");
        let row = page.lines().find(|l| l.starts_with("| `a-bug`")).unwrap();
        assert!(row.contains("1.00%") && row.contains("f ✗") && row.contains("3 ✗"), "{row}");
        assert!(line(bug, &known(true, false, 3)).contains("WRONG"));
    }

    #[test]
    fn a_bug_of_another_cpu_is_counted_and_never_found() {
        let bug = &Bug {
            name: "a-bug",
            story: "What happened.",
            stage: "lowering",
            target: Some("another"),
            tiers: false,
            sources: vec!["https://github.com/a/b/issues/1"],
            plants: "What is wrong.",
            finders: vec![Means::Suite],
            features: Vec::new(),
        };
        let totals = Totals::of(&[], &[bug, bug]);
        assert!(totals.found == 0 && !totals.is_fine(true), "{}", totals.text());
        assert!(totals.text().contains(": 2 of another\n"), "{}", totals.text());
    }
}
