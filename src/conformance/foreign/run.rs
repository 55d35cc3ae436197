//! Runs a file in foreign columns, one after the other.

use super::column::ForeignColumn;
use crate::conformance::lockstep::alone::Executor;
use crate::conformance::outcome::Outcome;
use crate::conformance::plan::FileResult;
use crate::conformance::progress::{FileError, FileProgress};
use crate::conformance::read::script::ScriptStep;
use crate::conformance::read::suite::SuiteFile;
use crate::conformance::record::{DirectiveResult, Record, Verdict, index_path};
use crate::conformance::report::replay::Replay;
use crate::conformance::unsupervised;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The maximum number of times that a file is run again without one more directive.
const MOST_REPLAYS: usize = 100;

/// An executor that leaves out the directives that ended the engine before.
struct Without<'a> {
    engine: Box<dyn Executor>,
    ended: &'a HashMap<String, Outcome>,
    /// The first directive that ended it and is not known yet, with its position, index and outcome.
    new: Option<(usize, String, Outcome)>,
    /// The end of the time for the file.
    deadline: Option<Instant>,
    /// The first directive that had no time, or less than its own limit.
    late: Option<usize>,
    /// The number of directives so far.
    count: usize,
}

impl Without<'_> {
    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

impl Executor for Without<'_> {
    fn act(&mut self, step: &mut ScriptStep<'_>) -> Outcome {
        let at = self.count;
        self.count += 1;
        if let Some(outcome) = self.ended.get(&step.index) {
            self.engine.skip(step);
            return outcome.clone();
        }
        if self.is_late() {
            self.late.get_or_insert(at);
            self.engine.skip(step);
            return Outcome::Timeout;
        }
        let outcome = self.engine.act(step);
        if outcome == Outcome::Timeout && self.is_late() {
            self.late.get_or_insert(at);
        }
        if self.new.is_none() && self.engine.is_lost() {
            self.new = Some((at, step.index.clone(), outcome.clone()));
        }
        outcome
    }

    fn skip(&mut self, step: &ScriptStep<'_>) {
        self.count += 1;
        self.engine.skip(step);
    }

    fn finish(&mut self) -> Outcome {
        self.engine.finish()
    }

    fn is_lost(&self) -> bool {
        self.engine.is_lost()
    }
}

/// Runs a file in these columns, and adds their records to a result that has those of `backends`. Records are ordered by
/// directive, then by column: backends, these columns, and the comparison. `timeout` limits a column.
pub fn add(result: &mut FileResult, backends: &[&str], columns: &[ForeignColumn], timeout: Duration, replay: &Replay) {
    if columns.is_empty() {
        return;
    }
    let start = Instant::now();
    if backends.is_empty() {
        result.complete = true;
    }
    for column in columns {
        let replay = replay_of(column, replay);
        match run_column(column, &result.file, Instant::now().checked_add(timeout)) {
            Ok((mut known, complete)) => {
                result.complete &= complete;
                result.records.extend(known.records(&result.file, &[&column.name], replay.as_ref()));
            }
            Err(error) => {
                result.complete = false;
                result.records.extend(error.records(&result.file, &[&column.name], replay.as_ref()));
                result.error.get_or_insert_with(|| error.located().to_string());
            }
        }
    }
    sort(&mut result.records, backends, columns);
    result.wall += start.elapsed();
}

/// Ends the engines of these columns. What is not yet reported about how engines ended is added to the result of the file that
/// ran last, after the last directive.
pub fn end(result: &mut FileResult, backends: &[&str], columns: &[ForeignColumn], replay: &Replay) {
    if columns.is_empty() {
        return;
    }
    let start = Instant::now();
    for column in columns {
        let mut ends = column.take_died();
        ends.extend((column.end)());
        let last = result.records.iter().rfind(|record| record.backend == column.name);
        let (index, line) = behind(last.map(|record| (&record.index[..], record.line)));
        let mut known = FileProgress::default();
        for (place, how) in (index..).zip(ends) {
            add_end(&mut known, (place, line), "end of the run", &Outcome::Crash(how));
        }
        let replay = replay_of(column, replay);
        result.records.extend(known.records(&result.file, &[&column.name], replay.as_ref()));
    }
    sort(&mut result.records, backends, columns);
    result.wall += start.elapsed();
}

/// The command that replays a directive in such a column, if there is one.
fn replay_of(column: &ForeignColumn, replay: &Replay) -> Option<Replay> {
    let given = column.given.as_ref()?;
    let exact = if column.by_phase { "" } else { " --exact-messages" };
    Some(Replay { engine: Some(given.clone()), switches: format!("{}{exact}", replay.switches), ..replay.clone() })
}

/// Sorts records by directive, then by column.
fn sort(records: &mut [Record], backends: &[&str], columns: &[ForeignColumn]) {
    let names: Vec<&str> = backends.iter().copied().chain(columns.iter().map(|column| &column.name[..])).collect();
    let rank = |name: &str| names.iter().position(|known| *known == name).unwrap_or(names.len());
    records.sort_by_cached_key(|record| (record.path(), rank(&record.backend)));
}

/// Runs a file, and reports after it which engines have ended between scripts. Also returns whether everything was run.
///
/// # Errors
/// The file is not a script.
fn run_column(
    column: &ForeignColumn,
    file: &Arc<SuiteFile>,
    deadline: Option<Instant>,
) -> Result<(FileProgress, bool), FileError> {
    let (mut known, complete) = replayed(column, file, deadline)?;
    for how in column.take_died() {
        ended_behind(&mut known, "end of another script", &Outcome::Crash(how));
    }
    Ok((known, complete))
}

/// Runs a file. A directive that ends the engine is not run again: everything else is run again without it, so that it alone has
/// that outcome. The directives before it must end as before. Also returns whether everything was run.
///
/// # Errors
/// The file is not a script.
fn replayed(
    column: &ForeignColumn,
    file: &Arc<SuiteFile>,
    deadline: Option<Instant>,
) -> Result<(FileProgress, bool), FileError> {
    let mut known = FileProgress::default();
    let mut ended: HashMap<String, Outcome> = HashMap::new();
    loop {
        let engine = column.executor(file, deadline);
        let mut without = Without { engine, ended: &ended, new: None, deadline, late: None, count: 0 };
        let mut results = unsupervised::run_alone(file, column.by_phase, &mut without)?;
        let (new, late) = (without.new.take(), without.late);
        // What ended the engine while there was time is reported first: the next round, without that directive, has no time.
        let ended_before =
            new.as_ref().is_some_and(|(at, ..)| late.is_some_and(|late| late > *at)) && ended.len() < MOST_REPLAYS;
        if let Some(late) = late.filter(|_| !ended_before) {
            // What has no time now may have run before.
            let timeouts = results.take_from(late);
            known.merge(results);
            for (known, timeout) in known.lines.iter_mut().skip(late).flatten().zip(timeouts.into_iter().flatten()) {
                *known = known.take().or(timeout);
            }
            return Ok((known, false));
        }
        match new {
            Some((at, index, outcome)) if ended.len() < MOST_REPLAYS => {
                // The rest did not run.
                results.take_from(at + 1);
                known.merge(results);
                ended.insert(index, outcome);
            }
            new => {
                known.merge(results);
                let is_whole = new.is_none();
                let end = if is_whole { without.finish() } else { Outcome::Done };
                if end != Outcome::Done {
                    ended_behind(&mut known, "end of the script", &end);
                }
                return Ok((known, is_whole));
            }
        }
    }
}

/// Adds a result after the last directive: an engine did not survive the end of this script, or of another one.
fn ended_behind(known: &mut FileProgress, what: &str, end: &Outcome) {
    let place = behind(known.steps.last().map(|(index, line, _)| (&index[..], *line)));
    add_end(known, place, what, end);
}

/// The position after the directive with this index and line: the index of the next one, and the same line.
fn behind(last: Option<(&str, u32)>) -> (u32, u32) {
    last.map_or((0, 0), |(index, line)| (index_path(index)[0] + 1, line))
}

fn add_end(known: &mut FileProgress, (index, line): (u32, u32), what: &str, end: &Outcome) {
    let at = known.steps.len();
    known.add_step((index.to_string(), line, what.into()), 1);
    let verdict = if *end == Outcome::Timeout { Verdict::Timeout } else { Verdict::Crash };
    let got = Some(end.to_string());
    known.add_line(at, 0, DirectiveResult { verdict, expected: Some("done".into()), got, cause: None, us: 0 });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::language::Messages;
    use crate::conformance::read::suite::Source;
    use crate::runtime::trap::TrapCode;

    /// An engine that some directives end. It must be told of every directive in turn, even of those that it does not run: names
    /// of modules depend on them.
    struct Mortal {
        dies_at: fn(&str) -> bool,
        lost: bool,
        told: usize,
        /// How its script ends.
        end: Outcome,
    }

    impl Mortal {
        fn told(&mut self, step: &ScriptStep<'_>) {
            assert_eq!(step.index, self.told.to_string(), "the one before it was left out in silence");
            self.told += 1;
        }
    }

    impl Executor for Mortal {
        fn act(&mut self, step: &mut ScriptStep<'_>) -> Outcome {
            self.told(step);
            if self.lost {
                return Outcome::Error("it is gone".into());
            }
            self.lost = (self.dies_at)(&step.index);
            if self.lost { Outcome::Crash("here".into()) } else { Outcome::Done }
        }

        fn skip(&mut self, step: &ScriptStep<'_>) {
            self.told(step);
        }

        fn is_lost(&self) -> bool {
            self.lost
        }

        fn finish(&mut self) -> Outcome {
            assert!(!self.lost, "it has ended");
            self.end.clone()
        }
    }

    /// An engine with these outcomes for its calls, by the number of the process and that of the call. A `Timeout` first waits
    /// for the end of the file's time.
    struct Moody {
        run: usize,
        ends: fn(usize, usize) -> Outcome,
        call: usize,
        lost: bool,
        deadline: Option<Instant>,
    }

    impl Executor for Moody {
        fn act(&mut self, _: &mut ScriptStep<'_>) -> Outcome {
            let outcome = (self.ends)(self.run, self.call);
            self.call += 1;
            if outcome == Outcome::Timeout {
                let deadline = self.deadline.expect("it ends");
                std::thread::sleep(deadline.saturating_duration_since(Instant::now()));
            }
            if self.lost {
                return Outcome::Error("it is gone".into());
            }
            self.lost = matches!(outcome, Outcome::Crash(_) | Outcome::Timeout);
            outcome
        }

        fn skip(&mut self, _: &ScriptStep<'_>) {
            self.call += 1;
        }

        fn is_lost(&self) -> bool {
            self.lost
        }

        fn finish(&mut self) -> Outcome {
            Outcome::Done
        }
    }

    /// The verdicts and outcomes of some calls in such an engine.
    fn moody(count: usize, ends: fn(usize, usize) -> Outcome, timeout: Duration) -> Vec<(Verdict, String)> {
        let file = Arc::new(SuiteFile::of_test(Source::Given(calls(count).into())));
        let runs = std::sync::atomic::AtomicUsize::new(0);
        let column = ForeignColumn::new("other", false, move |_, deadline| {
            let run = runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Box::new(Moody { run, ends, call: 0, lost: false, deadline })
        });
        let mut result = FileResult::new(&file);
        add(&mut result, &[], &[column], timeout, &Replay::default());
        result.records.into_iter().map(|r| (r.verdict, r.got.unwrap_or_default())).collect()
    }

    /// What ran before an engine died is run again, and must end as before.
    #[test]
    fn what_ends_in_another_way_on_a_replay_is_flaky() {
        let long = Duration::from_secs(1000);
        let trap = || Outcome::Trap(TrapCode::Unreachable, "here".into());
        let ends = |run, call| match (run, call) {
            (0, 0) => Outcome::Trap(TrapCode::Unreachable, "here".into()),
            (_, 1) => Outcome::Crash("there".into()),
            _ => Outcome::Done,
        };
        let seen = moody(3, ends, long);
        let verdicts = |seen: &[(Verdict, String)]| seen.iter().map(|(verdict, _)| *verdict).collect::<Vec<_>>();
        assert_eq!(verdicts(&seen), [Verdict::Flaky, Verdict::Crash, Verdict::Pass], "{seen:?}");
        assert_eq!(seen[0].1, format!("{}, on replay Pass", trap()));
        // It dies later and then earlier, the latter only once.
        let ends = |run, call| match (run, call) {
            (0, 2) | (1, 1) | (2, 3) => Outcome::Crash("there".into()),
            _ => Outcome::Done,
        };
        let seen = moody(5, ends, long);
        let (pass, crash) = (Verdict::Pass, Verdict::Crash);
        assert_eq!(verdicts(&seen), [pass, Verdict::Flaky, crash, crash, pass], "{seen:?}");
        assert_eq!(seen[1].1, "Pass, on replay crash(there)");
    }

    /// What an engine that is gone says about the rest is not reported, even if the time runs out meanwhile.
    #[test]
    fn time_ends_while_an_engine_is_gone() {
        let ends = |run, call| match (run, call) {
            (0, 1) => Outcome::Crash("there".into()),
            (0, 3) => Outcome::Timeout,
            _ => Outcome::Done,
        };
        let seen = moody(5, ends, Duration::from_secs(2));
        let verdicts: Vec<Verdict> = seen.iter().map(|(verdict, _)| *verdict).collect();
        let timeout = Verdict::Timeout;
        assert_eq!(verdicts, [Verdict::Pass, Verdict::Crash, timeout, timeout, timeout], "{seen:?}");
    }

    /// The time of a file may end within a directive. What ran before, in a replay or a run, is left unchanged.
    #[test]
    fn time_ends_within_a_directive() {
        let (pass, crash, timeout) = (Verdict::Pass, Verdict::Crash, Verdict::Timeout);
        for run_ends in [0, 1] {
            let ends: fn(usize, usize) -> Outcome = match run_ends {
                0 => |_, call| if call == 2 { Outcome::Timeout } else { Outcome::Done },
                _ => |run, call| match (run, call) {
                    (0, 2) => Outcome::Crash("there".into()),
                    (1, 1) => Outcome::Timeout,
                    _ => Outcome::Done,
                },
            };
            let seen = moody(5, ends, Duration::from_secs(2));
            let verdicts: Vec<Verdict> = seen.iter().map(|(verdict, _)| *verdict).collect();
            let third = if run_ends == 0 { timeout } else { crash };
            assert_eq!(verdicts, [pass, pass, third, timeout, timeout], "{seen:?}");
        }
    }

    /// An engine that does not survive the end of a script is distinguished from one that does, by a result after the last
    /// directive.
    #[test]
    fn the_end_of_a_script_has_a_result() {
        for (end, verdict) in [(Outcome::Crash("late".into()), Verdict::Crash), (Outcome::Timeout, Verdict::Timeout)] {
            let result = result_with(calls(2), &[], |_| false, Duration::from_secs(1000), end.clone());
            let [.., last] = &result.records[..] else { panic!("no records") };
            assert_eq!((result.records.len(), last.verdict, last.line, &*last.index), (3, verdict, 2, "2"));
            assert_eq!((last.got.clone(), &*last.directive), (Some(end.to_string()), "end of the script"));
        }
    }

    /// An engine that has ended between scripts is reported once, after the next file that is a script.
    #[test]
    fn what_ended_before_a_script_has_a_result() {
        let mut column = ForeignColumn::new("other", false, |_, _| {
            Box::new(Mortal { dies_at: |_| false, lost: false, told: 0, end: Outcome::Crash("late".into()) })
        });
        column.died = Arc::new(vec!["behind a/b: killed".to_string()].into());
        let records = |text: &str| {
            let file = Arc::new(SuiteFile::of_test(Source::Given(text.to_string().into())));
            let mut result = FileResult::new(&file);
            add(&mut result, &[], &[column.clone()], Duration::from_secs(1000), &Replay::default());
            let told = |r: Record| (r.index, r.directive, r.verdict, r.got.unwrap_or_default());
            result.records.into_iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(records("(nonsense)").len(), 1);
        let crash =
            |index: &str, what: &str, got: &str| (index.to_string(), what.to_string(), Verdict::Crash, got.to_string());
        let late = crash("1", "end of the script", "crash(late)");
        let before = crash("2", "end of another script", "crash(behind a/b: killed)");
        assert_eq!(records(&calls(1))[1..], [late.clone(), before]);
        assert_eq!(records(&calls(1))[1..], [late]);
    }

    /// Ends between scripts that are not yet reported are reported at the end of a run, before those that happen then; after the
    /// file that ran last, even if it is not a script. An engine that ends properly adds nothing.
    #[test]
    fn what_ends_behind_the_last_script_has_a_result() {
        for (text, index) in [("(invoke \"f\") (invoke \"f\")", 2), ("(nonsense)", 1)] {
            let column = |name: &str, ends: &'static [&'static str]| {
                let mut column = ForeignColumn::new(name, true, |_, _| {
                    Box::new(Mortal { dies_at: |_| false, lost: false, told: 0, end: Outcome::Done })
                });
                column.end = Arc::new(move || ends.iter().map(|how| how.to_string()).collect());
                column.given = Some(format!("{name}=cmd:x"));
                column
            };
            let columns = [column("z", &["first", "second"]), column("well", &[]), column("a", &["third"])];
            let mut result = FileResult::new(&Arc::new(SuiteFile::of_test(Source::Embedded(text))));
            add(&mut result, &[], &columns, Duration::from_secs(1000), &Replay::default());
            let (before, complete) = (result.records.len(), result.complete);
            columns[0].died.lock().expect("nobody panics").push("between".into());
            for _ in 0..2 {
                end(&mut result, &[], &columns, &Replay::default());
            }
            assert!(result.records[..before].iter().all(|r| r.directive != "end of the run"), "{:?}", result.records);
            let told: Vec<(String, &str, &str, Option<&str>)> = result.records[before..]
                .iter()
                .map(|r| {
                    assert_eq!((&r.directive[..], r.verdict), ("end of the run", Verdict::Crash));
                    (r.index.clone(), &r.backend[..], r.got.as_deref().unwrap_or_default(), r.replay.as_deref())
                })
                .collect();
            let line = |at: u32, name, got| ((index + at).to_string(), name, got);
            let expected = [
                line(0, "z", "crash(between)"),
                line(0, "a", "crash(third)"),
                line(1, "z", "crash(first)"),
                line(1, "a", "crash(third)"),
                line(2, "z", "crash(second)"),
                line(3, "z", "crash(first)"),
                line(4, "z", "crash(second)"),
            ];
            let seen: Vec<_> = told.iter().map(|(index, name, got, _)| (index.clone(), *name, *got)).collect();
            assert_eq!(seen, expected);
            assert!(told.iter().all(|(_, name, _, replay)| replay.is_some_and(|replay| replay.contains(name))));
            assert_eq!(result.complete, complete);
        }
    }

    /// The result of `count` calls in a column with this name, alongside our own columns, which have no records.
    fn result(text: String, backends: &[&str], dies_at: fn(&str) -> bool, timeout: Duration) -> FileResult {
        result_with(text, backends, dies_at, timeout, Outcome::Done)
    }

    fn result_with(
        text: String,
        backends: &[&str],
        dies_at: fn(&str) -> bool,
        timeout: Duration,
        end: Outcome,
    ) -> FileResult {
        let file = Arc::new(SuiteFile::of_test(Source::Given(text.into())));
        let column = ForeignColumn::new("other", false, move |_, _| {
            Box::new(Mortal { dies_at, lost: false, told: 0, end: end.clone() })
        });
        let mut result = FileResult::new(&file);
        add(&mut result, backends, &[column], timeout, &Replay::default());
        result
    }

    fn calls(count: usize) -> String {
        "(invoke \"f\")\n".repeat(count)
    }

    /// Each directive that ends the engine is a separate crash, and everything else is run without it.
    #[test]
    fn what_ends_an_engine_is_done_once() {
        let long = Duration::from_secs(1000);
        let of = |dies_at, count| {
            let result = result(calls(count), &[], dies_at, long);
            assert!(result.records.iter().all(|r| r.backend == "other" && r.replay.is_none()));
            assert!(result.error.is_none());
            assert_eq!(result.complete, count <= MOST_REPLAYS, "what is beyond was not done");
            result.records.iter().map(|r| r.verdict).collect::<Vec<_>>()
        };
        let (pass, crash) = (Verdict::Pass, Verdict::Crash);
        assert_eq!(of(|_| false, 3), [pass; 3]);
        assert_eq!(of(|index| ["1", "3"].contains(&index), 5), [pass, crash, pass, crash, pass]);
        assert_eq!(of(|_| true, 4), [crash; 4]);
        // However many there are: beyond a limit, the rest has failed.
        let many = of(|_| true, MOST_REPLAYS + 3);
        assert_eq!(many.iter().filter(|v| **v == crash).count(), MOST_REPLAYS + 1);
        assert!(many[MOST_REPLAYS + 1..].iter().all(|v| *v == Verdict::Fail));
    }

    /// A script says which messages count. A column that ignores those of rejections makes no difference to the others.
    #[test]
    fn messages_that_do_not_count_do_not_count_by_phase_either() {
        for (messages, verdict) in
            [(Messages::All, Verdict::Fail), (Messages::OfExecution, Verdict::Fail), (Messages::None, Verdict::Pass)]
        {
            let mut file = SuiteFile::of_test(Source::Given("(assert_trap (invoke \"f\") \"unreachable\")".into()));
            file.language.messages = messages;
            let ends = |_, _| Outcome::Trap(TrapCode::IntegerDivideByZero, "here".into());
            let column = ForeignColumn::new("other", true, move |_, deadline| {
                Box::new(Moody { run: 0, ends, call: 0, lost: false, deadline })
            });
            let mut result = FileResult::new(&Arc::new(file));
            add(&mut result, &[], &[column], Duration::from_secs(1000), &Replay::default());
            assert_eq!(result.records[0].verdict, verdict, "{messages:?}");
        }
    }

    #[test]
    fn a_file_out_of_time_is_not_done() {
        let late = result(calls(3), &[], |_| false, Duration::ZERO);
        assert!(late.records.iter().all(|r| r.verdict == Verdict::Timeout) && late.records.len() == 3);
        assert!(!late.complete);
        // There may be no time limit.
        let timely = result(calls(3), &[], |_| false, Duration::MAX);
        assert!(timely.records.iter().all(|r| r.verdict == Verdict::Pass) && timely.complete);
    }

    /// Without columns of ours, a file is complete unless it is not a script; with columns of ours, they decide.
    #[test]
    fn a_file_is_whole_if_every_column_is() {
        let long = Duration::from_secs(1000);
        let complete = |text: String, backends: &[&str]| {
            let result = result(text, backends, |_| false, long);
            (result.complete, result.error.is_some(), result.records.len())
        };
        assert_eq!(complete(calls(2), &[]), (true, false, 2));
        assert_eq!(complete(calls(2), &["interp"]), (false, false, 2));
        assert_eq!(complete("(nonsense)".into(), &[]), (false, true, 1));
    }

    /// The time and the error of our own columns stay.
    #[test]
    fn the_time_and_the_error_of_our_own_columns_stay() {
        let file = Arc::new(SuiteFile::of_test(Source::Given("(nonsense)".into())));
        let column = ForeignColumn::new("other", false, |_, _| {
            Box::new(Mortal { dies_at: |_| false, lost: false, told: 0, end: Outcome::Done })
        });
        let mut result = FileResult::new(&file);
        result.wall = Duration::from_secs(1000);
        result.error = Some("ours".into());
        add(&mut result, &["interp"], &[column], Duration::from_secs(1000), &Replay::default());
        assert_eq!((result.error.as_deref(), result.records.len(), result.complete), (Some("ours"), 1, false));
        assert!(result.wall >= Duration::from_secs(1000), "{:?}", result.wall);
    }

    /// A directive that does not run because its name is taken also counts among those before a death.
    #[test]
    fn directives_that_are_left_out_are_counted() {
        use Verdict::{Crash, Fail, Flaky, Pass};
        let text = "(module $m) (module $m) (module $m) (invoke \"f\") (invoke \"f\") (invoke \"f\")";
        let file = Arc::new(SuiteFile::of_test(Source::Embedded(text)));
        let runs = std::sync::atomic::AtomicUsize::new(0);
        let ends: fn(usize, usize) -> Outcome = |run, call| match (run, call) {
            (0, 3) => Outcome::Trap(TrapCode::Unreachable, "here".into()),
            (_, 4) => Outcome::Crash("there".into()),
            _ => Outcome::Done,
        };
        let column = ForeignColumn::new("other", false, move |_, deadline| {
            let run = runs.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Box::new(Moody { run, ends, call: 0, lost: false, deadline })
        });
        let mut result = FileResult::new(&file);
        add(&mut result, &[], &[column], Duration::from_secs(1000), &Replay::default());
        let verdicts: Vec<Verdict> = result.records.iter().map(|r| r.verdict).collect();
        assert_eq!(verdicts, [Pass, Fail, Fail, Flaky, Crash, Pass]);
    }

    /// Dies at the second call: when the directive's time runs out, or only when the file's does.
    struct Slow {
        outcome: Outcome,
        waits: bool,
        calls: usize,
        deadline: Option<Instant>,
    }

    impl Executor for Slow {
        fn act(&mut self, _: &mut ScriptStep<'_>) -> Outcome {
            self.calls += 1;
            if self.calls < 2 {
                return Outcome::Done;
            }
            if self.waits {
                std::thread::sleep(self.deadline.expect("it ends").saturating_duration_since(Instant::now()));
            }
            self.outcome.clone()
        }

        fn skip(&mut self, _: &ScriptStep<'_>) {
            self.calls += 1;
        }

        fn is_lost(&self) -> bool {
            self.calls >= 2 && self.outcome != Outcome::Done
        }

        fn finish(&mut self) -> Outcome {
            Outcome::Done
        }
    }

    /// A directive has its own time within that of the file. One that ends by itself has ended, even if it used up the last of
    /// the time.
    #[test]
    fn the_time_of_a_directive_is_not_that_of_the_file() {
        let (pass, timeout) = (Verdict::Pass, Verdict::Timeout);
        let (long, short) = (Duration::from_secs(1000), Duration::from_secs(2));
        for (outcome, waits, time, verdicts, complete) in [
            (Outcome::Timeout, false, long, [pass, timeout], true),
            (Outcome::Done, true, short, [pass, pass], true),
            (Outcome::Timeout, true, short, [pass, timeout], false),
        ] {
            let file = Arc::new(SuiteFile::of_test(Source::Given(calls(2).into())));
            let end = outcome.clone();
            let column = ForeignColumn::new("other", false, move |_, deadline| {
                Box::new(Slow { outcome: end.clone(), waits, calls: 0, deadline })
            });
            let mut result = FileResult::new(&file);
            add(&mut result, &[], &[column], time, &Replay::default());
            let found: Vec<Verdict> = result.records.iter().map(|r| r.verdict).collect();
            assert_eq!((&found[..], result.complete), (&verdicts[..], complete), "{outcome} {waits}");
        }
    }

    /// Each column has the full time of a file, however much the previous one took.
    #[test]
    fn each_column_has_its_own_time() {
        let file = Arc::new(SuiteFile::of_test(Source::Given(calls(2).into())));
        let slow = ForeignColumn::new("slow", false, |_, deadline| {
            Box::new(Slow { outcome: Outcome::Done, waits: true, calls: 0, deadline })
        });
        let other = ForeignColumn::new("other", false, |_, _| {
            Box::new(Mortal { dies_at: |_| false, lost: false, told: 0, end: Outcome::Done })
        });
        let mut result = FileResult::new(&file);
        add(&mut result, &[], &[slow, other], Duration::from_secs(2), &Replay::default());
        let found: Vec<(&str, Verdict)> = result.records.iter().map(|r| (&r.backend[..], r.verdict)).collect();
        let pass = Verdict::Pass;
        assert_eq!(found, [("slow", pass), ("other", pass), ("slow", pass), ("other", pass)]);
        assert!(result.complete);
    }

    /// The complete result after the last directive. A script may have no directives.
    #[test]
    fn the_end_of_a_script_comes_behind_its_directives() {
        let crash = Outcome::Crash("late".into());
        for (steps, index, line) in [
            (&[][..], "0", 0),
            (&[("0", 4), ("1", 6)], "2", 6),
            (&[("0", 4), ("1", 6), ("1.0", 7), ("1.1", 8)], "2", 8),
        ] {
            let mut known = FileProgress::default();
            steps.iter().for_each(|(index, line)| known.add_step((index.to_string(), *line, "invoke f".into()), 1));
            ended_behind(&mut known, "end of the script", &crash);
            assert_eq!(known.steps.len(), steps.len() + 1);
            assert_eq!(known.steps.last(), Some(&(index.to_string(), line, "end of the script".to_string())));
            let (expected, got) = (Some("done".to_string()), Some("crash(late)".to_string()));
            let result = DirectiveResult { verdict: Verdict::Crash, expected, got, cause: None, us: 0 };
            assert_eq!(known.lines.last(), Some(&vec![Some(result)]));
        }
    }

    /// Records are ordered by directive, then by column, with comparisons last. What did not pass has a command that repeats it,
    /// with the relevant options. Without such a column, nothing changes.
    #[test]
    fn records_of_other_columns_stand_between_ours_and_the_comparison() {
        let file = Arc::new(SuiteFile::of_test(Source::Embedded("(invoke \"f\") (invoke \"f\")")));
        let mut result = FileResult::new(&file);
        add(&mut result, &[], &[], Duration::ZERO, &Replay::default());
        assert!(result.records.is_empty() && !result.complete);
        result.complete = true;
        for index in ["0", "1"] {
            let ours = ["interp", "jit", "xdiff"].map(|column| Record::passed("group", "stem", index, column));
            result.records.extend(ours);
        }
        let column = |name: &str, by_phase| {
            let end = Outcome::Done;
            let executor = move |_: &Arc<SuiteFile>, _: Option<Instant>| -> Box<dyn Executor> {
                Box::new(Mortal { dies_at: |index| index == "1", lost: false, told: 0, end: end.clone() })
            };
            let mut column = ForeignColumn::new(name, by_phase, executor);
            column.given = Some(format!("{name}=cmd:x"));
            column
        };
        let columns = [column("z", true), column("a", false)];
        let replay = Replay { switches: " --few".into(), ..Replay::default() };
        add(&mut result, &["interp", "jit"], &columns, Duration::from_secs(1000), &replay);
        let seen: Vec<(&str, &str, Option<&str>)> =
            result.records.iter().map(|r| (&r.index[..], &r.backend[..], r.replay.as_deref())).collect();
        let command = |rest: &str| format!("wasmoon test ^group::stem:: --few{rest}");
        let (z, a) = (command(" --at 1 --engine z=cmd:x"), command(" --exact-messages --at 1 --engine a=cmd:x"));
        assert_eq!(
            seen,
            [
                ("0", "interp", None),
                ("0", "jit", None),
                ("0", "z", None),
                ("0", "a", None),
                ("0", "xdiff", None),
                ("1", "interp", None),
                ("1", "jit", None),
                ("1", "z", Some(&z[..])),
                ("1", "a", Some(&a[..])),
                ("1", "xdiff", None),
            ]
        );
        assert!(result.complete && result.error.is_none());
    }
}
