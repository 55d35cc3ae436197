//! The number of tiny modules per second: `cargo bench --bench instantiate [-- BACKEND [STAGE]]`.
//!
//! A module is decoded, compiled, and instantiated in its own store; one of its functions is called, and everything is
//! dropped again, as a fuzzer does. Stages are cumulative; the last line is the whole sequence on all backends, as
//! `wasmoon smith` runs it for each module.

use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmoon::engine::{Config, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{Module, features};
use wasmoon::runtime::store::{Extern, Limits};
use wasmoon::runtime::value::Val;

const MODULE: &str = r#"(module
  (type $t (func (param i32) (result i32)))
  (memory (export "m") 1 4) (table funcref (elem $f $g))
  (global $n (export "n") (mut i32) (i32.const 3)) (tag $e (param i32))
  (data (i32.const 8) "some bytes")
  (func $f (export "f") (param $n i32) (result i32) (local $sum i32)
    (loop $l
      (local.set $sum (i32.add (local.get $sum) (call_indirect (type $t) (local.get $n) (i32.const 1))))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.store (i32.const 0) (local.get $sum))
    (local.get $sum))
  (func $g (type $t) (i32.mul (i32.load (i32.const 8)) (i32.xor (local.get 0) (global.get $n))))
  (func $h (export "h") (param i64 f64) (result f64)
    (if (result f64) (i64.eqz (local.get 0))
      (then (f64.sqrt (local.get 1)))
      (else (f64.add (f64.convert_i64_s (i64.shl (local.get 0) (i64.const 3))) (local.get 1))))))"#;

const BACKENDS: [(&str, Tier, OptLevel); 5] = [
    ("interp", Tier::Interp, OptLevel::O2),
    ("jit-O0", Tier::Jit, OptLevel::O0),
    ("jit-O1", Tier::Jit, OptLevel::O1),
    ("jit", Tier::Jit, OptLevel::O2),
    ("eval", Tier::Eval, OptLevel::O2),
];

const STAGES: [&str; 5] = ["decode", "compile", "store", "instantiate", "call"];

/// The time for each line.
const TIME: Duration = Duration::from_millis(500);

/// Processes one module up to a stage.
fn one(bytes: &[u8], engine: &Engine, stage: usize) {
    let module = Arc::new(Module::new(bytes, features::all()).expect("valid"));
    if stage >= 1 {
        let code = engine.compile(&module).expect("supported");
        if stage >= 2 {
            let mut store = engine.store(Limits::default());
            if stage >= 3 {
                let instance = store.instantiate(code, &[]).expect("instantiates");
                if stage >= 4 {
                    let Some(Extern::Func(f)) = store.export(instance, "f") else { panic!("no function f") };
                    store.call(f, &[Val::I32(5)]).expect("returns");
                }
            }
        }
    }
}

/// Runs a function until the time is up, and prints its rate per second.
fn measure(name: &str, stage: &str, mut f: impl FnMut()) {
    let (start, mut times) = (Instant::now(), 0);
    while start.elapsed() < TIME {
        f();
        times += 1;
    }
    let each = start.elapsed() / times;
    println!("{name:8} {stage:12} {:9.1} us {:9.0} /s", each.as_secs_f64() * 1e6, 1.0 / each.as_secs_f64());
}

fn main() {
    // `cargo bench` passes options of the standard harness.
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let (backend, only) = (args.next(), args.next());
    let bytes = wat::parse_str(MODULE).expect("a module");
    let config = |tier, opt| Config { mode: Mode::All(tier), opt, ..Config::default() };
    let engines = BACKENDS.map(|(name, tier, opt)| (name, Engine::new(config(tier, opt)).expect("an engine")));
    for (name, engine) in engines.iter().filter(|(name, _)| backend.as_deref().is_none_or(|b| b == *name)) {
        for (i, stage) in STAGES.iter().enumerate().filter(|(_, s)| only.as_deref().is_none_or(|o| o == **s)) {
            measure(name, stage, || one(&bytes, engine, i));
        }
    }
    if backend.is_none() {
        measure("all", "four", || engines[..4].iter().for_each(|(_, engine)| one(&bytes, engine, 4)));
    }
}
