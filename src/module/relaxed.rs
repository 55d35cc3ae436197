//! Which modules have relaxed operators, whose results are up to whoever executes them.

use super::{BodyKind, Module};
use wasmparser::{BinaryReader, FunctionBody, Operator};

macro_rules! relaxed_operators {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        fn is_relaxed(op: &Operator<'_>) -> bool {
            match op {
                $(Operator::$op { .. } => stringify!($proposal) == "relaxed_simd",)*
                _ => false,
            }
        }
    };
}
wasmparser::for_each_operator!(relaxed_operators);

impl Module {
    /// Whether any of its functions has an operator of relaxed SIMD.
    pub fn has_relaxed_operators(&self) -> bool {
        self.bodies.iter().filter(|body| matches!(body.kind, BodyKind::Function(_))).any(|body| {
            let bytes = &self.bytes[body.range.clone()];
            let reader = BinaryReader::new_features(bytes, body.range.start as u64, self.features);
            let operators = FunctionBody::new(reader).get_operators_reader();
            operators.is_ok_and(|operators| operators.into_iter().flatten().any(|op| is_relaxed(&op)))
        })
    }
}
