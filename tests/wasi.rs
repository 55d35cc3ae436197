//! WASI preview 1 on both backends: every function, and every known way out of a folder.

#[path = "wasi/escapes.rs"]
mod escapes;
#[path = "wasi/functions.rs"]
mod functions;
#[path = "wasi/guest.rs"]
mod guest;
#[path = "wasi/limits.rs"]
mod limits;
#[path = "wasi/polls.rs"]
mod polls;
#[path = "wasi/programs.rs"]
mod programs;
#[path = "wasi/rights.rs"]
mod rights;
#[path = "wasi/sources.rs"]
mod sources;
