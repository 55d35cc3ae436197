//! Results in a form that is easy to compare by eye: the outcome is written like the expectation, in its shape and number base,
//! and with its type if the value alone does not show it.

use super::numbers::{VectorShape, vector_text};
use super::observed::Observed;
use super::pattern::{Hierarchy, Pattern, hierarchy};
use wasmparser::ValType;

/// Results with their static types, each in the form of its expected pattern, if there is one.
pub fn results(values: &[(ValType, Observed)], patterns: &[Pattern]) -> String {
    let patterns = patterns.iter().map(Some).chain(std::iter::repeat(None));
    let texts: Vec<String> = values.iter().zip(patterns).map(|((ty, v), p)| result(*ty, v, p)).collect();
    texts.join(", ")
}

fn result(ty: ValType, seen: &Observed, pattern: Option<&Pattern>) -> String {
    match (seen, ty) {
        (Observed::V128(v), _) => vector_text(pattern.and_then(shape).unwrap_or(VectorShape::I32x4), *v),
        // The same value may have three types that a script distinguishes.
        (Observed::Null, ValType::Ref(r)) => format!("null {}", hierarchy(r.heap_type()).name()),
        (Observed::Extern(n), ValType::Ref(r)) if hierarchy(r.heap_type()) == Hierarchy::Any => format!("host {n}"),
        (Observed::I31(_) | Observed::Object(_), ValType::Ref(r)) if hierarchy(r.heap_type()) == Hierarchy::Extern => {
            format!("{seen} as extern")
        }
        _ => seen.to_string(),
    }
}

/// The shape in which a vector is expected; for alternatives, that of the first one.
fn shape(pattern: &Pattern) -> Option<VectorShape> {
    match pattern {
        Pattern::V128(shape, _) => Some(*shape),
        Pattern::Either(arms) => arms.iter().find_map(shape),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::outcome::numbers::{f32_text, f64_text};
    use crate::conformance::outcome::pattern::Lane;
    use crate::conformance::outcome::{Expect, Outcome};
    use wasmparser::RefType;

    fn texts(pattern: Pattern, ty: ValType, seen: Observed) -> (String, String) {
        let expect = Expect::Values(vec![pattern]);
        let got = Outcome::Returned(vec![(ty, seen)]).beside(&expect);
        (expect.to_string(), got)
    }

    #[test]
    fn vectors_come_in_the_shape_that_was_expected() {
        let lanes = |n: u64| (1..=n).map(Lane::Bits).collect::<Vec<_>>();
        let bits = 0x0000_0005_0000_0003_0000_0002_0000_0001u128;
        let (expected, got) = texts(Pattern::V128(VectorShape::I32x4, lanes(4)), ValType::V128, Observed::V128(bits));
        assert_eq!(expected, "returned [v128 i32x4 0x00000001 0x00000002 0x00000003 0x00000004]");
        assert_eq!(got, "returned [v128 i32x4 0x00000001 0x00000002 0x00000003 0x00000005]");
        for (shape, lanes) in
            [(VectorShape::I8x16, 16), (VectorShape::I16x8, 8), (VectorShape::I64x2, 2), (VectorShape::F64x2, 2)]
        {
            let either = Pattern::Either(vec![Pattern::V128(shape, (0..lanes).map(Lane::Bits).collect())]);
            let (_, got) = texts(either, ValType::V128, Observed::V128(bits));
            assert!(got.starts_with(&format!("returned [v128 {} 0x", shape.name())), "{got}");
            assert_eq!(got.split_whitespace().count() as u64, 3 + lanes, "{got}");
        }
        // Of two backends, both in one shape.
        assert_eq!(Outcome::Returned(vec![(ValType::V128, Observed::V128(1))]).to_string().matches(" 0x").count(), 4);
    }

    #[test]
    fn values_that_look_alike_say_their_type() {
        let any = ValType::Ref(RefType::ANYREF);
        let pairs = [
            texts(Pattern::RefExtern(Some(1)), any, Observed::Extern(1)),
            texts(Pattern::RefHost(1), ValType::EXTERNREF, Observed::Extern(1)),
            texts(Pattern::RefNull(Some(Hierarchy::Func)), ValType::EXTERNREF, Observed::Null),
            texts(Pattern::RefI31, ValType::EXTERNREF, Observed::I31(1)),
        ];
        for (expected, got) in pairs {
            assert_ne!(expected, got);
        }
        assert_eq!(texts(Pattern::RefExtern(Some(1)), any, Observed::Extern(1)).1, "returned [host 1]");
        let of = |ty: RefType, seen: Observed| (ValType::Ref(ty), seen);
        let values = [
            of(RefType::FUNCREF, Observed::Null),
            of(RefType::EXTERNREF, Observed::Null),
            of(RefType::ANYREF, Observed::Null),
            of(RefType::EXNREF, Observed::Null),
            of(RefType::EXTERNREF, Observed::Extern(1)),
            of(RefType::ANYREF, Observed::Extern(1)),
            of(RefType::ANYREF, Observed::I31(1)),
            of(RefType::I31REF, Observed::I31(1)),
            of(RefType::EXTERNREF, Observed::I31(1)),
            (ValType::I32, Observed::I32(1)),
            (ValType::V128, Observed::V128(1 << 64 | 2)),
        ];
        let shown = "null func, null extern, null any, null exn, extern 1, host 1, i31 1, i31 1, i31 1 as extern, \
                     i32 1, v128 i32x4 0x00000002 0x00000000 0x00000001 0x00000000";
        assert_eq!(results(&values, &[]), shown);
        // Each in the form of what is expected in its position, as far as that is known.
        let vectors = [(ValType::V128, Observed::V128(3)), (ValType::V128, Observed::V128(4))];
        let wide = Pattern::Either(vec![
            Pattern::RefAny,
            Pattern::V128(VectorShape::I64x2, vec![Lane::Bits(0); 2]),
            Pattern::V128(VectorShape::I16x8, vec![Lane::Bits(0); 8]),
        ]);
        assert_eq!(
            results(&vectors, &[wide]),
            "v128 i64x2 0x0000000000000003 0x0000000000000000, \
             v128 i32x4 0x00000004 0x00000000 0x00000000 0x00000000"
        );
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
