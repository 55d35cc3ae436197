//! The store under a small backend: straight-line code over a list of values, which is all that these tests need.

mod embedder;
mod invariants;

use super::*;
use crate::module::{GlobalType, MemoryType, RefType, TableType, ValType, WasmFeatures};
use crate::runtime::heap;
use crate::runtime::libcalls::memories_and_tables;
use crate::runtime::linking::{InstantiateError, LinkError, Linker};
use crate::runtime::vm::LibcallResult;
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
        func.array_entry.publish(toy_entry as *mut c_void);
        func.data.publish(Arc::as_ptr(&self.0).cast_mut().cast());
    }
}

unsafe extern "C" fn toy_entry(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: tests keep to the contracts of the store.
    unsafe {
        let ctx = (*func).ctx;
        let module = &*(*func).data.get().cast::<Module>();
        let body = &module.bodies[((*func).index - module.num_imported_functions) as usize];
        let reader = BinaryReader::new(&module.bytes[body.range.clone()], body.range.start as u64);
        let operators = match body.kind {
            BodyKind::Function(_) => FunctionBody::new(reader).get_operators_reader().unwrap(),
            BodyKind::Const(_) => OperatorsReader::new(reader),
        };
        let signature = module.body_signature(BodyIndex((*func).index - module.num_imported_functions));
        let locals: Vec<u64> = (0..signature.params().len()).map(|i| *slots.add(i)).collect();
        // Constant expressions may leave anything in the upper halves of 32-bit results.
        let upper = if matches!(body.kind, BodyKind::Const(_)) { 0xdead_beef << 32 } else { 0 };
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
                Operator::I32Const { value } => Some(u64::from(value as u32) | upper),
                Operator::I64Const { value } => Some(value as u64),
                Operator::LocalGet { local_index } => Some(locals[local_index as usize]),
                Operator::GlobalGet { global_index } => Some((**(*ctx).globals.add(global_index as usize)).value[0]),
                Operator::GlobalSet { global_index } => {
                    (**(*ctx).globals.add(global_index as usize)).value[0] = pop!();
                    None
                }
                Operator::RefFunc { function_index } => Some(*(*ctx).funcs.add(function_index as usize) as u64),
                Operator::RefNull { hty } => Some(if hty == RefType::EXTERNREF.heap_type() { upper } else { 0 }),
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
                    let entry: crate::runtime::vm::ArrayEntry = std::mem::transmute((*callee).array_entry.get());
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

/// The invariants are checked after each call and instantiation.
fn store() -> Store {
    let limits = Limits { table_elements: 1000, memory_bytes: 10 << 16, ..Limits::default() };
    let mut store = Store::new(Arc::new(NoAdapters), limits);
    store.set_paranoid(true);
    store
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
                assert!(m.to_string().starts_with(r#"incompatible import type for "a" "b": "#), "{m}");
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
    // Of several, the first that does not match is reported.
    let given = ["f", "m", "t"].map(|name| store.export(i, name).unwrap());
    let imports =
        r#"(import "a" "f" (func (param i32))) (import "b" "m" (memory 2)) (import "c" "t" (table 6 funcref))"#;
    let result = instantiate(&mut store, &format!("(module {imports})"), &given).map_err(|e| e.to_string());
    let expected = r#"incompatible import type for "b" "m": size 1 is below the minimum 2"#;
    assert_eq!(result, Err(expected.to_string()));
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
    // The instance that was registered last under a name counts, and a definition takes precedence over it.
    let other = instantiate(&mut store, r#"(module (memory (export "m") 1) (memory (export "o") 1))"#, &[]).unwrap();
    linker.register("a", other);
    let found = |linker: &Linker| ["m", "n", "o", "p"].map(|name| linker.get(&store, "a", name));
    let memory = |n| Some(Extern::Memory(MemoryId(n)));
    assert_eq!(found(&linker), [memory(1), memory(0), memory(2), None]);
    linker.define("a", "m", imports[0]);
    linker.define("a", "n", Extern::Memory(MemoryId(2)));
    assert_eq!(found(&linker), [memory(0), memory(2), memory(2), None]);
    assert_eq!(linker.get(&store, "b", "m"), None);
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

/// Arguments and results of a host function take as many slots as each needs, wherever they stand.
#[test]
fn vectors_of_host_functions_take_two_slots() {
    let mut store = store();
    let object = store.new_extern(9);
    let all = [
        (ValType::I32, Val::I32(0x8000_0001)),
        (ValType::V128, Val::V128(0x0f1e_2d3c_4b5a_6978_8796_a5b4_c3d2_e1f0)),
        (ValType::I64, Val::I64(1 << 63 | 7)),
        (ValType::V128, Val::V128(3 << 64 | 5)),
        (ValType::F64, Val::F64(2.5f64.to_bits())),
        (ValType::EXTERNREF, object.into()),
        (ValType::F32, Val::F32(1.5f32.to_bits())),
    ];
    for first in 0..all.len() {
        for len in 1..=all.len() {
            let (types, given): (Vec<ValType>, Vec<Val>) = all.iter().cycle().skip(first).take(len).copied().unzip();
            let ty = FuncType::new(types.clone(), types.iter().rev().copied());
            let reverse: HostFn = Box::new(|_, args| Ok(args.iter().rev().copied().collect()));
            let host = store.new_host_func("reverse", ty, reverse);
            let expected: Vec<Val> = given.iter().rev().copied().collect();
            assert_eq!(store.call(host, &given), Ok(expected), "{types:?}");
        }
    }
}

/// A call has room for all arguments and all results, however many there are of each.
#[test]
fn calls_have_room_for_what_they_take_and_return() {
    type Case = (ValType, fn(u64) -> Val, [usize; 6]);
    let wide = |n: u64| Val::V128(u128::from(n) << 64 | u128::from(!n));
    let cases: [Case; 2] =
        [(ValType::I64, Val::I64, [0, 1, 15, 16, 17, 40]), (ValType::V128, wide, [0, 1, 7, 8, 9, 20])];
    let mut store = store();
    for (ty, value, counts) in cases {
        for params in counts {
            for results in counts {
                let given: Vec<Val> = (0..params as u64).map(value).collect();
                let returned: Vec<Val> = (100..100 + results as u64).map(value).collect();
                let (expected, end) = (given.clone(), returned.clone());
                let host: HostFn = Box::new(move |_, args| {
                    assert_eq!(args, expected);
                    Ok(end.clone())
                });
                let host = store.new_host_func("f", FuncType::new(vec![ty; params], vec![ty; results]), host);
                assert_eq!(store.call(host, &given), Ok(returned), "{params} and {results} of {ty}");
            }
        }
    }
}

/// The failure of a host function ends that call, and no later one.
#[test]
fn the_failure_of_a_host_function_ends_one_call() {
    let mut store = store();
    let fail: HostFn = Box::new(|_, args| {
        Err(match args[0] {
            Val::I32(0) => Abort::Trap(Trap { message: "mine".to_string(), ..Trap::new(TrapCode::Interrupt) }),
            Val::I32(1) => Abort::Exit(-3),
            _ => Abort::Host("the disk is full".to_string()),
        })
    });
    let host = store.new_host_func("fail", FuncType::new([ValType::I32], []), fail);
    let i = instantiate(
        &mut store,
        r#"(module (import "a" "h" (func $h (param i32))) (func (export "fail") (param i32) (call $h (local.get 0)))
             (func (export "trap") unreachable) (func (export "return")))"#,
        &[Extern::Func(host)],
    )
    .unwrap();
    for (n, words) in (0..).zip(["mine", "the program exited with status -3", "the disk is full"]) {
        assert_eq!(call(&mut store, i, "fail", &i32s(&[n])).unwrap_err().to_string(), words);
        for _ in 0..2 {
            assert_eq!(trap_code(call(&mut store, i, "trap", &[])), TrapCode::Unreachable, "after {words}");
            assert_eq!(call(&mut store, i, "return", &[]), Ok(vec![]), "after {words}");
        }
    }
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

/// Whatever its type and whether or not it can be set, a global alone keeps what it refers to.
#[test]
fn globals_of_each_kind_keep_their_objects() {
    let nullable = [RefType::EXTERNREF, RefType::ANYREF];
    for ty in nullable.into_iter().chain(nullable.map(|ty| ty.as_non_null())) {
        for mutable in [false, true] {
            let mut store = store();
            let object = store.new_extern(7);
            let ty = GlobalType { content_type: ValType::Ref(ty), mutable, shared: false };
            let global = store.new_global(ty, object.into());
            store.clear_handles();
            store.collect_garbage();
            assert_eq!(store.gc_stats().live_objects, 1, "{ty:?}");
            let Val::Ref(Ref::Gc(object)) = store.global_get(global) else { panic!("{ty:?}") };
            assert_eq!(store.object(object), Object::HostExtern(7), "{ty:?}");
        }
    }
}

#[test]
fn limits_are_no_unlinkable_modules() {
    let mut store = store();
    for text in [
        "(module (memory 11))",
        "(module (memory 1) (memory 1) (table 1001 funcref))",
        "(module (table 5 funcref) (table 6 externref) (memory 1) (memory 2) (memory 11))",
    ] {
        let result = instantiate(&mut store, text, &[]);
        assert!(matches!(result, Err(InstantiateError::Resource(_))), "{result:?}");
        assert_eq!(store.check_invariants(), Ok(()), "{text}");
    }
    assert_eq!((store.instances(), store.memories(), store.tables()), (0, 0, 0), "nothing is left behind");
    let ty = MemoryType { memory64: false, shared: false, initial: 11, maximum: None, page_size_log2: None };
    assert!(store.new_memory(ty).is_err());
    let ty = TableType { element_type: RefType::FUNCREF, table64: false, initial: 9999, maximum: None, shared: false };
    assert!(store.new_table(ty, Ref::Null).is_err());
}

/// A module whose functions native code could not call is not started, nor is any after it. Constant expressions need no adapter.
#[test]
fn without_adapters_nothing_starts() {
    struct NoRoom;
    impl Adapters for NoRoom {
        fn native_to_array(&self, _: &FuncType) -> std::io::Result<*const u8> {
            Err(std::io::ErrorKind::OutOfMemory.into())
        }
    }
    // Functions of the host that were made before can be called by those that are there, and no others.
    let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
    let none = FuncType::new([], []);
    let before = store.new_host_func("before", none.clone(), Box::new(|_, _| Ok(Vec::new())));
    // SAFETY: it is this store's.
    assert_eq!(unsafe { store.check_entry(before) }, Ok(()));
    let mut store = Store::new(Arc::new(NoRoom), Limits::default());
    let func = store.new_host_func("f", none, Box::new(|_, _| Ok(Vec::new())));
    // SAFETY: as above.
    let refused = unsafe { store.check_entry(func) }.expect_err("nothing calls it");
    assert!(refused.to_string().contains("no address space for adapters"), "{refused}");
    let mut store = Store::new(Arc::new(NoRoom), Limits::default());
    let constant = "(module (global i32 (i32.const 1)))";
    instantiate(&mut store, constant, &[]).expect("no function");
    // If it started, it would trap.
    for text in ["(module (func $f unreachable) (start $f))", constant] {
        let refused = instantiate(&mut store, text, &[]).expect_err(text);
        assert!(matches!(refused, InstantiateError::Resource(_)), "{text}: {refused:?}");
        assert!(refused.to_string().contains("no address space for adapters"), "{text}: {refused}");
    }
}

#[test]
fn an_interrupt_waits_for_long_copies() {
    // Two pieces, of bytes and of elements.
    const BYTES: usize = memories_and_tables::PIECE + 8;
    const ELEMENTS: usize = BYTES / 8;
    let mut store = Store::new(Arc::new(NoAdapters), Limits::default());
    let text = format!(
        r#"(module (memory 1024) (table $t {ELEMENTS} funcref) (table $u {ELEMENTS} funcref) (func $f)
             (data $d "{}") (elem $e func {})
             (func (export "memory.fill") (param i32) (memory.fill (i32.const 0) (i32.const 1) (local.get 0)))
             (func (export "memory.copy") (param i32) (memory.copy (i32.const 1) (i32.const 0) (local.get 0)))
             (func (export "memory.init") (param i32) (memory.init $d (i32.const 0) (i32.const 0) (local.get 0)))
             (func (export "table.fill") (param i32) (table.fill $t (i32.const 0) (ref.func $f) (local.get 0)))
             (func (export "table.copy") (param i32) (table.copy $u $t (i32.const 0) (i32.const 0) (local.get 0)))
             (func (export "table.init") (param i32) (table.init $t $e (i32.const 0) (i32.const 0) (local.get 0))))"#,
        "x".repeat(BYTES),
        "$f ".repeat(ELEMENTS)
    );
    let i = instantiate(&mut store, &text, &[]).unwrap();
    let handle = store.interrupt_handle();
    for (name, len) in [
        ("memory.fill", BYTES),
        ("memory.copy", BYTES),
        ("memory.init", BYTES),
        ("table.fill", ELEMENTS),
        ("table.copy", ELEMENTS),
        ("table.init", ELEMENTS),
    ] {
        // The last piece is not interrupted.
        for (len, waits) in [(len as u32, true), (len as u32 - 8, false)] {
            handle.interrupt();
            let end = call(&mut store, i, name, &i32s(&[len]));
            match waits {
                true => assert_eq!(trap_code(end), TrapCode::Interrupt, "{name}"),
                false => assert!(end.is_ok() && store.is_interrupted(), "{name}"),
            }
            handle.withdraw();
            assert!(call(&mut store, i, name, &i32s(&[len])).is_ok(), "{name}");
        }
    }
    assert_eq!(&store.memory_bytes(MemoryId(0))[..BYTES], "x".repeat(BYTES).as_bytes());
    let written = |store: &Store, table| store.table_get(TableId(table), ELEMENTS as u64 - 1) != Some(Ref::Null);
    assert!(written(&store, 0) && written(&store, 1));
}

/// Offsets of active segments, 32 and 64 bits wide, at the ends of memories and tables. Of narrow ones, only the lower
/// half counts.
#[test]
fn active_segments_are_written_up_to_the_end_and_not_beyond() {
    let memory = |wide: &str, at: u64, bytes: &str| {
        let ty = if wide.is_empty() { "i32" } else { "i64" };
        format!("(module (memory {wide} 1) (data ({ty}.const {at:#x}) \"{bytes}\"))")
    };
    let table = |wide: &str, at: u64, functions: &str| {
        let ty = if wide.is_empty() { "i32" } else { "i64" };
        format!("(module (table {wide} 10 funcref) (func $f) (elem (table 0) ({ty}.const {at:#x}) func {functions}))")
    };
    // Each with what is written, if it fits.
    let mut cases = Vec::new();
    for wide in ["", "i64"] {
        for (at, bytes, fits) in [
            (0, "x", true),
            (65535, "x", true),
            (65534, "xy", true),
            (65536, "", true),
            (65536, "x", false),
            (65535, "xy", false),
            (65537, "", false),
            (0xffff_ffff, "x", false),
        ] {
            cases.push((memory(wide, at, bytes), fits.then_some(bytes.len()), TrapCode::MemoryOutOfBounds));
        }
        for (at, functions, fits) in [
            (0, "$f", true),
            (8, "$f $f", true),
            (9, "$f", true),
            (10, "", true),
            (10, "$f", false),
            (9, "$f $f", false),
            (11, "", false),
            (0xffff_ffff, "$f", false),
        ] {
            let count = functions.matches("$f").count();
            cases.push((table(wide, at, functions), fits.then_some(count), TrapCode::TableOutOfBounds));
        }
    }
    for at in [1 << 32, (1 << 32) + 5, u64::MAX] {
        cases.push((memory("i64", at, "x"), None, TrapCode::MemoryOutOfBounds));
        cases.push((memory("i64", at, ""), None, TrapCode::MemoryOutOfBounds));
        cases.push((table("i64", at, "$f"), None, TrapCode::TableOutOfBounds));
    }
    for (text, fits, code) in cases {
        let mut store = store();
        match store.instantiate(compile(&text, WasmFeatures::all()), &[]) {
            Ok(_) => assert!(fits.is_some(), "{text}"),
            Err(InstantiateError::Abort(Abort::Trap(trap))) => assert_eq!((fits, trap.code), (None, code), "{text}"),
            Err(other) => panic!("{text}: {other:?}"),
        }
        let written = match code {
            TrapCode::MemoryOutOfBounds => store.memory_bytes(MemoryId(0)).iter().filter(|&&byte| byte != 0).count(),
            _ => (0..10).filter(|&at| store.table_get(TableId(0), at) != Some(Ref::Null)).count(),
        };
        assert_eq!(written, fits.unwrap_or(0), "{text}");
    }
}

/// As in today's language, if all segments fit.
#[test]
fn in_the_first_release_segments_that_fit_are_written() {
    for checked_first in [false, true] {
        let mut store = store();
        store.check_segments_first(checked_first);
        let code = compile(
            r#"(module (memory 1) (table 3 funcref) (func $f) (func $g)
                 (elem (i32.const 1) $f $g) (data (i32.const 3) "abc")
                 (elem (i32.const 0) $g) (data (i32.const 65535) "z"))"#,
            WasmFeatures::MVP,
        );
        let id = store.instantiate(code, &[]).unwrap();
        let bytes = store.memory_bytes(MemoryId(0));
        assert_eq!((&bytes[..7], bytes[65535]), (&b"\0\0\0abc\0"[..], b'z'));
        let functions = [0, 1, 2].map(|at| match store.table_get(TableId(0), at) {
            Some(Ref::Func(f)) => store.func_origin(f).map(|(_, index)| index),
            other => panic!("{other:?}"),
        });
        assert_eq!(functions, [Some(1), Some(0), Some(1)]);
        assert_eq!(store.dropped(id), (vec![true; 2], vec![true; 2]));
    }
}

/// Fields and elements of every kind, written at the edges of their range: neighbours keep what they have.
#[test]
fn every_kind_of_field_is_read_as_it_was_written() {
    const MODULE: &str = r#"(module
        (type (struct (field (mut i8)) (field (mut i8)) (field (mut i16)) (field (mut i16)) (field (mut i32))
            (field (mut f32)) (field (mut i64)) (field (mut f64)) (field (mut v128)) (field (mut v128))
            (field (mut externref)) (field (mut funcref)) (field (mut i8))))
        (type (array (mut i8))) (type (array (mut i16))) (type (array (mut i32))) (type (array (mut f32)))
        (type (array (mut i64))) (type (array (mut f64))) (type (array (mut v128))) (type (array (mut externref)))
        (type (array (mut funcref)))
        (func (export "f")))"#;
    let mut store = store();
    let id = instantiate(&mut store, MODULE, &[]).unwrap();
    let Some(Extern::Func(f)) = store.export(id, "f") else { panic!("a function") };
    let object = store.new_extern(u64::MAX);
    // SAFETY: nothing runs; the array does not change.
    let types: Vec<u32> = unsafe { store.inner().instance(id).type_ids.get() }.to_vec();
    let (wide, other) = (0x0f1e_2d3c_4b5a_6978_8796_a5b4_c3d2_e1f0_u128, 1u128 << 64 | 1);
    // What is written in place of what, and what is read of both.
    let packed = |mask: u32| (vec![Val::I32(mask), Val::I32(!mask), Val::I32(mask >> 1 | !mask)], mask);
    let plain = |values: [Val; 3]| (values.to_vec(), u32::MAX);
    let kinds = [
        packed(0xff),
        packed(0xff),
        packed(0xffff),
        packed(0xffff),
        plain([u32::MAX, 0, 1 << 31].map(Val::I32)),
        plain([u32::MAX, 0, 1 << 31].map(Val::F32)),
        plain([u64::MAX, 0, 1 << 63 | 1].map(Val::I64)),
        plain([u64::MAX, 0, 1 << 63 | 1].map(Val::F64)),
        plain([u128::MAX, wide, other].map(Val::V128)),
        plain([wide, 0, other << 63].map(Val::V128)),
        plain([object, Ref::Null, object].map(Val::Ref)),
        plain([Ref::Func(f), Ref::Null, Ref::Func(f)].map(Val::Ref)),
        packed(0xff),
    ];
    let read = |value: Val, mask: u32| match value {
        Val::I32(v) => Val::I32(v & mask),
        other => other,
    };
    for first in 0..3 {
        for then in 0..3 {
            let initial: Vec<Val> = kinds.iter().map(|(values, _)| values[first]).collect();
            let mut expected: Vec<Val> = kinds.iter().map(|(values, mask)| read(values[first], *mask)).collect();
            let made = store.new_struct(types[0], &initial).unwrap();
            assert_eq!(store.object(made), Object::Struct(types[0], expected.clone()));
            for (at, (values, mask)) in kinds.iter().enumerate() {
                store.set_object(made, at as u32, values[then]);
                expected[at] = read(values[then], *mask);
                assert_eq!(store.object(made), Object::Struct(types[0], expected.clone()), "field {at}");
            }
            for (at, &kind) in [0, 2, 4, 5, 6, 7, 8, 10, 11].iter().enumerate() {
                let ((values, mask), ty) = (&kinds[kind], types[at + 1]);
                let made = store.new_array(ty, &[values[first]; 4]).unwrap();
                let mut expected = vec![read(values[first], *mask); 4];
                for i in [1, 3, 0] {
                    store.set_object(made, i, values[then]);
                    expected[i as usize] = read(values[then], *mask);
                    assert_eq!((0..4).map(|i| store.array_element(made, i)).collect::<Vec<_>>(), expected);
                }
            }
        }
    }
    assert_eq!(store.check_invariants(), Ok(()));
}

/// What an instantiation takes from a limit is available to the next one if the instantiation fails.
#[test]
fn an_instantiation_that_fails_takes_nothing() {
    let limits = Limits { total_bytes: 5 << 16, all_table_elements: 2500, ..Limits::default() };
    let mut store = Store::new(Arc::new(NoAdapters), limits);
    store.set_paranoid(true);
    for what in [
        "(table 1000 funcref) (table 1000 funcref) (memory 6)",
        "(table 1000 funcref) (memory 2) (memory 4)",
        "(table 1000 funcref) (table 2000 funcref) (memory 1)",
    ] {
        // Often enough to exceed the limit if a little were left taken each time.
        for _ in 0..50 {
            let made = instantiate(&mut store, &format!("(module {what})"), &[]);
            assert!(made.is_err(), "{what}");
        }
    }
    instantiate(&mut store, "(module (memory 4) (table 1000 funcref) (table 1000 funcref))", &[]).unwrap();
}

/// A size that cannot be counted in 64 bits is over the limit, too.
#[test]
fn a_table_of_any_size_is_over_some_limit() {
    let limits = Limits { table_elements: u64::MAX, all_table_elements: u64::MAX, ..Limits::default() };
    for initial in [1 << 31, (1 << 31) + 1, 1 << 60, 1 << 61, (1 << 61) + 1, u64::MAX] {
        let mut store = Store::new(Arc::new(NoAdapters), limits);
        let ty = TableType { element_type: RefType::FUNCREF, table64: true, initial, maximum: None, shared: false };
        // SAFETY: nothing runs.
        unsafe { (*store.vm()).bytes_left = (8 << 31) - 1 };
        let made = store.new_table(ty, Ref::Null);
        assert!(matches!(made, Err(ResourceError::Together { .. })), "{initial}: {made:?}");
    }
}

/// Upper halves of 32-bit constants mean nothing, and a table has none.
#[test]
fn elements_that_are_objects_have_no_upper_halves() {
    let mut store = store();
    let id = instantiate(
        &mut store,
        r#"(module (table 3 externref (ref.null extern)) (table 3 externref)
             (elem (table 1) (i32.const 0) externref (ref.null extern)) (elem externref (ref.null extern)))"#,
        &[],
    )
    .unwrap();
    // SAFETY: nothing runs.
    let tables = store.inner().tables.iter().map(|table| unsafe { table.get() }.slots().to_vec());
    assert_eq!(tables.collect::<Vec<_>>(), [[0; 3], [0; 3]]);
    assert_eq!(store.inner().instance(id).elements[1].as_deref(), Some(&[0][..]));
}

/// What the official testsuite documents of the host's module, and wasmtime's runner of its own.
#[test]
fn the_hosts_of_the_suites_have_what_these_import() {
    use crate::runtime::linking::spectest::Spectest;
    for (of_wasmtime, shared) in [(false, 2), (true, 1)] {
        let mut store = store();
        let make = if of_wasmtime { Spectest::of_wasmtime } else { Spectest::new };
        let host = make(&mut store, WasmFeatures::all()).unwrap();
        for (name, text) in [
            ("global_i32", "(global i32)"),
            ("global_i64", "(global i64)"),
            ("global_f32", "(global f32)"),
            ("global_f64", "(global f64)"),
            ("table", "(table 10 20 funcref)"),
            ("table64", "(table i64 10 20 funcref)"),
            ("memory", "(memory 1 2)"),
            ("shared_memory", &format!("(memory 1 {shared} shared)")),
            ("print", "(func)"),
            ("print_i32", "(func (param i32))"),
            ("print_i64", "(func (param i64))"),
            ("print_f32", "(func (param f32))"),
            ("print_f64", "(func (param f64))"),
            ("print_i32_f32", "(func (param i32 f32))"),
            ("print_f64_f64", "(func (param f64 f64))"),
        ] {
            let given = host.export("spectest", name).expect(name);
            assert!(host.externs().any(|entity| entity == given), "{name} is compared");
            let code = compile(&format!(r#"(module (import "spectest" "{name}" {text}))"#), WasmFeatures::all());
            assert!(store.instantiate(code, &[given]).is_ok(), "{name}");
            // Exactly these limits.
            match given {
                Extern::Table(table) => assert_eq!(store.table_type(table).maximum, Some(20)),
                Extern::Memory(memory) => {
                    let most = if name == "memory" { 2 } else { shared };
                    assert_eq!((store.memory_type(memory).initial, store.memory_type(memory).maximum), (1, Some(most)));
                }
                _ => {}
            }
        }
        let values = ["global_i32", "global_i64", "global_f32", "global_f64"].map(|name| {
            let Some(Extern::Global(global)) = host.export("spectest", name) else { panic!("{name}") };
            store.global_get(global)
        });
        let expected = [Val::I32(666), Val::I64(666), Val::F32(666.6f32.to_bits()), Val::F64(666.6f64.to_bits())];
        assert_eq!(values, expected);
        assert_eq!(host.externs().count(), 15 + usize::from(of_wasmtime));
        // What is printed is noted: the name, and each value.
        let (float, double) = (Val::F32(1.5f32.to_bits()), Val::F64(0x7ff0_0000_0000_0001));
        let prints: [(&'static str, &[Val]); 7] = [
            ("print", &[]),
            ("print_i32", &[Val::I32(u32::MAX)]),
            ("print_i64", &[Val::I64(1 << 63)]),
            ("print_f32", &[float]),
            ("print_f64", &[double]),
            ("print_i32_f32", &[Val::I32(7), float]),
            ("print_f64_f64", &[double, Val::F64(0)]),
        ];
        for (name, args) in prints {
            let Some(Extern::Func(print)) = host.export("spectest", name) else { panic!("{name}") };
            assert_eq!(store.call(print, args), Ok(vec![]), "{name}");
        }
        assert_eq!(host.take_log(), prints.map(|(name, args)| (name, args.to_vec())));
        assert!(host.take_log().is_empty());
        assert_eq!(host.export("wasmtime", "gc").is_some(), of_wasmtime);
        if let Some(Extern::Func(gc)) = host.export("wasmtime", "gc") {
            store.set_paranoid(false);
            let before = store.gc_stats().collections;
            store.call(gc, &[]).unwrap();
            assert_eq!((store.gc_stats().collections, host.take_log()), (before + 1, vec![("wasmtime.gc", vec![])]));
        }
    }
}

/// An interrupt that nothing has noticed waits, until it is taken or withdrawn.
#[test]
fn an_interrupt_can_be_withdrawn() {
    let mut store = store();
    let i = instantiate(&mut store, r#"(module (memory 1) (func (export "f")))"#, &[]).unwrap();
    let handle = store.interrupt_handle();
    let requested = |store: &Store| (handle.is_requested(), store.is_interrupted());
    assert_eq!(requested(&store), (false, false));
    for _ in 0..2 {
        handle.interrupt();
        assert_eq!(requested(&store), (true, true));
        // The straight line notices nothing.
        assert!(call(&mut store, i, "f", &[]).is_ok());
        assert_eq!(requested(&store), (true, true));
        handle.withdraw();
        assert_eq!(requested(&store), (false, false));
        handle.withdraw();
        assert!(call(&mut store, i, "f", &[]).is_ok());
        assert_eq!(requested(&store), (false, false));
    }
}

/// The defaults are those in the documentation and on the page about limits.
#[test]
fn the_default_limits_are_the_documented_ones() {
    let limits = Limits::default();
    assert_eq!((limits.memory_bytes, limits.total_bytes, limits.gc_heap_bytes), (16 << 30, 16 << 30, 1 << 30));
    assert_eq!((limits.table_elements, limits.all_table_elements), (10_000_000, 20_000_000));
    assert_eq!((limits.instances, limits.stacks, limits.one_byte_pages), (10_000, 100_000, (1 << 32) - 1));
    assert_eq!((limits.native_stack_bytes, limits.value_stack_bytes), (1 << 20, 1 << 20));
}

/// Values of every kind, as values of every type: what each has is written down. Null is of all types that have it.
#[test]
fn a_value_has_the_types_that_are_written_down() {
    use crate::module::{AbstractHeapType as H, HeapType, UnpackedIndex};
    const MODULE: &str = r#"(module
        (type $s (sub (struct (field i32)))) (type $s2 (sub $s (struct (field i32) (field i64)))) (type $a (array i8))
        (type $f (sub (func))) (type $g (sub final $f (func))) (type $c (cont $f)) (tag (export "t"))
        (func (export "f") (type $f)) (func (export "g") (type $g)))"#;
    const CONCRETE: [&str; 6] = ["s", "s2", "a", "f", "g", "c"];
    let mut store = store();
    let id = store.instantiate(compile(MODULE, WasmFeatures::all()), &[]).unwrap();
    // SAFETY: nothing runs; the array does not change.
    let ids: Vec<u32> = unsafe { store.inner().instance(id).type_ids.get() }.to_vec();
    let abstract_types = [
        ("any", H::Any),
        ("eq", H::Eq),
        ("i31", H::I31),
        ("struct", H::Struct),
        ("array", H::Array),
        ("none", H::None),
        ("func", H::Func),
        ("nofunc", H::NoFunc),
        ("extern", H::Extern),
        ("noextern", H::NoExtern),
        ("exn", H::Exn),
        ("noexn", H::NoExn),
        ("cont", H::Cont),
        ("nocont", H::NoCont),
    ];
    let mut types: Vec<(String, HeapType)> = Vec::new();
    for (name, ty) in abstract_types {
        types.push((name.to_string(), HeapType::Abstract { shared: false, ty }));
        types.push((format!("shared {name}"), HeapType::Abstract { shared: true, ty }));
    }
    for (name, &id) in CONCRETE.iter().zip(&ids) {
        types.push((name.to_string(), HeapType::Concrete(UnpackedIndex::Module(id))));
        types.push((format!("exact {name}"), HeapType::Exact(UnpackedIndex::Module(id))));
    }
    let function = |store: &Store, name: &str| match store.export(id, name) {
        Some(Extern::Func(f)) => Ref::Func(f),
        other => panic!("{other:?}"),
    };
    let Some(Extern::Tag(tag)) = store.export(id, "t") else { panic!("a tag") };
    // SAFETY: nothing runs.
    let cont = unsafe { heap::new_continuation(store.vm(), ids[5], 0) }.unwrap();
    let i31 = |bits: u32| Ref::Gc(GcRef(bits.try_into().expect("not 0")));
    let values: [(Ref, &[&str]); 10] = [
        (store.new_extern(1), &["any", "extern"]),
        (i31(1), &["any", "eq", "i31", "extern"]),
        (i31(u32::MAX), &["any", "eq", "i31", "extern"]),
        (
            Ref::Gc(store.new_struct(ids[0], &[Val::I32(1)]).unwrap()),
            &["any", "eq", "struct", "extern", "s", "exact s"],
        ),
        (
            Ref::Gc(store.new_struct(ids[1], &[Val::I32(1), Val::I64(2)]).unwrap()),
            &["any", "eq", "struct", "extern", "s", "s2", "exact s2"],
        ),
        (Ref::Gc(store.new_array(ids[2], &[]).unwrap()), &["any", "eq", "array", "extern", "a", "exact a"]),
        (Ref::Gc(store.new_exception(tag, &[]).unwrap()), &["exn"]),
        (Ref::Gc(cont), &["cont", "c", "exact c"]),
        (function(&store, "f"), &["func", "f", "exact f"]),
        (function(&store, "g"), &["func", "f", "g", "exact g"]),
    ];
    for (name, heap_type) in &types {
        for nullable in [false, true] {
            let ty = ValType::Ref(RefType::new(nullable, *heap_type).unwrap());
            for (value, has) in &values {
                assert_eq!(store.has_type(Val::Ref(*value), ty), has.contains(&name.as_str()), "{value:?}: {name}");
            }
            assert_eq!(store.has_type(Val::Ref(Ref::Null), ty), nullable, "null: {name}");
            assert!(!store.has_type(Val::I32(0), ty) && !store.has_type(Val::V128(0), ty), "{name}");
        }
    }
    let numbers = [Val::I32(0), Val::I64(0), Val::F32(0), Val::F64(0), Val::V128(0)];
    let their = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
    for (i, value) in numbers.into_iter().enumerate() {
        for (j, ty) in their.into_iter().enumerate() {
            assert_eq!(store.has_type(value, ty), i == j, "{value:?}: {ty}");
        }
    }
    assert!(values.iter().all(|(value, _)| !their.iter().any(|&ty| store.has_type(Val::Ref(*value), ty))));
    // Slots of each: what is written is read back, and the upper halves of narrow values are ignored.
    let with_upper = |value: Val, ty: ValType| {
        let mut slots = [!0; 3];
        let count = value.to_slots(&mut slots);
        assert_eq!((count, slots[count]), (Val::slots(&[ty]), !0), "{ty}");
        let narrow = matches!(value, Val::I32(_) | Val::F32(_) | Val::Ref(Ref::Gc(_) | Ref::Null));
        assert!(!narrow || slots[0] >> 32 == 0, "{ty}");
        let is_func = ty == ValType::FUNCREF;
        slots[0] |= if narrow && !is_func { 0xdead_beef << 32 } else { 0 };
        Val::from_slots(&slots, ty)
    };
    for bits in [0, 1, 1 << 31, u64::MAX, 0x0123_4567_89ab_cdef] {
        let wide = u128::from(bits) << 64 | u128::from(!bits);
        let low = bits as u32;
        let all = [Val::I32(low), Val::I64(bits), Val::F32(low), Val::F64(bits), Val::V128(wide)];
        assert!(all.into_iter().zip(their).all(|(value, ty)| with_upper(value, ty) == value), "{bits:#x}");
    }
    for (value, ty) in [(values[0].0, ValType::EXTERNREF), (i31(u32::MAX), ValType::Ref(RefType::ANYREF))] {
        assert_eq!(with_upper(value.into(), ty), value.into());
        assert_eq!(with_upper(Ref::Null.into(), ty), Ref::Null.into());
    }
    for value in [values[8].0, Ref::Null] {
        assert_eq!(with_upper(value.into(), ValType::FUNCREF), value.into());
    }
}
