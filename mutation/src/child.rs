//! Runs a program of the build as a child process, with a change on, or to record what it reaches. Its time and memory are
//! limited.

use std::fs::File;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The variable that switches a change on, or asks for what is reached; and the one with the file for that.
const VARIABLE: &str = "WASMOON_MUTANT";
const COVERAGE: &str = "WASMOON_MUTANT_COVERAGE";
/// The memory limit in bytes, for all processes together: a process with a change may ask for all the memory of the machine.
const MEMORY: u64 = 6 << 30;
/// The interval at which the memory is checked.
const LOOK: Duration = Duration::from_millis(500);

/// The change that is on in a child.
#[derive(Clone, Copy, Debug)]
pub enum Switch<'a> {
    /// This change.
    On(u32),
    /// None, and what is reached is recorded in this file.
    Cover(&'a Path),
    /// None.
    Off,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing was wrong.
    Fine,
    /// Something was wrong: the status, or the signal.
    Failed(String),
    /// It took too long.
    TimeOut,
}

/// How a child ended, how long it took, and the end of what it printed.
pub struct Ended {
    /// How it ended.
    pub end: End,
    /// The wall-clock time.
    pub time: Duration,
    /// What it printed.
    pub output: String,
}

/// Runs a program with these arguments in a folder.
///
/// # Errors
/// The program cannot be started or watched.
pub fn run(
    program: &Path,
    args: &[String],
    folder: &Path,
    switch: Switch,
    limit: Duration,
    output: &Path,
) -> Result<Ended, String> {
    let told = |e: std::io::Error| format!("{}: {e}", program.display());
    let out = File::create(output).map_err(told)?;
    let mut command = Command::new(program);
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command.stdout(out.try_clone().map_err(told)?).stderr(out).process_group(0);
    command.env_remove(VARIABLE).env_remove(COVERAGE).env_remove("WASMOON_BLESS");
    match switch {
        Switch::On(n) => drop(command.env(VARIABLE, n.to_string())),
        Switch::Cover(file) => drop(command.env(VARIABLE, "cover").env(COVERAGE, file)),
        Switch::Off => {}
    }
    let start = Instant::now();
    let mut child = command.spawn().map_err(told)?;
    let ended = watch(&mut child, start, limit).map_err(told)?;
    let end = match ended {
        Watched::Ended(status) if status.success() => End::Fine,
        Watched::Ended(status) => End::Failed(match (status.code(), status.signal()) {
            (Some(code), _) => format!("status {code}"),
            (None, signal) => format!("signal {}", signal.unwrap_or(0)),
        }),
        Watched::TooLong => End::TimeOut,
        Watched::TooLarge => End::Failed("more than 6 GB of memory".into()),
    };
    let output = String::from_utf8_lossy(&std::fs::read(output).unwrap_or_default()).into_owned();
    Ok(Ended { end, time: start.elapsed(), output })
}

enum Watched {
    Ended(ExitStatus),
    TooLong,
    TooLarge,
}

fn watch(child: &mut Child, start: Instant, limit: Duration) -> std::io::Result<Watched> {
    let (mut nap, mut look) = (Duration::from_millis(1), LOOK);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Watched::Ended(status));
        }
        let mut over = (start.elapsed() > limit).then_some(Watched::TooLong);
        if start.elapsed() > look {
            look += LOOK;
            over = over.or((memory(child.id()) > MEMORY).then_some(Watched::TooLarge));
        }
        if let Some(over) = over {
            // Our own child and what it started are a separate process group.
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
            child.kill()?;
            child.wait()?;
            return Ok(over);
        }
        std::thread::sleep(nap);
        nap = (nap * 2).min(Duration::from_millis(10));
    }
}

/// The memory of all processes of a group, in bytes.
fn memory(group: u32) -> u64 {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let stats = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    let of = |stat: String| {
        // After the name, which may contain anything: state, parent, group, …; the 22nd is the number of pages.
        let fields: Vec<u64> = stat.rsplit_once(')')?.1.split_whitespace().map(|f| f.parse().unwrap_or(0)).collect();
        (fields.get(2)? == &u64::from(group)).then(|| fields.get(21).copied().unwrap_or(0) * 4096)
    };
    stats.filter_map(of).sum()
}

/// A file that records what is reached, with a byte for each change.
pub struct Coverage {
    path: PathBuf,
    changes: usize,
}

impl Coverage {
    /// Starts a new record in this file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn new(path: PathBuf, changes: usize) -> Result<Coverage, String> {
        std::fs::write(&path, vec![0; changes.max(1)]).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Coverage { path, changes })
    }

    /// The file, for [`Switch::Cover`].
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The numbers of the changes that were reached.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn reached(&self) -> Result<Vec<u32>, String> {
        let bytes = std::fs::read(&self.path).map_err(|e| format!("{}: {e}", self.path.display()))?;
        Ok((0..).zip(&bytes[..self.changes]).filter(|(_, byte)| **byte != 0).map(|(n, _)| n).collect())
    }
}
