//! wasmoon: a WebAssembly engine that proves itself.
//!
//! # Embedding
//!
//! ```
//! use wasmoon::{Engine, Linker, Module, Store};
//!
//! let engine = Engine::default();
//! let module = Module::new(&engine, r#"(module
//!     (import "host" "double" (func $double (param i32) (result i32)))
//!     (func (export "run") (param i32) (result i32) (call $double (local.get 0))))"#)?;
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "double", |n: i32| 2 * n)?;
//! let mut store = Store::new(&engine, ());
//! let instance = linker.instantiate(&mut store, &module)?;
//! let run = instance.get_typed_func::<i32, i32>(&mut store, "run")?;
//! assert_eq!(run.call(&mut store, 21)?, 42);
//! # Ok::<(), wasmoon::Error>(())
//! ```
//!
//! For more, see `docs/embedding.md`; `docs/limits.md` and `SECURITY.md` list the limits and guarantees.
//!
//! # Features
//!
//! - `harness` (on by default): the conformance harness (its interface is the module `scripts`), triage and the command
//!   line.
//! - `wasi` (part of `harness`): WASI preview 1 programs.
//! - `wat` (part of `harness`): modules in text form.
//! - `compiled-files` (part of `harness`): compiled modules as bytes, `Module::serialize` and its inverse.
//! - `internals`: makes the rooms behind the interface public, for the project's own tests. Nothing about them is
//!   guaranteed: they may disappear, and safe code may be able to break memory safety with them.
//!
//! # How it is built
//!
//! Two backends, a fast interpreter and an optimizing JIT, are written without knowledge of each other. A conformance
//! harness runs every directive of the WebAssembly testsuite on both and compares each with the expected outcome and
//! with the other. `ARCHITECTURE.md` describes the rooms and the direction of their imports: `{target, module} <-
//! config <- runtime <- {interp, jit, process} <- engine <- {wasi, conformance, oracle} <- {api, triage} <- cli`.
#![cfg_attr(
    not(all(feature = "internals", feature = "harness")),
    allow(dead_code, unused_imports, reason = "what only the harness or the project's tests use")
)]

mod api;
#[cfg(feature = "harness")]
pub mod cli;
#[cfg(feature = "internals")]
pub mod config;
#[cfg(not(feature = "internals"))]
mod config;
#[cfg(all(feature = "internals", feature = "harness"))]
pub mod conformance;
#[cfg(all(not(feature = "internals"), feature = "harness"))]
mod conformance;
#[cfg(feature = "internals")]
pub mod engine;
#[cfg(not(feature = "internals"))]
mod engine;
#[cfg(feature = "internals")]
pub mod interp;
#[cfg(not(feature = "internals"))]
mod interp;
#[cfg(feature = "internals")]
pub mod jit;
#[cfg(not(feature = "internals"))]
mod jit;
#[cfg(feature = "internals")]
pub mod module;
#[cfg(not(feature = "internals"))]
mod module;
#[cfg(all(feature = "internals", feature = "harness"))]
pub mod oracle;
#[cfg(all(not(feature = "internals"), feature = "harness"))]
mod oracle;
#[cfg(all(feature = "internals", feature = "harness"))]
pub mod process;
#[cfg(all(not(feature = "internals"), feature = "harness"))]
mod process;
#[cfg(feature = "internals")]
pub mod random;
#[cfg(not(feature = "internals"))]
mod random;
#[cfg(feature = "internals")]
pub mod runtime;
#[cfg(not(feature = "internals"))]
mod runtime;
#[cfg(feature = "internals")]
pub mod target;
#[cfg(not(feature = "internals"))]
mod target;
#[cfg(feature = "internals")]
pub mod text;
#[cfg(not(feature = "internals"))]
mod text;
#[cfg(all(feature = "internals", feature = "harness"))]
pub mod triage;
#[cfg(all(not(feature = "internals"), feature = "harness"))]
mod triage;
#[cfg(all(feature = "internals", feature = "wasi"))]
pub mod wasi;
#[cfg(all(not(feature = "internals"), feature = "wasi"))]
mod wasi;

pub use api::*;
