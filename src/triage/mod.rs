//! From "the JIT is wrong" to the line that is wrong.
//!
//! | file | question |
//! |---|---|
//! | `subject` | what is executed, and how it is driven |
//! | `observe` | what one execution showed; where two differ |

pub mod observe;
pub mod subject;
