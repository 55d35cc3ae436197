//! The final phase: stores of spilled values, the slots that they share, and the result in regalloc2's form.

use super::graph::Graph;
use super::index::{BlockId, IntervalId, Position, Table};
use super::interval::Intervals;
use super::moves::{EditPoint, Loc, LocKind, Move, When};
use super::registers::{NO_REG, Reg, preg};
use super::webs::Webs;
use super::{BlockFrequency, Edits, Scan};
use regalloc2::{Allocation, Edit, Output, ProgPoint, RegClass, SpillSlot};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

impl Scan {
    /// Builds the result from the decisions of the scan.
    pub(super) fn finish<F: BlockFrequency>(&mut self, f: &F, output: &mut Output) {
        let Edits { ordered, loose, operands, in_slots, spilled } = &mut self.edits;
        for &v in spilled.iter() {
            if !self.intervals[v].place.in_memory {
                let (at, reg) = place_of_store(v, &self.intervals, &self.graph, &self.states);
                loose.push(Move { at, from: Loc::reg(reg), to: Loc::slot(self.webs.of(v)) });
            }
        }
        let slot_sizes = [RegClass::Int, RegClass::Float].map(|class| f.spillslot_size(class));
        output.num_spillslots = assign_slots(spilled, &mut self.intervals, &self.webs, slot_sizes, &mut self.slots);
        output.debug_locations.clear();
        output.stats = Default::default();
        for &index in in_slots.iter() {
            let operand = &mut operands[index as usize];
            *operand = slot(self.webs.of(IntervalId(operand.index() as u32)), &self.slots);
        }
        std::mem::swap(&mut output.allocs, operands);
        output.inst_alloc_offsets.clear();
        let offsets = &self.survey.offsets;
        output.inst_alloc_offsets.extend_from_slice(&offsets[..offsets.len() - 1]);
        merge(ordered, loose, &self.slots, &mut output.edits);
    }
}

/// Merges the two lists of moves in order of position.
fn merge(ordered: &[Move], loose: &mut [Move], slots: &Table<IntervalId, u32>, edits: &mut Vec<(ProgPoint, Edit)>) {
    // The sort is stable: moves at the same point stay in the order in which they were made.
    loose.sort_by_key(|m| m.at);
    edits.clear();
    edits.reserve(ordered.len() + loose.len());
    let mut loose = loose.iter().peekable();
    for m in ordered {
        while let Some(first) = loose.next_if(|l| l.at < m.at) {
            edits.extend(edit(first, slots));
        }
        edits.extend(edit(m, slots));
    }
    edits.extend(loose.filter_map(|m| edit(m, slots)));
}

fn edit(m: &Move, slots: &Table<IntervalId, u32>) -> Option<(ProgPoint, Edit)> {
    let (from, to) = (allocation(m.from, slots), allocation(m.to, slots));
    let inst = m.at.position().inst();
    let point = if m.at.is_after() { ProgPoint::after(inst) } else { ProgPoint::before(inst) };
    // Different values may have the same slot.
    (from != to).then_some((point, Edit::Move { from, to }))
}

fn allocation(loc: Loc, slots: &Table<IntervalId, u32>) -> Allocation {
    match loc.kind() {
        LocKind::Slot(value) => slot(value, slots),
        LocKind::Reg(reg) => Allocation::reg(preg(reg)),
    }
}

fn slot(value: IntervalId, slots: &Table<IntervalId, u32>) -> Allocation {
    Allocation::stack(SpillSlot::new(slots[value] as usize))
}

/// Returns the point where a value is stored and its register there: the beginning of a block that dominates all reads of
/// the slot, or the definition if each such block is executed more often.
fn place_of_store(
    v: IntervalId,
    intervals: &Intervals,
    graph: &Graph,
    states: &[(IntervalId, Reg)],
) -> (EditPoint, Reg) {
    /// The maximum number of dominators that are examined.
    const STEPS: u32 = 64;
    let value = &intervals[v];
    let defined = &graph.blocks[value.live.block];
    let mut block: BlockId = value.place.readers;
    for _ in 0..STEPS {
        if block == value.live.block {
            break;
        }
        let data = &graph.blocks[block];
        if data.weight() <= defined.weight()
            && let Some(&(_, reg)) = states[data.entry.indices()].iter().find(|&&(value, _)| value == v)
        {
            return (When::Stored.at(data.first), reg);
        }
        block = data.idom;
    }
    debug_assert_ne!(value.place.home, NO_REG, "a value that is not in memory is in a register");
    let when = if value.edge.is_param { When::Stored } else { When::After };
    (when.at(value.live.first), value.place.home)
}

/// Assigns the same slots to webs that are live at different times. Slots are recorded for each web's representative.
/// Returns the number of slots.
fn assign_slots(
    spilled: &mut Vec<IntervalId>,
    intervals: &mut Intervals,
    webs: &Webs,
    sizes: [usize; 2],
    slots: &mut Table<IntervalId, u32>,
) -> usize {
    // From here on, the representative of a web is live from the start of its first spilled member to the end of its last.
    for v in spilled.iter_mut() {
        let web = webs.of(*v);
        let live = intervals[*v].live;
        let of_web = &mut intervals[web];
        if of_web.place.readers.is_none() {
            of_web.place.readers = BlockId::ENTRY;
            of_web.live = live;
        }
        of_web.live.first = of_web.live.first.min(live.first);
        of_web.live.last = of_web.live.last.max(live.last);
        *v = web;
    }
    spilled.sort_unstable_by_key(|&v| (intervals[v].live.first, v));
    spilled.dedup();
    if let Some(&most) = spilled.iter().max() {
        slots.grow_to(most, 0);
    }
    let mut count = 0;
    // The free slots by size; and the slots in use, ordered by the end of their values.
    let mut free: [Vec<u32>; 3] = Default::default();
    let mut busy: BinaryHeap<Reverse<(Position, u32, usize)>> = BinaryHeap::new();
    for &v in spilled.iter() {
        let value = &intervals[v];
        while let Some(&Reverse((last, slot, size))) = busy.peek()
            && last < value.live.first
        {
            busy.pop();
            free[size].push(slot);
        }
        let size = sizes[value.class()];
        let slot = free[size].pop().unwrap_or_else(|| {
            count += size as u32;
            count - size as u32
        });
        slots[v] = slot;
        busy.push(Reverse((value.live.last, slot, size)));
    }
    count as usize
}
