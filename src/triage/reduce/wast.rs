//! A reduced module as a script: it fails on the bad configuration and passes on the good one.

use super::Best;
use super::ast::{Ast, decode};
use super::edits::signature;
use crate::engine::NanProfile;
use crate::triage::observe::StepEnd;
use crate::triage::script::{WriteScriptError, commented, headers, print, quoted};
use crate::triage::subject::PROVIDER;
use crate::triage::value::PortableValue;
use std::collections::HashMap;
use std::fmt::Write;
use wasmparser::{ExternalKind, Operator, ValType};

/// Writes the script: a comment, the module (after its provider, if it has one), and one assertion per call with the
/// good configuration's results, under this NaN profile. Results that a script cannot express are not asserted.
///
/// # Errors
/// The module cannot be printed, or an end cannot be asserted.
pub fn script(best: &Best, comment: &str, nan: NanProfile) -> Result<String, WriteScriptError> {
    let Best { ast, expected, .. } = best;
    let prepared = best.subject().prepare()?;
    let (ast, arguments) = if best.direct { direct(ast) } else { (ast.clone(), HashMap::new()) };
    let (bytes, provider) = (ast.encode(), best.provider.as_ref().map(Ast::encode));
    let mut text = headers(provider.as_deref().into_iter().chain([&bytes[..]]), nan);
    text += &commented(comment);
    if let Some(provider) = &provider {
        text += &format!("{}(register {PROVIDER:?})\n", print(provider)?);
    }
    match expected.steps.first().map(|step| &step.end) {
        Some(StepEnd::Trap(message)) => {
            let _ = writeln!(text, "(assert_trap\n{}{})", print(&bytes)?, quoted(message));
            return Ok(text);
        }
        Some(StepEnd::Values(_)) | None => text += &print(&bytes)?,
        Some(other) => return Err(WriteScriptError::End(other.clone())),
    }
    for (i, call) in prepared.calls.iter().enumerate() {
        let Some(step) = expected.steps.get(i + 1) else { break };
        let arguments = arguments.get(&call.export).map_or("", String::as_str);
        let invoke = format!("(invoke {}{arguments})", quoted(&call.export));
        match &step.end {
            StepEnd::Values(values) => {
                let results = prepared.results(call);
                let texts: Option<Vec<String>> = values.iter().zip(results).map(|(v, &ty)| v.script(ty)).collect();
                let _ = match texts {
                    Some(texts) => {
                        let list: String = texts.iter().map(|t| format!(" {t}")).collect();
                        writeln!(text, "(assert_return {invoke}{list})")
                    }
                    // It is compared when the script runs on both sides.
                    None => writeln!(text, "{invoke}"),
                };
            }
            StepEnd::Trap(message) => {
                let _ = writeln!(text, "(assert_trap {invoke} {})", quoted(message));
            }
            StepEnd::Exception(..) => {
                let _ = writeln!(text, "(assert_exception {invoke})");
            }
            StepEnd::Exhausted => {
                let _ = writeln!(text, "(assert_exhaustion {invoke} \"call stack exhausted\")");
            }
            other => return Err(WriteScriptError::End(other.clone())),
        }
    }
    Ok(text)
}

/// Replaces each export that only calls a function with constants by that function. Returns the module, and the
/// constants as arguments of an invocation, by export.
pub fn direct(ast: &Ast) -> (Ast, HashMap<String, String>) {
    let imported = ast.imported().funcs;
    let mut edited = ast.clone();
    let mut arguments = HashMap::new();
    for e in edited.exports.iter_mut().filter(|e| e.kind == ExternalKind::Func) {
        let Some(f) = e.index.checked_sub(imported).and_then(|i| ast.funcs.get(i as usize)) else { continue };
        let [constants @ .., call, _] = &f.ops[..] else { continue };
        let Operator::Call { function_index } = decode(call) else { continue };
        let (Some(own), Some(its)) =
            (signature(ast, f.ty), ast.type_of(function_index).and_then(|ty| signature(ast, ty)))
        else {
            continue;
        };
        let texts = constants.iter().map(|o| match decode(o) {
            Operator::I32Const { value } => PortableValue::I32(value as u32).script(ValType::I32),
            Operator::I64Const { value } => PortableValue::I64(value as u64).script(ValType::I64),
            Operator::F32Const { value } => PortableValue::F32(value.bits()).script(ValType::F32),
            Operator::F64Const { value } => PortableValue::F64(value.bits()).script(ValType::F64),
            _ => None,
        });
        let Some(texts) = texts.collect::<Option<Vec<String>>>() else { continue };
        if function_index >= imported && own.0.is_empty() && own.1 == its.1 && texts.len() == its.0.len() {
            e.index = function_index;
            arguments.insert(e.name.clone(), texts.iter().map(|t| format!(" {t}")).collect());
        }
    }
    match edited.without_unused() {
        Ok(without) => (without, arguments),
        Err(_) => (ast.clone(), HashMap::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::reduce::tests::parse;

    #[test]
    fn constants_of_an_export_become_arguments() {
        let ast = parse(
            r#"(module
                (func $f (param i32 f64) (result i32) (i32.sub (local.get 0) (i32.trunc_f64_s (local.get 1))))
                (func (export "test") (result i32) (call $f (i32.const -1) (f64.const 2.5)))
                (func (export "sum") (result i32) (i32.add (call $f (i32.const 0) (f64.const 1)) (i32.const 1)))
                (func (export "get") (result i32) (i32.const 9)))"#,
        );
        let (direct, arguments) = direct(&ast);
        assert_eq!(arguments.len(), 1);
        assert!(
            arguments["test"].starts_with(" (i32.const ") && arguments["test"].contains("(f64.const "),
            "{arguments:?}"
        );
        assert_eq!((ast.instructions(), direct.instructions(), direct.funcs.len()), (13, 10, 3));
    }

    /// Exports that call with constants, but do more than that call, stay.
    #[test]
    fn other_exports_stay() {
        let ast = parse(
            r#"(module
                (import "m" "f" (func $imported (param i32)))
                (func $f (param i32))
                (func $g (param i32) (result i32) (local.get 0))
                (func (export "of an import") (call $imported (i32.const 1)))
                (func (export "of parameters") (param i64) (call $f (i32.const 1)))
                (func (export "of other results") (result i32 i32) (i32.const 1) (i32.const 2) (call $g))
                (func (export "of no constant") (call $f (global.get 0)))
                (global i32 (i32.const 3)))"#,
        );
        let (direct, arguments) = direct(&ast);
        assert!(arguments.is_empty(), "{arguments:?}");
        assert_eq!(direct.instructions(), ast.instructions());
    }
}
