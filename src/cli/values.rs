//! Parsers of option values that several subcommands share.

use crate::engine::OptLevel;
use std::time::Duration;

/// A value that an option does not accept: the message shows the accepted forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// Not a time limit.
    #[error("expected a number of seconds above 0, such as 10 or 0.5")]
    Seconds,
    /// Not a size.
    #[error("expected a number of bytes, such as 65536, 64K, 16M or 1G")]
    Bytes,
    /// Not an optimization level.
    #[error("expected 0, 1 or 2")]
    OptLevel,
    /// Not a part of a whole.
    #[error("expected K/N with 1 <= K <= N, such as 2/4")]
    Shard,
}

/// The name of an environment variable that stands for an option, unless it is empty: in continuous integration, a
/// variable that is not set is often an empty one.
pub fn variable(name: &'static str) -> Option<&'static str> {
    std::env::var_os(name).is_none_or(|value| !value.is_empty()).then_some(name)
}

/// Parses a number of seconds above 0, possibly with a fraction.
///
/// # Errors
/// The text has another form.
pub fn seconds(text: &str) -> Result<Duration, ValueError> {
    let duration = text.parse().ok().filter(|s: &f64| *s < 1e9).and_then(|s| Duration::try_from_secs_f64(s).ok());
    duration.filter(|d| !d.is_zero()).ok_or(ValueError::Seconds)
}

/// Parses a number of bytes; K, M and G stand for KiB, MiB and GiB.
///
/// # Errors
/// The text has another form.
pub fn bytes(text: &str) -> Result<u64, ValueError> {
    let shift = match text.bytes().last() {
        Some(b'K' | b'k') => 10,
        Some(b'M' | b'm') => 20,
        Some(b'G' | b'g') => 30,
        _ => 0,
    };
    let digits = if shift == 0 { text } else { &text[..text.len() - 1] };
    let number = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift));
    number.ok_or(ValueError::Bytes)
}

/// Parses an optimization level, as `-O` takes it.
///
/// # Errors
/// The text has another form.
pub fn opt_level(text: &str) -> Result<OptLevel, ValueError> {
    match text {
        "0" => Ok(OptLevel::O0),
        "1" => Ok(OptLevel::O1),
        "2" => Ok(OptLevel::O2),
        _ => Err(ValueError::OptLevel),
    }
}

/// Parses `K/N`: the K-th of N parts.
///
/// # Errors
/// The text has another form.
pub fn shard(text: &str) -> Result<(usize, usize), ValueError> {
    let parsed = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    parsed.filter(|&(k, n)| 1 <= k && k <= n).ok_or(ValueError::Shard)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time is above 0, and in a range that can be added to any point in time.
    #[test]
    fn times_are_above_zero() {
        for (text, duration) in [
            ("10", Duration::from_secs(10)),
            ("0.5", Duration::from_millis(500)),
            ("1e-3", Duration::from_millis(1)),
            ("0.000000001", Duration::from_nanos(1)),
            ("999999999", Duration::from_secs(999_999_999)),
        ] {
            assert_eq!(seconds(text), Ok(duration), "{text}");
        }
        for text in ["", "0", "-0", "0.0", "1e-10", "-1", "1000000000", "inf", "nan", "1s", "0x1", "1,5", " 1"] {
            assert_eq!(seconds(text), Err(ValueError::Seconds), "{text:?}");
        }
    }

    #[test]
    fn a_part_is_one_of_all() {
        for (text, part) in [("1/1", (1, 1)), ("1/2", (1, 2)), ("2/2", (2, 2)), ("3/10", (3, 10))] {
            assert_eq!(shard(text), Ok(part));
        }
        for text in ["", "1", "1/", "/1", "0/1", "0/0", "2/1", "11/10", "1/2/3", "-1/2", "1.0/2", "1 / 2"] {
            assert_eq!(shard(text), Err(ValueError::Shard), "{text:?}");
        }
    }

    #[test]
    fn there_are_three_levels() {
        for (text, level) in [("0", OptLevel::O0), ("1", OptLevel::O1), ("2", OptLevel::O2)] {
            assert_eq!(opt_level(text), Ok(level));
        }
        for text in ["", "3", "-1", "00", "s", "O1"] {
            assert_eq!(opt_level(text), Err(ValueError::OptLevel), "{text:?}");
        }
    }

    #[test]
    fn sizes_fit_64_bits_or_are_refused() {
        for (text, size) in [("0", 0), ("7", 7), ("3k", 3 << 10), ("3M", 3 << 20), ("1G", 1 << 30)] {
            assert_eq!(bytes(text).ok(), Some(size), "{text}");
        }
        assert_eq!(bytes("17179869183G").ok(), Some(u64::MAX >> 30 << 30));
        for text in ["17179869184G", "17179869185G", "18446744073709551616", "-1", "", "G", "1.5G", "1T"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
