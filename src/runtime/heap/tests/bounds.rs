//! What bounds the time of collections: interrupts, which end them; the list of marked objects, which may be full; and the
//! records of blocks, one for each that was ever used.

use super::*;
use crate::module::CompositeInnerType;
use wasmparser::{ArrayType, FieldType, StorageType};

/// Everything from which a heap knows where objects are, where others may go, and when to collect.
#[derive(Debug, PartialEq)]
struct Places {
    blocks: Vec<(BlockState, Bits, [u64; LINES / 64])>,
    hole: [u64; 4],
    next_hole: (usize, usize),
    next_run: [usize; REMEMBERED + 1],
    due: [usize; 2],
}

impl Places {
    fn of(heap: &mut Heap) -> Places {
        heap.note();
        Places {
            blocks: heap.blocks.iter().map(|block| (block.state, block.starts, block.lines)).collect(),
            hole: [heap.cursor, heap.limit, heap.hole_end, heap.noted],
            next_hole: heap.next_hole,
            next_run: heap.next_run,
            due: [heap.since, heap.threshold],
        }
    }
}

/// Wherever an interrupt ends a collection, all is as before. The next complete collection frees what is unreachable.
#[test]
fn a_collection_that_is_given_up_leaves_no_trace() {
    for most in [1, 3, WORKLIST] {
        let mut fixture = Fixture::new(1 << 24);
        fixture.store.heap.most_listed = most;
        fixture.store.heap.threshold = usize::MAX;
        let mut live = 0;
        let root = tree(&mut fixture, 1, &mut live);
        fixture.roots.push(u64::from(root));
        for i in 0..300 {
            let object = fixture.raw(16 + 7 * i).expect("room");
            if i % 3 == 0 {
                fixture.roots.push(u64::from(object));
                live += 1;
            }
        }
        fixture.collect();
        fixture.store.heap.threshold = usize::MAX;
        // What is lost from here on lies in holes, too.
        for size in [16, 100, 1000, LARGE, BLOCK, 3 * BLOCK, 16, 2000] {
            fixture.raw(size).expect("room");
        }
        let heap = &mut fixture.store.heap;
        let (before, stats, objects) = (Places::of(heap), heap.stats(), heap.objects().len() as u64);
        assert_eq!((stats.live_objects, objects), (live, live + 8));
        let mut stride = 1;
        while !fixture.collect_for(stride) {
            let heap = &mut fixture.store.heap;
            assert_eq!(Places::of(heap), before, "given up after {stride}");
            let after = heap.stats();
            assert_eq!(after, HeapStats { collecting: after.collecting, ..stats }, "given up after {stride}");
            stride += 1;
        }
        assert!(stride > 1000, "{stride}");
        let after = fixture.store.heap.stats();
        assert_eq!((after.collections, after.live_objects), (stats.collections + 1, live));
        check_blocks(&mut fixture.store.heap);
    }
}

/// One array may hold all references of a heap.
#[test]
fn an_array_is_given_up_in_its_middle() {
    let element = FieldType { element_type: StorageType::Val(ValType::EXTERNREF), mutable: true };
    let ty = types::register_final(CompositeInnerType::Array(ArrayType(element))).expect("fewer than 2^20 types");
    let mut fixture = Fixture::new(1 << 22);
    // SAFETY: nothing else uses the store.
    let array = unsafe { new_array(&raw mut *fixture.store, ty, 100_000) }.expect("room");
    fixture.roots.push(u64::from(array.0.get()));
    for stride in [10, 1000, 50_000] {
        assert!(!fixture.collect_for(stride));
        let looked_at = fixture.store.heap.looked_at;
        assert!((stride..stride + 10).contains(&looked_at), "{looked_at} of {stride}");
    }
}

/// There may be many stacks, each with many words: of one that resumed another, and of a suspended chain.
#[test]
fn no_more_stacks_are_scanned_once_a_collection_is_given_up() {
    let mut fixture = Fixture::new(1 << 22);
    let [mut inner, mut middle, mut outer] = [(); 3].map(|()| words(&mut fixture));
    inner.stack.parent = &raw mut *middle.stack;
    middle.stack.parent = &raw mut *outer.stack;
    // SAFETY: nothing else uses the store.
    let object = unsafe { new_continuation(&raw mut *fixture.store, types::NO_TYPE, 0) }.expect("room");
    let heap = &mut fixture.store.heap;
    heap.set_continuation(object, ContinuationState::Suspended(&raw mut *inner.stack, &raw mut *outer.stack));
    heap.start_marking();
    heap.given_up = true;
    heap.mark_references_of(object.0.get());
    assert_eq!(marked(heap), inner.scanned.iter().copied().collect());
    // The native stack of the running one is this test's.
    inner.stack.native_base = 0;
    heap.start_marking();
    heap.given_up = true;
    // SAFETY: the stacks have the words that they say.
    unsafe { scan_stacks(heap, &inner.stack) };
    assert_eq!(marked(heap), inner.scanned[..3].iter().copied().collect());
}

/// Calls `f` as code that runs in the store would.
fn running<R>(fixture: &mut Fixture, f: impl FnOnce(&mut Fixture) -> R) -> R {
    let own = fixture.store.stack;
    // SAFETY: the stack belongs to the fixture. What is called lies below the stack pointer.
    unsafe { (*own).native_base = stack::pointer() };
    let result = f(fixture);
    // SAFETY: as above.
    unsafe { (*own).native_base = 0 };
    result
}

/// A heap without any room, full of garbage.
fn full() -> Fixture {
    let mut fixture = Fixture::new(4 * BLOCK as u64);
    fixture.raw(4 * BLOCK).expect("room");
    fixture.store.heap.stats.collections = 0;
    fixture
}

/// Interrupted code that needs room ends with the interrupt where a collection might find it, and goes on where there is room:
/// the interrupt is taken once, by whoever ends. If nothing runs, it waits for the code that runs next.
#[test]
fn running_code_does_not_wait_for_a_collection_when_it_is_interrupted() {
    for threshold in [0, usize::MAX] {
        let ended = |fixture: &mut Fixture| {
            let made = fixture.raw(64).map(|_| ());
            (made, fixture.store.stack_limit.is_interrupted(), fixture.store.heap.collections())
        };
        let mut fixture = full();
        fixture.store.heap.threshold = threshold;
        fixture.store.stack_limit.interrupt();
        assert_eq!(running(&mut fixture, ended), (Err(TrapCode::Interrupt), false, 0), "{threshold}");
        fixture.store.stack_limit.interrupt();
        assert_eq!(ended(&mut fixture), (Ok(()), true, 1), "{threshold}");

        let mut fixture = Fixture::new(4 * BLOCK as u64);
        fixture.raw(3 * BLOCK).expect("room");
        fixture.store.heap.stats.collections = 0;
        fixture.store.heap.threshold = threshold;
        fixture.store.stack_limit.interrupt();
        assert_eq!(running(&mut fixture, ended), (Ok(()), true, 0), "{threshold}");
    }
}

/// Roots that raise an interrupt as soon as a collection asks for them.
struct Interrupting {
    store: *mut VMStore,
    asked: u64,
}

unsafe fn interrupting(owner: *mut c_void, visit: &mut dyn FnMut(&[u64])) {
    // SAFETY: the test has put one there.
    unsafe {
        let owner = owner.cast::<Interrupting>();
        (*owner).asked += 1;
        (*(*owner).store).stack_limit.interrupt();
    }
    // None of them is a reference, but they are looked at.
    visit(&[1; STRIDE]);
}

/// An interrupt that comes during a collection ends it, and no other one is tried. A collection that the host asks for goes on.
#[test]
fn an_interrupt_that_comes_meanwhile_ends_a_collection() {
    for threshold in [0, usize::MAX] {
        let mut fixture = full();
        fixture.store.heap.threshold = threshold;
        let mut owner = Interrupting { store: &raw mut *fixture.store, asked: 0 };
        fixture.store.store = (&raw mut owner).cast();
        fixture.store.roots = Some(interrupting);
        let made = running(&mut fixture, |fixture| fixture.raw(64));
        let store = &fixture.store;
        assert_eq!((made, store.stack_limit.is_interrupted()), (Err(TrapCode::Interrupt), false), "{threshold}");
        assert_eq!((owner.asked, store.heap.collections()), (1, 0), "{threshold}");
        running(&mut fixture, Fixture::collect);
        let store = &fixture.store;
        assert_eq!((owner.asked, store.heap.collections()), (2, 1), "{threshold}");
        assert!(store.stack_limit.is_interrupted(), "it waits for what runs on");
    }
}

/// A collection that was due and has found no room is not repeated.
#[test]
fn an_allocation_collects_once() {
    for threshold in [0, usize::MAX] {
        let mut fixture = Fixture::new(4 * BLOCK as u64);
        let all = fixture.raw(4 * BLOCK).expect("room");
        fixture.roots.push(u64::from(all));
        for collections in 1..4 {
            fixture.store.heap.threshold = threshold;
            assert_eq!(fixture.raw(64), Err(TrapCode::AllocationTooLarge), "{threshold}");
            assert_eq!(fixture.store.heap.collections(), collections, "{threshold}");
        }
    }
}

/// An object that is not listed is followed to its end when found, so no block is looked at again for each step of a chain.
#[test]
fn a_full_list_costs_little_more_than_a_long_one() {
    const CHAINS: usize = 40;
    const LEN: usize = 50;
    let looked_at = |most: usize| {
        let mut fixture = Fixture::new(1 << 24);
        fixture.store.heap.most_listed = most;
        // Each object of a chain lies behind the next one.
        let mut heads = [0u32; CHAINS];
        for _ in 0..LEN {
            for head in &mut heads {
                let object = fixture.exception(1).expect("room");
                fixture.set(object, 0, u64::from(*head));
                *head = object;
            }
        }
        let root = fixture.exception(2).expect("room");
        for (slot, &head) in heads.iter().enumerate() {
            fixture.set(root, slot, u64::from(head));
        }
        fixture.roots.push(u64::from(root));
        fixture.collect();
        assert_eq!(fixture.store.heap.stats().live_objects, (1 + CHAINS * LEN) as u64, "with a list of {most}");
        fixture.store.heap.looked_at
    };
    let long = looked_at(WORKLIST);
    for most in [1, 2, 10] {
        let full = looked_at(most);
        assert!(full < 2 * long, "{full} with a list of {most}, {long} with a long one");
    }
}

/// After a large peak, collections are due less often, since each goes through the records of all blocks.
#[test]
fn collections_are_due_after_as_much_as_the_records_of_blocks_have() {
    for (blocks, threshold) in [(100, MIN_THRESHOLD), (4000, 4000 * size_of::<Block>())] {
        let mut fixture = Fixture::new(1 << 28);
        // SAFETY: nothing else uses the store.
        let peak = unsafe {
            // Its memory is not touched.
            allocate(&raw mut *fixture.store, ObjectKind::HostExtern, types::NO_TYPE, (blocks * BLOCK) as u64)
        };
        peak.expect("room");
        fixture.collect();
        let heap = &mut fixture.store.heap;
        assert_eq!((heap.blocks(), heap.footprint(), heap.threshold()), (blocks, 0, threshold));
        assert_eq!([heap.due(threshold), heap.due(threshold + 1)], [false, true], "{blocks} blocks");
    }
}
