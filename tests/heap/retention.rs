//! Measures unreachable objects that conservative scanning retains. The programs state the number of bytes that they can still
//! reach, at points where a host function collects.
//!
//! `cargo test --release --test heap retention -- --ignored --nocapture` prints the table of docs/limits.md.

use super::configs;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use wasmoon::engine::{Config, Engine};
use wasmoon::module::{FuncType, Module, ValType, WasmFeatures};
use wasmoon::runtime::store::{Extern, Limits};
use wasmoon::runtime::value::Val;

const PROGRAM: &str = r#"(module
  (type $cell (struct (field (mut i32)) (field (mut (ref null $cell)))))
  (type $node (struct (field (mut (ref null $node))) (field (mut (ref null $node)))))
  (type $bytes (array (mut i8)))
  (type $table (array (mut (ref null $bytes))))
  ;; Collects; takes the number of reachable bytes.
  (import "host" "check" (func $check (param i32)))
  (global $kept (mut anyref) (ref.null any))
  (global $sink (mut i64) (i64.const 0))
  (global $seed (mut i64) (i64.const 0x9e3779b97f4a7c15))

  (func $list (param $n i32) (result (ref null $cell)) (local $l (ref null $cell))
    (loop $next
      (local.set $l (struct.new $cell (local.get $n) (local.get $l)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $l))
  (func $sum (param $l (ref null $cell)) (result i64) (local $n i64)
    (block $end
      (loop $next
        (br_if $end (ref.is_null (local.get $l)))
        (local.set $n (i64.add (local.get $n) (i64.extend_i32_u (struct.get $cell 0 (local.get $l)))))
        (local.set $l (struct.get $cell 1 (local.get $l)))
        (br $next)))
    (local.get $n))
  (func $nth (param $l (ref null $cell)) (param $n i32) (result (ref null $cell))
    (loop $next
      (local.set $l (struct.get $cell 1 (local.get $l)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $l))
  (func $use (param i64) (global.set $sink (i64.xor (global.get $sink) (local.get 0))))

  ;; Ten lists, each made, summed and forgotten.
  (func (export "lists") (param $len i32) (local $l (ref null $cell)) (local $i i32)
    (loop $next
      (local.set $l (call $list (local.get $len)))
      (call $use (call $sum (local.get $l)))
      (local.set $l (ref.null $cell))
      (call $check (i32.const 0))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10)))))
  ;; A list that stays, and one that does not.
  (func (export "one of two") (param $len i32) (local $l (ref null $cell)) (local $other (ref null $cell))
    (local.set $l (call $list (local.get $len)))
    (local.set $other (call $list (local.get $len)))
    (call $use (call $sum (local.get $other)))
    (local.set $other (ref.null $cell))
    (call $check (i32.mul (i32.const 16) (local.get $len)))
    (call $use (call $sum (local.get $l))))
  ;; A list that is cut in the middle, by a function that walked there.
  (func $cut (param $l (ref null $cell)) (param $n i32)
    (struct.set $cell 1 (call $nth (local.get $l) (i32.sub (local.get $n) (i32.const 1))) (ref.null $cell)))
  (func (export "half a list") (param $len i32) (local $l (ref null $cell)) (local $half i32)
    (local.set $half (i32.shr_u (local.get $len) (i32.const 1)))
    (local.set $l (call $list (local.get $len)))
    (call $cut (local.get $l) (local.get $half))
    (call $check (i32.mul (i32.const 16) (local.get $half)))
    (call $use (call $sum (local.get $l))))

  (func $tree (param $depth i32) (result (ref $node))
    (if (result (ref $node)) (local.get $depth)
      (then (struct.new $node
        (call $tree (i32.sub (local.get $depth) (i32.const 1)))
        (call $tree (i32.sub (local.get $depth) (i32.const 1)))))
      (else (struct.new_default $node))))
  (func $count (param $n (ref null $node)) (result i32)
    (if (result i32) (ref.is_null (local.get $n))
      (then (i32.const 0))
      (else (i32.add (i32.const 1) (i32.add
        (call $count (struct.get $node 0 (local.get $n)))
        (call $count (struct.get $node 1 (local.get $n))))))))
  (func (export "trees") (param $depth i32) (local $i i32)
    (loop $next
      (call $use (i64.extend_i32_u (call $count (call $tree (local.get $depth)))))
      (call $check (i32.const 0))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10)))))

  ;; A hundred arrays one after the other, and then a table of a hundred of which every second one stays.
  (func (export "arrays") (param $len i32) (local $a (ref null $bytes)) (local $i i32)
    (loop $next
      (local.set $a (array.new $bytes (local.get $i) (local.get $len)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (call $use (i64.extend_i32_u (array.len (local.get $a))))
    (local.set $a (ref.null $bytes))
    (call $check (i32.const 0)))
  (func (export "half a table") (param $len i32) (local $t (ref null $table)) (local $i i32)
    (local.set $t (array.new_default $table (i32.const 100)))
    (loop $next
      (array.set $table (local.get $t) (local.get $i) (array.new $bytes (local.get $i) (local.get $len)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100))))
    (local.set $i (i32.const 0))
    (loop $next
      (array.set $table (local.get $t) (local.get $i) (ref.null $bytes))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 2))) (i32.const 100))))
    ;; Header and length, elements, all of it in units of 16.
    (call $check (i32.add (i32.const 416) (i32.mul (i32.const 50)
      (i32.and (i32.add (local.get $len) (i32.const 31)) (i32.const -16)))))
    (call $use (i64.extend_i32_u (array.len (local.get $t)))))

  ;; Frames that each had a list.
  (func $deep (export "frames") (param $depth i32) (local $l (ref null $cell))
    (local.set $l (call $list (i32.const 100)))
    (call $use (call $sum (local.get $l)))
    (local.set $l (ref.null $cell))
    (if (local.get $depth)
      (then (call $deep (i32.sub (local.get $depth) (i32.const 1))))
      (else (call $check (i32.const 0))))
    (call $use (i64.extend_i32_u (local.get $depth))))

  ;; 16 MB in lists of a thousand cells, forgotten below frames of numbers that are still needed: 8 each. Only the table
  ;; holds them, so that a word that is left behind somewhere keeps one of them.
  (table $lists 1000 (ref null $cell))
  (func $fill (local $i i32)
    (loop $next
      (table.set $lists (local.get $i) (call $list (i32.const 1000)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000)))))
  (func $random (result i64) (local $x i64)
    (local.set $x (i64.xor (global.get $seed) (i64.shl (global.get $seed) (i64.const 13))))
    (local.set $x (i64.xor (local.get $x) (i64.shr_u (local.get $x) (i64.const 7))))
    (local.set $x (i64.xor (local.get $x) (i64.shl (local.get $x) (i64.const 17))))
    (global.set $seed (local.get $x))
    (local.get $x))
  (func $forget
    (global.set $kept (ref.null any))
    (table.fill $lists (i32.const 0) (ref.null $cell) (i32.const 1000))
    (call $check (i32.const 0)))
  NUMBERS
  ;; One number, for the first object of a list, which is the last one made: objects begin at 0x80100000.
  (func (export "guessed") (param $len i32)
    (global.set $kept (call $list (local.get $len)))
    (call $guessed (i32.add (i32.const 0x80100000) (i32.mul (i32.const 16) (i32.sub (local.get $len) (i32.const 1))))))
  (func $guessed (param $guess i32) (call $forget) (call $use (i64.extend_i32_u (local.get $guess)))))"#;

/// A function with eight numbers in each of its frames, produced by `made` and consumed by `used`.
fn numbers(name: &str, ty: &str, made: &str, bits: &str) -> String {
    let locals: Vec<String> = (0..8).map(|i| format!("$x{i}")).collect();
    let each = |f: &dyn Fn(&String) -> String| locals.iter().map(f).collect::<String>();
    format!(
        r#"(func ${name}-frames (param $depth i32) {}
             {}
             (if (local.get $depth)
               (then (call ${name}-frames (i32.sub (local.get $depth) (i32.const 1))))
               (else (call $forget)))
             {})
           (func (export "{name}") (param $depth i32) (call $fill) (call ${name}-frames (local.get $depth)))"#,
        each(&|x| format!("(local {x} {ty})")),
        each(&|x| format!("(local.set {x} {made})")),
        each(&|x| format!("(local.get {x}) {bits} (call $use)")),
    )
}

/// One program on one backend.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    /// The bytes allocated, and the maximum reachable at any collection.
    allocated: u64,
    reachable: u64,
    /// The maximum number of bytes that were alive but unreachable.
    falsely: u64,
}

fn run(config: Config, export: &str, argument: u32) -> Kept {
    let all = [
        numbers("random", "i64", "(call $random)", ""),
        numbers("small", "i64", "(i64.shr_u (call $random) (i64.const 34))", ""),
        // Integers up to a million.
        numbers(
            "floats",
            "f64",
            "(f64.convert_i64_u (i64.shr_u (call $random) (i64.const 44)))",
            "i64.reinterpret_f64",
        ),
    ];
    let text = PROGRAM.replace("NUMBERS", &all.concat());
    let bytes = wat::parse_str(&text).unwrap();
    let module = Arc::new(Module::new(&bytes, WasmFeatures::all()).unwrap());
    let engine = Engine::new(config).unwrap();
    let mut store = engine.store(Limits { gc_heap_bytes: 64 << 20, ..Limits::default() });
    let kept = Rc::new(RefCell::new(Kept::default()));
    let (seen, what) = (Rc::clone(&kept), format!("{export} {argument}"));
    let check = store.new_host_func(
        "check",
        FuncType::new([ValType::I32], []),
        Box::new(move |store, args| {
            let &[Val::I32(reachable)] = args else { unreachable!("called as its type says") };
            store.collect_garbage();
            let (stats, reachable) = (store.gc_stats(), u64::from(reachable));
            assert!(stats.live_bytes >= reachable, "{what}: of {reachable} bytes, {}", stats.live_bytes);
            let mut kept = seen.borrow_mut();
            kept.allocated = stats.allocated_bytes;
            kept.reachable = kept.reachable.max(reachable);
            kept.falsely = kept.falsely.max(stats.live_bytes - reachable);
            Ok(Vec::new())
        }),
    );
    let instance = store.instantiate(engine.compile(&module).unwrap(), &[Extern::Func(check)]).unwrap();
    let Some(Extern::Func(f)) = store.export(instance, export) else { panic!("{export}") };
    store.call(f, &[Val::I32(argument)]).unwrap();
    // When no code runs, nothing is retained.
    store.clear_handles();
    store.collect_garbage();
    assert_eq!(store.gc_stats().live_bytes, 0, "{export} {argument}");
    let kept = *kept.borrow();
    assert!(kept.allocated > kept.reachable, "{export}: never collected");
    kept
}

#[test]
#[ignore = "prints figures: cargo test --release --test heap retention -- --ignored --nocapture"]
fn table() {
    println!("| program | allocated | reachable | `interp` | `jit-O0` | `jit` |\n|---|--:|--:|--:|--:|--:|");
    for (export, argument) in [
        ("lists", 100),
        ("lists", 10_000),
        ("lists", 1_000_000),
        ("one of two", 10_000),
        ("one of two", 1_000_000),
        ("half a list", 10_000),
        ("half a list", 1_000_000),
        ("trees", 8),
        ("trees", 16),
        ("arrays", 10),
        ("arrays", 1000),
        ("arrays", 100_000),
        ("half a table", 10),
        ("half a table", 1000),
        ("half a table", 100_000),
        ("frames", 10),
        ("frames", 1000),
        ("small", 10),
        ("small", 1000),
        ("random", 10),
        ("random", 100),
        ("random", 1000),
        ("floats", 10),
        ("floats", 100),
        ("floats", 1000),
        ("guessed", 1000),
        ("guessed", 1_000_000),
    ] {
        let kept = configs().map(|config| run(config, export, argument));
        let falsely = kept.map(|k| format!(" {} |", k.falsely)).concat();
        println!("| {export}, {argument} | {} | {} |{falsely}", kept[0].allocated, kept[0].reachable);
    }
}

/// Of sixteen megabytes in a thousand lists, frames full of numbers retain a few lists at most. Small integers and floats are
/// below the offsets of objects, and few random 64-bit numbers are the offset of one.
#[test]
fn numbers_are_rarely_taken_for_references() {
    for config in configs() {
        for export in ["small", "floats", "random"] {
            let kept = run(config.clone(), export, 100);
            assert!(kept.falsely <= 10 * 16_000, "{export}: {kept:?}, {config:?}");
        }
    }
}

/// Leftovers of the last calls retain at most a few objects, however many were created or removed from a table; and a number that
/// happens to equal a reference retains everything that the object would.
#[test]
fn what_was_dropped_is_kept_once_or_twice() {
    for config in configs() {
        for (export, argument, most) in [
            ("lists", 1000, 3 * 16_000),
            ("one of two", 1000, 16_000),
            ("half a list", 1000, 8_000),
            ("trees", 10, 4 * (16 << 10)),
            ("arrays", 1000, 5 * 1024),
            ("half a table", 1000, 2 * 1024),
        ] {
            let kept = run(config.clone(), export, argument);
            assert!(kept.falsely <= most, "{export}: {kept:?}, {config:?}");
        }
        assert_eq!(run(config, "guessed", 1000).falsely, 16_000);
    }
}
