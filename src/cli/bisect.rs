//! `wasmoon bisect`: finds the function, the stage and the rewrite to blame.

use super::case::{CaseArgs, spinner, stopped};
use super::switches::{options_of, switches_of};
use super::{Failed, NOT_AS_EXPECTED, OK, engine_names, input, modes, say, values};
use crate::engine::OptLevel;
use crate::text::counted;
use crate::triage::bisect::{BisectError, Case, Culprit, Guilty, engines, report, stage};
use crate::triage::difference::{Difference, DifferenceKind};
use crate::triage::reduce;
use crate::triage::subject::DrivenBy;
use crate::triage::trial::Side;
use std::time::{Duration, Instant};

/// Find the function, the stage and the change that make two backends disagree
#[derive(clap::Args)]
#[command(
    after_help = "FILE is a script or a module. With --invoke, that function of the module is called. Without it, a \
    program (a module with `_start`, whose arguments are ARGS) is run; of any other module, all exported functions are \
    called, with random arguments (see --seed).\n\n\
    Exit status: 0 if the cause was found, 1 if there is no disagreement (or not always the same one), 2 if it cannot \
    be executed.\n\n\
    Examples:\n  \
    wasmoon bisect aead.wasm\n  \
    wasmoon bisect f.wat --invoke f --arg -1\n  \
    wasmoon bisect i32.wast --at 120 --bad jit-O1\n  \
    wasmoon bisect f.wat --invoke f --engine v1=cmd:./v1 --engine v2=cmd:./v2"
)]
pub struct Args {
    #[command(flatten)]
    case: CaseArgs,
    /// Engines to use in place of --bad (repeatable), in order, such as versions of one engine: names from `wasmoon
    /// test --list-engines`, or NAME="cmd:PROGRAM ARGUMENTS". Finds the first one that disagrees
    #[arg(long, help_heading = None, value_name = "ENGINE", conflicts_with_all = ["bad", "count_nans"])]
    engine: Vec<String>,
    /// Time limit for the whole search, in seconds; with --engine, only each execution has a limit
    #[arg(long, help_heading = None, value_name = "SECONDS", default_value = "600", value_parser = values::seconds,
        conflicts_with = "engine")]
    time: Duration,
}

pub fn run(args: Args) -> Result<u8, Failed> {
    if !args.engine.is_empty() {
        return first_engine(&args);
    }
    if engine_names::is_engine(&args.case.bad) {
        args.case.check_engine_options()?;
        let why = BisectError::NotOurs(args.case.bad.clone());
        return Err(format!(
            "--bad: {why}; use `wasmoon reduce` for an engine, or --engine for several versions of one"
        )
        .into());
    }
    let start = Instant::now();
    let bar = spinner();
    let mut case = match args.case.case(&bar) {
        Ok(case) => case,
        Err(stop) => {
            bar.finish_and_clear();
            return stopped(stop);
        }
    };
    case.deadline = Some(start + args.time);
    bar.suspend(|| say(&report::disagreement(&case)))?;
    if let DifferenceKind::End(_, end) = &case.difference.kind
        && end.is_unable()
    {
        return Err(format!("{} cannot execute it: {end}; there is nothing to bisect", case.bad).into());
    }
    let mut show = |line: &str| bar.set_message(line.to_string());
    let guilty = case.functions(&mut show)?;
    let text = report::guilty(&case, &guilty);
    if guilty == Guilty::NoneNeeded {
        return Err(text.trim_end().into());
    }
    bar.suspend(|| say(&text))?;
    if let Guilty::Bodies(culprits) = &guilty {
        let verdict = stage::find(&mut case, culprits, &mut show)?;
        bar.suspend(|| say(&report::verdict(&verdict)))?;
        say(&next(&args.case, &case, culprits))?;
    }
    bar.finish_and_clear();
    let executions = counted(case.executions(), "execution");
    say(&format!("{executions}, {:.1} s\n", start.elapsed().as_secs_f64()))?;
    Ok(OK)
}

/// Finds the first of several engines that disagrees.
fn first_engine(args: &Args) -> Result<u8, Failed> {
    let (subject, good, mut trials) = args.case.calls()?;
    let (mut labels, mut sides): (Vec<&str>, Vec<Side>) = (Vec::new(), Vec::new());
    for given in &args.engine {
        let (label, engine) = engine_names::split(given);
        if let Some(label) = label {
            engine_names::check("--engine", given, label, labels.iter().copied())?;
        }
        labels.push(label.unwrap_or(engine));
        sides.push(Side::Engine { name: engine.into(), nan: args.case.nan.nan });
    }
    // The search is for what differs on the last engine.
    let last = sides.last().expect("one at least");
    let subject = reduce::with_state_read(subject, &good, last, &mut trials)?;
    let width = labels.iter().map(|label| label.chars().count()).max().unwrap_or(0);
    let bar = spinner();
    let mut failure = None;
    let mut asked = |at: usize, difference: Option<&Difference>| {
        let text = difference.map_or("agrees".into(), |difference| format!("disagrees: {difference}"));
        let said = bar.suspend(|| say(&format!("{:width$}  {text}\n", labels[at])));
        failure = failure.take().or(said.err());
    };
    let first = engines::first_wrong(&subject, &good, &sides, &mut trials, &mut asked);
    bar.finish_and_clear();
    let first = first?;
    if let Some(e) = failure {
        return Err(e);
    }
    match first {
        None => {
            say(match sides.len() {
                1 => "no disagreement: this engine agrees\n",
                _ => {
                    "no disagreement: the last of these engines agrees, so the others were not run; list engines from \
                     oldest to newest, where the newest is the wrong one\n"
                }
            })?;
            Ok(NOT_AS_EXPECTED)
        }
        Some(0) => {
            say(&format!("all engines that were run disagree, from {} on\n", labels[0]))?;
            Ok(OK)
        }
        Some(n) => {
            say(&format!("first engine to disagree: {}; {} agrees\n", labels[n], labels[n - 1]))?;
            Ok(OK)
        }
    }
}

/// Follow-up commands.
fn next(args: &CaseArgs, case: &Case, culprits: &[Culprit]) -> String {
    let mut text = String::from("next steps:\n");
    let [culprit] = culprits else { return String::new() };
    let module = &case.modules[culprit.module];
    let level = match case.config().opt {
        OptLevel::O0 => " -O0",
        OptLevel::O1 => " -O1",
        OptLevel::O2 => "",
    };
    // `wasmoon run` has no such mode.
    if !matches!(case.subject.drive, DrivenBy::Script { .. }) && args.mode.is_none() {
        let (options, compiled) = match case.blames_interpreter() {
            true => (" --no-jit".to_string(), String::new()),
            false => (
                format!("{level}{}", options_of(&case.bad_for(culprits), [&**module])),
                format!("{level}{}", switches_of(case.config())),
            ),
        };
        // `wasmoon run` has no option for calling each export.
        if !matches!(case.subject.drive, DrivenBy::Exports { .. }) {
            text += &format!("  wasmoon run{options}{}\n", args.driving());
        }
        if let Some(function) = culprit.function {
            let file = input::word(&args.file);
            text += &format!("  wasmoon explore {file} --func {function}{compiled}\n");
        }
    }
    let backends: String = [("--good", &args.good, "interp"), ("--bad", &args.bad, "jit")]
        .iter()
        .filter(|(_, value, default)| *value != default)
        .map(|(name, value, _)| format!(" {name} {value}"))
        .collect();
    let mode = args.mode.map_or_else(String::new, modes::option_of);
    // The case may have been told to compile bodies of modules that are not to blame.
    let options = options_of(case.config(), case.modules.iter().map(|module| &**module));
    text += &format!("  wasmoon reduce{backends}{mode}{options}{}{}\n", args.calling(), args.driving());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::parsed;
    use crate::engine::{Config, Mode, NanProfile, Tier};
    use crate::triage::subject::Subject;
    use crate::triage::trial::{TrialLimits, TrialPlace, Trials};

    /// A function is run and shown as it was compiled when it was wrong. One that is wrong in the interpreter is shown
    /// as it is compiled by default.
    #[test]
    fn the_next_commands_compile_alike() {
        let args = parsed::<CaseArgs>("m.wat --invoke f");
        let text = r#"(module (func (export "f") (result i32)
            (i32.reinterpret_f32 (f32.add (f32.const nan:0x200001) (f32.const 1)))))"#;
        let bytes = input::encode(&args.file, text).unwrap_or_else(|Failed(why)| panic!("{why}"));
        let interp = Config { mode: Mode::All(Tier::Interp), ..Config::default() };
        let jit = Config {
            mode: Mode::All(Tier::Jit),
            opt: OptLevel::O1,
            registers: Some(5),
            nan: NanProfile::Canonical,
            ..Config::default()
        };
        for (good, bad, run, explore) in [
            (&interp, &jit, "run -O1 --only-funcs 0 --regs 5 --nan canonical ", " -O1 --regs 5 --nan canonical"),
            (&jit, &interp, "run --no-jit ", ""),
        ] {
            let drive = DrivenBy::Invoke { export: "f".into(), args: Vec::new() };
            let subject = Subject { bytes: bytes.clone(), provider: None, drive };
            let trials = Trials::new(TrialPlace::Here, TrialLimits::default());
            let case = Case::new(subject, good.clone(), Side::Backend(bad.clone()), trials);
            let case = case.unwrap_or_else(|e| panic!("{e}"));
            let text = next(&args, &case, &case.bodies());
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines[1].starts_with(&format!("  wasmoon {run}")), "{text}");
            assert_eq!(lines[2], format!("  wasmoon explore m.wat --func 0{explore}"), "{text}");
        }
    }

    /// The follow-up command repeats the options that were given, but not defaults.
    #[test]
    fn a_search_says_how_to_go_on() {
        let wrong = r#"(module (func $wrong (export "f") (result i32)
            (i32.reinterpret_f32 (f32.add (f32.const nan:0x200001) (f32.const 1)))))
            (invoke "f")"#;
        let two = format!("(module (func) (func $before))\n{wrong}");
        for (words, script, next_one) in [
            ("s.wast --bad jit-O1 --regs 5", wrong, "reduce --bad jit-O1 --regs 5 s.wast"),
            ("s.wast --good jit-O0 --bad interp --at 3", wrong, "reduce --good jit-O0 --bad interp s.wast --at 3"),
            // Functions of both modules are compiled.
            ("s.wast --only-funcs before,wrong", &*two, "reduce --only-funcs 0,1 s.wast"),
        ] {
            let args = parsed::<CaseArgs>(words);
            let drive = DrivenBy::Script { line: args.at.unwrap_or(u32::MAX) };
            let subject = Subject { bytes: script.into(), provider: None, drive };
            let (good, bad) = args.sides(&subject).unwrap_or_else(|Failed(why)| panic!("{words}: {why}"));
            // That they differ is not asked for.
            let differs = Config { nan: NanProfile::Canonical, ..bad.config().cloned().expect("a backend") };
            let trials = Trials::new(TrialPlace::Here, TrialLimits::default());
            let case = Case::new(subject, good, differs.into(), trials);
            let case = Case { bad, ..case.unwrap_or_else(|e| panic!("{words}: {e}")) };
            let culprits: Vec<Culprit> = case.bodies().into_iter().filter(|c| c.name == "wrong").collect();
            assert_eq!(next(&args, &case, &culprits), format!("next steps:\n  wasmoon {next_one}\n"));
        }
    }
}
