//! Address space: reservations, and access rights to parts of them.
//!
//! All lengths and addresses are multiples of [`page_size`]. Fresh and decommitted memory reads as zero.

mod ledger;

use super::answer;
pub use ledger::Access;
use ledger::Ledger;
use parking_lot::Mutex;
use std::io;
use std::ops::Range;
use std::ptr::NonNull;
use std::sync::OnceLock;

static LEDGER: Mutex<Ledger> = Mutex::new(Ledger::new());

/// In builds with assertions, shows a range of whole pages to the ledger. A range that does not begin with a page is refused by
/// the system itself.
fn in_ledger(base: *const u8, len: usize, entry: impl FnOnce(&mut Ledger, Range<usize>)) {
    let base = base as usize;
    if cfg!(debug_assertions) && base.is_multiple_of(page_size()) {
        assert!(len.is_multiple_of(page_size()), "{len:#x} bytes is not a multiple of the page size");
        entry(&mut LEDGER.lock(), base..base + len);
    }
}

/// Size of a host page in bytes.
pub fn page_size() -> usize {
    static SIZE: OnceLock<usize> = OnceLock::new();
    // SAFETY: sysconf has no preconditions.
    *SIZE.get_or_init(|| unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize)
}

/// Reserves `len` bytes of inaccessible address space that costs no memory.
///
/// # Errors
/// If the address space, or the number of mappings that the system allows, is exhausted.
pub fn reserve(len: usize) -> io::Result<NonNull<u8>> {
    // SAFETY: an anonymous mapping at an address of the system's choice disturbs nothing.
    let base = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            len,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    let base = answer(base)?;
    in_ledger(base.cast(), len, Ledger::reserved);
    Ok(NonNull::new(base.cast()).expect("mmap does not choose null"))
}

/// Releases a reservation.
///
/// # Safety
/// `base` and `len` are those of a [`reserve`], and nothing refers to the range any more.
pub unsafe fn release(base: NonNull<u8>, len: usize) {
    in_ledger(base.as_ptr(), len, Ledger::released);
    // SAFETY: the caller owns the range.
    let released = answer(unsafe { libc::munmap(base.as_ptr().cast(), len) });
    debug_assert!(released.is_ok(), "munmap: {released:?}");
}

/// Changes the access rights to a range.
///
/// # Errors
/// If the system is out of memory or mappings.
///
/// # Safety
/// The range lies in a reservation that the caller owns, and no reference to it becomes invalid by the change.
pub unsafe fn protect(base: *mut u8, len: usize, access: Access) -> io::Result<()> {
    if len == 0 {
        return Ok(());
    }
    let prot = match access {
        Access::None => libc::PROT_NONE,
        Access::ReadWrite => libc::PROT_READ | libc::PROT_WRITE,
        Access::ReadExecute => libc::PROT_READ | libc::PROT_EXEC,
    };
    in_ledger(base, len, |ledger, range| ledger.check_protect(&range, access));
    // SAFETY: the caller owns the range.
    let result = answer(unsafe { libc::mprotect(base.cast(), len, prot) }).map(drop);
    in_ledger(base, len, |ledger, range| ledger.protected(range, access, result.is_ok()));
    result
}

/// Makes a range readable and writable.
///
/// # Errors
/// As [`protect`].
///
/// # Safety
/// As [`protect`].
pub unsafe fn commit(base: *mut u8, len: usize) -> io::Result<()> {
    // SAFETY: the caller's promise.
    unsafe { protect(base, len, Access::ReadWrite) }
}

/// Returns the memory behind a range to the system; its protection stays, and it reads as zero when it is touched
/// again.
///
/// # Errors
/// If the system refuses (the range is then unchanged).
///
/// # Safety
/// The range lies in a reservation that the caller owns; no reference to it is alive.
pub unsafe fn decommit(base: *mut u8, len: usize) -> io::Result<()> {
    if len == 0 {
        return Ok(());
    }
    in_ledger(base, len, |ledger, range| ledger.check_decommit(&range));
    // SAFETY: the caller owns the range, and expects zeros.
    answer(unsafe { libc::madvise(base.cast(), len, libc::MADV_DONTNEED) }).map(drop)
}

/// `MADV_GUARD_INSTALL`, which came with Linux 6.13: an entry of the page table instead of a mapping.
#[cfg(target_os = "linux")]
const MADV_GUARD_INSTALL: libc::c_int = 102;

/// Makes every access to a range fault, at no cost in mappings, until the reservation is released. Decommitting keeps this.
///
/// # Errors
/// If the system does not support this, or is out of memory.
///
/// # Safety
/// The range lies in a reservation that the caller owns; no reference to it is alive.
pub unsafe fn guard(base: *mut u8, len: usize) -> io::Result<()> {
    in_ledger(base, len, |ledger, range| ledger.check_inside(&range));
    #[cfg(target_os = "linux")]
    // SAFETY: the caller owns the range, and gives up its contents.
    let made = answer(unsafe { libc::madvise(base.cast(), len, MADV_GUARD_INSTALL) }).map(drop);
    #[cfg(not(target_os = "linux"))]
    let made = Err(io::ErrorKind::Unsupported.into());
    made
}

/// Asks for the largest pages that the system has, so that walking through the range takes fewer faults and fewer
/// address translations. Touching the range then takes memory in steps of such a page. (A system without larger pages
/// refuses, which is ignored.)
///
/// # Safety
/// The range lies in a reservation that the caller owns.
pub unsafe fn large_pages(base: *mut u8, len: usize) {
    in_ledger(base, len, |ledger, range| ledger.check_inside(&range));
    // SAFETY: the caller owns the range.
    unsafe { ask_for_large_pages(base, len) };
}

/// As [`large_pages`], for the whole pages of a room that is going to be filled.
pub fn fill_by_large_pages<T>(room: &mut [T]) {
    let page = page_size();
    let (base, len) = (room.as_mut_ptr().cast::<u8>(), size_of_val(room));
    let before = base.align_offset(page);
    if let Some(len) = len.checked_sub(before).filter(|&len| len >= page) {
        // SAFETY: the pages lie in the room, which the caller has to itself. What the system puts behind them has the same contents.
        unsafe { ask_for_large_pages(base.add(before), len - len % page) };
    }
}

/// # Safety
/// The caller has the range to itself.
unsafe fn ask_for_large_pages(base: *mut u8, len: usize) {
    #[cfg(target_os = "linux")]
    // SAFETY: the caller owns the range, whose contents do not change.
    unsafe {
        libc::madvise(base.cast(), len, libc::MADV_HUGEPAGE);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (base, len);
}

/// Backs a range with pages of the ordinary size only, so that scattered accesses take no more memory than needed. (A
/// system without larger pages refuses, which is ignored.)
///
/// # Safety
/// The range lies in a reservation that the caller owns.
pub unsafe fn small_pages(base: *mut u8, len: usize) {
    in_ledger(base, len, |ledger, range| ledger.check_inside(&range));
    #[cfg(target_os = "linux")]
    // SAFETY: the caller owns the range, whose contents do not change.
    unsafe {
        libc::madvise(base.cast(), len, libc::MADV_NOHUGEPAGE);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (base, len);
}

/// Whether an address can be read.
#[cfg(test)]
pub fn is_readable(address: *const u8) -> bool {
    use std::os::fd::AsRawFd as _;
    let (_reader, writer) = io::pipe().expect("a pipe");
    // SAFETY: the system reads there, and says so if it cannot.
    let written = unsafe { libc::write(writer.as_raw_fd(), address.cast(), 1) };
    assert!(written == 1 || io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT));
    written == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A guard covers its range and no more, and stays when memory is returned; where there are none, nothing changes.
    #[test]
    fn a_guard_stays() {
        let (page, len) = (page_size(), 4 * page_size());
        let base = reserve(len).unwrap();
        let readable = || [0, 1, 2, 3].map(|i| is_readable(base.as_ptr().wrapping_add(i * page)));
        assert_eq!(readable(), [false; 4]);
        // SAFETY: only this test uses the reservation.
        unsafe {
            commit(base.as_ptr(), len).unwrap();
            base.as_ptr().write_bytes(7, len);
            assert_eq!(readable(), [true; 4]);
            let guarded = guard(base.as_ptr().add(page), 2 * page).is_ok();
            assert_eq!(readable(), [true, !guarded, !guarded, true]);
            decommit(base.as_ptr(), len).unwrap();
            assert_eq!(readable(), [true, !guarded, !guarded, true]);
            release(base, len);
        }
    }

    #[test]
    fn what_the_system_does_not_have_is_an_error() {
        assert!(reserve(1 << 60).is_err());
        let base = reserve(page_size()).unwrap();
        // SAFETY: a page of ours, and nothing refers to what is misaligned in it: the system refuses.
        unsafe {
            let inside = base.as_ptr().wrapping_add(1);
            assert!(protect(inside, page_size(), Access::ReadWrite).is_err());
            assert!(decommit(inside, page_size()).is_err());
            assert!(protect(base.as_ptr(), 0, Access::ReadExecute).is_ok() && decommit(base.as_ptr(), 0).is_ok());
            release(base, page_size());
        }
    }

    /// In builds with assertions, no request goes to the system that the ledger refuses.
    #[cfg(debug_assertions)]
    #[test]
    fn each_request_is_shown_to_the_ledger() {
        use std::panic::{AssertUnwindSafe, catch_unwind};
        let (page, len) = (page_size(), 4 * page_size());
        let space = reserve(len).unwrap();
        let base = space.as_ptr();
        let refused = |request: &dyn Fn()| catch_unwind(AssertUnwindSafe(request)).is_err();
        // SAFETY: only this test uses the reservation, in which all of the requests lie. (What is released before its time is a
        // part of it.)
        unsafe {
            assert!(refused(&|| drop(decommit(base, page))));
            assert!(refused(&|| drop(protect(base, page, Access::None))));
            commit(base, page).unwrap();
            assert!(refused(&|| drop(commit(base, page))));
            LEDGER.lock().released(base as usize..base as usize + len);
            assert!(refused(&|| drop(commit(base.add(page), page))));
            assert!(refused(&|| drop(guard(base, page))));
            assert!(refused(&|| large_pages(base, page)));
            assert!(refused(&|| small_pages(base, page)));
            LEDGER.lock().reserved(base as usize..base as usize + len);
            assert!(refused(&|| release(space.add(page), page)));
            release(space, len);
        }
    }

    #[test]
    fn decommitted_pages_are_zero() {
        let (page, len) = (page_size(), 16 * page_size());
        let base = reserve(len).unwrap();
        // SAFETY: only this test uses the reservation.
        unsafe {
            commit(base.as_ptr(), len).unwrap();
            base.as_ptr().add(3 * page).write(7);
            decommit(base.as_ptr(), len).unwrap();
            assert_eq!(base.as_ptr().add(3 * page).read(), 0);
            release(base, len);
        }
    }
}
