//! Everything that a program is given, and its state while it runs.

use super::capture::Capture;
use super::descriptors::{Descriptor, DescriptorKind, DescriptorTable, InputSource, OutputSink};
use super::types::rights;
use crate::runtime::sys::files::without_waiting;
use cap_std::fs::Dir;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

/// The source of a program's standard input.
#[derive(Debug, Default)]
pub enum Input {
    /// Standard input of this process.
    Inherit,
    /// No input: immediately at its end.
    #[default]
    Empty,
    /// The given bytes.
    Bytes(Vec<u8>),
}

/// The destination of one of a program's outputs.
#[derive(Debug, Default)]
pub enum Output {
    /// Standard output or error of this process.
    Inherit,
    /// The output is discarded.
    #[default]
    Discard,
    /// The output is collected.
    Capture(Capture),
}

/// Limits on the host's resources that a program may use, besides those of its store.
#[derive(Clone, Copy, Debug)]
pub struct WasiLimits {
    /// The number of descriptors open at once. Standard streams and the folders of [`WasiCtxBuilder::dir`] count, and are
    /// always available. Beyond this limit, opening fails with `Mfile`.
    pub descriptors: usize,
    /// The bytes of the listings that `fd_readdir` keeps, for all folders together. A larger folder cannot be listed
    /// (`Nomem`). If several folders exceed it, those read earlier are listed again when reading continues.
    pub listing_bytes: usize,
    /// The bytes that the program may write to files and streams, or reserve in files, over its lifetime; after that,
    /// `Nospc`.
    pub written_bytes: u64,
}

impl Default for WasiLimits {
    /// A thousand descriptors, 16 MiB of listings, no limit on what is written.
    fn default() -> Self {
        WasiLimits { descriptors: 1024, listing_bytes: 16 << 20, written_bytes: u64::MAX }
    }
}

/// Everything that a program is given. By default there are no arguments, variables, files or input; output is
/// discarded; time and random numbers are the host's.
#[derive(Debug, Default)]
pub struct WasiCtxBuilder {
    args: Vec<Vec<u8>>,
    env: Vec<Vec<u8>>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    preopens: Vec<(Dir, String)>,
    seed: Option<u64>,
    limits: WasiLimits,
}

impl WasiCtxBuilder {
    /// Creates a context that gives the program nothing.
    pub fn new() -> WasiCtxBuilder {
        WasiCtxBuilder::default()
    }

    /// Adds an argument; the first is the program's name.
    ///
    /// # Panics
    /// If the argument contains a NUL.
    pub fn arg(&mut self, arg: impl Into<Vec<u8>>) -> &mut Self {
        let arg = arg.into();
        assert!(!arg.contains(&0), "an argument with a NUL");
        self.args.push(arg);
        self
    }

    /// Adds an environment variable.
    ///
    /// # Panics
    /// If the name or the value contains a NUL.
    pub fn env(&mut self, name: &[u8], value: &[u8]) -> &mut Self {
        let variable = [name, b"=", value].concat();
        assert!(!variable.contains(&0), "an environment variable with a NUL");
        self.env.push(variable);
        self
    }

    /// Gives the program a folder under the name `guest`.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn dir(&mut self, host: &Path, guest: &str) -> io::Result<&mut Self> {
        let dir = Dir::open_ambient_dir(host, cap_std::ambient_authority())?;
        self.preopens.push((dir, guest.to_string()));
        Ok(self)
    }

    /// Sets standard input.
    pub fn stdin(&mut self, input: Input) -> &mut Self {
        self.stdin = input;
        self
    }

    /// Sets standard output.
    pub fn stdout(&mut self, output: Output) -> &mut Self {
        self.stdout = output;
        self
    }

    /// Sets standard error.
    pub fn stderr(&mut self, output: Output) -> &mut Self {
        self.stderr = output;
        self
    }

    /// Gives the program the standard streams of this process.
    pub fn inherit_stdio(&mut self) -> &mut Self {
        self.stdin(Input::Inherit).stdout(Output::Inherit).stderr(Output::Inherit)
    }

    /// Makes executions repeatable: clocks advance only when they are read or waited for, and random numbers depend
    /// only on the seed.
    pub fn deterministic(&mut self, seed: u64) -> &mut Self {
        self.seed = Some(seed);
        self
    }

    /// Sets the limits.
    pub fn limits(&mut self, limits: WasiLimits) -> &mut Self {
        self.limits = limits;
        self
    }

    /// Creates the initial state of the program.
    ///
    /// # Errors
    /// If a standard stream of this process cannot be duplicated.
    pub fn build(self) -> io::Result<WasiCtx> {
        let mut fds = DescriptorTable::new(self.limits.descriptors);
        let source = match self.stdin {
            Input::Inherit => InputSource::Host(without_waiting(io::stdin().as_fd(), false)?),
            Input::Empty => InputSource::Bytes(io::Cursor::default()),
            Input::Bytes(bytes) => InputSource::Bytes(io::Cursor::new(bytes)),
        };
        fds.push(stream(DescriptorKind::Source(source), rights::FD_READ));
        for (output, host) in [(self.stdout, io::stdout().as_fd()), (self.stderr, io::stderr().as_fd())] {
            let sink = match output {
                Output::Inherit => {
                    let file = without_waiting(host, true)?;
                    let waits = !file.metadata()?.is_file();
                    OutputSink::Host { file, waits }
                }
                Output::Discard => OutputSink::Discard,
                Output::Capture(capture) => OutputSink::Capture(capture),
            };
            fds.push(stream(DescriptorKind::Sink(sink), rights::FD_WRITE));
        }
        for (dir, name) in self.preopens {
            fds.push(Descriptor {
                kind: DescriptorKind::Dir { dir, preopen: Some(name), listing: None },
                rights: rights::DIRECTORY,
                inheriting: rights::DIRECTORY | rights::FILE,
                flags: 0,
            });
        }
        Ok(WasiCtx {
            args: self.args,
            env: self.env,
            fds,
            virtual_time: self.seed.map(|_| 0),
            seed: self.seed,
            listing_bytes: self.limits.listing_bytes,
            may_write: self.limits.written_bytes,
        })
    }
}

fn stream(kind: DescriptorKind, use_: u64) -> Descriptor {
    Descriptor { kind, rights: rights::STREAM | use_, inheriting: 0, flags: 0 }
}

/// The state of a running program, as its WASI calls see and change it, created by [`WasiCtxBuilder`].
pub struct WasiCtx {
    pub(super) args: Vec<Vec<u8>>,
    pub(super) env: Vec<Vec<u8>>,
    pub(super) fds: DescriptorTable,
    /// Nanoseconds since the start, if time is not the host's.
    pub(super) virtual_time: Option<u64>,
    /// The state of the random number generator, if random numbers are not the host's.
    pub(super) seed: Option<u64>,
    /// See [`WasiLimits::listing_bytes`].
    pub(super) listing_bytes: usize,
    /// The bytes that the program may still write: see [`WasiLimits::written_bytes`].
    pub(super) may_write: u64,
}

impl std::fmt::Debug for WasiCtx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WasiCtx").finish_non_exhaustive()
    }
}
