//! Reports: their contents, what is made from them, and that none is left half-written.

use super::*;

#[test]
fn reports_are_whole_or_absent() {
    let f = folder();
    write(&f, "s/plain.wast", PLAIN);
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=no/such/r.jsonl"])
        .status(2)
        .says("cannot write no/such/r.jsonl");
    wasmoon(f.path(), &["test", "s/", "--report", "html=s"]).status(2).says("it is a folder");
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=/dev/full"]).status(2).says("/dev/full").says("No space");
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=-", "--report", "junit=-"]).status(2).says("standard output");
    assert_eq!(names(&f), ["s"]);
    let all = ["jsonl=r.jsonl", "junit=r.xml", "markdown=r.md", "html=r.html"];
    let mut args = vec!["test", "s/"];
    all.iter().for_each(|r| args.extend(["--report", r]));
    wasmoon(f.path(), &args).status(0);
    assert_eq!(names(&f), ["r.html", "r.jsonl", "r.md", "r.xml", "s"]);
    // A report on standard output is the only text there.
    let out = wasmoon(f.path(), &["test", "s/", "--report", "jsonl=-"]).status(0);
    assert!(out.out.lines().all(|l| l.starts_with('{')) && out.err.contains("0 unexpected"), "{}", out.out);
}

#[test]
fn jsonl_keeps_its_contract() {
    let f = folder();
    write(&f, "s/plain.wast", PLAIN);
    write(&f, "s/wrong.wast", WRONG);
    wasmoon(f.path(), &["test", "s/", "--backend", "interp,jit", "--report", "jsonl=r.jsonl"]).status(1);
    let text = std::fs::read_to_string(f.path().join("r.jsonl")).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let (last, records) = lines.split_last().unwrap();
    assert_eq!(records.len(), 3 * 3);
    for r in records {
        assert_eq!(r["schema"], 1);
        for key in ["group", "file", "index", "directive", "backend", "verdict"] {
            assert!(r[key].is_string(), "{key} in {r}");
        }
        assert!(r["line"].is_u64() && r["us"].is_u64(), "{r}");
        let pass = r["verdict"] == "pass";
        assert!(pass || ["expected", "got", "replay"].iter().all(|k| r[*k].is_string()), "{r}");
    }
    let backends: Vec<&str> = records[..3].iter().map(|r| r["backend"].as_str().unwrap()).collect();
    assert_eq!(backends, ["interp", "jit", "xdiff"]);
    assert_eq!(last["summary"]["interp"]["fail"], 1);
    assert_eq!(last["summary"]["interp"]["pass"], 2);
    assert_eq!(last["unexpected"], 2);
    assert!(last["wall_ms"].is_u64() && last["suite"].is_string() && last["jit_functions"].is_u64(), "{last}");
}

/// A report made from a report keeps files of the same name apart, as the report of the run does.
#[test]
fn files_of_one_name_stay_apart_in_reports() {
    let f = folder();
    for (folder, times) in [("one", 1), ("two", 2), ("three", 3)] {
        write(&f, &format!("s/{folder}/same.wast"), PLAIN.repeat(times));
    }
    let kinds = ["junit", "html", "markdown"];
    let reports = |name: &str| -> Vec<String> {
        kinds.iter().flat_map(|kind| ["--report".to_string(), format!("{kind}={name}.{kind}")]).collect()
    };
    let run = |args: &[&str], name: &str| {
        let reports = reports(name);
        let all: Vec<&str> = args.iter().copied().chain(reports.iter().map(String::as_str)).collect();
        wasmoon(f.path(), &all).status(0);
    };
    run(&["test", "s/", "--report", "jsonl=all.jsonl"], "run");
    run(&["report", "all.jsonl"], "report");
    let count = |name: &str, what: &str| std::fs::read_to_string(f.path().join(name)).unwrap().matches(what).count();
    assert!(count("run.junit", "<testcase") > 3 && count("run.junit", "<testsuite ") >= 3);
    for what in ["<testcase", "<testsuite ", "same"] {
        assert_eq!(count("report.junit", what), count("run.junit", what), "{what}");
    }
    for folder in ["one", "two", "three"] {
        for kind in kinds {
            assert!(count(&format!("report.{kind}"), folder) > 0, "{folder} in {kind}");
        }
    }
}

/// A page made from a report shows the sources of the embedded suite, but not for a file that merely has such a name.
#[test]
fn a_page_of_a_report_has_the_sources_that_are_at_hand() {
    let f = folder();
    write(&f, "core/nop.wast", PLAIN);
    for (scripts, with_sources) in [("^core::nop::", true), ("core/nop.wast", false)] {
        let args = ["test", scripts, "--backend", "interp", "--report", "jsonl=r.jsonl"];
        wasmoon(f.path(), &args).status(0);
        let report = std::fs::read_to_string(f.path().join("r.jsonl")).unwrap();
        assert!(report.contains(r#""group":"core","file":"nop""#), "{report}");
        wasmoon(f.path(), &["report", "r.jsonl", "--report", "html=r.html"]).status(0);
        let page = std::fs::read_to_string(f.path().join("r.html")).unwrap();
        assert_eq!(page.contains("\"sources-0\""), with_sources, "{scripts}");
    }
}

#[test]
fn shards_merge_into_the_whole_run() {
    let f = folder();
    for n in 0..5 {
        write(&f, &format!("s/f{n}.wast"), PLAIN.repeat(n + 1));
    }
    let strip = |name: &str| {
        let text = std::fs::read_to_string(f.path().join(name)).unwrap();
        let mut lines: Vec<String> = text
            .lines()
            .map(|l| {
                let mut v: serde_json::Value = serde_json::from_str(l).unwrap();
                v.as_object_mut().unwrap().retain(|k, _| k != "us" && k != "wall_ms");
                if let Some(run) = v.get_mut("run").and_then(|run| run.as_object_mut()) {
                    run.remove("date");
                }
                v.to_string()
            })
            .collect();
        lines.sort();
        lines
    };
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=all.jsonl"]).status(0);
    for k in ["1/2", "2/2"] {
        let report = format!("jsonl={}.jsonl", &k[..1]);
        wasmoon(f.path(), &["test", "s/", "--shard", k, "--report", &report]).status(0);
    }
    wasmoon(f.path(), &["report", "1.jsonl", "2.jsonl", "--report", "jsonl=merged.jsonl", "--report", "html=m.html"])
        .status(0);
    assert_eq!(strip("all.jsonl"), strip("merged.jsonl"));
    wasmoon(f.path(), &["report", "1.jsonl", "1.jsonl"]).status(2).says("occurs twice");
    wasmoon(f.path(), &["compare", "all.jsonl", "merged.jsonl"]).status(0).says("0 worse");
    // A truncated report is refused.
    let text = std::fs::read_to_string(f.path().join("1.jsonl")).unwrap();
    write(&f, "cut.jsonl", &text[..text.len() / 2]);
    wasmoon(f.path(), &["report", "cut.jsonl"]).status(2).says("cut.jsonl");
}

/// Runs of the same scripts can be compared, however their paths were written.
#[test]
fn paths_of_compared_runs_may_be_typed_in_any_way() {
    let f = folder();
    write(&f, "s/a.wast", PLAIN);
    let whole = f.path().join("s");
    let (whole, script) = (whole.display().to_string(), whole.join("a.wast").display().to_string());
    wasmoon(f.path(), &["test", "s", "--report", "jsonl=old.jsonl"]).status(0);
    for path in ["./s", "s/", ".//s/.", "s/a.wast", &whole, &script] {
        wasmoon(f.path(), &["test", path, "--report", "jsonl=new.jsonl"]).status(0);
        let ran = wasmoon(f.path(), &["compare", "old.jsonl", "new.jsonl"]).status(0).says("0 gone, 10 the same");
        assert!(!ran.out.contains("selection"), "{path}: {}", ran.out);
    }
    // This path does not include the folder.
    wasmoon(&f.path().join("s"), &["test", "a.wast", "--report", "jsonl=../short.jsonl"]).status(0);
    for path in ["s", "s/a.wast", &script] {
        wasmoon(f.path(), &["test", path, "--report", "jsonl=new.jsonl"]).status(0);
        for pair in [["short.jsonl", "new.jsonl"], ["new.jsonl", "short.jsonl"]] {
            let ran = wasmoon(f.path(), &["compare", pair[0], pair[1]]).status(0).says("0 gone, 10 the same");
            assert!(!ran.out.contains("selection") && !ran.out.contains("content"), "{path}: {}", ran.out);
        }
    }
    // Runs with other scripts are only compared with `--partial`.
    write(&f, "t/a.wast", PLAIN);
    wasmoon(f.path(), &["test", "t", "s", "--report", "jsonl=new.jsonl"]).status(0);
    wasmoon(f.path(), &["compare", "old.jsonl", "new.jsonl"]).status(2).says("different selections");
}

/// A folder may have the name of the group for scripts whose paths have no folder: a script removed from it is not matched with
/// one of the same name elsewhere.
#[test]
fn a_folder_called_files_is_a_folder() {
    let f = folder();
    write(&f, "files/k.wast", PLAIN);
    write(&f, "other/k.wast", PLAIN);
    let gone = write(&f, "files/m.wast", PLAIN);
    wasmoon(f.path(), &["test", "files", "other", "--report", "jsonl=old.jsonl"]).status(0);
    std::fs::remove_file(gone).unwrap();
    write(&f, "other/m.wast", PLAIN);
    for paths in [["files", "other"], ["./files", "other/"]] {
        wasmoon(f.path(), &["test", paths[0], paths[1], "--report", "jsonl=new.jsonl"]).status(0);
        wasmoon(f.path(), &["compare", "old.jsonl", "new.jsonl"]).status(1).says("10 gone, 20 the same");
    }
}

#[test]
fn comparisons_report_regressions() {
    let f = folder();
    write(&f, "s/a.wast", PLAIN);
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=old.jsonl"]).status(0);
    write(&f, "s/a.wast", PLAIN.replace("type mismatch", "type matches"));
    wasmoon(f.path(), &["test", "s/", "--report", "jsonl=new.jsonl"]).status(1);
    wasmoon(f.path(), &["compare", "old.jsonl", "new.jsonl"]).status(1).says("pass -> fail").says("s/a line 3");
    wasmoon(f.path(), &["compare", "new.jsonl", "old.jsonl"]).status(0).says("fail -> pass");
}

/// Output that cannot be written is an error, whatever it is, and not a panic.
#[test]
fn a_closed_pipe_is_an_error() {
    let f = folder();
    write(&f, "plain.wast", PLAIN);
    let text = "(module (func (export \"f\") (result i32) (i32.const 7)))";
    write(&f, "m.wat", text);
    write(&f, "m.wasm", wast_module(text));
    for args in [
        &["test", "--list"][..],
        &["test", "--help"],
        &["test", "plain.wast", "--backend", "interp"],
        &["test", "plain.wast", "--backend", "interp", "--report", "jsonl=-"],
        &["run", "m.wat", "--invoke", "f"],
        &["bisect", "m.wat", "--invoke", "f"],
        &["explore", "m.wat"],
        &["explore", "m.wat", "--func", "f"],
        &["explore", "m.wat", "--func", "f", "--html", "-"],
        &["wat2wasm", "m.wat", "-o", "-"],
        &["wasm2wat", "m.wasm"],
        &["compile", "m.wat", "-o", "-"],
        &["smith", "--list-features"],
        &["rules"],
        &["completions", "bash"],
        &["man"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(f.path(), args).stdout(writer).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
        assert!(!err.contains("panicked"), "{args:?}: {err}");
    }
}

/// A report may claim to be one of any number of shards.
#[test]
fn a_line_of_a_report_cannot_ask_for_much() {
    let f = folder();
    write(&f, "s/a.wast", PLAIN);
    write(&f, "s/b.wast", PLAIN);
    wasmoon(f.path(), &["test", "s/", "--shard", "1/2", "--report", "jsonl=r.jsonl"]).status(0);
    let text = std::fs::read_to_string(f.path().join("r.jsonl")).unwrap();
    let shard = "\"shard\":{\"parts\":[1],\"of\":2}";
    assert!(text.contains(shard), "{text}");
    write(&f, "r.jsonl", text.replace(shard, "\"shard\":{\"parts\":[1],\"of\":18446744073709551615}"));
    let reports = ["jsonl=o.jsonl", "junit=o.xml", "markdown=o.md", "html=o.html", "features=o.json"];
    let mut args = vec!["report", "r.jsonl"];
    reports.iter().for_each(|report| args.extend(["--report", report]));
    let all = wasmoon(f.path(), &args).status(1).says("shard 2/18446744073709551615, 3/18446744073709551615");
    assert!(all.out.contains("and 18446744073709551604 more"), "{}", all.out);
    for name in ["o.xml", "o.md", "o.html"] {
        let text = std::fs::read_to_string(f.path().join(name)).unwrap();
        assert!(text.contains("and 18446744073709551604 more"), "{name}");
    }
}
