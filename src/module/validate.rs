//! Validation with an end: a body of a few bytes for each operator may have operators with a thousand values.

use std::time::Instant;
use wasmparser::{
    BinaryReaderError, BlockType, FrameKind, FuncToValidate, FuncValidator, FuncValidatorAllocations, FunctionBody,
    Operator, Parser, ValidPayload, Validator, ValidatorResources, WasmFeatures, WasmModuleResources as _,
};

/// Operators that are validated between two looks at the clock.
const OPERATORS: usize = 256;
/// Labels of a branch table times the values of each, beyond which it would take seconds by itself.
const MOST_MATCHES: usize = 64 << 20;

/// Why a module is not known to be valid.
pub(super) enum ValidationError {
    /// It is not.
    Invalid(BinaryReaderError),
    /// The time is over.
    Timeout,
}

impl From<BinaryReaderError> for ValidationError {
    fn from(e: BinaryReaderError) -> ValidationError {
        ValidationError::Invalid(e)
    }
}

/// As [`Validator::validate_all`], until a time.
///
/// # Errors
/// The first error, in the same order; or the time is over.
pub(super) fn validate(bytes: &[u8], features: WasmFeatures, end: Option<Instant>) -> Result<(), ValidationError> {
    let mut validator = Validator::new_with_features(features);
    let Some(end) = end else {
        validator.validate_all(bytes)?;
        return Ok(());
    };
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
        validate_body(&mut validator, &body, features, end)?;
        allocations = validator.into_allocations();
    }
    Ok(())
}

fn validate_body(
    validator: &mut FuncValidator<ValidatorResources>,
    body: &FunctionBody<'_>,
    features: WasmFeatures,
    end: Instant,
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
                return Err(ValidationError::Timeout);
            }
        }
        validator.op(offset, &operator)?;
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

fn check(end: Instant) -> Result<(), ValidationError> {
    if Instant::now() >= end { Err(ValidationError::Timeout) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// With and without an end, the same modules are valid, and the others have the same first error.
    #[test]
    fn an_end_changes_nothing_else() {
        let later = Some(Instant::now() + Duration::from_secs(1000));
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
                let outcome = |end| match validate(&whole[..len], WasmFeatures::all(), end) {
                    Ok(()) => String::new(),
                    Err(ValidationError::Invalid(e)) => e.to_string(),
                    Err(ValidationError::Timeout) => panic!("there was time"),
                };
                assert_eq!(outcome(None), outcome(later), "{text}, {len} bytes");
                invalid += usize::from(!outcome(None).is_empty());
            }
        }
        assert!(invalid > 100, "{invalid}");
    }
}
