//! A column that is not a backend of ours.

use crate::conformance::lockstep::alone::Executor;
use crate::conformance::read::suite::SuiteFile;
use std::fmt;
use std::sync::Arc;

/// Makes what runs a script.
type MakeExecutor = dyn Fn(&Arc<SuiteFile>) -> Box<dyn Executor> + Send + Sync;

/// Such a column.
#[derive(Clone)]
pub struct ForeignColumn {
    /// Its name.
    pub name: String,
    /// Whether it does not speak in the words of the testsuite: rejections are judged by their phase.
    pub by_phase: bool,
    /// What `--engine` was given, for the lines that replay a directive; `None` if no command line has this column.
    pub given: Option<String>,
    executor: Arc<MakeExecutor>,
}

impl ForeignColumn {
    /// A column of this name. `executor` makes what runs a script, on the thread that runs it. See
    /// [`ForeignColumn::by_phase`].
    pub fn new(
        name: &str,
        by_phase: bool,
        executor: impl Fn(&Arc<SuiteFile>) -> Box<dyn Executor> + Send + Sync + 'static,
    ) -> ForeignColumn {
        ForeignColumn { name: name.into(), by_phase, given: None, executor: Arc::new(executor) }
    }

    /// What runs a script, from its beginning.
    pub fn executor(&self, file: &Arc<SuiteFile>) -> Box<dyn Executor> {
        (self.executor)(file)
    }
}

impl fmt::Debug for ForeignColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForeignColumn").field("name", &self.name).finish_non_exhaustive()
    }
}
