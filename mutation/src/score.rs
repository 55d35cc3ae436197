//! Shows a change to the means until one of them catches it, or to each of them separately.

use crate::candidates::Candidate;
use crate::child::{self, End, Switch};
use crate::cover::{Reach, tail};
use crate::means::{Means, SETUPS, Trial};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::{Duration, Instant};

/// The least time limit of a process, and the factor by which the limit exceeds its time without a change.
const LEAST: Duration = Duration::from_secs(10);
const MULTIPLE: f64 = 10.0;
/// The numbers of scripts that one process runs: few at first, since most changes are caught by the first ones.
const AT_ONCE: [usize; 4] = [3, 12, 48, 192];

/// The verdict of a means on a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It failed.
    Caught,
    /// It did not end in time.
    TimeOut,
    /// It passed.
    Missed,
    /// None of its trials reaches the change.
    Unreached,
}

impl Verdict {
    /// Whether it shows that something is wrong.
    pub fn is_catch(self) -> bool {
        matches!(self, Verdict::Caught | Verdict::TimeOut)
    }
}

/// A line of the results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// The key of what was measured, and how; results with another key do not apply.
    pub key: String,
    /// The change.
    pub id: String,
    /// The name of the means.
    pub means: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The trial that caught it, or the first of those that one process ran.
    pub by: String,
    /// How the failure showed.
    pub how: String,
    /// The wall-clock time in seconds.
    pub seconds: f64,
}

/// Shows changes to means.
pub struct Scorer<'a> {
    /// All trials.
    pub trials: &'a [Trial],
    /// What each trial reaches.
    pub reach: &'a [Reach],
    /// The seconds that the trials of one setup of `checks` and `modes` may take together, by their times without a change. Tests
    /// of the change's own folder and room do not count: all of them run.
    pub budget: f64,
    /// The same for the tests.
    pub test_budget: f64,
    /// A folder for outputs.
    pub folder: &'a Path,
    /// The key of the results.
    pub key: &'a str,
}

/// The time limit of a process with a change, given the seconds that it takes without one.
fn limit(own: f64) -> Duration {
    LEAST.max(Duration::from_secs_f64(own * MULTIPLE))
}

/// The first two parts of a source file's module, by which the tests of the library are grouped: `jit::regalloc`.
fn folder(file: &str) -> String {
    let path = file.trim_start_matches("src/").trim_end_matches(".rs");
    path.split('/').filter(|part| *part != "mod").take(2).collect::<Vec<_>>().join("::")
}

impl Scorer<'_> {
    /// Shows a change to one means.
    ///
    /// # Errors
    /// A program cannot be started, or fails even without the change: the machine lacks memory or time for it, or it fails by
    /// chance.
    pub fn show(&self, n: u32, candidate: &Candidate, means: Means, job: usize) -> Result<Shown, String> {
        let start = Instant::now();
        let mut shown = Shown {
            key: self.key.to_string(),
            id: candidate.id(),
            means: means.name().to_string(),
            verdict: Verdict::Unreached,
            by: String::new(),
            how: String::new(),
            seconds: 0.0,
        };
        let setups = (0..SETUPS.len()).map(Some).chain([None]);
        for setup in setups {
            for batch in self.batches(n, &candidate.file, means, setup) {
                let first = batch[0].0;
                let mut args = first.args.clone();
                // Scripts are selected by the last argument.
                args.extend(batch[1..].iter().filter_map(|(trial, _)| trial.args.last().cloned()));
                let limit = limit(batch.iter().map(|(_, reach)| reach.seconds).sum());
                let output = self.folder.join(format!("output-{job}"));
                let run = |switch| child::run(&first.program, &args, &first.folder, switch, limit, &output);
                let ended = run(Switch::On(n))?;
                if ended.end != End::Fine {
                    let without = run(Switch::Off)?;
                    if without.end != End::Fine {
                        let name = &first.name;
                        return Err(format!(
                            "{name} does not pass without a change: {:?}\n{}",
                            without.end,
                            tail(&without.output)
                        ));
                    }
                }
                shown.verdict = match &ended.end {
                    End::Fine => Verdict::Missed,
                    End::Failed(_) => Verdict::Caught,
                    End::TimeOut => Verdict::TimeOut,
                };
                if let End::Failed(how) = ended.end {
                    shown.how = how;
                }
                if shown.verdict != Verdict::Missed {
                    let more = batch.len() - 1;
                    let of = setup.map_or("", |setup| SETUPS[setup].name);
                    shown.by = format!(
                        "{of} {}{}",
                        first.name,
                        if more > 0 { format!(" and {more} more") } else { String::new() }
                    );
                    shown.by = shown.by.trim().to_string();
                    shown.seconds = start.elapsed().as_secs_f64();
                    return Ok(shown);
                }
            }
        }
        shown.seconds = start.elapsed().as_secs_f64();
        Ok(shown)
    }

    /// The trials of a means and a setup that reach a change, in batches that one process runs: the tests of the change's own
    /// folder and of its whole room; then, within the budget, those of the room's other folders and all others, the quickest
    /// first.
    fn batches(&self, n: u32, file: &str, means: Means, setup: Option<usize>) -> Vec<Vec<(&Trial, &Reach)>> {
        let all = self.trials.iter().zip(self.reach);
        let reaches = |(trial, reach): &(&Trial, &Reach)| {
            trial.means == means && trial.setup == setup && reach.reached.binary_search(&n).is_ok()
        };
        let mut of: Vec<_> = all.filter(reaches).collect();
        let folder = folder(file);
        let room = folder.split("::").next();
        let is_own = |trial: &Trial| trial.own.as_ref().is_some_and(|own| *own == folder || Some(own.as_str()) == room);
        let is_near = |trial: &Trial| trial.own.as_ref().is_some_and(|own| own.split("::").next() == room);
        let rank = |trial: &Trial| (!is_own(trial), !is_near(trial));
        of.sort_by(|(x, a), (y, b)| rank(x).cmp(&rank(y)).then(a.seconds.total_cmp(&b.seconds)));
        let mut spent = 0.0;
        let most = match means {
            Means::Checks | Means::Modes => self.budget,
            Means::Tests => self.test_budget,
            Means::Suite | Means::Extra | Means::Smith => f64::INFINITY,
        };
        of.retain(|(trial, reach)| {
            if is_own(trial) {
                return true;
            }
            let fits = spent < most;
            spent += reach.seconds;
            fits
        });
        if setup.is_none() {
            return of.into_iter().map(|one| vec![one]).collect();
        }
        let (mut rest, mut batches, mut sizes) = (&of[..], Vec::new(), AT_ONCE.iter());
        while !rest.is_empty() {
            let size = sizes.next().copied().unwrap_or(usize::MAX).min(rest.len());
            let (batch, others) = rest.split_at(size);
            batches.push(batch.to_vec());
            rest = others;
        }
        batches
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// With a limit that is too short, everything slow would count as caught.
    #[test]
    fn a_process_has_several_times_its_own_time() {
        assert_eq!([0.0, 0.5, 20.0].map(|own| limit(own).as_secs()), [10, 10, 200]);
    }

    /// The tests of the change's own folder and room all come first; then, within the budget, the others, beginning with those of
    /// the same room.
    #[test]
    fn tests_of_the_own_folder_are_tried_first() {
        let trial = |name: &str, own: Option<&str>| Trial {
            means: Means::Tests,
            setup: None,
            name: name.into(),
            own: own.map(str::to_string),
            program: PathBuf::new(),
            args: Vec::new(),
            folder: PathBuf::new(),
        };
        let trials = [
            trial("slow", None),
            trial("quick", None),
            trial("others", Some("jit::opt")),
            trial("own", Some("jit::regalloc")),
            trial("unreached", None),
            trial("room", Some("jit")),
        ];
        let reached = |seconds, reached: &[u32]| Reach { seconds, reached: reached.to_vec(), trouble: None };
        let reach = [5.0, 1.0, 2.0, 4.0].map(|seconds| reached(seconds, &[3]));
        let reach: Vec<Reach> = reach.into_iter().chain([reached(0.1, &[2]), reached(6.0, &[3])]).collect();
        let order = |file: &str, test_budget: f64| -> Vec<String> {
            let folder = Path::new("");
            let scorer = Scorer { trials: &trials, reach: &reach, budget: 0.0, test_budget, folder, key: "" };
            scorer.batches(3, file, Means::Tests, None).iter().map(|batch| batch[0].0.name.clone()).collect()
        };
        assert_eq!(order("src/jit/regalloc/scan/assign.rs", 100.0), ["own", "room", "others", "quick", "slow"]);
        assert_eq!(order("src/jit/opt/mod.rs", 0.5), ["others", "room", "own"]);
        assert_eq!(order("src/jit/opt/mod.rs", 4.5), ["others", "room", "own", "quick"]);
        assert_eq!(order("src/module/weight.rs", 0.5), ["quick"]);
        assert_eq!(order("src/jit/regalloc/mod.rs", 0.5), ["own", "room", "others"]);
    }
}
