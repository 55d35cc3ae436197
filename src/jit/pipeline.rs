//! Compiles a module to machine code.

use super::backend::{self, Generator};
use super::code::{DirectCalls, ModuleCode};
use super::opt::{self, PassError};
use super::{frontend, ir, listing, parallel};
use crate::config::Config;
use crate::module::{BodyIndex, FuncType, Module};
use crate::runtime::compile_error::{CompileError, CompileLimits};
use std::ops::Range;

/// The most bytes of memory that compiling a function takes per byte of the function, while it is compiled: SSA, machine
/// instructions, live ranges. Real programs need a third of this or less; the worst cases are in
/// `tests/hostile/compile.rs`. The frontend counts separately whatever takes more.
const BYTES_PER_BYTE: u64 = 640;
/// The bytes that any function takes, whatever its size.
const BYTES_PER_BODY: u64 = 8 << 10;

/// Compiles all bodies of a module for the CPU that the options name. The same module and options give the same bytes.
///
/// # Errors
/// See [`CompileError`].
pub fn compile(module: &Module, options: &Config) -> Result<ModuleCode, CompileError> {
    compile_within(module, options, CompileLimits::default())
}

/// As [`compile`], within limits.
///
/// # Errors
/// See [`CompileError`].
pub(crate) fn compile_within(
    module: &Module,
    options: &Config,
    limits: CompileLimits,
) -> Result<ModuleCode, CompileError> {
    let bodies = &mut (0..module.bodies.len() as u32).map(BodyIndex);
    compile_bodies(module, options, bodies, DirectCalls::of(options), limits)
}

/// Compiles some bodies of a module, in ascending order; the others are left to another tier.
///
/// # Errors
/// See [`CompileError`].
///
/// # Panics
/// If `options` ask for direct calls, which require that all functions are compiled.
pub(crate) fn compile_some(
    module: &Module,
    options: &Config,
    bodies: &mut dyn Iterator<Item = BodyIndex>,
    direct: DirectCalls,
    limits: CompileLimits,
) -> Result<ModuleCode, CompileError> {
    assert!(!options.direct_calls(), "direct calls to functions that may not be compiled");
    compile_bodies(module, options, bodies, direct, limits)
}

fn compile_bodies(
    module: &Module,
    options: &Config,
    bodies: &mut dyn Iterator<Item = BodyIndex>,
    direct: DirectCalls,
    limits: CompileLimits,
) -> Result<ModuleCode, CompileError> {
    let back_end = backend::for_target(options.cpu_level().target());
    let mut linker = back_end.linker(options, direct.clone());
    let generator = || back_end.generator(options, module.num_imported_functions, direct.clone());
    let bodies: Vec<_> = bodies.map(|body| (body, module.bodies[body.0 as usize].range.len())).collect();
    // The memory left for a function depends on the functions before it.
    let threads = if limits.memory.is_some() { 0 } else { parallel::useful(options, &bodies) };
    if threads == 0 {
        let mut generator = generator()?;
        for (body, _) in bodies {
            let function = build_within(module, body, options, limits.less(linker.bytes()))?;
            linker.add(body, generator.function(&function, limits).map_err(|e| in_body(e, module, body))?);
        }
    } else {
        let functions = parallel::compile(&bodies, threads, &generator, &|generator, body| {
            let function = build_within(module, body, options, limits)?;
            generator.function(&function, limits).map_err(|e| in_body(e, module, body))
        })?;
        for ((body, _), function) in bodies.into_iter().zip(functions) {
            linker.add(body, function);
        }
    }
    linker.finish()
}

/// The code of a function that begins at a loop.
pub(crate) struct LoopCode {
    /// The only function.
    pub code: ModuleCode,
    /// Its signature: the parameters are the locals and operands at the loop.
    pub signature: FuncType,
}

/// Compiles a body from the beginning of a loop on. `at` is the loop's byte offset in the module's binary. The code takes
/// over from an interpreter frame at that loop.
///
/// # Errors
/// See [`CompileError`].
///
/// # Panics
/// If `options` ask for direct calls; if there is no such loop.
pub(crate) fn compile_from_loop(
    module: &Module,
    options: &Config,
    body: BodyIndex,
    at: u32,
    direct: DirectCalls,
    limits: CompileLimits,
) -> Result<LoopCode, CompileError> {
    assert!(!options.direct_calls(), "direct calls to functions that may not be compiled");
    let back_end = backend::for_target(options.cpu_level().target());
    let mut linker = back_end.linker(options, direct.clone());
    let function = construct(module, body, Beginning::Loop(at), options, None, limits)?;
    let signature = function.signature.wasm.clone();
    let mut generator = back_end.generator(options, module.num_imported_functions, direct)?;
    linker.add(body, generator.function(&function, limits).map_err(|e| in_body(e, module, body))?);
    Ok(LoopCode { code: linker.finish()?, signature })
}

/// Where a function begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// With the body.
    Entry,
    /// The loop at this byte offset in the module's binary.
    Loop(u32),
}

/// Returns the most bytes of memory that compiling a body takes.
pub(crate) fn step_bytes(module: &Module, body: BodyIndex) -> u64 {
    BYTES_PER_BYTE * module.bodies[body.0 as usize].range.len() as u64 + BYTES_PER_BODY
}

/// As [`build`], within limits. The function has no name.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_within(
    module: &Module,
    body: BodyIndex,
    options: &Config,
    limits: CompileLimits,
) -> Result<ir::Function, CompileError> {
    construct(module, body, Beginning::Entry, options, None, limits)
}

/// Returns the code generator for the functions of a module.
///
/// # Errors
/// `Internal` for fewer than 4 registers, which an engine refuses.
pub fn generator(module: &Module, options: &Config) -> Result<Box<dyn Generator>, CompileError> {
    let back_end = backend::for_target(options.cpu_level().target());
    back_end.generator(options, module.num_imported_functions, DirectCalls::of(options))
}

/// Fills in the fields of `code` that refer to code outside; `base` is the address that `code` will run at. Returns
/// whether all of them reach their targets.
pub(crate) fn link_at(options: &Config, base: usize, code: &mut [u8], outside: &[(u32, usize)]) -> bool {
    // References limited to little more than a function never leave the code.
    let back_end = backend::for_target(options.cpu_level().target());
    outside.is_empty() || !options.short_reach && back_end.link_at(base, code, outside).is_ok()
}

/// Returns the SSA form of a body after all passes.
///
/// # Errors
/// `Unsupported`, `Limit`; `Internal` if the verifier finds an error or the options name a pass that does not exist.
pub fn build(module: &Module, body: BodyIndex, options: &Config) -> Result<ir::Function, CompileError> {
    build_observed(module, body, Beginning::Entry, options, &mut |_, _| {})
}

/// Called with a function after construction, with an empty name, then after each pass, with the pass's name.
pub(crate) type Observer<'a> = &'a mut dyn FnMut(&str, &ir::Function);

/// As [`build`], with an observer.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_observed(
    module: &Module,
    body: BodyIndex,
    beginning: Beginning,
    options: &Config,
    observer: Observer<'_>,
) -> Result<ir::Function, CompileError> {
    construct(module, body, beginning, options, Some(observer), CompileLimits::default())
}

/// Adds the function's name to an error of a generator.
fn in_function(e: CompileError, name: &str) -> CompileError {
    let name = name.escape_debug();
    match e {
        CompileError::Internal(what) => CompileError::Internal(format!("{name}: {what}")),
        CompileError::Limit(what) => CompileError::Limit(format!("{name}: {what}")),
        CompileError::Memory(what) => CompileError::Memory(format!("{name}: {what}")),
        e => e,
    }
}

fn in_body(e: CompileError, module: &Module, body: BodyIndex) -> CompileError {
    in_function(e, &frontend::name_of(module, body))
}

/// Returns the limits that remain beside the compilation of a body, part of which may be compiled.
///
/// # Errors
/// `Memory` if compiling it may take more memory than is left.
fn admit<'a>(module: &Module, body: BodyIndex, limits: CompileLimits<'a>) -> Result<CompileLimits<'a>, CompileError> {
    let step = step_bytes(module, body);
    limits.check_memory(step, || {
        let range = &module.bodies[body.0 as usize].range;
        format!("compiling a function of {} bytes (at offset {:#x})", range.len(), range.start)
    })?;
    Ok(limits.less(step))
}

/// Builds the SSA form of a body and runs the passes. The function has a name only if there is an observer.
fn construct(
    module: &Module,
    body: BodyIndex,
    beginning: Beginning,
    options: &Config,
    observer: Option<Observer<'_>>,
    limits: CompileLimits,
) -> Result<ir::Function, CompileError> {
    limits.check_time()?;
    let limits = admit(module, body, limits)?;
    // The limit applies to the last stage, which is construction if no pass follows.
    let rewrites_left = options.rewrite_limit.filter(|_| opt::pass_limit(options) == 0).unwrap_or(u64::MAX);
    let mut construct = opt::Construct::default();
    construct.rewrites_left = rewrites_left;
    let simplifier: Option<&mut dyn ir::builder::Simplifier> =
        if opt::constructs(options) && options.pass_limit != Some(0) { Some(&mut construct) } else { None };
    let translated = match beginning {
        Beginning::Entry => frontend::translate_with(module, body, simplifier, options, limits),
        Beginning::Loop(at) => frontend::translate_from_loop(module, body, at, simplifier, options, limits),
    };
    let mut function = translated.map_err(|e| {
        let what = format!("{} (at offset {:#x})", e.reason, e.offset);
        match e.reason {
            frontend::Reason::Limit(_) => CompileError::Limit(what),
            frontend::Reason::Memory => CompileError::Memory(what),
            frontend::Reason::Feature(_) => CompileError::Unsupported(what),
            frontend::Reason::Timeout => CompileError::Timeout,
        }
    })?;
    let mut nobody = |_: &str, _: &ir::Function| {};
    let observer = match observer {
        Some(observer) => {
            function.name = frontend::name_of(module, body);
            observer
        }
        None => &mut nobody,
    };
    observer("", &function);
    function.rewrites_left = construct.rewrites_left;
    opt::run_while(&mut function, options, observer, &mut || limits.check_time().is_ok())
        .map_err(|e| in_body(CompileError::Internal(e.to_string()), module, body))?;
    limits.check_time()?;
    Ok(function)
}

/// Returns the stages of a function after the passes as text, as [`compile`] with the same options runs them.
///
/// # Errors
/// See [`CompileError`].
pub fn machine(
    module: &Module,
    function: &ir::Function,
    options: &Config,
    names: super::disassembly::Names<'_>,
) -> Result<listing::MachineListing, CompileError> {
    generator(module, options)?.listing(function, names).map_err(|e| in_function(e, &function.name))
}

/// Returns the names of the stages on the SSA form, in order: construction with folding (not at `O0`), then the passes.
///
/// # Errors
/// `Unknown` for a pass that does not exist.
pub(crate) fn stages(options: &Config) -> Result<Vec<&'static str>, PassError> {
    let passes = opt::passes(options)?;
    let construction = opt::constructs(options).then_some(CONSTRUCTION);
    Ok(construction.into_iter().chain(passes.iter().map(|pass| pass.name)).collect())
}

/// The name of the stage that folds and shares values while the frontend builds the function.
pub(crate) const CONSTRUCTION: &str = "construct";

/// Returns the number of changes that the last stage allowed by `options` makes to a body if their number is not limited.
///
/// # Errors
/// As [`build`].
pub(crate) fn rewrites(module: &Module, body: BodyIndex, options: &Config) -> Result<u64, CompileError> {
    const MANY: u64 = u64::MAX / 2;
    let options = Config { rewrite_limit: Some(MANY), ..options.clone() };
    Ok(MANY - build(module, body, &options)?.rewrites_left)
}

/// Returns the first error in the register allocation of a body as the emitter receives it, which includes changes made
/// after the allocator's own check. `None` if every operand is where its instruction expects it.
///
/// # Errors
/// As [`build`] and [`Generator::function`].
pub(crate) fn check_allocation(
    module: &Module,
    body: BodyIndex,
    options: &Config,
) -> Result<Option<String>, CompileError> {
    let unchecked = Config { verify: false, ..options.clone() };
    let function = build(module, body, &unchecked)?;
    generator(module, &unchecked)?.check_allocation(&function).map_err(|e| in_body(e, module, body))
}

/// Compares the effects of a module's machine instructions with their declared effects, for all bodies that can be
/// compiled; returns the number of these bodies. See `Generator::check_agreement`.
///
/// # Errors
/// Names the first function whose code has other effects than declared, or whose code differs when it is compiled again.
pub fn check_agreement(module: &Module, options: &Config) -> Result<u64, CompileError> {
    check_agreement_of(module, 0..module.bodies.len() as u32, options)
}

/// As [`check_agreement`], for these bodies.
pub(crate) fn check_agreement_of(module: &Module, bodies: Range<u32>, options: &Config) -> Result<u64, CompileError> {
    let unchecked = Config { verify: false, ..options.clone() };
    let mut generator = generator(module, &unchecked)?;
    let mut checked = 0;
    for body in bodies {
        let function = match build(module, BodyIndex(body), options) {
            Ok(function) => function,
            Err(CompileError::Unsupported(_)) => continue,
            Err(e) => return Err(e),
        };
        generator.check_agreement(&function).map_err(|e| in_function(e, &function.name))?;
        checked += 1;
    }
    Ok(checked)
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
pub(crate) mod tests;
