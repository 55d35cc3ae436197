//! Levels of a CPU's instruction set, and the capabilities that the portable part of the compiler queries.

use super::{ALL, Target};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::hash::{Hash, Hasher};

/// An operation whose exact result the specification leaves to the CPU, in a form that the instruction set provides.
/// The frontend queries these where relaxed operators may use the CPU's own results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Selects bytes by the lower four bits of each index, or 0 if the index's uppermost bit is set.
    SwizzleByLowBits,
    /// Selects lanes by the uppermost bit of each lane of a mask.
    SelectLanesBySign,
    /// Rounding multiplication of fixed-point numbers (Q15) that wraps.
    WrappingRoundingMultiply,
    /// Saturated sums of pairs of products of unsigned and signed bytes.
    DotUnsignedSigned,
    /// Sums of four products of signed bytes, added to 32-bit numbers.
    DotSigned,
    /// Minimum and maximum that return the second operand if the comparison is false.
    SecondUnlessLess,
    /// Truncation to signed numbers that returns the lowest number for any value that does not fit.
    TruncateToLeast,
    /// Multiplication and addition with a single rounding.
    FusedMultiplyAdd,
}

/// A row of [`Target::levels`].
#[derive(Debug)]
pub struct LevelFacts {
    /// The name, as for `--cpu`.
    pub name: &'static str,
    /// The capabilities that this level has and those before it lack.
    pub adds: &'static [Capability],
    /// Returns whether the CPU that this program runs on has the level, and the operating system saves its registers.
    pub is_here: fn() -> bool,
}

/// A name that is not a level's. The message lists the known names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write {}", CpuLevel::all().map(CpuLevel::name).collect::<Vec<_>>().join(", "))]
pub struct UnknownLevel;

/// A level of some CPU. Each includes the lower levels of the same CPU. Code for one level means the same as code for
/// any other, except for relaxed operators that may use the CPU's results.
#[derive(Clone, Copy)]
pub struct CpuLevel {
    target: &'static Target,
    rank: u8,
}

impl CpuLevel {
    /// Creates the level in this row of the target's table.
    pub(super) const fn new(target: &'static Target, rank: u8) -> CpuLevel {
        CpuLevel { target, rank }
    }

    fn facts(self) -> &'static LevelFacts {
        &self.target.levels[usize::from(self.rank)]
    }

    /// Returns the CPU that this is a level of.
    pub fn target(self) -> &'static Target {
        self.target
    }

    /// Returns the name, as for `--cpu`.
    pub fn name(self) -> &'static str {
        self.facts().name
    }

    /// The levels of all CPUs.
    pub fn all() -> impl Iterator<Item = CpuLevel> {
        ALL.iter().flat_map(|target| target.all_levels())
    }

    /// Returns the level with this name, which also identifies the CPU.
    ///
    /// # Errors
    /// If no level has this name.
    pub fn from_name(name: &str) -> Result<CpuLevel, UnknownLevel> {
        CpuLevel::all().find(|level| level.name() == name).ok_or(UnknownLevel)
    }

    /// The highest level of the CPU that this runs on; `None` if it is below all levels, or code cannot be compiled for
    /// it.
    pub fn detected() -> Option<CpuLevel> {
        static DETECTED: std::sync::LazyLock<Option<CpuLevel>> =
            std::sync::LazyLock::new(|| Target::native()?.all_levels().rev().find(|level| level.is_here()));
        *DETECTED
    }

    /// Returns whether the CPU that this program runs on has this level.
    pub fn is_here(self) -> bool {
        Target::native() == Some(self.target) && (self.facts().is_here)()
    }

    /// Returns whether this level has everything that another level of the same CPU has.
    pub fn includes(self, other: CpuLevel) -> bool {
        self.target == other.target && self.rank >= other.rank
    }

    /// Returns whether this level has a capability.
    pub fn has(self, capability: Capability) -> bool {
        self.target.levels[..=usize::from(self.rank)].iter().any(|level| level.adds.contains(&capability))
    }
}

impl Default for CpuLevel {
    /// The level of this machine. Elsewhere, the lowest level of this machine's CPU or of the first target.
    fn default() -> Self {
        CpuLevel::detected().unwrap_or_else(|| Target::native().unwrap_or(ALL[0]).baseline())
    }
}

impl PartialEq for CpuLevel {
    fn eq(&self, other: &CpuLevel) -> bool {
        self.target == other.target && self.rank == other.rank
    }
}

impl Eq for CpuLevel {}

impl Hash for CpuLevel {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for CpuLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for CpuLevel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.name().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CpuLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CpuLevel, D::Error> {
        let name = String::deserialize(deserializer)?;
        CpuLevel::from_name(&name).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_names_and_an_order() {
        for target in ALL {
            let mut before: Option<CpuLevel> = None;
            for level in target.all_levels() {
                assert_eq!(CpuLevel::from_name(level.name()), Ok(level));
                assert!(level.includes(target.baseline()));
                assert!(before.is_none_or(|lower| level.includes(lower) && !lower.includes(level)));
                let native = Target::native() == Some(target);
                assert_eq!(level.is_here(), native && CpuLevel::detected().is_some_and(|d| d.includes(level)));
                before = Some(level);
            }
        }
        assert!(CpuLevel::from_name("abacus").unwrap_err().to_string().starts_with("write "));
    }

    /// A level has what it and those below it add, and lacks what higher ones add. Levels of two CPUs are unrelated.
    #[test]
    fn a_level_includes_those_below_it_on_its_cpu() {
        let rank = |level: CpuLevel| level.target().all_levels().position(|other| other.name() == level.name());
        for level in CpuLevel::all() {
            for other in CpuLevel::all() {
                let is_of_same_cpu = level.target().name == other.target().name;
                let includes = is_of_same_cpu && rank(level) >= rank(other);
                assert_eq!(level.includes(other), includes, "{level:?} {other:?}");
                assert_eq!(level == other, level.name() == other.name(), "{level:?} {other:?}");
                for &capability in other.facts().adds.iter().filter(|_| is_of_same_cpu) {
                    assert_eq!(level.has(capability), includes, "{level:?} {capability:?}");
                }
            }
        }
    }

    #[test]
    fn levels_survive_a_report() {
        for level in CpuLevel::all() {
            let json = serde_json::to_string(&level).unwrap();
            assert_eq!(serde_json::from_str::<CpuLevel>(&json).unwrap(), level);
        }
    }
}
