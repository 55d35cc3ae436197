//! `wasmoon reduce`: finds a small script that still shows a disagreement.

use super::case::{CaseArgs, spinner, stopped};
use super::switches::switches_of;
use super::{Failed, NOT_AS_EXPECTED, OK, engine_names, input, modes, say, values};
use crate::conformance::report::replay::quoted;
use crate::engine::{Config, NanProfile};
use crate::text::counted;
use crate::triage::bisect::{Case, Guilty, report};
use crate::triage::difference::DifferenceKind;
use crate::triage::observe::column_name;
use crate::triage::reduce::{Best, ReduceSettings, reduce, shows_as_script, start, wast};
use crate::triage::trial::Side;
use crate::triage::write_whole;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Reduce a disagreement between two backends, or between a backend and another engine, to a small script
#[derive(clap::Args)]
#[command(
    after_help = "FILE is a program (it has `_start`, and ARGS are its arguments), another module, or a script, as for \
    `bisect`. The result is written each time it gets smaller, so Ctrl-C keeps the last result.\n\n\
    Exit status: 0 if there is a result, 1 if there is no disagreement (or not always the same one) or the script does \
    not show it, 2 if it cannot be executed or written.\n\n\
    Examples:\n  \
    wasmoon reduce aead.wasm\n  \
    wasmoon reduce f.wat --invoke f --arg -1 -o small.wast --time 60\n  \
    wasmoon reduce module.wasm --set fuel=1000 --bad jsc"
)]
pub struct Args {
    #[command(flatten)]
    case: CaseArgs,
    /// Script to write [default: target/reduce/NAME.wast]
    #[arg(short, long, help_heading = None, value_name = "OUT.wast")]
    output: Option<PathBuf>,
    /// Time limit for the reduction, in seconds
    #[arg(long, help_heading = None, value_name = "SECONDS", default_value = "120", value_parser = values::seconds)]
    time: Duration,
}

pub fn run(args: Args) -> Result<u8, Failed> {
    let begin = Instant::now();
    let output = args.output.clone().unwrap_or_else(|| {
        let stem = args.case.file.file_stem().map_or("reduced".into(), |s| s.to_string_lossy().into_owned());
        PathBuf::from("target/reduce").join(format!("{stem}.wast"))
    });
    input::spare(&args.case.file, &output, "-o")?;
    args.case.program.check_output(&output, "-o")?;
    input::check_whole([("-o", Some(output.clone()))])?;
    let bar = spinner();
    let mut case = match args.case.case(&bar) {
        Ok(case) => case,
        Err(stop) => {
            bar.finish_and_clear();
            return stopped(stop);
        }
    };
    bar.suspend(|| say(&report::disagreement(&case)))?;
    let mut show = |line: &str| bar.set_message(line.to_string());
    let unable = matches!(&case.difference.kind, DifferenceKind::End(_, end) if end.is_unable());
    let guilty = match case.bad {
        // If it cannot be executed, no function is to blame.
        Side::Backend(_) if !unable => {
            let guilty = case.functions(&mut show)?;
            bar.suspend(|| say(&report::guilty(&case, &guilty)))?;
            if let Guilty::Bodies(culprits) = &guilty {
                case.replace_all_alike(culprits)?;
            }
            Some(guilty)
        }
        // Another engine cannot be told which functions to compile.
        Side::Backend(_) | Side::Engine { .. } => None,
    };
    let culprits = match &guilty {
        Some(Guilty::Bodies(culprits)) => culprits.as_slice(),
        Some(Guilty::OnlyAsAWhole | Guilty::NoneNeeded) | None => &[],
    };
    let best = start(&mut case, culprits, &mut show)?;
    let size = |best: &Best| counted(best.instructions(), "instruction");
    bar.suspend(|| say(&format!("standalone module: {}, {}\n", size(&best), best.difference.signature())))?;
    let nan = case.good.nan;
    let comment = comment(&args.case, &case, &output, guilty.as_ref());
    write(&args.case, &output, &best, &comment, nan)?;
    let settings = ReduceSettings { time: args.time, jobs: args.case.jobs() };
    let mut written = Instant::now();
    let mut failure = None;
    let mut keep = |best: &Best| {
        // Writing takes longer than finding the next smaller result.
        if written.elapsed() < Duration::from_millis(500) {
            return ControlFlow::Continue(());
        }
        written = Instant::now();
        match write(&args.case, &output, best, &comment, nan) {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => {
                failure = Some(e);
                ControlFlow::Break(())
            }
        }
    };
    let reduced = reduce(&case, best, &settings, &mut keep, &mut show);
    if let Some(e) = failure {
        return Err(e);
    }
    let best = reduced?;
    write(&args.case, &output, &best, &comment, nan)?;
    let shown = shows_as_script(&best, &comment, &case, &mut case.trials.another())?;
    bar.finish_and_clear();
    let (steps, weight) = (size(&best), best.weight());
    say(&format!(
        "{}: {steps} (weight {weight}), {}\nreplay: {}\n{:.1} s\n",
        output.display(),
        best.difference,
        replay(&args.case, &case, &output),
        begin.elapsed().as_secs_f64()
    ))?;
    if !shown {
        say("neither the script nor any intermediate variant reproduces the disagreement in new processes\n")?;
        return Ok(NOT_AS_EXPECTED);
    }
    Ok(OK)
}

fn guilty_text(guilty: &Guilty) -> String {
    match guilty {
        Guilty::Bodies(culprits) => culprits.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Guilty::OnlyAsAWhole | Guilty::NoneNeeded => "no single function".into(),
    }
}

fn replay(args: &CaseArgs, case: &Case, output: &Path) -> String {
    let output = input::word(output);
    if engine_names::is_engine(&args.bad) {
        return format!("wasmoon test {output} --backend {} --engine {}", args.good, quoted(&args.bad));
    }
    let mut text = format!("wasmoon test {output} --backend {},{}", args.good, args.bad);
    let mut config = Config { nan: args.nan.nan, ..Config::default() };
    args.switches.compile.apply(&mut config);
    text += &case.bad.config().map_or_else(String::new, |bad| modes::option_of(bad.mode));
    text += &switches_of(&config);
    text
}

fn comment(args: &CaseArgs, case: &Case, output: &Path, guilty: Option<&Guilty>) -> String {
    let file = args.file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let output = output.file_name().map_or(output, Path::new);
    format!(
        "Reduced from {file}: {} and {} disagree ({}){}.\n{}",
        column_name(&case.good),
        case.bad,
        case.difference.signature(),
        guilty.map(|guilty| format!(", in {}", guilty_text(guilty))).unwrap_or_default(),
        replay(args, case, output)
    )
}

/// Writes the script.
fn write(args: &CaseArgs, output: &Path, best: &Best, comment: &str, nan: NanProfile) -> Result<(), Failed> {
    // The program has run in the meantime, and may have left links.
    args.program.check_output(output, "-o")?;
    Ok(write_whole(output, &wast::script(best, comment, nan)?)?)
}
