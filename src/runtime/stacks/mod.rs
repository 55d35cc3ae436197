//! Stacks: how code is entered on them and walked, and the continuations that have stacks of their own.

pub mod activation;
pub mod continuations;
mod pool;
pub mod unwind;
