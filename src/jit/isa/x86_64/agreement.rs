//! Compares the registers that emitted code reads and writes, according to a disassembler, with those that its
//! instructions declare to the allocator.
//!
//! The allocator's checker trusts operands and clobbers. It would not find a register that an instruction overwrites
//! without declaring it, or a read of 64 bits of a 32-bit value. Tests run this comparison over the suite, and a fuzzer
//! over modules of its own.

use super::X64;
use super::frame::RUNTIME_ARGS;
use super::inst::Inst;
use super::registers::RAX;
use crate::jit::code::{FunctionCode, Origin};
use crate::jit::isa::common::{Common, LibArg, Side};
use crate::jit::isa::{Disagreement, Lowered, int_reg};
use iced_x86::{Decoder, DecoderOptions, Instruction, InstructionInfoFactory, Mnemonic, OpAccess, OpKind, Register};
use regalloc2::{Allocation, Edit, OperandKind, Output, PReg, PRegSet, RegClass};
use std::collections::BTreeSet;

fn preg(register: Register) -> PReg {
    let full = register.full_register();
    let class = if full.is_gpr() { RegClass::Int } else { RegClass::Float };
    PReg::new(full.number(), class)
}

/// Stack and frame pointer, and the scratch registers.
fn is_private(reg: PReg) -> bool {
    match reg.class() {
        RegClass::Int => matches!(reg.hw_enc(), 4 | 5 | 11),
        _ => reg.hw_enc() == 15,
    }
}

struct Accesses {
    /// With the width in bits.
    reads: Vec<(PReg, usize)>,
    writes: Vec<PReg>,
}

fn accesses(factory: &mut InstructionInfoFactory, instruction: &Instruction) -> Accesses {
    let mut all = Accesses { reads: Vec::new(), writes: Vec::new() };
    for used in factory.info(instruction).used_registers() {
        let register = used.register();
        if !register.full_register().is_gpr() && !register.is_vector_register() {
            continue;
        }
        let reg = preg(register);
        let access = used.access();
        // The result of a 32-bit operation on 64-bit addresses does not depend on their upper halves.
        let low = instruction.mnemonic() == Mnemonic::Lea && instruction.op0_register().size() == 4;
        // A register that is compared with itself is equal, so that its value is not really read.
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

/// Follows the moves of a call of the runtime, and checks that each argument in a register gets to its place.
fn check_arguments(
    vcode: &Lowered<X64>,
    side: u32,
    allocs: &[Allocation],
    code: &[Instruction],
) -> Result<(), Disagreement> {
    let Side::Libcall { args, .. } = &vcode.sides[side as usize] else { unreachable!("a libcall") };
    // Which register's first content each one holds.
    let mut holds: [Option<usize>; 16] = std::array::from_fn(Some);
    let number = |instruction: &Instruction, operand: u32| {
        let register = instruction.op_register(operand);
        register.is_gpr().then(|| register.full_register().number())
    };
    let mut factory = InstructionInfoFactory::new();
    for instruction in code.iter().take_while(|i| !matches!(i.mnemonic(), Mnemonic::Call)) {
        match (instruction.mnemonic(), number(instruction, 0), number(instruction, 1)) {
            (Mnemonic::Xchg, Some(a), Some(b)) => holds.swap(a, b),
            (Mnemonic::Mov, Some(to), Some(from)) => holds[to] = holds[from],
            _ => {
                let written = accesses(&mut factory, instruction).writes;
                written.iter().filter(|r| r.class() == RegClass::Int).for_each(|r| holds[r.hw_enc()] = None);
            }
        }
    }
    let mut operands = allocs.iter();
    for (arg, &to) in args.iter().zip(&RUNTIME_ARGS) {
        if !matches!(arg, LibArg::Value(_)) {
            continue;
        }
        let from = operands.next().ok_or(Disagreement::NoArgument)?.as_reg();
        if let Some(from) = from
            && holds[usize::from(to)] != Some(from.hw_enc())
        {
            return Err(Disagreement::ArgumentLost { from, to: int_reg(to) });
        }
    }
    Ok(())
}

/// Registers that an allocation uses at all.
fn used(output: &Output) -> PRegSet {
    let moves = output.edits.iter().flat_map(|(_, Edit::Move { from, to })| [*from, *to]);
    let all = output.allocs.iter().copied().chain(moves).filter_map(Allocation::as_reg);
    all.filter(|&reg| !is_private(reg)).fold(PRegSet::empty(), PRegSet::with)
}

/// Compares the code of one instruction with its operands. `used`: the registers that the function uses at all.
fn check_inst(
    vcode: &Lowered<X64>,
    output: &Output,
    used: PRegSet,
    number: u32,
    code: &[Instruction],
) -> Result<(), Disagreement> {
    let mut factory = InstructionInfoFactory::new();
    let record = &vcode.insts[number as usize];
    let operands = vcode.operands_of(number as usize);
    let allocs = output.inst_allocs(regalloc2::Inst::new(number as usize));
    // A call of the runtime zero-extends after its moves; a poisoning reads the bits that it spoils.
    let wide_reads = matches!(record.inst, Inst::Common(Common::Libcall { .. }) | Inst::Poison);
    let mut readable: Vec<(PReg, usize)> = Vec::new();
    let mut writable = vcode.clobbers[usize::from(record.clobbers)];
    let mut defined = BTreeSet::new();
    for (operand, alloc) in operands.iter().zip(allocs) {
        let Some(reg) = alloc.as_reg() else { continue };
        match operand.kind() {
            OperandKind::Use => readable.push((reg, usize::from(vcode.widths[operand.vreg().vreg()]))),
            OperandKind::Def => {
                writable.add(reg);
                defined.insert(reg);
            }
        }
    }
    // Calls make up registers of the convention that few-register modes do not allocate.
    let calls = matches!(
        record.inst,
        Inst::Common(Common::Call { .. })
            | Inst::Common(Common::TailCall { .. })
            | Inst::Common(Common::Libcall { .. })
    );
    match record.inst {
        Inst::Common(Common::Call { .. }) => {
            let mut overwritten = vcode.clobbers[usize::from(record.clobbers)];
            defined.iter().for_each(|&reg| overwritten.add(reg));
            // Callees preserve nothing.
            if let Some(reg) = used.into_iter().find(|&reg| !overwritten.contains(reg)) {
                return Err(Disagreement::CalleeOverwrites { reg });
            }
        }
        Inst::Common(Common::Libcall { side }) => check_arguments(vcode, side, allocs, code)?,
        _ => {}
    }
    let mut written = BTreeSet::new();
    for instruction in code {
        let Accesses { reads, writes } = accesses(&mut factory, instruction);
        for (reg, bits) in reads {
            if is_private(reg) || written.contains(&reg) {
                continue;
            }
            let Some(width) = readable.iter().filter(|r| r.0 == reg).map(|r| r.1).max() else {
                // It merges into the register that it defines: the old value does not matter.
                let merges = defined.contains(&reg) && reg.class() == RegClass::Float;
                if merges && matches!(instruction.mnemonic(), Mnemonic::Roundss | Mnemonic::Roundsd) {
                    continue;
                }
                return Err(Disagreement::ReadsOther { instruction: instruction.to_string(), reg });
            };
            if reg.class() == RegClass::Int && bits > width && !wide_reads {
                let instruction = instruction.to_string();
                return Err(Disagreement::ReadsMore { instruction, bits, reg, width });
            }
        }
        for reg in writes {
            written.insert(reg);
            let may_write = is_private(reg) || writable.contains(reg) || calls;
            if !may_write {
                return Err(Disagreement::WritesOther { instruction: instruction.to_string(), reg });
            }
        }
        // Results in registers that the call itself moves to slots, since nothing can follow it.
        if let (Inst::Common(Common::Call { side } | Common::Libcall { side }), Mnemonic::Call) =
            (&record.inst, instruction.mnemonic())
        {
            match &vcode.sides[*side as usize] {
                Side::Call { kept, .. } => written.extend(kept),
                Side::Libcall { normal: Some(_), .. } => drop(written.insert(PReg::new(RAX.into(), RegClass::Int))),
                _ => {}
            }
        }
    }
    // A value without a NaN stays as it is, in the register that is reused; NaNs are replaced in cold code.
    let stays = matches!(record.inst, Inst::Canonical { .. });
    let silent = matches!(record.inst, Inst::Common(Common::Args)) || calls || stays || code.is_empty();
    match defined.iter().find(|&reg| !silent && !written.contains(reg)) {
        Some(&reg) => Err(Disagreement::NotWritten { reg }),
        None => Ok(()),
    }
}

fn check_edit(from: Allocation, to: Allocation, code: &[Instruction]) -> Result<(), Disagreement> {
    let mut factory = InstructionInfoFactory::new();
    let [instruction] = code else { return Err(Disagreement::MoveOfMany { count: code.len() }) };
    let Accesses { mut reads, writes } = accesses(&mut factory, instruction);
    reads.retain(|(reg, _)| reg.class() == RegClass::Float || reg.hw_enc() != 5);
    if instruction.rflags_modified() != 0 {
        return Err(Disagreement::MoveChangesFlags { instruction: instruction.to_string() });
    }
    if !reads.iter().map(|r| r.0).eq(from.as_reg()) || !writes.iter().copied().eq(to.as_reg()) {
        return Err(Disagreement::NoMove { instruction: instruction.to_string(), from, to });
    }
    Ok(())
}

/// Checks the whole code of a function.
///
/// # Errors
/// The first instruction that does something else than it declares.
pub(super) fn check(vcode: &Lowered<X64>, output: &Output, code: &FunctionCode) -> Result<(), Disagreement> {
    let mut ends = code.spans.iter().skip(1).map(|s| s.0).chain([code.bytes.len() as u32]);
    // Whether the flags are those that the last instruction left, only moves since.
    let mut flags = false;
    let used = used(output);
    for &(start, origin) in &code.spans {
        let end = ends.next().expect("each span has an end");
        if origin == Origin::Data {
            break;
        }
        let bytes = &code.bytes[start as usize..end as usize];
        let mut decoder = Decoder::with_ip(64, bytes, u64::from(start), DecoderOptions::NONE);
        let mut instructions = Vec::new();
        while decoder.can_decode() {
            let instruction = decoder.decode();
            if instruction.is_invalid() {
                return Err(Disagreement::NoInstruction { at: instruction.ip(), bytes: bytes.to_vec() });
            }
            instructions.push(instruction);
        }
        match origin {
            Origin::Inst(number) => {
                let error = |e: Disagreement| {
                    let (inst, operands) = (&vcode.insts[number as usize].inst, vcode.operands_of(number as usize));
                    e.at(format!("{inst:?} ({operands:?})"))
                };
                check_inst(vcode, output, used, number, &instructions).map_err(error)?;
                for instruction in &instructions {
                    if instruction.rflags_read() != 0 && !flags {
                        return Err(error(Disagreement::ReadsFlags { instruction: instruction.to_string() }));
                    }
                    // A constant is as good as a move, unless it is a zero made by `xor`.
                    let constant =
                        instruction.mnemonic() == Mnemonic::Mov && instruction.op1_kind() >= OpKind::Immediate8;
                    let zero = instruction.mnemonic() == Mnemonic::Xor
                        && instruction.op1_kind() == OpKind::Register
                        && instruction.op0_register() == instruction.op1_register();
                    if instruction.rflags_modified() != 0 {
                        flags = !zero;
                    } else if instructions.len() == 1 && instruction.rflags_read() == 0 && !constant {
                        // Something else than a move of the allocator came in between.
                        flags = false;
                    }
                }
            }
            Origin::Edit(number) => {
                let (point, Edit::Move { from, to }) = &output.edits[number as usize];
                check_edit(*from, *to, &instructions).map_err(|e| e.at(format!("edit at {point:?}")))?;
            }
            Origin::Frame | Origin::Cold | Origin::Data => {}
        }
    }
    Ok(())
}
