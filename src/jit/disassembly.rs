//! Instructions as a disassembler reads them, and names of what they refer to.

use crate::runtime::libcalls::Libcall;

/// Names of the module's functions, by function index.
pub type Names<'a> = &'a dyn Fn(u32) -> String;

/// An instruction as a disassembler reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disassembled {
    /// Offset in the function's code.
    pub offset: u32,
    /// Length in bytes.
    pub len: u32,
    /// Mnemonic and operands.
    pub text: String,
    /// Offset of the code or data that it refers to, and its use of that place.
    pub target: Option<(u32, Reference)>,
    /// A call through memory; the libcall that it reaches if it goes through the table of those.
    pub libcall: Option<Libcall>,
}

/// The use that an instruction makes of a place of the code that it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// It jumps or calls.
    Jump,
    /// It loads or compares with what is there.
    Load,
    /// It makes its address.
    Address,
}

/// Names of what instructions refer to, by an instruction's offset, its length, and the offset that it refers to.
pub type Symbols<'a> = &'a dyn Fn(u32, u32, u32) -> Option<String>;
