//! What instructions the JIT may use.

use serde::{Deserialize, Serialize};

/// A level of x86-64 CPUs; each has what those before it have. Code for one means the same as code for any other (except
/// relaxed operators under [`Relaxed::Native`](super::Relaxed::Native)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CpuLevel {
    /// The baseline: SSE up to 4.1.
    Sse41,
    /// SSE 4.2, POPCNT, and AVX: instructions with a destination of their own, and operands in memory wherever they lie.
    Avx,
    /// AVX2, FMA, BMI1, BMI2 and LZCNT.
    Avx2,
}

impl CpuLevel {
    pub const ALL: [CpuLevel; 3] = [CpuLevel::Sse41, CpuLevel::Avx, CpuLevel::Avx2];

    /// As `--cpu` has it.
    pub fn name(self) -> &'static str {
        match self {
            CpuLevel::Sse41 => "sse41",
            CpuLevel::Avx => "avx",
            CpuLevel::Avx2 => "avx2",
        }
    }

    /// The level of this name.
    ///
    /// # Errors
    /// What names there are.
    pub fn from_name(name: &str) -> Result<CpuLevel, String> {
        let known = CpuLevel::ALL.into_iter().find(|level| level.name() == name);
        known.ok_or_else(|| format!("write {}", CpuLevel::ALL.map(CpuLevel::name).join(", ")))
    }

    /// The highest level of the CPU that this runs on, as far as its system saves the registers; `None` where it is below
    /// all of them.
    pub fn detected() -> Option<CpuLevel> {
        static DETECTED: std::sync::LazyLock<Option<CpuLevel>> =
            std::sync::LazyLock::new(|| CpuLevel::ALL.into_iter().rev().find(|level| level.is_here()));
        *DETECTED
    }

    #[cfg(target_arch = "x86_64")]
    fn is_here(self) -> bool {
        use std::arch::is_x86_feature_detected as has;
        let sse41 = has!("ssse3") && has!("sse4.1");
        let avx = sse41 && has!("sse4.2") && has!("popcnt") && has!("avx");
        match self {
            CpuLevel::Sse41 => sse41,
            CpuLevel::Avx => avx,
            CpuLevel::Avx2 => avx && has!("avx2") && has!("fma") && has!("bmi1") && has!("bmi2") && has!("lzcnt"),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn is_here(self) -> bool {
        false
    }
}

impl Default for CpuLevel {
    /// That of this machine, or the baseline.
    fn default() -> Self {
        CpuLevel::detected().unwrap_or(CpuLevel::Sse41)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_names_and_an_order() {
        for level in CpuLevel::ALL {
            assert_eq!(CpuLevel::from_name(level.name()), Ok(level));
            assert_eq!(level.is_here(), CpuLevel::detected() >= Some(level), "levels contain those before");
        }
        assert_eq!(CpuLevel::from_name("sse9"), Err("write sse41, avx, avx2".into()));
    }
}
