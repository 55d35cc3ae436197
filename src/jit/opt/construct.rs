//! Folding and hash-consing while a function is built: the builder's hook at `O1` and above. Sharing nodes as they are
//! created follows Click and Paleczny, "A Simple Graph-Based Intermediate Representation" (1995).

use super::super::ir::builder::{Cursor, Simplified, Simplifier};
use super::super::ir::{Block, Function, Imm, Inst, Op, Type, Value};
use super::expr::{Folded, MOST_STEPS, build};
use super::fold::fold;
use super::value_table::{ValueTable, is_mergeable};

/// Shares equal instructions within a block and folds all instructions. (There is no dominator tree yet for sharing
/// across blocks; the passes do that.)
pub struct Construct {
    table: ValueTable,
    block: Option<Block>,
    /// The hash of the instruction that was looked up last, which is appended if it is kept.
    hash: u64,
    /// The number of replacements left for the current instruction; see [`MOST_STEPS`].
    steps_left: u32,
    /// The number of changes left; see [`Function::may_rewrite`].
    pub rewrites_left: u64,
}

impl Default for Construct {
    fn default() -> Self {
        Construct { table: ValueTable::new(256), block: None, hash: 0, steps_left: 0, rewrites_left: u64::MAX }
    }
}

impl Construct {
    fn enter(&mut self, block: Block) {
        if self.block != Some(block) {
            self.table.release(0);
            self.block = Some(block);
        }
    }

    fn may_rewrite(&mut self) -> bool {
        let allowed = self.rewrites_left > 0;
        self.rewrites_left -= u64::from(allowed);
        allowed
    }

    fn value(&mut self, cursor: &mut Cursor<'_>, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Value {
        match self.simplify_further(cursor, op, ty, imm, args) {
            Simplified::Value(value) => value,
            _ => {
                let inst = cursor.append(op, ty, imm, args);
                self.appended(cursor.func, cursor.block, inst);
                cursor.func.result(inst)
            }
        }
    }

    /// The same for an instruction that replaces another one.
    fn simplify_further(&mut self, cursor: &mut Cursor<'_>, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Simplified {
        if matches!(op, Op::TrapZ | Op::TrapNz)
            && let Some(bits) = cursor.func.as_const(args[0])
            && (bits != 0) == (op == Op::TrapZ)
            && self.may_rewrite()
        {
            return Simplified::Gone;
        }
        if !is_mergeable(op, imm) {
            return Simplified::Keep;
        }
        match fold(cursor.func, op, ty, imm, args) {
            Folded::None => {}
            _ if !self.may_rewrite() => {}
            Folded::Value(value) => return Simplified::Value(value),
            Folded::Const(ty, bits) => {
                return Simplified::Value(self.value(cursor, Op::Const, ty, Imm::Const(bits), &[]));
            }
            Folded::Vector(bits) => {
                let imm = cursor.func.vector(bits);
                return Simplified::Value(self.value(cursor, Op::VConst, Type::V128, imm, &[]));
            }
            Folded::Inst(_) if self.steps_left == 0 => {}
            Folded::Inst(expr) => {
                self.steps_left -= 1;
                let value = build(&expr, &mut |op, ty, imm, args| self.value(cursor, op, ty, imm, &args));
                return Simplified::Value(value);
            }
        }
        self.hash = self.table.hash(op, ty, imm, args);
        match self.table.find(cursor.func, self.hash, op, ty, imm, args) {
            Some(inst) if self.may_rewrite() => Simplified::Value(cursor.func.result(inst)),
            _ => Simplified::Keep,
        }
    }
}

impl Simplifier for Construct {
    fn simplify(&mut self, cursor: &mut Cursor<'_>, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Simplified {
        self.enter(cursor.block);
        self.steps_left = MOST_STEPS;
        self.simplify_further(cursor, op, ty, imm, args)
    }

    fn appended(&mut self, f: &Function, block: Block, inst: Inst) {
        self.enter(block);
        let data = f.inst(inst);
        if is_mergeable(data.op, data.imm) {
            debug_assert_eq!(self.hash, self.table.hash(data.op, data.ty, data.imm, &data.args), "just kept");
            self.table.insert(self.hash, inst);
        }
    }
}
