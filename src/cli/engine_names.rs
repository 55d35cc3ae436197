//! Names of other engines, as options give them.

use super::Failed;
use crate::oracle::{COMMAND, names};

/// The name that a column is given, if any, and the engine: `NAME=ENGINE`, or `ENGINE`.
pub fn split(given: &str) -> (Option<&str>, &str) {
    match given.split_once('=') {
        // Not an argument of a command.
        Some((label, engine)) if !label.starts_with(COMMAND) => (Some(label), engine),
        _ => (None, given),
    }
}

/// Whether this can be the name of a column.
///
/// # Errors
/// It cannot, or another column has it already.
pub fn check<'n>(given: &str, name: &str, mut taken: impl Iterator<Item = &'n str>) -> Result<(), Failed> {
    let engine = split(given).1;
    if name.is_empty() || name.contains([',', ' ', '"']) || taken.any(|other| other == name) {
        return Err(format!(
            "--engine {given}: a column cannot be called '{name}'; write NAME={engine} to give it another name"
        )
        .into());
    }
    Ok(())
}

/// Whether this is the name of an engine or a command.
pub fn is_engine(name: &str) -> bool {
    name.starts_with(COMMAND) || names().contains(&name)
}
