//! Operations that are lowered in the same way for every CPU: parameters, calls, returns, throws, jumps, traps,
//! allocations. Only the access to [places](Place) in memory is left to each CPU.

use super::{Lower, LowerIsa};
use crate::jit::ir::{self, Imm, Op, Type, Value};
use crate::jit::isa::common::{Callee, Common, LibArg, Side};
use crate::jit::isa::vcode::{HandlerRef, MachBlock};
use crate::jit::isa::width::W;
use crate::jit::isa::{float_reg, int_reg};
use crate::runtime::abi::{AbiConfig, AbiSignature, Loc};
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::VMContext;
use crate::target::RegClass as AbiClass;
use regalloc2::{Operand, PReg, RegClass, VReg};
use smallvec::SmallVec;
use std::mem::offset_of;
use std::rc::Rc;

/// The register operands of an instruction.
type Operands = SmallVec<[Operand; 8]>;

/// A place in memory that the calling convention or a runtime structure assigns to a value.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Byte offset in the function's stack arguments.
    Incoming(u32),
    /// Byte offset in the stack arguments of a call.
    Outgoing(u32),
    /// Byte offset in the area for call results.
    Results(u32),
    /// At a byte offset from a pointer.
    At(VReg, u32),
}

/// The register in which a libcall returns its value.
pub fn libcall_value(abi: &AbiConfig) -> PReg {
    int_reg(abi.cpu.int_results[0])
}

fn preg(class: AbiClass, encoding: u8) -> PReg {
    match class {
        AbiClass::Int => int_reg(encoding),
        AbiClass::Float => float_reg(encoding),
    }
}

/// Defines the parameters that are used: those in registers with one instruction, the others with loads.
pub fn entry<I: LowerIsa>(cx: &mut Lower<'_, I>) {
    let params = cx.function().blocks[cx.function().entry().index()].params.clone();
    let locs = cx.own().params.clone();
    let mut operands = Operands::new();
    let mut loads: Vec<(Type, VReg, u32)> = Vec::new();
    if cx.is_needed(params[0]) || cx.wanted_invariant().is_some() {
        let ctx = cx.def(params[0]);
        operands.push(Operand::reg_fixed_def(ctx, int_reg(cx.abi().cpu.ctx)));
    }
    match (cx.wanted_result_area(), cx.own().hidden) {
        (Some(hidden), Some(Loc::Reg(class, r))) => operands.push(Operand::reg_fixed_def(hidden, preg(class, r))),
        (Some(hidden), Some(Loc::Mem(offset))) => loads.push((Type::Ptr, hidden, offset)),
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
            Loc::Mem(offset) => loads.push((ty, to, offset)),
        }
    }
    cx.push_common(Common::Args, &operands);
    if let Some(store) = cx.wanted_invariant() {
        let ctx = cx.def(params[0]);
        I::load_from(cx, Type::Ptr, store, Place::At(ctx, offset_of!(VMContext, store) as u32));
    }
    for (ty, to, offset) in loads {
        I::load_from(cx, ty, to, Place::Incoming(offset));
    }
}

/// Lowers an operation, if it is one of these.
pub fn lower<I: LowerIsa>(cx: &mut Lower<'_, I>, inst: ir::Inst) -> bool {
    let data = cx.function().inst(inst);
    match data.op {
        Op::Poll => {
            cx.mark_call();
            // The pointer to the store.
            let store = cx.invariant(RegClass::Int, 64);
            cx.push_common(Common::Poll, &[Operand::any_use(store)]);
        }
        Op::LandingPad => {
            let def = cx.def_of(inst);
            cx.push_common(Common::LandingPad, &[Operand::reg_def(def)]);
        }
        Op::Alloc => alloc(cx, inst),
        Op::Jump => {
            let to = cx.targets()[0];
            cx.push_common(Common::Jump { to }, &[]);
        }
        Op::BrTable => {
            let targets = cx.targets().to_vec();
            if let [to] = targets[..] {
                cx.push_common(Common::Jump { to }, &[]);
            } else {
                let index = cx.reg(data.args[0]);
                let temp = cx.temp(RegClass::Int, 64);
                let side = cx.side(Side::Table { targets });
                cx.push_common(Common::JumpTable { side }, &[Operand::reg_use(index), Operand::reg_temp(temp)]);
            }
        }
        Op::TrapNow => {
            let Imm::Trap(code) = data.imm else { unreachable!("a trap has a code") };
            match data.args.first() {
                None => cx.push_common(Common::Trap { code }, &[]),
                Some(&detail) => trap(cx, code, detail),
            }
        }
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
        Op::Call | Op::CallRef | Op::TryCall | Op::TryCallRef | Op::ReturnCall | Op::ReturnCallRef => call(cx, inst),
        _ => return false,
    }
    true
}

/// Lowers the allocation of a new object.
fn alloc<I: LowerIsa>(cx: &mut Lower<'_, I>, inst: ir::Inst) {
    cx.mark_call();
    let data = cx.data(inst);
    let Imm::Alloc { ty, word, len } = data.imm else { unreachable!("an allocation has its immediate") };
    let id = data.args[0];
    let (store, id) = (cx.invariant(RegClass::Int, 64), cx.reg(id));
    let (def, temp) = (cx.def_of(inst), cx.temp(RegClass::Int, 64));
    let side = cx.side(Side::Alloc { ty, word, len });
    let operands =
        [Operand::any_use(store), Operand::reg_use_at_end(id), Operand::reg_def_at_start(def), Operand::reg_temp(temp)];
    cx.push_common(Common::Alloc { side }, &operands);
}

fn ret<I: LowerIsa>(cx: &mut Lower<'_, I>, args: &[Value]) {
    let mut operands = Operands::new();
    let locs = cx.own().results.clone();
    // Stores come first, because they need registers.
    for (&value, &loc) in args.iter().zip(&locs) {
        if let Loc::Mem(offset) = loc {
            let base = cx.result_area();
            I::store_to(cx, value, Place::At(base, offset));
        }
    }
    for (&value, &loc) in args.iter().zip(&locs) {
        if let Loc::Reg(class, r) = loc {
            let value = cx.reg(value);
            operands.push(Operand::reg_fixed_use(value, preg(class, r)));
        }
    }
    cx.push_common(Common::Ret, &operands);
}

fn signature<I: LowerIsa>(cx: &mut Lower<'_, I>, imm: Imm) -> Rc<AbiSignature> {
    match imm {
        Imm::Func { sig, .. } | Imm::Sig(sig) => cx.signature(sig),
        _ => unreachable!("a call has a signature"),
    }
}

fn call<I: LowerIsa>(cx: &mut Lower<'_, I>, inst: ir::Inst) {
    cx.mark_call();
    let data = cx.function().inst(inst);
    let abi = signature(cx, data.imm);
    let tail = matches!(data.op, Op::ReturnCall | Op::ReturnCallRef);
    let throws = matches!(data.op, Op::TryCall | Op::TryCallRef);
    let (callee, args) = match data.imm {
        Imm::Func { func, .. } => (Callee::Defined(cx.defined(func)), &data.args[..]),
        _ => (Callee::Ref, &data.args[1..]),
    };
    // Arguments on the stack come first, then those in registers.
    for (&value, &loc) in args.iter().zip(&abi.params) {
        if let Loc::Mem(offset) = loc {
            I::store_to(cx, value, Place::Outgoing(offset));
        }
    }
    let mut operands = Operands::new();
    if let Some(loc) = abi.hidden {
        // A tail call passes its own on.
        let area = if tail {
            cx.result_area()
        } else {
            let area = cx.temp(RegClass::Int, 64);
            I::results_address(cx, area);
            area
        };
        match loc {
            Loc::Reg(class, r) => operands.push(Operand::reg_fixed_use(area, preg(class, r))),
            Loc::Mem(offset) => I::store_pointer(cx, area, Place::Outgoing(offset)),
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
                // Nothing can be inserted after a terminator, so the call leaves its results where the successors expect
                // them.
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
        cx.push_common(Common::TailCall { side }, &operands);
    } else {
        cx.push_call(I::Inst::from(Common::Call { side }), &operands);
        if !throws {
            memory_results(cx, inst);
        }
    }
}

/// Loads the results that the callee returned in memory.
pub fn memory_results<I: LowerIsa>(cx: &mut Lower<'_, I>, inst: ir::Inst) {
    let imm = cx.data(inst).imm;
    let abi = signature(cx, imm);
    let results: Vec<Value> = cx.function().results(inst).collect();
    for (value, loc) in results.into_iter().zip(&abi.results) {
        if let Loc::Mem(offset) = *loc
            && cx.is_needed(value)
        {
            let ty = cx.ty(value);
            let to = cx.def(value);
            I::load_from(cx, ty, to, Place::Results(offset));
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
    /// This block: the call may throw, so it ends its own block.
    Block(MachBlock),
    /// Nowhere: the call does not return.
    Never,
}

fn call_runtime<I: LowerIsa>(
    cx: &mut Lower<'_, I>,
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
                    // Anywhere: the emitter sorts the arguments out, because the runtime's registers need not be allocatable.
                    places.push(LibArg::Value(W::of_bytes(cx.ty(value).bytes())));
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
        // Nothing can be inserted after a terminator, so the call leaves its value where the successors expect it.
        Some(def) if normal.is_some() => operands.push(Operand::any_def(def)),
        Some(def) => operands.push(Operand::reg_fixed_def(def, libcall_value(cx.abi()))),
        None => {}
    }
    let ends = then == Then::Never;
    // Nothing is live after a call that never returns, except in a landing block.
    let overwrites = !ends || !handlers.is_empty();
    let side = cx.side(Side::Libcall { libcall, args: places, handlers, normal, ends });
    match overwrites {
        true => cx.push_call(I::Inst::from(Common::Libcall { side }), &operands),
        false => cx.push_common(Common::Libcall { side }, &operands),
    }
}

/// Emits a trap with a detail number, as a terminator.
fn trap<I: LowerIsa>(cx: &mut Lower<'_, I>, code: TrapCode, detail: Value) {
    let args = [Argument::Imm(code as u64), Argument::Value(detail)];
    call_runtime(cx, Libcall::Trap, &args, None, Vec::new(), Then::Never);
}
