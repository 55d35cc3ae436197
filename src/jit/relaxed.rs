//! The choice of results that relaxed operators have.

use serde::{Deserialize, Serialize};

/// Which of the results that relaxed operators may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Relaxed {
    /// Those of the specification's deterministic profile, on every CPU.
    #[default]
    Deterministic,
    /// What the CPU level has an instruction for. Then code for one level does not mean the same as code for another.
    Native,
}

impl Relaxed {
    pub const ALL: [Relaxed; 2] = [Relaxed::Deterministic, Relaxed::Native];

    /// As `--relaxed` has it.
    pub fn name(self) -> &'static str {
        match self {
            Relaxed::Deterministic => "deterministic",
            Relaxed::Native => "native",
        }
    }

    /// The choice of this name.
    ///
    /// # Errors
    /// What names there are.
    pub fn from_name(name: &str) -> Result<Relaxed, String> {
        let known = Relaxed::ALL.into_iter().find(|choice| choice.name() == name);
        known.ok_or_else(|| format!("write {}", Relaxed::ALL.map(Relaxed::name).join(" or ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_have_names() {
        for choice in Relaxed::ALL {
            assert_eq!(Relaxed::from_name(choice.name()), Ok(choice));
        }
        assert_eq!(Relaxed::from_name("fused"), Err("write deterministic or native".into()));
    }
}
