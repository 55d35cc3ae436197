//! How much code a bug changes.

use super::child;
use crate::cli::Failed;
use crate::conformance::script::{self, Prepared};
use crate::conformance::suite::{Suite, SuiteFile};
use crate::jit::isa::x64::X64;
use crate::jit::pipeline::{Compiler, build};
use crate::jit::{CompileError, Options};
use crate::module::{BodyIndex, BodyKind, Module};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::time::Duration;

/// A hash of the code of each function, by file, module and function: "core/i32 0 3".
#[derive(Debug, Default)]
pub struct Fingerprint(BTreeMap<String, String>);

impl Fingerprint {
    /// Of the suite, or of some scripts, compiled by a process with a bug planted.
    ///
    /// # Errors
    /// That process fails.
    pub fn of(bug: Option<&str>, files: &[&str]) -> Result<Fingerprint, Failed> {
        let args: Vec<&str> = ["museum", "--fingerprint"].into_iter().chain(files.iter().copied()).collect();
        let ended = child::run(bug, &args, None, Duration::from_secs(600), |_| false)?;
        if ended.status != Some(0) {
            return Err(format!("no hashes with {}: {}", bug.unwrap_or("no bug"), ended.complaint));
        }
        let pair = |line: &String| line.rsplit_once(' ').map(|(key, hash)| (key.to_string(), hash.to_string()));
        Ok(Fingerprint(ended.output.iter().filter_map(pair).collect()))
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The functions that have other code there.
    pub fn changed<'a>(&'a self, plain: &Fingerprint) -> BTreeSet<&'a str> {
        self.0.iter().filter(|(key, hash)| plain.0.get(*key) != Some(hash)).map(|(key, _)| key.as_str()).collect()
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|(key, hash)| format!("{key} {hash}\n")).collect()
    }
}

/// The hashes of this process.
///
/// # Errors
/// A script cannot be read.
pub fn fingerprint(files: &[PathBuf]) -> Result<Fingerprint, Failed> {
    // A planted compiler may panic: that is other code too, and not to be told at length.
    std::panic::set_hook(Box::new(|_| ()));
    let suite = if files.is_empty() { Suite::embedded()? } else { Suite::paths(files)? };
    let mut hashes = Fingerprint::default();
    for file in suite.files.iter().filter(|f| !files.is_empty() || !f.group.starts_with("extra")) {
        file_hashes(file, &mut hashes)?;
    }
    Ok(hashes)
}

fn file_hashes(file: &SuiteFile, hashes: &mut Fingerprint) -> Result<(), Failed> {
    let text = file.text()?;
    let Ok(buffer) = script::lex(&text) else { return Ok(()) };
    let Ok(mut steps) = script::parse(&buffer, &text) else { return Ok(()) };
    let mut number = 0;
    for step in &mut steps {
        let Some(Prepared::Module(module)) = step.action.source_mut().map(|s| s.prepare(&file.language)) else {
            continue;
        };
        for (body, data) in module.bodies.iter().enumerate() {
            let BodyKind::Function(function) = data.kind else { continue };
            if let Some(hash) = function_hash(&module, BodyIndex(body as u32)) {
                hashes.0.insert(format!("{} {number} {function}", file.key()), format!("{hash:016x}"));
            }
        }
        number += 1;
    }
    Ok(())
}

/// `None` where the JIT does not support the function.
fn function_hash(module: &Module, body: BodyIndex) -> Option<u64> {
    let options = Options::default();
    let compiled = std::panic::catch_unwind(|| {
        let mut compiler = Compiler::<X64>::new(&options, module.num_imported_functions)?;
        compiler.function(&build(module, body, &options)?)
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
