//! Which locals each control structure assigns: the locals that may need block parameters where its paths meet.

use crate::module::syntax::{self, Nest};
use std::collections::HashMap;
use std::ops::Range;
use wasmparser::Operator;

/// The result of a scan over a body.
#[derive(Default)]
pub(super) struct Assigned {
    locals: Vec<u32>,
    /// Of `locals`, by control structure in order of their beginnings.
    ranges: Vec<Range<u32>>,
    /// The clauses of each `try` of the older proposal, which stand behind what they are for, by structure.
    tries: HashMap<usize, Clauses>,
}

/// What a `try` does with exceptions.
#[derive(Clone, Default)]
pub(super) struct Clauses {
    /// Tags; `None` catches all.
    pub catches: Vec<Option<u32>>,
    /// The label whose block takes them instead.
    pub delegate: Option<u32>,
}

/// Most locals in all ranges together: each structure in a deep nest has all that those inside of it assign.
const MOST: usize = 16 << 20;

impl Assigned {
    /// `None` if the ranges would take too much memory.
    pub fn scan<'a>(operators: impl Iterator<Item = &'a Operator<'a>>) -> Option<Assigned> {
        let mut assigned = Assigned::default();
        // Locals assigned in the open structures, and for each its number and where its own begin.
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
                    // They stay pending: what encloses this structure assigns them too.
                    pending.truncate(keep);
                    if assigned.locals.len() + pending.len() - start > MOST {
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

    /// Where the locals of a structure lie, by its number.
    pub fn range(&self, number: usize) -> Range<u32> {
        self.ranges[number].clone()
    }

    /// The locals of a range, ascending, each once.
    pub fn locals(&self, range: &Range<u32>) -> &[u32] {
        &self.locals[range.start as usize..range.end as usize]
    }
}
