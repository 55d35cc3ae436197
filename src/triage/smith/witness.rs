//! Compares a generated module on another engine with the reference: the state of all exports, and every item is
//! exported.
//!
//! The other engine cannot be passed references (except null), reports of references only whether they are null, and
//! its traps may be ambiguous. A missing feature of it is not a difference, and neither is slowness; [`CutReason`] counts
//! both.

use super::link::without_groups;
use crate::engine::NanProfile;
use crate::module::Module;
use crate::oracle::{
    HELLO, Identity, JobError, Oracle, OracleCall, OracleEnd, OracleError, OracleJob, OracleReport, OracleState,
    OracleValue, StateReads, TABLE_SCAN, digest,
};
use crate::runtime::store::{Extern, InstanceId, MemoryId, Store, TagId};
use crate::runtime::trap::TrapCode;
use crate::runtime::value::Ref;
use crate::triage::difference::{Difference, DifferenceKind};
use crate::triage::differential::{Column, bounds};
use crate::triage::observe::{Bounds, Entity, States, Step, StepEnd, compile, run};
use crate::triage::subject::{PROVIDER, PreparedSubject, SubjectCall};
use crate::triage::value::{PortableValue, list};
use std::sync::Arc;
use std::time::Duration;

/// The factor by which the time limit grows for an engine that was late once.
const PATIENCE: u32 = 3;

/// The reason why a module was not compared to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CutReason {
    /// The other engine lacks a feature that the module or a call needs, or cannot be asked for it.
    Unsupported,
    /// Only one side had room for an object.
    Heap,
    /// A stack was exhausted.
    Stack,
    /// It did not answer in time, twice: on a busy machine this happens to ordinary modules.
    Late,
}

impl CutReason {
    /// The number of reasons.
    pub const COUNT: usize = 4;
}

/// The longest time that [`Witness::compare`] may wait: in each of two attempts, the engine may die and be restarted.
pub fn longest(timeout: Duration) -> Duration {
    2 * (timeout + timeout * PATIENCE + 2 * HELLO)
}

/// Another engine, one job after the other.
pub struct Witness {
    oracle: Oracle,
    timeout: Duration,
}

/// A submitted job.
pub struct SubmittedJob {
    prepared: PreparedSubject,
    job: OracleJob,
}

impl Witness {
    /// Opens an engine by name. `nan` is its NaN profile. `timeout` limits one module; a late one gets [`PATIENCE`]
    /// times as much.
    ///
    /// # Errors
    /// The engine cannot be used; the message gives the cause and a remedy.
    pub fn open(name: &str, nan: NanProfile, timeout: Duration) -> Result<Witness, OracleError> {
        Ok(Witness { oracle: Oracle::open_under(name, nan)?, timeout })
    }

    /// Returns the identity of the engine.
    pub fn identity(&self) -> &Identity {
        self.oracle.identity()
    }

    /// Submits a module, and returns at once.
    ///
    /// # Errors
    /// As [`Oracle::submit`].
    pub fn ask(&mut self, prepared: &PreparedSubject) -> Result<SubmittedJob, OracleError> {
        let plain = |v: &PortableValue| if matches!(v, PortableValue::Extern(_)) { PortableValue::Null } else { *v };
        let call = |c: &SubjectCall| SubjectCall { export: c.export.clone(), args: c.args.iter().map(plain).collect() };
        let asked = PreparedSubject {
            module: Arc::clone(&prepared.module),
            provider: prepared.provider.clone(),
            calls: prepared.calls.iter().map(call).collect(),
            fuel: prepared.fuel.clone(),
        };
        // Hardly any other engine reads imports in groups, and their meaning is the same.
        let bytes = match &asked.provider {
            Some(_) => without_groups(&asked.module.bytes)
                .map_err(|e| JobError::Module(format!("the module cannot be read: {e}")))?,
            None => asked.module.bytes.to_vec(),
        };
        let job = OracleJob {
            bytes,
            provider: asked.provider.as_ref().map(|provider| (PROVIDER.to_string(), provider.bytes.to_vec())),
            calls: asked
                .calls
                .iter()
                .map(|c| OracleCall { export: c.export.clone(), args: c.args.iter().map(|v| other(*v)).collect() })
                .collect(),
            fuel: asked.fuel.clone(),
            state: StateReads::AtEnd,
            limits: Some((memory_limit(&asked.module), bounds().limits.table_elements)),
            contents: false,
            timeout: self.timeout,
        };
        self.oracle.submit(&job)?;
        Ok(SubmittedJob { prepared: asked, job })
    }

    /// Waits for the answer, and compares it with the reference.
    ///
    /// # Errors
    /// As [`Oracle::collect`].
    pub fn compare(
        &mut self,
        asked: &SubmittedJob,
        reference: &Column,
    ) -> Result<Result<Option<Difference>, CutReason>, OracleError> {
        let SubmittedJob { prepared, job } = asked;
        let mut seen = self.oracle.collect()?;
        if seen.start == OracleEnd::Timeout {
            seen = self.oracle.observe(&OracleJob { timeout: self.timeout * PATIENCE, ..job.clone() })?;
        }
        if seen.start == OracleEnd::Timeout {
            return Ok(Err(CutReason::Late));
        }
        let code = match compile(prepared, &reference.engine) {
            Ok(code) => code,
            // This is a finding without any oracle.
            Err(_) => return Ok(Ok(None)),
        };
        let bounds = Bounds { states: States::Last, ..bounds() };
        let mut store = reference.engine.store(bounds.limits);
        let mut steps = Vec::with_capacity(prepared.calls.len() + 1);
        run(prepared, &mut store, code, &bounds, &mut steps);
        Ok(difference(&steps, &seen, prepared, &store))
    }
}

/// Returns the limit of one memory: at least its declared minimum, and otherwise the size of our object heap. wasmtime
/// applies the same limit to its own heap, and fills arrays of gigabytes that would not fit here.
fn memory_limit(module: &Module) -> u64 {
    let limits = bounds().limits;
    let declared = module.memories.iter().map(|memory| {
        let page = 1u64 << memory.page_size_log2.unwrap_or(16);
        memory.maximum.map_or(u64::MAX, |pages| pages.saturating_mul(page))
    });
    declared.max().unwrap_or(0).clamp(limits.gc_heap_bytes, limits.memory_bytes)
}

fn other(value: PortableValue) -> OracleValue {
    match value {
        PortableValue::I32(v) => OracleValue::I32(v),
        PortableValue::I64(v) => OracleValue::I64(v),
        PortableValue::F32(v) => OracleValue::F32(v),
        PortableValue::F64(v) => OracleValue::F64(v),
        PortableValue::V128(v) => OracleValue::V128(v),
        PortableValue::Null => OracleValue::Null,
        PortableValue::Func(..)
        | PortableValue::HostFunc
        | PortableValue::Extern(_)
        | PortableValue::I31(_)
        | PortableValue::Object(_) => OracleValue::Ref,
    }
}

/// Returns the first difference. Nothing is compared after a feature that the other engine lacks, or after an exhausted
/// stack.
fn difference(
    steps: &[Step],
    seen: &OracleReport,
    prepared: &PreparedSubject,
    store: &Store,
) -> Result<Option<Difference>, CutReason> {
    let ends = std::iter::once(&seen.start).chain(seen.calls.iter().map(|c| &c.0));
    for (step, (ours, theirs)) in steps.iter().zip(ends).enumerate() {
        match (&ours.end, theirs) {
            (_, OracleEnd::Unsupported(_)) => return Err(CutReason::Unsupported),
            (StepEnd::Exhausted, _) | (_, OracleEnd::Exhausted) => return Err(CutReason::Stack),
            (ours, theirs) if same(ours, theirs, prepared, store) => {}
            (ours, theirs) if ours.is_out_of_heap() || is_out_of_heap(theirs) => return Err(CutReason::Heap),
            (ours, theirs) => {
                let understood = understood(theirs);
                let right = match theirs {
                    OracleEnd::Values(values) => format!("returned ({})", texts(values)),
                    OracleEnd::Exception { tag: Some(tag), payload } => {
                        format!("exception of tag {tag:?} ({})", texts(payload))
                    }
                    OracleEnd::Exception { tag: None, payload } => format!("exception ({})", texts(payload)),
                    OracleEnd::Trap(trap) if !trap.text.is_empty() => format!("{understood} ({})", trap.text),
                    _ => understood.to_string(),
                };
                let kind = DifferenceKind::End(Box::new(ours.clone()), Box::new(understood));
                return Ok(Some(Difference { step, left: ours.to_string(), right, kind }));
            }
        }
    }
    if !matches!(seen.start, OracleEnd::Values(_)) {
        return Ok(None); // Neither side has an instance.
    }
    let state = seen.calls.last().map_or(seen.started.as_ref(), |c| c.1.as_ref());
    let state = state.filter(|_| steps.len() == prepared.calls.len() + 1).ok_or(CutReason::Unsupported)?;
    let kind =
        |(entity, left, right)| Difference { step: steps.len() - 1, left, right, kind: DifferenceKind::State(entity) };
    Ok(state_difference(state, store, prepared.instance()).map(kind))
}

/// Formats another engine's values like ours.
fn texts(values: &[OracleValue]) -> String {
    let text = |value: &OracleValue| match *value {
        OracleValue::I32(v) => PortableValue::I32(v).to_string(),
        OracleValue::I64(v) => PortableValue::I64(v).to_string(),
        OracleValue::F32(v) => PortableValue::F32(v).to_string(),
        OracleValue::F64(v) => PortableValue::F64(v).to_string(),
        OracleValue::V128(v) => PortableValue::V128(v).to_string(),
        OracleValue::Null => PortableValue::Null.to_string(),
        OracleValue::Ref => "a reference".into(),
    };
    values.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn is_out_of_heap(end: &OracleEnd) -> bool {
    matches!(end, OracleEnd::Trap(trap) if trap.codes == [TrapCode::AllocationTooLarge])
}

fn same(ours: &StepEnd, theirs: &OracleEnd, prepared: &PreparedSubject, store: &Store) -> bool {
    let values = |a: &[PortableValue], b: &[OracleValue]| a.iter().map(|v| other(*v)).eq(b.iter().copied());
    match (ours, theirs) {
        (StepEnd::Values(a), OracleEnd::Values(b)) => values(a, b),
        (StepEnd::Trap(message), OracleEnd::Trap(trap)) => {
            TrapCode::ALL.iter().find(|c| c.message() == message).is_some_and(|&code| trap.agrees(code))
        }
        (StepEnd::Exception(tag, payload), OracleEnd::Exception { tag: name, payload: other }) => match name {
            Some(name) => {
                store.export(prepared.instance(), name) == Some(Extern::Tag(TagId(*tag))) && values(payload, other)
            }
            None => true,
        },
        _ => false,
    }
}

/// Converts another engine's end into ours, as far as a signature needs it.
fn understood(end: &OracleEnd) -> StepEnd {
    match end {
        OracleEnd::Values(_) => StepEnd::Values(Vec::new()),
        OracleEnd::Trap(trap) => StepEnd::Trap(trap.codes.first().map_or("?", |c| c.message()).to_string()),
        OracleEnd::Exception { .. } => StepEnd::Exception(0, Vec::new()),
        OracleEnd::Exit(status) => StepEnd::Exit(*status),
        OracleEnd::Exhausted => StepEnd::Exhausted,
        OracleEnd::Timeout => StepEnd::Timeout,
        OracleEnd::Unsupported(what) => StepEnd::Unsupported(what.clone()),
        OracleEnd::Refused(what) => StepEnd::Refused(what.clone()),
        OracleEnd::Crash(what) => StepEnd::Crash(what.clone()),
    }
}

fn state_difference(state: &OracleState, store: &Store, instance: InstanceId) -> Option<(Entity, String, String)> {
    let export = |name: &str| store.export(instance, name);
    for (name, theirs) in &state.globals {
        let Some(Extern::Global(g)) = export(name) else { continue };
        let ours = PortableValue::of(store.global_get(g), store);
        if other(ours) != *theirs {
            return Some((
                Entity::Global(g.0),
                format!("global {} {}", g.0, list(&[ours])),
                format!("global {} {}", g.0, texts(&[*theirs])),
            ));
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

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::WasmFeatures;

    #[test]
    fn no_memory_is_refused_what_it_declares_and_no_heap_gets_more_than_ours() {
        let limit = |memories: &str| {
            let text = format!("(module {memories})");
            let buffer = wast::parser::ParseBuffer::new(&text).unwrap();
            let bytes = wast::parser::parse::<wast::Wat<'_>>(&buffer).unwrap().encode().unwrap();
            memory_limit(&Module::new(&bytes, WasmFeatures::all()).unwrap())
        };
        let (heap, most) = (bounds().limits.gc_heap_bytes, bounds().limits.memory_bytes);
        assert!(heap < most);
        assert_eq!(limit(""), heap);
        assert_eq!(limit("(memory 1 2) (memory i64 0 16)"), heap);
        assert_eq!(limit("(memory 1 2) (memory 0 40000) (memory 3 4)"), 40000 << 16);
        assert_eq!(limit("(memory 0 200000000 (pagesize 1))"), 200_000_000);
        assert_eq!((limit("(memory 1)"), limit("(memory 1 65536)")), (most, most));
    }
}
