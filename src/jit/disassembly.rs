//! Instructions as a disassembler reads them, and names of what they refer to.

use crate::runtime::libcalls::Libcall;

/// Names of the module's functions, by function index, for calls.
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
    /// Offset of the code or data that it refers to, and the kind of reference.
    pub target: Option<(u32, Reference)>,
    /// The libcall that a call through memory reaches, if it goes through the table of libcalls.
    pub libcall: Option<Libcall>,
}

/// The use of a place in the code by an instruction that refers to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// It jumps or calls.
    Jump,
    /// It loads or compares with the contents.
    Load,
    /// It computes the address.
    Address,
}

/// Names of references, by an instruction's offset and length and the offset that it refers to.
pub type Symbols<'a> = &'a dyn Fn(u32, u32, u32) -> Option<String>;
