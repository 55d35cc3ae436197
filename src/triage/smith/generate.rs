//! Random modules: that end, with canonical NaNs, of many shapes. A seed is a module, for ever the same (with one version of
//! wasm-smith and one set of features). Even seeds are wasm-smith's, odd ones those of [`dense`]; one in [`LINKED`] of
//! either imports a part of what it has from a copy of itself (see [`link`](super::link)), the others import nothing.

use super::dense::dense;
use super::features::Features;
use super::link::linked;
use super::tame::tame;
use crate::engine::NanProfile;
use crate::random::Random;
use crate::triage::script::leb;
use crate::triage::subject::{Drive, Subject};
use arbitrary::Unstructured;
use wasm_smith::{InstructionKind as Kind, InstructionKinds, MemoryOffsetChoices};

/// Name under which the global that counts down to a module's end is exported.
pub const FUEL: &str = "fuel";

/// One seed in so many is a linked module.
const LINKED: u64 = 4;

/// What a module is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A few functions of anything.
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
    /// Next to nothing: cheap, hence many.
    Tiny,
}

/// Who makes the module of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// wasm-smith: wide, everything that the language has.
    WasmSmith,
    /// [`dense`]: narrow, everything that compilers get wrong.
    Dense,
}

impl Maker {
    pub const ALL: [Maker; 2] = [Maker::WasmSmith, Maker::Dense];

    pub fn of(seed: u64) -> Maker {
        Maker::ALL[(seed % 2) as usize]
    }

    pub fn name(self) -> &'static str {
        match self {
            Maker::WasmSmith => "wasm-smith",
            Maker::Dense => "dense",
        }
    }
}

/// The module of a seed, driven by all its exported functions. Its own code makes NaNs canonical unless the engine's
/// profile does.
///
/// # Errors
/// wasm-smith's own, which it is not expected to make.
pub fn generate(seed: u64, features: Features, nan: NanProfile) -> Result<Subject, String> {
    let mut random = Random::new(seed);
    if Maker::of(seed) == Maker::Dense {
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

/// The module that some bytes are, under the configuration that a seed chooses: what a fuzzer asks for.
///
/// # Errors
/// As [`generate`].
pub fn generate_from(seed: u64, bytes: &[u8], features: Features) -> Result<Subject, String> {
    let (config, plan) = configure(&mut Random::new(seed), features, NanProfile::Native);
    finish(config, plan, bytes, seed, features)
}

/// A module, driven by all its exported functions; linked, if that is what the seed draws.
fn subject(bytes: Vec<u8>, seed: u64, rounds: u32, fuel: u32, features: Features) -> Result<Subject, String> {
    let drive = Drive::Exports { seed, rounds, fuel: Some((FUEL.to_string(), fuel)) };
    // By numbers of its own: whether modules are linked does not change which they are.
    let mut random = Random::new(seed ^ 0x11_4e_ed);
    if random.below(LINKED) != 0 {
        return Ok(Subject { bytes, provider: None, drive });
    }
    let linked = linked(&bytes, &mut random, features.has("compact-imports"))?;
    Ok(Subject { bytes: linked, provider: Some(bytes), drive })
}

/// What is chosen by seed other than wasm-smith's configuration.
struct Plan {
    /// Random bytes that the module is made of.
    entropy: usize,
    /// Function entries and loop headers of each call.
    fuel: u32,
    rounds: u32,
}

fn configure(random: &mut Random, features: Features, nan: NanProfile) -> (wasm_smith::Config, Plan) {
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
        // With traps few functions get far; without, the checks go unused.
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
    (config, Plan { entropy, fuel, rounds })
}

fn finish(
    config: wasm_smith::Config,
    plan: Plan,
    bytes: &[u8],
    seed: u64,
    features: Features,
) -> Result<Subject, String> {
    let nans = config.canonicalize_nans;
    let wild = config.threads_enabled || config.relaxed_simd_enabled && nans;
    // Its assertions are not ours to meet for every configuration: a seed that fails one is a finding of that name.
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(bytes)).map_err(|e| e.to_string())?;
        module.ensure_termination(plan.fuel).map_err(|e| e.to_string())?;
        let bytes = module.to_bytes();
        if wild { tame(&bytes, nans) } else { Ok::<_, String>(bytes) }
    }));
    let bytes = export_all(&made.map_err(|_| "wasm-smith panicked")??, true)?;
    subject(bytes, seed, plan.rounds, plan.fuel, features)
}

/// Gives a module that imports nothing another export section: everything, as `f0`, `t0`, `m0`, `g0`, `e0`, and
/// the last global, which [`wasm_smith::Module::ensure_termination`] added, as [`FUEL`]. Memories only if asked for: another
/// engine looks at all of what is exported.
fn export_all(bytes: &[u8], memories: bool) -> Result<Vec<u8>, String> {
    const SECTIONS: [(u8, &str, u8); 5] = [(3, "f", 0), (4, "t", 1), (5, "m", 2), (6, "g", 3), (13, "e", 4)];
    const EXPORTS: u8 = 7;
    // Order of the sections that stand before the exports; data count, code and data come after.
    let before = |id: u8| matches!(id, 0..=6 | 13);
    let malformed = || "wasm-smith made a module that cannot be read".to_string();
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
}
