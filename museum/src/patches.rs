//! The bugs, read from the heads of their patches.

use std::sync::LazyLock;
use wasmoon::jit::opt::PASSES;

include!(concat!(env!("OUT_DIR"), "/patches.rs"));

/// The CPU that this program runs on.
pub const CPU: &str = std::env::consts::ARCH;

/// Environment variable that names the bug to plant; inherited by worker processes.
pub const VARIABLE: &str = "WASMOON_PLANT";

/// A way in which a bug is found without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Means {
    /// The official testsuite.
    Suite,
    /// The scripts of `wast-extra/`.
    Extra,
    /// The SSA verifier, after each pass.
    Verifier,
    /// The checker of register allocations, and the one of what emitted instructions read and write.
    Checker,
    /// Random modules.
    Smith,
}

impl Means {
    pub const ALL: [Means; 5] = [Means::Suite, Means::Extra, Means::Verifier, Means::Checker, Means::Smith];

    /// As the command line, the patches and the table in the documentation write it.
    pub fn name(self) -> &'static str {
        match self {
            Means::Suite => "suite",
            Means::Extra => "wast-extra",
            Means::Verifier => "verifier",
            Means::Checker => "checker",
            Means::Smith => "smith",
        }
    }

    /// The means of this name.
    pub fn of(name: &str) -> Option<Means> {
        Means::ALL.into_iter().find(|means| means.name() == name)
    }
}

/// A bug of the museum, as the head of its patch describes it.
#[derive(Debug)]
pub struct Bug {
    pub name: &'static str,
    /// What went wrong, and where.
    pub story: &'static str,
    /// The stage at fault: one of [`STAGES`], of which bisection names all but `emission`, or a pass; or, outside of the compiler,
    /// one of [`SHARED`].
    pub stage: &'static str,
    /// The CPU whose code it is a bug of; `None`: that of any.
    pub target: Option<&'static str>,
    /// Whether it is in the change from interpreted to compiled code: the means have to run functions that are replaced.
    pub tiers: bool,
    /// Where it happened: addresses of issues, fixes and advisories.
    pub sources: Vec<&'static str>,
    /// The exact effect of the patch.
    pub plants: &'static str,
    /// The means that must find it. Others may.
    pub finders: Vec<Means>,
    /// The features of the language of which it is the example.
    pub features: Vec<&'static str>,
}

/// Stages of the compiler besides the passes.
pub const STAGES: [&str; 5] = ["frontend", "construct", "lowering", "regalloc", "emission"];

/// Kinds of replacement that bisection names, of a function that goes on in compiled code while it runs. No bug in one
/// changes what is compiled before a program runs.
pub const REPLACEMENTS: [&str; 2] = ["replacement-at-entry", "replacement-at-loop"];

/// Stages that no code is made by, so that no bug in one changes any; `interp` is the other backend, and the rest is what both
/// backends have in common.
pub const SHARED: [&str; 5] = ["interp", "runtime", "collector", "decoder", "harness"];

/// All bugs, in the order of the pipeline and then by their names.
pub static BUGS: LazyLock<Vec<Bug>> = LazyLock::new(|| {
    let read = |(name, text): &(&'static str, &'static str)| match Bug::read(name, text) {
        Ok(bug) => bug,
        Err(why) => panic!("museum/patches/{name}.patch: {why}"),
    };
    let mut bugs: Vec<Bug> = PATCHES.iter().map(read).collect();
    bugs.sort_by_key(|bug| (rank(bug.stage), bug.name));
    bugs
});

/// Where a stage is in the pipeline: the passes, in the order of their table, are between the second and the third of [`STAGES`].
fn rank(stage: &str) -> (usize, usize) {
    let pass = PASSES.iter().position(|pass| pass.name == stage);
    let place = STAGES.iter().chain(&REPLACEMENTS).chain(&SHARED).position(|name| *name == stage);
    (place.unwrap_or(1), pass.map_or(0, |pass| pass + 1))
}

impl Bug {
    /// Reads the head of a patch: a story, then fields, a line each, then a line `---`. `ci/patches.py` reads it too, and
    /// refuses fields that do not exist or stand there twice.
    ///
    /// # Errors
    /// A field is missing, or has a value that does not exist.
    fn read(name: &'static str, text: &'static str) -> Result<Bug, HeadError> {
        let (head, _) = text.split_once("\n---\n").ok_or(HeadError::Unterminated)?;
        let value = |key: &str| head.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
        let needed = |key: &'static str| value(key).ok_or(HeadError::MissingField(key));
        let means = |name: &str| Means::of(name).ok_or_else(|| HeadError::UnknownMeans(name.to_string()));
        let (story, _) = head.split_once("\n\nStage: ").ok_or(HeadError::MissingStory)?;
        Ok(Bug {
            name,
            story,
            stage: needed("Stage")?,
            target: value("Target"),
            tiers: match value("Mode") {
                None => false,
                Some("tier") => true,
                Some(other) => return Err(HeadError::UnknownMode(other.to_string())),
            },
            sources: needed("Source")?.split_whitespace().collect(),
            plants: needed("Plants")?,
            finders: needed("Found-by")?.split_whitespace().map(means).collect::<Result<_, _>>()?,
            features: value("Feature").map(|list| list.split(", ").collect()).unwrap_or_default(),
        })
    }

    /// Whether it can show on the CPU that this program runs on.
    pub fn is_here(&self) -> bool {
        self.target.is_none_or(|target| target == CPU)
    }

    /// Whether the bug is in the compiler: its code changes, and bisection can name the stage.
    pub fn is_compiled(&self) -> bool {
        !SHARED.contains(&self.stage) && !self.is_replacement()
    }

    /// Whether the bug is in the replacement of a function that runs, which bisection can name.
    pub fn is_replacement(&self) -> bool {
        REPLACEMENTS.contains(&self.stage)
    }

    /// Whether this is the stage at fault. Executions cannot distinguish instruction selection from emission: both are
    /// `lowering` to bisection.
    pub fn is_stage(&self, named: &str) -> bool {
        named == self.stage || named == "lowering" && self.stage == "emission"
    }
}

/// The bug of this name.
///
/// # Errors
/// It does not exist.
pub fn find(name: &str) -> Result<&'static Bug, UnknownBug> {
    BUGS.iter().find(|bug| bug.name == name).ok_or_else(|| UnknownBug(name.to_string()))
}

/// A name that no bug of the museum has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the museum has no bug '{0}'; it has: {names}",
    names = BUGS.iter().map(|bug| bug.name).collect::<Vec<_>>().join(", ")
)]
pub struct UnknownBug(pub String);

/// The reason why the head of a patch cannot be read.
#[derive(Debug, thiserror::Error)]
enum HeadError {
    #[error("no line '---'")]
    Unterminated,
    #[error("no story, or the fields do not begin with 'Stage'")]
    MissingStory,
    #[error("no field '{0}'")]
    MissingField(&'static str),
    #[error("no means '{0}'")]
    UnknownMeans(String),
    #[error("no mode '{0}': the only one is 'tier'")]
    UnknownMode(String),
}

/// A reference as people write it: `owner/name#1` for an issue on GitHub, else the last part of the address.
pub fn short(address: &str) -> String {
    let parts: Vec<&str> = address.split('/').collect();
    match parts[..] {
        ["https:", "", "github.com", owner, name, "issues" | "pull", number] => format!("{owner}/{name}#{number}"),
        _ => parts.last().unwrap_or(&address).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};
    use wasmoon::conformance::read::suite::Suite;

    /// Features of the language that are not groups of the suite.
    const BESIDES: [&str; 8] = [
        "legacy",
        "rethrow",
        "table64",
        "branch-hinting",
        "wait and notify",
        "stack-switching",
        "payloads of exceptions",
        "imports",
    ];

    #[test]
    fn heads_are_whole() {
        let mut names = BTreeSet::new();
        for bug in BUGS.iter() {
            let name = bug.name;
            assert!(names.insert(name), "{name}: two of that name");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
            assert!(bug.story.ends_with('.') && bug.plants.ends_with('.'), "{name}: a sentence without an end");
            assert!(
                !bug.sources.is_empty() && bug.sources.iter().all(|s| s.starts_with("https://")),
                "{name}: no source"
            );
            assert!(!bug.finders.is_empty(), "{name}: no means has to find it");
            let pass = PASSES.iter().any(|pass| pass.name == bug.stage);
            assert!(
                pass || [&STAGES[..], &REPLACEMENTS, &SHARED].iter().any(|stages| stages.contains(&bug.stage)),
                "{name}: no stage {}",
                bug.stage
            );
            assert!(bug.is_stage(bug.stage));
            assert!(bug.tiers || !bug.is_replacement(), "{name}: nothing is replaced unless it says 'Mode: tier'");
            assert_eq!(find(name).map(|found| found.name), Ok(name));
        }
    }

    /// A bug in what belongs to one CPU is for that CPU alone; in what belongs to all of them, or to each, for all, unless
    /// its story says on which CPU it cannot show.
    #[test]
    fn a_patch_for_one_cpu_says_so() {
        for (name, text) in PATCHES {
            let changes = |cpu: &str| {
                let files = text.lines().filter_map(|line| line.strip_prefix("+++ b/"));
                files.flat_map(|file| file.split(['/', '.'])).any(|part| part == cpu)
            };
            let cpus: Vec<&str> = wasmoon::target::ALL.iter().map(|t| t.name).filter(|cpu| changes(cpu)).collect();
            let target = find(name).expect("it is listed").target;
            match cpus[..] {
                [cpu] => assert_eq!(target, Some(cpu), "{name}"),
                _ => {
                    let story = text.split("\n\n").next().unwrap_or_default().to_lowercase();
                    let told = |other: &str| Some(other) == target || story.contains(other);
                    let others = wasmoon::target::ALL.iter().all(|other| told(other.name));
                    assert!(
                        target.is_none() || others,
                        "{name}: the story does not name the CPU that it cannot show on"
                    );
                }
            }
        }
        for cpu in wasmoon::target::ALL {
            assert!(BUGS.iter().any(|bug| bug.target == Some(cpu.name)), "no bug of {}", cpu.name);
        }
    }

    /// Each stage of the compiler, and each part that both backends share, has a bug.
    #[test]
    fn each_stage_has_a_bug() {
        for stage in STAGES.iter().chain(&REPLACEMENTS).chain(&SHARED) {
            assert!(BUGS.iter().any(|bug| bug.stage == *stage), "no bug in {stage}");
        }
    }

    #[test]
    fn each_feature_of_the_language_has_a_bug() {
        let mut examples = BTreeMap::new();
        for bug in BUGS.iter() {
            for feature in &bug.features {
                assert_eq!(examples.insert(*feature, bug.name), None, "{feature}: a second bug, {}", bug.name);
            }
        }
        // The others are whole versions, our own scripts, or about what no code is made of.
        let no_code = |name: &str| {
            let others = ["annotations", "custom", "compact-import-section"];
            name.starts_with("core") || name.starts_with("extra/") || others.contains(&name)
        };
        let groups: Vec<String> = Suite::embedded().expect("the suite").groups.into_iter().map(|g| g.name).collect();
        for group in groups.iter().filter(|name| !no_code(name)) {
            assert!(examples.contains_key(group.as_str()), "{group} has no bug");
        }
        for feature in BESIDES {
            assert!(examples.contains_key(feature), "{feature} has no bug");
        }
        for feature in examples.keys() {
            assert!(BESIDES.contains(feature) || groups.iter().any(|g| g == feature), "no feature {feature}");
        }
    }

    #[test]
    fn a_head_with_something_missing_is_refused() {
        let whole = "A story.\n\nStage: gvn\nSource: https://a.b/c\nPlants: What.\nFound-by: suite smith\n---\n";
        let bug = Bug::read("x", whole).unwrap();
        assert_eq!((bug.story, bug.stage, bug.plants), ("A story.", "gvn", "What."));
        assert_eq!(bug.finders, [Means::Suite, Means::Smith]);
        assert!(bug.features.is_empty() && bug.is_compiled() && bug.is_here());
        let tiers = "S.\n\nStage: a\nMode: tier\nSource: b\nPlants: c\nFound-by: suite\n---\n";
        assert!(Bug::read("x", tiers).unwrap().tiers && !bug.tiers);
        let elsewhere = "S.\n\nStage: a\nTarget: another\nSource: b\nPlants: c\nFound-by: suite\n---\n";
        assert!(!Bug::read("x", elsewhere).unwrap().is_here());
        let refused = |text: &'static str| Bug::read("x", text).map(|bug| bug.name).unwrap_err().to_string();
        assert!(refused("A story.\n\nStage: gvn\n---\n").contains("'Source'"));
        assert!(refused("S.\n\nStage: a\nMode: b\nSource: b\nPlants: c\nFound-by: suite\n---\n").contains("'b'"));
        assert!(refused("A story.\n").contains("'---'"));
        assert!(refused("Stage: gvn\n---\n").contains("story"));
        assert!(refused("S.\n\nStage: a\nSource: b\nPlants: c\nFound-by: luck\n---\n").contains("'luck'"));
        let message = find("no-such-bug").map(|bug| bug.name).unwrap_err().to_string();
        assert!(message.contains("no-such-bug"), "{message}");
    }

    #[test]
    fn references_are_short() {
        assert_eq!(short("https://github.com/wazero/wazero/issues/2503"), "wazero/wazero#2503");
        assert_eq!(short("https://nvd.nist.gov/vuln/detail/CVE-2021-32629"), "CVE-2021-32629");
    }
}
