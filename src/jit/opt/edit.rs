//! Edits shared by several passes: resolving aliases, removing unreachable blocks, turning instructions into jumps and
//! constants.

use super::super::ir::cfg::Cfg;
use super::super::ir::{Function, Imm, Inst, InstData, Op, Type, Value, ValueData, ValueDef};

/// Returns the value that an alias stands for. Shortens the chain of aliases on the way, so that a long chain is not
/// followed repeatedly.
pub fn resolve(values: &mut [ValueData], mut value: Value) -> Value {
    while let ValueDef::Alias(next) = values[value.index()].def {
        if let ValueDef::Alias(_) = values[next.index()].def {
            values[value.index()].def = values[next.index()].def;
        }
        value = next;
    }
    value
}

/// Replaces every use of an alias by the value that it stands for.
pub fn resolve_aliases(f: &mut Function) {
    if !std::mem::take(&mut f.has_aliases) {
        return;
    }
    let Function { values, insts, blocks, layout, .. } = f;
    for block in layout {
        for inst in &blocks[block.index()].insts {
            resolve_in(values, &mut insts[inst.index()]);
        }
    }
}

/// As [`resolve_aliases`], for the uses in one instruction. A pass that walks the dominator tree and replaces only the
/// results of the current instruction calls this first for each instruction: the values that it uses, including those
/// that it passes on back edges, were defined before and are not replaced any more.
pub fn resolve_uses(f: &mut Function, inst: Inst) {
    if f.has_aliases {
        resolve_in(&mut f.values, &mut f.insts[inst.index()]);
    }
}

/// Ends a walk that called [`resolve_uses`] for each instruction of all blocks of this graph.
pub fn finish_resolving(f: &mut Function, cfg: &Cfg) {
    if cfg.rpo().len() == f.layout.len() {
        f.has_aliases = false;
    } else {
        // Unreachable blocks use values, too.
        resolve_aliases(f);
    }
}

fn resolve_in(values: &mut [ValueData], data: &mut InstData) {
    data.args.iter_mut().for_each(|v| *v = resolve(values, *v));
    if let Some(control) = &mut data.control {
        control.targets.iter_mut().flat_map(|t| &mut t.args).for_each(|v| *v = resolve(values, *v));
    }
}

/// Removes blocks that the entry does not reach from the layout; returns their number.
pub fn remove_unreachable(f: &mut Function) -> u64 {
    let mut reached = vec![false; f.blocks.len()];
    let mut work = Vec::with_capacity(f.layout.len());
    work.push(f.entry());
    reached[f.entry().index()] = true;
    while let Some(block) = work.pop() {
        for next in f.successors(block) {
            if !std::mem::replace(&mut reached[next.index()], true) {
                work.push(next);
            }
        }
    }
    let before = f.layout.len();
    f.layout.retain(|block| reached[block.index()]);
    (before - f.layout.len()) as u64
}

/// Turns `inst` into a jump to its target number `target`.
pub fn make_jump(f: &mut Function, inst: Inst, target: usize) {
    let data = &mut f.insts[inst.index()];
    data.op = Op::Jump;
    data.ty = Type::I32;
    data.imm = Imm::None;
    data.args.clear();
    let control = data.control.as_mut().expect("a branch has targets");
    let target = control.targets.swap_remove(target);
    control.targets.clear();
    control.targets.push(target);
}

/// Turns an instruction with one result into a constant.
pub fn make_const(f: &mut Function, inst: Inst, ty: Type, bits: u64) {
    let data = &mut f.insts[inst.index()];
    data.op = Op::Const;
    data.ty = ty;
    data.imm = Imm::Const(bits);
    data.args.clear();
}

/// Turns an instruction with one result, a vector, into a constant.
pub fn make_vector(f: &mut Function, inst: Inst, bits: u128) {
    let imm = f.vector(bits);
    let data = &mut f.insts[inst.index()];
    data.op = Op::VConst;
    data.imm = imm;
    data.args.clear();
}
