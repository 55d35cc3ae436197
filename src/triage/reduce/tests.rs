use super::*;
use crate::engine::{Mode, NanProfile, Tier};
use crate::triage::observe::Step;
use crate::triage::trial::{TrialLimits, TrialPlace};
use std::ops::ControlFlow;
use wasmparser::Operator;

pub fn binary(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

pub fn parse(text: &str) -> Ast {
    Ast::parse(&binary(text)).unwrap()
}

pub fn printed(bytes: &[u8]) -> String {
    wasmprinter::print_bytes(bytes).unwrap()
}

/// A module whose export reaches only a part of it.
pub const MODULE: &str = r#"(module
    (type (func)) (type $t (func (param i32) (result i32)))
    (import "m" "f" (func $unused (param i64)))
    (import "m" "g" (func $used (param i32)))
    (table 3 funcref) (memory 1) (memory 2)
    (tag $a (param i64)) (tag $b (param i32))
    (global $x i32 (i32.const 1)) (global $y (mut i32) (global.get $x)) (global $z (mut i64) (i64.const 5))
    (func $one (type $t) (local i64 i64 f32) (call $used (local.get 0)) (global.set $y (local.get 0))
        (throw $b (i32.load 1 (i32.const 8))))
    (func $two (local i32)
        (block $out (result i32) (i32.const 1) (@metadata.code.branch_hint "\01") (br_if $out (local.get 0)))
        (@metadata.code.branch_hint "\00") (if (then (nop))))
    (func $three (export "e") (result i32)
        (block (result i32) (call $one (i32.const 4)) (br_table 0 0 (i32.const 1))))
    (elem (i32.const 0) $two) (elem declare func $two)
    (data (i32.const 1) "abc") (data (memory 1) (i32.const 7) "de"))"#;

fn answer() -> (Observation, Difference) {
    let step = |v| Step { end: StepEnd::Values(vec![PortableValue::I32(v)]), state: Vec::new(), output: Vec::new() };
    let seen = |v| Observation { steps: vec![step(v)], column: String::new() };
    (seen(1), diff(&seen(1), &seen(2)).unwrap())
}

/// A smaller module may have different traps; a difference between these is another failure.
#[test]
fn what_is_held_is_the_whole_signature() {
    let seen = |end: StepEnd| {
        let step = Step { end, state: Vec::new(), output: Vec::new() };
        Observation { steps: vec![step], column: String::new() }
    };
    let ends = [
        StepEnd::Values(vec![PortableValue::I32(1)]),
        StepEnd::Trap("unreachable".into()),
        StepEnd::Trap("integer overflow".into()),
        StepEnd::Exit(1),
        StepEnd::Crash("SIGSEGV".into()),
        StepEnd::Crash("a panic".into()),
        StepEnd::Checker("two values in a register".into()),
        StepEnd::Checker("no value in a slot".into()),
    ];
    let all: Vec<Difference> =
        ends[1..].iter().map(|end| diff(&seen(ends[0].clone()), &seen(end.clone())).unwrap()).collect();
    for (i, wanted) in all.iter().enumerate() {
        let hold = Hold::Signature(wanted.signature());
        let held: Vec<usize> = (0..all.len()).filter(|&j| hold.holds(&all[j])).collect();
        assert_eq!(held, [i], "{}", wanted.signature());
    }
}

fn reduced(ast: Ast, shows: &(dyn Fn(&Ast) -> bool + Sync)) -> Best {
    let (expected, difference) = answer();
    let ask = |_: &mut Trials, bytes: &[u8]| Ok(shows(&Ast::parse(bytes).unwrap()).then(answer));
    assert!(shows(&ast));
    let settings = ReduceSettings { time: Duration::from_secs(60), jobs: 1 };
    let trials = vec![Trials::new(TrialPlace::Here, TrialLimits::default())];
    let mut kept = 0;
    let mut keep = |best: &Best| {
        assert!(shows(&best.ast) && typing::is_valid(&best.ast.encode()));
        kept += 1;
        ControlFlow::Continue(())
    };
    let best = Best { direct: false, ast, provider: None, expected, difference };
    let best = reduce_by(&ask, None, trials, best, &settings, &mut keep, &mut |_| {}).unwrap();
    assert!(kept > 0);
    best
}

/// Returns whether the code reached from the exports has such an operator.
fn has(ast: &Ast, wanted: fn(&Operator<'_>) -> bool) -> bool {
    ast.without_unused().unwrap().funcs.iter().flat_map(|f| &f.ops).any(|op| wanted(&ast::decode(op)))
}

const PROGRAM: &str = r#"(module
    (type $t (func (param i32 i64 f32) (result i64)))
    (memory 3) (global $g (mut i32) (i32.const 77)) (table 4 funcref) (elem (i32.const 1) $a $b)
    (data (i32.const 100) "abcdefghijklmnopqrstuvwxyz")
    (func $a (type $t) (local i32 i32)
        (local.set 3 (i32.mul (local.get 0) (i32.const 1234)))
        (loop $l
            (local.set 4 (i32.rotl (i32.load offset=96 (local.get 3)) (i32.add (local.get 0) (i32.const 7))))
            (if (i32.eqz (local.get 4)) (then (br $l)) (else (global.set $g (local.get 4)))))
        (block (br_if 0 (i32.const 1)) (call $c))
        (i64.add (local.get 1) (i64.extend_i32_u (local.get 3))))
    (func $b (result f64) (f64.const 2.5))
    (func $c (call_indirect (result f64) (i32.const 2)) (drop))
    (func (export "test") (result i64)
        (call $a (i32.const 5) (i64.const 6) (f32.const 7)) (call $c)))"#;

#[test]
fn what_is_not_looked_for_goes() {
    let best = reduced(parse(PROGRAM), &|ast| has(ast, |op| matches!(op, Operator::I32Rotl)));
    assert!(best.ast.instructions() <= 5, "{}", wasmprinter::print_bytes(best.ast.encode()).unwrap());
    assert!(best.ast.tables.is_empty() && best.ast.data.is_empty() && best.ast.globals.is_empty());
}

#[test]
fn a_branch_hint_stays_where_it_is_looked_for() {
    let text = r#"(module (func (export "test") (param i32) (result i32)
        (block (@metadata.code.branch_hint "\01") (br_if 0 (i32.const 5)) (call $f))
        (@metadata.code.branch_hint "\00") (if (local.get 0) (then (call $f)))
        (i32.const 7))
        (func $f))"#;
    let hints = |ast: &Ast, hint: u8| {
        let ops = ast.funcs.iter().flat_map(|f| &f.ops);
        ops.filter(|op| ast::hinted(op).1 == Some(hint)).count()
    };
    let whole = parse(text);
    assert_eq!((hints(&whole, 0), hints(&whole, 1)), (1, 1));
    let best = reduced(whole, &|ast| hints(ast, 0) == 1);
    assert_eq!((hints(&best.ast, 0), hints(&best.ast, 1)), (1, 0));
    assert!(best.ast.instructions() <= 3, "{}", wasmprinter::print_bytes(best.ast.encode()).unwrap());
}

#[test]
fn what_is_looked_for_stays_together() {
    // A loop, a load, and the byte that it reads.
    let best = reduced(parse(PROGRAM), &|ast| {
        has(ast, |op| matches!(op, Operator::Loop { .. }))
            && has(ast, |op| matches!(op, Operator::I32Load { .. }))
            && ast.data.iter().any(|d| d.bytes.contains(&b'q'))
    });
    assert!(best.ast.instructions() <= 8, "{}", wasmprinter::print_bytes(best.ast.encode()).unwrap());
    assert!(best.ast.data.len() == 1 && best.ast.data[0].bytes.len() == 1, "{:?}", best.ast.data);
}

/// Recording a parameter takes three instructions, so it is done only if it saves more than that.
#[test]
fn a_parameter_is_recorded_where_that_is_shorter() {
    const CALLS: usize = 20;
    let records = |ast: &Ast| ast.exports.iter().any(|export| export.name == "get");
    for (own, recorded) in [(2, false), (3, false), (4, true), (9, true)] {
        let (body, calls) = ("nop ".repeat(own), "(call $f (i32.const 5))".repeat(CALLS));
        let whole = parse(&format!("(module (func $f (param i32) {body}) (func (export \"test\") {calls}))"));
        let without = whole.instructions() - own;
        // There is nothing else that could go.
        let best = reduced(whole, &|ast| {
            let calls = ast.funcs.iter().flat_map(|f| &f.ops);
            let calls = calls.filter(|op| matches!(ast::decode(op), Operator::Call { .. })).count();
            let least = if records(ast) { 3 } else { own };
            calls == CALLS && ast.instructions() >= without + least
        });
        assert_eq!(records(&best.ast), recorded, "{own}: {}", wasmprinter::print_bytes(best.ast.encode()).unwrap());
    }
}

/// Each of two edits hides the failure: only both together give a smaller module.
#[test]
fn two_edits_are_tried_at_once() {
    let rotations = |operator: &str, count| format!("(i32.const 5) i32.{operator} ").repeat(count);
    let text = format!(
        "(module (func (export \"test\") (param i32) (result i32) (local.get 0) {} (i32.const 7) i32.mul {}))",
        rotations("rotl", 11),
        rotations("rotr", 11)
    );
    let count = |ast: &Ast, wanted: fn(&Operator<'_>) -> bool| {
        ast.funcs.iter().flat_map(|f| &f.ops).filter(|op| wanted(&ast::decode(op))).count()
    };
    // The same number of both, on both sides of what is between them.
    let counts = |ast: &Ast| {
        let left = count(ast, |op| matches!(op, Operator::I32Rotl));
        (left, count(ast, |op| matches!(op, Operator::I32Rotr)), count(ast, |op| matches!(op, Operator::I32Mul)))
    };
    let best = reduced(parse(&text), &|ast| {
        let (left, right, between) = counts(ast);
        left == right && left >= 8 && between == 1
    });
    assert_eq!(counts(&best.ast), (8, 8, 1), "{}", wasmprinter::print_bytes(best.ast.encode()).unwrap());
}

#[test]
fn a_module_and_its_provider_both_get_small() {
    let provider = r#"(module
        (memory (export "m") 1) (global (export "g") (mut i32) (i32.const 1)) (tag (export "e"))
        (func (export "f") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (call $other)))
            (i32.add (i32.rotl (local.get 0) (i32.load (i32.const 8))) (global.get 0)))
        (func $other (export "other") (drop (i32.const 5))))"#;
    let module = r#"(module
        (import "p" "m" (memory 1)) (import "p" "e" (tag)) (import "p" "other" (func $other))
        (import "p" "f" (func $f (param i32) (result i32))) (import "p" "g" (global (mut i32)))
        (func $g (param i32) (result i32) (call $other) (i32.mul (local.get 0) (call $f (i32.const 3))))
        (func (export "test") (result i32) (global.set 0 (i32.const 7)) (call $g (i32.const 4))))"#;
    let imports = |ast: &Ast, name: &str| ast.imports.iter().any(|i| i.name == name);
    let shows = |module: &Ast, provider: &Ast| {
        imports(&module.without_unused().unwrap(), "f") && has(provider, |op| matches!(op, Operator::I32Rotl))
    };
    let ask = |_: &mut Trials, subject: &Subject| {
        let linked = subject.prepare().is_ok();
        let provider = Ast::parse(subject.provider.as_ref().unwrap()).unwrap();
        Ok((linked && shows(&Ast::parse(&subject.bytes).unwrap(), &provider)).then(answer))
    };
    let (expected, difference) = answer();
    let best = Best { direct: false, ast: parse(module), provider: Some(parse(provider)), expected, difference };
    let settings = ReduceSettings { time: Duration::from_secs(60), jobs: 1 };
    let trials = || vec![Trials::new(TrialPlace::Here, TrialLimits::default())];
    let mut keep = |best: &Best| {
        assert!(best.subject().prepare().is_ok() && best.provider.is_some());
        ControlFlow::Continue(())
    };
    let best = linked::smaller(&ask, &trials, best, &settings, &mut keep, &mut |_| {}).unwrap();
    let small = best.provider.as_ref().unwrap();
    let text = wast::script(&Best { direct: false, ..best.clone() }, "Both.", NanProfile::Canonical).unwrap();
    assert!(best.instructions() <= 8 && shows(&best.ast, small), "{text}");
    assert!(best.ast.imports.len() == 1 && small.memories.len() < 2 && small.globals.is_empty(), "{text}");
    assert!(
        text.contains(r#"(register "p")"#) && text.starts_with(";;! nan_canonicalization = true\n;; Both."),
        "{text}"
    );
}

/// The bits of a NaN are a free choice, in lanes too: a module where nothing else differs does not show a defect.
#[test]
fn a_choice_of_nans_is_not_a_failure() {
    // Which operand's NaN becomes the result depends on the CPU. On some CPUs the two backends agree on one of these operators,
    // but on no CPU on both.
    let operators = [
        "(f32x4.relaxed_max (v128.const i32x4 0x7f800001 4 9 16) (v128.const i32x4 63 0 2 0))",
        "(f32x4.relaxed_madd (v128.const i32x4 0x7fc00001 0 0 0) (v128.const i32x4 0 0 0 0)
            (v128.const i32x4 0x7fc00002 0 0 0))",
    ];
    let config = |tier| Config { mode: Mode::All(tier), ..Config::default() };
    let (good, bad) = (config(Tier::Interp), config(Tier::Jit));
    let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
    let (subject, free) = operators
        .into_iter()
        .find_map(|operator| {
            let text = format!(r#"(module (func (export "f") (result v128) {operator}))"#);
            let drive = DrivenBy::Invoke { export: "f".into(), args: Vec::new() };
            let subject = Subject { bytes: binary(&text), provider: None, drive };
            let seen = [&good, &bad].map(|config| trials.observe(&subject, config).unwrap());
            diff(&seen[0], &seen[1]).map(|free| (subject, free))
        })
        .expect("the backends choose different NaNs");
    assert!(only_nans(&mut trials, &subject, &free, (&good, &Side::Backend(bad.clone()))).unwrap(), "{free:?}");
    let hold = Hold::Signature(free.signature());
    let question = Question { good, bad: bad.into(), hold, counts_nans: false };
    assert!(question.ask(&mut trials, &subject).unwrap().is_none());
}

/// Nor is it one if the bits went into an integer, which the values alone do not show.
#[test]
fn a_choice_of_nans_in_an_integer_is_not_a_failure() {
    // As above, one of the two differs on each CPU.
    let operators = [
        "(f32x4.max (i32x4.splat (local.get 0)) (i32x4.splat (local.get 1)))",
        "(f32x4.relaxed_madd (i32x4.splat (local.get 0)) (v128.const i32x4 0 0 0 0) (i32x4.splat (local.get 1)))",
    ];
    let config = |tier| Config { mode: Mode::All(tier), ..Config::default() };
    let (good, bad) = (config(Tier::Interp), config(Tier::Jit));
    let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
    let mut different = 0;
    for operator in operators {
        let text = format!(
            r#"(module (func $f (param i32 i32) (result i32) (i32x4.extract_lane 0 {operator}))
                (func (export "test") (result i32) (call $f (i32.const 0x7fc00001) (i32.const 0xffc00002))))"#
        );
        let subject = Subject { bytes: binary(&text), provider: None, drive: drive() };
        let Some(free) = trials.difference(&subject, &good, &bad).unwrap() else { continue };
        different += 1;
        let mut asks = |bad: &Config| {
            [false, true].map(|counts_nans| {
                let hold = Hold::Class("wrong".into());
                let question = Question { good: good.clone(), bad: bad.clone().into(), hold, counts_nans };
                question.ask(&mut trials, &subject).unwrap().is_some()
            })
        };
        assert_eq!(asks(&bad), [false, true], "{free}");
        // A NaN profile leaves its side no choice.
        assert_eq!(asks(&Config { nan: NanProfile::Canonical, ..bad.clone() }), [true; 2]);
    }
    assert!(different > 0, "the backends choose different NaNs");
}

/// Another engine cannot be asked for canonical NaNs: what they would change on our side is not counted against it, and
/// everything else is.
#[test]
fn a_choice_of_nans_of_another_engine_is_not_a_failure() {
    use PortableValue::{F32, I32, V128};
    let text = r#"(module (tag $t (param i32 i32))
        (func $nan (result f32) (f32.add (f32.const nan:0x200001) (f32.const 1)))
        (func $bits (result i32) (i32.reinterpret_f32 (call $nan)))
        (func (export "values") (result i32 i32) (call $bits) (i32.const 5))
        (func (export "float") (result f32 i32) (call $nan) (call $bits))
        (func (export "vector") (result v128) (f32x4.replace_lane 0 (v128.const i32x4 0 5 0 0) (call $nan)))
        (func (export "throws") (throw $t (call $bits) (i32.const 5)))
        (func (export "way") (result i32)
            (if (i32.eq (call $bits) (i32.const 0x7fc00000)) (then unreachable)) (i32.const 7)))"#;
    let (good, canonical) = (Config::default(), Config { nan: NanProfile::Canonical, ..Config::default() });
    let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
    let (nan, other): (u32, u32) = (0x7fe0_0001, 0xffc0_0002);
    let (float, values) = (|bits| F32(bits), |values: &[u32]| values.iter().map(|&v| I32(v)).collect::<Vec<_>>());
    let (returned, thrown) = (StepEnd::Values, StepEnd::Exception);
    let trap = || StepEnd::Trap("unreachable".into());
    let crash = || StepEnd::Crash("SIGSEGV".into());
    for (export, ours, theirs) in [
        (
            "values",
            returned(values(&[nan, 5])),
            vec![
                (returned(values(&[other, 5])), true),
                (returned(values(&[nan, 6])), false),
                (returned(values(&[other, 6])), false),
                (returned(values(&[other])), false),
                (trap(), false),
                (crash(), false),
            ],
        ),
        (
            "float",
            returned(vec![float(nan), I32(nan)]),
            vec![
                (returned(vec![float(other), I32(other)]), true),
                (returned(vec![float(0x3f80_0000), I32(other)]), false),
            ],
        ),
        (
            "vector",
            returned(vec![V128(5 << 32 | u128::from(nan))]),
            vec![(returned(vec![V128(6 << 32 | u128::from(nan))]), false)],
        ),
        (
            "throws",
            thrown(0, values(&[nan, 5])),
            vec![
                (thrown(0, values(&[other, 5])), true),
                (thrown(0, values(&[other, 6])), false),
                (thrown(1, values(&[other, 5])), false),
            ],
        ),
        ("way", returned(values(&[7])), vec![(returned(values(&[8])), true), (trap(), true), (crash(), false)]),
    ] {
        let drive = DrivenBy::Invoke { export: export.into(), args: Vec::new() };
        let subject = Subject { bytes: binary(text), provider: None, drive };
        assert_eq!(trials.observe(&subject, &good).unwrap().steps[1].end, ours, "{export}");
        for (theirs, expected) in theirs {
            let kind = DifferenceKind::End(Box::new(ours.clone()), Box::new(theirs.clone()));
            let difference = Difference { kind, ..ended(StepEnd::Timeout) };
            let mut free = |good: &Config, nan| {
                let bad = Side::Engine { name: "an engine".into(), nan };
                is_free(&mut trials, &subject, &difference, (good, &bad)).unwrap()
            };
            assert_eq!(free(&good, NanProfile::Native), expected, "{export}: {theirs}");
            assert!(!free(&canonical, NanProfile::Native), "{export}: {theirs}");
            assert!(!free(&good, NanProfile::Canonical), "{export}: {theirs}");
        }
    }
}

/// On another engine, a lane is a choice of NaNs only if ours would make the canonical one.
#[test]
fn integers_that_look_like_nans_are_none() {
    let vector = |lanes: [u32; 4]| lanes.into_iter().rev().fold(0, |v, lane| v << 32 | u128::from(lane));
    let (nan, other) = (vector([0x7fc0_0001, 1, 2, 3]), vector([0xffc0_0002, 1, 2, 3]));
    let made = |first| vector([first, 1, 2, 3]);
    assert!([0x7fc0_0000, 0xffc0_0000].iter().all(|&first| differ_where_canonical(nan, other, made(first))));
    assert!(!differ_where_canonical(nan, other, made(0x7fc0_0001)) && !differ_where_canonical(nan, other, made(0)));
    let wide = |low, high| vector([low, high, 2, 3]);
    assert!(differ_where_canonical(wide(1, 0x7ff8_0000), wide(0, 0xfff8_0001), wide(0, 0x7ff8_0000)));
    assert!(!differ_where_canonical(wide(1, 0x7ff8_0000), wide(0, 0xfff8_0001), wide(1, 0x7ff8_0000)));
    let text = r#"(module (func (export "f") (result v128)
        (i32x4.add (i32x4.splat (i32.const 5)) (v128.const i32x4 -6 -7 -8 -9))))"#;
    let drive = DrivenBy::Invoke { export: "f".into(), args: Vec::new() };
    let subject = Subject { bytes: binary(text), provider: None, drive };
    let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
    let good = Config::default();
    let bad = Side::Engine { name: "an engine".into(), nan: NanProfile::Native };
    let seen = |lanes| {
        let end = StepEnd::Values(vec![PortableValue::V128(vector(lanes))]);
        DifferenceKind::End(Box::new(StepEnd::Values(vec![PortableValue::V128(vector([u32::MAX; 4]))])), Box::new(end))
    };
    let kind = seen([u32::MAX, u32::MAX - 1, u32::MAX - 2, u32::MAX - 3]);
    let difference = Difference { step: 1, left: String::new(), right: String::new(), kind };
    assert!(!only_nans(&mut trials, &subject, &difference, (&good, &bad)).unwrap());
}

/// If both exhaust the stack with canonical NaNs, nothing is known, so lanes that look like NaNs may be integers.
#[test]
fn lanes_are_no_nans_where_canonical_ones_show_nothing() {
    let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
    let (good, bad) = (Config::default(), Side::Backend(Config::default()));
    let values = |lane: u32| Box::new(StepEnd::Values(vec![PortableValue::V128(lane.into())]));
    let kind = DifferenceKind::End(values(0x7fc0_0001), values(0x7fc0_0002));
    let difference = Difference { kind, ..ended(StepEnd::Timeout) };
    for (next, free) in [("nop", true), ("call $deep", false)] {
        let text = format!(
            r#"(module (func $deep (call $deep)) (func (export "test") (result v128)
                (if (i32.eq (i32.const 0x7fc00000)
                        (i32.reinterpret_f32 (f32.add (f32.const nan:0x200001) (f32.const 1))))
                    (then ({next})))
                (v128.const i32x4 0x7fc00001 0 0 0)))"#
        );
        let subject = Subject { bytes: binary(&text), provider: None, drive: drive() };
        let seen = trials.observe(&subject, &canonical(&good)).unwrap();
        assert_eq!(seen.steps[1].end == StepEnd::Exhausted, !free);
        assert_eq!(only_nans(&mut trials, &subject, &difference, (&good, &bad)).unwrap(), free, "{next}");
    }
}

/// A difference that disappears with canonical NaNs is a choice only if results depend on them.
#[test]
fn a_wrong_number_is_no_choice_of_nans() {
    let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
    let (good, bad) = (Config::default(), Side::Backend(Config { mode: Mode::All(Tier::Jit), ..Config::default() }));
    for (result, value, free) in [
        ("f32.const 3", PortableValue::F32(3f32.to_bits()), false),
        (
            "f32.convert_i32_u (i32.popcnt (i32.reinterpret_f32 (f32.add (f32.const nan:0x200001) (f32.const 1))))",
            // The canonical one has 9 bits set.
            PortableValue::F32(11f32.to_bits()),
            true,
        ),
    ] {
        let text = format!("(module (func (export \"test\") (result f32) ({result})))");
        let subject = Subject { bytes: binary(&text), provider: None, drive: drive() };
        let ours = StepEnd::Values(vec![value]);
        assert_eq!(trials.observe(&subject, &good).unwrap().steps[1].end, ours, "{result}");
        let wrong = StepEnd::Values(vec![PortableValue::F32(4f32.to_bits())]);
        let kind = DifferenceKind::End(Box::new(ours), Box::new(wrong));
        let difference = Difference { kind, ..ended(StepEnd::Timeout) };
        assert_eq!(is_free(&mut trials, &subject, &difference, (&good, &bad)).unwrap(), free, "{result}");
    }
}

/// It would not be reduced, so it is not a starting point either, as a captured call or as calls. On each CPU, one of the
/// operators makes a different choice.
#[test]
fn a_choice_of_nans_is_no_beginning() {
    let operators = [
        "(f32x4.max (i32x4.splat (local.get 0)) (i32x4.splat (local.get 1)))",
        "(f32x4.relaxed_madd (i32x4.splat (local.get 0)) (v128.const i32x4 0 0 0 0) (i32x4.splat (local.get 1)))",
    ];
    let jit = Config { mode: Mode::All(Tier::Jit), ..Config::default() };
    let mut case = operators
        .into_iter()
        .find_map(|operator| {
            let text = format!(
                r#"(module (func $f (param i32 i32) (result i32) (i32x4.extract_lane 0 {operator}))
                    (func (export "test") (result i32) (call $f (i32.const 0x7fc00001) (i32.const 0xffc00002))))"#
            );
            let subject = Subject { bytes: binary(&text), provider: None, drive: drive() };
            let trials = Trials::new(TrialPlace::Here, TrialLimits::default());
            Case::new(subject, Config::default(), jit.clone().into(), trials).ok()
        })
        .expect("the backends choose different NaNs");
    let culprit = case.bodies().remove(0);
    let captured = capture::of_function(&mut case, &culprit, &mut |_| {});
    assert!(matches!(captured, Err(CaptureError::CopyIsRight)));
    let Err(ReduceError::NotExtracted(attempts)) = start(&mut case, &[], &mut |_| {}) else { panic!("it is none") };
    assert!(matches!(attempts[..], [FailedAttempt { error: CaptureError::GoneWithCanonicalNans, .. }]), "{attempts:?}");
    case.counts_nans = true;
    let captured = capture::of_function(&mut case, &culprit, &mut |_| {}).unwrap();
    assert!(normal(&mut case, captured, None).is_ok());
    let best = start(&mut case, &[culprit], &mut |_| {}).unwrap();
    let settings = ReduceSettings { time: Duration::ZERO, jobs: 1 };
    let mut keep = |_: &Best| ControlFlow::Continue(());
    assert!(reduce(&case, best, &settings, &mut keep, &mut |_| {}).is_ok());
}

/// The payload of an exception is compared like results.
#[test]
fn a_choice_of_nans_in_an_exception_is_none() {
    let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
    let subject = Subject { bytes: binary("(module)"), provider: None, drive: drive() };
    let (good, bad) = (Config::default(), Side::Backend(Config::default()));
    let thrown = |tag, bits| Box::new(StepEnd::Exception(tag, vec![PortableValue::F32(bits)]));
    let mut free = |other| {
        let kind = DifferenceKind::End(thrown(0, 0x7fc0_0001), other);
        let difference = Difference { step: 1, left: String::new(), right: String::new(), kind };
        only_nans(&mut trials, &subject, &difference, (&good, &bad)).unwrap()
    };
    assert!(free(thrown(0, 0x7fc0_0002)));
    assert!(!free(thrown(1, 0x7fc0_0002)) && !free(thrown(0, 0x3f80_0000)));
}

/// A script of a module whose observed ends are these.
fn script_of(text: &str, ends: Vec<StepEnd>, comment: &str) -> String {
    let (_, difference) = answer();
    let steps = ends.into_iter().map(|end| Step { end, state: Vec::new(), output: Vec::new() }).collect();
    let expected = Observation { steps, column: String::new() };
    let best = Best { direct: false, ast: parse(text), provider: None, expected, difference };
    wast::script(&best, comment, NanProfile::Native).unwrap()
}

/// Names must not end a comment: they can be anything.
#[test]
fn a_comment_of_a_script_is_no_directive() {
    use crate::conformance::read::script::{lex, parse};
    let module = r#"(module (func (export "f")))"#;
    let returned = || vec![StepEnd::Values(Vec::new()), StepEnd::Values(Vec::new())];
    for comment in
        ["", "a\rb", "a\r(assert_return (invoke \"nothing\"))\r;;", "a\n(module)\r\n(c", "\u{202e}(;\u{2028}"]
    {
        let text = script_of(module, returned(), comment);
        let buffer = lex(&text).unwrap_or_else(|e| panic!("{comment:?}: {e}"));
        let count = parse(&buffer, &text).unwrap_or_else(|e| panic!("{comment:?}: {e}")).len();
        assert_eq!(count, 2, "{text}");
    }
}

/// A script calls exports by their names, whatever characters these have.
#[test]
fn a_script_calls_what_is_exported() {
    use crate::conformance::read::script::{Action, lex, parse};
    let module = r#"(module (func (export "\00a")) (func (export "\00z")) (func (export "\"\\\c3\a9")))"#;
    let text = script_of(module, vec![StepEnd::Values(Vec::new()); 4], "");
    let buffer = lex(&text).unwrap_or_else(|e| panic!("{e}"));
    let steps = parse(&buffer, &text).unwrap_or_else(|e| panic!("{e}"));
    let called: Vec<_> = steps
        .iter()
        .filter_map(|step| if let Action::Invoke { name, .. } = &step.action { Some(&name[..]) } else { None })
        .collect();
    assert_eq!(called, ["\0a", "\0z", "\"\\é"], "{text}");
}

/// Calls whose ends cannot be asserted are still made, and a module that traps is expected to.
#[test]
fn ends_of_all_kinds_are_in_a_script() {
    let module = r#"(module (func (export "a") (result structref) (ref.null struct)) (func (export "b")))"#;
    let object = StepEnd::Values(vec![PortableValue::Object(7)]);
    let ends = vec![StepEnd::Values(Vec::new()), object, StepEnd::Trap("unreachable".into())];
    let text = script_of(module, ends, "");
    let directives = "(invoke \"a\")\n(assert_trap (invoke \"b\") \"unreachable\")\n";
    assert!(text.ends_with(directives), "{text}");
    let text = script_of(module, vec![StepEnd::Trap("unreachable".into())], "");
    assert!(text.contains("(assert_trap\n(module") && text.ends_with("\"unreachable\")\n"), "{text}");
    assert!(!text.contains("invoke"), "{text}");
    let buffer = crate::conformance::read::script::lex(&text).unwrap();
    assert_eq!(crate::conformance::read::script::parse(&buffer, &text).unwrap().len(), 1);
}

/// No variant is made once the time is up: there may be as many as functions, each as large as the module.
#[test]
fn a_module_of_many_functions_stays_when_the_time_is_over() {
    let functions = 20_000;
    let mut text = String::from("(module (func (export \"test\") (result i32) (i32.const 0)");
    (0..functions).for_each(|n| text += &format!(" (call $f{n})"));
    text += ")";
    (0..functions).for_each(|n| {
        text += &format!("(func $f{n} (param i32) (result i32) (i32.add (local.get 0) (i32.const {n})))")
    });
    text += ")";
    let (expected, difference) = answer();
    let ask = |_: &mut Trials, _: &[u8]| -> ProbeAnswer { panic!("the time is over") };
    let settings = ReduceSettings { time: Duration::ZERO, jobs: 1 };
    let trials = vec![Trials::new(TrialPlace::Here, TrialLimits::default())];
    let best = Best { direct: false, ast: parse(&text), provider: None, expected, difference };
    let before = best.instructions();
    let mut keep = |_: &Best| panic!("nothing is smaller");
    let best = reduce_by(&ask, None, trials, best, &settings, &mut keep, &mut |_| {}).unwrap();
    assert_eq!(best.instructions(), before);
}

/// Pieces have no zeros at their ends, and the same addresses as before. Segments without a constant address stay.
#[test]
fn data_is_cut_into_pieces_that_stay_where_they_are() {
    let ast = parse(
        r#"(module (import "p" "m" (memory i64 1)) (import "p" "g" (global i64)) (memory 1)
            (data (memory 1) (i32.const 10) "\00a\00b\00\00\00\00c\00") (data "passive")
            (data (i64.const 100) "xyz") (data (global.get 0) "far"))"#,
    );
    let cut = split(&ast, 4);
    let pieces = cut.data.iter().map(|d| {
        let place = match &d.mode {
            SegmentMode::Active(memory, offset) => match ast::decode(&offset[0]) {
                Operator::I32Const { value } => format!("{memory} at i32 {value}"),
                Operator::I64Const { value } => format!("{memory} at i64 {value}"),
                _ => memory.to_string(),
            },
            _ => "nowhere".to_string(),
        };
        (place, String::from_utf8_lossy(&d.bytes).into_owned())
    });
    let pieces: Vec<(String, String)> = pieces.collect();
    let expected = [
        ("nowhere", "passive"),
        ("0", "far"),
        ("1 at i32 11", "a\0b"),
        ("1 at i32 18", "c"),
        // The imported memory comes first, and has the longer addresses.
        ("0 at i64 100", "xyz"),
    ];
    assert_eq!(pieces, expected.map(|(place, bytes)| (place.to_string(), bytes.to_string())));
    assert!(typing::is_valid(&cut.encode()));
}

fn ended(end: StepEnd) -> Difference {
    let kind = DifferenceKind::End(Box::new(StepEnd::Values(Vec::new())), Box::new(end));
    Difference { step: 1, left: String::new(), right: String::new(), kind }
}

/// The states after a full heap are kept: whether both sides go on alike depends on them.
#[test]
fn what_a_full_heap_left_is_not_forgotten() {
    let full = StepEnd::Trap(crate::runtime::trap::TrapCode::AllocationTooLarge.message().into());
    let state = |hash| vec![(crate::triage::observe::Entity::Memory(0), hash)];
    let seen = |hash, value| {
        let ends = [(full.clone(), state(hash)), (StepEnd::Values(vec![PortableValue::I32(value)]), state(hash))];
        let steps = ends.map(|(end, state)| Step { end, state, output: Vec::new() }).to_vec();
        forget(Observation { steps, column: String::new() })
    };
    assert_eq!(seen(7, 1).steps.iter().map(|step| step.state.len()).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(diff(&seen(7, 1), &seen(7, 2)).map(|found| found.step), Some(1));
    assert_eq!(diff(&seen(7, 1), &seen(8, 2)), None);
}

/// A script words a defect differently from the module in it, but the kind is the same.
#[test]
fn a_script_shows_a_defect_of_the_same_kind() {
    let all = [
        (ended(StepEnd::Trap("unreachable".into())), "wrong", 0),
        (ended(StepEnd::Values(vec![PortableValue::I32(1)])), "wrong", 0),
        (ended(StepEnd::Exhausted), "exhausted", 0),
        (Difference { kind: DifferenceKind::Steps, ..ended(StepEnd::Timeout) }, "wrong", 0),
        (ended(StepEnd::Crash("SIGSEGV".into())), "crash(SIGSEGV)", 1),
        (ended(StepEnd::Crash("a panic".into())), "crash(a panic)", 1),
        (ended(StepEnd::Timeout), "timeout", 2),
        (ended(StepEnd::Checker("two values".into())), "checker(two values)", 3),
    ];
    for (module, wanted, kind) in &all {
        assert_eq!(class(module), *wanted);
        for (script, class_of_script, other) in &all {
            assert_eq!(is_same_in_script(module, script), kind == other, "{wanted}, {class_of_script}");
            let held = Hold::Class(wanted.to_string()).holds(script);
            assert_eq!(held, wanted == class_of_script, "{wanted}, {class_of_script}");
        }
    }
}

/// For another engine's references, it is only known whether they are null. What it does not export is as in ours.
#[test]
fn what_an_engine_does_not_say_is_as_in_ours() {
    use PortableValue::{I32, I64, Null, Object};
    let images = |bytes: [u8; 2]| bytes.map(|byte| MemoryImage::of_bytes(&[byte])).to_vec();
    let ours = Snapshot {
        globals: vec![I32(1), Object(5), Null, Object(6), I64(7)],
        memories: images([1, 2]),
        ..Snapshot::default()
    };
    let global = |i: u32, value| (format!("{}{i}", capture::GLOBAL), value);
    let state = ExportedState {
        globals: vec![global(3, Null), global(2, Object(0)), global(1, Object(0)), global(0, I32(2))],
        memories: vec![(format!("{}1", capture::MEMORY), vec![9])],
    };
    let expected = Snapshot {
        globals: vec![I32(2), Object(5), Object(0), Null, I64(7)],
        memories: images([1, 9]),
        ..Snapshot::default()
    };
    assert_eq!(snapshot_like(&ours, &state), expected);
}

/// With a different number of values, or if the profile fixes the NaN, nothing is a choice.
#[test]
fn a_profile_leaves_no_choice_of_nans() {
    let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
    let subject = Subject { bytes: binary("(module)"), provider: None, drive: drive() };
    let canonical = Config { nan: NanProfile::Canonical, ..Config::default() };
    let nans = |bits: &[u32]| Box::new(StepEnd::Values(bits.iter().map(|&bits| PortableValue::F32(bits)).collect()));
    let mut free = |good: &Config, left: &[u32], right: &[u32]| {
        let kind = DifferenceKind::End(nans(left), nans(right));
        let difference = Difference { kind, ..ended(StepEnd::Timeout) };
        only_nans(&mut trials, &subject, &difference, (good, &Side::Backend(good.clone()))).unwrap()
    };
    assert!(free(&Config::default(), &[0x7fc0_0001], &[0x7fc0_0002]));
    assert!(!free(&Config::default(), &[0x7fc0_0001], &[0x7fc0_0002, 0x7fc0_0001]));
    assert!(!free(&canonical, &[0x7fc0_0001], &[0x7fc0_0002]));
}

/// If the good side exhausts its stack, nothing shows what is right.
#[test]
fn a_variant_that_exhausts_the_good_side_shows_nothing() {
    let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
    // Compiled code lacks what interpreted code has.
    let mut asked = |start: &str| {
        let text = format!(
            "(module (type $s (shared (struct (field i32)))) (func $start {start}) (start $start)
                (func (export \"test\") (drop (struct.new $s (i32.const 1)))))"
        );
        let jit = Config { mode: Mode::All(Tier::Jit), ..Config::default() };
        let hold = Hold::Class("unsupported(shared-everything-threads)".into());
        let question = Question { good: Config::default(), bad: jit.into(), hold, counts_nans: false };
        let subject = Subject { bytes: binary(&text), provider: None, drive: drive() };
        question.ask(&mut trials, &subject).unwrap().is_some()
    };
    assert!(asked("") && !asked("(call $start)"));
}

/// A module may also be rejected because of a function that nothing calls.
#[test]
fn functions_that_nothing_calls_are_told_apart() {
    let text = r#"(module (import "p" "f" (func $f (param i32))) (memory 1) (global (mut i32) (i32.const 1))
        (func $other (global.set 0 (i32.load (i32.const 4))) (call $f (i32.const 1)))
        (func (export "test") (call $other))
        (func $one (param i32) (result i32) (i32.rotl (local.get 0) (i32.const 3))))"#;
    let rotates = |ast: &Ast| {
        let mut operators = ast.funcs.iter().flat_map(|f| &f.ops);
        operators.any(|op| matches!(ast::decode(op), Operator::I32Rotl))
    };
    let small = reduced(parse(text), &rotates).ast;
    let counts = (small.funcs.len(), small.imports.len(), small.memories.len(), small.globals.len());
    assert_eq!(counts, (2, 0, 0, 0), "{}", printed(&small.encode()));
}

/// A call of a module whose bits of NaNs differ under the profile of the bad side.
fn case_of_nans(text: &str, export: &str) -> Case {
    let drive = DrivenBy::Invoke { export: export.into(), args: Vec::new() };
    let subject = Subject { bytes: binary(text), provider: None, drive };
    let bad = Config { nan: NanProfile::Canonical, ..Config::default() };
    let trials = Trials::new(TrialPlace::Here, TrialLimits::default());
    Case::new(subject, Config::default(), bad.into(), trials).map_err(|e| e.to_string()).unwrap()
}

/// A call of one function may end in a different defect than the program that it was taken from.
#[test]
fn a_captured_call_shows_the_same_defect() {
    let text = r#"(module (func (export "f") (result i32)
        (i32.reinterpret_f32 (f32.add (f32.const nan:0x200001) (f32.const 1)))))"#;
    let mut case = case_of_nans(text, "f");
    let crash = |what: &str| ended(StepEnd::Crash(what.into()));
    let wrong = |value| ended(StepEnd::Values(vec![PortableValue::I32(value)]));
    let best = |difference: &Difference| {
        let (expected, difference) = (answer().0, difference.clone());
        Best { direct: false, ast: parse(text), provider: None, expected, difference }
    };
    for (of_case, of_call, is_same) in [
        (wrong(1), wrong(2), true),
        (wrong(1), crash("SIGSEGV"), false),
        (crash("SIGSEGV"), wrong(1), false),
        (crash("SIGSEGV"), crash("a panic"), false),
        (crash("SIGSEGV"), crash("SIGSEGV"), true),
    ] {
        case.difference = of_case;
        match alike(&case, best(&of_call)) {
            Ok(found) => assert!(is_same && found.difference == of_call, "{:?}", case.difference),
            Err(CaptureError::OtherDifference(other)) => {
                assert!(!is_same && other == of_call.signature(), "{:?}, {other}", case.difference);
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// A subject without a difference when it is tried again is not reduced.
#[test]
fn a_difference_that_is_gone_is_not_reduced() {
    let text = |value: &str| format!("(module (func (export \"test\") (result f32) (f32.add {value} (f32.const 1))))");
    let case = case_of_nans(&text("(f32.const nan:0x200001)"), "test");
    let (expected, difference) = answer();
    let best = Best { direct: false, ast: parse(&text("(f32.const 2)")), provider: None, expected, difference };
    let settings = ReduceSettings { time: Duration::from_secs(60), jobs: 1 };
    let mut keep = |_: &Best| panic!("nothing is smaller");
    let gone = reduce(&case, best, &settings, &mut keep, &mut |_| {});
    assert!(matches!(gone, Err(ReduceError::Gone)));
}

/// The place of a trap is not state that a call can return.
#[test]
fn a_place_of_a_trap_is_not_captured() {
    let text = r#"(module (func $nan (export "f") (result i32)
        (i32.reinterpret_f32 (f32.add (f32.const nan:0x200001) (f32.const 1)))))"#;
    let mut case = case_of_nans(text, "f");
    case.difference.kind = DifferenceKind::State(crate::triage::observe::Entity::Frames);
    let culprit = Culprit {
        module: 0,
        hash: 0,
        body: crate::module::BodyIndex(0),
        function: Some(0),
        name: "nan".into(),
        at: None,
    };
    let captured = capture::of_function(&mut case, &culprit, &mut |_| {});
    assert!(matches!(captured, Err(CaptureError::PlaceOfTrap)));
}
