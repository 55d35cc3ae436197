//! Checks that compiling takes time and memory in proportion to the module: `cargo bench --bench scaling [-- PROGRAM
//! [BACKEND]]`.
//!
//! Each hostile program runs at an eighth, a quarter, a half and all of the size at which it is tested. The table shows
//! processor time, bytes allocated, and the factor by which doubling the size increases each. Linear is 2. `-- --write
//! FOLDER` writes the programs at their full size instead, one file each, for other engines and for `wasmoon run`.

#[allow(dead_code, reason = "what only the test uses")]
#[path = "../tests/hostile/allocated.rs"]
mod allocated;
#[allow(dead_code, reason = "what only the test uses")]
#[path = "../tests/hostile/programs.rs"]
mod programs;

use allocated::Counting;
use std::sync::Arc;
use wasmoon::engine::{CompileError, Config, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{Module, features};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const BACKENDS: [(&str, Option<(Tier, OptLevel)>); 5] = [
    ("decode", None),
    ("interp", Some((Tier::Interp, OptLevel::O2))),
    ("jit-O0", Some((Tier::Jit, OptLevel::O0))),
    ("jit-O1", Some((Tier::Jit, OptLevel::O1))),
    ("jit", Some((Tier::Jit, OptLevel::O2))),
];

/// Returns the processor time of this thread in milliseconds, since the machine may be busy otherwise.
fn cpu_ms() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux counts the time of threads");
    let nanoseconds: f64 = text.split(' ').next().and_then(|n| n.parse().ok()).expect("a number");
    nanoseconds / 1e6
}

fn main() {
    let raw: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let [option, folder] = &raw[..]
        && option == "--write"
    {
        for &(name, size, make) in programs::PROGRAMS {
            let file = std::path::Path::new(folder).join(format!("{}.wasm", name.replace([' ', ','], "-")));
            std::fs::write(&file, make(size)).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        }
        return;
    }
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let (program, backend) = (args.next().unwrap_or_default(), args.next());
    println!(
        "{:30} {:7} {:>10} {:>24} {:>24}",
        "program", "backend", "bytes", "ms at 1/8 1/4 1/2 1", "ratios time | memory"
    );
    for &(name, size, make) in programs::PROGRAMS.iter().filter(|p| p.0.contains(&program)) {
        for &(column, tier) in BACKENDS.iter().filter(|b| backend.as_deref().is_none_or(|only| only == b.0)) {
            let mut times = Vec::new();
            let mut memory = Vec::new();
            let mut bytes = Vec::new();
            let mut end = String::new();
            for n in [size / 8, size / 4, size / 2, size] {
                bytes = make(n);
                let decode = || Arc::new(Module::new(&bytes, features::all()).expect("valid"));
                let decoded = decode();
                let (start, before) = (cpu_ms(), allocated::total());
                match tier {
                    None => drop(decode()),
                    Some((tier, opt)) => {
                        let config = Config { mode: Mode::All(tier), opt, ..Config::default() };
                        match Engine::new(config).expect("an engine").compile(&decoded) {
                            Ok(code) => drop(code),
                            Err(CompileError::Limit(e)) => end = format!("  limit: {e}"),
                            Err(e) => end = format!("  {e}"),
                        }
                    }
                }
                times.push(cpu_ms() - start);
                memory.push((allocated::total() - before) as f64);
            }
            let ratio = |v: &[f64]| v.windows(2).map(|w| format!("{:.1} ", w[1] / w[0])).collect::<String>();
            let all: String = times.iter().map(|t| format!("{t:.0} ")).collect();
            let worst = times.windows(2).skip(1).any(|w| w[1] / w[0] > 2.7 && w[1] > 50.0);
            let mark = if worst { " <<<" } else { "" };
            println!(
                "{name:30} {column:7} {:>10} {all:>24} {:>14}| {:>12}{mark}{end}",
                bytes.len(),
                ratio(&times),
                ratio(&memory)
            );
        }
    }
}
