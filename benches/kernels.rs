//! Vector code, relaxed vector code, scalar floats, and code on objects, on both backends: `cargo bench --bench kernels
//! [kernel | vectors | relaxed | floats | objects | hints]`; with `--features wasmi` also on wasmi, as far as it
//! supports them. The column `native` is the JIT with the CPU's relaxed operators, `interp-nan` and `jit-nan` make NaNs
//! canonical, and `unhinted` is the JIT without a module's branch hints.
//!
//! Rounds alternate between the columns, so that other load on the machine affects all; the best round of each counts.

use std::sync::Arc;
use std::time::{Duration, Instant};
use wasmoon::engine::{Config, Engine, Mode, NanProfile, OptLevel, Relaxed, Tier};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::runtime::store::{Extern, Limits, Store};
use wasmoon::runtime::value::{FuncRef, Val};

const ROUNDS: usize = 7;

/// A module's name and text; the names of its exports, with their numbers of iterations.
type Set = (&'static str, &'static str, &'static [(&'static str, u32)]);

const SETS: [Set; 5] = [
    (
        "vectors",
        include_str!("vectors.wat"),
        &[("saxpy", 200), ("mandel", 500_000), ("chacha", 400_000), ("search", 300), ("dot", 300), ("blend", 150)],
    ),
    (
        "relaxed",
        include_str!("relaxed.wat"),
        &[
            ("matmul", 200),
            ("dotf", 5_000),
            ("polynomial", 3_000),
            ("quantized", 10_000),
            ("clamp", 5_000),
            ("lookup", 5_000),
        ],
    ),
    (
        "floats",
        include_str!("floats.wat"),
        &[("norm", 2_000), ("axpy", 1_500), ("mandel", 2_000_000), ("roots", 1_000)],
    ),
    ("hints", include_str!("hints.wat"), &[("checks", 2_000), ("outside", 2_000), ("skipped", 2_000)]),
    (
        "objects",
        include_str!("objects.wat"),
        &[
            ("allocate", 1_000_000),
            ("trees", 200),
            ("list", 1_000),
            ("virtual", 2_000),
            ("casts", 5_000),
            ("fields", 1_000_000),
            ("sieve", 50),
            ("sums", 2_000),
        ],
    ),
];

/// Something that runs a kernel.
enum Column {
    Ours(Store, wasmoon::runtime::store::InstanceId),
    #[cfg(feature = "wasmi")]
    Wasmi(Box<wasmi::Store<()>>, wasmi::Instance),
}

impl Column {
    fn ours(module: &Arc<Module>, mode: Tier, opt: OptLevel) -> Result<Column, String> {
        Column::of(module, Config { mode: Mode::All(mode), opt, ..Config::default() })
    }

    fn of(module: &Arc<Module>, config: Config) -> Result<Column, String> {
        let engine = Engine::new(config).map_err(|e| e.to_string())?;
        let code = engine.compile(module).map_err(|e| e.to_string())?;
        let mut store = engine.store(Limits::default());
        let instance = store.instantiate(code, &[]).map_err(|e| format!("{e:?}"))?;
        Ok(Column::Ours(store, instance))
    }

    #[cfg(feature = "wasmi")]
    fn wasmi(bytes: &[u8]) -> Result<Column, String> {
        let engine = wasmi::Engine::default();
        let module = wasmi::Module::new(&engine, bytes).map_err(|e| e.to_string())?;
        let mut store = wasmi::Store::new(&engine, ());
        let linker = wasmi::Linker::<()>::new(&engine);
        let instance = linker.instantiate_and_start(&mut store, &module).map_err(|e| e.to_string())?;
        Ok(Column::Wasmi(Box::new(store), instance))
    }

    /// Returns the time of a kernel, and its result.
    fn round(&mut self, name: &str, rounds: u32) -> Result<(Duration, u32), String> {
        match self {
            Column::Ours(store, instance) => {
                let f: FuncRef = match store.export(*instance, name) {
                    Some(Extern::Func(f)) => f,
                    _ => return Err(format!("no function {name}")),
                };
                let start = Instant::now();
                match store.call(f, &[Val::I32(rounds)]).map_err(|e| format!("{e:?}"))?[..] {
                    [Val::I32(result)] => Ok((start.elapsed(), result)),
                    ref other => Err(format!("{other:?}")),
                }
            }
            #[cfg(feature = "wasmi")]
            Column::Wasmi(store, instance) => {
                let f = instance.get_typed_func::<i32, i32>(&**store, name).map_err(|e| e.to_string())?;
                let start = Instant::now();
                let result = f.call(&mut **store, rounds as i32).map_err(|e| e.to_string())?;
                Ok((start.elapsed(), result as u32))
            }
        }
    }
}

fn main() -> Result<(), String> {
    // Cargo adds `--bench`.
    let filter = std::env::args().skip(1).find(|a| !a.starts_with("--")).unwrap_or_default();
    for set in SETS {
        run(set, &filter)?;
    }
    Ok(())
}

/// Decodes a module in the text format.
fn decoded(text: &str) -> Result<Arc<Module>, String> {
    let bytes = wat::parse_str(text).map_err(|e| e.to_string())?;
    Ok(Arc::new(Module::new(&bytes, WasmFeatures::WASM3).map_err(|e| e.to_string())?))
}

/// Times the kernels of a set whose names contain the filter; all kernels, if the set's name does.
fn run((set, text, kernels): Set, filter: &str) -> Result<(), String> {
    let chosen: Vec<_> = kernels.iter().filter(|k| set.contains(filter) || k.0.contains(filter)).collect();
    if chosen.is_empty() {
        return Ok(());
    }
    let module = decoded(text)?;
    let mut columns = vec![
        ("interp", Column::ours(&module, Tier::Interp, OptLevel::O2)),
        ("jit-O0", Column::ours(&module, Tier::Jit, OptLevel::O0)),
        ("jit", Column::ours(&module, Tier::Jit, OptLevel::O2)),
    ];
    let optimized = Config { mode: Mode::All(Tier::Jit), ..Config::default() };
    if set == "relaxed" {
        columns.push(("native", Column::of(&module, Config { relaxed: Relaxed::Native, ..optimized.clone() })));
    }
    if ["vectors", "relaxed", "floats"].contains(&set) {
        let canonical = |config: Config| Column::of(&module, Config { nan: NanProfile::Canonical, ..config });
        columns.push(("interp-nan", canonical(Config::default())));
        columns.push(("jit-nan", canonical(optimized.clone())));
    }
    if set == "hints" {
        let without = text.replace("(@metadata.code.branch_hint", "(@nothing");
        columns.push(("unhinted", decoded(&without).and_then(|module| Column::of(&module, optimized))));
    }
    #[cfg(feature = "wasmi")]
    columns.push(("wasmi", Column::wasmi(&module.bytes)));
    print!("{:<10}", format!("{set} ms"));
    for (name, column) in &columns {
        print!(" {name:>9}");
        if let Err(why) = column {
            eprintln!("{name}: {why}");
        }
    }
    println!();
    for &&(kernel, rounds) in &chosen {
        let mut best = vec![Duration::MAX; columns.len()];
        let mut results = Vec::new();
        for _ in 0..ROUNDS {
            for (best, (_, column)) in best.iter_mut().zip(&mut columns) {
                if let Ok(column) = column {
                    let (time, result) = column.round(kernel, rounds)?;
                    *best = time.min(*best);
                    results.push(result);
                }
            }
            // Each round continues with the memory of the previous one, on all columns alike.
            if results.drain(..).collect::<std::collections::BTreeSet<_>>().len() > 1 {
                return Err(format!("{kernel}: the columns disagree"));
            }
        }
        print!("{kernel:<10}");
        for time in best {
            if time == Duration::MAX { print!(" {:>9}", "-") } else { print!(" {:>9.2}", time.as_secs_f64() * 1e3) }
        }
        println!();
    }
    Ok(())
}
