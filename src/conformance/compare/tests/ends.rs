//! Two sides after a directive that ended in various ways, in states that are alike or differ.

use super::*;
use crate::conformance::compare::result::SideComparison;
use crate::conformance::compare::sides::{DirectiveExtent, Side, compare_ends, compare_sides};
use crate::conformance::execute::session::StepResult;
use crate::conformance::outcome::Expect;
use crate::conformance::outcome::numbers::VectorShape;
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::pattern::{Lane, Pattern};
use crate::conformance::read::script::ScriptStep;
use crate::conformance::record::Verdict;
use crate::conformance::stats::RunStats;
use crate::engine::Relaxed;
use crate::runtime::store::MemoryId;
use crate::runtime::trap::TrapCode;
use crate::runtime::value::Val;
use wasmparser::ValType;

/// All of a comparison: verdict, left side, right side, kinds, whether NaNs may be the cause, whether it is partial.
pub(super) type Whole = (Verdict, String, String, Vec<(ComparedPlace, DifferenceKind)>, bool, bool);

pub(super) fn whole(of: SideComparison) -> Whole {
    (of.verdict, of.expected, of.got, of.kinds, of.may_be_nans, of.partial)
}

/// A comparison that is not partial, and that NaNs did not cause.
pub(super) fn plain(verdict: Verdict, left: &str, right: &str, kinds: &[(ComparedPlace, DifferenceKind)]) -> Whole {
    (verdict, left.into(), right.into(), kinds.to_vec(), false, false)
}

pub(super) fn partial(verdict: Verdict, left: &str, right: &str) -> Whole {
    (verdict, left.into(), right.into(), Vec::new(), false, true)
}

/// A step whose action does not matter, since it has already run.
pub(super) fn step() -> ScriptStep<'static> {
    ScriptStep {
        index: "0".into(),
        line: 1,
        text: "invoke f".into(),
        action: Action::Invoke { module: None, name: "f".into(), args: Vec::new() },
        source: None,
        expect: Expect::Success,
    }
}

pub(super) fn returned(results: &[u32]) -> Outcome {
    Outcome::Returned(results.iter().map(|n| (ValType::I32, Observed::I32(*n))).collect())
}

/// The two sides, before a directive.
struct Sides {
    left: Side,
    right: Side,
    stats: RunStats,
}

fn sides(modules: &[(&str, &str)]) -> Sides {
    let (left, right, pairing) = alike(modules);
    let side = |name: &str, session: Session, pairing| Side {
        name: name.into(),
        script: 0,
        instances_before: session.store.instances(),
        session: Ok(Box::new(session)),
        pairing,
        acted: StepResult { outcome: Outcome::Done, instance: None },
        calls: Vec::new(),
    };
    let (left, right) = (side("left", left, None), side("right", right, Some(pairing)));
    Sides { left, right, stats: RunStats::default() }
}

impl Sides {
    fn sessions(&mut self) -> [&mut Session; 2] {
        [&mut self.left, &mut self.right].map(|side| &mut **side.session.as_mut().expect("a session"))
    }

    fn pairing(&mut self) -> &mut Pairing {
        self.right.pairing.as_mut().expect("a pairing")
    }

    /// Records that the directive ended so, and was about this instance.
    fn acted(&mut self, left: Outcome, right: Outcome, instance: u32) {
        for (side, outcome) in [(&mut self.left, left), (&mut self.right, right)] {
            side.acted = StepResult { outcome, instance: Some(InstanceId(instance)) };
        }
    }

    /// Records that the directive returned these numbers.
    fn gave(&mut self, left: &[u32], right: &[u32], instance: u32) {
        self.acted(returned(left), returned(right), instance);
        for (session, results) in self.sessions().into_iter().zip([left, right]) {
            session.roots = results.iter().map(|n| Val::I32(*n)).collect();
        }
    }

    /// Calls of a host function with one argument, on each side.
    fn called(&mut self, left: &[u32], right: &[u32]) {
        let calls = |arguments: &[u32]| arguments.iter().map(|n| ("print_i32", vec![Val::I32(*n)])).collect();
        (self.left.calls, self.right.calls) = (calls(left), calls(right));
    }

    fn poison(&mut self, instance: u32) {
        let Sides { left, right, .. } = self;
        let (Ok(l), Ok(r), Some(pairing)) = (&left.session, &right.session, &mut right.pairing) else {
            panic!("no pairing")
        };
        pairing.poison_reached(&l.store, &r.store, (Some(InstanceId(instance)), None));
    }

    fn compared(&mut self, last: bool) -> Whole {
        self.compared_over(DirectiveExtent { executes: true, last })
    }

    fn compared_over(&mut self, extent: DirectiveExtent) -> Whole {
        whole(compare_sides(&self.left, &mut self.right, &step(), extent, &mut self.stats))
    }

    fn is_poisoned(&mut self, instance: u32) -> bool {
        self.pairing().is_poisoned(InstanceId(instance))
    }
}

const RESULT: (ComparedPlace, DifferenceKind) = (ComparedPlace::Result, DifferenceKind::I32);
const GLOBAL: (ComparedPlace, DifferenceKind) = (ComparedPlace::Global, DifferenceKind::I32);

/// A directive that executes nothing leaves nothing behind that could not be compared.
#[test]
fn only_what_executes_is_compared_in_part() {
    let mut both = sides(&[("a", PLAIN)]);
    both.poison(0);
    assert!(both.pairing().leaves_out());
    both.acted(Outcome::Done, Outcome::Done, 0);
    let ends = ("left: success", "right: success");
    for (executes, expected) in
        [(false, plain(Verdict::Poisoned, ends.0, ends.1, &[])), (true, partial(Verdict::Poisoned, ends.0, ends.1))]
    {
        let found = both.compared_over(DirectiveExtent { executes, last: false });
        assert_eq!(found, expected, "executes: {executes}");
    }
}

/// If there are several results, the first that differs is reported: the text of all of them does not show which one it is.
#[test]
fn the_first_result_that_differs_is_told_where_there_are_more() {
    for (left, right, text, count) in [
        (&[1][..], &[1][..], "", 0),
        (&[1][..], &[2][..], "right: returned [i32 2]", 1),
        (&[1, 2][..], &[3, 4][..], "right: returned [i32 3, i32 4]; result 0: i32 1 / i32 3", 2),
        (&[1, 2][..], &[1, 4][..], "right: returned [i32 1, i32 4]; result 1: i32 2 / i32 4", 1),
        (&[1, 2, 3][..], &[1, 2, 4][..], "right: returned [i32 1, i32 2, i32 4]; result 2: i32 3 / i32 4", 1),
    ] {
        let mut both = sides(&[("a", PLAIN)]);
        both.gave(left, right, 0);
        let expected = match count {
            0 => plain(Verdict::Pass, "", "", &[]),
            _ => plain(Verdict::Diverge, &format!("left: {}", returned(left)), text, &vec![RESULT; count]),
        };
        assert_eq!(both.compared(false), expected);
        assert!(!both.is_poisoned(0));
    }
}

/// If both sides ran out of memory in the same state, nothing else about their ends counts, and they go on together.
#[test]
fn where_a_heap_was_full_does_not_matter() {
    let frame = |function: u32| BacktraceFrame {
        instance: InstanceId(0),
        function,
        name: format!("f{function}"),
        module_offset: Some(9),
        function_offset: None,
        tier: "interp",
        code_offset: None,
    };
    let full = || Outcome::Trap(TrapCode::AllocationTooLarge, "x".into());
    let text = ("left: trap: x", "right: trap: x");
    for (differs, expected) in
        [(false, plain(Verdict::Pass, "", "", &[])), (true, partial(Verdict::Poisoned, text.0, text.1))]
    {
        let mut both = sides(&[("a", PLAIN)]);
        if differs {
            call(both.sessions()[1], "a", "set", &[]);
        }
        both.acted(full(), full(), 0);
        both.called(&[1], &[1, 2]);
        for (session, function) in both.sessions().into_iter().zip([0, 1]) {
            session.frames = vec![frame(function)];
        }
        assert_eq!(both.compared(false), expected);
        assert_eq!(both.is_poisoned(0), differs);
    }
    // Another trap is compared to its last frame.
    let mut both = sides(&[("a", PLAIN)]);
    let trap = || Outcome::Trap(TrapCode::Unreachable, "x".into());
    both.acted(trap(), trap(), 0);
    for (session, function) in both.sessions().into_iter().zip([0, 1]) {
        session.frames = vec![frame(function)];
    }
    let frames = (ComparedPlace::End, DifferenceKind::Frames);
    let got = "right: trap: x; frame 0: f0 at 0x9 / f1 at 0x9";
    assert_eq!(both.compared(false), plain(Verdict::Diverge, "left: trap: x", got, &[frames]));
}

/// This holds whatever else differs: host calls and places.
#[test]
fn a_side_that_was_cut_short_poisons_what_it_could_reach() {
    let deep = || Outcome::Exhaustion("x".into());
    let crash = || Outcome::Crash("SIGABRT".into());
    let blocked = || Outcome::Blocked { cause: "7".into(), place: None, unsupported: None };
    let done = || returned(&[]);
    for (left, right, verdict) in [
        (deep(), done(), Verdict::Poisoned),
        (done(), deep(), Verdict::Poisoned),
        (blocked(), done(), Verdict::Poisoned),
        (done(), blocked(), Verdict::Poisoned),
        (crash(), done(), Verdict::Crash),
        (done(), Outcome::Timeout, Verdict::Timeout),
        (Outcome::Unsupported("x".into()), done(), Verdict::Unsupported),
    ] {
        // With an instance that was poisoned before, or another one.
        for before in [false, true] {
            let mut both = sides(&[("a", PLAIN), ("b", PLAIN)]);
            if before {
                both.poison(0);
            }
            call(both.sessions()[1], "a", "set", &[]);
            both.called(&[1], &[1, 2]);
            let texts = (format!("left: {left}"), format!("right: {right}"));
            both.acted(left.clone(), right.clone(), 0);
            assert_eq!(both.compared(true), partial(verdict, &texts.0, &texts.1), "poisoned before: {before}");
            assert_eq!([0, 1].map(|n| both.is_poisoned(n)), [true, false]);
            // From then on nothing of the poisoned instance is compared, and everything else is.
            both.gave(&[1], &[2], 0);
            let texts = ("left: returned [i32 1]", "right: returned [i32 2]");
            assert_eq!(both.compared(true), partial(Verdict::Poisoned, texts.0, texts.1));
            both.called(&[], &[]);
            both.gave(&[1], &[2], 1);
            let expected = (Verdict::Diverge, texts.0.to_string(), texts.1.to_string(), vec![RESULT], false, true);
            assert_eq!(both.compared(true), expected);
        }
    }
}

/// Poisoning includes segments: after a call that was cut short on one side, only the other side may have dropped them.
#[test]
fn dropped_segments_of_what_is_poisoned_are_not_compared() {
    const SEGMENTS: &str = r#"(module (func $f) (elem $e func $f) (data $d "x")
      (func (export "drop") (elem.drop $e) (data.drop $d)))"#;
    for poisoned in [false, true] {
        let mut both = sides(&[("a", SEGMENTS), ("b", SEGMENTS)]);
        if poisoned {
            both.poison(0);
        }
        call(both.sessions()[1], "a", "drop", &[]);
        both.gave(&[], &[], 1);
        let (verdict, ..) = both.compared(true);
        assert_eq!(verdict, if poisoned { Verdict::Pass } else { Verdict::Diverge }, "poisoned: {poisoned}");
    }
}

/// A side without a pairing shows its end, if there is nothing else to report.
#[test]
fn sides_that_are_no_pair_are_not_compared() {
    let crash = || Outcome::Crash("x".into());
    for (left, right, verdict) in [
        (Outcome::Done, Outcome::Done, Verdict::Unsupported),
        (Outcome::Done, crash(), Verdict::Crash),
        (Outcome::Timeout, Outcome::Unsupported("y".into()), Verdict::Timeout),
    ] {
        let mut both = sides(&[("a", PLAIN)]);
        let texts = (format!("left: {left}"), format!("right: {right}"));
        both.right.pairing = None;
        both.acted(left, right, 0);
        assert_eq!(both.compared(true), plain(verdict, &texts.0, &texts.1, &[]));
    }
}

/// If threads that could reach the same memory were running, a difference is not a divergence.
#[test]
fn what_threads_may_have_to_do_with_is_no_divergence() {
    const TEXT: &str = r#"(module (memory (export "m") 1) (global (export "g") (mut i32) (i32.const 0))
      (func (export "set") (global.set 0 (i32.const 1))))"#;
    for ended in [false, true] {
        let begin = || {
            let mut both = sides(&[("a", TEXT), ("b", TEXT)]);
            let [left, _] = both.sessions();
            let Some(Extern::Memory(memory)) = left.store.export(InstanceId(0), "m") else { panic!("a memory") };
            let (none, one): (Vec<MemoryId>, _) = (Vec::new(), vec![memory]);
            let (running, over) = if ended { (none, one) } else { (one, none) };
            both.pairing().set_racing(running, over);
            both
        };
        let mut both = begin();
        both.gave(&[1], &[2], 0);
        let texts = ("left: returned [i32 1]", "right: returned [i32 2]");
        assert_eq!(both.compared(false), plain(Verdict::Poisoned, texts.0, texts.1, &[]), "ended: {ended}");
        assert_eq!(both.stats.after_threads, 1);
        // Calls of the host.
        let mut both = begin();
        both.gave(&[], &[], 0);
        both.called(&[1], &[1, 2]);
        let races = "left: the same, provided that no threads race";
        let calls = plain(Verdict::Poisoned, races, "right: calls of host functions: 1 / 2", &[]);
        assert_eq!(both.compared(false), calls, "ended: {ended}");
        // Places, which are compared once the threads have ended.
        let mut both = begin();
        call(both.sessions()[1], "a", "set", &[]);
        let global = global_of(both.sessions()[0], 0);
        both.gave(&[], &[], 1);
        let expected = match ended {
            false => plain(Verdict::Pass, "", "", &[]),
            true => partial(Verdict::Poisoned, races, &format!("right: global {global}: i32 0 / i32 1")),
        };
        assert_eq!(both.compared(false), expected, "ended: {ended}");
        assert_eq!((both.is_poisoned(0), both.is_poisoned(1), both.stats.after_threads), (ended, false, 0));
        // What they cannot reach is compared as usual.
        let mut both = begin();
        both.gave(&[1], &[2], 1);
        assert_eq!(both.compared(false), plain(Verdict::Diverge, texts.0, texts.1, &[RESULT]), "ended: {ended}");
        assert_eq!(both.stats.after_threads, 0);
    }
}

/// That includes what neither the directive nor the threads can reach: a wild store of theirs is found when they have ended.
#[test]
fn everything_is_compared_when_threads_have_ended() {
    for ended in [false, true] {
        let mut both = sides(&[("a", r#"(module (memory (export "m") 1))"#), ("b", PLAIN), ("c", PLAIN)]);
        let [left, _] = both.sessions();
        let Some(Extern::Memory(memory)) = left.store.export(InstanceId(0), "m") else { panic!("a memory") };
        let global = global_of(left, 2);
        if ended {
            both.pairing().set_racing(Vec::new(), vec![memory]);
        }
        call(both.sessions()[1], "c", "set", &[]);
        both.gave(&[], &[], 1);
        let far = "(out of reach of this directive: since the last whole comparison)";
        let got = format!("right: global {global}: i32 0 / i32 1 {far}");
        let expected = match ended {
            false => plain(Verdict::Pass, "", "", &[]),
            true => (Verdict::Diverge, "left: the same state and host calls".into(), got, vec![GLOBAL], false, true),
        };
        assert_eq!(both.compared(false), expected, "ended: {ended}");
    }
}

/// A reference to something that only one side has is not compared: as a result, in a place, and if both sides were exhausted.
#[test]
fn what_one_side_alone_has_is_unknown() {
    const TEXT: &str = r#"(module (func $f) (elem declare func $f) (global (export "g") funcref (ref.func $f)))"#;
    let begin = || {
        let mut both = sides(&[("a", TEXT)]);
        both.pairing().map.instances.clear();
        both
    };
    let place = |both: &mut Sides| format!("global {}", global_of(both.sessions()[0], 0));
    let func = "func 0 of instance 0";

    let mut both = begin();
    let place = place(&mut both);
    both.acted(Outcome::Done, Outcome::Done, 0);
    let got = format!("right: {place}: {func} / {func}: refers to something that only one side has");
    assert_eq!(
        both.compared(true),
        plain(Verdict::Poisoned, "left: the same on both sides, as far as both have it", &got, &[])
    );

    let mut both = begin();
    let result = || Observed::Func { instance: InstanceId(0), index: 0, here: Vec::new() };
    let gave = || Outcome::Returned(vec![(ValType::FUNCREF, result())]);
    both.acted(gave(), gave(), 0);
    for session in both.sessions() {
        let Some(Extern::Global(global)) = session.store.export(InstanceId(0), "g") else { panic!("a global") };
        session.roots = vec![session.store.global_get(global)];
    }
    let texts = (format!("left: {}", gave()), format!("right: {}", gave()));
    assert_eq!(both.compared(true), plain(Verdict::Poisoned, &texts.0, &texts.1, &[]));

    let mut both = begin();
    let deep = || Outcome::Exhaustion("x".into());
    both.acted(deep(), deep(), 0);
    assert_eq!(both.compared(true), partial(Verdict::Poisoned, "left: exhaustion: x", "right: exhaustion: x"));
    assert!(both.is_poisoned(0));
}

/// NaNs explain a difference only if they may explain all of it, and no profile rules them out.
#[test]
fn nans_have_to_be_behind_all_that_differs() {
    // The acting instance, of which `b` alone has floats; whether its result differs; which instance's global does.
    for (acted, result, global, may) in [
        (0, true, None, false),
        (1, true, None, true),
        (0, false, Some(0), false),
        (1, false, Some(1), true),
        (0, false, Some(1), true),
        (0, true, Some(0), false),
        (0, true, Some(1), false),
        (1, true, Some(1), true),
        (1, true, Some(0), true),
        (0, false, None, false),
        (1, false, None, false),
    ] {
        for canonical in [false, true] {
            let mut both = sides(&[("a", PLAIN), ("b", FLOATS)]);
            both.pairing().map.canonical = canonical;
            if let Some(n) = global {
                call(both.sessions()[1], ["a", "b"][n], "set", &[]);
            }
            both.gave(&[1], &[if result { 2 } else { 1 }], acted);
            let (verdict, _, _, kinds, may_be_nans, _) = both.compared(true);
            let differs = result || global.is_some();
            assert_eq!(verdict, if differs { Verdict::Diverge } else { Verdict::Pass });
            let expected: Vec<_> = result.then_some(RESULT).into_iter().chain(global.map(|_| GLOBAL)).collect();
            assert_eq!(kinds, expected, "{acted} {result} {global:?}");
            assert_eq!(may_be_nans, may && !canonical, "{acted} {result} {global:?} {canonical}");
        }
    }
}

/// If the sides do not make the same choices, an instance with relaxed operators is not compared after the directive that made
/// it.
#[test]
fn relaxed_operators_are_compared_where_both_choose_alike() {
    const RELAXED: &str = "(module (func (param v128) (result v128)
      (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))";
    for alike in [false, true] {
        let mut both = sides(&[("a", RELAXED)]);
        for session in both.sessions() {
            load(session, "b", PLAIN);
            load(session, "c", RELAXED);
        }
        if !alike {
            // As if its engine had been made so.
            both.sessions()[1].backend.config.relaxed = Relaxed::Native;
        }
        both.acted(Outcome::Done, Outcome::Done, 2);
        let expected = match alike {
            true => plain(Verdict::Pass, "", "", &[]),
            false => partial(Verdict::Poisoned, "left: success", "right: success"),
        };
        assert_eq!(both.compared(false), expected);
        assert_eq!([0, 1, 2].map(|n| both.is_poisoned(n)), [false, false, !alike]);
    }
}

/// Vector lanes may differ in the results that a script expects to be NaNs, and in no others.
#[test]
fn lanes_are_excused_in_their_own_result() {
    const NAN: u128 = 0x7fc0_0000;
    let (left, right, pairing) = alike(&[]);
    let of = |first: Lane| Pattern::V128(VectorShape::F32x4, [vec![first], vec![Lane::Bits(0); 3]].concat());
    let (nan, bits) = (|| of(Lane::Arithmetic), || of(Lane::Bits(NAN as u64)));
    // The patterns, the results that differ, and those of them that are excused.
    let cases: [(Vec<Pattern>, &[usize], &[usize]); 9] = [
        (vec![nan(), bits()], &[], &[]),
        (vec![nan(), bits()], &[0], &[0]),
        (vec![nan(), bits()], &[1], &[]),
        (vec![bits(), nan()], &[0], &[]),
        (vec![bits(), nan()], &[1], &[1]),
        (vec![bits(), nan()], &[0, 1], &[1]),
        (vec![nan(), nan()], &[0, 1], &[0, 1]),
        (vec![nan()], &[0, 1], &[0]),
        (vec![], &[0, 1], &[]),
    ];
    for (patterns, differ, excused) in cases {
        let step = ScriptStep { expect: Expect::Values(patterns), ..step() };
        let vectors = |differ: &[usize]| [0, 1].map(|n| NAN + u128::from(differ.contains(&n)));
        let side = |vectors: [u128; 2]| {
            let seen = vectors.map(|v| (ValType::V128, Observed::V128(v))).to_vec();
            (Outcome::Returned(seen), vectors.map(Val::V128))
        };
        let (l, r) = (side(vectors(&[])), side(vectors(differ)));
        let mut walk = Walk::new(&left.store, &right.store, &pairing.map);
        compare_ends(&mut walk, &step, (&l.0, &l.1), (&r.0, &r.1));
        let Findings { differences, nans, first_nan, .. } = walk.findings;
        let place = |text: &str| text.split(':').next().map(String::from);
        let told: Vec<String> = differences.iter().filter_map(|d| place(&d.text)).collect();
        let named = |n: &usize| format!("result {n}");
        let expected: Vec<String> = differ.iter().filter(|n| !excused.contains(n)).map(named).collect();
        assert_eq!((told, nans), (expected, excused.len() as u64), "{differ:?}");
        assert_eq!(first_nan.and_then(|text| place(&text)), excused.first().map(named), "{differ:?}");
    }
}
