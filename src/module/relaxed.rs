//! Finds operators in modules: those whose results the specification leaves open (relaxed ones and those that make NaNs),
//! atomic ones that write, and loops.

use super::{BodyIndex, BodyKind, Module};
use wasmparser::{BinaryReader, FunctionBody, Operator};

fn is_relaxed(op: &Operator<'_>) -> bool {
    macro_rules! proposals {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            match op {
                $(Operator::$op { .. } => stringify!($proposal),)*
                _ => "",
            }
        };
    }
    wasmparser::for_each_operator!(proposals) == "relaxed_simd"
}

/// Returns whether the operator may return a NaN that is not an operand's. (Negating or moving a NaN is fully
/// specified.)
pub fn makes_nans(op: &Operator<'_>) -> bool {
    macro_rules! names {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            match op {
                $(Operator::$op { .. } => stringify!($op),)*
                _ => "",
            }
        };
    }
    name_makes_nans(wasmparser::for_each_operator!(names))
}

fn writes_atomically(op: &Operator<'_>) -> bool {
    macro_rules! names {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            match op {
                $(Operator::$op { .. } => (stringify!($proposal), stringify!($op)),)*
                _ => ("", ""),
            }
        };
    }
    let (proposal, name) = wasmparser::for_each_operator!(names);
    proposal == "threads" && (name.contains("Store") || name.contains("Rmw"))
}

/// Classifies an operator by its name in `wasmparser`: `F32Add`, `F64x2PromoteLowF32x4`, `F32x4RelaxedMadd`.
fn name_makes_nans(name: &str) -> bool {
    const MAKE: [&str; 14] = [
        "Add", "Sub", "Mul", "Div", "Sqrt", "Min", "Max", "Ceil", "Floor", "Trunc", "Nearest", "Demote", "Promote",
        "Madd",
    ];
    let types = ["F32x4", "F64x2", "F32", "F64"];
    let rest = types.iter().find_map(|ty| name.strip_prefix(ty));
    let rest = rest.map(|rest| rest.strip_prefix("Relaxed").unwrap_or(rest));
    rest.is_some_and(|rest| MAKE.iter().any(|make| rest.starts_with(make)) || rest.starts_with("Nmadd"))
}

impl Module {
    /// Returns whether any function has a relaxed SIMD operator.
    pub fn has_relaxed_operators(&self) -> bool {
        self.has_operator(is_relaxed)
    }

    /// Returns whether any function has an operator that may make a NaN whose bits the specification leaves open.
    pub fn has_nan_operators(&self) -> bool {
        self.has_operator(makes_nans)
    }

    /// Returns whether any function has an atomic operator that writes to a memory.
    pub fn has_atomic_writes(&self) -> bool {
        self.has_operator(writes_atomically)
    }

    /// Returns the byte offsets, in the module's binary, of a function's loops, ascending.
    pub fn loops(&self, body: BodyIndex) -> Vec<u32> {
        let range = &self.bodies[body.0 as usize].range;
        let reader = BinaryReader::new_features(&self.bytes[range.clone()], range.start as u64, self.features);
        let Ok(operators) = FunctionBody::new(reader).get_operators_reader() else { return Vec::new() };
        let offset = |(op, at)| matches!(op, Operator::Loop { .. }).then_some(at as u32);
        operators.into_iter_with_offsets().flatten().filter_map(offset).collect()
    }

    fn has_operator(&self, is_one: fn(&Operator<'_>) -> bool) -> bool {
        self.bodies.iter().filter(|body| matches!(body.kind, BodyKind::Function(_))).any(|body| {
            let bytes = &self.bytes[body.range.clone()];
            let reader = BinaryReader::new_features(bytes, body.range.start as u64, self.features);
            let operators = FunctionBody::new(reader).get_operators_reader();
            operators.is_ok_and(|operators| operators.into_iter().flatten().any(|op| is_one(&op)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn operators_that_make_nans() {
        let all = |ops: &[Operator<'_>], makes| ops.iter().for_each(|op| assert_eq!(makes_nans(op), makes, "{op:?}"));
        all(&[Operator::F32Add, Operator::F64Nearest, Operator::F64PromoteF32, Operator::F32DemoteF64], true);
        all(&[Operator::F32x4Min, Operator::F64x2Ceil, Operator::F32x4RelaxedNmadd, Operator::F64x2RelaxedMax], true);
        all(&[Operator::F64x2PromoteLowF32x4, Operator::F32x4DemoteF64x2Zero, Operator::F64Trunc], true);
        all(&[Operator::F32Neg, Operator::F64Copysign, Operator::F32x4Abs, Operator::F32x4PMin], false);
        all(&[Operator::I32Add, Operator::I32TruncF32S, Operator::F32ReinterpretI32, Operator::F32Lt], false);
        all(&[Operator::F32ConvertI32S, Operator::F64x2ExtractLane { lane: 0 }, Operator::I32x4TruncSatF32x4S], false);
    }

    /// Of all operators, those whose NaNs the specification leaves open are arithmetic, rounding, and conversions between
    /// floats.
    #[test]
    fn no_operator_that_makes_nans_is_forgotten() {
        macro_rules! names {
            ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
                [$(stringify!($op)),*]
            };
        }
        const ALONE: [&str; 11] =
            ["Add", "Sub", "Mul", "Div", "Min", "Max", "Sqrt", "Ceil", "Floor", "Trunc", "Nearest"];
        const RELAXED: [&str; 4] = ["RelaxedMadd", "RelaxedNmadd", "RelaxedMin", "RelaxedMax"];
        let found: BTreeSet<String> = wasmparser::for_each_operator!(names)
            .into_iter()
            .filter(|name| name_makes_nans(name))
            .map(str::to_string)
            .collect();
        let of = |types: &[&str], names: &[&str]| -> Vec<String> {
            types.iter().flat_map(|ty| names.iter().map(move |name| format!("{ty}{name}"))).collect()
        };
        let conversions = ["F32DemoteF64", "F64PromoteF32", "F32x4DemoteF64x2Zero", "F64x2PromoteLowF32x4"];
        let expected = [of(&["F32", "F64", "F32x4", "F64x2"], &ALONE), of(&["F32x4", "F64x2"], &RELAXED)].concat();
        let expected: BTreeSet<String> = expected.into_iter().chain(conversions.map(str::to_string)).collect();
        assert_eq!(found, expected);
    }

    fn module(text: &str) -> Module {
        Module::new(&wat::parse_str(text).expect("it parses"), super::super::WasmFeatures::all()).expect("it is valid")
    }

    /// Operators are found in any function.
    #[test]
    fn modules_have_the_operators_of_their_functions() {
        // Relaxed ones, those that make NaNs, and atomic ones that write.
        for (operators, expected) in [
            ("", [false, false, false]),
            ("(drop (f32.add (local.get $f) (local.get $f)))", [false, true, false]),
            ("(drop (f32.neg (local.get $f)))", [false, false, false]),
            ("(drop (i8x16.relaxed_swizzle (local.get $v) (local.get $v)))", [true, false, false]),
            ("(drop (i8x16.swizzle (local.get $v) (local.get $v)))", [false, false, false]),
            ("(drop (f32x4.relaxed_madd (local.get $v) (local.get $v) (local.get $v)))", [true, true, false]),
            ("(i32.atomic.store (i32.const 0) (i32.const 0))", [false, false, true]),
            ("(drop (i64.atomic.rmw8.add_u (i32.const 0) (i64.const 0)))", [false, false, true]),
            ("(drop (i32.atomic.load (i32.const 0)))", [false, false, false]),
            ("(atomic.fence)", [false, false, false]),
            ("(i32.store (i32.const 0) (i32.const 0))", [false, false, false]),
        ] {
            let text = format!(
                "(module (memory 1 1 shared) (func nop) (func (param $f f32) (param $v v128) nop {operators} nop))"
            );
            let module = module(&text);
            let found = [module.has_relaxed_operators(), module.has_nan_operators(), module.has_atomic_writes()];
            assert_eq!(found, expected, "{operators}");
        }
    }

    #[test]
    fn loops_are_listed_by_their_offsets() {
        let module = module("(module (func) (func (local i32) nop loop nop loop end end block loop end end))");
        let start = module.bodies[1].range.start as u32;
        // After the locals, which are one entry.
        assert_eq!(module.loops(BodyIndex(1)), [4, 7, 13].map(|offset| start + offset));
        assert_eq!(module.loops(BodyIndex(0)), [0; 0]);
    }
}
