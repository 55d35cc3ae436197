//! Finds the pages of a range that have contents, in memory or in swap space: pages that were not touched since they
//! were reserved or decommitted have none.
//!
//! It reads Linux' page table (`admin-guide/mm/pagemap` in its sources). `mincore` is not enough: it does not
//! distinguish a page in swap space from one that was never touched.

use super::mmap::page_size;
use std::io;

/// Indices of the pages of a range that have contents, ascending.
///
/// # Errors
/// If the system does not provide this.
///
/// # Safety
/// The range lies in a reservation that the caller owns.
#[cfg(target_os = "linux")]
pub unsafe fn touched(base: *const u8, len: usize) -> io::Result<Vec<u32>> {
    use std::fs::File;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicBool, Ordering};
    /// The table of this process. After a fork it is valid only in the parent, which suffices: workers are executed
    /// anew.
    static TABLE: OnceLock<Option<File>> = OnceLock::new();
    /// Whether the system lacks this request, which came with Linux 6.7.
    static NO_SCAN: AtomicBool = AtomicBool::new(false);
    let table = TABLE.get_or_init(|| File::open("/proc/self/pagemap").ok());
    let Some(table) = table else { return Err(io::ErrorKind::Unsupported.into()) };
    if !NO_SCAN.load(Ordering::Relaxed) {
        match linux::scan(table, base as usize, len) {
            Ok(pages) => return Ok(pages),
            Err(_) => NO_SCAN.store(true, Ordering::Relaxed),
        }
    }
    linux::read(table, base as usize, len)
}

/// As on Linux; not provided on this system.
///
/// # Errors
/// Always.
///
/// # Safety
/// As on Linux.
#[cfg(not(target_os = "linux"))]
pub unsafe fn touched(_: *const u8, _: usize) -> io::Result<Vec<u32>> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
mod linux {
    use super::super::answer;
    use super::page_size;
    use std::fs::File;
    use std::io;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::FileExt;

    /// `struct pm_scan_arg`.
    #[repr(C)]
    #[derive(Default)]
    struct ScanRequest {
        size: u64,
        flags: u64,
        start: u64,
        end: u64,
        /// The address at which the system stopped.
        walk_end: u64,
        vec: u64,
        vec_len: u64,
        max_pages: u64,
        category_inverted: u64,
        category_mask: u64,
        category_anyof_mask: u64,
        return_mask: u64,
    }

    /// `struct page_region`.
    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct PageRegion {
        start: u64,
        end: u64,
        categories: u64,
    }

    /// `PAGEMAP_SCAN`: a request that is read and written, of this size, number 16 of the file systems' requests.
    const SCAN: libc::Ioctl =
        (3 << 30 | (size_of::<ScanRequest>() as u32) << 16 | (b'f' as u32) << 8 | 16) as libc::Ioctl;
    const PRESENT: u64 = 1 << 3;
    const SWAPPED: u64 = 1 << 4;

    /// Requests the ranges of pages with contents; the system skips all others at once.
    pub fn scan(table: &File, base: usize, len: usize) -> io::Result<Vec<u32>> {
        let page = page_size() as u64;
        let (base, end) = (base as u64, (base + len.next_multiple_of(page_size())) as u64);
        let mut regions = [PageRegion::default(); 64];
        let mut request = ScanRequest {
            size: size_of::<ScanRequest>() as u64,
            start: base,
            end,
            vec: regions.as_mut_ptr() as u64,
            vec_len: regions.len() as u64,
            category_anyof_mask: PRESENT | SWAPPED,
            return_mask: PRESENT | SWAPPED,
            ..ScanRequest::default()
        };
        let mut touched = Vec::new();
        while request.start < end {
            // SAFETY: the request has its size, and room for the number of regions that it states; nothing else is
            // written.
            let filled = answer(unsafe { libc::ioctl(table.as_raw_fd(), SCAN, &raw mut request) })?;
            for region in &regions[..filled as usize] {
                touched.extend(((region.start - base) / page) as u32..((region.end - base) / page) as u32);
            }
            if request.walk_end <= request.start {
                return Err(io::ErrorKind::InvalidData.into());
            }
            request.start = request.walk_end;
        }
        Ok(touched)
    }

    /// Reads the entries of all pages.
    pub fn read(table: &File, base: usize, len: usize) -> io::Result<Vec<u32>> {
        /// Bytes of an entry.
        const ENTRY: usize = 8;
        /// Number of pages that are read at a time.
        const STRETCH: usize = 8192;
        let (first, pages) = (base / page_size(), len.div_ceil(page_size()));
        let mut buffer = vec![0; ENTRY * STRETCH.min(pages)];
        let mut touched = Vec::new();
        for start in (0..pages).step_by(STRETCH) {
            let entries = &mut buffer[..ENTRY * STRETCH.min(pages - start)];
            table.read_exact_at(entries, ((first + start) * ENTRY) as u64)?;
            let entries = entries.as_chunks::<ENTRY>().0.iter().map(|bytes| u64::from_ne_bytes(*bytes));
            touched.extend(
                (start as u32..).zip(entries).filter(|(_, entry)| holds_something(*entry)).map(|(page, _)| page),
            );
        }
        Ok(touched)
    }

    /// Whether an entry stands for a page in memory or in swap space.
    pub fn holds_something(entry: u64) -> bool {
        const PRESENT: u64 = 1 << 63;
        const SWAPPED: u64 = 1 << 62;
        entry & (PRESENT | SWAPPED) != 0
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::super::mmap::{commit, decommit, release, reserve};
    use super::*;
    use std::fs::File;

    #[test]
    fn only_touched_pages_are_reported() {
        let (page, pages) = (page_size(), 1000);
        let base = reserve(pages * page).unwrap();
        let table = File::open("/proc/self/pagemap").unwrap();
        // SAFETY: only this test uses the reservation.
        let touched_now = || unsafe { touched(base.as_ptr(), pages * page) }.unwrap();
        let mut expected = Vec::new();
        // SAFETY: as above.
        unsafe {
            commit(base.as_ptr(), pages * page).unwrap();
            assert!(touched_now().is_empty());
            // More ranges than one request returns, and some of several pages.
            for i in (3..pages).filter(|i| i % 5 == 0 || i % 7 < 2) {
                base.as_ptr().add(i * page).write(7);
                expected.push(i as u32);
            }
        }
        assert_eq!(touched_now(), expected);
        assert_eq!(linux::read(&table, base.as_ptr() as usize, pages * page).unwrap(), expected);
        match linux::scan(&table, base.as_ptr() as usize, pages * page) {
            Ok(scanned) => assert_eq!(scanned, expected),
            Err(error) => assert_eq!(error.raw_os_error(), Some(libc::ENOTTY), "older systems do not have it: {error}"),
        }
        // SAFETY: as above.
        unsafe {
            decommit(base.as_ptr(), pages * page).unwrap();
            assert!(touched_now().is_empty());
            release(base, pages * page);
        }
    }

    /// More pages than are read at a time, the last of them incomplete.
    #[test]
    fn long_ranges_are_read_piece_by_piece() {
        let (page, pages) = (page_size(), 20_000);
        let base = reserve(pages * page).unwrap();
        let table = File::open("/proc/self/pagemap").unwrap();
        let expected = [0, 1, 8191, 8192, 8193, 16383, 16384, pages as u32 - 1];
        // SAFETY: only this test uses the reservation.
        unsafe {
            commit(base.as_ptr(), pages * page).unwrap();
            super::super::mmap::small_pages(base.as_ptr(), pages * page);
            for at in expected {
                base.as_ptr().add(at as usize * page).write(7);
            }
            for len in [pages * page, pages * page - 1, (pages - 1) * page + 1] {
                assert_eq!(linux::read(&table, base.as_ptr() as usize, len).unwrap(), expected);
                assert_eq!(touched(base.as_ptr(), len).unwrap(), expected);
            }
            // As many as are read at a time, and one more.
            for (count, known) in [(8192, 3), (8193, 4)] {
                assert_eq!(linux::read(&table, base.as_ptr() as usize, count * page).unwrap(), expected[..known]);
            }
            let shorter = &expected[..7];
            assert_eq!(linux::read(&table, base.as_ptr() as usize, (pages - 1) * page).unwrap(), shorter);
            assert_eq!(touched(base.as_ptr(), (pages - 1) * page).unwrap(), shorter);
            release(base, pages * page);
        }
    }

    #[test]
    fn a_page_in_swap_space_is_touched() {
        // Entries as Linux writes them: nothing; a page frame (hidden from us); an entry of swap space 3, offset 9.
        for (entry, something) in
            [(0, false), (1 << 63 | 1 << 55, true), (1 << 62 | 9 << 5 | 3, true), (1 << 55, false)]
        {
            assert_eq!(linux::holds_something(entry), something, "{entry:#x}");
        }
    }
}
