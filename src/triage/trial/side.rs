//! The sides of a comparison: what executes a subject.

use crate::engine::{Config, NanProfile};
use crate::triage::observe::column_name;
use crate::triage::subject::Subject;
use serde::{Deserialize, Serialize};

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Side {
    /// A configuration of this program.
    Backend(Config),
    /// Another engine. It executes subjects that are driven by calls.
    Engine {
        /// Its name, as `oracle` has it.
        name: String,
        /// The NaN profile that is requested of it.
        nan: NanProfile,
    },
}

impl Side {
    /// Returns a subject in the form that both sides should execute.
    pub fn subject(&self, subject: Subject) -> Subject {
        match self {
            Side::Backend(_) => subject,
            Side::Engine { .. } => subject.without_host_values(),
        }
    }

    /// Returns the NaN profile: its own, or the one that is requested of another engine.
    pub fn nan(&self) -> NanProfile {
        match self {
            Side::Backend(config) => config.nan,
            Side::Engine { nan, .. } => *nan,
        }
    }

    /// Returns the configuration, if it is one of this program.
    pub fn config(&self) -> Option<&Config> {
        match self {
            Side::Backend(config) => Some(config),
            Side::Engine { .. } => None,
        }
    }
}

impl std::fmt::Display for Side {
    /// The name of the column.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Side::Backend(config) => f.write_str(&column_name(config)),
            Side::Engine { name, .. } => f.write_str(name),
        }
    }
}

impl From<Config> for Side {
    fn from(config: Config) -> Side {
        Side::Backend(config)
    }
}
