//! Another engine that executes subjects like ours do: for `smith`, and for findings about another engine.
//!
//! The state of exports is compared, and every item of a generated module is exported. References other than null cannot be
//! passed to the other engine, it reports only whether references are null, and its traps may be ambiguous. A feature that it
//! lacks is not a difference, and neither are slowness or an exception that may be a different one because its tag is not known;
//! [`CutReason`] counts them.

use super::difference::{Difference, DifferenceKind, wordy};
use super::differential::{Column, bounds};
use super::observe::{Bounds, Entity, Observation, States, Step, StepEnd, compile, run};
use super::subject::{PROVIDER, PreparedSubject, SubjectCall};
use super::value::{PortableValue, list};
use crate::engine::NanProfile;
use crate::module::{ExternKind, Module};
use crate::oracle::{
    HELLO, Identity, JobError, Oracle, OracleCall, OracleEnd, OracleError, OracleJob, OracleReport, OracleState,
    OracleValue, StateReads, TABLE_SCAN, digest,
};
use crate::runtime::store::{Extern, InstanceId, MemoryId, Store};
use crate::runtime::trap::TrapCode;
use crate::runtime::value::Ref;
use crate::text::counted;
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::time::Duration;
use wasm_encoder::ImportSection;
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::Parser;

/// The factor by which the time limit grows for an engine that was late once.
const PATIENCE: u32 = 3;

/// Another engine to compare with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedEngine {
    /// The name of its column.
    pub label: String,
    /// Its name, as in `oracle`.
    pub name: String,
    /// Its version, as reports state it.
    pub version: String,
}

impl NamedEngine {
    /// The engine, as an option names it.
    pub fn given(&self) -> String {
        if self.label == self.name { self.name.clone() } else { format!("{}={}", self.label, self.name) }
    }
}

/// The reason why a module was not compared to its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CutReason {
    /// The other engine lacks this feature, which the module or a call needs, or cannot be asked for it.
    Unsupported(String),
    /// Only one side had room for an object.
    Heap,
    /// A stack was exhausted.
    Stack,
    /// It did not answer in time, twice: on a busy machine this happens to ordinary modules.
    Late,
}

impl std::fmt::Display for CutReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CutReason::Unsupported(what) => write!(f, "lacks {what}"),
            CutReason::Heap => f.write_str("a heap was full"),
            CutReason::Stack => f.write_str("a stack was exhausted"),
            CutReason::Late => f.write_str("no answer in time"),
        }
    }
}

/// The longest time that [`Witness::compare`] may wait: in each of two attempts, the engine may die and be restarted.
pub fn longest(timeout: Duration) -> Duration {
    2 * (timeout + timeout * PATIENCE + 2 * HELLO)
}

/// Another engine, which executes one job after the other.
pub struct Witness {
    oracle: Oracle,
    /// See [`Witness::death`].
    death: Option<String>,
    /// The time limit of one module.
    pub timeout: Duration,
}

/// A submitted job.
pub struct SubmittedJob {
    prepared: PreparedSubject,
    job: OracleJob,
}

impl Witness {
    /// Opens an engine by name. `nan` is its NaN profile. `timeout` limits one module; a late one gets three
    /// times as much.
    ///
    /// # Errors
    /// The engine cannot be used; the message gives the cause and a remedy.
    pub fn open(name: &str, nan: NanProfile, timeout: Duration) -> Result<Witness, OracleError> {
        Ok(Witness { oracle: Oracle::open_under(name, nan)?, death: None, timeout })
    }

    /// Returns the identity of the engine.
    pub fn identity(&self) -> &Identity {
        self.oracle.identity()
    }

    /// How the engine died on the module that was compared last, if it did not die when it was asked again.
    pub fn death(&self) -> Option<&str> {
        self.death.as_deref()
    }

    /// Submits a module, and returns at once.
    ///
    /// # Errors
    /// As [`Oracle::submit`].
    pub fn ask(&mut self, prepared: &PreparedSubject) -> Result<SubmittedJob, OracleError> {
        let asked = PreparedSubject { calls: without_host_values(&prepared.calls), ..prepared.clone() };
        let job = job(&asked, StateReads::AtEnd, self.timeout)?;
        self.oracle.submit(&job)?;
        Ok(SubmittedJob { prepared: asked, job })
    }

    /// Executes a subject that needs no host values: see [`Subject::without_host_values`]. Ends that agree with those of
    /// `expected` are taken to be the same. States are not recorded. Returns the reason if it cannot be compared to its end.
    ///
    /// [`Subject::without_host_values`]: super::subject::Subject::without_host_values
    ///
    /// # Errors
    /// As [`Oracle::observe`].
    pub fn observe(
        &mut self,
        prepared: &PreparedSubject,
        expected: &Observation,
    ) -> Result<Result<Observation, CutReason>, OracleError> {
        let seen = self.oracle.observe(&job(prepared, StateReads::Never, self.timeout)?)?;
        // A finding may be that the engine crashes whenever it is asked.
        self.oracle.forgive();
        let step = |end| Step { end, state: Vec::new(), output: Vec::new() };
        let mut steps: Vec<Step> = expected.steps.iter().map(|ours| step(ours.end.clone())).collect();
        match first_difference(&expected.steps, &seen, prepared, self.oracle.catches()) {
            Ok(None) => {}
            Ok(Some((at, theirs))) => {
                steps[at].end = understood(theirs, prepared);
                steps.truncate(at + 1);
            }
            Err(cut) => return Ok(Err(cut)),
        }
        Ok(Ok(Observation { steps, column: self.identity().name.clone() }))
    }

    /// Executes a subject, and returns the values of its exported globals and the contents of its exported memories, by name;
    /// nothing if it has no instance. Returns the reason if the engine cannot say.
    ///
    /// # Errors
    /// As [`Oracle::observe`].
    pub fn exports(&mut self, prepared: &PreparedSubject) -> Result<Result<ExportedState, CutReason>, OracleError> {
        let job = OracleJob { contents: true, ..job(prepared, StateReads::AtEnd, self.timeout)? };
        let seen = self.oracle.observe(&job)?;
        match &seen.start {
            OracleEnd::Unsupported(what) => return Ok(Err(CutReason::Unsupported(what.clone()))),
            OracleEnd::Exhausted => return Ok(Err(CutReason::Stack)),
            OracleEnd::Timeout => return Ok(Err(CutReason::Late)),
            _ => {}
        }
        let state = seen.calls.last().map_or(seen.started, |call| call.1.clone()).unwrap_or_default();
        let globals = state.globals.into_iter().map(|(name, value)| (name, ours(value))).collect();
        Ok(Ok(ExportedState { globals, memories: seen.contents }))
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
        self.death = self.oracle.death().map(String::from);
        if seen.start == OracleEnd::Timeout {
            seen = self.oracle.observe(&OracleJob { timeout: self.timeout * PATIENCE, ..job.clone() })?;
            let again = self.oracle.death().map(String::from);
            self.death = again.or(self.death.take());
        }
        if seen.start == OracleEnd::Timeout {
            return Ok(Err(CutReason::Late));
        }
        let code = match compile(prepared, &reference.engine) {
            Ok(code) => code,
            // This is a finding even without an oracle.
            Err(_) => return Ok(Ok(None)),
        };
        let bounds = Bounds { states: States::Last, ..bounds() };
        let mut store = reference.engine.store(bounds.limits);
        let mut steps = Vec::with_capacity(prepared.calls.len() + 1);
        run(prepared, &mut store, code, &bounds, &mut |step| steps.push(step));
        Ok(difference(&steps, &seen, prepared, self.oracle.catches(), &store))
    }
}

/// The state that another engine exports.
pub struct ExportedState {
    /// The values of globals.
    pub globals: Vec<(String, PortableValue)>,
    /// The contents of memories.
    pub memories: Vec<(String, Vec<u8>)>,
}

/// Returns the calls with null in place of values that only a host can make.
fn without_host_values(calls: &[SubjectCall]) -> Vec<SubjectCall> {
    let plain = |v: &PortableValue| if matches!(v, PortableValue::Extern(_)) { PortableValue::Null } else { *v };
    let call = |c: &SubjectCall| SubjectCall { export: c.export.clone(), args: c.args.iter().map(plain).collect() };
    calls.iter().map(call).collect()
}

/// Returns a subject as a job for another engine.
fn job(prepared: &PreparedSubject, state: StateReads, timeout: Duration) -> Result<OracleJob, JobError> {
    let bytes = match &prepared.provider {
        Some(_) => without_groups(&prepared.module.bytes)
            .map_err(|e| JobError::Module(format!("cannot read the module: {e}")))?,
        None => prepared.module.bytes.to_vec(),
    };
    Ok(OracleJob {
        bytes,
        provider: prepared.provider.as_ref().map(|provider| (PROVIDER.to_string(), provider.bytes.to_vec())),
        calls: prepared
            .calls
            .iter()
            .map(|c| OracleCall { export: c.export.clone(), args: c.args.iter().map(|v| other(*v)).collect() })
            .collect(),
        fuel: prepared.fuel.clone(),
        state,
        limits: Some((memory_limit(&prepared.module), bounds().limits.table_elements)),
        contents: false,
        timeout,
    })
}

/// Returns the module with individual imports: hardly any other engine supports grouped imports, and the meaning is the same.
pub fn without_groups(bytes: &[u8]) -> Result<Vec<u8>, reencode::Error> {
    struct Single;
    impl Reencode for Single {
        type Error = Infallible;
        fn parse_import_section(
            &mut self,
            imports: &mut ImportSection,
            section: wasmparser::ImportSectionReader<'_>,
        ) -> Result<(), reencode::Error> {
            section.into_imports().try_for_each(|import| self.parse_import(imports, import?))
        }
    }
    let mut module = wasm_encoder::Module::new();
    Single.parse_core_module(&mut module, Parser::new(0), bytes)?;
    Ok(module.finish())
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

/// Converts another engine's value into ours. For a reference, it is only known whether it is null.
fn ours(value: OracleValue) -> PortableValue {
    match value {
        OracleValue::I32(v) => PortableValue::I32(v),
        OracleValue::I64(v) => PortableValue::I64(v),
        OracleValue::F32(v) => PortableValue::F32(v),
        OracleValue::F64(v) => PortableValue::F64(v),
        OracleValue::V128(v) => PortableValue::V128(v),
        OracleValue::Null => PortableValue::Null,
        OracleValue::Ref => PortableValue::Object(0),
    }
}

/// Returns the first step that ended differently from ours, and its end. Nothing is compared after a feature that the other
/// engine lacks, after an exhausted stack, or after exceptions that may be different ones. `catches`: whether exceptions that
/// leave a call come with their tag, if that is exported.
fn first_difference<'a>(
    steps: &[Step],
    seen: &'a OracleReport,
    prepared: &PreparedSubject,
    catches: bool,
) -> Result<Option<(usize, &'a OracleEnd)>, CutReason> {
    // If a whole job took too long, it is unknown which step it was.
    if seen.start == OracleEnd::Timeout && steps.iter().any(|step| step.end == StepEnd::Timeout) {
        return Err(CutReason::Late);
    }
    let ends = std::iter::once(&seen.start).chain(seen.calls.iter().map(|c| &c.0));
    for (at, (ours, theirs)) in steps.iter().zip(ends).enumerate() {
        match (&ours.end, theirs) {
            (_, OracleEnd::Unsupported(what)) => return Err(CutReason::Unsupported(wordy(what))),
            (StepEnd::Exhausted, _) | (_, OracleEnd::Exhausted) => return Err(CutReason::Stack),
            // Nothing is caught during instantiation.
            (StepEnd::Exception(tag, _), OracleEnd::Exception { tag: None, .. })
                if at == 0 || !catches || !is_exported(prepared, *tag) =>
            {
                return Err(CutReason::Unsupported("the tag of an exception".into()));
            }
            (ours, theirs) if same(ours, theirs, prepared) => {}
            (ours, theirs) if ours.is_out_of_heap() || is_out_of_heap(theirs) => return Err(CutReason::Heap),
            (_, theirs) => return Ok(Some((at, theirs))),
        }
    }
    Ok(None)
}

/// Returns the first difference of ends, or else of the final state.
fn difference(
    steps: &[Step],
    seen: &OracleReport,
    prepared: &PreparedSubject,
    catches: bool,
    store: &Store,
) -> Result<Option<Difference>, CutReason> {
    if let Some((step, theirs)) = first_difference(steps, seen, prepared, catches)? {
        let (ours, understood) = (&steps[step].end, understood(theirs, prepared));
        let right = match theirs {
            OracleEnd::Exception { tag: Some(tag), payload } => {
                format!("exception of tag {tag:?} ({})", texts(payload))
            }
            OracleEnd::Exception { tag: None, payload } => format!("exception ({})", texts(payload)),
            OracleEnd::Trap(trap) if !trap.text.is_empty() => format!("{understood} ({})", trap.text),
            OracleEnd::Values(values) => format!("returned ({})", texts(values)),
            _ => understood.to_string(),
        };
        let kind = DifferenceKind::End(Box::new(ours.clone()), Box::new(understood));
        return Ok(Some(Difference { step, left: ours.to_string(), right, kind }));
    }
    if !matches!(seen.start, OracleEnd::Values(_)) {
        return Ok(None); // Neither side has an instance.
    }
    let state = seen.calls.last().map_or(seen.started.as_ref(), |c| c.1.as_ref());
    let state = state.filter(|_| steps.len() == prepared.calls.len() + 1);
    let state = state.ok_or_else(|| CutReason::Unsupported("an end of all calls".into()))?;
    let kind =
        |(entity, left, right)| Difference { step: steps.len() - 1, left, right, kind: DifferenceKind::State(entity) };
    Ok(state_difference(state, store, prepared.instance()).map(kind))
}

/// Formats another engine's values like ours.
fn texts(values: &[OracleValue]) -> String {
    let text = |value: &OracleValue| match *value {
        OracleValue::Ref => "a reference".into(),
        value => ours(value).to_string(),
    };
    values.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn is_out_of_heap(end: &OracleEnd) -> bool {
    matches!(end, OracleEnd::Trap(trap) if trap.codes == [TrapCode::AllocationTooLarge])
}

fn same(ours: &StepEnd, theirs: &OracleEnd, prepared: &PreparedSubject) -> bool {
    let values = |a: &[PortableValue], b: &[OracleValue]| a.iter().map(|v| other(*v)).eq(b.iter().copied());
    match (ours, theirs) {
        (StepEnd::Values(a), OracleEnd::Values(b)) => values(a, b),
        (StepEnd::Trap(message), OracleEnd::Trap(trap)) => {
            TrapCode::ALL.iter().find(|c| c.message() == message).is_some_and(|&code| trap.agrees(code))
        }
        (StepEnd::Exception(tag, payload), OracleEnd::Exception { tag: Some(name), payload: other }) => {
            tag_number(prepared, name) == Some(*tag) && values(payload, other)
        }
        _ => false,
    }
}

/// Returns whether the tag of this number in a store is one that the module exports.
fn is_exported(prepared: &PreparedSubject, tag: u32) -> bool {
    let mut tags = prepared.module.exports.iter().filter(|export| export.kind == ExternKind::Tag);
    tags.any(|export| tag_number(prepared, &export.name) == Some(tag))
}

/// Returns the number that an exported tag has in a store: tags are numbered in the order in which instances define them.
fn tag_number(prepared: &PreparedSubject, name: &str) -> Option<u32> {
    let tag = |module: &Module, name: &str| module.export(name).filter(|e| e.kind == ExternKind::Tag).map(|e| e.index);
    let index = tag(&prepared.module, name)?;
    let mut imported = prepared.module.imports.iter().filter(|import| import.ty.kind() == ExternKind::Tag);
    if let Some(import) = imported.clone().nth(index as usize) {
        return tag(prepared.provider.as_ref()?, &import.name);
    }
    let provided = prepared.provider.as_ref().map_or(0, |provider| provider.tags.len());
    Some((provided + index as usize - imported.by_ref().count()) as u32)
}

/// Converts another engine's end into one of ours, as far as a signature needs it. An end that is not the [`same`] as one of ours
/// is not equal to it either.
fn understood(end: &OracleEnd, prepared: &PreparedSubject) -> StepEnd {
    match end {
        OracleEnd::Values(values) => StepEnd::Values(values.iter().copied().map(ours).collect()),
        OracleEnd::Trap(trap) => StepEnd::Trap(trap.codes.first().map_or("?", |c| c.message()).to_string()),
        OracleEnd::Exception { tag, payload } => {
            // We never have a tag with the highest number.
            let tag = tag.as_ref().and_then(|name| tag_number(prepared, name)).unwrap_or(u32::MAX);
            StepEnd::Exception(tag, payload.iter().copied().map(ours).collect())
        }
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
            let text = |len: u64, nulls: u64| format!("table {} of {}, {nulls} null", t.0, counted(len, "element"));
            return Some((Entity::Table(t.0), text(len, nulls), text(table.len, table.nulls)));
        }
    }
    for memory in &state.memories {
        let Some(Extern::Memory(m @ MemoryId(n))) = export(&memory.export) else { continue };
        let bytes = store.memory_bytes(m);
        let ours = (bytes.len() as u64, digest(bytes));
        if ours != (memory.len, memory.digest) {
            let text =
                |(len, digest): (u64, u64)| format!("memory {n} of {}, digest {digest:016x}", counted(len, "byte"));
            return Some((Entity::Memory(n), text(ours), text((memory.len, memory.digest))));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::OracleTrap;
    use std::sync::Arc;
    use wasmparser::WasmFeatures;

    #[test]
    fn no_memory_is_refused_what_it_declares_and_no_heap_gets_more_than_ours() {
        let limit = |memories: &str| {
            let text = format!("(module {memories})");
            let bytes = wat::parse_str(&text).unwrap();
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

    /// The provider's tags come first, then the module's own.
    #[test]
    fn an_exported_tag_has_its_number_in_the_store() {
        let module = |text: &str| Arc::new(Module::new(&wat::parse_str(text).unwrap(), WasmFeatures::all()).unwrap());
        let provider = module("(module (tag (export \"x\")) (tag (export \"a\")) (tag) (tag (export \"b\")))");
        let text = "(module (import \"p\" \"b\" (tag $b)) (import \"p\" \"a\" (tag $a)) (tag $c) (tag $d) (func (export \"f\"))
            (export \"b again\" (tag $b)) (export \"a again\" (tag $a)) (export \"c\" (tag $c)) (export \"d\" (tag $d)))";
        let subject = PreparedSubject { module: module(text), provider: Some(provider), calls: Vec::new(), fuel: None };
        let numbers = ["b again", "a again", "c", "d", "f", "none"].map(|name| tag_number(&subject, name));
        assert_eq!(numbers, [Some(3), Some(1), Some(4), Some(5), None, None]);
        let alone = module("(module (tag (export \"e\")) (tag (export \"f\")))");
        let alone = PreparedSubject { module: alone, provider: None, calls: Vec::new(), fuel: None };
        assert_eq!(["e", "f"].map(|name| tag_number(&alone, name)), [Some(0), Some(1)]);
    }

    /// Comparing with the converted ends of an engine finds the same difference as before.
    #[test]
    fn what_differs_is_not_understood_as_the_same() {
        let text = "(module (tag (export \"e\")) (tag (export \"f\")))";
        let module = Arc::new(Module::new(&wat::parse_str(text).unwrap(), WasmFeatures::all()).unwrap());
        let alone = PreparedSubject { module, provider: None, calls: Vec::new(), fuel: None };
        let thrown = |tag: Option<&str>, payload: &[OracleValue]| OracleEnd::Exception {
            tag: tag.map(String::from),
            payload: payload.to_vec(),
        };
        let ours = [
            StepEnd::Values(vec![]),
            StepEnd::Values(vec![PortableValue::Null]),
            StepEnd::Values(vec![PortableValue::I32(1)]),
            StepEnd::Exception(0, vec![]),
            StepEnd::Exception(1, vec![]),
            StepEnd::Exception(0, vec![PortableValue::I32(1)]),
            StepEnd::Trap("unreachable".into()),
            StepEnd::Trap("integer overflow".into()),
        ];
        let trap = |codes: &[TrapCode]| OracleEnd::Trap(OracleTrap { codes: codes.to_vec(), text: String::new() });
        let theirs = [
            OracleEnd::Values(vec![]),
            OracleEnd::Values(vec![OracleValue::Ref]),
            OracleEnd::Values(vec![OracleValue::Null]),
            OracleEnd::Values(vec![OracleValue::I32(2)]),
            thrown(Some("e"), &[]),
            thrown(Some("f"), &[]),
            thrown(Some("another"), &[]),
            thrown(Some("e"), &[OracleValue::I32(2)]),
            thrown(None, &[]),
            trap(&[]),
            trap(&[TrapCode::Unreachable]),
            trap(&[TrapCode::IntegerOverflow, TrapCode::Unreachable]),
            OracleEnd::Exhausted,
            OracleEnd::Crash("x".into()),
        ];
        for ours in &ours {
            for theirs in theirs.iter().filter(|theirs| !same(ours, theirs, &alone)) {
                assert_ne!(understood(theirs, &alone), *ours, "{theirs:?}");
            }
        }
    }

    fn prepared(text: &str) -> PreparedSubject {
        let module = Arc::new(Module::new(&wat::parse_str(text).unwrap(), WasmFeatures::all()).unwrap());
        PreparedSubject { module, provider: None, calls: Vec::new(), fuel: None }
    }

    /// The engine dies, is late when it is asked again, and answers when it has more time.
    #[test]
    fn a_death_is_told_whatever_comes_after_it() {
        let script = r#"printf '%s\n' '{"protocol":3,"name":"fake","version":"7"}'
            while read -r line; do
                id=${line#*'"id":'}
                id=${id%%,*}
                case $id in 1) exit 5;; 3) sleep 60;; esac
                ends='"done","done","done"'
                [ "$id" -lt 5 ] || ends='"done","done",{"refused":"no"}'
                # One operation is the request's.
                for op in $(printf '%s' "$line" | grep -o '"op":' | tail -n +5); do ends="$ends,\"done\""; done
                printf '{"id":%s,"ends":[%s]}\n' "$id" "$ends"
            done"#;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), script).unwrap();
        let name = format!("cmd:sh {}", file.path().display());
        let mut witness = Witness::open(&name, NanProfile::Native, Duration::from_secs(3)).unwrap();
        let asked = witness.ask(&prepared("(module)")).unwrap();
        let reference = Column::new(crate::engine::Config::default()).unwrap();
        let answer = witness.compare(&asked, &reference);
        assert!(matches!(&answer, Ok(Ok(Some(_)))), "{answer:?}");
        assert_eq!(witness.death(), Some("ended with status 5"));
    }

    /// Nothing is compared after a step that only one side can report, and a whole job that is late is late where ours is.
    #[test]
    fn what_ends_a_comparison_is_no_difference() {
        let subject = prepared("(module)");
        let returned = |value| StepEnd::Values(vec![PortableValue::I32(value)]);
        let seen = |value| OracleEnd::Values(vec![OracleValue::I32(value)]);
        let trap = |code: TrapCode| StepEnd::Trap(code.message().into());
        let trapped = |code: TrapCode| OracleEnd::trap(vec![code], String::new());
        let (full, other) = (TrapCode::AllocationTooLarge, TrapCode::Unreachable);
        let lacks = OracleEnd::Unsupported("threads of 2 kinds".into());
        let cases = [
            (vec![returned(1), returned(2)], vec![seen(1), seen(2)], Ok(None)),
            (vec![returned(1), returned(2)], vec![seen(1), seen(3)], Ok(Some(2))),
            (vec![returned(1), returned(2)], vec![seen(3), seen(3)], Ok(Some(1))),
            (vec![returned(1), returned(2)], vec![seen(1), lacks], Err(CutReason::Unsupported("threads of".into()))),
            (vec![StepEnd::Exhausted, returned(2)], vec![seen(1), seen(3)], Err(CutReason::Stack)),
            (vec![returned(1), returned(2)], vec![OracleEnd::Exhausted, seen(3)], Err(CutReason::Stack)),
            (vec![trap(full), returned(2)], vec![trapped(full), seen(3)], Ok(Some(2))),
            (vec![trap(full), returned(2)], vec![seen(1), seen(3)], Err(CutReason::Heap)),
            (vec![trap(other), returned(2)], vec![trapped(full), seen(3)], Err(CutReason::Heap)),
            (vec![trap(other), returned(2)], vec![seen(1), seen(3)], Ok(Some(1))),
        ];
        let steps = |ends: Vec<StepEnd>| -> Vec<Step> {
            let ends = std::iter::once(StepEnd::Values(Vec::new())).chain(ends);
            ends.map(|end| Step { end, state: Vec::new(), output: Vec::new() }).collect()
        };
        let report = |start: OracleEnd, calls: Vec<OracleEnd>| OracleReport {
            start,
            started: None,
            calls: calls.into_iter().map(|end| (end, None)).collect(),
            contents: Vec::new(),
        };
        let place = |steps: &[Step], report: &OracleReport| {
            first_difference(steps, report, &subject, true).map(|found| found.map(|(at, _)| at))
        };
        for (ours, theirs, expected) in cases {
            let text = format!("{ours:?} {theirs:?}");
            let report = report(OracleEnd::Values(Vec::new()), theirs);
            assert_eq!(place(&steps(ours), &report), expected, "{text}");
        }
        let late = report(OracleEnd::Timeout, Vec::new());
        assert_eq!(place(&steps(vec![returned(1)]), &late), Ok(Some(0)));
        assert_eq!(place(&steps(vec![returned(1), StepEnd::Timeout]), &late), Err(CutReason::Late));
    }

    /// If exceptions are caught, one without a tag does not have an exported tag; it may have any other.
    #[test]
    fn exceptions_without_a_tag_are_never_the_same() {
        let subject =
            prepared("(module (tag $hidden (param i32)) (tag (export \"e\")) (tag (export \"f\") (param i32)))");
        let thrown = |tag| StepEnd::Exception(tag, Vec::new());
        let end = |tag: Option<&str>| OracleEnd::Exception { tag: tag.map(String::from), payload: Vec::new() };
        let untold = || Err(CutReason::Unsupported("the tag of an exception".into()));
        let values = || OracleEnd::Values(Vec::new());
        for (ours, theirs, caught, uncaught) in [
            (thrown(0), end(None), untold(), untold()),
            (thrown(1), end(None), Ok(Some(1)), untold()),
            (thrown(2), end(None), Ok(Some(1)), untold()),
            (thrown(1), end(Some("e")), Ok(None), Ok(None)),
            (thrown(0), end(Some("e")), Ok(Some(1)), Ok(Some(1))),
            (thrown(0), values(), Ok(Some(1)), Ok(Some(1))),
            (StepEnd::Values(Vec::new()), end(None), Ok(Some(1)), Ok(Some(1))),
        ] {
            let step = |end: &StepEnd| Step { end: end.clone(), state: Vec::new(), output: Vec::new() };
            let called = OracleReport { calls: vec![(theirs.clone(), None)], ..OracleReport::nothing(values()) };
            for (catches, expected) in [(true, caught), (false, uncaught)] {
                let steps = [step(&StepEnd::Values(Vec::new())), step(&ours)];
                let found = first_difference(&steps, &called, &subject, catches).map(|found| found.map(|(at, _)| at));
                assert_eq!(found, expected, "{ours} {theirs:?} {catches}");
                // Nothing is caught during instantiation.
                let begun = OracleReport::nothing(theirs.clone());
                let found = first_difference(&[step(&ours)], &begun, &subject, catches);
                let found = found.map(|found| found.map(|(at, _)| at));
                match (&ours, &theirs) {
                    (StepEnd::Exception(..), OracleEnd::Exception { tag: None, .. }) => assert_eq!(found, untold()),
                    _ => assert_eq!(found.map(|found| found.is_some()), expected.map(|found| found.is_some())),
                }
            }
        }
    }

    /// Globals, tables and memories are compared in this order; for references only whether they are null, and for long tables
    /// the first elements.
    #[test]
    fn exported_state_is_compared() {
        use crate::oracle::{MemoryState, TableState};
        let text = r#"(module (func $f) (memory (export "m") 1) (data (i32.const 5) "x")
            (global $hidden i32 (i32.const 1)) (global (export "g") i32 (i32.const 7))
            (global (export "r") funcref (ref.func $f)) (table (export "t") 3 funcref) (elem (i32.const 1) $f)
            (table (export "long") 1025 funcref))"#;
        let subject = prepared(text);
        let engine = crate::engine::Engine::new(crate::engine::Config::default()).unwrap();
        let mut store = engine.store(Bounds::default().limits);
        run(&subject, &mut store, compile(&subject, &engine).unwrap(), &Bounds::default(), &mut |_| {});
        let mut bytes = vec![0; 1 << 16];
        bytes[5] = b'x';
        let table = |export: &str, len, nulls| TableState { export: export.into(), len, nulls };
        let memory = |len, digest| vec![MemoryState { export: "m".into(), len, digest }];
        let same = OracleState {
            memories: memory(1 << 16, digest(&bytes)),
            globals: vec![("g".into(), OracleValue::I32(7)), ("r".into(), OracleValue::Ref)],
            tables: vec![table("t", 3, 2), table("long", 1025, TABLE_SCAN)],
        };
        let compared = |state: &OracleState| state_difference(state, &store, subject.instance());
        assert_eq!(compared(&same), None);
        let with = |globals: [OracleValue; 2]| OracleState {
            globals: ["g", "r"].map(String::from).into_iter().zip(globals).collect(),
            ..same.clone()
        };
        let tables = |tables: Vec<TableState>| OracleState { tables, ..same.clone() };
        let memories = |len, digest| OracleState { memories: memory(len, digest), ..same.clone() };
        let (seven, eight, is_ref) = (OracleValue::I32(7), OracleValue::I32(8), OracleValue::Ref);
        let (is_null, ours) = (OracleValue::Null, format!("{:016x}", digest(&bytes)));
        let cases = [
            (with([eight, is_null]), Entity::Global(1), "global 1 i32 7".to_string(), "global 1 i32 8".to_string()),
            (with([seven, is_null]), Entity::Global(2), "global 2 func 0".into(), "global 2 null".into()),
            (with([seven, eight]), Entity::Global(2), "global 2 func 0".into(), "global 2 i32 8".into()),
            (with([is_ref, is_ref]), Entity::Global(1), "global 1 i32 7".into(), "global 1 a reference".into()),
            (
                tables(vec![table("t", 3, 1)]),
                Entity::Table(0),
                "table 0 of 3 elements, 2 null".into(),
                "table 0 of 3 elements, 1 null".into(),
            ),
            (
                tables(vec![table("long", 1024, TABLE_SCAN)]),
                Entity::Table(1),
                "table 1 of 1025 elements, 1024 null".into(),
                "table 1 of 1024 elements, 1024 null".into(),
            ),
            (
                memories(1 << 16, 1),
                Entity::Memory(0),
                format!("memory 0 of 65536 bytes, digest {ours}"),
                "memory 0 of 65536 bytes, digest 0000000000000001".into(),
            ),
            (
                memories(0, digest(&bytes)),
                Entity::Memory(0),
                format!("memory 0 of 65536 bytes, digest {ours}"),
                format!("memory 0 of 0 bytes, digest {ours}"),
            ),
        ];
        for (state, entity, left, right) in cases {
            assert_eq!(compared(&state), Some((entity, left, right)));
        }
    }
}
