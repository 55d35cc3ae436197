//! Threads that share a module and a memory. Each has its own store.
//!
//!     cargo run --example threads

use wasmoon::{Config, Engine, Error, Linker, MemoryType, Module, SharedMemory, Store};

const THREADS: u32 = 4;

fn main() -> Result<(), Error> {
    let engine = Engine::new(Config::new().wasm_threads(true))?;
    let module = Module::new(
        &engine,
        r#"(module
            (import "host" "memory" (memory 1 1 shared))
            ;; Adds to a sum n times, then tells the host's thread that it is done.
            (func (export "work") (param $n i32)
                (loop $next
                    (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
                    (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                (drop (i32.atomic.rmw.add (i32.const 4) (i32.const 1)))))"#,
    )?;
    let memory = SharedMemory::new(&engine, MemoryType::shared(1, 1))?;
    let mut linker = Linker::new(&engine);
    linker.define("host", "memory", memory.clone())?;

    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    let mut store = Store::new(&engine, ());
                    let instance = linker.instantiate(&mut store, &module)?;
                    instance.get_typed_func::<i32, ()>(&mut store, "work")?.call(&mut store, 100_000)
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no panic"))
    })?;

    // The bytes are never borrowed: others may change them meanwhile.
    let mut sum = [0; 4];
    memory.read(0, &mut sum)?;
    println!("the sum is {}", u32::from_le_bytes(sum));
    assert_eq!(u32::from_le_bytes(sum), THREADS * 100_000);
    let done = memory.atomic_u32(4)?;
    assert_eq!(done.load(std::sync::atomic::Ordering::SeqCst), THREADS);
    Ok(())
}
