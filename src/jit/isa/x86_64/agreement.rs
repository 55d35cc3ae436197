//! The effects of instructions of the emitted code, according to a disassembler: see [`crate::jit::isa::agreement`].

use super::X64;
use super::frame::RUNTIME_ARGS;
use super::inst::Inst;
use super::registers::{RAX, RBP};
use crate::jit::isa::Disagreement;
use crate::jit::isa::agreement::{Copied, Effects, FlagsWritten, Leeway, Upper, Witness};
use iced_x86::{Decoder, DecoderOptions, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register};
use regalloc2::{PReg, RegClass};

pub(super) use crate::jit::isa::agreement::check;

fn preg(register: Register) -> PReg {
    let full = register.full_register();
    let class = if full.is_gpr() { RegClass::Int } else { RegClass::Float };
    PReg::new(full.number(), class)
}

/// The registers that an instruction reads and writes.
fn accesses(instruction: &Instruction) -> Effects {
    let mut all = Effects::default();
    let mut factory = InstructionInfoFactory::new();
    for used in factory.info(instruction).used_registers() {
        let register = used.register();
        if !register.full_register().is_gpr() && !register.is_vector_register() {
            continue;
        }
        let reg = preg(register);
        let access = used.access();
        // The result of a 32-bit operation on 64-bit addresses does not depend on their upper halves.
        let low = instruction.mnemonic() == Mnemonic::Lea && instruction.op0_register().size() == 4;
        // A register compared with itself is equal whatever its value, so the value is not really read.
        let itself =
            instruction.mnemonic() == Mnemonic::Pcmpeqd && instruction.op0_register() == instruction.op1_register();
        if itself && access == OpAccess::ReadWrite {
            all.writes.push(reg);
            continue;
        }
        if itself && access == OpAccess::Read {
            continue;
        }
        if matches!(access, OpAccess::Read | OpAccess::CondRead | OpAccess::ReadWrite | OpAccess::ReadCondWrite) {
            all.reads.push((reg, if low { 32 } else { register.size() * 8 }));
        }
        if matches!(access, OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite) {
            all.writes.push(reg);
        }
    }
    all
}

/// Returns what an instruction leaves above the low 32 bits of the registers that it writes.
fn upper(instruction: &Instruction) -> Upper {
    let bytes = match instruction.mnemonic() {
        Mnemonic::Cdq => 4,
        // The registers that these write have the size of the divisor or factor.
        Mnemonic::Div | Mnemonic::Idiv | Mnemonic::Mul if instruction.op0_kind() == OpKind::Memory => {
            instruction.memory_size().size()
        }
        _ if instruction.op0_kind() == OpKind::Register && instruction.op0_register().is_gpr() => {
            instruction.op0_register().size()
        }
        // For comparisons and exchanges with memory, the second operand gives the size.
        Mnemonic::Xchg | Mnemonic::Xadd | Mnemonic::Cmpxchg => instruction.op1_register().size(),
        _ => 8,
    };
    match bytes {
        1 | 2 => Upper::Kept,
        4 => Upper::Cleared,
        _ => Upper::Written,
    }
}

impl Witness for X64 {
    type Read = Instruction;

    const SLOTS: PReg = PReg::new(RBP as usize, RegClass::Int);
    const SLOT_ADDRESS: Option<PReg> = None;
    const RUNTIME_ARGS: &'static [u8] = &RUNTIME_ARGS;
    const RUNTIME_VALUE: u8 = RAX;

    fn read(bytes: &[u8], at: u32) -> Result<Vec<Instruction>, Disagreement> {
        let mut decoder = Decoder::with_ip(64, bytes, u64::from(at), DecoderOptions::NONE);
        let mut instructions = Vec::new();
        while decoder.can_decode() {
            let instruction = decoder.decode();
            if instruction.is_invalid() {
                return Err(Disagreement::NoInstruction { at: instruction.ip(), bytes: bytes.to_vec() });
            }
            instructions.push(instruction);
        }
        Ok(instructions)
    }

    fn effects(instruction: &Instruction) -> Result<Effects, Disagreement> {
        let number = |operand: u32| {
            let register = instruction.op_register(operand);
            register.is_gpr().then(|| register.full_register().number())
        };
        let mnemonic = instruction.mnemonic();
        let copied = match (mnemonic, number(0), number(1)) {
            (Mnemonic::Xchg, Some(a), Some(b)) => Some(Copied::Exchange(a, b)),
            (Mnemonic::Mov, Some(to), Some(from)) => Some(Copied::Move { from, to }),
            _ => None,
        };
        // A zero made by `xor` changes flags.
        let zero = mnemonic == Mnemonic::Xor
            && instruction.op1_kind() == OpKind::Register
            && instruction.op0_register() == instruction.op1_register();
        let flags = match (instruction.rflags_modified(), zero) {
            (0, _) => FlagsWritten::None,
            (_, true) => FlagsWritten::Useless,
            (_, false) => FlagsWritten::Useful,
        };
        Ok(Effects {
            reads_flags: instruction.rflags_read() != 0,
            flags,
            constant: mnemonic == Mnemonic::Mov
                && instruction.op0_kind() == OpKind::Register
                && (OpKind::Immediate8..=OpKind::Immediate32to64).contains(&instruction.op1_kind()),
            copied,
            calls: mnemonic == Mnemonic::Call,
            upper: upper(instruction),
            ..accesses(instruction)
        })
    }

    /// Stack pointer, frame pointer and the scratch registers.
    fn is_private(reg: PReg) -> bool {
        match reg.class() {
            RegClass::Int => matches!(reg.hw_enc(), 4 | 5 | 11),
            _ => reg.hw_enc() == 15,
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
