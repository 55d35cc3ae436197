//! Facts about references besides the types that the code declares: that they are not null, and the types they were
//! cast to.
//!
//! A fact is about an SSA value, and holds everywhere that the place where it was learnt dominates. Control is
//! structured, so the log only needs to be cut back wherever branches meet.

use crate::jit::ir::Value;
use crate::module::{AbstractHeapType as H, CompositeInnerType, HeapType, Module, RefType};
use crate::runtime::types::is_abstract_subtype;
use foldhash::HashMap;

/// Facts in force.
#[derive(Default)]
pub(super) struct Facts {
    known: HashMap<Value, RefType>,
    /// Values to restore when the facts learnt since are forgotten.
    log: Vec<(Value, Option<RefType>)>,
}

impl Facts {
    /// The most precise known type of a value.
    pub fn get(&self, v: Value) -> Option<RefType> {
        self.known.get(&v).copied()
    }

    /// Whether a value is known not to be null.
    pub fn is_non_null(&self, v: Value) -> bool {
        self.get(v).is_some_and(|ty| !ty.is_nullable())
    }

    /// Records that `v` is of type `ty` from here on, besides the known facts.
    pub fn learn(&mut self, module: &Module, v: Value, ty: RefType) {
        let before = self.get(v);
        let both = before.map_or(ty, |before| {
            let heap = if matches(module, before.heap_type(), ty.heap_type()) { before } else { ty };
            let nullable = before.is_nullable() && ty.is_nullable();
            RefType::new(nullable, heap.heap_type()).expect("the heap type is unchanged")
        });
        if before != Some(both) {
            self.known.insert(v, both);
            self.log.push((v, before));
        }
    }

    /// Replaces the facts about `v` by its type.
    pub fn replace(&mut self, v: Value, ty: RefType) {
        let before = self.known.insert(v, ty);
        self.log.push((v, before));
    }

    /// The current length of the log, for [`Facts::forget`].
    pub fn mark(&self) -> usize {
        self.log.len()
    }

    /// Forgets all facts learnt since the mark.
    pub fn forget(&mut self, mark: usize) {
        for (v, before) in self.log.drain(mark..).rev() {
            match before {
                Some(ty) => self.known.insert(v, ty),
                None => self.known.remove(&v),
            };
        }
    }
}

/// Whether one heap type is known to be a subtype of another. (Types that are equal without being the same are not
/// known to be.)
pub(super) fn matches(module: &Module, a: HeapType, b: HeapType) -> bool {
    let inner = |index: u32| &module.types[index as usize].composite_type.inner;
    match (a, b) {
        _ if a == b => true,
        (HeapType::Concrete(a) | HeapType::Exact(a), HeapType::Concrete(b)) => {
            let (mut a, b) = (a.as_module_index(), b.as_module_index());
            while a.is_some() && a != b {
                let above = a.and_then(|a| module.types[a as usize].supertype_idxs.first());
                a = above.and_then(|s| s.as_module_index());
            }
            a.is_some()
        }
        (HeapType::Concrete(a) | HeapType::Exact(a), HeapType::Abstract { ty, .. }) => {
            matches!(
                (a.as_module_index().map(inner), ty),
                (Some(CompositeInnerType::Struct(_)), H::Struct | H::Eq | H::Any)
                    | (Some(CompositeInnerType::Array(_)), H::Array | H::Eq | H::Any)
                    | (Some(CompositeInnerType::Func(_)), H::Func)
                    | (Some(CompositeInnerType::Cont(_)), H::Cont)
            )
        }
        (HeapType::Abstract { shared: sa, ty: a }, HeapType::Abstract { shared: sb, ty: b }) => {
            sa == sb && is_abstract_subtype(a, b)
        }
        _ => false,
    }
}
