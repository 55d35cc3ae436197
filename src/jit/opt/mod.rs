//! Folding and passes over the SSA form.

pub mod constant;
pub mod fold;
#[cfg(test)]
mod fold_tests;
#[cfg(test)]
mod oracle;
pub mod rules;

pub use fold::{Expr, Folded, fold};
