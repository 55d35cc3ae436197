//! Values, and the checks when they enter a store.

use super::error::{Error, UsageError};
use super::func::Func;
use super::objects::{AnyRef, ContRef, ExnRef, ExternRef};
use super::roots::Rooted;
use super::store::StoreOpaque;
use super::types::{HeapType, RefType, ValType};
use crate::module as low;
use crate::runtime::value as raw;

/// A 128-bit vector, with lane 0 in the lowest bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct V128(u128);

impl V128 {
    /// The bits.
    pub fn as_u128(self) -> u128 {
        self.0
    }
}

impl From<u128> for V128 {
    fn from(bits: u128) -> V128 {
        V128(bits)
    }
}

impl From<V128> for u128 {
    fn from(value: V128) -> u128 {
        value.0
    }
}

/// A value. Floats are stored as bits so that signalling NaNs survive; references are `None` for null.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Val {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A vector.
    V128(V128),
    /// A function.
    FuncRef(Option<Func>),
    /// A host value.
    ExternRef(Option<Rooted<ExternRef>>),
    /// An object or a small integer.
    AnyRef(Option<Rooted<AnyRef>>),
    /// An exception.
    ExnRef(Option<Rooted<ExnRef>>),
    /// A continuation.
    ContRef(Option<Rooted<ContRef>>),
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $name:ident -> $ty:ty: $value:ident => $pattern:pat => $result:expr;)*) => {
        impl Val {
            $(
                $(#[$doc])*
                pub fn $name(&self) -> Option<$ty> {
                    if let $pattern = *self { Some($result) } else { None }
                }
            )*
        }
    };
}

accessors! {
    /// The integer, if it is an i32.
    i32 -> i32: v => Val::I32(v) => v;
    /// The integer, if it is an i64.
    i64 -> i64: v => Val::I64(v) => v;
    /// The float, if it is an f32.
    f32 -> f32: v => Val::F32(v) => f32::from_bits(v);
    /// The float, if it is an f64.
    f64 -> f64: v => Val::F64(v) => f64::from_bits(v);
    /// The vector, if it is a v128.
    v128 -> V128: v => Val::V128(v) => v;
    /// The function or null, if it is a funcref.
    func_ref -> Option<Func>: v => Val::FuncRef(v) => v;
    /// The reference or null, if it is an externref.
    extern_ref -> Option<Rooted<ExternRef>>: v => Val::ExternRef(v) => v;
    /// The reference or null, if it is an anyref.
    any_ref -> Option<Rooted<AnyRef>>: v => Val::AnyRef(v) => v;
    /// The reference or null, if it is an exnref.
    exn_ref -> Option<Rooted<ExnRef>>: v => Val::ExnRef(v) => v;
}

/// Returns the hierarchy of references that a heap type belongs to.
fn top(ty: HeapType) -> HeapType {
    match ty {
        HeapType::Func | HeapType::NoFunc => HeapType::Func,
        HeapType::Extern | HeapType::NoExtern => HeapType::Extern,
        HeapType::Exn | HeapType::NoExn => HeapType::Exn,
        HeapType::Cont | HeapType::NoCont => HeapType::Cont,
        HeapType::Concrete(ty) | HeapType::Exact(ty) if ty.as_func().is_some() => HeapType::Func,
        HeapType::Concrete(ty) | HeapType::Exact(ty) if ty.as_struct().is_none() && ty.as_array().is_none() => {
            HeapType::Cont
        }
        _ => HeapType::Any,
    }
}

impl Val {
    /// Returns the null of a reference type.
    pub fn null_ref(ty: HeapType) -> Val {
        match top(ty) {
            HeapType::Func => Val::FuncRef(None),
            HeapType::Extern => Val::ExternRef(None),
            HeapType::Exn => Val::ExnRef(None),
            HeapType::Cont => Val::ContRef(None),
            _ => Val::AnyRef(None),
        }
    }

    /// Returns zero or null for this type; `None` for references that cannot be null.
    pub fn default_for_ty(ty: ValType) -> Option<Val> {
        Some(match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0),
            ValType::F64 => Val::F64(0),
            ValType::V128 => Val::V128(V128(0)),
            ValType::Ref(ty) if ty.is_nullable() => Val::null_ref(ty.heap_type()),
            ValType::Ref(_) => return None,
        })
    }

    /// The type of the value by itself; for references, the top type of their hierarchy.
    fn own_type(&self) -> ValType {
        let reference = |null: bool, ty| ValType::Ref(RefType::new(null, ty));
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::FuncRef(v) => reference(v.is_none(), HeapType::Func),
            Val::ExternRef(v) => reference(v.is_none(), HeapType::Extern),
            Val::AnyRef(v) => reference(v.is_none(), HeapType::Any),
            Val::ExnRef(v) => reference(v.is_none(), HeapType::Exn),
            Val::ContRef(v) => reference(v.is_none(), HeapType::Cont),
        }
    }

    /// Converts the value to the runtime's form, which is valid as long as its root is.
    ///
    /// # Errors
    /// If it is not of this type, or is a reference of another store, or one whose scope has ended.
    pub(super) fn lower(
        &self,
        store: &StoreOpaque,
        ty: ValType,
        what: impl FnOnce() -> String,
    ) -> Result<raw::Val, Error> {
        let object = |reference: Option<raw::GcRef>| raw::Val::Ref(reference.map_or(raw::Ref::Null, raw::Ref::Gc));
        let value = match *self {
            Val::I32(v) => raw::Val::I32(v as u32),
            Val::I64(v) => raw::Val::I64(v as u64),
            Val::F32(v) => raw::Val::F32(v),
            Val::F64(v) => raw::Val::F64(v),
            Val::V128(v) => raw::Val::V128(v.0),
            Val::FuncRef(None) => raw::Val::Ref(raw::Ref::Null),
            Val::FuncRef(Some(func)) => raw::Val::Ref(raw::Ref::Func(func.record(store)?)),
            Val::ExternRef(v) => object(v.map(|v| v.object(store)).transpose()?),
            Val::AnyRef(v) => object(v.map(|v| v.object(store)).transpose()?),
            Val::ExnRef(v) => object(v.map(|v| v.object(store)).transpose()?),
            Val::ContRef(v) => object(v.map(|v| v.object(store)).transpose()?),
        };
        // A reference to one object can belong to several hierarchies. The hierarchy of the embedder's value and that
        // of the type must be the same.
        let same_hierarchy = match (self.own_type(), ty) {
            (ValType::Ref(own), ValType::Ref(ty)) => own.heap_type() == top(ty.heap_type()),
            (own, ty) => own == ty,
        };
        if !same_hierarchy || !store.low.has_type(value, ty.lower()) {
            let given = match value {
                raw::Val::Ref(raw::Ref::Func(func)) => {
                    // SAFETY: it is this store's.
                    let id = unsafe { store.low.func_type_id(func) };
                    format!("a function of type {}", super::FuncType(id))
                }
                _ => self.own_type().to_string(),
            };
            return Err(UsageError::Type { what: what(), given, wanted: ty.to_string() }.into());
        }
        Ok(value)
    }

    /// Converts a value of the runtime, of this type; references are rooted in the innermost scope.
    pub(super) fn raise(store: &mut StoreOpaque, value: raw::Val, ty: ValType) -> Val {
        match value {
            raw::Val::I32(v) => Val::I32(v as i32),
            raw::Val::I64(v) => Val::I64(v as i64),
            raw::Val::F32(v) => Val::F32(v),
            raw::Val::F64(v) => Val::F64(v),
            raw::Val::V128(v) => Val::V128(V128(v)),
            raw::Val::Ref(reference) => {
                let ValType::Ref(ty) = ty else { unreachable!("a reference has a type of references") };
                match reference {
                    raw::Ref::Null => Val::null_ref(ty.heap_type()),
                    raw::Ref::Func(func) => Val::FuncRef(Some(Func::new_in(store, func))),
                    raw::Ref::Gc(object) => match top(ty.heap_type()) {
                        HeapType::Extern => Val::ExternRef(Some(Rooted::new(store, object))),
                        HeapType::Exn => Val::ExnRef(Some(Rooted::new(store, object))),
                        HeapType::Cont => Val::ContRef(Some(Rooted::new(store, object))),
                        _ => Val::AnyRef(Some(Rooted::new(store, object))),
                    },
                }
            }
        }
    }

    /// Reads a value of a canonical type from slots.
    pub(super) fn from_slots(store: &mut StoreOpaque, slots: &[u64], ty: low::ValType) -> Val {
        Val::raise(store, raw::Val::from_slots(slots, ty), ValType::held(ty))
    }
}

macro_rules! conversions {
    ($($ty:ty => $value:ident => $result:expr;)*) => {$(
        impl From<$ty> for Val {
            fn from($value: $ty) -> Val {
                $result
            }
        }
    )*};
}

conversions! {
    i32 => v => Val::I32(v);
    u32 => v => Val::I32(v as i32);
    i64 => v => Val::I64(v);
    u64 => v => Val::I64(v as i64);
    f32 => v => Val::F32(v.to_bits());
    f64 => v => Val::F64(v.to_bits());
    V128 => v => Val::V128(v);
    Func => v => Val::FuncRef(Some(v));
    Option<Func> => v => Val::FuncRef(v);
    Rooted<ExternRef> => v => Val::ExternRef(Some(v));
    Option<Rooted<ExternRef>> => v => Val::ExternRef(v);
    Rooted<AnyRef> => v => Val::AnyRef(Some(v));
    Option<Rooted<AnyRef>> => v => Val::AnyRef(v);
    Rooted<ExnRef> => v => Val::ExnRef(Some(v));
    Option<Rooted<ExnRef>> => v => Val::ExnRef(v);
}
