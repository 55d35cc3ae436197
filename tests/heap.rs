//! Programs that strain the heap: much garbage in little memory, long lists, cycles, unusual sizes; and the objects that
//! conservative scanning retains.

#[path = "heap/retention.rs"]
mod retention;

use std::sync::Arc;
use wasmoon::engine::{Config, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::runtime::heap::HeapStats;
use wasmoon::runtime::store::{Abort, Extern, InstanceId, Limits, Store};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::{FuncRef, Ref, Val};

const PROGRAM: &str = r#"(module
  (type $cell (struct (field (mut i32)) (field (mut (ref null $cell)))))
  (type $node (struct (field (mut (ref null $node))) (field (mut (ref null $node)))))
  (type $b (array (mut i8))) (type $h (array (mut i16))) (type $w (array (mut i32))) (type $d (array (mut i64)))
  (type $v (array (mut v128))) (type $r (array (mut anyref)))
  (global $kept (mut anyref) (ref.null any))

  ;; Lists of $len, each made and summed and forgotten, $times over.
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
  (func (export "churn") (param $times i32) (param $len i32) (result i64) (local $n i64)
    (loop $next
      (local.set $n (i64.add (local.get $n) (call $sum (call $list (local.get $len)))))
      (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $n))

  (func (export "keep-list") (param i32) (global.set $kept (call $list (local.get 0))))
  (func (export "sum-kept") (result i64) (call $sum (ref.cast (ref null $cell) (global.get $kept))))
  (func (export "forget") (global.set $kept (ref.null any)))
  (func (export "return-list") (param i32) (result anyref) (call $list (local.get 0)))
  (func (export "sum") (param anyref) (result i64) (call $sum (ref.cast (ref null $cell) (local.get 0))))

  ;; Rings of $len, which nothing refers to.
  (func (export "rings") (param $times i32) (param $len i32)
    (local $first (ref null $cell)) (local $last (ref null $cell))
    (loop $next
      (local.set $first (call $list (local.get $len)))
      (local.set $last (local.get $first))
      (block $end (loop $on
        (br_if $end (ref.is_null (struct.get $cell 1 (local.get $last))))
        (local.set $last (struct.get $cell 1 (local.get $last)))
        (br $on)))
      (struct.set $cell 1 (local.get $last) (local.get $first))
      (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))

  (func $tree (export "tree") (param $depth i32) (result (ref $node))
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
  (func (export "trees") (param $times i32) (param $depth i32) (result i32) (local $n i32)
    (loop $next
      (local.set $n (i32.add (local.get $n) (call $count (call $tree (local.get $depth)))))
      (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $n))

  (func (export "large-1") (param i32) (result i32) (array.len (array.new_default $b (local.get 0))))
  (func (export "large-2") (param i32) (result i32) (array.len (array.new_default $h (local.get 0))))
  (func (export "large-4") (param i32) (result i32) (array.len (array.new $w (i32.const -1) (local.get 0))))
  (func (export "large-8") (param i32) (result i32) (array.len (array.new_default $d (local.get 0))))
  (func (export "large-16") (param i32) (result i32) (array.len (array.new $v (v128.const i64x2 1 2) (local.get 0))))
  (func (export "large-ref") (param i32) (result i32)
    (array.len (array.new $r (ref.i31 (i32.const 1)) (local.get 0)))))"#;

/// The interpreter, and the JIT with and without optimization.
fn configs() -> [Config; 3] {
    let jit = Config { mode: Mode::All(Tier::Jit), ..Config::default() };
    let interp = Config { mode: Mode::All(Tier::Interp), ..Config::default() };
    [interp, Config { opt: OptLevel::O0, ..jit.clone() }, jit]
}

/// Returns an instance of the program on each of them.
fn programs(text: &str, heap: u64) -> impl Iterator<Item = Program> {
    configs().into_iter().map(move |config| Program::new(config, text, heap))
}

struct Program {
    store: Store,
    instance: InstanceId,
}

impl Program {
    fn new(config: Config, text: &str, heap: u64) -> Program {
        let bytes = wat::parse_str(text).unwrap();
        let module = Arc::new(Module::new(&bytes, WasmFeatures::all()).unwrap());
        let engine = Engine::new(config).unwrap();
        let mut store = engine.store(Limits { gc_heap_bytes: heap, ..Limits::default() });
        let instance = store.instantiate(engine.compile(&module).unwrap(), &[]).unwrap();
        Program { store, instance }
    }

    fn function(&self, name: &str) -> FuncRef {
        match self.store.export(self.instance, name) {
            Some(Extern::Func(func)) => func,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn call(&mut self, name: &str, args: &[u32]) -> Result<Vec<Val>, Abort> {
        let args: Vec<Val> = args.iter().map(|&v| Val::I32(v)).collect();
        self.store.call(self.function(name), &args)
    }

    fn ok(&mut self, name: &str, args: &[u32]) -> Vec<Val> {
        self.call(name, args).unwrap_or_else(|e| panic!("{name}: {e:?}"))
    }

    fn stats(&self) -> HeapStats {
        self.store.gc_stats()
    }
}

fn too_large(result: Result<Vec<Val>, Abort>) -> bool {
    matches!(result, Err(Abort::Trap(trap)) if trap.code == TrapCode::AllocationTooLarge)
}

fn sum_to(n: u64) -> u64 {
    n * (n + 1) / 2
}

/// Allocates `total` bytes of lists in a heap of `heap` bytes.
fn churn(total: u64, heap: u64) {
    const LEN: u32 = 10_000;
    for mut program in programs(PROGRAM, heap) {
        let times = total / (u64::from(LEN) * 16);
        assert_eq!(program.ok("churn", &[times as u32, LEN]), [Val::I64(times * sum_to(LEN.into()))]);
        let stats = program.stats();
        assert_eq!(stats.allocated_objects, times * u64::from(LEN));
        assert!(stats.allocated_bytes >= total - u64::from(LEN) * 16);
        assert!(stats.peak_bytes <= heap, "{stats:?}");
        assert!(stats.collections >= total / heap, "{stats:?}");
    }
}

#[test]
fn much_garbage_in_little_memory() {
    churn(256 << 20, 2 << 20);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test heap -- --ignored"]
fn a_hundred_gigabytes_in_64_megabytes() {
    churn(100 << 30, 64 << 20);
}

fn long_list(len: u32, heap: u64) {
    for mut program in programs(PROGRAM, heap) {
        program.ok("keep-list", &[len]);
        program.store.collect_garbage();
        assert_eq!(program.stats().live_objects, u64::from(len));
        assert_eq!(program.ok("sum-kept", &[]), [Val::I64(sum_to(len.into()))]);
        program.ok("forget", &[]);
        program.store.collect_garbage();
        assert_eq!(program.stats().live_objects, 0);
    }
}

#[test]
fn a_list_of_a_million() {
    long_list(1_000_000, 32 << 20);
}

#[test]
#[ignore = "takes 160 MB: cargo test --release --test heap -- --ignored"]
fn a_list_of_ten_million() {
    long_list(10_000_000, 256 << 20);
}

#[test]
fn cycles_are_collected() {
    for mut program in programs(PROGRAM, 1 << 20) {
        program.ok("rings", &[5000, 100]);
        assert!(program.stats().allocated_objects == 500_000 && program.stats().peak_bytes <= 1 << 20);
        program.store.collect_garbage();
        assert_eq!(program.stats().live_objects, 0);
    }
}

#[test]
fn trees_are_whole() {
    for mut program in programs(PROGRAM, 4 << 20) {
        assert_eq!(program.ok("trees", &[60, 12]), [Val::I32(60 * ((1 << 13) - 1))]);
        assert!(program.stats().collections > 1);
    }
}

#[test]
fn what_the_host_holds_stays() {
    for mut program in programs(PROGRAM, 2 << 20) {
        let list = program.ok("return-list", &[1000]);
        program.ok("churn", &[100, 10_000]);
        let sum = program.function("sum");
        assert_eq!(program.store.call(sum, &list), Ok(vec![Val::I64(sum_to(1000))]));
        program.store.clear_handles();
        program.store.collect_garbage();
        assert_eq!(program.stats().live_objects, 0);
        assert!(matches!(list[0], Val::Ref(Ref::Gc(_))));
    }
}

/// After code has returned, conservative scanning retains no dropped objects, since only the used part of a stack is scanned.
/// While code runs, it retains only the list being built and three dead ones out of a thousand.
#[test]
fn conservative_scanning_keeps_little() {
    for mut program in programs(PROGRAM, 16 << 20) {
        program.ok("churn", &[1000, 1000]);
        // All collections happened during calls.
        let stats = program.stats();
        assert!(stats.collections > 3 && stats.live_objects <= 4 * 1000, "{stats:?}");
        program.store.collect_garbage();
        assert_eq!(program.stats().live_objects, 0);
    }
}

#[test]
fn weird_sizes() {
    for mut program in programs(PROGRAM, 8 << 20) {
        for (name, size) in
            [("large-1", 1), ("large-2", 2), ("large-4", 4), ("large-8", 8), ("large-16", 16), ("large-ref", 4u32)]
        {
            // Lengths whose sizes wrap around 32 bits, or nearly do.
            for len in [
                u32::MAX,
                u32::MAX / size,
                (u32::MAX / size).saturating_add(1),
                (1 << 31) / size,
                (1 << 28) + 1,
                (8 << 20) / size,
            ] {
                assert!(too_large(program.call(name, &[len])), "{name} of {len}");
            }
            // An array that fits can be allocated again and again.
            for len in [0, 1, (4 << 20) / size, (6 << 20) / size, 16 << 10, (4 << 20) / size] {
                // Between calls, since leftovers of this call on the stack may keep its array alive during the next one.
                program.store.collect_garbage();
                assert_eq!(program.ok(name, &[len]), [Val::I32(len)], "{name}");
            }
        }
        program.store.collect_garbage();
        assert_eq!(program.stats().live_objects, 0);
    }
}

#[test]
fn a_structure_of_ten_thousand_vectors() {
    let fields = "(field (mut v128))".repeat(9_999);
    let text = format!(
        r#"(module (type $s (struct {fields} (field (mut anyref))))
          (func (export "f") (param $n i32) (result i32) (local $s (ref null $s)) (local $kept (ref null $s))
            (local.set $kept (struct.new_default $s))
            (struct.set $s 9999 (local.get $kept) (ref.i31 (i32.const 7)))
            (loop $next
              (local.set $s (struct.new_default $s))
              (struct.set $s 9998 (local.get $s) (v128.const i64x2 1 2))
              (struct.set $s 9999 (local.get $s) (local.get $kept))
              (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (i32.add
              (i32.wrap_i64 (i64x2.extract_lane 1 (struct.get $s 9998 (local.get $s))))
              (i31.get_s (ref.cast (ref i31)
                (struct.get $s 9999 (ref.cast (ref $s) (struct.get $s 9999 (local.get $s)))))))))"#
    );
    for mut program in programs(&text, 2 << 20) {
        assert_eq!(program.ok("f", &[100]), [Val::I32(9)]);
        let stats = program.stats();
        assert!(stats.collections > 3 && stats.allocated_bytes > 100 * 160_000, "{stats:?}");
    }
}

/// In a full heap, an allocation traps, and released objects make room for the next one.
#[test]
fn a_full_heap_is_a_trap() {
    for mut program in programs(PROGRAM, 1 << 20) {
        assert!(too_large(program.call("keep-list", &[1_000_000])));
        program.store.collect_garbage();
        program.ok("keep-list", &[30_000]);
        program.store.collect_garbage();
        assert!(too_large(program.call("return-list", &[60_000])));
        program.ok("forget", &[]);
        program.store.collect_garbage();
        program.ok("return-list", &[60_000]);
    }
}

/// Every operator that creates an object traps if there is no room for the smallest one.
#[test]
fn every_operator_that_allocates_traps_in_a_full_heap() {
    for (operator, code) in [
        ("struct.new", "(drop (struct.new $s (i32.const 1)))"),
        ("struct.new_default", "(drop (struct.new_default $s))"),
        ("array.new", "(drop (array.new $a (i32.const 1) (i32.const 3)))"),
        ("array.new_default", "(drop (array.new_default $a (i32.const 3)))"),
        ("array.new_fixed", "(drop (array.new_fixed $a 1 (i32.const 1)))"),
        ("array.new_data", "(drop (array.new_data $a $bytes (i32.const 0) (i32.const 1)))"),
        ("array.new_elem", "(drop (array.new_elem $refs $functions (i32.const 0) (i32.const 1)))"),
        ("throw", "(throw $e (i32.const 1))"),
        ("cont.new", "(drop (cont.new $c (ref.func $ends)))"),
        ("cont.bind", "(drop (cont.bind $c1 $c (i32.const 1) (global.get $unbound)))"),
        ("suspend", "(drop (block $h (result (ref $c)) (resume $c (on $t $h) (global.get $suspends)) (return)))"),
        ("switch", "(resume $c (on $t switch) (global.get $switches))"),
        ("resume_throw", "(resume_throw $c $e (i32.const 1) (global.get $suspends))"),
    ] {
        let text = format!(
            r#"(module
              (type $s (struct (field i32))) (type $a (array i8)) (type $refs (array funcref))
              (type $f (func)) (type $c (cont $f)) (type $f1 (func (param i32))) (type $c1 (cont $f1))
              (type $fc (func (param (ref null $c)))) (type $cc (cont $fc))
              (type $node (struct (field (ref null $node))))
              (tag $e (param i32)) (tag $t)
              (data $bytes "a") (elem $functions func $ends $ends1 $endsc $suspend $switch)
              (global $list (mut (ref null $node)) (ref.null $node))
              (global $unbound (mut (ref null $c1)) (ref.null $c1))
              (global $suspends (mut (ref null $c)) (ref.null $c))
              (global $switches (mut (ref null $c)) (ref.null $c))
              (global $other (mut (ref null $cc)) (ref.null $cc))
              (func $ends) (func $ends1 (param i32)) (func $endsc (param (ref null $c)))
              (func $suspend (suspend $t)) (func $switch (switch $cc $t (global.get $other)))
              (func (export "make")
                (global.set $unbound (cont.new $c1 (ref.func $ends1)))
                (global.set $suspends (cont.new $c (ref.func $suspend)))
                (global.set $switches (cont.new $c (ref.func $switch)))
                (global.set $other (cont.new $cc (ref.func $endsc))))
              (func (export "fill") (loop (global.set $list (struct.new $node (global.get $list))) (br 0)))
              (func (export "allocate") {code}))"#
        );
        for (mut program, mut empty) in programs(&text, 1 << 16).zip(programs(&text, 1 << 16)) {
            program.ok("make", &[]);
            assert!(too_large(program.call("fill", &[])), "{operator}");
            assert!(too_large(program.call("allocate", &[])), "{operator}");
            empty.ok("make", &[]);
            let ended = empty.call("allocate", &[]);
            assert_eq!(ended.is_err(), ["throw", "resume_throw"].contains(&operator), "{operator}: {ended:?}");
            assert!(!too_large(ended), "{operator}");
        }
    }
}

/// Each array element and each structure field is the only reference to an object: the collector finds all objects, and so does
/// the marker that it is compared with after each call.
#[test]
fn what_objects_alone_lead_to_is_kept() {
    let text = r#"(module
      (type $leaf (struct (field i32)))
      (type $list (array (ref null $leaf)))
      (type $pair (struct (field (ref $leaf) (ref $list) (ref $leaf))))
      (global $kept (mut (ref null $pair)) (struct.new $pair
        (struct.new $leaf (i32.const 1))
        (array.new_fixed $list 3
          (struct.new $leaf (i32.const 2)) (struct.new $leaf (i32.const 3)) (struct.new $leaf (i32.const 4)))
        (struct.new $leaf (i32.const 5))))
      (func (export "f"))
      (func (export "forget") (global.set $kept (ref.null $pair))))"#;
    let module = Arc::new(Module::new(&wat::parse_str(text).expect("a module"), WasmFeatures::all()).expect("valid"));
    let config = Config { mode: Mode::All(Tier::Interp), paranoid: true, ..Config::default() };
    let engine = Engine::new(config).expect("a configuration");
    let mut store = engine.store(Limits::default());
    let instance = store.instantiate(engine.compile(&module).expect("supported"), &[]).expect("links");
    for (name, objects) in [("f", 7), ("forget", 0)] {
        let Some(Extern::Func(f)) = store.export(instance, name) else { panic!("a function") };
        store.call(f, &[]).expect("returns");
        assert_eq!(store.gc_stats().live_objects, objects, "after {name}");
    }
}
