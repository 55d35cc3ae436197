//! Profiles of programs, as files: what was observed of a module's functions while it ran.

use super::{Failed, OK, USAGE, complain, input};
use crate::config::profile::Profile;
use crate::conformance::report::Output;
use crate::engine::{Config, Mode, module_hash};
use crate::module::Module;
use crate::runtime::store::Code;
use crate::text::without_mark;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The profile that the compiler uses.
#[derive(clap::Args, Clone, Debug, Default, PartialEq)]
pub struct ProfileIn {
    /// Place code according to this profile, written by `run --profile-out`: code that was never reached goes to the
    /// end
    #[arg(long, value_name = "FILE")]
    pub profile_in: Option<PathBuf>,
}

impl ProfileIn {
    /// Applies the profile to a configuration.
    ///
    /// # Errors
    /// The file cannot be read, or has no profile of this module.
    pub fn apply(&self, config: &mut Config, module: &Module) -> Result<(), Failed> {
        let Some(path) = &self.profile_in else { return Ok(()) };
        let (name, bytes) = (path.display(), input::read(path)?);
        // Bytes that are not text are reported with the line that contains them.
        let text = String::from_utf8_lossy(&bytes);
        let defined = module.num_imported_functions..module.functions.len() as u32;
        let profile =
            Profile::parse(without_mark(&text), module_hash(module), defined).map_err(|e| format!("{name}: {e}"))?;
        config.profile = Some(Arc::new(profile));
        Ok(())
    }
}

/// The profiles that a run reads and writes.
#[derive(clap::Args, Clone, Debug, Default, PartialEq)]
#[command(next_help_heading = "Profiles of the program")]
pub struct Profiles {
    #[command(flatten)]
    pub read: ProfileIn,
    /// File to write a profile of the program to: how often branches were taken before their functions were compiled
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile_in", "no_jit", "opt", "against"])]
    pub profile_out: Option<PathBuf>,
}

impl Profiles {
    /// Whether a profile is read or written.
    pub fn are_given(&self) -> bool {
        *self != Profiles::default()
    }

    /// Applies the options to the configuration of a run of this module, which was read from `file`; returns where the
    /// profile goes.
    ///
    /// # Errors
    /// The same as for [`ProfileIn::apply`]; or nothing will be observed; or the profile cannot be written, or would
    /// replace the module.
    pub fn apply(&self, config: &mut Config, module: &Module, file: &Path) -> Result<Option<Output>, Failed> {
        self.read.apply(config, module)?;
        let Some(path) = &self.profile_out else { return Ok(None) };
        if !matches!(config.mode, Mode::Tiered { .. }) {
            return Err(
                "--profile-out: nothing to profile, since another option compiles every function before the program \
                 starts"
                    .into(),
            );
        }
        input::spare(file, path, "--profile-out")?;
        config.watch_all = true;
        Ok(Some(Output::create(path)?))
    }
}

/// Writes the profile after a run with this status; prints an error if that fails.
pub fn write(mut out: Output, code: &dyn Code, status: u8) -> u8 {
    let text = code.seen().unwrap_or_default().to_string();
    match out.write_all(text.as_bytes()).map_err(|e| out.error(&e)).and_then(|()| out.commit()) {
        Ok(()) => status,
        Err(problem) => {
            complain(&problem.to_string());
            if status == OK { USAGE } else { status }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::features;

    /// Nothing can have been observed in an imported function.
    #[test]
    fn a_profile_is_of_functions_with_bodies() {
        let text = r#"(module (import "m" "i" (func)) (func))"#;
        let binary = input::encode(Path::new("m.wat"), text).expect("a module");
        let module = Module::new(&binary, features::all()).expect("it is valid");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("seen");
        for (index, has_body) in [(0, false), (1, true), (2, false)] {
            let head = format!("wasmoon-profile 1\nmodule {:016x}\n", module_hash(&module));
            std::fs::write(&path, format!("{head}function {index} entered 7\n")).expect("writable");
            let mut config = Config::default();
            let read = ProfileIn { profile_in: Some(path.clone()) }.apply(&mut config, &module);
            let why = format!("{}: line 3: the module does not define function {index}", path.display());
            assert_eq!(read.err().map(|Failed(why)| why), (!has_body).then_some(why));
            assert_eq!(config.profile.is_some(), has_body, "{index}");
        }
    }
}
