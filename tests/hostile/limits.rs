//! The limits of a store: each one by itself, at its edge, with the reason for the refusal, and equal on every tier.

use super::{Config, configs, decode, function, instantiate};
use wasmoon::engine::Engine;
use wasmoon::module::{FuncType, ValType};
use wasmoon::runtime::linking::InstantiateError;
use wasmoon::runtime::resource::ResourceError;
use wasmoon::runtime::store::{Abort, Extern, Limits, Store};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;

const PAGE: u64 = 65536;

fn call(store: &mut Store, instance: wasmoon::runtime::store::InstanceId, name: &str, args: &[u32]) -> i32 {
    let f = function(store, instance, name);
    let args: Vec<Val> = args.iter().map(|&a| Val::I32(a)).collect();
    match store.call(f, &args).as_deref() {
        Ok([Val::I32(v)]) => *v as i32,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn memories_are_bounded_each_and_all_together() {
    let module = decode(
        r#"(module (memory $a 2) (memory $b 3)
           (func (export "a") (param i32) (result i32) (memory.grow $a (local.get 0)))
           (func (export "b") (param i32) (result i32) (memory.grow $b (local.get 0))))"#,
    );
    for (column, config) in configs() {
        let limits = Limits { memory_bytes: 8 * PAGE, total_bytes: 12 * PAGE, ..Limits::default() };
        let (mut store, instance) = instantiate(&config, &module, limits);
        let instance = instance.expect("5 pages of 12");
        let grow = |store: &mut Store, name: &str, pages: u32| call(store, instance, name, &[pages]);
        assert_eq!(grow(&mut store, "a", 7), -1, "{column}: 9 pages of 8");
        assert_eq!(grow(&mut store, "a", 6), 2, "{column}: 8 of 8, 11 of 12");
        assert_eq!(grow(&mut store, "b", 2), -1, "{column}: 13 of 12");
        assert_eq!(grow(&mut store, "b", u32::MAX), -1, "{column}");
        assert_eq!(grow(&mut store, "b", 1), 3, "{column}: 12 of 12");
        assert_eq!(grow(&mut store, "b", 1), -1, "{column}");
        assert_eq!(grow(&mut store, "b", 0), 4, "{column}: asking costs nothing");
    }
}

#[test]
fn pages_of_one_byte_have_a_bound_of_their_own() {
    let small = |index: &str, page: u32| {
        let text = format!(
            "(module (memory {index} 2 (pagesize {page})) (func (export \"grow\") (param {index}) (result {index}) \
             (memory.grow (local.get 0))))"
        );
        decode(&text)
    };
    for (column, config) in configs() {
        let limits = Limits { one_byte_pages: 8, ..Limits::default() };
        for (index, page, grown) in [("i32", 1, -1), ("i64", 1, 2), ("i32", 65536, 2)] {
            let (mut store, instance) = instantiate(&config, &small(index, page), limits);
            let instance = instance.expect("2 pages");
            let function = function(&store, instance, "grow");
            let (arg, result) = match index {
                "i32" => (Val::I32(7), Val::I32(grown as u32)),
                _ => (Val::I64(7), Val::I64(grown as u64)),
            };
            assert_eq!(store.call(function, &[arg]), Ok(vec![result]), "{column}: {index} {page}");
        }
    }
}

#[test]
fn tables_are_bounded_each_and_all_together() {
    let module = decode(
        r#"(module (table $a 2 funcref) (table $b 3 externref)
           (func (export "a") (param i32) (result i32) (table.grow $a (ref.null func) (local.get 0)))
           (func (export "b") (param i32) (result i32) (table.grow $b (ref.null extern) (local.get 0))))"#,
    );
    for (column, config) in configs() {
        let limits = Limits { table_elements: 8, all_table_elements: 12, ..Limits::default() };
        let (mut store, instance) = instantiate(&config, &module, limits);
        let instance = instance.expect("5 elements of 12");
        let grow = |store: &mut Store, name: &str, n: u32| call(store, instance, name, &[n]);
        assert_eq!(grow(&mut store, "a", 7), -1, "{column}");
        assert_eq!(grow(&mut store, "a", 6), 2, "{column}");
        assert_eq!(grow(&mut store, "b", 2), -1, "{column}");
        assert_eq!(grow(&mut store, "b", 1), 3, "{column}");
        assert_eq!(grow(&mut store, "b", u32::MAX), -1, "{column}");
    }
}

#[test]
fn what_is_declared_too_large_is_refused_with_the_reason() {
    let limits = Limits {
        memory_bytes: 8 * PAGE,
        total_bytes: 12 * PAGE + 12 * 8,
        table_elements: 8,
        all_table_elements: 12,
        ..Limits::default()
    };
    let cases = [
        ("(memory 9)", "memory of 9 pages is over the limit of 524288 bytes"),
        ("(memory 65536)", "memory of 65536 pages is over the limit of 524288 bytes"),
        (
            "(memory 8) (memory 5)",
            "memory of 5 pages: all memories, tables, objects and stacks together would be over the limit of 786528 bytes",
        ),
        ("(table 9 funcref)", "table of 9 elements is over the limit of 8"),
        ("(table 4294967295 externref)", "table of 4294967295 elements is over the limit of 8"),
        (
            "(table 8 funcref) (table 5 funcref)",
            "table of 5 elements: all tables together would be over the limit of 12",
        ),
    ];
    for (column, config) in configs() {
        for (text, reason) in cases {
            let (mut store, end) = instantiate(&config, &decode(&format!("(module {text})")), limits);
            let Err(InstantiateError::Resource(refused)) = end else { panic!("{text} on {column}: {end:?}") };
            assert_eq!(refused.to_string(), reason, "{text} on {column}");
            // A refused request does not count towards the total.
            let full = decode("(module (memory 8) (memory 4) (table 8 funcref) (table 4 funcref))");
            let engine = wasmoon::engine::Engine::new(config.clone()).expect("an engine");
            let code = engine.compile(&full).expect("supported");
            assert!(store.instantiate(code, &[]).is_ok(), "after {text} on {column}");
        }
    }
}

/// The declarations of a module fit a limit exactly, and do not fit one lower by one.
#[test]
fn each_limit_at_its_edge() {
    type Limited = fn(u64) -> Limits;
    let memory: Limited = |n| Limits { memory_bytes: n, ..Limits::default() };
    let table: Limited = |n| Limits { table_elements: n, ..Limits::default() };
    let tables: Limited = |n| Limits { all_table_elements: n, ..Limits::default() };
    let together: Limited = |n| Limits { total_bytes: n, ..Limits::default() };
    let small_pages: Limited = |n| Limits { one_byte_pages: n, ..Limits::default() };
    let instances: Limited = |n| Limits { instances: n as u32, ..Limits::default() };
    let cases = [
        ("(memory 3)", memory, 3 * PAGE),
        ("(memory 3) (memory 2)", memory, 3 * PAGE),
        ("(memory 3)", together, 3 * PAGE),
        ("(memory 3) (memory 2)", together, 5 * PAGE),
        ("(memory 9 (pagesize 1))", memory, 9),
        ("(memory 9 (pagesize 1))", small_pages, 9),
        ("(memory 9 (pagesize 1))", together, 9),
        ("(table 5 funcref)", table, 5),
        ("(table 5 funcref) (table 7 externref)", table, 7),
        ("(table 5 funcref) (table 7 externref)", tables, 12),
        ("(table 5 funcref) (table 7 externref)", together, 12 * 8),
        ("(table 5 funcref) (memory 2)", together, 5 * 8 + 2 * PAGE),
        ("", instances, 1),
    ];
    for (column, config) in configs() {
        for (text, limits, edge) in cases {
            let module = decode(&format!("(module {text})"));
            let fits = |n| instantiate(&config, &module, limits(n)).1;
            assert!(fits(edge).is_ok(), "{text} in {edge} on {column}: {:?}", fits(edge));
            let end = fits(edge - 1);
            assert!(matches!(end, Err(InstantiateError::Resource(_))), "{text} in {} on {column}: {end:?}", edge - 1);
        }
    }
}

#[test]
fn instances_are_bounded() {
    let module = decode("(module)");
    let engine = wasmoon::engine::Engine::new(Config::default()).expect("an engine");
    let code = engine.compile(&module).expect("supported");
    let mut store = engine.store(Limits { instances: 3, ..Limits::default() });
    for _ in 0..3 {
        store.instantiate(code.clone(), &[]).expect("within the limit");
    }
    let reason = ResourceError::Instances { limit: 3 };
    assert_eq!(reason.to_string(), "more than the limit of 3 instances");
    assert_eq!(store.instantiate(code, &[]), Err(InstantiateError::Resource(reason)));
}

#[test]
fn the_heap_is_bounded() {
    // A list that only grows: each exception holds the previous one.
    let module = decode(
        r#"(module (type $list (array (mut externref)))
           (tag $e (param exnref)) (global $last (mut exnref) (ref.null exn))
           (func (export "f") (loop $again
             (block $caught (result exnref)
               (try_table (catch_all_ref $caught) (throw $e (global.get $last)))
               (unreachable))
             (global.set $last)
             (br $again))))"#,
    );
    for (column, config) in configs() {
        let limits = Limits { gc_heap_bytes: 1 << 20, ..Limits::default() };
        let (mut store, instance) = instantiate(&config, &module, limits);
        let f = function(&store, instance.expect("instantiates"), "f");
        match store.call(f, &[]) {
            Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::AllocationTooLarge, "{column}"),
            other => panic!("{column}: {other:?}"),
        }
    }
}

/// A tail call from the interpreter puts its arguments after the caller's frame, which may end far beyond the frame of the
/// function that makes the call: they fit there, or the call is refused.
#[test]
fn a_tail_call_of_the_host_fits_or_exhausts_the_stack() {
    const ARGS: usize = 1000;
    let (params, args) = (" i32".repeat(ARGS), "(local.get $n)".repeat(ARGS));
    let module = decode(&format!(
        r#"(module
           (type $host (func (param{params}) (result i32)))
           (import "host" "first" (func $first (type $host)))
           (global $entered (export "entered") (mut i32) (i32.const 0))
           (func $leaves (param $n i32) (result i32) (return_call $first {args}))
           ;; Its frame is large for what it never does.
           (func $large (param $n i32) (result i32)
             (if (i32.eqz (local.get $n))
               (then {args}{args} (call $first) (drop) {drops}))
             (global.set $entered (i32.const 1))
             (i32.add (call $leaves (local.get $n)) (i32.const 1)))
           (func $deep (export "deep") (param $n i32) (result i32)
             (if (result i32) (local.get $n)
               (then (call $deep (i32.sub (local.get $n) (i32.const 1))))
               (else (call $large (i32.const 7))))))"#,
        drops = "(drop)".repeat(ARGS)
    ));
    for (column, config) in configs() {
        let engine = Engine::new(config.clone()).expect("an engine");
        let mut store = engine.store(Limits { value_stack_bytes: 64 << 10, ..Limits::default() });
        let ty = FuncType::new([ValType::I32; ARGS], [ValType::I32]);
        let host = store.new_host_func("first", ty, Box::new(|_, args| Ok(vec![args[0]])));
        let code = engine.compile(&module).expect("supported");
        let instance = store.instantiate(code, &[Extern::Func(host)]).expect("it links");
        let deep = function(&store, instance, "deep");
        let Some(Extern::Global(entered)) = store.export(instance, "entered") else { panic!("a global") };
        let (mut refused, mut full) = (0, 0);
        for n in 0..1500 {
            store.global_set(entered, Val::I32(0));
            match store.call(deep, &[Val::I32(n)]) {
                Ok(values) => assert_eq!((values, full), (vec![Val::I32(8)], 0), "{column}: {n}"),
                Err(Abort::Trap(trap)) if trap.code == TrapCode::CallStackExhausted => {
                    full += 1;
                    refused += u32::from(store.global_get(entered) == Val::I32(1));
                }
                Err(other) => panic!("{column}: {n}: {other}"),
            }
        }
        if column == "interp" {
            assert!(full > 100 && refused > 10, "{full} calls exhausted the stack, {refused} of them at the tail call");
        }
    }
}

/// The default limits of a store are those stated in docs/limits.md.
#[test]
fn the_page_has_the_defaults() {
    let Limits {
        memory_bytes,
        one_byte_pages,
        total_bytes,
        table_elements,
        all_table_elements,
        instances: _,
        gc_heap_bytes,
        native_stack_bytes,
        value_stack_bytes,
        stacks,
    } = Limits::default();
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/limits.md")).expect("the page");
    let stated = |resource: &str| {
        let mut rows = page.lines().map(|line| line.split('|').map(str::trim).collect::<Vec<_>>());
        rows.find(|row| row.get(1) == Some(&resource)).unwrap_or_else(|| panic!("no row of {resource}"))[3].to_string()
    };
    let everything = stated("bytes of memories, tables, objects and waiting stacks together");
    assert_eq!(everything, format!("{} GiB", total_bytes >> 30));
    assert_eq!(memory_bytes, total_bytes, "one memory may have it all");
    assert_eq!(stated("of these, bytes of objects"), format!("{} GiB", gc_heap_bytes >> 30));
    let elements = format!("{} and {} million", table_elements / 1_000_000, all_table_elements / 1_000_000);
    assert_eq!(stated("elements of a table, of all"), elements);
    assert_eq!(
        stated("continuations with a stack, of up to 1 MiB each"),
        format!("{},{:03}", stacks / 1000, stacks % 1000)
    );
    assert_eq!(stated("bytes of the call stack"), format!("{} MiB", native_stack_bytes >> 20));
    assert_eq!(value_stack_bytes, native_stack_bytes);
    assert_eq!(one_byte_pages, u64::from(u32::MAX));
}
