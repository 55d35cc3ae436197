//! Runs one subject on several configurations, and finds where they differ.
//!
//! The first column is the reference. All columns share the decoded modules; each has its own store.

use super::difference::{Cut, Difference, DifferenceKind, diff, ends};
use super::observe::{Bounds, Observation, States, Step, StepEnd, compile, execute, run};
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

/// The amount of work in a comparison and its cost, in CPU time of this thread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The number of steps of columns that were compared with those of the reference.
    pub compared: u64,
    /// The number of functions that the JIT compiled, over all columns.
    pub compiled: u64,
    /// The number of interpreted functions that continued in compiled code, at function entries and at loops, in tiered columns.
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
    /// The number of modules of which it ran nothing, because its heap was full when they started.
    pub unstarted: u64,
    /// The number of modules that it refused because of a limit.
    #[serde(default)]
    pub refused: u64,
    /// The number of comparisons that ended early, because the heap was full, on one side only or in different states.
    pub full_heaps: u64,
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
        self.unstarted += o.unstarted;
        self.refused += o.refused;
        self.full_heaps += o.full_heaps;
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

/// Bounds for generated modules. The stacks are deep enough that code limited by fuel never exhausts them, so that every step is
/// compared up to a recursion without end, and a stack that is exhausted on one side only is a difference. Needs a thread with
/// [`STACK_BYTES`].
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
/// State is compared after each call; memories and tables are compared as a whole. A heap that is full on one side only is a
/// difference if the same happens with a heap four times as large.
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
                // Functions that tiered columns compile are counted as replacements.
                figures.compiled += if mode == Mode::All(Tier::Interp) || mode.replaces() { 0 } else { functions };
                let mut store = column.engine.store(bounds.limits);
                run(prepared, &mut store, code, bounds, &mut |step| steps.push(step));
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
                let cut = Cut::first(reference, &seen);
                figures.compared += cut.map_or(reference.steps.len().min(seen.steps.len()), |(step, _)| step) as u64;
                figures.full_heaps += u64::from(cut.is_some_and(|(_, cut)| cut == Cut::Heap));
                let engines = [&columns[0].engine, &column.engine];
                let alone = || one_sided(prepared, engines, [reference, &seen], cut?, bounds);
                diff(reference, &seen).or_else(alone)
            }
            None => defect(&seen).or_else(|| unlinked(&seen)),
        };
        figures.compare_ns += nanos(thread_cpu_time() - done);
        if let Some(difference) = difference {
            let mismatch = Some(Mismatch { column: place, difference });
            return Checked { mismatch, reference: reference.unwrap_or(seen) };
        }
        if reference.is_none() {
            figures.unstarted += u64::from(seen.steps[0].end.is_out_of_heap());
            figures.refused += u64::from(seen.steps[0].end.is_unable());
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

/// The difference of two observations that are the same up to a cut, if the cut itself is one: a stack that is exhausted on only
/// one side, or a heap that is full on only one side, however large it is.
fn one_sided(
    prepared: &PreparedSubject,
    engines: [&Engine; 2],
    [left, right]: [&Observation; 2],
    (step, cut): (usize, Cut),
    bounds: &Bounds,
) -> Option<Difference> {
    match cut {
        Cut::Stack => {
            (left.steps[step].end != right.steps[step].end).then(|| ends(step, &left.steps[step], &right.steps[step]))
        }
        Cut::Heap => {
            let gc_heap_bytes = bounds.limits.gc_heap_bytes.saturating_mul(MORE_HEAP);
            let bounds = Bounds { limits: Limits { gc_heap_bytes, ..bounds.limits }, ..*bounds };
            let [left, right] = engines.map(|engine| execute(prepared, engine, &bounds));
            with_more_heap(&left, &right, step)
        }
    }
}

/// The difference of two observations with a larger heap, if the smaller one ended the comparison at a step.
fn with_more_heap(left: &Observation, right: &Observation, step: usize) -> Option<Difference> {
    let still = || Cut::first(left, right) == Some((step, Cut::Heap)) && left.steps[step].end != right.steps[step].end;
    diff(left, right).or_else(|| still().then(|| ends(step, &left.steps[step], &right.steps[step])))
}

/// The factor by which the heap grows if it ended the comparison.
const MORE_HEAP: u64 = 4;

/// The defect that a module cannot be linked with the one that was made for it.
fn unlinked(seen: &Observation) -> Option<Difference> {
    let end = &seen.steps[0].end;
    matches!(end, StepEnd::Unlinkable(_)).then(|| defective(0, end))
}

/// Returns an end that is a finding by itself.
fn defect(seen: &Observation) -> Option<Difference> {
    let (step, found) = seen.steps.iter().enumerate().find(|(_, s)| s.end.is_defect())?;
    Some(defective(step, &found.end))
}

fn defective(step: usize, end: &StepEnd) -> Difference {
    let kind = DifferenceKind::Defect(Box::new(end.clone()));
    Difference { step, left: "no defect".into(), right: end.to_string(), kind }
}

fn nanos(time: Duration) -> u64 {
    time.as_nanos() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::OptLevel;
    use crate::triage::subject::{DrivenBy, PROVIDER, Subject};

    fn prepared(wat: &str) -> PreparedSubject {
        let drive = DrivenBy::Exports { seed: 1, rounds: 1, fuel: None, hostless: false };
        Subject { bytes: wat::parse_str(wat).unwrap(), provider: None, drive }.prepare().unwrap()
    }

    /// On the interpreter and on the JIT.
    fn checked(prepared: &PreparedSubject, limits: Limits, figures: &mut Figures) -> Option<String> {
        let jit = Config { mode: Mode::All(Tier::Jit), opt: OptLevel::O2, ..Config::default() };
        let columns = [Config::default(), jit].map(|config| Column::new(config).unwrap());
        let bounds = Bounds { limits, ..bounds() };
        let found = check(prepared, &columns, &bounds, &mut |_| {}, figures).mismatch?;
        // A defect is one of the reference; anything else is a difference from it.
        let defect = matches!(found.difference.kind, DifferenceKind::Defect(_));
        assert_eq!(found.column, usize::from(!defect));
        Some(found.difference.signature())
    }

    #[test]
    fn a_stack_that_is_exhausted_on_one_side_alone_is_a_difference() {
        let recursion = prepared(
            r#"(module (func $f (param i32) (result i32)
                 (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 0))
                   (else (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))))
               (func (export "g") (result i32) (call $f (i32.const 1000)))
               (func (export "h") (result i32) (i32.const 1)))"#,
        );
        std::thread::scope(|scope| {
            let work = || {
                let mut figures = Figures::default();
                assert_eq!(checked(&recursion, bounds().limits, &mut figures), None);
                let whole = figures.compared;
                assert!(whole > 2, "{whole}");
                let few = Limits { value_stack_bytes: 4 << 10, ..bounds().limits };
                let mut figures = Figures::default();
                assert_eq!(checked(&recursion, few, &mut figures).as_deref(), Some("exhausted / values"));
                // What follows was not compared.
                assert_eq!((figures.compared, figures.exhausted), (1, 1));
            };
            std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).unwrap().join().unwrap();
        });
    }

    #[test]
    fn a_heap_that_is_full_on_one_side_alone_is_a_difference_if_a_larger_one_is_too() {
        let array = prepared(
            r#"(module (type $a (array i8)) (func (export "f") (result i32)
                 (array.len (array.new $a (i32.const 1) (i32.const 1000000)))))"#,
        );
        let engine = Engine::new(Config::default()).unwrap();
        let [small, large] = [1 << 16, 64 << 20]
            .map(|gc_heap_bytes| Bounds { limits: Limits { gc_heap_bytes, ..bounds().limits }, ..bounds() });
        let (full, whole) = (execute(&array, &engine, &small), execute(&array, &engine, &large));
        let cut = Cut::first(&full, &whole).unwrap();
        assert_eq!(cut, (1, Cut::Heap));
        // With a larger heap, both have room: only the size of the heap mattered.
        assert_eq!(one_sided(&array, [&engine, &engine], [&full, &whole], cut, &large), None);
        // A side that has no room in any heap asked for something else.
        let found = with_more_heap(&whole, &full, 1).unwrap();
        assert_eq!(found.signature(), "values / trap(allocation size too large)");
        assert_eq!(with_more_heap(&whole, &full, 2), None);
        // If neither has room, each has done what it had room for.
        let mut other = full.clone();
        other.steps[1].state[0].1 ^= 1;
        assert_eq!(Cut::first(&full, &other), Some((1, Cut::Heap)));
        assert_eq!(with_more_heap(&full, &other, 1), None);
    }

    #[test]
    fn a_module_that_its_provider_does_not_fit_is_a_defect() {
        let wanted = format!(r#"(module (import "{PROVIDER}" "m" (memory 1 1)) (func (export "f")))"#);
        let found = |maximum: u32| {
            let provider = wat::parse_str(format!(r#"(module (memory (export "m") 1 {maximum}))"#)).unwrap();
            let drive = DrivenBy::Exports { seed: 1, rounds: 1, fuel: None, hostless: false };
            let subject = Subject { bytes: wat::parse_str(&wanted).unwrap(), provider: Some(provider), drive };
            checked(&subject.prepare().unwrap(), bounds().limits, &mut Figures::default())
        };
        assert_eq!(found(1), None);
        let refused = found(2).unwrap();
        assert!(refused.starts_with("refused(incompatible import type"), "{refused}");
    }

    #[test]
    fn figures_add_up() {
        let figures = |n: u64| Figures {
            compared: n,
            compiled: 2 * n,
            replaced: [3 * n, 4 * n],
            values: 5 * n,
            traps: 6 * n,
            exceptions: 7 * n,
            exhausted: 8 * n,
            unstarted: 9 * n,
            refused: 11 * n,
            full_heaps: 10 * n,
            compile_ns: std::array::from_fn(|i| (20 + i as u64) * n),
            run_ns: std::array::from_fn(|i| (30 + i as u64) * n),
            compare_ns: 40 * n,
        };
        let mut sum = figures(1);
        sum += &figures(100);
        assert_eq!(sum, figures(101));
    }

    /// For the reference, each call counts once; for the others, what they compiled.
    #[test]
    fn ends_of_calls_are_counted() {
        let module = prepared(
            r#"(module (tag $t) (func (export "a")) (func (export "b") (result i32) (i32.const 1))
                 (func (export "c") unreachable) (func (export "d") (throw $t)) (func $unused))"#,
        );
        let mut figures = Figures::default();
        let mut found = || checked(&module, Limits::default(), &mut figures);
        assert_eq!((found(), found()), (None, None));
        let counts = [figures.compared, figures.compiled, figures.values, figures.traps, figures.exceptions];
        assert_eq!(counts, [2 * 5, 2 * 5, 2 * 2, 2, 2]);
        assert_eq!((figures.exhausted, figures.unstarted, figures.full_heaps, figures.replaced), (0, 0, 0, [0, 0]));
    }

    /// A module that all columns refuse has no calls to compare.
    #[test]
    fn modules_that_are_refused_are_counted() {
        let large = prepared(r#"(module (table 100000 funcref) (func (export "f")))"#);
        let mut figures = Figures::default();
        assert_eq!(checked(&large, bounds().limits, &mut figures), None);
        assert_eq!((figures.refused, figures.unstarted, figures.values), (1, 0, 0));
        assert_eq!(checked(&prepared("(module (func (export \"f\")))"), bounds().limits, &mut figures), None);
        assert_eq!((figures.refused, figures.values), (1, 1));
    }

    /// A difference has the index of its column, and a reference with a defect is compared with no column.
    #[test]
    fn a_defect_of_the_reference_needs_no_comparison() {
        let shared = prepared(
            r#"(module (type $s (shared (struct (field i32))))
                 (func (export "f") (drop (struct.new $s (i32.const 1)))))"#,
        );
        let jit = Config { mode: Mode::All(Tier::Jit), ..Config::default() };
        let bounds = Bounds { limits: Limits::default(), ..bounds() };
        let found = |configs: &[&Config]| {
            let columns: Vec<Column> = configs.iter().map(|&config| Column::new(config.clone()).unwrap()).collect();
            let mut entered = Vec::new();
            let mut enter = |place| entered.push(place);
            let checked = check(&shared, &columns, &bounds, &mut enter, &mut Figures::default());
            (entered, checked.mismatch.map(|found| (found.column, found.difference.signature())))
        };
        let plain = Config::default();
        assert_eq!(found(&[&plain, &plain]), (vec![0, 1], None));
        let lacks = "unsupported(shared-everything-threads)";
        assert_eq!(found(&[&jit, &plain]), (vec![0], Some((0, lacks.to_string()))));
        assert_eq!(found(&[&plain, &plain, &jit, &jit]), (vec![0, 1, 2], Some((2, format!("values / {lacks}")))));
    }
}
