//! The fast interpreter.
//!
//! [`translate`] turns a body into [`InterpCode`] in one pass; [`InterpCode::install`] routes a function to it; from
//! then on its `array_entry` is [`enter`], and calls between interpreted functions stay inside of the dispatch.
//!
//! - `table`: every operation, once. `ops` derives opcodes, layouts and families from it, `dispatch` the two
//!   dispatchers, `print` the listing.
//!   Its rows for vectors are in `vector_table`, those for structures and arrays in `object_table`.
//! - `operands`: how instructions are encoded. `operation`, `vector`: the shapes that families share. `num`, `lanes`,
//!   `atomics`: arithmetic.
//! - `objects`: what is in the heap. `continuations`: what goes to other stacks and comes back.
//! - `state`: the machine and its frames. `calls`: whatever changes frames or leaves the dispatch.
//! - `translate`: operators to bytecode.

mod atomics;
mod calls;
mod code;
mod continuations;
mod dispatch;
mod lanes;
mod num;
mod object_table;
mod objects;
mod operands;
mod operation;
mod ops;
mod print;
mod state;
mod sys;
mod table;
#[cfg(test)]
mod tests;
mod translate;
mod vector;
mod vector_table;

pub use calls::enter;
pub use code::InterpCode;
pub use dispatch::CHAIN;
pub use print::{disassemble, disassemble_with};
#[cfg(test)]
pub(crate) use translate::nans::made_by as makes_nan;
pub use translate::{Unsupported, translate, translate_with};
