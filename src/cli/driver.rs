//! `wasmoon driver`: whether a driver of an engine keeps to the protocol.

use super::{Failed, NOT_AS_EXPECTED, OK, engine_names, say};
use crate::oracle::check::{Check, Found};
use anstyle::{AnsiColor, Style};

/// Check a driver of another engine: whether it keeps to the protocol
#[derive(clap::Args)]
#[command(
    visible_alias = "adapter",
    after_help = "The driver gets small modules, and steps whose ends are known. What is wrong is said in words, with what \
    was expected. What the engine lacks is left out.\n\nExit status: 0 if nothing is wrong, 1 if something is, 2 if the \
    driver does not start or does not say who it is.\n\nExamples:\n  wasmoon driver --check cmd:./driver\n  wasmoon driver --check wasmtime"
)]
pub struct Args {
    /// The engine whose driver is checked: "cmd:PROGRAM ARGUMENTS", or a name of `wasmoon test --list-engines`
    #[arg(long, value_name = "ENGINE", required = true)]
    check: String,
}

pub fn run(args: &Args) -> Result<u8, Failed> {
    let mut check = Check::open(engine_names::unnamed("--check", &args.check)?)?;
    say(&format!("{}\n\n", check.identity()))?;
    let (mut right, mut wrong, mut left_out) = (0, 0, 0);
    // What was seen before a driver does not start again is said in any case.
    let mut said = Ok(());
    let checked = check.all(|what, found| {
        let (style, mark, why): (Style, &str, String) = match found {
            Found::Right => {
                right += 1;
                (AnsiColor::Green.on_default(), "right", String::new())
            }
            Found::Wrong(why) => {
                wrong += 1;
                (AnsiColor::Red.on_default().bold(), "WRONG", format!("\n       {why}"))
            }
            Found::LeftOut(lacks) => {
                left_out += 1;
                (Style::new(), "     ", format!(" (left out: it lacks {lacks})"))
            }
        };
        if said.is_ok() {
            said = say(&format!("{style}{mark}{style:#}  {what}{why}\n"));
        }
    });
    said?;
    let left = if left_out > 0 { format!(", {left_out} left out") } else { String::new() };
    say(&format!("\n{right} right, {wrong} wrong{left}\n"))?;
    checked?;
    Ok(if wrong == 0 { OK } else { NOT_AS_EXPECTED })
}
