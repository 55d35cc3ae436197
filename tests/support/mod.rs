//! Tests that may be ignored. If the machine lacks something that a test needs, the test is `ignored`, with the reason,
//! and counted as such; with `WASMOON_REQUIRE=all` in the environment, or a list of tools such as `node,z3`, it fails
//! instead.
//!
//! A binary with such tests has `harness = false` in Cargo.toml, and a `main` that calls [`run`] with its functions:
//! `support::run(tests![one, two])`. A test first checks for the tools that it needs, with [`tool`] and `?`.

#![allow(dead_code, reason = "each test binary includes this module, and uses a part of it")]

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// The reason why a test is ignored.
#[derive(Debug)]
pub enum Missing {
    /// A tool that the test needs and the machine lacks. Created by [`tool`] and [`lacking`].
    Tool {
        /// Its name in `ci/tools`.
        tool: String,
        /// How to get it.
        how: String,
    },
    /// A feature that an installed engine lacks: no machine can provide it, so it cannot be required.
    Ability {
        /// The engine.
        engine: String,
        /// The missing feature.
        what: String,
    },
}

/// The result of a test function that does not panic.
pub trait Ended {
    fn ended(self) -> Result<(), Missing>;
}

impl Ended for () {
    fn ended(self) -> Result<(), Missing> {
        Ok(())
    }
}

impl Ended for Result<(), Missing> {
    fn ended(self) -> Result<(), Missing> {
        self
    }
}

/// Overrides [`folder`], for tests of this module.
pub const FOLDER: &str = "WASMOON_TEST_IGNORED";

/// A line of `ci/tools`.
struct Tool {
    name: String,
    look: String,
    get: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn tools() -> Vec<Tool> {
    let text = include_str!("../../ci/tools");
    let row = |line: &str| {
        let fields: Vec<String> = line.replace("\\|", "\0").split(" | ").map(|f| f.replace('\0', "|")).collect();
        let [name, look, get, _] = fields.try_into().unwrap_or_else(|f| panic!("ci/tools: not four fields: {f:?}"));
        Tool { name, look, get }
    };
    text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()).map(row).collect()
}

fn row(name: &str) -> Tool {
    tools().into_iter().find(|t| t.name == name).unwrap_or_else(|| panic!("ci/tools has no '{name}'"))
}

impl Tool {
    fn is_here(&self) -> bool {
        let look = Command::new("bash").args(["-c", &self.look]).current_dir(root()).stdin(Stdio::null()).output();
        look.is_ok_and(|o| o.status.success() && !o.stdout.is_empty())
    }

    fn missing(self) -> Missing {
        let how = match self.get.split_once(':').expect("ci/tools: KIND:HOW") {
            ("apt", packages) => format!("apt-get install {packages}"),
            ("pip", package) => format!("python3 -m pip install {package}"),
            (_, what) => what.to_string(),
        };
        Missing::Tool { tool: self.name, how }
    }
}

/// Checks for the tools that another engine needs.
///
/// # Errors
/// If one is missing, so that the test is ignored.
pub fn engine(name: &str) -> Result<(), Missing> {
    match name {
        "wasmtime-winch" | "wasmtime-pulley" => tool("wasmtime"),
        "v8" => tool("node"),
        "v8-liftoff" | "v8-turbofan" => tool("deno"),
        "jsc" | "jsc-interp" => tool("bun"),
        "jsc-debian" => tool("jsc"),
        "spidermonkey" => tool("pythonmonkey"),
        "wasmi" | "tinywasm" | "stitch" | "dlr" | "wasmer-singlepass" => tool("drivers"),
        name => tool(name),
    }
}

/// Checks that the tool with this name in `ci/tools` is installed.
///
/// # Errors
/// If the tool is missing, so that the test is ignored.
///
/// # Panics
/// If `ci/tools` has no such name.
pub fn tool(name: &str) -> Result<(), Missing> {
    let tool = row(name);
    if tool.is_here() { Ok(()) } else { Err(tool.missing()) }
}

/// As [`tool`], for a condition that only the test can check.
///
/// # Errors
/// As [`tool`].
pub fn lacking(name: &str, here: bool) -> Result<(), Missing> {
    if here { Ok(()) } else { Err(row(name).missing()) }
}

/// Returns a trial that runs a function.
pub fn trial<E: Ended>(name: impl Into<String>, test: impl FnOnce() -> E + Send + 'static) -> Trial {
    let name = name.into();
    let place = place(&name);
    Trial::ignorable_test(name, move || {
        let _ = std::fs::remove_file(&place);
        let why = match test().ended() {
            Ok(()) => return Ok(Completion::Completed),
            Err(Missing::Ability { engine, what }) => format!("{engine} lacks {what}"),
            Err(Missing::Tool { tool, how }) => {
                let why = format!("{tool} is missing: {how}");
                if required().iter().any(|r| *r == tool || r == "all") {
                    return Err(Failed::from(format!("WASMOON_REQUIRE asks for what this test needs: {why}")));
                }
                why
            }
        };
        if let Some(folder) = place.parent() {
            // Read by tests/zz_ignored.rs. A failure to write hides nothing, since this binary counts, too.
            let _ = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&place, &why));
        }
        Ok(Completion::ignored_with(why))
    })
}

/// Makes trials for functions, named after them.
#[macro_export]
macro_rules! tests {
    ($($test:path),* $(,)?) => { vec![$($crate::support::trial(stringify!($test), $test)),*] };
}

/// The folder with one file per ignored test, containing the reason. [`FOLDER`] names another folder.
pub fn folder() -> PathBuf {
    std::env::var_os(FOLDER).map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("ignored"), PathBuf::from)
}

/// Returns the name of this binary, without the hash that cargo adds.
fn binary() -> String {
    let path = std::env::current_exe().expect("the binary's own path");
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    name.rsplit_once('-').map_or(name.clone(), |(name, _)| name.to_string())
}

fn place(test: &str) -> PathBuf {
    folder().join(format!("{} {}", binary(), test.replace('/', "_")))
}

/// Returns the list in `WASMOON_REQUIRE`.
fn required() -> Vec<String> {
    let list = std::env::var("WASMOON_REQUIRE").unwrap_or_default();
    list.split(',').map(str::trim).filter(|r| !r.is_empty()).map(str::to_string).collect()
}

/// Runs a test binary with libtest's arguments and output.
pub fn run(tests: Vec<Trial>) -> ExitCode {
    let args = Arguments::from_args();
    let tools = tools();
    if let Some(unknown) = required().iter().find(|r| *r != "all" && tools.iter().all(|t| t.name != **r)) {
        eprintln!("error: WASMOON_REQUIRE: ci/tools has no '{unknown}'");
        return ExitCode::from(2);
    }
    // Remove records of an earlier run of this binary, of tests that do not run now or no longer exist.
    if !args.list && !args.exact {
        let ours = format!("{} ", binary());
        for entry in std::fs::read_dir(folder()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&ours) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
    libtest_mimic::run(&args, tests).exit_code()
}
