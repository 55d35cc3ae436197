//! Continuations of Rust functions: the effects of the libcalls alone.

use super::*;
use crate::module::{FuncType, ValType};
use crate::runtime::heap::Heap;
use crate::runtime::stacks::activation::{self, Stack};
use crate::runtime::stacks::continuations::make_room;
use crate::runtime::types;
use crate::runtime::vm::VMTag;
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::hint::black_box;

type Entry = unsafe extern "C" fn(*const VMFunc, *mut u64) -> Status;

/// A store with a context, which has two tags and one type.
#[expect(clippy::vec_box, reason = "their addresses are stored elsewhere")]
struct Fixture {
    store: Box<VMStore>,
    _stack: Stack,
    ctx: Box<VMContext>,
    _tags: Vec<Box<VMTag>>,
    _tag_list: Box<[*mut VMTag]>,
    _types: Box<[u32]>,
    functions: Vec<Box<VMFunc>>,
}

impl Fixture {
    fn new() -> Fixture {
        let mut stack = Stack::new(1 << 16).unwrap();
        let mut store = Box::new(VMStore::new(&mut stack, Heap::new(1 << 24, false)));
        let signature = FuncType::new([ValType::I64], [ValType::I64]);
        let ty = types::register_func(&signature).unwrap();
        let mut tags: Vec<Box<VMTag>> = (0..2).map(|_| Box::new(VMTag::new(ty, &signature))).collect();
        let tag_list: Box<[*mut VMTag]> = tags.iter_mut().map(|t| &raw mut **t).collect();
        let types: Box<[u32]> = [ty].into();
        let ctx = Box::new(VMContext {
            tags: tag_list.as_ptr(),
            type_ids: types.as_ptr(),
            ..VMContext::new(&raw mut *store)
        });
        Fixture { store, _stack: stack, ctx, _tags: tags, _tag_list: tag_list, _types: types, functions: Vec::new() }
    }

    fn ctx(&mut self) -> *mut VMContext {
        &raw mut *self.ctx
    }

    fn func(&mut self, entry: Entry) -> *const VMFunc {
        let func = Box::new(VMFunc::new(self.ctx(), self._types[0], 0));
        func.array_entry.publish(entry as *mut c_void);
        let address = &raw const *func;
        self.functions.push(func);
        address
    }

    fn cont(&mut self, entry: Entry) -> u64 {
        let (ctx, func) = (self.ctx(), self.func(entry));
        // SAFETY: nothing runs.
        let r = unsafe { cont_new(ctx, 0, func as u64, 0, 0, 0) };
        assert_eq!(r.status, Status::Ok);
        r.value
    }

    fn trap(&mut self) -> Option<TrapCode> {
        TrapCode::from_u8(std::mem::take(&mut self.store.pending_trap) as u8)
    }

    fn resume(&mut self, cont: u64, value: u64, on: &[u64]) -> Result<(u64, u64, u64), Status> {
        // SAFETY: nothing runs but what this resumes.
        unsafe { resume_with(self.ctx(), cont, value, on) }
    }

    /// The word of a handler.
    fn on(&self, tag: usize) -> u64 {
        self._tag_list[tag] as u64
    }

    fn collect(&mut self) {
        // SAFETY: nothing runs.
        unsafe { heap::collect(&raw mut *self.store) };
    }
}

/// Resumes; returns the handler's number and the first two slots that came.
unsafe fn resume_with(ctx: *mut VMContext, cont: u64, value: u64, on: &[u64]) -> Result<(u64, u64, u64), Status> {
    // SAFETY: the caller runs in the store, or nothing does.
    unsafe {
        let transfer = (*(*ctx).store).transfer;
        *transfer = value;
        transfer.add(1).copy_from_nonoverlapping(on.as_ptr(), on.len());
        let r = resume(ctx, cont, 1, on.len() as u64, 0, 0);
        if r.status == Status::Ok { Ok((r.value, *transfer, *transfer.add(1))) } else { Err(r.status) }
    }
}

unsafe fn suspend_with(ctx: *mut VMContext, tag: u64, value: u64) -> Result<u64, Status> {
    // SAFETY: the caller runs in the store.
    unsafe {
        let transfer = (*(*ctx).store).transfer;
        *transfer = value;
        let r = suspend(ctx, tag, 1, 0, 0, 0);
        if r.status == Status::Ok { Ok(*transfer) } else { Err(r.status) }
    }
}

/// Yields its argument and the two numbers behind it, and returns the sum of the values that it was resumed with.
unsafe extern "C" fn generator(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: as of any array entry.
    unsafe {
        let mut sum = 0;
        for i in 0..3 {
            match suspend_with((*func).ctx, 0, *slots + i) {
                Ok(sent) => sum += sent,
                Err(status) => return status,
            }
        }
        *slots = sum;
    }
    Status::Ok
}

#[test]
fn a_generator_gives_its_stack_back() {
    let mut f = Fixture::new();
    let on = [f.on(1), f.on(0)];
    let mut cont = f.cont(generator);
    assert_eq!(f.store.continuations.stacks(), 0, "it has not started");
    let mut seen = Vec::new();
    for sent in [10, 100, 200] {
        let (handler, value, next) = f.resume(cont, sent, &on).unwrap();
        assert_eq!(handler, 2);
        seen.push(value);
        cont = next;
    }
    assert_eq!(f.store.continuations.stacks(), 1);
    f.collect();
    assert_eq!(f.store.continuations.stacks(), 0, "the reference is lost");
    let mut cont = f.cont(generator);
    for sent in [10, 1, 2] {
        cont = f.resume(cont, sent, &on).unwrap().2;
    }
    let (handler, sum, _) = f.resume(cont, 4, &on).unwrap();
    assert_eq!((handler, sum, seen), (0, 7, vec![10, 11, 12]));
    assert_eq!(f.store.continuations.stacks(), 0);
    assert_eq!(f.store.stack, f._stack.vm(), "back on the first stack");
}

#[test]
fn one_shot_null_and_unhandled() {
    let mut f = Fixture::new();
    let on = [f.on(0)];
    let cont = f.cont(generator);
    assert_eq!(f.resume(0, 0, &on), Err(Status::Trap));
    assert_eq!(f.trap(), Some(TrapCode::NullContinuationReference));
    assert_eq!(f.resume(cont, 1, &on).unwrap().0, 1);
    assert_eq!(f.resume(cont, 1, &on), Err(Status::Trap));
    assert_eq!(f.trap(), Some(TrapCode::ContinuationConsumed));
    let other = [f.on(1), f.on(0) | ON_SWITCH];
    let cont = f.cont(generator);
    assert_eq!(f.resume(cont, 1, &other), Err(Status::Trap));
    assert_eq!(f.trap(), Some(TrapCode::UnhandledTag));
    // SAFETY: nothing runs.
    assert_eq!(unsafe { suspend_with(f.ctx(), 0, 1) }, Err(Status::Trap));
    assert_eq!(f.trap(), Some(TrapCode::UnhandledTag));
    let ctx = f.ctx();
    // SAFETY: nothing runs.
    assert_eq!(unsafe { cont_new(ctx, 0, 0, 0, 0, 0) }.status, Status::Trap);
    assert_eq!(f.trap(), Some(TrapCode::NullFunctionReference));
    assert_eq!(f.store.continuations.stacks(), 1, "the generator that suspended");
}

/// Runs a generator with a handler for the other tag, so that suspending bypasses it, and adds 1000 to its result.
unsafe extern "C" fn outer(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: as of any array entry. The record behind this one is the generator's.
    unsafe {
        let ctx = (*func).ctx;
        let inner = cont_new(ctx, 0, (*func).data.get() as u64, 0, 0, 0);
        let handler = *(*ctx).tags.add(1) as u64;
        match resume_with(ctx, inner.value, *slots, &[handler]) {
            Ok((0, sum, _)) => *slots = sum + 1000,
            Ok(_) => return Status::Trap,
            Err(status) => return status,
        }
    }
    Status::Ok
}

#[test]
fn a_chain_of_stacks_is_captured_at_once() {
    let mut f = Fixture::new();
    let on = [f.on(0)];
    let generator = f.func(generator);
    let outer = f.func(outer);
    // SAFETY: only this uses the record.
    unsafe { (*outer).data.publish(generator as *mut std::ffi::c_void) };
    let ctx = f.ctx();
    // SAFETY: nothing runs.
    let mut cont = unsafe { cont_new(ctx, 0, outer as u64, 0, 0, 0) }.value;
    for (sent, expected) in [(5, 5), (1, 6), (2, 7)] {
        let (handler, value, next) = f.resume(cont, sent, &on).unwrap();
        assert_eq!((handler, value), (1, expected));
        assert_eq!(f.store.continuations.stacks(), 2);
        cont = next;
    }
    assert_eq!(f.resume(cont, 3, &on).unwrap().1, 1006);
    assert_eq!(f.store.continuations.stacks(), 0);
}

/// Keeps an object on its stack alone while it is suspended.
unsafe extern "C" fn keeper(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: as of any array entry.
    unsafe {
        let store = (*(*func).ctx).store;
        let object = heap::new_host_extern(store, *slots).unwrap();
        let kept = black_box([object.0.get(), 0, 0]);
        if let Err(status) = suspend_with((*func).ctx, 0, 0) {
            return status;
        }
        let kept = black_box(&kept)[0];
        *slots = (*store).heap.host_value(GcRef(NonZeroU32::new(kept).unwrap()));
    }
    Status::Ok
}

#[test]
fn what_a_suspended_stack_refers_to_lives() {
    let mut f = Fixture::new();
    let on = [f.on(0)];
    let conts: Vec<u64> = (0..20)
        .map(|i| {
            let cont = f.cont(keeper);
            let (_, _, cont) = f.resume(cont, 100 + i, &on).unwrap();
            // As if it were in a global.
            f.store.continuations.held = [0; 2];
            cont
        })
        .collect();
    // The test's own stack is not scanned: nothing runs. One of them is held.
    f.store.continuations.held = [conts[7] as u32, conts[9] as u32];
    f.collect();
    f.collect();
    assert_eq!(f.store.continuations.stacks(), 2);
    assert_eq!(f.resume(conts[7], 0, &on).unwrap().1, 107);
    assert_eq!(f.resume(conts[9], 0, &on).unwrap().1, 109);
    assert_eq!(f.store.continuations.stacks(), 0);
}

/// Switches back and forth with the continuation that it is sent, adding one each time, and ends above 10.
unsafe extern "C" fn partner(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: as of any array entry; there is room for one argument, and what follows it is still where it came.
    unsafe {
        let ctx = (*func).ctx;
        let transfer = (*(*ctx).store).transfer;
        let (mut number, mut other) = (*slots, *transfer.add(1));
        while number <= 10 {
            *transfer = number + 1;
            let r = switch(ctx, other, 0, 1, 0, 0);
            if r.status != Status::Ok {
                return r.status;
            }
            (number, other) = (*transfer, *transfer.add(1));
        }
        *slots = number;
    }
    Status::Ok
}

#[test]
fn two_switch_under_one_resume() {
    let mut f = Fixture::new();
    let on = [f.on(0) | ON_SWITCH];
    let (first, second) = (f.cont(partner), f.cont(partner));
    // The continuation that starts gets the other behind its argument.
    let ctx = f.ctx();
    // SAFETY: nothing runs.
    let r = unsafe {
        let transfer = f.store.transfer;
        (*transfer, *transfer.add(1), *transfer.add(2)) = (1, second, on[0]);
        resume(ctx, first, 2, 1, 0, 0)
    };
    assert_eq!((r.value, r.status), (0, Status::Ok));
    // SAFETY: as above.
    assert_eq!(unsafe { *f.store.transfer }, 11);
    assert_eq!(f.store.continuations.stacks(), 1, "one has not ended");
    f.collect();
    assert_eq!(f.store.continuations.stacks(), 0);
}

#[test]
fn exceptions_go_in_and_come_out() {
    let mut f = Fixture::new();
    let on = [f.on(0)];
    // SAFETY: nothing runs.
    let exnref = unsafe { heap::new_exception(&raw mut *f.store, f.on(1) as *const VMTag) }.unwrap().0.get();
    let ctx = f.ctx();
    let fresh = f.cont(generator);
    // SAFETY: nothing runs.
    let into = |cont: u64, exnref: u64| unsafe { resume_throw(ctx, cont, exnref, 0, 0, 0) }.status;
    assert_eq!(into(fresh, exnref.into()), Status::Exception);
    assert_eq!(into(fresh, exnref.into()), Status::Trap);
    assert_eq!(f.trap(), Some(TrapCode::ContinuationConsumed));
    let cont = f.cont(generator);
    let cont = f.resume(cont, 1, &on).unwrap().2;
    assert_eq!(into(cont, 0), Status::Trap);
    assert_eq!(f.trap(), Some(TrapCode::NullExceptionReference));
    assert_eq!(into(cont, exnref.into()), Status::Exception);
    assert_eq!(f.store.pending_exception, exnref);
    assert_eq!(f.store.continuations.stacks(), 0);
}

#[test]
fn bound_arguments_come_first() {
    let mut f = Fixture::new();
    let on = [f.on(0)];
    let cont = f.cont(generator);
    let ctx = f.ctx();
    // SAFETY: nothing runs.
    let bound = unsafe {
        *f.store.transfer = 50;
        cont_bind(ctx, 0, cont, 1, 0, 0).value
    };
    assert_eq!(f.resume(cont, 1, &on), Err(Status::Trap));
    assert_eq!(f.trap(), Some(TrapCode::ContinuationConsumed));
    f.store.continuations.held[0] = bound as u32;
    f.collect();
    let (_, value, cont) = f.resume(bound, 1, &on).unwrap();
    assert_eq!(value, 50);
    // A suspended continuation takes its arguments along, too. SAFETY: nothing runs.
    let bound = unsafe {
        *f.store.transfer = 7;
        cont_bind(ctx, 0, cont, 1, 0, 0).value
    };
    f.store.continuations.held[0] = bound as u32;
    f.collect();
    assert_eq!(f.store.continuations.stacks(), 1);
    let cont = f.resume(bound, 1, &on).unwrap().2;
    let cont = f.resume(cont, 1, &on).unwrap().2;
    assert_eq!(f.resume(cont, 1, &on).unwrap().1, 9);
}

/// A host function that calls back into the store.
unsafe extern "C" fn host(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: as of any array entry; the function is one of this store.
    unsafe {
        let generator = (*func).data.get().cast::<VMFunc>();
        activation::call((*(*func).ctx).store, generator, slots, 1 << 20)
    }
}

#[test]
fn nothing_is_captured_across_a_host_function() {
    let mut f = Fixture::new();
    let on = [f.on(0)];
    let generator = f.func(generator);
    let host = f.func(host);
    // SAFETY: only this uses the record.
    unsafe { (*host).data.publish(generator as *mut std::ffi::c_void) };
    let ctx = f.ctx();
    // SAFETY: nothing runs.
    let cont = unsafe { cont_new(ctx, 0, host as u64, 0, 0, 0) }.value;
    assert_eq!(f.resume(cont, 1, &on), Err(Status::Trap));
    assert_eq!(f.trap(), Some(TrapCode::UnhandledTag));
    assert_eq!(f.store.continuations.stacks(), 0);
}

#[test]
fn there_are_only_so_many_stacks() {
    let mut f = Fixture::new();
    f.store.continuations.set_limit(40);
    let on = [f.on(0)];
    // They are not kept: collections make room.
    for _ in 0..200 {
        let cont = f.cont(generator);
        f.resume(cont, 1, &on).unwrap();
        assert!(f.store.continuations.stacks() <= 40);
    }
    // The running one keeps a chain of them.
    unsafe extern "C" fn nest(func: *const VMFunc, slots: *mut u64) -> Status {
        // SAFETY: as of any array entry.
        unsafe {
            let cont = cont_new((*func).ctx, 0, func as u64, 0, 0, 0);
            match resume_with((*func).ctx, cont.value, *slots + 1, &[]) {
                Ok((_, value, _)) => *slots = value,
                Err(status) => return status,
            }
        }
        Status::Ok
    }
    let cont = f.cont(nest);
    assert_eq!(f.resume(cont, 0, &[]), Err(Status::Trap));
    assert_eq!(f.trap(), Some(TrapCode::TooManyStacks));
    assert_eq!(f.store.continuations.stacks(), 0);
}

thread_local! {
    /// The store of a test, and what its libcalls held at each collection: references, and slots of the transfer.
    static STORE: Cell<*mut VMStore> = const { Cell::new(null_mut()) };
    static SEEN: RefCell<Vec<([u32; 2], usize)>> = const { RefCell::new(Vec::new()) };
    /// What [`executes`] executes, with two references of the test.
    static OPERATION: Cell<(Operation, Short)> =
        const { Cell::new((|_, _| LibcallResult { value: 0, status: Status::Ok }, Short::OF_NOTHING)) };
    static GIVEN: Cell<[u64; 2]> = const { Cell::new([0; 2]) };
}

type Operation = unsafe fn(*mut VMContext, [u64; 2]) -> LibcallResult;

/// What an operation is short of, which makes it collect: at each allocation, for the stack that waits, for one that it takes.
#[derive(Clone, Copy)]
struct Short {
    objects: bool,
    bytes: bool,
    stacks: bool,
}

impl Short {
    const OF_NOTHING: Short = Short { objects: false, bytes: false, stacks: false };
    const OF_EACH: [Short; 3] = [
        Short { objects: true, ..Short::OF_NOTHING },
        Short { bytes: true, ..Short::OF_NOTHING },
        Short { stacks: true, ..Short::OF_NOTHING },
    ];
}

/// The roots of a store that has none: records what is held instead.
unsafe fn note(_: *mut c_void, _: &mut dyn FnMut(&[u64])) {
    // SAFETY: the store of the running test.
    let roots = unsafe { (*STORE.get()).continuations.roots() };
    SEEN.with_borrow_mut(|seen| seen.push(roots));
}

unsafe extern "C" fn executes(func: *const VMFunc, _: *mut u64) -> Status {
    let (operation, short) = OPERATION.get();
    // SAFETY: as of any array entry; the store is that of the running test.
    unsafe {
        let store = STORE.get();
        (*store).heap.set_stress(short.objects);
        if short.bytes {
            // What waiting stacks do not need they have given already.
            assert!(!make_room(store, u64::MAX));
            (*store).bytes_left = 0;
        }
        if short.stacks {
            (*store).continuations.threshold = 0;
        }
        operation((*func).ctx, GIVEN.get()).status
    }
}

unsafe extern "C" fn ends(_: *const VMFunc, _: *mut u64) -> Status {
    Status::Ok
}

unsafe fn bind(ctx: *mut VMContext, [cont, _]: [u64; 2]) -> LibcallResult {
    // SAFETY: the caller's promise: the store runs.
    unsafe { cont_bind(ctx, 0, cont, 3, 0, 0) }
}

unsafe fn waits(ctx: *mut VMContext, _: [u64; 2]) -> LibcallResult {
    // SAFETY: the caller's promise: the store runs.
    unsafe { suspend(ctx, 0, 2, 0, 0, 0) }
}

unsafe fn runs(ctx: *mut VMContext, [cont, _]: [u64; 2]) -> LibcallResult {
    // SAFETY: the caller's promise: the store runs.
    unsafe { resume(ctx, cont, 2, 0, 0, 0) }
}

unsafe fn throws(ctx: *mut VMContext, [cont, exnref]: [u64; 2]) -> LibcallResult {
    // SAFETY: the caller's promise: the store runs.
    unsafe { resume_throw(ctx, cont, exnref, 0, 0, 0) }
}

unsafe fn switches(ctx: *mut VMContext, [cont, _]: [u64; 2]) -> LibcallResult {
    // SAFETY: the caller's promise: the store runs.
    unsafe { switch(ctx, cont, 1, 4, 0, 0) }
}

/// Every collection of a libcall keeps what the libcall was given and what it has made: where it makes an object, where the stack
/// that it leaves finds no bytes, and where there are too many stacks. (Native stacks are scanned, which would hide omissions.)
#[test]
fn what_a_libcall_goes_on_with_is_held_at_each_collection() {
    // What is held: references of the test by their number, or an object that is new.
    #[derive(Debug, PartialEq)]
    enum Held {
        Given(usize),
        New,
    }
    use Held::{Given, New};
    let [objects, bytes, stacks] = Short::OF_EACH;
    // The name, the operation, whether its continuation is suspended, what is short, and what is held at the collection of the
    // operation, if there is one. (Others may follow, in what goes on then.)
    type Case<'a> = (&'a str, Operation, bool, Short, Option<(Vec<Held>, usize)>);
    let cases: Vec<Case<'_>> = vec![
        ("cont.bind", bind, false, objects, Some((vec![Given(0)], 3))),
        ("cont.bind", bind, true, objects, Some((vec![Given(0)], 3))),
        ("suspend, object", waits, false, objects, Some((vec![], 2))),
        ("suspend, bytes", waits, false, bytes, Some((vec![New], 2))),
        ("resume, bytes", runs, false, bytes, Some((vec![Given(0)], 2))),
        ("resume, suspended, bytes", runs, true, bytes, Some((vec![Given(0)], 2))),
        ("resume, stacks", runs, false, stacks, Some((vec![Given(0)], 2))),
        ("resume, suspended, stacks", runs, true, stacks, None),
        ("resume_throw, bytes", throws, true, bytes, Some((vec![Given(0), Given(1)], 0))),
        ("switch, object", switches, true, objects, Some((vec![Given(0)], 4))),
        ("switch, bytes", switches, true, bytes, Some((vec![Given(0), New], 4))),
        ("switch, stacks", switches, false, stacks, Some((vec![Given(0), New], 4))),
    ];
    for (name, operation, suspended, short, expected) in cases {
        let mut f = Fixture::new();
        let on = [f.on(0), f.on(1) | ON_SWITCH];
        let mut cont = f.cont(ends);
        if suspended {
            cont = f.cont(generator);
            cont = f.resume(cont, 1, &on).unwrap().2;
        }
        // SAFETY: nothing runs.
        let exnref = unsafe { heap::new_exception(&raw mut *f.store, f.on(1) as *const VMTag) }.unwrap().0.get();
        let outer = f.cont(executes);
        let given = [cont, exnref.into()];
        let before = [cont as u32, exnref, outer as u32];
        GIVEN.set(given);
        STORE.set(&raw mut *f.store);
        SEEN.take();
        f.store.roots = Some(note);
        OPERATION.set((operation, short));
        let _ = f.resume(outer, 0, &on);
        let number = |object: u32| before.iter().position(|&known| known == object).map_or(New, Given);
        let seen = SEEN.take().into_iter().next().map(|(held, slots)| {
            (held.into_iter().filter(|&object| object != 0).map(number).collect::<Vec<_>>(), slots)
        });
        assert_eq!(seen, expected, "{name}");
        f.store.roots = None;
    }
}

/// The roots of a store that has none: raises an interrupt when they are looked at.
unsafe fn interrupt_comes(_: *mut c_void, visit: &mut dyn FnMut(&[u64])) {
    // SAFETY: the store of the running test.
    unsafe { (*STORE.get()).stack_limit.interrupt() };
    visit(&[1; 1 << 14]);
}

/// A libcall that needs what a collection might find ends with the interrupt that ends the collection, and takes it. One that can
/// go on without leaves it to the code.
#[test]
fn a_libcall_whose_collection_is_interrupted_ends_by_the_interrupt() {
    let [objects, bytes, stacks] = Short::OF_EACH;
    let cases: [(&str, Operation, bool, Short, bool); 9] = [
        ("cont.bind", bind, false, objects, false),
        ("suspend, object", waits, false, objects, false),
        ("suspend, bytes", waits, false, bytes, true),
        ("resume, bytes", runs, false, bytes, true),
        ("resume, suspended, bytes", runs, true, bytes, true),
        ("resume, stacks", runs, false, stacks, true),
        ("resume_throw, bytes", throws, true, bytes, true),
        ("switch, bytes", switches, true, bytes, true),
        ("switch, stacks", switches, false, stacks, true),
    ];
    for (name, operation, suspended, short, ends_by_it) in cases {
        let mut f = Fixture::new();
        let on = [f.on(0), f.on(1) | ON_SWITCH];
        let mut cont = f.cont(ends);
        if suspended {
            cont = f.cont(generator);
            cont = f.resume(cont, 1, &on).unwrap().2;
        }
        // SAFETY: nothing runs.
        let exnref = unsafe { heap::new_exception(&raw mut *f.store, f.on(1) as *const VMTag) }.unwrap().0.get();
        let outer = f.cont(executes);
        GIVEN.set([cont, exnref.into()]);
        STORE.set(&raw mut *f.store);
        OPERATION.set((operation, short));
        let collections = f.store.heap.collections();
        f.store.roots = Some(interrupt_comes);
        let end = f.resume(outer, 0, &on).map(|_| ());
        let (expected, trap) = match ends_by_it {
            true => (Err(Status::Trap), Some(TrapCode::Interrupt)),
            false => (Ok(()), None),
        };
        assert_eq!((end, f.trap()), (expected, trap), "{name}");
        assert_eq!(f.store.stack_limit.is_interrupted(), !ends_by_it, "{name}");
        assert_eq!(f.store.heap.collections(), collections, "{name}");
        f.store.roots = None;
    }
}

/// A libcall releases what it keeps alive while it allocates and collects.
#[test]
fn nothing_is_held_between_libcalls() {
    const NOTHING: ([u32; 2], usize) = ([0; 2], 0);
    let mut f = Fixture::new();
    let on = [f.on(0)];
    let held = |f: &Fixture| f.store.continuations.roots();
    let cont = f.cont(generator);
    assert_eq!(held(&f), NOTHING, "made");
    let ctx = f.ctx();
    // SAFETY: nothing runs.
    let bound = unsafe {
        *f.store.transfer = 50;
        cont_bind(ctx, 0, cont, 1, 0, 0).value
    };
    assert_eq!(held(&f), NOTHING, "bound");
    let (_, value, _) = f.resume(bound, 1, &on).unwrap();
    assert_eq!((value, held(&f)), (50, NOTHING), "suspended");
    // The stack that waits is the only one allowed, and nothing leads to it.
    f.store.continuations.set_limit(1);
    let next = f.cont(generator);
    let collections = f.store.heap.stats().collections;
    let (_, value, _) = f.resume(next, 60, &on).unwrap();
    assert_eq!((value, held(&f)), (60, NOTHING), "collected");
    assert_eq!((f.store.heap.stats().collections, f.store.continuations.stacks()), (collections + 1, 1));
}
