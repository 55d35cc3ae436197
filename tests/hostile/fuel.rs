//! Fuel runs out at the same point on every tier: for every amount, the outcome, the state, the backtrace and the remaining fuel
//! are equal.

use super::{Config, Extern, Limits, configs, decode, function, instantiate};
use wasmoon::runtime::store::Abort;
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;

/// Each exports `f` (no parameters), memory `m` and global `g`.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "loops in loops, entered with values",
        r#"(func (export "f") (local $i i32) (local $j i32)
          (local.set $i (i32.const 5))
          (loop $outer
            (local.set $j (local.get $i))
            (loop $inner
              (global.set $g (i32.add (global.get $g) (local.get $j)))
              (i32.store (i32.mul (local.get $j) (i32.const 4)) (global.get $g))
              (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
            (br_if $outer (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))"#,
    ),
    (
        "a loop that tests first",
        r#"(func (export "f") (local $i i32)
          (block $done (loop $again
            (br_if $done (i32.ge_u (local.get $i) (i32.const 20)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (global.set $g (local.get $i))
            (br $again))))"#,
    ),
    (
        "recursion",
        r#"(func $fib (param i32) (result i32)
            (global.set $g (i32.add (global.get $g) (i32.const 1)))
            (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
              (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                             (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
          (func (export "f") (i32.store (i32.const 0) (call $fib (i32.const 6))))"#,
    ),
    (
        "tail calls, direct and not",
        r#"(type $t (func (param i32))) (table funcref (elem $odd $even))
          (func $even (type $t) (global.set $g (i32.add (global.get $g) (i32.const 2)))
            (if (local.get 0) (then (return_call $odd (i32.sub (local.get 0) (i32.const 1))))))
          (func $odd (type $t) (global.set $g (i32.add (global.get $g) (i32.const 3)))
            (if (local.get 0)
              (then (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
          (func (export "f") (call $even (i32.const 20)))"#,
    ),
    (
        "exceptions, thrown and caught in a loop",
        r#"(tag $t (param i32))
          (func $throw (param i32) (throw $t (local.get 0)))
          (func (export "f") (local $i i32)
            (local.set $i (i32.const 6))
            (loop $again
              (block $caught (result i32)
                (try_table (catch $t $caught) (call $throw (local.get $i)))
                (i32.const 0))
              (global.set $g (i32.add (global.get $g)))
              (br_if $again (local.tee $i (i32.sub (local.get $i) (i32.const 1))))))"#,
    ),
    (
        "branch tables",
        r#"(func (export "f") (local $i i32)
          (loop $a (loop $b (loop $c
            (global.set $g (i32.add (i32.mul (global.get $g) (i32.const 3)) (local.get $i)))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (if (i32.gt_u (local.get $i) (i32.const 12)) (then (return)))
            (br_table $a $b $c (i32.rem_u (local.get $i) (i32.const 3)))))))"#,
    ),
    (
        "bulk operations",
        r#"(func (export "f") (local $i i32)
          (loop $again
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (memory.fill (i32.const 100) (local.get $i) (i32.mul (local.get $i) (i32.const 5000)))
            (memory.copy (i32.const 30000) (i32.const 0) (i32.mul (local.get $i) (i32.const 3000)))
            (global.set $g (local.get $i))
            (br_if $again (i32.lt_u (local.get $i) (i32.const 5)))))"#,
    ),
    (
        "a loop without end, from which nothing comes out",
        r#"(func (export "f") (local $i i32)
          (global.set $g (i32.const 7))
          (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1))) (br $l)))"#,
    ),
];

/// The observations of a run with a given amount of fuel.
#[derive(Debug, PartialEq)]
struct Seen {
    end: String,
    fuel: u64,
    global: Val,
    memory: u64,
}

fn run(config: &Config, text: &str, amounts: std::ops::Range<u64>) -> Vec<Seen> {
    let module =
        decode(&format!(r#"(module (memory (export "m") 1) (global $g (export "g") (mut i32) (i32.const 0)) {text})"#));
    let config = Config { fuel: true, ..config.clone() };
    let mut all = Vec::new();
    for amount in amounts {
        let (mut store, instance) = instantiate(&config, &module, Limits::default());
        let instance = instance.expect("instantiates");
        store.set_fuel(amount);
        let f = function(&store, instance, "f");
        let end = match store.call(f, &[]) {
            Ok(_) => "returned".to_string(),
            Err(Abort::Trap(trap)) => {
                assert_eq!(trap.code, TrapCode::OutOfFuel);
                assert_eq!(trap.message, "all fuel consumed");
                let frames = trap.backtrace.iter().map(|f| format!(" {}@{:?}", f.name, f.module_offset));
                frames.collect::<String>()
            }
            Err(other) => panic!("{other:?}"),
        };
        let (Some(Extern::Global(g)), Some(Extern::Memory(m))) =
            (store.export(instance, "g"), store.export(instance, "m"))
        else {
            panic!("exports");
        };
        let memory = store.memory_bytes(m).iter().fold(0u64, |hash, &b| hash.wrapping_mul(31).wrapping_add(b.into()));
        all.push(Seen { end, fuel: store.fuel(), global: store.global_get(g), memory });
    }
    all
}

#[test]
fn runs_out_at_the_same_point_everywhere() {
    for (name, text) in PROGRAMS {
        let endless = name.contains("without end");
        let mut first: Option<Vec<Seen>> = None;
        for (column, config) in configs() {
            let seen = run(&config, text, 0..48);
            let end = &seen[0].end;
            assert!(end.is_empty() || end.starts_with(' '), "{name}: nothing runs without fuel");
            assert!(endless || seen[47].end == "returned", "{name} on {column}: {:?}", seen[47]);
            assert!(seen.iter().any(|s| s.end != "returned"), "{name} on {column} takes no fuel");
            match &first {
                None => first = Some(seen),
                Some(expected) => {
                    for (amount, (a, b)) in expected.iter().zip(&seen).enumerate() {
                        assert_eq!(a, b, "{name}, {amount} units: interp and {column}");
                    }
                }
            }
        }
    }
}

#[test]
fn code_that_does_not_count_is_never_out_of_fuel() {
    let module =
        decode(r#"(module (memory 1) (func (export "f") (memory.fill (i32.const 0) (i32.const 1) (i32.const 4000))))"#);
    for (column, config) in configs() {
        let (mut store, instance) = instantiate(&config, &module, Limits::default());
        let f = function(&store, instance.expect("instantiates"), "f");
        store.set_fuel(0);
        assert_eq!(store.call(f, &[]), Ok(vec![]), "{column}");
    }
}

/// A bulk operation whose length is the parameter: the bytes that it moves for each item, and the trap for an impossible length,
/// if that is checked first.
struct Bulk {
    what: String,
    unit: u64,
    /// How often it moves and pays for each byte.
    times: u64,
    too_long: Option<TrapCode>,
}

fn bulk_operations() -> Vec<Bulk> {
    let n = "(local.get 0)";
    let zero = "(i32.const 0)";
    let mut all = Vec::new();
    let mut add = |what: String, unit, too_long| all.push(Bulk { what, unit, times: 1, too_long });
    let memory = Some(TrapCode::MemoryOutOfBounds);
    add(format!("(memory.fill {zero} {zero} {n})"), 1, memory);
    add(format!("(memory.copy (i32.const 7) {zero} {n})"), 1, memory);
    add(format!("(memory.init $d {zero} {zero} {n})"), 1, memory);
    let table = Some(TrapCode::TableOutOfBounds);
    add(format!("(table.fill $t {zero} (ref.null func) {n})"), 8, table);
    add(format!("(table.copy $t $u {zero} (i32.const 7) {n})"), 8, table);
    add(format!("(table.init $t $e {zero} {zero} {n})"), 8, table);
    let array = Some(TrapCode::ArrayOutOfBounds);
    for (ty, value, unit) in [
        ("i8", "i32.const 0", 1),
        ("i16", "i32.const 0", 2),
        ("i32", "i32.const 0", 4),
        ("f32", "f32.const 0", 4),
        ("i64", "i64.const 0", 8),
        ("f64", "f64.const 0", 8),
        ("v128", "v128.const i64x2 0 0", 16),
    ] {
        add(format!("(drop (array.new_default ${ty} {n}))"), unit, None);
        add(format!("(drop (array.new_data ${ty} $d {zero} {n}))"), unit, memory);
        add(format!("(array.fill ${ty} (global.get ${ty}) {zero} ({value}) {n})"), unit, array);
        add(format!("(array.copy ${ty} ${ty} (global.get ${ty}) {zero} (global.get ${ty}) {zero} {n})"), unit, array);
        add(format!("(array.init_data ${ty} $d (global.get ${ty}) {zero} {zero} {n})"), unit, array);
    }
    add(format!("(drop (array.new_elem $func $e {zero} {n}))"), 8, table);
    add(format!("(array.fill $func (global.get $func) {zero} (ref.null func) {n})"), 8, array);
    add(format!("(array.init_elem $func $e (global.get $func) {zero} {zero} {n})"), 8, array);
    // An array is created and then filled, even with its default value.
    for (ty, values, unit) in [
        ("i8", ["i32.const 0", "i32.const 1"], 1),
        ("i16", ["i32.const 0", "i32.const 1"], 2),
        ("i32", ["i32.const 0", "local.get 0"], 4),
        ("f32", ["f32.const 0", "f32.const -0"], 4),
        ("i64", ["i64.const 0", "i64.const 1"], 8),
        ("f64", ["f64.const 0", "f64.const -0"], 8),
        ("func", ["ref.null func", "ref.func $g"], 8),
        ("v128", ["v128.const i64x2 0 0", "v128.const i64x2 1 2"], 16),
    ] {
        for value in values {
            let what = format!("(drop (array.new ${ty} ({value}) {n}))");
            all.push(Bulk { what, unit, times: 2, too_long: None });
        }
    }
    all
}

/// A bulk operation costs one unit for each whole 4 KiB; bounds are checked before.
#[test]
fn each_bulk_operation_pays_for_what_it_moves() {
    let types = ["i8", "i16", "i32", "f32", "i64", "f64", "v128"];
    let mut declarations: String = types
        .iter()
        .map(|ty| {
            format!(
                "(type ${ty} (array (mut {ty}))) (global ${ty} (ref ${ty}) (array.new_default ${ty} (i32.const 9000)))"
            )
        })
        .collect();
    declarations += "(type $func (array (mut funcref)))
        (global $func (ref $func) (array.new_default $func (i32.const 2000)))
        (memory 1) (table $t 2000 funcref) (table $u 2000 funcref)";
    let data = format!("(data $d \"{}\")", "0".repeat(9000));
    let elements = format!("(elem $e func {})", "$g ".repeat(2000));
    for (column, config) in configs().into_iter().filter(|(column, _)| ["interp", "jit"].contains(column)) {
        let config = Config { fuel: true, ..config };
        // A structure pays for its size including the header, 16 bytes more than its fields; an array pays for its elements.
        let structure = |fields: usize, make: &str| {
            format!(
                r#"(module (type $s (struct {})) (func (export "f") (drop {make})))"#,
                "(field v128)".repeat(fields)
            )
        };
        let values = |n: usize| "(v128.const i64x2 1 2)".repeat(n);
        let defaults = [(254, 0), (255, 1), (510, 1), (511, 2), (9_999, 39)]
            .map(|(fields, cost)| (structure(fields, "(struct.new_default $s)"), fields, cost));
        let made = [(254, 0), (255, 1), (510, 1), (511, 2)]
            .map(|(fields, cost)| (structure(fields, &format!("(struct.new $s {})", values(fields))), fields, cost));
        let arrays = [(255, 0), (256, 1), (511, 1), (512, 2)].map(|(n, cost)| {
            let make = format!("(array.new_fixed $a {n} {})", values(n));
            (format!(r#"(module (type $a (array v128)) (func (export "f") (drop {make})))"#), n, cost)
        });
        for (text, fields, cost) in defaults.into_iter().chain(made).chain(arrays) {
            let (mut store, instance) = instantiate(&config, &decode(&text), Limits::default());
            let f = function(&store, instance.expect("instantiates"), "f");
            store.set_fuel(1 + cost);
            assert_eq!((store.call(f, &[]), store.fuel()), (Ok(Vec::new()), 0), "{column}: {fields} fields");
            if cost > 0 {
                store.set_fuel(cost);
                let end = store.call(f, &[]);
                assert!(
                    matches!(&end, Err(Abort::Trap(trap)) if trap.code == TrapCode::OutOfFuel),
                    "{column}: {end:?}"
                );
            }
        }
        for Bulk { what, unit, times, too_long } in bulk_operations() {
            let function_text = format!("(func (export \"f\") (param i32) {what})");
            let module = decode(&format!("(module {declarations} {data} {elements} (func $g) {function_text})"));
            let (mut store, instance) = instantiate(&config, &module, Limits::default());
            let f = function(&store, instance.expect("instantiates"), "f");
            let mut call = |fuel: u64, n: u64| {
                store.set_fuel(fuel);
                let end = store.call(f, &[Val::I32(n as u32)]);
                let code = end.err().map(|abort| match abort {
                    Abort::Trap(trap) => trap.code,
                    other => panic!("{other:?}"),
                });
                (code, store.fuel())
            };
            for n in [0, 4096 / unit - 1, 4096 / unit, 8192 / unit - 1, 8192 / unit] {
                // Entering the function costs one unit.
                let cost = 1 + times * (n * unit / 4096);
                assert_eq!(call(1000, n), (None, 1000 - cost), "{column}: {what} of {n}");
                assert_eq!(call(cost, n), (None, 0), "{column}: {what} of {n}");
                assert_eq!(call(cost - 1, n), (Some(TrapCode::OutOfFuel), 0), "{column}: {what} of {n}");
            }
            if too_long.is_some() {
                assert_eq!(call(1, 0x7fff_ffff), (too_long, 0), "{column}: {what}");
            }
        }
    }
}
