//! The results as tables, and the changes that nothing caught.

use crate::candidates::Candidate;
use crate::means::Means;
use crate::mutators::{Kind, MUTATORS, named};
use crate::score::{Shown, Verdict};
use crate::tree::Tree;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The outcome of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It does not compile.
    Refused,
    /// It is listed as making no difference.
    Equivalent,
    /// Nothing reaches it.
    Unreached,
    /// This means was the first that caught it.
    Caught(Means),
    /// It makes the program run endlessly.
    TimeOut,
    /// Everything that reaches it misses it.
    Survived,
}

impl Outcome {
    /// The outcome of a change, given the verdicts of the means, in their order.
    pub fn of(shown: &[(Means, &Shown)]) -> Outcome {
        let first = shown.iter().find(|(_, s)| s.verdict.is_catch());
        match first {
            Some((_, Shown { verdict: Verdict::TimeOut, .. })) => Outcome::TimeOut,
            Some((means, _)) => Outcome::Caught(*means),
            None if shown.iter().any(|(_, s)| s.verdict == Verdict::Missed) => Outcome::Survived,
            None => Outcome::Unreached,
        }
    }
}

/// A change and its outcome.
pub type Judged<'a> = (&'a Candidate, Outcome);

/// The percentage of these changes that was caught; `None` if there are none to catch.
pub fn score<'a>(judged: impl Iterator<Item = &'a Judged<'a>>) -> Option<f64> {
    let (mut all, mut caught) = (0u32, 0u32);
    for (_, outcome) in judged.filter(|(_, o)| !matches!(o, Outcome::Refused | Outcome::Equivalent)) {
        all += 1;
        caught += u32::from(matches!(outcome, Outcome::Caught(_) | Outcome::TimeOut));
    }
    (all > 0).then(|| f64::from(caught) * 100.0 / f64::from(all))
}

/// The same for those that something reaches.
pub fn score_of_reached<'a>(judged: impl Iterator<Item = &'a Judged<'a>>) -> Option<f64> {
    score(judged.filter(|(_, outcome)| *outcome != Outcome::Unreached))
}

/// A table with a row for each name that `of` returns, and one for all.
fn table<'a>(head: &str, judged: &'a [Judged<'a>], means: &[Means], of: impl Fn(&'a Candidate) -> String) -> String {
    let mut rows: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
    for one in judged {
        rows.entry(of(one.0)).or_default().push(one);
    }
    let names: Vec<&str> = means.iter().map(|means| means.name()).collect();
    let mut text = format!(
        "| {head} | changes | {} | time-out | unreached | survived | score | of reached | equivalent | not compiling |\n|---{}|\n",
        names.join(" | "),
        "|---:".repeat(names.len() + 8)
    );
    let all: Vec<&Judged> = judged.iter().collect();
    for (name, row) in rows.iter().chain([(&"**all**".to_string(), &all)]) {
        let count = |outcome: Outcome| row.iter().filter(|(_, o)| *o == outcome).count();
        let (refused, equivalent) = (count(Outcome::Refused), count(Outcome::Equivalent));
        let mut cells = vec![row.len() - refused - equivalent];
        cells.extend(means.iter().map(|means| count(Outcome::Caught(*means))));
        cells.extend([count(Outcome::TimeOut), count(Outcome::Unreached), count(Outcome::Survived)]);
        let cells: Vec<String> = cells.iter().map(usize::to_string).collect();
        let percent = |score: Option<f64>| score.map_or("–".into(), |score| format!("{score:.1}%"));
        let (score, reached) = (percent(score(row.iter().copied())), percent(score_of_reached(row.iter().copied())));
        let _ = writeln!(text, "| {name} | {} | {score} | {reached} | {equivalent} | {refused} |", cells.join(" | "));
    }
    text
}

/// The table of rooms.
pub fn by_room(judged: &[Judged], means: &[Means]) -> String {
    table("room", judged, means, |c| c.room().to_string())
}

/// What each means catches by itself, for each room.
pub fn alone(candidates: &[&Candidate], shown: &BTreeMap<(String, Means), Shown>, means: &[Means]) -> String {
    let mut text = String::new();
    for means in means {
        let of = |c: &&Candidate| shown.get(&(c.id(), *means)).map(|s| Outcome::of(&[(*means, s)]));
        let judged: Vec<Judged> = candidates.iter().filter_map(|c| Some((*c, of(c)?))).collect();
        let _ = writeln!(text, "{} alone:\n\n{}", means.name(), by_room(&judged, &[*means]));
    }
    text
}

/// The lines that contain a change, without and with it.
pub fn lines(tree: &Tree, candidate: &Candidate) -> (String, String) {
    let text = tree.text(&candidate.file);
    let start = text[..candidate.range.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[candidate.range.end..].find('\n').map_or(text.len(), |at| candidate.range.end + at);
    let after =
        format!("{}{}{}", &text[start..candidate.range.start], candidate.after, &text[candidate.range.end..end]);
    (text[start..end].to_string(), after)
}

/// A change as a patch would show it.
pub fn show(tree: &Tree, candidate: &Candidate) -> String {
    let Candidate { file, function, mutator, why, .. } = candidate;
    let (before, after) = lines(tree, candidate);
    let line = tree.line(file, candidate.range.start);
    let mut text = format!("{} {file}:{line} {function}: {mutator}\n", candidate.id());
    if !why.is_empty() {
        text += &format!("{why}\n");
    }
    for (mark, lines) in [('-', before), ('+', after)] {
        lines.lines().for_each(|line| text += &format!("{mark}{line}\n"));
    }
    text
}

/// The whole page: tables, then the changes that nothing caught.
pub fn markdown(tree: &Tree, judged: &[Judged], means: &[Means], about: &str) -> String {
    let mut text = format!("{}\n{about}\n\n## Rooms\n\n{}\n", include_str!("page.md"), by_room(judged, means));
    text += "## Rooms and mutators\n\n";
    text += &table("room: mutator", judged, means, |c| format!("{}: `{}`", c.room(), c.mutator));
    text += "\n## Mutators\n\n| mutator | of this field | what it does |\n|---|---|---|\n";
    for mutator in MUTATORS {
        let field = if mutator.kind == Kind::Field { "yes" } else { "" };
        let _ = writeln!(text, "| `{}` | {field} | {} |", mutator.name, mutator.sentence);
    }
    for (title, outcome) in [("Survivors", Outcome::Survived), ("Unreached", Outcome::Unreached)] {
        let _ = writeln!(text, "\n## {title}\n");
        let mut of: Vec<_> = judged.iter().filter(|(_, o)| *o == outcome).map(|(c, _)| *c).collect();
        of.sort_by_key(|c| (&c.file, c.range.start, c.identity()));
        for candidate in of {
            debug_assert_eq!(named(candidate.mutator).name, candidate.mutator);
            let _ = writeln!(text, "```diff\n{}```\n", show(tree, candidate));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::find;

    fn shown(verdict: Verdict) -> Shown {
        let text = String::new;
        Shown { key: text(), id: text(), means: text(), verdict, by: text(), how: text(), seconds: 0.0 }
    }

    /// The handwritten text is in one place, from which the command makes the page.
    #[test]
    fn the_page_in_the_docs_has_this_text() {
        assert!(include_str!("../../docs/mutation.md").starts_with(include_str!("page.md")));
    }

    #[test]
    fn the_first_that_catches_counts() {
        let (missed, caught, unreached, late) =
            (shown(Verdict::Missed), shown(Verdict::Caught), shown(Verdict::Unreached), shown(Verdict::TimeOut));
        assert_eq!(Outcome::of(&[(Means::Suite, &missed), (Means::Smith, &caught)]), Outcome::Caught(Means::Smith));
        assert_eq!(Outcome::of(&[(Means::Suite, &unreached), (Means::Smith, &missed)]), Outcome::Survived);
        assert_eq!(Outcome::of(&[(Means::Suite, &unreached)]), Outcome::Unreached);
        assert_eq!(Outcome::of(&[(Means::Suite, &late), (Means::Smith, &caught)]), Outcome::TimeOut);
    }

    #[test]
    fn what_is_unreached_is_not_caught() {
        let found = find("src/jit/a.rs", "fn f(a: u32) -> bool {\n    a < 3 || a > 9\n}\n").unwrap().candidates;
        let outcomes =
            [Outcome::Caught(Means::Suite), Outcome::Unreached, Outcome::Refused, Outcome::TimeOut, Outcome::Survived];
        let judged: Vec<Judged> = found.iter().zip(outcomes).collect();
        assert_eq!(score(judged.iter()), Some(50.0));
        let text = by_room(&judged, &[Means::Suite]);
        assert!(text.contains("| jit | 4 | 1 | 1 | 1 | 1 | 50.0% | 66.7% | 0 | 1 |"), "{text}");
    }
}
