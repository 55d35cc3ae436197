//! Attempts to break memory safety without `unsafe`. Each ends with an error or with a documented panic; `docs/embedding.md`
//! lists the attempts.

use super::{backends, engines};
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmoon::{
    AnyRef, ArrayRef, ArrayType, AsContext, AsContextMut, Caller, Engine, Error, ErrorKind, ExnRef, Extern, ExternRef,
    FieldType, Func, FuncType, Global, GlobalType, HeapType, Instance, Linker, Memory, MemoryType, Module, Mutability,
    RefType, RootScope, Rooted, SharedMemory, StorageType, Store, StoreContext, StoreContextMut, StoreLimitsBuilder,
    StructRef, StructType, Table, TableType, Tag, TagType, UsageError, V128, Val, ValType,
};

fn instance(engine: &Engine, text: &str) -> (Store<()>, Instance) {
    let module = Module::new(engine, text).expect("a module");
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
    (store, instance)
}

/// The text of an error of the kind `Usage`.
#[track_caller]
fn usage<R: std::fmt::Debug>(result: Result<R, Error>) -> String {
    let error = result.expect_err("an attempt");
    assert!(matches!(error.kind(), ErrorKind::Usage(_)), "{error}");
    error.to_string()
}

#[track_caller]
fn panics<R>(attempt: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(attempt)) {
        Ok(_) => panic!("it did not panic"),
        Err(panic) => panic
            .downcast_ref::<String>()
            .cloned()
            .unwrap_or_else(|| panic.downcast_ref::<&str>().expect("a text").to_string()),
    }
}

fn field(ty: ValType) -> FieldType {
    FieldType::new(Mutability::Var, StorageType::Val(ty))
}

const SET: &str = r#"(module
    (type $s (struct (field (mut i64)) (field (mut i64))))
    (func (export "set") (param (ref $s)) (struct.set $s 1 (local.get 0) (i64.const -1)))
    (func (export "get") (param (ref null $s)) (result i64) (struct.get $s 1 (local.get 0))))"#;

/// 1. A function that does not exist cannot be named: fields are private, and handles of dead stores are refused.
#[test]
fn a_function_of_a_store_that_is_gone() {
    for engine in engines() {
        let (mut old, gone) = instance(&engine, r#"(module (func (export "f")))"#);
        let f = gone.get_func(&mut old, "f").unwrap();
        let typed = f.typed::<(), ()>(&old).unwrap();
        drop(old);
        let mut store = Store::new(&engine, ());
        assert_eq!(usage(f.call(&mut store, &[], &mut [])), "a function belongs to another store");
        assert_eq!(usage(typed.call(&mut store, ())), "a function belongs to another store");
        assert_eq!(panics(|| f.ty(&store)), "a function belongs to another store");
        assert_eq!(panics(|| gone.get_func(&mut store, "f")), "an instance belongs to another store");
    }
}

/// 2. An externref where a structure is required.
#[test]
fn an_externref_for_a_structure() {
    for engine in engines() {
        let (mut store, instance) = instance(&engine, SET);
        let set = instance.get_func(&mut store, "set").unwrap();
        let host = ExternRef::new(&mut store, 1u8).unwrap();
        let text = usage(set.call(&mut store, &[Val::from(host)], &mut []));
        assert!(
            text.starts_with("argument 1: expected (ref $struct") && text.ends_with("found (ref extern)"),
            "{text}"
        );
        // Nor is it accepted as the anyref that it may be converted to.
        usage(set.call(&mut store, &[Val::from(host.to_any())], &mut []));
    }
}

/// 3. A small integer where a structure is required, and null where it is not allowed.
#[test]
fn an_i31_for_a_structure() {
    for engine in engines() {
        let (mut store, instance) = instance(&engine, SET);
        let set = instance.get_func(&mut store, "set").unwrap();
        let i31 = AnyRef::from_i31(&mut store, 0x7fff_fff0);
        usage(set.call(&mut store, &[Val::from(i31)], &mut []));
        usage(set.call(&mut store, &[Val::AnyRef(None)], &mut []));
    }
}

/// 4. A smaller structure, and an array, where a structure is required.
#[test]
fn a_smaller_object() {
    for engine in engines() {
        let (mut store, instance) = instance(&engine, SET);
        let set = instance.get_func(&mut store, "set").unwrap();
        let small = StructRef::new(&mut store, &StructType::new([field(ValType::I64)]), &[Val::I64(0)]).unwrap();
        usage(set.call(&mut store, &[small.to_any().into()], &mut []));
        let array = ArrayRef::new(&mut store, &ArrayType::new(field(ValType::I64)), &[Val::I64(0)]).unwrap();
        usage(set.call(&mut store, &[array.to_any().into()], &mut []));
        // The right structure is accepted, and the module's code reads its field.
        let ty = StructType::new([field(ValType::I64), field(ValType::I64)]);
        let right = StructRef::new(&mut store, &ty, &[Val::I64(1), Val::I64(2)]).unwrap();
        set.call(&mut store, &[right.to_any().into()], &mut []).unwrap();
        let mut results = [Val::I64(0)];
        let get = instance.get_func(&mut store, "get").unwrap();
        get.call(&mut store, &[right.to_any().into()], &mut results).unwrap();
        assert_eq!(results[0].i64(), Some(-1));
    }
}

/// 5. A function of another type where a typed one is required: as an argument, in a table, in a global.
#[test]
fn a_function_of_another_type() {
    for engine in engines() {
        let text = r#"(module (type $t (func (param i64 i64) (result i64)))
            (table (export "table") 1 (ref null $t))
            (global (export "global") (mut (ref null $t)) (ref.null $t))
            (func (export "call") (param (ref $t)) (result i64)
                (call_ref $t (i64.const 1) (i64.const 2) (local.get 0))))"#;
        let (mut store, instance) = instance(&engine, text);
        let wrong = Func::wrap(&mut store, |_: f64| 1i32);
        let call = instance.get_func(&mut store, "call").unwrap();
        usage(call.call(&mut store, &[wrong.into()], &mut [Val::I64(0)]));
        let table = instance.get_table(&mut store, "table").unwrap();
        usage(table.set(&mut store, 0, wrong.into()));
        usage(table.grow(&mut store, 1, wrong.into()));
        let global = instance.get_global(&mut store, "global").unwrap();
        usage(global.set(&mut store, wrong.into()));
        let right = Func::wrap(&mut store, |a: i64, b: i64| a + b);
        let mut results = [Val::I64(0)];
        call.call(&mut store, &[right.into()], &mut results).unwrap();
        assert_eq!(results[0].i64(), Some(3));
    }
}

/// 6. The bytes of a shared memory as a slice: there is no such function, and a shared memory is not a `Memory`.
#[test]
fn a_shared_memory_as_a_slice() {
    for engine in engines() {
        let (mut store, instance) = instance(&engine, r#"(module (memory (export "memory") 1 1 shared))"#);
        assert!(instance.get_memory(&mut store, "memory").is_none());
        let shared = instance.get_shared_memory(&mut store, "memory").unwrap();
        shared.write(0, &[1, 2, 3]).unwrap();
        let mut bytes = [0; 3];
        shared.read(0, &mut bytes).unwrap();
        assert_eq!(bytes, [1, 2, 3]);
        usage(shared.read(65_534, &mut bytes));
        usage(shared.read(usize::MAX, &mut bytes));
        usage(shared.write(65_534, &bytes));
        usage(shared.atomic_u32(2));
        usage(shared.atomic_u32(65_536));
        usage(Memory::new(&mut store, MemoryType::shared(1, 1)));
        usage(SharedMemory::new(&engine, MemoryType::new(1, Some(1))));
    }
}

/// 7. A reference to an object that was collected.
#[test]
fn a_reference_that_outlived_a_collection() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let ty = StructType::new([field(ValType::I64)]);
        let stale = {
            let mut scope = RootScope::new(&mut store);
            StructRef::new(&mut scope, &ty, &[Val::I64(1)]).unwrap()
        };
        store.gc();
        // Another object takes its place.
        let array = ArrayRef::new(&mut store, &ArrayType::new(field(ValType::I64)), &[Val::I64(7); 4]).unwrap();
        assert_eq!(usage(stale.field(&mut store, 0)), "the scope of the reference has ended");
        usage(stale.set_field(&mut store, 0, Val::I64(-1)));
        usage(stale.to_owned_rooted(&mut store));
        usage(stale.to_any().as_i31(&store));
        assert_eq!(array.get(&mut store, 3).unwrap().i64(), Some(7));
    }
}

/// 8. A reference that a host function keeps.
#[test]
fn a_reference_kept_by_a_host_function() {
    for engine in engines() {
        let text = r#"(module (type $s (struct (field i64))) (import "host" "keep" (func $keep (param anyref)))
            (func (export "f") (call $keep (struct.new $s (i64.const 1)))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut linker = Linker::new(&engine);
        let keep = |mut caller: Caller<'_, Option<Rooted<AnyRef>>>, object: Option<Rooted<AnyRef>>| {
            *caller.data_mut() = object;
        };
        linker.func_wrap("host", "keep", keep).unwrap();
        let mut store = Store::new(&engine, None);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        instance.get_typed_func::<(), ()>(&mut store, "f").unwrap().call(&mut store, ()).unwrap();
        let kept = store.data().unwrap();
        store.gc();
        usage(kept.as_struct(&store));
    }
}

/// 9. Handles of one store with another that has as many entities.
#[test]
fn handles_of_another_store() {
    for engine in engines() {
        let text = r#"(module (memory (export "m") 1) (table (export "t") 1 funcref) (tag (export "e"))
            (global (export "g") (mut i32) (i32.const 1)) (func (export "f")))"#;
        let (mut a, first) = instance(&engine, text);
        let (mut b, _) = instance(&engine, text);
        let memory = first.get_memory(&mut a, "m").unwrap();
        usage(memory.read(&b, 0, &mut [0]));
        usage(memory.write(&mut b, 0, &[0]));
        usage(memory.grow(&mut b, 1));
        panics(|| memory.data(&b).len());
        panics(|| memory.data_mut(&mut b).len());
        panics(|| memory.size(&b));
        let table = first.get_table(&mut a, "t").unwrap();
        usage(table.set(&mut b, 0, Val::FuncRef(None)));
        usage(table.grow(&mut b, 1, Val::FuncRef(None)));
        panics(|| table.get(&mut b, 0).is_some());
        let global = first.get_global(&mut a, "g").unwrap();
        usage(global.set(&mut b, Val::I32(2)));
        panics(|| global.get(&mut b));
        let tag = first.get_tag(&mut a, "e").unwrap();
        usage(ExnRef::new(&mut b, &tag, &[]));
        panics(|| tag.ty(&b));
        // The same as imports, and through a linker.
        let user = Module::new(&engine, r#"(module (import "" "m" (memory 1)))"#).unwrap();
        usage(Instance::new(&mut b, &user, &[memory.into()]));
        let mut linker = Linker::new(&engine);
        linker.define("", "m", memory).unwrap();
        usage(linker.instantiate(&mut b, &user));
    }
}

/// 10. References of one store given to another.
#[test]
fn references_of_another_store() {
    for engine in engines() {
        let (mut a, _) = instance(&engine, SET);
        let (mut b, second) = instance(&engine, SET);
        let ty = StructType::new([field(ValType::I64), field(ValType::I64)]);
        let object = StructRef::new(&mut a, &ty, &[Val::I64(1), Val::I64(2)]).unwrap();
        let get = second.get_func(&mut b, "get").unwrap();
        let text = usage(get.call(&mut b, &[object.to_any().into()], &mut [Val::I64(0)]));
        assert_eq!(text, "a reference belongs to another store");
        usage(object.field(&mut b, 0));
        usage(object.to_owned_rooted(&mut a).unwrap().to_rooted(&mut b));
        let own = StructRef::new(&mut b, &ty, &[Val::I64(1), Val::I64(2)]).unwrap();
        for (first, second) in [(&own, &object), (&object, &own), (&object, &object)] {
            assert_eq!(usage(Rooted::ref_eq(&b, first, second)), "a reference belongs to another store");
        }
        let func = Func::wrap(&mut a, || ());
        usage(Global::new(&mut b, GlobalType::new(ValType::FUNCREF, Mutability::Const), func.into()));
        usage(Table::new(&mut b, TableType::new(RefType::FUNCREF, 1, None), func.into()));
    }
}

/// 11. A host function that returns a value of another type, or a reference of another store.
#[test]
fn results_of_another_type() {
    for engine in engines() {
        let text = r#"(module (type $s (struct (field (mut i64)) (field (mut i64))))
            (import "host" "make" (func $make (result (ref $s))))
            (func (export "f") (result i64) (struct.get $s 1 (call $make))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut other = Store::new(&engine, ());
        let ty = StructType::new([field(ValType::I64), field(ValType::I64)]);
        let foreign = StructRef::new(&mut other, &ty, &[Val::I64(1), Val::I64(2)]).unwrap().to_any();
        let result = ValType::Ref(RefType::new(false, ty.into()));
        for attempt in 0..4 {
            let mut linker = Linker::new(&engine);
            let make = move |mut caller: Caller<'_, ()>, _: &[Val], results: &mut [Val]| {
                match attempt {
                    0 => results[0] = AnyRef::from_i31(&mut caller, 5).into(),
                    1 => results[0] = foreign.into(),
                    2 => results[0] = Val::I64(16),
                    // Left as it was: null.
                    _ => {}
                }
                Ok(())
            };
            linker.func_new("host", "make", FuncType::new([], [result]), make).unwrap();
            let mut store = Store::new(&engine, ());
            let instance = linker.instantiate(&mut store, &module).unwrap();
            let f = instance.get_typed_func::<(), i64>(&mut store, "f").unwrap();
            usage(f.call(&mut store, ()));
        }
    }
}

/// 12. A closure of a type that the import does not have.
#[test]
fn a_host_function_of_another_type() {
    for engine in engines() {
        let module = Module::new(&engine, r#"(module (import "host" "f" (func (param i64) (result v128))))"#).unwrap();
        let mut linker = Linker::new(&engine);
        linker.func_wrap("host", "f", |_: i32| 1i32).unwrap();
        let mut store = Store::new(&engine, ());
        let error = linker.instantiate(&mut store, &module).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Link(_)), "{error}");
        let f = Func::wrap(&mut store, |_: i32| 1i32);
        usage(f.typed::<i64, V128>(&store).map(|_| ()));
        usage(f.typed::<(i32, i32), i32>(&store).map(|_| ()));
        usage(f.typed::<i32, (i32, i32)>(&store).map(|_| ()));
        usage(f.typed::<Rooted<AnyRef>, i32>(&store).map(|_| ()));
    }
}

/// The message of a link error is still correct after the module, its types and the store are gone.
#[test]
fn an_error_of_linking_outlives_what_it_is_about() {
    for engine in engines() {
        let failed = |text: &str| {
            let mut linker = Linker::new(&engine);
            linker.func_wrap("host", "f", |_: i32| {}).unwrap();
            linker.instantiate(&mut Store::new(&engine, ()), &Module::new(&engine, text).unwrap()).unwrap_err()
        };
        // No other test uses this type.
        let params = "f32 i64 ".repeat(31);
        let error = failed(&format!(r#"(module (import "host" "f" (func (param {params}))))"#));
        // The number of that type may be reused by now.
        let _other = Module::new(&engine, "(module (type (func (param v128 v128 v128 v128 f32))))").unwrap();
        let text = error.to_string();
        assert!(text.contains("incompatible import type for \"host\" \"f\": "), "{text}");
        assert!(text.contains("f32 i64 f32 i64") && !text.contains("v128"), "{text}");
    }
}

/// 13. A module of an engine with another calling convention.
#[test]
fn a_module_of_another_engine() {
    let [jit, interpreter] = backends();
    let module = Module::new(&jit, "(module)").unwrap();
    let mut store = Store::new(&interpreter, ());
    assert_eq!(usage(Instance::new(&mut store, &module, &[])), "a module belongs to another engine");
}

/// 14. A store that is swapped with another while its code runs: the borrow forbids it, and swapped contexts keep their stores.
#[test]
fn contexts_that_are_exchanged() {
    for engine in engines() {
        let (mut a, mut b) = (Store::new(&engine, 1), Store::new(&engine, 2));
        let memory = Memory::new(&mut a, MemoryType::new(1, None)).unwrap();
        let (mut first, mut second) = (a.as_context_mut(), b.as_context_mut());
        std::mem::swap(&mut first, &mut second);
        assert_eq!((*first.data(), *second.data()), (2, 1));
        usage(memory.write(&mut first, 0, &[1]));
        memory.write(&mut second, 0, &[1]).unwrap();
    }
}

/// 15. An implementation of `AsContextMut` that returns a different store each time.
#[test]
fn a_context_that_changes_its_mind() {
    struct Two<'a>(Store<()>, Store<()>, &'a std::cell::Cell<u32>);
    impl AsContext for Two<'_> {
        type Data = ();
        fn as_context(&self) -> StoreContext<'_, ()> {
            self.2.set(self.2.get() + 1);
            if self.2.get().is_multiple_of(2) { self.0.as_context() } else { self.1.as_context() }
        }
    }
    impl AsContextMut for Two<'_> {
        fn as_context_mut(&mut self) -> StoreContextMut<'_, ()> {
            self.2.set(self.2.get() + 1);
            if self.2.get().is_multiple_of(2) { self.0.as_context_mut() } else { self.1.as_context_mut() }
        }
    }
    for engine in engines() {
        let calls = std::cell::Cell::new(0);
        let mut two = Two(Store::new(&engine, ()), Store::new(&engine, ()), &calls);
        let ty = StructType::new([field(ValType::I64)]);
        for n in 0..50 {
            let object = StructRef::new(&mut two, &ty, &[Val::I64(n)]).unwrap();
            let _ = object.field(&mut two, 0).map(|value| assert_eq!(value.i64(), Some(n)));
            let _ = object.set_field(&mut two, 0, Val::I64(n + 1));
            let memory = Memory::new(&mut two, MemoryType::new(1, None)).unwrap();
            let _ = memory.write(&mut two, 0, &[1]);
            let _ = memory.grow(&mut two, 1);
            let f = Func::wrap(&mut two, || 1i32);
            let _ = f.call(&mut two, &[], &mut [Val::I32(0)]);
            let mut scope = RootScope::new(&mut two);
            let _ = ExternRef::new(&mut scope, n).unwrap().data(&scope);
            drop(scope);
            let _ = catch_unwind(AssertUnwindSafe(|| memory.data_mut(&mut two).fill(3)));
            let _ = catch_unwind(AssertUnwindSafe(|| memory.data(&two).len()));
        }
    }
}

/// 16. Data of another type than the store's: a function belongs to the store that it was made in.
#[test]
fn a_function_made_with_other_data() {
    for engine in engines() {
        let mut words = Store::new(&engine, vec!["a"; 3]);
        let mut numbers = Store::new(&engine, 7usize);
        let f = Func::wrap(&mut words, |caller: Caller<'_, Vec<&'static str>>| caller.data().len() as i32);
        usage(f.call(&mut numbers, &[], &mut [Val::I32(0)]));
        assert_eq!(f.typed::<(), i32>(&words).unwrap().call(&mut words, ()).unwrap(), 3);
    }
}

/// 17. Indices beyond the end of everything that has indices.
#[test]
fn indices_beyond_the_end() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(1, Some(1))).unwrap();
        usage(memory.read(&store, usize::MAX, &mut [0]));
        usage(memory.write(&mut store, 65_536, &[0]));
        usage(memory.grow(&mut store, u64::MAX));
        let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 1, Some(1)), Val::FuncRef(None)).unwrap();
        usage(table.set(&mut store, 1, Val::FuncRef(None)));
        usage(table.grow(&mut store, u64::MAX, Val::FuncRef(None)));
        assert!(table.get(&mut store, u64::MAX).is_none());
        let array = ArrayRef::new(&mut store, &ArrayType::new(field(ValType::I64)), &[Val::I64(0)]).unwrap();
        usage(array.get(&mut store, 1));
        usage(array.set(&mut store, u32::MAX, Val::I64(0)));
        let ty = StructType::new([field(ValType::I64)]);
        let object = StructRef::new(&mut store, &ty, &[Val::I64(0)]).unwrap();
        usage(object.field(&mut store, 1));
        usage(object.set_field(&mut store, usize::MAX, Val::I64(0)));
        usage(StructRef::new(&mut store, &ty, &[]));
        usage(StructRef::new(&mut store, &ty, &[Val::I64(0), Val::I64(0)]));
    }
}

/// 18. Writes to what is immutable.
#[test]
fn immutable_places() {
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let global = Global::new(&mut store, GlobalType::new(ValType::I32, Mutability::Const), Val::I32(1)).unwrap();
        usage(global.set(&mut store, Val::I32(2)));
        let fixed = FieldType::new(Mutability::Const, StorageType::I8);
        let object = StructRef::new(&mut store, &StructType::new([fixed]), &[Val::I32(0x1ff)]).unwrap();
        usage(object.set_field(&mut store, 0, Val::I32(2)));
        assert_eq!(object.field(&mut store, 0).unwrap().i32(), Some(0xff));
        let array = ArrayRef::new(&mut store, &ArrayType::new(fixed), &[Val::I32(1)]).unwrap();
        usage(array.set(&mut store, 0, Val::I32(2)));
    }
}

/// 19. Types without values, and sizes beyond limits.
#[test]
fn impossible_types_and_sizes() {
    for engine in engines() {
        let limits = StoreLimitsBuilder::new().memory_size(1 << 20).table_elements(100).heap_size(1 << 20).build();
        let mut store = Store::with_limits(&engine, (), limits);
        usage(Memory::new(&mut store, MemoryType::new(2, Some(1))));
        usage(Memory::new(&mut store, MemoryType::new(0, Some(65_537))));
        usage(Memory::new(&mut store, MemoryType::new64(0, Some(1 << 60))));
        assert!(Memory::new(&mut store, MemoryType::new(17, None)).is_err());
        usage(Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, Some(1)), Val::FuncRef(None)));
        assert!(Table::new(&mut store, TableType::new(RefType::FUNCREF, 101, None), Val::FuncRef(None)).is_err());
        let never_null = RefType::new(false, HeapType::Func);
        usage(Table::new(&mut store, TableType::new(never_null, 1, None), Val::FuncRef(None)));
        let ty = ArrayType::new(field(ValType::I64));
        let error = ArrayRef::new(&mut store, &ty, &vec![Val::I64(0); 1 << 18]).unwrap_err();
        assert!(error.as_trap().is_some(), "{error}");
    }
    // As many fields and values as a module may have are accepted; one more, or an endless iterator, is not.
    let fields = |count| StructType::new(std::iter::repeat_n(field(ValType::V128), count)).fields().len();
    assert_eq!((fields(10_000), panics(|| fields(10_001))), (10_000, "more than 10000 fields".into()));
    assert_eq!(panics(|| StructType::new(std::iter::repeat(field(ValType::I32)))), "more than 10000 fields");
    let values = |params, results| {
        let list = |count| std::iter::repeat_n(ValType::I32, count);
        let ty = FuncType::new(list(params), list(results));
        (ty.params().len(), ty.results().len())
    };
    assert_eq!(values(1000, 1000), (1000, 1000));
    for (params, results) in [(1001, 0), (0, 1001), (1 << 40, 0)] {
        assert_eq!(panics(|| values(params, results)), "more than 1000 values");
    }
}

/// 20. Throwing an exception of another store, and a payload of the wrong types.
#[test]
fn exceptions_of_another_store() {
    for engine in engines() {
        let mut other = Store::new(&engine, ());
        let ty = TagType::new(FuncType::new([ValType::I32], []));
        let foreign_tag = Tag::new(&mut other, ty);
        let foreign = ExnRef::new(&mut other, &foreign_tag, &[Val::I32(1)]).unwrap();
        let owned = foreign.to_owned_rooted(&mut other).unwrap();
        usage(ExnRef::new(&mut other, &foreign_tag, &[Val::I64(1)]));
        usage(ExnRef::new(&mut other, &foreign_tag, &[]));
        let mut store = Store::new(&engine, ());
        let throw = Func::wrap(&mut store, move |mut caller: Caller<'_, ()>| caller.throw::<()>(foreign));
        usage(throw.call(&mut store, &[], &mut []));
        let throw = Func::wrap(&mut store, move || -> Result<(), Error> { Err(owned.clone().into()) });
        usage(throw.call(&mut store, &[], &mut []));
        usage(foreign.tag(&store));
    }
}

/// 21. A reference of one hierarchy where another is required: their representations are alike.
#[test]
fn references_of_another_hierarchy() {
    for engine in engines() {
        let text = r#"(module (tag $e (param i64))
            (func (export "exn") (param exnref) (result i64)
                (block $h (result i64) (try_table (catch $e $h) (throw_ref (local.get 0))) (unreachable)))
            (func (export "any") (param anyref)) (func (export "extern") (param externref)))"#;
        let (mut store, instance) = instance(&engine, text);
        let i31 = AnyRef::from_i31(&mut store, 1);
        let host = ExternRef::new(&mut store, ()).unwrap();
        for value in [Val::from(i31), Val::from(host), Val::FuncRef(None), Val::I64(1)] {
            let f = instance.get_func(&mut store, "exn").unwrap();
            usage(f.call(&mut store, &[value], &mut [Val::I64(0)]));
        }
        let any = instance.get_func(&mut store, "any").unwrap();
        usage(any.call(&mut store, &[Val::from(host)], &mut []));
        any.call(&mut store, &[host.to_any().into()], &mut []).unwrap();
        let external = instance.get_func(&mut store, "extern").unwrap();
        usage(external.call(&mut store, &[Val::from(i31)], &mut []));
        external.call(&mut store, &[i31.to_extern().into()], &mut []).unwrap();
        assert!(i31.to_extern().data(&store).unwrap().is_none());
    }
}

/// 22. Endless recursion between host and WebAssembly.
#[test]
fn recursion_without_end() {
    for engine in engines() {
        let text = r#"(module (import "host" "again" (func $again)) (func (export "f") (call $again)))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut linker = Linker::new(&engine);
        let again = |mut caller: Caller<'_, ()>| -> Result<(), Error> {
            let f = caller.get_export("f").and_then(Extern::into_func).expect("exported");
            f.call(&mut caller, &[], &mut [])
        };
        linker.func_wrap("host", "again", again).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let f = instance.get_func(&mut store, "f").unwrap();
        let error = f.call(&mut store, &[], &mut []).unwrap_err();
        assert_eq!(error.as_trap_code(), Some(wasmoon::TrapCode::CallStackExhausted), "{error}");
    }
}

#[test]
fn usage_errors_say_what_was_wrong() {
    let text = |error: UsageError| error.to_string();
    assert_eq!(text(UsageError::OtherStore("a memory")), "a memory belongs to another store");
    assert_eq!(
        text(UsageError::Bounds { what: "element", index: 5, len: 3 }),
        "element 5 is out of bounds: the length is 3"
    );
}
