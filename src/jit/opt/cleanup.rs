//! Passes that remove dead code and redundant block parameters.

use super::super::ir::cfg::{Cfg, Edge};
use super::super::ir::{ArgList, Block, Effect, Function, Imm, Inst, Op, Value, ValueDef};
use super::edit::{remove_unreachable, resolve, resolve_aliases};

/// Removes instructions without effects and block parameters if their values are not needed (including parameters that
/// only feed themselves around a loop). Returns the total number of both. Values count as dead until a use is found, as
/// in Cytron et al., "Efficiently Computing Static Single Assignment Form and the Control Dependence Graph" (1991),
/// section 7.1; branches are always kept.
pub fn dead_code(f: &mut Function) -> u64 {
    let unreachable = remove_unreachable(f);
    let cfg = f.cfg();
    let mut needed = Needed { live: vec![false; f.values.len()], work: Vec::new() };
    for &block in &f.layout {
        for &inst in &f.blocks[block.index()].insts {
            if has_effect(f, inst) {
                f.inst(inst).args.iter().for_each(|&arg| needed.add(arg));
            }
        }
    }
    needed.propagate(f, &cfg);
    needed.keep_what_may_not_go(f, &cfg);
    let live = needed.live;
    let mut count = unreachable;
    let entry = f.entry();
    for block in f.layout.clone() {
        let before = f.blocks[block.index()].insts.len();
        let mut insts = std::mem::take(&mut f.blocks[block.index()].insts);
        insts.retain(|&inst| has_effect(f, inst) || f.results(inst).any(|v| live[v.index()]));
        count += (before - insts.len()) as u64;
        f.blocks[block.index()].insts = insts;
        if block != entry {
            let keep: Vec<bool> = f.blocks[block.index()].params.iter().map(|p| live[p.index()]).collect();
            count += keep_params(f, &cfg, block, &keep);
        }
    }
    count
}

/// The needed values, found by following uses to definitions.
struct Needed {
    live: Vec<bool>,
    work: Vec<Value>,
}

impl Needed {
    fn add(&mut self, value: Value) {
        if !std::mem::replace(&mut self.live[value.index()], true) {
            self.work.push(value);
        }
    }

    fn propagate(&mut self, f: &Function, cfg: &Cfg) {
        while let Some(value) = self.work.pop() {
            match f.def(value) {
                ValueDef::Result(inst, _) if !has_effect(f, inst) => {
                    f.inst(inst).args.iter().for_each(|&arg| self.add(arg));
                }
                ValueDef::Param(block, i) => {
                    for edge in cfg.preds(block) {
                        self.add(f.targets(edge.inst)[edge.target as usize].args[i as usize]);
                    }
                }
                _ => {}
            }
        }
    }

    /// Checks for each dead value whether it may be removed; a value that may not be removed is needed, with all its
    /// operands.
    fn keep_what_may_not_go(&mut self, f: &mut Function, cfg: &Cfg) {
        if !f.rewrites_are_limited() {
            return;
        }
        for block in f.layout.clone() {
            let data = &f.blocks[block.index()];
            // The parameters of the entry are always kept.
            let mut values = if block == f.entry() { Vec::new() } else { data.params.clone() };
            values.extend(data.insts.iter().filter(|&&i| !has_effect(f, i)).flat_map(|&i| f.results(i)));
            for value in values {
                if !self.live[value.index()] && !f.may_rewrite() {
                    self.add(value);
                    self.propagate(f, cfg);
                }
            }
        }
    }
}

fn has_effect(f: &Function, inst: Inst) -> bool {
    !matches!(f.inst(inst).op.effect(), Effect::Pure | Effect::Guarded | Effect::Read)
}

/// Drops the parameters not marked in `keep`, and their arguments. All blocks must be reachable: an unreachable one would
/// keep passing the old number of arguments.
fn keep_params(f: &mut Function, cfg: &Cfg, block: Block, keep: &[bool]) -> u64 {
    let dropped = keep.iter().filter(|&&keep| !keep).count() as u64;
    if dropped == 0 {
        return 0;
    }
    let mut flags = keep.iter();
    f.blocks[block.index()].params.retain(|_| *flags.next().unwrap_or(&true));
    for (i, param) in f.blocks[block.index()].params.clone().into_iter().enumerate() {
        f.values[param.index()].def = ValueDef::Param(block, i as u32);
    }
    for edge in cfg.preds(block) {
        let control = f.insts[edge.inst.index()].control.as_mut().expect("an edge has a target");
        let mut flags = keep.iter();
        control.targets[edge.target as usize].args.retain(|_| *flags.next().unwrap_or(&true));
    }
    dropped
}

/// What all edges pass for a parameter, ignoring the parameter itself.
#[derive(Clone, Copy, PartialEq)]
enum Passed {
    Nothing,
    One(Value),
    Constant(u64),
    Different,
}

/// Whether a value is needed.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Need {
    None,
    /// Only if the block's selector is not 0.
    Selected,
    Always,
}

/// Computes which values are needed, taking selectors into account. A selector is a parameter of a block that decides the
/// block's branch and is 0 on some edges into the block.
struct SelectedNeeds<'a> {
    f: &'a Function,
    cfg: &'a Cfg,
    /// For each block, the parameter index of its selector.
    selectors: Vec<Option<usize>>,
    needs: Vec<Need>,
    work: Vec<Value>,
}

impl SelectedNeeds<'_> {
    fn add(&mut self, value: Value, need: Need) {
        let known = &mut self.needs[value.index()];
        if *known < need {
            *known = need;
            self.work.push(value);
        }
    }

    fn propagate(&mut self) {
        while let Some(value) = self.work.pop() {
            match self.f.def(value) {
                ValueDef::Result(inst, _) if !has_effect(self.f, inst) => {
                    self.f.inst(inst).args.iter().for_each(|&arg| self.add(self.f.resolve(arg), Need::Always));
                }
                ValueDef::Param(block, i) => {
                    for &edge in self.cfg.preds(block) {
                        if self.needs[value.index()] == Need::Always || !self.is_unselected(block, edge) {
                            self.add_passed(edge, i as usize);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn add_passed(&mut self, edge: Edge, i: usize) {
        let arg = passed(self.f, edge, i);
        let is_selected = matches!(self.f.def(arg), ValueDef::Param(of, _) if self.selected_by(edge) == Some(of));
        self.add(arg, if is_selected { Need::Selected } else { Need::Always });
    }

    /// The block whose selector cannot be 0 if control reaches this edge from the block.
    fn selected_by(&self, edge: Edge) -> Option<Block> {
        let is_selected = |edge: &Edge| self.selectors[edge.from.index()].is_some() && edge.target == 0;
        match self.cfg.preds(edge.from) {
            _ if is_selected(&edge) => Some(edge.from),
            [only] if is_selected(only) => Some(only.from),
            _ => None,
        }
    }

    /// Whether the selector of a block is 0 on this edge into it.
    fn is_unselected(&self, block: Block, edge: Edge) -> bool {
        self.selectors[block.index()].is_some_and(|i| self.f.as_const(passed(self.f, edge, i)) == Some(0))
    }
}

/// Returns what an edge passes for a parameter.
fn passed(f: &Function, edge: Edge, i: usize) -> Value {
    f.resolve(f.targets(edge.inst)[edge.target as usize].args[i])
}

/// Makes back edges to a block pass a parameter itself where the argument does not matter, if this makes the parameter
/// redundant. The argument does not matter if the parameter is needed only when the block's selector is not 0 and the
/// edge passes 0 for the selector. Returns the number of such arguments.
///
/// Functions that begin at an inner loop have such parameters: for locals that an outer loop sets anew in each iteration,
/// and that were already set where the function begins.
fn pass_unselected_on(f: &mut Function, cfg: &Cfg) -> u64 {
    let selector = |block: Block| {
        let inst = f.inst(f.terminator(block));
        let ValueDef::Param(of, i) = f.def(*inst.args.first().filter(|_| inst.op == Op::BrIf)?) else { return None };
        let is_0 = |&edge: &Edge| f.as_const(passed(f, edge, i as usize)) == Some(0);
        (of == block && cfg.preds(block).iter().any(is_0)).then_some(i as usize)
    };
    let mut selectors = vec![None; f.blocks.len()];
    cfg.rpo().iter().for_each(|&block| selectors[block.index()] = selector(block));
    if selectors.iter().all(Option::is_none) {
        return 0;
    }
    let needs = vec![Need::None; f.values.len()];
    let mut needed = SelectedNeeds { f, cfg, selectors, needs, work: Vec::new() };
    for &block in cfg.rpo() {
        for &inst in f.blocks[block.index()].insts.iter().filter(|&&inst| has_effect(f, inst)) {
            f.inst(inst).args.iter().for_each(|&arg| needed.add(f.resolve(arg), Need::Always));
        }
    }
    needed.propagate();
    let mut changes = Vec::new();
    for &block in cfg.rpo().iter().filter(|block| needed.selectors[block.index()].is_some()) {
        let (back, others): (Vec<Edge>, Vec<Edge>) = cfg
            .preds(block)
            .iter()
            .partition(|&&edge| cfg.dominates(block, edge.from) && needed.is_unselected(block, edge));
        for (i, &param) in f.blocks[block.index()].params.iter().enumerate() {
            let mut rest = others.iter().map(|&edge| passed(f, edge, i)).filter(|&arg| arg != param);
            let first = rest.next();
            if needed.needs[param.index()] != Need::Always && rest.all(|arg| Some(arg) == first) {
                let differing = back.iter().filter(|&&edge| passed(f, edge, i) != param);
                changes.extend(differing.map(|&edge| (edge, i, param)));
            }
        }
    }
    let mut count = 0;
    for (edge, i, param) in changes {
        if f.may_rewrite() {
            let control = f.insts[edge.inst.index()].control.as_mut().expect("an edge has a target");
            control.targets[edge.target as usize].args[i] = param;
            count += 1;
        }
    }
    count
}

/// Removes parameters for which every edge passes the same value, the parameter itself, or the same constant. Returns
/// their number plus the number of arguments that were replaced because they do not matter. This removes the trivial
/// φ-functions of Braun et al., "Simple and Efficient Construction of Static Single Assignment Form" (CC 2013), and those
/// with one constant.
pub fn redundant_params(f: &mut Function) -> u64 {
    let unreachable = remove_unreachable(f);
    let cfg = f.cfg();
    let passed_on = pass_unselected_on(f, &cfg);
    let entry = f.entry();
    // Parameters to examine (again).
    let mut work: Vec<Value> = Vec::new();
    for &block in cfg.rpo().iter().filter(|&&b| b != entry) {
        work.extend(&f.blocks[block.index()].params);
    }
    if work.is_empty() {
        resolve_aliases(f);
        return unreachable + passed_on;
    }
    // users[v]: parameters for which some edge passes v, or a value that v has replaced.
    let mut users: Vec<Vec<Value>> = vec![Vec::new(); f.values.len()];
    for &block in cfg.rpo().iter().filter(|&&b| b != entry) {
        for (i, &param) in f.blocks[block.index()].params.iter().enumerate() {
            for edge in cfg.preds(block) {
                let arg = f.resolve(f.targets(edge.inst)[edge.target as usize].args[i]);
                users[arg.index()].push(param);
            }
        }
    }
    work.reverse();
    let mut queued = vec![true; f.values.len()];
    let mut redundant: Vec<Vec<bool>> = f.blocks.iter().map(|b| vec![false; b.params.len()]).collect();
    let mut constants: Vec<(Block, Inst)> = Vec::new();
    // For each parameter, how many edges have been found to agree, and on what. Values that are equal stay equal.
    let mut agreed = vec![(0, Passed::Nothing); f.values.len()];
    let mut count = unreachable + passed_on;
    while let Some(param) = work.pop() {
        queued[param.index()] = false;
        let ValueDef::Param(block, i) = f.values[param.index()].def else { continue };
        let (edges, passed) = agreed[param.index()];
        let mut passed = match passed {
            Passed::One(value) => match resolve(&mut f.values, value) {
                value if value == param => Passed::Nothing,
                value => Passed::One(value),
            },
            _ => passed,
        };
        for (number, edge) in cfg.preds(block).iter().enumerate().skip(edges) {
            let arg = f.targets(edge.inst)[edge.target as usize].args[i as usize];
            let arg = resolve(&mut f.values, arg);
            if arg == param {
                continue;
            }
            let before = passed;
            passed = match passed {
                Passed::Nothing => Passed::One(arg),
                Passed::One(other) if other == arg => passed,
                Passed::One(other) => match (f.as_const(other), f.as_const(arg)) {
                    (Some(a), Some(b)) if a == b => Passed::Constant(a),
                    _ => Passed::Different,
                },
                Passed::Constant(bits) if f.as_const(arg) == Some(bits) => passed,
                _ => Passed::Different,
            };
            if passed == Passed::Different {
                agreed[param.index()] = (number, before);
                break;
            }
        }
        if matches!(passed, Passed::Nothing | Passed::Different) || !f.may_rewrite() {
            continue;
        }
        let value = match passed {
            Passed::One(value) => value,
            Passed::Constant(bits) => {
                let ty = f.ty(param);
                let inst = f.new_inst(Op::Const, ty, Imm::Const(bits), ArgList::new(), [ty], 0, None);
                constants.push((block, inst));
                f.result(inst)
            }
            Passed::Nothing | Passed::Different => continue,
        };
        f.replace(param, value);
        redundant[block.index()][i as usize] = true;
        count += 1;
        // Two arguments of a user become equal if one was the parameter and the other the value, so the user is in both
        // lists. Only the shorter list is searched: a parameter may have as many users as there are parameters, and so
        // may the value that replaces it.
        let mut again = std::mem::take(&mut users[param.index()]);
        if f.as_const(value).is_none() {
            let others = &mut users[value.index()];
            if again.len() > others.len() {
                std::mem::swap(&mut again, others);
            }
            others.extend(&again);
            // An argument that is the parameter itself does not count.
            again.push(value);
        }
        for user in again {
            let is_param = matches!(f.values[user.index()].def, ValueDef::Param(..));
            if is_param && !std::mem::replace(&mut queued[user.index()], true) {
                work.push(user);
            }
        }
    }
    for &block in cfg.rpo().iter().filter(|&&b| b != entry) {
        let keep: Vec<bool> = redundant[block.index()].iter().map(|&gone| !gone).collect();
        keep_params(f, &cfg, block, &keep);
    }
    constants.sort_by_key(|&(block, _)| block);
    for of_block in constants.chunk_by(|a, b| a.0 == b.0) {
        let insts = of_block.iter().rev().map(|&(_, inst)| inst);
        f.blocks[of_block[0].0.index()].insts.splice(0..0, insts);
    }
    resolve_aliases(f);
    count
}
