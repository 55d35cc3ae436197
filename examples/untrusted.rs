//! An untrusted module: everything that it may use has a limit.
//!
//!     cargo run --example untrusted

use std::time::Duration;
use wasmoon::{Config, Engine, Error, Instance, Module, Store, StoreLimitsBuilder, TrapCode, Watchdog};

const HOSTILE: &str = r#"(module
    (memory 1) (table 1 funcref)
    (type $list (struct (field (ref null $list)) (field v128)))
    (func (export "spin") (loop $l (br $l)))
    (func $recurse (export "recurse") (call $recurse))
    (func (export "memory") (result i32) (memory.grow (i32.const 60000)))
    (func (export "objects") (local $head (ref null $list))
        (loop $l
            (local.set $head (struct.new $list (local.get $head) (v128.const i64x2 1 2)))
            (br $l))))"#;

fn main() -> Result<(), Error> {
    let mut config = Config::new();
    // Reading and compiling are work too.
    config.max_module_size(1 << 20).compile_timeout(Some(Duration::from_secs(2))).consume_fuel(true);
    let engine = Engine::new(&config)?;
    let module = Module::new(&engine, HOSTILE)?;

    let limits = StoreLimitsBuilder::new()
        .total_size(64 << 20)
        .total_table_elements(10_000)
        .heap_size(16 << 20)
        .instances(10)
        .continuations(100)
        .build();
    let mut store = Store::with_limits(&engine, (), limits);
    let instance = Instance::new(&mut store, &module, &[])?;

    // Time: another thread interrupts the store.
    let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
    let watchdog = Watchdog::start(store.interrupt_handle(), Duration::from_millis(50)).expect("a thread");
    let error = spin.call(&mut store, ()).expect_err("it would never end");
    assert!(watchdog.fired() && error.as_trap_code() == Some(TrapCode::Interrupt));
    println!("spin: {error}");

    // Work: counted by the code itself, so it is the same on every machine.
    store.set_fuel(1_000_000)?;
    println!("spin: {}", spin.call(&mut store, ()).expect_err("no fuel is left"));
    store.set_fuel(u64::MAX)?;

    for name in ["recurse", "objects"] {
        let f = instance.get_typed_func::<(), ()>(&mut store, name)?;
        println!("{name}: {}", f.call(&mut store, ()).expect_err("a limit"));
    }
    let memory = instance.get_typed_func::<(), i32>(&mut store, "memory")?;
    assert_eq!(memory.call(&mut store, ())?, -1);
    println!("memory: refused");
    Ok(())
}
