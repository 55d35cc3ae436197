//! Large memory areas of stores, in a few sizes: value areas of stacks, spaces of GC heaps. A returned area is kept for
//! the next store that needs the same size, so that a store needs hardly any system calls.

use super::sys::mmap;
use parking_lot::Mutex;
use std::io;
use std::ptr::NonNull;

/// Address space that becomes readable and writable from its start on, initially zero. It takes physical memory as it
/// is touched.
#[derive(Debug)]
pub(super) struct Area {
    base: NonNull<u8>,
    len: usize,
    /// Bytes from the start that are readable and writable.
    committed: usize,
    /// Bytes from the start that may have been written; they are decommitted when the area is returned. Initially all
    /// of them; the owner lowers this if it knows better.
    pub touched: usize,
}

// SAFETY: it owns the address range it points to, as a box would.
unsafe impl Send for Area {}

/// An area without an owner, all zero.
struct IdleArea {
    base: NonNull<u8>,
    len: usize,
    committed: usize,
}

// SAFETY: as for the `Area` that it was.
unsafe impl Send for IdleArea {}

static POOL: Mutex<Vec<IdleArea>> = Mutex::new(Vec::new());
/// The maximum number of areas that are kept.
const POOL_SIZE: usize = 32;

impl Area {
    /// Takes an area of at least `len` bytes, a multiple of the page size, all of them accessible.
    ///
    /// # Errors
    /// If the address space is exhausted, or the system refuses to commit more memory.
    pub fn take(len: usize) -> io::Result<Area> {
        let mut area = Area::reserve(len)?;
        area.commit(area.len)?;
        Ok(area)
    }

    /// Takes an area of at least `len` bytes, a multiple of the page size. None of them need be accessible.
    ///
    /// # Errors
    /// If the address space is exhausted.
    pub fn reserve(len: usize) -> io::Result<Area> {
        let len = len.max(1).checked_next_multiple_of(mmap::page_size()).ok_or(io::ErrorKind::OutOfMemory)?;
        {
            let mut pool = POOL.lock();
            if let Some(i) = pool.iter().rposition(|area| area.len == len) {
                let idle = pool.swap_remove(i);
                return Ok(Area { base: idle.base, len, committed: idle.committed, touched: idle.committed });
            }
        }
        Ok(Area { base: mmap::reserve(len)?, len, committed: 0, touched: 0 })
    }

    /// Makes at least the first `len` bytes accessible.
    ///
    /// # Errors
    /// If the system refuses to commit more memory.
    pub fn commit(&mut self, len: usize) -> io::Result<()> {
        let end = len.next_multiple_of(mmap::page_size()).min(self.len);
        if end > self.committed {
            // SAFETY: the range lies in our reservation, and was not accessible.
            unsafe { mmap::commit(self.base.as_ptr().add(self.committed), end - self.committed)? };
            self.committed = end;
            self.touched = self.touched.max(end);
        }
        Ok(())
    }

    pub fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    pub fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Area {
    fn drop(&mut self) {
        let touched = self.touched.next_multiple_of(mmap::page_size()).min(self.committed);
        // SAFETY: the owner goes away, so nothing refers to the range any more.
        unsafe {
            if mmap::decommit(self.base.as_ptr(), touched).is_ok() {
                let mut pool = POOL.lock();
                if pool.len() < POOL_SIZE {
                    pool.push(IdleArea { base: self.base, len: self.len, committed: self.committed });
                    return;
                }
            }
            mmap::release(self.base, self.len);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::ManuallyDrop;

    #[test]
    fn what_comes_back_from_the_pool_is_zero() {
        // A length that no store uses.
        let len = 123 * mmap::page_size();
        let mut reused = 0;
        let mut last = std::ptr::null_mut();
        for round in 0..4 {
            let mut area = Area::take(len - 7).unwrap();
            assert_eq!(area.len(), len);
            reused += usize::from(area.base() == last);
            last = area.base();
            // SAFETY: inside the area, which is ours.
            unsafe {
                for at in [0, len / 2, len - 1] {
                    assert_eq!(area.base().add(at).read(), 0);
                }
                area.base().write(1);
                area.base().add(len / 2).write(2);
                // All of it may have been written, unless the owner says otherwise.
                if round % 2 == 0 {
                    area.touched = len / 2 + 1;
                } else {
                    area.base().add(len - 1).write(3);
                }
            }
        }
        assert_eq!(reused, 3, "the pool was used");
    }

    /// An idle area is only given to a caller that asks for its exact length.
    #[test]
    fn an_idle_area_waits_for_its_own_length() {
        // Lengths that no store uses.
        let (page, len) = (mmap::page_size(), 131 * mmap::page_size());
        let base = mmap::reserve(len).unwrap();
        POOL.lock().push(IdleArea { base, len, committed: 0 });
        for other in [len - page, len + page] {
            let area = ManuallyDrop::new(Area::reserve(other).unwrap());
            assert_ne!(area.base, base, "{other} bytes");
            // SAFETY: nothing refers to it, and the pool does not get it.
            unsafe { mmap::release(area.base, other) };
        }
        let area = Area::reserve(len).unwrap();
        assert_eq!((area.base, area.len()), (base, len));
    }

    /// An area is accessible up to where that was asked for, and zero up to there when it is taken again.
    #[test]
    fn what_was_made_accessible_later_comes_back_as_zero() {
        // A length that no store uses.
        let (page, len) = (mmap::page_size(), 127 * mmap::page_size());
        for pages in [1, 3, 2, 127] {
            let mut area = Area::reserve(len).unwrap();
            if pages == 1 {
                assert!(!mmap::is_readable(area.base()), "nobody has asked yet");
            }
            area.commit((pages - 1) * page + 1).unwrap();
            if pages == 1 {
                assert!(!mmap::is_readable(area.base().wrapping_add(page)));
            }
            let last = area.base().wrapping_add(pages * page - 1);
            // SAFETY: inside the part that is accessible now, which is ours.
            unsafe {
                assert_eq!((area.base().read(), last.read()), (0, 0), "{pages} pages");
                area.base().write(7);
                last.write(7);
            }
        }
    }
}
