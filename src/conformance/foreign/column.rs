//! A column that is not one of our backends.

use crate::conformance::lockstep::alone::Executor;
use crate::conformance::read::suite::SuiteFile;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Makes the executor of a script, with a deadline if there is one.
type MakeExecutor = dyn Fn(&Arc<SuiteFile>, Option<Instant>) -> Box<dyn Executor> + Send + Sync;

/// Ends engines, and returns how those ended that did not end properly.
type EndEngines = dyn Fn() -> Vec<String> + Send + Sync;

/// A column that is not one of our backends.
#[derive(Clone)]
pub struct ForeignColumn {
    /// Its name.
    pub name: String,
    /// Whether it does not use the testsuite's messages. Rejections are then judged by their phase.
    pub by_phase: bool,
    /// The argument of `--engine`, for the commands that replay a directive; `None` if no command line gives this column.
    pub given: Option<String>,
    /// How engines ended that were not running a script at the time, until that is reported after the next script.
    pub died: Arc<Mutex<Vec<String>>>,
    /// Ends the engines that are not running a script, at the end of a run.
    pub end: Arc<EndEngines>,
    executor: Arc<MakeExecutor>,
}

impl ForeignColumn {
    /// A column of this name. `executor` makes the executor of a script, on the thread that runs it. The executor ends, at the
    /// deadline that it gets, whatever it can end. See [`ForeignColumn::by_phase`].
    /// ends at the time that it gets. See [`ForeignColumn::by_phase`].
    pub fn new(
        name: &str,
        by_phase: bool,
        executor: impl Fn(&Arc<SuiteFile>, Option<Instant>) -> Box<dyn Executor> + Send + Sync + 'static,
    ) -> ForeignColumn {
        ForeignColumn {
            name: name.into(),
            by_phase,
            given: None,
            died: Arc::default(),
            end: Arc::new(Vec::new),
            executor: Arc::new(executor),
        }
    }

    /// Takes what [`ForeignColumn::died`] has to report.
    pub fn take_died(&self) -> Vec<String> {
        std::mem::take(&mut *self.died.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// The executor for a script, from its beginning until `deadline` at most.
    pub fn executor(&self, file: &Arc<SuiteFile>, deadline: Option<Instant>) -> Box<dyn Executor> {
        (self.executor)(file, deadline)
    }
}

impl fmt::Debug for ForeignColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForeignColumn").field("name", &self.name).finish_non_exhaustive()
    }
}
