//! What several engines say about one module: which of them differ in the same way, and which is alone.

use crate::triage::difference::Difference;
use crate::triage::witness::{CutReason, NamedEngine};

/// What an engine says: no difference from the reference, the first one, or why it was not compared to the end.
type Answer = Result<Option<Difference>, CutReason>;

/// Engines that differ from the reference in the same way.
pub struct Group<'a> {
    /// Their indices.
    pub engines: Vec<usize>,
    /// The difference of the first one.
    pub difference: &'a Difference,
}

/// Returns the engines that differ from the reference, grouped by how they differ.
pub fn groups(answers: &[Answer]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (n, answer) in answers.iter().enumerate() {
        let Ok(Some(difference)) = answer else { continue };
        let same = |d: &Difference| d.step == difference.step && d.kind == difference.kind;
        match groups.iter_mut().find(|group| same(group.difference)) {
            Some(group) => group.engines.push(n),
            None => groups.push(Group { engines: vec![n], difference }),
        }
    }
    groups
}

/// Says who is alone if the engines of `group` differ from the reference, and what each of the others says. The group is empty if
/// columns of this program differ from each other.
pub fn statements(engines: &[NamedEngine], answers: &[Answer], reference: &str, group: &[usize]) -> Vec<String> {
    let label = |n: &usize| engines[*n].label.as_str();
    let agreeing: Vec<usize> = (0..answers.len()).filter(|&n| answers[n] == Ok(None)).collect();
    let differing = answers.iter().filter(|answer| matches!(answer, Ok(Some(_)))).count();
    let mut lines = Vec::new();
    let names = |list: &[usize]| list.iter().map(label).collect::<Vec<_>>().join(", ");
    if !group.is_empty() && group.len() == differing {
        match (agreeing.is_empty(), group.len()) {
            (false, 1) => lines.push(format!("alone: {}", names(group))),
            (false, _) => lines.push("split: several engines differ, and others agree".into()),
            (true, 2..) => lines.push(format!("alone: {reference}")),
            // Of two, neither is known to be right.
            (true, _) => {}
        }
    } else if !group.is_empty() {
        lines.push("split: engines differ in several ways".into());
    }
    for (n, answer) in answers.iter().enumerate().filter(|(n, _)| !group.contains(n)) {
        let text = match answer {
            Ok(None) => format!("agrees with {reference}"),
            Ok(Some(difference)) => format!("differs in another way: {}", difference.right),
            Err(cut) => format!("not compared: {cut}"),
        };
        lines.push(format!("{}: {text}", engines[n].label));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::difference::DifferenceKind;
    use crate::triage::observe::StepEnd;

    fn traps(step: usize, message: &str) -> Answer {
        let end = |text: &str| Box::new(StepEnd::Trap(text.into()));
        let kind = DifferenceKind::End(Box::new(StepEnd::Values(Vec::new())), end(message));
        Ok(Some(Difference { step, left: "returned ()".into(), right: message.into(), kind }))
    }

    fn said(answers: &[Answer]) -> Vec<Vec<String>> {
        let engine =
            |n: usize| NamedEngine { label: ["a", "b", "c", "d"][n].into(), name: "cmd:x".into(), version: "1".into() };
        let engines: Vec<NamedEngine> = (0..answers.len()).map(engine).collect();
        groups(answers).iter().map(|group| statements(&engines, answers, "interp", &group.engines)).collect()
    }

    #[test]
    fn who_is_alone_is_named() {
        let lacks = || Err(CutReason::Unsupported("gc".into()));
        let one = said(&[Ok(None), traps(1, "x"), lacks()]);
        assert_eq!(one, [["alone: b", "a: agrees with interp", "c: not compared: lacks gc"]]);
        let reference = said(&[traps(1, "x"), traps(1, "x"), lacks()]);
        assert_eq!(reference, [["alone: interp", "c: not compared: lacks gc"]]);
        assert_eq!(said(&[traps(1, "x"), lacks()]), [["b: not compared: lacks gc"]]);
    }

    #[test]
    fn a_split_is_a_split() {
        let split = said(&[Ok(None), traps(1, "x"), traps(1, "x")]);
        assert_eq!(split, [["split: several engines differ, and others agree", "a: agrees with interp"]]);
        let ways = said(&[Ok(None), traps(1, "x"), traps(2, "x")]);
        assert_eq!(ways.len(), 2);
        assert_eq!(ways[0][..2], ["split: engines differ in several ways", "a: agrees with interp"]);
        assert_eq!(ways[0][2], "c: differs in another way: x");
        // In the same step, but not in the same way.
        let ends = said(&[traps(1, "x"), traps(1, "y")]);
        assert_eq!(ends.len(), 2);
        assert_eq!(ends[1], ["split: engines differ in several ways", "a: differs in another way: x"]);
    }

    /// If columns of this program differ, none is alone.
    #[test]
    fn engines_do_not_judge_a_difference_between_columns() {
        let engine = |label: &str| NamedEngine { label: label.into(), name: "cmd:x".into(), version: "1".into() };
        let said = |answers: &[Answer]| statements(&["a", "b"].map(engine), answers, "interp", &[]);
        let lacks = Err(CutReason::Unsupported("gc".into()));
        assert_eq!(said(&[Ok(None), lacks]), ["a: agrees with interp", "b: not compared: lacks gc"]);
        let differs = ["a: differs in another way: x", "b: agrees with interp"];
        assert_eq!(said(&[traps(1, "x"), Ok(None)]), differs);
    }
}
