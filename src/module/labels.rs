//! A rule of validation that version 2.0 of the language relaxed: all targets of a `br_table` have the same types, in
//! unreachable code too. wasmparser validates by the newer rule, so modules of older versions are checked again.

use super::{BodyKind, Module, WasmFeatures};
use wasmparser::{BinaryReader, BlockType, FunctionBody, Operator, ValType};

/// Checks a module that is valid by the newer rule. An error comes with its offset.
pub(super) fn check(module: &Module) -> Result<(), (String, usize)> {
    if module.features.contains(WasmFeatures::WASM2) {
        return Ok(());
    }
    for body in &module.bodies {
        let BodyKind::Function(function) = body.kind else { continue };
        let bytes = &module.bytes[body.range.clone()];
        let reader = BinaryReader::new_features(bytes, body.range.start as u64, module.features);
        let Ok(operators) = FunctionBody::new(reader).get_operators_reader() else { continue };
        // Types of the labels, innermost last.
        let mut labels: Vec<Vec<ValType>> = vec![module.function_signature(function).results().to_vec()];
        for operator in operators.into_iter_with_offsets() {
            let Ok((operator, offset)) = operator else { break };
            match operator {
                Operator::Block { blockty } | Operator::If { blockty } => labels.push(types(module, blockty, false)),
                Operator::Loop { blockty } => labels.push(types(module, blockty, true)),
                Operator::TryTable { try_table } => labels.push(types(module, try_table.ty, false)),
                Operator::Try { blockty } => labels.push(types(module, blockty, false)),
                Operator::End | Operator::Delegate { .. } => drop(labels.pop()),
                Operator::BrTable { targets } => {
                    let label = |depth: u32| labels.len().checked_sub(1 + depth as usize).map(|i| &labels[i]);
                    let default = label(targets.default());
                    if targets.targets().flatten().any(|depth| label(depth) != default) {
                        let message = "type mismatch: br_table target labels have different types";
                        return Err((message.to_string(), offset as usize));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Types of a block's label.
fn types(module: &Module, block: BlockType, is_loop: bool) -> Vec<ValType> {
    match block {
        BlockType::Empty => Vec::new(),
        BlockType::Type(_) if is_loop => Vec::new(),
        BlockType::Type(ty) => vec![ty],
        BlockType::FuncType(index) => {
            let ty = module.func_type(index);
            if is_loop { ty.params() } else { ty.results() }.to_vec()
        }
    }
}
