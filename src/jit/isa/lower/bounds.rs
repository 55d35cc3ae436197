//! Stores that cannot trap, because an access to the same memory that always comes before reaches as far from the same
//! index: memories never shrink.

use crate::jit::ir::cfg::Cfg;
use crate::jit::ir::{Function, Imm, Op, Value};
use crate::jit::opt::walk::{Step, walk_dominators};
use foldhash::{HashMap, HashMapExt};

/// Memory and index of an access.
type Place = (u32, Value);

/// By instruction: whether it is such a store.
pub(super) fn proven_stores(f: &Function, cfg: &Cfg) -> Vec<bool> {
    let mut proven = vec![false; f.insts.len()];
    // How far from its place the memory reaches at least, and what was known of the places before each change.
    let mut reach: HashMap<Place, u64> = HashMap::new();
    let mut log: Vec<(Place, Option<u64>)> = Vec::new();
    let mut marks = Vec::new();
    for step in walk_dominators(f, cfg) {
        let block = match step {
            Step::Enter(block) => block,
            Step::Leave(_) => {
                for (place, before) in log.drain(marks.pop().expect("entered before")..).rev() {
                    match before {
                        Some(end) => reach.insert(place, end),
                        None => reach.remove(&place),
                    };
                }
                continue;
            }
        };
        marks.push(log.len());
        for &inst in &f.blocks[block.index()].insts {
            let data = f.inst(inst);
            let (Imm::Heap { offset, access, memory, .. }, Op::HeapLoad | Op::HeapStore) = (data.imm, data.op) else {
                continue;
            };
            let store = data.op == Op::HeapStore;
            let (index, ty) = if store { (data.args[2], f.ty(data.args[0])) } else { (data.args[1], data.ty) };
            let place = (memory, f.resolve(index));
            let end = u64::from(offset) + u64::from(access.bytes(ty));
            let known = reach.get(&place).copied();
            proven[inst.index()] = store && known.is_some_and(|known| end <= known);
            if known.is_none_or(|known| known < end) {
                reach.insert(place, end);
                log.push((place, known));
            }
        }
    }
    proven
}
