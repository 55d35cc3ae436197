//! Libcalls that make arrays.

use super::gc;
use super::traps::fail;
use super::vm::{LibcallResult, Status, VMContext};

/// Libcall: a new array of null references; value: its reference.
///
/// # Safety
/// `ctx` is that of running code that has published its frames.
pub unsafe extern "C" fn array_new_default(
    ctx: *mut VMContext,
    len: u64,
    _: u64,
    _: u64,
    _: u64,
    _: u64,
) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        match gc::new_array((*ctx).store, len as u32) {
            Ok(object) => LibcallResult { value: u64::from(object.0.get()), status: Status::Ok },
            Err(code) => fail(ctx, code, u64::MAX),
        }
    }
}
