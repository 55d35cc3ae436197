//! The end: where spilled values are stored, which slots they share, and the result in regalloc2's form.

use super::{Loc, Machine, Move, NO_REG, Reg, Scan, When};
use regalloc2::{Allocation, Edit, Inst, Output, ProgPoint, RegClass, SpillSlot};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

impl Scan {
    pub(super) fn finish<F: Machine>(&mut self, f: &F, output: &mut Output) {
        for n in 0..self.spilled.len() {
            let v = self.spilled[n];
            if !self.values[v as usize].in_memory {
                let (at, reg) = self.place_of_store(v);
                self.loose.push(Move { at, from: Loc::reg(reg), to: Loc::slot(v) });
            }
        }
        output.num_spillslots = self.assign_slots(f);
        output.debug_locations.clear();
        output.stats = Default::default();
        for &index in &self.stack_allocs {
            let alloc = &mut self.allocs[index as usize];
            let value = alloc.index();
            *alloc = Allocation::stack(SpillSlot::new(self.values[value].count as usize));
        }
        std::mem::swap(&mut output.allocs, &mut self.allocs);
        output.inst_alloc_offsets.clear();
        output.inst_alloc_offsets.extend_from_slice(&self.offsets[..self.offsets.len() - 1]);
        // Both lists in one order; a stable sort keeps what is at one place as it was made.
        self.loose.sort_by_key(|m| m.at);
        let mut edits = std::mem::take(&mut output.edits);
        edits.clear();
        edits.reserve(self.moves.len() + self.loose.len());
        let mut loose = self.loose.iter().peekable();
        for m in &self.moves {
            while let Some(first) = loose.next_if(|l| l.at < m.at) {
                self.edit(first, &mut edits);
            }
            self.edit(m, &mut edits);
        }
        for m in loose {
            self.edit(m, &mut edits);
        }
        output.edits = edits;
    }

    fn edit(&self, m: &Move, edits: &mut Vec<(ProgPoint, Edit)>) {
        let (from, to) = (self.allocation(m.from), self.allocation(m.to));
        // Slots of different values may be the same.
        if from == to {
            return;
        }
        let inst = Inst::new((m.at / 8) as usize);
        let after = m.at % 8 == When::After as u32;
        let point = if after { ProgPoint::after(inst) } else { ProgPoint::before(inst) };
        edits.push((point, Edit::Move { from, to }));
    }

    /// Where a value is stored, and the register that it is in there: at the beginning of a block that dominates all
    /// that read the slot, or at the definition if no such block is entered as seldom.
    fn place_of_store(&self, v: u32) -> (u32, Reg) {
        /// Dominators that are looked at.
        const STEPS: u32 = 64;
        let value = &self.values[v as usize];
        let defined = &self.blocks[value.block as usize];
        let mut block = value.need;
        for _ in 0..STEPS {
            if block == value.block {
                break;
            }
            let data = &self.blocks[block as usize];
            if data.weight() <= defined.weight()
                && let Some(reg) = self.at_entry(block, v)
            {
                return (When::Stored.at(data.first), reg);
            }
            block = data.idom;
        }
        debug_assert_ne!(value.home, NO_REG, "a value that is not in memory is in a register");
        let at = if value.is_param { When::Stored.at(value.first) } else { When::After.at(value.first) };
        (at, value.home)
    }

    fn at_entry(&self, block: u32, v: u32) -> Option<Reg> {
        let (from, to) = self.blocks[block as usize].entry;
        self.states[from as usize..to as usize].iter().find(|&&(value, _)| value == v).map(|&(_, reg)| reg)
    }

    /// Gives values that are live at different times the same slots; how many there are.
    fn assign_slots<F: Machine>(&mut self, f: &F) -> usize {
        let size = [RegClass::Int, RegClass::Float].map(|class| f.spillslot_size(class));
        let mut spilled = std::mem::take(&mut self.spilled);
        spilled.sort_unstable_by_key(|&v| (self.values[v as usize].first, v));
        let mut slots = 0;
        // By size: slots that are free; and those in use by where their values end.
        let mut free: [Vec<u32>; 3] = Default::default();
        let mut busy: BinaryHeap<Reverse<(u32, u32, usize)>> = BinaryHeap::new();
        for &v in &spilled {
            let value = &mut self.values[v as usize];
            while let Some(&Reverse((last, slot, size))) = busy.peek()
                && last < value.first
            {
                busy.pop();
                free[size].push(slot);
            }
            let size = size[usize::from(value.class)];
            let slot = free[size].pop().unwrap_or_else(|| {
                slots += size as u32;
                slots - size as u32
            });
            value.count = slot;
            busy.push(Reverse((value.last, slot, size)));
        }
        self.spilled = spilled;
        slots as usize
    }
}
