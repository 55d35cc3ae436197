//! Oracles on the command line: present, not installed, dying, hanging, answering nonsense. Misbehaving drivers are shell scripts
//! behind `cmd:`.

#[path = "oracle/real.rs"]
mod real;
mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use support::{Missing, tool};
use tempfile::TempDir;

const HELLO: &str = r#"echo '{"protocol":3,"name":"fake","version":"7"}'"#;
/// Reads a request, and extracts its number.
const READ: &str = r#"read -r line || exit 0; id=${line#*'"id":'}; id=${id%%,*}"#;
/// Answers the request about features.
const LACKS: &str = r#"echo "{\"id\":$id,\"ends\":[{\"refused\":\"\"},{\"refused\":\"\"},\"done\"]}""#;
/// Answers that one call returned the i32 42.
const ANSWER: &str = concat!(
    r#"echo "{\"id\":$id,\"ends\":[\"done\",\"done\",\"done\",\"done\",\"done\",\"done\",\"done\",\"done\","#,
    r#"\"done\",{\"value\":\"0\"},{\"bytes\":\"2a000000000000000000000000000000\"},\"done\"]}""#
);
/// Answers that compiling a module ended this way.
fn made(end: &str) -> String {
    let rest = r#",\"done\""#.repeat(9);
    format!(r#"echo "{{\"id\":$id,\"ends\":[\"done\",\"done\",{end}{rest}]}}""#)
}

const F: &str = r#"(module (func (export "f") (result i32) i32.const 42))"#;

struct Place {
    folder: TempDir,
}

struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    #[track_caller]
    fn is(self, status: i32, texts: &[&str]) -> Ran {
        assert_eq!(self.status, Some(status), "out: {}\nerr: {}", self.out, self.err);
        for text in texts {
            let said = self.out.contains(text) || self.err.contains(text);
            assert!(said, "no {text:?}\nout: {}\nerr: {}", self.out, self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    /// Asserts that all processes listed in the file "child" have ended.
    fn assert_children_are_gone(&self) {
        for child in std::fs::read_to_string(self.path("child")).unwrap().lines() {
            // A killed process is not gone at once: its new parent has to reap it.
            let gone = (0..100).any(|_| {
                std::thread::sleep(std::time::Duration::from_millis(20));
                let state = std::fs::read_to_string(Path::new("/proc").join(child.trim()).join("stat"));
                state.map_or(true, |s| s.contains(") Z "))
            });
            assert!(gone, "process {child} is still there");
        }
    }

    /// Writes a driver with these lines; returns the oracle's name.
    fn driver(&self, lines: &[&str]) -> String {
        format!("cmd:bash {}", self.write("driver", &lines.join("\n")))
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        command.current_dir(self.folder.path()).args(args).stdin(Stdio::null()).env("NO_COLOR", "1");
        command
    }

    fn ran(&self, command: &mut Command) -> Ran {
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs `f` of [`F`] against an oracle.
    fn against(&self, oracle: &str, more: &[&str]) -> Ran {
        self.write("f.wat", F);
        let args = ["run", "--against", oracle, "f.wat", "--invoke", "f"];
        self.ran(&mut self.command(&[&args, more].concat()))
    }
}

fn a_missing_tool_is_reported_with_a_remedy() {
    let place = Place::new();
    place
        .against("v9", &[])
        .is(2, &["unknown engine 'v9'; expected one of wasmtime, wasmtime-winch, wasmtime-pulley, v8", "cmd:PROGRAM"]);
    place.against("cmd:", &[]).is(2, &["unknown engine 'cmd:'"]);
    place.against("cmd:/no/such/program", &[]).is(2, &["does not start: /no/such/program: No such file"]);
    place.write("f.wat", F);
    let args = |name| ["run", "--against", name, "f.wat", "--invoke", "f"];
    let without = |name| place.ran(place.command(&args(name)).env("PATH", ""));
    without("v8").is(2, &["needs the program 'node', which is not installed; try `apt-get install nodejs`"]);
    without("wasmtime").is(2, &["needs the program 'python3'", "apt-get install python3"]);
    // Outside the checkout there is no folder of drivers.
    without("tinywasm")
        .is(2, &["needs the program 'wasmoon-driver-tinywasm', which is not installed; try `ci/drivers`"]);
    let smith = place.ran(place.command(&["smith", "--count", "1", "--oracle", "v8"]).env("PATH", ""));
    smith.is(2, &["apt-get install nodejs"]);
}

fn a_python_without_the_package_says_what_to_install() -> Result<(), Missing> {
    tool("python3")?;
    let place = Place::new();
    place.write("f.wat", F);
    // Python without its packages.
    let python = place.write("python", "#!/bin/sh\nexec python3 -S \"$@\"\n");
    std::fs::set_permissions(&python, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut command = place.command(&["run", "--against", "wasmtime", "f.wat", "--invoke", "f"]);
    place.ran(command.env("WASMOON_PYTHON", &python)).is(2, &["needs the Python package 'wasmtime'", "-m pip install"]);
    Ok(())
}

fn an_oracle_that_dies_or_talks_nonsense_at_once() {
    let place = Place::new();
    let driver = place.driver(&["echo 'out of cheese' >&2; exit 3"]);
    let words = ["died before it said anything: ended with status 3, its last words: out of cheese"];
    place.against(&driver, &[]).is(2, &words);
    // The end of its output is kept, not the start.
    let chatty = place.driver(&["yes 'of little use' | head -c 60000 >&2; echo 'out of time' >&2; exit 3"]);
    place.against(&chatty, &[]).is(2, &["ended with status 3, its last words: ", "out of time"]);
    place.against(&place.driver(&["kill -SEGV $$"]), &[]).is(2, &["killed by SIGSEGV"]);
    place.against(&place.driver(&["echo Hello", "sleep 60"]), &[]).is(2, &["does not speak the protocol", ": Hello"]);
    let newer = place.driver(&[r#"echo '{"protocol":4,"name":"fake"}'; sleep 60"#]);
    place.against(&newer, &[]).is(2, &["speaks version 4 of the protocol, not 3"]);
}

fn an_oracle_that_answers_is_believed() {
    let place = Place::new();
    let driver = place.driver(&[HELLO, READ, LACKS, READ, ANSWER]);
    place.against(&driver, &[]).is(0, &["fake 7: returned (i32 42)", "\nequal\n"]);
    let wrong = place.driver(&[HELLO, READ, LACKS, READ, &ANSWER.replace("2a00", "2b00")]);
    place.against(&wrong, &[]).is(1, &["different", "ours:   returned (i32 42)", "theirs: returned (i32 43)"]);
    // Our side compiles within the limits of the options.
    let limits = ["-O2", "--max-compile", "10K"];
    place.against(&driver, &limits).is(2, &["compiling a function of 4 bytes", "are left (--max-compile)\n"]);
    let lacking = made(r#"{\"unsupported\":\"numbers\"}"#);
    place.against(&place.driver(&[HELLO, READ, LACKS, READ, &lacking]), &[]).is(2, &["fake 7 cannot run it: numbers"]);
}

/// If an oracle does not catch an exception, only its occurrence is known, and the output says so.
fn an_oracle_that_does_not_catch_tells_no_tags() {
    let place = Place::new();
    place.write(
        "e.wat",
        r#"(module (tag $e (export "e") (param i32)) (func (export "f") (result i32) (throw $e (i32.const 1))))"#,
    );
    let thrown = ANSWER.replace(r#"{\"value\":\"0\"}"#, r#"\"exception\""#);
    let says = |line: &str| {
        let driver = place.driver(&[HELLO, READ, LACKS, READ, line]);
        place.ran(&mut place.command(&["run", "--against", &driver, "e.wat", "--invoke", "f"]))
    };
    let not_known = "both threw, but not both tags are known: the exceptions may differ\n";
    says(&thrown).is(0, &["exception of tag 'e' (i32 1);", "fake 7: exception;", not_known, "\nequal\n"]);
    let returned = says(ANSWER).is(1, &["different", "theirs: returned (i32 42)"]);
    assert!(!returned.out.contains(not_known), "{}", returned.out);
}

fn an_oracle_that_answers_nonsense() {
    let place = Place::new();
    let says = |line: &str| place.against(&place.driver(&[HELLO, READ, LACKS, READ, line, "sleep 60"]), &[]);
    says("echo 'oops {'").is(2, &["the oracle 'fake' does not speak the protocol", ": oops {"]);
    says(r#"echo '{"id":99,"ends":[]}'"#).is(2, &["expected the answer to 1"]);
    says(r#"echo "{\"id\":$id,\"ends\":[\"done\"]}""#).is(2, &["ends are missing"]);
    says(&ANSWER.replace("\\\"done\\\"]", "\\\"done\\\",\\\"done\\\"]")).is(2, &["more ends than steps"]);
    says(&made(r#"{\"trap\":[[\"bad weather\"],\"\"]}"#)).is(2, &["unknown trap): bad"]);
    says(&made(r#"{\"error\":\"what now?\"}"#)).is(2, &["does not speak the protocol (what now?)"]);
    says(&ANSWER.replace("2a00", "zz")).is(2, &["not hexadecimal"]);
    says(&ANSWER.replace("2a00", "2a")).is(2, &["15 bytes instead of 1 value"]);
    says(&ANSWER.replace("2a00", "2a0000")).is(2, &["17 bytes instead of 16"]);
    says(&ANSWER.replace("\\\"0\\\"", "\\\"+0\\\"")).is(2, &["a status that is not a number"]);
    says(&made(r#"{\"refused\":\"no\"}"#).replace(",\\\"done\\\"]", "]")).is(2, &["ends are missing"]);
    // `env printf` writes both lines at once; a shell may write each one separately.
    let twice = ANSWER.replace("echo ", "line=") + r#"; env printf '%s\n%s\n' "$line" "$line""#;
    says(&twice).is(2, &["an unrequested line"]);
    says(&ANSWER.replace("\\\"0\\\"", "\\\"9\\\"")).is(2, &["unknown status 9"]);
    says(&ANSWER.replace("\\\"0\\\"", "\\\"x\\\"")).is(2, &["a status that is not a number"]);
}

/// Nonsense is also detected in the answers to the first request, about features.
fn an_oracle_that_has_nonsensical_abilities() {
    let place = Place::new();
    let says = |ends: &str| {
        let line = format!(r#"echo "{{\"id\":$id,\"ends\":[{ends}]}}""#);
        place.against(&place.driver(&[HELLO, READ, &line, "sleep 60"]), &[])
    };
    let (done, error) = (r#"\"done\""#, r#"{\"error\":\"what?\"}"#);
    for ends in ["".to_string(), done.into(), format!("{done},{done}"), format!("{done},{done},{error}")] {
        says(&ends).is(2, &["not every step was answered"]);
    }
    says(&format!("{done},{error},{done}")).is(2, &["in answer to a module"]);
    says(&format!(r#"{{\"trap\":[[],\"\"]}},{done},{done}"#)).is(2, &["in answer to a module"]);
}

/// A program has exactly one end.
fn an_oracle_that_answers_nonsense_to_a_program() {
    let place = Place::new();
    place.write("p.wat", "(module (memory (export \"memory\") 1) (func (export \"_start\")))");
    let says = |ends: &str| {
        let line = format!(r#"echo "{{\"id\":$id,\"ends\":[{ends}]}}""#);
        let driver = place.driver(&[HELLO, READ, LACKS, READ, &line, "sleep 60"]);
        place.ran(&mut place.command(&["run", "--against", &driver, "p.wat"]))
    };
    says("").is(2, &["ends are missing"]);
    says(r#"\"done\",\"done\""#).is(2, &["more ends than programs"]);
}

/// An incomplete line is not an answer: the oracle died while writing.
fn an_oracle_that_dies_while_it_writes_has_died() {
    let place = Place::new();
    let count = format!("echo x >>{}", place.path("starts").display());
    let driver = place.driver(&[&count, HELLO, READ, LACKS, READ, r#"printf '{"id":'; kill -9 $$"#]);
    place.against(&driver, &[]).is(2, &["fake 7 crashed: killed by SIGKILL"]);
    let second =
        format!(r#"[ $(wc -l <{}) -ge 2 ] || {{ printf '{{"id":'; kill -9 $$; }}"#, place.path("again").display());
    let count = count.replace("starts", "again");
    let driver = place.driver(&[&count, HELLO, READ, LACKS, READ, &second, ANSWER]);
    place.against(&driver, &[]).is(0, &["\nequal\n"]);
}

fn an_oracle_that_dies_in_the_middle_is_asked_once_more() {
    let place = Place::new();
    let count = format!("echo x >>{}", place.path("starts").display());
    let starts = || std::fs::read_to_string(place.path("starts")).unwrap_or_default().lines().count();
    let second = format!("[ $(wc -l <{}) -ge 2 ] || exit 5", place.path("starts").display());
    let driver = place.driver(&[&count, HELLO, READ, LACKS, READ, &second, ANSWER]);
    place.against(&driver, &[]).is(0, &["\nequal\n"]);
    assert_eq!(starts(), 2);
    let driver = place.driver(&[&count, HELLO, READ, LACKS, READ, "exit 5"]);
    place.against(&driver, &[]).is(2, &["f.wat: fake 7 crashed: ended with status 5"]);
    assert_eq!(starts(), 5, "after the second death it is started for whatever comes next");
}

fn an_oracle_that_hangs_is_killed_with_all_its_children() {
    let place = Place::new();
    let child = format!("sleep 1000 & echo $! >{}; wait", place.path("child").display());
    let driver = place.driver(&[HELLO, READ, LACKS, READ, &child]);
    place.against(&driver, &["--timeout", "0.5"]).is(2, &["fake 7 ran out of time"]);
    place.assert_children_are_gone();
}

/// When an oracle ends by itself, the processes that it started are ended, too.
fn an_oracle_that_ends_leaves_nobody_behind() {
    let place = Place::new();
    let child = format!("sleep 1000 >/dev/null 2>&1 & echo $! >>{}", place.path("child").display());
    let driver = place.driver(&[HELLO, READ, LACKS, &child, READ, "exit 5"]);
    place.against(&driver, &[]).is(2, &["fake 7 crashed: ended with status 5"]);
    place.assert_children_are_gone();
}

fn a_run_of_random_modules_does_not_go_on_without_its_oracle() {
    let place = Place::new();
    let driver = place.driver(&[HELLO, READ, LACKS, READ, "exit 5"]);
    let args = ["smith", "--count", "40", "--jobs", "1", "--oracle", &driver];
    let ran = place.ran(&mut place.command(&args));
    ran.is(2, &["the oracle 'fake' died on 8 modules in a row: ended with status 5"]);
}

/// A program that prints its input, and writes a file.
const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "\40\00\00\00\20\00\00\00")
    (data (i32.const 64) "hello, program\n") (data (i32.const 128) "made")
    (func (export "_start")
        (drop (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 32)))
        (i32.store (i32.const 20) (i32.load (i32.const 32)))
        (drop (call $write (i32.const 1) (i32.const 16) (i32.const 1) (i32.const 32)))
        (if (i32.eqz (call $open (i32.const 3) (i32.const 0) (i32.const 128) (i32.const 4) (i32.const 1) (i64.const 64)
                (i64.const 64) (i32.const 0) (i32.const 36)))
            (then (drop (call $write (i32.load (i32.const 36)) (i32.const 16) (i32.const 1) (i32.const 32)))))
        (if (i32.eq (i32.load8_u (i32.const 64)) (i32.const 114)) (then
            (drop (call $random (i32.const 200) (i32.const 16)))))
        (call $exit (i32.const 3))))"#;

fn programs_are_held_against_real_engines(oracle: &str) -> Result<(), Missing> {
    support::engine(oracle)?;
    let place = Place::new();
    place.write("p.wat", PROGRAM);
    let run = |input: &str| {
        let folder = place.path(&format!("{oracle}-{}", input.len()));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("kept"), "old").unwrap();
        let dir = format!("{}::/", folder.display());
        let mut command = place.command(&["run", "--against", oracle, "--dir", &dir, "p.wat"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(std::fs::read_to_string(folder.join("made")).unwrap(), input);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    };
    run("plain input").is(0, &[": exit 3; output 11 + 0 bytes; memory 65536 bytes", "\nequal\n"]);
    // 16 random bytes differ in each run, but nothing else does.
    run("random, please").is(1, &["contents of 'memory'", "0xc"]);
    Ok(())
}

fn random_modules_are_held_against_real_engines(oracle: &str) -> Result<(), Missing> {
    support::engine(oracle)?;
    let place = Place::new();
    let ran = place.ran(&mut place.command(&["smith", "--count", "200", "--jobs", "1", "--oracle", oracle]));
    ran.is(0, &["200 modules", oracle, "no findings"]);
    Ok(())
}

fn main() -> ExitCode {
    let mut trials = tests![
        a_missing_tool_is_reported_with_a_remedy,
        a_python_without_the_package_says_what_to_install,
        an_oracle_that_dies_or_talks_nonsense_at_once,
        an_oracle_that_answers_is_believed,
        an_oracle_that_does_not_catch_tells_no_tags,
        an_oracle_that_answers_nonsense,
        an_oracle_that_has_nonsensical_abilities,
        an_oracle_that_answers_nonsense_to_a_program,
        an_oracle_that_dies_while_it_writes_has_died,
        an_oracle_that_ends_leaves_nobody_behind,
        an_oracle_that_dies_in_the_middle_is_asked_once_more,
        an_oracle_that_hangs_is_killed_with_all_its_children,
        a_run_of_random_modules_does_not_go_on_without_its_oracle
    ];
    for oracle in ["wasmtime", "v8"] {
        let name = |test| format!("{test}::{oracle}");
        let programs = move || programs_are_held_against_real_engines(oracle);
        trials.push(support::trial(name("programs_are_held_against_real_engines"), programs));
        let modules = move || random_modules_are_held_against_real_engines(oracle);
        trials.push(support::trial(name("random_modules_are_held_against_real_engines"), modules));
    }
    trials.extend(real::trials());
    support::run(trials)
}
