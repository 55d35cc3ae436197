//! `wasmoon rules`.

use super::{Failed, OK, say};
use crate::jit::opt::rules::print::listings;
use std::fmt::Write;

/// List the rewrite rules of the optimizing JIT, with the types to which each applies
#[derive(clap::Args)]
#[command(
    after_help = "In patterns, x, y and z match any value, c and d match constants, ones is -1 at the width of its \
    position, and cc matches any condition. In replacements, k and l are constants computed from c, d and the width. \
    The rules for one operation are tried in order.\n\n\
    `ci/proofs` proves each rule for all values.\n\n\
    Exit status: 0, or 2 if standard output cannot be written.\n\n\
    Example:\n  \
    wasmoon rules"
)]
pub struct Args {
    /// Print one JSON object per line, for `ci/proofs`
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
