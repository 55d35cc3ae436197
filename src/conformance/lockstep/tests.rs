//! The results of scripts on one backend and on several, with injected faults and in threads.

use super::*;
use crate::conformance::backend::Backend;
use crate::conformance::injected_fault::InjectedFault;
use crate::conformance::read::language::{Language, Spec};

#[derive(Default)]
struct Entered(Vec<String>);

impl Observer for Entered {
    fn script(&mut self, steps: &[ScriptStep<'_>]) {
        self.0.push(format!("{} steps", steps.len()));
    }

    fn enter(&mut self, step: usize, column: usize) {
        let column = if column == PREPARING { "prepares".to_string() } else { column.to_string() };
        self.0.push(format!("{step} {column}"));
    }

    fn line(&mut self, step: usize, column: usize, line: DirectiveResult) {
        self.0.push(format!("{step} {column} {}", line.verdict.name()));
    }
}

fn job<'j>(backends: &'j [Backend], folder: Option<&'j json::Folder>) -> Job<'j> {
    Job {
        language: Language::of(Spec::Latest),
        folder,
        backends,
        skips: &[],
        faults: &[],
        until: None,
        timeout: None,
        self_check: None,
    }
}

#[derive(Default)]
struct Judged(Vec<(Verdict, String)>);

impl Observer for Judged {
    fn script(&mut self, _: &[ScriptStep<'_>]) {}

    fn enter(&mut self, _: usize, _: usize) {}

    fn line(&mut self, _: usize, _: usize, line: DirectiveResult) {
        let texts = line.expected.into_iter().chain(line.got).collect::<Vec<_>>();
        self.0.push((line.verdict, texts.join(" / ")));
    }
}

/// The verdict on each directive of a script on the interpreter and, for those that do not pass, what was expected and what
/// happened.
fn judged(text: &str, folder: Option<&json::Folder>) -> Vec<(Verdict, String)> {
    let mut seen = Judged::default();
    let backends = [Backend::named("interp").expect("a backend")];
    run(text, &job(&backends, folder), &mut seen).unwrap_or_else(|e| panic!("{e}"));
    seen.0
}

fn pass() -> (Verdict, String) {
    (Verdict::Pass, String::new())
}

fn unsupported(text: &str) -> (Verdict, String) {
    (Verdict::Unsupported, text.into())
}

/// A call whose results cannot be judged is made, and later directives are judged on its effects. A directive that cannot run at
/// all might have done anything: nothing is judged on the state before it.
#[test]
fn nothing_passes_on_a_state_that_should_have_changed() {
    let text = "(module (global $n (export \"n\") (mut i32) (i32.const 0))
        (func $f (export \"next\") (result funcref)
          (global.set $n (i32.add (global.get $n) (i32.const 1))) (ref.func $f)))
        (assert_return (invoke \"next\") (ref.func $f))
        (assert_return (get \"n\") (i32.const 1))
        (assert_return (invoke \"next\") (either (ref.func) (list.const)))
        (assert_return (get \"n\") (i32.const 2))
        (input \"other.wast\")
        (assert_return (get \"n\") (i32.const 2))
        (module $m (func (export \"f\")))
        (invoke \"f\")
        (assert_trap (invoke \"f\" (u8.const 1)) \"\")
        (invoke $m \"f\")";
    let unjudged = |what: &str| unsupported(&format!("results that cannot be judged / unsupported: {what}"));
    let command = "the interpreter's command `input`";
    assert_eq!(
        judged(text, None),
        [
            pass(),
            unjudged("ref.func $f as an expected result"),
            pass(),
            unjudged("component-model"),
            pass(),
            unsupported(&format!("success / unsupported: {command}")),
            unsupported(&format!("returned [i32 2] / unsupported: {command} (from line 8: input)")),
            pass(),
            pass(),
            unsupported("trap:  / unsupported: component-model"),
            unsupported("success / unsupported: component-model (from line 12: assert_trap f)"),
        ]
    );
}

/// The same for a script in JSON: modules of an unknown type take the place of earlier ones, and what is in an unknown command
/// does not run either.
#[test]
fn nothing_passes_on_a_module_before_one_that_cannot_be_read() {
    let dir = tempfile::tempdir().expect("a folder");
    let module = wat::parse_str("(module (func (export \"f\")))").expect("a module");
    std::fs::write(dir.path().join("m.wasm"), module).expect("writable");
    let folder = json::Folder { path: dir.path().into(), digests: None };
    let commands = [
        r#""type": "module", "filename": "m.wasm", "name": "M""#,
        r#""type": "action", "action": {"type": "invoke", "field": "f", "args": []}"#,
        r#""type": "module", "filename": "m.wasm", "name": "N", "module_type": "odd", "binary_filename": "x""#,
        r#""type": "action", "action": {"type": "invoke", "field": "f", "args": []}"#,
        r#""type": "action", "action": {"type": "invoke", "module": "N", "field": "f", "args": []}"#,
        r#""type": "module_definition", "filename": "m.wasm", "name": "D", "module_type": "odd""#,
        r#""type": "module_instance", "instance": "I", "module": "D""#,
        r#""type": "action", "action": {"type": "invoke", "module": "M", "field": "f", "args": []}"#,
        r#""type": "pause", "commands": [{"line": 8, "type": "register", "as": "m", "name": "M"}]"#,
        r#""type": "action", "action": {"type": "invoke", "module": "M", "field": "f", "args": []}"#,
    ];
    let commands = commands.iter().enumerate().map(|(i, command)| format!("{{\"line\": {i}, {command}}}"));
    let text = format!("{{\"commands\": [{}]}}", commands.collect::<Vec<_>>().join(", "));
    let got = |text: &str| unsupported(&format!("success / unsupported: {text}"));
    let (odd, pause) = ("the module type 'odd'", "the command 'pause'");
    assert_eq!(
        judged(&text, Some(&folder)),
        [
            pass(),
            pass(),
            got(odd),
            got(&format!("{odd} (from line 2: module N)")),
            got(&format!("{odd} (from line 2: module N)")),
            got(odd),
            got(&format!("{odd} (from line 5: module definition D)")),
            pass(),
            got(pause),
            got(pause),
            got(&format!("{pause} (from line 8: pause)")),
        ]
    );
}

/// Texts of a script that look like our own are quoted unchanged.
#[test]
fn a_script_is_quoted_word_for_word() {
    let text = "(module (func (export \"f\") unreachable))
        (assert_trap (invoke \"f\") \"from directive 0\")
        (assert_return (invoke \"depends on failed directive 0\"))
        (register \"r\" $none)
        (module (import \"r\" \"f\" (func)))";
    let fail = |text: &str| (Verdict::Fail, text.to_string());
    assert_eq!(
        judged(text, None),
        [
            pass(),
            fail("trap: from directive 0 / trap: unreachable"),
            fail("returned [] / error: unknown export \"depends on failed directive 0\""),
            fail("success / error: unknown instance none"),
            fail("success / depends on line 4 (register r), which failed"),
        ]
    );
}

/// Directives that both sides refuse leave nothing to compare, and count as such. A call whose results cannot be judged is made
/// and compared. With one side there is no comparison.
#[test]
fn what_is_refused_is_not_compared() {
    let text = "(module (func (export \"f\")))
        (invoke \"f\")
        (assert_return (invoke \"f\") (list.const))
        (input \"other.wast\")
        (invoke \"f\")";
    for (count, expected) in [(1, 0), (2, 2)] {
        let backends = vec![Backend::named("interp").expect("a backend"); count];
        let (stats, _) = run(text, &job(&backends, None), &mut Judged::default()).expect("a script");
        assert_eq!((stats.directives, stats.not_compared), (5, expected), "{count} columns");
    }
}

/// An assertion whose message is empty, or does not count, is decided by the phase alone, and counted once for all columns.
#[test]
fn assertions_that_the_phase_alone_decides_are_counted() {
    let text = "(module (func (export \"f\") unreachable))
        (assert_trap (invoke \"f\") \"\")
        (assert_trap (invoke \"f\") \"unreachable\")
        (assert_invalid (module (func (result i32))) \"\")
        (assert_invalid (module (func (result i32))) \"type mismatch\")
        (assert_trap (invoke \"f\") \"\")
        (invoke \"f\")";
    for (messages, expected) in [(Messages::All, 3), (Messages::OfExecution, 4), (Messages::None, 5)] {
        for count in 1..3 {
            let backends = vec![Backend::named("interp").expect("a backend"); count];
            let mut job = job(&backends, None);
            job.language.messages = messages;
            let (stats, _) = run(text, &job, &mut Judged::default()).expect("a script");
            assert_eq!(stats.by_phase_alone, expected, "{messages:?}, {count} columns");
        }
    }
}

/// A canonical run that killed the process at one comparison is neither done for it nor begun again at a later one.
#[test]
fn a_canonical_run_that_died_is_not_begun_again() {
    let text = |nan: &str| {
        let call = format!("(invoke \"f\" (f32.const {nan}))");
        let body = "(i32.reinterpret_f32 (f32.add (local.get 0) (f32.const 0)))";
        format!("(module (func (export \"f\") (param f32) (result i32) {body}))\n{call}\n{call}\n{call}")
    };
    let backends =
        ["left", "right"].map(|name| Backend { name: name.into(), ..Backend::named("interp").expect("a backend") });
    let right = InjectedFault {
        file: String::new(),
        index: String::new(),
        backend: "right".into(),
        kind: InjectedFaultKind::Script(text("nan:0x600000")),
    };
    // For each of its directives in each column, the other run says that it is at the comparison that waits for it.
    let entered = |skips: &[Skip]| {
        let mut seen = Entered::default();
        let faults = std::slice::from_ref(&right);
        run(&text("nan"), &Job { skips, faults, ..job(&backends, None) }, &mut seen).expect("a script");
        [1, 2, 3].map(|step| seen.0.iter().filter(|line| **line == format!("{step} 2")).count())
    };
    let died = |step| Skip { step, backend: XDIFF.into(), crash: Some("SIGSEGV".into()) };
    let begun = entered(&[]);
    assert!(begun[0] > begun[1] && begun[1] > 1 && begun[2] == begun[1], "{begun:?}");
    assert_eq!(entered(&[died(1)]), [1; 3]);
    assert_eq!(entered(&[died(2)]), [begun[0], 1, 1], "what comes earlier is not affected");
}

/// Each step, including the comparison, is announced before it runs: a death is attributed to what was announced last.
#[test]
fn what_is_at_work_is_said_before() {
    const TEXT: &str = "(module (func (export \"f\")))\n(invoke \"f\")";
    for count in 0..4 {
        let backends: Vec<Backend> = (0..count)
            .map(|n| Backend { name: format!("column {n}"), ..Backend::named("interp").expect("a backend") })
            .collect();
        let mut seen = Entered::default();
        let (stats, _) = run(TEXT, &job(&backends, None), &mut seen).expect("a script");
        assert_eq!((stats.directives, stats.not_compared), (2, 0));
        let mut expected = vec!["2 steps".to_string()];
        for step in 0..2 {
            expected.extend((step == 0).then(|| "0 prepares".to_string()));
            for column in 0..if count > 1 { count + 1 } else { count } {
                expected.push(format!("{step} {column}"));
                expected.push(format!("{step} {column} pass"));
            }
        }
        assert_eq!(seen.0, expected);
    }
}

/// The results of a run, ordered by step and column.
#[derive(Default)]
struct Placed(Vec<(usize, usize, DirectiveResult)>);

impl Observer for Placed {
    fn script(&mut self, _: &[ScriptStep<'_>]) {}

    fn enter(&mut self, _: usize, _: usize) {}

    fn line(&mut self, step: usize, column: usize, line: DirectiveResult) {
        self.0.push((step, column, line));
        self.0.sort_by_key(|(step, column, _)| (*step, *column));
    }
}

impl Placed {
    fn of(text: &str, job: &Job<'_>) -> (Placed, RunStats) {
        let mut seen = Placed::default();
        let (stats, _) = run(text, job, &mut seen).unwrap_or_else(|e| panic!("{e}"));
        (seen, stats)
    }

    /// The verdicts of a column or a step and, where a directive did not pass, what was expected and what happened.
    fn texts(&self, wanted: impl Fn(usize, usize) -> bool) -> Vec<String> {
        let wanted = self.0.iter().filter(|(step, column, _)| wanted(*step, *column));
        let text = |(_, _, line): &(usize, usize, DirectiveResult)| {
            let texts: Vec<&str> = line.expected.iter().chain(&line.got).map(String::as_str).collect();
            format!("{} {}", line.verdict.name(), texts.join(" / ")).trim_end().to_string()
        };
        wanted.map(text).collect()
    }
}

/// Two columns of the same backend.
fn left_and_right() -> [Backend; 2] {
    ["left", "right"].map(|name| Backend { name: name.into(), ..Backend::named("interp").expect("a backend") })
}

fn skip(step: usize, backend: &str, crash: Option<&str>) -> Skip {
    Skip { step, backend: backend.into(), crash: crash.map(Into::into) }
}

fn fault(index: &str, backend: &str, kind: InjectedFaultKind) -> InjectedFault {
    InjectedFault { file: String::new(), index: index.into(), backend: backend.into(), kind }
}

/// If a directive killed the process before, that is its outcome where it was at work, and only there: on a side, in the
/// preparation for both, or in the comparison.
#[test]
fn what_killed_the_process_is_the_outcome_where_it_was() {
    const TEXT: &str = "(module (func (export \"f\")))\n(invoke \"f\")\n(invoke \"f\")";
    let backends = left_and_right();
    let crash = Some("SIGSEGV");
    for (skipped, expected) in [
        (
            skip(1, "right", crash),
            ["pass", "crash success / crash(SIGSEGV)", "crash left: returned [] / right: crash(SIGSEGV)"],
        ),
        (skip(1, "right", None), ["pass", "timeout success / timeout", "timeout left: returned [] / right: timeout"]),
        (
            skip(1, "left", crash),
            ["crash success / crash(SIGSEGV)", "pass", "crash left: crash(SIGSEGV) / right: returned []"],
        ),
        (
            skip(0, PREPARATION, None),
            ["timeout success / timeout", "timeout success / timeout", "timeout left: timeout / right: timeout"],
        ),
        (skip(1, XDIFF, crash), ["pass", "pass", "crash a comparison / crash(SIGSEGV)"]),
        (skip(1, XDIFF, None), ["pass", "pass", "timeout a comparison / timeout"]),
    ] {
        let skips = [skipped.clone()];
        let (seen, _) = Placed::of(TEXT, &Job { skips: &skips, ..job(&backends, None) });
        assert_eq!(seen.texts(|step, _| step == skipped.step), expected, "{skipped:?}");
        // A comparison leaves nothing behind, and later steps do not affect earlier ones.
        for other in 0..3 {
            if other < skipped.step || skipped.backend == XDIFF && other != skipped.step {
                assert_eq!(seen.texts(|step, _| step == other), ["pass"; 3], "{skipped:?}: {other}");
            }
        }
    }
}

/// A part of a script ends where it should. The statistics are those of the script, and a fault in reading it is not one of a
/// backend.
#[test]
fn a_part_of_a_script_has_the_figures_of_the_whole() {
    const TEXT: &str = "(module)\n(assert_invalid (module (func (result i32))) \"\")\n(module)";
    let backends = left_and_right();
    let faults = [fault(SCRIPT, "left", InjectedFaultKind::Panic)];
    for (until, done) in [(None, 3), (Some(3), 3), (Some(2), 2), (Some(0), 0)] {
        let (seen, stats) = Placed::of(TEXT, &Job { until, faults: &faults, ..job(&backends, None) });
        assert_eq!(seen.texts(|_, _| true), vec!["pass"; 3 * done], "{until:?}");
        assert_eq!((stats.directives, stats.judged_once), (3, 1), "{until:?}");
    }
}

/// Messages are counted in the script, not in what a column executes in its place.
#[test]
fn assertions_are_counted_in_the_script_itself() {
    let text = |message: &str| {
        format!("(module (func (export \"f\") unreachable))\n(assert_trap (invoke \"f\") \"{message}\")")
    };
    let backends = left_and_right();
    for (own, other, expected) in [("unreachable", "", 0), ("", "unreachable", 1), ("", "", 1)] {
        let faults = [fault("", "right", InjectedFaultKind::Script(text(other)))];
        let (seen, stats) = Placed::of(&text(own), &Job { faults: &faults, ..job(&backends, None) });
        assert_eq!((stats.by_phase_alone, seen.0.len()), (expected, 6), "{own:?}, {other:?}");
    }
}

/// NaNs may differ unless both sides make only canonical ones.
#[test]
fn one_canonical_side_does_not_make_both_canonical() {
    const TEXT: &str = "(module (func (export \"f\") (param f32) (result f32)
          (f32.add (local.get 0) (f32.const 0))))
        (invoke \"f\" (f32.const nan:0x600000))";
    for canonical in 0..2 {
        let mut backends = left_and_right();
        backends[canonical].config.nan = crate::engine::NanProfile::Canonical;
        let (seen, stats) = Placed::of(TEXT, &job(&backends, None));
        assert!(seen.0.iter().all(|(.., line)| line.verdict == Verdict::Pass), "{:?}", seen.0);
        assert_eq!(stats.nan_differences, 1, "{canonical}");
    }
}

/// Which NaN an operator makes is a backend's choice; the bits of a constant, or of what is loaded and passed on, are not.
#[test]
fn nans_that_no_operator_made_are_not_excused() {
    let text = |made: &str| {
        format!(
            "(module (func (export \"f\") (result f32) {made}) (func (export \"g\")))
            (invoke \"f\")
            (invoke \"g\")"
        )
    };
    let added = |nan: &str| format!("(f32.add (f32.const {nan}) (f32.const 0))");
    let constant = |nan: &str| format!("(f32.const {nan})");
    let compared = |left: &str, right: &str| {
        let backends = left_and_right();
        let faults = [fault("", "right", InjectedFaultKind::Script(text(right)))];
        let (seen, stats) = Placed::of(&text(left), &Job { faults: &faults, ..job(&backends, None) });
        assert_eq!((stats.nan_differences, stats.not_compared), (1, 1), "{left} {right}");
        seen.texts(|_, column| column == 2)
    };
    let same = compared(&added("nan"), &added("-nan"));
    assert!(same[1].starts_with("pass ") && same[1].contains("NaNs that differ by their bits: 1"), "{same:?}");
    let differ = compared(&constant("nan"), &constant("nan:0x200001"));
    assert!(differ[1].starts_with("diverge ") && differ[1].ends_with("(under --nan canonical)"), "{differ:?}");
    for seen in [&same, &differ] {
        assert!(
            seen[2].starts_with("pass") && !seen[2].contains("canonical"),
            "what comes later is the same: {seen:?}"
        );
    }
}

/// If a comparison died, what its directive made is never compared: all later comparisons say so.
#[test]
fn what_follows_a_comparison_that_died_is_compared_in_part() {
    const TEXT: &str = "(module (func (export \"f\")))\n(invoke \"f\")\n(invoke \"f\")";
    let backends = left_and_right();
    for (skips, expected) in [(vec![], 0), (vec![skip(0, XDIFF, Some("SIGSEGV"))], 3), (vec![skip(1, XDIFF, None)], 2)]
    {
        let (seen, stats) = Placed::of(TEXT, &Job { skips: &skips, ..job(&backends, None) });
        assert_eq!((stats.not_compared, seen.0.len()), (expected, 9), "{skips:?}");
    }
}

/// The canonical run is not begun if a comparison killed the process, but it is if a side did.
#[test]
fn a_canonical_run_is_begun_after_the_death_of_a_side() {
    let text = |nan: &str| {
        let body = "(i32.reinterpret_f32 (f32.add (local.get 0) (f32.const 0)))";
        format!(
            "(module $a (func (export \"g\")))
            (module $b (func (export \"f\") (param f32) (result i32) {body}))
            (invoke $a \"g\")
            (invoke $b \"f\" (f32.const {nan}))"
        )
    };
    let backends = left_and_right();
    let faults = [fault("", "right", InjectedFaultKind::Script(text("nan:0x600000")))];
    let skips = [skip(2, "left", Some("SIGSEGV"))];
    let (seen, stats) = Placed::of(&text("nan"), &Job { skips: &skips, faults: &faults, ..job(&backends, None) });
    let compared = seen.texts(|step, column| (step, column) == (3, 2));
    let [line] = &compared[..] else { panic!("{compared:?}") };
    assert!(line.starts_with("poisoned ") && line.contains("the same under --nan canonical"), "{line}");
    assert_eq!(stats.poisoned, 1);
}

const THREADS: &str = "(thread $T
    (module (func (export \"f\")))
    (thread $U
      (module))
    (invoke \"f\"))
    (wait $T)";

/// If a thread, or a thread of a thread, does not start in a column, its directives do not run there either; in the other column
/// they run as usual.
#[test]
fn a_thread_that_does_not_start_in_a_column_is_missing_there() {
    let backends = left_and_right();
    let (crash, timeout) = ("crash success / crash(SIGSEGV)", "timeout success / timeout");
    let of_t = "fail success / depends on line 1 (thread T), which failed";
    let of_u = "fail success / depends on line 3 (thread U), which failed";
    for (step, what, expected) in [
        (0, Some("SIGSEGV"), [crash, of_t, of_t, of_t, of_t, of_t]),
        (0, None, [timeout, of_t, of_t, of_t, of_t, of_t]),
        (2, Some("SIGSEGV"), ["pass", "pass", crash, of_u, "pass", "pass"]),
        (2, None, ["pass", "pass", timeout, of_u, "pass", "pass"]),
    ] {
        let skips = [skip(step, "right", what)];
        let (seen, _) = Placed::of(THREADS, &Job { skips: &skips, ..job(&backends, None) });
        assert_eq!(seen.texts(|_, column| column == 0), ["pass"; 6], "{skips:?}");
        assert_eq!(seen.texts(|_, column| column == 1), expected, "{skips:?}");
    }
}

/// In this process, a thread that panics reports the panic at the directive where it was, and the rest of it depends on that.
#[test]
fn a_thread_that_panics_ends_there() {
    const TEXT: &str = "(thread $T
        (module (func (export \"f\")))
        (invoke \"f\")
        (invoke \"f\")
        (module))
        (wait $T)";
    let backends = [Backend::named("interp").expect("a backend")];
    let faults = [fault("0.1", "interp", InjectedFaultKind::Panic)];
    let (seen, _) = Placed::of(TEXT, &Job { faults: &faults, ..job(&backends, None) });
    let depends = "fail success / depends on line 3 (invoke f), which failed";
    let panics = "crash success / crash(panic: injected\nby a test)";
    assert_eq!(seen.texts(|_, _| true), ["pass", "pass", panics, depends, depends, "pass"]);
}

/// A directive that has waited for another thread is itself at work again: a death at that point is its own.
#[test]
fn a_panic_behind_a_wait_is_that_of_the_wait() {
    // `$U` still runs when `$T` begins to wait for it.
    const TEXT: &str = "(thread $T
        (module)
        (thread $U
          (module (func (export \"spin\") (local i32)
            (loop $l
              (local.set 0 (i32.add (local.get 0) (i32.const 1)))
              (br_if $l (i32.lt_u (local.get 0) (i32.const 1000000))))))
          (invoke \"spin\"))
        (wait $U)
        (module))
        (wait $T)";
    let backends = [Backend::named("interp").expect("a backend")];
    let faults = [fault("0.2", "interp", InjectedFaultKind::Panic)];
    let (seen, _) = Placed::of(TEXT, &Job { faults: &faults, ..job(&backends, None) });
    let panics = "crash success / crash(panic: injected\nby a test)";
    let depends = "fail success / depends on line 9 (wait U), which failed";
    assert_eq!(seen.texts(|_, _| true), ["pass", "pass", "pass", "pass", "pass", panics, depends, "pass"]);
}

/// While a directive waits for a thread, the thread is at work; then the directive itself is.
#[test]
fn a_wait_is_at_work_before_its_thread_and_behind_it() {
    let backends = [Backend::named("interp").expect("a backend")];
    let mut seen = Entered::default();
    run("(thread $T (module))\n(wait $T)", &job(&backends, None), &mut seen).expect("a script");
    let own: Vec<&str> = seen.0.iter().map(String::as_str).filter(|line| line.starts_with("2 ")).collect();
    assert_eq!(own, ["2 0", "2 0", "2 0 pass"]);
}

/// A module of the script itself can link to what only a thread has registered. An assertion cannot, even one about a definition.
#[test]
fn no_assertion_links_to_what_a_thread_registered() {
    const TEXT: &str = r#"(module $m (memory (export "memory") 1 1 shared))
        (thread $t (shared (module $m)) (register "registered" $m))
        (wait $t)
        (module definition $d (memory (import "registered" "memory") 1 1 shared))
        (assert_unlinkable (module instance $d) "unknown import")
        (module instance $i $d)"#;
    let backends = left_and_right();
    let mut job = job(&backends, None);
    job.language.features |= wasmparser::WasmFeatures::THREADS;
    let (seen, _) = Placed::of(TEXT, &job);
    assert_eq!(seen.texts(|_, _| true), ["pass"; 21]);
}

/// After a call that was cut short, some places are no longer compared. That concerns only directives that may run code.
#[test]
fn what_runs_no_code_leaves_nothing_out() {
    let backends = left_and_right();
    let skips = [skip(1, "right", Some("SIGSEGV"))];
    for (directive, expected) in [
        ("(module)", 3),
        ("(assert_unlinkable (module (import \"a\" \"b\" (func))) \"unknown import\")", 3),
        ("(module definition $d (memory 1))", 2),
        ("(assert_invalid (module (func (result i32))) \"type mismatch\")", 2),
        ("(assert_malformed (module quote \"(func\") \"\")", 2),
    ] {
        // The call itself, and the last directive, at which everything is compared.
        let text = format!("(module (func (export \"f\")))\n(invoke \"f\")\n{directive}\n(module)");
        let (seen, stats) = Placed::of(&text, &Job { skips: &skips, ..job(&backends, None) });
        assert_eq!(seen.texts(|step, _| step > 1), ["pass"; 6], "{directive}");
        assert_eq!(stats.not_compared, expected, "{directive}");
    }
}

/// The times of a script are the sums of its directives' times.
#[test]
fn times_are_added_up() {
    const TEXT: &str = "(module (table 10000 funcref) (func (export \"f\")))
        (invoke \"f\")
        (invoke \"f\")
        (module (table 10000 funcref))";
    let backends = left_and_right();
    let (seen, stats) = Placed::of(TEXT, &job(&backends, None));
    let sum = |of: fn(usize) -> bool| {
        let lines = seen.0.iter().filter(|(_, column, _)| of(*column));
        lines.map(|(.., line)| line.us).sum::<u64>()
    };
    let (run_us, compare_us) = (sum(|column| column < 2), sum(|column| column == 2));
    assert!(run_us > 0 && compare_us > 0, "{run_us} {compare_us}");
    assert_eq!((stats.run_us, stats.compare_us), (run_us, compare_us));
}

/// What a thread does is compared like what the script itself does: its host calls, and the places of its traps. The time of a
/// comparison belongs to the directive that waited for the thread.
#[test]
fn what_a_thread_does_is_compared() {
    let text = |number: u32| {
        format!(
            "(thread $T
              (module
                (import \"spectest\" \"print_i32\" (func $print (param i32)))
                (func (export \"f\") (call $print (i32.const {number})))
                (func (export \"g\") nop unreachable nop))
              (invoke \"f\")
              (assert_trap (invoke \"g\") \"unreachable\"))
            (wait $T)"
        )
    };
    let backends = left_and_right();
    for (fault, differs) in [
        (fault("", "right", InjectedFaultKind::Script(text(1))), None),
        (fault("", "right", InjectedFaultKind::Script(text(2))), Some(2)),
        (fault("0.2", "right", InjectedFaultKind::MovedTrap), Some(3)),
    ] {
        let (seen, _) = Placed::of(&text(1), &Job { faults: &[fault], ..job(&backends, None) });
        let differing: Vec<(usize, usize, Verdict)> = seen
            .0
            .iter()
            .filter(|(.., line)| line.verdict != Verdict::Pass)
            .map(|(step, column, line)| (*step, *column, line.verdict))
            .collect();
        let expected: Vec<_> = differs.into_iter().map(|step| (step, 2, Verdict::Diverge)).collect();
        assert_eq!(differing, expected);
        let nested = seen.0.iter().filter(|(step, column, _)| (1..4).contains(step) && *column == 2);
        assert_eq!(nested.map(|(.., line)| line.us).collect::<Vec<_>>(), [0; 3]);
    }
}

/// What a directive did is reported with it, and not again: neither with a thread that is started next, nor with a directive that
/// does not run because its name is taken.
#[test]
fn what_a_directive_did_is_told_once() {
    let called = |number: u32| {
        format!(
            "(module (import \"spectest\" \"print_i32\" (func $print (param i32)))
              (func (export \"f\") (call $print (i32.const {number}))))
            (invoke \"f\")"
        )
    };
    let linked = |of: &str| {
        format!(
            "(module (func (export \"f\"))) (register \"a\")
            (module (func (export \"f\"))) (register \"b\")
            (module (import \"{of}\" \"f\" (func)))"
        )
    };
    let backends = left_and_right();
    for next in ["(thread $T (module)) (wait $T)", "(module $taken) (thread $T (module)) (wait $T)"] {
        for ([left, right], at) in [([called(1), called(2)], 2), ([linked("a"), linked("b")], 5)] {
            let text = |differs: &str| format!("(module $taken) {differs} {next}");
            let faults = [fault("", "right", InjectedFaultKind::Script(text(&right)))];
            let (seen, _) = Placed::of(&text(&left), &Job { faults: &faults, ..job(&backends, None) });
            let compared = seen.0.iter().filter(|(_, column, _)| *column == 2);
            let odd: Vec<_> = compared
                .filter(|(.., line)| line.verdict != Verdict::Pass)
                .map(|(step, _, line)| (*step, line.verdict))
                .collect();
            assert_eq!(odd, [(at, Verdict::Diverge)], "{}", text(&left));
        }
    }
}

/// In each column, a thread is compared with that of the first column: its directives, and what it leaves behind. If that killed
/// the process before, all of them report it.
#[test]
fn each_column_of_a_thread_is_compared() {
    let text = |number: u32| {
        format!(
            "(thread $T
              (module
                (global $g (mut i32) (i32.const 0))
                (func (export \"f\") (result i32) (global.set $g (i32.const {number})) (global.get $g)))
              (invoke \"f\"))
            (wait $T)"
        )
    };
    let backends = ["left", "right", "third"]
        .map(|name| Backend { name: name.into(), ..Backend::named("interp").expect("a backend") });
    for others in [&["right"][..], &["third"], &["right", "third"]] {
        let script = |name: &&str| fault("", name, InjectedFaultKind::Script(text(2)));
        let faults: Vec<InjectedFault> = others.iter().map(script).collect();
        let (seen, _) = Placed::of(&text(1), &Job { faults: &faults, ..job(&backends, None) });
        let compared = seen.texts(|_, column| column == 3);
        assert_eq!(compared.len(), 4, "{compared:?}");
        for (step, line) in compared.iter().enumerate() {
            let mut told = vec!["right", "third"];
            told.retain(|name| line.contains(&format!("{name}: ")));
            let expected = if step < 2 { ("pass", &[][..]) } else { ("diverge", others) };
            assert_eq!((line.split(' ').next(), &told[..]), (Some(expected.0), expected.1), "{step}: {line}");
        }
    }
    let skips = [skip(3, XDIFF, Some("SIGSEGV"))];
    let (seen, _) = Placed::of(&text(1), &Job { skips: &skips, ..job(&backends, None) });
    let died = "crash a comparison / crash(SIGSEGV)";
    assert_eq!(seen.texts(|_, column| column == 3), ["pass", died, died, died]);
}

/// A thread that has a name keeps it: a directive that would start another one does not run. If names may be reused, it keeps the
/// name while it runs.
#[test]
fn a_thread_keeps_its_name() {
    const TEXT: &str = "(thread $T
        (module (func (export \"f\")))
        (invoke \"f\"))
        (thread $T (module))
        (wait $T)";
    let backends = left_and_right();
    for (spec, what) in [(Spec::Latest, "is already defined"), (Spec::V2, "is running: nothing has waited for it")] {
        let language = Language::of(spec);
        let (seen, _) = Placed::of(TEXT, &Job { language, ..job(&backends, None) });
        let taken = format!("fail success / error: thread $T {what}");
        let depends = "fail success / depends on line 4 (thread T), which failed";
        for side in 0..2 {
            let expected = ["pass", "pass", "pass", &taken, depends, "pass"];
            assert_eq!(seen.texts(|_, column| column == side), expected);
        }
        assert_eq!(seen.texts(|_, column| column == 2), ["pass"; 6], "{what}");
    }
}

/// A part of a script may end within a thread, or within one of a thread: the part of these that it includes is run.
#[test]
fn a_part_of_a_script_may_end_within_a_thread() {
    let backends = left_and_right();
    for until in 0..=6 {
        let (seen, stats) = Placed::of(THREADS, &Job { until: Some(until), ..job(&backends, None) });
        assert_eq!(seen.texts(|_, _| true), vec!["pass"; 3 * until], "{until}");
        assert_eq!(stats.directives, 6, "{until}");
    }
}

/// A thread has the shared memories of the instance that it is given, whatever their types, under all names of that instance. It
/// has nothing else, and nothing of other instances.
#[test]
fn a_thread_has_the_memories_that_it_is_given() {
    use wasmparser::WasmFeatures;
    const TEXT: &str = r#"(module $a
          (memory (export "m") 1 2 shared)
          (memory (export "wide") i64 1 2 shared)
          (memory (export "fine") 8 16 shared (pagesize 1))
          (func (export "sum") (result i32)
            (i32.add (i32.load 0 (i32.const 4))
              (i32.add (i32.load 1 (i64.const 4)) (i32.load 2 (i32.const 4))))))
        (module $b (memory (export "m") 1 3 shared))
        (register "a" $a) (register "also" $a) (register "b" $b)
        (thread $T (shared (module $a))
          (module
            (memory $m (import "a" "m") 1 2 shared)
            (memory $wide (import "also" "wide") i64 1 2 shared)
            (memory $fine (import "a" "fine") 8 16 shared (pagesize 1))
            (func (export "store")
              (i32.store $m (i32.const 4) (i32.const 1))
              (i32.store $wide (i64.const 4) (i32.const 2))
              (i32.store $fine (i32.const 4) (i32.const 4))))
          (invoke "store")
          (assert_unlinkable (module (memory (import "b" "m") 1 3 shared)) "unknown import")
          (assert_unlinkable (module (func (import "a" "sum") (result i32))) "unknown import"))
        (wait $T)
        (assert_return (invoke $a "sum") (i32.const 7))"#;
    let backends = left_and_right();
    let mut job = job(&backends, None);
    job.language.features |= WasmFeatures::THREADS | WasmFeatures::CUSTOM_PAGE_SIZES;
    let (seen, _) = Placed::of(TEXT, &job);
    assert_eq!(seen.texts(|_, _| true), ["pass"; 36]);
}

/// Assertions of threads, and of nested threads that nothing waits for, are judged and mutated like all others.
#[test]
fn assertions_of_threads_are_checked() {
    use crate::conformance::judge::mutate::{MutantKind, SelfCheck};
    const TEXT: &str = "(thread $T
        (module (func (export \"f\") (result i32) (i32.const 1)))
        (assert_return (invoke \"f\") (i32.const 1))
        (thread $U
          (module (func (export \"f\") (result i32) (i32.const 2)))
          (assert_return (invoke \"f\") (i32.const 2))))
        (wait $T)";
    let backends = left_and_right();
    let mut seen = Placed::default();
    let self_check = Some(SelfCheck::default());
    let (_, tally) = run(TEXT, &Job { self_check, ..job(&backends, None) }, &mut seen).expect("a script");
    assert_eq!(seen.texts(|_, _| true), ["pass"; 21]);
    let tally = tally.expect("it was checked");
    // One more result than expected, in each column.
    assert_eq!(tally.kinds.get(&MutantKind::MoreResults), Some(&(4, 4)));
}
