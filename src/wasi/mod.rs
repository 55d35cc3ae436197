//! WASI preview 1, the interface between programs and their host, over `cap-std`.
//!
//! | file | contents |
//! |---|---|
//! | `context` | [`WasiCtxBuilder`]: everything that a program is given |
//! | `capture` | a buffer for a program's output |
//! | `program` | link, instantiate, run: for the command line and for triage alike |
//! | `imports` | the table of all functions; the way from a call to its method |
//! | `guest` | the memory of the program: every address checked |
//! | `descriptors` | descriptors, and the table of them |
//! | `files`, `paths`, `poll`, `process` | the functions |
//! | `types` | numbers of the interface |
//!
//! **Memory.** Functions are made for one instance: they read and write the memory that it exports as `memory`, as the
//! interface requires. That instance is the next one of the store when [`link`] is called, so that a start function can
//! call them too.
//!
//! **Confinement.** `cap-std` resolves a path below the folder that its descriptor stands for: `..`, an absolute path
//! or a symbolic link that would lead out of it fails with `Perm`. Rights are kept for each descriptor and can only be
//! dropped; an operation without the right fails with `Notcapable`.
//!
//! **Bounds.** The host's allocations for a program are bounded by the length of its memory or by [`WasiLimits`]. What
//! takes long is done in pieces, each paid by fuel; a wait, or the next piece, ends when the program is interrupted.

mod capture;
mod context;
mod descriptors;
mod files;
mod guest;
mod imports;
mod paths;
mod poll;
mod process;
pub mod program;
mod types;

pub use capture::Capture;
pub use context::{Input, Output, WasiCtx, WasiCtxBuilder, WasiLimits};
pub(crate) use imports::FUNCTIONS;
pub use imports::{LinkError, MODULE, NAMES, link};
