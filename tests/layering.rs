//! Imports point one way: `{target, module} <- config <- runtime <- {interp, jit, process} <- engine <- {wasi,
//! conformance, oracle} <- {api, triage} <- cli`, and never between the two backends, which must be independent witnesses.
//! This test reads the sources, and fails on an arrow that points up. Within a room, it fails on a circle of imports
//! that is not in [`CIRCLES`].
//!
//! It also fails on a portable file that names a CPU, since code for a particular CPU belongs in separate files, and on a public
//! function of the embedding interface that no test names.

mod sources;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use sources::sources;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rooms from the bottom up; rooms on the same floor do not know each other.
const FLOORS: &[&[&str]] = &[
    // Used everywhere; these import nothing.
    &["random", "text"],
    &["module", "target"],
    &["config"],
    &["runtime"],
    &["interp", "jit", "process"],
    &["engine"],
    &["wasi", "conformance", "oracle"],
    &["api", "triage"],
    &["cli"],
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Whether code in `from` may name something in `to`.
fn allowed(from: &str, to: &str) -> bool {
    match (floor(from), floor(to)) {
        (Some(a), Some(b)) => from == to || a > b,
        // An item at the root of the crate, such as a macro.
        _ => true,
    }
}

/// Splits code into words, `::` and single characters. Comments are dropped, and literals are opaque.
fn tokens(code: &str) -> Vec<String> {
    fn flatten(stream: TokenStream, tokens: &mut Vec<String>) {
        let is_colon = |tree: &TokenTree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ':');
        let mut trees = stream.into_iter().peekable();
        while let Some(tree) = trees.next() {
            match tree {
                TokenTree::Group(group) => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Brace => ("{", "}"),
                        _ => ("(", ")"),
                    };
                    tokens.push(open.into());
                    flatten(group.stream(), tokens);
                    tokens.push(close.into());
                }
                TokenTree::Punct(p) if p.as_char() == ':' && p.spacing() == Spacing::Joint => {
                    tokens.push(if trees.next_if(is_colon).is_some() { "::" } else { ":" }.into());
                }
                TokenTree::Literal(_) => tokens.push("\"\"".into()),
                TokenTree::Punct(_) | TokenTree::Ident(_) => tokens.push(tree.to_string()),
            }
        }
    }
    let mut found = Vec::new();
    flatten(code.parse().expect("the source is Rust"), &mut found);
    found
}

/// Returns the first segments after the crate root of all paths in `code`, which is in the module `path` (`["jit", "ir"]`).
///
/// Recognizes paths that start with `crate`, `wasmoon` or enough `super`, and groups in braces, as in `use crate::{a, b::c}`.
fn rooms_named(code: &str, path: &[String]) -> BTreeSet<String> {
    let tokens = tokens(code);
    let mut rooms = BTreeSet::new();
    let word = |i: usize| tokens.get(i).map(String::as_str).unwrap_or_default();
    let mut i = 0;
    while i < tokens.len() {
        let starts_path = i == 0 || word(i - 1) != "::";
        if !starts_path || word(i + 1) != "::" {
            i += 1;
            continue;
        }
        let mut next = i + 2;
        let mut depth = match word(i) {
            "crate" | "wasmoon" => Some(0),
            "super" => Some(path.len().saturating_sub(1)),
            _ => None,
        };
        while word(next) == "super" && word(next + 1) == "::" {
            depth = depth.map(|d: usize| d.saturating_sub(1));
            next += 2;
        }
        if depth == Some(0) {
            first_segments(&tokens, next, &mut rooms);
        }
        i += 1;
    }
    rooms
}

/// Adds the next segment of a path at `i`: a word, or each element of a group.
fn first_segments(tokens: &[String], i: usize, rooms: &mut BTreeSet<String>) {
    if tokens.get(i).is_none_or(|t| t != "{") {
        rooms.extend(tokens.get(i).cloned());
        return;
    }
    let mut depth = 0;
    let mut at_start = false;
    for token in &tokens[i..] {
        match token.as_str() {
            "{" => {
                depth += 1;
                at_start = depth == 1;
            }
            "}" => {
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
            "," => at_start = depth == 1,
            _ => {
                if at_start {
                    rooms.insert(token.clone());
                }
                at_start = false;
            }
        }
    }
}

/// Returns the module path of a source file: `src/jit/ir/mod.rs` and `src/jit/ir.rs` are both `["jit", "ir"]`.
///
/// Inline modules (`mod tests { … }`) are one level deeper; their `super` is then resolved one module too high, at most
/// to the root, so nothing is overlooked.
fn module_path(file: &Path) -> Vec<String> {
    let mut path: Vec<String> =
        file.with_extension("").components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    path
}

/// Returns the arrows in one file that point the wrong way. `file` is relative to `src`.
fn violations(file: &Path, source: &str) -> Vec<String> {
    let path = module_path(file);
    let Some(room) = path.first().filter(|room| floor(room).is_some()) else { return Vec::new() };
    let named = rooms_named(source, &path);
    let mut wrong: Vec<String> = named
        .iter()
        .filter(|to| !allowed(room, to))
        .map(|to| format!("src/{}: {room} must not name {to}", file.display()))
        .collect();
    let in_sys = file.starts_with("runtime/sys");
    let tokens = tokens(source);
    let libc =
        tokens.windows(2).enumerate().any(|(i, w)| w[0] == "libc" && w[1] == "::" && (i == 0 || tokens[i - 1] != "::"));
    if !in_sys && libc {
        wrong.push(format!("src/{}: only runtime/sys touches libc", file.display()));
    }
    wrong
}

/// Returns every path from the root of the crate that code in the module `path` names, without the root itself: paths
/// that start with `crate`, `wasmoon`, `self` or `super`, and paths that start with a module inside this one.
fn paths_named(code: &str, path: &[String], modules: &BTreeSet<Vec<String>>) -> BTreeSet<Vec<String>> {
    let tokens = tokens(code);
    let word = |i: usize| tokens.get(i).map(String::as_str).unwrap_or_default();
    let mut found = BTreeSet::new();
    for i in 0..tokens.len() {
        if word(i + 1) != "::" || i > 0 && word(i - 1) == "::" {
            continue;
        }
        let reexport = i > 1 && word(i - 1) == "use" && (word(i - 2) == "pub" || word(i - 2) == ")");
        let mut next = i + 2;
        let mut base = match word(i) {
            "crate" | "wasmoon" => Vec::new(),
            "self" => path.to_vec(),
            "super" => path[..path.len() - 1].to_vec(),
            name => {
                // A module that re-exports names of its own submodules does not use them.
                let inside: Vec<String> = path.iter().cloned().chain([name.to_string()]).collect();
                if reexport || !modules.contains(&inside) {
                    continue;
                }
                inside
            }
        };
        while word(next) == "super" && word(next + 1) == "::" {
            base.pop();
            next += 2;
        }
        use_tree(&tokens, next, base, &mut found);
    }
    found
}

/// Adds the paths that a path, or a group in braces, at `i` denotes; returns the position after it.
fn use_tree(tokens: &[String], mut i: usize, mut base: Vec<String>, found: &mut BTreeSet<Vec<String>>) -> usize {
    let word = |i: usize| tokens.get(i).map(String::as_str).unwrap_or_default();
    loop {
        if word(i) == "{" {
            i += 1;
            while i < tokens.len() && word(i) != "}" {
                i = use_tree(tokens, i, base.clone(), found);
                // Skip a name given with `as`, and the comma.
                while i < tokens.len() && word(i) != "," && word(i) != "}" {
                    i += 1;
                }
                i += usize::from(word(i) == ",");
            }
            return i + 1;
        }
        match word(i) {
            "self" => {}
            name => base.push(name.to_string()),
        }
        if word(i + 1) != "::" {
            found.insert(base);
            return i + 1;
        }
        i += 2;
    }
}

/// Circles of imports between the files of a room, each with its reason. A circle must be a part of one row, so a row
/// may be longer than its circle; a row without any circle is stale.
const CIRCLES: &[(&str, &str, &str)] = &[
    (
        "api",
        "engine entities error func instance linker module objects roots store values",
        "what can be done with a handle, a value or an error needs the store, whose host functions have values and errors",
    ),
    ("conformance::execute", "session threads", "a session starts threads, each of which is a session of its own"),
    (
        "engine::profile",
        ". dwarf jitdump listing map symbols",
        "the profile calls the writers of the formats that were asked for, and these read its symbols",
    ),
    (
        "interp::translate",
        ". control nans operators stack vectors",
        "one translator, whose methods stand in files by kind of operator",
    ),
    ("jit::ir", ". cfg", "a function keeps its control-flow graph, which is made from it"),
    ("jit::isa", "common vcode", "a function holds the data of its large common instructions, which name its blocks"),
    ("jit::isa::lower", ". common", "one lowering, whose methods stand in files by kind of operation"),
    (
        "jit::isa::aarch64",
        "address operand",
        "an address extends and shifts its operands by itself, and an operand may be loaded from an address",
    ),
    (
        "jit::isa::aarch64::vector",
        ". integers shuffle",
        "one selection in files by kind of operation, which share what is known of constants and tests",
    ),
    ("jit::ir", "ops vector", "rows of operations on lanes name the forms of these, which name immediates of rows"),
    ("jit::frontend", ". from_loop nans profile", "one translator, whose methods stand in files by kind of operator"),
    (
        "runtime",
        "heap stacks::continuations stacks::pool vm",
        "the record of a store holds its heap and its continuations, which in turn point to the records of its tags, \
         functions and stacks",
    ),
    (
        "runtime::store",
        ". host instance objects tiers",
        "the type of a store stands beside its methods for calls; those for hosts, instances, objects and tiers are in \
         files of their own, and calls need some of their functions",
    ),
    (
        "triage::reduce",
        ". linked wast",
        "a pair of modules, or a module of a script, is reduced by the steps that a single one is",
    ),
    (
        "triage::smith::dense",
        ". descriptors expressions objects references roles spaces stacks statements",
        "a generator by recursive descent: expressions contain statements, and statements expressions",
    ),
    (
        "triage::smith::edges",
        ". objects spaces",
        "the module that is being made has the types of objects, memories and tables, which its parts declare",
    ),
];

/// Returns the circles that no row of `table` has, and the rows that no circle is a part of, as sentences.
fn circles_and_rows(circles: &[Vec<String>], table: &[(&str, &str, &str)]) -> Vec<String> {
    let members = |(room, files, _): &(&str, &str, &str)| -> BTreeSet<String> {
        let file = |file: &str| if file == "." { room.to_string() } else { format!("{room}::{file}") };
        files.split_whitespace().map(file).collect()
    };
    let within = |circle: &[String], row| {
        let row = members(row);
        circle.iter().all(|file| row.contains(file))
    };
    let new = circles.iter().filter(|circle| !table.iter().any(|row| within(circle, row)));
    let stale = table.iter().filter(|row| !circles.iter().any(|circle| within(circle, row)));
    let new = new.map(|circle| format!("these import each other in a circle: {}", circle.join(" ")));
    new.chain(stale.map(|(room, files, _)| format!("there is no circle in {room}: {files}"))).collect()
}

/// Returns the source without its inline tests, which may import anything.
fn without_tests(source: &str) -> &str {
    source.split_once("#[cfg(test)]\nmod tests {").map_or(source, |(before, _)| before)
}

/// Whether a file of `src` is compiled for tests only.
fn is_test(file: &Path) -> bool {
    file.components().any(|c| {
        let name = c.as_os_str().to_string_lossy();
        let name = name.strip_suffix(".rs").unwrap_or(&name);
        name == "tests" || name.ends_with("_tests")
    })
}

/// Returns the circles of imports between the files of one room, each sorted: files that all lead to each other.
/// `files` are paths relative to `src`, with their sources.
fn circles(files: &[(PathBuf, String)]) -> Vec<Vec<String>> {
    let modules: BTreeSet<Vec<String>> = files.iter().map(|(file, _)| module_path(file)).collect();
    let leads_to: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = files
        .iter()
        .filter(|(file, _)| !is_test(file))
        .map(|(file, source)| {
            let path = module_path(file);
            let named = paths_named(without_tests(source), &path, &modules);
            let to = named.into_iter().filter_map(|mut to| {
                while !modules.contains(&to) {
                    to.pop()?;
                }
                (to != path && to.len() > 1 && to[0] == path[0]).then_some(to)
            });
            let to = to.collect();
            (path, to)
        })
        .collect();
    let reached = |from: &Vec<String>| {
        let mut seen = BTreeSet::new();
        let mut work = vec![from];
        while let Some(at) = work.pop() {
            work.extend(leads_to.get(at).into_iter().flatten().filter(|to| seen.insert((*to).clone())));
        }
        seen
    };
    let reach: BTreeMap<_, _> = leads_to.keys().map(|from| (from.clone(), reached(from))).collect();
    let mut circles = BTreeSet::new();
    for (from, to) in &reach {
        let circle: Vec<String> = to
            .iter()
            .filter(|to| reach.get(*to).is_some_and(|back| back.contains(from)))
            .map(|m| m.join("::"))
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

#[test]
fn imports_point_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 20, "the sources are not where this test looks for them");
    let wrong: Vec<String> = files
        .iter()
        .flat_map(|f| violations(f.strip_prefix(&root).unwrap(), &std::fs::read_to_string(f).unwrap()))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The files for one CPU: folders and prefixes of names, relative to the package.
const OF_ONE_CPU: &[&str] = &[
    "src/target/x86_64.rs",
    "src/jit/isa/x86_64/",
    "src/runtime/sys/x86_64/",
    "src/engine/adapters/x86_64",
    "src/interp/sys/x86_64.rs",
    "src/target/aarch64.rs",
    "src/jit/isa/aarch64/",
    "src/runtime/sys/aarch64/",
    "src/engine/adapters/aarch64",
    "src/interp/sys/aarch64.rs",
];

/// The lines of portable files that may name a CPU: the file, a part of the line, and the reason.
const NAMES_A_CPU: &[(&str, &str, &str)] = &[
    ("src/target/mod.rs", "pub mod x86_64;", "the list of targets"),
    ("src/target/mod.rs", "pub mod aarch64;", "the list of targets"),
    ("src/target/mod.rs", "pub static ALL: &[&Target]", "the list of targets"),
    ("src/jit/isa/mod.rs", "pub(super) mod x86_64;", "the list of instruction sets"),
    ("src/jit/isa/mod.rs", "pub(super) mod aarch64;", "the list of instruction sets"),
    ("src/jit/backend.rs", "&[&BackendOf::<isa::", "the list of back ends"),
    ("src/jit/regalloc/tests.rs", "X64 as AnyIsa;", "the tests need one, and any will do"),
    ("src/runtime/sys/mod.rs", "target_arch", "the choice of what runs code on this host"),
    ("src/runtime/sys/mod.rs", "#[path = \"x86_64/mod.rs\"]", "the choice of what runs code on this host"),
    ("src/runtime/sys/mod.rs", "#[path = \"aarch64/mod.rs\"]", "the choice of what runs code on this host"),
    ("src/engine/adapters.rs", "target_arch", "the choice of adapters for this host"),
    ("src/engine/adapters.rs", "#[path = \"adapters/x86_64.rs\"]", "the choice of adapters for this host"),
    ("src/engine/adapters.rs", "#[path = \"adapters/aarch64.rs\"]", "the choice of adapters for this host"),
    ("src/interp/sys.rs", "target_arch", "the choice of instructions for this host"),
    ("src/interp/sys.rs", "#[path = \"sys/x86_64.rs\"]", "the choice of instructions for this host"),
    ("src/interp/sys.rs", "#[path = \"sys/aarch64.rs\"]", "the choice of instructions for this host"),
    ("build.rs", "const SIBLING_CALLS: &[&str] =", "a list of CPUs that rustc makes sibling calls on"),
    ("src/conformance/judge/expectations/values.rs", "        \"x86\",", "architectures that Rust knows, for `when`"),
    (
        "src/conformance/judge/expectations/values.rs",
        "        \"x86_64\",",
        "architectures that Rust knows, for `when`",
    ),
    (
        "src/conformance/judge/expectations/values.rs",
        "        \"aarch64\",",
        "architectures that Rust knows, for `when`",
    ),
    (
        "src/conformance/judge/expectations/values.rs",
        "        \"riscv64\",",
        "architectures that Rust knows, for `when`",
    ),
    ("src/conformance/judge/expectations/tests.rs", "arch", "conditions of rules name architectures"),
];

/// Whether a word, in lower case, is the name of a CPU, of a part of its instruction set, of one of its registers or
/// instructions that have no other meaning, or of a crate that supports only that CPU.
fn is_of_a_cpu(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "x64",
        "amd64",
        "i386",
        "i686",
        "intel",
        "sysv",
        "sysv64",
        "ssse3",
        "bmi1",
        "bmi2",
        "rflags",
        "rip",
        "modrm",
        "vex",
        "rex",
        "aarch64",
        "arm64",
        "aapcs",
        "riscv64",
        "nzcv",
        "pshufb",
        "pmulhrsw",
        "pmaddubsw",
        "minps",
        "ud2",
        "int3",
        "imm16",
        "setcc",
        "cmov",
        "jcc",
        "movaps",
        "movups",
        "xor_si128",
    ];
    const BEGINNINGS: &[&str] =
        &["x86", "avx", "dynasm", "iced", "xmm", "ymm", "__m128", "_mm_", "cvtt", "blendv", "armv"];
    let numbered = |prefix: &str| {
        word.strip_prefix(prefix).is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    // rax to edi, r8 to r15d.
    let legacy = ["ax", "bx", "cx", "dx", "sp", "bp", "si", "di"];
    let named = word.len() == 3 && word.starts_with(['r', 'e']) && legacy.contains(&&word[1..]);
    let number = word.strip_prefix('r').map(|n| n.trim_end_matches(['d', 'w', 'b']));
    let upper = number.is_some_and(|n| matches!(n, "8" | "9" | "10" | "11" | "12" | "13" | "14" | "15"));
    WORDS.contains(&word)
        || BEGINNINGS.iter().any(|b| word.starts_with(b))
        || numbered("sse")
        || word.starts_with("sse4")
        || named
        || upper
}

/// Returns the lines of a portable file that name a CPU without permission, as `file:line: text`. Comments count: readers take a
/// statement about one CPU as one about all.
fn names_of_cpus(file: &str, source: &str) -> Vec<String> {
    if OF_ONE_CPU.iter().any(|place| file.starts_with(place)) {
        return Vec::new();
    }
    let allowed = |line: &str| NAMES_A_CPU.iter().any(|&(place, text, _)| place == file && line.contains(text));
    let named = |line: &str| {
        line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| {
            let parts = word.split('_').map(str::to_lowercase);
            is_of_a_cpu(&word.to_lowercase()) || parts.into_iter().any(|part| is_of_a_cpu(&part))
        })
    };
    let lines = source.lines().enumerate().filter(|(_, line)| named(line) && !allowed(line));
    lines.map(|(n, line)| format!("{file}:{}: {}", n + 1, line.trim())).collect()
}

#[test]
fn portable_files_name_no_cpu() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = vec![root.join("build.rs")];
    sources(&root.join("src"), &mut files);
    let text = |file: &Path| std::fs::read_to_string(file).unwrap();
    let wrong: Vec<String> =
        files.iter().flat_map(|f| names_of_cpus(&f.strip_prefix(root).unwrap().to_string_lossy(), &text(f))).collect();
    assert!(wrong.is_empty(), "portable files that name a CPU:\n{}", wrong.join("\n"));
    // The lists have no unnecessary rows.
    for place in OF_ONE_CPU {
        assert!(files.iter().any(|f| f.strip_prefix(root).unwrap().to_string_lossy().starts_with(place)), "{place}");
    }
    for (file, line, why) in NAMES_A_CPU {
        assert!(text(&root.join(file)).lines().any(|l| l.contains(line)), "{file} has no line {line:?} ({why})");
    }
}

/// The counter-example: names are found in code, comments and literals, but not in words that only look similar.
#[test]
fn names_of_cpus_are_seen() {
    let seen = |line: &str| names_of_cpus("src/jit/pipeline.rs", line).len();
    for line in [
        "use super::isa::x86_64::X64;",
        "#[cfg(target_arch = \"aarch64\")]",
        "// the flags of AVX2",
        "level >= CpuLevel::Sse41",
        "use dynasmrt::DynamicLabel;",
        "/// preserves all registers but r11,",
        "text.contains(\"push rbp\")",
        "e_machine: elf::EM_X86_64,",
        "let xmm3 = 1; // r15d",
        "reg(libc::REG_RIP)",
    ] {
        assert_eq!(seen(line), 1, "{line}");
    }
    for line in
        ["a noticed thing", "move |x| x", "r#\"text\"#", "let r2 = 0;", "O::I32Popcnt", "Dx { dst, pad }", "assess"]
    {
        assert_eq!(seen(line), 0, "{line}");
    }
    assert_eq!(names_of_cpus("src/jit/isa/x86_64/mod.rs", "RAX").len(), 0);
    assert_eq!(names_of_cpus("src/target/mod.rs", "pub mod x86_64; // r11").len(), 0, "a line that is listed");
    assert_eq!(names_of_cpus("src/target/mod.rs", "x86_64::AVX").len(), 1);
}

/// The names of the public functions in the code.
fn public_functions(code: &str) -> BTreeSet<String> {
    let tokens = tokens(code);
    let named = |at: usize| {
        let mut rest = tokens[at + 1..].iter().skip_while(|word| ["const", "unsafe"].contains(&word.as_str()));
        // In a macro, the name is `$name`.
        (tokens[at] == "pub" && rest.next()? == "fn").then(|| rest.next().filter(|name| *name != "$").cloned())?
    };
    (0..tokens.len()).filter_map(named).collect()
}

/// Every public function is named in some test. Only names are compared, and the same name may belong to another function: this
/// finds functions that no test mentions. Whether tests check what a function does is measured by `ci/mutate`.
#[test]
fn each_function_of_the_interface_is_in_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of = |folder: &str| {
        let found = glob::glob(&root.join(folder).join("**/*.rs").display().to_string()).unwrap();
        found.map(|file| file.unwrap()).collect::<Vec<_>>()
    };
    let read = |file: &PathBuf| std::fs::read_to_string(file).unwrap();
    let called: BTreeSet<String> = of("tests").iter().flat_map(|file| tokens(&read(file))).collect();
    let all: Vec<String> = of("src/api").iter().flat_map(|file| public_functions(without_tests(&read(file)))).collect();
    assert!(all.len() > 150, "{}", all.len());
    let missing: Vec<_> = all.iter().filter(|name| !called.contains(*name)).collect();
    assert!(missing.is_empty(), "no test names {missing:?}");
}

#[test]
fn public_functions_are_seen() {
    let code = "pub fn a() {} fn b() {} impl C { pub const unsafe fn d(&self) {} pub(crate) fn e() {} pub fn $f() {} }";
    assert_eq!(public_functions(code), ["a", "d"].map(String::from).into());
}

#[test]
fn every_room_has_its_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let exempt = ["lib", "main"].contains(&name.as_str());
        assert!(exempt || floor(&name).is_some(), "{} has no floor in tests/layering.rs", path.display());
    }
}

/// The counter-example: each way to name a forbidden room is detected.
#[test]
fn arrows_that_point_up_are_seen() {
    let wrong = |file: &str, source: &str| violations(Path::new(file), source).len();
    assert_eq!(wrong("interp/mod.rs", "use crate::jit::ir::Op;"), 1);
    assert_eq!(wrong("jit/opt/gvn.rs", "use crate::interp;"), 1);
    assert_eq!(wrong("jit/opt/gvn.rs", "fn f() { let x = crate::interp::numbers::add(1); }"), 1);
    assert_eq!(wrong("jit/opt/gvn.rs", "use super::super::super::interp::numbers;"), 1);
    assert_eq!(wrong("jit/mod.rs", "use super::interp::numbers;"), 1);
    assert_eq!(wrong("jit/mod.rs", "mod tests { use super::super::interp::numbers; }"), 1);
    assert_eq!(wrong("runtime/store/mod.rs", "use crate::{module::Module, engine::{Config, Engine}};"), 1);
    assert_eq!(wrong("runtime/store/mod.rs", "pub use crate :: engine;"), 1);
    assert_eq!(
        wrong("module/mod.rs", "type X = ::wasmoon::runtime::store::Store;"),
        0,
        "a leading :: is another crate's"
    );
    assert_eq!(wrong("module/mod.rs", "type X = wasmoon::runtime::store::Store;"), 1);
    assert_eq!(wrong("engine/mod.rs", "macro_rules! m { () => { $crate::conformance::run() } }"), 1);
    assert_eq!(wrong("oracle/mod.rs", "use crate::conformance::record::Record;"), 1, "rooms of one floor");
    assert_eq!(wrong("conformance/worker.rs", "let x = unsafe { libc::getpid() };"), 1);
}

#[test]
fn arrows_that_point_down_are_not() {
    let right = |file: &str, source: &str| assert_eq!(violations(Path::new(file), source), Vec::<String>::new());
    right("interp/mod.rs", "use crate::runtime::vm::VMStore; use crate::module::Module; use super::runtime;");
    right(
        "jit/opt/gvn.rs",
        "use super::super::ir; use crate::jit::ir::Op; // not crate::interp::x\n/* crate::engine */",
    );
    right("jit/opt/gvn.rs", "let text = \"crate::interp::x\"; let raw = r#\"crate::interp\"#; let c = '\"';");
    right("cli/test.rs", "use crate::conformance::{plan::{self, Plan}, record::XDIFF}; use crate::engine::Mode;");
    right("conformance/run.rs", "use super::state::State; use my::interp::X; use crate::engine;");
    right("runtime/sys/linux.rs", "use libc::mmap;");
    right("lib.rs", "pub mod cli; use crate::interp;");
}

#[test]
fn circles_inside_rooms_are_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let read = |f: &PathBuf| (f.strip_prefix(&root).unwrap().to_path_buf(), std::fs::read_to_string(f).unwrap());
    let files: Vec<(PathBuf, String)> = files.iter().map(read).collect();
    let wrong = circles_and_rows(&circles(&files), CIRCLES);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(CIRCLES.iter().all(|(_, _, reason)| !reason.is_empty()));
}

/// The counter-example: each way to close a circle is detected.
#[test]
fn circles_are_seen() {
    let of = |sources: &[(&str, &str)]| {
        let files: Vec<_> = sources.iter().map(|(file, source)| (PathBuf::from(file), source.to_string())).collect();
        circles(&files)
    };
    let circle = |a: &str, b: &str| vec![vec![a.to_string(), b.to_string()]];
    assert_eq!(
        of(&[("r/a.rs", "use super::b::B;"), ("r/b.rs", "use crate::r::{c::C, a::A};")]),
        circle("r::a", "r::b")
    );
    assert_eq!(of(&[("r/a.rs", "fn f() { super::b::g() }"), ("r/b.rs", "use super::a;")]), circle("r::a", "r::b"));
    assert_eq!(of(&[("r/s/mod.rs", "mod a; use a::A;"), ("r/s/a.rs", "use super::B;")]), circle("r::s", "r::s::a"));
    assert_eq!(
        of(&[("r/a.rs", "use super::b::B;"), ("r/b.rs", "use super::c::C;"), ("r/c.rs", "use super::a::A;")])[0].len(),
        3
    );
    // Not circles: a single direction, another room, the tests of a file, and names that a room re-exports.
    assert_eq!(of(&[("r/a.rs", "use super::b::B;"), ("r/b.rs", "")]), Vec::<Vec<String>>::new());
    assert_eq!(of(&[("r/a.rs", "use crate::s::b::B;"), ("s/b.rs", "use crate::r::a::A;")]), Vec::<Vec<String>>::new());
    let tested = "#[cfg(test)]\nmod tests { use crate::r::a::A; }";
    assert_eq!(of(&[("r/a.rs", "use super::b::B;"), ("r/b.rs", tested)]), Vec::<Vec<String>>::new());
    assert_eq!(of(&[("r/s/mod.rs", "mod a; pub use a::A;"), ("r/s/a.rs", "use super::B;")]), Vec::<Vec<String>>::new());
}

/// The counter-example: a circle must be in the table, and a row must correspond to a circle.
#[test]
fn the_table_of_circles_is_held_against_the_sources() {
    let found = |files: &[&str]| vec![files.iter().map(|f| f.to_string()).collect::<Vec<_>>()];
    let row = [("r::s", ". a b", "a reason")];
    assert_eq!(circles_and_rows(&found(&["r::s", "r::s::a"]), &row), Vec::<String>::new(), "a part of a row");
    assert_eq!(circles_and_rows(&found(&["r::s::a", "r::s::c"]), &row).len(), 2, "a new one, and a stale row");
    assert_eq!(circles_and_rows(&[], &row).len(), 1);
}
