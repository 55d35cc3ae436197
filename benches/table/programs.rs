//! The measured programs.

use std::path::Path;

/// Rows of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Group {
    /// libsodium's tests and SQLite.
    Programs,
    /// Our own small programs in C.
    Small,
    /// Vector kernels.
    Vectors,
    /// Programs that use the GC heap.
    Objects,
    /// Atomic operators.
    Atomics,
    /// One operation at a time.
    Micro,
}

/// A binary, and the programs in it.
pub struct Module {
    pub name: String,
    pub group: Group,
    pub bytes: Vec<u8>,
    pub programs: Vec<Program>,
}

/// An export, `(func (param i32) (result i32))`, and its argument, for which optimized code takes some tens of milliseconds,
/// and an interpreter at most half a second, if possible.
#[derive(Clone, Copy)]
pub struct Program {
    pub name: &'static str,
    pub export: &'static str,
    pub argument: u32,
    /// Each round has its own instance.
    pub fresh: bool,
}

const fn program(name: &'static str, export: &'static str, argument: u32) -> Program {
    Program { name, export, argument, fresh: false }
}

/// Modules that `ci/bench build` makes: the file's name, and its programs. `aead_aes256gcm` is not among them: without
/// the CPU's instructions for it, the test does nothing.
const BUILT: [(&str, Group, &[Program]); 19] = [
    ("aead_aegis128l", Group::Programs, &[program("aead_aegis128l", "run", 4)]),
    ("aead_aegis256", Group::Programs, &[program("aead_aegis256", "run", 4)]),
    ("aead_chacha20poly1305", Group::Programs, &[program("aead_chacha20poly1305", "run", 60)]),
    ("auth", Group::Programs, &[program("auth", "run", 400)]),
    ("box", Group::Programs, &[program("box", "run", 100)]),
    ("ed25519_convert", Group::Programs, &[program("ed25519_convert", "run", 1)]),
    ("generichash", Group::Programs, &[program("generichash", "run", 4)]),
    ("hash", Group::Programs, &[program("hash", "run", 1000)]),
    ("kdf", Group::Programs, &[program("kdf", "run", 20)]),
    ("onetimeauth", Group::Programs, &[program("onetimeauth", "run", 3000)]),
    ("pwhash_argon2id", Group::Programs, &[program("pwhash_argon2id", "run", 1)]),
    ("scalarmult", Group::Programs, &[program("scalarmult", "run", 60)]),
    ("secretbox", Group::Programs, &[program("secretbox", "run", 1000)]),
    ("secretstream_xchacha20poly1305", Group::Programs, &[program("secretstream", "run", 60)]),
    ("sign", Group::Programs, &[program("sign", "run", 1)]),
    ("stream", Group::Programs, &[program("stream", "run", 1)]),
    ("sqlite", Group::Programs, &[program("sqlite", "run", 2000)]),
    ("core", Group::Small, &[program("core", "run", 700)]),
    (
        "small",
        Group::Small,
        &[
            program("sieve", "sieve", 8),
            program("bodies", "bodies", 200_000),
            program("quicksort", "quicksort", 25),
            program("hashes", "hashes", 150),
            program("digits", "digits", 40),
        ],
    ),
];

/// Modules in the text format.
const TEXT: [(&str, &str, Group, &[Program]); 14] = [
    (
        "calls",
        include_str!("../programs/calls.wat"),
        Group::Micro,
        &[
            program("calls: fib", "fib", 31),
            program("calls: indirect", "indirect", 10_000_000),
            program("calls: 10 arguments", "arguments", 5_000_000),
            program("br_table", "switch", 20_000_000),
        ],
    ),
    ("tail", include_str!("../programs/tail.wat"), Group::Micro, &[program("calls: tail", "tail", 20_000_000)]),
    ("host", include_str!("../programs/host.wat"), Group::Micro, &[program("calls: host", "host", 500_000)]),
    (
        "exceptions",
        include_str!("../programs/exceptions.wat"),
        Group::Micro,
        &[
            program("throw, caught in the function", "catch_here", 200_000),
            program("throw through 8 frames", "catch_deep", 50_000),
            program("handler, nothing thrown", "no_throw", 5_000_000),
        ],
    ),
    (
        "stacks",
        include_str!("../programs/stacks.wat"),
        Group::Micro,
        &[
            program("suspend and resume", "generator", 1_000_000),
            program("switch", "turns", 1_000_000),
            program("continuation of one call", "started", 1_000_000),
        ],
    ),
    (
        "memory",
        include_str!("../programs/memory.wat"),
        Group::Micro,
        &[
            Program { name: "memory.grow", export: "grow", argument: 4000, fresh: true },
            program("memory.fill and copy", "bulk", 1_000_000),
        ],
    ),
    (
        "division",
        include_str!("../programs/division.wat"),
        Group::Micro,
        &[
            program("64-bit division by constants", "div64", 5_000_000),
            program("32-bit division by constants", "div32", 5_000_000),
        ],
    ),
    (
        "vectors",
        include_str!("../vectors.wat"),
        Group::Vectors,
        &[
            program("saxpy", "saxpy", 4000),
            program("mandel", "mandel", 5_000_000),
            program("chacha", "chacha", 3_000_000),
            program("memchr", "search", 6000),
            program("dot", "dot", 6000),
            program("blend", "blend", 2500),
        ],
    ),
    (
        "relaxed",
        include_str!("../relaxed.wat"),
        Group::Vectors,
        &[
            program("relaxed: matmul", "matmul", 400),
            program("relaxed: dotf", "dotf", 20_000),
            program("relaxed: polynomial", "polynomial", 6_000),
            program("relaxed: quantized", "quantized", 20_000),
            program("relaxed: clamp", "clamp", 12_000),
            program("relaxed: lookup", "lookup", 12_000),
        ],
    ),
    (
        "objects",
        include_str!("../objects.wat"),
        Group::Objects,
        &[
            program("allocation", "allocate", 5_000_000),
            program("binary trees", "trees", 500),
            program("list", "list", 20_000),
            program("virtual calls", "virtual", 20_000),
            program("casts", "casts", 50_000),
            program("fields", "fields", 10_000_000),
            program("sieve in an array", "sieve", 100),
            program("sums of an array", "sums", 10_000),
        ],
    ),
    (
        "collections",
        include_str!("../programs/collections.wat"),
        Group::Objects,
        &[
            program("hash table", "hashmap", 100),
            program("queens as lists", "queens", 60),
            program("text", "text", 150),
        ],
    ),
    (
        "atomics",
        include_str!("../programs/atomics.wat"),
        Group::Atomics,
        &[
            program("atomics: add", "add", 2_000_000),
            program("atomics: bits", "bits", 2_000_000),
            program("atomics: lock", "lock", 1_000_000),
            program("atomics: ring", "ring", 2_000_000),
        ],
    ),
    (
        "memory64",
        include_str!("../programs/memory64.wat"),
        Group::Micro,
        &[program("64-bit addresses: sieve", "sieve64", 100), program("64-bit addresses: list", "chase64", 5_000_000)],
    ),
    ("pages", include_str!("../programs/pages.wat"), Group::Micro, &[program("pages of a byte: sieve", "sieve1", 100)]),
];

/// Modules that are compiled separately to measure throughput and memory.
pub const COMPILED: [&str; 3] = ["core", "ed25519_convert", "sqlite"];

/// Returns all modules. Those that are not built are reported on standard error.
pub fn modules() -> Result<Vec<Module>, String> {
    let mut modules = Vec::new();
    for (name, group, programs) in BUILT {
        let path = Path::new("target/bench").join(name).with_extension("wasm");
        match std::fs::read(&path) {
            Ok(bytes) => modules.push(Module { name: name.into(), group, bytes, programs: programs.to_vec() }),
            Err(e) => eprintln!("{name}: NOT MEASURED: {}: {e} (ci/bench build)", path.display()),
        }
    }
    for (name, text, group, programs) in TEXT {
        modules.push(Module { name: name.into(), group, bytes: binary(text)?, programs: programs.to_vec() });
    }
    Ok(modules)
}

/// Returns a nearly empty module.
pub fn empty() -> Result<Vec<u8>, String> {
    binary(include_str!("../programs/empty.wat"))
}

/// Returns the module for several threads on one memory, which it imports.
pub fn threads() -> Result<Vec<u8>, String> {
    binary(include_str!("../programs/threads.wat"))
}

fn binary(text: &str) -> Result<Vec<u8>, String> {
    wat::parse_str(text).map_err(|e| e.to_string())
}
