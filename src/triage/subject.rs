//! What is executed, and how it is driven: the one description that `smith`, `bisect` and `reduce` share, so that a
//! finding of one is the input of the next.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A module (or script) and everything that its execution depends on, other than the configuration of the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The binary module; of a script, its text.
    pub bytes: Vec<u8>,
    pub drive: Drive,
}

/// How a subject is driven.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Drive {
    /// Each exported function, in order of exports, `rounds` times, with arguments drawn from `seed`; `fuel`: the
    /// exported global that is set to so much before each call (what wasm-smith's `ensure_termination` counts down).
    Exports { seed: u64, rounds: u32, fuel: Option<(String, u32)> },
    /// One exported function; arguments as the text format writes them.
    Invoke { export: String, args: Vec<String> },
    /// A WASI program: `_start`.
    Program { args: Vec<String>, env: Vec<(String, String)>, dirs: Vec<(PathBuf, String)>, stdin: Vec<u8> },
    /// A script, as far as the directive at this line.
    Script { line: u32 },
}
