//! The data of the record of a traced function, which its store keeps.

use crate::module::ValType;
use crate::runtime::vm::VMFunc;

/// A traced function. `data` of its record points here.
pub(in crate::runtime) struct TracedFunction {
    /// The original record.
    pub(super) original: VMFunc,
    /// Index and name, as in `62 'memcmp'`.
    pub(super) label: String,
    /// Canonical types of the parameters.
    pub(super) params: Box<[ValType]>,
    pub(super) results: Box<[ValType]>,
}

impl TracedFunction {
    /// The record that leads to the function's code.
    pub(in crate::runtime) fn original(&self) -> &VMFunc {
        &self.original
    }
}
