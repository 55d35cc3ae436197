//! The search algorithms, independent of the questions that they ask.

/// Finds a smallest set of items that still shows the failure: no item of it can be left out on its own. If one item is
/// to blame, the search takes about log2(n) questions.
///
/// Each half is tried in the context of the items held fixed. Where neither half shows the failure on its own, both
/// contribute, and each is narrowed in the context of the other. This is QuickXplain (Junker, "QuickXplain: Preferred
/// Explanations and Relaxations for Over-Constrained Problems", AAAI 2004). Go's bisect uses suffixes of hashes because
/// it cannot list its items; here the modules are known, so the sets are explicit.
///
/// `first_wrong_of` receives sets of items in order and returns the index of the first set that is wrong. It may try
/// them at once. The set of all items must be wrong.
///
/// # Errors
/// The first error of `first_wrong_of`.
pub fn minimal_set<T: Clone + Ord, E>(items: &[T], first_wrong_of: FirstWrong<'_, T, E>) -> Result<Vec<T>, E> {
    narrow(items, &[], first_wrong_of)
}

/// Returns the index of the first set that is wrong; see [`minimal_set`].
pub type FirstWrong<'a, T, E> = &'a mut dyn FnMut(&[Vec<T>]) -> Result<Option<usize>, E>;

fn narrow<T: Clone + Ord, E>(items: &[T], context: &[T], first_wrong_of: FirstWrong<'_, T, E>) -> Result<Vec<T>, E> {
    if items.len() <= 1 {
        return Ok(items.to_vec());
    }
    let union = |a: &[T], b: &[T]| {
        let mut all = [a, b].concat();
        all.sort();
        all
    };
    let (left, right) = items.split_at(items.len() / 2);
    match first_wrong_of(&[union(context, left), union(context, right)])? {
        Some(0) => return narrow(left, context, first_wrong_of),
        Some(_) => return narrow(right, context, first_wrong_of),
        None => {}
    }
    let of_left = narrow(left, &union(context, right), first_wrong_of)?;
    let with_left = union(context, &of_left);
    // The rest of the left half may suffice without the right one.
    let alone = first_wrong_of(std::slice::from_ref(&with_left))?.is_some();
    let of_right = if alone { Vec::new() } else { narrow(right, &with_left, first_wrong_of)? };
    Ok(union(&of_left, &of_right))
}

/// Returns the lowest wrong number in `low..=high`, provided that all numbers below it are right. In any case, the
/// returned number is wrong, and its predecessor is right (or it is `low`). `high` must be wrong.
///
/// # Errors
/// The first error of `wrong`.
pub fn first_wrong<E>(low: u64, high: u64, wrong: &mut dyn FnMut(u64) -> Result<bool, E>) -> Result<u64, E> {
    let (mut low, mut high) = (low, high);
    while low < high {
        let middle = low + (high - low) / 2;
        if wrong(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn search(n: u32, blame: &[&[u32]]) -> (Vec<u32>, usize) {
        let items: Vec<u32> = (0..n).collect();
        let mut asked = 0;
        let found = minimal_set::<u32, Infallible>(&items, &mut |sets| {
            assert!(sets.iter().all(|set| set.is_sorted()), "{sets:?}");
            let wrong = |set: &Vec<u32>| blame.iter().any(|all| all.iter().all(|i| set.contains(i)));
            let first = sets.iter().position(wrong);
            asked += first.map_or(sets.len(), |first| first + 1);
            Ok(first)
        });
        (found.unwrap(), asked)
    }

    #[test]
    fn one_culprit_takes_a_logarithm() {
        for culprit in 0..1000 {
            let (found, asked) = search(1000, &[&[culprit]]);
            assert_eq!(found, [culprit]);
            assert!(asked <= 20, "{asked} questions");
        }
    }

    #[test]
    fn culprits_that_need_each_other_are_all_found() {
        assert_eq!(search(1000, &[&[3, 700]]).0, [3, 700]);
        assert_eq!(search(64, &[&[0, 1, 31, 32, 63]]).0, [0, 1, 31, 32, 63]);
        assert_eq!(search(1, &[&[0]]).0, [0]);
        let (found, _) = search(100, &[&[5, 6], &[80]]);
        assert!(found == [80] || found == [5, 6], "{found:?}");
    }

    #[test]
    fn every_set_that_is_found_is_minimal() {
        for seed in 0u32..200 {
            let draw = |k: u32| (seed.wrapping_mul(2_654_435_761).rotate_left(k * 7) % 40).min(39);
            let blame: Vec<u32> = (0..1 + seed % 4).map(draw).collect();
            let (mut found, _) = search(40, &[&blame]);
            let mut expected = blame.clone();
            expected.sort_unstable();
            expected.dedup();
            found.sort_unstable();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_first_wrong_number() {
        for n in 0..50u64 {
            for first in 0..=n {
                assert_eq!(first_wrong::<Infallible>(0, n, &mut |k| Ok(k >= first)), Ok(first));
            }
        }
        // If the failure comes and goes, the answer is still an edge.
        let bad = [false, true, false, false, true, true, false, true];
        let at = first_wrong::<Infallible>(0, 7, &mut |k| Ok(bad[k as usize])).unwrap() as usize;
        assert!(bad[at] && (at == 0 || !bad[at - 1]));
    }

    /// 4 hides the failure, unless 6 is there: neither is part of it.
    #[test]
    fn what_hides_a_failure_is_no_part_of_it() {
        let items: Vec<u32> = (0..8).collect();
        let wrong = |set: &Vec<u32>| {
            let has = |item| set.contains(&item);
            has(1) && has(5) && (!has(4) || has(6))
        };
        let found = minimal_set::<u32, Infallible>(&items, &mut |sets| Ok(sets.iter().position(wrong)));
        assert_eq!(found, Ok(vec![1, 5]));
    }
}
