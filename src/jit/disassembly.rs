//! Instructions as a disassembler reads them, and the names of what they refer to.

use crate::runtime::libcalls::Libcall;

/// Returns the name of one of the module's functions by its function index, for calls.
pub type Names<'a> = &'a dyn Fn(u32) -> String;

/// An instruction as a disassembler reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disassembled {
    /// Offset in the code.
    pub offset: u32,
    /// Length in bytes.
    pub len: u32,
    /// Mnemonic and operands.
    pub text: String,
    /// Offset of the code or data that the instruction refers to, and the kind of reference.
    pub target: Option<(u32, Reference)>,
    /// The libcall that a call through memory reaches, if it uses the table of libcalls.
    pub libcall: Option<Libcall>,
}

/// How an instruction uses the place in the code that it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// It jumps or calls.
    Jump,
    /// It loads the contents or compares with them.
    Load,
    /// It computes the address.
    Address,
}

/// Returns the name of a reference, given an instruction's offset and length and the offset that it refers to.
pub type Symbols<'a> = &'a dyn Fn(u32, u32, u32) -> Option<String>;
