//! From a compiled module to an instance: imports are looked up and matched, then the module is instantiated.
//!
//! | file | contents |
//! |---|---|
//! | `imports` | matching of imports; the linker, which finds them by name |
//! | `instantiate` | the steps of an instantiation |
//! | `spectest` | the host module of the official testsuite |

mod imports;
mod instantiate;
pub mod spectest;

pub use imports::{ImportMismatch, ImportPair, LinkError, Linker, resolve_imports};
pub use instantiate::InstantiateError;
