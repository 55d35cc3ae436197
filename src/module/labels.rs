//! A validation rule that version 2.0 of the language relaxed: all targets of a `br_table` must have the same types,
//! even in unreachable code. wasmparser validates by the newer rule, so modules of older versions are checked again
//! here.

use super::{BodyKind, CompositeInnerType, Module, WasmFeatures};
use std::collections::HashMap;
use wasmparser::{BinaryReader, BlockType, FunctionBody, Operator, ValType};

/// Checks a module that is valid by the newer rule. Errors include their offset.
pub(super) fn check(module: &Module) -> Result<(), (String, usize)> {
    if module.features.contains(WasmFeatures::WASM2) {
        return Ok(());
    }
    let mut lists = Lists::default();
    let signatures: Vec<Signature> = module
        .types
        .iter()
        .map(|ty| match &ty.composite_type.inner {
            CompositeInnerType::Func(ty) => {
                Signature { params: lists.number(ty.params()), results: lists.number(ty.results()) }
            }
            _ => Signature::default(),
        })
        .collect();
    for body in &module.bodies {
        let BodyKind::Function(function) = body.kind else { continue };
        let bytes = &module.bytes[body.range.clone()];
        let reader = BinaryReader::new_features(bytes, body.range.start as u64, module.features);
        let Ok(operators) = FunctionBody::new(reader).get_operators_reader() else { continue };
        // The types of the labels, innermost last.
        let mut labels: Vec<u32> = vec![signatures[module.functions[function as usize] as usize].results];
        let mut types = |block, is_loop| match block {
            BlockType::Empty => lists.number(&[]),
            BlockType::Type(_) if is_loop => lists.number(&[]),
            BlockType::Type(ty) => lists.number(&[ty]),
            BlockType::FuncType(index) => {
                let signature = signatures[index as usize];
                if is_loop { signature.params } else { signature.results }
            }
        };
        for operator in operators.into_iter_with_offsets() {
            let Ok((operator, offset)) = operator else { break };
            match operator {
                Operator::Block { blockty } | Operator::If { blockty } => labels.push(types(blockty, false)),
                Operator::Loop { blockty } => labels.push(types(blockty, true)),
                Operator::TryTable { try_table } => labels.push(types(try_table.ty, false)),
                Operator::Try { blockty } => labels.push(types(blockty, false)),
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

/// The numbers of a function type's two lists.
#[derive(Clone, Copy, Default)]
struct Signature {
    params: u32,
    results: u32,
}

/// Numbered lists of types, so that a label is just a number however long its list is.
#[derive(Default)]
struct Lists(HashMap<Box<[ValType]>, u32>);

impl Lists {
    /// Returns the number of a list; equal lists have the same number.
    fn number(&mut self, list: &[ValType]) -> u32 {
        if let Some(&known) = self.0.get(list) {
            return known;
        }
        let number = self.0.len() as u32;
        self.0.insert(list.into(), number);
        number
    }
}
