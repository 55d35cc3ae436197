//! Expectations: the rules that `wasmoon test` judges by, adds and removes.

use super::*;

#[test]
fn an_expectations_file_is_begun() {
    let f = folder();
    write(&f, "wrong.wast", WRONG);
    let missing = ["test", "wrong.wast", "--expectations", "my.toml"];
    wasmoon(f.path(), &missing).status(2).says("my.toml");
    wasmoon(f.path(), &[&missing[..], &["--add", "--bug", "https://example.org/1"]].concat())
        .status(0)
        .says("added 1 rule");
    let text = std::fs::read_to_string(f.path().join("my.toml")).unwrap();
    assert!(text.starts_with("# Known deviations") && text.contains("bug = \"https://example.org/1\""), "{text}");
    // The file is read, and the rule covers the deviation.
    wasmoon(f.path(), &missing).status(0);
    let blessed = ["test", "annotations::places", "--backend", "interp", "--expectations", "new.toml", "--bless"];
    wasmoon(f.path(), &blessed).status(0).says("nothing to remove from new.toml");
    assert!(std::fs::read_to_string(f.path().join("new.toml")).unwrap().starts_with("# Known deviations"));
    wasmoon(f.path(), &blessed).status(0);
}

/// If two directives on a line are equal, a rule identifies the failing one by its number.
#[test]
fn a_rule_names_one_of_equal_directives() {
    let f = folder();
    let call = "(assert_return (invoke \"f\") (i32.const 1))";
    let module = r#"(module (global $g (mut i32) (i32.const 0))
        (func (export "f") (result i32) (global.set $g (i32.add (global.get $g) (i32.const 1))) (global.get $g)))"#;
    write(&f, "equal.wast", format!("{module}\n{call} {call}\n"));
    let args = ["test", "equal.wast", "--expectations", "my.toml"];
    wasmoon(f.path(), &[&args[..], &["--add", "--bug", "https://example.org/1"]].concat()).status(0);
    let text = std::fs::read_to_string(f.path().join("my.toml")).unwrap();
    assert!(text.contains("#2\"") && !text.contains("#1"), "{text}");
    wasmoon(f.path(), &args).status(0);
    write(&f, "equal.wast", format!("{module}\n{call}\n{call}\n"));
    wasmoon(f.path(), &args).status(1);
}

#[test]
fn deviations_are_added_and_blessed_away() {
    let f = folder();
    let wrong = format!("{PLAIN}{WRONG}");
    write(&f, "suite/a.wast", &wrong);
    write(&f, "rules.toml", "# Kept.\nsuite = \"x\"\n");
    let dir = f.path().join("suite");
    let dir = dir.to_str().unwrap();
    let test = |more: &[&str]| {
        let mut args = vec!["test", "core::a", "--suite", dir, "--expectations", "rules.toml"];
        args.extend(more);
        wasmoon(f.path(), &args)
    };
    let rules = || std::fs::read_to_string(f.path().join("rules.toml")).unwrap();
    let ran = test(&[]).status(1).says("FAIL core/a line 4");
    assert!(ran.out.contains("core "), "{}", ran.out);
    test(&["--add", "--bug", "https://bugs.example/7"]).status(0).says("added 1 rule");
    assert!(rules().starts_with("# Kept.") && rules().contains("\"4 assert_malformed"), "{}", rules());
    // The rules are for suite x, which is not the suite that runs.
    test(&[]).status(1).says("set `suite`");
    test(&["--add", "--bug", "https://bugs.example/7"]).status(1).says("added 0 rules");
    let suite = format!("suite = \"{dir} (no git revision)\"");
    write(&f, "rules.toml", rules().replace("suite = \"x\"", &suite));
    test(&[]).status(0).says("0 unexpected");
    // The defect is fixed: runs report the unneeded rule until it is removed.
    write(
        &f,
        "suite/a.wast",
        wrong.replace("(assert_malformed (module (func (result", "(assert_invalid (module (func (result"),
    );
    test(&[]).status(1).says("rules.toml:").says("--bless");
    write(
        &f,
        "suite/a.wast",
        wrong.replace("\"type mismatch\")\n(assert_malformed", "\"type mismatch\")\n(assert_malformed "),
    );
    test(&["--bless"]).status(0).says("nothing to remove");
    write(&f, "suite/a.wast", PLAIN);
    test(&["--bless"]).status(0).says("removed 1 rule");
    assert!(rules().contains("# Kept.") && !rules().contains("[[expect]]"), "{}", rules());
    test(&[]).status(0);
    // A file that cannot be parsed is reported with its line.
    write(&f, "rules.toml", "suite = \"x\"\n[[expect]]\nfile = \"a/b\"\nstatus = \"fail\"\nbugs = \"b\"\n");
    test(&[]).status(2).says("rules.toml:5: ");
}

/// A script with a wrong directive after more report lines than a pipe holds.
fn long_and_wrong() -> String {
    PLAIN.repeat(500) + WRONG
}

/// Rules that others, such as shards or an editor, write to the file during a run are kept.
#[test]
fn what_was_written_during_a_run_is_kept() {
    let f = folder();
    write(&f, "s/long.wast", long_and_wrong());
    for begun in [false, true] {
        let path = f.path().join("rules.toml");
        if begun {
            std::fs::write(&path, "suite = \"\"\n").unwrap();
        }
        let run = Waiting::start(&f, &["s/long.wast", "--expectations", "rules.toml", "--add", "--bug", "added"]);
        std::fs::write(&path, format!("suite = \"\"\n{RULE}")).unwrap();
        run.end().status(0).says("added 1 rule");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains("bug = \"hand\"") && text.contains("bug = \"added\""), "{text}");
        std::fs::remove_file(&path).unwrap();
    }
}

/// Whether a rule is still needed was determined for the text that was read, so changed rules are not removed.
#[test]
fn rules_that_were_changed_during_a_run_are_not_blessed() {
    let f = folder();
    write(&f, "suite/a.wast", PLAIN.repeat(500));
    let dir = f.path().join("suite").display().to_string();
    let head = format!("suite = \"{dir} (no git revision)\"\n");
    let unneeded = RULE.replace("other/x", "core/a").replace("9 module", "1 assert_malformed");
    let path = write(&f, "rules.toml", format!("{head}{unneeded}"));
    let args = ["core::a", "--suite", &dir, "--expectations", "rules.toml", "--bless"];
    let run = Waiting::start(&f, &args);
    let changed = format!("{head}{RULE}{unneeded}");
    std::fs::write(&path, &changed).unwrap();
    run.end().status(2).says("rules.toml changed during the run").says("1000 directives");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), changed);
}

/// Rules are only added for the directives that `--at` selects.
#[test]
fn rules_are_added_for_what_is_shown() {
    let f = folder();
    write(&f, "two.wast", format!("{WRONG}{WRONG}"));
    let args = ["test", "two.wast", "--expectations", "rules.toml"];
    let add = |line: &str| {
        let more = ["--add", "--bug", "b", "--at", line];
        wasmoon(f.path(), &[&args[..], &more].concat()).status(0).says("added 1 rule");
        std::fs::read_to_string(f.path().join("rules.toml")).unwrap()
    };
    for (line, other) in [("1", "2"), ("2", "1")] {
        let text = add(line);
        let has = |line: &str| text.contains(&format!("\"{line} assert_malformed"));
        assert!(has(line) && !has(other), "{text}");
        wasmoon(f.path(), &args).status(1).says(&format!("line {other}"));
        add(other);
        wasmoon(f.path(), &args).status(0);
        std::fs::remove_file(f.path().join("rules.toml")).unwrap();
    }
}

/// A rule for a script as a whole has no position.
#[test]
fn a_rule_is_added_for_what_cannot_be_read() {
    let f = folder();
    std::fs::write(f.path().join("bad.wast"), b"\xff").unwrap();
    let args = ["test", "bad.wast", "--expectations", "rules.toml"];
    wasmoon(f.path(), &[&args[..], &["--add", "--bug", "b"]].concat()).says("added 1 rule");
    let rules = std::fs::read_to_string(f.path().join("rules.toml")).unwrap();
    assert!(!rules.contains("at = ") && rules.contains("got = "), "{rules}");
    wasmoon(f.path(), &args).status(0).says("0 unexpected");
}

/// No second rule is added that would contradict an existing one.
#[test]
fn a_rule_that_states_something_else_is_not_doubled() {
    let f = folder();
    write(&f, "wrong.wast", format!("{PLAIN}{WRONG}"));
    let rule = RULE.replace("other/x", "*/wrong").replace("9 module", "4 assert_malformed");
    for got in ["", "got = \"something else\"\n"] {
        let status = if got.is_empty() { "crash" } else { "fail" };
        let rules =
            format!("suite = \"\"\n{}", rule.replace("status = \"fail\"\n", &format!("status = \"{status}\"\n{got}")));
        let path = write(&f, "rules.toml", &rules);
        let args = ["test", "wrong.wast", "--expectations", "rules.toml", "--add", "--bug", "b"];
        wasmoon(f.path(), &args)
            .status(1)
            .says("added 0 rules")
            .says("no rules added for 4 deviations that an existing rule states differently");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), rules);
    }
}

/// A run with more lenient switches than the rules are for does not change them.
#[test]
fn a_lenient_run_blesses_nothing() {
    let f = folder();
    let text = "(module (func (export \"f\") unreachable))\n(assert_trap (invoke \"f\") \"other words\")\n";
    write(&f, "suite/a.wast", text);
    let dir = f.path().join("suite").display().to_string();
    let test = |more: &[&str]| {
        wasmoon(f.path(), &[&["test", "core::a", "--suite", &dir, "--expectations", "rules.toml"], more].concat())
    };
    test(&["--add", "--bug", "b"]).status(0);
    let rules = || std::fs::read_to_string(f.path().join("rules.toml")).unwrap();
    let before = rules();
    test(&[]).status(0);
    let lenient: [&[&str]; 5] = [
        &["--any-message"],
        &["--features", "gc"],
        &["--nan", "canonical"],
        &["--passes", ""],
        &["--relaxed", "native"],
    ];
    for switches in lenient {
        test(&[&["--bless"], switches].concat()).status(2).says("cannot be used with");
        assert_eq!(rules(), before, "{switches:?}");
    }
    test(&["--any-message"]).status(0);
}

/// With features other than those the rules are for, results may differ, so unneeded rules are not reported.
#[test]
fn a_run_with_other_features_says_nothing_of_the_rules() {
    let f = folder();
    write(&f, "simd.wast", r#"(assert_malformed (module quote "(func (param v128))") "unknown operator")"#);
    let args = ["test", "simd.wast", "--expectations", "rules.toml"];
    wasmoon(f.path(), &[&args[..], &["--add", "--bug", "b"]].concat()).status(0).says("added 1 rule");
    wasmoon(f.path(), &args).status(0).says("0 unexpected");
    let passes = wasmoon(f.path(), &[&args[..], &["--features=-simd"]].concat()).status(0);
    assert!(!passes.out.contains("rules.toml:"), "{}", passes.out);
}

/// A rule that is still needed for one of its positions is narrowed to it.
#[test]
fn a_rule_that_is_needed_in_part_is_narrowed() {
    let f = folder();
    write(&f, "suite/a.wast", WRONG.repeat(2));
    let dir = f.path().join("suite").display().to_string();
    let path = write(&f, "rules.toml", format!("suite = \"{dir} (no git revision)\"\n"));
    let test = |more: &[&str]| {
        wasmoon(f.path(), &[&["test", "core::a", "--suite", &dir, "--expectations", "rules.toml"], more].concat())
    };
    test(&["--add", "--bug", "b"]).status(0).says("added 1 rule");
    // The first line is now correct, with the same kind of directive.
    let right = PLAIN.lines().next().unwrap();
    write(&f, "suite/a.wast", format!("{right}\n{WRONG}"));
    test(&["--bless"]).status(0).says("removed 0 rules and narrowed 1 in rules.toml");
    let rules = std::fs::read_to_string(&path).unwrap();
    assert!(rules.contains("\"2 assert_malformed\"") && !rules.contains("\"1 assert_malformed\""), "{rules}");
    test(&[]).status(0).says("0 unexpected");
    write(&f, "suite/a.wast", format!("{right}\n{right}\n"));
    test(&["--bless"]).status(0).says("removed 1 rule and narrowed 0 in rules.toml");
}

#[test]
fn a_rule_holds_under_its_conditions() {
    let f = folder();
    write(&f, "s/w.wast", WRONG);
    let rule = RULE.replace("other/x", "s/w").replace("9 module", "1 assert_malformed");
    let runs = ["", "--mode mix:1", "--mode mix:2", "--spec 1.0"];
    for (condition, covered) in [
        ("mode = \"mix:1\"", [false, true, false, false]),
        ("mode = \"\"", [true, false, false, true]),
        ("spec = \"1.0\"", [false, false, false, true]),
        ("spec = \"latest\"", [true, true, true, false]),
        ("suite = \"another\"", [false; 4]),
    ] {
        write(&f, "rules.toml", format!("suite = \"files\"\n{rule}when = {{ {condition} }}\n"));
        for (run, covered) in runs.iter().zip(covered) {
            let args = ["test", "s/w.wast", "--backend", "interp,jit", "--expectations", "rules.toml"];
            let words: Vec<&str> = args.into_iter().chain(run.split_whitespace()).collect();
            let ran = wasmoon(f.path(), &words);
            assert_eq!(ran.status, Some(i32::from(!covered)), "{condition} {run}: {}{}", ran.out, ran.err);
        }
    }
}

/// Rules for a suite need its name: it is written to a file without one, so that the next run uses the rules.
#[test]
fn rules_for_a_suite_name_it() {
    let f = folder();
    write(&f, "suite/a.wast", WRONG);
    let path = write(&f, "my.toml", "# Mine.\n");
    let dir = f.path().join("suite").display().to_string();
    let test = ["test", "core::a", "--suite", &dir, "--expectations", "my.toml"];
    wasmoon(f.path(), &[&test[..], &["--add", "--bug", "b"]].concat()).status(0).says("added 1 rule to");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.starts_with(&format!("# Mine.\nsuite = \"{dir} (no git revision)\"\n\n[[expect]]\n")), "{text}");
    wasmoon(f.path(), &test).status(0).says("0 unexpected");
}

/// In a file that is not a valid script, the wrong line is no directive, so the rule has no position.
#[test]
fn a_rule_is_added_for_what_is_no_script() {
    let f = folder();
    let args = ["test", "bad.wast", "--expectations", "rules.toml"];
    for text in [&b"(module)\n\xff"[..], b"(module)\n(bogus)", b";;! spec = 9\n(module)"] {
        std::fs::write(f.path().join("bad.wast"), text).unwrap();
        wasmoon(f.path(), &[&args[..], &["--add", "--bug", "b"]].concat()).says("added 1 rule");
        let path = f.path().join("rules.toml");
        let rules = std::fs::read_to_string(&path).unwrap();
        assert!(!rules.contains("at = "), "{rules}");
        wasmoon(f.path(), &args).status(0).says("0 unexpected");
        std::fs::remove_file(path).unwrap();
    }
}

/// Scripts given by path belong to no suite, and rules for them need not name one.
#[test]
fn rules_for_paths_name_no_suite() {
    let f = folder();
    write(&f, "wrong.wast", WRONG);
    write(&f, "my.toml", "# Mine.\n");
    let test = ["test", "wrong.wast", "--expectations", "my.toml"];
    wasmoon(f.path(), &test).status(1).says("FAIL");
    wasmoon(f.path(), &[&test[..], &["--add", "--bug", "b"]].concat()).status(0).says("added 1 rule to");
    assert!(!std::fs::read_to_string(f.path().join("my.toml")).unwrap().contains("suite"));
    wasmoon(f.path(), &test).status(0);
}
