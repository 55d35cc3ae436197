//! Selection of atomic operations. `docs/memory-model.md` explains why each of them is correct.
//!
//! Loads acquire and stores release. Operations that do both are one instruction with FEAT_LSE, otherwise a loop of an
//! exclusive load and an exclusive store.

use super::address::whole_address;
use super::builder::{Cx, width};
use super::inst::{Exclusive, Inst};
use super::operand::{access_of, access_width, fresh, reg_or_zero};
use super::table::Op as M;
use crate::jit::ir::{self, Imm, Op};
use crate::target::aarch64;
use regalloc2::Operand;

/// Lowers an atomic operation other than a fence.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.data(inst);
    let (ty, args, which, imm) = (data.ty, data.args.clone(), data.op, data.imm);
    let Imm::Heap { offset, .. } = imm else { unreachable!("an atomic access has its immediate") };
    let w = access_width(ty, access_of(imm));
    let (base, index) = (args[args.len() - 2], args[args.len() - 1]);
    match which {
        Op::AtomicLoad => {
            let address = whole_address(cx, base, index, offset);
            let def = cx.def_of(inst);
            M::Ldar.int(w).def(def).n(address).push(cx);
        }
        Op::AtomicStore => {
            let value = reg_or_zero(cx, args[0]);
            let address = whole_address(cx, base, index, offset);
            M::Stlr.int(w).value(value).n(address).push(cx);
        }
        Op::AtomicCas => {
            let (expected, new) = (cx.reg(args[0]), cx.reg(args[1]));
            let address = whole_address(cx, base, index, offset);
            let def = cx.def_of(inst);
            if cx.has(aarch64::LSE) {
                return M::Casal.int(w).def(def).tied(expected).value(new).n(address).push(cx);
            }
            let operands = [
                Operand::reg_use_at_end(address),
                Operand::reg_use_at_end(expected),
                Operand::reg_use_at_end(new),
                Operand::reg_def_at_start(def),
            ];
            cx.push(Inst::Exclusive { what: Exclusive::Compare, w }, &operands);
        }
        _ => {
            let mut value = cx.reg(args[0]);
            let address = whole_address(cx, base, index, offset);
            let (row, what) = match which {
                Op::AtomicAdd => (M::Ldaddal, Exclusive::Add),
                Op::AtomicAnd => (M::Ldclral, Exclusive::And),
                Op::AtomicOr => (M::Ldsetal, Exclusive::Or),
                Op::AtomicXor => (M::Ldeoral, Exclusive::Xor),
                Op::AtomicXchg => (M::Swpal, Exclusive::Swap),
                op => unreachable!("{} is lowered elsewhere", op.name()),
            };
            if cx.has(aarch64::LSE) {
                if which == Op::AtomicAnd {
                    // The instruction clears bits.
                    let bits = fresh(cx, width(ty));
                    M::Mvn.int(width(ty)).def(bits).m(value).push(cx);
                    value = bits;
                }
                let def = cx.def_of(inst);
                return row.int(w).def(def).m(value).n(address).push(cx);
            }
            let def = cx.def_of(inst);
            let operands =
                [Operand::reg_use_at_end(address), Operand::reg_use_at_end(value), Operand::reg_def_at_start(def)];
            cx.push(Inst::Exclusive { what, w }, &operands);
        }
    }
}

/// Orders all accesses before it with all accesses after it.
pub(super) fn fence(cx: &mut Cx<'_>) {
    cx.push(Inst::Fence, &[]);
}
