//! Scripts in worker processes: whatever a directive does to its process is an outcome of that directive.

pub mod self_check;
pub mod supervisor;
pub mod wire;
pub mod worker;

pub use supervisor::run;
