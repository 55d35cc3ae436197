//! Positions, news, narrowings and rewritten files, compared in full.

use super::*;
use crate::conformance::judge::expectations::judge::Narrowing;

/// Kind, line of the rule, and whether `--bless` solves it.
type Kind = (NewsKind, usize, bool);

/// The news and narrowings of a run, and the number of its unexpected records.
fn judged(run: &mut Run, text: &str) -> (Vec<Kind>, Vec<Narrowing>, usize) {
    let (report, unexpected) = run.judge(&rules(text));
    (kinds(&report), report.narrowings, unexpected)
}

fn kinds(report: &RulesReport) -> Vec<Kind> {
    report.news.iter().map(|n| (n.kind, n.line, n.blessable)).collect()
}

fn messages(run: &mut Run, text: &str) -> Vec<String> {
    news(run, text).0.into_iter().map(|(_, message)| message).collect()
}

/// A rule with several positions.
fn rule_at(file: &str, at: &[&str], status: &str, more: &str) -> String {
    rule(file, "", status, more).replace("status", &format!("at = {at:?}\nstatus"))
}

/// A rule with several globs.
fn rule_of(files: &[&str], status: &str, more: &str) -> String {
    rule("FILES", "", status, more).replace("\"FILES\"", &format!("{files:?}"))
}

/// What remains of a rule's positions, or of its files.
fn narrowing(rule: usize, files: Option<&[&str]>, at: Option<&[usize]>) -> Narrowing {
    let files = files.map(|files| files.iter().map(|file| file.to_string()).collect());
    Narrowing { rule, files, at: at.map(<[usize]>::to_vec) }
}

#[test]
fn positions_are_read_and_shown() {
    for (text, line, directive, ordinal, shown) in [
        ("1 module", 1, "module", None, "1 module"),
        (" 312 assert_return f.min #2 ", 312, "assert_return f.min", Some(2), "312 assert_return f.min #2"),
        ("7  f  #10", 7, "f", Some(10), "7 f #10"),
        ("2 f #1", 2, "f", Some(1), "2 f #1"),
        ("2 f #1 #2", 2, "f #1", Some(2), "2 f #1 #2"),
        // Not a number.
        ("3 f #", 3, "f #", None, "3 f #"),
        ("3 f #2x", 3, "f #2x", None, "3 f #2x"),
        ("3 f #+1", 3, "f #+1", None, "3 f #+1"),
        ("3 #1", 3, "#1", None, "3 #1"),
    ] {
        let position = RulePosition::parse(text).expect(text);
        assert_eq!(position, RulePosition { line, directive: directive.into(), ordinal }, "{text}");
        assert_eq!(position.to_string(), shown);
    }
    for wrong in ["", "3", "3 ", "0 f", "-1 f", "+3 f", "x f", "4294967296 f", "3 f #0", "3 f #4294967296", "3  #1"] {
        let error = RulePosition::parse(wrong).expect_err(wrong).to_string();
        let why = "expected \"LINE DIRECTIVE\", or \"LINE DIRECTIVE #N\" if the line has several";
        assert_eq!(error, format!("invalid position `{wrong}`; {why}"));
    }
}

#[test]
fn an_end_of_a_line_belongs_to_it() {
    let starts = LineStarts::of("\na\n\nbc");
    assert_eq!([0, 1, 2, 3, 4, 5, 6].map(|offset| starts.line_of(offset)), [1, 2, 2, 3, 4, 4, 4]);
    assert_eq!(LineStarts::of("").line_of(0), 1);
}

#[test]
fn times_and_addresses_of_crashes_are_left_out() {
    for (text, left) in [
        ("at 0x1F, (0xabc) 0X1", "at 0x\u{2026}, (0x\u{2026}) 0X1"),
        ("0x 0xfg 0xgf x1", "0x 0xfg 0xgf x1"),
        ("1.5s, 3ms 4us 5\u{b5}s 6ns 7m", "\u{2026}, \u{2026} \u{2026} \u{2026} \u{2026} 7m"),
        ("12 ms, 1.5 s (9 us) 8 \u{b5}s: 7 ns", "\u{2026} ms, \u{2026} s (\u{2026} us) \u{2026} \u{b5}s: \u{2026} ns"),
        ("status 3: line 12, 4 mss, 5 m s, 6", "status 3: line 12, 4 mss, 5 m s, 6"),
        ("s ms xs inf nan infinity infs inf s -1s", "s ms xs inf nan infinity infs inf s -\u{2026}"),
        ("a  b\n c", "a b c"),
    ] {
        for verdict in [Verdict::Crash, Verdict::Timeout] {
            assert_eq!(signature(verdict, text), left);
        }
    }
    assert_eq!(signature(Verdict::Fail, "i32 12 at 0x1F in 3ms"), "i32 12 at 0x1F in 3ms");
    assert_eq!(signature(Verdict::Diverge, "/tmp/a/b.wat: u (at offset 1)"), "\u{2026}/b.wat: u (at offset 1)");
}

/// An unsupported feature is the same wherever it occurs and whatever asks for it.
#[test]
fn places_of_what_is_unsupported_are_left_out() {
    for place in [
        "",
        " (at offset 0x1f)",
        " (from line 3: module)",
        " (from directive 12.4)",
        " (at offset 0x1f) (from line 3: module $m)",
        " (at offset 0x1f) (from directive 0)",
    ] {
        let text = format!("unsupported: gc{place}");
        assert_eq!(signature(Verdict::Unsupported, &text), "unsupported: gc", "{place}");
        // With other verdicts, the position may be all that is wrong.
        for verdict in [Verdict::Fail, Verdict::Diverge, Verdict::Flaky] {
            assert_eq!(signature(verdict, &text), text);
        }
    }
}

#[test]
fn a_rule_reaches_its_columns() {
    use RuleReach::{Allows, Covers, None as Nothing};
    // The reach on interp, on jit, and in the comparison.
    for (status, backend, reach) in [
        ("fail", "", [Covers, Covers, Nothing]),
        ("fail", "[\"interp\", \"jit-O?\"]", [Covers, Nothing, Nothing]),
        ("fail", "\"xdiff\"", [Nothing, Nothing, Nothing]),
        ("diverge", "", [Nothing, Nothing, Covers]),
        ("flaky", "", [Covers, Covers, Covers]),
        ("flaky", "\"jit\"", [Nothing, Covers, Nothing]),
        ("flaky", "[\"jit\", \"xdiff\"]", [Nothing, Covers, Covers]),
        ("crash", "", [Covers, Covers, Allows]),
        ("timeout", "[\"interp\", \"xdiff\"]", [Covers, Nothing, Covers]),
        ("unsupported", "\"*\"", [Covers, Covers, Allows]),
    ] {
        let when = if backend.is_empty() { String::new() } else { format!("when = {{ backend = {backend} }}\n") };
        let rules = rules(&rule("a/b", "", status, &format!("{when}got = \"x\"")));
        assert_eq!(BACKENDS.map(|column| rules.rules[0].reach(column)), reach, "{status} {backend}");
    }
}

#[test]
fn all_that_is_wrong_with_a_file_is_told() {
    let text = "suite = \"r1\"\n[[expect]]\nfile = []\nat = []\nstatus = \"fail\"\nbug = \"b\"\nreason = \"r\"\n\
        [[expect]]\nfile = \"a/b\"\nat = [\"1 f\", \"2 f\",\n\"1 f\"]\nwhen = { backend = [] }\nstatus = \"fail\"\n\
        bug = \"b\"\nreason = \"r\"\n";
    let wrong = "x.toml:3: `file` is an empty list, which matches nothing; add an entry or remove it\n\
        x.toml:4: `at` is an empty list, which matches nothing; remove it to mean the whole file\n\
        x.toml:11: duplicate position `1 f`; remove one\n\
        x.toml:12: `when.backend` is an empty list, which matches nothing; add an entry or remove it";
    assert_eq!(Expectations::parse("x.toml", text, &[]).expect_err("much is wrong").to_string(), wrong);
}

#[test]
fn a_rule_says_how_often_a_file_runs() {
    let runs = |more: &str| rules(&rule("a/b", "", "flaky", &format!("got = \"x\"\n{more}"))).rules[0].runs;
    assert_eq!([runs(""), runs("runs = 2"), runs("runs = 11")], [10, 2, 11]);
}

/// Seeds have one to twenty digits, and each version of the specification is listed once.
#[test]
fn conditions_have_values_of_their_length() {
    let wrong = |when: &str| {
        let text = format!("suite = \"\"\n{}", rule("a/b", "1 f", "fail", &format!("when = {{ {when} }}")));
        Expectations::parse("x", &text, &[]).is_err()
    };
    let seed = |digits: usize| wrong(&format!("mode = \"mix:{}\"", "?".repeat(digits)));
    assert_eq!([0, 1, 2, 20, 21, 32].map(seed), [true, false, false, false, true, true]);
    assert!(wrong("spec = \"1.0,2.0,1.0\"") && !wrong("spec = \"1.0,2.0,3.0\""));
}

#[test]
fn all_news_but_changed_ones_count() {
    let all = [
        NewsKind::UnexpectedPass,
        NewsKind::Changed,
        NewsKind::NoMatch,
        NewsKind::Stale,
        NewsKind::NotFlaky,
        NewsKind::InAnotherRun,
        NewsKind::Overlap,
        NewsKind::Ambiguous,
        NewsKind::Suite,
    ];
    assert_eq!(all.into_iter().filter(|kind| !kind.counts()).collect::<Vec<_>>(), [NewsKind::Changed]);
}

#[test]
fn a_rule_for_another_system_covers_nothing() {
    let run = || Run::new().set("core/i32", 3, "*", Verdict::Fail, "trap");
    let text = |os: &str| rule("core/i32", "5 assert_trap div", "fail", &format!("when = {{ os = {os} }}"));
    assert_eq!(judged(&mut run(), &text("\"windows\"")), (vec![], vec![], 2));
    assert_eq!(judged(&mut run(), &text("[\"windows\", \"linux\"]")), (vec![], vec![], 0));
}

#[test]
fn positions_find_their_directives() {
    let fails = |run: Run, index| run.set("core/i32", index, "*", Verdict::Fail, "2");
    // Two positions for the same directive do not count as two rules, and two directives may have a position each.
    for (at, indices) in [(["1 module", "1 module #1"], [0, 0]), (["1 module", "5 assert_trap div"], [0, 3])] {
        let mut run = indices.into_iter().fold(Run::new(), fails);
        assert_eq!(judged(&mut run, &rule_at("core/i32", &at, "fail", "")), (vec![], vec![], 0), "{at:?}");
    }
    // They are numbered in the order of the file, whatever the order of the records.
    let mut reversed = fails(Run::new(), 2);
    reversed.files[0].1.reverse();
    let second = rule("core/i32", "3 assert_return add #2", "fail", "");
    assert_eq!(judged(&mut reversed, &second), (vec![], vec![], 0));
    // A position that fits two directives is reported, and nothing else.
    let (report, unexpected) = fails(Run::new(), 2).judge(&rules(&rule("core/i32", "3 assert_return add", "fail", "")));
    let message = "core/i32 has 2 directives `3 assert_return add`; append ` #1` to ` #2` to choose one";
    let told = RuleNews { kind: NewsKind::Ambiguous, line: 2, message: message.into(), blessable: false };
    assert_eq!((report.news, report.narrowings, unexpected), (vec![told], vec![], 2));
}

#[test]
fn rules_that_overlap_are_told_once() {
    let whole = rule("simd/add", "", "unsupported", "got = \"simd\"");
    let mut run = Run::new().set("simd/add", 1, "*", Verdict::Unsupported, "simd");
    let (report, unexpected) = run.judge(&rules(&whole.repeat(3)));
    let message = "the rules on lines 2 and 8 both cover simd/add line 1 (module): narrow one with `file`, \
        `at` or `when`";
    let told = RuleNews { kind: NewsKind::Overlap, line: 2, message: message.into(), blessable: false };
    assert_eq!((report.news, report.narrowings, unexpected), (vec![told], vec![], 0));
    // Two about one position contradict each other.
    let at = |status: &str| rule("core/i32", "5 assert_trap div", status, "");
    let mut run = Run::new().set("core/i32", 3, "*", Verdict::Fail, "x");
    let changed = (NewsKind::Changed, 9, false);
    let told = vec![(NewsKind::Overlap, 2, false), changed, changed];
    assert_eq!(judged(&mut run, &(at("fail") + &at("unsupported"))), (told, vec![], 0));
}

/// A position takes precedence over rules that cover its directive, but a comparison still follows its side.
#[test]
fn a_comparison_follows_a_side_beside_a_position() {
    let text =
        rule("simd/*", "", "unsupported", "got = \"simd\"") + &rule("simd/add", "2 assert_return add", "diverge", "");
    let unsupported = |run: Run, key| {
        run.set(key, 1, "*", Verdict::Unsupported, "simd").set(key, 1, XDIFF, Verdict::Unsupported, "simd")
    };
    let mut run = ["simd/add", "simd/sub"].into_iter().fold(Run::new(), unsupported);
    assert_eq!(judged(&mut run, &text), (vec![(NewsKind::Changed, 8, false)], vec![], 0));
    let message = "simd/add line 2 (assert_return add) on xdiff: the rule expects diverge, but it is unsupported; if \
                   that is understood, update `status`";
    assert_eq!(messages(&mut run, &text), [message]);
}

#[test]
fn a_position_that_passes_is_told() {
    let text = rule("core/i32", "5 assert_trap div", "crash", "");
    let told = |mut run: Run, message: &str, blessable: bool, narrowings: &[Narrowing]| {
        let (report, unexpected) = run.judge(&rules(&text));
        let message = format!("core/i32 `5 assert_trap div` passes on {message}");
        let news = RuleNews { kind: NewsKind::UnexpectedPass, line: 2, message, blessable };
        assert_eq!((report.news, report.narrowings, unexpected), (vec![news], narrowings.to_vec(), 0));
    };
    // The comparison follows jit, although it is not named.
    let crash = Run::new().set("core/i32", 3, "jit", Verdict::Crash, "SIGSEGV");
    let still = "interp, but the rule expects crash; it still deviates on jit: narrow the rule with `when.backend` or \
        `file`";
    told(crash.set("core/i32", 3, XDIFF, Verdict::Crash, "jit: SIGSEGV"), still, false, &[]);
    let all = "interp, jit, but the rule expects crash; remove the position (--bless does), and close B1 if it was the \
        last";
    told(Run::new(), all, true, &[narrowing(0, None, Some(&[]))]);
    told(Run { complete: false, ..Run::new() }, all, false, &[]);
}

#[test]
fn what_was_not_compared_says_nothing_of_a_position() {
    let text = rule("simd/*", "1 module", "diverge", "");
    let poisoned = |run: Run, key| run.set(key, 0, XDIFF, Verdict::Poisoned, "x");
    let mut both = ["simd/add", "simd/sub"].into_iter().fold(Run::new(), poisoned);
    assert_eq!(judged(&mut both, &text), (vec![], vec![], 0));
    let message = "simd/sub `1 module` passes on xdiff, but the rule expects diverge; it was not compared in simd/add: \
        narrow the rule with `file`";
    assert_eq!(messages(&mut poisoned(Run::new(), "simd/add"), &text), [message]);
    // An unsupported directive does.
    let mut run = Run::new().set("simd/add", 0, "jit", Verdict::Unsupported, "u");
    let message = "simd/add, simd/sub `1 module` passes on interp, jit, but the rule expects unsupported; it still \
        deviates on jit: narrow the rule with `when.backend` or `file`";
    assert_eq!(messages(&mut run, &rule("simd/*", "1 module", "unsupported", "")), [message]);
}

/// A rule that states another deviation is needed, and covers nothing.
#[test]
fn a_rule_that_states_something_else_is_not_stale() {
    let text = rule("core/i32", "", "fail", "got = \"i32 1\"");
    let mut run = Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 7");
    let (report, unexpected) = run.judge(&rules(&text));
    let message = "core/i32 line 5 (assert_trap div) on jit: the rule states got = \"i32 1\", but it is now \"i32 7\"; \
                   if that is understood, update `got`";
    let told = RuleNews { kind: NewsKind::Changed, line: 2, message: message.into(), blessable: false };
    assert_eq!((report.news, report.narrowings, unexpected), (vec![told], vec![], 1));
    // So it lets no comparison follow.
    let more = "got = \"SIGSEGV\"\nwhen = { backend = \"jit\" }";
    let run = Run::new().set("core/i32", 3, "jit", Verdict::Crash, "SIGABRT");
    let mut run = run.set("core/i32", 3, XDIFF, Verdict::Crash, "jit: SIGABRT");
    let changed = vec![(NewsKind::Changed, 2, false)];
    assert_eq!(judged(&mut run, &rule("core/i32", "5 assert_trap div", "crash", more)), (changed, vec![], 2));
}

#[test]
fn the_suite_is_that_of_rules_for_all_suites() {
    let own = rule("simd/add", "", "unsupported", "got = \"simd\"\nwhen = { suite = \"r2\" }");
    let both = own.clone() + &rule("simd/sub", "", "unsupported", "got = \"simd\"");
    let news = |text: &str, extent: Extent| {
        let mut run = Run { extent, ..Run::new() };
        for key in ["simd/add", "simd/sub"] {
            run = run.set(key, 1, "*", Verdict::Unsupported, "simd");
        }
        run.conditions.suite = "r2".into();
        run.judge(&rules(text)).0.news
    };
    assert_eq!(news(&own, Extent::Suite), []);
    assert_eq!(news(&both, Extent::default()), []);
    let message = "the rules were written for suite \"r1\", but this is \"r2\"; check their lines, then set `suite` \
        (or give each rule a `when.suite`)";
    let told = RuleNews { kind: NewsKind::Suite, line: 0, message: message.into(), blessable: false };
    assert_eq!(news(&both, Extent::Suite), [told]);
}

/// A folder is covered with the folders inside it.
#[test]
fn a_part_knows_what_its_folders_have() {
    for (glob, folders, known) in
        [("d/*", &["e", "d"][..], true), ("d/e/x*", &["d"], true), ("e/d/x*", &["d"], false), ("dd/*", &["d"], false)]
    {
        let folders = folders.iter().map(|folder| folder.to_string()).collect();
        let coverage = Coverage { extent: Extent::Part { folders }, ..Coverage::default() };
        assert_eq!(coverage.knows(&GlobPattern::new(glob).expect(glob)), known, "{glob}");
    }
    // A rule about none of these files stays.
    let mut part = Run { extent: Extent::Part { folders: vec!["core".into()] }, ..Run::new() };
    assert_eq!(judged(&mut part, &rule("core/other", "", "fail", "got = \"x\"")), (vec![], vec![], 0));
}

#[test]
fn globs_without_files_are_told() {
    let gone = vec![narrowing(0, Some(&[]), None)];
    let none = |blessable| (NewsKind::NoMatch, 2, blessable);
    let whole = rule("smid/*", "", "fail", "got = \"x\"");
    assert_eq!(judged(&mut Run::new(), &whole), (vec![none(true)], gone.clone(), 0));
    // Other columns were not looked at.
    let mut interp = Run { ran: vec!["interp".into()], ..Run::new() };
    assert_eq!(judged(&mut interp, &whole), (vec![none(false)], vec![], 0));
    // Only the position is removed.
    let position = rule("smid/*", "1 module", "fail", "");
    let at = vec![narrowing(0, None, Some(&[]))];
    assert_eq!(judged(&mut Run::new(), &position), (vec![none(false), none(true)], at, 0));
    let flaky = |run: &mut Run, files: &[&str]| judged(run, &rule_of(files, "flaky", "got = \"x\""));
    assert_eq!(flaky(&mut Run::new(), &["smid/*"]), (vec![none(true)], gone.clone(), 0));
    assert_eq!(flaky(&mut interp, &["smid/*"]), (vec![none(false)], vec![], 0));
    let mut deviates = Run::new().set("core/i32", 3, "jit", Verdict::Fail, "x");
    let rest = vec![narrowing(0, Some(&["core/i32"]), None)];
    assert_eq!(flaky(&mut deviates, &["core/i32", "core/nope"]).1, rest);
    assert_eq!(flaky(&mut deviates, &["core/i32"]).1, vec![]);
    // The rest of the rule is stale.
    let two = rule_of(&["core/i32", "core/nope"], "fail", "got = \"x\"");
    assert_eq!(judged(&mut Run::new(), &two), (vec![none(true), (NewsKind::Stale, 2, true)], gone, 0));
    let told = [
        "`core/nope` matches no file of the suite (names are GROUP/STEM, see `wasmoon test --list`): correct or remove \
         it",
        "no directive of core/i32, core/nope is still `fail`: remove the rule (--bless does), and close B1",
    ];
    assert_eq!(messages(&mut Run::new(), &two), told);
}

#[test]
fn news_are_in_the_order_of_the_file() {
    let text = rule("core/i32", "", "fail", "got = \"x\"") + &rule("simd/add", "", "fail", "got = \"y\"");
    let mut run = Run::new().set("simd/add", 1, "*", Verdict::Fail, "z");
    let changed = (NewsKind::Changed, 8, false);
    let told = vec![(NewsKind::Stale, 2, true), changed, changed];
    assert_eq!(judged(&mut run, &text), (told, vec![narrowing(0, Some(&[]), None)], 2));
}

/// A column that is not part of a full run is judged if it ran.
#[test]
fn a_rule_about_an_extra_column_is_stale_where_that_ran() {
    let text = rule("core/i32", "", "fail", "got = \"x\"\nwhen = { backend = \"jit-O0\" }");
    for (ran, stale) in [(&["interp", "jit-O0"][..], true), (&["interp", "jit"], false)] {
        let mut run = Run { ran: ran.iter().map(|column| column.to_string()).collect(), ..Run::new() };
        let told = if stale { vec![(NewsKind::Stale, 2, true)] } else { vec![] };
        assert_eq!(judged(&mut run, &text).0, told, "{ran:?}");
    }
}

#[test]
fn files_that_deviate_remain() {
    for (globs, deviating, remain) in [
        (&["simd/*"][..], &["simd/add", "simd/sub"][..], None),
        (&["simd/*", "core/i32"], &["simd/add", "simd/sub"], Some(&["simd/*"][..])),
        (&["core/i32", "simd/*"], &["core/i32", "simd/sub"], Some(&["core/i32", "simd/sub"][..])),
        (&["core/i32", "simd/*"], &["simd/sub"], Some(&["simd/sub"][..])),
    ] {
        let fails = |run: Run, key: &&str| run.set(key, 0, "*", Verdict::Fail, "x");
        let mut run = deviating.iter().fold(Run::new(), fails);
        let narrowings: Vec<Narrowing> = remain.map(|files| narrowing(0, Some(files), None)).into_iter().collect();
        assert_eq!(judged(&mut run, &rule_of(globs, "fail", "got = \"x\"")), (vec![], narrowings, 0), "{globs:?}");
    }
}

/// A run that is not complete shows nothing about positions, and does not count as a run for a flaky one.
#[test]
fn a_run_that_was_cut_short_shows_nothing_of_positions() {
    for at in ["1 module", "5 assert_trap div", "7 assert_return add"] {
        let mut cut = Run { complete: false, ..Run::new().set("core/i32", 0, "*", Verdict::Fail, "x") };
        let (news, narrowings, _) = judged(&mut cut, &rule("core/i32", at, "flaky", "got = \"x\""));
        assert_eq!((news, narrowings), (vec![], vec![]), "{at}");
    }
    let mut cut = Run { complete: false, ..Run::new() };
    assert_eq!(judged(&mut cut, &rule("core/i32", "7 assert_return add", "fail", "")), (vec![], vec![], 0));
    let rules = rules(&rule("core/i32", "1 module", "flaky", "got = \"x\""));
    let mut judge = Judge::new(&rules, cut.conditions.clone(), Coverage::default());
    let mut records = Run::new().set("core/i32", 0, "*", Verdict::Fail, "x").files.swap_remove(0).1;
    judge.file(keys("core/i32"), &mut records, false);
    assert_eq!(judge.unsettled(), [""; 0]);
}

/// Not even about a flaky directive.
#[test]
fn a_lenient_run_shows_nothing_of_flaky_rules() {
    for at in ["", "5 assert_trap div", "7 assert_return add"] {
        let rules = rules(&rule("core/i32", at, "flaky", "got = \"x\"\nruns = 2"));
        let mut run = Run::new();
        let files = run.files.iter().map(|(key, _)| key.clone()).collect();
        let coverage = Coverage { files, extent: Extent::Suite, columns: columns(), ran: columns(), lenient: true };
        let mut judge = Judge::new(&rules, run.conditions.clone(), coverage);
        for (key, records) in &mut run.files {
            judge.file(keys(key), records, true);
        }
        judge.again(keys("core/i32"), &mut run.files[0].1, true);
        let report = judge.finish();
        assert_eq!((report.news, report.narrowings), (vec![], vec![]), "{at}");
    }
}

#[test]
fn a_replay_that_differs_shows_both_ways() {
    let text = rule("core/i32", "5 assert_trap div", "flaky", "got = \"i32 1\"\nwhen = { backend = \"jit\" }");
    let mut run = Run::new().set("core/i32", 3, "jit", Verdict::Flaky, "i32 1");
    let (report, runs) = settle(&mut run, &text, |_| Run::new());
    assert_eq!((report.news, report.narrowings, runs), (vec![], vec![], 1));
    // A column in which nothing was compared leaves nothing open.
    let text = rule("core/i32", "5 assert_trap div", "flaky", "got = \"i32 1\"");
    let poisoned = || Run::new().set("core/i32", 3, XDIFF, Verdict::Poisoned, "x");
    let mut run = poisoned().set("core/i32", 3, "*", Verdict::Fail, "i32 1");
    let (report, runs) = settle(&mut run, &text, |_| poisoned());
    assert_eq!((report.news, report.narrowings, runs), (vec![], vec![], 2));
}

/// Each of several flaky rules of a file is judged by its own directives.
#[test]
fn flaky_rules_of_one_file_are_judged_apart() {
    let of = |at: &str| rule("core/i32", at, "flaky", "got = \"i32 1\"\nwhen = { backend = \"jit\" }");
    let text = of("1 module") + &of("5 assert_trap div");
    let first = |run: Run| run.set("core/i32", 0, "jit", Verdict::Fail, "i32 1");
    let second = |run: Run| run.set("core/i32", 3, "jit", Verdict::Fail, "i32 1");
    let both = || first(second(Run::new()));
    let told = |kind, line, message: &str, blessable| vec![RuleNews { kind, line, message: message.into(), blessable }];

    let (report, runs) = settle(&mut both(), &text, |_| first(Run::new()));
    let message = "core/i32 line 1 (module) on jit deviates in all 10 runs, so it is not flaky; set status = \"fail\", \
                   or raise `runs` if it passes only rarely";
    let news = told(NewsKind::NotFlaky, 2, message, false);
    assert_eq!((report.news, report.narrowings, runs), (news, vec![], 10));

    let (report, runs) = settle(&mut first(Run::new()), &text, |_| Run::new());
    let message = "`5 assert_trap div` passes in all 10 runs; remove it (--bless does) and close B1, or raise `runs` \
                   if it fails only rarely";
    let news = told(NewsKind::Stale, 10, message, true);
    assert_eq!((report.news, report.narrowings, runs), (news, vec![narrowing(1, None, Some(&[]))], 10));

    // A deviation that no rule accepts is reported at the first of the rules for which the file runs again.
    let crash = || Run::new().set("core/i32", 1, "interp", Verdict::Crash, "SIGSEGV");
    let (report, runs) = settle(&mut both(), &text, |_| crash());
    let message = "core/i32 line 3 (assert_return add) on interp: in another run it is crash \"SIGSEGV\", which no \
        rule accepts";
    let news = told(NewsKind::InAnotherRun, 2, message, false);
    assert_eq!((report.news, report.narrowings, runs), (news, vec![], 2));

    // A deviation that is not as stated is reported only at its rule.
    let other = || Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 7");
    let (report, runs) = settle(&mut both(), &text, |n| if n == 2 { other() } else { Run::new() });
    let message = "core/i32 line 5 (assert_trap div) on jit: in another run it is fail \"i32 7\", which is not the \
        stated got";
    let news = told(NewsKind::NotFlaky, 10, message, false);
    assert_eq!((report.news, report.narrowings, runs), (news, vec![], 3));
}

#[test]
fn staleness_by_parsing_is_told_whole() {
    let files = ["core/i32".to_string()];
    let stale = |text: &str, suite: &str, script: Result<(), &'static str>| {
        let mut directives = |_: &str| script.map(|()| vec![Position { line: 1, directive: "module".into() }]);
        rules(text).stale(suite, &files, &mut directives)
    };
    let told = |message: &str| {
        vec![RuleNews { kind: NewsKind::NoMatch, line: 2, message: message.to_string(), blessable: false }]
    };
    let position = "no file of this rule has a directive `2 module`: correct the line or the directive, or remove the \
        position (--bless does)";
    let at = |suite: &str| rule("core/i32", "2 module", "fail", suite);
    assert_eq!(stale("", "r2", Ok(())), []);
    assert_eq!(stale(&at(""), "r1", Ok(())), told(position));
    assert_eq!(stale(&at("when = { suite = [\"r1\", \"r2\"] }"), "r1", Ok(())), told(position));
    assert_eq!(stale(&at("when = { suite = \"r2\" }"), "r1", Ok(())), []);
    let parsing = "core/i32 does not parse, so its positions cannot be checked: no script";
    assert_eq!(stale(&at(""), "r1", Err("no script")), told(parsing));
    let file = "`core/i33` matches no file of the suite (names are GROUP/STEM, see `wasmoon test --list`): correct or \
        remove it";
    assert_eq!(stale(&rule("core/i33", "", "fail", "got = \"x\""), "r1", Ok(())), told(file));
}

#[test]
fn bless_moves_paragraphs_as_they_are() {
    let table = "[[expect]]\nfile = \"a/b\"\n";
    let first = [narrowing(0, Some(&[]), None)];
    for (source, blessed) in [
        (
            format!("suite = \"r1\"\n\n# One.\n\n# Two.\n\n# Its own.\n{table}\n# The next.\n{table}"),
            format!("suite = \"r1\"\n\n# One.\n\n# Two.\n\n# The next.\n{table}"),
        ),
        // Empty lines alone do not move.
        (
            format!("suite = \"r1\"\n\n\n# Its own.\n{table}\n# The next.\n{table}"),
            format!("suite = \"r1\"\n\n# The next.\n{table}"),
        ),
        (
            format!("suite = \"r1\"\n\n# One.\n\n# Its own.\n{table}# The end.\n"),
            "suite = \"r1\"\n\n# One.\n# The end.\n".to_string(),
        ),
    ] {
        assert_eq!(bless(&source, &first).expect("TOML"), blessed);
    }
}

#[test]
fn bless_narrows_a_list_and_keeps_its_comments() {
    let list = "[\n    # Kept.\n    \"odd/x\",\n    \"core/i32\",\n    \"simd/*\",\n]";
    let rule = rule("FILES", "", "fail", "got = \"x\"");
    let source = format!("suite = \"r1\"\n{}", rule.replace("\"FILES\"", list));
    let blessed = bless(&source, &[narrowing(0, Some(&["odd/x", "simd/sub"]), None)]).expect("TOML");
    assert!(blessed.contains("# Kept.\n    \"odd/x\""), "{blessed}");
    let again = Expectations::parse("x", &blessed, &[]).expect("rules");
    let files: Vec<&str> = again.rules[0].files.iter().map(|glob| glob.text.as_str()).collect();
    assert_eq!(files, ["odd/x", "simd/sub"]);
}

/// A text without the rules is left alone.
#[test]
fn bless_needs_the_rules_that_were_judged() {
    let blessed = |source: &str, narrowings: &[Narrowing]| bless(source, narrowings).map_err(|e| e.to_string());
    let narrowed = [narrowing(1, None, Some(&[0]))];
    let empty = "suite = \"r1\" # A comment.\n";
    assert_eq!(blessed(empty, &[]), Ok(empty.to_string()));
    assert_eq!(blessed(empty, &narrowed), Err("the file no longer has any rules".to_string()));
    let one = format!("suite = \"r1\"\n{}", rule("a/b", "1 f", "fail", ""));
    for narrowed in [narrowed, [narrowing(1, None, Some(&[]))], [narrowing(1, Some(&[]), None)]] {
        assert_eq!(blessed(&one, &narrowed), Err("the file has fewer rules than it had".to_string()));
    }
}

#[test]
fn rules_are_added_as_one_would_write_them() {
    let every = ["interp", "jit-O0", "jit", XDIFF].map(String::from);
    let bad = |key: &str, line, directive: &str, index, backend: &str, verdict, got: Option<&str>| Record {
        verdict,
        got: got.map(String::from),
        ..record(key, line, directive, index, backend)
    };
    let mut records = vec![
        bad("core/i32", 5, "assert_trap div", 12, "jit", Verdict::Fail, Some("i32 1")),
        bad("core/i32", 3, "assert_return add", 10, "jit", Verdict::Fail, Some("i32 1")),
        record("core/i32", 3, "assert_return add", 9, "jit"),
    ];
    for backend in ["interp", "jit-O0", "jit"] {
        records.push(bad("simd/add", 1, "module", 0, backend, Verdict::Unsupported, Some("u (at offset 0x1)")));
    }
    for backend in ["interp", "jit"] {
        records.push(bad("simd/sub", 1, "module", 0, backend, Verdict::Crash, None));
    }
    let (text, count) = added("suite = \"r1\"\n", &records, &|_| true, &every, "B1").expect("TOML");
    let wanted = r#"suite = "r1"

[[expect]]
file = "core/i32"
at = [
    "3 assert_return add #2",
    "5 assert_trap div",
]
when = { backend = "jit" }
status = "fail"
got = "i32 1"
bug = "B1"
reason = "Added by --add on jit; say why it is accepted."

[[expect]]
file = "simd/add"
at = ["1 module"]
status = "unsupported"
got = "u"
bug = "B1"
reason = "Added by --add on interp, jit, jit-O0; say why it is accepted."

[[expect]]
file = "simd/sub"
at = ["1 module"]
when = { backend = ["interp", "jit"] }
status = "crash"
bug = "B1"
reason = "Added by --add on interp, jit; say why it is accepted."
"#;
    assert_eq!((text.as_str(), count), (wanted, 3));
}

/// Names of files and columns are not globs, whatever characters they have.
#[test]
fn added_rules_name_files_and_columns_exactly() {
    let every = ["interp", "a[1]", "b*", "c{d"].map(String::from);
    let bad = |backend: &str| Record { verdict: Verdict::Fail, ..record("odd/a[1]*{", 1, "module", 0, backend) };
    let (text, count) = added("suite = \"r1\"\n", &[bad("a[1]"), bad("b*")], &|_| true, &every, "B1").expect("TOML");
    let again = Expectations::parse("x", &text, &every[1..]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let [rule] = &again.rules[..] else { panic!("{text}") };
    let files = ["odd/a[1]*{", "odd/a1*{", "odd/a[1]x{"].map(|key| rule.matches_file(key));
    let columns = ["interp", "a[1]", "b*", "c{d", "a1", "bx"].map(|column| rule.when.backend_holds(column));
    assert_eq!((count, files, columns), (1, [true, false, false], [false, true, true, false, false, false]), "{text}");
}

/// A file gets the revision of the suite with its first rules for that suite, below the comments if it had nothing else. A file
/// with rules whose lines may be of another suite does not.
#[test]
fn added_rules_are_for_the_suite_that_was_run() {
    let bad = [Record { verdict: Verdict::Fail, ..record("core/i32", 1, "module", 0, "jit") }];
    let known = rule("core/i64", "1 module", "fail", "got = \"i32 1\"");
    let for_another = rule("core/i64", "1 module", "fail", "got = \"i32 1\"\nwhen = { suite = \"r0\" }");
    let begun = "\n[[expect]]\nfile = \"core/i32\"\n";
    for (source, records, suite, start) in [
        ("", &bad[..], Some("r1"), format!("suite = \"r1\"\n{begun}")),
        ("# Mine.", &bad, Some("r1"), format!("# Mine.\nsuite = \"r1\"\n{begun}")),
        ("# Mine.\n", &bad, None, format!("# Mine.\n{begun}")),
        ("# Mine.\n", &[], Some("r1"), "# Mine.\n".to_string()),
        ("# Mine.\nsuite = \"r0\"\n", &bad, Some("r1"), format!("# Mine.\nsuite = \"r0\"\n{begun}")),
        (&known, &bad, Some("r1"), format!("{known}{begun}")),
        (&for_another, &bad, Some("r1"), format!("suite = \"r1\"\n{for_another}{begun}")),
    ] {
        let found = Found { records, wanted: &|_| true, rules_keys: &HashMap::new(), suite };
        let (text, count) = add(source, &found, &columns(), "B1").expect("TOML");
        assert!(text.starts_with(&start), "{text}");
        assert_eq!(count, records.len(), "{text}");
        Expectations::parse("x", &text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    }
}

/// A script as a whole has no position, whichever line the error is on; a directive that is called `script` has one.
#[test]
fn a_rule_for_a_script_has_no_position() {
    for (line, expected, at) in
        [(0, "a script", None), (3, "a script", None), (3, "success", Some("at = [\"3 script\"]\n"))]
    {
        let (verdict, got) = (Verdict::Fail, Some("no".to_string()));
        let record = record("core/i32", line, "script", 0, "jit");
        let record = Record { verdict, got, expected: Some(expected.into()), ..record };
        let (text, count) = added("suite = \"r1\"\n", &[record], &|_| true, &columns(), "B1").expect("TOML");
        assert_eq!((count, text.contains("at = ")), (1, at.is_some()), "{text}");
        assert!(text.contains(at.unwrap_or_default()), "{text}");
    }
}

/// A comparison needs no rule if any unexpected side has the same verdict.
#[test]
fn a_comparison_that_repeats_a_side_needs_no_rule() {
    let bad = |backend: &str, verdict| Record { verdict, ..record("core/i32", 1, "module", 0, backend) };
    let count = |records: &[Record]| added("suite = \"r1\"\n", records, &|_| true, &columns(), "B1").expect("TOML").1;
    let mut records = [bad("interp", Verdict::Fail), bad("jit", Verdict::Crash), bad(XDIFF, Verdict::Crash)];
    assert_eq!(count(&records), 2);
    // The rule that accepts the side did not accept the comparison.
    records[1].known = true;
    assert_eq!(count(&records), 2);
    records[2].known = true;
    assert_eq!(count(&records), 1);
}
