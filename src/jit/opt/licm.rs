//! Loop-invariant code motion: moves computations with the same result in each iteration to before the loop, as far out
//! as possible.
//!
//! The pass moves pure operations; divisions by a constant that makes them always defined; header words that are defined
//! for every reference; and loads from a region that nothing in the loop writes, if the address is reached from the
//! context alone through pointers that are never null (so that they cannot fault anywhere). Operations that may trap or
//! have an effect are not moved.

use super::super::ir::cfg::{Cfg, LoopId};
use super::super::ir::{
    ArgList, Block, Effect, Function, Imm, Inst, InstData, Op, Region, Target, Type, Value, ValueDef,
};
use super::edit::{remove_unreachable, resolve_aliases};
use super::loads::{Classes, class, written};

/// The maximum number of loops that an instruction is moved out of: bounds the work in deep nests.
const MAX_CLIMB: usize = 16;
/// The maximum number of instructions that are moved to before a loop. Each of their values may be live throughout the
/// loop, and those that get no register must be loaded in it. (An interpreter of 47,000 instructions in one loop had
/// 2,700 such values and five times the code.)
const MOST_RECEIVED: usize = 64;

/// Hoists invariant instructions; returns the number of moved instructions.
pub fn hoist(f: &mut Function) -> u64 {
    remove_unreachable(f);
    let cfg = f.cfg();
    if cfg.loops().is_empty() {
        return 0;
    }
    let cfg = if make_preheaders(f, &cfg) { f.cfg() } else { cfg };
    let mut motion = Motion::new(f, &cfg);
    let mut count = 0;
    for &block in cfg.rpo() {
        let Some(innermost) = cfg.loop_of(block) else { continue };
        let insts = std::mem::take(&mut f.blocks[block.index()].insts);
        let mut kept = Vec::with_capacity(insts.len());
        for inst in insts {
            match motion.destination(f, inst, innermost) {
                Some(to) if f.may_rewrite() => {
                    motion.move_to(f, inst, to);
                    count += 1;
                }
                _ => kept.push(inst),
            }
        }
        f.blocks[block.index()].insts = kept;
    }
    // In reverse postorder, a preheader comes before its loop, so its list of received instructions is complete only now.
    for (block, insts) in std::mem::take(&mut motion.pending).into_iter().enumerate() {
        let into = &mut f.blocks[block].insts;
        let at = into.len().saturating_sub(1);
        into.splice(at..at, insts);
    }
    resolve_aliases(f);
    count
}

/// The edges into a loop from outside.
fn entries(cfg: &Cfg, header: Block) -> Vec<super::super::ir::cfg::Edge> {
    cfg.preds(header).iter().copied().filter(|edge| !cfg.dominates(header, edge.from)).collect()
}

/// Gives each loop a preheader: a block that jumps to the header and is the only way into the loop. Returns whether any
/// was made.
fn make_preheaders(f: &mut Function, cfg: &Cfg) -> bool {
    let mut before: Vec<Option<Block>> = vec![None; f.blocks.len()];
    let mut made = false;
    for l in cfg.loops() {
        let header = l.header;
        let edges = entries(cfg, header);
        // A loop whose header follows a throwing call keeps that single edge, which must not be split again.
        let throws = |inst: Inst| !matches!(f.inst(inst).op, Op::Jump | Op::BrIf | Op::BrTable);
        if matches!(edges[..], [edge] if f.inst(edge.inst).op == Op::Jump) || edges.iter().any(|e| throws(e.inst)) {
            continue;
        }
        let block = f.new_block();
        f.blocks[block.index()].cold = f.blocks[header.index()].cold;
        let types: Vec<Type> = f.blocks[header.index()].params.iter().map(|&p| f.ty(p)).collect();
        let args: Vec<Value> = types.into_iter().map(|ty| f.add_param(block, ty)).collect();
        let control = super::super::ir::Control { targets: vec![Target { block: header, args }], catches: Vec::new() };
        let jump = f.new_inst(Op::Jump, Type::I32, Imm::None, ArgList::new(), None, 0, Some(Box::new(control)));
        f.blocks[block.index()].insts.push(jump);
        for edge in edges {
            let control = f.insts[edge.inst.index()].control.as_mut().expect("an edge has a target");
            control.targets[edge.target as usize].block = block;
        }
        before[header.index()] = Some(block);
        made = true;
    }
    if made {
        let layout = std::mem::take(&mut f.layout);
        f.layout = layout.into_iter().flat_map(|block| before[block.index()].into_iter().chain([block])).collect();
    }
    made
}

/// The maximum number of instructions in a preheader that an instruction is compared with.
const MAX_COMPARED: usize = 32;

struct Motion<'c> {
    cfg: &'c Cfg,
    /// For each loop, the preheader, and the classes of memory written in the loop.
    preheader: Vec<Option<Block>>,
    written: Vec<Classes>,
    /// The block of each value after the moves so far.
    home: Vec<Block>,
    /// Pointers that are reached from the context alone.
    anchored: Vec<bool>,
    /// For each block, instructions to insert before its terminator.
    pending: Vec<Vec<Inst>>,
}

impl<'c> Motion<'c> {
    fn new(f: &Function, cfg: &'c Cfg) -> Motion<'c> {
        let loops = cfg.loops();
        let preheader = loops
            .iter()
            .map(|l| match entries(cfg, l.header)[..] {
                [edge] if f.inst(edge.inst).op == Op::Jump => Some(edge.from),
                _ => None,
            })
            .collect();
        let mut motion = Motion {
            cfg,
            preheader,
            written: vec![0; loops.len()],
            home: vec![f.entry(); f.values.len()],
            anchored: vec![false; f.values.len()],
            pending: vec![Vec::new(); f.blocks.len()],
        };
        motion.anchored[f.ctx().index()] = true;
        for &block in cfg.rpo() {
            let data = &f.blocks[block.index()];
            data.params.iter().for_each(|p| motion.home[p.index()] = block);
            for &inst in &data.insts {
                let data = f.inst(inst);
                f.results(inst).for_each(|v| motion.home[v.index()] = block);
                if let Some(l) = cfg.loop_of(block) {
                    motion.written[l.0 as usize] |= written(data.op, data.imm);
                }
                let immutable = matches!(data.imm, Imm::Field { region: Region::Immutable, .. });
                if data.op == Op::Load && data.ty == Type::Ptr && immutable && motion.anchored[data.args[0].index()] {
                    motion.anchored[data.first_result.index()] = true;
                }
            }
        }
        for (i, l) in loops.iter().enumerate() {
            if let Some(parent) = l.parent {
                motion.written[parent.0 as usize] |= motion.written[i];
            }
        }
        motion
    }

    /// The preheader of the outermost loop that the instruction can leave.
    fn destination(&self, f: &Function, inst: Inst, innermost: LoopId) -> Option<Block> {
        let data = f.inst(inst);
        let class = match data.op {
            // Constants are made where they are used.
            Op::Const | Op::VConst => return None,
            Op::Load => match data.imm {
                Imm::Field { region, .. } if self.anchored[data.args[0].index()] && !region.is_of_objects() => {
                    class(region)
                }
                _ => return None,
            },
            op => match op.effect() {
                Effect::Pure => None,
                Effect::Guarded if always_defined(data, f) => None,
                _ => return None,
            },
        };
        let mut to = None;
        let mut at = Some(innermost);
        for _ in 0..MAX_CLIMB {
            let Some(l) = at else { break };
            let header = self.cfg.loops()[l.0 as usize].header;
            let outside = |&arg: &Value| {
                let home = self.home[arg.index()];
                is_constant(f, arg) || home != header && self.cfg.dominates(home, header)
            };
            let writes = class.is_some_and(|c| self.written[l.0 as usize] & 1 << c != 0);
            let Some(preheader) = self.preheader[l.0 as usize] else { break };
            if writes || !data.args.iter().all(outside) {
                break;
            }
            if self.pending[preheader.index()].len() < MOST_RECEIVED {
                to = Some(preheader);
            }
            at = self.cfg.loops()[l.0 as usize].parent;
        }
        to
    }

    /// Moves an instruction, or replaces it by an equal one that was moved to the same place: the two may come from loops
    /// in different parts of an outer loop.
    fn move_to(&mut self, f: &mut Function, inst: Inst, to: Block) {
        for value in f.results(inst) {
            self.home[value.index()] = to;
        }
        let there = &self.pending[to.index()];
        let recent = there.iter().rev().take(MAX_COMPARED);
        if let Some(&other) = recent.clone().find(|&&other| is_same(f, other, inst)) {
            return f.replace(f.result(inst), f.result(other));
        }
        for i in 0..f.inst(inst).args.len() {
            let arg = f.inst(inst).args[i];
            if let ValueDef::Result(constant, _) = f.def(arg)
                && is_constant(f, arg)
                && !self.cfg.dominates(self.home[arg.index()], to)
            {
                // The constant may also be needed in its old place, so this is a copy.
                let data = f.inst(constant);
                let (op, ty, imm, offset) = (data.op, data.ty, data.imm, data.offset);
                let copy = f.new_inst(op, ty, imm, ArgList::new(), [ty], offset, None);
                let value = f.result(copy);
                self.home.push(to);
                self.anchored.push(false);
                self.pending[to.index()].push(copy);
                f.insts[inst.index()].args[i] = value;
            }
        }
        self.pending[to.index()].push(inst);
    }
}

/// Whether two instructions compute the same value if nothing is written between them.
fn is_same(f: &Function, one: Inst, other: Inst) -> bool {
    let (one, other) = (f.inst(one), f.inst(other));
    let same_arg = |(&a, &b): (&Value, &Value)| {
        let constant = |value: Value| f.as_const(value).map(|bits| (f.ty(value), bits));
        f.resolve(a) == f.resolve(b) || constant(a).is_some() && constant(a) == constant(b)
    };
    if (one.op, one.ty, one.imm) != (other.op, other.ty, other.imm) {
        return false;
    }
    // Only operations without results take a number of arguments that operation, type and immediate do not determine.
    assert_eq!(one.args.len(), other.args.len());
    one.args.iter().zip(&other.args).all(same_arg)
}

fn is_constant(f: &Function, value: Value) -> bool {
    f.as_const(value).is_some() || f.as_vector(value).is_some()
}

/// Whether a guarded operation is defined for every first argument.
fn always_defined(data: &InstData, f: &Function) -> bool {
    match data.op {
        // Without the test, only a check before it says that the reference is no i31.
        Op::Header => matches!(data.imm, Imm::Header { i31: true, .. }),
        Op::UDiv | Op::URem | Op::SRem => f.as_const(data.args[1]).is_some_and(|d| d != 0),
        Op::SDiv => f.as_const(data.args[1]).is_some_and(|d| d != 0 && d != data.ty.truncate(u64::MAX)),
        _ => false,
    }
}
