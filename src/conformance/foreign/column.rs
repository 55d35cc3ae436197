//! A column that is not a backend of ours.

use crate::conformance::lockstep::alone::Executor;
use crate::conformance::read::suite::SuiteFile;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Makes what runs a script, until a time at most.
type MakeExecutor = dyn Fn(&Arc<SuiteFile>, Option<Instant>) -> Box<dyn Executor> + Send + Sync;

/// Ends engines, and tells how those ended that did not end well.
type EndEngines = dyn Fn() -> Vec<String> + Send + Sync;

/// Such a column.
#[derive(Clone)]
pub struct ForeignColumn {
    /// Its name.
    pub name: String,
    /// Whether it does not speak in the words of the testsuite: rejections are judged by their phase.
    pub by_phase: bool,
    /// What `--engine` was given, for the lines that replay a directive; `None` if no command line has this column.
    pub given: Option<String>,
    /// How engines ended that were running no script then, until that is told behind the next one.
    pub died: Arc<Mutex<Vec<String>>>,
    /// Ends the engines that are running no script, at the end of a run.
    pub end: Arc<EndEngines>,
    executor: Arc<MakeExecutor>,
}

impl ForeignColumn {
    /// A column of this name. `executor` makes what runs a script, on the thread that runs it; whatever it can end, it
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

    /// Takes what is to be told in [`ForeignColumn::died`].
    pub fn take_died(&self) -> Vec<String> {
        std::mem::take(&mut *self.died.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// What runs a script, from its beginning, until `deadline` at most.
    pub fn executor(&self, file: &Arc<SuiteFile>, deadline: Option<Instant>) -> Box<dyn Executor> {
        (self.executor)(file, deadline)
    }
}

impl fmt::Debug for ForeignColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForeignColumn").field("name", &self.name).finish_non_exhaustive()
    }
}
