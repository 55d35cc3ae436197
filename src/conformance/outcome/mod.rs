//! The outcome of a directive on one backend, and the expectation of a script.

pub mod equality;
pub mod nans;
pub mod numbers;
pub mod observed;
pub mod pattern;
mod shown;

use crate::module::Phase;
use crate::module::messages::Rejection;
use crate::runtime::trap::TrapCode;
use equality::{Correspondence, Equality};
use numbers::list;
use observed::Observed;
use pattern::Pattern;
use std::fmt;
use wasmparser::ValType;

/// The outcome of a directive on one backend.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It succeeded without results: a module was instantiated, a name registered.
    Done,
    /// Results with their static types.
    Returned(Vec<(ValType, Observed)>),
    /// A trap, with its message.
    Trap(TrapCode, String),
    /// An uncaught exception.
    Exception(Observed),
    /// The call stack was used up.
    Exhaustion(String),
    /// An unhandled suspension.
    Suspension(String),
    /// The module cannot be decoded or parsed.
    Malformed(Rejection),
    /// The module is not valid.
    Invalid(Rejection),
    /// A custom section or an annotation cannot be decoded.
    MalformedCustom(Rejection),
    /// A custom section or an annotation is wrong about its module.
    InvalidCustom(Rejection),
    /// The module does not fit its imports, for this reason.
    Unlinkable(String),
    /// It killed the process: a signal, an abort, a panic.
    Crash(String),
    /// The directive was interrupted at its time limit.
    Timeout,
    /// Nothing ran: it needs a missing feature, or exceeds a limit.
    Unsupported(String),
    /// Code ran, and the system (not a limit) refused it memory: also `unsupported`.
    Shortage(&'static str),
    /// It depends on a directive that failed or was unsupported on this backend.
    Blocked {
        /// The index of that directive.
        cause: String,
        /// Its line and text, for readers; see [`Outcome::locate`].
        place: Option<(u32, String)>,
        /// The missing feature, if the cause is unsupported.
        unsupported: Option<String>,
    },
    /// The script asks for something that does not exist (an unknown export, arguments of wrong types), or the harness
    /// refuses the result (a JIT column that ran no native code).
    Error(String),
}

/// The expectation of a script.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// Any end but a failure: a plain `module`, `register` or `invoke`.
    Success,
    /// Results that match these patterns.
    Values(Vec<Pattern>),
    /// Results that cannot be judged, for this reason. The action is still run, since others may depend on it.
    Unjudged(String),
    /// A trap with this message.
    Trap(String),
    /// An uncaught exception.
    Exception,
    /// Exhaustion of the call stack, with this message.
    Exhaustion(String),
    /// A module that cannot be decoded or parsed, with this message.
    Malformed(String),
    /// A module that is not valid, with this message.
    Invalid(String),
    /// A module that does not fit its imports, with this message.
    Unlinkable(String),
    /// A custom section or an annotation that cannot be decoded, with this message.
    MalformedCustom(String),
    /// A custom section or an annotation that is wrong about its module, with this message.
    InvalidCustom(String),
    /// An unhandled suspension, with this message.
    Suspension(String),
}

impl Expect {
    /// The message that it names. If that is empty, the phase alone decides.
    pub fn message_mut(&mut self) -> Option<&mut String> {
        match self {
            Expect::Trap(message)
            | Expect::Exhaustion(message)
            | Expect::Malformed(message)
            | Expect::Invalid(message)
            | Expect::Unlinkable(message)
            | Expect::MalformedCustom(message)
            | Expect::InvalidCustom(message)
            | Expect::Suspension(message) => Some(message),
            Expect::Success | Expect::Values(_) | Expect::Unjudged(_) | Expect::Exception => None,
        }
    }

    /// An expectation of each kind, with this message.
    #[cfg(test)]
    pub fn of_each_kind(message: &str) -> Vec<Expect> {
        let m = || message.to_string();
        // A new kind does not compile until it is another one's successor.
        let successor = |expect: &Expect| match expect {
            Expect::Malformed(_) => Some(Expect::Invalid(m())),
            Expect::Invalid(_) => Some(Expect::Unlinkable(m())),
            Expect::Unlinkable(_) => Some(Expect::Trap(m())),
            Expect::Trap(_) => Some(Expect::Exhaustion(m())),
            Expect::Exhaustion(_) => Some(Expect::Suspension(m())),
            Expect::Suspension(_) => Some(Expect::MalformedCustom(m())),
            Expect::MalformedCustom(_) => Some(Expect::InvalidCustom(m())),
            Expect::InvalidCustom(_) => Some(Expect::Exception),
            Expect::Exception => Some(Expect::Values(Vec::new())),
            Expect::Values(_) => Some(Expect::Unjudged(m())),
            Expect::Unjudged(_) => Some(Expect::Success),
            Expect::Success => None,
        };
        std::iter::successors(Some(Expect::Malformed(m())), successor).collect()
    }
}

impl Outcome {
    /// A rejected module.
    pub fn rejected(phase: Phase, message: Rejection) -> Outcome {
        match phase {
            Phase::Malformed => Outcome::Malformed(message),
            Phase::Invalid => Outcome::Invalid(message),
            Phase::Limit | Phase::Memory => Outcome::Unsupported(format!("limit: {message}")),
            Phase::Timeout => Outcome::Timeout,
            Phase::MalformedCustom => Outcome::MalformedCustom(message),
            Phase::InvalidCustom => Outcome::InvalidCustom(message),
        }
    }

    /// Whether execution on this side left a state that can be compared with another side's.
    pub fn has_state(&self) -> bool {
        let none = matches!(
            self,
            Outcome::Crash(_)
                | Outcome::Timeout
                | Outcome::Unsupported(_)
                | Outcome::Shortage(_)
                | Outcome::Blocked { .. }
        );
        !none && !self.is_exhausted()
    }

    /// Makes an outcome that depends on a directive say where that is. `place` returns the line and text of a directive by its
    /// index.
    pub fn locate<'p>(&mut self, place: impl Fn(&str) -> Option<(u32, &'p str)>) {
        if let Outcome::Blocked { cause, place: known, .. } = self {
            *known = place(cause).map(|(line, text)| (line, text.to_string()));
        }
    }

    /// The outcome as text, with its results written like the expected ones.
    pub fn beside(&self, expect: &Expect) -> String {
        match (self, expect) {
            (Outcome::Returned(values), Expect::Values(patterns)) => {
                format!("returned [{}]", shown::results(values, patterns))
            }
            (Outcome::Returned(_) | Outcome::Done, Expect::Unjudged(what)) => format!("unsupported: {what}"),
            _ => self.to_string(),
        }
    }

    /// Whether a stack or the GC heap was full. How much of either a backend uses, and what it keeps alive, may differ between
    /// backends.
    pub fn is_exhausted(&self) -> bool {
        matches!(self, Outcome::Exhaustion(_) | Outcome::Trap(TrapCode::AllocationTooLarge, _))
    }

    /// Compares the outcomes of two backends. Lanes of results that a script expects to be NaNs are excused.
    pub fn same(&self, other: &Outcome, expect: &Expect, map: &Correspondence) -> Equality {
        let yes = |b: bool| if b { Equality::Yes } else { Equality::No };
        match (self, other) {
            (Outcome::Returned(a), Outcome::Returned(b)) => {
                same_results(a, b, expect, map).fold(yes(a.len() == b.len()), Equality::and)
            }
            // The texts of traps contain numbers, on which both sides must agree as well.
            (Outcome::Trap(a, x), Outcome::Trap(b, y)) => yes(a == b && x == y),
            (Outcome::Exception(a), Outcome::Exception(b)) => map.same(a, b),
            (Outcome::Exhaustion(_), Outcome::Exhaustion(_)) => Equality::Yes,
            (a, b) => yes(a == b),
        }
    }
}

/// Compares the results of two backends one by one, up to the shorter list. Lanes that a script expects to be NaNs are excused.
pub fn same_results<'r>(
    left: &'r [(ValType, Observed)],
    right: &'r [(ValType, Observed)],
    expect: &'r Expect,
    map: &'r Correspondence,
) -> impl Iterator<Item = Equality> + 'r {
    let patterns: &[Pattern] = if let Expect::Values(patterns) = expect { patterns } else { &[] };
    left.iter().zip(right).enumerate().map(move |(i, ((ty, x), (other, y)))| match (x, y, patterns.get(i)) {
        _ if ty != other => Equality::No,
        (Observed::V128(x), Observed::V128(y), Some(pattern)) if x != y && map.excused_vector(pattern, *x, *y) => {
            Equality::NaNs
        }
        _ => map.same(x, y),
    })
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Done => f.write_str("success"),
            Outcome::Returned(values) => write!(f, "returned [{}]", shown::results(values, &[])),
            Outcome::Trap(_, message) => write!(f, "trap: {message}"),
            Outcome::Exception(e) => write!(f, "{e}"),
            Outcome::Exhaustion(message) => write!(f, "exhaustion: {message}"),
            Outcome::Suspension(message) => write!(f, "unhandled suspension: {message}"),
            Outcome::Malformed(message) => write!(f, "malformed: {message}"),
            Outcome::Invalid(message) => write!(f, "invalid: {message}"),
            Outcome::MalformedCustom(message) => write!(f, "malformed custom section: {message}"),
            Outcome::InvalidCustom(message) => write!(f, "invalid custom section: {message}"),
            Outcome::Unlinkable(message) => write!(f, "unlinkable: {message}"),
            Outcome::Crash(what) => write!(f, "crash({what})"),
            Outcome::Timeout => f.write_str("timeout"),
            Outcome::Unsupported(what) => write!(f, "unsupported: {what}"),
            Outcome::Shortage(what) => write!(f, "unsupported: resources: the system refused {what}"),
            Outcome::Blocked { cause, place, unsupported } => match (unsupported, place) {
                (Some(what), Some((line, text))) => write!(f, "unsupported: {what} (from line {line}: {text})"),
                (Some(what), None) => write!(f, "unsupported: {what} (from directive {cause})"),
                (None, Some((line, text))) => write!(f, "depends on line {line} ({text}), which failed"),
                (None, None) => write!(f, "depends on failed directive {cause}"),
            },
            Outcome::Error(message) => write!(f, "error: {message}"),
        }
    }
}

impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expect::Success => f.write_str("success"),
            Expect::Values(patterns) => write!(f, "returned [{}]", list(patterns)),
            Expect::Unjudged(_) => f.write_str("results that cannot be judged"),
            Expect::Trap(m) => write!(f, "trap: {m}"),
            Expect::Exception => f.write_str("exception"),
            Expect::Exhaustion(m) => write!(f, "exhaustion: {m}"),
            Expect::Malformed(m) => write!(f, "malformed: {m}"),
            Expect::Invalid(m) => write!(f, "invalid: {m}"),
            Expect::Unlinkable(m) => write!(f, "unlinkable: {m}"),
            Expect::MalformedCustom(m) => write!(f, "malformed custom section: {m}"),
            Expect::InvalidCustom(m) => write!(f, "invalid custom section: {m}"),
            Expect::Suspension(m) => write!(f, "unhandled suspension: {m}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::outcome::numbers::VectorShape;
    use crate::conformance::outcome::pattern::Lane;
    use crate::runtime::store::TagId;

    /// An outcome of each kind, with whether it leaves a state that can be compared, and whether something was full.
    fn outcomes() -> Vec<(Outcome, bool, bool)> {
        let text = || "x".to_string();
        let returned =
            |list: &[u32]| Outcome::Returned(list.iter().map(|v| (ValType::I32, Observed::I32(*v))).collect());
        let exception = |payload: &[Observed]| Outcome::Exception(Observed::Exception(TagId(0), payload.to_vec()));
        vec![
            (Outcome::Done, true, false),
            (returned(&[]), true, false),
            (returned(&[1]), true, false),
            (returned(&[2]), true, false),
            (returned(&[1, 1]), true, false),
            (Outcome::Returned(vec![(ValType::F32, Observed::I32(1))]), true, false),
            (Outcome::Trap(TrapCode::Unreachable, text()), true, false),
            (Outcome::Trap(TrapCode::Unreachable, "y".into()), true, false),
            (Outcome::Trap(TrapCode::IntegerOverflow, text()), true, false),
            (Outcome::Trap(TrapCode::AllocationTooLarge, text()), false, true),
            (exception(&[]), true, false),
            (exception(&[Observed::Null]), true, false),
            (Outcome::Exhaustion(text()), false, true),
            (Outcome::Suspension(text()), true, false),
            (Outcome::Malformed("x".into()), true, false),
            (Outcome::Malformed("y".into()), true, false),
            (Outcome::Invalid("x".into()), true, false),
            (Outcome::MalformedCustom("x".into()), true, false),
            (Outcome::InvalidCustom("x".into()), true, false),
            (Outcome::Unlinkable(text()), true, false),
            (Outcome::Unlinkable("y".into()), true, false),
            (Outcome::Crash(text()), false, false),
            (Outcome::Timeout, false, false),
            (Outcome::Unsupported(text()), false, false),
            (Outcome::Shortage("x"), false, false),
            (Outcome::Blocked { cause: text(), place: None, unsupported: None }, false, false),
            (Outcome::Blocked { cause: text(), place: None, unsupported: Some(text()) }, false, false),
            (Outcome::Error(text()), true, false),
        ]
    }

    #[test]
    fn each_outcome_is_the_same_as_itself_alone() {
        let map = Correspondence { tags: [(TagId(0), TagId(0))].into(), ..Correspondence::default() };
        let all = outcomes();
        for (i, (a, has_state, is_full)) in all.iter().enumerate() {
            assert_eq!((a.has_state(), a.is_exhausted()), (*has_state, *is_full), "{a}");
            for (j, (b, ..)) in all.iter().enumerate() {
                let expected = if i == j { Equality::Yes } else { Equality::No };
                assert_eq!(a.same(b, &Expect::Success, &map), expected, "{a:?} {b:?}");
            }
        }
        let deep = |text: &str| Outcome::Exhaustion(text.into());
        let same = |a: &Outcome, b: &Outcome, expect: &Expect| a.same(b, expect, &map);
        assert_eq!(same(&deep("a"), &deep("b"), &Expect::Success), Equality::Yes, "how it is said does not matter");
        // A lane that is expected to be a NaN, and one that is not.
        let vector = |lane: u32| (ValType::V128, Observed::V128(u128::from(lane)));
        let returned = |lane: u32, other: u32| Outcome::Returned(vec![vector(lane), vector(other)]);
        let lanes = vec![Lane::Arithmetic, Lane::Bits(0), Lane::Bits(0), Lane::Bits(0)];
        let expect = Expect::Values(vec![Pattern::V128(VectorShape::F32x4, lanes), Pattern::RefAny]);
        let (nan, other) = (0x7fc0_0000, 0x7fc0_0001);
        for (a, b, expected, in_silence) in [
            (returned(nan, 0), returned(nan, 0), Equality::Yes, Equality::Yes),
            (returned(nan, 0), returned(other, 0), Equality::NaNs, Equality::No),
            (returned(nan, 0), returned(other, 1), Equality::No, Equality::No),
            (returned(0, nan), returned(0, other), Equality::No, Equality::No),
        ] {
            assert_eq!((same(&a, &b, &expect), same(&a, &b, &Expect::Success)), (expected, in_silence), "{a} {b}");
        }
    }

    /// Counterparts lead from the left side to the right one.
    #[test]
    fn each_side_has_names_of_its_own() {
        use crate::runtime::store::InstanceId;
        let map = Correspondence {
            instances: [(InstanceId(1), InstanceId(9))].into(),
            tags: [(TagId(2), TagId(8))].into(),
            canonical: false,
        };
        let func = |instance| {
            let seen = Observed::Func { instance: InstanceId(instance), index: 0, here: Vec::new() };
            Outcome::Returned(vec![(ValType::FUNCREF, seen)])
        };
        let thrown = |tag| Outcome::Exception(Observed::Exception(TagId(tag), Vec::new()));
        for (left, right, expected) in [
            (func(1), func(9), Equality::Yes),
            (func(1), func(1), Equality::No),
            (func(9), func(1), Equality::Unknown),
            (thrown(2), thrown(8), Equality::Yes),
            (thrown(2), thrown(2), Equality::No),
            (thrown(8), thrown(2), Equality::Unknown),
        ] {
            assert_eq!(left.same(&right, &Expect::Success, &map), expected, "{left} {right}");
        }
    }

    /// Each phase of a rejection is a separate outcome.
    #[test]
    fn rejections_are_of_their_phase() {
        let of = |phase| Outcome::rejected(phase, "x".into());
        assert_eq!(of(Phase::Malformed), Outcome::Malformed("x".into()));
        assert_eq!(of(Phase::Invalid), Outcome::Invalid("x".into()));
        assert_eq!(of(Phase::MalformedCustom), Outcome::MalformedCustom("x".into()));
        assert_eq!(of(Phase::InvalidCustom), Outcome::InvalidCustom("x".into()));
        assert_eq!(of(Phase::Limit), Outcome::Unsupported("limit: x".into()));
        assert_eq!(of(Phase::Memory), Outcome::Unsupported("limit: x".into()));
        assert_eq!(of(Phase::Timeout), Outcome::Timeout);
    }

    /// Indices of directives mean nothing to a reader, so an outcome that depends on one says where it is. Texts of scripts that
    /// look similar are left alone.
    #[test]
    fn a_reader_is_told_lines() {
        let place = |index: &str| match index {
            "3" => Some((7, "module $m")),
            "12.4" => Some((20, "invoke f")),
            _ => None,
        };
        let blocked = |cause: &str, unsupported: Option<&str>| Outcome::Blocked {
            cause: cause.into(),
            place: None,
            unsupported: unsupported.map(str::to_string),
        };
        let quoted = "unknown export \"depends on failed directive 3\"";
        for (mut outcome, told) in [
            (blocked("3", None), "depends on line 7 (module $m), which failed"),
            (blocked("12.4", Some("gc")), "unsupported: gc (from line 20: invoke f)"),
            (blocked("12.4", Some("from directive 3")), "unsupported: from directive 3 (from line 20: invoke f)"),
            (blocked("9", None), "depends on failed directive 9"),
            (blocked("9", Some("gc")), "unsupported: gc (from directive 9)"),
            (Outcome::Error(quoted.into()), "error: unknown export \"depends on failed directive 3\""),
        ] {
            outcome.locate(place);
            assert_eq!(outcome.to_string(), told);
        }
    }
}
