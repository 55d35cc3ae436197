//! Encodes instructions whose operands have locations.

use super::assembler::{
    Cx, emit_move, form, jcc, jump, jump_if, load_const, op, op_imm, op_lanes, reg, short_distance,
};
use super::encode::{Form, Mem, Place};
use super::fixup::Distance;
use super::inst::*;
use super::registers::{R11, RBP, RSP};
use super::table::{Bank, Cc, Cond, ImmForm, Op as M, Role, W};
use super::{frame, sequence};
use crate::jit::isa::common::{Common, Side};
use crate::jit::isa::layout;
use crate::jit::isa::vcode::MachBlock;
use crate::runtime::code::SiteKind;
use crate::runtime::trap::TrapCode;
use dynasmrt::{DynasmApi, dynasm};
use regalloc2::Allocation;

/// The physical memory operand of an address mode; takes its registers from `allocs`.
fn place(cx: &Cx<'_>, amode: Amode, allocs: &mut std::slice::Iter<'_, Allocation>) -> Place {
    let (base, disp) = match amode.base {
        Base::Reg => (reg(*allocs.next().expect("a base")), amode.disp),
        Base::Incoming => (RBP, layout::INCOMING + amode.disp),
        Base::Outgoing => (RSP, amode.disp),
        Base::Results => (RBP, layout::results(cx.vcode) + amode.disp),
        Base::Pool(entry) => return Place::Pool(entry),
    };
    let index = amode.index.then(|| reg(*allocs.next().expect("an index")));
    Place::Mem(Mem { base, index, scale: amode.scale, disp })
}

fn row(cx: &mut Cx<'_>, row: &Row, allocs: &[Allocation]) {
    let d = row.op.desc();
    let mut it = allocs.iter();
    // The additional register of a VEX form.
    let mut also = 0;
    let register = match d.reg {
        Role::Ext(ext) => ext,
        Role::Use | Role::Def => reg(*it.next().expect("a register operand")),
        Role::Tied if row.vex && !d.three => {
            let defined = reg(*it.next().expect("a result"));
            also = reg(*it.next().expect("the first operand"));
            defined
        }
        Role::Tied => {
            let used = reg(*it.next().expect("a tied operand"));
            let defined = reg(*it.next().expect("its result"));
            debug_assert_eq!(used, defined);
            defined
        }
    };
    let rm = match row.rm {
        Rm::Reg => {
            let r = reg(*it.next().expect("an r/m operand"));
            if d.rm == Role::Tied && row.vex {
                also = reg(*it.next().expect("a result"));
            } else if d.rm == Role::Tied {
                debug_assert_eq!(r, reg(*it.next().expect("its result")));
            }
            Place::Reg(r)
        }
        Rm::Mem(amode) => place(cx, amode, &mut it),
        Rm::Imm => Place::Imm,
    };
    if d.three {
        also = reg(*it.next().expect("a third operand"));
    }
    let imm = if d.fourth { i32::from(reg(*it.next().expect("a fourth operand"))) << 4 } else { row.imm };
    // A move of a whole register to itself is omitted.
    if (row.op == M::Mov && row.w == W::B64 || row.op == M::Movaps) && rm == Place::Reg(register) {
        return;
    }
    if d.merges && (rm != Place::Reg(register) || d.rm_bank == Bank::G) {
        op_lanes(cx, M::Xorp, register, Place::Reg(register));
    }
    if let Some(memory) = row.site {
        cx.trap_site(TrapCode::MemoryOutOfBounds, SiteKind::Memory(memory));
    }
    debug_assert!(rm != Place::Imm || d.imm != ImmForm::No);
    debug_assert!(row.vex || !d.only_vex);
    debug_assert!(
        row.vex || !d.wants_alignment() || !matches!(rm, Place::Mem(_)),
        "{} of what may lie anywhere",
        d.name
    );
    let vex = row.vex.then_some(also);
    form(cx, Form { vex, ..Form::new(row.op, row.w, register, rm).double(row.double).imm(imm) });
}

fn branch(cx: &mut Cx<'_>, cond: Cond, then: MachBlock, or: MachBlock) {
    if cx.target(then) == cx.target(or) {
        return jump(cx, then);
    }
    if cx.falls_through(then) {
        if let (Cond::Cc(cc), Some(distance)) = (cond, short_distance(cx, or, 2)) {
            return cx.asm.extend([0x70 + cc.invert() as u8, distance]);
        }
        let label = cx.label(or);
        return jump_if(cx, cond.invert(), label);
    }
    match (cond, short_distance(cx, then, 2)) {
        (Cond::Cc(cc), Some(distance)) => cx.asm.extend([0x70 + cc as u8, distance]),
        _ => {
            let label = cx.label(then);
            jump_if(cx, cond, label);
        }
    }
    jump(cx, or);
}

pub(super) fn emit(cx: &mut Cx<'_>, inst: &Inst, allocs: &[Allocation]) {
    match *inst {
        Inst::Common(common) => emit_common(cx, common, allocs),
        Inst::Row(ref r) => row(cx, r, allocs),
        Inst::Const { bits } => load_const(cx, reg(allocs[0]), bits),
        Inst::ZeroFloat => {
            let r = reg(allocs[0]);
            op_lanes(cx, M::Xorp, r, Place::Reg(r));
        }
        Inst::Ones => {
            let r = reg(allocs[0]);
            op_lanes(cx, M::Pcmpeqd, r, Place::Reg(r));
        }
        Inst::Add { w } => {
            let (a, b, to) = (reg(allocs[0]), reg(allocs[1]), reg(allocs[2]));
            if to == a {
                op(cx, M::Add, w, to, Place::Reg(b));
            } else if to == b {
                op(cx, M::Add, w, to, Place::Reg(a));
            } else {
                // rbp and r13 need a displacement as base, so they are used as the index if possible.
                let (base, index) = if a & 7 == 5 { (b, a) } else { (a, b) };
                op(cx, M::Lea, w, to, Place::Mem(Mem { base, index: Some(index), scale: 0, disp: 0 }));
            }
        }
        Inst::AddImm { w, imm } => {
            let (a, to) = (reg(allocs[0]), reg(allocs[1]));
            if to == a && imm == 128 {
                // Subtracting -128 is one byte shorter.
                op_imm(cx, M::Sub, w, to, -128);
            } else if to == a {
                op_imm(cx, M::Add, w, to, imm);
            } else {
                op(cx, M::Lea, w, to, Place::Mem(Mem::base(a, imm)));
            }
        }
        Inst::SetCond { cond } => sequence::set_cond(cx, cond, reg(allocs[0])),
        Inst::Cmov { w, cond } => {
            let (to, other) = (reg(allocs[1]), reg(allocs[2]));
            let mut cmov = |cc: Cc| form(cx, Form::new(M::Cmov, w, to, Place::Reg(other)).cc(cc));
            match cond {
                Cond::Cc(cc) => cmov(cc),
                Cond::FNe => {
                    cmov(Cc::Ne);
                    cmov(Cc::P);
                }
                Cond::FEq => unreachable!("lowering inverts it"),
            }
        }
        Inst::CmovFloat { cond } => sequence::cmov_float(cx, cond, reg(allocs[1]), reg(allocs[2])),
        Inst::Divide { w, signed, remainder, minus_one } => {
            sequence::divide(cx, w, signed, remainder && minus_one, reg(allocs[1]));
        }
        Inst::MinMax { double, max } => sequence::min_max(cx, double, max, reg(allocs[1]), reg(allocs[2])),
        Inst::Canonical { double, lanes, pool } => sequence::canonical(cx, double, lanes, pool, reg(allocs[1])),
        Inst::U64ToFloat { double } => {
            sequence::u64_to_float(cx, double, reg(allocs[0]), reg(allocs[1]), reg(allocs[2]));
        }
        Inst::FloatToU64 { double } => {
            sequence::float_to_u64(cx, double, reg(allocs[0]), reg(allocs[1]), reg(allocs[2]));
        }
        Inst::FloatToSSat { w, double } => {
            sequence::float_to_s_sat(cx, w, double, reg(allocs[0]), reg(allocs[1]), reg(allocs[2]));
        }
        Inst::FloatToUSat { w, double } => {
            sequence::float_to_u_sat(cx, w, double, reg(allocs[0]), reg(allocs[1]), reg(allocs[2]));
        }
        Inst::Atomic { what, w, disp, extend } => sequence::atomic(cx, what, w, disp, extend, allocs),
        Inst::Fence => dynasm!(cx.asm; .arch x64; mfence),
        Inst::Header { offset, i31, zero } => {
            let (to, reference, address) = (reg(allocs[1]), reg(allocs[2]), reg(allocs[3]));
            sequence::header(cx, to, reference, address, offset, i31, zero);
        }
        Inst::Poison => {
            // Neither a zero-extension nor a sign-extension, whatever the value is.
            load_const(cx, R11, 0x5a5a_5a5a_0000_0000);
            let r = reg(allocs[1]);
            op(cx, M::Or, W::B64, r, Place::Reg(R11));
        }
        Inst::Branch { cond, then, or } => branch(cx, cond, then, or),
        Inst::TrapIf { cond, code } => frame::trap_if(cx, cond, ColdKind::Trap(code)),
        Inst::TrapIfDetail { cond, code, w } => {
            let detail = allocs[0].as_reg().expect("a register operand");
            frame::trap_if(cx, cond, ColdKind::TrapDetail(code, w, detail));
        }
    }
}

fn emit_common(cx: &mut Cx<'_>, common: Common, allocs: &[Allocation]) {
    match common {
        Common::Args => {}
        Common::Copy => {
            if allocs[0] != allocs[1] {
                let class = allocs[1].as_reg().expect("a register operand").class();
                emit_move(cx, allocs[0], allocs[1], class);
            }
        }
        Common::Poll => frame::poll(cx, allocs[0]),
        Common::LandingPad => frame::landing_pad(cx, reg(allocs[0])),
        Common::Alloc { side } => frame::alloc(cx, side, allocs),
        Common::Jump { to } => jump(cx, to),
        Common::JumpTable { side } => {
            let vcode = cx.vcode;
            let Side::Table { targets } = &vcode.sides[side as usize] else { unreachable!("a table") };
            jump_table(cx, targets, reg(allocs[0]), reg(allocs[1]));
        }
        Common::Trap { code } => {
            cx.trap_site(code, SiteKind::Explicit);
            dynasm!(cx.asm; .arch x64; ud2);
        }
        Common::Never => dynasm!(cx.asm; .arch x64; ud2),
        Common::Ret => frame::ret(cx),
        Common::Call { side } => frame::call(cx, side, allocs),
        Common::TailCall { side } => frame::tail_call(cx, side),
        Common::Libcall { side } => frame::libcall(cx, side, allocs),
    }
}

/// The last target is the default. Entries are distances from the table.
fn jump_table(cx: &mut Cx<'_>, targets: &[MachBlock], index: u8, temp: u8) {
    let (default, cases) = targets.split_last().expect("a default");
    op_imm(cx, M::Cmp, W::B32, index, cases.len() as i32);
    let default = cx.label(*default);
    jcc(cx, Cc::Ae, default);
    op(cx, M::Mov, W::B32, temp, Place::Reg(index));
    // lea r11, [rip + table]
    dynasm!(cx.asm; .arch x64; lea Rq(R11), [rip + 0]);
    let at = cx.position() - 4;
    cx.table_reference(at, Distance::LAST, cases);
    op(cx, M::Movsxd, W::B64, temp, Place::Mem(Mem { base: R11, index: Some(temp), scale: 2, disp: 0 }));
    op(cx, M::Add, W::B64, temp, Place::Reg(R11));
    dynasm!(cx.asm; .arch x64; jmp Rq(temp));
}
