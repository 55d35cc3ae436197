//! Atomic operators.

use super::*;
use crate::interp::atomics::{AtomicKind, Rmw};
use crate::interp::operands::*;
use wasmparser::{MemArg, Operator};

/// What an atomic operator is.
enum Form {
    Load,
    Store,
    Rmw(Rmw),
    Cmpxchg,
    Wait,
    Notify,
}

/// Form, log2 of the bytes accessed, whether its value is an i64, and memory argument.
fn form(operator: &Operator<'_>) -> Option<(Form, u16, bool, MemArg)> {
    macro_rules! forms {
        ($($op:ident: $form:expr, $log2:literal, $long:literal;)*) => {
            Some(match *operator {
                $(Operator::$op { memarg } => ($form, $log2, $long, memarg),)*
                _ => return None,
            })
        };
    }
    forms! {
        I32AtomicLoad: Form::Load, 2, false;
        I64AtomicLoad: Form::Load, 3, true;
        I32AtomicLoad8U: Form::Load, 0, false;
        I32AtomicLoad16U: Form::Load, 1, false;
        I64AtomicLoad8U: Form::Load, 0, true;
        I64AtomicLoad16U: Form::Load, 1, true;
        I64AtomicLoad32U: Form::Load, 2, true;
        I32AtomicStore: Form::Store, 2, false;
        I64AtomicStore: Form::Store, 3, true;
        I32AtomicStore8: Form::Store, 0, false;
        I32AtomicStore16: Form::Store, 1, false;
        I64AtomicStore8: Form::Store, 0, true;
        I64AtomicStore16: Form::Store, 1, true;
        I64AtomicStore32: Form::Store, 2, true;
        I32AtomicRmwAdd: Form::Rmw(Rmw::Add), 2, false;
        I64AtomicRmwAdd: Form::Rmw(Rmw::Add), 3, true;
        I32AtomicRmw8AddU: Form::Rmw(Rmw::Add), 0, false;
        I32AtomicRmw16AddU: Form::Rmw(Rmw::Add), 1, false;
        I64AtomicRmw8AddU: Form::Rmw(Rmw::Add), 0, true;
        I64AtomicRmw16AddU: Form::Rmw(Rmw::Add), 1, true;
        I64AtomicRmw32AddU: Form::Rmw(Rmw::Add), 2, true;
        I32AtomicRmwSub: Form::Rmw(Rmw::Sub), 2, false;
        I64AtomicRmwSub: Form::Rmw(Rmw::Sub), 3, true;
        I32AtomicRmw8SubU: Form::Rmw(Rmw::Sub), 0, false;
        I32AtomicRmw16SubU: Form::Rmw(Rmw::Sub), 1, false;
        I64AtomicRmw8SubU: Form::Rmw(Rmw::Sub), 0, true;
        I64AtomicRmw16SubU: Form::Rmw(Rmw::Sub), 1, true;
        I64AtomicRmw32SubU: Form::Rmw(Rmw::Sub), 2, true;
        I32AtomicRmwAnd: Form::Rmw(Rmw::And), 2, false;
        I64AtomicRmwAnd: Form::Rmw(Rmw::And), 3, true;
        I32AtomicRmw8AndU: Form::Rmw(Rmw::And), 0, false;
        I32AtomicRmw16AndU: Form::Rmw(Rmw::And), 1, false;
        I64AtomicRmw8AndU: Form::Rmw(Rmw::And), 0, true;
        I64AtomicRmw16AndU: Form::Rmw(Rmw::And), 1, true;
        I64AtomicRmw32AndU: Form::Rmw(Rmw::And), 2, true;
        I32AtomicRmwOr: Form::Rmw(Rmw::Or), 2, false;
        I64AtomicRmwOr: Form::Rmw(Rmw::Or), 3, true;
        I32AtomicRmw8OrU: Form::Rmw(Rmw::Or), 0, false;
        I32AtomicRmw16OrU: Form::Rmw(Rmw::Or), 1, false;
        I64AtomicRmw8OrU: Form::Rmw(Rmw::Or), 0, true;
        I64AtomicRmw16OrU: Form::Rmw(Rmw::Or), 1, true;
        I64AtomicRmw32OrU: Form::Rmw(Rmw::Or), 2, true;
        I32AtomicRmwXor: Form::Rmw(Rmw::Xor), 2, false;
        I64AtomicRmwXor: Form::Rmw(Rmw::Xor), 3, true;
        I32AtomicRmw8XorU: Form::Rmw(Rmw::Xor), 0, false;
        I32AtomicRmw16XorU: Form::Rmw(Rmw::Xor), 1, false;
        I64AtomicRmw8XorU: Form::Rmw(Rmw::Xor), 0, true;
        I64AtomicRmw16XorU: Form::Rmw(Rmw::Xor), 1, true;
        I64AtomicRmw32XorU: Form::Rmw(Rmw::Xor), 2, true;
        I32AtomicRmwXchg: Form::Rmw(Rmw::Xchg), 2, false;
        I64AtomicRmwXchg: Form::Rmw(Rmw::Xchg), 3, true;
        I32AtomicRmw8XchgU: Form::Rmw(Rmw::Xchg), 0, false;
        I32AtomicRmw16XchgU: Form::Rmw(Rmw::Xchg), 1, false;
        I64AtomicRmw8XchgU: Form::Rmw(Rmw::Xchg), 0, true;
        I64AtomicRmw16XchgU: Form::Rmw(Rmw::Xchg), 1, true;
        I64AtomicRmw32XchgU: Form::Rmw(Rmw::Xchg), 2, true;
        I32AtomicRmwCmpxchg: Form::Cmpxchg, 2, false;
        I64AtomicRmwCmpxchg: Form::Cmpxchg, 3, true;
        I32AtomicRmw8CmpxchgU: Form::Cmpxchg, 0, false;
        I32AtomicRmw16CmpxchgU: Form::Cmpxchg, 1, false;
        I64AtomicRmw8CmpxchgU: Form::Cmpxchg, 0, true;
        I64AtomicRmw16CmpxchgU: Form::Cmpxchg, 1, true;
        I64AtomicRmw32CmpxchgU: Form::Cmpxchg, 2, true;
        MemoryAtomicWait32: Form::Wait, 2, false;
        MemoryAtomicWait64: Form::Wait, 3, true;
        MemoryAtomicNotify: Form::Notify, 2, false;
    }
}

impl Translator<'_> {
    /// An operator of the threads proposal; `None` if it is none.
    pub fn atomic(&mut self, operator: &Operator<'_>) -> Option<Done> {
        if let Operator::AtomicFence { .. } = operator {
            self.emit(Op::AtomicFence, Nothing {});
            return Some(Ok(()));
        }
        let (form, log2, long, memarg) = form(operator)?;
        Some(self.atomic_access(form, log2, long, memarg))
    }

    fn atomic_access(&mut self, form: Form, log2: u16, long: bool, memarg: MemArg) -> Done {
        let (memory, wide) = self.memory_of(&memarg)?;
        let class = if long { Class::Int64 } else { Class::Int32 };
        let rmw = if let Form::Rmw(rmw) = form { rmw } else { Rmw::Add };
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
            Form::Load => {
                let [a] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::AtomicLoad, operands(dst, a, a, a), dst, class, class)
            }
            Form::Store => {
                let [a, b] = self.operands();
                self.emit(Op::AtomicStore, operands(a, a, b, b));
                Ok(())
            }
            Form::Rmw(_) => {
                let [a, b] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::AtomicRmw, operands(dst, a, b, b), dst, class, class)
            }
            Form::Cmpxchg => {
                let [a, b, c] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::AtomicCmpxchg, operands(dst, a, b, c), dst, class, class)
            }
            Form::Wait => {
                let [a, b, c] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::AtomicWait, operands(dst, a, b, c), dst, Class::Int32, Class::Int32)
            }
            Form::Notify => {
                let [a, b] = self.operands();
                let dst = self.temp(self.height());
                self.result(Op::AtomicNotify, operands(dst, a, b, b), dst, Class::Int32, Class::Int32)
            }
        }
    }
}
