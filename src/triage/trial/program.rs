//! Executes a WASI program: time and random numbers are the same in each run, and the output is collected.

use super::error::TrialError;
use super::snapshot::Snapshot;
use crate::engine::{CompileError, Config, Engine};
use crate::module::{Module, WasmFeatures};
use crate::runtime::store::InstanceId;
use crate::triage::observe::{Bounds, Observation, Step, StepEnd, aborted, column_name, state};
use crate::triage::subject::{DrivenBy, Subject};
use crate::triage::value::PortableValue;
use crate::wasi::program::{Captured, ProgramInputs, RunError, RunOptions, run_captured};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Runs the program. The inner error is the end of a program that did not begin.
fn run(subject: &Subject, config: &Config, bounds: &Bounds) -> Result<Result<Captured, StepEnd>, TrialError> {
    let DrivenBy::Program { args, env, dirs, stdin } = &subject.drive else {
        return Err(TrialError::NotAProgram);
    };
    let module = Module::new(&subject.bytes, WasmFeatures::all())?;
    let engine = Engine::new(config.clone())?;
    let given = ProgramInputs {
        args: args.clone(),
        env: env.clone(),
        dirs: dirs.clone(),
        stdin: stdin.clone(),
        seed: Some(0),
        ..ProgramInputs::default()
    };
    let options = RunOptions { limits: bounds.limits, timeout: bounds.timeout, ..RunOptions::default() };
    let module = Arc::new(module);
    Ok(match catch_unwind(AssertUnwindSafe(|| run_captured(&engine, &module, &given, &options))) {
        Ok(Ok(captured)) => Ok(captured),
        Ok(Err(RunError::Compile(CompileError::Unsupported(what)))) => Err(StepEnd::Unsupported(what)),
        Ok(Err(RunError::Compile(CompileError::Internal(what)))) => Err(StepEnd::Checker(what)),
        Ok(Err(RunError::Compile(CompileError::Limit(what) | CompileError::Memory(what)))) => {
            Err(StepEnd::Refused(what))
        }
        Ok(Err(e @ (RunError::Resource(_) | RunError::Watch(_)))) => Err(StepEnd::Refused(e.to_string())),
        Ok(Err(e)) => return Err(e.into()),
        Err(panic) => Err(StepEnd::panicked(&*panic)),
    })
}

/// Returns one step: the end of the program, its output, and the state that it left.
///
/// # Errors
/// The subject is not a program, or one of its inputs is missing.
pub fn observe(subject: &Subject, config: &Config, bounds: &Bounds) -> Result<Observation, TrialError> {
    let step = match run(subject, config, bounds)? {
        Err(end) => Step { end, state: Vec::new(), output: Vec::new() },
        Ok(captured) => {
            let run = captured.run;
            let end = match run.end {
                Ok(values) => StepEnd::Values(values.into_iter().map(|v| PortableValue::of(v, &run.store)).collect()),
                Err(abort) => aborted(abort, &run.store),
            };
            let undefined = matches!(end, StepEnd::Timeout | StepEnd::Exhausted);
            let state = if undefined { Vec::new() } else { state(&run.store) };
            Step { end, state, output: vec![(1, captured.stdout), (2, captured.stderr)] }
        }
    };
    Ok(Observation { steps: vec![step], column: column_name(config) })
}

/// Returns the state that a program leaves, however it ends.
///
/// # Errors
/// As for [`observe`]; also if the program cannot be compiled.
pub fn snapshot(subject: &Subject, config: &Config, bounds: &Bounds) -> Result<Snapshot, TrialError> {
    let run = run(subject, config, bounds)?.map_err(TrialError::NotStarted)?.run;
    Ok(Snapshot::of(&run.store, run.instance.unwrap_or(InstanceId(0))))
}
