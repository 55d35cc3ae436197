//! Decides which differences between two sides may be choices of NaNs.
//!
//! A difference that disappears when all operators make canonical NaNs may be such a choice, or a fault of the code that is
//! executed only without them. Only the left side can tell: it is the one that the others are compared with, and usually the
//! interpreter. A choice that affects more than the bits of NaNs changes what the left side has at the place of the difference.
//! This can be seen, since both of its runs are at the same directive: their values, bytes and ends of directives are compared.
//! without them. What shows that is the left side alone: it is the one that the others are held against, and the interpreter, as a
//! rule. A choice that is not the bits of NaNs changes what the left side has there. That can be seen, since both of its runs are
//! at the same directive: values, bytes and ends of directives are compared between them.

use super::walk::{At, Difference, HostCall};
use crate::conformance::outcome::equality::{Correspondence, Equality};
use crate::conformance::outcome::nans;
use crate::conformance::outcome::numbers::is_nan;
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::{Expect, Outcome, same_results};
use crate::runtime::store::{BacktraceFrame, Store};
use crate::runtime::value::Val;
use std::ops::Range;

/// The maximum number of differing stretches of bytes that are kept for a memory.
const STRETCHES: usize = 1024;

/// The maximum number of bytes that a number has before or after any of its bytes.
const BESIDE: usize = 7;

/// A difference that must be shown to be a choice of NaNs.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspect {
    /// The first step of the thread in whose store it is; `None` for the script's own store.
    pub thread: Option<usize>,
    /// The place.
    pub at: At,
    /// The two numbers or vectors, if that is what differs.
    pub numbers: Option<[Val; 2]>,
}

/// The left side after a directive.
pub struct LeftSide<'a> {
    /// How the directive ended, if that is known.
    pub outcome: Option<&'a Outcome>,
    /// The stack frames, if it trapped.
    pub frames: &'a [BacktraceFrame],
    /// Its calls of host functions.
    pub calls: &'a [HostCall],
    /// The store.
    pub store: &'a Store,
}

/// The suspects among the outcomes of a directive, where these differ.
pub fn of_outcomes((left, right): (&Outcome, &Outcome), expect: &Expect, map: &Correspondence) -> Vec<Suspect> {
    let suspect = |at, numbers| Suspect { thread: None, at, numbers };
    match (left, right) {
        (Outcome::Returned(x), Outcome::Returned(y)) if x.len() == y.len() => {
            let results = same_results(x, y, expect, map).enumerate().filter(|(_, same)| *same == Equality::No);
            let numbers = |i: usize| Some([number(&x[i].1)?, number(&y[i].1)?]);
            results.map(|(i, _)| suspect(At::Result(i), numbers(i))).collect()
        }
        (Outcome::Exception(_), Outcome::Exception(exception)) => vec![suspect(At::Exception(exception.clone()), None)],
        _ => vec![suspect(At::End, None)],
    }
}

impl Suspect {
    /// The suspect for a difference in the script's own store.
    pub fn of(difference: &Difference) -> Suspect {
        Suspect { thread: None, at: difference.at.clone(), numbers: difference.numbers.as_deref().copied() }
    }

    /// The same suspect, in the store of the thread with this first step.
    pub fn in_thread(self, first: usize) -> Suspect {
        Suspect { thread: Some(first), ..self }
    }

    /// Whether a choice of NaNs may have caused it, judged by what the left side has without canonical NaNs and with them. If the
    /// directive ended differently with them, it always may.
    /// Where the directive ended otherwise with them, anything may be.
    pub fn may_be_chosen(&self, native: &LeftSide<'_>, canonical: &LeftSide<'_>) -> bool {
        let ends = [native, canonical].map(|side| side.outcome.map(end));
        let (l, c) = (native.store, canonical.store);
        let entities = |store: &Store| (store.instances(), store.memories(), store.tables(), store.globals());
        if ends[0] != ends[1] || entities(l) != entities(c) {
            return true;
        }
        match &self.at {
            // The ends are the same.
            At::End => false,
            At::Result(i) => {
                let results = [native, canonical].map(|side| match side.outcome {
                    Some(Outcome::Returned(results)) => results.get(*i).map(|(_, value)| value),
                    _ => None,
                });
                matches!(results, [Some(l), Some(c)] if self.value_may_be_chosen(l, c))
            }
            At::Exception(right) => match (native.outcome, canonical.outcome) {
                (Some(Outcome::Exception(l)), Some(Outcome::Exception(c))) => exception_may_be_chosen(l, right, c),
                _ => false,
            },
            At::Frames => places(native.frames) != places(canonical.frames),
            At::Calls(right) => calls_may_be_chosen(native.calls, right, canonical.calls),
            At::Memory(memory) => l.memory_bytes(*memory).len() != c.memory_bytes(*memory).len(),
            At::Bytes(memory, differ) => {
                let (l, c) = (l.memory_bytes(*memory), c.memory_bytes(*memory));
                differ.iter().cloned().flatten().all(|at| changes_beside(l, c, at))
            }
            At::Table(table) => l.table_len(*table) != c.table_len(*table),
            At::Element(table, i) => {
                let element =
                    |store: &Store| store.table_get(*table, *i).map(|element| Observed::of_ref(element, store));
                match (element(l), element(c)) {
                    (Some(l), Some(c)) => self.value_may_be_chosen(&l, &c),
                    // One table is shorter.
                    _ => true,
                }
            }
            At::Global(global) => {
                let value = |store: &Store| Observed::of(store.global_get(*global), store);
                self.value_may_be_chosen(&value(l), &value(c))
            }
            At::Segments(instance) => l.dropped(*instance) != c.dropped(*instance),
        }
    }

    /// [`Suspect::may_be_chosen`] for the value at the place. The difference may be within an object that it leads to.
    fn value_may_be_chosen(&self, native: &Observed, canonical: &Observed) -> bool {
        match (self.numbers, number(native), number(canonical)) {
            (Some(differ), Some(native), Some(canonical)) => nans::may_be_chosen(differ, native, canonical),
            (Some([left, right]), ..) if nans::are_bits_of_nans(left, right) => true,
            _ => native != canonical,
        }
    }
}

/// How a directive ended, without its values.
fn end(outcome: &Outcome) -> Outcome {
    match outcome {
        Outcome::Returned(_) => Outcome::Returned(Vec::new()),
        Outcome::Exception(Observed::Exception(tag, _)) => Outcome::Exception(Observed::Exception(*tag, Vec::new())),
        Outcome::Exhaustion(_) => Outcome::Exhaustion(String::new()),
        other => other.clone(),
    }
}

fn number(value: &Observed) -> Option<Val> {
    match value {
        Observed::I32(v) => Some(Val::I32(*v)),
        Observed::I64(v) => Some(Val::I64(*v)),
        Observed::F32(bits) => Some(Val::F32(*bits)),
        Observed::F64(bits) => Some(Val::F64(*bits)),
        Observed::V128(v) => Some(Val::V128(*v)),
        _ => None,
    }
}

/// The functions that a trap left, and where.
fn places(frames: &[BacktraceFrame]) -> Vec<(u32, u32, Option<u32>)> {
    frames.iter().map(|frame| (frame.instance.0, frame.function, frame.module_offset)).collect()
}

/// Whether two exceptions may differ by choices of NaNs. All of their numbers count; what they refer to counts only if the
/// numbers are alike.
fn exception_may_be_chosen(left: &Observed, right: &Observed, canonical: &Observed) -> bool {
    let payload = |exception: &Observed| -> Vec<Option<Val>> {
        match exception {
            Observed::Exception(_, values) => values.iter().map(number).collect(),
            _ => Vec::new(),
        }
    };
    let [l, r, c] = [left, right, canonical].map(payload);
    let known = l.iter().zip(&r).zip(&c).filter_map(|((l, r), c)| Some(((*l)?, (*r)?, (*c)?)));
    let numbers: Vec<(Val, Val, Val)> = known.collect();
    let differ = |(l, r, _): &(Val, Val, Val)| nans::as_one_nan(*l) != nans::as_one_nan(*r);
    match l.len() == r.len() && numbers.iter().any(differ) {
        true => numbers.into_iter().all(|(l, r, c)| nans::may_be_chosen([l, r], l, c)),
        false => left != canonical,
    }
}

/// Whether calls of host functions may differ by choices of NaNs: either all the numbers that differ may, or the functions that
/// are called do.
fn calls_may_be_chosen(left: &[HostCall], right: &[HostCall], canonical: &[HostCall]) -> bool {
    let functions = |calls: &[HostCall]| calls.iter().map(|(name, args)| (*name, args.len())).collect::<Vec<_>>();
    let [l, r, c] = [left, right, canonical].map(functions);
    if l != c || l != r {
        return l != c;
    }
    let arguments = |calls: &[HostCall]| calls.iter().flat_map(|(_, args)| args.clone()).collect::<Vec<_>>();
    let [l, r, c] = [left, right, canonical].map(arguments);
    l.into_iter().zip(r).zip(c).all(|((l, r), c)| nans::may_be_chosen([l, r], l, c))
}

/// The bytes in these ranges of two memories that differ and do not belong to NaNs on both sides, as f32 or as f64, at any
/// alignment. If there are very many stretches, the first ones.
/// these begin. Of very many stretches, the first ones.
pub fn bytes_but_nans(left: &[u8], right: &[u8], within: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for at in within.flatten() {
        if left[at] == right[at] || are_in_nans(left, right, at) {
            continue;
        }
        if let Some(last) = found.last_mut().filter(|last| last.end == at) {
            last.end += 1;
        } else if found.len() < STRETCHES {
            found.push(at..at + 1);
        } else {
            break;
        }
    }
    found
}

/// Whether this byte belongs to the bits of a NaN on both sides.
fn are_in_nans(left: &[u8], right: &[u8], at: usize) -> bool {
    let is_nan_at = |bytes: &[u8], start: usize, width: usize| {
        let bits = |bytes: &[u8]| bytes.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        bytes.get(start..start + width).is_some_and(|bytes| is_nan(bits(bytes), 8 * width as u32))
    };
    [4, 8].into_iter().any(|width| {
        let mut starts = (at + 1).saturating_sub(width)..=at;
        starts.any(|start| is_nan_at(left, start, width) && is_nan_at(right, start, width))
    })
}

/// Whether a number that this byte may belong to differs in two memories.
fn changes_beside(native: &[u8], canonical: &[u8], at: usize) -> bool {
    (at.saturating_sub(BESIDE)..=at + BESIDE).any(|i| native.get(i) != canonical.get(i))
}
