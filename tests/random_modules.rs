//! Random modules, on the interpreter and on the JIT at each level, alone, mixed and with few registers: results, traps,
//! memories, globals and tables after each call must agree.
//!
//! `MODULES=N FIRST=SEED cargo test --release --test random_modules` looks further than the test does by itself; a
//! failure prints its seed.

use std::sync::Arc;
use wasmoon::engine::{CompileError, Config, Engine, Mode, OptLevel, Tier};
use wasmoon::module::{ExternKind, Module, ValType, WasmFeatures};
use wasmoon::runtime::store::{
    Abort, Extern, GlobalId, InstanceId, InstantiateError, Limits, MemoryId, Store, TableId,
};
use wasmoon::runtime::trap::TrapCode;
use wasmoon::runtime::value::{Ref, Val};

/// splitmix64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn argument(&mut self, ty: ValType) -> Val {
        const EDGES: [u64; 8] =
            [0, 1, u64::MAX, 1 << 31, 1 << 63, 0x7fff_ffff_7fff_ffff, 0x3ff0_0000_3f80_0000, 0x8000_0000_8000_0000];
        let bits = if self.next().is_multiple_of(2) { EDGES[self.next() as usize % 8] } else { self.next() };
        match ty {
            ValType::I32 => Val::I32(bits as u32),
            ValType::I64 => Val::I64(bits),
            // Arguments are numbers: a NaN's payload may be passed on or not.
            ValType::F32 => Val::F32(if f32::from_bits(bits as u32).is_nan() { 0 } else { bits as u32 }),
            ValType::F64 => Val::F64(if f64::from_bits(bits).is_nan() { 0 } else { bits }),
            ValType::V128 => Val::V128(0),
            ValType::Ref(_) => Val::Ref(Ref::Null),
        }
    }
}

/// A module without imports that ends, and the index of its global that counts down to that.
fn generate(seed: u64) -> Option<(Vec<u8>, u32)> {
    let mut random = Random(seed);
    let bytes: Vec<u8> = (0..512).flat_map(|_| random.next().to_le_bytes()).collect();
    let config = wasm_smith::Config {
        available_imports: None,
        max_imports: 0,
        min_funcs: 3,
        max_funcs: 12,
        max_instructions: 300,
        max_memories: 2,
        max_tables: 2,
        max_values: 12,
        max_memory32_bytes: 1 << 20,
        max_table_elements: 1000,
        memory_max_size_required: true,
        table_max_size_required: true,
        export_everything: true,
        canonicalize_nans: true,
        // With traps few functions get far; without, the checks go unused.
        disallow_traps: seed.is_multiple_of(2),
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        multi_value_enabled: true,
        tail_call_enabled: true,
        exceptions_enabled: !seed.is_multiple_of(3),
        gc_enabled: false,
        simd_enabled: false,
        relaxed_simd_enabled: false,
        memory64_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        custom_page_sizes_enabled: false,
        compact_imports_enabled: false,
        allow_start_export: false,
        ..wasm_smith::Config::default()
    };
    let mut unstructured = arbitrary::Unstructured::new(&bytes);
    let mut module = wasm_smith::Module::new(config, &mut unstructured).ok()?;
    let fuel = module.ensure_termination(FUEL).ok()?;
    Some((module.to_bytes(), fuel))
}

const FUEL: u32 = 500;

/// How a call or an instantiation ended, as far as backends must agree.
#[derive(Clone, Debug, PartialEq)]
enum End {
    Values(Vec<Val>),
    Trap(TrapCode),
    Exception,
    Refused(String),
}

impl End {
    fn of(abort: Abort) -> End {
        match abort {
            Abort::Trap(trap) => End::Trap(trap.code),
            Abort::Exception(_) => End::Exception,
            Abort::Exit(code) => End::Refused(format!("exit with code {code}")),
            Abort::Host(what) => End::Refused(what),
        }
    }

    /// Whatever may differ from here on: depths of stacks do.
    fn poisons(&self) -> bool {
        *self == End::Trap(TrapCode::CallStackExhausted)
    }
}

/// References count as null or not: addresses differ from store to store.
fn plain(value: Val) -> Val {
    match value {
        Val::Ref(Ref::Null) => Val::I32(0),
        Val::Ref(_) => Val::I32(1),
        value => value,
    }
}

struct Column {
    name: String,
    store: Store,
    instance: Option<InstanceId>,
}

impl Column {
    fn state(&self) -> String {
        use std::fmt::Write;
        let mut text = String::new();
        for g in 0..self.store.globals() {
            write!(text, "{:?} ", plain(self.store.global_get(GlobalId(g)))).unwrap();
        }
        for m in 0..self.store.memories() {
            let bytes = self.store.memory_bytes(MemoryId(m));
            let sum = bytes.iter().fold(0u64, |sum, &b| (sum ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
            write!(text, "memory {} {sum:x} ", bytes.len()).unwrap();
        }
        for t in 0..self.store.tables() {
            let len = self.store.table_len(TableId(t));
            let filled = (0..len).filter(|&i| self.store.table_get(TableId(t), i) != Some(Ref::Null)).count();
            write!(text, "table {len} {filled} ").unwrap();
        }
        text
    }
}

fn configs(seed: u64) -> Vec<(String, Config)> {
    let jit = |opt| Config { mode: Mode::All(Tier::Jit), opt, verify: true, ..Config::default() };
    vec![
        ("interp".into(), Config::default()),
        ("jit-O0".into(), jit(OptLevel::O0)),
        ("jit-O1".into(), jit(OptLevel::O1)),
        ("jit".into(), jit(OptLevel::O2)),
        ("few registers, poison".into(), Config { registers: Some(5), poison: true, ..jit(OptLevel::O2) }),
        ("mix".into(), Config { mode: Mode::Mix3 { seed }, gc_stress: true, ..jit(OptLevel::O2) }),
    ]
}

#[derive(Default)]
struct Counts {
    compared: u64,
    unsupported: u64,
    values: u64,
}

/// Runs one module everywhere; what differs, if anything does.
fn check(seed: u64, counts: &mut Counts) -> Result<(), String> {
    let Some((bytes, fuel)) = generate(seed) else { return Ok(()) };
    let module = Arc::new(Module::new(&bytes, WasmFeatures::all()).map_err(|e| format!("not valid: {e:?}"))?);
    let limits = Limits { memory_bytes: 4 << 20, table_elements: 2000, ..Limits::default() };
    let mut columns = Vec::new();
    let mut ends: Vec<End> = Vec::new();
    for (name, config) in configs(seed) {
        let engine = Engine::new(config)?;
        let code = match engine.compile(&module) {
            Ok(code) => code,
            Err(CompileError::Unsupported(_)) => {
                counts.unsupported += 1;
                return Ok(());
            }
            Err(e) => return Err(format!("{name}: {e:?}")),
        };
        let mut store = engine.store(limits);
        let instance = store.instantiate(code, &[]);
        ends.push(match &instance {
            Ok(_) => End::Values(Vec::new()),
            Err(InstantiateError::Abort(Abort::Trap(trap))) => End::Trap(trap.code),
            Err(e) => End::Refused(format!("{e:?}")),
        });
        columns.push(Column { name, store, instance: instance.ok() });
    }
    compare("instantiation", &columns, &ends, counts)?;
    let mut random = Random(seed ^ 0xabcd);
    for export in module.exports.iter().filter(|e| e.kind == ExternKind::Func) {
        let ty = module.function_signature(export.index);
        for _ in 0..3 {
            let args: Vec<Val> = ty.params().iter().map(|&ty| random.argument(ty)).collect();
            let mut ends = Vec::new();
            for column in &mut columns {
                let Some(instance) = column.instance else { return Ok(()) };
                column.store.global_set(GlobalId(fuel), Val::I32(FUEL));
                let Some(Extern::Func(func)) = column.store.export(instance, &export.name) else {
                    return Err(format!("no export {}", export.name));
                };
                ends.push(match column.store.call(func, &args) {
                    Ok(values) => End::Values(values.into_iter().map(plain).collect()),
                    Err(abort) => End::of(abort),
                });
                column.store.clear_handles();
            }
            if ends.iter().any(End::poisons) {
                return Ok(());
            }
            compare(&format!("{} {args:x?}", export.name), &columns, &ends, counts)?;
        }
    }
    Ok(())
}

fn compare(what: &str, columns: &[Column], ends: &[End], counts: &mut Counts) -> Result<(), String> {
    counts.compared += 1;
    counts.values += u64::from(matches!(&ends[0], End::Values(v) if !v.is_empty()));
    let state = columns[0].state();
    for (column, end) in columns.iter().zip(ends).skip(1) {
        if *end != ends[0] {
            return Err(format!("{what}: interp {:x?}, {} {end:x?}", ends[0], column.name));
        }
        let other = column.state();
        if other != state {
            return Err(format!("state after {what}: interp {state}, {} {other}", column.name));
        }
    }
    Ok(())
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

#[test]
fn backends_agree_on_random_modules() {
    let (first, count) = (number("FIRST", 0), number("MODULES", 60));
    let work = move || {
        let mut counts = Counts::default();
        let mut bad = Vec::new();
        for seed in first..first + count {
            if let Err(what) = check(seed, &mut counts) {
                bad.push(format!("seed {seed}: {what}"));
            }
        }
        let Counts { compared, unsupported, values } = counts;
        println!("{count} modules, {unsupported} unsupported, {compared} comparisons, {values} of them of values");
        assert!(bad.is_empty(), "{} of {count} modules:\n{}", bad.len(), bad[..bad.len().min(20)].join("\n"));
        assert!(compared > count && values > count / 4 && unsupported < count / 2, "too little was compared");
    };
    std::thread::Builder::new().stack_size(16 << 20).spawn(work).unwrap().join().unwrap();
}
