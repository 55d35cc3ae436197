//! The suite in every mode of execution, compared with the plain interpreter: a mode may change how code is executed,
//! but never its meaning.

mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use support::{Missing, tool};
use wasmoon::conformance::backend::Backend;
use wasmoon::conformance::injected_fault::{InjectedFault, InjectedFaultKind, PREPARATION, SCRIPT};
use wasmoon::conformance::plan::{Event, Plan, RunSummary};
use wasmoon::conformance::read::language::Spec;
use wasmoon::conformance::read::suite::{Suite, SuiteFile};
use wasmoon::conformance::record::{Record, Verdict, XDIFF};
use wasmoon::conformance::supervise::run;
use wasmoon::engine::{
    AllocatorKind, Config, ConfigError, Dispatch, Engine, Mode, NanProfile, OptLevel, Relaxed, Tier,
};
use wasmoon::target::{Capability, CpuLevel};

/// Runs the suite on the interpreter and in a column for each of these modes: all of it must pass in all columns without a
/// difference. With `MODE=name` in the environment, only that mode runs.
fn hold_against_interpreter(modes: Vec<(String, Config)>) {
    hold_against(Config::default(), modes);
}

/// As [`hold_against_interpreter`], with the given configuration of the interpreter.
fn hold_against(interpreter: Config, modes: Vec<(String, Config)>) {
    let wanted = std::env::var("MODE").ok();
    let modes: Vec<_> = modes.into_iter().filter(|(name, _)| wanted.as_ref().is_none_or(|w| w == name)).collect();
    assert!(!modes.is_empty(), "no mode is named {}", wanted.unwrap_or_default());
    let files = without_older_copies(Suite::embedded().expect("the embedded suite").files);
    for some in modes.chunks(AT_ONCE) {
        hold_some(&files, &interpreter, some);
    }
}

/// The number of modes at a time: all columns of a script share a process, and some scripts have memories that take much address
/// space.
const AT_ONCE: usize = 6;

fn hold_some(files: &[Arc<SuiteFile>], interpreter: &Config, modes: &[(String, Config)]) {
    let held = hold(&plan(files.to_vec(), interpreter.clone(), modes));
    let stats = held.summary.stats;
    let names: Vec<&str> = modes.iter().map(|(name, _)| name.as_str()).collect();
    println!("{} directives, {} of them compared, on {}", stats.directives, held.compared, names.join(", "));
    let shown = held.wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(held.wrong.is_empty(), "{} results are wrong with {modes:?}\n{shown}", held.wrong.len());
    assert!(stats.directives > 125_000, "only {} directives", stats.directives);
    assert_eq!(stats.directives - held.compared, 0, "directives were not compared");
    let is = |mode: fn(&Mode) -> bool| modes.iter().any(|(_, config)| mode(&config.mode));
    // A column that fell back to another tier would prove nothing.
    let runs_code = is(|mode| !matches!(mode, Mode::All(Tier::Interp | Tier::Eval)));
    assert_eq!(stats.native_entries > 0, runs_code, "entries into native code");
    assert_eq!(stats.fallbacks, 0, "functions of columns of the JIT were interpreted");
    let replaced = is(|mode| matches!(mode, Mode::Tiered { .. }));
    assert_eq!(stats.replaced.map(|n| n > 0), [replaced; 2], "{:?} functions were replaced", stats.replaced);
    if interpreter.nan == NanProfile::Canonical {
        assert_eq!(stats.nan_differences, 0, "NaNs differ under the canonical profile");
    }
}

/// A plan for these files on the interpreter and in each of these modes.
fn plan(files: Vec<Arc<SuiteFile>>, interpreter: Config, modes: &[(String, Config)]) -> Plan {
    let mut plan = Plan::new(files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.timeout = Duration::from_secs(60);
    plan.backends = vec![Backend { config: interpreter, ..Backend::named("interp").expect("the interpreter") }];
    plan.backends
        .extend(modes.iter().map(|(name, config)| Backend { name: format!("mode:{name}"), config: config.clone() }));
    plan
}

/// The results of a run.
struct Held {
    summary: RunSummary,
    /// The number of directives whose results were compared on all columns.
    compared: u64,
    /// Scripts that did not run to their end, and results other than passes.
    wrong: Vec<String>,
}

fn hold(plan: &Plan) -> Held {
    let columns = plan.backends.len() + 1;
    let (mut directives, mut compared, mut wrong) = (0, 0, Vec::new());
    let summary = run(plan, &mut |event| {
        let Event::Finished(result) = event else { return };
        let key = result.file.key();
        if !result.complete || result.error.is_some() {
            wrong.push(format!("{key} did not run to its end: {:?}", result.error));
        }
        for records in result.records.chunks(columns) {
            directives += 1;
            let [.., xdiff] = records else { unreachable!("chunks are not empty") };
            if records.len() != columns || records.iter().any(|record| record.index != xdiff.index) {
                wrong.push(format!("{key}: columns are missing at {}", described(xdiff)));
            }
            compared += u64::from(xdiff.backend == XDIFF && xdiff.verdict == Verdict::Pass);
            for record in records {
                let is_fine = match record.verdict {
                    Verdict::Pass => true,
                    Verdict::Poisoned => record.backend == XDIFF,
                    _ => false,
                };
                if !is_fine {
                    let got = record.got.as_deref().unwrap_or_default();
                    wrong.push(format!("{}: {} ({got})", described(record), record.verdict.name()));
                }
            }
        }
    })
    .expect("workers start");
    if directives != summary.stats.directives {
        wrong.push(format!("{directives} of {} directives have records", summary.stats.directives));
    }
    Held { summary, compared, wrong }
}

/// Results that are missing in all columns do not count as agreement.
fn what_is_lost_is_wrong() {
    let held = |faults: &[(&str, &str, InjectedFaultKind)]| {
        let files = Suite::embedded().expect("the embedded suite").files;
        let file = files.into_iter().find(|file| file.key() == "core/labels").expect("a script");
        let mut plan = plan(vec![file], Config::default(), &[("jit".into(), jit())]);
        let fault = |(index, backend, kind): &(&str, &str, InjectedFaultKind)| InjectedFault {
            file: "core/labels".into(),
            index: (*index).into(),
            backend: (*backend).into(),
            kind: kind.clone(),
        };
        plan.faults = faults.iter().map(fault).collect();
        hold(&plan).wrong
    };
    assert_eq!(held(&[]), Vec::<String>::new());
    for fault in [
        ("3", "interp", InjectedFaultKind::GarbledResults),
        ("0", PREPARATION, InjectedFaultKind::Panic),
        (SCRIPT, PREPARATION, InjectedFaultKind::Abort),
    ] {
        assert!(!held(std::slice::from_ref(&fault)).is_empty(), "{fault:?}");
    }
    // A column that refuses what the other one runs.
    let refuses = InjectedFaultKind::Script("(module)".into());
    assert!(!held(&[(SCRIPT, "mode:jit", refuses)]).is_empty());
}

/// Leaves out older copies of a script: they differ from the newest one in rejections and messages, and seldom in functions, but
/// take a quarter of the time on all columns. With `WASMOON_REQUIRE=all`, as in the nightly run, they are kept.
fn without_older_copies(files: Vec<Arc<SuiteFile>>) -> Vec<Arc<SuiteFile>> {
    if std::env::var("WASMOON_REQUIRE").is_ok_and(|required| required == "all") {
        return files;
    }
    let all = files.len();
    let (newest, older): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| file.language.spec == Spec::Latest);
    let stems: BTreeSet<String> = newest.iter().map(|file| file.stem.clone()).collect();
    let alone = older.into_iter().filter(|file| !stems.contains(&file.stem));
    let chosen: Vec<_> = newest.iter().cloned().chain(alone).collect();
    println!("{} of {all} scripts are older copies, and left out", all - chosen.len());
    chosen
}

fn described(record: &Record) -> String {
    format!("{}/{} line {} {} on {}", record.group, record.file, record.line, record.directive, record.backend)
}

fn jit() -> Config {
    Config { mode: Mode::All(Tier::Jit), ..Config::default() }
}

/// A new seed each time, printed so that a failure can be reproduced with `SEED=N cargo test --test modes`.
fn seed() -> u64 {
    let given = std::env::var("SEED").ok().and_then(|s| s.parse().ok());
    let seed = given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |t| t.as_nanos() as u64)
    });
    println!("SEED={seed}");
    seed
}

fn tiered(seed: u64) -> Config {
    Config { mode: Mode::Tiered { seed: Some(seed) }, ..Config::default() }
}

/// Defines tests of several modes each, so that their reference runs only once: a function for each test, and a list of the tests
/// with their modes.
macro_rules! modes {
    ($($test:ident { $($(#[$doc:meta])* $name:ident: $config:expr;)* })*) => {
        $(fn $test() {
            hold_against_interpreter(vec![$((stringify!($name).to_string(), $config),)*]);
        })*

        const TESTS: &[(&str, &[&str], fn())] = &[$((stringify!($test), &[$(stringify!($name)),*], $test)),*];
    };
}

modes! {
    interpreters {
        /// The accumulators hold garbage wherever nothing relies on them.
        interpreter_poisoned: Config { poison: true, ..Config::default() };
        /// Everything that a store has is looked at after each call.
        interpreter_paranoid: Config { paranoid: true, ..Config::default() };
        interpreter_stressed: Config { gc_stress: true, ..Config::default() };
        interpreter_by_a_loop: Config { dispatch: Some(Dispatch::Loop), ..Config::default() };
    }
    evaluator {
        evaluated: Config { mode: Mode::All(Tier::Eval), ..Config::default() };
        /// The frontend's output for the suite, before any pass.
        evaluated_without_optimization:
            Config { mode: Mode::All(Tier::Eval), opt: OptLevel::O0, verify: true, poison: true, ..Config::default() };
    }
    compiled_code {
        paranoid: Config { paranoid: true, ..jit() };
        four_registers: Config { registers: Some(4), ..jit() };
        five_registers_and_checks: Config { registers: Some(5), verify: true, short_reach: true, ..jit() };
        six_registers_poisoned: Config { registers: Some(6), poison: true, ..jit() };
        /// regalloc2's allocator instead of our own.
        backtracking_allocator:
            Config { allocator: Some(AllocatorKind::Backtracking), verify: true, ..jit() };
        /// The verifier after each pass, the checker after each allocation.
        verified: Config { verify: true, ..jit() };
        verified_without_optimization:
            Config { verify: true, poison: true, short_reach: true, opt: OptLevel::O0, ..jit() };
        /// Undefined upper halves of 32-bit values hold garbage.
        poisoned: Config { poison: true, ..jit() };
        baseline_cpu: Config { cpu: Some(baseline()), ..jit() };
        baseline_cpu_few_registers: Config {
            cpu: Some(baseline()),
            registers: Some(5),
            verify: true,
            poison: true,
            opt: OptLevel::O1,
            ..jit()
        };
        /// A collection at every allocation.
        stressed: Config { gc_stress: true, ..jit() };
        /// Without optimization, values that the levels above move, keep in registers or omit are elsewhere at a
        /// collection.
        stressed_without_optimization: Config { gc_stress: true, opt: OptLevel::O0, ..jit() };
        stressed_few_registers: Config { gc_stress: true, registers: Some(5), poison: true, verify: true, ..jit() };
        /// Blocks are placed as if some branches were seldom taken.
        profiled: Config { invented_profile: Some(seed()), verify: true, ..jit() };
        profiled_few_registers: Config { invented_profile: Some(seed()), registers: Some(5), poison: true, ..jit() };
        profiled_without_optimization: Config { invented_profile: Some(seed()), opt: OptLevel::O0, ..jit() };
    }
    tiers {
        mixed: Config { mode: Mode::Mix { seed: seed() }, ..Config::default() };
        mixed_without_optimization: Config { mode: Mode::Mix { seed: seed() }, opt: OptLevel::O0, ..Config::default() };
        /// Interpreter, JIT and SSA evaluator.
        mixed_of_three: Config { mode: Mode::Mix3 { seed: seed() }, ..Config::default() };
        mixed_poisoned: Config { poison: true, mode: Mode::Mix { seed: seed() }, ..Config::default() };
        mixed_stressed: Config { gc_stress: true, mode: Mode::Mix { seed: seed() }, ..Config::default() };
        /// Functions that begin in the interpreter and go on in compiled code, at a passing drawn by the seed.
        tiered: tiered(seed());
        tiered_few_registers: Config { registers: Some(5), poison: true, verify: true, ..tiered(seed()) };
        tiered_without_optimization: Config { opt: OptLevel::O0, gc_stress: true, ..tiered(seed()) };
        tiered_profiled: Config { invented_profile: Some(seed()), ..tiered(seed()) };
        /// Code comes whenever a thread has compiled it.
        tiered_in_background: Config { compile_threads: Some(2), ..tiered(seed()) };
        /// As a program is run.
        tiered_plainly: Config { mode: Mode::Tiered { seed: None }, compile_threads: Some(1), ..Config::default() };
    }
}

/// The suite's patterns of NaNs all allow the canonical one. Both sides produce only canonical NaNs, so no NaNs may
/// differ: in results, in state, or where a float's bits are used as an integer.
fn canonical_nans() {
    let canonical = |config: Config| Config { nan: NanProfile::Canonical, ..config };
    let few = Config { registers: Some(5), verify: true, poison: true, ..jit() };
    let modes = [
        ("jit", jit()),
        ("without_optimization", Config { opt: OptLevel::O0, registers: Some(4), ..jit() }),
        ("few_registers", few.clone()),
        ("baseline_cpu", Config { cpu: Some(baseline()), opt: OptLevel::O1, ..few }),
        ("evaluated", Config { mode: Mode::All(Tier::Eval), ..Config::default() }),
        ("mixed", Config { mode: Mode::Mix3 { seed: seed() }, ..Config::default() }),
        ("interpreter_poisoned", Config { poison: true, ..Config::default() }),
    ];
    let modes = modes.map(|(name, config)| (format!("canonical_{name}"), canonical(config)));
    hold_against(canonical(Config::default()), modes.into());
}

/// No pass depends on another one: each can be left out, and defects that it would have hidden show.
fn each_pass_off() {
    use wasmoon::jit::opt::passes;
    let all: Vec<&str> = passes(&Config::default()).expect("passes of O2").iter().map(|p| p.name).collect();
    let mut names = all.clone();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() >= 8, "{names:?}");
    let modes = names.into_iter().map(|off| {
        let left = all.iter().filter(|&&name| name != off).map(|name| name.to_string()).collect();
        (format!("without_{off}"), Config { passes: Some(left), ..jit() })
    });
    hold_against_interpreter(modes.collect());
}

/// The lowest level, whose instructions differ from those for this machine, which all other modes use.
fn baseline() -> CpuLevel {
    CpuLevel::default().target().baseline()
}

/// Runs the suite for a level other than the lowest.
fn a_cpu_with(level: CpuLevel) -> Result<(), Missing> {
    tool(level.name())?;
    let config = Config { cpu: Some(level), registers: Some(6), poison: true, verify: true, ..jit() };
    assert!(level.is_here(), "the CPU has {}, and is not known to", level.name());
    hold_against_interpreter(vec![(level.name().into(), config)]);
    Ok(())
}

/// Runs the files whose key begins with `group`; `check` receives a directive's records, the comparison's last.
fn run_on(group: &str, backends: Vec<Backend>, check: &mut dyn FnMut(&[Record])) {
    let mut suite = Suite::embedded().expect("the embedded suite");
    suite.files.retain(|file| file.key().starts_with(group));
    // For relaxed operators, the choices of the columns are of interest, whatever a script asks for.
    suite.set_language(|language| language.deterministic_relaxed = false);
    let mut plan = Plan::new(suite.files);
    plan.worker = Some(PathBuf::from(env!("CARGO_BIN_EXE_wasmoon")));
    plan.timeout = Duration::from_secs(60);
    let columns = backends.len() + 1;
    plan.backends = backends;
    run(&plan, &mut |event| {
        if let Event::Finished(result) = event {
            result.records.chunks_exact(columns).for_each(&mut *check);
        }
    })
    .expect("workers start");
}

/// Relaxed operators at each level. The specification's scripts allow all choices; our scripts expect the choices of the
/// deterministic profile, and compare compiled code with the evaluator, which follows the operation's definition.
fn relaxed_operators(cpu: CpuLevel) -> Result<(), Missing> {
    if cpu != baseline() {
        tool(cpu.name())?;
    }
    let native = Config { cpu: Some(cpu), relaxed: Relaxed::Native, ..jit() };
    let poor = Config { opt: OptLevel::O0, registers: Some(5), poison: true, verify: true, ..native.clone() };
    let evaluated = Config { mode: Mode::All(Tier::Eval), ..poor.clone() };
    let named = |name: &str, config: &Config| Backend { name: name.into(), config: config.clone() };
    let (mut official, mut fused) = (0, 0);
    let interp = Backend::named("interp").expect("the interpreter");
    let mut check = |columns: &[Record]| {
        official += 1;
        for record in &columns[..3] {
            assert_eq!(record.verdict, Verdict::Pass, "{} line {}, {cpu:?}", record.file, record.line);
        }
        assert_eq!(columns[3].verdict, Verdict::Poisoned, "{} line {}", columns[0].file, columns[0].line);
    };
    run_on("relaxed-simd/", vec![interp, named("native", &native), named("poor", &poor)], &mut check);
    let (mut ours, mut chosen) = (0, 0);
    let columns = vec![named("evaluated", &evaluated), named("native", &native), named("poor", &poor)];
    let mut check = |columns: &[Record]| {
        ours += 1;
        let [_, native, _, xdiff] = columns else { unreachable!("three columns and their comparison") };
        let seen = (xdiff.expected.as_deref(), xdiff.got.as_deref());
        assert_eq!(xdiff.verdict, Verdict::Pass, "{} line {}, {cpu:?}: {seen:?}", xdiff.file, xdiff.line);
        if native.verdict != Verdict::Pass {
            chosen += 1;
            fused += u64::from(native.directive.contains("madd"));
        }
    };
    run_on("extra/simd/relaxed", columns, &mut check);
    println!("{}: {official} and {ours} directives, {chosen} chosen otherwise, {fused} of them by FMA", cpu.name());
    // A CPU whose instructions all follow the deterministic profile has few choices.
    let least = if cpu.has(Capability::SecondUnlessLess) { 50 } else { 0 };
    assert!(official == 79 && ours > 400 && chosen > least, "{official} {ours} {chosen}");
    assert_eq!(fused > 0, cpu.has(Capability::FusedMultiplyAdd), "{cpu:?}");
    Ok(())
}

/// The CPU's choices cannot be combined with an interpreter, which cannot make them.
fn choices_are_not_mixed() {
    let native = Config { relaxed: Relaxed::Native, ..jit() };
    assert!(Engine::new(native.clone()).is_ok());
    for mode in [Mode::Mix { seed: 1 }, Mode::Mix3 { seed: 1 }, Mode::All(Tier::Interp)] {
        let error = Engine::new(Config { mode, ..native.clone() }).err();
        assert_eq!(error, Some(ConfigError::MixedRelaxed), "{mode:?}");
    }
}

/// The dispatch chain's tail calls need the optimizer: an unoptimized build only has the loop, and reports that.
fn the_dispatcher_by_a_chain() -> Result<(), Missing> {
    let chain = Config { dispatch: Some(Dispatch::Chain), ..Config::default() };
    let built = Engine::new(chain.clone());
    assert_eq!(built.is_ok(), wasmoon::interp::CHAIN, "{:?}", built.err());
    support::lacking("optimized-build", built.is_ok())?;
    hold_against_interpreter(vec![("chain".into(), chain)]);
    Ok(())
}

/// With `MODE=name` in the environment, only the test with that mode runs.
fn main() -> ExitCode {
    let wanted = std::env::var("MODE").ok();
    let has = |name: &str| wanted.as_ref().is_none_or(|w| w == name);
    let mut trials = Vec::new();
    for &(test, modes, run) in TESTS {
        if modes.iter().any(|name| has(name)) {
            trials.push(support::trial(test, run));
        }
    }
    if wanted.as_ref().is_none_or(|w| w.starts_with("without_")) {
        trials.extend(tests![each_pass_off]);
    }
    if wanted.as_ref().is_none_or(|w| w.starts_with("canonical_")) {
        trials.extend(tests![canonical_nans]);
    }
    // All other modes use the lowest level or the highest.
    let levels: Vec<CpuLevel> = baseline().target().all_levels().collect();
    for level in levels[1..levels.len() - 1].iter().copied().filter(|level| has(level.name())) {
        trials.push(support::trial(format!("a_cpu_with_{}", level.name()), move || a_cpu_with(level)));
    }
    if has("chain") {
        trials.extend(tests![the_dispatcher_by_a_chain]);
    }
    if wanted.is_none() {
        trials.extend(tests![choices_are_not_mixed, what_is_lost_is_wrong]);
        let each = baseline().target().all_levels();
        trials.extend(
            each.map(|cpu| {
                support::trial(format!("relaxed_operators::{}", cpu.name()), move || relaxed_operators(cpu))
            }),
        );
    }
    if trials.is_empty() {
        eprintln!("error: no mode is named {}", wanted.unwrap_or_default());
        return ExitCode::from(2);
    }
    support::run(trials)
}
