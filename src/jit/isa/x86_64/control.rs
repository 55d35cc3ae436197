//! Selection: traps, branches, interrupt checks.

use super::builder::{Cx, width};
use super::call;
use super::condition::condition;
use super::inst::{Inst, Side};
use crate::jit::ir::{self, Imm, Op};
use regalloc2::{Operand, RegClass};

/// Lowers an instruction that may leave the block, except for calls.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.function().inst(inst);
    let args = &data.args;
    match data.op {
        Op::TrapNz | Op::TrapZ => trap_if(cx, inst),
        Op::TrapNow => {
            let Imm::Trap(code) = data.imm else { unreachable!("a trap has a code") };
            match args.first() {
                None => cx.push(Inst::Trap { code }, &[]),
                Some(&detail) => call::trap(cx, code, detail),
            }
        }
        Op::Poll => {
            cx.mark_call();
            // The pointer to the store.
            let store = cx.invariant(RegClass::Int, 64);
            cx.push(Inst::Poll, &[Operand::any_use(store)]);
        }
        Op::LandingPad => {
            let def = cx.def_of(inst);
            cx.push(Inst::LandingPad, &[Operand::reg_def(def)]);
        }
        Op::Jump => {
            let to = cx.targets()[0];
            cx.push(Inst::Jump { to }, &[]);
        }
        Op::BrIf => {
            let cond = condition(cx, args[0]);
            let (then, or) = (cx.targets()[0], cx.targets()[1]);
            cx.push(Inst::Branch { cond, then, or }, &[]);
        }
        Op::BrTable => {
            let targets = cx.targets().to_vec();
            if let [to] = targets[..] {
                cx.push(Inst::Jump { to }, &[]);
            } else {
                let index = cx.reg(args[0]);
                let temp = cx.temp(RegClass::Int, 64);
                let side = cx.side(Side::Table { targets });
                cx.push(Inst::JumpTable { side }, &[Operand::reg_use(index), Operand::reg_temp(temp)]);
            }
        }
        op => unreachable!("{} is lowered elsewhere", op.name()),
    }
}

/// A trap that depends on a condition.
fn trap_if(cx: &mut Cx<'_>, inst: ir::Inst) {
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
