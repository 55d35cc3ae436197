//! Judgements: an outcome against the expectation of a script ([`verdict`]), the records of a run against the list of
//! known deviations ([`expectations`]), and the judge against mutants of both ([`mutate`]).

pub mod conventions;
pub mod expectations;
pub mod mutate;
pub mod verdict;
