//! Selection: parameters, calls, returns, throws.

use super::builder::{Addr, Arg, Cx, Operands, width};
use super::inst::*;
use super::memory::{Stored, load_from, store_to};
use super::operand::imm_of;
use super::registers::RAX;
use super::table::{Op as M, W};
use crate::jit::ir::{self, Imm, Op, Type, Value};
use crate::jit::isa::lower::class_of;
use crate::jit::isa::vcode::{HandlerRef, MachBlock};
use crate::jit::isa::{float_reg, int_reg};
use crate::runtime::abi::{AbiSignature, Loc};
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::VMContext;
use crate::target::RegClass as AbiClass;
use regalloc2::{Operand, PReg, RegClass, VReg};
use std::mem::offset_of;
use std::rc::Rc;

fn preg(class: AbiClass, encoding: u8) -> PReg {
    match class {
        AbiClass::Int => int_reg(encoding),
        AbiClass::Float => float_reg(encoding),
    }
}

/// Defines the parameters that are used: registers by one instruction, the others by loads.
pub(super) fn entry(cx: &mut Cx<'_>) {
    let params = cx.function().blocks[cx.function().entry().index()].params.clone();
    let locs = cx.own().params.clone();
    let mut operands = Operands::new();
    let mut loads: Vec<(Type, VReg, i32)> = Vec::new();
    if cx.is_needed(params[0]) || cx.wanted_invariant().is_some() {
        let ctx = cx.def(params[0]);
        operands.push(Operand::reg_fixed_def(ctx, int_reg(cx.abi().cpu.ctx)));
    }
    match (cx.wanted_result_area(), cx.own().hidden) {
        (Some(hidden), Some(Loc::Reg(class, r))) => operands.push(Operand::reg_fixed_def(hidden, preg(class, r))),
        (Some(hidden), Some(Loc::Mem(offset))) => loads.push((Type::Ptr, hidden, offset as i32)),
        _ => {}
    }
    for (&param, &loc) in params[1..].iter().zip(&locs) {
        if !cx.is_needed(param) {
            continue;
        }
        let ty = cx.ty(param);
        let to = cx.def(param);
        match loc {
            Loc::Reg(class, r) => operands.push(Operand::reg_fixed_def(to, preg(class, r))),
            Loc::Mem(offset) => loads.push((ty, to, offset as i32)),
        }
    }
    cx.push(Inst::Args, &operands);
    if let Some(store) = cx.wanted_invariant() {
        let ctx = cx.def(params[0]);
        load_from(cx, Type::Ptr, store, Addr::reg(ctx, offset_of!(VMContext, store) as i32));
    }
    for (ty, to, offset) in loads {
        load_from(cx, ty, to, Addr::fixed(Base::Incoming, offset));
    }
}

pub(super) fn lower(cx: &mut Cx<'_>, inst: ir::Inst) {
    let data = cx.function().inst(inst);
    match data.op {
        Op::Return => ret(cx, &data.args),
        Op::Libcall => {
            let Imm::Libcall(libcall) = data.imm else { unreachable!("a libcall has a name") };
            let def = cx.function().result(inst);
            let def = cx.is_needed(def).then(|| cx.def(def));
            let args: Vec<Argument> = data.args.iter().map(|&v| Argument::Value(v)).collect();
            let then = if matches!(libcall, Libcall::Throw | Libcall::Trap) { Then::Never } else { Then::Next };
            call_runtime(cx, libcall, &args, def, Vec::new(), then);
        }
        Op::TryLibcall => {
            cx.mark_call();
            let Imm::Libcall(libcall) = data.imm else { unreachable!("a libcall has a name") };
            let def = cx.function().result(inst);
            let def = cx.is_needed(def).then(|| cx.def(def));
            let args: Vec<Argument> = data.args.iter().map(|&v| Argument::Value(v)).collect();
            let (handlers, then) = (cx.handlers(inst), Then::Block(cx.targets()[0]));
            call_runtime(cx, libcall, &args, def, handlers, then);
        }
        Op::Throw => {
            cx.mark_call();
            let handlers = cx.handlers(inst);
            call_runtime(cx, Libcall::Throw, &[Argument::Value(data.args[0])], None, handlers, Then::Never);
        }
        _ => call(cx, inst),
    }
}

fn ret(cx: &mut Cx<'_>, args: &[Value]) {
    let mut operands = Operands::new();
    let locs = cx.own().results.clone();
    // Stores first: they need registers of their own.
    for (&value, &loc) in args.iter().zip(&locs) {
        if let Loc::Mem(offset) = loc {
            let ty = cx.ty(value);
            let base = cx.result_area();
            store_value(cx, ty, value, Addr::reg(base, offset as i32));
        }
    }
    for (&value, &loc) in args.iter().zip(&locs) {
        if let Loc::Reg(class, r) = loc {
            let value = cx.reg(value);
            operands.push(Operand::reg_fixed_use(value, preg(class, r)));
        }
    }
    cx.push(Inst::Ret, &operands);
}

fn store_value(cx: &mut Cx<'_>, ty: Type, value: Value, addr: Addr) {
    let w = width(ty);
    let constant = if class_of(ty) == RegClass::Int { imm_of(cx, value, w) } else { None };
    let stored = constant.map(Stored::Imm).unwrap_or_else(|| Stored::Reg(cx.reg(value)));
    store_to(cx, ty, w, stored, addr);
}

fn signature(cx: &mut Cx<'_>, imm: Imm) -> Rc<AbiSignature> {
    match imm {
        Imm::Func { sig, .. } | Imm::Sig(sig) => cx.signature(sig),
        _ => unreachable!("a call has a signature"),
    }
}

fn call(cx: &mut Cx<'_>, inst: ir::Inst) {
    cx.mark_call();
    let data = cx.function().inst(inst);
    let abi = signature(cx, data.imm);
    let tail = matches!(data.op, Op::ReturnCall | Op::ReturnCallRef);
    let throws = matches!(data.op, Op::TryCall | Op::TryCallRef);
    let (callee, args) = match data.imm {
        Imm::Func { func, .. } => (Callee::Defined(cx.defined(func)), &data.args[..]),
        _ => (Callee::Ref, &data.args[1..]),
    };
    // Arguments on the stack first, then those in registers.
    for (&value, &loc) in args.iter().zip(&abi.params) {
        if let Loc::Mem(offset) = loc {
            let ty = cx.ty(value);
            store_value(cx, ty, value, Addr::fixed(Base::Outgoing, offset as i32));
        }
    }
    let mut operands = Operands::new();
    if let Some(loc) = abi.hidden {
        // A tail call passes its own on.
        let area = if tail {
            cx.result_area()
        } else {
            let area = cx.temp(RegClass::Int, 64);
            let results = Arg::Mem(Addr::fixed(Base::Results, 0));
            M::Lea.int(W::B64).def(area).rm(results).push(cx);
            area
        };
        match loc {
            Loc::Reg(class, r) => operands.push(Operand::reg_fixed_use(area, preg(class, r))),
            Loc::Mem(offset) => {
                let addr = Addr::fixed(Base::Outgoing, offset as i32);
                store_to(cx, Type::Ptr, W::B64, Stored::Reg(area), addr);
            }
        }
    }
    for (&value, &loc) in args.iter().zip(&abi.params) {
        if let Loc::Reg(class, r) = loc {
            let value = cx.reg(value);
            operands.push(Operand::reg_fixed_use(value, preg(class, r)));
        }
    }
    if callee == Callee::Ref {
        let func = cx.reg(data.args[0]);
        operands.push(Operand::reg_fixed_use(func, int_reg(cx.abi().cpu.callee)));
    }
    cx.reserve_outgoing(abi.arg_area);
    let mut kept = Vec::new();
    if !tail {
        cx.reserve_results(abi.result_area);
        let results: Vec<Value> = cx.function().results(inst).collect();
        for (value, loc) in results.into_iter().zip(&abi.results) {
            let Loc::Reg(class, r) = *loc else { continue };
            if !throws {
                let to = cx.def(value);
                operands.push(Operand::reg_fixed_def(to, preg(class, r)));
            } else if cx.is_needed(value) {
                // Nothing can be inserted after a terminator: it leaves its results where the successors want them.
                let to = cx.def(value);
                operands.push(Operand::any_def(to));
                kept.push(preg(class, r));
            }
        }
    }
    let handlers = cx.handlers(inst);
    let normal = throws.then(|| cx.targets()[0]);
    let side = cx.side(Side::Call { callee, abi, handlers, normal, kept });
    if tail {
        cx.push(Inst::TailCall { side }, &operands);
    } else {
        cx.push_call(Inst::Call { side }, &operands);
        if !throws {
            memory_results(cx, inst);
        }
    }
}

/// Fetches the results that the callee left in memory.
pub(super) fn memory_results(cx: &mut Cx<'_>, inst: ir::Inst) {
    let imm = cx.data(inst).imm;
    let abi = signature(cx, imm);
    let results: Vec<Value> = cx.function().results(inst).collect();
    for (value, loc) in results.into_iter().zip(&abi.results) {
        if let Loc::Mem(offset) = *loc
            && cx.is_needed(value)
        {
            let ty = cx.ty(value);
            let to = cx.def(value);
            load_from(cx, ty, to, Addr::fixed(Base::Results, offset as i32));
        }
    }
}

/// An argument of a libcall.
enum Argument {
    Value(Value),
    Imm(u64),
}

/// Where execution continues after a libcall.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    /// The next instruction.
    Next,
    /// This block: the call may throw, so that it ends its own block.
    Block(MachBlock),
    /// Nowhere: it does not return.
    Never,
}

fn call_runtime(
    cx: &mut Cx<'_>,
    libcall: Libcall,
    args: &[Argument],
    def: Option<VReg>,
    handlers: Vec<HandlerRef>,
    then: Then,
) {
    let mut operands = Operands::new();
    let mut places = Vec::with_capacity(args.len());
    for arg in args {
        match *arg {
            Argument::Imm(bits) => places.push(LibArg::Imm(bits)),
            Argument::Value(value) => match cx.as_const(value) {
                Some(bits) => places.push(LibArg::Imm(bits)),
                None => {
                    // Anywhere: the emitter sorts them out, as the runtime's registers need not be allocatable.
                    places.push(LibArg::Value(width(cx.ty(value))));
                    let value = cx.reg(value);
                    operands.push(Operand::any_use(value));
                }
            },
        }
    }
    let normal = match then {
        Then::Block(block) => Some(block),
        Then::Next | Then::Never => None,
    };
    match def {
        // Nothing can be inserted after a terminator: it leaves its value where the successors want it.
        Some(def) if normal.is_some() => operands.push(Operand::any_def(def)),
        Some(def) => operands.push(Operand::reg_fixed_def(def, int_reg(RAX))),
        None => {}
    }
    let ends = then == Then::Never;
    // Nothing is live after a call that never returns, unless an exception lands.
    let overwrites = !ends || !handlers.is_empty();
    let side = cx.side(Side::Libcall { libcall, args: places, handlers, normal, ends });
    match overwrites {
        true => cx.push_call(Inst::Libcall { side }, &operands),
        false => cx.push(Inst::Libcall { side }, &operands),
    }
}

/// Traps with a detail number, as a terminator.
pub(super) fn trap(cx: &mut Cx<'_>, code: TrapCode, detail: Value) {
    let args = [Argument::Imm(code as u64), Argument::Value(detail)];
    call_runtime(cx, Libcall::Trap, &args, None, Vec::new(), Then::Never);
}
