//! Builders of machine instructions: they make rows of the [table](super::table) from their operands.
//!
//! A builder starts from an operation and the type that it works on, takes the operands by name, and is then pushed:
//!
//! ```text
//! M::Add.int(w).def(sum).reg(a).rm(b).push(cx);
//! M::Ucomis.float(double).reg(a).rm(b).push(cx);
//! M::Pshufd.lanes().def(to).rm(a).imm(0xee).push(cx);
//! ```
//!
//! The row determines which of these operands the instruction has, and their order for the allocator. A missing operand
//! is a defect and panics; so does, in debug builds, an operand that the row does not have.

use super::X64;
use super::inst::{Amode, Base, Inst, Rm, Row};
use super::table::{Bank, Desc, ImmForm, Op, Prefix, Role, W};
use crate::jit::ir::Type;
use crate::jit::isa::lower::Lower;
use crate::target::x86_64;
use regalloc2::{Operand, OperandKind, PRegSet, RegClass, VReg};
use smallvec::SmallVec;

/// The state of lowering a function for this CPU.
pub(super) type Cx<'a> = Lower<'a, X64>;
/// The register operands of an instruction.
pub(super) type Operands = SmallVec<[Operand; 8]>;

/// A memory operand over virtual registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addr {
    base: Option<VReg>,
    index: Option<VReg>,
    amode: Amode,
    /// The guarded memory that an access may fault on.
    site: Option<u32>,
}

impl Addr {
    /// `base + disp`.
    pub fn reg(base: VReg, disp: i32) -> Addr {
        let amode = Amode { base: Base::Reg, index: false, scale: 0, disp };
        Addr { base: Some(base), index: None, amode, site: None }
    }

    /// `base + (index << scale) + disp`.
    pub fn indexed(base: VReg, index: VReg, scale: u8, disp: i32) -> Addr {
        let amode = Amode { base: Base::Reg, index: true, scale, disp };
        Addr { base: Some(base), index: Some(index), amode, site: None }
    }

    /// A place that is not relative to a register operand.
    pub fn fixed(base: Base, disp: i32) -> Addr {
        Addr { base: None, index: None, amode: Amode { base, index: false, scale: 0, disp }, site: None }
    }

    /// The same place, for an access that may fault on this guarded memory.
    pub fn guarded_by(self, site: Option<u32>) -> Addr {
        Addr { site, ..self }
    }
}

/// The second operand of a row, named by its r/m field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arg {
    Reg(VReg),
    Mem(Addr),
    /// A memory access, with the offset of the operator that it belongs to.
    Access(Addr, u32),
    /// An immediate as the second operand.
    Imm(i32),
}

impl From<VReg> for Arg {
    fn from(reg: VReg) -> Arg {
        Arg::Reg(reg)
    }
}

/// The width of a type.
pub(super) fn width(ty: Type) -> W {
    W::of_bytes(ty.bytes())
}

impl Op {
    /// An operation on integers of a width.
    pub(super) fn int(self, w: W) -> RowBuilder {
        RowBuilder::new(self, w, false)
    }

    /// An operation on floats or on lanes of floats: 64-bit ones if `double`, otherwise 32-bit ones.
    pub(super) fn float(self, double: bool) -> RowBuilder {
        RowBuilder::new(self, W::B32, double)
    }

    /// An operation on 64-bit floats, or on lanes of them.
    pub(super) fn float64(self) -> RowBuilder {
        self.float(true)
    }

    /// An operation on lanes of integers, or on lanes of 32-bit floats if the row has both float types.
    pub(super) fn lanes(self) -> RowBuilder {
        self.float(false)
    }

    /// A conversion between integers of this width and floats.
    pub(super) fn convert(self, w: W, double: bool) -> RowBuilder {
        RowBuilder::new(self, w, double)
    }
}

/// A row of the table with the operands given so far.
#[must_use = "it is pushed last"]
#[derive(Clone, Debug)]
pub(super) struct RowBuilder {
    op: Op,
    w: W,
    double: bool,
    def: Option<VReg>,
    reg: Option<VReg>,
    rm: Option<Arg>,
    imm: Option<i32>,
    more: SmallVec<[Operand; 4]>,
    clobbers: PRegSet,
}

impl RowBuilder {
    fn new(op: Op, w: W, double: bool) -> RowBuilder {
        RowBuilder {
            op,
            w,
            double,
            def: None,
            reg: None,
            rm: None,
            imm: None,
            more: SmallVec::new(),
            clobbers: PRegSet::empty(),
        }
    }

    /// The register to define, whichever field of the instruction names it.
    pub fn def(mut self, def: VReg) -> Self {
        self.def = Some(def);
        self
    }

    /// The register read through the register field: the first operand.
    pub fn reg(mut self, reg: VReg) -> Self {
        self.reg = Some(reg);
        self
    }

    /// The register, memory or immediate read through the r/m field: the second operand, or the only one.
    pub fn rm(mut self, arg: impl Into<Arg>) -> Self {
        self.rm = Some(arg.into());
        self
    }

    /// The immediate of a row that has one in addition to its operands.
    pub fn imm(mut self, imm: i32) -> Self {
        self.imm = Some(imm);
        self
    }

    /// A further operand, after those of the fields: a third or fourth register, or a fixed register of the instruction.
    pub fn more(mut self, operand: Operand) -> Self {
        self.more.push(operand);
        self
    }

    /// Registers that the instruction overwrites in addition to those that it defines.
    pub fn clobbers(mut self, clobbers: PRegSet) -> Self {
        self.clobbers = clobbers;
        self
    }

    /// Appends the instruction.
    pub fn push(self, cx: &mut Cx<'_>) {
        let vex = self.op.desc().vex && cx.has(x86_64::AVX);
        let operands = self.operands(vex);
        let (rm, site, offset) = match self.rm {
            None | Some(Arg::Reg(_)) => (Rm::Reg, None, None),
            Some(Arg::Mem(addr)) => (Rm::Mem(addr.amode), addr.site, None),
            Some(Arg::Access(addr, offset)) => (Rm::Mem(addr.amode), addr.site, Some(offset)),
            Some(Arg::Imm(_)) => (Rm::Imm, None, None),
        };
        let imm = match self.rm {
            Some(Arg::Imm(imm)) => imm,
            _ => self.imm.unwrap_or(0),
        };
        if cx.verifies() {
            self.check_widths(cx, &operands);
        }
        let row = Row { op: self.op, w: self.w, double: self.double, vex, rm, imm, site };
        cx.push_clobbering(Inst::Row(row), &operands, self.clobbers);
        if let Some(offset) = offset {
            cx.set_last_offset(offset);
        }
    }

    /// Returns the register operands in the order of [`Inst`].
    ///
    /// # Panics
    /// If an operand is missing; in debug builds also if there is one that the row does not have.
    fn operands(&self, vex: bool) -> Operands {
        let d = self.op.desc();
        self.check_shape(d);
        let def = || self.def.expect("a result");
        let reg = || self.reg.expect("a first operand");
        let mut operands = Operands::new();
        match d.reg {
            Role::Ext(_) => {}
            Role::Use => operands.push(Operand::reg_use(reg())),
            Role::Def => operands.push(Operand::reg_def(def())),
            Role::Tied if vex && !d.three => {
                operands.push(Operand::reg_def(def()));
                operands.push(Operand::reg_use(reg()));
            }
            Role::Tied => {
                operands.push(Operand::reg_use(reg()));
                operands.push(Operand::reg_reuse_def(def(), 0));
            }
        }
        match (d.rm, self.rm) {
            (Role::Def, None) => operands.push(Operand::reg_def(def())),
            (Role::Use, Some(Arg::Reg(r))) => operands.push(Operand::reg_use(r)),
            (Role::Tied, Some(Arg::Reg(r))) => {
                operands.push(Operand::reg_use(r));
                operands.push(match vex {
                    true => Operand::reg_def(def()),
                    false => Operand::reg_reuse_def(def(), operands.len() - 1),
                });
            }
            (_, Some(Arg::Mem(addr) | Arg::Access(addr, _))) => {
                operands.extend(addr.base.map(Operand::reg_use));
                operands.extend(addr.index.map(Operand::reg_use));
            }
            (_, Some(Arg::Imm(_))) => {}
            (_, rm) => unreachable!("{} has no second operand like {rm:?}", d.name),
        }
        operands.extend_from_slice(&self.more);
        operands
    }

    /// Checks that the row has every operand that was given.
    fn check_shape(&self, d: &Desc) {
        let defines = [d.reg, d.rm].iter().any(|role| matches!(role, Role::Def | Role::Tied));
        let reads = matches!(d.reg, Role::Use | Role::Tied);
        let has_imm = matches!(d.imm, ImmForm::Byte | ImmForm::Dword | ImmForm::Store) && !d.fourth;
        debug_assert!(defines || self.def.is_none(), "{} defines nothing", d.name);
        debug_assert!(reads || self.reg.is_none(), "{} has no first operand", d.name);
        debug_assert_eq!(has_imm, self.imm.is_some(), "{}: whether it has an immediate", d.name);
    }

    /// Checks that no 64-bit operation reads a register whose upper half is undefined, or would be if it were spilled.
    fn check_widths(&self, cx: &Cx<'_>, operands: &[Operand]) {
        let d = self.op.desc();
        let class = match d.prefix {
            Prefix::Scalar if self.double => RegClass::Float,
            _ if self.w != W::B64 || d.rm_width.is_some() || d.reg_bank != Bank::G || d.rm_bank != Bank::G => return,
            _ => RegClass::Int,
        };
        for operand in operands.iter().filter(|o| o.kind() == OperandKind::Use && o.class() == class) {
            let bits = cx.bits(operand.vreg());
            assert!(bits >= 64, "{} reads 64 bits of {} which has {bits}", d.name, operand.vreg());
        }
    }
}

/// Applies `op` to two integers, into a new register.
pub(super) fn alu(cx: &mut Cx<'_>, op: Op, w: W, a: VReg, b: impl Into<Arg>) -> VReg {
    let to = cx.temp(RegClass::Int, w.bits());
    op.int(w).def(to).reg(a).rm(b).push(cx);
    to
}

/// Makes a constant in a new register.
pub(super) fn int_const(cx: &mut Cx<'_>, w: W, bits: u64) -> VReg {
    let to = cx.temp(RegClass::Int, w.bits());
    cx.push(Inst::Const { bits }, &[Operand::reg_def(to)]);
    to
}

/// Computes the sum of two 64-bit integers in a new register. No flags may be live.
pub(super) fn sum_64(cx: &mut Cx<'_>, a: VReg, b: VReg) -> VReg {
    let sum = cx.temp(RegClass::Int, 64);
    let operands = [Operand::reg_use(a), Operand::reg_use(b), Operand::reg_def(sum)];
    cx.push(Inst::Add { w: W::B64 }, &operands);
    sum
}

/// Returns a constant in the pool as a second operand.
pub(super) fn pool(cx: &mut Cx<'_>, bits: u128) -> Arg {
    let entry = cx.pool(bits);
    Arg::Mem(Addr::fixed(Base::Pool(entry), 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jit::isa::int_reg;

    fn int(number: usize) -> VReg {
        VReg::new(number, RegClass::Int)
    }

    /// The operands are in the order that emission expects, in both encodings.
    #[test]
    fn operands_follow_the_row() {
        let (a, b, to) = (int(1), int(2), int(3));
        let (read, defined) = (Operand::reg_use(a), Operand::reg_def(to));
        let sum = Op::Add.int(W::B32).def(to).reg(a).rm(b);
        assert_eq!(sum.operands(false)[..], [read, Operand::reg_reuse_def(to, 0), Operand::reg_use(b)]);
        let lanes = Op::Paddb.lanes().def(to).reg(a).rm(b);
        assert_eq!(lanes.operands(true)[..], [defined, read, Operand::reg_use(b)]);
        let shift = Op::ShlImm.int(W::B64).def(to).rm(a).imm(1);
        assert_eq!(shift.operands(false)[..], [read, Operand::reg_reuse_def(to, 0)]);
        assert_eq!(Op::MovXG.int(W::B64).def(to).reg(a).operands(false)[..], [read, defined]);
        let count = Operand::reg_fixed_use(b, int_reg(1));
        let access = Op::Store.int(W::B64).reg(a).rm(Arg::Mem(Addr::indexed(b, to, 1, 0))).more(count);
        assert_eq!(access.operands(false)[..], [read, Operand::reg_use(b), Operand::reg_use(to), count]);
    }

    #[test]
    #[should_panic(expected = "a result")]
    fn a_missing_operand_is_found() {
        Op::Add.int(W::B32).reg(int(1)).rm(int(2)).operands(false);
    }

    #[test]
    #[should_panic(expected = "cmp defines nothing")]
    fn a_result_that_the_row_does_not_have_is_found() {
        Op::Cmp.int(W::B32).def(int(0)).reg(int(1)).rm(int(2)).operands(false);
    }

    #[test]
    #[should_panic(expected = "not has no first operand")]
    fn a_first_operand_that_the_row_does_not_have_is_found() {
        Op::Not.int(W::B32).def(int(0)).reg(int(1)).rm(int(2)).operands(false);
    }

    #[test]
    #[should_panic(expected = "shl: whether it has an immediate")]
    fn a_missing_immediate_is_found() {
        Op::ShlImm.int(W::B32).def(int(0)).rm(int(2)).operands(false);
    }
}
