//! Which NaNs operators of floats make.

use serde::{Deserialize, Serialize};

/// Which of the NaNs that the specification allows an operator returns. It does not say which bits the NaN of a sum, a
/// square root or a conversion has, in a scalar or in a lane. What moves bits, and `neg`, `abs`, `copysign`, `pmin` and
/// `pmax`, keep them under either profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NanProfile {
    /// Those of the CPU: often an operand's, made quiet.
    #[default]
    Native,
    /// The positive canonical one, whatever the operands: the specification's deterministic profile. Then two executions
    /// of a program without imports differ in nothing but the resources they get.
    Canonical,
}

impl NanProfile {
    pub const ALL: [NanProfile; 2] = [NanProfile::Native, NanProfile::Canonical];

    /// As `--nan` has it.
    pub fn name(self) -> &'static str {
        match self {
            NanProfile::Native => "native",
            NanProfile::Canonical => "canonical",
        }
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// What names there are.
    pub fn from_name(name: &str) -> Result<NanProfile, String> {
        let known = NanProfile::ALL.into_iter().find(|profile| profile.name() == name);
        known.ok_or_else(|| format!("write {}", NanProfile::ALL.map(NanProfile::name).join(" or ")))
    }

    /// Whether operators canonicalise.
    pub fn is_canonical(self) -> bool {
        self == NanProfile::Canonical
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_have_names() {
        for profile in NanProfile::ALL {
            assert_eq!(NanProfile::from_name(profile.name()), Ok(profile));
        }
        assert_eq!(NanProfile::from_name("quiet"), Err("write native or canonical".into()));
    }
}
