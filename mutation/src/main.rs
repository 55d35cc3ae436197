//! Makes mutants of wasmoon's own sources, and determines which means catch each.
//!
//! | file | inside |
//! |---|---|
//! | `mutators` | the table of mutators, and the names that they replace |
//! | `candidates` | every change that they can make to a file |
//! | `given` | changes that a person wrote |
//! | `sample` | a sample of them, drawn at random |
//! | `instrument` | changes put into the text of a file, each behind its number |
//! | `tree` | the tree, and its copy with the changes in it |
//! | `compile` | the copy is built; what does not compile is left out |
//! | `child` | a program of that build as a child process, with a change on |
//! | `means` | what may catch a change, as trials that pass or fail |
//! | `cover` | which trials reach which changes |
//! | `score` | a change is shown to the means |
//! | `page` | the results, as tables and as a page |
//! | `cli` | the command line |
//!
//! All changes of a sample are in one build. `crate::mutant::on(N)` is around each, and the environment variable `WASMOON_MUTANT`
//! switches one on, for a process and everything that it starts.

mod candidates;
mod child;
mod cli;
mod compile;
mod cover;
#[cfg(test)]
mod end_to_end;
mod given;
mod instrument;
mod means;
mod mutators;
mod page;
mod sample;
mod score;
mod tree;

fn main() -> std::process::ExitCode {
    cli::main()
}
