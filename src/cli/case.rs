//! The options of `bisect` and `reduce`: a subject, and two configurations that disagree on it.

use super::program::{ProgramArgs, utf8};
use super::switches::{NanSwitch, Switches};
use super::{Failed, NOT_AS_EXPECTED, engine_names, input, modes, say, values};
use crate::conformance::backend::Backend;
use crate::conformance::read::error::in_file;
use crate::conformance::read::kind;
use crate::conformance::report::replay::quoted;
use crate::engine::{Config, Mode, Tier};
use crate::module::text;
use crate::triage::bisect::{Case, NotBisectable, search};
use crate::triage::difference::{Difference, DifferenceKind, diff};
use crate::triage::reduce;
use crate::triage::subject::{DrivenBy, Subject};
use crate::triage::trial::{Side, TrialError, TrialLimits, TrialPlace, Trials, script};
use indicatif::ProgressBar;
use std::cmp::Ordering;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;
use wast::lexer::TokenKind;

/// Why there is no disagreement to search for.
pub enum NoCase {
    /// The two configurations agree, or do not always differ in the same way.
    NotBisectable(NotBisectable),
    /// An error in usage, input or output.
    Failed(Failed),
}

impl From<NotBisectable> for NoCase {
    fn from(e: NotBisectable) -> NoCase {
        NoCase::NotBisectable(e)
    }
}

impl From<Failed> for NoCase {
    fn from(e: Failed) -> NoCase {
        NoCase::Failed(e)
    }
}

impl From<TrialError> for NoCase {
    fn from(e: TrialError) -> NoCase {
        NoCase::Failed(e.into())
    }
}

/// Defaults: the seed, the rounds, and the time limit in seconds.
const SEED: u64 = 0;
const ROUNDS: u32 = 3;
const TIMEOUT: f64 = 20.0;

/// The subject and the two configurations.
#[derive(clap::Args)]
pub struct CaseArgs {
    /// Module (.wasm or .wat; `-` is standard input) or script (.wast)
    pub file: PathBuf,
    #[command(flatten)]
    pub program: ProgramArgs,
    /// Line of the last directive of the script to run [default: that of the first directive that differs]
    #[arg(long, value_name = "LINE")]
    pub at: Option<u32>,
    /// Seed for the arguments of exported functions
    #[arg(long, value_name = "N", default_value_t = SEED)]
    pub seed: u64,
    /// Number of times to call each exported function
    #[arg(long, value_name = "N", default_value_t = ROUNDS, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// Exported global to set before each call, and its value; modules from wasm-smith need it
    #[arg(long, value_name = "GLOBAL=N")]
    pub set: Option<String>,
    /// Backend taken to be right: interp, jit-O0, jit-O1 or jit
    #[arg(long, value_name = "BACKEND", default_value = "interp")]
    pub good: String,
    /// Backend taken to be wrong: interp, jit-O0, jit-O1 or jit; for `reduce`, also another engine: a name from
    /// `wasmoon test --list-engines`, or "cmd:PROGRAM ARGUMENTS". NAME=ENGINE names its column in follow-up commands
    #[arg(long, value_name = "BACKEND", default_value = "jit")]
    pub bad: String,
    /// Mode of the wrong backend: tier:SEED (interpreted at first, and replaced by compiled code while it runs, after a
    /// number of passings chosen by a hash), tier:entry:N or tier:loop:N (all functions are replaced after N passings
    /// of their entry or of a loop)
    #[arg(long, value_name = "MODE", value_parser = modes::tiers)]
    pub mode: Option<Mode>,
    /// Count a difference even if it disappears under --nan canonical, and so may only be a choice of NaNs
    #[arg(long)]
    pub count_nans: bool,
    /// Time limit for one execution, in seconds
    #[arg(long, value_name = "SECONDS", default_value = TIMEOUT.to_string(), value_parser = values::seconds)]
    pub timeout: Duration,
    /// Number of parallel processes [default: one per core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,
    #[command(flatten)]
    pub switches: Switches,
    #[command(flatten, next_help_heading = "Engine switches")]
    pub nan: NanSwitch,
}

impl CaseArgs {
    /// The subject, with what drives it.
    ///
    /// # Errors
    /// The file cannot be read, or is not a module that can be run.
    pub fn subject(&self) -> Result<Subject, Failed> {
        let bytes = input::read(&self.file)?;
        if self.file.extension().is_some_and(|e| e == "wast") {
            let drive = DrivenBy::Script { line: self.at.unwrap_or(u32::MAX) };
            self.check_options(&drive)?;
            let name = self.file.display().to_string();
            // Any mistake in the script is reported here, where its name is known.
            let of_file = |e: script::NotAScript| in_file(&name, &e.to_string());
            let lines = script::lines(&bytes).map_err(of_file)?;
            if let Some(line) = self.at
                && !lines.contains(&line)
            {
                return Err(format!("{name}: no directive begins on line {line}").into());
            }
            script::without_threads(&bytes, self.at.unwrap_or(u32::MAX)).map_err(of_file)?;
            return Ok(Subject { bytes, provider: None, drive });
        }
        let name = self.file.display();
        if self.at.is_some() {
            return Err(format!("{name}: --at is only for scripts (.wast)").into());
        }
        let bytes = input::binary(&self.file, bytes)?;
        let module = input::module(&self.file, &bytes)?;
        let given = &self.program;
        let drive = if let Some(export) = &given.invoke {
            DrivenBy::Invoke { export: export.clone(), args: given.arg.clone() }
        } else if module.export("_start").is_some() {
            let mut args = vec![self.file.display().to_string()];
            for arg in &given.args {
                args.push(utf8(arg, "the argument")?);
            }
            let variable =
                |(name, value): (OsString, OsString)| Ok((utf8(&name, "--env")?, utf8(&value, "the value of --env")?));
            let env = given.environment()?.into_iter().map(variable).collect::<Result<_, Failed>>()?;
            DrivenBy::Program { args, env, dirs: given.folders()?, stdin: Vec::new() }
        } else {
            let fuel = match &self.set {
                None => None,
                Some(text) => {
                    let parsed = text.split_once('=').and_then(|(g, n)| Some((g.to_string(), n.parse().ok()?)));
                    Some(parsed.ok_or("--set: expected GLOBAL=N")?)
                }
            };
            DrivenBy::Exports { seed: self.seed, rounds: self.rounds, fuel, hostless: false }
        };
        self.check_options(&drive)?;
        Ok(Subject { bytes, provider: None, drive })
    }

    /// Refuses options that would have no effect. (A script itself contains what these options give to a module.)
    fn check_options(&self, drive: &DrivenBy) -> Result<(), Failed> {
        let program = &self.program;
        let is_script = matches!(drive, DrivenBy::Script { .. });
        let of_exports = "is only for modules whose exports are all called (no --invoke, no `_start`)";
        let of_programs = "is only for programs (a `_start` export, no --invoke)";
        let (exports, programs) =
            (matches!(drive, DrivenBy::Exports { .. }), matches!(drive, DrivenBy::Program { .. }));
        let given = [
            ("--invoke", program.invoke.is_some(), !is_script, ""),
            ("--set", self.set.is_some(), exports, of_exports),
            ("--seed", self.seed != SEED, exports, of_exports),
            ("--rounds", self.rounds != ROUNDS, exports, of_exports),
            ("--dir", !program.dir.is_empty(), programs, of_programs),
            ("--env", !program.env.is_empty(), programs, of_programs),
            ("ARGS", !program.args.is_empty(), programs, of_programs),
        ];
        match given.iter().find(|(_, is_given, counts, _)| *is_given && !counts) {
            Some((name, .., why)) => {
                let why = if is_script { "is only for modules, not for scripts" } else { why };
                Err(format!("{}: {name} {why}", self.file.display()).into())
            }
            None => Ok(()),
        }
    }

    /// Refuses options that another engine does not have.
    ///
    /// # Errors
    /// One of them is given.
    pub fn check_engine_options(&self) -> Result<(), Failed> {
        if self.mode.is_some() || self.switches != Switches::default() {
            return Err("--mode and compiler switches apply to backends, not to other engines".into());
        }
        Ok(())
    }

    /// The good configuration and the bad side.
    ///
    /// # Errors
    /// A backend, an engine or a function does not exist.
    pub fn sides(&self, subject: &Subject) -> Result<(Config, Side), Failed> {
        let nan = self.nan.nan;
        let named = |name: &str, others: &str| {
            let hint = || format!("unknown backend '{name}'; expected one of {}{others}", Backend::NAMES.join(", "));
            Backend::named(name).map(|b| Config { nan, ..b.config }).ok_or_else(hint)
        };
        let good = named(&self.good, "")?;
        if engine_names::is_engine(&self.bad) {
            self.check_engine_options()?;
            let (label, engine) = engine_names::split(&self.bad);
            if let Some(label) = label {
                engine_names::check("--bad", &self.bad, label, std::iter::empty())?;
            }
            return Ok((good, Side::Engine { name: engine.into(), nan }));
        }
        let mut bad = named(&self.bad, ", or an engine from `wasmoon test --list-engines`")?;
        if let Some(mode) = self.mode {
            if bad.mode != Mode::All(Tier::Jit) {
                return Err(format!("--mode applies to jit-O0, jit-O1 and jit, not to {}", self.bad).into());
            }
            bad.mode = mode;
        }
        let modules = match &subject.drive {
            DrivenBy::Script { line } => script::modules(&subject.bytes, *line)?,
            _ => vec![std::sync::Arc::new(input::module(&self.file, &subject.bytes)?)],
        };
        self.switches.apply(&mut bad, modules.iter().map(|m| &**m))?;
        if good == bad {
            return Err(format!("--good and --bad are the same: {}", self.good).into());
        }
        Ok((good, bad.into()))
    }

    /// The number of parallel processes.
    pub fn jobs(&self) -> usize {
        self.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
    }

    /// The case, confirmed.
    ///
    /// # Errors
    /// See [`NoCase`].
    pub fn case(&self, progress: &ProgressBar) -> Result<Case, NoCase> {
        let mut case = self.confirmed(progress)?;
        case.counts_nans = self.count_nans;
        if !case.counts_nans {
            case = case.unless_only_nans()?;
        }
        case.others = (1..self.jobs()).map(|_| case.trials.another()).collect();
        Ok(case)
    }

    /// The subject as calls, for other engines, with what executes it.
    ///
    /// # Errors
    /// The file cannot be read, or is not driven by calls.
    pub fn calls(&self) -> Result<(Subject, Config, Trials), Failed> {
        self.check_engine_options()?;
        let subject = by_calls(self.subject()?)?;
        self.check_calls(&subject)?;
        let unknown = || format!("unknown backend '{}'; expected one of {}", self.good, Backend::NAMES.join(", "));
        let good = Config { nan: self.nan.nan, ..Backend::named(&self.good).ok_or_else(unknown)?.config };
        Ok((subject, good, self.trials()?))
    }

    /// Refuses a subject with random calls that has no functions to call: all backends would agree.
    fn check_calls(&self, subject: &Subject) -> Result<(), Failed> {
        let DrivenBy::Exports { .. } = subject.drive else { return Ok(()) };
        if subject.prepare().map_err(TrialError::from)?.calls.is_empty() {
            let (name, why) = (self.file.display(), "it exports no function whose arguments can be generated");
            return Err(format!("{name}: {why}, so nothing would be called").into());
        }
        Ok(())
    }

    fn trials(&self) -> Result<Trials, TrialError> {
        let spending = TrialLimits { seconds: self.timeout.as_secs_f64(), ..TrialLimits::default() };
        Ok(Trials::new(TrialPlace::this_executable()?, spending))
    }

    fn confirmed(&self, progress: &ProgressBar) -> Result<Case, NoCase> {
        let mut subject = self.subject()?;
        self.check_calls(&subject)?;
        let (good, bad) = self.sides(&subject)?;
        let mut trials = self.trials()?;
        progress.set_message("running both sides twice");
        let bad = match bad {
            Side::Backend(config) => config,
            Side::Engine { .. } => {
                let shown = reduce::with_state_read(by_calls(subject)?, &good, &bad, &mut trials);
                return Ok(Case::new(shown.map_err(Failed::from)?, good, bad, trials)?);
            }
        };
        if matches!(subject.drive, DrivenBy::Script { .. }) && self.at.is_none() {
            first_line(&mut subject, &good, &bad, &mut trials)?;
        }
        let (DrivenBy::Script { line: asked }, Some(_)) = (&subject.drive, self.at) else {
            return Ok(Case::new(subject, good, bad.into(), trials)?);
        };
        // The outcome at that line may depend on the stack of an earlier script. Any other directive will do, unless
        // the rest of the script has threads.
        let (asked, mut whole, mut more) = (*asked, subject.clone(), trials.another());
        whole.drive = DrivenBy::Script { line: u32::MAX };
        let is_searched = script::without_threads(&whole.bytes, u32::MAX).is_ok();
        match Case::new(subject, good.clone(), bad.clone().into(), trials) {
            Err(reason @ (NotBisectable::Agree(_) | NotBisectable::RanOut { .. })) if is_searched => {
                first_line(&mut whole, &good, &bad, &mut more)?;
                let DrivenBy::Script { line } = whole.drive else { unreachable!("it is a script") };
                if line == u32::MAX {
                    return Err(reason.into());
                }
                progress.suspend(|| say(&elsewhere(asked, line)))?;
                Ok(Case::new(whole, good, bad.into(), more)?)
            }
            other => Ok(other?),
        }
    }

    /// The options of this case that `wasmoon reduce` has and `wasmoon run` does not, quoted for a shell.
    pub fn calling(&self) -> String {
        let mut text = String::new();
        if let Some(set) = &self.set {
            text += &format!(" --set {}", quoted(set));
        }
        let given = [("seed", self.seed, SEED), ("rounds", self.rounds.into(), ROUNDS.into())];
        text.extend(given.iter().filter(|(_, n, unasked)| n != unasked).map(|(name, n, _)| format!(" --{name} {n}")));
        let seconds = self.timeout.as_secs_f64();
        if seconds != TIMEOUT {
            text += &format!(" --timeout {seconds}");
        }
        if self.count_nans {
            text += " --count-nans";
        }
        text
    }

    /// The arguments of this case, quoted for a shell, for follow-up commands.
    pub fn driving(&self) -> String {
        let given = &self.program;
        let word = |text: &OsString| quoted(&text.to_string_lossy());
        let mut text: String = given.dir.iter().map(|dir| format!(" --dir {}", word(dir))).collect();
        text.extend(given.env.iter().map(|variable| format!(" --env {}", word(variable))));
        text += &format!(" {}", input::word(&self.file));
        if let Some(export) = &given.invoke {
            text += &format!(" --invoke {}", quoted(export));
            text.extend(given.arg.iter().map(|arg| format!(" --arg {}", quoted(arg))));
        }
        if let Some(line) = self.at {
            text += &format!(" --at {line}");
        }
        if given.args.iter().any(|arg| arg.as_bytes().starts_with(b"-")) {
            text += " --";
        }
        text.extend(given.args.iter().map(|arg| format!(" {}", word(arg))));
        text
    }
}

/// Ends a script at the first directive that differs. If a process died, nothing is left of its steps, so the directive
/// is searched for.
fn first_line(subject: &mut Subject, good: &Config, bad: &Config, trials: &mut Trials) -> Result<(), Failed> {
    let (mut left, mut right) = (trials.observe(subject, good)?, trials.observe(subject, bad)?);
    let mut difference = diff(&left, &right);
    // The outcomes are the same: the state that differs may have been overwritten, or come from an earlier directive.
    let of_state = |difference: &Difference| matches!(difference.kind, DifferenceKind::State(_));
    if difference.as_ref().is_none_or(of_state) {
        let each = [trials.observe_each_state(subject, good)?, trials.observe_each_state(subject, bad)?];
        // Reading the whole state takes longer, so a timeout here is not a difference.
        if let Some(earlier) = diff(&each[0], &each[1]).filter(of_state) {
            ([left, right], difference) = (each, Some(earlier));
        }
    }
    let Some(difference) = difference else { return Ok(()) };
    let lines = script::lines(&subject.bytes)?;
    let step = if [&left, &right].iter().all(|seen| seen.steps.len() == lines.len()) {
        difference.step
    } else {
        search::first_wrong(0, lines.len().saturating_sub(1) as u64, &mut |n| {
            Ok::<bool, Failed>(trials.difference(&until(subject, &lines, n as usize), good, bad)?.is_some())
        })? as usize
    };
    *subject = until(subject, &lines, step);
    Ok(())
}

/// The script up to and including directive `step`; `lines` are the lines of its directives. If other directives begin
/// on the same line, the text ends before them, except for those of the same thread.
fn until(subject: &Subject, lines: &[u32], step: usize) -> Subject {
    let mut until = subject.clone();
    let Some(&line) = lines.get(step) else { return until };
    until.drive = DrivenBy::Script { line };
    if lines.get(step + 1) == Some(&line) {
        let lacks_it = |end: &usize| !script::lines(&subject.bytes[..*end]).is_ok_and(|lines| lines.len() > step);
        let ends = ends(&subject.bytes);
        if let Some(end) = ends.get(ends.partition_point(lacks_it)) {
            until.bytes.truncate(*end);
        }
    }
    until
}

/// Where the directives of a script end.
fn ends(script: &[u8]) -> Vec<usize> {
    let text = kind::utf8(script).unwrap_or_default();
    let before = script.len() - text.len();
    let (mut ends, mut depth) = (Vec::new(), 0u32);
    for token in text::lexer(text).iter(0).map_while(Result::ok) {
        match token.kind {
            TokenKind::LParen => depth += 1,
            TokenKind::RParen => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    ends.push(before + token.offset + 1);
                }
            }
            _ => {}
        }
    }
    ends
}

/// Says that both sides agree at the requested line, and where they do not.
fn elsewhere(asked: u32, line: u32) -> String {
    match line.cmp(&asked) {
        Ordering::Greater => format!("no disagreement up to line {asked}, but at line {line}\n"),
        Ordering::Equal => {
            format!("no disagreement at the end of line {asked}, but after an earlier directive of that line\n")
        }
        Ordering::Less => {
            format!(
                "no disagreement at line {asked}, but the state differs after line {line}; --at {line} ends there\n"
            )
        }
    }
}

/// The subject as a module that is driven by calls, since another engine cannot execute anything else here.
fn by_calls(subject: Subject) -> Result<Subject, Failed> {
    match subject.drive {
        DrivenBy::Exports { .. } | DrivenBy::Invoke { .. } => Ok(subject),
        DrivenBy::Script { line } => {
            let last = "the directive on that line does not call an export of the last module; choose a call with --at \
                        LINE";
            let made = reduce::calls_of_script(&subject.bytes, line)?.ok_or(last)?;
            // Only the calls of the last module would be considered.
            if line == u32::MAX
                && script::modules(&subject.bytes, line)?.len() > 1 + usize::from(made.provider.is_some())
            {
                return Err("the script has several modules; choose the directive that differs with --at LINE".into());
            }
            if let Some(lost) = script::not_in_calls(&subject.bytes, line)? {
                return Err(format!(
                    "another engine is given only the calls of the last module, but {lost}; use `wasmoon test` to \
                     compare the whole script"
                )
                .into());
            }
            Ok(made)
        }
        DrivenBy::Program { .. } => Err(
            "a program cannot be compared with another engine step by step; use `wasmoon run --against` to compare its \
             final results"
                .into(),
        ),
    }
}

/// Shows progress on a terminal, including the lines of the searches.
pub fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

/// Reports why a search stopped; returns the exit status.
///
/// # Errors
/// The case could not be tried.
pub fn stopped(stop: NoCase) -> Result<u8, Failed> {
    let reason = match stop {
        NoCase::Failed(failed) => return Err(failed),
        NoCase::NotBisectable(reason) => reason,
    };
    match reason {
        NotBisectable::Agree(_) | NotBisectable::RanOut { .. } | NotBisectable::OnlyNans => {
            say(&format!("{reason}\n"))?
        }
        NotBisectable::Flaky(what) => say(&format!(
            "not deterministic: {what}\nBehavior that changes from run to run cannot be bisected; the cause may be a \
             data race, or an address or a time that the program can see.\n"
        ))?,
        NotBisectable::Error(e) => return Err(e.into()),
    }
    Ok(NOT_AS_EXPECTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::parsed;

    /// A follow-up command describes the case that it was made from.
    #[test]
    fn commands_to_go_on_with_repeat_the_case() {
        let of = parsed::<CaseArgs>;
        for (words, calling) in [
            ("m.wat", ""),
            ("m.wat --seed 0 --rounds 3 --timeout 20", ""),
            (
                "m.wat --seed 7 --rounds 1 --set fuel=1000 --timeout 1.5",
                " --set fuel=1000 --seed 7 --rounds 1 --timeout 1.5",
            ),
            ("m.wat --invoke f --arg 1 --arg 0x2 --timeout 3", " --timeout 3"),
            ("m.wat --count-nans", " --count-nans"),
            ("--dir a::/ --env X=1 m.wat b -- -c", ""),
            ("s.wast --at 12", ""),
        ] {
            let case = of(words);
            assert_eq!(case.calling(), calling, "{words}");
            let again = of(&format!("{}{}", case.calling(), case.driving()));
            let parts = |case: &CaseArgs| {
                let (set, timeout) = (case.set.clone(), case.timeout);
                (case.driving(), case.file.clone(), case.at, case.seed, case.rounds, set, timeout, case.count_nans)
            };
            assert_eq!(parts(&again), parts(&case), "{words}");
        }
        // A file name is not taken for an option, but `-` stays standard input.
        let named = |file: &str| CaseArgs { file: file.into(), ..of("m.wat --invoke f") }.driving();
        assert_eq!(named("-m.wat"), " ./-m.wat --invoke f");
        assert_eq!(named("-a b/m.wat"), " './-a b/m.wat' --invoke f");
        assert_eq!(named("-"), " - --invoke f");
    }

    /// A module of four lines, whose state is a NaN or zero.
    const NAN_OR_ZERO: &str = "(module (global $g (mut i32) (i32.const 0))
        (func (export \"nan\") (param f32)
            (global.set $g (i32.reinterpret_f32 (f32.add (f32.const nan:0x200001) (local.get 0)))))
        (func (export \"zero\") (global.set $g (i32.const 0))) (func (export \"nothing\")))\n";

    /// A state differs from the directive on that made it differ, even if a later one overwrites it. One side makes
    /// each NaN canonical.
    #[test]
    fn a_script_ends_where_its_state_differs_first() {
        let module = NAN_OR_ZERO;
        let zero = "(invoke \"zero\")\n";
        let nan = "(invoke \"nan\" (f32.const 1))\n";
        let good = Config::default();
        let bad = Config { nan: crate::engine::NanProfile::Canonical, ..Config::default() };
        let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
        for (calls, line) in [
            (format!("{zero}{nan}{zero}"), 6),
            (format!("{nan}(invoke \"nothing\")\n"), 5),
            (format!("{zero}{nan}"), 6),
            (format!("{zero}{zero}"), u32::MAX),
        ] {
            let drive = DrivenBy::Script { line: u32::MAX };
            let mut subject = Subject { bytes: format!("{module}{calls}").into(), provider: None, drive };
            first_line(&mut subject, &good, &bad, &mut trials).unwrap_or_else(|Failed(why)| panic!("{why}"));
            assert!(matches!(subject.drive, DrivenBy::Script { line: found } if found == line), "{calls}");
        }
    }

    /// The directive that overwrites a state may be on the same line. The script then ends before it, and still shows
    /// the case.
    #[test]
    fn a_script_ends_within_a_line_where_its_state_differs_first() {
        let (nan, zero) = ("(invoke \"nan\" (f32.const 1))", "(invoke \"zero\")");
        let good = Config::default();
        let bad = Config { nan: crate::engine::NanProfile::Canonical, ..Config::default() };
        for (before, behind) in [
            (format!("{NAN_OR_ZERO}{nan}"), format!(" {zero}")),
            (format!("{NAN_OR_ZERO}{zero}{zero}{nan}"), format!("{zero}{zero}\n{zero}")),
            (format!("{NAN_OR_ZERO}{zero} {nan}"), String::new()),
        ] {
            let mut trials = Trials::new(TrialPlace::Here, TrialLimits::default());
            let drive = DrivenBy::Script { line: u32::MAX };
            let mut subject = Subject { bytes: format!("{before}{behind}").into(), provider: None, drive };
            first_line(&mut subject, &good, &bad, &mut trials).unwrap_or_else(|Failed(why)| panic!("{why}"));
            assert!(matches!(subject.drive, DrivenBy::Script { line: 5 }), "{behind}");
            assert_eq!(String::from_utf8_lossy(&subject.bytes), before);
            let case = Case::new(subject, good.clone(), bad.clone().into(), trials);
            assert!(matches!(case.unwrap_or_else(|e| panic!("{e}")).difference.kind, DifferenceKind::State(_)));
        }
    }

    /// A thread is not split, and text that only looks like a directive does not count.
    #[test]
    fn a_script_is_cut_between_directives_of_a_line() {
        let text =
            "(module) (@a (b)) (; (invoke \"c\") ;) (invoke \"(\") (thread $t (module) (invoke \"d\")) (wait $t)";
        for text in [text, &format!("\u{feff}{text}")] {
            let lines = script::lines(text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(lines, [1; 6]);
            let subject = Subject { bytes: text.into(), provider: None, drive: DrivenBy::Script { line: u32::MAX } };
            let cut = |step| String::from_utf8(until(&subject, &lines, step).bytes).expect("a text");
            let ends = ["(module)", "\"(\")", "\"d\"))", "\"d\"))", "\"d\"))", "(wait $t)"];
            for (step, end) in ends.into_iter().enumerate() {
                let until = text.find(end).expect("it occurs") + end.len();
                assert_eq!(cut(step), text[..until], "{step}");
            }
            assert_eq!(until(&subject, &lines, 6), subject);
        }
    }

    #[test]
    fn what_agrees_at_a_line_may_differ_before_it_or_behind_it() {
        for (line, text) in [
            (8, "no disagreement up to line 7, but at line 8\n"),
            (7, "no disagreement at the end of line 7, but after an earlier directive of that line\n"),
            (5, "no disagreement at line 7, but the state differs after line 5; --at 5 ends there\n"),
        ] {
            assert_eq!(elsewhere(7, line), text);
        }
    }

    /// Another engine is given calls of one module, and the module that it is linked with. If there are several, a line
    /// chooses one.
    #[test]
    fn a_script_for_another_engine_is_about_one_module() {
        let made = |text: &str, line: u32| {
            let drive = DrivenBy::Script { line };
            let made = by_calls(Subject { bytes: text.into(), provider: None, drive });
            made.map(|made| made.provider.is_some()).map_err(|Failed(why)| why)
        };
        let own = r#"(module (func (export "f") (result i32) (i32.const 1)))"#;
        let user = r#"(module (import "p" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))"#;
        assert_eq!(made(&format!("{own}\n(invoke \"f\")"), u32::MAX), Ok(false));
        assert_eq!(made(&format!("{own}\n(register \"p\")\n{user}\n(invoke \"g\")"), u32::MAX), Ok(true));
        let several = format!("(module)\n{own}\n(invoke \"f\")");
        let why = "the script has several modules; choose the directive that differs with --at LINE";
        assert_eq!(made(&several, u32::MAX), Err(why.to_string()));
        assert_eq!(made(&several, 3), Ok(false));
        let why = "the directive on that line does not call an export of the last module; choose a call with --at LINE";
        let first = "(module $a (func (export \"f\")))\n(module)\n(invoke $a \"f\")";
        assert_eq!(made(first, 3), Err(why.to_string()));
    }
}
