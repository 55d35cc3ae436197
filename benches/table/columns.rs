//! Driver processes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

pub const ALL: [&str; 12] = [
    "interp",
    "jit-O0",
    "jit-O1",
    "jit",
    "jit-native",
    "jit-backtracking",
    "tiered",
    "cranelift",
    "winch",
    "wasmi",
    "wasm3",
    "v8",
];
pub const DEFAULT: [&str; 8] = ["interp", "jit-O0", "jit", "cranelift", "winch", "wasmi", "wasm3", "v8"];

/// The time limit for one answer.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running engine.
pub struct Column {
    pub name: &'static str,
    /// Its name and version, as the driver reports them.
    pub version: String,
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl Drop for Column {
    fn drop(&mut self) {
        // The process may be in an endless loop, and it has no state to save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the columns with these names; missing ones are reported on standard error.
pub fn open(names: &[String]) -> Vec<Column> {
    let mut columns = Vec::new();
    for name in names {
        match Column::start(name) {
            Ok(column) => columns.push(column),
            Err(why) => eprintln!("{name}: NOT MEASURED: {why}"),
        }
    }
    columns
}

impl Column {
    /// Starts the driver with this name, one of [`ALL`].
    ///
    /// # Errors
    /// If it is not installed or not part of this build; a sentence.
    pub fn start(name: &str) -> Result<Column, String> {
        let name = ALL.into_iter().find(|n| *n == name).ok_or(format!("unknown column '{name}'"))?;
        let variable = |variable: &str, usual: &str| std::env::var_os(variable).unwrap_or_else(|| usual.into());
        let mut command = match name {
            "cranelift" | "winch" => {
                let mut command = Command::new(variable("WASMOON_PYTHON", "python3"));
                command.args(["-u", "benches/drivers/wasmtime_driver.py", name]);
                command
            }
            "wasm3" => {
                let mut command = Command::new(variable("WASMOON_PYTHON", "python3"));
                command.args(["-u", "benches/drivers/wasm3_driver.py"]);
                command
            }
            "v8" => {
                let mut command = Command::new(variable("WASMOON_NODE", "node"));
                command.arg("benches/drivers/v8_driver.mjs");
                command
            }
            _ => {
                let mut command = Command::new(std::env::current_exe().map_err(|e| e.to_string())?);
                command.args(["--driver", name]);
                command
            }
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| format!("{}: {e}", command.get_program().display()))?;
        let (input, output) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut column = Column { name, version: String::new(), child, input, answers };
        let hello = column.receive()?;
        match hello.split_once(' ') {
            Some(("hello", version)) => column.version = version.into(),
            Some(("absent", why)) => return Err(format!("needs {why}")),
            _ => return Err(format!("unexpected greeting '{hello}'")),
        }
        Ok(column)
    }

    /// Runs a program as often as it needs to get to its final speed, if it is compiled while it runs.
    ///
    /// # Errors
    /// That of `run`.
    pub fn warm_up<T>(&mut self, mut run: impl FnMut(&mut Column) -> Result<T, String>) -> Result<(), String> {
        let (calls, pause) = match self.name {
            "v8" => (1, Duration::ZERO),
            // The pauses are for its threads in the background.
            "tiered" => (4, Duration::from_millis(150)),
            _ => return Ok(()),
        };
        for _ in 0..calls {
            run(self)?;
            std::thread::sleep(pause);
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<String, String> {
        match self.answers.recv_timeout(PATIENCE) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                Err(format!("no answer in {} s", PATIENCE.as_secs()))
            }
            Err(RecvTimeoutError::Disconnected) => Err("its process has ended".into()),
        }
    }

    /// Sends a question; returns the numbers of an `ok`.
    fn ask(&mut self, question: &str) -> Result<Vec<u64>, String> {
        writeln!(self.input, "{question}").and_then(|()| self.input.flush()).map_err(|_| "its process has ended")?;
        let line = self.receive()?;
        match line.split_once(' ') {
            Some(("ok", numbers)) => numbers
                .split(' ')
                .map(|n| n.parse::<f64>().map(|n| n as u64).map_err(|_| format!("unexpected answer '{line}'")))
                .collect(),
            Some(("no", why)) => Err(why.into()),
            _ => Err(format!("unexpected answer '{line}'")),
        }
    }

    fn time(&mut self, question: &str) -> Result<u64, String> {
        self.ask(question)?.first().copied().ok_or("empty answer".into())
    }

    /// Compiles a module; returns nanoseconds.
    pub fn open(&mut self, path: &Path) -> Result<u64, String> {
        self.time(&format!("open {}", path.display()))
    }

    /// Makes a new instance of the open module; returns nanoseconds.
    pub fn fresh(&mut self) -> Result<u64, String> {
        self.time("fresh")
    }

    /// Calls an export; returns nanoseconds and its result.
    pub fn call(&mut self, export: &str, argument: u32) -> Result<(u64, u64), String> {
        match self.ask(&format!("call {export} {argument}"))?[..] {
            [time, value] => Ok((time, value)),
            ref other => Err(format!("unexpected answer {other:?}")),
        }
    }

    /// Compiles, instantiates and calls this many times; returns nanoseconds in total.
    pub fn start_up(&mut self, path: &Path, times: u64, export: &str, argument: u32) -> Result<u64, String> {
        self.time(&format!("start {} {times} {export} {argument}", path.display()))
    }

    /// Calls an export of the open module on this many threads at once, each with its own instance on one new memory.
    /// Returns the nanoseconds from when all are ready until all have returned, and the result of `value` for 0.
    pub fn threads(&mut self, export: &str, threads: u32, argument: u32) -> Result<(u64, u64), String> {
        match self.ask(&format!("threads {export} {threads} {argument}"))?[..] {
            [time, value] => Ok((time, value)),
            ref other => Err(format!("unexpected answer {other:?}")),
        }
    }

    /// Resets the peak of resident memory; returns the current resident memory in bytes. `None` if the system does not
    /// report it.
    pub fn reset_peak(&self) -> Option<u64> {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").ok()?;
        self.status("VmRSS:")
    }

    /// Returns the peak of resident memory since the reset.
    pub fn peak(&self) -> Option<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, key: &str) -> Option<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = text.lines().find_map(|l| l.strip_prefix(key))?;
        line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib * 1024)
    }
}
