//! Options that tell profilers and debuggers the names of JIT code.

use super::{Failed, OK, USAGE, complain};
use crate::engine::profile::{self, Audience};
use std::path::PathBuf;

/// The tools that are told the names of JIT code.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Profiling and debugging")]
pub struct Profiling {
    /// Tools to tell the names of JIT code: map (perf report), jitdump (perf inject --jit, with lines), gdb
    #[arg(long, value_name = "TOOL,…", value_delimiter = ',', value_parser = parse_audience, conflicts_with = "no_jit")]
    perf: Vec<Audience>,
    /// Folder for the jitdump, and for the listing that line numbers refer to; gdb shows lines only with this option
    /// [default for jitdump: .]
    #[arg(long, value_name = "DIR")]
    pub perf_dir: Option<PathBuf>,
    /// Make names and backtraces of JIT code known to GDB, like --perf gdb
    #[arg(short = 'g', conflicts_with = "no_jit")]
    debugger: bool,
}

/// A name that no [`Audience`] has.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("expected map, jitdump or gdb")]
struct UnknownAudience;

fn parse_audience(text: &str) -> Result<Audience, UnknownAudience> {
    let found = Audience::NAMES.iter().find(|(name, _)| *name == text);
    found.map(|(_, audience)| *audience).ok_or(UnknownAudience)
}

impl Profiling {
    /// Whether any tool is to be told names.
    pub fn is_given(&self) -> bool {
        self.debugger || !self.perf.is_empty()
    }

    /// Starts profiling; to be called before the first module is compiled.
    ///
    /// # Errors
    /// A file cannot be created.
    pub fn start(&self) -> Result<(), Failed> {
        let mut audiences = self.perf.clone();
        if self.debugger {
            audiences.push(Audience::Gdb);
        }
        if audiences.iter().all(|a| *a == Audience::PerfMap) && self.perf_dir.is_some() {
            return Err("--perf-dir has an effect only with --perf jitdump or --perf gdb".into());
        }
        if audiences.is_empty() { Ok(()) } else { Ok(profile::start(&audiences, self.perf_dir.as_deref())?) }
    }
}

/// Ends profiling after a run with this status; prints an error if a file is incomplete.
pub fn finish(status: u8) -> u8 {
    match profile::finish() {
        Ok(()) => status,
        Err(problem) => {
            complain(&format!("the profile is missing names: {problem}"));
            if status == OK { USAGE } else { status }
        }
    }
}
