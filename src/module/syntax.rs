//! The syntax of operators: nesting, proposal, immediates. It is read from `wasmparser`'s own list, or kept here once
//! for all code that walks a body.

use wasmparser::{Catch, Handle, MemArg, Operator};

/// The role of an operator in the nesting of control structures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nest {
    /// Begins a control structure.
    Open,
    /// Ends one part of a structure and begins the next: `else`, or a `catch` of the older proposal.
    Else,
    /// Ends a structure.
    End,
    /// Neither begins nor ends anything.
    None,
}

/// Returns the role of this operator.
pub fn nest(operator: &Operator<'_>) -> Nest {
    match operator {
        Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::If { .. }
        | Operator::TryTable { .. }
        | Operator::Try { .. } => Nest::Open,
        Operator::Else | Operator::Catch { .. } | Operator::CatchAll => Nest::Else,
        Operator::End | Operator::Delegate { .. } => Nest::End,
        _ => Nest::None,
    }
}

/// Returns the name in reports of the proposal that introduced an operator; `mvp` for the first version of the
/// language.
pub fn proposal(operator: &Operator<'_>) -> &'static str {
    macro_rules! proposals {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            match operator {
                $(Operator::$op { .. } => stringify!($proposal),)*
                _ => "unknown operator",
            }
        };
    }
    report_name(wasmparser::for_each_operator!(proposals))
}

/// Returns the name of a proposal in reports.
fn report_name(proposal: &'static str) -> &'static str {
    match proposal {
        "relaxed_simd" => "simd",
        "acquire_release_atomics" => "acquire-release-atomics",
        "bulk_memory" => "bulk-memory",
        "custom_descriptors" => "custom-descriptors",
        "function_references" => "function-references",
        "legacy_exceptions" => "legacy-exceptions",
        "memory_control" => "memory-control",
        "reference_types" => "reference-types",
        "saturating_float_to_int" => "saturating-float-to-int",
        "shared_everything_threads" => "shared-everything-threads",
        "sign_extension" => "sign-extension",
        "stack_switching" => "stack-switching",
        "tail_call" => "tail-call",
        "wide_arithmetic" => "wide-arithmetic",
        other => other,
    }
}

/// Finds an immediate by its name; `None` if it is not in the list.
macro_rules! immediate {
    (memarg $names:tt { memarg $($rest:ident)* }) => { immediate!(@first $names) };
    (lane $names:tt { lane $($rest:ident)* }) => { immediate!(@first $names) };
    ($wanted:ident { $skipped:ident $($names:ident)* } { $other:ident $($rest:ident)* }) => {
        immediate!($wanted { $($names)* } { $($rest)* })
    };
    ($wanted:ident $names:tt {}) => { None };
    (@first { $name:ident $($rest:ident)* }) => { Some(*$name) };
}

/// Returns the label of a branch that has a single one.
pub fn branch(operator: &Operator<'_>) -> Option<u32> {
    match *operator {
        Operator::Br { relative_depth }
        | Operator::BrIf { relative_depth }
        | Operator::BrOnNull { relative_depth }
        | Operator::BrOnNonNull { relative_depth }
        | Operator::BrOnCast { relative_depth, .. }
        | Operator::BrOnCastFail { relative_depth, .. }
        | Operator::BrOnCastDescEq { relative_depth, .. }
        | Operator::BrOnCastDescEqFail { relative_depth, .. } => Some(relative_depth),
        _ => None,
    }
}

/// Returns all labels that an operator names, including those of its handlers, counted from the innermost structure around it.
/// (`delegate` is inside the structure that it ends, and `try_table` is outside the one that it begins.)
pub fn labels(operator: &Operator<'_>) -> Vec<u32> {
    match operator {
        Operator::BrTable { targets } => targets.targets().map_while(Result::ok).chain([targets.default()]).collect(),
        Operator::TryTable { try_table } => try_table
            .catches
            .iter()
            .map(|&catch| match catch {
                Catch::One { label, .. }
                | Catch::OneRef { label, .. }
                | Catch::All { label }
                | Catch::AllRef { label } => label,
            })
            .collect(),
        Operator::Resume { resume_table, .. }
        | Operator::ResumeThrow { resume_table, .. }
        | Operator::ResumeThrowRef { resume_table, .. } => resume_table
            .handlers
            .iter()
            .filter_map(|&handler| match handler {
                Handle::OnLabel { label, .. } => Some(label),
                Handle::OnSwitch { .. } => None,
            })
            .collect(),
        Operator::Rethrow { relative_depth } => vec![*relative_depth],
        Operator::Delegate { relative_depth } => vec![relative_depth.saturating_add(1)],
        other => branch(other).into_iter().collect(),
    }
}

/// Returns the memory argument of a load, a store or an atomic access.
pub fn memarg(operator: &Operator<'_>) -> Option<MemArg> {
    macro_rules! memargs {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            #[allow(unused_variables, reason = "the other immediates are bound too")]
            match operator {
                $(Operator::$op $({ $($arg),* })? => immediate!(memarg { $($($arg)*)? } { $($($arg)*)? }),)*
                _ => None,
            }
        };
    }
    wasmparser::for_each_operator!(memargs)
}

/// Returns the lane number of an operator.
pub fn lane(operator: &Operator<'_>) -> Option<u8> {
    macro_rules! lanes {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            #[allow(unused_variables, reason = "the other immediates are bound too")]
            match operator {
                $(Operator::$op $({ $($arg),* })? => immediate!(lane { $($($arg)*)? } { $($($arg)*)? }),)*
                _ => None,
            }
        };
    }
    wasmparser::for_each_operator!(lanes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::MemArgTarget;

    #[test]
    fn immediates_are_found() {
        let memarg = MemArg { align: 0, max_align: 0, offset: 7, target: MemArgTarget::Memory(3), ordering: None };
        assert_eq!(super::memarg(&Operator::I32Load { memarg }), Some(memarg));
        assert_eq!(super::memarg(&Operator::V128Store8Lane { memarg, lane: 5 }), Some(memarg));
        assert_eq!(super::memarg(&Operator::I64AtomicRmw8AddU { memarg }), Some(memarg));
        assert_eq!(super::memarg(&Operator::MemoryGrow { mem: 0 }), None);
        assert_eq!(lane(&Operator::V128Store8Lane { memarg, lane: 5 }), Some(5));
        assert_eq!(lane(&Operator::F32x4ReplaceLane { lane: 2 }), Some(2));
        assert_eq!(lane(&Operator::Nop), None);
    }

    /// Labels are counted from the operator's position: a handler of the older proposal is in the structure that it
    /// ends.
    #[test]
    fn labels_are_listed() {
        assert_eq!(labels(&Operator::BrIf { relative_depth: 3 }), [3]);
        assert_eq!(labels(&Operator::Rethrow { relative_depth: 2 }), [2]);
        assert_eq!(labels(&Operator::Delegate { relative_depth: 2 }), [3]);
        assert_eq!(labels(&Operator::Nop), [0; 0]);
        let catches = vec![
            Catch::One { tag: 9, label: 1 },
            Catch::OneRef { tag: 9, label: 2 },
            Catch::All { label: 3 },
            Catch::AllRef { label: 4 },
        ];
        let try_table = wasmparser::TryTable { ty: wasmparser::BlockType::Empty, catches };
        assert_eq!(labels(&Operator::TryTable { try_table }), [1, 2, 3, 4]);
    }

    #[test]
    fn proposals_are_named() {
        assert_eq!(proposal(&Operator::I8x16RelaxedSwizzle), "simd");
        assert_eq!(proposal(&Operator::Suspend { tag_index: 0 }), "stack-switching");
        assert_eq!(proposal(&Operator::Nop), "mvp");
        macro_rules! names {
            ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
                [$(stringify!($proposal)),*]
            };
        }
        for name in wasmparser::for_each_operator!(names) {
            assert!(!report_name(name).contains('_'), "{name}");
        }
    }

    #[test]
    fn operators_have_their_places_in_the_nesting() {
        let ty = wasmparser::BlockType::Empty;
        let try_table = wasmparser::TryTable { ty, catches: vec![] };
        for (operator, place) in [
            (Operator::Block { blockty: ty }, Nest::Open),
            (Operator::Loop { blockty: ty }, Nest::Open),
            (Operator::If { blockty: ty }, Nest::Open),
            (Operator::TryTable { try_table }, Nest::Open),
            (Operator::Try { blockty: ty }, Nest::Open),
            (Operator::Else, Nest::Else),
            (Operator::Catch { tag_index: 0 }, Nest::Else),
            (Operator::CatchAll, Nest::Else),
            (Operator::End, Nest::End),
            (Operator::Delegate { relative_depth: 0 }, Nest::End),
            (Operator::Br { relative_depth: 0 }, Nest::None),
            (Operator::Rethrow { relative_depth: 0 }, Nest::None),
            (Operator::Nop, Nest::None),
        ] {
            assert_eq!(nest(&operator), place, "{operator:?}");
        }
    }

    /// Operators with their label, if they are branches with a single one, and all their labels.
    #[test]
    fn labels_of_branches_are_theirs() {
        for (bytes, label, all) in [
            (&[0x0c, 5][..], Some(5), &[5][..]),
            (&[0x0d, 6], Some(6), &[6]),
            (&[0xd5, 7], Some(7), &[7]),
            (&[0xd6, 8], Some(8), &[8]),
            (&[0xfb, 0x18, 3, 9, 0x6e, 0x6d], Some(9), &[9]),
            (&[0xfb, 0x19, 3, 10, 0x6e, 0x6d], Some(10), &[10]),
            (&[0xfb, 0x25, 3, 11, 0x6e, 0x6d], Some(11), &[11]),
            (&[0xfb, 0x26, 3, 12, 0x6e, 0x6d], Some(12), &[12]),
            (&[0x0e, 2, 1, 2, 3], None, &[1, 2, 3]),
            (&[0x09, 4], None, &[4]),
            (&[0xe3, 0, 2, 0, 9, 7, 1, 9], None, &[7]),
            (&[0xe4, 0, 9, 2, 1, 9, 0, 9, 8], None, &[8]),
            (&[0xe5, 0, 2, 0, 9, 6, 0, 9, 5], None, &[6, 5]),
            (&[0x10, 5], None, &[]),
        ] {
            let reader = wasmparser::BinaryReader::new(bytes, 0);
            let operator = wasmparser::OperatorsReader::new(reader).read().expect("an operator");
            assert_eq!((branch(&operator), &labels(&operator)[..]), (label, all), "{operator:?}");
        }
        assert_eq!(labels(&Operator::Delegate { relative_depth: u32::MAX }), [u32::MAX]);
    }
}
