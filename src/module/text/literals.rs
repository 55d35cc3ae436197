//! Hexadecimal floats that the text format's parser misreads, rewritten so that it reads them correctly.
//!
//! `wast` loses part of a digit that straddles the end of its accumulator, so `0x1.00000101` would be rounded down as
//! an f32. It also considers an exponent below the 32-bit range an error, although the value rounds to zero. If the
//! digits begin with a set bit, none straddles the end. So literals with many digits are shifted, and very small values
//! are written as zero.

use super::rewrite::{Rewrite, Rewriter};
use super::scanner::{Scanner, Token, is_number};

/// Below this power of two, all values round to zero, even as an f64.
const TINY: i64 = -1100;

/// Returns the text with such floats rewritten; `None` if it has none. Lines stay where they are.
pub fn readable(text: &str) -> Option<Rewrite> {
    // The bytes are checked first: few texts have such numbers.
    if !text.match_indices("0x").any(|(at, _)| suspicious(text, at)) {
        return None;
    }
    let mut writer = None;
    // The number of digits that fit, if the following numbers are floats.
    let (mut fitting, mut vector) = (None, false);
    for (offset, token) in Scanner::new(text) {
        let Token::Word(word) = token else {
            (fitting, vector) = (None, false);
            continue;
        };
        if !is_number(word) {
            fitting = fitting_behind(word).filter(|_| vector || word.ends_with(".const"));
            vector = word == "v128.const";
        } else if let Some(literal) = fitting.and_then(|fitting| rewritten(word, fitting)) {
            let writer = writer.get_or_insert_with(|| Rewriter::new(text));
            writer.copy(offset);
            writer.replace(offset + word.len(), &literal);
        }
    }
    writer.map(Rewriter::finish)
}

/// Returns how many digits of the floats after a keyword fit into the accumulator, whatever they begin with.
fn fitting_behind(word: &str) -> Option<usize> {
    match word {
        "f32.const" | "f32x4" => Some(8),
        "f64.const" | "f64x2" => Some(16),
        _ => None,
    }
}

/// Returns whether the literal at `0x` has more digits than fit into every accumulator, or a longer exponent than any
/// value in range. Whether it is a float depends on what is before it, which would have to be read from the start of the
/// text.
fn suspicious(text: &str, at: usize) -> bool {
    let (mut digits, mut exponent) = (0, 0);
    let mut rest = text.as_bytes()[at + 2..].iter();
    for byte in rest.by_ref() {
        match byte {
            b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F' => digits += 1,
            b'.' | b'_' => {}
            b'p' | b'P' => {
                exponent = rest.take_while(|b| matches!(b, b'0'..=b'9' | b'_' | b'+' | b'-')).count();
                break;
            }
            _ => break,
        }
    }
    digits > 8 || exponent > 8
}

/// Returns whether a token is a hexadecimal float. (Malformed tokens are left for the parser to refuse.)
fn is_hex_float(token: &str) -> bool {
    let digits =
        |text: &str, radix| text.split('_').all(|part| !part.is_empty() && part.chars().all(|c| c.is_digit(radix)));
    let Some(rest) = token.strip_prefix(['+', '-']).unwrap_or(token).strip_prefix("0x") else { return false };
    let (mantissa, exponent) = rest.split_once(['p', 'P']).map_or((rest, None), |(m, exponent)| (m, Some(exponent)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole, 16)
        && (fraction.is_empty() || digits(fraction, 16))
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent), 10))
}

/// Returns a different spelling of the same value, if this one is misread.
fn rewritten(literal: &str, fitting: usize) -> Option<String> {
    if !is_hex_float(literal) {
        return None;
    }
    let literal = literal.replace('_', "");
    let (sign, rest) = match literal.strip_prefix(['+', '-']) {
        Some(rest) => (&literal[..1], rest),
        None => ("", literal.as_str()),
    };
    let (mantissa, exponent) =
        rest.strip_prefix("0x").map(|rest| rest.split_once(['p', 'P']).unwrap_or((rest, "0")))?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let exponent = exponent.parse::<i64>().unwrap_or(if exponent.starts_with('-') { i64::MIN } else { i64::MAX });
    // This is the exponent of the last digit's lowest bit.
    let exponent = exponent.saturating_sub(4 * fraction.len() as i64);
    let digits = digits.trim_start_matches('0');
    let first = digits.chars().next()?.to_digit(16)?;
    if exponent.saturating_add(4 * digits.len() as i64) < TINY {
        return Some(format!("{sign}0x0"));
    }
    let kept = digits.trim_end_matches('0');
    if kept.len() <= fitting {
        return None;
    }
    let exponent = exponent.saturating_add(4 * (digits.len() - kept.len()) as i64);
    let shift = first.leading_zeros() - 28;
    let nibble = |at: usize| kept[at..].chars().next().and_then(|c| c.to_digit(16)).unwrap_or(0);
    let shifted = (0..kept.len()).map(|at| {
        let pair = nibble(at) << 4 | nibble(at + 1);
        char::from_digit(pair << shift >> 4 & 15, 16).expect("four bits")
    });
    Some(format!("{sign}0x{}p{}", shifted.collect::<String>(), exponent.saturating_sub(i64::from(shift))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::borrow::Cow;
    use wast::parser::{ParseBuffer, parse};
    use wast::token::{F32, F64};

    fn readable(text: &str) -> Cow<'_, str> {
        super::readable(text).map_or(Cow::Borrowed(text), |rewrite| Cow::Owned(rewrite.text().to_string()))
    }

    fn bits(literal: &str) -> (Option<u32>, Option<u64>) {
        fn read<'a, T: wast::parser::Parse<'a>>(buffer: &'a ParseBuffer<'a>) -> Option<T> {
            parse::<T>(buffer).ok()
        }
        let written = |fitting| rewritten(literal, fitting).unwrap_or_else(|| literal.to_string());
        let (short, long) = (written(8), written(16));
        let buffer = |text| ParseBuffer::new(text).expect("a token");
        (read::<F32>(&buffer(&short)).map(|f| f.bits), read::<F64>(&buffer(&long)).map(|f| f.bits))
    }

    #[test]
    fn values_are_those_of_exact_arithmetic() {
        // The expected values are decimal numbers, which the standard library reads correctly.
        let mut seed = 1u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 20
        };
        for _ in 0..20_000 {
            let length = next() % 30 + 1;
            // Mostly zeros, so that ties are close.
            let digits: String = (0..length)
                .map(|_| char::from_digit(if next() % 3 == 0 { next() as u32 % 16 } else { 0 }, 16).unwrap())
                .collect();
            let value = u128::from_str_radix(&digits, 16).expect("at most 120 bits");
            assert_eq!(
                bits(&format!("0x{digits}")),
                (Some((value as f32).to_bits()), Some((value as f64).to_bits())),
                "{digits}"
            );
            let point = next() as usize % digits.len();
            let (whole, fraction) = digits.split_at(point);
            let exponent = 4 * fraction.len();
            let moved = format!("-0x0{whole}.{fraction}p{exponent}");
            assert_eq!(bits(&moved), (Some((-(value as f32)).to_bits()), Some((-(value as f64)).to_bits())), "{moved}");
            let moved = format!("0x{digits}.p-0_0100");
            let small = value as f64 / 2f64.powi(100);
            assert_eq!(bits(&moved).1, Some(small.to_bits()), "{moved}");
        }
    }

    #[test]
    fn what_is_tiny_is_zero() {
        for tiny in [
            "0x1p-2147483649",
            "0x1p-99999999999999999999999",
            "0x0.01p-99999999999999999999999",
            "0x0.0001p-2147483648",
            "0x1.123456789abcp-3000",
        ] {
            assert_eq!(bits(tiny), (Some(0), Some(0)), "{tiny}");
            assert_eq!(bits(&format!("-{tiny}")), (Some(1 << 31), Some(1 << 63)), "{tiny}");
        }
        assert_eq!(bits("0x1p-1074").1, Some(1));
        assert_eq!(bits("0x1.000000000000000000001p-1075").1, Some(1));
        assert_eq!(bits("0x1p-1075").1, Some(0));
        for large in ["0x1p2147483648", "0x1p99999999999999999999", "0x123456789abcdefp4000", "0x1p1024"] {
            assert_eq!(bits(large), (None, None), "{large}");
        }
    }

    /// A text may be a single line: the text before a number is not read again for each number, which would take half an
    /// hour here.
    #[test]
    fn the_length_of_a_line_does_not_matter() {
        let text = "(drop (i64.const 0x123456789)) ".repeat(400_000);
        assert_eq!(readable(&text), text);
    }

    /// Text that is not in the grammar is left unchanged, for the parser to refuse.
    #[test]
    fn what_is_malformed_stays_so() {
        for token in [
            "0x123456789zz",
            "0x1.2.30000001",
            "0x1__23456789_",
            "0x_123456789",
            "0x123456789_.0",
            "0x1._23456789",
            "0x123456789p",
            "0x1p-999999999zz",
            "0x1p-9999999999_",
            "0x1p--9999999999",
            "0x.123456789",
            "0x123456789p1.5",
            "--0x123456789",
            "0x-123456789",
        ] {
            let text = format!("(f32.const {token}) (f64.const {token})");
            assert_eq!(readable(&text), text);
        }
        for token in ["0x1234_5678_9.", "0x1234_5678_9.p+1_0", "+0x1.2345_6789P-0_1"] {
            assert_ne!(readable(&format!("(f32.const {token})")), format!("(f32.const {token})"));
        }
    }

    #[test]
    fn only_floats_are_written_anew() {
        for kept in [
            "(i64.const 0x100000101)",
            "(v128.const i64x2 0x100000101 0x100000101)",
            "(f32.const 0x1.000001)",
            "(f64.const 0x1.123456789abcdp-1022)",
            "(f32.const nan:0x400000) (i64.const 0x100000101)",
            "(f64.const 1) \"f32.const 0x1.00000101\" ;; f32.const 0x1.00000101",
            // As many digits as fit, not counting leading and trailing zeros.
            "(f32.const 0x01.0000001)",
            "(f32.const 0x1000000100)",
            "(f64.const 0x1.000000000000001)",
            "(v128.const f64x2 0x1.000000000000001 0x01.00000000000000100)",
            // These are not constants.
            "f32x4 0x100000101",
            "(f32x4 0x100000101)",
            "(f32.const) (0x100000101)",
            "(v128.const i64x2 0x100000101 0x1) (f32x4 0x100000101)",
        ] {
            assert!(matches!(readable(kept), Cow::Borrowed(text) if text == kept), "{kept}");
        }
        // A single number each.
        for (number, written) in [
            ("f32.const 0x1.00000101", "f32.const 0x800000808p-35"),
            ("f32.const 0xf0000000f", "f32.const 0xf0000000fp0"),
            ("f32.const 0x1.0000000f", "f32.const 0x800000078p-35"),
            ("f32.const +0x1.00000101P+2", "f32.const +0x800000808p-33"),
            ("f32.const 0x1.00000101p9", "f32.const 0x800000808p-26"),
            ("f32.const 0x1p-2147483649", "f32.const 0x0"),
            ("f64.const -0x1p-2147483649", "f64.const -0x0"),
            ("f64.const 0x1.0000000000000001", "f64.const 0x80000000000000008p-67"),
            ("v128.const f64x2 0x1.0000000000000001 0x1", "v128.const f64x2 0x80000000000000008p-67 0x1"),
            ("i32.const 0x1) (f32.const 0x1.00000101", "i32.const 0x1) (f32.const 0x800000808p-35"),
        ] {
            assert_eq!(readable(&format!("({number})")), format!("({written})"));
        }
        for malformed in ["0x12345678g", "0x1.2345678g", "0x123456789pa", "0x123456789pf", "0x123456789p"] {
            assert_eq!(rewritten(malformed, 8), None, "{malformed}");
        }
        assert_eq!(readable("(f32.const (; ;) 0x1.0000_0101 )"), "(f32.const (; ;) 0x800000808p-35 )");
        // Annotations are treated like spaces, whatever they contain.
        for before in ["(@a) ", "(@a i64.const (f64.const \")\") 5)", "(@\"a\" (@b)) (; ;) (@c)\n"] {
            let float = format!("(f32.const {before}0x1.00000101)");
            assert_eq!(readable(&float), format!("(f32.const {before}0x800000808p-35)"), "{before:?}");
        }
        assert_eq!(readable("(@a f32.const 0x1.00000101)"), "(@a f32.const 0x1.00000101)");
        assert_eq!(
            readable("(v128.const (@a) f32x4 0x100000101 (@b) 0x100000101 1 (@c \"d\") 0x100000101)"),
            "(v128.const (@a) f32x4 0x800000808p-3 (@b) 0x800000808p-3 1 (@c \"d\") 0x800000808p-3)"
        );
        // Whatever precedes them, unless it is a number of another type.
        for before in [";; a comment\n", ";; 5\n", ";;\r", "(; ;)\n", ";; f64.const\n  ", "(;;);; i64.const 0x\n"] {
            let float = format!("(f32.const {before}0x1.00000101)");
            assert_eq!(readable(&float), format!("(f32.const {before}0x800000808p-35)"), "{before:?}");
        }
        assert_eq!(readable("(f64.const -0x1p-0_000_000_001_201)"), "(f64.const -0x0)");
        assert_eq!(
            readable("(v128.const f32x4 nan:canonical 0x100000101 inf -0x1p-2147483649)"),
            "(v128.const f32x4 nan:canonical 0x800000808p-3 inf -0x0)"
        );
    }
}
