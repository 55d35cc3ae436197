//! The comparison of two reports: directives that got better, got worse or are new.

use super::about::About;
use super::reporter::Loaded;
use super::reporter::RunEnd;
use crate::conformance::read::suite::BY_PATH;
use crate::conformance::record::{Record, Verdict, index_path};
use anstyle::{AnsiColor, Style};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;

/// The ways in which a directive on a backend changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It was fine and is not.
    Worse,
    /// It passed, and now there is nothing to compare.
    NotCompared,
    /// It is new and not fine.
    NewBad,
    /// It was not fine and still is not, but is something else now.
    Changed,
    /// It was not fine and is.
    Better,
    /// It is new and fine.
    NewGood,
    /// It no longer exists.
    Gone,
}

/// A directive on a backend that changed.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// How it changed.
    pub kind: ChangeKind,
    /// Its record in the old report.
    pub old: Option<&'a Record>,
    /// Its record in the new report.
    pub new: Option<&'a Record>,
}

/// The changes from one report to another.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    /// The changes, the worst first.
    pub changes: Vec<Change<'a>>,
    /// The number of directives and columns that did not change.
    pub same: u64,
    /// Other differences between the runs: name, old and new value.
    pub differences: Vec<(&'static str, String, String)>,
    /// Why the two cannot be compared as wholes. In that case a directive that is gone means nothing.
    pub obstacle: Option<String>,
    /// The group (as in the old report), file and column of everything in the new report.
    kept: HashSet<(&'a str, &'a str, &'a str)>,
    /// The group and file of scripts in which, as is known, not everything can be compared: rules cover deviations in them, or
    /// they have threads, which may race.
    excused: HashSet<(&'a str, &'a str)>,
}

/// Group, file, line, directive, number among equal ones, backend.
type Key<'a> = (&'a str, &'a str, u32, &'a str, usize, &'a str);

/// Directives are identified by position and text, not by index alone, so that a new directive in the suite does not change all
/// those after it.
fn by_key<'a>(records: &'a [Record], groups: &Groups<'a>) -> BTreeMap<Key<'a>, &'a Record> {
    type Place<'a> = (&'a str, &'a str, u32, &'a str, &'a str);
    let mut places: BTreeMap<Place<'_>, Vec<&Record>> = BTreeMap::new();
    for r in records {
        places.entry((groups.of(r), &r.file, r.line, &r.directive, &r.backend)).or_default().push(r);
    }
    let mut map = BTreeMap::new();
    for ((group, file, line, directive, backend), mut list) in places {
        list.sort_by_key(|r| index_path(&r.index));
        for (n, r) in list.into_iter().enumerate() {
            map.insert((group, file, line, directive, n, backend), r);
        }
    }
    map
}

/// The groups of a report's files, by group and file, where another report has them in other groups.
#[derive(Default)]
struct Groups<'a>(HashMap<(&'a str, &'a str), &'a str>);

impl<'a> Groups<'a> {
    /// The groups in which `old` has files of `new`. The group of a script named by path is its folder, if the path includes it.
    /// If one of the paths did not, the only file of its name that just one report has and the only one that just the other has
    /// are the same.
    /// its name that just one report has, and the only one that just the other has, are the same, if one of the paths did not.
    fn between(old: &'a Loaded, new: &'a Loaded) -> Groups<'a> {
        let Some((one, other)) = by_path(&old.end, &new.end).filter(|(one, other)| one.selection != other.selection)
        else {
            return Groups::default();
        };
        let (before, after) = (files(old, &Groups::default()), files(new, &Groups::default()));
        let only = |one: &Files<'a>, other: &Files<'a>| {
            let mut groups: HashMap<&'a str, Vec<&'a str>> = HashMap::new();
            one.difference(other).for_each(|(file, group)| groups.entry(file).or_default().push(group));
            groups
        };
        let (gone, added) = (only(&before, &after), only(&after, &before));
        let same = added.iter().filter_map(|(file, groups)| match (&groups[..], &gone.get(file)?[..]) {
            // A folder may have the name of that group.
            ([BY_PATH], [old]) if other.names_alone(file) => Some(((BY_PATH, *file), *old)),
            ([new], [BY_PATH]) if one.names_alone(file) => Some(((*new, *file), BY_PATH)),
            _ => None,
        });
        Groups(same.collect())
    }

    fn of(&self, record: &'a Record) -> &'a str {
        self.0.get(&(&record.group[..], &record.file[..])).copied().unwrap_or(&record.group)
    }
}

type Files<'a> = BTreeSet<(&'a str, &'a str)>;

/// The files of a report, with their groups.
fn files<'a>(run: &'a Loaded, groups: &Groups<'a>) -> Files<'a> {
    run.records.iter().map(|r| (&r.file[..], groups.of(r))).collect()
}

/// Compares two reports. Records of backends that only one report has are new or gone.
pub fn compare<'a>(old: &'a Loaded, new: &'a Loaded) -> Comparison<'a> {
    let groups = Groups::between(old, new);
    let (before, after) = (by_key(&old.records, &Groups::default()), by_key(&new.records, &groups));
    let same_scripts = by_path(&old.end, &new.end)
        .is_some_and(|(one, other)| one.same_scripts(other, files(old, &Groups::default()) == files(new, &groups)));
    let mut changes = Vec::new();
    let mut same = 0;
    for (key, &n) in &after {
        let o = before.get(key).copied();
        let kind = match o {
            None if n.verdict.is_fine() => ChangeKind::NewGood,
            None => ChangeKind::NewBad,
            Some(o) => match (o.verdict.is_fine(), n.verdict.is_fine()) {
                (true, false) => ChangeKind::Worse,
                (false, true) => ChangeKind::Better,
                (true, true) if o.verdict == Verdict::Pass && n.verdict != Verdict::Pass => ChangeKind::NotCompared,
                (false, false) if (o.verdict, &o.got) != (n.verdict, &n.got) => ChangeKind::Changed,
                // A rule no longer exists.
                (false, false) if o.known && !n.known => ChangeKind::Changed,
                _ => {
                    same += 1;
                    continue;
                }
            },
        };
        changes.push(Change { kind, old: o, new: Some(n) });
    }
    let gone = before.iter().filter(|(key, _)| !after.contains_key(*key));
    changes.extend(gone.map(|(_, &o)| Change { kind: ChangeKind::Gone, old: Some(o), new: None }));
    changes.sort_by_key(|c| c.kind);
    Comparison {
        changes,
        same,
        differences: differences(&old.end, &new.end, same_scripts),
        obstacle: obstacle(&old.end, &new.end, same_scripts),
        kept: new.records.iter().map(|r| (groups.of(r), &r.file[..], &r.backend[..])).collect(),
        excused: new.records.iter().filter(|r| excuses(r)).map(|r| (&r.group[..], &r.file[..])).collect(),
    }
}

/// Whether a directive can be the reason that others in its file are not compared.
fn excuses(record: &Record) -> bool {
    record.known || record.path().len() > 1
}

/// The descriptions of both runs, if they are of scripts named by path.
fn by_path<'a>(old: &'a RunEnd, new: &'a RunEnd) -> Option<(&'a About, &'a About)> {
    let about = |end: &'a RunEnd| end.about.as_ref().filter(|_| end.suite == BY_PATH);
    about(old).zip(about(new))
}

/// `same_scripts`: whether the scripts are the same, by whatever paths.
fn differences(old: &RunEnd, new: &RunEnd, same_scripts: bool) -> Vec<(&'static str, String, String)> {
    let mut list = Vec::new();
    if old.suite != new.suite {
        list.push(("suite", old.suite.clone(), new.suite.clone()));
    }
    match (&old.about, &new.about) {
        (Some(one), Some(other)) => {
            list.extend(one.differences(other).into_iter().filter(|(what, ..)| !same_scripts || *what != "selection"));
        }
        (old, new) => {
            let says = |about: &Option<About>| if about.is_some() { "present" } else { "absent" }.to_string();
            if old.is_some() != new.is_some() {
                list.push(("run description", says(old), says(new)));
            }
        }
    }
    list
}

fn obstacle(old: &RunEnd, new: &RunEnd, same_scripts: bool) -> Option<String> {
    for (name, end) in [("earlier", old), ("later", new)] {
        if end.interrupted {
            return Some(format!("the {name} run was interrupted"));
        }
    }
    let (old, new) = (old.about.as_ref()?, new.about.as_ref()?);
    if same_scripts || old.same_selection(new) {
        return None;
    }
    let text = |a: &About| {
        let selection = if a.selection.is_empty() { "everything" } else { &a.selection };
        let shard = a.shard.as_ref().map(|s| format!(", shard {s}")).unwrap_or_default();
        format!("{selection}{shard} on {}", a.backends.join(", "))
    };
    Some(format!("the runs were of different selections ({} and {})", text(old), text(new)))
}

impl Comparison<'_> {
    /// The number of directives that both reports have, over all columns.
    pub fn compared(&self) -> u64 {
        let both = self.changes.iter().filter(|c| c.old.is_some() && c.new.is_some()).count();
        self.same + both as u64
    }

    /// Whether something is worse, or new and bad, or was known and is now something else, and no rule of the expectations covers
    /// it; or a comparison has nothing to compare any more, without a known reason; or something is gone although both runs were
    /// of the same selection.
    pub fn is_worse(&self) -> bool {
        let is_bad = |c: &Change<'_>| match c.kind {
            ChangeKind::Worse | ChangeKind::NewBad => c.new.is_some_and(Record::is_unexpected),
            ChangeKind::Changed => {
                c.new.is_some_and(Record::is_unexpected) && !c.old.is_some_and(Record::is_unexpected)
            }
            ChangeKind::NotCompared => !c.new.is_some_and(|r| self.excused.contains(&(&r.group, &r.file))),
            ChangeKind::Better | ChangeKind::NewGood | ChangeKind::Gone => false,
        };
        self.changes.iter().any(is_bad) || self.obstacle.is_none() && self.changes.iter().any(|c| self.is_missed(c))
    }

    /// Whether something is gone that should be there. If the scripts themselves differ, a directive may be gone from a file, but
    /// a file or a column may not.
    fn is_missed(&self, change: &Change<'_>) -> bool {
        let Some(old) = change.old.filter(|_| change.kind == ChangeKind::Gone) else { return false };
        let edited = self.differences.iter().any(|(what, ..)| what.starts_with("content") || *what == "suite");
        !edited || !self.kept.contains(&(&old.group, &old.file, &old.backend))
    }

    /// The comparison as text for people, with colours.
    pub fn text(&self) -> String {
        /// The number of lines printed for each kind; the rest are only counted.
        const SHOWN: usize = 60;
        let kinds = [
            (ChangeKind::Worse, "worse", AnsiColor::Red),
            (ChangeKind::NotCompared, "no longer compared", AnsiColor::Red),
            (ChangeKind::NewBad, "new and not passing", AnsiColor::Red),
            (ChangeKind::Changed, "changed", AnsiColor::Yellow),
            (ChangeKind::Better, "better", AnsiColor::Green),
            (ChangeKind::NewGood, "new and passing", AnsiColor::Green),
            (ChangeKind::Gone, "gone", AnsiColor::Yellow),
        ];
        let mut text = String::new();
        for (what, old, new) in &self.differences {
            let _ = writeln!(text, "{what}: {old:?} -> {new:?}");
        }
        let mut last = Vec::new();
        for (kind, name, color) in kinds {
            let list: Vec<&Change<'_>> = self.changes.iter().filter(|c| c.kind == kind).collect();
            last.push(format!("{} {name}", list.len()));
            if list.is_empty() {
                continue;
            }
            let style = Style::new().fg_color(Some(color.into())).bold();
            let _ = writeln!(text, "{style}{name}{style:#}: {}", list.len());
            if matches!(kind, ChangeKind::NewGood | ChangeKind::Gone) {
                by_file(&mut text, &list);
                continue;
            }
            list.iter().take(SHOWN).for_each(|c| line(&mut text, c));
            if list.len() > SHOWN {
                let _ = writeln!(text, "  … and {} more", list.len() - SHOWN);
            }
        }
        let missed = self.changes.iter().filter(|c| self.is_missed(c)).count();
        if missed > 0 && self.obstacle.is_none() {
            let _ = writeln!(text, "{missed} of those gone were in the earlier run, which had the same selection");
        }
        let _ = writeln!(text, "{}, {} the same", last.join(", "), self.same);
        text
    }
}

fn line(text: &mut String, change: &Change<'_>) {
    let Some(r) = change.new.or(change.old) else { return };
    let verdict = |r: Option<&Record>| r.map_or("absent", |r| r.verdict.name());
    let known = if change.new.is_some_and(|n| n.known) { " (known)" } else { "" };
    let _ = writeln!(
        text,
        "  {} line {} {} on {}: {} -> {}{known}",
        r.key(),
        r.line,
        r.directive,
        r.backend,
        verdict(change.old),
        verdict(change.new)
    );
    let got = change.new.filter(|n| n.verdict != Verdict::Pass).and_then(|n| n.got.as_deref());
    if let Some(got) = got {
        let _ = writeln!(text, "      got {got}");
    }
}

fn by_file(text: &mut String, list: &[&Change<'_>]) {
    let mut files: BTreeMap<String, usize> = BTreeMap::new();
    list.iter().filter_map(|c| c.new.or(c.old)).for_each(|r| *files.entry(r.key()).or_default() += 1);
    for (file, n) in files {
        let _ = writeln!(text, "  {file}: {n}");
    }
}
