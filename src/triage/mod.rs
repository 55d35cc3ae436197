//! From "the JIT is wrong" to the line that is wrong.
//!
//! | file | question |
//! |---|---|
//! | `subject` | what is executed, and how it is driven |
//! | `value` | values that can be held against those of another store |
//! | `observe` | what one execution showed |
//! | `difference` | where two differ |

pub mod difference;
pub mod observe;
pub mod subject;
pub mod value;
