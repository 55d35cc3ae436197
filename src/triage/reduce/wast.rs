//! A reduced module as a script: it fails on the bad configuration and passes on the good one.

use super::ast::Ast;
use super::capture::drive;
use crate::conformance::suite::header_of;
use crate::triage::observe::{End, Observation};
use crate::triage::subject::Subject;
use std::fmt::Write;

/// The script: a comment, the module, an assertion a call, of what the good configuration did.
///
/// # Errors
/// The module cannot be printed, or what happened cannot be asserted.
pub fn script(ast: &Ast, expected: &Observation, comment: &str) -> Result<String, String> {
    let bytes = ast.encode();
    let prepared = Subject { bytes: bytes.clone(), drive: drive() }.prepare()?;
    let mut text = header_of(&bytes);
    comment.lines().for_each(|line| text += &format!(";; {line}\n"));
    text += &wasmprinter::print_bytes(&bytes).map_err(|e| format!("the module cannot be printed: {e}"))?;
    for (i, call) in prepared.calls.iter().enumerate() {
        let Some(step) = expected.steps.get(i + 1) else { break };
        let invoke = format!("(invoke \"{}\")", call.export);
        match &step.end {
            End::Values(values) => {
                let results = prepared.results(call);
                let texts: Option<Vec<String>> = values.iter().zip(results).map(|(v, &ty)| v.script(ty)).collect();
                let list: String = texts.ok_or("a result cannot be written")?.iter().map(|t| format!(" {t}")).collect();
                let _ = writeln!(text, "(assert_return {invoke}{list})");
            }
            End::Trap(message) => {
                let _ = writeln!(text, "(assert_trap {invoke} {message:?})");
            }
            End::Exception(..) => {
                let _ = writeln!(text, "(assert_exception {invoke})");
            }
            End::Exhausted => {
                let _ = writeln!(text, "(assert_exhaustion {invoke} \"call stack exhausted\")");
            }
            other => return Err(format!("'{other}' cannot be asserted")),
        }
    }
    Ok(text)
}
