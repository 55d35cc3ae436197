//! A generated module on another engine, held against the reference: what is exported, that is everything.
//!
//! The other engine cannot be given references (but null), tells of references only whether they are null, and its traps
//! may be ambiguous. What it does not have is no difference; how often is counted.

use crate::oracle::{self, Identity, Job, Oracle, OracleError, Seen, TABLE_SCAN, When, digest};
use crate::runtime::store::{Extern, InstanceId, MemoryId, Store};
use crate::runtime::trap::TrapCode;
use crate::runtime::value::Ref;
use crate::triage::difference::{Difference, Kind};
use crate::triage::differential::{Column, bounds};
use crate::triage::observe::{Bounds, End, Entity, States, Step, compile, run};
use crate::triage::subject::{Call, Prepared};
use crate::triage::value::{Value, list};
use std::sync::Arc;
use std::time::Duration;

/// Another engine, one job after the other.
pub struct Witness {
    oracle: Oracle,
    /// Modules that it could not run at all.
    pub unsupported: u64,
}

/// What a job is held against.
pub struct Asked {
    prepared: Prepared,
}

impl Witness {
    /// # Errors
    /// It cannot be asked: why, and what to do.
    pub fn open(name: &str) -> Result<Witness, OracleError> {
        Ok(Witness { oracle: Oracle::open(name)?, unsupported: 0 })
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        self.oracle.identity()
    }

    /// Asks, and returns at once.
    ///
    /// # Errors
    /// As [`Oracle::submit`].
    pub fn ask(&mut self, prepared: &Prepared) -> Result<Asked, OracleError> {
        let plain = |v: &Value| if matches!(v, Value::Extern(_)) { Value::Null } else { *v };
        let call = |c: &Call| Call { export: c.export.clone(), args: c.args.iter().map(plain).collect() };
        let asked = Prepared {
            module: Arc::clone(&prepared.module),
            calls: prepared.calls.iter().map(call).collect(),
            fuel: prepared.fuel.clone(),
        };
        let limits = bounds().limits;
        self.oracle.submit(&Job {
            bytes: asked.module.bytes.to_vec(),
            calls: asked
                .calls
                .iter()
                .map(|c| oracle::Call { export: c.export.clone(), args: c.args.iter().map(|v| other(*v)).collect() })
                .collect(),
            fuel: asked.fuel.clone(),
            state: When::AtEnd,
            limits: Some((limits.memory_bytes, limits.table_elements)),
            contents: false,
            timeout: Duration::from_secs(20),
        })?;
        Ok(Asked { prepared: asked })
    }

    /// Waits for the answer, and holds it against what the reference does.
    ///
    /// # Errors
    /// As [`Oracle::collect`].
    pub fn compare(&mut self, asked: &Asked, reference: &Column) -> Result<Option<Difference>, OracleError> {
        let seen = self.oracle.collect()?;
        if matches!(seen.start, oracle::End::Unsupported(_)) {
            self.unsupported += 1;
            return Ok(None);
        }
        let prepared = &asked.prepared;
        let code = match compile(prepared, &reference.engine) {
            Ok(code) => code,
            // It is a finding without any oracle.
            Err(_) => return Ok(None),
        };
        let bounds = Bounds { states: States::Last, ..bounds() };
        let mut store = reference.engine.store(bounds.limits);
        let mut steps = Vec::with_capacity(prepared.calls.len() + 1);
        run(prepared, &mut store, code, &bounds, &mut steps);
        Ok(difference(&steps, &seen, prepared, &store))
    }
}

fn other(value: Value) -> oracle::Value {
    match value {
        Value::I32(v) => oracle::Value::I32(v),
        Value::I64(v) => oracle::Value::I64(v),
        Value::F32(v) => oracle::Value::F32(v),
        Value::F64(v) => oracle::Value::F64(v),
        Value::V128(v) => oracle::Value::V128(v),
        Value::Null => oracle::Value::Null,
        Value::Func(..) | Value::HostFunc | Value::Extern(_) | Value::I31(_) | Value::Object(_) => oracle::Value::Ref,
    }
}

/// The first difference; nothing is compared after what the other engine cannot do, and after exhaustions.
fn difference(steps: &[Step], seen: &Seen, prepared: &Prepared, store: &Store) -> Option<Difference> {
    let ends = std::iter::once(&seen.start).chain(seen.calls.iter().map(|c| &c.0));
    for (step, (ours, theirs)) in steps.iter().zip(ends).enumerate() {
        match (&ours.end, theirs) {
            (End::Exhausted, _) | (_, oracle::End::Exhausted | oracle::End::Unsupported(_)) => return None,
            (ours, theirs) if ours.is_out_of_heap() && !same(ours, theirs, prepared) => return None,
            (ours, theirs) if same(ours, theirs, prepared) => {}
            (ours, theirs) => {
                let understood = understood(theirs);
                let right = match theirs {
                    oracle::End::Values(_) | oracle::End::Exception { .. } => format!("{theirs:?}"),
                    oracle::End::Trap(trap) if !trap.text.is_empty() => format!("{understood} ({})", trap.text),
                    _ => understood.to_string(),
                };
                let kind = Kind::End(Box::new(ours.clone()), Box::new(understood));
                return Some(Difference { step, left: ours.to_string(), right, kind });
            }
        }
    }
    if steps.len() != prepared.calls.len() + 1 {
        return None;
    }
    let state = seen.calls.last().and_then(|c| c.1.as_ref())?;
    let (entity, left, right) = state_difference(state, store)?;
    Some(Difference { step: steps.len() - 1, left, right, kind: Kind::State(entity) })
}

fn same(ours: &End, theirs: &oracle::End, prepared: &Prepared) -> bool {
    let values = |a: &[Value], b: &[oracle::Value]| a.iter().map(|v| other(*v)).eq(b.iter().copied());
    match (ours, theirs) {
        (End::Values(a), oracle::End::Values(b)) => values(a, b),
        (End::Trap(message), oracle::End::Trap(trap)) => {
            TrapCode::ALL.iter().find(|c| c.message() == message).is_some_and(|&code| trap.agrees(code))
        }
        (End::Exception(tag, payload), oracle::End::Exception { tag: name, payload: other }) => match name {
            Some(name) => prepared.module.export(name).is_some_and(|e| e.index == *tag) && values(payload, other),
            None => true,
        },
        _ => false,
    }
}

/// Their end in our words, as far as a signature needs it.
fn understood(end: &oracle::End) -> End {
    match end {
        oracle::End::Values(_) => End::Values(Vec::new()),
        oracle::End::Trap(trap) => End::Trap(trap.codes.first().map_or("?", |c| c.message()).to_string()),
        oracle::End::Exception { .. } => End::Exception(0, Vec::new()),
        oracle::End::Exit(status) => End::Exit(*status),
        oracle::End::Exhausted => End::Exhausted,
        oracle::End::Timeout => End::Timeout,
        oracle::End::Unsupported(what) => End::Unsupported(what.clone()),
        oracle::End::Refused(what) => End::Refused(what.clone()),
        oracle::End::Crash(what) => End::Crash(what.clone()),
    }
}

fn state_difference(state: &oracle::State, store: &Store) -> Option<(Entity, String, String)> {
    let export = |name: &str| store.export(InstanceId(0), name);
    for (name, theirs) in &state.globals {
        let Some(Extern::Global(g)) = export(name) else { continue };
        let ours = Value::of(store.global_get(g), store);
        if other(ours) != *theirs {
            return Some((Entity::Global(g.0), format!("global {} {}", g.0, list(&[ours])), format!("{theirs:?}")));
        }
    }
    for table in &state.tables {
        let Some(Extern::Table(t)) = export(&table.export) else { continue };
        let len = store.table_len(t);
        let nulls = (0..len.min(TABLE_SCAN)).filter(|&i| store.table_get(t, i) == Some(Ref::Null)).count() as u64;
        if (len, nulls) != (table.len, table.nulls) {
            let text = |len, nulls| format!("table {} of {len} elements, {nulls} null", t.0);
            return Some((Entity::Table(t.0), text(len, nulls), text(table.len, table.nulls)));
        }
    }
    for memory in &state.memories {
        let Some(Extern::Memory(m @ MemoryId(n))) = export(&memory.export) else { continue };
        let bytes = store.memory_bytes(m);
        let ours = (bytes.len() as u64, digest(bytes));
        if ours != (memory.len, memory.digest) {
            let text = |(len, digest): (u64, u64)| format!("memory {n} of {len} bytes, digest {digest:016x}");
            return Some((Entity::Memory(n), text(ours), text((memory.len, memory.digest))));
        }
    }
    None
}
