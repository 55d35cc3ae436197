//! A store's checks of itself can fail, and are made where that was promised.

use super::*;
use crate::runtime::stacks::continuations::{ContinuationState, SuspendedChain};
use crate::runtime::vm::VMStack;
use std::sync::atomic::Ordering;

/// Each invariant, broken once.
#[test]
fn what_is_inconsistent_is_noticed() {
    const MODULE: &str = r#"(module
        (type $s (struct (field (mut anyref)) (field i32)))
        (type $a (array (mut anyref)))
        (tag (export "t") (param i64 externref))
        (type $v (func (param externref)))
        (memory 1 2) (table 2 funcref) (table 1 4 externref) (table 1 (ref null $v))
        (global (export "g") (mut (ref null $s)) (ref.null $s))
        (func (export "f")) (func (export "x") (type $v)))"#;
    const NO_OBJECT: u64 = 0x9000_0010;
    type Break = fn(&mut Store, InstanceId);
    fn vm(store: &mut Store) -> &mut VMStore {
        // SAFETY: nothing runs.
        unsafe { &mut *store.vm() }
    }
    fn table(store: &mut Store, i: usize) -> &mut [u64] {
        // SAFETY: nothing runs.
        unsafe { (*store.inner().tables[i].as_ptr()).slots_mut() }
    }
    /// Changes the length in the record of the memory.
    fn set_memory(store: &mut Store, bytes: usize) {
        store.inner().memories[0].vm.byte_len.store(bytes, Ordering::Release);
    }
    /// The type of this index in the module.
    fn ty(store: &Store, id: InstanceId, index: usize) -> u32 {
        // SAFETY: nothing runs; the array does not change.
        unsafe { store.inner().instance(id).type_ids.get()[index] }
    }
    /// A chain of two stacks that wait: the innermost and the outermost.
    fn chain(store: &mut Store) -> [*mut VMStack; 2] {
        let Ref::Gc(owner) = store.new_extern(5) else { panic!("an object") };
        let continuations = &mut vm(store).continuations;
        let [innermost, outermost] = [(); 2].map(|()| continuations.pool.take().expect("room"));
        // SAFETY: both are new.
        unsafe { (*innermost).parent = outermost };
        continuations.add(SuspendedChain { innermost, outermost, owner });
        assert_eq!(store.check_invariants(), Ok(()));
        [innermost, outermost]
    }
    let breaks: [(&str, Break); 46] = [
        ("values are left in the value area", |store, _| {
            // SAFETY: nothing runs.
            unsafe { (*vm(store).stack).values_top = (*vm(store).stack).values_base.add(1) }
        }),
        // SAFETY: nothing runs.
        ("2 calls from host functions go on", |store, _| unsafe { (*vm(store).stack).reentries = 2 }),
        ("trap 3 is in flight", |store, _| vm(store).pending_trap = 3),
        ("an ended stack was not returned", |store, _| vm(store).continuations.ended = std::ptr::dangling_mut()),
        ("references are held", |store, _| vm(store).continuations.held = [1, 0]),
        ("references are held", |store, _| vm(store).continuations.in_transfer = 1),
        ("chain 0 has no owner", |store, _| {
            chain(store);
            vm(store).continuations.suspended[0].owner = GcRef((NO_OBJECT as u32).try_into().expect("not 0"));
        }),
        ("chain 0 has the index 1", |store, _| {
            let [_, outermost] = chain(store);
            // SAFETY: the stack is alive.
            unsafe { (*outermost).index = 1 };
        }),
        ("chain 0 has not been cut off", |store, _| {
            let [innermost, outermost] = chain(store);
            // SAFETY: the stack is alive.
            unsafe { (*outermost).parent = innermost };
        }),
        ("chain 0 has handlers above it", |store, _| {
            let [_, outermost] = chain(store);
            // SAFETY: the stack is alive.
            unsafe { (*outermost).num_handlers = 1 };
        }),
        ("chain 0 has handlers above it", |store, _| {
            let [_, outermost] = chain(store);
            // SAFETY: the stack is alive.
            unsafe { (*outermost).handlers = std::ptr::dangling() };
        }),
        ("chain 0 was captured across a host function", |store, _| {
            let [innermost, _] = chain(store);
            // SAFETY: the stack is alive.
            unsafe { (*innermost).reentries = 1 };
        }),
        ("chain 0 was captured across a host function", |store, _| {
            let [_, outermost] = chain(store);
            // SAFETY: the stack is alive.
            unsafe { (*outermost).reentries = 1 };
        }),
        ("chain 0 is torn", |store, _| {
            let [innermost, _] = chain(store);
            // SAFETY: the stack is alive.
            unsafe { (*innermost).parent = std::ptr::null_mut() };
        }),
        ("1 stacks wait, and 2 were taken", |store, _| {
            let [_, outermost] = chain(store);
            vm(store).continuations.suspended[0].innermost = outermost;
        }),
        ("0 stacks wait, and 1 were taken", |store, _| drop(vm(store).continuations.pool.take())),
        ("belongs to another store", |store, id| {
            // SAFETY: nothing runs.
            unsafe { (*store.inner().instance(id).ctx.as_ptr()).store = std::ptr::dangling_mut() };
        }),
        ("is another's", |store, id| {
            // SAFETY: nothing runs.
            unsafe { (*store.inner().instance(id).ctx.as_ptr()).instance = std::ptr::dangling_mut() };
        }),
        ("has a foreign global", |store, id| {
            // SAFETY: nothing runs.
            unsafe { *store.inner().instance(id).globals.first() = std::ptr::dangling_mut() };
        }),
        ("has a foreign tag", |store, id| {
            // SAFETY: nothing runs.
            unsafe { *store.inner().instance(id).tags.first() = std::ptr::dangling_mut() };
        }),
        ("has a foreign memory", |store, id| {
            // SAFETY: nothing runs.
            unsafe { *store.inner().instance(id).memories.first() = std::ptr::dangling_mut() };
        }),
        ("accesses another memory 0", |store, id| {
            // SAFETY: nothing runs.
            unsafe { (*store.inner().instance(id).ctx.as_ptr()).memory0 = std::ptr::dangling_mut() };
        }),
        ("accesses another memory 0", |store, id| {
            // SAFETY: nothing runs.
            unsafe { (*store.inner().instance(id).ctx.as_ptr()).memory0_base = std::ptr::dangling_mut() };
        }),
        ("has a foreign table", |store, id| {
            // SAFETY: nothing runs.
            unsafe { *store.inner().instance(id).tables.first().add(1) = std::ptr::dangling_mut() };
        }),
        ("has a foreign function", |store, id| {
            // SAFETY: nothing runs.
            unsafe { *store.inner().instance(id).funcs.first().add(0) = std::ptr::dangling_mut() };
        }),
        ("memory 0 of 65537 bytes is not a whole number of pages", |store, _| set_memory(store, 65537)),
        ("memory 0 of 196608 bytes is over its maximum", |store, _| set_memory(store, 3 << 16)),
        ("the record of table 1 is not of its elements", |store, _| {
            // SAFETY: nothing runs, and nothing looks at the element that is left out.
            unsafe { (*store.inner().tables[1].as_ptr()).vm.len = 0 };
        }),
        ("element 0 of table 0: no function at", |store, _| table(store, 0)[0] = 0x1238),
        ("element 1 of table 0: no function at", |store, _| table(store, 0)[1] = 0x1238),
        ("element 0 of table 1: no object at", |store, _| table(store, 1)[0] = NO_OBJECT),
        ("global 0: no object at", |store, _| {
            // SAFETY: nothing runs.
            unsafe { (*store.inner().globals[0].as_ptr()).vm.value[0] = NO_OBJECT };
        }),
        ("global 0: Ref(Gc(", |store, _| {
            let Ref::Gc(other) = store.new_extern(5) else { panic!("an object") };
            // SAFETY: nothing runs.
            unsafe { (*store.inner().globals[0].as_ptr()).vm.value[0] = u64::from(other.0.get()) };
        }),
        ("a reference that the host holds: no object at", |store, _| {
            store.inner_mut().handles.push(GcRef((NO_OBJECT as u32).try_into().expect("not 0")));
        }),
        ("field 0 of the structure at", |store, id| {
            let ty = ty(store, id, 0);
            let object = store.new_struct(ty, &[Ref::Null.into(), Val::I32(1)]).expect("room");
            let (_, base) = vm(store).heap.struct_fields(object);
            // SAFETY: the first field lies behind the header.
            unsafe { base.add(8).cast::<u32>().write(NO_OBJECT as u32) };
        }),
        // Its descriptor, which stands behind the fields.
        ("field 1 of the structure at", |store, _| {
            const DESCRIBED: &str = "(module (rec (type $d (sub (descriptor $e) (struct (field i32))))
                (type $e (sub (describes $d) (struct)))))";
            let id = store.instantiate(compile(DESCRIBED, WasmFeatures::all()), &[]).expect("a module");
            // SAFETY: nothing runs; the object ends with its descriptor.
            unsafe {
                let object = heap::new_struct(store.vm(), ty(store, id, 0)).expect("room");
                let (layout, base) = vm(store).heap.struct_fields(object);
                let offset = layout.descriptor_offset().expect("a descriptor");
                base.add(offset as usize).cast::<u32>().write(NO_OBJECT as u32);
            }
        }),
        ("element 0 of the array at", |store, id| {
            let ty = ty(store, id, 1);
            let object = store.new_array(ty, &[Ref::Null.into(); 3]).expect("room");
            let (_, first, _) = vm(store).heap.array_elements(object);
            // SAFETY: there are three elements of four bytes.
            unsafe { first.cast::<u32>().write(NO_OBJECT as u32) };
        }),
        ("element 2 of the array at", |store, id| {
            let ty = ty(store, id, 1);
            let object = store.new_array(ty, &[Ref::Null.into(); 3]).expect("room");
            let (_, first, _) = vm(store).heap.array_elements(object);
            // SAFETY: there are three elements of four bytes.
            unsafe { first.cast::<u32>().add(2).write(NO_OBJECT as u32) };
        }),
        // The array takes 28 bytes of 32.
        ("is written behind its end", |store, id| {
            let ty = ty(store, id, 1);
            let object = store.new_array(ty, &[Ref::Null.into(); 3]).expect("room");
            let (_, first, _) = vm(store).heap.array_elements(object);
            // SAFETY: there are sixteen bytes for elements.
            unsafe { first.add(15).write(1) };
        }),
        ("free memory for objects was written", |store, id| {
            let ty = ty(store, id, 1);
            let object = store.new_array(ty, &[Ref::Null.into(); 3]).expect("room");
            let (_, first, _) = vm(store).heap.array_elements(object);
            // SAFETY: the heap has more than this one object.
            unsafe { first.add(16).write(1) };
        }),
        ("value 1 of the exception at", |store, id| {
            let Some(Extern::Tag(tag)) = store.export(id, "t") else { panic!("a tag") };
            let object = store.new_exception(tag, &[Val::I64(1), Ref::Null.into()]).expect("room");
            let payload = vm(store).heap.exception_payload(object).as_ptr().cast_mut();
            // SAFETY: there are two slots, and nothing else refers to them.
            unsafe { payload.add(1).write(NO_OBJECT) };
        }),
        ("element 0 of table 2: Ref(Func(", |store, id| {
            let Some(Extern::Func(f)) = store.export(id, "f") else { panic!("a function") };
            table(store, 2)[0] = f.0.as_ptr() as u64;
        }),
        ("element 0 of table 1 has an upper half", |store, _| table(store, 1)[0] = 1 << 32),
        ("the continuation at", |store, id| {
            let Some(Extern::Func(x)) = store.export(id, "x") else { panic!("a function") };
            // SAFETY: nothing runs; the object has room for an argument.
            unsafe {
                let object = heap::new_continuation(store.vm(), types::NO_TYPE, 1).expect("room");
                vm(store).heap.set_continuation(object, ContinuationState::Fresh(x.0.as_ptr()));
                vm(store).heap.bound_arguments(object).0.write(NO_OBJECT);
            }
        }),
        ("elements, and", |store, _| vm(store).elements_left -= 1),
        ("stacks 0, and", |store, _| vm(store).bytes_left += 8),
    ];
    let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
    let id = instantiate(&mut store, MODULE, &[]).expect("a module");
    assert_eq!(store.check_invariants(), Ok(()));
    store.set_paranoid(true);
    call(&mut store, id, "f", &[]).expect("nothing is wrong");
    for (words, break_it) in breaks {
        let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
        let id = instantiate(&mut store, MODULE, &[]).expect("a module");
        break_it(&mut store, id);
        let found = store.check_invariants().expect_err(words);
        assert!(found.contains(words), "{words}: {found}");
        // What is broken is not touched again.
        std::mem::forget(store);
    }
    // Of several, the first is reported: of stacks, instances, what they share, objects, budgets.
    let order =
        ["trap 3 is in flight", "accesses another memory 0", "memory 0 of 65537", "free memory", "elements, and"];
    for (first, words) in order.iter().enumerate() {
        let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
        let id = instantiate(&mut store, MODULE, &[]).expect("a module");
        for wrong in order[first..].iter().rev() {
            let (_, break_it) = breaks.iter().find(|(words, _)| words.starts_with(wrong)).expect("one of them");
            break_it(&mut store, id);
        }
        let found = store.check_invariants().expect_err(words);
        assert!(found.contains(words), "{words}: {found}");
        std::mem::forget(store);
    }
}

/// A maximum of 2^64 bytes is no maximum.
#[test]
fn a_memory_may_have_any_maximum() {
    for maximum in ["", "0xffff_ffff_ffff", "0x1_0000_0000_0000"] {
        let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
        instantiate(&mut store, &format!("(module (memory i64 1 {maximum}))"), &[]).expect("a module");
        assert_eq!(store.check_invariants(), Ok(()), "{maximum}");
    }
}

/// A root that the collector forgets, and one that it has too many.
#[test]
fn a_collection_keeps_what_is_reachable_and_nothing_else() {
    const MODULE: &str = r#"(module
        (type $node (struct (field (ref null $node))))
        (global (export "g") (mut (ref null $node)) (ref.null $node)))"#;
    type Break = fn(&mut Store);
    let breaks: [(&str, Break); 3] = [
        ("", |_| {}),
        // SAFETY: nothing runs.
        ("is reachable, and was collected", |store| unsafe { (*store.vm()).roots = None }),
        ("was kept, and nothing leads to it", |store| {
            let Ref::Gc(loose) = store.new_extern(5) else { panic!("an object") };
            store.clear_handles();
            // SAFETY: nothing runs.
            unsafe { (*store.vm()).pending_exception = loose.0.get() };
        }),
    ];
    for (words, break_it) in breaks {
        let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
        let id = instantiate(&mut store, MODULE, &[]).expect("a module");
        // SAFETY: nothing runs; the array does not change.
        let ty = unsafe { store.inner().instance(id).type_ids.get()[0] };
        let inner = store.new_struct(ty, &[Ref::Null.into()]).expect("room");
        let outer = store.new_struct(ty, &[Ref::Gc(inner).into()]).expect("room");
        let Some(Extern::Global(global)) = store.export(id, "g") else { panic!("a global") };
        store.global_set(global, Ref::Gc(outer).into());
        store.clear_handles();
        store.set_paranoid(true);
        break_it(&mut store);
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.collect_if_paranoid()));
        let text = found.err().map(|panic| *panic.downcast::<String>().expect("a text")).unwrap_or_default();
        assert!(text.contains(words) && text.is_empty() == words.is_empty(), "{words}: {text}");
        // What is broken is not touched again.
        std::mem::forget(store);
    }
}

/// The marker and the invariants are consulted wherever that was promised.
#[test]
fn a_paranoid_store_collects_and_checks_after_each_call_and_instantiation() {
    const MODULE: &str = r#"(module (func (export "f")) (func (export "t") unreachable))"#;
    let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
    let collections = |store: &Store| store.gc_stats().collections;
    let mut expected = 0;
    for paranoid in [false, true] {
        store.set_paranoid(paranoid);
        let id = instantiate(&mut store, MODULE, &[]).unwrap();
        expected += u64::from(paranoid);
        assert_eq!(collections(&store), expected);
        for name in ["f", "t", "f"] {
            assert_eq!(call(&mut store, id, name, &[]).is_ok(), name == "f");
            expected += u64::from(paranoid);
            assert_eq!(collections(&store), expected, "{name}");
        }
    }
    type Action = fn(&mut Store);
    let actions: [Action; 4] = [
        |store| drop(instantiate(store, MODULE, &[])),
        |store| drop(call(store, InstanceId(0), "f", &[])),
        |store| drop(call(store, InstanceId(0), "t", &[])),
        |store| {
            let Some(Extern::Func(f)) = store.export(InstanceId(0), "f") else { panic!("a function") };
            // SAFETY: nothing else uses the store; the function has no arguments and no results.
            let _ = unsafe { Store::call_slots(store.address(), f, &mut []) };
        },
    ];
    for (i, action) in actions.into_iter().enumerate() {
        for paranoid in [false, true] {
            let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
            instantiate(&mut store, MODULE, &[]).unwrap();
            // SAFETY: nothing runs.
            unsafe { (*store.vm()).elements_left -= 1 };
            store.set_paranoid(paranoid);
            let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| action(&mut store)));
            assert_eq!(ended.is_err(), paranoid, "action {i}");
        }
    }
}
