//! The columns that are other engines.

use super::args::Args;
use crate::api::scripts::Engine;
use crate::cli::{Failed, OK, engine_names, say};
use crate::conformance::backend::Backend;
use crate::conformance::foreign::column::ForeignColumn;
use crate::oracle::{COMMAND, ENGINES};
use std::fmt::Write;
use std::sync::Arc;

/// A column of `--engine`, and the version of its engine.
pub struct EngineColumn {
    pub column: ForeignColumn,
    /// Name and version, as the engine states them.
    pub identity: String,
}

/// Starts the requested engines, as columns next to those of `backends`.
///
/// # Errors
/// An engine is unknown, is not installed or does not start, or two columns have the same name.
pub fn columns(args: &Args, backends: &[Backend]) -> Result<Vec<EngineColumn>, Failed> {
    let mut columns: Vec<EngineColumn> = Vec::new();
    for given in &args.engine {
        let (label, engine) = engine_names::split(given);
        // The name of a column with a mode includes the mode.
        let ours = backends.iter().map(|b| b.name.as_str());
        let taken: Vec<&str> = columns.iter().map(|c| c.column.name.as_str()).chain(ours).collect();
        let check = |name: &str| engine_names::check("--engine", given, name, taken.iter().copied());
        // A command states its name only after it has started.
        let known = label.or((!engine.starts_with(COMMAND)).then_some(engine));
        known.map_or(Ok(()), check)?;
        let opened = Engine::open(engine).map_err(|error| error.to_string())?;
        let own = opened.identity().name.clone();
        check(known.unwrap_or(&own))?;
        let name = known.unwrap_or(&own);
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
