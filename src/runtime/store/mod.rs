//! Stores and their entities. Handles are plain indices in creation order, so that two stores with the same history
//! number their entities alike: that is how the harness pairs them.
//!
//! Compiled code accesses a store's data through raw pointers, and its libcalls come back into the store while
//! [`Store::call`] is on the stack. So a [`Store`] is a handle to a `StoreInner` at a fixed address, and no reference
//! into the latter is held across a call into WebAssembly.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | stores, limits, calls, interrupts |
//! | `allocate` | new entities, within the store's limits |
//! | `embedding` | what the interface for embedders builds on |
//! | `entities` | memories, tables, globals and tags, for embedders |
//! | `objects` | objects of the GC heap, for embedders; the heap's roots |
//! | `instance` | instances: contexts, function records, segments |
//! | `host` | host functions |
//! | `rooting` | references that the embedder holds |
//! | `typing` | whether a value has a type |
//! | `invariants` | what is true of every store, checked under `--paranoid` |
//! | `tiers` | functions that are prepared at their first call, and replaced while they run |
//! | `tracing` | tracing and post-mortems, for embedders |

mod allocate;
mod embedding;
mod entities;
pub(in crate::runtime) mod handles;
mod host;
mod instance;
mod invariants;
mod objects;
mod rooting;
#[cfg(test)]
mod tests;
mod tiers;
mod tracing;
mod typing;

pub(crate) use instance::Instance;
pub(crate) use rooting::{Handle, Owner};
pub use tiers::{CompiledEntry, Passing, Replacement, first_call, replacement};
pub(in crate::runtime) use tracing::tag_of;

use super::code::CodeObject;
use super::compile_error::{CompileError, Interrupt};
use super::heap::Heap;
use super::memory::Memory;
use super::observe::traced::TracedFunction;
use super::owned::Owned;
use super::resource::ResourceError;
use super::stacks::activation::{self, Stack};
use super::stacks::continuations::{self, Continuations};
use super::table::Table;
use super::trap::TrapCode;
use super::types::{self, ModuleTypes, TypeId};
use super::value::{FuncRef, GcRef, Ref, Val};
use super::vm::{Backtrace, RawFrame, Status, VMContext, VMFunc, VMGlobal, VMStore, VMTag};
use crate::config::profile::Profile;
use crate::module::{BodyIndex, BodyKind, ExternKind, FuncType, GlobalType, Module};
use crate::text::counted;
use std::any::Any;
use std::cell::{OnceCell, UnsafeCell};
use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

pub use handles::{GlobalId, InstanceId, MemoryId, TableId, TagId};

/// An entity that can be imported and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extern {
    /// A function.
    Func(FuncRef),
    /// A table.
    Table(TableId),
    /// A memory.
    Memory(MemoryId),
    /// A global.
    Global(GlobalId),
    /// A tag.
    Tag(TagId),
}

impl Extern {
    /// The kind of the entity.
    pub fn kind(&self) -> ExternKind {
        match self {
            Extern::Func(_) => ExternKind::Func,
            Extern::Table(_) => ExternKind::Table,
            Extern::Memory(_) => ExternKind::Memory,
            Extern::Global(_) => ExternKind::Global,
            Extern::Tag(_) => ExternKind::Tag,
        }
    }
}

/// A module made executable by the engine, each body by its tier.
pub trait Code: Send + Sync {
    /// The module that it was made from.
    fn module(&self) -> &Arc<Module>;
    /// Sets the entries (`native_entry`, `array_entry`, `interp_code`, `data`) of the record of a body. A
    /// `native_entry` that is left null becomes the store's adapter for the signature.
    fn install(&self, body: BodyIndex, func: &VMFunc);
    /// Makes a body executable that `install` left for its first call, and sets the entries of the record again. Long work is
    /// given up at an interrupt; it may be tried again.
    ///
    /// # Errors
    /// As compiling.
    fn prepare(&self, body: BodyIndex, func: &VMFunc, _interrupt: Interrupt<'_>) -> Result<(), CompileError> {
        self.install(body, func);
        Ok(())
    }
    /// The bits of a constant expression that is a single integer constant, if the engine knows them without executing it.
    fn constant(&self, _body: BodyIndex) -> Option<u64> {
        None
    }
    /// Called when the passings of an interpreted body are used up: returns the compiled code that there is for now. Compiling
    /// for this is given up at an interrupt; it may be tried again.
    fn replacement(&self, _body: BodyIndex, _passing: Passing, _interrupt: Interrupt<'_>) -> Replacement {
        Replacement::default()
    }
    /// What the interpreter has seen so far of the bodies that it watches; `None` if it never watches any.
    fn seen(&self) -> Option<Profile> {
        None
    }
    /// The names of functions that the compiler failed on, because it panicked or found an error in its own work, and
    /// that are interpreted instead.
    fn defects(&self) -> Vec<String> {
        Vec::new()
    }
    /// All machine code that the module had from the beginning; `None` if it had none.
    fn machine_code(&self) -> Option<&CodeObject> {
        None
    }
}

/// The engine's service to a store that lets native code call functions without native code.
pub trait Adapters: Send + Sync {
    /// A native entry that marshals to `VMFunc::array_entry`; null where there is no assembler. Lives as long as
    /// `self`.
    ///
    /// # Errors
    /// If the address space for code is exhausted.
    fn native_to_array(&self, signature: &FuncType) -> std::io::Result<*const u8>;
}

/// Why a call or an instantiation did not end normally.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Abort {
    /// A trap.
    #[error("{}", .0.message)]
    Trap(Trap),
    /// An uncaught exception.
    #[error("uncaught exception")]
    Exception(GcRef),
    /// The program ended itself with this code (WASI's `proc_exit`).
    #[error("the program exited with status {0}")]
    Exit(i32),
    /// A host function failed in a way that is not a trap.
    #[error("{0}")]
    Host(String),
}

/// A trap that was not caught by the host.
#[derive(Clone, Debug, PartialEq)]
pub struct Trap {
    /// The reason.
    pub code: TrapCode,
    /// The text, as in "uninitialized element 7".
    pub message: String,
    /// Frames, innermost first.
    pub backtrace: Vec<BacktraceFrame>,
    /// Number of frames between `backtrace` and `outer`, if there are too many to list.
    pub omitted: u64,
    /// The outermost frames that are not in `backtrace`, outermost last.
    pub outer: Vec<BacktraceFrame>,
}

impl Trap {
    /// A trap raised not by code but by the runtime, on behalf of an instantiation or a host function.
    pub fn new(code: TrapCode) -> Trap {
        Trap { code, message: code.message().to_string(), backtrace: Vec::new(), omitted: 0, outer: Vec::new() }
    }
}

impl std::fmt::Display for Trap {
    /// The text and the name of the innermost function, as in "uninitialized element 7 in f"; in the alternate form
    /// (`{:#}`), a line for each frame too.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        if let Some(frame) = self.backtrace.first() {
            write!(f, " in {}", frame.name.escape_debug())?;
        }
        if f.alternate() {
            for (i, frame) in (0..).zip(self.backtrace.iter()) {
                write!(f, "\n{i:>5}: {frame}")?;
            }
            if self.omitted > 0 {
                write!(f, "\n       … {} …", counted(self.omitted, "more frame"))?;
            }
            let first = self.backtrace.len() as u64 + self.omitted;
            for (i, frame) in (first..).zip(&self.outer) {
                write!(f, "\n{i:>5}: {frame}")?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Display for BacktraceFrame {
    /// Name and index of the function, and the offset in the module, as in "f (function 3, module offset 0x5a)".
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (function {}", self.name.escape_debug(), self.function)?;
        if let Some(offset) = self.module_offset {
            write!(f, ", module offset {offset:#x}")?;
        }
        f.write_str(")")
    }
}

/// One frame of a WebAssembly backtrace, innermost first.
#[derive(Clone, Debug, PartialEq)]
pub struct BacktraceFrame {
    /// The instance that the function belongs to.
    pub instance: InstanceId,
    /// Function index; for a constant expression, its number among the module's constant expressions plus the number of
    /// functions.
    pub function: u32,
    /// The function's name, as reports display it: at most the first 1,024 bytes, and an ellipsis if there are more.
    pub name: String,
    /// Byte offset in the module's binary.
    pub module_offset: Option<u32>,
    /// Byte offset in the function's body.
    pub function_offset: Option<u32>,
    /// The backend of the frame: "interp", "jit", ….
    pub tier: &'static str,
    /// Offset in the function's native code of the instruction that trapped, or of the return address.
    pub code_offset: Option<u32>,
}

/// Limits on the host's resources that WebAssembly code may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one linear memory.
    pub memory_bytes: u64,
    /// Pages of one linear memory with pages of one byte and 32-bit addresses.
    pub one_byte_pages: u64,
    /// Bytes of all memories, tables, objects and waiting stacks of the store together.
    pub total_bytes: u64,
    /// Elements of one table.
    pub table_elements: u64,
    /// Elements of all tables of the store together.
    pub all_table_elements: u64,
    /// Instances, including those whose instantiation failed after linking.
    pub instances: u32,
    /// Bytes of the GC heap.
    pub gc_heap_bytes: u64,
    /// Bytes of native stack that WebAssembly may use.
    pub native_stack_bytes: usize,
    /// Bytes of the interpreter's value area.
    pub value_stack_bytes: usize,
    /// Continuations that have a stack, running or suspended. Exceeding it has the effect of an exhausted call stack.
    pub stacks: u32,
}

impl Default for Limits {
    /// 16 GiB in all (a 32-bit memory cannot have more than 4), 1 GiB of objects, ten million elements of a table (twice as many
    /// in all), ten thousand instances, and stacks of 1 MiB, which fit a thread of the usual 8 MiB.
    fn default() -> Self {
        Limits {
            memory_bytes: 16 << 30,
            one_byte_pages: u64::from(u32::MAX),
            total_bytes: 16 << 30,
            table_elements: 10_000_000,
            all_table_elements: 20_000_000,
            instances: 10_000,
            gc_heap_bytes: 1 << 30,
            native_stack_bytes: 1 << 20,
            value_stack_bytes: 1 << 20,
            stacks: continuations::DEFAULT_LIMIT,
        }
    }
}

/// A host function: arguments in, results or an abort out. The store is the one that the function was called in.
pub type HostFn = Box<dyn Fn(&mut Store, &[Val]) -> Result<Vec<Val>, Abort>>;

/// A heap object as the embedder sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// A host value wrapped as externref.
    HostExtern(u64),
    /// Not in the heap: 31 bits.
    I31(u32),
    /// Canonical type and fields, packed ones zero-extended; then the descriptor, if it has one.
    Struct(TypeId, Vec<Val>),
    /// Canonical type and length; see [`Store::array_element`].
    Array(TypeId, u32),
    /// An exception.
    Exception {
        /// The tag.
        tag: TagId,
        /// The payload.
        payload: Vec<Val>,
    },
    /// A continuation.
    Cont(Cont),
}

/// The kind of an object with its type, but without its contents; see [`Store::shape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectShape {
    /// A host value wrapped as externref.
    HostExtern(u64),
    /// Not in the heap: 31 bits.
    I31(u32),
    /// Canonical type.
    Struct(TypeId),
    /// Canonical type and length.
    Array(TypeId, u32),
    /// The tag of an exception.
    Exception(TagId),
    /// Canonical type, and state.
    Cont(TypeId, Cont),
}

/// The visible state of a continuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cont {
    /// Not started: canonical type, the function that it will call, and the number of slots of its bound arguments.
    Fresh {
        /// Canonical type of the continuation.
        ty: TypeId,
        /// The function that it will call.
        func: FuncRef,
        /// Number of slots of bound arguments.
        bound: usize,
    },
    /// It is suspended.
    Suspended,
    /// It was resumed or bound.
    Consumed,
}

/// All entities that instances share and that die together. Not `Send` while code runs in it.
pub struct Store {
    pub(in crate::runtime) inner: NonNull<StoreInner>,
    /// False for the view of a running store that a host function gets.
    owner: bool,
}

/// The data that a [`Store`] is a handle to, at a fixed address.
pub(crate) struct StoreInner {
    pub vm: Arc<VmCell>,
    /// The owner of `VMStore::stack`.
    _stack: Stack,
    /// Context of host functions. Its `instance` is null.
    host_ctx: Owned<VMContext>,
    adapters: Arc<dyn Adapters>,
    pub limits: Limits,
    /// Why nothing can be instantiated any more.
    refusal: OnceCell<ResourceError>,
    /// See [`Store::set_paranoid`].
    paranoid: bool,
    /// See [`Store::check_segments_first`].
    pub(in crate::runtime) segments_first: bool,
    instances: Vec<Owned<Instance>>,
    memories: Vec<Arc<Memory>>,
    tables: Vec<Owned<Table>>,
    globals: Vec<Owned<Global>>,
    tags: Vec<Owned<Tag>>,
    /// The types of the instances that the embedder's modules made: objects and functions have their ids.
    pub(in crate::runtime) types: Vec<Arc<ModuleTypes>>,
    host_functions: Vec<Owned<host::HostFunction>>,
    /// GC references that the embedder holds.
    handles: rooting::Handles,
    /// Data of the embedder's: see [`Store::set_embedder`].
    embedder: *mut c_void,
    /// The failure of a host function whose frames end with `Status::Trap`.
    pending_abort: Option<Abort>,
    /// The frames where the last uncaught exception was thrown, if they were kept.
    thrown_at: Vec<BacktraceFrame>,
    /// For each shared memory that came from elsewhere: its number, and the bytes that it took then.
    adopted: Vec<(MemoryId, u64)>,
    /// The data of the records of traced functions.
    traced: Vec<Owned<TracedFunction>>,
    /// The panic of a host function; resumed once the WebAssembly frames that called it are left.
    pending_panic: Option<Box<dyn Any + Send>>,
}

/// A global of a store. Starts with the part that compiled code accesses.
#[repr(C)]
pub(crate) struct Global {
    pub vm: VMGlobal,
    pub id: GlobalId,
    /// The canonical type.
    pub ty: GlobalType,
}

/// A tag of a store. Starts with the part that compiled code accesses.
#[repr(C)]
pub(crate) struct Tag {
    pub vm: VMTag,
    pub id: TagId,
}

/// The `VMStore`, shared with interrupt handles.
pub(crate) struct VmCell(UnsafeCell<VMStore>);

// SAFETY: other threads have it only within an `InterruptHandle`, which accesses only the atomic `stack_limit`.
unsafe impl Send for VmCell {}
// SAFETY: as above.
unsafe impl Sync for VmCell {}

impl VmCell {
    /// Address of the record.
    pub fn get(&self) -> *mut VMStore {
        self.0.get()
    }
}

/// Interrupts a store from another thread or a signal handler.
#[derive(Clone)]
pub struct InterruptHandle {
    vm: Arc<VmCell>,
}

impl InterruptHandle {
    /// Requests that code running in the store trap with `Interrupt` at the next function entry or loop header, which takes the
    /// request. If no code runs any more, a later call traps: a short function may end before it notices.
    pub fn interrupt(&self) {
        // SAFETY: the field is atomic, and the memory lives as long as the handle.
        unsafe { (*self.vm.get()).stack_limit.interrupt() };
    }

    /// Whether an interrupt is pending that no code has noticed. Waiting host functions check this and return: the code
    /// that called them then traps.
    pub fn is_requested(&self) -> bool {
        // SAFETY: as in `interrupt`.
        unsafe { (*self.vm.get()).stack_limit.is_interrupted() }
    }

    /// Withdraws a pending interrupt. Must only be called when nothing runs in the store: running code could lose its
    /// stack limit.
    pub(crate) fn withdraw(&self) {
        // SAFETY: as in `interrupt`.
        unsafe { (*self.vm.get()).stack_limit.withdraw() };
    }
}

impl std::fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InterruptHandle").field("requested", &self.is_requested()).finish()
    }
}

impl Store {
    /// An empty store. If there is no address space for its stack, it refuses to instantiate anything.
    pub fn new(adapters: Arc<dyn Adapters>, limits: Limits) -> Store {
        let refusal = OnceCell::new();
        let mut stack = Stack::new(limits.value_stack_bytes).unwrap_or_else(|e| {
            refusal.get_or_init(|| ResourceError::system("no address space for a store")(e));
            Stack::none()
        });
        let heap = Heap::new(limits.gc_heap_bytes, false);
        let mut vm = VMStore::new(&mut stack, heap);
        vm.roots = Some(objects::roots);
        vm.bytes_left = limits.total_bytes;
        vm.memory_bytes = limits.memory_bytes;
        vm.elements_left = limits.all_table_elements;
        vm.continuations.set_limit(limits.stacks);
        let vm = Arc::new(VmCell(UnsafeCell::new(vm)));
        let host_ctx = Owned::new(VMContext::new(vm.get()));
        let inner = Box::new(StoreInner {
            vm,
            _stack: stack,
            host_ctx,
            adapters,
            limits,
            refusal,
            paranoid: false,
            segments_first: false,
            instances: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            types: Vec::new(),
            host_functions: Vec::new(),
            handles: rooting::Handles::default(),
            embedder: std::ptr::null_mut(),
            pending_abort: None,
            thrown_at: Vec::new(),
            adopted: Vec::new(),
            traced: Vec::new(),
            pending_panic: None,
        });
        let inner = NonNull::from(Box::leak(inner));
        // SAFETY: just made; only this has it.
        unsafe { (*inner.as_ref().vm.get()).store = inner.as_ptr().cast() };
        Store { inner, owner: true }
    }

    pub(crate) fn inner(&self) -> &StoreInner {
        // SAFETY: alive as long as the owner; no code runs while a method of the store does, other than in `call`,
        // which holds no reference.
        unsafe { self.inner.as_ref() }
    }

    pub(crate) fn inner_mut(&mut self) -> &mut StoreInner {
        // SAFETY: as in `inner`; exclusive by `&mut self`: a running store is borrowed by its `call`.
        unsafe { self.inner.as_mut() }
    }

    /// Calls a function. References in the results are in the handle scope until [`Store::clear_handles`].
    ///
    /// # Panics
    /// If number or types of `args` are wrong: check with [`Store::func_type`] first.
    ///
    /// # Errors
    /// How the call ended, if not normally.
    pub fn call(&mut self, func: FuncRef, args: &[Val]) -> Result<Vec<Val>, Abort> {
        self.inner().assert_own(func);
        // SAFETY: function records live as long as their store.
        let info = types::info(unsafe { func.0.as_ref() }.type_id);
        let ty = info.func().expect("functions have function types");
        assert_eq!(args.len(), ty.params().len(), "wrong number of arguments");
        let mut inline = [0u64; 16];
        let mut heap;
        let needed = Val::slots(ty.params()).max(Val::slots(ty.results()));
        let slots = if needed <= inline.len() {
            &mut inline[..]
        } else {
            heap = vec![0; needed];
            &mut heap[..]
        };
        let mut at = 0;
        for (arg, ty) in args.iter().zip(ty.params()) {
            assert!(self.inner().has_type(*arg, *ty), "argument {arg:?} is not of type {ty}");
            at += arg.to_slots(&mut slots[at..]);
        }
        // SAFETY: the function is one of this store's, the slots have room, and no reference into the store is alive.
        let status = unsafe { StoreInner::enter(self.inner, func.0.as_ptr(), slots.as_mut_ptr()) };
        let inner = self.inner_mut();
        let outcome = inner.outcome(status);
        self.check_if_paranoid();
        if outcome.is_err() {
            self.collect_if_paranoid();
        }
        outcome?;
        let inner = self.inner_mut();
        let mut at = 0;
        let mut results = Vec::with_capacity(ty.results().len());
        for &ty in ty.results() {
            let value = Val::from_slots(&slots[at..], ty);
            at += Val::slots(&[ty]);
            if let Val::Ref(Ref::Gc(object)) = value {
                inner.handles.push(object);
            }
            results.push(value);
        }
        self.collect_if_paranoid();
        Ok(results)
    }

    /// Numbers of interpreted function entries and of entries into native code since creation.
    pub fn counters(&self) -> (u64, u64) {
        // SAFETY: nothing runs.
        unsafe { ((*self.vm()).interp_calls, (*self.vm()).native_entries) }
    }

    /// How often interpreted functions continued in compiled code since creation: at their entries, and at loops.
    pub fn replacements(&self) -> [u64; 2] {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).replaced }
    }

    /// How many functions were made executable when they were first called.
    pub fn prepared(&self) -> u64 {
        // SAFETY: nothing runs.
        unsafe { (*self.vm()).prepared }
    }

    /// The names of the functions that the compiler failed on, and that therefore stay interpreted: defects of this crate.
    pub fn compiler_defects(&self) -> Vec<String> {
        let instances = (0..self.instances()).map(|i| self.inner().instance(InstanceId(i)));
        let mut names: Vec<String> = instances.flat_map(|instance| instance.code.defects()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Sets the store's fuel: code of an engine with [`Config::fuel`](crate::engine::Config::fuel) traps with
    /// `OutOfFuel` when it is used up. A new store has `u64::MAX`.
    pub fn set_fuel(&mut self, fuel: u64) {
        // SAFETY: nothing runs, or a host function that lends the store: the field is read again when code continues.
        unsafe { (*self.vm()).fuel = fuel };
    }

    /// The remaining fuel.
    pub fn fuel(&self) -> u64 {
        // SAFETY: as in `set_fuel`.
        unsafe { (*self.vm()).fuel }
    }

    /// Whether an interrupt of this store is pending: waiting host functions check this now and then, and return if so.
    pub fn is_interrupted(&self) -> bool {
        // SAFETY: the field is atomic.
        unsafe { (*self.vm()).stack_limit.is_interrupted() }
    }

    /// Takes a pending interrupt, as a host function does that ends with the trap `Interrupt` itself.
    pub(crate) fn take_interrupt(&mut self) {
        // SAFETY: nothing runs, or a host function that lends the store; the limit is that of the stack on which code goes on.
        unsafe {
            let vm = self.vm();
            (*vm).stack_limit.take_interrupt((*(*vm).stack).native_limit);
        }
    }

    /// A resource that the system, not a limit, refused to code of this store since the last call of this method. The
    /// -1 or trap that followed would not have occurred on a machine with more memory.
    pub fn take_refused(&mut self) -> Option<&'static str> {
        // SAFETY: nothing runs, or a host function that lends the store.
        unsafe { (*self.vm()).refused.take() }
    }

    /// A handle by which another thread can interrupt this store.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle { vm: Arc::clone(&self.inner().vm) }
    }

    /// Number of stacks of continuations, running or suspended, including dead ones that no collection has found yet.
    pub fn stacks(&self) -> usize {
        // SAFETY: nothing runs, or a host function that lends the store.
        unsafe { (*self.vm()).continuations.stacks() }
    }

    pub(crate) fn vm(&self) -> *mut VMStore {
        self.inner().vm.get()
    }

    /// Forgets the references handed to the embedder.
    pub fn clear_handles(&mut self) {
        self.inner_mut().handles.end(0);
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.owner {
            // SAFETY: it was leaked by `new`. The owner is dropped once, and not while its `call` borrows it; a tracer
            // was leaked by `trace`.
            unsafe {
                let vm = self.vm();
                let tracer = std::mem::replace(&mut (*vm).tracer, std::ptr::null_mut());
                // The record lives on with an interrupt handle, which needs none of what is large.
                (*vm).heap = Heap::new(0, false);
                (*vm).continuations = Continuations::new(0);
                (*vm).backtrace = Backtrace::default();
                (*vm).post_mortem = None;
                (*vm).tail_args = Vec::new();
                drop(Box::from_raw(self.inner.as_ptr()));
                if !tracer.is_null() {
                    drop(Box::from_raw(tracer));
                }
            }
        }
    }
}

impl StoreInner {
    /// Address of the store that a context belongs to.
    ///
    /// # Safety
    /// `ctx` is a context of a live store.
    pub unsafe fn address(ctx: *const VMContext) -> NonNull<StoreInner> {
        // SAFETY: contexts point to their `VMStore`, and that to its store.
        unsafe { NonNull::new_unchecked((*(*ctx).store).store.cast()) }
    }

    /// Checks that a function belongs to this store: the references and tags of another's would be meaningless here.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub(in crate::runtime) fn assert_own(&self, func: FuncRef) {
        // SAFETY: function records live as long as their store, and so do the contexts they name.
        let owner = unsafe { (*func.0.as_ref().ctx).store };
        assert!(std::ptr::eq(owner, self.vm.get()), "a function belongs to another store");
    }

    /// Runs a function with all arguments in `slots`.
    ///
    /// # Safety
    /// `func` is one of this store's; `slots` holds its arguments and has room for its results; no reference into the
    /// store is alive.
    pub unsafe fn enter(this: NonNull<StoreInner>, func: *const VMFunc, slots: *mut u64) -> Status {
        // SAFETY: the caller's promise; the references end before the call.
        unsafe {
            let (vm, native_bytes) = ((*this.as_ptr()).vm.get(), (*this.as_ptr()).limits.native_stack_bytes);
            activation::call(vm, func, slots, native_bytes)
        }
    }

    /// The adapter by which native code calls functions of this type. If it cannot be made, nothing can be instantiated
    /// any more, and [`Store::check_entry`] keeps the function from existing instances.
    fn native_to_array(&self, signature: &FuncType) -> *const u8 {
        self.adapters.native_to_array(signature).unwrap_or_else(|e| {
            self.refusal.get_or_init(|| ResourceError::system("no address space for adapters")(e));
            std::ptr::null()
        })
    }

    /// # Errors
    /// If nothing can be instantiated any more.
    pub(in crate::runtime) fn check_refusal(&self) -> Result<(), ResourceError> {
        self.refusal.get().map_or(Ok(()), |refusal| Err(refusal.clone()))
    }

    /// Takes the trap, exception or failure that a status announces out of the store.
    pub(in crate::runtime) fn outcome(&mut self, status: Status) -> Result<(), Abort> {
        // SAFETY: nothing runs, nothing else accesses it.
        let vm = unsafe { &mut *self.vm.get() };
        // An exception that was caught is still stored here, and would be kept until the next is thrown.
        let exception = std::mem::take(&mut vm.pending_exception);
        match status {
            Status::Ok => Ok(()),
            Status::TailCall => unreachable!("`activation::call` finishes tail calls"),
            Status::Exception => {
                let object = GcRef(exception.try_into().expect("an exception in flight is not null"));
                self.handles.push(object);
                // SAFETY: instances live as long as their store.
                self.thrown_at = vm.backtrace.inner.drain(..).map(|raw| unsafe { Self::frame(&raw) }).collect();
                Err(Abort::Exception(object))
            }
            Status::Trap => {
                let code = std::mem::take(&mut vm.pending_trap);
                let detail = std::mem::replace(&mut vm.pending_trap_detail, u64::MAX);
                let frames = std::mem::take(&mut vm.backtrace);
                // SAFETY: instances live as long as their store.
                let named = |raw: &RawFrame| unsafe { Self::frame(raw) };
                let (backtrace, outer) =
                    (frames.inner.iter().map(named).collect(), frames.outer.iter().map(named).collect());
                if let Some(panic) = self.pending_panic.take() {
                    self.pending_abort = None;
                    std::panic::resume_unwind(panic);
                }
                match self.pending_abort.take() {
                    // It came from the host without frames: its frames are those that called the host.
                    Some(Abort::Trap(trap)) if trap.backtrace.is_empty() => {
                        return Err(Abort::Trap(Trap { backtrace, omitted: frames.omitted, outer, ..trap }));
                    }
                    Some(abort) => return Err(abort),
                    None => {}
                }
                let code = u8::try_from(code).ok().and_then(TrapCode::from_u8).expect("a trap in flight has a code");
                let message = match detail {
                    u64::MAX if !code.names_element() => code.message().to_string(),
                    number => format!("{} {number}", code.message()),
                };
                Err(Abort::Trap(Trap { code, message, backtrace, omitted: frames.omitted, outer }))
            }
        }
    }

    /// Names a frame.
    ///
    /// # Safety
    /// The frame's context is that of a live instance.
    pub(in crate::runtime) unsafe fn frame(raw: &RawFrame) -> BacktraceFrame {
        // SAFETY: the caller's promise; an instance is immutable except for dropped segments.
        let instance = unsafe { &*(*raw.ctx).instance.cast::<Instance>() };
        let module = instance.code.module();
        let body = &module.bodies[raw.body as usize];
        let function = module.num_imported_functions + raw.body;
        let name = match body.kind {
            BodyKind::Function(f) => module.short_name(f),
            BodyKind::Const(_) => format!("const_{}", raw.body - module.num_defined_functions()),
        };
        BacktraceFrame {
            instance: instance.id,
            function,
            name,
            module_offset: raw.module_offset,
            function_offset: raw.module_offset.map(|at| at - body.range.start as u32),
            tier: raw.tier,
            code_offset: raw.code_offset,
        }
    }
}
