//! A job: the part of a script to run, and the observer of the run.

use crate::conformance::backend::Backend;
use crate::conformance::compare::walk::{ComparedPlace, DifferenceKind};
use crate::conformance::injected_fault::InjectedFault;
use crate::conformance::judge::mutate::SelfCheck;
use crate::conformance::read::json;
use crate::conformance::read::language::Language;
use crate::conformance::read::script::ScriptStep;
use crate::conformance::record::DirectiveResult;
use std::time::Duration;

/// The column of preparation.
pub const PREPARING: usize = u16::MAX as usize;

/// A directive that must not run on a backend, because it killed the process there.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Skip {
    /// Its position among the steps.
    pub step: usize,
    /// The name of a backend, `PREPARATION` or `XDIFF`.
    pub backend: String,
    /// The cause of the process's death; `None` if it made no progress.
    pub crash: Option<String>,
}

/// The part of a script to run, and its settings.
#[derive(Clone, Copy)]
pub struct Job<'j> {
    /// The language of the script.
    pub language: Language,
    /// The module files of a script in JSON; `None` for a script in the text format.
    pub folder: Option<&'j json::Folder>,
    /// The columns without `xdiff`; the first is the reference of the comparison.
    pub backends: &'j [Backend],
    /// Directives to leave out.
    pub skips: &'j [Skip],
    /// The injected faults of this file.
    pub faults: &'j [InjectedFault],
    /// The number of steps to run; `None` for all.
    pub until: Option<usize>,
    /// The time after which the code of a directive is interrupted on a backend; `None` for never.
    pub timeout: Option<Duration>,
    /// Mutate every assertion.
    pub self_check: Option<SelfCheck>,
}

/// Receives the events of a run as they happen. Column `backends.len()` is the comparison, [`PREPARING`] the
/// preparation of a module.
pub trait Observer {
    /// All steps of the script, before the first is done.
    fn script(&mut self, steps: &[ScriptStep<'_>]);
    /// A step begins in a column.
    fn enter(&mut self, step: usize, column: usize);
    /// A step has a result in a column.
    fn line(&mut self, step: usize, column: usize, line: DirectiveResult);
    /// A difference between two sides at a step, by its kind; called before the result of the comparison.
    fn differs(&mut self, _step: usize, _kind: (ComparedPlace, DifferenceKind)) {}
}
