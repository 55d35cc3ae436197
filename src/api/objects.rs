//! What references refer to: host values, structures, arrays, small integers, exceptions.

use super::entities::Tag;
use super::error::{Error, UsageError};
use super::roots::Rooted;
use super::store::{AsContext, AsContextMut, StoreOpaque};
use super::types::{
    ArrayType, DefinedType, FieldType, HeapType, Mutability, RefType, StorageType, StructType, ValType,
};
use super::values::Val;
use crate::runtime::store::{Abort, ObjectShape};
use crate::runtime::value::{self as raw, GcRef};
use std::any::Any;
use std::num::NonZeroU32;
use std::sync::Arc;

/// A host value, opaque to WebAssembly. Use it as [`Rooted`]`<ExternRef>`.
#[derive(Debug)]
pub enum ExternRef {}

/// A structure, an array, a small integer, or a converted host value. Use it as [`Rooted`]`<AnyRef>`.
#[derive(Debug)]
pub enum AnyRef {}

/// A structure. Use it as [`Rooted`]`<StructRef>`.
#[derive(Debug)]
pub enum StructRef {}

/// An array. Use it as [`Rooted`]`<ArrayRef>`.
#[derive(Debug)]
pub enum ArrayRef {}

/// An exception. Use it as [`Rooted`]`<ExnRef>`.
#[derive(Debug)]
pub enum ExnRef {}

/// A continuation, which only WebAssembly can resume. Use it as [`Rooted`]`<ContRef>`.
#[derive(Debug)]
pub enum ContRef {}

impl ExternRef {
    /// Creates a reference to a value. The value is dropped after a collection finds that nothing refers to it: immediately for
    /// [`Store::gc`](super::Store::gc); if the collection was made because space was needed, when the call ends or the next
    /// reference is created.
    ///
    /// # Errors
    /// A trap if the heap is at its limit: `AllocationTooLarge`, or `Interrupt` if running code was interrupted before a
    /// collection could make space.
    pub fn new(mut store: impl AsContextMut, value: impl Any + Send + Sync) -> Result<Rooted<ExternRef>, Error> {
        let mut store = store.as_context_mut();
        let object = store.opaque_mut().new_extern(Arc::new(value))?;
        Ok(Rooted::new(store.opaque_mut(), object))
    }
}

impl Rooted<ExternRef> {
    /// Returns the value, or `None` if the reference was made from an object by `extern.convert_any`.
    ///
    /// # Errors
    /// If it belongs to another store, or its scope has ended.
    pub fn data<'a>(&self, store: &'a impl AsContext) -> Result<Option<&'a (dyn Any + Send + Sync)>, Error> {
        let opaque = store.as_context().opaque_for_long();
        Ok(opaque.extern_value(self.object(opaque)?).map(|value| &**value))
    }

    /// Returns the same reference as an anyref, like `any.convert_extern`.
    pub fn to_any(self) -> Rooted<AnyRef> {
        self.as_kind()
    }
}

impl AnyRef {
    /// Creates a reference to a 31-bit integer: the lowest 31 bits of `value`.
    pub fn from_i31(mut store: impl AsContextMut, value: u32) -> Rooted<AnyRef> {
        let object = NonZeroU32::new(value << 1 | 1).expect("an odd number");
        Rooted::new(store.as_context_mut().opaque_mut(), GcRef(object))
    }
}

/// Returns the type of a structure; the object keeps it alive.
fn struct_type(store: &StoreOpaque, object: GcRef) -> StructType {
    match store.low.shape(object, &mut Vec::new()) {
        ObjectShape::Struct(ty) => StructType(ty),
        _ => unreachable!("a structure"),
    }
}

/// Returns the type of an array; the object keeps it alive.
fn array_type(store: &StoreOpaque, object: GcRef) -> ArrayType {
    match store.low.shape(object, &mut Vec::new()) {
        ObjectShape::Array(ty, _) => ArrayType(ty),
        _ => unreachable!("an array"),
    }
}

impl Rooted<AnyRef> {
    /// Returns whether the object is of a type.
    ///
    /// # Errors
    /// If the reference belongs to another store, or its scope has ended.
    pub fn matches_ty(&self, store: impl AsContext, ty: HeapType) -> Result<bool, Error> {
        let store = store.as_context();
        let object = raw::Val::Ref(raw::Ref::Gc(self.object(store.opaque())?));
        Ok(store.opaque().low.has_type(object, ValType::Ref(RefType::new(false, ty)).lower()))
    }

    /// The integer, if it is one: 31 bits, zero-extended.
    ///
    /// # Errors
    /// As [`Rooted::matches_ty`].
    pub fn as_i31(&self, store: impl AsContext) -> Result<Option<u32>, Error> {
        let store = store.as_context();
        let object = self.object(store.opaque())?;
        Ok(match store.opaque().low.atom(object) {
            Some(ObjectShape::I31(value)) => Some(value),
            _ => None,
        })
    }

    /// The structure, if it is one.
    ///
    /// # Errors
    /// As [`Rooted::matches_ty`].
    pub fn as_struct(&self, store: impl AsContext) -> Result<Option<Rooted<StructRef>>, Error> {
        Ok(self.matches_ty(store, HeapType::Struct)?.then(|| self.as_kind()))
    }

    /// The array, if it is one.
    ///
    /// # Errors
    /// As [`Rooted::matches_ty`].
    pub fn as_array(&self, store: impl AsContext) -> Result<Option<Rooted<ArrayRef>>, Error> {
        Ok(self.matches_ty(store, HeapType::Array)?.then(|| self.as_kind()))
    }

    /// Returns the same reference as an externref, like `extern.convert_any`.
    pub fn to_extern(self) -> Rooted<ExternRef> {
        self.as_kind()
    }
}

/// Converts the values of a structure or an array being created.
fn stored(
    store: &StoreOpaque,
    types: impl Iterator<Item = FieldType>,
    values: &[Val],
    what: &'static str,
) -> Result<Vec<raw::Val>, Error> {
    let lower = |(i, (value, ty)): (usize, (&Val, FieldType))| {
        value.lower(store, ty.element_type().unpack(), || format!("{what} {i}"))
    };
    values.iter().zip(types).enumerate().map(lower).collect()
}

impl StructRef {
    /// Creates a structure. Packed integers are truncated.
    ///
    /// # Errors
    /// [`Count`](UsageError::Count), [`Type`](UsageError::Type); a trap as for [`ExternRef::new`].
    pub fn new(mut store: impl AsContextMut, ty: &StructType, fields: &[Val]) -> Result<Rooted<StructRef>, Error> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        let wanted = ty.fields().len();
        if fields.len() != wanted {
            return Err(UsageError::Count { what: "field", given: fields.len(), wanted }.into());
        }
        if ty.has_descriptor() {
            return Err(UsageError::Invalid("only WebAssembly can create structures with a descriptor").into());
        }
        let fields = stored(opaque, ty.fields(), fields, "field")?;
        let object = opaque.low.new_struct(ty.0, &fields);
        rooted(opaque, object)
    }
}

/// Roots a new object.
fn rooted<R>(store: &mut StoreOpaque, object: Result<GcRef, Abort>) -> Result<Rooted<R>, Error> {
    match object {
        Ok(object) => Ok(Rooted::new(store, object)),
        Err(abort) => Err(store.raise(abort)),
    }
}

/// A field or an element as the embedder sees it: packed integers are zero-extended.
fn raised(store: &mut StoreOpaque, value: raw::Val, ty: StorageType) -> Val {
    Val::raise(store, value, ty.unpack())
}

impl Rooted<StructRef> {
    /// The type.
    ///
    /// # Errors
    /// If the reference belongs to another store, or its scope has ended.
    pub fn ty(&self, store: impl AsContext) -> Result<StructType, Error> {
        let store = store.as_context();
        let ty = struct_type(store.opaque(), self.object(store.opaque())?);
        Ok(StructType(DefinedType::raise(ty.0).0))
    }

    /// A field; packed integers are zero-extended.
    ///
    /// # Errors
    /// [`Bounds`](UsageError::Bounds) if there is no such field; otherwise as [`Rooted::ty`].
    pub fn field(&self, mut store: impl AsContextMut, index: usize) -> Result<Val, Error> {
        let mut store = store.as_context_mut();
        let object = self.object(store.opaque())?;
        let field = field_type(&struct_type(store.opaque(), object), index)?;
        let opaque = store.opaque_mut();
        let mut values = Vec::new();
        opaque.low.shape(object, &mut values);
        Ok(raised(opaque, values[index], field.element_type()))
    }

    /// Sets a field; packed integers are truncated.
    ///
    /// # Errors
    /// [`Immutable`](UsageError::Immutable), [`Type`](UsageError::Type); otherwise as [`Rooted::field`].
    pub fn set_field(&self, mut store: impl AsContextMut, index: usize, value: Val) -> Result<(), Error> {
        let mut store = store.as_context_mut();
        let object = self.object(store.opaque())?;
        let field = field_type(&struct_type(store.opaque(), object), index)?;
        if field.mutability() == Mutability::Const {
            return Err(UsageError::Immutable("an immutable field").into());
        }
        let value = value.lower(store.opaque(), field.element_type().unpack(), || format!("field {index}"))?;
        store.opaque_mut().low.set_object(object, index as u32, value);
        Ok(())
    }

    /// The same reference as an anyref.
    pub fn to_any(self) -> Rooted<AnyRef> {
        self.as_kind()
    }
}

fn field_type(ty: &StructType, index: usize) -> Result<FieldType, Error> {
    let len = ty.fields().len() as u64;
    ty.fields().nth(index).ok_or_else(|| UsageError::Bounds { what: "field", index: index as u64, len }.into())
}

impl ArrayRef {
    /// Creates an array. Packed integers are truncated.
    ///
    /// # Errors
    /// [`Type`](UsageError::Type); a trap if the array is too large, or as for [`ExternRef::new`].
    pub fn new(mut store: impl AsContextMut, ty: &ArrayType, elements: &[Val]) -> Result<Rooted<ArrayRef>, Error> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        let elements = stored(opaque, std::iter::repeat(ty.field_type()), elements, "element")?;
        let object = opaque.low.new_array(ty.0, &elements);
        rooted(opaque, object)
    }
}

impl Rooted<ArrayRef> {
    /// The type.
    ///
    /// # Errors
    /// If the reference belongs to another store, or its scope has ended.
    pub fn ty(&self, store: impl AsContext) -> Result<ArrayType, Error> {
        let store = store.as_context();
        let ty = array_type(store.opaque(), self.object(store.opaque())?);
        Ok(ArrayType(DefinedType::raise(ty.0).0))
    }

    /// The number of elements.
    ///
    /// # Errors
    /// As [`Rooted::ty`].
    pub fn len(&self, store: impl AsContext) -> Result<u32, Error> {
        let store = store.as_context();
        match store.opaque().low.shape(self.object(store.opaque())?, &mut Vec::new()) {
            ObjectShape::Array(_, len) => Ok(len),
            _ => unreachable!("an array"),
        }
    }

    /// An element; packed integers are zero-extended.
    ///
    /// # Errors
    /// [`Bounds`](UsageError::Bounds) beyond the end; otherwise as [`Rooted::ty`].
    pub fn get(&self, mut store: impl AsContextMut, index: u32) -> Result<Val, Error> {
        let mut store = store.as_context_mut();
        let object = self.checked(&store, index)?;
        let ty = array_type(store.opaque(), object).field_type().element_type();
        let opaque = store.opaque_mut();
        let value = opaque.low.array_element(object, index);
        Ok(raised(opaque, value, ty))
    }

    /// Sets an element; packed integers are truncated.
    ///
    /// # Errors
    /// [`Immutable`](UsageError::Immutable), [`Type`](UsageError::Type); otherwise as [`Rooted::get`].
    pub fn set(&self, mut store: impl AsContextMut, index: u32, value: Val) -> Result<(), Error> {
        let mut store = store.as_context_mut();
        let object = self.checked(&store, index)?;
        let field = array_type(store.opaque(), object).field_type();
        if field.mutability() == Mutability::Const {
            return Err(UsageError::Immutable("an element of an immutable array").into());
        }
        let value = value.lower(store.opaque(), field.element_type().unpack(), || format!("element {index}"))?;
        store.opaque_mut().low.set_object(object, index, value);
        Ok(())
    }

    fn checked(&self, store: impl AsContext, index: u32) -> Result<GcRef, Error> {
        let store = store.as_context();
        let (object, len) = (self.object(store.opaque())?, self.len(store)?);
        if index >= len {
            return Err(UsageError::Bounds { what: "element", index: index.into(), len: len.into() }.into());
        }
        Ok(object)
    }

    /// The same reference as an anyref.
    pub fn to_any(self) -> Rooted<AnyRef> {
        self.as_kind()
    }
}

impl ExnRef {
    /// Creates an exception; a host function throws it with [`Caller::throw`](super::Caller::throw).
    ///
    /// # Errors
    /// [`Count`](UsageError::Count), [`Type`](UsageError::Type); a trap as for [`ExternRef::new`].
    pub fn new(mut store: impl AsContextMut, tag: &Tag, payload: &[Val]) -> Result<Rooted<ExnRef>, Error> {
        let mut store = store.as_context_mut();
        let opaque = store.opaque_mut();
        let id = tag.id(opaque)?;
        let ty = super::FuncType(opaque.low.tag_type_id(id));
        let wanted = ty.params().len();
        if payload.len() != wanted {
            return Err(UsageError::Count { what: "payload value", given: payload.len(), wanted }.into());
        }
        let lower =
            |(i, (value, ty)): (usize, (&Val, ValType))| value.lower(opaque, ty, || format!("value {i} of a payload"));
        let payload: Vec<raw::Val> =
            payload.iter().zip(ty.params()).enumerate().map(lower).collect::<Result<_, Error>>()?;
        let object = opaque.low.new_exception(id, &payload);
        rooted(opaque, object)
    }
}

impl Rooted<ExnRef> {
    /// The tag.
    ///
    /// # Errors
    /// If the reference belongs to another store, or its scope has ended.
    pub fn tag(&self, store: impl AsContext) -> Result<Tag, Error> {
        let store = store.as_context();
        match store.opaque().low.shape(self.object(store.opaque())?, &mut Vec::new()) {
            ObjectShape::Exception(tag) => Ok(Tag::new_in(store.opaque(), tag)),
            _ => unreachable!("an exception"),
        }
    }

    /// The payload.
    ///
    /// # Errors
    /// As [`Rooted::tag`].
    pub fn payload(&self, mut store: impl AsContextMut) -> Result<Vec<Val>, Error> {
        let mut store = store.as_context_mut();
        let object = self.object(store.opaque())?;
        let tag = self.tag(&store)?.id(store.opaque())?;
        let types = super::FuncType(store.opaque().low.tag_type_id(tag));
        let opaque = store.opaque_mut();
        let mut values = Vec::new();
        opaque.low.shape(object, &mut values);
        Ok(values.into_iter().zip(types.params()).map(|(value, ty)| Val::raise(opaque, value, ty)).collect())
    }
}
