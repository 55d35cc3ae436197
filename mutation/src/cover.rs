//! Runs every trial once without a change. It must pass, and what it reaches and how long it takes is recorded.

use crate::child::{self, Coverage, End, Switch};
use crate::means::Trial;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A trial without a change may take this long.
const LIMIT: Duration = Duration::from_secs(900);

/// The changes that a trial reaches, and its time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// The wall-clock time in seconds.
    pub seconds: f64,
    /// The numbers of the changes.
    pub reached: Vec<u32>,
    /// Why it does not pass.
    pub trouble: Option<String>,
}

/// Runs all trials, so many at a time. `done` is called after each.
///
/// # Errors
/// A program cannot be started.
pub fn cover(
    trials: &[Trial],
    changes: usize,
    folder: &Path,
    jobs: usize,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Reach>, String> {
    let all = Mutex::new(vec![Reach::default(); trials.len()]);
    each(trials.len(), jobs, &|job, i| {
        let trial = &trials[i];
        let coverage = Coverage::new(folder.join(format!("reached-{job}")), changes)?;
        let output = folder.join(format!("output-{job}"));
        let switch = Switch::Cover(coverage.path());
        let ended = child::run(&trial.program, &trial.args, &trial.folder, switch, LIMIT, &output)?;
        let trouble = match ended.end {
            End::Fine => None,
            End::Failed(how) => Some(format!("{how}\n{}", tail(&ended.output))),
            End::TimeOut => Some("it takes too long".to_string()),
        };
        let reach = Reach { seconds: ended.time.as_secs_f64(), reached: coverage.reached()?, trouble };
        all.lock().map_err(|e| e.to_string())?[i] = reach;
        done();
        Ok(())
    })?;
    all.into_inner().map_err(|e| e.to_string())
}

/// The end of an output.
pub fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

/// Calls a function for each number below `count`, so many at a time, with the index of the job.
///
/// # Errors
/// The first error; no more calls begin after it.
pub fn each(
    count: usize,
    jobs: usize,
    work: &(dyn Fn(usize, usize) -> Result<(), String> + Sync),
) -> Result<(), String> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    std::thread::scope(|scope| {
        for job in 0..jobs {
            let (next, failed) = (&next, &failed);
            scope.spawn(move || {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= count {
                        return;
                    }
                    if let Err(e) = work(job, i) {
                        next.store(count, Ordering::Relaxed);
                        *failed.lock().expect("no job panics while it holds this") = Some(e);
                    }
                }
            });
        }
    });
    failed.into_inner().map_err(|e| e.to_string())?.map_or(Ok(()), Err)
}
