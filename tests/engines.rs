//! Other engines as columns of the matrix: `examples/driver.rs`, which drives our own engine, both unmodified and with faults
//! planted between it and the judge; and installed engines.

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;
use support::{Missing, lacking};
use tempfile::TempDir;
use wasmoon::oracle::{ENGINES, Oracle, OracleCall, OracleEnd, OracleJob, OracleValue, StateReads, TABLE_SCAN};
use wasmoon::scripts::{Matrix, Scripts};

/// The output of a command, and the records that it wrote.
struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
    records: Vec<serde_json::Value>,
}

struct Place {
    folder: TempDir,
    driver: PathBuf,
}

impl Place {
    /// # Errors
    /// The driver was not built.
    fn new() -> Result<Place, Missing> {
        let driver = Path::new(env!("CARGO_BIN_EXE_wasmoon")).with_file_name("examples").join("driver");
        lacking("examples", driver.exists())?;
        Ok(Place { folder: tempfile::tempdir().expect("a folder"), driver })
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("writable");
        path.display().to_string()
    }

    /// A driver behind filters: shell commands on its requests and on its answers.
    fn behind(&self, requests: &str, answers: &str) -> String {
        let script = format!("{requests} | {} | {answers}\n", self.driver.display());
        format!("x=cmd:sh {}", self.write("driver.sh", &script))
    }

    fn test(&self, args: &[&str]) -> Ran {
        let records = self.folder.path().join("records.jsonl");
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        command.current_dir(self.folder.path()).arg("test").args(args);
        // The drivers built in the checkout.
        command.env("WASMOON_DRIVERS", Path::new(env!("CARGO_MANIFEST_DIR")).join("target/drivers/release"));
        let output = command.arg(format!("--report=jsonl={}", records.display())).output().expect("it starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let records = std::fs::read_to_string(records).unwrap_or_default();
        let records = records.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        let records = records.filter(|record: &serde_json::Value| record["verdict"].is_string()).collect();
        Ran { status: output.status.code(), out: text(&output.stdout), err: text(&output.stderr), records }
    }
}

impl Ran {
    /// The line, verdict and outcome of each directive that did not pass in a column.
    fn deviations(&self, column: &str) -> Vec<(u64, String, String)> {
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
        let own = self.records.iter().filter(|r| r["backend"] == column && r["verdict"] != "pass");
        own.map(|r| (r["line"].as_u64().expect("a line"), text(&r["verdict"]), text(&r["got"]))).collect()
    }
}

const SCRIPT: &str = r#"(module
  (func (export "answer") (result i32) (i32.const 42))
  (func (export "trap") (unreachable))
  (func (export "loop") (loop $l (br $l)))
  (func (export "many") (param i64 f32 v128 externref) (result externref v128 f32 i64)
    (local.get 3) (local.get 2) (local.get 1) (local.get 0)))
(assert_return (invoke "answer") (i32.const 42))
(assert_trap (invoke "trap") "unreachable")
(assert_return (invoke "many" (i64.const -2) (f32.const nan:0x200001) (v128.const i32x4 1 2 3 4) (ref.extern 7))
  (ref.extern 7) (v128.const i32x4 1 2 3 4) (f32.const nan:0x200001) (i64.const -2))
(assert_invalid (module (func (result i32))) "type mismatch")
(module (func (export "more") (result i32) (i32.const 1122867)))
(assert_return (invoke "more") (i32.const 1122867))
"#;

/// Groups of the suite that together have each kind of directive, value and outcome.
const GROUPS: [&str; 8] = [
    "multi-value",
    "reference-types",
    "exceptions::",
    "gc::",
    "extra::calls",
    "extra::imports",
    "core::linking",
    "tail-call",
];

fn an_honest_driver_is_never_wrong() -> Result<(), Missing> {
    let place = Place::new()?;
    let engine = format!("ours=cmd:{}", place.driver.display());
    let args = [&GROUPS[..], &["--engine", &engine, "--expectations", "none"]].concat();
    let ran = place.test(&args);
    assert!(ran.records.len() > 5000, "{} records\n{}{}", ran.records.len(), ran.out, ran.err);
    // The reasons why a driver cannot be asked.
    let reasons = [
        "a text without binary form",
        "custom sections are not read",
        "it has proposals that make this",
        "it checks segments one by one, as since bulk-memory",
        "compact-imports",
    ];
    for (line, verdict, got) in ran.deviations("ours") {
        assert_eq!(verdict, "unsupported", "line {line}: {got}");
        assert!(reasons.iter().any(|reason| got.contains(reason)), "line {line}: {got}");
    }
    Ok(())
}

fn planted_faults_are_blamed_on_the_directive() -> Result<(), Missing> {
    let place = Place::new()?;
    let script = place.write("s.wast", SCRIPT);
    let run = |requests: &str, answers: &str| {
        let ran = place.test(&[&script, "--engine", &place.behind(requests, answers), "--timeout", "2"]);
        assert_eq!(ran.status, Some(1), "{requests}, {answers}: {}{}", ran.out, ran.err);
        assert_eq!(ran.records.len(), 7, "{}{}", ran.out, ran.err);
        ran.deviations("x")
    };
    let one = |deviations: &[(u64, String, String)], line, verdict: &str, text: &str| {
        let [(at, said, got)] = deviations else { panic!("not one deviation: {deviations:?}") };
        assert!((*at, &said[..]) == (line, verdict) && got.contains(text), "{deviations:?}");
    };
    // 42 in a result slot.
    let bits = r#"sed -u 's/"bytes":"2a000000/"bytes":"2b000000/'"#;
    one(&run("cat", bits), 7, "fail", "returned [i32 43]");
    let swallowed = r#"sed -u -E 's/\{"trap":[^}]*\}/"done"/'"#;
    one(&run("cat", swallowed), 8, "crash", "Done cannot be the end of such a step");
    let swallowed = swallowed.replace("\"done\"", "{\"value\":\"1611516433\"}");
    one(&run("cat", &swallowed), 8, "fail", "returned []");
    let another = r#"sed -u 's/"unreachable"/"integer overflow"/'"#;
    one(&run("cat", another), 8, "fail", "trap");
    let nan = "sed -u s/0100a07f/0000c07f/";
    one(&run("cat", nan), 9, "fail", "NaN (0x7fc00000)");
    // Messages are only compared with `--exact-messages`.
    let words =
        r#"sed -u -E 's/\["unreachable"\],"[^"]*"/["unreachable"],"a trap"/; s/\{"invalid":"[^"]*"/{"invalid":"no"/'"#;
    let behind = place.behind("cat", words);
    let ran = place.test(&[&script, "--engine", &behind]);
    assert_eq!(ran.deviations("x"), [], "{}{}", ran.out, ran.err);
    let ran = place.test(&[&script, "--engine", &behind, "--exact-messages"]);
    let deviations = ran.deviations("x");
    assert!(
        matches!(&deviations[..], [(8, _, a), (11, _, b)] if a.contains("a trap") && b.contains("no")),
        "{deviations:?}"
    );
    // The driver says where a module is invalid before the reason; its traps have the script's messages.
    let ran = place.test(&[&script, "--engine", &place.behind("cat", "cat"), "--exact-messages"]);
    let deviations = ran.deviations("x");
    assert!(matches!(&deviations[..], [(11, _, got)] if got.contains("type mismatch")), "{deviations:?}");
    let accepts = r#"sed -u -E 's/\{"invalid":[^}]*\}/"done"/'"#;
    one(&run("cat", accepts), 11, "fail", "success");
    let phase = r#"sed -u 's/"invalid":/"malformed":/'"#;
    one(&run("cat", phase), 11, "fail", "malformed: ");
    let garbage = r#"sed -u 's/.*"bytes":"2a000000.*/oops/'"#;
    one(&run("cat", garbage), 7, "crash", "does not speak the protocol");
    let short = r#"sed -u 's/\["done",{"value":"[0-9]*"},{"bytes":"2a0[^]]*\]/["done"]/'"#;
    one(&run("cat", short), 7, "crash", "1 end for 3 steps");
    let long = r#"sed -u -E 's/"bytes":"(2a0[0-9a-f]*)"/"bytes":"\1ab"/'"#;
    one(&run("cat", long), 7, "crash", "expected results of 16 bytes in hexadecimal");
    let twice = r#"while read -r line; do case $line in
        *'"bytes":"2a0'*) env printf '%s\n%s\n' "$line" "$line";; *) printf '%s\n' "$line";; esac; done"#;
    one(&run("cat", twice), 7, "crash", "an unrequested line");
    // No call is made at all. If the driver claims that one was, the results that it reads were never written.
    let uncalled = r#"sed -u 's/"op":"call",[^}]*}/"op":"limits","memory":null,"table":null}/g'"#;
    let every = |deviations: &[(u64, String, String)], expected: &[(u64, &str, &str)]| {
        let is = |((at, said, got), (line, verdict, text)): (&(u64, String, String), &(u64, &str, &str))| {
            (*at, &said[..]) == (*line, *verdict) && got.contains(text)
        };
        let all = deviations.len() == expected.len() && deviations.iter().zip(expected).all(is);
        assert!(all, "{deviations:?}, not {expected:?}");
    };
    let end = "Done cannot be the end of such a step";
    every(&run(uncalled, "cat"), &[(7, "crash", end), (8, "crash", end), (9, "crash", end), (13, "crash", end)]);
    let claimed = r#"sed -u 's/"done",{"bytes":/{"value":"1611516433"},{"bytes":/'"#;
    let (unwritten, kind) = ("returned [i32 -1515870811]", "written by a call");
    let expected = [(7, "fail", unwritten), (8, "crash", end), (9, "crash", kind), (13, "fail", unwritten)];
    every(&run(uncalled, claimed), &expected);
    // The constant 1122867 as it is encoded in a module: the driver dies of it, or never answers.
    let dies = r#"while read -r line; do case $line in *41b3c4c400*) exit 5;; esac; echo "$line"; done"#;
    let deviations = run(dies, "cat");
    assert!(matches!(&deviations[..], [(12, a, _), (13, b, _)] if a == "crash" && b == "fail"), "{deviations:?}");
    let hangs = r#"while read -r line; do case $line in *41b3c4c400*) sleep 60;; esac; echo "$line"; done"#;
    let deviations = run(hangs, "cat");
    assert!(matches!(&deviations[..], [(12, a, _), (13, b, _)] if a == "timeout" && b == "fail"), "{deviations:?}");
    // The time of a file ends in the middle of a directive.
    let behind = place.behind(&hangs.replace("60", "100000"), "cat");
    let ran = place.test(&[&script, "--engine", &behind, "--timeout", "50000", "--file-timeout", "5"]);
    let late = ran.deviations("x").split_off(ran.deviations("x").len() - 2);
    every(&late, &[(12, "timeout", "timeout"), (13, "timeout", "timeout")]);
    // A pass that does not recur when the script is replayed does not count.
    let first = place.folder.path().join("first").display().to_string();
    let moody = format!("(if [ -e {first} ]; then exec cat; fi; : >{first}; exec {bits})");
    every(&run(dies, &moody), &[(7, "flaky", "i32 43], on replay"), (12, "crash", "ended"), (13, "fail", "")]);
    Ok(())
}

/// An engine that dies when it releases its state has executed the script, but is reported all the same.
fn who_dies_behind_a_script_is_reported() -> Result<(), Missing> {
    let place = Place::new()?;
    let script = place.write("s.wast", SCRIPT);
    let called = r#"while read -r line; do case $line in
        *'"op":"call"'*) called=1;; *'"op":"reset"'*) [ -z "$called" ] || END;; esac; echo "$line"; done"#;
    let run = |end: &str| {
        place.test(&[&script, "--engine", &place.behind(&called.replace("END", end), "cat"), "--timeout", "2"])
    };
    for (end, verdict, what) in
        [("exit 5", "crash", "crash(ended with status 0"), ("exec sleep 60", "timeout", "timeout")]
    {
        let ran = run(end);
        let deviations = ran.deviations("x");
        assert!(
            matches!(&deviations[..], [(13, said, got)] if said == verdict && got.starts_with(what)),
            "{end}: {deviations:?}"
        );
        assert_eq!((ran.status, ran.records.len()), (Some(1), 8), "{}{}", ran.out, ran.err);
        assert!(ran.out.contains("end of the script"), "{}{}", ran.out, ran.err);
    }
    Ok(())
}

/// An engine that dies while idle is reported, too, and no later script is blamed.
fn who_dies_between_scripts_is_reported() -> Result<(), Missing> {
    let place = Place::new()?;
    let scripts = ["one", "two"].map(|name| place.write(&format!("{name}.wast"), SCRIPT));
    let run = |requests: &str| {
        let requests = format!("while read -r line; do {requests}; printf '%s\\n' \"$line\"; done");
        let ran = place.test(&[&scripts[0], &scripts[1], "--engine", &place.behind(&requests, "cat"), "-j", "1"]);
        assert_eq!(ran.status, Some(1), "{}{}", ran.out, ran.err);
        let told = |directive: &str| ran.records.iter().filter(|record| record["directive"] == directive).count();
        (ran.deviations("x"), [told("end of the script"), told("end of another script")])
    };
    // It answers everything that belongs to a script, and then dies.
    let (deviations, told) = run(r#"[ -z "$done" ] || exit; case $line in *'"steps":[{"op":"forget"'*) done=1;; esac"#);
    assert_eq!((deviations.len(), told), (2, [2, 0]), "{deviations:?}");
    // The first script has three of these, at its start and its end.
    let (deviations, told) = run(r#"case $line in *'"op":"reset"'*) n=$((n + 1)); [ $n != 4 ] || exit;; esac"#);
    assert_eq!((deviations.len(), told), (1, [0, 1]), "{deviations:?}");
    let (_, verdict, got) = &deviations[0];
    assert!(verdict == "crash" && got.starts_with("crash(after ") && got.contains("cannot begin a script"), "{got}");
    Ok(())
}

/// At the end of a run, drivers end when their input does. One that does not end well is reported after the last script.
fn who_dies_at_the_end_of_a_run_is_reported() -> Result<(), Missing> {
    let place = Place::new()?;
    let scripts = ["one", "two"].map(|name| place.write(&format!("{name}.wast"), SCRIPT));
    for (end, told) in [
        ("exit 0", None),
        ("exit 3", Some("ended with status 3")),
        ("kill -SEGV $$", Some("killed by SIGSEGV")),
        ("echo fatal error: late >&2; exit 1", Some("ended with status 1, its last words: fatal error: late")),
    ] {
        let engine = place.behind("cat", &format!("cat; {end}"));
        let ran = place.test(&[&scripts[0], &scripts[1], "--engine", &engine, "-j", "1"]);
        let deviations = ran.deviations("x");
        assert_eq!(ran.status, Some(i32::from(told.is_some())), "{end}: {}{}", ran.out, ran.err);
        assert_eq!(ran.records.len(), 14 + deviations.len(), "{end}: {deviations:?}");
        match (&deviations[..], told) {
            ([], None) => {}
            ([(13, verdict, got)], Some(told)) => {
                assert!(verdict == "crash" && got.starts_with("crash(after "), "{end}: {got}");
                assert!(got.ends_with(&format!(": {told})")), "{end}: {got}");
                assert!(ran.out.contains("end of the run"), "{end}: {}", ran.out);
            }
            _ => panic!("{end}: {deviations:?}"),
        }
        // The same applies to a program that uses the library.
        let mut matrix = Matrix::new(&[]).expect("no backend");
        let command = engine.strip_prefix("x=").expect("a command");
        matrix.engine("x", command).expect("it starts").jobs(1);
        let mut last = None;
        let both = Scripts::path(place.folder.path()).expect("scripts");
        let summary = matrix.run(&both, |record| last = Some(record.directive.clone())).expect("they run");
        assert_eq!((summary.is_fine(), last.as_deref() == Some("end of the run")), (told.is_none(), told.is_some()));
    }
    Ok(())
}

/// A death that does not recur is counted, since it may depend on earlier requests.
fn deaths_that_do_not_come_again_are_counted() -> Result<(), Missing> {
    let place = Place::new()?;
    let dead = place.folder.path().join("dead").display().to_string();
    let dies = format!(
        r#"while read -r line; do case $line in
        *'"id":8,'*) if [ ! -e {dead} ]; then : >{dead}; exit; fi;; esac; printf '%s\n' "$line"; done"#
    );
    let engine = place.behind(&dies, "cat");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    command.current_dir(place.folder.path()).args(["smith", "--count", "12", "--seed", "1", "--jobs", "1"]);
    let output = command.args(["--features", "none", "--engine", &engine]).output().expect("it starts");
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.code() == Some(0) && text.contains("no findings"), "{text}");
    let died = "it died 1 time on a module that it survived on retry (seeds ";
    assert!(text.contains(died) && text.contains("the last time: ended with status 0"), "{text}");
    Ok(())
}

/// If an engine refuses a module that reads memories, it refuses it each time: the driver does not take the module as known.
fn what_is_refused_once_is_refused_again() -> Result<(), Missing> {
    let place = Place::new()?;
    // The exports of such a module.
    let refuses = r#"sed -u -E 's/"bytes":"[0-9a-f]*07090201680000016e0001[0-9a-f]*"/"bytes":"00"/'"#;
    let engine = place.behind(refuses, "cat");
    let mut oracle = Oracle::open(engine.strip_prefix("x=").expect("a label")).expect("it is there");
    let job = call_of_f(r#"(module (memory (export "m") 1) (func (export "f")))"#, 60);
    // The second one is sent before the answer to the first is known.
    oracle.submit(&job).expect("it is sent");
    oracle.submit(&job).expect("it is sent");
    let mut starts = vec![oracle.collect().expect("it answers").start, oracle.collect().expect("it answers").start];
    starts.push(oracle.observe(&job).expect("it answers").start);
    for start in starts {
        assert!(
            matches!(&start, OracleEnd::Unsupported(what) if what.starts_with("what its exports need (")),
            "{start:?}"
        );
    }
    Ok(())
}

/// An unhandled suspension is different from any other outcome.
fn suspensions_are_told_apart() -> Result<(), Missing> {
    let place = Place::new()?;
    let script = r#";;! stack-switching = true
(module (tag $t)
  (func (export "suspend") (suspend $t)) (func (export "trap") unreachable))
(assert_suspension (invoke "suspend") "unhandled tag")
(assert_trap (invoke "suspend") "unhandled tag")
(assert_return (invoke "suspend"))
(assert_suspension (invoke "trap") "unreachable")
"#;
    let script = place.write("suspends.wast", script);
    let engine = format!("x=cmd:{}", place.driver.display());
    let ran = place.test(&[&script, "--backend", "interp", "--engine", &engine, "--expectations", "none"]);
    let [own, theirs] = ["interp", "x"].map(|column| ran.deviations(column));
    let seen: Vec<(u64, &str)> = theirs.iter().map(|(line, verdict, _)| (*line, verdict.as_str())).collect();
    assert_eq!(seen, [(5, "fail"), (6, "fail"), (7, "fail")], "{}{}", ran.out, ran.err);
    for (line, _, got) in theirs[..2].iter().chain(&own[..2]) {
        assert!(got.starts_with("unhandled suspension: unhandled tag"), "line {line}: {got}");
    }
    Ok(())
}

/// Host references are distinguished by number, including 0, and all others by kind.
fn references_are_told_apart() -> Result<(), Missing> {
    let place = Place::new()?;
    let script = r#"(module
  (type $s (struct (field i32))) (type $a (array i8)) (type $t (func))
  (func $f (export "func") (result funcref) (ref.func $f))
  (func (export "extern") (param externref) (result externref) (local.get 0))
  (func (export "some extern") (param (ref extern)) (result (ref extern)) (local.get 0))
  (func (export "any") (param anyref) (result anyref) (local.get 0))
  (func (export "some any") (param (ref any)) (result (ref any)) (local.get 0))
  (func (export "i31") (result anyref) (ref.i31 (i32.const 3)))
  (func (export "struct") (result anyref) (struct.new $s (i32.const 1)))
  (func (export "array") (result (ref $a)) (array.new_default $a (i32.const 2)))
  (global (export "g") externref (ref.null extern)))
(assert_return (invoke "extern" (ref.extern 0)) (ref.extern 0))
(assert_return (invoke "extern" (ref.extern 0)) (ref.extern 1))
(assert_return (invoke "extern" (ref.null extern)) (ref.null extern))
(assert_return (invoke "extern" (ref.extern 0)) (ref.null extern))
(assert_return (invoke "some extern" (ref.extern 7)) (ref.extern 7))
(assert_return (invoke "some extern" (ref.extern 7)) (ref.extern 0))
(assert_return (invoke "any" (ref.host 0)) (ref.host 0))
(assert_return (invoke "any" (ref.host 1)) (ref.host 0))
(assert_return (invoke "any" (ref.null any)) (ref.null any))
(assert_return (invoke "some any" (ref.host 2)) (ref.host 2))
(assert_return (invoke "func") (ref.func))
(assert_return (invoke "i31") (ref.i31))
(assert_return (invoke "i31") (ref.struct))
(assert_return (invoke "struct") (ref.struct))
(assert_return (invoke "struct") (ref.array))
(assert_return (invoke "array") (ref.array))
(assert_return (get "g") (ref.null extern))
(assert_return (get "g") (ref.extern 0))
"#;
    let wrong = [13, 15, 17, 19, 24, 26, 29].map(|line| (line, "fail"));
    let script = place.write("references.wast", script);
    let engine = format!("x=cmd:{}", place.driver.display());
    let ran = place.test(&[&script, "--backend", "interp", "--engine", &engine, "--expectations", "none"]);
    for column in ["interp", "x"] {
        let deviations = ran.deviations(column);
        let seen: Vec<(u64, &str)> = deviations.iter().map(|(line, verdict, _)| (*line, verdict.as_str())).collect();
        assert_eq!(seen, wrong, "{column}: {deviations:?} {}{}", ran.out, ran.err);
    }
    Ok(())
}

/// Random scripts find an engine that accepts what it must not.
fn random_scripts_find_what_accepts_too_much() -> Result<(), Missing> {
    let place = Place::new()?;
    let script = place.write("s.wast", SCRIPT);
    let smith = |args: &[&str], engine: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        command.current_dir(place.folder.path()).arg("smith").args(args).args(["--engine", engine, "--out", "out"]);
        let output = command.output().expect("it starts");
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        (output.status.code(), text)
    };
    let (types, linking) = (["types", &script, "--count", "60"], ["linking", "--count", "3"]);
    for args in [&types[..], &linking[..]] {
        let (status, text) = smith(args, &format!("x=cmd:{}", place.driver.display()));
        assert!(status == Some(0) && text.contains("no findings\n"), "{text}");
        assert!(!text.contains("x: 0 of"), "{text}");
        assert!(std::fs::read_dir(place.folder.path().join("out")).expect("made").next().is_none());
    }
    // An engine that supports none of it cannot be compared.
    let profile = place.write("n.wast", &format!(";;! nan_canonicalization = true\n{SCRIPT}"));
    let (status, text) = smith(&["types", &profile, "--count", "5"], &format!("x=cmd:{}", place.driver.display()));
    assert!(status == Some(2) && text.contains("nothing was compared with x"), "{text}");
    let accepts = place.behind("cat", r#"sed -u -E 's/\{"(invalid|refused)":[^}]*\}/"done"/'"#);
    for (args, directive) in [(&types[..], "assert_invalid"), (&linking[..], "assert_unlinkable")] {
        let (status, text) = smith(args, &accepts);
        assert_eq!(status, Some(1), "{text}");
        let finding = text.lines().find(|line| line.starts_with("finding ") && line.contains(directive));
        let finding = finding.unwrap_or_else(|| panic!("no {directive}: {text}"));
        assert!(finding.ends_with("x alone; interp, jit agree"), "{finding}");
        assert!(text.contains("  x: success instead of "), "{text}");
        // The line is that of the directive, in a script that our own columns pass.
        let (path, line) =
            finding["finding ".len()..].split_once(' ').and_then(|(at, _)| at.rsplit_once(':')).expect("a place");
        let ran = place.test(&[path, "--at", line, "--engine", &accepts, "--backend", "interp"]);
        assert!(ran.deviations("x").iter().any(|(at, ..)| at.to_string() == line), "{}{}", ran.out, ran.err);
        assert_eq!(ran.deviations("interp"), []);
    }
    Ok(())
}

/// A directive that the engine does not survive is a timeout, and everything else runs.
fn a_script_goes_on_after_an_endless_loop() -> Result<(), Missing> {
    let place = Place::new()?;
    let loops = SCRIPT.replace("(assert_trap (invoke \"trap\")", "(invoke \"loop\")\n(assert_trap (invoke \"trap\")");
    let script = place.write("s.wast", &loops);
    let engine = format!("x=cmd:{}", place.driver.display());
    let ran = place.test(&[&script, "--engine", &engine, "--timeout", "1"]);
    assert_eq!(ran.deviations("x"), [(8, "timeout".into(), "timeout".into())], "{}{}", ran.out, ran.err);
    assert_eq!(ran.records.len(), 8);
    Ok(())
}

fn columns_stand_beside_ours_and_have_names() -> Result<(), Missing> {
    let place = Place::new()?;
    let script = place.write("s.wast", &SCRIPT.replace("(i32.const 42))\n  (func", "(i32.const 41))\n  (func"));
    let driver = format!("cmd:{}", place.driver.display());
    let ran =
        place.test(&[&script, "--backend", "interp,jit", "--engine", &driver, "--engine", &format!("b={driver}")]);
    assert_eq!(ran.status, Some(1));
    let columns: Vec<_> = ran.records.iter().take(5).map(|r| r["backend"].clone()).collect();
    assert_eq!(columns, ["interp", "jit", "embedded", "b", "xdiff"], "{}{}", ran.out, ran.err);
    for column in ["interp", "jit", "embedded", "b"] {
        let [(7, _, got)] = &ran.deviations(column)[..] else { panic!("{}{}", ran.out, ran.err) };
        assert!(got.contains("i32 41"), "{column}: {got}");
    }
    assert_eq!(ran.deviations("xdiff"), []);
    // The replay command has the value given to `--engine`.
    let own = ran.records.iter().find(|r| r["backend"] == "b" && r["verdict"] == "fail").expect("a deviation");
    let replay = own["replay"].as_str().expect("a line").strip_prefix("wasmoon ").expect("a command");
    assert!(replay.ends_with(&format!("--at 7 --engine b={driver}")), "{replay}");
    let again = place.test(&replay.split(' ').skip(1).collect::<Vec<_>>());
    assert!(again.status == Some(1) && again.deviations("b").len() == 1, "{}{}", again.out, again.err);
    let twice = place.test(&[&script, "--engine", &driver, "--engine", &driver]);
    let (status, err) = (twice.status, twice.err);
    assert!(status == Some(2) && err.contains("'embedded' cannot be used as a column name"), "{err}");
    let unknown = place.test(&[&script, "--engine", "v9"]);
    assert!(unknown.status == Some(2) && unknown.err.contains("unknown engine 'v9'"), "{}", unknown.err);
    Ok(())
}

/// The unmodified driver passes, and each single fault is found.
fn a_driver_is_checked() -> Result<(), Missing> {
    let place = Place::new()?;
    let check = |engine: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        let output = command.args(["driver", "--check", engine]).output().expect("it starts");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (output.status.code(), text)
    };
    let (status, text) = check(&format!("cmd:{}", place.driver.display()));
    assert!(status == Some(0) && text.contains("19 right, 0 wrong"), "{text}");
    let sums = |text: &str| {
        let lines = |mark: &str| text.lines().filter(|line| line.starts_with(mark)).count();
        format!("\n{} right, {} wrong", lines("right  "), lines("WRONG  "))
    };
    assert!(text.contains(&sums(&text)), "{text}");
    // Checks of what the engine lacks are neither right nor wrong.
    let hostless = place.behind("cat", r#"sed -u 's/"host":true/"host":false/'"#);
    let (status, text) = check(hostless.strip_prefix("x=").expect("a label"));
    assert!(status == Some(0) && text.ends_with("\n18 right, 0 wrong, 1 skipped\n"), "{text}");
    assert!(text.contains(" (skipped: the engine lacks host references)\n"), "{text}");
    let cases = [
        (
            "cat",
            r#"sed -u 's/"value":"4294967295"/"value":"-1"/'"#,
            r#"call of "a": {"value":"-1"} instead of {"value":"4294967295"}"#,
        ),
        (
            "cat",
            r#"sed -u -E 's/\{"trap":\[\[[^]]*\]/{"trap":[[]/'"#,
            "are not translated into the specification's message",
        ),
        ("cat", r#"sed -u 's/integer overflow/integer too large/'"#, "a trap (integer overflow)"),
        (
            "cat",
            r#"sed -u -E 's/\{"trap":[^}]*\}/{"refused":"it trapped"}/'"#,
            r#"instance with a start function that traps: {"refused":"it trapped"}"#,
        ),
        ("cat", r#"sed -u 's/"exhausted"/{"trap":[["unreachable"],"?"]}/'"#, r#"instead of "exhausted""#),
        (
            "cat",
            r#"sed -u -E 's/\{"error":[^}]*\}/"done"/g'"#,
            "instance of a module that was rejected: \"done\" instead of {\"error\"",
        ),
        (
            r#"sed -u 's/"op":"forget"/"op":"limits","memory":null,"table":null/'"#,
            "cat",
            "instance of a module that was forgotten",
        ),
        (r#"sed -u '/"id":27,/Q'"#, "cat", "it ended"),
    ];
    for (requests, answers, why) in cases {
        let behind = place.behind(requests, answers);
        let (status, text) = check(behind.strip_prefix("x=").expect("a label"));
        assert!(status == Some(1) && text.contains("WRONG") && text.contains(why), "{requests} {answers}: {text}");
        assert!(text.contains(&sums(&text)), "{requests} {answers}: {text}");
    }
    // The results up to its end are printed even if it does not start again.
    let lock = place.folder.path().join("lock").display().to_string();
    let once = format!(r#"(if [ -e {lock} ]; then exit; fi; : >{lock}; exec sed -u '/"id":27,/Q')"#);
    let (status, text) = check(place.behind(&once, "cat").strip_prefix("x=").expect("a label"));
    assert!(status == Some(2) && text.contains("it ended") && text.contains(&sums(&text)), "{text}");
    assert!(text.contains("\nright  compiles a module") && text.contains("\nWRONG  "), "{text}");
    let (status, text) = check("cmd:echo oops");
    assert!(status == Some(2) && text.contains("does not speak the protocol"), "{text}");
    let (status, text) = check(&format!("cmd:{} run {{wasm}}", env!("CARGO_BIN_EXE_wasmoon")));
    assert!(status == Some(2) && text.contains("so it has no driver to check"), "{text}");
    Ok(())
}

/// Our own program as the engine, whose behaviour is known.
fn programs_report_what_instances_do() -> Result<(), Missing> {
    let place = Place::new()?;
    let groups = ["core::i32::", "core::linking", "core::call_indirect", "core::binary::", "multi-value", "gc::struct"];
    let more = ["exceptions::try_table", "simd::simd_lane", "extra::imports", "memory64::memory64::"];
    // The reasons why a program cannot be asked.
    let reasons = [
        "a text without binary form",
        "it has proposals that make this",
        "it checks segments one by one, as since bulk-memory",
        "compact-imports",
        "imports that do not fit are left to no engine",
        "what was done before the trap is not driven",
        "what it imports would be missing in any case",
        "it is rejected, or begins and traps",
        "a module with imports, of which there is no instance",
        "references of the host",
    ];
    let engine = format!("own=cmd:{} run {{wasm}}", env!("CARGO_BIN_EXE_wasmoon"));
    let ran = place.test(&[&groups[..], &more, &["--engine", &engine, "--expectations", "none"]].concat());
    let deviations = ran.deviations("own");
    for (line, verdict, got) in &deviations {
        assert_eq!(verdict, "unsupported", "line {line}: {got}");
        assert!(reasons.iter().any(|reason| got.contains(reason)), "line {line}: {got}");
    }
    let all = ran.records.len();
    assert!(all > 1500 && deviations.len() * 5 < all, "{} of {all}\n{}{}", deviations.len(), ran.out, ran.err);
    Ok(())
}

const STATE: &str = r#"(module (memory 1)
  (func (export "answer") (result i32) (i32.const 42))
  (func (export "store") (i32.store (i32.const 0) (i32.const 7)) (unreachable))
  (func (export "load") (result i32) (i32.load (i32.const 0)))
  (func (export "two") (result v128 i64) (v128.const i64x2 1 -2) (i64.const 3)))
(assert_return (invoke "answer") (i32.const 42))
(assert_return (invoke "two") (v128.const i64x2 1 -2) (i64.const 3))
(assert_return (invoke "load") (i32.const 0))
(assert_trap (invoke "store") "unreachable")
(assert_return (invoke "load") (i32.const 7))
(assert_return (invoke "answer") (i32.const 42))
(module (func (export "more") (result i32) (i32.const 1122867)))
(assert_return (invoke "more") (i32.const 1122867))
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_return (invoke "more") (i32.const 1122867))
"#;

/// The call that hangs is executed ahead, in one program with the directive that was asked.
const LATER: &str = r#"(module
  (func (export "first") (result i32) (i32.const 1))
  (func (export "loop") (loop $l (br $l)))
  (func (export "late") (result i32) (i32.const 2)))
(assert_return (invoke "first") (i32.const 1))
(invoke "loop")
(assert_return (invoke "late") (i32.const 2))
"#;

fn faults_of_programs_are_blamed_on_the_directive() -> Result<(), Missing> {
    let place = Place::new()?;
    let script = place.write("s.wast", STATE);
    let own = env!("CARGO_BIN_EXE_wasmoon");
    // A shell script in place of the engine; `$1` is the file.
    let run = |text: &str| {
        let engine = format!("x=cmd:bash {} {{wasm}}", place.write("engine.sh", &text.replace("OWN", own)));
        place.test(&[&script, "--engine", &engine, "--timeout", "2"])
    };
    let lines = |ran: &Ran| {
        assert_eq!(ran.records.len(), 11, "{}{}", ran.out, ran.err);
        ran.deviations("x").into_iter().map(|(line, verdict, _)| (line, verdict)).collect::<Vec<_>>()
    };
    let wanted =
        |list: &[(u64, &str)]| list.iter().map(|(line, verdict)| (*line, (*verdict).to_string())).collect::<Vec<_>>();
    // Only the state that a trap leaves behind is unknown.
    assert_eq!(lines(&run("exec OWN run $1")), wanted(&[(10, "unsupported")]));
    let calls = format!("x=cmd:{own} run --invoke {{export}} {{wasm}}");
    assert_eq!(lines(&place.test(&[&script, "--engine", &calls])), wanted(&[(10, "unsupported")]));
    // 42 as a result, and in every program that is repeated.
    let bits = r#"OWN run $1 | LC_ALL=C sed 's/\x2a\x00\x00\x00\x00/\x2b\x00\x00\x00\x00/g'; exit ${PIPESTATUS[0]}"#;
    assert_eq!(lines(&run(bits)), wanted(&[(6, "fail"), (10, "unsupported"), (11, "unsupported")]));
    let accepts = r#"OWN run $1 2>err; status=$?; cat err >&2; grep -q mismatch err && exit 0; exit $status"#;
    assert_eq!(lines(&run(accepts)), wanted(&[(10, "unsupported"), (14, "fail")]));
    // The constant 1122867 as it is encoded in a module.
    let dies = r#"LC_ALL=C grep -qaP '\x41\xb3\xc4\xc4\x00' $1 && kill -9 $$; exec OWN run $1"#;
    assert_eq!(lines(&run(dies)), wanted(&[(10, "unsupported"), (12, "crash"), (13, "fail"), (15, "fail")]));
    // An engine that panics has not rejected the module.
    let panics = r#"OWN run $1 2>err; status=$?; grep -q mismatch err || { cat err >&2; exit $status; }
        echo "thread 'main' panicked at src/x.rs: entered unreachable code" >&2; exit 101"#;
    assert_eq!(lines(&run(panics)), wanted(&[(10, "unsupported"), (14, "crash")]));
    let hangs = r#"LC_ALL=C grep -qaP '\x41\xb3\xc4\xc4\x00' $1 && exec sleep 60; exec OWN run $1"#;
    assert_eq!(lines(&run(hangs)), wanted(&[(10, "unsupported"), (12, "timeout"), (13, "fail"), (15, "fail")]));
    let later = place.write("later.wast", LATER);
    let ran = place.test(&[&later, "--engine", &format!("x=cmd:{own} run {{wasm}}"), "--timeout", "2"]);
    assert_eq!(ran.deviations("x"), [(6, "timeout".into(), "timeout".into())], "{}{}", ran.out, ran.err);
    // A program that keeps printing.
    let chats = "OWN run $1 & p=$!; while kill -0 $p 2>/dev/null; do echo . >&2; sleep 0.3; done; wait $p";
    let chats = place.write("chats.sh", &chats.replace("OWN", own));
    let ran = place.test(&[&later, "--engine", &format!("x=cmd:bash {chats} {{wasm}}"), "--timeout", "2"]);
    assert_eq!(ran.deviations("x"), [(6, "timeout".into(), "timeout".into())], "{}{}", ran.out, ran.err);
    // The time of a file ends while a program runs.
    let own_engine = format!("x=cmd:{own} run {{wasm}}");
    let ran = place.test(&[&later, "--engine", &own_engine, "--timeout", "50000", "--file-timeout", "5"]);
    let late: Vec<(u64, String)> = ran.deviations("x").into_iter().map(|(line, verdict, _)| (line, verdict)).collect();
    assert!(late.ends_with(&wanted(&[(6, "timeout"), (7, "timeout")])), "{late:?} {}{}", ran.out, ran.err);
    let rejects = r#"LC_ALL=C grep -qaP '\x41\xb3\xc4\xc4\x00' $1 && echo no >&2 && exit 1; exec OWN run $1"#;
    assert_eq!(lines(&run(rejects)), wanted(&[(10, "unsupported"), (12, "fail"), (13, "fail"), (15, "fail")]));
    // No other command generates programs.
    let smith = ["smith", "--count", "1", "--engine", &format!("x=cmd:{own} run {{wasm}}")];
    let output = Command::new(own).args(smith).output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(2) && text.contains("only runs programs"), "{text}");
    // These are detected before anything is judged.
    for (text, why) in [
        ("OWN run $1 2>/dev/null; exit 0", "does not report that `unreachable` traps"),
        ("OWN run $1 >/dev/null", "exited successfully without writing anything"),
        ("exec cat $1", "exited successfully without writing anything"),
        ("exec no-such-program", "cannot run a program with one function"),
    ] {
        let ran = run(text);
        assert!(ran.status == Some(2) && ran.err.contains(why), "{text}: {}{}", ran.out, ran.err);
    }
    Ok(())
}

/// The number of an instance that could not be created is not reused for another module or other imports.
fn programs_keep_instances_apart() -> Result<(), Missing> {
    let place = Place::new()?;
    // The first provider traps, so it has no instance.
    let script = r#"(module $A (func (export "f") (result i32) (i32.add (i32.const 1) (i32.const 0))) (func $s unreachable) (start $s))
(register "a" $A)
(module definition $M
  (import "a" "f" (func $f (result i32))) (func (export "g") (result i32) (i32.add (call $f) (i32.const 0))))
(module instance $i1 $M)
(module $B (func (export "f") (result i32) (i32.add (i32.const 2) (i32.const 0))))
(register "a" $B)
(module instance $i2 $M)
(assert_return (invoke $i2 "g") (i32.const 2))
(assert_return (invoke $i2 "g") (i32.const 1))
"#;
    let script = place.write("numbers.wast", script);
    let engine = format!("x=cmd:{} run {{wasm}}", env!("CARGO_BIN_EXE_wasmoon"));
    let ran = place.test(&[&script, "--engine", &engine]);
    let deviations = ran.deviations("x");
    let of_values: Vec<_> = deviations.iter().filter(|(line, ..)| *line > 8).collect();
    assert!(
        matches!(&of_values[..], [(10, verdict, got)] if verdict == "fail" && got.contains("i32 2")),
        "{deviations:?} {}{}",
        ran.out,
        ran.err
    );
    Ok(())
}

/// No message or status of an engine turns a defect into a trap or a rejection.
fn defects_of_programs_are_no_traps_and_no_rejections() -> Result<(), Missing> {
    let place = Place::new()?;
    let script = r#"(module $a (func $f (export "f") (call $f)) (func (export "g") (result i32) (i32.const 1)))
(module $b (func (export "d") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0))))
(assert_return (invoke $a "g") (i32.const 1))
(assert_exhaustion (invoke $a "f") "call stack exhausted")
(assert_trap (invoke $b "d" (i32.const 0)) "integer divide by zero")
(assert_invalid (module (func (result i32) (i64.const 0))) "type mismatch")
(assert_invalid (module (func $f unreachable) (start $f) (func (result i32) (i64.const 0))) "type mismatch")
"#;
    let script = place.write("defects.wast", script);
    let own = env!("CARGO_BIN_EXE_wasmoon");
    // If the engine prints `words`, it does `end` instead.
    let run = |words: &str, end: &str, more: &[&str]| {
        let text = format!(
            "{own} run $1 >out 2>err; status=$?; grep -qi '{words}' err && {{ {end}; }}; cat out; cat err >&2; exit $status"
        );
        let engine = format!("x=cmd:bash {} {{wasm}}", place.write("engine.sh", &text));
        let ran = place.test(&[&[&script, "--engine", &engine, "-j", "1"], more].concat());
        assert_eq!(ran.records.len(), 7, "{}{}", ran.out, ran.err);
        ran.deviations("x").into_iter().map(|(line, verdict, _)| (line, verdict)).collect::<Vec<_>>()
    };
    let one = |line, verdict: &str| vec![(line, verdict.to_string())];
    assert_eq!(run("no such words", "exit 1", &["--any-message"]), []);
    assert_eq!(run("exhausted", "echo 'fatal runtime error: stack overflow' >&2; exit 134", &[]), one(4, "crash"));
    assert_eq!(run("divide", "cat out; echo 'Segmentation fault' >&2; exit 139", &["--any-message"]), one(5, "crash"));
    assert_eq!(run("divide", "cat out; echo 'internal error' >&2; exit 1", &["--any-message"]), one(5, "fail"));
    // The status of a trap, with an unknown message.
    assert_eq!(run("divide", "cat out; echo 'internal error' >&2; exit 134", &["--any-message"]), one(5, "fail"));
    let invalid = |verdict: &str| [(6, verdict), (7, verdict)].map(|(line, verdict)| (line, verdict.to_string()));
    assert_eq!(run("mismatch", "echo 'Segmentation fault' >&2; exit 139", &[]), invalid("crash"));
    // It accepts an invalid module, and traps if that module has something to run.
    let takes =
        r#"LC_ALL=C grep -qaP '\x08\x01[\x00-\x09]' $1 && { echo 'wasm trap: unreachable' >&2; exit 134; }; exit 0"#;
    let taken = [(6, "fail".to_string()), (7, "unsupported".to_string())];
    assert_eq!(run("mismatch", takes, &[]), taken);
    assert_eq!(run("mismatch", &takes.replace("wasm trap: unreachable", "who knows").replace("134", "1"), &[]), taken);
    Ok(())
}

/// A program executes more and more directives ahead: the next ones are found by their place in the script, and not only by their
/// text.
fn programs_do_more_and_more_ahead() -> Result<(), Missing> {
    let place = Place::new()?;
    let count = place.folder.path().join("runs");
    let text = format!("echo >>{}; exec {} run $1", count.display(), env!("CARGO_BIN_EXE_wasmoon"));
    let engine = format!("x=cmd:bash {} {{wasm}}", place.write("engine.sh", &text));
    let functions: String = (0..12)
        .map(|n| format!("(func (export \"f{n}\") (result i32) (i32.add (global.get $g) (i32.const {n})))\n"))
        .collect();
    let runs = |directives: usize| {
        // The same call again and again, and sometimes another one.
        let f = |n: usize| if n % 40 == 39 { n / 40 } else { 11 };
        let all = (0..directives).map(|n| format!("(assert_return (invoke \"f{0}\") (i32.const {0}))\n", f(n)));
        let script = place.write(
            "s.wast",
            &format!("(module (global $g (mut i32) (i32.const 0)) {functions})\n{}", all.collect::<String>()),
        );
        std::fs::write(&count, "").expect("writable");
        let ran = place.test(&[&script, "--engine", &engine, "--backend", "interp"]);
        assert_eq!(
            (ran.deviations("x"), ran.records.len()),
            (Vec::new(), 2 * (directives + 1)),
            "{}{}",
            ran.out,
            ran.err
        );
        std::fs::read_to_string(&count).expect("runs").len()
    };
    // The first program has 64 of them, and each later one as many as all programs before it.
    let few = runs(1);
    assert_eq!([60, 100, 440].map(|directives| runs(directives) - few), [0, 1, 2]);
    Ok(())
}

/// Every directive of these files can be executed by any engine that does not lack a proposal.
fn installed_engines_run_the_suite(engine: &str) -> Result<(), Missing> {
    support::engine(engine)?;
    let place = Place::new()?;
    let ran = place.test(&["core::i32", "core::i64", "--engine", engine, "--expectations", "none", "--timeout", "60"]);
    let passed = ran.records.iter().filter(|r| r["verdict"] == "pass").count();
    assert!(passed > 400, "{passed} passed\n{}{}", ran.out, ran.err);
    for (line, verdict, got) in ran.deviations(engine) {
        assert_eq!(verdict, "unsupported", "line {line}: {got}");
    }
    Ok(())
}

/// An engine is not blamed for missing effects of directives that were not driven, but it is for everything else.
fn nobody_is_blamed_for_what_was_not_driven() -> Result<(), Missing> {
    let place = Place::new()?;
    let script = r#"(module $a (memory (export "m") 1)
  (func (export "set") (param externref) (i32.store (i32.const 0) (memory.grow (i32.const 1))))
  (func (export "get") (result i32) (i32.load (i32.const 0))))
(register "a" $a)
(module $b (import "a" "m" (memory 1)) (func (export "get") (result i32) (i32.load (i32.const 0))))
(module $c (func (export "get") (result i32) (i32.const 0)))
(assert_return (invoke $a "get") (i32.const 0))
(invoke $a "set" (ref.extern 1))
(assert_return (invoke $a "get") (i32.const 1))
(assert_return (invoke $b "get") (i32.const 1))
(assert_return (invoke $b "get") (i32.const 0))
(assert_return (invoke $c "get") (i32.const 1))
(module $d (import "a" "m" (memory 2)) (func (export "get") (result i32) (i32.const 0)))
(assert_return (invoke $d "get") (i32.const 0))
(module (import "a" "m" (memory 1)) (data (i32.const 65536) "x"))
(assert_unlinkable (module (import "a" "m" (memory 3))) "incompatible import type")
(module $e (memory (export "m") 1))
(register "e" $e)
(module (import "e" "m" (memory 2)))
(module $f (import "spectest" "memory" (memory 1)) (func (export "set") (param externref) (i32.store8 (i32.const 0) (i32.const 1))))
(module $g (import "spectest" "memory" (memory 1)) (func (export "get") (result i32) (i32.load (i32.const 0))))
(module $h (import "spectest" "print" (func)) (func (export "get") (result i32) (i32.const 0)))
(invoke $f "set" (ref.extern 1))
(assert_return (invoke $g "get") (i32.const 1))
(assert_return (invoke $h "get") (i32.const 1))
"#;
    let script = place.write("stale.wast", script);
    let without_host = place.behind("cat", r#"sed -u 's/"host":true/"host":false/'"#);
    let ran = place.test(&[&script, "--engine", &without_host]);
    let deviations = ran.deviations("x");
    let seen: Vec<(u64, &str)> = deviations.iter().map(|(line, verdict, _)| (*line, verdict.as_str())).collect();
    let unsupported = |line| (line, "unsupported");
    let expected = [
        unsupported(8),
        unsupported(9),
        unsupported(10),
        (12, "fail"),
        unsupported(13),
        unsupported(14),
        unsupported(15),
        (19, "fail"),
        unsupported(23),
        unsupported(24),
        (25, "fail"),
    ];
    assert_eq!(seen, expected, "{deviations:?} {}{}", ran.out, ran.err);
    Ok(())
}

/// A module that stores 4711 and an engine that stores 4712 instead: the difference is reduced, bisected and filed.
fn a_finding_in_an_engine_is_reduced_and_filed() -> Result<(), Missing> {
    let place = Place::new()?;
    let file = place.write(
        "m.wat",
        r#"(module (memory 1) (global $g (mut i32) (i32.const 0))
          (func (export "other") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
          (func $store (param i32) (i32.store (local.get 0) (i32.const 4711)))
          (func (export "f") (local i32)
            (loop $l
              (global.set $g (i32.add (global.get $g) (i32.const 7)))
              (call $store (i32.shl (local.get 0) (i32.const 2)))
              (local.set 0 (i32.add (local.get 0) (i32.const 1)))
              (br_if $l (i32.lt_u (local.get 0) (i32.const 3))))))"#,
    );
    let honest = format!("cmd:{}", place.driver.display());
    // The constants as they are encoded.
    let behind = place.behind("sed -u s/41e724/41e824/g", "cat");
    let wrong = behind.strip_prefix("x=").expect("a label").to_string();
    let run = |args: &[&str], status: i32| {
        let output = Command::new(env!("CARGO_BIN_EXE_wasmoon"))
            .current_dir(place.folder.path())
            .args(args)
            .output()
            .expect("it starts");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert_eq!(output.status.code(), Some(status), "{args:?}: {text}");
        text
    };
    // Bisects over several versions.
    let named = |name: &str, engine: &str| format!("{name}={engine}");
    let versions = [named("a", &honest), named("b", &honest), named("c", &wrong), named("d", &wrong)];
    let mut args = vec!["reduce", &file, "--bad", &wrong, "-o", "small.wast", "--time", "30"];
    run(&args, 0);
    let small = std::fs::read_to_string(place.folder.path().join("small.wast")).expect("a script");
    let operators = ["i32.", "i64.", "local.", "global.", "call", "loop", "br"];
    let count: usize = operators.iter().map(|operator| small.matches(operator).count()).sum();
    assert!(small.contains("4711") && count <= 8, "{small}");
    args = vec!["bisect", "small.wast"];
    args.extend(versions.iter().flat_map(|version| ["--engine", version.as_str()]));
    let text = run(&args, 0);
    assert!(text.contains("first engine to disagree: c; b agrees"), "{text}");
    let text = run(&args[..args.len() - 4], 1);
    assert!(text.contains("no disagreement"), "{text}");
    let text = run(&["bisect", "small.wast", "--engine", &versions[2], "--engine", &versions[3]], 0);
    assert!(text.contains("all engines that were run disagree, from c on"), "{text}");
    let text = run(&["bisect", "small.wast", "--bad", &wrong], 2);
    assert!(text.contains("is another engine, where the functions to compile cannot be chosen"), "{text}");
    // An engine that reports nothing does not agree.
    let says_nothing = r#"echo '{"protocol":3,"name":"fake","version":"7"}'
while read -r line; do
    id=${line#*'"id":'}
    ends='"done","done"'
    case $line in *limits*) ends+=',{"unsupported":"numbers"}';; *) ends+=',"done"';; esac
    # One is the request's.
    for ((i = $(grep -o '"op":' <<<"$line" | wc -l); i > 4; i--)); do ends+=',"done"'; done
    echo '{"id":'${id%%,*}',"ends":['"$ends"']}'
done
"#;
    let silent = format!("cmd:bash {}", place.write("silent.sh", says_nothing));
    let silent_version = named("s", &silent);
    for args in [
        &["reduce", &file, "--bad", &silent][..],
        &["bisect", "small.wast", "--engine", &versions[0], "--engine", &silent_version],
    ] {
        let text = run(args, 2);
        assert!(text.contains("cannot be compared: lacks numbers"), "{text}");
    }
    let two = place.write("two.wast", "(module)\n(module (func (export \"f\")))\n(invoke \"f\")\n");
    let text = run(&["reduce", &two, "--bad", &wrong], 2);
    assert!(text.contains("the script has several modules; choose the directive"), "{text}");
    // The report for the engine's maintainers.
    let text = run(&["file", "small.wast", "--engine", &versions[2], "--engine", &versions[0], "-o", "out"], 0);
    assert!(text.contains("1 directive deviates on c"), "{text}");
    let read = |name: &str| std::fs::read_to_string(place.folder.path().join("out").join(name)).expect("a file");
    let report = read("report.md");
    for part in [
        "got returned [i32 104]",
        "3 of 4 columns do what the script expects: interp, jit, a.",
        "wasmoon test case.wast",
        "`c` is `cmd:",
    ] {
        assert!(report.contains(part), "{part}: {report}");
    }
    assert_eq!(read("case.wast"), small);
    assert!(read("repro.js").contains("new WebAssembly.Module") && place.folder.path().join("out/1.wasm").exists());
    // A report is about the first engine.
    run(&["file", "small.wast", "--engine", &versions[0], "--engine", &versions[2], "-o", "none"], 1);
    let text = run(&["file", "small.wast", "--engine", &versions[0], "-o", "none"], 1);
    assert!(text.contains("does what the script expects") && !place.folder.path().join("none").exists(), "{text}");
    let text = run(&["file", "small.wast"], 2);
    assert!(text.contains("no engine given; name the one"), "{text}");
    // Another report in the same folder: a function with arguments has no program for JavaScript engines, and here only one
    // module.
    let args = r#"(module (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 4711))))
        (assert_return (invoke "f" (i32.const 1)) (i32.const 4712))"#;
    place.write("out/2.wasm", "of an earlier report");
    let args = place.write("args.wast", args);
    run(&["file", &args, "--engine", &versions[2], "-o", "out"], 0);
    let left = |name: &str| place.folder.path().join("out").join(name).exists();
    assert_eq!(["report.md", "1.wasm", "repro.js", "2.wasm"].map(left), [true, true, false, false]);
    // A report does not overwrite other files either.
    std::fs::create_dir(place.folder.path().join("mine")).expect("a folder");
    place.write("mine/report.md", "of somebody else");
    let text = run(&["file", &args, "--engine", &versions[2], "-o", "mine"], 2);
    assert!(text.contains("mine/report.md: already exists") && text.contains("--output"), "{text}");
    let mine = place.folder.path().join("mine");
    assert_eq!(std::fs::read_to_string(mine.join("report.md")).expect("a file"), "of somebody else");
    assert!(!mine.join("case.wast").exists());
    // What an engine lacks is not a deviation.
    let lacks = place.behind("cat", r#"sed -u -E 's/\{"bytes":"[^}]*\}/{"unsupported":"numbers"}/g'"#);
    let text = run(&["file", &args, "--engine", &lacks, "-o", "none"], 1);
    assert!(
        text.contains("x cannot execute the whole script (unsupported: numbers); there is nothing to report"),
        "{text}"
    );
    assert!(!place.folder.path().join("none").exists());
    Ok(())
}

/// Modules in which the driver has another number in place of 0x12345: the difference is found, and with the unmodified driver
/// none is.
fn what_an_engine_does_otherwise_is_found_and_nothing_else() -> Result<(), Missing> {
    let place = Place::new()?;
    let honest = format!("cmd:{}", place.driver.display());
    // The constant as it is encoded.
    let behind = place.behind("sed -u s/41c5c604/41c6c604/g", "cat");
    let wrong = behind.strip_prefix("x=").expect("a label");
    let run = |file: &str, more: &[&str], bad: &str, status: i32| {
        let output = Command::new(env!("CARGO_BIN_EXE_wasmoon"))
            .current_dir(place.folder.path())
            .args(["reduce", file, "--bad", bad, "-o", "small.wast", "--time", "10"])
            .args(more)
            .output()
            .expect("it starts");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert_eq!(output.status.code(), Some(status), "{file} {bad}: {text}");
        text
    };
    // It gets null where ours gets a host value.
    let host = r#"(module (func (export "f") (param externref) (result i32) (ref.is_null (local.get 0))))"#;
    let host = place.write("host.wat", host);
    for seed in 0..6 {
        let text = run(&host, &["--seed", &seed.to_string()], &honest, 1);
        assert!(text.contains("no disagreement"), "{seed}: {text}");
    }
    let modules = [
        // The first memory is equal on both sides, and has data before and after a page boundary.
        r#"(module (memory $a 1) (memory $b 1) (func (export "f") (i64.store $a (i32.const 4088) (i64.const 0x11))
            (i32.store $a (i32.const 4096) (i32.const 7)) (i32.store $b (i32.const 64) (i32.const 0x12345))))"#,
        // Integer lanes that are NaNs as floats.
        r#"(module (func (export "f") (result v128) (i32x4.add (i32x4.splat (i32.const 0x12345))
            (v128.const i32x4 -74566 -74567 -74568 -74569))))"#,
        // The payload of an exception.
        r#"(module (tag $t (export "t") (param i32)) (func (export "f") (throw $t (i32.const 0x12345))))"#,
        // A trap during instantiation.
        r#"(module (func $s (if (i32.eq (i32.sub (i32.const 0x12345) (i32.const 0x12344)) (i32.const 1)) (then unreachable)))
            (start $s) (func (export "f") (result i32) (i32.const 1)))"#,
    ];
    for (module, part) in modules.iter().zip(["i32.load8_u", "v128", "assert_exception", "assert_trap"]) {
        let file = place.write("m.wat", module);
        assert!(run(&file, &[], &honest, 1).contains("no disagreement"), "{module}");
        run(&file, &[], wrong, 0);
        let small = std::fs::read_to_string(place.folder.path().join("small.wast")).expect("a script");
        assert!(small.contains(part) && small.contains("74565"), "{small}");
    }
    Ok(())
}

/// The current instance is called, also on an engine that has 8 in place of 7.
fn an_instance_of_a_definition_is_the_one_that_is_called() -> Result<(), Missing> {
    let place = Place::new()?;
    let script = r#"(module (func (export "f") (result i32) unreachable))
        (module definition $M (func (export "f") (result i32) (i32.const 7)))
        (module instance $I $M)
        (assert_return (invoke "f") (i32.const 7))"#;
    let file = place.write("instance.wast", script);
    // `i32.const 7`, `end`.
    let behind = place.behind("sed -u s/41070b/41080b/g", "cat");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    let args = ["bisect", &file, "--at", "4", "--engine", &behind];
    let output = command.current_dir(place.folder.path()).args(args).output().expect("it starts");
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("disagrees: returned (i32 7) | returned (i32 8)"), "{text}");
    Ok(())
}

/// An engine that throws an exception of another tag than ours does.
fn an_exception_of_another_tag_is_a_difference() -> Result<(), Missing> {
    let place = Place::new()?;
    let text = |thrown: &str| {
        format!(
            r#"(module (tag $a (export "a") (param i32)) (tag $b (export "b") (param i32))
              (func (export "f") (throw ${thrown} (i32.const 42))))"#
        )
    };
    for (thrown, other, tags) in [("a", "b", ["0", "1"]), ("b", "a", ["1", "0"])] {
        let file = place.write("tags.wat", &text(thrown));
        // `i32.const 42`, `throw`.
        let behind = place.behind(&format!("sed -u s/412a080{}0b/412a080{}0b/g", tags[0], tags[1]), "cat");
        let args = ["bisect", &file, "--invoke", "f", "--engine", &behind];
        let output = Command::new(env!("CARGO_BIN_EXE_wasmoon"))
            .current_dir(place.folder.path())
            .args(args)
            .output()
            .expect("it");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let disagrees = format!("disagrees: exception of tag {}", tags[0]);
        assert!(output.status.code() == Some(0) && said.contains(&disagrees), "{thrown}, {other}: {said}");
    }
    Ok(())
}

/// Compares the exceptions of a function, on ours and on an engine that throws another tag or another payload.
fn exceptions_of_a_function_are_compared() -> Result<(), Missing> {
    let place = Place::new()?;
    let file = place.write(
        "tags.wat",
        r#"(module (tag $a (export "a") (param i32)) (tag $b (export "b") (param i32))
          (func (export "f") (throw $a (i32.const 42))))"#,
    );
    let run = |requests: &str, status: i32, says: &str| {
        let behind = place.behind(requests, "cat");
        let args = ["run", "--against", behind.strip_prefix("x=").expect("a label"), &file, "--invoke", "f"];
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        let output =
            command.current_dir(place.folder.path()).env("NO_COLOR", "1").args(args).output().expect("it starts");
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert_eq!(output.status.code(), Some(status), "{requests}: {text}");
        assert!(text.contains(says) && !text.contains("not both tags are known"), "{requests}: {text}");
    };
    run("cat", 0, "\nequal\n");
    // `i32.const 42`, `throw`.
    let differs =
        |theirs: &str| format!("  ours:   exception of tag 'a' (i32 42)\n  theirs: exception of tag {theirs}\n");
    run("sed -u s/412a08000b/412a08010b/g", 1, &differs("'b' (i32 42)"));
    run("sed -u s/412a08000b/412b08000b/g", 1, &differs("'a' (i32 43)"));
    Ok(())
}

/// A call of a module's `f`, with the state before and after it.
fn call_of_f(text: &str, seconds: u64) -> OracleJob {
    OracleJob {
        bytes: wat::parse_str(text).expect("it is valid"),
        provider: None,
        calls: vec![OracleCall { export: "f".into(), args: Vec::new() }],
        fuel: None,
        state: StateReads::EachCall,
        limits: None,
        contents: false,
        timeout: Duration::from_secs(seconds),
    }
}

/// A call that an engine cannot be given is skipped, and the others are made.
fn calls_that_cannot_be_made_are_left_out() -> Result<(), Missing> {
    let place = Place::new()?;
    let mut oracle = Oracle::open(&format!("cmd:{}", place.driver.display())).expect("it is there");
    let text = r#"(module
        (func (export "f") (param (ref func)) (result i32) (i32.const 1))
        (func (export "g") (param i32 (ref extern)) (result i32) (i32.const 2))
        (func (export "h") (param funcref) (result i32) (ref.is_null (local.get 0))))"#;
    use OracleValue::{I32, Null, Ref};
    let call = |export: &str, args: &[OracleValue]| OracleCall { export: export.into(), args: args.to_vec() };
    let calls =
        vec![call("f", &[Null]), call("g", &[I32(1), Ref]), call("h", &[Ref]), call("h", &[Null]), call("f", &[])];
    let job = OracleJob { bytes: wat::parse_str(text).expect("it is valid"), calls, ..call_of_f(text, 60) };
    let seen = oracle.observe(&job).expect("it answers");
    let without = |what: &str| OracleEnd::Unsupported(what.into());
    let ends: Vec<OracleEnd> = seen.calls.into_iter().map(|(end, _)| end).collect();
    let expected = [
        without("a parameter of type (ref func)"),
        without("a parameter of type (ref extern)"),
        without("an argument of type funcref other than null"),
        OracleEnd::Values(vec![I32(1)]),
        without("a parameter of type (ref func)"),
    ];
    assert_eq!(ends, expected);
    Ok(())
}

/// A driver keeps a module for each name and type of memory that it reads. After a number of them, it is told to forget them; and
/// one that was killed and restarted has none.
fn a_driver_looks_at_any_number_of_memories() -> Result<(), Missing> {
    let place = Place::new()?;
    let mut oracle = Oracle::open(&format!("cmd:{}", place.driver.display())).expect("it is there");
    let mut observed = |round: usize, body: &str, seconds: u64| {
        let memories = (0..45).map(|n| format!("(memory (export \"{round} {n}\") 1)")).collect::<String>();
        let text = format!("(module {memories} (func (export \"f\") {body}))");
        oracle.observe(&call_of_f(&text, seconds)).unwrap_or_else(|e| panic!("round {round}: {e}"))
    };
    for round in (0..25).chain([24]) {
        let seen = observed(round, "(i32.store 7 (i32.const 5) (i32.const 9))", 60);
        assert_eq!(seen.start, OracleEnd::Values(Vec::new()), "round {round}");
        let states = [&seen.started, &seen.calls[0].1].map(|state| state.as_ref().expect("it was looked at"));
        let digest = |at: usize, n: usize| states[at].memories[n].digest;
        let changed: Vec<usize> = (0..45).filter(|&n| digest(0, n) != digest(1, n)).collect();
        assert_eq!(changed, [7], "round {round}");
        if round == 24 {
            assert_eq!(observed(round, "(loop (br 0))", 1).start, OracleEnd::Timeout);
        }
    }
    Ok(())
}

/// Nulls of a long table are counted among its first elements only, as in our own tables.
fn a_driver_counts_the_first_nulls_of_a_table() -> Result<(), Missing> {
    let place = Place::new()?;
    let mut oracle = Oracle::open(&format!("cmd:{}", place.driver.display())).expect("it is there");
    for (null, expected) in [(0, 1), (TABLE_SCAN - 1, 1), (TABLE_SCAN, 0), (1999, 0)] {
        let text = format!(
            r#"(module (func $f) (elem declare func $f) (table (export "t") 2000 funcref (ref.func $f))
                (func (export "f") (table.set (i32.const {null}) (ref.null func))))"#
        );
        let seen = oracle.observe(&call_of_f(&text, 60)).expect("it answers");
        let tables = &seen.calls[0].1.as_ref().expect("it was looked at").tables;
        assert_eq!((tables[0].len, tables[0].nulls), (2000, expected), "element {null} is null");
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut trials = tests![
        an_honest_driver_is_never_wrong,
        planted_faults_are_blamed_on_the_directive,
        random_scripts_find_what_accepts_too_much,
        a_script_goes_on_after_an_endless_loop,
        columns_stand_beside_ours_and_have_names,
        a_finding_in_an_engine_is_reduced_and_filed,
        what_an_engine_does_otherwise_is_found_and_nothing_else,
        an_instance_of_a_definition_is_the_one_that_is_called,
        an_exception_of_another_tag_is_a_difference,
        exceptions_of_a_function_are_compared,
        nobody_is_blamed_for_what_was_not_driven,
        suspensions_are_told_apart,
        references_are_told_apart,
        calls_that_cannot_be_made_are_left_out,
        programs_do_more_and_more_ahead,
        programs_keep_instances_apart,
        defects_of_programs_are_no_traps_and_no_rejections,
        who_dies_behind_a_script_is_reported,
        who_dies_between_scripts_is_reported,
        who_dies_at_the_end_of_a_run_is_reported,
        deaths_that_do_not_come_again_are_counted,
        what_is_refused_once_is_refused_again,
        a_driver_is_checked,
        programs_report_what_instances_do,
        faults_of_programs_are_blamed_on_the_directive,
        a_driver_looks_at_any_number_of_memories,
        a_driver_counts_the_first_nulls_of_a_table
    ];
    for engine in ENGINES.iter().map(|engine| engine.name) {
        let name = format!("installed_engines_run_the_suite::{engine}");
        trials.push(support::trial(name, move || installed_engines_run_the_suite(engine)));
    }
    support::run(trials)
}
