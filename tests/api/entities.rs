//! Memories, tables, globals, and their types; threads that share a memory.

use super::engines;
use wasmoon::{
    Config, Engine, Error, ErrorKind, Extern, ExternType, Func, FuncType, Global, GlobalType, Instance, Linker, Memory,
    MemoryType, Module, Mutability, RefType, SharedMemory, Store, StoreLimitsBuilder, Table, TableType, TagType,
    UsageError, Val, ValType,
};

#[test]
fn the_host_and_a_module_see_the_same_entities() {
    for engine in engines() {
        let text = r#"(module
            (import "host" "memory" (memory 1 4)) (import "host" "table" (table 2 funcref))
            (import "host" "global" (global $g (mut i64)))
            (func (export "f") (param i32) (result i64)
                (i32.store8 (local.get 0) (i32.const 42))
                (global.set $g (i64.add (global.get $g) (i64.const 1)))
                (call_indirect (result i64) (i32.const 1))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, Some(4))).unwrap();
        let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), Val::FuncRef(None)).unwrap();
        let global = Global::new(&mut store, GlobalType::new(ValType::I64, Mutability::Var), Val::I64(9)).unwrap();
        let double = Func::wrap(&mut store, move |mut caller: wasmoon::Caller<'_, ()>| {
            2 * global.get(&mut caller).i64().expect("an i64")
        });
        table.set(&mut store, 1, double.into()).unwrap();
        let imports: [Extern; 3] = [memory.into(), table.into(), global.into()];
        let instance = Instance::new(&mut store, &module, &imports).unwrap();
        let f = instance.get_typed_func::<i32, i64>(&mut store, "f").unwrap();
        assert_eq!(f.call(&mut store, 7).unwrap(), 20);
        assert_eq!(memory.data(&store)[7], 42);
        memory.grow(&mut store, 3).unwrap();
        assert_eq!(f.call(&mut store, 3 << 16).unwrap(), 22);
        assert_eq!((memory.data_size(&store), memory.data(&store)[3 << 16]), (4 << 16, 42));
        assert!(matches!(table.get(&mut store, 1), Some(Val::FuncRef(Some(f))) if f == double));
        assert!(matches!(table.get(&mut store, 0), Some(Val::FuncRef(None))));
        assert_eq!(table.grow(&mut store, 2, double.into()).unwrap(), 2);
        assert_eq!((table.size(&store), table.ty(&store).minimum()), (4, 4));
    }
}

#[test]
fn a_module_says_what_it_imports_and_exports() {
    let engine = Engine::default();
    let text = r#"(module $name (import "a" "f" (func (param i32) (result f64)))
        (import "a" "m" (memory 1 2)) (global (export "g") (mut i32) (i32.const 1))
        (table (export "t") 3 externref) (export "f" (func 0)))"#;
    let module = Module::new(&engine, text).unwrap();
    assert_eq!(module.name(), Some("name"));
    let imports: Vec<String> = module.imports().map(|i| format!("{} {} {:?}", i.module(), i.name(), i.ty())).collect();
    assert_eq!(imports[0], "a f Func(FuncType((i32) -> (f64)))");
    let memory = *module.imports().nth(1).unwrap().ty().memory().unwrap();
    assert_eq!(
        (memory.minimum(), memory.maximum(), memory.is_shared(), memory.page_size()),
        (1, Some(2), false, 65_536)
    );
    let names: Vec<&str> = module.exports().map(|e| e.name()).collect();
    assert_eq!(names, ["g", "t", "f"]);
    let global = GlobalType::new(ValType::I32, Mutability::Var);
    assert_eq!(module.get_export("g"), Some(ExternType::Global(global)));
    assert_eq!(module.get_export("t").unwrap().table().unwrap().element(), RefType::EXTERNREF);
    assert_eq!(module.get_export("nothing"), None);
}

/// Imports and exports of each kind have their own types.
#[test]
fn imports_and_exports_have_their_types() {
    let [engine, ..] = engines();
    let text = r#"(module
        (import "i" "f" (func (param i64))) (import "i" "t" (table 5 externref)) (import "i" "m" (memory 1 2))
        (import "i" "g" (global f32)) (import "i" "e" (tag (param f64)))
        (func (export "f") (param i32) (result i64) (i64.const 1))
        (table (export "t") i64 3 4 funcref)
        (memory (export "m") i64 7) (memory (export "bytes") 9 9 (pagesize 1))
        (global (export "g") (mut i64) (i64.const 0))
        (tag (export "e") (param i32 i32)))"#;
    let module = Module::new(&engine, text).unwrap();
    let tag = |params: &[ValType]| ExternType::Tag(TagType::new(FuncType::new(params.iter().copied(), [])));
    let imports: Vec<(&str, ExternType)> = module.imports().map(|import| (import.name(), import.ty())).collect();
    assert_eq!(
        imports,
        [
            ("f", ExternType::Func(FuncType::new([ValType::I64], []))),
            ("t", ExternType::Table(TableType::new(RefType::EXTERNREF, 5, None))),
            ("m", ExternType::Memory(MemoryType::new(1, Some(2)))),
            ("g", ExternType::Global(GlobalType::new(ValType::F32, Mutability::Const))),
            ("e", tag(&[ValType::F64])),
        ]
    );
    let bytes = *module.get_export("bytes").unwrap().memory().unwrap();
    assert_eq!(
        (bytes.minimum(), bytes.maximum(), bytes.page_size(), bytes.is_64(), bytes.is_shared()),
        (9, Some(9), 1, false, false)
    );
    let exports: Vec<(&str, ExternType)> = module.exports().map(|export| (export.name(), export.ty())).collect();
    assert_eq!(
        exports,
        [
            ("f", ExternType::Func(FuncType::new([ValType::I32], [ValType::I64]))),
            ("t", ExternType::Table(TableType::new64(RefType::FUNCREF, 3, Some(4)))),
            ("m", ExternType::Memory(MemoryType::new64(7, None))),
            ("bytes", ExternType::Memory(bytes)),
            ("g", ExternType::Global(GlobalType::new(ValType::I64, Mutability::Var))),
            ("e", tag(&[ValType::I32, ValType::I32])),
        ]
    );
    // Sizes of a memory with such pages are in these pages.
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, bytes).unwrap();
    assert_eq!((memory.ty(&store), memory.size(&store), memory.data_size(&store)), (bytes, 9, 9));
}

#[test]
fn threads_share_a_memory() {
    const THREADS: i32 = 4;
    for engine in engines() {
        let text = r#"(module (import "host" "memory" (memory 1 1 shared))
            (func (export "add") (param $n i32)
                (loop $l
                    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
                    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
            (func (export "wait") (result i32)
                (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1))))"#;
        let module = Module::new(&engine, text).unwrap();
        let memory = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    let mut linker = Linker::new(&engine);
                    linker.define("host", "memory", memory.clone()).unwrap();
                    let mut store = Store::new(&engine, ());
                    let instance = linker.instantiate(&mut store, &module).unwrap();
                    let add = instance.get_typed_func::<i32, ()>(&mut store, "add").unwrap();
                    add.call(&mut store, 1000).unwrap();
                    let wait = instance.get_typed_func::<(), i32>(&mut store, "wait").unwrap();
                    // Woken up, or too late to wait.
                    assert!(matches!(wait.call(&mut store, ()).unwrap(), 0 | 1));
                });
            }
            memory.store_and_notify(8, 1, u32::MAX).unwrap();
        });
        let mut sum = [0; 4];
        memory.read(0, &mut sum).unwrap();
        assert_eq!(i32::from_le_bytes(sum), 1000 * THREADS);
        assert_eq!(memory.atomic_notify(8, 1).unwrap(), 0);
    }
}

/// A memory with 64-bit addresses may declare up to 2^48 pages of the default size.
#[test]
fn memories_declare_what_their_addresses_reach() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        for (ty, valid) in [
            (MemoryType::new(1, Some(65_536)), true),
            (MemoryType::new64(1, Some(1 << 48)), true),
            (MemoryType::new64(1, Some((1 << 48) + 1)), false),
            (MemoryType::new64(1, None), true),
        ] {
            assert_eq!(Memory::new(&mut store, ty).is_ok(), valid, "{ty:?}");
        }
    }
}

fn usage(error: Error) -> UsageError {
    match error.into_kind() {
        ErrorKind::Usage(usage) => usage,
        other => panic!("{other}"),
    }
}

/// That a type is not shared is reported first, whatever else is wrong with it.
#[test]
fn a_shared_memory_needs_a_type_that_is_shared_and_valid() {
    let engine = Engine::default();
    let made = |ty| SharedMemory::new(&engine, ty).map(drop).map_err(usage);
    let unshared = UsageError::Invalid("the type of a shared memory must be shared and have a maximum");
    let invalid = UsageError::Invalid("invalid limits of a memory");
    for (ty, expected) in [
        (MemoryType::shared(1, 2), Ok(())),
        (MemoryType::shared(2, 1), Err(invalid.clone())),
        (MemoryType::shared(1, 65_537), Err(invalid)),
        (MemoryType::new(1, Some(2)), Err(unshared.clone())),
        (MemoryType::new(1, None), Err(unshared.clone())),
        (MemoryType::new(2, Some(1)), Err(unshared.clone())),
        (MemoryType::new(65_537, None), Err(unshared)),
    ] {
        assert_eq!(made(ty), expected, "{ty:?}");
    }
}

/// A store's limit on memory size also applies to shared memories that were created outside it: to those it imports, and to how
/// far its code may grow them.
#[test]
fn a_store_s_limit_holds_for_shared_memories() {
    let mut config = Config::new();
    config.wasm_threads(true);
    let engine = Engine::new(&config).unwrap();
    let limits = || StoreLimitsBuilder::new().memory_size(3 << 16).build();
    let text = r#"(module (import "" "m" (memory 1 100 shared))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let module = Module::new(&engine, text).unwrap();
    let memory = SharedMemory::new(&engine, MemoryType::shared(1, 100)).unwrap();
    let mut store = Store::with_limits(&engine, (), limits());
    let instance = Instance::new(&mut store, &module, &[memory.clone().into()]).unwrap();
    let grow = instance.get_typed_func::<i32, i32>(&mut store, "grow").unwrap();
    for (by, old) in [(99, -1), (3, -1), (1, 1), (2, -1), (1, 2), (1, -1), (0, 3)] {
        assert_eq!(grow.call(&mut store, by).unwrap(), old, "by {by}");
    }
    // A failed attempt does not count towards the total.
    let limits_of_all = StoreLimitsBuilder::new().total_size(20 << 16).build();
    let mut store = Store::with_limits(&engine, (), limits_of_all);
    for _ in 0..5 {
        let other = SharedMemory::new(&engine, MemoryType::shared(16, 101)).unwrap();
        let error = Instance::new(&mut store, &module, &[other.clone().into()]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Link(_)), "{error}");
        let func = Func::wrap(&mut Store::new(&engine, ()), || {});
        assert!(Instance::new(&mut store, &module, &[other.into(), func.into()]).is_err());
    }
    Memory::new(&mut store, MemoryType::new(20, None)).unwrap();
    let large = SharedMemory::new(&engine, MemoryType::shared(4, 100)).unwrap();
    let mut store = Store::with_limits(&engine, (), limits());
    let error = Instance::new(&mut store, &module, &[large.into()]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Resource(_)), "{error}");
}

/// An instantiation that is refused after its imports were accepted and taken does not keep them.
#[test]
fn an_instantiation_without_an_instance_keeps_no_shared_memory() {
    let mut config = Config::new();
    config.wasm_threads(true).wasm_multi_memory(true);
    let engine = Engine::new(&config).unwrap();
    let module = Module::new(&engine, r#"(module (import "" "m" (memory 1 1 shared)) (memory 4))"#).unwrap();
    let mut store = Store::with_limits(&engine, (), StoreLimitsBuilder::new().total_size(4 << 16).build());
    for _ in 0..4 {
        let shared = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
        let error = Instance::new(&mut store, &module, &[shared.into()]).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Resource(_)), "{error}");
    }
    Memory::new(&mut store, MemoryType::new(4, None)).unwrap();
    // Imports of an instance stay with it even if its initialization failed.
    let text = r#"(module (import "" "m" (memory 1 1 shared)) (data (i32.const 65536) "x"))"#;
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::with_limits(&engine, (), StoreLimitsBuilder::new().total_size(4 << 16).build());
    let shared = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
    let error = Instance::new(&mut store, &module, &[shared.into()]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Trap(_)), "{error}");
    assert!(Memory::new(&mut store, MemoryType::new(4, None)).is_err());
}

/// Accesses up to the last byte succeed; beyond it, the error has the end of the access and of the memory.
#[test]
fn accesses_beyond_a_memory_say_how_far() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    for pages in [0, 1, 1 << 15] {
        let len = (pages as usize) << 16;
        let memory = Memory::new(&mut store, MemoryType::new(pages, None)).unwrap();
        let shared = SharedMemory::new(&engine, MemoryType::shared(pages, 1 << 15)).unwrap();
        if let Some(last) = len.checked_sub(4) {
            memory.write(&mut store, last, &[1, 2, 3, 4]).unwrap();
            shared.write(last, &[1, 2, 3, 4]).unwrap();
            let mut read = [[0; 4]; 2];
            memory.read(&store, last, &mut read[0]).unwrap();
            shared.read(last, &mut read[1]).unwrap();
            assert_eq!(read, [[1, 2, 3, 4]; 2]);
            assert!(shared.atomic_u32(last).is_ok());
        }
        for offset in [len.saturating_sub(3), len, len + 4, usize::MAX - 3, usize::MAX] {
            let end = (offset as u64).saturating_add(4);
            let expected = Err(UsageError::Bounds { what: "end of bytes", index: end, len: len as u64 });
            // An access that ends within the memory succeeds.
            let expected = if end <= len as u64 { Ok(()) } else { expected };
            let mut buffer = [0; 4];
            let seen = [
                memory.read(&store, offset, &mut buffer).map_err(usage),
                memory.write(&mut store, offset, &buffer).map_err(usage),
                shared.read(offset, &mut buffer).map_err(usage),
                shared.write(offset, &buffer).map_err(usage),
                shared.atomic_u32(offset).map(drop).map_err(usage),
                shared.atomic_notify(offset, 1).map(drop).map_err(usage),
                shared.store_and_notify(offset, 7, 1).map(drop).map_err(usage),
            ];
            assert_eq!(seen, [(); 7].map(|()| expected.clone()), "{pages} pages, {offset}");
        }
    }
}
