//! Removes endless waits and unspecified results from wasm-smith's modules.

use super::RewriteError;
use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, Module};
use wasmparser::{FunctionBody, Operator, Parser, Payload, ValType};

/// Quiet and positive, with no other payload bit set, in each lane.
const NANS_F32: i128 = 0x7fc0_0000_7fc0_0000_7fc0_0000_7fc0_0000;
const NANS_F64: i128 = 0x7ff8_0000_0000_0000_7ff8_0000_0000_0000;

/// Rewrites a module without imports. Each wait gets a timeout of 0, because with only one thread it would never be woken. With
/// `canonical_nans`, the NaNs that a relaxed operator makes of floats become canonical, as wasm-smith does for other operators.
///
/// # Errors
/// The module cannot be read.
pub fn tame(bytes: &[u8], canonical_nans: bool) -> Result<Vec<u8>, RewriteError> {
    let parameters = parameters(bytes)?.into_iter();
    let mut tamer = Tamer { parameters, canonical_nans };
    let mut module = Module::new();
    tamer.parse_core_module(&mut module, Parser::new(0), bytes)?;
    Ok(module.finish())
}

/// Returns the number of parameters of each function.
fn parameters(bytes: &[u8]) -> Result<Vec<u32>, wasmparser::Error> {
    let (mut types, mut functions) = (Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(groups) => {
                for group in groups {
                    types.extend(group?.into_types().map(|ty| match ty.composite_type.inner {
                        wasmparser::CompositeInnerType::Func(ty) => ty.params().len() as u32,
                        _ => 0,
                    }));
                }
            }
            Payload::FunctionSection(all) => {
                for ty in all {
                    functions.push(types.get(ty? as usize).copied().unwrap_or(0));
                }
            }
            _ => {}
        }
    }
    Ok(functions)
}

struct Tamer {
    /// The numbers of parameters of the functions whose bodies are still to come.
    parameters: std::vec::IntoIter<u32>,
    canonical_nans: bool,
}

impl Reencode for Tamer {
    type Error = Infallible;

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), reencode::Error> {
        let mut locals = Vec::new();
        let mut next = self.parameters.next().unwrap_or(0);
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            next += count;
            locals.push((count, self.val_type(ty)?));
        }
        let operators = body.get_operators_reader()?.into_iter().collect::<Result<Vec<Operator<'_>>, _>>()?;
        if operators.iter().any(|op| self.nans(op).is_some()) {
            locals.push((1, self.val_type(ValType::V128)?));
        }
        let mut function = wasm_encoder::Function::new(locals);
        for operator in operators {
            let nans = self.nans(&operator);
            if matches!(operator, Operator::MemoryAtomicWait32 { .. } | Operator::MemoryAtomicWait64 { .. }) {
                function.instructions().drop().i64_const(0);
            }
            function.instruction(&self.instruction(operator)?);
            let Some(canonical) = nans else { continue };
            let mut sink = function.instructions();
            sink.local_set(next).local_get(next).v128_const(canonical).local_get(next).local_get(next);
            // Only a NaN is not equal to itself.
            if canonical == NANS_F32 {
                sink.f32x4_eq()
            } else {
                sink.f64x2_eq()
            };
            sink.v128_bitselect();
        }
        code.function(&function);
        Ok(())
    }
}

impl Tamer {
    /// Returns the replacement for the NaNs of an operator, if there is one.
    fn nans(&self, operator: &Operator<'_>) -> Option<i128> {
        self.canonical_nans.then(|| nans(operator)).flatten()
    }
}

/// Returns the canonical NaNs for an operator's lanes, if the operator is relaxed about them.
fn nans(operator: &Operator<'_>) -> Option<i128> {
    use Operator as O;
    match operator {
        O::F32x4RelaxedMin | O::F32x4RelaxedMax | O::F32x4RelaxedMadd | O::F32x4RelaxedNmadd => Some(NANS_F32),
        O::F64x2RelaxedMin | O::F64x2RelaxedMax | O::F64x2RelaxedMadd | O::F64x2RelaxedNmadd => Some(NANS_F64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::WasmFeatures;

    #[test]
    fn waits_end_and_nans_are_canonical() {
        let text = r#"(module (memory 1 1 shared) (type (struct)) (type $f (func (param i32 v128) (result v128)))
            (func (type $f) (local i64 f32 f32)
                (drop (memory.atomic.wait32 (local.get 0) (i32.const 1) (i64.const -1)))
                (f64x2.relaxed_max (f32x4.relaxed_min (local.get 1) (local.get 1)) (local.get 1)))
            (func (param f32) (drop (f32.min (local.get 0) (local.get 0)))))"#;
        let bytes = wat::parse_str(text).unwrap();
        let tamed = tame(&bytes, true).unwrap();
        crate::module::Module::new(&tamed, WasmFeatures::all()).unwrap();
        let text = wasmprinter::print_bytes(&tamed).unwrap();
        let count = |what: &str| text.matches(what).count();
        assert_eq!((count("v128.bitselect"), count("f32x4.eq"), count("f64x2.eq")), (2, 1, 1), "{text}");
        assert_eq!((count("local.set 5"), count("(local i64 f32 f32 v128)")), (2, 1), "{text}");
        let wait = "i64.const -1\n    drop\n    i64.const 0\n    memory.atomic.wait32";
        assert!(text.contains(wait), "{text}");
        let text = wasmprinter::print_bytes(tame(&bytes, false).unwrap()).unwrap();
        assert!(text.contains(wait) && !text.contains("bitselect") && text.contains("(local i64 f32 f32)"), "{text}");
    }
}
