//! WASI preview 1, the interface between programs and their host, on top of `cap-std`.
//!
//! | file | contents |
//! |---|---|
//! | `context` | [`WasiCtxBuilder`]: everything that a program is given |
//! | `capture` | a buffer for a program's output |
//! | `program` | link, instantiate, run: for both the command line and triage |
//! | `imports` | the table of all functions, and the path from a call to its method |
//! | `guest` | the program's memory, with every address checked |
//! | `descriptors` | descriptors, and the table of them |
//! | `files`, `paths`, `poll`, `process` | the functions |
//! | `types` | the numbers of the interface |
//!
//! **Memory.** Functions are created for one instance. They read and write the memory that it exports as `memory`, as
//! the interface requires. That instance is the next one created in the store after [`link`], so that its start
//! function can call them, too.
//!
//! **Confinement.** `cap-std` resolves paths below the folder of their descriptor: `..`, an absolute path or a symbolic
//! link that would lead out of it fails with `Perm`. Rights are kept for each descriptor and can only be dropped; an
//! operation without the required right fails with `Notcapable`.
//!
//! **Bounds.** The host's allocations for a program are bounded by the size of its memory or by [`WasiLimits`]. Long
//! operations are done in pieces, each paid for in fuel; a wait, or the next piece, ends when the program is
//! interrupted.

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
