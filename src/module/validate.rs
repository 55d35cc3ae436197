//! Validation within bounds: an operator of two bytes may have a thousand values.

use std::time::Instant;
use wasmparser::{
    BinaryReaderError, BlockType, FrameKind, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody,
    Operator, Parser, ValidPayload, Validator, ValidatorResources, WasmFeatures, WasmModuleResources as _,
};

/// Operators that are validated between two looks at the clock.
const OPERATORS: usize = 256;
/// The most labels of a branch table times the values of each: one operator takes some seconds then, between two looks at
/// the clock.
const MOST_MATCHES: usize = 64 << 20;

/// The most operands on the stack of a function: twice as many as one can have whose operators have one result each. Calls
/// with a thousand results each would take gigabytes.
const MOST_OPERANDS: usize = 8 << 20;
/// Bytes of memory for an operand, while the stack grows by doubling.
const BYTES_PER_OPERAND: u64 = 16;

/// Why a module is not known to be valid.
pub(super) enum ValidationError {
    /// It is not.
    Invalid(BinaryReaderError),
    /// The time is over.
    Timeout,
    /// A limit of ours is exceeded, at this offset.
    Limit(&'static str, u64),
}

impl From<BinaryReaderError> for ValidationError {
    fn from(e: BinaryReaderError) -> ValidationError {
        ValidationError::Invalid(e)
    }
}

/// What validation may take.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadLimits {
    /// The time when it has to end.
    pub end: Option<Instant>,
    /// Bytes of memory, by estimate, beside those of [`weight`](super::weight()).
    pub memory: Option<u64>,
}

/// As [`Validator::validate_all`], within limits.
///
/// # Errors
/// The first error, in the same order; or a limit is exceeded.
pub(super) fn validate(bytes: &[u8], features: WasmFeatures, limits: ReadLimits) -> Result<(), ValidationError> {
    let mut validator = Validator::new_with_features(features);
    let most = limits.memory.map_or(MOST_OPERANDS, |bytes| MOST_OPERANDS.min((bytes / BYTES_PER_OPERAND) as usize));
    let end = limits.end;
    let mut functions: Vec<(FuncToValidate<ValidatorResources>, FunctionBody<'_>)> = Vec::new();
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(bytes) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            functions.push((function, body));
        }
        check(end)?;
    }
    let mut allocations = FuncValidatorAllocations::default();
    for (function, body) in functions {
        let mut validator = function.into_validator(allocations);
        validate_body(&mut validator, &body, features, most, end)?;
        allocations = validator.into_allocations();
    }
    Ok(())
}

fn validate_body(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    features: WasmFeatures,
    most_operands: usize,
    end: Option<Instant>,
) -> Result<(), ValidationError> {
    check(end)?;
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    reader.set_features(features);
    let mut operators = wasmparser::OperatorsReader::new(reader);
    let mut validated = 0;
    while !operators.eof() {
        let offset = operators.original_position();
        let operator = operators.read()?;
        if let Operator::BrTable { targets } = &operator {
            let values = label_values(validator, targets.default());
            if values.saturating_mul(targets.len() as usize) > MOST_MATCHES {
                return Err(ValidationError::Limit("too many values of the labels of a branch table", offset));
            }
        }
        validator.op(offset, &operator)?;
        if validator.operand_stack_height() as usize > most_operands {
            return Err(ValidationError::Limit("too many operands on the stack", offset));
        }
        validated += 1;
        if validated % OPERATORS == 0 {
            check(end)?;
        }
    }
    operators.finish()?;
    Ok(())
}

/// The number of values that a branch to a label takes; 0 if there is no such label.
fn label_values(validator: &FuncValidator<ValidatorResources>, depth: u32) -> usize {
    let Some(frame) = validator.get_control_frame(depth as usize) else { return 0 };
    match frame.block_type {
        BlockType::Empty => 0,
        BlockType::Type(_) => 1,
        BlockType::FuncType(index) => {
            let ty = validator.resources().sub_type_at(index).map(|ty| ty.unwrap_func());
            ty.map_or(0, |ty| if frame.kind == FrameKind::Loop { ty.params() } else { ty.results() }.len())
        }
    }
}

fn check(end: Option<Instant>) -> Result<(), ValidationError> {
    if end.is_some_and(|end| Instant::now() >= end) { Err(ValidationError::Timeout) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// The same modules are valid as by wasmparser's own loop, and the others have the same first error.
    #[test]
    fn limits_change_nothing_else() {
        let later = ReadLimits { end: Some(Instant::now() + Duration::from_secs(1000)), memory: Some(1 << 20) };
        let texts = [
            "(module (func (param i32) (result i32) (block (result i32) (local.get 0))))",
            "(module (func (result i32) (i64.const 1)) (func (local.get 7)))",
            "(module (func (local.get 7)) (export \"a\" (func 0)) (export \"a\" (func 0)))",
            "(module (func (block (br_table 0 1 5 (i32.const 0)))))",
            "(module (func (i32.const 1)))",
            "(module (func (result i32) (loop (result i32) (br_table 0 1 (i32.const 0) (i32.const 0)))))",
        ];
        let mut invalid = 0;
        for text in texts {
            let whole = wast::parser::ParseBuffer::new(text)
                .and_then(|buffer| wast::parser::parse::<wast::Wat<'_>>(&buffer)?.encode())
                .expect("it parses");
            // Cut anywhere, too.
            for len in [whole.len()].into_iter().chain(8..whole.len()) {
                let outcome = |limits| match validate(&whole[..len], WasmFeatures::all(), limits) {
                    Ok(()) => String::new(),
                    Err(ValidationError::Invalid(e)) => e.to_string(),
                    Err(_) => panic!("there was time and memory"),
                };
                let theirs = Validator::new_with_features(WasmFeatures::all()).validate_all(&whole[..len]);
                let theirs = theirs.map_or_else(|e| e.to_string(), |_| String::new());
                assert_eq!(outcome(ReadLimits::default()), theirs, "{text}, {len} bytes");
                assert_eq!(outcome(later), theirs, "{text}, {len} bytes");
                invalid += usize::from(!theirs.is_empty());
            }
        }
        assert!(invalid > 100, "{invalid}");
    }
}
