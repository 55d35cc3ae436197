//! The GC heap: non-moving, mark-region.
//!
//! The heap is divided into blocks of [`BLOCK`] bytes and these into lines of [`LINE`] bytes. Allocation bumps a cursor
//! through a run of free lines, a *hole*; objects that no block can hold take a run of whole blocks. A collection marks
//! from the roots, without recursion, and every line that a marked object touches stays in use: nothing is swept object
//! by object, nothing moves.
//!
//! References are 32-bit offsets from [`Heap::base`], multiples of [`GRANULE`]. They start at [`FIRST_OFFSET`], so that
//! small integers on a stack are not taken for references.
//!
//! Native stacks and value areas are scanned conservatively: both 32-bit halves of every word as offsets of objects, and
//! the whole word as an address inside one. A bit for each granule says where objects start; what it does not confirm is
//! no reference. Inside objects, scanning is precise: their kind, or their tag, tells which slots hold references.

use super::area::Area;
use super::sys::stack;
use super::trap::TrapCode;
use super::value::GcRef;
use super::vm::{ARRAY_ELEMENTS, ARRAY_LENGTH, EXCEPTION_PAYLOAD, EXCEPTION_TAG, VMStack, VMStore, VMTag};
use std::num::NonZeroU32;

/// Alignment of objects, and unit of the bitmaps.
pub const GRANULE: usize = 16;
/// Unit in which a collection frees memory.
pub const LINE: usize = 128;
/// Unit in which the heap grows.
pub const BLOCK: usize = 32 << 10;
/// Offset of the first object.
pub const FIRST_OFFSET: u32 = 1 << 30;

const GRANULES: usize = BLOCK / GRANULE;
const LINES: usize = BLOCK / LINE;
/// An object larger than this gets blocks of its own.
const LARGE: usize = BLOCK / 2;
/// A collection is due when this much, or as much as was live after the last one, has been allocated.
const MIN_THRESHOLD: usize = 1 << 20;

/// Under stress, every allocation collects until there have been so many collections: what a loop of a million
/// allocations would show, its first thousands have shown …
const STRESS_EACH: u64 = 5_000;
/// … and then each of this many.
const STRESS_LATER: u64 = 101;

/// What an object is. The first byte of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A host value of 64 bits, for externref.
    HostExtern = 1,
    /// `*const VMTag`, then the payload.
    Exception = 2,
    /// Length, then a slot for each element, all of which are references.
    Array = 3,
}

/// First 8 bytes of every object.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Header {
    kind: Kind,
    /// Bytes, header included, multiple of [`GRANULE`].
    size: u32,
}

const _: () = assert!(size_of::<Header>() == 8 && EXCEPTION_TAG == 8 && EXCEPTION_PAYLOAD == 16);

/// A bit for each granule of a block.
type Bits = [u64; GRANULES / 64];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Free,
    /// Holds small objects.
    Lines,
    /// First block of a large object.
    LargeHead,
    /// Continues the large object that starts in this block.
    LargeTail(u32),
}

#[derive(Debug)]
struct Block {
    state: State,
    /// Where objects start. Exact after a collection; those allocated since are added.
    starts: Bits,
    /// Objects that the running (or last) collection reached.
    marks: Bits,
    /// Lines in use when the last collection ended.
    lines: [u64; LINES / 64],
}

impl Block {
    fn new() -> Block {
        Block { state: State::Free, starts: [0; _], marks: [0; _], lines: [0; _] }
    }

    fn clear(&mut self) {
        *self = Block::new();
    }

    /// The first run of free lines at or after `from`.
    fn hole(&self, from: usize) -> Option<(usize, usize)> {
        let used = |line: usize| self.lines[line / 64] >> (line % 64) & 1 != 0;
        let start = (from..LINES).find(|&l| !used(l))?;
        let end = (start..LINES).find(|&l| used(l)).unwrap_or(LINES);
        Some((start, end))
    }
}

/// What has happened in a heap so far, and how much lived after the last collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub collections: u64,
    pub allocated_objects: u64,
    pub allocated_bytes: u64,
    pub live_objects: u64,
    pub live_bytes: u64,
}

/// A heap. Belongs to one store.
#[derive(Debug)]
pub struct Heap {
    /// Taken by the first allocation: most stores have none.
    space: Option<Area>,
    /// Bytes reserved and, lazily by the kernel, committed.
    space_len: usize,
    /// Blocks ever used, in order of address; the rest of the space is fresh.
    blocks: Vec<Block>,
    max_blocks: usize,
    /// The hole that allocation bumps through: bytes from the start of the space.
    cursor: usize,
    hole_end: usize,
    /// Where the search for the next hole goes on: block and line.
    next_hole: (usize, usize),
    /// Bytes handed out since the last collection.
    since: usize,
    threshold: usize,
    /// Collect at every allocation (after some thousands, at every so many).
    pub stress: bool,
    stats: Stats,
    worklist: Vec<u32>,
}

impl Heap {
    /// A heap of at most `limit` bytes (3 GiB at most, one block at least).
    pub fn new(limit: u64, stress: bool) -> Heap {
        let most = (1u64 << 32) - u64::from(FIRST_OFFSET);
        let max_blocks = (limit.min(most) as usize / BLOCK).max(1);
        let space_len = max_blocks * BLOCK;
        Heap {
            space: None,
            space_len,
            blocks: Vec::new(),
            max_blocks,
            cursor: 0,
            hole_end: 0,
            next_hole: (0, 0),
            since: 0,
            threshold: MIN_THRESHOLD.min(space_len),
            stress,
            stats: Stats::default(),
            worklist: Vec::new(),
        }
    }

    /// What offsets are added to. Itself inside no allocation, and only right once there is an object.
    pub fn base(&self) -> *mut u8 {
        self.start().wrapping_sub(FIRST_OFFSET as usize)
    }

    /// Start of the space; null while there is none.
    fn start(&self) -> *mut u8 {
        self.space.as_ref().map_or(std::ptr::null_mut(), Area::base)
    }

    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// Bytes of heap that blocks in use take.
    pub fn footprint(&self) -> usize {
        self.blocks.iter().filter(|b| b.state != State::Free).count() * BLOCK
    }

    /// Whether an object starts at this offset.
    pub fn is_object(&self, offset: u32) -> bool {
        let Some((block, granule)) = self.locate(offset) else { return false };
        (offset as usize).is_multiple_of(GRANULE) && bit(&self.blocks[block].starts, granule)
    }

    /// Kind of an object. Panics if it is none.
    pub fn kind(&self, object: GcRef) -> Kind {
        self.header(object.0.get()).kind
    }

    /// Elements of an array: references, zero-extended.
    pub fn array_elements(&self, object: GcRef) -> &[u64] {
        assert_eq!(self.kind(object), Kind::Array);
        // SAFETY: an object of this kind has its length there, and so many slots behind it.
        unsafe {
            let base = self.address(object.0.get());
            let len = base.add(ARRAY_LENGTH as usize).cast::<u64>().read();
            std::slice::from_raw_parts(base.add(ARRAY_ELEMENTS as usize).cast::<u64>(), len as usize)
        }
    }

    /// The value in an externref that wraps a host value. Panics if it is none.
    pub fn host_value(&self, object: GcRef) -> u64 {
        assert_eq!(self.kind(object), Kind::HostExtern);
        // SAFETY: an object of this kind has 8 bytes after its header.
        unsafe { self.address(object.0.get()).add(8).cast::<u64>().read() }
    }

    /// Tag of an exception. Panics if the object is none.
    pub fn exception_tag(&self, object: GcRef) -> *const VMTag {
        assert_eq!(self.kind(object), Kind::Exception);
        // SAFETY: an object of this kind has its tag there.
        unsafe { self.address(object.0.get()).add(EXCEPTION_TAG as usize).cast::<*const VMTag>().read() }
    }

    /// Payload slots of an exception. Panics if the object is none.
    pub fn exception_payload(&self, object: GcRef) -> &[u64] {
        let tag = self.exception_tag(object);
        // SAFETY: tags live as long as their store, and the object was allocated with this many slots.
        unsafe {
            let slots = self.address(object.0.get()).add(EXCEPTION_PAYLOAD as usize).cast::<u64>();
            std::slice::from_raw_parts(slots, (*tag).slots as usize)
        }
    }

    fn address(&self, offset: u32) -> *mut u8 {
        self.base().wrapping_add(offset as usize)
    }

    /// Panics if no object starts here: whoever asks holds a reference, and a reference that is none must not be read.
    fn header(&self, offset: u32) -> Header {
        assert!(self.is_object(offset), "no object at {offset:#x}");
        // SAFETY: an object starts here, with its header.
        unsafe { self.address(offset).cast::<Header>().read() }
    }

    /// Block and granule of an offset in blocks that were ever used.
    fn locate(&self, offset: u32) -> Option<(usize, usize)> {
        let at = offset.checked_sub(FIRST_OFFSET)? as usize;
        (at / BLOCK < self.blocks.len()).then_some((at / BLOCK, at % BLOCK / GRANULE))
    }

    /// The object that contains an address, if one does.
    fn object_around(&self, address: usize) -> Option<u32> {
        let at = address.checked_sub(self.start() as usize).filter(|&at| at / BLOCK < self.blocks.len())?;
        let (mut block, mut granule) = (at / BLOCK, at % BLOCK / GRANULE);
        if let State::LargeTail(head) = self.blocks[block].state {
            (block, granule) = (head as usize, 0);
        }
        let start = last_bit(&self.blocks[block].starts, granule)?;
        let start = block * BLOCK + start * GRANULE;
        let offset = FIRST_OFFSET + start as u32;
        (at < start + self.header(offset).size as usize).then_some(offset)
    }

    /// Whether the owner should collect before it allocates `size` bytes.
    fn due(&self, size: usize) -> bool {
        let stressed =
            self.stats.collections < STRESS_EACH || self.stats.allocated_objects.is_multiple_of(STRESS_LATER);
        self.since + size > self.threshold || (self.stress && stressed)
    }

    /// Zeroed memory for an object, its header written; `None` if no hole is left.
    fn allocate(&mut self, kind: Kind, size: usize) -> Option<GcRef> {
        if self.space.is_none() {
            // No address space is as good as no room.
            self.space = Some(Area::take(self.space_len).ok()?);
        }
        let size = size.next_multiple_of(GRANULE);
        let at = if size > LARGE { self.allocate_large(size)? } else { self.allocate_small(size)? };
        let block = &mut self.blocks[at / BLOCK];
        let granule = at % BLOCK / GRANULE;
        block.starts[granule / 64] |= 1 << (granule % 64);
        self.since += size;
        self.stats.allocated_objects += 1;
        self.stats.allocated_bytes += size as u64;
        let offset = FIRST_OFFSET + at as u32;
        let header = Header { kind, size: size as u32 };
        // SAFETY: `at..at + size` is free memory inside the space.
        unsafe { self.address(offset).cast::<Header>().write(header) };
        NonZeroU32::new(offset).map(GcRef)
    }

    fn allocate_small(&mut self, size: usize) -> Option<usize> {
        while self.hole_end - self.cursor < size {
            // A hole that is too small for this object is left for good: objects are small, holes seldom tiny.
            self.find_hole()?;
        }
        let at = self.cursor;
        self.cursor += size;
        Some(at)
    }

    /// Moves to the next hole, in a block in use or in a free one.
    fn find_hole(&mut self) -> Option<()> {
        loop {
            let (index, line) = self.next_hole;
            if index == self.blocks.len() {
                if self.blocks.len() == self.max_blocks {
                    (self.cursor, self.hole_end) = (0, 0);
                    return None;
                }
                self.blocks.push(Block::new());
            }
            let block = &mut self.blocks[index];
            let hole = match block.state {
                State::Free | State::Lines => block.hole(line),
                State::LargeHead | State::LargeTail(_) => None,
            };
            let Some((start, end)) = hole else {
                self.next_hole = (index + 1, 0);
                continue;
            };
            block.state = State::Lines;
            self.next_hole = (index, end);
            self.cursor = index * BLOCK + start * LINE;
            self.hole_end = index * BLOCK + end * LINE;
            self.clear_memory(self.cursor, self.hole_end - self.cursor);
            return Some(());
        }
    }

    /// First fit over runs of free blocks, then fresh ones.
    fn allocate_large(&mut self, size: usize) -> Option<usize> {
        let need = size.div_ceil(BLOCK);
        let mut run = 0;
        let mut first = None;
        for (i, block) in self.blocks.iter().enumerate() {
            run = if block.state == State::Free { run + 1 } else { 0 };
            if run == need {
                first = Some(i + 1 - need);
                break;
            }
        }
        let first = first.unwrap_or(self.blocks.len() - run);
        if first + need > self.max_blocks {
            return None;
        }
        while self.blocks.len() < first + need {
            self.blocks.push(Block::new());
        }
        for (i, block) in self.blocks[first..first + need].iter_mut().enumerate() {
            block.state = if i == 0 { State::LargeHead } else { State::LargeTail(first as u32) };
        }
        self.clear_memory(first * BLOCK, need * BLOCK);
        Some(first * BLOCK)
    }

    fn clear_memory(&mut self, at: usize, len: usize) {
        // SAFETY: the range is inside the space, and no object lies in it.
        unsafe { self.start().add(at).write_bytes(0, len) };
    }

    fn start_marking(&mut self) {
        for block in &mut self.blocks {
            block.marks = [0; _];
            block.lines = [0; _];
        }
        self.stats.live_objects = 0;
        self.stats.live_bytes = 0;
    }

    /// Marks an object, and everything that it leads to later. What is no reference is ignored: null, i31, and bits that
    /// conservative scanning found.
    fn mark(&mut self, offset: u32) {
        if !self.is_object(offset) {
            return;
        }
        let Some((index, granule)) = self.locate(offset) else { return };
        let size = self.header(offset).size as usize;
        let block = &mut self.blocks[index];
        let bit = 1 << (granule % 64);
        if block.marks[granule / 64] & bit != 0 {
            return;
        }
        block.marks[granule / 64] |= bit;
        if block.state == State::Lines {
            let start = granule * GRANULE;
            for line in start / LINE..=(start + size - 1) / LINE {
                block.lines[line / 64] |= 1 << (line % 64);
            }
        }
        self.stats.live_objects += 1;
        self.stats.live_bytes += size as u64;
        self.worklist.push(offset);
    }

    /// Marks what the words of `from..to` may refer to, and everything that they lead to.
    ///
    /// Nearly all words are no references: they are turned down by plain comparisons, which stay cheap in a build
    /// without optimization, where most calls of this come from (a collection at every allocation).
    ///
    /// # Safety
    /// The range is readable, and its ends are multiples of 8.
    unsafe fn mark_range(&mut self, from: usize, to: usize) {
        let used = (self.blocks.len() * BLOCK) as u64;
        let (first, start) = (u64::from(FIRST_OFFSET), self.start() as u64);
        let (end_offset, end) = (first + used, start + used);
        let mut at = from;
        while at < to {
            // SAFETY: the caller's promise. On a stack, whoever wrote the word may have long returned: any bits will do.
            let word = unsafe { (at as *const u64).read_volatile() };
            at += 8;
            let (low, high) = (word & 0xffff_ffff, word >> 32);
            if low >= first && low < end_offset {
                self.mark(low as u32);
            }
            if high >= first && high < end_offset {
                self.mark(high as u32);
            }
            if word >= start
                && word < end
                && let Some(offset) = self.object_around(word as usize)
            {
                self.mark(offset);
            }
        }
        self.drain();
    }

    /// Marks what the marked objects lead to.
    fn drain(&mut self) {
        while let Some(offset) = self.worklist.pop() {
            match self.header(offset).kind {
                Kind::HostExtern => {}
                Kind::Array => {
                    let object = GcRef(NonZeroU32::new(offset).expect("offsets start high"));
                    for i in 0..self.array_elements(object).len() {
                        let value = self.array_elements(object)[i];
                        self.mark(value as u32);
                    }
                }
                Kind::Exception => {
                    let object = GcRef(NonZeroU32::new(offset).expect("offsets start high"));
                    // SAFETY: tags live as long as their store, and never change.
                    let refs = unsafe { &(*self.exception_tag(object)).refs };
                    for &slot in refs {
                        let value = self.exception_payload(object)[slot as usize];
                        self.mark(value as u32);
                    }
                }
            }
        }
    }

    /// Frees what was not marked.
    fn finish_marking(&mut self) {
        let mut head_lives = false;
        for block in &mut self.blocks {
            block.starts = block.marks;
            let lives = match block.state {
                State::Free => true,
                State::Lines => block.lines != [0; _],
                State::LargeHead => {
                    head_lives = block.marks != [0; _];
                    head_lives
                }
                State::LargeTail(_) => head_lives,
            };
            if !lives {
                block.clear();
            }
        }
        (self.cursor, self.hole_end, self.next_hole) = (0, 0, (0, 0));
        self.since = 0;
        self.threshold = MIN_THRESHOLD.max(self.stats.live_bytes as usize).min(self.space_len);
        self.stats.collections += 1;
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        // References into it are raw: they die with the store. Blocks beyond these were never handed out.
        if let Some(space) = &mut self.space {
            space.touched = self.blocks.len() * BLOCK;
        }
    }
}

fn bit(bits: &Bits, i: usize) -> bool {
    bits[i / 64] >> (i % 64) & 1 != 0
}

/// The last bit that is set at or before `i`.
fn last_bit(bits: &Bits, i: usize) -> Option<usize> {
    let first = bits[i / 64] & (u64::MAX >> (63 - i % 64));
    std::iter::once((i / 64, first))
        .chain((0..i / 64).rev().map(|w| (w, bits[w])))
        .find(|&(_, word)| word != 0)
        .map(|(w, word)| w * 64 + 63 - word.leading_zeros() as usize)
}

/// A new externref that wraps a host value.
///
/// # Errors
/// `AllocationTooLarge` when the heap is at its limit after a collection.
///
/// # Safety
/// As [`collect`].
pub unsafe fn new_host_extern(store: *mut VMStore, value: u64) -> Result<GcRef, TrapCode> {
    // SAFETY: the caller's promise; the object has room for the value.
    unsafe {
        let object = allocate(store, Kind::HostExtern, 16)?;
        (*store).heap.address(object.0.get()).add(8).cast::<u64>().write(value);
        Ok(object)
    }
}

/// A new array of null references.
///
/// # Errors
/// `AllocationTooLarge` when the heap is at its limit after a collection.
///
/// # Safety
/// As [`collect`].
pub unsafe fn new_array(store: *mut VMStore, len: u32) -> Result<GcRef, TrapCode> {
    let size = ARRAY_ELEMENTS as u64 + 8 * u64::from(len);
    // Sizes of objects are 32 bits; rounding up must not leave them.
    let size = usize::try_from(size).ok().filter(|&s| s < u32::MAX as usize / 2).ok_or(TrapCode::AllocationTooLarge)?;
    // SAFETY: the caller's promise; the object has room for its length.
    unsafe {
        let object = allocate(store, Kind::Array, size)?;
        (*store).heap.address(object.0.get()).add(ARRAY_LENGTH as usize).cast::<u64>().write(u64::from(len));
        Ok(object)
    }
}

/// A new exception of a tag, its payload zero.
///
/// # Errors
/// `AllocationTooLarge` when the heap is at its limit after a collection.
///
/// # Safety
/// As [`collect`]; `tag` lives as long as the store.
pub unsafe fn new_exception(store: *mut VMStore, tag: *const VMTag) -> Result<GcRef, TrapCode> {
    // SAFETY: the caller's promise; the object has room for its tag.
    unsafe {
        let size = EXCEPTION_PAYLOAD as usize + 8 * (*tag).slots as usize;
        let object = allocate(store, Kind::Exception, size)?;
        (*store).heap.address(object.0.get()).add(EXCEPTION_TAG as usize).cast::<*const VMTag>().write(tag);
        Ok(object)
    }
}

/// # Safety
/// As [`collect`].
unsafe fn allocate(store: *mut VMStore, kind: Kind, size: usize) -> Result<GcRef, TrapCode> {
    // SAFETY: the caller's promise. The heap is not borrowed while `collect` runs.
    unsafe {
        if (*store).heap.due(size) {
            collect(store);
        }
        if let Some(object) = (*store).heap.allocate(kind, size) {
            if (*store).gc_base.is_null() {
                // This was the first allocation, and has made the space.
                (*store).gc_base = (*store).heap.base();
            }
            return Ok(object);
        }
        collect(store);
        (*store).heap.allocate(kind, size).ok_or(TrapCode::AllocationTooLarge)
    }
}

/// Collects garbage.
///
/// Roots are the exception in flight, what [`VMStore::roots`] lists, the native stack from the caller's frame up to
/// where WebAssembly was first entered, and the value area up to its published top.
///
/// # Safety
/// `store` is valid, its heap is not borrowed, and it runs (if it runs) on the current thread.
#[inline(never)]
pub unsafe fn collect(store: *mut VMStore) {
    // SAFETY: the caller's promise. `roots` gets the heap by way of the closure alone: it must not allocate.
    unsafe {
        let heap = &raw mut (*store).heap;
        (*heap).start_marking();
        (*heap).mark((*store).pending_exception);
        if let Some(roots) = (*store).roots {
            roots((*store).store, &mut |slot| {
                (*heap).mark(slot as u32);
                (*heap).drain();
            });
        }
        if !(*store).stack.is_null() {
            scan_stack(&mut *heap, &*(*store).stack);
        }
        (*heap).drain();
        (*heap).finish_marking();
    }
}

/// # Safety
/// `stack` runs on the current thread, if it runs.
unsafe fn scan_stack(heap: &mut Heap, vm: &VMStack) {
    // SAFETY: below `values_top`, inside the value area.
    unsafe { heap.mark_range(vm.values_base as usize, vm.values_top as usize) };
    if !vm.activation.is_null() {
        // SAFETY: between the stack pointer and the base of a live stack.
        unsafe { heap.mark_range(stack::pointer().next_multiple_of(8), vm.native_base & !7) };
    }
}

#[cfg(test)]
mod tests;
