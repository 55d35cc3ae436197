//! Results as people compare them by eye: what came is written as what was expected is, in its shape and number base, and
//! with its type where the value alone does not say which one it is.

use super::values::{Hierarchy, Pattern, Seen, Shape, hierarchy};
use super::{Expect, Outcome};
use std::fmt::Write;
use wasmparser::ValType;

/// What a directive did, beside what it was expected to do.
pub fn beside(outcome: &Outcome, expect: &Expect) -> String {
    match (outcome, expect) {
        (Outcome::Returned(values), Expect::Values(patterns)) => {
            let patterns = patterns.iter().map(Some).chain(std::iter::repeat(None));
            let texts: Vec<String> = values.iter().zip(patterns).map(|((ty, v), p)| result(*ty, v, p)).collect();
            format!("returned [{}]", texts.join(", "))
        }
        _ => outcome.to_string(),
    }
}

/// Results of static types, without an expectation.
pub fn results(values: &[(ValType, Seen)]) -> String {
    values.iter().map(|(ty, v)| result(*ty, v, None)).collect::<Vec<_>>().join(", ")
}

fn result(ty: ValType, seen: &Seen, pattern: Option<&Pattern>) -> String {
    match (seen, ty) {
        (Seen::V128(v), _) => vector(pattern.and_then(shape).unwrap_or(Shape::I32x4), *v),
        // The same value may be of three types that a script tells apart.
        (Seen::Null, ValType::Ref(r)) => format!("null {}", hierarchy(r.heap_type()).name()),
        (Seen::Extern(n), ValType::Ref(r)) if hierarchy(r.heap_type()) == Hierarchy::Any => format!("host {n}"),
        (Seen::I31(_) | Seen::Object(_), ValType::Ref(r)) if hierarchy(r.heap_type()) == Hierarchy::Extern => {
            format!("{seen} as extern")
        }
        _ => seen.to_string(),
    }
}

/// The shape in which a vector is expected; of alternatives, the first one's.
fn shape(pattern: &Pattern) -> Option<Shape> {
    match pattern {
        Pattern::V128(shape, _) => Some(*shape),
        Pattern::Either(arms) => arms.iter().find_map(shape),
        _ => None,
    }
}

/// A vector as a script writes it, its lanes in hexadecimal.
pub fn vector(shape: Shape, bits: u128) -> String {
    let width = shape.lane_bits();
    let mut text = format!("v128 {}", shape.name());
    for lane in 0..128 / width {
        let lane = (bits >> (lane * width)) as u64 & (u64::MAX >> (64 - width));
        let _ = write!(text, " 0x{lane:0w$x}", w = width as usize / 4);
    }
    text
}

/// A float in at most 24 characters and its bits, which also tell NaNs apart.
pub fn f32_text(bits: u32) -> String {
    format!("f32 {:?} (0x{bits:08x})", f32::from_bits(bits))
}

/// As [`f32_text`].
pub fn f64_text(bits: u64) -> String {
    format!("f64 {:?} (0x{bits:016x})", f64::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::outcome::values::Lane;
    use wasmparser::RefType;

    fn texts(pattern: Pattern, ty: ValType, seen: Seen) -> (String, String) {
        let expect = Expect::Values(vec![pattern]);
        let got = beside(&Outcome::Returned(vec![(ty, seen)]), &expect);
        (expect.to_string(), got)
    }

    #[test]
    fn vectors_come_in_the_shape_that_was_expected() {
        let lanes = |n: u64| (1..=n).map(Lane::Bits).collect::<Vec<_>>();
        let bits = 0x0000_0005_0000_0003_0000_0002_0000_0001u128;
        let (expected, got) = texts(Pattern::V128(Shape::I32x4, lanes(4)), ValType::V128, Seen::V128(bits));
        assert_eq!(expected, "returned [v128 i32x4 0x00000001 0x00000002 0x00000003 0x00000004]");
        assert_eq!(got, "returned [v128 i32x4 0x00000001 0x00000002 0x00000003 0x00000005]");
        for (shape, lanes) in [(Shape::I8x16, 16), (Shape::I16x8, 8), (Shape::I64x2, 2), (Shape::F64x2, 2)] {
            let either = Pattern::Either(vec![Pattern::V128(shape, (0..lanes).map(Lane::Bits).collect())]);
            let (_, got) = texts(either, ValType::V128, Seen::V128(bits));
            assert!(got.starts_with(&format!("returned [v128 {} 0x", shape.name())), "{got}");
            assert_eq!(got.split_whitespace().count() as u64, 3 + lanes, "{got}");
        }
        // Of two backends, both in one shape.
        assert_eq!(Outcome::Returned(vec![(ValType::V128, Seen::V128(1))]).to_string().matches(" 0x").count(), 4);
    }

    #[test]
    fn values_that_look_alike_say_their_type() {
        let any = ValType::Ref(RefType::ANYREF);
        let pairs = [
            texts(Pattern::RefExtern(Some(1)), any, Seen::Extern(1)),
            texts(Pattern::RefHost(1), ValType::EXTERNREF, Seen::Extern(1)),
            texts(Pattern::RefNull(Some(Hierarchy::Func)), ValType::EXTERNREF, Seen::Null),
            texts(Pattern::RefI31, ValType::EXTERNREF, Seen::I31(1)),
        ];
        for (expected, got) in pairs {
            assert_ne!(expected, got);
        }
        assert_eq!(texts(Pattern::RefExtern(Some(1)), any, Seen::Extern(1)).1, "returned [host 1]");
    }

    #[test]
    fn floats_are_short_and_exact() {
        let values = [f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), -f64::from_bits(1), 0.1, -0.0, 1e21, f64::NAN];
        for value in values {
            let text = f64_text(value.to_bits());
            let number = text.split(' ').nth(1).unwrap();
            assert!(number.len() <= 24, "{text}");
            assert!(number.parse::<f64>().unwrap().to_bits() == value.to_bits() || value.is_nan(), "{text}");
            assert!(text.contains(&format!("0x{:016x}", value.to_bits())), "{text}");
        }
        assert_eq!(f64_text(f64::MAX.to_bits()), "f64 1.7976931348623157e308 (0x7fefffffffffffff)");
        assert_eq!(f32_text(1), "f32 1e-45 (0x00000001)");
    }
}
