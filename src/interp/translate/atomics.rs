//! Atomic operators.

use super::*;
use crate::interp::atomics::{AtomicKind, Rmw};
use crate::interp::encoding::*;
use wasmparser::{MemArg, Operator};

/// The form of an atomic operator.
enum AtomicForm {
    Load,
    Store,
    Rmw(Rmw),
    Cmpxchg,
    Wait,
    Notify,
}

/// AtomicForm, log2 of the bytes accessed, whether its value is an i64, and memory argument.
fn form(operator: &Operator<'_>) -> Option<(AtomicForm, u16, bool, MemArg)> {
    macro_rules! forms {
        ($($op:ident: $form:expr, $log2:literal, $long:literal;)*) => {
            Some(match *operator {
                $(Operator::$op { memarg } => ($form, $log2, $long, memarg),)*
                _ => return None,
            })
        };
    }
    forms! {
        I32AtomicLoad: AtomicForm::Load, 2, false;
        I64AtomicLoad: AtomicForm::Load, 3, true;
        I32AtomicLoad8U: AtomicForm::Load, 0, false;
        I32AtomicLoad16U: AtomicForm::Load, 1, false;
        I64AtomicLoad8U: AtomicForm::Load, 0, true;
        I64AtomicLoad16U: AtomicForm::Load, 1, true;
        I64AtomicLoad32U: AtomicForm::Load, 2, true;
        I32AtomicStore: AtomicForm::Store, 2, false;
        I64AtomicStore: AtomicForm::Store, 3, true;
        I32AtomicStore8: AtomicForm::Store, 0, false;
        I32AtomicStore16: AtomicForm::Store, 1, false;
        I64AtomicStore8: AtomicForm::Store, 0, true;
        I64AtomicStore16: AtomicForm::Store, 1, true;
        I64AtomicStore32: AtomicForm::Store, 2, true;
        I32AtomicRmwAdd: AtomicForm::Rmw(Rmw::Add), 2, false;
        I64AtomicRmwAdd: AtomicForm::Rmw(Rmw::Add), 3, true;
        I32AtomicRmw8AddU: AtomicForm::Rmw(Rmw::Add), 0, false;
        I32AtomicRmw16AddU: AtomicForm::Rmw(Rmw::Add), 1, false;
        I64AtomicRmw8AddU: AtomicForm::Rmw(Rmw::Add), 0, true;
        I64AtomicRmw16AddU: AtomicForm::Rmw(Rmw::Add), 1, true;
        I64AtomicRmw32AddU: AtomicForm::Rmw(Rmw::Add), 2, true;
        I32AtomicRmwSub: AtomicForm::Rmw(Rmw::Sub), 2, false;
        I64AtomicRmwSub: AtomicForm::Rmw(Rmw::Sub), 3, true;
        I32AtomicRmw8SubU: AtomicForm::Rmw(Rmw::Sub), 0, false;
        I32AtomicRmw16SubU: AtomicForm::Rmw(Rmw::Sub), 1, false;
        I64AtomicRmw8SubU: AtomicForm::Rmw(Rmw::Sub), 0, true;
        I64AtomicRmw16SubU: AtomicForm::Rmw(Rmw::Sub), 1, true;
        I64AtomicRmw32SubU: AtomicForm::Rmw(Rmw::Sub), 2, true;
        I32AtomicRmwAnd: AtomicForm::Rmw(Rmw::And), 2, false;
        I64AtomicRmwAnd: AtomicForm::Rmw(Rmw::And), 3, true;
        I32AtomicRmw8AndU: AtomicForm::Rmw(Rmw::And), 0, false;
        I32AtomicRmw16AndU: AtomicForm::Rmw(Rmw::And), 1, false;
        I64AtomicRmw8AndU: AtomicForm::Rmw(Rmw::And), 0, true;
        I64AtomicRmw16AndU: AtomicForm::Rmw(Rmw::And), 1, true;
        I64AtomicRmw32AndU: AtomicForm::Rmw(Rmw::And), 2, true;
        I32AtomicRmwOr: AtomicForm::Rmw(Rmw::Or), 2, false;
        I64AtomicRmwOr: AtomicForm::Rmw(Rmw::Or), 3, true;
        I32AtomicRmw8OrU: AtomicForm::Rmw(Rmw::Or), 0, false;
        I32AtomicRmw16OrU: AtomicForm::Rmw(Rmw::Or), 1, false;
        I64AtomicRmw8OrU: AtomicForm::Rmw(Rmw::Or), 0, true;
        I64AtomicRmw16OrU: AtomicForm::Rmw(Rmw::Or), 1, true;
        I64AtomicRmw32OrU: AtomicForm::Rmw(Rmw::Or), 2, true;
        I32AtomicRmwXor: AtomicForm::Rmw(Rmw::Xor), 2, false;
        I64AtomicRmwXor: AtomicForm::Rmw(Rmw::Xor), 3, true;
        I32AtomicRmw8XorU: AtomicForm::Rmw(Rmw::Xor), 0, false;
        I32AtomicRmw16XorU: AtomicForm::Rmw(Rmw::Xor), 1, false;
        I64AtomicRmw8XorU: AtomicForm::Rmw(Rmw::Xor), 0, true;
        I64AtomicRmw16XorU: AtomicForm::Rmw(Rmw::Xor), 1, true;
        I64AtomicRmw32XorU: AtomicForm::Rmw(Rmw::Xor), 2, true;
        I32AtomicRmwXchg: AtomicForm::Rmw(Rmw::Xchg), 2, false;
        I64AtomicRmwXchg: AtomicForm::Rmw(Rmw::Xchg), 3, true;
        I32AtomicRmw8XchgU: AtomicForm::Rmw(Rmw::Xchg), 0, false;
        I32AtomicRmw16XchgU: AtomicForm::Rmw(Rmw::Xchg), 1, false;
        I64AtomicRmw8XchgU: AtomicForm::Rmw(Rmw::Xchg), 0, true;
        I64AtomicRmw16XchgU: AtomicForm::Rmw(Rmw::Xchg), 1, true;
        I64AtomicRmw32XchgU: AtomicForm::Rmw(Rmw::Xchg), 2, true;
        I32AtomicRmwCmpxchg: AtomicForm::Cmpxchg, 2, false;
        I64AtomicRmwCmpxchg: AtomicForm::Cmpxchg, 3, true;
        I32AtomicRmw8CmpxchgU: AtomicForm::Cmpxchg, 0, false;
        I32AtomicRmw16CmpxchgU: AtomicForm::Cmpxchg, 1, false;
        I64AtomicRmw8CmpxchgU: AtomicForm::Cmpxchg, 0, true;
        I64AtomicRmw16CmpxchgU: AtomicForm::Cmpxchg, 1, true;
        I64AtomicRmw32CmpxchgU: AtomicForm::Cmpxchg, 2, true;
        MemoryAtomicWait32: AtomicForm::Wait, 2, false;
        MemoryAtomicWait64: AtomicForm::Wait, 3, true;
        MemoryAtomicNotify: AtomicForm::Notify, 2, false;
    }
}

impl Translator<'_> {
    /// Translates an operator of the threads proposal; panics for any other.
    pub fn atomic(&mut self, operator: &Operator<'_>) -> Option<TranslateResult> {
        if let Operator::AtomicFence { .. } = operator {
            self.emit(Op::AtomicFence, Nothing {});
            return Some(Ok(()));
        }
        let (form, log2, long, memarg) = form(operator)?;
        Some(self.atomic_access(form, log2, long, memarg))
    }

    fn atomic_access(&mut self, form: AtomicForm, log2: u16, long: bool, memarg: MemArg) -> TranslateResult {
        let (memory, wide) = self.memory_of(&memarg)?;
        let class = if long { ValueClass::Int64 } else { ValueClass::Int32 };
        let rmw = if let AtomicForm::Rmw(rmw) = form { rmw } else { Rmw::Add };
        let kind = AtomicKind { log2, long, rmw }.encode();
        let operands = |dst: Slot, a: Slot, b: Slot, c: Slot| Atomic {
            dst,
            a,
            b,
            c,
            memory,
            wide: wide.into(),
            kind,
            pad: P16,
            offset: memarg.offset,
        };
        match form {
            AtomicForm::Load => {
                let [a] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::AtomicLoad, operands(dst, a, a, a), dst, class, class)
            }
            AtomicForm::Store => {
                let [a, b] = self.operands();
                self.emit(Op::AtomicStore, operands(a, a, b, b));
                Ok(())
            }
            AtomicForm::Rmw(_) => {
                let [a, b] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::AtomicRmw, operands(dst, a, b, b), dst, class, class)
            }
            AtomicForm::Cmpxchg => {
                let [a, b, c] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::AtomicCmpxchg, operands(dst, a, b, c), dst, class, class)
            }
            AtomicForm::Wait => {
                let [a, b, c] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::AtomicWait, operands(dst, a, b, c), dst, ValueClass::Int32, ValueClass::Int32)
            }
            AtomicForm::Notify => {
                let [a, b] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::AtomicNotify, operands(dst, a, b, b), dst, ValueClass::Int32, ValueClass::Int32)
            }
        }
    }
}
