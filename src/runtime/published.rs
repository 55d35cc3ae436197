//! Pointers that one thread sets and others follow. `ci/loom-models` executes this file under every interleaving.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A pointer, and with it what it points to: who gets it sees all that was written before it was published.
///
/// Code that was compiled reads it as a plain pointer.
#[derive(Debug)]
#[repr(transparent)]
pub struct Published<T>(AtomicPtr<T>);

impl<T> Published<T> {
    /// A pointer that others do not see yet.
    pub const fn new(pointer: *mut T) -> Published<T> {
        Published(AtomicPtr::new(pointer))
    }

    /// Nothing.
    pub const fn null() -> Published<T> {
        Published::new(ptr::null_mut())
    }

    /// What was published last.
    pub fn get(&self) -> *mut T {
        self.0.load(Ordering::Acquire)
    }

    /// Replaces it, after all that this thread has written.
    pub fn publish(&self, pointer: *mut T) {
        self.0.store(pointer, Ordering::Release);
    }
}

impl<T> Clone for Published<T> {
    /// Another place, with the pointer as it is now.
    fn clone(&self) -> Published<T> {
        Published::new(self.get())
    }
}
