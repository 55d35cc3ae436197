//! The heap against a model, under random operations; the limit; what allocation and statistics do.

mod bounds;
mod marking;

use super::*;
use crate::module::{FuncType, ValType};
use crate::runtime::stacks::activation::Stack;
use crate::runtime::stacks::continuations::charge_running;
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

/// Payloads without slots, with references first and last, with many slots, and so large that they take blocks of their own.
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
        unsafe fn roots(owner: *mut c_void, visit: &mut dyn FnMut(&[u64])) {
            // SAFETY: `Fixture::new` stored this.
            visit(unsafe { &*owner.cast::<Vec<u64>>() });
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

    /// An object of any size whose contents the collector ignores. Its memory is zero until it is written here.
    fn raw(&mut self, size: usize) -> Result<u32, TrapCode> {
        // SAFETY: nothing else uses the store.
        let object = unsafe { allocate(&raw mut *self.store, ObjectKind::HostExtern, types::NO_TYPE, size as u64) };
        let object = object?.0.get();
        let words = self.words(object, size);
        assert!(words.iter().all(|&word| word == 0), "memory of {size} bytes is not zero");
        marked_words(words.len()).for_each(|at| words[at] = !at as u64);
        Ok(object)
    }

    /// The words behind the header of an object of this size.
    #[expect(clippy::mut_from_ref, reason = "objects lie outside of the fixture")]
    fn words(&self, object: u32, size: usize) -> &mut [u64] {
        let words = size.next_multiple_of(GRANULE) / 8 - 1;
        // SAFETY: the object has these words, and the test lets go of them before it asks for them again.
        unsafe { std::slice::from_raw_parts_mut(self.store.heap.address(object).add(8).cast(), words) }
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

    /// Collects until it has looked at this many objects, references and words, and then finds an interrupt. Returns whether
    /// there were fewer.
    fn collect_for(&mut self, stride: usize) -> bool {
        self.store.stack_limit.interrupt();
        self.store.heap.stride = stride;
        let store = &raw mut *self.store;
        // SAFETY: nothing else uses the store.
        let whole = unsafe { collect_until(store, &raw const (*store).stack_limit) };
        self.store.heap.stride = STRIDE;
        self.store.stack_limit.withdraw();
        whole
    }
}

/// The words of an object that [`Fixture::raw`] writes: some in each line, and the last.
fn marked_words(words: usize) -> impl Iterator<Item = usize> {
    (0..words).step_by(7).chain(words.checked_sub(1))
}

/// Checks what a collection left: the lines in use are those that an object touches, blocks without objects are free,
/// and the blocks of a large object follow one another.
fn check_blocks(heap: &mut Heap) {
    let objects = heap.objects();
    let mut lines = vec![[0; LINES / 64]; heap.blocks.len()];
    let mut states = vec![BlockState::Free; heap.blocks.len()];
    let mut bytes = 0;
    for object in &objects {
        let (at, size) = ((object.0.get() - FIRST_OFFSET) as usize, heap.header(object.0.get()).size());
        bytes += size as u64;
        if size > BLOCK / 2 {
            assert_eq!(at % BLOCK, 0, "an object of {size} bytes");
            let (first, last) = (at / BLOCK, (at + size - 1) / BLOCK);
            states[first] = BlockState::LargeHead;
            states[first + 1..=last].fill(BlockState::LargeTail(first as u32));
        } else {
            states[at / BLOCK] = BlockState::Lines;
            for byte in (at..at + size).step_by(GRANULE) {
                let line = byte % BLOCK / LINE;
                lines[at / BLOCK][line / 64] |= 1 << (line % 64);
            }
        }
    }
    for (index, block) in heap.blocks.iter().enumerate() {
        assert_eq!((block.state, block.lines), (states[index], lines[index]), "block {index}");
    }
    assert_eq!((heap.stats.live_objects, heap.stats.live_bytes), (objects.len() as u64, bytes));
}

/// Checks that no run of free blocks begins before the block where the search for it starts; behind the last block all are free.
fn check_runs(heap: &Heap) {
    for (need, &next) in heap.next_run.iter().enumerate().skip(1) {
        for first in 0..next {
            let mut blocks = heap.blocks.iter().skip(first).take(need);
            assert!(
                blocks.any(|block| block.state != BlockState::Free),
                "{need} free blocks begin at {first}, not {next}"
            );
        }
    }
}

fn gc_ref(offset: u32) -> GcRef {
    GcRef(NonZeroU32::new(offset).unwrap())
}

#[derive(Clone, Debug)]
enum Op {
    Host(u64),
    Exception(usize),
    /// An object of this many bytes.
    Raw(usize),
    /// Sets a reference slot of an object to another object: indices into the live objects.
    Link(usize, usize, usize),
    Root(usize),
    Unroot(usize),
    Collect,
    /// A collection that is given up after this much.
    GiveUp(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => any::<u64>().prop_map(Op::Host),
        6 => prop_oneof![8 => 0..3usize, 1 => Just(3usize)].prop_map(Op::Exception),
        3 => (8..700usize).prop_map(Op::Raw),
        1 => (0..4usize, 0..5usize).prop_map(|(halves, granules)| {
            Op::Raw((halves + 1) * BLOCK / 2 + granules * GRANULE - 2 * GRANULE)
        }),
        8 => any::<(usize, usize, usize)>().prop_map(|(a, b, c)| Op::Link(a, b, c)),
        6 => any::<usize>().prop_map(Op::Root),
        4 => any::<usize>().prop_map(Op::Unroot),
        2 => Just(Op::Collect),
        2 => prop_oneof![1..20usize, 1..1000usize].prop_map(Op::GiveUp),
    ]
}

/// The model of an object.
#[derive(Clone, Debug)]
enum Node {
    Host(u64),
    Exception { tag: usize, links: BTreeMap<usize, u32> },
    Raw(usize),
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
            Node::Raw(size) => {
                assert_eq!(heap.header(object).size(), size.next_multiple_of(GRANULE));
                let words = fixture.words(object, *size);
                assert!(marked_words(words.len()).all(|at| words[at] == !at as u64), "{size} bytes at {object:#x}");
            }
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
    // Marking often has more objects pending than this.
    fixture.store.heap.most_listed = 2;
    fixture.store.heap.set_stress(stress);
    let mut model = Model::default();
    for op in ops {
        let collections = fixture.store.heap.stats().collections;
        let mut allocate = |fixture: &mut Fixture, node: Node| {
            let object = match &node {
                Node::Host(value) => fixture.host(*value),
                Node::Exception { tag, .. } => fixture.exception(*tag),
                Node::Raw(size) => fixture.raw(*size),
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
            Op::Raw(size) => allocate(&mut fixture, Node::Raw(size)),
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
                check_blocks(&mut fixture.store.heap);
            }
            Op::GiveUp(stride) => {
                let before = fixture.store.heap.stats();
                if fixture.collect_for(stride) {
                    model.collected();
                } else {
                    let stats = fixture.store.heap.stats();
                    assert_eq!(stats, HeapStats { collecting: stats.collecting, ..before });
                }
                assert_eq!(fixture.store.heap.objects().len(), model.objects.len());
            }
        }
        check_runs(&fixture.store.heap);
        if matches!(op, Op::Collect | Op::GiveUp(_)) || stress {
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
    fn the_last_bit_is_found(set in proptest::collection::btree_set(0..GRANULES, 0..20), i in 0..GRANULES) {
        let mut bits: Bits = [0; _];
        for i in &set {
            bits[i / 64] |= 1 << (i % 64);
        }
        prop_assert_eq!(last_bit(&bits, i), set.range(..=i).next_back().copied());
        prop_assert!((0..GRANULES).all(|i| bit(&bits, i) == set.contains(&i)));
    }
}

/// Alone in its block, and looked for from each place.
#[test]
fn each_bit_is_found_from_itself_on() {
    for at in (0..GRANULES).filter(|at| at % 64 < 2 || at % 64 > 61) {
        let mut bits: Bits = [0; _];
        bits[at / 64] |= 1 << (at % 64);
        for i in 0..GRANULES {
            assert_eq!(last_bit(&bits, i), (i >= at).then_some(at), "from {i}");
        }
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

/// Address space that the system refuses is distinguished from the heap's own limit.
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

/// A stack whose words are all references, and those of them that are scanned: all below the top of the value area, and
/// those from the stack pointer up to the base of the native stack.
struct Words {
    stack: Box<VMStack>,
    _values: Vec<u64>,
    _native: Vec<u64>,
    scanned: Vec<u32>,
}

fn words(fixture: &mut Fixture) -> Words {
    let mut all = |n: u64| (0..n).map(|i| u64::from(fixture.host(i).unwrap())).collect::<Vec<_>>();
    let (mut values, native) = (all(4), all(5));
    let range = values.as_mut_ptr_range();
    let mut stack = Box::new(VMStack::new((0, 0), range.start, range.end));
    stack.values_top = range.end.wrapping_sub(1);
    stack.saved_sp = &raw const native[1] as usize;
    stack.native_base = &raw const native[4] as usize;
    let scanned = values[..3].iter().chain(&native[1..4]).map(|&word| word as u32).collect();
    Words { stack, _values: values, _native: native, scanned }
}

/// Offsets of the objects that are marked.
fn marked(heap: &Heap) -> BTreeSet<u32> {
    let of_block = |(index, block): (usize, &Block)| {
        let marks = (0..GRANULES).filter(|&granule| bit(&block.marks, granule));
        marks.map(|granule| FIRST_OFFSET + (index * BLOCK + granule * GRANULE) as u32).collect::<Vec<_>>()
    };
    heap.blocks.iter().enumerate().flat_map(of_block).collect()
}

/// Allocates as compiled code does, without the heap's knowledge.
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

/// Under stress, each of the first allocations collects, and later some of them do.
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

#[test]
fn a_heap_has_the_blocks_that_fit_its_limit() {
    let whole = ((1u64 << 31) - (1 << 20)) / BLOCK as u64;
    for (limit, blocks) in [
        (0, 1),
        (BLOCK as u64 - 1, 1),
        (2 * BLOCK as u64 - 1, 1),
        (2 * BLOCK as u64, 2),
        (1 << 20, 32),
        (1 << 30, 1 << 15),
        (1 << 31, whole),
        (u64::MAX, whole),
    ] {
        let heap = Heap::new(limit, false);
        assert_eq!((heap.max_blocks as u64, heap.space_len), (blocks, blocks as usize * BLOCK), "{limit}");
        assert_eq!(heap.threshold as u64, (1 << 20).min(blocks * BLOCK as u64), "{limit}");
        assert_eq!((heap.cursor, heap.limit, heap.blocks()), (0, 0, 0));
    }
    assert_eq!(u64::from(FIRST_OFFSET) + whole * BLOCK as u64, 1 << 32, "each offset has 32 bits");
}

/// An offset outside all blocks that were ever used refers to nothing: a word on a stack may be any number.
#[test]
fn offsets_are_in_blocks_that_were_used() {
    let mut fixture = Fixture::new(1 << 20);
    assert_eq!(fixture.store.heap.locate(FIRST_OFFSET), None);
    fixture.raw(3 * BLOCK).unwrap();
    let heap = &fixture.store.heap;
    let end = FIRST_OFFSET + (heap.blocks.len() * BLOCK) as u32;
    let place = |offset| heap.locate(offset);
    assert_eq!(
        (place(FIRST_OFFSET - 1), place(FIRST_OFFSET), place(FIRST_OFFSET + BLOCK as u32)),
        (None, Some((0, 0)), Some((1, 0)))
    );
    assert_eq!((place(end - 1), place(end)), (Some((heap.blocks.len() - 1, BLOCK / GRANULE - 1)), None));
}

/// The last bytes of the store and the last block of the heap can be used; one more cannot, and then nothing is taken.
#[test]
fn blocks_are_taken_up_to_both_limits() {
    for (size, blocks) in [(16, 1), (LARGE, 1), (LARGE + 16, 1), (BLOCK, 1), (BLOCK + 16, 2), (3 * BLOCK, 3)] {
        for (at_most, left, fits) in [
            (blocks, blocks * BLOCK, true),
            (blocks, blocks * BLOCK - 1, false),
            (blocks, blocks * BLOCK + 1, true),
            (blocks - 1, 10 * BLOCK, blocks == 1),
            (10, 0, false),
        ] {
            let mut fixture = Fixture::new((at_most * BLOCK) as u64);
            fixture.store.bytes_left = left as u64;
            let taken = fixture.raw(size);
            let used = if fits { blocks } else { 0 };
            assert_eq!(taken.err(), (!fits).then_some(TrapCode::AllocationTooLarge), "{size} of {left}");
            let rest = (fixture.store.heap.blocks(), fixture.store.heap.footprint(), fixture.store.bytes_left);
            assert_eq!(rest, (used, used * BLOCK, (left - used * BLOCK) as u64), "{size} of {left}");
        }
    }
}

/// A store with bytes for an object but not for its block takes those that waiting stacks hold but do not need.
#[test]
fn an_object_has_the_block_that_stacks_do_not_need() {
    for size in [16, LARGE, LARGE + 16, 2 * BLOCK + 16] {
        let mut fixture = Fixture::new(1 << 24);
        let store = &raw mut *fixture.store;
        // SAFETY: nothing runs; the stack was taken, and is alive as long as the store.
        unsafe {
            let own = (*store).stack;
            let stack = (*store).continuations.pool.take().unwrap();
            (*stack).parent = own;
            (*stack).saved_sp = (*stack).native_base;
            (*stack).values_top = (*stack).values_base;
            (*store).stack = stack;
            charge_running(store).unwrap();
            (*store).stack = own;
            (*store).bytes_left = size as u64;
        }
        let object = fixture.raw(size);
        assert!(object.is_ok(), "{size} bytes: {object:?}");
    }
}

/// All memory that a heap may have is used, to the last granule of each block.
#[test]
fn a_full_heap_has_an_object_in_each_granule() {
    let mut fixture = Fixture::new(3 * BLOCK as u64);
    let mut objects = Vec::new();
    while let Ok(object) = fixture.host(objects.len() as u64) {
        objects.push(object);
        fixture.roots.push(u64::from(object));
    }
    assert_eq!(objects, (0..3 * GRANULES).map(|i| FIRST_OFFSET + (GRANULE * i) as u32).collect::<Vec<_>>());
    assert_eq!(fixture.store.heap.objects().iter().map(|o| o.0.get()).collect::<Vec<_>>(), objects);
    check_blocks(&mut fixture.store.heap);
    let heap = &mut fixture.store.heap;
    // Bytes of one object, and of two.
    for &object in [0, 1, GRANULES - 1, GRANULES, objects.len() - 1].map(|i| &objects[i]) {
        let address = heap.address(object) as usize;
        for (from, bytes, inside) in
            [(0, 1, true), (0, 16, true), (15, 1, true), (8, 8, true), (0, 17, false), (15, 2, false), (8, 16, false)]
        {
            assert_eq!(heap.contains(address + from, bytes), inside, "{bytes} bytes from byte {from} of {object:#x}");
        }
    }
    let end = heap.address(objects[0]) as usize + 3 * BLOCK;
    assert!(!heap.contains(end, 1) && !heap.contains(end - 3 * BLOCK - 1, 1));
    // Every second one goes, and no line is free; then all go.
    fixture.roots.retain(|&object| object % 32 == 0);
    fixture.collect();
    check_blocks(&mut fixture.store.heap);
    assert_eq!(fixture.host(1), Err(TrapCode::AllocationTooLarge));
    // From the first line on, as at the beginning.
    fixture.roots.clear();
    fixture.collect();
    for &object in &objects {
        assert_eq!(fixture.host(1), Ok(object));
        fixture.roots.push(u64::from(object));
    }
    assert_eq!(fixture.host(1), Err(TrapCode::AllocationTooLarge));
    fixture.roots.clear();
    fixture.collect();
    assert_eq!(fixture.raw(3 * BLOCK), Ok(FIRST_OFFSET));
}

/// A collection is due when more than 1 MiB, and more than what survived the last one, would have been allocated since.
#[test]
fn collections_are_due_after_as_much_as_survived() {
    let mut fixture = Fixture::new(1 << 24);
    let due_at = |fixture: &mut Fixture, bytes: usize| {
        let heap = &mut fixture.store.heap;
        assert_eq!([heap.due(bytes), heap.due(bytes + 1)], [false, true]);
    };
    due_at(&mut fixture, 1 << 20);
    fixture.host(1).unwrap();
    due_at(&mut fixture, (1 << 20) - 16);
    // What compiled code has made counts as well.
    inline(&mut fixture, 64).unwrap();
    due_at(&mut fixture, (1 << 20) - 16 - 64);
    let large = fixture.raw(100 * BLOCK).unwrap();
    *fixture.roots = vec![u64::from(large)];
    fixture.collect();
    due_at(&mut fixture, 100 * BLOCK);
    fixture.roots.clear();
    fixture.collect();
    due_at(&mut fixture, 1 << 20);
    // Never more than the whole.
    let mut fixture = Fixture::new(2 * BLOCK as u64);
    due_at(&mut fixture, 2 * BLOCK);
}

/// A collection that reads much to find little is due less often: a store may have a table of millions of slots.
#[test]
fn collections_are_due_after_as_much_as_is_read() {
    let mut fixture = Fixture::new(1 << 28);
    *fixture.roots = vec![0; 8 << 20];
    for round in 0..8 << 12 {
        fixture.raw(8 << 10).unwrap();
        let expected = if round < 128 { 0 } else { 1 + (round - 128) / (8 << 10) };
        let collections = fixture.store.heap.stats().collections;
        assert_eq!(collections, expected, "{round} objects of 8 KiB");
    }
    // Stacks count as well: their words are looked at one by one.
    let before = fixture.store.heap.scanned;
    let words = [0u64; 1000];
    let start = words.as_ptr() as usize;
    // SAFETY: the words are there.
    unsafe { fixture.store.heap.mark_range(start, start + size_of_val(&words)) };
    assert_eq!(fixture.store.heap.scanned, before + size_of_val(&words));
}

/// The search for a run of free blocks continues where it found none before: of as many objects as there are blocks, each looks
/// only at its own.
#[test]
fn free_blocks_are_looked_for_once() {
    const OBJECTS: usize = 200;
    let mut fixture = Fixture::new(1 << 28);
    fixture.store.heap.threshold = usize::MAX;
    let large = |fixture: &mut Fixture, blocks: usize| {
        let object = fixture.raw(blocks * BLOCK).unwrap();
        fixture.roots.push(object.into());
        (object - FIRST_OFFSET) as usize / BLOCK
    };
    for index in 0..2 * OBJECTS {
        assert_eq!(large(&mut fixture, 1), index);
        // This block, which is taken, and those behind it.
        assert_eq!(fixture.store.heap.next_run[1], index);
    }
    // Every second block becomes free, except for some at the end.
    let mut index = 0;
    fixture.roots.retain(|_| {
        index += 1;
        index % 2 == 0 || index > OBJECTS
    });
    fixture.collect();
    fixture.store.heap.threshold = usize::MAX;
    assert_eq!(fixture.store.heap.next_run, [0; _]);
    // None of them is large enough, which is found out once; the others are still found.
    for step in 0..10 {
        assert_eq!(large(&mut fixture, 2), 2 * OBJECTS + 2 * step);
        assert_eq!(large(&mut fixture, 1), 2 * step);
        let next = &fixture.store.heap.next_run;
        assert_eq!((next[1], next[2], next[REMEMBERED]), (2 * step, 2 * OBJECTS + 2 * step, 2 * OBJECTS + 2 * step));
        check_runs(&fixture.store.heap);
    }
    // A run longer than all that are remembered finds its place, too, and says nothing about shorter ones.
    let before = fixture.store.heap.next_run;
    assert_eq!(large(&mut fixture, REMEMBERED + 1), 2 * OBJECTS + 20);
    assert_eq!(fixture.store.heap.next_run, before);
}

/// A large object begins with the free blocks at the end, even if they are too few: the heap grows by the rest alone.
#[test]
fn a_large_object_begins_with_the_free_blocks_at_the_end() {
    for (kept, freed, need) in [(1, 1, 2), (1, 2, 3), (1, 2, 5), (3, 1, 2), (2, 1, REMEMBERED + 1)] {
        let bytes = ((kept + need) * BLOCK) as u64;
        let mut fixture = Fixture::new(1 << 24);
        fixture.store.bytes_left = bytes;
        let object = fixture.raw(kept * BLOCK).unwrap();
        fixture.roots.push(u64::from(object));
        fixture.raw(freed * BLOCK).unwrap();
        fixture.collect();
        let place = FIRST_OFFSET + (kept * BLOCK) as u32;
        assert_eq!(fixture.raw(need * BLOCK), Ok(place), "{need} blocks, of which {freed} are there");
        let taken = (fixture.store.heap.blocks(), fixture.store.bytes_left);
        assert_eq!(taken, (kept + need, 0), "{need} blocks, of which {freed} are there");
    }
}

/// The space of a heap goes to the next one of its size, which takes fresh memory for zero.
#[test]
fn a_heap_leaves_no_traces_in_its_space() {
    for round in 0..3 {
        let mut fixture = Fixture::new(37 * BLOCK as u64);
        fixture.store.heap.threshold = usize::MAX;
        for size in [BLOCK, 20 * BLOCK, LARGE, LARGE, 15 * BLOCK] {
            // All of it is zero, and then some of each line is not.
            let object = fixture.raw(size).unwrap();
            fixture.roots.push(u64::from(object));
        }
        assert_eq!(fixture.store.heap.blocks(), 37, "round {round}");
    }
}

/// The header says what an object is: its kind, its type, and its size, which is that of its contents in granules.
#[test]
fn an_object_is_as_large_as_its_contents() {
    use crate::module::CompositeInnerType;
    use wasmparser::{ArrayType, FieldType, StorageType, StructType};
    let field = |element_type| FieldType { element_type, mutable: true };
    let array_of = |element| {
        types::register_final(CompositeInnerType::Array(ArrayType(field(element)))).expect("fewer than 2^20 types")
    };
    let struct_of = |elements: &[StorageType]| {
        let fields = elements.iter().map(|&element| field(element)).collect();
        types::register_final(CompositeInnerType::Struct(StructType { fields })).expect("fewer than 2^20 types")
    };
    let mut fixture = Fixture::new(1 << 24);
    let mut made = Vec::new();
    let host = fixture.host(7).expect("room");
    made.push((host, ObjectKind::HostExtern, types::NO_TYPE, 16));
    for (tag, size) in [(0, 16), (1, 64), (2, 336), (3, 72016)] {
        let exception = fixture.exception(tag).expect("room");
        made.push((exception, ObjectKind::Exception, types::NO_TYPE, size));
    }
    let store = &raw mut *fixture.store;
    let (wide, byte) = (StorageType::Val(ValType::I64), StorageType::I8);
    for (fields, size) in [(&[wide][..], 16), (&[], 16), (&[wide, byte], 32), (&[wide, wide, wide], 32)] {
        let ty = struct_of(fields);
        // SAFETY: nothing else uses the store, here and below.
        let object = unsafe { new_struct(store, ty) }.expect("room");
        made.push((object.0.get(), ObjectKind::Struct, ty, size));
    }
    for (element, len, size, padding) in [
        (byte, 0, 16, 0),
        (byte, 1, 32, 15),
        (byte, 16, 32, 0),
        (byte, 17, 48, 15),
        (StorageType::I16, 3, 32, 10),
        (wide, 3, 48, 8),
        (StorageType::Val(ValType::V128), 3, 64, 0),
    ] {
        let ty = array_of(element);
        // SAFETY: as above.
        let object = unsafe { new_array(store, ty, len) }.expect("room");
        made.push((object.0.get(), ObjectKind::Array, ty, size));
        // SAFETY: as above.
        let heap = unsafe { &(*store).heap };
        assert_eq!((heap.array_elements(object).2, heap.array_padding(object)), (len, &[0; 16][..padding]), "{len}");
    }
    let cont = struct_of(&[]);
    for (bound, size) in [(0, 32), (1, 48), (2, 48), (3, 64), (4, 64), (5, 80), (9, 112)] {
        // SAFETY: as above.
        let object = unsafe { new_continuation(store, cont, bound) }.expect("room");
        made.push((object.0.get(), ObjectKind::Cont, cont, size));
        assert_eq!(fixture.store.heap.bound_arguments(object).1, bound);
        assert_eq!(fixture.store.heap.continuation(object), ContinuationState::Consumed, "{bound}");
    }
    let heap = &fixture.store.heap;
    for (object, kind, ty, size) in made {
        let is = (heap.kind(gc_ref(object)), heap.type_of(gc_ref(object)), heap.header(object).size());
        assert_eq!(is, (kind, ty, size), "{object:#x}");
    }
}

/// Each number of the statistics, before and after collections.
#[test]
fn statistics_count_objects_bytes_and_collections() {
    let mut fixture = Fixture::new(1 << 24);
    let is = |fixture: &mut Fixture, expected: HeapStats, footprint: usize| {
        let stats = fixture.store.heap.stats();
        assert_eq!(stats, HeapStats { collecting: stats.collecting, ..expected });
        assert_eq!(fixture.store.heap.footprint(), footprint * BLOCK);
    };
    let mut expected = HeapStats::default();
    is(&mut fixture, expected, 0);
    let objects = [1, 2, 3].map(|value| fixture.host(value).expect("room"));
    fixture.raw(2 * BLOCK).expect("room");
    (expected.allocated_objects, expected.allocated_bytes) = (4, 48 + 2 * BLOCK as u64);
    expected.peak_bytes = 3 * BLOCK as u64;
    is(&mut fixture, expected, 3);
    fixture.roots.extend([objects[0], objects[2]].map(u64::from));
    fixture.collect();
    (expected.collections, expected.live_objects, expected.live_bytes) = (1, 2, 32);
    is(&mut fixture, expected, 1);
    fixture.raw(100).expect("room");
    (expected.allocated_objects, expected.allocated_bytes) = (5, 48 + 2 * BLOCK as u64 + 112);
    is(&mut fixture, expected, 1);
    fixture.roots.clear();
    fixture.collect();
    (expected.collections, expected.live_objects, expected.live_bytes) = (2, 0, 0);
    is(&mut fixture, expected, 0);
}

/// What the system refused earlier says nothing of an allocation for which the heap's limit has no room.
#[test]
fn a_refusal_is_that_of_the_last_attempt() {
    let mut fixture = Fixture::new(BLOCK as u64);
    fixture.store.heap.refused = true;
    assert_eq!(fixture.exception(3), Err(TrapCode::AllocationTooLarge));
    assert_eq!((fixture.store.refused, fixture.store.heap.refused), (None, false));
}
