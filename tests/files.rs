//! The selection of scripts for a run, and the treatment of those that cannot be run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

const GOOD: &str =
    "(module (func (export \"f\") (result i32) (i32.const 1)))\n(assert_return (invoke \"f\") (i32.const 1))\n";
const WRONG: &str =
    "(module (func (export \"f\") (result i32) (i32.const 1)))\n(assert_return (invoke \"f\") (i32.const 2))\n";

/// A temporary folder with these files, given by their paths in it.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        write(dir.path(), name, text.as_bytes());
    }
    dir
}

fn write(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(path, bytes).expect("writable");
}

/// The output of a run and its status.
struct Ran {
    status: i32,
    out: String,
    err: String,
}

/// Runs `wasmoon test` in a folder.
fn test(dir: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    let Output { status, stdout, stderr } =
        command.arg("test").args(args).current_dir(dir).env_remove("SPEC_TESTS").output().expect("runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { status: status.code().expect("an exit status"), out: text(stdout), err: text(stderr) }
}

/// The verdicts of a run in order, as `group/file line verdict` of the interpreter's column.
fn verdicts(dir: &Path, args: &[&str]) -> (i32, Vec<String>) {
    let ran = test(dir, &[args, &["--backend", "interp,jit", "--report", "jsonl=-"]].concat());
    let mut lines = Vec::new();
    for line in ran.out.lines().filter(|l| l.starts_with('{')) {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if record["backend"] == "interp" {
            let text = |key: &str| record[key].as_str().unwrap_or_default().to_string();
            let got = record["got"].as_str().map(|got| format!(": {got}")).unwrap_or_default();
            let at = format!("{}/{} {}", text("group"), text("file"), record["line"]);
            lines.push(format!("{at} {}{got}", text("verdict")));
        }
    }
    (ran.status, lines)
}

/// The keys of the files that `--list` prints.
fn listed(dir: &Path, args: &[&str]) -> Vec<String> {
    let ran = test(dir, &[args, &["--list"]].concat());
    assert_eq!(ran.status, 0, "{}", ran.err);
    let keys = ran.out.lines().filter_map(|l| l.split_whitespace().last()).map(String::from);
    keys.filter(|key| !key.starts_with("extra/")).collect()
}

#[test]
fn what_exists_is_a_path() {
    let dir = folder(&[("scripts/a.wast", GOOD), ("exceptions/b.wast", GOOD), ("plain", GOOD), ("UP.WAST", GOOD)]);
    let dir = dir.path();
    assert_eq!(listed(dir, &["scripts"]), ["scripts/a"]);
    assert_eq!(listed(dir, &["plain"]), ["files/plain"]);
    assert_eq!(listed(dir, &["UP.WAST"]), ["files/UP"]);
    assert_eq!(verdicts(dir, &["scripts"]), (0, vec!["scripts/a 1 pass".into(), "scripts/a 2 pass".into()]));
    // If a folder and a filter have the same name, the folder is taken, and the output says so.
    let ran = test(dir, &["exceptions", "--list"]);
    assert_eq!((ran.status, ran.out.as_str()), (0, "exceptions::b  exceptions/b\n"));
    assert!(ran.err.contains("'exceptions' exists, so it is treated as a path"), "{}", ran.err);
    assert!(!test(dir, &["scripts", "--list"]).err.contains("note"));
    // Without such a folder, it is still a filter.
    assert!(listed(&dir.join("scripts"), &["exceptions"]).len() > 3);
    let ran = test(dir, &["./nowhere"]);
    assert!(ran.status == 2 && ran.err.contains("nowhere"), "{}", ran.err);
    // A link exists, whatever its target.
    symlink("absent", dir.join("gone")).expect("a link");
    let (status, lines) = verdicts(dir, &["gone"]);
    assert!(status == 1 && lines.len() == 1 && lines[0].starts_with("files/gone 0 fail: No such file"), "{lines:?}");
}

#[test]
fn folders_are_read_to_the_bottom() {
    let dir = folder(&[
        ("top/a.wast", GOOD),
        ("top/B.WAST", GOOD),
        ("top/sub/a.wast", GOOD),
        ("top/sub/deep/er/a.wast", WRONG),
        ("top/.git/hidden.wast", WRONG),
        ("top/package.json", "{\"name\": \"x\"}"),
        ("other/sub/a.wast", GOOD),
    ]);
    symlink("..", dir.path().join("top/sub/loop")).expect("a link");
    symlink("../..", dir.path().join("top/sub/out")).expect("a link");
    let keys = ["top/B", "top/a", "top/sub/a", "top/sub/deep/er/a"];
    assert_eq!(listed(dir.path(), &["top/"]), keys);
    assert_eq!(listed(&dir.path().join("top"), &["."]), keys);
    let (status, lines) = verdicts(dir.path(), &["top"]);
    assert_eq!((status, lines.len()), (1, 8), "{lines:?}");
    assert!(lines.iter().any(|l| l.starts_with("top/sub/deep/er/a 2 fail")), "{lines:?}");
    // The same contents and the same names, but a separate key for each.
    let all = listed(dir.path(), &["top/sub", "other/sub"]);
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all.contains(&"sub/a".to_string()) && all.contains(&"sub/a~2".to_string()), "{all:?}");
}

#[test]
fn checkouts_are_read_to_the_bottom() {
    let shared = "(module (memory 1 1 shared))";
    let dir = folder(&[
        ("i32.wast", GOOD),
        ("simd/simd_const.wast", GOOD),
        ("threads/t.wast", shared),
        ("proposals/threads/deep/t.wast", shared),
        ("legacy/exceptions/core/try.wast", GOOD),
    ]);
    let at = dir.path().to_str().expect("UTF-8");
    let keys = ["core/i32", "core/simd/simd_const", "core/threads/t", "legacy/exceptions/core/try", "threads/deep/t"];
    assert_eq!(listed(dir.path(), &["--suite", at]), keys);
    // An older version does not include the folders of later ones.
    assert_eq!(listed(dir.path(), &["--suite", at, "--spec", "1.0"]), ["core/i32"]);
    let (status, lines) = verdicts(dir.path(), &["--suite", at, "::t::", "--expectations", "none"]);
    assert_eq!((status, lines), (0, vec!["core/threads/t 1 pass".into(), "threads/deep/t 1 pass".into()]));
    // In a checkout of the specification, everything is below `test/`.
    let dir = folder(&[("test/core/i32.wast", GOOD), ("test/core/gc/struct.wast", GOOD), ("test/custom/c.wast", GOOD)]);
    let at = dir.path().to_str().expect("UTF-8");
    assert_eq!(listed(dir.path(), &["--suite", at]), ["core/i32", "core/gc/struct", "custom/c"]);
}

/// Whatever is wrong with a file, the other files and directives of its folder are judged.
#[test]
fn one_file_never_ends_a_run() {
    let dir = folder(&[
        ("d/a.wast", GOOD),
        ("d/key.wast", &format!("\n;;! flux = true\n{WRONG}")),
        ("d/option.wast", &format!(";; RUN: wast % --flux\n{WRONG}")),
        ("d/value.wast", &format!(";; x\n;;! simd = 1\n{GOOD}")),
        ("d/toml.wast", &format!(";;! simd = true\n;;! threads ==\n{GOOD}")),
        ("d/version.wast", &format!(";;! spec = \"9\"\n{GOOD}")),
        ("d/text.wast", &format!("{GOOD}(assert_nothing)")),
        ("d/empty.json", "{}"),
        ("d/none.json", "{\"source_filename\": \"x\", \"commands\": []}"),
        ("d/cut.json", "{\"commands\": [{\"type\""),
        ("d/lacks.json", r#"{"commands": [{"type": "module", "line": 1, "filename": "absent.wasm"}]}"#),
        ("d/z.wast", GOOD),
    ]);
    write(dir.path(), "d/bytes.wast", b"(module)\n(module \"\xff\")\n");
    symlink("absent", dir.path().join("d/dangling.wast")).expect("a link");
    let (status, lines) = verdicts(dir.path(), &["d"]);
    assert_eq!(status, 1);
    let wanted = [
        "d/a 1 pass",
        "d/a 2 pass",
        "d/bytes 2 fail: not UTF-8: byte 0xff on line 2, at offset 18",
        "d/cut 1 fail: 1:21: EOF while parsing",
        "d/dangling 0 fail: No such file",
        "d/empty 1 fail: 1:2: missing field `commands`",
        "d/key 2 unsupported: header: unknown key 'flux'",
        "d/lacks 1 fail: 1:15: command 0: absent.wasm: No such file",
        "d/none 1 fail: 1:1: the script has no commands",
        "d/option 1 unsupported: header: unknown option '--flux'",
        "d/text 3 fail: 3:",
        "d/toml 2 fail: header: ",
        "d/value 2 fail: header: invalid value in simd = 1",
        "d/version 1 fail: header: unknown version in spec = \"9\"",
        "d/z 1 pass",
        "d/z 2 pass",
    ];
    assert_eq!(lines.len(), wanted.len(), "{lines:#?}");
    for (line, wanted) in lines.iter().zip(wanted) {
        assert!(line.starts_with(wanted), "{line}\nis not {wanted}");
    }
    // Nor when it is named explicitly, beside others.
    for file in ["d/key.wast", "d/bytes.wast", "d/lacks.json", "d/dangling.wast"] {
        let (status, lines) = verdicts(dir.path(), &[file, "d/a.wast"]);
        assert_eq!((status, lines.len()), (1, 3), "{file}: {lines:?}");
    }
    assert_eq!(verdicts(dir.path(), &["d/none.json"]).0, 1);
}

#[test]
fn headers_are_read_behind_anything_but_tokens() {
    let shared = "(module (memory 1 1 shared))";
    for before in ["", "\n \n", ";; words\n", "(; words\n(; in ;) words ;)\n", "\u{feff}", "\u{feff}\n(;;);;x\n"] {
        let dir = folder(&[("a.wast", &format!("{before};;! threads = true\n{shared}"))]);
        let (status, lines) = verdicts(dir.path(), &["a.wast"]);
        assert_eq!((status, lines.len()), (0, 1), "{before:?}: {lines:?}");
    }
    let dir = folder(&[("a.wast", &format!("(module)\n;;! threads = true\n{shared}"))]);
    assert_eq!(verdicts(dir.path(), &["a.wast"]).0, 1);
}

/// A comment about wasm-tools does not make an assertion pass.
#[test]
fn a_comment_switches_nothing_off() {
    let trap = "(module (func (export \"f\") unreachable))\n(assert_trap (invoke \"f\") \"integer overflow\")\n";
    let invalid = "(assert_invalid (module (func (result i32) (i64.const 0))) \"unknown type\")\n";
    let threads = "(assert_malformed (module quote \"(memory 1 1 shared)\") \"unexpected token\")\n";
    for first in [";; RUN: wast\n", ";; RUN: wast -f threads\n", ";; how to RUN: wast % --ignore-error-messages\n"] {
        for text in [trap, invalid] {
            let dir = folder(&[("a.wast", &format!("{first}{text}"))]);
            assert_eq!(verdicts(dir.path(), &["a.wast"]).0, 1, "{first}{text}");
        }
        let dir = folder(&[("a.wast", &format!("{first}{threads}"))]);
        assert_eq!(verdicts(dir.path(), &["a.wast"]).0, 0, "{first} is not a command line");
    }
    // With a header for wasm-tools, texts are wasmparser's; only the option ignores them.
    for (header, status) in [("--assert default --snapshot x %", 1), ("% --ignore-error-messages", 0)] {
        let dir = folder(&[("a.wast", &format!(";; RUN: wast {header}\n{invalid}"))]);
        assert_eq!(verdicts(dir.path(), &["a.wast"]).0, status, "{header}");
    }
    let theirs = "(assert_invalid (module (func (result i32) (i64.const 0))) \"expected i32, found i64\")\n";
    let dir = folder(&[("a.wast", &format!(";; RUN: wast %\n{theirs}")), ("b.wast", theirs)]);
    assert_eq!(verdicts(dir.path(), &["a.wast"]).0, 0);
    assert_eq!(verdicts(dir.path(), &["b.wast"]).0, 1);
}

#[test]
fn a_run_of_nothing_is_an_error() {
    let dir =
        folder(&[("d/a.wast", GOOD), ("d/b.wast", GOOD), ("empty/x.txt", ""), ("json/package.json", "{\"name\": 1}")]);
    let dir = dir.path();
    for (args, hint) in [
        (&["d/a.wast", "--shard", "2/2"][..], "shard 2/2: only 1 file is selected"),
        (&["d", "--shard", "1/3"], "only 2 files are selected, so some shards would be empty"),
        (&["d", "--shard", "3/9"], "shard 3/9: only 2 files are selected"),
        (&["empty"], "no .wast or .json files found"),
        (&["json"], "no .wast or .json files found"),
        (&["empty", "d"], "no .wast or .json files found"),
    ] {
        let ran = test(dir, args);
        assert_eq!(ran.status, 2, "{args:?}: {}", ran.out);
        assert!(ran.err.contains(hint), "{args:?}: {}", ran.err);
    }
    let ran = test(dir, &["d", "--shard", "1/2"]);
    assert!(ran.status == 0 && ran.err.contains("shard 1/2: 1 of 2 files"), "{}", ran.err);
    let shards: Vec<String> = (1..=2).flat_map(|k| listed(dir, &["d", "--shard", &format!("{k}/2")])).collect();
    assert_eq!(shards, ["d/a", "d/b"]);
}

#[test]
fn wasmtime_s_conventions() {
    let dir = folder(&[
        (
            "named.wast",
            "(module $m (func (export \"f\") (result i32) (i32.const 1)))\n(module (import \"m\" \"f\" (func)) )\n",
        ),
        (
            "own.wast",
            "(module $m (func (export \"f\") (result i32) (i32.const 1)))\n\
             (module (import \"m\" \"f\" (func $f (result i32))) (import \"wasmtime\" \"gc\" (func $gc))\n\
               (func (export \"g\") (result i32) (call $gc) (call $f)))\n\
             (assert_return (invoke \"g\") (i32.const 1))\n\
             (module definition $d (func (export \"h\") (result i32) (i32.const 2)))\n\
             (module instance $i $d)\n\
             (module (import \"i\" \"h\" (func (result i32))))\n\
             (register \"other\" $m)\n\
             (assert_return (invoke $other \"f\") (i32.const 1))\n",
        ),
        (
            "words.wast",
            "(module (func (export \"f\") unreachable))\n\
             (assert_trap (invoke \"f\") \"wasm `unreachable` instruction executed\")\n\
             (assert_malformed (module (func (result i32) (i64.const 0))) \"expected i32, found i64\")\n\
             (assert_unlinkable (module (import \"a\" \"b\" (func))) \
               \"unknown import: `a::b` has not been defined\")\n",
        ),
        ("off.wast", "(assert_invalid (module (memory 0) (memory 0)) \"multiple memories\")\n"),
        ("on.wast", ";;! multi_memory = true\n(module (memory 0) (memory 0))\n"),
        (
            "wrong.wast",
            "(module (func (export \"f\") unreachable))\n(assert_trap (invoke \"f\") \"integer overflow\")\n",
        ),
        ("value.wast", WRONG),
        ("host.wast", "(module (import \"wasmtime\" \"flux\" (func)))\n"),
        // Only in the specification's scripts is the module of an instantiation assertion a definition.
        (
            "definition.wast",
            "(module)\n(assert_trap (module (func unreachable) (start 0)) \"unreachable\")\n(module instance)\n",
        ),
    ]);
    let dialect = ["--dialect", "wasmtime"];
    for (file, plain, wasmtime) in [
        ("own.wast", 1, 0),
        ("words.wast", 1, 0),
        ("off.wast", 1, 0),
        ("on.wast", 0, 0),
        ("named.wast", 1, 1),
        ("wrong.wast", 1, 1),
        ("value.wast", 1, 1),
        ("host.wast", 1, 1),
        ("definition.wast", 1, 0),
    ] {
        assert_eq!(verdicts(dir.path(), &[file]).0, plain, "{file}");
        let (status, lines) = verdicts(dir.path(), &[&[file], &dialect[..]].concat());
        assert_eq!(status, wasmtime, "{file}: {lines:#?}");
    }
    // The option concerns only scripts given by path, and the message lists its values.
    let ran = test(dir.path(), &["--dialect", "wasmtime", "exceptions"]);
    assert!(ran.status == 2 && ran.err.contains("scripts by path"), "{}", ran.err);
    let ran = test(dir.path(), &["--dialect", "flux", "off.wast"]);
    assert!(ran.status == 2 && ran.err.contains("spec, wasmtime or wasm-tools"), "{}", ran.err);
}

/// A folder determines the needs of its scripts, whichever folder above it, or file in it, was named.
#[test]
fn folders_are_named_after_proposals() {
    let shared = "(module (memory 1 1 shared))";
    let older = "(module (func (try (do) (catch_all))))";
    let dir = folder(&[
        ("regress/ext:threads/a.wast", shared),
        ("regress/b.wast", GOOD),
        ("regress/stacks/flags", "--ext:all\n"),
        ("regress/stacks/a.wast", shared),
        ("regress/legacy-exception-handling/a.wast", older),
        ("spec/test/core/threads/a.wast", shared),
        ("spec/test/legacy/a.wast", older),
        ("proposals/threads/a.wast", shared),
        ("other/a.wast", shared),
        ("regress/b/legacy/deeper/a.wast", older),
    ]);
    for good in [
        "regress/ext:threads/",
        "regress/ext:threads/a.wast",
        "regress/stacks/",
        "regress/legacy-exception-handling/a.wast",
        "spec",
        "spec/test",
        "spec/test/core/threads/",
        "spec/test/core/threads/a.wast",
        "spec/test/legacy/a.wast",
        "proposals/threads/a.wast",
    ] {
        assert_eq!(verdicts(dir.path(), &[good]).0, 0, "{good}");
    }
    assert_eq!(verdicts(&dir.path().join("spec/test/core/threads"), &["a.wast"]).0, 0);
    assert_eq!(verdicts(dir.path(), &["other"]).0, 1);
    assert_eq!(verdicts(dir.path(), &["regress/b/legacy/deeper/a.wast"]).0, 1);
    // Another engine's scripts have headers instead.
    assert_eq!(verdicts(dir.path(), &["regress/ext:threads/", "--dialect", "wasmtime"]).0, 1);

    let dir = folder(&[("ext:jit/a.wast", GOOD), ("b.wast", GOOD)]);
    let (status, lines) = verdicts(dir.path(), &["."]);
    assert_eq!(status, 1);
    assert!(lines.iter().any(|l| l.contains("unsupported") && l.contains("extension 'jit'")), "{lines:#?}");
    assert_eq!(lines.iter().filter(|l| l.ends_with(" pass")).count(), 2, "{lines:#?}");
}

#[test]
fn what_is_named_twice_is_there() {
    let dir = folder(&[("d/b/x.wast", GOOD), ("empty/x.txt", "")]);
    let dir = dir.path();
    for args in [&["d", "d/b"][..], &["d/b", "d"], &["d", "d", "d/b/x.wast"]] {
        assert_eq!(listed(dir, args).len(), 1, "{args:?}");
        assert_eq!(test(dir, args).status, 0, "{args:?}");
    }
    let ran = test(dir, &["d", "empty"]);
    assert!(ran.status == 2 && ran.err.contains("empty: no .wast or .json files found"), "{}", ran.err);
}

#[test]
fn what_cannot_be_meant_is_an_error() {
    let dir = folder(&[("d/a.wast", GOOD), ("suite/b.wast", GOOD)]);
    let dir = dir.path();
    for (args, hint) in [
        (&["-"][..], "scripts cannot be read from standard input"),
        (&["d/a.wast", "-"], "scripts cannot be read from standard input"),
        (&["d/a.wast", "--suite", "suite"], "--suite cannot be used with a path (d/a.wast)"),
        (&["d/a.wast", "--passes", "foo"], "unknown pass 'foo'; known passes: branches"),
        (&["d/a.wast", "--backend", "interp", "--passes", "foo"], "unknown pass 'foo'"),
        (&["d/a.wast", "--at", "99"], "no directive in the selected files begins on line 99"),
    ] {
        let ran = test(dir, args);
        assert_eq!(ran.status, 2, "{args:?}: {}", ran.out);
        assert!(ran.err.contains(hint) && !ran.err.contains("internal error"), "{args:?}: {}", ran.err);
    }
    assert_eq!(test(dir, &["d/a.wast", "--passes", "dce,gvn"]).status, 0);
    assert_eq!(test(dir, &["d/a.wast", "--passes="]).status, 0, "no passes at all");
    // The environment sets the passes where the command line does not, and replay lines do not repeat it.
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    let command = command.args(["test", "d/a.wast", "--report", "jsonl=-"]).current_dir(dir).env("SPEC_TESTS", "suite");
    let output = command.output().expect("runs");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && out.contains("\"file\":\"a\"") && !out.contains("--suite"), "{out}");
}

/// Our own scripts are those of the checkout that a run is in, and the embedded ones elsewhere.
#[test]
fn our_own_scripts_are_part_of_a_run() {
    let dir = folder(&[
        ("scripts/wast-extra/x/a.wast", GOOD),
        ("manifest/spec-tests/suite.toml", ""),
        ("checkout/wast-extra/x/a.wast", GOOD),
        ("checkout/wast-extra/x/deep/b.wast", GOOD),
        ("checkout/spec-tests/suite.toml", ""),
    ]);
    let embedded = "extra::annotations::places::names_and_hints  extra/annotations/places/names_and_hints\n";
    for folder in ["", "scripts", "manifest"] {
        let ran = test(&dir.path().join(folder), &["^extra::annotations::places::", "--list"]);
        assert_eq!((ran.status, ran.out.as_str()), (0, embedded), "{folder}: {}", ran.err);
    }
    for folder in ["checkout", "checkout/wast-extra/x"] {
        let ran = test(&dir.path().join(folder), &["^extra::", "--list"]);
        let own = "extra::x::a        extra/x/a\nextra::x::deep::b  extra/x/deep/b\n";
        assert_eq!((ran.status, ran.out.as_str()), (0, own), "{folder}: {}", ran.err);
    }
}

/// Endless files are not read to the end.
#[test]
fn devices_are_no_scripts() {
    let dir = folder(&[
        ("d/a.wast", GOOD),
        ("d/m.json", r#"{"commands": [{"type": "module", "line": 1, "filename": "/dev/zero"}]}"#),
    ]);
    for name in ["d/zero.wast", "d/zero.json"] {
        symlink("/dev/zero", dir.path().join(name)).expect("a link");
    }
    let (status, lines) = verdicts(dir.path(), &["d"]);
    assert_eq!((status, lines.len()), (1, 5), "{lines:?}");
    let failed: Vec<&String> = lines.iter().filter(|l| l.contains("fail: ")).collect();
    assert!(failed.len() == 3 && failed.iter().all(|l| l.ends_with("not a regular file")), "{lines:?}");
}
