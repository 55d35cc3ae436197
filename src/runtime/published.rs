//! Pointers that one thread sets and others follow. `ci/loom-models` executes this file under every interleaving.

use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A pointer that is published together with what it points to: a thread that gets it sees all that was written before.
///
/// Compiled code reads it as a plain pointer.
#[derive(Debug)]
#[repr(transparent)]
pub struct Published<T>(AtomicPtr<T>);

impl<T> Published<T> {
    /// A pointer that other threads do not see yet.
    pub const fn new(pointer: *mut T) -> Published<T> {
        Published(AtomicPtr::new(pointer))
    }

    /// Nothing.
    pub const fn null() -> Published<T> {
        Published::new(ptr::null_mut())
    }

    /// The pointer that was published last.
    pub fn get(&self) -> *mut T {
        self.0.load(Ordering::Acquire)
    }

    /// Replaces the pointer, after everything that this thread has written.
    pub fn publish(&self, pointer: *mut T) {
        self.0.store(pointer, Ordering::Release);
    }
}

impl<T> Clone for Published<T> {
    /// A new `Published` with the current pointer.
    fn clone(&self) -> Published<T> {
        Published::new(self.get())
    }
}
