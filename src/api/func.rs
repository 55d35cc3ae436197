//! Functions of instances and of the host.

use super::error::{Error, UsageError};
use super::objects::{AnyRef, ExnRef, ExternRef};
use super::roots::Rooted;
use super::store::{AsContext, AsContextMut, Caller, StoreContextMut, StoreData, StoreId, StoreOpaque};
use super::types::{FuncType, HeapType, RefType, ValType};
use super::values::{V128, Val};
use crate::runtime::resource::ResourceError;
use crate::runtime::store as low;
use crate::runtime::store::Abort;
use crate::runtime::value::{self as raw, FuncRef, GcRef};
use smallvec::SmallVec;
use std::fmt;
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ptr::NonNull;
use std::sync::Arc;

/// A function of a store.
///
/// ```
/// # use wasmoon::{Engine, Func, Store, Val};
/// let mut store = Store::new(&Engine::default(), ());
/// let add = Func::wrap(&mut store, |a: i32, b: i32| a + b);
/// assert_eq!(add.typed::<(i32, i32), i32>(&store)?.call(&mut store, (1, 2))?, 3);
/// let mut results = [Val::I32(0)];
/// add.call(&mut store, &[Val::I32(20), Val::I32(22)], &mut results)?;
/// assert_eq!(results[0].i32(), Some(42));
/// # Ok::<(), wasmoon::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Func {
    store: StoreId,
    /// The function's record, which lives as long as its store. It is dereferenced only once that store is known to be
    /// this one.
    record: FuncRef,
}

// SAFETY: the record is only accessed with the store at hand.
unsafe impl Send for Func {}
// SAFETY: as above.
unsafe impl Sync for Func {}

impl fmt::Debug for Func {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Func")
    }
}

/// A call of a host function with arguments as values and space for results.
pub(super) type Dynamic<T> = dyn Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync;

impl Func {
    /// Creates a host function whose type is known only at run time. `f` gets the arguments and sets the results, which
    /// are initially zero or null.
    ///
    /// A result of a type other than the declared one is an error, as if `f` had returned that error.
    pub fn new<T: 'static>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        f: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Func {
        Func::new_named(store.as_context_mut(), "host function", ty, Arc::new(f))
    }

    /// Creates a host function with the type of a closure. The closure may take a [`Caller`] as its first parameter and
    /// may return a `Result`.
    ///
    /// # Panics
    /// If the process has a million distinct types.
    pub fn wrap<T: 'static, Params, Results>(
        mut store: impl AsContextMut<Data = T>,
        f: impl IntoFunc<T, Params, Results>,
    ) -> Func {
        IntoFunc::make(&Arc::new(f), store.as_context_mut(), "host function")
    }

    pub(super) fn new_named<T>(
        mut store: StoreContextMut<'_, T>,
        name: &str,
        ty: FuncType,
        f: Arc<Dynamic<T>>,
    ) -> Func {
        let signature = ty.lower();
        let call = move |store: StoreContextMut<'_, T>, slots: &mut [u64]| {
            let mut store = store;
            let opaque = store.opaque_mut();
            let mut at = 0;
            let mut params = SmallVec::<[Val; 8]>::new();
            for &ty in signature.params() {
                params.push(Val::from_slots(opaque, &slots[at..], ty));
                at += raw::Val::slots(&[ty]);
            }
            let none = |ty: ValType| Val::default_for_ty(ty).unwrap_or(Val::FuncRef(None));
            let mut results: SmallVec<[Val; 4]> = ty.results().map(none).collect();
            f(Caller::new(store.as_context_mut()), &params, &mut results)?;
            let opaque = store.opaque();
            let mut at = 0;
            for (i, (result, ty)) in results.iter().zip(ty.results()).enumerate() {
                let value = result.lower(opaque, ty, || format!("result {} of a host function", i + 1))?;
                at += value.to_slots(&mut slots[at..]);
            }
            Ok(())
        };
        // SAFETY: results were checked against their types; their references are held by the caller's scope.
        unsafe { Func::from_slots(&mut store, name, ty, call) }
    }

    /// Creates a host function that works on slots.
    ///
    /// # Safety
    /// If `f` returns normally, it must leave results of the function's type in the slots, and references among them
    /// must be alive.
    pub(super) unsafe fn from_slots<T>(
        store: &mut StoreContextMut<'_, T>,
        name: &str,
        ty: FuncType,
        f: impl Fn(StoreContextMut<'_, T>, &mut [u64]) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Func {
        let call = move |low: &mut low::Store, slots: &mut [u64]| -> Result<(), Abort> {
            let data = NonNull::new(low.embedder().cast::<StoreData<T>>()).expect("the store has its data");
            // The function belongs to a store with data of this type. The running call borrows the store exclusively,
            // so whoever started the call holds no reference into it meanwhile.
            f(StoreContextMut::new(data), slots)
                .map_err(|error| StoreContextMut::new(data).opaque_mut().lower_error(error))
        };
        let opaque = store.opaque_mut();
        // SAFETY: the caller's promise.
        let record = unsafe { opaque.low.new_slot_func(name, ty.0, Box::new(call)) };
        Func { store: opaque.id, record }
    }

    pub(super) fn new_in(store: &StoreOpaque, record: FuncRef) -> Func {
        Func { store: store.id, record }
    }

    /// Returns the function's record.
    ///
    /// # Errors
    /// `OtherStore`; `Resource` if the system refused the memory for the entry by which code calls it.
    pub(super) fn record(&self, store: &StoreOpaque) -> Result<FuncRef, Error> {
        store.check(self.store, "a function")?;
        // SAFETY: it is this store's.
        unsafe { store.low.check_entry(self.record) }?;
        Ok(self.record)
    }

    /// The signature.
    ///
    /// # Panics
    /// If the function belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let store = store.as_context();
        store.opaque().assert(self.store, "a function");
        // SAFETY: it is this store's.
        FuncType::raise(unsafe { store.opaque().low.func_type_id(self.record) })
    }

    /// Calls the function and writes its results to `results`, whose previous values do not matter.
    ///
    /// # Errors
    /// [`Trap`](super::ErrorKind::Trap), [`Exception`](super::ErrorKind::Exception), or an error of a host function;
    /// [`Usage`](super::ErrorKind::Usage) if arguments or results do not fit, in which case nothing was called.
    pub fn call(&self, mut store: impl AsContextMut, params: &[Val], results: &mut [Val]) -> Result<(), Error> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque();
        let record = self.record(opaque)?;
        // SAFETY: it is this store's.
        let ty = FuncType(unsafe { opaque.low.func_type_id(record) });
        let signature = ty.lower();
        count("argument", params.len(), signature.params().len())?;
        count("result", results.len(), signature.results().len())?;
        let needed = raw::Val::slots(signature.params()).max(raw::Val::slots(signature.results()));
        let mut slots = SmallVec::<[u64; 16]>::from_elem(0, needed);
        let mut at = 0;
        for (i, (param, ty)) in params.iter().zip(ty.params()).enumerate() {
            let value = param.lower(opaque, ty, || format!("argument {}", i + 1))?;
            at += value.to_slots(&mut slots[at..]);
        }
        // SAFETY: checked; references are rooted by the caller's values.
        unsafe { call_slots(&mut store, record, &mut slots)? };
        let opaque = store.opaque_mut();
        let mut at = 0;
        for (result, &ty) in results.iter_mut().zip(signature.results()) {
            *result = Val::from_slots(opaque, &slots[at..], ty);
            at += raw::Val::slots(&[ty]);
        }
        Ok(())
    }

    /// Returns the function with its signature as a static type, which makes calls fast.
    ///
    /// Parameters may be subtypes, and results supertypes, of the declared ones.
    ///
    /// # Errors
    /// [`Signature`](UsageError::Signature) if the function has a different signature.
    pub fn typed<Params: WasmParams, Results: WasmResults>(
        &self,
        store: impl AsContext,
    ) -> Result<TypedFunc<Params, Results>, Error> {
        let store = store.as_context();
        let record = self.record(store.opaque())?;
        // SAFETY: it is this store's.
        let ty = FuncType(unsafe { store.opaque().low.func_type_id(record) });
        let fits = Params::types().len() == ty.params().len()
            && Results::types().len() == ty.results().len()
            && Params::types().iter().zip(ty.params()).all(|(given, wanted)| given.matches(wanted))
            && ty.results().zip(&Results::types()).all(|(given, wanted)| given.matches(*wanted));
        if !fits {
            let list = |types: &[ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let asked = format!("({}) -> ({})", list(&Params::types()), list(&Results::types()));
            return Err(UsageError::Signature { actual: ty.to_string(), asked }.into());
        }
        let needed = raw::Val::slots(ty.lower().params()).max(raw::Val::slots(ty.lower().results()));
        Ok(TypedFunc { func: *self, slots: needed, types: PhantomData })
    }
}

fn count(what: &'static str, given: usize, wanted: usize) -> Result<(), Error> {
    if given == wanted { Ok(()) } else { Err(UsageError::Count { what, given, wanted }.into()) }
}

/// Calls a function with arguments in slots, and leaves its results in the same slots.
///
/// # Safety
/// The function must belong to this store. The slots must hold arguments of its types, with any references alive, and
/// have space for the results.
unsafe fn call_slots<T>(store: &mut StoreContextMut<'_, T>, func: FuncRef, slots: &mut [u64]) -> Result<(), Error> {
    let (scope, address) = (store.opaque().low.begin_scope(), store.opaque().low.address());
    // SAFETY: the caller's promise; the context borrows the store, and no reference to it is alive.
    let result = unsafe { low::Store::call_slots(address, func, slots) };
    let opaque = store.opaque_mut();
    opaque.sweep_externs();
    result.map_err(|abort| {
        let error = opaque.raise(abort);
        opaque.low.end_scope(scope);
        error
    })
}

/// A function whose signature is known at compile time: see [`Func::typed`].
pub struct TypedFunc<Params, Results> {
    func: Func,
    /// The number of slots that arguments and results need.
    slots: usize,
    types: PhantomData<fn(Params) -> Results>,
}

impl<Params, Results> Clone for TypedFunc<Params, Results> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Params, Results> Copy for TypedFunc<Params, Results> {}

impl<Params, Results> fmt::Debug for TypedFunc<Params, Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TypedFunc")
    }
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    /// Calls the function.
    ///
    /// # Errors
    /// As [`Func::call`].
    pub fn call(&self, mut store: impl AsContextMut, params: Params) -> Result<Results, Error> {
        let mut store = store.as_context_mut();
        let record = self.func.record(store.opaque())?;
        let mut inline = [0; 16];
        let mut heap;
        let slots = if self.slots <= inline.len() {
            &mut inline[..]
        } else {
            heap = vec![0; self.slots];
            &mut heap[..]
        };
        params.write(store.opaque(), slots)?;
        // SAFETY: `typed` compared the signatures; references are rooted by the caller's values.
        unsafe { call_slots(&mut store, record, slots)? };
        // SAFETY: as above.
        Ok(unsafe { Results::read(store.opaque_mut(), slots) })
    }

    /// Returns the function without its static type.
    pub fn func(&self) -> &Func {
        &self.func
    }
}

/// A closure that can be used as a host function: an `Fn` of up to 16 parameters, optionally with a [`Caller`] first,
/// that returns values or a `Result` of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a host function",
    note = "parameters and results are i32, u32, i64, u64, f32, f64, V128 or references, after an optional `Caller<'_, T>`",
    note = "the error of a `Result` is `wasmoon::Error` or converts to it: `.map_err(Error::host)?`"
)]
pub trait IntoFunc<T: 'static, Params, Results>: Send + Sync + 'static {
    #[doc(hidden)]
    fn ty(&self) -> Result<FuncType, ResourceError>;

    #[doc(hidden)]
    fn make(this: &Arc<Self>, store: StoreContextMut<'_, T>, name: &str) -> Func;
}

mod sealed {
    pub trait Sealed {}
}
use sealed::Sealed;

/// A Rust type for values of one WebAssembly type: integers, floats, [`V128`], functions, rooted references, and
/// `Option` of a reference where null is allowed.
pub trait WasmTy: Sealed + Sized + 'static {
    #[doc(hidden)]
    const SLOTS: usize = 1;

    #[doc(hidden)]
    fn ty() -> ValType;

    #[doc(hidden)]
    fn write(self, store: &StoreOpaque, slots: &mut [u64]) -> Result<(), Error>;

    /// # Safety
    /// The slots must hold a value of this type that belongs to this store.
    #[doc(hidden)]
    unsafe fn read(store: &mut StoreOpaque, slots: &[u64]) -> Self;
}

macro_rules! numbers {
    ($($ty:ty, $val:ident, $value:ident => $slot:expr, $read:ident => $result:expr;)*) => {$(
        impl Sealed for $ty {}
        impl WasmTy for $ty {
            fn ty() -> ValType {
                ValType::$val
            }

            fn write(self, _: &StoreOpaque, slots: &mut [u64]) -> Result<(), Error> {
                let $value = self;
                slots[0] = $slot;
                Ok(())
            }

            unsafe fn read(_: &mut StoreOpaque, slots: &[u64]) -> $ty {
                let $read = slots[0];
                $result
            }
        }
    )*};
}

numbers! {
    i32, I32, v => u64::from(v as u32), slot => slot as i32;
    u32, I32, v => u64::from(v), slot => slot as u32;
    i64, I64, v => v as u64, slot => slot as i64;
    u64, I64, v => v, slot => slot;
    f32, F32, v => u64::from(v.to_bits()), slot => f32::from_bits(slot as u32);
    f64, F64, v => v.to_bits(), slot => f64::from_bits(slot);
}

impl Sealed for V128 {}
impl WasmTy for V128 {
    const SLOTS: usize = 2;

    fn ty() -> ValType {
        ValType::V128
    }

    fn write(self, _: &StoreOpaque, slots: &mut [u64]) -> Result<(), Error> {
        raw::Val::V128(self.as_u128()).to_slots(slots);
        Ok(())
    }

    unsafe fn read(_: &mut StoreOpaque, slots: &[u64]) -> V128 {
        V128::from(u128::from(slots[0]) | u128::from(slots[1]) << 64)
    }
}

/// References to objects of one hierarchy.
#[doc(hidden)]
pub trait Hierarchy: 'static {
    #[doc(hidden)]
    const TOP: HeapType;
}

impl Hierarchy for ExternRef {
    const TOP: HeapType = HeapType::Extern;
}
impl Hierarchy for AnyRef {
    const TOP: HeapType = HeapType::Any;
}
impl Hierarchy for ExnRef {
    const TOP: HeapType = HeapType::Exn;
}

impl<R: Hierarchy> Sealed for Option<Rooted<R>> {}
impl<R: Hierarchy> WasmTy for Option<Rooted<R>> {
    fn ty() -> ValType {
        ValType::Ref(RefType::new(true, R::TOP))
    }

    fn write(self, store: &StoreOpaque, slots: &mut [u64]) -> Result<(), Error> {
        slots[0] = match self {
            Some(reference) => u64::from(reference.object(store)?.0.get()),
            None => 0,
        };
        Ok(())
    }

    unsafe fn read(store: &mut StoreOpaque, slots: &[u64]) -> Option<Rooted<R>> {
        NonZeroU32::new(slots[0] as u32).map(|object| Rooted::new(store, GcRef(object)))
    }
}

impl<R: Hierarchy> Sealed for Rooted<R> {}
impl<R: Hierarchy> WasmTy for Rooted<R> {
    fn ty() -> ValType {
        ValType::Ref(RefType::new(false, R::TOP))
    }

    fn write(self, store: &StoreOpaque, slots: &mut [u64]) -> Result<(), Error> {
        WasmTy::write(Some(self), store, slots)
    }

    unsafe fn read(store: &mut StoreOpaque, slots: &[u64]) -> Rooted<R> {
        // SAFETY: the caller's promise.
        unsafe { <Option<Self> as WasmTy>::read(store, slots) }.expect("the type has no null")
    }
}

impl Sealed for Option<Func> {}
impl WasmTy for Option<Func> {
    fn ty() -> ValType {
        ValType::FUNCREF
    }

    fn write(self, store: &StoreOpaque, slots: &mut [u64]) -> Result<(), Error> {
        slots[0] = match self {
            Some(func) => raw::Ref::Func(func.record(store)?).to_slot(),
            None => 0,
        };
        Ok(())
    }

    unsafe fn read(store: &mut StoreOpaque, slots: &[u64]) -> Option<Func> {
        match raw::Ref::from_slot(slots[0], crate::module::RefType::FUNCREF) {
            raw::Ref::Func(func) => Some(Func::new_in(store, func)),
            _ => None,
        }
    }
}

impl Sealed for Func {}
impl WasmTy for Func {
    fn ty() -> ValType {
        ValType::Ref(RefType::new(false, HeapType::Func))
    }

    fn write(self, store: &StoreOpaque, slots: &mut [u64]) -> Result<(), Error> {
        WasmTy::write(Some(self), store, slots)
    }

    unsafe fn read(store: &mut StoreOpaque, slots: &[u64]) -> Func {
        // SAFETY: the caller's promise.
        unsafe { <Option<Self> as WasmTy>::read(store, slots) }.expect("the type has no null")
    }
}

/// The parameters of a [`TypedFunc`]: one value, or a tuple of up to 16.
pub trait WasmParams: Sealed + 'static {
    #[doc(hidden)]
    fn types() -> SmallVec<[ValType; 4]>;

    #[doc(hidden)]
    fn write(self, store: &StoreOpaque, slots: &mut [u64]) -> Result<(), Error>;
}

/// The results of a [`TypedFunc`]: nothing, one value, or a tuple of up to 16.
pub trait WasmResults: WasmParams + Sized {
    /// # Safety
    /// The slots must hold values of these types that belong to this store.
    #[doc(hidden)]
    unsafe fn read(store: &mut StoreOpaque, slots: &[u64]) -> Self;
}

impl<V: WasmTy> WasmParams for V {
    fn types() -> SmallVec<[ValType; 4]> {
        SmallVec::from_slice(&[V::ty()])
    }

    fn write(self, store: &StoreOpaque, slots: &mut [u64]) -> Result<(), Error> {
        WasmTy::write(self, store, slots)
    }
}

impl<V: WasmTy> WasmResults for V {
    unsafe fn read(store: &mut StoreOpaque, slots: &[u64]) -> V {
        // SAFETY: the caller's promise.
        unsafe { <V as WasmTy>::read(store, slots) }
    }
}

/// What a host function's closure may return: values, or a `Result` of them.
pub trait WasmRet: Sealed {
    #[doc(hidden)]
    type Values: WasmResults;

    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Values, Error>;
}

impl<V: WasmTy> WasmRet for V {
    type Values = V;

    fn into_result(self) -> Result<V, Error> {
        Ok(self)
    }
}

impl<V: WasmResults, E: Into<Error>> Sealed for Result<V, E> {}
impl<V: WasmResults, E: Into<Error>> WasmRet for Result<V, E> {
    type Values = V;

    fn into_result(self) -> Result<V, Error> {
        self.map_err(Into::into)
    }
}

macro_rules! tuples {
    ($(($($ty:ident),*))*) => {$(
        impl<$($ty: WasmTy),*> Sealed for ($($ty,)*) {}

        #[allow(non_snake_case, unused_mut, unused_variables, unused_assignments, reason = "for all lengths, 0 among them")]
        impl<$($ty: WasmTy),*> WasmParams for ($($ty,)*) {
            fn types() -> SmallVec<[ValType; 4]> {
                SmallVec::from_slice(&[$($ty::ty()),*])
            }

            fn write(self, store: &StoreOpaque, slots: &mut [u64]) -> Result<(), Error> {
                let ($($ty,)*) = self;
                let mut at = 0;
                $(
                    WasmTy::write($ty, store, &mut slots[at..])?;
                    at += <$ty as WasmTy>::SLOTS;
                )*
                Ok(())
            }
        }

        #[allow(non_snake_case, unused_mut, unused_variables, unused_assignments, clippy::unused_unit, reason = "as above")]
        impl<$($ty: WasmTy),*> WasmResults for ($($ty,)*) {
            unsafe fn read(store: &mut StoreOpaque, slots: &[u64]) -> Self {
                let mut at = 0;
                $(
                    // SAFETY: the caller's promise.
                    let $ty = unsafe { <$ty as WasmTy>::read(store, &slots[at..]) };
                    at += <$ty as WasmTy>::SLOTS;
                )*
                ($($ty,)*)
            }
        }

        impl<$($ty: WasmTy),*> WasmRet for ($($ty,)*) {
            type Values = Self;

            fn into_result(self) -> Result<Self, Error> {
                Ok(self)
            }
        }

        #[allow(non_snake_case, reason = "as above")]
        impl<T: 'static, F, Ret, $($ty: WasmTy),*> IntoFunc<T, ($($ty,)*), Ret> for F
        where
            F: Fn($($ty),*) -> Ret + Send + Sync + 'static,
            Ret: WasmRet,
        {
            fn ty(&self) -> Result<FuncType, ResourceError> {
                FuncType::try_new(<($($ty,)*) as WasmParams>::types(), Ret::Values::types())
            }

            fn make(this: &Arc<Self>, store: StoreContextMut<'_, T>, name: &str) -> Func {
                let this = Arc::clone(this);
                let with_caller = Arc::new(move |_: Caller<'_, T>, $($ty: $ty),*| this($($ty),*));
                IntoFunc::<T, (Caller<'_, T>, $($ty,)*), Ret>::make(&with_caller, store, name)
            }
        }

        #[allow(non_snake_case, reason = "as above")]
        impl<T: 'static, F, Ret, $($ty: WasmTy),*> IntoFunc<T, (Caller<'_, T>, $($ty,)*), Ret> for F
        where
            F: Fn(Caller<'_, T>, $($ty),*) -> Ret + Send + Sync + 'static,
            Ret: WasmRet,
        {
            fn ty(&self) -> Result<FuncType, ResourceError> {
                FuncType::try_new(<($($ty,)*) as WasmParams>::types(), Ret::Values::types())
            }

            fn make(this: &Arc<Self>, mut store: StoreContextMut<'_, T>, name: &str) -> Func {
                let this = Arc::clone(this);
                let ty = this.ty().expect("room for another type");
                let call = move |mut store: StoreContextMut<'_, T>, slots: &mut [u64]| {
                    // SAFETY: the function has this type, so these are its arguments.
                    let ($($ty,)*) = unsafe { <($($ty,)*) as WasmResults>::read(store.opaque_mut(), slots) };
                    let results = this(Caller::new(store.as_context_mut()), $($ty),*).into_result()?;
                    results.write(store.opaque(), slots)
                };
                // SAFETY: the results have the types of the signature, and are rooted by the caller's scope.
                unsafe { Func::from_slots(&mut store, name, ty, call) }
            }
        }
    )*};
}

tuples! {
    ()
    (A1)
    (A1, A2)
    (A1, A2, A3)
    (A1, A2, A3, A4)
    (A1, A2, A3, A4, A5)
    (A1, A2, A3, A4, A5, A6)
    (A1, A2, A3, A4, A5, A6, A7)
    (A1, A2, A3, A4, A5, A6, A7, A8)
    (A1, A2, A3, A4, A5, A6, A7, A8, A9)
    (A1, A2, A3, A4, A5, A6, A7, A8, A9, A10)
    (A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11)
    (A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12)
    (A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13)
    (A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14)
    (A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15)
    (A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16)
}
