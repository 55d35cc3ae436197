//! Comparison of values: of a store's value with a script's pattern, and of values of two stores.

use super::numbers::{VectorShape, is_nan};
use super::observed::{NodeKind, Observed, ObservedCont, RefKind};
use super::pattern::{Hierarchy, Lane, Pattern, hierarchy};
use crate::runtime::store::{InstanceId, TagId};
use crate::runtime::value::Val;
use std::collections::HashMap;
use wasmparser::{HeapType, ValType};

impl Pattern {
    /// Whether a result of static type `ty` is what this pattern expects.
    pub fn matches(&self, seen: &Observed, ty: ValType) -> bool {
        match (self, seen) {
            (Pattern::I32(want), Observed::I32(got)) => want == got,
            (Pattern::I64(want), Observed::I64(got)) => want == got,
            (Pattern::F32(want), Observed::F32(got)) => lane_matches(*want, u64::from(*got), 32, true),
            (Pattern::F64(want), Observed::F64(got)) => lane_matches(*want, *got, 64, true),
            (Pattern::V128(shape, lanes), Observed::V128(got)) => {
                let bits = shape.lane_bits();
                let float = matches!(shape, VectorShape::F32x4 | VectorShape::F64x2);
                let mask = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
                lanes
                    .iter()
                    .enumerate()
                    .all(|(i, want)| lane_matches(*want, (got >> (i as u32 * bits)) as u64 & mask, bits, float))
            }
            (Pattern::RefNull(want), Observed::Null) => match (want, ty) {
                (None, _) => true,
                (Some(want), ValType::Ref(r)) => *want == hierarchy(r.heap_type()),
                (Some(_), _) => false,
            },
            (Pattern::RefNullDefined, Observed::Null) => {
                matches!(ty, ValType::Ref(r) if hierarchy(r.heap_type()).has_defined_types())
            }
            (Pattern::RefExtern(None), _) => *seen != Observed::Null && is_in(ty, Hierarchy::Extern),
            (Pattern::RefExtern(Some(want)), Observed::Extern(got)) => {
                u64::from(*want) == *got && is_in(ty, Hierarchy::Extern)
            }
            (Pattern::RefHost(want), Observed::Extern(got)) => u64::from(*want) == *got && is_in(ty, Hierarchy::Any),
            (Pattern::RefAny, _) => *seen != Observed::Null && is_in(ty, Hierarchy::Any),
            (Pattern::RefI31 | Pattern::RefEq, Observed::I31(_)) => is_in(ty, Hierarchy::Any),
            (Pattern::RefEq, Observed::Object(_)) => is_in(ty, Hierarchy::Any),
            (Pattern::RefStruct, Observed::Object(graph)) => {
                matches!(graph.root().kind, NodeKind::Struct(_)) && is_in(ty, Hierarchy::Any)
            }
            (Pattern::RefArray, Observed::Object(graph)) => {
                matches!(graph.root().kind, NodeKind::Array(..)) && is_in(ty, Hierarchy::Any)
            }
            (Pattern::RefI31Shared, Observed::I31(_)) => {
                is_in(ty, Hierarchy::Any)
                    && matches!(ty, ValType::Ref(r)
                        if matches!(r.heap_type(), HeapType::Abstract { shared: true, .. }))
            }
            (Pattern::RefExn, Observed::Exception(..)) => is_in(ty, Hierarchy::Exn),
            (Pattern::RefCont, Observed::Cont(_)) => is_in(ty, Hierarchy::Cont),
            (Pattern::RefFunc(want), Observed::Func { here, .. } | Observed::HostFunc { here, .. }) => {
                want.is_none_or(|n| here.contains(&n))
            }
            (Pattern::Either(arms), _) => arms.iter().any(|p| p.matches(seen, ty)),
            (want, Observed::Kind(kind)) => want.is_kind(*kind),
            _ => false,
        }
    }
}

impl Pattern {
    /// Whether a reference of which only the kind is known is what this pattern expects. A kind belongs to one hierarchy.
    fn is_kind(&self, kind: RefKind) -> bool {
        match self {
            Pattern::RefFunc(None) => kind == RefKind::Func,
            Pattern::RefEq => matches!(kind, RefKind::I31 | RefKind::Struct | RefKind::Array),
            Pattern::RefI31 => kind == RefKind::I31,
            Pattern::RefStruct => kind == RefKind::Struct,
            Pattern::RefArray => kind == RefKind::Array,
            Pattern::RefExn => kind == RefKind::Exn,
            Pattern::RefCont => kind == RefKind::Cont,
            _ => false,
        }
    }

    /// What it requires of a result beyond the kind of a reference, as text.
    pub fn beyond_kinds(&self) -> Option<&'static str> {
        match self {
            Pattern::RefFunc(Some(_)) => Some("the index of a function"),
            Pattern::RefI31Shared => Some("whether an i31 is shared"),
            Pattern::Either(arms) => arms.iter().find_map(Pattern::beyond_kinds),
            _ => None,
        }
    }
}

/// Whether a type is a reference type of a hierarchy.
fn is_in(ty: ValType, wanted: Hierarchy) -> bool {
    matches!(ty, ValType::Ref(r) if hierarchy(r.heap_type()) == wanted)
}

fn lane_matches(want: Lane, got: u64, bits: u32, float: bool) -> bool {
    // The quiet bit and everything above it but the sign.
    let quiet = if bits == 32 { 0x7fc0_0000 } else { 0x7ff8_0000_0000_0000 };
    let sign = 1u64 << (bits - 1);
    match want {
        Lane::Bits(w) => w == got,
        Lane::Canonical => float && got & !sign == quiet,
        Lane::Arithmetic => float && got & quiet == quiet,
    }
}

/// The correspondence between the entities of two stores.
#[derive(Clone, Debug, Default)]
pub struct Correspondence {
    /// From instances of the left store to those of the right one.
    pub instances: HashMap<InstanceId, InstanceId>,
    /// From tags of the left store to those of the right one.
    pub tags: HashMap<TagId, TagId>,
    /// Whether both make only canonical NaNs, so that no two may differ.
    pub canonical: bool,
}

/// The result of comparing values of two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equality {
    /// They are the same.
    Yes,
    /// They differ.
    No,
    /// Two NaNs of the same width: the specification leaves open which one a result is.
    NaNs,
    /// They refer to something that only one side has.
    Unknown,
}

impl Equality {
    /// The result for two parts together.
    pub fn and(self, other: Equality) -> Equality {
        match (self, other) {
            (Equality::No, _) | (_, Equality::No) => Equality::No,
            (Equality::Unknown, _) | (_, Equality::Unknown) => Equality::Unknown,
            (Equality::NaNs, _) | (_, Equality::NaNs) => Equality::NaNs,
            (Equality::Yes, Equality::Yes) => Equality::Yes,
        }
    }
}

impl Correspondence {
    /// Compares a tag of the left store with one of the right.
    pub fn same_tag(&self, left: TagId, right: TagId) -> Equality {
        match self.tags.get(&left) {
            None => Equality::Unknown,
            Some(&tag) if tag == right => Equality::Yes,
            Some(_) => Equality::No,
        }
    }

    /// Compares lists of values, pairwise and by their number.
    pub fn all_same(&self, left: &[Observed], right: &[Observed]) -> Equality {
        let number = if left.len() == right.len() { Equality::Yes } else { Equality::No };
        left.iter().zip(right).fold(number, |so_far, (x, y)| so_far.and(self.same(x, y)))
    }

    /// Compares two numbers or vectors.
    ///
    /// **Which NaNs are excused.** The specification leaves open which NaN an operator makes, so two backends may differ in it
    /// and both be right. But bits that look like a NaN prove nothing; only a type can say that they are a float. So two NaNs of
    /// type `f32` or `f64` are excused wherever they are, and nothing else is: an integer, a byte of a memory or a vector lane
    /// may hold anything. The only lane that is known to be a float is that of a result for which the script says so
    /// ([`Correspondence::excused_vector`]). Under the canonical profile, an operator makes only one NaN, and nothing is excused
    /// at all.
    ///
    /// A correct result that still differs, because the bits of a NaN went elsewhere, is recognized by a run under that profile:
    /// see [`shadow`](crate::conformance::lockstep).
    pub fn scalars(&self, left: Val, right: Val) -> Equality {
        let nans = match (left, right) {
            (Val::F32(a), Val::F32(b)) => is_nan(u64::from(a), 32) && is_nan(u64::from(b), 32),
            (Val::F64(a), Val::F64(b)) => is_nan(a, 64) && is_nan(b, 64),
            _ => false,
        };
        match (left == right, nans && !self.canonical) {
            (true, _) => Equality::Yes,
            (false, true) => Equality::NaNs,
            (false, false) => Equality::No,
        }
    }

    /// Whether two vectors differ only in lanes that a script expects to be NaNs, and both are as it expects.
    pub fn excused_vector(&self, expected: &Pattern, left: u128, right: u128) -> bool {
        match expected {
            // A value that is expected by its bits has the same bits on both sides.
            Pattern::V128(VectorShape::F32x4 | VectorShape::F64x2, _) => {
                let meets = |v| expected.matches(&Observed::V128(v), ValType::V128);
                !self.canonical && meets(left) && meets(right)
            }
            Pattern::Either(arms) => arms.iter().any(|arm| self.excused_vector(arm, left, right)),
            _ => false,
        }
    }

    /// Compares copies of a value of the left store and one of the right, when the stores are gone. What was not copied is
    /// unknown.
    pub fn same(&self, left: &Observed, right: &Observed) -> Equality {
        let yes = |b: bool| if b { Equality::Yes } else { Equality::No };
        match (left, right) {
            (Observed::F32(a), Observed::F32(b)) => self.scalars(Val::F32(*a), Val::F32(*b)),
            (Observed::F64(a), Observed::F64(b)) => self.scalars(Val::F64(*a), Val::F64(*b)),
            (Observed::Func { instance: a, index: i, .. }, Observed::Func { instance: b, index: j, .. }) => {
                match self.instances.get(a) {
                    None => Equality::Unknown,
                    Some(b2) => yes(b2 == b && i == j),
                }
            }
            (Observed::HostFunc { name: a, .. }, Observed::HostFunc { name: b, .. }) => yes(a == b),
            (Observed::Object(x), Observed::Object(y)) => {
                let rest =
                    if x.is_cut() || y.is_cut() { Equality::Unknown } else { yes(x.nodes().len() == y.nodes().len()) };
                x.nodes().iter().zip(y.nodes()).fold(rest, |so_far, (x, y)| {
                    let kinds = match (x.kind, y.kind) {
                        (NodeKind::Exception(a), NodeKind::Exception(b)) => self.same_tag(a, b),
                        (a, b) => yes(a == b),
                    };
                    so_far.and(kinds).and(self.all_same(&x.values, &y.values))
                })
            }
            (Observed::Cont(ObservedCont::Fresh(a, f, m)), Observed::Cont(ObservedCont::Fresh(b, g, n))) => {
                yes(a == b && m == n).and(self.same(f, g))
            }
            (Observed::Exception(a, x), Observed::Exception(b, y)) => self.same_tag(*a, *b).and(self.all_same(x, y)),
            (a, b) => yes(a == b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_patterns_are_exact() {
        let f32 = |l, bits| Pattern::F32(l).matches(&Observed::F32(bits), ValType::F32);
        assert!(f32(Lane::Canonical, 0x7fc0_0000) && f32(Lane::Canonical, 0xffc0_0000));
        assert!(!f32(Lane::Canonical, 0x7fc0_0001) && !f32(Lane::Canonical, 0x7fa0_0000));
        assert!(f32(Lane::Arithmetic, 0xffc0_0001) && !f32(Lane::Arithmetic, 0x7fa0_0000));
        assert!(!f32(Lane::Arithmetic, 0x7f80_0000), "infinity is not a NaN");
        let f64 = |l, bits| Pattern::F64(l).matches(&Observed::F64(bits), ValType::F64);
        assert!(f64(Lane::Canonical, 0xfff8_0000_0000_0000) && !f64(Lane::Canonical, 0x7ff8_0000_0000_0001));
        assert!(f64(Lane::Arithmetic, 0x7ff8_0000_0000_0001) && !f64(Lane::Arithmetic, 0x7ff0_0000_0000_0001));
    }

    #[test]
    fn zeros_differ() {
        assert!(!Pattern::F32(Lane::Bits(0)).matches(&Observed::F32(0x8000_0000), ValType::F32));
        assert!(!Pattern::F64(Lane::Bits(0)).matches(&Observed::F64(1 << 63), ValType::F64));
    }

    #[test]
    fn lanes_are_compared_each() {
        let lanes = vec![Lane::Bits(1), Lane::Canonical, Lane::Bits(3), Lane::Bits(4)];
        let pattern = Pattern::V128(VectorShape::F32x4, lanes);
        let vector = |l: [u32; 4]| Observed::V128(l.iter().rev().fold(0, |v, &x| v << 32 | u128::from(x)));
        assert!(pattern.matches(&vector([1, 0xffc0_0000, 3, 4]), ValType::V128));
        assert!(!pattern.matches(&vector([1, 0xffc0_0000, 3, 5]), ValType::V128));
        assert!(!pattern.matches(&vector([1, 0x7fc0_0001, 3, 4]), ValType::V128));
        assert!(!pattern.matches(&vector([0, 0x7fc0_0000, 3, 4]), ValType::V128));
        // Only a float can be a NaN.
        for (lane, shape, of_float) in [
            (Lane::Canonical, VectorShape::F32x4, true),
            (Lane::Arithmetic, VectorShape::F32x4, true),
            (Lane::Canonical, VectorShape::I32x4, false),
            (Lane::Arithmetic, VectorShape::I32x4, false),
        ] {
            let nans = Pattern::V128(shape, vec![lane; 4]);
            assert_eq!(nans.matches(&vector([0x7fc0_0000; 4]), ValType::V128), of_float, "{nans}");
        }
        // Each lane of each width, in its highest bit and its lowest.
        for (shape, seen, lanes) in [
            (VectorShape::I16x8, 0xffff << 112 | 0x8001, vec![0x8001, 0, 0, 0, 0, 0, 0, 0xffff]),
            (
                VectorShape::I64x2,
                0x8000_0000_0000_0001 << 64 | 0x9000_0000_8000_0003,
                vec![0x9000_0000_8000_0003, 0x8000_0000_0000_0001],
            ),
        ] {
            let pattern = Pattern::V128(shape, lanes.into_iter().map(Lane::Bits).collect());
            for bit in 0..=128 {
                let seen = if bit == 128 { seen } else { seen ^ 1 << bit };
                assert_eq!(pattern.matches(&Observed::V128(seen), ValType::V128), bit == 128, "{pattern}, bit {bit}");
            }
        }
    }

    #[test]
    fn nulls_have_a_hierarchy() {
        let null = Pattern::RefNull(Some(Hierarchy::Func));
        assert!(null.matches(&Observed::Null, ValType::FUNCREF) && !null.matches(&Observed::Null, ValType::EXTERNREF));
        assert!(Pattern::RefNull(None).matches(&Observed::Null, ValType::EXTERNREF));
        let any = ValType::Ref(wasmparser::RefType::ANYREF);
        for (ty, defined) in [(ValType::FUNCREF, true), (any, true), (ValType::EXTERNREF, false), (ValType::I32, false)]
        {
            assert_eq!(Pattern::RefNullDefined.matches(&Observed::Null, ty), defined, "{ty}");
        }
        assert!(!Pattern::RefFunc(None).matches(&Observed::Null, ValType::FUNCREF));
        assert!(!null.matches(&Observed::Null, ValType::I32));
        assert!(!Pattern::RefAny.matches(&Observed::Null, any));
        assert!(!Pattern::RefExtern(None).matches(&Observed::Null, ValType::EXTERNREF));
    }

    /// A value whose type belongs to another hierarchy never matches a pattern, whatever it looks like.
    #[test]
    fn references_match_in_their_hierarchy_only() {
        use wasmparser::AbstractHeapType as A;
        let any = [A::Any, A::Eq, A::I31, A::Struct, A::Array, A::None];
        let all = [A::Extern, A::NoExtern, A::Func, A::NoFunc, A::Exn, A::NoExn, A::Cont, A::NoCont];
        let external = [A::Extern, A::NoExtern];
        let number = Observed::I31(1);
        let (reference, host) = (Observed::Extern(3), Observed::Extern(3));
        let exception = Observed::Exception(TagId(0), Vec::new());
        let continuation = Observed::Cont(ObservedCont::Suspended);
        for (pattern, seen, of) in [
            (Pattern::RefExtern(None), &reference, &external[..]),
            (Pattern::RefExtern(Some(3)), &reference, &external),
            (Pattern::RefHost(3), &host, &any),
            (Pattern::RefAny, &host, &any),
            (Pattern::RefAny, &number, &any),
            (Pattern::RefEq, &number, &any),
            (Pattern::RefI31, &number, &any),
            (Pattern::RefI31Shared, &number, &any),
            (Pattern::RefExn, &exception, &[A::Exn, A::NoExn]),
            (Pattern::RefCont, &continuation, &[A::Cont, A::NoCont]),
            (Pattern::RefExtern(Some(4)), &reference, &[]),
            (Pattern::RefHost(4), &host, &[]),
        ] {
            for (ty, shared) in any.into_iter().chain(all).flat_map(|ty| [(ty, false), (ty, true)]) {
                let heap = HeapType::Abstract { shared, ty };
                let of_type = ValType::Ref(wasmparser::RefType::new(true, heap).expect("an abstract type"));
                let expected = of.contains(&ty) && (shared || pattern != Pattern::RefI31Shared);
                assert_eq!(pattern.matches(seen, of_type), expected, "{pattern} of {ty:?}, shared: {shared}");
            }
        }
    }

    #[test]
    fn two_nans_are_neither_equal_nor_different() {
        let mut c = Correspondence::default();
        let (a, b) = (0x7fc0_0000, 0xffc0_0000);
        assert_eq!(c.same(&Observed::F32(a), &Observed::F32(b)), Equality::NaNs);
        assert_eq!(c.same(&Observed::F32(0), &Observed::F32(0x8000_0000)), Equality::No);
        assert_eq!(c.same(&Observed::F32(a), &Observed::F32(0)), Equality::No);
        assert_eq!(
            c.same(&Observed::V128(u128::from(a)), &Observed::V128(u128::from(b))),
            Equality::No,
            "they only look like NaNs"
        );
        assert_eq!(c.same(&Observed::V128(1), &Observed::V128(2)), Equality::No);
        assert_eq!(c.same(&Observed::I32(a), &Observed::I32(b)), Equality::No);
        assert_eq!(c.scalars(Val::F64(0x7ff8 << 48), Val::F64(0xfff8 << 48)), Equality::NaNs);
        c.canonical = true;
        assert_eq!(c.same(&Observed::F32(a), &Observed::F32(b)), Equality::No, "under the canonical profile");
        assert_eq!(c.same(&Observed::F32(a), &Observed::F32(a)), Equality::Yes);
    }

    #[test]
    fn lanes_are_excused_where_a_script_expects_nans() {
        let mut c = Correspondence::default();
        let (quiet, other) = (0x7fc0_0000u128, 0x7fc0_0001u128);
        let lanes = |first| vec![first, Lane::Bits(0), Lane::Bits(0), Lane::Bits(0)];
        let arithmetic = Pattern::V128(VectorShape::F32x4, lanes(Lane::Arithmetic));
        assert!(c.excused_vector(&arithmetic, quiet, other));
        assert!(c.excused_vector(&Pattern::Either(vec![Pattern::RefAny, arithmetic.clone()]), quiet, other));
        assert!(!c.excused_vector(&arithmetic, quiet, other | 1 << 64), "another lane differs");
        assert!(!c.excused_vector(&arithmetic, quiet, 0x7fa0_0000), "not as expected");
        assert!(!c.excused_vector(&arithmetic, 0x7fa0_0000, quiet), "not as expected, on the other side");
        assert!(!c.excused_vector(&Pattern::V128(VectorShape::F32x4, lanes(Lane::Canonical)), quiet, other));
        assert!(!c.excused_vector(&Pattern::V128(VectorShape::I32x4, lanes(Lane::Bits(0x7fc0_0000))), quiet, other));
        c.canonical = true;
        assert!(!c.excused_vector(&arithmetic, quiet, other), "under the canonical profile");
    }

    #[test]
    fn a_function_is_meant_by_its_index_in_the_instance_that_was_asked() {
        let seen = |here: &[u32]| Observed::Func { instance: InstanceId(1), index: 7, here: here.to_vec() };
        let want = Pattern::RefFunc(Some(7));
        assert!(want.matches(&seen(&[3, 7]), ValType::FUNCREF));
        assert!(!want.matches(&seen(&[]), ValType::FUNCREF), "function 7 of another instance");
        assert!(Pattern::RefFunc(None).matches(&seen(&[]), ValType::FUNCREF));
        let host = |here: &[u32]| Observed::HostFunc { name: "print".into(), here: here.to_vec() };
        assert!(want.matches(&host(&[7]), ValType::FUNCREF) && !want.matches(&host(&[3]), ValType::FUNCREF));
        assert!(Pattern::RefFunc(None).matches(&host(&[]), ValType::FUNCREF));
    }

    #[test]
    fn the_worst_part_decides() {
        // From the best to the worst.
        let all = [Equality::Yes, Equality::NaNs, Equality::Unknown, Equality::No];
        for (i, a) in all.into_iter().enumerate() {
            for (j, b) in all.into_iter().enumerate() {
                assert_eq!(a.and(b), all[i.max(j)], "{a:?} {b:?}");
            }
        }
    }

    /// Values of two stores: each is the same as its counterpart, and as no other.
    #[test]
    fn each_value_is_the_same_as_its_counterpart_alone() {
        use crate::runtime::types::TypeId;
        let map = Correspondence {
            instances: HashMap::from([(InstanceId(0), InstanceId(10)), (InstanceId(1), InstanceId(11))]),
            tags: HashMap::from([(TagId(0), TagId(5)), (TagId(1), TagId(6))]),
            canonical: false,
        };
        let func = |instance, index| Observed::Func { instance: InstanceId(instance), index, here: vec![instance] };
        let exception = |tag, payload: &[Observed]| Observed::Exception(TagId(tag), payload.to_vec());
        let fresh = |ty: TypeId, func, bound| Observed::Cont(ObservedCont::Fresh(ty, Box::new(func), bound));
        let number = Observed::I32;
        let of = |side: u32| {
            // Of the left store, or the counterparts.
            let (first, second, a, b) = if side == 0 { (0, 1, 0, 1) } else { (10, 11, 5, 6) };
            let mut all = vec![
                number(1),
                number(2),
                Observed::I64(1),
                Observed::I64(1 << 32 | 1),
                Observed::F32(1),
                Observed::F32(0x7fc0_0000),
                Observed::F32(1 << 31),
                Observed::F64(1),
                Observed::F64(1 << 63),
                Observed::F64(0x7ff8 << 48),
                Observed::V128(1),
                Observed::V128(1 << 127),
                Observed::Null,
                func(first, 3),
                func(first, 4),
                func(second, 3),
                Observed::HostFunc { name: "a".into(), here: Vec::new() },
                Observed::HostFunc { name: "b".into(), here: Vec::new() },
                Observed::Extern(1),
                Observed::Extern(2),
                Observed::I31(1),
                Observed::I31(2),
                exception(a, &[]),
                exception(b, &[]),
                exception(a, &[number(1)]),
                exception(a, &[number(2)]),
                exception(a, &[number(1), number(1)]),
                exception(a, &[number(1), func(second, 3)]),
                exception(a, &[number(1), func(first, 3)]),
                fresh(1, func(first, 3), 0),
                fresh(2, func(first, 3), 0),
                fresh(1, func(first, 4), 0),
                fresh(1, func(first, 3), 1),
                Observed::Cont(ObservedCont::Suspended),
                Observed::Cont(ObservedCont::Consumed),
            ];
            use RefKind::{Array, Cont, Exn, Extern, Func, I31, Struct};
            all.extend([Func, Extern, I31, Struct, Array, Exn, Cont].map(Observed::Kind));
            all
        };
        let (left, right) = (of(0), of(1));
        for (i, x) in left.iter().enumerate() {
            for (j, y) in right.iter().enumerate() {
                let expected = if i == j { Equality::Yes } else { Equality::No };
                assert_eq!(map.same(x, y), expected, "{x} {y}");
                // As the last of several, and where one side has more.
                let several = map.all_same(&[number(7), x.clone()], &[number(7), y.clone()]);
                assert_eq!(several, expected, "{x} {y}");
                assert_eq!(map.all_same(&[number(7), x.clone()], &[number(7)]), Equality::No);
                assert_eq!(map.all_same(&[number(7)], &[number(7), y.clone()]), Equality::No);
            }
        }
        assert_eq!(map.all_same(&[], &[]), Equality::Yes);
        // Values without a counterpart.
        for (x, y) in [
            (func(2, 3), func(10, 3)),
            (exception(2, &[]), exception(5, &[])),
            (exception(0, &[func(2, 3)]), exception(5, &[func(10, 3)])),
            (fresh(1, func(2, 3), 0), fresh(1, func(10, 3), 0)),
        ] {
            assert_eq!(map.same(&x, &y), Equality::Unknown, "{x} {y}");
        }
        assert_eq!(map.same(&exception(2, &[number(1)]), &exception(5, &[number(2)])), Equality::No, "in any case");
    }

    /// Only the kind of another engine's reference is known, and each pattern accepts its own kinds.
    #[test]
    fn kinds_of_references_match_their_patterns_alone() {
        use RefKind::{Array, Cont, Exn, Extern, Func, I31, Struct};
        let all = [Func, Extern, I31, Struct, Array, Exn, Cont];
        let anyref = ValType::Ref(wasmparser::RefType::ANYREF);
        for (pattern, kinds) in [
            (Pattern::RefFunc(None), &[Func][..]),
            (Pattern::RefFunc(Some(0)), &[]),
            (Pattern::RefEq, &[I31, Struct, Array]),
            (Pattern::RefI31, &[I31]),
            (Pattern::RefI31Shared, &[]),
            (Pattern::RefStruct, &[Struct]),
            (Pattern::RefArray, &[Array]),
            (Pattern::RefExn, &[Exn]),
            (Pattern::RefCont, &[Cont]),
            (Pattern::RefAny, &all),
            (Pattern::RefNull(None), &[]),
            (Pattern::RefNull(Some(Hierarchy::Any)), &[]),
            (Pattern::RefHost(0), &[]),
            (Pattern::I32(0), &[]),
            (Pattern::Either(vec![Pattern::RefNull(None), Pattern::RefExn, Pattern::RefI31]), &[I31, Exn]),
        ] {
            for kind in all {
                assert_eq!(pattern.matches(&Observed::Kind(kind), anyref), kinds.contains(&kind), "{pattern} {kind:?}");
            }
        }
        for (pattern, beyond) in [
            (Pattern::RefFunc(Some(1)), Some("the index of a function")),
            (Pattern::RefI31Shared, Some("whether an i31 is shared")),
            (Pattern::RefFunc(None), None),
            (Pattern::RefI31, None),
            (Pattern::Either(vec![Pattern::RefI31, Pattern::RefI31Shared]), Some("whether an i31 is shared")),
        ] {
            assert_eq!(pattern.beyond_kinds(), beyond, "{pattern}");
        }
    }
}
