//! References: objects created on either side, roots, host values.

use super::engines;
use std::sync::Arc;
use wasmoon::{
    AnyRef, ArrayRef, ArrayType, ExnRef, ExternRef, FieldType, Func, FuncType, HeapType, Instance, Module, Mutability,
    OwnedRooted, RootScope, Rooted, StorageType, Store, StructRef, StructType, Tag, TagType, V128, Val, ValType,
};

#[test]
fn objects_pass_both_ways() {
    let var = |storage| FieldType::new(Mutability::Var, storage);
    let val = |ty| var(StorageType::Val(ty));
    for engine in engines() {
        let text = r#"(module
            (type $s (struct (field (mut i8)) (field (mut f64)) (field (mut v128)) (field (mut anyref))))
            (type $a (array (mut i16)))
            (func (export "make") (param i32) (result (ref $s))
                (struct.new $s (local.get 0) (f64.const 1.5) (v128.const i64x2 1 2) (array.new $a (i32.const 7) (i32.const 3))))
            (func (export "sum") (param (ref $s)) (result i32)
                (i32.add (struct.get_s $s 0 (local.get 0))
                    (array.get_u $a (ref.cast (ref $a) (struct.get $s 3 (local.get 0))) (i32.const 2)))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let make = instance.get_func(&mut store, "make").unwrap();
        let sum = instance.get_func(&mut store, "sum").unwrap();
        let mut results = [Val::I32(0)];
        make.call(&mut store, &[Val::I32(0x1fe)], &mut results).unwrap();
        store.gc();
        let object = results[0].any_ref().flatten().unwrap().as_struct(&store).unwrap().expect("a structure");
        assert_eq!(object.field(&mut store, 0).unwrap().i32(), Some(0xfe));
        assert_eq!(object.field(&mut store, 1).unwrap().f64(), Some(1.5));
        assert_eq!(object.field(&mut store, 2).unwrap().v128(), Some(V128::from(1 | 2 << 64)));
        let array = object.field(&mut store, 3).unwrap().any_ref().flatten().unwrap();
        let array = array.as_array(&store).unwrap().expect("an array");
        assert_eq!((array.len(&store).unwrap(), array.get(&mut store, 2).unwrap().i32()), (3, Some(7)));
        array.set(&mut store, 2, Val::I32(0x1_0008)).unwrap();
        sum.call(&mut store, &[object.to_any().into()], &mut results).unwrap();
        assert_eq!(results[0].i32(), Some(8 - 2));
        // Created here, of types that are equal to the module's.
        let ty = StructType::new([var(StorageType::I8), val(ValType::F64), val(ValType::V128), val(ValType::ANYREF)]);
        assert_eq!(object.ty(&store).unwrap(), ty);
        let own = ArrayRef::new(&mut store, &ArrayType::new(var(StorageType::I16)), &[Val::I32(30); 3]).unwrap();
        let fields = [Val::I32(12), Val::from(0f64), V128::from(0).into(), own.to_any().into()];
        let made = StructRef::new(&mut store, &ty, &fields).unwrap();
        sum.call(&mut store, &[made.to_any().into()], &mut results).unwrap();
        assert_eq!(results[0].i32(), Some(42));
    }
}

/// The error names the field, element or value that does not fit.
#[test]
fn what_does_not_fit_an_object_is_refused() {
    let field = |ty| FieldType::new(Mutability::Var, StorageType::Val(ty));
    let (struct_type, array_type) =
        (StructType::new([field(ValType::I64), field(ValType::F32)]), ArrayType::new(field(ValType::I64)));
    for engine in engines() {
        let mut store = Store::new(&engine, ());
        let tag = Tag::new(&mut store, TagType::new(FuncType::new([ValType::I64, ValType::I32], [])));
        let object = StructRef::new(&mut store, &struct_type, &[Val::I64(1), Val::F32(2)]).unwrap();
        let array = ArrayRef::new(&mut store, &array_type, &[Val::I64(1); 3]).unwrap();
        let seen = [
            StructRef::new(&mut store, &struct_type, &[Val::I64(1)]).map(drop),
            StructRef::new(&mut store, &struct_type, &[Val::I64(1), Val::F32(2), Val::I64(3)]).map(drop),
            StructRef::new(&mut store, &struct_type, &[Val::I64(1), Val::I32(2)]).map(drop),
            object.field(&mut store, 2).map(drop),
            object.set_field(&mut store, 1, Val::I64(3)),
            ArrayRef::new(&mut store, &array_type, &[Val::I64(1), Val::I64(2), Val::F64(3)]).map(drop),
            array.get(&mut store, 3).map(drop),
            array.set(&mut store, 3, Val::I64(1)),
            array.set(&mut store, 2, Val::I32(1)),
            ExnRef::new(&mut store, &tag, &[Val::I64(1)]).map(drop),
            ExnRef::new(&mut store, &tag, &[Val::I64(1), Val::I32(2), Val::I32(3)]).map(drop),
            ExnRef::new(&mut store, &tag, &[Val::I64(1), Val::F32(2)]).map(drop),
        ];
        assert_eq!(
            seen.map(|result| result.unwrap_err().to_string()),
            [
                "1 field given, but 2 are required",
                "3 fields given, but 2 are required",
                "field 1: expected f32, found i32",
                "field 2 is out of bounds: the length is 2",
                "field 1: expected f32, found i64",
                "element 2: expected i64, found f64",
                "element 3 is out of bounds: the length is 3",
                "element 3 is out of bounds: the length is 3",
                "element 2: expected i64, found i32",
                "1 payload value given, but 2 are required",
                "3 payload values given, but 2 are required",
                "value 1 of a payload: expected i32, found f32",
            ]
        );
    }
}

/// An i31 reference has the lowest 31 bits of its integer, whichever side creates and reads it.
#[test]
fn integers_have_31_bits() {
    for engine in engines() {
        let text = r#"(module
            (func (export "make") (param i32) (result anyref) (ref.i31 (local.get 0)))
            (func (export "get") (param anyref) (result i32 i32)
                (i31.get_u (ref.cast (ref i31) (local.get 0))) (i31.get_s (ref.cast (ref i31) (local.get 0))))
            (func (export "same") (param anyref anyref) (result i32)
                (ref.eq (ref.cast (ref i31) (local.get 0)) (ref.cast (ref i31) (local.get 1)))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let [make, get, same] = ["make", "get", "same"].map(|name| instance.get_func(&mut store, name).unwrap());
        let bits = (0..32).map(|bit| 1 << bit);
        for value in bits.chain([0, 0x5555_5555, 0x2aaa_aaaa, 0x3fff_ffff, 0x7fff_ffff, u32::MAX]) {
            let own = AnyRef::from_i31(&mut store, value);
            let mut made = [Val::I32(0)];
            make.call(&mut store, &[Val::I32(value as i32)], &mut made).unwrap();
            let made = made[0].any_ref().flatten().expect("an integer");
            let low = value & 0x7fff_ffff;
            for reference in [own, made] {
                assert_eq!(reference.as_i31(&store).unwrap(), Some(low), "{value:x}");
                let mut seen = [Val::I32(0); 2];
                get.call(&mut store, &[reference.into()], &mut seen).unwrap();
                let extended = (value << 1) as i32 >> 1;
                assert_eq!(seen.map(|seen| seen.i32()), [Some(low as i32), Some(extended)], "{value:x}");
            }
            let mut equal = [Val::I32(0)];
            same.call(&mut store, &[own.into(), made.into()], &mut equal).unwrap();
            assert_eq!(equal[0].i32(), Some(1), "{value:x}");
        }
    }
}

/// Everything that the host writes into objects is kept in full, wherever it is stored: for the host and for code that reads it.
#[test]
fn all_bits_of_what_the_host_writes_are_kept() {
    const TYPES: [(&str, StorageType); 7] = [
        ("i8", StorageType::I8),
        ("i16", StorageType::I16),
        ("i32", StorageType::Val(ValType::I32)),
        ("i64", StorageType::Val(ValType::I64)),
        ("f32", StorageType::Val(ValType::F32)),
        ("f64", StorageType::Val(ValType::F64)),
        ("v128", StorageType::Val(ValType::V128)),
    ];
    /// A value of each type.
    fn values(bits: u128) -> [Val; 7] {
        let (word, double) = ((bits >> 8) as u32, (bits >> 16) as u64);
        let (i8, i16) = (Val::I32(i32::from(bits as u8)), Val::I32(i32::from((bits >> 4) as u16)));
        let v128 = V128::from(bits).into();
        [i8, i16, Val::I32(word as i32), Val::I64(double as i64), Val::F32(word), Val::F64(double), v128]
    }
    const BITS: u128 = 0x8796_a5b4_c3d2_e1f0_0f1e_2d3c_4b5a_6978;
    let shown = |values: &[Val]| values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>();
    // Each type twice: a field that is written too wide would change the next one.
    let fields: Vec<Val> = values(BITS).into_iter().chain(values(!BITS)).collect();
    let others: Vec<Val> = values(BITS.rotate_left(60)).into_iter().chain(values(!BITS.rotate_left(36))).collect();
    let twice = || TYPES.iter().chain(&TYPES);
    let var = |storage: &StorageType| FieldType::new(Mutability::Var, *storage);
    let ty = StructType::new(twice().map(|(_, storage)| var(storage)));
    let text: String = {
        let declared: String = twice().map(|(name, _)| format!("(field (mut {name}))")).collect();
        let get = |(i, (name, _)): (usize, &(&str, StorageType))| match *name {
            "i8" | "i16" => format!("(struct.get_u $s {i} (local.get 0))"),
            _ => format!("(struct.get $s {i} (local.get 0))"),
        };
        let gets: String = twice().enumerate().map(get).collect();
        let results: Vec<&str> =
            twice().map(|(name, _)| if matches!(*name, "i8" | "i16") { "i32" } else { name }).collect();
        format!(
            "(module (type $s (struct {declared})) (func (export \"get\") (param (ref $s)) (result {}) {gets}))",
            results.join(" ")
        )
    };
    for engine in engines() {
        let module = Module::new(&engine, &text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let get = instance.get_func(&mut store, "get").unwrap();
        let object = StructRef::new(&mut store, &ty, &fields).unwrap();
        for expected in [&fields, &others] {
            let read: Vec<Val> = (0..14).map(|i| object.field(&mut store, i).unwrap()).collect();
            assert_eq!(shown(&read), shown(expected));
            let mut results = [Val::I32(0); 14];
            get.call(&mut store, &[object.to_any().into()], &mut results).unwrap();
            assert_eq!(shown(&results), shown(expected));
            // Write the other values for the next round, the last field first.
            for i in (0..14).rev() {
                object.set_field(&mut store, i, others[i]).unwrap();
            }
        }
        for (i, (name, storage)) in TYPES.iter().enumerate() {
            let ty = ArrayType::new(var(storage));
            let mut elements = [fields[i], fields[i + 7], others[i]];
            let array = ArrayRef::new(&mut store, &ty, &elements).unwrap();
            for changed in [1, 0, 2] {
                let read = [0, 1, 2].map(|at| array.get(&mut store, at).unwrap());
                assert_eq!(shown(&read), shown(&elements), "{name}");
                elements[changed] = others[i + 7];
                array.set(&mut store, changed as u32, elements[changed]).unwrap();
            }
            let read = [0, 1, 2].map(|at| array.get(&mut store, at).unwrap());
            assert_eq!(shown(&read), shown(&[others[i + 7]; 3]), "{name}");
        }
    }
}

#[test]
fn host_values_live_as_long_as_their_references() {
    for engine in engines() {
        let text = r#"(module (table $t (export "t") 1 externref)
            (func (export "keep") (param externref) (table.set $t (i32.const 0) (local.get 0)))
            (func (export "kept") (result externref) (table.get $t (i32.const 0))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        type Ref = Option<Rooted<ExternRef>>;
        let keep = instance.get_typed_func::<Ref, ()>(&mut store, "keep").unwrap();
        let kept = instance.get_typed_func::<(), Ref>(&mut store, "kept").unwrap();
        let value = Arc::new("a value".to_string());
        {
            let mut scope = RootScope::new(&mut store);
            let reference = ExternRef::new(&mut scope, Arc::clone(&value)).unwrap();
            keep.call(&mut scope, Some(reference)).unwrap();
        }
        store.gc();
        assert_eq!(Arc::strong_count(&value), 2);
        {
            let mut scope = RootScope::new(&mut store);
            let reference = kept.call(&mut scope, ()).unwrap().expect("not null");
            let found = reference.data(&scope).unwrap().and_then(|data| data.downcast_ref::<Arc<String>>());
            assert_eq!(found.map(|s| s.as_str()), Some("a value"));
        }
        keep.call(&mut store, None).unwrap();
        store.gc();
        assert_eq!(Arc::strong_count(&value), 1, "it is dropped with the last reference");
        // Many values are dropped without an explicit collection.
        for _ in 0..10_000 {
            let mut scope = RootScope::new(&mut store);
            ExternRef::new(&mut scope, Arc::clone(&value)).unwrap();
        }
        assert!(Arc::strong_count(&value) < 3000, "{}", Arc::strong_count(&value));
    }
}

/// Host values that a collection did not find are dropped at the end of the call that ran out of room, or when the next reference
/// is created. (A stale address on the stack keeps an object alive, so there are many objects.)
#[test]
fn host_values_are_dropped_when_others_need_room() {
    const LOST: usize = 200;
    for engine in engines() {
        let text = r#"(module (type $a (array (mut i64))) (global $g (mut (ref null $a)) (ref.null $a))
            (func (export "fill") (param i32)
                (loop $next
                    (global.set $g (array.new_default $a (i32.const 1000)))
                    (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let fill = instance.get_typed_func::<i32, ()>(&mut store, "fill").unwrap();
        let value = Arc::new(());
        let lose = |store: &mut Store<()>| {
            let mut scope = RootScope::new(store);
            for _ in 0..LOST {
                ExternRef::new(&mut scope, Arc::clone(&value)).unwrap();
            }
            assert!(Arc::strong_count(&value) > LOST);
        };
        lose(&mut store);
        fill.call(&mut store, 1000).unwrap();
        assert!(Arc::strong_count(&value) < LOST / 10, "{}", Arc::strong_count(&value));
        lose(&mut store);
        let ty = ArrayType::new(FieldType::new(Mutability::Const, StorageType::Val(ValType::I64)));
        for _ in 0..1000 {
            let mut scope = RootScope::new(&mut store);
            ArrayRef::new(&mut scope, &ty, &[Val::I64(0); 1000]).unwrap();
        }
        assert!(Arc::strong_count(&value) > LOST);
        ExternRef::new(&mut store, ()).unwrap();
        assert!(Arc::strong_count(&value) < LOST / 10, "{}", Arc::strong_count(&value));
    }
}

/// A structure whose type has a descriptor cannot be made without one; the descriptor itself can.
#[test]
fn structures_with_descriptors_are_not_made_without() {
    for engine in engines() {
        let text = r#"(module (rec
            (type $s (descriptor $d) (struct))
            (type $d (describes $s) (struct)))
            (type $p (struct))
            (func (export "s") (param (ref null $s))) (func (export "d") (param (ref null $d)))
            (func (export "p") (param (ref null $p))))"#;
        let module = Module::new(&engine, text).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        for (name, can_be_made) in [("s", false), ("d", true), ("p", true)] {
            let ty = instance.get_func(&mut store, name).unwrap().ty(&store).params().next();
            let Some(ValType::Ref(ty)) = ty else { panic!("{ty:?}") };
            let HeapType::Concrete(ty) = ty.heap_type() else { panic!("{ty}") };
            let made = StructRef::new(&mut store, &ty.as_struct().expect("a structure"), &[]);
            assert_eq!(made.is_ok(), can_be_made, "{name}: {:?}", made.err());
        }
    }
}

/// A host function collects what its caller no longer references. (A stale address on the stack keeps an object alive, so there
/// are many objects.)
#[test]
fn a_host_function_collects() {
    const LOST: usize = 1000;
    for engine in engines() {
        let value = Arc::new(());
        let mut store = Store::new(&engine, ());
        let text = r#"(module (import "host" "collect" (func $collect (param externref)))
            (table $t (export "t") 1 externref)
            (func (export "f") (call $collect (table.get $t (i32.const 0)))))"#;
        let module = Module::new(&engine, text).unwrap();
        let given = value.clone();
        let collect =
            Func::wrap(&mut store, move |mut caller: wasmoon::Caller<'_, ()>, kept: Option<Rooted<ExternRef>>| {
                assert!(Arc::strong_count(&given) > LOST);
                caller.gc();
                assert!(Arc::strong_count(&given) < LOST / 10, "{}", Arc::strong_count(&given));
                let found =
                    kept.expect("not null").data(&caller).unwrap().and_then(|data| data.downcast_ref::<Arc<()>>());
                assert!(found.is_some());
            });
        let instance = Instance::new(&mut store, &module, &[collect.into()]).unwrap();
        let table = instance.get_table(&mut store, "t").unwrap();
        {
            let mut scope = RootScope::new(&mut store);
            let kept = ExternRef::new(&mut scope, Arc::clone(&value)).unwrap();
            table.set(&mut scope, 0, Val::ExternRef(Some(kept))).unwrap();
            for _ in 0..LOST {
                ExternRef::new(&mut scope, Arc::clone(&value)).unwrap();
            }
        }
        instance.get_typed_func::<(), ()>(&mut store, "f").unwrap().call(&mut store, ()).unwrap();
    }
}

#[test]
fn owned_references_outlive_scopes() {
    for engine in engines() {
        let mut store = Store::new(&engine, Vec::<OwnedRooted<AnyRef>>::new());
        let ty = StructType::new([FieldType::new(Mutability::Const, StorageType::Val(ValType::I32))]);
        let make = Func::wrap(&mut store, move |mut caller: wasmoon::Caller<'_, Vec<OwnedRooted<AnyRef>>>, n: i32| {
            let object = StructRef::new(&mut caller, &ty, &[Val::I32(n)])?;
            let owned = object.to_any().to_owned_rooted(&mut caller)?;
            caller.data_mut().push(owned);
            Ok::<(), wasmoon::Error>(())
        });
        for n in 0..100 {
            make.call(&mut store, &[Val::I32(n)], &mut []).unwrap();
        }
        store.gc();
        for n in 0..100 {
            let owned = store.data()[n].clone();
            let mut scope = RootScope::new(&mut store);
            let object = owned.to_rooted(&mut scope).unwrap().as_struct(&scope).unwrap().expect("a structure");
            assert_eq!(object.field(&mut scope, 0).unwrap().i32(), Some(n as i32));
        }
        // A clone keeps the object alive by itself: nothing allocated later takes its place.
        let clones = store.data().clone();
        store.data_mut().clear();
        let fill = Func::wrap(&mut store, move |mut caller: wasmoon::Caller<'_, Vec<OwnedRooted<AnyRef>>>| {
            (0..1000).try_for_each(|_| StructRef::new(&mut caller, &ty, &[Val::I32(-1)]).map(drop))
        });
        for _ in 0..100 {
            fill.call(&mut store, &[], &mut []).unwrap();
        }
        for (n, owned) in (0..).zip(clones) {
            let object = owned.to_rooted(&mut store).unwrap().as_struct(&store).unwrap().expect("a structure");
            assert_eq!(object.field(&mut store, 0).unwrap().i32(), Some(n));
        }
        let null = Func::wrap(&mut store, |object: Option<Rooted<AnyRef>>| i32::from(object.is_none()));
        assert_eq!(null.typed::<Option<Rooted<AnyRef>>, i32>(&store).unwrap().call(&mut store, None).unwrap(), 1);
        let f = Func::wrap(&mut store, |f: Option<Func>| f);
        let same = f.typed::<Option<Func>, Option<Func>>(&store).unwrap();
        assert_eq!(same.call(&mut store, Some(null)).unwrap(), Some(null));
        let double = Func::wrap(&mut store, |n: Rooted<AnyRef>| n);
        assert!(double.typed::<Option<Rooted<AnyRef>>, Rooted<AnyRef>>(&store).is_err(), "null is no argument of it");
    }
}
