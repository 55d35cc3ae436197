//! The optimizing JIT: WebAssembly -> SSA -> passes -> instruction selection -> register allocation -> machine code.

pub mod frontend;
pub mod ir;
pub mod opt;
