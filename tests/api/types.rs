//! Information about types and values, and linkers with redefined names.

use super::engines;
use wasmoon::{
    AnyRef, ArrayRef, ArrayType, Caller, Config, Engine, ErrorKind, ExnRef, Extern, ExternType, FieldType, Func,
    GlobalType, HeapType, Instance, Linker, Memory, MemoryType, Module, Mutability, RefType, Rooted, SharedMemory,
    StorageType, Store, StoreLimitsBuilder, StructRef, StructType, Table, TableType, Tag, UsageError, V128, Val,
    ValType,
};

#[test]
fn types_tell_what_they_were_made_of() {
    for nullable in [false, true] {
        let ty = RefType::new(nullable, HeapType::Eq);
        assert_eq!((ty.is_nullable(), ty.heap_type()), (nullable, HeapType::Eq));
    }
    let of_i64 = StorageType::Val(ValType::I64);
    assert_eq!(
        [StorageType::I8, StorageType::I16, of_i64].map(StorageType::unpack),
        [ValType::I32, ValType::I32, ValType::I64]
    );
    for mutability in [Mutability::Const, Mutability::Var] {
        let field = FieldType::new(mutability, StorageType::I16);
        assert_eq!((field.mutability(), field.element_type()), (mutability, StorageType::I16));
        assert_eq!(ArrayType::new(field).field_type(), field);
        let global = GlobalType::new(ValType::F32, mutability);
        assert_eq!((global.content(), global.mutability()), (ValType::F32, mutability));
    }
    let tables = [TableType::new(RefType::FUNCREF, 2, Some(3)), TableType::new64(RefType::FUNCREF, 2, Some(3))];
    assert_eq!(tables.map(|ty| (ty.minimum(), ty.maximum(), ty.is_64())), [(2, Some(3), false), (2, Some(3), true)]);
    let memories = [MemoryType::new(2, Some(3)), MemoryType::new64(2, Some(3)), MemoryType::shared(2, 3)];
    assert_eq!(
        memories.map(|ty| (ty.minimum(), ty.maximum(), ty.is_64(), ty.is_shared())),
        [(2, Some(3), false, false), (2, Some(3), true, false), (2, Some(3), false, true)]
    );
}

/// A declared type is either a function, structure, array or continuation type. Its null is the null of its hierarchy, and values
/// of the type can be passed and returned as such.
#[test]
fn declared_types_are_of_one_kind() {
    let text = r#"(module
        (type $f (func)) (type $s (struct)) (type $a (array i32)) (type $c (cont $f))
        (func (export "f") (param (ref null $f))) (func (export "s") (param (ref null $s)))
        (func (export "a") (param (ref null $a))) (func (export "c") (param (ref null $c)))
        (func (export "s of") (result (ref $s)) (struct.new $s))
        (func (export "a of") (result (ref $a)) (array.new_fixed $a 1 (i32.const 9)))
        (func (export "s to") (param (ref $s)) (result i32) (i32.const 1))
        (func (export "a to") (param (ref $a)) (result i32) (array.get $a (local.get 0) (i32.const 0))))"#;
    for engine in engines() {
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let kinds = ["f", "s", "a", "c"].map(|name| {
            let function = instance.get_func(&mut store, name).unwrap();
            let ty = function.ty(&store).params().next().unwrap();
            let ValType::Ref(ty) = ty else { panic!("{name}: {ty}") };
            let HeapType::Concrete(declared) = ty.heap_type() else { panic!("{name}: {ty}") };
            let null = Val::null_ref(ty.heap_type());
            function.call(&mut store, std::slice::from_ref(&null), &mut []).unwrap();
            let default = Val::default_for_ty(ValType::Ref(ty)).expect("it may be null");
            assert_eq!(format!("{null:?}"), format!("{default:?}"));
            let hierarchy = match null {
                Val::FuncRef(None) => "func",
                Val::AnyRef(None) => "any",
                Val::ContRef(None) => "cont",
                other => panic!("{name}: {other:?}"),
            };
            (declared.as_func().is_some(), declared.as_struct().is_some(), declared.as_array().is_some(), hierarchy)
        });
        assert_eq!(
            kinds,
            [
                (true, false, false, "func"),
                (false, true, false, "any"),
                (false, false, true, "any"),
                (false, false, false, "cont")
            ]
        );
        for (name, answer) in [("s", 1), ("a", 9)] {
            let mut results = [Val::I32(0)];
            let of = instance.get_func(&mut store, &format!("{name} of")).unwrap();
            of.call(&mut store, &[], &mut results).unwrap();
            assert!(matches!(results[0], Val::AnyRef(Some(_))), "{:?}", results[0]);
            let to = instance.get_func(&mut store, &format!("{name} to")).unwrap();
            let args = results;
            to.call(&mut store, &args, &mut results).unwrap();
            assert_eq!(results[0].i32(), Some(answer));
        }
    }
}

/// A suspended continuation is a value of the types that take what its tag returns and return what its function returns; one that
/// was left by `switch`, of the type that the other continuation takes. The embedder gets such values, and passes them back.
#[test]
fn suspended_continuations_have_types() {
    let text = r#"(module
        (type $f (func (result i64))) (type $c (cont $f))
        (type $g (func (param i32) (result i64))) (type $own (cont $g))
        (type $h (func (param i64) (result i64))) (type $takes (cont $h))
        (type $i (func (param i32) (result i32))) (type $returns (cont $i))
        (rec (type $s (func (param (ref null $both)) (result i64))) (type $both (cont $s)))
        (tag $t (result i32)) (tag $switch (result i64))
        (global (export "own") (mut (ref null $own)) (ref.null $own))
        (global (export "takes") (mut (ref null $takes)) (ref.null $takes))
        (global (export "returns") (mut (ref null $returns)) (ref.null $returns))
        (global (export "any") (mut (ref null cont)) (ref.null cont))
        (global $left (export "left") (mut (ref null $both)) (ref.null $both))
        (tag $eq (result eqref))
        (type $j (func (param eqref) (result i64))) (type $takes_eq (cont $j))
        (type $k (func (param i31ref) (result i64))) (type $takes_i31 (cont $k))
        (type $l (func (param anyref) (result i64))) (type $takes_any (cont $l))
        (global (export "takes eq") (mut (ref null $takes_eq)) (ref.null $takes_eq))
        (global (export "takes i31") (mut (ref null $takes_i31)) (ref.null $takes_i31))
        (global (export "takes any") (mut (ref null $takes_any)) (ref.null $takes_any))
        (func $waits_for_eq (type $f) (drop (suspend $eq)) (i64.const 1))
        (func (export "suspended for eq") (result (ref null $takes_eq))
          (block $on (result (ref $takes_eq))
            (drop (resume $c (on $eq $on) (cont.new $c (ref.func $waits_for_eq)))) (unreachable)))
        (elem declare func $waits $first $second $waits_for_eq)
        (func $waits (type $f) (i64.extend_i32_s (suspend $t)))
        (func (export "suspended") (result (ref null $own))
          (block $on (result (ref $own))
            (drop (resume $c (on $t $on) (cont.new $c (ref.func $waits)))) (unreachable)))
        (func (export "same") (param (ref null $own)) (result (ref null $own)) (local.get 0))
        (func (export "finish") (param (ref null $own)) (result i64) (resume $own (i32.const 7) (local.get 0)))
        (func $first (type $s) (drop (switch $both $switch (cont.new $both (ref.func $second)))) (i64.const 1))
        (func $second (type $s) (global.set $left (local.get 0)) (i64.const 2))
        (func (export "switched") (result i64)
          (resume $both (on $switch switch) (ref.null $both) (cont.new $both (ref.func $first))))
        (func (export "back") (result i64)
          (resume $both (on $switch switch) (ref.null $both) (global.get $left))))"#;
    for engine in engines() {
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let call = |store: &mut Store<()>, name: &str, args: &[Val], result: Val| {
            let mut results = [result];
            instance.get_func(&mut *store, name).unwrap().call(&mut *store, args, &mut results).unwrap();
            let [result] = results;
            result
        };
        let own = call(&mut store, "suspended", &[], Val::ContRef(None));
        let own = call(&mut store, "same", &[own], Val::ContRef(None));
        let fits = |store: &mut Store<()>, name: &str, value: &Val| {
            let global = instance.get_global(&mut *store, name).unwrap();
            let ended = global.set(&mut *store, *value);
            if let Err(e) = &ended {
                assert!(matches!(e.kind(), ErrorKind::Usage(UsageError::Type { .. })), "{name}: {e}");
            }
            ended.is_ok()
        };
        let all = ["own", "any", "takes", "returns", "left"];
        assert_eq!(all.map(|name| fits(&mut store, name, &own)), [true, true, false, false, false]);
        // It is resumed with values of its tag's result type, so it also fits continuation types that take a subtype, but not a
        // supertype.
        let waits = call(&mut store, "suspended for eq", &[], Val::ContRef(None));
        let takers = ["takes eq", "takes i31", "takes any", "own"];
        assert_eq!(takers.map(|name| fits(&mut store, name, &waits)), [true, true, false, false]);
        assert_eq!(call(&mut store, "finish", &[own], Val::I64(0)).i64(), Some(7));
        // It keeps its type, although it was already resumed.
        assert!(fits(&mut store, "own", &own) && !fits(&mut store, "takes", &own));
        assert_eq!(call(&mut store, "switched", &[], Val::I64(0)).i64(), Some(2));
        let left = instance.get_global(&mut store, "left").unwrap().get(&mut store);
        assert!(matches!(left, Val::ContRef(Some(_))), "{left:?}");
        assert_eq!(all.map(|name| fits(&mut store, name, &left)), [false, true, false, false, true]);
        assert_eq!(call(&mut store, "back", &[], Val::I64(0)).i64(), Some(1));
    }
}

/// A type that the embedder holds outlives the module that declared it, with all types that it refers to; a store that has
/// objects and functions of a module's types outlives the module, too.
#[test]
fn types_outlive_their_modules() {
    let text = r#"(module
        (type $s (sub (struct (field (mut i64)) (field i31ref) (field i16))))
        (type $t (sub $s (struct (field (mut i64)) (field i31ref) (field i16) (field f32))))
        (type $f (func (param (ref $s) (ref $t)) (result i64)))
        (table (export "table") 1 funcref) (elem declare func $get)
        (func $get (export "get") (type $f) (i64.add (struct.get $s 0 (local.get 0)) (struct.get $t 0 (local.get 1))))
        (func (export "new") (result anyref) (struct.new $t (i64.const 7) (ref.null i31) (i32.const 1) (f32.const 2)))
        (func (export "is") (param anyref) (result i32) (ref.test (ref $s) (local.get 0)))
        (func (export "call") (param $o anyref) (result i64)
          (table.set (i32.const 0) (ref.func $get))
          (call_indirect (type $f) (ref.cast (ref $s) (local.get $o)) (ref.cast (ref $t) (local.get $o)) (i32.const 0))))"#;
    for engine in engines() {
        let module = Module::new(&engine, text).unwrap();
        let get = *module.get_export("get").unwrap().func().unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        drop(module);
        // Other modules are compiled and dropped.
        for i in 0..50 {
            let other = format!(
                "(module (type (struct (field i8) {})) (type (func (param (ref 0)))))",
                "(field i64)".repeat(i)
            );
            Module::new(&engine, other).unwrap();
        }
        let params: Vec<_> = get.params().collect();
        assert!(params[1].matches(params[0]) && !params[0].matches(params[1]), "{get}");
        let ValType::Ref(s) = params[0] else { panic!("{get}") };
        let HeapType::Concrete(s) = s.heap_type() else { panic!("{get}") };
        assert_eq!(s.as_struct().unwrap().fields().len(), 3);
        let new = instance.get_typed_func::<(), Option<Rooted<wasmoon::AnyRef>>>(&mut store, "new").unwrap();
        let object = new.call(&mut store, ()).unwrap();
        store.gc();
        let is = instance.get_typed_func::<Option<Rooted<wasmoon::AnyRef>>, i32>(&mut store, "is").unwrap();
        let call = instance.get_typed_func::<Option<Rooted<wasmoon::AnyRef>>, i64>(&mut store, "call").unwrap();
        assert_eq!((is.call(&mut store, object).unwrap(), call.call(&mut store, object).unwrap()), (1, 14));
    }
}

#[test]
fn defaults_are_zero_or_null_if_there_is_null() {
    for (ty, expected) in [
        (ValType::I32, Val::I32(0)),
        (ValType::I64, Val::I64(0)),
        (ValType::F32, Val::from(0f32)),
        (ValType::F64, Val::from(0f64)),
        (ValType::V128, V128::from(0).into()),
        (ValType::FUNCREF, Val::FuncRef(None)),
        (ValType::EXTERNREF, Val::ExternRef(None)),
        (ValType::Ref(RefType::EXNREF), Val::ExnRef(None)),
        (ValType::Ref(RefType::new(true, HeapType::NoCont)), Val::ContRef(None)),
        (ValType::Ref(RefType::new(true, HeapType::I31)), Val::AnyRef(None)),
    ] {
        assert_eq!(format!("{:?}", Val::default_for_ty(ty)), format!("{:?}", Some(expected)), "{ty}");
    }
    assert!(Val::default_for_ty(ValType::Ref(RefType::new(false, HeapType::Func))).is_none());
    assert_eq!(V128::from(1 << 100 | 7).as_u128(), 1 << 100 | 7);
}

#[test]
fn null_is_that_of_the_hierarchy() {
    use HeapType::{Any, Array, Cont, Eq, Exn, Extern, Func, I31, NoCont, NoExn, NoExtern, NoFunc, None, Struct};
    for (types, expected) in [
        (&[Func, NoFunc][..], Val::FuncRef(Option::None)),
        (&[Extern, NoExtern], Val::ExternRef(Option::None)),
        (&[Any, Eq, I31, Struct, Array, None], Val::AnyRef(Option::None)),
        (&[Exn, NoExn], Val::ExnRef(Option::None)),
        (&[Cont, NoCont], Val::ContRef(Option::None)),
    ] {
        for ty in types {
            assert_eq!(format!("{:?}", Val::null_ref(*ty)), format!("{expected:?}"), "{ty}");
        }
    }
}

#[test]
fn objects_know_their_types_and_each_other() {
    let ty = |mutability| StructType::new([FieldType::new(mutability, StorageType::I8)]);
    let (of_const, of_var) = (ty(Mutability::Const), ty(Mutability::Var));
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let made =
            [&of_const, &of_var, &of_var].map(|ty| StructRef::new(&mut store, ty, &[Val::I32(1)]).unwrap().to_any());
        let is = |object: usize, ty: HeapType| made[object].matches_ty(&store, ty).unwrap();
        for (object, own, other) in [(0, &of_const, &of_var), (1, &of_var, &of_const)] {
            assert!(is(object, (*own).into()) && !is(object, (*other).into()));
            assert!(is(object, HeapType::Struct) && is(object, HeapType::Eq) && is(object, HeapType::Any));
            assert!(!is(object, HeapType::Array) && !is(object, HeapType::I31) && !is(object, HeapType::None));
        }
        let same: Vec<bool> =
            [(1, 1), (1, 2), (0, 1)].map(|(a, b)| Rooted::ref_eq(&store, &made[a], &made[b]).unwrap()).into();
        assert_eq!(same, [true, false, false]);
    }
}

#[test]
fn a_name_is_defined_again_where_that_is_allowed() {
    for engine in engines() {
        let module = Module::new(&engine, r#"(module (import "m" "f" (func $f (result i32))) (export "f" (func $f)))"#);
        let module = module.unwrap();
        let mut store = Store::new(&engine, ());
        let mut answer = |linker: &Linker<()>| {
            let instance = linker.instantiate(&mut store, &module).unwrap();
            let function = instance.get_typed_func::<(), i32>(&mut store, "f").unwrap();
            function.call(&mut store, ()).unwrap()
        };
        let mut linker = Linker::new(&engine);
        linker.func_wrap("m", "f", || 1).unwrap();
        let refused = linker.func_wrap("m", "f", || 2).expect_err("it is defined");
        assert!(matches!(refused.kind(), ErrorKind::Usage(UsageError::Defined { .. })), "{refused}");
        assert_eq!(answer(&linker), 1, "what is refused changes nothing");
        linker.allow_shadowing(true).func_wrap("m", "f", || 3).unwrap();
        assert_eq!(answer(&linker), 3);
        let mut copy = linker.clone();
        copy.func_wrap("m", "f", || 4).unwrap();
        assert_eq!((answer(&linker), answer(&copy)), (3, 4));
        linker.allow_shadowing(false);
        assert!(linker.func_wrap("m", "f", || 5).is_err());
        let mut copy = linker.clone();
        assert!(copy.func_wrap("m", "f", || 5).is_err());
    }
}

#[test]
fn an_engine_says_whether_it_compiles() {
    assert_eq!(engines().map(|engine| engine.is_jit()), [true, false, true]);
}

/// Both handles see the same bytes.
#[test]
fn the_address_of_a_shared_memory_is_that_of_its_bytes() {
    let engine = Engine::new(&Config::new()).unwrap();
    let memory = SharedMemory::new(&engine, MemoryType::shared(1, 2)).unwrap();
    let (address, bytes) = (memory.data_ptr(), [7, 8, 9]);
    assert!(!address.is_null());
    memory.write(5, &bytes).unwrap();
    let copy = memory.clone();
    let mut seen = [0; 3];
    copy.read(5, &mut seen).unwrap();
    assert_eq!((copy.data_ptr(), copy.data_size(), seen), (address, 65536, bytes));
}

/// An operation that needs exactly as much as a limit allows succeeds, and fails if the limit is lower by one; it does not depend
/// on any other limit.
#[test]
fn each_limit_of_a_store_is_about_one_thing() {
    type Attempt = fn(&mut Store<()>) -> Result<(), wasmoon::Error>;
    type Set = fn(StoreLimitsBuilder, u64) -> StoreLimitsBuilder;
    fn table(store: &mut Store<()>, elements: u32) -> Result<(), wasmoon::Error> {
        Table::new(store, TableType::new(RefType::FUNCREF, elements, None), Val::FuncRef(None)).map(drop)
    }
    fn memories(store: &mut Store<()>, number: u32, pages: u32) -> Result<(), wasmoon::Error> {
        (0..number).try_for_each(|_| Memory::new(&mut *store, MemoryType::new(pages, None)).map(drop))
    }
    fn called(store: &mut Store<()>, text: &str) -> Result<(), wasmoon::Error> {
        let module = Module::new(store.engine(), text)?;
        let instance = Instance::new(&mut *store, &module, &[])?;
        instance.get_typed_func::<(), ()>(&mut *store, "f")?.call(&mut *store, ())
    }
    let attempts: [(&str, Attempt, u64, Set); 7] = [
        ("memory", |store| memories(store, 1, 3), 3 << 16, |limits, n| limits.memory_size(n)),
        ("all", |store| memories(store, 5, 1), 5 << 16, |limits, n| limits.total_size(n)),
        ("table", |store| table(store, 60), 60, |limits, n| limits.table_elements(n)),
        (
            "tables",
            |store| [(); 2].iter().try_for_each(|()| table(store, 55)),
            110,
            |limits, n| limits.total_table_elements(n),
        ),
        (
            "instances",
            |store| [(); 2].iter().try_for_each(|()| called(store, r#"(module (func (export "f")))"#)),
            2,
            |limits, n| limits.instances(n as u32),
        ),
        (
            "objects",
            |store| {
                let ty = ArrayType::new(FieldType::new(Mutability::Var, StorageType::I8));
                ArrayRef::new(store, &ty, &vec![Val::I32(0); 100_000]).map(drop)
            },
            1 << 17,
            |limits, n| limits.heap_size(if n % 2 == 0 { n } else { n / 2 }),
        ),
        (
            "continuations",
            |store| {
                called(
                    store,
                    r#"(module
            (type $f (func)) (type $c (cont $f)) (tag $t) (elem declare func $s)
            (func $s (suspend $t))
            (func (export "f")
                (local $a (ref null $c))
                (block $on (result (ref $c)) (resume $c (on $t $on) (cont.new $c (ref.func $s))) (return))
                (local.set $a)
                (block $on (result (ref $c)) (resume $c (on $t $on) (cont.new $c (ref.func $s))) (return))
                (resume $c) (resume $c (local.get $a))))"#,
                )
            },
            2,
            |limits, n| limits.continuations(n as u32),
        ),
    ];
    for engine in engines() {
        for (limit, _, needed, set) in attempts {
            for (name, attempt, ..) in attempts {
                for less in [0, 1] {
                    let mut store =
                        Store::with_limits(&engine, (), set(StoreLimitsBuilder::new(), needed - less).build());
                    let done = attempt(&mut store);
                    let expected = less == 0 || name != limit;
                    assert_eq!(done.is_ok(), expected, "{name}, with {} for {limit}: {done:?}", needed - less);
                }
            }
        }
    }
}

/// A shared memory grows for all its handles.
#[test]
fn shared_memories_grow_for_all() {
    let engine = Engine::default();
    let memory = SharedMemory::new(&engine, MemoryType::shared(1, 2)).unwrap();
    let same = memory.clone();
    assert!(same.write(1 << 16, &[1]).is_err());
    assert_eq!((memory.grow(1).unwrap(), same.size(), same.data_size()), (1, 2, 2 << 16));
    assert!(memory.grow(1).is_err());
    same.write((2 << 16) - 1, &[7]).unwrap();
    let mut read = [0];
    memory.read((2 << 16) - 1, &mut read).unwrap();
    assert_eq!(read, [7]);
}

/// A stack larger than the address space is refused in the same way as one that the system cannot provide.
#[test]
fn a_stack_of_any_size_is_made_or_refused() {
    for engine in engines() {
        let module = Module::new(&engine, r#"(module (func (export "f")))"#).unwrap();
        for bytes in [usize::MAX, usize::MAX - 4096, usize::MAX - 32_767, usize::MAX - 32_768, 1 << 62] {
            let limits = StoreLimitsBuilder::new().stack_size(bytes).build();
            let mut store = Store::with_limits(&engine, (), limits);
            let refused = Instance::new(&mut store, &module, &[]).unwrap_err();
            assert!(matches!(refused.kind(), ErrorKind::Resource(_)), "{bytes}: {refused}");
        }
    }
}

/// A host function or tag has exactly the type that it was created with, however a module declares it: with subtypes, or in a
/// group of several types.
#[test]
fn what_the_host_makes_has_the_type_that_it_was_given() {
    for declared in [
        "(type $t (sub (func (param i32))))",
        "(rec (type $t (func (param i32))) (type (struct)))",
        "(type $t (func (param i32)))",
    ] {
        for engine in engines() {
            let text = format!(
                r#"(module {declared} (import "h" "f" (func $f (type $t))) (import "h" "e" (tag $e (type $t)))
                     (func (export "call") (call_ref $t (i32.const 7) (ref.func $f)))
                     (func (export "throw") (throw $e (i32.const 8))) (elem declare func $f))"#
            );
            let module = Module::new(&engine, &text).unwrap();
            let mut store = Store::new(&engine, 0);
            let mut imports = Vec::new();
            for import in module.imports() {
                imports.push(match import.ty() {
                    ExternType::Func(ty) => {
                        let set = |mut caller: Caller<'_, i32>, args: &[Val], _: &mut [Val]| {
                            *caller.data_mut() = args[0].i32().unwrap();
                            Ok(())
                        };
                        let function = Func::new(&mut store, ty, set);
                        assert_eq!(function.ty(&store), ty, "{declared}");
                        Extern::Func(function)
                    }
                    ExternType::Tag(ty) => {
                        let tag = Tag::new(&mut store, ty);
                        assert_eq!(tag.ty(&store), ty, "{declared}");
                        Extern::Tag(tag)
                    }
                    other => panic!("{other:?}"),
                });
            }
            let instance = Instance::new(&mut store, &module, &imports).unwrap_or_else(|e| panic!("{declared}: {e}"));
            let call = |store: &mut Store<i32>, name: &str| {
                instance.get_func(&mut *store, name).unwrap().call(&mut *store, &[], &mut [])
            };
            call(&mut store, "call").unwrap();
            assert_eq!(*store.data(), 7);
            let thrown = call(&mut store, "throw").unwrap_err();
            assert!(matches!(thrown.kind(), ErrorKind::Exception(_)), "{thrown}");
        }
    }
}

/// Calls and accesses, valid or not, do not keep the types of a dropped module: a process has at most a million types.
#[test]
fn what_uses_a_type_does_not_keep_it() {
    // A module may have a quarter of them.
    const TYPES: usize = 200_000;
    let [engine, ..] = engines();
    for round in 0..6 {
        let group: String =
            (0..TYPES).map(|i| format!("(type (struct (field i{})))", if i == round { 64 } else { 32 })).collect();
        let text = format!(
            r#"(module (rec (type $s (struct (field (mut i32)) (field (mut (ref null $a))))) (type $a (array (mut (ref null $s)))) {group})
                 (global (export "g") (mut (ref null $s)) (ref.null $s)) (table (export "t") 1 (ref null $s))
                 (tag (export "e") (param (ref null $s)))
                 (func (export "f") (param (ref null $s)) (result (ref null $s)) (local.get 0))
                 (func (export "s") (result (ref $s)) (struct.new $s (i32.const 1) (ref.null $a)))
                 (func (export "a") (result (ref $a)) (array.new $a (ref.null $s) (i32.const 2))))"#
        );
        let module = Module::new(&engine, &text).unwrap_or_else(|e| panic!("round {round}: {e}"));
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let function = |store: &mut Store<()>, name: &str| instance.get_func(&mut *store, name).unwrap();
        let f = function(&mut store, "f");
        let mut results = [Val::I32(0)];
        f.call(&mut store, &[Val::AnyRef(None)], &mut results).unwrap();
        f.call(&mut store, &[Val::I32(1)], &mut results).unwrap_err();
        f.typed::<i32, ()>(&store).unwrap_err();
        f.typed::<Option<Rooted<AnyRef>>, ()>(&store).unwrap_err();
        let global = instance.get_global(&mut store, "g").unwrap();
        let object = |store: &mut Store<()>, name: &str| {
            let mut results = [Val::I32(0)];
            function(store, name).call(&mut *store, &[], &mut results).unwrap();
            results[0].any_ref().unwrap().unwrap()
        };
        let (structure, array) = (object(&mut store, "s"), object(&mut store, "a"));
        global.set(&mut store, structure.into()).unwrap();
        global.set(&mut store, array.into()).unwrap_err();
        assert!(global.get(&mut store).any_ref().unwrap().is_some());
        let table = instance.get_table(&mut store, "t").unwrap();
        table.set(&mut store, 0, structure.into()).unwrap();
        table.set(&mut store, 0, array.into()).unwrap_err();
        table.grow(&mut store, 1, structure.into()).unwrap();
        assert!(table.get(&mut store, 1).unwrap().any_ref().unwrap().is_some());
        let structure = structure.as_struct(&store).unwrap().unwrap();
        let array = array.as_array(&store).unwrap().unwrap();
        array.set(&mut store, 1, structure.to_any().into()).unwrap();
        array.set(&mut store, 1, array.to_any().into()).unwrap_err();
        assert!(array.get(&mut store, 1).unwrap().any_ref().unwrap().is_some());
        structure.set_field(&mut store, 1, array.to_any().into()).unwrap();
        structure.set_field(&mut store, 1, structure.to_any().into()).unwrap_err();
        assert!(structure.field(&mut store, 1).unwrap().any_ref().unwrap().is_some());
        let tag = instance.get_tag(&mut store, "e").unwrap();
        ExnRef::new(&mut store, &tag, &[array.to_any().into()]).unwrap_err();
        let exception = ExnRef::new(&mut store, &tag, &[structure.to_any().into()]).unwrap();
        assert_eq!(exception.payload(&mut store).unwrap().len(), 1);
    }
}

/// A type handle outlives its module, whatever types are created later.
#[test]
fn handles_of_types_stay_what_they_are() {
    let [engine, ..] = engines();
    let field = |ty: &HeapType| match ty {
        HeapType::Concrete(declared) => declared.as_struct().unwrap().fields().next().unwrap().element_type(),
        other => panic!("{other}"),
    };
    let mut handles = Vec::new();
    for n in 0..50 {
        // In a group of another size, the same structure is a different type.
        let more = "(type (struct))".repeat(n);
        let storage = ["i8", "i16", "i64", "f32", "f64"][n % 5];
        let text = format!(
            r#"(module (rec (type $s (struct (field {storage}))) {more})
                 (func (export "f") (param (ref null $s))) (global (export "g") (ref null $s) (ref.null $s))
                 (func (export "s") (result (ref $s)) (struct.new_default $s))
                 (table (export "t") 1 (ref null $s)))"#
        );
        let module = Module::new(&engine, &text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let ty = match n % 4 {
            0 => instance.get_func(&mut store, "f").unwrap().ty(&store).params().next().unwrap(),
            1 => instance.get_global(&mut store, "g").unwrap().ty(&store).content(),
            2 => {
                let mut results = [Val::AnyRef(None)];
                instance.get_func(&mut store, "s").unwrap().call(&mut store, &[], &mut results).unwrap();
                let object = results[0].any_ref().unwrap().unwrap().as_struct(&store).unwrap().unwrap();
                ValType::Ref(RefType::new(true, object.ty(&store).unwrap().into()))
            }
            _ => ValType::Ref(instance.get_table(&mut store, "t").unwrap().ty(&store).element()),
        };
        let ValType::Ref(ty) = ty else { panic!("{ty}") };
        handles.push((ty.heap_type(), field(&ty.heap_type())));
        drop((module, store));
        assert!(handles.iter().all(|(ty, storage)| field(ty) == *storage), "round {n}");
    }
}
