//! Rules as text: for people, and for the script that proves them.

use super::super::super::ir::Op;
use super::{Cond, Pat, RULES, Rhs, Rule};
use serde::Serialize;

/// A rule as `wasmoon rules --json` shows it.
#[derive(Debug, Serialize)]
pub struct RuleListing {
    /// The rule's name.
    pub name: &'static str,
    /// Types at which it holds, as the IR names them.
    pub types: Vec<&'static str>,
    /// The pattern as an S-expression.
    pub pattern: String,
    /// The replacement as an S-expression.
    pub replacement: String,
    /// The guard as a Rust expression over `m`, the [`super::Consts`]; empty if there is none.
    pub when: &'static str,
    /// The computation of the constant `k`; empty if there is none.
    pub k: &'static str,
    /// The computation of the constant `l`; empty if there is none.
    pub l: &'static str,
}

/// All rules, in the order in which they are tried.
pub fn listings() -> Vec<RuleListing> {
    RULES.iter().map(listing).collect()
}

fn listing(rule: &Rule) -> RuleListing {
    let [when, k, l] = rule.source.map(|text| text.strip_prefix("|m| ").unwrap_or(text));
    let types = rule.types.iter().map(|ty| ty.name()).collect();
    RuleListing {
        name: rule.name,
        types,
        pattern: pattern(&rule.pattern),
        replacement: replacement(&rule.replacement),
        when,
        k,
        l,
    }
}

const VARIABLES: [&str; 3] = ["x", "y", "z"];
const CONSTANTS: [&str; 2] = ["c", "d"];
const COMPUTED: [&str; 2] = ["k", "l"];

fn literal(lit: i64) -> String {
    if lit == -1 { "ones".into() } else { lit.to_string() }
}

fn operation(op: Op, cond: Cond, args: impl Iterator<Item = String>) -> String {
    let cond = match cond {
        Cond::None => "",
        Cond::Int(cond) => &format!(".{}", cond.name()),
        Cond::Any | Cond::Same => ".cc",
        Cond::Inverse => ".inverse",
        Cond::Swapped => ".swapped",
    };
    args.fold(format!("({}{cond}", op.name()), |text, arg| text + " " + &arg) + ")"
}

fn pattern(pat: &Pat) -> String {
    match *pat {
        Pat::Var(i) => VARIABLES[usize::from(i)].into(),
        Pat::Const(i) => CONSTANTS[usize::from(i)].into(),
        Pat::Lit(lit) => literal(lit),
        Pat::Op(op, cond, args) => operation(op, cond, args.iter().map(pattern)),
    }
}

fn replacement(rhs: &Rhs) -> String {
    match *rhs {
        Rhs::Var(i) => VARIABLES[usize::from(i)].into(),
        Rhs::Const(i) => CONSTANTS[usize::from(i)].into(),
        Rhs::Computed(i) => COMPUTED[usize::from(i)].into(),
        Rhs::Lit(lit) => literal(lit),
        Rhs::Op(op, cond, args) => operation(op, cond, args.iter().map(replacement)),
    }
}
