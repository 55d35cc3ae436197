//! Scripts (`.wast`) on the backends of this crate and on other engines: loaded, run, judged and reported.
//!
//! The *columns* of a [`Matrix`] are backends of this crate by their names, other engines by theirs, and your own
//! engines that implement [`Column`].
//! A matrix runs [`Scripts`]; each directive has a [`Record`] in each column. If there are two or more backends, they
//! are also compared with each other, including their state, in the column [`XDIFF`].
//!
//! ```
//! use wasmoon::scripts::{Matrix, Scripts, Verdict};
//!
//! let scripts = Scripts::text("sums", r#"
//!     (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
//!     (assert_return (invoke "add" (i32.const 1) (i32.const 2)) (i32.const 3))
//!     (assert_return (invoke "add" (i32.const 2) (i32.const 2)) (i32.const 5))"#);
//! let summary = Matrix::new(&["interp"])?.run(&scripts, |record| {
//!     if record.verdict != Verdict::Pass {
//!         let (expected, got) = (record.expected.as_deref(), record.got.as_deref());
//!         assert_eq!((record.line, expected, got), (4, Some("returned [i32 5]"), Some("returned [i32 4]")));
//!     }
//! })?;
//! assert_eq!(summary.count("interp", Verdict::Pass), 2);
//! assert!(!summary.is_fine());
//! # Ok::<(), wasmoon::scripts::Error>(())
//! ```
//!
//! **Crashes.** By default, everything runs in this process. Endless code is interrupted, but anything that kills its
//! process (a defect of a backend, lack of memory) kills this program. With [`Matrix::workers`], the backends of this
//! crate run in worker processes, and a death is the outcome of one directive. Your own columns always run in this
//! process.
//!
//! | file | contents |
//! |---|---|
//! | `load` | scripts, and where they come from |
//! | `column` | the interface of another engine |
//! | `driver` | a script on such an engine |
//! | `engine` | an engine in another process that speaks the line protocol, as a column |
//! | `matrix` | a run and its summary |
//! | `error` | the error type |

mod column;
mod driver;
mod engine;
mod error;
mod load;
mod matrix;
mod stale;

pub use crate::conformance::outcome::observed::RefKind;
pub use crate::conformance::outcome::pattern::Hierarchy;
pub use crate::conformance::record::{Record, Verdict, XDIFF};
pub use crate::conformance::report::Format;
pub use column::{Column, Failure, Imports, Value};
pub(crate) use engine::Engine;
pub use error::Error;
pub use load::{Script, Scripts};
pub use matrix::{BACKENDS, Matrix, Summary, serve_if_worker};
