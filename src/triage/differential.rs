//! One subject on several configurations: where do they differ?
//!
//! The first column is the reference. All columns share the decoded modules; each has a store of its own.

use super::difference::{Difference, diff};
use super::observe::{Bounds, End, Observation, States, Step, compile, run};
use super::subject::Prepared;
use crate::engine::{Config, ConfigError, Engine, Mode, Tier};
use crate::runtime::store::Limits;
use crate::runtime::sys::process::thread_cpu_time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Something to execute with.
#[derive(Clone)]
pub struct Column {
    pub name: String,
    pub engine: Engine,
}

impl Column {
    /// # Errors
    /// What this build or this CPU does not support.
    pub fn new(config: Config) -> Result<Column, ConfigError> {
        Ok(Column { name: super::observe::column_name(&config), engine: Engine::new(config)? })
    }
}

/// What a comparison did, and what it cost: CPU time of this thread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Steps that were executed and compared on one column against the reference.
    pub compared: u64,
    /// Functions that the JIT compiled, over all columns.
    pub compiled: u64,
    /// Of the reference: calls that returned values, trapped, threw, exhausted the stack.
    pub values: u64,
    pub traps: u64,
    pub exceptions: u64,
    pub exhausted: u64,
    /// Compiling, by place of the column (those beyond the last share it), then running and comparing.
    pub compile_ns: [u64; COLUMNS],
    pub run_ns: [u64; COLUMNS],
    pub compare_ns: u64,
}

/// Columns that are told apart in [`Figures`].
pub const COLUMNS: usize = 6;

impl std::ops::AddAssign<&Figures> for Figures {
    fn add_assign(&mut self, o: &Figures) {
        self.compared += o.compared;
        self.compiled += o.compiled;
        self.values += o.values;
        self.traps += o.traps;
        self.exceptions += o.exceptions;
        self.exhausted += o.exhausted;
        for i in 0..COLUMNS {
            self.compile_ns[i] += o.compile_ns[i];
            self.run_ns[i] += o.run_ns[i];
        }
        self.compare_ns += o.compare_ns;
    }
}

/// A column that differs from the reference, or a defect that needs no comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Mismatch {
    /// Place of the column.
    pub column: usize,
    pub difference: Difference,
}

/// Bounds for generated modules: stacks so deep that what ends by fuel exhausts none, so that nothing is left uncompared.
/// Needs a thread with [`STACK_BYTES`].
pub fn bounds() -> Bounds {
    let limits = Limits {
        // Modules declare how far their memories grow; some have more than 2 GiB from the start.
        memory_bytes: 3 << 30,
        table_elements: 2000,
        gc_heap_bytes: 64 << 20,
        native_stack_bytes: 16 << 20,
        value_stack_bytes: 4 << 20,
        ..Limits::default()
    };
    Bounds { limits, timeout: None, states: States::Each }
}

/// Stack of a thread that executes within [`bounds`].
pub const STACK_BYTES: usize = 24 << 20;

/// Runs a subject on all columns. `enter` is told the place of each column before it begins.
///
/// State is compared after each call, memory and tables whole.
pub fn check(
    prepared: &Prepared,
    columns: &[Column],
    bounds: &Bounds,
    enter: &mut dyn FnMut(usize),
    figures: &mut Figures,
) -> Option<Mismatch> {
    let mut reference: Option<Observation> = None;
    let functions: u64 = prepared.modules().map(|module| u64::from(module.num_defined_functions())).sum();
    for (place, column) in columns.iter().enumerate() {
        enter(place);
        let slot = place.min(COLUMNS - 1);
        let start = thread_cpu_time();
        let mut steps = Vec::with_capacity(prepared.calls.len() + 1);
        let code = compile(prepared, &column.engine);
        let compiled = thread_cpu_time();
        figures.compile_ns[slot] += nanos(compiled - start);
        match code {
            Ok(code) => {
                figures.compiled += if column.engine.config().mode == Mode::All(Tier::Interp) { 0 } else { functions };
                run(prepared, &mut column.engine.store(bounds.limits), code, bounds, &mut steps);
            }
            Err(end) => steps.push(Step { end, state: Vec::new(), output: Vec::new() }),
        }
        let done = thread_cpu_time();
        figures.run_ns[slot] += nanos(done - compiled);
        let seen = Observation { steps, column: column.name.clone() };
        let difference = match &reference {
            Some(reference) => {
                figures.compared += seen.steps.len() as u64;
                diff(reference, &seen)
            }
            None => defect(&seen),
        };
        figures.compare_ns += nanos(thread_cpu_time() - done);
        if let Some(difference) = difference {
            return Some(Mismatch { column: place, difference });
        }
        if reference.is_none() {
            for step in seen.steps.iter().skip(1) {
                match &step.end {
                    End::Values(_) => figures.values += 1,
                    End::Trap(_) => figures.traps += 1,
                    End::Exception(..) => figures.exceptions += 1,
                    End::Exhausted => figures.exhausted += 1,
                    _ => {}
                }
            }
            reference = Some(seen);
        }
    }
    None
}

/// What is a finding without anything to compare it with.
fn defect(seen: &Observation) -> Option<Difference> {
    let (step, found) = seen.steps.iter().enumerate().find(|(_, s)| s.end.is_defect())?;
    let right = found.end.to_string();
    let kind = super::difference::Kind::Defect(Box::new(found.end.clone()));
    Some(Difference { step, left: "nothing of the kind".into(), right, kind })
}

fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}
