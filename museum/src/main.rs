//! `wasmoon` with the bugs of the museum in it: every command with a bug planted, and the command `museum`, which plants each
//! bug and tries every means of finding it.
//!
//! | file | inside |
//! |---|---|
//! | `patches` | the bugs, as the heads of their patches describe them |
//! | `cli` | the command line of `museum` |
//! | `run` | all bugs, several at a time; results are kept |
//! | `means` | one means tried on one bug; bisection and reduction |
//! | `code` | the changes of a bug to code, and the findings of the compiler's own checks |
//! | `child` | this executable as a child process, bounded by processor time |
//! | `error` | the reasons why a run cannot continue |
//! | `page` | the results, as lines and as a page |
//!
//! `ci/museum` builds it in a copy of the tree to which the patches are applied. Built in the tree as it is, it refuses to run:
//! a bug that cannot be planted would seem to be one that nothing finds.

mod child;
mod cli;
mod code;
mod error;
mod means;
mod page;
mod patches;
mod run;

use std::process::ExitCode;
use wasmoon::{conformance, process, triage};

fn main() -> ExitCode {
    if !cfg!(planted) {
        return cli::refuse("the bugs are not in this build: `ci/museum build` makes one that has them");
    }
    if let Ok(name) = std::env::var(patches::VARIABLE)
        && !name.is_empty()
        && let Err(e) = patches::find(&name)
    {
        return cli::refuse(&format!("{}: {e}", patches::VARIABLE));
    }
    process::serve_if_worker(&[
        &conformance::supervise::worker::ROLE,
        &triage::smith::worker::ROLE,
        &triage::trial::process::ROLE,
    ]);
    match std::env::args_os().nth(1) {
        Some(command) if command == "museum" => cli::main(),
        _ => wasmoon::cli::main(),
    }
}
