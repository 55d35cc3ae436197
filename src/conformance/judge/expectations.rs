//! `expectations.toml`: every known deviation from the testsuite, each with a bug and a reason.
//!
//! Parsing is here; comparing records with the rules is in [`judge`], rewriting the file (`--bless`, `--add`) in
//! [`edit`]. The rules are strict in both directions: a deviation that no rule covers is news, and so is a rule that no
//! longer covers anything, because a list of deviations without forced upkeep soon describes another program.

pub mod edit;
pub mod judge;
#[cfg(test)]
mod tests;
mod values;

use crate::conformance::read::files::{self, ReadError};
use crate::conformance::read::kind::{self, NotUtf8};
use crate::conformance::record::{Verdict, XDIFF};
use crate::text::stands_for;
use glob::{MatchOptions, Pattern, PatternError};
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::Spanned;
use values::Values;

pub use judge::{Coverage, Extent, FileKeys, Judge, NewsKind, Position, RuleNews, RulesReport};

/// The rules of one file.
#[derive(Debug)]
pub struct Expectations {
    /// The file's name in messages.
    pub name: String,
    /// The revision of the suite for which positions (`at`) were written. Rules for scripts named by path need none.
    pub suite: Option<String>,
    /// The rules, in the order of the file.
    pub rules: Vec<Rule>,
}

/// One `[[expect]]` table.
#[derive(Debug)]
pub struct Rule {
    /// The 1-based line of its header in the file.
    pub line: usize,
    /// Globs on `group/stem`; `*` does not cross a `/`, `**` does.
    pub files: Vec<GlobPattern>,
    /// The directives that the rule is about; `None` for all directives of the files.
    pub at: Option<Vec<RulePosition>>,
    /// The conditions under which the rule holds.
    pub when: RuleConditions,
    /// The verdict that the rule expects.
    pub status: RuleStatus,
    /// The deviations that the rule accepts; `None` for all with this status.
    pub got: Option<AcceptedDeviations>,
    /// For a `flaky` rule, the number of runs of a file, of which at least one must pass and at least one deviate.
    pub runs: u32,
    /// The address of the bug report.
    pub bug: String,
    /// The cause of the deviation, in a sentence.
    pub reason: String,
}

/// The deviations that a rule accepts: texts, one of which must be the [`signature`]. A `*` in a text stands for any
/// text, and `\*` for a `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedDeviations(Vec<String>);

impl AcceptedDeviations {
    /// Whether `signature`, made from a deviation with this verdict, is one of the texts.
    pub fn matches(&self, verdict: Verdict, signature: &str) -> bool {
        self.0.iter().any(|text| stands_for(&self::signature(verdict, text), signature))
    }
}

impl fmt::Display for AcceptedDeviations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0[..] {
            [one] => write!(f, "{one:?}"),
            several => write!(f, "{several:?}"),
        }
    }
}

/// A glob with its text.
#[derive(Clone, Debug)]
pub struct GlobPattern {
    /// The glob as it is written.
    pub text: String,
    pattern: Pattern,
}

/// The error for a text that is not a glob.
#[derive(Debug, thiserror::Error)]
enum GlobError {
    #[error(transparent)]
    Syntax(#[from] PatternError),
    #[error("`{0}` has alternatives in braces; use a list of globs instead")]
    Braces(String),
}

/// A glob that matches exactly this name.
fn escape_glob(name: &str) -> String {
    glob::Pattern::escape(name).replace('{', "[{]")
}

impl GlobPattern {
    fn new(text: &str) -> Result<GlobPattern, GlobError> {
        // Elsewhere, braces in globs mean alternatives; here they would match nothing.
        if text.replace("[{]", "").contains('{') {
            return Err(GlobError::Braces(text.to_string()));
        }
        Ok(GlobPattern { text: text.to_string(), pattern: Pattern::new(text)? })
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let options = MatchOptions { require_literal_separator: true, ..MatchOptions::new() };
        self.pattern.matches_with(text, options)
    }
}

/// `"312 assert_return f32x4.min #2"`: line, directive, and the ordinal among several equal ones on that line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulePosition {
    /// The 1-based line on which the directive begins.
    pub line: u32,
    /// The kind of the directive and the name that it calls, as reports write them.
    pub directive: String,
    /// The 1-based ordinal.
    pub ordinal: Option<u32>,
}

/// The error for a text that is not a position.
#[derive(Debug, thiserror::Error)]
#[error("invalid position `{0}`; expected \"LINE DIRECTIVE\", or \"LINE DIRECTIVE #N\" if the line has several")]
struct PositionError(String);

impl RulePosition {
    fn parse(text: &str) -> Result<RulePosition, PositionError> {
        let bad = || PositionError(text.to_string());
        let (line, rest) = text.trim().split_once(' ').ok_or_else(bad)?;
        // Parsing alone would accept a sign.
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let counted = |text: &str| text.parse::<u32>().ok().filter(|&n| n > 0).ok_or_else(bad);
        let line = if is_number(line) { counted(line)? } else { return Err(bad()) };
        let (directive, ordinal) = match rest.rsplit_once(" #") {
            Some((directive, n)) if is_number(n) => (directive, Some(counted(n)?)),
            _ => (rest, None),
        };
        let directive = directive.trim();
        if directive.is_empty() {
            Err(bad())
        } else {
            Ok(RulePosition { line, directive: directive.to_string(), ordinal })
        }
    }
}

impl fmt::Display for RulePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.line, self.directive)?;
        match self.ordinal {
            Some(n) => write!(f, " #{n}"),
            None => Ok(()),
        }
    }
}

/// The facts of a run, to which the conditions of a `when` are compared.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// The CPU architecture, as in `std::env::consts::ARCH`.
    pub arch: String,
    /// The operating system, as in `std::env::consts::OS`.
    pub os: String,
    /// The revision of the suite that runs.
    pub suite: String,
    /// `1.0`, `2.0`, `3.0` or `latest`.
    pub spec: String,
    /// `--mode`; empty without it.
    pub mode: String,
}

/// When a rule holds; every condition is a list of globs, of which one must match.
#[derive(Debug, Default)]
pub struct RuleConditions {
    /// Columns.
    pub backend: Option<Vec<GlobPattern>>,
    /// See [`Conditions::arch`].
    pub arch: Option<Vec<GlobPattern>>,
    /// See [`Conditions::os`].
    pub os: Option<Vec<GlobPattern>>,
    /// See [`Conditions::suite`].
    pub suite: Option<Vec<GlobPattern>>,
    /// See [`Conditions::spec`].
    pub spec: Option<Vec<GlobPattern>>,
    /// See [`Conditions::mode`].
    pub mode: Option<Vec<GlobPattern>>,
}

impl RuleConditions {
    /// Whether all conditions except the one on the backend hold.
    pub fn holds(&self, c: &Conditions) -> bool {
        let pairs = [
            (&self.arch, &c.arch),
            (&self.os, &c.os),
            (&self.suite, &c.suite),
            (&self.spec, &c.spec),
            (&self.mode, &c.mode),
        ];
        pairs.iter().all(|(patterns, value)| any(patterns, value))
    }

    /// Whether the condition on the backend holds for this column.
    pub fn backend_holds(&self, backend: &str) -> bool {
        any(&self.backend, backend)
    }
}

fn any(patterns: &Option<Vec<GlobPattern>>, value: &str) -> bool {
    patterns.as_ref().is_none_or(|list| list.iter().any(|p| p.matches(value)))
}

/// The verdict that a rule expects of its directives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum RuleStatus {
    /// See [`Verdict::Fail`].
    Fail,
    /// See [`Verdict::Crash`].
    Crash,
    /// See [`Verdict::Timeout`].
    Timeout,
    /// See [`Verdict::Unsupported`].
    Unsupported,
    /// See [`Verdict::Diverge`]; in the `xdiff` column only.
    Diverge,
    /// Neither always passes nor always fails.
    Flaky,
}

/// The error for a text that is not a [`RuleStatus`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatusError {
    /// There is no such status, on purpose.
    #[error(
        "invalid status `skip`: nothing is ever skipped, and what cannot be run is `unsupported`; expected one of {}",
        RuleStatus::names()
    )]
    Skip,
    /// Any other text.
    #[error("unknown status `{0}`; expected one of {names}", names = RuleStatus::names())]
    Unknown(String),
}

impl TryFrom<String> for RuleStatus {
    type Error = StatusError;

    fn try_from(text: String) -> Result<RuleStatus, StatusError> {
        match RuleStatus::ALL.into_iter().find(|s| s.name() == text) {
            Some(status) => Ok(status),
            None if text == "skip" => Err(StatusError::Skip),
            None => Err(StatusError::Unknown(text)),
        }
    }
}

impl RuleStatus {
    /// All statuses, in order.
    pub const ALL: [RuleStatus; 6] = [
        RuleStatus::Fail,
        RuleStatus::Crash,
        RuleStatus::Timeout,
        RuleStatus::Unsupported,
        RuleStatus::Diverge,
        RuleStatus::Flaky,
    ];

    fn names() -> String {
        RuleStatus::ALL.map(RuleStatus::name).join(", ")
    }

    /// The verdict of the same name.
    pub fn verdict(self) -> Verdict {
        match self {
            RuleStatus::Fail => Verdict::Fail,
            RuleStatus::Crash => Verdict::Crash,
            RuleStatus::Timeout => Verdict::Timeout,
            RuleStatus::Unsupported => Verdict::Unsupported,
            RuleStatus::Diverge => Verdict::Diverge,
            RuleStatus::Flaky => Verdict::Flaky,
        }
    }

    /// The name, as rules write it.
    pub fn name(self) -> &'static str {
        self.verdict().name()
    }
}

/// The effect of a rule on a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleReach {
    /// The rule is not about the column.
    None,
    /// The status is accepted there if the rule has accepted it on a backend, and never demanded.
    Allows,
    /// The status is accepted there, and demanded.
    Covers,
}

impl Rule {
    /// Whether one of the globs matches the key of a file, such as `core/i32`.
    pub fn matches_file(&self, key: &str) -> bool {
        self.files.iter().any(|p| p.matches(key))
    }

    /// The effect of the rule on a column.
    ///
    /// If one side of a comparison has no outcome, the `xdiff` column says so too. That follows from the rule for the side and
    /// needs no rule of its own, unless the comparison itself went wrong: then `when.backend` must name `xdiff`. A `fail` need
    /// not diverge, and only `xdiff` can diverge.
    pub fn reach(&self, backend: &str) -> RuleReach {
        let covers = |yes: bool| if yes { RuleReach::Covers } else { RuleReach::None };
        if backend != XDIFF {
            return covers(self.status != RuleStatus::Diverge && self.when.backend_holds(backend));
        }
        match self.status {
            RuleStatus::Diverge => RuleReach::Covers,
            RuleStatus::Fail => RuleReach::None,
            RuleStatus::Flaky => covers(self.when.backend_holds(XDIFF)),
            RuleStatus::Crash | RuleStatus::Timeout | RuleStatus::Unsupported => {
                let named = self.when.backend.iter().flatten().any(|p| p.text == XDIFF);
                if named { RuleReach::Covers } else { RuleReach::Allows }
            }
        }
    }
}

/// Something wrong with the file itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleProblem {
    /// The 1-based line; 0 if the parser gives no position.
    pub line: usize,
    /// The description, a sentence without the position.
    pub message: String,
}

/// A file that cannot be used, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidRules {
    /// The file's name in messages.
    pub name: String,
    /// The problems; at least one.
    pub problems: Vec<RuleProblem>,
}

impl fmt::Display for InvalidRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, p) in self.problems.iter().enumerate() {
            let newline = if i == 0 { "" } else { "\n" };
            write!(f, "{newline}{}:{}: {}", self.name, p.line, p.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for InvalidRules {}

/// Why there are no rules to judge by.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The file cannot be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error.
        #[source]
        error: ReadError,
    },
    /// The file is not text.
    #[error("{}: {error}", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The position of the invalid text.
        #[source]
        error: NotUtf8,
    },
    /// The file cannot be used.
    #[error(transparent)]
    Invalid(#[from] InvalidRules),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    suite: Option<String>,
    #[serde(default)]
    expect: Vec<Spanned<RawRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    file: Spanned<OneOrMany>,
    at: Option<Spanned<Vec<Spanned<String>>>>,
    #[serde(default)]
    when: RawWhen,
    status: RuleStatus,
    got: Option<Spanned<OneOrMany>>,
    runs: Option<Spanned<u32>>,
    bug: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawWhen {
    backend: Option<Spanned<OneOrMany>>,
    arch: Option<Spanned<OneOrMany>>,
    os: Option<Spanned<OneOrMany>>,
    suite: Option<Spanned<OneOrMany>>,
    spec: Option<Spanned<OneOrMany>>,
    mode: Option<Spanned<OneOrMany>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn list(&self) -> &[String] {
        match self {
            OneOrMany::One(s) => std::slice::from_ref(s),
            OneOrMany::Many(v) => v,
        }
    }
}

impl Expectations {
    /// No rules at all (`--expectations none`): every deviation is news.
    pub fn none() -> Expectations {
        Expectations { name: "none".into(), suite: None, rules: Vec::new() }
    }

    /// Finds and reads the rules: `argument` is `none` or a path. Without it, the rules are those of the checkout that the
    /// current directory lies in, or, outside any checkout, those that the program was built with. `engines`: the names of
    /// foreign columns.
    ///
    /// # Errors
    /// See [`FindError`].
    pub fn find(argument: Option<&str>, engines: &[String]) -> Result<LocatedRules, FindError> {
        let on_disk = match argument {
            Some("none") => {
                return Ok(LocatedRules { rules: Expectations::none(), path: None, source: String::new() });
            }
            Some(path) => Some(PathBuf::from(path)),
            None => crate::conformance::read::suite::checkout_root()
                .map(|root| root.join("expectations.toml"))
                .filter(|p| p.is_file()),
        };
        let (name, source) = match &on_disk {
            Some(path) => {
                let source = text(path)?;
                let name = match argument {
                    Some(name) => name.to_string(),
                    None => "expectations.toml".to_string(),
                };
                (name, source)
            }
            None => ("expectations.toml (built in)".into(), EMBEDDED.to_string()),
        };
        let rules = Expectations::parse(&name, &source, engines)?;
        Ok(LocatedRules { rules, path: on_disk, source })
    }

    /// Parses a file; `name` is what messages call it. `engines`: the names of foreign columns.
    ///
    /// # Errors
    /// TOML that does not parse, an unknown key, a rule without a bug or a reason, or a bad glob or position; each is reported
    /// with its line.
    /// line.
    pub fn parse(name: &str, source: &str, engines: &[String]) -> Result<Expectations, InvalidRules> {
        let invalid = |problems| InvalidRules { name: name.to_string(), problems };
        let lines = LineStarts::of(source);
        let raw: RawFile = toml::from_str(source).map_err(|e| {
            let line = e.span().map_or(0, |s| lines.line_of(s.start));
            invalid(vec![RuleProblem { line, message: e.message().replace('\n', " ") }])
        })?;
        let mut reader = Reader { lines, engines, problems: Vec::new() };
        let rules = raw.expect.into_iter().map(|r| reader.rule(r)).collect();
        if reader.problems.is_empty() {
            Ok(Expectations { name: name.to_string(), suite: raw.suite, rules })
        } else {
            Err(invalid(reader.problems))
        }
    }
}

/// Rules and their location.
#[derive(Debug)]
pub struct LocatedRules {
    /// The parsed rules.
    pub rules: Expectations,
    /// The file that they come from; `None` if they do not come from a file that could be changed.
    pub path: Option<PathBuf>,
    /// Their text.
    pub source: String,
}

impl LocatedRules {
    /// The current text of the file, which may have changed since the rules were read; [`LocatedRules::source`] if there is no
    /// file.
    ///
    /// # Errors
    /// See [`FindError`].
    pub fn now(&self) -> Result<String, FindError> {
        match &self.path {
            Some(path) if path.exists() => text(path),
            _ => Ok(self.source.clone()),
        }
    }
}

/// The text of a file of rules.
fn text(path: &Path) -> Result<String, FindError> {
    let bytes =
        files::any(path, files::LIMIT).map_err(|error| FindError::Unreadable { path: path.to_path_buf(), error })?;
    let text = kind::utf8(&bytes).map_err(|error| FindError::NotUtf8 { path: path.to_path_buf(), error })?;
    Ok(text.to_string())
}

/// The number of runs in which a `flaky` directive must be seen both ways, if its rule does not say.
const RUNS: u32 = 10;

/// The rules of an installed program.
const EMBEDDED: &str = include_str!("../../../expectations.toml");

struct Reader<'a> {
    lines: LineStarts,
    engines: &'a [String],
    problems: Vec<RuleProblem>,
}

impl Reader<'_> {
    fn problem(&mut self, offset: usize, message: String) {
        self.problems.push(RuleProblem { line: self.lines.line_of(offset), message });
    }

    fn patterns(&mut self, list: &Spanned<OneOrMany>, what: &str) -> Vec<GlobPattern> {
        let offset = list.span().start;
        let texts = list.get_ref().list();
        if texts.is_empty() {
            self.problem(
                offset,
                format!("`{what}` is an empty list, which matches nothing; add an entry or remove it"),
            );
        }
        let mut patterns = Vec::new();
        for text in texts {
            match GlobPattern::new(text) {
                Ok(p) => patterns.push(p),
                Err(e) => self.problem(offset, format!("`{what}`: {e}")),
            }
        }
        patterns
    }

    /// Parses the globs of a condition. `values`: all values that it can be compared to. A rule that can never hold would cover
    /// nothing, and would never be reported as stale.
    fn condition(&mut self, list: &Spanned<OneOrMany>, what: &str, values: Option<&Values<'_>>) -> Vec<GlobPattern> {
        let patterns = self.patterns(list, what);
        for pattern in &patterns {
            let Some((all, hint)) = values.map(|values| values(&pattern.text)) else { continue };
            if !all.iter().any(|value| pattern.matches(value)) {
                let message = format!(
                    "`{what}`: `{}` matches no possible value, so the rule would never apply; expected {hint}",
                    pattern.text
                );
                self.problem(list.span().start, message);
            }
        }
        patterns
    }

    fn text(&mut self, offset: usize, value: Option<String>, key: &str, hint: &str) -> String {
        match value {
            Some(s) if !s.trim().is_empty() => s,
            _ => {
                self.problem(offset, format!("this rule has no `{key}`: {hint}"));
                String::new()
            }
        }
    }

    fn rule(&mut self, raw: Spanned<RawRule>) -> Rule {
        let start = raw.span().start;
        let raw = raw.into_inner();
        let files = self.patterns(&raw.file, "file");
        let at = raw.at.map(|list| {
            if list.get_ref().is_empty() {
                let hint = "`at` is an empty list, which matches nothing; remove it to mean the whole file";
                self.problem(list.span().start, hint.to_string());
            }
            let mut at = Vec::new();
            for text in list.into_inner() {
                match RulePosition::parse(text.get_ref()) {
                    Ok(a) if at.contains(&a) => {
                        self.problem(text.span().start, format!("duplicate position `{a}`; remove one"))
                    }
                    Ok(a) => at.push(a),
                    Err(e) => self.problem(text.span().start, e.to_string()),
                }
            }
            at
        });
        let w = raw.when;
        let engines = self.engines;
        let backends = |text: &str| values::backends(text, engines);
        let mut when = |list: Option<Spanned<OneOrMany>>, what, values: Option<&Values<'_>>| {
            list.map(|list| self.condition(&list, what, values))
        };
        let when = RuleConditions {
            backend: when(w.backend, "when.backend", Some(&backends)),
            arch: when(w.arch, "when.arch", Some(&values::architectures)),
            os: when(w.os, "when.os", Some(&values::systems)),
            suite: when(w.suite, "when.suite", None),
            spec: when(w.spec, "when.spec", Some(&values::specs)),
            mode: when(w.mode, "when.mode", Some(&values::modes)),
        };
        if raw.status == RuleStatus::Diverge && when.backend.is_some() {
            let hint = "only the `xdiff` column has the verdict `diverge`; remove `when.backend`";
            self.problem(start, hint.to_string());
        }
        if raw.status == RuleStatus::Flaky && raw.got.is_none() {
            let hint = "a `flaky` rule accepts a pass or one stated `got`; add the `got`";
            self.problem(start, hint.to_string());
        } else if at.is_none() && raw.got.is_none() {
            let hint = "a rule for a whole file would cover every future failure; restrict it with `got` (a text, or a \
                        list of texts, in which `*` stands for anything) or with `at`";
            self.problem(start, hint.to_string());
        }
        let got = raw.got.map(|got| {
            let texts = got.get_ref().list().to_vec();
            // What is left of it where it is compared; `flaky` rules also accept what is unsupported.
            let verdicts = [raw.status.verdict(), Verdict::Unsupported];
            let verdicts = if raw.status == RuleStatus::Flaky { &verdicts[..] } else { &verdicts[..1] };
            let says_nothing = |text: &String| {
                verdicts.iter().any(|verdict| signature(*verdict, text).trim_matches(['*', ' ']).is_empty())
            };
            if texts.is_empty() || texts.iter().any(says_nothing) {
                let hint = "`got` matches any text, so it would cover every future failure; make it more specific";
                self.problem(got.span().start, hint.to_string());
            }
            AcceptedDeviations(texts)
        });
        let runs = match raw.runs {
            None => RUNS,
            Some(runs) => {
                if raw.status != RuleStatus::Flaky {
                    self.problem(runs.span().start, "`runs` is only for `flaky` rules; remove it".to_string());
                } else if *runs.get_ref() < 2 {
                    self.problem(runs.span().start, "`runs` must be at least 2: one to pass, one to fail".to_string());
                }
                *runs.get_ref()
            }
        };
        let bug = self.text(start, raw.bug, "bug", "say where the deviation is tracked (an address)");
        let reason = self.text(start, raw.reason, "reason", "say in one sentence why the deviation is accepted");
        let line = self.lines.line_of(start);
        Rule { line, files, at, when, status: raw.status, got, runs, bug, reason }
    }
}

/// The offsets at which lines begin, except the first line.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> LineStarts {
        LineStarts(text.match_indices('\n').map(|(at, _)| at + 1).collect())
    }

    /// The 1-based line of a byte offset.
    fn line_of(&self, offset: usize) -> usize {
        1 + self.0.partition_point(|&start| start <= offset)
    }
}

/// The text that is compared with a rule's `got`: without the parts that differ from run to run.
///
/// Paths lose their folders, and an unsupported feature loses its position in the module. Only crashes and timeouts contain
/// addresses and times; in all other texts a hexadecimal number is a value, and a changed value is news.
pub fn signature(verdict: Verdict, got: &str) -> String {
    let got = match verdict {
        Verdict::Unsupported => [" (at offset ", " (from line ", " (from directive "]
            .iter()
            .fold(got, |text, mark| text.split_once(mark).map_or(text, |(what, _)| what)),
        _ => got,
    };
    let volatile = matches!(verdict, Verdict::Crash | Verdict::Timeout);
    let mut words = Vec::new();
    let mut rest = got.split_whitespace().map(|word| (word, bare(word))).peekable();
    while let Some((word, bare)) = rest.next() {
        let next = rest.peek().map(|(_, next)| *next);
        let replaced = if bare.matches('/').count() > 1 && bare.starts_with('/') {
            format!("…/{}", bare.rsplit('/').next().unwrap_or_default())
        } else if volatile && is_address(bare) {
            "0x…".to_string()
        } else if volatile && is_time(bare, next) {
            "…".to_string()
        } else {
            bare.to_string()
        };
        words.push(if replaced == bare { word.to_string() } else { word.replacen(bare, &replaced, 1) });
    }
    words.join(" ")
}

fn is_address(word: &str) -> bool {
    word.strip_prefix("0x").is_some_and(|hex| !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A word without the punctuation around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/')
}

/// Whether a word is a time: a number with its unit, or with the unit as the next word. Any other number identifies the crash: a
/// status, a line, an index.
fn is_time(word: &str, next: Option<&str>) -> bool {
    const UNITS: [&str; 5] = ["ms", "us", "µs", "ns", "s"];
    let alone = || next.filter(|next| UNITS.contains(next)).map(|_| word);
    let number = UNITS.iter().find_map(|unit| word.strip_suffix(unit)).or_else(alone);
    number.is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()) && n.parse::<f64>().is_ok())
}
