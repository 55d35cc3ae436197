//! Random modules of many shapes, which end and have canonical NaNs. A seed always gives the same module (with one
//! version of wasm-smith and one set of features). Even seeds are wasm-smith's; of the odd ones, every second is one of
//! `dense`, and the others are those of `edges`. One in `LINKED` of each imports some of its items from a copy of itself (see `link`); the others import
//! nothing.

use super::RewriteError;
use super::dense::dense;
use super::edges::edges;
use super::features::Features;
use super::link::{FUEL, linked};
use super::tame::tame;
use crate::engine::NanProfile;
use crate::random::Random;
use crate::triage::script::leb;
use crate::triage::subject::{DrivenBy, Subject};
use arbitrary::Unstructured;
use wasm_smith::{InstructionKind as Kind, InstructionKinds, MemoryOffsetChoices};

/// One seed in this many is a linked module.
const LINKED: u64 = 4;

/// The reason why no module was generated. None of them is expected.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// wasm-smith reported this error.
    #[error(transparent)]
    WasmSmith(#[from] arbitrary::Error),
    /// wasm-smith cannot make the module terminate.
    #[error("{0}")]
    Endless(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// wasm-smith panicked.
    #[error("wasm-smith panicked")]
    Panicked,
    /// wasm-smith made a module whose sections cannot be read.
    #[error("wasm-smith made a module that cannot be read")]
    Sections,
    /// wasm-smith made a module that cannot be read.
    #[error("wasm-smith made a module that cannot be read: {0}")]
    Unreadable(#[source] RewriteError),
    /// The generator made a module that cannot be linked with itself.
    #[error("the module to be linked cannot be read: {0}")]
    NotLinked(#[source] RewriteError),
}

/// The shape of a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A few functions of any kind.
    Balanced,
    /// Many small functions.
    Many,
    /// One to three long functions.
    Long,
    /// Arithmetic and control.
    Numeric,
    /// Loads, stores and growth.
    Memory,
    /// Calls of all kinds, tables, references.
    Calls,
    /// Next to nothing: cheap, and therefore frequent.
    Tiny,
}

/// The generator of a seed's module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generator {
    /// wasm-smith: wide, the whole language.
    WasmSmith,
    /// `dense`: narrow, code in which compilers go wrong.
    Dense,
    /// `edges`: one thing in each function, where something ends.
    Edges,
}

impl Generator {
    /// All generators, in the order of seeds.
    pub const ALL: [Generator; 3] = [Generator::WasmSmith, Generator::Dense, Generator::Edges];

    /// Returns the generator of a seed's module.
    pub fn of(seed: u64) -> Generator {
        match seed % 4 {
            0 | 2 => Generator::WasmSmith,
            1 => Generator::Dense,
            _ => Generator::Edges,
        }
    }

    /// Returns the name for summaries.
    pub fn name(self) -> &'static str {
        match self {
            Generator::WasmSmith => "wasm-smith",
            Generator::Dense => "dense",
            Generator::Edges => "edges",
        }
    }
}

/// Generates the module of a seed, driven by all its exported functions. Its own code makes NaNs canonical unless the
/// engine's profile does.
///
/// # Errors
/// See [`GenerateError`].
pub fn generate(seed: u64, features: Features, nan: NanProfile) -> Result<Subject, GenerateError> {
    let mut random = Random::new(seed);
    if Generator::of(seed) == Generator::Edges {
        let bytes = export_all(&edges(&mut random, features, nan), true)?;
        return subject(bytes, seed, 1, 100, features);
    }
    if Generator::of(seed) == Generator::Dense {
        let fuel = [20, 50, 100, 200][random.below(4) as usize];
        let rounds = 3 + random.below(4) as u32;
        let (bytes, huge) = dense(&mut random, features, nan);
        let bytes = export_all(&bytes, !huge)?;
        return subject(bytes, seed, rounds, fuel, features);
    }
    let (config, plan) = configure(&mut random, features, nan);
    let bytes: Vec<u8> = (0..plan.entropy / 8).flat_map(|_| random.next().to_le_bytes()).collect();
    finish(config, plan, &bytes, seed, features)
}

/// Generates the module that these bytes encode, under the configuration that a seed chooses; for fuzzers.
///
/// # Errors
/// As for [`generate`].
pub fn generate_from(seed: u64, bytes: &[u8], features: Features) -> Result<Subject, GenerateError> {
    let (config, plan) = configure(&mut Random::new(seed), features, NanProfile::Native);
    finish(config, plan, bytes, seed, features)
}

/// Returns a module, driven by all its exported functions; a linked one, if the seed draws that.
fn subject(bytes: Vec<u8>, seed: u64, rounds: u32, fuel: u32, features: Features) -> Result<Subject, GenerateError> {
    let drive = DrivenBy::Exports { seed, rounds, fuel: Some((FUEL.to_string(), fuel)), hostless: false };
    // Separate random numbers: linking does not change which modules are drawn.
    let mut random = Random::new(seed ^ 0x11_4e_ed);
    if random.below(LINKED) != 0 {
        return Ok(Subject { bytes, provider: None, drive });
    }
    let linked = linked(&bytes, &mut random, features.has("compact-imports")).map_err(GenerateError::NotLinked)?;
    Ok(Subject { bytes: linked, provider: Some(bytes), drive })
}

/// The seed's choices besides wasm-smith's configuration.
struct ModulePlan {
    /// The number of random bytes that the module is made from.
    entropy: usize,
    /// The fuel of each call: function entries and loop headers.
    fuel: u32,
    rounds: u32,
}

fn configure(random: &mut Random, features: Features, nan: NanProfile) -> (wasm_smith::Config, ModulePlan) {
    const SHAPES: [Shape; 10] = [
        Shape::Balanced,
        Shape::Balanced,
        Shape::Many,
        Shape::Long,
        Shape::Numeric,
        Shape::Memory,
        Shape::Calls,
        Shape::Calls,
        Shape::Tiny,
        Shape::Tiny,
    ];
    let shape = SHAPES[random.below(10) as usize];
    let range = |random: &mut Random, low: u64, high: u64| (low + random.below(high - low + 1)) as usize;
    let mut config = wasm_smith::Config {
        available_imports: None,
        max_imports: 0,
        // Exports are added afterwards, with short names.
        max_exports: 0,
        min_types: 3,
        max_types: 12,
        max_globals: 10,
        max_tags: 4,
        max_tables: 3,
        max_table_elements: 200,
        table_max_size_required: true,
        max_element_segments: 4,
        max_elements: 12,
        max_data_segments: 4,
        max_memories: 1,
        max_memory32_bytes: 1 << 20,
        max_memory64_bytes: 1 << 20,
        memory_max_size_required: true,
        max_nesting_depth: range(random, 4, 12),
        canonicalize_nans: !nan.is_canonical(),
        // With traps, few functions get far; without them, the checks are never used.
        disallow_traps: random.below(2) == 0,
        allow_floats: random.below(8) != 0,
        allow_start_export: random.below(8) == 0,
        compact_imports_enabled: false,
        min_funcs: 1,
        ..wasm_smith::Config::default()
    };
    features.configure(&mut config, || random.next());
    let (kinds, entropy): (&[Kind], usize) = match shape {
        Shape::Balanced => {
            (config.min_funcs, config.max_funcs, config.max_instructions) = (2, range(random, 2, 6), 120);
            (&[], 2048)
        }
        Shape::Many => {
            (config.min_funcs, config.max_funcs, config.max_instructions) = (range(random, 4, 8), 20, 25);
            (&[], 2048)
        }
        Shape::Long => {
            (config.max_funcs, config.max_instructions) = (range(random, 1, 2), 900);
            (&[], 6144)
        }
        Shape::Numeric => {
            (config.max_funcs, config.max_instructions) = (range(random, 1, 4), 200);
            config.max_memories = 0;
            config.max_tables = 0;
            (&[Kind::Numeric, Kind::Parametric, Kind::Variable, Kind::Control], 2048)
        }
        Shape::Memory => {
            (config.max_funcs, config.max_instructions) = (range(random, 1, 4), 150);
            config.min_memories = u32::from(config.max_memories > 0);
            config.max_tables = 0;
            config.memory_offset_choices =
                if random.below(2) == 0 { MemoryOffsetChoices(1, 0, 0) } else { MemoryOffsetChoices(8, 2, 1) };
            (&[Kind::Memory, Kind::NumericInt, Kind::Parametric, Kind::Variable, Kind::Control], 2048)
        }
        Shape::Calls => {
            (config.min_funcs, config.max_funcs, config.max_instructions) = (3, range(random, 4, 10), 50);
            config.min_tables = u32::from(config.max_tables > 0);
            config.min_element_segments = 1;
            config.min_tags = usize::from(config.exceptions_enabled);
            let kinds = &[Kind::Control, Kind::Parametric, Kind::Variable, Kind::Numeric, Kind::Reference, Kind::Table];
            (kinds, 2048)
        }
        Shape::Tiny => {
            (config.max_funcs, config.max_instructions) = (range(random, 1, 3), 20);
            (&[], 1024)
        }
    };
    if !kinds.is_empty() {
        config.allowed_instructions = InstructionKinds::new(kinds);
    }
    let fuel = [50, 200, 500, 1000][random.below(4) as usize];
    let rounds = 3 + random.below(4) as u32;
    (config, ModulePlan { entropy, fuel, rounds })
}

fn finish(
    config: wasm_smith::Config,
    plan: ModulePlan,
    bytes: &[u8],
    seed: u64,
    features: Features,
) -> Result<Subject, GenerateError> {
    let nans = config.canonicalize_nans;
    let wild = config.threads_enabled || config.relaxed_simd_enabled && nans;
    // wasm-smith's assertions do not hold for every configuration: a seed that violates one is reported as a finding.
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(bytes))?;
        module.ensure_termination(plan.fuel).map_err(|e| GenerateError::Endless(e.into()))?;
        let bytes = module.to_bytes();
        if wild { tame(&bytes, nans).map_err(GenerateError::Unreadable) } else { Ok(bytes) }
    }));
    let bytes = export_all(&made.map_err(|_| GenerateError::Panicked)??, true)?;
    subject(bytes, seed, plan.rounds, plan.fuel, features)
}

/// Replaces the export section of a module that imports nothing. All items are exported, as `f0`, `t0`, `m0`, `g0`,
/// `e0`; the last global, which [`wasm_smith::Module::ensure_termination`] added, is exported as [`FUEL`]. Memories are
/// exported only if asked for: another engine compares all exports.
fn export_all(bytes: &[u8], memories: bool) -> Result<Vec<u8>, GenerateError> {
    const SECTIONS: [(u8, &str, u8); 5] = [(3, "f", 0), (4, "t", 1), (5, "m", 2), (6, "g", 3), (13, "e", 4)];
    const EXPORTS: u8 = 7;
    // The sections before the exports; data count, code and data come after.
    let before = |id: u8| matches!(id, 0..=6 | 13);
    let malformed = || GenerateError::Sections;
    let (mut entries, mut count, mut rest) = (Vec::new(), 0u64, Vec::new());
    let mut out = bytes.get(..8).ok_or_else(malformed)?.to_vec();
    let mut at = 8;
    while at < bytes.len() {
        let (start, id) = (at, bytes[at]);
        let mut cursor = at + 1;
        let size = read_leb(bytes, &mut cursor).ok_or_else(malformed)?;
        let mut content = cursor;
        at = cursor + size as usize;
        let section = bytes.get(start..at).ok_or_else(malformed)?;
        match id {
            EXPORTS => {}
            _ if before(id) => out.extend_from_slice(section),
            _ => rest.extend_from_slice(section),
        }
        let Some((_, prefix, kind)) = SECTIONS.iter().find(|(section, ..)| *section == id) else { continue };
        if id == 5 && !memories {
            continue;
        }
        let number = read_leb(bytes, &mut content).ok_or_else(malformed)?;
        for i in 0..number {
            let name = if id == 6 && i + 1 == number { FUEL.to_string() } else { format!("{prefix}{i}") };
            entries.push(name.len() as u8);
            entries.extend_from_slice(name.as_bytes());
            entries.push(*kind);
            leb(i, &mut entries);
            count += 1;
        }
    }
    let mut body = Vec::with_capacity(entries.len() + 2);
    leb(count, &mut body);
    body.extend_from_slice(&entries);
    out.push(EXPORTS);
    leb(body.len() as u64, &mut out);
    out.extend_from_slice(&body);
    out.extend_from_slice(&rest);
    Ok(out)
}

fn read_leb(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(value);
        }
        if shift > 56 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_valid_and_come_back() {
        let (mut functions, mut calls, mut longest) = (0, 0, 0);
        for seed in 0..300 {
            let subject = generate(seed, Features::supported(), NanProfile::Native).unwrap();
            assert_eq!(subject, generate(seed, Features::supported(), NanProfile::Native).unwrap(), "seed {seed}");
            let prepared = subject.prepare().unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            assert!(prepared.module.export(FUEL).is_some(), "seed {seed}");
            assert_eq!(prepared.module.imports.is_empty(), prepared.provider.is_none(), "seed {seed}");
            functions += prepared.module.num_defined_functions();
            calls += prepared.calls.len();
            longest = longest.max(prepared.module.bodies.iter().map(|b| b.range.len()).max().unwrap_or(0));
        }
        assert!(functions > 600 && calls > 1500 && longest > 1500, "{functions} {calls} {longest}");
    }

    /// Another engine is asked for everything that is exported: a memory of gigabytes would be too much.
    #[test]
    fn memories_are_exported_unless_they_are_huge() {
        let mut huge = 0;
        for seed in [1, 3, 5, 7, 845, 2045, 2821, 3549] {
            let prepared = generate(seed, Features::supported(), NanProfile::Native).unwrap().prepare().unwrap();
            let is_huge = prepared.modules().any(|module| module.memories.iter().any(|memory| memory.initial > 0x8000));
            assert_eq!(prepared.module.export("m0").is_none(), is_huge, "seed {seed}");
            huge += u32::from(is_huge);
        }
        assert_eq!(huge, 4);
    }

    /// Every operator of the language occurs in a few of some thousand modules; those that only some modules have occur in enough
    /// of them to be worth comparing.
    #[test]
    fn every_operator_is_generated() {
        macro_rules! names {
            ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
                [$((stringify!($proposal), stringify!($op))),*]
            };
        }
        let features = Features::parse(&["all", "-shared-everything-threads"]).unwrap();
        let mut modules = std::collections::BTreeMap::<String, u32>::new();
        for seed in 0..6000 {
            let subject = generate(seed, features, NanProfile::Native).unwrap();
            let mut here = std::collections::BTreeSet::new();
            for payload in wasmparser::Parser::new(0).parse_all(&subject.bytes) {
                let Ok(wasmparser::Payload::CodeSectionEntry(body)) = payload else { continue };
                let mut before = String::new();
                for operator in body.get_operators_reader().unwrap() {
                    let shown = format!("{:?}", operator.unwrap());
                    // Nothing would wake the only thread.
                    if shown.starts_with("MemoryAtomicWait") {
                        assert_eq!(before, "I64Const { value: 0 }", "seed {seed}: {shown}");
                    }
                    // Which NaN a relaxed operator makes is an engine's choice, and is made canonical at once.
                    if before.starts_with('F') && before.contains("Relaxed") {
                        let kept = ["LocalSet", "LocalTee"].iter().any(|kept| shown.starts_with(kept));
                        assert!(kept, "seed {seed}: {shown} after {before}");
                    }
                    before.clone_from(&shown);
                    here.insert(shown.split([' ', '(', '{']).next().unwrap_or_default().to_string());
                }
            }
            here.into_iter().for_each(|name| *modules.entry(name).or_default() += 1);
        }
        let all = wasmparser::for_each_visit_operator!(names).into_iter();
        let all = all.chain(wasmparser::for_each_visit_simd_operator!(names));
        // Proposals that no generator uses, since nothing supports them.
        let never = ["shared_everything_threads", "memory_control", "acquire_release_atomics"];
        let rare: Vec<(&str, &str, u32)> = all
            // A select of several types is in no version of the language.
            .filter(|(proposal, name)| !never.contains(proposal) && *name != "TypedSelectMulti")
            .map(|(proposal, name)| (proposal, name, modules.get(name).copied().unwrap_or_default()))
            .filter(|(.., count)| *count < 5)
            .collect();
        assert!(rare.is_empty(), "{rare:?}");
    }
}
