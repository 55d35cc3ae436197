//! The line protocol: one JSON object per line, with requests to a driver's standard input and answers from its standard output,
//! in order.
//!
//! | line | when |
//! |---|---|
//! | [`Hello`] | from the driver, once, before anything else |
//! | [`Request`] | to the driver |
//! | [`Answer`] | from the driver, one for each request |
//!
//! Bytes are written in hexadecimal. A driver ends when its standard input does. Any program that speaks this protocol is an
//! oracle: `--oracle "cmd:PROGRAM ARGUMENTS"`. The drivers in `drivers/` use this same file.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The driver's identity, or a dependency that it lacks.
#[derive(Debug, Serialize, Deserialize)]
pub struct Hello {
    /// The version of this protocol: [`PROTOCOL`].
    pub protocol: u32,
    pub name: String,
    /// The version of the engine, as reports state it.
    #[serde(default)]
    pub version: String,
    /// A dependency that is not installed, and how to install it. If it is set, nothing else follows.
    pub missing: Option<(String, String)>,
    /// Whether there is an instance 0 with two functions of the host: `extern: [i32] -> [externref]` makes a reference from a
    /// number, and `number: [externref] -> [i32]` finds the number again (-1 for any other reference).
    #[serde(default)]
    pub host: bool,
}

/// The version of the protocol.
pub const PROTOCOL: u32 = 3;

/// A request to a driver.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Request {
    /// Take these steps in order, however each ends. The answer has an end for each.
    Steps { id: u64, steps: Vec<Step> },
    /// Run a WASI program. All paths are absolute; the driver creates the files of output and memory. The answer has one
    /// end. A driver that runs none answers `unsupported`.
    Program {
        id: u64,
        module: PathBuf,
        args: Vec<String>,
        env: Vec<(String, String)>,
        dirs: Vec<(PathBuf, String)>,
        stdin: PathBuf,
        stdout: PathBuf,
        stderr: PathBuf,
        /// The file for the contents of the export "memory", if there is one.
        memory: PathBuf,
    },
}

/// A step. Modules and instances have the numbers that steps give them; a step that refers to one that does not exist ends with
/// `error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Step {
    /// Forget all instances, and lift the limits.
    Reset,
    /// Forget these modules.
    Forget {
        /// Their numbers.
        modules: Vec<u64>,
    },
    /// From now on, limit memories and tables. An engine that has no such option does nothing.
    Limits {
        /// The limit of each memory in bytes; `null` for no limit.
        memory: Option<u64>,
        /// The limit of each table in elements; `null` for no limit.
        table: Option<u64>,
    },
    /// Compile a binary.
    Module {
        /// The number that it gets.
        module: u64,
        /// The binary, in hexadecimal.
        bytes: String,
    },
    /// Instantiate a module.
    Instance {
        /// The number that the instance gets.
        instance: u64,
        /// The number of the module.
        module: u64,
        /// The module and item names of imports, each with the instance that provides it as an export with that item name.
        /// Imports that are not listed are not provided.
        imports: Vec<(String, String, u64)>,
    },
    /// Write to an exported memory.
    Write {
        /// The number of the instance.
        instance: u64,
        /// The name of the export.
        memory: String,
        /// The address.
        at: u64,
        /// The bytes to write, in hexadecimal.
        bytes: String,
    },
    /// Call an exported function that has no parameters and at most one result, an i32 or an i64.
    Call {
        /// The number of the instance.
        instance: u64,
        /// The name of the export.
        export: String,
    },
    /// Read from an exported memory.
    Read {
        /// The number of the instance.
        instance: u64,
        /// The name of the export.
        memory: String,
        /// The address.
        at: u64,
        /// The number of bytes.
        len: usize,
    },
}

/// An answer to a request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    pub id: u64,
    pub ends: Vec<WireEnd>,
}

/// How something ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WireEnd {
    /// It was done, and has no result.
    Done,
    /// The result of a call, as an unsigned decimal number.
    Value(String),
    /// The bytes that were read.
    Bytes(String),
    /// The messages of the specification that may apply (none if the engine does not say), and the engine's own message.
    Trap(Vec<String>, String),
    /// An exception that was not caught.
    Exception,
    /// A suspension that was not handled, with the engine's own message.
    Suspension(String),
    /// The program exited with this status.
    Exit(i32),
    /// The call stack was exhausted.
    Exhausted,
    /// It needs something that the engine lacks.
    Unsupported(String),
    /// A module that cannot be decoded.
    Malformed(String),
    /// A module that is not valid.
    Invalid(String),
    /// A module that an engine rejects without saying in which phase, or an instance that cannot be linked.
    Refused(String),
    /// The request makes no sense to the driver.
    Error(String),
}

/// Writes bytes in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
    digits.map(char::from).collect()
}

/// Parses bytes in hexadecimal; `None` if the text is not hexadecimal.
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
