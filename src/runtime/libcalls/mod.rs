//! Libcalls: the Rust functions that code of both backends calls.
//!
//! [`Libcall`] lists them, one row each: the enum, the table of implementations and the exit trampolines of a CPU
//! (`sys`) are all generated from these rows.
//!
//! | file | contents |
//! |---|---|
//! | `memories_and_tables` | memories, tables and segments |
//! | `atomics` | `memory.atomic.wait` and `notify` |
//! | `objects` | structures and arrays |
//! | `exceptions` | making and throwing exceptions |
//! | `continuations` | stack switching |
//! | `exits` | ways from native code to libcalls, and calls across tiers |

pub mod atomics;
pub mod continuations;
pub mod exceptions;
pub mod exits;
pub mod memories_and_tables;
pub mod objects;

pub(super) use super::observe::tracing;
pub(super) use super::trap::raise;
use super::vm::{LibcallResult, VMContext};

/// Signature of all libcalls: context, then up to five 64-bit arguments. i32 arguments are zero-extended by the caller,
/// unused ones are 0.
pub type LibcallFn = unsafe extern "C" fn(*mut VMContext, u64, u64, u64, u64, u64) -> LibcallResult;

/// Expands `$then! { rows }`, with a row for each libcall:
///
/// ```text
/// /// documentation
/// CLASS Variant = module::function(names of the arguments after the context);
/// ```
///
/// The class says what the exit trampoline does with registers: a `plain` libcall may change all registers that the
/// calling convention lets a callee change; a `preserving` one changes none, and has no result; a
/// `preserving_with_result` one changes only the scratch register, which then holds the result. The preserving ones take
/// the context from the caller's frame, not from its register.
macro_rules! for_each_libcall {
    ($then:ident) => {
        $then! {
            /// `memory.grow`: the old size in pages, or -1 (as 64 bits).
            plain MemoryGrow = memories_and_tables::memory_grow(memory, delta);
            /// `memory.copy`: bounds are checked here, as by all that follow.
            plain MemoryCopy = memories_and_tables::memory_copy(dst_memory, src_memory, dst, src, len);
            /// `memory.fill`.
            plain MemoryFill = memories_and_tables::memory_fill(memory, dst, byte, len);
            /// `memory.init`.
            plain MemoryInit = memories_and_tables::memory_init(memory, segment, dst, src, len);
            /// `data.drop`.
            plain DataDrop = memories_and_tables::data_drop(segment);
            /// `memory.atomic.wait32` at `index + offset`: 0, 1 or 2. A negative timeout means no limit. Alignment,
            /// that the memory is shared, and bounds are checked here, in this order.
            plain AtomicWait32 = atomics::atomic_wait32(memory, index, offset, expected, timeout);
            /// `memory.atomic.wait64`, otherwise as `AtomicWait32`.
            plain AtomicWait64 = atomics::atomic_wait64(memory, index, offset, expected, timeout);
            /// `memory.atomic.notify` at `index + offset`: the number of threads that were woken.
            plain AtomicNotify = atomics::atomic_notify(memory, index, offset, count);
            /// `table.grow`: the old size in elements, or -1 (as 64 bits).
            plain TableGrow = memories_and_tables::table_grow(table, init, delta);
            /// `table.copy`.
            plain TableCopy = memories_and_tables::table_copy(dst_table, src_table, dst, src, len);
            /// `table.fill`.
            plain TableFill = memories_and_tables::table_fill(table, dst, value, len);
            /// `table.init`.
            plain TableInit = memories_and_tables::table_init(table, segment, dst, src, len);
            /// `elem.drop`.
            plain ElemDrop = memories_and_tables::elem_drop(segment);
            /// Makes an exception object of the context's tag, its payload zeroed; value: its exnref. The payload
            /// starts at [`EXCEPTION_PAYLOAD`](crate::runtime::heap::layout::EXCEPTION_PAYLOAD), a 64-bit slot for each
            /// value (two for v128, not aligned to 16).
            plain ExceptionNew = exceptions::exception_new(tag);
            /// Makes a structure of a type of the context's module, fields zero; value: its reference. As for all
            /// allocations, the status is `Trap` if there is no room.
            plain StructNew = objects::struct_new(ty);
            /// Makes an array of a type of the context's module, elements zero; value: its reference.
            plain ArrayNew = objects::array_new(ty, len);
            /// Makes an object for compiled code: a structure (`len` is 0) or an array of a type of the context's
            /// module.
            ///
            /// Its exit trampoline preserves all registers except the scratch one for integers, which holds the
            /// reference: the slow path of an allocation that compiled code does in place.
            preserving_with_result Allocate = objects::allocate(ty, len);
            /// Makes an array from part of a data segment; value: its reference.
            plain ArrayNewData = objects::array_new_data(ty, segment, src, len);
            /// Makes an array from part of an element segment; value: its reference.
            plain ArrayNewElem = objects::array_new_elem(ty, segment, src, len);
            /// `array.fill`: the bits of the value come in two halves. Null and bounds are checked here, as by all that
            /// follow.
            plain ArrayFill = objects::array_fill(array, at, len, low, high);
            /// `array.copy`.
            plain ArrayCopy = objects::array_copy(dst_array, dst, src_array, src, len);
            /// `array.init_data`.
            plain ArrayInitData = objects::array_init_data(segment, array, dst, src, len);
            /// `array.init_elem`.
            plain ArrayInitElem = objects::array_init_elem(segment, array, dst, src, len);
            /// Throws an exnref (not null). Status `Exception`, always.
            plain Throw = exceptions::throw(exnref);
            /// Raises a trap. Status `Trap`, always. A `detail` of `u64::MAX` means none, unless the trap names an element.
            plain Trap = raise::trap(code, detail);
            /// The stack limit was hit: decides between exhaustion and interrupt. Status `Trap`, always.
            ///
            /// Its exit trampoline preserves *all* registers, at full width: the slow path of a prologue or a loop
            /// header just calls it and compares again.
            preserving StackCheck = raise::stack_check();
            /// Calls `func.array_entry` with `slots`. Only native adapters of functions without native code call it.
            plain CallArray = exits::call_array(func, slots);
            /// Makes a continuation of a type of the context's module on a function; value: its reference. Traps if
            /// `func` is null.
            plain ContNew = continuations::cont_new(ty, func);
            /// Binds `transfer[0..slots]` as the next arguments of a continuation, which is consumed; value: a new one
            /// of the type. Null and consumed ones trap, here and in all that follow.
            plain ContBind = continuations::cont_bind(ty, cont, slots);
            /// Resumes a continuation with `transfer[0..slots]` as its remaining arguments. Behind them is one word for
            /// each handler, in order: the address of the [`VMTag`](crate::runtime::vm::VMTag), with
            /// [`ON_SWITCH`](crate::runtime::vm::ON_SWITCH) for `(on $tag switch)`.
            ///
            /// Value 0: it returned, and its results are in `transfer` from 0 on. Value k > 0: it suspended to handler
            /// k - 1, and the payload is in `transfer` from 0 on, followed by a reference to the continuation.
            plain Resume = continuations::resume(cont, slots, handlers);
            /// Resumes a continuation by throwing an exnref into it; one that has not started ends at once. Handlers
            /// are in `transfer` from 0 on; values as of `Resume`. Traps if the exnref is null.
            plain ResumeThrow = continuations::resume_throw(cont, exnref, handlers);
            /// Suspends to the nearest handler of a tag of the context's module, with `transfer[0..slots]` as the
            /// payload. When it returns, the values that the continuation was resumed with are in `transfer` from 0 on
            /// (or the status is `Exception`).
            plain Suspend = continuations::suspend(tag, slots);
            /// Suspends to the nearest `(on $tag switch)` and resumes a continuation there in its place, with
            /// `transfer[0..slots]` as its arguments; the last argument, the continuation of the running code, is added
            /// here. Returns as `Suspend` does.
            plain Switch = continuations::switch(cont, tag, slots);
            /// Reports a store that is about to be made, in code that was compiled for tracing. `kind` is the memory in
            /// the upper half, a [`StoreKind`](crate::runtime::observe::tracing::StoreKind) in the lower; `high` is the
            /// upper half of a v128.
            plain TraceStore = tracing::trace_store(kind, index, offset, low, high);
        }
    };
}
#[allow(unused_imports, reason = "used only on CPUs that run native code")]
pub(in crate::runtime) use for_each_libcall;

macro_rules! define {
    ($($(#[$doc:meta])* $class:ident $variant:ident = $module:ident :: $function:ident ( $($arg:ident),* );)*) => {
        /// A Rust function that code of both backends calls. Each has the signature [`LibcallFn`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Libcall { $($(#[$doc])* $variant,)* }

        impl Libcall {
            /// All libcalls, in the order of their discriminants.
            pub const ALL: &'static [Libcall] = &[$(Libcall::$variant),*];

            /// The variant's name.
            pub fn name(self) -> &'static str {
                match self { $(Libcall::$variant => stringify!($function),)* }
            }

            /// Names of the arguments after the context.
            pub fn args(self) -> &'static [&'static str] {
                match self { $(Libcall::$variant => &[$(stringify!($arg)),*],)* }
            }

            /// The Rust function.
            pub const fn implementation(self) -> LibcallFn {
                match self { $(Libcall::$variant => $module::$function,)* }
            }
        }
    };
}

for_each_libcall!(define);
