//! A program controlled by the test: it exports the functions that it imports and its memory.

use std::path::Path;
use std::sync::Arc;
use wasmoon::engine::{Config, Engine, Mode, Tier};
use wasmoon::module::{Module, WasmFeatures};
use wasmoon::runtime::store::{Abort, Extern, InstanceId, Limits, MemoryId, Store};
use wasmoon::runtime::value::Val;
use wasmoon::wasi::{self, WasiCtxBuilder};

pub const OK: u32 = 0;
pub const AGAIN: u32 = 6;
pub const BADF: u32 = 8;
pub const EXIST: u32 = 20;
pub const FAULT: u32 = 21;
pub const ILSEQ: u32 = 25;
pub const INVAL: u32 = 28;
pub const ISDIR: u32 = 31;
pub const LOOP: u32 = 32;
pub const NAMETOOLONG: u32 = 37;
pub const NOENT: u32 = 44;
pub const NOSPC: u32 = 51;
pub const NOTDIR: u32 = 54;
pub const NOTEMPTY: u32 = 55;
pub const NOTSOCK: u32 = 57;
pub const NOTSUP: u32 = 58;
pub const PERM: u32 = 63;
pub const SPIPE: u32 = 70;
pub const NOTCAPABLE: u32 = 76;

/// Names and parameters (`l`: i64), written from the interface's description, not from the code under test.
pub const SIGNATURES: &[(&str, &str)] = &[
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pread", "iiili"),
    ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_pwrite", "iiili"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_seek", "ilii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiillii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_exit", "i"),
    ("proc_raise", "i"),
    ("sched_yield", ""),
    ("random_get", "ii"),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

pub const RIGHT_READ: u64 = 1 << 1;
pub const RIGHT_WRITE: u64 = 1 << 6;
pub const ALL_RIGHTS: u64 = (1 << 30) - 1;
/// All rights except writing, for which no folder can be opened.
pub const FOLDER_RIGHTS: u64 = ALL_RIGHTS & !RIGHT_WRITE;
pub const CREAT: u32 = 1;
pub const DIRECTORY: u32 = 2;
pub const EXCL: u32 = 4;
pub const TRUNC: u32 = 8;
/// The first preopened folder.
pub const ROOT: u32 = 3;

pub fn tiers() -> [Config; 2] {
    [Tier::Interp, Tier::Jit].map(|tier| Config { mode: Mode::All(tier), ..Config::default() })
}

pub fn module(text: &str) -> Arc<Module> {
    let bytes = wat::parse_str(text).expect("a module");
    Arc::new(Module::new(&bytes, WasmFeatures::all()).expect("valid"))
}

pub struct Guest {
    pub store: Store,
    pub instance: InstanceId,
    memory: MemoryId,
    /// The next free address in memory.
    top: u32,
}

impl Guest {
    pub fn new(config: &Config, ctx: WasiCtxBuilder) -> Guest {
        Guest::with_memory(config, ctx, 4)
    }

    /// A guest with this many pages of memory.
    pub fn with_memory(config: &Config, ctx: WasiCtxBuilder, pages: u32) -> Guest {
        let mut text = String::from("(module\n");
        for (name, params) in SIGNATURES {
            let params: String = params.chars().map(|c| if c == 'l' { " i64" } else { " i32" }).collect();
            let result = if *name == "proc_exit" { "" } else { "(result i32)" };
            text += &format!("(import \"{}\" \"{name}\" (func ${name} (param{params}) {result}))\n", wasi::MODULE);
        }
        for (name, params) in SIGNATURES {
            let types: String = params.chars().map(|c| if c == 'l' { " i64" } else { " i32" }).collect();
            let args: String = (0..params.len()).map(|i| format!("(local.get {i})")).collect();
            let result = if *name == "proc_exit" { "" } else { "(result i32)" };
            text += &format!("(func (export \"{name}\") (param{types}) {result} (call ${name} {args}))\n");
        }
        text += &format!("(memory (export \"memory\") {pages}))");
        let module = module(&text);
        let engine = Engine::new(config.clone()).expect("a configuration");
        let code = engine.compile(&module).expect("supported");
        let mut store = engine.store(Limits::default());
        let imports = wasi::link(&mut store, ctx, &module).expect("all is provided");
        let instance = store.instantiate(code, &imports).expect("links");
        let Some(Extern::Memory(memory)) = store.export(instance, "memory") else { panic!("no memory") };
        Guest { store, instance, memory, top: 4096 }
    }

    /// A guest with one folder, as `/`.
    pub fn in_folder(config: &Config, folder: &Path) -> Guest {
        let mut ctx = WasiCtxBuilder::new();
        ctx.dir(folder, "/").expect("a folder");
        Guest::new(config, ctx)
    }

    pub fn try_call(&mut self, name: &str, args: &[u64]) -> Result<u32, Abort> {
        let Some(Extern::Func(func)) = self.store.export(self.instance, name) else { panic!("no {name}") };
        let (_, params) = SIGNATURES.iter().find(|(n, _)| *n == name).expect("known");
        assert_eq!(params.len(), args.len(), "{name}");
        let val = |(c, &v): (char, &u64)| if c == 'l' { Val::I64(v) } else { Val::I32(v as u32) };
        let args: Vec<Val> = params.chars().zip(args).map(val).collect();
        self.store.call(func, &args).map(|results| match results[..] {
            [Val::I32(code)] => code,
            _ => panic!("{name}: {results:?}"),
        })
    }

    /// Calls a function; returns its error number.
    pub fn call(&mut self, name: &str, args: &[u64]) -> u32 {
        self.try_call(name, args).unwrap_or_else(|e| panic!("{name}: {e:?}"))
    }

    pub fn memory(&mut self) -> &mut [u8] {
        self.store.memory_bytes_mut(self.memory)
    }

    /// Allocates zeroed memory.
    pub fn room(&mut self, len: u32) -> u64 {
        if self.top + len + 16 > 3 << 16 {
            self.top = 4096;
        }
        let at = self.top;
        self.top += len.next_multiple_of(16);
        self.memory()[at as usize..][..len as usize].fill(0);
        u64::from(at)
    }

    pub fn put(&mut self, bytes: &[u8]) -> u64 {
        let at = self.room(bytes.len() as u32);
        self.memory()[at as usize..][..bytes.len()].copy_from_slice(bytes);
        at
    }

    pub fn get(&mut self, at: u64, len: usize) -> Vec<u8> {
        self.memory()[at as usize..][..len].to_vec()
    }

    pub fn u32(&mut self, at: u64) -> u32 {
        u32::from_le_bytes(self.get(at, 4).try_into().unwrap())
    }

    pub fn u64(&mut self, at: u64) -> u64 {
        u64::from_le_bytes(self.get(at, 8).try_into().unwrap())
    }

    /// Stores a path; returns its address and length.
    pub fn path(&mut self, path: impl AsRef<[u8]>) -> [u64; 2] {
        let path = path.as_ref();
        [self.put(path), path.len() as u64]
    }

    /// Stores a list with one buffer.
    pub fn iov(&mut self, at: u64, len: u64) -> u64 {
        let mut bytes = (at as u32).to_le_bytes().to_vec();
        bytes.extend((len as u32).to_le_bytes());
        self.put(&bytes)
    }

    /// Stores a list of buffers.
    pub fn iovs(&mut self, buffers: &[(u64, u64)]) -> u64 {
        let words = buffers.iter().flat_map(|&(at, len)| [at as u32, len as u32]);
        let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
        self.put(&bytes)
    }

    /// Opens a file with these rights; files opened through it may have all rights.
    pub fn open_with(&mut self, fd: u32, follow: u64, path: &str, oflags: u32, rights: u64) -> Result<u32, u32> {
        let [at, len] = self.path(path);
        let out = self.room(4);
        let args = [fd.into(), follow, at, len, oflags.into(), rights, ALL_RIGHTS, 0, out];
        match self.call("path_open", &args) {
            OK => Ok(self.u32(out)),
            code => Err(code),
        }
    }

    pub fn open(&mut self, path: &str, oflags: u32, rights: u64) -> Result<u32, u32> {
        self.open_with(ROOT, 1, path, oflags, rights)
    }

    pub fn read(&mut self, fd: u32, len: u64) -> Result<Vec<u8>, u32> {
        let (buffer, n) = (self.room(len as u32), self.room(4));
        let iov = self.iov(buffer, len);
        match self.call("fd_read", &[fd.into(), iov, 1, n]) {
            OK => {
                let n = self.u32(n) as usize;
                Ok(self.get(buffer, n))
            }
            code => Err(code),
        }
    }

    pub fn write(&mut self, fd: u32, bytes: &[u8]) -> Result<u32, u32> {
        let (buffer, n) = (self.put(bytes), self.room(4));
        let iov = self.iov(buffer, bytes.len() as u64);
        match self.call("fd_write", &[fd.into(), iov, 1, n]) {
            OK => Ok(self.u32(n)),
            code => Err(code),
        }
    }

    /// Calls a function whose last arguments are a path.
    pub fn on(&mut self, name: &str, before: &[u64], path: impl AsRef<[u8]>) -> u32 {
        let path = self.path(path);
        self.call(name, &[before, &path].concat())
    }

    /// Calls `path_link` or `path_rename`.
    pub fn between(&mut self, name: &str, old: &str, new: &str) -> u32 {
        let (old, new) = (self.path(old), self.path(new));
        let root = u64::from(ROOT);
        match name {
            "path_link" => self.call(name, &[root, 0, old[0], old[1], root, new[0], new[1]]),
            _ => self.call(name, &[root, old[0], old[1], root, new[0], new[1]]),
        }
    }

    pub fn symlink(&mut self, target: &str, new: &str) -> u32 {
        let (target, new) = (self.path(target), self.path(new));
        self.call("path_symlink", &[target[0], target[1], ROOT.into(), new[0], new[1]])
    }

    pub fn stat(&mut self, follow: u64, path: &str) -> Result<Vec<u8>, u32> {
        let [at, len] = self.path(path);
        let out = self.room(64);
        match self.call("path_filestat_get", &[ROOT.into(), follow, at, len, out]) {
            OK => Ok(self.get(out, 64)),
            code => Err(code),
        }
    }
}

/// Runs a test on both backends, in an empty folder.
pub fn each(test: impl Fn(&mut Guest, &std::path::Path)) {
    for config in tiers() {
        let folder = tempfile::tempdir().unwrap();
        test(&mut Guest::in_folder(&config, folder.path()), folder.path());
    }
}
