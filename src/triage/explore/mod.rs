//! One function in its stages, for people: as coloured text and as a self-contained page.
//!
//! | file | inside |
//! |---|---|
//! | `find` | a function by index or name, or similar names |
//! | `text` | for a terminal |
//! | `html`, `page.html` | for a browser |

mod find;
mod html;
mod text;

pub use find::{FindError, find, listing};
pub use html::page;
pub use text::render;

use crate::text::Change;
use crate::triage::stages::StageLine;

/// Returns the changes from one stage to the next. Offsets are not compared.
fn changes(before: &[StageLine], after: &[StageLine]) -> Vec<Change> {
    crate::text::changes(before.iter().map(|l| &*l.text), after.iter().map(|l| &*l.text))
}

#[cfg(test)]
mod tests;
