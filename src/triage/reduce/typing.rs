//! The operand stack between the operators of a body, as validation sees it. It determines which replacements are
//! valid.

use wasmparser::{FuncValidatorAllocations, Parser, ValType, ValidPayload, Validator, WasmFeatures};

/// The maximum sum of the heights of operand stacks before all operators of a function.
const MOST_OPERANDS: usize = 16 << 20;

/// The validator's knowledge before an operator (or after the last one).
#[derive(Clone, Debug, PartialEq)]
pub struct StackState {
    /// The types from the bottom of the whole function's stack; `None` where an unreachable place leaves the type open.
    pub stack: Vec<Option<ValType>>,
    /// Whether the place is reachable.
    pub reachable: bool,
}

/// Returns the states of a defined function (by its index among these): one before each operator, and one after the
/// last. `None` if the module is not valid or has no such function.
pub fn states(bytes: &[u8], defined: usize) -> Option<Vec<StackState>> {
    let mut validator = Validator::new_with_features(WasmFeatures::all());
    let mut number = 0;
    let mut found = None;
    for payload in Parser::new(0).parse_all(bytes) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload.ok()?).ok()? {
            if number == defined {
                let mut function = function.into_validator(FuncValidatorAllocations::default());
                let mut states = Vec::new();
                let mut operands = 0;
                let mut reader = body.get_binary_reader();
                function.read_locals(&mut reader).ok()?;
                let mut reader = wasmparser::OperatorsReader::new(reader);
                loop {
                    let frame = function.get_control_frame(0);
                    let height = function.operand_stack_height() as usize;
                    operands += height;
                    if operands > MOST_OPERANDS {
                        return None;
                    }
                    let stack = (0..height).rev().map(|depth| function.get_operand_type(depth).flatten()).collect();
                    states.push(StackState { stack, reachable: frame.is_some_and(|f| !f.unreachable) });
                    if reader.eof() {
                        break;
                    }
                    let at = reader.original_position();
                    function.op(at, &reader.read().ok()?).ok()?;
                }
                found = Some(states);
            }
            number += 1;
        }
    }
    found
}

/// Returns whether a module is valid.
pub fn is_valid(bytes: &[u8]) -> bool {
    Validator::new_with_features(WasmFeatures::all()).validate_all(bytes).is_ok()
}
