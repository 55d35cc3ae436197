//! Which columns a module runs on: the plain ones, and for some seeds one more with a switch turned.

use crate::conformance::backend::Backend;
use crate::engine::{Config, Dispatch, Mode, NanProfile, OptLevel, Tier};
use crate::random::Random;
use crate::target::CpuLevel;
use crate::triage::differential::Column;
use serde::{Deserialize, Serialize};

/// What modules run on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// The first is the reference.
    pub columns: Vec<Config>,
    /// Whether some seeds have one more column: the middle level of the JIT, few registers, poison, tiers mixed, the
    /// collector at each allocation, or the other dispatcher.
    pub variants: bool,
    /// How many of the modules are compiled under the verifier and the allocation checker.
    pub checked: Checked,
    /// The NaNs that all columns make. If canonical, generated code does not make them so itself.
    #[serde(default)]
    pub nan: NanProfile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checked {
    All,
    None,
    /// One in so many.
    OneIn(u64),
}

/// What every seed runs on: the two ends of the JIT. What `jit-O1` does is nearly all done by `jit` too, and compiling
/// is what a module costs, so it is a variant: one seed in four.
pub const COLUMNS: [&str; 3] = ["interp", "jit-O0", "jit"];

impl Default for Choice {
    fn default() -> Self {
        let columns = COLUMNS.iter().filter_map(|name| Backend::named(name)).map(|b| b.config).collect();
        Choice { columns, variants: true, checked: Checked::OneIn(16), nan: NanProfile::default() }
    }
}

impl Choice {
    /// The configurations of a seed's columns.
    pub fn of(&self, seed: u64) -> Vec<Config> {
        let mut random = Random::new(seed ^ 0x05ee_dc01);
        let checked = match self.checked {
            Checked::All => true,
            Checked::None => false,
            Checked::OneIn(n) => random.below(n) == 0,
        };
        let mut columns = self.columns.clone();
        if self.variants {
            columns.extend(variant(&mut random));
        }
        for config in &mut columns {
            config.nan = self.nan;
            // It compiles nothing that could be verified.
            config.verify |= checked && config.mode != Mode::All(Tier::Interp);
        }
        columns
    }
}

/// One more column for more than half of the seeds. Of each kind there are few, so that engines can be kept.
fn variant(random: &mut Random) -> Option<Config> {
    let opt = [OptLevel::O0, OptLevel::O1, OptLevel::O2][random.below(3) as usize];
    let jit = Config { mode: Mode::All(Tier::Jit), opt, ..Config::default() };
    let seed = random.below(4);
    Some(match random.below(32) {
        0..8 => Config { opt: OptLevel::O1, ..jit },
        8..11 => Config { registers: Some(4 + seed as u8), poison: true, ..jit },
        11 | 12 => Config { mode: Mode::Mix { seed }, ..jit },
        13 => Config { mode: Mode::Mix3 { seed }, poison: seed == 0, ..jit },
        14 => Config { gc_stress: true, ..jit },
        15 => Config { gc_stress: true, ..Config::default() },
        16 => Config { dispatch: Some(Dispatch::Loop), ..Config::default() },
        17 | 18 => {
            let dispatch = [None, Some(Dispatch::Loop)][(seed % 2) as usize];
            Config { poison: true, dispatch, ..Config::default() }
        }
        19 => Config { mode: Mode::Mix { seed }, registers: Some(5), poison: true, gc_stress: true, ..jit },
        // Other instructions than those of all other columns.
        20..23 => {
            let highest = CpuLevel::detected()?;
            let mut lower: Vec<CpuLevel> = highest.target().all_levels().collect();
            lower.pop();
            let level = *lower.get(seed as usize % lower.len().max(1))?;
            if !highest.includes(level) {
                return None;
            }
            Config { cpu: Some(level), poison: seed > 1, ..jit }
        }
        _ => return None,
    })
}

/// Engines by configuration, kept from module to module.
#[derive(Default)]
pub struct Engines(Vec<Column>);

impl Engines {
    /// # Errors
    /// What this build or this CPU does not support.
    pub fn columns(&mut self, configs: Vec<Config>) -> Result<Vec<Column>, String> {
        configs.into_iter().map(|config| self.column(config)).collect()
    }

    fn column(&mut self, config: Config) -> Result<Column, String> {
        if let Some(known) = self.0.iter().find(|c| *c.engine.config() == config) {
            return Ok(known.clone());
        }
        let column = Column::new(config).map_err(|e| e.to_string())?;
        self.0.push(column.clone());
        Ok(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_variant_comes() {
        let mut engines = Engines::default();
        let choice = Choice::default();
        let (mut checked, mut variants) = (0, std::collections::BTreeMap::<String, u32>::new());
        for seed in 0..4000 {
            let columns = engines.columns(choice.of(seed)).unwrap();
            checked += u32::from(columns[1].engine.config().verify);
            if let Some(variant) = columns.get(COLUMNS.len()) {
                *variants.entry(variant.name.clone()).or_default() += 1;
            }
        }
        assert!((200..300).contains(&checked), "{checked}");
        let of = |part: &str| variants.iter().filter(|(name, _)| name.contains(part)).map(|(_, n)| n).sum::<u32>();
        for part in ["regs", "poison", "mix:", "mix3:", "gc", "interp", "interp+poison"] {
            assert!(of(part) > 80, "{part}: {variants:?}");
        }
        let plain = ["jit-O1", "jit-O1+verify"].map(|name| variants.get(name).copied().unwrap_or_default());
        assert!((900..1100).contains(&plain.iter().sum::<u32>()), "{variants:?}");
        assert!(engines.0.len() < 200, "{}", engines.0.len());
    }
}
