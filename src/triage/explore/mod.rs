//! One function through its stages, for people: as coloured text and as a self-contained page.
//!
//! | file | inside |
//! |---|---|
//! | `find` | a function by index or name, or similar names |
//! | `changes` | the changes that a pass makes |
//! | `text` | for a terminal |
//! | `html`, `page.html` | for a browser |

mod changes;
mod find;
mod html;
mod text;

pub use changes::{LineChange, changes};
pub use find::{FindError, find, listing};
pub use html::page;
pub use text::render;

#[cfg(test)]
mod tests;
