//! Heap allocations that raw pointers in compiled code point into.

use std::ptr::NonNull;

/// A value at a fixed address until it is dropped, which raw pointers may access meanwhile: unlike a `Box`, moving it
/// asserts no unique access.
#[derive(Debug)]
pub(crate) struct Owned<T: ?Sized>(NonNull<T>);

impl<T> Owned<T> {
    pub fn new(value: T) -> Owned<T> {
        Owned::from(Box::new(value))
    }
}

impl<T: ?Sized> Owned<T> {
    pub fn as_ptr(&self) -> *mut T {
        self.0.as_ptr()
    }

    /// The value.
    ///
    /// # Safety
    /// No exclusive reference to it may be alive, and nothing may write to it while the result is used.
    pub unsafe fn get(&self) -> &T {
        // SAFETY: alive as long as `self`; the caller's promise for the rest.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Owned<[T]> {
    /// Address of the first element (dangling, but aligned, if there are none).
    pub fn first(&self) -> *mut T {
        self.as_ptr().cast()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T: ?Sized> From<Box<T>> for Owned<T> {
    fn from(value: Box<T>) -> Self {
        Owned(NonNull::from(Box::leak(value)))
    }
}

impl<T> From<Vec<T>> for Owned<[T]> {
    fn from(values: Vec<T>) -> Self {
        Owned::from(values.into_boxed_slice())
    }
}

impl<T: ?Sized> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: the pointer came from a leaked box, and only this frees it.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}
