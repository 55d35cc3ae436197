//! The means that may catch a change, and the trials that each is made of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A way in which a change may be caught automatically.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    /// The official testsuite, on all columns of the matrix.
    Suite,
    /// The scripts of `wast-extra/`, on the same columns.
    Extra,
    /// The scripts again, under the verifier, the checker of register allocations and the checks of the store; and the harness's
    /// check of itself.
    Checks,
    /// The scripts in other modes.
    Modes,
    /// Random modules.
    Smith,
    /// The project's own tests.
    Tests,
}

impl Means {
    /// All means, in the order in which they are tried.
    pub const ALL: [Means; 6] = [Means::Suite, Means::Extra, Means::Checks, Means::Modes, Means::Smith, Means::Tests];

    /// The name on the command line and in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Means::Suite => "suite",
            Means::Extra => "wast-extra",
            Means::Checks => "checks",
            Means::Modes => "modes",
            Means::Smith => "smith",
            Means::Tests => "tests",
        }
    }

    /// The means of this name.
    ///
    /// # Errors
    /// There is no such means.
    pub fn of(name: &str) -> Result<Means, String> {
        let names: Vec<&str> = Means::ALL.iter().map(|means| means.name()).collect();
        let found = Means::ALL.into_iter().find(|means| means.name() == name);
        found.ok_or_else(|| format!("unknown means '{name}'; expected one of {}", names.join(", ")))
    }
}

/// A way to run scripts: the options of `wasmoon test`.
pub struct Setup {
    /// Its name.
    pub name: &'static str,
    /// The means that it belongs to; the matrix itself belongs to two, depending on the script.
    pub means: Option<Means>,
    /// The options.
    pub options: &'static [&'static str],
}

/// All ways to run scripts. The matrix is the first.
pub const SETUPS: &[Setup] = &[
    Setup { name: "matrix", means: None, options: &[] },
    Setup { name: "checks", means: Some(Means::Checks), options: &["--verify", "--paranoid"] },
    Setup { name: "tier:entry:1", means: Some(Means::Modes), options: &["--mode", "tier:entry:1"] },
    Setup { name: "tier:loop:1", means: Some(Means::Modes), options: &["--mode", "tier:loop:1"] },
    Setup { name: "mix:1", means: Some(Means::Modes), options: &["--mode", "mix:1"] },
    Setup { name: "mix3:1", means: Some(Means::Modes), options: &["--mode", "mix3:1"] },
    Setup { name: "canonical NaNs", means: Some(Means::Modes), options: &["--nan", "canonical"] },
    Setup { name: "few registers", means: Some(Means::Modes), options: &["--regs", "4", "--poison", "--verify"] },
    Setup { name: "gc-stress", means: Some(Means::Modes), options: &["--gc-stress", "--paranoid"] },
    Setup { name: "sse41", means: Some(Means::Modes), options: &["--cpu", "sse41", "--dispatch", "loop"] },
];

/// One thing to run: it either passes or fails.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The means that it belongs to.
    pub means: Means,
    /// The number of its setup. One process can run trials of several scripts with the same setup.
    pub setup: Option<usize>,
    /// Its name.
    pub name: String,
    /// The part of the sources that it tests, if there is one: a module's folder, or the whole room.
    pub own: Option<String>,
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// The folder that it runs in.
    pub folder: PathBuf,
}

/// The trials of random modules: those that the tests run, and a number of others, by processes that reduce nothing.
fn smith(program: &Path, folder: &Path, out: &Path, modules: u64) -> Vec<Trial> {
    const AT_ONCE: u64 = 100;
    let trial = |name: String, of: &[String]| Trial {
        means: Means::Smith,
        setup: None,
        own: None,
        program: program.to_path_buf(),
        args: ["smith", "--jobs", "1", "--reduce", "0", "--out"]
            .map(String::from)
            .into_iter()
            .chain([out.join(name.replace(' ', "-")).display().to_string()])
            .chain(of.iter().cloned())
            .collect(),
        name,
        folder: folder.to_path_buf(),
    };
    let listed = ["--seeds", "tests/smith/seeds.txt"].map(String::from);
    let some = (0..modules).step_by(AT_ONCE as usize).map(|first| {
        let count = AT_ONCE.min(modules - first);
        let which = [("--seed", first), ("--count", count)].map(|(option, n)| [option.to_string(), n.to_string()]);
        // Also with what is generated on request alone.
        let features = ["--features", "threads,relaxed-simd,legacy-exceptions"].map(String::from);
        trial(format!("modules {first} to {}", first + count - 1), &[which.concat(), features.to_vec()].concat())
    });
    std::iter::once(trial("listed modules".into(), &listed)).chain(some).collect()
}

/// Integration tests that are about the sources, the pages or other programs, or run the suite like other means.
const ELSEWHERE: &[&str] = &[
    "ci",
    "documents",
    "judges",
    "layering",
    "museum",
    "profile",
    "proofs",
    "spec",
    "wast_extra",
    "workloads",
    "zz_ignored",
];

/// Tests of the library that compare everything that a room makes from some modules with stored texts. Each is a trial of its
/// own: no change of that output escapes them.
const KEPT: &[(&str, &str)] = &[
    ("interp", "interp::tests::kept::the_suite_is_translated_to_the_same_bytecode"),
    ("interp", "interp::tests::kept::wast_extra_is_translated_to_the_same_bytecode"),
    ("jit", "jit::pipeline::tests::same_code_on_every_host_of_the_suite"),
    ("jit", "jit::pipeline::tests::same_code_on_every_host_of_wast_extra"),
    ("interp", "triage::smith::kept::random_modules_make_the_same_bytecode"),
    ("jit", "triage::smith::kept::random_modules_make_the_same_code"),
];

/// Removes those of a module's tests that fail without a change, and returns them.
fn take_failing(program: &Path, folder: &Path, names: &mut Vec<String>) -> Result<Vec<String>, String> {
    let mut command = Command::new(program);
    let done = command.args(["--test-threads", "1", "--exact"]).args(&*names).current_dir(folder).output();
    let done = done.map_err(|e| format!("{}: {e}", program.display()))?;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let fails = |name: &String| text.lines().any(|line| *line == format!("test {name} ... FAILED"));
    Ok(names.extract_if(.., |name| fails(name)).collect())
}

/// The trials of the project's tests: each integration test, and those of the library by module. If some `may_fail` without a
/// change, those that do are left out of the modules, and returned by name.
///
/// # Errors
/// A program does not list its tests.
pub fn tests(
    programs: &[(String, PathBuf)],
    folder: &Path,
    may_fail: bool,
) -> Result<(Vec<Trial>, Vec<String>), String> {
    let (mut trials, mut failing) = (Vec::new(), Vec::new());
    for (of, program) in programs.iter().filter(|(of, _)| !ELSEWHERE.contains(&of.as_str())) {
        let mut command = Command::new(program);
        let done = command.args(["--list", "--format", "terse"]).current_dir(folder).output();
        let done = done.map_err(|e| format!("{}: {e}", program.display()))?;
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let names: Vec<&str> = text.lines().filter_map(|line| line.strip_suffix(": test")).collect();
        let trial = |name: String, own: Option<String>, how: &[String]| Trial {
            means: Means::Tests,
            setup: None,
            own,
            name: format!("{of}::{name}"),
            program: program.clone(),
            args: ["--test-threads", "1"].iter().map(|arg| arg.to_string()).chain(how.iter().cloned()).collect(),
            folder: folder.to_path_buf(),
        };
        if of == "lib" {
            // One trial for each file or folder of tests: thousands of processes would take longer than the tests.
            let mut modules: BTreeMap<String, Vec<String>> = BTreeMap::new();
            if let Some((_, test)) = KEPT.iter().find(|(_, test)| !names.contains(test)) {
                return Err(format!("the library has no test '{test}'"));
            }
            for name in names {
                if let Some((room, _)) = KEPT.iter().find(|(_, test)| name == *test) {
                    let how = ["--exact".to_string(), name.to_string()];
                    trials.push(trial(name.to_string(), Some(room.to_string()), &how));
                    continue;
                }
                let module = name.split("::").take(2).collect::<Vec<_>>().join("::");
                modules.entry(module).or_default().push(name.to_string());
            }
            for (module, mut names) in modules {
                if may_fail {
                    failing.extend(take_failing(program, folder, &mut names)?);
                }
                // Without a name, all tests would run.
                if !names.is_empty() {
                    names.insert(0, "--exact".to_string());
                    // A room may have tests outside its folders.
                    let own = module.strip_suffix("::tests").unwrap_or(&module).to_string();
                    trials.push(trial(module, Some(own), &names));
                }
            }
        } else {
            trials.extend(
                names.into_iter().map(|name| trial(name.to_string(), None, &["--exact".to_string(), name.to_string()])),
            );
        }
    }
    Ok((trials, failing))
}

/// The argument of `wasmoon test` that selects only this script: in a trial's name, the column follows the whole name.
fn filter(script: &str) -> String {
    format!("^{script}::")
}

/// The trials of the chosen means except the tests. `scripts` are the names by which `wasmoon test` selects them.
pub fn trials(
    program: &Path,
    folder: &Path,
    out: &Path,
    scripts: &[String],
    means: &[Means],
    modules: u64,
) -> Vec<Trial> {
    let mut trials = Vec::new();
    for (setup, Setup { means: of, options, .. }) in SETUPS.iter().enumerate() {
        for script in scripts {
            let of = of.unwrap_or(if script.starts_with("extra::") { Means::Extra } else { Means::Suite });
            if means.contains(&of) {
                let own = [filter(script)];
                let head = ["test", "--jobs", "1"].iter().chain(*options).map(|arg| arg.to_string());
                trials.push(Trial {
                    means: of,
                    setup: Some(setup),
                    name: script.clone(),
                    own: None,
                    program: program.to_path_buf(),
                    args: head.chain(own).collect(),
                    folder: folder.to_path_buf(),
                });
            }
        }
    }
    if means.contains(&Means::Checks) {
        // A trial for each suite, so that changes outside the harness are shown only to the quickest.
        let mut suites: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for script in scripts {
            let suite = script.rsplit_once("::").map_or(script.as_str(), |(suite, _)| suite);
            suites.entry(suite).or_default().push(filter(script));
        }
        trials.extend(suites.into_iter().map(|(suite, own)| Trial {
            means: Means::Checks,
            setup: None,
            name: format!("self-check {suite}"),
            own: Some("conformance".into()),
            program: program.to_path_buf(),
            args: ["test", "--jobs", "1", "--self-check"].map(String::from).into_iter().chain(own).collect(),
            folder: folder.to_path_buf(),
        }));
    }
    if means.contains(&Means::Smith) {
        trials.extend(smith(program, folder, out, modules));
    }
    trials
}
