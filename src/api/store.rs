//! Stores, and the ways to pass one to a function.

use super::engine::Engine;
use super::entities::Extern;
use super::error::{Error, ErrorKind, UsageError};
use super::func::Func;
use super::instance::Instance;
use super::linker::HostDefinition;
use super::objects::ExnRef;
use super::roots::Rooted;
use crate::runtime::store as low;
use crate::runtime::store::{Abort, InterruptHandle};
use crate::runtime::value::GcRef;
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The place where instances live, with their functions, memories, tables, globals and objects, and the embedder's data,
/// `T`.
///
/// Handles such as [`Func`] and [`Memory`](super::Memory) are indices into their store. Every use checks that the handle
/// belongs to the store: with another store it is an error ([`UsageError::OtherStore`]), or a panic where a function
/// returns no errors. Nothing in a store is freed before the store itself, except objects that nothing refers to.
///
/// ```
/// # use wasmoon::{Engine, Store};
/// let mut store = Store::new(&Engine::default(), 41);
/// *store.data_mut() += 1;
/// assert_eq!(store.into_data(), 42);
/// ```
///
/// A store keeps the type with which it was created. This compiles:
///
/// ```
/// # use wasmoon::{Engine, Store};
/// let store: Store<for<'a> fn(&'a str)> = Store::new(&Engine::default(), |_| {});
/// let same: Store<for<'a> fn(&'a str)> = store;
/// ```
///
/// This does not, although one data type is a subtype of the other:
///
/// ```compile_fail,E0308
/// # use wasmoon::{Engine, Store};
/// let store: Store<for<'a> fn(&'a str)> = Store::new(&Engine::default(), |_| {});
/// let other: Store<fn(&'static str)> = store;
/// ```
pub struct Store<T: 'static> {
    /// Comes from a box. References into it are short-lived and never held across a call of WebAssembly: host functions
    /// find the same data through `StoreInner::embedder`.
    data: NonNull<StoreData<T>>,
    /// A host function has the type of the store it was created in, and finds its data there. So a store must never be
    /// converted to one of another type, not even where Rust would convert `T` by shortening or lengthening a lifetime in
    /// it.
    invariant: PhantomData<fn(T) -> T>,
}

/// The contents of a store.
pub(super) struct StoreData<T> {
    pub opaque: StoreOpaque,
    pub data: T,
}

/// The part of a store that does not depend on the embedder's data.
pub struct StoreOpaque {
    pub(super) low: low::Store,
    pub(super) id: StoreId,
    pub(super) engine: Engine,
    /// The error of a host function, on its way to the call that it aborts.
    pending: Option<Error>,
    /// Functions created from definitions of linkers, by the address of the definition. The `Arc` keeps that address
    /// valid.
    definitions: HashMap<usize, (Arc<dyn Any + Send + Sync>, Func)>,
    externs: Externs,
}

/// A number that no other store of the process ever has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreId(u64);

impl StoreId {
    fn next() -> StoreId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        StoreId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The host values that externrefs stand for.
#[derive(Default)]
struct Externs {
    values: HashMap<u64, (GcRef, Arc<dyn Any + Send + Sync>)>,
    next: u64,
    /// The number of collections when values were last dropped; `None` before the first time.
    swept: Option<u64>,
    /// The number of values at which a collection is made to drop some of them.
    collect_at: usize,
}

/// What a host value counts for in the number of bytes that are allocated between two collections. (Its reference takes 16
/// bytes, but the value itself may be of any size.)
const HOST_VALUE_BYTES: usize = 2 << 10;
/// With fewer values than this, a collection is not worthwhile.
const FEW_VALUES: usize = 512;

impl StoreOpaque {
    /// # Errors
    /// `OtherStore`.
    pub(super) fn check(&self, id: StoreId, what: &'static str) -> Result<(), Error> {
        if id == self.id { Ok(()) } else { Err(UsageError::OtherStore(what).into()) }
    }

    /// # Panics
    /// If something of another store is used where no error can be returned.
    #[track_caller]
    pub(super) fn assert(&self, id: StoreId, what: &'static str) {
        assert!(id == self.id, "{what} belongs to another store");
    }

    /// Creates an externref of a host value.
    ///
    /// # Errors
    /// A trap if the heap is at its limit, or if running code was interrupted before a collection could make space.
    pub(super) fn new_extern(&mut self, value: Arc<dyn Any + Send + Sync>) -> Result<GcRef, Error> {
        self.sweep_externs();
        if self.externs.values.len() >= self.externs.collect_at {
            self.low.collect_unless_interrupted();
            self.sweep_externs();
        }
        let key = self.externs.next;
        self.externs.next += 1;
        let made = self.low.try_new_extern(key).map_err(|abort| self.raise(abort))?;
        let crate::runtime::value::Ref::Gc(object) = made else { unreachable!("an object was made") };
        self.externs.values.insert(key, (object, value));
        Ok(object)
    }

    /// The host value of an externref.
    pub(super) fn extern_value(&self, object: GcRef) -> Option<&Arc<dyn Any + Send + Sync>> {
        match self.low.atom(object)? {
            low::ObjectShape::HostExtern(key) => self.externs.values.get(&key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Collects objects that nothing refers to, and drops the host values among them.
    pub(super) fn collect_garbage(&mut self) {
        self.low.collect_garbage();
        self.sweep_externs();
    }

    /// Drops the host values whose references did not survive the last collection, unless that is already done. Their number
    /// causes the next collection once it has doubled and the values added weigh as much as the objects that the collection
    /// must examine.
    pub(super) fn sweep_externs(&mut self) {
        let collections = Some(self.low.collections());
        if self.externs.swept == collections {
            return;
        }
        self.externs.swept = collections;
        self.low.note_objects();
        let low = &self.low;
        self.externs.values.retain(|&key, (object, _)| low.is_host_extern(*object, key));
        let (left, weight) = (self.externs.values.len(), self.low.collection_threshold() / HOST_VALUE_BYTES);
        self.externs.collect_at = left + left.max(weight).max(FEW_VALUES);
    }

    /// Returns the error of a call that did not end normally.
    pub(super) fn raise(&mut self, abort: Abort) -> Error {
        match abort {
            Abort::Trap(trap) => ErrorKind::Trap(trap).into(),
            Abort::Exit(status) => Error::i32_exit(status),
            Abort::Exception(object) => ErrorKind::Exception(super::roots::OwnedRooted::new(self, object)).into(),
            Abort::Host(message) => self.pending.take().unwrap_or_else(|| Error::new(message)),
        }
    }

    /// Returns how a failing host function ends its caller.
    pub(super) fn lower_error(&mut self, error: Error) -> Abort {
        match error.into_kind() {
            ErrorKind::Trap(trap) => Abort::Trap(trap),
            ErrorKind::Exit(status) => Abort::Exit(status),
            ErrorKind::Exception(exception) => match exception.object(self) {
                // From here on, the store holds the reference itself.
                Ok(object) => {
                    self.low.hold(object);
                    Abort::Exception(object)
                }
                Err(error) => self.lower_error(error),
            },
            other => {
                let error = Error::from(other);
                let message = error.to_string();
                self.pending = Some(error);
                Abort::Host(message)
            }
        }
    }
}

impl<T> Store<T> {
    /// Creates a store with the default limits (see [`StoreLimits`]), for instances of modules that this engine
    /// compiled.
    ///
    /// If the system has no address space left for its stack, the store is created nevertheless but cannot instantiate
    /// anything.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        Store::with_limits(engine, data, StoreLimits::default())
    }

    /// Like [`Store::new`], with other limits.
    pub fn with_limits(engine: &Engine, data: T, limits: StoreLimits) -> Store<T> {
        let low = engine.low().store(limits.0);
        let opaque = StoreOpaque {
            low,
            id: StoreId::next(),
            engine: engine.clone(),
            pending: None,
            definitions: HashMap::new(),
            externs: Externs::default(),
        };
        let data = NonNull::from(Box::leak(Box::new(StoreData { opaque, data })));
        // SAFETY: just made; only this has it.
        unsafe { (*data.as_ptr()).opaque.low.set_embedder(data.as_ptr().cast()) };
        Store { data, invariant: PhantomData }
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        self.as_context().into_data()
    }

    /// The embedder's data, mutably.
    pub fn data_mut(&mut self) -> &mut T {
        // SAFETY: no code runs while the store is borrowed; exclusive by `&mut self`.
        unsafe { &mut (*self.data.as_ptr()).data }
    }

    /// Ends the store and returns the embedder's data.
    pub fn into_data(self) -> T {
        let this = std::mem::ManuallyDrop::new(self);
        // SAFETY: `new` leaked it, and `this` is not dropped.
        unsafe { Box::from_raw(this.data.as_ptr()) }.data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.as_context().opaque_for_long().engine
    }

    /// Sets the fuel. Each function entry and each loop iteration uses one unit; large memory operations use more. At
    /// zero, code traps with [`OutOfFuel`](super::TrapCode::OutOfFuel). A new store has `u64::MAX`.
    ///
    /// # Errors
    /// [`NoFuel`](UsageError::NoFuel) unless the engine's configuration has
    /// [`consume_fuel`](super::Config::consume_fuel).
    pub fn set_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        self.as_context_mut().set_fuel(fuel)
    }

    /// Returns the remaining fuel.
    ///
    /// # Errors
    /// As [`Store::set_fuel`].
    pub fn get_fuel(&self) -> Result<u64, Error> {
        self.as_context().get_fuel()
    }

    /// Returns a handle with which another thread can interrupt this store's code: the code then traps with
    /// [`Interrupt`](super::TrapCode::Interrupt) at the next function entry or loop iteration. Host functions that wait
    /// should check for interrupts.
    pub fn interrupt_handle(&self) -> InterruptHandle {
        self.as_context().opaque().low.interrupt_handle()
    }

    /// Withdraws an interrupt that no code has noticed: one that arrived when nothing was running any more and would
    /// end the next call.
    pub fn clear_interrupt(&mut self) {
        // Nothing is running: host functions have no `Store`.
        self.interrupt_handle().withdraw();
    }

    /// Collects objects that nothing refers to, and drops the host values among them. (This also happens automatically when
    /// space is needed.) An interrupt stops collections made by running code. This one always completes, even in a host
    /// function, and the interrupt stays pending.
    pub fn gc(&mut self) {
        self.as_context_mut().gc();
    }
}

impl<T> Drop for Store<T> {
    fn drop(&mut self) {
        // SAFETY: `new` leaked it, and nothing borrows the store.
        drop(unsafe { Box::from_raw(self.data.as_ptr()) });
    }
}

// SAFETY: outside of calls, nothing of a store belongs to a thread: stacks of continuations are plain memory, and host
// functions are `Send`. A call borrows the store, so it stays on its thread.
unsafe impl<T: Send> Send for Store<T> {}

impl<T: fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("data", self.data()).finish_non_exhaustive()
    }
}

/// A shared borrow of a store: [`AsContext`] makes one.
pub struct StoreContext<'a, T: 'static>(&'a StoreData<T>);

impl<T> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoreContext<'_, T> {}

impl<'a, T> StoreContext<'a, T> {
    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.0.data
    }

    fn into_data(self) -> &'a T {
        &self.0.data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.0.opaque.engine
    }

    /// See [`Store::get_fuel`].
    ///
    /// # Errors
    /// As there.
    pub fn get_fuel(&self) -> Result<u64, Error> {
        if !self.0.opaque.engine.counts_fuel() {
            return Err(UsageError::NoFuel.into());
        }
        Ok(self.0.opaque.low.fuel())
    }

    pub(super) fn opaque(&self) -> &StoreOpaque {
        &self.0.opaque
    }

    pub(super) fn opaque_for_long(self) -> &'a StoreOpaque {
        &self.0.opaque
    }
}

/// An exclusive borrow of a store: [`AsContextMut`] makes one.
pub struct StoreContextMut<'a, T: 'static> {
    data: NonNull<StoreData<T>>,
    borrow: PhantomData<&'a mut StoreData<T>>,
}

impl<'a, T> StoreContextMut<'a, T> {
    /// The caller has exclusive access to the store for `'a`.
    pub(super) fn new(data: NonNull<StoreData<T>>) -> StoreContextMut<'a, T> {
        StoreContextMut { data, borrow: PhantomData }
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        // SAFETY: as in `opaque`.
        unsafe { &(*self.data.as_ptr()).data }
    }

    /// The embedder's data, mutably.
    pub fn data_mut(&mut self) -> &mut T {
        // SAFETY: as in `opaque_mut`.
        unsafe { &mut (*self.data.as_ptr()).data }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.opaque().engine
    }

    /// See [`Store::set_fuel`].
    ///
    /// # Errors
    /// As there.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        if !self.opaque().engine.counts_fuel() {
            return Err(UsageError::NoFuel.into());
        }
        self.opaque_mut().low.set_fuel(fuel);
        Ok(())
    }

    /// See [`Store::get_fuel`].
    ///
    /// # Errors
    /// As there.
    pub fn get_fuel(&self) -> Result<u64, Error> {
        self.as_context().get_fuel()
    }

    /// See [`Store::gc`].
    pub fn gc(&mut self) {
        self.opaque_mut().collect_garbage();
    }

    /// Returns the error that throws an exception when a host function returns it.
    ///
    /// # Errors
    /// Always: the error is the result.
    pub fn throw<R>(&mut self, exception: Rooted<ExnRef>) -> Result<R, Error> {
        let owned = exception.to_owned_rooted(self)?;
        Err(ErrorKind::Exception(owned).into())
    }

    pub(super) fn opaque(&self) -> &StoreOpaque {
        // SAFETY: the store outlives `'a`, and the borrow of `self` keeps others from changing it: code that could runs
        // only in calls that borrow the store exclusively.
        unsafe { &(*self.data.as_ptr()).opaque }
    }

    pub(super) fn opaque_mut(&mut self) -> &mut StoreOpaque {
        // SAFETY: as above, exclusively.
        unsafe { &mut (*self.data.as_ptr()).opaque }
    }

    /// Both parts, for as long as the store is borrowed.
    pub(super) fn split(self) -> (&'a mut StoreOpaque, &'a mut T) {
        // SAFETY: as above; the parts are disjoint.
        unsafe {
            let data = self.data.as_ptr();
            (&mut (*data).opaque, &mut (*data).data)
        }
    }

    /// Returns the function of a linker's definition in this store, creating it at the first request.
    pub(super) fn defined(&mut self, definition: &Arc<HostDefinition<T>>) -> Func {
        let address = Arc::as_ptr(definition) as *const () as usize;
        if let Some((_, func)) = self.opaque().definitions.get(&address) {
            return *func;
        }
        let func = definition.make(self.as_context_mut());
        self.opaque_mut().definitions.insert(address, (definition.clone(), func));
        func
    }
}

/// Types that give access to a store: [`Store`] itself, [`Caller`], contexts, and references to these.
pub trait AsContext {
    /// The type of the embedder's data.
    type Data: 'static;

    /// A shared borrow of the store.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// Types that give exclusive access to a store.
pub trait AsContextMut: AsContext {
    /// An exclusive borrow of the store.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

impl<T> AsContext for Store<T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        // SAFETY: no code runs while the store is borrowed.
        StoreContext(unsafe { self.data.as_ref() })
    }
}

impl<T> AsContextMut for Store<T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut::new(self.data)
    }
}

impl<T> AsContext for StoreContext<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        *self
    }
}

impl<T> AsContext for StoreContextMut<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        // SAFETY: as in `opaque`.
        StoreContext(unsafe { self.data.as_ref() })
    }
}

impl<T> AsContextMut for StoreContextMut<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut::new(self.data)
    }
}

impl<S: AsContext + ?Sized> AsContext for &S {
    type Data = S::Data;

    fn as_context(&self) -> StoreContext<'_, S::Data> {
        S::as_context(self)
    }
}

impl<S: AsContext + ?Sized> AsContext for &mut S {
    type Data = S::Data;

    fn as_context(&self) -> StoreContext<'_, S::Data> {
        S::as_context(self)
    }
}

impl<S: AsContextMut + ?Sized> AsContextMut for &mut S {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, S::Data> {
        S::as_context_mut(self)
    }
}

impl<'a, S: AsContext> From<&'a S> for StoreContext<'a, S::Data> {
    fn from(store: &'a S) -> StoreContext<'a, S::Data> {
        store.as_context()
    }
}

impl<'a, S: AsContext> From<&'a mut S> for StoreContext<'a, S::Data> {
    fn from(store: &'a mut S) -> StoreContext<'a, S::Data> {
        S::as_context(store)
    }
}

impl<'a, S: AsContextMut> From<&'a mut S> for StoreContextMut<'a, S::Data> {
    fn from(store: &'a mut S) -> StoreContextMut<'a, S::Data> {
        store.as_context_mut()
    }
}

/// A store as passed to a host function, with the instance that called the function.
pub struct Caller<'a, T: 'static> {
    store: StoreContextMut<'a, T>,
}

impl<'a, T> Caller<'a, T> {
    pub(super) fn new(store: StoreContextMut<'a, T>) -> Caller<'a, T> {
        Caller { store }
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        self.store.data()
    }

    /// The embedder's data, mutably.
    pub fn data_mut(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        self.store.engine()
    }

    /// The instance whose code called. If the host called, from a function that code called, this is the instance of that code;
    /// `None` if no code is running. After a tail call, it is the instance that called before.
    pub fn instance(&self) -> Option<Instance> {
        let opaque = self.store.opaque();
        opaque.low.running_instance().map(|id| Instance { store: opaque.id, id })
    }

    /// An export of [`Caller::instance`].
    pub fn get_export(&mut self, name: &str) -> Option<Extern> {
        self.instance()?.get_export(&mut self.store, name)
    }

    /// See [`Store::set_fuel`].
    ///
    /// # Errors
    /// As there.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<(), Error> {
        self.store.set_fuel(fuel)
    }

    /// See [`Store::get_fuel`].
    ///
    /// # Errors
    /// As there.
    pub fn get_fuel(&self) -> Result<u64, Error> {
        self.store.get_fuel()
    }

    /// See [`Store::gc`].
    pub fn gc(&mut self) {
        self.store.gc();
    }

    /// Returns whether the store's code should stop: a host function that waits or computes for long should then
    /// return.
    pub fn is_interrupted(&self) -> bool {
        self.store.opaque().low.is_interrupted()
    }

    /// See [`StoreContextMut::throw`].
    ///
    /// # Errors
    /// As there.
    pub fn throw<R>(&mut self, exception: Rooted<ExnRef>) -> Result<R, Error> {
        self.store.throw(exception)
    }
}

impl<T> AsContext for Caller<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        self.store.as_context()
    }
}

impl<T> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        self.store.as_context_mut()
    }
}

/// Limits of a store, made with [`StoreLimitsBuilder`]. Exceeding one fails as the specification says: growth returns
/// -1, allocations and calls trap, instantiation is refused.
#[derive(Clone, Copy, Debug)]
pub struct StoreLimits(low::Limits);

impl Default for StoreLimits {
    /// 16 GiB in total, 20 million table elements, 1 GiB of objects, 10,000 instances, 1 MiB of stack.
    fn default() -> StoreLimits {
        StoreLimits(low::Limits::default())
    }
}

/// Builds [`StoreLimits`].
#[derive(Clone, Copy, Debug, Default)]
pub struct StoreLimitsBuilder(StoreLimits);

impl StoreLimitsBuilder {
    /// Starts with the default limits.
    pub fn new() -> StoreLimitsBuilder {
        StoreLimitsBuilder::default()
    }

    /// Sets the limit for bytes of each linear memory.
    pub fn memory_size(mut self, bytes: u64) -> Self {
        self.0.0.memory_bytes = bytes;
        self
    }

    /// Sets the limit for bytes of all memories, tables, objects and waiting stacks together.
    pub fn total_size(mut self, bytes: u64) -> Self {
        self.0.0.total_bytes = bytes;
        self
    }

    /// Sets the limit for elements of each table.
    pub fn table_elements(mut self, elements: u64) -> Self {
        self.0.0.table_elements = elements;
        self
    }

    /// Sets the limit for elements of all tables together.
    pub fn total_table_elements(mut self, elements: u64) -> Self {
        self.0.0.all_table_elements = elements;
        self
    }

    /// Sets the limit for instances.
    pub fn instances(mut self, instances: u32) -> Self {
        self.0.0.instances = instances;
        self
    }

    /// Sets the limit for bytes of the object heap.
    pub fn heap_size(mut self, bytes: u64) -> Self {
        self.0.0.gc_heap_bytes = bytes;
        self
    }

    /// Sets the limit for bytes of stack: once for compiled code, and once for interpreted code.
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.0.0.native_stack_bytes = bytes;
        self.0.0.value_stack_bytes = bytes;
        self
    }

    /// Sets the limit for continuations that have a stack.
    pub fn continuations(mut self, stacks: u32) -> Self {
        self.0.0.stacks = stacks;
        self
    }

    /// Returns the limits.
    pub fn build(self) -> StoreLimits {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        ArrayRef, ArrayType, ExternRef, FieldType, Func, Mutability, RootScope, StorageType, Val, ValType,
    };
    use super::*;

    /// The next collection comes after as many values as weigh as much as the objects that it must examine.
    #[test]
    fn few_host_values_do_not_collect_a_large_heap() {
        const VALUES: usize = 20_000;
        let value = Arc::new(());
        for (arrays, most, least) in [(0, 40, 30), (16, 4, 1)] {
            let mut store = Store::new(&Engine::default(), ());
            let ty = ArrayType::new(FieldType::new(Mutability::Const, StorageType::Val(ValType::I64)));
            for _ in 0..arrays {
                ArrayRef::new(&mut store, &ty, &vec![Val::I64(0); 1 << 17]).unwrap();
            }
            store.gc();
            let collections = |store: &Store<()>| store.as_context().opaque().low.collections();
            let before = collections(&store);
            for _ in 0..VALUES {
                let mut scope = RootScope::new(&mut store);
                ExternRef::new(&mut scope, Arc::clone(&value)).unwrap();
            }
            let made = collections(&store) - before;
            assert!((least..=most).contains(&made), "{made} with {arrays} arrays");
            assert!(Arc::strong_count(&value) < VALUES / 2, "{}", Arc::strong_count(&value));
        }
    }

    /// Interrupted running code does not wait for collections that are due because of its host functions' values.
    #[test]
    fn host_values_of_interrupted_code_do_not_collect() {
        for interrupted in [false, true] {
            let mut store = Store::new(&Engine::default(), ());
            let make = Func::wrap(&mut store, move |mut caller: Caller<'_, ()>| {
                if interrupted {
                    caller.as_context().opaque().low.interrupt_handle().interrupt();
                }
                for value in 0..2 * FEW_VALUES {
                    let mut scope = RootScope::new(&mut caller);
                    ExternRef::new(&mut scope, value).unwrap();
                }
                caller.as_context().opaque().low.collections() as i64
            });
            let collections = make.typed::<(), i64>(&store).unwrap().call(&mut store, ()).unwrap();
            assert_eq!(collections == 0, interrupted, "{collections}");
            assert_eq!(store.as_context().opaque().low.is_interrupted(), interrupted);
        }
    }
}
