//! `wasmoon compare`.

use super::report::read;
use super::{Failed, NOT_AS_EXPECTED, OK, input, say};
use crate::conformance::report::comparison::compare;
use std::path::Path;

/// Show improvements, regressions and new directives between two reports
#[derive(clap::Args)]
#[command(
    after_help = "A directive is known by its file, line and text. If the scripts have changed (see `content` in the first \
    lines), directives that are gone are listed and do not count as worse. A file or a column that is gone does. Scripts by path \
    are the same however their paths were typed (`suite`, `./suite/`, `/tests/suite`): by their names, or since all that was found \
    has the same names and contents.\n\n\
    Exit status: 0 if nothing is worse, 1 if something is worse, is new and does not pass, or is no longer the deviation that \
    it was known for (without a rule in the expectations), if a comparison that passed has nothing to compare any more (without \
    a rule or threads in its script), or if something is gone from scripts that have not changed, 2 if a report cannot be read, a run was interrupted or ran \
    other files or columns (see --partial), or the two have nothing in common.\n\nExample:\n  wasmoon test --report jsonl=new.jsonl.zst\n  wasmoon compare old.jsonl.zst \
    new.jsonl.zst"
)]
pub struct Args {
    /// JSONL report of the earlier run
    old: String,
    /// JSONL report of the later run
    new: String,
    /// Compare only the directives of both runs, even if one was interrupted or ran other files or columns
    #[arg(long)]
    partial: bool,
}

pub fn run(args: Args) -> Result<u8, Failed> {
    input::one_stdin([&args.old, &args.new].map(Path::new))?;
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let comparison = compare(&old, &new);
    say(&comparison.text())?;
    match &comparison.obstacle {
        Some(why) if !args.partial => {
            Err(format!("{why}, so that missing directives mean nothing; --partial compares the directives of both")
                .into())
        }
        _ if comparison.compared() == 0 => {
            Err("nothing was compared: no directive of a column is in both reports".into())
        }
        _ => Ok(if comparison.is_worse() { NOT_AS_EXPECTED } else { OK }),
    }
}
