//! The interpreter's two dispatchers side by side: `cargo bench --bench dispatch [kernel]`.
//!
//! Rounds alternate between the two, so that other load on the machine affects both; the best round of each counts.

use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmoon::engine::{Config, Dispatch, Engine};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::runtime::store::{Extern, Limits};
use wasmoon::runtime::value::Val;

const ROUNDS: usize = 7;

/// Name, argument, the module's text; the function is exported as `f`.
const KERNELS: &[(&str, u32, &str)] = &[
    (
        "fib",
        30,
        "(module (func $fib (export \"f\") (param i32) (result i32)
          (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call $fib (i32.sub (local.get 0) (i32.const 2))))))))",
    ),
    (
        "sieve",
        4,
        "(module (memory 20)
          (func (export \"f\") (param $rounds i32) (result i32)
            (local $i i32) (local $j i32) (local $n i32) (local $count i32)
            (local.set $n (i32.const 1000000))
            (loop $again
              (local.set $count (i32.const 0))
              (memory.fill (i32.const 0) (i32.const 1) (local.get $n))
              (local.set $i (i32.const 2))
              (block $done (loop $outer
                (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
                (if (i32.load8_u (local.get $i)) (then
                  (local.set $count (i32.add (local.get $count) (i32.const 1)))
                  (local.set $j (i32.add (local.get $i) (local.get $i)))
                  (block $struck (loop $strike
                    (br_if $struck (i32.ge_u (local.get $j) (local.get $n)))
                    (i32.store8 (local.get $j) (i32.const 0))
                    (local.set $j (i32.add (local.get $j) (local.get $i)))
                    (br $strike)))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br $outer)))
              (br_if $again (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
            (local.get $count)))",
    ),
    (
        "integers",
        10_000_000,
        "(module (func (export \"f\") (param $n i32) (result i32) (local $a i32) (local $b i32)
          (loop $l
            (local.set $a (i32.add (local.get $a) (i32.const 7)))
            (local.set $b (i32.xor (local.get $a) (local.get $b)))
            (local.set $a (i32.mul (local.get $a) (i32.const 3)))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (local.get $b)))",
    ),
    (
        "floats",
        5_000_000,
        "(module (func (export \"f\") (param $n i32) (result f64) (local $a f64) (local $b f64)
          (loop $l
            (local.set $a (f64.add (local.get $a) (f64.mul (local.get $b) (f64.const 1.5))))
            (local.set $b (f64.sqrt (f64.add (local.get $a) (f64.const 1))))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (local.get $b)))",
    ),
];

fn round(module: &Arc<Module>, dispatch: Dispatch, argument: u32) -> Result<Duration, String> {
    let engine = Engine::new(Config { dispatch: Some(dispatch), ..Config::default() }).map_err(|e| e.to_string())?;
    let code = engine.compile(module).map_err(|e| format!("{e:?}"))?;
    let mut store = engine.store(Limits::default());
    let instance = store.instantiate(code, &[]).map_err(|e| format!("{e:?}"))?;
    let Some(Extern::Func(f)) = store.export(instance, "f") else { return Err("no function f".into()) };
    let start = Instant::now();
    store.call(f, &[Val::I32(argument)]).map_err(|e| format!("{e:?}"))?;
    Ok(start.elapsed())
}

fn main() -> Result<(), String> {
    // Cargo adds `--bench`.
    let filter = std::env::args().skip(1).find(|a| !a.starts_with("--")).unwrap_or_default();
    println!("{:<10} {:>10} {:>10} {:>7}", "kernel", "loop ms", "chain ms", "ratio");
    for &(name, argument, text) in KERNELS.iter().filter(|k| k.0.contains(&filter)) {
        let bytes = wat::parse_str(text).map_err(|e| e.to_string())?;
        let module = Arc::new(Module::new(&bytes, WasmFeatures::WASM2).map_err(|e| e.to_string())?);
        let mut best = [Duration::MAX; 2];
        for _ in 0..ROUNDS {
            for (best, dispatch) in best.iter_mut().zip([Dispatch::Loop, Dispatch::Chain]) {
                *best = round(&module, dispatch, argument)?.min(*best);
            }
        }
        let [by_loop, by_chain] = best.map(|t| t.as_secs_f64() * 1e3);
        println!("{name:<10} {by_loop:>10.2} {by_chain:>10.2} {:>7.2}", by_loop / by_chain);
    }
    Ok(())
}
