//! The verdict on an outcome: its comparison with the expectation.

use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::pattern::Pattern;
use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::record::Verdict;
use wasmparser::ValType;

/// The reason why an assertion failed, which the self-check predicts for each of its mutants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The wrong end: a result instead of a trap, invalid instead of malformed, ….
    Kind,
    /// The right end with another text.
    Message,
    /// Another number of results.
    Arity,
    /// A result with other bits, or another reference.
    Value,
}

/// The judgement of an outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// The reason for a `fail`.
    pub reason: Option<Reason>,
}

const PASS: Judgement = Judgement { verdict: Verdict::Pass, reason: None };

fn fail(reason: Reason) -> Judgement {
    Judgement { verdict: Verdict::Fail, reason: Some(reason) }
}

fn text(got: &str, want: &str) -> Judgement {
    if got.starts_with(want) { PASS } else { fail(Reason::Message) }
}

/// Judges the outcome of a directive.
pub fn judge(expect: &Expect, outcome: &Outcome) -> Judgement {
    let ends = |verdict| Judgement { verdict, reason: None };
    match outcome {
        Outcome::Crash(_) => return ends(Verdict::Crash),
        Outcome::Timeout => return ends(Verdict::Timeout),
        Outcome::Unsupported(_) | Outcome::Shortage(_) | Outcome::Blocked { unsupported: Some(_), .. } => {
            return ends(Verdict::Unsupported);
        }
        Outcome::Blocked { unsupported: None, .. } | Outcome::Error(_) => return fail(Reason::Kind),
        _ => {}
    }
    match (expect, outcome) {
        (Expect::Success, Outcome::Done | Outcome::Returned(_)) => PASS,
        (Expect::Values(want), Outcome::Returned(got)) => values(want, got),
        (Expect::Values(want), Outcome::Done) => values(want, &[]),
        (Expect::Unjudged(_), Outcome::Returned(_) | Outcome::Done) => ends(Verdict::Unsupported),
        (Expect::Trap(want), Outcome::Trap(_, got))
        | (Expect::Exhaustion(want), Outcome::Exhaustion(got))
        | (Expect::Suspension(want), Outcome::Suspension(got))
        | (Expect::Unlinkable(want), Outcome::Unlinkable(got)) => text(got, want),
        (Expect::Malformed(want), Outcome::Malformed(got))
        | (Expect::MalformedCustom(want), Outcome::MalformedCustom(got))
        | (Expect::Invalid(want), Outcome::Invalid(got))
        | (Expect::InvalidCustom(want), Outcome::InvalidCustom(got)) => {
            if got.is(want) {
                PASS
            } else {
                fail(Reason::Message)
            }
        }
        (Expect::Exception, Outcome::Exception(_)) => PASS,
        _ => fail(Reason::Kind),
    }
}

fn values(want: &[Pattern], got: &[(ValType, Observed)]) -> Judgement {
    if want.len() != got.len() {
        return fail(Reason::Arity);
    }
    if want.iter().zip(got).all(|(p, (ty, v))| p.matches(v, *ty)) { PASS } else { fail(Reason::Value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::trap::TrapCode;

    fn trap(message: &str) -> Outcome {
        Outcome::Trap(TrapCode::UninitializedElement, message.into())
    }

    #[test]
    fn only_the_right_end_passes() {
        let message = || "m".to_string();
        let outcomes = [
            Outcome::Done,
            Outcome::Returned(vec![(ValType::I32, Observed::I32(1))]),
            Outcome::Trap(TrapCode::Unreachable, message()),
            Outcome::Exception(Observed::Exception(crate::runtime::store::TagId(0), vec![])),
            Outcome::Exhaustion(message()),
            Outcome::Malformed(message().into()),
            Outcome::Invalid(message().into()),
            Outcome::Unlinkable(message()),
            Outcome::Crash(message()),
            Outcome::Timeout,
            Outcome::Unsupported(message()),
            Outcome::Error(message()),
            Outcome::Blocked { cause: "0".into(), place: None, unsupported: None },
            Outcome::Suspension(message()),
            Outcome::MalformedCustom(message().into()),
            Outcome::InvalidCustom(message().into()),
            Outcome::Shortage("memory"),
        ];
        // Each expectation, and the positions of the outcomes that meet it.
        let expectations: [(Expect, &[usize]); 12] = [
            (Expect::Unjudged(message()), &[]),
            (Expect::Success, &[0, 1]),
            (Expect::Values(vec![Pattern::I32(1)]), &[1]),
            (Expect::Trap(message()), &[2]),
            (Expect::Exception, &[3]),
            (Expect::Exhaustion(message()), &[4]),
            (Expect::Malformed(message()), &[5]),
            (Expect::Invalid(message()), &[6]),
            (Expect::Unlinkable(message()), &[7]),
            (Expect::MalformedCustom(message()), &[14]),
            (Expect::InvalidCustom(message()), &[15]),
            (Expect::Suspension(message()), &[13]),
        ];
        for (expect, pass) in &expectations {
            for (i, outcome) in outcomes.iter().enumerate() {
                let passed = judge(expect, outcome).verdict == Verdict::Pass;
                assert_eq!(passed, pass.contains(&i), "{expect:?} and {outcome:?}");
            }
        }
    }

    /// Even if results cannot be judged, it is known that there are some.
    #[test]
    fn results_that_cannot_be_judged_are_no_other_end() {
        let expect = Expect::Unjudged("why".into());
        for (outcome, verdict, text) in [
            (Outcome::Returned(vec![(ValType::I32, Observed::I32(1))]), Verdict::Unsupported, "unsupported: why"),
            (Outcome::Done, Verdict::Unsupported, "unsupported: why"),
            (trap("unreachable"), Verdict::Fail, "trap: unreachable"),
            (Outcome::Error("e".into()), Verdict::Fail, "error: e"),
        ] {
            assert_eq!((judge(&expect, &outcome).verdict, outcome.beside(&expect).as_str()), (verdict, text));
        }
    }

    #[test]
    fn messages_are_prefixes() {
        let expect = |m: &str| Expect::Trap(m.into());
        assert_eq!(judge(&expect("uninitialized element"), &trap("uninitialized element 7")), PASS);
        assert_eq!(judge(&expect("uninitialized element 8"), &trap("uninitialized element 7")), fail(Reason::Message));
        assert_eq!(judge(&expect("element"), &trap("uninitialized element 7")), fail(Reason::Message));
        assert_eq!(judge(&expect("uninitialized element 77"), &trap("uninitialized element 7")), fail(Reason::Message));
    }

    #[test]
    fn number_of_results_counts() {
        let got = Outcome::Returned(vec![(ValType::I32, Observed::I32(1))]);
        assert_eq!(judge(&Expect::Values(vec![]), &got), fail(Reason::Arity));
        assert_eq!(judge(&Expect::Values(vec![Pattern::I32(1), Pattern::I32(1)]), &got), fail(Reason::Arity));
        assert_eq!(judge(&Expect::Values(vec![Pattern::I32(2)]), &got), fail(Reason::Value));
        assert_eq!(judge(&Expect::Values(vec![Pattern::I64(1)]), &got), fail(Reason::Value));
        // An outcome that succeeds without results has none.
        assert_eq!(judge(&Expect::Values(vec![]), &Outcome::Done), PASS);
        assert_eq!(judge(&Expect::Values(vec![Pattern::I32(1)]), &Outcome::Done), fail(Reason::Arity));
    }

    #[test]
    fn every_result_counts() {
        let got = Outcome::Returned(vec![(ValType::I32, Observed::I32(1)), (ValType::I32, Observed::I32(2))]);
        let judged = |first, second| judge(&Expect::Values(vec![Pattern::I32(first), Pattern::I32(second)]), &got);
        assert_eq!(judged(1, 2), PASS);
        for (first, second) in [(1, 3), (3, 2), (2, 1)] {
            assert_eq!(judged(first, second), fail(Reason::Value), "{first} {second}");
        }
    }

    /// This holds whatever was expected.
    #[test]
    fn what_did_not_end_is_judged_by_itself() {
        let message = || "m".to_string();
        let blocked = |unsupported: Option<String>| Outcome::Blocked { cause: "0".into(), place: None, unsupported };
        let cases = [
            (Outcome::Crash(message()), Verdict::Crash, None),
            (Outcome::Timeout, Verdict::Timeout, None),
            (Outcome::Unsupported(message()), Verdict::Unsupported, None),
            (Outcome::Shortage("memory"), Verdict::Unsupported, None),
            (blocked(Some(message())), Verdict::Unsupported, None),
            (blocked(None), Verdict::Fail, Some(Reason::Kind)),
            (Outcome::Error(message()), Verdict::Fail, Some(Reason::Kind)),
        ];
        for expect in Expect::of_each_kind("m") {
            for (outcome, verdict, reason) in &cases {
                let judgement = Judgement { verdict: *verdict, reason: *reason };
                assert_eq!(judge(&expect, outcome), judgement, "{expect:?} and {outcome:?}");
            }
        }
    }
}
