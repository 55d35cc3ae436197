//! `wasmoon rules`.

use super::{Failed, OK, say};
use crate::jit::opt::rules::print::listings;
use std::fmt::Write;

/// List the rewrite rules of the optimizing JIT, each with the types at which it holds
#[derive(clap::Args)]
#[command(
    after_help = "In patterns, x y z are any values, c d constants, ones is -1 at the width of its place, and cc \
    any condition; in replacements, k l are constants computed from c, d and the width. Rules of one operation are \
    tried in order.\n\n`ci/proofs` proves each rule for all values.\n\nExit status: 0, or 2 if standard output cannot \
    be written.\n\nExample:\n  wasmoon rules"
)]
pub struct Args {
    /// Print one JSON object a line, for `ci/proofs`
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<u8, Failed> {
    let mut text = String::new();
    for rule in listings() {
        if args.json {
            text += &serde_json::to_string(&rule).expect("rules are plain data");
            text.push('\n');
        } else {
            let types = rule.types.join(" ");
            let clause = |word: &str, text: &str| {
                if text.is_empty() { String::new() } else { format!(", {word} {}", text.replace("m.", "")) }
            };
            let (when, k, l) = (clause("when", rule.when), clause("k =", rule.k), clause("l =", rule.l));
            let (name, pattern, replacement) = (rule.name, rule.pattern, rule.replacement);
            writeln!(text, "{name:<22} {types:<26} {pattern} => {replacement}{when}{k}{l}").expect("strings take all");
        }
    }
    say(&text)?;
    Ok(OK)
}
