//! Selection: dispatches each operation to the file that lowers it.

use super::builder::{Addr, Cx};
use super::inst::{Base, Inst};
use super::{atomic, condition, control, float, integer, memory, vector};
use crate::jit::ir::{self, Imm, Op, Type};
use regalloc2::{Operand, VReg};

/// Lowers an instruction.
pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.function().inst(inst);
    let involves = |is: fn(Type) -> bool| is(data.ty) || data.args.iter().any(|&a| is(cx.ty(a)));
    let (vector, float) = (involves(|ty| ty == Type::V128), involves(Type::is_float));
    if vector && vector::lower(cx, inst) {
        return;
    }
    match data.op {
        // Made at each use instead.
        Op::Const | Op::VConst => {}
        Op::ICmp | Op::FCmp => condition::set(cx, inst),
        Op::Select => condition::select(cx, inst),
        Op::Load | Op::HeapLoad | Op::AtomicLoad | Op::Store | Op::HeapStore => memory::lower(cx, inst),
        Op::Header => memory::lower(cx, inst),
        Op::Fence => atomic::fence(cx),
        op if op.is_atomic() => atomic::lower(cx, inst),
        Op::TrapNz | Op::TrapZ => control::trap_if(cx, inst),
        Op::BrIf => control::branch(cx, inst),
        _ if float => float::lower(cx, inst),
        _ => integer::lower(cx, inst),
    }
}

/// Makes a constant.
pub(super) fn constant(cx: &mut Cx<'_>, inst: ir::Inst, to: VReg) {
    let data = cx.data(inst);
    let Imm::Const(bits) = data.imm else { return vector::constant(cx, inst, to) };
    match data.ty {
        Type::F32 | Type::F64 if bits == 0 => cx.push(Inst::ZeroFloat, &[Operand::reg_def(to)]),
        Type::F32 | Type::F64 => {
            let (ty, entry) = (data.ty, cx.pool(u128::from(bits)));
            memory::load_from(cx, ty, to, Addr::fixed(Base::Pool(entry), 0));
        }
        _ => cx.push(Inst::Const { bits }, &[Operand::reg_def(to)]),
    }
}
