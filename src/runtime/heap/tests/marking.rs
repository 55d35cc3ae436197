//! What is marked: from which roots and along which edges objects are found, also if the list of marked objects is full.

use super::*;

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

/// Objects whose references are looked for again because the list was full, in all places of a block.
#[test]
fn what_is_not_listed_is_found_wherever_it_lies() {
    let mut fixture = Fixture::new(1 << 26);
    fixture.store.heap.most_listed = 1;
    // One object leads to groups, each of them to holders, which are then marked at once, and one of them listed.
    let root = fixture.exception(3).unwrap();
    fixture.roots.push(u64::from(root));
    let mut pairs = Vec::new();
    for group in 0..80 {
        let holders = fixture.exception(2).unwrap();
        fixture.set(root, 100 * group + 7, u64::from(holders));
        for slot in 0..40 {
            let holder = fixture.exception(1).unwrap();
            fixture.set(holders, slot, u64::from(holder));
            let held = fixture.host(group as u64).unwrap();
            fixture.set(holder, 0, u64::from(held));
            pairs.push((holder, held));
        }
    }
    let words: BTreeSet<usize> =
        pairs.iter().map(|(holder, _)| (holder - FIRST_OFFSET) as usize % BLOCK / (64 * GRANULE)).collect();
    assert_eq!(words, (0..GRANULES / 64).collect(), "holders lie everywhere");
    fixture.collect();
    let lost: Vec<_> = pairs.iter().filter(|(_, held)| !fixture.store.heap.is_object(*held)).collect();
    assert!(lost.is_empty(), "{} of {}: {lost:?}", lost.len(), pairs.len());
    assert_eq!(fixture.store.heap.stats().live_objects, 1 + 80 + 2 * 3200);
}

/// The list may also overflow each time that blocks are visited again, with an object in front of the one that refers to it.
#[test]
fn what_is_not_listed_in_a_later_visit_is_found_too() {
    const NODES: u64 = 30;
    let mut fixture = Fixture::new(1 << 26);
    fixture.store.heap.most_listed = 1;
    // Each node refers to an object, which is listed, and to the node that was allocated before it, which is not.
    for n in 0..NODES {
        let object = fixture.host(n).unwrap();
        fixture.roots.push(u64::from(object));
        let node = fixture.exception(2).unwrap();
        fixture.set(node, 0, u64::from(object));
        fixture.set(node, 1, fixture.roots[0]);
        *fixture.roots = vec![u64::from(node)];
    }
    fixture.collect();
    assert_eq!(fixture.store.heap.stats().live_objects, 2 * NODES);
}

/// Words at every edge of objects of many sizes, including the first and the last of the heap: as an offset in either
/// half, and as an address. An offset refers to an object only from its start, an address from anywhere inside it.
#[test]
fn a_word_refers_to_what_the_definition_says() {
    let mut fixture = Fixture::new(1 << 22);
    let small = [16, 48, 64, 896, 1008, 16, LARGE, BLOCK - LARGE - 2064, 16];
    assert_eq!(small.iter().sum::<usize>(), BLOCK, "the first block is full");
    for size in small.into_iter().chain([BLOCK + 16, LARGE + 16, 32, 3 * BLOCK]) {
        fixture.raw(size).unwrap();
    }
    let heap = &mut fixture.store.heap;
    let objects: Vec<(u32, usize)> =
        heap.objects().iter().map(|o| (o.0.get(), heap.header(o.0.get()).size())).collect();
    assert_eq!(objects.len(), small.len() + 4);
    assert_eq!(objects[0].0, FIRST_OFFSET);
    let (last, size) = objects[objects.len() - 1];
    assert_eq!((last - FIRST_OFFSET) as usize + size, heap.blocks.len() * BLOCK, "nothing is behind the last object");
    let base = heap.base() as u64;
    let mut words = Vec::new();
    for &(object, size) in &objects {
        let end = u64::from(object) + size as u64;
        for from in [u64::from(object), end] {
            for at in [from - 16, from - 8, from - 1, from, from + 1, from + 8, from + 16] {
                words.extend([at, at | 0x1234 << 32, at << 32, at << 32 | 0x5678, at << 32 | at, base + at]);
            }
        }
        words.push(u64::from(object) << 32 | u64::from(last));
    }
    for word in words {
        let refers = |&(object, size): &(u32, usize)| {
            let address = base + u64::from(object);
            word as u32 == object || (word >> 32) as u32 == object || (address..address + size as u64).contains(&word)
        };
        let expected: Vec<_> = objects.iter().copied().filter(refers).collect();
        heap.start_marking();
        let place = &raw const word as usize;
        // SAFETY: one word.
        unsafe { heap.mark_range(place, place + 8) };
        let offsets: BTreeSet<u32> = expected.iter().map(|&(object, _)| object).collect();
        assert_eq!(marked(heap), offsets, "{word:#x}, base {base:#x}");
        let bytes: usize = expected.iter().map(|&(_, size)| size).sum();
        assert_eq!((heap.stats.live_objects, heap.stats.live_bytes), (expected.len() as u64, bytes as u64));
    }
}

#[test]
fn stacks_are_scanned_from_their_first_word_to_their_last() {
    let mut fixture = Fixture::new(1 << 22);
    let [mut running, mut parent, mut outer] = [(); 3].map(|()| words(&mut fixture));
    // The native stack of the running one is this test's: all of it lies above.
    running.stack.native_base = 0;
    let of_running: Vec<u32> = running.scanned[..3].to_vec();
    for stacks in 1..=3 {
        running.stack.parent = if stacks > 1 { &raw mut *parent.stack } else { std::ptr::null_mut() };
        parent.stack.parent = if stacks > 2 { &raw mut *outer.stack } else { std::ptr::null_mut() };
        let lists = [&of_running, &parent.scanned, &outer.scanned];
        let expected: BTreeSet<u32> = lists[..stacks].iter().flat_map(|list| list.iter().copied()).collect();
        let heap = &mut fixture.store.heap;
        heap.start_marking();
        // SAFETY: the stacks have the words that they say.
        unsafe { scan_stacks(heap, &running.stack) };
        assert_eq!(marked(heap), expected, "{stacks} stacks");
    }
}

#[test]
fn a_continuation_keeps_its_arguments_and_all_of_its_stacks() {
    let mut fixture = Fixture::new(1 << 22);
    let [mut inner, mut middle, mut outer, mut beyond] = [(); 4].map(|()| words(&mut fixture));
    for bound in [0, 1, 3, 4] {
        // SAFETY: nothing else uses the store.
        let object = unsafe { new_continuation(&raw mut *fixture.store, types::NO_TYPE, bound) }.unwrap();
        // The words up to the end of the object: some are not arguments.
        let size = fixture.store.heap.header(object.0.get()).size();
        let room = (size - CONT_ARGS as usize) / 8;
        let arguments: Vec<u32> = (0..room as u64).map(|i| fixture.host(i).unwrap()).collect();
        for (at, &argument) in arguments.iter().enumerate() {
            let place = fixture.store.heap.address(object.0.get()).wrapping_add(CONT_ARGS as usize + 8 * at);
            // SAFETY: inside of the object.
            unsafe { place.cast::<u64>().write(u64::from(argument) << if at == 1 { 32 } else { 0 }) };
        }
        for stacks in 0..=3 {
            inner.stack.parent = &raw mut *middle.stack;
            middle.stack.parent = &raw mut *outer.stack;
            // The last stack of a captured chain has no parent; whatever it refers to is not part of the chain.
            outer.stack.parent = &raw mut *beyond.stack;
            beyond.stack.parent = std::ptr::null_mut();
            let last = [&raw mut *inner.stack, &raw mut *inner.stack, &raw mut *middle.stack, &raw mut *outer.stack];
            let state = match stacks {
                0 => ContinuationState::Fresh(std::ptr::dangling()),
                _ => ContinuationState::Suspended(&raw mut *inner.stack, last[stacks]),
            };
            let heap = &mut fixture.store.heap;
            heap.set_continuation(object, state);
            let lists = [&inner.scanned, &middle.scanned, &outer.scanned];
            let mut expected: BTreeSet<u32> = lists[..stacks].iter().flat_map(|list| list.iter().copied()).collect();
            expected.extend(&arguments[..bound]);
            expected.insert(object.0.get());
            heap.start_marking();
            heap.mark(object.0.get());
            heap.drain();
            assert_eq!(marked(heap), expected, "{bound} arguments, {stacks} stacks");
        }
    }
}

/// Each root alone: what it refers to survives, and nothing else.
#[test]
fn each_root_keeps_its_objects() {
    type Root = fn(&mut Fixture, [u32; 3]) -> usize;
    let roots: [(&str, Root); 9] = [
        ("none", |_, _| 0),
        ("the exception in flight", |fixture, [a, ..]| {
            fixture.store.pending_exception = a;
            1
        }),
        ("a root of the owner", |fixture, [a, ..]| {
            fixture.roots.push(u64::from(a));
            1
        }),
        ("the first that is held", |fixture, [a, ..]| {
            fixture.store.continuations.held = [a, 0];
            1
        }),
        ("the second that is held", |fixture, [a, ..]| {
            fixture.store.continuations.held = [0, a];
            1
        }),
        ("no slot of the transfer", |fixture, all| transfer(fixture, all, 0)),
        ("one slot of the transfer", |fixture, all| transfer(fixture, all, 1)),
        ("two slots of the transfer", |fixture, all| transfer(fixture, all, 2)),
        ("three slots of the transfer", |fixture, all| transfer(fixture, all, 3)),
    ];
    fn transfer(fixture: &mut Fixture, objects: [u32; 3], slots: usize) -> usize {
        for (at, object) in objects.into_iter().enumerate() {
            // SAFETY: there are thousands of slots.
            unsafe { fixture.store.transfer.add(at).write(u64::from(object)) };
        }
        fixture.store.continuations.in_transfer = slots;
        slots
    }
    for (name, set) in roots {
        let mut fixture = Fixture::new(1 << 20);
        let objects = [0, 1, 2].map(|i| fixture.host(i).unwrap());
        let kept = set(&mut fixture, objects);
        fixture.collect();
        let alive = objects.map(|object| fixture.store.heap.is_object(object));
        assert_eq!(alive, std::array::from_fn(|i| i < kept), "{name}");
    }
}

/// Every field and every element that is a reference, and no other, keeps an object alive.
#[test]
fn each_reference_of_an_object_is_an_edge() {
    const TEXT: &str = "(module
        (type $n (struct))
        (type (struct (field i8) (field (ref null $n)) (field i64) (field anyref) (field funcref) (field v128)
            (field externref) (field i16) (field i32) (field (ref null exn)) (field i8) (field eqref)))
        (rec (type $d (sub (descriptor $e) (struct (field i64) (field i31ref))))
             (type $e (sub (describes $d) (struct (field i32) (field structref)))))
        (type (array anyref)) (type (array (mut (ref null $n)))) (type (array funcref)) (type (array i32))
        (type (array i64)) (type (array v128)))";
    let bytes = wat::parse_str(TEXT).unwrap();
    let module = crate::module::Module::new(&bytes, crate::module::WasmFeatures::all()).unwrap();
    let (mut references, mut others) = (0, 0);
    for &ty in &types::register_module(&module).unwrap() {
        // Offset and storage of each place where a reference could be.
        let cases: Vec<(u32, Vec<(u32, Storage)>)> = match &types::info(ty).layout {
            Layout::Struct(layout) => {
                let mut fields: Vec<_> = layout.fields.iter().map(|f| (f.offset, f.storage)).collect();
                // The descriptor ends the object.
                fields.extend(layout.descriptor.then(|| (layout.size - 4, Storage::Gc)));
                vec![(0, fields)]
            }
            &Layout::Array(storage) => [1, 2, 33, 9000]
                .map(|len| {
                    let at = |i: u32| (ARRAY_ELEMENTS as u32 + i * storage.size(), storage);
                    (len, [0, 1, len / 2, len - 1].into_iter().filter(|&i| i < len).map(at).collect())
                })
                .into(),
            Layout::None => unreachable!("the module has no such type"),
        };
        for (len, places) in cases {
            for (offset, storage) in places.into_iter().filter(|(_, storage)| storage.size() >= 4) {
                let mut fixture = Fixture::new(1 << 22);
                let target = fixture.host(7).unwrap();
                let is_array = matches!(types::info(ty).layout, Layout::Array(_));
                let store = &raw mut *fixture.store;
                // SAFETY: nothing else uses the store; the object has four bytes at this place.
                let object = unsafe {
                    let object = if is_array { new_array(store, ty, len) } else { new_struct(store, ty) }.unwrap();
                    let place = (*store).heap.address(object.0.get()).add(offset as usize);
                    assert_eq!(place.cast::<u32>().read_unaligned(), 0);
                    place.cast::<u32>().write_unaligned(target);
                    object.0.get()
                };
                fixture.roots.push(u64::from(object));
                fixture.collect();
                let is_edge = storage == Storage::Gc;
                *(if is_edge { &mut references } else { &mut others }) += 1;
                let kept = [object, target].map(|object| fixture.store.heap.is_object(object));
                assert_eq!(kept, [true, is_edge], "{storage:?} at {offset} of type {ty}, length {len}");
            }
        }
    }
    assert!(references > 20 && others > 30, "{references} {others}");
}
