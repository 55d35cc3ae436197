//! Drives instruction selection: independent of the CPU, walking backwards.
//!
//! Blocks are visited in postorder and their instructions from last to first, so that every use of a value is seen before
//! its definition. An instruction that has no effect and whose value is not needed is skipped: this removes dead code and
//! instructions that their users have absorbed (constants, compares in branches, loads in memory operands). Constants are
//! made anew for each use.
//!
//! Edges from a block with several successors to one with several predecessors get a separate block, because the
//! allocator needs a place for their moves.
//!
//! | file | inside |
//! |---|---|
//! | this one | facts about the function, and the interface for back ends |
//! | `common` | operations that are lowered in the same way for every CPU |
//! | `patterns` | computations that take several instructions |
//! | `walk` | the order in which blocks and instructions are lowered |
//! | `invariants` | copies of invariant values for loops without calls |
//! | `bounds` | finds stores that cannot trap |
//! | `extended` | finds 32-bit integers that need no instruction to be extended |
//! | `sharing` | finds sums with which several addresses begin |

mod bounds;
pub mod common;
mod extended;
mod invariants;
pub mod patterns;
mod sharing;
#[cfg(test)]
pub mod tests;
mod walk;

use super::Isa;
use super::common::{Common, Side};
use super::vcode::{Flow, HandlerRef, Record, VCode};
use crate::config::{Config, OptLevel};
use crate::jit::ir::cfg::Cfg;
use crate::jit::ir::{self, Effect, Function, Imm, Op, Type, Value, ValueDef};
use crate::runtime::abi::{AbiConfig, AbiSignature};
use crate::runtime::compile_error::CompileError;
use crate::target::CpuLevel;
use common::Place;
use extended::Extended;
use foldhash::{HashMap, HashMapExt};
use invariants::LoopCopies;
use regalloc2::{Block, Operand, OperandKind, PRegSet, RegClass, VReg};
use smallvec::SmallVec;
use std::rc::Rc;

/// Returns the register class of an IR type.
pub fn class_of(ty: Type) -> RegClass {
    match ty {
        Type::F32 | Type::F64 | Type::V128 => RegClass::Float,
        Type::I32 | Type::I64 | Type::Ref32 | Type::Ptr => RegClass::Int,
    }
}

/// Instruction selection for one CPU.
pub trait LowerIsa: Isa {
    /// Lowers one instruction that is not [common]; terminators get their targets from [`Lower::targets`].
    ///
    /// # Errors
    /// `Unsupported` for operations that the back end does not have.
    fn lower(cx: &mut Lower<'_, Self>, inst: ir::Inst) -> Result<(), CompileError>;

    /// Whether a store that faults may have written some of its bytes.
    const TORN_STORES: bool;

    /// Whether an operation on integers uses float registers.
    fn uses_floats(op: Op) -> bool;

    /// Whether two instructions are the same kind of sum (for example, a part of an address) that a block needs to
    /// compute only once for the same registers: it changes no flags, and its only definition is not tied to any of its
    /// uses.
    fn shares(one: &Self::Inst, other: &Self::Inst) -> bool;

    /// Makes a constant in `to`.
    fn lower_constant(cx: &mut Lower<'_, Self>, inst: ir::Inst, to: VReg);

    /// Loads a whole value of a type into a register.
    fn load_from(cx: &mut Lower<'_, Self>, ty: Type, to: VReg, from: Place);

    /// Stores a whole value.
    fn store_to(cx: &mut Lower<'_, Self>, value: Value, to: Place);

    /// Stores a whole pointer.
    fn store_pointer(cx: &mut Lower<'_, Self>, pointer: VReg, to: Place);

    /// Defines `to` as the address of the area for results of calls.
    fn results_address(cx: &mut Lower<'_, Self>, to: VReg);

    /// Defines `to` as the 32-bit integer `from`, zero-extended. Preserves flags.
    fn zero_extend(cx: &mut Lower<'_, Self>, from: VReg, to: VReg);

    /// Defines `to` as `from` with the undefined upper bits of a 32-bit integer set to garbage.
    fn poison(cx: &mut Lower<'_, Self>, from: VReg, to: VReg);
}

/// The state of lowering one function, and the interface that [`LowerIsa::lower`] uses.
pub struct Lower<'a, I: Isa> {
    f: &'a Function,
    abi: &'a AbiConfig,
    options: &'a Config,
    /// Locations of the function's parameters and results.
    own: AbiSignature,
    /// The number of imported functions, which come before those that the module defines.
    num_imported: u32,
    /// See [`Lower::result_area`].
    result_area: Option<VReg>,
    /// See [`Lower::invariant`].
    invariant: Option<VReg>,
    /// The machine blocks of the terminator's targets.
    targets: SmallVec<[Block; 4]>,
    /// The result.
    vcode: super::Lowered<I>,
    /// The registers that calls overwrite: all allocatable registers of the classes that occur.
    all_regs: PRegSet,

    facts: Facts<'a>,
    copies: LoopCopies,
    /// Locations of parameters and results for the signatures that calls use, computed on demand.
    signatures: Vec<Option<Rc<AbiSignature>>>,
    /// The register of each value, once it has one.
    values: Vec<VReg>,
    /// For each value, whether an instruction that has been lowered uses it.
    needed: Vec<bool>,
    /// For each instruction, whether another one does its work.
    sunk: Vec<bool>,
    /// The instruction whose flags the next instruction uses.
    flags_of: Option<ir::Inst>,
    here: Here,
    /// The index of each constant in the pool.
    pool_index: HashMap<u128, u32>,
    /// The machine instructions of the SSA instruction being lowered, in forward order.
    current: Vec<Record<I::Inst>>,
    /// The poisonings that follow them.
    poisons: Vec<(VReg, VReg)>,
}

/// Facts about the function that are computed once.
struct Facts<'a> {
    f: &'a Function,
    /// The block that defines each value.
    home: Vec<ir::Block>,
    /// The number of uses of each value.
    uses: Vec<u32>,
    /// A number for each instruction: equal numbers mean that nothing with an effect lies between the two.
    color: Vec<u32>,
    /// The same, but loads that may trap are effects, too: such a load has the number of what follows it.
    trap_color: Vec<u32>,
    /// For each instruction, whether it is a store that cannot trap; only if that matters.
    proven: Vec<bool>,
    extended: Extended,
}

/// The point that lowering has reached.
struct Here {
    block: ir::Block,
    /// The instruction; `None` before the first one of the block.
    inst: Option<ir::Inst>,
    /// Its index in the block.
    place: usize,
    /// The byte offset of its operator in the module's binary.
    offset: u32,
}

/// Lowers a function.
///
/// `num_imported` is the number of imported functions, which come before those that the module defines.
///
/// # Errors
/// `Unsupported` for operations that the CPU's back end does not have; `Limit` for more than 16 MiB of areas for calls,
/// or for too many values.
pub fn lower<I: LowerIsa>(
    f: &Function,
    abi: &AbiConfig,
    options: &Config,
    num_imported: u32,
) -> Result<super::Lowered<I>, CompileError> {
    let cfg = Cfg::of(f);
    let own = abi.signature(f.signature.wasm.params(), f.signature.wasm.results());
    let mut all_regs = PRegSet::empty();
    for reg in abi.allocatable(crate::target::RegClass::Int) {
        all_regs.add(super::int_reg(reg));
    }
    // Each register that a call overwrites costs the allocator time, so those of a class without values are left out.
    if f.values.iter().any(|v| class_of(v.ty) == RegClass::Float) || f.insts.iter().any(|i| I::uses_floats(i.op)) {
        for reg in abi.allocatable(crate::target::RegClass::Float) {
            all_regs.add(super::float_reg(reg));
        }
    }
    let vcode = VCode {
        insts: Vec::with_capacity(f.insts.len() * 2),
        operands: Vec::with_capacity(f.insts.len() * 4),
        widths: Vec::with_capacity(f.values.len() * 2),
        incoming: own.arg_area,
        has_vectors: f.values.iter().any(|v| v.ty == Type::V128),
        offset: f.offset,
        ..VCode::empty()
    };
    let mut cx = Lower::<I> {
        f,
        abi,
        options,
        own,
        num_imported,
        result_area: None,
        invariant: None,
        targets: SmallVec::new(),
        vcode,
        all_regs,
        facts: Facts::new(f, &cfg, options, I::TORN_STORES),
        copies: LoopCopies::none(f.blocks.len()),
        signatures: vec![None; f.signatures.len()],
        values: vec![VReg::invalid(); f.values.len()],
        needed: vec![false; f.values.len()],
        sunk: vec![false; f.insts.len()],
        flags_of: None,
        here: Here { block: f.entry(), inst: None, place: 0, offset: 0 },
        pool_index: HashMap::new(),
        current: Vec::new(),
        poisons: Vec::new(),
    };
    if options.opt == OptLevel::O2 {
        cx.copies.find_nests(f, &cfg);
    }
    cx.run(&cfg)?;
    if u64::from(cx.vcode.outgoing) + u64::from(cx.vcode.result_area) > 1 << 24 {
        return Err(CompileError::Limit("frame too large".into()));
    }
    Ok(cx.vcode)
}

impl<'a> Facts<'a> {
    fn new(f: &'a Function, cfg: &Cfg, options: &Config, torn_stores: bool) -> Facts<'a> {
        let optimizes = options.opt != OptLevel::O0;
        let mut facts = Facts {
            f,
            home: vec![f.entry(); f.values.len()],
            uses: vec![0; f.values.len()],
            color: vec![0; f.insts.len()],
            trap_color: vec![0; f.insts.len()],
            proven: if optimizes && torn_stores { bounds::proven_stores(f, cfg) } else { Vec::new() },
            // Poison is meant to catch reads of undefined bits. Here they would be defined as zeros.
            extended: if optimizes && !options.poison { Extended::find(f, cfg) } else { Extended::none() },
        };
        facts.survey(cfg);
        facts
    }

    /// Counts uses and numbers the stretches between effects; each block's terminator ends one.
    fn survey(&mut self, cfg: &Cfg) {
        let (mut color, mut loads) = (0, 0);
        for &block in cfg.rpo() {
            for &inst in &self.f.blocks[block.index()].insts {
                let data = self.f.inst(inst);
                loads += u32::from(is_trapping_load(data));
                self.color[inst.index()] = color;
                self.trap_color[inst.index()] = color + loads;
                match data.op.effect() {
                    Effect::Write | Effect::WriteTrap | Effect::Trap | Effect::Call | Effect::Terminator => color += 1,
                    Effect::Pure | Effect::Guarded | Effect::Read | Effect::ReadTrap => {}
                }
                for &arg in &data.args {
                    self.uses[self.f.resolve(arg).index()] += 1;
                }
                for target in self.f.targets(inst) {
                    for &arg in &target.args {
                        self.uses[self.f.resolve(arg).index()] += 1;
                    }
                }
                for result in self.f.results(inst) {
                    self.home[result.index()] = block;
                }
            }
            for param in &self.f.blocks[block.index()].params {
                self.home[param.index()] = block;
            }
        }
    }
}

/// Whether an instruction is a load that may trap.
fn is_trapping_load(data: &ir::InstData) -> bool {
    // Loads that are not guarded have a check before them.
    data.op.effect() == Effect::ReadTrap && !matches!(data.imm, Imm::Heap { guard: false, .. })
}

impl<'a, I: LowerIsa> Lower<'a, I> {
    /// The function.
    pub fn function(&self) -> &'a Function {
        self.f
    }

    /// The calling convention.
    pub fn abi(&self) -> &'a AbiConfig {
        self.abi
    }

    /// Locations of the function's parameters and results.
    pub fn own(&self) -> &AbiSignature {
        &self.own
    }

    /// Whether the CPU that the code is for supports a level.
    pub fn has(&self, level: CpuLevel) -> bool {
        self.options.cpu_level().includes(level)
    }

    /// Whether undefined bits of values must be set to garbage.
    pub fn poisons(&self) -> bool {
        self.options.poison
    }

    /// Whether the stages of compilation check their results.
    pub fn verifies(&self) -> bool {
        self.options.verify
    }

    /// The number of a function among those that the module defines.
    pub fn defined(&self, func: u32) -> u32 {
        func - self.num_imported
    }

    /// The machine blocks of the terminator's targets.
    pub fn targets(&self) -> &[Block] {
        &self.targets
    }

    /// The number of bits of a register that its definition defines.
    pub fn bits(&self, vreg: VReg) -> u8 {
        self.vcode.widths[vreg.vreg()]
    }

    /// Makes the frame one of a function that calls or has a loop.
    pub fn mark_call(&mut self) {
        self.vcode.leaf = false;
    }

    /// Makes the frame large enough for a call's stack arguments.
    pub fn reserve_outgoing(&mut self, bytes: u32) {
        self.vcode.outgoing = self.vcode.outgoing.max(bytes);
    }

    /// Makes the frame large enough for the results that a call returns in memory.
    pub fn reserve_results(&mut self, bytes: u32) {
        self.vcode.result_area = self.vcode.result_area.max(bytes);
    }

    /// The data of an instruction.
    pub fn data(&self, inst: ir::Inst) -> &ir::InstData {
        &self.f.insts[inst.index()]
    }

    /// Returns a new virtual register.
    pub fn temp(&mut self, class: RegClass, bits: u8) -> VReg {
        self.vcode.new_vreg(class, bits)
    }

    /// Returns a new virtual register for a value of a type.
    pub fn temp_of(&mut self, ty: Type) -> VReg {
        self.temp(class_of(ty), (ty.bytes() * 8) as u8)
    }

    fn is_poisoned(&self, value: Value) -> bool {
        self.options.poison
            && match self.f.ty(value) {
                Type::I32 | Type::Ref32 => true,
                // Only vector operations could read the undefined bits.
                Type::F32 | Type::F64 => self.vcode.has_vectors,
                _ => false,
            }
    }

    fn vreg(&mut self, value: Value) -> VReg {
        if self.values[value.index()] == VReg::invalid() {
            let ty = self.f.ty(value);
            let extended = self.facts.extended.contains(value);
            self.values[value.index()] = if extended { self.extended_temp() } else { self.temp_of(ty) };
        }
        self.values[value.index()]
    }

    /// Returns a new register for a 32-bit integer that is extended.
    fn extended_temp(&mut self) -> VReg {
        let vreg = self.temp(RegClass::Int, 64);
        self.vcode.extended.push(vreg);
        vreg
    }

    /// The register in which a block parameter arrives.
    fn param_vreg(&mut self, value: Value) -> VReg {
        if self.is_poisoned(value) { self.temp_of(self.f.ty(value)) } else { self.vreg(value) }
    }

    /// Whether a conversion only renames its argument: the upper half of an `i32` is either undefined or known to be 0.
    fn renames(&self, conversion: &ir::InstData) -> bool {
        match conversion.op {
            Op::Wrap => !self.options.poison,
            Op::ZExt => self.facts.extended.contains(self.f.resolve(conversion.args[0])),
            Op::Bitcast => class_of(conversion.ty) == class_of(self.f.ty(conversion.args[0])),
            _ => false,
        }
    }

    /// Returns a register that holds the value. Constants are made at this point, so no flags may be live.
    pub fn reg(&mut self, value: Value) -> VReg {
        let value = self.f.resolve(value);
        if let ValueDef::Result(inst, _) = self.f.values[value.index()].def {
            let data = &self.f.insts[inst.index()];
            if matches!(data.op, Op::Const | Op::VConst) {
                return self.constant(inst);
            }
            if self.renames(data) {
                return self.reg(data.args[0]);
            }
        }
        self.needed[value.index()] = true;
        let vreg = self.vreg(value);
        if self.copies.is_invariant(self.facts.home[value.index()]) {
            return self.localize(vreg, self.facts.extended.contains(value));
        }
        vreg
    }

    /// Returns the registers that an edge passes.
    fn edge_args(&mut self, target: &ir::Target) -> Vec<VReg> {
        let params = &self.f.blocks[target.block.index()].params;
        params.iter().zip(&target.args).map(|(&param, &arg)| self.edge_arg(param, arg)).collect()
    }

    /// Extends the argument of an extended parameter. This is what makes the parameter extended: [`Extended`] only
    /// decides for which parameters it is cheaper than extending them at each use.
    fn edge_arg(&mut self, param: Value, arg: Value) -> VReg {
        let reg = self.reg(arg);
        let extended = |value| self.facts.extended.contains(value);
        if !extended(param) || extended(self.f.resolve(arg)) {
            return reg;
        }
        if self.as_const(arg).is_some() {
            self.vcode.extended.push(reg);
            return reg;
        }
        let to = self.extended_temp();
        I::zero_extend(self, reg, to);
        to
    }

    /// Returns the register that replaces an invariant one in the loop nest being lowered. `extended` says whether it
    /// holds an extended 32-bit integer.
    fn localize(&mut self, vreg: VReg, extended: bool) -> VReg {
        let vcode = &mut self.vcode;
        self.copies.localize(vreg, || {
            let bits = vcode.widths[vreg.vreg()];
            let copy = vcode.new_vreg(vreg.class(), bits);
            vcode.extended.extend(extended.then_some(copy));
            copy
        })
    }

    /// Returns the register for the address of the caller's result area. [`common::entry`] defines the register if there
    /// is one.
    pub fn result_area(&mut self) -> VReg {
        let vcode = &mut self.vcode;
        *self.result_area.get_or_insert_with(|| vcode.new_vreg(RegClass::Int, 64))
    }

    /// The register of [`Lower::result_area`], if an instruction that has been lowered uses it.
    pub fn wanted_result_area(&self) -> Option<VReg> {
        self.result_area
    }

    /// The register of [`Lower::invariant`] outside of loop nests, if an instruction that has been lowered uses it.
    pub fn wanted_invariant(&self) -> Option<VReg> {
        self.invariant
    }

    /// Returns a register with a value that the back end needs throughout the function. [`common::entry`] defines the
    /// register if there is one.
    pub fn invariant(&mut self, class: RegClass, bits: u8) -> VReg {
        let vcode = &mut self.vcode;
        let vreg = *self.invariant.get_or_insert_with(|| vcode.new_vreg(class, bits));
        self.localize(vreg, false)
    }

    fn constant(&mut self, inst: ir::Inst) -> VReg {
        let ty = self.data(inst).ty;
        let to = self.temp_of(ty);
        I::lower_constant(self, inst, to);
        to
    }

    /// Returns the register to define as the value.
    pub fn def(&mut self, value: Value) -> VReg {
        let vreg = self.vreg(value);
        // Nothing can follow a terminator: the results of throwing calls are not poisoned.
        let ends = self.here.inst.is_some_and(|at| self.data(at).op.effect() == Effect::Terminator);
        if self.is_poisoned(value) && !ends {
            let raw = self.temp_of(self.f.ty(value));
            self.poisons.push((raw, vreg));
            return raw;
        }
        vreg
    }

    /// Returns the register to define as an instruction's only result.
    pub fn def_of(&mut self, inst: ir::Inst) -> VReg {
        self.def(self.f.result(inst))
    }

    /// Whether an instruction that has been lowered uses the value.
    pub fn is_needed(&self, value: Value) -> bool {
        self.needed[value.index()]
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.f.ty(self.f.resolve(value))
    }

    /// The number of uses of a value in the function, including dead ones.
    pub fn use_count(&self, value: Value) -> u32 {
        self.facts.uses[self.f.resolve(value).index()]
    }

    /// The byte offset of the operator being lowered.
    pub fn offset(&self) -> u32 {
        self.here.offset
    }

    /// The bits of a constant.
    pub fn as_const(&self, value: Value) -> Option<u64> {
        let data = self.data(self.f.def_inst(value)?);
        match (data.op, data.imm) {
            (Op::Const, Imm::Const(bits)) => Some(bits),
            _ => None,
        }
    }

    /// The instruction that defines the value, if it has this operation.
    pub fn def_by(&self, value: Value, op: Op) -> Option<ir::Inst> {
        self.f.def_inst(value).filter(|&i| self.data(i).op == op)
    }

    /// Whether a store to linear memory is known not to trap.
    pub fn is_proven(&self, store: ir::Inst) -> bool {
        self.facts.proven.get(store.index()) == Some(&true)
    }

    /// Whether nothing with an effect lies between a load and the instruction being lowered. If the load may trap, there
    /// must be no other load in between that may trap: of several loads out of bounds, the first must trap.
    fn same_stretch(&self, load: ir::Inst) -> bool {
        let color = if is_trapping_load(self.data(load)) { &self.facts.trap_color } else { &self.facts.color };
        self.here.inst.is_some_and(|at| color[at.index()] == color[load.index()])
    }

    /// The instruction before the one being lowered, not counting constants and `skipped`.
    pub fn previous(&self, skipped: &[ir::Inst]) -> Option<ir::Inst> {
        self.here.inst?;
        let insts = &self.f.blocks[self.here.block.index()].insts;
        let here = self.here.place;
        let passed = |i: ir::Inst| matches!(self.data(i).op, Op::Const | Op::VConst) || skipped.contains(&i);
        insts[..here].iter().rev().copied().find(|&i| !passed(i))
    }

    /// The machine instructions pushed so far for the instruction being lowered.
    pub fn pushed(&self) -> impl Iterator<Item = &I::Inst> {
        self.current.iter().map(|r| &r.inst)
    }

    /// Marks the value as needed; the instruction that computes it also leaves flags for the one being lowered.
    pub fn want_flags(&mut self, value: Value, inst: ir::Inst) {
        self.needed[self.f.resolve(value).index()] = true;
        self.flags_of = Some(inst);
    }

    /// Whether the next instruction relies on the flags that this one leaves.
    pub fn wants_flags(&self, inst: ir::Inst) -> bool {
        self.flags_of == Some(inst)
    }

    /// Returns the load that defines a value, if its only user, which is the instruction being lowered, may perform it in
    /// its own place.
    pub fn sinkable_load(&self, value: Value) -> Option<ir::Inst> {
        let value = self.f.resolve(value);
        let inst = self.f.def_inst(value)?;
        let op = self.data(inst).op;
        (matches!(op, Op::Load | Op::HeapLoad)
            && self.facts.uses[value.index()] == 1
            && !self.needed[value.index()]
            && self.same_stretch(inst))
        .then_some(inst)
    }

    /// Leaves out an instruction because the one being lowered does its work.
    pub fn sink(&mut self, inst: ir::Inst) {
        self.sunk[inst.index()] = true;
    }

    /// Appends a machine instruction that overwrites only the registers that its operands define.
    pub fn push(&mut self, inst: I::Inst, operands: &[Operand]) {
        self.push_clobbering(inst, operands, PRegSet::empty());
    }

    /// Appends a machine instruction that every CPU has and that overwrites only the registers that its operands define.
    pub fn push_common(&mut self, inst: Common, operands: &[Operand]) {
        self.push(I::Inst::from(inst), operands);
    }

    /// Appends a machine instruction that overwrites all registers, as calls do.
    pub fn push_call(&mut self, inst: I::Inst, operands: &[Operand]) {
        self.push_clobbering(inst, operands, self.all_regs);
    }

    /// Appends a machine instruction with the registers that it overwrites beside those that its operands define.
    pub fn push_clobbering(&mut self, inst: I::Inst, operands: &[Operand], mut set: PRegSet) {
        set = set & self.all_regs;
        for operand in operands {
            if operand.kind() == OperandKind::Def
                && let regalloc2::OperandConstraint::FixedReg(reg) = operand.constraint()
            {
                set.remove(reg);
            }
        }
        let clobbers = match self.vcode.clobbers.iter().rposition(|&s| s == set) {
            Some(i) => i,
            None => {
                self.vcode.clobbers.push(set);
                self.vcode.clobbers.len() - 1
            }
        };
        let first_operand = self.vcode.operands.len() as u32;
        self.vcode.operands.extend_from_slice(operands);
        self.current.push(Record {
            inst,
            flow: Flow::Next,
            clobbers: u16::try_from(clobbers).expect("sets differ by the definitions of calls, of which there are few"),
            num_operands: u16::try_from(operands.len()).expect("no more than parameters and results"),
            first_operand,
            offset: self.here.offset,
        });
    }

    /// Sets the operator offset of the machine instruction just pushed: it performs a load for another operator.
    pub fn set_last_offset(&mut self, offset: u32) {
        if let Some(last) = self.current.last_mut() {
            last.offset = offset;
        }
    }

    /// Returns the locations of the parameters and results of a signature.
    pub fn signature(&mut self, sig: ir::Sig) -> Rc<AbiSignature> {
        let wasm = &self.f.signatures[sig.index()].wasm;
        let abi = self.abi;
        Rc::clone(
            self.signatures[sig.index()].get_or_insert_with(|| Rc::new(abi.signature(wasm.params(), wasm.results()))),
        )
    }

    /// Stores data that is too large for an instruction. Returns its index in [`VCode::sides`].
    pub fn side(&mut self, side: Side) -> u32 {
        self.vcode.sides.push(side);
        self.vcode.sides.len() as u32 - 1
    }

    /// Index in the constant pool.
    pub fn pool(&mut self, bits: u128) -> u32 {
        *self.pool_index.entry(bits).or_insert_with(|| {
            self.vcode.pool.push(bits);
            self.vcode.pool.len() as u32 - 1
        })
    }

    /// Returns the handlers of the throwing call being lowered: its targets that are landing blocks.
    pub fn handlers(&self, inst: ir::Inst) -> Vec<HandlerRef> {
        let data = self.data(inst);
        let catches = data.control.as_ref().map_or(&[][..], |c| &c.catches);
        let first = self.targets.len() - catches.len();
        catches.iter().zip(&self.targets[first..]).map(|(&catch, &block)| HandlerRef { catch, block }).collect()
    }
}
