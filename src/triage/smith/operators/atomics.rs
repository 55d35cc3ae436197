//! The atomic accesses.

use wasm_encoder::{Instruction as I, MemArg, ValType as V};

/// What an access does with the value in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Load,
    Store,
    /// Takes one operand, and returns the old value.
    Modify,
    /// Takes two operands.
    Exchange,
}
use Kind::{Exchange, Load, Modify, Store};

pub type Access = (fn(MemArg) -> I<'static>, V, u32, Kind);

/// The accesses: the type of their values, the logarithm of their width.
pub const ACCESSES: [Access; 63] = [
    (I::I32AtomicLoad, V::I32, 2, Load),
    (I::I64AtomicLoad, V::I64, 3, Load),
    (I::I32AtomicLoad8U, V::I32, 0, Load),
    (I::I32AtomicLoad16U, V::I32, 1, Load),
    (I::I64AtomicLoad8U, V::I64, 0, Load),
    (I::I64AtomicLoad16U, V::I64, 1, Load),
    (I::I64AtomicLoad32U, V::I64, 2, Load),
    (I::I32AtomicStore, V::I32, 2, Store),
    (I::I64AtomicStore, V::I64, 3, Store),
    (I::I32AtomicStore8, V::I32, 0, Store),
    (I::I32AtomicStore16, V::I32, 1, Store),
    (I::I64AtomicStore8, V::I64, 0, Store),
    (I::I64AtomicStore16, V::I64, 1, Store),
    (I::I64AtomicStore32, V::I64, 2, Store),
    (I::I32AtomicRmwAdd, V::I32, 2, Modify),
    (I::I64AtomicRmwAdd, V::I64, 3, Modify),
    (I::I32AtomicRmw8AddU, V::I32, 0, Modify),
    (I::I32AtomicRmw16AddU, V::I32, 1, Modify),
    (I::I64AtomicRmw8AddU, V::I64, 0, Modify),
    (I::I64AtomicRmw16AddU, V::I64, 1, Modify),
    (I::I64AtomicRmw32AddU, V::I64, 2, Modify),
    (I::I32AtomicRmwSub, V::I32, 2, Modify),
    (I::I64AtomicRmwSub, V::I64, 3, Modify),
    (I::I32AtomicRmw8SubU, V::I32, 0, Modify),
    (I::I32AtomicRmw16SubU, V::I32, 1, Modify),
    (I::I64AtomicRmw8SubU, V::I64, 0, Modify),
    (I::I64AtomicRmw16SubU, V::I64, 1, Modify),
    (I::I64AtomicRmw32SubU, V::I64, 2, Modify),
    (I::I32AtomicRmwAnd, V::I32, 2, Modify),
    (I::I64AtomicRmwAnd, V::I64, 3, Modify),
    (I::I32AtomicRmw8AndU, V::I32, 0, Modify),
    (I::I32AtomicRmw16AndU, V::I32, 1, Modify),
    (I::I64AtomicRmw8AndU, V::I64, 0, Modify),
    (I::I64AtomicRmw16AndU, V::I64, 1, Modify),
    (I::I64AtomicRmw32AndU, V::I64, 2, Modify),
    (I::I32AtomicRmwOr, V::I32, 2, Modify),
    (I::I64AtomicRmwOr, V::I64, 3, Modify),
    (I::I32AtomicRmw8OrU, V::I32, 0, Modify),
    (I::I32AtomicRmw16OrU, V::I32, 1, Modify),
    (I::I64AtomicRmw8OrU, V::I64, 0, Modify),
    (I::I64AtomicRmw16OrU, V::I64, 1, Modify),
    (I::I64AtomicRmw32OrU, V::I64, 2, Modify),
    (I::I32AtomicRmwXor, V::I32, 2, Modify),
    (I::I64AtomicRmwXor, V::I64, 3, Modify),
    (I::I32AtomicRmw8XorU, V::I32, 0, Modify),
    (I::I32AtomicRmw16XorU, V::I32, 1, Modify),
    (I::I64AtomicRmw8XorU, V::I64, 0, Modify),
    (I::I64AtomicRmw16XorU, V::I64, 1, Modify),
    (I::I64AtomicRmw32XorU, V::I64, 2, Modify),
    (I::I32AtomicRmwXchg, V::I32, 2, Modify),
    (I::I64AtomicRmwXchg, V::I64, 3, Modify),
    (I::I32AtomicRmw8XchgU, V::I32, 0, Modify),
    (I::I32AtomicRmw16XchgU, V::I32, 1, Modify),
    (I::I64AtomicRmw8XchgU, V::I64, 0, Modify),
    (I::I64AtomicRmw16XchgU, V::I64, 1, Modify),
    (I::I64AtomicRmw32XchgU, V::I64, 2, Modify),
    (I::I32AtomicRmwCmpxchg, V::I32, 2, Exchange),
    (I::I64AtomicRmwCmpxchg, V::I64, 3, Exchange),
    (I::I32AtomicRmw8CmpxchgU, V::I32, 0, Exchange),
    (I::I32AtomicRmw16CmpxchgU, V::I32, 1, Exchange),
    (I::I64AtomicRmw8CmpxchgU, V::I64, 0, Exchange),
    (I::I64AtomicRmw16CmpxchgU, V::I64, 1, Exchange),
    (I::I64AtomicRmw32CmpxchgU, V::I64, 2, Exchange),
];
