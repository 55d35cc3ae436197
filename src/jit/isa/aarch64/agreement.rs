//! The effects of instructions of the emitted code, according to a disassembler: see [`crate::jit::isa::agreement`].
//!
//! The disassembler names the operands of an instruction. This file says what the instruction does with them, for each
//! opcode that the back end emits. Other opcodes are errors.

use super::A64;
use super::frame::RUNTIME_ARGS;
use super::inst::Inst;
use super::listing::decode;
use super::registers::{FP, LR, SP, V31, X0, X16, X17, ZR};
use crate::jit::isa::agreement::{Copied, Effects, FlagsWritten, Leeway, Upper, Witness};
use crate::jit::isa::{Disagreement, float_reg, int_reg};
use regalloc2::{PReg, RegClass};
use yaxpeax_arm::armv8::a64::{Instruction, Opcode, Operand, ShiftStyle, SizeCode};

pub(super) use crate::jit::isa::agreement::check;

/// What an instruction does with the registers that its operands name. Registers of addresses are read, and also written
/// if the address is written back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Roles {
    /// Reads all of them.
    Reads,
    /// Overwrites the first one and reads the others.
    Defines,
    /// Reads and overwrites the first one and reads the others.
    Changes,
    /// Reads the first one and overwrites the second one.
    Second,
    /// Overwrites the first two.
    Both,
}

/// The roles of an opcode's operands.
fn roles(opcode: Opcode) -> Option<Roles> {
    use Opcode::*;
    Some(match opcode {
        // Branches and comparisons, and instructions without registers.
        B | Bcc(_) | BL | BLR | BR | RET | CBZ | CBNZ | TBZ | TBNZ | CCMP | CCMN | FCMP | FCCMP | HINT | DMB(_)
        | UDF => Roles::Reads,
        STR | STRB | STRH | STUR | STURB | STURH | STP | STLR | STLRB | STLRH => Roles::Reads,
        LDP => Roles::Both,
        LDR | LDRB | LDRH | LDRSB | LDRSH | LDRSW | LDUR | LDURB | LDURH | LDURSB | LDURSH | LDURSW | LDAR | LDARB
        | LDARH | LDAXR | LDAXRB | LDAXRH => Roles::Defines,
        // The first operand is the status.
        STLXR | STLXRB | STLXRH => Roles::Defines,
        CAS(_) | CASB(_) | CASH(_) => Roles::Changes,
        LDADD(_) | LDADDB(_) | LDADDH(_) | LDCLR(_) | LDCLRB(_) | LDCLRH(_) | LDEOR(_) | LDEORB(_) | LDEORH(_)
        | LDSET(_) | LDSETB(_) | LDSETH(_) | SWP(_) | SWPB(_) | SWPH(_) => Roles::Second,
        // Integers; some of these are also operations on vectors.
        ADC | SBC | ADD | ADDS | SUB | SUBS | AND | ANDS | BIC | ORR | ORN | EOR | EON | SBFM | UBFM | EXTR | CLZ
        | RBIT | CSEL | CSINC | CSINV | CSNEG | LSLV | LSRV | ASRV | RORV | UDIV | SDIV | MADD | MSUB | SMADDL
        | UMADDL | SMULH | UMULH | ADR | MOVZ | MOVN => Roles::Defines,
        MOVK | BFM => Roles::Changes,
        // Floats, as scalars and in lanes.
        FADD | FSUB | FMUL | FDIV | FMAX | FMIN | FNEG | FABS | FSQRT | FRINTN | FRINTP | FRINTM | FRINTZ | FMOV
        | FCVT | FCSEL | SCVTF | UCVTF | FCVTZS | FCVTZU | FCMEQ | FCMGE | FCMGT | FCVTL | FCVTN => Roles::Defines,
        FMLA | FMLS => Roles::Changes,
        // Vectors of integers.
        NOT | MOVI | MVNI | EXT | TBL | MUL | SQADD | UQADD | SQSUB | UQSUB | SMAX | UMAX | SMIN | UMIN | URHADD
        | SQRDMULH | CMEQ | CMGT | CMGE | CMHI | CMHS | CMLE | CMLT | ABS | NEG | CNT | ADDP | ADDV | UMINV | UMAXP
        | SADDLP | UADDLP | SMULL | SMULL2 | UMULL | UMULL2 | XTN | SQXTN | UQXTN | SQXTUN | SSHL | USHL | SHL
        | SSHR | USHR | SSHLL | SSHLL2 | USHLL | USHLL2 | ZIP1 | ZIP2 | UZP1 | UZP2 | TRN1 | TRN2 | REV16 | REV32
        | REV64 | DUP | UMOV | EOR3 | BCAX | XAR => Roles::Defines,
        BSL | MLA | MLS | UMLAL | SQXTN2 | SQXTUN2 | SRI | INS | SDOT => Roles::Changes,
        _ => return None,
    })
}

/// A general register and its width in bits; `None` for the zero register or a number that is not a general register's.
fn general(size: SizeCode, number: u16) -> Option<(PReg, usize)> {
    let bits = if size == SizeCode::X { 64 } else { 32 };
    (number != u16::from(ZR)).then(|| (int_reg(number as u8), bits))
}

/// The stack pointer or a general register.
fn pointer(number: u16) -> (PReg, usize) {
    (int_reg(number as u8), 64)
}

/// The registers that an operand names.
#[derive(Default)]
struct Named {
    registers: smallvec::SmallVec<[(PReg, usize); 2]>,
    /// Whether it is an address, whose registers are read whatever the instruction does; it may be written back.
    address: bool,
    back: Option<PReg>,
}

/// Returns the registers that an operand names; `None` for an operand that the back end never makes.
fn named(operand: Operand) -> Option<Named> {
    let vector = |number: u16| (float_reg(number as u8), 128);
    let plain = |registers| Named { registers, ..Named::default() };
    Some(match operand {
        Operand::Register(size, number) => plain(general(size, number).into_iter().collect()),
        Operand::RegisterOrSP(_, 31) => plain(smallvec::smallvec![pointer(31)]),
        Operand::RegisterOrSP(size, number) => plain(general(size, number).into_iter().collect()),
        Operand::RegShift(style, _, size, number) => {
            let extended = match style {
                ShiftStyle::UXTB | ShiftStyle::SXTB => 8,
                ShiftStyle::UXTH | ShiftStyle::SXTH => 16,
                ShiftStyle::UXTW | ShiftStyle::SXTW => 32,
                _ => 64,
            };
            plain(general(size, number).map(|(reg, bits)| (reg, bits.min(extended))).into_iter().collect())
        }
        Operand::SIMDRegister(_, number)
        | Operand::SIMDRegisterElements(_, number, _)
        | Operand::SIMDRegisterElementsLane(_, number, _, _) => plain(smallvec::smallvec![vector(number)]),
        Operand::SIMDRegisterGroup(_, first, _, count) => {
            plain((first..first + u16::from(count)).map(|number| vector(number % 32)).collect())
        }
        Operand::RegRegOffset(base, index, size, ..) => {
            let registers = std::iter::once(pointer(base)).chain(general(size, index)).collect();
            Named { registers, address: true, back: None }
        }
        Operand::RegPreIndex(base, _, back) => {
            let registers = smallvec::smallvec![pointer(base)];
            Named { registers, address: true, back: back.then(|| pointer(base).0) }
        }
        Operand::RegPostIndex(base, _) => {
            Named { registers: smallvec::smallvec![pointer(base)], address: true, back: Some(pointer(base).0) }
        }
        Operand::Nothing
        | Operand::ConditionCode(_)
        | Operand::PCOffset(_)
        | Operand::Immediate(_)
        | Operand::Imm64(_)
        | Operand::Imm16(_)
        | Operand::ImmediateDouble(_)
        | Operand::ImmShift(..)
        | Operand::ImmShiftMSL(..)
        | Operand::ControlReg(_) => Named::default(),
        _ => return None,
    })
}

/// The number of low bits of an operand that the instruction reads, if it does not read all of it.
fn bits_read(instruction: &Instruction, operand: usize) -> Option<usize> {
    match (instruction.opcode, operand, instruction.operands) {
        (Opcode::SBFM | Opcode::UBFM | Opcode::BFM, 1, [_, _, _, Operand::Immediate(last)]) => Some(last as usize + 1),
        (Opcode::TBZ | Opcode::TBNZ, 0, [_, Operand::Imm16(bit), ..]) => Some(usize::from(bit) + 1),
        _ => None,
    }
}

/// Returns the effects of an instruction; `None` if they are not known.
pub(super) fn effects(instruction: &Instruction) -> Option<Effects> {
    use Opcode::*;
    let (opcode, operands) = (instruction.opcode, instruction.operands);
    let roles = roles(opcode)?;
    // Vector forms with an immediate also read the register that they write.
    let vectors = matches!(operands[0], Operand::SIMDRegisterElements(..));
    if matches!(opcode, ORR | BIC) && vectors && !matches!(operands[2], Operand::SIMDRegisterElements(..)) {
        return None;
    }
    let mut all = Effects::default();
    for (i, operand) in operands.into_iter().enumerate() {
        let Named { registers, address, back } = named(operand)?;
        let (reads, writes) = match (i, roles) {
            _ if address => (true, false),
            (0, Roles::Defines) | (1, Roles::Second) | (0 | 1, Roles::Both) => (false, true),
            (0, Roles::Changes) => (true, true),
            _ => (true, false),
        };
        if reads {
            let most = bits_read(instruction, i).unwrap_or(usize::MAX);
            all.reads.extend(registers.iter().map(|&(reg, bits)| (reg, bits.min(most))));
        }
        if writes {
            all.writes.extend(registers.iter().map(|&(reg, _)| reg));
            if registers.iter().all(|&(_, bits)| bits == 32) {
                all.upper = Upper::Cleared;
            }
        }
        all.writes.extend(back);
    }
    if matches!(opcode, BL | BLR) {
        all.calls = true;
        all.writes.push(int_reg(LR));
    }
    all.reads_flags = matches!(opcode, Bcc(_) | ADC | SBC | CSEL | CSINC | CSINV | CSNEG | CCMP | CCMN | FCCMP | FCSEL);
    if matches!(opcode, ADDS | SUBS | ANDS | CCMP | CCMN | FCMP | FCCMP) {
        all.flags = FlagsWritten::Useful;
    }
    let from_zero = matches!(operands[1], Operand::Register(_, 31));
    let immediate = matches!(operands[2], Operand::Immediate(_) | Operand::Imm64(_));
    all.constant = matches!(opcode, MOVZ | MOVN | MOVK) || opcode == ORR && from_zero && immediate;
    if let (ORR, true, Operand::Register(_, to), Operand::RegShift(ShiftStyle::LSL, 0, _, from)) =
        (opcode, from_zero, operands[0], operands[2])
    {
        all.copied = Some(Copied::Move { from: from.into(), to: to.into() });
    }
    Some(all)
}

impl Witness for A64 {
    type Read = Instruction;

    const SLOTS: PReg = PReg::new(SP as usize, RegClass::Int);
    const SLOT_ADDRESS: Option<PReg> = Some(PReg::new(X17 as usize, RegClass::Int));
    const RUNTIME_ARGS: &'static [u8] = &RUNTIME_ARGS;
    const RUNTIME_VALUE: u8 = X0;

    fn read(bytes: &[u8], at: u32) -> Result<Vec<Instruction>, Disagreement> {
        let read = |(i, word): (usize, &[u8])| {
            let number = word.try_into().ok().map(u32::from_le_bytes);
            let none = || Disagreement::NoInstruction { at: u64::from(at) + 4 * i as u64, bytes: word.to_vec() };
            number.and_then(decode).ok_or_else(none)
        };
        bytes.chunks(4).enumerate().map(read).collect()
    }

    fn effects(instruction: &Instruction) -> Result<Effects, Disagreement> {
        effects(instruction).ok_or_else(|| Disagreement::Unknown { instruction: instruction.to_string() })
    }

    /// Stack pointer, frame pointer, return address and the scratch registers.
    fn is_private(reg: PReg) -> bool {
        let number = reg.hw_enc() as u8;
        match reg.class() {
            RegClass::Int => [SP, FP, LR, X16, X17].contains(&number),
            _ => number == V31,
        }
    }

    fn leeway(inst: &Inst) -> Leeway {
        Leeway {
            // Reads the bits that it spoils.
            wide_reads: matches!(inst, Inst::Poison),
            // NaNs are replaced in cold code.
            stays: matches!(inst, Inst::Canonical { .. }),
        }
    }
}
