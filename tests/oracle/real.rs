//! Every kind of request in the protocol, on each real oracle and on `examples/driver.rs`, which is always available: one trial
//! for each test and oracle.

use crate::support::{self, Missing, lacking};
use libtest_mimic::Trial;
use std::path::Path;
use std::time::Duration;
use wasmoon::oracle::{
    ENGINES, JobError, MemoryState, Oracle, OracleCall, OracleEnd, OracleError, OracleJob, OracleReport, OracleState,
    OracleTrap, OracleValue, StateReads, TableState, digest,
};
use wasmoon::runtime::trap::TrapCode;

/// The name for the example driver as an oracle.
const EXAMPLE: &str = "example";

/// Opens an oracle. Its tools are listed in ci/tools; if they are installed, it must open.
fn open(name: &str) -> Result<Oracle, Missing> {
    if name == EXAMPLE {
        let driver = Path::new(env!("CARGO_BIN_EXE_wasmoon")).with_file_name("examples").join("driver");
        lacking("examples", driver.exists())?;
        return Ok(Oracle::open(&format!("cmd:{}", driver.display())).unwrap_or_else(|e| panic!("{e}")));
    }
    support::engine(name)?;
    Ok(Oracle::open(name).unwrap_or_else(|e| panic!("{e}")))
}

/// Whether the engine has all proposals that the tests use.
fn knows_all(oracle: &Oracle) -> bool {
    let identity = oracle.identity();
    (identity.name == "wasmtime" && !identity.version.contains("Winch")) || identity.name == "embedded"
}

/// The proposals that a module with structure or function types needs.
const GC: &[&str] = &["reference-types", "function-references", "gc"];

/// Checks that an engine lacks nothing that a job needs.
///
/// # Errors
/// It lacks some of these proposals, as its answers to samples of them say, so the test is ignored.
///
/// # Panics
/// It lacks something else, or is an engine that lacks nothing.
fn has(oracle: &Oracle, end: &OracleEnd, proposals: &[&str]) -> Result<(), Missing> {
    let OracleEnd::Unsupported(what) = end else { return Ok(()) };
    let engine = oracle.identity().to_string();
    let known = |lacks: &str| proposals.contains(&lacks);
    assert!(!knows_all(oracle) && what.split(", ").all(known), "{engine}: lacks {what}, and may lack {proposals:?}");
    Err(Missing::Ability { engine, what: what.clone() })
}

/// A test and its name.
type Test = (&'static str, fn(Oracle) -> Result<(), Missing>);

/// A trial for each test and oracle, as `limits_are_obeyed::v8`.
pub fn trials() -> Vec<Trial> {
    const TESTS: &[Test] = &[
        ("values_come_and_go_by_their_bits", values_come_and_go_by_their_bits),
        ("traps_are_distinguished", traps_are_distinguished),
        ("no_room_for_an_object_is_a_trap", no_room_for_an_object_is_a_trap),
        ("exceptions_come_with_tag_and_payload", exceptions_come_with_tag_and_payload),
        ("state_is_seen_after_each_call", state_is_seen_after_each_call),
        ("what_the_start_function_does_is_seen", what_the_start_function_does_is_seen),
        ("limits_are_obeyed", limits_are_obeyed),
        ("typed_references_and_their_types_are_copied", typed_references_and_their_types_are_copied),
        ("a_module_is_linked_with_its_provider", a_module_is_linked_with_its_provider),
        ("a_job_that_makes_no_sense_is_refused", a_job_that_makes_no_sense_is_refused),
        ("an_endless_loop_is_a_time_out_and_the_next_job_runs", an_endless_loop_is_a_time_out_and_the_next_job_runs),
        ("external_references_are_made_where_gc_is", external_references_are_made_where_gc_is),
        ("memories_of_all_kinds_are_hashed_where_they_are", memories_of_all_kinds_are_hashed_where_they_are),
    ];
    let oracles = || ENGINES.iter().map(|engine| engine.name).chain([EXAMPLE]);
    let all = TESTS.iter().flat_map(|test| oracles().map(move |oracle| (*test, oracle)));
    // JavaScript has no configurable limits.
    let limited = |oracle: &str| oracle.starts_with("wasmtime") || oracle == "wasmi";
    let all = all.filter(|((test, _), oracle)| *test != "limits_are_obeyed" || limited(oracle));
    // These engines crash on the modules of the tests (docs/engines.md), have room for the largest object, or have no limit.
    let left_out = [
        ("no_room_for_an_object_is_a_trap", "spidermonkey"),
        ("no_room_for_an_object_is_a_trap", EXAMPLE),
        ("state_is_seen_after_each_call", "stitch"),
        ("a_module_is_linked_with_its_provider", "stitch"),
        ("external_references_are_made_where_gc_is", "wasmer-singlepass"),
    ];
    let all = all.filter(|((test, _), oracle)| !left_out.contains(&(*test, *oracle)));
    let trial = |((name, test), oracle): (Test, &'static str)| {
        support::trial(format!("{name}::{oracle}"), move || test(open(oracle)?))
    };
    all.map(trial).collect()
}

fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

fn job(text: &str, calls: &[(&str, &[OracleValue])]) -> OracleJob {
    OracleJob {
        bytes: binary(text),
        provider: None,
        calls: calls
            .iter()
            .map(|(export, args)| OracleCall { export: export.to_string(), args: args.to_vec() })
            .collect(),
        fuel: None,
        state: StateReads::EachCall,
        limits: None,
        contents: false,
        timeout: Duration::from_secs(60),
    }
}

fn ends(seen: &OracleReport) -> Vec<&OracleEnd> {
    seen.calls.iter().map(|c| &c.0).collect()
}

fn values_come_and_go_by_their_bits(mut oracle: Oracle) -> Result<(), Missing> {
    let text = r#"(module
        (func (export "all") (param i32 i64 f32 f64 v128 externref) (result externref v128 f64 f32 i64 i32)
            local.get 5 local.get 4 local.get 3 local.get 2 local.get 1 local.get 0)
        (func (export "none")))"#;
    let args = [
        OracleValue::I32(0xffff_fffe),
        OracleValue::I64(0x8000_0000_0000_0001),
        OracleValue::F32(0x7fa0_0001),
        OracleValue::F64(0xfff4_0000_0000_0001),
        OracleValue::V128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
        OracleValue::Null,
    ];
    let mut back = args.to_vec();
    back.reverse();
    let seen = oracle.observe(&job(text, &[("all", &args), ("none", &[])])).unwrap();
    has(&oracle, &seen.start, &["simd", "reference-types"])?;
    assert_eq!(ends(&seen), [&OracleEnd::Values(back.clone()), &OracleEnd::Values(vec![])], "{}", oracle.identity());
    Ok(())
}

fn traps_are_distinguished(mut oracle: Oracle) -> Result<(), Missing> {
    let text = r#"(module
        (memory 1) (table 1 funcref) (type $t (func)) (func $deep (export "deep") call $deep)
        (func (export "unreachable") unreachable)
        (func (export "memory") i32.const 65536 i32.load drop)
        (func (export "undefined") i32.const 1 call_indirect (type $t))
        (func (export "uninitialized") i32.const 0 call_indirect (type $t))
        (func (export "zero") i32.const 1 i32.const 0 i32.div_s drop)
        (func (export "overflow") i32.const 0x80000000 i32.const -1 i32.div_s drop)
        (func (export "conversion") f32.const nan i32.trunc_f32_s drop))"#;
    let expected = [
        ("unreachable", TrapCode::Unreachable),
        ("memory", TrapCode::MemoryOutOfBounds),
        ("undefined", TrapCode::UndefinedElement),
        ("uninitialized", TrapCode::UninitializedElement),
        ("zero", TrapCode::IntegerDivideByZero),
        ("overflow", TrapCode::IntegerOverflow),
        ("conversion", TrapCode::InvalidConversionToInteger),
    ];
    let none: &[OracleValue] = &[];
    let mut calls: Vec<(&str, &[OracleValue])> = expected.iter().map(|(name, _)| (*name, none)).collect();
    calls.push(("deep", none));
    let seen = oracle.observe(&job(text, &calls)).unwrap();
    for ((name, code), (end, _)) in expected.iter().zip(&seen.calls) {
        let OracleEnd::Trap(trap) = end else { panic!("{}: {name}: {end:?}", oracle.identity()) };
        assert!(trap.agrees(*code) && !trap.codes.is_empty(), "{}: {name}: {trap:?}", oracle.identity());
    }
    assert_eq!(seen.calls.last().unwrap().0, OracleEnd::Exhausted, "{}", oracle.identity());
    Ok(())
}

fn no_room_for_an_object_is_a_trap(mut oracle: Oracle) -> Result<(), Missing> {
    let text = r#"(module
        (type $t (array i8))
        (func (export "large") (drop (array.new $t (i32.const 1) (i32.const 0x60000000))))
        (func (export "small") (result i32) (array.len (array.new $t (i32.const 1) (i32.const 1000)))))"#;
    let job = OracleJob { limits: Some((64 << 20, 1000)), ..job(text, &[("large", &[]), ("small", &[])]) };
    let seen = oracle.observe(&job).unwrap();
    has(&oracle, &seen.start, GC)?;
    let [OracleEnd::Trap(trap), OracleEnd::Values(values)] = ends(&seen)[..] else {
        panic!("{}: {seen:?}", oracle.identity())
    };
    assert_eq!(trap.codes.first(), Some(&TrapCode::AllocationTooLarge), "{}", oracle.identity());
    assert_eq!(values[..], [OracleValue::I32(1000)], "{}", oracle.identity());
    Ok(())
}

fn exceptions_come_with_tag_and_payload(mut oracle: Oracle) -> Result<(), Missing> {
    let text = r#"(module
        (tag $hidden) (tag $e (export "e") (param i32 f64)) (export "again" (tag $e))
        (func (export "known") (result i32) i32.const 7 f64.const nan:0x4000000000001 throw $e)
        (func (export "hidden") throw $hidden)
        (func (export "none") (result i32) i32.const 1))"#;
    let seen = oracle.observe(&job(text, &[("known", &[]), ("hidden", &[]), ("none", &[])])).unwrap();
    has(&oracle, &seen.start, &["exceptions"])?;
    let payload = vec![OracleValue::I32(7), OracleValue::F64(0x7ff4_0000_0000_0001)];
    let known = if oracle.catches() {
        OracleEnd::Exception { tag: Some("e".into()), payload }
    } else {
        OracleEnd::Exception { tag: None, payload: vec![] }
    };
    let hidden = OracleEnd::Exception { tag: None, payload: vec![] };
    let expected = [&known, &hidden, &OracleEnd::Values(vec![OracleValue::I32(1)])];
    assert_eq!(ends(&seen), expected, "{}", oracle.identity());
    Ok(())
}

fn state_is_seen_after_each_call(mut oracle: Oracle) -> Result<(), Missing> {
    let text = r#"(module
        (memory (export "m") 1 3) (data (i32.const 3) "abc")
        (table (export "t") 2 4 funcref) (elem (i32.const 1) $f)
        (global (export "g") (mut f32) (f32.const nan:0x200001))
        (global (export "fuel") (mut i32) (i32.const -1))
        (func $f (export "f") (result i32)
            i32.const 65536 memory.grow drop i32.const 1 memory.grow drop
            i32.const 65535 i32.const 1 i32.store8
            f32.const 1 global.set 0
            global.get 1))"#;
    let mut job = job(text, &[("f", &[])]);
    job.fuel = Some(("fuel".into(), 99));
    job.contents = true;
    let seen = oracle.observe(&job).unwrap();
    let mut memory = vec![0; 65536];
    memory[3..6].copy_from_slice(b"abc");
    let state = |memory: &[u8], f: u32, fuel: u32| OracleState {
        memories: vec![MemoryState { export: "m".into(), len: memory.len() as u64, digest: digest(memory) }],
        globals: vec![("g".into(), OracleValue::F32(f)), ("fuel".into(), OracleValue::I32(fuel))],
        tables: vec![TableState { export: "t".into(), len: 2, nulls: 1 }],
    };
    assert_eq!(seen.started, Some(state(&memory, 0x7fa0_0001, u32::MAX)), "{}", oracle.identity());
    memory.resize(131072, 0);
    memory[65535] = 1;
    let after = Some(state(&memory, 0x3f80_0000, 99));
    assert_eq!(seen.calls, [(OracleEnd::Values(vec![OracleValue::I32(99)]), after)], "{}", oracle.identity());
    assert!(seen.contents == [("m".to_string(), memory)], "{}", oracle.identity());
    Ok(())
}

fn what_the_start_function_does_is_seen(mut oracle: Oracle) -> Result<(), Missing> {
    let seen = oracle.observe(&job("(module (func $f unreachable) (start $f))", &[])).unwrap();
    let unreachable = |t: &OracleTrap| t.codes == [TrapCode::Unreachable];
    assert!(matches!(&seen.start, OracleEnd::Trap(t) if unreachable(t)), "{}: {:?}", oracle.identity(), seen.start);
    let seen = oracle.observe(&job("(module (memory 1) (data (i32.const 65536) \"a\"))", &[])).unwrap();
    assert!(matches!(&seen.start, OracleEnd::Trap(_)), "{}: {:?}", oracle.identity(), seen.start);
    Ok(())
}

fn limits_are_obeyed(mut oracle: Oracle) -> Result<(), Missing> {
    let text = r#"(module (memory 1) (func (export "f") (result i32) i32.const 2 memory.grow))"#;
    let mut job = job(text, &[("f", &[])]);
    job.limits = Some((2 << 16, 10));
    let seen = oracle.observe(&job).unwrap();
    assert_eq!(ends(&seen), [&OracleEnd::Values(vec![OracleValue::I32(u32::MAX)])], "{}", oracle.identity());
    job.limits = Some((1 << 10, 10));
    let seen = oracle.observe(&job).unwrap();
    assert!(matches!(seen.start, OracleEnd::Refused(_)), "{}: {:?}", oracle.identity(), seen.start);
    Ok(())
}

fn typed_references_and_their_types_are_copied(mut oracle: Oracle) -> Result<(), Missing> {
    let text = r#"(module
        (rec (type $a (func (param (ref null $b)))) (type $b (struct (field (ref null $a)))))
        (type $c (sub (func (result i32))))
        (global (export "g") (ref null $b) (ref.null $b))
        (global (export "h") (ref $c) (ref.func $f))
        (func $f (export "f") (type $c) (i32.const 5))
        (func (export "give") (param (ref null $b)) (result (ref null $b) (ref $c)) local.get 0 ref.func $f)
        (func (export "take") (param (ref $c))))"#;
    let calls: [(&str, &[OracleValue]); 3] =
        [("f", &[]), ("give", &[OracleValue::Null]), ("take", &[OracleValue::Ref])];
    let seen = oracle.observe(&job(text, &calls)).unwrap();
    has(&oracle, &seen.start, GC)?;
    assert_eq!(
        ends(&seen)[..2],
        [&OracleEnd::Values(vec![OracleValue::I32(5)]), &OracleEnd::Values(vec![OracleValue::Null, OracleValue::Ref])]
    );
    // Only null references can be passed.
    assert!(matches!(ends(&seen)[2], OracleEnd::Unsupported(_)), "{:?}", ends(&seen)[2]);
    let globals = &seen.started.unwrap().globals;
    assert_eq!(globals[..], [("g".into(), OracleValue::Null), ("h".into(), OracleValue::Ref)]);
    Ok(())
}

fn a_module_is_linked_with_its_provider(mut oracle: Oracle) -> Result<(), Missing> {
    let provider = r#"(module
        (memory (export "m") 1 2) (global (export "g") (mut i32) (i32.const 3)) (table (export "t") 2 funcref)
        (func (export "f") (param i32) (result i32)
            (i32.store8 (i32.const 7) (local.get 0)) (global.set 0 (local.get 0)) (i32.load8_u (i32.const 7))))"#;
    let text = r#"(module
        (import "p" "g" (global $g (mut i32))) (import "p" "f" (func $f (param i32) (result i32)))
        (import "p" "m" (memory 1 2)) (import "p" "t" (table 2 funcref))
        (export "m" (memory 0)) (export "g" (global $g)) (export "t" (table 0))
        (elem (i32.const 1) $f)
        (func (export "call") (result i32) (i32.add (call $f (i32.const 5)) (global.get $g))))"#;
    let mut linked = job(text, &[("call", &[])]);
    linked.provider = Some(("p".into(), binary(provider)));
    let seen = oracle.observe(&linked).unwrap();
    assert_eq!(ends(&seen), [&OracleEnd::Values(vec![OracleValue::I32(10)])], "{}", oracle.identity());
    let mut memory = vec![0; 65536];
    memory[7] = 5;
    let expected = OracleState {
        memories: vec![MemoryState { export: "m".into(), len: 65536, digest: digest(&memory) }],
        globals: vec![("g".into(), OracleValue::I32(5))],
        tables: vec![TableState { export: "t".into(), len: 2, nulls: 1 }],
    };
    assert_eq!(seen.calls[0].1.as_ref(), Some(&expected), "{}", oracle.identity());
    // A provider that ends abnormally ends the job before it begins.
    linked.provider = Some(("p".into(), binary("(module (func $f unreachable) (start $f))")));
    let seen = oracle.observe(&linked).unwrap();
    assert!(matches!(seen.start, OracleEnd::Trap(_)), "{}: {:?}", oracle.identity(), seen.start);
    linked.provider = None;
    let refused = oracle.observe(&linked);
    let expected = OracleError::Job(JobError::Import { module: "p".into(), name: "g".into() });
    assert_eq!(refused, Err(expected), "{}", oracle.identity());
    Ok(())
}

fn a_job_that_makes_no_sense_is_refused(mut oracle: Oracle) -> Result<(), Missing> {
    let text = r#"(module (func (export "f") (param i32)) (memory (export "m") 1))"#;
    let mut refused = |calls: &[(&str, &[OracleValue])]| match oracle.observe(&job(text, calls)) {
        Err(OracleError::Job(e)) => e.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&[("g", &[])]), "no export 'g'");
    assert_eq!(refused(&[("m", &[])]), "the export 'm' is not a function");
    assert_eq!(refused(&[("f", &[])]), "'f' takes 1 argument, not 0");
    assert_eq!(
        refused(&[("f", &[OracleValue::I64(1)])]),
        "argument 0 of 'f' is I64(1), but the parameter has type i32"
    );
    Ok(())
}

fn an_endless_loop_is_a_time_out_and_the_next_job_runs(mut oracle: Oracle) -> Result<(), Missing> {
    let endless = r#"(module (func (export "f") loop br 0 end))"#;
    let fine = r#"(module (func (export "f") (result i32) i32.const 1))"#;
    let mut hangs = job(endless, &[("f", &[])]);
    hangs.timeout = Duration::from_millis(500);
    // The next job is sent again.
    oracle.submit(&hangs).unwrap();
    oracle.submit(&job(fine, &[("f", &[])])).unwrap();
    assert_eq!(oracle.collect().unwrap().start, OracleEnd::Timeout, "{}", oracle.identity());
    assert_eq!(
        ends(&oracle.collect().unwrap()),
        [&OracleEnd::Values(vec![OracleValue::I32(1)])],
        "{}",
        oracle.identity()
    );
    Ok(())
}

fn external_references_are_made_where_gc_is(mut oracle: Oracle) -> Result<(), Missing> {
    let text = r#"(module (func (export "f") (param externref externref) (result i32 i32)
        local.get 0 ref.is_null local.get 1 ref.is_null))"#;
    let seen = oracle.observe(&job(text, &[("f", &[OracleValue::Ref, OracleValue::Null])])).unwrap();
    let end = seen.calls.first().map_or(&seen.start, |call| &call.0);
    if matches!(end, OracleEnd::Unsupported(_)) && !oracle.has_gc() && !knows_all(&oracle) {
        return Err(Missing::Ability { engine: oracle.identity().to_string(), what: "gc".into() });
    }
    assert_eq!(*end, OracleEnd::Values(vec![OracleValue::I32(0), OracleValue::I32(1)]), "{}", oracle.identity());
    Ok(())
}

fn memories_of_all_kinds_are_hashed_where_they_are(mut oracle: Oracle) -> Result<(), Missing> {
    let kinds: [(&str, usize, &[&str]); 4] = [
        ("(memory (export \"m\") 3)", 3 << 16, &[]),
        ("(memory (export \"m\") i64 2)", 2 << 16, &["memory64"]),
        ("(memory (export \"m\") 8203 (pagesize 1))", 8203, &["custom-page-sizes"]),
        ("(memory (export \"m\") 0)", 0, &[]),
    ];
    let mut missing = Ok(());
    for (memory, len, proposals) in kinds {
        let data: Vec<(usize, u8)> = [0, 7, 4095, 8192, 8202, 70000].map(|at| (at, at as u8 | 1)).to_vec();
        let mut bytes = vec![0; len];
        let mut text = format!("(module {memory} ");
        let index = if memory.contains("i64") { "i64" } else { "i32" };
        for (at, byte) in data.into_iter().filter(|d| d.0 < len) {
            bytes[at] = byte;
            text += &format!("(data ({index}.const {at}) \"\\{byte:02x}\")");
        }
        let seen = oracle.observe(&job(&(text + ")"), &[])).unwrap();
        let lacks = has(&oracle, &seen.start, proposals);
        if lacks.is_err() {
            missing = lacks;
            continue;
        }
        let state = seen.started.unwrap_or_else(|| panic!("{}: {memory}: {:?}", oracle.identity(), seen.start));
        let expected = MemoryState { export: "m".into(), len: len as u64, digest: digest(&bytes) };
        assert_eq!(state.memories, [expected], "{}: {memory}", oracle.identity());
    }
    missing
}
