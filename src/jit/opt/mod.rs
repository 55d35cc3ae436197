//! Folding and passes over the SSA form.
//!
//! [`run`] runs the passes of a level in a fixed order. Each pass has a name (for `--passes`), counts its changes, and
//! leaves a function that the verifier (`jit::ir::verify`) accepts: no aliases, and no unreachable blocks in the layout.
//! All passes are deterministic and take time roughly linear in the size of the function.
//!
//! [`Construct`] folds and shares while the frontend builds; `O0` builds plainly and runs no pass.

pub(crate) mod branches;
pub(crate) mod cleanup;
pub(crate) mod constant;
pub(crate) mod construct;
pub(crate) mod division;
pub(crate) mod edit;
pub(crate) mod expr;
pub(crate) mod fold;
mod gvn;
pub(crate) mod licm;
pub(crate) mod loads;
pub(crate) mod nans;
pub(crate) mod rules;
pub(crate) mod value_table;
pub(crate) mod vector;
pub(crate) mod walk;

#[cfg(test)]
pub(super) mod tests;

pub use construct::Construct;

use super::ir::Function;
use super::ir::verify::{VerifyError, verify};
use crate::config::{Config, OptLevel};

/// A pass.
#[derive(Debug)]
pub struct Pass {
    /// The name, for `--passes`.
    pub name: &'static str,
    /// Returns the number of changes.
    pub run: fn(&mut Function) -> u64,
    /// A description in a few words.
    pub about: &'static str,
}

/// Every pass.
pub const PASSES: &[Pass] = &[
    Pass {
        name: "branches",
        run: branches::simplify_branches,
        about: "constant branches, trivial blocks, straight lines; unreachable blocks are removed",
    },
    Pass { name: "params", run: cleanup::redundant_params, about: "block parameters that always have the same value" },
    Pass {
        name: "cse",
        run: |f| gvn::number(f, gvn::Scope::Block),
        about: "folding and equal computations within a block",
    },
    Pass {
        name: "gvn",
        run: |f| gvn::number(f, gvn::Scope::Dominators),
        about: "folding, equal computations and decided conditions along the dominator tree",
    },
    Pass { name: "loads", run: loads::forward_loads, about: "loads of what was loaded or stored before" },
    Pass { name: "division", run: division::reduce, about: "divisions by constants" },
    Pass { name: "selects", run: branches::form_selects, about: "branches that only choose an integer" },
    Pass { name: "licm", run: licm::hoist, about: "loop-invariant computations move before the loop" },
    Pass { name: "dce", run: cleanup::dead_code, about: "computations and block parameters without uses" },
];

const O1: &[&str] = &["branches", "params", "cse", "branches", "dce"];
const O2: &[&str] =
    &["branches", "params", "gvn", "loads", "division", "branches", "selects", "gvn", "licm", "branches", "dce"];

/// The reason why [`run`] failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PassError {
    /// No pass has this name.
    #[error(
        "unknown pass '{0}'; known passes: {names}",
        names = PASSES.iter().map(|pass| pass.name).collect::<Vec<_>>().join(" ")
    )]
    Unknown(String),
    /// The function was invalid before any pass ran.
    #[error("the frontend's SSA is invalid: {0}")]
    Input(VerifyError),
    /// A pass broke an invariant, which is a defect of that pass.
    #[error("pass '{pass}' broke the SSA: {error}")]
    Broken {
        /// The pass.
        pass: &'static str,
        /// The broken invariant.
        error: VerifyError,
    },
}

/// The number of changes of each pass that ran.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PassStats {
    /// Name and number of changes of each pass, in order.
    pub changes: Vec<(&'static str, u64)>,
}

/// Returns the passes that a configuration selects.
///
/// # Errors
/// If a name is not that of any pass.
pub fn passes(config: &Config) -> Result<Vec<&'static Pass>, PassError> {
    let find =
        |name: &str| PASSES.iter().find(|pass| pass.name == name).ok_or_else(|| PassError::Unknown(name.to_string()));
    match (&config.passes, config.opt) {
        (Some(only), _) => only.iter().map(|name| find(name)).collect(),
        (None, OptLevel::O0) => Ok(Vec::new()),
        (None, OptLevel::O1) => O1.iter().map(|name| find(name)).collect(),
        (None, OptLevel::O2) => O2.iter().map(|name| find(name)).collect(),
    }
}

/// Whether construction (folding and sharing while the frontend builds) is the first stage.
pub fn constructs(config: &Config) -> bool {
    config.opt != OptLevel::O0
}

/// The maximum number of passes after [construction](constructs).
pub fn pass_limit(config: &Config) -> usize {
    config.pass_limit.map_or(usize::MAX, |n| (n as usize).saturating_sub(usize::from(constructs(config))))
}

/// Runs passes on a function. `observer` is called after each pass with its name and the function.
///
/// # Errors
/// An unknown pass or, if verification is enabled, a broken invariant.
pub fn run(
    f: &mut Function,
    config: &Config,
    observer: &mut dyn FnMut(&str, &Function),
) -> Result<PassStats, PassError> {
    run_while(f, config, observer, &mut || true)
}

/// As [`run`], but stops before the next pass once `goes_on` returns false.
///
/// # Errors
/// As [`run`].
pub fn run_while(
    f: &mut Function,
    config: &Config,
    observer: &mut dyn FnMut(&str, &Function),
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<PassStats, PassError> {
    let mut passes = passes(config)?;
    passes.truncate(pass_limit(config));
    if config.verify {
        verify(f).map_err(PassError::Input)?;
    }
    let mut stats = PassStats::default();
    for (i, pass) in passes.iter().enumerate() {
        if !goes_on() {
            break;
        }
        f.rewrites_left = config.rewrite_limit.filter(|_| i + 1 == passes.len()).unwrap_or(u64::MAX);
        stats.changes.push((pass.name, (pass.run)(f)));
        if config.verify {
            verify(f).map_err(|error| PassError::Broken { pass: pass.name, error })?;
        }
        observer(pass.name, f);
    }
    Ok(stats)
}
