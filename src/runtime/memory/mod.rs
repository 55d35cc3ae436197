//! Linear memories: address space reserved once, committed by growth, never moved.
//!
//! | file | contents |
//! |---|---|
//! | `mod` | memories, their reservations and growth |
//! | `parking` | `memory.atomic.wait` and `notify` |
//! | `racy` | bulk accesses to memory that other threads access |
//!
//! Reservations of guarded memories are pooled: when a store ends, their pages are decommitted but the address space is
//! kept, so that making a memory usually takes at most one system call.
//!
//! A shared memory is one `Memory` that contexts of several stores point to. Growth holds the lock of its address
//! space, makes the pages accessible first, and publishes the length afterwards: a thread that has read the length may
//! access the bytes, and a thread that faults on a page while it is being made accessible had not read it.

pub(in crate::runtime) mod parking;
pub(in crate::runtime) mod racy;

use super::resource::ResourceError;
use super::sys::mmap::{self, page_size};
use super::sys::pagemap;
use super::vm::{GUARD_BYTES, VMMemory};
use crate::module::MemoryType;
use parking::ParkingLot;
use parking_lot::Mutex;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// The range of 32-bit indices.
const INDEX_SPACE: u64 = 1 << 32;
/// Address space of a guarded memory.
const GUARDED_BYTES: usize = (INDEX_SPACE + GUARD_BYTES) as usize;
/// Address space of an unguarded memory without a smaller maximum; growth beyond it is refused.
const UNGUARDED_BYTES: u64 = 64 << 30;
/// The maximum number of idle reservations that are kept.
const POOL_SIZE: usize = 64;

/// Why growth was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrowthRefusal {
    /// A declared maximum, or a limit of the store: the same wherever the program runs.
    Limit,
    /// The system is out of memory.
    System,
}

/// A memory, of one store or of several. Starts with the part that compiled code accesses.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Memory {
    pub vm: VMMemory,
    /// The declared type.
    ty: MemoryType,
    space: Mutex<AddressSpace>,
    /// The maximum size in bytes: the least of the declared maximum, the store's limit and the address space.
    ceiling: u64,
    /// Threads that wait for a notification in a shared memory.
    pub waiting: ParkingLot,
}

// SAFETY: only compiled code and the runtime access the memory that the pointer in `vm` points to; they may do so from
// several threads if it is shared, and from one at a time otherwise, since a store is on one thread at a time. The rest
// is synchronized.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

/// A shared memory, which stores of several threads may use.
#[derive(Clone, Debug)]
pub struct SharedMemory(pub(super) Arc<Memory>);

impl SharedMemory {
    /// Reserves address space up to the maximum, or up to 64 GiB where accesses are checked, as they are with 64-bit addresses.
    /// `limit` is in bytes.
    ///
    /// # Errors
    /// If the initial size is over the limit or the system is out of memory.
    ///
    /// # Panics
    /// If the type is not shared.
    pub fn new(ty: MemoryType, limit: u64) -> Result<SharedMemory, ResourceError> {
        assert!(ty.shared, "a memory that is not shared belongs to one store");
        Memory::new(ty, limit).map(|memory| SharedMemory(Arc::new(memory)))
    }

    /// The type as importers see it: the current size is the minimum.
    pub fn ty(&self) -> MemoryType {
        self.0.ty()
    }

    /// Grows it by pages of its own size. Returns the old size, or `None` if its maximum or the system refuses.
    pub(crate) fn grow(&self, delta: u64) -> Option<u64> {
        self.0.grow(delta).ok()
    }

    /// Address and length of the bytes, which other threads access.
    pub(crate) fn raw(&self) -> (*mut u8, usize) {
        (self.0.vm.base, self.0.len())
    }

    /// Reads bytes that others may write meanwhile; false if they are out of bounds.
    pub(crate) fn read(&self, at: usize, to: &mut [u8]) -> bool {
        let (base, len) = self.raw();
        let inside = at.checked_add(to.len()).is_some_and(|end| end <= len);
        if inside {
            // SAFETY: in bounds of committed memory; all accesses of others are atomic, and `to` is exclusive.
            unsafe { racy::copy(to.as_mut_ptr(), base.add(at), to.len()) };
        }
        inside
    }

    /// Writes bytes that others may access meanwhile; false if they are out of bounds.
    pub(crate) fn write(&self, at: usize, from: &[u8]) -> bool {
        let (base, len) = self.raw();
        let inside = at.checked_add(from.len()).is_some_and(|end| end <= len);
        if inside {
            // SAFETY: as in `read`; nothing writes to `from`.
            unsafe { racy::copy(base.add(at), from.as_ptr(), from.len()) };
        }
        inside
    }

    /// An aligned 32-bit word; `None` if it is out of bounds or not aligned.
    pub(crate) fn word(&self, at: usize) -> Option<&AtomicU32> {
        let (base, len) = self.raw();
        let inside = at.is_multiple_of(4) && at.checked_add(4).is_some_and(|end| end <= len);
        // SAFETY: in bounds and aligned; memories do not move, and all accesses of others are atomic.
        inside.then(|| unsafe { AtomicU32::from_ptr(base.add(at).cast()) })
    }

    /// Wakes threads that wait at an address. Returns their number.
    pub(crate) fn notify(&self, at: u64, count: u32) -> u32 {
        self.0.waiting.notify(at, count)
    }

    /// Whether both are the same memory.
    pub fn is(&self, other: &SharedMemory) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The number of threads that wait in this memory for a notification.
    pub fn waiting(&self) -> usize {
        self.0.waiting.len()
    }
}

impl Memory {
    /// Reserves and commits the memory. `limit` is in bytes.
    ///
    /// # Errors
    /// If the initial size is over the limit or the system is out of memory.
    pub fn new(ty: MemoryType, limit: u64) -> Result<Memory, ResourceError> {
        let page_shift = ty.page_size_log2();
        let pages = |n: u64| n.checked_shl(page_shift).filter(|bytes| bytes >> page_shift == n);
        let guarded = !ty.memory64 && page_shift == 16;
        let too_large = || ResourceError::Memory { pages: ty.initial, limit };
        let initial = pages(ty.initial).filter(|&bytes| bytes <= limit).ok_or_else(too_large)?;
        // The size has to be an index as well: with pages of one byte, there is one page less.
        let index_space = if ty.memory64 { u64::MAX } else { INDEX_SPACE.min(u64::from(u32::MAX) << page_shift) };
        let mut ceiling = limit.min(index_space).min(ty.maximum.and_then(pages).unwrap_or(u64::MAX));
        let space = if guarded {
            AddressSpace::guarded(initial as usize)
        } else {
            ceiling = ceiling.min(UNGUARDED_BYTES.max(initial));
            AddressSpace::exact(ceiling, initial)
        }
        .map_err(ResourceError::system("no address space for a memory"))?;
        let vm = VMMemory {
            base: space.base.as_ptr(),
            byte_len: AtomicUsize::new(initial as usize),
            page_shift,
            guarded: u32::from(guarded),
            shared: u32::from(ty.shared),
        };
        Ok(Memory { vm, ty, space: Mutex::new(space), ceiling, waiting: ParkingLot::default() })
    }

    /// The type as importers see it: the current size is the minimum.
    pub fn ty(&self) -> MemoryType {
        MemoryType { initial: self.pages(), ..self.ty }
    }

    pub fn len(&self) -> usize {
        self.vm.byte_len.load(Ordering::Acquire)
    }

    /// Current size in pages of its own page size.
    pub fn pages(&self) -> u64 {
        self.len() as u64 >> self.vm.page_shift
    }

    /// Grows by `delta` pages and returns the old size in pages.
    ///
    /// # Errors
    /// The result depends only on the declared maximum and limits of the store, unless the system is out of memory.
    pub fn grow(&self, delta: u64) -> Result<u64, GrowthRefusal> {
        let mut space = self.space.lock();
        let old = self.pages();
        let shift = self.vm.page_shift;
        let new = old.checked_add(delta).ok_or(GrowthRefusal::Limit)?;
        let bytes = new.checked_shl(shift).filter(|&bytes| bytes >> shift == new && bytes <= self.ceiling);
        let bytes = bytes.ok_or(GrowthRefusal::Limit)?;
        space.commit(bytes as usize).map_err(|_| GrowthRefusal::System)?;
        self.vm.byte_len.store(bytes as usize, Ordering::SeqCst);
        Ok(old)
    }

    /// Indices of host pages that may have been touched since the memory was created.
    pub fn touched_pages(&self) -> Vec<u32> {
        let len = self.len().next_multiple_of(page_size());
        // SAFETY: committed up to its length.
        unsafe { pagemap::touched(self.vm.base, len) }.unwrap_or_else(|_| all_pages(len))
    }
}

/// All pages of `len` bytes: where the system does not tell, each may have been touched.
fn all_pages(len: usize) -> Vec<u32> {
    (0..(len / page_size()) as u32).collect()
}

/// The length in bytes from which on a memory asks for large pages. A smaller one is touched in few places, or not for long.
const LARGE: usize = 16 << 20;

/// Address space of a memory: accessible from its start up to `committed`, inaccessible after.
#[derive(Debug)]
struct AddressSpace {
    base: NonNull<u8>,
    len: usize,
    committed: usize,
}

// SAFETY: it owns the address range it points to, as a box would.
unsafe impl Send for AddressSpace {}

static POOL: Mutex<Vec<AddressSpace>> = Mutex::new(Vec::new());

impl AddressSpace {
    /// Address space of a guarded memory, from the pool if it has one; all zero.
    fn guarded(committed: usize) -> std::io::Result<AddressSpace> {
        let pooled = {
            let mut pool = POOL.lock();
            let same = pool.iter().rposition(|s| s.committed == committed);
            same.map(|i| pool.swap_remove(i)).or_else(|| pool.pop())
        };
        let mut space = match pooled {
            Some(space) => space,
            None => AddressSpace { base: mmap::reserve(GUARDED_BYTES)?, len: GUARDED_BYTES, committed: 0 },
        };
        if space.committed > committed {
            // SAFETY: the range is ours, and no reference into it exists.
            unsafe {
                let tail = space.base.as_ptr().add(committed);
                mmap::protect(tail, space.committed - committed, mmap::Access::None)?;
            }
            space.committed = committed;
        }
        space.commit(committed)?;
        Ok(space)
    }

    fn exact(len: u64, committed: u64) -> std::io::Result<AddressSpace> {
        let len = (len.max(1) as usize).checked_next_multiple_of(page_size()).ok_or(std::io::ErrorKind::OutOfMemory)?;
        let mut space = AddressSpace { base: mmap::reserve(len)?, len, committed: 0 };
        space.commit(committed as usize)?;
        Ok(space)
    }

    /// Makes at least the first `bytes` accessible.
    fn commit(&mut self, bytes: usize) -> std::io::Result<()> {
        let bytes = bytes.next_multiple_of(page_size());
        if bytes > self.committed {
            // SAFETY: inside our reservation; making more accessible invalidates nothing.
            unsafe { mmap::commit(self.base.as_ptr().add(self.committed), bytes - self.committed)? };
            self.committed = bytes;
            if bytes >= LARGE {
                // The whole of it: adjacent parts with the same flags are one mapping.
                // SAFETY: inside our reservation.
                unsafe { mmap::large_pages(self.base.as_ptr(), bytes) };
            }
        }
        Ok(())
    }
}

impl Drop for AddressSpace {
    fn drop(&mut self) {
        // SAFETY: the owner goes away, so nothing refers to the range any more.
        unsafe {
            if self.len == GUARDED_BYTES && mmap::decommit(self.base.as_ptr(), self.committed).is_ok() {
                let mut pool = POOL.lock();
                if pool.len() < POOL_SIZE {
                    pool.push(AddressSpace { ..*self });
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

    fn ty(initial: u64, maximum: Option<u64>) -> MemoryType {
        MemoryType { memory64: false, shared: false, initial, maximum, page_size_log2: None }
    }

    /// The flags of the mapping at an address, as the system lists them.
    #[cfg(target_os = "linux")]
    fn flags(at: *const u8) -> Vec<String> {
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in maps.lines() {
            let hex = |digits| usize::from_str_radix(digits, 16).ok();
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            if let Some((Some(from), Some(to))) = range.map(|(from, to)| (hex(from), hex(to))) {
                inside = (from..to).contains(&at.addr());
            } else if let Some(flags) = line.strip_prefix("VmFlags: ").filter(|_| inside) {
                return flags.split_whitespace().map(str::to_string).collect();
            }
        }
        panic!("no mapping at {at:p}");
    }

    /// What a memory declares is reserved, even if a memory could not otherwise grow to that size.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_memory_is_as_large_as_it_declares() {
        for bytes in [UNGUARDED_BYTES, UNGUARDED_BYTES + (1 << 30)] {
            let ty = MemoryType { memory64: true, ..ty(bytes >> 16, None) };
            let memory = Memory::new(ty, u64::MAX).expect("address space");
            assert_eq!(memory.len() as u64, bytes);
            // SAFETY: the last byte of a memory.
            assert_eq!(unsafe { memory.vm.base.add(memory.len() - 1).read_volatile() }, 0);
            assert!(memory.grow(1).is_err(), "that is the most");
        }
    }

    /// If the system does not tell, no page is left out.
    #[test]
    fn all_pages_are_all() {
        assert_eq!(all_pages(3 * page_size()), [0, 1, 2]);
        assert!(all_pages(0).is_empty());
    }

    /// Small memories do without large pages; once grown, they ask for them everywhere. A system without them refuses.
    #[test]
    #[cfg(target_os = "linux")]
    fn large_memories_ask_for_large_pages() {
        let has_them = std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists();
        let is_large = |space: &AddressSpace, at: usize| {
            flags(space.base.as_ptr().wrapping_add(at)).iter().any(|flag| flag == "hg")
        };
        let mut space = AddressSpace::exact(4 * LARGE as u64, LARGE as u64 - 1).unwrap();
        assert_eq!([0, LARGE - 1, LARGE].map(|at| is_large(&space, at)), [has_them, has_them, false]);
        space.commit(3 * LARGE).unwrap();
        assert_eq!([LARGE, 3 * LARGE - 1].map(|at| is_large(&space, at)), [has_them; 2]);
        let small = AddressSpace::exact(4 * LARGE as u64, LARGE as u64 / 2).unwrap();
        assert!(!is_large(&small, 0));
    }

    /// Room that is going to be filled asks for large pages, as far as whole pages go.
    #[test]
    #[cfg(target_os = "linux")]
    fn room_that_is_filled_asks_for_large_pages() {
        let has_them = std::path::Path::new("/sys/kernel/mm/transparent_hugepage").exists();
        let mut room = vec![0u8; LARGE];
        mmap::fill_by_large_pages(&mut room);
        let page = page_size();
        let first = room.as_ptr().addr().next_multiple_of(page);
        let end = room.as_ptr_range().end.addr() / page * page;
        let asked = [first, first + LARGE / 2, end - page].map(|at| flags(at as *const u8).iter().any(|f| f == "hg"));
        assert_eq!(asked, [has_them; 3]);
        // Too little for one.
        mmap::fill_by_large_pages(&mut room[..page / 2]);
        mmap::fill_by_large_pages::<u8>(&mut []);
    }

    fn write(memory: &Memory, at: usize) {
        assert!(at < memory.len());
        // SAFETY: in bounds.
        unsafe { memory.vm.base.add(at).write(1) };
    }

    fn read(memory: &Memory, at: usize) -> u8 {
        assert!(at < memory.len());
        // SAFETY: in bounds.
        unsafe { memory.vm.base.add(at).read() }
    }

    #[test]
    fn grows_within_its_limits_and_never_moves() {
        let memory = Memory::new(ty(1, Some(3)), 1 << 32).unwrap();
        let base = memory.vm.base;
        let limit = Err(GrowthRefusal::Limit);
        assert_eq!(memory.grow(0), Ok(1));
        assert_eq!(memory.grow(2), Ok(1));
        write(&memory, 3 * 65536 - 1);
        assert_eq!(memory.grow(1), limit);
        assert_eq!(memory.grow(u64::MAX), limit);
        assert_eq!((memory.pages(), memory.vm.base, memory.ty().initial), (3, base, 3));
        // The store's limit counts as a declared one.
        let memory = Memory::new(ty(1, None), 2 * 65536 + 1).unwrap();
        assert_eq!((memory.grow(2), memory.grow(1), memory.grow(1)), (limit, Ok(1), limit));
        assert!(Memory::new(ty(3, None), 2 * 65536).is_err());
        let memory = Memory::new(ty(0, None), u64::MAX).unwrap();
        assert_eq!((memory.grow(65536), memory.grow(1)), (Ok(0), limit), "32 bits reach 4 GiB");
    }

    #[test]
    fn a_pooled_reservation_is_as_new() {
        for round in 0..3 {
            let memory = Memory::new(ty(2, None), 1 << 32).unwrap();
            assert!(memory.touched_pages().is_empty(), "round {round}");
            assert_eq!((read(&memory, 0), read(&memory, 65536 + 5)), (0, 0));
            write(&memory, 65536 + 5);
            memory.grow(3).unwrap();
            write(&memory, 4 * 65536);
            assert_eq!(memory.touched_pages(), [0, 16, 64]);
        }
    }

    /// Other tests take reservations from the pool at the same time, and return them: sooner or later one is seen there, and seen
    /// to leave.
    #[test]
    fn reservations_come_to_the_pool_and_leave_it() {
        let seen = (0..10_000).any(|_| {
            drop(Memory::new(ty(1, None), 1 << 32).unwrap());
            !POOL.lock().is_empty()
        });
        assert!(seen);
        let left = (0..10_000).any(|_| {
            let before = POOL.lock().len();
            let _memory = Memory::new(ty(1, None), 1 << 32).unwrap();
            POOL.lock().len() < before
        });
        assert!(left, "memories never take what is in the pool");
    }

    /// The least of the limit, the declared maximum, the index range and the address space, for all page sizes.
    #[test]
    fn a_memory_grows_to_its_least_limit() {
        const WIDE: u64 = 64 << 30;
        const INDICES: u64 = 1 << 32;
        for (memory64, page_size_log2, maximum, limit, ceiling) in [
            (false, None, None, u64::MAX, INDICES),
            (false, None, Some(65536), u64::MAX, INDICES),
            (false, None, Some(65535), u64::MAX, INDICES - 65536),
            (false, None, Some(2), 3 << 16, 2 << 16),
            (false, None, Some(2), (2 << 16) - 1, (2 << 16) - 1),
            (false, Some(0), None, u64::MAX, INDICES - 1),
            (false, Some(0), Some(INDICES - 1), u64::MAX, INDICES - 1),
            (false, Some(0), Some(77), u64::MAX, 77),
            (false, Some(0), None, 78, 78),
            (true, Some(0), None, u64::MAX, WIDE),
            (true, Some(0), Some(INDICES + 5), u64::MAX, INDICES + 5),
            (true, None, None, u64::MAX, WIDE),
            (true, None, Some(1 << 47), u64::MAX, WIDE),
            (true, None, Some(1 << 48), u64::MAX, WIDE),
            (true, None, Some(3), u64::MAX, 3 << 16),
            (true, None, None, 5 << 32, 5 << 32),
        ] {
            let ty = MemoryType { memory64, shared: false, initial: 1, maximum, page_size_log2 };
            let memory = Memory::new(ty, limit).unwrap();
            assert_eq!(memory.ceiling, ceiling, "{ty:?}, {limit}");
            let shift = page_size_log2.unwrap_or(16);
            let most = ceiling >> shift;
            for delta in [most, 1 << (64 - shift - u32::from(shift == 0)), u64::MAX - 1, u64::MAX] {
                assert_eq!(memory.grow(delta), Err(GrowthRefusal::Limit), "{ty:?} by {delta}");
            }
            assert_eq!((memory.pages(), memory.vm.page_shift), (1, shift));
            assert_eq!(memory.vm.guarded != 0, !memory64 && shift == 16);
        }
        for (initial, limit, fits) in [(3, 3 << 16, true), (3, (3 << 16) - 1, false), (1 << 48, u64::MAX, false)] {
            let ty = MemoryType { memory64: true, ..ty(initial, None) };
            assert_eq!(Memory::new(ty, limit).is_ok(), fits, "{initial} pages");
        }
    }

    /// Whatever it was before, a reservation is accessible up to the end of its memory and not beyond.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_pooled_reservation_ends_with_its_memory() {
        let is_open = |at: *const u8| flags(at).iter().any(|flag| flag == "rd" || flag == "wr");
        for pages in [3, 1, 2, 0, 5, 1, 1] {
            let memory = Memory::new(ty(pages, None), 1 << 32).unwrap();
            let len = memory.len();
            let ends = |len: usize| {
                assert!(len == 0 || is_open(memory.vm.base.wrapping_add(len - 1)), "{len} bytes");
                assert!(!is_open(memory.vm.base.wrapping_add(len)), "{len} bytes");
            };
            ends(len);
            memory.grow(2).unwrap();
            ends(len + (2 << 16));
            write(&memory, len + (2 << 16) - 1);
            let last = memory.vm.base.wrapping_add(GUARDED_BYTES - 1);
            assert!(!is_open(last), "the guard belongs to it");
        }
    }

    /// A memory without guards and without a maximum has address space to grow into, and no more.
    #[test]
    fn memories_without_guards_end_with_their_address_space() {
        let wide = |initial, maximum| MemoryType { memory64: true, ..ty(initial, maximum) };
        for (memory_type, pages) in [(wide(1, None), 1 << 20), (wide(0, Some(7)), 7), (wide(0, Some(1 << 40)), 1 << 20)]
        {
            let memory = Memory::new(memory_type, u64::MAX).unwrap();
            assert_eq!((memory.ceiling, memory.ceiling >> 16), (pages << 16, pages));
            assert_eq!(memory.grow(pages - memory.pages() + 1), Err(GrowthRefusal::Limit));
        }
    }

    #[test]
    fn odd_page_sizes_are_not_guarded() {
        let one = MemoryType { page_size_log2: Some(0), ..ty(5, Some(10_000)) };
        let memory = Memory::new(one, 1 << 32).unwrap();
        assert_eq!((memory.len(), memory.vm.guarded), (5, 0));
        assert_eq!((memory.grow(9_995), memory.len(), memory.grow(1)), (Ok(5), 10_000, Err(GrowthRefusal::Limit)));
        write(&memory, 9_999);
    }

    /// Bytes and words of a shared memory are accessible up to its current end, and no further.
    #[test]
    fn bytes_of_shared_memories_end_with_them() {
        let shared = MemoryType { shared: true, ..ty(1, Some(2)) };
        let memory = SharedMemory::new(shared, 1 << 32).unwrap();
        for len in [65536, 2 * 65536] {
            for size in [0, 1, 2, 7, 16] {
                let bytes: Vec<u8> = (1..=size as u8).collect();
                for (at, inside) in [
                    (0, true),
                    (len - size - 1, true),
                    (len - size, true),
                    (len - size + 1, false),
                    (len + 1, false),
                    (usize::MAX - 8, false),
                    (usize::MAX, false),
                ] {
                    let mut read = vec![0xee; size];
                    assert_eq!(memory.write(at, &bytes), inside, "{size} bytes at {at:#x}");
                    assert_eq!(memory.read(at, &mut read), inside, "{size} bytes at {at:#x}");
                    assert_eq!(read, if inside { bytes.clone() } else { vec![0xee; size] }, "{size} bytes at {at:#x}");
                }
            }
            assert!(memory.write(len - 4, &[1, 2, 3, 4]));
            let word = |at: usize| memory.word(at).map(|word| word.load(std::sync::atomic::Ordering::Relaxed));
            assert_eq!(word(len - 4), Some(0x0403_0201));
            for at in [len - 3, len - 2, len - 1, len, len + 4, usize::MAX - 3, usize::MAX] {
                assert_eq!(word(at), None, "{at:#x}");
            }
            if len == 65536 {
                assert_eq!((memory.grow(1), memory.ty().initial), (Some(1), 2));
            }
        }
        assert_eq!(memory.grow(1), None);
        let another = SharedMemory::new(shared, 1 << 32).unwrap();
        assert!(memory.is(&memory.clone()) && !memory.is(&another));
        assert_eq!((memory.waiting(), memory.notify(0, 5)), (0, 0));
    }
}
