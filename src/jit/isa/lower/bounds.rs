//! Finds stores that cannot trap because a dominating access to the same memory reaches at least as far from the same
//! index: memories never shrink.

use crate::jit::ir::cfg::Cfg;
use crate::jit::ir::{Function, Imm, Op, Value};
use crate::jit::opt::walk::{Step, walk_dominators};
use foldhash::{HashMap, HashMapExt};

/// The memory and index of an access.
type Place = (u32, Value);

/// For each instruction, whether it is such a store.
pub(super) fn proven_stores(f: &Function, cfg: &Cfg) -> Vec<bool> {
    let mut proven = vec![false; f.insts.len()];
    // A lower bound on how far the memory reaches from each place; and a log of the old bounds before each change.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::ir::parse::parse;

    /// Whether each store of a function is proven, in the order of the text.
    fn proven(text: &str) -> Vec<bool> {
        let f = parse(text).unwrap_or_else(|e| panic!("{e:?}: {text}"));
        let proven = proven_stores(&f, &Cfg::new(&f));
        let insts = f.blocks.iter().flat_map(|block| &block.insts);
        assert!((0..f.insts.len()).all(|n| !proven[n] || f.insts[n].op == Op::HeapStore), "{text}");
        insts.filter(|&&inst| f.inst(inst).op == Op::HeapStore).map(|inst| proven[inst.index()]).collect()
    }

    /// Two memories and two indices: v5 and v8 are bases, v6 and v7 indices.
    const HEAD: &str =
        "function 0 \"f\" (i32, i32, i64, v128) -> () {\nb0(v0: ptr, v1: i32, v2: i32, v3: i64, v4: v128):
  v5 = load.ptr field(0, immutable) v0
  v6 = zext.i64 v1
  v7 = zext.i64 v2
  v8 = load.ptr field(8, immutable) v0\n";

    #[test]
    fn a_store_is_proven_by_an_access_that_reaches_as_far() {
        let first = "heap_store.i32 heap(8, full, 0, guard) v1, v5, v6";
        // The second store, and whether the first one reaches its end.
        for (second, expected) in [
            (first, true),
            ("heap_store.i32 heap(0, full, 0, guard) v1, v5, v6", true),
            ("heap_store.i32 heap(9, full, 0, guard) v1, v5, v6", false),
            ("heap_store.i32 heap(11, u8, 0, guard) v1, v5, v6", true),
            ("heap_store.i32 heap(12, u8, 0, guard) v1, v5, v6", false),
            ("heap_store.i32 heap(10, u16, 0, guard) v1, v5, v6", true),
            ("heap_store.i32 heap(11, u16, 0, guard) v1, v5, v6", false),
            ("heap_store.i64 heap(4, full, 0, guard) v3, v5, v6", true),
            ("heap_store.i64 heap(5, full, 0, guard) v3, v5, v6", false),
            ("heap_store.i64 heap(8, u32, 0, guard) v3, v5, v6", true),
            ("heap_store.i64 heap(9, u32, 0, guard) v3, v5, v6", false),
            ("heap_store.v128 heap(0, full, 0, guard) v4, v5, v6", false),
            ("heap_store.i32 heap(4294967295, u8, 0, guard) v1, v5, v6", false),
            // A different index or a different memory.
            ("heap_store.i32 heap(0, full, 0, guard) v1, v5, v7", false),
            ("heap_store.i32 heap(0, full, 1, guard) v1, v8, v6", false),
        ] {
            assert_eq!(proven(&format!("{HEAD}  {first}\n  {second}\n  return\n}}")), [false, expected], "{second}");
            // Proven stores stay proven, and stores that were not proven have shown how far the memory reaches.
            let again = format!("{HEAD}  {first}\n  {second}\n  {first}\n  {second}\n  return\n}}");
            assert_eq!(proven(&again), [false, expected, true, true], "{second}");
            // A load shows the same.
            let load = "v9 = heap_load.i32 heap(8, full, 0, guard) v5, v6";
            assert_eq!(proven(&format!("{HEAD}  {load}\n  {second}\n  return\n}}")), [expected], "{second}");
        }
    }

    /// Only accesses on every path to the store count, and of these the farthest.
    #[test]
    fn what_is_known_is_known_where_it_dominates() {
        let store = |offset: u32| format!("  heap_store.i32 heap({offset}, full, 0, guard) v1, v5, v6\n");
        let f = |at: [u32; 7]| {
            let [entry, then, then_again, other, join, late, latest] = at.map(store);
            proven(&format!(
                "{HEAD}{entry}  brif v1 -> b1(), b2()\nb1():\n{then}{then_again}  jump -> b3()\nb2():\n{other}  jump -> b3()\n\
                 b3():\n{join}  brif v2 -> b4(), b5()\nb4():\n{late}  jump -> b3()\nb5():\n{latest}  return\n}}"
            ))
        };
        // One arm shows nothing about the other, nor about what follows both.
        assert_eq!(f([0, 8, 8, 8, 8, 8, 8]), [false, false, true, false, false, true, true]);
        assert_eq!(f([8, 4, 16, 12, 8, 16, 16]), [false, true, false, false, true, false, false]);
        // Accesses in a loop show nothing before it, but what its header shows holds after it.
        assert_eq!(f([4, 0, 0, 0, 0, 8, 8]), [false, true, true, true, true, false, false]);
        assert_eq!(f([0, 4, 0, 4, 12, 8, 12]), [false, false, true, false, false, true, true]);
    }
}
