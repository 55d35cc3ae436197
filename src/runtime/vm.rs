//! The structures that compiled code, the interpreter and the runtime reach by the same offsets.
//!
//! All are `#[repr(C)]`; use `core::mem::offset_of!` for offsets. One [`VMStore`] per store, one [`VMContext`] per
//! instance (and one per store for host functions), one [`VMFunc`] per function. Entity arrays in the context hold
//! *pointers* to definitions, imports first, so that an imported and an own entity are reached alike; definitions
//! never move while their store lives.

use super::observe::post_mortem::{PostMortem, RawSlots, Registers};
use super::observe::tracing::Tracer;
use super::types::{self, TypeInfo};
use crate::module::{FuncType, ValType};
use std::collections::VecDeque;
use std::ffi::c_void;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicPtr, AtomicUsize};

/// How a call from Rust (or a libcall, or an adapter) into WebAssembly ended. Returned in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
#[must_use]
pub enum Status {
    Ok = 0,
    /// `VMStore::pending_trap` and `pending_trap_detail` say which.
    Trap = 1,
    /// `VMStore::pending_exception` holds the exnref.
    Exception = 2,
    /// The function tail-called one of another tier: whoever called it is to call that one in its place
    /// (`VMStore::tail_func` and `tail_args`), so that tail calls across tiers take no stack. Only
    /// [`invoke`](super::libcalls::exits::invoke), through which everybody calls array entries, sees it.
    TailCall = 3,
}

/// What a libcall returns, in two registers. With a status other than `Ok` its exit trampoline does not return to
/// native code: it unwinds to the nearest handler or entry.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct LibcallResult {
    pub value: u64,
    pub status: Status,
}

/// Calls a function from Rust: arguments are read from `slots`, results written to it from its start (64-bit slots, v128
/// takes two; `slots` has room for the larger of both). Call it through [`invoke`](super::libcalls::exits::invoke).
pub type ArrayEntry = unsafe extern "C" fn(func: *const VMFunc, slots: *mut u64) -> Status;

/// A function: its address is funcref identity. Backends mix per function: re-routing is an atomic store into this
/// record.
#[derive(Debug)]
#[repr(C)]
pub struct VMFunc {
    /// Entry for native callers, in the native ABI of [`super::abi`]. Compiled code, or an adapter that marshals to
    /// `array_entry`. Null where there is no assembler for this CPU.
    pub native_entry: AtomicPtr<u8>,
    /// Entry for everybody else: an [`ArrayEntry`] as a pointer.
    pub array_entry: AtomicPtr<c_void>,
    /// Interpreter code for interpreter-to-interpreter calls; null unless this function is interpreted.
    pub interp_code: AtomicPtr<c_void>,
    /// Context of the callee.
    pub ctx: *mut VMContext,
    /// Canonical type in the process-wide type registry; equal ids are equal types.
    pub type_id: u32,
    /// Function index in its module (0 for host functions).
    pub index: u32,
    /// What `array_entry` needs beside this: the host function, the entry trampoline for this signature, ….
    pub data: AtomicPtr<c_void>,
}

/// A linear memory. The base never changes while the memory lives; the length only grows.
#[derive(Debug)]
#[repr(C)]
pub struct VMMemory {
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

/// Reserved beyond the 4 GiB that a 32-bit index reaches.
pub const GUARD_BYTES: u64 = 32 << 20;

/// A table of 64-bit elements: `*const VMFunc` for the func hierarchy, zero-extended heap offsets otherwise; 0 is null.
/// Both may change on growth.
#[derive(Debug)]
#[repr(C)]
pub struct VMTable {
    pub base: *mut u64,
    pub len: usize,
}

/// A global: one slot, or two for v128. 32-bit values have *undefined* upper bits.
#[derive(Debug)]
#[repr(C, align(16))]
pub struct VMGlobal {
    pub value: [u64; 2],
}

/// A tag: identity is the address.
#[derive(Debug)]
#[repr(C)]
pub struct VMTag {
    /// Canonical function type.
    pub type_id: u32,
    /// 64-bit slots of a payload.
    pub slots: u32,
    /// Which of the slots hold references into the GC heap, in ascending order.
    pub refs: Box<[u32]>,
}

impl VMTag {
    /// A new tag with this canonical type, whose signature is `ty`.
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

/// Per instance. Compiled code gets it as its first, implicit argument.
#[derive(Debug)]
#[repr(C)]
pub struct VMContext {
    pub store: *mut VMStore,
    /// The functions that this module defines, contiguous: direct calls index it.
    pub defined_funcs: *mut VMFunc,
    /// All functions, imports first.
    pub funcs: *const *mut VMFunc,
    pub memories: *const *mut VMMemory,
    pub tables: *const *mut VMTable,
    pub globals: *const *mut VMGlobal,
    pub tags: *const *mut VMTag,
    /// Canonical type ids of the module's types, by type index.
    pub type_ids: *const u32,
    /// `*const VMMemory` of memory 0 and its base, saved a load each; null without memories.
    pub memory0: *mut VMMemory,
    pub memory0_base: *mut u8,
    /// The Rust side of this instance.
    pub instance: *mut c_void,
}

/// Per store.
#[derive(Debug)]
#[repr(C)]
pub struct VMStore {
    /// Lowest address the native stack pointer may reach on the current stack, or `INTERRUPTED`. Function prologues and
    /// loop headers compare the stack pointer with it (unsigned, below: slow path); the interpreter polls the same
    /// word for `INTERRUPTED` on entries and loop headers.
    pub stack_limit: AtomicUsize,
    /// Libcall entry points for native code: exit trampolines, indexed by [`Libcall`](super::libcalls::Libcall).
    pub libcalls: *const *const c_void,
    /// Base of the GC heap: object = base + reference. Null before the first allocation.
    pub gc_base: *mut u8,
    /// What is known of each canonical type, by id: what [`types::table`](super::types::table) gives.
    pub types: *const AtomicPtr<TypeInfo>,
    /// The stack that runs now.
    pub stack: *mut VMStack,
    /// Units of fuel that are left: code compiled to count takes one at each function entry and each passing of a loop
    /// header, bulk operations take more in proportion to what they touch.
    pub fuel: u64,
    /// exnref in flight; 0 if none. A landing pad reads it (and leaves it: the next throw overwrites).
    pub pending_exception: u32,
    /// `TrapCode` in flight; 0 if none.
    pub pending_trap: u32,
    /// Number that goes with it, as an element's index; `u64::MAX` if none.
    pub pending_trap_detail: u64,
    /// Interpreted function entries (statistics; proves that a JIT column ran no interpreter).
    pub interp_calls: u64,
    /// Entries from Rust into native code.
    pub native_entries: u64,
    /// [`TRANSFER_SLOTS`] slots by which values pass from one stack to another: written before the libcalls that switch
    /// stacks, read after them, and of no meaning in between. Values lie in it as in the arrays of array entries
    /// (references into the GC heap zero-extended).
    pub transfer: *mut u64,
    /// The Rust side of this store.
    pub store: *mut c_void,

    // From here on, what only the runtime looks at.
    /// The GC heap; `gc_base` is its base.
    pub heap: super::heap::Heap,
    /// Lists the references into the GC heap that `store` knows (tables, globals, handles, element segments).
    pub roots: Option<RootsFn>,
    /// Bytes that the linear memories, and elements that the tables of the store may still grow by, all together.
    pub memory_left: u64,
    pub elements_left: u64,
    /// What code asked for and the system, not a limit, refused.
    pub refused: Option<&'static str>,
    /// Frames when `pending_trap` was raised.
    pub backtrace: Backtrace,
    /// Registers of the last fault that was a trap.
    pub fault_registers: Registers,
    /// Keep a `post_mortem` of each trap?
    pub keep_post_mortem: bool,
    pub post_mortem: Option<Box<PostMortem>>,
    /// What calls and stores are traced to; null if none are.
    pub tracer: *mut Tracer,
    /// Stacks of continuations.
    pub continuations: super::stacks::continuations::Continuations,
    /// What a [`Status::TailCall`] asks for.
    pub tail_func: *const VMFunc,
    pub tail_args: Vec<u64>,
}

/// Calls `visit` with every slot or offset that may hold a reference into the GC heap; what is none is ignored. Gets
/// [`VMStore::store`].
pub type RootsFn = unsafe fn(store: *mut c_void, visit: &mut dyn FnMut(u64));

/// `VMStore::stack_limit` of a store that was asked to stop: no stack pointer is above it.
pub const INTERRUPTED: usize = usize::MAX;

/// Slots of [`VMStore::transfer`]. Validation lets 1,000 values pass, which are 2,000 slots at most, and the continuation
/// that comes with a payload; behind the arguments of a `resume` come its handlers, a word each. A `resume` that needs more
/// is over the limits of both backends.
pub const TRANSFER_SLOTS: usize = 4096;

/// In a word that is a handler, the address of its tag: it handles `switch`, not `suspend`.
pub const ON_SWITCH: u64 = 1;

/// What belongs to a stack: native range, interpreter value area, chain of activations. There is one for each store, and
/// one for each continuation that was resumed and has not returned.
#[derive(Debug)]
#[repr(C)]
pub struct VMStack {
    /// `VMStore::stack_limit` when this stack runs and nobody interrupts.
    pub native_limit: usize,
    /// Highest address of the native range: where conservative scanning ends.
    pub native_base: usize,
    /// Interpreter value area.
    pub values_base: *mut u64,
    pub values_end: *mut u64,
    /// First free slot of the value area. Published by the interpreter before anything that may re-enter, collect or
    /// walk the stack; everything below it is scanned.
    pub values_top: *mut u64,
    /// Innermost activation.
    pub activation: *mut VMActivation,
    /// Where native code last left to Rust: return address, stack pointer after return, frame pointer. Valid while Rust
    /// code called from native code runs; saved and restored by entries.
    pub exit_pc: usize,
    pub exit_sp: usize,
    pub exit_fp: usize,

    // From here on, what only the runtime looks at.
    /// The stack that resumed this one; null if none did (the store's own, and the outermost of suspended ones).
    pub parent: *mut VMStack,
    /// Stack pointer of a stack that does not run.
    pub saved_sp: usize,
    /// Handlers that the parent's `resume` installed: words as [`Resume`](super::libcalls::Libcall::Resume) takes them, in the
    /// parent's value area.
    pub handlers: *const u64,
    pub num_handlers: usize,
    /// Calls from host functions that are running on this stack: nothing is captured across them.
    pub reentries: u32,
    /// Of the outermost of suspended stacks: where they stand in the store's list.
    pub index: usize,
    /// What a stack runs that has not started.
    pub func: *const VMFunc,
}

/// One entry into WebAssembly: a contiguous run of frames of one kind. Lives in the native frame that made it.
#[derive(Debug)]
#[repr(C)]
pub struct VMActivation {
    pub prev: *mut VMActivation,
    pub kind: ActivationKind,
    /// Native: the frame pointer of the entry trampoline (walks end there). Interpreter: its innermost frame (an
    /// address into the value area), published like `values_top`.
    pub frame: usize,
    /// Native: stack pointer and address of the landing pad that returns `Status` from the entry.
    pub landing_sp: usize,
    pub landing_pc: usize,
    /// `exit_*` of the activation below, restored when this one ends.
    pub saved_exit: [usize; 3],
    /// How to list the frames of this activation; `None` for native ones, which the runtime walks itself.
    pub walk: Option<WalkFn>,
}

/// Lists the frames of an activation, innermost first, until `visit` breaks. What it needs is in the activation (`frame`)
/// and was published before anything that may walk.
pub type WalkFn =
    unsafe fn(activation: &VMActivation, visit: &mut dyn FnMut(RawFrame) -> ControlFlow<()>) -> ControlFlow<()>;

/// The frames of a trap: all of them, or those at both ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backtrace {
    /// Innermost first.
    pub inner: Vec<RawFrame>,
    /// How many there are between `inner` and `outer`.
    pub omitted: u64,
    /// The outermost ones that are not in `inner`, outermost last.
    pub outer: VecDeque<RawFrame>,
}

/// A frame as a walk sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawFrame {
    pub ctx: *mut VMContext,
    /// A body of the context's module.
    pub body: u32,
    /// Byte offset of the operator in the module's binary.
    pub module_offset: Option<u32>,
    /// "interp", "jit", ….
    pub tier: &'static str,
    /// Of native code: offset in the function's code of the faulting instruction or of the return address.
    pub code_offset: Option<u32>,
    /// Of the interpreter, and only while the walk visits the frame.
    pub slots: Option<RawSlots>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum ActivationKind {
    Native = 0,
    Interp = 1,
    /// `jit::ir::eval` frames.
    Eval = 2,
}

/// Header of an object: its canonical type here, 32 bits ([`types::NO_TYPE`](super::types::NO_TYPE) if it is neither
/// structure nor array) …
pub const OBJECT_TYPE: i32 = 0;
/// … and here its [`ObjectKind`](super::heap::ObjectKind) in the upper bits of 32, from [`OBJECT_KIND_SHIFT`] on, and below its size,
/// header included, in units of 16 bytes.
pub const OBJECT_KIND: i32 = 4;
pub const OBJECT_KIND_SHIFT: u32 = 28;

/// Bytes of an object whose header has this second word.
pub const fn object_bytes(word: u32) -> u32 {
    (word & ((1 << OBJECT_KIND_SHIFT) - 1)) * 16
}

/// Layout of an exception object: `*const VMTag` here …
pub const EXCEPTION_TAG: i32 = 8;
/// … and the payload from here on.
pub const EXCEPTION_PAYLOAD: i32 = 16;

/// Layout of a structure: its fields from here on; see [`super::heap::layout`].
pub const STRUCT_FIELDS: i32 = 8;

/// Layout of an array: its length here, 32 bits …
pub const ARRAY_LENGTH: i32 = 8;
/// … and its elements from here on, as [`Storage`](super::heap::layout::Storage) says, one after the other.
pub const ARRAY_ELEMENTS: i32 = 16;

/// Layout of a continuation: the innermost of its stacks here, null if it has none (it has not started, or is consumed) …
pub const CONT_STACK: i32 = 8;
/// … here the outermost, or, if it has none, the function that it is to call: null if it is consumed …
pub const CONT_FUNC: i32 = 16;
/// … here the number of slots of the arguments that it has been bound to, 32 bits …
pub const CONT_BOUND: i32 = 24;
/// … and these from here on.
pub const CONT_ARGS: i32 = 32;

/// Compiled code may allocate objects of at most so many bytes by itself: see [`Heap::cursor`](super::heap::Heap). (They
/// take no fuel, and no blocks of their own.)
pub const INLINE_ALLOCATION: u32 = 1 << 10;
