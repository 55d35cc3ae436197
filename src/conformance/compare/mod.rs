//! What two backends have done and left behind, held against each other.

pub mod comparison;
pub mod nested;
pub mod reach;
pub mod sides;
pub mod state;
pub mod walk;
