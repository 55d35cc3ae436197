//! The first difference between two observations, and a name for its kind that stays the same as a subject shrinks.

use super::observe::{Entity, Observation, Step, StepEnd};
use crate::text::counted;

/// The first difference between two observations of a subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The step at which they differ; see [`super::subject::PreparedSubject::step_name`].
    pub step: usize,
    /// The left side, as text.
    pub left: String,
    /// The right side, as text.
    pub right: String,
    /// What differs.
    pub kind: DifferenceKind,
}

/// The kind of a difference.
#[derive(Clone, Debug, PartialEq)]
pub enum DifferenceKind {
    /// The ends of the step.
    End(Box<StepEnd>, Box<StepEnd>),
    /// A defect of the reference, found without a comparison; the right side is its end.
    Defect(Box<StepEnd>),
    /// The state after the step; the first entity that differs.
    State(Entity),
    /// The output written to this descriptor.
    Output(u32),
    /// The number of steps.
    Steps,
}

/// Why nothing is compared from a step on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A stack is exhausted on at least one side: the depths of the stacks differ. If it is exhausted on both sides, and both
    /// recorded the same state, they go on alike.
    Stack,
    /// The heap is full on at least one side: conservative scanning retains different objects, so the free space differs. If it
    /// is full on both sides, and no state that both recorded differs, they go on alike.
    Heap,
}

impl std::fmt::Display for Cut {
    /// Writes what ran out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Cut::Stack => "stack",
            Cut::Heap => "heap",
        })
    }
}

impl Cut {
    fn of(left: &Step, right: &Step) -> Option<Cut> {
        let (l, r) = (&left.end, &right.end);
        if *l == StepEnd::Exhausted || *r == StepEnd::Exhausted {
            let settled = l == r && !left.state.is_empty() && left.state == right.state;
            return (!settled).then_some(Cut::Stack);
        }
        let settled = l == r && state(left, right).is_none();
        (!settled && (l.is_out_of_heap() || r.is_out_of_heap())).then_some(Cut::Heap)
    }

    /// Returns the first step from which on nothing is compared, and why.
    pub fn first(left: &Observation, right: &Observation) -> Option<(usize, Cut)> {
        let steps = left.steps.iter().zip(&right.steps).enumerate();
        steps.filter_map(|(step, (l, r))| Some((step, Cut::of(l, r)?))).next()
    }
}

/// Returns the first difference, if there is one. Two observations agree if all steps up to the first one that poisons
/// the comparison are equal. State that only one side recorded is not compared.
pub fn diff(left: &Observation, right: &Observation) -> Option<Difference> {
    for (step, (l, r)) in left.steps.iter().zip(&right.steps).enumerate() {
        if Cut::of(l, r).is_some() {
            let defect = l.end.is_defect() || r.end.is_defect();
            return defect.then(|| ends(step, l, r));
        }
        if l.end != r.end {
            return Some(ends(step, l, r));
        }
        if l.output != r.output {
            return Some(output(step, l, r));
        }
        if let Some(entity) = state(l, r) {
            let text = |s: &Step| {
                let hash = s.state.iter().find(|(e, _)| *e == entity).map_or(0, |(_, hash)| *hash);
                format!("{}, then {entity} is {hash:016x}", s.end)
            };
            return Some(Difference { step, left: text(l), right: text(r), kind: DifferenceKind::State(entity) });
        }
        if !goes_on(&l.end) {
            return None;
        }
    }
    let (l, r) = (left.steps.len(), right.steps.len());
    (l != r).then(|| Difference {
        step: l.min(r),
        left: counted(l, "step"),
        right: counted(r, "step"),
        kind: DifferenceKind::Steps,
    })
}

/// Returns whether the steps after this end, which both sides share and which is not a cut, are compared. If something was
/// exhausted, both sides were left in the same state.
/// the same state.
fn goes_on(end: &StepEnd) -> bool {
    !end.poisons() || *end == StepEnd::Exhausted
}

/// Returns whether two observations have no difference, and a step is among those that were compared. Two that agree up to a cut,
/// or up to an end after which nothing is compared, say nothing about the steps after it.
/// cut, or as an end behind which nothing is compared, say nothing of the steps behind it.
pub fn agree_beyond(left: &Observation, right: &Observation, step: usize) -> bool {
    let is_compared = Cut::first(left, right).is_none_or(|(cut, _)| step < cut);
    let has_end = left.steps.get(..=step).and_then(<[Step]>::split_last).is_some_and(|(last, before)| {
        !last.end.is_defect() && !last.end.is_unable() && before.iter().all(|s| goes_on(&s.end))
    });
    is_compared && has_end && diff(left, right).is_none()
}

/// The difference between the ends of a step.
pub fn ends(step: usize, l: &Step, r: &Step) -> Difference {
    Difference {
        step,
        left: l.end.to_string(),
        right: r.end.to_string(),
        kind: DifferenceKind::End(Box::new(l.end.clone()), Box::new(r.end.clone())),
    }
}

fn output(step: usize, l: &Step, r: &Step) -> Difference {
    let at = l.output.iter().zip(&r.output).position(|(a, b)| a != b).unwrap_or(l.output.len().min(r.output.len()));
    let text = |s: &Step| match s.output.get(at) {
        Some((descriptor, bytes)) => format!("{descriptor}: {:?}", String::from_utf8_lossy(bytes)),
        None => "nothing more".into(),
    };
    let descriptor = l.output.get(at).or(r.output.get(at)).map_or(0, |o| o.0);
    Difference { step, left: text(l), right: text(r), kind: DifferenceKind::Output(descriptor) }
}

/// Returns the first entity that both sides recorded and that differs. Both list entities in the same order, but one
/// side may list fewer.
fn state(l: &Step, r: &Step) -> Option<Entity> {
    if l.state == r.state {
        return None;
    }
    l.state.iter().find(|(e, hash)| r.state.iter().any(|(f, other)| e == f && hash != other)).map(|(e, _)| *e)
}

impl Difference {
    /// Returns whether a side did not end by itself, or executed nothing.
    pub fn is_of_defect(&self) -> bool {
        let own = |end: &StepEnd| !end.is_defect() && !end.is_unable();
        match &self.kind {
            DifferenceKind::End(l, r) => !own(l) || !own(r),
            DifferenceKind::Defect(_) => true,
            DifferenceKind::State(_) | DifferenceKind::Output(_) | DifferenceKind::Steps => false,
        }
    }

    /// Names the kind of difference. The name has no numbers, so that it stays the same as a subject shrinks.
    pub fn signature(&self) -> String {
        match &self.kind {
            DifferenceKind::End(l, r) => match (&**l, &**r) {
                (StepEnd::Values(_), StepEnd::Values(_)) => "values".into(),
                (StepEnd::Exception(..), StepEnd::Exception(..)) => "exceptions".into(),
                (l, r) => format!("{} / {}", end_kind(l), end_kind(r)),
            },
            DifferenceKind::Defect(end) => end_kind(end),
            DifferenceKind::State(entity) => format!("state: {}", entity.kind()),
            DifferenceKind::Output(_) => "output".into(),
            DifferenceKind::Steps => "steps".into(),
        }
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} | {}", self.left, self.right)
    }
}

fn end_kind(end: &StepEnd) -> String {
    match end {
        StepEnd::Values(_) => "values".into(),
        StepEnd::Trap(message) => format!("trap({message})"),
        StepEnd::Rejected(what) => format!("rejected({})", wordy(what)),
        StepEnd::Error(what) => format!("error({})", wordy(what)),
        StepEnd::Exception(..) => "exception".into(),
        StepEnd::Exit(_) => "exit".into(),
        StepEnd::Exhausted => "exhausted".into(),
        StepEnd::Timeout => "timeout".into(),
        StepEnd::Unsupported(what) => format!("unsupported({})", what.split(" (at offset ").next().unwrap_or(what)),
        StepEnd::Unlinkable(what) | StepEnd::Refused(what) => format!("refused({})", wordy(what)),
        StepEnd::Crash(what) => format!("crash({})", wordy(what)),
        StepEnd::Checker(what) => format!("checker({})", wordy(what)),
    }
}

/// Returns the first words of a message, up to the first word with a digit: numbers change as a subject shrinks.
pub fn wordy(text: &str) -> String {
    let words = text.split_whitespace().take_while(|w| !w.contains(|c: char| c.is_ascii_digit()));
    let words: Vec<&str> = words.take(8).collect();
    // A message that begins with a number (or a signal's name) is better than an empty one.
    if words.is_empty() { text.split_whitespace().next().unwrap_or_default().to_string() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::trap::TrapCode;
    use crate::triage::value::PortableValue;

    fn observation(steps: Vec<(StepEnd, Vec<(Entity, u64)>)>) -> Observation {
        let steps = steps.into_iter().map(|(end, state)| Step { end, state, output: Vec::new() }).collect();
        Observation { steps, column: "x".into() }
    }

    fn values(v: u32) -> StepEnd {
        StepEnd::Values(vec![PortableValue::I32(v)])
    }

    #[test]
    fn the_first_difference_is_reported() {
        let plain = |v| observation(vec![(values(1), vec![(Entity::Memory(0), 7)]), (values(v), vec![])]);
        assert_eq!(diff(&plain(2), &plain(2)), None);
        let d = diff(&plain(2), &plain(3)).unwrap();
        assert_eq!((d.step, d.signature().as_str()), (1, "values"));
        assert_eq!(d.to_string(), "returned (i32 2) | returned (i32 3)");
        let trap = observation(vec![(StepEnd::Trap("unreachable".into()), vec![])]);
        assert_eq!(diff(&trap, &plain(2)).unwrap().signature(), "trap(unreachable) / values");
        let short = observation(vec![(values(1), vec![])]);
        assert_eq!(diff(&plain(2), &short).unwrap().signature(), "steps");
        let crash = |n| observation(vec![(StepEnd::Crash(format!("panic: index {n} out of bounds")), vec![])]);
        assert_eq!(diff(&short, &crash(3)).unwrap().signature(), diff(&short, &crash(4)).unwrap().signature());
    }

    #[test]
    fn state_is_compared_where_both_looked() {
        let of = |state: Vec<(Entity, u64)>| observation(vec![(values(1), state)]);
        let (m, g) = (Entity::Memory(0), Entity::Global(3));
        assert_eq!(diff(&of(vec![(g, 1), (m, 2)]), &of(vec![(m, 2)])), None);
        assert_eq!(diff(&of(vec![(g, 1), (m, 2)]), &of(vec![])), None);
        let d = diff(&of(vec![(g, 1), (m, 2)]), &of(vec![(g, 1), (m, 3)])).unwrap();
        assert_eq!((d.kind.clone(), d.signature().as_str()), (DifferenceKind::State(m), "state: memory"));
    }

    #[test]
    fn a_heap_that_is_full_on_one_side_ends_the_comparison() {
        let of = |first, second| observation(vec![(values(1), vec![]), (first, vec![]), (second, vec![])]);
        let trap = |code: TrapCode| StepEnd::Trap(code.message().into());
        let (full, other) = (|| trap(TrapCode::AllocationTooLarge), || trap(TrapCode::IntegerOverflow));
        for (left, right) in [(full(), values(2)), (values(2), full()), (full(), other())] {
            let (left, right) = (of(left, values(3)), of(right, values(4)));
            assert_eq!(diff(&left, &right), None);
            assert_eq!(Cut::first(&left, &right), Some((1, Cut::Heap)));
        }
        // If it is full on both sides, in the same state as far as is known, it is a trap like any other; another trap on only
        // one side is a difference.
        // difference.
        let (left, right) = (of(full(), values(3)), of(full(), values(4)));
        assert_eq!((diff(&left, &right).unwrap().step, Cut::first(&left, &right)), (2, None));
        assert_eq!(diff(&of(other(), values(3)), &of(values(2), values(3))).unwrap().step, 1);
        for defect in [StepEnd::Crash("SIGSEGV".into()), StepEnd::Timeout] {
            assert_eq!(diff(&of(full(), values(1)), &of(defect, values(1))).unwrap().step, 1);
        }
    }

    /// As in the matrix, the point at which a heap is full may differ between the sides, and so may what was done before.
    #[test]
    fn a_heap_that_is_full_in_another_state_ends_the_comparison() {
        let full = || StepEnd::Trap(TrapCode::AllocationTooLarge.message().into());
        let of = |state: Option<u64>, value| {
            let state = state.map(|count| (Entity::Global(0), count)).into_iter().collect();
            observation(vec![(full(), state), (values(value), vec![])])
        };
        let compared = |left: &Observation, right: &Observation| {
            (diff(left, right).map(|found| found.step), Cut::first(left, right))
        };
        let cut = (None, Some((0, Cut::Heap)));
        assert_eq!(compared(&of(Some(7), 1), &of(Some(8), 1)), cut);
        assert_eq!(compared(&of(Some(7), 1), &of(Some(8), 2)), cut);
        // In the same state, and if one side did not record it, both go on.
        for state in [Some(7), None] {
            assert_eq!(compared(&of(Some(7), 1), &of(state, 1)), (None, None));
            assert_eq!(compared(&of(Some(7), 1), &of(state, 2)), (Some(1), None));
        }
        // After another trap, a state that differs is a difference.
        let trap = |count| {
            let end = StepEnd::Trap(TrapCode::IntegerOverflow.message().into());
            observation(vec![(end, vec![(Entity::Global(0), count)])])
        };
        assert_eq!(compared(&trap(7), &trap(8)), (Some(0), None));
    }

    #[test]
    fn nothing_is_compared_after_an_exhaustion() {
        let of = |first, second| observation(vec![(first, vec![]), (second, vec![])]);
        assert_eq!(diff(&of(StepEnd::Exhausted, values(1)), &of(StepEnd::Exhausted, values(2))), None);
        assert_eq!(diff(&of(StepEnd::Exhausted, values(1)), &of(values(5), values(2))), None);
        let crash = StepEnd::Crash("SIGSEGV".into());
        assert_eq!(
            diff(&of(StepEnd::Exhausted, values(1)), &of(crash, values(1))).unwrap().signature(),
            "exhausted / crash(SIGSEGV)"
        );
    }

    #[test]
    fn an_exhaustion_that_leaves_the_same_state_ends_nothing() {
        let of = |count, value| {
            observation(vec![(StepEnd::Exhausted, vec![(Entity::Global(0), count)]), (values(value), vec![])])
        };
        assert_eq!((diff(&of(7, 1), &of(7, 1)), Cut::first(&of(7, 1), &of(7, 1))), (None, None));
        assert_eq!(diff(&of(7, 1), &of(7, 2)).unwrap().step, 1);
        assert_eq!((diff(&of(7, 1), &of(8, 2)), Cut::first(&of(7, 1), &of(8, 2))), (None, Some((0, Cut::Stack))));
    }

    #[test]
    fn those_that_agree_say_nothing_of_what_was_not_compared() {
        let of = |first, second| observation(vec![(first, vec![]), (second, vec![]), (values(1), vec![])]);
        let beyond = |l: &Observation, r: &Observation| [0, 1, 2, 3].map(|step| agree_beyond(l, r, step));
        let plain = of(values(1), values(2));
        assert_eq!(beyond(&plain, &plain), [true, true, true, false]);
        assert_eq!(beyond(&plain, &of(values(1), values(3))), [false; 4]);
        let full = || StepEnd::Trap(TrapCode::AllocationTooLarge.message().into());
        for end in [StepEnd::Exhausted, full()] {
            assert_eq!(beyond(&plain, &of(values(1), end)), [true, false, false, false]);
        }
        let full = of(values(1), full());
        assert_eq!(beyond(&full, &full), [true, true, true, false]);
        // Nothing after such an end is compared, although a script goes on. The end of a program is compared.
        for (end, is_known) in [
            (StepEnd::Timeout, false),
            (StepEnd::Unsupported("threads".into()), false),
            (StepEnd::Refused("a memory".into()), false),
            (StepEnd::Exit(3), true),
        ] {
            let stopped = of(values(1), end);
            assert_eq!(beyond(&stopped, &stopped), [true, is_known, false, false]);
        }
        let exhausted = || (StepEnd::Exhausted, vec![(Entity::Global(0), 7)]);
        let settled = observation(vec![exhausted(), (values(1), vec![])]);
        assert_eq!(beyond(&settled, &settled), [true, true, false, false]);
    }

    /// The first output that differs is reported by its descriptor, as is one that only one side has.
    #[test]
    fn outputs_are_compared_one_by_one() {
        let of = |output: &[(u32, &str)]| {
            let output = output.iter().map(|(descriptor, text)| (*descriptor, text.as_bytes().to_vec())).collect();
            Observation {
                steps: vec![Step { end: StepEnd::Exit(0), state: Vec::new(), output }],
                column: String::new(),
            }
        };
        let whole = of(&[(1, "a"), (2, "b")]);
        assert_eq!(diff(&whole, &whole), None);
        let cases = [
            (of(&[(1, "a"), (2, "c")]), 2, "2: \"b\" | 2: \"c\""),
            (of(&[(1, "x"), (2, "c")]), 1, "1: \"a\" | 1: \"x\""),
            (of(&[(1, "a"), (3, "b")]), 2, "2: \"b\" | 3: \"b\""),
            (of(&[(1, "a")]), 2, "2: \"b\" | nothing more"),
            (of(&[(1, "a"), (2, "b"), (7, "c")]), 7, "nothing more | 7: \"c\""),
        ];
        for (other, descriptor, text) in cases {
            let d = diff(&whole, &other).unwrap();
            assert_eq!((d.step, &d.kind, d.to_string().as_str()), (0, &DifferenceKind::Output(descriptor), text));
            assert_eq!(d.signature(), "output");
        }
    }

    /// A signature stays the same when numbers change, and there is none after an end that says nothing about what follows.
    #[test]
    fn a_signature_has_the_words_before_the_first_number() {
        let of = |end: StepEnd| observation(vec![(end, vec![]), (values(1), vec![])]);
        let cases = [
            (StepEnd::Exit(3), "exit"),
            (StepEnd::Timeout, "timeout"),
            (StepEnd::Exception(1, Vec::new()), "exception"),
            (StepEnd::Unsupported("wide arithmetic (at offset 0x12)".into()), "unsupported(wide arithmetic)"),
            (StepEnd::Refused("a memory of 9 pages".into()), "refused(a memory of)"),
            (StepEnd::Crash("11 of them".into()), "crash(11)"),
            (StepEnd::Checker("a b c d e f g h i".into()), "checker(a b c d e f g h)"),
        ];
        for (end, signature) in cases {
            let found = diff(&of(values(5)), &of(end.clone())).unwrap().signature();
            assert_eq!(found, format!("values / {signature}"));
            let defect = Difference { kind: DifferenceKind::Defect(Box::new(end)), ..ends_of_nothing() };
            assert_eq!(defect.signature(), signature);
        }
        let after = |v| observation(vec![(StepEnd::Exit(0), vec![]), (values(v), vec![])]);
        assert_eq!(diff(&after(1), &after(2)), None);
    }

    fn ends_of_nothing() -> Difference {
        Difference { step: 0, left: String::new(), right: String::new(), kind: DifferenceKind::Steps }
    }
}
