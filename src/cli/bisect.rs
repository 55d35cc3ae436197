//! `wasmoon bisect`: which function, which stage, which rewrite.

use super::case::{CaseArgs, spinner, stopped};
use super::switches::options_of;
use super::{Failed, OK, say, values};
use crate::engine::OptLevel;
use crate::triage::bisect::{Case, Culprit, Guilty, report, stage};
use crate::triage::subject::DrivenBy;
use std::time::{Duration, Instant};

/// Find the function, the stage and the change that make two backends disagree
#[derive(clap::Args)]
#[command(
    after_help = "FILE is a program (it has `_start`, and ARGS are its arguments), a module, or a script. Of a module the \
    function named by --invoke is called, or all exported ones with random arguments (see --seed).\n\nExit status: 0 \
    if the cause was found, 1 if there is no disagreement (or not always the same one), 2 if it cannot be \
    executed.\n\nExamples:\n  wasmoon bisect aead.wasm\n  wasmoon bisect f.wat --invoke f --arg -1\n  wasmoon bisect \
    i32.wast --at 120 --bad jit-O1"
)]
pub struct Args {
    #[command(flatten)]
    case: CaseArgs,
    /// Time limit of the whole search, in seconds
    #[arg(long, help_heading = None, value_name = "SECONDS", default_value = "600", value_parser = values::seconds)]
    time: Duration,
}

pub fn run(args: Args) -> Result<u8, Failed> {
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
    let mut show = |line: &str| bar.set_message(line.to_string());
    let guilty = case.functions(&mut show)?;
    bar.suspend(|| say(&report::guilty(&case, &guilty)))?;
    if let Guilty::Bodies(culprits) = &guilty {
        let verdict = stage::find(&mut case, culprits, &mut show)?;
        bar.suspend(|| say(&report::verdict(&verdict)))?;
        say(&next(&args.case, &case, culprits))?;
    }
    bar.finish_and_clear();
    say(&format!("{} executions, {:.1} s\n", case.executions(), start.elapsed().as_secs_f64()))?;
    Ok(OK)
}

/// Commands to go on with.
fn next(args: &CaseArgs, case: &Case, culprits: &[Culprit]) -> String {
    let mut text = String::from("go on with:\n");
    let [culprit] = culprits else { return String::new() };
    let module = &case.modules[culprit.module];
    let level = match case.config().opt {
        OptLevel::O0 => " -O0",
        OptLevel::O1 => " -O1",
        OptLevel::O2 => "",
    };
    if !matches!(case.subject.drive, DrivenBy::Script { .. }) {
        let options = options_of(&case.bad_for(culprits), module);
        text += &format!("  wasmoon run{level}{options}{}\n", args.driving());
        if let Some(function) = culprit.function {
            text += &format!("  wasmoon explore {} --func {function}\n", args.file.display());
        }
    }
    let backends: String = [("--good", &args.good, "interp"), ("--bad", &args.bad, "jit")]
        .iter()
        .filter(|(_, value, default)| *value != default)
        .map(|(name, value, _)| format!(" {name} {value}"))
        .collect();
    text += &format!("  wasmoon reduce{backends}{}{}\n", options_of(case.config(), module), args.driving());
    text
}
