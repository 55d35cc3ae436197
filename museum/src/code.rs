//! How much code a bug changes, and whether the compiler finds it in itself.
//!
//! A process with the bug planted compiles all functions and holds their code against that of a process without. Where
//! nothing changes nothing can be found: only what did change goes on to the verifier, to the checker and to the scripts.

use crate::child;
use crate::error::MuseumError;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::Duration;
use wasmoon::config::{Config, OptLevel};
use wasmoon::conformance::read::language::Dialect;
use wasmoon::conformance::read::script::{self, PreparedModule};
use wasmoon::conformance::read::suite::{Suite, SuiteFile};
use wasmoon::jit::pipeline::{build, check_agreement, generator};
use wasmoon::module::{BodyIndex, BodyKind, Module};
use wasmoon::runtime::compile_error::{CompileError, CompileLimits};
use wasmoon::triage::FileError;

/// Time for all of it, under an emulator too.
const LIMIT: Duration = Duration::from_secs(3600);

/// A hash of the code of each body, by file, number of the module and function: "core/i32 0 3"; "core/global 0 const 1" for
/// a constant expression.
type Hashes = BTreeMap<String, u64>;

/// The changes of a bug to code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Code {
    /// Bodies with other code, as in [`Hashes`].
    pub changed: BTreeSet<String>,
    /// Functions of the suite; constant expressions and our own scripts aside.
    pub functions: usize,
    /// What the verifier of the SSA form says first, and what the checker of allocations, or of what instructions read and
    /// write, does.
    pub verifier: Option<String>,
    pub checker: Option<String>,
}

impl Code {
    /// Functions of the suite with other code.
    pub fn changed_functions(&self) -> usize {
        self.changed.iter().filter(|key| counts(key)).count()
    }

    /// Keys of the files that have such.
    pub fn files(&self) -> BTreeSet<&str> {
        self.changed.iter().filter_map(|key| key.split(' ').next()).collect()
    }
}

fn counts(key: &str) -> bool {
    !key.starts_with("extra/") && !key.contains(" const ")
}

/// Has processes compile the suite and our own scripts, or only these files: one without the bug, if `plain` is not there
/// yet, and one with it.
///
/// # Errors
/// One of them fails.
pub fn of(bug: &str, plain: &Path, files: &[&str]) -> Result<Code, MuseumError> {
    let name = plain.display().to_string();
    let args: Vec<&str> = ["museum", "--code", &name].into_iter().chain(files.iter().copied()).collect();
    let run = |bug: Option<&str>| {
        let ended = child::run(bug, &args, LIMIT, |_| false)?;
        match ended.status {
            Some(0) => Ok(ended.output.concat()),
            _ => {
                let bug = bug.unwrap_or("no bug").to_string();
                Err(MuseumError::NoHashes { bug, complaint: ended.complaint })
            }
        }
    };
    if !plain.exists() {
        run(None)?;
    }
    let text = run(Some(bug))?;
    serde_json::from_str(&text).map_err(|source| MuseumError::Hashes { bug: bug.to_string(), source })
}

/// What such a process does: without a bug it writes the hashes, with one it compares.
///
/// # Errors
/// A script cannot be read, or the hashes not be written or read.
pub fn compare(plain: &Path, files: &[PathBuf], planted: bool) -> Result<Code, MuseumError> {
    // A compiler with a bug may panic: that counts as other code, and needs no message.
    std::panic::set_hook(Box::new(|_| ()));
    let suite = if files.is_empty() { Suite::embedded()? } else { Suite::paths(files, Dialect::Spec)? };
    let json = |source| MuseumError::Json { path: plain.to_path_buf(), source };
    let before: Option<Hashes> = match planted {
        true => {
            let bytes = std::fs::read(plain).map_err(|source| FileError { path: plain.to_path_buf(), source })?;
            Some(serde_json::from_slice(&bytes).map_err(json)?)
        }
        false => None,
    };
    let (mut code, mut hashes) = (Code::default(), Hashes::new());
    for file in &suite.files {
        each_module(file, &mut |number, module| {
            let of_module = module_hashes(&format!("{} {number}", file.key()), module);
            if let Some(before) = &before {
                let changed = of_module.iter().filter(|(key, hash)| before.get(*key) != Some(hash));
                let changed: Vec<String> = changed.map(|(key, _)| key.clone()).collect();
                if !changed.is_empty() {
                    accuse(&mut code, &changed[0], module);
                }
                code.changed.extend(changed);
            }
            // A compiler that accuses itself without a bug would seem to find each of them.
            if before.is_none() {
                accuse(&mut code, &format!("{} {number}", file.key()), module);
            }
            hashes.extend(of_module);
        })?;
    }
    let functions = hashes.keys().filter(|key| counts(key)).count();
    if !planted {
        if let Some(what) = code.verifier.or(code.checker) {
            return Err(MuseumError::Unplanted(what));
        }
        let text = serde_json::to_string(&hashes).map_err(json)?;
        wasmoon::triage::write_whole(plain, &text)?;
        return Ok(Code { functions, ..Code::default() });
    }
    Ok(Code { functions, ..code })
}

fn each_module(file: &SuiteFile, each: &mut dyn FnMut(usize, &Module)) -> Result<(), MuseumError> {
    let text = file.text().map_err(|source| MuseumError::Script { place: file.place(), source })?;
    let Ok(buffer) = script::lex(&text) else { return Ok(()) };
    let Ok(mut steps) = script::parse(&buffer, &text) else { return Ok(()) };
    let sources = steps.iter_mut().filter_map(|step| step.source.as_mut());
    let modules = sources.filter_map(|source| match source.prepare(&file.language) {
        PreparedModule::Module(module) => Some(module),
        _ => None,
    });
    modules.enumerate().for_each(|(number, module)| each(number, &module));
    Ok(())
}

fn module_hashes(place: &str, module: &Module) -> Hashes {
    let mut hashes = Hashes::new();
    for (body, data) in (0..).zip(&module.bodies) {
        if let Some(hash) = body_hash(module, BodyIndex(body)) {
            let key = match data.kind {
                BodyKind::Function(function) => format!("{place} {function}"),
                BodyKind::Const(_) => format!("{place} const {}", body - module.num_defined_functions()),
            };
            hashes.insert(key, hash);
        }
    }
    hashes
}

/// `None` where the JIT does not support the body.
fn body_hash(module: &Module, body: BodyIndex) -> Option<u64> {
    let options = Config::default();
    let compiled = catch_unwind(|| {
        let mut compiler = generator(module, &options)?;
        compiler.function(&build(module, body, &options)?, CompileLimits::default())
    });
    match compiled {
        Ok(Ok(code)) => {
            let mut hasher = DefaultHasher::new();
            code.bytes.hash(&mut hasher);
            for call in &code.calls {
                (call.return_offset, call.handlers.len()).hash(&mut hasher);
            }
            Some(hasher.finish())
        }
        Ok(Err(CompileError::Unsupported(_))) => None,
        Ok(Err(_)) | Err(_) => Some(0),
    }
}

/// Has verifier and checkers look at a module, with and without optimization.
fn accuse(code: &mut Code, place: &str, module: &Module) {
    for level in [OptLevel::O0, OptLevel::O2] {
        let options = Config { opt: level, verify: true, ..Config::default() };
        for body in 0..module.bodies.len() as u32 {
            let ssa = match catch_unwind(|| build(module, BodyIndex(body), &options)) {
                Ok(Ok(ssa)) => ssa,
                Ok(Err(CompileError::Internal(what))) => {
                    code.verifier.get_or_insert_with(|| format!("{place}: {what}"));
                    continue;
                }
                _ => continue,
            };
            let compiled = catch_unwind(|| {
                generator(module, &options).and_then(|mut c| c.function(&ssa, CompileLimits::default()))
            });
            if let Ok(Err(CompileError::Internal(what))) = compiled {
                code.checker.get_or_insert_with(|| format!("{place}: {what}"));
            }
        }
        if code.checker.is_none()
            && let Ok(Err(what)) = catch_unwind(|| check_agreement(module, &Config { opt: level, ..Config::default() }))
        {
            code.checker = Some(format!("{place}: {what}"));
        }
    }
}
