//! What one directive did on one backend: a line of the JSONL report, and what every other report is made from.

use serde::{Deserialize, Serialize};

/// Outcome held against expectation. `Diverge` and `Poisoned` occur in the `xdiff` column only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Pass,
    Fail,
    Crash,
    Timeout,
    Unsupported,
    Skip,
    Diverge,
    Poisoned,
    Flaky,
}

/// The pseudo backend in whose column two backends are held against each other.
pub const XDIFF: &str = "xdiff";

/// One directive on one backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this schema: 1.
    pub schema: u32,
    /// `core-2.0`, `simd`, `extra/calls`, …
    pub group: String,
    /// Stem, unique in its group.
    pub file: String,
    /// 1-based line of the directive.
    pub line: u32,
    /// Position among the file's directives from 0; nested ones have a path, "12.3".
    pub index: String,
    /// `assert_return f32x4.min`: kind, then what it invokes or names.
    pub directive: String,
    /// `interp`, `jit-O0`, `jit-O1`, `jit`, or [`XDIFF`].
    pub backend: String,
    pub verdict: Verdict,
    /// What was expected and what came, as text; absent on a plain pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
    /// Index of the directive whose failure this one suffers from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// A rule of `expectations.toml` covers it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// Where that rule says it is tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bug: Option<String>,
    /// The command that replays it; on everything but a pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// Microseconds.
    pub us: u64,
}

impl Verdict {
    pub const ALL: [Verdict; 9] = [
        Verdict::Pass,
        Verdict::Fail,
        Verdict::Crash,
        Verdict::Timeout,
        Verdict::Unsupported,
        Verdict::Skip,
        Verdict::Diverge,
        Verdict::Poisoned,
        Verdict::Flaky,
    ];

    /// As in the JSONL report.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Crash => "crash",
            Verdict::Timeout => "timeout",
            Verdict::Unsupported => "unsupported",
            Verdict::Skip => "skip",
            Verdict::Diverge => "diverge",
            Verdict::Poisoned => "poisoned",
            Verdict::Flaky => "flaky",
        }
    }

    /// Nothing to explain: a pass, or a pair that may legitimately differ.
    pub fn is_fine(self) -> bool {
        matches!(self, Verdict::Pass | Verdict::Poisoned)
    }
}

impl Record {
    /// `group/stem`: what globs of `expectations.toml` match.
    pub fn key(&self) -> String {
        format!("{}/{}", self.group, self.file)
    }

    /// A deviation that no rule covers.
    pub fn is_unexpected(&self) -> bool {
        !self.known && !self.verdict.is_fine()
    }

    /// `index` as numbers, for sorting: "12.3" is [12, 3].
    pub fn path(&self) -> Vec<u32> {
        index_path(&self.index)
    }
}

/// An index as numbers, for sorting: "12.3" is [12, 3].
pub fn index_path(index: &str) -> Vec<u32> {
    index.split('.').map(|part| part.parse().unwrap_or(u32::MAX)).collect()
}
