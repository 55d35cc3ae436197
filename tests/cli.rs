//! The command line, including bad input: a clear message, the right exit status, no panic, no half-written report.

#[path = "cli/files.rs"]
mod files;
#[path = "cli/programs.rs"]
mod programs;
#[path = "cli/reports.rs"]
mod reports;
#[path = "cli/rules.rs"]
mod rules;
#[path = "cli/scripts.rs"]
mod scripts;
#[path = "cli/smith.rs"]
mod smith;
#[path = "cli/usage.rs"]
mod usage;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    #[track_caller]
    fn status(self, wanted: i32) -> Ran {
        assert_eq!(self.status, Some(wanted), "out: {}\nerr: {}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Ran {
        assert!(
            self.out.contains(text) || self.err.contains(text),
            "no {text:?}\nout: {}\nerr: {}",
            self.out,
            self.err
        );
        self
    }
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    command
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .env_remove("SPEC_TESTS")
        .env_remove("WASMOON_CACHE")
        .env("NO_COLOR", "1");
    command
}

fn wasmoon(folder: &Path, args: &[&str]) -> Ran {
    let output = command(folder, args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn write(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, content).unwrap();
    path
}

/// The names in a folder, for checks that nothing was left behind.
fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A script with the same outcome on all backends: one malformed module, one invalid one.
const PLAIN: &str = "(assert_malformed (module binary \"\\00asm\") \"unexpected end\")\n\n\
    (assert_invalid (module (func (result i32))) \"type mismatch\")\n";
/// A directive that expects the wrong phase.
const WRONG: &str = "(assert_malformed (module (func (result i32))) \"type mismatch\")\n";

const EMPTY_MODULE: &[u8] = b"\0asm\x01\0\0\0";

const RULE: &str =
    "\n[[expect]]\nfile = \"other/x\"\nat = [\"9 module\"]\nstatus = \"fail\"\nbug = \"hand\"\nreason = \"hand\"\n";

/// Encodes with the same library as the program; only the length and the bytes matter here.
fn wast_module(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A run that blocks until its report is read: it has read its rules when [`Waiting::start`] returns, and goes on to its end in
/// [`Waiting::end`].
struct Waiting {
    child: Child,
    report: File,
}

impl Waiting {
    /// `args` are those of `wasmoon test`.
    fn start(f: &TempDir, args: &[&str]) -> Waiting {
        Waiting::start_with(f, args, Stdio::piped())
    }

    /// As [`Waiting::start`], with the given standard error.
    fn start_with(f: &TempDir, args: &[&str], err: impl Into<Stdio>) -> Waiting {
        let pipe = f.path().join("pipe");
        if !pipe.exists() {
            assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        }
        let all = [&["test", "--backend", "interp", "--jobs", "1", "--report", "jsonl=pipe"], args].concat();
        let child = command(f.path(), &all).stdout(Stdio::piped()).stderr(err).spawn().unwrap();
        // Opening either end blocks until the other is opened.
        Waiting { child, report: File::open(pipe).unwrap() }
    }

    /// Waits until there is a worker, which is started for the first script: a run interrupted earlier starts none.
    fn has_begun(&self) {
        let tasks = format!("/proc/{}/task", self.child.id());
        let children = |task: &Path| std::fs::read_to_string(task.join("children")).unwrap_or_default();
        while std::fs::read_dir(&tasks).unwrap().all(|task| children(&task.unwrap().path()).is_empty()) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn end(mut self) -> Ran {
        let mut report = String::new();
        self.report.read_to_string(&mut report).unwrap();
        let output = self.child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}
