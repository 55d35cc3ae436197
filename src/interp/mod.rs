//! The fast interpreter.
//!
//! [`translate`] turns a body into [`InterpCode`] in one pass; [`InterpCode::install`] routes a function to it; from
//! then on its `array_entry` is [`enter`], and calls between interpreted functions stay inside of the dispatch.
//!
//! - `table`: every operation, once, in files by subject. From its rows `ops` makes opcodes, layouts and the types that
//!   execute them, `dispatch` the two dispatchers; `print` lists what was translated.
//! - `family`: the opcodes of one operator, by the way in which its operands come.
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
mod family;
mod lanes;
mod num;
mod objects;
mod operands;
mod operation;
mod operators;
mod ops;
mod print;
mod state;
mod table;
#[cfg(test)]
mod tests;
mod translate;
mod vector;

pub use calls::enter;
pub use code::InterpCode;
pub use dispatch::CHAIN;
pub use print::{disassemble, disassemble_with};
#[cfg(test)]
pub(crate) use translate::nans::made_by as makes_nan;
pub use translate::{Extras, Unsupported, translate, translate_with};
