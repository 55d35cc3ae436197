//! Computations that take several SSA instructions, in code from any compiler.
//!
//! The SSA form has no flags. A carry is a comparison: `a + b < b` for a sum, `a < b` for a difference. A 128-bit sum
//! consists of two sums and such a carry.

use super::{Lower, LowerIsa};
use crate::jit::ir::{self, Imm, IntCond, Op, Type, Value};
use smallvec::SmallVec;

/// 1 if `below.0 < below.1`, unsigned, otherwise 0; used by only one instruction.
struct Carry {
    below: (Value, Value),
    /// The comparison and its extensions.
    by: SmallVec<[ir::Inst; 3]>,
}

/// A sum or difference whose last term is a carry or borrow.
pub struct WithCarry {
    /// The other terms; without a second one, only the carry is added or subtracted.
    pub terms: (Value, Option<Value>),
    /// There is a carry if the first value is below the second, unsigned.
    pub below: (Value, Value),
    /// The instruction just before, if it computes the lower half and can leave this carry in the flags.
    pub lower: Option<ir::Inst>,
}

impl<I: LowerIsa> Lower<'_, I> {
    fn carry(&self, value: Value) -> Option<Carry> {
        let mut by = SmallVec::new();
        let mut value = value;
        if let Some(zext) = self.def_by(value, Op::ZExt).filter(|_| self.use_count(value) == 1) {
            by.push(zext);
            value = self.data(zext).args[0];
        }
        let compare = self.def_by(value, Op::ICmp).filter(|_| self.use_count(value) == 1)?;
        by.push(compare);
        let data = self.data(compare);
        let below = match data.imm {
            Imm::IntCond(IntCond::LtU) => (data.args[0], data.args[1]),
            Imm::IntCond(IntCond::GtU) => (data.args[1], data.args[0]),
            _ => return None,
        };
        Some(Carry { below, by })
    }

    /// Returns the sum or difference that an instruction computes, if one of its terms is a carry or borrow.
    pub fn with_carry(&self, inst: ir::Inst) -> Option<WithCarry> {
        let data = self.data(inst);
        let (op, ty, x, y) = (data.op, data.ty, data.args[0], data.args[1]);
        if !matches!(ty, Type::I32 | Type::I64) {
            return None;
        }
        let (rest, carry) = match (self.carry(y), op) {
            (Some(carry), _) => (x, carry),
            (None, Op::IAdd) => (y, self.carry(x)?),
            (None, _) => return None,
        };
        let mut between = carry.by.clone();
        // The other term may itself be a sum.
        let terms = match self.def_by(rest, op).filter(|_| self.use_count(rest) == 1) {
            Some(sum) => {
                between.push(sum);
                let (x, y) = (self.data(sum).args[0], self.data(sum).args[1]);
                if op == Op::IAdd && self.as_const(x).is_some() { (y, Some(x)) } else { (x, Some(y)) }
            }
            None => (rest, None),
        };
        let f = self.function();
        let below = (f.resolve(carry.below.0), f.resolve(carry.below.1));
        let uses = |value| f.resolve(terms.0) == value || terms.1.is_some_and(|other| f.resolve(other) == value);
        let lower = self.previous(&between).filter(|&lower| {
            let data = self.data(lower);
            let (x, y) = match data.args[..] {
                [x, y] => (f.resolve(x), f.resolve(y)),
                _ => return false,
            };
            let (p, q) = below;
            // An instruction without a result, such as a store, has a different operation, so the result is accessed last.
            data.op == op
                && data.ty == self.ty(p)
                // Poisoning comes after both instructions: the second must not use the result of the first.
                && !(self.is_poisoned(f.result(lower)) && uses(f.result(lower)))
                && if op == Op::IAdd { p == f.result(lower) && (q == x || q == y) } else { p == x && q == y }
        });
        Some(WithCarry { terms, below, lower })
    }

    /// The instruction just before, if it computes the lower half of the product whose upper half `inst` computes.
    pub fn lower_half(&self, inst: ir::Inst) -> Option<ir::Inst> {
        let f = self.function();
        let args =
            |inst: ir::Inst| -> SmallVec<[Value; 2]> { self.data(inst).args.iter().map(|&v| f.resolve(v)).collect() };
        let factors = args(inst);
        self.previous(&[]).filter(|&lower| {
            let data = self.data(lower);
            let same = |of: &[Value]| of == &factors[..] || of == [factors[1], factors[0]];
            data.op == Op::IMul && data.ty == Type::I64 && same(&args(lower))
        })
    }

    /// Looks through comparisons of a comparison with 0. Returns the innermost one, whether the others invert it, and
    /// whether each is used only once. This is a loop, because such chains may be as long as the function.
    pub fn behind_tests(&self, mut value: Value, mut only: bool) -> (Value, bool, bool) {
        /// Longer chains occur only in modules that are made to compile slowly.
        const LONGEST: usize = 32;
        let mut inverted = false;
        for _ in 0..LONGEST {
            let Some(inst) = self.def_by(value, Op::ICmp) else { break };
            let data = self.data(inst);
            let inner = data.args[0];
            let of_comparison = self.def_by(inner, Op::ICmp).is_some()
                || self.def_by(inner, Op::FCmp).is_some()
                || self.vector_test(inner).is_some();
            match data.imm {
                Imm::IntCond(IntCond::Eq) if of_comparison && self.as_const(data.args[1]) == Some(0) => {
                    inverted = !inverted;
                }
                Imm::IntCond(IntCond::Ne) if of_comparison && self.as_const(data.args[1]) == Some(0) => {}
                _ => break,
            }
            value = inner;
            only &= self.use_count(inner) == 1;
        }
        (value, inverted, only)
    }

    /// The vector test that computes a value.
    pub fn vector_test(&self, value: Value) -> Option<ir::Inst> {
        self.def_by(value, Op::VAnyTrue).or_else(|| self.def_by(value, Op::VAllTrue))
    }
}
