use super::*;
use crate::engine::{AllocatorKind, Dispatch};
use crate::target::CpuLevel;
use crate::triage::difference::diff;
use crate::triage::subject::{DrivenBy, Subject};
use std::error::Error;

fn observe(subject: &Subject, config: &Config, bounds: &Bounds) -> Result<Observation, Box<dyn Error>> {
    Ok(execute(&subject.prepare()?, &Engine::new(config.clone())?, bounds))
}

fn subject(wat: &str, drive: DrivenBy) -> Subject {
    let bytes = wat::parse_str(wat).unwrap();
    Subject { bytes, provider: None, drive }
}

fn exports(wat: &str) -> Subject {
    subject(wat, DrivenBy::Exports { seed: 1, rounds: 4, fuel: None, hostless: false })
}

fn columns() -> Vec<Config> {
    let jit = |opt| Config { mode: Mode::All(Tier::Jit), opt, verify: true, ..Config::default() };
    vec![
        Config::default(),
        jit(OptLevel::O0),
        jit(OptLevel::O2),
        Config { mode: Mode::Mix3 { seed: 3 }, ..jit(OptLevel::O1) },
    ]
}

/// Returns the observation of all columns, which must be the same.
fn all(subject: &Subject) -> Observation {
    let seen: Vec<Observation> = columns().iter().map(|c| observe(subject, c, &Bounds::default()).unwrap()).collect();
    for other in &seen[1..] {
        assert_eq!(diff(&seen[0], other), None, "{} and {}", seen[0].column, other.column);
    }
    seen.into_iter().next().unwrap()
}

#[test]
fn ends_of_all_kinds() {
    let seen = all(&exports(
        r#"(module (memory (export "m") 1) (table 3 funcref) (global $g (mut i32) (i32.const 5)) (tag $t (param i64))
          (elem declare func 0)
          (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
          (func (export "throw") (throw $t (i64.const 9)))
          (func (export "trap") (unreachable))
          (func (export "store") (i32.store8 (i32.const 70) (global.get $g)) (global.set $g (i32.const 6)))
          (func (export "fill") (table.set (i32.const 1) (ref.func 0)))
          (func (export "refs") (result funcref externref) (table.get (i32.const 1)) (ref.null extern)))"#,
    ));
    assert_eq!(seen.steps.len(), 1 + 4 + 5 * 2);
    let ends: Vec<String> = seen.steps[5..].iter().step_by(2).map(|s| s.end.to_string()).collect();
    assert_eq!(
        ends,
        ["exception of tag 0 (i64 9)", "trap: unreachable", "returned ()", "returned ()", "returned (func 0, null)"]
    );
    // Every kind of change is observed, and only where it is made.
    let changed = |a: usize, b: usize| -> Vec<Entity> {
        let (x, y) = (&seen.steps[a].state, &seen.steps[b].state);
        x.iter().zip(y).filter(|(p, q)| p != q).map(|(p, _)| p.0).collect()
    };
    assert_eq!(changed(7, 8), []);
    assert_eq!(changed(8, 9), [Entity::Global(0), Entity::Memory(0)]);
    assert_eq!(changed(9, 10), [Entity::Memory(0)]);
    assert_eq!(changed(10, 11), [Entity::Table(0)]);
}

#[test]
fn growth_and_drops_are_state() {
    let seen = all(&exports(
        r#"(module (memory 1) (data "abc") (elem func 0)
          (func (export "grow") (drop (memory.grow (i32.const 1))))
          (func (export "drop") (data.drop 0))
          (func (export "drop elements") (elem.drop 0)))"#,
    ));
    let state = |n: usize, e| seen.steps[n].state.iter().find(|s| s.0 == e).unwrap().1;
    assert_ne!(state(1, Entity::Memory(0)), state(2, Entity::Memory(0)));
    assert_ne!(state(2, Entity::Segments(0)), state(3, Entity::Segments(0)));
    assert_ne!(state(4, Entity::Segments(0)), state(5, Entity::Segments(0)));
}

#[test]
fn time_runs_out() {
    let s = subject(
        r#"(module (func (export "f") (param i32) (result i32) (loop (br 0)) (unreachable)))"#,
        DrivenBy::Invoke { export: "f".into(), args: vec!["-1".into()] },
    );
    let bounds = Bounds { timeout: Some(Duration::from_millis(30)), ..Bounds::default() };
    for config in &columns()[..3] {
        assert_eq!(observe(&s, config, &bounds).unwrap().steps[1].end, StepEnd::Timeout, "{config:?}");
    }
}

#[test]
fn fuel_is_set_before_each_call() {
    let wat = r#"(module (global (export "fuel") (mut i32) (i32.const 0))
        (func (export "f") (result i32) (global.get 0) (global.set 0 (i32.const 1))))"#;
    let drive = |fuel: &str| DrivenBy::Exports { seed: 0, rounds: 9, fuel: Some((fuel.into(), 77)), hostless: false };
    let seen = all(&subject(wat, drive("fuel")));
    assert!(seen.steps[1..].iter().all(|s| s.end == StepEnd::Values(vec![PortableValue::I32(77)])), "{seen:?}");
    let wat = r#"(module (global (export "constant") i32 (i32.const 0)) (global (export "wide") (mut i64) (i64.const 0))
        (global (export "reference") (mut funcref) (ref.null func)) (func (export "function")))"#;
    for name in ["constant", "wide", "reference", "function", "absent"] {
        let error = subject(wat, drive(name)).prepare().unwrap_err().to_string();
        assert_eq!(error, format!("'{name}' is not an exported mutable global of type i32"));
    }
}

/// A library's function is called after its initialization, as `run` does it.
#[test]
fn a_library_is_initialized_before_its_function_is_called() {
    let wat = r#"(module (global $ready (mut i32) (i32.const 0))
        (func (export "_initialize") (global.set $ready (i32.const 7)))
        (func (export "f") (result i32) (global.get $ready)))"#;
    let invoke = |export: &str| all(&subject(wat, DrivenBy::Invoke { export: export.into(), args: Vec::new() }));
    let ends = |seen: &Observation| seen.steps.iter().map(|s| s.end.to_string()).collect::<Vec<_>>();
    assert_eq!(ends(&invoke("f")), ["returned ()", "returned ()", "returned (i32 7)"]);
    assert_eq!(ends(&invoke("_initialize")), ["returned ()", "returned ()"]);
}

/// Without host values, the same calls are made, with null in place of these values.
#[test]
fn another_engine_is_passed_no_values_of_a_host() {
    let wat = r#"(module (func (export "f") (param i32 externref f64)))"#;
    let with = subject(wat, DrivenBy::Exports { seed: 1, rounds: 100, fuel: None, hostless: false });
    let (with, without) = (with.clone().prepare().unwrap().calls, with.without_host_values().prepare().unwrap().calls);
    let mut hosts = 0;
    assert_eq!(with.len(), without.len());
    for (with, without) in with.iter().zip(&without) {
        assert_eq!((with.args[0], with.args[2]), (without.args[0], without.args[2]));
        assert_eq!(without.args[1], PortableValue::Null);
        hosts += u32::from(with.args[1] != PortableValue::Null);
    }
    assert!(hosts > 0, "one was drawn");
}

#[test]
fn what_cannot_be_driven_says_so() {
    let error = |s: Subject| observe(&s, &Config::default(), &Bounds::default()).unwrap_err().to_string();
    let invoke =
        |args: &[&str]| DrivenBy::Invoke { export: "f".into(), args: args.iter().map(ToString::to_string).collect() };
    let wat = r#"(module (func (export "f") (param f32)))"#;
    assert_eq!(error(subject(wat, invoke(&[]))), "'f' takes 1 argument, 0 are given");
    assert_eq!(error(subject(wat, invoke(&["x"]))), "'x' is not a value of type f32");
    assert_eq!(error(subject("(module)", invoke(&[]))), "no exported function 'f'");
    assert_eq!(
        error(exports(r#"(module (import "a" "b" (func)))"#)),
        r#"the module imports "a" "b", which nothing provides"#
    );
    let provided = |provider: &str, imports: &str| {
        let wat = format!(r#"(module {imports} (func (export "f")))"#);
        error(Subject { provider: Some(subject(provider, invoke(&[])).bytes), ..subject(&wat, invoke(&[])) })
    };
    assert_eq!(
        provided(r#"(module (global (export "b") i32 (i32.const 1)))"#, r#"(import "p" "b" (func))"#),
        r#"the module imports "p" "b", which nothing provides"#
    );
    assert_eq!(provided(r#"(module (import "a" "b" (func)))"#, ""), r#"the provider imports "a" "b""#);
    assert!(error(Subject { bytes: b"\0asn".to_vec(), provider: None, drive: invoke(&[]) }).contains("magic"));
}

#[test]
fn the_place_of_a_trap_is_compared() {
    let with = |first: u32| {
        let wat = format!(
            r#"(module (func $f (unreachable)) (func (export "f") (if (i32.const {first}) (then (call $f))) (call $f)))"#
        );
        all(&exports(&wat))
    };
    let (early, late) = (with(1), with(0));
    assert_eq!(diff(&early, &early), None);
    assert_eq!(diff(&early, &late).expect("a difference").signature(), "state: frames");
    // It is also a difference if one side does not know where.
    let mut nowhere = late.clone();
    let step = nowhere.steps.iter_mut().find(|step| step.end.to_string() == "trap: unreachable").expect("it traps");
    step.state.iter_mut().filter(|(entity, _)| *entity == Entity::Frames).for_each(|(_, hash)| *hash = frames(&[]));
    assert_eq!(diff(&late, &nowhere).expect("a difference").to_string().matches("the trap's place").count(), 2);
}

#[test]
fn names_of_columns() {
    assert_eq!(column_name(&Config::default()), "interp");
    let config = Config { mode: Mode::Mix { seed: 7 }, registers: Some(5), gc_stress: true, ..Config::default() };
    assert_eq!(column_name(&config), "jit+mix:7+regs:5+gc");
    let looped = Config { dispatch: Some(Dispatch::Loop), poison: true, ..Config::default() };
    assert_eq!(column_name(&looped), "interp+dispatch:loop+poison");
    let level = CpuLevel::all().next().unwrap();
    let lower = Config { mode: Mode::All(Tier::Jit), cpu: Some(level), pass_limit: Some(3), ..Config::default() };
    assert_eq!(column_name(&lower), format!("jit+pass-limit:3+cpu:{}", level.name()));
}

/// No two columns of a comparison may have the same name.
#[test]
fn names_of_columns_have_all_that_changes_how_code_is_executed() {
    let jit = || Config { mode: Mode::All(Tier::Jit), ..Config::default() };
    let replaced = |at_loops| Config { mode: Mode::Replaced { at_loops, after: 3 }, ..jit() };
    let passes = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    for (config, name) in [
        (Config { opt: OptLevel::O1, ..jit() }, "jit-O1"),
        (Config { mode: Mode::All(Tier::Eval), opt: OptLevel::O1, ..jit() }, "jit-O1+eval"),
        (Config { mode: Mode::Mix3 { seed: 1 }, opt: OptLevel::O0, ..jit() }, "jit-O0+mix3:1"),
        (Config { mode: Mode::Tiered { seed: None }, ..jit() }, "tiered"),
        (Config { mode: Mode::Tiered { seed: Some(2) }, ..jit() }, "jit+tier:2"),
        (replaced(false), "jit+tier:entry:3"),
        (replaced(true), "jit+tier:loop:3"),
        (Config { passes: passes(&["a", "b"]), ..jit() }, "jit+passes:a,b"),
        (Config { pass_limit: Some(4), rewrite_limit: Some(5), ..jit() }, "jit+pass-limit:4+rewrite-limit:5"),
        (Config { allocator: Some(AllocatorKind::Good), ..jit() }, "jit+allocator:good"),
        (Config { invented_profile: Some(6), registers: Some(7), ..jit() }, "jit+profile:6+regs:7"),
        (Config { verify: true, short_reach: true, ..jit() }, "jit+verify+short-reach"),
        (Config { gc_stress: true, paranoid: true, ..jit() }, "jit+gc+paranoid"),
    ] {
        assert_eq!(column_name(&config), name);
    }
}

/// Tests the properties of each end: whether it is the last that can be compared, a full heap, an execution of nothing, or a
/// finding by itself.
#[test]
fn ends_are_what_they_are() {
    let what = || "x".to_string();
    for (end, expected) in [
        (StepEnd::Values(Vec::new()), ""),
        (StepEnd::Trap(what()), ""),
        (StepEnd::Trap(TrapCode::AllocationTooLarge.message().to_string()), "full"),
        (StepEnd::Exception(0, Vec::new()), ""),
        (StepEnd::Rejected(what()), ""),
        (StepEnd::Error(what()), ""),
        (StepEnd::Exit(0), "last"),
        (StepEnd::Exhausted, "last"),
        (StepEnd::Timeout, "last defect"),
        (StepEnd::Unsupported(what()), "last unable defect"),
        (StepEnd::Unlinkable(what()), "last unable"),
        (StepEnd::Refused(what()), "last unable"),
        (StepEnd::Crash(what()), "last defect"),
        (StepEnd::Checker(what()), "last defect"),
    ] {
        let all = [
            ("last", end.poisons()),
            ("full", end.is_out_of_heap()),
            ("unable", end.is_unable()),
            ("defect", end.is_defect()),
        ];
        let found: Vec<&str> = all.into_iter().filter_map(|(name, is)| is.then_some(name)).collect();
        assert_eq!(found.join(" "), expected, "{end}");
    }
}

#[test]
fn frames_differ_by_instance_function_and_place() {
    let frame = |(instance, function, offset): (u32, u32, u32)| BacktraceFrame {
        instance: InstanceId(instance),
        function,
        name: String::new(),
        module_offset: Some(offset),
        function_offset: None,
        tier: "interp",
        code_offset: None,
    };
    let of = |inner, outer| frames(&[frame(inner), frame(outer)]);
    let base = of((1, 2, 3), (1, 4, 5));
    for other in [
        of((1, 2, 9), (1, 4, 5)),
        of((0, 2, 3), (1, 4, 5)),
        of((1, 3, 3), (1, 4, 5)),
        of((1, 2, 3), (0, 4, 5)),
        of((1, 2, 3), (1, 5, 5)),
        of((1, 2, 3), (1, 4, 6)),
        frames(&[frame((1, 2, 3))]),
    ] {
        assert_ne!(other, base);
    }
}

/// Results of a call are released before the next one: the heap has room for only a few of these arrays.
#[test]
fn results_fill_no_heap() {
    let wat = r#"(module (type $a (array i8))
        (func (export "f") (param i32) (result (ref $a)) (array.new_default $a (i32.const 200000))))"#;
    let limits = Limits { gc_heap_bytes: 1 << 20, ..Bounds::default().limits };
    let bounds = Bounds { limits, ..Bounds::default() };
    let drive = DrivenBy::Exports { seed: 1, rounds: 20, fuel: None, hostless: false };
    for config in &columns()[..2] {
        let seen = observe(&subject(wat, drive.clone()), config, &bounds).unwrap();
        assert_eq!(seen.steps.len(), 21);
        assert!(seen.steps.iter().all(|step| matches!(step.end, StepEnd::Values(_))), "{:?}", seen.steps);
    }
}

/// How full a heap is depends on what a backend keeps alive, and so does where it was full.
#[test]
fn the_place_of_a_full_heap_is_no_state() {
    let wat = r#"(module (type $a (array i64))
        (func (export "f") (drop (array.new_default $a (i32.const -1)))) (func (export "g") (unreachable)))"#;
    let seen = observe(&exports(wat), &Config::default(), &Bounds::default()).unwrap();
    for (step, export) in [(1, "f"), (3, "g")] {
        let Step { end, state, .. } = &seen.steps[step];
        assert_eq!(end.is_out_of_heap(), export == "f", "{end}");
        assert_eq!(state.iter().any(|(entity, _)| *entity == Entity::Frames), export == "g", "{end}");
    }
}

/// Another engine is asked for its state only once, at the end.
#[test]
fn the_last_state_is_the_only_one_if_that_is_asked_for() {
    let bounds = Bounds { states: States::Last, ..Bounds::default() };
    let states = |wat: &str| {
        let seen = observe(&exports(wat), &Config::default(), &bounds).unwrap();
        seen.steps.iter().map(|step| step.state.len()).collect::<Vec<_>>()
    };
    // The memory, and the segments.
    assert_eq!(states(r#"(module (memory 1) (func (export "f")))"#), [0, 0, 2]);
    let failed = states(r#"(module (memory 1) (data (i32.const 65536) "x") (func (export "f")))"#);
    assert!(failed.len() == 1 && failed[0] > 1, "{failed:?}");
    // What follows a full heap is compared if it left the same state.
    let full = r#"(module (type $a (array i64))
        (func (export "f") (drop (array.new_default $a (i32.const -1)))) (func (export "g")))"#;
    assert_eq!(states(full), [0, 1, 1, 0, 1]);
}

#[test]
fn an_argument_has_the_type_of_its_parameter() {
    let shared = r#"(module (func (export "f") (param (ref null (shared extern))) (result i32) (i32.const 1)))"#;
    // A host value is not shared, so that only calls with null are made.
    let seen = observe(&exports(shared), &Config::default(), &Bounds::default()).unwrap();
    assert!(seen.steps.iter().all(|step| matches!(step.end, StepEnd::Values(_))), "{:?}", seen.steps);
}

#[test]
fn digests_are_of_all_that_can_be_compared() {
    let step = |end, state| Step { end, state, output: Vec::new() };
    let digest = |steps| Observation { steps, column: "x".into() }.digest();
    let (one, state) = (|| StepEnd::Values(vec![PortableValue::I32(1)]), |hash| vec![(Entity::Memory(0), hash)]);
    let base = digest(vec![step(one(), state(7))]);
    assert_eq!(base, digest(vec![step(one(), state(7))]));
    let two = StepEnd::Values(vec![PortableValue::I32(2)]);
    let mut output = step(one(), state(7));
    output.output.push((1, b"text".into()));
    for other in [
        digest(vec![]),
        digest(vec![step(two, state(7))]),
        digest(vec![step(one(), state(8))]),
        digest(vec![step(one(), state(7)), step(one(), state(7))]),
        digest(vec![output]),
    ] {
        assert_ne!(base, other);
    }
    // Hosts differ in how deep a stack is, and so in the state that is left.
    let exhausted = |hash| digest(vec![step(one(), state(7)), step(StepEnd::Exhausted, state(hash))]);
    assert_eq!(exhausted(1), exhausted(2));
    assert_ne!(exhausted(1), base);
    // They also differ in how full a heap is.
    let full = StepEnd::Trap(TrapCode::AllocationTooLarge.message().to_string());
    let full = |hash| digest(vec![step(full.clone(), state(hash))]);
    assert_eq!(full(1), full(2));
    let printed = |to, text: &str| {
        digest(vec![Step { end: one(), state: Vec::new(), output: vec![(to, text.as_bytes().to_vec())] }])
    };
    assert_ne!(printed(1, "a"), printed(2, "a"));
    assert_ne!(printed(1, "a"), printed(1, "b"));
}

/// An object that a table holds in many places is read once, and each element still counts.
#[test]
fn an_object_in_many_places_of_a_table_is_read_once() {
    let with = |changed: u32| {
        let wat = format!(
            r#"(module (type $a (array (mut i32))) (table 20000 arrayref)
              (func (export "f") (table.fill (i32.const 0) (array.new $a (i32.const 7) (i32.const 4096)) (i32.const 20000))
                (table.set (i32.const {changed}) (array.new $a (i32.const 8) (i32.const 1)))))"#
        );
        let seen = observe(&exports(&wat), &Config::default(), &Bounds::default()).unwrap();
        seen.steps[1].state.iter().find(|(entity, _)| *entity == Entity::Table(0)).unwrap().1
    };
    assert_eq!(with(19_999), with(19_999));
    assert_ne!(with(19_999), with(19_998));
    let wat = |value: u32| {
        format!(
            r#"(module (type $a (array (mut i32))) (table 3 arrayref)
              (func (export "f") (table.set (i32.const 1) (array.new $a (i32.const {value}) (i32.const 5)))))"#
        )
    };
    let state = |value| all(&exports(&wat(value))).steps[1].state.clone();
    assert_ne!(state(1), state(2), "what is in the object counts");
}

/// The position of something in a table or a memory is part of its state, however much around it is empty.
#[test]
fn places_are_state() {
    const PLACES: [&[u32]; 10] = [&[], &[0], &[1], &[2], &[3], &[0, 1], &[0, 2], &[0, 3], &[1, 3], &[2, 3]];
    let states = PLACES.map(|places| {
        let of = |place: &u32| {
            format!(
                "(table.set (i32.const {place}) (ref.func 0)) (i32.store8 (i32.const {}) (i32.const 1))",
                place * 4096
            )
        };
        let body: String = places.iter().map(of).collect();
        let wat = format!("(module (memory 1) (table 4 funcref) (func (export \"f\") {body}))");
        let state = all(&exports(&wat)).steps[1].state.clone();
        [Entity::Memory(0), Entity::Table(0)].map(|e| state.iter().find(|s| s.0 == e).unwrap().1)
    });
    for (a, x) in PLACES.iter().zip(&states) {
        for (b, y) in PLACES.iter().zip(&states) {
            assert_eq!([x[0] == y[0], x[1] == y[1]], [a == b; 2], "{a:?} and {b:?}");
        }
    }
}
