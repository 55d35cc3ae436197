//! The columns that a module runs on: the plain ones, and for some seeds one more with a changed switch.

use crate::conformance::backend::Backend;
use crate::engine::{Config, ConfigError, Dispatch, Mode, NanProfile, OptLevel, Tier};
use crate::random::Random;
use crate::target::CpuLevel;
use crate::triage::differential::Column;
use serde::{Deserialize, Serialize};

/// The columns that modules run on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnChoice {
    /// The columns; the first is the reference.
    pub columns: Vec<Config>,
    /// Whether some seeds have one more column: the middle level of the JIT, few registers, poison, tiers mixed, the
    /// collector at each allocation, or the other dispatcher.
    pub variants: bool,
    /// The share of modules compiled under the verifier and the allocation checker.
    pub checked: CheckedShare,
    /// The NaN profile of all columns. If it is canonical, generated code does not canonicalize NaNs itself.
    #[serde(default)]
    pub nan: NanProfile,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
/// The share of modules that are compiled under the verifier and the allocation checker.
pub enum CheckedShare {
    /// Every module.
    All,
    /// No module.
    None,
    /// One module in this many.
    OneIn(u64),
}

/// The columns of every seed: the two ends of the JIT. `jit-O1` does little that `jit` does not do too, and compiling
/// dominates the cost of a module, so `jit-O1` is a variant: one seed in four.
pub const COLUMNS: [&str; 3] = ["interp", "jit-O0", "jit"];

impl Default for ColumnChoice {
    fn default() -> Self {
        let columns = COLUMNS.iter().filter_map(|name| Backend::named(name)).map(|b| b.config).collect();
        ColumnChoice { columns, variants: true, checked: CheckedShare::OneIn(16), nan: NanProfile::default() }
    }
}

impl ColumnChoice {
    /// Returns the configurations of a seed's columns.
    pub fn of(&self, seed: u64) -> Vec<Config> {
        let mut random = Random::new(seed ^ 0x05ee_dc01);
        // Always drawn, so that the variants of a seed do not depend on what is verified.
        let drawn = random.next();
        let checked = match self.checked {
            CheckedShare::All => true,
            CheckedShare::None => false,
            CheckedShare::OneIn(n) => drawn.is_multiple_of(n),
        };
        let mut columns = self.columns.clone();
        if self.variants {
            columns.extend(variant(&mut random));
        }
        for config in &mut columns {
            config.nan = self.nan;
            // The interpreter compiles nothing to verify.
            config.verify |= checked && config.mode != Mode::All(Tier::Interp);
        }
        columns
    }
}

/// Draws one more column for more than half of the seeds. There are few of each kind, so that engines can be reused.
fn variant(random: &mut Random) -> Option<Config> {
    let opt = [OptLevel::O0, OptLevel::O1, OptLevel::O2][random.below(3) as usize];
    let jit = Config { mode: Mode::All(Tier::Jit), opt, ..Config::default() };
    let seed = random.below(4);
    Some(match random.below(32) {
        0..8 => Config { opt: OptLevel::O1, ..jit },
        8..11 => Config { registers: Some(4 + seed as u8), poison: true, ..jit },
        11 | 12 => Config { mode: Mode::Mix { seed }, ..jit },
        13 => Config { mode: Mode::Mix3 { seed }, poison: seed == 0, ..jit },
        14 => Config { gc_stress: true, paranoid: true, ..jit },
        15 => Config { gc_stress: true, paranoid: true, ..Config::default() },
        16 => Config { dispatch: Some(Dispatch::Loop), ..Config::default() },
        17 | 18 => {
            let dispatch = [None, Some(Dispatch::Loop)][(seed % 2) as usize];
            Config { poison: true, dispatch, ..Config::default() }
        }
        19 => Config { mode: Mode::Mix { seed }, registers: Some(5), poison: true, gc_stress: true, ..jit },
        // These use instructions that no other column does.
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
        23..26 => Config { mode: Mode::Tiered { seed: Some(seed) }, ..jit },
        26 => Config {
            mode: Mode::Tiered { seed: Some(seed) },
            registers: Some(5),
            poison: true,
            gc_stress: seed == 0,
            ..jit
        },
        _ => return None,
    })
}

/// Engines by configuration, reused from module to module.
#[derive(Default)]
pub struct Engines(Vec<Column>);

impl Engines {
    /// Returns a column for each configuration; engines are created on first use.
    ///
    /// # Errors
    /// This build or this CPU does not support a configuration.
    pub fn columns(&mut self, configs: Vec<Config>) -> Result<Vec<Column>, ConfigError> {
        configs.into_iter().map(|config| self.column(config)).collect()
    }

    fn column(&mut self, config: Config) -> Result<Column, ConfigError> {
        if let Some(known) = self.0.iter().find(|c| *c.engine.config() == config) {
            return Ok(known.clone());
        }
        let column = Column::new(config)?;
        self.0.push(column.clone());
        Ok(column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triage::observe::column_name;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_of_variant_comes() {
        let mut engines = Engines::default();
        let choice = ColumnChoice::default();
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
        for part in
            ["regs", "poison", "mix:", "mix3:", "tier:", "gc", "interp+gc", "interp+poison", "interp+dispatch:loop"]
        {
            assert!(of(part) > 80, "{part}: {variants:?}");
        }
        let plain = ["jit-O1", "jit-O1+verify"].map(|name| variants.get(name).copied().unwrap_or_default());
        assert!((900..1100).contains(&plain.iter().sum::<u32>()), "{variants:?}");
        assert!(engines.0.len() < 200, "{}", engines.0.len());
        // A name stands for one configuration: that of a variant is not that of a plain column.
        let names: std::collections::HashSet<&str> = engines.0.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names.len(), engines.0.len(), "{names:?}");
    }

    /// Tests each variant at every level of the JIT, and with each seed and each number of registers.
    #[test]
    fn all_variants_come_and_no_others() {
        let choice = ColumnChoice { checked: CheckedShare::None, ..ColumnChoice::default() };
        let names = (0..4000).filter_map(|seed| choice.of(seed).get(COLUMNS.len()).map(column_name));
        let variants: BTreeSet<String> = names.filter(|name| !name.contains("+cpu:")).collect();
        let mut expected = BTreeSet::from(
            ["jit-O1", "interp+gc+paranoid", "interp+poison", "interp+dispatch:loop", "interp+dispatch:loop+poison"]
                .map(String::from),
        );
        for level in ["jit-O0", "jit-O1", "jit"] {
            expected.insert(format!("{level}+gc+paranoid"));
            for n in 0..4 {
                let first = |text: &'static str| if n == 0 { text } else { "" };
                expected.extend([
                    format!("{level}+regs:{}+poison", 4 + n),
                    format!("{level}+mix:{n}"),
                    format!("{level}+mix:{n}+regs:5+poison+gc"),
                    format!("{level}+mix3:{n}{}", first("+poison")),
                    format!("{level}+tier:{n}"),
                    format!("{level}+tier:{n}+regs:5+poison{}", first("+gc")),
                ]);
            }
        }
        assert_eq!(variants, expected);
    }

    /// The plain columns have code for this CPU; a lesser one has to use other instructions.
    #[test]
    fn lesser_cpus_come_and_not_the_best() {
        let Some(highest) = CpuLevel::detected() else { return };
        let choice = ColumnChoice::default();
        let columns = (0..4000).flat_map(|seed| choice.of(seed));
        let found: BTreeSet<&str> = columns.filter_map(|config| config.cpu).map(CpuLevel::name).collect();
        let best = highest.target().all_levels().next_back().expect("a CPU has a level");
        let lesser = highest.target().all_levels().filter(|&level| level != best && highest.includes(level));
        let expected: BTreeSet<&str> = lesser.map(CpuLevel::name).collect();
        assert_eq!(found, expected);
    }

    /// The results of the reference do not depend on the other columns: all have the same profile.
    #[test]
    fn every_column_has_the_nans_of_the_choice() {
        let choice = ColumnChoice { nan: NanProfile::Canonical, ..ColumnChoice::default() };
        let (mut columns, mut variants) = (0, 0);
        for seed in 0..100 {
            let configs = choice.of(seed);
            assert!(configs.iter().all(|config| config.nan == NanProfile::Canonical), "seed {seed}");
            columns += COLUMNS.len();
            variants += configs.len();
        }
        assert!(variants > columns + 50, "{variants}");
    }

    #[test]
    fn what_is_verified_changes_no_variant() {
        let mut variants = 0;
        for seed in 0..200 {
            let of = |checked| {
                let columns = ColumnChoice { checked, ..ColumnChoice::default() }.of(seed);
                columns.into_iter().map(|config| Config { verify: false, ..config }).collect::<Vec<_>>()
            };
            let columns = of(ColumnChoice::default().checked);
            assert_eq!(columns, of(CheckedShare::All), "seed {seed}");
            assert_eq!(columns, of(CheckedShare::None), "seed {seed}");
            variants += columns.len() - COLUMNS.len();
        }
        assert!(variants > 100, "{variants}");
    }
}
