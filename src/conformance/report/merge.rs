//! Merges the reports of shards into the report of one run.

use super::about::{About, Shard};
use super::reporter::Loaded;
use super::reporter::RunEnd;
use std::collections::HashSet;

/// Why reports are not the shards of one run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// The list of reports is empty.
    #[error("no reports given")]
    NoReport,
    /// Two reports have the same record.
    #[error("{name}: {key} directive {index} on {backend} occurs twice, so these are not shards of one run")]
    Twice {
        /// The name of the second report.
        name: String,
        /// [`Record::key`](crate::conformance::record::Record::key).
        key: String,
        /// [`Record::index`](crate::conformance::record::Record::index).
        index: String,
        /// [`Record::backend`](crate::conformance::record::Record::backend).
        backend: String,
    },
    /// Reports of different suites: the names of both reports, each with its suite.
    #[error("{} is of suite {:?}, but {} is of {:?}, so these are not shards of one run", .0.0, .0.1, .1.0, .1.1)]
    Suites((String, String), (String, String)),
    /// A report has no [`About`].
    #[error("{0} does not state what was run (it was written by an older wasmoon), so it cannot be merged with others")]
    NoAbout(String),
    /// Reports of different programs, switches, selections or sets of shards.
    #[error("{first} and {second} are not shards of one run: {difference}")]
    Different {
        /// The name of a report.
        first: String,
        /// The name of another report.
        second: String,
        /// The field in which they differ.
        difference: String,
    },
}

/// Merges the reports of shards into one: with the records in the order of the inputs, and the time of the slowest (shards run in
/// parallel). [`Shard::missing`] lists the missing shards.
///
/// # Errors
/// See [`MergeError`].
pub fn merge(inputs: Vec<(String, Loaded)>) -> Result<Loaded, MergeError> {
    let mut seen: HashSet<(String, String, String, String)> = HashSet::new();
    let mut merged: Option<(String, Loaded)> = None;
    for (name, input) in inputs {
        for r in &input.records {
            if !seen.insert((r.group.clone(), r.file.clone(), r.index.clone(), r.backend.clone())) {
                let (key, index, backend) = (r.key(), r.index.clone(), r.backend.clone());
                return Err(MergeError::Twice { name, key, index, backend });
            }
        }
        merged = Some(match merged {
            None => (name, input),
            Some((first, mut all)) => {
                if all.end.suite != input.end.suite {
                    return Err(MergeError::Suites((first, all.end.suite), (name, input.end.suite)));
                }
                all.end.about = Some(together(&first, &all.end, &name, &input.end)?);
                all.records.extend(input.records);
                all.end.wall_ms = all.end.wall_ms.max(input.end.wall_ms);
                all.end.jit_functions += input.end.jit_functions;
                all.end.tiers = match (all.end.tiers, input.end.tiers) {
                    (Some(all), Some(more)) => Some(all.plus(more)),
                    (one, other) => one.or(other),
                };
                all.end.interrupted |= input.end.interrupted;
                for item in input.end.news {
                    // Each shard sees the same expectations.
                    if !all.end.news.contains(&item) {
                        all.end.news.push(item);
                    }
                }
                (first, all)
            }
        });
    }
    let (_, mut all) = merged.ok_or(MergeError::NoReport)?;
    // With all shards, it is the whole run.
    if let Some(about) = &mut all.end.about
        && about.shard.as_ref().is_some_and(|shard| shard.count_missing() == 0)
    {
        about.shard = None;
    }
    Ok(all)
}

/// The combined description of two shards.
fn together(first: &str, a: &RunEnd, second: &str, b: &RunEnd) -> Result<About, MergeError> {
    let says = |name: &str, end: &RunEnd| end.about.clone().ok_or_else(|| MergeError::NoAbout(name.to_string()));
    let (mut a, b) = (says(first, a)?, says(second, b)?);
    let apart = |difference| MergeError::Different { first: first.to_string(), second: second.to_string(), difference };
    // Shards may run on different machines.
    if let Some((what, old, new)) = a.differences(&b).iter().find(|(what, ..)| *what != "CPU") {
        return Err(apart(format!("{what}: {old:?} and {new:?}")));
    }
    match (&mut a.shard, &b.shard) {
        (Some(x), Some(y)) if x.of == y.of && !y.parts.iter().any(|part| x.parts.contains(part)) => {
            x.parts.extend(&y.parts);
            x.parts.sort_unstable();
        }
        (x, y) => {
            let text = |s: Option<&Shard>| s.map_or_else(|| "a whole run".into(), |s| format!("shard {s}"));
            return Err(apart(format!("{} and {}", text(x.as_ref()), text(y.as_ref()))));
        }
    }
    Ok(a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::report::reporter::{NewsItem, TierFigures};

    /// It does not matter which shard is read first.
    #[test]
    fn the_order_of_shards_does_not_matter() {
        let shard = |part: u64, wall_ms, interrupted, tiers: Option<u64>| {
            let about = About { shard: Some(Shard { parts: vec![part], of: 2 }), ..About::default() };
            let news = NewsItem { text: format!("seen by {part}"), counts: part == 1 };
            let both = NewsItem { text: "seen by both".into(), counts: false };
            let end = RunEnd {
                wall_ms,
                suite: "r1".into(),
                about: Some(about),
                jit_functions: 10 * part,
                tiers: tiers.map(|called| TierFigures { called, ..TierFigures::default() }),
                news: vec![news, both],
                interrupted,
            };
            (format!("{part}.jsonl"), Loaded { records: Vec::new(), end })
        };
        for (interrupted, tiers) in
            [([false, false], [None, None]), ([true, false], [Some(3), None]), ([true, true], [Some(3), Some(4)])]
        {
            let one = || shard(1, 50, interrupted[0], tiers[0]);
            let two = || shard(2, 70, interrupted[1], tiers[1]);
            let merged = |inputs| {
                let mut end = merge(inputs).unwrap().end;
                end.news.sort_by(|a, b| a.text.cmp(&b.text));
                end
            };
            let end = merged(vec![one(), two()]);
            assert_eq!(end, merged(vec![two(), one()]));
            assert_eq!((end.wall_ms, end.jit_functions, end.news.len()), (70, 30, 3));
            assert_eq!(end.interrupted, interrupted != [false, false]);
            let called = tiers.into_iter().flatten().reduce(|a, b| a + b);
            assert_eq!(end.tiers.map(|tiers| tiers.called), called);
            assert_eq!(end.about.unwrap().shard, None, "both are there");
        }
    }

    #[test]
    fn shards_have_no_part_in_common() {
        let of = |name: &str, parts: &[u64], suite: &str| {
            let about = About { shard: Some(Shard { parts: parts.to_vec(), of: 5 }), ..About::default() };
            let end = RunEnd { suite: suite.into(), about: Some(about), ..RunEnd::default() };
            (name.to_string(), Loaded { records: Vec::new(), end })
        };
        let merged = merge(vec![of("a", &[4, 5], "r1"), of("b", &[1, 2], "r1")]).expect("shards of one run");
        let about = merged.end.about.expect("a description");
        assert_eq!(about.shard, Some(Shard { parts: vec![1, 2, 4, 5], of: 5 }));
        let refused = |inputs| merge(inputs).expect_err("no shards of one run");
        assert_eq!(
            refused(vec![of("a", &[1, 2], "r1"), of("b", &[2, 3], "r1")]),
            MergeError::Different {
                first: "a".into(),
                second: "b".into(),
                difference: "shard 1,2/5 and shard 2,3/5".into(),
            }
        );
        assert_eq!(
            refused(vec![of("a", &[1], "r1"), of("b", &[2], "r2")]),
            MergeError::Suites(("a".into(), "r1".into()), ("b".into(), "r2".into()))
        );
        let mut silent = of("b", &[2], "r1");
        silent.1.end.about = None;
        assert_eq!(refused(vec![of("a", &[1], "r1"), silent]), MergeError::NoAbout("b".into()));
        assert_eq!(refused(Vec::new()), MergeError::NoReport);
    }
}
