//! Value numbering: computes equal expressions once (`cse` within a block, `gvn` along the dominator tree), and folds on
//! the way. The key is operation, type, immediate and arguments, so nothing is shared between widths. The algorithm is
//! the dominator-based one with a scoped hash table by Briggs, Cooper and Simpson, "Value Numbering" (Software: Practice
//! and Experience, 1997).
//!
//! Along the dominator tree it also tracks conditions that have been tested: a check that a dominating check or branch
//! has decided is dropped, a branch on such a condition becomes a jump, and a select on it becomes the selected value.

use super::super::ir::cfg::Cfg;
use super::super::ir::{ArgList, Block, Function, Imm, Inst, Op, Value};
use super::edit::{finish_resolving, make_const, make_jump, make_vector, remove_unreachable, resolve_uses};
use super::expr::{Expr, Folded, MOST_STEPS};
use super::fold::fold;
use super::value_table::{ValueTable, is_mergeable};
use super::walk::{Step, walk_dominators};

/// The region in which an earlier computation is reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The block: `cse`.
    Block,
    /// All blocks that it dominates: `gvn`.
    Dominators,
}

/// Numbers values; returns the number of instructions that were replaced, folded or dropped.
pub fn number(f: &mut Function, scope: Scope) -> u64 {
    let cfg = f.cfg();
    let steps = walk_dominators(f, &cfg);
    let mut numbering = Numbering {
        table: ValueTable::new(f.insts.len()),
        known: vec![None; f.values.len()],
        learnt: Vec::new(),
        out: Vec::new(),
        scope,
        steps_left: 0,
        count: 0,
        edges_changed: false,
    };
    let mut marks = Vec::new();
    for step in steps {
        match step {
            Step::Enter(block) => {
                marks.push((numbering.table.mark(), numbering.learnt.len()));
                if scope == Scope::Dominators {
                    numbering.learn_from_edge(f, &cfg, block);
                }
                numbering.block(f, block);
                if scope == Scope::Block {
                    numbering.table.release(0);
                }
            }
            Step::Leave(_) => {
                let (entries, learnt) = marks.pop().expect("entered before");
                if scope == Scope::Dominators {
                    numbering.table.release(entries);
                }
                numbering.forget(learnt);
            }
        }
    }
    finish_resolving(f, &cfg);
    if numbering.edges_changed {
        remove_unreachable(f);
    }
    numbering.count
}

struct Numbering {
    table: ValueTable,
    /// For each value, whether it is known to be non-zero (`true`) or zero (`false`).
    known: Vec<Option<bool>>,
    learnt: Vec<Value>,
    /// The block's instructions so far.
    out: Vec<Inst>,
    scope: Scope,
    /// The number of replacements left for the current instruction; see [`MOST_STEPS`].
    steps_left: u32,
    count: u64,
    edges_changed: bool,
}

impl Numbering {
    /// In a block with a single incoming edge, the condition of the branch there is known.
    fn learn_from_edge(&mut self, f: &Function, cfg: &Cfg, block: Block) {
        let edges = cfg.preds(block);
        if let [edge] = edges {
            let data = f.inst(edge.inst);
            if data.op == Op::BrIf {
                self.learn(f.resolve(data.args[0]), edge.target == 0);
            }
        }
    }

    fn learn(&mut self, value: Value, other_than_zero: bool) {
        if value.index() >= self.known.len() {
            self.known.resize(value.index() + 1, None);
        }
        if self.known[value.index()].is_none() {
            self.known[value.index()] = Some(other_than_zero);
            self.learnt.push(value);
        }
    }

    fn forget(&mut self, mark: usize) {
        for value in self.learnt.drain(mark..) {
            self.known[value.index()] = None;
        }
    }

    fn truth(&self, f: &Function, value: Value) -> Option<bool> {
        match f.as_const(value) {
            Some(bits) => Some(bits != 0),
            None => self.known.get(value.index()).copied().flatten(),
        }
    }

    fn block(&mut self, f: &mut Function, block: Block) {
        let mut insts = std::mem::take(&mut f.blocks[block.index()].insts);
        self.out.reserve(insts.len());
        for &inst in &insts {
            resolve_uses(f, inst);
            self.inst(f, inst);
        }
        std::mem::swap(&mut insts, &mut self.out);
        f.blocks[block.index()].insts = insts;
        // The block's old list is reused for the next block.
        self.out.clear();
    }

    fn inst(&mut self, f: &mut Function, inst: Inst) {
        let data = f.inst(inst);
        if is_mergeable(data.op, data.imm) {
            self.steps_left = MOST_STEPS;
            return self.pure(f, inst);
        }
        if matches!(data.op, Op::TrapZ | Op::TrapNz | Op::BrIf) {
            let (op, cond) = (data.op, data.args[0]);
            match (op, self.truth(f, cond)) {
                (Op::TrapZ, Some(true)) | (Op::TrapNz, Some(false)) if f.may_rewrite() => {
                    self.count += 1;
                    return;
                }
                (Op::BrIf, Some(truth)) if f.may_rewrite() => {
                    make_jump(f, inst, usize::from(!truth));
                    self.count += 1;
                    self.edges_changed = true;
                }
                (Op::TrapZ | Op::TrapNz, None) if self.scope == Scope::Dominators => self.learn(cond, op == Op::TrapZ),
                _ => {}
            }
        }
        self.out.push(inst);
    }

    fn pure(&mut self, f: &mut Function, inst: Inst) {
        loop {
            let data = f.inst(inst);
            let (op, ty, imm) = (data.op, data.ty, data.imm);
            if op == Op::Select
                && let Some(truth) = self.truth(f, data.args[0])
                && let value = data.args[if truth { 1 } else { 2 }]
                && f.may_rewrite()
            {
                return self.replace(f, inst, value);
            }
            match fold(f, op, ty, imm, &f.inst(inst).args) {
                Folded::None => {}
                _ if !f.may_rewrite() => {}
                Folded::Const(ty, bits) => {
                    make_const(f, inst, ty, bits);
                    self.count += 1;
                }
                Folded::Vector(bits) => {
                    make_vector(f, inst, bits);
                    self.count += 1;
                }
                Folded::Value(value) => return self.replace(f, inst, value),
                Folded::Inst(Expr::Inst { op, ty, imm, args }) if self.steps_left > 0 => {
                    self.steps_left -= 1;
                    let offset = f.inst(inst).offset;
                    let args: ArgList = args.iter().map(|arg| self.expr(f, arg, offset)).collect();
                    let data = &mut f.insts[inst.index()];
                    (data.op, data.ty, data.imm, data.args) = (op, ty, imm, args);
                    self.count += 1;
                    continue;
                }
                Folded::Inst(_) => {}
            }
            break;
        }
        let data = f.inst(inst);
        let hash = self.table.hash(data.op, data.ty, data.imm, &data.args);
        match self.table.find(f, hash, data.op, data.ty, data.imm, &data.args) {
            Some(earlier) if f.may_rewrite() => {
                let value = f.result(earlier);
                self.replace(f, inst, value);
            }
            _ => {
                self.table.insert(hash, inst);
                self.out.push(inst);
            }
        }
    }

    fn replace(&mut self, f: &mut Function, inst: Inst, value: Value) {
        let result = f.result(inst);
        f.replace(result, value);
        self.count += 1;
    }

    /// Makes the instructions of an expression at the current end of the block.
    fn expr(&mut self, f: &mut Function, expr: &Expr, offset: u32) -> Value {
        let (op, ty, imm, args) = match expr {
            Expr::Value(value) => return *value,
            Expr::Const(ty, bits) => (Op::Const, *ty, Imm::Const(*bits), ArgList::new()),
            Expr::Inst { op, ty, imm, args } => {
                (*op, *ty, *imm, args.iter().map(|arg| self.expr(f, arg, offset)).collect())
            }
        };
        let inst = f.new_inst(op, ty, imm, args, op.result_type(ty), offset, None);
        let result = f.result(inst);
        self.pure(f, inst);
        f.resolve(result)
    }
}
