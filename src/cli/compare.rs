//! `wasmoon compare`.

use super::report::read;
use super::{Failed, NOT_AS_EXPECTED, OK, say};
use crate::conformance::compare::compare;

/// Show what got better, what got worse and what is new between two reports
#[derive(clap::Args)]
#[command(
    after_help = "Exit status: 0 nothing is worse, 1 something is worse, or new and not passing, without a rule \
    in the expectations, 2 a report cannot be read.\n\nExample:\n  wasmoon test --report jsonl=new.jsonl\n  wasmoon \
    compare old.jsonl new.jsonl"
)]
pub struct Args {
    /// JSONL report of the earlier run
    old: String,
    /// JSONL report of the later run
    new: String,
}

pub fn run(args: Args) -> Result<u8, Failed> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    let comparison = compare(&old, &new);
    say(&comparison.text())?;
    Ok(if comparison.is_worse() { NOT_AS_EXPECTED } else { OK })
}
