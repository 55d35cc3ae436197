//! The bodies of the fuzz targets in `fuzz/`. They live here so that a plain test can run them too, and so that they
//! are compiled with everything else.
//!
//! Each takes arbitrary bytes and panics on a finding.

use super::differential::{Column, STACK_BYTES, bounds, check};
use super::smith::columns::Engines;
use super::smith::generate::{generate, generate_from};
use super::smith::{ColumnChoice, Features};
use super::subject::Subject;
use crate::conformance::backend::Backend;
use crate::conformance::lockstep::job::{Job, Observer};
use crate::conformance::lockstep::run;
use crate::conformance::read::language::{Language, Spec};
use crate::conformance::read::script::{ScriptStep, lex, parse};
use crate::conformance::record::DirectiveResult;
use crate::conformance::supervise::worker::STACK_BYTES as SCRIPT_STACK_BYTES;
use crate::engine::{Config, Mode, NanProfile, OptLevel, Tier};
use crate::module::{Module, WasmFeatures};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The time limit of one directive of a script.
const DIRECTIVE: Duration = Duration::from_secs(2);

/// Makes a subject: the first eight bytes choose a configuration, and wasm-smith makes a module from the others.
fn subject(data: &[u8], features: Features) -> Option<(u64, Subject)> {
    let (seed, bytes) = data.split_first_chunk::<8>()?;
    let seed = u64::from_le_bytes(*seed);
    // Too few bytes give only empty modules.
    (bytes.len() >= 32).then(|| generate_from(seed, bytes, features)).and_then(Result::ok).map(|s| (seed, s))
}

/// Runs a module on all backends, as `wasmoon smith` does for a seed. Returns whether the bytes made a module.
pub fn differential(data: &[u8]) -> bool {
    let made = subject(data, Features::supported());
    made.map(|(seed, subject)| compare_as(seed, &subject)).is_some()
}

/// Runs the module of a seed, a decimal number, as `wasmoon smith` does. `ci/seeds` uses it to look for the seeds that reach
/// most. Returns whether there is a module.
pub fn seed(data: &[u8]) -> bool {
    let seed: Option<u64> = std::str::from_utf8(data).ok().and_then(|text| text.trim().parse().ok());
    let made = seed.and_then(|seed| Some((seed, generate(seed, Features::supported(), NanProfile::Native).ok()?)));
    made.map(|(seed, subject)| compare_as(seed, &subject)).is_some()
}

/// Compares the columns that `wasmoon smith` uses for a seed.
fn compare_as(seed: u64, subject: &Subject) {
    static ENGINES: Mutex<Option<Engines>> = Mutex::new(None);
    let configs = ColumnChoice::default().of(seed);
    // The list of engines is consistent, whatever panicked.
    let mut engines = ENGINES.lock().unwrap_or_else(PoisonError::into_inner);
    let columns = engines.get_or_insert_default().columns(configs).expect("this build has all columns");
    drop(engines);
    compare(subject, &columns);
}

/// Runs work on a thread with a stack of this size: the first thread of a fuzzer has too little.
fn deep<T: Send>(stack_bytes: usize, work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(stack_bytes).spawn_scoped(scope, work).expect("a thread");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn compare(subject: &Subject, columns: &[Column]) {
    let prepared = subject.prepare().expect("what wasm-smith makes is valid");
    let checked = deep(STACK_BYTES, || check(&prepared, columns, &bounds(), &mut |_| {}, &mut Default::default()));
    if let Some(found) = checked.mismatch {
        panic!(
            "{} on {}: {}: {}",
            found.difference.signature(),
            columns[found.column].name,
            prepared.step_name(found.difference.step),
            found.difference
        );
    }
}

/// Compares the SSA evaluator without passes to itself with passes. This covers folds, rewrites and passes, but no back end.
/// Returns whether the bytes made a module.
pub fn ir_rules(data: &[u8]) -> bool {
    let Some((seed, subject)) = subject(data, Features::supported()) else { return false };
    let eval = |opt| Config { mode: Mode::All(Tier::Eval), opt, verify: true, ..Config::default() };
    // A prefix of the passes too: a later pass may hide the mistake of an earlier one.
    let part = Config { pass_limit: Some((seed >> 32) as u32 % 24), ..eval(OptLevel::O2) };
    let configs = [eval(OptLevel::O0), eval(OptLevel::O1), eval(OptLevel::O2), part];
    let columns = configs.map(|c| Column::new(c).expect("the evaluator is everywhere"));
    compare(&subject, &columns);
    true
}

/// Compares the registers that emitted instructions read and write, according to a disassembler, with their description
/// to the register allocator; then compares the code of two compilations. Returns the number of functions.
pub fn assembler(data: &[u8]) -> u64 {
    use crate::config::{Config, OptLevel};
    let Some((seed, subject)) = subject(data, Features::supported()) else { return 0 };
    let module = Module::new(&subject.bytes, WasmFeatures::all()).expect("what wasm-smith makes is valid");
    let level = [OptLevel::O0, OptLevel::O1, OptLevel::O2][(seed % 3) as usize];
    let few = (seed >> 8).is_multiple_of(2).then_some(4 + (seed >> 16 & 7) as u8);
    let options = Config { opt: level, registers: few, poison: few.is_some(), ..Config::default() };
    crate::jit::pipeline::check_agreement(&module, &options).unwrap_or_else(|e| panic!("{options:?}, {e}"))
}

/// Decodes arbitrary bytes as a module. Decoding must not panic, and must accept the same modules as wasmparser's
/// validator. Returns whether the module was accepted.
pub fn decode(data: &[u8]) -> bool {
    let features = WasmFeatures::all();
    let ours = Module::new(data, features);
    // Components have another version and are not modules.
    if data.get(4..8) == Some(&[1, 0, 0, 0]) {
        let theirs = wasmparser::Validator::new_with_features(features).validate_all(data);
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} / {:?}", ours.err().map(|e| e.to_string()), theirs.err());
    }
    ours.is_ok()
}

/// Reads arbitrary text as a script. Reading must not panic, and neither must running it on the interpreter and the
/// JIT; what does not end is interrupted. Returns whether the text is a script.
pub fn wast(data: &[u8]) -> bool {
    struct Silent;
    impl Observer for Silent {
        fn script(&mut self, _: &[ScriptStep<'_>]) {}
        fn enter(&mut self, _: usize, _: usize) {}
        fn line(&mut self, _: usize, _: usize, _: DirectiveResult) {}
    }
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let parsed = lex(text).is_ok_and(|buffer| parse(&buffer, text).is_ok());
    // Waiting for what does not end teaches nothing. These words are its usual signs, and not the only ones.
    let endless = ["loop", "return_call", "binary", "thread"].iter().any(|word| text.contains(word));
    if parsed && !endless {
        let backends: Vec<Backend> = ["interp", "jit"].iter().filter_map(|name| Backend::named(name)).collect();
        let language = Language { features: WasmFeatures::all(), ..Language::of(Spec::Latest) };
        let (skips, faults) = (&[], &[]);
        let (until, timeout, self_check) = (None, Some(DIRECTIVE), None);
        let job = Job { language, folder: None, backends: &backends, skips, faults, until, timeout, self_check };
        deep(SCRIPT_STACK_BYTES, || run(text, &job, &mut Silent).map(drop)).expect("what parses once does so twice");
    }
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn inputs(count: u64, len: usize) -> Vec<Vec<u8>> {
        (0..count)
            .map(|seed| {
                let mut random = Random::new(seed);
                (0..len / 8).flat_map(|_| random.next().to_le_bytes()).collect()
            })
            .collect()
    }

    #[test]
    fn generated_modules() {
        let all = inputs(24, 2048);
        assert!(all.iter().filter(|data| differential(data)).count() > 20);
        assert!(all.iter().filter(|data| ir_rules(data)).count() > 20);
        assert!(all.iter().map(|data| assembler(data)).sum::<u64>() > 50);
        assert!(!differential(b"too few"));
        assert!(seed(b"7\n") && !seed(b"seven") && !seed(b"-7"));
    }

    #[test]
    fn bytes_as_modules() {
        let (mut accepted, mut refused) = (0, 0);
        for seed in 0..8 {
            let subject =
                super::super::smith::generate::generate(seed, Features::supported(), crate::engine::NanProfile::Native)
                    .unwrap();
            assert!(decode(&subject.bytes), "seed {seed}");
            let mut random = Random::new(seed);
            for _ in 0..60 {
                let mut bytes = subject.bytes.clone();
                let at = random.below(bytes.len() as u64) as usize;
                bytes[at] ^= 1 << random.below(8);
                *(if decode(&bytes) { &mut accepted } else { &mut refused }) += 1;
            }
        }
        assert!(accepted > 20 && refused > 100, "{accepted} {refused}");
        assert!(!decode(b"") && !decode(b"\0asm\x0d\0\x01\0"));
    }

    #[test]
    fn texts_as_scripts() {
        let text =
            r#"(module (func (export "f") (result i32) (i32.const 1))) (assert_return (invoke "f") (i32.const 1))"#;
        assert!(wast(text.as_bytes()));
        assert!(wast(
            b"(module (memory 1) (func (export \"f\") (call 0))) (invoke \"f\") (assert_trap (invoke \"g\") \"\")"
        ));
        assert!(!wast(b"(module") && !wast(&[0xff]));
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = b"()$\"x0; "[at % 8];
            wast(&bytes);
        }
    }

    /// A script is interrupted however it hides its loop.
    #[test]
    fn endless_scripts_end() {
        for module in [
            r#"quote "(func (export \"f\") (l" "oop (br 0)))""#,
            r#"(func $f (export "f") (param i32) (if (local.get 0) (then
                 (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))"#,
            r#"(memory 1 1 shared) (func (export "f") (result i32)
                 (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))"#,
        ] {
            let arguments = if module.contains("param") { "(i32.const 60)" } else { "" };
            assert!(wast(format!(r#"(module {module}) (invoke "f" {arguments})"#).as_bytes()), "{module}");
        }
    }
}
