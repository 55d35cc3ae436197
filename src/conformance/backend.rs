//! The columns of the matrix.

use crate::engine::{Config, Mode, OptLevel, Tier};

/// A column of the matrix.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Backend {
    /// `interp`, `jit-O0`, `jit-O1`, `jit`.
    pub name: String,
    /// The configuration of its engine.
    pub config: Config,
}

impl Backend {
    /// The columns of a plain run, in order.
    pub const NAMES: [&'static str; 4] = ["interp", "jit-O0", "jit-O1", "jit"];

    /// A backend with this name. `jit-O2` is another name for `jit`.
    pub fn named(name: &str) -> Option<Backend> {
        let (tier, opt) = match name {
            "interp" => (Tier::Interp, OptLevel::O2),
            "jit-O0" => (Tier::Jit, OptLevel::O0),
            "jit-O1" => (Tier::Jit, OptLevel::O1),
            "jit" | "jit-O2" => (Tier::Jit, OptLevel::O2),
            _ => return None,
        };
        let name = if name == "jit-O2" { "jit" } else { name };
        Some(Backend { name: name.into(), config: Config { mode: Mode::All(tier), opt, ..Config::default() } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns differ in configuration and name only; all other options have their defaults.
    #[test]
    fn columns_have_these_tiers_and_levels() {
        let columns = [
            ("interp", "interp", Tier::Interp, OptLevel::O2),
            ("jit-O0", "jit-O0", Tier::Jit, OptLevel::O0),
            ("jit-O1", "jit-O1", Tier::Jit, OptLevel::O1),
            ("jit", "jit", Tier::Jit, OptLevel::O2),
            ("jit-O2", "jit", Tier::Jit, OptLevel::O2),
        ];
        for (given, name, tier, opt) in columns {
            let config = Config { mode: Mode::All(tier), opt, ..Config::default() };
            assert_eq!(Backend::named(given), Some(Backend { name: name.into(), config }));
        }
        assert_eq!(Backend::NAMES, ["interp", "jit-O0", "jit-O1", "jit"]);
        for other in ["", "Jit", "jit-O3", "jit-", "jit-O", "interp-O2", "xdiff"] {
            assert_eq!(Backend::named(other), None, "{other}");
        }
    }
}
