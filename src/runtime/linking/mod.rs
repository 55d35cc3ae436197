//! From a compiled module to an instance: imports are looked up and matched, then the module is instantiated.

mod imports;
mod instantiate;
pub mod spectest;

pub use imports::{ImportPair, LinkError, Linker, resolve_imports};
pub use instantiate::InstantiateError;
