//! Stores and what lives in them. Handles are plain indices in creation order, so that two stores in which the same
//! things happened number their entities alike: that is how the harness pairs them.

use super::trap::TrapCode;
use super::value::{FuncRef, GcRef, Ref, Val};
use super::vm::{VMFunc, VMStore};
use crate::module::{BodyIndex, FuncType, GlobalType, MemoryType, Module, TableType};
use std::sync::Arc;

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
    )*};
}
handles! {
    /// An instance of a store, in order of creation; failed instantiations that had side effects count.
    InstanceId;
    MemoryId;
    TableId;
    GlobalId;
    TagId;
}

/// Something that can be imported and exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extern {
    Func(FuncRef),
    Table(TableId),
    Memory(MemoryId),
    Global(GlobalId),
    Tag(TagId),
}

/// A module made executable by the engine, under its policy of tiers.
pub trait Code: Send + Sync {
    fn module(&self) -> &Arc<Module>;
    /// Fills in the entries (`native_entry`, `array_entry`, `interp_code`, `data`) of the record of a body.
    fn install(&self, body: BodyIndex, func: &VMFunc);
}

/// What a store needs of the engine to let native code call functions that have none.
pub trait Adapters: Send + Sync {
    /// Native entry that marshals to `VMFunc::array_entry`; null where there is no assembler. Lives as long as `self`.
    fn native_to_array(&self, signature: &FuncType) -> *const u8;
}

/// How a call or an instantiation ended, other than well.
#[derive(Clone, Debug, PartialEq)]
pub enum Abort {
    Trap(Trap),
    /// An uncaught exception.
    Exception(GcRef),
    /// A host function failed in a way that is no trap (as `proc_exit`).
    Host(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Trap {
    pub code: TrapCode,
    /// "uninitialized element 7".
    pub message: String,
    pub backtrace: Vec<Frame>,
}

/// One frame of a WebAssembly backtrace, innermost first.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub instance: InstanceId,
    pub function: u32,
    pub name: String,
    /// Byte offset in the module's binary, and in the function's body.
    pub module_offset: Option<u32>,
    pub function_offset: Option<u32>,
    pub tier: &'static str,
}

#[derive(Clone, Debug, PartialEq)]
pub enum InstantiateError {
    /// Wrong number or type of an import ("incompatible import type", "unknown import").
    Unlinkable(String),
    /// Side effects are kept.
    Abort(Abort),
    /// Out of host memory or over a limit of the store.
    Resource(String),
}

/// Bounds on what WebAssembly code may make its host spend.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of one linear memory.
    pub memory_bytes: u64,
    /// Elements of one table.
    pub table_elements: u64,
    /// Bytes of the GC heap.
    pub gc_heap_bytes: u64,
    /// Bytes of native stack that WebAssembly may use.
    pub native_stack_bytes: usize,
    /// Bytes of the interpreter's value area.
    pub value_stack_bytes: usize,
}

/// A host function: arguments in, results or an abort out. `Caller` gives access to the store.
pub type HostFn = Box<dyn Fn(&mut Store, &[Val]) -> Result<Vec<Val>, Abort>>;

/// Everything that instances share and that dies together. Not `Send` while code runs in it.
pub struct Store {
    _private: (),
}

/// A heap object as the embedder sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum Object {
    /// A host value wrapped as externref.
    HostExtern(u64),
    Exception {
        tag: TagId,
        payload: Vec<Val>,
    },
}

impl Store {
    pub fn new(adapters: Arc<dyn Adapters>, limits: Limits) -> Store {
        let _ = (adapters, limits);
        todo!()
    }

    /// Links, allocates, initialises and starts. `imports` is in the order of the module's imports.
    pub fn instantiate(&mut self, code: Arc<dyn Code>, imports: &[Extern]) -> Result<InstanceId, InstantiateError> {
        let _ = (code, imports);
        todo!()
    }
    pub fn module(&self, instance: InstanceId) -> &Arc<Module> {
        let _ = instance;
        todo!()
    }
    pub fn export(&self, instance: InstanceId, name: &str) -> Option<Extern> {
        let _ = (instance, name);
        todo!()
    }

    /// Calls a function. Panics if number or types of `args` are wrong: check with [`Store::func_type`] first.
    /// References in the results are in the handle scope until [`Store::clear_handles`].
    pub fn call(&mut self, func: FuncRef, args: &[Val]) -> Result<Vec<Val>, Abort> {
        let _ = (func, args);
        todo!()
    }
    pub fn func_type(&self, func: FuncRef) -> FuncType {
        let _ = func;
        todo!()
    }
    /// Where a function comes from: instance and function index; `None` for host functions.
    pub fn func_origin(&self, func: FuncRef) -> Option<(InstanceId, u32)> {
        let _ = func;
        todo!()
    }

    pub fn new_host_func(&mut self, name: &str, ty: FuncType, f: HostFn) -> FuncRef {
        let _ = (name, ty, f);
        todo!()
    }
    pub fn new_memory(&mut self, ty: MemoryType) -> Result<MemoryId, InstantiateError> {
        let _ = ty;
        todo!()
    }
    pub fn new_table(&mut self, ty: TableType, init: Ref) -> Result<TableId, InstantiateError> {
        let _ = (ty, init);
        todo!()
    }
    pub fn new_global(&mut self, ty: GlobalType, value: Val) -> GlobalId {
        let _ = (ty, value);
        todo!()
    }
    pub fn new_tag(&mut self, ty: FuncType) -> TagId {
        let _ = ty;
        todo!()
    }

    pub fn instances(&self) -> u32 {
        todo!()
    }
    pub fn memories(&self) -> u32 {
        todo!()
    }
    pub fn tables(&self) -> u32 {
        todo!()
    }
    pub fn globals(&self) -> u32 {
        todo!()
    }
    /// Entities of an instance (imports first), for reachability.
    pub fn instance_externs(&self, instance: InstanceId) -> Vec<Extern> {
        let _ = instance;
        todo!()
    }
    /// Dropped data segments and dropped element segments.
    pub fn dropped(&self, instance: InstanceId) -> (Vec<bool>, Vec<bool>) {
        let _ = instance;
        todo!()
    }

    pub fn memory_type(&self, memory: MemoryId) -> MemoryType {
        let _ = memory;
        todo!()
    }
    pub fn memory_bytes(&self, memory: MemoryId) -> &[u8] {
        let _ = memory;
        todo!()
    }
    pub fn memory_bytes_mut(&mut self, memory: MemoryId) -> &mut [u8] {
        let _ = memory;
        todo!()
    }
    /// Indices of 4 KiB host pages that may have been written since creation; all others are zero.
    pub fn touched_pages(&self, memory: MemoryId) -> Vec<u32> {
        let _ = memory;
        todo!()
    }
    pub fn table_type(&self, table: TableId) -> TableType {
        let _ = table;
        todo!()
    }
    pub fn table_len(&self, table: TableId) -> u64 {
        let _ = table;
        todo!()
    }
    pub fn table_get(&self, table: TableId, index: u64) -> Option<Ref> {
        let _ = (table, index);
        todo!()
    }
    pub fn table_set(&mut self, table: TableId, index: u64, value: Ref) {
        let _ = (table, index, value);
        todo!()
    }
    pub fn global_type(&self, global: GlobalId) -> GlobalType {
        let _ = global;
        todo!()
    }
    pub fn global_get(&self, global: GlobalId) -> Val {
        let _ = global;
        todo!()
    }
    pub fn global_set(&mut self, global: GlobalId, value: Val) {
        let _ = (global, value);
        todo!()
    }
    pub fn tag_type(&self, tag: TagId) -> FuncType {
        let _ = tag;
        todo!()
    }

    /// A host value as an externref (in the handle scope).
    pub fn new_extern(&mut self, value: u64) -> Ref {
        let _ = value;
        todo!()
    }
    pub fn object(&self, object: GcRef) -> Object {
        let _ = object;
        todo!()
    }
    /// Forgets the references handed to the embedder.
    pub fn clear_handles(&mut self) {
        todo!()
    }
    pub fn collect_garbage(&mut self) {
        todo!()
    }

    /// Interpreted function entries and entries into native code since creation.
    pub fn counters(&self) -> (u64, u64) {
        todo!()
    }
    /// A handle by which another thread can interrupt this store.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        todo!()
    }
    pub fn vm(&self) -> *mut VMStore {
        todo!()
    }
}

/// Interrupts a store from another thread or a signal handler.
#[derive(Clone)]
pub struct InterruptHandle {
    _private: (),
}

impl InterruptHandle {
    /// Asks code that runs in the store to trap with `Interrupt` at the next function entry or loop header.
    pub fn interrupt(&self) {
        todo!()
    }
}
