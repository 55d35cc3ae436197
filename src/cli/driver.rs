//! `wasmoon driver`: checks that an engine's driver follows the protocol.

use super::{Failed, NOT_AS_EXPECTED, OK, engine_names, say};
use crate::oracle::check::{Check, Found};
use anstyle::{AnsiColor, Style};

/// Check that the driver of another engine follows the protocol
#[derive(clap::Args)]
#[command(
    visible_alias = "adapter",
    after_help = "The driver is sent small modules, and steps whose outcomes are known. Each mistake is described, \
    with what was expected. Checks that need a feature the engine lacks are left out.\n\n\
    Exit status: 0 if nothing is wrong, 1 if something is, 2 if the driver does not start or does not identify \
    itself.\n\n\
    Examples:\n  \
    wasmoon driver --check cmd:./driver\n  \
    wasmoon driver --check wasmtime"
)]
pub struct Args {
    /// Engine whose driver to check: "cmd:PROGRAM ARGUMENTS", or a name from `wasmoon test --list-engines`
    #[arg(long, value_name = "ENGINE", required = true)]
    check: String,
}

pub fn run(args: &Args) -> Result<u8, Failed> {
    let mut check = Check::open(engine_names::unnamed("--check", &args.check)?)?;
    say(&format!("{}\n\n", check.identity()))?;
    let (mut right, mut wrong, mut left_out) = (0, 0, 0);
    // If the driver fails to start again later, the results so far have been printed.
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
                (Style::new(), "     ", format!(" (skipped: the engine lacks {lacks})"))
            }
        };
        if said.is_ok() {
            said = say(&format!("{style}{mark}{style:#}  {what}{why}\n"));
        }
    });
    said?;
    let left = if left_out > 0 { format!(", {left_out} skipped") } else { String::new() };
    say(&format!("\n{right} right, {wrong} wrong{left}\n"))?;
    checked?;
    Ok(if wrong == 0 { OK } else { NOT_AS_EXPECTED })
}
