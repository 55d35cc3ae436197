//! References into the GC heap that the embedder holds, as roots: in scopes, which end in reverse order, and owned,
//! until the owner is dropped.

use crate::runtime::value::GcRef;
use std::sync::Arc;

/// The place of a reference among the scoped ones. Places are reused, serial numbers never.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Handle {
    place: u32,
    serial: u64,
}

/// Keeps an owned reference alive as long as a clone of it exists.
pub(crate) type Owner = Arc<()>;

#[derive(Default)]
pub(crate) struct Handles {
    /// By ascending serial numbers.
    scoped: Vec<(GcRef, u64)>,
    /// The next serial number.
    serial: u64,
    owned: Vec<(GcRef, Owner)>,
    /// The length of `owned` at which dropped owners are looked for.
    sweep_at: usize,
}

impl Handles {
    /// Adds a reference to the innermost scope.
    pub fn push(&mut self, object: GcRef) -> Handle {
        let handle = Handle { place: self.scoped.len() as u32, serial: self.serial };
        self.scoped.push((object, self.serial));
        self.serial += 1;
        handle
    }

    /// The reference of a handle; `None` once its scope has ended.
    pub fn get(&self, handle: Handle) -> Option<GcRef> {
        let &(object, serial) = self.scoped.get(handle.place as usize)?;
        (serial == handle.serial).then_some(object)
    }

    /// Begins a scope. Returns the value to give to [`Handles::end`].
    pub fn begin(&self) -> usize {
        self.scoped.len()
    }

    /// Ends a scope, and those inside of it.
    pub fn end(&mut self, scope: usize) {
        self.scoped.truncate(scope);
    }

    /// Keeps an object alive until its owner is dropped.
    pub fn own(&mut self, object: GcRef) -> Owner {
        if self.owned.len() >= self.sweep_at {
            self.owned.retain(|(_, owner)| Arc::strong_count(owner) > 1);
            self.sweep_at = 2 * self.owned.len().max(64);
        }
        let owner = Owner::default();
        self.owned.push((object, owner.clone()));
        owner
    }

    /// All references that are held.
    pub fn iter(&self) -> impl Iterator<Item = GcRef> + '_ {
        let owned = self.owned.iter().filter(|(_, owner)| Arc::strong_count(owner) > 1);
        self.scoped.iter().map(|&(object, _)| object).chain(owned.map(|&(object, _)| object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn object(n: u32) -> GcRef {
        GcRef(NonZeroU32::new(n).unwrap())
    }

    #[test]
    fn a_handle_ends_with_its_scope() {
        let mut handles = Handles::default();
        let outer = handles.push(object(1));
        let scope = handles.begin();
        let inner = handles.push(object(2));
        assert_eq!((handles.get(outer), handles.get(inner)), (Some(object(1)), Some(object(2))));
        handles.end(scope);
        assert_eq!((handles.get(outer), handles.get(inner)), (Some(object(1)), None));
        // The place is used again, which the old handle does not notice.
        let next = handles.push(object(3));
        assert_eq!((handles.get(inner), handles.get(next)), (None, Some(object(3))));
        assert_eq!(handles.iter().collect::<Vec<_>>(), [object(1), object(3)]);
    }

    #[test]
    fn an_owned_reference_ends_with_its_last_owner() {
        let mut handles = Handles::default();
        let owner = handles.own(object(1));
        let second = owner.clone();
        drop(owner);
        assert_eq!(handles.iter().count(), 1);
        drop(second);
        assert_eq!(handles.iter().count(), 0);
        for n in 1..10_000 {
            handles.own(object(n));
        }
        assert!(handles.owned.len() < 200, "those without owner are removed");
    }
    /// Dropped owners are looked for when there are twice as many references as were left the last time: neither always
    /// nor never.
    #[test]
    fn owners_that_are_gone_are_looked_for_now_and_then() {
        let mut handles = Handles::default();
        let mut owners = Vec::new();
        let mut searches = 0;
        for n in 1..5_000 {
            let before = handles.sweep_at;
            owners.push(handles.own(object(n)));
            searches += u32::from(handles.sweep_at != before);
            assert!(handles.sweep_at >= handles.owned.len());
        }
        assert!((4..20).contains(&searches), "{searches}");
        assert_eq!(handles.iter().count(), owners.len());
        owners.truncate(1);
        for n in 1..6_000 {
            handles.own(object(n));
        }
        assert!(handles.owned.len() < 200, "{}", handles.owned.len());
        assert_eq!(handles.iter().collect::<Vec<_>>(), [object(1)]);
    }
}
