//! The result of a bisection, as text.

use super::stage::StageVerdict;
use super::{Case, Guilty};
use crate::triage::observe::column_name;
use crate::triage::subject::DrivenBy;
use similar::{ChangeTag, TextDiff};
use std::fmt::Write;

/// The number of lines shown around a change in the SSA form.
const CONTEXT: usize = 2;

/// Describes the disagreement.
pub fn disagreement(case: &Case) -> String {
    let mut text = String::new();
    let d = &case.difference;
    let step = match case.subject.prepare() {
        Ok(prepared) => prepared.step_name(d.step),
        Err(_) if matches!(case.subject.drive, DrivenBy::Script { .. }) => format!("directive {}", d.step),
        Err(_) => "the program".into(),
    };
    let _ = writeln!(text, "disagreement in {step}:");
    let (good, bad) = (column_name(&case.good), column_name(&case.bad));
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
    let mut text = String::new();
    let diff = TextDiff::from_lines(before, after);
    for (i, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if i > 0 {
            text += "  ...\n";
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let _ = writeln!(text, "  {sign} {}", change.value().trim_end());
        }
    }
    text
}
