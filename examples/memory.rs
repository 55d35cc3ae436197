//! Text that is written to a module's memory, and read back changed.
//!
//!     cargo run --example memory

use wasmoon::{Engine, Error, Instance, Module, Store};

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (memory (export "memory") 1 2)
            (func (export "upper") (param $at i32) (param $len i32) (local $end i32) (local $byte i32)
                (local.set $end (i32.add (local.get $at) (local.get $len)))
                (loop $next
                    (if (i32.lt_u (local.get $at) (local.get $end)) (then
                        (local.set $byte (i32.load8_u (local.get $at)))
                        (if (i32.lt_u (i32.sub (local.get $byte) (i32.const 97)) (i32.const 26))
                            (then (i32.store8 (local.get $at) (i32.sub (local.get $byte) (i32.const 32)))))
                        (local.set $at (i32.add (local.get $at) (i32.const 1)))
                        (br $next))))))"#,
    )?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let memory = instance.get_memory(&mut store, "memory").expect("exported");
    let upper = instance.get_typed_func::<(u32, u32), ()>(&mut store, "upper")?;

    let text = "bytes are copied in, and borrowed out";
    memory.write(&mut store, 16, text.as_bytes())?;
    upper.call(&mut store, (16, text.len() as u32))?;
    let bytes = &memory.data(&store)[16..][..text.len()];
    println!("{}", String::from_utf8_lossy(bytes));
    assert_eq!(bytes, text.to_uppercase().as_bytes());

    // An access beyond the end is an error on the host, and a trap in the module.
    assert!(memory.write(&mut store, 65_530, text.as_bytes()).is_err());
    assert!(upper.call(&mut store, (65_530, 10)).unwrap_err().as_trap().is_some());
    println!("grown from {} page to {}", memory.grow(&mut store, 1)?, memory.size(&store));
    upper.call(&mut store, (65_530, 10))?;
    Ok(())
}
