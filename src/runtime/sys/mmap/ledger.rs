//! A cross-check of address space: who reserved what, and what may be done there.
//!
//! The system accepts any request for pages that are mapped, whoever owns them. In builds with assertions, each request is
//! checked against what was reserved, and against the rights that earlier requests left: it lies in one reservation; a
//! reservation is released whole; rights change where they are to change; what is decommitted was accessible. A wrong address or
//! length panics where it is used.

use std::collections::BTreeMap;
use std::ops::Range;

/// Access rights to a range of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// No access: every one faults.
    None,
    /// Reads and writes.
    ReadWrite,
    /// Reads and execution.
    ReadExecute,
}

/// Reservations, and the rights to their parts. The checks panic.
#[derive(Clone, Debug)]
pub struct Ledger {
    /// Lengths by address.
    reservations: BTreeMap<usize, usize>,
    /// Rights from an address on, up to the next entry. `None`: a request failed, and may have changed a part.
    rights: BTreeMap<usize, Option<Access>>,
}

impl Ledger {
    pub const fn new() -> Ledger {
        Ledger { reservations: BTreeMap::new(), rights: BTreeMap::new() }
    }

    /// Records a reservation.
    pub fn reserved(&mut self, range: Range<usize>) {
        let before = self.reservations.range(..range.end).next_back();
        assert!(before.is_none_or(|(at, len)| at + len <= range.start), "{range:#x?} is reserved twice");
        self.reservations.insert(range.start, range.len());
        self.set(range, Some(Access::None));
    }

    /// Removes a reservation, before the system has it again and may give it to others.
    pub fn released(&mut self, range: Range<usize>) {
        let reserved = self.reservations.remove(&range.start);
        assert_eq!(reserved, Some(range.len()), "{range:#x?} is released");
        self.strike(range);
    }

    /// Checks any request for the pages of a range.
    pub fn check_inside(&self, range: &Range<usize>) {
        let before = self.reservations.range(..=range.start).next_back();
        assert!(before.is_some_and(|(at, len)| range.end <= at + len), "{range:#x?} is not reserved, but {before:#x?}");
    }

    /// Checks a request to give memory back.
    pub fn check_decommit(&self, range: &Range<usize>) {
        self.check_inside(range);
        let accessible = self.rights(range).all(|access| access != Access::None);
        assert!(accessible, "{range:#x?} is decommitted, and was not committed");
    }

    /// Checks a request to change access rights.
    pub fn check_protect(&self, range: &Range<usize>, access: Access) {
        self.check_inside(range);
        assert!(self.rights(range).all(|before| before != access), "parts of {range:#x?} are {access:?} already");
    }

    /// Records the result of a request to change access rights.
    pub fn protected(&mut self, range: Range<usize>, access: Access, succeeded: bool) {
        self.set(range, succeeded.then_some(access));
    }

    /// The rights that are known in a range.
    fn rights(&self, range: &Range<usize>) -> impl Iterator<Item = Access> {
        let first = self.rights.range(..=range.start).next_back();
        let others = self.rights.range(range.start + 1..range.end);
        first.into_iter().chain(others).filter_map(|(_, access)| *access)
    }

    fn set(&mut self, range: Range<usize>, access: Option<Access>) {
        let behind = self.rights.range(..=range.end).next_back().and_then(|(_, access)| *access);
        self.strike(range.clone());
        self.rights.insert(range.start, access);
        // What lies after a reservation belongs to nobody, and no request concerns it until it is reserved.
        self.rights.entry(range.end).or_insert(behind);
    }

    fn strike(&mut self, range: Range<usize>) {
        let inside: Vec<usize> = self.rights.range(range).map(|(&at, _)| at).collect();
        for at in inside {
            self.rights.remove(&at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn panics(check: impl FnOnce()) -> bool {
        catch_unwind(AssertUnwindSafe(check)).is_err()
    }

    /// Pages one by one: whose they are, and their rights.
    #[derive(Clone, Copy, PartialEq)]
    struct Page {
        reservation: usize,
        access: Option<Access>,
    }

    #[test]
    fn requests_at_random_are_right_where_each_of_their_pages_is() {
        const PAGES: usize = 40;
        let random = &mut Random::new(1);
        let (mut ledger, mut pages) = (Ledger::new(), [None::<Page>; PAGES]);
        let mut answers = [[0u32; 2]; 4];
        for reservation in 0..20_000 {
            let start = random.below(PAGES as u64) as usize;
            let range = start..(start + 1 + random.below(12) as usize).min(PAGES);
            let access = [Access::None, Access::ReadWrite, Access::ReadExecute][random.below(3) as usize];
            let of = &mut pages[range.clone()];
            let inside =
                of.iter().all(|page| page.is_some_and(|p| Some(p.reservation) == of[0].map(|p| p.reservation)));
            match random.below(4) {
                0 if of.iter().all(Option::is_none) => {
                    ledger.reserved(range);
                    of.fill(Some(Page { reservation, access: Some(Access::None) }));
                }
                1 if inside => {
                    let right = of.iter().flatten().all(|page| page.access != Some(access));
                    assert_eq!(panics(|| ledger.check_protect(&range, access)), !right);
                    if right {
                        let succeeded = random.below(8) > 0;
                        ledger.protected(range, access, succeeded);
                        of.iter_mut().flatten().for_each(|page| page.access = succeeded.then_some(access));
                    }
                    answers[0][usize::from(right)] += 1;
                }
                2 => {
                    let right = inside && of.iter().flatten().all(|page| page.access != Some(Access::None));
                    assert_eq!(panics(|| ledger.check_decommit(&range)), !right);
                    assert_eq!(panics(|| ledger.check_inside(&range)), !inside);
                    answers[1][usize::from(right)] += 1;
                    answers[2][usize::from(inside)] += 1;
                }
                3 => {
                    let owner = pages[start].map(|page| page.reservation);
                    let owned = |i: usize| owner.is_some() && pages[i].map(|page| page.reservation) == owner;
                    let whole = (0..PAGES).all(|i| range.contains(&i) == owned(i));
                    if whole {
                        ledger.released(range.clone());
                        pages[range].fill(None);
                    }
                    answers[3][usize::from(whole)] += 1;
                }
                _ => {}
            }
        }
        assert!(answers.as_flattened().iter().all(|&n| n > 50), "{answers:?}");
    }

    #[test]
    fn what_is_reserved_is_released_whole_and_once() {
        let mut ledger = Ledger::new();
        ledger.reserved(10..20);
        ledger.reserved(20..30);
        for range in [5..11, 19..25, 12..14, 10..20] {
            assert!(panics(|| ledger.clone().reserved(range)));
        }
        for range in [10..19, 11..20, 10..30, 0..10] {
            assert!(panics(|| ledger.clone().released(range)));
        }
        ledger.released(10..20);
        assert!(panics(|| ledger.check_inside(&(10..11))));
        ledger.check_inside(&(20..30));
    }
}
