//! `wasmoon validate`.

use super::{Failed, NOT_AS_EXPECTED, OK, USAGE, complain, input};
use crate::conformance::read::language::{Language, Spec};
use crate::module::{self, Module, WasmFeatures};
use std::path::PathBuf;

/// Check that modules are well-formed and valid
#[derive(clap::Args)]
#[command(
    after_help = "Exit status: 0 if all are valid, 1 if one is not, 2 if one cannot be read.\n\nExamples:\n  wasmoon \
    validate a.wasm b.wat\n  wasmoon validate --spec 2.0 a.wasm"
)]
pub struct Args {
    /// Modules, binary or text; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Version of the specification: 1.0, 2.0, 3.0 or latest
    #[arg(long, value_name = "VERSION", default_value = "latest")]
    spec: String,
    /// Features to add to those of the version; a leading minus sign removes a feature
    #[arg(long, value_name = "LIST", value_delimiter = ',', allow_hyphen_values = true)]
    features: Vec<String>,
}

pub fn run(args: Args) -> Result<u8, Failed> {
    let spec = Spec::parse(&args.spec).ok_or_else(|| unknown_spec(&args.spec))?;
    let features = apply_features(spec.features(), &args.features)?;
    let language = Language { features, ..Language::of(spec) };
    input::one_stdin(args.files.iter().map(PathBuf::as_path))?;
    let mut status = OK;
    for path in &args.files {
        let bytes = match input::read(path) {
            Ok(bytes) => bytes,
            Err(Failed(message)) => {
                complain(&message);
                status = USAGE;
                continue;
            }
        };
        let verdict = input::judged(path, bytes, &language)
            .and_then(|bytes| Module::new(&bytes, features).map_err(|e| format!("{}: {e}", path.display()).into()));
        if let Err(Failed(message)) = verdict {
            complain(&message);
            status = status.max(NOT_AS_EXPECTED);
        }
    }
    Ok(status)
}

pub fn unknown_spec(text: &str) -> Failed {
    format!("unknown version of the specification '{text}'; expected 1.0, 2.0, 3.0 or latest").into()
}

/// Adds the named features, and removes those with a leading minus sign.
pub fn apply_features(mut features: WasmFeatures, list: &[String]) -> Result<WasmFeatures, Failed> {
    for name in list {
        let (on, name) = match name.strip_prefix('-') {
            Some(rest) => (false, rest),
            None => (true, name.strip_prefix('+').unwrap_or(name)),
        };
        let hint = "expected the name of a proposal, such as simd, tail-call, exceptions or multi-memory";
        features.set(module::features::by_name(name).ok_or_else(|| format!("unknown feature '{name}'; {hint}"))?, on);
    }
    Ok(features)
}
