//! Selection of operations that move bytes of vectors; and exclusive disjunctions, which may include a rotation.

use super::constant_of;
use super::parts::*;
use crate::jit::ir::vector::shape_of;
use crate::jit::ir::{self, Imm as IrImm, Op, Value};
use crate::jit::isa::aarch64::builder::Cx;
use crate::jit::isa::aarch64::encode::Imm;
use crate::jit::isa::aarch64::inst::Inst;
use crate::jit::isa::aarch64::operand::only_by;
use crate::jit::isa::aarch64::table::{Op as M, W};
use crate::jit::isa::float_reg;
use crate::target::aarch64;
use regalloc2::Operand;

/// Byte numbers: 0 to 15 of the first operand, 16 to 31 of the second.
type Bytes = [u8; 16];

/// These bytes as lanes of `width` bytes, if they form whole lanes.
fn lanes(bytes: &Bytes, width: u8) -> Option<Vec<u8>> {
    let whole = |lane: &[u8]| lane[0].is_multiple_of(width) && lane.iter().zip(lane[0]..).all(|(&byte, n)| byte == n);
    let lanes = bytes.chunks(width.into());
    lanes.clone().all(whole).then(|| lanes.map(|lane| lane[0] / width).collect())
}

/// Returns the source lane for a lane of the result, given the lane's number and the number of lanes.
type LaneOf = fn(lane: u8, lanes: u8) -> u8;

/// The instructions that take lanes of two operands. Source lanes are numbered through both operands.
const PERMUTATIONS: [(M, LaneOf); 6] = [
    (M::Zip1, |i, n| i / 2 + i % 2 * n),
    (M::Zip2, |i, n| n / 2 + i / 2 + i % 2 * n),
    (M::Uzp1, |i, _| 2 * i),
    (M::Uzp2, |i, _| 2 * i + 1),
    (M::Trn1, |i, n| i - i % 2 + i % 2 * n),
    (M::Trn2, |i, n| i - i % 2 + 1 + i % 2 * n),
];

/// The instructions that reverse lanes within groups of this many bytes.
const REVERSALS: [(M, u8); 3] = [(M::Rev16, 2), (M::Rev32, 4), (M::Rev64, 8)];

pub(super) fn shuffle(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let IrImm::Vector(v) = data.imm else { unreachable!("a shuffle has indices") };
    let mut bytes: Bytes = cx.function().vectors[v as usize].to_le_bytes();
    let (mut a, mut b) = (cx.function().resolve(data.args[0]), cx.function().resolve(data.args[1]));
    if a == b || bytes.iter().all(|&i| i < 16) {
        bytes = bytes.map(|i| i & 15);
        b = a;
    } else if bytes.iter().all(|&i| i >= 16) {
        bytes = bytes.map(|i| i - 16);
        a = b;
    }
    let one = a == b;
    if one && of_one(cx, inst, a, &bytes) {
        return;
    }
    for (x, y, bytes) in [(a, b, bytes), (b, a, bytes.map(|i| i ^ 16))] {
        // The second operand is the same as the first.
        let fits = |wanted: u8, have: u8, lanes: u8| if one { wanted % lanes == have % lanes } else { wanted == have };
        for w in [W::B64, W::B32, W::B16, W::B8] {
            let Some(wanted) = lanes(&bytes, w.bytes()) else { continue };
            let n = wanted.len() as u8;
            let found = PERMUTATIONS.iter().find(|(_, of)| (0..n).all(|i| fits(wanted[usize::from(i)], of(i, n), n)));
            if let Some(&(row, _)) = found {
                let (x, y) = (cx.reg(x), cx.reg(y));
                let def = cx.def_of(inst);
                return row.lanes(w).def(def).n(x).m(y).push(cx);
            }
            // One lane comes from another operand or another place.
            let moved: Vec<u8> = (0..n).filter(|&i| wanted[usize::from(i)] != i).collect();
            if let [to] = moved[..] {
                let from = wanted[usize::from(to)];
                let (into, out_of) = (cx.reg(x), if from < n { cx.reg(x) } else { cx.reg(y) });
                let def = cx.def_of(inst);
                let imm = Imm::Lanes2(w, to, from % n);
                return M::InsLane.fixed().def(def).tied(into).n(out_of).imm(imm).push(cx);
            }
        }
        // A stretch of bytes that begins in the first operand and continues in the second.
        let last = if one { 15 } else { 31 };
        let follows = |(i, &byte): (usize, &u8)| byte == (bytes[0] + i as u8) & last;
        if bytes[0] < 16 && bytes.iter().enumerate().all(follows) {
            let (x, y) = (cx.reg(x), cx.reg(y));
            let def = cx.def_of(inst);
            return M::Ext.fixed().def(def).n(x).m(y).imm(Imm::Byte(bytes[0])).push(cx);
        }
    }
    let indices = fresh(cx);
    constant_of(cx, u128::from_le_bytes(bytes), indices);
    let (first, second) = (cx.reg(a), cx.reg(b));
    let def = cx.def_of(inst);
    if one {
        binary_row(cx, M::Tbl, def, first, indices);
        return;
    }
    let operands = [
        Operand::reg_use(first),
        Operand::reg_fixed_use(second, float_reg(0)),
        Operand::reg_use(indices),
        Operand::reg_def(def),
    ];
    cx.push(Inst::Tbl2, &operands);
}

/// Shuffles the bytes of one operand with a single-operand instruction. Returns whether there is one.
fn of_one(cx: &mut Cx<'_>, inst: ir::Inst, value: Value, bytes: &Bytes) -> bool {
    for w in [W::B64, W::B32, W::B16, W::B8] {
        let Some(wanted) = lanes(bytes, w.bytes()) else { continue };
        if wanted.iter().all(|&lane| lane == wanted[0]) {
            let a = cx.reg(value);
            let def = cx.def_of(inst);
            unary_row_imm(cx, M::DupLane, def, a, Imm::Lane(w, wanted[0]));
            return true;
        }
        for (row, group) in REVERSALS {
            let n = group / w.bytes();
            if n > 1 && wanted.iter().zip(0..).all(|(&lane, i)| lane == i - i % n + (n - 1 - i % n)) {
                let a = cx.reg(value);
                let def = cx.def_of(inst);
                row.lanes(w).def(def).n(a).push(cx);
                return true;
            }
        }
    }
    false
}

/// Lowers a disjunction of the two parts of rotated lanes. Returns whether it is one.
pub(super) fn rotation(cx: &mut Cx<'_>, inst: ir::Inst) -> bool {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    for (a, b) in [(a, b), (b, a)] {
        let (Some(left), Some(right)) = (only_by(cx, a, Op::Shl), only_by(cx, b, Op::ShrU)) else { continue };
        let (left, right) = (cx.data(left), cx.data(right));
        let Some(shape) = shape_of(left.imm).filter(|_| left.imm == right.imm) else { continue };
        let w = lane(shape);
        let amount = |by: Value| cx.as_const(by).map(|by| by as u8 & (w.bits() - 1));
        let (Some(up), Some(down)) = (amount(left.args[1]), amount(right.args[1])) else { continue };
        let value = cx.function().resolve(left.args[0]);
        if up == 0 || up + down != w.bits() || value != cx.function().resolve(right.args[0]) {
            continue;
        }
        if w == W::B64
            && cx.has(aarch64::SHA3)
            && let Some(xor) = cx.def_by(value, Op::Xor).filter(|_| cx.use_count(value) == 2)
        {
            let (x, y) = (cx.data(xor).args[0], cx.data(xor).args[1]);
            let (x, y) = (cx.reg(x), cx.reg(y));
            let def = cx.def_of(inst);
            M::Xar.fixed().def(def).n(x).m(y).imm(Imm::Rotate(down)).push(cx);
            return true;
        }
        let a = cx.reg(value);
        let def = cx.def_of(inst);
        let reversal = match (w, up) {
            (W::B16, 8) => Some((M::Rev16, W::B8)),
            (W::B32, 16) => Some((M::Rev32, W::B16)),
            (W::B64, 32) => Some((M::Rev64, W::B32)),
            _ => None,
        };
        if let Some((row, w)) = reversal {
            row.lanes(w).def(def).n(a).push(cx);
            return true;
        }
        let upper = fresh(cx);
        unary_row_imm(cx, M::VShl, upper, a, Imm::Left(w, up));
        M::Sri.fixed().def(def).tied(upper).n(a).imm(Imm::Right(w, down)).push(cx);
        return true;
    }
    false
}

/// Lowers an exclusive disjunction: an inverse or, with FEAT_SHA3, one of three operands or one with a conjunction.
pub(super) fn exclusive_or(cx: &mut Cx<'_>, inst: ir::Inst) {
    let (a, b) = (cx.data(inst).args[0], cx.data(inst).args[1]);
    let ones = |cx: &Cx<'_>, v: Value| cx.function().as_vector(v) == Some(u128::MAX);
    for (a, b) in [(a, b), (b, a)] {
        if ones(cx, b) {
            let a = cx.reg(a);
            let def = cx.def_of(inst);
            unary_row(cx, M::VNot, def, a);
            return;
        }
    }
    if cx.has(aarch64::SHA3) {
        for (a, b) in [(a, b), (b, a)] {
            let (row, inner) = match (only_by(cx, b, Op::Xor), only_by(cx, b, Op::VAndNot)) {
                (Some(inner), _) if inverse(cx, b).is_none() => (M::Eor3, inner),
                (_, Some(inner)) => (M::Bcax, inner),
                _ => continue,
            };
            let (x, y) = (cx.data(inner).args[0], cx.data(inner).args[1]);
            let (a, x, y) = (cx.reg(a), cx.reg(x), cx.reg(y));
            let def = cx.def_of(inst);
            return row.fixed().def(def).n(a).m(x).a(y).push(cx);
        }
    }
    binary(cx, inst, M::VEor);
}
