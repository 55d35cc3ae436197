//! Values in a memory, as plain accesses read and write them.

use super::atomics;

/// A value that memory holds: little-endian, at any alignment.
pub trait Raw: Copy {
    const SIZE: usize;
    /// Reads the value.
    ///
    /// # Safety
    /// `at` may be read.
    unsafe fn get(at: *const u8) -> Self;
    /// Writes the value.
    ///
    /// # Safety
    /// `at` may be written.
    unsafe fn set(self, at: *mut u8);
    /// As [`Raw::get`], from a memory that may be shared.
    ///
    /// # Safety
    /// `at` may be read.
    unsafe fn get_shared(at: *const u8) -> Self;
    /// As [`Raw::set`], to a memory that may be shared.
    ///
    /// # Safety
    /// `at` may be written.
    unsafe fn set_shared(self, at: *mut u8);
}

/// A value at any address. (`read_unaligned` takes the address of a local, which prevents a handler from jumping on
/// unless the compiler sees through it.)
#[derive(Clone, Copy)]
#[repr(C, packed)]
pub struct Unaligned<T>(pub T);

macro_rules! raws {
    ($($t:ty),*) => {$(impl Raw for $t {
        const SIZE: usize = size_of::<$t>();
        #[inline(always)]
        unsafe fn get(at: *const u8) -> $t {
            // SAFETY: the caller's promise.
            <$t>::from_le(unsafe { (*at.cast::<Unaligned<$t>>()).0 })
        }
        #[inline(always)]
        unsafe fn set(self, at: *mut u8) {
            // SAFETY: the caller's promise.
            unsafe { (*at.cast::<Unaligned<$t>>()).0 = self.to_le() }
        }
        #[inline(always)]
        unsafe fn get_shared(at: *const u8) -> $t {
            // SAFETY: the caller's promise.
            unsafe { atomics::load_relaxed::<{ size_of::<$t>() }>(at) as $t }
        }
        #[inline(always)]
        unsafe fn set_shared(self, at: *mut u8) {
            // SAFETY: the caller's promise.
            unsafe { atomics::store_relaxed::<{ size_of::<$t>() }>(at, self.into()) }
        }
    })*};
}
raws!(u8, u16, u32, u64);

/// A vector, the first lane first.
impl Raw for [u8; 16] {
    const SIZE: usize = 16;
    #[inline(always)]
    unsafe fn get(at: *const u8) -> [u8; 16] {
        // SAFETY: the caller's promise; bytes have no alignment.
        unsafe { *at.cast::<[u8; 16]>() }
    }
    #[inline(always)]
    unsafe fn set(self, at: *mut u8) {
        // SAFETY: as above.
        unsafe { *at.cast::<[u8; 16]>() = self }
    }
    #[inline(always)]
    unsafe fn get_shared(at: *const u8) -> [u8; 16] {
        // SAFETY: the caller's promise.
        unsafe { atomics::load_relaxed::<16>(at).to_le_bytes() }
    }
    #[inline(always)]
    unsafe fn set_shared(self, at: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { atomics::store_relaxed::<16>(at, u128::from_le_bytes(self)) }
    }
}
