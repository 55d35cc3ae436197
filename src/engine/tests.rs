use super::*;
use crate::runtime::store::Extern;
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
    let chained = Engine::new(Config { dispatch: Some(Dispatch::Chain), ..Config::default() });
    assert_eq!(chained.is_ok(), interp::CHAIN);
}

/// Functions that the compiler fails on stay interpreted, and are named, in the order of their names.
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
    // Whoever compiles: who asks, a thread, and who asks in its place.
    for (compile_threads, bytes) in [(0, 0), (1, 0), (1, 1000)] {
        // No function can be compiled with so few registers, which `Engine::new` refuses.
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
