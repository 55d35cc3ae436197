//! The line protocol: one JSON object a line, requests to a driver's standard input, answers from its standard output,
//! in order.
//!
//! | line | when |
//! |---|---|
//! | [`Hello`] | from the driver, once, before anything else |
//! | [`Request`] | to the driver |
//! | [`Answer`] | from the driver, one for each request |
//!
//! Bytes are written in hexadecimal. A driver ends when its standard input does. Any program that speaks this protocol
//! is an oracle: `--oracle "cmd:PROGRAM ARGUMENTS"`.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// A way to a driver. Dropping it ends the driver.
pub trait Link: Send {
    /// Sends a line; never blocks.
    fn send(&mut self, line: Vec<u8>);

    /// Receives the next line. After `LinkLost` the driver is unusable.
    ///
    /// # Errors
    /// If it took longer than `timeout`, or the driver ended.
    fn receive(&mut self, timeout: Duration) -> Result<String, LinkLost>;
}

/// Why there is no line.
pub enum LinkLost {
    Timeout,
    /// The driver ended: its status, and the end of its standard error.
    Ended(String),
}

/// The driver's identity, or a dependency that it misses.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hello {
    /// Version of this protocol: [`PROTOCOL`].
    pub protocol: u32,
    pub name: String,
    /// Version of the engine, as reports state it.
    #[serde(default)]
    pub version: String,
    /// A dependency that is not installed, and how to install it. Then nothing follows.
    pub missing: Option<(String, String)>,
    /// Whether it can execute `try_table`.
    #[serde(default)]
    pub exceptions: bool,
    /// Whether it has `ref.i31` and `extern.convert_any`.
    #[serde(default)]
    pub gc: bool,
}

/// Version of the protocol.
pub const PROTOCOL: u32 = 2;

/// A request to a driver.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Instantiate `provider`, if there is one; then `module`, with the provider's exports as imports from the name
    /// that stands before it; then `probe`, with the exports of the module as imports from "m"; make the calls. If one
    /// of the instantiations fails, the module's instantiation fails in that way.
    Module {
        id: u64,
        module: String,
        /// Name and binary.
        provider: Option<(String, String)>,
        probe: String,
        /// Export of the probe, bytes to write to its memory "p" at 0, number of bytes to read there at 32768.
        calls: Vec<(String, String, usize)>,
        /// Exported memories of the module that belong to its state, each with a module that imports it from "m" and
        /// exports "h", which returns its hash as an i64.
        memories: Vec<(String, String)>,
        /// "never", "end" or "each". To read state, call "s" and read this many bytes at 65536.
        state: String,
        state_bytes: usize,
        /// Limit of one memory in bytes (and of the heap of objects, if the engine has such an option), and of one
        /// table in elements.
        limits: Option<(u64, u64)>,
        /// Folder for the final contents of memories: files `memory-0`, …
        contents: Option<PathBuf>,
    },
    /// Run a WASI program. All paths are absolute; the driver creates the files of output and memory.
    Program {
        id: u64,
        module: PathBuf,
        args: Vec<String>,
        env: Vec<(String, String)>,
        dirs: Vec<(PathBuf, String)>,
        stdin: PathBuf,
        stdout: PathBuf,
        stderr: PathBuf,
        /// File for the contents of the export "memory", if there is one.
        memory: PathBuf,
    },
}

/// An answer to a request. Programs have only `id` and `start`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    pub id: u64,
    /// The end of the instantiation of provider and module, or of the program.
    pub start: WireEnd,
    /// State after instantiation, if requested for "each".
    #[serde(default)]
    pub started: Option<StateBytes>,
    /// One for each requested call, unless the instantiation failed.
    #[serde(default)]
    pub calls: Vec<(WireEnd, Option<StateBytes>)>,
}

/// How something ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireEnd {
    /// The probe's function returned this status, and left these bytes. 0 and nothing for an instantiation or a
    /// program.
    Returned(u32, String),
    /// Messages of the specification that it may be, and the engine's own words.
    Trap(Vec<String>, String),
    /// An exception that was not caught.
    Exception,
    Exit(i32),
    Exhausted,
    Unsupported(String),
    Refused(String),
}

/// State as the driver reads it.
#[derive(Debug, Serialize, Deserialize)]
pub struct StateBytes {
    /// Bytes that the probe's `s` wrote.
    pub bytes: String,
    /// Length in bytes of each memory, and its hash as an unsigned decimal number.
    pub memories: Vec<(u64, String)>,
}

/// Writes bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
    digits.map(char::from).collect()
}

/// Parses bytes in hexadecimal; `None` if the text is not that.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
    let pair = |pair: &[u8]| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?);
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_there_and_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&bytes)).unwrap(), bytes);
        assert!(unhex("0").is_none() && unhex("0g").is_none());
    }
}
