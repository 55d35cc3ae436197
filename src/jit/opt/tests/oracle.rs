//! The meaning of each pure operation, written for tests in the slowest and simplest way: integers as mathematical
//! integers, rounding by cases. It shares no code with the folder, which is checked against it.

use crate::jit::ir::{FloatCond, Imm, IntCond, Op, Type};

/// The mathematical value of bits as an unsigned integer; `integer` gives the signed one.
fn natural(ty: Type, bits: u64) -> i128 {
    i128::from(if ty.bytes() == 4 { bits % (1 << 32) } else { bits })
}

fn integer(ty: Type, bits: u64) -> i128 {
    let n = natural(ty, bits);
    let half = 1i128 << (ty.bytes() * 8 - 1);
    if n >= half { n - 2 * half } else { n }
}

fn modulo(ty: Type, n: i128) -> u64 {
    n.rem_euclid(1i128 << (ty.bytes() * 8)) as u64
}

fn bit(n: i128, i: i128) -> i128 {
    n / (1 << i) % 2
}

fn rotate(ty: Type, n: i128, left: i128) -> u64 {
    let w = i128::from(ty.bytes()) * 8;
    (0..w).map(|i| bit(n, i) << ((i + left).rem_euclid(w))).sum::<i128>() as u64
}

fn sign_extend(ty: Type, n: i128, from: u32) -> u64 {
    let low = n % (1 << from);
    modulo(ty, if low >= 1 << (from - 1) { low - (1 << from) } else { low })
}

/// The exact value of a float, in the wider format.
fn float(ty: Type, bits: u64) -> f64 {
    if ty == Type::F32 { f32::from_bits(bits as u32) as f64 } else { f64::from_bits(bits) }
}

fn round_to(ty: Type, x: f64) -> u64 {
    if ty == Type::F32 { u64::from((x as f32).to_bits()) } else { x.to_bits() }
}

/// Rounds to an integer: up if `pick` says so, otherwise down. `pick` is given x, its distance from the integer below,
/// and whether that is odd.
fn to_integral(x: f64, pick: fn(f64, f64, bool) -> bool) -> f64 {
    if x.is_nan() || x.abs() >= 4503599627370496.0 || x == 0.0 {
        return x;
    }
    let mut below = x as i64;
    if below as f64 > x {
        below -= 1;
    }
    let up = x != below as f64 && pick(x, x - below as f64, below % 2 != 0);
    let result = if up { below + 1 } else { below } as f64;
    if x < 0.0 { -result.abs() } else { result }
}

/// Returns the bits of the result (a NaN stands for any NaN); `None` where the operation is undefined.
pub fn oracle(op: Op, ty: Type, imm: Imm, args: &[(Type, u64)]) -> Option<u64> {
    let w = i128::from(ty.bytes()) * 8;
    let u = |i: usize| natural(args[i].0, args[i].1);
    let s = |i: usize| integer(args[i].0, args[i].1);
    let x = |i: usize| float(args[i].0, args[i].1);
    let sign_bit = 1u64 << (w - 1).min(63);
    Some(match op {
        Op::IAdd => modulo(ty, u(0) + u(1)),
        Op::ISub => modulo(ty, u(0) - u(1)),
        // In two's complement the signed product is congruent and does not overflow 128 bits.
        Op::IMul => modulo(ty, s(0) * s(1)),
        Op::SMulHi => modulo(ty, (s(0) * s(1)).div_euclid(1 << 64)),
        // Multiplies by halves of the second factor: the whole product may exceed the range of signed 128-bit integers.
        Op::UMulHi => {
            let (low, high) = (u(1) % (1 << 32), u(1) / (1 << 32));
            modulo(ty, (u(0) * high + u(0) * low / (1 << 32)) / (1 << 32))
        }
        Op::SDiv | Op::UDiv | Op::SRem | Op::URem if u(1) == 0 => return None,
        Op::SDiv if s(0) / s(1) >= 1 << (w - 1) => return None,
        Op::SDiv => modulo(ty, s(0) / s(1)),
        Op::UDiv => modulo(ty, u(0) / u(1)),
        Op::SRem => modulo(ty, s(0) % s(1)),
        Op::URem => modulo(ty, u(0) % u(1)),
        Op::And => (0..w).map(|i| (bit(u(0), i) * bit(u(1), i)) << i).sum::<i128>() as u64,
        Op::Or => (0..w).map(|i| bit(u(0), i).max(bit(u(1), i)) << i).sum::<i128>() as u64,
        Op::Xor => (0..w).map(|i| ((bit(u(0), i) + bit(u(1), i)) % 2) << i).sum::<i128>() as u64,
        Op::Shl => (0..u(1) % w).fold(u(0) as u64, |n, _| modulo(ty, i128::from(n) * 2)),
        Op::ShrS => modulo(ty, s(0).div_euclid(1 << (u(1) % w))),
        Op::ShrU => modulo(ty, u(0) / (1 << (u(1) % w))),
        Op::Rotl => rotate(ty, u(0), u(1) % w),
        Op::Rotr => rotate(ty, u(0), -(u(1) % w)),
        Op::Clz => (0..w).rev().take_while(|&i| bit(u(0), i) == 0).count() as u64,
        Op::Ctz => (0..w).take_while(|&i| bit(u(0), i) == 0).count() as u64,
        Op::Popcnt => (0..w).filter(|&i| bit(u(0), i) == 1).count() as u64,
        Op::SExt8 => sign_extend(ty, u(0), 8),
        Op::SExt16 => sign_extend(ty, u(0), 16),
        Op::SExt32 => sign_extend(ty, u(0), 32),
        Op::ICmp => {
            let Imm::IntCond(cond) = imm else { panic!("icmp without condition") };
            u64::from(match cond {
                IntCond::Eq => u(0) == u(1),
                IntCond::Ne => u(0) != u(1),
                IntCond::LtS => s(0) < s(1),
                IntCond::LtU => u(0) < u(1),
                IntCond::GtS => s(0) > s(1),
                IntCond::GtU => u(0) > u(1),
                IntCond::LeS => s(0) <= s(1),
                IntCond::LeU => u(0) <= u(1),
                IntCond::GeS => s(0) >= s(1),
                IntCond::GeU => u(0) >= u(1),
            })
        }
        Op::FCmp => {
            let Imm::FloatCond(cond) = imm else { panic!("fcmp without condition") };
            let order = x(0).partial_cmp(&x(1));
            u64::from(match cond {
                FloatCond::Eq => order.is_some_and(|o| o.is_eq()),
                FloatCond::Ne => order.is_none_or(|o| o.is_ne()),
                FloatCond::Lt => order.is_some_and(|o| o.is_lt()),
                FloatCond::Gt => order.is_some_and(|o| o.is_gt()),
                FloatCond::Le => order.is_some_and(|o| o.is_le()),
                FloatCond::Ge => order.is_some_and(|o| o.is_ge()),
            })
        }
        // The wider format has more than twice the digits, so rounding twice gives the same result as rounding once for
        // these operations.
        Op::FAdd => match ty {
            Type::F32 => round_to(ty, x(0) + x(1)),
            _ => (x(0) + x(1)).to_bits(),
        },
        Op::FSub => round_to(ty, x(0) - x(1)),
        Op::FMul => round_to(ty, x(0) * x(1)),
        Op::FDiv => round_to(ty, x(0) / x(1)),
        Op::FSqrt => round_to(ty, x(0).sqrt()),
        Op::FMin | Op::FMax => {
            let (a, b) = (x(0), x(1));
            let first = match a.partial_cmp(&b) {
                None => return Some(round_to(ty, f64::NAN)),
                Some(std::cmp::Ordering::Less) => true,
                Some(std::cmp::Ordering::Equal) => a.is_sign_negative(),
                Some(std::cmp::Ordering::Greater) => false,
            };
            args[if first == (op == Op::FMin) { 0 } else { 1 }].1
        }
        Op::FCopysign => args[0].1 % sign_bit + args[1].1 / sign_bit * sign_bit,
        Op::FAbs => args[0].1 % sign_bit,
        Op::FNeg => args[0].1.wrapping_add(sign_bit) & (u64::MAX >> (64 - w)),
        // Only the highest bit of the fraction, below an exponent of all ones.
        Op::FCanon if x(0).is_nan() && ty == Type::F32 => 0xff << 23 | 1 << 22,
        Op::FCanon if x(0).is_nan() => 0x7ff << 52 | 1 << 51,
        Op::FCanon => args[0].1,
        Op::FCeil => round_to(ty, to_integral(x(0), |_, _, _| true)),
        Op::FFloor => round_to(ty, to_integral(x(0), |_, _, _| false)),
        Op::FTrunc => round_to(ty, to_integral(x(0), |x, _, _| x < 0.0)),
        Op::FNearest => round_to(ty, to_integral(x(0), |_, rest, odd| rest > 0.5 || (rest == 0.5 && odd))),
        Op::Wrap => modulo(Type::I32, u(0)),
        Op::ZExt => u(0) as u64,
        Op::SExt => modulo(Type::I64, s(0)),
        Op::FToS | Op::FToU | Op::FToSSat | Op::FToUSat => {
            let signed = matches!(op, Op::FToS | Op::FToSSat);
            let (low, high) =
                if signed { (-(1i128 << (w - 1)), (1i128 << (w - 1)) - 1) } else { (0, (1i128 << w) - 1) };
            let saturates = matches!(op, Op::FToSSat | Op::FToUSat);
            if x(0).is_nan() {
                return saturates.then_some(0);
            }
            let n = x(0) as i128;
            match (low..=high).contains(&n) {
                true => modulo(ty, n),
                false if saturates => modulo(ty, if n < low { low } else { high }),
                false => return None,
            }
        }
        Op::SToF => {
            if ty == Type::F32 {
                u64::from((s(0) as f32).to_bits())
            } else {
                (s(0) as f64).to_bits()
            }
        }
        Op::UToF => {
            if ty == Type::F32 {
                u64::from((u(0) as f32).to_bits())
            } else {
                (u(0) as f64).to_bits()
            }
        }
        Op::FPromote => x(0).to_bits(),
        Op::FDemote => round_to(Type::F32, x(0)),
        Op::Bitcast => args[0].1,
        Op::Select => args[if u(0) == 0 { 2 } else { 1 }].1,
        other => panic!("{} is not pure", other.name()),
    })
}

/// Edge values of a type.
pub fn edges(ty: Type) -> Vec<u64> {
    match ty {
        Type::I32 | Type::Ref32 => vec![
            0,
            1,
            2,
            3,
            4,
            7,
            8,
            10,
            16,
            24,
            31,
            32,
            33,
            63,
            64,
            100,
            127,
            128,
            255,
            256,
            0x7fff,
            0x8000,
            0xffff,
            0x10000,
            0x7fff_ffff,
            0x8000_0000,
            0x8000_0001,
            0xffff_0000,
            0xffff_ff80,
            0xffff_fffe,
            0xffff_ffff,
            0x1234_5678,
            0xdead_beef,
        ],
        Type::I64 | Type::Ptr => vec![
            0,
            1,
            2,
            3,
            4,
            7,
            8,
            10,
            16,
            24,
            31,
            32,
            33,
            48,
            56,
            63,
            64,
            65,
            128,
            255,
            0x8000,
            0xffff,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_ffff,
            0x1_0000_0000,
            0x1_0000_0001,
            0x7fff_ffff_ffff_ffff,
            0x8000_0000_0000_0000,
            0x8000_0000_0000_0001,
            0xffff_ffff_0000_0000,
            0xffff_ffff_8000_0000,
            0xffff_ffff_ffff_ff80,
            0xffff_ffff_ffff_fffe,
            0xffff_ffff_ffff_ffff,
            0x1234_5678_9abc_def0,
        ],
        Type::F32 => [
            0.0f32,
            -0.0,
            0.25,
            0.5,
            -0.5,
            0.75,
            1.0,
            -1.0,
            1.5,
            2.0,
            2.5,
            -2.5,
            3.5,
            8388607.5,
            8388609.0,
            2147483648.0,
            2147483520.0,
            -2147483648.0,
            -2147483904.0,
            4294967040.0,
            4294967296.0,
            9223371487098961920.0,
            9223372036854775808.0,
            -9223372036854775808.0,
            18446744073709551616.0,
            f32::MIN_POSITIVE,
            f32::MAX,
            f32::MIN,
            f32::INFINITY,
            f32::NEG_INFINITY,
            1.0e-45,
            -0.9,
            0.1,
        ]
        .into_iter()
        .map(|x| u64::from(x.to_bits()))
        .chain([0x7fc0_0000, 0xffc0_0000, 0x7fa0_0000, 0x7fff_ffff])
        .collect(),
        Type::F64 => [
            0.0f64,
            -0.0,
            0.25,
            0.5,
            -0.5,
            0.75,
            1.0,
            -1.0,
            1.5,
            2.0,
            2.5,
            -2.5,
            3.5,
            4503599627370495.5,
            4503599627370497.0,
            2147483647.0,
            2147483647.9,
            2147483648.0,
            -2147483648.9,
            -2147483649.0,
            4294967295.9,
            4294967296.0,
            9223372036854774784.0,
            9223372036854775808.0,
            -9223372036854775808.0,
            -9223372036854777856.0,
            18446744073709549568.0,
            18446744073709551616.0,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            5.0e-324,
            -0.9,
            0.1,
            1.000_000_059_604_644_8,
        ]
        .into_iter()
        .map(f64::to_bits)
        .chain([0x7ff8_0000_0000_0000, 0xfff8_0000_0000_0000, 0x7ff4_0000_0000_0000, 0x7fff_ffff_ffff_ffff])
        .collect(),
        Type::V128 => Vec::new(),
    }
}

/// Whether these bits are a NaN of a float type.
pub fn is_nan(ty: Type, bits: u64) -> bool {
    ty.is_float() && float(ty, bits).is_nan()
}

/// Whether an operation moves bits and changes at most the sign: its results for NaNs are specified.
pub fn moves_bits(op: Op) -> bool {
    matches!(op, Op::FAbs | Op::FNeg | Op::FCanon | Op::FCopysign | Op::Bitcast | Op::Select)
}

/// Random numbers, operands and values.
pub struct Random(pub u64);

impl Random {
    /// Less than n.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub fn next(&mut self) -> u64 {
        crate::random::next(&mut self.0)
    }

    pub fn value(&mut self, ty: Type) -> u64 {
        self.next() >> (64 - 8 * ty.bytes())
    }
}
