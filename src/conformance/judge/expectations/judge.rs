//! Compares the records of a run with the rules: sets `known` and `bug`, and collects the news.

use super::{
    AcceptedDeviations, Conditions, Expectations, GlobPattern, Rule, RulePosition, RuleReach, RuleStatus, escape_glob,
    signature,
};
use crate::conformance::record::{Record, Verdict, XDIFF, index_path};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

/// The names of a file in a run.
#[derive(Clone, Copy, Debug)]
pub struct FileKeys<'k> {
    /// [`SuiteFile::key`](crate::conformance::read::suite::SuiteFile::key), the name in its records.
    pub own: &'k str,
    /// [`SuiteFile::rules_key`](crate::conformance::read::suite::SuiteFile::rules_key): versions of a file may share one.
    pub rules: &'k str,
}

/// The part of the suite that a run covers: only rules that were exercised can be stale.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The names that rules use for the files that could have been run; versions of a file share one.
    pub files: Vec<String>,
    /// Whether these are the whole suite.
    pub extent: Extent,
    /// The columns of a full run, `xdiff` included.
    pub columns: Vec<String>,
    /// The columns that this run has.
    pub ran: Vec<String>,
    /// Whether directives are judged by a different standard than the rules assume: a pass then shows nothing about a rule.
    pub lenient: bool,
}

/// The part of the files that a run covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The whole suite that the rules are for. A rule that matches none of its files matches nothing.
    Suite,
    /// A part: single files, and everything in the folders of these groups. Rules may be about other files.
    Part {
        /// The names of the groups whose folders are covered completely.
        folders: Vec<String>,
    },
}

impl Default for Extent {
    fn default() -> Extent {
        Extent::Part { folders: Vec::new() }
    }
}

impl Coverage {
    /// Whether all files that a pattern can match are known.
    pub(super) fn knows(&self, pattern: &GlobPattern) -> bool {
        let Extent::Part { folders } = &self.extent else { return true };
        let literal = pattern.text.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
        if literal == pattern.text && self.files.iter().any(|f| pattern.matches(f)) {
            return true;
        }
        match literal.rsplit_once('/') {
            Some((group, _)) => folders.iter().any(|folder| Path::new(group).starts_with(folder)),
            // A pattern that matches anywhere can be narrowed to folders at most.
            None => !folders.is_empty(),
        }
    }

    /// Whether a run can speak for the whole rule, given how many files of each name ran completely.
    fn includes(&self, rule: &Rule, complete: &BTreeMap<String, u32>) -> bool {
        let mut files: HashMap<&str, u32> = HashMap::new();
        for file in self.files.iter().filter(|f| rule.matches_file(f)) {
            *files.entry(file).or_default() += 1;
        }
        let is_about = self.extent == Extent::Suite || !files.is_empty();
        let all = |(file, count): (&str, u32)| complete.get(file).is_some_and(|complete| *complete >= count);
        is_about && rule.files.iter().all(|p| self.knows(p)) && files.into_iter().all(all)
    }

    /// The remedy for a rule that is no longer needed, if one exists.
    fn remedy(&self) -> &'static str {
        if self.extent == Extent::Suite { " (--bless does)" } else { "" }
    }
}

/// A problem of the rules, which needs attention although (or because) no directive went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleNews {
    /// The kind of the news.
    pub kind: NewsKind,
    /// The line of the rule in the file; 0 if it is about the whole file.
    pub line: usize,
    /// The problem, and what to do about it.
    pub message: String,
    /// Whether `--bless` fixes it.
    pub blessable: bool,
}

impl RuleNews {
    fn new(kind: NewsKind, line: usize, message: String) -> RuleNews {
        RuleNews { kind, line, message, blessable: false }
    }
}

/// The kinds of [`RuleNews`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NewsKind {
    /// A rule demands a deviation, and the directive does not deviate.
    UnexpectedPass,
    /// The deviation differs from the one that the rule states. The record itself is counted as unexpected.
    Changed,
    /// A rule, or a part of it, matches nothing.
    NoMatch,
    /// No directive of a rule's files still deviates.
    Stale,
    /// A directive that a rule calls flaky deviates in every run, or deviates differently in a later one.
    NotFlaky,
    /// A directive deviates when its file is run again for the sake of flaky ones, and did not before.
    InAnotherRun,
    /// Two rules apply to one directive.
    Overlap,
    /// A position fits several directives.
    Ambiguous,
    /// The file was written for another revision of the suite.
    Suite,
}

impl NewsKind {
    /// Whether it makes the run fail by itself; otherwise a record already does.
    pub fn counts(self) -> bool {
        self != NewsKind::Changed
    }
}

/// The position of one directive, as the check for stale rules gets it from parsing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// The 1-based line of the directive.
    pub line: u32,
    /// [`Record::directive`].
    pub directive: String,
}

/// A part of a rule that this run has shown to be unnecessary, which `--bless` removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    /// The 0-based position of the rule in the file.
    pub rule: usize,
    /// The entries of `file` that remain; `None` for all.
    pub files: Option<Vec<String>>,
    /// The entries of `at` that remain, by index; `None` for all.
    pub at: Option<Vec<usize>>,
}

impl Narrowing {
    /// Whether nothing of the rule remains.
    pub fn removes(&self) -> bool {
        self.files.as_ref().is_some_and(Vec::is_empty) || self.at.as_ref().is_some_and(Vec::is_empty)
    }
}

/// The result of comparing a run to the rules.
#[derive(Clone, Debug, Default)]
pub struct RulesReport {
    /// The problems of the rules.
    pub news: Vec<RuleNews>,
    /// The parts of the rules that are unnecessary.
    pub narrowings: Vec<Narrowing>,
    /// File, index and column of the deviations of [`NewsKind::Changed`].
    changed: HashSet<(String, String, String)>,
}

impl RulesReport {
    /// Whether a rule states another deviation for this record: that rule has to be changed, and a second one for the same
    /// directive would contradict it.
    pub fn has_changed(&self, record: &Record) -> bool {
        self.changed.contains(&(record.key(), record.index.clone(), record.backend.clone()))
    }
}

/// The use of one position of a rule, in one file.
#[derive(Default)]
struct AtUse {
    /// The columns in which the demanded status was seen. A flaky position counts whatever it did.
    deviating: BTreeSet<String>,
    passing: BTreeSet<String>,
}

impl AtUse {
    /// Whether it was not compared, or is poisoned, in every column.
    fn says_nothing(&self) -> bool {
        self.deviating.is_empty() && self.passing.is_empty()
    }
}

#[derive(Default)]
struct RuleUse {
    /// The files that have a directive with the rule's status.
    files: BTreeSet<String>,
    /// By position and file.
    at: BTreeMap<(usize, String), AtUse>,
}

/// A directive under a `flaky` rule, in a column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct FlakyPlace {
    rule: usize,
    /// The position in the rule.
    at: Option<usize>,
    file: String,
    index: String,
    backend: String,
}

/// The verdicts of a directive under a `flaky` rule, over all runs.
#[derive(Clone, Debug)]
struct Seen {
    line: u32,
    directive: String,
    passed: bool,
    /// The deviation as stated by the rule, if it was seen.
    deviated: Option<Verdict>,
}

/// Judges the files of a run one after the other.
pub struct Judge<'a> {
    rules: &'a Expectations,
    conditions: Conditions,
    coverage: Coverage,
    uses: Vec<RuleUse>,
    /// The number of files that ran completely, by the name that rules use.
    complete: BTreeMap<String, u32>,
    /// The verdicts of directives under `flaky` rules in all runs of their files.
    flaky: BTreeMap<FlakyPlace, Seen>,
    /// The number of complete runs of the files of `flaky` rules.
    runs: BTreeMap<String, u32>,
    /// The file, index and column of all deviations of these files that no rule accepts, in any run.
    unexpected: HashSet<(String, String, String)>,
    overlaps: BTreeSet<(usize, usize)>,
    news: Vec<RuleNews>,
    changed: HashSet<(String, String, String)>,
}

impl<'a> Judge<'a> {
    /// A judge that has seen no file yet.
    pub fn new(rules: &'a Expectations, conditions: Conditions, coverage: Coverage) -> Judge<'a> {
        let uses = rules.rules.iter().map(|_| RuleUse::default()).collect();
        let mut judge = Judge {
            rules,
            conditions,
            coverage,
            uses,
            complete: BTreeMap::new(),
            flaky: BTreeMap::new(),
            runs: BTreeMap::new(),
            unexpected: HashSet::new(),
            overlaps: BTreeSet::new(),
            news: Vec::new(),
            changed: HashSet::new(),
        };
        if judge.coverage.extent == Extent::Suite
            && !rules.rules.is_empty()
            && judge.rules.suite.as_deref() != Some(&judge.conditions.suite)
            && rules.rules.iter().any(|r| r.when.suite.is_none())
        {
            judge.news.push(suite_news(rules, &judge.conditions.suite));
        }
        judge
    }

    /// Judges all records of one file. `complete`: every directive ran on every backend of the run; files that were cut short do
    /// not count for staleness.
    pub fn file(&mut self, keys: FileKeys<'_>, records: &mut [Record], complete: bool) {
        if complete {
            *self.complete.entry(keys.rules.to_string()).or_default() += 1;
        }
        let all: &'a Expectations = self.rules;
        let matching: Vec<(usize, &'a Rule)> = all
            .rules
            .iter()
            .enumerate()
            .filter(|(_, r)| r.when.holds(&self.conditions) && r.matches_file(keys.rules))
            .collect();
        if matching.is_empty() {
            return;
        }
        let any_positions = matching.iter().any(|(_, r)| r.at.is_some());
        let positions = records.iter().filter(|_| any_positions);
        let located = Located::new(positions.map(|r| (r.index.as_str(), r.line, r.directive.as_str())));
        // By index, the rules with a position that refers to the directive, and which position. There may be as many rules as
        // directives.
        let mut wanted: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
        for &(n, rule) in &matching {
            for (i, at) in rule.at.iter().flatten().enumerate() {
                match located.find(at) {
                    Found::One(index) => {
                        self.uses[n].at.entry((i, keys.rules.to_string())).or_default();
                        let rules = wanted.entry(index).or_default();
                        // Two positions of one rule may refer to the same directive.
                        rules.pop_if(|(rule, _)| *rule == n);
                        rules.push((n, i));
                    }
                    Found::Several(count) => {
                        self.uses[n].at.entry((i, keys.rules.to_string())).or_default();
                        self.news.push(ambiguous(rule, keys.rules, at, count));
                    }
                    Found::None => {}
                }
            }
        }
        let everywhere: Vec<usize> = matching.iter().filter(|(_, r)| r.at.is_none()).map(|&(n, _)| n).collect();
        let hits: Vec<Vec<Hit>> = records
            .iter()
            .map(|record| {
                let here = wanted.get(&record.index).into_iter().flatten().map(|&(n, at)| (n, Some(at)));
                let candidates = everywhere.iter().map(|&n| (n, None)).chain(here).filter_map(|(n, at)| {
                    let reach = all.rules[n].reach(&record.backend);
                    (reach != RuleReach::None).then_some(Hit { rule: n, at, reach })
                });
                let mut hits: Vec<Hit> = candidates.collect();
                hits.sort_by_key(|hit| hit.rule);
                hits
            })
            .collect();
        let has_flaky = matching.iter().any(|(_, r)| r.status == RuleStatus::Flaky);
        if complete && has_flaky {
            *self.runs.entry(keys.own.to_string()).or_default() += 1;
        }
        // The comparison repeats the verdicts of the sides, so it comes after them.
        let mut accepted: HashSet<(String, usize, Verdict)> = HashSet::new();
        for comparison in [false, true] {
            for (record, hits) in records.iter_mut().zip(&hits) {
                if (record.backend == XDIFF) == comparison {
                    self.record(keys, record, hits, &mut accepted);
                }
            }
        }
        if has_flaky {
            let place = |r: &Record| (keys.own.to_string(), r.index.clone(), r.backend.clone());
            self.unexpected.extend(records.iter().filter(|r| r.is_unexpected()).map(place));
        }
    }

    /// Judges one record. `accepted`: what rules have accepted in this file so far, by directive, rule and verdict.
    fn record(
        &mut self,
        keys: FileKeys<'_>,
        record: &mut Record,
        hits: &[Hit],
        accepted: &mut HashSet<(String, usize, Verdict)>,
    ) {
        let status = |hit: &Hit| self.rules.rules[hit.rule].status;
        let covers = |hit: &&Hit| hit.reach == RuleReach::Covers;
        // A position takes precedence over a rule for the whole file with another status: so a file can be `unsupported` except
        // for one `fail`.
        // be `unsupported` except for one `fail`.
        let position = hits.iter().filter(covers).find(|h| h.at.is_some()).map(status);
        let outranked = |hit: &&Hit| {
            hit.reach == RuleReach::Covers && hit.at.is_none() && position.is_some_and(|s| s != status(hit))
        };
        let hits: Vec<&Hit> = hits.iter().filter(|h| !outranked(h)).collect();
        let mut covering = hits.iter().copied().filter(covers);
        if let (Some(first), Some(second)) = (covering.next(), covering.next())
            && self.overlaps.insert((first.rule, second.rule))
        {
            let [a, b] = [first.rule, second.rule].map(|n| self.rules.rules[n].line);
            let message = format!(
                "the rules on lines {a} and {b} both cover {} line {} ({}): narrow one with `file`, `at` or `when`",
                keys.own, record.line, record.directive
            );
            self.news.push(RuleNews::new(NewsKind::Overlap, a, message));
        }
        (record.known, record.bug) = (false, None);
        for hit in hits {
            let place = (record.index.clone(), hit.rule, record.verdict);
            // The rule does not cover a comparison that itself went wrong.
            if hit.reach == RuleReach::Allows && (record.is_end_of_comparing() || !accepted.contains(&place)) {
                continue;
            }
            if self.apply(keys, record, hit) {
                accepted.insert(place);
            }
        }
    }

    /// Whether the rule accepts the record.
    fn apply(&mut self, keys: FileKeys<'_>, record: &mut Record, hit: &Hit) -> bool {
        let key = keys.own;
        let rule = &self.rules.rules[hit.rule];
        if rule.status == RuleStatus::Flaky {
            self.observe(key, record, hit);
        }
        let usage = &mut self.uses[hit.rule];
        let got = record.got.as_deref().map(|got| signature(record.verdict, got)).unwrap_or_default();
        let same_status = record.verdict == rule.status.verdict();
        let accepted = match rule.status {
            RuleStatus::Flaky => is_flaky_as_stated(rule, record),
            _ => {
                let stated = || rule.got.as_ref().is_none_or(|stated| stated.matches(record.verdict, &got));
                same_status && (hit.reach == RuleReach::Allows || stated())
            }
        };
        if accepted {
            record.known = true;
            record.bug = Some(rule.bug.clone());
        }
        if hit.reach == RuleReach::Allows {
            return accepted;
        }
        // A rule with another signature is still needed. It is a separate kind of news, and not stale.
        let deviates = accepted || same_status || rule.status == RuleStatus::Flaky;
        if deviates {
            usage.files.insert(keys.rules.to_string());
        }
        if let Some(at) = hit.at {
            let used = usage.at.entry((at, keys.rules.to_string())).or_default();
            // A poisoned pair says nothing either way.
            if record.verdict == Verdict::Pass && !deviates {
                used.passing.insert(record.backend.clone());
            } else if record.verdict != Verdict::Poisoned {
                used.deviating.insert(record.backend.clone());
            }
        }
        if accepted || record.verdict.is_fine() {
            return accepted;
        }
        let message = if same_status || rule.status == RuleStatus::Flaky {
            format!(
                "{key} line {} ({}) on {}: the rule states got = {}, but it is now {got:?}; if that is understood, \
                 update `got`",
                record.line,
                record.directive,
                record.backend,
                rule.got.as_ref().map(AcceptedDeviations::to_string).unwrap_or_default()
            )
        } else if hit.at.is_some() {
            format!(
                "{key} line {} ({}) on {}: the rule expects {}, but it is {}; if that is understood, update `status`",
                record.line,
                record.directive,
                record.backend,
                rule.status.name(),
                record.verdict.name()
            )
        } else {
            // A rule for a whole file says nothing about other verdicts; the record is unexpected by itself.
            return false;
        };
        self.news.push(RuleNews::new(NewsKind::Changed, rule.line, message));
        self.changed.insert((key.to_string(), record.index.clone(), record.backend.clone()));
        false
    }

    /// Records the verdict of a directive under a `flaky` rule.
    fn observe(&mut self, key: &str, record: &Record, hit: &Hit) {
        let rule = &self.rules.rules[hit.rule];
        let place = FlakyPlace {
            rule: hit.rule,
            at: hit.at,
            file: key.to_string(),
            index: record.index.clone(),
            backend: record.backend.clone(),
        };
        let (line, directive) = (record.line, record.directive.clone());
        let seen = self.flaky.entry(place).or_insert(Seen { line, directive, passed: false, deviated: None });
        seen.passed |= record.verdict == Verdict::Pass;
        if is_flaky_as_stated(rule, record) {
            // A directive that differed on a replay within one run was seen both ways.
            seen.passed |= record.verdict == Verdict::Flaky;
            seen.deviated = Some(record.verdict);
        }
    }

    /// The files, by their own keys, that must run again to find out whether what their rules call flaky really is: a directive
    /// that deviates in one run must pass in another, and some directive of each rule must deviate. Empty once all is known, or
    /// the files have run as often as their rules say.
    pub fn unsettled(&self) -> Vec<String> {
        let mut files = BTreeSet::new();
        let deviates = self.flaky.iter().filter(|(_, seen)| seen.deviated.is_some());
        let fresh: HashSet<(usize, Option<usize>)> = deviates.map(|(place, _)| (place.rule, place.at)).collect();
        for (place, seen) in &self.flaky {
            let open = seen.deviated.is_some() && !seen.passed || !fresh.contains(&(place.rule, place.at));
            let most = self.rules.rules[place.rule].runs;
            if open && self.runs.get(&place.file).is_some_and(|&runs| runs < most) {
                files.insert(place.file.clone());
            }
        }
        files.into_iter().collect()
    }

    /// Takes the records of one more run of a file that is [`Judge::unsettled`]. A deviation that no rule accepts is news if no
    /// earlier run had it.
    pub fn again(&mut self, keys: FileKeys<'_>, records: &mut [Record], complete: bool) {
        Judge::new(self.rules, self.conditions.clone(), Coverage::default()).file(keys, records, complete);
        let key = keys.own;
        *self.runs.entry(key.to_string()).or_default() += u32::from(complete);
        let mut places: HashMap<(String, String), Vec<FlakyPlace>> = HashMap::new();
        for place in self.flaky.keys().filter(|place| place.file == key) {
            places.entry((place.index.clone(), place.backend.clone())).or_default().push(place.clone());
        }
        let line = places.values().flatten().map(|place| self.rules.rules[place.rule].line).min().unwrap_or_default();
        let seen = |record: &Record| {
            format!(
                "{key} line {} ({}) on {}: in another run it is {} {:?}",
                record.line,
                record.directive,
                record.backend,
                record.verdict.name(),
                record.got.as_deref().unwrap_or_default()
            )
        };
        for record in &*records {
            let here = places.get(&(record.index.clone(), record.backend.clone()));
            if here.is_none()
                && record.is_unexpected()
                && self.unexpected.insert((key.to_string(), record.index.clone(), record.backend.clone()))
            {
                let message = format!("{}, which no rule accepts", seen(record));
                self.news.push(RuleNews::new(NewsKind::InAnotherRun, line, message));
            }
            for place in here.into_iter().flatten() {
                let rule = &self.rules.rules[place.rule];
                self.observe(key, record, &Hit { rule: place.rule, at: place.at, reach: RuleReach::Covers });
                if !record.verdict.is_fine() && !is_flaky_as_stated(rule, record) {
                    let message = format!("{}, which is not the stated got", seen(record));
                    self.news.push(RuleNews::new(NewsKind::NotFlaky, rule.line, message));
                }
            }
        }
    }

    /// The news about directives of a `flaky` rule that deviate in every run.
    fn never_pass(&self, n: usize, rule: &Rule) -> Vec<RuleNews> {
        let constant = self.flaky.iter().filter(|(place, seen)| {
            place.rule == n && !seen.passed && self.runs.get(&place.file).is_some_and(|&runs| runs >= rule.runs)
        });
        let news = constant.filter_map(|(place, seen)| {
            let message = format!(
                "{} line {} ({}) on {} deviates in all {} runs, so it is not flaky; set status = {:?}, or raise `runs` \
                 if it passes only rarely",
                place.file,
                seen.line,
                seen.directive,
                place.backend,
                self.runs.get(&place.file).copied().unwrap_or_default(),
                seen.deviated?.name()
            );
            Some(RuleNews::new(NewsKind::NotFlaky, rule.line, message))
        });
        news.collect()
    }

    /// Whether a `flaky` rule, or one position of it, is still needed: it deviated in some run, or there were too few runs.
    fn flaky_is_needed(&self, n: usize, rule: &Rule, at: Option<usize>) -> bool {
        let mut places = self.flaky.iter().filter(|(place, _)| place.rule == n && place.at == at).peekable();
        places.peek().is_none()
            || places.any(|(place, seen)| {
                seen.deviated.is_some() || self.runs.get(&place.file).is_none_or(|&runs| runs < rule.runs)
            })
    }

    /// Judges the rules themselves.
    pub fn finish(mut self) -> RulesReport {
        let mut narrowings = Vec::new();
        for (n, rule) in self.rules.rules.iter().enumerate() {
            if !rule.when.holds(&self.conditions) {
                continue;
            }
            let usage = &self.uses[n];
            let full = self.exercised(rule);
            let blessable = |news: RuleNews| RuleNews { blessable: full, ..news };
            let remedy = self.coverage.remedy();
            if self.coverage.extent == Extent::Suite {
                let unmatched = unmatched_files(rule, &self.coverage.files).into_iter();
                self.news.extend(unmatched.map(|news| RuleNews { blessable: full && rule.at.is_none(), ..news }));
            }
            let mut narrowing = Narrowing { rule: n, files: None, at: None };
            if rule.status == RuleStatus::Flaky {
                let never_pass = self.never_pass(n, rule);
                self.news.extend(never_pass);
            }
            match &rule.at {
                Some(list) if rule.status == RuleStatus::Flaky && full => {
                    let unmatched = |i: &usize| !usage.at.keys().any(|(at, _)| at == i);
                    let needed = |i: &usize| self.flaky_is_needed(n, rule, Some(*i)) && !unmatched(i);
                    let keep: Vec<usize> = (0..list.len()).filter(needed).collect();
                    for i in (0..list.len()).filter(|i| !keep.contains(i)) {
                        let at = &list[i];
                        let none = unmatched(&i);
                        let news = if none { no_position(rule, at, remedy) } else { always_passes(rule, at, remedy) };
                        self.news.push(blessable(news));
                    }
                    if keep.len() < list.len() {
                        narrowing.at = Some(keep);
                    }
                }
                None if full && rule.status == RuleStatus::Flaky => {
                    let needed = self.flaky_is_needed(n, rule, None);
                    self.news.extend((!needed).then(|| blessable(always_passes(rule, &names(rule), remedy))));
                    narrowing.files = match needed {
                        true if self.coverage.extent == Extent::Suite => matched_files(rule, &self.coverage.files),
                        true => None,
                        false => Some(Vec::new()),
                    };
                }
                Some(list) => {
                    let keep: Vec<usize> = (0..list.len()).filter(|&i| !full || self.needed(usage, i)).collect();
                    let judged = if self.coverage.lenient { 0 } else { list.len() };
                    let passes = (0..judged).filter_map(|i| unexpected_pass(rule, usage, i, &list[i], remedy));
                    self.news
                        .extend(passes.map(|(news, everywhere)| RuleNews { blessable: full && everywhere, ..news }));
                    if full {
                        let unmatched = (0..list.len()).filter(|&i| !usage.at.keys().any(|(at, _)| *at == i));
                        self.news.extend(unmatched.map(|i| blessable(no_position(rule, &list[i], remedy))));
                    }
                    if keep.len() < list.len() {
                        narrowing.at = Some(keep);
                    }
                }
                None if full => {
                    let remaining = remaining_files(rule, usage, &self.coverage.files);
                    if usage.files.is_empty() && rule.files.iter().any(|p| self.complete.keys().any(|f| p.matches(f))) {
                        self.news.push(blessable(RuleNews::new(
                            NewsKind::Stale,
                            rule.line,
                            format!(
                                "no directive of {} is still `{}`: remove the rule{remedy}, and close {}",
                                names(rule),
                                rule.status.name(),
                                rule.bug
                            ),
                        )));
                    }
                    narrowing.files = remaining;
                }
                None => {}
            }
            if narrowing.files.is_some() || narrowing.at.is_some() {
                narrowings.push(narrowing);
            }
        }
        self.news.sort_by_key(|n| (n.line, n.kind));
        RulesReport { news: self.news, narrowings, changed: self.changed }
    }

    /// Whether the run can speak for the whole rule: all its files ran completely, in all columns that it is about.
    fn exercised(&self, rule: &Rule) -> bool {
        if self.coverage.lenient {
            return false;
        }
        let about = |column: &&String| rule.reach(column) == RuleReach::Covers;
        let mut columns = self.coverage.columns.iter().filter(about).peekable();
        let ran = match columns.peek() {
            Some(_) => columns.all(|c| self.coverage.ran.contains(c)),
            None => self.coverage.ran.iter().any(|c| about(&c)),
        };
        ran && self.coverage.includes(rule, &self.complete)
    }

    /// Whether a position is still needed: it deviated in some file and column.
    fn needed(&self, usage: &RuleUse, at: usize) -> bool {
        usage.at.iter().any(|((i, _), used)| *i == at && (!used.deviating.is_empty() || used.says_nothing()))
    }
}

/// Whether a deviation is as a `flaky` rule states.
fn is_flaky_as_stated(rule: &Rule, record: &Record) -> bool {
    let got = record.got.as_deref().map(|got| signature(record.verdict, got)).unwrap_or_default();
    !record.verdict.is_fine() && rule.got.as_ref().is_some_and(|stated| stated.matches(record.verdict, &got))
}

/// The news about a `flaky` rule, or a position of it, that never deviates; `remedy` is [`Coverage::remedy`].
fn always_passes(rule: &Rule, what: &impl std::fmt::Display, remedy: &str) -> RuleNews {
    let message = format!(
        "`{what}` passes in all {} runs; remove it{remedy} and close {}, or raise `runs` if it fails only rarely",
        rule.runs, rule.bug
    );
    RuleNews::new(NewsKind::Stale, rule.line, message)
}

#[derive(Clone, Copy)]
struct Hit {
    rule: usize,
    at: Option<usize>,
    reach: RuleReach,
}

enum Found {
    None,
    /// The index of the directive.
    One(String),
    /// The number of directives that fit.
    Several(usize),
}

/// The locations of a file's directives, for [`RulePosition`].
struct Located {
    map: HashMap<(u32, String), Vec<String>>,
}

impl Located {
    /// From (index, line, directive). An index may occur several times, once for each backend.
    fn new<'x>(directives: impl Iterator<Item = (&'x str, u32, &'x str)>) -> Located {
        let mut map: HashMap<(u32, String), Vec<String>> = HashMap::new();
        for (index, line, directive) in directives {
            // A name may end in a space, which a position does not.
            let list = map.entry((line, directive.trim().to_string())).or_default();
            if !list.iter().any(|i| i == index) {
                list.push(index.to_string());
            }
        }
        for list in map.values_mut() {
            list.sort_by_key(|i| index_path(i));
        }
        Located { map }
    }

    fn find(&self, at: &RulePosition) -> Found {
        let list = self.map.get(&(at.line, at.directive.clone())).map_or(&[][..], Vec::as_slice);
        match (at.ordinal, list) {
            (Some(n), list) => list.get(n as usize - 1).map_or(Found::None, |i| Found::One(i.clone())),
            (None, []) => Found::None,
            (None, [one]) => Found::One(one.clone()),
            (None, several) => Found::Several(several.len()),
        }
    }
}

fn ambiguous(rule: &Rule, key: &str, at: &RulePosition, count: usize) -> RuleNews {
    RuleNews::new(
        NewsKind::Ambiguous,
        rule.line,
        format!("{key} has {count} directives `{at}`; append ` #1` to ` #{count}` to choose one"),
    )
}

fn suite_news(rules: &Expectations, suite: &str) -> RuleNews {
    let message = match &rules.suite {
        Some(other) => format!(
            "the rules were written for suite {other:?}, but this is {suite:?}; check their lines, then set `suite` \
             (or give each rule a `when.suite`)"
        ),
        None => format!(
            "the rules do not state the suite that they were written for; check their lines, then add `suite = \
             {suite:?}` at the top (or give each rule a `when.suite`)"
        ),
    };
    RuleNews::new(NewsKind::Suite, 0, message)
}

fn names(rule: &Rule) -> String {
    rule.files.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(", ")
}

fn unmatched_files(rule: &Rule, files: &[String]) -> Vec<RuleNews> {
    let unmatched = rule.files.iter().filter(|p| !files.iter().any(|f| p.matches(f)));
    unmatched
        .map(|p| RuleNews::new(NewsKind::NoMatch, rule.line, format!(
                "`{}` matches no file of the suite (names are GROUP/STEM, see `wasmoon test --list`): correct or remove it",
                p.text
            )))
        .collect()
}

/// The entries of a rule's `file` list that match files; `None` for all of them.
fn matched_files(rule: &Rule, files: &[String]) -> Option<Vec<String>> {
    let matched = rule.files.iter().filter(|p| files.iter().any(|f| p.matches(f)));
    let matched: Vec<String> = matched.map(|p| p.text.clone()).collect();
    (matched.len() < rule.files.len()).then_some(matched)
}

/// The news if a position that demands a deviation passed somewhere, and whether it passed everywhere. `remedy` is
/// [`Coverage::remedy`].
/// `remedy` is [`Coverage::remedy`].
fn unexpected_pass(
    rule: &Rule,
    usage: &RuleUse,
    at: usize,
    text: &RulePosition,
    remedy: &str,
) -> Option<(RuleNews, bool)> {
    let list = |set: BTreeSet<&str>| set.into_iter().collect::<Vec<_>>().join(", ");
    let used = || usage.at.iter().filter(|((i, _), _)| *i == at);
    let passing: BTreeSet<&str> = used().flat_map(|(_, u)| u.passing.iter().map(String::as_str)).collect();
    let deviating: BTreeSet<&str> = used().flat_map(|(_, u)| u.deviating.iter().map(String::as_str)).collect();
    if passing.is_empty() {
        return None;
    }
    let files: BTreeSet<&str> = used().filter(|(_, u)| !u.passing.is_empty()).map(|((_, f), _)| f.as_str()).collect();
    let unknown: BTreeSet<&str> = used().filter(|(_, u)| u.says_nothing()).map(|((_, f), _)| f.as_str()).collect();
    let everywhere = deviating.is_empty() && unknown.is_empty();
    let todo = if everywhere {
        format!("remove the position{remedy}, and close {} if it was the last", rule.bug)
    } else if deviating.is_empty() {
        format!("it was not compared in {}: narrow the rule with `file`", list(unknown))
    } else {
        format!("it still deviates on {}: narrow the rule with `when.backend` or `file`", list(deviating))
    };
    let status = rule.status.name();
    let (files, passing) = (list(files), list(passing));
    let message = format!("{files} `{text}` passes on {passing}, but the rule expects {status}; {todo}");
    Some((RuleNews::new(NewsKind::UnexpectedPass, rule.line, message), everywhere))
}

/// The maximum number of files that are named one by one when a glob is narrowed.
const NAMED: usize = 8;

/// The entries of its `file` list that a fully exercised rule needs; `None` for all of them.
///
/// A glob is replaced by names if only a few of its files still deviate; a long list would say less than the glob.
fn remaining_files(rule: &Rule, usage: &RuleUse, all: &[String]) -> Option<Vec<String>> {
    let mut remaining = Vec::new();
    for pattern in &rule.files {
        let matched: Vec<&String> = all.iter().filter(|f| pattern.matches(f)).collect();
        let deviating: Vec<&String> = matched.iter().copied().filter(|f| usage.files.contains(f.as_str())).collect();
        if deviating.len() > NAMED || (!matched.is_empty() && deviating.len() == matched.len()) {
            remaining.push(pattern.text.clone());
        } else {
            remaining.extend(deviating.into_iter().map(|file| escape_glob(file)));
        }
    }
    let unchanged = remaining.len() == rule.files.len() && rule.files.iter().zip(&remaining).all(|(p, r)| p.text == *r);
    (!unchanged).then_some(remaining)
}

impl Expectations {
    /// Judges `file` and `at` of every rule just by the directives of the files, without running anything.
    ///
    /// `files` are the keys of the whole suite; `directives` parses one of them and returns its directives in order (it is called
    /// only for files in which a rule has positions).
    pub fn stale<E: std::fmt::Display>(
        &self,
        suite: &str,
        files: &[String],
        directives: &mut dyn FnMut(&str) -> Result<Vec<Position>, E>,
    ) -> Vec<RuleNews> {
        let mut news = Vec::new();
        if !self.rules.is_empty() && self.suite.as_deref() != Some(suite) {
            news.push(suite_news(self, suite));
        }
        let mut parsed: HashMap<&str, Result<Located, E>> = HashMap::new();
        for rule in
            self.rules.iter().filter(|r| r.when.suite.as_ref().is_none_or(|s| s.iter().any(|p| p.matches(suite))))
        {
            news.extend(unmatched_files(rule, files));
            let Some(list) = &rule.at else { continue };
            let mut found = vec![false; list.len()];
            for key in files.iter().filter(|f| rule.matches_file(f)) {
                let located = parsed.entry(key).or_insert_with(|| {
                    let positions = directives(key)?;
                    let indices: Vec<String> = (0..positions.len()).map(|i| i.to_string()).collect();
                    let items = indices.iter().zip(&positions).map(|(i, p)| (i.as_str(), p.line, p.directive.as_str()));
                    Ok(Located::new(items))
                });
                match located {
                    Err(e) => {
                        let message = format!("{key} does not parse, so its positions cannot be checked: {e}");
                        news.push(RuleNews::new(NewsKind::NoMatch, rule.line, message));
                        found.fill(true);
                    }
                    Ok(located) => {
                        for (at, found) in list.iter().zip(&mut found) {
                            match located.find(at) {
                                Found::None => {}
                                Found::One(_) => *found = true,
                                Found::Several(count) => {
                                    *found = true;
                                    news.push(ambiguous(rule, key, at, count));
                                }
                            }
                        }
                    }
                }
            }
            for (at, _) in list.iter().zip(&found).filter(|(_, found)| !**found) {
                news.push(no_position(rule, at, " (--bless does)"));
            }
        }
        news
    }
}

fn no_position(rule: &Rule, at: &RulePosition, remedy: &str) -> RuleNews {
    RuleNews::new(
        NewsKind::NoMatch,
        rule.line,
        format!(
            "no file of this rule has a directive `{at}`: correct the line or the directive, or remove the position{remedy}"
        ),
    )
}
