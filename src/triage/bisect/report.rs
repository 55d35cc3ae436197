//! The result of a bisection, as text.

use super::stage::StageVerdict;
use super::{Case, Guilty, step_name};
use crate::text::{self, Change};
use crate::triage::observe::column_name;
use std::fmt::Write;

/// The number of lines shown around a change in the SSA form.
const CONTEXT: usize = 2;

/// Describes the disagreement.
pub fn disagreement(case: &Case) -> String {
    let mut text = String::new();
    let d = &case.difference;
    let _ = writeln!(text, "disagreement in {}:", step_name(&case.subject, d.step));
    let (good, bad) = (column_name(&case.good), case.bad.to_string());
    let width = good.len().max(bad.len());
    let _ = writeln!(text, "  {good:<width$}  {}", d.left);
    let _ = writeln!(text, "  {bad:<width$}  {}", d.right);
    let _ = writeln!(text, "  signature: {}", d.signature());
    text
}

/// Names the functions that are to blame.
pub fn guilty(case: &Case, guilty: &Guilty) -> String {
    match guilty {
        Guilty::OnlyAsAWhole => {
            "function: none; it is right as soon as calls go through function records, and wrong only when the whole \
             module is compiled with direct calls\n"
                .into()
        }
        Guilty::NoneNeeded => {
            let others = match (case.bad.config().is_some_and(|c| c.mode.replaces()), case.blames_interpreter()) {
                (true, _) => "without a replacement",
                (false, true) => "with all of them compiled one by one",
                (false, false) => "with all of them interpreted",
            };
            let (good, bad) = (column_name(&case.good), &case.bad);
            format!(
                "function: none; it is also wrong {others}, which is neither {good} nor {bad}: compare that with one \
                 of them\n"
            )
        }
        Guilty::Bodies(culprits) => {
            let mut text = String::new();
            let label = if culprits.len() == 1 { "function" } else { "functions (all needed)" };
            let several = case.modules.len() > 1;
            for c in culprits {
                let place = if several { format!(" of module {}", c.module) } else { String::new() };
                let _ = writeln!(text, "{label}: {c}{place}");
            }
            text
        }
    }
}

/// Describes the stage, the evidence, and the rewrite with its change.
pub fn verdict(verdict: &StageVerdict) -> String {
    let mut text = format!("stage: {}\n", verdict.part.name());
    for line in &verdict.evidence {
        let _ = writeln!(text, "  - {line}");
    }
    if let Some(r) = &verdict.rewrite {
        let offsets: Vec<String> = r.offsets.iter().map(|o| format!("{o:#x}")).collect();
        let _ = writeln!(text, "rewrite: {} of {}, at module offset {}", r.number, r.of, offsets.join(", "));
        text += &changes(&r.before, &r.after);
    }
    text
}

/// Returns the lines that differ, with some context.
fn changes(before: &str, after: &str) -> String {
    let changes = text::changes(before.lines(), after.lines());
    let (mut old, mut new) = (before.lines(), after.lines());
    let mut text = String::new();
    let mut show = |sign: char, line: &str| {
        let _ = writeln!(text, "{}", format!("  {sign} {line}").trim_end());
    };
    for (i, change) in changes.iter().enumerate() {
        match *change {
            Change::Same(n) => {
                let head = if i == 0 { 0 } else { CONTEXT };
                let tail = if i + 1 == changes.len() { 0 } else { CONTEXT };
                for (at, (_, line)) in old.by_ref().zip(new.by_ref()).take(n).enumerate() {
                    if at < head || at + tail >= n {
                        show(' ', line);
                    } else if at == head && head > 0 && tail > 0 {
                        show('…', "");
                    }
                }
            }
            Change::Removed(n) => old.by_ref().take(n).for_each(|line| show('-', line)),
            Change::Added(n) => new.by_ref().take(n).for_each(|line| show('+', line)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::bisect::stage::{CompilerPart, Rewrite};

    /// For a rewrite, the lines that change are shown, with two lines around them.
    #[test]
    fn a_rewrite_is_shown_with_its_surroundings() {
        let rewrite = Rewrite {
            number: 3,
            of: 7,
            before: "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12".into(),
            after: "1\n2\n3\nx\n5\n6\n7\n8\n9\n10\n12".into(),
            offsets: vec![0x1a, 0x20],
        };
        let part = CompilerPart::Stage { name: "fold".into(), index: 2 };
        let evidence = vec!["right before".to_string(), "wrong after".to_string()];
        let text = verdict(&StageVerdict { part, evidence, rewrite: Some(rewrite) });
        let expected = "stage: fold
  - right before
  - wrong after
rewrite: 3 of 7, at module offset 0x1a, 0x20
    2
    3
  - 4
  + x
    5
    6
  …
    9
    10
  - 11
    12
";
        assert_eq!(text, expected);
        let plain = StageVerdict { part: CompilerPart::Regalloc, evidence: Vec::new(), rewrite: None };
        assert_eq!(verdict(&plain), "stage: regalloc\n");
    }

    /// Nothing between nearby changes is left out, and nothing is said to be.
    #[test]
    fn near_changes_are_shown_with_all_that_is_between() {
        let before = "a\nb\nc\nd\ne\nf\n";
        assert_eq!(changes(before, "x\nb\nc\nd\ne\ny\n"), "  - a\n  + x\n    b\n    c\n    d\n    e\n  - f\n  + y\n");
        assert_eq!(changes(before, "a\nb\nc\nd\ne\nf\ng\n"), "    e\n    f\n  + g\n");
        assert_eq!(changes(before, before), "");
    }
}
