//! Rules that hold at any width, tried with all values at 8 bits.

use super::super::rules::{self, Cond, Consts, Pat, Rhs, Rule};
use crate::jit::ir::{IntCond, Op, Type};

const WIDTH: u32 = 8;
/// The values of a node for the 256 values of `x`.
type Lanes = [u8; 256];

/// The values of all variables except `x`.
#[derive(Clone, Copy, Default)]
struct Unknowns {
    y: u8,
    z: u8,
    c: u8,
    d: u8,
    computed: [u8; 2],
    cond: Option<IntCond>,
}

/// Whether an operation has the same meaning at every width that is a power of two; [`compute`] handles exactly these.
fn is_generic(op: Op) -> bool {
    op == Op::Select || compute(op, Some(IntCond::Eq), &[1, 1]).is_some()
}

/// Returns the result of an operation at 8 bits, computed with mathematical integers: `Some(None)` where it is undefined,
/// `None` if it has no meaning at that width.
fn compute(op: Op, cond: Option<IntCond>, args: &[u8]) -> Option<Option<u8>> {
    let natural = |i: usize| i32::from(args[i]);
    let integer = |i: usize| natural(i) - if natural(i) >= 128 { 256 } else { 0 };
    let (count, modulo) = (natural(1) % 8, |n: i32| Some(n.rem_euclid(256) as u8));
    Some(match op {
        Op::IAdd => modulo(natural(0) + natural(1)),
        Op::ISub => modulo(natural(0) - natural(1)),
        Op::IMul => modulo(natural(0) * natural(1)),
        Op::SMulHi => modulo((integer(0) * integer(1)).div_euclid(256)),
        Op::UMulHi => modulo(natural(0) * natural(1) / 256),
        Op::SDiv | Op::UDiv | Op::SRem | Op::URem if natural(1) == 0 => None,
        Op::SDiv if integer(0) / integer(1) == 128 => None,
        Op::SDiv => modulo(integer(0) / integer(1)),
        Op::UDiv => modulo(natural(0) / natural(1)),
        Op::SRem => modulo(integer(0) % integer(1)),
        Op::URem => modulo(natural(0) % natural(1)),
        Op::And => modulo((0..8).map(|i| ((natural(0) >> i) % 2 * ((natural(1) >> i) % 2)) << i).sum()),
        Op::Or => modulo((0..8).map(|i| ((natural(0) >> i) % 2).max((natural(1) >> i) % 2) << i).sum()),
        Op::Xor => modulo((0..8).map(|i| (((natural(0) >> i) + (natural(1) >> i)) % 2) << i).sum()),
        Op::Shl => modulo(natural(0) << count),
        Op::ShrS => modulo(integer(0).div_euclid(1 << count)),
        Op::ShrU => modulo(natural(0) / (1 << count)),
        Op::Rotl => modulo((natural(0) << count) + natural(0) / (1 << (8 - count))),
        Op::Rotr => modulo(natural(0) / (1 << count) + (natural(0) << (8 - count))),
        Op::ICmp => {
            let (a, b) = (integer(0).cmp(&integer(1)), natural(0).cmp(&natural(1)));
            Some(u8::from(match cond? {
                IntCond::Eq => b.is_eq(),
                IntCond::Ne => b.is_ne(),
                IntCond::LtS => a.is_lt(),
                IntCond::LtU => b.is_lt(),
                IntCond::GtS => a.is_gt(),
                IntCond::GtU => b.is_gt(),
                IntCond::LeS => a.is_le(),
                IntCond::LeU => b.is_le(),
                IntCond::GeS => a.is_ge(),
                IntCond::GeU => b.is_ge(),
            }))
        }
        _ => return None,
    })
}

/// The results of every operation for every pair of arguments: computed once, looked up a billion times.
struct Tables(Vec<(Key, Vec<Option<u8>>)>);
/// An operation, and the condition of a comparison.
type Key = (Op, Option<IntCond>);

impl Tables {
    fn new() -> Tables {
        let ops = Op::ALL.iter().copied().filter(|&op| is_generic(op) && op != Op::Select);
        let keys = ops.flat_map(|op| -> Vec<Key> {
            if op == Op::ICmp { IntCond::ALL.map(|cond| (op, Some(cond))).to_vec() } else { vec![(op, None)] }
        });
        let table = |(op, cond)| {
            (0..=u8::MAX)
                .flat_map(|b| (0..=u8::MAX).map(move |a| compute(op, cond, &[a, b]).flatten()))
                .collect::<Vec<_>>()
        };
        Tables(keys.map(|key| (key, table(key))).collect())
    }

    /// The row for a second argument.
    fn row(&self, key: Key, b: u8) -> &[Option<u8>] {
        let (_, table) = self.0.iter().find(|(known, _)| *known == key).expect("all generic operations");
        &table[usize::from(b) * 256..][..256]
    }

    fn apply(&self, op: Op, cond: Option<IntCond>, args: &[Lanes]) -> Option<Lanes> {
        if let [chosen, a, b] = args {
            assert_eq!(op, Op::Select);
            return Some(std::array::from_fn(|i| if chosen[i] != 0 { a[i] } else { b[i] }));
        }
        let [a, b] = args else { panic!("{} of {} arguments", op.name(), args.len()) };
        let same = b.iter().all(|lane| *lane == b[0]);
        let first = self.row((op, cond), b[0]);
        let mut lanes = [0; 256];
        for i in 0..256 {
            let row = if same { first } else { self.row((op, cond), b[i]) };
            lanes[i] = row[usize::from(a[i])]?;
        }
        Some(lanes)
    }

    /// `None` if it is undefined for some value of `x`: rules about such operations have constant divisors.
    fn pattern(&self, pat: &Pat, u: &Unknowns) -> Option<Lanes> {
        match *pat {
            Pat::Var(i) => Some(u.variable(i)),
            Pat::Const(i) => Some([[u.c, u.d][usize::from(i)]; 256]),
            Pat::Lit(lit) => Some([lit as u8; 256]),
            Pat::Op(op, cond, args) => {
                let args: Option<Vec<Lanes>> = args.iter().map(|arg| self.pattern(arg, u)).collect();
                self.apply(op, u.condition(cond), &args?)
            }
        }
    }

    fn replacement(&self, rhs: &Rhs, u: &Unknowns) -> Option<Lanes> {
        match *rhs {
            Rhs::Var(i) => Some(u.variable(i)),
            Rhs::Const(i) => Some([[u.c, u.d][usize::from(i)]; 256]),
            Rhs::Computed(i) => Some([u.computed[usize::from(i)]; 256]),
            Rhs::Lit(lit) => Some([lit as u8; 256]),
            Rhs::Op(op, cond, args) => {
                let args: Option<Vec<Lanes>> = args.iter().map(|arg| self.replacement(arg, u)).collect();
                self.apply(op, u.condition(cond), &args?)
            }
        }
    }

    /// Returns the number of combinations of values that a rule was checked on; the rule must fire on some.
    fn check(&self, rule: &Rule) -> u64 {
        let text = format!("{:?}", rule.pattern);
        let all = |mentioned: &str| if text.contains(mentioned) { 0..=u8::MAX } else { 0..=0 };
        let conditions: Vec<Option<IntCond>> =
            if text.contains("Any") { IntCond::ALL.map(Some).to_vec() } else { vec![None] };
        let mut cases = 0;
        for cond in conditions {
            for c in all("Const(0)") {
                for d in all("Const(1)") {
                    let consts = Consts { width: WIDTH.into(), c: c.into(), d: d.into(), cond };
                    if rule.when.is_some_and(|when| !when(&consts)) {
                        continue;
                    }
                    let computed = rule.computed.map(|compute| compute.map_or(0, |compute| compute(&consts) as u8));
                    for y in all("Var(1)") {
                        for z in all("Var(2)") {
                            let unknowns = Unknowns { y, z, c, d, computed, cond };
                            let Some(expected) = self.pattern(&rule.pattern, &unknowns) else { continue };
                            let got = self.replacement(&rule.replacement, &unknowns);
                            let got = got.unwrap_or_else(|| panic!("{}: undefined, {consts:?} y {y} z {z}", rule.name));
                            if let Some(x) = (0..256).find(|&x| expected[x] != got[x]) {
                                let (expected, got) = (expected[x], got[x]);
                                panic!("{}: {consts:?} x {x} y {y} z {z}: {expected}, not {got}", rule.name);
                            }
                            cases += 256;
                        }
                    }
                }
            }
        }
        cases
    }
}

impl Unknowns {
    fn variable(&self, i: u8) -> Lanes {
        match i {
            0 => std::array::from_fn(|x| x as u8),
            1 => [self.y; 256],
            _ => [self.z; 256],
        }
    }

    fn condition(&self, cond: Cond) -> Option<IntCond> {
        match cond {
            Cond::None => None,
            Cond::Int(cond) => Some(cond),
            Cond::Any | Cond::Same => self.cond,
            Cond::Inverse => self.cond.map(IntCond::inverse),
            Cond::Swapped => self.cond.map(IntCond::swapped),
        }
    }
}

/// Whether a rule is independent of the width: it holds at both integer types and names only operations that exist at 8 bits.
fn is_width_free(rule: &Rule) -> bool {
    fn pattern(pat: &Pat) -> bool {
        !matches!(*pat, Pat::Op(op, _, args) if !is_generic(op) || !args.iter().all(pattern))
    }
    fn replacement(rhs: &Rhs) -> bool {
        !matches!(*rhs, Rhs::Op(op, _, args) if !is_generic(op) || !args.iter().all(replacement))
    }
    let both = [Type::I32, Type::I64].iter().all(|ty| rule.types.contains(ty));
    // Operands that are 32 bits wide only because they are a comparison's result or a select's condition play the same
    // role at 8 bits.
    let comparison = matches!(rule.pattern, Pat::Op(Op::Xor | Op::And | Op::ICmp | Op::Select, ..))
        && rule.types == [Type::I32]
        && !matches!(rule.pattern, Pat::Op(_, _, [Pat::Op(Op::FCmp, ..), ..]));
    // Upper halves of products exist at 64 bits only but have the same meaning at any width.
    let product = matches!(rule.pattern, Pat::Op(Op::SMulHi | Op::UMulHi, ..));
    (both || comparison || product) && pattern(&rule.pattern) && replacement(&rule.replacement)
}

/// Rules about 8, 16 or 32 bits, about pointers only, or about floats. They are proved and sampled but not tried
/// exhaustively; a new rule must be tried exhaustively or added here.
const FIXED_WIDTH: &[&str] = &[
    "isub_const_ptr",
    "sext8_shifts",
    "sext16_shifts",
    "sext32_shifts",
    "sext8_sext8",
    "sext8_sext16",
    "sext8_sext32",
    "sext16_sext8",
    "sext16_sext16",
    "sext16_sext32",
    "sext32_sext8",
    "sext32_sext16",
    "sext32_sext32",
    "sext8_and",
    "sext16_and",
    "sext32_and",
    "and_sext8",
    "and_sext16",
    "and_sext32",
    "wrap_zext",
    "wrap_sext",
    "wrap_and",
    "wrap_sext32",
    "sext_wrap",
    "sext32_zext",
    "sext32_sext",
    "and_zext",
    "and_sext",
    "and_low32",
    "sext_icmp",
    "icmp_ne_fcmp",
    "icmp_eq_zext",
    "icmp_ne_zext",
    "icmp_eq_zext_out",
    "icmp_ne_zext_out",
    "icmp_ltu_zext",
    "icmp_ltu_zext_in",
    "icmp_gtu_zext",
    "icmp_gtu_zext_out",
    "icmp_zext_zext",
    "icmp_sext_sext",
    "fneg_fneg",
    "fabs_fabs",
    "fabs_fneg",
    "fabs_fcopysign",
    "fcopysign_negative",
    "fcopysign_positive",
    "fcopysign_self",
    "fcopysign_fabs",
    "fcopysign_fneg",
    "fdiv_power32",
    "fdiv_power64",
    "bitcast_bitcast",
];

#[test]
fn width_free_rules_hold_for_all_values_of_8_bits() {
    let tables = Tables::new();
    let (exhausted, rest): (Vec<&Rule>, Vec<&Rule>) = rules::all().partition(|rule| is_width_free(rule));
    let rest: Vec<&str> = rest.iter().map(|rule| rule.name).collect();
    assert_eq!(rest, FIXED_WIDTH);
    // There are many rules, and they are independent.
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let cases: u64 = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|at| {
                let (tables, mine) = (&tables, exhausted.iter().skip(at).step_by(threads));
                scope.spawn(move || {
                    mine.map(|rule| {
                        let cases = tables.check(rule);
                        assert!(cases > 0, "{} never fires at 8 bits", rule.name);
                        cases
                    })
                    .sum::<u64>()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or_else(|e| std::panic::resume_unwind(e))).sum()
    });
    println!("{} rules exhausted at 8 bits: {cases} cases", exhausted.len());
}

#[test]
#[should_panic(expected = "wrong_shift: ")]
fn a_rule_that_is_wrong_for_one_value_is_seen() {
    let rule = Rule {
        name: "wrong_shift",
        types: &[Type::I32, Type::I64],
        // Wrong only for c = 7 and odd x.
        pattern: Pat::Op(Op::Shl, Cond::None, &[Pat::Var(0), Pat::Const(0)]),
        replacement: Rhs::Op(Op::Shl, Cond::None, &[Rhs::Var(0), Rhs::Computed(0)]),
        when: None,
        computed: [Some(|m| if m.c == 7 { 8 } else { m.c }), None],
        source: ["", "", ""],
    };
    Tables::new().check(&rule);
}
