//! Selection of operations that move bytes of vectors.

use super::parts::{arg, binary_row, binary_row_imm, fresh, unary_row_imm};
use crate::jit::ir::{self, Imm, Value};
use crate::jit::isa::x86_64::builder::{Arg, Cx, pool};
use crate::jit::isa::x86_64::table::Op as M;

/// Byte numbers: 0 to 15 of the first operand, 16 to 31 of the second.
type Bytes = [u8; 16];

/// These bytes as lanes of `width` bytes, if they form whole lanes.
fn lanes(bytes: &Bytes, width: u8) -> Option<Vec<u8>> {
    let whole = |lane: &[u8]| lane[0].is_multiple_of(width) && lane.iter().zip(lane[0]..).all(|(&byte, n)| byte == n);
    let lanes = bytes.chunks(width.into());
    lanes.clone().all(whole).then(|| lanes.map(|lane| lane[0] / width).collect())
}

/// The instructions that interleave lanes of two operands, with the width of these lanes and whether they take the upper
/// halves.
const UNPACK: [(M, u8, bool); 8] = [
    (M::Punpcklbw, 1, false),
    (M::Punpckhbw, 1, true),
    (M::Punpcklwd, 2, false),
    (M::Punpckhwd, 2, true),
    (M::Punpckldq, 4, false),
    (M::Punpckhdq, 4, true),
    (M::Punpcklqdq, 8, false),
    (M::Punpckhqdq, 8, true),
];

/// The result of such an instruction, as byte numbers.
fn unpacked(width: u8, high: bool) -> Bytes {
    std::array::from_fn(|i| {
        let (lane, byte) = (i as u8 / width, i as u8 % width);
        let from = lane / 2 + if high { 8 / width } else { 0 };
        from * width + byte + 16 * (lane % 2)
    })
}

/// The immediate that chooses four 32-bit lanes.
fn order(lanes: &[u8]) -> i32 {
    lanes.iter().enumerate().fold(0, |imm, (i, &lane)| imm | i32::from(lane & 3) << (2 * i))
}

pub(super) fn shuffle(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let Imm::Vector(v) = data.imm else { unreachable!("a shuffle has indices") };
    let mut bytes: Bytes = cx.function().vectors[v as usize].to_le_bytes();
    let (mut a, mut b) = (cx.function().resolve(data.args[0]), cx.function().resolve(data.args[1]));
    if a == b {
        bytes = bytes.map(|i| i & 15);
    } else if bytes.iter().all(|&i| i >= 16) {
        bytes = bytes.map(|i| i - 16);
        a = b;
    }
    if bytes.iter().all(|&i| i < 16) {
        return of_one(cx, inst, a, bytes);
    }
    let exchanged = bytes.map(|i| i ^ 16);
    for (op, width, high) in UNPACK {
        for (bytes, a, b) in [(bytes, a, b), (exchanged, b, a)] {
            if bytes == unpacked(width, high) {
                let (a, b) = (cx.reg(a), arg(cx, b));
                let def = cx.def_of(inst);
                binary_row(cx, op, def, a, b);
                return;
            }
        }
    }
    if bytes[0] >= 16 {
        (a, b, bytes) = (b, a, exchanged);
    }
    // A stretch of bytes that begins in the first operand and continues in the second.
    if (1..16).contains(&bytes[0]) && bytes.iter().zip(bytes[0]..).all(|(&byte, n)| byte == n) {
        let (low, high) = (arg(cx, a), cx.reg(b));
        let def = cx.def_of(inst);
        binary_row_imm(cx, M::Palignr, def, high, low, bytes[0].into());
        return;
    }
    // Each word stays in its place and comes from either operand.
    if let Some(words) = lanes(&bytes, 2)
        && words.iter().enumerate().all(|(i, &word)| usize::from(word & 7) == i)
    {
        let mask = words.iter().enumerate().fold(0, |mask, (i, &word)| mask | i32::from(word >> 3) << i);
        let (a, b) = (cx.reg(a), arg(cx, b));
        let def = cx.def_of(inst);
        binary_row_imm(cx, M::Pblendw, def, a, b, mask);
        return;
    }
    // Two lanes of the first operand and two of the second.
    if let Some(four) = lanes(&bytes, 4)
        && four.iter().enumerate().all(|(i, &lane)| (lane >= 4) == (i >= 2))
    {
        let (a, b) = (cx.reg(a), arg(cx, b));
        let def = cx.def_of(inst);
        binary_row_imm(cx, M::Shufp, def, a, b, order(&four));
        return;
    }
    // Each operand is shuffled separately, with 0 where the bytes of the other go.
    let halves = [(a, bytes), (b, bytes.map(|i| i ^ 16))].map(|(v, bytes)| {
        let (v, to) = (cx.reg(v), fresh(cx));
        let indices = pool(cx, u128::from_le_bytes(bytes.map(|i| if i < 16 { i } else { 0x80 })));
        binary_row(cx, M::Pshufb, to, v, indices)
    });
    let def = cx.def_of(inst);
    binary_row(cx, M::Por, def, halves[0], halves[1]);
}

/// Shuffles the bytes of one operand.
fn of_one(cx: &mut Cx<'_>, inst: ir::Inst, value: Value, bytes: Bytes) {
    if let Some(four) = lanes(&bytes, 4) {
        let a = arg(cx, value);
        let def = cx.def_of(inst);
        unary_row_imm(cx, M::Pshufd, def, a, order(&four));
        return;
    }
    let a = cx.reg(value);
    let indices = pool(cx, u128::from_le_bytes(bytes));
    let def = cx.def_of(inst);
    binary_row(cx, M::Pshufb, def, a, indices);
}

/// The instruction uses four bits of an index, and gives 0 if the highest bit is set.
pub(super) fn swizzle(cx: &mut Cx<'_>, inst: ir::Inst) {
    let (value, indices) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    let a = cx.reg(value);
    let indices = match cx.function().as_vector(indices) {
        Some(bits) => {
            let bytes = bits.to_le_bytes().map(|i| if i < 16 { i } else { 0x80 });
            pool(cx, u128::from_le_bytes(bytes))
        }
        None => {
            let indices = cx.reg(indices);
            // 16 and more get the highest bit, because the sum saturates.
            let add = pool(cx, u128::from_le_bytes([0x70; 16]));
            let to = fresh(cx);
            Arg::Reg(binary_row(cx, M::Paddusb, to, indices, add))
        }
    };
    let def = cx.def_of(inst);
    binary_row(cx, M::Pshufb, def, a, indices);
}
