//! The fast interpreter.
//!
//! [`translate`] turns a body into [`InterpCode`] in one pass; [`InterpCode::install`] routes a function to it; from
//! then on its `array_entry` is [`enter`], and calls between interpreted functions stay inside of the dispatch.
//!
//! - `table`: every operation, once. `ops` derives opcodes, layouts and families from it, `dispatch` the two
//!   dispatchers, `print` the listing.
//! - `operands`: how instructions are encoded. `operation`: the shapes that families share. `num`: arithmetic.
//! - `state`: the machine and its frames. `calls`: whatever changes frames or leaves the dispatch.
//! - `translate`: operators to bytecode.

mod calls;
mod code;
mod dispatch;
mod num;
mod operands;
mod operation;
mod ops;
mod print;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod translate;

pub use calls::enter;
pub use code::InterpCode;
pub use dispatch::CHAIN;
pub use print::{disassemble, disassemble_with};
pub use translate::{Extras, Unsupported, translate, translate_with};
