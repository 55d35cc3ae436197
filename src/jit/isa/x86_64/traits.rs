//! The three traits that each CPU implements, using the other files of this folder.

use super::builder::Arg;
use super::fixup::Distance;
use super::inst::{Cold, Inst};
use super::memory::{self, Stored};
use super::table::{Op as M, W};
use super::{X64, agreement, assembler, emit, frame, listing, lower, vector};
use crate::jit::buffer::Label;
use crate::jit::code::FunctionCode;
use crate::jit::disassembly::{Disassembled, Symbols};
use crate::jit::emit::{EmitIsa, Emitter, Move};
use crate::jit::ir::{self, Type, Value};
use crate::jit::isa::common::Common;
use crate::jit::isa::lower::common::Place;
use crate::jit::isa::lower::{Lower, LowerIsa};
use crate::jit::isa::{Disagreement, Isa, Lowered};
use crate::runtime::compile_error::CompileError;
use crate::target::{Target, x86_64};
use regalloc2::{Allocation, Operand, Output, PReg, RegClass, VReg};

impl LowerIsa for X64 {
    fn lower(cx: &mut Lower<'_, Self>, inst: ir::Inst) -> Result<(), CompileError> {
        lower::lower(cx, inst);
        Ok(())
    }

    const TORN_STORES: bool = false;

    /// An access can add as much to an address as an operator does.
    fn shares(_: &Inst, _: &Inst) -> bool {
        false
    }

    fn uses_floats(_: ir::Op) -> bool {
        false
    }

    fn lower_constant(cx: &mut Lower<'_, Self>, inst: ir::Inst, to: VReg) {
        lower::constant(cx, inst, to);
    }

    fn load_from(cx: &mut Lower<'_, Self>, ty: Type, to: VReg, from: Place) {
        memory::load_from(cx, ty, to, memory::place(from));
    }

    fn store_to(cx: &mut Lower<'_, Self>, value: Value, to: Place) {
        memory::store_value(cx, value, memory::place(to));
    }

    fn store_pointer(cx: &mut Lower<'_, Self>, pointer: VReg, to: Place) {
        memory::store_to(cx, Type::Ptr, W::B64, Stored::Reg(pointer), memory::place(to));
    }

    fn results_address(cx: &mut Lower<'_, Self>, to: VReg) {
        let results = Arg::Mem(memory::place(Place::Results(0)));
        M::Lea.int(W::B64).def(to).rm(results).push(cx);
    }

    fn zero_extend(cx: &mut Lower<'_, Self>, from: VReg, to: VReg) {
        M::Mov.int(W::B32).def(to).rm(from).push(cx);
    }

    fn poison(cx: &mut Lower<'_, Self>, from: VReg, to: VReg) {
        if to.class() == RegClass::Float {
            return vector::poison(cx, from, to);
        }
        cx.push(Inst::Poison, &[Operand::reg_use(from), Operand::reg_reuse_def(to, 0)]);
    }
}

impl EmitIsa for X64 {
    fn emit_prologue(cx: &mut Emitter<'_, Self>) {
        frame::prologue(cx);
    }

    fn emit_landing(cx: &mut Emitter<'_, Self>) {
        frame::landing(cx);
    }

    fn emit_nops(cx: &mut Emitter<'_, Self>, bytes: u32) {
        frame::nops(cx, bytes);
    }

    fn emit(cx: &mut Emitter<'_, Self>, inst: &Inst, allocs: &[Allocation]) {
        emit::emit(cx, inst, allocs);
    }

    fn emit_move(cx: &mut Emitter<'_, Self>, from: Allocation, to: Allocation, class: RegClass) {
        assembler::emit_move(cx, from, to, class);
    }

    fn emit_pair(_: &mut Emitter<'_, Self>, _: [Move; 2]) -> bool {
        false
    }

    fn emit_cold(cx: &mut Emitter<'_, Self>, cold: Cold) {
        frame::cold(cx, cold);
    }

    fn emit_jump(cx: &mut Emitter<'_, Self>, to: Label) {
        assembler::jump_to(cx, to);
    }
}

impl Isa for X64 {
    type Inst = Inst;
    type Cold = Cold;
    type Fixup = Distance;

    const TARGET: &'static Target = &x86_64::TARGET;
    /// An estimate: no distance is out of reach.
    const LONGEST: u32 = 256;
    const FUNCTION_REFERENCE: Distance = Distance::LAST;

    fn costs_more(reg: PReg) -> bool {
        // The upper half of the register file needs a prefix.
        reg.hw_enc() >= 8
    }

    fn as_common(inst: &Inst) -> Option<Common> {
        match inst {
            Inst::Common(common) => Some(*common),
            _ => None,
        }
    }

    fn show(vcode: &Lowered<Self>, inst: usize, operands: &[String]) -> String {
        listing::show(vcode, inst, operands)
    }

    fn disassemble(code: &[u8], symbols: Symbols<'_>) -> Vec<Disassembled> {
        listing::disassemble(code, symbols)
    }

    fn check_agreement(vcode: &Lowered<Self>, output: &Output, code: &FunctionCode) -> Result<(), Disagreement> {
        agreement::check::<Self>(vcode, output, code)
    }
}
