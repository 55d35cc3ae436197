//! The results of each operation on vectors: computed lane by lane, slow, obvious, and without code shared with other
//! implementations.

use super::vector::shape_of;
use super::{FloatCond, Imm, IntCond, Op, Shape, Type};

/// The lanes of a vector, lowest first, each zero-extended.
fn split(v: u128, bits: u32) -> Vec<u64> {
    (0..128 / bits).map(|i| (v >> (i * bits)) as u64 & (u64::MAX >> (64 - bits))).collect()
}

/// Returns the vector of these lanes; missing lanes are 0. Bits above a lane's width are dropped.
fn join(lanes: impl IntoIterator<Item = u64>, bits: u32) -> u128 {
    let mask = u64::MAX >> (64 - bits);
    lanes.into_iter().enumerate().fold(0, |v, (i, lane)| v | u128::from(lane & mask) << (i as u32 * bits))
}

/// A lane as a signed number.
fn signed(lane: u64, bits: u32) -> i64 {
    (lane << (64 - bits)) as i64 >> (64 - bits)
}

fn saturate(n: i64, signed: bool, bits: u32) -> u64 {
    let (low, high) = if signed { (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1) } else { (0, (1i64 << bits) - 1) };
    n.clamp(low, high) as u64
}

/// Returns the result of `op` on arguments whose scalars are in the low bits (the bits above are ignored); `None` if it
/// does not take or make vectors, or has effects. `constant` holds the bits that an immediate [`Imm::Vector`] refers to.
/// A scalar result is zero-extended.
pub fn evaluate_vector(op: Op, ty: Type, imm: Imm, constant: u128, args: [u128; 3]) -> Option<u128> {
    let [a, b, c] = args;
    // Whole vectors.
    match op {
        Op::VConst => return Some(constant),
        Op::And => return Some(a & b),
        Op::Or => return Some(a | b),
        Op::Xor => return Some(a ^ b),
        Op::VAndNot => return Some(a & !b),
        Op::VBitselect => return Some(a & c | b & !c),
        Op::Select => return Some(if a as u32 != 0 { b } else { c }),
        Op::VAnyTrue => return Some(u128::from(a != 0)),
        Op::VShuffle => {
            let bytes: Vec<u64> = split(a, 8).into_iter().chain(split(b, 8)).collect();
            return Some(join(split(constant, 8).into_iter().map(|i| bytes[i as usize]), 8));
        }
        Op::VSwizzle => {
            let bytes = split(a, 8);
            return Some(join(split(b, 8).into_iter().map(|i| bytes.get(i as usize).copied().unwrap_or(0)), 8));
        }
        Op::VSwizzleLow => {
            let bytes = split(a, 8);
            return Some(join(split(b, 8).into_iter().map(|i| if i < 128 { bytes[i as usize % 16] } else { 0 }), 8));
        }
        _ => {}
    }
    let shape = shape_of(imm)?;
    let bits = shape.bits();
    let ones = u64::MAX >> (64 - bits);
    let count = a_count(b, bits);
    let s = |lane: u64| signed(lane, bits);
    let truth = |t: bool| if t { ones } else { 0 };
    let each = |f: &dyn Fn(u64) -> u64| Some(join(split(a, bits).into_iter().map(f), bits));
    let both = |f: &dyn Fn(u64, u64) -> u64| {
        Some(join(split(a, bits).into_iter().zip(split(b, bits)).map(|(x, y)| f(x, y)), bits))
    };
    // Lanes of half the width.
    let half = bits / 2;
    let widen = |high: bool, f: &dyn Fn(u64) -> u64| {
        let lanes = split(a, half);
        let from = if high { lanes.len() / 2 } else { 0 };
        Some(join(lanes[from..from + lanes.len() / 2].iter().map(|&x| f(x)), bits))
    };
    match op {
        Op::IAdd => both(&|x, y| x.wrapping_add(y)),
        Op::ISub => both(&|x, y| x.wrapping_sub(y)),
        Op::IMul => both(&|x, y| x.wrapping_mul(y)),
        Op::Shl => each(&|x| x << count),
        Op::ShrU => each(&|x| x >> count),
        Op::ShrS => each(&|x| (s(x) >> count) as u64),
        Op::Popcnt => each(&|x| x.count_ones().into()),
        Op::VAbs => each(&|x| s(x).wrapping_abs() as u64),
        Op::VMinS => both(&|x, y| s(x).min(s(y)) as u64),
        Op::VMaxS => both(&|x, y| s(x).max(s(y)) as u64),
        Op::VMinU => both(&|x, y| x.min(y)),
        Op::VMaxU => both(&|x, y| x.max(y)),
        Op::VAddSatS => both(&|x, y| saturate(s(x) + s(y), true, bits)),
        Op::VSubSatS => both(&|x, y| saturate(s(x) - s(y), true, bits)),
        Op::VAddSatU => both(&|x, y| saturate((x + y) as i64, false, bits)),
        Op::VSubSatU => both(&|x, y| saturate(x as i64 - y as i64, false, bits)),
        Op::VAvgrU => both(&|x, y| (x + y).div_ceil(2)),
        Op::VQ15MulrSat => both(&|x, y| saturate((s(x) * s(y) + 0x4000) >> 15, true, bits)),
        Op::VQ15Mulr => both(&|x, y| (s(x) * s(y) + 0x4000) as u64 >> 15),
        Op::VLaneSelect => {
            let chosen = split(a, bits).into_iter().zip(split(b, bits)).zip(split(c, bits));
            Some(join(chosen.map(|((x, y), mask)| if s(mask) < 0 { x } else { y }), bits))
        }
        Op::VDotSU => {
            let products: Vec<i64> =
                split(a, 8).into_iter().zip(split(b, 8)).map(|(x, y)| signed(x, 8) * y as i64).collect();
            Some(join(products.chunks(2).map(|p| saturate(p[0] + p[1], true, 16)), 16))
        }
        Op::VDotAdd => {
            let products: Vec<i64> =
                split(a, 8).into_iter().zip(split(b, 8)).map(|(x, y)| signed(x, 8) * signed(y, 8)).collect();
            let sums = products.chunks(4).zip(split(c, 32));
            Some(join(sums.map(|(p, sum)| p.iter().sum::<i64>().wrapping_add(sum as i64) as u64), 32))
        }
        Op::VFma if shape == Shape::F32x4 => Some(fused32(a, b, c)),
        Op::VFma => Some(fused64(a, b, c)),
        Op::VDot => {
            let products: Vec<i64> = split(a, half)
                .into_iter()
                .zip(split(b, half))
                .map(|(x, y)| signed(x, half) * signed(y, half))
                .collect();
            Some(join(products.chunks(2).map(|p| (p[0] + p[1]) as u64), bits))
        }
        Op::VExtendLowS | Op::VExtendHighS => widen(op == Op::VExtendHighS, &|x| signed(x, half) as u64),
        Op::VExtendLowU | Op::VExtendHighU => widen(op == Op::VExtendHighU, &|x| x),
        Op::VPairwiseS => {
            Some(join(split(a, half).chunks(2).map(|p| (signed(p[0], half) + signed(p[1], half)) as u64), bits))
        }
        Op::VPairwiseU => Some(join(split(a, half).chunks(2).map(|p| p[0] + p[1]), bits)),
        Op::VNarrowS | Op::VNarrowU => {
            let wide = split(a, 2 * bits).into_iter().chain(split(b, 2 * bits));
            Some(join(wide.map(|x| saturate(signed(x, 2 * bits), op == Op::VNarrowS, bits)), bits))
        }
        Op::VICmp => {
            let Imm::LaneIntCond(_, cond) = imm else { return None };
            both(&|x, y| {
                truth(match cond {
                    IntCond::Eq => x == y,
                    IntCond::Ne => x != y,
                    IntCond::LtS => s(x) < s(y),
                    IntCond::LtU => x < y,
                    IntCond::GtS => s(x) > s(y),
                    IntCond::GtU => x > y,
                    IntCond::LeS => s(x) <= s(y),
                    IntCond::LeU => x <= y,
                    IntCond::GeS => s(x) >= s(y),
                    IntCond::GeU => x >= y,
                })
            })
        }
        Op::VAllTrue => Some(u128::from(split(a, bits).iter().all(|&x| x != 0))),
        Op::VBitmask => Some(split(a, bits).iter().enumerate().map(|(i, &x)| u128::from(s(x) < 0) << i).sum()),
        Op::VSplat => Some(join((0..shape.lanes()).map(|_| a as u64), bits)),
        Op::VExtract => {
            let Imm::Lane(_, lane) = imm else { return None };
            debug_assert_eq!(ty, shape.lane_type());
            Some(split(a, bits)[usize::from(lane)].into())
        }
        Op::VReplace => {
            let Imm::Lane(_, lane) = imm else { return None };
            let mut lanes = split(a, bits);
            lanes[usize::from(lane)] = b as u64;
            Some(join(lanes, bits))
        }
        _ if shape == Shape::F32x4 => floats32(op, imm, a, b),
        _ if shape == Shape::F64x2 => floats64(op, imm, a, b),
        _ => None,
    }
}

/// The count of a shift, from the scalar that is the second argument.
fn a_count(b: u128, bits: u32) -> u32 {
    b as u32 % bits
}

macro_rules! floats {
    ($name:ident, $lane:ident, $fused:ident, $float:ty, $uint:ty, $bits:literal) => {
        /// Rounded once, whatever the machine has.
        fn $fused(a: u128, b: u128, c: u128) -> u128 {
            let numbers = |v: u128| split(v, $bits).into_iter().map(|l| <$float>::from_bits(l as $uint));
            let sums = numbers(a).zip(numbers(b)).zip(numbers(c)).map(|((x, y), z)| x.mul_add(y, z));
            // A computed NaN is quiet.
            let quiet =
                |x: $float| if x.is_nan() { x.to_bits() | 1 << (<$float>::MANTISSA_DIGITS - 2) } else { x.to_bits() };
            join(sums.map(|x| u64::from(quiet(x))), $bits)
        }

        /// A lane's arithmetic; `None` for operations with another result than a lane of this width.
        fn $lane(op: Op, a: $uint, b: $uint) -> Option<$uint> {
            const SIGN: $uint = 1 << ($bits - 1);
            let (x, y) = (<$float>::from_bits(a), <$float>::from_bits(b));
            let result = match op {
                Op::FAbs => return Some(a & !SIGN),
                Op::FNeg => return Some(a ^ SIGN),
                Op::FCanon if x.is_nan() => {
                    return Some((SIGN - 1) >> (<$float>::MANTISSA_DIGITS - 2) << (<$float>::MANTISSA_DIGITS - 2));
                }
                Op::FCanon => return Some(a),
                // They choose: no bits are changed, not even of NaNs.
                Op::VPMin => return Some(if y < x { b } else { a }),
                Op::VPMax => return Some(if x < y { b } else { a }),
                Op::FAdd => x + y,
                Op::FSub => x - y,
                Op::FMul => x * y,
                Op::FDiv => x / y,
                Op::FMin | Op::FMax if x.is_nan() => x,
                Op::FMin | Op::FMax if y.is_nan() => y,
                Op::FMin if x == y => <$float>::from_bits(a | b),
                Op::FMax if x == y => <$float>::from_bits(a & b),
                Op::FMin => x.min(y),
                Op::FMax => x.max(y),
                Op::FSqrt => x.sqrt(),
                Op::FCeil => x.ceil(),
                Op::FFloor => x.floor(),
                Op::FTrunc => x.trunc(),
                Op::FNearest => x.round_ties_even(),
                _ => return None,
            };
            // A computed NaN is quiet.
            let quiet: $uint = if result.is_nan() { 1 << (<$float>::MANTISSA_DIGITS - 2) } else { 0 };
            Some(result.to_bits() | quiet)
        }

        fn $name(op: Op, imm: Imm, a: u128, b: u128) -> Option<u128> {
            let numbers = |v: u128| split(v, $bits).into_iter().map(|l| <$float>::from_bits(l as $uint));
            let integers = split(a, 32).into_iter().take(128 / $bits);
            match op {
                Op::VFCmp => {
                    let Imm::LaneFloatCond(_, cond) = imm else { return None };
                    let compared = numbers(a).zip(numbers(b)).map(|(x, y)| match cond {
                        FloatCond::Eq => x == y,
                        FloatCond::Ne => x != y,
                        FloatCond::Lt => x < y,
                        FloatCond::Gt => x > y,
                        FloatCond::Le => x <= y,
                        FloatCond::Ge => x >= y,
                    });
                    Some(join(compared.map(|t| if t { u64::MAX } else { 0 }), $bits))
                }
                // `as` saturates.
                Op::FToSSat => Some(join(numbers(a).map(|x| x as i32 as u64), 32)),
                Op::FToUSat => Some(join(numbers(a).map(|x| u64::from(x as u32)), 32)),
                Op::VFToSMin => {
                    let fits = |x: $float| f64::from(x) > -2_147_483_649.0 && f64::from(x) < 2_147_483_648.0;
                    Some(join(numbers(a).map(|x| if fits(x) { x as i32 as u64 } else { i32::MIN as u64 }), 32))
                }
                Op::SToF => Some(join(integers.map(|n| u64::from((n as i32 as $float).to_bits())), $bits)),
                Op::UToF => Some(join(integers.map(|n| u64::from((n as u32 as $float).to_bits())), $bits)),
                Op::FDemote if $bits == 32 => {
                    let wide = split(a, 64).into_iter().map(f64::from_bits);
                    Some(join(wide.map(|x| u64::from(quiet32((x as f32).to_bits()))), 32))
                }
                Op::FPromote if $bits == 64 => {
                    let narrow = split(a, 32).into_iter().take(2).map(|l| f32::from_bits(l as u32));
                    Some(join(narrow.map(|x| quiet64(f64::from(x).to_bits())), 64))
                }
                _ => {
                    let (x, y) = (split(a, $bits), split(b, $bits));
                    let lanes = x.into_iter().zip(y).map(|(x, y)| $lane(op, x as $uint, y as $uint).map(u64::from));
                    Some(join(lanes.collect::<Option<Vec<u64>>>()?, $bits))
                }
            }
        }
    };
}
floats!(floats32, float32, fused32, f32, u32, 32);
floats!(floats64, float64, fused64, f64, u64, 64);

fn quiet32(bits: u32) -> u32 {
    if f32::from_bits(bits).is_nan() { bits | 1 << 22 } else { bits }
}

fn quiet64(bits: u64) -> u64 {
    if f64::from_bits(bits).is_nan() { bits | 1 << 51 } else { bits }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::ir::ops::ImmKind;
    use crate::jit::ir::vector::LaneArg;

    fn bytes(v: [u8; 16]) -> u128 {
        u128::from_le_bytes(v)
    }

    fn eval(op: Op, imm: Imm, args: [u128; 3]) -> u128 {
        evaluate_vector(op, Type::V128, imm, 0, args).unwrap()
    }

    #[test]
    fn lanes_do_not_touch_each_other() {
        let ones = u128::MAX;
        assert_eq!(eval(Op::IAdd, Imm::Shape(Shape::I8x16), [ones, bytes([1; 16]), 0]), 0);
        let one16 = join(vec![1; 8], 16);
        assert_eq!(eval(Op::ISub, Imm::Shape(Shape::I16x8), [0, one16, 0]), ones);
        assert_eq!(eval(Op::Shl, Imm::Shape(Shape::I8x16), [ones, 0xdead_0000_0000_000f, 0]), bytes([0x80; 16]));
        assert_eq!(eval(Op::ShrS, Imm::Shape(Shape::I64x2), [1 << 127, 64, 0]), 1 << 127);
        assert_eq!(eval(Op::ShrS, Imm::Shape(Shape::I64x2), [1 << 127, 127, 0]), u128::from(u64::MAX) << 64);
    }

    #[test]
    fn saturation() {
        let narrow = |op, v: i16| eval(op, Imm::Shape(Shape::I8x16), [join(vec![v as u64; 8], 16); 3]) as u8;
        assert_eq!((narrow(Op::VNarrowS, 128), narrow(Op::VNarrowS, -129)), (0x7f, 0x80));
        assert_eq!((narrow(Op::VNarrowU, 256), narrow(Op::VNarrowU, -1)), (0xff, 0));
        let min = join(vec![0x8000; 8], 16);
        assert_eq!(eval(Op::VQ15MulrSat, Imm::Shape(Shape::I16x8), [min, min, 0]), join(vec![0x7fff; 8], 16));
        assert_eq!(eval(Op::VDot, Imm::Shape(Shape::I32x4), [min, min, 0]), join(vec![0x8000_0000; 4], 32));
        let (least, most) = (bytes([0x80; 16]), bytes([0x7f; 16]));
        let dot = |a, b| eval(Op::VDot, Imm::Shape(Shape::I16x8), [a, b, 0]) as i16;
        assert_eq!((dot(least, least), dot(least, most), dot(most, most)), (i16::MIN, -32512, 32258));
        let sat = |op, a: u8, b: u8| eval(op, Imm::Shape(Shape::I8x16), [bytes([a; 16]), bytes([b; 16]), 0]) as u8;
        assert_eq!((sat(Op::VAddSatS, 127, 1), sat(Op::VAddSatU, 255, 1), sat(Op::VSubSatU, 0, 1)), (127, 255, 0));
        assert_eq!((sat(Op::VSubSatS, 128, 1), sat(Op::VAvgrU, 255, 255), sat(Op::VAvgrU, 0, 1)), (128, 255, 1));
    }

    #[test]
    fn moving_bytes() {
        let v = bytes(std::array::from_fn(|i| i as u8 + 100));
        let indices = bytes([0, 15, 16, 255, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let got = eval(Op::VSwizzle, Imm::None, [v, indices, 0]).to_le_bytes();
        assert_eq!(got[..5], [100, 115, 0, 0, 101]);
        let shuffled = evaluate_vector(Op::VShuffle, Type::V128, Imm::Vector(0), bytes([31; 16]), [0, v, 0]);
        assert_eq!(shuffled, Some(bytes([115; 16])));
        assert_eq!(eval(Op::VReplace, Imm::Lane(Shape::I16x8, 7), [0, 0xabc_1234, 0]), 0x1234 << 112);
        let extract = evaluate_vector(Op::VExtract, Type::I32, Imm::Lane(Shape::I8x16, 3), 0, [v, 0, 0]);
        assert_eq!(extract, Some(103));
        assert_eq!(eval(Op::VBitmask, Imm::Shape(Shape::I8x16), [0x80 << 120 | 0x80, 0, 0]), 0x8001);
        assert_eq!(
            eval(Op::VExtendHighS, Imm::Shape(Shape::I64x2), [0x8000_0000 << 64, 0, 0]) as u64,
            0xffff_ffff_8000_0000
        );
    }

    #[test]
    fn what_a_cpu_may_choose() {
        let (f32s, f64s, i16s) = (Imm::Shape(Shape::F32x4), Imm::Shape(Shape::F64x2), Imm::Shape(Shape::I16x8));
        // 1 + 2^-22, 1 + 2^-15: the last bit of their product is lost if the product is rounded.
        let of = |x: f32| join(vec![x.to_bits().into(); 4], 32);
        let (x, y) = (1.0 + 2f32.powi(-22), 1.0 + 2f32.powi(-15));
        assert_eq!(eval(Op::VFma, f32s, [of(x), of(y), of(-(x * y))]), of(2f32.powi(-37)));
        let of = |x: f64| join(vec![x.to_bits(); 2], 64);
        assert_eq!(eval(Op::VFma, f64s, [of(f64::MAX), of(2.0), of(-f64::MAX)]), of(f64::MAX));
        let min = join(vec![0x8000; 8], 16);
        assert_eq!(eval(Op::VQ15Mulr, i16s, [min, min, 0]), min);
        assert_eq!(eval(Op::VQ15Mulr, i16s, [1, 0x4000, 0]), 1);
        assert_eq!(eval(Op::VDotSU, i16s, [bytes([0x80; 16]), bytes([0x81; 16]), 0]), min);
        let i32s = Imm::Shape(Shape::I32x4);
        assert_eq!(
            eval(Op::VDotAdd, i32s, [bytes([0x80; 16]), bytes([0x80; 16]), u128::from(u32::MAX)]) as u32,
            0xffff
        );
        assert_eq!(eval(Op::VDotAdd, i32s, [0x7f01_02ff, 0x0203_0405, 1]) as u32, 254 + 3 + 8 - 5 + 1);
        let [sums, added] = [[9, 10, 11, 12], [1, 2, 3, 4]].map(|lanes| join(lanes, 32));
        assert_eq!(eval(Op::VDotAdd, i32s, [bytes([1; 16]), bytes([2; 16]), added]), sums);
        assert_eq!(eval(Op::VDotSU, i16s, [0x7fff, 0x02ff, 0]), 0xffff, "127 * 2 - 1 * 255");
        let numbers = join([f32::NAN, 3e9, -3e9, -2_147_483_648.0].map(|x| x.to_bits().into()), 32);
        assert_eq!(eval(Op::VFToSMin, f32s, [numbers, 0, 0]), join(vec![0x8000_0000; 4], 32));
        let numbers = join([(-2_147_483_648.9f64).to_bits(), 2_147_483_647.9f64.to_bits()], 64);
        assert_eq!(eval(Op::VFToSMin, f64s, [numbers, 0, 0]), 0x7fff_ffff_8000_0000);
        let indices = bytes([15, 16, 0x7f, 0x80, 0xff, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let v = bytes(std::array::from_fn(|i| i as u8 + 100));
        assert_eq!(eval(Op::VSwizzleLow, Imm::None, [v, indices, 0]).to_le_bytes()[..6], [115, 100, 115, 0, 0, 101]);
        assert_eq!(eval(Op::VLaneSelect, i16s, [u128::MAX, 0, 0x8000_7fff]), 0xffff_0000);
    }

    /// Each lane of a result depends on the same lane of the arguments, in the same way for all lanes: arguments rotated
    /// by a lane give a result rotated by a lane.
    #[test]
    fn lanes_are_computed_alike() {
        let mut state = 9;
        let mut next = move || crate::random::next(&mut state);
        let mut operations = 0;
        for &op in Op::ALL {
            let Some(form) = op.row().form else { continue };
            // Their lanes come from or go to other places.
            let moves = matches!(
                op,
                Op::VExtendLowS
                    | Op::VExtendLowU
                    | Op::VExtendHighS
                    | Op::VExtendHighU
                    | Op::VNarrowS
                    | Op::VNarrowU
                    | Op::FPromote
                    | Op::FDemote
                    | Op::VSplat
                    | Op::VAllTrue
                    | Op::VBitmask
            );
            let from_or_to_half = matches!(op, Op::SToF | Op::UToF | Op::FToSSat | Op::FToUSat | Op::VFToSMin);
            for &shape in form.shapes {
                if moves || from_or_to_half && shape == Shape::F64x2 {
                    continue;
                }
                let imms = match form.imm {
                    ImmKind::Shape => vec![Imm::Shape(shape)],
                    ImmKind::LaneIntCond => IntCond::ALL.map(|cond| Imm::LaneIntCond(shape, cond)).to_vec(),
                    ImmKind::LaneFloatCond => FloatCond::ALL.map(|cond| Imm::LaneFloatCond(shape, cond)).to_vec(),
                    _ => continue,
                };
                for imm in imms {
                    operations += 1;
                    for _ in 0..20 {
                        let args: [u128; 3] = std::array::from_fn(|_| u128::from(next()) << 64 | u128::from(next()));
                        let mut turned = args;
                        for (arg, kind) in turned.iter_mut().zip(form.args) {
                            if *kind == LaneArg::Vector {
                                *arg = arg.rotate_left(shape.bits());
                            }
                        }
                        // If two are NaNs, either may be the result.
                        let [plain, turned] = [args, turned].map(|args| {
                            let value = eval(op, imm, args);
                            if shape.is_float() { eval(Op::FCanon, Imm::Shape(shape), [value, 0, 0]) } else { value }
                        });
                        assert_eq!(turned, plain.rotate_left(shape.bits()), "{} {imm:?} {args:x?}", op.name());
                    }
                }
            }
        }
        assert!(operations > 100, "{operations}");
    }

    #[test]
    fn floats() {
        let (f32s, f64s) = (Imm::Shape(Shape::F32x4), Imm::Shape(Shape::F64x2));
        let neg0 = join(vec![0x8000_0000; 4], 32);
        assert_eq!((eval(Op::FMin, f32s, [0, neg0, 0]), eval(Op::FMax, f32s, [0, neg0, 0])), (neg0, 0));
        // Pseudo-minimum returns the first of equal numbers, and the first operand if one is a NaN.
        assert_eq!((eval(Op::VPMin, f32s, [0, neg0, 0]), eval(Op::VPMin, f32s, [neg0, 0, 0])), (0, neg0));
        let nan = join(vec![0x7fa0_0000; 4], 32);
        assert_eq!(eval(Op::VPMax, f32s, [nan, 0, 0]), nan);
        assert_eq!(eval(Op::FAdd, f32s, [nan, 0, 0]), join(vec![0x7fe0_0000; 4], 32));
        let big = join([f64::INFINITY.to_bits(), (-1.5f64).to_bits()], 64);
        assert_eq!(eval(Op::FToUSat, f64s, [big, 0, 0]), 0xffff_ffff);
        assert_eq!(eval(Op::FToSSat, f64s, [big, 0, 0]), 0xffff_ffff_7fff_ffff);
        assert_eq!(eval(Op::UToF, f64s, [u128::from(u32::MAX), 0, 0]), u128::from(4_294_967_295f64.to_bits()));
    }
}
