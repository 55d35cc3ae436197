//! The columns that are other engines.

use super::args::Args;
use crate::api::scripts::Engine;
use crate::cli::{Failed, OK, engine_names, say};
use crate::conformance::backend::Backend;
use crate::conformance::foreign::column::ForeignColumn;
use crate::conformance::record::XDIFF;
use crate::oracle::{COMMAND, ENGINES};
use std::fmt::Write;
use std::sync::Arc;

/// A column of `--engine`, and the version of its engine.
pub struct EngineColumn {
    pub column: ForeignColumn,
    /// Name and version, as the engine states them.
    pub identity: String,
}

/// Starts the engines that were asked for.
///
/// # Errors
/// One that is unknown, not installed or does not start, or two columns of one name.
pub fn columns(args: &Args) -> Result<Vec<EngineColumn>, Failed> {
    let mut columns: Vec<EngineColumn> = Vec::new();
    for given in &args.engine {
        let (label, engine) = engine_names::split(given);
        let opened = Engine::open(engine).map_err(|error| error.to_string())?;
        let own = opened.identity().name.clone();
        let name = label.unwrap_or(if engine.starts_with(COMMAND) { &own } else { engine });
        let taken = columns.iter().map(|c| c.column.name.as_str());
        engine_names::check(given, name, taken.chain(Backend::NAMES.iter().copied()).chain([XDIFF]))?;
        let identity = opened.identity().to_string();
        let mut column = Arc::new(opened).column(name, args.timeout, args.exact_messages);
        column.given = Some(given.clone());
        columns.push(EngineColumn { column, identity });
    }
    Ok(columns)
}

/// Prints the engines that have a name.
pub fn list() -> Result<u8, Failed> {
    let width = ENGINES.iter().map(|engine| engine.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for engine in ENGINES {
        let state = match Engine::open(engine.name) {
            Ok(opened) if opened.lacks().is_empty() => opened.identity().version.clone(),
            Ok(opened) => format!("{}; lacks {}", opened.identity().version, opened.lacks().join(", ")),
            Err(error) => format!("absent: {error}"),
        };
        let _ = writeln!(text, "{:width$}  {}: {state}", engine.name, engine.about);
    }
    say(&text)?;
    Ok(OK)
}
