//! Encodes table operations with physical operands.

use super::table::*;
use smallvec::SmallVec;

/// A memory operand with physical registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mem {
    pub base: u8,
    pub index: Option<u8>,
    /// log2 of the factor of the index.
    pub scale: u8,
    pub disp: i32,
}

impl Mem {
    /// `base + disp`.
    pub fn base(base: u8, disp: i32) -> Mem {
        Mem { base, index: None, scale: 0, disp }
    }
}

/// The r/m operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Reg(u8),
    Mem(Mem),
    /// RIP-relative: an entry of the constant pool, whose distance is patched in later.
    Pool(u32),
    /// An immediate is used instead.
    Imm,
}

/// An encoded instruction.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Encoded {
    pub bytes: SmallVec<[u8; 16]>,
    /// The position where the 32-bit distance to a pool entry is patched in.
    pub pool: Option<(usize, u32)>,
}

/// Everything that determines an encoding.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub op: Op,
    /// Integer width.
    pub w: W,
    /// `f64` instead of `f32`, if the operation has both.
    pub double: bool,
    /// The VEX form, with its additional register: the source if the other form reads and overwrites its first operand,
    /// the destination if it does so with its second. 0 if there is no such register.
    pub vex: Option<u8>,
    /// The condition, which is added to the opcode of conditional operations.
    pub cc: u8,
    /// The register operand; ignored if the table has an opcode extension.
    pub reg: u8,
    pub rm: Place,
    pub imm: i32,
}

impl Form {
    /// Returns a form without condition, immediate and VEX, for `f32` if the operation has both float types.
    pub fn new(op: Op, w: W, reg: u8, rm: Place) -> Form {
        Form { op, w, double: false, vex: None, cc: 0, reg, rm, imm: 0 }
    }

    /// The form for `f64` if `double`, otherwise for `f32`.
    pub fn double(self, double: bool) -> Form {
        Form { double, ..self }
    }

    /// The form with an immediate.
    pub fn imm(self, imm: i32) -> Form {
        Form { imm, ..self }
    }

    /// The form with a condition.
    pub fn cc(self, cc: Cc) -> Form {
        Form { cc: cc as u8, ..self }
    }
}

/// Encodes a form.
///
/// # Panics
/// If the form does not exist: an immediate for an operation that takes none.
pub fn encode(form: &Form) -> Encoded {
    let d = form.op.desc();
    let mut out = Encoded::default();
    // An immediate as the second operand moves the first one to the r/m field.
    let (map, mut opcode, reg, rm, imm) = match (form.rm, d.imm) {
        (Place::Imm, ImmForm::Alu(ext)) => {
            let short = i8::try_from(form.imm).is_ok();
            let opcode = if short { 0x83 } else { 0x81 };
            (&[][..], opcode, ext, Place::Reg(form.reg), if short { 1 } else { 4 })
        }
        (Place::Imm, ImmForm::Test) => (&[][..], 0xf7, 0, Place::Reg(form.reg), 4),
        (Place::Imm, _) => panic!("{} takes no immediate", d.name),
        (rm, imm) => {
            let reg = match d.reg {
                Role::Ext(ext) => ext,
                _ => form.reg,
            };
            let bytes = match imm {
                ImmForm::Byte => 1,
                ImmForm::Dword => 4,
                ImmForm::Store => (form.w.bits() / 8).min(4),
                _ => 0,
            };
            (d.map, d.opcode, reg, rm, bytes)
        }
    };
    if form.op == Op::ImulImm && i8::try_from(form.imm).is_ok() {
        opcode = 0x6b;
    }
    let imm = if opcode == 0x6b && form.op == Op::ImulImm { 1 } else { imm };
    opcode += form.cc;
    let integer = d.reg_bank == Bank::G || d.rm_bank == Bank::G;
    let w = integer && form.w == W::B64 || d.prefix == Prefix::Fused && form.double;
    if let Some(also) = form.vex {
        vex(&mut out.bytes, d, form.double, w, reg, also, rm);
        return tail(out, form, opcode, reg, rm, imm);
    }
    if d.locked {
        out.bytes.push(0xf0);
    }
    match d.prefix {
        Prefix::None if form.w == W::B16 && d.reg_bank == Bank::G => out.bytes.push(0x66),
        Prefix::None => {}
        Prefix::Scalar => out.bytes.push(if form.double { 0xf2 } else { 0xf3 }),
        Prefix::Packed if !form.double => {}
        Prefix::Packed | Prefix::Data | Prefix::Fused => out.bytes.push(0x66),
        Prefix::Rep => out.bytes.push(0xf3),
        Prefix::Repne => out.bytes.push(0xf2),
    }
    // REX.W depends on the integer width if an integer register or a memory width is involved.
    let mut rex = u8::from(w) << 3 | (reg >> 3) << 2;
    match rm {
        Place::Reg(r) => rex |= r >> 3,
        Place::Mem(m) => rex |= (m.index.unwrap_or(0) >> 3) << 1 | m.base >> 3,
        Place::Pool(_) | Place::Imm => {}
    }
    // spl, bpl, sil and dil. The byte register of setcc and movzx is the r/m operand; that of stores is the other one.
    let stores = matches!(d.reg, Role::Use | Role::Tied) && (4..=7).contains(&reg);
    let byte = d.byte_reg && (matches!(rm, Place::Reg(4..=7)) || stores);
    if rex != 0 || byte {
        out.bytes.push(0x40 | rex);
    }
    out.bytes.extend_from_slice(map);
    tail(out, form, opcode, reg, rm, imm)
}

/// The two- or three-byte VEX prefix, which encodes prefixes, map and the upper bits of the registers, for 128 bits.
fn vex(out: &mut SmallVec<[u8; 16]>, d: &Desc, double: bool, w: bool, reg: u8, also: u8, rm: Place) {
    debug_assert!(d.vex, "{} has no VEX form", d.name);
    let prefix = match d.prefix {
        Prefix::None => 0,
        Prefix::Packed => u8::from(double),
        Prefix::Data | Prefix::Fused => 1,
        Prefix::Rep => 2,
        Prefix::Repne => 3,
        Prefix::Scalar => 2 + u8::from(double),
    };
    let (x, b) = match rm {
        Place::Reg(r) => (0, r >> 3),
        Place::Mem(m) => (m.index.unwrap_or(0) >> 3, m.base >> 3),
        Place::Pool(_) | Place::Imm => (0, 0),
    };
    let map = match d.map {
        [0x0f, 0x38] => 2,
        [0x0f, 0x3a] => 3,
        _ => 1,
    };
    // All fields are inverted except for the width.
    let last = (!also & 15) << 3 | prefix;
    let r = (!(reg >> 3) & 1) << 7;
    if x == 0 && b == 0 && map == 1 && !w {
        out.extend_from_slice(&[0xc5, r | last]);
    } else {
        out.extend_from_slice(&[0xc4, r | (!x & 1) << 6 | (!b & 1) << 5 | map, u8::from(w) << 7 | last]);
    }
}

/// Appends the rest after prefixes and map, with `imm` immediate bytes.
fn tail(mut out: Encoded, form: &Form, opcode: u8, reg: u8, rm: Place, imm: u8) -> Encoded {
    out.bytes.push(opcode);
    let field = (reg & 7) << 3;
    match rm {
        Place::Reg(r) => out.bytes.push(0xc0 | field | r & 7),
        Place::Pool(entry) => {
            out.bytes.push(field | 5);
            out.pool = Some((out.bytes.len(), entry));
            out.bytes.extend_from_slice(&[0; 4]);
        }
        Place::Mem(m) => memory(&mut out.bytes, field, m),
        Place::Imm => unreachable!("replaced by a register above"),
    }
    out.bytes.extend_from_slice(&form.imm.to_le_bytes()[..usize::from(imm)]);
    out
}

/// ModRM, SIB and displacement.
fn memory(out: &mut SmallVec<[u8; 16]>, field: u8, m: Mem) {
    let base = m.base;
    // rbp and r13 always need a displacement.
    let (mode, bytes) = match m.disp {
        0 if base & 7 != 5 => (0x00, 0),
        -128..=127 => (0x40, 1),
        _ => (0x80, 4),
    };
    match m.index {
        Some(index) => {
            debug_assert_ne!(index, 4, "rsp is no index");
            out.push(mode | field | 4);
            out.push(m.scale << 6 | (index & 7) << 3 | base & 7);
        }
        // rsp and r12 as a base need a SIB.
        None if base & 7 == 4 => {
            out.push(mode | field | 4);
            out.push(0x24);
        }
        None => out.push(mode | field | base & 7),
    }
    out.extend_from_slice(&m.disp.to_le_bytes()[..bytes]);
}
