//! Finds and reads scripts: the suite's files, the languages that they are written in, the two formats of scripts, and the
//! result: [`script::ScriptStep`]s.

mod annotations;
pub mod dialect;
pub mod error;
mod features;
pub mod files;
mod find_scripts;
mod grammar;
pub mod header;
pub mod json;
pub mod kind;
pub mod language;
pub mod script;
pub mod suite;
pub mod syntax;
