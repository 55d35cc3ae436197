//! The self-check: is the harness able to fail? (Mutation testing: DeMillo, Lipton and Sayward, "Hints on Test Data
//! Selection", 1978.)
//!
//! Every assertion that passed is changed in ways that make it false: an expected bit, a sign, a lane, the payload of a NaN, a
//! type, the number of results, a message, the kind of end. Each such *mutant* must be *killed*: judged `fail` for the reason
//! that its mutator predicts. A mutant that passes, or fails for another reason, *survives*, and is a defect of the harness.
//! Mutators know the observed outcome, so they make no equivalent mutants (they never weaken a NaN class, never touch only one
//! arm of an `either`, never shorten a message), and no list of exceptions is needed.
//!
//! All mutants are judged by [`verdict::judge`](super::verdict::judge); one of each kind in each file also goes the whole way, as
//! text ([`text::mutated`], or [`json::mutated`]), through a worker, the report and the exit status. [`lenient::Lenience`] checks
//! the check: a harness that forgives one thing lets mutants survive.
//!
//! The comparison of two sides has mutants of its own ([`compared`]): the outcome of one side is changed, and must differ.
//! differ.

pub mod compared;
mod kinds;
pub mod lenient;
pub mod text;

use super::verdict::{Reason, judge};
use crate::conformance::outcome::numbers::{VectorShape, is_nan};
use crate::conformance::outcome::observed::Observed;
use crate::conformance::outcome::pattern::{Hierarchy, Lane, Pattern};
use crate::conformance::outcome::{Expect, Outcome};
use crate::conformance::read::json;
use crate::conformance::read::language::Messages;
use crate::conformance::read::script::{Action, ScriptStep};
use crate::conformance::record::Verdict;
use crate::text::{by_number, counted};
pub use kinds::MutantKind;
use kinds::integer;
use lenient::{Forgiven, Lenience};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The maximum number of survivors that are described for one file; all are counted.
const LISTED: usize = 50;

/// An expectation that the observed outcome must not meet.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutant {
    /// The mutator that made it.
    pub kind: MutantKind,
    /// The changed expectation.
    pub expect: Expect,
    /// Why it must fail.
    pub reason: Reason,
}

/// All mutants of an assertion that passed with this outcome.
pub fn mutants(expect: &Expect, outcome: &Outcome) -> Vec<Mutant> {
    let mut out = Vec::new();
    let mut push = |kind, expect, reason| out.push(Mutant { kind, expect, reason });
    match expect {
        Expect::Values(want) => {
            let got: &[_] = if let Outcome::Returned(got) = outcome { got } else { &[] };
            for (i, (pattern, (_, seen))) in want.iter().zip(got).enumerate() {
                for (kind, changed) in patterns(pattern, seen) {
                    let mut values = want.clone();
                    values[i] = changed;
                    push(kind, Expect::Values(values), Reason::Value);
                }
            }
            let mut more = want.clone();
            more.push(Pattern::I32(0));
            push(MutantKind::MoreResults, Expect::Values(more), Reason::Arity);
            if let Some((_, fewer)) = want.split_last() {
                push(MutantKind::FewerResults, Expect::Values(fewer.to_vec()), Reason::Arity);
            }
        }
        Expect::Success => {
            for end in ends(String::new()).filter(|end| !matches!(end, Expect::Success | Expect::Values(_))) {
                push(MutantKind::Success, end, Reason::Kind);
            }
            return out;
        }
        _ => {}
    }
    for (kind, changed) in other_messages(expect) {
        push(kind, changed, Reason::Message);
    }
    for changed in other_ends(expect) {
        push(MutantKind::End, changed, Reason::Kind);
    }
    out
}

/// The same end with texts that are not prefixes of the observed one, although the expected text is.
fn other_messages(expect: &Expect) -> Vec<(MutantKind, Expect)> {
    /// A character that no text of an error contains.
    const STRANGE: char = '\u{7f}';
    let mut copy = expect.clone();
    let Some(message) = copy.message_mut() else { return Vec::new() };
    let original: Vec<char> = message.chars().collect();
    let with = |at: usize| {
        let mut changed = original.clone();
        changed[at] = STRANGE;
        changed.into_iter().collect::<String>()
    };
    let text: String = original.iter().collect();
    let mut texts = vec![
        (MutantKind::MessageStart, format!("{STRANGE}{text}")),
        (MutantKind::MessageEnd, format!("{text}{STRANGE}")),
    ];
    if !original.is_empty() {
        texts.push((MutantKind::MessageStart, with(0)));
        texts.push((MutantKind::MessageMiddle, with(original.len() / 2)));
        texts.push((MutantKind::MessageEnd, with(original.len() - 1)));
    }
    let upper = text.to_ascii_uppercase();
    if upper != text {
        texts.push((MutantKind::MessageCase, upper));
    }
    let changed = |(kind, text)| {
        let mut expect = expect.clone();
        if let Some(message) = expect.message_mut() {
            *message = text;
        }
        (kind, expect)
    };
    texts.into_iter().map(changed).collect()
}

/// Every end that can be expected, with this text if it has one.
fn ends(message: String) -> impl Iterator<Item = Expect> {
    let texts: [fn(String) -> Expect; 8] = [
        Expect::Trap,
        Expect::Exhaustion,
        Expect::Suspension,
        Expect::Malformed,
        Expect::Invalid,
        Expect::Unlinkable,
        Expect::MalformedCustom,
        Expect::InvalidCustom,
    ];
    let plain = [Expect::Success, Expect::Values(Vec::new()), Expect::Exception];
    texts.map(|end| end(message.clone())).into_iter().chain(plain)
}

/// All other ends with the same text, if any.
fn other_ends(expect: &Expect) -> Vec<Expect> {
    let message = expect.clone().message_mut().cloned().unwrap_or_default();
    let kind = std::mem::discriminant(expect);
    // A call that returns also counts as a success.
    let also_met = |end: &Expect| matches!((expect, end), (Expect::Values(_), Expect::Success));
    ends(message)
        .filter(|end| std::mem::discriminant(end) != kind && !also_met(end) && !same_phase(expect, end))
        .collect()
}

/// Two ways to expect a rejection in one phase.
fn same_phase(a: &Expect, b: &Expect) -> bool {
    let phase = |e: &Expect| match e {
        Expect::Malformed(_) | Expect::MalformedCustom(_) => 1,
        Expect::Invalid(_) | Expect::InvalidCustom(_) => 2,
        _ => 0,
    };
    phase(a) != 0 && phase(a) == phase(b)
}

/// The changes of one expected result after which it no longer matches the observed one, `seen`.
fn patterns(pattern: &Pattern, seen: &Observed) -> Vec<(MutantKind, Pattern)> {
    let mut out = match pattern {
        Pattern::I32(v) => integer(32).into_iter().map(|(k, mask)| (k, Pattern::I32(v ^ mask as u32))).collect(),
        Pattern::I64(v) => integer(64).into_iter().map(|(k, mask)| (k, Pattern::I64(v ^ mask))).collect(),
        Pattern::F32(lane) => {
            let got = if let Observed::F32(bits) = seen { u64::from(*bits) } else { 0 };
            float(*lane, got, 32).into_iter().map(|(k, l)| (k, Pattern::F32(l))).collect()
        }
        Pattern::F64(lane) => {
            let got = if let Observed::F64(bits) = seen { *bits } else { 0 };
            float(*lane, got, 64).into_iter().map(|(k, l)| (k, Pattern::F64(l))).collect()
        }
        Pattern::V128(shape, lanes) => {
            let got = if let Observed::V128(bits) = seen { *bits } else { 0 };
            vector(*shape, lanes, got)
        }
        Pattern::RefNull(hierarchy) => {
            let other = if *hierarchy == Some(Hierarchy::Func) { Hierarchy::Extern } else { Hierarchy::Func };
            let mut out = vec![(MutantKind::Reference, Pattern::RefExtern(None))];
            // An untyped null matches all nulls: its type cannot be wrong.
            if hierarchy.is_some() {
                out.push((MutantKind::Reference, Pattern::RefNull(Some(other))));
            }
            out
        }
        Pattern::RefNullDefined => [Pattern::RefExtern(None), Pattern::RefNull(Some(Hierarchy::Extern))]
            .map(|other| (MutantKind::Reference, other))
            .into(),
        Pattern::RefExtern(n) => reference(n.map_or(Some(Pattern::RefAny), |n| Some(Pattern::RefExtern(Some(n ^ 1))))),
        Pattern::RefHost(n) => reference(Some(Pattern::RefHost(n ^ 1))),
        Pattern::RefFunc(n) => reference(n.map(|n| Pattern::RefFunc(Some(n ^ 1)))),
        // Another hierarchy if the pattern leaves the kind open; otherwise another kind.
        Pattern::RefAny | Pattern::RefEq => reference(Some(Pattern::RefExtern(None))),
        Pattern::RefArray => reference(Some(Pattern::RefStruct)),
        Pattern::RefStruct => reference(Some(Pattern::RefArray)),
        Pattern::RefExn => reference(Some(Pattern::RefNull(Some(Hierarchy::Exn)))),
        Pattern::RefCont => reference(Some(Pattern::RefNull(Some(Hierarchy::Cont)))),
        Pattern::RefI31 | Pattern::RefI31Shared => reference(Some(Pattern::RefStruct)),
        Pattern::Either(arms) => {
            // No arm may match the observed value, so all of them become one pattern that does not.
            let wrong = other_values(seen).into_iter().map(|p| Pattern::Either(vec![p; arms.len()]));
            let types = Pattern::Either(arms.iter().map(other_type).collect());
            return wrong.chain([types]).map(|p| (MutantKind::Alternatives, p)).collect();
        }
    };
    out.push((MutantKind::Type, other_type(pattern)));
    out
}

/// Values of the same type as the observed one that differ from it by a bit; for a vector, by a bit in each of its lanes.
fn other_values(seen: &Observed) -> Vec<Pattern> {
    match *seen {
        Observed::I32(v) => vec![Pattern::I32(v ^ 1)],
        Observed::I64(v) => vec![Pattern::I64(v ^ 1)],
        Observed::F32(v) => vec![Pattern::F32(Lane::Bits(u64::from(v) ^ 1))],
        Observed::F64(v) => vec![Pattern::F64(Lane::Bits(v ^ 1))],
        Observed::V128(v) => (0..16)
            .map(|i| {
                let byte = |j| Lane::Bits(u64::from((v >> (8 * j)) as u8) ^ u64::from(i == j));
                Pattern::V128(VectorShape::I8x16, (0..16).map(byte).collect())
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn reference(other: Option<Pattern>) -> Vec<(MutantKind, Pattern)> {
    std::iter::once(Pattern::RefNull(None)).chain(other).map(|p| (MutantKind::Reference, p)).collect()
}

/// A pattern of another type, with the same bits if it has any.
fn other_type(pattern: &Pattern) -> Pattern {
    let bits = |lane: &Lane| if let Lane::Bits(b) = lane { *b } else { 0 };
    match pattern {
        Pattern::I32(v) => Pattern::I64(u64::from(*v)),
        Pattern::I64(v) => Pattern::F64(Lane::Bits(*v)),
        Pattern::F32(l) => Pattern::I32(bits(l) as u32),
        Pattern::F64(l) => Pattern::I64(bits(l)),
        Pattern::Either(arms) => Pattern::Either(arms.iter().map(other_type).collect()),
        _ => Pattern::I32(0),
    }
}

/// A float, or float lane, that is not `got`.
fn float(lane: Lane, got: u64, width: u32) -> Vec<(MutantKind, Lane)> {
    let fraction = if width == 32 { 23 } else { 52 };
    match lane {
        Lane::Bits(bits) => {
            // One bit turns an infinity into a NaN, and many NaNs into another NaN, which is as good a mutant as any other.
            let classes = [
                (MutantKind::LowBit, 0),
                (MutantKind::MiddleBit, fraction / 2),
                (MutantKind::MiddleBit, fraction - 1),
                (MutantKind::Exponent, fraction),
                (MutantKind::Exponent, width - 2),
                (MutantKind::Sign, width - 1),
            ];
            let mut out = classes.map(|(kind, bit)| (kind, Lane::Bits(bits ^ 1 << bit))).to_vec();
            if is_nan(bits, width) {
                out.push((MutantKind::NanPayload, Lane::Bits(bits ^ 2)));
            }
            out
        }
        Lane::Canonical | Lane::Arithmetic => {
            let quiet = if width == 32 { 0x7fc0_0000 } else { 0x7ff8_0000_0000_0000u64 };
            let other = if got == quiet | 1 { quiet | 2 } else { quiet | 1 };
            vec![(MutantKind::NanPayload, Lane::Bits(other)), (MutantKind::NanNumber, Lane::Bits(0))]
        }
    }
}

fn vector(shape: VectorShape, lanes: &[Lane], got: u128) -> Vec<(MutantKind, Pattern)> {
    let width = shape.lane_bits();
    let is_float = matches!(shape, VectorShape::F32x4 | VectorShape::F64x2);
    let mut out = Vec::new();
    for (i, &lane) in lanes.iter().enumerate() {
        let seen = (got >> (i as u32 * width)) as u64 & (u64::MAX >> (64 - width));
        let changes = match lane {
            Lane::Bits(bits) if !is_float => {
                integer(width).into_iter().map(|(kind, mask)| (kind, Lane::Bits(bits ^ mask))).collect()
            }
            _ => float(lane, seen, width),
        };
        for (kind, changed) in changes {
            let mut lanes = lanes.to_vec();
            lanes[i] = changed;
            let kind =
                if matches!(kind, MutantKind::NanPayload | MutantKind::NanNumber) { kind } else { MutantKind::Lane };
            out.push((kind, Pattern::V128(shape, lanes)));
        }
    }
    out
}

/// How a run checks itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfCheck {
    /// Only for the check of the check: what the harness is made to forgive.
    pub forgive: Option<Forgiven>,
}

/// Checks a script while it runs.
pub struct Checker {
    lenience: Lenience,
    tally: MutantTally,
    /// For each kind, the first directive with a mutant that can be written as text: its position and the mutant.
    picked: BTreeMap<MutantKind, (usize, Expect)>,
    /// Whether the script is in JSON.
    is_json: bool,
    /// The messages that count in the script.
    messages: Messages,
}

impl Checker {
    /// A checker of one script. `is_json`: the script is in JSON, which cannot express everything that the text format can.
    pub fn new(check: SelfCheck, is_json: bool, messages: Messages) -> Checker {
        Checker {
            lenience: Lenience::to(check.forgive),
            tally: MutantTally::default(),
            picked: BTreeMap::new(),
            is_json,
            messages,
        }
    }

    /// Checks one directive, given its outcome in each column.
    pub fn step<'o>(&mut self, step: &ScriptStep<'_>, columns: impl Iterator<Item = (&'o str, &'o Outcome)>) {
        let mut all_passed = true;
        let mut outcomes: Vec<&Outcome> = Vec::new();
        self.tally.judged_once += u64::from(matches!(step.action, Action::Check));
        for (column, outcome) in columns {
            let place = || format!("line {} {} on {column}", step.line, step.text);
            self.tally.check(place, &step.expect, outcome, &mut self.lenience);
            all_passed &= judge(&step.expect, outcome).verdict == Verdict::Pass;
            if !outcomes.contains(&outcome) {
                outcomes.push(outcome);
            }
        }
        // Nested directives have no position of their own in the text.
        let (Ok(position), true) = (step.index.parse::<usize>(), all_passed) else { return };
        for mutant in outcomes.iter().flat_map(|outcome| mutants(&step.expect, outcome)) {
            let taken = self.picked.values().any(|(p, _)| *p == position);
            // An action that asserts nothing has no place for an expectation. Neither does a message that does not count: it is
            // left out when the script is read.
            // Nor has a message that does not count: it is left out when the script is read.
            let can_be_written = mutant.kind != MutantKind::Success
                && (mutant.reason != Reason::Message || self.messages.count(&mutant.expect))
                && text::can_be_written(&step.action, &mutant.expect)
                && (!self.is_json || json::can_be_written(&step.action, &mutant.expect));
            // The NaN of one column may be what the mutant of another one expects.
            let fails = || outcomes.iter().all(|outcome| judge(&mutant.expect, outcome).verdict == Verdict::Fail);
            if !taken && !self.picked.contains_key(&mutant.kind) && can_be_written && fails() {
                self.picked.insert(mutant.kind, (position, mutant.expect));
            }
        }
    }

    /// Checks the comparison of one directive on two sides that were found to be the same. `seen` compares the left one with a
    /// mutant of the right one, and returns whether they differ.
    pub fn compared(
        &mut self,
        step: &ScriptStep<'_>,
        columns: &str,
        mutants: &[compared::MutatedEnd],
        seen: impl Fn(&compared::MutatedEnd) -> bool,
    ) {
        for mutant in mutants {
            let place = || format!("line {} {} on {columns}", step.line, step.text);
            self.tally.compared(place, mutant, seen(mutant));
        }
    }

    /// The results of this script's mutants; `folder` is `Job::folder`.
    pub fn finish(self, script: &str, folder: Option<&json::Folder>) -> MutantTally {
        let Checker { mut tally, picked, .. } = self;
        let mut changes: Vec<(usize, MutantKind, &Expect)> = picked.iter().map(|(k, (p, e))| (*p, *k, e)).collect();
        changes.sort_by_key(|change| change.0);
        let pairs: Vec<(usize, &Expect)> = changes.iter().map(|&(p, _, e)| (p, e)).collect();
        let mutated = match folder {
            Some(folder) => json::mutated(script, folder, &pairs),
            None => text::mutated(script, &pairs),
        };
        match mutated {
            Some(text) => {
                let failing = changes.iter().map(|&(p, kind, _)| (p, kind)).collect();
                tally.text = Some(MutatedText { text, failing });
            }
            None => tally.survivor(|| "the script cannot be rewritten".into()),
        }
        tally
    }
}

/// A script with one mutant of each kind that it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MutatedText {
    /// The text with the mutants.
    pub text: String,
    /// The positions of the directives that must now fail, in order, and the changes.
    pub failing: Vec<(usize, MutantKind)>,
}

/// The results of the mutants of a file, or of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MutantTally {
    /// The numbers of mutants and of killed ones, by kind.
    pub kinds: BTreeMap<MutantKind, (u64, u64)>,
    /// The number of mutants that were not killed, in whichever way they were tried, and of scripts that cannot be mutated.
    pub survived: u64,
    /// The first of them in each file: the place, the mutated expectation, the outcome.
    pub survivors: Vec<String>,
    /// The places of assertions that passed and have no mutant.
    pub unmutated: Vec<String>,
    /// The number of assertions that did not pass to begin with, so that there is nothing to mutate.
    pub not_passed: u64,
    /// The number of results that were not as expected before anything was changed, and that no rule covers.
    pub unexpected: u64,
    /// The number of assertions about the decoder and the validator, which all columns share.
    pub judged_once: u64,
    /// The numbers of mutants that went the whole way, counted once for each backend, and of killed ones.
    pub whole: (u64, u64),
    /// The mutated text of one file, which goes through a worker and the report.
    pub text: Option<MutatedText>,
}

impl MutantTally {
    /// The number of mutants.
    pub fn mutants(&self) -> u64 {
        self.kinds.values().map(|k| k.0).sum()
    }

    /// The number of mutants that were killed.
    pub fn killed(&self) -> u64 {
        self.kinds.values().map(|k| k.1).sum()
    }

    /// Mutates one expectation and judges every mutant. `place` is its file, line and backend. For a directive that asserts
    /// nothing (`module`, `register`, `invoke`), the success is mutated.
    pub fn check(&mut self, place: impl Fn() -> String, expect: &Expect, outcome: &Outcome, lenience: &mut Lenience) {
        if lenience.judge(expect, outcome).verdict != Verdict::Pass {
            self.not_passed += 1;
            return;
        }
        let mutants = mutants(expect, outcome);
        if mutants.is_empty() {
            self.unmutated.push(place());
        }
        for mutant in mutants {
            let judged = lenience.judge(&mutant.expect, outcome);
            let killed = judged.verdict == Verdict::Fail && judged.reason == Some(mutant.reason);
            let count = self.kinds.entry(mutant.kind).or_default();
            count.0 += 1;
            count.1 += u64::from(killed);
            if !killed {
                self.survivor(|| {
                    format!(
                        "{}: {} mutant expects {}, got {outcome}: judged {:?}, not a failure by {:?}",
                        place(),
                        mutant.kind.name(),
                        mutant.expect,
                        judged,
                        mutant.reason
                    )
                });
            }
        }
    }

    /// Counts a mutant that was not killed, and lists it if it is one of the first.
    pub fn survivor(&mut self, text: impl FnOnce() -> String) {
        self.survived += 1;
        if self.survivors.len() < LISTED {
            self.survivors.push(text());
        }
    }
}

impl MutantTally {
    /// Counts a mutant of the comparison at `place`.
    pub fn compared(&mut self, place: impl Fn() -> String, end: &compared::MutatedEnd, killed: bool) {
        let count = self.kinds.entry(end.kind).or_default();
        count.0 += 1;
        count.1 += u64::from(killed);
        if !killed {
            let name = end.kind.name();
            self.survivor(|| format!("{}: {name} mutant is not told apart: {}", place(), end.outcome));
        }
    }
}

impl std::ops::AddAssign for MutantTally {
    fn add_assign(&mut self, other: MutantTally) {
        for (kind, (mutants, killed)) in other.kinds {
            let count = self.kinds.entry(kind).or_default();
            count.0 += mutants;
            count.1 += killed;
        }
        self.survived += other.survived;
        self.survivors.extend(other.survivors);
        self.unmutated.extend(other.unmutated);
        self.not_passed += other.not_passed;
        self.unexpected += other.unexpected;
        self.judged_once += other.judged_once;
        self.whole.0 += other.whole.0;
        self.whole.1 += other.whole.1;
        self.text = None;
    }
}

impl MutantTally {
    /// Whether there is no survivor, nothing unmutated, nothing unexpected to begin with, and something was checked.
    pub fn is_fine(&self) -> bool {
        let looked = self.mutants() > 0 && self.whole.0 > 0;
        looked && self.survivors.is_empty() && self.unmutated.is_empty() && self.unexpected == 0
    }
}

/// Prints a table by kind, then the line that scripts read: `mutants N killed N survived 0 unmutated 0`.
impl std::fmt::Display for MutantTally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{:<14} {:>9} {:>9} {:>9}", "mutation", "mutants", "killed", "survived")?;
        for (kind, (mutants, killed)) in &self.kinds {
            writeln!(f, "{:<14} {mutants:>9} {killed:>9} {:>9}", kind.name(), mutants - killed)?;
        }
        for place in &self.unmutated {
            writeln!(f, "unmutated: {place}")?;
        }
        for survivor in &self.survivors {
            writeln!(f, "survived: {survivor}")?;
        }
        let (whole, killed) = self.whole;
        writeln!(f, "{:<14} {whole:>9} {killed:>9} {:>9}", "through all", whole - killed)?;
        if whole == 0 {
            writeln!(f, "no mutant went through all: no assertion outside of threads that can be rewritten passed")?;
        }
        if self.not_passed > 0 {
            let were = by_number(self.not_passed, "was", "were");
            writeln!(f, "{} did not pass and {were} not mutated", counted(self.not_passed, "assertion"))?;
        }
        if self.unexpected > 0 {
            let results = counted(self.unexpected, "result");
            let (were, them) = (by_number(self.unexpected, "was", "were"), by_number(self.unexpected, "it", "them"));
            writeln!(f, "{results} {were} unexpected before anything was changed; `wasmoon test` shows {them}")?;
        }
        if self.judged_once > 0 {
            writeln!(
                f,
                "{} {} only the decoder and validator that all columns share, so they count once",
                counted(self.judged_once, "assertion"),
                by_number(self.judged_once, "checks", "check")
            )?;
        }
        let (mutants, killed, survived) = (self.mutants(), self.killed(), self.survived);
        write!(f, "mutants {mutants} killed {killed} survived {survived} unmutated {}", self.unmutated.len())
    }
}

#[cfg(test)]
mod tests;
