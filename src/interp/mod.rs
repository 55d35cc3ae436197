//! The fast interpreter.
//!
//! `translate` turns a body into [`InterpCode`] in one pass; [`InterpCode::install`] routes a function to it. From then
//! on, its `array_entry` is `enter`, and calls between interpreted functions stay inside the dispatch.
//!
//! - `opcodes`: every operation, once, in files by subject. `handlers` makes opcodes, layouts and the types that execute them
//!   from its rows, and `dispatch` makes the two dispatchers; `print` lists translated code.
//! - `family`: the opcodes of one operator, by where its operands are.
//! - `evaluate`: the results of each operator, by `numbers`, `lanes` and `atomics`. `shapes`, `vector_shapes`: how an
//!   operation takes operands and leaves its result, once for each mode.
//! - `encoding`: the operands of instructions as words. `code`: the translated form of a body. `frame`: the layout of frames in
//!   memory.
//! - `machine`: the machine (registers, slots, addresses). `slow_paths`: its calls into the runtime. `memory`: plain
//!   accesses.
//! - `calls`: calls, returns, exceptions. `objects`: objects in the heap. `continuations`: values that go to other
//!   stacks and come back. `enter`: the way in from Rust.
//! - `translate`: operators to bytecode. `watch`: code that counts which way branches go.
//!
//! Files import in one direction: `frame`, `encoding`, `code` <- `slow_paths` <- `machine` <- `calls`, `objects`,
//! `shapes` <- `evaluate` <- `handlers` <- `family`, `dispatch` <- `translate`, `enter`.

mod atomics;
mod calls;
mod code;
mod continuations;
mod dispatch;
mod encoding;
mod enter;
mod evaluate;
mod family;
mod frame;
mod handlers;
mod lanes;
mod machine;
mod memory;
mod numbers;
mod objects;
mod opcodes;
mod print;
mod shapes;
mod slow_paths;
mod sys;
#[cfg(test)]
mod tests;
mod translate;
mod vector_shapes;
mod watch;

use crate::module::{BodyIndex, Module};
pub use code::InterpCode;
pub use dispatch::CHAIN;
pub use enter::enter;
pub use print::{disassemble, disassemble_with};
#[cfg(test)]
pub(crate) use translate::nans::made_by as makes_nan;
pub use translate::{Limit, Reason, Unsupported, translate, translate_with, translate_within};

/// The maximum number of bytes of memory that translating takes for each byte of a function. A `try` without clauses takes the
/// most: three bytes make an open structure and a handler, in lists that have just doubled. `tests/hostile/compile.rs` has the
/// worst functions.
const BYTES_PER_BYTE: u64 = 128;
/// The bytes that any function takes.
const BYTES_PER_BODY: u64 = 4 << 10;

/// The maximum number of bytes of memory that a body takes while it is translated.
pub(crate) fn step_bytes(module: &Module, body: BodyIndex) -> u64 {
    BYTES_PER_BYTE * module.bodies[body.0 as usize].range.len() as u64 + BYTES_PER_BODY
}
