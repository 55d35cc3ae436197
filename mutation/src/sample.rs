//! A sample of the changes: drawn at random, the same for the same seed, and such that no mutator dominates.

use crate::candidates::{Candidate, hash};
use std::collections::BTreeMap;

/// The number of changes that are drawn for each room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rooms(pub Vec<(String, usize)>);

/// The shares of the rooms, if no others are requested.
const SHARES: [(&str, usize); 5] = [("jit", 35), ("interp", 20), ("runtime", 25), ("module", 5), ("conformance", 15)];

impl Rooms {
    /// This many changes in total, in the usual shares.
    pub fn usual(n: usize) -> Rooms {
        let mut rooms: Vec<_> = SHARES.iter().map(|(room, share)| (room.to_string(), n * share / 100)).collect();
        let rest = n - rooms.iter().map(|(_, n)| n).sum::<usize>();
        rooms[0].1 += rest;
        Rooms(rooms)
    }

    /// Reads `jit=700,interp=400`.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> Result<Rooms, String> {
        let room = |part: &str| {
            let (room, n) = part.split_once('=').ok_or_else(|| format!("expected ROOM=N, found '{part}'"))?;
            Ok((room.to_string(), n.parse().map_err(|e| format!("'{part}': {e}"))?))
        };
        text.split(',').map(room).collect::<Result<_, _>>().map(Rooms)
    }
}

/// The changes of a room in the order in which a sample takes them. Each mutator is drawn with a weight that grows with the
/// square root of the number of its changes; the changes of a mutator are equally likely.
pub fn order<'a>(candidates: impl Iterator<Item = &'a Candidate>, seed: u64) -> Vec<&'a Candidate> {
    let seed = seed.to_string();
    let mut left: BTreeMap<&str, Vec<(u64, &Candidate)>> = BTreeMap::new();
    for candidate in candidates {
        let luck = hash(&[&seed, &candidate.identity()]);
        left.entry(candidate.mutator).or_default().push((luck, candidate));
    }
    for all in left.values_mut() {
        all.sort_by_key(|(luck, candidate)| (*luck, candidate.identity()));
    }
    // The weights stay those of the beginning: the number of changes that a mutator has left says nothing about its importance.
    let weights: BTreeMap<&str, f64> = left.iter().map(|(name, all)| (*name, (all.len() as f64).sqrt())).collect();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let sum: f64 = left.keys().map(|name| weights[name]).sum();
        let luck = hash(&[&seed, &ordered.len().to_string()]) as f64 / u64::MAX as f64 * sum;
        let mut passed = 0.0;
        let drawn = left.keys().find(|name| {
            passed += weights[*name];
            passed >= luck
        });
        let name = drawn.or(left.keys().next_back()).copied().unwrap_or_default();
        let Some(all) = left.get_mut(name) else { break };
        ordered.extend(all.pop().map(|(_, candidate)| candidate));
        if all.is_empty() {
            left.remove(name);
        }
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::find;
    use std::collections::BTreeSet;

    fn source(lines: usize) -> String {
        let many: String = (0..lines).map(|i| format!("    let a = a.wrapping_mul({});\n", i + 10)).collect();
        format!("fn f(a: u32, b: bool) -> u32 {{\n{many}    if a < 3 && b {{ 1 }} else {{ a }}\n}}\n")
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let found = find("src/jit/a.rs", &source(50)).unwrap().candidates;
        let ids = |seed| order(found.iter(), seed).iter().map(|c| c.id()).collect::<Vec<_>>();
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        let (all, drawn): (BTreeSet<_>, BTreeSet<_>) =
            (found.iter().map(Candidate::id).collect(), ids(1).into_iter().collect());
        assert_eq!(all, drawn, "a sample of all is all");
        assert_eq!(ids(1).len(), found.len(), "nothing is drawn twice");
    }

    #[test]
    fn no_mutator_takes_over() {
        let found = find("src/jit/a.rs", &source(200)).unwrap().candidates;
        let constants = found.iter().filter(|c| c.mutator.starts_with("constant")).count();
        assert!(constants * 10 > found.len() * 9, "{constants} of {}", found.len());
        let first: Vec<_> = order(found.iter(), 7).into_iter().take(20).collect();
        let others = first.iter().filter(|c| !c.mutator.starts_with("constant")).count();
        assert!(others >= 4, "only {others} of 20 are others");
    }

    #[test]
    fn rooms_are_read() {
        assert_eq!(Rooms::parse("jit=7,interp=4"), Ok(Rooms(vec![("jit".into(), 7), ("interp".into(), 4)])));
        assert!(Rooms::parse("jit").is_err() && Rooms::parse("jit=x").is_err());
        assert_eq!(Rooms::usual(101).0.iter().map(|(_, n)| n).sum::<usize>(), 101);
    }
}
