//! Decides which differences may be choices of NaNs.
//!
//! The bits of a NaN that an operator returns are free, unless the profile fixes them, and they may go anywhere. A difference
//! that disappears when all operators return canonical NaNs may be such a choice. It may also be the fault of the compiler, which
//! then makes different code.

use crate::conformance::outcome::nans;
use crate::engine::{Config, Mode, NanProfile, Tier};
use crate::runtime::value::Val;
use crate::triage::difference::{Difference, DifferenceKind, agree_beyond};
use crate::triage::observe::{Observation, StepEnd};
use crate::triage::value::PortableValue;

/// Returns a configuration whose operators return canonical NaNs.
pub fn canonical(config: &Config) -> Config {
    Config { nan: NanProfile::Canonical, ..config.clone() }
}

/// The side of a difference that shows whether a result depends on the bits of NaNs. It is the one that interprets what the other
/// one compiles: with canonical NaNs the compiler makes different code, which may change the result of wrong code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trusted {
    /// The good side.
    Left,
    /// The bad side: the interpreter is assumed to be wrong.
    Right,
}

impl Trusted {
    /// Returns which of two configurations is trusted: the good one, unless the bad one is the interpreter, or is the good one
    /// with only some of the bodies compiled.
    pub fn of(good: &Config, bad: &Config) -> Trusted {
        let interprets = |config: &Config| config.mode == Mode::All(Tier::Interp);
        let in_part = good.only.is_none() && bad.only.is_some() && *good == Config { only: None, ..bad.clone() };
        match !interprets(good) && (interprets(bad) || in_part) {
            true => Trusted::Right,
            false => Trusted::Left,
        }
    }
}

/// Returns whether a difference between two backends may be a choice of NaNs, judged by what both sides do when all operators
/// return canonical NaNs. The difference has to disappear then. If both returned values, or threw the same exception, each value
/// that differs must also be the bits of a NaN on both sides, or change with canonical NaNs on the trusted side. For states,
/// outputs, and ends of two kinds, nothing more is required.
pub fn may_be_chosen(difference: &Difference, [left, right]: [&Observation; 2], trusted: Trusted) -> bool {
    if !agree_beyond(left, right, difference.step) {
        return false;
    }
    let DifferenceKind::End(l, r) = &difference.kind else { return true };
    let ((way, l), (other_way, r), (canonical_way, canonical)) =
        (parts(l), parts(r), parts(&left.steps[difference.step].end));
    if way != other_way || way != canonical_way {
        return true;
    }
    let is_choice = |((&l, &r), &canonical): ((&PortableValue, &PortableValue), &PortableValue)| {
        let native = if trusted == Trusted::Left { l } else { r };
        match [l, r, native, canonical].map(number) {
            [Ok(l), Ok(r), Ok(native), Ok(canonical)] => nans::may_be_chosen([l, r], native, canonical),
            _ => l == r || native != canonical,
        }
    };
    l.len() == r.len() && l.iter().zip(&r).zip(&canonical).all(is_choice)
}

/// Converts a number or a vector to the harness's form; returns any other value unchanged.
fn number(value: PortableValue) -> Result<Val, PortableValue> {
    match value {
        PortableValue::I32(v) => Ok(Val::I32(v)),
        PortableValue::I64(v) => Ok(Val::I64(v)),
        PortableValue::F32(bits) => Ok(Val::F32(bits)),
        PortableValue::F64(bits) => Ok(Val::F64(bits)),
        PortableValue::V128(v) => Ok(Val::V128(v)),
        other => Err(other),
    }
}

/// Returns whether both values are NaNs, or vectors that differ only in lanes that are NaNs as f32 or as f64.
pub fn may_be_nans(a: &PortableValue, b: &PortableValue) -> bool {
    matches!((number(*a), number(*b)), (Ok(a), Ok(b)) if nans::are_nans(a, b))
}

/// Returns whether canonical NaNs, with which the left side has this end, change everything on it that differs. As floats, all
/// NaNs are the same; in vectors, it is unknown which lanes are floats.
pub fn changes(difference: &Difference, canonical: &StepEnd) -> bool {
    let DifferenceKind::End(left, right) = &difference.kind else { return false };
    // Being late, or lacking something, says nothing about NaNs.
    if canonical.is_defect() {
        return false;
    }
    let ((way, left), (their_way, right), (canonical_way, canonical)) = (parts(left), parts(right), parts(canonical));
    let value = |((&left, &right), &canonical): ((&PortableValue, &PortableValue), &PortableValue)| {
        let [left, right, canonical] = [left, right, canonical].map(|v| number(v).map(nans::as_one_nan));
        left == right || left != canonical && !matches!(left, Ok(Val::V128(_)))
    };
    let values = || left.len() == right.len() && left.iter().zip(&right).zip(&canonical).all(value);
    way != canonical_way || way == their_way && values()
}

/// The kind of an end, and the values in it.
fn parts(end: &StepEnd) -> (StepEnd, Vec<PortableValue>) {
    match end {
        StepEnd::Values(values) => (StepEnd::Values(Vec::new()), values.clone()),
        StepEnd::Exception(tag, payload) => (StepEnd::Exception(*tag, Vec::new()), payload.clone()),
        end => (end.clone(), Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::difference::ends;
    use crate::triage::observe::{Entity, Step};
    use PortableValue::{F32, F64, I32, I64, V128};

    const NAN: u32 = 0x7fc0_0000;
    const OTHER: u32 = 0xffc0_0001;
    const THREE: u32 = 0x4040_0000;
    const FOUR: u32 = 0x4080_0000;

    fn vector(lanes: [u32; 4]) -> PortableValue {
        V128(lanes.into_iter().rev().fold(0, |v, lane| v << 32 | u128::from(lane)))
    }

    fn step(end: StepEnd) -> Step {
        Step { end, state: Vec::new(), output: Vec::new() }
    }

    fn chosen(left: StepEnd, right: StepEnd, canonical: StepEnd, trusted: Trusted) -> bool {
        let difference = ends(0, &step(left), &step(right));
        let canonical = Observation { steps: vec![step(canonical)], column: String::new() };
        may_be_chosen(&difference, [&canonical, &canonical], trusted)
    }

    /// If no NaN bits are visible, the interpreter's result has to depend on them: with canonical NaNs, wrong code may simply be
    /// different code.
    #[test]
    fn a_result_that_does_not_depend_on_nans_is_no_choice() {
        use Trusted::{Left, Right};
        for (left, right, canonical, [by_left, by_right]) in [
            (F32(THREE), F32(FOUR), F32(THREE), [false, true]),
            (F32(FOUR), F32(THREE), F32(THREE), [true, false]),
            (F32(THREE), F32(OTHER), F32(THREE), [false, true]),
            (F32(OTHER), F32(THREE), F32(NAN), [false, true]),
            (F32(OTHER), F32(NAN), F32(NAN), [true, true]),
            (I32(1), I32(0), I32(0), [true, false]),
            (I32(0), I32(1), I32(0), [false, true]),
            // One side may have the canonical NaN anyway.
            (I32(NAN), I32(OTHER), I32(NAN), [true, true]),
            (I32(NAN), I32(3), I32(NAN), [false, true]),
            (I64(0x7ff8 << 48), I64(0xfff8 << 48 | 1), I64(0x7ff8 << 48), [true, true]),
            (vector([NAN, 1, 2, 3]), vector([OTHER, 1, 2, 3]), vector([NAN, 1, 2, 3]), [true, true]),
            (vector([5, 1, 2, NAN]), vector([6, 1, 2, OTHER]), vector([7, 1, 2, NAN]), [true, true]),
            (vector([5, 1, 2, OTHER]), vector([6, 1, 2, NAN]), vector([5, 1, 2, NAN]), [false, true]),
        ] {
            for (trusted, expected) in [(Left, by_left), (Right, by_right)] {
                let [l, r, c] = [left, right, canonical].map(|value| vec![value, I32(9)]);
                let returned = StepEnd::Values;
                let name = format!("{left} {right} {canonical} {trusted:?}");
                assert_eq!(
                    chosen(returned(l.clone()), returned(r.clone()), returned(c.clone()), trusted),
                    expected,
                    "{name}"
                );
                let thrown = |payload: &[PortableValue]| StepEnd::Exception(2, payload.to_vec());
                assert_eq!(chosen(thrown(&l), thrown(&r), thrown(&c), trusted), expected, "{name}");
            }
        }
        let returned = |values: &[u32]| StepEnd::Values(values.iter().map(|&v| I32(v)).collect());
        // Each value that differs, and no fewer.
        assert!(!chosen(returned(&[OTHER, 3]), returned(&[NAN, 4]), returned(&[NAN, 3]), Left));
        assert!(!chosen(returned(&[OTHER, 3]), returned(&[NAN]), returned(&[NAN, 3]), Left));
    }

    /// What is executed may depend on a NaN; the contents of a memory are not checked; and if the sides still differ with
    /// canonical NaNs, it is not a choice.
    #[test]
    fn of_all_else_it_is_known_that_it_is_gone() {
        let (returned, trap) = (|v| StepEnd::Values(vec![I32(v)]), || StepEnd::Trap("unreachable".into()));
        assert!(chosen(returned(1), trap(), returned(1), Trusted::Left));
        assert!(chosen(returned(1), returned(2), trap(), Trusted::Left));
        assert!(!chosen(returned(1), returned(2), StepEnd::Timeout, Trusted::Left));
        let kind = DifferenceKind::State(Entity::Memory(0));
        let state = Difference { kind, ..ends(0, &step(returned(1)), &step(returned(1))) };
        let seen = |v| Observation { steps: vec![step(returned(v))], column: String::new() };
        assert!(may_be_chosen(&state, [&seen(1), &seen(1)], Trusted::Left));
        assert!(!may_be_chosen(&state, [&seen(1), &seen(2)], Trusted::Left));
    }

    #[test]
    fn the_side_that_interprets_is_trusted() {
        let (interp, jit) = (Config::default(), Config { mode: Mode::All(Tier::Jit), ..Config::default() });
        let in_part = |config: &Config| Config { only: Some([(7, 0)].into_iter().collect()), ..config.clone() };
        let other = Config { registers: Some(5), ..jit.clone() };
        for (good, bad, trusted) in [
            (&interp, &jit, Trusted::Left),
            (&interp, &in_part(&jit), Trusted::Left),
            (&jit, &interp, Trusted::Right),
            (&jit, &in_part(&jit), Trusted::Right),
            (&jit, &other, Trusted::Left),
            (&jit, &in_part(&other), Trusted::Left),
        ] {
            assert_eq!(Trusted::of(good, bad), trusted, "{good:?} {bad:?}");
        }
    }

    #[test]
    fn values_that_may_be_nans() {
        let (nan, other, one) = (0x7fc0_0000_u32, 0xffc0_0001_u32, 0x3f80_0000_u32);
        assert!(may_be_nans(&F32(nan), &F32(other)) && !may_be_nans(&F32(nan), &F32(one)));
        assert!(!may_be_nans(&I32(nan), &I32(other)));
        assert!(may_be_nans(&F64(f64::NAN.to_bits()), &F64((-f64::NAN).to_bits())));
        assert!(may_be_nans(&vector([one, nan, 7, nan]), &vector([one, other, 7, nan])));
        assert!(!may_be_nans(&vector([one, nan, 7, nan]), &vector([nan, other, 7, nan])));
        assert!(may_be_nans(&vector([1, 0x7ff8_0000, 7, 7]), &vector([2, 0x7ff8_0000, 7, 7])), "as f64");
        assert!(
            !may_be_nans(&vector([1, 0x7ff0_0000, 7, 7]), &vector([0, 0x7ff0_0000, 7, 7])),
            "an infinity is not a NaN"
        );
    }
}
