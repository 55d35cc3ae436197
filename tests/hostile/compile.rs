//! Compiling takes memory in proportion to the size of the module, and ends soon, whatever the module: twice the size, twice the
//! bytes allocated. `cargo bench --bench scaling` measures time too.

use super::allocated::{self, Counting};
use super::programs::{self, PROGRAMS};
use std::sync::Arc;
use wasmoon::engine::{CompileError, CompileLimits, Config, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{self, Module, Phase, ReadLimits, WasmFeatures};
use wasmoon::runtime::store::{Limits, Store};
use wasmoon::runtime::value::Val;
use wasmoon::target::CpuLevel;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const BACKENDS: [(&str, Tier, OptLevel); 4] = [
    ("interp", Tier::Interp, OptLevel::O2),
    ("jit-O0", Tier::Jit, OptLevel::O0),
    ("jit-O1", Tier::Jit, OptLevel::O1),
    ("jit", Tier::Jit, OptLevel::O2),
];

fn decode(bytes: &[u8]) -> Arc<Module> {
    Arc::new(Module::new(bytes, WasmFeatures::all()).expect("valid"))
}

fn engine(tier: Tier, opt: OptLevel) -> Engine {
    Engine::new(Config { mode: Mode::All(tier), opt, ..Config::default() }).expect("an engine")
}

/// The bytes allocated while a module is decoded and compiled.
fn cost(engine: &Engine, bytes: &[u8]) -> u64 {
    let before = allocated::total();
    match engine.compile(&decode(bytes)) {
        Ok(_) => allocated::total() - before,
        Err(e) => panic!("{e}"),
    }
}

#[test]
fn memory_is_in_proportion_to_the_module() {
    for &(name, size, make) in PROGRAMS {
        // Small enough for a test, large enough that fixed costs do not matter.
        let n = (size / 100).max(500).min(size / 2);
        let (small, large) = (make(n), make(2 * n));
        let growth = large.len() as f64 / small.len() as f64;
        for (column, tier, opt) in BACKENDS {
            let engine = engine(tier, opt);
            let (a, b) = (cost(&engine, &small), cost(&engine, &large));
            let ratio = b as f64 / a as f64;
            // Tables that double their size make equal steps.
            assert!(ratio < growth * 1.35, "{name} on {column}: {a} bytes for {n}, {b} for twice that: {ratio:.2}");
        }
    }
}

/// Calls the function `f` of a module with one i32, on one backend.
fn call(bytes: &[u8], tier: Tier, opt: OptLevel, argument: u32) -> Vec<Val> {
    let engine = engine(tier, opt);
    let code = engine.compile(&decode(bytes)).expect("supported");
    let limits = Limits { native_stack_bytes: 8 << 20, value_stack_bytes: 8 << 20, ..Limits::default() };
    let mut store: Store = engine.store(limits);
    let instance = store.instantiate(code, &[]).expect("instantiates");
    let f = super::function(&store, instance, "f");
    store.call(f, &[Val::I32(argument)]).expect("returns")
}

#[test]
fn the_most_locals_that_a_function_may_have() {
    // 50,000 with the parameter: WebAssembly's own limit.
    let bytes = programs::locals_across_calls(49_999);
    let thread = std::thread::Builder::new().stack_size(16 << 20);
    let test = move || {
        let all = BACKENDS.map(|(name, tier, opt)| (name, call(&bytes, tier, opt, 0)));
        for (name, values) in &all[1..] {
            assert_eq!(values, &all[0].1, "{name}");
        }
        // The sum of i over all locals, rounded for floats; the locals are not all equal.
        assert_ne!(all[0].1, vec![Val::I32(0)]);
    };
    thread.spawn(test).expect("a thread").join().expect("no panic");
}

/// A single branch table that would take the validator seconds is refused.
#[test]
fn a_branch_table_of_too_many_values_is_refused() {
    let bytes = programs::labels_with_values(1000, 70_000);
    let read = Module::new(&bytes, WasmFeatures::all()).map(drop).map_err(|e| (e.phase, e.message));
    assert_eq!(read, Err((Phase::Limit, "too many values of the labels of a branch table".to_string())));
}

/// A group of imports has one module name for all its items; the validator would keep a copy for each.
#[test]
fn names_that_imports_share_have_a_limit() {
    let names = |n: u32| (0..n).map(|i| i.to_string());
    let long = "m".repeat(100_000);
    let read = |bytes: &[u8]| Module::new(bytes, WasmFeatures::all()).map_err(|e| (e.phase, e.message));
    let module = read(&programs::group_of_imports(&long, names(1_000))).expect("within the limit");
    let imports = &module.imports;
    assert!(imports.iter().all(|import| *import.module == *long && Arc::ptr_eq(&import.module, &imports[0].module)));
    let bytes = programs::group_of_imports(&long, names(2_000));
    let (refused, peak) = allocated::peak(|| read(&bytes).map(drop));
    let message = "implementation limit: the names of the modules of all imports are too long";
    assert_eq!(refused, Err((Phase::Limit, message.to_string())));
    assert!(peak < 2 << 20, "{peak} bytes");
    // The estimate includes the copies.
    let bytes = programs::group_of_imports(&long, names(500));
    let (_, peak) = allocated::peak(|| read(&bytes).map(drop));
    let weight = module::weight(&bytes);
    assert!((500 * 100_000..=weight).contains(&peak), "{peak} bytes, {weight} estimated");
}

/// Two-byte calls with a thousand results each are refused: the validator's stack would take thousands of bytes for each byte of
/// code.
#[test]
fn operands_without_end_are_refused() {
    for (calls, memory, most) in [(1_000, Some(1 << 20), 4 << 20), (10_000, None, 256 << 20)] {
        let wide = programs::wide(1000, calls);
        let (_, bytes) = wide.iter().find(|p| p.0 == "calls with results").expect("a program");
        let read =
            || Module::new_within(&bytes[..], WasmFeatures::all(), ReadLimits { memory, ..ReadLimits::default() });
        let (read, peak) = allocated::peak(|| read().map(drop).map_err(|e| (e.phase, e.message)));
        let phase = if memory.is_some() { Phase::Memory } else { Phase::Limit };
        assert_eq!(read, Err((phase, "too many operands on the stack".to_string())));
        assert!(peak < most, "{calls} calls: {peak} bytes");
    }
}

/// In WebAssembly 1.0, labels of branch tables are compared by list, although a three-byte block may have a thousand results.
#[test]
fn nested_blocks_of_many_results_take_no_memory_for_them() {
    let features = WasmFeatures::WASM1 | WasmFeatures::MULTI_VALUE;
    for blocks in [1_000, 100_000] {
        let bytes = programs::nested_blocks_with_results(1000, blocks);
        let (read, peak) = allocated::peak(|| Module::new(&bytes, features).map(drop));
        assert!(read.is_ok());
        let most = (64 << 10) + 256 * bytes.len() as u64;
        assert!(peak < most, "{blocks} blocks: {peak} bytes for {}", bytes.len());
    }
}

/// The message for an error in a body is looked up among the types, of which there are as many as allowed: searching all groups
/// for each would take minutes.
#[test]
fn words_for_an_error_are_found_among_a_million_types() {
    let error = Module::new(&programs::value_left_over(1_000_000), WasmFeatures::all()).unwrap_err();
    assert_eq!(
        (error.phase, error.message.as_str()),
        (Phase::Invalid, "type mismatch: values remaining on stack at end of block")
    );
}

/// A throw takes no longer because of handlers elsewhere in its function: searching all of them would take many minutes.
#[test]
fn a_throw_takes_no_longer_for_other_handlers() {
    let bytes = programs::throws_beside_handlers(400_000);
    assert_eq!(call(&bytes, Tier::Interp, OptLevel::O2, 3_000_000), [Val::I32(0)]);
}

/// A module whose SSA form grows with the product of two sizes is refused soon.
#[test]
fn products_of_sizes_are_refused() {
    for (name, bytes) in programs::products() {
        let module = decode(&bytes);
        for (column, tier, opt) in BACKENDS {
            let before = allocated::total();
            match engine(tier, opt).compile(&module) {
                Ok(_) => assert_eq!(tier, Tier::Interp, "{name} on {column}: not a product of two sizes?"),
                Err(CompileError::Limit(reason)) => {
                    let what = if tier == Tier::Interp { "bytecode of more than 256 MiB" } else { "too many values" };
                    assert!(reason.contains(what), "{name}: {reason}");
                }
                Err(e) => panic!("{name} on {column}: {e}"),
            }
            let bytes = allocated::total() - before;
            assert!(bytes < 2 << 30, "{name} on {column} took {bytes} bytes to be refused");
        }
    }
}

/// A block may have more values than are allowed in a function: on a CPU without the instruction, each operator becomes four or
/// more.
#[test]
fn a_function_of_too_many_values_is_refused() {
    let module = decode(&programs::chain(1_100_000));
    for (column, tier, opt) in BACKENDS {
        let cpu = Some(CpuLevel::default().target().baseline());
        let engine = Engine::new(Config { mode: Mode::All(tier), opt, cpu, ..Config::default() }).expect("an engine");
        let refused = engine.compile(&module).map(drop).map_err(|e| e.to_string());
        if tier == Tier::Interp {
            assert_eq!(refused, Ok(()));
            continue;
        }
        let refused = refused.expect_err(column);
        assert!(refused.contains("more than 4194304 values in one function"), "{column}: {refused}");
    }
}

/// The estimate of the memory for compiling is never less than the actual use, and not much more either.
#[test]
fn memory_is_estimated_from_above() {
    for &(name, size, make) in PROGRAMS {
        let bytes = make((size / 60).max(500).min(size));
        for (column, tier, opt) in BACKENDS {
            let engine = engine(tier, opt);
            let compile = |limit: u64| {
                let limits = CompileLimits { memory: Some(limit), ..CompileLimits::default() };
                let weight = module::weight(&bytes);
                limits.check_memory(weight, String::new)?;
                engine.compile_within(&decode(&bytes), limits.less(weight)).map(drop)
            };
            // The first compilation also creates what all modules share.
            assert_eq!(compile(u64::MAX), Ok(()), "{name} on {column}");
            let (_, peak) = allocated::peak(|| compile(u64::MAX));
            let refused = compile(peak + bytes.len() as u64 - 1);
            assert!(matches!(refused, Err(CompileError::Memory(_))), "{name} on {column} took {peak} bytes");
            assert_eq!(compile(32 * peak + (1 << 20)), Ok(()), "{name} on {column} took {peak} bytes");
        }
    }
}

/// The same applies to text, whose tokens and trees are larger than the text.
#[test]
fn texts_are_estimated_from_above() {
    let items = ["(rec)", "(tag)", "(func)", "(data)", "(rec(type(func)))", "(start 0)", "(memory 0)", "(elem func)"];
    let modules = items.map(|item| format!("(module {})", item.repeat(50_000)));
    let bodies = ["nop ", "(nop)", "if end ", "i32.const 0 drop ", "(try(do))"].map(|body| body.repeat(50_000));
    let nested = ["(try(do ", "))"].map(|part| part.repeat(5_000)).concat();
    let bodies = bodies.into_iter().chain([nested]).map(|body| format!("(module (func {body}))"));
    let lists = [format!("(module (func (param {})))", "i32 ".repeat(900)), "(module)".to_string()];
    let mut dearest = 0;
    for text in modules.into_iter().chain(bodies).chain(lists) {
        let (parsed, peak) = allocated::peak(|| module::text::encode(&text).is_ok());
        let weight = module::text_weight(text.as_bytes());
        assert!(peak <= weight, "{}...: {peak} bytes, {weight} estimated", &text[..20.min(text.len())]);
        assert!(parsed, "{}... is a text", &text[..20.min(text.len())]);
        dearest = dearest.max(100 * peak / weight);
    }
    assert!(dearest > 50, "the dearest takes {dearest} % of the estimate");
}

/// The same applies to modules whose cost is the product of two sizes.
#[test]
fn products_stay_below_the_estimate() {
    let n = 150;
    let programs = [
        ("branches", programs::branches_with_locals(n, n)),
        ("branches that are few", programs::branches_with_locals(10 * n, n / 10)),
        ("branches that are many", programs::branches_with_locals(n / 10, 10 * n)),
        ("loops", programs::loops_with_locals(n, n)),
        ("loops that are few", programs::loops_with_locals(10 * n, n / 10)),
        ("loops that are many", programs::loops_with_locals(n / 10, 10 * n)),
        ("labels with values", programs::labels_with_values(n, n)),
    ];
    for (name, bytes) in programs.into_iter().chain(programs::wide(n, n)) {
        for (column, tier, opt) in BACKENDS {
            let engine = engine(tier, opt);
            let module = decode(&bytes);
            let compile = |limit: u64| {
                engine
                    .compile_within(&module, CompileLimits { memory: Some(limit), ..CompileLimits::default() })
                    .map(drop)
            };
            // The first compilation also creates what all modules share.
            if let Err(e) = compile(u64::MAX) {
                let by_frames =
                    matches!(&e, CompileError::Limit(why) if why.contains("frame of more than 64,000 slots"));
                assert!(tier == Tier::Interp && by_frames, "{name} on {column}: {e}");
                continue;
            }
            let (_, peak) = allocated::peak(|| compile(u64::MAX));
            let (refused, stopped) = allocated::peak(|| compile(peak - 1));
            assert!(matches!(refused, Err(CompileError::Memory(_))), "{name} on {column} took {peak} bytes");
            assert!(stopped < peak, "{name} on {column} took {stopped} bytes to be refused");
            // The estimate for a value is that of the most expensive kind.
            assert_eq!(compile(1 << 30), Ok(()), "{name} on {column} took {peak} bytes");
        }
    }
}

/// The estimate itself takes no memory in proportion to the module, since it comes before the limit is checked.
#[test]
fn to_estimate_takes_little_memory() {
    for &(name, size, make) in PROGRAMS {
        let bytes = make(size / 4);
        let (weight, peak) = allocated::peak(|| module::weight(&bytes));
        assert!(weight >= 2 * bytes.len() as u64, "{name}");
        // A structure of 10,000 fields is read as a whole.
        assert!(peak < 1 << 20, "{name} of {} bytes: {peak} bytes", bytes.len());
    }
}

/// The number of values that live across as many branches is limited.
#[test]
fn values_across_many_branches_are_refused() {
    let compiled = |n| {
        let module = decode(&programs::results_below_branches(n, n));
        engine(Tier::Jit, OptLevel::O2).compile(&module).map(drop)
    };
    assert_eq!(compiled(2_000), Ok(()));
    let refused = compiled(20_000);
    assert!(
        matches!(&refused, Err(CompileError::Limit(why)) if why.contains("across too many branches")),
        "{refused:?}"
    );
}

/// Constants on the stack below many loops are not kept for each loop: the function is compiled instead.
#[test]
fn constants_below_many_loops_take_no_memory_for_each() {
    for loops in [10, 4_000] {
        let module = decode(&programs::constants_below_loops(30_000, loops));
        let engine = Engine::new(Config { mode: Mode::Tiered { seed: None }, ..Config::default() }).expect("an engine");
        let (called, peak) = allocated::peak(|| {
            let mut store = engine.store(Limits::default());
            let instance = store.instantiate(engine.compile(&module).expect("supported"), &[]).expect("instantiates");
            let f = super::function(&store, instance, "f");
            store.call(f, &[Val::I32(0)])
        });
        assert_eq!(called, Ok(vec![]));
        assert!(peak < 400 << 20, "{loops} loops: {peak} bytes");
    }
}

/// The loads for the handlers around a call are counted before they are created.
#[test]
fn payloads_of_many_handlers_are_refused() {
    let tags = "(tag (type $p))".repeat(8_000);
    let clauses: String = (0..8_000).map(|tag| format!("(catch {tag} $h)")).collect();
    let text = format!(
        "(module (type $p (func (param {0}))) (type $b (func (result {0}))) {tags} (func $f)
           (func (block $h (type $b) (try_table {clauses} (call $f)) unreachable) {1}))",
        "i32 ".repeat(1000),
        "drop ".repeat(1000)
    );
    let clauses: String = (0..4_000).map(|tag| format!("(on {tag} $h)")).collect();
    let resumes = format!(
        "(module (type $p (func (param {0}))) (type $f (func)) (type $c (cont $f)) (type $b (func (result {0} (ref $c))))
           {tags} (func (block $h (type $b) (resume $c {clauses} (ref.null $c)) unreachable) drop {1}))",
        "i32 ".repeat(999),
        "drop ".repeat(999)
    );
    for (text, memory) in [(text, None), (resumes, Some(128 << 20))] {
        let module = decode(&wat::parse_str(&text).expect("a module"));
        let limits = CompileLimits { memory, ..CompileLimits::default() };
        let engine = engine(Tier::Jit, OptLevel::O2);
        let (refused, peak) = allocated::peak(|| engine.compile_within(&module, limits).map(drop));
        let is_of_memory = matches!(refused, Err(CompileError::Memory(_)));
        assert!(
            if memory.is_some() { is_of_memory } else { matches!(refused, Err(CompileError::Limit(_))) },
            "{refused:?}"
        );
        assert!(peak < memory.unwrap_or(256 << 20), "{peak} bytes");
    }
}

/// A handler may deliver its payload, and a reference after it, to slots beyond the largest slot number.
#[test]
fn a_payload_on_a_deep_stack_is_over_the_limit() {
    let vectors = "v128 ".repeat(999);
    for depth in [30_003, 30_763, 30_764, 30_765, 30_766, 30_767, 30_800, 31_990] {
        for with_ref in [false, true] {
            let (clause, reference) = if with_ref { ("catch_ref", "exnref") } else { ("catch", "") };
            let text = format!(
                "(module (tag $t (param {vectors})) (type $b (func (result {vectors} {reference})))
                   (func {} (block (type $b) (try_table ({clause} $t 0)) unreachable) unreachable))",
                "i32.const 0 ".repeat(depth)
            );
            let module = decode(&wat::parse_str(text).expect("a module"));
            let refused = engine(Tier::Interp, OptLevel::O2).compile(&module).map(drop);
            let by_frames = matches!(&refused, Err(CompileError::Limit(why)) if why.contains("frame of more than"));
            assert!(by_frames, "{depth} below {clause}: {refused:?}");
        }
    }
}

/// A module of this many equal functions, `f0`, `f1`, …: each has these locals, and a short loop.
fn with_loops(functions: usize, locals: &str, inside: &str) -> Arc<Module> {
    let functions = (0..functions).map(|i| {
        format!(
            r#"(func (export "f{i}") (result i32) (local $i i32) (local {locals})
                 (loop $l {inside}
                   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
                 (local.get $i))"#
        )
    });
    decode(&super::encode(&format!("(module {})", functions.collect::<String>())))
}

/// The number of functions that were replaced at their loops within this much memory, after each has been called; `None` if there
/// was not even enough memory to interpret one.
fn replaced_at_loops(module: &Arc<Module>, memory: u64) -> Option<u64> {
    let mode = Mode::Replaced { at_loops: true, after: 0 };
    let engine = Engine::new(Config { mode, compile_threads: Some(0), ..Config::default() }).expect("an engine");
    let limits = CompileLimits { memory: Some(memory), ..CompileLimits::default() };
    let code = engine.compile_within(module, limits).expect("nothing is compiled yet");
    let mut store = engine.store(Limits::default());
    let instance = store.instantiate(code, &[]).expect("instantiates");
    for i in 0..module.num_defined_functions() {
        let f = super::function(&store, instance, &format!("f{i}"));
        assert_eq!(store.call(f, &[]).ok()?, [Val::I32(10)]);
    }
    assert_eq!(store.replacements()[0], 0);
    Some(store.replacements()[1])
}

/// The least memory with which all functions of a module are replaced at their loops.
fn least_to_replace(module: &Arc<Module>) -> u64 {
    let all = Some(u64::from(module.num_defined_functions()));
    let (mut too_little, mut enough) = (0, 1 << 30);
    assert_eq!(replaced_at_loops(module, enough), all);
    while enough - too_little > 1 {
        let middle = u64::midpoint(too_little, enough);
        *if replaced_at_loops(module, middle) == all { &mut enough } else { &mut too_little } = middle;
    }
    enough
}

/// Compiling a loop by itself counts as compiling the whole function, part of which is translated needlessly.
#[test]
fn loops_are_compiled_within_the_limit() {
    let module = with_loops(1, "i64", &"(local.set $i (i32.mul (local.get $i) (i32.const 1)))".repeat(500));
    let body = module.bodies[0].range.len() as u64;
    let least = least_to_replace(&module);
    // The estimate in `src/jit/pipeline.rs` for a byte.
    assert!((640 * body..900 * body).contains(&least), "{least} bytes for a body of {body}");
    // With one byte less, the function is interpreted to its end.
    assert_eq!(replaced_at_loops(&module, least - 1), Some(0));
}

/// Code is published in whole pages and counted that way: exactly as many functions are compiled as there is memory for.
#[test]
fn code_counts_as_the_pages_that_it_takes() {
    const PAGE: u64 = 4096;
    let least = |functions, locals: &str| least_to_replace(&with_loops(functions, locals, ""));
    let (one, two) = (least(1, "i64"), least(2, "i64"));
    let each = two - one;
    assert!(each > PAGE, "{each} bytes");
    let module = with_loops(30, "i64", "");
    for functions in [3, 10, 29] {
        let memory = one + (functions - 1) * each;
        assert_eq!(replaced_at_loops(&module, memory - 1), Some(functions - 1));
        assert_eq!(replaced_at_loops(&module, memory), Some(functions));
    }
    // The adapter handles all locals, with one or two instructions for each.
    let many = "i64 ".repeat(900);
    let each_of_many = least(2, &many) - least(1, &many);
    assert!(each_of_many > each + 900 * 8, "{each_of_many} bytes, and {each} without locals");
}

/// The least memory with which a tier compiles a module.
fn least_to_compile(module: &Arc<Module>, tier: Tier) -> u64 {
    let engine = engine(tier, OptLevel::O2);
    let compiles = |memory| {
        let limits = CompileLimits { memory: Some(memory), ..CompileLimits::default() };
        match engine.compile_within(module, limits) {
            Ok(_) => true,
            Err(CompileError::Memory(_)) => false,
            Err(e) => panic!("{e}"),
        }
    };
    let (mut too_little, mut enough) = (0, 1 << 30);
    assert!(compiles(enough));
    while enough - too_little > 1 {
        let middle = u64::midpoint(too_little, enough);
        *if compiles(middle) { &mut enough } else { &mut too_little } = middle;
    }
    enough
}

/// The memory kept for each function counts for all later ones: equal functions take equal amounts.
#[test]
fn functions_count_together() {
    for tier in [Tier::Interp, Tier::Jit, Tier::Eval] {
        let least = |functions: u32| least_to_compile(&with_loops(functions as usize, "i64", ""), tier);
        // From the second one on, machine code is aligned.
        let two = least(2);
        let each = least(3) - two;
        let body = with_loops(1, "i64", "").bodies[0].range.len() as u64;
        assert!(each > body, "{each} bytes for a body of {body} on {tier:?}");
        for functions in [4, 10, 100] {
            let expected = two + u64::from(functions - 2) * each;
            assert_eq!(least(functions), expected, "{functions} functions on {tier:?}");
        }
    }
}

/// The number of functions that are interpreted within this much memory; they are called in turn until one is refused.
fn interpreted(module: &Arc<Module>, memory: u64) -> u32 {
    let mode = Mode::Tiered { seed: None };
    let engine = Engine::new(Config { mode, compile_threads: Some(0), ..Config::default() }).expect("an engine");
    let limits = CompileLimits { memory: Some(memory), ..CompileLimits::default() };
    let code = engine.compile_within(module, limits).expect("nothing is compiled yet");
    let mut store = engine.store(Limits::default());
    let instance = store.instantiate(code, &[]).expect("instantiates");
    let all = 0..module.num_defined_functions();
    let called = all.take_while(|i| {
        let f = super::function(&store, instance, &format!("f{i}"));
        store.call(f, &[]).is_ok()
    });
    let called = called.count() as u32;
    assert_eq!(store.replacements(), [0, 0]);
    called
}

/// Functions that are translated at their first calls also count together.
#[test]
fn interpreted_functions_count_together() {
    let least = |functions: u32| {
        let module = with_loops(functions as usize, "i64", "");
        let (mut too_little, mut enough) = (0, 1 << 30);
        assert_eq!(interpreted(&module, enough), functions);
        while enough - too_little > 1 {
            let middle = u64::midpoint(too_little, enough);
            *if interpreted(&module, middle) == functions { &mut enough } else { &mut too_little } = middle;
        }
        enough
    };
    let one = least(1);
    let each = least(2) - one;
    let module = with_loops(30, "i64", "");
    let body = module.bodies[0].range.len() as u64;
    assert!(each > body, "{each} bytes for a body of {body}");
    for functions in [3, 10, 29] {
        let memory = one + u64::from(functions - 1) * each;
        assert_eq!(interpreted(&module, memory - 1), functions - 1);
        assert_eq!(interpreted(&module, memory), functions);
    }
}

/// A function that may take more memory than is left is refused before it is translated, also at its first call.
#[test]
fn a_large_function_is_not_translated() {
    let text = format!(r#"(module (func (export "f0") {}))"#, "(block)".repeat(20_000));
    let module = decode(&super::encode(&text));
    let memory = 32 * module.bodies[0].range.len() as u64;
    assert_eq!(interpreted(&module, memory), 0);
}

/// The cost of compiling one function does not depend on the number of others in the module.
#[test]
fn a_function_is_compiled_for_itself() {
    let cost = |functions| {
        let module = with_loops(functions, "i64", "");
        let mode = Mode::Replaced { at_loops: true, after: 0 };
        let engine = Engine::new(Config { mode, compile_threads: Some(0), ..Config::default() }).expect("an engine");
        let mut store = engine.store(Limits::default());
        let instance = store.instantiate(engine.compile(&module).expect("supported"), &[]).expect("instantiates");
        let f = super::function(&store, instance, "f0");
        let before = allocated::total();
        assert_eq!(store.call(f, &[]).expect("returns"), [Val::I32(10)]);
        assert_eq!(store.replacements(), [0, 1]);
        allocated::total() - before
    };
    // The first compilation also creates what all modules share.
    let (_, few, many) = (cost(1), cost(1), cost(20_000));
    assert!(many < few + few / 10, "{few} bytes alone, {many} among many");
}
