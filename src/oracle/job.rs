//! Converts a job into steps for a driver, and the ends of the steps into a report.

use super::abilities::Abilities;
use super::connection::Connection;
use super::probe::{ARGS, AnswerError, PreparedCall, Probe, RESULTS, STATE, SUBJECT, imports};
use super::proposals::needed;
use super::wire::{Step, WireEnd, hex, unhex};
use super::{MemoryState, OracleEnd, OracleError, OracleJob, OracleReport, OracleState, StateReads, digest};
use crate::text::{counted, decimal};
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

/// The numbers of the instances.
const PROVIDER: u64 = 1;
const MODULE: u64 = 2;
const PROBE: u64 = 3;
/// The number of the first hasher.
const HASHERS: u64 = 4;
/// The maximum number of hashers that a driver keeps.
const MOST_HASHERS: usize = 1000;

/// The number of bytes of a memory that are read at a time.
const CHUNK: usize = 16 << 20;

/// A job that was sent.
pub struct Pending {
    /// The number of the request.
    pub id: u64,
    pub job: OracleJob,
    probe: Probe,
    /// The calls of the job: each as the driver makes it, or its end if the driver cannot make it.
    calls: Vec<Result<PreparedCall, OracleEnd>>,
    /// The number of steps.
    count: usize,
    /// The number of steps that make the hashers.
    hasher_steps: usize,
    /// The hashers that are sent to the driver with this job: the step that compiles each, its binary, and its number.
    new_hashers: Vec<(usize, Vec<u8>, u64)>,
}

impl Pending {
    /// Prepares a job for an engine with these abilities.
    ///
    /// # Errors
    /// The job makes no sense.
    pub fn new(job: &OracleJob, abilities: Abilities) -> Result<Pending, OracleError> {
        let probe = Probe::new(job, abilities)?;
        let calls = job.calls.iter().map(|c| probe.prepare(c)).collect::<Result<_, _>>()?;
        Ok(Pending { id: 0, job: job.clone(), probe, calls, count: 0, hasher_steps: 0, new_hashers: Vec::new() })
    }

    /// Whether state is read before the first call.
    fn looks_at_start(&self) -> bool {
        match self.job.state {
            StateReads::Never => false,
            StateReads::AtEnd => !self.calls.iter().any(Result::is_ok),
            StateReads::EachCall => true,
        }
    }

    /// Whether state is read after this call.
    fn looks_after(&self, call: usize) -> bool {
        match self.job.state {
            StateReads::Never => false,
            StateReads::AtEnd => self.calls.iter().rposition(Result::is_ok) == Some(call),
            StateReads::EachCall => true,
        }
    }

    /// The steps of the job. `hashers`: those that the driver already has.
    pub fn steps(&mut self, connection: &mut Connection, hashers: &mut HashMap<Vec<u8>, u64>) -> Vec<Step> {
        let mut steps = vec![Step::Reset];
        let mut made = Vec::new();
        let limit = |steps: &mut Vec<Step>, limits: Option<(u64, u64)>| {
            steps.push(Step::Limits { memory: limits.map(|l| l.0), table: limits.map(|l| l.1) });
        };
        let mut instantiate = |steps: &mut Vec<Step>, instance, bytes: &[u8], from: u64| {
            let module = connection.number();
            made.push(module);
            let imports = imports(bytes).into_iter().map(|(module, name)| (module, name, from)).collect();
            steps.push(Step::Module { module, bytes: hex(bytes) });
            steps.push(Step::Instance { instance, module, imports });
        };
        limit(&mut steps, self.job.limits);
        if let Some((_, bytes)) = &self.job.provider {
            instantiate(&mut steps, PROVIDER, bytes, 0);
        }
        instantiate(&mut steps, MODULE, &self.job.bytes, PROVIDER);
        limit(&mut steps, None);
        instantiate(&mut steps, PROBE, &self.probe.bytes, MODULE);
        let before = steps.len();
        self.new_hashers.clear();
        for (n, (name, ty)) in self.probe.memories.iter().enumerate() {
            let bytes = digest::hasher(name, *ty);
            if hashers.len() >= MOST_HASHERS {
                let modules = hashers.drain().map(|(_, module)| module).collect();
                steps.push(Step::Forget { modules });
            }
            let module = hashers.get(&bytes).copied().unwrap_or_else(|| {
                let module = connection.number();
                self.new_hashers.push((steps.len(), bytes.clone(), module));
                steps.push(Step::Module { module, bytes: hex(&bytes) });
                module
            });
            let imports = vec![(SUBJECT.to_string(), name.clone(), MODULE)];
            steps.push(Step::Instance { instance: HASHERS + n as u64, module, imports });
        }
        self.hasher_steps = steps.len() - before;
        limit(&mut steps, self.job.limits);
        let look = |steps: &mut Vec<Step>| {
            let read = |at, len| Step::Read { instance: PROBE, memory: "p".into(), at, len };
            steps.push(Step::Call { instance: PROBE, export: "s".into() });
            steps.push(read(STATE, self.probe.state_bytes));
            for n in 0..self.probe.memories.len() as u64 {
                steps.extend(["n", "h"].map(|export| Step::Call { instance: HASHERS + n, export: export.into() }));
            }
        };
        if self.looks_at_start() {
            look(&mut steps);
        }
        for (n, call) in self.calls.iter().enumerate() {
            if let Ok(call) = call {
                let memory = || "p".to_string();
                let (bytes, export) = (hex(&call.args), call.function.clone());
                steps.push(Step::Write { instance: PROBE, memory: memory(), at: ARGS, bytes });
                steps.push(Step::Call { instance: PROBE, export });
                steps.push(Step::Read { instance: PROBE, memory: memory(), at: RESULTS, len: call.room });
            }
            if self.looks_after(n) {
                look(&mut steps);
            }
        }
        steps.push(Step::Forget { modules: made });
        self.count = steps.len();
        steps
    }

    /// The report made from the ends of the steps, without the contents of memories. `lacks`: the features that the engine lacks.
    /// `hashers`: as for [`Pending::steps`]; those of this job that were not refused are added.
    ///
    /// # Errors
    /// The ends are not those of these steps.
    pub fn report(
        &self,
        connection: &Connection,
        lacks: &[&'static str],
        hashers: &mut HashMap<Vec<u8>, u64>,
        ends: Vec<WireEnd>,
    ) -> Result<OracleReport, OracleError> {
        match ends.len().cmp(&self.count) {
            Ordering::Less => return Err(connection.garbage("", "ends are missing")),
            Ordering::Equal => {}
            Ordering::Greater => return Err(connection.garbage("", "more ends than steps")),
        }
        // Jobs that were sent before this was known have their own.
        for (_, bytes, module) in self.new_hashers.iter().filter(|(step, ..)| ends[*step] == WireEnd::Done) {
            hashers.entry(bytes.clone()).or_insert(*module);
        }
        let mut ends = Ends { connection, ends: ends.into_iter() };
        ends.done()?;
        ends.done()?;
        let modules = if self.job.provider.is_some() { 2 } else { 1 };
        let made: Vec<WireEnd> = (0..2 * modules).map(|_| ends.next()).collect::<Result<_, _>>()?;
        if let Some(end) = made.iter().find(|end| **end != WireEnd::Done) {
            let end = ended(connection, end)?;
            // Whatever it says: if it lacks what a module needs, nothing is known about the rest.
            let binaries = self.job.provider.iter().map(|(_, bytes)| bytes).chain([&self.job.bytes]);
            let needed: BTreeSet<&str> = match &end {
                OracleEnd::Refused(_) | OracleEnd::Unsupported(_) => binaries.flat_map(|b| needed(b, lacks)).collect(),
                _ => BTreeSet::new(),
            };
            let lacking = OracleEnd::Unsupported(needed.iter().copied().collect::<Vec<_>>().join(", "));
            return Ok(OracleReport::nothing(if needed.is_empty() { end } else { lacking }));
        }
        ends.done()?;
        // The probe uses what the subject uses: a missing feature of the probe says nothing about the subject.
        for _ in 0..2 + self.hasher_steps {
            let end = match ends.next()? {
                WireEnd::Done => continue,
                end => ended(connection, &end)?,
            };
            let why = match &end {
                OracleEnd::Refused(words) | OracleEnd::Unsupported(words) => words.clone(),
                other => format!("{other:?}"),
            };
            return Ok(OracleReport::nothing(OracleEnd::Unsupported(format!("what its exports need ({why})"))));
        }
        ends.done()?;
        let started = if self.looks_at_start() { Some(ends.state(&self.probe)?) } else { None };
        let mut calls = Vec::new();
        for (n, (call, made)) in self.job.calls.iter().zip(&self.calls).enumerate() {
            let end = match made {
                Err(end) => end.clone(),
                Ok(prepared) => {
                    ends.done()?;
                    let status = ends.next()?;
                    let written = ends.bytes()?;
                    match status {
                        WireEnd::Value(status) => {
                            let status = decimal(&status).and_then(|status| u32::try_from(status).ok());
                            let status = status.ok_or_else(|| ends.malformed("a status that is not a number"))?;
                            let end = self.probe.end(call, status, &written).map_err(|e| ends.unreadable(&e))?;
                            ends.is_all(&written, prepared.room)?;
                            end
                        }
                        other => ended(connection, &other)?,
                    }
                }
            };
            let state = if self.looks_after(n) { Some(ends.state(&self.probe)?) } else { None };
            calls.push((end, state));
        }
        ends.done()?;
        Ok(OracleReport { start: OracleEnd::Values(Vec::new()), started, calls, contents: Vec::new() })
    }

    /// The contents of the memories, which the driver keeps until it is sent another job.
    ///
    /// # Errors
    /// The driver does not answer.
    pub fn contents(&self, connection: &mut Connection) -> Result<Vec<(String, Vec<u8>)>, OracleError> {
        let mut contents = Vec::new();
        for (n, (name, _)) in self.probe.memories.iter().enumerate() {
            let len = self.ask(connection, Step::Call { instance: HASHERS + n as u64, export: "n".into() })?.number()?
                as usize;
            let mut bytes = Vec::new();
            while bytes.len() < len {
                let (at, len) = (bytes.len() as u64, CHUNK.min(len - bytes.len()));
                let read = Step::Read { instance: MODULE, memory: name.clone(), at, len };
                let read = self.ask(connection, read)?.bytes()?;
                if read.len() != len {
                    return Err(connection.garbage("", "a part of a memory is missing"));
                }
                bytes.extend(read);
            }
            contents.push((name.clone(), bytes));
        }
        Ok(contents)
    }

    fn ask<'c>(&self, connection: &'c mut Connection, step: Step) -> Result<Ends<'c>, OracleError> {
        let id = connection.send(vec![step])?;
        match connection.receive(id, self.job.timeout)? {
            Ok(ends) => Ok(Ends { connection, ends: ends.into_iter() }),
            Err(lost) => Err(connection.broken(format!("failed while a memory was read: {lost}"))),
        }
    }
}

/// The ends that have not been read yet.
struct Ends<'c> {
    connection: &'c Connection,
    ends: std::vec::IntoIter<WireEnd>,
}

impl Ends<'_> {
    fn next(&mut self) -> Result<WireEnd, OracleError> {
        self.ends.next().ok_or_else(|| self.malformed("ends are missing"))
    }

    fn done(&mut self) -> Result<(), OracleError> {
        match self.next()? {
            WireEnd::Done => Ok(()),
            other => Err(self.malformed(&format!("{other:?} for a step without a result"))),
        }
    }

    fn bytes(&mut self) -> Result<Vec<u8>, OracleError> {
        match self.next()? {
            WireEnd::Bytes(text) => unhex(&text).ok_or_else(|| self.malformed("bytes that are not hexadecimal")),
            other => Err(self.malformed(&format!("{other:?} for a step that reads bytes"))),
        }
    }

    fn number(&mut self) -> Result<u64, OracleError> {
        match self.next()? {
            WireEnd::Value(text) => decimal(&text).ok_or_else(|| self.malformed("a result that is not a number")),
            other => Err(self.malformed(&format!("{other:?} for a function with a result"))),
        }
    }

    /// Reads the exported state.
    fn state(&mut self, probe: &Probe) -> Result<OracleState, OracleError> {
        self.done()?;
        let bytes = self.bytes()?;
        let mut state = probe.state(&bytes).map_err(|e| self.unreadable(&e))?;
        self.is_all(&bytes, probe.state_bytes)?;
        for (export, _) in &probe.memories {
            let (len, digest) = (self.number()?, self.number()?);
            state.memories.push(MemoryState { export: export.clone(), len, digest });
        }
        Ok(state)
    }

    /// Checks that these are as many bytes as were requested.
    fn is_all(&self, bytes: &[u8], asked: usize) -> Result<(), OracleError> {
        if bytes.len() == asked {
            return Ok(());
        }
        Err(self.malformed(&format!("{} instead of {asked}", counted(bytes.len(), "byte"))))
    }

    fn malformed(&self, what: &str) -> OracleError {
        self.connection.garbage("", what)
    }

    fn unreadable(&self, error: &AnswerError) -> OracleError {
        self.malformed(&error.to_string())
    }
}

/// The end of a step that went wrong.
///
/// # Errors
/// The end is that of a successful step, or one that no engine has.
pub fn ended(connection: &Connection, end: &WireEnd) -> Result<OracleEnd, OracleError> {
    Ok(match end {
        WireEnd::Done | WireEnd::Value(_) | WireEnd::Bytes(_) => {
            return Err(connection.garbage("", "an unexpected result"));
        }
        WireEnd::Trap(messages, text) => OracleEnd::trap(connection.codes(messages)?, text.clone()),
        WireEnd::Exception => OracleEnd::Exception { tag: None, payload: Vec::new() },
        WireEnd::Suspension(text) => OracleEnd::trap(vec![crate::runtime::trap::TrapCode::UnhandledTag], text.clone()),
        WireEnd::Exit(status) => OracleEnd::Exit(*status),
        WireEnd::Exhausted => OracleEnd::Exhausted,
        WireEnd::Unsupported(what) => OracleEnd::Unsupported(what.clone()),
        WireEnd::Refused(what) | WireEnd::Malformed(what) | WireEnd::Invalid(what) => OracleEnd::Refused(what.clone()),
        WireEnd::Error(what) => return Err(connection.garbage("", what)),
    })
}

impl OracleReport {
    /// The report of a job that ended before its first call.
    pub fn nothing(start: OracleEnd) -> OracleReport {
        OracleReport { start, started: None, calls: Vec::new(), contents: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::tests::answering;
    use crate::oracle::{OracleCall, OracleTrap, OracleValue};
    use crate::runtime::trap::TrapCode;
    use std::time::Duration;

    fn job(text: &str, state: StateReads) -> OracleJob {
        OracleJob {
            bytes: wat::parse_str(text).expect("a module"),
            provider: None,
            calls: Vec::new(),
            fuel: None,
            state,
            limits: None,
            contents: false,
            timeout: Duration::from_secs(60),
        }
    }

    fn pending(job: &OracleJob) -> Pending {
        Pending::new(job, Abilities { exceptions: true, gc: true, host: false }).expect("a job")
    }

    /// A short description of a step.
    fn words(step: &Step) -> String {
        match step {
            Step::Reset => "reset".into(),
            Step::Forget { modules } => format!("forget {modules:?}"),
            Step::Limits { memory, table } => format!("limits {memory:?} {table:?}"),
            Step::Module { module, .. } => format!("module {module}"),
            Step::Instance { instance, module, imports } => {
                let from: Vec<u64> = imports.iter().map(|(.., from)| *from).collect();
                format!("instance {instance} of {module} with {from:?}")
            }
            Step::Write { instance, memory, at, bytes } => format!("write {instance} {memory} {at} {bytes}"),
            Step::Call { instance, export } => format!("call {instance} {export}"),
            Step::Read { instance, memory, at, len } => format!("read {instance} {memory} {at} {len}"),
        }
    }

    /// Limits apply to the subject, and not to what reads its state. State is read after calls that can be made.
    #[test]
    fn a_job_step_by_step() {
        let text = r#"(module (import "p" "f" (func)) (memory (export "m") 1) (global (export "g") i32 (i32.const 1))
            (func (export "f") (param i32) (result i64) (i64.const 2)) (func (export "h") (param (ref func))))"#;
        let call = |export: &str| OracleCall {
            export: export.into(),
            args: vec![if export == "f" { OracleValue::I32(0x0102) } else { OracleValue::Null }],
        };
        let begin = [
            "reset",
            "limits Some(65536) Some(10)",
            "module 3",
            "instance 1 of 3 with []",
            "module 4",
            "instance 2 of 4 with [1]",
            "limits None None",
            "module 5",
            "instance 3 of 5 with IMPORTS",
            "module 6",
            "instance 4 of 6 with [2]",
            "limits Some(65536) Some(10)",
        ];
        let made = ["write 3 p 0 02010000000000000000000000000000", "call 3 c0", "read 3 p 32768 16"];
        let look = ["call 3 s", "read 3 p 65536 16", "call 4 n", "call 4 h"];
        let end = ["forget [3, 4, 5]"];
        // The probe imports the function `f`, but for `h`, which cannot be called, only the global.
        for (state, calls, imports, rest) in [
            (StateReads::Never, &["f"][..], "[2, 2]", [&made[..], &end].concat()),
            (StateReads::AtEnd, &["f", "f", "h"], "[2, 2]", [&made[..], &made, &look, &end].concat()),
            (StateReads::AtEnd, &["h"], "[2]", [&look[..], &end].concat()),
            (StateReads::EachCall, &["f", "h"], "[2, 2]", [&look[..], &made, &look, &look, &end].concat()),
        ] {
            let provider = wat::parse_str("(module (func (export \"f\")))").expect("a module");
            let job = OracleJob {
                provider: Some(("p".into(), provider)),
                calls: calls.iter().map(|name| call(name)).collect(),
                limits: Some((1 << 16, 10)),
                ..job(text, state)
            };
            let mut connection = answering(&[]);
            let steps = pending(&job).steps(&mut connection, &mut HashMap::new());
            let expected = begin.iter().map(|words| words.replace("IMPORTS", imports));
            let expected = expected.chain(rest.iter().map(ToString::to_string));
            assert_eq!(
                steps.iter().map(words).collect::<Vec<_>>(),
                expected.collect::<Vec<_>>(),
                "{state:?} {calls:?}"
            );
        }
    }

    /// What a driver already has is not sent again, but what was forgotten is.
    #[test]
    fn hashers_are_sent_once() {
        let mut connection = answering(&[]);
        let job = job(r#"(module (memory (export "m") 1) (memory (export "n") 1))"#, StateReads::Never);
        let mut pending = pending(&job);
        let hasher = digest::hasher("n", pending.probe.memories[1].1);
        let mut hashers = HashMap::from([(hasher, 99)]);
        let sent = |pending: &mut Pending, connection: &mut Connection, hashers: &mut HashMap<Vec<u8>, u64>| {
            let steps = pending.steps(connection, hashers);
            steps.iter().map(words).filter(|step| step.contains("instance ")).collect::<Vec<_>>()
        };
        let seen = sent(&mut pending, &mut connection, &mut hashers);
        assert_eq!(seen[2..], ["instance 4 of 5 with [2]", "instance 5 of 99 with [2]"]);
        assert_eq!(pending.hasher_steps, 3);
        hashers.extend((0..MOST_HASHERS).map(|n| (vec![n as u8, (n >> 8) as u8], n as u64)));
        let seen = sent(&mut pending, &mut connection, &mut hashers);
        assert_eq!(seen[2..], ["instance 4 of 8 with [2]", "instance 5 of 9 with [2]"]);
        assert!(hashers.is_empty());
    }

    /// An engine that lacks a proposal has not refused a module that needs it, whatever it says.
    #[test]
    fn what_is_lacking_is_no_refusal() {
        let mut connection = answering(&[]);
        let (plain, vectors) = ("(module)", "(module (func (param v128)))");
        let refused = OracleEnd::Refused("no".into());
        let unsupported = |what: &str| OracleEnd::Unsupported(what.into());
        let trap = WireEnd::Trap(vec!["unreachable".into()], "here".into());
        for (provider, subject, end, lacks, expected) in [
            (None, vectors, WireEnd::Refused("no".into()), &["gc", "simd"][..], unsupported("simd")),
            (None, vectors, WireEnd::Invalid("no".into()), &["gc", "simd"], unsupported("simd")),
            (None, vectors, WireEnd::Unsupported("no".into()), &["simd"], unsupported("simd")),
            (Some(vectors), plain, WireEnd::Malformed("no".into()), &["simd"], unsupported("simd")),
            (None, vectors, WireEnd::Refused("no".into()), &["gc"], refused.clone()),
            (None, plain, WireEnd::Refused("no".into()), &["simd"], refused),
            (None, plain, WireEnd::Unsupported("no".into()), &["simd"], unsupported("no")),
            (None, vectors, trap, &["simd"], OracleEnd::trap(vec![TrapCode::Unreachable], "here".into())),
        ] {
            let provider = provider.map(|text| ("p".to_string(), wat::parse_str(text).expect("a module")));
            let job = OracleJob { provider, ..job(subject, StateReads::Never) };
            let mut pending = pending(&job);
            let mut hashers = HashMap::new();
            let steps = pending.steps(&mut connection, &mut hashers);
            let mut ends = vec![WireEnd::Done; steps.len()];
            ends[2] = end;
            let seen = pending.report(&connection, lacks, &mut hashers, ends);
            assert_eq!(seen, Ok(OracleReport::nothing(expected)), "{subject}, without {lacks:?}");
        }
    }

    #[test]
    fn ends_of_steps_that_went_wrong() {
        let connection = answering(&[]);
        let trap = |codes: &[TrapCode]| OracleEnd::Trap(OracleTrap { codes: codes.to_vec(), text: "so".into() });
        let refused = || OracleEnd::Refused("so".into());
        let so = || "so".to_string();
        for (end, expected) in [
            (WireEnd::Trap(vec!["unreachable".into()], so()), Some(trap(&[TrapCode::Unreachable]))),
            (WireEnd::Trap(Vec::new(), so()), Some(trap(&[]))),
            (WireEnd::Trap(vec!["so".into()], so()), None),
            (WireEnd::Exception, Some(OracleEnd::Exception { tag: None, payload: Vec::new() })),
            (WireEnd::Suspension(so()), Some(trap(&[TrapCode::UnhandledTag]))),
            (WireEnd::Exit(3), Some(OracleEnd::Exit(3))),
            (WireEnd::Exhausted, Some(OracleEnd::Exhausted)),
            (WireEnd::Unsupported(so()), Some(OracleEnd::Unsupported(so()))),
            (WireEnd::Malformed(so()), Some(refused())),
            (WireEnd::Invalid(so()), Some(refused())),
            (WireEnd::Refused(so()), Some(refused())),
            (WireEnd::Error(so()), None),
            (WireEnd::Done, None),
            (WireEnd::Value("1".into()), None),
            (WireEnd::Bytes("00".into()), None),
        ] {
            assert_eq!(ended(&connection, &end).ok(), expected, "{end:?}");
        }
    }
}
