//! What two backends have done and left behind, held against each other.

pub mod nested;
pub mod reach;
pub mod state;
pub mod walk;
