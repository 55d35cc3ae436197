//! Sequences of WASI preview 1 calls with valid and invalid arguments, on a folder with links out of it. They are chosen by
//! bytes: random ones in a test, or those of a fuzzer.

use arbitrary::Unstructured;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use wasmoon::wasip1::{self, Capture, Output, WasiCtx, WasiCtxBuilder, WasiLimits};
use wasmoon::{Engine, Error, Instance, Linker, Memory, Module, Store, Val};

/// The functions and the kinds of their parameters: `f` a descriptor, `n` a number, `a` an address, `s` the address of
/// subscriptions; `p` the address and length of a path, `b` of a buffer, `v` of a list of buffers; `l` a 64-bit number, `r`
/// rights. The first `OFTEN` ones are called more often.
const FUNCTIONS: &[(&str, &str)] = &[
    ("path_open", "fnpnrrna"),
    ("fd_read", "fva"),
    ("fd_write", "fva"),
    ("fd_pread", "fvla"),
    ("fd_pwrite", "fvla"),
    ("fd_seek", "flna"),
    ("fd_allocate", "fll"),
    ("fd_readdir", "fbla"),
    ("path_filestat_get", "fnpa"),
    ("path_link", "fnpfp"),
    ("path_rename", "fpfp"),
    ("path_symlink", "pfp"),
    ("args_get", "aa"),
    ("args_sizes_get", "aa"),
    ("environ_get", "aa"),
    ("environ_sizes_get", "aa"),
    ("clock_res_get", "na"),
    ("clock_time_get", "nla"),
    ("fd_advise", "flln"),
    ("fd_close", "f"),
    ("fd_datasync", "f"),
    ("fd_fdstat_get", "fa"),
    ("fd_fdstat_set_flags", "fn"),
    ("fd_fdstat_set_rights", "frr"),
    ("fd_filestat_get", "fa"),
    ("fd_filestat_set_size", "fl"),
    ("fd_filestat_set_times", "flln"),
    ("fd_prestat_get", "fa"),
    ("fd_prestat_dir_name", "fb"),
    ("fd_renumber", "ff"),
    ("fd_sync", "f"),
    ("fd_tell", "fa"),
    ("path_create_directory", "fp"),
    ("path_filestat_set_times", "fnplln"),
    ("path_readlink", "fpba"),
    ("path_remove_directory", "fp"),
    ("path_unlink_file", "fp"),
    ("poll_oneoff", "sana"),
    ("proc_exit", "n"),
    ("proc_raise", "n"),
    ("sched_yield", ""),
    ("random_get", "b"),
    ("sock_accept", "fna"),
    ("sock_recv", "fvnaa"),
    ("sock_send", "fvna"),
    ("sock_shutdown", "fn"),
];

/// The number of functions that are called more often.
const OFTEN: usize = 12;

/// Parts of paths: names in the folder, ways out of it, and invalid names.
const NAMES: &[&[u8]] = &[
    b"file",
    b"sub",
    b"new",
    b"other",
    b".",
    b"..",
    b"deep",
    b"up",
    b"absolute",
    b"relative",
    b"inside",
    b"circle",
    b"secret",
    b"box",
    b"",
    b"/",
    b"a\0b",
    b"\xff",
    b"etc/passwd",
];

const SECRET: &[u8] = b"nothing of this is seen inside";
const LIMITS: WasiLimits = WasiLimits { descriptors: 9, listing_bytes: 400, written_bytes: 1000 };
const ALL_RIGHTS: i64 = (1 << 30) - 1;
const RIGHT_WRITE: i64 = 1 << 6;
const MEMORY: u64 = 1 << 16;

/// A program that exports its imports and its memory.
fn program() -> String {
    let mut text = String::from("(module\n");
    for (name, kinds) in FUNCTIONS {
        let result = if *name == "proc_exit" { "" } else { "(result i32)" };
        let params = types(kinds);
        writeln!(text, "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} (param {params}) {result}))")
            .unwrap();
    }
    for (name, kinds) in FUNCTIONS {
        let result = if *name == "proc_exit" { "" } else { "(result i32)" };
        let params = types(kinds);
        let args: String = (0..params.split_whitespace().count()).map(|i| format!("(local.get {i})")).collect();
        writeln!(text, "(func (export \"{name}\") (param {params}) {result} (call ${name} {args}))").unwrap();
    }
    text + "(memory (export \"memory\") 1 1))"
}

fn types(kinds: &str) -> String {
    let of = |kind| match kind {
        'l' | 'r' => "i64 ",
        'p' | 'b' | 'v' => "i32 i32 ",
        _ => "i32 ",
    };
    kinds.chars().map(of).collect()
}

/// A folder `box` with links that lead out of it, and a file beside it.
fn folder() -> TempDir {
    use std::os::unix::fs::symlink;
    let outer = tempfile::tempdir().expect("a folder");
    let inside = outer.path().join("box");
    fs::create_dir_all(inside.join("sub/deep")).expect("a folder");
    fs::write(outer.path().join("secret"), SECRET).expect("a file");
    for file in ["file", "sub/file", "sub/deep/other"] {
        fs::write(inside.join(file), format!("the text of {file}")).expect("a file");
    }
    for (target, link) in [
        ("..", "up"),
        ("../secret", "relative"),
        ("file", "inside"),
        ("circle", "circle"),
        ("../../secret", "sub/relative"),
    ] {
        symlink(target, inside.join(link)).expect("a link");
    }
    symlink(outer.path().join("secret"), inside.join("absolute")).expect("a link");
    outer
}

/// All files below a folder: their kind, and the part of their content that is compared.
fn tree(outer: &Path, folder: &Path, without: Option<&Path>) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let kind = path.symlink_metadata().expect("it is there");
            let content = if kind.is_symlink() {
                let target = fs::read_link(&path).expect("a link");
                format!("to {}", target.display()).replace(&*outer.to_string_lossy(), "OUTER")
            } else if kind.is_dir() {
                if without != Some(&path) {
                    folders.push(path.clone());
                }
                "a folder".into()
            } else {
                // The program may have made it very long.
                use std::io::Read;
                let mut start = Vec::new();
                fs::File::open(&path).and_then(|file| file.take(8192).read_to_end(&mut start)).expect("readable");
                assert!(without.is_some() || !has_secret(&start), "{} has what is outside", path.display());
                format!("{} bytes: {}", kind.len(), start.escape_ascii())
            };
            all.insert(path.strip_prefix(outer).expect("below it").to_string_lossy().into_owned(), content);
        }
    }
    all
}

fn has_secret(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|window| window == SECRET)
}

/// The outcome of a sequence: that of each call, and at the end the memory, the folder and the output.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    pub calls: Vec<(&'static str, Result<u32, String>)>,
    memory: Vec<u8>,
    files: BTreeMap<String, String>,
    output: Vec<u8>,
}

struct Sequence<'a> {
    choices: Unstructured<'a>,
    store: Store<WasiCtx>,
    instance: Instance,
    memory: Memory,
    /// The next free address for data that a call reads.
    top: u64,
    /// The number of bytes that calls reported as written or reserved.
    written: u64,
}

impl Sequence<'_> {
    /// A number below `n`; 0 after the last byte.
    fn below(&mut self, n: u64) -> u64 {
        self.choices.int_in_range(0..=n - 1).expect("a number")
    }

    /// A number that is small or at an edge.
    fn number(&mut self) -> u64 {
        match self.below(16) {
            0 => self.choices.arbitrary().expect("a number"),
            1 => [u64::MAX, 1 << 63, i64::MAX as u64, 1 << 32, u64::from(u32::MAX), 1 << 31][self.below(6) as usize],
            2 => MEMORY - self.below(64),
            3 => self.below(5000),
            _ => self.below(8),
        }
    }

    /// Stores data for a call, and returns its address.
    fn put(&mut self, bytes: &[u8]) -> u64 {
        let at = self.top;
        self.memory.write(&mut self.store, at as usize, bytes).expect("there is room");
        self.top += bytes.len().next_multiple_of(16) as u64;
        at
    }

    fn path(&mut self) -> Vec<u8> {
        let mut path = Vec::new();
        for part in 0..=self.below(6).saturating_sub(3) {
            if part > 0 {
                path.push(b'/');
            }
            // Mostly names inside the folder.
            let known = if self.below(2) == 0 { 4 } else { NAMES.len() };
            path.extend(NAMES[self.below(known as u64) as usize]);
        }
        path
    }

    /// An address, mostly one of a few.
    fn address(&mut self) -> u64 {
        match self.below(16) {
            0 => self.number(),
            _ => 64 * self.below(8),
        }
    }

    fn argument(&mut self, kind: char, args: &mut Vec<Val>) {
        let int = |n: u64| Val::I32(n as i32);
        match kind {
            // Mostly open ones: the streams, the folder, and what was opened in it.
            'f' => {
                let fd = if self.below(16) == 0 {
                    self.number()
                } else {
                    [3, 3, 4, 4, 5, 6, 7, 0, 1, 2][self.below(10) as usize]
                };
                args.push(int(fd));
            }
            'n' => {
                // Most flags exclude each other.
                let n = if self.below(2) == 0 { self.below(3) } else { self.number() };
                args.push(int(n));
            }
            'a' => {
                let at = self.address();
                args.push(int(at));
            }
            'l' => {
                let n = self.number();
                args.push(Val::I64(n as i64));
            }
            'r' => {
                let rights = if self.below(4) == 0 {
                    self.number() as i64
                } else if self.below(2) == 0 {
                    ALL_RIGHTS
                } else {
                    ALL_RIGHTS & !RIGHT_WRITE
                };
                args.push(Val::I64(rights));
            }
            's' => {
                let mut bytes = Vec::new();
                for _ in 0..3 {
                    let words =
                        [self.number(), self.below(4), self.number(), self.number(), self.number(), self.below(2)];
                    bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
                }
                let at = self.put(&bytes);
                args.push(int(at));
            }
            'p' => {
                let path = self.path();
                let at = if self.below(16) == 0 { self.number() } else { self.put(&path) };
                let len = if self.below(16) == 0 { self.number() } else { path.len() as u64 };
                args.extend([int(at), int(len)]);
            }
            'b' => {
                let at = if self.below(16) == 0 { self.number() } else { 8192 };
                let len = if self.below(8) == 0 { self.number() } else { self.below(600) };
                args.extend([int(at), int(len)]);
            }
            'v' => {
                let mut list = Vec::new();
                let count = self.below(4);
                for _ in 0..count {
                    let at = if self.below(16) == 0 { self.number() } else { 8192 + self.below(4) * 512 };
                    let len = if self.below(8) == 0 { self.number() } else { self.below(600) };
                    list.extend((at as u32).to_le_bytes());
                    list.extend((len as u32).to_le_bytes());
                }
                let at = self.put(&list);
                let count = if self.below(16) == 0 { self.number() } else { count };
                args.extend([int(at), int(count)]);
            }
            _ => unreachable!("a kind of the table"),
        }
    }

    fn u32(&self, at: u64) -> u64 {
        let mut bytes = [0; 4];
        self.memory.read(&self.store, at as usize, &mut bytes).expect("the call has written there");
        u64::from(u32::from_le_bytes(bytes))
    }

    /// Opens a file and a folder in the first folder, so that calls can use them.
    fn open(&mut self) {
        for (path, oflags, rights) in [("file", 0, ALL_RIGHTS), ("sub", 2, ALL_RIGHTS & !RIGHT_WRITE)] {
            self.memory.write(&mut self.store, 0, path.as_bytes()).expect("there is room");
            let func = self.instance.get_func(&mut self.store, "path_open").expect("exported");
            let (int, rights) = (Val::I32, Val::I64(rights));
            let args = [
                int(3),
                int(1),
                int(0),
                int(path.len() as i32),
                int(oflags),
                rights,
                Val::I64(ALL_RIGHTS),
                int(0),
                int(64),
            ];
            let mut results = [int(0)];
            func.call(&mut self.store, &args, &mut results).expect("a call");
            assert_eq!(results[0].i32(), Some(0), "{path}");
        }
    }

    /// Makes one call, and returns its outcome.
    fn step(&mut self) -> (&'static str, Result<u32, String>) {
        let known = if self.below(2) == 0 { OFTEN } else { FUNCTIONS.len() };
        let (name, kinds) = FUNCTIONS[self.below(known as u64) as usize];
        self.top = 1024;
        let mut args = Vec::new();
        for kind in kinds.chars() {
            self.argument(kind, &mut args);
        }
        let func = self.instance.get_func(&mut self.store, name).expect("exported");
        let mut results = [Val::I32(0)];
        let results = if name == "proc_exit" { &mut results[..0] } else { &mut results[..] };
        let ended = func.call(&mut self.store, &args, results).map(|()| results[0].i32().expect("a number") as u32);
        if let Ok(0) = ended {
            self.check(name, &args);
        }
        (name, ended.map_err(|error: Error| error.to_string()))
    }

    /// After a successful call: checks the limits, and clears results that differ from run to run.
    fn check(&mut self, name: &str, args: &[Val]) {
        let arg = |i: usize| u64::from(args[i].i32().expect("a number") as u32);
        let last = args.len().saturating_sub(1);
        let mut wipe = |at: u64, len: u64| {
            self.memory
                .write(&mut self.store, at as usize, &vec![0; len as usize])
                .expect("the call has written there");
        };
        match name {
            // The device, the inode and the times.
            "fd_filestat_get" | "path_filestat_get" => {
                wipe(arg(last), 16);
                wipe(arg(last) + 40, 24);
            }
            // The inodes, and the order of entries.
            "fd_readdir" => wipe(arg(1), arg(2)),
            "path_open" => {
                let fd = self.u32(arg(last));
                assert!(fd < LIMITS.descriptors as u64, "descriptor {fd}");
            }
            "fd_write" | "fd_pwrite" => self.written += self.u32(arg(last)),
            "fd_allocate" => self.written += args[2].i64().expect("a number") as u64,
            "fd_read" | "fd_pread" | "path_readlink" => {
                assert!(!has_secret(self.memory.data(&self.store)), "{name} has read what is outside");
            }
            _ => {}
        }
        assert!(self.written <= LIMITS.written_bytes, "{} bytes are written", self.written);
    }
}

/// The compiled program and its imports.
pub struct Program {
    engine: Engine,
    module: Module,
    linker: Linker<WasiCtx>,
}

impl Program {
    pub fn new(engine: &Engine) -> Program {
        let mut linker = Linker::new(engine);
        wasip1::add_to_linker(&mut linker, |context: &mut WasiCtx| context).expect("no name is taken");
        let module = Module::new(engine, program()).expect("a module");
        Program { engine: engine.clone(), module, linker }
    }

    /// Makes the calls that the bytes choose.
    ///
    /// # Panics
    /// If something outside the folder is changed or read, or a limit is exceeded.
    fn run(&self, bytes: &[u8]) -> Outcome {
        let outer = folder();
        let inside = outer.path().join("box");
        let outside = tree(outer.path(), outer.path(), Some(&inside));
        let output = Capture::default();
        let mut context = WasiCtxBuilder::new();
        context.stdout(Output::Capture(output.clone())).stderr(Output::Capture(output.clone()));
        context.dir(&inside, "/").expect("a folder");
        context.arg("program").env(b"NAME", b"value").stdin(wasip1::Input::Bytes(b"input".repeat(100)));
        context.deterministic(1).limits(LIMITS);
        let mut store = Store::new(&self.engine, context.build().expect("streams"));
        let instance = self.linker.instantiate(&mut store, &self.module).expect("an instance");
        let memory = instance.get_memory(&mut store, "memory").expect("exported");
        let mut sequence = Sequence { choices: Unstructured::new(bytes), store, instance, memory, top: 0, written: 0 };
        sequence.open();
        let mut calls = Vec::new();
        while !sequence.choices.is_empty() {
            calls.push(sequence.step());
        }
        assert_eq!(tree(outer.path(), outer.path(), Some(&inside)), outside, "something outside has changed");
        let output = output.take();
        assert!(output.len() as u64 <= LIMITS.written_bytes, "{} bytes of output", output.len());
        let memory = sequence.memory.data(&sequence.store).to_vec();
        Outcome { calls, memory, files: tree(outer.path(), &inside, None), output }
    }
}

/// Makes the calls on both backends, and returns the outcome.
///
/// # Panics
/// As [`Program::run`], and if the backends differ.
pub fn compare(programs: &[Program; 2], bytes: &[u8]) -> Outcome {
    let [jit, interpreter] = programs.each_ref().map(|program| program.run(bytes));
    for (step, (a, b)) in jit.calls.iter().zip(&interpreter.calls).enumerate() {
        assert_eq!(a, b, "step {step}: the JIT and the interpreter differ");
    }
    assert_eq!(jit.files, interpreter.files, "the files differ");
    assert!(jit == interpreter, "the memories or the outputs differ");
    jit
}
