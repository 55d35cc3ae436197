//! Builders of machine instructions: they make rows of the [table](super::table) from their operands.
//!
//! A builder starts from an operation and the type that it works on, takes the operands by name, and is then pushed:
//!
//! ```text
//! M::Add.int(w).def(sum).n(a).m(b).push(cx);
//! M::Fcmp.float(double).n(a).m(b).push(cx);
//! M::VShl.lanes(W::B16).def(to).n(a).imm(Imm::Left(W::B16, 3)).push(cx);
//! ```
//!
//! The row determines which of these operands the instruction has, and their order for the allocator. A missing operand
//! is a defect and panics; so does, in debug builds, an operand that the row does not have.

use super::A64;
use super::encode::Imm;
use super::inst::{Amode, Base, Inst, Row};
use super::table::{Bank, Desc, Field, ImmKind, Op, Reg, Role, Size, W};
use crate::jit::ir::Type;
use crate::jit::isa::lower::Lower;
use regalloc2::{Operand, OperandKind, RegClass, VReg};
use smallvec::SmallVec;

/// The state of lowering a function for this CPU.
pub(super) type Cx<'a> = Lower<'a, A64>;
/// The register operands of an instruction.
pub(super) type Operands = SmallVec<[Operand; 8]>;

/// A place in memory over virtual registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Addr {
    base: Option<VReg>,
    index: Option<VReg>,
    amode: Amode,
    /// The guarded memory that an access may fault on.
    site: Option<u32>,
    /// The offset of the operator that the access belongs to, if it is not the one being lowered.
    offset: Option<u32>,
}

impl Addr {
    fn new(base: Option<VReg>, index: Option<VReg>, amode: Amode) -> Addr {
        Addr { base, index, amode, site: None, offset: None }
    }

    /// `base + disp`.
    pub fn reg(base: VReg, disp: i32) -> Addr {
        Addr::new(Some(base), None, Amode::Offset { base: Base::Reg, disp })
    }

    /// `base + index`: see [`Amode::Index`].
    pub fn indexed(base: VReg, index: VReg, scaled: bool, extend: Option<bool>) -> Addr {
        Addr::new(Some(base), Some(index), Amode::Index { scaled, extend })
    }

    /// A place that is not relative to a register operand.
    pub fn fixed(base: Base, disp: i32) -> Addr {
        Addr::new(None, None, Amode::Offset { base, disp })
    }

    /// An entry of the constant pool.
    pub fn pool(entry: u32) -> Addr {
        Addr::new(None, None, Amode::Pool(entry))
    }

    /// The same place, for an access that may fault on this guarded memory.
    pub fn guarded_by(self, site: Option<u32>) -> Addr {
        Addr { site, ..self }
    }

    /// The same place, for an access that belongs to the operator at this offset.
    pub fn of_operator(self, offset: u32) -> Addr {
        Addr { offset: Some(offset), ..self }
    }
}

/// A register that is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Src {
    Reg(VReg),
    /// The zero register.
    Zero,
}

impl From<VReg> for Src {
    fn from(reg: VReg) -> Src {
        Src::Reg(reg)
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

    /// An operation whose widths are fixed by the row.
    pub(super) fn fixed(self) -> RowBuilder {
        RowBuilder::new(self, W::B64, false)
    }

    /// An operation on floats or on lanes of floats: 64-bit ones if `double`, otherwise 32-bit ones.
    pub(super) fn float(self, double: bool) -> RowBuilder {
        RowBuilder::new(self, W::B64, double)
    }

    /// An operation on lanes of integers of this width.
    pub(super) fn lanes(self, w: W) -> RowBuilder {
        RowBuilder::new(self, w, false)
    }

    /// An operation on integers of this width and on floats.
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
    imm: Imm,
    def: Option<VReg>,
    /// Whether the zero register is defined.
    discards: bool,
    /// The contents of a tied register before the instruction.
    tied: Option<VReg>,
    /// The uses, by field.
    uses: [Option<Src>; 4],
    at: Option<Addr>,
}

fn place(field: Field) -> usize {
    match field {
        Field::D => 0,
        Field::N => 1,
        Field::M => 2,
        Field::A => 3,
    }
}

impl RowBuilder {
    fn new(op: Op, w: W, double: bool) -> RowBuilder {
        RowBuilder { op, w, double, imm: Imm::None, def: None, discards: false, tied: None, uses: [None; 4], at: None }
    }

    fn uses(mut self, field: Field, src: impl Into<Src>) -> Self {
        self.uses[place(field)] = Some(src.into());
        self
    }

    /// The register to define, whichever field of the instruction names it.
    pub fn def(self, def: VReg) -> Self {
        RowBuilder { def: Some(def), ..self }
    }

    /// Discards the result.
    pub fn discard(self) -> Self {
        RowBuilder { discards: true, ..self }
    }

    /// The register that is read and then overwritten.
    pub fn tied(self, before: VReg) -> Self {
        RowBuilder { tied: Some(before), ..self }
    }

    /// The register that is stored.
    pub fn value(self, src: impl Into<Src>) -> Self {
        self.uses(Field::D, src)
    }

    /// The first operand.
    pub fn n(self, src: impl Into<Src>) -> Self {
        self.uses(Field::N, src)
    }

    /// The second operand.
    pub fn m(self, src: impl Into<Src>) -> Self {
        self.uses(Field::M, src)
    }

    /// The third operand.
    pub fn a(self, src: impl Into<Src>) -> Self {
        self.uses(Field::A, src)
    }

    /// The immediate.
    pub fn imm(self, imm: Imm) -> Self {
        RowBuilder { imm, ..self }
    }

    /// The place of a memory access.
    pub fn at(self, addr: Addr) -> Self {
        RowBuilder { at: Some(addr), ..self }
    }

    /// Appends the instruction.
    pub fn push(self, cx: &mut Cx<'_>) {
        let (operands, zeros) = self.operands();
        if cx.verifies() {
            self.check_widths(cx, &operands);
        }
        let (at, site) = (self.at.map(|addr| addr.amode), self.at.and_then(|addr| addr.site));
        let row = Row { op: self.op, w: self.w, double: self.double, imm: self.imm, zeros, at, site };
        cx.push(Inst::Row(row), &operands);
        if let Some(offset) = self.at.and_then(|addr| addr.offset) {
            cx.set_last_offset(offset);
        }
    }

    /// Returns the register operands in the order of [`Inst`], and which of the table's operands are the zero register.
    ///
    /// # Panics
    /// If an operand is missing; in debug builds also if there is one that the row does not have.
    fn operands(&self) -> (Operands, u8) {
        let d = self.op.desc();
        self.check_shape(d);
        let mut operands = Operands::new();
        let mut zeros = 0;
        for (i, reg) in d.regs.iter().enumerate() {
            match reg.role {
                Role::Def if self.discards => zeros |= 1 << i,
                Role::Def => operands.push(Operand::reg_def(self.def.expect("a result"))),
                Role::Tied => {
                    operands.push(Operand::reg_use(self.tied.expect("what is overwritten")));
                    operands.push(Operand::reg_reuse_def(self.def.expect("a result"), operands.len() - 1));
                }
                Role::Use => match self.uses[place(reg.field)].expect("an operand") {
                    Src::Reg(src) => operands.push(Operand::reg_use(src)),
                    Src::Zero => zeros |= 1 << i,
                },
            }
        }
        if let Some(addr) = self.at {
            operands.extend(addr.base.map(Operand::reg_use));
            operands.extend(addr.index.map(Operand::reg_use));
        }
        (operands, zeros)
    }

    /// Checks that the row has every operand that was given.
    fn check_shape(&self, d: &Desc) {
        let has = |role: Role| d.regs.iter().any(|reg| reg.role == role);
        let defines = self.def.is_some() || self.discards;
        debug_assert_eq!(has(Role::Def) || has(Role::Tied), defines, "{}: whether it defines", d.name);
        debug_assert_eq!(has(Role::Tied), self.tied.is_some(), "{}: whether it has a tied operand", d.name);
        let uses = |reg: &Reg| reg.role == Role::Use;
        let read = d.regs.iter().filter(|reg| uses(reg)).count();
        debug_assert_eq!(read, self.uses.iter().flatten().count(), "{}: the number of its operands", d.name);
        debug_assert_eq!(d.access.is_some(), self.at.is_some(), "{}: whether it accesses memory", d.name);
        let fits = match self.imm {
            Imm::None => matches!(d.imm, ImmKind::No | ImmKind::Shifted) || d.access.is_some(),
            Imm::Shift(..) => d.imm == ImmKind::Shifted,
            Imm::Extend { .. } => d.imm == ImmKind::Extended,
            _ => d.imm == ImmKind::Some,
        };
        debug_assert!(fits, "{} has no immediate like {:?}", d.name, self.imm);
    }

    /// Checks that no bits of a register are read that its definition leaves undefined. Registers of lanes are not checked.
    fn check_widths(&self, cx: &Cx<'_>, operands: &[Operand]) {
        let d = self.op.desc();
        let read = d.regs.iter().filter(|reg| match reg.role {
            Role::Use => matches!(self.uses[place(reg.field)], Some(Src::Reg(_))),
            Role::Tied => true,
            Role::Def => false,
        });
        let mut uses = operands.iter().filter(|o| o.kind() == OperandKind::Use);
        for reg in read {
            let operand = uses.next().expect("an operand for each register that is read");
            let want = match (reg.bank, reg.width, d.size) {
                (Bank::G, ..) => width_of(d, reg, self.w),
                (Bank::F, Some(width), _) => width,
                (Bank::F, None, Size::Float | Size::SfFloat) if self.double => W::B64,
                (Bank::F, ..) => continue,
            };
            // Of a bit field's source, only the bits up to the field's last one are read.
            let want = match (self.op, self.imm, reg.role) {
                (Op::Bfm | Op::Ubfm | Op::Sbfm, Imm::Bits(_, last), Role::Use) => last + 1,
                _ => want.bits(),
            };
            let have = cx.bits(operand.vreg());
            assert!(have >= want, "{} reads {want} bits of {} which has {have}", d.name, operand.vreg());
        }
        // The rest are addresses.
        let index = matches!(self.at, Some(Addr { amode: Amode::Index { extend: Some(_), .. }, .. }));
        for (i, operand) in uses.enumerate() {
            let want = if i == 1 && index { 32 } else { 64 };
            assert!(cx.bits(operand.vreg()) >= want, "{}: an address of fewer than {want} bits", d.name);
        }
    }
}

/// Returns the width at which a row reads or writes a general register.
pub(super) fn width_of(d: &Desc, reg: &Reg, w: W) -> W {
    match (reg.width, d.size) {
        (Some(width), _) => width,
        (None, Size::Sf | Size::SfN | Size::SfFloat | Size::Whole | Size::Word) => w,
        (None, Size::Access) => w.max(W::B32),
        (None, _) => W::B64,
    }
}

/// Makes a constant in a new register.
pub(super) fn int_const(cx: &mut Cx<'_>, w: W, bits: u64) -> VReg {
    let to = cx.temp(RegClass::Int, w.bits());
    cx.push(Inst::Const { bits }, &[Operand::reg_def(to)]);
    to
}

/// Computes the sum of two 64-bit integers in a new register.
pub(super) fn sum_64(cx: &mut Cx<'_>, a: VReg, b: VReg) -> VReg {
    let sum = cx.temp(RegClass::Int, 64);
    Op::Add.int(W::B64).def(sum).n(a).m(b).push(cx);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(number: usize) -> VReg {
        VReg::new(number, RegClass::Int)
    }

    /// The operands are in the order that emission expects.
    #[test]
    fn operands_follow_the_row() {
        let (a, b, c, to) = (int(1), int(2), int(3), int(4));
        let (read, defined) = (Operand::reg_use(a), Operand::reg_def(to));
        let sum = Op::Add.int(W::B32).def(to).n(a).m(b);
        assert_eq!((&sum.operands().0[..], sum.operands().1), (&[defined, read, Operand::reg_use(b)][..], 0));
        let set = Op::Csinc.int(W::B32).def(to).n(Src::Zero).m(b).imm(Imm::Cond(super::super::table::Cc::Eq));
        assert_eq!((&set.operands().0[..], set.operands().1), (&[defined, Operand::reg_use(b)][..], 2));
        let insert = Op::Ins.int(W::B32).def(to).tied(a).n(b).imm(Imm::Lane(W::B8, 3));
        assert_eq!(insert.operands().0[..], [read, Operand::reg_reuse_def(to, 0), Operand::reg_use(b)]);
        let store = Op::Str64.fixed().value(a).at(Addr::indexed(b, c, false, None));
        assert_eq!(store.operands().0[..], [read, Operand::reg_use(b), Operand::reg_use(c)]);
        let compare = Op::Casal.int(W::B64).def(to).tied(a).value(b).n(c);
        let expected = [read, Operand::reg_reuse_def(to, 0), Operand::reg_use(b), Operand::reg_use(c)];
        assert_eq!(compare.operands().0[..], expected);
    }

    #[test]
    #[should_panic(expected = "add: whether it defines")]
    fn a_missing_result_is_found() {
        Op::Add.int(W::B32).n(int(1)).m(int(2)).operands();
    }

    #[test]
    #[should_panic(expected = "cmp: whether it defines")]
    fn a_result_that_the_row_does_not_have_is_found() {
        Op::Cmp.int(W::B32).def(int(0)).n(int(1)).m(int(2)).operands();
    }

    #[test]
    #[should_panic(expected = "neg: the number of its operands")]
    fn an_operand_that_the_row_does_not_have_is_found() {
        Op::Neg.int(W::B32).def(int(0)).n(int(1)).m(int(2)).operands();
    }

    #[test]
    #[should_panic(expected = "ubfm has no immediate like None")]
    fn a_missing_immediate_is_found() {
        Op::Ubfm.int(W::B32).def(int(0)).n(int(2)).operands();
    }
}
