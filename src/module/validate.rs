//! Validation within limits: an operator of two bytes may involve a thousand values. Function bodies are validated at once, or
//! individually on request.

use super::DecodeError;
use super::quick::{Context, QuickValidator};
use parking_lot::Mutex;
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use wasmparser::{
    BinaryReader, BinaryReaderError, BlockType, Catch, FrameKind, FuncToValidate, FuncValidator,
    FuncValidatorAllocations, FunctionBody, Handle, Operator, OperatorsReader, Parser, ValidPayload, Validator,
    ValidatorResources, WasmFeatures, WasmModuleResources as _,
};

/// The work between two looks at the clock: operators, plus the values that each of them compares.
const WORK: usize = 256;
/// The maximum number of values of all labels of an operator. It takes up to a second, during which the time is not
/// checked.
const MOST_MATCHES: usize = 64 << 20;
/// The opcodes of operators with any number of labels: `br_table`, `try_table`, `resume` to `resume_throw_ref`.
const BR_TABLE: u8 = 0x0e;
const TRY_TABLE: u8 = 0x1f;
const RESUMES: RangeInclusive<u8> = 0xe3..=0xe5;

/// The maximum number of operands on a function's stack: twice as many as are possible with operators that have one result
/// each. Calls with a thousand results each could take gigabytes.
const MOST_OPERANDS: usize = 8 << 20;
/// The bytes of memory for an operand while the stack grows by doubling.
const BYTES_PER_OPERAND: u64 = 16;

/// The bytes of bodies that a thread validates at a time. Smaller modules are validated by a single thread.
const SHARE: usize = 256 << 10;

/// Why a module is not known to be valid.
pub(super) enum ValidationError {
    /// It is not valid.
    Invalid(BinaryReaderError),
    /// The time ran out.
    Timeout,
    /// One of our limits is exceeded at this offset.
    Limit(&'static str, u64),
    /// One of our limits, as lowered by [`ReadLimits::memory`], is exceeded at this offset.
    Memory(&'static str, u64),
}

impl From<BinaryReaderError> for ValidationError {
    fn from(e: BinaryReaderError) -> ValidationError {
        ValidationError::Invalid(e)
    }
}

/// Limits for validation.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadLimits {
    /// The time by which it must end.
    pub end: Option<Instant>,
    /// The estimated bytes of memory, in addition to those of [`weight`](super::weight()).
    pub memory: Option<u64>,
    /// Whether the bodies of a large module are validated on all cores, unless memory is limited; otherwise by this thread
    /// alone.
    pub on_all_cores: bool,
    /// Whether bodies are left to [`Module::validate_body`](super::Module::validate_body). They never are without garbage
    /// collection and the features of version 2.0 of the language.
    pub lazily: bool,
}

/// Like [`Validator::validate_all`], within limits. `quick` is this module's, if it could be decoded.
///
/// # Errors
/// The first error, in the same order with any number of threads; or a limit is exceeded.
pub(super) fn validate(
    bytes: &[u8],
    features: WasmFeatures,
    quick: Option<Context>,
    limits: ReadLimits,
) -> Result<(), ValidationError> {
    // The memory limit applies to a single thread.
    let alone = limits.memory.is_some() || !limits.on_all_cores;
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    validate_on(&|| if alone { 1 } else { cores() }, bytes, features, quick, limits)
}

/// Like [`validate`], on this many threads if there is work for several.
fn validate_on(
    threads: &dyn Fn() -> usize,
    bytes: &[u8],
    features: WasmFeatures,
    quick: Option<Context>,
    limits: ReadLimits,
) -> Result<(), ValidationError> {
    Bodies::new(functions(bytes, features, limits)?, quick, features, limits).validate(threads)
}

/// Like [`validate`], but leaves the bodies for later, if there are any.
///
/// # Errors
/// As [`validate`], for everything else.
pub(super) fn validate_lazily(
    bytes: &[u8],
    features: WasmFeatures,
    quick: Option<Context>,
    limits: ReadLimits,
) -> Result<Option<Unvalidated>, ValidationError> {
    let first = functions(bytes, features, limits)?.into_iter().next();
    Ok(first.map(|function| Unvalidated {
        quick,
        resources: function.validator.resources,
        bounds: Bounds::new(features, limits),
        error: OnceLock::new(),
    }))
}

/// Validates everything except the bodies, which it returns.
fn functions(bytes: &[u8], features: WasmFeatures, limits: ReadLimits) -> Result<Vec<Function<'_>>, ValidationError> {
    let mut validator = Validator::new_with_features(features);
    let mut functions = Vec::new();
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(bytes) {
        if let ValidPayload::Func(function, body) = validator.payload(&payload?)? {
            functions.push(Function { validator: function, body });
        }
        check(limits.end)?;
    }
    Ok(functions)
}

/// A function that has not been validated yet.
struct Function<'a> {
    validator: FuncToValidate<ValidatorResources>,
    body: FunctionBody<'a>,
}

/// Bodies, of which threads take shares in order.
struct Bodies<'a> {
    shares: Vec<Mutex<Vec<Function<'a>>>>,
    /// The number of the first share not yet taken.
    next: AtomicUsize,
    /// The error in the first share that has one, with that share's number.
    error: Mutex<Option<(usize, ValidationError)>>,
    quick: Option<Context>,
    bounds: Bounds,
    end: Option<Instant>,
}

impl<'a> Bodies<'a> {
    fn new(
        functions: Vec<Function<'a>>,
        quick: Option<Context>,
        features: WasmFeatures,
        limits: ReadLimits,
    ) -> Bodies<'a> {
        let mut shares = Vec::new();
        let (mut share, mut bytes) = (Vec::new(), 0);
        for function in functions {
            let range = function.body.range();
            bytes += (range.end - range.start) as usize;
            share.push(function);
            if bytes >= SHARE {
                shares.push(Mutex::new(std::mem::take(&mut share)));
                bytes = 0;
            }
        }
        shares.push(Mutex::new(share));
        let (next, error, bounds) = (AtomicUsize::new(0), Mutex::new(None), Bounds::new(features, limits));
        Bodies { shares, next, error, quick, bounds, end: limits.end }
    }

    fn validate(self, threads: &dyn Fn() -> usize) -> Result<(), ValidationError> {
        let threads = if self.shares.len() > 1 { threads().min(self.shares.len()) } else { 1 };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                // If this thread cannot start, the others do its work.
                let _ = std::thread::Builder::new().name("validating".into()).spawn_scoped(scope, || self.work());
            }
            self.work();
        });
        self.error.into_inner().map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Validates shares until none is left, or all remaining ones come after an error.
    fn work(&self) {
        let mut allocations = FuncValidatorAllocations::default();
        let mut quick = QuickValidator::default();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(share) = self.shares.get(number) else { return };
            for Function { validator, body } in std::mem::take(&mut *share.lock()) {
                let known = self.quick.as_ref().is_some_and(|c| quick.is_valid(c, validator.ty, body.as_bytes()));
                let outcome = check(self.end).and_then(|()| {
                    if known {
                        return Ok(());
                    }
                    let mut validator = validator.into_validator(std::mem::take(&mut allocations));
                    self.bounds.body(&mut validator, &body, &|| is_over(self.end))?;
                    allocations = validator.into_allocations();
                    Ok(())
                });
                if let Err(error) = outcome {
                    let mut first = self.error.lock();
                    if first.as_ref().is_none_or(|&(other, _)| number < other) {
                        *first = Some((number, error));
                    }
                    // Shares are taken in order, so any earlier error is in a share that another thread has.
                    self.next.store(self.shares.len(), Ordering::Relaxed);
                    return;
                }
            }
        }
    }
}

/// The bodies of a module that are validated on request.
pub(super) struct Unvalidated {
    quick: Option<Context>,
    resources: ValidatorResources,
    bounds: Bounds,
    /// The first error that was found.
    error: OnceLock<DecodeError>,
}

impl Unvalidated {
    /// Validates the body of a function, `(function index, type index)`, until `is_over`.
    ///
    /// # Errors
    /// If it is not valid, or exceeds a limit.
    pub fn body(
        &self,
        (index, ty): (u32, u32),
        body: &FunctionBody<'_>,
        is_over: &dyn Fn() -> bool,
    ) -> Result<(), ValidationError> {
        if self.quick.as_ref().is_some_and(|c| QuickValidator::default().is_valid(c, ty, body.as_bytes())) {
            return Ok(());
        }
        let resources = self.resources.clone();
        let function = FuncToValidate { resources, index, ty, features: self.bounds.features };
        self.bounds.body(&mut function.into_validator(FuncValidatorAllocations::default()), body, is_over)
    }

    /// Returns whether the module states its number of data segments before its code.
    pub fn has_data_count(&self) -> bool {
        self.resources.data_count().is_some()
    }

    /// Returns the first error that was noted.
    pub fn error(&self) -> Option<&DecodeError> {
        self.error.get()
    }

    /// Notes an error, unless there already is one.
    pub fn note(&self, error: &DecodeError) {
        self.error.get_or_init(|| error.clone());
    }
}

impl fmt::Debug for Unvalidated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unvalidated").field("error", &self.error).finish_non_exhaustive()
    }
}

/// The limits for validating a body, and its language.
#[derive(Clone, Copy)]
struct Bounds {
    features: WasmFeatures,
    most_operands: usize,
}

impl Bounds {
    fn new(features: WasmFeatures, limits: ReadLimits) -> Bounds {
        let most = limits.memory.map_or(MOST_OPERANDS, |bytes| MOST_OPERANDS.min((bytes / BYTES_PER_OPERAND) as usize));
        Bounds { features, most_operands: most }
    }

    fn body(
        &self,
        validator: &mut FuncValidator<ValidatorResources>,
        body: &FunctionBody<'_>,
        is_over: &dyn Fn() -> bool,
    ) -> Result<(), ValidationError> {
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        reader.set_features(self.features);
        let mut work = 0;
        while !reader.eof() {
            let offset = reader.original_position();
            let matches = matches(validator, reader.clone())?;
            if matches > MOST_MATCHES {
                let is_table = reader.read_u8()? == BR_TABLE;
                let of = if is_table {
                    "too many values of the labels of a branch table"
                } else {
                    "too many values of handlers"
                };
                return Err(ValidationError::Limit(of, offset));
            }
            reader.visit_operator(&mut validator.visitor(offset))??;
            let operands = validator.operand_stack_height() as usize;
            if operands > self.most_operands {
                let over = if operands > MOST_OPERANDS { ValidationError::Limit } else { ValidationError::Memory };
                return Err(over("too many operands on the stack", offset));
            }
            work += 1 + matches;
            if work >= WORK {
                work = 0;
                if is_over() {
                    return Err(ValidationError::Timeout);
                }
            }
        }
        Ok(reader.finish_expression(&validator.visitor(reader.original_position()))?)
    }
}

/// Returns the number of type comparisons for an operator with any number of labels. For a branch table these are the
/// values of the default label, once for each label; for others, the values of each label. 0 if the operator cannot be
/// read.
fn matches(validator: &FuncValidator<ValidatorResources>, at: BinaryReader<'_>) -> Result<usize, BinaryReaderError> {
    let opcode = at.clone().read_u8()?;
    if opcode != BR_TABLE && opcode != TRY_TABLE && !RESUMES.contains(&opcode) {
        return Ok(0);
    }
    let values = |label| label_values(validator, label);
    Ok(match OperatorsReader::new(at).read() {
        Ok(Operator::BrTable { targets }) => values(targets.default()).saturating_mul(targets.len() as usize),
        Ok(Operator::TryTable { try_table }) => {
            let label = |catch: &Catch| match *catch {
                Catch::One { label, .. } | Catch::OneRef { label, .. } => label,
                Catch::All { label } | Catch::AllRef { label } => label,
            };
            try_table.catches.iter().map(|catch| values(label(catch))).sum()
        }
        Ok(
            Operator::Resume { resume_table, .. }
            | Operator::ResumeThrow { resume_table, .. }
            | Operator::ResumeThrowRef { resume_table, .. },
        ) => {
            let of_handle = |handle: &Handle| match *handle {
                Handle::OnLabel { label, .. } => values(label),
                Handle::OnSwitch { .. } => 0,
            };
            resume_table.handlers.iter().map(of_handle).sum()
        }
        _ => 0,
    })
}

/// Returns the number of values that a branch to a label takes; 0 if there is no such label.
fn label_values(validator: &FuncValidator<ValidatorResources>, depth: u32) -> usize {
    let Some(frame) = validator.get_control_frame(depth as usize) else { return 0 };
    match frame.block_type {
        BlockType::Empty => 0,
        BlockType::Type(_) => usize::from(frame.kind != FrameKind::Loop),
        BlockType::FuncType(index) => {
            let ty = validator.resources().sub_type_at(index).map(|ty| ty.unwrap_func());
            ty.map_or(0, |ty| if frame.kind == FrameKind::Loop { ty.params() } else { ty.results() }.len())
        }
    }
}

fn is_over(end: Option<Instant>) -> bool {
    end.is_some_and(|end| Instant::now() >= end)
}

fn check(end: Option<Instant>) -> Result<(), ValidationError> {
    if is_over(end) { Err(ValidationError::Timeout) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// The same modules are valid as with wasmparser's own loop, and all others have the same first error.
    #[test]
    fn limits_change_nothing_else() {
        let end = Some(Instant::now() + Duration::from_secs(1000));
        let later = ReadLimits { end, memory: Some(1 << 20), ..ReadLimits::default() };
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
            let whole = wat::parse_str(text).expect("it parses");
            // The modules are also truncated anywhere.
            for len in [whole.len()].into_iter().chain(8..whole.len()) {
                let outcome = |limits| match validate(&whole[..len], WasmFeatures::all(), None, limits) {
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

    /// The time limit for reading a module does not apply to bodies validated later.
    #[test]
    fn a_limit_of_time_is_that_of_reading() {
        use crate::module::{BodyIndex, Module, Phase};
        // Enough work for the time to be checked, with an operator that quick validation does not handle.
        let text = format!(
            "(module (type $s (struct (field i32))) (func (param (ref $s)) {} (drop (struct.get $s 0 (local.get 0)))))",
            "(nop)".repeat(2000)
        );
        let end = Instant::now() + Duration::from_secs(1);
        let limits = ReadLimits { end: Some(end), lazily: true, ..ReadLimits::default() };
        let module = Module::new_within(wat::parse_str(text).unwrap(), WasmFeatures::all(), limits).unwrap();
        std::thread::sleep(end.saturating_duration_since(Instant::now()));
        module.validate_body(BodyIndex(0), &|| false).unwrap();
        // Running out of its own time does not make it invalid, either.
        let late = module.validate_body(BodyIndex(0), &|| true).unwrap_err();
        assert_eq!(late.phase, Phase::Timeout);
        assert!(module.error_found_late().is_none());
    }

    /// The first error is the same with several threads, wherever other errors are.
    #[test]
    fn threads_find_the_first_error() {
        use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, Module, TypeSection};
        const FUNCTIONS: usize = 64;
        let module = |wrong: &[usize]| {
            let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
            types.ty().function([], []);
            for number in 0..FUNCTIONS {
                functions.function(0);
                let mut body = Function::new([]);
                for _ in 0..SHARE / 8 {
                    body.instruction(&Instruction::Nop);
                }
                if wrong.contains(&number) {
                    body.instruction(&Instruction::I32Const(number as i32));
                }
                code.function(body.instruction(&Instruction::End));
            }
            let mut module = Module::new();
            module.section(&types).section(&functions).section(&code);
            module.finish()
        };
        for wrong in [&[][..], &[0], &[63], &[5, 6], &[20, 40, 60], &[8, 9, 10, 11, 12, 13, 14, 15, 16]] {
            let bytes = module(wrong);
            let outcome =
                |threads| match validate_on(&|| threads, &bytes, WasmFeatures::all(), None, ReadLimits::default()) {
                    Ok(()) => None,
                    Err(ValidationError::Invalid(e)) => Some(e.offset()),
                    Err(_) => panic!("there was time and memory"),
                };
            let alone = outcome(1);
            assert_eq!(alone.is_none(), wrong.is_empty());
            for threads in [2, 3, 8, 100] {
                assert_eq!(outcome(threads), alone, "{threads} threads, {wrong:?}");
            }
        }
    }

    /// With this many operands, a body exceeds the memory limit; with one fewer it does not.
    #[test]
    fn operands_have_their_room() {
        for operands in [1, 2, 7, 300] {
            let text = format!("(module (func {} unreachable))", "(i32.const 0)".repeat(operands));
            let bytes = wat::parse_str(text).expect("it parses");
            let within = |memory| {
                let limits = ReadLimits { memory: Some(memory), ..ReadLimits::default() };
                match validate(&bytes, WasmFeatures::all(), None, limits) {
                    Ok(()) => None,
                    Err(ValidationError::Memory(what, offset)) => Some((what, bytes.len() as u64 - offset)),
                    Err(_) => panic!("it is valid, and there is time"),
                }
            };
            let room = operands as u64 * BYTES_PER_OPERAND;
            assert_eq!((within(room), within(u64::MAX)), (None, None));
            // At the last constant, which takes two bytes and is followed by `unreachable` and `end`.
            assert_eq!(within(room - 1), Some(("too many operands on the stack", 4)));
        }
        for memory in [None, Some(u64::MAX), Some(16 * MOST_OPERANDS as u64)] {
            let limits = ReadLimits { memory, ..ReadLimits::default() };
            assert_eq!(Bounds::new(WasmFeatures::all(), limits).most_operands, MOST_OPERANDS);
        }
    }

    #[test]
    fn a_time_that_is_over_ends_validation() {
        for text in ["(module)", "(module (func))", "(module (func (i32.const 1)))"] {
            let bytes = wat::parse_str(text).expect("it parses");
            let limits = ReadLimits { end: Some(Instant::now()), ..ReadLimits::default() };
            let outcome = validate(&bytes, WasmFeatures::all(), None, limits);
            assert!(matches!(outcome, Err(ValidationError::Timeout)), "{text}");
            let outcome = validate_lazily(&bytes, WasmFeatures::all(), None, limits);
            assert!(matches!(outcome, Err(ValidationError::Timeout)), "{text}");
        }
    }

    /// A body of a million operators is not read to its end: the time is checked every few hundred.
    #[test]
    fn a_time_that_is_over_ends_the_validation_of_a_body() {
        let text = format!("(module (func {}))", "nop ".repeat(1_000_000));
        let bytes = wat::parse_str(text).expect("it parses");
        let limits = ReadLimits::default();
        let Ok(functions) = super::functions(&bytes, WasmFeatures::all(), limits) else { panic!("it is a module") };
        let Function { validator, body } = functions.into_iter().next().expect("a function");
        let mut validator = validator.into_validator(FuncValidatorAllocations::default());
        let end = Some(Instant::now() + Duration::from_millis(1));
        let bounds = Bounds::new(WasmFeatures::all(), limits);
        let outcome = bounds.body(&mut validator, &body, &|| is_over(end));
        assert!(matches!(outcome, Err(ValidationError::Timeout)));
    }

    /// An operator with a few hundred values for its labels counts as much as that many other operators.
    #[test]
    fn the_time_is_looked_at_by_the_work_of_operators() {
        let looks = |operators: &str| {
            let text = format!(
                "(module (type $f (func)) (type $k (cont $f)) (tag $t (param i64 i64))
                   (func (param $k (ref null $k)) (result i64 i64)
                     (block $b (result i64 i64 (ref null $k)) {operators} unreachable) unreachable))"
            );
            let bytes = wat::parse_str(text).expect("it parses");
            let limits = ReadLimits::default();
            let Ok(functions) = super::functions(&bytes, WasmFeatures::all(), limits) else { panic!("it is a module") };
            let Function { validator, body } = functions.into_iter().next().expect("a function");
            let mut validator = validator.into_validator(FuncValidatorAllocations::default());
            let looks = std::cell::Cell::new(0);
            let count = || {
                looks.set(looks.get() + 1);
                false
            };
            let outcome = Bounds::new(WasmFeatures::all(), limits).body(&mut validator, &body, &count);
            assert!(outcome.is_ok(), "{operators}");
            looks.get()
        };
        let table = |labels: usize| format!("unreachable br_table {} 1 ", "1 ".repeat(labels - 1));
        let handlers = |n: usize| format!("(local.get $k) (resume $k {}) ", "(on $t $b) ".repeat(n));
        let clauses =
            |n: usize| format!("(try_table (result i64 i64) {} unreachable) drop drop ", "(catch $t 1) ".repeat(n));
        assert_eq!(looks(&"nop ".repeat(WORK / 2)), 0);
        assert_eq!(looks(&"nop ".repeat(10 * WORK)), 10);
        assert_eq!(looks(&table(WORK / 4)), 0);
        assert_eq!(looks(&table(WORK / 2).repeat(10)), 10);
        assert_eq!(looks(&handlers(WORK / 3).repeat(10)), 10);
        assert_eq!(looks(&clauses(WORK / 2).repeat(10)), 10);
    }

    /// A share is full as soon as it has enough bytes.
    #[test]
    fn bodies_are_shared_by_their_bytes() {
        use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, Module, TypeSection};
        // The bytes of each body, and the functions in each share.
        for (bytes, shares) in [
            (SHARE / 2, &[2, 2, 2, 0][..]),
            (SHARE / 2 - 1, &[3, 3, 0]),
            (SHARE, &[1, 1, 1, 1, 1, 1, 0]),
            (SHARE - 1, &[2, 2, 2, 0]),
            (SHARE / 8, &[6]),
        ] {
            let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
            types.ty().function([], []);
            for _ in 0..6 {
                functions.function(0);
                let mut body = Function::new([]);
                // The remaining bytes are the number of locals and the end.
                for _ in 0..bytes - 2 {
                    body.instruction(&Instruction::Nop);
                }
                code.function(body.instruction(&Instruction::End));
            }
            let mut module = Module::new();
            module.section(&types).section(&functions).section(&code);
            let (module, limits, features) = (module.finish(), ReadLimits::default(), WasmFeatures::all());
            let Ok(functions) = super::functions(&module, features, limits) else { panic!("it is a module") };
            let bodies = Bodies::new(functions, None, features, limits);
            let counts: Vec<usize> = bodies.shares.iter().map(|share| share.lock().len()).collect();
            assert_eq!(counts, shares, "{bytes} bytes each");
        }
    }

    /// A branch table compares the values of its default label, once for each of the others.
    #[test]
    fn a_branch_table_is_weighed_by_its_labels() {
        const LABELS: usize = 3;
        for (structure, values) in [
            ("block", 0),
            ("loop", 0),
            ("block (result i32)", 1),
            ("loop (result i32)", 0),
            ("if (result i64)", 1),
            ("block (param i32) (result i32 i64 f32)", 3),
            ("loop (param i32 i64) (result i32)", 2),
            ("try_table (result f32 f64)", 2),
        ] {
            // The function itself has four results.
            for (depth, values) in [(0, values), (1, 4)] {
                let text = format!(
                    "(module (func (result i32 i32 i32 i32) unreachable {structure}
                       br_table {} {depth} end unreachable))",
                    "0 ".repeat(LABELS)
                );
                let bytes = wat::parse_str(&text).expect("it parses");
                let limits = ReadLimits::default();
                let Ok(functions) = super::functions(&bytes, WasmFeatures::all(), limits) else { panic!("{text}") };
                let Function { validator, body } = functions.into_iter().next().expect("a function");
                let mut validator = validator.into_validator(FuncValidatorAllocations::default());
                let mut reader = body.get_binary_reader();
                validator.read_locals(&mut reader).expect("no locals");
                reader.set_features(WasmFeatures::all());
                while reader.clone().read_u8().expect("the table comes") != BR_TABLE {
                    assert_eq!(matches(&validator, reader.clone()).ok(), Some(0), "{text}");
                    let offset = reader.original_position();
                    reader.visit_operator(&mut validator.visitor(offset)).expect("it is read").expect("it is valid");
                }
                assert_eq!(matches(&validator, reader).ok(), Some(LABELS * values), "{text}");
            }
        }
    }

    /// The work of each operator with any number of labels, where label 0 takes four values and label 1 does not exist.
    #[test]
    fn operators_are_weighed_by_the_labels_that_there_are() {
        let text = "(module (func (result i32 i32 i32 i32) unreachable))";
        let bytes = wat::parse_str(text).expect("it parses");
        let limits = ReadLimits::default();
        let Ok(functions) = super::functions(&bytes, WasmFeatures::all(), limits) else { panic!("it is a module") };
        let Function { validator, body } = functions.into_iter().next().expect("a function");
        let mut validator = validator.into_validator(FuncValidatorAllocations::default());
        validator.read_locals(&mut body.get_binary_reader()).expect("no locals");
        for (operator, work) in [
            (&[0x0e, 3, 0, 0, 0, 0][..], Some(12)),
            (&[0x0e, 3, 0, 0, 0, 1], Some(0)),
            (&[0x0e, 0, 0], Some(0)),
            (&[0x1f, 0x40, 1, 0, 0, 0], Some(4)),
            (&[0x1f, 0x40, 4, 0, 0, 0, 1, 0, 0, 2, 0, 3, 1], Some(12)),
            (&[0x1f, 0x40, 1, 3, 0], Some(4)),
            (&[0xe3, 0, 3, 0, 0, 0, 1, 0, 0, 0, 1], Some(4)),
            (&[0xe4, 0, 0, 1, 0, 0, 0], Some(4)),
            (&[0xe5, 0, 2, 0, 0, 0, 0, 0, 0], Some(8)),
            // Other operators, truncated ones, and nothing.
            (&[0x0c, 0], Some(0)),
            (&[0xe2, 0], Some(0)),
            (&[0xe6, 0, 0], Some(0)),
            (&[0x0e, 3, 0], Some(0)),
            (&[0x1f], Some(0)),
            (&[], None),
        ] {
            let reader = BinaryReader::new_features(operator, 0, WasmFeatures::all());
            assert_eq!(matches(&validator, reader).ok(), work, "{operator:x?}");
        }
    }
}
