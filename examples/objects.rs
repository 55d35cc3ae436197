//! Objects and exceptions that are passed between host and WebAssembly.
//!
//!     cargo run --example objects

use wasmoon::{
    Caller, Engine, Error, ExnRef, ExternRef, FieldType, FuncType, Linker, Module, Mutability, Rooted, StorageType,
    Store, StructRef, StructType, Tag, TagType, Val, ValType,
};

const MODULE: &str = r#"(module
    (type $point (struct (field (mut i32)) (field (mut i32))))
    (import "host" "too_far" (tag $too_far (param i32)))
    (import "host" "check" (func $check (param i32)))
    (func (export "walk") (param $p (ref $point)) (param $by i32)
        (struct.set $point 0 (local.get $p) (i32.add (struct.get $point 0 (local.get $p)) (local.get $by)))
        (call $check (struct.get $point 0 (local.get $p))))
    (func (export "caught") (param i32) (result i32)
        (block $h (result i32)
            (try_table (catch $too_far $h) (call $check (local.get 0)))
            (i32.const 0)))
    (func (export "same") (param externref) (result externref) (local.get 0)))"#;

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(&engine, MODULE)?;
    let mut store = Store::new(&engine, ());
    let tag = Tag::new(&mut store, TagType::new(FuncType::new([ValType::I32], [])));
    let mut linker = Linker::new(&engine);
    linker.define("host", "too_far", tag)?;
    linker.func_wrap("host", "check", move |mut caller: Caller<'_, ()>, n: i32| {
        if n > 10 {
            let exception = ExnRef::new(&mut caller, &tag, &[Val::I32(n)])?;
            return caller.throw(exception);
        }
        Ok(())
    })?;
    let instance = linker.instantiate(&mut store, &module)?;

    // A type that is made here is the same as the module's, because they are equal.
    let field = FieldType::new(Mutability::Var, StorageType::Val(ValType::I32));
    let point = StructRef::new(&mut store, &StructType::new([field, field]), &[Val::I32(1), Val::I32(2)])?;
    let walk = instance.get_func(&mut store, "walk").expect("exported");
    walk.call(&mut store, &[point.to_any().into(), Val::I32(5)], &mut [])?;
    println!("the point is at {:?}", point.field(&mut store, 0)?.i32());

    // An exception that nothing catches arrives as an error.
    let error = walk.call(&mut store, &[point.to_any().into(), Val::I32(50)], &mut []).expect_err("too far");
    let exception = error.as_exception().expect("an exception").to_rooted(&mut store)?;
    assert_eq!(exception.tag(&store)?, tag);
    println!("{error}: {:?}", exception.payload(&mut store)?[0].i32());
    let caught = instance.get_typed_func::<i32, i32>(&mut store, "caught")?;
    assert_eq!(caught.call(&mut store, 11)?, 11);

    // Any host value can be passed as an externref.
    let name = ExternRef::new(&mut store, "a name".to_string())?;
    let same = instance.get_typed_func::<Rooted<ExternRef>, Option<Rooted<ExternRef>>>(&mut store, "same")?;
    let back = same.call(&mut store, name)?.expect("not null");
    println!("{:?}", back.data(&store)?.and_then(|data| data.downcast_ref::<String>()));
    Ok(())
}
