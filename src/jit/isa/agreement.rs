//! Compares the registers that emitted code reads and writes, according to a disassembler, with those that its machine
//! instructions declare to the allocator.
//!
//! The allocator's checker trusts operands and clobbers. It would not notice a register that an instruction overwrites
//! without declaring it, or a 64-bit read of a 32-bit value. Tests run this comparison over the suite, and a fuzzer over
//! its own modules.
//!
//! A CPU implements [`Witness`], which says what each instruction of the emitted code does.

use super::common::{Common, LibArg, Side};
use super::disagreement::Disagreement;
use super::{Isa, Lowered, int_reg};
use crate::jit::code::{FunctionCode, Origin};
use regalloc2::{Allocation, Edit, Operand, OperandKind, Output, PReg, PRegSet, RegClass, VReg};
use smallvec::SmallVec;
use std::collections::BTreeSet;

/// What an instruction does to the flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FlagsWritten {
    /// They keep their values.
    #[default]
    None,
    /// They say something about the instruction's operands.
    Useful,
    /// They have values that nothing may depend on.
    Useless,
}

/// A move between integer registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    Move { from: usize, to: usize },
    Exchange(usize, usize),
}

/// What an instruction leaves in the bits above the lowest 32 of the integer registers that it writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Upper {
    /// Anything, or the upper bits of the register that it moves.
    #[default]
    Written,
    /// Zeros.
    Cleared,
    /// Their old contents: it writes fewer bits.
    Kept,
}

/// What an instruction of the emitted code does.
#[derive(Clone, Debug, Default)]
pub struct Effects {
    /// Registers that are read, each with the number of low bits that are read.
    pub reads: SmallVec<[(PReg, usize); 4]>,
    pub writes: SmallVec<[PReg; 2]>,
    pub upper: Upper,
    pub reads_flags: bool,
    pub flags: FlagsWritten,
    /// Whether it makes a constant and does nothing else.
    pub constant: bool,
    pub copied: Option<Copied>,
    /// Whether it is a call.
    pub calls: bool,
}

/// What a machine instruction may do beyond what its operands declare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leeway {
    /// Reads more bits than its operands have.
    pub wide_reads: bool,
    /// Leaves what it defines unchanged in the reused register, unless cold code replaces it.
    pub stays: bool,
}

/// A CPU whose emitted code can be analyzed.
pub trait Witness: Isa {
    /// An instruction of the emitted code.
    type Read: std::fmt::Display;

    /// The register that spill slots are addressed relative to.
    const SLOTS: PReg;
    /// A register that a move between a register and a slot may overwrite to hold the slot's address.
    const SLOT_ADDRESS: Option<PReg>;
    /// The registers for a libcall's arguments after the context.
    const RUNTIME_ARGS: &'static [u8];
    /// The register of a libcall's value.
    const RUNTIME_VALUE: u8;

    /// Reads the instructions that begin at an offset.
    ///
    /// # Errors
    /// If some bytes are not an instruction.
    fn read(bytes: &[u8], at: u32) -> Result<Vec<Self::Read>, Disagreement>;

    /// Returns what an instruction does.
    ///
    /// # Errors
    /// If that is not known.
    fn effects(instruction: &Self::Read) -> Result<Effects, Disagreement>;

    /// Whether a register is the stack pointer, the frame pointer, a scratch register or another one that the allocator
    /// does not know.
    fn is_private(reg: PReg) -> bool;

    /// What a machine instruction specific to this CPU may do beyond what its operands declare.
    fn leeway(inst: &Self::Inst) -> Leeway;
}

/// Instructions of the emitted code with their effects.
type Code<W> = Vec<(<W as Witness>::Read, Effects)>;

/// Follows the moves before a runtime call and checks that each argument in a register arrives at its place.
fn check_arguments<W: Witness>(
    vcode: &Lowered<W>,
    side: u32,
    allocs: &[Allocation],
    code: &Code<W>,
) -> Result<(), Disagreement> {
    let Side::Libcall { args, .. } = &vcode.sides[side as usize] else { unreachable!("a libcall") };
    // For each register, whose original contents it holds.
    let mut holds: [Option<usize>; PReg::MAX + 1] = std::array::from_fn(Some);
    for (_, effects) in code.iter().take_while(|(_, effects)| !effects.calls) {
        match effects.copied {
            Some(Copied::Exchange(a, b)) => holds.swap(a, b),
            Some(Copied::Move { from, to }) => holds[to] = holds[from],
            None => {
                let written = effects.writes.iter().filter(|reg| reg.class() == RegClass::Int);
                written.for_each(|reg| holds[reg.hw_enc()] = None);
            }
        }
    }
    let mut operands = allocs.iter();
    for (arg, &to) in args.iter().zip(W::RUNTIME_ARGS) {
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

/// The registers that an allocation uses at all.
fn used<W: Witness>(output: &Output) -> PRegSet {
    let moves = output.edits.iter().flat_map(|(_, Edit::Move { from, to })| [*from, *to]);
    let all = output.allocs.iter().copied().chain(moves).filter_map(Allocation::as_reg);
    all.filter(|&reg| !W::is_private(reg)).fold(PRegSet::empty(), PRegSet::with)
}

/// Checks that registers of 32-bit integers that are read as 64 bits are defined with zero upper bits. `extended` are
/// those of the function.
fn check_extended<'a>(
    extended: &BTreeSet<VReg>,
    operands: &[Operand],
    allocs: &[Allocation],
    code: impl Iterator<Item = &'a Effects>,
) -> Result<(), Disagreement> {
    let of_kind = |kind| {
        let operands = operands.iter().zip(allocs).filter(move |(operand, _)| operand.kind() == kind);
        operands.filter(|(operand, _)| extended.contains(&operand.vreg())).filter_map(|(_, alloc)| alloc.as_reg())
    };
    let mut cleared: BTreeSet<PReg> = of_kind(OperandKind::Use).collect();
    for effects in code {
        match (effects.upper, effects.copied) {
            (Upper::Cleared, _) => cleared.extend(&effects.writes),
            (Upper::Kept, _) => {}
            (Upper::Written, Some(Copied::Move { from, .. })) if cleared.contains(&int_reg(from as u8)) => {
                cleared.extend(&effects.writes);
            }
            (Upper::Written, _) => cleared.retain(|reg| !effects.writes.contains(reg)),
        }
    }
    match of_kind(OperandKind::Def).find(|reg| !cleared.contains(reg)) {
        Some(reg) => Err(Disagreement::NotExtended { reg }),
        None => Ok(()),
    }
}

/// Checks that values that blocks pass to registers of 32-bit integers that are read as 64 bits also have zero upper bits.
fn check_passed<W: Witness>(vcode: &Lowered<W>, extended: &BTreeSet<VReg>) -> Result<(), Disagreement> {
    let edges = vcode.blocks.iter().flat_map(|block| block.succs.iter().zip(&block.args));
    let passed = edges.flat_map(|(succ, args)| args.iter().zip(&vcode.blocks[succ.index()].params));
    match passed.filter(|(_, to)| extended.contains(to)).find(|(from, _)| !extended.contains(from)) {
        Some((&from, &to)) => Err(Disagreement::PassesNotExtended { from, to }),
        None => Ok(()),
    }
}

/// Compares the code of one instruction with its operands. `used` are the registers that the function uses at all.
fn check_inst<W: Witness>(
    vcode: &Lowered<W>,
    output: &Output,
    used: PRegSet,
    number: u32,
    code: &Code<W>,
) -> Result<(), Disagreement> {
    let record = &vcode.insts[number as usize];
    let common = W::as_common(&record.inst);
    let operands = vcode.operands_of(number as usize);
    let allocs = output.inst_allocs(regalloc2::Inst::new(number as usize));
    let leeway = match common {
        // The zero-extensions come after the moves.
        Some(Common::Libcall { .. }) => Leeway { wide_reads: true, ..Leeway::default() },
        // Copies whole registers; the copy must not be declared wider than the original.
        Some(Common::Copy) => {
            let [from, to] = [0, 1].map(|i| operands[i].vreg());
            let [width, bits] = [from, to].map(|vreg| usize::from(vcode.widths[vreg.vreg()]));
            if bits > width {
                return Err(Disagreement::CopiesMore { bits, width });
            }
            Leeway { wide_reads: true, ..Leeway::default() }
        }
        Some(_) => Leeway::default(),
        None => W::leeway(&record.inst),
    };
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
    // Calls use registers of the convention that the modes with few registers do not allocate.
    let calls = matches!(common, Some(Common::Call { .. } | Common::TailCall { .. } | Common::Libcall { .. }));
    match common {
        Some(Common::Call { .. }) => {
            let mut overwritten = vcode.clobbers[usize::from(record.clobbers)];
            defined.iter().for_each(|&reg| overwritten.add(reg));
            // Callees preserve nothing.
            if let Some(reg) = used.into_iter().find(|&reg| !overwritten.contains(reg)) {
                return Err(Disagreement::CalleeOverwrites { reg });
            }
        }
        Some(Common::Libcall { side }) => check_arguments::<W>(vcode, side, allocs, code)?,
        _ => {}
    }
    let mut written = BTreeSet::new();
    for (instruction, effects) in code {
        for &(reg, bits) in &effects.reads {
            if W::is_private(reg) || written.contains(&reg) {
                continue;
            }
            let Some(width) = readable.iter().filter(|r| r.0 == reg).map(|r| r.1).max() else {
                return Err(Disagreement::ReadsOther { instruction: instruction.to_string(), reg });
            };
            if reg.class() == RegClass::Int && bits > width && !leeway.wide_reads {
                let instruction = instruction.to_string();
                return Err(Disagreement::ReadsMore { instruction, bits, reg, width });
            }
        }
        for &reg in &effects.writes {
            written.insert(reg);
            let may_write = W::is_private(reg) || writable.contains(reg) || calls;
            if !may_write {
                return Err(Disagreement::WritesOther { instruction: instruction.to_string(), reg });
            }
        }
        // Results in registers that the call itself moves to slots, because nothing can follow it.
        if let (Some(Common::Call { side } | Common::Libcall { side }), true) = (common, effects.calls) {
            match &vcode.sides[side as usize] {
                Side::Call { kept, .. } => written.extend(kept),
                Side::Libcall { normal: Some(_), .. } => drop(written.insert(int_reg(W::RUNTIME_VALUE))),
                _ => {}
            }
        }
    }
    let silent = common == Some(Common::Args) || calls || leeway.stays || code.is_empty();
    match defined.iter().find(|&reg| !silent && !written.contains(reg)) {
        Some(&reg) => Err(Disagreement::NotWritten { reg }),
        None => Ok(()),
    }
}

/// Checks that flags that are read were set just before. `flags` says whether the flags left by the last instruction,
/// with only moves since, are useful.
fn check_flags<W: Witness>(flags: &mut bool, code: &Code<W>) -> Result<(), Disagreement> {
    for (instruction, effects) in code {
        if effects.reads_flags && !*flags {
            return Err(Disagreement::ReadsFlags { instruction: instruction.to_string() });
        }
        match effects.flags {
            FlagsWritten::Useful => *flags = true,
            FlagsWritten::Useless => *flags = false,
            // A constant is like a move of the allocator; no other instruction may come in between.
            FlagsWritten::None if effects.reads_flags || effects.constant => {}
            FlagsWritten::None => *flags = false,
        }
    }
    Ok(())
}

fn check_edit<W: Witness>(from: Allocation, to: Allocation, code: &Code<W>) -> Result<(), Disagreement> {
    let many = Disagreement::MoveOfMany { count: code.len() };
    let Some(((instruction, last), address)) = code.split_last() else { return Err(many) };
    // Computes the address of a slot that is far away.
    let is_address = |e: &Effects| e.constant && e.writes.iter().copied().eq(W::SLOT_ADDRESS);
    if !address.iter().all(|(_, effects)| is_address(effects)) {
        return Err(many);
    }
    if let Some((instruction, _)) = code.iter().find(|(_, effects)| effects.flags != FlagsWritten::None) {
        return Err(Disagreement::MoveChangesFlags { instruction: instruction.to_string() });
    }
    let slot = |reg: PReg| reg == W::SLOTS || !address.is_empty() && Some(reg) == W::SLOT_ADDRESS;
    let read: BTreeSet<PReg> = last.reads.iter().map(|r| r.0).filter(|&reg| !slot(reg)).collect();
    if !read.into_iter().eq(from.as_reg()) || !last.writes.iter().copied().eq(to.as_reg()) {
        return Err(Disagreement::NoMove { instruction: instruction.to_string(), from, to });
    }
    Ok(())
}

/// Checks two moves in one instruction, whose operands must be in the order of the slots.
fn check_pair<W: Witness>(from: [Allocation; 2], to: [Allocation; 2], code: &Code<W>) -> Result<(), Disagreement> {
    let [(instruction, effects)] = &code[..] else { return Err(Disagreement::MoveOfMany { count: code.len() }) };
    let registers = |moved: [Allocation; 2]| {
        // Slots are numbered from the top of the frame downwards.
        let mut pairs = [0, 1].map(|i| (from[i].as_stack().or(to[i].as_stack()), moved[i].as_reg()));
        pairs.sort_by_key(|&(slot, _)| std::cmp::Reverse(slot.map(|slot| slot.index())));
        pairs.into_iter().filter_map(|(_, reg)| reg).collect::<Vec<PReg>>()
    };
    let read: Vec<PReg> = effects.reads.iter().map(|r| r.0).filter(|&reg| reg != W::SLOTS).collect();
    let written: Vec<PReg> = effects.writes.iter().copied().collect();
    if read != registers(from) || written != registers(to) || effects.flags != FlagsWritten::None {
        return Err(Disagreement::NoMoves { instruction: instruction.to_string(), from, to });
    }
    Ok(())
}

/// Checks the code of a whole function.
///
/// # Errors
/// The first instruction that does something else than it declares.
pub fn check<W: Witness>(vcode: &Lowered<W>, output: &Output, code: &FunctionCode) -> Result<(), Disagreement> {
    let mut ends = code.spans.iter().skip(1).map(|s| s.0).chain([code.bytes.len() as u32]);
    let mut flags = false;
    let used = used::<W>(output);
    let extended: BTreeSet<VReg> = vcode.extended.iter().copied().collect();
    check_passed::<W>(vcode, &extended)?;
    for &(start, origin) in &code.spans {
        let end = ends.next().expect("each span has an end");
        if origin == Origin::Data {
            continue;
        }
        let read = |instruction: W::Read| W::effects(&instruction).map(|effects| (instruction, effects));
        let instructions: Code<W> = W::read(&code.bytes[start as usize..end as usize], start)?
            .into_iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(|e: Disagreement| e.at(format!("{origin:?} at {start:#x}")))?;
        match origin {
            Origin::Inst(number) => {
                let error = |e: Disagreement| {
                    let (inst, operands) = (&vcode.insts[number as usize].inst, vcode.operands_of(number as usize));
                    e.at(format!("{inst:?} ({operands:?})"))
                };
                check_inst::<W>(vcode, output, used, number, &instructions).map_err(error)?;
                let operands = vcode.operands_of(number as usize);
                let allocs = output.inst_allocs(regalloc2::Inst::new(number as usize));
                check_extended(&extended, operands, allocs, instructions.iter().map(|(_, effects)| effects))
                    .map_err(error)?;
                check_flags::<W>(&mut flags, &instructions).map_err(error)?;
            }
            Origin::Edit(number) => {
                let (point, Edit::Move { from, to }) = &output.edits[number as usize];
                check_edit::<W>(*from, *to, &instructions).map_err(|e| e.at(format!("edit at {point:?}")))?;
            }
            Origin::EditPair(first, second) => {
                let [(point, Edit::Move { from: a, to: b }), (_, Edit::Move { from: c, to: d })] =
                    [first, second].map(|number| &output.edits[number as usize]);
                let checked = check_pair::<W>([*a, *c], [*b, *d], &instructions);
                checked.map_err(|e| e.at(format!("edits at {point:?}")))?;
            }
            Origin::Frame | Origin::Cold | Origin::Data => {}
        }
    }
    Ok(())
}

#[cfg(test)]
pub mod tests;
