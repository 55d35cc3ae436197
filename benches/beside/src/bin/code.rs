//! Bytes of machine code: what wasmoon's `jit` and wasmtime's Cranelift make of the same modules, for each CPU. Prints a
//! table in Markdown.
//!
//!     cargo run --release --manifest-path benches/beside/Cargo.toml --target-dir target/beside --bin code FILE.wasm...
//!
//! Counted are the functions, with their constants, tables and traps. The padding between functions counts for ours, and
//! trampolines for Cranelift, whose modules contain them. Both compile for the lowest level of each CPU, and for memories
//! that are reserved as a whole, with guard pages.

use object::{Object, ObjectSymbol, SymbolKind};
use std::path::Path;
use wasmoon::config::{Config, Mode, Tier};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::target::Target;

/// The CPUs, as both programs name them. The other one assumes no more than the lowest level of a CPU that it is told to
/// compile for.
const CPUS: [(&str, &str); 2] = [("x86_64", "x86_64-unknown-linux-gnu"), ("aarch64", "aarch64-unknown-linux-gnu")];

fn ours(bytes: &[u8], target: &str) -> u64 {
    let target = Target::named(target).expect("a CPU");
    let module = Module::new(bytes, WasmFeatures::all()).expect("a module");
    let config = Config { cpu: Some(target.baseline()), mode: Mode::All(Tier::Jit), ..Config::default() };
    wasmoon::jit::compile(&module, &config).expect("code").code.len() as u64
}

fn theirs(bytes: &[u8], target: &str) -> u64 {
    let mut config = wasmtime::Config::new();
    config.target(target).expect("a CPU");
    let engine = wasmtime::Engine::new(&config).expect("a configuration");
    let elf = engine.precompile_module(bytes).expect("code");
    let elf = object::File::parse(&*elf).expect("an ELF file");
    // The section is as long as whole pages are.
    elf.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text).map(|symbol| symbol.size()).sum()
}

fn main() {
    let head: String = CPUS.iter().map(|(cpu, _)| format!(" {cpu} | Cranelift | ratio |")).collect();
    println!("| module | bytes |{head} aarch64 ÷ x86_64 |");
    println!("|---|--:|{}--:|", "--:|".repeat(3 * CPUS.len()));
    let (mut logs, mut count) = ([0.0; CPUS.len()], 0.0);
    for file in std::env::args().skip(1) {
        let bytes = std::fs::read(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        let mut row = format!("| {} | {} |", Path::new(&file).file_stem().unwrap_or_default().display(), bytes.len());
        let mut sizes = Vec::new();
        for ((cpu, triple), log) in CPUS.into_iter().zip(&mut logs) {
            let (ours, theirs) = (ours(&bytes, cpu), theirs(&bytes, triple));
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
