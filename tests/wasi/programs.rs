//! Whole programs: in-process with captured output, and with `wasmoon run`.

use super::guest::{module, tiers};
use super::sources::{COPY, LIBRARY, SLEEP, printer};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wasmoon::engine::{Config, Engine};
use wasmoon::runtime::store::Abort;
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::Val;
use wasmoon::wasi::WasiCtxBuilder;
use wasmoon::wasi::program::{EntryPoint, ProgramInputs, RunError, RunOptions, run_captured, run_with};

#[test]
fn programs_run_unseen() {
    for config in tiers() {
        let engine = Engine::new(config).unwrap();
        let given = ProgramInputs { stdin: b"some input".repeat(300), ..ProgramInputs::default() };
        let ran = run_captured(&engine, &module(COPY), &given, &RunOptions::default()).unwrap();
        assert_eq!((ran.stdout, ran.stderr, ran.run.exit()), (given.stdin.clone(), b"done\n".to_vec(), Some(7)));
        assert_eq!((ran.run.memory().len(), &ran.run.memory()[32..36]), (65536, &b"done"[..]));
        // A start function may also call the host.
        let start = COPY.replace("(func (export \"_start\")", "(start $s) (func $s");
        let ran = run_captured(&engine, &module(&start), &given, &RunOptions::default()).unwrap();
        assert_eq!((ran.stdout, ran.run.exit(), ran.run.instance), (given.stdin.clone(), Some(7), None));
        // Without a memory of that name, no memory is written.
        let hidden = COPY.replace("(export \"memory\")", "");
        let ran = run_captured(&engine, &module(&hidden), &given, &RunOptions::default()).unwrap();
        assert!(matches!(&ran.run.end, Err(Abort::Host(m)) if m.contains("exports no memory")), "{:?}", ran.run.end);
    }
}

#[test]
fn a_sleeping_program_is_woken_when_its_time_is_up() {
    for config in tiers() {
        let engine = Engine::new(config).unwrap();
        let options = RunOptions { timeout: Some(Duration::from_millis(50)), ..RunOptions::default() };
        let start = Instant::now();
        let ran = run_captured(&engine, &module(SLEEP), &ProgramInputs::default(), &options).unwrap();
        assert!(
            matches!(&ran.run.end, Err(Abort::Trap(trap)) if trap.code == TrapCode::Interrupt),
            "{:?}",
            ran.run.end
        );
        assert!(ran.run.timed_out && start.elapsed() < Duration::from_secs(60));
    }
}

/// It can neither exit successfully nor learn how much was done.
#[test]
fn a_program_does_not_go_on_after_a_call_that_was_cut_short() {
    let program = |call: &str| {
        let text = format!(
            r#"(module
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 128)
            (func (export "_start")
                ;; An hour by a clock, and a buffer of 4 MiB.
                (i64.store (i32.const 24) (i64.const 3600000000000))
                (i32.store (i32.const 16) (i32.const 1))
                (i32.store (i32.const 1000) (i32.const 4096))
                (i32.store (i32.const 1004) (i32.const 4194304))
                (drop {call})
                (call $exit (i32.const 0))))"#
        );
        module(&text)
    };
    let sleep = "(call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200))";
    let random = "(call $random (i32.const 4096) (i32.const 4194304))";
    let write = "(call $write (i32.const 1) (i32.const 1000) (i32.const 1) (i32.const 1008))";
    for config in tiers() {
        let engine = Engine::new(config.clone()).unwrap();
        let options = RunOptions { timeout: Some(Duration::from_millis(50)), ..RunOptions::default() };
        let end = run_captured(&engine, &program(sleep), &ProgramInputs::default(), &options).unwrap().run.end;
        assert!(matches!(&end, Err(Abort::Trap(trap)) if trap.code == TrapCode::Interrupt), "{end:?}");
        let engine = Engine::new(Config { fuel: true, ..config }).unwrap();
        // 1024 units for the call, one for the function.
        for (call, written) in [(random, 0), (write, 4 << 20)] {
            let with = |fuel| {
                let options = RunOptions { fuel: Some(fuel), ..RunOptions::default() };
                run_captured(&engine, &program(call), &ProgramInputs::default(), &options).unwrap()
            };
            let whole = with(1025);
            assert_eq!((whole.run.exit(), whole.run.store.fuel()), (Some(0), 0), "{call}");
            let ran = with(600);
            let end = &ran.run.end;
            assert!(matches!(end, Err(Abort::Trap(trap)) if trap.code == TrapCode::OutOfFuel), "{call}: {end:?}");
            assert_eq!(ran.stdout.len(), written, "what was written is not lost");
        }
    }
}

/// Of a timeout and a deadline, whichever comes first applies.
#[test]
fn the_earlier_of_two_times_ends_a_program() {
    // It ends by itself after three seconds.
    let (module, hour) = (module(&SLEEP.replace("3600000000000", "3000000000")), Duration::from_secs(3600));
    for config in tiers() {
        let engine = Engine::new(config).unwrap();
        let now = Instant::now();
        for (timeout, deadline) in [(Duration::ZERO, now + hour), (hour, now)] {
            let options = RunOptions { timeout: Some(timeout), deadline: Some(deadline), ..RunOptions::default() };
            let compile = || engine.compile(&module);
            let ran = run_with(&engine, &module, WasiCtxBuilder::new(), &options, compile, |_, _| {}).unwrap();
            assert!(
                matches!(&ran.end, Err(Abort::Trap(trap)) if trap.code == TrapCode::Interrupt),
                "{timeout:?}: {:?}",
                ran.end
            );
            assert!(ran.timed_out, "{timeout:?}");
        }
    }
}

#[test]
fn arguments_and_variables_of_a_captured_program_are_those_that_it_was_given() {
    for config in tiers() {
        let engine = Engine::new(config).unwrap();
        let given = ProgramInputs {
            args: ["program", "", "b"].map(String::from).to_vec(),
            env: [("A", "b=c"), ("EMPTY", "")].map(|(name, value)| (name.into(), value.into())).to_vec(),
            ..ProgramInputs::default()
        };
        let printed = ["args", "environ"].map(|get| {
            let ran = run_captured(&engine, &module(&printer(get)), &given, &RunOptions::default()).unwrap();
            String::from_utf8(ran.stdout).unwrap()
        });
        assert_eq!(printed, ["program\n\nb\n", "A=b=c\nEMPTY=\n"]);
    }
}

#[test]
fn what_nothing_provides_is_told_with_its_type() {
    let text = r#"(module
        (import "env" "f" (func (param i32 i64) (result f32)))
        (import "env" "t" (table 1 externref))
        (import "env" "m" (memory 3))
        (import "env" "g" (global i64)) (import "env" "v" (global (mut f64)))
        (import "env" "e" (tag (param i32))))"#;
    for config in tiers() {
        let engine = Engine::new(config).unwrap();
        let refused = run_captured(&engine, &module(text), &ProgramInputs::default(), &RunOptions::default());
        let refused = refused.err().expect("refused").to_string();
        let lines: Vec<&str> = refused.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                r#"  "env" "f" ((func (param i32 i64) (result f32)))"#,
                r#"  "env" "t" (a table of externref)"#,
                r#"  "env" "m" (a memory of at least 3 pages)"#,
                r#"  "env" "g" (a global i64)"#,
                r#"  "env" "v" (a global mut f64)"#,
                r#"  "env" "e" (a tag (func (param i32)))"#,
            ]
        );
    }
}

/// A program, a function of a library, or a start function can be run; otherwise the error says what could be.
#[test]
fn what_cannot_be_run_is_told_from_what_can() {
    const LIBRARY: &str = r#"(func (export "_initialize")) (memory (export "m") 1) (func (export "a"))
        (func (export "b") (param i32))"#;
    let [config, _] = tiers();
    let engine = Engine::new(config).unwrap();
    for (text, invoked, expected) in [
        ("", None, "not a program (it does not export '_start'); choose a function with --invoke: none"),
        (
            r#"(func (export "_f")) (func (export "g")) (memory (export "_start") 1)"#,
            None,
            "not a program (it does not export '_start'); choose a function with --invoke: g",
        ),
        (LIBRARY, None, "a library (it exports '_initialize' but not '_start'); choose a function with --invoke: a, b"),
        (LIBRARY, Some("m"), "the export 'm' is not a function"),
        (LIBRARY, Some("c"), "no export 'c'; the exported functions are: a, b"),
        (
            r#"(func (export "_start") (result i32) (i32.const 1))"#,
            None,
            "the export '_start' has parameters or results: (func (result i32))",
        ),
        (
            r#"(func (export "_initialize") (param i32)) (func (export "a"))"#,
            Some("a"),
            "the export '_initialize' has parameters or results: (func (param i32))",
        ),
        (LIBRARY, Some("a"), ""),
        (r#"(func (export "_start"))"#, None, ""),
        ("(func $s) (start $s)", None, ""),
    ] {
        let entry = match invoked {
            Some(export) => EntryPoint::Invoke { export: export.into(), args: Vec::new() },
            None => EntryPoint::Start,
        };
        let options = RunOptions { entry, ..RunOptions::default() };
        let ran = run_captured(&engine, &module(&format!("(module {text})")), &ProgramInputs::default(), &options);
        let refused = ran.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(refused, expected, "{text} {invoked:?}");
    }
}

#[test]
fn libraries_are_initialised_once_before_a_call() {
    for config in tiers() {
        let engine = Engine::new(config).unwrap();
        let entry = EntryPoint::Invoke { export: "get".into(), args: vec![Val::I32(2)] };
        let options = RunOptions { entry, ..RunOptions::default() };
        let ran = run_captured(&engine, &module(LIBRARY), &ProgramInputs::default(), &options).unwrap();
        assert_eq!(ran.run.end, Ok(vec![Val::I32(42)]));
        let error = |text: &str, options: &RunOptions| {
            run_captured(&engine, &module(text), &ProgramInputs::default(), options).err().expect("refused").to_string()
        };
        assert!(error(LIBRARY, &RunOptions::default()).contains("--invoke: get"));
        assert!(error("(module)", &RunOptions::default()).contains("does not export '_start'"));
        assert!(
            error("(module (func (export \"_start\") (param i32)))", &RunOptions::default()).contains("parameters")
        );
        let missing = error(
            r#"(module (import "env" "f" (func (param i32) (result i64)))
                (import "wasi_snapshot_preview1" "fd_frob" (func)) (import "env" "m" (memory 2))
                (import "wasi_unstable" "fd_read" (func)))"#,
            &RunOptions::default(),
        );
        for text in ["\"env\" \"f\"", "i32", "i64", "\"fd_frob\"", "a memory of at least 2 pages", "newer SDK"] {
            assert!(missing.contains(text), "{text}: {missing}");
        }
        let wrong = r#"(module (import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))
            (func (export "_start")))"#;
        let e = run_captured(&engine, &module(wrong), &ProgramInputs::default(), &RunOptions::default()).err();
        assert!(matches!(&e, Some(RunError::Unlinkable(e)) if e.to_string().contains("fd_close")), "{e:?}");
        let given = ProgramInputs { dirs: vec![("/no/such/folder".into(), "/".into())], ..ProgramInputs::default() };
        let e = run_captured(&engine, &module(COPY), &given, &RunOptions::default()).err();
        assert!(matches!(&e, Some(e @ RunError::Folder { .. }) if e.to_string().contains("/no/such/folder")), "{e:?}");
    }
}

/// Runs the command line; returns the status and the outputs.
fn wasmoon(folder: &std::path::Path, args: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    use std::io::Write;
    let mut child = Command::new(env!("CARGO_BIN_EXE_wasmoon"))
        .args(args)
        .current_dir(folder)
        .env("SEEN", "from outside")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that does not read its input closes it.
    let _ = stdin.write_all(input);
    drop(stdin);
    let out = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code(), text(out.stdout), text(out.stderr))
}

#[test]
fn the_command_line_gives_programs_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let f = folder.path();
    std::fs::write(f.join("copy.wat"), COPY).unwrap();
    std::fs::write(f.join("args.wat"), printer("args")).unwrap();
    std::fs::write(f.join("env.wat"), printer("environ")).unwrap();
    std::fs::write(f.join("library.wat"), LIBRARY).unwrap();
    std::fs::write(f.join("sleep.wat"), SLEEP).unwrap();
    std::fs::write(
        f.join("grow.wat"),
        "(module (memory 1) (func (export \"g\") (param i32) (result i32)
        (memory.grow (local.get 0))))",
    )
    .unwrap();
    std::fs::write(f.join("loop.wat"), "(module (func (export \"_start\") (loop (br 0))))").unwrap();
    for backend in ["--no-jit", "-O0", "-O1", "-O2"] {
        let run = |args: &[&str], input: &[u8]| wasmoon(f, &[&["run", backend], args].concat(), input);
        assert_eq!(run(&["copy.wat"], b"x y z"), (Some(7), "x y z".into(), "done\n".into()));
        assert_eq!(run(&["args.wat", "a", "--env", "-O0"], b"").1, "args.wat\na\n--env\n-O0\n");
        assert_eq!(run(&["args.wat", "--", "--no-jit", ""], b"").1, "args.wat\n--no-jit\n\n");
        assert_eq!(run(&["--env", "A=b=c", "--env", "SEEN", "env.wat"], b"").1, "A=b=c\nSEEN=from outside\n");
        assert_eq!(run(&["env.wat"], b"").1, "");
        assert_eq!(run(&["library.wat", "--invoke", "get", "--arg", "-1"], b"").1, "39\n");
        assert_eq!(run(&["--max-memory", "128K", "grow.wat", "--invoke", "g", "--arg", "1"], b"").1, "1\n");
        assert_eq!(run(&["--max-memory", "128K", "grow.wat", "--invoke", "g", "--arg", "2"], b"").1, "-1\n");
        for program in ["loop.wat", "sleep.wat"] {
            let (status, _, err) = run(&["--timeout", "0.2", program], b"");
            assert_eq!(status, Some(134), "{program}: {err}");
            assert!(err.contains("interrupt") && err.contains("0.2 seconds"), "{err}");
        }
        let (status, _, err) = run(&["--fuel", "1000", "loop.wat"], b"");
        assert!(status == Some(134) && err.contains("fuel"), "{status:?} {err}");
    }
    let refused = |args: &[&str], text: &str| {
        let (status, out, err) = wasmoon(f, &[&["run"], args].concat(), b"");
        assert!(status == Some(2) && err.contains(text) && out.is_empty(), "{args:?}: {status:?} {err}");
    };
    refused(&["--dir", "nowhere", "copy.wat"], "--dir nowhere");
    refused(&["--dir", "copy.wat", "copy.wat"], "--dir copy.wat");
    refused(&["--env", "NO_SUCH_VARIABLE_HERE", "copy.wat"], "--env NO_SUCH_VARIABLE_HERE=VALUE");
    refused(&["--env", "=x", "copy.wat"], "the variable has no name");
    refused(&["--timeout", "0", "copy.wat"], "seconds above 0");
    refused(&["--max-memory", "4X", "copy.wat"], "64K");
    refused(&["copy.wat", "--frobnicate"], "--frobnicate");
    refused(&["library.wat"], "--invoke: get");
    refused(&["library.wat", "--invoke", "put"], "no export 'put'; the exported functions are: get");
}

/// A terminal is a character device; the type of any other stream is not reported.
#[cfg(target_os = "linux")]
#[test]
fn terminals_are_character_devices() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $stat (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_filestat_get" (func $file (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func $kind (param $fd i32) (result i32)
            (drop (call $stat (local.get $fd) (i32.const 0)))
            (drop (call $file (local.get $fd) (i32.const 64)))
            (i32.or (i32.load8_u (i32.const 0)) (i32.shl (i32.load8_u (i32.const 80)) (i32.const 2))))
        (func (export "_start")
            (call $exit (i32.or (call $kind (i32.const 0)) (i32.shl (call $kind (i32.const 1)) (i32.const 4))))))"#;
    std::fs::write(folder.path().join("kinds.wat"), text).unwrap();
    // The end of a terminal held by its window is a character device, too.
    let terminal = || std::fs::File::options().read(true).write(true).open("/dev/ptmx").unwrap().into();
    for (stdin, stdout, status) in [
        (Stdio::null(), Stdio::null(), 0),
        (terminal(), Stdio::null(), 0b1010),
        (Stdio::null(), terminal(), 0b1010 << 4),
        (terminal(), terminal(), 0b1010_1010),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        command.args(["run", "kinds.wat"]).current_dir(folder.path()).stdin(stdin).stdout(stdout);
        assert_eq!(command.status().unwrap().code(), Some(status));
    }
}

/// A terminal that nobody reads eventually accepts no more output: a program that keeps writing ends at its timeout.
#[cfg(target_os = "linux")]
#[test]
fn who_writes_to_a_terminal_that_nobody_reads_is_woken() {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    use wasmoon::process::spawn::{ProcessEnd, ended_within};
    let folder = tempfile::tempdir().unwrap();
    let text = r#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 0) "\00\01\00\00\00\ff\00\00")
        (func (export "_start")
            (loop $l (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))) (br $l))))"#;
    std::fs::write(folder.path().join("out.wat"), text).unwrap();
    // SAFETY: the calls open a terminal, take ownership of its end, and get the name of its other end.
    let (window, name) = unsafe {
        let window = OwnedFd::from_raw_fd(libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY));
        assert_eq!(libc::unlockpt(window.as_raw_fd()), 0);
        let mut name = [0; 64];
        assert_eq!(libc::ptsname_r(window.as_raw_fd(), name.as_mut_ptr(), name.len()), 0);
        (window, std::ffi::CStr::from_ptr(name.as_ptr()).to_str().unwrap().to_string())
    };
    for backend in ["--no-jit", "-O2"] {
        let terminal = std::fs::File::options().write(true).open(&name).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        command.args(["run", backend, "--timeout", "0.3", "out.wat"]).current_dir(folder.path());
        let mut child = command.stdin(Stdio::null()).stdout(terminal).stderr(Stdio::null()).spawn().unwrap();
        let end = ended_within(&mut child, Duration::from_secs(60));
        child.kill().unwrap();
        assert_eq!(end, Some(ProcessEnd::ExitStatus(134)), "{backend}");
    }
    drop(window);
}

/// Without a reader of the program's output, the write fails, and the program decides what to do.
#[test]
fn a_closed_output_is_the_program_s_to_handle() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("copy.wat"), COPY).unwrap();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = Command::new(env!("CARGO_BIN_EXE_wasmoon"))
        .args(["run", "copy.wat"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    use std::io::Write;
    let _ = child.stdin.take().unwrap().write_all(b"text");
    let out = child.wait_with_output().unwrap();
    // `fd_write` fails with EPIPE, and this program then traps.
    let err = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.code() == Some(134) && err.contains("unreachable"), "{out:?}");
}

/// A program may poll one descriptor many times, even if a process may only have a few.
#[test]
fn a_poll_may_have_more_subscriptions_than_a_process_may_have_descriptors() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"(module
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 2)
        (func (export "_start") (local $i i32)
            ;; To read standard input, 300 times.
            (loop $next
                (i32.store8 (i32.add (i32.mul (local.get $i) (i32.const 48)) (i32.const 8)) (i32.const 1))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $i) (i32.const 300))))
            (local.set $i (call $poll (i32.const 0) (i32.const 32768) (i32.const 300) (i32.const 65536)))
            (if (local.get $i) (then (call $exit (local.get $i))))
            ;; All of them are ready.
            (call $exit (i32.div_u (i32.load (i32.const 65536)) (i32.const 100)))))"#;
    std::fs::write(folder.path().join("p.wat"), text).unwrap();
    for tier in ["--no-jit", "-O2"] {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -n 64; exec \"$0\" run \"$1\" p.wat", env!("CARGO_BIN_EXE_wasmoon"), tier]);
        let output = command.current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(3), "{tier}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Each descriptor may be polled for reading and for writing, even if they are nearly all that a process may have.
#[test]
fn a_poll_may_be_of_all_descriptors_in_both_directions() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"(module
        (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 2)
        (data (i32.const 8) "null")
        (func (export "_start") (local $i i32) (local $at i32)
            ;; A device, 40 times, with the rights to read, to write and to poll; two subscriptions each.
            (loop $next
                (if (call $open (i32.const 3) (i32.const 0) (i32.const 8) (i32.const 4) (i32.const 0)
                        (i64.const 0x8000042) (i64.const 0) (i32.const 0) (i32.const 0))
                    (then unreachable))
                (local.set $at (i32.add (i32.const 32768) (i32.mul (local.get $i) (i32.const 96))))
                (i32.store8 offset=8 (local.get $at) (i32.const 1))
                (i32.store offset=16 (local.get $at) (i32.load (i32.const 0)))
                (i32.store8 offset=56 (local.get $at) (i32.const 2))
                (i32.store offset=64 (local.get $at) (i32.load (i32.const 0)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $i) (i32.const 40))))
            (local.set $i (call $poll (i32.const 32768) (i32.const 65536) (i32.const 80) (i32.const 4)))
            (if (local.get $i) (then (call $exit (local.get $i))))
            ;; All of them are ready.
            (call $exit (i32.load (i32.const 4)))))"#;
    std::fs::write(folder.path().join("p.wat"), text).unwrap();
    for tier in ["--no-jit", "-O2"] {
        let mut command = Command::new("sh");
        let script = "ulimit -n 64; exec \"$0\" run \"$1\" --dir /dev::/d p.wat";
        command.args(["-c", script, env!("CARGO_BIN_EXE_wasmoon"), tier]);
        let output = command.current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(80), "{tier}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
