use super::background::Compile;
use super::*;
use crate::config::profile::{FunctionProfile, Profile, Seen};
use crate::module::{BodyIndex, FuncType, ValType};
use crate::runtime::compile_error::Interrupt;
use crate::runtime::stacks::limit::{INTERRUPTED, StackLimit};
use crate::runtime::store::{Abort, Extern, Passing};
use crate::runtime::trap::TrapCode;
use crate::runtime::value::Val;

#[test]
fn tiers_are_drawn_evenly_and_by_content() {
    let module = Module::new(b"\0asm\x01\0\0\0", crate::module::WasmFeatures::default()).unwrap();
    let hash = module_hash(&module);
    for (mode, tiers) in [(Mode::Mix { seed: 7 }, 2), (Mode::Mix3 { seed: 7 }, 3)] {
        let mut counts = [0; 3];
        (0..3000).for_each(|body| counts[mode.tier(hash, body) as usize] += 1);
        let expected = 3000 / tiers;
        assert!(counts[..tiers].iter().all(|&n| n > expected * 9 / 10 && n < expected * 11 / 10), "{counts:?}");
        assert_eq!(counts[tiers..].iter().sum::<usize>(), 0);
    }
    let drawn = |seed: u64, hash: u64| (0..64).map(|b| Mode::Mix { seed }.tier(hash, b)).collect::<Vec<_>>();
    assert_eq!(drawn(1, hash), drawn(1, hash));
    assert_ne!(drawn(1, hash), drawn(2, hash));
    assert_ne!(drawn(1, hash), drawn(1, hash + 1));
}

#[test]
fn what_is_not_there_is_refused() {
    assert!(Engine::new(Config { registers: Some(3), ..Config::default() }).is_err());
    for mode in [Mode::All(Tier::Interp), Mode::All(Tier::Jit)] {
        let none = Config { mode, passes: Some(vec!["no such pass".into()]), ..Config::default() };
        assert!(matches!(Engine::new(none), Err(ConfigError::Pass(_))));
    }
    // Native relaxed operators return results that the interpreter does not, so nothing may be interpreted.
    let native = |mode, only| Engine::new(Config { mode, only, relaxed: Relaxed::Native, ..Config::default() });
    assert!(native(Mode::All(Tier::Jit), None).is_ok());
    for (mode, only) in [(Mode::All(Tier::Jit), Some(Bodies::default())), (Mode::All(Tier::Interp), None)] {
        assert!(matches!(native(mode, only), Err(ConfigError::MixedRelaxed)));
    }
    let chained = Engine::new(Config { dispatch: Some(Dispatch::Chain), ..Config::default() });
    assert_eq!(chained.is_ok(), interp::CHAIN);
    // Code for a different CPU would be executed.
    let missing = CpuLevel::all().find(|level| !level.is_here()).expect("no machine is every CPU");
    let error = |mode| Engine::new(Config { mode, cpu: Some(missing), ..Config::default() }).err();
    let refused = ConfigError::CpuLevel { asked: missing.name(), here: CpuLevel::default().name() };
    for mode in [Mode::All(Tier::Jit), Mode::Mix { seed: 1 }, Mode::Tiered { seed: None }] {
        assert_eq!(error(mode).as_ref(), Some(&refused), "{mode:?}");
    }
    assert_eq!(error(Mode::All(Tier::Interp)), None);
}

/// Adapters fill undefined bits with garbage only if the engine is to.
#[test]
fn an_engine_has_adapters_of_its_own_kind() {
    if !cpu::RUNS_NATIVE_CODE {
        return;
    }
    let bytes = |poison| {
        let engine = Engine::new(Config { poison, ..Config::default() }).unwrap();
        engine.adapters().array_to_native_code(&FuncType::new([ValType::I32], [])).len()
    };
    assert!(bytes(true) > bytes(false));
}

/// An engine that has seen many signatures uses new adapters for what it creates from then on. The old ones are freed with the
/// last module that has them.
#[test]
fn adapters_go_with_the_modules_that_have_them() {
    if !cpu::RUNS_NATIVE_CODE {
        return;
    }
    // Settings that no other test uses.
    let engine = Engine::new(Config { registers: Some(10), poison: true, ..Config::default() }).unwrap();
    let compiled = |n: usize| {
        let types = |n: usize| (0..16).map(move |i| if n >> i & 1 == 0 { " i32" } else { " i64" }).collect::<String>();
        let rest = " i64".repeat(100);
        let text: String = (256 * n..256 * (n + 1)).map(|n| format!("(func (param{}{rest}))", types(n))).collect();
        let bytes = wat::parse_str(format!("(module {text})")).unwrap();
        engine.compile(&Arc::new(Module::new(&bytes, crate::module::WasmFeatures::all()).unwrap())).unwrap()
    };
    let kept = compiled(0);
    let first = engine.adapters();
    let mut n = 1;
    while Arc::ptr_eq(&first, &engine.adapters()) {
        drop(compiled(n));
        n += 1;
        assert!(n < 256, "the engine keeps all of them");
    }
    let first = {
        let weak = Arc::downgrade(&first);
        drop(first);
        weak
    };
    assert_eq!(first.strong_count(), 1, "a module has them");
    drop(kept);
    assert_eq!(first.strong_count(), 0);
}

/// Functions on which the compiler fails stay interpreted, and are listed in the order of their names.
#[test]
fn what_the_compiler_fails_on_is_named() {
    if !cpu::RUNS_NATIVE_CODE {
        return;
    }
    let text = r#"(module
      (func $a (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
      (func $b (param i32) (result i32) (call $a (local.get 0)))
      (func $c (param i32) (result i32) (call $b (local.get 0)))
      (func $d (param i32) (result i32) (call $c (local.get 0)))
      (func $e (param i32) (result i32) (call $d (local.get 0)))
      (func $f (export "f") (param i32) (result i32) (call $e (local.get 0))))"#;
    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let bytes = wat::parse_str(text).unwrap();
    let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap());
    // Regardless of who compiles: the thread that asks, a compiler thread, or the thread that asks in its place.
    for (compile_threads, bytes) in [(0, 0), (1, 0), (1, 1000)] {
        // No function can be compiled with so few registers; `Engine::new` would refuse them.
        let sound = Config { mode: Mode::Tiered { seed: None }, ..Config::default() };
        let config = Config { registers: Some(0), compile_threads: Some(compile_threads), ..sound.clone() };
        let start = Start { asks: 0, bytes, count: move || compile_threads };
        let compilers = (compile_threads > 0).then(|| Compilers::new(start));
        let engine = Engine { config: Arc::new(config), compilers, ..Engine::new(sound).unwrap() };
        let mut store = engine.store(Limits::default());
        let id = store.instantiate(engine.compile(&module).unwrap(), &[]).unwrap();
        let Some(Extern::Func(f)) = store.export(id, "f") else { panic!("no function") };
        let mut calls = 0;
        while store.compiler_defects().len() < NAMES.len() {
            calls += 1;
            assert!(calls < 10_000_000, "{:?}", store.compiler_defects());
            assert_eq!(store.call(f, &[Val::I32(40)]).unwrap(), [Val::I32(42)]);
        }
        assert_eq!(store.compiler_defects(), NAMES);
        assert_eq!(store.replacements(), [0, 0]);
    }
}

/// A look ahead has functions ask that have made an eighth of their passings: those with the fewest left first, and 4 KiB at a
/// time.
#[test]
fn looking_ahead_finds_what_is_on_its_way() {
    if !cpu::RUNS_NATIVE_CODE {
        return;
    }
    // One of a few bytes, one slightly larger than two KiB, and one slightly larger than three.
    let function = |name: &str, nops: usize| {
        // In an arm that is not executed, so that each passing counts once.
        let nops = "nop ".repeat(nops);
        format!("(func (export \"{name}\") (param i32) (result i32) (if (i32.const 0) (then {nops})) (local.get 0))")
    };
    let text = format!("(module {} {} {})", function("small", 0), function("large", 2100), function("larger", 3100));
    let bytes = wat::parse_str(text).unwrap();
    let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap());
    let fixture = |seed| {
        let config = Config { mode: Mode::Tiered { seed }, compile_threads: Some(0), ..Config::default() };
        let engine = Engine::new(config).unwrap();
        let code = TieredModule::new(&module, &engine.config, &engine.adapters(), None, CompileLimits::default());
        let mut store = engine.store(Limits::default());
        let id = store.instantiate(Arc::clone(&code) as Arc<dyn Code>, &[]).unwrap();
        (store, id, code)
    };
    let call = |store: &mut Store, id, name: &str, times: u32| {
        let Some(Extern::Func(f)) = store.export(id, name) else { panic!("no function {name}") };
        for n in 0..times {
            assert_eq!(store.call(f, &[Val::I32(n)]).unwrap(), [Val::I32(n)]);
        }
        store.replacements()[0]
    };
    let (mut store, id, code) = fixture(None);
    assert!(!code.look_ahead(), "nothing was called");
    // A thousand for each KiB, of which the last two hundred are watched: after this many calls one asks, the watched ones
    // follow, and one asks again.
    let (watched, calls) = if interp::CHAIN { (200, 202) } else { (0, 1) };
    let least = |passings: u32| (passings - watched) / 8;
    call(&mut store, id, "small", least(1000) - 1);
    assert!(!code.look_ahead(), "less than an eighth");
    call(&mut store, id, "small", 1);
    assert!(code.look_ahead());
    assert!(!code.look_ahead(), "it will ask already");
    assert_eq!(call(&mut store, id, "small", calls - 1), 0);
    assert_eq!(call(&mut store, id, "small", 1), 1, "it is compiled when it asks, after it was watched");
    assert!(!code.look_ahead(), "it has asked");

    // Both are on their way. The one with less left comes first, and the other one is too large to come with it.
    call(&mut store, id, "large", least(2000));
    call(&mut store, id, "larger", 2 * least(3000));
    assert!(code.look_ahead());
    assert_eq!(call(&mut store, id, "large", calls), 1);
    assert_eq!(call(&mut store, id, "larger", calls), 2);
    assert!(code.look_ahead());
    assert_eq!(call(&mut store, id, "large", calls), 3);
    assert!(!code.look_ahead());

    // If a seed decides when a function is replaced, nothing else does.
    let (mut store, id, code) = fixture(Some(1));
    for name in ["small", "large", "larger"] {
        call(&mut store, id, name, 1);
    }
    assert!(!code.look_ahead());
}

/// What it takes to watch a function counts as code: of many equal functions, the memory may be enough for only some. (For a
/// few functions it is enough for all that were translated, since translating takes more.)
#[test]
fn functions_are_watched_while_there_is_memory() {
    if !cpu::RUNS_NATIVE_CODE || !interp::CHAIN {
        return;
    }
    let function = |name: &str| {
        let branches = "(br_if 0 (i32.eqz (local.get 0)))".repeat(50);
        format!("(func (export \"{name}\") (param i32) (result i32) (block {branches}) (local.get 0))")
    };
    let names: Vec<String> = (0..40).map(|i| format!("f{i}")).collect();
    let functions: String = names.iter().map(|name| function(name)).collect();
    let bytes = wat::parse_str(format!("(module {functions})")).unwrap();
    let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap());
    // `None` if there is not even enough memory for their code.
    let watched = |memory: Option<u64>| {
        let config = Config { mode: Mode::Tiered { seed: None }, compile_threads: Some(0), ..Config::default() };
        let engine = Engine::new(config).unwrap();
        let limits = CompileLimits { memory, ..CompileLimits::default() };
        let code = TieredModule::new(&module, &engine.config, &engine.adapters(), None, limits);
        let mut store = engine.store(Limits::default());
        let id = store.instantiate(Arc::clone(&code) as Arc<dyn Code>, &[]).unwrap();
        // All are translated before the first is watched, and none is compiled.
        for calls in [1, 900] {
            for name in &names {
                let Some(Extern::Func(f)) = store.export(id, name) else { panic!("no function {name}") };
                for _ in 0..calls {
                    store.call(f, &[Val::I32(1)]).ok()?;
                }
            }
        }
        assert_eq!(store.replacements(), [0, 0]);
        Some(code.seen().unwrap().functions.len())
    };
    assert_eq!(watched(None), Some(40));
    let counts: Vec<_> = (0..250_000).step_by(2_500).map(|memory| watched(Some(memory))).collect();
    let some = counts.iter().filter(|count| matches!(count, Some(1..40))).count();
    assert!(counts.is_sorted() && some > 1, "{counts:?}");
    assert_eq!((counts[0], counts[counts.len() - 1]), (None, Some(40)));
}

/// A loop or a function that asks while its store is interrupted gets nothing, and nothing is recorded about it: it gets its
/// code when it asks again.
#[test]
fn an_interrupt_ends_what_is_compiled_for_who_asks() {
    if !cpu::RUNS_NATIVE_CODE {
        return;
    }
    let text =
        r#"(module (func (export "f") (param i32) (result i32) (loop $l (br_if $l (i32.const 0))) (local.get 0)))"#;
    let bytes = wat::parse_str(text).unwrap();
    let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap());
    let body = BodyIndex(0);
    let (interrupted, running) = (StackLimit::new(INTERRUPTED), StackLimit::new(0));
    // The thread that asks compiles, or it was told to because there is too little for a thread.
    for in_background in [false, true] {
        for passing in [Passing::Entry, Passing::Loop(module.loops(body)[0])] {
            let mode = Mode::Replaced { at_loops: passing != Passing::Entry, after: 1_000_000 };
            // With this dispatcher, nothing is watched first.
            let dispatch = Some(Dispatch::Loop);
            let config = Config { mode, dispatch, compile_threads: Some(0), ..Config::default() };
            let engine = Engine::new(config).unwrap();
            let start = || Compilers::new(Start { asks: 0, bytes: 1 << 20, count: || unreachable!("a thread") });
            let compilers = in_background.then(start);
            let limits = CompileLimits::default();
            let code = TieredModule::new(&module, &engine.config, &engine.adapters(), compilers.as_ref(), limits);
            let mut store = engine.store(Limits::default());
            let id = store.instantiate(Arc::clone(&code) as Arc<dyn Code>, &[]).unwrap();
            let Some(Extern::Func(f)) = store.export(id, "f") else { panic!("no function") };
            assert_eq!(store.call(f, &[Val::I32(7)]).unwrap(), [Val::I32(7)]);
            let ask = |word| code.replacement(body, passing, Interrupt::new(word)).here.is_some();
            assert_eq!([ask(&interrupted), ask(&interrupted), ask(&running)], [false, false, true], "{passing:?}");
            assert_eq!(code.defects(), [""; 0]);
        }
    }
}

/// The profile of one module says nothing about another.
#[test]
fn a_profile_is_of_its_module() {
    if !cpu::RUNS_NATIVE_CODE {
        return;
    }
    let text = "(module (memory 1) (func (param i32)
      (if (local.get 0) (then (i32.store (i32.const 0) (local.get 0)))) (i32.store (i32.const 4) (local.get 0))))";
    let bytes = wat::parse_str(text).unwrap();
    let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap());
    // After the number of locals and the condition's operand.
    let at = module.bodies[0].range.start + 3;
    assert_eq!(module.bytes[at], 0x04);
    let code = |of: Option<u64>| {
        let operators = vec![(at as u32, Seen::Branch { held: 0, failed: 1000 })];
        let functions = [(0, Arc::new(FunctionProfile { entered: 1000, operators }))];
        let profile = of.map(|module| Arc::new(Profile { module, functions: functions.into() }));
        let engine = Engine::new(Config { mode: Mode::All(Tier::Jit), profile, ..Config::default() }).unwrap();
        engine.code_bytes(&engine.compile(&module).unwrap())
    };
    let (own, plain) = (module_hash(&module), code(None));
    assert_ne!(code(Some(own)), plain, "what was never executed lies at the end");
    for other in [0, own ^ 1, !own] {
        assert_eq!(code(Some(other)), plain);
    }
}

/// However the code is made, it is not started once the time is over.
#[test]
fn nothing_is_compiled_or_translated_after_its_time() {
    let bytes = wat::parse_str("(module (func (export \"f\")) (func (export \"g\")))").unwrap();
    let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap());
    for tier in [Tier::Interp, Tier::Jit, Tier::Eval] {
        let engine = Engine::new(Config { mode: Mode::All(tier), ..Config::default() }).unwrap();
        let limits = CompileLimits { deadline: Some(std::time::Instant::now()), ..CompileLimits::default() };
        let refused = engine.compile_within(&module, limits).err();
        assert!(matches!(refused, Some(CompileError::Timeout)), "{tier:?}: {refused:?}");
    }
}

/// Evaluated functions also use the value area up to its last slot, and nothing beyond it.
#[test]
fn evaluated_code_uses_the_value_area_to_its_last_slot() {
    const ENOUGH: usize = 400;
    const PAINT: u64 = 0xa5a5_5a5a_1234_8765;
    let square = "(i32.mul (local.get 0) (local.get 0))";
    for functions in [
        format!("(func (export \"f\") (param i32) (result i32) {square})"),
        format!("(func $g (param i32 v128) (result i32) {square})
          (func (export \"f\") (param i32) (result i32) (i32.add {square} (call $g (local.get 0) (v128.const i64x2 1 2))))"),
        // The arguments wait after both frames.
        format!("(func $g (param i32 i64 i64 i64 i64 i64) (result i32) {square})
          (func (export \"f\") (param i32) (result i32)
            (return_call $g (local.get 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5)))"),
    ] {
        let bytes = wat::parse_str(format!("(module {functions})")).unwrap();
        let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::all()).unwrap());
        let engine = Engine::new(Config { mode: Mode::All(Tier::Eval), ..Config::default() }).unwrap();
        // Returns whether there was space in an area of this many slots, and how many were written.
        let call = |slots: usize| {
            let mut store = engine.store(Limits::default());
            let id = store.instantiate(engine.compile(&module).unwrap(), &[]).unwrap();
            let Some(Extern::Func(f)) = store.export(id, "f") else { panic!("no function") };
            // SAFETY: nothing runs; the area of a default store has more slots.
            let area = unsafe {
                let stack = (*store.vm()).stack;
                let area = std::slice::from_raw_parts_mut((*stack).values_base, ENOUGH + 64);
                (*stack).values_end = (*stack).values_base.add(slots);
                area
            };
            area.fill(PAINT);
            let fits = match store.call(f, &[Val::I32(7)]) {
                Ok(_) => true,
                Err(Abort::Trap(trap)) if trap.code == TrapCode::CallStackExhausted => false,
                Err(e) => panic!("{e}"),
            };
            (fits, area.iter().rposition(|&slot| slot != PAINT).map_or(0, |last| last + 1))
        };
        let (fits, need) = call(ENOUGH);
        assert!(fits && need > 0, "{functions}");
        for slots in 0..need + 8 {
            let (fits, written) = call(slots);
            assert!(written <= slots, "{written} slots of {slots} are written: {functions}");
            assert_eq!(fits, slots >= need, "{slots} slots of {need}: {functions}");
        }
    }
}

/// Even if one tier is for all: the hash of the module decides.
#[test]
fn selected_functions_alone_are_compiled() {
    if !cpu::RUNS_NATIVE_CODE {
        return;
    }
    let bytes = wat::parse_str("(module (func (export \"f\")) (func (export \"g\")))").unwrap();
    let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap());
    // Returns how often native code is entered by a call of each function.
    let entered = |hash: u64, body: u32| {
        let only = Some(Bodies::from_iter([(hash, body)]));
        let engine = Engine::new(Config { mode: Mode::All(Tier::Jit), only, ..Config::default() }).unwrap();
        let mut store = engine.store(Limits::default());
        let id = store.instantiate(engine.compile(&module).unwrap(), &[]).unwrap();
        ["f", "g"].map(|name| {
            let Some(Extern::Func(f)) = store.export(id, name) else { panic!("no function {name}") };
            let before = store.counters().1;
            store.call(f, &[]).unwrap();
            store.counters().1 - before
        })
    };
    let hash = module_hash(&module);
    assert_eq!([entered(hash, 0), entered(hash, 1), entered(hash ^ 1, 0)], [[1, 0], [0, 1], [0, 0]]);
}

/// A store that checks itself collects after each call, and compares the result with another marker.
#[test]
fn a_store_checks_itself_as_its_engine_says() {
    let bytes = wat::parse_str("(module (func (export \"f\")))").unwrap();
    let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap());
    for paranoid in [false, true] {
        let engine = Engine::new(Config { paranoid, ..Config::default() }).unwrap();
        let mut store = engine.store(Limits::default());
        let id = store.instantiate(engine.compile(&module).unwrap(), &[]).unwrap();
        let Some(Extern::Func(f)) = store.export(id, "f") else { panic!("no function") };
        let before = store.gc_stats().collections;
        store.call(f, &[]).unwrap();
        assert_eq!(store.gc_stats().collections > before, paranoid);
    }
}

/// There are few of them, and they must have an effect.
#[test]
fn passings_that_are_watched_count_for_more_where_their_number_is_given() {
    if !cpu::RUNS_NATIVE_CODE || !interp::CHAIN {
        return;
    }
    let text = r#"(module (func (export "f") (param i32) (result i32) (if (local.get 0) (then (nop))) (local.get 0)))"#;
    let bytes = wat::parse_str(text).unwrap();
    let module = Arc::new(Module::new(&bytes, crate::module::WasmFeatures::default()).unwrap());
    let mode = Mode::Replaced { at_loops: false, after: 8 };
    let engine = Engine::new(Config { mode, ..Config::default() }).unwrap();
    let code = engine.compile(&module).unwrap();
    let mut store = engine.store(Limits::default());
    let id = store.instantiate(Arc::clone(&code), &[]).unwrap();
    let Some(Extern::Func(f)) = store.export(id, "f") else { panic!("no function") };
    for _ in 0..20 {
        assert_eq!(store.call(f, &[Val::I32(1)]).unwrap(), [Val::I32(1)]);
    }
    assert_eq!(store.replacements(), [1, 0]);
    let seen = code.seen().unwrap().functions;
    let [(_, Seen::Branch { held, failed: 0 })] = seen[&0].operators[..] else { panic!("{seen:?}") };
    assert!(held >= 100 && held.is_multiple_of(100), "{held}");
    assert!(seen[&0].entered.is_multiple_of(100), "{seen:?}");
}
