//! Replaces profiling if the harness is left out: nobody is informed about code.

use crate::module::Module;
use crate::runtime::code::CodeObject;

/// The module that code was compiled from, and its operators: code offset, offset in the binary.
#[derive(Clone, Copy)]
pub(super) struct CodeSource<'a> {
    pub module: &'a Module,
    pub lines: &'a [(u32, u32)],
}

/// Nothing, as there is nothing to withdraw.
#[derive(Debug, Default)]
pub(super) struct Published;

pub(super) fn publish_module(_: &CodeObject, _: CodeSource<'_>) -> Published {
    Published
}

pub(super) fn publish_adapters(_: &CodeObject) -> Published {
    Published
}
