//! The locals that each control structure assigns: they may need block parameters where its paths meet.

use crate::module::syntax::{self, Nest};
use foldhash::HashMap;
use std::ops::Range;
use wasmparser::Operator;

/// The result of a scan over a body.
#[derive(Default)]
pub(super) struct Assigned {
    locals: Vec<u32>,
    /// Ranges of `locals`, by control structure in order of their beginnings.
    ranges: Vec<Range<u32>>,
    /// The clauses of each `try` of the older proposal, which stand behind the code that they cover, by structure.
    tries: HashMap<usize, Clauses>,
}

/// The exception handling of a `try`.
#[derive(Clone, Default)]
pub(super) struct Clauses {
    /// Tags; `None` catches all.
    pub catches: Vec<Option<u32>>,
    /// The label whose block handles them instead.
    pub delegate: Option<u32>,
}

impl Assigned {
    /// Scans a body; `None` if all ranges together have more than `most` locals: each structure in a deep nest has all
    /// locals that those inside of it assign.
    pub fn scan<'a>(operators: impl Iterator<Item = &'a Operator<'a>>, most: usize) -> Option<Assigned> {
        let mut assigned = Assigned::default();
        // Locals assigned in the open structures, and for each structure its number and where its own begin.
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
                    // They stay pending: the enclosing structures assign them too.
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

    /// A range of those of another one, and more locals above all of them.
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
