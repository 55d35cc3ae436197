//! Atomic operators. Accesses are checked explicitly, alignment before bounds; the check is cheap compared with the
//! access itself.

use super::*;
use wasmparser::{MemArg, MemArgTarget};

/// The form of an atomic access.
#[derive(Clone, Copy)]
enum AtomicForm {
    Load,
    Store,
    Rmw(Op),
    /// There is no operation for a subtraction: the negated operand is added.
    Sub,
    Cmpxchg,
}

impl Translator<'_, '_> {
    /// Translates an operator of the threads proposal; `None` for any other.
    pub(super) fn atomic_operator(&mut self, op: &Operator<'_>) -> Option<TranslateResult> {
        use Access::{Full, U8, U16, U32};
        use Operator as O;
        use Type::{I32, I64};
        let add = AtomicForm::Rmw(Op::AtomicAdd);
        let and = AtomicForm::Rmw(Op::AtomicAnd);
        let or = AtomicForm::Rmw(Op::AtomicOr);
        let xor = AtomicForm::Rmw(Op::AtomicXor);
        let xchg = AtomicForm::Rmw(Op::AtomicXchg);
        let (form, ty, access, arg) = match *op {
            O::AtomicFence { .. } => {
                self.b.effect(Op::Fence, I32, Imm::None, &[]);
                return Some(Ok(()));
            }
            O::MemoryAtomicWait32 { memarg } => return Some(self.atomic_libcall(Libcall::AtomicWait32, memarg, 2)),
            O::MemoryAtomicWait64 { memarg } => return Some(self.atomic_libcall(Libcall::AtomicWait64, memarg, 2)),
            O::MemoryAtomicNotify { memarg } => return Some(self.atomic_libcall(Libcall::AtomicNotify, memarg, 1)),
            O::I32AtomicLoad { memarg } => (AtomicForm::Load, I32, Full, memarg),
            O::I32AtomicLoad8U { memarg } => (AtomicForm::Load, I32, U8, memarg),
            O::I32AtomicLoad16U { memarg } => (AtomicForm::Load, I32, U16, memarg),
            O::I64AtomicLoad { memarg } => (AtomicForm::Load, I64, Full, memarg),
            O::I64AtomicLoad8U { memarg } => (AtomicForm::Load, I64, U8, memarg),
            O::I64AtomicLoad16U { memarg } => (AtomicForm::Load, I64, U16, memarg),
            O::I64AtomicLoad32U { memarg } => (AtomicForm::Load, I64, U32, memarg),
            O::I32AtomicStore { memarg } => (AtomicForm::Store, I32, Full, memarg),
            O::I32AtomicStore8 { memarg } => (AtomicForm::Store, I32, U8, memarg),
            O::I32AtomicStore16 { memarg } => (AtomicForm::Store, I32, U16, memarg),
            O::I64AtomicStore { memarg } => (AtomicForm::Store, I64, Full, memarg),
            O::I64AtomicStore8 { memarg } => (AtomicForm::Store, I64, U8, memarg),
            O::I64AtomicStore16 { memarg } => (AtomicForm::Store, I64, U16, memarg),
            O::I64AtomicStore32 { memarg } => (AtomicForm::Store, I64, U32, memarg),
            O::I32AtomicRmwAdd { memarg } => (add, I32, Full, memarg),
            O::I32AtomicRmw8AddU { memarg } => (add, I32, U8, memarg),
            O::I32AtomicRmw16AddU { memarg } => (add, I32, U16, memarg),
            O::I64AtomicRmwAdd { memarg } => (add, I64, Full, memarg),
            O::I64AtomicRmw8AddU { memarg } => (add, I64, U8, memarg),
            O::I64AtomicRmw16AddU { memarg } => (add, I64, U16, memarg),
            O::I64AtomicRmw32AddU { memarg } => (add, I64, U32, memarg),
            O::I32AtomicRmwSub { memarg } => (AtomicForm::Sub, I32, Full, memarg),
            O::I32AtomicRmw8SubU { memarg } => (AtomicForm::Sub, I32, U8, memarg),
            O::I32AtomicRmw16SubU { memarg } => (AtomicForm::Sub, I32, U16, memarg),
            O::I64AtomicRmwSub { memarg } => (AtomicForm::Sub, I64, Full, memarg),
            O::I64AtomicRmw8SubU { memarg } => (AtomicForm::Sub, I64, U8, memarg),
            O::I64AtomicRmw16SubU { memarg } => (AtomicForm::Sub, I64, U16, memarg),
            O::I64AtomicRmw32SubU { memarg } => (AtomicForm::Sub, I64, U32, memarg),
            O::I32AtomicRmwAnd { memarg } => (and, I32, Full, memarg),
            O::I32AtomicRmw8AndU { memarg } => (and, I32, U8, memarg),
            O::I32AtomicRmw16AndU { memarg } => (and, I32, U16, memarg),
            O::I64AtomicRmwAnd { memarg } => (and, I64, Full, memarg),
            O::I64AtomicRmw8AndU { memarg } => (and, I64, U8, memarg),
            O::I64AtomicRmw16AndU { memarg } => (and, I64, U16, memarg),
            O::I64AtomicRmw32AndU { memarg } => (and, I64, U32, memarg),
            O::I32AtomicRmwOr { memarg } => (or, I32, Full, memarg),
            O::I32AtomicRmw8OrU { memarg } => (or, I32, U8, memarg),
            O::I32AtomicRmw16OrU { memarg } => (or, I32, U16, memarg),
            O::I64AtomicRmwOr { memarg } => (or, I64, Full, memarg),
            O::I64AtomicRmw8OrU { memarg } => (or, I64, U8, memarg),
            O::I64AtomicRmw16OrU { memarg } => (or, I64, U16, memarg),
            O::I64AtomicRmw32OrU { memarg } => (or, I64, U32, memarg),
            O::I32AtomicRmwXor { memarg } => (xor, I32, Full, memarg),
            O::I32AtomicRmw8XorU { memarg } => (xor, I32, U8, memarg),
            O::I32AtomicRmw16XorU { memarg } => (xor, I32, U16, memarg),
            O::I64AtomicRmwXor { memarg } => (xor, I64, Full, memarg),
            O::I64AtomicRmw8XorU { memarg } => (xor, I64, U8, memarg),
            O::I64AtomicRmw16XorU { memarg } => (xor, I64, U16, memarg),
            O::I64AtomicRmw32XorU { memarg } => (xor, I64, U32, memarg),
            O::I32AtomicRmwXchg { memarg } => (xchg, I32, Full, memarg),
            O::I32AtomicRmw8XchgU { memarg } => (xchg, I32, U8, memarg),
            O::I32AtomicRmw16XchgU { memarg } => (xchg, I32, U16, memarg),
            O::I64AtomicRmwXchg { memarg } => (xchg, I64, Full, memarg),
            O::I64AtomicRmw8XchgU { memarg } => (xchg, I64, U8, memarg),
            O::I64AtomicRmw16XchgU { memarg } => (xchg, I64, U16, memarg),
            O::I64AtomicRmw32XchgU { memarg } => (xchg, I64, U32, memarg),
            O::I32AtomicRmwCmpxchg { memarg } => (AtomicForm::Cmpxchg, I32, Full, memarg),
            O::I32AtomicRmw8CmpxchgU { memarg } => (AtomicForm::Cmpxchg, I32, U8, memarg),
            O::I32AtomicRmw16CmpxchgU { memarg } => (AtomicForm::Cmpxchg, I32, U16, memarg),
            O::I64AtomicRmwCmpxchg { memarg } => (AtomicForm::Cmpxchg, I64, Full, memarg),
            O::I64AtomicRmw8CmpxchgU { memarg } => (AtomicForm::Cmpxchg, I64, U8, memarg),
            O::I64AtomicRmw16CmpxchgU { memarg } => (AtomicForm::Cmpxchg, I64, U16, memarg),
            O::I64AtomicRmw32CmpxchgU { memarg } => (AtomicForm::Cmpxchg, I64, U32, memarg),
            _ => return None,
        };
        Some(self.atomic_access(form, ty, access, arg))
    }

    fn atomic_access(&mut self, form: AtomicForm, ty: Type, access: Access, arg: MemArg) -> TranslateResult {
        match form {
            AtomicForm::Load => {
                let index = self.pop();
                let (base, index, imm) = self.atomic_address(ty, access, arg, index)?;
                let v = self.b.ins(Op::AtomicLoad, ty, imm, &[base, index]);
                self.push(v);
            }
            AtomicForm::Store => {
                let (index, v) = self.pop2();
                let (base, index, imm) = self.atomic_address(ty, access, arg, index)?;
                self.b.effect(Op::AtomicStore, ty, imm, &[v, base, index]);
            }
            AtomicForm::Rmw(op) => {
                let (index, v) = self.pop2();
                let (base, index, imm) = self.atomic_address(ty, access, arg, index)?;
                let old = self.b.ins(op, ty, imm, &[v, base, index]);
                self.push(old);
            }
            AtomicForm::Sub => {
                let (index, v) = self.pop2();
                let zero = self.b.constant(ty, 0);
                let v = self.b.binary(Op::ISub, zero, v);
                let (base, index, imm) = self.atomic_address(ty, access, arg, index)?;
                let old = self.b.ins(Op::AtomicAdd, ty, imm, &[v, base, index]);
                self.push(old);
            }
            AtomicForm::Cmpxchg => {
                let new = self.pop();
                let (index, expected) = self.pop2();
                let (base, index, imm) = self.atomic_address(ty, access, arg, index)?;
                // The operation wraps the expected value to the width of the access.
                let old = self.b.ins(Op::AtomicCas, ty, imm, &[expected, new, base, index]);
                self.push(old);
            }
        }
        Ok(())
    }

    /// Returns the base, 64-bit index and immediate of an access after its checks.
    fn atomic_address(
        &mut self,
        ty: Type,
        access: Access,
        arg: MemArg,
        index: Value,
    ) -> Result<(Value, Value, Imm), Unsupported> {
        let MemArgTarget::Memory(memory) = arg.target else { return self.unsupported("multibyte-array-access") };
        let bytes = u64::from(access.bytes(ty));
        if bytes > 1 {
            // The lower bits decide. As in the specification's interpreter, an access that is both unaligned and out of
            // bounds counts as unaligned.
            let low = match self.b.ty(index) {
                Type::I32 => index,
                _ => self.b.convert(Op::Wrap, Type::I32, index),
            };
            let offset = self.b.i32(arg.offset as u32);
            let low = self.b.binary(Op::IAdd, low, offset);
            let mask = self.b.i32(bytes as u32 - 1);
            let odd = self.b.binary(Op::And, low, mask);
            self.b.trapnz(odd, TrapCode::UnalignedAtomic, None);
        }
        let checked = if self.address_type(memory) == Type::I64 {
            self.wide_access(memory, access, bytes, arg.offset, index)
        } else {
            let wide = self.b.convert(Op::ZExt, Type::I64, index);
            // Both are 32-bit numbers, so the sum is exact.
            let beyond = self.b.i64(arg.offset + bytes);
            let end = self.b.binary(Op::IAdd, wide, beyond);
            let len = self.memory_len(memory);
            let outside = self.b.icmp(IntCond::GtU, end, len);
            self.b.trapnz(outside, TrapCode::MemoryOutOfBounds, None);
            (self.memory_base(memory), wide, Imm::Heap { offset: arg.offset as u32, access, memory, guard: false })
        };
        Ok(checked)
    }

    /// Translates `wait` or `notify`, which take `operands` operands after the address.
    fn atomic_libcall(&mut self, libcall: Libcall, arg: MemArg, operands: usize) -> TranslateResult {
        let MemArgTarget::Memory(memory) = arg.target else { return self.unsupported("multibyte-array-access") };
        let operands = self.pop_list(operands);
        let index = self.pop();
        let mut args: SmallVec<[Value; 5]> = SmallVec::new();
        args.push(self.b.i32(memory));
        args.push(index);
        args.push(self.b.i64(arg.offset));
        args.extend_from_slice(&operands);
        let r = self.b.libcall(libcall, &args);
        self.convert_value(Op::Wrap, Type::I32, r);
        Ok(())
    }
}
