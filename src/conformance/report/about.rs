//! The description of a run: the head of every report, by which runs can be told apart and repeated.

use crate::conformance::read::files::hash;
use crate::conformance::read::suite::{BY_PATH, SuiteFile, folder_of_script, stem_of};
use crate::target::CpuLevel;
use crate::text::counted;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::{Component, Path};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// The program, the machine, the switches and the selection of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// When the run began, in UTC: `2026-11-21T11:40:00Z`.
    pub date: String,
    /// The version of wasmoon.
    pub version: String,
    /// The commit that wasmoon was built from, with `-dirty` if there were changes; empty if it was built outside a checkout.
    pub commit: String,
    /// The compiler that built it.
    pub rustc: String,
    /// `release`, or `debug` with assertions.
    pub build: String,
    /// The model of the CPU, if the system says.
    pub cpu: String,
    /// The highest `--cpu` level that this CPU has.
    pub cpu_level: String,
    /// The operating system, as in `std::env::consts::OS`.
    pub os: String,
    /// The CPU architecture, as in `std::env::consts::ARCH`.
    pub arch: String,
    /// The command-line switches that change what runs, or how, quoted for a shell; not those that select files.
    pub switches: String,
    /// The columns.
    pub backends: Vec<String>,
    /// The columns that are other engines: column, name and version of the engine.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub engines: Vec<String>,
    /// Filters or paths, `--spec` and `--at`: the part of the suite that was asked for. Empty for all of it.
    pub selection: String,
    /// The [`content`] of the selected files, including those of other shards.
    pub content: String,
    /// The number of these files.
    pub files: u64,
    /// Set if only some parts of the selection ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// The number of concurrent worker processes.
    pub jobs: u64,
}

/// Some of the parts that `--shard K/N` makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// The parts, counted from 1.
    pub parts: Vec<u64>,
    /// The number of parts.
    pub of: u64,
}

impl Shard {
    /// The missing parts, in order. There may be any number of them, since a line of a report can claim any.
    pub fn missing(&self) -> impl Iterator<Item = u64> + use<> {
        let parts: HashSet<u64> = self.parts.iter().copied().collect();
        (1..=self.of).filter(move |part| !parts.contains(part))
    }

    /// The number of missing parts.
    pub fn count_missing(&self) -> u64 {
        let parts: HashSet<u64> = self.parts.iter().copied().filter(|part| (1..=self.of).contains(part)).collect();
        self.of - parts.len() as u64
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts: Vec<String> = self.parts.iter().map(u64::to_string).collect();
        write!(f, "{}/{}", parts.join(","), self.of)
    }
}

impl About {
    /// The description of this program and this machine; the caller adds the run.
    pub fn here() -> About {
        let text = |value: Option<&str>| value.unwrap_or_default().to_string();
        About {
            date: utc(SystemTime::now()),
            version: env!("CARGO_PKG_VERSION").into(),
            commit: text(option_env!("WASMOON_COMMIT")),
            rustc: text(option_env!("WASMOON_RUSTC")),
            build: if cfg!(debug_assertions) { "debug" } else { "release" }.into(),
            cpu: cpu_model(),
            cpu_level: CpuLevel::detected().map_or("none", CpuLevel::name).into(),
            os: std::env::consts::OS.into(),
            arch: std::env::consts::ARCH.into(),
            ..About::default()
        }
    }

    /// Names and values for people, the most important first. Empty ones are left out.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let program = match &self.commit[..] {
            "" => self.version.clone(),
            commit => format!("{} ({commit})", self.version),
        };
        let short = self.content.get(..12).unwrap_or(&self.content);
        let facts = [
            ("date", self.date.clone()),
            ("wasmoon", program),
            ("switches", if self.switches.is_empty() { "none".into() } else { self.switches.clone() }),
            ("columns", self.backends.join(", ")),
            ("engines", self.engines.join(", ")),
            ("selection", if self.selection.is_empty() { "everything".into() } else { self.selection.clone() }),
            ("shard", self.shard.as_ref().map(Shard::to_string).unwrap_or_default()),
            ("content", format!("{short} ({})", counted(self.files, "file"))),
            ("CPU", format!("{} ({})", self.cpu, self.cpu_level)),
            ("system", format!("{} {}", self.os, self.arch)),
            ("build", format!("{} {}", self.build, self.rustc)),
            ("jobs", self.jobs.to_string()),
        ];
        facts.into_iter().filter(|(_, value)| !value.trim().is_empty()).collect()
    }

    /// The differences between two runs that make their results incomparable, or their comparison one between two setups: name,
    /// old and new value. Dates, numbers of workers and the like do not matter.
    pub fn differences(&self, other: &About) -> Vec<(&'static str, String, String)> {
        type Part = fn(&About) -> String;
        let parts: [(&'static str, Part); 10] = [
            ("wasmoon", |a| a.version.clone()),
            ("commit", |a| a.commit.clone()),
            ("build", |a| a.build.clone()),
            ("switches", |a| a.switches.clone()),
            ("CPU", |a| format!("{} ({})", a.cpu, a.cpu_level)),
            ("system", |a| format!("{} {}", a.os, a.arch)),
            ("columns", |a| a.backends.join(", ")),
            ("engines", |a| a.engines.join(", ")),
            ("selection", |a| a.selection.clone()),
            ("content of the selected files", |a| format!("{}, {}", counted(a.files, "file"), a.content)),
        ];
        let both = parts.iter().map(|(name, of)| (*name, of(self), of(other)));
        both.filter(|(_, old, new)| old != new).collect()
    }

    /// Whether both runs were asked for the same files, directives and columns.
    pub fn same_selection(&self, other: &About) -> bool {
        let of = |a: &About| (a.selection.clone(), a.backends.clone(), a.shard.clone());
        of(self) == of(other)
    }

    /// Like [`About::same_selection`], for runs of scripts named by path, however the paths were typed: `suite`, `./suite/` and
    /// `/tests/suite` are the same. If the same scripts were found (`same_files`, by the records), with the same contents, they
    /// are the same by any path.
    pub fn same_scripts(&self, other: &About, same_files: bool) -> bool {
        let [mine, its] = [self, other].map(|a| words(&a.selection));
        let ((my_paths, my_line), (its_paths, its_line)) = (mine.split_at(paths(&mine)), its.split_at(paths(&its)));
        let by_name = || {
            let mut pairs = my_paths.iter().zip(its_paths);
            my_paths.len() == its_paths.len() && pairs.all(|(mine, its)| same_path(Path::new(mine), Path::new(its)))
        };
        let same_content = same_files && !self.content.is_empty() && self.content == other.content;
        let of = |a: &About| (a.backends.clone(), a.shard.clone());
        of(self) == of(other) && my_line == its_line && (same_content || by_name())
    }

    /// Whether a script was named by path without its folder, so that its group does not say where it is. `stem` is the script's,
    /// as in records. A folder that is named alone may have the same name as the group of such scripts.
    pub fn names_alone(&self, stem: &str) -> bool {
        let words = words(&self.selection);
        let is_folder = |path: &&Path| path.file_name().is_some_and(|name| name == BY_PATH);
        words[..paths(&words)].iter().map(Path::new).filter(|path| !is_folder(path)).any(|path| {
            // If several scripts in a group have the same stem, all but the first have a number.
            let rest = stem.strip_prefix(&stem_of(path)[..]).filter(|rest| rest.is_empty() || rest.starts_with('~'));
            folder_of_script(path).is_none() && rest.is_some()
        })
    }
}

/// The words of a selection. If a shell could not parse it, in a report that was written by hand, it is one word.
fn words(selection: &str) -> Vec<String> {
    shlex::split(selection).unwrap_or_else(|| vec![selection.to_owned()])
}

/// The number of words of a selection that are paths.
fn paths(words: &[String]) -> usize {
    words.iter().position(|word| word == "--at").unwrap_or(words.len())
}

/// Whether two paths are the same by their names. Of a relative one, only its end is known.
fn same_path(a: &Path, b: &Path) -> bool {
    let names = |path: &Path| -> Vec<_> {
        path.components().filter(|c| *c != Component::CurDir).map(|c| c.as_os_str().to_owned()).collect()
    };
    let leads_there = |whole: &Path, part: &Path| {
        let (whole, part) = (names(whole), names(part));
        !part.is_empty() && part.iter().all(|name| name != "..") && whole.ends_with(&part)
    };
    match (a.is_absolute(), b.is_absolute()) {
        (true, false) => leads_there(a, b),
        (false, true) => leads_there(b, a),
        _ => names(a) == names(b),
    }
}

/// One hash of the names and contents of files, in their order: of everything that is run, including module files that a script
/// in JSON names. A file that cannot be read counts as such. `revision` is that of the suite. The groups of scripts named by path
/// depend on how the paths were typed, and do not count.
pub fn content(files: &[Arc<SuiteFile>], revision: &str) -> String {
    let name = |file: &SuiteFile| if revision == BY_PATH { file.stem.clone() } else { file.key() };
    hash(files.iter().map(|file| format!("{} {}\n", name(file), file.content())).collect::<String>())
}

/// The name of the first CPU in `/proc/cpuinfo`.
fn cpu_model() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or_else(|| "unknown".into(), |(_, name)| name.trim().to_string())
}

/// A time as `2026-11-21T11:40:00Z`.
fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March here, so that the day that leap years add is the last one, and 400 years are 146,097 days.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::suite::Source;
    use std::time::Duration;

    #[test]
    fn dates_are_those_of_the_calendar() {
        // As printed by `date -u -d @N +%FT%TZ`.
        for (seconds, date) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(UNIX_EPOCH + Duration::from_secs(seconds)), date);
        }
        assert_eq!(utc(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00Z", "a clock that is wrong");
    }

    /// Tests each day of 450 years against the previous one, by the rules of the calendar.
    #[test]
    fn each_day_follows_the_one_before() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for n in 0..450 * 365 {
            let date = utc(UNIX_EPOCH + Duration::from_secs(86_400 * n + n % 86_400));
            let (hour, minute, second) = (n % 86_400 / 3600, n % 3600 / 60, n % 60);
            assert_eq!(date, format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"));
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let days = match month {
                2 => 28 + i32::from(leap),
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (day, month) = if day < days { (day + 1, month) } else { (1, month + 1) };
            (month, year) = if month > 12 { (1, year + 1) } else { (month, year) };
        }
    }

    /// Tests each difference between two runs separately, and whether the same was asked of them.
    #[test]
    fn runs_differ_in_what_they_are_of() {
        type Change = fn(&mut About);
        let changes: [(Change, &[&str], bool); 16] = [
            (|_| {}, &[], true),
            (|a| a.date = "other".into(), &[], true),
            (|a| a.jobs += 1, &[], true),
            (|a| a.version = "other".into(), &["wasmoon"], true),
            (|a| a.commit = "other".into(), &["commit"], true),
            (|a| a.build = "other".into(), &["build"], true),
            (|a| a.switches = "other".into(), &["switches"], true),
            (|a| a.cpu = "other".into(), &["CPU"], true),
            (|a| a.cpu_level = "other".into(), &["CPU"], true),
            (|a| a.os = "other".into(), &["system"], true),
            (|a| a.arch = "other".into(), &["system"], true),
            (|a| a.engines = vec!["other".into()], &["engines"], true),
            (|a| a.content = "other".into(), &["content of the selected files"], true),
            (|a| a.selection = "other".into(), &["selection"], false),
            (|a| a.backends = vec!["other".into()], &["columns"], false),
            (|a| a.shard = Some(Shard { parts: vec![1], of: 2 }), &[], false),
        ];
        let old = About { backends: vec!["interp".into(), "jit".into()], ..About::default() };
        for (n, (change, names, same_selection)) in changes.into_iter().enumerate() {
            let mut new = old.clone();
            change(&mut new);
            let (there, back) = (old.differences(&new), new.differences(&old));
            assert_eq!(there.iter().map(|(name, ..)| *name).collect::<Vec<_>>(), names, "{n}");
            assert!(there.iter().all(|(_, old, new)| !old.contains("other") && new.contains("other")), "{n}");
            assert_eq!(back, there.into_iter().map(|(name, old, new)| (name, new, old)).collect::<Vec<_>>(), "{n}");
            assert_eq!((old.same_selection(&new), new.same_selection(&old)), (same_selection, same_selection), "{n}");
        }
        let fewer = About { files: 1, ..old.clone() };
        let content = "content of the selected files";
        assert_eq!(fewer.differences(&old), [(content, "1 file, ".to_string(), "0 files, ".to_string())]);
    }

    /// Paths lead to the same scripts by their names, or by their contents; the line is a separate matter.
    #[test]
    fn scripts_are_the_same_by_any_path() {
        let of = |selection: &str, content: &str| About {
            selection: selection.into(),
            content: content.into(),
            ..About::default()
        };
        for (a, b, by_name, by_content) in [
            ("suite", "suite", true, true),
            ("suite", "./suite", true, true),
            ("suite", "suite/", true, true),
            ("a/suite", "a//./suite/", true, true),
            ("suite", "/tests/suite", true, true),
            ("./a/b.wast c", "/x/a/b.wast /x/c/", true, true),
            ("'my suite'", "'./my suite'", true, true),
            ("suite --at 7", "./suite --at 7", true, true),
            ("/a/suite", "/b/suite", false, true),
            ("suite", "other", false, true),
            ("uite", "/tests/suite", false, true),
            (".", "/tests/suite", false, true),
            ("../suite", "/tests/suite", false, true),
            ("suite", "suite/a.wast", false, true),
            ("a b", "b a", false, true),
            ("a b", "a", false, true),
            ("suite --at 7", "suite --at 8", false, false),
            ("suite", "suite --at 7", false, false),
        ] {
            let same = |a: &About, b: &About| (a.same_scripts(b, true), b.same_scripts(a, true));
            assert_eq!(same(&of(a, "1"), &of(b, "2")), (by_name, by_name), "{a}, {b}");
            assert_eq!(same(&of(a, ""), &of(b, "")), (by_name, by_name), "{a}, {b}: nothing is known");
            assert_eq!(same(&of(a, "1"), &of(b, "1")), (by_content, by_content), "{a}, {b}");
            assert_eq!(of(a, "1").same_scripts(&of(b, "1"), false), by_name, "{a}, {b}: in other folders");
        }
        let columns = About { backends: vec!["jit".into()], ..of("suite", "1") };
        let shard = About { shard: Some(Shard { parts: vec![1], of: 2 }), ..of("suite", "1") };
        assert!(!columns.same_scripts(&of("./suite", "1"), true) && !shard.same_scripts(&of("./suite", "1"), true));
    }

    #[test]
    fn a_path_may_not_say_the_folder() {
        for (selection, stem, alone) in [
            ("a.wast", "a", true),
            ("./a.wast", "a", true),
            ("../a.wast", "a", true),
            ("t b.wast a.json --at 7", "a", true),
            ("a.wast a.json", "a~2", true),
            ("'my script.wast'", "my script", true),
            ("s/a.wast", "a", false),
            ("/x/a.wast", "a", false),
            ("s", "a", false),
            ("files", "files", false),
            ("./files/", "files", false),
            ("files.wast", "files", true),
            ("ab.wast", "a", false),
            ("a.wast", "ab", false),
            ("s --at a", "a", false),
            ("", "a", false),
        ] {
            let about = About { selection: selection.into(), ..About::default() };
            assert_eq!(about.names_alone(stem), alone, "{selection}, {stem}");
        }
    }

    /// The group of a script named by path depends on how the path was typed; in the suite, the group is a part of the name.
    #[test]
    fn the_content_of_scripts_by_path_has_no_groups() {
        let of = |group: &str, stem: &str, text: &str, revision: &str| {
            let file = SuiteFile::of_test(Source::Given(text.into()));
            content(&[Arc::new(SuiteFile { group: group.into(), stem: stem.into(), ..file })], revision)
        };
        let first = of("s", "a", "text", BY_PATH);
        assert_eq!(of(BY_PATH, "a", "text", BY_PATH), first);
        assert_ne!(of("s", "b", "text", BY_PATH), first);
        assert_ne!(of("s", "a", "other", BY_PATH), first);
        assert_ne!(of("s", "a", "text", "r1"), of("t", "a", "text", "r1"));
    }

    #[test]
    fn shards_know_what_is_missing() {
        let missing = |parts: &[u64], of| {
            let shard = Shard { parts: parts.to_vec(), of };
            (shard.missing().take(3).collect::<Vec<_>>(), shard.count_missing())
        };
        assert_eq!(missing(&[3, 1], 4), (vec![2, 4], 2));
        assert_eq!(missing(&[1], 1), (vec![], 0));
        // A report may claim anything.
        assert_eq!(missing(&[2, 2, 0, 9], 2), (vec![1], 1));
        assert_eq!(missing(&[2], u64::MAX), (vec![1, 3, 4], u64::MAX - 1));
    }

    #[test]
    fn this_program_is_described_as_it_was_built() {
        let about = About::here();
        let build = if cfg!(debug_assertions) { "debug" } else { "release" };
        assert_eq!((about.version.as_str(), about.build.as_str()), (env!("CARGO_PKG_VERSION"), build));
        assert_eq!((about.os.as_str(), about.arch.as_str()), (std::env::consts::OS, std::env::consts::ARCH));
        assert_eq!((about.switches.as_str(), about.selection.as_str(), about.shard), ("", "", None));
    }

    /// A fact without a value is left out, or has a word for that.
    #[test]
    fn facts_have_values() {
        let about = About {
            date: "then".into(),
            version: "9.8.7".into(),
            rustc: "rustc 1.2.3".into(),
            build: "release".into(),
            cpu: "a CPU".into(),
            cpu_level: "a level".into(),
            content: "0123456789abcdef".into(),
            files: 3,
            jobs: 2,
            ..About::default()
        };
        let facts: Vec<String> = about.facts().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            facts,
            [
                "date: then",
                "wasmoon: 9.8.7",
                "switches: none",
                "selection: everything",
                "content: 0123456789ab (3 files)",
                "CPU: a CPU (a level)",
                "build: release rustc 1.2.3",
                "jobs: 2",
            ]
        );
        let short = About { content: "0123".into(), commit: "c".into(), ..about };
        let facts = short.facts();
        assert_eq!((facts[1].1.as_str(), facts[4].1.as_str()), ("9.8.7 (c)", "0123 (3 files)"));
    }
}
