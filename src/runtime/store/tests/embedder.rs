//! What a store does for its embedder and its code: ends of calls, functions that are made ready while it runs,
//! entities, objects and limits.

use super::*;
use crate::runtime::observe::tracer::{StoreRange, Tracer};
use crate::runtime::stacks::continuations::ContinuationState;
use std::collections::BTreeSet;
use std::sync::Mutex;

fn toy(text: &str) -> Toy {
    Toy(Arc::new(Module::new(&wat::parse_str(text).unwrap(), WasmFeatures::all()).unwrap()))
}

/// An address that nothing dereferences.
fn at<T>(address: usize) -> *mut T {
    std::ptr::without_provenance_mut(address)
}

fn frame(function: u32, name: &str, module_offset: Option<u32>) -> BacktraceFrame {
    BacktraceFrame {
        instance: InstanceId(0),
        function,
        name: name.to_string(),
        module_offset,
        function_offset: None,
        tier: "interp",
        code_offset: None,
    }
}

/// The canonical type of a module's type index.
fn ty(store: &Store, id: InstanceId, index: usize) -> TypeId {
    // SAFETY: nothing runs; the array does not change.
    unsafe { store.inner().instance(id).type_ids.get()[index] }
}

#[test]
fn a_trap_is_printed_with_the_frames_at_both_ends() {
    let trap = |omitted, outer: &[BacktraceFrame]| Trap {
        backtrace: vec![frame(3, "f", Some(0x5a)), frame(4, "g", None)],
        omitted,
        outer: outer.to_vec(),
        ..Trap::new(TrapCode::Unreachable)
    };
    let outer = [frame(5, "h", None), frame(6, "i", Some(1))];
    for (omitted, outer, rest) in [
        (0, &outer[..0], ""),
        (0, &outer[..], "\n    2: h (function 5)\n    3: i (function 6, module offset 0x1)"),
        (
            1,
            &outer[..],
            "\n       \u{2026} 1 more frame \u{2026}\n    3: h (function 5)\n    4: i (function 6, module offset 0x1)",
        ),
        (100_000, &outer[..1], "\n       \u{2026} 100000 more frames \u{2026}\n100002: h (function 5)"),
    ] {
        let trap = trap(omitted, outer);
        let inner = "unreachable in f\n    0: f (function 3, module offset 0x5a)\n    1: g (function 4)";
        assert_eq!((trap.to_string(), format!("{trap:#}")), ("unreachable in f".to_string(), format!("{inner}{rest}")));
    }
    let bare = Trap::new(TrapCode::Unreachable);
    assert_eq!((bare.to_string(), format!("{bare:#}")), ("unreachable".to_string(), "unreachable".to_string()));
}

/// Everything that a call leaves behind is in its outcome, and then no longer in the store.
#[test]
fn the_outcome_of_a_call_is_taken_out_of_the_store() {
    let mut store = store();
    let host = store.new_host_func("h", FuncType::new([], []), Box::new(|_, _| Ok(Vec::new())));
    let text = r#"(module (import "a" "b" (func)) (func $f) (func $g) (global i32 (i32.const 1)))"#;
    let id = instantiate(&mut store, text, &[Extern::Func(host)]).unwrap();
    let module = Arc::clone(store.module(id));
    let ctx = store.inner().instance(id).ctx.as_ptr();
    let start = |body: usize| module.bodies[body].range.start as u32;
    let raw = |body: u32, module_offset: Option<u32>| RawFrame {
        ctx,
        body,
        module_offset,
        tier: "jit",
        code_offset: Some(9),
        slots: None,
    };
    let named = |function: u32, name: &str, module_offset: Option<u32>, function_offset: Option<u32>| BacktraceFrame {
        instance: id,
        function,
        name: name.to_string(),
        module_offset,
        function_offset,
        tier: "jit",
        code_offset: Some(9),
    };
    let frames = [raw(1, Some(start(1) + 2)), raw(2, Some(start(2))), raw(0, None)];
    let names = [
        named(2, "g", Some(start(1) + 2), Some(2)),
        named(3, "const_0", Some(start(2)), Some(0)),
        named(1, "f", None, None),
    ];
    let set = |store: &mut Store, code: TrapCode, detail: u64| {
        // SAFETY: nothing runs.
        let vm = unsafe { &mut *store.vm() };
        (vm.pending_trap, vm.pending_trap_detail) = (code as u32, detail);
        let outer = frames[2..].iter().copied().collect();
        vm.backtrace = Backtrace { inner: frames[..2].to_vec(), omitted: 4, outer };
    };
    let with_frames = |code: TrapCode, message: &str| {
        let message = message.to_string();
        let (backtrace, outer) = (names[..2].to_vec(), names[2..].to_vec());
        Err(Abort::Trap(Trap { code, message, backtrace, omitted: 4, outer }))
    };
    for (code, detail, message) in [
        (TrapCode::Unreachable, u64::MAX, "unreachable"),
        (TrapCode::UndefinedElement, 7, "undefined element 7"),
        (TrapCode::UndefinedElement, u64::MAX, "undefined element 18446744073709551615"),
        (TrapCode::UninitializedElement, 0, "uninitialized element 0"),
        (TrapCode::UninitializedElement, u64::MAX, "uninitialized element 18446744073709551615"),
        (TrapCode::UnhandledTag, 3, "unhandled tag 3"),
        (TrapCode::UnhandledTag, u64::MAX - 1, "unhandled tag 18446744073709551614"),
        (TrapCode::UnhandledTag, u64::MAX, "unhandled tag"),
    ] {
        set(&mut store, code, detail);
        assert_eq!(store.inner_mut().outcome(Status::Trap), with_frames(code, message));
        // SAFETY: nothing runs.
        let vm = unsafe { &*store.vm() };
        assert_eq!((vm.pending_trap, vm.pending_trap_detail), (0, u64::MAX), "{message}");
        assert_eq!(vm.backtrace, Backtrace::default(), "{message}");
    }
    // What a host function fails with has the frames of its callers, unless it has its own.
    let bare = Trap { message: "mine".to_string(), ..Trap::new(TrapCode::Interrupt) };
    let own = Trap {
        backtrace: vec![frame(7, "x", None)],
        omitted: 2,
        outer: vec![frame(8, "y", None)],
        ..Trap::new(TrapCode::CastFailure)
    };
    for (abort, expected) in [
        (Abort::Trap(bare), with_frames(TrapCode::Interrupt, "mine")),
        (Abort::Trap(own.clone()), Err(Abort::Trap(own))),
        (Abort::Exit(3), Err(Abort::Exit(3))),
        (Abort::Host("no".to_string()), Err(Abort::Host("no".to_string()))),
    ] {
        set(&mut store, TrapCode::Unreachable, u64::MAX);
        store.inner_mut().pending_abort = Some(abort);
        assert_eq!(store.inner_mut().outcome(Status::Trap), expected);
        assert_eq!(store.inner().pending_abort, None);
    }
    // A panic supersedes everything else.
    set(&mut store, TrapCode::Unreachable, u64::MAX);
    store.inner_mut().pending_abort = Some(Abort::Exit(1));
    store.inner_mut().pending_panic = Some(Box::new("oh no"));
    let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.inner_mut().outcome(Status::Trap)));
    assert_eq!(ended.expect_err("it goes on").downcast_ref::<&str>(), Some(&"oh no"));
    set(&mut store, TrapCode::Unreachable, u64::MAX);
    let plain = with_frames(TrapCode::Unreachable, "unreachable");
    assert_eq!(store.inner_mut().outcome(Status::Trap), plain);
    // An exception is kept for the embedder; one that was caught is forgotten.
    let tag = store.new_tag(FuncType::new([], []));
    let object = store.new_exception(tag, &[]).unwrap();
    store.clear_handles();
    for (status, expected) in [(Status::Exception, Err(Abort::Exception(object))), (Status::Ok, Ok(()))] {
        set(&mut store, TrapCode::Unreachable, u64::MAX);
        // SAFETY: nothing runs.
        unsafe { ((*store.vm()).pending_trap, (*store.vm()).pending_exception) = (0, object.0.get()) };
        assert_eq!(store.inner_mut().outcome(status), expected);
        // SAFETY: as above.
        assert_eq!(unsafe { (*store.vm()).pending_exception }, 0);
        assert_eq!(store.thrown_at(), &names[..2]);
        store.collect_garbage();
        assert!(store.is_exception(object));
    }
}

/// Toy code with names of functions that the compiler failed on.
struct Failed(Toy, &'static [&'static str]);

impl Code for Failed {
    fn module(&self) -> &Arc<Module> {
        self.0.module()
    }

    fn install(&self, body: BodyIndex, func: &VMFunc) {
        self.0.install(body, func);
    }

    fn defects(&self) -> Vec<String> {
        self.1.iter().map(|&name| name.to_string()).collect()
    }
}

#[test]
fn defects_of_all_instances_are_listed_once_and_in_order() {
    let mut store = store();
    for names in [&["d", "b"][..], &[], &["a", "b"], &["c"]] {
        store.instantiate(Arc::new(Failed(toy("(module)"), names)), &[]).unwrap();
    }
    assert_eq!(store.compiler_defects(), ["a", "b", "c", "d"]);
}

/// Toy code whose functions are prepared when they are called, unless that fails.
struct Lazy {
    toy: Toy,
    end: fn() -> Result<(), CompileError>,
    /// The bodies that were to be prepared.
    asked: Mutex<Vec<u32>>,
}

impl Code for Lazy {
    fn module(&self) -> &Arc<Module> {
        self.toy.module()
    }

    fn install(&self, _: BodyIndex, func: &VMFunc) {
        func.array_entry.publish(first_call as *mut c_void);
    }

    fn prepare(&self, body: BodyIndex, func: &VMFunc, _: Interrupt<'_>) -> Result<(), CompileError> {
        self.asked.lock().expect("nothing panics").push(body.0);
        (self.end)()?;
        self.toy.install(body, func);
        Ok(())
    }
}

#[test]
fn a_function_is_prepared_at_its_first_call() {
    const MODULE: &str = r#"(module (import "a" "b" (func)) (func (export "f") (result i32) (i32.const 5))
        (func (export "g") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2))))"#;
    type End = fn() -> Result<(), CompileError>;
    let start = |end: End| {
        let mut store = store();
        let host = store.new_host_func("h", FuncType::new([], []), Box::new(|_, _| Ok(Vec::new())));
        let lazy = Arc::new(Lazy { toy: toy(MODULE), end, asked: Mutex::default() });
        let code: Arc<dyn Code> = lazy.clone();
        let id = store.instantiate(code, &[Extern::Func(host)]).unwrap();
        (store, lazy, id)
    };
    let asked = |lazy: &Lazy| lazy.asked.lock().expect("nothing panics").clone();
    let (mut store, lazy, id) = start(|| Ok(()));
    assert_eq!((store.prepared(), asked(&lazy)), (0, vec![]));
    for (name, args, result, bodies) in
        [("g", &[40][..], 42, &[1][..]), ("f", &[], 5, &[1, 0]), ("g", &[1], 3, &[1, 0]), ("f", &[], 5, &[1, 0])]
    {
        assert_eq!(call(&mut store, id, name, &i32s(args)), Ok(i32s(&[result])), "{name}");
        assert_eq!((store.prepared(), asked(&lazy)), (bodies.len() as u64, bodies.to_vec()), "{name}");
    }
    let ends: [(End, TrapCode); 6] = [
        (|| Err(CompileError::Timeout), TrapCode::Interrupt),
        (|| Err(CompileError::Invalid("why".to_string())), TrapCode::InvalidFunction),
        (|| Err(CompileError::Limit("what".to_string())), TrapCode::FunctionTooLarge),
        (|| Err(CompileError::Memory("what".to_string())), TrapCode::FunctionTooLarge),
        (|| Err(CompileError::Unsupported("what".to_string())), TrapCode::FunctionTooLarge),
        (|| Err(CompileError::Internal("what".to_string())), TrapCode::FunctionTooLarge),
    ];
    for (end, code) in ends {
        let (mut store, lazy, id) = start(end);
        for attempt in 1..3 {
            let Err(Abort::Trap(trap)) = call(&mut store, id, "f", &[]) else { panic!("{code:?}") };
            assert_eq!((trap.code, trap.message.as_str()), (code, code.message()));
            assert_eq!((store.prepared(), asked(&lazy)), (0, vec![0; attempt]), "{code:?}");
        }
    }
}

/// Toy code with replacements for functions that were passed often. The function of body 1 is interpreted.
struct Hot(Toy, fn() -> Replacement);

impl Code for Hot {
    fn module(&self) -> &Arc<Module> {
        self.0.module()
    }

    fn install(&self, body: BodyIndex, func: &VMFunc) {
        self.0.install(body, func);
        if body.0 == 1 {
            func.interp_code.publish(at(0x10));
        }
    }

    fn replacement(&self, _: BodyIndex, _: Passing, _: Interrupt<'_>) -> Replacement {
        (self.1)()
    }
}

#[test]
fn a_function_is_replaced_at_its_entry_and_at_each_of_its_loops() {
    fn entry(native: usize) -> Option<CompiledEntry> {
        Some(CompiledEntry { native: at::<u8>(native), array: at::<u8>(native + 1) })
    }
    fn bytecode() -> Option<*const c_void> {
        Some(at::<c_void>(0x40).cast_const())
    }
    fn entries(record: *const VMFunc) -> [usize; 3] {
        // SAFETY: the record lives as long as its store.
        let record = unsafe { &*record };
        let (native, array) = (record.native_entry.get() as usize, record.array_entry.get() as usize);
        [native, array, record.interp_code.get() as usize]
    }
    #[derive(Debug, PartialEq)]
    enum Made {
        Nothing,
        /// The function's own record.
        Own,
        /// Another with these entries.
        Other([usize; 3]),
    }
    type Offer = fn() -> Replacement;
    let toy_code = toy_entry as *mut c_void as usize;
    let (start, body_1) = (Passing::Entry, [0, toy_code, 0x10]);
    let there = Passing::Loop(7);
    // What is offered to which body at which passing; the record that goes on, its own entries, the counts.
    type Case = (Offer, u32, Passing, Made, [usize; 3], [u64; 2]);
    let cases: [Case; 9] = [
        (Replacement::default, 1, start, Made::Nothing, body_1, [0, 0]),
        (Replacement::default, 1, there, Made::Nothing, body_1, [0, 0]),
        (|| Replacement { here: entry(0x20), ..Replacement::default() }, 1, start, Made::Own, [0x20, 0x21, 0], [1, 0]),
        (
            || Replacement { here: entry(0x20), ..Replacement::default() },
            1,
            there,
            Made::Other([0x20, 0x21, 0]),
            body_1,
            [0, 1],
        ),
        (
            || Replacement { entry: entry(0x30), ..Replacement::default() },
            1,
            there,
            Made::Nothing,
            [0x30, 0x31, 0],
            [0, 0],
        ),
        (
            || Replacement { here: entry(0x20), entry: entry(0x30), bytecode: None },
            1,
            there,
            Made::Other([0x20, 0x21, 0]),
            [0x30, 0x31, 0],
            [0, 1],
        ),
        (
            || Replacement { bytecode: bytecode(), ..Replacement::default() },
            1,
            there,
            Made::Nothing,
            [0, toy_code, 0x40],
            [0, 0],
        ),
        // It is not interpreted.
        (
            || Replacement { bytecode: bytecode(), ..Replacement::default() },
            0,
            start,
            Made::Nothing,
            [0, toy_code, 0],
            [0, 0],
        ),
        (
            || Replacement { here: entry(0x20), entry: None, bytecode: bytecode() },
            1,
            there,
            Made::Other([0x20, 0x21, 0]),
            [0, toy_code, 0x40],
            [0, 1],
        ),
    ];
    for (n, (code, body, passing, expected, after, replaced)) in cases.into_iter().enumerate() {
        let mut store = store();
        let id = store.instantiate(Arc::new(Hot(toy("(module (func) (func) (func))"), code)), &[]).unwrap();
        let instance = store.inner().instance(id);
        let (ctx, bodies) = (instance.ctx.as_ptr(), instance.bodies.first());
        let own = bodies.wrapping_add(body as usize).cast_const();
        // SAFETY: nothing runs, and nothing follows the entries.
        let again = |body: u32, passing: Passing| unsafe { replacement(ctx, BodyIndex(body), passing) };
        let found = again(body, passing);
        let made = match found {
            None => Made::Nothing,
            Some(record) if record == own => Made::Own,
            Some(record) => Made::Other(entries(record)),
        };
        assert_eq!((made, entries(own), store.replacements()), (expected, after, replaced), "case {n}");
        let others = [0, 1, 2].map(|i| bodies.wrapping_add(i)).into_iter().filter(|&record| record.cast_const() != own);
        assert!(others.into_iter().all(|record| entries(record)[0] == 0), "case {n}");
        if let Some(record) = found.filter(|&record| record != own) {
            // SAFETY: records live as long as their store.
            let (record_of, own_of) = unsafe { (&*record, &*own) };
            let is = |func: &VMFunc| (func.ctx, func.type_id, func.index);
            assert_eq!(is(record_of), is(own_of), "case {n}");
            assert_eq!(again(body, passing), Some(record), "one record for each loop");
            // Loops of other places and of other functions have others, however far away.
            let offsets = [8, 7 + (1 << 8), 7 + (1 << 16), 7 + (1 << 31)];
            let loops = offsets.map(|offset| again(body, Passing::Loop(offset)));
            let further = loops.into_iter().chain([again(body + 1, passing), Some(record)]);
            assert_eq!(further.flatten().collect::<BTreeSet<_>>().len(), 6, "case {n}");
            assert_eq!(store.replacements(), [0, 7], "case {n}");
        }
    }
}

/// Toy code that has a native entry for body 1.
struct Native(Toy);

impl Code for Native {
    fn module(&self) -> &Arc<Module> {
        self.0.module()
    }

    fn install(&self, body: BodyIndex, func: &VMFunc) {
        self.0.install(body, func);
        if body.0 == 1 {
            func.native_entry.publish(at(0x10));
        }
    }
}

#[test]
fn functions_without_a_native_entry_get_an_adapter() {
    struct Adapter;
    impl Adapters for Adapter {
        fn native_to_array(&self, _: &FuncType) -> std::io::Result<*const u8> {
            Ok(at::<u8>(0x20).cast_const())
        }
    }
    let mut store = Store::new(Arc::new(Adapter), Limits::default());
    let text = "(module (func) (func) (func (param i32)) (global i32 (i32.const 1)))";
    let id = store.instantiate(Arc::new(Native(toy(text))), &[]).unwrap();
    // SAFETY: nothing runs.
    let bodies = unsafe { store.inner().instance(id).bodies.get() };
    let entries: Vec<usize> = bodies.iter().map(|record| record.native_entry.get() as usize).collect();
    assert_eq!(entries, [0x20, 0x10, 0x20, 0], "a constant expression has none");
}

#[test]
fn entities_segments_and_types_of_an_instance_are_found_again() {
    let mut store = store();
    let export = |store: &Store, id, name: &str| store.export(id, name).expect("an export");
    let a = instantiate(
        &mut store,
        r#"(module (type (func)) (type (func (param i32))) (type (func))
             (memory 1) (memory (export "m") 1) (global (export "g") i32 (i32.const 1)) (table 1 funcref) (tag)
             (func) (func (export "f")))"#,
        &[],
    )
    .unwrap();
    let [f, m, g] = ["f", "m", "g"].map(|name| export(&store, a, name));
    let b = instantiate(
        &mut store,
        r#"(module (type (func (param i64))) (type $none (func))
             (import "a" "f" (func $f (type $none))) (import "a" "m" (memory 1)) (import "a" "g" (global i32))
             (func $h (export "h")) (table (export "t") 1 funcref) (global (export "o") i32 (i32.const 2))
             (tag (export "e"))
             (elem func $f $h) (elem funcref (ref.null func) (ref.func $h)) (elem externref (ref.null extern))
             (elem declare func $f) (elem func) (data "x"))"#,
        &[f, m, g],
    )
    .unwrap();
    let h = export(&store, b, "h");
    let (table, global, tag) = (Extern::Table(TableId(1)), Extern::Global(GlobalId(1)), Extern::Tag(TagId(1)));
    assert_eq!((m, g), (Extern::Memory(MemoryId(1)), Extern::Global(GlobalId(0))));
    assert_eq!(["t", "o", "e"].map(|name| export(&store, b, name)), [table, global, tag]);
    assert_eq!(store.instance_externs(b), [f, h, table, m, g, global, tag]);
    let (Extern::Func(f), Extern::Func(h)) = (f, h) else { panic!("functions") };
    assert_eq!([f, h].map(|func| store.func_origin(func)), [Some((a, 1)), Some((b, 1))]);
    let lens = [0, 1, 2, 3, 4].map(|segment| store.segment_len(b, segment));
    assert_eq!(lens, [Some(2), Some(2), Some(1), None, Some(0)]);
    let elements = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)].map(|(segment, at)| store.segment_get(b, segment, at));
    assert_eq!(elements, [Ref::Func(f), Ref::Func(h), Ref::Null, Ref::Func(h), Ref::Null]);
    assert_eq!(store.dropped(b), (vec![false], vec![false, false, false, true, false]));
    // Of several declarations, the first.
    let declared = [(a, 0), (a, 1), (a, 2), (b, 0), (b, 1)].map(|(id, index)| store.type_origin(ty(&store, id, index)));
    assert_eq!(declared, [Some((a, 0)), Some((a, 1)), Some((a, 0)), Some((b, 0)), Some((a, 0))]);
    let unknown = types::register_func(&FuncType::new([ValType::V128; 11], [])).unwrap();
    assert_eq!(store.type_origin(unknown), None);
}

/// The last page, element and byte of each limit, and one more.
#[test]
fn memories_and_tables_are_made_up_to_each_limit() {
    fn together<T>(what: &str, limit: u64) -> Result<T, ResourceError> {
        Err(ResourceError::Together { what: what.to_string(), limit })
    }
    let limits = Limits {
        memory_bytes: 3 << 16,
        one_byte_pages: 1000,
        total_bytes: 5 << 16,
        table_elements: 10,
        all_table_elements: 15,
        ..Limits::default()
    };
    let memory = |memory64, page_size_log2, initial| MemoryType {
        memory64,
        shared: false,
        initial,
        maximum: None,
        page_size_log2,
    };
    let alone = |pages, limit| Err(ResourceError::Memory { pages, limit });
    for (ty, expected) in [
        (memory(false, None, 3), Ok(MemoryId(0))),
        (memory(false, None, 4), alone(4, 3 << 16)),
        (memory(true, None, 3), Ok(MemoryId(0))),
        (memory(true, None, 4), alone(4, 3 << 16)),
        (memory(true, None, 1 << 48), alone(1 << 48, 3 << 16)),
        (memory(false, Some(0), 1000), Ok(MemoryId(0))),
        (memory(false, Some(0), 1001), alone(1001, 1000)),
        (memory(true, Some(0), 1001), Ok(MemoryId(0))),
        (memory(true, Some(0), 3 << 16), Ok(MemoryId(0))),
        (memory(true, Some(0), (3 << 16) + 1), alone((3 << 16) + 1, 3 << 16)),
    ] {
        let mut store = Store::new(Arc::new(NoAdapters), limits);
        assert_eq!(store.new_memory(ty), expected, "{ty:?}");
        assert_eq!((store.memories(), store.check_invariants()), (u32::from(expected.is_ok()), Ok(())), "{ty:?}");
    }
    let mut store = Store::new(Arc::new(NoAdapters), limits);
    assert_eq!(store.new_memory(memory(false, None, 3)), Ok(MemoryId(0)));
    assert_eq!(store.new_memory(memory(false, None, 3)), together("memory of 3 pages", 5 << 16));
    assert_eq!(store.new_memory(memory(false, None, 2)), Ok(MemoryId(1)));
    assert_eq!(store.new_memory(memory(false, None, 0)), Ok(MemoryId(2)));
    assert_eq!(store.new_memory(memory(true, Some(0), 1)), together("memory of 1 page", 5 << 16));
    assert_eq!((store.memories(), store.check_invariants()), (3, Ok(())));

    let table =
        |initial| TableType { element_type: RefType::FUNCREF, table64: false, initial, maximum: None, shared: false };
    let all = |elements| Err(ResourceError::AllTables { elements, limit: 15 });
    for (total_bytes, steps) in [
        (640, vec![(11, Err(ResourceError::Table { elements: 11, limit: 10 })), (10, Ok(TableId(0)))]),
        (640, vec![(10, Ok(TableId(0))), (6, all(6)), (5, Ok(TableId(1))), (1, all(1)), (0, Ok(TableId(2)))]),
        (80, vec![(10, Ok(TableId(0))), (1, together("table of 1 element", 80)), (0, Ok(TableId(1)))]),
        (79, vec![(10, together("table of 10 elements", 79)), (9, Ok(TableId(0)))]),
        (0, vec![(10, together("table of 10 elements", 0)), (0, Ok(TableId(0)))]),
    ] {
        let mut store = Store::new(Arc::new(NoAdapters), Limits { total_bytes, ..limits });
        for (initial, expected) in steps {
            assert_eq!(store.new_table(table(initial), Ref::Null), expected, "{initial} of {total_bytes} bytes");
            assert_eq!(store.check_invariants(), Ok(()), "{initial} of {total_bytes} bytes");
        }
    }
}

/// What the system does not provide is taken from no limit, and nothing is left of what was made beside it.
#[test]
fn what_the_system_refuses_costs_nothing() {
    let limits = Limits {
        memory_bytes: u64::MAX,
        total_bytes: u64::MAX,
        table_elements: u64::MAX,
        all_table_elements: u64::MAX,
        ..Limits::default()
    };
    let mut store = Store::new(Arc::new(NoAdapters), limits);
    let memory = MemoryType { memory64: true, shared: false, initial: 1 << 44, maximum: None, page_size_log2: None };
    let table =
        TableType { element_type: RefType::FUNCREF, table64: true, initial: 1 << 60, maximum: None, shared: false };
    for _ in 0..2 {
        let made = store.new_memory(memory);
        assert!(matches!(made, Err(ResourceError::System { .. })), "{made:?}");
        let made = store.new_table(table, Ref::Null);
        assert!(matches!(made, Err(ResourceError::System { .. })), "{made:?}");
        for text in [
            "(module (table 7 funcref) (memory 1) (memory i64 0x100000000000))",
            "(module (table 7 funcref) (table i64 0x1000000000000000 funcref))",
        ] {
            let made = store.instantiate(compile(text, WasmFeatures::all()), &[]);
            assert!(matches!(made, Err(InstantiateError::Resource(ResourceError::System { .. }))), "{text}: {made:?}");
        }
        assert_eq!((store.memories(), store.tables(), store.instances()), (0, 0, 0));
        assert_eq!(store.check_invariants(), Ok(()));
    }
}

/// A shared memory counts once in each store, and no longer once it is taken back.
#[test]
fn shared_memories_are_adopted_within_the_limits_and_taken_back() {
    const BYTES: u64 = 2 << 16;
    let shared = MemoryType { memory64: false, shared: true, initial: 2, maximum: Some(4), page_size_log2: None };
    let mut owner = Store::new(Arc::new(NoAdapters), Limits::default());
    let memories = [(); 3].map(|()| {
        let id = owner.new_memory(shared).unwrap();
        owner.shared_memory(id).expect("a shared memory")
    });
    let plain = owner.new_memory(MemoryType { shared: false, ..shared }).unwrap();
    assert!(owner.shared_memory(plain).is_none());
    let bytes_left = |store: &Store| {
        // SAFETY: nothing runs.
        unsafe { (*store.vm()).bytes_left }
    };
    for (memory_bytes, total_bytes, fits) in [
        (BYTES, BYTES, true),
        (BYTES - 1, 10 * BYTES, false),
        (10 * BYTES, BYTES - 1, false),
        (10 * BYTES, BYTES + 1, true),
    ] {
        let limits = Limits { memory_bytes, total_bytes, ..Limits::default() };
        let mut store = Store::new(Arc::new(NoAdapters), limits);
        let refused = ResourceError::AdoptedMemory { bytes: BYTES as usize };
        let expected = if fits { Ok(MemoryId(0)) } else { Err(refused) };
        for _ in 0..2 {
            assert_eq!(store.add_shared_memory(&memories[0]), expected, "{memory_bytes} {total_bytes}");
            let left = total_bytes - if fits { BYTES } else { 0 };
            assert_eq!((store.memories(), bytes_left(&store)), (u32::from(fits), left), "{memory_bytes} {total_bytes}");
        }
    }
    // At 4 GiB, the lower half of the size is zero.
    let largest = MemoryType { initial: 1 << 16, maximum: Some(1 << 16), ..shared };
    let all = 1 << 32;
    let mut owner =
        Store::new(Arc::new(NoAdapters), Limits { memory_bytes: all, total_bytes: all, ..Limits::default() });
    let id = owner.new_memory(largest).expect("address space");
    let memory = owner.shared_memory(id).expect("a shared memory");
    for (total_bytes, expected) in
        [(all - 1, Err(ResourceError::AdoptedMemory { bytes: all as usize })), (all, Ok(MemoryId(0)))]
    {
        let mut store =
            Store::new(Arc::new(NoAdapters), Limits { memory_bytes: all, total_bytes, ..Limits::default() });
        assert_eq!(store.add_shared_memory(&memory), expected, "{total_bytes}");
    }
    let mut store = Store::new(Arc::new(NoAdapters), Limits { total_bytes: 10 * BYTES, ..Limits::default() });
    store.new_memory(MemoryType { shared: false, ..shared }).unwrap();
    for (n, memory) in (1..).zip(&memories) {
        assert_eq!(store.add_shared_memory(memory), Ok(MemoryId(n)));
    }
    for (count, left) in [(4, 6), (2, 8), (1, 9)] {
        store.forget_shared_memories(count);
        assert_eq!((store.memories(), bytes_left(&store)), (count, left * BYTES));
    }
    assert_eq!(store.add_shared_memory(&memories[2]), Ok(MemoryId(1)));
    assert_eq!(bytes_left(&store), 8 * BYTES);
}

/// What the embedder passes in is checked before anything is made or written.
#[test]
fn values_of_other_types_are_refused() {
    const MODULE: &str = "(module (type (struct (field (mut i32)) (field (mut externref)))) (type (array (mut i8)))
        (tag (param i32 i64)) (global i32 (i32.const 1)) (table 1 funcref))";
    type Action = fn(&mut Store, InstanceId);
    let cases: [(&str, Action); 17] = [
        ("I64(1) is not of type i32", |store, id| {
            drop(store.new_struct(ty(store, id, 0), &[Val::I64(1), Ref::Null.into()]));
        }),
        ("I32(2) is not of type externref", |store, id| {
            drop(store.new_struct(ty(store, id, 0), &[Val::I32(1), Val::I32(2)]));
        }),
        ("fields of type", |store, id| drop(store.new_struct(ty(store, id, 0), &[Val::I32(1)]))),
        ("is not a structure", |store, id| drop(store.new_struct(ty(store, id, 1), &[]))),
        ("I64(3) is not of type i32", |store, id| {
            drop(store.new_array(ty(store, id, 1), &[Val::I32(1), Val::I32(2), Val::I64(3)]));
        }),
        ("payload", |store, _| drop(store.new_exception(TagId(0), &[Val::I32(1)]))),
        ("I32(2) is not of type i64", |store, _| drop(store.new_exception(TagId(0), &[Val::I32(1), Val::I32(2)]))),
        ("F32(1) is not of type i32", |store, id| {
            let object = store.new_struct(ty(store, id, 0), &[Val::I32(1), Ref::Null.into()]).unwrap();
            store.set_object(object, 0, Val::F32(1));
        }),
        ("a field", |store, id| {
            let object = store.new_struct(ty(store, id, 0), &[Val::I32(1), Ref::Null.into()]).unwrap();
            store.set_object(object, 2, Val::I32(1));
        }),
        ("element 1 of 1", |store, id| {
            let object = store.new_array(ty(store, id, 1), &[Val::I32(1)]).unwrap();
            store.set_object(object, 1, Val::I32(1));
        }),
        ("element 1 of 1", |store, id| {
            let object = store.new_array(ty(store, id, 1), &[Val::I32(1)]).unwrap();
            let _ = store.array_element(object, 1);
        }),
        ("an immutable global was set", |store, _| store.global_set(GlobalId(0), Val::I32(1))),
        ("I64(1) is not of type i32", |store, _| {
            let ty = GlobalType { content_type: ValType::I32, mutable: true, shared: false };
            store.new_global(ty, Val::I64(1));
        }),
        ("is not of type funcref", |store, _| {
            let object = store.new_extern(1);
            store.table_set(TableId(0), 0, object);
        }),
        ("is not of type funcref", |store, _| {
            let object = store.new_extern(1);
            let _ = store.table_grow(TableId(0), 1, object);
        }),
        ("is not of type funcref", |store, _| {
            let object = store.new_extern(1);
            let ty = store.table_type(TableId(0));
            let _ = store.new_table(ty, object);
        }),
        ("result I64(1) of host function `h` is not of type i32", |store, _| {
            let host: HostFn = Box::new(|_, _| Ok(vec![Val::I64(1)]));
            let host = store.new_host_func("h", FuncType::new([], [ValType::I32]), host);
            let _ = store.call(host, &[]);
        }),
    ];
    for (words, action) in cases {
        let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
        let id = instantiate(&mut store, MODULE, &[]).unwrap();
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| action(&mut store, id)));
        let panic = ended.expect_err(words);
        let text = panic.downcast_ref::<String>().cloned().or(panic.downcast_ref::<&str>().map(ToString::to_string));
        assert!(text.as_ref().is_some_and(|text| text.contains(words)), "{words}: {text:?}");
        // What was refused has changed nothing.
        assert_eq!((store.global_get(GlobalId(0)), store.table_get(TableId(0), 0)), (Val::I32(1), Some(Ref::Null)));
        assert_eq!((store.tables(), store.table_len(TableId(0))), (1, 1), "{words}");
    }
}

/// Objects of each kind, of values that take one slot and two.
#[test]
fn an_object_is_described_with_its_contents() {
    const MODULE: &str = r#"(module
        (type $x (func (param externref i64 v128 i32))) (type $c (cont $x))
        (type (array (mut i8))) (type (array (mut i16))) (type (array (mut i64))) (type (array (mut v128)))
        (type (array (mut externref))) (type (array (mut funcref)))
        (tag (export "t") (param i32 v128 externref i64)) (func (export "x") (type $x)))"#;
    let mut store = store();
    let id = store.instantiate(compile(MODULE, WasmFeatures::all()), &[]).unwrap();
    let Some(Extern::Func(x)) = store.export(id, "x") else { panic!("a function") };
    let Some(Extern::Tag(tag)) = store.export(id, "t") else { panic!("a tag") };
    let Ref::Gc(host) = store.new_extern(9) else { panic!("an object") };
    let held = Val::Ref(Ref::Gc(host));
    let wide = Val::V128(7 << 64 | 8);
    let i31 = |bits: u32| GcRef(bits.try_into().expect("not 0"));
    let payload = vec![Val::I32(1), wide, held, Val::I64(2)];
    let exception = store.new_exception(tag, &payload).unwrap();
    assert_eq!(store.object(exception), Object::Exception { tag, payload });
    // Behind a v128, and what is bound of the arguments.
    let cont = ty(&store, id, 1);
    let slots = [u64::from(host.0.get()), 3, 8, 7, 5];
    let arguments = [held, Val::I64(3), wide, Val::I32(5)];
    for (bound, count) in [(0, 0), (1, 1), (2, 2), (4, 3), (5, 4)] {
        // SAFETY: nothing runs; the object has these slots.
        let object = unsafe {
            let object = heap::new_continuation(store.vm(), cont, bound).unwrap();
            let heap = &mut (*store.vm()).heap;
            heap.bound_arguments(object).0.copy_from_nonoverlapping(slots.as_ptr(), bound);
            heap.set_continuation(object, ContinuationState::Fresh(x.0.as_ptr()));
            object
        };
        let mut values = Vec::new();
        let shape = ObjectShape::Cont(cont, Cont::Fresh { ty: cont, func: x, bound });
        assert_eq!((store.shape(object, &mut values), store.atom(object)), (shape, None));
        assert_eq!(values, arguments[..count], "{bound} slots");
    }
    // SAFETY: nothing runs.
    let consumed = unsafe { heap::new_continuation(store.vm(), cont, 2) }.unwrap();
    assert_eq!(store.object(consumed), Object::Cont(Cont::Consumed));
    let v128 = [8, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0];
    let mut array = exception;
    for (index, elements, bytes) in [
        (2, &[Val::I32(1), Val::I32(2), Val::I32(0x103)][..], Some(&[1, 2, 3][..])),
        (2, &[], Some(&[])),
        (3, &[Val::I32(0x102), Val::I32(3), Val::I32(4)], Some(&[2, 1, 3, 0, 4, 0])),
        (4, &[Val::I64(1)], Some(&[1, 0, 0, 0, 0, 0, 0, 0])),
        (5, &[wide], Some(&v128)),
        (6, &[held], None),
        (7, &[Val::Ref(Ref::Func(x))], None),
    ] {
        let ty = ty(&store, id, index);
        array = store.new_array(ty, elements).unwrap();
        assert_eq!(store.object(array), Object::Array(ty, elements.len() as u32));
        assert_eq!(store.array_bytes(array), bytes, "type {index}");
    }
    let atoms = [i31(7), i31(u32::MAX), host, array].map(|object| store.atom(object));
    let i31_atoms = [3, u32::MAX >> 1].map(|value| Some(ObjectShape::I31(value)));
    assert_eq!(atoms, [i31_atoms[0], i31_atoms[1], Some(ObjectShape::HostExtern(9)), None]);
    let exceptions = [i31(1), i31(3), host, array, consumed, exception].map(|object| store.is_exception(object));
    assert_eq!(exceptions, [false, false, false, false, false, true]);
    let host_externs = [(host, 9), (host, 8), (array, 9), (exception, 9)];
    assert_eq!(host_externs.map(|(object, value)| store.is_host_extern(object, value)), [true, false, false, false]);
    store.clear_handles();
    store.collect_garbage();
    assert!(!store.is_host_extern(host, 9), "it is gone");
}

#[test]
fn what_a_host_function_makes_is_held_until_it_returns() {
    let mut store = store();
    let make: HostFn = Box::new(|store, _| {
        let made = [1, 2, 3].map(|value| store.new_extern(value));
        store.collect_garbage();
        assert_eq!(store.gc_stats().live_objects, 3);
        Ok(vec![made[1].into()])
    });
    let make = store.new_host_func("make", FuncType::new([], [ValType::EXTERNREF]), make);
    let results = store.call(make, &[]).unwrap();
    let [Val::Ref(Ref::Gc(object))] = results[..] else { panic!("{results:?}") };
    store.collect_garbage();
    assert_eq!((store.gc_stats().live_objects, store.object(object)), (1, Object::HostExtern(2)));
}

/// What a host function was given or made is held only while it runs, however it ends. What it threw is the embedder's.
#[test]
fn a_host_function_holds_nothing_once_it_has_ended() {
    let mut store = store();
    let tag = store.new_tag(FuncType::new([], []));
    let end: HostFn = Box::new(move |store, args| {
        for value in [1, 2] {
            store.new_extern(value);
        }
        match args[0] {
            Val::I32(0) => Ok(Vec::new()),
            Val::I32(1) => Err(Abort::Trap(Trap::new(TrapCode::Interrupt))),
            Val::I32(2) => Err(Abort::Exit(3)),
            Val::I32(3) => Err(Abort::Host("no".to_string())),
            Val::I32(4) => Err(Abort::Exception(store.new_exception(tag, &[])?)),
            _ => panic!("oh no"),
        }
    });
    let end = store.new_host_func("end", FuncType::new([ValType::I32, ValType::EXTERNREF], []), end);
    let text = r#"(module (import "a" "b" (func $end (param i32 externref)))
        (func (export "f") (param i32 externref) (call $end (local.get 0) (local.get 1))))"#;
    let id = instantiate(&mut store, text, &[Extern::Func(end)]).unwrap();
    for (n, thrown) in [(0, 0), (1, 0), (2, 0), (3, 0), (4, 1), (5, 0)] {
        let given = [Val::I32(n), store.new_extern(9).into()];
        let called = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(&mut store, id, "f", &given)));
        assert_eq!(called.is_ok_and(|end| end.is_ok()), n == 0, "end {n}");
        // The argument is held from outside.
        assert_eq!(store.inner().handles.iter().count(), 1 + thrown, "end {n}");
        store.clear_handles();
        store.collect_garbage();
        assert_eq!(store.gc_stats().live_objects, 0, "end {n}");
    }
}

/// Of each range, from the first byte that differs up to the last.
#[test]
fn traced_bytes_that_a_host_function_changes_are_reported() {
    struct Sink(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("nothing panics").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let written = Arc::new(Mutex::new(Vec::new()));
    let ranges = [(0, 10..20), (0, 65530..70000), (0, 65536..65540), (1, 0..4)];
    let ranges = ranges.map(|(memory, bytes)| StoreRange { memory: Some(memory), bytes }).into();
    let mut store = store();
    let ty = MemoryType { memory64: false, shared: false, initial: 1, maximum: None, page_size_log2: None };
    for number in 0..2 {
        assert_eq!(store.new_memory(ty), Ok(MemoryId(number)));
    }
    store.trace(Tracer::new(Box::new(Sink(Arc::clone(&written))), Box::new(|_, _| false), ranges));
    let poke: HostFn = Box::new(|store, args| {
        let &[Val::I32(memory), Val::I32(first), Val::I32(last), Val::I32(byte)] = args else { panic!("{args:?}") };
        for at in [first, last] {
            store.memory_bytes_mut(MemoryId(memory))[at as usize] = byte as u8;
        }
        Ok(Vec::new())
    });
    let poke = store.new_host_func("poke", FuncType::new([ValType::I32; 4], []), poke);
    for (args, line) in [
        ([0, 10, 19, 1], "host poke 0xa..0x14 01000000000000000001 (was 00000000000000000000)\n"),
        ([0, 9, 20, 1], ""),
        ([0, 10, 19, 1], ""),
        ([0, 13, 14, 0xab], "host poke 0xd..0xf abab (was 0000)\n"),
        ([0, 19, 19, 7], "host poke 0x13..0x14 07 (was 01)\n"),
        ([0, 65529, 65530, 2], "host poke 0xfffa..0xfffb 02 (was 00)\n"),
        ([0, 65531, 65535, 2], "host poke 0xfffb..0x10000 0200000002 (was 0000000000)\n"),
        ([1, 0, 3, 5], "host poke mem1:0x0..0x4 05000005 (was 00000000)\n"),
        ([1, 4, 10, 5], ""),
    ] {
        assert_eq!(store.call(poke, &i32s(&args)), Ok(vec![]));
        let text = std::mem::take(&mut *written.lock().expect("nothing panics"));
        assert_eq!(String::from_utf8(text).expect("text"), line, "{args:?}");
    }
    assert_eq!(store.trace_failure(), None);
}
