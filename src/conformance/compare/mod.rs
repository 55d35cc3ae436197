//! The comparison of two backends: their outcomes, and the states that they leave behind.

pub mod choice;
pub mod nested;
pub mod reach;
pub mod result;
pub mod sides;
pub mod state;
#[cfg(test)]
mod tests;
pub mod walk;
