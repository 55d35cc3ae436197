use super::super::code::Callees;
use super::*;
use crate::config::{AllocatorKind, Mode, NanProfile, OptLevel, Relaxed, Tier};
use crate::module::WasmFeatures;
use crate::module::scripts::{BASIS, Origin, hash, held_against};
use crate::target::{CpuLevel, Target};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) fn module(wat: &str) -> Module {
    Module::new(&wat::parse_str(wat).unwrap(), WasmFeatures::all()).unwrap()
}

/// Configurations that together cover every level, number of registers and switch.
pub(crate) fn options() -> Vec<Config> {
    let all = [
        (OptLevel::O0, None, false, false),
        (OptLevel::O0, Some(4), true, false),
        (OptLevel::O1, Some(5), false, false),
        (OptLevel::O2, None, false, true),
        (OptLevel::O2, Some(4), false, false),
        (OptLevel::O2, Some(6), true, false),
    ];
    all.map(|(opt, registers, poison, direct_calls)| Config {
        mode: Mode::All(if direct_calls { Tier::Jit } else { Tier::Interp }),
        opt,
        registers,
        verify: true,
        poison,
        ..Config::default()
    })
    .to_vec()
}

pub(crate) const PROGRAMS: &[&str] = &[
    include_str!("pipeline_tests/fib.wat"),
    include_str!("pipeline_tests/numeric.wat"),
    include_str!("pipeline_tests/memory.wat"),
    include_str!("pipeline_tests/calls.wat"),
    include_str!("pipeline_tests/control.wat"),
    include_str!("pipeline_tests/stacks.wat"),
];

#[test]
fn programs_compile_in_all_configurations_and_twice_alike() {
    for program in PROGRAMS {
        let module = module(program);
        for options in options() {
            let once = compile(&module, &options).unwrap_or_else(|e| panic!("{options:?}: {e}"));
            assert_eq!(once, compile(&module, &options).unwrap());
        }
    }
}

/// An aligned loop is aligned whatever precedes its function, and nothing else takes as much padding.
#[test]
fn functions_with_aligned_loops_lie_at_lines() {
    let plain = "(func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))";
    let loops = "(func (param i32) (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))";
    for target in crate::target::ALL {
        for opt in [OptLevel::O0, OptLevel::O1, OptLevel::O2] {
            let layout = target.layout;
            let looping =
                if opt == OptLevel::O2 { layout.looping_function_alignment } else { layout.function_alignment };
            let (plain, loops) = ((plain, layout.function_alignment), (loops, looping));
            for functions in [[plain, loops, plain, loops], [loops, loops, plain, plain], [plain, plain, plain, loops]]
            {
                let module = module(&format!("(module {})", functions.map(|(text, _)| text).concat()));
                let options = Config { opt, cpu: Some(target.baseline()), ..Config::default() };
                let code = compile(&module, &options).unwrap();
                let mut end = 0u32;
                for (function, (_, alignment)) in code.tables.functions.iter().zip(functions) {
                    assert_eq!(function.start, end.next_multiple_of(alignment), "{opt:?} {functions:?}");
                    end = function.end;
                }
                assert_eq!(code.tables.functions.len(), functions.len());
            }
        }
    }
}

/// Every option that affects the code changes the code; one that did nothing would not be tested.
#[test]
fn each_option_of_the_code_changes_it() {
    let module = module(
        "(module
            (memory 1)
            (global $g (mut i32) (i32.const 0))
            (func $f (param i32 i64 f32) (result f32)
                (local i32)
                (loop $again
                    (i32.store (local.get 3) (i32.wrap_i64 (local.get 1)))
                    (global.set $g (i32.div_u (global.get $g) (local.get 0)))
                    (br_if $again (i32.lt_u (local.tee 3 (i32.add (local.get 3) (i32.const 4))) (local.get 0))))
                (if (result f32) (i64.eqz (i64.popcnt (local.get 1)))
                    (then (call $f (local.get 3) (local.get 1) (f32.add (local.get 2) (local.get 2))))
                    (else (local.get 2))))
            (func (param v128 v128 v128) (result v128)
                (i32x4.relaxed_trunc_f32x4_s
                    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))))",
    );
    let plain = Config { mode: Mode::All(Tier::Jit), ..Config::default() };
    let passes = crate::jit::opt::passes(&plain).unwrap();
    // Some invented profiles match what the compiler assumes anyway.
    let invented = (0..16).map(|seed| Config { invented_profile: Some(seed), ..plain.clone() });
    let is_plain = |options: &Config| compile(&module, options).unwrap().code == compile(&module, &plain).unwrap().code;
    let invented = invented.into_iter().find(|options| !is_plain(options)).expect("a profile that changes the code");
    let others = [
        ("opt", Config { opt: OptLevel::O0, ..plain.clone() }),
        ("passes", Config { passes: Some(vec![passes[0].name.into()]), ..plain.clone() }),
        ("registers", Config { registers: Some(4), ..plain.clone() }),
        ("poison", Config { poison: true, ..plain.clone() }),
        ("relaxed", Config { relaxed: Relaxed::Native, ..plain.clone() }),
        ("nan", Config { nan: NanProfile::Canonical, ..plain.clone() }),
        ("fuel", Config { fuel: true, ..plain.clone() }),
        ("trace_calls", Config { trace_calls: true, ..plain.clone() }),
        ("trace_stores", Config { trace_stores: true, ..plain.clone() }),
        ("pass_limit", Config { pass_limit: Some(1), ..plain.clone() }),
        ("rewrite_limit", Config { pass_limit: Some(1), rewrite_limit: Some(1), ..plain.clone() }),
        ("invented_profile", invented),
        ("allocator", Config { allocator: Some(AllocatorKind::Fast), ..plain.clone() }),
    ];
    // All other options change nothing here or have tests of their own: short references and levels of CPUs.
    let elsewhere = [
        "mode",
        "verify",
        "short_reach",
        "cpu",
        "gc_stress",
        "paranoid",
        "dispatch",
        "only",
        "places",
        "watch_all",
        "compile_threads",
    ];
    let options = serde_json::to_value(&plain).unwrap();
    let options: BTreeSet<&str> = options.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(others.iter().map(|(name, _)| *name).chain(elsewhere).collect::<BTreeSet<_>>(), options);
    let mut seen = vec![("no option", compile(&module, &plain).unwrap().code)];
    for (name, options) in others {
        let code = compile(&module, &options).unwrap().code;
        // Code compiled with one setting is not loaded for the other.
        assert_ne!(options.of_code(), plain.of_code(), "{name}");
        let same = seen.iter().find(|(_, other)| *other == code);
        assert!(same.is_none(), "{name} makes the code of {}", same.unwrap().0);
        seen.push((name, code));
    }
}

/// Code that calls itself and functions compiled earlier.
#[test]
fn what_has_code_is_called_directly_where_it_is_within_reach() {
    let module = module("(module (func $a) (func $b call $a call $b call $c) (func $c))");
    let options = Config { mode: Mode::Tiered { seed: None }, ..Config::default() };
    let compiled =
        |direct| compile_some(&module, &options, &mut [BodyIndex(1)].into_iter(), direct, Default::default());
    let callees = |outside: &[(usize, usize)]| {
        let addresses: Arc<[AtomicUsize]> = (0..3).map(|_| AtomicUsize::new(0)).collect();
        outside.iter().for_each(|&(func, address)| addresses[func].store(address, Ordering::Relaxed));
        let callees = Callees { beside: FromIterator::from_iter([1]), outside: addresses };
        compiled(DirectCalls::To(Arc::new(callees))).unwrap()
    };
    let base = 1 << 40;
    let linked = |outside: usize| {
        let mut code = callees(&[(0, outside)]);
        assert_eq!(code.outside.iter().map(|&(_, address)| address).collect::<Vec<_>>(), [outside]);
        link_at(&options, base, &mut code.code, &code.outside).then_some(code.code)
    };
    let (near, nearer) = (linked(base + (64 << 20)).unwrap(), linked(base - 4096).unwrap());
    assert_eq!(near.len(), nearer.len());
    assert_ne!(near, nearer);
    assert_eq!(linked(base + (1 << 35)), None, "no call reaches so far");
    let mut code = callees(&[(0, base)]);
    let short = Config { short_reach: true, ..options.clone() };
    assert!(!link_at(&short, base, &mut code.code, &code.outside));
    // A call through a record takes more instructions.
    let (none, all) = (compiled(DirectCalls::No).unwrap(), callees(&[(0, base), (2, base)]));
    assert!(none.outside.is_empty() && none.code.len() > code.code.len() && code.code.len() > all.code.len());
    assert_eq!(all.outside.len(), 2);
}

/// Where many values from many places meet, edges do not copy values that stay in memory: otherwise each place would have
/// an instruction or two for each local.
#[test]
fn locals_that_stay_in_memory_are_not_copied() {
    const LOCALS: usize = 100;
    const EXITS: usize = 200;
    let numbers = || 0..LOCALS;
    let locals = "i64 ".repeat(LOCALS);
    let initial: String =
        numbers().map(|n| format!("(local.set {n} (i64.load offset={} (i32.const 0)))", 8 * n)).collect();
    // Each place changes two locals and may exit.
    let exit = |n: usize| {
        let (one, other) = (n * 7 % LOCALS, n * 13 % LOCALS);
        format!(
            "(local.set {one} (i64.add (local.get {one}) (local.get {other}))) (call 0) (br_if $out (i32.load (i32.const {n})))"
        )
    };
    let exits: String = (0..EXITS).map(exit).collect();
    let saved: String =
        numbers().map(|n| format!("(i64.store offset={} (i32.const 0) (local.get {n}))", 8 * n)).collect();
    let module = module(&format!(
        "(module (func) (memory 1) (func (local {locals}) {initial} (block $out (loop $again {exits} (br $again))) {saved}))"
    ));
    for target in crate::target::ALL {
        let options =
            Config { cpu: Some(target.baseline()), mode: Mode::All(Tier::Jit), verify: true, ..Config::default() };
        let bytes = compile(&module, &options).unwrap().code.len();
        // Without shared slots it is 271,000 and 151,000.
        assert!(bytes < 40_000, "{}: {bytes} bytes", target.name);
    }
}

/// The first stage that a pass limit counts is the simplification during construction.
#[test]
fn a_limit_of_passes_counts_the_simplifier() {
    let module = module("(module (func (result i32) (i32.add (i32.const 3) (i32.const 4))))");
    let made = |passes| {
        let options = Config { pass_limit: Some(passes), ..Config::default() };
        build(&module, BodyIndex(0), &options).unwrap().to_string()
    };
    assert_eq!(made(0), frontend::translate(&module, BodyIndex(0), None).unwrap().to_string());
    assert!(made(0).contains("iadd") && !made(1).contains("iadd"), "{}", made(1));
}

/// Reading the names of a large module would take longer than compiling a function.
#[test]
fn compiling_reads_no_names() {
    let module = module(r#"(module (func $f (export "f") (param i32) (loop $l (br_if $l (local.get 0)))))"#);
    for options in options() {
        compile(&module, &options).unwrap();
    }
    let (body, limits) = (BodyIndex(0), CompileLimits::default());
    let options = Config::default();
    compile_some(&module, &options, &mut [body].into_iter(), DirectCalls::No, limits).unwrap();
    let at = module.bodies[0].range.start as u32 + 1;
    compile_from_loop(&module, &options, body, at, DirectCalls::No, limits).unwrap();
    assert!(!module.has_read_names());
    assert_eq!(build(&module, body, &options).unwrap().name, "f");
    assert!(module.has_read_names());
    assert_eq!(frontend::translate(&module, body, None).unwrap().name, "f");
}

/// The code of a module and its first error are the same with any number of threads.
#[test]
fn threads_compile_the_same_code() {
    // Long enough for several threads, of very different sizes.
    let constants = |n: usize| "(drop (i64.mul (local.get 0) (i64.const 12345678901)))".repeat(n);
    let function = |i: usize| {
        format!("(func (param i64) {} (call {}))", constants(20 + 3000 * usize::from(i == 7)), (i + 1) % 60)
            .replace("(call", "(local.get 0) (call")
    };
    let module = module(&format!("(module {})", (0..60).map(function).collect::<String>()));
    for options in options() {
        let with =
            |compile_threads| compile(&module, &Config { compile_threads: Some(compile_threads), ..options.clone() });
        let alone = with(0).unwrap();
        for threads in [1, 3, 200] {
            assert_eq!(with(threads).unwrap(), alone, "{threads} threads");
        }
    }
}

/// The error is that of the first function that has one.
#[test]
fn threads_have_the_first_error() {
    let module = module(&format!("(module {})", "(func (drop (i32.const 1)))".repeat(200)));
    let options = Config::default();
    // The last ones are the largest, which are compiled first.
    let bodies: Vec<_> = (0..200).map(|i| (BodyIndex(i), i as usize)).collect();
    for wrong in [&[][..], &[0], &[199], &[100, 198, 199], &[50, 51, 52, 150]] {
        let compiled = parallel::compile(&bodies, 3, &|| generator(&module, &options), &|generator, body| {
            if wrong.contains(&body.0) {
                return Err(CompileError::Internal(body.0.to_string()));
            }
            generator.function(&build(&module, body, &options)?, CompileLimits::default())
        });
        let error = compiled.as_ref().err().map(ToString::to_string);
        assert_eq!(error, wrong.first().map(|first| CompileError::Internal(first.to_string()).to_string()));
    }
}

/// The error of a later function does not replace that of the first, even if it is also later in time.
#[test]
fn a_later_error_does_not_replace_the_first() {
    let module = module("(module (func))");
    let bodies: Vec<_> = (0..2).map(|i| (BodyIndex(i), 1)).collect();
    let barrier = std::sync::Barrier::new(2);
    let compiled = parallel::compile(&bodies, 1, &|| generator(&module, &Config::default()), &|_, body| {
        // Now each thread has a function.
        barrier.wait();
        if body.0 == 1 {
            // Enough time for the other thread.
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err(CompileError::Internal(body.0.to_string()))
    });
    assert_eq!(compiled.err(), Some(CompileError::Internal("0".into())));
}

/// A panic of another thread is not lost.
#[test]
#[should_panic = "a defect"]
fn threads_panic() {
    let module = module("(module (func))");
    let bodies: Vec<_> = (0..200).map(|i| (BodyIndex(i), 1)).collect();
    let barrier = std::sync::Barrier::new(2);
    let this = std::thread::current().id();
    _ = parallel::compile(&bodies, 1, &|| generator(&module, &Config::default()), &|_, body| {
        if body.0 < 2 {
            // Now each thread has a function.
            barrier.wait();
        }
        assert_eq!(std::thread::current().id(), this, "a defect");
        Ok(Default::default())
    });
}

const CODE: &str = "src/jit/pipeline_tests/code";

fn file_of_code(cpu: CpuLevel, options: &Config) -> String {
    let native = if options.relaxed == Relaxed::Native { "-native" } else { "" };
    format!("{}-{}-{:?}{native}.txt", cpu.target().name, cpu.name(), options.opt).to_lowercase()
}

/// Compares what the official suite or `wast-extra/` compiles to with a file: for each script, the number of bytes and
/// their hash. The code is the same on every host: code compiled for another CPU is the code that this CPU would compile
/// for itself. A change to the compiler shows where it has an effect: nothing else notices a lost optimization. With
/// native relaxed operators, only modules that have such operators are compiled.
///
/// After a change to the compiler, run `WASMOON_BLESS=1 cargo test --lib same_code_on_every_host`, and compare on another
/// CPU.
fn compiles_to_the_same_code(origin: Origin, cpu: CpuLevel, options: Config) {
    let path = format!("{CODE}/{}/{}", origin.folder(), file_of_code(cpu, &options));
    let options = Config { cpu: Some(cpu), mode: Mode::All(Tier::Jit), verify: true, ..options };
    let mut scripts = BTreeMap::<String, (u32, usize, u64)>::new();
    let is_meant = |module: &Module| options.relaxed != Relaxed::Native || module.has_relaxed_operators();
    origin.modules(|file, module| match is_meant(module).then(|| compile(module, &options)) {
        Some(Ok(compiled)) => {
            let (functions, bytes, state) = scripts.entry(file.into()).or_insert((0, 0, BASIS));
            *functions += compiled.functions;
            *bytes += compiled.code.len();
            *state = hash(*state, &compiled.code);
        }
        None | Some(Err(CompileError::Unsupported(_))) => {}
        Some(Err(e)) => panic!("{file}, {options:?}: {e}"),
    });
    let line = |(file, (functions, bytes, state)): (&String, &(u32, usize, u64))| {
        format!("{file}: {functions} functions, {bytes} bytes, {state:016x}\n")
    };
    let found: String = scripts.iter().map(line).collect();
    held_against(&path, &found, "compile to other code");
}

/// The settings that are hardest to compile for: few registers, and calls with a short reach.
fn fewest() -> Config {
    Config { opt: OptLevel::O0, registers: Some(4), short_reach: true, ..Config::default() }
}

fn natively() -> Config {
    Config { relaxed: Relaxed::Native, ..Config::default() }
}

fn best(target: &'static Target) -> CpuLevel {
    target.all_levels().next_back().unwrap()
}

/// All settings whose code is compared with files.
fn kept_settings() -> Vec<(CpuLevel, Config)> {
    let settings = |target: &'static Target| {
        let native = target.all_levels().map(|cpu| (cpu, natively()));
        native.chain([(best(target), Config::default()), (target.baseline(), fewest())])
    };
    crate::target::ALL.iter().flat_map(|target| settings(target)).collect()
}

/// The CPU's level decides which instructions a relaxed operator becomes; slower ones would give the same results.
#[test]
fn same_code_on_every_host_of_the_suite() {
    for (cpu, options) in kept_settings() {
        compiles_to_the_same_code(Origin::Suite, cpu, options);
    }
}

#[test]
fn same_code_on_every_host_of_wast_extra() {
    for (cpu, options) in kept_settings() {
        compiles_to_the_same_code(Origin::Extra, cpu, options);
    }
}

/// Every file belongs to a setting that is compiled.
#[test]
fn kept_code_is_of_what_is_compiled() {
    let known: BTreeSet<_> = kept_settings().iter().map(|(cpu, options)| file_of_code(*cpu, options)).collect();
    for origin in Origin::ALL {
        let files = std::fs::read_dir(format!("{}/{CODE}/{}", env!("CARGO_MANIFEST_DIR"), origin.folder())).unwrap();
        let files: BTreeSet<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(known, files);
    }
}

/// Errors caused by a defect of the compiler or by a limit say which function they are in.
#[test]
fn errors_of_generators_name_the_function() {
    let named = |error| in_function(error, "f");
    assert_eq!(named(CompileError::Internal("x".into())), CompileError::Internal("f: x".into()));
    assert_eq!(named(CompileError::Limit("x".into())), CompileError::Limit("f: x".into()));
    assert_eq!(named(CompileError::Memory("x".into())), CompileError::Memory("f: x".into()));
    assert_eq!(named(CompileError::Timeout), CompileError::Timeout);
    // A name does not end a line.
    assert_eq!(in_function(CompileError::Internal("x".into()), "a\nb"), CompileError::Internal(r"a\nb: x".into()));
}
