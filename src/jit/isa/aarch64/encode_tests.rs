//! Compares the table of encodings with a disassembler: what each row is, what it reads and writes, and at what width.
//!
//! Each case is a word and its expected text in assembly language, without aliases. A file contains some of the cases, so
//! that another test can ask another disassembler (`tests/encodings.rs`).

use super::agreement::effects;
use super::agreement_tests::emitted_with;
use super::encode::*;
use super::immediate::{Lanes, logical};
use super::listing::decode;
use super::table::*;
use crate::config::{Config, Mode, OptLevel, Tier};
use crate::jit::code::Origin;
use crate::jit::isa::agreement::FlagsWritten;
use crate::jit::isa::{float_reg, int_reg};
use crate::target::{CpuLevel, aarch64};
use regalloc2::{PReg, RegClass};
use std::collections::{BTreeMap, BTreeSet};
use yaxpeax_arm::armv8::a64::{Instruction, Opcode, Operand, SIMDSizeCode, ShiftStyle, SizeCode};

/// The name of a general register; number 31 is the stack pointer or zero.
fn general(w: W, number: u8, sp: bool) -> String {
    let wide = w == W::B64;
    match (number, sp, wide) {
        (31, true, _) => if wide { "sp" } else { "wsp" }.into(),
        (31, false, _) => if wide { "xzr" } else { "wzr" }.into(),
        (_, _, true) => format!("x{number}"),
        (_, _, false) => format!("w{number}"),
    }
}

fn letter(w: W) -> char {
    ['b', 'h', 's', 'd', 'q'][w as usize]
}

/// The name of a vector register as lanes; with `half`, 64 bits of it.
fn lanes(number: u8, w: W, half: bool) -> String {
    format!("v{number}.{}{}", if half { 8 } else { 16 } / w.bytes(), letter(w))
}

fn lane(number: u8, w: W, lane: u8) -> String {
    format!("v{number}.{}[{lane}]", letter(w))
}

fn twice(w: W) -> W {
    W::of_bytes(2 * u32::from(w.bytes()))
}

fn condition(cc: Cc) -> &'static str {
    ["eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"][cc as usize]
}

/// The word of an instruction with what it was encoded from.
#[derive(Clone, Copy, Debug)]
struct Case<'a> {
    op: Op,
    w: W,
    double: bool,
    registers: &'a [u8],
    imm: Imm,
}

impl Case<'_> {
    fn word(&self) -> u32 {
        encode(self.op, self.w, self.double, self.registers, self.imm)
    }

    /// The name without aliases.
    fn mnemonic(&self) -> String {
        let name = match (self.op, self.imm) {
            (Op::Neg, _) => "sub",
            (Op::Cmp | Op::CmpExtended | Op::CmpImm, _) => "subs",
            (Op::CmnImm, _) => "adds",
            (Op::Tst | Op::TstImm, _) => "ands",
            (Op::Mov, _) => "orr",
            (Op::Mvn, _) => "orn",
            (Op::Lsl, _) => "lslv",
            (Op::Lsr, _) => "lsrv",
            (Op::Asr, _) => "asrv",
            (Op::Ror, _) => "rorv",
            (Op::Mul, _) => "madd",
            (Op::Mneg, _) => "msub",
            (Op::Smull, _) => "smaddl",
            (Op::Umull, _) => "umaddl",
            (Op::Sxtw, _) => "sbfm",
            (Op::MovLane, _) => "dup",
            (_, Imm::Lanes(Lanes { cmode: 0b1111, .. })) => "fmov",
            (_, Imm::Lanes(Lanes { op: 1, cmode, .. })) if cmode != 0b1110 => "mvni",
            (op, _) => op.desc().name,
        };
        let part = match (self.op.desc().size, self.w) {
            (Size::Access, W::B8) => "b",
            (Size::Access, W::B16) => "h",
            _ => "",
        };
        format!("{name}{part}")
    }

    /// The width of a general register.
    fn width(&self, reg: &Reg) -> W {
        match (self.op, self.op.desc().size, reg.width) {
            (Op::Dup | Op::Ins, ..) => self.lane_width().max(W::B32),
            // The text names the whole register, of which the instruction reads the lower half.
            (Op::Sxtw, ..) => W::B64,
            (_, _, Some(width)) => width,
            (_, Size::Sf | Size::SfN | Size::SfFloat | Size::Whole, None) => self.w,
            (_, Size::Access, None) => self.w.max(W::B32),
            (_, _, None) => W::B64,
        }
    }

    /// The lane width in the immediate.
    fn lane_width(&self) -> W {
        match self.imm {
            Imm::Lane(w, _) | Imm::Lanes2(w, ..) | Imm::Left(w, _) | Imm::Right(w, _) => w,
            _ => unreachable!("{self:?}"),
        }
    }

    fn vector(&self, reg: &Reg, n: u8) -> String {
        let d = self.op.desc();
        let (w, is_result) = (self.w, reg.field == Field::D);
        let float = if self.double { W::B64 } else { W::B32 };
        if matches!(d.size, Size::Float | Size::SfFloat) || reg.width.is_some() {
            return format!("{}{n}", letter(reg.width.unwrap_or(float)));
        }
        match (self.op, self.imm) {
            (Op::Addv | Op::Uminv, _) if is_result => format!("{}{n}", letter(w)),
            (Op::Saddlp | Op::Uaddlp, _) if is_result => lanes(n, twice(w), false),
            (Op::VSmull | Op::VUmull | Op::Umlal | Op::Smull2 | Op::Umull2, _) if is_result => {
                lanes(n, twice(w), false)
            }
            (Op::VSmull | Op::VUmull | Op::Umlal, _) => lanes(n, w, true),
            (Op::Xtn | Op::Sqxtn | Op::Uqxtn | Op::Sqxtun, _) if is_result => lanes(n, w, true),
            (Op::Xtn | Op::Sqxtn | Op::Uqxtn | Op::Sqxtun | Op::Sqxtn2 | Op::Sqxtun2, _) if !is_result => {
                lanes(n, twice(w), false)
            }
            (Op::Sshll | Op::Sshll2 | Op::Ushll | Op::Ushll2, Imm::Left(w, _)) if is_result => {
                lanes(n, twice(w), false)
            }
            (Op::Sshll | Op::Ushll, Imm::Left(w, _)) => lanes(n, w, true),
            (_, Imm::Left(w, _) | Imm::Right(w, _)) => lanes(n, w, false),
            (Op::MovLane, Imm::Lane(w, _)) if is_result => format!("{}{n}", letter(w)),
            (Op::Dup | Op::DupLane, Imm::Lane(w, _)) if is_result => lanes(n, w, false),
            (_, Imm::Lane(w, i)) => lane(n, w, i),
            (_, Imm::Lanes2(w, to, from)) => lane(n, w, if is_result { to } else { from }),
            (_, Imm::Lanes(Lanes { op, cmode, .. })) => {
                let w = match (cmode, op) {
                    (0b1110, 0) => W::B8,
                    (0b1110 | 0b1111, 1) => W::B64,
                    (0b1000 | 0b1010, _) => W::B16,
                    _ => W::B32,
                };
                lanes(n, w, false)
            }
            (Op::Tbl, _) if reg.field == Field::N => format!("{{{}}}", lanes(n, W::B8, false)),
            (Op::Fcvtl, _) if is_result => lanes(n, W::B64, false),
            (Op::Fcvtl, _) => lanes(n, W::B32, true),
            (Op::Fcvtn, _) if is_result => lanes(n, W::B32, true),
            (Op::Fcvtn | Op::Xar, _) => lanes(n, W::B64, false),
            (Op::Sdot, _) if is_result => lanes(n, W::B32, false),
            _ => match d.size {
                Size::Lane => lanes(n, w, false),
                Size::FloatLane => lanes(n, float, false),
                _ => lanes(n, W::B8, false),
            },
        }
    }

    fn operand(&self, reg: &Reg, n: u8) -> String {
        let d = self.op.desc();
        match (self.op, reg.field, reg.bank) {
            (_, Field::N, Bank::G) if d.size == Size::Access => format!("[{}]", general(W::B64, n, true)),
            (
                Op::AddImm | Op::SubImm | Op::AddExtended | Op::SubExtended | Op::AndImm | Op::OrrImm | Op::EorImm,
                Field::D,
                _,
            )
            | (
                Op::AddImm
                | Op::SubImm
                | Op::AddsImm
                | Op::SubsImm
                | Op::CmpImm
                | Op::CmnImm
                | Op::AddExtended
                | Op::SubExtended
                | Op::CmpExtended,
                Field::N,
                _,
            ) => general(self.width(reg), n, true),
            (_, _, Bank::G) => general(self.width(reg), n, false),
            (_, _, Bank::F) => self.vector(reg, n),
        }
    }

    /// The value of a floating-point immediate.
    fn float(byte: u8) -> String {
        let (sign, power, fraction) = (byte >> 7, i32::from(byte >> 4 & 7 ^ 4) - 3, f64::from(byte & 15));
        format!("#{:?}", (1.0 + fraction / 16.0) * 2f64.powi(power) * if sign == 1 { -1.0 } else { 1.0 })
    }

    /// The text after the registers.
    fn rest(&self) -> Vec<String> {
        let one = |text: String| vec![text];
        match (self.op, self.imm) {
            (Op::Sxtw, _) => vec!["#0".into(), "#31".into()],
            (Op::FcmpZero, _) => one("#0.0".into()),
            (Op::CmeqZero | Op::CmgtZero | Op::CmgeZero | Op::CmleZero | Op::CmltZero, _) => one("#0".into()),
            (_, Imm::None) => vec![],
            (_, Imm::Arithmetic(value, shifted)) => {
                one(format!("#{value}")).into_iter().chain(shifted.then(|| "lsl #12".into())).collect()
            }
            (_, Imm::Logical(fields)) => {
                // The masks of the cases are known by their values.
                let known = MASKS.into_iter().find(|&mask| logical(mask, self.w) == Some(fields)).unwrap();
                one(format!("#{}", if self.w == W::B64 { known } else { known & 0xffff_ffff }))
            }
            (_, Imm::Shift(Shift::Lsl, 0)) => vec![],
            (_, Imm::Shift(kind, by)) => one(format!("{} #{by}", ["lsl", "lsr", "asr", "ror"][kind as usize])),
            (_, Imm::Extend { signed, by }) => {
                let extension = if signed { "sxtw" } else { "uxtw" };
                one(if by == 0 { extension.into() } else { format!("{extension} #{by}") })
            }
            (Op::Extr, Imm::Bits(_, lowest)) => one(format!("#{lowest}")),
            (_, Imm::Bits(immr, imms)) => vec![format!("#{immr}"), format!("#{imms}")],
            (_, Imm::Cond(cc)) => one(condition(cc).into()),
            (_, Imm::CondFlags(cc, flags)) => vec![format!("#{flags}"), condition(cc).into()],
            (_, Imm::CondFlagsConst(cc, flags, value)) => {
                vec![format!("#{value}"), format!("#{flags}"), condition(cc).into()]
            }
            (_, Imm::Float(byte)) => one(Self::float(byte)),
            (_, Imm::Lanes(Lanes { op, cmode, byte })) => match cmode {
                0b1111 => one(Self::float(byte)),
                0b1110 if op == 1 => {
                    let ones = |i: u32| if byte >> i & 1 == 1 { 0xff << (8 * i) } else { 0u64 };
                    one(format!("#{}", (0..8).map(ones).sum::<u64>()))
                }
                0b1110 => one(format!("#{byte}")),
                0b1100 | 0b1101 => vec![format!("#{byte}"), format!("msl #{}", 8 * (1 + (cmode & 1)))],
                _ => {
                    let by = 8 * (cmode >> 1 & if cmode & 8 == 0 { 3 } else { 1 });
                    one(format!("#{byte}")).into_iter().chain((by > 0).then(|| format!("lsl #{by}"))).collect()
                }
            },
            (_, Imm::Lane(..) | Imm::Lanes2(..)) => vec![],
            (_, Imm::Left(_, by) | Imm::Right(_, by) | Imm::Byte(by) | Imm::Rotate(by)) => one(format!("#{by}")),
        }
    }

    fn text(&self) -> String {
        let d = self.op.desc();
        let mut operands: Vec<String> = d.regs.iter().zip(self.registers).map(|(r, &n)| self.operand(r, n)).collect();
        let zero = general(self.w, 31, false);
        match self.op {
            Op::Neg | Op::Mov | Op::Mvn => operands.insert(1, zero),
            Op::Cmp | Op::CmpExtended | Op::CmpImm | Op::CmnImm | Op::Tst | Op::TstImm => operands.insert(0, zero),
            Op::Mul | Op::Mneg => operands.push(zero),
            // The operand of the operation comes before the old contents.
            Op::Ldaddal | Op::Ldclral | Op::Ldeoral | Op::Ldsetal | Op::Swpal => operands.swap(0, 1),
            Op::Smull | Op::Umull => operands.push("xzr".into()),
            _ => {}
        }
        operands.extend(self.rest());
        format!("{} {}", self.mnemonic(), operands.join(", "))
    }
}

/// Masks that are immediates at both widths: short and long runs, rotated ones, elements of all sizes.
const MASKS: [u64; 10] = [
    1,
    0xff,
    0x8000_0000,
    0x7fff_ffff,
    0xffff_fff0_ffff_fff0,
    0x8000_0001_8000_0001,
    0x00ff_00ff_00ff_00ff,
    0x7878_7878_7878_7878,
    0x6666_6666_6666_6666,
    0x5555_5555_5555_5555,
];

/// The widths that an operation has.
fn widths(op: Op) -> &'static [W] {
    match (op, op.desc().size) {
        // Extending to 32 bits is not needed.
        (Op::AddExtended | Op::SubExtended | Op::CmpExtended, _) => &[W::B64],
        (_, Size::Sf | Size::SfN | Size::SfFloat | Size::Whole) => &[W::B32, W::B64],
        (_, Size::Access) => &[W::B8, W::B16, W::B32, W::B64],
        (Op::Rev16, _) => &[W::B8],
        (Op::Rev32, _) => &[W::B8, W::B16],
        (Op::Sqrdmulh, _) => &[W::B16, W::B32],
        (
            Op::VAdd
            | Op::VSub
            | Op::Sqadd
            | Op::Uqadd
            | Op::Sqsub
            | Op::Uqsub
            | Op::Cmeq
            | Op::Cmgt
            | Op::Cmge
            | Op::Cmhi
            | Op::Cmhs
            | Op::CmeqZero
            | Op::CmgtZero
            | Op::CmgeZero
            | Op::CmleZero
            | Op::CmltZero
            | Op::VAbs
            | Op::VNeg
            | Op::Addp
            | Op::Sshl
            | Op::Ushl
            | Op::Zip1
            | Op::Zip2
            | Op::Uzp1
            | Op::Uzp2
            | Op::Trn1
            | Op::Trn2,
            _,
        ) => &[W::B8, W::B16, W::B32, W::B64],
        (_, Size::Lane) => &[W::B8, W::B16, W::B32],
        (_, Size::No | Size::Word | Size::Float | Size::FloatLane) => &[W::B64],
    }
}

/// All conditions, lanes, amounts and so on; for numbers, the smallest and the largest.
fn immediates(op: Op, w: W) -> Vec<Imm> {
    let top = w.bits() - 1;
    let lanes_of = |widths: &'static [W]| widths.iter().flat_map(|&w| (0..16 / w.bytes()).map(move |n| (w, n)));
    const LANES: &[W] = &[W::B8, W::B16, W::B32, W::B64];
    let amounts = |widths: &'static [W], of: fn(W, u8) -> Imm| -> Vec<Imm> {
        widths.iter().flat_map(|&w| (0..=w.bits()).map(move |by| of(w, by))).collect()
    };
    match (op, op.desc().imm) {
        (_, ImmKind::No) => vec![Imm::None],
        (_, ImmKind::Shifted) => {
            let rotates = !matches!(op, Op::Add | Op::Adds | Op::Sub | Op::Subs | Op::Neg | Op::Cmp);
            let kinds = [Shift::Lsl, Shift::Lsr, Shift::Asr, Shift::Ror];
            let kinds = kinds.into_iter().filter(|&kind| rotates || kind != Shift::Ror);
            let shifts = kinds.flat_map(|kind| [1, 7, top].map(|by| Imm::Shift(kind, by)));
            std::iter::once(Imm::None).chain(shifts).collect()
        }
        (_, ImmKind::Extended) => {
            let by = |signed: bool| (0..=4).map(move |by| Imm::Extend { signed, by });
            by(false).chain(by(true)).collect()
        }
        (Op::AddImm | Op::AddsImm | Op::SubImm | Op::SubsImm | Op::CmpImm | Op::CmnImm, _) => {
            [0, 1, 0xfff].into_iter().flat_map(|n| [false, true].map(|s| Imm::Arithmetic(n, s))).collect()
        }
        (Op::AndImm | Op::OrrImm | Op::EorImm | Op::TstImm, _) => {
            MASKS.into_iter().filter_map(|mask| logical(mask, w)).map(Imm::Logical).collect()
        }
        (Op::Sbfm | Op::Ubfm | Op::Bfm, _) => {
            [(0, 0), (0, 7), (0, top), (top, 0), (top, top), (3, 7), (7, 3), (1, top)]
                .map(|(r, s)| Imm::Bits(r, s))
                .into()
        }
        (Op::Extr, _) => [0, 1, top].map(|by| Imm::Bits(0, by)).into(),
        (Op::Csel | Op::Csinc | Op::Csinv | Op::Csneg | Op::Fcsel, _) => Cc::ALL.map(Imm::Cond).into(),
        (Op::Ccmp | Op::Fccmp, _) => {
            Cc::ALL.into_iter().flat_map(|cc| [0, 1, 2, 4, 8, 15].map(|flags| Imm::CondFlags(cc, flags))).collect()
        }
        (Op::CcmpImm | Op::CcmnImm, _) => {
            let of = |cc| [(0, 31), (15, 0), (4, 1)].map(|(flags, value)| Imm::CondFlagsConst(cc, flags, value));
            Cc::ALL.into_iter().flat_map(of).collect()
        }
        (Op::FmovImm, _) => (0..=255).map(Imm::Float).collect(),
        (Op::Movi, _) => {
            let modes = (0..16).flat_map(|cmode| [0, 1].map(|op| (op, cmode)));
            // Odd modes below 12 modify their register instead of overwriting it.
            let modes = modes.filter(|&(_, cmode)| cmode >= 12 || cmode & 1 == 0);
            modes
                .flat_map(|(op, cmode)| [1, 0x70, 0xa5, 0xff].map(|byte| Imm::Lanes(Lanes { op, cmode, byte })))
                .collect()
        }
        (Op::Ext, _) => (0..16).map(Imm::Byte).collect(),
        (Op::VShl, _) => amounts(LANES, Imm::Left)
            .into_iter()
            .filter(|imm| !matches!(imm, Imm::Left(w, by) if *by == w.bits()))
            .collect(),
        (Op::Sshll | Op::Sshll2 | Op::Ushll | Op::Ushll2, _) => {
            let all = amounts(&[W::B8, W::B16, W::B32], Imm::Left);
            all.into_iter().filter(|imm| !matches!(imm, Imm::Left(w, by) if *by == w.bits())).collect()
        }
        (Op::Sshr | Op::Ushr | Op::Sri, _) => {
            amounts(LANES, Imm::Right).into_iter().filter(|imm| !matches!(imm, Imm::Right(_, 0))).collect()
        }
        // A general register is the source or destination of any lane, as a whole or in its lower part.
        (Op::Dup, _) => LANES.iter().map(|&w| Imm::Lane(w, 0)).collect(),
        (Op::DupLane | Op::MovLane | Op::Ins, _) => lanes_of(LANES).map(|(w, n)| Imm::Lane(w, n)).collect(),
        (Op::InsLane, _) => {
            lanes_of(LANES).flat_map(|(w, n)| [0, n, 16 / w.bytes() - 1].map(|from| Imm::Lanes2(w, n, from))).collect()
        }
        (Op::Umov, _) => {
            let there: &[W] = if w == W::B64 { &[W::B64] } else { &[W::B8, W::B16, W::B32] };
            lanes_of(there).map(|(w, n)| Imm::Lane(w, n)).collect()
        }
        (Op::Xar, _) => [0, 1, 31, 63].map(Imm::Rotate).into(),
        (op, _) => unreachable!("{op:?} has immediates"),
    }
}

/// The rows that do not access memory or do so only at an address in a register: all immediates with a few registers, and
/// all registers in each place with a few immediates.
fn each_case(mut visit: impl FnMut(&Case<'_>)) {
    for &op in Op::ALL.iter().filter(|op| op.desc().access.is_none()) {
        let d = op.desc();
        let doubles: &[bool] =
            if matches!(d.size, Size::Float | Size::SfFloat | Size::FloatLane) { &[false, true] } else { &[false] };
        let plain: Vec<u8> = [1, 2, 3, 4][..d.regs.len()].to_vec();
        for &w in widths(op) {
            // A move between the register files has a single width.
            let same = matches!(op, Op::FmovGF | Op::FmovFG);
            for &double in doubles.iter().filter(|&&double| !same || double == (w == W::B64)) {
                for (i, imm) in immediates(op, w).into_iter().enumerate() {
                    visit(&Case { op, w, double, registers: &plain, imm });
                    if i > 1 {
                        continue;
                    }
                    for place in 0..plain.len() {
                        for number in (0..32).filter(|&number| number != plain[place]) {
                            let mut registers = plain.clone();
                            registers[place] = number;
                            visit(&Case { op, w, double, registers: &registers, imm });
                        }
                    }
                }
            }
        }
    }
}

/// The name of an access: a different one for offsets that are not multiples of its width.
fn access_text(op: Op, register: u8, place: Place) -> String {
    let d = op.desc();
    let (w, reg) = (d.access.unwrap(), d.regs[0]);
    let register = match reg.bank {
        Bank::G => general(reg.width.unwrap_or(W::B64), register, false),
        Bank::F => format!("{}{register}", letter(reg.width.unwrap())),
    };
    match place {
        Place::Offset { base, offset } => {
            let unscaled = offset < 0 || offset % i32::from(w.bytes()) != 0;
            let name =
                if unscaled { d.name.replacen("ldr", "ldur", 1).replacen("str", "stur", 1) } else { d.name.into() };
            let base = general(W::B64, base, true);
            if offset == 0 {
                format!("{name} {register}, [{base}]")
            } else {
                format!("{name} {register}, [{base}, #{offset}]")
            }
        }
        Place::Index { base, index, scaled, extend } => {
            let index = general(if extend.is_some() { W::B32 } else { W::B64 }, index, false);
            let how = match (extend, scaled) {
                (None, false) => String::new(),
                (None, true) => format!(", lsl #{}", w as u8),
                (Some(signed), scaled) => {
                    let by = if scaled { format!(" #{}", w as u8) } else { String::new() };
                    format!(", {}{by}", if signed { "sxtw" } else { "uxtw" })
                }
            };
            format!("{} {register}, [{}, {index}{how}]", d.name, general(W::B64, base, true))
        }
    }
}

/// Accesses: offsets at their limits, all forms of an index, all registers in each place.
fn each_access(mut visit: impl FnMut(Op, u8, Place)) {
    for &op in Op::ALL {
        let Some(w) = op.desc().access else { continue };
        let bytes = i32::from(w.bytes());
        for offset in [0, bytes, -1, 1, -256, 255, 4095 * bytes] {
            assert!(offset_fits(offset, w), "{op:?} {offset}");
            visit(op, 1, Place::Offset { base: 2, offset });
            for number in 0..32 {
                visit(op, number, Place::Offset { base: 2, offset });
                visit(op, 1, Place::Offset { base: number, offset });
            }
        }
        for offset in [-257, 4095 * bytes + 1, 4096 * bytes] {
            assert!(!offset_fits(offset, w) || (bytes == 1 && offset < 4096), "{op:?} {offset}");
        }
        // An index is not scaled for 1-byte accesses.
        for scaled in if w == W::B8 { &[false][..] } else { &[false, true] } {
            for extend in [None, Some(false), Some(true)] {
                let place = |base, index| Place::Index { base, index, scaled: *scaled, extend };
                visit(op, 1, place(2, 3));
                for number in 0..32 {
                    visit(op, number, place(2, 3));
                    visit(op, 1, place(number, 3));
                    visit(op, 1, place(2, number));
                }
            }
        }
    }
}

/// The disassembler's instruction in the notation of these tests.
pub(super) fn shown(instruction: &Instruction) -> String {
    let size = |size: SIMDSizeCode| match size {
        SIMDSizeCode::B => W::B8,
        SIMDSizeCode::H => W::B16,
        SIMDSizeCode::S => W::B32,
        SIMDSizeCode::D => W::B64,
        SIMDSizeCode::Q => W::B128,
    };
    let int = |code: SizeCode| if code == SizeCode::X { W::B64 } else { W::B32 };
    let shift = |style: ShiftStyle| style.to_string();
    let whole =
        matches!(instruction.operands[0], Operand::Register(SizeCode::X, _) | Operand::RegisterOrSP(SizeCode::X, _));
    let operand = |operand: Operand| -> Option<String> {
        Some(match operand {
            Operand::Nothing => return None,
            Operand::Register(w, n) => general(int(w), n as u8, false),
            Operand::RegisterOrSP(w, n) => general(int(w), n as u8, true),
            Operand::SIMDRegister(w, n) => format!("{}{n}", letter(size(w))),
            Operand::SIMDRegisterElements(whole, n, w) => lanes(n as u8, size(w), whole == SIMDSizeCode::D),
            Operand::SIMDRegisterElementsLane(_, n, w, i) => lane(n as u8, size(w), i),
            Operand::SIMDRegisterGroup(whole, n, w, count) => {
                let one = |i: u16| lanes(((n + i) % 32) as u8, size(w), whole == SIMDSizeCode::D);
                format!("{{{}}}", (0..count.into()).map(one).collect::<Vec<_>>().join(", "))
            }
            Operand::ConditionCode(cc) => condition(Cc::ALL[usize::from(cc)]).into(),
            Operand::PCOffset(distance) => format!("{distance:+}"),
            Operand::Immediate(n) => format!("#{n}"),
            Operand::Imm64(n) => format!("#{n}"),
            Operand::Imm16(n) => format!("#{n}"),
            Operand::ImmediateDouble(n) => format!("#{n:?}"),
            Operand::ImmShift(n, 0) => format!("#{n}"),
            Operand::ImmShift(n, by) => format!("#{n}, lsl #{by}"),
            Operand::ImmShiftMSL(n, by) => format!("#{n}, msl #{by}"),
            // The disassembler's name for `uxtw`.
            Operand::RegShift(ShiftStyle::LSL, by, SizeCode::W, n) if whole => {
                let by = if by == 0 { String::new() } else { format!(" #{by}") };
                format!("w{n}, uxtw{by}").replace("w31,", "wzr,")
            }
            Operand::RegShift(ShiftStyle::LSL, 0, w, n) => general(int(w), n as u8, false),
            Operand::RegShift(style, by, w, n) => {
                let by = if by == 0 { String::new() } else { format!(" #{by}") };
                format!("{}, {}{by}", general(int(w), n as u8, false), shift(style))
            }
            Operand::RegRegOffset(base, index, w, style, by) => {
                let by = if by == 0 { String::new() } else { format!(" #{by}") };
                let how = if style == ShiftStyle::LSL && by.is_empty() {
                    String::new()
                } else {
                    format!(", {}{by}", shift(style))
                };
                format!("[{}, {}{how}]", general(W::B64, base as u8, true), general(int(w), index as u8, false))
            }
            Operand::RegPreIndex(base, 0, false) => format!("[{}]", general(W::B64, base as u8, true)),
            Operand::RegPreIndex(base, by, back) => {
                format!("[{}, #{by}]{}", general(W::B64, base as u8, true), if back { "!" } else { "" })
            }
            Operand::RegPostIndex(base, by) => format!("[{}], #{by}", general(W::B64, base as u8, true)),
            Operand::ControlReg(n) => format!("c{n}"),
            other => unreachable!("{other:?}"),
        })
    };
    let operands: Vec<String> = instruction.operands.into_iter().filter_map(operand).collect();
    let name = match instruction.opcode {
        Opcode::Bcc(cc) => format!("b.{}", condition(Cc::ALL[usize::from(cc)])),
        opcode => opcode.to_string(),
    };
    format!("{name} {}", operands.join(", "))
}

fn read(word: u32, text: &str) -> Instruction {
    let instruction = decode(word).unwrap_or_else(|| panic!("{word:#010x} should be {text}"));
    assert_eq!(shown(&instruction), text, "{word:#010x}");
    instruction
}

/// Registers with the greatest number of bits for each; general register 31 is left out.
#[derive(Default)]
struct Registers {
    reads: BTreeMap<PReg, usize>,
    writes: BTreeSet<PReg>,
}

impl Registers {
    fn read(&mut self, reg: PReg, bits: usize) {
        if reg != int_reg(31) {
            let most = self.reads.entry(reg).or_default();
            *most = bits.max(*most);
        }
    }

    fn write(&mut self, reg: PReg) {
        if reg != int_reg(31) {
            self.writes.insert(reg);
        }
    }

    /// Adds what the table says about an operand.
    fn declare(&mut self, reg: &Reg, number: u8, bits: usize) {
        let register = if reg.bank == Bank::G { int_reg(number) } else { float_reg(number) };
        if reg.role != Role::Def {
            self.read(register, bits);
        }
        if reg.role != Role::Use {
            self.write(register);
        }
    }

    /// Compares the declared effects with the real ones: an instruction may read fewer bits than declared.
    fn compare(&self, instruction: &Instruction, d: &Desc) {
        let text = shown(instruction);
        let all = effects(instruction).unwrap_or_else(|| panic!("{text}: what it reads is not known"));
        let mut real = Registers::default();
        all.reads.iter().for_each(|&(reg, bits)| real.read(reg, bits));
        all.writes.iter().for_each(|&reg| real.write(reg));
        assert!(real.reads.keys().eq(self.reads.keys()), "{text}: {:?}, not {:?}", real.reads, self.reads);
        assert_eq!(real.writes, self.writes, "{text}");
        for (reg, &bits) in real.reads.iter().filter(|(reg, _)| reg.class() == RegClass::Int) {
            assert!(bits <= self.reads[reg], "{text} reads {bits} bits of {reg}");
        }
        assert_eq!(all.flags != FlagsWritten::None, d.sets_flags, "{text}");
        assert_eq!(all.reads_flags, d.reads_flags, "{text}");
    }
}

#[test]
fn rows_are_what_they_say() {
    let mut seen = BTreeSet::new();
    let mut cases = 0;
    each_case(|case| {
        let d = case.op.desc();
        let text = case.text();
        let instruction = read(case.word(), &text);
        let mut declared = Registers::default();
        for (reg, &number) in d.regs.iter().zip(case.registers) {
            let bits = match (case.op, reg.field) {
                (Op::Sxtw, Field::N) => 32,
                _ => case.width(reg).bits().into(),
            };
            declared.declare(reg, number, bits);
        }
        declared.compare(&instruction, d);
        cases += 1;
        seen.insert(format!("{:?}", case.op));
    });
    println!("encodings: {} rows, {cases} cases", seen.len());
    let all = Op::ALL.iter().filter(|op| op.desc().access.is_none());
    let unseen: Vec<&Op> = all.filter(|op| !seen.contains(&format!("{op:?}"))).collect();
    assert!(unseen.is_empty() && cases > 30_000, "not {unseen:?}; {cases} cases");
}

#[test]
fn accesses_are_what_they_say() {
    let mut cases = 0;
    each_access(|op, register, place| {
        let d = op.desc();
        let instruction = read(encode_access(op, register, place), &access_text(op, register, place));
        let mut declared = Registers::default();
        declared.declare(&d.regs[0], register, d.regs[0].width.unwrap_or(W::B64).bits().into());
        match place {
            Place::Offset { base, .. } => declared.read(int_reg(base), 64),
            Place::Index { base, index, extend, .. } => {
                declared.read(int_reg(base), 64);
                declared.read(int_reg(index), if extend.is_some() { 32 } else { 64 });
            }
        }
        declared.compare(&instruction, d);
        cases += 1;
    });
    println!("encodings: {cases} accesses");
    assert!(cases > 10_000, "{cases} cases");
}

/// Whether an immediate is at a limit.
fn is_corner(imm: Imm) -> bool {
    match imm {
        Imm::Left(w, by) | Imm::Right(w, by) => by <= 1 || by >= w.bits() - 1,
        Imm::Lane(w, n) => n == 0 || n == 16 / w.bytes() - 1,
        Imm::Lanes2(_, to, from) => to != from,
        Imm::Float(byte) => byte % 17 == 0,
        Imm::CondFlags(cc, flags) => cc == Cc::Eq || flags == 2,
        _ => true,
    }
}

/// The lines of the file: some of the cases.
fn lines() -> String {
    let mut lines = BTreeSet::new();
    each_case(|case| {
        let other = case.registers.iter().enumerate().find(|&(i, &number)| usize::from(number) != i + 1);
        if other.is_none_or(|(_, &number)| number == 31) && is_corner(case.imm) {
            lines.insert(format!("{:08x} {}\n", case.word(), case.text()));
        }
    });
    each_access(|op, register, place| {
        let (base, index) = match place {
            Place::Offset { base, .. } => (base, 3),
            Place::Index { base, index, .. } => (base, index),
        };
        if matches!((register, base, index), (1, 2, 3) | (31, 2, 3) | (1, 31, 3)) {
            let word = encode_access(op, register, place);
            lines.insert(format!("{word:08x} {}\n", access_text(op, register, place)));
        }
    });
    lines.into_iter().collect()
}

/// `WASMOON_BLESS=1` writes the file; review the changes.
#[test]
fn the_file_of_encodings_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/encodings/aarch64.txt");
    let lines = lines();
    if std::env::var_os("WASMOON_BLESS").is_some_and(|v| v == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &lines).unwrap();
    }
    let file = std::fs::read_to_string(&path).unwrap();
    let different = file.lines().zip(lines.lines()).find(|(old, new)| old != new);
    assert_eq!(different, None, "the first difference");
    assert_eq!(file.lines().count(), lines.lines().count());
}

/// Whether a text matches a pattern in which `*` stands for anything.
fn matches(text: &str, pattern: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return text == pattern };
    let Some(text) = text.strip_prefix(first) else { return false };
    (0..=text.len()).any(|at| text.is_char_boundary(at) && matches(&text[at..], rest))
}

/// The instructions of a function.
fn code_of(program: &str, body: u32, cpu: CpuLevel, direct_calls: bool) -> Vec<String> {
    let mode = Mode::All(if direct_calls { Tier::Jit } else { Tier::Interp });
    let options = Config { cpu: Some(cpu), mode, opt: OptLevel::O2, ..Config::default() };
    let code = emitted_with(program, body, &options).code;
    let mut lines = Vec::new();
    for (i, &(start, origin)) in code.spans.iter().enumerate() {
        let end = code.spans.get(i + 1).map_or(code.bytes.len() as u32, |next| next.0);
        if origin != Origin::Data {
            let words = code.bytes[start as usize..end as usize].chunks_exact(4);
            lines.extend(words.map(|word| shown(&decode(u32::from_le_bytes(word.try_into().unwrap())).unwrap())));
        }
    }
    lines
}

/// Words that are not made from rows are what the comments next to them say: each program contains these consecutive lines.
#[test]
fn words_built_by_hand_are_what_they_should_be() {
    let v8 = aarch64::V8;
    // Whole functions.
    let leaf = code_of("(module (func))", 0, v8, false);
    let enter = ["stp x29, x30, [sp, #-16]!", "add x29, sp, #0", "stp xzr, x0, [sp, #-16]!"];
    let leave = ["add sp, x29, #0", "ldp x29, x30, [sp], #16", "ret x30"];
    assert_eq!(leaf, [&enter[..], &leave[..]].concat());
    let table = "(module (table 1 funcref) (type $f (func)) (func $f (export \"f\")) (func (param (ref $f)) BODY))";
    let call = |body: &str| table.replace("BODY", body);
    let shared = |body: &str| format!("(module (memory 1 1 shared) (func (param i32 i32 i32) (result i32) {body}))");
    let rmw = shared("(i32.atomic.rmw.add (local.get 0) (local.get 1))");
    let swap = shared("(i32.atomic.rmw16.xchg_u (local.get 0) (local.get 1))");
    let byte = shared("(i32.atomic.rmw8.cmpxchg_u (local.get 0) (local.get 1) (local.get 2))");
    let half = shared("(i32.atomic.rmw16.cmpxchg_u (local.get 0) (local.get 1) (local.get 2))");
    let fence = shared("(atomic.fence) (i32.const 0)");
    let long = "(module (memory 1 1 shared) (func (param i32 i64 i64) (result i64) \
        (i64.atomic.rmw.cmpxchg (local.get 0) (local.get 1) (local.get 2))))";
    let shuffle = "(module (func (param v128 v128) (result v128) \
        (i8x16.shuffle 0 31 2 17 4 5 30 9 8 1 10 22 12 19 14 15 (local.get 0) (local.get 1))))";
    let jumps = "(module (func (param i32) (result i64) (block (block (block (br_table 0 1 2 (local.get 0)))\
        (return (i64.const 5))) (return (i64.const 6))) (i64.const 7)))";
    let branch = |test: &str| format!("(module (func $f) (func (param i32 i64) (if {test} (then (call $f)))))");
    let constant = |bits: i64| format!("(module (func (result i64) (i64.const {bits})))");
    let object = "(module (type $s (struct (field i32))) (func (param i32) (result (ref $s)) \
        (struct.new $s (local.get 0))))";
    let many = "(local.get 0)".repeat(300);
    let (params, callee) = ("i64 ".repeat(300), "(func $many (param ");
    let large = format!("(module {callee}{params})) (func (param i64) {many} (call $many)))");
    let over = |ty: &str, combine: &str| {
        format!(
            "(module (func $f) (func (param {ty} {ty}) (result {ty}) (call $f) ({combine} (local.get 0) (local.get 1))))"
        )
    };
    let (spilled, spilled_floats) = (over("i64", "i64.add"), over("f64", "f64.add"));
    let spilled_vectors = over("v128", "i32x4.add");
    let select = "(module (func (param v128 v128 i32) (result v128) \
        (select (local.get 0) (local.get 1) (local.get 2))))";
    let cases: &[(&str, u32, &[&str])] = &[
        // Calls of functions, whose distance the linker fills in, and calls through registers.
        (&call("(call $f)"), 1, &["bl +134217724"]),
        (&call("(return_call $f)"), 1, &["ldp x29, x30, [sp], #16", "b +134217724"]),
        (&call("(call_ref $f (local.get 0))"), 1, &["ldr x16, [x9*", "blr x16"]),
        (&call("(return_call_ref $f (local.get 0))"), 1, &["br x16"]),
        // The stack check of a function, and its slow path.
        (&call("(call $f)"), 1, &["ldr x16, [x0*]", "ldr x17, [x16*]", "subs xzr, sp, x17", "b.lo +*"]),
        (&call("(call $f)"), 1, &["ldr x16, [x16*]", "ldr x16, [x16*]", "blr x16", "b -*"]),
        (&call("(call $f)"), 1, &["add x29, sp, #0", "stp xzr, x0, [sp, #-16]!", "ldr x16, [x0*]"]),
        // Large frames.
        (&large, 1, &["sub x30, sp, #*", "ldr x16, [x0*]", "ldr x17, [x16*]", "subs xzr, x30, x17", "b.lo +*"]),
        // The slow path of a poll.
        ("(module (func (loop (br 0))))", 0, &["ldr x16, [x*]", "ldr x16, [x16*]", "blr x16", "b -*"]),
        // The slow path of an allocation preserves arguments.
        (object, 0, &["stp x1, x2, [sp, #-16]!", "orr x16, xzr, x*", "movz w1, #0", "movz w2, #0"]),
        (object, 0, &["blr x16", "ldp x1, x2, [sp], #16", "orr w*, wzr, w16", "b -*"]),
        // Spills and reloads of neighbouring slots.
        (&spilled, 1, &["stp x2, x1, [sp*]", "ldur x0*", "bl +134217724", "ldp x1, x0, [sp*]"]),
        (&spilled_floats, 1, &["stp d1, d0, [sp*]", "ldur x0*", "bl +134217724", "ldp d1, d0, [sp*]"]),
        (&spilled_vectors, 1, &["stp q1, q0, [sp*]", "ldur x0*", "bl +134217724", "ldp q1, q0, [sp*]"]),
        // Exclusive accesses.
        (&rmw, 0, &["ldaxr w*, [x*]", "add w16, w*, w*", "stlxr w17, w16, [x*]", "cbnz w17, -12"]),
        (&swap, 0, &["ldaxrh w*, [x*]", "stlxrh w17, w*, [x*]", "cbnz w17, -8"]),
        (&byte, 0, &["ldaxrb w*, [x*]", "subs wzr, w*, w*, uxtb", "b.ne +12", "stlxrb w17, w*, [x*]", "cbnz w17, -16"]),
        (&half, 0, &["ldaxrh w*, [x*]", "subs wzr, w*, w*, uxth", "b.ne +12", "stlxrh w17, w*, [x*]", "cbnz w17, -16"]),
        (long, 0, &["ldaxr x*, [x*]", "subs xzr, x*, x*", "b.ne +12", "stlxr w17, x*, [x*]", "cbnz w17, -16"]),
        (&fence, 0, &["dmb ish*"]),
        // A shuffle with two byte registers; a jump table; a pool.
        (shuffle, 0, &["orr v31.16b, v*.16b, v*.16b", "tbl v*.16b, {v31.16b, v0.16b}, v*.16b"]),
        (shuffle, 0, &["ldr q*, +*"]),
        ("(module (func (result f64) (f64.const 0.1)))", 0, &["ldr d*, +*"]),
        ("(module (func (result f32) (f32.const 0.1)))", 0, &["ldr s*, +*"]),
        (
            jumps,
            0,
            &[
                "subs wzr, w*, #2",
                "b.hs +*",
                "adr x16, +16",
                "ldrsw x*, [x16, w*, uxtw #2]",
                "add x17, x16, x*",
                "br x17",
            ],
        ),
        // Jumps by flags, by registers, by bits.
        (&branch("(i32.lt_s (local.get 0) (i32.const 9))"), 1, &["subs wzr, w*, #9", "b.ge +*"]),
        (&branch("(local.get 0)"), 1, &["cbz w*, +*"]),
        (&branch("(i64.ne (local.get 1) (i64.const 0))"), 1, &["cbz x*, +*"]),
        (&branch("(i64.eqz (local.get 1))"), 1, &["cbnz x*, +*"]),
        (&branch("(i64.lt_s (local.get 1) (i64.const 0))"), 1, &["tbz x*, #63, +*"]),
        (&branch("(i32.ge_s (local.get 0) (i32.const 0))"), 1, &["tbnz w*, #31, +*"]),
        (select, 0, &["subs wzr, w*, #0", "b.eq +8", "orr v*.16b, v*.16b, v*.16b"]),
        // Constants.
        (&constant(0), 0, &["movz w0, #0"]),
        (&constant(0x1234_0000), 0, &["movz w0, #4660, lsl #16"]),
        (&constant(-2), 0, &["movn x0, #1"]),
        (&constant(0xffff_fffe), 0, &["movn w0, #1"]),
        (&constant(0x5555_5555_5555_5555), 0, &["orr x0, xzr, #6148914691236517205"]),
        (&constant(0x7fff_fffe), 0, &["orr w0, wzr, #2147483646"]),
        (
            &constant(0x1234_5678_9abc_def0),
            0,
            &["movz x0, #57072", "movk x0, #39612, lsl #16", "movk x0, #22136, lsl #32", "movk x0, #4660, lsl #48"],
        ),
        ("(module (func unreachable))", 0, &["udf #0"]),
    ];
    let mut missing = Vec::new();
    for (program, body, expected) in cases {
        let lines = code_of(program, *body, v8, true);
        let found = lines.windows(expected.len()).any(|lines| lines.iter().zip(*expected).all(|(l, e)| matches(l, e)));
        if !found {
            missing.push(format!("{program} has no {expected:#?}: {lines:#?}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// A function that is too large for the shorter references to constants because of a jump table.
#[test]
fn constants_far_away_are_addressed_in_halves() {
    let table = "0 ".repeat(260_000);
    let store = "(f64.store (i32.const 0) (f64.add (local.get 1) (f64.const 0.1)))";
    let more = "(local.set 2 (i64.mul (local.get 2) (local.get 2)))".repeat(4_000);
    let jumps = format!("(block (br_table {table} (local.get 0)))");
    let body = format!("(param i32 f64 i64) (result i64) {store} {more} {jumps} (local.get 2)");
    let text = format!("(module (memory 1) (func {body}))");
    let options = Config { cpu: Some(aarch64::V8), opt: OptLevel::O0, ..Config::default() };
    let code = emitted_with(&text, 0, &options).code;
    assert!(code.bytes.len() > 1 << 20, "{} bytes", code.bytes.len());
    let words = code.bytes.chunks_exact(4).map(|word| u32::from_le_bytes(word.try_into().unwrap()));
    let lines: Vec<String> = words.take(40).filter_map(decode).map(|instruction| shown(&instruction)).collect();
    let expected = ["adr x16, +0", "movz x17, #*", "movk x17, #*, lsl #16", "ldr d*, [x16, x17]"];
    let at = lines.windows(4).position(|lines| lines.iter().zip(expected).all(|(l, e)| matches(l, e)));
    let at = at.unwrap_or_else(|| panic!("{lines:#?}"));
    // Together they lead to the constant.
    let number = |line: &str| line[11..].split(',').next().unwrap().parse::<usize>().unwrap();
    let constant = 4 * at + number(&lines[at + 1]) + (number(&lines[at + 2]) << 16);
    assert_eq!(code.bytes[constant..constant + 8], 0.1f64.to_le_bytes());
}
