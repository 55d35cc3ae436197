//! Branch simplification: simplifies conditions, folds constant branches, skips trivial blocks, merges straight-line blocks.

use super::super::ir::{Block, Function, Imm, Inst, IntCond, Op, Type, Value, ValueDef};
use super::edit::{make_jump, remove_unreachable, resolve_aliases};

/// The maximum number of values of a return that is copied to the jumps that lead to it.
const MAX_COPIED: usize = 2;

/// Simplifies branches; returns the number of changes. Blocks that lose their last incoming edge are removed.
pub fn simplify_branches(f: &mut Function) -> u64 {
    let mut count = remove_unreachable(f);
    count += removing_after(f, |f| {
        let blocks = f.layout.clone();
        blocks.into_iter().map(|block| shape_conditions(f, block) + constant_branch(f, block)).sum()
    });
    count += removing_after(f, thread_jumps);
    count += merge_lines(f);
    count += removing_after(f, copy_exits);
    resolve_aliases(f);
    count
}

/// Makes changes to branches and removes the blocks that become unreachable; returns the total number of both.
fn removing_after(f: &mut Function, change: impl FnOnce(&mut Function) -> u64) -> u64 {
    match change(f) {
        0 => 0,
        count => count + remove_unreachable(f),
    }
}

/// The value that a condition tests, with comparisons with 0 stripped, and whether the condition is inverted.
fn tested(f: &Function, cond: Value) -> Option<(Value, bool)> {
    let data = f.inst(f.def_inst(cond)?);
    let inverted = match (data.op, data.imm) {
        (Op::ICmp, Imm::IntCond(IntCond::Eq)) => true,
        (Op::ICmp, Imm::IntCond(IntCond::Ne)) => false,
        _ => return None,
    };
    // Only an i32 is a condition; comparisons of other types are left alone.
    (data.ty == Type::I32 && f.as_const(data.args[1]) == Some(0)).then(|| (f.resolve(data.args[0]), inverted))
}

/// Makes branches and checks test a value itself instead of its comparison with 0, and removes checks that cannot fail. A
/// check that always fails ends the block.
fn shape_conditions(f: &mut Function, block: Block) -> u64 {
    let mut count = 0;
    let mut insts = std::mem::take(&mut f.blocks[block.index()].insts);
    let mut end = None;
    let mut kept = 0;
    for i in 0..insts.len() {
        let inst = insts[i];
        let op = f.inst(inst).op;
        if !matches!(op, Op::BrIf | Op::TrapZ | Op::TrapNz) {
            insts[kept] = inst;
            kept += 1;
            continue;
        }
        while let Some((value, inverted)) = tested(f, f.inst(inst).args[0])
            && f.may_rewrite()
        {
            let data = &mut f.insts[inst.index()];
            data.args[0] = value;
            count += 1;
            if inverted {
                match data.op {
                    Op::BrIf => data.control.as_mut().expect("brif has targets").targets.swap(0, 1),
                    Op::TrapZ => data.op = Op::TrapNz,
                    _ => data.op = Op::TrapZ,
                }
            }
        }
        let op = f.inst(inst).op;
        match (op, f.as_const(f.inst(inst).args[0])) {
            (Op::TrapZ | Op::TrapNz, Some(bits)) if f.may_rewrite() => {
                count += 1;
                if (bits == 0) == (op == Op::TrapZ) {
                    end = Some(inst);
                    break;
                }
            }
            _ => {
                insts[kept] = inst;
                kept += 1;
            }
        }
    }
    insts.truncate(kept);
    if let Some(inst) = end {
        let data = &mut f.insts[inst.index()];
        data.op = Op::TrapNow;
        data.args.remove(0);
        // The type of a terminator is that of its first argument, if it has one.
        let detail = data.args.first().copied();
        f.insts[inst.index()].ty = detail.map_or(Type::I32, |v| f.ty(v));
        insts.push(inst);
    }
    f.blocks[block.index()].insts = insts;
    count
}

/// Turns a branch with a known target into a jump.
fn constant_branch(f: &mut Function, block: Block) -> u64 {
    let inst = f.terminator(block);
    let data = f.inst(inst);
    let targets = f.targets(inst);
    let known = match data.op {
        Op::BrIf | Op::BrTable if targets.iter().all(|t| *t == targets[0]) => 0,
        Op::BrIf => match f.as_const(data.args[0]) {
            Some(bits) => usize::from(bits == 0),
            None => return 0,
        },
        Op::BrTable => match f.as_const(data.args[0]) {
            Some(bits) => (bits as usize).min(targets.len() - 1),
            None => return 0,
        },
        _ => return 0,
    };
    if !f.may_rewrite() {
        return 0;
    }
    make_jump(f, inst, known);
    1
}

/// Counts the uses of each value.
fn count_uses(f: &Function) -> Vec<u32> {
    let mut uses = vec![0; f.values.len()];
    for &block in &f.layout {
        for &inst in &f.blocks[block.index()].insts {
            let data = f.inst(inst);
            let control = data.control.iter().flat_map(|c| c.targets.iter().flat_map(|t| &t.args));
            for &value in data.args.iter().chain(control) {
                uses[f.resolve(value).index()] += 1;
            }
        }
    }
    uses
}

/// Redirects edges to blocks that consist only of a jump to the target of that jump. The parameters of such a block must
/// not be used anywhere else.
fn thread_jumps(f: &mut Function) -> u64 {
    let entry = f.entry();
    let jumps_on = |&block: &Block| {
        let data = &f.blocks[block.index()];
        let [inst] = data.insts[..] else { return false };
        if block == entry || f.inst(inst).op != Op::Jump {
            return false;
        }
        let to = f.targets(inst)[0].block;
        // A cold block before a hot one marks the edge as seldom taken.
        to != block && (!data.cold || f.blocks[to.index()].cold)
    };
    let only_jumps: Vec<Block> = f.layout.iter().copied().filter(jumps_on).collect();
    if only_jumps.is_empty() {
        return 0;
    }
    let have_params = only_jumps.iter().any(|block| !f.blocks[block.index()].params.is_empty());
    let uses = if have_params { count_uses(f) } else { Vec::new() };
    // The jump of each trivial block, if the block may be skipped.
    let mut trivial: Vec<Option<Inst>> = vec![None; f.blocks.len()];
    for block in only_jumps {
        let inst = f.terminator(block);
        let args = &f.targets(inst)[0].args;
        // All uses of the parameters are in this jump if their total number is that of the arguments that are parameters.
        let all: u32 = f.blocks[block.index()].params.iter().map(|p| uses[p.index()]).sum();
        let own = |&&arg: &&Value| matches!(f.def(arg), ValueDef::Param(b, _) if b == block);
        let only_passed_on = args.iter().filter(own).count() as u32 == all;
        if only_passed_on {
            trivial[block.index()] = Some(inst);
        }
    }
    let mut count = 0;
    // Branches may gain at most as many arguments as the function has values: otherwise a thousand branches to a block
    // that passes on a thousand values would have a million.
    let mut room = f.values.len();
    for block in f.layout.clone() {
        let inst = f.terminator(block);
        // Throwing calls keep their single edge to each target.
        if !matches!(f.inst(inst).op, Op::Jump | Op::BrIf | Op::BrTable) {
            continue;
        }
        for i in 0..f.targets(inst).len() {
            // A cycle of trivial blocks is an endless loop: give up after a few steps.
            for _ in 0..8 {
                let target = &f.targets(inst)[i];
                let Some(jump) = trivial[target.block.index()].filter(|&jump| jump != inst) else { break };
                // A table may have thousands of targets, and a label hundreds of arguments: the block passes them once
                // for all.
                let more = f.targets(jump)[0].args.len().saturating_sub(target.args.len());
                let repeats = f.inst(inst).op == Op::BrTable && more > 0;
                if repeats || more > room || !f.may_rewrite() {
                    break;
                }
                room -= more;
                let target = &f.targets(inst)[i];
                let mut next = f.targets(jump)[0].clone();
                for arg in &mut next.args {
                    let value = f.resolve(*arg);
                    *arg = match f.values[value.index()].def {
                        ValueDef::Param(block, at) if block == target.block => target.args[at as usize],
                        _ => value,
                    };
                }
                let control = f.insts[inst.index()].control.as_mut().expect("a branch has targets");
                control.targets[i] = next;
                count += 1;
            }
        }
        count += constant_branch(f, block);
    }
    count
}

/// Appends a block to its only predecessor if that ends with a jump to it.
fn merge_lines(f: &mut Function) -> u64 {
    let cfg = f.cfg();
    let mut merged = vec![false; f.blocks.len()];
    let mut count = 0;
    for block in f.layout.clone() {
        if merged[block.index()] {
            continue;
        }
        loop {
            let jump = f.terminator(block);
            if f.inst(jump).op != Op::Jump {
                break;
            }
            let next = f.targets(jump)[0].block;
            // Edges still leave from the same instruction, so the predecessors counted in the snapshot stay correct.
            if next == block || next == f.entry() || cfg.preds(next).len() != 1 || !f.may_rewrite() {
                break;
            }
            let args = f.targets(jump)[0].args.clone();
            let params = std::mem::take(&mut f.blocks[next.index()].params);
            for (param, arg) in params.into_iter().zip(args) {
                f.replace(param, arg);
            }
            let insts = std::mem::take(&mut f.blocks[next.index()].insts);
            let into = &mut f.blocks[block.index()].insts;
            into.pop();
            into.extend(insts);
            merged[next.index()] = true;
            count += 1;
        }
    }
    f.layout.retain(|block| !merged[block.index()]);
    count
}

/// Replaces a jump to a block that only returns by that return: this saves the jump and the moves into parameters.
fn copy_exits(f: &mut Function) -> u64 {
    let mut count = 0;
    for block in f.layout.clone() {
        let jump = f.terminator(block);
        if f.inst(jump).op != Op::Jump {
            continue;
        }
        let target = &f.targets(jump)[0];
        let [exit] = f.blocks[target.block.index()].insts[..] else { continue };
        if f.inst(exit).op != Op::Return || f.inst(exit).args.len() > MAX_COPIED || !f.may_rewrite() {
            continue;
        }
        let target = &f.targets(jump)[0];
        let params = &f.blocks[target.block.index()].params;
        let args = f.inst(exit).args.iter().map(|&value| {
            let value = f.resolve(value);
            params.iter().position(|&p| p == value).map_or(value, |at| f.resolve(target.args[at]))
        });
        let args = args.collect();
        let (ty, offset) = (f.inst(exit).ty, f.inst(exit).offset);
        let data = &mut f.insts[jump.index()];
        (data.op, data.ty, data.args, data.offset, data.control) = (Op::Return, ty, args, offset, None);
        count += 1;
    }
    count
}

/// If-conversion: if both sides of a branch lead directly to the same block and differ in one integer argument, a select
/// of that argument replaces the branch. Returns the number of branches replaced.
pub fn form_selects(f: &mut Function) -> u64 {
    let mut count = remove_unreachable(f);
    for block in f.layout.clone() {
        let inst = f.terminator(block);
        if f.inst(inst).op != Op::BrIf {
            continue;
        }
        let [then, or] = f.targets(inst) else { continue };
        if then.block != or.block {
            continue;
        }
        let differing: Vec<usize> = (0..then.args.len()).filter(|&i| then.args[i] != or.args[i]).collect();
        let [at] = differing[..] else { continue };
        let (a, b) = (then.args[at], or.args[at]);
        let ty = f.ty(a);
        if !matches!(ty, Type::I32 | Type::I64) || !f.may_rewrite() {
            continue;
        }
        let (cond, offset) = (f.inst(inst).args[0], f.inst(inst).offset);
        let select = f.new_inst(Op::Select, ty, Imm::None, [cond, a, b].into_iter().collect(), [ty], offset, None);
        let value = f.result(select);
        let insts = &mut f.blocks[block.index()].insts;
        insts.insert(insts.len() - 1, select);
        make_jump(f, inst, 0);
        f.insts[inst.index()].control.as_mut().expect("a jump has a target").targets[0].args[at] = value;
        count += 1;
    }
    count
}
