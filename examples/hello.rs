//! A module that calls the host, and a trap that is caught.
//!
//!     cargo run --example hello

use wasmoon::{Engine, Error, Linker, Module, Store};

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (import "host" "print" (func $print (param i32)))
            (func (export "divide") (param i32 i32)
                (call $print (i32.div_s (local.get 0) (local.get 1)))))"#,
    )?;

    // What the module may import.
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "print", |n: i32| println!("the module says {n}"))?;

    // Instances live in a store.
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    let divide = instance.get_typed_func::<(i32, i32), ()>(&mut store, "divide")?;
    divide.call(&mut store, (84, 2))?;

    let error = divide.call(&mut store, (1, 0)).expect_err("a division by zero");
    let trap = error.as_trap().expect("a trap");
    println!("trap: {}", trap.message);
    for frame in &trap.backtrace {
        println!("  in {}", frame.name);
    }
    Ok(())
}
