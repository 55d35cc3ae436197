//! The options of the engine, declared in one place: every room reads the options that concern it from one [`Config`],
//! which is passed by reference.

pub mod profile;

use crate::random::mix;
use crate::target::CpuLevel;
use profile::Profile;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// An unknown name for a choice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {}", either(.choices))]
pub struct UnknownChoice {
    /// The names that exist.
    pub choices: Vec<&'static str>,
}

/// Joins names to `a, b or c`.
fn either(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => only.to_string(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Declares an enum whose variants have the names used on command lines and in reports.
macro_rules! choices {
    ($(#[$meta:meta])* pub enum $choice:ident { $($(#[$variant_meta:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $choice { $($(#[$variant_meta])* $variant,)* }

        impl $choice {
            /// All variants.
            pub const ALL: &[$choice] = &[$($choice::$variant),*];

            /// The name of this variant.
            pub fn name(self) -> &'static str {
                match self { $($choice::$variant => $name,)* }
            }
        }

        impl std::str::FromStr for $choice {
            type Err = UnknownChoice;

            fn from_str(name: &str) -> Result<$choice, UnknownChoice> {
                match name {
                    $($name => Ok($choice::$variant),)*
                    _ => Err(UnknownChoice { choices: vec![$($name),*] }),
                }
            }
        }
    };
}

/// Optimization level of the JIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum OptLevel {
    /// The same pipeline, without optimization passes.
    O0,
    /// Linear, cheap passes.
    O1,
    /// All passes.
    O2,
}

/// Which backend executes a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Tier {
    /// The interpreter.
    Interp,
    /// The optimizing compiler.
    Jit,
    /// The evaluator `jit::ir::eval`, on the SSA form after all passes (or after the pass that the configuration
    /// names).
    Eval,
}

/// The assignment of tiers to functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Mode {
    /// One tier for all functions.
    All(Tier),
    /// Interpreter or JIT, by a hash of the seed, module and function.
    Mix {
        /// The seed of the hash.
        seed: u64,
    },
    /// Interpreter, JIT or SSA evaluator, by the same hash.
    Mix3 {
        /// The seed of the hash.
        seed: u64,
    },
    /// Interpreted first, and replaced by compiled code while running: see [`Mode::passings`].
    Tiered {
        /// The seed of the hash that decides when each function is compiled; `None`: when compiling pays off.
        seed: Option<u64>,
    },
    /// Like [`Mode::Tiered`], but every function is replaced after the same number of passings.
    Replaced {
        /// Replace only at loops, rather than at entries and, for functions not entered that often, at their loops.
        at_loops: bool,
        /// The number of passings before the replacement.
        after: u32,
    },
}

choices! {
    /// The interpreter's dispatcher.
    pub enum Dispatch {
        /// One loop with one match.
        Loop = "loop",
        /// Handlers that tail-call each other; `Engine::new` refuses it where the build does not support it.
        Chain = "chain",
    }
}

choices! {
    /// The register allocator.
    pub enum AllocatorKind {
        /// regalloc2's single pass over each block, backwards.
        Fast = "fast",
        /// Our own pass over the whole function: `jit::regalloc::scan`.
        Good = "good",
        /// regalloc2's backtracking over live ranges, aware of loops: slow, and a second witness.
        Backtracking = "backtracking",
    }
}

choices! {
    /// Which of the results that the specification allows a relaxed operator returns.
    #[derive(Default)]
    pub enum Relaxed {
        /// The results of the specification's deterministic profile, on every CPU.
        #[default]
        Deterministic = "deterministic",
        /// The results of the CPU level's own instructions, where it has them. Code for one level may then mean
        /// something else than code for another.
        Native = "native",
    }
}

choices! {
    /// Which of the NaNs that the specification allows an operator returns. It does not determine the bits of the NaN
    /// of a sum, a square root or a conversion, in a scalar or in a lane. Operators that move bits, and `neg`, `abs`,
    /// `copysign`, `pmin` and `pmax`, keep them under either profile.
    #[derive(Default)]
    pub enum NanProfile {
        /// The CPU's NaNs: often an operand's, made quiet.
        #[default]
        Native = "native",
        /// The positive canonical NaN, whatever the operands: the specification's deterministic profile. Two executions
        /// of a program without imports then differ only in the resources they get.
        Canonical = "canonical",
    }
}

impl NanProfile {
    /// Whether operators return canonical NaNs only.
    pub fn is_canonical(self) -> bool {
        self == NanProfile::Canonical
    }
}

/// Everything that changes how code is executed. Only `relaxed` and `nan` can change a program's results; all other
/// options affect speed alone.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Config {
    /// The tier of each function.
    pub mode: Mode,
    /// The optimization level of the JIT.
    pub opt: OptLevel,
    /// Names of passes to run, in this order, instead of the level's own (`--passes`).
    pub passes: Option<Vec<String>>,
    /// Number of allocatable registers of each class; `None`: all.
    pub registers: Option<u8>,
    /// Run the IR verifier after each pass, and the allocation checker after each allocation.
    pub verify: bool,
    /// Poison undefined bits, so that code that relies on them fails: the upper halves of 32-bit values; in functions
    /// with vectors, also the part of a vector register above a float; and the interpreter's accumulators where no
    /// instruction may rely on them.
    pub poison: bool,
    /// Limit references within code to a range of a few instructions, so that code of any size needs the intermediate
    /// jumps that otherwise only huge functions and modules need. Has no effect on CPUs whose references all reach far
    /// enough.
    #[serde(default)]
    pub short_reach: bool,
    /// The CPU level that the JIT compiles for, which limits the instructions it may use. `None`: the highest level of
    /// this CPU that the JIT knows.
    #[serde(default)]
    pub cpu: Option<CpuLevel>,
    /// Results of relaxed operators in compiled code. [`Relaxed::Native`] is only for the JIT: the interpreter would
    /// choose other results in the same program.
    #[serde(default)]
    pub relaxed: Relaxed,
    /// Which NaNs float operators return, on every tier.
    #[serde(default)]
    pub nan: NanProfile,
    /// Collect at every allocation; after some thousands of allocations in a store, only at about every hundredth,
    /// because loops that allocate a million times must end.
    pub gc_stress: bool,
    /// After each call, check the invariants of the store, and check a collection against another marker.
    #[serde(default)]
    pub paranoid: bool,
    /// The interpreter's dispatcher; `None`: the best that this build supports.
    pub dispatch: Option<Dispatch>,
    /// Count fuel (see [`Store::set_fuel`](crate::runtime::store::Store::set_fuel)): the same units at the same points
    /// on every tier and level.
    #[serde(default)]
    pub fuel: bool,
    /// Make all calls through function records so that tracing can redirect them (see
    /// [`Store::trace`](crate::runtime::store::Store::trace)).
    #[serde(default)]
    pub trace_calls: bool,
    /// Report each store to memory before it happens, with the libcall `TraceStore`; also for tracing.
    #[serde(default)]
    pub trace_stores: bool,
    /// The function bodies that run on the mode's tier; all others are interpreted. `None`: all bodies.
    pub only: Option<Bodies>,
    /// If functions are replaced while they run, the places where they may be replaced. `None`: all places.
    #[serde(default)]
    pub places: Option<Places>,
    /// Run only the first N stages of the SSA form, as `jit::pipeline::stages` lists them (`--pass-limit`).
    pub pass_limit: Option<u32>,
    /// Let the last stage that runs make only its first N changes (`--rewrite-limit`).
    pub rewrite_limit: Option<u64>,
    /// What executions of one module observed: the JIT places code that was never reached with the rarely executed code. Has
    /// no effect on other modules. Not sent to other processes.
    #[serde(skip)]
    pub profile: Option<Arc<Profile>>,
    /// Instead, invent a profile for every module from this seed: code may then be placed anywhere.
    #[serde(default)]
    pub invented_profile: Option<u64>,
    /// In [`Mode::Tiered`] without a seed, watch every function from its first call on, to get a complete profile.
    #[serde(default)]
    pub watch_all: bool,
    /// The register allocator. `None`: the fast one at `O0`, the good one above.
    pub allocator: Option<AllocatorKind>,
    /// The number of compiler threads, besides the requesting thread. In [`Mode::Tiered`] they work in the background once
    /// there is more than a little to compile; if there are none, the thread that executes a function compiles it, so the same
    /// program is always replaced at the same points. When compiling ahead of time, they share the functions of a module, and
    /// the code does not depend on their number. `None`: one less than this machine has cores, at least 1. The number of cores
    /// is read when the first thread is needed, since it takes half a dozen files to find out.
    pub compile_threads: Option<u8>,
}

impl Config {
    /// Enables everything optional that bytecode can contain, for tests that keep it as text.
    #[cfg(test)]
    pub(crate) fn with_all_that_bytecode_has() -> Config {
        Config {
            trace_stores: true,
            poison: true,
            fuel: true,
            nan: NanProfile::Canonical,
            mode: Mode::Tiered { seed: None },
            ..Config::default()
        }
    }

    /// The number of compiler threads: see [`Config::compile_threads`].
    pub fn threads_to_compile(&self) -> u8 {
        self.compile_threads.unwrap_or_else(|| {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            (cores - 1).clamp(1, usize::from(u8::MAX)) as u8
        })
    }

    /// Returns the tier of a body of the module with this hash.
    pub fn tier(&self, module_hash: u64, body: u32) -> Tier {
        match &self.only {
            Some(only) if !only.contains(module_hash, body) => Tier::Interp,
            _ => self.mode.tier(module_hash, body),
        }
    }

    /// The CPU level that the JIT compiles for, which determines the instructions it may use.
    pub fn cpu_level(&self) -> CpuLevel {
        self.cpu.unwrap_or_default()
    }

    /// The register allocator.
    pub fn allocator_kind(&self) -> AllocatorKind {
        let of_level = if self.opt == OptLevel::O0 { AllocatorKind::Fast } else { AllocatorKind::Good };
        self.allocator.unwrap_or(of_level)
    }

    /// Returns the configuration reduced to the options that change the code of a module that is fully compiled, and
    /// those that determine how it was checked: equal results compile a module to the same bytes. `None` if not every
    /// function is compiled before it is called, or if a profile is used.
    pub fn of_code(&self) -> Option<Config> {
        // Every option is named, so that a new one cannot be forgotten here.
        let Config {
            mode: Mode::All(Tier::Jit),
            opt,
            passes,
            registers,
            verify,
            poison,
            short_reach,
            cpu: _,
            relaxed,
            nan,
            gc_stress: _,
            paranoid: _,
            dispatch: _,
            fuel,
            trace_calls,
            trace_stores,
            only: None,
            pass_limit,
            rewrite_limit,
            profile: None,
            invented_profile,
            watch_all: _,
            allocator: _,
            compile_threads: _,
            places: _,
        } = self
        else {
            return None;
        };
        Some(Config {
            mode: Mode::All(Tier::Jit),
            opt: *opt,
            passes: passes.clone(),
            registers: *registers,
            verify: *verify,
            poison: *poison,
            short_reach: *short_reach,
            cpu: Some(self.cpu_level()),
            relaxed: *relaxed,
            nan: *nan,
            fuel: *fuel,
            trace_calls: *trace_calls,
            trace_stores: *trace_stores,
            pass_limit: *pass_limit,
            rewrite_limit: *rewrite_limit,
            invented_profile: *invented_profile,
            allocator: Some(self.allocator_kind()),
            ..Config::default()
        })
    }

    /// Returns whether compiled code may call the module's own functions directly rather than through their records:
    /// only if every function of the module is native and stays native.
    pub fn direct_calls(&self) -> bool {
        self.mode == Mode::All(Tier::Jit) && self.only.is_none() && !self.trace_calls
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            mode: Mode::All(Tier::Interp),
            opt: OptLevel::O2,
            passes: None,
            registers: None,
            verify: false,
            poison: false,
            short_reach: false,
            cpu: None,
            relaxed: Relaxed::default(),
            nan: NanProfile::default(),
            gc_stress: false,
            paranoid: false,
            dispatch: None,
            fuel: false,
            trace_calls: false,
            trace_stores: false,
            only: None,
            places: None,
            pass_limit: None,
            rewrite_limit: None,
            profile: None,
            invented_profile: None,
            watch_all: false,
            allocator: None,
            compile_threads: Some(0),
        }
    }
}

/// The number of times that an interpreted function of up to [`FUNCTION_BYTES`] is entered, or one of its loops starts over,
/// before it is compiled; for larger functions it is proportionally larger. An iteration of a loop takes at most about as many
/// nanoseconds as its function has bytes, and compiling takes [longer](COMPILING_NANOS_PER_BYTE). In a large function, an
/// iteration rarely executes everything: such functions contain the loops of interpreters and parsers, which choose one of
/// hundreds of paths. An iteration that does execute much counts for [more](Mode::weight).
const PASSINGS: u32 = 1000;
/// See [`PASSINGS`]. (Measured: with half or twice as many bytes, the time of whole programs is within 2 %.)
const FUNCTION_BYTES: usize = 1 << 10;
/// The approximate time to compile a byte.
const COMPILING_NANOS_PER_BYTE: u64 = 300;
/// The approximate time to compile a function, besides the time for its bytes.
const COMPILING_NANOS: u64 = 100_000;
/// The number of passings, at the end, during which branches are counted.
const WATCHED: u32 = 200;

/// Returns for how many passings a body of this many bytes is interpreted.
fn passings(bytes: usize) -> u32 {
    let times = (bytes / FUNCTION_BYTES).max(1);
    PASSINGS.saturating_mul(times.try_into().unwrap_or(u32::MAX))
}

impl Mode {
    /// Returns the tier of a body; if it changes, the initial one. Depends only on the mode, the hash of the module's
    /// bytes and the index.
    pub fn tier(self, module_hash: u64, body: u32) -> Tier {
        match self {
            Mode::All(tier) => tier,
            Mode::Mix { seed } => [Tier::Interp, Tier::Jit][draw(seed, module_hash, body, 2)],
            Mode::Mix3 { seed } => [Tier::Interp, Tier::Jit, Tier::Eval][draw(seed, module_hash, body, 3)],
            Mode::Tiered { .. } | Mode::Replaced { .. } => Tier::Interp,
        }
    }

    /// Returns how many passings (entries and loop iterations) a body of `bytes` that starts in the interpreter makes
    /// before it is compiled. The next passing continues in compiled code. `None` if the body is never replaced.
    pub fn passings(self, module_hash: u64, body: u32, bytes: usize) -> Option<u32> {
        const FEW: [u32; 7] = [0, 0, 1, 2, 3, 7, 40];
        match self {
            Mode::Tiered { seed: None } => Some(passings(bytes)),
            Mode::Tiered { seed: Some(seed) } => Some(FEW[draw(seed, module_hash, body, FEW.len() as u64)]),
            Mode::Replaced { after, .. } => Some(after),
            Mode::All(_) | Mode::Mix { .. } | Mode::Mix3 { .. } => None,
        }
    }

    /// Returns how many passings one counts for that executes `executed` bytes of a body of `bytes`, and perhaps of
    /// others.
    pub fn weight(self, executed: usize, bytes: usize) -> u32 {
        match self {
            Mode::Tiered { seed: None } => {
                let compiling = COMPILING_NANOS + COMPILING_NANOS_PER_BYTE * bytes as u64;
                let weight = u64::from(passings(bytes)).saturating_mul(executed as u64) / compiling;
                weight.max(1).try_into().unwrap_or(u32::MAX)
            }
            _ => 1,
        }
    }

    /// Returns how many passings at the end are watched: the body is compiled with the profile they produce.
    pub fn watched(self, module_hash: u64, body: u32) -> u32 {
        match self {
            Mode::Tiered { seed: None } => WATCHED,
            // These modes do not use the number of bytes.
            _ => self.passings(module_hash, body, 0).unwrap_or(0) / 2,
        }
    }

    /// Returns whether functions are interpreted first and replaced while they run.
    pub fn replaces(self) -> bool {
        matches!(self, Mode::Tiered { .. } | Mode::Replaced { .. })
    }

    /// Returns whether a body with enough passings is replaced at its entry. With a seed, only half of all bodies are;
    /// the others reach their loops and are replaced there.
    pub fn replaces_at_entry(self, module_hash: u64, body: u32) -> bool {
        match self {
            Mode::Tiered { seed: Some(seed) } => draw(mix(seed), module_hash, body, 2) == 0,
            Mode::Replaced { at_loops, .. } => !at_loops,
            _ => true,
        }
    }
}

/// Draws a number below `n`.
fn draw(seed: u64, module_hash: u64, body: u32, n: u64) -> usize {
    (mix(seed ^ mix(module_hash ^ mix(u64::from(body)))) % n) as usize
}

/// A set of function bodies of some modules, narrowed by bisection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Bodies {
    /// Indices into [`Module::bodies`](crate::module::Module::bodies), ascending, by the hash of the module's bytes
    /// ([`module_hash`](crate::engine::module_hash)).
    modules: std::collections::BTreeMap<u64, std::collections::BTreeSet<u32>>,
}

impl Bodies {
    /// Returns whether the set contains this body of the module with this hash.
    pub fn contains(&self, module_hash: u64, body: u32) -> bool {
        self.modules.get(&module_hash).is_some_and(|bodies| bodies.contains(&body))
    }

    /// Pairs of module hash and body index, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        self.modules.iter().flat_map(|(&module, bodies)| bodies.iter().map(move |&body| (module, body)))
    }
}

impl FromIterator<(u64, u32)> for Bodies {
    fn from_iter<I: IntoIterator<Item = (u64, u32)>>(bodies: I) -> Self {
        let mut set = Bodies::default();
        for (module, body) in bodies {
            set.modules.entry(module).or_default().insert(body);
        }
        set
    }
}

/// A set of places in some modules where interpreted functions may be replaced, narrowed by bisection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Places(std::collections::BTreeSet<(u64, u32, Option<u32>)>);

impl Places {
    /// Returns whether the set contains a place in the module with this hash: the entry of a body, or the loop at this
    /// byte offset in the module's binary.
    pub fn contains(&self, module_hash: u64, body: u32, at: Option<u32>) -> bool {
        self.0.contains(&(module_hash, body, at))
    }
}

impl FromIterator<(u64, u32, Option<u32>)> for Places {
    fn from_iter<I: IntoIterator<Item = (u64, u32, Option<u32>)>>(places: I) -> Self {
        Places(places.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_passing_that_executes_all_of_a_large_body_weighs_more() {
        let tiered = Mode::Tiered { seed: None };
        // It takes 14,000 passings, and 4.5 ms to compile.
        assert_eq!([14_662, 7_331, 400, 0].map(|executed| tiered.weight(executed, 14_662)), [45, 22, 1, 1]);
        assert_eq!([1_000, 2_000, 4_000].map(|bytes| tiered.weight(bytes, bytes)), [2, 2, 9]);
        assert_eq!([0, 10, 300].map(|bytes| tiered.weight(bytes, bytes)), [1; 3]);
        // Modes with a given number of passings count each as one.
        for mode in [Mode::Tiered { seed: Some(1) }, Mode::Mix { seed: 1 }] {
            assert_eq!(mode.weight(14_662, 14_662), 1);
        }
    }

    #[test]
    fn choices_are_found_by_their_names() {
        assert!(Relaxed::ALL.iter().all(|choice| choice.name().parse() == Ok(*choice)));
        assert!(AllocatorKind::ALL.iter().all(|choice| choice.name().parse() == Ok(*choice)));
        let refused = |text: &str| text.parse::<AllocatorKind>().unwrap_err().to_string();
        assert_eq!(refused("best"), "expected fast, good or backtracking");
        assert_eq!("fused".parse::<Relaxed>().unwrap_err().to_string(), "expected deterministic or native");
        assert_eq!("quiet".parse::<NanProfile>().unwrap_err().to_string(), "expected native or canonical");
    }

    /// Another process gets all options except the profile, which stays in its process.
    #[test]
    fn options_reach_another_process() {
        // Each option differs from its default; a new one must be added here.
        let sent = Config {
            mode: Mode::Replaced { at_loops: true, after: 3 },
            opt: OptLevel::O1,
            passes: Some(vec!["a".into(), "b".into()]),
            registers: Some(5),
            verify: true,
            poison: true,
            short_reach: true,
            cpu: Some(CpuLevel::default().target().baseline()),
            relaxed: Relaxed::Native,
            nan: NanProfile::Canonical,
            gc_stress: true,
            paranoid: true,
            dispatch: Some(Dispatch::Loop),
            fuel: true,
            trace_calls: true,
            trace_stores: true,
            only: Some(Bodies::from_iter([(1, 2), (3, 0)])),
            places: Some(Places::from_iter([(1, 2, None), (1, 2, Some(7))])),
            pass_limit: Some(4),
            rewrite_limit: Some(5),
            profile: Some(Arc::default()),
            invented_profile: Some(6),
            watch_all: true,
            allocator: Some(AllocatorKind::Backtracking),
            compile_threads: Some(7),
        };
        let [changed, default] = [&sent, &Config::default()].map(|config| serde_json::to_value(config).unwrap());
        for (option, value) in changed.as_object().unwrap() {
            assert_ne!(value, &default[option], "{option}");
        }
        let bytes = postcard::to_allocvec(&sent).unwrap();
        assert_eq!(postcard::from_bytes::<Config>(&bytes).unwrap(), Config { profile: None, ..sent });
    }

    #[test]
    fn functions_that_are_not_selected_are_interpreted() {
        let jit = Config { mode: Mode::All(Tier::Jit), ..Config::default() };
        assert!(jit.direct_calls());
        assert_eq!(jit.tier(1, 2), Tier::Jit);
        let some = Config { only: Some(Bodies::from_iter([(1, 2), (3, 0)])), ..jit };
        assert_eq!([some.tier(1, 2), some.tier(3, 0)], [Tier::Jit; 2]);
        assert_eq!([some.tier(1, 0), some.tier(2, 2), some.tier(3, 2)], [Tier::Interp; 3]);
        assert!(!some.direct_calls(), "records lead to the interpreter too");
        let json = serde_json::to_string(&some).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&json).unwrap(), some);
    }

    /// The fast allocator without optimization, the good one otherwise, unless another is requested.
    #[test]
    fn a_level_has_its_allocator() {
        let kind = |opt, allocator| Config { opt, allocator, ..Config::default() }.allocator_kind();
        let of_level = [OptLevel::O0, OptLevel::O1, OptLevel::O2].map(|opt| kind(opt, None));
        assert_eq!(of_level, [AllocatorKind::Fast, AllocatorKind::Good, AllocatorKind::Good]);
        for &asked in AllocatorKind::ALL {
            assert_eq!([OptLevel::O0, OptLevel::O2].map(|opt| kind(opt, Some(asked))), [asked; 2]);
        }
    }

    #[test]
    fn one_core_is_left_to_who_asks() {
        let threads = |compile_threads| Config { compile_threads, ..Config::default() }.threads_to_compile();
        assert_eq!([0, 1, 7, u8::MAX].map(|n| threads(Some(n))), [0, 1, 7, u8::MAX]);
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        assert_eq!(usize::from(threads(None)), (cores - 1).clamp(1, 255));
    }

    /// Each number of passings is drawn for some bodies that are replaced at their entries, and for some that are not.
    #[test]
    fn a_seed_draws_for_each_body_when_it_is_replaced_and_where() {
        let mode = Mode::Tiered { seed: Some(5) };
        let draw = |body| (mode.passings(9, body, 0), mode.replaces_at_entry(9, body));
        let drawn: BTreeSet<(Option<u32>, bool)> = (0..300).map(draw).collect();
        let all = [0, 1, 2, 3, 7, 40].into_iter().flat_map(|n| [(Some(n), false), (Some(n), true)]);
        assert_eq!(drawn, all.collect::<BTreeSet<_>>());
    }

    #[test]
    fn the_last_passings_are_watched() {
        let watched = |mode: Mode| mode.watched(1, 2);
        assert_eq!(watched(Mode::Tiered { seed: None }), 200);
        let replaced = [0, 1, 7, 40].map(|after| watched(Mode::Replaced { at_loops: true, after }));
        assert_eq!(replaced, [0, 0, 3, 20], "half of them");
        assert_eq!([Mode::Mix { seed: 1 }, Mode::All(Tier::Jit)].map(watched), [0; 2]);
    }

    #[test]
    fn larger_functions_take_more_passings() {
        let passings = |bytes| Mode::Tiered { seed: None }.passings(1, 2, bytes);
        assert_eq!([0, 2047, 2048, 250_000].map(passings), [1000, 1000, 2000, 244_000].map(Some));
        assert_eq!(passings(usize::MAX), Some(u32::MAX));
        let seeded = Mode::Tiered { seed: Some(3) };
        assert_eq!(seeded.passings(1, 2, 0), seeded.passings(1, 2, 250_000));
        assert_eq!(Mode::All(Tier::Interp).passings(1, 2, 0), None);
    }
}
