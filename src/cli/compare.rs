//! `wasmoon compare`.

use super::report::read;
use super::{Failed, NOT_AS_EXPECTED, OK, input, say};
use crate::conformance::report::comparison::compare;
use std::path::Path;

/// Show improvements, regressions and new directives between two reports
#[derive(clap::Args)]
#[command(
    after_help = "Directives are matched by file, line and text. If the scripts have changed (see `content` in the \
    first lines of the output), directives that are gone are listed, but do not count as worse; a file or column that \
    is gone does. How the paths of scripts were typed does not matter (`suite`, `./suite/`, `/tests/suite`): scripts \
    are the same if their names are, or if everything that was found has the same names and contents.\n\n\
    Exit status: 0 if nothing is worse; 1 if a directive is worse, is new and does not pass, or no longer deviates in \
    the known way (unless a rule of the expectations covers it), if a comparison that passed no longer has anything to \
    compare (unless a rule or threads in its script explain it), or if something is gone from scripts that have not \
    changed; 2 if a report cannot be read, a run was interrupted or ran other files or columns (see --partial), or the \
    two have nothing in common.\n\n\
    Example:\n  \
    wasmoon test --report jsonl=new.jsonl.zst\n  \
    wasmoon compare old.jsonl.zst new.jsonl.zst"
)]
pub struct Args {
    /// JSONL report of the earlier run
    old: String,
    /// JSONL report of the later run
    new: String,
    /// Compare only the directives that both runs have, even if one was interrupted or ran other files or columns
    #[arg(long)]
    partial: bool,
}

pub fn run(args: Args) -> Result<u8, Failed> {
    input::one_stdin([&args.old, &args.new].map(Path::new))?;
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let comparison = compare(&old, &new);
    say(&comparison.text())?;
    match &comparison.obstacle {
        Some(why) if !args.partial => Err(format!(
            "{why}, so missing directives mean nothing; pass --partial to compare the directives that both have"
        )
        .into()),
        _ if comparison.compared() == 0 => {
            Err("nothing to compare: the reports have no directive of the same column in common".into())
        }
        _ => Ok(if comparison.is_worse() { NOT_AS_EXPECTED } else { OK }),
    }
}
