//! One subject on several configurations, and where they differ.
//!
//! The first column is the reference. All columns share the decoded modules; each has its own store.

use super::difference::{Difference, diff};
use super::observe::{Bounds, Observation, States, Step, StepEnd, compile, run};
use super::subject::PreparedSubject;
use crate::engine::{Config, ConfigError, Engine, Mode, Tier};
use crate::runtime::store::Limits;
use crate::runtime::sys::process::thread_cpu_time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An engine that executes subjects.
#[derive(Clone)]
pub struct Column {
    /// The name of the configuration, as reports write it.
    pub name: String,
    /// The engine.
    pub engine: Engine,
}

impl Column {
    /// # Errors
    /// This build or this CPU does not support the configuration.
    pub fn new(config: Config) -> Result<Column, ConfigError> {
        Ok(Column { name: super::observe::column_name(&config), engine: Engine::new(config)? })
    }
}

/// The work of a comparison and its cost, as CPU time of this thread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The number of steps executed and compared on one column against the reference.
    pub compared: u64,
    /// The number of functions that the JIT compiled, over all columns.
    pub compiled: u64,
    /// The number of interpreted functions that went on in compiled code, at their entries and at loops, in columns of
    /// tiers.
    #[serde(default)]
    pub replaced: [u64; 2],
    /// The number of the reference's calls that returned values, trapped, threw or exhausted the stack.
    pub values: u64,
    /// The number of its calls that trapped.
    pub traps: u64,
    /// The number of its calls that threw.
    pub exceptions: u64,
    /// The number of its calls that exhausted the stack.
    pub exhausted: u64,
    /// The time spent compiling, by column (those beyond the last share its slot), then running and comparing.
    pub compile_ns: [u64; COLUMNS],
    /// The time spent running, by column.
    pub run_ns: [u64; COLUMNS],
    /// The time spent comparing.
    pub compare_ns: u64,
}

/// The number of columns counted separately in [`Figures`].
pub const COLUMNS: usize = 6;

impl std::ops::AddAssign<&Figures> for Figures {
    fn add_assign(&mut self, o: &Figures) {
        self.compared += o.compared;
        self.compiled += o.compiled;
        self.replaced = std::array::from_fn(|i| self.replaced[i] + o.replaced[i]);
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
    /// The index of the column.
    pub column: usize,
    /// The first difference from the reference.
    pub difference: Difference,
}

/// The result of [`check`].
#[derive(Clone, Debug)]
pub struct Checked {
    /// The first column that differs from the reference, or has a defect.
    pub mismatch: Option<Mismatch>,
    /// What the reference did.
    pub reference: Observation,
}

/// Bounds for generated modules. The stacks are deep enough that code limited by fuel never exhausts them, so that
/// every step is compared. Needs a thread with [`STACK_BYTES`].
pub fn bounds() -> Bounds {
    let limits = Limits {
        // Modules declare how far their memories may grow; some start with more than 2 GiB.
        memory_bytes: 3 << 30,
        table_elements: 2000,
        gc_heap_bytes: 64 << 20,
        native_stack_bytes: 16 << 20,
        value_stack_bytes: 4 << 20,
        ..Limits::default()
    };
    Bounds { limits, timeout: None, states: States::Each }
}

/// The stack size of a thread that executes within [`bounds`].
pub const STACK_BYTES: usize = 24 << 20;

/// Runs a subject on all columns, up to the first that differs from the reference. `enter` receives the index of each
/// column before it begins.
///
/// State is compared after each call; memories and tables are compared as a whole.
///
/// # Panics
/// There are no columns.
pub fn check(
    prepared: &PreparedSubject,
    columns: &[Column],
    bounds: &Bounds,
    enter: &mut dyn FnMut(usize),
    figures: &mut Figures,
) -> Checked {
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
                let mode = column.engine.config().mode;
                // What tiers compile is counted as replacements.
                figures.compiled += if mode == Mode::All(Tier::Interp) || mode.replaces() { 0 } else { functions };
                let mut store = column.engine.store(bounds.limits);
                run(prepared, &mut store, code, bounds, &mut steps);
                let replaced = store.replacements();
                (0..2).for_each(|i| figures.replaced[i] += replaced[i]);
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
            let mismatch = Some(Mismatch { column: place, difference });
            return Checked { mismatch, reference: reference.unwrap_or(seen) };
        }
        if reference.is_none() {
            for step in seen.steps.iter().skip(1) {
                match &step.end {
                    StepEnd::Values(_) => figures.values += 1,
                    StepEnd::Trap(_) => figures.traps += 1,
                    StepEnd::Exception(..) => figures.exceptions += 1,
                    StepEnd::Exhausted => figures.exhausted += 1,
                    _ => {}
                }
            }
            reference = Some(seen);
        }
    }
    Checked { mismatch: None, reference: reference.expect("a comparison has a reference") }
}

/// Returns an end that is a finding without any comparison.
fn defect(seen: &Observation) -> Option<Difference> {
    let (step, found) = seen.steps.iter().enumerate().find(|(_, s)| s.end.is_defect())?;
    let right = found.end.to_string();
    let kind = super::difference::DifferenceKind::Defect(Box::new(found.end.clone()));
    Some(Difference { step, left: "no defect".into(), right, kind })
}

fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}
