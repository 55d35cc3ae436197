//! Stages as one self-contained page without external resources.

use super::changes;
use super::find::signature;
use crate::module::Module;
use crate::text::Change;
use crate::triage::stages::{StageKind, StageLine, Stages};
use serde_json::{Value, json};

const PAGE: &str = include_str!("page.html");

/// Makes the page. `options` describes the configuration in a few words.
///
/// Stages are stored as data; a line is `[text, wasm offset, code offset]`. For a pass, only the changes are listed: `[n]` for
/// lines kept, `[-n]` for lines removed, or new lines. Nothing from the module is ever read as HTML: names may be hostile.
pub fn page(module: &Module, all: &Stages, options: &str) -> String {
    let mut before: Option<&[StageLine]> = None;
    let mut stages = Vec::with_capacity(all.stages.len());
    for stage in &all.stages {
        let mut entry = json!({
            "kind": stage.kind.name(), "name": stage.name, "about": stage.about, "problem": stage.problem,
        });
        match before {
            Some(before) if stage.kind == StageKind::Pass && stage.problem.is_none() => {
                entry["diff"] = difference(before, &stage.lines);
            }
            _ => entry["lines"] = lines(&stage.lines),
        }
        if matches!(stage.kind, StageKind::Ir | StageKind::Pass) {
            before = Some(&stage.lines);
        }
        stages.push(entry);
    }
    let wasm = all.func.and_then(|f| module.function_body(f)).map(|b| module.bodies[b.0 as usize].range.len());
    let data = json!({
        "name": all.name,
        "index": all.func,
        "type": all.func.map(|f| signature(module, f)),
        "module": module.name,
        "options": options,
        "bytes": wasm,
        "code": all.code.as_ref().map(|c| c.code_end),
        "stages": stages,
    });
    // The data contains no `<`, so no tag can begin or end in it.
    let data = data.to_string().replace('<', "\\u003c");
    let (head, rest) = PAGE.split_once("{{title}}").expect("the page has a title");
    let (middle, tail) = rest.split_once("{{data}}").expect("the page has data");
    [head, &escape(&all.name), middle, &data, tail].concat()
}

fn lines(lines: &[StageLine]) -> Value {
    lines.iter().map(line).collect()
}

fn line(line: &StageLine) -> Value {
    match (line.wasm, line.code) {
        (None, None) => json!([line.text]),
        (wasm, None) => json!([line.text, wasm]),
        (wasm, code) => json!([line.text, wasm, code]),
    }
}

fn difference(before: &[StageLine], after: &[StageLine]) -> Value {
    let mut at = 0;
    changes(before, after)
        .into_iter()
        .map(|change| match change {
            Change::Same(n) => {
                at += n;
                json!(n)
            }
            Change::Removed(n) => json!(-(n as i64)),
            Change::Added(n) => {
                at += n;
                lines(&after[at - n..at])
            }
        })
        .collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
