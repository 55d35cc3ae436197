//! Threads that have ended: how each of their directives compares, and what they leave behind.

use super::ends::{Whole, partial, plain, returned, step, whole};
use super::*;
use crate::conformance::compare::nested::{SharedMemories, compare, of_unknown};
use crate::conformance::execute::threads::{EndedThread, ThreadSession, ThreadStepResult};
use crate::conformance::outcome::observed::Observed;
use crate::conformance::read::script::ScriptStep;
use crate::conformance::record::Verdict;
use crate::conformance::stats::RunStats;
use crate::engine::{NanProfile, Relaxed};
use crate::runtime::memory::SharedMemory;
use crate::runtime::store::MemoryId;
use crate::runtime::trap::TrapCode;
use crate::runtime::value::Val;
use std::ops::Range;
use wasmparser::{ValType, WasmFeatures};

/// Position of the first step of the threads here.
const FIRST: usize = 2;

/// A directive that ended so, was about instance 0, and made these instances.
fn result(outcome: Outcome, made: Range<u32>) -> ThreadStepResult {
    ThreadStepResult { outcome, instance: Some(InstanceId(0)), frames: Vec::new(), made, us: 0 }
}

/// A thread that has ended, with this store, if it has one.
fn ended(session: Option<Session>, results: Vec<ThreadStepResult>) -> EndedThread {
    let stores = session.map(|session| ThreadSession {
        first: FIRST,
        session: Box::new(session),
        given: Vec::new(),
        calls: Default::default(),
    });
    let mut thread = EndedThread::default();
    (thread.first, thread.results, thread.stores) = (FIRST, results, stores.into_iter().collect());
    thread
}

/// The comparisons of the steps, and of what the thread left behind; the memories with unknown contents; the statistics.
fn compared(
    left: &EndedThread,
    right: &EndedThread,
    given: Vec<SharedMemory>,
) -> (Vec<Whole>, Whole, Vec<SharedMemory>, RunStats) {
    let steps: Vec<ScriptStep<'_>> = (0..FIRST + left.results.len()).map(|_| step()).collect();
    compared_of(&steps, left, right, given)
}

/// The same for these steps, including those before the thread.
fn compared_of(
    steps: &[ScriptStep<'_>],
    left: &EndedThread,
    right: &EndedThread,
    given: Vec<SharedMemory>,
) -> (Vec<Whole>, Whole, Vec<SharedMemory>, RunStats) {
    let range = FIRST..steps.len();
    let shared = SharedMemories { given, unknown: Vec::new() };
    let mut stats = RunStats::default();
    let compared = compare(("left", "right"), (steps, range), (left, right), &shared, &mut stats);
    let lines = compared.lines.into_iter().map(whole).collect();
    (lines, whole(compared.left_behind), compared.unknown, stats)
}

const END: (ComparedPlace, DifferenceKind) = (ComparedPlace::End, DifferenceKind::Kind);
const GLOBAL: (ComparedPlace, DifferenceKind) = (ComparedPlace::Global, DifferenceKind::I32);

fn pass() -> Whole {
    plain(Verdict::Pass, "", "", &[])
}

/// Tests how a directive compares, and two after it in the same instance: one that ends alike, and one that does not. If the
/// first was cut short on one side, neither says anything.
/// the first was cut short on a side, neither says anything.
#[test]
fn what_a_directive_left_decides_what_later_ones_say() {
    let blocked = || Outcome::Blocked { cause: "7".into(), place: None, unsupported: None };
    let deep = |text: &str| Outcome::Exhaustion(text.into());
    let error = |text: &str| Outcome::Error(text.into());
    let trap = |text: &str| Outcome::Trap(TrapCode::Unreachable, text.into());
    let full = || Outcome::Trap(TrapCode::AllocationTooLarge, "x".into());
    let refused = || Outcome::Unsupported("x".into());
    let crash = || Outcome::Crash("x".into());
    let float = |bits: u32| Outcome::Returned(vec![(ValType::F32, Observed::F32(bits))]);
    let (one, two) = (returned(&[1]), returned(&[2]));
    let apart = [Verdict::Poisoned, Verdict::Poisoned];
    let together = [Verdict::Pass, Verdict::Diverge];
    for (left, right, verdict, after) in [
        (one.clone(), one.clone(), Verdict::Pass, together),
        (one.clone(), two.clone(), Verdict::Diverge, together),
        (error("x"), error("y"), Verdict::Diverge, together),
        (trap("x"), trap("y"), Verdict::Diverge, together),
        (trap("x"), trap("x"), Verdict::Pass, together),
        (trap("x"), one.clone(), Verdict::Diverge, together),
        (deep("x"), one.clone(), Verdict::Poisoned, apart),
        (one.clone(), deep("x"), Verdict::Poisoned, apart),
        (deep("x"), deep("y"), Verdict::Poisoned, apart),
        (full(), one.clone(), Verdict::Poisoned, apart),
        (full(), full(), Verdict::Poisoned, apart),
        (Outcome::Timeout, one.clone(), Verdict::Timeout, apart),
        (one.clone(), Outcome::Timeout, Verdict::Timeout, apart),
        (crash(), Outcome::Timeout, Verdict::Crash, apart),
        (refused(), refused(), Verdict::Unsupported, together),
        (refused(), one.clone(), Verdict::Unsupported, apart),
        (one.clone(), refused(), Verdict::Unsupported, apart),
        (refused(), crash(), Verdict::Crash, apart),
        (crash(), refused(), Verdict::Crash, apart),
        (blocked(), one.clone(), Verdict::Poisoned, apart),
        (one.clone(), blocked(), Verdict::Poisoned, apart),
        (blocked(), blocked(), Verdict::Pass, together),
        (float(0x7fe0_0001), float(0x7ff0_0002), Verdict::Pass, together),
        (float(0), float(0x8000_0000), Verdict::Diverge, together),
    ] {
        let thread = |session: Session, first: &Outcome, third: &Outcome| {
            let results = vec![result(first.clone(), 0..1), result(one.clone(), 1..1), result(third.clone(), 1..1)];
            ended(Some(session), results)
        };
        let (l, r, _) = alike(&[("a", PLAIN)]);
        let (l, r) = (thread(l, &left, &one), thread(r, &right, &two));
        let (lines, left_behind, unknown, stats) = compared(&l, &r, Vec::new());
        let (name, of_right) = (format!("left: {left}"), format!("right: {right}"));
        let is_nan = left == float(0x7fe0_0001);
        let expected = match verdict {
            Verdict::Pass if is_nan => {
                partial(Verdict::Pass, &format!("{name}, the same except for bits of NaNs"), &of_right)
            }
            Verdict::Pass => pass(),
            Verdict::Diverge => plain(verdict, &name, &of_right, &[END]),
            _ if after == apart => partial(verdict, &name, &of_right),
            _ => plain(verdict, &name, &of_right, &[]),
        };
        assert_eq!(lines[0], expected);
        let text = ["left: returned [i32 1]", "right: returned [i32 1]", "right: returned [i32 2]"];
        let expected = match after[0] {
            Verdict::Pass => [pass(), plain(Verdict::Diverge, text[0], text[2], &[END])],
            _ => [text[1], text[2]].map(|right| partial(Verdict::Poisoned, text[0], right)),
        };
        assert_eq!(lines[1..], expected, "after {left} / {right}");
        assert_eq!(expected.map(|(verdict, ..)| verdict), after);
        let state = if after == apart { partial(Verdict::Pass, "", "") } else { pass() };
        assert_eq!((left_behind, unknown.len()), (state, 0), "{left} / {right}");
        let expected = RunStats { after_threads: 3, nan_differences: u64::from(is_nan), ..RunStats::default() };
        assert_eq!(stats, expected, "{left} / {right}");
    }
}

/// NaNs may explain a difference if there are floats, unless both sides make only canonical ones.
#[test]
fn nans_may_be_behind_what_a_thread_did() {
    use NanProfile::{Canonical, Native};
    let (one, two) = (returned(&[1]), returned(&[2]));
    for (module, floats) in [(PLAIN, false), (FLOATS, true)] {
        for profiles in [[Native, Native], [Canonical, Native], [Native, Canonical], [Canonical, Canonical]] {
            for differ in [false, true] {
                let (mut l, mut r, _) = alike(&[("a", module)]);
                (l.backend.config.nan, r.backend.config.nan) = (profiles[0], profiles[1]);
                if differ {
                    call(&mut r, "a", "set", &[]);
                }
                let global = global_of(&l, 0);
                let l = ended(Some(l), vec![result(one.clone(), 0..1)]);
                let r = ended(Some(r), vec![result(if differ { two.clone() } else { one.clone() }, 0..1)]);
                let (lines, left_behind, ..) = compared(&l, &r, Vec::new());
                let may_be_nans = floats && profiles.contains(&Native);
                let (mut line, mut state) = (pass(), pass());
                if differ {
                    line = plain(Verdict::Diverge, "left: returned [i32 1]", "right: returned [i32 2]", &[END]);
                    let expected = "left: the same state at the end of the thread";
                    let got = format!("right: global {global}: i32 0 / i32 1");
                    state = plain(Verdict::Diverge, expected, &got, &[GLOBAL]);
                    (line.4, state.4) = (may_be_nans, may_be_nans);
                }
                assert_eq!(lines, [line], "{profiles:?}");
                assert_eq!(left_behind, state, "{profiles:?}");
            }
        }
    }
}

/// It hides neither what a thread left behind, nor a directive's host calls.
#[test]
fn a_nan_that_is_excused_hides_nothing_else() {
    const TEXT: &str = r#"(module (global $f (mut f32) (f32.const nan)) (global $g (export "g") (mut i32) (i32.const 0))
      (func (export "nan") (global.set $f (f32.const nan:0x400001)))
      (func (export "set") (global.set $g (i32.const 1))))"#;
    let call_of = (ComparedPlace::HostCall, DifferenceKind::I32);
    for (nan, other) in [(false, false), (false, true), (true, false), (true, true)] {
        let found = |of: &Whole| (of.0, of.3.clone(), of.5);
        let verdict = if other { Verdict::Diverge } else { Verdict::Pass };
        let expected = |kind| (verdict, if other { vec![kind] } else { Vec::new() }, nan && !other);
        let nothing = (Verdict::Pass, Vec::new(), false);

        let (l, mut r, _) = alike(&[("a", TEXT)]);
        for (name, _) in [("nan", nan), ("set", other)].into_iter().filter(|(_, called)| *called) {
            call(&mut r, "a", name, &[]);
        }
        let thread = |session| ended(Some(session), vec![result(Outcome::Done, 0..1)]);
        let (lines, left_behind, _, stats) = compared(&thread(l), &thread(r), Vec::new());
        assert_eq!((found(&lines[0]), found(&left_behind)), (nothing.clone(), expected(GLOBAL)), "{nan} {other}");
        assert_eq!(stats.nan_differences, u64::from(nan), "{nan} {other}");

        let (l, r, _) = alike(&[("a", TEXT)]);
        let (mut l, mut r) = (thread(l), thread(r));
        let calls = |bits, number| vec![("print_f32", vec![Val::F32(bits)]), ("print_i32", vec![Val::I32(number)])];
        l.stores[0].calls.insert(FIRST, calls(0x7fc0_0000, 1));
        r.stores[0].calls.insert(FIRST, calls(0x7fc0_0000 + u32::from(nan), 1 + u32::from(other)));
        let (lines, left_behind, _, stats) = compared(&l, &r, Vec::new());
        assert_eq!((found(&lines[0]), found(&left_behind)), (expected(call_of), nothing), "{nan} {other}");
        assert_eq!(stats.nan_differences, u64::from(nan), "{nan} {other}");
    }
}

/// Relaxed operators for which the sides do not make the same choices say nothing, from the directive on that made the instance.
#[test]
fn relaxed_operators_in_threads_are_compared_where_both_choose_alike() {
    const RELAXED: &str = "(module (func (param v128) (result v128)
      (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))";
    for (module, alike_chosen, verdicts) in [
        (RELAXED, true, [Verdict::Pass, Verdict::Diverge]),
        (RELAXED, false, [Verdict::Pass, Verdict::Poisoned]),
        (PLAIN, false, [Verdict::Pass, Verdict::Diverge]),
    ] {
        let (l, mut r, _) = alike(&[("a", PLAIN), ("b", module)]);
        if !alike_chosen {
            // As if its engine had been made so.
            r.backend.config.relaxed = Relaxed::Native;
        }
        let thread = |session: Session, second: u32| {
            let of_b = ThreadStepResult { instance: Some(InstanceId(1)), ..result(returned(&[second]), 1..2) };
            ended(Some(session), vec![result(Outcome::Done, 0..1), of_b])
        };
        let (lines, left_behind, ..) = compared(&thread(l, 1), &thread(r, 2), Vec::new());
        assert_eq!([lines[0].0, lines[1].0], verdicts, "{module} {alike_chosen}");
        let left_out = verdicts[1] == Verdict::Poisoned;
        assert_eq!([lines[0].5, lines[1].5], [false, left_out], "{module} {alike_chosen}");
        let state = if left_out { partial(Verdict::Pass, "", "") } else { pass() };
        assert_eq!(left_behind, state, "{module} {alike_chosen}");
    }
}

/// A memory that a thread gave to others may differ because they raced. A memory that it was given is compared elsewhere.
/// Whatever can reach either may differ.
/// What could reach either may differ.
#[test]
fn memories_of_several_threads_may_differ() {
    const TEXT: &str = r#"(module (memory (export "m") 1)
      (func (export "set") (i32.store8 (i32.const 0) (i32.const 1))))"#;
    enum Memory {
        Own,
        Gave,
        Given,
    }
    for of in [Memory::Own, Memory::Gave, Memory::Given] {
        let (mut l, mut r, _) = alike(&[("a", TEXT), ("b", PLAIN)]);
        call(&mut r, "a", "set", &[]);
        let Some(Extern::Memory(memory)) = l.store.export(InstanceId(0), "m") else { panic!("a memory") };
        if let Memory::Gave = of {
            l.gave = vec![memory];
        }
        let results = |number: u32| {
            let of_b = ThreadStepResult { instance: Some(InstanceId(1)), ..result(returned(&[number]), 1..2) };
            vec![result(returned(&[number]), 0..1), of_b]
        };
        let (mut l, r) = (ended(Some(l), results(1)), ended(Some(r), results(2)));
        if let Memory::Given = of {
            l.stores[0].given = vec![memory];
        }
        let texts = ("left: returned [i32 1]", "right: returned [i32 2]");
        let diverges = || plain(Verdict::Diverge, texts.0, texts.1, &[END]);
        let may_race = || plain(Verdict::Poisoned, texts.0, texts.1, &[]);
        let expected = "left: the same state at the end of the thread";
        let got = format!("right: memory {} at 0x0: 0x00 / 0x01", memory.0);
        let byte = (ComparedPlace::Memory, DifferenceKind::Byte);
        let (first, state) = match of {
            Memory::Own => (diverges(), plain(Verdict::Diverge, expected, &got, &[byte])),
            Memory::Gave => (may_race(), partial(Verdict::Poisoned, expected, &got)),
            Memory::Given => (may_race(), pass()),
        };
        let (lines, left_behind, ..) = compared(&l, &r, Vec::new());
        assert_eq!(lines, [first, diverges()]);
        assert_eq!(left_behind, state);
    }
}

/// Wrong links from before the first directive are reported with it, and those that a directive made with that directive; each
/// once.
#[test]
fn wrong_links_are_told_once() {
    const LEFT: &str = r#"(module (import "spectest" "print" (func)))"#;
    const RIGHT: &str = r#"(module (import "spectest" "print_i32" (func (param i32))))"#;
    let expected = "left: the same frames, instances and host calls";
    let link = (ComparedPlace::Instance, DifferenceKind::Link);
    // Instances that are linked to other things are left out from then on.
    let linked = |n: u32| {
        let text = format!("right: instance {n} is linked to different things");
        (Verdict::Diverge, expected.to_string(), text, vec![link], false, true)
    };
    // The first instance was made before, or by the first directive; the second by the second.
    for before in [false, true] {
        for wrong in [0, 1] {
            let made = |text: &str| {
                let mut session = session();
                for n in 0..2 {
                    load(&mut session, ["a", "b"][n], if n == wrong { text } else { PLAIN });
                }
                let first = if before { 1..1 } else { 0..1 };
                ended(Some(session), vec![result(Outcome::Done, first), result(Outcome::Done, 1..2)])
            };
            let (lines, left_behind, ..) = compared(&made(LEFT), &made(RIGHT), Vec::new());
            // The second directive is about the first instance, which is then poisoned.
            let second =
                if wrong == 0 { partial(Verdict::Poisoned, "left: success", "right: success") } else { linked(1) };
            let first = if wrong == 0 { linked(0) } else { pass() };
            assert_eq!(lines, [first, second], "{wrong} {before}");
            assert_eq!(left_behind, partial(Verdict::Pass, "", ""), "{wrong} {before}");
        }
    }
}

/// The state of a thread without directives is compared all the same.
#[test]
fn a_thread_without_directives_is_compared() {
    for differ in [false, true] {
        let (l, mut r, _) = alike(&[("a", PLAIN)]);
        if differ {
            call(&mut r, "a", "set", &[]);
        }
        let got = format!("right: global {}: i32 0 / i32 1", global_of(&l, 0));
        let (lines, left_behind, ..) = compared(&ended(Some(l), Vec::new()), &ended(Some(r), Vec::new()), Vec::new());
        let state = plain(Verdict::Diverge, "left: the same state at the end of the thread", &got, &[GLOBAL]);
        assert_eq!((lines, left_behind), (Vec::new(), if differ { state } else { pass() }));
    }
}

/// Without a store on both sides, the memories that the thread was given are unknown, unless neither did anything.
#[test]
fn a_thread_without_a_store_leaves_what_it_was_given_unknown() {
    let mut language = Language::of(Spec::Latest);
    language.features |= WasmFeatures::THREADS;
    let mut parent = session_in(&language);
    let instance = load_in(&language, &mut parent, "a", r#"(module (memory (export "m") 1 1 shared))"#);
    let Some(Extern::Memory(memory)) = parent.store.export(instance, "m") else { panic!("a memory") };
    let memory = parent.store.shared_memory(memory).expect("a shared memory");

    let done = || Outcome::Done;
    let refused = || Outcome::Unsupported("x".into());
    let blocked = || Outcome::Blocked { cause: "7".into(), place: None, unsupported: None };
    let idle = || (refused(), refused());
    let both_done = || (done(), done());
    for (results, verdicts, known) in [
        (vec![], vec![], true),
        (vec![idle()], vec![Verdict::Unsupported], true),
        (vec![(blocked(), blocked())], vec![Verdict::Pass], true),
        (vec![(refused(), done())], vec![Verdict::Unsupported], false),
        (vec![(done(), refused())], vec![Verdict::Unsupported], false),
        (vec![both_done()], vec![Verdict::Pass], false),
        (vec![both_done(), idle()], vec![Verdict::Pass, Verdict::Unsupported], false),
        (vec![idle(), both_done()], vec![Verdict::Unsupported, Verdict::Pass], false),
        // What threads may have done to each other is not known.
        (vec![(Outcome::Error("x".into()), Outcome::Error("y".into()))], vec![Verdict::Poisoned], false),
    ] {
        for stores in [[false, false], [true, false], [false, true]] {
            let results_of = |(l, r): &(Outcome, Outcome)| (result(l.clone(), 0..0), result(r.clone(), 0..0));
            let (l, r): (Vec<_>, Vec<_>) = results.iter().map(results_of).unzip();
            let [l, r] = [(stores[0], l), (stores[1], r)].map(|(has, results)| ended(has.then(session), results));
            let (lines, left_behind, unknown, stats) = compared(&l, &r, vec![memory.clone()]);
            assert_eq!(lines.iter().map(|line| line.0).collect::<Vec<_>>(), verdicts, "{results:?} {stores:?}");
            assert!(lines.iter().all(|line| line.3.is_empty()), "{results:?}");
            assert_eq!(left_behind, pass(), "{results:?}");
            let expected: &[SharedMemory] = if known { &[] } else { std::slice::from_ref(&memory) };
            assert_eq!(unknown.len(), expected.len(), "{results:?} {stores:?}");
            assert!(unknown.iter().zip(expected).all(|(a, b)| a.is(b)), "{results:?}");
            assert_eq!(stats, RunStats::default(), "{results:?}");
        }
    }
}

#[test]
fn memories_of_unknown_contents_are_told_by_their_numbers() {
    let names = ("left", "right");
    assert_eq!(whole(of_unknown(names, &[])), pass());
    let got = "right: unknown contents, left by a directive of the thread that did not finish";
    for (memories, expected) in [
        (&[MemoryId(3)][..], "left: known contents of memory 3"),
        (&[MemoryId(3), MemoryId(1)][..], "left: known contents of memory 3, memory 1"),
    ] {
        assert_eq!(whole(of_unknown(names, memories)), plain(Verdict::Poisoned, expected, got, &[]));
    }
}

/// What a thread's own threads leave behind is reported by the directive that waits for them, or else by the last directive of
/// the thread that started them.
/// the thread that started them.
#[test]
fn threads_of_a_thread_are_told_where_they_are_waited_for() {
    let act = |action: Action| ScriptStep { action, ..step() };
    let idle = || ThreadStepResult { instance: None, ..result(Outcome::Done, 0..0) };
    let global = {
        let mut alone = session();
        load(&mut alone, "a", PLAIN);
        global_of(&alone, 0)
    };
    // The waits in the outer thread, and the steps of the outer thread at which X and Y are reported.
    for (waits, told) in [
        (&[][..], [2, 2]),
        (&["X"], [4, 4]),
        (&["Y"], [4, 4]),
        (&["X", "Y"], [4, 5]),
        (&["Y", "X"], [5, 4]),
        (&["X", "Y", "X"], [4, 5]),
        (&["Y", "Y", "X"], [6, 4]),
    ] {
        let mut steps: Vec<ScriptStep<'_>> = (0..FIRST).map(|_| step()).collect();
        for name in ["X", "Y"] {
            steps.push(act(Action::Thread { name: name.into(), shared: None, steps: 1 }));
            steps.push(act(Action::Module { name: None }));
        }
        steps.extend(waits.iter().map(|name| act(Action::Wait { thread: (*name).into() })));
        for (n, at) in told.into_iter().enumerate() {
            // Either X or Y is in another state on the right.
            let thread = |differs: bool| {
                let mut stores = Vec::new();
                for (m, first) in [FIRST + 1, FIRST + 3].into_iter().enumerate() {
                    let mut inner = session();
                    load(&mut inner, "a", PLAIN);
                    if differs && m == n {
                        call(&mut inner, "a", "set", &[]);
                    }
                    let session = Box::new(inner);
                    stores.push(ThreadSession { first, session, given: Vec::new(), calls: Default::default() });
                }
                let made = || result(Outcome::Done, 0..1);
                let mut results = vec![idle(), made(), idle(), made()];
                results.extend(waits.iter().map(|_| idle()));
                let mut outer = ended(Some(session()), results);
                outer.stores.extend(stores);
                outer
            };
            let (left, right) = (thread(false), thread(true));
            let (lines, left_behind, ..) = compared_of(&steps, &left, &right, Vec::new());
            let got = format!("right: global {global}: i32 0 / i32 1");
            let mut expected = vec![pass(); 4 + waits.len()];
            expected[at] = plain(Verdict::Diverge, "left: the same state at the end of the thread", &got, &[GLOBAL]);
            assert_eq!(lines, expected, "{waits:?}, {n}");
            assert_eq!(left_behind, pass(), "{waits:?}, {n}");
        }
    }
}
