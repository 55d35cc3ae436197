//! Random modules, on the interpreter and on the JIT at each level, alone, mixed and with few registers: results,
//! traps, exceptions, memories, globals and tables after each call must agree.
//!
//! The seeds were selected from many by `ci/seeds`. `wasmoon smith` searches further; it accepts the seed that a failure prints.

use wasmoon::engine::NanProfile;
use wasmoon::triage::differential::{Figures, STACK_BYTES, bounds, check};
use wasmoon::triage::smith::columns::Engines;
use wasmoon::triage::smith::generate::generate;
use wasmoon::triage::smith::{CheckedShare, ColumnChoice, Features};

#[test]
fn backends_agree_on_random_modules() {
    let work = || {
        let (mut engines, mut figures) = (Engines::default(), Figures::default());
        let choice = ColumnChoice { checked: CheckedShare::OneIn(2), ..ColumnChoice::default() };
        let (mut bad, mut exhausting) = (Vec::new(), Vec::new());
        let lines = include_str!("smith/seeds.txt").lines().filter(|line| !line.starts_with('#'));
        for seed in lines.map(|line| line.parse().unwrap()) {
            let subject = generate(seed, Features::supported(), NanProfile::Native).unwrap();
            let prepared = subject.prepare().unwrap();
            let columns = engines.columns(choice.of(seed)).unwrap();
            let before = figures.exhausted;
            if let Some(found) = check(&prepared, &columns, &bounds(), &mut |_| {}, &mut figures).mismatch {
                let what = prepared.step_name(found.difference.step);
                bad.push(format!("seed {seed}, {}, {what}: {}", columns[found.column].name, found.difference));
            }
            exhausting.extend((figures.exhausted > before).then_some(seed));
        }
        println!("{figures:?}");
        assert!(bad.is_empty(), "{} modules:\n{}", bad.len(), bad.join("\n"));
        let Figures { compared, values, traps, exceptions, .. } = figures;
        assert!(compared > 3000 && values > 200 && traps > 50 && exceptions > 0, "too little was compared");
        // Code limited by fuel must not exhaust a stack, or comparison stops. These have a function that calls itself without end.
        assert_eq!(exhausting, [155, 191, 875, 3859]);
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap().join().unwrap();
}
