//! WASI preview 1: what programs ask of their host, over `cap-std`.
//!
//! | file | what |
//! |---|---|
//! | `context` | [`WasiCtx`]: what a program is given |
//! | `program` | link, instantiate, run: for the command line and for triage alike |
//! | `functions` | the table of all functions; from a call to the method that does it |
//! | `guest` | the memory of the program: every address checked |
//! | `descriptors` | what descriptors stand for, and the table of them |
//! | `files`, `paths`, `poll`, `process` | the functions |
//! | `types` | numbers of the interface |
//!
//! **Memory.** Functions are made for one instance: they read and write the memory that it exports as `memory`, as the
//! interface wants it. That instance is the next one of the store when [`link`] is called, so that a start function can
//! call them too.
//!
//! **Confinement.** A path is resolved by `cap-std` below the folder that its descriptor stands for: neither `..`, nor an
//! absolute path, nor a symbolic link leads out of it, and what tries is `Perm`. Rights are kept for each descriptor and
//! can only be dropped; what they do not allow is `Notcapable`.
//!
//! **Bounds.** What the host allocates for a program is bounded by the length of its memory or by a constant; what a
//! program waits for ends when it is interrupted.

mod context;
mod descriptors;
mod files;
mod functions;
mod guest;
mod paths;
mod poll;
mod process;
pub mod program;
mod types;

pub use context::{Capture, Input, Output, WasiCtx};
pub use functions::{LinkError, MODULE, NAMES, link};
