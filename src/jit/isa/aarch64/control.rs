//! Selection of conditional branches and traps.

use super::builder::{Cx, width};
use super::condition::test;
use super::inst::Inst;
use crate::jit::ir::{self, Imm, Op};
use regalloc2::Operand;
use smallvec::SmallVec;

/// Lowers a branch to one of two blocks.
pub(super) fn branch(cx: &mut Cx<'_>, inst: ir::Inst) {
    let value = cx.data(inst).args[0];
    let (test, register) = test(cx, value);
    let (then, or) = (cx.targets()[0], cx.targets()[1]);
    let operands: SmallVec<[Operand; 1]> = register.into_iter().map(Operand::reg_use).collect();
    cx.push(Inst::Branch { test, then, or }, &operands);
}

/// Lowers a conditional trap.
pub(super) fn trap_if(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.function().inst(inst);
    let Imm::Trap(code) = data.imm else { unreachable!("a trap has a code") };
    let detail = data.args.get(1).map(|&d| (cx.reg(d), width(cx.ty(d))));
    let (mut test, register) = test(cx, data.args[0]);
    if data.op == Op::TrapZ {
        test = test.invert();
    }
    let mut operands: SmallVec<[Operand; 2]> = register.into_iter().map(Operand::reg_use).collect();
    match detail {
        None => cx.push(Inst::TrapIf { test, code }, &operands),
        Some((detail, w)) => {
            operands.insert(0, Operand::reg_use(detail));
            cx.push(Inst::TrapIfDetail { test, code, w }, &operands);
        }
    }
}
