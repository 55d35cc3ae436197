//! Drives instruction selection: portable, backwards.
//!
//! Blocks are visited in postorder and their instructions from last to first, so that every use of a value is seen
//! before its definition. An instruction without effect whose value nobody asked for is skipped: dead code goes, and
//! so does what its users have absorbed (constants, compares in branches, loads in memory operands). Constants are
//! made anew at each use.
//!
//! Calls overwrite all registers, and the allocator gives up on values whose ranges it had to split often: in a function
//! with calls, a loop nest without any gets copies of the invariant values that it uses, whose ranges are the nest's own.
//!
//! Edges from a block with several successors to one with several predecessors get a block of their own, as the
//! allocator needs a place for their moves.

use super::Isa;
use super::order::{Origin, cold, number};
use super::vcode::*;
use crate::config::{Config, OptLevel};
use crate::jit::ir::cfg::{Cfg, LoopId};
use crate::jit::ir::{self, Effect, Function, Imm, Op, Type, Value, ValueDef};
use crate::runtime::abi::{AbiConfig, AbiSignature};
use crate::runtime::compile_error::CompileError;
use regalloc2::{Block, Operand, OperandKind, PRegSet, RegClass, VReg};
use smallvec::SmallVec;
use std::collections::HashMap;
use std::rc::Rc;

/// Register class of an IR type.
pub fn class_of(ty: Type) -> RegClass {
    match ty {
        Type::F32 | Type::F64 | Type::V128 => RegClass::Float,
        Type::I32 | Type::I64 | Type::Ref32 | Type::Ptr => RegClass::Int,
    }
}

/// State of lowering one function; what [`Isa::lower`] works with.
pub struct Lower<'a, I: Isa> {
    pub f: &'a Function,
    pub abi: &'a AbiConfig,
    pub options: &'a Config,
    /// Locations of the function's own parameters and results.
    pub own: AbiSignature,
    /// Functions that precede those that the module defines.
    pub num_imported: u32,
    /// Address of the caller's result area, if the function's results need one.
    pub hidden: Option<VReg>,
    /// A value that the back end wants at hand everywhere: [`Isa::lower_entry`] defines it, if it is set.
    pub invariant: Option<VReg>,
    /// Machine blocks of the terminator's targets.
    pub targets: SmallVec<[Block; 4]>,
    pub vcode: super::Lowered<I>,
    /// Registers that calls overwrite: all allocatable ones, of classes that occur.
    all_regs: PRegSet,

    /// By block: the outermost loop around it that calls nothing, if it is to have copies.
    calm: Vec<Option<LoopId>>,
    /// By value: the block that defines it.
    home: Vec<ir::Block>,
    /// The calm loop of the block that is being lowered.
    inside: Option<LoopId>,
    /// Copies by loop and original, and by loop in order.
    copies: HashMap<(LoopId, VReg), VReg>,
    copy_lists: HashMap<LoopId, Vec<(VReg, VReg)>>,
    /// Locations of the signatures that calls use, as they are asked for.
    signatures: Vec<Option<Rc<AbiSignature>>>,
    values: Vec<VReg>,
    needed: Vec<bool>,
    uses: Vec<u32>,
    /// By instruction: equal numbers mean that nothing with an effect lies between the two.
    color: Vec<u32>,
    sunk: Vec<bool>,
    /// An instruction whose flags the next one uses.
    flags_of: Option<ir::Inst>,
    /// The block and the instruction that are being lowered, and its place in the block.
    block: ir::Block,
    at: Option<ir::Inst>,
    place: usize,
    /// Where constants are in the pool.
    pool_index: HashMap<u128, u32>,
    offset: u32,
    /// Machine instructions of the SSA instruction that is being lowered, forwards.
    current: Vec<Record<I::Inst>>,
    /// Poisonings that follow them.
    poisons: Vec<(VReg, VReg)>,
    /// Machine instructions of the block, backwards.
    reversed: Vec<Record<I::Inst>>,
}

/// Lowers a function.
///
/// `num_imported` functions precede those that the module defines.
///
/// # Errors
/// `Unsupported` for operations that the CPU's back end does not have, `Limit` for frames beyond 2 GiB.
pub fn lower<I: Isa>(
    f: &Function,
    abi: &AbiConfig,
    options: &Config,
    num_imported: u32,
) -> Result<super::Lowered<I>, CompileError> {
    let cfg = Cfg::new(f);
    let own = abi.signature(f.signature.wasm.params(), f.signature.wasm.results());
    let mut all_regs = PRegSet::empty();
    for reg in abi.allocatable(crate::target::RegClass::Int) {
        all_regs.add(super::int_reg(reg));
    }
    // Each register that a call overwrites costs the allocator time: not those of a class that has no values.
    if f.values.iter().any(|v| class_of(v.ty) == RegClass::Float) {
        for reg in abi.allocatable(crate::target::RegClass::Float) {
            all_regs.add(super::float_reg(reg));
        }
    }
    let vcode = VCode {
        insts: Vec::with_capacity(f.insts.len() * 2),
        order: Vec::new(),
        operands: Vec::with_capacity(f.insts.len() * 4),
        clobbers: vec![PRegSet::empty()],
        blocks: Vec::new(),
        sides: Vec::new(),
        widths: Vec::with_capacity(f.values.len() * 2),
        pool: Vec::new(),
        result_area: 0,
        outgoing: 0,
        incoming: own.arg_area,
        has_vectors: f.values.iter().any(|v| v.ty == Type::V128),
        leaf: true,
        offset: f.offset,
    };
    let mut cx = Lower::<I> {
        f,
        abi,
        options,
        own,
        num_imported,
        hidden: None,
        invariant: None,
        targets: SmallVec::new(),
        vcode,
        all_regs,
        calm: vec![None; f.blocks.len()],
        home: vec![f.entry(); f.values.len()],
        inside: None,
        copies: HashMap::new(),
        copy_lists: HashMap::new(),
        signatures: vec![None; f.signatures.len()],
        values: vec![VReg::invalid(); f.values.len()],
        needed: vec![false; f.values.len()],
        uses: vec![0; f.values.len()],
        color: vec![0; f.insts.len()],
        sunk: vec![false; f.insts.len()],
        flags_of: None,
        block: f.entry(),
        at: None,
        place: 0,
        pool_index: HashMap::new(),
        offset: 0,
        current: Vec::new(),
        poisons: Vec::new(),
        reversed: Vec::new(),
    };
    cx.survey(&cfg);
    if options.opt == OptLevel::O2 {
        cx.find_calm_loops(&cfg);
    }
    cx.run(&cfg)?;
    if u64::from(cx.vcode.outgoing) + u64::from(cx.vcode.result_area) > 1 << 24 {
        return Err(CompileError::Limit("frame too large".into()));
    }
    Ok(cx.vcode)
}

impl<I: Isa> Lower<'_, I> {
    /// Counts uses and numbers the stretches between effects.
    fn survey(&mut self, cfg: &Cfg) {
        let mut color = 0;
        for &block in cfg.rpo() {
            color += 1;
            for &inst in &self.f.blocks[block.index()].insts {
                let data = self.f.inst(inst);
                self.color[inst.index()] = color;
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

    /// Finds the loop nests that call nothing, in a function that calls.
    fn find_calm_loops(&mut self, cfg: &Cfg) {
        let mut calls = vec![false; cfg.loops().len()];
        let mut any = false;
        for &block in cfg.rpo() {
            let insts = &self.f.blocks[block.index()].insts;
            let overwrites = |op| {
                let effect = Op::effect(op) == Effect::Call && !matches!(op, Op::Poll | Op::LandingPad | Op::Alloc);
                effect || op.is_throwing()
            };
            if !insts.iter().any(|&i| overwrites(self.f.inst(i).op)) {
                continue;
            }
            any = true;
            let mut at = cfg.loop_of(block);
            while let Some(l) = at.filter(|l| !calls[l.0 as usize]) {
                calls[l.0 as usize] = true;
                at = cfg.loops()[l.0 as usize].parent;
            }
        }
        if !any {
            return;
        }
        // By loop, from the outside in: the outermost around it that calls nothing.
        let mut outermost: Vec<Option<LoopId>> = vec![None; calls.len()];
        for (i, l) in cfg.loops().iter().enumerate().rev() {
            if !calls[i] {
                let here = LoopId(i as u32);
                outermost[i] = Some(l.parent.and_then(|p| outermost[p.0 as usize]).unwrap_or(here));
            }
        }
        // The copies are made on the one way in.
        let single: Vec<bool> = (0..calls.len())
            .map(|i| outermost[i] == Some(LoopId(i as u32)) && self.entries(cfg, LoopId(i as u32)) == 1)
            .collect();
        for &block in cfg.rpo() {
            let l = cfg.loop_of(block).and_then(|l| outermost[l.0 as usize]);
            self.calm[block.index()] = l.filter(|l| single[l.0 as usize]);
        }
    }

    /// Number of edges into a loop from outside.
    fn entries(&self, cfg: &Cfg, l: LoopId) -> usize {
        let header = cfg.loops()[l.0 as usize].header;
        // Loops are natural ones: what the header does not dominate is outside.
        cfg.preds(header).iter().filter(|e| !cfg.dominates(header, e.from)).count()
    }

    /// The register that stands for an invariant one in the loop that is being lowered.
    fn localize(&mut self, vreg: VReg) -> VReg {
        let Some(l) = self.inside else { return vreg };
        if let Some(&copy) = self.copies.get(&(l, vreg)) {
            return copy;
        }
        let copy = self.temp(vreg.class(), self.vcode.widths[vreg.vreg()]);
        self.copies.insert((l, vreg), copy);
        self.copy_lists.entry(l).or_default().push((vreg, copy));
        copy
    }

    /// Makes the copies for the loop that a jump from `from` to `to` enters.
    fn enter_loop(&mut self, from: ir::Block, to: ir::Block) {
        let Some(l) = self.calm[to.index()].filter(|&l| self.calm[from.index()] != Some(l)) else { return };
        for (original, copy) in self.copy_lists.remove(&l).unwrap_or_default() {
            I::copy(self, original, copy);
        }
    }

    fn run(&mut self, cfg: &Cfg) -> Result<(), CompileError> {
        let cold = cold(self.f, cfg);
        let (order, emission) = number(self.f, cfg, &cold);
        self.vcode.order = emission;
        let mut of_block = vec![Block::invalid(); self.f.blocks.len()];
        let mut of_edge = HashMap::new();
        let mut of_never = HashMap::new();
        for (i, origin) in order.iter().enumerate() {
            match *origin {
                Origin::Ir(block) => of_block[block.index()] = Block::new(i),
                Origin::Edge(block, n) => {
                    of_edge.insert((block, n), Block::new(i));
                }
                Origin::Never(block) => {
                    of_never.insert(block, Block::new(i));
                }
            }
        }
        self.vcode.blocks = vec![BlockRecord::default(); order.len()];
        let mut done: Vec<std::ops::Range<usize>> = vec![0..0; order.len()];
        let mut all: Vec<Record<I::Inst>> = Vec::with_capacity(self.f.insts.len() * 2);
        for &block in cfg.rpo().iter().rev() {
            let mach = of_block[block.index()];
            let term = self.f.terminator(block);
            self.inside = self.calm[block.index()];
            self.block = block;
            // Parameters, before anything may need their registers.
            if block != self.f.entry() {
                let params: Vec<VReg> =
                    self.f.blocks[block.index()].params.iter().map(|&v| self.param_vreg(v)).collect();
                self.vcode.blocks[mach.index()].params = params;
            }
            let args: usize = self.f.targets(term).iter().map(|t| t.args.len()).sum();
            self.check_room(args + self.f.blocks[block.index()].params.len())?;
            // Split edges, whose arguments are uses.
            self.targets.clear();
            let mut direct = Vec::new();
            for (n, target) in self.f.targets(term).iter().enumerate() {
                let to = of_block[target.block.index()];
                if let Some(&edge) = of_edge.get(&(block, n as u32)) {
                    self.targets.push(edge);
                    self.offset = self.f.inst(term).offset;
                    let start = all.len();
                    let args = target.args.iter().map(|&a| self.reg(a)).collect();
                    self.enter_loop(block, target.block);
                    self.push(I::jump(to), &[], false);
                    self.current.last_mut().expect("the jump").flow = Flow::Branch;
                    self.flush(&mut all);
                    done[edge.index()] = start..all.len();
                    self.connect(mach, edge, Vec::new());
                    self.connect(edge, to, args);
                } else {
                    self.targets.push(to);
                    direct.push((to, target));
                }
            }
            // The terminator, after the arguments of the edges that were not split. Order of connection is order of
            // successors, but regalloc2 wants them as the targets are: rebuilt below.
            let start = all.len();
            if let Some(&never) = of_never.get(&block) {
                self.push(I::never(), &[], false);
                self.current.last_mut().expect("just pushed").flow = Flow::End;
                self.flush(&mut all);
                done[never.index()] = start..all.len();
            }
            let start = all.len();
            self.at = Some(term);
            self.place = self.f.blocks[block.index()].insts.len() - 1;
            self.offset = self.f.inst(term).offset;
            let mut args: Vec<Vec<VReg>> = Vec::with_capacity(direct.len());
            for (_, target) in &direct {
                args.push(target.args.iter().map(|&a| self.reg(a)).collect());
                self.enter_loop(block, target.block);
            }
            let mut args = args.into_iter();
            let record = &mut self.vcode.blocks[mach.index()];
            record.succs.clear();
            record.args.clear();
            for (n, &to) in self.targets.clone().iter().enumerate() {
                if of_edge.contains_key(&(block, n as u32)) {
                    let record = &mut self.vcode.blocks[mach.index()];
                    record.succs.push(to);
                    record.args.push(Vec::new());
                } else {
                    self.connect(mach, to, args.next().expect("an argument list for each direct edge"));
                }
            }
            if let Some(&never) = of_never.get(&block) {
                self.connect(mach, never, Vec::new());
            }
            I::lower(self, term)?;
            let last = self.current.last_mut().expect("a terminator lowers to something");
            last.flow = if self.targets.is_empty() { Flow::End } else { Flow::Branch };
            self.flush(&mut all);
            // The rest.
            for (place, &inst) in self.f.blocks[block.index()].insts.iter().enumerate().rev().skip(1) {
                self.check_room(0)?;
                self.place = place;
                self.lower_inst(inst)?;
                self.flush(&mut all);
            }
            // What comes before the first instruction.
            self.at = None;
            self.offset = self.f.blocks[block.index()].insts.first().map_or(0, |&i| self.f.inst(i).offset);
            if block == self.f.entry() {
                I::lower_entry(self);
            } else {
                for i in 0..self.f.blocks[block.index()].params.len() {
                    let v = self.f.blocks[block.index()].params[i];
                    let raw = self.vcode.blocks[mach.index()].params[i];
                    if self.is_poisoned(v) {
                        let vreg = self.vreg(v);
                        self.poisons.push((raw, vreg));
                    }
                }
                if let [edge] = cfg.preds(block)
                    && self.f.inst(edge.inst).op.is_throwing()
                {
                    match (edge.target, self.f.inst(edge.inst).op) {
                        (0, Op::TryCall | Op::TryCallRef) => {
                            self.offset = self.f.inst(edge.inst).offset;
                            I::lower_after_call(self, edge.inst);
                        }
                        (0, Op::TryLibcall) => {}
                        _ => self.vcode.blocks[mach.index()].landing = true,
                    }
                }
            }
            self.flush(&mut all);
            self.vcode.blocks[mach.index()].loop_header =
                cfg.loop_of(block).is_some_and(|l| cfg.loops()[l.0 as usize].header == block);
            done[mach.index()] = start..all.len();
        }
        let is_cold = |block: ir::Block| cold[block.index()];
        for (record, origin) in self.vcode.blocks.iter_mut().zip(&order) {
            record.cold = match *origin {
                Origin::Ir(block) => is_cold(block),
                Origin::Edge(block, n) => {
                    is_cold(block) || is_cold(self.f.targets(self.f.terminator(block))[n as usize].block)
                }
                Origin::Never(_) => true,
            };
        }
        for (block, range) in done.into_iter().enumerate() {
            let first = self.vcode.insts.len() as u32;
            self.vcode.insts.extend(all[range].iter().rev());
            self.vcode.blocks[block].insts = first..self.vcode.insts.len() as u32;
        }
        Ok(())
    }

    /// The allocator numbers registers with 21 bits: there must be some left for the next instruction, which needs a few for
    /// each operand, and for `more` values.
    fn check_room(&self, more: usize) -> Result<(), CompileError> {
        const ONE_INSTRUCTION: usize = 10_000;
        if self.vcode.widths.len() + 2 * more + ONE_INSTRUCTION > VReg::MAX {
            return Err(CompileError::Limit(format!("more than {} values in one function", VReg::MAX)));
        }
        Ok(())
    }

    fn connect(&mut self, from: Block, to: Block, args: Vec<VReg>) {
        self.vcode.blocks[from.index()].succs.push(to);
        self.vcode.blocks[from.index()].args.push(args);
        self.vcode.blocks[to.index()].preds.push(from);
    }

    /// Appends what was lowered, backwards.
    fn flush(&mut self, all: &mut Vec<Record<I::Inst>>) {
        for (from, to) in std::mem::take(&mut self.poisons) {
            I::poison(self, from, to);
        }
        while let Some(record) = self.current.pop() {
            self.reversed.push(record);
        }
        all.append(&mut self.reversed);
    }

    fn lower_inst(&mut self, inst: ir::Inst) -> Result<(), CompileError> {
        if self.sunk[inst.index()] {
            return Ok(());
        }
        let data = self.f.inst(inst);
        let droppable = matches!(data.op.effect(), Effect::Pure | Effect::Guarded | Effect::Read);
        if droppable && !self.f.results(inst).any(|v| self.needed[v.index()]) {
            return Ok(());
        }
        self.at = Some(inst);
        self.offset = data.offset;
        I::lower(self, inst)
    }

    // What back ends use.

    /// The instruction's data.
    pub fn data(&self, inst: ir::Inst) -> &ir::InstData {
        &self.f.insts[inst.index()]
    }

    /// A fresh virtual register.
    pub fn temp(&mut self, class: RegClass, bits: u8) -> VReg {
        let vreg = VReg::new(self.vcode.widths.len(), class);
        self.vcode.widths.push(bits);
        vreg
    }

    pub fn temp_of(&mut self, ty: Type) -> VReg {
        self.temp(class_of(ty), (ty.bytes() * 8) as u8)
    }

    fn is_poisoned(&self, value: Value) -> bool {
        self.options.poison
            && match self.f.ty(value) {
                Type::I32 | Type::Ref32 => true,
                // Nothing but vector operations could see it.
                Type::F32 | Type::F64 => self.vcode.has_vectors,
                _ => false,
            }
    }

    fn vreg(&mut self, value: Value) -> VReg {
        if self.values[value.index()] == VReg::invalid() {
            self.values[value.index()] = self.temp_of(self.f.ty(value));
        }
        self.values[value.index()]
    }

    /// The register in which a block parameter arrives.
    fn param_vreg(&mut self, value: Value) -> VReg {
        if self.is_poisoned(value) { self.temp_of(self.f.ty(value)) } else { self.vreg(value) }
    }

    /// Whether a conversion only renames its argument: the upper half of an `i32` is undefined anyway.
    fn renames(&self, op: Op) -> bool {
        match op {
            Op::Wrap => !self.options.poison,
            _ => false,
        }
    }

    /// A register that holds the value. Constants are made here and now, so no flags may be live.
    pub fn reg(&mut self, value: Value) -> VReg {
        let value = self.f.resolve(value);
        if let ValueDef::Result(inst, _) = self.f.values[value.index()].def {
            let data = &self.f.insts[inst.index()];
            if matches!(data.op, Op::Const | Op::VConst) {
                return self.constant(inst);
            }
            if self.renames(data.op) {
                return self.reg(data.args[0]);
            }
            if data.op == Op::Bitcast && class_of(data.ty) == class_of(self.f.ty(data.args[0])) {
                return self.reg(data.args[0]);
            }
        }
        self.needed[value.index()] = true;
        let vreg = self.vreg(value);
        if self.inside.is_some() && self.calm[self.home[value.index()].index()] != self.inside {
            return self.localize(vreg);
        }
        vreg
    }

    /// The register of [`Lower::invariant`], which is made if there is none yet.
    pub fn invariant(&mut self, class: RegClass, bits: u8) -> VReg {
        let vreg = match self.invariant {
            Some(vreg) => vreg,
            None => *self.invariant.insert(VReg::new(self.vcode.widths.len(), class)),
        };
        if vreg.vreg() == self.vcode.widths.len() {
            self.vcode.widths.push(bits);
        }
        self.localize(vreg)
    }

    fn constant(&mut self, inst: ir::Inst) -> VReg {
        let ty = self.data(inst).ty;
        let to = self.temp_of(ty);
        I::lower_constant(self, inst, to);
        to
    }

    /// The register to define as the value.
    pub fn def(&mut self, value: Value) -> VReg {
        let vreg = self.vreg(value);
        // Nothing can follow a terminator: the results of throwing calls stay as they are.
        let ends = self.at.is_some_and(|at| self.data(at).op.effect() == Effect::Terminator);
        if self.is_poisoned(value) && !ends {
            let raw = self.temp_of(self.f.ty(value));
            self.poisons.push((raw, vreg));
            return raw;
        }
        vreg
    }

    /// Whether anything lowered so far uses the value.
    pub fn is_needed(&self, value: Value) -> bool {
        self.needed[value.index()]
    }

    pub fn ty(&self, value: Value) -> Type {
        self.f.ty(self.f.resolve(value))
    }

    pub fn use_count(&self, value: Value) -> u32 {
        self.uses[self.f.resolve(value).index()]
    }

    /// Byte offset of the operator that is being lowered.
    pub fn offset(&self) -> u32 {
        self.offset
    }

    /// Bits of a constant.
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

    /// Whether two instructions lie in one stretch without effects in between.
    pub fn same_stretch(&self, inst: ir::Inst) -> bool {
        self.at.is_some_and(|at| self.color[at.index()] == self.color[inst.index()])
    }

    /// The instruction before the one that is being lowered, passing over constants and over `skipped`.
    pub fn previous(&self, skipped: &[ir::Inst]) -> Option<ir::Inst> {
        self.at?;
        let insts = &self.f.blocks[self.block.index()].insts;
        let here = self.place;
        let passed = |i: ir::Inst| matches!(self.data(i).op, Op::Const | Op::VConst) || skipped.contains(&i);
        insts[..here].iter().rev().copied().find(|&i| !passed(i))
    }

    /// What was pushed so far for the instruction that is being lowered.
    pub fn pushed(&self) -> impl Iterator<Item = &I::Inst> {
        self.current.iter().map(|r| &r.inst)
    }

    /// Makes sure that the value is computed, by an instruction that also leaves flags for the one being lowered.
    pub fn want_flags(&mut self, value: Value, inst: ir::Inst) {
        self.needed[self.f.resolve(value).index()] = true;
        self.flags_of = Some(inst);
    }

    /// Whether somebody relies on the flags that this instruction leaves.
    pub fn wants_flags(&self, inst: ir::Inst) -> bool {
        self.flags_of == Some(inst)
    }

    /// A load that may be done by its only user, at the place of the instruction that is being lowered.
    pub fn sinkable_load(&self, value: Value) -> Option<ir::Inst> {
        let value = self.f.resolve(value);
        let inst = self.f.def_inst(value)?;
        let op = self.data(inst).op;
        (matches!(op, Op::Load | Op::HeapLoad)
            && self.uses[value.index()] == 1
            && !self.needed[value.index()]
            && self.same_stretch(inst))
        .then_some(inst)
    }

    /// Commits to doing a load at its user.
    pub fn sink(&mut self, inst: ir::Inst) {
        self.sunk[inst.index()] = true;
    }

    /// Appends a machine instruction. `clobbers`: it overwrites all registers that its operands do not define.
    pub fn push(&mut self, inst: I::Inst, operands: &[Operand], clobbers: bool) {
        let mut set = PRegSet::empty();
        if clobbers {
            set = self.all_regs;
        }
        self.push_clobbering(inst, operands, set);
    }

    /// As [`Lower::push`] with the registers that it overwrites.
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
            offset: self.offset,
        });
    }

    /// The machine instruction just pushed comes from the operator at this offset: a load that its user does.
    pub fn set_last_offset(&mut self, offset: u32) {
        if let Some(last) = self.current.last_mut() {
            last.offset = offset;
        }
    }

    /// Locations of a signature.
    pub fn signature(&mut self, sig: ir::Sig) -> Rc<AbiSignature> {
        let wasm = &self.f.signatures[sig.index()].wasm;
        let abi = self.abi;
        Rc::clone(
            self.signatures[sig.index()].get_or_insert_with(|| Rc::new(abi.signature(wasm.params(), wasm.results()))),
        )
    }

    /// Puts something beside the instructions.
    pub fn side(&mut self, side: I::Side) -> u32 {
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

    /// Handlers of the throwing call that is being lowered: those targets that land.
    pub fn handlers(&self, inst: ir::Inst) -> Vec<HandlerRef> {
        let data = self.data(inst);
        let catches = data.control.as_ref().map_or(&[][..], |c| &c.catches);
        let first = self.targets.len() - catches.len();
        catches.iter().zip(&self.targets[first..]).map(|(&catch, &block)| HandlerRef { catch, block }).collect()
    }
}
