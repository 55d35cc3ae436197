//! Columns that are not our backends: something else executes the directives.
//!
//! | file | inside |
//! |---|---|
//! | `column` | such a column |
//! | `run` | a file in several of them |

pub mod column;
pub mod run;
