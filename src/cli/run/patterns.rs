//! Functions and addresses as they are named in options.

use crate::runtime::observe::tracer::StoreRange;
use crate::text::stands_for;

/// Functions: a name, an index, `func_N`, or a name in which `*` matches any text and `\*` a star.
#[derive(Clone, Debug)]
pub struct FunctionPattern {
    index: Option<u32>,
    name: String,
}

impl FunctionPattern {
    /// Makes a pattern from its text.
    pub fn new(text: &str) -> FunctionPattern {
        FunctionPattern { index: text.strip_prefix("func_").unwrap_or(text).parse().ok(), name: text.to_string() }
    }

    /// Whether the function with this index and this name matches.
    pub fn matches(&self, index: u32, name: &str) -> bool {
        self.index == Some(index) || stands_for(&self.name, name)
    }
}

/// A text that is not a range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreRangeError {
    /// The text between `mem` and `:` is not a number.
    #[error("invalid memory index '{0}'")]
    Memory(String),
    /// A memory without addresses.
    #[error("'{0}' has no addresses; expected {0}:FROM..TO")]
    NoAddress(String),
    /// An end of the range is not a number.
    #[error("invalid address '{0}'; expected an address like 66560 or 0x10400, or a range like 0x10400..0x10410")]
    Address(String),
    /// The range has no address.
    #[error("range '{0}' is empty (the end is exclusive)")]
    Empty(String),
}

/// Parses `[memN:]ADDR[..ADDR]`, in decimal or hexadecimal. The end is exclusive; without an end, the range is a single
/// byte.
///
/// # Errors
/// See [`StoreRangeError`].
pub fn parse_store_range(text: &str) -> Result<StoreRange, StoreRangeError> {
    let (memory, range) = match text.strip_prefix("mem").and_then(|rest| rest.split_once(':')) {
        Some((number, range)) => {
            (Some(number.parse().map_err(|_| StoreRangeError::Memory(number.to_string()))?), range)
        }
        None if text.strip_prefix("mem").is_some_and(|number| number.parse::<u32>().is_ok()) => {
            return Err(StoreRangeError::NoAddress(text.to_string()));
        }
        None => (None, text),
    };
    let number = |text: &str| {
        let clean = text.replace('_', "");
        let parsed = match clean.strip_prefix("0x").or_else(|| clean.strip_prefix("0X")) {
            Some(hex) => u64::from_str_radix(hex, 16),
            None => clean.parse(),
        };
        parsed.map_err(|_| StoreRangeError::Address(text.to_string()))
    };
    let (start, end) = match range.split_once("..") {
        Some((start, end)) => (number(start)?, number(end)?),
        None => number(range).map(|at| (at, at.saturating_add(1)))?,
    };
    if start >= end {
        return Err(StoreRangeError::Empty(text.to_string()));
    }
    Ok(StoreRange { memory, bytes: start..end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_names_indices_and_globs() {
        let matches = |pattern: &str, index, name: &str| FunctionPattern::new(pattern).matches(index, name);
        assert!(matches("62", 62, "memcmp") && matches("func_62", 62, "memcmp") && matches("memcmp", 62, "memcmp"));
        assert!(!matches("6", 62, "memcmp") && !matches("mem", 62, "memcmp") && !matches("func_6", 62, "func_62"));
        assert!(matches("mem*", 1, "memcmp") && matches("*cmp", 1, "memcmp") && matches("*", 1, ""));
        assert!(matches("a*b*c", 1, "aXbYc") && matches("a*b*c", 1, "abc") && !matches("a*b*c", 1, "acb"));
        assert!(!matches("ab*ba", 1, "aba"), "parts do not overlap");
        assert!(matches("crypto_*_verify", 1, "crypto_sign_verify") && !matches("crypto_*_verify", 1, "crypto_verify"));
    }

    #[test]
    fn only_stars_are_special_in_patterns() {
        let matches = |pattern: &str, name: &str| FunctionPattern::new(pattern).matches(0, name);
        for name in ["a[0]", "<impl a for {b,c}>::d", "a?", "a\\b", "std::io/x", "été", "a\nb", ".hidden"] {
            assert!(matches(name, name) && matches("*", name), "{name}");
        }
        assert!(!matches("a?", "ab") && !matches("[ab]", "a") && !matches("{a,b}", "a") && matches("a**c", "abc"));
        assert!(!matches("a**/b", "axb") && matches("a**/b", "a::x/b"));
    }

    #[test]
    fn ranges_of_addresses() {
        let range = |memory, bytes| Ok(StoreRange { memory, bytes });
        assert_eq!(parse_store_range("0x10400"), range(None, 0x10400..0x10401));
        assert_eq!(parse_store_range("66560..66_576"), range(None, 66560..66576));
        assert_eq!(parse_store_range("mem1:0x10..0x20"), range(Some(1), 0x10..0x20));
        assert_eq!(parse_store_range("mem5"), Err(StoreRangeError::NoAddress("mem5".into())));
        for wrong in ["", "x", "mem", "memory", "5..5", "6..5", "mem:1", "memx:1", "0x", "1..", "-1"] {
            assert!(parse_store_range(wrong).is_err(), "{wrong}");
        }
    }
}
