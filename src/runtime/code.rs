//! Published machine code and its tables: where it may trap, where it calls, and the handlers of these calls.
//!
//! Code objects live in one arena of address space, so the signal handler finds the object for a PC with one index into
//! an array, without locks: an entry is only read for a PC that a thread is executing, so its object is alive. Code is
//! never writable and executable at once.
//!
//! # Execution by other threads
//!
//! Once [`CodeObject::publish`] has returned, any thread may execute code whose address it got in the usual ways (under
//! a lock, or by loading an atomic that was stored with `Release`): its bytes are visible to the instruction fetches of
//! all processors before the pages become executable, and nothing was fetched from them before. The pages of freed code
//! are reused only after all threads have forgotten what they fetched there; where the system cannot make them do so,
//! such pages are not used again.
//!
//! # Layout of native frames
//!
//! `[fp]` is the caller's FP and `[fp + 8]` the return address. `[fp + CONTEXT_SLOT]` holds the function's
//! [`VMContext`](super::vm::VMContext) at each of its call and trap sites: walkers use it to find the instance and to
//! resolve tag indices.

use super::published::Published;
use super::sys::cpu::GENERAL_REGISTERS;
use super::sys::instructions;
use super::sys::mmap::{self, Access, page_size};
use super::trap::TrapCode;
use crate::module::BodyIndex;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::{Arc, OnceLock};

/// Offset of the context in a native frame, in bytes from FP. It is the same for every CPU.
pub const CONTEXT_SLOT: i32 = -8;
/// Offset of the caller's FP in a native frame.
pub const CALLER_SLOT: i32 = 0;
/// Offset of the return address in a native frame.
pub const RETURN_SLOT: i32 = 8;

/// The kind of an instruction that may trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SiteKind {
    /// An instruction that always traps.
    Explicit,
    /// An instruction that always traps; the low bits of a general register are the number in the trap's message.
    Detail {
        /// The register, by its hardware encoding.
        register: u8,
        /// The number of bits.
        bits: u8,
    },
    /// An access to the guarded memory of this index: it traps if the address is in the inaccessible part of its
    /// reservation. Any other fault of the instruction is a crash.
    Memory(u32),
}

/// An instruction that may trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TrapSite {
    /// Byte offset of the instruction in the code object.
    pub offset: u32,
    /// The kind of the instruction.
    pub kind: SiteKind,
    /// The trap that it raises.
    pub code: TrapCode,
    /// Byte offset of the operator in the module's binary.
    pub wasm_offset: u32,
}

/// A call instruction, to a function or a libcall.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallSite {
    /// Byte offset of the return address in the code object.
    pub return_offset: u32,
    /// Byte offset of the operator in the module's binary.
    pub wasm_offset: u32,
    /// Innermost first; the first match is taken.
    pub handlers: Vec<Handler>,
}

/// The target of an exception that leaves a call.
///
/// The handler is entered with FP of its frame and *no other register*: it recomputes SP from FP. The exnref is in
/// `VMStore::pending_exception`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Handler {
    /// Tag index in the module of the frame; `None` catches all.
    pub tag: Option<u32>,
    /// Byte offset of the handler in the code object.
    pub offset: u32,
}

/// The kind of a range of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FunctionKind {
    /// A body of the module of the frame's context.
    Body(BodyIndex),
    /// Marshalling code: not a WebAssembly frame, and skipped by walks.
    Adapter,
}

/// The code of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FunctionRange {
    /// Start as a byte offset in the code object.
    pub start: u32,
    /// End as a byte offset in the code object, exclusive.
    pub end: u32,
    /// Body or adapter.
    pub kind: FunctionKind,
}

/// The tables of a piece of code. Each list is sorted by its offset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CodeTables {
    /// Functions and adapters, which do not overlap.
    pub functions: Vec<FunctionRange>,
    /// Instructions that may trap.
    pub traps: Vec<TrapSite>,
    /// Call instructions.
    pub calls: Vec<CallSite>,
}

impl CodeTables {
    /// Checks that each list is sorted, that no offset is beyond code of `len` bytes, and that the registers of trap sites exist.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self, len: usize) -> Result<(), &'static str> {
        let right = |right: bool, wrong: &'static str| if right { Ok(()) } else { Err(wrong) };
        let (Self { functions, traps, calls }, end) = (self, len as u32);
        right(u32::try_from(len).is_ok(), "code of more than 4 GiB")?;
        right(functions.iter().all(|f| f.start <= f.end), "function that ends before it starts")?;
        right(functions.windows(2).all(|w| w[0].end <= w[1].start), "functions overlap")?;
        right(traps.windows(2).all(|w| w[0].offset < w[1].offset), "trap sites out of order")?;
        right(calls.windows(2).all(|w| w[0].return_offset < w[1].return_offset), "call sites out of order")?;
        right(functions.last().is_none_or(|f| f.end <= end), "function beyond the code")?;
        right(traps.last().is_none_or(|t| t.offset < end), "trap site beyond the code")?;
        right(calls.last().is_none_or(|c| c.return_offset <= end), "call site beyond the code")?;
        right(calls.iter().flat_map(|c| &c.handlers).all(|h| h.offset < end), "handler beyond the code")?;
        let exists = |register: u8, bits: u8| usize::from(register) < GENERAL_REGISTERS && (1..=64).contains(&bits);
        let number =
            |t: &TrapSite| if let SiteKind::Detail { register, bits } = t.kind { exists(register, bits) } else { true };
        right(traps.iter().all(number), "number in no register")
    }
}

/// Immutable executable code with its tables. Dropping it frees the code: everything that may run it holds the `Arc`.
#[derive(Debug)]
pub struct CodeObject {
    base: usize,
    len: usize,
    tables: CodeTables,
}

impl CodeObject {
    /// Copies position-independent code into the arena, makes it executable and registers its traps.
    ///
    /// # Errors
    /// If the arena or the memory is exhausted.
    ///
    /// # Panics
    /// If [`CodeTables::check`] finds an error: a defect of the compiler.
    pub fn publish(code: &[u8], tables: CodeTables) -> io::Result<Arc<CodeObject>> {
        CodeObject::publish_linked(code, tables, |_, _| true).map(|object| object.expect("linked"))
    }

    /// As [`CodeObject::publish`], but first links the code with what depends on its address: `link` gets the address and the
    /// bytes of the code, and returns whether it succeeded. Returns `None` if it did not.
    ///
    /// # Errors
    /// As [`CodeObject::publish`].
    ///
    /// # Panics
    /// As [`CodeObject::publish`].
    pub fn publish_linked(
        code: &[u8],
        tables: CodeTables,
        link: impl FnOnce(usize, &mut [u8]) -> bool,
    ) -> io::Result<Option<Arc<CodeObject>>> {
        if let Err(wrong) = tables.check(code.len()) {
            panic!("{wrong}");
        }
        arena()?.publish(code, tables, link)
    }

    /// The bytes of memory that code of this length occupies: whole pages.
    pub fn bytes_of_pages(len: usize) -> usize {
        len.max(1).next_multiple_of(page_size())
    }

    /// Address of the first byte; a multiple of 64.
    pub fn base(&self) -> *const u8 {
        self.base as *const u8
    }

    /// Length of the code in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no code.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The code itself.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: readable from `publish` to `drop`, and never written in between.
        unsafe { std::slice::from_raw_parts(self.base(), self.len) }
    }

    /// The tables of the code.
    pub fn tables(&self) -> &CodeTables {
        &self.tables
    }

    /// Address of an offset.
    ///
    /// # Panics
    /// If it is beyond the code.
    pub fn address(&self, offset: u32) -> *const u8 {
        assert!(offset as usize <= self.len);
        (self.base + offset as usize) as *const u8
    }

    /// Offset of an address inside, or just after the end (where a return address may point).
    pub fn offset_of(&self, address: usize) -> Option<u32> {
        let offset = address.checked_sub(self.base)?;
        (offset <= self.len).then_some(offset as u32)
    }

    /// The function that contains an instruction.
    pub fn function_at(&self, offset: u32) -> Option<&FunctionRange> {
        let i = self.tables.functions.partition_point(|f| f.start <= offset).checked_sub(1)?;
        self.tables.functions.get(i).filter(|f| offset < f.end)
    }

    /// The trap site at exactly this instruction.
    pub fn trap_at(&self, offset: u32) -> Option<&TrapSite> {
        let i = self.tables.traps.binary_search_by_key(&offset, |t| t.offset).ok()?;
        Some(&self.tables.traps[i])
    }

    /// The call that returns to exactly this instruction.
    pub fn call_at(&self, return_offset: u32) -> Option<&CallSite> {
        let i = self.tables.calls.binary_search_by_key(&return_offset, |c| c.return_offset).ok()?;
        Some(&self.tables.calls[i])
    }
}

impl Drop for CodeObject {
    fn drop(&mut self) {
        if let Ok(arena) = arena() {
            arena.free(self.base, self.len);
        }
    }
}

/// The code object that contains a PC. Lock-free, safe to call in a signal handler.
///
/// # Safety
/// `pc` must be a PC or a return address of a frame of the calling thread, or of code that is kept alive for the chosen
/// lifetime, or lie outside of all published code. A return address may be just beyond the code, so look up `return
/// address - 1`.
pub unsafe fn lookup<'a>(pc: usize) -> Option<&'a CodeObject> {
    let Some(Ok(arena)) = ARENA.get() else { return None };
    let offset = pc.checked_sub(arena.base)?;
    let entry = arena.owners.get(offset / arena.page)?.get();
    // SAFETY: an entry points to its object from `publish` to `free`, which runs when the object is dropped; the caller
    // promises that the object of this PC is not.
    let object = unsafe { entry.as_ref() }?;
    (pc.wrapping_sub(object.base) < object.len).then_some(object)
}

/// The address of a code object is a multiple of this: the longest line of the caches.
const ALIGNMENT: usize = 64;
/// Size of the address space for code of all stores.
const ARENA_BYTES: usize = 1 << 30;

struct Arena {
    /// Reserved until the process ends.
    base: usize,
    page: usize,
    /// The owner of each page of the arena; null for an unused page. The table takes memory only where something was
    /// published: writing all of it took nearly half the time of a program that does nothing.
    owners: &'static [Published<CodeObject>],
    free: Mutex<FreeList>,
}

/// Freed pages of the arena, and the first page that was never used.
#[derive(Default)]
struct FreeList {
    /// (first page, number of pages), by first page; neighbours are merged.
    holes: std::collections::BTreeMap<usize, usize>,
    fresh: usize,
}

impl FreeList {
    fn take(&mut self, pages: usize, total: usize) -> Option<usize> {
        if let Some((&first, &n)) = self.holes.iter().find(|&(_, &n)| n >= pages) {
            self.holes.remove(&first);
            if n > pages {
                self.holes.insert(first + pages, n - pages);
            }
            return Some(first);
        }
        let first = self.fresh;
        (total - first >= pages).then(|| self.fresh += pages).map(|()| first)
    }

    fn give(&mut self, mut first: usize, mut pages: usize) {
        if let Some((&before, &n)) = self.holes.range(..first).next_back()
            && before + n == first
        {
            self.holes.remove(&before);
            first = before;
            pages += n;
        }
        if let Some(n) = self.holes.remove(&(first + pages)) {
            pages += n;
        }
        if first + pages == self.fresh {
            self.fresh = first;
        } else {
            self.holes.insert(first, pages);
        }
    }
}

static ARENA: OnceLock<Result<Arena, io::ErrorKind>> = OnceLock::new();

fn arena() -> io::Result<&'static Arena> {
    ARENA.get_or_init(|| Arena::new().map_err(|e| e.kind())).as_ref().map_err(|&kind| kind.into())
}

impl Arena {
    fn new() -> io::Result<Arena> {
        let page = page_size();
        let pages = ARENA_BYTES / page;
        let bytes = (pages * size_of::<Published<CodeObject>>()).next_multiple_of(page);
        let table = mmap::reserve(bytes)?;
        // SAFETY: the reservation is this table's alone, and is never released. It is zero, which is null for all owners.
        let owners = unsafe {
            mmap::commit(table.as_ptr(), bytes)?;
            std::slice::from_raw_parts(table.as_ptr().cast(), pages)
        };
        Ok(Arena { base: mmap::reserve(ARENA_BYTES)?.as_ptr() as usize, page, owners, free: Mutex::default() })
    }

    fn publish(
        &self,
        code: &[u8],
        tables: CodeTables,
        link: impl FnOnce(usize, &mut [u8]) -> bool,
    ) -> io::Result<Option<Arc<CodeObject>>> {
        let pages = code.len().max(1).div_ceil(self.page);
        let first = {
            let mut free = self.free.lock();
            free.take(pages, self.owners.len()).ok_or(io::ErrorKind::OutOfMemory)?
        };
        let base = self.base + first * self.page + self.stagger(first, pages * self.page - code.len().max(1));
        let written = self.write(first, pages, base as *mut u8, code, link);
        if !matches!(written, Ok(true)) {
            self.give_back(first, pages);
            return written.map(|_| None);
        }
        let object = Arc::new(CodeObject { base, len: code.len(), tables });
        for owner in &self.owners[first..first + pages] {
            owner.publish(Arc::as_ptr(&object).cast_mut());
        }
        Ok(Some(object))
    }

    /// The offset in its pages at which code begins that leaves `unused` of their bytes free. If every small function
    /// began at the start of a page, they would all compete for the same sets of caches and branch predictors.
    fn stagger(&self, first: usize, unused: usize) -> usize {
        // Consecutive pages differ by an odd number of lines: over as many pages as a page has lines, all offsets differ.
        first.wrapping_mul(11) % (unused / ALIGNMENT + 1) * ALIGNMENT
    }

    /// Returns whether `link` succeeded.
    fn write(
        &self,
        first: usize,
        pages: usize,
        base: *mut u8,
        code: &[u8],
        link: impl FnOnce(usize, &mut [u8]) -> bool,
    ) -> io::Result<bool> {
        let (page, len) = ((self.base + first * self.page) as *mut u8, pages * self.page);
        // SAFETY: these pages belong to this caller alone: `take` gave them to no other. The code fits into the part of them that
        // begins at `base`.
        unsafe {
            mmap::commit(page, len)?;
            std::ptr::copy_nonoverlapping(code.as_ptr(), base, code.len());
            if !link(base as usize, std::slice::from_raw_parts_mut(base, code.len())) {
                return Ok(false);
            }
            instructions::make_visible(base, code.len());
            mmap::protect(page, len, Access::ReadExecute)?;
        }
        Ok(true)
    }

    fn free(&self, base: usize, len: usize) {
        let (first, within) = ((base - self.base) / self.page, base % self.page);
        let pages = (within + len).max(1).div_ceil(self.page);
        for owner in &self.owners[first..first + pages] {
            owner.publish(std::ptr::null_mut());
        }
        self.give_back(first, pages);
    }

    /// Takes away access rights, so that a jump through a stale pointer faults at its target. If the kernel refuses to take the
    /// pages, or to make all threads forget the instructions in them, the arena loses them, and they stay harmless.
    fn give_back(&self, first: usize, pages: usize) {
        let (base, len) = ((self.base + first * self.page) as *mut u8, pages * self.page);
        // SAFETY: the pages are ours; their object is being dropped, so nothing refers to them.
        let taken = unsafe { mmap::decommit(base, len).and_then(|()| mmap::protect(base, len, Access::None)) };
        if taken.and_then(|()| instructions::forget_fetched()).is_ok() {
            self.free.lock().give(first, pages);
        }
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    use super::super::sys::pagemap;
    use super::*;

    fn tables() -> CodeTables {
        CodeTables {
            functions: vec![FunctionRange { start: 0, end: 8, kind: FunctionKind::Body(BodyIndex(3)) }],
            traps: vec![TrapSite { offset: 4, kind: SiteKind::Explicit, code: TrapCode::Unreachable, wasm_offset: 77 }],
            calls: vec![CallSite { return_offset: 4, wasm_offset: 70, handlers: vec![] }],
        }
    }

    #[test]
    fn found_by_pc_until_dropped() {
        let object = CodeObject::publish(&[0x90; 10], tables()).unwrap();
        let base = object.base() as usize;
        // SAFETY: `object` is alive.
        unsafe {
            assert!(std::ptr::eq(lookup(base).unwrap(), &*object));
            assert!(std::ptr::eq(lookup(base + 9).unwrap(), &*object));
            assert!(lookup(base + 10).is_none());
        }
        assert_eq!(object.bytes(), [0x90; 10]);
        assert_eq!(object.function_at(7).unwrap().kind, FunctionKind::Body(BodyIndex(3)));
        assert!(object.function_at(8).is_none());
        assert_eq!(object.trap_at(4).unwrap().wasm_offset, 77);
        assert!(object.trap_at(5).is_none());
        assert_eq!(object.call_at(4).unwrap().wasm_offset, 70);
        assert!(object.call_at(3).is_none());
        // SAFETY: lies in no code at all.
        assert!(unsafe { lookup(&raw const object as usize) }.is_none());
    }

    /// The table of owners takes memory where code is, and nowhere else.
    #[test]
    #[cfg(target_os = "linux")]
    fn owners_take_memory_only_where_code_is() {
        let arena = Arena::new().unwrap();
        let table = arena.owners.as_ptr().cast::<u8>();
        // SAFETY: the table is a reservation of this arena's own.
        let touched = || unsafe { pagemap::touched(table, size_of_val(arena.owners)) }.unwrap();
        assert_eq!(touched(), [0; 0]);
        let of_one_page = arena.page / size_of::<Published<CodeObject>>();
        for _ in 0..2 {
            let object = arena.publish(&vec![0x90; arena.page * (of_one_page / 2 + 1)], tables(), |_, _| true);
            // Dropping it would free it in the arena of the process.
            std::mem::forget(object.unwrap());
        }
        assert_eq!(touched(), [0, 1]);
    }

    /// Code of several pages is found on all of them, from its first byte to its last.
    #[test]
    fn each_byte_of_large_code_is_found() {
        let page = page_size();
        for len in [page, page + 1, 3 * page - 1, 3 * page, 3 * page + 100] {
            let object = CodeObject::publish(&vec![0x90; len], CodeTables::default()).unwrap();
            let base = object.base() as usize;
            let borders = (0..=len / page).flat_map(|n| [n * page, n * page + 1, (n + 1) * page - 1]);
            for at in borders.chain([len - 1]).filter(|&at| at < len) {
                // SAFETY: `object` is alive.
                let found = unsafe { lookup(base + at) };
                assert!(found.is_some_and(|found| std::ptr::eq(found, &*object)), "byte {at} of {len}");
            }
            assert_eq!(
                (object.len(), object.is_empty(), object.address(len as u32) as usize),
                (len, false, base + len)
            );
        }
    }

    /// Code is linked at its final address, after it was copied there. If linking fails, its pages are free again.
    #[test]
    fn code_is_linked_at_its_place_or_not_published() {
        let arena = Arena::new().unwrap();
        let code: Vec<u8> = (0..200).collect();
        let mut seen = None;
        let linked = arena.publish(&code, CodeTables::default(), |base, bytes| {
            seen = Some((base, bytes.to_vec()));
            bytes[199] = 1;
            true
        });
        // Dropping it would free it in the arena of the process.
        let linked = std::mem::ManuallyDrop::new(linked.unwrap().expect("linked"));
        assert_eq!(seen, Some((linked.base, code.clone())));
        assert_eq!((&linked.bytes()[..199], linked.bytes()[199]), (&code[..199], 1));
        let fresh = arena.free.lock().fresh;
        let refused = arena.publish(&code, CodeTables::default(), |_, _| false);
        assert!(refused.unwrap().is_none());
        let again = instructions::forget_fetched().is_ok();
        assert_eq!(arena.free.lock().fresh == fresh, again);
        let owners = arena.owners.iter().filter(|owner| !owner.get().is_null()).count();
        assert_eq!(owners, 1);
    }

    /// Over as many pages as one has lines, each small piece of code begins at another line, and none reaches beyond its pages.
    #[test]
    fn little_code_begins_at_different_lines() {
        let arena = Arena::new().unwrap();
        let lines = arena.page / ALIGNMENT;
        for (first, len) in [(0, 1), (7, 1), (1000, ALIGNMENT)] {
            let unused = arena.page - len;
            let begin: Vec<usize> = (first..first + lines).map(|page| arena.stagger(page, unused)).collect();
            assert!(begin.iter().all(|&at| at <= unused && at.is_multiple_of(ALIGNMENT)), "{begin:?}");
            let mut different = begin.clone();
            different.sort_unstable();
            different.dedup();
            assert_eq!(different.len(), lines, "{begin:?}");
        }
        for page in 0..lines {
            assert_eq!(arena.stagger(page, ALIGNMENT - 1), 0);
        }
    }

    /// Freed code may not be looked up, so this looks at its pages, which other tests may own by now.
    #[test]
    fn pages_of_dropped_code_have_other_owners() {
        let object = CodeObject::publish(&vec![0x90; 100 * page_size()], CodeTables::default()).unwrap();
        let (base, address) = (object.base, Arc::as_ptr(&object));
        // No other object gets this address meanwhile.
        let _kept = Arc::downgrade(&object);
        let arena = arena().unwrap();
        let owned = || {
            let pages = arena.owners.iter().skip((base - arena.base) / arena.page).take(100);
            pages.filter(|owner| owner.get().cast_const() == address).count()
        };
        assert_eq!(owned(), 100);
        drop(object);
        assert_eq!(owned(), 0);
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn tables_are_checked() {
        let mut tables = tables();
        tables.traps.push(tables.traps[0]);
        let _ = CodeObject::publish(&[0x90; 10], tables);
    }

    /// Each rule at its boundary: what is just right, and what is just wrong.
    #[test]
    fn each_rule_of_the_tables_has_its_edge() {
        let range = |start, end| FunctionRange { start, end, kind: FunctionKind::Adapter };
        let trap = |offset| TrapSite { offset, kind: SiteKind::Explicit, code: TrapCode::Unreachable, wasm_offset: 0 };
        const LAST: u8 = (GENERAL_REGISTERS as u8).saturating_sub(1);
        let detail = |register, bits| TrapSite { kind: SiteKind::Detail { register, bits }, ..trap(4) };
        let call = |return_offset, handlers| CallSite { return_offset, wasm_offset: 0, handlers };
        let handler = |offset| Handler { tag: None, offset };
        let with = |functions, traps, calls| CodeTables { functions, traps, calls };
        let none = CodeTables::default;
        for (tables, expected) in [
            (with(vec![range(3, 3)], vec![], vec![]), Ok(())),
            (with(vec![range(4, 3)], vec![], vec![]), Err("function that ends before it starts")),
            (with(vec![range(0, 5), range(5, 10)], vec![], vec![]), Ok(())),
            (with(vec![range(0, 6), range(5, 10)], vec![], vec![]), Err("functions overlap")),
            (with(vec![range(5, 10), range(0, 5)], vec![], vec![]), Err("functions overlap")),
            (with(vec![range(0, 11)], vec![], vec![]), Err("function beyond the code")),
            (with(vec![range(0, 5), range(5, 11)], vec![], vec![]), Err("function beyond the code")),
            (with(vec![], vec![trap(0), trap(1), trap(9)], vec![]), Ok(())),
            (with(vec![], vec![trap(4), trap(4)], vec![]), Err("trap sites out of order")),
            (with(vec![], vec![trap(5), trap(4)], vec![]), Err("trap sites out of order")),
            (with(vec![], vec![trap(10)], vec![]), Err("trap site beyond the code")),
            (with(vec![], vec![trap(4), trap(10)], vec![]), Err("trap site beyond the code")),
            (with(vec![], vec![detail(LAST, 1), trap(9)], vec![]), Ok(())),
            (with(vec![], vec![trap(0), detail(LAST, 64)], vec![]), Ok(())),
            (with(vec![], vec![detail(LAST, 0), trap(9)], vec![]), Err("number in no register")),
            (with(vec![], vec![trap(0), detail(LAST, 65)], vec![]), Err("number in no register")),
            (with(vec![], vec![trap(0), detail(LAST + 1, 1)], vec![]), Err("number in no register")),
            (with(vec![], vec![], vec![call(1, vec![]), call(2, vec![]), call(10, vec![])]), Ok(())),
            (with(vec![], vec![], vec![call(2, vec![]), call(2, vec![])]), Err("call sites out of order")),
            (with(vec![], vec![], vec![call(3, vec![]), call(2, vec![])]), Err("call sites out of order")),
            (with(vec![], vec![], vec![call(11, vec![])]), Err("call site beyond the code")),
            (with(vec![], vec![], vec![call(4, vec![]), call(11, vec![])]), Err("call site beyond the code")),
            (with(vec![], vec![], vec![call(2, vec![handler(9), handler(0)]), call(3, vec![])]), Ok(())),
            (with(vec![], vec![], vec![call(2, vec![handler(0), handler(10)])]), Err("handler beyond the code")),
            (with(vec![], vec![], vec![call(2, vec![]), call(3, vec![handler(10)])]), Err("handler beyond the code")),
        ] {
            assert_eq!(tables.check(10), expected, "{tables:?}");
        }
        // Of several errors, the first is reported: each rule is broken together with all that come after it.
        let mut all = with(
            vec![range(4, 3), range(2, 11)],
            vec![trap(12), trap(11)],
            vec![call(12, vec![handler(10)]), call(9, vec![])],
        );
        type Mend = fn(&mut CodeTables);
        let mend: [(&str, Mend); 8] = [
            ("function that ends before it starts", |all| all.functions[0].end = 4),
            ("functions overlap", |all| all.functions[1].start = 4),
            ("trap sites out of order", |all| all.traps.reverse()),
            ("call sites out of order", |all| all.calls.reverse()),
            ("function beyond the code", |all| all.functions[1].end = 10),
            ("trap site beyond the code", |all| all.traps.truncate(0)),
            ("call site beyond the code", |all| all.calls[1].return_offset = 10),
            ("handler beyond the code", |all| all.calls[1].handlers.truncate(0)),
        ];
        assert_eq!(all.check(u32::MAX as usize + 1), Err("code of more than 4 GiB"));
        for (wrong, mend) in mend {
            assert_eq!(all.check(10), Err(wrong));
            mend(&mut all);
        }
        assert_eq!(all.check(10), Ok(()));
        assert_eq!(none().check(u32::MAX as usize), Ok(()));
        assert_eq!(none().check(u32::MAX as usize + 1), Err("code of more than 4 GiB"));
    }

    /// A return address may be just after the code. A boundary between neighbours belongs to the one that begins there.
    #[test]
    fn places_are_found_up_to_the_end_of_the_code() {
        let kinds = [FunctionKind::Body(BodyIndex(1)), FunctionKind::Adapter, FunctionKind::Body(BodyIndex(2))];
        let functions = vec![
            FunctionRange { start: 0, end: 4, kind: kinds[0] },
            FunctionRange { start: 4, end: 6, kind: kinds[1] },
            FunctionRange { start: 7, end: 10, kind: kinds[2] },
        ];
        let calls = vec![CallSite { return_offset: 10, wasm_offset: 5, handlers: vec![] }];
        let object = CodeObject::publish(&[0x90; 10], CodeTables { functions, traps: vec![], calls }).unwrap();
        let base = object.base() as usize;
        for (address, offset) in [(base - 1, None), (base, Some(0)), (base + 9, Some(9)), (base + 10, Some(10))] {
            assert_eq!(object.offset_of(address), offset);
        }
        assert_eq!(object.offset_of(base + 11), None);
        let at = |offset| object.function_at(offset).map(|function| function.kind);
        let found = [0, 0, 0, 0, 1, 1, 9, 2, 2, 2, 9].map(|i| kinds.get(i).copied());
        assert_eq!(std::array::from_fn::<_, 11, _>(|offset| at(offset as u32)), found);
        assert_eq!(object.call_at(10).map(|call| call.wasm_offset), Some(5));
    }

    /// Functions are aligned within their code object, which only helps if the object is aligned as well.
    #[test]
    fn code_is_aligned_as_the_targets_ask() {
        for target in crate::target::ALL {
            let asked = target.layout.looping_function_alignment as usize;
            assert!(ALIGNMENT.is_multiple_of(asked), "{}: {asked}", target.name);
        }
    }

    #[test]
    fn code_begins_at_different_lines_of_pages_and_stays_in_them() {
        let arena = Arena::new().unwrap();
        let mut seen = std::collections::BTreeSet::new();
        let lens = [10, arena.page - 10, arena.page, 3 * arena.page - 500, 10, 10, 10];
        for len in lens.into_iter().chain([0; 70]) {
            let object = arena.publish(&vec![0x90; len], CodeTables::default(), |_, _| true).unwrap().unwrap();
            let within = object.base % arena.page;
            assert!(
                within.is_multiple_of(ALIGNMENT) && within + len <= len.max(1).next_multiple_of(arena.page),
                "{within} {len}"
            );
            assert_eq!(object.bytes(), vec![0x90; len]);
            seen.insert(within);
            let pages = arena.owners.iter().filter(|owner| std::ptr::eq(owner.get(), &*object)).count();
            assert_eq!(pages, len.max(1).div_ceil(arena.page));
            let first = &arena.owners[(object.base - arena.base) / arena.page];
            assert!(std::ptr::eq(first.get(), &*object), "{len} bytes begin on another page");
            let (base, free) = (object.base, arena.free.lock().fresh);
            std::mem::forget(object);
            if len == arena.page {
                arena.free(base, len);
                assert!(arena.free.lock().fresh < free || instructions::forget_fetched().is_err());
            }
        }
        assert!(seen.len() > 4, "{seen:?}");
    }

    #[test]
    fn pages_are_used_again_once_all_threads_forgot_them() {
        let arena = Arena::new().unwrap();
        let publish = || {
            let object = arena.publish(&[0x90; 10], tables(), |_, _| true).unwrap().unwrap();
            let base = object.base;
            // It is freed in this arena, not in the one of the process.
            std::mem::forget(object);
            base
        };
        let first = publish();
        arena.free(first, 10);
        assert_eq!(publish() == first, instructions::forget_fetched().is_ok());
    }

    /// Checked against a list of the pages' owners: no page has two owners, everything free at the end is one hole, and the
    /// lowest pages are taken first.
    #[test]
    fn pages_of_the_free_list_have_one_owner() {
        const TOTAL: usize = 40;
        let (mut free, mut owned, mut taken) = (FreeList::default(), [false; TOTAL], Vec::new());
        let mut seed = 1u32;
        let mut next = |below: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % below
        };
        let mut refused = 0;
        for _ in 0..20_000 {
            let pages = 1 + next(6);
            let fits = |&at: &usize| owned[at..at + pages].iter().all(|owned| !owned);
            if next(2) == 0 || taken.is_empty() {
                let lowest = (0..=TOTAL - pages).find(fits);
                assert_eq!(free.take(pages, TOTAL), lowest, "{pages} pages of {owned:?}");
                refused += usize::from(lowest.is_none());
                if let Some(first) = lowest {
                    owned[first..first + pages].fill(true);
                    taken.push((first, pages));
                }
            } else {
                let (first, pages) = taken.swap_remove(next(taken.len()));
                free.give(first, pages);
                owned[first..first + pages].fill(false);
            }
            let used = owned.iter().rposition(|&owned| owned).map_or(0, |last| last + 1);
            assert_eq!(free.fresh, used, "{owned:?}");
            // Each hole begins after an owned page, and ends before the next one.
            let begins = |&at: &usize| !owned[at] && (at == 0 || owned[at - 1]);
            let length = |at: usize| owned[at..].iter().take_while(|&&owned| !owned).count();
            let holes = (0..used).filter(begins).map(|at| (at, length(at)));
            assert!(free.holes.iter().map(|(&at, &length)| (at, length)).eq(holes), "{:?} of {owned:?}", free.holes);
        }
        assert!(refused > 100, "{refused}");
        taken.into_iter().for_each(|(first, pages)| free.give(first, pages));
        assert_eq!((free.fresh, free.holes.len()), (0, 0));
    }

    #[test]
    fn free_list_merges() {
        let mut free = FreeList::default();
        let a = free.take(2, 10).unwrap();
        let b = free.take(3, 10).unwrap();
        let c = free.take(5, 10).unwrap();
        assert_eq!((a, b, c), (0, 2, 5));
        assert_eq!(free.take(1, 10), None);
        free.give(a, 2);
        free.give(b, 3);
        assert_eq!(free.holes.iter().collect::<Vec<_>>(), [(&0, &5)]);
        assert_eq!(free.take(4, 10), Some(0));
        free.give(0, 4);
        free.give(c, 5);
        assert_eq!((free.fresh, free.holes.len()), (0, 0));
    }
}
