//! Compiled code in files and in a cache: it behaves as the module does, and if it is damaged or changed, it is never executed
//! wrongly.

use std::collections::BTreeSet;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use wasmoon::engine::compiled_file::{self, CompiledFile, CompiledFileError, Key};
use wasmoon::engine::{Config, Engine, Mode, Tier};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::random::Random;

struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

fn wasmoon(folder: &Path, args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    command.current_dir(folder).args(args).stdin(Stdio::null()).env_remove("WASMOON_CACHE").env("NO_COLOR", "1");
    finish(command)
}

fn finish(mut command: Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

impl Ran {
    #[track_caller]
    fn status(self, wanted: i32) -> Ran {
        assert_eq!(self.status, Some(wanted), "out: {}\nerr: {}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Ran {
        assert!(self.err.contains(text), "no {text:?}\nout: {}\nerr: {}", self.out, self.err);
        self
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// A folder with the program `sort.wat` and lines to sort.
fn sorting() -> TempDir {
    let f = tempfile::tempdir().unwrap();
    std::fs::copy(example("sort.wat"), f.path().join("sort.wat")).unwrap();
    std::fs::copy(example("fac.wat"), f.path().join("fac.wat")).unwrap();
    std::fs::create_dir(f.path().join("data")).unwrap();
    std::fs::copy(example("in.txt"), f.path().join("data/in.txt")).unwrap();
    f
}

const SORT: [&str; 3] = ["--dir", "data::/", "sort.wat"];

fn engine() -> Engine {
    Engine::new(Config { mode: Mode::All(Tier::Jit), ..Config::default() }).expect("a JIT")
}

/// The first module of a script of 400 kB.
fn large_module() -> Arc<Module> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("wast-extra/conditions/selected.wast");
    let text = std::fs::read_to_string(path).unwrap();
    let buffer = wast::parser::ParseBuffer::new(&text).expect("tokens");
    let script = wast::parser::parse::<wast::Wast<'_>>(&buffer).expect("a script");
    let module = script.directives.into_iter().find_map(|directive| match directive {
        wast::WastDirective::Module(module) => Some(module),
        _ => None,
    });
    let binary = module.expect("a module").encode().expect("a binary");
    Arc::new(Module::new(&binary, WasmFeatures::all()).expect("valid"))
}

fn compiled(engine: &Engine, module: &Arc<Module>) -> Vec<u8> {
    let code = engine.compile(module).expect("it compiles");
    let key = Key::new(module, engine.config()).expect("all is compiled");
    compiled_file::write(&*code, &key, true).expect("written")
}

#[test]
fn a_file_is_made_the_same_each_time_and_does_what_the_module_does() {
    let f = sorting();
    let plain = wasmoon(f.path(), &[&["run"], &SORT[..], &["/in.txt"]].concat()).status(0);
    assert!(plain.out.lines().count() > 3, "{}", plain.out);
    let mut files = BTreeSet::new();
    for level in ["-O0", "-O1", "-O2"] {
        wasmoon(f.path(), &["compile", level, "sort.wat"]).status(0);
        let file = std::fs::read(f.path().join("sort.cwasm")).unwrap();
        wasmoon(f.path(), &["compile", level, "sort.wat", "-o", "again.cwasm"]).status(0);
        assert!(file == std::fs::read(f.path().join("again.cwasm")).unwrap(), "{level}: other bytes the second time");
        let ran = wasmoon(f.path(), &["run", "--dir", "data::/", "sort.cwasm", "/in.txt"]).status(0);
        assert_eq!((ran.out, ran.err), (plain.out.clone(), String::new()), "{level}");
        files.insert(file);
    }
    assert_eq!(files.len(), 3, "a level compiles to other code");
    // Traps and their traces are the same as those of the module.
    wasmoon(f.path(), &["compile", "fac.wat"]).status(0);
    for arg in ["20", "100000000"] {
        let run = |file| wasmoon(f.path(), &["run", file, "--invoke", "fac", "--arg", arg]);
        let (module, file) = (run("fac.wat"), run("fac.cwasm"));
        assert_eq!(module.status, file.status);
        assert_eq!(module.out, file.out);
        assert_eq!(module.err.contains("stack exhausted"), file.err.contains("stack exhausted"), "{}", file.err);
    }
    assert_eq!(wasmoon(f.path(), &["run", "fac.cwasm", "--invoke", "fac", "--arg", "5"]).status(0).out, "120\n");
}

#[test]
fn a_changed_bit_is_noticed_wherever_it_is() {
    let engine = engine();
    let module = large_module();
    let good = compiled(&engine, &module);
    assert!(good.len() > 50_000, "{}", good.len());
    CompiledFile::read(&good).expect("whole").load_own(&engine, &module).expect("loaded");
    let places = 10_000.min(good.len());
    let mut file = good.clone();
    for place in 0..places {
        // Every byte of the header, then places throughout the file.
        let at = if place < 100 { place } else { place * good.len() / places };
        file[at] ^= 1 << (place % 8);
        assert!(CompiledFile::read(&file).is_err(), "bit {} of byte {at} of {}", place % 8, good.len());
        file[at] = good[at];
    }
    assert!(file == good);
}

#[test]
fn a_cut_or_longer_file_is_noticed() {
    let good = compiled(&engine(), &large_module());
    let error = |bytes: &[u8]| CompiledFile::read(bytes).expect_err("another length");
    for len in (0..400).chain((400..good.len()).step_by(good.len() / 2000)).chain(good.len() - 100..good.len()) {
        match error(&good[..len]) {
            CompiledFileError::Foreign if len < 8 => {}
            CompiledFileError::Length { is, .. } => assert_eq!(is, len as u64),
            other => panic!("{len}: {other}"),
        }
    }
    for more in [&[0][..], &[0; 4096], &good] {
        let longer = [&good[..], more].concat();
        assert!(matches!(error(&longer), CompiledFileError::Length { .. }));
    }
    // Adapting the length does not help.
    let mut cut = good[..good.len() / 2].to_vec();
    let length = cut.len() as u64;
    cut[8..16].copy_from_slice(&length.to_le_bytes());
    assert!(matches!(error(&cut), CompiledFileError::Checksum));
    // Nor is memory allocated for a length that is not in the file.
    let mut claims = good.clone();
    claims[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(error(&claims), CompiledFileError::Length { says: u64::MAX, .. }));
}

/// The program refuses what the library refuses, with the file's name and the reason, before anything runs.
#[test]
fn the_program_refuses_what_was_changed() {
    let f = sorting();
    wasmoon(f.path(), &["compile", "sort.wat"]).status(0);
    let good = std::fs::read(f.path().join("sort.cwasm")).unwrap();
    let run = |bytes: &[u8]| {
        std::fs::write(f.path().join("x.cwasm"), bytes).unwrap();
        let ran = wasmoon(f.path(), &["run", "--dir", "data::/", "x.cwasm", "/in.txt"]);
        assert!(ran.status != Some(2) || ran.out.is_empty(), "{}", ran.out);
        ran
    };
    run(&good).status(0);
    for at in (8..good.len()).step_by(good.len() / 60) {
        let mut bytes = good.clone();
        bytes[at] ^= 4;
        run(&bytes).status(2).says("error: x.cwasm: damaged: ");
    }
    for len in (8..good.len()).step_by(good.len() / 20) {
        run(&good[..len]).status(2).says(&format!("error: x.cwasm: damaged: {len} bytes, but it states that it has"));
    }
    run(b"\0wasmoo").status(2);
    // A file with another name might come from somebody who is not trusted.
    for name in ["x.wasm", "x.cwasm.txt", "cwasm"] {
        std::fs::write(f.path().join(name), &good).unwrap();
        wasmoon(f.path(), &["run", "--dir", "data::/", name, "/in.txt"])
            .status(2)
            .says("refusing to run compiled code from a file without the extension .cwasm");
    }
    let mut piped = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    piped.args(["run", "-"]).stdin(std::fs::File::open(f.path().join("sort.cwasm")).unwrap());
    finish(piped).status(2).says("-: refusing to run compiled code from a file without the extension .cwasm");
    // Code compiled by another program: this test, which contains the same library.
    let other = compiled(&engine(), &large_module());
    run(&other).status(2).says("x.cwasm: compiled by another program (wasmoon 0.2.0").says("compile it again");
}

/// The library interface: modules are converted to bytes and files, and back.
#[test]
fn the_interface_serializes_modules() {
    use wasmoon::{Config, Engine, Error, ErrorKind, Instance, Module, OptLevel, Store, Strategy};
    // SAFETY: all bytes here were made by `serialize`, or are changed ones that are refused.
    let back = |engine: &Engine, bytes: &[u8]| unsafe { Module::deserialize(engine, bytes) };
    let engine = |change: &dyn Fn(&mut Config)| {
        let mut config = Config::new();
        change(config.strategy(Strategy::Jit));
        Engine::new(&config).unwrap()
    };
    let plain = engine(&|_| {});
    let bytes = Module::from_file(&plain, example("fac.wat")).unwrap().serialize().unwrap();
    let module = back(&plain, &bytes).unwrap();
    assert!(module.serialize().unwrap() == bytes, "what was made of bytes makes them again");
    assert_eq!(module.exports().map(|e| e.name().to_string()).collect::<Vec<_>>(), ["fac", "div"]);
    let same = engine(&|config| _ = config.max_module_size(1 << 20).opt_level(OptLevel::O2));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m"), &bytes).unwrap();
    // SAFETY: just written.
    let again = unsafe { Module::deserialize_file(&same, folder.path().join("m")) }.unwrap();
    for (engine, module) in [(&plain, &module), (&same, &again)] {
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, module, &[]).unwrap();
        let fac = instance.get_typed_func::<i64, i64>(&mut store, "fac").unwrap();
        assert_eq!(fac.call(&mut store, 10).unwrap(), 3_628_800);
        let div = instance.get_typed_func::<(i32, i32), i32>(&mut store, "div").unwrap();
        let trap = div.call(&mut store, (1, 0)).unwrap_err();
        assert_eq!(trap.to_string(), "integer divide by zero in div");
    }
    let refused = |result: Result<Module, Error>| match result.map_err(Error::into_kind) {
        Err(ErrorKind::CompiledFile(e)) => e.to_string(),
        other => panic!("{other:?}"),
    };
    let differs = |name: &str| format!("compiled with a different configuration: it differs in {name}");
    let o1 = engine(&|config| _ = config.opt_level(OptLevel::O1));
    assert_eq!(refused(back(&o1, &bytes)), differs("the optimization level"));
    assert_eq!(refused(back(&engine(&|config| _ = config.consume_fuel(true)), &bytes)), differs("fuel counting"));
    assert_eq!(
        refused(back(&engine(&|config| _ = config.canonical_nans(true)), &bytes)),
        differs("the NaNs of operators")
    );
    let features = engine(&|config| _ = config.wasm_simd(false).wasm_relaxed_simd(false));
    assert_eq!(refused(back(&features, &bytes)), differs("the language features"));
    let fewer = Module::from_file(&features, example("fac.wat")).unwrap().serialize().unwrap();
    assert_eq!(refused(back(&plain, &fewer)), differs("the language features"));
    let interprets = engine(&|config| _ = config.strategy(Strategy::Interpreter));
    assert!(refused(back(&interprets, &bytes)).starts_with("no compiled code for the whole module"));
    let module = Module::from_file(&interprets, example("fac.wat")).unwrap();
    let error = module.serialize().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::CompiledFile(CompiledFileError::NotCompiled)), "{error}");
    assert_eq!(refused(back(&plain, b"\0asm\x01\0\0\0")), "not a file of compiled code");
    assert!(refused(back(&plain, &bytes[..bytes.len() - 1])).starts_with("damaged: "));
    let small = engine(&|config| _ = config.max_module_size(10));
    assert!(matches!(back(&small, &bytes).unwrap_err().kind(), ErrorKind::Compile(_)));
    // Compiled code is no module.
    assert!(Module::new(&plain, &bytes).is_err());
}

/// A folder for a cache, not yet created.
struct Cached {
    folder: TempDir,
}

impl Cached {
    fn new() -> Cached {
        Cached { folder: sorting() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// Runs `fac 5` with additional options, and returns the messages about the cache.
    #[track_caller]
    fn run(&self, options: &[&str]) -> String {
        let args =
            [&["run", "--cache", "cache", "--cache-stats"], options, &["fac.wat", "--invoke", "fac", "--arg", "5"]];
        let ran = wasmoon(self.folder.path(), &args.concat()).status(0);
        assert_eq!(ran.out, "120\n");
        ran.err
    }

    /// The entries, none if the first run has not created the folder yet.
    fn entries_if_any(&self) -> Vec<PathBuf> {
        if self.path().exists() { self.entries() } else { Vec::new() }
    }

    fn entries(&self) -> Vec<PathBuf> {
        let mut entries: Vec<_> = std::fs::read_dir(self.path()).unwrap().map(|e| e.unwrap().path()).collect();
        entries.sort();
        entries
    }
}

#[test]
fn a_second_run_compiles_nothing() {
    let cached = Cached::new();
    let first = cached.run(&[]);
    assert!(first.contains(": no entry; compiled in ") && first.ends_with(", kept\n"), "{first}");
    assert_eq!(std::fs::metadata(cached.path()).unwrap().mode() & 0o777, 0o700);
    assert_eq!(std::fs::metadata(&cached.entries()[0]).unwrap().mode() & 0o777, 0o600);
    let second = cached.run(&[]);
    assert!(second.starts_with("cache: loaded cache/") && second.contains(".cwasm in "), "{second}");
    assert!(cached.run(&["-O2"]).contains("loaded"), "the same code");
    // Options that change the code have separate entries; others have none.
    for (n, options) in
        [&["-O1"][..], &["--poison"], &["--fuel", "1000000"], &["--nan", "canonical"], &["--verify"]].iter().enumerate()
    {
        assert!(cached.run(options).contains("no entry"), "{options:?}");
        assert!(cached.run(options).contains("loaded"), "{options:?}");
        assert_eq!(cached.entries().len(), n + 2, "{options:?}");
    }
    assert!(cached.run(&["--timeout", "100", "--max-memory", "64M"]).contains("loaded"));
    for options in [&["--no-jit"][..], &["--only-funcs", "fac"]] {
        assert_eq!(cached.run(options), "", "{options:?}: interpreted");
    }
    // Nothing is printed unless requested, and the environment may name the folder.
    let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
    command.current_dir(cached.folder.path()).env("WASMOON_CACHE", "cache");
    command.args(["run", "fac.wat", "--invoke", "fac", "--arg", "5", "--cache-stats"]);
    let ran = finish(command).status(0);
    assert!(ran.err.contains("loaded"), "{}", ran.err);
    let quiet = wasmoon(cached.folder.path(), &["run", "--cache", "cache", "fac.wat", "--invoke", "fac", "--arg", "5"]);
    assert_eq!((quiet.status, quiet.err.as_str()), (Some(0), ""));
}

#[test]
fn a_damaged_entry_is_compiled_anew() {
    let cached = Cached::new();
    cached.run(&[]);
    let entry = cached.entries().remove(0);
    let good = std::fs::read(&entry).unwrap();
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    let foreign = compiled(&engine(), &large_module());
    for (bytes, why) in [
        (&changed[..], "damaged: the checksum does not match the contents"),
        (&good[..good.len() - 1], "damaged: "),
        (&[], "not a file of compiled code"),
        (b"\0asm\x01\0\0\0", "not a file of compiled code"),
        (&foreign, "compiled by another program"),
    ] {
        std::fs::write(&entry, bytes).unwrap();
        let said = cached.run(&[]);
        assert!(said.contains(why) && said.contains("compiled in") && said.contains(", kept"), "{why}: {said}");
        assert!(std::fs::read(&entry).unwrap() == good, "{why}: not written anew");
        assert!(cached.run(&[]).contains("loaded"), "{why}");
    }
    // A damaged file may have any length.
    std::fs::File::options().write(true).open(&entry).unwrap().set_len(8 << 40).unwrap();
    let said = cached.run(&[]);
    assert!(said.contains("over --cache-size; compiled in") && said.contains(", kept"), "{said}");
    assert!(std::fs::read(&entry).unwrap() == good, "not written anew");
    // Code for other switches, or of another module, under this entry's name.
    cached.run(&["-O0"]);
    let other = cached.entries().into_iter().find(|path| *path != entry).unwrap();
    std::fs::copy(&other, &entry).unwrap();
    let said = cached.run(&[]);
    assert!(said.contains("it differs in the optimization level; compiled in"), "{said}");
    let args = [&["run", "--cache", "cache", "--cache-stats"], &SORT[..], &["/in.txt"]].concat();
    wasmoon(cached.folder.path(), &args).status(0).says("no entry");
    let of_sort = cached.entries().into_iter().find(|path| *path != entry && *path != other).unwrap();
    std::fs::copy(of_sort, &entry).unwrap();
    let said = cached.run(&[]);
    assert!(said.contains("compiled from a different module; compiled in"), "{said}");
}

#[test]
fn a_folder_that_others_can_write_is_refused() {
    let cached = Cached::new();
    let rights = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    cached.run(&[]);
    let run =
        || wasmoon(cached.folder.path(), &["run", "--cache", "cache", "fac.wat", "--invoke", "fac", "--arg", "5"]);
    for mode in [0o770, 0o702, 0o777, 0o1777] {
        rights(&cached.path(), mode);
        run().status(2).says("--cache cache: it is writable by other users");
    }
    rights(&cached.path(), 0o755);
    run().status(0);
    // Nor is an entry used that others could change.
    let entry = cached.entries().remove(0);
    rights(&entry, 0o666);
    let said = cached.run(&[]);
    assert!(said.contains("it is writable by other users; compiled in"), "{said}");
    assert_eq!(std::fs::metadata(&entry).unwrap().mode() & 0o777, 0o600, "written anew");
    // That others could have changed it is reported rather than its length.
    rights(&entry, 0o620);
    let said = cached.run(&["--cache-size", "100"]);
    assert!(said.contains("it is writable by other users; compiled in"), "{said}");
    // Owned by another user: root, or any other user if the test runs as root.
    let theirs = if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        std::os::unix::fs::chown(cached.path(), Some(12345), None).unwrap();
        "cache"
    } else {
        "/"
    };
    let args = ["run", "--cache", theirs, "fac.wat", "--invoke", "fac", "--arg", "5"];
    wasmoon(cached.folder.path(), &args).status(2).says("it belongs to another user");
    // The owner is reported rather than the permissions.
    if theirs == "cache" {
        rights(&cached.path(), 0o777);
    }
    let theirs = if theirs == "/" { "/tmp" } else { theirs };
    let args = ["run", "--cache", theirs, "fac.wat", "--invoke", "fac", "--arg", "5"];
    wasmoon(cached.folder.path(), &args).status(2).says("it belongs to another user");
    // A program that may write there could leave code for the next one.
    std::fs::create_dir_all(cached.folder.path().join("given/there")).unwrap();
    std::os::unix::fs::symlink("given/there", cached.folder.path().join("link")).unwrap();
    for (cache, dir) in [("given/there/cache", "given::/"), ("given", "given"), ("link", "./given/..")] {
        let args = ["run", "--cache", cache, "--dir", dir, "fac.wat", "--invoke", "fac", "--arg", "5"];
        let refused = wasmoon(cached.folder.path(), &args);
        refused.status(2).says(&format!("--cache {cache}: it is in ")).says("which --dir gives to the program");
    }
    // A refused run creates nothing.
    std::fs::create_dir(cached.folder.path().join("given/there/cache")).unwrap();
    let args =
        ["run", "--cache", "given/there", "--dir", "given/there/cache", "fac.wat", "--invoke", "fac", "--arg", "5"];
    wasmoon(cached.folder.path(), &args).status(0);
    std::fs::write(cached.folder.path().join("file"), "").unwrap();
    let args = ["run", "--cache", "file", "fac.wat", "--invoke", "fac", "--arg", "5"];
    wasmoon(cached.folder.path(), &args).status(2).says("--cache file: ");
}

/// A link that the program can replace may lead the next run to a folder of the program's choice.
#[test]
fn a_folder_behind_a_link_that_the_program_can_replace_is_refused() {
    let cached = Cached::new();
    let at = |path: &str| cached.folder.path().join(path);
    std::fs::create_dir_all(at("given/sub")).unwrap();
    std::fs::create_dir_all(at("outside/cache")).unwrap();
    std::fs::set_permissions(at("outside/cache"), PermissionsExt::from_mode(0o700)).unwrap();
    for (target, link) in [
        ("../outside/cache", "given/link"),
        ("../outside", "given/folder"),
        ("given/link", "first"),
        ("given", "alias"),
    ] {
        std::os::unix::fs::symlink(target, at(link)).unwrap();
    }
    let run = |cache: &str, variable: &str, dir: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        command
            .current_dir(cached.folder.path())
            .stdin(Stdio::null())
            .env("NO_COLOR", "1")
            .env("WASMOON_CACHE", variable);
        command.arg("run").args((!cache.is_empty()).then_some(["--cache", cache]).into_iter().flatten());
        command.args(["--dir", dir, "fac.wat", "--invoke", "fac", "--arg", "5"]);
        finish(command)
    };
    let ways = [
        "given/link",
        "given/folder/cache",
        "given/folder/new",
        "first",
        "alias/link",
        "given/sub/../../outside/cache",
    ];
    for way in ways {
        let why = "its path leads through given, which --dir gives to the program";
        run(way, "", "given").status(2).says(&format!("--cache {way}: {why}"));
        run("", way, "given").status(2).says(&format!("WASMOON_CACHE={way}: {why}"));
        run(way, "", "alias").status(2).says("its path leads through alias");
    }
    assert!(!at("outside/new").exists(), "who is refused has made nothing");
    // Links that only the user can change do not matter, nor does access of the program to other folders.
    std::os::unix::fs::symlink("outside/cache", at("mine")).unwrap();
    assert_eq!(run("mine", "", "given").status(0).out, "120\n");
    assert_eq!(run("given/link", "", "given/sub").status(0).out, "120\n");
    assert_eq!(std::fs::read_dir(at("outside/cache")).unwrap().count(), 1);
}

#[test]
fn what_was_not_used_for_the_longest_time_makes_room() {
    let cached = Cached::new();
    let age = |path: &Path, seconds| {
        let then = std::time::SystemTime::now() - Duration::from_secs(seconds);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    };
    cached.run(&["-O0"]);
    let first = cached.entries();
    cached.run(&["-O1"]);
    let second: Vec<_> = cached.entries().into_iter().filter(|path| !first.contains(path)).collect();
    let unfinished = cached.path().join(".wasmoon-cache-0123456789ab.new");
    let others =
        ["somebody's notes", "thesis.new", "sort.cwasm", "sort.cwasm.new"].map(|name| cached.path().join(name));
    for path in others.iter().chain([&unfinished]) {
        std::fs::write(path, vec![0; 100_000]).unwrap();
        age(path, 3000);
    }
    std::fs::create_dir(cached.path().join(".wasmoon-cache-ba9876543210.new")).unwrap();
    age(&first[0], 2000);
    age(&second[0], 1000);
    // Using an entry makes it recent again.
    assert!(cached.run(&["-O0"]).contains("loaded"));
    let sizes: u64 = [&first[0], &second[0]].iter().map(|path| std::fs::metadata(path).unwrap().len()).sum();
    let size = (sizes + 100).to_string();
    let said = cached.run(&["-O2", "--cache-size", &size]);
    assert!(said.ends_with(", kept\n"), "{said}");
    assert!(first[0].exists() && !second[0].exists() && !unfinished.exists(), "{:?}", cached.entries());
    assert!(others.iter().all(|path| path.exists()), "what is somebody's is deleted");
    let said = cached.run(&["-O1", "--cache-size", "100"]);
    assert!(said.contains("not kept (") && said.contains("over --cache-size"), "{said}");
    assert!(first[0].exists(), "nothing makes room for what is not kept");
}

/// What a thread does to the entries while processes use them.
#[derive(Clone, Copy, PartialEq)]
enum Sabotage {
    Delete,
    Damage,
}

impl Sabotage {
    /// Repeats the sabotage until `over` is set, and returns how often something was done.
    fn go_on(self, cached: &Cached, over: &AtomicBool) -> u32 {
        let (mut random, mut done) = (Random::new(7), 0);
        while !over.load(Ordering::Relaxed) {
            for path in cached.entries().into_iter().filter(|path| is_whole(path)) {
                // It may have been deleted.
                let Ok(bytes) = std::fs::read(&path) else { continue };
                let opened = || std::fs::File::options().write(true).open(&path);
                let at = random.below(bytes.len().max(1) as u64);
                match (self, random.below(4)) {
                    (Sabotage::Delete, 0) | (Sabotage::Damage, 0) => _ = std::fs::remove_file(&path),
                    (Sabotage::Delete, _) => {}
                    (Sabotage::Damage, 1) => _ = opened().and_then(|file| file.set_len(at)),
                    (Sabotage::Damage, _) => {
                        let changed = [bytes.get(at as usize).unwrap_or(&0) ^ 0x10];
                        _ = opened().and_then(|file| file.write_at(&changed, at));
                    }
                }
                done += 1;
            }
            std::thread::sleep(Duration::from_millis(30));
        }
        done
    }
}

/// Whether the file name is that of a complete entry.
fn is_whole(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == compiled_file::EXTENSION)
}

/// Processes load and write entries that one thread deletes or damages: each prints the expected result, and none sees a partial
/// entry.
#[test]
fn processes_share_a_folder() {
    let cached = &Cached::new();
    cached.run(&[]);
    for sabotage in [Sabotage::Delete, Sabotage::Damage] {
        let over = AtomicBool::new(false);
        let end = Instant::now() + Duration::from_secs(5);
        let use_it = move |level: &'static str| {
            let mut said = Vec::new();
            while Instant::now() < end {
                said.push(cached.run(&[level]));
            }
            said
        };
        let mut said = Vec::new();
        std::thread::scope(|scope| {
            let saboteur = scope.spawn(|| sabotage.go_on(cached, &over));
            let users = ["-O0", "-O1", "-O2", "-O0", "-O1", "-O2"].map(|level| scope.spawn(move || use_it(level)));
            // The saboteur has to end even if a process fails.
            let ends = users.map(|user| user.join());
            over.store(true, Ordering::Relaxed);
            assert!(saboteur.join().unwrap() > 10);
            for end in ends {
                said.extend(end.unwrap());
            }
        });
        let count = |text: &str| said.iter().filter(|said| said.contains(text)).count();
        let figures = ["loaded", "compiled in", "damaged"].map(count);
        assert!(figures[0] > 5 && figures[1] > 5, "{figures:?}");
        assert_eq!(figures[2] > 0, sabotage == Sabotage::Damage, "{figures:?}");
        assert_eq!(said.iter().find(|said| said.contains(", not kept")), None);
        assert!(cached.entries().iter().all(|path| is_whole(path)), "{:?}", cached.entries());
    }
}

/// A folder that grew under a larger limit shrinks even if nothing is written.
#[test]
fn a_folder_that_is_too_large_shrinks_when_it_is_used() {
    let cached = Cached::new();
    for (level, seconds) in [("-O0", 3000), ("-O1", 2000), ("-O2", 1000)] {
        let before = cached.entries_if_any();
        cached.run(&[level]);
        let path = cached.entries().into_iter().find(|path| !before.contains(path)).unwrap();
        let then = std::time::SystemTime::now() - Duration::from_secs(seconds);
        std::fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    }
    let entries = cached.entries();
    let sizes = entries.iter().map(|path| std::fs::metadata(path).unwrap().len());
    // With a limit equal to the total size nothing is removed; with one byte less, the least recently used entry is.
    let all = sizes.sum::<u64>();
    assert!(cached.run(&["-O2", "--cache-size", &all.to_string()]).contains("loaded"));
    assert_eq!(cached.entries(), entries);
    assert!(cached.run(&["-O0", "--cache-size", &(all - 1).to_string()]).contains("loaded"));
    assert_eq!(cached.entries().len(), 2);
    assert!(cached.run(&["-O1"]).contains("no entry"), "it was the oldest by then");
}

/// An empty variable counts as unset, as in other programs; an error about a folder says where its path comes from.
#[test]
fn the_variable_may_be_empty() {
    let folder = sorting();
    let run = |variable: &str, options: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wasmoon"));
        command.current_dir(folder.path()).env("WASMOON_CACHE", variable).env("NO_COLOR", "1").stdin(Stdio::null());
        command.arg("run").args(options).args(["fac.wat", "--invoke", "fac", "--arg", "5"]);
        finish(command)
    };
    let before = std::fs::read_dir(folder.path()).unwrap().count();
    for options in [&[][..], &["--lazy-validation"], &["--no-jit"], &["--timeout", "100"]] {
        let ran = run("", options).status(0);
        assert_eq!((ran.out.as_str(), ran.err.as_str()), ("120\n", ""), "{options:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), before, "something was kept");
    std::fs::write(folder.path().join("file"), "").unwrap();
    run("file", &[]).status(2).says("error: WASMOON_CACHE=file: ");
    run("", &["--cache", "file"]).status(2).says("error: --cache file: ");
    assert!(run("", &["--cache", "cache", "--cache-stats"]).status(0).err.contains("kept"));
}
