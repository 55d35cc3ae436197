//! `wasmoon test`: the scripts and directives that a run selects, and its final messages.

use super::*;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

const ENDLESS: &str = "(module (func (export \"f\") (loop (br 0))))\n(assert_return (invoke \"f\"))\n";

/// A script without directives fails, as in JSON: otherwise a truncated script would pass.
#[test]
fn a_script_without_directives_fails() {
    let f = folder();
    write(&f, "plain.wast", PLAIN);
    for (name, text) in [("empty.wast", ""), ("comment.wast", ";; nothing\n(; at all ;)"), ("annotation.wast", "(@a)")]
    {
        write(&f, name, text);
        let says = format!("{name}:1:1: the script has no directives, so nothing would be judged");
        wasmoon(f.path(), &["test", name]).status(1).says(&says);
        wasmoon(f.path(), &["test", name, "plain.wast"]).status(1).says(&says);
        let report = wasmoon(f.path(), &["test", name, "--report", "junit=-"]).status(1).out;
        assert!(report.contains("<failure"), "{report}");
        wasmoon(f.path(), &["bisect", name]).status(2).says("the script has no directives");
    }
}

/// Without any call there is no agreement between the two sides.
#[test]
fn nothing_to_call_is_no_agreement() {
    let f = folder();
    write(&f, "none.wat", "(module (func $f) (memory (export \"memory\") 1))");
    write(&f, "one.wat", "(module (func (export \"f\")))");
    for command in ["bisect", "reduce"] {
        wasmoon(f.path(), &[command, "none.wat"]).status(2).says("none.wat: it exports no function");
        wasmoon(f.path(), &[command, "one.wat", "--rounds", "0"]).status(2).says("--rounds");
        wasmoon(f.path(), &[command, "one.wat", "--rounds", "1"]).status(1).says("no disagreement");
    }
}

#[test]
fn a_filter_that_selects_nothing_has_a_hint() {
    let f = folder();
    wasmoon(f.path(), &["test", "exceptionz"]).status(2).says("did you mean exceptions").says("--list");
    wasmoon(f.path(), &["test", "core", "qqqqq"]).status(2).says("'qqqqq'");
}

#[test]
fn filters_match_small_letters_and_capitals() {
    let f = folder();
    let list = |filter: &str| wasmoon(f.path(), &["test", "--list", filter]).status(0).out;
    assert!(!list("try_table").is_empty());
    assert_eq!(list("TRY_Table"), list("try_table"));
}

/// The hint explains filters only for a path that does not exist.
#[test]
fn paths_and_filters_are_distinguished() {
    let f = folder();
    // In the form that the matrix prints.
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/wast-extra/threads")).unwrap();
    let count = folder.filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|e| e == "wast")).count();
    let selects = format!("the filter 'extra::threads' would select {count} files of the suite");
    wasmoon(f.path(), &["test", "extra/threads"]).status(2).says(&selects);
    wasmoon(f.path(), &["test", "some/thing"]).status(2).says("a filter is part of a name");
    std::fs::create_dir(f.path().join("empty")).unwrap();
    let empty = wasmoon(f.path(), &["test", "empty/"]).status(2).says("no .wast or .json files found");
    assert!(!empty.err.contains("filter"), "{}", empty.err);
}

/// A single column has no comparison, so none can be selected.
#[test]
fn one_column_has_no_comparison() {
    let f = folder();
    wasmoon(f.path(), &["test", "names_and_hints::xdiff"]).status(0);
    wasmoon(f.path(), &["test", "names_and_hints::xdiff", "--backend", "jit"]).status(2);
    wasmoon(f.path(), &["test", "::xdiff", "--backend", "jit"]).status(2);
}

#[test]
fn list_names_what_would_run() {
    let f = folder();
    let all = wasmoon(f.path(), &["test", "--list"]).status(0);
    let some = wasmoon(f.path(), &["test", "--list", "try_table"]).status(0);
    assert!(all.out.lines().count() > 300);
    assert!(some.out.lines().count() > 0 && some.out.lines().all(|l| l.contains("try_table")), "{}", some.out);
    let part = |k: &str| wasmoon(f.path(), &["test", "--list", "--shard", k]).status(0).out.lines().count();
    assert_eq!(part("1/3") + part("2/3") + part("3/3"), all.out.lines().count());
}

#[test]
fn a_script_passes_or_fails() {
    let f = folder();
    write(&f, "s/plain.wast", PLAIN);
    write(&f, "s/wrong.wast", WRONG);
    wasmoon(f.path(), &["test", "s/plain.wast"]).status(0).says("0 unexpected");
    let wrong = wasmoon(f.path(), &["test", "s/wrong.wast"]).status(1).says("FAIL s/wrong line 1").says("replay");
    // The printed command reproduces the failure.
    let replay = wrong.out.lines().find_map(|l| l.trim().strip_prefix("replay")).unwrap().trim();
    let words: Vec<&str> = replay.split_whitespace().skip(1).collect();
    wasmoon(f.path(), &words).status(1).says("line 1");
    wasmoon(f.path(), &["test", "s/"]).status(1).says("3 directives");
    wasmoon(f.path(), &["test", "s/plain.wast", "--at", "3"]).status(0).says("1 directive ").says("assert_invalid");
    wasmoon(f.path(), &["test", "s/plain.wast", "--at", "2"]).status(2).says("no directive").says("line 2");
    // A file that is not a valid script has no lines of directives, and fails for any `--at`.
    write(&f, "s/broken.wast", format!("{PLAIN}(module\n"));
    for line in ["1", "99"] {
        wasmoon(f.path(), &["test", "s/broken.wast", "--at", line]).status(1).says("broken.wast");
    }
}

#[test]
fn scripts_in_json_are_scripts() {
    let f = folder();
    let module =
        wast_module("(module (func (export \"f\") (param i32) (result i32) (i32.div_s (i32.const 6) (local.get 0))))");
    write(&f, "j/m.wasm", module);
    write(&f, "j/bad.wat", "(func");
    let call =
        |arg: i32| format!(r#"{{"type": "invoke", "field": "f", "args": [{{"type": "i32", "value": "{arg}"}}]}}"#);
    let script = |expected: &str, more: &str| {
        format!(
            r#"{{"source_filename": "m.wast", "commands": [
 {{"type": "module", "line": 1, "filename": "m.wasm"}},
 {{"type": "assert_return", "line": 5, "action": {}, "expected": [{{"type": "i32", "value": "{expected}"}}]}},
 {{"type": "assert_trap", "line": 7, "action": {}, "text": "integer divide by zero"}},
 {{"type": "assert_malformed", "line": 9, "filename": "bad.wat", "module_type": "text", "text": "unexpected"}}{more}]}}"#,
            call(2),
            call(0)
        )
    };
    write(&f, "j/good.json", script("3", ""));
    wasmoon(f.path(), &["test", "j/good.json"]).status(0).says("4 directives").says("0 unexpected");
    wasmoon(&f.path().join("j"), &["test", "good.json"]).status(0).says("4 directives");
    wasmoon(f.path(), &["test", "j/"]).status(0).says("4 directives");
    wasmoon(f.path(), &["test", "j/good.json", "--self-check"]).status(0).says("survived 0 unmutated 0");
    write(&f, "j/wrong.json", script("4", ""));
    let wrong = wasmoon(f.path(), &["test", "j/wrong.json"]).status(1).says("FAIL j/wrong line 5: assert_return f");
    let replay = wrong.out.lines().find_map(|l| l.trim().strip_prefix("replay")).unwrap().trim();
    let words: Vec<&str> = replay.split_whitespace().skip(1).collect();
    wasmoon(f.path(), &words).status(1).says("line 5").says("returned [i32 3]");
    write(&f, "j/wrong.json", script("3", r#", {"type": "assert_later", "line": 11}"#));
    wasmoon(f.path(), &["test", "j/wrong.json"]).status(1).says("the command 'assert_later'");
    for (name, text, says) in [
        ("cut", script("3", "")[..200].to_string(), "j/cut.json:3:"),
        ("number", script("3.5", ""), "j/number.json:3:2: command 1: \"3.5\" is not a value of type 'i32'"),
        ("field", script("3", r#", {"type": "module", "line": 11, "file": "m.wasm"}"#), "unknown field `file`"),
        (
            "file",
            script(
                "3",
                r#",
{"type": "module", "line": 11, "filename": "n.wasm"}"#,
            ),
            "j/file.json:6:1: command 4: n.wasm: No such file",
        ),
        ("array", "[]".into(), "j/array.json:1:"),
    ] {
        write(&f, &format!("j/{name}.json"), text);
        wasmoon(f.path(), &["test", &format!("j/{name}.json")]).status(1).says(says);
    }
    wasmoon(f.path(), &["test", "j/"]).status(1).says("j/cut.json:3:").says("FAIL j/cut");
    wasmoon(f.path(), &["test", "nowhere.json"]).status(2).says("nowhere.json");
}

#[test]
fn versions_have_their_own_files_and_features() {
    let f = folder();
    let list = |spec: &str| wasmoon(f.path(), &["test", "--spec", spec, "--list"]).status(0).out.lines().count();
    assert_eq!((list("1.0"), list("1.0,2.0")), (73, 73 + 147));
    wasmoon(f.path(), &["test", "--spec", "2.0,2.0"]).status(2).says("given twice");
    wasmoon(f.path(), &["test", "--spec", "1.0,2.0", "core-1.0::memory_grow", "core-2.0::token"]).status(0);
    write(&f, "s/simd.wast", r#"(assert_malformed (module quote "(func (param v128))") "unknown operator")"#);
    wasmoon(f.path(), &["test", "s/simd.wast"]).status(1);
    wasmoon(f.path(), &["test", "s/simd.wast", "--spec", "1.0"]).status(0);
    wasmoon(f.path(), &["test", "s/simd.wast", "--spec", "1.0,2.0"]).status(2).says("only one version");
}

#[test]
fn a_syntax_error_in_a_script_is_reported_with_its_line() {
    let f = folder();
    write(&f, "bad.wast", format!("{PLAIN}(module (func (result i33)))\n{PLAIN}"));
    write(&f, "open.wast", format!("{PLAIN}(assert_return (invoke \"f\")\n"));
    wasmoon(f.path(), &["test", "bad.wast", "--report", "jsonl=r.jsonl"]).status(1).says("bad").says("4:");
    wasmoon(f.path(), &["report", "r.jsonl"]).status(1).says("FAIL");
    wasmoon(f.path(), &["test", "open.wast"]).status(1).says("open");
    write(&f, "header.wast", format!(";;! flux = true\n{PLAIN}"));
    wasmoon(f.path(), &["test", "header.wast"]).status(1).says("header.wast:1: header: unknown key 'flux'");
}

/// Errors of a script begin with the file's name as given, whichever command reads it.
#[test]
fn what_is_wrong_with_a_script_has_the_file_s_name() {
    let f = folder();
    write(&f, "s/bad.wast", "(module)\n(assert_nothing)");
    write(&f, "s/header.wast", ";;! flux = true\n(module)");
    write(&f, "s/bytes.wast", b"(module)\n \xff");
    for (file, says) in [
        ("s/bad.wast", "s/bad.wast:2:2: unknown directive `assert_nothing`"),
        ("s/header.wast", "s/header.wast:1: header: unknown key 'flux'"),
        ("s/bytes.wast", "s/bytes.wast: not UTF-8: byte 0xff on line 2, at offset 10"),
    ] {
        for args in [&["bisect", file][..], &["bisect", file, "--at", "1"], &["reduce", file]] {
            let ran = wasmoon(f.path(), args).status(2);
            assert!(ran.err.starts_with(&format!("error: {says}")), "{args:?}: {}", ran.err);
        }
        wasmoon(f.path(), &["test", file]).status(1).says(says);
    }
    let ran = wasmoon(f.path(), &["smith", "types", "s/bad.wast"]).status(2);
    assert!(ran.err.starts_with("error: s/bad.wast:2:2: "), "{}", ran.err);
}

#[test]
fn ctrl_c_ends_with_a_whole_report() {
    let f = folder();
    // The run has its own process group, and the signal goes to the whole group, as on a terminal.
    let args = ["test", "--jobs", "1", "--expectations", "none", "--report", "jsonl=r.jsonl"];
    let mut child =
        command(f.path(), &args).process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(1000));
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    let start = Instant::now();
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let status = child.wait().unwrap();
    assert!(start.elapsed() < Duration::from_secs(60));
    assert_eq!(status.code(), Some(1), "{err}");
    assert!(out.contains("interrupted"), "the run was over before the signal came\n{err}");
    let text = std::fs::read_to_string(f.path().join("r.jsonl")).unwrap();
    assert!(text.lines().last().unwrap().contains("\"interrupted\":true"));
    assert!(!text.contains("SIGINT"), "a worker died of the signal");
    assert_eq!(names(&f), ["r.jsonl"]);
    wasmoon(f.path(), &["report", "r.jsonl"]).status(1).says("interrupted");
}

fn interrupt(child: &Child) {
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
}

/// Interrupts a process until it ends, and returns its status: a signal soon after the first is no second request.
fn interrupted(child: &mut Child) -> Option<i32> {
    loop {
        interrupt(child);
        std::thread::sleep(Duration::from_millis(100));
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
    }
}

/// On the first signal, the run says what it waits for; on the second, it ends without waiting.
#[test]
fn a_second_ctrl_c_ends_at_once() {
    let f = folder();
    write(&f, "endless.wast", ENDLESS);
    let mut run = Waiting::start(&f, &["endless.wast", "--timeout", "20"]);
    run.has_begun();
    interrupt(&run.child);
    let mut err = BufReader::new(run.child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("Ctrl-C") {
        line.clear();
        assert!(err.read_line(&mut line).unwrap() > 0, "nothing was said of the signal");
    }
    let waits = "interrupted: starting no more scripts and waiting for the running ones, each within 2400 s";
    assert!(line.starts_with(waits), "{line}");
    assert!(
        line.trim_end()
            .ends_with("; press Ctrl-C again, at least 0.5 s after this, to exit immediately without a report"),
        "{line}"
    );
    assert_eq!(interrupted(&mut run.child), Some(130));
}

/// The message for the first signal may have no reader.
#[test]
fn a_second_ctrl_c_needs_no_reader() {
    let f = folder();
    write(&f, "endless.wast", ENDLESS);
    let (reader, mut full) = UnixStream::pair().unwrap();
    full.set_nonblocking(true).unwrap();
    for size in [4096, 1] {
        while full.write(&[b' '; 4096][..size]).is_ok() {}
    }
    full.set_nonblocking(false).unwrap();
    let mut run = Waiting::start_with(&f, &["endless.wast", "--timeout", "20"], OwnedFd::from(full));
    run.has_begun();
    assert_eq!(interrupted(&mut run.child), Some(130));
    drop(reader);
}

/// Two signals at once count as one, as sent by `timeout` to a process and its group, or when a terminal is closed: the run ends
/// normally and writes its report.
#[test]
fn two_signals_at_once_are_one_request() {
    let f = folder();
    for n in 0..4 {
        write(&f, &format!("s/endless-{n}.wast"), ENDLESS);
    }
    let run = Waiting::start(&f, &["s/", "--timeout", "1"]);
    // Both signals are pending when the process continues.
    let signals = "kill -STOP $0 && kill -TERM $0 && kill -HUP $0 && kill -CONT $0";
    assert!(Command::new("sh").args(["-c", signals, &run.child.id().to_string()]).status().unwrap().success());
    run.end().status(1).says("interrupted");
}

/// An interrupted run is not successful, even if rules were added or nothing else was selected.
#[test]
fn an_interrupted_run_is_no_success() {
    let f = folder();
    for n in 0..4 {
        write(&f, &format!("s/endless-{n}.wast"), ENDLESS);
    }
    write(&f, "s/late.wast", "\n\n\n\n(module)");
    for more in [&["--at", "5"][..], &["--expectations", "rules.toml", "--add", "--bug", "b"]] {
        let args = [&["s/", "--timeout", "1", "--report", "junit=r.xml"], more].concat();
        let run = Waiting::start(&f, &args);
        interrupt(&run.child);
        run.end().status(1).says("interrupted");
        let junit = std::fs::read_to_string(f.path().join("r.xml")).unwrap();
        assert!(junit.contains("<testcase name=\"run::interrupted\">"), "{junit}");
    }
}

/// Names of columns are unique, including those of a mode.
#[test]
fn an_engine_is_not_called_as_a_column_of_a_mode() {
    let f = folder();
    write(&f, "plain.wast", PLAIN);
    let args = ["test", "plain.wast", "--engine", "jit+mix:1=cmd:true", "--backend", "interp,jit"];
    let says = "'jit+mix:1' cannot be used as a column name";
    wasmoon(f.path(), &[&args[..], &["--mode", "mix:1"]].concat()).status(2).says(says);
    // In another mode the name is free, and the error is that the command is no engine.
    let other = wasmoon(f.path(), &[&args[..], &["--mode", "mix:2"]].concat()).status(2);
    assert!(!other.err.contains(says), "{}", other.err);
}
