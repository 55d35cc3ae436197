//! The self-check of a run: every mutant goes through the judge, and one of each kind and file goes the whole way.

use super::run;
use crate::conformance::judge::mutate::{MutantKind, MutantTally, MutatedText, SelfCheck};
use crate::conformance::plan::{Event, FileResult, Plan};
use crate::conformance::record::{Record, Verdict, XDIFF};
use crate::process::worker::StartError;
use crate::text::{by_number, counted};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a self-check could not run.
#[derive(Debug, thiserror::Error)]
pub enum SelfCheckError {
    /// No worker could be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The folder for mutated scripts could not be created.
    #[error("temporary folder: {0}")]
    Folder(#[source] std::io::Error),
    /// A mutated script could not be written.
    #[error("{}: {error}", path.display())]
    Write {
        /// The script.
        path: PathBuf,
        /// The error of the system.
        #[source]
        error: std::io::Error,
    },
}

/// Runs a plan with [`Plan::self_check`] (strict, unless the plan says otherwise), then the mutated scripts. `ended` receives
/// each finished file. In files of the plan itself, it may mark records as known deviations.
///
/// # Errors
/// Workers cannot be started, or temporary files cannot be written.
pub fn self_check(plan: &Plan, ended: &mut dyn FnMut(&mut FileResult)) -> Result<MutantTally, SelfCheckError> {
    let mut checked = plan.clone();
    checked.self_check.get_or_insert(SelfCheck::default());
    let mut total = MutantTally::default();
    let mut originals: Vec<(FileResult, MutatedText)> = Vec::new();
    let summary = run(&checked, &mut |event| {
        let Event::Finished(mut result) = event else { return };
        ended(&mut result);
        total.unexpected += result.records.iter().filter(|r| r.is_unexpected()).count() as u64;
        let key = result.file.key();
        match result.tally.take() {
            Some(mut tally) => {
                let text = tally.text.take();
                for place in tally.survivors.iter_mut().chain(&mut tally.unmutated) {
                    *place = format!("{key} {place}");
                }
                total += tally;
                originals.extend(text.map(|text| (*result, text)));
            }
            // Nothing was asserted in a file that is not a script, or that never ended: that must not count as checked.
            None => total.unmutated.push(format!("{key}: {}", result.error.as_deref().unwrap_or("gave up"))),
        }
    })?;
    left_out(&mut total, summary.not_run, "file");

    let folder = tempfile::tempdir().map_err(SelfCheckError::Folder)?;
    let mut again = plan.clone();
    again.self_check = None;
    again.files = Vec::new();
    let mut expected = HashMap::new();
    for (number, (original, mutated)) in originals.into_iter().enumerate() {
        let extension = if original.file.json_folder().is_some() { "json" } else { "wast" };
        let path = folder.path().join(format!("{number}.{extension}"));
        std::fs::write(&path, &mutated.text).map_err(|error| SelfCheckError::Write { path: path.clone(), error })?;
        let file = original.file.replaced_by(path);
        expected.insert(file.key(), (original, mutated));
        again.files.push(Arc::new(file));
    }
    let summary = run(&again, &mut |event| {
        let Event::Finished(mut result) = event else { return };
        ended(&mut result);
        if let Some((original, mutated)) = expected.get(&result.file.key()) {
            total += compare(original, mutated, &result);
        }
    })?;
    left_out(&mut total, summary.not_run, "mutated file");
    Ok(total)
}

/// Counts what a stopped run did not check, which is not fine. `of`: its name, in the singular.
fn left_out(total: &mut MutantTally, count: usize, of: &str) {
    if count > 0 {
        let were = by_number(count, "was", "were");
        total.unmutated.push(format!("stopped early: {} {were} not run", counted(count, of)));
    }
}

/// Compares the results: the mutated directives must fail on every backend, and all others must have the same outcomes as before.
fn compare(original: &FileResult, mutated: &MutatedText, result: &FileResult) -> MutantTally {
    let mut tally = MutantTally::default();
    let key = result.file.key();
    let failing: HashMap<String, MutantKind> = mutated.failing.iter().map(|(p, k)| (p.to_string(), *k)).collect();
    if original.records.len() != result.records.len() {
        let message = result.error.clone().unwrap_or_else(|| counted(result.records.len(), "record"));
        let before = counted(original.records.len(), "record");
        tally.survivor(|| format!("{key} as text: {message}, {before} before"));
        tally.whole.0 += failing.len() as u64;
        return tally;
    }
    for (before, after) in original.records.iter().zip(&result.records) {
        let mutated = failing.contains_key(&after.index);
        let kind = failing.get(&after.index).filter(|_| after.backend != XDIFF);
        let right = match kind {
            Some(_) => after.verdict == Verdict::Fail,
            // Different NaNs in a lane were excused because the script expected a NaN; with the mutant, it no longer does.
            None if mutated && after.verdict == Verdict::Poisoned => excused_nans(before),
            None => unchanged(before, after),
        };
        if kind.is_some() {
            tally.whole.0 += 1;
            tally.whole.1 += u64::from(right);
        }
        if !right {
            let what = kind.map_or("not mutated", |k| k.name());
            tally.survivor(|| {
                format!(
                    "{key} as text, line {} {} on {} ({what}): {} before, now {}",
                    after.line,
                    after.directive,
                    after.backend,
                    before.verdict.name(),
                    after.verdict.name()
                )
            });
        }
    }
    tally
}

/// Whether a comparison passed although NaNs differed, and says so.
fn excused_nans(record: &Record) -> bool {
    let excused = record.got.as_ref().is_some_and(|got| got.contains("NaNs that differ by their bits"));
    record.verdict == Verdict::Pass && excused
}

fn unchanged(before: &Record, after: &Record) -> bool {
    (before.verdict, &before.index, before.line) == (after.verdict, &after.index, after.line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::foreign::column::ForeignColumn;
    use crate::conformance::lockstep::alone::Stateless;
    use crate::conformance::outcome::Outcome;
    use crate::conformance::read::script::ScriptStep;
    use crate::conformance::read::suite::{Source, SuiteFile};

    fn result(verdict: Verdict, line: u32) -> FileResult {
        let file = Arc::new(SuiteFile::of_test(Source::Given("".into())));
        let mut result = FileResult::new(&file);
        result.records.push(Record { line, verdict, ..Record::passed("g", "f", "0", "jit") });
        result
    }

    /// Only a failure kills a mutant, and a directive is unchanged only if its outcome and position are.
    #[test]
    fn what_has_no_outcome_kills_no_mutant() {
        let mutated = |failing: &[(usize, MutantKind)]| MutatedText { text: String::new(), failing: failing.to_vec() };
        let kind = MutantKind::ALL[0];
        for verdict in Verdict::ALL {
            let tally = compare(&result(Verdict::Pass, 3), &mutated(&[(0, kind)]), &result(verdict, 3));
            let killed = verdict == Verdict::Fail;
            assert_eq!(
                (tally.whole, tally.survived),
                ((1, u64::from(killed)), u64::from(!killed)),
                "{}",
                verdict.name()
            );
        }
        for (verdict, line, survives) in [(Verdict::Pass, 3, false), (Verdict::Pass, 4, true), (Verdict::Fail, 3, true)]
        {
            let tally = compare(&result(Verdict::Pass, 3), &mutated(&[]), &result(verdict, line));
            assert_eq!(tally.survived, u64::from(survives), "{} {line}", verdict.name());
        }
    }

    fn mutated(failing: &[(usize, MutantKind)]) -> MutatedText {
        MutatedText { text: String::new(), failing: failing.to_vec() }
    }

    /// A comparison has no mutants of its own: it must be as before, except for NaNs that were excused because the script
    /// expected them and no longer does.
    #[test]
    fn comparisons_are_as_before() {
        const NANS: &str = "jit: NaNs that differ by their bits: 1, the first one a result";
        use Verdict::{Diverge, Fail, Pass, Poisoned, Unsupported};
        let failing = &[(0, MutantKind::ALL[0])][..];
        for (before, got, after, failing, survived) in [
            (Pass, None, Pass, failing, 0),
            (Pass, None, Fail, failing, 1),
            (Pass, Some(NANS), Poisoned, failing, 0),
            (Pass, Some(NANS), Unsupported, failing, 1),
            (Pass, Some("jit: something else"), Poisoned, failing, 1),
            (Pass, None, Poisoned, failing, 1),
            (Diverge, Some(NANS), Poisoned, failing, 1),
            (Pass, Some(NANS), Poisoned, &[], 1),
            (Poisoned, None, Poisoned, &[], 0),
        ] {
            let of = |verdict, got: Option<&str>| {
                let mut result = result(verdict, 3);
                let got = got.map(String::from);
                result.records[0] = Record { got, verdict, ..Record::passed("g", "f", "0", XDIFF) };
                result
            };
            let tally = compare(&of(before, got), &mutated(failing), &of(after, None));
            assert_eq!((tally.survived, tally.whole), (survived, (0, 0)), "{before:?} {got:?} {after:?}");
        }
    }

    /// What went wrong is reported with its position; a script with a different number of results kills nothing.
    #[test]
    fn survivors_say_what_they_are() {
        let kind = MutantKind::LowBit;
        let survivors = |failing: &[(usize, MutantKind)], now: &FileResult| {
            let tally = compare(&result(Verdict::Pass, 3), &mutated(failing), now);
            (tally.survivors, tally.survived, tally.whole)
        };
        let of = |text: &str| vec![format!("group/stem as text{text}")];
        let mut none = result(Verdict::Pass, 3);
        none.records.clear();
        let two = [(0, kind), (2, kind)];
        assert_eq!(survivors(&two, &none), (of(": 0 records, 1 record before"), 1, (2, 0)));
        none.error = Some("1:2: no".into());
        assert_eq!(survivors(&two, &none), (of(": 1:2: no, 1 record before"), 1, (2, 0)));
        assert_eq!(
            survivors(&two, &result(Verdict::Pass, 3)),
            (of(", line 3 invoke f on jit (low-bit): pass before, now pass"), 1, (1, 0))
        );
        assert_eq!(
            survivors(&[], &result(Verdict::Timeout, 4)),
            (of(", line 4 invoke f on jit (not mutated): pass before, now timeout"), 1, (0, 0))
        );
        assert_eq!(survivors(&two, &result(Verdict::Fail, 3)), (Vec::new(), 0, (1, 1)));
    }

    #[test]
    fn what_was_not_run_is_not_fine() {
        for (count, expected) in
            [(0, &[][..]), (1, &["stopped early: 1 file was not run"]), (2, &["stopped early: 2 files were not run"])]
        {
            let mut tally = MutantTally::default();
            left_out(&mut tally, count, "file");
            assert_eq!(tally.unmutated, expected);
        }
    }

    /// A file in which no assertion was checked does not count as fine, and its failures count unless they are known.
    #[test]
    fn what_was_not_checked_is_told() {
        for (known, unexpected) in [(false, 2), (true, 0)] {
            let file = SuiteFile::of_test(Source::Embedded("(invoke \"f\") (invoke \"g\")"));
            let mut plan = Plan::new(vec![Arc::new(file)]);
            plan.backends.clear();
            plan.engines = vec![ForeignColumn::new("other", false, |_, _| {
                Box::new(Stateless(|_: &ScriptStep<'_>| Outcome::Error("no".into())))
            })];
            let mut ended = 0;
            let tally = self_check(&plan, &mut |result| {
                ended += 1;
                result.records.iter_mut().for_each(|record| record.known = known);
            });
            let tally = tally.unwrap_or_else(|e| panic!("{e}"));
            let unmutated = vec!["group/stem: gave up".to_string()];
            assert_eq!(tally, MutantTally { unexpected, unmutated, ..MutantTally::default() });
            assert_eq!(ended, 1);
        }
    }
}
