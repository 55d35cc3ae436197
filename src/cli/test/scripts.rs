//! Which scripts `wasmoon test` runs.

use super::args::Args;
use crate::cli::Failed;
use crate::cli::validate::{apply_features, unknown_spec};
use crate::conformance::backend::Backend;
use crate::conformance::read::language::{Dialect, Messages, Spec};
use crate::conformance::read::suite::{Suite, SuiteFile, has_extension};
use crate::conformance::selection::{self, Filter};
use crate::text::{by_number, counted, harmless};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whether an argument is a path rather than a filter: it looks like one, or it exists.
pub fn is_path(argument: &str) -> bool {
    let path = Path::new(argument);
    let looks = argument.contains('/') || ["wast", "json"].iter().any(|e| has_extension(path, e));
    looks || path.symlink_metadata().is_ok()
}

/// Prints a note about each argument that is a path only because it exists, and that would select files as a filter.
fn note_ambiguous(paths: &[&String]) -> Result<(), Failed> {
    let looks_like_filter = |p: &&&String| !p.contains('/') && Path::new(p.as_str()).extension().is_none();
    let ambiguous: Vec<&&String> = paths.iter().filter(looks_like_filter).collect();
    if ambiguous.is_empty() {
        return Ok(());
    }
    let suite = Suite::embedded()?;
    for path in ambiguous {
        let selected = Filter::new(path).count(&suite, &Backend::NAMES);
        if selected > 0 {
            note(&format!(
                "'{path}' exists, so it is treated as a path; as a filter it would select {} of the suite: for that, \
                 give more of the name, or run in another folder",
                counted(selected, "file")
            ));
        }
    }
    Ok(())
}

/// A hint about the first of these paths that does not exist.
fn missing_hint(paths: &[&String]) -> String {
    let Some(path) = paths.iter().find(|path| Path::new(path.as_str()).symlink_metadata().is_err()) else {
        return String::new();
    };
    let name = path.trim_matches('/').replace('/', "::");
    let selected = Suite::embedded().map_or(0, |suite| Filter::new(&name).count(&suite, &Backend::NAMES));
    if selected > 0 {
        let files = if selected == 1 { "file" } else { "files" };
        return format!("\nthe filter '{name}' would select {selected} {files} of the suite");
    }
    "\nan argument with a slash, or ending in .wast or .json, is a path; a filter is part of a name, such as core::i32"
        .into()
}

/// Prints a note on standard error, which affects neither the reports nor the exit status.
fn note(message: &str) {
    // If standard error is closed, the note is lost.
    let _ = writeln!(anstream::stderr(), "note: {}", harmless(message));
}

/// The K-th of N parts of the selected files.
///
/// # Errors
/// A part has no files: its run would be an error, and the parts together would never make up a whole run.
pub fn shard(files: Vec<Arc<SuiteFile>>, (k, n): (usize, usize)) -> Result<Vec<Arc<SuiteFile>>, Failed> {
    let all = files.len();
    let (are, all_files) = (by_number(all, "is", "are"), counted(all, "file"));
    if n > all {
        return Err(format!(
            "shard {k}/{n}: only {all_files} {are} selected, so some shards would be empty (`wasmoon test --list` \
             prints one line per file)"
        )
        .into());
    }
    let files = selection::part(files, (k, n));
    note(&format!("shard {k}/{n}: {} of {all_files}", files.len()));
    Ok(files)
}

/// The scripts that may run: those of the paths, or of a suite.
///
/// # Errors
/// Options that do not go together, or scripts that cannot be found.
pub fn load(args: &Args, paths: &[&String]) -> Result<Suite, Failed> {
    let specs = args.spec.iter().map(|text| Spec::parse(text).ok_or_else(|| unknown_spec(text)));
    let specs = specs.collect::<Result<Vec<Spec>, Failed>>()?;
    if let Some(twice) = (1..specs.len()).find(|&i| specs[..i].contains(&specs[i])) {
        return Err(format!("--spec {} is given twice", specs[twice].name()).into());
    }
    let mut suite = if !paths.is_empty() {
        note_ambiguous(paths)?;
        let all: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        Suite::paths(&all, args.dialect).map_err(|e| format!("{e}{}", missing_hint(paths)))?
    } else if args.dialect != Dialect::Spec {
        return Err("--dialect applies only to scripts by path; name a script or a folder of scripts".into());
    } else if let Some(dir) = &args.suite {
        Suite::checkout(dir)?
    } else if !specs.is_empty() {
        Suite::versions(&specs)?
    } else {
        Suite::embedded()?
    };
    if let Some(&spec) = specs.first().filter(|_| !paths.is_empty() || args.suite.is_some()) {
        if specs.len() > 1 {
            return Err("--spec: scripts by path and checkouts can be judged by only one version".into());
        }
        if paths.is_empty() {
            suite.files.retain(|f| f.group == "core");
        }
        suite.set_language(|language| {
            language.spec = spec;
            language.features = spec.features();
        });
    }
    apply_features(Spec::Latest.features(), &args.features)?;
    suite.set_language(|language| {
        if args.any_message {
            language.messages = Messages::None;
        }
        // The names were checked above.
        language.features = apply_features(language.features, &args.features).unwrap_or(language.features);
    });
    Ok(suite)
}
