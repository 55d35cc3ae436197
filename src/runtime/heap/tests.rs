//! The heap against a model, under random operations; conservative and precise roots; the limit.

use super::*;
use crate::module::{FuncType, ValType};
use crate::runtime::stacks::activation::Stack;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_void;

/// A store with only a heap, and roots that the test sets.
#[expect(clippy::vec_box, clippy::box_collection, reason = "their addresses are stored elsewhere")]
struct Fixture {
    store: Box<VMStore>,
    _stack: Stack,
    roots: Box<Vec<u64>>,
    tags: Vec<Box<VMTag>>,
}

/// Payloads of no slot, of references first and last, of many slots, and so large that it takes blocks of its own.
fn signatures() -> [Vec<ValType>; 4] {
    let large = (0..9000).map(|i| if i % 100 == 7 { ValType::EXTERNREF } else { ValType::I64 }).collect();
    [
        vec![],
        vec![ValType::EXTERNREF, ValType::I64, ValType::V128, ValType::EXTERNREF],
        vec![ValType::EXTERNREF; 40],
        large,
    ]
}

impl Fixture {
    fn new(limit: u64) -> Fixture {
        unsafe fn roots(owner: *mut c_void, visit: &mut dyn FnMut(u64)) {
            // SAFETY: `Fixture::new` stored this.
            unsafe { &*owner.cast::<Vec<u64>>() }.iter().for_each(|&slot| visit(slot));
        }
        let mut stack = Stack::new(4096).unwrap();
        let mut store = Box::new(VMStore::new(&mut stack, Heap::new(limit, false)));
        let owner = Box::new(Vec::new());
        store.store = (&raw const *owner).cast_mut().cast();
        store.roots = Some(roots);
        let tags = signatures().map(|params| Box::new(VMTag::new(0, &FuncType::new(params, [])))).into();
        Fixture { store, _stack: stack, roots: owner, tags }
    }

    fn host(&mut self, value: u64) -> Result<u32, TrapCode> {
        // SAFETY: nothing else uses the store.
        unsafe { new_host_extern(&raw mut *self.store, value) }.map(|r| r.0.get())
    }

    fn exception(&mut self, tag: usize) -> Result<u32, TrapCode> {
        let tag = &raw const *self.tags[tag];
        // SAFETY: nothing else uses the store.
        unsafe { new_exception(&raw mut *self.store, tag) }.map(|r| r.0.get())
    }

    fn set(&mut self, object: u32, slot: usize, value: u64) {
        let address = self.store.heap.address(object).wrapping_add(EXCEPTION_PAYLOAD as usize + 8 * slot);
        // SAFETY: an exception with this slot.
        unsafe { address.cast::<u64>().write(value) };
    }

    fn collect(&mut self) {
        // SAFETY: nothing else uses the store.
        unsafe { collect(&raw mut *self.store) };
    }
}

fn gc_ref(offset: u32) -> GcRef {
    GcRef(NonZeroU32::new(offset).unwrap())
}

#[derive(Clone, Debug)]
enum Op {
    Host(u64),
    Exception(usize),
    /// Sets a reference slot of an object to another object: indices into the live objects.
    Link(usize, usize, usize),
    Root(usize),
    Unroot(usize),
    Collect,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => any::<u64>().prop_map(Op::Host),
        6 => prop_oneof![8 => 0..3usize, 1 => Just(3usize)].prop_map(Op::Exception),
        8 => any::<(usize, usize, usize)>().prop_map(|(a, b, c)| Op::Link(a, b, c)),
        6 => any::<usize>().prop_map(Op::Root),
        4 => any::<usize>().prop_map(Op::Unroot),
        2 => Just(Op::Collect),
    ]
}

/// The model of an object.
#[derive(Clone, Debug)]
enum Node {
    Host(u64),
    Exception { tag: usize, links: BTreeMap<usize, u32> },
}

#[derive(Default)]
struct Model {
    objects: BTreeMap<u32, Node>,
    roots: Vec<u32>,
}

impl Model {
    fn reachable(&self) -> BTreeSet<u32> {
        let mut seen = BTreeSet::new();
        let mut todo = self.roots.clone();
        while let Some(object) = todo.pop() {
            if seen.insert(object)
                && let Node::Exception { links, .. } = &self.objects[&object]
            {
                todo.extend(links.values());
            }
        }
        seen
    }

    /// Forgets the objects that a collection may have freed.
    fn collected(&mut self) {
        let live = self.reachable();
        self.objects.retain(|object, _| live.contains(object));
    }

    fn pick(&self, i: usize) -> Option<u32> {
        let n = self.objects.len();
        (n > 0).then(|| *self.objects.keys().nth(i % n).unwrap())
    }
}

fn check(fixture: &Fixture, model: &Model) {
    let heap = &fixture.store.heap;
    for (&object, node) in &model.objects {
        assert!(heap.is_object(object), "{object:#x} is gone");
        match node {
            Node::Host(value) => assert_eq!(heap.host_value(gc_ref(object)), *value),
            Node::Exception { tag, links } => {
                assert!(std::ptr::eq(heap.exception_tag(gc_ref(object)), &raw const *fixture.tags[*tag]));
                for (i, &slot) in heap.exception_payload(gc_ref(object)).iter().enumerate() {
                    assert_eq!(slot, links.get(&i).map_or(0, |&to| u64::from(to)), "slot {i}");
                }
            }
        }
    }
}

fn run(ops: &[Op], stress: bool, limit: u64) {
    let mut fixture = Fixture::new(limit);
    // Marking often has more objects pending than that.
    fixture.store.heap.most_listed = 2;
    fixture.store.heap.set_stress(stress);
    let mut model = Model::default();
    for op in ops {
        let collections = fixture.store.heap.stats().collections;
        let mut allocate = |fixture: &mut Fixture, node: Node| {
            let object = match &node {
                Node::Host(value) => fixture.host(*value),
                Node::Exception { tag, .. } => fixture.exception(*tag),
            };
            if fixture.store.heap.stats().collections > collections {
                model.collected();
            }
            if let Ok(object) = object {
                assert!(!model.objects.contains_key(&object), "handed out twice");
                assert!(object >= FIRST_OFFSET && (object as usize).is_multiple_of(GRANULE));
                model.objects.insert(object, node);
            }
        };
        match *op {
            Op::Host(value) => allocate(&mut fixture, Node::Host(value)),
            Op::Exception(tag) => allocate(&mut fixture, Node::Exception { tag, links: BTreeMap::new() }),
            Op::Link(from, slot, to) => {
                let (Some(from), Some(to)) = (model.pick(from), model.pick(to)) else { continue };
                let Some(Node::Exception { tag, links }) = model.objects.get_mut(&from) else { continue };
                let refs = &fixture.tags[*tag].refs;
                if refs.is_empty() {
                    continue;
                }
                let slot = refs[slot % refs.len()] as usize;
                links.insert(slot, to);
                fixture.set(from, slot, u64::from(to));
            }
            Op::Root(object) => {
                let Some(object) = model.pick(object) else { continue };
                model.roots.push(object);
                fixture.roots.push(u64::from(object));
            }
            Op::Unroot(i) if !model.roots.is_empty() => {
                let i = i % model.roots.len();
                model.roots.swap_remove(i);
                fixture.roots.swap_remove(i);
            }
            Op::Unroot(_) => {}
            Op::Collect => {
                fixture.collect();
                model.collected();
                // Only precise roots: exactly the reachable objects are left.
                assert_eq!(fixture.store.heap.stats().live_objects, model.objects.len() as u64);
            }
        }
        if matches!(op, Op::Collect) || stress {
            check(&fixture, &model);
        }
    }
    fixture.collect();
    model.collected();
    check(&fixture, &model);
    assert_eq!(fixture.store.heap.stats().live_objects, model.objects.len() as u64);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_heap_agrees_with_its_model(ops in proptest::collection::vec(op(), 0..300)) {
        run(&ops, false, 1 << 24);
    }

    #[test]
    fn also_under_stress(ops in proptest::collection::vec(op(), 0..100)) {
        run(&ops, true, 1 << 24);
    }

    #[test]
    fn also_at_its_limit(ops in proptest::collection::vec(op(), 0..300)) {
        run(&ops, false, 8 * BLOCK as u64);
    }

    #[test]
    fn the_last_bit_is_found(bits: Vec<bool>, i in 0..GRANULES) {
        let mut set: Bits = [0; _];
        for (i, _) in bits.iter().enumerate().filter(|&(i, &b)| b && i < GRANULES) {
            set[i / 64] |= 1 << (i % 64);
        }
        let expected = (0..=i).rev().find(|&i| bits.get(i).copied().unwrap_or(false));
        prop_assert_eq!(last_bit(&set, i), expected);
    }
}

#[test]
fn memory_is_used_again() {
    let mut fixture = Fixture::new(1 << 22);
    for round in 0..200_000u64 {
        fixture.host(round).unwrap();
    }
    assert!(fixture.store.heap.footprint() <= 2 << 20, "{}", fixture.store.heap.footprint());
    for _ in 0..2000 {
        fixture.exception(3).unwrap();
    }
    let stats = fixture.store.heap.stats();
    assert_eq!(stats.allocated_objects, 202_000);
    assert!(stats.collections > 3 && stats.collections < 500, "{stats:?}");
}

#[test]
fn over_the_limit_is_a_trap_and_dropping_roots_helps() {
    let mut fixture = Fixture::new(1 << 20);
    let mut last = 0;
    let mut n = 0;
    // A list through the first slot: only its head is a root.
    let code = loop {
        match fixture.exception(1) {
            Ok(object) => {
                fixture.set(object, 0, last);
                last = u64::from(object);
                *fixture.roots = vec![last];
                n += 1;
            }
            Err(code) => break code,
        }
    };
    assert_eq!(code, TrapCode::AllocationTooLarge);
    assert!(n > (1 << 20) / 80 && n <= (1 << 20) / 64, "{n} objects of 56 bytes");
    assert_eq!(fixture.exception(3), Err(TrapCode::AllocationTooLarge));
    fixture.roots.clear();
    fixture.exception(3).unwrap();
    fixture.collect();
    assert_eq!(fixture.store.heap.stats().live_objects, 0);
    assert_eq!(fixture.store.heap.footprint(), 0);
}

/// Address space that the system refuses is told apart from the heap's own limit.
#[test]
fn what_the_system_refuses_is_noted() {
    let mut fixture = Fixture::new(1 << 22);
    fixture.store.heap.space_len = 1 << 60;
    assert_eq!(fixture.host(1), Err(TrapCode::AllocationTooLarge));
    assert_eq!(fixture.store.refused, Some("memory for an object"));

    let mut fixture = Fixture::new(BLOCK as u64);
    fixture.exception(3).expect_err("it takes three blocks");
    assert_eq!(fixture.store.refused, None);
}

#[test]
fn words_of_a_value_area_are_scanned_conservatively() {
    let mut fixture = Fixture::new(1 << 22);
    let large = fixture.exception(3).unwrap();
    let objects: Vec<u32> = (0..5).map(|i| fixture.host(i).unwrap()).collect();
    let inside = fixture.store.heap.address(large) as u64 + 3 * BLOCK as u64 / 2;
    let last = fixture.store.heap.address(objects[3]) as u64 + 15;
    let area = [
        u64::from(objects[0]),
        u64::from(objects[1]) << 32 | 0xdead_beef,
        // Neither the start of an object nor an address: not a reference.
        u64::from(objects[2] + 4),
        last,
        inside,
        1,
        u64::MAX,
    ];
    // SAFETY: the stack belongs to the fixture; its area has room.
    unsafe {
        let stack = &mut *fixture.store.stack;
        stack.values_base.copy_from(area.as_ptr(), area.len());
        stack.values_top = stack.values_base.add(area.len());
    }
    fixture.collect();
    let heap = &fixture.store.heap;
    assert_eq!(objects.iter().map(|&o| heap.is_object(o)).collect::<Vec<_>>(), [true, true, false, true, false]);
    assert!(heap.is_object(large));
    // SAFETY: as above.
    unsafe { (*fixture.store.stack).values_top = (*fixture.store.stack).values_base };
    fixture.collect();
    assert_eq!(fixture.store.heap.stats().live_objects, 0);
}

/// A tree of exceptions with 40 references each, `depth` levels of them: returns its root, and counts.
fn tree(fixture: &mut Fixture, depth: u32, count: &mut u64) -> u32 {
    let object = fixture.exception(2).unwrap();
    *count += 1;
    fixture.roots.push(u64::from(object));
    if depth > 0 {
        for slot in 0..40 {
            let child = tree(fixture, depth - 1, count);
            fixture.set(object, slot, u64::from(child));
        }
    }
    fixture.roots.pop();
    object
}

#[test]
fn marking_remembers_a_bounded_number_of_objects() {
    for most in [1, 3, 50, WORKLIST] {
        let mut fixture = Fixture::new(1 << 26);
        fixture.store.heap.most_listed = most;
        let mut count = 0;
        let root = tree(&mut fixture, 2, &mut count);
        *fixture.roots = vec![u64::from(root)];
        fixture.collect();
        assert_eq!(fixture.store.heap.stats().live_objects, count, "with a list of {most}");
        assert!(fixture.store.heap.worklist.capacity() <= most.max(64), "with a list of {most}");
    }
}

/// Allocates as compiled code does: behind the heap's back.
fn inline(fixture: &mut Fixture, size: usize) -> Option<u32> {
    let heap = &mut fixture.store.heap;
    let at = heap.cursor;
    if at + size as u64 > heap.limit {
        return None;
    }
    heap.cursor += size as u64;
    let header = Header::new(ObjectKind::HostExtern, types::NO_TYPE, size);
    // SAFETY: the heap says that this is free memory.
    unsafe { heap.address(at as u32).cast::<Header>().write(header) };
    Some(at as u32)
}

#[test]
fn what_compiled_code_allocates_is_known() {
    let mut fixture = Fixture::new(1 << 20);
    assert_eq!(inline(&mut fixture, 16), None, "no hole yet");
    fixture.host(0).unwrap();
    let mut mine = Vec::new();
    for size in [16, 48, 1024, 16, 16] {
        mine.push(inline(&mut fixture, size).unwrap());
    }
    assert!(mine.iter().all(|&object| fixture.store.heap.is_object(object)));
    assert!(!fixture.store.heap.is_object(mine[1] + 16), "inside of one");
    // Another one in the same hole, by the runtime.
    let host = fixture.host(7).unwrap();
    assert_eq!(host, mine[4] + 16);
    let stats = fixture.store.heap.stats();
    assert_eq!((stats.allocated_objects, stats.allocated_bytes), (7, 16 + 1120 + 16));
    *fixture.roots = vec![u64::from(mine[2]), u64::from(host)];
    fixture.collect();
    let alive = |fixture: &Fixture| mine.iter().map(|&o| fixture.store.heap.is_object(o)).collect::<Vec<_>>();
    assert_eq!(alive(&fixture), [false, false, true, false, false]);
    assert_eq!(fixture.store.heap.host_value(gc_ref(host)), 7);
    // Until all memory is used up: then the runtime collects, and continues.
    while inline(&mut fixture, 64).is_some() || fixture.host(1).is_ok() {
        if fixture.store.heap.stats().collections > 3 {
            break;
        }
    }
    assert!(alive(&fixture)[2]);
    fixture.store.heap.set_stress(true);
    assert_eq!(inline(&mut fixture, 16), None, "under stress the runtime allocates each time");
}

#[test]
fn memory_is_committed_as_the_heap_grows() {
    let mut fixture = Fixture::new(1 << 30);
    fixture.host(1).unwrap();
    let heap = &fixture.store.heap;
    assert!(heap.blocks.len() * BLOCK < COMMIT);
    let large = fixture.exception(3).unwrap();
    assert!(fixture.store.heap.is_object(large));
    assert_eq!(
        fixture.store.heap.stats().peak_bytes,
        4 * BLOCK as u64,
        "a block of small objects, and three for a large one"
    );
}

#[test]
fn a_long_list_is_marked_without_recursion() {
    let mut fixture = Fixture::new(1 << 26);
    let mut last = 0;
    for _ in 0..300_000 {
        let object = fixture.exception(1).unwrap();
        fixture.set(object, 0, last);
        last = u64::from(object);
        *fixture.roots = vec![last];
    }
    fixture.collect();
    assert_eq!(fixture.store.heap.stats().live_objects, 300_000);
}

/// Under stress, each of the first allocations collects, and some of those after them.
#[test]
fn stress_collects_each_time_and_later_now_and_then() {
    let mut fixture = Fixture::new(1 << 24);
    fixture.store.heap.set_stress(true);
    for n in 1..=STRESS_EACH {
        fixture.host(n).unwrap();
        assert_eq!(fixture.store.heap.stats().collections, n);
    }
    for n in 0..10 * STRESS_LATER {
        fixture.host(n).unwrap();
    }
    assert_eq!(fixture.store.heap.stats().collections, STRESS_EACH + 10);
    fixture.store.heap.set_stress(false);
    for n in 0..10 * STRESS_LATER {
        fixture.host(n).unwrap();
    }
    assert_eq!(fixture.store.heap.stats().collections, STRESS_EACH + 10);
}
