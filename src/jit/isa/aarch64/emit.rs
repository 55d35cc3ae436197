//! Encodes instructions whose operands have locations.

use super::assembler::{
    Cx, add_offset, address_of, emit_move, jump, jump_cc, jump_if, jump_register, jump_to, load_const, load_pool,
    mov_vector, op, op_imm, reg, skip_if, undefined, within_reach, word,
};
use super::encode::{Imm, Place, encode, encode_access};
use super::fixup::Distance;
use super::immediate::arithmetic;
use super::inst::{Amode, Base, ColdKind, Inst, Row, Test};
use super::registers::{FP, SP, V31, X16, X17, ZR};
use super::table::{Cc, Op as M, Role, W};
use super::{frame, sequence};
use crate::jit::isa::common::{Common, Side};
use crate::jit::isa::layout;
use crate::jit::isa::vcode::MachBlock;
use crate::runtime::code::SiteKind;
use crate::runtime::trap::TrapCode;
use regalloc2::Allocation;

/// The physical base and offset of a place in the frame.
fn in_frame(cx: &Cx<'_>, base: Base, disp: i32) -> (u8, i32) {
    match base {
        Base::Reg => unreachable!("an operand"),
        Base::Incoming => (FP, layout::INCOMING + disp),
        Base::Outgoing => (SP, disp),
        Base::Results => (FP, layout::results(cx.vcode) + disp),
    }
}

/// The numbers of a row's registers, taken from `allocs`.
fn registers(row: &Row, allocs: &mut std::slice::Iter<'_, Allocation>) -> smallvec::SmallVec<[u8; 4]> {
    let mut next = || reg(*allocs.next().expect("a register operand"));
    let one = |(i, operand): (usize, &super::table::Reg)| match operand.role {
        _ if row.zeros >> i & 1 == 1 => ZR,
        Role::Use | Role::Def => next(),
        Role::Tied => {
            let used = next();
            let defined = next();
            debug_assert_eq!(used, defined);
            defined
        }
    };
    row.op.desc().regs.iter().enumerate().map(one).collect()
}

fn row(cx: &mut Cx<'_>, row: &Row, allocs: &[Allocation]) {
    let mut it = allocs.iter();
    let registers = registers(row, &mut it);
    let Some(at) = row.at else {
        // A move of a whole register to itself is omitted.
        if row.op == M::Mov && row.w == W::B64 && registers[0] == registers[1] {
            return;
        }
        return word(cx, encode(row.op, row.w, row.double, &registers, row.imm));
    };
    let mut next = || reg(*it.next().expect("a base or an index"));
    let access = row.op.desc().access.expect("an access");
    let place = match at {
        Amode::Pool(entry) => return load_pool(cx, row.op, registers[0], entry),
        Amode::Offset { base: Base::Reg, disp } => {
            let base = next();
            within_reach(cx, base, disp, access)
        }
        Amode::Offset { base, disp } => {
            let (base, offset) = in_frame(cx, base, disp);
            within_reach(cx, base, offset, access)
        }
        Amode::Index { scaled, extend } => Place::Index { base: next(), index: next(), scaled, extend },
    };
    if let Some(memory) = row.site {
        cx.trap_site(TrapCode::MemoryOutOfBounds, SiteKind::Memory(memory));
    }
    word(cx, encode_access(row.op, registers[0], place));
}

/// The register that a test tests, which is the operand with this index; for a test of flags, the number is unused.
fn tested(test: Test, allocs: &[Allocation], place: usize) -> u8 {
    match test {
        Test::Flags(_) => 0,
        Test::Zero { .. } | Test::Bit { .. } => reg(allocs[place]),
    }
}

fn branch(cx: &mut Cx<'_>, test: Test, register: u8, then: MachBlock, or: MachBlock) {
    if cx.target(then) == cx.target(or) {
        return jump(cx, then);
    }
    if cx.falls_through(then) {
        let label = cx.label(or);
        return jump_if(cx, test.invert(), register, label);
    }
    let label = cx.label(then);
    jump_if(cx, test, register, label);
    jump(cx, or);
}

pub(super) fn emit(cx: &mut Cx<'_>, inst: &Inst, allocs: &[Allocation]) {
    match *inst {
        Inst::Common(common) => emit_common(cx, common, allocs),
        Inst::Row(ref r) => row(cx, r, allocs),
        Inst::Const { bits } => load_const(cx, reg(allocs[0]), bits),
        Inst::ResultsAddress => {
            let (base, offset) = in_frame(cx, Base::Results, 0);
            add_offset(cx, reg(allocs[0]), base, offset.into());
        }
        Inst::SelectVector { cc } => sequence::select_vector(cx, cc, reg(allocs[1]), reg(allocs[2])),
        Inst::Canonical { double, lanes } => sequence::canonical(cx, double, lanes, reg(allocs[1])),
        Inst::Tbl2 => {
            let (first, second, indices, to) = (reg(allocs[0]), reg(allocs[1]), reg(allocs[2]), reg(allocs[3]));
            // The registers of the table must be consecutive: the first is V31, and the second follows it (modulo 32).
            debug_assert_eq!((V31 + 1) % 32, second);
            mov_vector(cx, V31, first);
            word(cx, 0x4e00_2000 | u32::from(indices) << 16 | u32::from(V31) << 5 | u32::from(to));
        }
        Inst::Exclusive { what, w } => sequence::exclusive(cx, what, w, allocs),
        // dmb ish
        Inst::Fence => word(cx, 0xd503_3bbf),
        Inst::Header { offset, i31, zero } => {
            let (to, reference, address) = (reg(allocs[1]), reg(allocs[2]), reg(allocs[3]));
            sequence::header(cx, to, reference, address, offset, i31, zero);
        }
        Inst::Poison => {
            // Neither a zero-extension nor a sign-extension, whatever the value is.
            load_const(cx, X16, 0x5a5a_5a5a_0000_0000);
            let to = reg(allocs[1]);
            op(cx, M::Orr, W::B64, &[to, to, X16]);
        }
        Inst::Branch { test, then, or } => branch(cx, test, tested(test, allocs, 0), then, or),
        Inst::TrapIf { test, code } => frame::trap_if(cx, test, tested(test, allocs, 0), ColdKind::Trap(code)),
        Inst::TrapIfDetail { test, code, w } => {
            let detail = allocs[0].as_reg().expect("a register operand");
            frame::trap_if(cx, test, tested(test, allocs, 1), ColdKind::TrapDetail(code, w, detail));
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
            undefined(cx);
        }
        Common::Never => undefined(cx),
        Common::Ret => frame::ret(cx),
        Common::Call { side } => frame::call(cx, side, allocs),
        Common::TailCall { side } => frame::tail_call(cx, side),
        Common::Libcall { side } => frame::libcall(cx, side, allocs),
    }
}

/// The size in bytes of a table that a conditional jump can pass over with some of its reach left.
const MOST_TABLE: u32 = 256;

/// Emits a jump table. The last target is the default. The table follows the jump; its entries are distances from the table.
fn jump_table(cx: &mut Cx<'_>, targets: &[MachBlock], index: u8, temp: u8) {
    let (default, cases) = targets.split_last().expect("a default");
    let bytes = 4 * cases.len() as u32;
    // No island can be written inside the table, so there must be room for all of it.
    cx.make_room(bytes);
    match arithmetic(cases.len() as u64) {
        Some((value, shifted)) => op_imm(cx, M::CmpImm, W::B32, &[index], Imm::Arithmetic(value, shifted)),
        None => {
            load_const(cx, X16, cases.len() as u64);
            op(cx, M::Cmp, W::B32, &[index, X16]);
        }
    }
    let default = cx.label(*default);
    if bytes < MOST_TABLE {
        jump_cc(cx, Cc::Hs, default);
    } else {
        // The default may be out of reach of a conditional jump, and a veneer cannot be placed inside the table.
        let inside = skip_if(cx, Test::Flags(Cc::Lo), 0);
        jump_to(cx, default);
        cx.asm.bind(inside);
    }
    let table = cx.asm.label();
    address_of(cx, X16, table);
    let entry = Place::Index { base: X16, index, scaled: true, extend: Some(false) };
    word(cx, encode_access(M::Ldrsw, temp, entry));
    op(cx, M::Add, W::B64, &[X17, X16, temp]);
    jump_register(cx, X17);
    cx.asm.bind(table);
    cx.data();
    for (i, &case) in cases.iter().enumerate() {
        let (at, label) = (cx.position(), cx.label(case));
        word(cx, 0);
        cx.asm.refer(at, Distance::Word { behind: 4 * i as u32 }, label);
    }
}
