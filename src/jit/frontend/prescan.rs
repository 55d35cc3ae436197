//! Finds the locals that each control structure assigns: they may need block parameters where its paths meet.

use crate::module::syntax::{self, Nest};
use foldhash::HashMap;
use std::ops::Range;
use wasmparser::Operator;

/// The result of a scan over a body.
#[derive(Default)]
pub(super) struct Assigned {
    locals: Vec<u32>,
    /// Ranges of `locals`, by control structure in the order in which they begin.
    ranges: Vec<Range<u32>>,
    /// The clauses of each `try` of the older proposal, by structure: they come after the code that they cover.
    tries: HashMap<usize, Clauses>,
}

/// The exception handling of a `try`.
#[derive(Clone, Default)]
pub(super) struct Clauses {
    /// Tags; `None` catches all.
    pub catches: Vec<Option<u32>>,
    /// The label whose block handles exceptions instead.
    pub delegate: Option<u32>,
}

impl Assigned {
    /// Scans a body; `None` if all ranges together have more than `most` locals: in a deep nest, each structure has all
    /// the locals that those inside it assign.
    pub fn scan<'a>(operators: impl Iterator<Item = &'a Operator<'a>>, most: usize) -> Option<Assigned> {
        let mut assigned = Assigned::default();
        // Locals assigned in the open structures; and for each structure, its number and the start of its locals.
        let mut pending = Vec::new();
        let mut open: Vec<(usize, usize)> = Vec::new();
        for op in operators {
            match syntax::nest(op) {
                Nest::Open => {
                    open.push((assigned.ranges.len(), pending.len()));
                    assigned.ranges.push(0..0);
                }
                Nest::Else => {
                    let tag = match op {
                        Operator::Catch { tag_index } => Some(*tag_index),
                        Operator::CatchAll => None,
                        _ => continue,
                    };
                    let &(number, _) = open.last().expect("validated: a clause of a try");
                    assigned.tries.entry(number).or_default().catches.push(tag);
                }
                Nest::End => {
                    let Some((number, start)) = open.pop() else { break };
                    if let Operator::Delegate { relative_depth } = op {
                        assigned.tries.entry(number).or_default().delegate = Some(*relative_depth);
                    }
                    pending[start..].sort_unstable();
                    let mut keep = start;
                    for i in start..pending.len() {
                        if keep == start || pending[keep - 1] != pending[i] {
                            pending[keep] = pending[i];
                            keep += 1;
                        }
                    }
                    // They stay pending, because the enclosing structures assign them, too.
                    pending.truncate(keep);
                    if assigned.locals.len() + pending.len() - start > most {
                        return None;
                    }
                    let from = assigned.locals.len() as u32;
                    assigned.locals.extend_from_slice(&pending[start..]);
                    assigned.ranges[number] = from..assigned.locals.len() as u32;
                    if open.is_empty() {
                        pending.clear();
                    }
                }
                Nest::None => match op {
                    Operator::LocalSet { local_index } | Operator::LocalTee { local_index } if !open.is_empty() => {
                        pending.push(*local_index);
                    }
                    _ => {}
                },
            }
        }
        Some(assigned)
    }

    /// The clauses of a `try`, by its number.
    pub fn clauses(&self, number: usize) -> Clauses {
        self.tries.get(&number).cloned().unwrap_or_default()
    }

    /// The range of a structure's locals, by its number.
    pub fn range(&self, number: usize) -> Range<u32> {
        self.ranges[number].clone()
    }

    /// Returns a range with the locals of another one, and more locals above all of these.
    pub fn and_more(&mut self, range: &Range<u32>, more: impl Iterator<Item = u32>) -> Range<u32> {
        let from = self.locals.len() as u32;
        self.locals.extend_from_within(range.start as usize..range.end as usize);
        self.locals.extend(more);
        from..self.locals.len() as u32
    }

    /// The locals of a range, ascending, each once.
    pub fn locals(&self, range: &Range<u32>) -> &[u32] {
        &self.locals[range.start as usize..range.end as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::next;
    use std::collections::BTreeSet;
    use wasmparser::BlockType;

    /// Returns a random body, and what each of its structures assigns, by structure in the order in which they begin.
    fn body(seed: u64) -> (Vec<Operator<'static>>, Vec<BTreeSet<u32>>) {
        let mut state = seed;
        let mut random = |n: u64| (next(&mut state) % n) as u32;
        let (mut operators, mut assigned) = (Vec::new(), Vec::<BTreeSet<u32>>::new());
        // The open structures, each with a flag that it is an `if` without an `else` so far.
        let mut open: Vec<(usize, bool)> = Vec::new();
        let blockty = BlockType::Empty;
        for _ in 0..80 {
            match random(8) {
                0 | 1 if open.len() < 8 => {
                    let kind = random(3);
                    open.push((assigned.len(), kind == 2));
                    assigned.push(BTreeSet::new());
                    operators.push(match kind {
                        0 => Operator::Block { blockty },
                        1 => Operator::Loop { blockty },
                        _ => Operator::If { blockty },
                    });
                }
                2 => match open.last_mut() {
                    Some((_, before_else @ true)) => {
                        *before_else = false;
                        operators.push(Operator::Else);
                    }
                    Some(_) => {
                        open.pop();
                        operators.push(Operator::End);
                    }
                    None => operators.push(Operator::Nop),
                },
                3 if !open.is_empty() => {
                    open.pop();
                    operators.push(Operator::End);
                }
                n => {
                    let local_index = random(5);
                    operators.push(match n {
                        4 => Operator::LocalGet { local_index },
                        5 => Operator::LocalTee { local_index },
                        _ => Operator::LocalSet { local_index },
                    });
                    if n != 4 {
                        for &(number, _) in &open {
                            assigned[number].insert(local_index);
                        }
                    }
                }
            }
        }
        operators.extend(open.iter().map(|_| Operator::End));
        operators.push(Operator::End);
        (operators, assigned)
    }

    /// A structure assigns what is set inside it at any depth, each local once, but not what is set before or after it.
    /// The total may be as large as the limit.
    #[test]
    fn a_structure_assigns_what_is_set_in_it() {
        let mut structures = 0;
        for seed in 1..300 {
            let (operators, expected) = body(seed);
            let all: usize = expected.iter().map(BTreeSet::len).sum();
            let scanned = Assigned::scan(operators.iter(), all).expect("not above the limit");
            for (number, locals) in expected.iter().enumerate() {
                let found = scanned.locals(&scanned.range(number));
                assert!(found.iter().eq(locals.iter()), "seed {seed}, structure {number}: {found:?}, {locals:?}");
            }
            assert!(all == 0 || Assigned::scan(operators.iter(), all - 1).is_none(), "seed {seed}: {all}");
            structures += expected.len();
        }
        assert!(structures > 3000, "{structures}");
    }

    #[test]
    fn more_locals_follow_those_of_a_structure() {
        let blockty = BlockType::Empty;
        let set = |local_index| Operator::LocalSet { local_index };
        let operators = [
            Operator::Block { blockty },
            set(4),
            Operator::Block { blockty },
            set(2),
            Operator::End,
            Operator::End,
            Operator::End,
        ];
        let mut scanned = Assigned::scan(operators.iter(), 3).unwrap();
        let (outer, inner) = (scanned.range(0), scanned.range(1));
        let more = scanned.and_more(&outer, [7, 8].into_iter());
        assert_eq!(scanned.locals(&more), [2, 4, 7, 8]);
        let more = scanned.and_more(&inner, [].into_iter());
        assert_eq!(scanned.locals(&more), [2]);
        assert_eq!((scanned.locals(&outer), scanned.locals(&inner)), (&[2, 4][..], &[2][..]));
    }

    #[test]
    fn clauses_are_those_of_their_try() {
        let blockty = BlockType::Empty;
        let operators = [
            Operator::Try { blockty },
            Operator::Try { blockty },
            Operator::Catch { tag_index: 3 },
            Operator::Try { blockty },
            Operator::Delegate { relative_depth: 1 },
            Operator::End,
            Operator::Catch { tag_index: 5 },
            Operator::Catch { tag_index: 3 },
            Operator::CatchAll,
            Operator::End,
            Operator::Block { blockty },
            Operator::End,
            Operator::End,
        ];
        let scanned = Assigned::scan(operators.iter(), 0).unwrap();
        let clauses = [0, 1, 2, 3].map(|number| {
            let clauses = scanned.clauses(number);
            (clauses.catches, clauses.delegate)
        });
        let expected =
            [(vec![Some(5), Some(3), None], None), (vec![Some(3)], None), (Vec::new(), Some(1)), (Vec::new(), None)];
        assert_eq!(clauses, expected);
    }
}
