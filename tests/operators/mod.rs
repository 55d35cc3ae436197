//! Helpers shared by the tests of all operators.

#![allow(dead_code, reason = "each test binary includes this module, and uses a part of it")]

use std::sync::{Arc, Mutex};
use std::thread;
use wasm_encoder::{Encode, Instruction, ValType as V};
use wasmoon::engine::{Config, Engine, Mode, OptLevel, Relaxed, Tier};
use wasmoon::module::Module;
use wasmoon::random::Random;
use wasmoon::runtime::store::{InstanceId, Limits, Store};
use wasmoon::target::Target;

/// The numeric and vector types.
pub const TYPES: [V; 5] = [V::I32, V::I64, V::F32, V::F64, V::V128];

/// The bytes of an instruction.
pub fn encoded(instruction: &Instruction<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    instruction.encode(&mut bytes);
    bytes
}

/// An integer at an edge of the type, of bytes or of shifts, or a random one.
pub fn edge(random: &mut Random, bits: u32) -> u64 {
    let near: [u64; 19] = [0, 1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 32768, 65535, 65536];
    match random.below(5) {
        0 => random.next(),
        1 => (1u64 << random.below(u64::from(bits))).wrapping_sub(random.below(2)),
        2 => (1u64 << (bits - 1)).wrapping_sub(random.below(2)),
        3 => near[random.below(near.len() as u64) as usize].wrapping_neg(),
        _ => near[random.below(near.len() as u64) as usize],
    }
}

/// Does all of the work on all cores; returns the results in order.
///
/// # Panics
/// If the work does.
pub fn on_all_cores<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(all.iter().enumerate());
    let take = || next.lock().unwrap().next();
    let results = Mutex::new(Vec::new());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores.min(all.len()) {
            scope.spawn(|| {
                while let Some((number, one)) = take() {
                    let result = work(one);
                    results.lock().unwrap().push((number, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|&(number, _)| number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// An instance of a module without imports, in a new store.
pub fn instance(module: &Arc<Module>, config: &Config) -> (Store, InstanceId) {
    let engine = Engine::new(config.clone()).expect("an engine");
    let mut store = engine.store(Limits::default());
    let code = engine.compile(module).unwrap_or_else(|e| panic!("{e}"));
    let instance = store.instantiate(code, &[]).expect("instantiates");
    (store, instance)
}

/// The compiler's columns with their names.
pub fn columns(relaxed: Relaxed) -> Vec<(String, Config)> {
    let jit = Config { mode: Mode::All(Tier::Jit), relaxed, ..Config::default() };
    let mut columns = vec![("O0".to_string(), Config { opt: OptLevel::O0, ..jit.clone() })];
    for level in Target::native().into_iter().flat_map(|target| target.all_levels()) {
        let config = Config { cpu: Some(level), ..jit.clone() };
        if Engine::new(config.clone()).is_ok() {
            columns.push((format!("O2 for {}", level.name()), config));
        }
    }
    columns
}

/// As [`columns`], but only without optimization and at the first and the last CPU level, if the others make no difference.
pub fn few_columns() -> Vec<(String, Config)> {
    let mut columns = columns(Relaxed::Deterministic);
    let last = columns.len() - 1;
    if last > 2 {
        columns.drain(2..last);
    }
    columns
}
