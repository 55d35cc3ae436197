//! Host functions with state: a store has its own data, which they access through their caller.
//!
//!     cargo run --example state

use wasmoon::{Caller, Engine, Error, Linker, Module, Store};

#[derive(Debug, Default)]
struct Account {
    balance: i64,
    refused: u32,
}

fn main() -> Result<(), Error> {
    let engine = Engine::default();
    let module = Module::new(
        &engine,
        r#"(module
            (import "bank" "deposit" (func $deposit (param i64)))
            (import "bank" "withdraw" (func $withdraw (param i64) (result i32)))
            (func (export "shop") (result i32)
                (call $deposit (i64.const 100))
                (drop (call $withdraw (i64.const 70)))
                (call $withdraw (i64.const 70))))"#,
    )?;

    let mut linker = Linker::new(&engine);
    linker.func_wrap("bank", "deposit", |mut caller: Caller<'_, Account>, sum: i64| {
        caller.data_mut().balance += sum;
    })?;
    // A host function may fail: its error ends the program.
    linker.func_wrap("bank", "withdraw", |mut caller: Caller<'_, Account>, sum: i64| {
        if sum < 0 {
            return Err(Error::new(format!("a withdrawal of {sum}")));
        }
        let account = caller.data_mut();
        let covered = account.balance >= sum;
        match covered {
            true => account.balance -= sum,
            false => account.refused += 1,
        }
        Ok(i32::from(covered))
    })?;

    let mut store = Store::new(&engine, Account::default());
    let instance = linker.instantiate(&mut store, &module)?;
    let shop = instance.get_typed_func::<(), i32>(&mut store, "shop")?;
    assert_eq!(shop.call(&mut store, ())?, 0);
    println!("{:?}", store.data());
    assert_eq!((store.data().balance, store.data().refused), (30, 1));
    Ok(())
}
