//! Whether a value has a type: what the embedder passes in is not validated code.

use super::{Ref, StoreInner, Val};
use crate::module::{AbstractHeapType, HeapType, RefType, ValType};
use crate::runtime::heap::ObjectKind;
use crate::runtime::stacks::continuations::ContinuationState;
use crate::runtime::types::{self, NO_TYPE, TypeId};
use crate::runtime::value::GcRef;

impl StoreInner {
    /// Whether a value is of a canonical type. References are this store's, and are alive.
    pub(in crate::runtime) fn has_type(&self, value: Val, ty: ValType) -> bool {
        if !value.fits(ty) {
            return false;
        }
        match (value, ty) {
            (Val::Ref(Ref::Func(func)), ValType::Ref(ty)) => {
                // SAFETY: function records live as long as their store.
                concrete_matches(unsafe { func.0.as_ref() }.type_id, AbstractHeapType::Func, ty)
            }
            (Val::Ref(Ref::Gc(object)), ValType::Ref(ty)) => self.object_has_type(object, ty),
            _ => true,
        }
    }

    fn object_has_type(&self, object: GcRef, ty: RefType) -> bool {
        use AbstractHeapType as H;
        let is =
            |names: &[H]| matches!(ty.heap_type(), HeapType::Abstract { shared: false, ty } if names.contains(&ty));
        if object.0.get() & 1 != 0 {
            return is(&[H::I31, H::Eq, H::Any, H::Extern]);
        }
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm.get()).heap };
        match heap.kind(object) {
            ObjectKind::HostExtern => is(&[H::Extern, H::Any]),
            ObjectKind::Exception => is(&[H::Exn]),
            // Converted by `extern.convert_any`, an object keeps its representation.
            ObjectKind::Struct => is(&[H::Extern]) || concrete_matches(heap.type_of(object), H::Struct, ty),
            ObjectKind::Array => is(&[H::Extern]) || concrete_matches(heap.type_of(object), H::Array, ty),
            ObjectKind::Cont => self.continuation_has_type(object, ty),
        }
    }

    fn continuation_has_type(&self, object: GcRef, ty: RefType) -> bool {
        // SAFETY: nothing runs.
        let heap = unsafe { &(*self.vm.get()).heap };
        let id = heap.type_of(object);
        match (types::info(id).func(), ty.heap_type()) {
            // Made by `suspend`: the handler gives it a type of its own.
            (Some(_), HeapType::Concrete(wanted)) if id != NO_TYPE => {
                let results = match heap.continuation(object) {
                    // SAFETY: the stacks of a waiting continuation are alive, and their functions live as long as the store.
                    ContinuationState::Suspended(_, outermost) => unsafe {
                        types::info((*(*outermost).func).type_id).func().map(|ty| ty.results())
                    },
                    // It will never return.
                    _ => None,
                };
                wanted.as_module_index().is_some_and(|wanted| types::suspended_matches(id, results, wanted))
            }
            _ => concrete_matches(id, AbstractHeapType::Cont, ty),
        }
    }
}

/// Whether an object of this concrete type and this kind has a reference type.
fn concrete_matches(id: TypeId, kind: AbstractHeapType, ty: RefType) -> bool {
    match ty.heap_type() {
        HeapType::Abstract { shared, ty } => !shared && types::is_abstract_subtype(kind, ty),
        HeapType::Concrete(wanted) => wanted.as_module_index().is_some_and(|wanted| types::is_subtype(id, wanted)),
        HeapType::Exact(wanted) => wanted.as_module_index() == Some(id),
    }
}
