//! Compares the size of the machine code that wasmoon's `jit` and wasmtime's Cranelift generate for the same modules, for
//! each CPU. Prints a Markdown table.
//!
//!     cargo run --release --manifest-path benches/beside/Cargo.toml --target-dir target/beside --bin code FILE.wasm...
//!
//! With `--functions CPU` before the files, it compares each function, for one CPU. It prints totals, the number of functions
//! by ratio, and the functions that are larger than 512 bytes and more than 1.3 times as large as Cranelift's, ordered by
//! excess bytes.
//!
//! The sizes are those of functions, with their constants, tables and traps. Ours include the padding between functions, and
//! Cranelift's include the trampolines that its modules contain. Both compile for the baseline of each CPU, and for memories
//! that are reserved as a whole, with guard pages.

use object::{Object, ObjectSymbol, SymbolKind};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::path::Path;
use wasmoon::config::{Config, Mode, Tier};
use wasmoon::module::{BodyKind, Module, features};
use wasmoon::runtime::code::FunctionKind;
use wasmoon::target::Target;

/// The CPUs, by wasmoon's and wasmtime's names for them. wasmtime assumes no more than the baseline of a CPU that is named
/// as the target.
const CPUS: [(&str, &str); 2] = [("x86_64", "x86_64-unknown-linux-gnu"), ("aarch64", "aarch64-unknown-linux-gnu")];

/// Functions of at most this many bytes are not listed: a longer prologue alone is a large part of them.
const SMALL: u64 = 512;

/// The code sizes of a module in bytes: of everything, and of each function that the module defines, by index.
struct Sizes {
    all: u64,
    functions: BTreeMap<u32, u64>,
}

fn ours(bytes: &[u8], target: &str) -> Sizes {
    let target = Target::named(target).expect("a CPU");
    let module = Module::new(bytes, features::all()).expect("a module");
    let config = Config {
        cpu: Some(target.baseline()),
        mode: Mode::All(Tier::Jit),
        compile_threads: None,
        ..Config::default()
    };
    let code = wasmoon::jit::compile(&module, &config).expect("code");
    let ranges = code.tables.functions.iter().filter_map(|range| match range.kind {
        FunctionKind::Body(body) => match module.bodies[body.0 as usize].kind {
            BodyKind::Function(index) => Some((index, u64::from(range.end - range.start))),
            BodyKind::Const(_) => None,
        },
        _ => None,
    });
    Sizes { all: code.code.len() as u64, functions: ranges.collect() }
}

fn theirs(bytes: &[u8], target: &str) -> Sizes {
    let mut config = wasmtime::Config::new();
    config.wasm_exceptions(true).target(target).expect("a CPU");
    let engine = wasmtime::Engine::new(&config).expect("a configuration");
    let elf = engine.precompile_module(bytes).expect("code");
    let elf = object::File::parse(&*elf).expect("an ELF file");
    // The size of the section is rounded up to whole pages.
    let texts: Vec<_> = elf.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text).collect();
    let functions = texts.iter().filter_map(|symbol| {
        // `wasm[0]::function[7]::name`
        let index = symbol.name().ok()?.strip_prefix("wasm[0]::function[")?.split(']').next()?;
        Some((index.parse().ok()?, symbol.size()))
    });
    Sizes { all: texts.iter().map(|symbol| symbol.size()).sum(), functions: functions.collect() }
}

/// Compares function by function.
fn functions(cpu: &str, files: impl Iterator<Item = String>) {
    let (_, triple) = CPUS.into_iter().find(|(name, _)| *name == cpu).unwrap_or_else(|| panic!("unknown CPU '{cpu}'"));
    for file in files {
        let bytes = std::fs::read(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        let (ours, theirs) = (ours(&bytes, cpu), theirs(&bytes, triple));
        let pairs: Vec<(u32, u64, u64)> =
            ours.functions.iter().filter_map(|(&f, &bytes)| Some((f, bytes, *theirs.functions.get(&f)?))).collect();
        let total = |of: fn(&(u32, u64, u64)) -> u64| pairs.iter().map(of).sum::<u64>();
        let (mine, their) = (total(|p| p.1), total(|p| p.2));
        println!(
            "\n**{file}**, {cpu}: {} functions, {mine} bytes, Cranelift's {their}: {:.3}\n",
            pairs.len(),
            mine as f64 / their as f64
        );
        let ratio = |p: &(u32, u64, u64)| p.1 as f64 / p.2 as f64;
        println!("| ratio | functions | bytes | Cranelift's |\n|---|--:|--:|--:|");
        for (name, from, to) in [
            ("to 0.7", 0.0, 0.7),
            ("to 1.0", 0.7, 1.0),
            ("to 1.1", 1.0, 1.1),
            ("to 1.3", 1.1, 1.3),
            ("to 1.6", 1.3, 1.6),
            ("above", 1.6, f64::INFINITY),
        ] {
            let here: Vec<_> = pairs.iter().filter(|p| ratio(p) > from && ratio(p) <= to).collect();
            let sum = |of: fn(&(u32, u64, u64)) -> u64| here.iter().map(|p| of(p)).sum::<u64>();
            println!("| {name} | {} | {} | {} |", here.len(), sum(|p| p.1), sum(|p| p.2));
        }
        let mut large: Vec<_> = pairs.iter().filter(|p| p.1 > SMALL && ratio(p) > 1.3).collect();
        large.sort_by_key(|p| Reverse(p.1 - p.2));
        println!("\n{} functions of more than {SMALL} bytes are above 1.3:\n", large.len());
        println!("| function | bytes | Cranelift's | ratio | excess |\n|---|--:|--:|--:|--:|");
        for p in large {
            println!("| {} | {} | {} | {:.2} | {} |", p.0, p.1, p.2, ratio(p), p.1 - p.2);
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.next_if_eq("--functions").is_some() {
        let cpu = arguments.next().expect("--functions CPU FILE...");
        return functions(&cpu, arguments);
    }
    let head: String = CPUS.iter().map(|(cpu, _)| format!(" {cpu} | Cranelift | ratio |")).collect();
    println!("| module | bytes |{head} aarch64 ÷ x86_64 |");
    println!("|---|--:|{}--:|", "--:|".repeat(3 * CPUS.len()));
    let (mut logs, mut count) = ([0.0; CPUS.len()], 0.0);
    for file in arguments {
        let bytes = std::fs::read(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        let mut row = format!("| {} | {} |", Path::new(&file).file_stem().unwrap_or_default().display(), bytes.len());
        let mut sizes = Vec::new();
        for ((cpu, triple), log) in CPUS.into_iter().zip(&mut logs) {
            let (ours, theirs) = (ours(&bytes, cpu).all, theirs(&bytes, triple).all);
            let ratio = ours as f64 / theirs as f64;
            row += &format!(" {ours} | {theirs} | {ratio:.3} |");
            *log += ratio.ln();
            sizes.push(ours as f64);
        }
        count += 1.0;
        println!("{row} {:.3} |", sizes[1] / sizes[0]);
    }
    let means = logs.map(|log: f64| format!(" | | **{:.3}** |", (log / count).exp()));
    println!("| **geometric mean** | |{} |", means.concat());
}
