//! What is written for `perf`, read according to its specification; and profiling of a whole process, from start to
//! end.

use super::listing::{Lines, Listing};
use super::tests::module;
use super::*;
use crate::config::Config;
use crate::jit;
use crate::runtime::code::CodeTables;
use crate::runtime::sys::observers::{monotonic_nanoseconds, symbol_files, thread_id};
use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use tempfile::TempDir;
use wasmparser::Operator;

/// Returns a folder whose files may be mapped as code. The system's temporary folder may not allow it; this program's
/// folder does.
fn folder() -> TempDir {
    let program = std::env::current_exe().unwrap();
    tempfile::tempdir_in(program.parent().unwrap()).unwrap()
}

fn compiled(module: &Module) -> (Arc<CodeObject>, Vec<(u32, u32)>) {
    let compiled = jit::compile(module, &Config::default()).unwrap();
    (CodeObject::publish(&compiled.code, compiled.tables).unwrap(), compiled.sources)
}

/// Two adapters.
fn adapters() -> Arc<CodeObject> {
    let functions = [(0, 24), (24, 64)].map(|(start, end)| FunctionRange { start, end, kind: FunctionKind::Adapter });
    let tables = CodeTables { functions: functions.into(), ..CodeTables::default() };
    CodeObject::publish(&[0x90; 64], tables).unwrap()
}

/// A record of a dump, as `jitdump-specification.txt` describes it.
#[derive(Debug, PartialEq)]
enum Record {
    Load {
        process: u32,
        thread: u32,
        addresses: [u64; 2],
        number: u64,
        name: String,
        code: Vec<u8>,
    },
    /// The function's address, and the address, line and file of each entry.
    Lines {
        function: u64,
        entries: Vec<(u64, u32, String)>,
    },
    Close,
}

/// The bytes of a dump that have not been read yet.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len);
        self.0 = rest;
        taken
    }

    fn word(&mut self) -> u32 {
        u32::from_ne_bytes(self.take(4).try_into().unwrap())
    }

    fn long(&mut self) -> u64 {
        u64::from_ne_bytes(self.take(8).try_into().unwrap())
    }

    fn string(&mut self) -> String {
        let len = self.0.iter().position(|&b| b == 0).expect("an end");
        let text = String::from_utf8(self.take(len).to_vec()).unwrap();
        self.take(1);
        text
    }
}

/// Reads a dump that was started after the clock showed `since` nanoseconds.
fn records(dump: &[u8], since: u64) -> Vec<Record> {
    let mut bytes = Bytes(dump);
    assert_eq!([bytes.word(), bytes.word()], [0x4a69_5444, 1], "magic number and version");
    assert_eq!(bytes.word(), 40, "size of the header");
    let machine = Target::native().map_or(0, |target| target.elf_machine.into());
    assert_eq!([bytes.word(), bytes.word(), bytes.word()], [machine, 0, std::process::id()]);
    let mut time = bytes.long();
    assert!(since <= time);
    assert_eq!(bytes.long(), 0, "flags");
    let mut records = Vec::new();
    while !bytes.0.is_empty() {
        let (kind, size) = (bytes.word(), bytes.word());
        let mut body = Bytes(bytes.take(size as usize - 8));
        let before = std::mem::replace(&mut time, body.long());
        assert!(before <= time);
        records.push(match kind {
            0 => {
                let [process, thread] = [body.word(), body.word()];
                let addresses = [body.long(), body.long()];
                let [size, number] = [body.long(), body.long()];
                let name = body.string();
                Record::Load { process, thread, addresses, number, name, code: body.take(size as usize).into() }
            }
            2 => {
                let [function, count] = [body.long(), body.long()];
                let entry = |_| {
                    let (address, line) = (body.long(), body.word());
                    assert_eq!(body.word(), 0, "discriminator");
                    (address, line, body.string())
                };
                let entries = (0..count).map(entry).collect();
                Record::Lines { function, entries }
            }
            3 => Record::Close,
            kind => panic!("a record of the kind {kind}"),
        });
        assert!(body.0.is_empty(), "{} bytes behind {:?}", body.0.len(), records.last());
    }
    assert!(time <= monotonic_nanoseconds());
    records
}

/// The record of a function's code.
fn load(object: &CodeObject, symbol: &Symbol, number: u64) -> Record {
    let address = object.address(symbol.start) as u64;
    Record::Load {
        process: std::process::id(),
        thread: thread_id(),
        addresses: [address; 2],
        number,
        name: symbol.name.replace('\0', ""),
        code: object.bytes()[symbol.start as usize..symbol.end as usize].into(),
    }
}

#[test]
fn a_dump_is_read_as_its_specification_says() {
    // Each byte differs from those nearby.
    let code: Vec<u8> = (0..70_000u32).map(|i| (i * 7 / 3) as u8).collect();
    let object = CodeObject::publish(&code, CodeTables::default()).unwrap();
    let address = |offset| object.address(offset) as u64;
    let symbol = |start, end, name: &str, wasm| {
        let name = name.into();
        Symbol { start, end, name, frame: FrameRules::Compiled, wasm }
    };
    let symbols =
        [symbol(0, 100, "first", Some(1)), symbol(100, 69_000, "sec\0ond", Some(20)), symbol(69_000, 69_000, "", None)];
    let sources = [(0, 2), (10, 0), (50, 3), (100, 20), (68_999, 21), (69_000, 22)];
    let listing = Listing { path: "/folder/x.wat".into(), lines: [(2, 5), (3, 70_000), (20, 1), (22, 8)].into() };
    let lines = Lines { listing: &listing, sources: &sources };
    let folder = folder();
    let since = monotonic_nanoseconds();
    let mut dump = Jitdump::create(folder.path()).unwrap();
    let path = folder.path().canonicalize().unwrap().join(format!("jit-{}.dump", std::process::id()));
    assert_eq!(records(&std::fs::read(&path).unwrap(), since), []);
    dump.add(&object, &symbols, Some(&lines)).unwrap();
    dump.add(&object, &symbols[1..2], None).unwrap();

    let entry = |offset, line| (address(offset), line, listing.path.clone());
    let mut expected = vec![
        Record::Lines { function: address(0), entries: vec![entry(0, 5), entry(50, 70_000)] },
        load(&object, &symbols[0], 0),
        Record::Lines { function: address(100), entries: vec![entry(100, 1), entry(68_999, 1)] },
        load(&object, &symbols[1], 1),
        // It has no bytes, and so no lines.
        load(&object, &symbols[2], 2),
        load(&object, &symbols[1], 3),
    ];
    // Everything added is there before the dump is closed, since the process may die.
    assert_eq!(records(&std::fs::read(&path).unwrap(), since), expected);
    dump.close().unwrap();
    expected.push(Record::Close);
    assert_eq!(records(&std::fs::read(&path).unwrap(), since), expected);
}

/// `perf record` notes that the dump was mapped as code, which is how `perf inject` finds it.
#[cfg(target_os = "linux")]
#[test]
fn a_dump_is_mapped_as_code() {
    let folder = folder();
    let path = folder.path().canonicalize().unwrap().join(format!("jit-{}.dump", std::process::id()));
    let is_mapped = || {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let is_marker = |line: &str| line.contains(" r-xp 00000000 ") && line.ends_with(path.to_str().unwrap());
        maps.lines().any(is_marker)
    };
    assert!(!is_mapped());
    let dump = Jitdump::create(folder.path()).unwrap();
    assert!(is_mapped());
    dump.close().unwrap();
}

#[test]
fn a_dump_needs_a_folder() {
    let missing = Path::new("/proc/self/no folder");
    let error = |result: Result<(), ProfileError>| result.unwrap_err().to_string();
    let text = error(Jitdump::create(missing).map(drop));
    assert!(text.starts_with("cannot write /proc/self/no folder: "), "{text}");
    for audience in [Audience::Jitdump, Audience::Gdb] {
        let text = error(start(&[audience], Some(missing)));
        assert!(text.starts_with("cannot write to /proc/self/no folder: "), "{text}");
    }
    let text = error(Listing::write(missing, 0, &module()).map(drop));
    assert!(text.contains("/proc/self/no folder/jit-"), "{text}");
}

#[test]
fn lines_belong_to_the_function_that_they_begin_in() {
    let listing = Listing { path: "x.wat".into(), lines: [(0, 9), (10, 1), (20, 2), (30, 3), (40, 4), (50, 5)].into() };
    let sources = [(0, 10), (8, 20), (12, 0), (16, 30), (24, 5), (28, 40), (32, 50), (48, 50)];
    let lines = Lines { listing: &listing, sources: &sources };
    let of = |start, end| {
        let symbol = Symbol { start, end, name: "f".into(), frame: FrameRules::Compiled, wasm: None };
        lines.of(&symbol).collect::<Vec<_>>()
    };
    assert_eq!(of(0, 16), [(0, 1), (8, 2)]);
    // The entry where the function ends is not in it. One entry has no operator, rather than the module's first line.
    assert_eq!(of(16, 32), [(16, 3), (24, 9), (28, 4)]);
    assert_eq!(of(32, 33), [(32, 5)]);
    assert_eq!(of(33, 48), []);
    assert_eq!(of(0, 0), []);
    assert_eq!([9, 10, 19, 20, u32::MAX].map(|at| lines.line(at)), [Some(9), Some(1), Some(1), Some(2), Some(5)]);
    // Before the first line, there is no line.
    let listing = Listing { path: "x.wat".into(), lines: [(10, 1)].into() };
    let lines = Lines { listing: &listing, sources: &[(0, 9), (4, 10)] };
    assert_eq!([9, 10].map(|at| lines.line(at)), [None, Some(1)]);
    let symbol = Symbol { start: 0, end: 16, name: "f".into(), frame: FrameRules::Compiled, wasm: None };
    assert_eq!(lines.of(&symbol).collect::<Vec<_>>(), [(4, 1)]);
}

/// Each operator, found by an independent reader of binaries, is on the line that has its name; each function's heading
/// is on the line of its first byte.
#[test]
fn listings_have_operators_on_their_lines() {
    let (module, folder) = (module(), folder());
    let listing = Listing::write(folder.path(), 7, &module).unwrap();
    let path = folder.path().join(format!("jit-{}-7.wat", std::process::id()));
    assert_eq!(Path::new(&listing.path), path);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(wat::parse_str(&text).unwrap(), *module.bytes, "it is the module");
    let shown: Vec<&str> = text.lines().map(str::trim).collect();
    let mut operators = 0;
    let lines = Lines { listing: &listing, sources: &[] };
    for payload in wasmparser::Parser::new(0).parse_all(&module.bytes) {
        let wasmparser::Payload::CodeSectionEntry(body) = payload.unwrap() else { continue };
        let heading = lines.line(body.range().start as u32).unwrap();
        assert!(shown[heading as usize - 1].starts_with("(func "), "{text}");
        for item in body.get_operators_reader().unwrap().into_iter_with_offsets() {
            let (operator, at) = item.unwrap();
            let name = match operator {
                Operator::I32Const { .. } => "i32.const ",
                Operator::LocalGet { .. } => "local.get ",
                Operator::I32DivU => "i32.div_u",
                _ => continue,
            };
            let line = listing.lines[&(at as u32)];
            assert!(shown[line as usize - 1].starts_with(name), "line {line}: {text}");
            operators += 1;
        }
    }
    assert_eq!(operators, 4, "{text}");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [path.file_name().unwrap()], "nothing else is left");
}

/// The name of the variable that tells a test that it runs in its own process, and which case it is.
const CASE: &str = "WASMOON_TEST_PROFILE";

/// Runs a test of this file in its own process for each case, since profiling belongs to the whole process. Returns the
/// case in such a process, whose folder is then a fresh one.
fn own_process(test: &str, cases: &[&str]) -> Option<String> {
    if let Ok(case) = std::env::var(CASE) {
        return Some(case);
    }
    for case in cases {
        let folder = folder();
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &format!("engine::profile::profiler_tests::{test}"), "--nocapture", "--test-threads=1"])
            .env(CASE, case)
            .current_dir(folder.path())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let map = format!("/tmp/perf-{}.map", child.id());
        let output = child.wait_with_output().unwrap();
        let _ = std::fs::remove_file(map);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success() && out.contains("1 passed"), "{case}: {out}{err}");
    }
    None
}

/// Each audience gets its files, with everything published from then on, and nobody else does.
#[test]
fn audiences_get_what_they_ask_for() {
    let cases = ["none", "map", "jitdump", "gdb", "gdb in folder", "all in folder"];
    let Some(case) = own_process("audiences_get_what_they_ask_for", &cases) else { return };
    let names: Vec<&str> = Audience::NAMES.iter().map(|(name, _)| *name).collect();
    let is_for = |name: &str| case.starts_with("all") || case.starts_with(name);
    let audiences: Vec<Audience> =
        Audience::NAMES.iter().filter(|(name, _)| is_for(name)).map(|(_, audience)| *audience).collect();
    assert_eq!(names, ["map", "jitdump", "gdb"]);
    let folder = std::env::current_dir().unwrap();
    let in_folder = case.ends_with("in folder");
    let since = monotonic_nanoseconds();

    // Before the start, nobody is informed, and there is nothing to end.
    finish().unwrap();
    let module = module();
    let (object, sources) = compiled(&module);
    let source = CodeSource { module: &module, lines: &sources };
    assert!(publish_module(&object, source)._symbols.is_none());

    start(&audiences, in_folder.then_some(&folder)).unwrap();
    assert!(matches!(start(&[], None), Err(ProfileError::Twice)));
    let first = publish_module(&object, source);
    let adapters = adapters();
    let second = publish_adapters(&adapters);
    let third = publish_module(&object, source);

    // What each file must contain.
    let functions = &object.tables().functions;
    let of_module: Vec<Symbol> = functions
        .iter()
        .map(|f| {
            let FunctionKind::Body(body) = f.kind else { panic!("{f:?}") };
            let wasm = Some(module.bodies[body.0 as usize].range.start as u32);
            Symbol { start: f.start, end: f.end, name: body_name(&module, body), frame: FrameRules::Compiled, wasm }
        })
        .collect();
    let adapter = |start, end, name: &str, frame| Symbol { start, end, name: name.into(), frame, wasm: None };
    let of_adapters =
        vec![adapter(0, 24, "wasm::enter", FrameRules::Entry), adapter(24, 64, "wasm::leave", FrameRules::Compiled)];
    let told = [(&object, &of_module), (&adapters, &of_adapters), (&object, &of_module)];

    // Files in the folder, and their contents.
    let process = std::process::id();
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        files.insert(name.clone(), std::fs::read(folder.join(name)).unwrap());
    }
    let has_listings = is_for("jitdump") || is_for("gdb") && in_folder;
    for number in 0..2 {
        let listing = files.remove(&format!("jit-{process}-{number}.wat"));
        assert_eq!(
            listing.map(|text| wat::parse_bytes(&text).unwrap().to_vec()),
            has_listings.then(|| module.bytes.to_vec())
        );
    }
    let dump_name = format!("jit-{process}.dump");
    assert_eq!(files.remove(&dump_name).is_some(), is_for("jitdump"));
    assert!(files.is_empty(), "{:?}", files.keys());

    let map = std::fs::read_to_string(format!("/tmp/perf-{process}.map")).ok();
    let expected = told.iter().flat_map(|(object, symbols)| {
        symbols.iter().map(|s| format!("{:x} {:x} {}\n", object.address(s.start) as usize, s.end - s.start, s.name))
    });
    assert_eq!(map, is_for("map").then(|| expected.collect()));

    let lens = symbol_files();
    assert_eq!(lens.len(), if is_for("gdb") { 3 } else { 0 });
    if is_for("gdb") {
        let target = Target::native().unwrap();
        let bare = told.map(|(object, symbols)| symbols::file(target, object, symbols, None).unwrap().len() as u64);
        // The newest object is the first. Lines are included only if there is a folder for listings, and adapters have
        // none.
        assert_eq!(lens[1], bare[1]);
        assert_eq!([lens[2] > bare[0], lens[0] > bare[2]], [has_listings; 2]);
    }
    drop((first, second, third));
    assert!(symbol_files().is_empty());

    finish().unwrap();
    if is_for("jitdump") {
        let records = records(&std::fs::read(folder.join(dump_name)).unwrap(), since);
        let loads: Vec<&Record> = records.iter().filter(|r| matches!(r, Record::Load { .. })).collect();
        let expected = told.iter().flat_map(|(object, symbols)| symbols.iter().map(|s| (*object, s)));
        let expected: Vec<Record> = (0..).zip(expected).map(|(number, (object, s))| load(object, s, number)).collect();
        assert_eq!(loads, expected.iter().collect::<Vec<_>>());
        assert_eq!(records.last(), Some(&Record::Close));
        // Two functions of each module have operators; the division is in the second.
        let whole = folder.canonicalize().unwrap();
        let path = |number: u32| whole.join(format!("jit-{process}-{number}.wat")).to_str().unwrap().to_string();
        let mut listed: Vec<&String> = records
            .iter()
            .filter_map(|record| if let Record::Lines { entries, .. } = record { Some(entries) } else { None })
            .flatten()
            .map(|(_, _, path)| path)
            .collect();
        listed.dedup();
        assert_eq!(listed, [&path(0), &path(1)]);
    }
    // Ending again has no effect.
    finish().unwrap();
}

/// The program continues if a file can no longer be written; the first failure is reported at the end, once.
#[test]
fn a_lost_folder_is_reported_in_the_end() {
    let Some(_) = own_process("a_lost_folder_is_reported_in_the_end", &["lost"]) else { return };
    let folder = std::env::current_dir().unwrap().join("lost");
    std::fs::create_dir(&folder).unwrap();
    start(&[Audience::Gdb, Audience::PerfMap], Some(&folder)).unwrap();
    std::fs::remove_dir(&folder).unwrap();
    let module = module();
    let (object, sources) = compiled(&module);
    let source = CodeSource { module: &module, lines: &sources };
    let published = [publish_module(&object, source), publish_module(&object, source)];
    assert!(published.iter().all(|published| published._symbols.is_some()));
    let map = std::fs::read_to_string(format!("/tmp/perf-{}.map", std::process::id())).unwrap();
    assert_eq!(map.lines().count(), 2 * object.tables().functions.len());
    let text = finish().unwrap_err().to_string();
    let path = folder.join(format!("jit-{}-0.wat", std::process::id()));
    assert!(text.starts_with(&format!("cannot write {}: ", path.display())), "{text}");
    finish().unwrap();
}

/// A map or a dump that can no longer be written is given up, and the first failure is reported at the end, once.
#[test]
fn a_full_disk_is_reported_in_the_end() {
    let cases = ["map", "jitdump", "both"];
    let Some(case) = own_process("a_full_disk_is_reported_in_the_end", &cases) else { return };
    start(&[Audience::PerfMap, Audience::Jitdump, Audience::Gdb], None).unwrap();
    let full =
        || (PathBuf::from(format!("the disk of the {case}")), File::options().write(true).open("/dev/full").unwrap());
    {
        let mut state = STATE.get().unwrap().lock();
        if let Some(map) = state.map.as_mut().filter(|_| case != "jitdump") {
            (map.path, map.file) = full();
        }
        if let Some(dump) = state.dump.as_mut().filter(|_| case != "map") {
            (dump.path, dump.file) = full();
        }
    }
    let module = module();
    let (object, sources) = compiled(&module);
    let source = CodeSource { module: &module, lines: &sources };
    for _ in 0..2 {
        assert!(publish_module(&object, source)._symbols.is_some());
        let state = STATE.get().unwrap().lock();
        assert_eq!((state.map.is_some(), state.dump.is_some()), (case == "jitdump", case == "map"));
    }
    let text = finish().unwrap_err().to_string();
    assert!(text.starts_with(&format!("cannot write the disk of the {case}: ")), "{text}");
    finish().unwrap();
}
