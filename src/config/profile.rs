//! What executions of a module observed: how often each of its branches went each way.
//!
//! A profile says nothing about a program's meaning. A wrong profile makes code slower, but never changes results: the
//! compiler only learns from it which blocks are rarely entered, as it does from a module's branch hints.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::ops::Range;
use std::sync::Arc;

/// How often an operator must be executed before it is significant that it never went one way.
const ENOUGH: u64 = 16;
/// A side is rare if it is reached in at most one of this many executions.
const SELDOM: u64 = 256;

/// What was observed of a module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// The hash of the module's bytes.
    pub module: u64,
    /// Functions by function index.
    pub functions: BTreeMap<u32, Arc<FunctionProfile>>,
}

/// What was observed of a function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionProfile {
    /// How often the function was entered.
    pub entered: u64,
    /// Operators by their offsets in the module's binary, ascending.
    pub operators: Vec<(u32, Seen)>,
}

/// What was observed of an operator.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// How often the condition of a branch or an `if` held, and how often it did not. For a branch on a reference, the
    /// condition holds if the branch is taken.
    Branch {
        /// How often it held.
        held: u64,
        /// How often it did not.
        failed: u64,
    },
    /// How often a `br_table` took each of its targets; the default is the last.
    Table(Vec<u64>),
}

/// What a condition is likely to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likely {
    /// Whether the condition is likely to hold.
    pub holds: bool,
    /// Whether the opposite was never observed.
    pub always: bool,
}

impl FunctionProfile {
    /// Returns the profile with its counts multiplied: where few executions are watched, few must be enough.
    pub fn times(mut self, factor: u64) -> FunctionProfile {
        let counts = self.operators.iter_mut().flat_map(|(_, seen)| match seen {
            Seen::Branch { held, failed } => vec![held, failed],
            Seen::Table(counts) => counts.iter_mut().collect(),
        });
        counts.for_each(|count| *count *= factor);
        self.entered *= factor;
        self
    }

    fn at(&self, offset: u32) -> Option<&Seen> {
        let found = self.operators.binary_search_by_key(&offset, |&(at, _)| at).ok()?;
        Some(&self.operators[found].1)
    }

    /// Returns what the condition of the branch at this offset is likely to be; `None` if that is unknown or both
    /// outcomes occur.
    pub fn likely(&self, offset: u32) -> Option<Likely> {
        let Seen::Branch { held, failed } = *self.at(offset)? else { return None };
        let (often, seldom) = (held.max(failed), held.min(failed));
        let clear = often >= ENOUGH && seldom <= often / SELDOM;
        clear.then_some(Likely { holds: held > failed, always: seldom == 0 })
    }

    /// Returns how often the `br_table` at this offset took each target, if it was executed often enough.
    pub fn table(&self, offset: u32) -> Option<&[u64]> {
        match self.at(offset)? {
            Seen::Table(counts) if counts.iter().fold(0u64, |sum, n| sum.saturating_add(*n)) >= ENOUGH => Some(counts),
            _ => None,
        }
    }

    /// Returns whether the function was entered often enough that code after its loops was reached, if it ever is.
    pub fn is_of_whole_executions(&self) -> bool {
        self.entered >= ENOUGH
    }
}

/// Why a text is not a profile of a module.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct ProfileError {
    /// The line number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

/// The first line of a profile in text form.
const HEAD: &str = "wasmoon-profile 1";

impl fmt::Display for Profile {
    /// Writes the text that [`Profile::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}\nmodule {:016x}", self.module)?;
        for (index, function) in &self.functions {
            writeln!(f, "function {index} entered {}", function.entered)?;
            for (offset, seen) in &function.operators {
                write!(f, "  {offset:#x} ")?;
                match seen {
                    Seen::Branch { held, failed } => writeln!(f, "branch {held} {failed}")?,
                    Seen::Table(counts) => {
                        f.write_str("table")?;
                        counts.iter().try_for_each(|count| write!(f, " {count}"))?;
                        f.write_char('\n')?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Profile {
    /// Reads a profile of the module with this hash, which defines these functions. (docs/tiers.md describes the text.)
    ///
    /// # Errors
    /// If the text is not a profile, or is that of another module.
    pub fn parse(text: &str, module: u64, defined: Range<u32>) -> Result<Profile, ProfileError> {
        let mut profile = Profile { module, functions: BTreeMap::new() };
        let mut open: Option<(u32, FunctionProfile)> = None;
        for (number, line) in text.split('\n').enumerate() {
            let failed = |what: String| ProfileError { line: number + 1, what };
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            match (number, &words[..]) {
                (0, _) if line.trim_end() == HEAD => {}
                (0, _) => return Err(failed(format!("expected `{HEAD}` at the start of a profile"))),
                (1, ["module", hash]) => match hexadecimal(hash).filter(|_| hash.len() == 16) {
                    Some(hash) if hash == module => {}
                    Some(_) => {
                        return Err(failed(format!(
                            "profile of another module; the hash of this one is {module:016x}"
                        )));
                    }
                    None => return Err(failed("expected a module hash of 16 hexadecimal digits".into())),
                },
                (1, _) => return Err(failed("expected `module` and its hash".into())),
                (_, []) => {}
                (_, ["function", index, "entered", entered]) => {
                    let index: u32 = number_of(index).map_err(failed)?;
                    if !defined.contains(&index) {
                        return Err(failed(format!("the module does not define function {index}")));
                    }
                    if let Some((before, function)) = open.take() {
                        if before >= index {
                            return Err(failed("functions must be in ascending order, without duplicates".into()));
                        }
                        profile.functions.insert(before, Arc::new(function));
                    }
                    let entered = number_of(entered).map_err(failed)?;
                    open = Some((index, FunctionProfile { entered, operators: Vec::new() }));
                }
                (_, [offset, what, counts @ ..]) if offset.starts_with("0x") => {
                    let Some((_, function)) = &mut open else {
                        return Err(failed("operator without a `function` line before it".into()));
                    };
                    let number = hexadecimal(&offset[2..]).and_then(|number| u32::try_from(number).ok());
                    let Some(offset) = number else {
                        return Err(failed(format!("invalid offset {}", offset.escape_debug())));
                    };
                    if function.operators.last().is_some_and(|&(before, _)| before >= offset) {
                        return Err(failed("offsets must be in ascending order, without duplicates".into()));
                    }
                    let counts: Vec<u64> =
                        counts.iter().map(|n| number_of(n)).collect::<Result<_, _>>().map_err(failed)?;
                    let seen = match (*what, &counts[..]) {
                        ("branch", &[held, failed]) => Seen::Branch { held, failed },
                        ("branch", _) => return Err(failed("expected two numbers after `branch`".into())),
                        ("table", []) => return Err(failed("expected a number for each target after `table`".into())),
                        ("table", _) => Seen::Table(counts),
                        _ => {
                            return Err(failed(format!(
                                "unknown operator `{}`; expected `branch` or `table`",
                                what.escape_debug()
                            )));
                        }
                    };
                    function.operators.push((offset, seen));
                }
                _ => return Err(failed("expected `function N entered N` or an offset in hexadecimal".into())),
            }
        }
        if text.split('\n').nth(1).is_none() {
            return Err(ProfileError { line: 2, what: "expected `module` and its hash".into() });
        }
        profile.functions.extend(open.map(|(index, function)| (index, Arc::new(function))));
        Ok(profile)
    }
}

fn hexadecimal(text: &str) -> Option<u64> {
    // Without the sign that Rust's parser accepts.
    let digits = Some(text).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
    digits.and_then(|text| u64::from_str_radix(text, 16).ok())
}

fn number_of<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    // Without the sign that Rust's parser accepts.
    let digits = Some(text).filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
    digits.and_then(|text| text.parse().ok()).ok_or_else(|| format!("invalid number `{}`", text.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Profile, ProfileError> {
        Profile::parse(text, 0xab, 1..9)
    }

    #[test]
    fn a_profile_is_read_as_it_was_written() {
        let operators = vec![(0x20, Seen::Branch { held: 0, failed: u64::MAX }), (0x31, Seen::Table(vec![5, 0, 11]))];
        let functions = [(1, FunctionProfile { entered: 20, operators }), (8, FunctionProfile::default())];
        let functions = functions.map(|(index, function)| (index, Arc::new(function)));
        let profile = Profile { module: 0xab, functions: functions.into() };
        let text = "wasmoon-profile 1\nmodule 00000000000000ab\nfunction 1 entered 20\n  0x20 branch 0 18446744073709551615\n  \
            0x31 table 5 0 11\nfunction 8 entered 0\n";
        assert_eq!(profile.to_string(), text);
        assert_eq!(parse(text), Ok(profile.clone()));
        let function = &profile.functions[&1];
        let never = Likely { holds: false, always: true };
        assert_eq!((function.likely(0x20), function.likely(0x21), function.likely(0x31)), (Some(never), None, None));
        assert_eq!(function.table(0x31), Some(&[5, 0, 11][..]));
    }

    /// Some editors write them that way.
    #[test]
    fn lines_may_end_in_carriage_returns() {
        let text = "wasmoon-profile 1\nmodule 00000000000000ab\n\nfunction 1 entered 20\n  0x20 branch 0 17\n";
        let read = parse(text).expect("a profile");
        assert_eq!(parse(&text.replace('\n', "\r\n")), Ok(read));
    }

    #[test]
    fn times_multiplies_every_count() {
        let operators =
            |n: u64| vec![(1, Seen::Branch { held: 3 * n, failed: 7 * n }), (9, Seen::Table(vec![2 * n, 0, 5 * n]))];
        let seen = |n: u64| FunctionProfile { entered: 4 * n, operators: operators(n) };
        assert_eq!(seen(1).times(100), seen(100));
    }

    #[test]
    fn little_says_nothing() {
        let seen = |seen| FunctionProfile { entered: 0, operators: vec![(1, seen)] };
        let likely = |held, failed| seen(Seen::Branch { held, failed }).likely(1);
        let clear = |holds, always| Some(Likely { holds, always });
        assert_eq!([likely(0, 16), likely(16, 0)], [clear(false, true), clear(true, true)]);
        assert_eq!([likely(1, 256), likely(u64::MAX, 9)], [clear(false, false), clear(true, false)]);
        assert_eq!([likely(0, 15), likely(15, 0), likely(1, 255), likely(0, 0)], [None; 4]);
        assert_eq!(seen(Seen::Table(vec![15, 0])).table(1), None);
        assert!(seen(Seen::Table(vec![u64::MAX, 1])).table(1).is_some());
    }

    #[test]
    fn what_is_no_profile_is_refused_with_its_line() {
        let head = "wasmoon-profile 1\nmodule 00000000000000ab\n";
        for (text, line, what) in [
            ("", 1, "expected `wasmoon-profile 1`"),
            ("wasmoon-profile 2\nmodule 00000000000000ab\n", 1, "expected `wasmoon-profile 1`"),
            ("wasmoon-profile 1", 2, "expected `module` and its hash"),
            (
                "wasmoon-profile 1\nmodule 00000000000000ac\n",
                2,
                "another module; the hash of this one is 00000000000000ab",
            ),
            ("wasmoon-profile 1\nmodule xyz\n", 2, "16 hexadecimal"),
            ("wasmoon-profile 1\nmodule ab\n", 2, "16 hexadecimal"),
            ("wasmoon-profile 1\nmodule +0000000000000ab\n", 2, "16 hexadecimal"),
            ("wasmoon-profile 1\nmodule 000000000000000ab\n", 2, "16 hexadecimal"),
            (&format!("{head}function 0 entered 1\n"), 3, "not define function 0"),
            (&format!("{head}function 9 entered 1\n"), 3, "not define function 9"),
            (&format!("{head}function 4294967296 entered 1\n"), 3, "invalid number"),
            (&format!("{head}function +1 entered 1\n"), 3, "invalid number"),
            (&format!("{head}function 2 entered 1\nfunction 2 entered 1\n"), 4, "ascending"),
            (&format!("{head}function 3 entered 1\nfunction 2 entered 1\n"), 4, "ascending"),
            (&format!("{head}0x1 branch 1 2\n"), 3, "without a `function` line before it"),
            (&format!("{head}function 1 entered 1\n0x1 branch 1\n"), 4, "two numbers"),
            (&format!("{head}function 1 entered 1\n0x1 branch 1 -2\n"), 4, "invalid number"),
            (&format!("{head}function 1 entered 1\n0x1 branch 1 18446744073709551616\n"), 4, "invalid number"),
            (&format!("{head}function 1 entered 1\n0x1 table\n"), 4, "each target"),
            (&format!("{head}function 1 entered 1\n0x1 jump 1\n"), 4, "unknown operator"),
            (&format!("{head}function 1 entered 1\n0x1\n"), 4, "expected `function N entered N`"),
            (&format!("{head}function 1 entered 1\n0x100000000 branch 1 1\n"), 4, "invalid offset"),
            (&format!("{head}function 1 entered 1\n0x+5 branch 1 1\n"), 4, "invalid offset"),
            (&format!("{head}function 1 entered 1\n0x branch 1 1\n"), 4, "invalid offset"),
            (&format!("{head}function 1 entered 1\n0x2 branch 1 1\n\n0x2 branch 1 1\n"), 6, "ascending"),
            (&format!("{head}function 1 entered 1\n0x2 branch 1 1\n0x1 branch 1 1\n"), 5, "ascending"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.line == line && error.what.contains(what), "{text:?}: {error}");
        }
    }
}
