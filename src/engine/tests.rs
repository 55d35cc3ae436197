use super::*;

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
