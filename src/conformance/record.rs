//! The outcome of one directive on one backend: a line of the JSONL report, from which every other report is made.

use serde::{Deserialize, Serialize};

/// Declares [`Verdict`] and what is known about each: meaning, name, letter in the HTML report, and whether it is fine.
macro_rules! verdicts {
    ($(#[doc = $meaning:literal] $verdict:ident $name:literal $letter:literal $fine:literal,)*) => {
        /// The result of comparing an outcome with the expectation. `Diverge` and `Poisoned` occur in the `xdiff`
        /// column only.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Verdict {
            $(#[doc = $meaning] #[serde(rename = $name)] $verdict,)*
        }

        impl Verdict {
            /// In declaration order, so that `ALL[v as usize] == v`. `Pass` comes first.
            pub const ALL: [Verdict; [$($name),*].len()] = [$(Verdict::$verdict),*];

            /// The name in the JSONL report.
            pub fn name(self) -> &'static str {
                match self {
                    $(Verdict::$verdict => $name,)*
                }
            }

            /// The meaning, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Verdict::$verdict => $meaning.trim_ascii_start(),)*
                }
            }

            /// Its letter in the HTML report, where a directive is one character wide.
            pub fn letter(self) -> u8 {
                match self {
                    $(Verdict::$verdict => $letter,)*
                }
            }

            /// Whether there is nothing to explain: a pass, or a pair that may legitimately differ.
            pub fn is_fine(self) -> bool {
                match self {
                    $(Verdict::$verdict => $fine,)*
                }
            }
        }
    };
}

verdicts! {
    /// The outcome is the expected one.
    Pass "pass" b'.' true,
    /// The outcome is not the expected one.
    Fail "fail" b'f' false,
    /// The process died while executing it.
    Crash "crash" b'c' false,
    /// It did not end within the time for a directive, or was not reached within the time for a file.
    Timeout "timeout" b't' false,
    /// It asks for a feature that is missing, or for more than a limit or the machine's memory allows.
    Unsupported "unsupported" b'u' false,
    /// Two backends differ.
    Diverge "diverge" b'd' false,
    /// Nothing to compare: a side has no outcome, or an earlier directive diverged.
    Poisoned "poisoned" b'p' true,
    /// It ended differently when it was repeated.
    Flaky "flaky" b'k' false,
}

/// The pseudo backend whose column compares backends with each other.
pub const XDIFF: &str = "xdiff";

/// The record of one directive on one backend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// The version of this schema: 1.
    pub schema: u32,
    /// `core-2.0`, `simd`, `extra/calls`, …
    pub group: String,
    /// Stem, unique in its group.
    pub file: String,
    /// 1-based line of the directive.
    pub line: u32,
    /// Position among the file's directives, counted from 0. Nested ones have a path, such as "12.3".
    pub index: String,
    /// `assert_return f32x4.min`: the kind, then the name that it invokes or defines.
    pub directive: String,
    /// `interp`, `jit-O0`, `jit-O1`, `jit`, [`XDIFF`], or the name of another engine's column.
    pub backend: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The expected outcome, as text; absent on a plain pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The actual outcome, as text; absent on a plain pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub got: Option<String>,
    /// Index of the directive whose failure caused this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Whether a rule of `expectations.toml` covers it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// Where that rule says it is tracked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bug: Option<String>,
    /// The command that replays it; present on everything but a pass, if a command can find the script and column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// Microseconds.
    pub us: u64,
}

#[cfg(test)]
impl Record {
    /// A directive that passes, for tests that care about few of its fields.
    pub fn passed(group: &str, file: &str, index: &str, backend: &str) -> Record {
        Record {
            schema: 1,
            group: group.into(),
            file: file.into(),
            line: 1,
            index: index.into(),
            directive: "invoke f".into(),
            backend: backend.into(),
            verdict: Verdict::Pass,
            expected: None,
            got: None,
            cause: None,
            known: false,
            bug: None,
            replay: None,
            us: 1,
        }
    }
}

/// The expectation of a comparison that itself died.
pub(crate) const COMPARISON: &str = "a comparison";

/// The directive of a record about a script as a whole. (A script can also contain a directive written `(script …)`.)
pub(crate) const SCRIPT_DIRECTIVE: &str = "script";

/// The expectation of a script as a whole.
pub(crate) const SCRIPT: &str = "a script";

impl Record {
    /// `group/stem`: the key that globs in `expectations.toml` match.
    pub fn key(&self) -> String {
        format!("{}/{}", self.group, self.file)
    }

    /// Whether it is a deviation that no rule covers.
    pub fn is_unexpected(&self) -> bool {
        !self.known && !self.verdict.is_fine()
    }

    /// Whether it is a pass in which something was excused, and that says what.
    pub fn is_excused(&self) -> bool {
        self.verdict == Verdict::Pass && (self.expected.is_some() || self.got.is_some())
    }

    /// Whether this comparison only repeats what the record of one side says: that there is no outcome. It then has the verdict
    /// of the worse side. A comparison that itself died repeats nothing.
    pub(crate) fn repeats(&self, side: &Record) -> bool {
        let is_there = (&self.group, &self.file, &self.index) == (&side.group, &side.file, &side.index);
        let is_of_side = self.backend == XDIFF && side.backend != XDIFF && !self.is_end_of_comparing();
        is_of_side && is_there && self.verdict == side.verdict && !self.verdict.is_fine()
    }

    /// Whether the comparison itself died, which concerns neither side.
    pub(crate) fn is_end_of_comparing(&self) -> bool {
        self.backend == XDIFF && self.expected.as_deref() == Some(COMPARISON)
    }

    /// Whether it is about a directive on a line. A record about a script as a whole has at most the line of the error in the
    /// script.
    /// wrong.
    pub(crate) fn is_of_line(&self) -> bool {
        let is_whole = self.directive == SCRIPT_DIRECTIVE && self.expected.as_deref() == Some(SCRIPT);
        self.line > 0 && !is_whole
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

/// The result of one directive in one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DirectiveResult {
    /// [`Record::verdict`].
    pub verdict: Verdict,
    /// [`Record::expected`].
    pub expected: Option<String>,
    /// [`Record::got`].
    pub got: Option<String>,
    /// [`Record::cause`].
    pub cause: Option<String>,
    /// [`Record::us`].
    pub us: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only a comparison repeats another record: that a side of its own directive has no outcome.
    #[test]
    fn a_comparison_repeats_a_side_of_its_directive() {
        let of = |place: [&str; 3], backend: &str, verdict| Record {
            verdict,
            ..Record::passed(place[0], place[1], place[2], backend)
        };
        let here = ["core", "x", "1"];
        let (crash, timeout) = (Verdict::Crash, Verdict::Timeout);
        for (record, side, repeats) in [
            (of(here, XDIFF, crash), of(here, "jit", crash), true),
            (of(here, XDIFF, timeout), of(here, "interp", timeout), true),
            (of(here, XDIFF, timeout), of(here, "jit", crash), false),
            (of(here, XDIFF, crash), of(["core", "x", "2"], "jit", crash), false),
            (of(here, XDIFF, crash), of(["core", "y", "1"], "jit", crash), false),
            (of(here, XDIFF, crash), of(["simd", "x", "1"], "jit", crash), false),
            (of(here, "interp", crash), of(here, "jit", crash), false),
            (of(here, XDIFF, crash), of(here, XDIFF, crash), false),
            (of(here, XDIFF, Verdict::Pass), of(here, "jit", Verdict::Pass), false),
            (Record { expected: Some(COMPARISON.into()), ..of(here, XDIFF, crash) }, of(here, "jit", crash), false),
        ] {
            assert_eq!(record.repeats(&side), repeats, "{record:?} {side:?}");
        }
    }

    /// A record about a script with an error on some line is not about a directive on that line.
    #[test]
    fn a_script_as_a_whole_is_on_no_line() {
        for (line, directive, expected, is_of_line) in [
            (3, "invoke f", None, true),
            (3, SCRIPT_DIRECTIVE, Some("success"), true),
            (3, SCRIPT_DIRECTIVE, Some(SCRIPT), false),
            (0, SCRIPT_DIRECTIVE, Some(SCRIPT), false),
            (0, "end of the script", Some("done"), false),
        ] {
            let expected = expected.map(String::from);
            let record = Record { line, directive: directive.into(), expected, ..Record::passed("g", "f", "0", "jit") };
            assert_eq!(record.is_of_line(), is_of_line, "{record:?}");
        }
    }

    /// What is not a number sorts after all numbers.
    #[test]
    fn an_index_is_a_path_of_numbers() {
        for (index, path) in
            [("7", vec![7]), ("12.3", vec![12, 3]), ("0.0.10", vec![0, 0, 10]), ("1.x", vec![1, u32::MAX])]
        {
            assert_eq!(index_path(index), path, "{index}");
        }
    }
}
