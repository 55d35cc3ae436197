//! The structures that compiled code, the interpreter and the runtime access by the same offsets.
//!
//! All are `#[repr(C)]`; use `core::mem::offset_of!` for offsets. One [`VMStore`] per store, one [`VMContext`] per
//! instance (and one per store for host functions), one [`VMFunc`] per function. Entity arrays in the context hold
//! *pointers* to definitions, imports first, so that imported and own entities are accessed alike; definitions never
//! move while their store lives.

use super::observe::post_mortem::{PostMortem, RawSlots, Registers};
use super::observe::tracer::Tracer;
use super::published::Published;
use super::stacks::limit::StackLimit;
use super::types::{self, TypeInfo};
use crate::module::{FuncType, ValType};
use std::collections::VecDeque;
use std::ffi::c_void;
use std::ops::ControlFlow;
use std::ptr::{null, null_mut};
use std::sync::atomic::AtomicUsize;

/// How a call from Rust (or a libcall, or an adapter) into WebAssembly ended. Returned in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
#[must_use]
pub enum Status {
    /// It returned normally.
    Ok = 0,
    /// The trap is in `VMStore::pending_trap` and `pending_trap_detail`.
    Trap = 1,
    /// `VMStore::pending_exception` holds the exnref.
    Exception = 2,
    /// The function tail-called one of another tier: its caller must call that function in its place
    /// (`VMStore::tail_func` and `tail_args`), so that tail calls across tiers take no stack. Only
    /// [`invoke`](super::libcalls::exits::invoke), which makes all calls of array entries, sees it.
    TailCall = 3,
}

/// The result of a libcall, in two registers. With a status other than `Ok` its exit trampoline does not return to
/// native code: it unwinds to the nearest handler or entry.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct LibcallResult {
    /// The value, if the libcall has one.
    pub value: u64,
    /// The status with which the libcall ended.
    pub status: Status,
}

/// Calls a function from Rust: arguments are read from `slots`, results written to it from its start (64-bit slots,
/// v128 takes two; `slots` has room for the larger of both). Call it through
/// [`invoke`](super::libcalls::exits::invoke).
pub type ArrayEntry = unsafe extern "C" fn(func: *const VMFunc, slots: *mut u64) -> Status;

/// A function: its address is the identity of its funcref. Each function may have another backend: redirecting one is
/// an atomic store into this record.
#[derive(Debug)]
#[repr(C)]
pub struct VMFunc {
    /// Entry for native callers, in the native ABI of [`super::abi`]. Compiled code, or an adapter that marshals to
    /// `array_entry`. Null where there is no assembler for this CPU.
    pub native_entry: Published<u8>,
    /// Entry for all other callers: an [`ArrayEntry`] as a pointer.
    pub array_entry: Published<c_void>,
    /// Interpreter code for interpreter-to-interpreter calls; null unless this function is interpreted.
    pub interp_code: Published<c_void>,
    /// Context of the callee.
    pub ctx: *mut VMContext,
    /// Canonical type in the process-wide type registry; equal ids are equal types.
    pub type_id: u32,
    /// Function index in its module (0 for host functions).
    pub index: u32,
    /// Data of `array_entry`: the host function, the entry trampoline for this signature, ….
    pub data: Published<c_void>,
}

impl VMFunc {
    /// The record of a function that nothing can enter yet.
    pub fn new(ctx: *mut VMContext, type_id: u32, index: u32) -> VMFunc {
        VMFunc {
            native_entry: Published::null(),
            array_entry: Published::null(),
            interp_code: Published::null(),
            ctx,
            type_id,
            index,
            data: Published::null(),
        }
    }
}

/// A linear memory. The base never changes while the memory lives; the length only grows.
#[derive(Debug)]
#[repr(C)]
pub struct VMMemory {
    /// Address of the first byte.
    pub base: *mut u8,
    /// Current length in bytes.
    pub byte_len: AtomicUsize,
    /// log2 of the page size (16 by default).
    pub page_shift: u32,
    /// 1 if guarded: 32-bit indices, 64 KiB pages, 4 GiB + 32 MiB reserved, so that any access at `u32 + offset` with
    /// `offset <= GUARD_BYTES - 16` faults or is in bounds. 0: accesses are checked explicitly.
    pub guarded: u32,
    /// 1 if other threads may access and grow it, too.
    pub shared: u32,
}

/// Bytes reserved beyond the 4 GiB range of a 32-bit index.
pub const GUARD_BYTES: u64 = 32 << 20;

/// A table of 64-bit elements: `*const VMFunc` for the func hierarchy, zero-extended heap offsets otherwise; 0 is null.
/// Both may change on growth.
#[derive(Debug)]
#[repr(C)]
pub struct VMTable {
    /// Address of the first element.
    pub base: *mut u64,
    /// Number of elements.
    pub len: usize,
}

/// A global: one slot, or two for v128. 32-bit values have *undefined* upper bits.
#[derive(Debug)]
#[repr(C, align(16))]
pub struct VMGlobal {
    /// The slots, the lower half of a v128 first.
    pub value: [u64; 2],
}

/// A tag: identity is the address.
#[derive(Debug)]
#[repr(C)]
pub struct VMTag {
    /// Canonical function type.
    pub type_id: u32,
    /// Number of 64-bit slots of a payload.
    pub slots: u32,
    /// Indices of the slots that hold references into the GC heap, ascending.
    pub refs: Box<[u32]>,
}

impl VMTag {
    /// A tag with this canonical type, whose signature is `ty`.
    pub fn new(type_id: u32, ty: &FuncType) -> VMTag {
        let mut slots = 0;
        let mut refs = Vec::new();
        for &ty in ty.params() {
            if matches!(ty, ValType::Ref(ty) if !types::is_func_hierarchy(ty)) {
                refs.push(slots);
            }
            slots += super::abi::slots_of(ty) as u32;
        }
        VMTag { type_id, slots, refs: refs.into() }
    }
}

/// The record of an instance. Compiled code gets it as its first, implicit argument.
#[derive(Debug)]
#[repr(C)]
pub struct VMContext {
    /// The store of the instance.
    pub store: *mut VMStore,
    /// The functions that this module defines, contiguous: direct calls index this array.
    pub defined_funcs: *mut VMFunc,
    /// All functions, imports first.
    pub funcs: *const *mut VMFunc,
    /// All memories, imports first.
    pub memories: *const *mut VMMemory,
    /// All tables, imports first.
    pub tables: *const *mut VMTable,
    /// All globals, imports first.
    pub globals: *const *mut VMGlobal,
    /// All tags, imports first.
    pub tags: *const *mut VMTag,
    /// Canonical type ids of the module's types, by type index.
    pub type_ids: *const u32,
    /// Memory 0, which saves a load; null without memories.
    pub memory0: *mut VMMemory,
    /// The base of memory 0.
    pub memory0_base: *mut u8,
    /// The Rust side of this instance.
    pub instance: *mut c_void,
}

impl VMContext {
    /// A context without entities.
    pub fn new(store: *mut VMStore) -> VMContext {
        VMContext {
            store,
            defined_funcs: null_mut(),
            funcs: null(),
            memories: null(),
            tables: null(),
            globals: null(),
            tags: null(),
            type_ids: null(),
            memory0: null_mut(),
            memory0_base: null_mut(),
            instance: null_mut(),
        }
    }
}

/// The record of a store.
#[derive(Debug)]
#[repr(C)]
pub struct VMStore {
    /// The limit of the current stack. Function prologues and loop headers compare the stack pointer with it (unsigned;
    /// below it, they take the slow path); the interpreter checks for an interrupt at entries and loop headers.
    pub stack_limit: StackLimit,
    /// Libcall entry points for native code: exit trampolines, indexed by [`Libcall`](super::libcalls::Libcall).
    pub libcalls: *const *const c_void,
    /// Base of the GC heap: object = base + reference. Null before the first allocation.
    pub gc_base: *mut u8,
    /// The table of canonical types by id: `types::table`.
    pub types: *const Published<TypeInfo>,
    /// The running stack.
    pub stack: *mut VMStack,
    /// Remaining units of fuel: code compiled to count takes one at each function entry and each iteration of a loop,
    /// bulk operations take more in proportion to the bytes that they touch.
    pub fuel: u64,
    /// The exnref in flight; 0 if none. A landing pad reads it and leaves it there: the next throw overwrites it.
    pub pending_exception: u32,
    /// `TrapCode` in flight; 0 if none.
    pub pending_trap: u32,
    /// Number in the trap's message, for example a tag's; `u64::MAX` if none, unless the trap
    /// [names an element](super::trap::TrapCode::names_element).
    pub pending_trap_detail: u64,
    /// Interpreted function entries (statistics; proves that a JIT column ran no interpreter).
    pub interp_calls: u64,
    /// Entries from Rust into native code.
    pub native_entries: u64,
    /// [`TRANSFER_SLOTS`] slots through which values pass from one stack to another: written before the libcalls that
    /// switch stacks, read after them, and meaningless in between. Values lie in it as in the arrays of array entries
    /// (references into the GC heap zero-extended).
    pub transfer: *mut u64,
    /// The Rust side of this store.
    pub store: *mut c_void,

    // Fields from here on are used only by the runtime.
    /// Interpreted functions that went on in compiled code: at their entries, and at loops.
    pub replaced: [u64; 2],
    /// The GC heap; `gc_base` is its base.
    pub heap: super::heap::Heap,
    /// Lists the references into the GC heap that `store` knows (tables, globals, handles, element segments).
    pub roots: Option<RootsFn>,
    /// Bytes that memories, tables, objects and waiting stacks of the store may still take, all together.
    pub bytes_left: u64,
    /// Bytes that one memory may have.
    pub memory_bytes: u64,
    /// Elements that the tables of the store may still grow by, all together.
    pub elements_left: u64,
    /// The resource that code requested and the system, not a limit, refused.
    pub refused: Option<&'static str>,
    /// Frames at the time when `pending_trap` was raised.
    pub backtrace: Backtrace,
    /// Registers of the last fault that was a trap.
    pub fault_registers: Registers,
    /// Whether to keep a `post_mortem` of each trap.
    pub keep_post_mortem: bool,
    /// The state that the last trap left behind, if it was kept.
    pub post_mortem: Option<Box<PostMortem>>,
    /// The tracer of calls and stores; null if there is none.
    pub tracer: *mut Tracer,
    /// Stacks of continuations.
    pub continuations: super::stacks::continuations::Continuations,
    /// The function that a [`Status::TailCall`] requests.
    pub tail_func: *const VMFunc,
    /// The arguments of a [`Status::TailCall`].
    pub tail_args: Vec<u64>,
    /// Functions that were made executable when they were first called.
    pub prepared: u64,
}

/// Calls `visit` with all slots that may hold a reference into the GC heap; other contents are ignored. Gets
/// [`VMStore::store`].
pub type RootsFn = unsafe fn(store: *mut c_void, visit: &mut dyn FnMut(&[u64]));

/// Number of slots of [`VMStore::transfer`]. Validation allows 1,000 values to pass, which are 2,000 slots at most, and
/// the continuation that comes with a payload; behind the arguments of a `resume` come its handlers, a word each. A
/// `resume` that needs more is over the limits of both backends.
pub const TRANSFER_SLOTS: usize = 4096;

/// Flag in the word of a handler, which is otherwise the address of its tag: it handles `switch`, not `suspend`.
pub const ON_SWITCH: u64 = 1;

/// The record of a stack: native range, interpreter value area, chain of activations. There is one for each store, and
/// one for each continuation that was resumed and has not returned.
#[derive(Debug)]
#[repr(C)]
pub struct VMStack {
    /// `VMStore::stack_limit` while this stack runs without an interrupt.
    pub native_limit: usize,
    /// Highest address of the native range: the end of conservative scanning. For a store's own stack, 0 while nothing runs.
    pub native_base: usize,
    /// Interpreter value area.
    pub values_base: *mut u64,
    /// End of the value area.
    pub values_end: *mut u64,
    /// First free slot of the value area. Published by the interpreter before anything that may re-enter, collect or
    /// walk the stack; everything below it is scanned.
    pub values_top: *mut u64,
    /// Innermost activation.
    pub activation: *mut VMActivation,
    /// Return address of the point where native code last left to Rust; `exit_sp` is the stack pointer after the
    /// return, and `exit_fp` the frame pointer. Valid while Rust code called from native code runs; saved and restored
    /// by entries.
    pub exit_pc: usize,
    /// See `exit_pc`.
    pub exit_sp: usize,
    /// See `exit_pc`.
    pub exit_fp: usize,

    // Fields from here on are used only by the runtime.
    /// The stack that resumed this one; null for the store's own stack, and for the outermost of suspended ones.
    pub parent: *mut VMStack,
    /// Stack pointer of a stack that does not run.
    pub saved_sp: usize,
    /// Handlers that the parent's `resume` installed: words as [`Resume`](super::libcalls::Libcall::Resume) takes them,
    /// in the parent's value area.
    pub handlers: *const u64,
    /// Number of handlers.
    pub num_handlers: usize,
    /// Number of calls from host functions that are running on this stack: no continuation is captured across them.
    pub reentries: u32,
    /// For the outermost of suspended stacks: the chain's index in the store's list.
    pub index: usize,
    /// The function at the start of a continuation's stack.
    pub func: *const VMFunc,
    /// The part of [`VMStore::bytes_left`] that this stack holds: none while it runs.
    pub charge: usize,
    /// Stack pointer at the call of the innermost host function that runs on this stack: the function may continue on a stack of
    /// its own, of which the runtime knows nothing.
    pub host_sp: usize,
    /// One more than its index in the store's list of stacks that may have memory to return; 0 if it is not there.
    pub listed: usize,
    /// Lowest usable address of the native stack, below `native_limit`. A store's own stack is part of the one on which its
    /// outermost call began; while something runs, this is the lowest address of that one.
    pub native_low: usize,
}

/// One entry into WebAssembly: a contiguous run of frames of one kind. Lives in the native frame that made it.
#[derive(Debug)]
#[repr(C)]
pub struct VMActivation {
    /// The activation that this one was entered from; null for the outermost of a stack.
    pub prev: *mut VMActivation,
    /// The kind of the frames.
    pub kind: ActivationKind,
    /// Native: the frame pointer of the entry trampoline (walks end there). Interpreter: its innermost frame (an
    /// address into the value area), published like `values_top`.
    pub frame: usize,
    /// Native: stack pointer and address of the landing pad that returns `Status` from the entry.
    pub landing_sp: usize,
    /// Address of the landing pad.
    pub landing_pc: usize,
    /// `exit_*` of the activation below, restored when this one ends.
    pub saved_exit: [usize; 3],
    /// Lists the frames of this activation; `None` for native ones, which the runtime walks itself.
    pub walk: Option<WalkFn>,
}

/// Lists the frames of an activation, innermost first, until `visit` breaks. Its data is in the activation (`frame`)
/// and was published before anything that may walk.
pub type WalkFn =
    unsafe fn(activation: &VMActivation, visit: &mut dyn FnMut(RawFrame) -> ControlFlow<()>) -> ControlFlow<()>;

/// The frames of a trap: all of them, or those at both ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backtrace {
    /// The innermost frames, innermost first.
    pub inner: Vec<RawFrame>,
    /// Number of frames between `inner` and `outer`.
    pub omitted: u64,
    /// The outermost frames that are not in `inner`, outermost last.
    pub outer: VecDeque<RawFrame>,
}

/// A frame as a walk visits it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFrame {
    /// Context of the frame's instance.
    pub ctx: *mut VMContext,
    /// The number of a body of the context's module.
    pub body: u32,
    /// Byte offset of the operator in the module's binary.
    pub module_offset: Option<u32>,
    /// "interp", "jit", ….
    pub tier: &'static str,
    /// For native code: the offset of the faulting instruction or of the return address in the function's code.
    pub code_offset: Option<u32>,
    /// Slots of an interpreted frame, only while the walk visits it.
    pub slots: Option<RawSlots>,
}

/// The kind of an activation's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum ActivationKind {
    /// Native code.
    Native = 0,
    /// The interpreter's frames.
    Interp = 1,
    /// `jit::ir::eval` frames.
    Eval = 2,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::RefType;

    /// A vector takes two slots, and a function is not an object of the heap.
    #[test]
    fn a_tag_knows_which_of_its_slots_hold_objects() {
        let [any, external, func] = [RefType::ANYREF, RefType::EXTERNREF, RefType::FUNCREF].map(ValType::Ref);
        for (params, slots, refs) in [
            (vec![], 0, &[][..]),
            (vec![ValType::I32, func, ValType::F64], 3, &[][..]),
            (vec![external], 1, &[0][..]),
            (vec![ValType::V128, any, func, ValType::V128, external, ValType::F64], 8, &[2, 6][..]),
        ] {
            let tag = VMTag::new(7, &FuncType::new(params.clone(), []));
            assert_eq!((tag.type_id, tag.slots, &*tag.refs), (7, slots, refs), "{params:?}");
        }
    }
}
