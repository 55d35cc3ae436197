//! The store under a small backend: straight-line code over a list of values, which is all that these tests need.

use super::*;
use crate::module::{GlobalType, MemoryType, RefType, TableType, ValType, WasmFeatures};
use crate::runtime::libcalls::memories_and_tables;
use crate::runtime::linking::{InstantiateError, LinkError, Linker};
use crate::runtime::stacks::continuations::SuspendedChain;
use crate::runtime::vm::{LibcallResult, VMStack};
use std::cell::RefCell;
use std::ffi::c_void;
use std::rc::Rc;
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader};

struct NoAdapters;

impl Adapters for NoAdapters {
    fn native_to_array(&self, _: &FuncType) -> std::io::Result<*const u8> {
        Ok(std::ptr::null())
    }
}

/// "Compiled" code: the record's data is the module.
struct Toy(Arc<Module>);

impl Code for Toy {
    fn module(&self) -> &Arc<Module> {
        &self.0
    }

    fn install(&self, _: BodyIndex, func: &VMFunc) {
        func.array_entry.store(toy_entry as *mut c_void, Ordering::Release);
        func.data.store(Arc::as_ptr(&self.0).cast_mut().cast(), Ordering::Release);
    }
}

unsafe extern "C" fn toy_entry(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: tests keep to the contracts of the store.
    unsafe {
        let ctx = (*func).ctx;
        let module = &*(*func).data.load(Ordering::Acquire).cast::<Module>();
        let body = &module.bodies[((*func).index - module.num_imported_functions) as usize];
        let reader = BinaryReader::new(&module.bytes[body.range.clone()], body.range.start as u64);
        let operators = match body.kind {
            BodyKind::Function(_) => FunctionBody::new(reader).get_operators_reader().unwrap(),
            BodyKind::Const(_) => OperatorsReader::new(reader),
        };
        let signature = module.body_signature(BodyIndex((*func).index - module.num_imported_functions));
        let locals: Vec<u64> = (0..signature.params().len()).map(|i| *slots.add(i)).collect();
        let mut stack: Vec<u64> = Vec::new();
        macro_rules! pop {
            () => {
                stack.pop().unwrap()
            };
        }
        let stopped = |vm: *mut VMStore, code: TrapCode| {
            (*vm).pending_trap = code as u32;
            Status::Trap
        };
        for operator in operators {
            let result = match operator.unwrap() {
                Operator::I32Const { value } => Some(u64::from(value as u32)),
                Operator::I64Const { value } => Some(value as u64),
                Operator::LocalGet { local_index } => Some(locals[local_index as usize]),
                Operator::GlobalGet { global_index } => Some((**(*ctx).globals.add(global_index as usize)).value[0]),
                Operator::GlobalSet { global_index } => {
                    (**(*ctx).globals.add(global_index as usize)).value[0] = pop!();
                    None
                }
                Operator::RefFunc { function_index } => Some(*(*ctx).funcs.add(function_index as usize) as u64),
                Operator::RefNull { .. } => Some(0),
                Operator::I32Add => {
                    let b = pop!() as u32;
                    Some(u64::from((pop!() as u32).wrapping_add(b)))
                }
                Operator::Unreachable => return stopped((*ctx).store, TrapCode::Unreachable),
                Operator::Call { function_index } => {
                    let callee = *(*ctx).funcs.add(function_index as usize);
                    let ty = types::func_type((*callee).type_id);
                    let mut args = stack.split_off(stack.len() - ty.params().len());
                    args.resize(8, 0);
                    let entry: crate::runtime::vm::ArrayEntry =
                        std::mem::transmute((*callee).array_entry.load(Ordering::Acquire));
                    match entry(callee, args.as_mut_ptr()) {
                        Status::Ok => stack.extend(&args[..ty.results().len()]),
                        status => return status,
                    }
                    None
                }
                Operator::MemoryGrow { mem } => {
                    value(memories_and_tables::memory_grow(ctx, mem.into(), pop!(), 0, 0, 0))
                }
                Operator::MemoryCopy { dst_mem, src_mem } => {
                    let (len, src, dst) = (pop!(), pop!(), pop!());
                    match memories_and_tables::memory_copy(ctx, dst_mem.into(), src_mem.into(), dst, src, len).status {
                        Status::Ok => None,
                        status => return status,
                    }
                }
                Operator::MemoryFill { mem } => {
                    let (len, byte, dst) = (pop!(), pop!(), pop!());
                    match memories_and_tables::memory_fill(ctx, mem.into(), dst, byte, len, 0).status {
                        Status::Ok => None,
                        status => return status,
                    }
                }
                Operator::MemoryInit { data_index, mem } => {
                    let (len, src, dst) = (pop!(), pop!(), pop!());
                    match memories_and_tables::memory_init(ctx, mem.into(), data_index.into(), dst, src, len).status {
                        Status::Ok => None,
                        status => return status,
                    }
                }
                Operator::DataDrop { data_index } => {
                    let _ = memories_and_tables::data_drop(ctx, data_index.into(), 0, 0, 0, 0);
                    None
                }
                Operator::TableGrow { table } => {
                    let (delta, init) = (pop!(), pop!());
                    value(memories_and_tables::table_grow(ctx, table.into(), init, delta, 0, 0))
                }
                Operator::TableInit { elem_index, table } => {
                    let (len, src, dst) = (pop!(), pop!(), pop!());
                    match memories_and_tables::table_init(ctx, table.into(), elem_index.into(), dst, src, len).status {
                        Status::Ok => None,
                        status => return status,
                    }
                }
                Operator::TableCopy { dst_table, src_table } => {
                    let (len, src, dst) = (pop!(), pop!(), pop!());
                    match memories_and_tables::table_copy(ctx, dst_table.into(), src_table.into(), dst, src, len).status
                    {
                        Status::Ok => None,
                        status => return status,
                    }
                }
                Operator::TableFill { table } => {
                    let (len, init, dst) = (pop!(), pop!(), pop!());
                    match memories_and_tables::table_fill(ctx, table.into(), dst, init, len, 0).status {
                        Status::Ok => None,
                        status => return status,
                    }
                }
                Operator::ElemDrop { elem_index } => {
                    let _ = memories_and_tables::elem_drop(ctx, elem_index.into(), 0, 0, 0, 0);
                    None
                }
                Operator::End => None,
                other => panic!("the toy backend has no {other:?}"),
            };
            stack.extend(result);
        }
        stack.iter().enumerate().for_each(|(i, &v)| *slots.add(i) = v);
        Status::Ok
    }
}

fn value(result: LibcallResult) -> Option<u64> {
    assert_eq!(result.status, Status::Ok);
    Some(result.value)
}

fn store() -> Store {
    Store::new(Arc::new(NoAdapters), Limits { table_elements: 1000, memory_bytes: 10 << 16, ..Limits::default() })
}

fn compile(text: &str, features: WasmFeatures) -> Arc<dyn Code> {
    let bytes = wat::parse_str(text).unwrap();
    Arc::new(Toy(Arc::new(Module::new(&bytes, features).unwrap())))
}

fn instantiate(store: &mut Store, text: &str, imports: &[Extern]) -> Result<InstanceId, InstantiateError> {
    store.instantiate(compile(text, WasmFeatures::default()), imports)
}

fn call(store: &mut Store, instance: InstanceId, name: &str, args: &[Val]) -> Result<Vec<Val>, Abort> {
    let Some(Extern::Func(f)) = store.export(instance, name) else { panic!("no function {name}") };
    store.call(f, args)
}

fn trap_code<T: std::fmt::Debug>(result: Result<T, Abort>) -> TrapCode {
    match result {
        Err(Abort::Trap(trap)) => trap.code,
        other => panic!("no trap: {other:?}"),
    }
}

fn i32s(values: &[u32]) -> Vec<Val> {
    values.iter().map(|&v| Val::I32(v)).collect()
}

#[test]
fn calls_with_arguments_results_and_globals() {
    let mut store = store();
    let i = instantiate(
        &mut store,
        r#"(module (global $g (export "g") (mut i32) (i32.const 40)) (global i64 (i64.const -1))
             (func (export "f") (param i32 i32) (result i32 i32)
               (global.set $g (i32.add (global.get $g) (local.get 0))) (local.get 1) (global.get $g)))"#,
        &[],
    )
    .unwrap();
    assert_eq!(call(&mut store, i, "f", &i32s(&[2, 7])).unwrap(), i32s(&[7, 42]));
    let Some(Extern::Global(g)) = store.export(i, "g") else { panic!() };
    assert_eq!(store.global_get(g), Val::I32(42));
    store.global_set(g, Val::I32(1));
    assert_eq!(call(&mut store, i, "f", &i32s(&[1, 0])).unwrap(), i32s(&[0, 2]));
    assert_eq!((store.instances(), store.globals(), store.global_get(GlobalId(1))), (1, 2, Val::I64(u64::MAX)));
    assert!(store.export(i, "h").is_none());
}

#[test]
#[should_panic(expected = "argument")]
fn arguments_are_checked() {
    let mut store = store();
    let i = instantiate(&mut store, r#"(module (func (export "f") (param i64)))"#, &[]).unwrap();
    let _ = call(&mut store, i, "f", &[Val::I32(0)]);
}

#[test]
#[should_panic(expected = "another store")]
fn functions_stay_in_their_store() {
    let (mut one, mut other) = (store(), store());
    let foreign = other.new_host_func("f", FuncType::new([], []), Box::new(|_, _| Ok(vec![])));
    let _ = instantiate(&mut one, r#"(module (import "a" "b" (func)))"#, &[Extern::Func(foreign)]);
}

#[test]
fn imports_are_matched() {
    let mut store = store();
    let i = instantiate(
        &mut store,
        r#"(module (func (export "f") (param i32)) (memory (export "m") 1 3) (table (export "t") 5 funcref)
             (global (export "g") (mut i32) (i32.const 0)) (tag (export "e") (param i32))
             (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#,
        &[],
    )
    .unwrap();
    let mut check = |what: &str, import: &str| {
        let given = store.export(i, what).unwrap();
        let result = instantiate(&mut store, &format!("(module (import \"a\" \"b\" {import}))"), &[given]);
        match result {
            Ok(_) => true,
            Err(InstantiateError::Unlinkable(m)) => {
                assert!(m.to_string().starts_with("incompatible import type"), "{m}");
                false
            }
            Err(e) => panic!("{e:?}"),
        }
    };
    for (what, import, fits) in [
        ("f", "(func (param i32))", true),
        ("f", "(func (param i64))", false),
        ("f", "(func (param i32) (result i32))", false),
        ("f", "(global i32)", false),
        ("m", "(memory 1)", true),
        ("m", "(memory 1 3)", true),
        ("m", "(memory 0 4)", true),
        ("m", "(memory 2)", false),
        ("m", "(memory 1 2)", false),
        ("t", "(table 5 funcref)", true),
        ("t", "(table 6 funcref)", false),
        ("t", "(table 5 10 funcref)", false),
        ("t", "(table 5 externref)", false),
        ("g", "(global (mut i32))", true),
        ("g", "(global i32)", false),
        ("g", "(global (mut i64))", false),
        ("e", "(tag (param i32))", true),
        ("e", "(tag)", false),
    ] {
        assert_eq!(check(what, import), fits, "{what} as {import}");
    }
    // The current size counts, not the declared one.
    call(&mut store, i, "grow", &[]).unwrap();
    let memory = store.export(i, "m").unwrap();
    instantiate(&mut store, r#"(module (import "a" "b" (memory 2 3)))"#, &[memory]).unwrap();
    let missing = instantiate(&mut store, r#"(module (import "a" "b" (memory 2)))"#, &[]);
    assert!(matches!(missing, Err(InstantiateError::Unlinkable(m)) if m.to_string().starts_with("unknown import")));
}

#[test]
fn linker_resolves_by_name() {
    let mut store = store();
    let i = instantiate(&mut store, r#"(module (memory (export "m") 1))"#, &[]).unwrap();
    let mut linker = Linker::new();
    linker.register("a", i);
    let code = compile(r#"(module (import "a" "m" (memory 1)))"#, WasmFeatures::default());
    let imports = linker.resolve(&store, code.module()).unwrap();
    assert_eq!(imports, [Extern::Memory(MemoryId(0))]);
    let code = compile(r#"(module (import "a" "n" (memory 1)))"#, WasmFeatures::default());
    let unknown = linker.resolve(&store, code.module());
    let Err(unknown) = unknown else { panic!("{unknown:?}") };
    assert_eq!(unknown.to_string(), r#"unknown import "a" "n""#);
    linker.define("a", "n", imports[0]);
    assert_eq!(linker.resolve(&store, code.module()).unwrap(), imports);
}

/// A memory and a table to write into, and a module whose second segments do not fit.
fn segments_that_do_not_fit(checked_first: bool) -> (Store, Result<InstanceId, InstantiateError>) {
    let mut store = store();
    store.check_segments_first(checked_first);
    let i = instantiate(&mut store, r#"(module (memory (export "m") 1) (table (export "t") 3 funcref))"#, &[]).unwrap();
    let imports = [store.export(i, "m").unwrap(), store.export(i, "t").unwrap()];
    let code = compile(
        r#"(module (import "a" "m" (memory 1)) (import "a" "t" (table 3 funcref)) (func $f)
             (elem (i32.const 0) $f) (data (i32.const 0) "x") (data (i32.const 65536) "y"))"#,
        WasmFeatures::MVP,
    );
    let result = store.instantiate(code, &imports);
    (store, result)
}

#[test]
fn side_effects_stay() {
    let (store, result) = segments_that_do_not_fit(false);
    let Err(InstantiateError::Abort(Abort::Trap(trap))) = result else { panic!("{result:?}") };
    assert_eq!(trap.code, TrapCode::MemoryOutOfBounds);
    assert_eq!(store.memory_bytes(MemoryId(0))[0], b'x');
    let Some(Ref::Func(f)) = store.table_get(TableId(0), 0) else { panic!("not written") };
    assert_eq!(store.func_origin(f), Some((InstanceId(1), 0)), "the failed instance lives on");
    assert_eq!(store.dropped(InstanceId(1)), (vec![true, false], vec![true]));
}

#[test]
fn in_the_first_release_nothing_is_written() {
    let (store, result) = segments_that_do_not_fit(true);
    assert_eq!(result, Err(InstantiateError::Unlinkable(LinkError::Segment("data"))));
    assert!(store.touched_pages(MemoryId(0)).is_empty());
    assert_eq!(store.table_get(TableId(0), 0), Some(Ref::Null));
}

#[test]
fn start_function_and_its_trap() {
    let mut store = store();
    let result = instantiate(
        &mut store,
        r#"(module (global (mut i32) (i32.const 0)) (func $s (global.set 0 (i32.const 9)) unreachable) (start $s))"#,
        &[],
    );
    assert_eq!(result, Err(InstantiateError::Abort(Abort::Trap(Trap::new(TrapCode::Unreachable)))));
    assert_eq!(store.global_get(GlobalId(0)), Val::I32(9));
}

#[test]
fn bulk_memory() {
    let mut store = store();
    let i = instantiate(
        &mut store,
        r#"(module (memory 1) (data $d "abcdef")
             (func (export "init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
             (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
             (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
             (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
             (func (export "drop") (data.drop $d)))"#,
        &[],
    )
    .unwrap();
    let bytes = |store: &Store| store.memory_bytes(MemoryId(0))[..10].to_vec();
    let run = |store: &mut Store, name: &str, args: [u32; 3]| call(store, i, name, &i32s(&args));
    run(&mut store, "init", [1, 2, 3]).unwrap();
    assert_eq!(bytes(&store), *b"\0cde\0\0\0\0\0\0");
    run(&mut store, "copy", [2, 1, 3]).unwrap();
    assert_eq!(bytes(&store), *b"\0ccde\0\0\0\0\0");
    run(&mut store, "copy", [0, 1, 4]).unwrap();
    assert_eq!(bytes(&store), *b"ccdee\0\0\0\0\0");
    run(&mut store, "fill", [8, 0x141, 2]).unwrap();
    assert_eq!(bytes(&store), *b"ccdee\0\0\0AA");
    for (name, args) in [
        ("init", [65535, 0, 2]),
        ("init", [0, 5, 2]),
        ("init", [0, u32::MAX, 2]),
        ("copy", [65535, 0, 2]),
        ("copy", [0, 65535, 2]),
        ("fill", [65535, 0xff, 2]),
        ("fill", [65537, 0xff, 0]),
    ] {
        assert_eq!(trap_code(run(&mut store, name, args)), TrapCode::MemoryOutOfBounds, "{name} {args:?}");
    }
    assert_eq!(
        (bytes(&store), store.memory_bytes(MemoryId(0))[65535]),
        (b"ccdee\0\0\0AA".to_vec(), 0),
        "all or nothing"
    );
    run(&mut store, "fill", [65536, 0xff, 0]).unwrap();
    call(&mut store, i, "drop", &[]).unwrap();
    assert_eq!(trap_code(run(&mut store, "init", [0, 0, 1])), TrapCode::MemoryOutOfBounds);
    run(&mut store, "init", [0, 0, 0]).unwrap();
    assert_eq!(store.dropped(i).0, [true]);
    assert_eq!(call(&mut store, i, "grow", &i32s(&[2])).unwrap(), i32s(&[1]));
    assert_eq!(call(&mut store, i, "grow", &i32s(&[8])).unwrap(), i32s(&[u32::MAX]), "the store's limit");
    assert_eq!((store.memory_type(MemoryId(0)).initial, store.memory_bytes(MemoryId(0)).len()), (3, 3 << 16));
}

#[test]
fn tables() {
    let mut store = store();
    let i = instantiate(
        &mut store,
        r#"(module (table $t 4 10 funcref) (table externref (elem (ref.null extern))) (func $f) (func $g)
             (elem $e func $f $g) (elem (i32.const 3) $g) (elem declare func $f)
             (elem $x funcref (ref.func $f) (ref.null func))
             (func (export "init") (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
             (func (export "init-x") (param i32 i32 i32) (table.init $t $x (local.get 0) (local.get 1) (local.get 2)))
             (func (export "copy") (param i32 i32 i32) (table.copy (local.get 0) (local.get 1) (local.get 2)))
             (func (export "fill") (param i32 i32) (table.fill $t (local.get 0) (ref.func $f) (local.get 1)))
             (func (export "grow") (param i32) (result i32) (table.grow $t (ref.func $g) (local.get 0)))
             (func (export "drop") (elem.drop $e)))"#,
        &[],
    )
    .unwrap();
    let names = |store: &Store| -> String {
        (0..store.table_len(TableId(0)))
            .map(|at| match store.table_get(TableId(0), at).unwrap() {
                Ref::Func(f) => ['f', 'g'][store.func_origin(f).unwrap().1 as usize],
                Ref::Null => '-',
                Ref::Gc(_) => '?',
            })
            .collect()
    };
    let run = |store: &mut Store, name: &str, args: &[u32]| call(store, i, name, &i32s(args));
    assert_eq!((names(&store).as_str(), store.table_len(TableId(1))), ("---g", 1));
    assert_eq!(store.dropped(i).1, [true, false, true, true, false]);
    run(&mut store, "init", &[0, 0, 2]).unwrap();
    assert_eq!(names(&store), "fg-g");
    run(&mut store, "copy", &[1, 0, 3]).unwrap();
    assert_eq!(names(&store), "ffg-");
    run(&mut store, "init-x", &[0, 0, 2]).unwrap();
    assert_eq!(names(&store), "f-g-");
    run(&mut store, "fill", &[2, 2]).unwrap();
    assert_eq!(names(&store), "f-ff");
    for (name, args) in [("init", &[3, 0, 2][..]), ("init", &[0, 1, 2]), ("copy", &[3, 0, 2]), ("fill", &[3, 2])] {
        assert_eq!(trap_code(run(&mut store, name, args)), TrapCode::TableOutOfBounds, "{name} {args:?}");
    }
    assert_eq!(names(&store), "f-ff", "all or nothing");
    run(&mut store, "drop", &[]).unwrap();
    assert_eq!(trap_code(run(&mut store, "init", &[0, 0, 1])), TrapCode::TableOutOfBounds);
    assert_eq!(run(&mut store, "grow", &[2]).unwrap(), i32s(&[4]));
    assert_eq!(run(&mut store, "grow", &[5]).unwrap(), i32s(&[u32::MAX]));
    assert_eq!(names(&store), "f-ffgg");
    assert_eq!(store.table_get(TableId(0), 6), None);
}

#[test]
fn host_functions_use_the_store_they_run_in() {
    let mut store = store();
    let log = Rc::new(RefCell::new(Vec::new()));
    let logged = Rc::clone(&log);
    let ty = FuncType::new([ValType::I32, ValType::EXTERNREF], [ValType::I64, ValType::EXTERNREF]);
    let host = store.new_host_func(
        "h",
        ty.clone(),
        Box::new(move |store, args| {
            logged.borrow_mut().push(args.to_vec());
            if args[0] == Val::I32(2) {
                return Err(Abort::Trap(Trap { message: "mine".to_string(), ..Trap::new(TrapCode::Interrupt) }));
            }
            if args[0] == Val::I32(3) {
                return Err(Abort::Exit(-3));
            }
            // Back into WebAssembly.
            let nested = call(store, InstanceId(0), "add", &i32s(&[20, 22]))?;
            store.collect_garbage();
            let Val::I32(sum) = nested[0] else { panic!() };
            Ok(vec![Val::I64(u64::from(sum)), store.new_extern(9).into()])
        }),
    );
    assert_eq!((store.func_type(host), store.func_origin(host), store.host_func_name(host)), (ty, None, Some("h")));
    let i = instantiate(
        &mut store,
        r#"(module (import "a" "h" (func $h (param i32 externref) (result i64 externref)))
             (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
             (func (export "f") (param i32 externref) (result i64 externref) (call $h (local.get 0) (local.get 1))))"#,
        &[Extern::Func(host)],
    )
    .unwrap();
    let external = store.new_extern(5);
    let results = call(&mut store, i, "f", &[Val::I32(1), external.into()]).unwrap();
    let (Val::I64(42), Val::Ref(Ref::Gc(object))) = (results[0], results[1]) else { panic!("{results:?}") };
    store.collect_garbage();
    assert_eq!(store.object(object), Object::HostExtern(9), "results are in the handle scope");
    assert_eq!(*log.borrow(), [vec![Val::I32(1), external.into()]]);
    match call(&mut store, i, "f", &[Val::I32(2), external.into()]) {
        Err(Abort::Trap(trap)) => assert_eq!((trap.code, trap.message.as_str()), (TrapCode::Interrupt, "mine")),
        other => panic!("{other:?}"),
    }
    let exit = call(&mut store, i, "f", &[Val::I32(3), Ref::Null.into()]);
    assert_eq!(exit, Err(Abort::Exit(-3)));
    // The store is as usable as before.
    assert!(call(&mut store, i, "f", &[Val::I32(1), external.into()]).is_ok());
}

#[test]
fn a_panic_of_a_host_function_crosses_webassembly() {
    let mut store = store();
    let host = store.new_host_func("h", FuncType::new([], []), Box::new(|_, _| panic!("oh no")));
    let i = instantiate(
        &mut store,
        r#"(module (import "a" "h" (func $h)) (func (export "f") (call $h)) (func (export "g")))"#,
        &[Extern::Func(host)],
    )
    .unwrap();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(&mut store, i, "f", &[]))).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"oh no"));
    assert_eq!(call(&mut store, i, "g", &[]), Ok(vec![]));
}

#[test]
fn what_the_store_refers_to_survives_collections() {
    let mut store = store();
    let ty = GlobalType { content_type: ValType::EXTERNREF, mutable: true, shared: false };
    let value = store.new_extern(1);
    let global = store.new_global(ty, value.into());
    let value = store.new_extern(2);
    let constant = store.new_global(GlobalType { mutable: false, ..ty }, value.into());
    let i = instantiate(
        &mut store,
        r#"(module (import "a" "g" (global $g (mut externref))) (import "a" "c" (global $c externref))
             (table 3 externref) (elem $e externref (global.get $c) (ref.null extern))
             (func (export "init") (table.init $e (i32.const 1) (i32.const 0) (i32.const 2))))"#,
        &[Extern::Global(global), Extern::Global(constant)],
    )
    .unwrap();
    let lost = store.new_extern(77);
    let Ref::Gc(lost) = lost else { panic!() };
    assert_eq!(store.object(lost), Object::HostExtern(77));
    store.clear_handles();
    store.collect_garbage();
    assert_eq!(store.gc_stats().live_objects, 2);
    call(&mut store, i, "init", &[]).unwrap();
    let third = store.new_extern(3);
    store.table_set(TableId(0), 2, third);
    store.global_set(global, Ref::Null.into());
    store.clear_handles();
    store.set_gc_stress(true);
    store.new_extern(4);
    store.clear_handles();
    store.collect_garbage();
    assert_eq!(store.gc_stats().live_objects, 2);
    let Some(Ref::Gc(second)) = store.table_get(TableId(0), 1) else { panic!() };
    let Some(Ref::Gc(third)) = store.table_get(TableId(0), 2) else { panic!() };
    assert_eq!((store.object(second), store.object(third)), (Object::HostExtern(2), Object::HostExtern(3)));
}

#[test]
fn limits_are_no_unlinkable_modules() {
    let mut store = store();
    for text in ["(module (memory 11))", "(module (memory 1) (memory 1) (table 1001 funcref))"] {
        let result = instantiate(&mut store, text, &[]);
        assert!(matches!(result, Err(InstantiateError::Resource(_))), "{result:?}");
    }
    assert_eq!((store.instances(), store.memories(), store.tables()), (0, 0, 0), "nothing is left behind");
    let ty = MemoryType { memory64: false, shared: false, initial: 11, maximum: None, page_size_log2: None };
    assert!(store.new_memory(ty).is_err());
    let ty = TableType { element_type: RefType::FUNCREF, table64: false, initial: 9999, maximum: None, shared: false };
    assert!(store.new_table(ty, Ref::Null).is_err());
}

#[test]
fn an_interrupt_waits_for_long_copies() {
    let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
    let i = instantiate(
        &mut store,
        r#"(module (memory 1024)
             (func (export "fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0))))"#,
        &[],
    )
    .unwrap();
    let handle = store.interrupt_handle();
    handle.interrupt();
    assert_eq!(trap_code(call(&mut store, i, "fill", &i32s(&[1024 << 16]))), TrapCode::Interrupt);
    // Taken.
    assert!(call(&mut store, i, "fill", &i32s(&[1024 << 16])).is_ok());
    assert_eq!(store.memory_bytes(MemoryId(0))[(1024 << 16) - 1], 1);
}

/// Each invariant, broken once.
#[test]
fn what_is_inconsistent_is_noticed() {
    const MODULE: &str = r#"(module
        (type $s (struct (field (mut anyref)) (field i32)))
        (type $a (array (mut anyref)))
        (tag (export "t") (param i64 externref))
        (memory 1 2) (table 2 funcref) (table 1 4 externref)
        (global (export "g") (mut (ref null $s)) (ref.null $s))
        (func (export "f")))"#;
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
    let breaks: [(&str, Break); 35] = [
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
        ("memory 0 of 65537 bytes is not whole pages", |store, _| set_memory(store, 65537)),
        ("memory 0 of 196608 bytes is over its maximum", |store, _| set_memory(store, 3 << 16)),
        ("the record of table 1 is not of its elements", |store, _| {
            // SAFETY: nothing runs, and nothing looks at the element that is left out.
            unsafe { (*store.inner().tables[1].as_ptr()).vm.len = 0 };
        }),
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
        ("element 2 of the array at", |store, id| {
            let ty = ty(store, id, 1);
            let object = store.new_array(ty, &[Ref::Null.into(); 3]).expect("room");
            let (_, first, _) = vm(store).heap.array_elements(object);
            // SAFETY: there are three elements of four bytes.
            unsafe { first.cast::<u32>().add(2).write(NO_OBJECT as u32) };
        }),
        ("value 1 of the exception at", |store, id| {
            let Some(Extern::Tag(tag)) = store.export(id, "t") else { panic!("a tag") };
            let object = store.new_exception(tag, &[Val::I64(1), Ref::Null.into()]).expect("room");
            let payload = vm(store).heap.exception_payload(object).as_ptr().cast_mut();
            // SAFETY: there are two slots, and nothing else refers to them.
            unsafe { payload.add(1).write(NO_OBJECT) };
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
