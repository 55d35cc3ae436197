//! Selection of conditional branches and traps.

use super::builder::{Cx, width};
use super::condition::condition;
use super::inst::Inst;
use crate::jit::ir::{self, Imm, Op};
use regalloc2::Operand;

/// Lowers a branch to one of two blocks.
pub(super) fn branch(cx: &mut Cx<'_>, inst: ir::Inst) {
    let value = cx.data(inst).args[0];
    let cond = condition(cx, value);
    let (then, or) = (cx.targets()[0], cx.targets()[1]);
    cx.push(Inst::Branch { cond, then, or }, &[]);
}

/// Lowers a conditional trap.
pub(super) fn trap_if(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.function().inst(inst);
    let Imm::Trap(code) = data.imm else { unreachable!("a trap has a code") };
    let detail = data.args.get(1).map(|&d| (cx.reg(d), width(cx.ty(d))));
    let mut cond = condition(cx, data.args[0]);
    if data.op == Op::TrapZ {
        cond = cond.invert();
    }
    match detail {
        None => cx.push(Inst::TrapIf { cond, code }, &[]),
        Some((detail, w)) => cx.push(Inst::TrapIfDetail { cond, code, w }, &[Operand::reg_use(detail)]),
    }
}
