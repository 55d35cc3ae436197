//! Stages for a terminal.

use super::changes;
use crate::text::{Change, counted};
use crate::triage::stages::{Stage, StageKind, StageLine, Stages};
use anstyle::{AnsiColor, Style};
use std::fmt::Write;

const HEAD: Style = Style::new().bold().underline();
const LABEL: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const NOTE: Style = AnsiColor::Cyan.on_default();
const TRAP: Style = AnsiColor::Magenta.on_default();
const ADDED: Style = AnsiColor::Green.on_default();
const REMOVED: Style = AnsiColor::Red.on_default();
const PROBLEM: Style = AnsiColor::Red.on_default().bold();

/// The number of lines shown around a change.
const CONTEXT: usize = 3;

/// Shows the stages of the given kinds. Each line has the offset of its operator in the module; assembly also has the
/// offset of its code. For a pass only its changes are shown; the last pass is followed by the whole result.
pub fn render(all: &Stages, kinds: &[StageKind]) -> String {
    let mut out = String::new();
    let mut before: Option<&Stage> = None;
    let last_pass = all.stages.iter().rposition(|s| s.kind == StageKind::Pass && s.problem.is_none());
    for (i, stage) in all.stages.iter().enumerate() {
        let previous = before;
        if matches!(stage.kind, StageKind::Ir | StageKind::Pass) {
            before = Some(stage);
        }
        if !kinds.contains(&stage.kind) && stage.problem.is_none() {
            continue;
        }
        match (&stage.problem, previous) {
            (Some(problem), _) => {
                let _ = writeln!(out, "{HEAD}{}{HEAD:#}: {PROBLEM}{problem}{PROBLEM:#}", stage.name);
            }
            (None, Some(previous)) if stage.kind == StageKind::Pass => difference(&mut out, previous, stage),
            _ => full(&mut out, stage, &stage.about),
        }
        if Some(i) == last_pass {
            full(&mut out, stage, "SSA after all passes");
        }
    }
    out
}

fn full(out: &mut String, stage: &Stage, about: &str) {
    let _ = writeln!(out, "{HEAD}{about}{HEAD:#}");
    for l in &stage.lines {
        line(out, l, stage.kind == StageKind::Asm, " ", None);
    }
    out.push('\n');
}

fn difference(out: &mut String, before: &Stage, after: &Stage) {
    let changes = changes(&before.lines, &after.lines);
    let (removed, added) = changes.iter().fold((0, 0), |(removed, added), change| match change {
        Change::Same(_) => (removed, added),
        Change::Removed(n) => (removed + n, added),
        Change::Added(n) => (removed, added + n),
    });
    if (removed, added) == (0, 0) {
        let _ = writeln!(out, "{HEAD}{}{HEAD:#} {DIM}changes nothing{DIM:#}\n", after.name);
        return;
    }
    let _ = writeln!(out, "{HEAD}{}{HEAD:#} {REMOVED}-{removed}{REMOVED:#} {ADDED}+{added}{ADDED:#}", after.name);
    let (mut old, mut new) = (0, 0);
    for (i, change) in changes.iter().enumerate() {
        match *change {
            Change::Same(n) => {
                let head = if i == 0 { 0 } else { CONTEXT };
                let tail = if i + 1 == changes.len() { 0 } else { CONTEXT };
                let lines = &after.lines[new..new + n];
                if n > head + tail + 1 {
                    lines[..head].iter().for_each(|l| line(out, l, false, " ", None));
                    let _ = writeln!(out, "{DIM}        … {}{DIM:#}", counted(n - head - tail, "line"));
                    lines[n - tail..].iter().for_each(|l| line(out, l, false, " ", None));
                } else {
                    lines.iter().for_each(|l| line(out, l, false, " ", None));
                }
                old += n;
                new += n;
            }
            Change::Removed(n) => {
                before.lines[old..old + n].iter().for_each(|l| line(out, l, false, "-", Some(REMOVED)));
                old += n;
            }
            Change::Added(n) => {
                after.lines[new..new + n].iter().for_each(|l| line(out, l, false, "+", Some(ADDED)));
                new += n;
            }
        }
    }
    out.push('\n');
}

/// Hostile names from modules are escaped before they reach the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn line(out: &mut String, line: &StageLine, with_code: bool, mark: &str, style: Option<Style>) {
    let wasm = line.wasm.map_or(String::new(), |o| format!("{o:#x}"));
    let code = match line.code {
        Some(o) if with_code => format!("{o:>5x} "),
        _ if with_code => " ".repeat(6),
        _ => String::new(),
    };
    let _ = write!(out, "{DIM}{wasm:>8} {code}{DIM:#}");
    let text = printable(&line.text);
    if let Some(style) = style {
        let _ = writeln!(out, "{style}{mark}{text}{style:#}");
        return;
    }
    if !text.starts_with(' ') && text.ends_with(':') {
        let _ = writeln!(out, "{mark}{LABEL}{text}{LABEL:#}");
        return;
    }
    match text.rsplit_once(" ; ") {
        Some((code, note)) => {
            let style = if note.contains("trap") { TRAP } else { NOTE };
            let _ = writeln!(out, "{mark}{code} {style}; {note}{style:#}");
        }
        None => {
            let _ = writeln!(out, "{mark}{text}");
        }
    }
}
