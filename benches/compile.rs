//! Throughput of the compiler, stage by stage: `cargo bench --bench compile -- FILE.wasm [STAGE]`.
//!
//! Each line is cumulative: the time of the stage and all earlier ones. Without a file, the modules of the embedded
//! suite's core are compiled. On a busy machine, measure the CPU time of one stage instead (`perf stat`, `time`).

use std::sync::Arc;
use std::time::Instant;
use wasmoon::config::{Config, Mode, OptLevel, Tier};
use wasmoon::jit::compile;
use wasmoon::jit::frontend::translate;
use wasmoon::jit::opt::{self, Construct};
use wasmoon::module::{BodyIndex, Module, features};

/// The bytes of WebAssembly that each stage processes, by repetition.
const VOLUME: usize = 4_000_000;

type Stage = fn(&Arc<Module>);

const STAGES: [(&str, Stage); 8] = [
    ("decode", |m| drop(Module::new(&m.bytes, m.features))),
    ("frontend", |m| bodies(m, |b| drop(translate(m, b, None)))),
    ("construct", |m| bodies(m, |b| drop(translate(m, b, Some(&mut Construct::default()))))),
    ("passes-O1", |m| bodies(m, |b| passes(m, b, OptLevel::O1))),
    ("passes-O2", |m| bodies(m, |b| passes(m, b, OptLevel::O2))),
    ("jit-O0", |m| machine_code(m, OptLevel::O0)),
    ("jit-O1", |m| machine_code(m, OptLevel::O1)),
    ("jit-O2", |m| machine_code(m, OptLevel::O2)),
];

fn bodies(module: &Module, f: impl Fn(BodyIndex)) {
    (0..module.bodies.len() as u32).map(BodyIndex).for_each(f);
}

fn passes(module: &Module, body: BodyIndex, level: OptLevel) {
    if let Ok(mut function) = translate(module, body, Some(&mut Construct::default())) {
        let config = Config { opt: level, verify: false, ..Config::default() };
        opt::run(&mut function, &config, &mut |_, _| ()).expect("passes");
    }
}

fn machine_code(module: &Arc<Module>, level: OptLevel) {
    drop(compile(module, &Config { opt: level, mode: Mode::All(Tier::Jit), ..Config::default() }));
}

fn core_suite() -> Vec<Vec<u8>> {
    let mut modules = Vec::new();
    for file in spec_tests::files().filter(|file| file.folder == "wasm-v2") {
        let mut lexer = wast::lexer::Lexer::new(file.text);
        lexer.allow_confusing_unicode(true);
        let Ok(buffer) = wast::parser::ParseBuffer::new_with_lexer(lexer) else { continue };
        let Ok(script) = wast::parser::parse::<wast::Wast>(&buffer) else { continue };
        for directive in script.directives {
            if let wast::WastDirective::Module(mut m) = directive {
                modules.extend(m.encode());
            }
        }
    }
    modules
}

fn main() {
    // `cargo bench` passes options of the standard harness.
    let mut args = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let binaries = match args.next() {
        Some(path) => vec![std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))],
        None => core_suite(),
    };
    let only = args.next();
    let decode = |bytes: &Vec<u8>| Module::new(bytes, features::all()).ok().map(Arc::new);
    let modules: Vec<Arc<Module>> = binaries.iter().filter_map(decode).collect();
    let bytes: usize = modules.iter().map(|m| m.bytes.len()).sum();
    let rounds = VOLUME.div_ceil(bytes.max(1));
    println!("{} modules, {bytes} bytes, {rounds} times", modules.len());
    for (name, stage) in STAGES.iter().filter(|(name, _)| only.as_ref().is_none_or(|o| o == name)) {
        let start = Instant::now();
        for _ in 0..rounds {
            modules.iter().for_each(stage);
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{name:12} {:8.2} MB/s", (bytes * rounds) as f64 / seconds / 1e6);
    }
}
