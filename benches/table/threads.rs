//! Several threads on one memory. This measures wall-clock time, since threads wait for each other, so these figures
//! need a quiet machine with at least as many cores as threads.

use crate::columns::Column;
use crate::programs;
use crate::report::{Contended, Results};
use crate::{Options, progress};
use std::path::Path;

/// The measured rows: name, export, rounds of each thread, number of threads.
const ROWS: [(&str, &str, u32, u32); 7] = [
    ("one counter, 1 thread", "add", 10_000_000, 1),
    ("one counter, 2 threads", "add", 5_000_000, 2),
    ("one counter, 4 threads", "add", 2_500_000, 4),
    ("compare and exchange, 1 thread", "exchange", 10_000_000, 1),
    ("compare and exchange, 2 threads", "exchange", 5_000_000, 2),
    ("compare and exchange, 4 threads", "exchange", 2_500_000, 4),
    ("wait and notify in turns, 2 threads", "turns", 20_000, 2),
];

/// Names of all rows.
pub fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.0)
}

/// Measures the selected rows.
pub fn measure(
    folder: &Path,
    options: &Options,
    wanted: &dyn Fn(&str, &str) -> bool,
    columns: &mut [Column],
    results: &mut Results,
) -> Result<(), String> {
    let path = folder.join("threads.wasm");
    std::fs::write(&path, programs::threads()?).map_err(|e| format!("{}: {e}", path.display()))?;
    for (name, export, rounds, threads) in ROWS.into_iter().filter(|row| wanted(row.0, "threads")) {
        let mut able = vec![true; columns.len()];
        let opened: Vec<_> = columns.iter_mut().map(|column| column.open(&path)).collect();
        for round in 0..options.rounds {
            progress(&format!("{name} round {round}"));
            for turn in 0..columns.len() {
                let i = (turn + round) % columns.len();
                if !able[i] {
                    continue;
                }
                let column = &mut columns[i];
                let mut measured = || {
                    opened[i].clone()?;
                    // A thread that never sleeps can be called alone.
                    if round == 0 && export != "turns" {
                        column.warm_up(|column| column.threads(export, 1, rounds))?;
                    }
                    column.threads(export, threads, rounds)
                };
                match measured() {
                    Ok((time, value)) => {
                        let all = u64::from(rounds) * u64::from(threads);
                        if value != all {
                            results.differences.push(format!("{name}: {value} on {}, not {all}", column.name));
                        }
                        results.contended.push(Contended { name, column: column.name, round, time, operations: all });
                    }
                    Err(why) => {
                        results.lacks("several threads", column.name, &why);
                        able[i] = false;
                    }
                }
            }
        }
    }
    Ok(())
}
