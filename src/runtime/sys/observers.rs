//! The process's interfaces to profilers and debuggers: GDB's interface for code made at run time, and system calls for
//! dumps of such code for `perf`.

use super::answer;
use parking_lot::Mutex;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::ptr::null_mut;

/// Nanoseconds of the clock that `perf record -k mono` uses.
pub fn monotonic_nanoseconds() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes the structure; this clock exists everywhere.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The system's number of the calling thread.
pub fn thread_id() -> u32 {
    // SAFETY: has no arguments and cannot fail.
    unsafe { libc::syscall(libc::SYS_gettid) as u32 }
}

/// Maps the first page of a file as if it were code: `perf record` notes each such mapping, and `perf inject` finds the
/// dump by it. The mapping is never removed.
///
/// # Errors
/// The system's error, for example if the file system does not allow code.
pub fn map_as_marker(file: &File) -> io::Result<()> {
    let (access, flags) = (libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE);
    // SAFETY: a new mapping at an address of the kernel's choice disturbs nothing, and it is never read.
    let at = unsafe { libc::mmap(null_mut(), super::mmap::page_size(), access, flags, file.as_raw_fd(), 0) };
    answer(at).map(drop)
}

// The structures of GDB's interface, and the two names that it looks for ("JIT Compilation Interface" in its manual).

/// A symbol file in memory.
#[repr(C)]
struct JitCodeEntry {
    next: *mut JitCodeEntry,
    prev: *mut JitCodeEntry,
    address: *const u8,
    size: u64,
}

#[repr(C)]
struct Descriptor {
    version: u32,
    /// The event of `relevant`: 0 none, 1 it was added, 2 it will be removed.
    action: u32,
    relevant: *mut JitCodeEntry,
    first: *mut JitCodeEntry,
}

#[unsafe(no_mangle)]
static mut __jit_debug_descriptor: Descriptor =
    Descriptor { version: 1, action: 0, relevant: null_mut(), first: null_mut() };

/// GDB has a breakpoint here, and reads the descriptor when it is hit.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn __jit_debug_register_code() {
    // Not empty, or the optimizer would remove calls to it.
    std::hint::black_box(());
}

static LIST: Mutex<()> = Mutex::new(());

/// A symbol file that the debugger knows until this is dropped.
#[derive(Debug)]
pub struct SymbolFile {
    entry: *mut JitCodeEntry,
    /// The entry's contents.
    _bytes: Box<[u8]>,
}

// SAFETY: the entry is reached only under the lock, or by the debugger while the process stands still.
unsafe impl Send for SymbolFile {}
// SAFETY: a shared one has no operations.
unsafe impl Sync for SymbolFile {}

impl SymbolFile {
    /// Registers an ELF file in memory with the debugger. A debugger that attaches later finds it too.
    pub fn register(bytes: Box<[u8]>) -> SymbolFile {
        let entry =
            JitCodeEntry { next: null_mut(), prev: null_mut(), address: bytes.as_ptr(), size: bytes.len() as u64 };
        let entry = Box::into_raw(Box::new(entry));
        let _guard = LIST.lock();
        let list = &raw mut __jit_debug_descriptor;
        // SAFETY: the lock protects the list; its entries are alive until they are taken out of it.
        unsafe {
            (*entry).next = (*list).first;
            if let Some(first) = (*list).first.as_mut() {
                first.prev = entry;
            }
            (*list).first = entry;
            announce(list, entry, 1);
        }
        SymbolFile { entry, _bytes: bytes }
    }
}

impl Drop for SymbolFile {
    fn drop(&mut self) {
        let _guard = LIST.lock();
        let list = &raw mut __jit_debug_descriptor;
        // SAFETY: as in `register`; the entry came from a box, and after this nothing points to it.
        unsafe {
            let JitCodeEntry { next, prev, .. } = *self.entry;
            match prev.as_mut() {
                Some(before) => before.next = next,
                None => (*list).first = next,
            }
            if let Some(after) = next.as_mut() {
                after.prev = prev;
            }
            announce(list, self.entry, 2);
            drop(Box::from_raw(self.entry));
        }
    }
}

/// # Safety
/// The caller holds the lock; `entry` is alive.
unsafe fn announce(list: *mut Descriptor, entry: *mut JitCodeEntry, action: u32) {
    // SAFETY: the caller's promise. Volatile: the debugger reads it behind the compiler's back.
    unsafe {
        (&raw mut (*list).relevant).write_volatile(entry);
        (&raw mut (*list).action).write_volatile(action);
        __jit_debug_register_code();
        (&raw mut (*list).action).write_volatile(0);
        (&raw mut (*list).relevant).write_volatile(null_mut());
    }
}

/// Sizes of the registered symbol files, the newest first.
pub fn symbol_files() -> Vec<u64> {
    let _guard = LIST.lock();
    let mut sizes = Vec::new();
    // SAFETY: as in `register`.
    unsafe {
        let mut entry: *const JitCodeEntry = (&raw const __jit_debug_descriptor.first).read();
        while !entry.is_null() {
            sizes.push((*entry).size);
            entry = (*entry).next;
        }
    }
    sizes
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_the_number_that_the_system_gave_it() {
        let own = std::fs::read_link("/proc/thread-self").unwrap();
        assert!(own.ends_with(thread_id().to_string()), "{}", own.display());
    }

    /// What a debugger that attaches now finds: each registered file, the newest first, linked in both directions, and
    /// no event in progress.
    #[test]
    fn the_list_of_symbol_files_is_whole_whenever_nobody_changes_it() {
        // Sizes that no other test has.
        const SIZES: [usize; 4] = [40_009, 40_013, 40_031, 40_037];
        let ours = || symbol_files().into_iter().filter(|&size| SIZES.contains(&(size as usize))).collect::<Vec<_>>();
        let check = || {
            let _guard = LIST.lock();
            let list = &raw const __jit_debug_descriptor;
            // SAFETY: the lock protects the list, and its entries are alive.
            unsafe {
                assert_eq!(((*list).version, (*list).action), (1, 0));
                assert!((*list).relevant.is_null());
                let (mut before, mut entry) = (null_mut(), (*list).first);
                while let Some(this) = entry.as_ref() {
                    assert_eq!(this.prev, before);
                    if SIZES.contains(&(this.size as usize)) {
                        assert_eq!(std::slice::from_raw_parts(this.address, this.size as usize)[40_000], 7);
                    }
                    (before, entry) = (entry, this.next);
                }
            }
        };
        for removed in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
            let mut files = SIZES.map(|size| Some(SymbolFile::register(vec![7; size].into()))).map(|file| {
                check();
                file
            });
            for n in removed {
                let left: Vec<u64> = (0..4).rev().filter(|&i| files[i].is_some()).map(|i| SIZES[i] as u64).collect();
                assert_eq!(ours(), left);
                files[n] = None;
                check();
            }
            assert!(ours().is_empty());
        }
    }

    /// An executable mapping of the file's first page: `perf` takes no other for a marker.
    #[test]
    fn a_marker_maps_the_first_page_as_code() {
        // A folder for temporary files may not allow code; this program's own folder does.
        let path = std::env::current_exe().unwrap();
        let markers = || {
            let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
            let is_marker = |line: &&str| {
                let mut words = line.split_whitespace().skip(1);
                let (access, offset) = (words.next(), words.next());
                (access, offset) == (Some("r-xp"), Some("00000000")) && line.ends_with(path.to_str().unwrap())
            };
            maps.lines().filter(is_marker).count()
        };
        let before = markers();
        map_as_marker(&File::open(&path).unwrap()).unwrap();
        assert_eq!(markers(), before + 1);
    }
}
