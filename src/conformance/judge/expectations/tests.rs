mod exact;

use super::edit::{EditError, Found, add, bless};
use super::*;
use crate::conformance::record::{COMPARISON, Record};
use std::collections::HashMap;

const BACKENDS: [&str; 3] = ["interp", "jit", XDIFF];

fn columns() -> Vec<String> {
    BACKENDS.map(String::from).to_vec()
}

/// A passing record; `place` is "group/stem line directive index".
fn record(key: &str, line: u32, directive: &str, index: u32, backend: &str) -> Record {
    let (group, file) = key.rsplit_once('/').unwrap();
    Record { line, directive: directive.into(), ..Record::passed(group, file, &index.to_string(), backend) }
}

/// In messages, it looks as it is written in the file.
#[test]
fn what_a_rule_accepts_is_shown_as_it_is_written() {
    let shown = |texts: &[&str]| AcceptedDeviations(texts.iter().map(|text| text.to_string()).collect()).to_string();
    assert_eq!(shown(&["trap: a \"b\""]), r#""trap: a \"b\"""#);
    assert_eq!(shown(&["a*", "b"]), r#"["a*", "b"]"#);
}

/// Files `core/i32` (a module and two equal assertions on line 3) and `simd/add`, `simd/sub` (a module each), passing.
struct Run {
    files: Vec<(String, Vec<Record>)>,
    complete: bool,
    ran: Vec<String>,
    extent: Extent,
    lenient: bool,
    conditions: Conditions,
}

impl Run {
    fn new() -> Run {
        let places: [(&str, &[(u32, &str)]); 3] = [
            ("core/i32", &[(1, "module"), (3, "assert_return add"), (3, "assert_return add"), (5, "assert_trap div")]),
            ("simd/add", &[(1, "module"), (2, "assert_return add")]),
            ("simd/sub", &[(1, "module"), (2, "assert_return sub")]),
        ];
        let file = |key: &str, list: &[(u32, &str)]| {
            let records = list.iter().enumerate().flat_map(|(i, (line, directive))| {
                BACKENDS.map(|backend| record(key, *line, directive, i as u32, backend))
            });
            (key.to_string(), records.collect())
        };
        let conditions =
            Conditions { arch: "x86_64".into(), os: "linux".into(), suite: "r1".into(), ..Default::default() };
        let files = places.iter().map(|(key, list)| file(key, list)).collect();
        Run { files, complete: true, ran: columns(), extent: Extent::Suite, lenient: false, conditions }
    }

    /// Changes the verdict of one directive in one column (`*`: all but xdiff).
    fn set(mut self, key: &str, index: u32, backend: &str, verdict: Verdict, got: &str) -> Run {
        for (k, records) in &mut self.files {
            let hit = |r: &&mut Record| {
                k == key
                    && r.index == index.to_string()
                    && (r.backend == backend || (backend == "*" && r.backend != XDIFF))
            };
            for r in records.iter_mut().filter(hit) {
                r.verdict = verdict;
                r.got = Some(got.to_string());
            }
        }
        self
    }

    fn judge(&mut self, rules: &Expectations) -> (RulesReport, usize) {
        let files = self.files.iter().map(|(k, _)| k.clone()).collect();
        let coverage = Coverage {
            files,
            extent: self.extent.clone(),
            columns: columns(),
            ran: self.ran.clone(),
            lenient: self.lenient,
        };
        let mut judge = Judge::new(rules, self.conditions.clone(), coverage);
        for (key, records) in &mut self.files {
            judge.file(keys(key), records, self.complete);
        }
        let unexpected = self.files.iter().flat_map(|(_, r)| r).filter(|r| r.is_unexpected()).count();
        (judge.finish(), unexpected)
    }
}

/// The keys of a file that rules call by its own name.
fn keys(key: &str) -> FileKeys<'_> {
    FileKeys { own: key, rules: key }
}

/// [`add`], for files that rules call by their own names.
fn added(
    source: &str,
    records: &[Record],
    wanted: &dyn Fn(&Record) -> bool,
    every_column: &[String],
    bug: &str,
) -> Result<(String, usize), EditError> {
    add(source, &Found { records, wanted, rules_keys: &HashMap::new(), suite: None }, every_column, bug)
}

fn rules(text: &str) -> Expectations {
    Expectations::parse("expectations.toml", &format!("suite = \"r1\"\n{text}"), &[]).unwrap()
}

fn rule(file: &str, at: &str, status: &str, more: &str) -> String {
    let at = if at.is_empty() { String::new() } else { format!("at = [{at:?}]\n") };
    format!("[[expect]]\nfile = {file:?}\n{at}status = {status:?}\n{more}\nbug = \"B1\"\nreason = \"because\"\n")
}

fn news(run: &mut Run, text: &str) -> (Vec<(NewsKind, String)>, usize) {
    let (judgement, unexpected) = run.judge(&rules(text));
    (judgement.news.into_iter().map(|n| (n.kind, n.message)).collect(), unexpected)
}

fn one(list: (Vec<(NewsKind, String)>, usize), kind: NewsKind, unexpected: usize, says: &[&str]) {
    assert_eq!(list.0.len(), 1, "{list:?}");
    assert_eq!((list.0[0].0, list.1), (kind, unexpected), "{list:?}");
    for text in says {
        assert!(list.0[0].1.contains(text), "{:?} does not say {text:?}", list.0[0].1);
    }
}

fn problem(text: &str) -> (usize, String) {
    let invalid = Expectations::parse("expectations.toml", text, &[]).unwrap_err();
    assert_eq!(invalid.problems.len(), 1, "{invalid}");
    assert!(invalid.to_string().starts_with(&format!("expectations.toml:{}: ", invalid.problems[0].line)));
    (invalid.problems[0].line, invalid.problems[0].message.clone())
}

#[test]
fn a_deviation_without_rule_is_unexpected() {
    let mut run = Run::new().set("core/i32", 3, "jit", Verdict::Fail, "trap");
    assert_eq!(run.judge(&Expectations::none()).1, 1);
}

#[test]
fn a_rule_makes_its_directive_known_and_names_the_bug() {
    let mut run = Run::new().set("core/i32", 3, "*", Verdict::Fail, "trap");
    let (list, unexpected) = news(&mut run, &rule("core/i32", "5 assert_trap div", "fail", "got = \"trap\""));
    assert_eq!((list, unexpected), (vec![], 0));
    let records: Vec<_> = run.files[0].1.iter().filter(|r| r.index == "3").collect();
    assert!(records.iter().filter(|r| r.backend != XDIFF).all(|r| r.known && r.bug.as_deref() == Some("B1")));
    assert!(records.iter().filter(|r| r.backend == XDIFF).all(|r| !r.known));
}

#[test]
fn a_rule_for_a_column_says_nothing_of_another() {
    let text = rule("core/i32", "5 assert_trap div", "fail", "when = { backend = \"jit\" }");
    let mut run = Run::new().set("core/i32", 3, "*", Verdict::Fail, "trap");
    assert_eq!(news(&mut run, &text), (vec![], 1));
    let known: Vec<&str> = run.files[0].1.iter().filter(|r| r.known).map(|r| r.backend.as_str()).collect();
    assert_eq!(known, ["jit"]);
}

#[test]
fn a_side_without_outcome_covers_xdiff() {
    let mut run = Run::new().set("simd/add", 0, "jit", Verdict::Crash, "SIGSEGV at 0x7f001234");
    run = run.set("simd/add", 0, XDIFF, Verdict::Crash, "jit: SIGSEGV at 0x7f001234");
    let text = rule("simd/add", "1 module", "crash", "got = \"SIGSEGV at 0x1\"\nwhen = { backend = \"jit\" }");
    assert_eq!(news(&mut run, &text), (vec![], 0));
}

#[test]
fn a_rule_for_a_file_allows_passes_and_no_other_verdict() {
    let text = rule("simd/*", "", "unsupported", "got = \"simd\"");
    let base = || {
        let run = Run::new().set("simd/add", 1, "*", Verdict::Unsupported, "simd");
        run.set("simd/add", 1, XDIFF, Verdict::Unsupported, "simd")
    };
    assert_eq!(news(&mut base(), &text), (vec![], 0));
    let mut run = base().set("simd/sub", 1, "jit", Verdict::Fail, "i32 1");
    assert_eq!(news(&mut run, &text), (vec![], 1));
}

#[test]
fn an_unexpected_pass_is_news() {
    let text = rule("core/i32", "5 assert_trap div", "fail", "");
    one(news(&mut Run::new(), &text), NewsKind::UnexpectedPass, 0, &["passes on interp, jit", "--bless"]);
    let mut run = Run::new().set("core/i32", 3, "jit", Verdict::Fail, "x");
    one(news(&mut run, &text), NewsKind::UnexpectedPass, 0, &["passes on interp,", "deviates on jit", "when.backend"]);
}

#[test]
fn another_signature_is_news() {
    let text = rule("core/i32", "5 assert_trap div", "fail", "got = \"i32 1\"\nwhen = { backend = \"jit\" }");
    let mut run = Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 2");
    one(news(&mut run, &text), NewsKind::Changed, 1, &["i32 1", "i32 2", "update `got`"]);
    let mut run = Run::new().set("core/i32", 3, "jit", Verdict::Crash, "i32 1");
    one(news(&mut run, &text), NewsKind::Changed, 1, &["expects fail", "is crash", "update `status`"]);
}

#[test]
fn a_position_that_matches_nothing_is_news() {
    let text = rule("core/i32", "6 assert_trap div", "fail", "");
    one(news(&mut Run::new(), &text), NewsKind::NoMatch, 0, &["6 assert_trap div", "correct the line", "--bless"]);
    let mut cut = Run::new();
    cut.complete = false;
    assert_eq!(news(&mut cut, &text), (vec![], 0), "not judged of a run that was cut short");
}

#[test]
fn a_glob_that_matches_no_file_is_news() {
    let text = rule("smid/*", "", "fail", "got = \"x\"");
    one(news(&mut Run::new(), &text), NewsKind::NoMatch, 0, &["smid/*", "no file", "--list"]);
    // `*` stays within a path component.
    one(news(&mut Run::new(), &rule("*", "", "fail", "got = \"x\"")), NewsKind::NoMatch, 0, &[]);
    // A run of the whole suite knows that there is no match; a partial one does not.
    let narrows = |mut run: Run| run.judge(&rules(&text)).0.narrowings.iter().any(|n| n.removes());
    assert!(narrows(Run::new()));
    assert!(!narrows(Run { extent: Extent::default(), ..Run::new() }));
}

#[test]
fn a_rule_for_a_file_is_stale_when_nothing_deviates() {
    let text = rule("simd/*", "", "unsupported", "got = \"simd\"");
    one(news(&mut Run::new(), &text), NewsKind::Stale, 0, &["simd/*", "remove the rule", "--bless", "close B1"]);
    let mut part = Run::new();
    part.ran = vec!["interp".into()];
    assert_eq!(news(&mut part, &text), (vec![], 0), "the other columns may still need it");
    let interp = rule("simd/*", "", "unsupported", "got = \"simd\"\nwhen = { backend = \"interp\" }");
    one(news(&mut part, &interp), NewsKind::Stale, 0, &[]);
    let elsewhere = rule("simd/*", "", "unsupported", "got = \"simd\"\nwhen = { arch = \"aarch64\" }");
    assert_eq!(news(&mut Run::new(), &elsewhere), (vec![], 0), "not judged here");
}

#[test]
fn two_rules_for_one_directive_are_news() {
    let text = rule("simd/*", "", "unsupported", "got = \"simd\"")
        + &rule("simd/add", "2 assert_return add", "unsupported", "");
    let run = Run::new().set("simd/add", 1, "*", Verdict::Unsupported, "simd");
    let mut run = run.set("simd/sub", 1, "*", Verdict::Unsupported, "simd");
    one(news(&mut run, &text), NewsKind::Overlap, 0, &["lines 2 and 8", "simd/add line 2", "narrow one"]);
}

#[test]
fn a_position_outranks_the_file_if_it_says_something_else() {
    let text =
        rule("simd/*", "", "unsupported", "got = \"simd\"") + &rule("simd/add", "2 assert_return add", "fail", "");
    let base = || {
        Run::new().set("simd/add", 0, "*", Verdict::Unsupported, "simd").set(
            "simd/sub",
            1,
            "jit",
            Verdict::Unsupported,
            "simd",
        )
    };
    assert_eq!(news(&mut base().set("simd/add", 1, "*", Verdict::Fail, "1"), &text), (vec![], 0));
    let (list, unexpected) = news(&mut base().set("simd/add", 1, "jit", Verdict::Unsupported, "1"), &text);
    assert_eq!(unexpected, 1);
    assert!(list.iter().any(|(kind, text)| *kind == NewsKind::Changed && text.contains("expects fail")), "{list:?}");
    one(news(&mut base(), &text), NewsKind::UnexpectedPass, 0, &["2 assert_return add"]);
}

#[test]
fn a_position_with_several_directives_needs_a_number() {
    let mut run = Run::new().set("core/i32", 2, "*", Verdict::Fail, "x");
    let (list, unexpected) = news(&mut run, &rule("core/i32", "3 assert_return add", "fail", ""));
    assert!(list.iter().any(|(kind, text)| *kind == NewsKind::Ambiguous && text.contains("#1` to ` #2")), "{list:?}");
    assert_eq!(unexpected, 2);
    assert_eq!(news(&mut run, &rule("core/i32", "3 assert_return add #2", "fail", "")), (vec![], 0));
    one(news(&mut run, &rule("core/i32", "3 assert_return add #1", "fail", "")), NewsKind::UnexpectedPass, 2, &["#1"]);
}

#[test]
fn flaky_accepts_a_pass_or_its_signature() {
    let text = rule("core/i32", "5 assert_trap div", "flaky", "got = \"i32 1\"");
    assert_eq!(news(&mut Run::new(), &text), (vec![], 0));
    let mut run = Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 1");
    assert_eq!(news(&mut run, &text), (vec![], 0));
    let mut run = Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 2");
    one(news(&mut run, &text), NewsKind::Changed, 1, &["i32 2"]);
}

#[test]
fn nothing_is_skipped() {
    let (line, text) = problem("suite = \"r1\"\n[[expect]]\nfile = \"a/b\"\nstatus = \"skip\"\n");
    assert_eq!(line, 4);
    assert!(text.contains("nothing is ever skipped") && text.contains("unsupported"), "{text}");
    let mut run = Run::new().set("core/i32", 3, "*", Verdict::Unsupported, "x");
    assert_eq!(news(&mut run, "").1, 2, "what is unsupported needs a rule too");
}

#[test]
fn another_suite_is_news() {
    let mut run = Run::new().set("simd/add", 1, "*", Verdict::Unsupported, "simd");
    run.conditions.suite = "r2".into();
    let text = rule("simd/add", "", "unsupported", "got = \"simd\"");
    one(news(&mut run, &text), NewsKind::Suite, 0, &["r1", "r2", "set `suite`"]);
}

/// Scripts that are named by path belong to no suite. Rules for the suite have lines of one revision, and must say which.
#[test]
fn rules_for_scripts_by_path_name_no_suite() {
    let text = rule("simd/add", "", "unsupported", "got = \"simd\"");
    let rules = Expectations::parse("mine.toml", &text, &[]).expect("no suite is needed");
    assert_eq!(rules.suite, None);
    let judged = |extent: Extent| {
        let mut run = Run { extent, ..Run::new() }.set("simd/add", 1, "*", Verdict::Unsupported, "simd");
        let (judgement, unexpected) = run.judge(&rules);
        (judgement.news.into_iter().map(|n| (n.kind, n.message)).collect(), unexpected)
    };
    assert_eq!(judged(Extent::Part { folders: Vec::new() }), (vec![], 0));
    one(judged(Extent::Suite), NewsKind::Suite, 0, &["do not state the suite", "`suite = \"r1\"` at the top"]);
    // Nothing is wrong without rules.
    let none = Expectations::parse("mine.toml", "", &[]).expect("an empty file");
    assert!(none.rules.is_empty());
}

#[test]
fn the_file_itself_is_checked() {
    let (line, text) =
        problem("suite = \"r1\"\n\n[[expect]]\nfile = \"a/b\"\nstatus = \"fail\"\ngot = \"x\"\nreason = \"r\"\n");
    assert_eq!(line, 3);
    assert!(text.contains("no `bug`") && text.contains("tracked"), "{text}");
    let (line, text) = problem(
        "suite = \"r1\"\n[[expect]]\nfile = \"a/b\"\nstatus = \"fail\"\ngot = \"x\"\nbug = \"b\"\nreason = \" \"\n",
    );
    assert_eq!(line, 2);
    assert!(text.contains("no `reason`"), "{text}");
    let (line, text) = problem("suite = \"r1\"\n[[expect]]\nfile = \"a/b\"\nstatus = \"fail\"\nbugg = \"b\"\n");
    assert_eq!(line, 5);
    assert!(text.contains("bugg") && text.contains("expected"), "{text}");
    let (line, text) =
        problem("suite = \"r1\"\n[[expect]]\nfile = \"a/b\"\nwhen = { cpu = \"b\" }\nstatus = \"fail\"\n");
    assert_eq!(line, 4);
    assert!(text.contains("cpu"), "{text}");
    let (line, text) = problem("suite = \"r1\"\n[[expect]]\nfile = \"a/b\"\nstatus = \"broken\"\n");
    assert_eq!(line, 4);
    assert!(text.contains("broken") && text.contains("unsupported"), "{text}");
    let (line, _) = problem("suite = \"r1\"\n[[expect]]\nfile = \"a/b\n");
    assert_eq!(line, 3);
    let (line, text) = problem(&format!("suite = \"\"\n{}", rule("a/b", "x y", "fail", "")));
    assert_eq!(line, 4);
    assert!(text.contains("LINE DIRECTIVE"), "{text}");
    let (_, text) = problem(&format!("suite = \"\"\n{}", rule("a/[", "", "fail", "got = \"x\"")));
    assert!(text.contains("`file`"), "{text}");
    let (_, text) =
        problem(&format!("suite = \"\"\n{}", rule("a/b", "", "diverge", "got = \"x\"\nwhen = { backend = \"jit\" }")));
    assert!(text.contains("xdiff"), "{text}");
    let (_, text) = problem(&format!("suite = \"\"\n{}", rule("a/b", "", "flaky", "")));
    assert!(text.contains("`got`"), "{text}");
}

#[test]
fn staleness_by_parsing_alone() {
    let files = ["core/i32".to_string(), "simd/add".to_string()];
    let mut asked = Vec::new();
    let mut check = |text: &str, suite: &str| {
        let mut directives = |key: &str| {
            asked.push(key.to_string());
            let at = |line, directive: &str| Position { line, directive: directive.into() };
            let all = vec![at(1, "module"), at(3, "assert_return add"), at(3, "assert_return add")];
            Ok::<_, std::convert::Infallible>(all)
        };
        rules(text).stale(suite, &files, &mut directives).into_iter().map(|n| n.kind).collect::<Vec<_>>()
    };
    assert_eq!(check(&rule("core/i32", "1 module", "fail", ""), "r1"), []);
    assert_eq!(check(&rule("core/i32", "1 module", "fail", ""), "r2"), [NewsKind::Suite]);
    assert_eq!(check(&rule("core/i32", "2 module", "fail", ""), "r1"), [NewsKind::NoMatch]);
    assert_eq!(check(&rule("core/i32", "3 assert_return add", "fail", ""), "r1"), [NewsKind::Ambiguous]);
    assert_eq!(check(&rule("core/i32", "3 assert_return add #2", "fail", ""), "r1"), []);
    assert_eq!(check(&rule("core/i32", "3 assert_return add #3", "fail", ""), "r1"), [NewsKind::NoMatch]);
    assert_eq!(check(&rule("core/i33", "", "fail", "got = \"x\""), "r1"), [NewsKind::NoMatch]);
    assert_eq!(check(&rule("simd/*", "", "fail", "got = \"x\""), "r1"), []);
    assert!(asked.iter().all(|key| key == "core/i32"), "files without positions are not parsed");
}

/// Of the comments above a removed rule, only the last paragraph belongs to it.
#[test]
fn bless_keeps_all_paragraphs_but_the_last() {
    let stale = rule("simd/sub", "", "unsupported", "got = \"simd\"");
    let source = format!("suite = \"r1\"\n\n# One.\n\n# Two.\n\n# Its own.\n{stale}");
    let (judgement, _) = Run::new().judge(&Expectations::parse("x", &source, &[]).unwrap());
    let blessed = bless(&source, &judgement.narrowings).unwrap();
    assert!(blessed.contains("# One.") && blessed.contains("# Two.") && !blessed.contains("# Its own."), "{blessed}");
}

/// A partial run knows the files that a rule names literally, and those in its folders.
#[test]
fn a_part_knows_files_by_their_names() {
    let coverage = |folders: &[&str]| Coverage {
        files: vec!["d/x1".into()],
        extent: Extent::Part { folders: folders.iter().map(|folder| folder.to_string()).collect() },
        columns: columns(),
        ran: columns(),
        lenient: false,
    };
    let knows = |glob: &str, folders: &[&str]| coverage(folders).knows(&GlobPattern::new(glob).unwrap());
    assert!(knows("d/x1", &[]));
    for glob in ["d/x[12]", "d/x?", "d/*", "d/x1*", "d/x2"] {
        assert!(!knows(glob, &[]), "{glob}");
        assert!(knows(glob, &["d"]), "{glob}");
    }
}

#[test]
fn bless_takes_away_and_keeps_comments() {
    let source = "# Deviations.\nsuite = \"r1\"\n\n# All of SIMD.\n\n# Stale.\n[[expect]]\nfile = \"simd/sub\"\nstatus = \"unsupported\"\ngot = \"simd\"\nbug = \"B1\"\nreason = \"r\"\n\n# Half of it.\n[[expect]]\nfile = \"core/i32\"\nat = [\n    \"1 module\", # passes now\n    \"5 assert_trap div\", # still\n]\nstatus = \"fail\"\ngot = \"old\"\nbug = \"B2\"\nreason = \"r\"\n";
    let mut run = Run::new().set("core/i32", 3, "*", Verdict::Fail, "new");
    let (judgement, _) = run.judge(&Expectations::parse("x", source, &[]).unwrap());
    let blessed = bless(source, &judgement.narrowings).unwrap();
    assert!(
        !blessed.contains("simd/sub") && !blessed.contains("# Stale.") && !blessed.contains("1 module"),
        "{blessed}"
    );
    for kept in
        ["# Deviations.", "# All of SIMD.", "# Half of it.", "\"5 assert_trap div\"", "# still", "got = \"old\""]
    {
        assert!(blessed.contains(kept), "{kept} is gone:\n{blessed}");
    }
    let again = Expectations::parse("x", &blessed, &[]).unwrap();
    assert_eq!(again.rules.len(), 1);
    assert_eq!(run.judge(&again).0.narrowings, []);
}

#[test]
fn globs() {
    let matches = |glob: &str, text: &str| GlobPattern::new(glob).unwrap().matches(text);
    assert!(matches("simd/*", "simd/add") && matches("simd/a?d", "simd/add") && matches("s[!t]md/[a-c]dd", "simd/add"));
    assert!(!matches("simd/*", "simd/x/add") && !matches("*", "simd/add") && !matches("simd", "simd/add"));
    assert!(matches("**/add", "simd/x/add") && matches("simd/**", "simd/x/add"));
    for name in ["a{b}", "a[1]", "a*", "?", "{", "[{]"] {
        assert!(matches(&escape_glob(name), name), "{name}");
    }
    for (wrong, why) in
        [("{a,b}/c", "use a list of globs instead"), ("a[", "invalid range"), ("a**b", "recursive wildcards")]
    {
        let error = GlobPattern::new(wrong).expect_err(wrong).to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn bless_narrows_a_glob_to_the_files_that_still_deviate() {
    let source = format!("suite = \"r1\"\n{}", rule("simd/*", "", "unsupported", "got = \"simd\""));
    let mut run = Run::new().set("simd/sub", 1, "*", Verdict::Unsupported, "simd");
    let (judgement, _) = run.judge(&Expectations::parse("x", &source, &[]).unwrap());
    assert!(judgement.news.is_empty());
    let blessed = bless(&source, &judgement.narrowings).unwrap();
    assert!(blessed.contains("file = \"simd/sub\""), "{blessed}");
    let mut last = Run::new();
    let (judgement, _) = last.judge(&Expectations::parse("x", &blessed, &[]).unwrap());
    let empty = bless(&blessed, &judgement.narrowings).unwrap();
    assert_eq!(Expectations::parse("x", &empty, &[]).unwrap().rules.len(), 0, "{empty}");
}

/// A name is not a glob, whatever characters it has.
#[test]
fn bless_names_files_exactly() {
    let source = format!("suite = \"r1\"\n{}", rule("odd/*", "", "unsupported", "got = \"simd\""));
    let mut run = Run::new();
    let keys = ["odd/a[1]", "odd/a1", "odd/{"].map(String::from);
    run.files =
        keys.map(|key| (key.clone(), BACKENDS.map(|backend| record(&key, 1, "module", 0, backend)).to_vec())).into();
    for key in ["odd/a[1]", "odd/{"] {
        run = run.set(key, 0, "*", Verdict::Unsupported, "simd");
    }
    let (judgement, _) = run.judge(&Expectations::parse("x", &source, &[]).unwrap());
    let blessed = Expectations::parse("x", &bless(&source, &judgement.narrowings).unwrap(), &[]).unwrap();
    let matches = |key: &str| blessed.rules[0].files.iter().any(|glob| glob.matches(key));
    assert_eq!(["odd/a[1]", "odd/a1", "odd/{"].map(matches), [true, false, true]);
}

/// If some files of a glob still deviate, they are named one by one if they are few, but not if they are many.
#[test]
fn bless_leaves_a_glob_of_which_many_files_deviate() {
    let source = format!("suite = \"r1\"\n{}", rule("many/*", "", "unsupported", "got = \"simd\""));
    for (deviating, names) in [(8, true), (9, false)] {
        let mut run = Run::new();
        run.files = (0..=deviating)
            .map(|i| format!("many/{i}"))
            .map(|key| (key.clone(), BACKENDS.map(|backend| record(&key, 1, "module", 0, backend)).to_vec()))
            .collect();
        for i in 0..deviating {
            run = run.set(&format!("many/{i}"), 0, "*", Verdict::Unsupported, "simd");
        }
        let (judgement, unexpected) = run.judge(&Expectations::parse("x", &source, &[]).unwrap());
        assert_eq!((judgement.news, unexpected), (vec![], 0));
        let blessed = bless(&source, &judgement.narrowings).unwrap();
        assert_eq!(blessed != source, names, "{blessed}");
        assert_eq!((0..deviating).all(|i| blessed.contains(&format!("\"many/{i}\""))), names, "{blessed}");
    }
}

#[test]
fn bless_leaves_what_the_run_did_not_exercise() {
    let source = format!("suite = \"r1\"\n{}", rule("simd/*", "", "unsupported", "got = \"simd\""));
    let mut run = Run::new();
    run.complete = false;
    let (judgement, _) = run.judge(&Expectations::parse("x", &source, &[]).unwrap());
    assert_eq!(bless(&source, &judgement.narrowings).unwrap(), source);
}

#[test]
fn added_rules_cover_what_they_were_made_from() {
    let run = || {
        let run =
            Run::new().set("core/i32", 2, "*", Verdict::Fail, "i32 1").set("core/i32", 3, "*", Verdict::Fail, "i32 1");
        let run =
            run.set("simd/add", 1, "jit", Verdict::Crash, "SIGSEGV").set("simd/add", 1, XDIFF, Verdict::Crash, "jit");
        run.set("simd/sub", 1, XDIFF, Verdict::Diverge, "1 | 2")
    };
    let mut first = run();
    assert!(first.judge(&rules("")).1 > 0);
    let records: Vec<Record> = first.files.iter().flat_map(|(_, r)| r).cloned().collect();
    let (text, added) =
        added("# Head.\nsuite = \"r1\"\n", &records, &|_| true, &columns(), "https://bugs.example/1").unwrap();
    assert_eq!(added, 3);
    assert!(text.starts_with("# Head.\nsuite") && text.contains("\"3 assert_return add #2\""), "{text}");
    let again = Expectations::parse("x", &text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let (judgement, unexpected) = run().judge(&again);
    assert_eq!((judgement.news, unexpected), (vec![], 0), "{text}");
}

#[test]
fn signatures_leave_out_what_differs_from_run_to_run() {
    let crash = |s| signature(Verdict::Crash, s);
    assert_eq!(crash("SIGSEGV at 0x7f3a12, after 12 ms"), crash("SIGSEGV at 0x55, after 9 ms"));
    assert_eq!(crash("/a/b/c.rs:12: panicked"), crash("/x/c.rs:12: panicked").replace("/x/c.rs", "…/c.rs"));
    assert_eq!(crash("'/tmp/x', /tmp, a/b/c"), "'…/x', /tmp, a/b/c", "one folder is no path");
    assert_eq!(signature(Verdict::Timeout, "after 10.01s"), signature(Verdict::Timeout, "after 10.2s"));
    assert_eq!(
        signature(Verdict::Unsupported, "unsupported: gc (at offset 0x1f) (from line 3: module)"),
        "unsupported: gc"
    );
    assert_ne!(signature(Verdict::Fail, "f32 0x7fc00000"), signature(Verdict::Fail, "f32 0x7fc00001"));
}

#[test]
fn a_rule_for_a_file_says_what_it_does() {
    for status in ["fail", "unsupported", "crash", "timeout", "diverge"] {
        let (line, text) = problem(&format!("suite = \"\"\n{}", rule("a/b", "", status, "")));
        assert_eq!(line, 2);
        assert!(text.contains("every future failure") && text.contains("`got`") && text.contains("`at`"), "{text}");
    }
    for masks in ["\"*\"", "\" * *\"", "[]", "[\"x\", \"*\"]", "\"\""] {
        let (_, text) = problem(&format!("suite = \"\"\n{}", rule("a/b", "", "fail", &format!("got = {masks}"))));
        assert!(text.contains("`got` matches any text"), "{masks}: {text}");
    }
    // What is cut off before the comparison makes no difference. For other statuses it is not cut off.
    for (status, mask) in [
        ("unsupported", "* (at offset 12)"),
        ("unsupported", "* (from line 3: module)"),
        ("unsupported", " (from directive 2)"),
        ("flaky", "* (at offset 12)"),
    ] {
        let (_, text) = problem(&format!("suite = \"\"\n{}", rule("a/b", "", status, &format!("got = {mask:?}"))));
        assert!(text.contains("`got` matches any text"), "{status} {mask}: {text}");
    }
    rules(&rule("a/b", "", "fail", "got = \"* (at offset 12)\""));
    rules(&rule("a/b", "", "unsupported", "got = [\"gc*\", '\\*']"));
    // A failure that the rule does not state is news.
    let text = rule("simd/*", "", "fail", "got = [\"i32 1\", \"depends on line * (module), which failed\"]");
    let run = || Run::new().set("simd/add", 0, "*", Verdict::Fail, "i32 1");
    let follows = "depends on line 1 (module), which failed";
    assert_eq!(news(&mut run().set("simd/add", 1, "*", Verdict::Fail, follows), &text), (vec![], 0));
    let mut other = run().set("simd/add", 1, "jit", Verdict::Fail, "i32 7");
    one(news(&mut other, &text), NewsKind::Changed, 1, &["i32 7"]);
}

/// A rule for a side lets the comparison follow that side, but covers nothing else that happens to the comparison.
#[test]
fn a_comparison_that_dies_by_itself_is_no_consequence() {
    let text = rule("core/i32", "5 assert_trap div", "crash", "got = \"SIGSEGV\"\nwhen = { backend = \"jit\" }");
    let mut follows = Run::new().set("core/i32", 3, "jit", Verdict::Crash, "SIGSEGV");
    follows = follows.set("core/i32", 3, XDIFF, Verdict::Crash, "jit: SIGSEGV");
    assert_eq!(news(&mut follows, &text), (vec![], 0));
    let other = "when = { backend = \"interp\" }\ngot = \"SIGSEGV\"";
    let other = rule("core/i32", "5 assert_trap div", "crash", other);
    let mut both = Run::new().set("core/i32", 3, XDIFF, Verdict::Crash, "crash(SIGSEGV)");
    assert_eq!(news(&mut both, &other).1, 1, "interp did not crash");
    // The side crashed, and so did the comparison itself.
    let mut twice = follows.set("core/i32", 3, XDIFF, Verdict::Crash, "crash(SIGSEGV)");
    twice.files[0].1.iter_mut().for_each(|r| r.expected = Some(COMPARISON.into()));
    assert_eq!(news(&mut twice, &text).1, 1);
    // A rule of its own can cover it.
    let own =
        rule("core/i32", "5 assert_trap div", "crash", "got = \"crash(SIGSEGV)\"\nwhen = { backend = \"xdiff\" }");
    assert_eq!(news(&mut both, &own), (vec![], 0));
    // A rule for all columns does not name the comparison.
    let all = |backend| rule("core/i32", "5 assert_trap div", "crash", &format!("when = {{ backend = {backend:?} }}"));
    for every in ["*", "[ijx]*"] {
        assert_eq!(rules(&all(every)).rules[0].reach(XDIFF), RuleReach::Allows, "{every}");
    }
    assert_eq!(rules(&all(XDIFF)).rules[0].reach(XDIFF), RuleReach::Covers);
}

#[test]
fn a_fail_does_not_cover_a_state_that_differs() {
    let text = rule("core/i32", "5 assert_trap div", "fail", "got = \"i32 2\"");
    let mut run = Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 2");
    run = run.set("core/i32", 3, "interp", Verdict::Fail, "i32 2");
    run = run.set("core/i32", 3, XDIFF, Verdict::Diverge, "jit: memory 0");
    assert_eq!(news(&mut run, &text).1, 1);
}

/// Judges a run, then further runs of its unsettled files until all is known. Also returns their number.
fn settle(first: &mut Run, text: &str, mut again: impl FnMut(u32) -> Run) -> (RulesReport, u32) {
    let rules = rules(text);
    let files = first.files.iter().map(|(k, _)| k.clone()).collect();
    let coverage = Coverage { files, extent: Extent::Suite, columns: columns(), ran: columns(), lenient: false };
    let mut judge = Judge::new(&rules, first.conditions.clone(), coverage);
    for (key, records) in &mut first.files {
        judge.file(keys(key), records, true);
    }
    let mut runs = 1;
    loop {
        let unsettled = judge.unsettled();
        if unsettled.is_empty() {
            return (judge.finish(), runs);
        }
        runs += 1;
        for (key, records) in again(runs).files.iter_mut().filter(|(key, _)| unsettled.contains(key)) {
            judge.again(keys(key), records, true);
        }
    }
}

/// Another run may show deviations that the first one did not, including those of other directives. They are reported once,
/// unless rules accept them.
#[test]
fn what_deviates_in_another_run_is_news() {
    let flaky = rule("core/i32", "5 assert_trap div", "flaky", "got = \"i32 1\"\nwhen = { backend = \"jit\" }");
    let bad = || Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 1");
    let crash = |run: Run| run.set("core/i32", 1, "interp", Verdict::Crash, "crash(SIGSEGV)");
    let (judgement, runs) = settle(&mut bad(), &flaky, |n| if n < 4 { crash(bad()) } else { Run::new() });
    let [one] = &judgement.news[..] else { panic!("{:?}", judgement.news) };
    assert!(one.kind == NewsKind::InAnotherRun && one.kind.counts() && runs == 4, "{one:?}");
    assert!(one.message.contains("on interp") && one.message.contains("SIGSEGV"), "{one:?}");
    // The first run has it too, and it is counted there.
    let (judgement, _) = settle(&mut crash(bad()), &flaky, |n| if n < 4 { crash(bad()) } else { Run::new() });
    assert_eq!(judgement.news, []);
    let known = rule("core/i32", "3 assert_return add #1", "crash", "when = { backend = \"interp\" }");
    let (judgement, _) =
        settle(&mut crash(bad()), &(flaky + &known), |n| crash(if n < 4 { bad() } else { Run::new() }));
    assert_eq!(judgement.news, []);
}

/// A file may also have other rules.
#[test]
fn a_file_of_which_not_all_is_flaky_is_settled() {
    let flaky = rule("core/i32", "5 assert_trap div", "flaky", "got = \"i32 1\"\nwhen = { backend = \"jit\" }");
    let known = rule("core/i32", "3 assert_return add #1", "fail", "got = \"i32 2\"\nwhen = { backend = \"jit\" }");
    let fails = |run: Run| run.set("core/i32", 1, "jit", Verdict::Fail, "i32 2");
    let bad = || fails(Run::new()).set("core/i32", 3, "jit", Verdict::Fail, "i32 1");
    for text in [format!("{flaky}{known}"), format!("{known}{flaky}")] {
        let (judgement, runs) = settle(&mut bad(), &text, |_| bad());
        assert_eq!(runs, 10);
        let [one] = &judgement.news[..] else { panic!("{:?}", judgement.news) };
        assert!(one.kind == NewsKind::NotFlaky && one.message.contains("all 10 runs"), "{one:?}");
    }
}

/// A run that was cut short reports what it has, but does not count among those in which a directive must deviate and pass.
#[test]
fn what_was_cut_short_is_no_run() {
    let rules = rules(&rule(
        "core/i32",
        "5 assert_trap div",
        "flaky",
        "got = \"i32 1\"\nruns = 3\nwhen = { backend = \"jit\" }",
    ));
    let bad = || Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 1");
    let first = bad();
    let files = first.files.iter().map(|(k, _)| k.clone()).collect();
    let coverage = Coverage { files, extent: Extent::Suite, columns: columns(), ran: columns(), lenient: false };
    let mut judge = Judge::new(&rules, first.conditions.clone(), coverage);
    for (key, mut records) in first.files {
        judge.file(keys(&key), &mut records, true);
    }
    for complete in [false, false, false, true, false] {
        assert_eq!(judge.unsettled(), ["core/i32"], "two complete runs so far, at most");
        for (key, mut records) in bad().files.into_iter().filter(|(key, _)| key == "core/i32") {
            judge.again(keys(&key), &mut records, complete);
        }
    }
    for (key, mut records) in bad().files.into_iter().filter(|(key, _)| key == "core/i32") {
        judge.again(keys(&key), &mut records, true);
    }
    assert_eq!(judge.unsettled(), [""; 0]);
    let [one] = &judge.finish().news[..] else { panic!("no news") };
    assert!(one.kind == NewsKind::NotFlaky && one.message.contains("all 3 runs"), "{one:?}");
}

#[test]
fn a_flaky_directive_is_seen_both_ways() {
    let text = rule("core/i32", "5 assert_trap div", "flaky", "got = \"i32 1\"\nwhen = { backend = \"jit\" }");
    let good = Run::new;
    let bad = || Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 1");
    // In either order.
    let (judgement, runs) = settle(&mut bad(), &text, |n| if n == 4 { good() } else { bad() });
    assert_eq!((judgement.news, judgement.narrowings, runs), (vec![], vec![], 4));
    let (judgement, runs) = settle(&mut good(), &text, |n| if n == 3 { bad() } else { good() });
    assert_eq!((judgement.news, judgement.narrowings, runs), (vec![], vec![], 3));
    // A failure that occurs in every run is not flaky.
    let (judgement, runs) = settle(&mut bad(), &text, |_| bad());
    assert_eq!(runs, 10);
    let [one] = &judgement.news[..] else { panic!("{:?}", judgement.news) };
    assert!(one.kind == NewsKind::NotFlaky && one.kind.counts() && one.message.contains("all 10 runs"), "{one:?}");
    assert!(!one.blessable, "what fails stays in the file: {one:?}");
    // A rule that is not needed is stale, and is removed.
    let (judgement, runs) = settle(&mut good(), &text, |_| good());
    assert_eq!(runs, 10);
    let [one] = &judgement.news[..] else { panic!("{:?}", judgement.news) };
    assert!(one.kind == NewsKind::Stale && one.blessable, "{one:?}");
    assert!(judgement.narrowings[0].removes());
    // What was not compared did not deviate, whatever it says.
    let poisoned = || Run::new().set("core/i32", 3, "jit", Verdict::Poisoned, "i32 1");
    let (judgement, runs) = settle(&mut poisoned(), &text, |n| if n == 2 { good() } else { poisoned() });
    assert_eq!((judgement.news.len(), judgement.news[0].kind, runs), (1, NewsKind::Stale, 10));
    // A deviation of another kind in a later run is news.
    let other = || Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 7");
    let (judgement, _) = settle(&mut bad(), &text, |n| if n == 2 { other() } else { good() });
    assert!(judgement.news.iter().any(|n| n.kind == NewsKind::NotFlaky && n.message.contains("i32 7")));
    // The rule says how many runs there are.
    let rare = text.replace("status", "runs = 3\nstatus");
    assert_eq!(settle(&mut good(), &rare, |_| good()).1, 3);
    for (runs, status, says) in [("1", "flaky", "at least 2"), ("3", "fail", "is only for `flaky`")] {
        let text = rule("a/b", "", status, &format!("got = \"x\"\nruns = {runs}"));
        assert!(problem(&format!("suite = \"\"\n{text}")).1.contains(says));
    }
}

#[test]
fn a_flaky_file_is_seen_both_ways_too() {
    let text = rule("simd/*", "", "flaky", "got = \"i32 1\"");
    let bad = |index| Run::new().set("simd/add", index, "jit", Verdict::Fail, "i32 1");
    let (judgement, runs) = settle(&mut bad(0), &text, |_| bad(1));
    assert_eq!((judgement.news, runs), (vec![], 2));
    let (judgement, _) = settle(&mut bad(0), &text, |_| bad(0));
    assert!(judgement.news.iter().all(|n| n.kind == NewsKind::NotFlaky) && judgement.news.len() == 1);
    let (judgement, _) = settle(&mut Run::new(), &text, |_| Run::new());
    assert!(judgement.news.iter().any(|n| n.kind == NewsKind::Stale), "{:?}", judgement.news);
    assert!(judgement.narrowings.iter().any(|n| n.removes()), "{:?}", judgement.narrowings);
}

/// Rules for scripts named by path are as strict as those for the suite, as far as the run can know.
#[test]
fn a_part_of_the_files_is_judged_as_strictly() {
    let part = |folders: &[&str]| {
        let folders = folders.iter().map(|f| f.to_string()).collect();
        Run { extent: Extent::Part { folders }, ..Run::new() }
    };
    let got = "got = \"returned *\"";
    for status in ["fail", "unsupported"] {
        one(
            news(&mut part(&[]), &rule("core/i32", "", status, got)),
            NewsKind::Stale,
            0,
            &["remove the rule, and close"],
        );
    }
    for at in ["7 assert_return add", "3 assert_return add #3", "5 assert_return div"] {
        for status in ["fail", "flaky"] {
            let list = news(&mut part(&[]), &rule("core/i32", at, status, got));
            one(list, NewsKind::NoMatch, 0, &["no file of this rule has a directive", at]);
        }
    }
    // Other files are not this run's concern. A glob is about a whole folder.
    let stale = |text: &str, folders: &[&str]| news(&mut part(folders), text).0.len();
    let of = |file: &str| rule(file, "", "fail", got);
    assert_eq!(stale(&of("core/other"), &["core", "simd"]), 0);
    assert_eq!(stale(&of("simd/*"), &[]), 0);
    assert_eq!(stale(&of("simd/*"), &["core"]), 0);
    assert_eq!(stale(&of("simd/*"), &["simd"]), 1);
    assert_eq!(stale(&of("**"), &[]), 0);
    assert_eq!(stale(&of("**"), &["simd"]), 1);
    let two =
        |other: &str| of("core/i32").replace("file = \"core/i32\"", &format!("file = [\"core/i32\", \"{other}\"]"));
    assert_eq!(stale(&two("core/other"), &[]), 0, "the other one may need it");
    assert_eq!(stale(&two("simd/add"), &[]), 1);
    assert_eq!(stale(&two("core/other"), &["core"]), 1, "there is no other one");
    // A run that was cut short proves nothing.
    assert_eq!(news(&mut Run { complete: false, ..part(&[]) }, &of("core/i32")).0, []);
}

#[test]
fn a_condition_that_never_holds_is_told() {
    let parse = |when: &str| {
        let text = rule("core/i32", "3 assert_return add #1", "fail", &format!("when = {{ {when} }}"));
        Expectations::parse("expectations.toml", &format!("suite = \"r1\"\n{text}"), &["mine".to_string()])
            .map(drop)
            .map_err(|e| e.to_string())
    };
    for (when, hint) in [
        ("backend = \"jitt\"", "interp, jit-O0, jit-O1, jit, xdiff"),
        ("backend = [\"jit\", \"jit-O2\"]", "`jit-O2` matches no possible value"),
        ("backend = \"jit+nonsense:1\"", "jit+mix:SEED"),
        ("backend = \"interp+mix:1\"", "jit+mix:SEED"),
        ("os = \"windos\"", "linux, windows"),
        ("arch = \"amd64\"", "x86_64"),
        ("spec = \"3\"", "mvp, 1.0, 2.0, 3.0, latest"),
        ("spec = \"1.0, 2.0\"", "or several separated by commas"),
        ("spec = \"1.0,1.0\"", "or several separated by commas"),
        ("mode = \"nonsense\"", "mix:SEED"),
        ("mode = \"mix\"", "mix:SEED"),
    ] {
        let error = parse(when).expect_err(when);
        assert!(error.starts_with("expectations.toml:") && error.contains(hint), "{when}: {error}");
        assert!(error.contains("so the rule would never apply"), "{when}: {error}");
    }
    for when in [
        "backend = [\"interp\", \"jit*\", \"xdiff\", \"jit-O?\", \"jit+mix:7\", \"*+mix3:*\", \"jit-O1+mix:1?\"]",
        "os = [\"linux\", \"macos\"], arch = \"x86*\"",
        "spec = [\"2.0\", \"mvp\", \"1.0,2.0\", \"latest,1.0,3.0,2.0\", \"*3.0*\"]",
        "mode = [\"jit\", \"mix:7\", \"mix3:*\", \"mix*42\", \"mix:[1-3]\", \"mix:??\", \"\"]",
        "suite = \"anything\"",
        "backend = [\"mine\", \"m*\"]",
    ] {
        assert_eq!(parse(when), Ok(()), "{when}");
    }
}

/// Each position of a rule must be seen both ways by itself.
#[test]
fn every_position_of_a_flaky_rule_has_to_deviate() {
    let text = "[[expect]]\nfile = \"core/i32\"\nat = [\"1 module\", \"5 assert_trap div\"]\nstatus = \"flaky\"\n\
        got = \"i32 1\"\nruns = 4\nwhen = { backend = \"jit\" }\nbug = \"B1\"\nreason = \"because\"\n";
    let bad = |index| Run::new().set("core/i32", index, "jit", Verdict::Fail, "i32 1");
    // The second is never seen to deviate: the file runs as often as the rule says, and the position is removed.
    let (judgement, runs) = settle(&mut Run::new(), text, |n| if n == 2 { bad(0) } else { Run::new() });
    assert_eq!(runs, 4);
    let kinds: Vec<(NewsKind, bool)> =
        judgement.news.iter().map(|n| (n.kind, n.message.contains("5 assert_trap div"))).collect();
    assert_eq!(kinds, [(NewsKind::Stale, true)]);
    assert_eq!(judgement.narrowings.iter().map(|n| n.at.clone()).collect::<Vec<_>>(), [Some(vec![0])]);
    // Both are.
    let (judgement, runs) = settle(&mut bad(0), text, |n| if n == 2 { Run::new() } else { bad(3) });
    assert_eq!((judgement.news, judgement.narrowings, runs), (vec![], vec![], 3));
}

/// A comparison that itself died needs its own rule; one that follows a side does not.
#[test]
fn an_added_rule_covers_a_comparison_that_died_by_itself() {
    let died = "crash(SIGSEGV)";
    let run = || {
        let run = Run::new().set("core/i32", 3, XDIFF, Verdict::Crash, died);
        let run = run.set("simd/add", 1, "jit", Verdict::Crash, died).set("simd/add", 1, XDIFF, Verdict::Crash, died);
        run.set("simd/sub", 1, "jit", Verdict::Fail, "i32 2").set("simd/sub", 1, XDIFF, Verdict::Timeout, "timeout")
    };
    let mut first = run();
    assert_eq!(first.judge(&rules("")).1, 5);
    let records: Vec<Record> = first.files.iter().flat_map(|(_, r)| r).cloned().collect();
    let (text, added) = added("suite = \"r1\"\n", &records, &|_| true, &columns(), "B2").unwrap();
    assert_eq!(added, 4, "{text}");
    let again = Expectations::parse("x", &text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let (judgement, unexpected) = run().judge(&again);
    assert_eq!((judgement.news, unexpected), (vec![], 0), "{text}");
}

/// A function may have any name, even one that looks like the ordinal of a position.
#[test]
fn an_added_rule_finds_its_directive_whatever_its_name() {
    let names = ["f", "f #2", "f #0", "#1", "", " ", "f ", " f", "f  g", "f#2", "é", "a\"b", "f #2 #3", "f #", "f\\t"];
    let labels: Vec<String> =
        names.iter().map(|name| crate::conformance::read::script::label("invoke", Some(name))).collect();
    // All on one line, then each on a line of its own, twice.
    let mut places: Vec<(u32, &str)> = labels.iter().map(|label| (1, label.as_str())).collect();
    places.extend((2..).zip(&labels).flat_map(|(line, label)| [(line, label.as_str()), (line, label.as_str())]));
    let run = |fails: usize| {
        let records = places.iter().enumerate().flat_map(|(i, (line, directive))| {
            BACKENDS.map(|backend| record("core/i32", *line, directive, i as u32, backend))
        });
        let files = vec![("core/i32".to_string(), records.collect())];
        Run { files, ..Run::new() }.set("core/i32", fails as u32, "*", Verdict::Fail, "trap")
    };
    for (fails, place) in places.iter().enumerate() {
        let mut first = run(fails);
        first.judge(&rules(""));
        let records: Vec<Record> = first.files[0].1.clone();
        let (text, added) = added("suite = \"r1\"\n", &records, &|_| true, &columns(), "B1").unwrap();
        assert_eq!(added, 1, "{text}");
        let again = Expectations::parse("x", &text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let (judgement, unexpected) = run(fails).judge(&again);
        assert_eq!((judgement.news, unexpected), (vec![], 0), "{place:?}: {text}");
    }
}

/// Whatever the names and modes of columns, added rules can be read, and cover what they were made from.
#[test]
fn added_rules_can_be_read() {
    let modes = ["mix:7", "mix3:0", "tier:3", "tier:entry:3", "tier:loop:12", "tier:loop:18446744073709551615"];
    let ours = modes.iter().flat_map(|mode| ["jit-O0", "jit"].map(|name| format!("{name}+{mode}")));
    let theirs = ["a[1]", "*", "x?", "[!a]", "{a}", "b{", "c]", "v8=12"].map(String::from);
    for name in ours.chain(theirs.clone()) {
        let mut records = [
            record("core/i32", 3, "assert_return add", 2, &name),
            record("core/i32", 3, "assert_return add", 2, "interp"),
        ];
        records[0].verdict = Verdict::Fail;
        let (text, added) =
            added("suite = \"r1\"\n", &records, &|_| true, &["interp".into(), name.clone()], "B1").unwrap();
        assert_eq!(added, 1);
        let rules = Expectations::parse("x", &text, &theirs).unwrap_or_else(|e| panic!("{name}: {e}\n{text}"));
        let when = &rules.rules[0].when;
        assert!(when.backend_holds(&name) && !when.backend_holds("interp") && !when.backend_holds("y"), "{text}");
    }
    for mode in modes {
        let when = format!("when = {{ mode = {mode:?} }}");
        rules(&rule("core/i32", "3 assert_return add", "fail", &when));
    }
    // Others are not.
    let wanted = |r: &Record| r.line == 3;
    let mut records = [record("core/i32", 1, "module", 0, "jit"), record("core/i32", 3, "assert_return add", 1, "jit")];
    records.iter_mut().for_each(|r| r.verdict = Verdict::Fail);
    let (text, added) = added("suite = \"r1\"\n", &records, &wanted, &columns(), "B1").unwrap();
    assert!(added == 1 && text.contains("3 assert_return add") && !text.contains("1 module"), "{text}");
}

/// A star in an outcome is not a wildcard in the rule: another outcome is news.
#[test]
fn added_rules_cover_one_outcome() {
    let run = |name: &str| {
        let got = format!("unlinkable: unknown import \"{name}\" \\ \"f\"");
        Run::new().set("simd/add", 1, "*", Verdict::Fail, &got)
    };
    let mut first = run("*");
    assert!(first.judge(&rules("")).1 > 0);
    let records: Vec<Record> = first.files.iter().flat_map(|(_, r)| r).cloned().collect();
    let (text, added) = added("suite = \"r1\"\n", &records, &|_| true, &columns(), "B1").unwrap();
    assert_eq!(added, 1);
    let again = Expectations::parse("x", &text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let (judgement, unexpected) = run("*").judge(&again);
    assert_eq!((judgement.news, unexpected), (vec![], 0), "{text}");
    assert!(run("anything else").judge(&again).1 > 0, "{text}");
}

/// Each directive of a file may have its own rule. Neither reading the rules nor judging by them takes quadratic time.
#[test]
fn there_may_be_as_many_rules_as_directives() {
    const COUNT: u32 = 4000;
    let places = (0..COUNT).map(|i| (i, format!("{} assert_return add", i + 1)));
    let text: String = places.map(|(i, at)| rule("core/i32", &at, "fail", &format!("got = \"{i}\""))).collect();
    let rules = rules(&text);
    let line_of_last =
        1 + format!("suite = \"r1\"\n{text}").lines().position(|l| l == format!("got = \"{}\"", COUNT - 1)).unwrap();
    assert_eq!((rules.rules[0].line, rules.rules[COUNT as usize - 1].line), (2, line_of_last - 4));
    let mut records: Vec<Record> =
        (0..COUNT).map(|i| record("core/i32", i + 1, "assert_return add", i, "jit")).collect();
    for r in &mut records {
        (r.verdict, r.got) = (Verdict::Fail, Some(r.index.clone()));
    }
    let mut judge = Judge::new(&rules, Conditions::default(), Coverage::default());
    judge.file(keys("core/i32"), &mut records, true);
    assert!(records.iter().all(|r| r.known));
}

/// Rules apply in the order of the file, whether they are about a position or a whole file.
#[test]
fn a_position_may_be_named_twice() {
    let at = "at = [\"3 assert_return add #1\", \"3 assert_return add #2\", \"1 module\"]\n";
    let position = rule("core/i32", "", "fail", "got = \"2\"").replace("status", &format!("{at}status"));
    let whole = rule("core/i32", "", "fail", "got = \"2\"");
    for (text, lines) in [(format!("{whole}{position}"), "2 and 8"), (format!("{position}{whole}"), "2 and 9")] {
        let mut run = Run::new().set("core/i32", 1, "jit", Verdict::Fail, "2");
        let (list, _) = news(&mut run, &text);
        assert!(list.iter().any(|(kind, text)| *kind == NewsKind::Overlap && text.contains(lines)), "{list:?}");
    }
}

/// A run that judges less strictly shows nothing about the rules, and removes none.
#[test]
fn a_lenient_run_shows_nothing() {
    let rules_of = |text: &str, lenient: bool| {
        let mut run = Run { lenient, ..Run::new() };
        let (judgement, _) = run.judge(&rules(text));
        (judgement.news.len(), judgement.narrowings.len())
    };
    for at in ["5 assert_trap div", ""] {
        let text = rule("core/i32", at, "fail", "got = \"x\"");
        assert_eq!(rules_of(&text, false), (1, 1), "{at}");
        assert_eq!(rules_of(&text, true), (0, 0), "{at}");
    }
}

/// Versions of the specification share a file, which has one name in rules. Each version of it is a separate file, with its own
/// number of runs.
#[test]
fn a_file_of_two_versions_is_two_files() {
    const OWN: [&str; 2] = ["core-1.0/i32", "core-2.0/i32"];
    let text =
        rule("core/i32", "5 assert_trap div", "flaky", "got = \"i32 1\"\nruns = 3\nwhen = { backend = \"jit\" }");
    let rules_of_flaky = rules(&text);
    let records = |verdict: Verdict| {
        let run = Run::new().set("core/i32", 3, "jit", verdict, "i32 1");
        run.files.into_iter().find(|(key, _)| key == "core/i32").expect("the file").1
    };
    let coverage = || Coverage {
        files: vec!["core/i32".into(); 2],
        extent: Extent::Suite,
        columns: columns(),
        ran: columns(),
        lenient: false,
    };
    let mut judge = Judge::new(&rules_of_flaky, Run::new().conditions, coverage());
    // It always deviates in one version and always passes in the other, so it is not flaky.
    let verdicts = [Verdict::Fail, Verdict::Pass];
    for (own, verdict) in OWN.into_iter().zip(verdicts) {
        judge.file(FileKeys { own, rules: "core/i32" }, &mut records(verdict), true);
    }
    for _ in 1..3 {
        assert_eq!(judge.unsettled(), [OWN[0]], "where it deviates, and was not seen to pass");
        judge.again(FileKeys { own: OWN[0], rules: "core/i32" }, &mut records(verdicts[0]), true);
    }
    assert_eq!(judge.unsettled(), [""; 0]);
    let news = judge.finish().news;
    let [one] = &news[..] else { panic!("{news:?}") };
    assert!(one.kind == NewsKind::NotFlaky && one.message.contains("all 3 runs"), "{one:?}");
    assert!(one.message.contains("core-1.0/i32"), "which version: {one:?}");

    // A rule that the version which ran completely does not need may be needed by the other.
    let rules_of_fail = rules(&rule("core/i32", "5 assert_trap div", "fail", "got = \"i32 1\""));
    for (complete, narrowings) in [([true, true], 1), ([true, false], 0), ([false, true], 0)] {
        let mut judge = Judge::new(&rules_of_fail, Run::new().conditions, coverage());
        for (own, complete) in OWN.into_iter().zip(complete) {
            judge.file(FileKeys { own, rules: "core/i32" }, &mut records(Verdict::Pass), complete);
        }
        assert_eq!(judge.finish().narrowings.len(), narrowings, "{complete:?}");
    }

    // An added rule has the name that rules use, once.
    let mut found: Vec<Record> = Vec::new();
    for own in OWN {
        let (group, file) = own.split_once('/').expect("a group");
        found.extend(records(Verdict::Fail).into_iter().map(|r| Record {
            group: group.into(),
            file: file.into(),
            ..r
        }));
    }
    let rules_keys = OWN.map(|own| (own.to_string(), "core/i32".to_string())).into();
    let found = Found { records: &found, wanted: &|_| true, rules_keys: &rules_keys, suite: None };
    let (text, count) = add("suite = \"r1\"\n", &found, &columns(), "B1").unwrap();
    assert_eq!(count, 1, "{text}");
    let added = Expectations::parse("x", &text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let mut judge = Judge::new(&added, Run::new().conditions, coverage());
    for own in OWN {
        let mut records = records(Verdict::Fail);
        judge.file(FileKeys { own, rules: "core/i32" }, &mut records, true);
        assert!(records.iter().all(|r| !r.is_unexpected()), "{own}: {text}");
    }
    assert_eq!(judge.finish().news, []);
}

/// A run of one column says nothing about others, so the rule is about that column.
#[test]
fn a_rule_that_is_added_names_the_columns_that_were_run() {
    let run = Run::new().set("core/i32", 3, "jit", Verdict::Fail, "i32 1");
    let records: Vec<Record> = run.files.into_iter().flat_map(|(_, r)| r).filter(|r| r.backend == "jit").collect();
    let (text, _) = added("suite = \"r1\"\n", &records, &|_| true, &columns(), "B1").unwrap();
    let rules = Expectations::parse("x", &text, &[]).unwrap_or_else(|e| panic!("{e}\n{text}"));
    let when = &rules.rules[0].when;
    assert!(when.backend_holds("jit") && !when.backend_holds("interp"), "{text}");
}
