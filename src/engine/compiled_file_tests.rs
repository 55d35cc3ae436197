use super::*;
use crate::engine::{AllocatorKind, Mode, OptLevel, Relaxed, Tier};
use crate::module::{BodyIndex, features};
use crate::runtime::code::{FunctionKind, FunctionRange, SiteKind};

fn engine() -> Engine {
    Engine::new(Config { mode: Mode::All(Tier::Jit), ..Config::default() }).expect("a JIT")
}

fn module(text: &str) -> Arc<Module> {
    let binary = wat::parse_str(text).expect("a module");
    Arc::new(Module::new(&binary, features::all()).expect("valid"))
}

/// A module with every kind of table: traps, calls, handlers, constants, several functions.
fn rich() -> Arc<Module> {
    module(
        "(module (memory 1) (tag $t (param i32)) (global i32 (i32.const 5))
           (func $f (param i32) (result i32) (i32.div_u (i32.load (local.get 0)) (local.get 0)))
           (func (export \"g\") (param i32) (result i32)
             (block $h (result i32)
               (try_table (catch $t $h) (drop (call $f (local.get 0))) (throw $t (i32.const 7)))
               (unreachable))))",
    )
}

fn compiled(engine: &Engine, module: &Arc<Module>) -> (Key, Vec<u8>) {
    let code = engine.compile(module).expect("it compiles");
    let key = Key::new(module, engine.config()).expect("all is compiled");
    let file = write(&*code, &key, true).expect("written");
    (key, file)
}

/// Corrects the checksum.
fn sign(file: &mut [u8]) {
    let checksum = sha256(&file[CHECKSUM.end..]);
    file[CHECKSUM].copy_from_slice(&checksum);
}

#[test]
fn what_is_written_is_read_again() {
    let engine = engine();
    let module = rich();
    let (key, bytes) = compiled(&engine, &module);
    let file = CompiledFile::read(&bytes).expect("whole");
    assert_eq!(file.module().expect("contained"), &*module.bytes);
    assert_eq!(file.key, key);
    let tables = file.tables.clone();
    assert!(!tables.traps.is_empty() && tables.calls.iter().any(|call| !call.handlers.is_empty()));
    let loaded = file.load_own(&engine, &module).expect("loaded");
    assert_eq!(write(&*loaded, &key, true).expect("written"), bytes, "what was loaded is what was written");
}

#[test]
fn what_is_no_code_of_the_module_is_refused() {
    let engine = engine();
    let (rich, other) = (rich(), module("(module (func))"));
    let (_, bytes) = compiled(&engine, &rich);
    let refused = |engine: &Engine, module: &Arc<Module>| {
        let file = CompiledFile::read(&bytes).expect("whole");
        file.load_own(engine, module).err().map(|e| e.to_string())
    };
    assert_eq!(refused(&engine, &rich), None);
    assert_eq!(refused(&engine, &other).as_deref(), Some("compiled from a different module"));
    let with = |config| Engine::new(config).expect("an engine");
    let jit = || Config { mode: Mode::All(Tier::Jit), ..Config::default() };
    for (config, difference) in [
        (Config { opt: OptLevel::O1, ..jit() }, "the optimization level"),
        (Config { fuel: true, ..jit() }, "fuel counting"),
        (Config { relaxed: Relaxed::Native, ..jit() }, "the results of relaxed operators"),
        (Config { poison: true, ..jit() }, "compiler switches"),
        (Config { registers: Some(6), ..jit() }, "compiler switches"),
        (Config { trace_calls: true, ..jit() }, "compiler switches"),
    ] {
        let wanted = format!("compiled with a different configuration: it differs in {difference}");
        assert_eq!(refused(&with(config), &rich), Some(wanted));
    }
    if let Some(lower) = CpuLevel::all().find(|&level| level.is_here() && level != CpuLevel::default()) {
        let said = refused(&with(Config { cpu: Some(lower), ..jit() }), &rich).expect("refused");
        assert!(said.ends_with(": it differs in the CPU level"), "{said}");
    }
    assert_eq!(refused(&with(Config { gc_stress: true, ..jit() }), &rich), None, "the code is the same");
    let interprets = refused(&with(Config::default()), &rich).expect("refused");
    assert!(interprets.starts_with("no compiled code"), "{interprets}");
    let older = Arc::new(Module::new(&rich.bytes, features::LATEST).expect("valid"));
    let features = refused(&engine, &older).expect("refused");
    assert!(features.ends_with("the language features"), "{features}");
}

/// The checksum is right, but the code comes from another program or is for another CPU.
#[test]
fn code_for_others_is_refused() {
    let engine = engine();
    let module = rich();
    let (_, good) = compiled(&engine, &module);
    let error = |mut file: Vec<u8>| {
        sign(&mut file);
        CompiledFile::read(file).expect_err("refused").to_string()
    };
    for at in CHECKSUM.end..CHECKSUM.end + 32 {
        let mut file = good.clone();
        file[at] ^= 1;
        let error = error(file);
        assert!(error.starts_with("compiled by another program (wasmoon "), "byte {at}: {error}");
    }
    // The same contents, for a different CPU.
    let level = CpuLevel::all().find(|level| !level.is_here()).expect("no machine is every CPU");
    let here = CpuLevel::default().name();
    let (maker, rest) = from_postcard::<Maker>(&good[CHECKSUM.end..], "").expect("a maker");
    let (mut contents, rest) = from_postcard::<Contents>(rest, "").expect("contents");
    contents.key.config.cpu = Some(level);
    let mut file = to_postcard(&contents, to_postcard(&maker, good[..CHECKSUM.end].to_vec()));
    file.extend(rest);
    let length = file.len() as u64;
    file[8..16].copy_from_slice(&length.to_le_bytes());
    assert_eq!(error(file), format!("compiled for a CPU with {}, but this one has at most {here}", level.name()));
}

/// Loads the code of a module after changing its tables and appending bytes.
fn load_changed(module: &Arc<Module>, change: &dyn Fn(&mut CodeTables), more: &[u8]) -> Result<(), String> {
    let engine = engine();
    let (_, good) = compiled(&engine, module);
    let mut tables = CompiledFile::read(&good).expect("whole").tables;
    let len = good.len() - to_postcard(&tables, Vec::new()).len();
    change(&mut tables);
    let mut file = to_postcard(&tables, good[..len].to_vec());
    file.extend(more);
    let length = file.len() as u64;
    file[8..16].copy_from_slice(&length.to_le_bytes());
    sign(&mut file);
    let file = CompiledFile::read(file).map_err(|e| e.to_string())?;
    file.load_own(&engine, module).map(drop).map_err(|e| e.to_string())
}

/// Tables that fit the code but not the module, and bytes beyond the tables.
#[test]
fn each_body_has_its_code_once() {
    let module = rich();
    let with = |change: &dyn Fn(&mut CodeTables), more: &[u8]| load_changed(&module, change, more);
    // A function of no bytes after the others, which may or may not exist.
    let more = |kind| {
        move |tables: &mut CodeTables| {
            let end = tables.functions.last().expect("a function").end;
            tables.functions.push(FunctionRange { start: end, end, kind });
        }
    };
    assert_eq!(with(&|_| {}, &[]), Ok(()));
    assert_eq!(with(&|_| {}, &[0]).unwrap_err(), "damaged: unexpected trailing data");
    let refused = |change: &dyn Fn(&mut CodeTables)| with(change, &[]).expect_err("it does not fit");
    assert!(refused(&|tables| _ = tables.functions.pop()).ends_with("a body without code"));
    assert!(refused(&more(FunctionKind::Body(BodyIndex(0)))).ends_with("a body twice"));
    assert!(refused(&more(FunctionKind::Body(BodyIndex(1000)))).ends_with("a body too many"));
    assert!(refused(&more(FunctionKind::Adapter)).ends_with("an adapter"));
}

/// Each site must lie in the code of a body and name an operator of it, and a memory and tags that the module has: cases at the
/// edge of each rule.
#[test]
fn sites_name_what_the_module_has() {
    type Site = (fn(&mut CodeTables) -> u32, fn(&mut CodeTables, u32));
    let module = rich();
    let loaded = |change: &dyn Fn(&mut CodeTables)| load_changed(&module, change, &[]);
    let refused = |change: &dyn Fn(&mut CodeTables)| loaded(change).expect_err("it does not fit");
    fn function(tables: &mut CodeTables, at: u32) -> &mut FunctionRange {
        tables.functions.iter_mut().find(|f| (f.start..f.end).contains(&at)).expect("a function")
    }
    // A trap site alone, then a call: its position in the code, and how to name its operator.
    let sites: [Site; 2] = [
        (
            |tables| {
                tables.calls.clear();
                tables.traps.truncate(1);
                tables.traps[0].offset
            },
            |tables, operator| tables.traps[0].wasm_offset = operator,
        ),
        (
            |tables| {
                tables.traps.clear();
                tables.calls.truncate(1);
                tables.calls[0].return_offset - 1
            },
            |tables, operator| tables.calls[0].wasm_offset = operator,
        ),
    ];
    for (alone, name) in sites {
        let change_function = |change: fn(&mut FunctionRange, u32)| {
            move |tables: &mut CodeTables| {
                let at = alone(tables);
                change(function(tables, at), at);
            }
        };
        assert_eq!(loaded(&change_function(|f, at| (f.start, f.end) = (at, at + 1))), Ok(()));
        assert!(refused(&change_function(|f, at| f.end = at)).ends_with("a site in no body"));
        assert!(refused(&change_function(|f, at| f.start = at + 1)).ends_with("a site in no body"));
        let change_operator = |operator: fn(Range<usize>) -> usize| {
            let module = &module;
            move |tables: &mut CodeTables| {
                let at = alone(tables);
                let FunctionKind::Body(body) = function(tables, at).kind else { panic!("an adapter") };
                name(tables, operator(module.bodies[body.0 as usize].range.clone()) as u32);
            }
        };
        assert_eq!(loaded(&change_operator(|range| range.start)), Ok(()));
        assert_eq!(loaded(&change_operator(|range| range.end - 1)), Ok(()));
        let other = "a site of no operator of its body";
        assert!(refused(&change_operator(|range| range.start - 1)).ends_with(other));
        assert!(refused(&change_operator(|range| range.end)).ends_with(other));
    }
    assert!(refused(&|tables| tables.calls[0].return_offset = 0).ends_with("a site in no body"));
    let memory = |index| move |tables: &mut CodeTables| tables.traps[0].kind = SiteKind::Memory(index);
    assert_eq!(loaded(&memory(0)), Ok(()));
    assert!(refused(&memory(1)).ends_with("a memory too many"));
    let tag = |tag| {
        move |tables: &mut CodeTables| {
            let mut handlers = tables.calls.iter_mut().flat_map(|call| &mut call.handlers);
            handlers.next().expect("a handler").tag = tag;
        }
    };
    assert_eq!(loaded(&tag(None)), Ok(()));
    assert_eq!(loaded(&tag(Some(0))), Ok(()));
    assert!(refused(&tag(Some(1))).ends_with("a tag too many"));
}

/// Whatever the contents are, if the checksum is right, they are either read or refused, and tables that do not fit the
/// code are refused before it is published. (Changed code is not detected in this case, and is not executed here.)
#[test]
fn nonsense_with_a_checksum_is_no_crash() {
    let engine = engine();
    let module = rich();
    let (_, good) = compiled(&engine, &module);
    let (mut read, mut loaded, mut refused) = (0, 0, 0);
    for at in CHECKSUM.end..good.len() {
        for flip in [1, 0x80, 0xff] {
            let mut file = good.clone();
            file[at] ^= flip;
            sign(&mut file);
            let Ok(file) = CompiledFile::read(&file) else { continue };
            read += 1;
            match file.load_own(&engine, &module) {
                Ok(_) => loaded += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(read > 100 && loaded > 100 && refused > 10, "{read} {loaded} {refused}");
    for len in CHECKSUM.end..good.len() {
        let mut file = good[..len].to_vec();
        file[8..16].copy_from_slice(&(len as u64).to_le_bytes());
        sign(&mut file);
        let error = CompiledFile::read(&file).expect_err("cut");
        assert!(matches!(error, CompiledFileError::Contents(_)), "{len}: {error}");
    }
}

#[test]
fn names_differ_where_keys_do() {
    let engine = engine();
    let name = |module: &Module, config: &Config| Key::new(module, config).and_then(|key| key.name()).expect("a name");
    let (rich, plain) = (rich(), module("(module (func))"));
    let level = CpuLevel::all().find(|level| *level != CpuLevel::default());
    let config = engine.config().clone();
    let mut names = vec![
        name(&rich, &config),
        name(&plain, &config),
        name(&rich, &Config { opt: OptLevel::O0, ..config.clone() }),
        name(&rich, &Config { verify: true, ..config.clone() }),
        name(&rich, &Config { short_reach: true, ..config.clone() }),
        name(&rich, &Config { cpu: level, ..config.clone() }),
        name(&Module::new(&rich.bytes, features::LATEST).expect("valid"), &config),
    ];
    // What is chosen for this CPU is part of the key, because the file may be used on another one.
    let chosen = Config { cpu: Some(CpuLevel::default()), allocator: Some(AllocatorKind::Good), ..config.clone() };
    assert_eq!(names[0], name(&rich, &chosen), "as if it had been asked for");
    assert_eq!(names[0], name(&rich, &Config { paranoid: true, ..config }), "the code is the same");
    assert!(names.iter().all(|name| name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 7);
}

/// Also for a module without functions, which has no code.
#[test]
fn a_part_of_a_file_says_how_long_the_whole_is() {
    let engine = engine();
    let module = module("(module (memory 1))");
    let (_, good) = compiled(&engine, &module);
    CompiledFile::read(&good).expect("whole").load_own(&engine, &module).expect("loaded");
    for (len, says) in [(8, 48), (47, 48), (48, good.len()), (good.len() - 1, good.len())] {
        let error = CompiledFile::read(&good[..len]).expect_err("cut").to_string();
        assert_eq!(error, format!("damaged: {len} bytes, but it states that it has {says}"));
    }
}

/// Otherwise, programs that share a folder would overwrite each other's files.
#[test]
fn a_name_is_that_of_the_program_too() {
    let key = Key::new(&rich(), engine().config()).expect("compiled");
    let of = |program: Hash| {
        let hash = sha256(to_postcard(&(Maker { program, words: Maker::words() }, &key), Vec::new()));
        hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert_eq!(key.name().expect("a name"), of(program().expect("it can be read")));
}

/// For another module nothing else is reported; otherwise the features come first, then the options.
#[test]
fn the_first_that_differs_is_named() {
    let engine = engine();
    let key = |module: &Module, opt| Key::new(module, &Config { opt, ..engine.config().clone() }).expect("compiled");
    let (rich, plain) = (rich(), module("(module (func))"));
    let of_latest = |module: &Module| Module::new(&module.bytes, features::LATEST).expect("valid");
    let wanted = key(&plain, OptLevel::O2);
    let refused = |module: &Module, opt| key(module, opt).check(&wanted).map_err(|error| error.to_string());
    assert_eq!(refused(&plain, OptLevel::O2), Ok(()));
    let other_module = CompiledFileError::OtherModule.to_string();
    for module in [&*rich, &of_latest(&rich)] {
        for opt in [OptLevel::O0, OptLevel::O2] {
            assert_eq!(refused(module, opt), Err(other_module.clone()));
        }
    }
    for opt in [OptLevel::O0, OptLevel::O2] {
        let error = refused(&of_latest(&plain), opt).unwrap_err();
        assert!(error.contains("the language features"), "{error}");
    }
    let error = refused(&plain, OptLevel::O0).unwrap_err();
    assert!(error != other_module && !error.contains("features"), "{error}");
}
