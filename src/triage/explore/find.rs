//! Finds the function that the user names.

use crate::module::{BodyIndex, BodyKind, ExternKind, ImportType, Module};
use crate::text;
use std::fmt::Write;

/// The reason why a name does not denote a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// The index is too large.
    #[error("no function {index}: the module has {count}; see --list")]
    NoIndex {
        /// The index, as written.
        index: String,
        /// The number of functions.
        count: u32,
    },
    /// There is no such name.
    #[error("no function named '{}'; {}", .name.escape_debug(), hint(.similar))]
    NoName {
        /// The name, as written.
        name: String,
        /// Similar names, most similar first.
        similar: Vec<String>,
    },
    /// Several functions have the name.
    #[error("{} functions are named '{}'; choose one by index: {}", .indices.len(), .name.escape_debug(), list(.indices))]
    Ambiguous {
        /// The name.
        name: String,
        /// The indices of these functions.
        indices: Vec<u32>,
    },
    /// The function is imported.
    #[error("function {index} ({}) is imported, so it has no body", .name.escape_debug())]
    Imported {
        /// The index of the function.
        index: u32,
        /// The name of the function.
        name: String,
    },
}

fn hint(similar: &[String]) -> String {
    if similar.is_empty() { "see --list".into() } else { format!("similar names: {}", similar.join(", ")) }
}

fn list(indices: &[u32]) -> String {
    indices.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Returns the body that the user names: a function by its index, its name (a leading `$` is allowed) or an export;
/// `cN` is the constant expression N.
///
/// # Errors
/// There is no such function, or it is imported.
pub fn find(module: &Module, wanted: &str) -> Result<BodyIndex, FindError> {
    let count = module.functions.len() as u32;
    let bare = wanted.strip_prefix('$').unwrap_or(wanted);
    let index = wanted.parse::<u32>().ok().or_else(|| bare.strip_prefix("func_").and_then(|n| n.parse().ok()));
    let constant = wanted.strip_prefix('c').and_then(|n| n.parse::<u32>().ok());
    let constant = constant.and_then(|n| n.checked_add(module.num_defined_functions())).map(BodyIndex);
    let named = |name: &str| {
        let mut same: Vec<u32> =
            module.function_names().iter().filter(|(_, n)| n.as_str() == name).map(|(&f, _)| f).collect();
        same.sort_unstable();
        same
    };
    let exported = module.export(bare).filter(|e| e.kind == ExternKind::Func).map(|e| e.index);
    let func = match (named(bare).as_slice(), exported, index) {
        (&[func], ..) => func,
        (&[], Some(func), _) => func,
        (&[], None, Some(func)) if func < count => func,
        (&[], None, Some(_)) => {
            return Err(FindError::NoIndex { index: wanted.to_string(), count });
        }
        (&[], None, None) if constant.is_some_and(|c| (c.0 as usize) < module.bodies.len()) => {
            return Ok(constant.expect("just seen"));
        }
        (&[], None, None) => {
            return Err(FindError::NoName { name: wanted.to_string(), similar: near(module, bare) });
        }
        (several, ..) => {
            return Err(FindError::Ambiguous { name: bare.to_string(), indices: several.to_vec() });
        }
    };
    module
        .function_body(func)
        .ok_or_else(|| FindError::Imported { index: func, name: module.display_name(func).to_string() })
}

/// Returns up to five similar names.
fn near(module: &Module, wanted: &str) -> Vec<String> {
    let functions = module.exports.iter().filter(|e| e.kind == ExternKind::Func).map(|e| e.name.as_str());
    let names = module.function_names().values().map(String::as_str).chain(functions);
    text::similar(wanted, names, 5).into_iter().map(|name| name.escape_debug().to_string()).collect()
}

/// Lists the bodies of a module: index, size in bytes, name, signature, exports.
pub fn listing(module: &Module) -> String {
    let mut exports = vec![Vec::new(); module.functions.len()];
    for export in module.exports.iter().filter(|e| e.kind == ExternKind::Func) {
        exports[export.index as usize].push(format!("\"{}\"", export.name.escape_debug()));
    }
    let imports: Vec<_> = module.imports.iter().filter(|i| matches!(i.ty, ImportType::Func { .. })).collect();
    let mut out = format!("{:>6} {:>8}  name, type, exports\n", "index", "bytes");
    for func in 0..module.functions.len() as u32 {
        let size = match module.function_body(func).map(|b| &module.bodies[b.0 as usize]) {
            Some(body) => {
                debug_assert_eq!(body.kind, BodyKind::Function(func));
                body.range.len().to_string()
            }
            None => "import".into(),
        };
        let name = module.display_name(func);
        let ty = signature(module, func);
        let _ = write!(out, "{func:>6} {size:>8}  {} {ty}", name.escape_debug());
        if let Some(import) = imports.get(func as usize) {
            let _ = write!(out, " import \"{}\" \"{}\"", import.module.escape_debug(), import.name.escape_debug());
        }
        let names = &exports[func as usize];
        if !names.is_empty() {
            let _ = write!(out, " export {}", names.join(" "));
        }
        out.push('\n');
    }
    let constants = module.bodies.iter().skip(module.num_defined_functions() as usize);
    for (i, body) in constants.enumerate() {
        if let BodyKind::Const(ty) = &body.kind {
            let _ = writeln!(out, "{:>6} {:>8}  constant expression () -> ({ty})", format!("c{i}"), body.range.len());
        }
    }
    out
}

/// Returns the type of a function, as `(i32, i64) -> (i32)`.
pub(super) fn signature(module: &Module, func: u32) -> String {
    let ty = module.function_signature(func);
    let list = |types: &[crate::module::ValType]| -> String {
        types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    format!("({}) -> ({})", list(ty.params()), list(ty.results()))
}
