//! Operators that make NaNs, according to both translators.

/// Float operators that make no NaN of their own: they move bits, change a sign, choose an operand, or have a float
/// only as an operand or only as the result.
const KEPT: &str = "F32Load F64Load F32Store F64Store F32Const F64Const F32Abs F64Abs F32Neg F64Neg F32Copysign \
    F64Copysign I32ReinterpretF32 I64ReinterpretF64 F32ReinterpretI32 F64ReinterpretI64 F32x4Splat F64x2Splat \
    F32x4ExtractLane F64x2ExtractLane F32x4ReplaceLane F64x2ReplaceLane F32x4Abs F64x2Abs F32x4Neg F64x2Neg \
    F32x4PMin F32x4PMax F64x2PMin F64x2PMax \
    F32Eq F32Ne F32Lt F32Gt F32Le F32Ge F64Eq F64Ne F64Lt F64Gt F64Le F64Ge \
    F32x4Eq F32x4Ne F32x4Lt F32x4Gt F32x4Le F32x4Ge F64x2Eq F64x2Ne F64x2Lt F64x2Gt F64x2Le F64x2Ge \
    I32TruncF32S I32TruncF32U I32TruncF64S I32TruncF64U I64TruncF32S I64TruncF32U I64TruncF64S I64TruncF64U \
    I32TruncSatF32S I32TruncSatF32U I32TruncSatF64S I32TruncSatF64U \
    I64TruncSatF32S I64TruncSatF32U I64TruncSatF64S I64TruncSatF64U \
    F32ConvertI32S F32ConvertI32U F32ConvertI64S F32ConvertI64U F64ConvertI32S F64ConvertI32U F64ConvertI64S \
    F64ConvertI64U F32x4ConvertI32x4S F32x4ConvertI32x4U F64x2ConvertLowI32x4S F64x2ConvertLowI32x4U \
    I32x4TruncSatF32x4S I32x4TruncSatF32x4U I32x4TruncSatF64x2SZero I32x4TruncSatF64x2UZero \
    I32x4RelaxedTruncF32x4S I32x4RelaxedTruncF32x4U I32x4RelaxedTruncF64x2SZero I32x4RelaxedTruncF64x2UZero";

/// Every float operator must either keep the bits of NaNs, or both translators must know that it may make one. A new
/// operator is in neither list.
#[test]
fn no_operator_is_forgotten() {
    use crate::{interp, jit};
    use wasmparser::Operator;
    macro_rules! operators {
        (@value $op:ident) => { Some(Operator::$op) };
        // Operators with immediates only move bits.
        (@value $op:ident $($arg:ident)+) => { None };
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            [$((stringify!($op), operators!(@value $op $($($arg)*)?))),*]
        };
    }
    let operators: Vec<(&str, Option<Operator<'static>>)> = wasmparser::for_each_operator!(operators).into();
    let kept: Vec<&str> = KEPT.split_whitespace().collect();
    let (mut canonicalised, mut about_floats) = (0, 0);
    for (name, operator) in operators {
        let made = operator.as_ref().and_then(interp::makes_nan).map(|floats| floats.name());
        let by_jit = operator.as_ref().and_then(jit::frontend::nans::made_by).map(|(ty, imm)| match imm {
            jit::ir::Imm::Shape(shape) => shape.name(),
            _ => ty.name(),
        });
        assert_eq!(made, by_jit, "{name}: the two translators disagree");
        let about = ["F32", "F64"].iter().any(|part| name.contains(part));
        assert_eq!(about, made.is_some() || kept.contains(&name), "{name}");
        assert!(made.is_none() || !kept.contains(&name), "{name} is in both lists");
        if let Some(floats) = made {
            canonicalised += 1;
            assert!(name.to_lowercase().starts_with(floats), "{name} makes {floats}");
        }
        about_floats += u32::from(about);
    }
    assert_eq!(
        canonicalised,
        4 * 12 + 8,
        "add sub mul div min max sqrt ceil floor trunc nearest, one of another width; relaxed"
    );
    assert_eq!(about_floats, canonicalised + kept.len() as u32);
}
