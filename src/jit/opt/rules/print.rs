//! Rules as text: for people, and for the script that proves them.

use super::super::super::ir::{Op, Type};
use super::{Cond, Consts, Pat, Rhs, Rule, all};
use serde::Serialize;

/// A rule as shown by `wasmoon rules --json`.
#[derive(Debug, Serialize)]
pub struct RuleListing {
    /// The rule's name.
    pub name: &'static str,
    /// The types at which the rule holds, as the IR names them.
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
    /// For a rule that divides by a constant: each `c` that its guard accepts, and its `k`, as bits; for all floats whose
    /// fraction is 0, 1 or all ones. A guard on floats calls functions, which a script cannot read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub divisors: Vec<(u64, u64)>,
}

/// Returns all rules, in the order in which they are tried.
pub fn listings() -> Vec<RuleListing> {
    all().map(listing).collect()
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
        divisors: if matches!(rule.pattern, Pat::Op(Op::FDiv, ..)) { divisors(rule) } else { Vec::new() },
    }
}

fn divisors(rule: &Rule) -> Vec<(u64, u64)> {
    let fraction = if rule.types == [Type::F32] { f32::MANTISSA_DIGITS } else { f64::MANTISSA_DIGITS } - 1;
    let width = u64::from(rule.types[0].bytes()) * 8;
    let (when, k) = (rule.when.expect("it has a guard"), rule.computed[0].expect("it computes a constant"));
    let exponents = 0..1 << (width - u64::from(fraction));
    let numbers = exponents.flat_map(|high: u64| [0, 1, (1 << fraction) - 1].map(|low| high << fraction | low));
    let consts = |c| Consts { width, c, d: 0, cond: None };
    numbers.map(consts).filter(when).map(|m| (m.c, k(&m))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The solver is asked about the listed divisors: every power of two whose reciprocal is a normal number.
    #[test]
    fn every_divisor_of_a_rule_is_listed() {
        let divisors = |name: &str| listings().into_iter().find(|rule| rule.name == name).unwrap().divisors;
        let halves = |signs: [u64; 2], exponents: u64, fraction: u32| -> Vec<(u64, u64)> {
            let of_sign =
                |sign: u64| (1..exponents).map(move |e| (sign | e << fraction, sign | (exponents - e) << fraction));
            signs.into_iter().flat_map(of_sign).collect()
        };
        assert_eq!(divisors("fdiv_power32"), halves([0, 1 << 31], 254, 23));
        assert_eq!(divisors("fdiv_power64"), halves([0, 1 << 63], 2046, 52));
        let others = listings().into_iter().filter(|rule| !rule.divisors.is_empty());
        assert_eq!(others.count(), 2);
    }

    #[test]
    fn literals_have_their_names() {
        let listed = |name: &str| listings().into_iter().find(|rule| rule.name == name).unwrap();
        let rule = listed("or_ones");
        assert_eq!((&*rule.pattern, &*rule.replacement), ("(or x ones)", "ones"));
        assert_eq!((&*listed("imul_one").pattern, &*listed("srem_ones").replacement), ("(imul x 1)", "0"));
    }
}
