//! The GC heap: non-moving, mark-region. Blocks, lines and their sizes are those of Immix (Blackburn and McKinley,
//! "Immix: A Mark-Region Garbage Collector with Space Efficiency, Fast Collection, and Mutator Performance", PLDI
//! 2008), without its evacuation. Conservative roots with a bit for each object are those of Shahriyar, Blackburn and
//! McKinley, "Fast Conservative Garbage Collection" (OOPSLA 2014).
//!
//! The heap is divided into blocks of [`BLOCK`] bytes and these into lines of [`LINE`] bytes. Allocation bumps a cursor
//! through a run of free lines, a *hole*; objects that no block can hold take a run of whole blocks. A collection marks
//! from the roots, without recursion, and every line that a marked object touches stays in use: objects are not swept
//! one by one, and nothing moves. Until marking is complete, nothing that allocation looks at changes, so an interrupt
//! can end a collection at any time, without a trace.
//!
//! References are 32-bit offsets from [`Heap::base`], multiples of [`GRANULE`]. They start at [`FIRST_OFFSET`], so that
//! most numbers on a stack are not taken for references. A reference whose lowest bit is set is an i31, with the number
//! in the bits above.
//!
//! Native stacks and value areas are scanned conservatively: both 32-bit halves of every word as offsets of objects,
//! and the whole word as an address inside one. A bit for each granule says where objects start; a word that it does
//! not confirm is not a reference. Inside objects, scanning is precise: their type or their tag says which slots hold
//! references.
//!
//! **Compiled code allocates by itself** where it can. If `cursor + size <= limit`, the reference to a new object of
//! `size` bytes (a multiple of [`GRANULE`], at most [`INLINE_ALLOCATION`](super::heap::layout::INLINE_ALLOCATION)) is
//! [`Heap::cursor`]; the cursor moves on and the header is written before anything else happens. The memory is zero.
//! The start bits of these objects are set later, by walking from header to header (`Heap::note`).

pub mod layout;
mod objects;

use super::area::Area;
use super::stacks::continuations::{ContinuationState, is_on, make_room};
use super::stacks::limit::StackLimit;
use super::sys::stack;
use super::trap::TrapCode;
use super::types;
use super::vm::{VMStack, VMStore, VMTag};
use layout::{ARRAY_ELEMENTS, ARRAY_LENGTH, EXCEPTION_PAYLOAD, EXCEPTION_TAG};
use layout::{CONT_ARGS, CONT_BOUND, CONT_FUNC, CONT_STACK};
use layout::{Layout, Storage};
use layout::{OBJECT_KIND, OBJECT_KIND_SHIFT, OBJECT_TYPE, object_bytes};
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

pub use objects::{new_array, new_continuation, new_exception, new_host_extern, new_struct};

/// Alignment of objects, and unit of the bitmaps.
pub const GRANULE: usize = 16;
/// Unit in which a collection frees memory.
pub const LINE: usize = 128;
/// Unit in which the heap grows.
pub const BLOCK: usize = 32 << 10;
/// Unit in which memory is made accessible.
const COMMIT: usize = 4 << 20;
/// Offset of the first object. Small integers are below, and so are the upper halves of positive floating-point numbers
/// and of -0; most negative ones are beyond the size of heaps. (With 1 << 30, whole numbers above 1 would be references
/// to the first megabytes.)
pub const FIRST_OFFSET: u32 = (1 << 31) + (1 << 20);

const GRANULES: usize = BLOCK / GRANULE;
const LINES: usize = BLOCK / LINE;
/// An object larger than this gets its own blocks.
const LARGE: usize = BLOCK / 2;
/// For runs of up to this many free blocks, where to search is remembered; a longer run takes as long to clear as to find.
const REMEMBERED: usize = 32;
/// A collection is due when this much has been allocated, or, if that is more, as much as survived the last one, or as much as
/// that one read to find it, the records of all blocks included.
const MIN_THRESHOLD: usize = 1 << 20;

/// Under stress, every allocation collects until there have been this many collections: a loop of a million allocations
/// shows its defects in the first few thousand.
const STRESS_EACH: u64 = 5_000;
/// Under stress, one in this many allocations collects after the first [`STRESS_EACH`] collections.
const STRESS_LATER: u64 = 101;

/// Offset of an object in its store's GC heap. Never 0: that is null.
///
/// Raw: it keeps nothing alive. An object that only a `GcRef` in embedder code names lives until the next safepoint
/// unless the store has it in its handle scope (every reference that the store returns to the embedder is put there).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GcRef(pub(crate) std::num::NonZeroU32);

/// The kind of an object: the upper bits of the second word of its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ObjectKind {
    /// A host value of 64 bits, behind the header: an externref, or an anyref made from one.
    HostExtern = 1,
    /// `*const VMTag`, then the payload.
    Exception = 2,
    /// Fields, at the offsets of the type's layout.
    Struct = 3,
    /// Length, then elements.
    Array = 4,
    /// Stacks or a function, then arguments: see [`CONT_STACK`].
    Cont = 5,
}

impl ObjectKind {
    fn from_bits(bits: u32) -> ObjectKind {
        match bits {
            1 => ObjectKind::HostExtern,
            2 => ObjectKind::Exception,
            3 => ObjectKind::Struct,
            4 => ObjectKind::Array,
            5 => ObjectKind::Cont,
            other => panic!("a header of no kind: {other}"),
        }
    }
}

/// The first 8 bytes of every object.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
struct Header {
    /// Canonical id.
    ty: u32,
    /// [`ObjectKind`] in the bits from [`OBJECT_KIND_SHIFT`] on; below, the size in granules, header included.
    kind: u32,
}

impl Header {
    fn new(kind: ObjectKind, ty: u32, size: usize) -> Header {
        Header { ty, kind: (kind as u32) << OBJECT_KIND_SHIFT | (size / GRANULE) as u32 }
    }

    fn kind(self) -> ObjectKind {
        ObjectKind::from_bits(self.kind >> OBJECT_KIND_SHIFT)
    }

    fn size(self) -> usize {
        object_bytes(self.kind) as usize
    }
}

const _: () = assert!(
    size_of::<Header>() == 8
        && std::mem::offset_of!(Header, ty) == OBJECT_TYPE as usize
        && std::mem::offset_of!(Header, kind) == OBJECT_KIND as usize
        && EXCEPTION_TAG == 8
        && EXCEPTION_PAYLOAD == 16
        && ARRAY_ELEMENTS as usize == GRANULE
);

/// Size in bytes that no object reaches: more than any heap, and small enough to fit the header.
const MOST_BYTES: u64 = 1 << 32;

/// A bit for each granule of a block.
type Bits = [u64; GRANULES / 64];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BlockState {
    Free,
    /// Holds small objects.
    Lines,
    /// First block of a large object.
    LargeHead,
    /// A block that continues the large object starting in this block.
    LargeTail(u32),
}

#[derive(Debug)]
struct Block {
    state: BlockState,
    /// Granules where objects start. Exact after a collection; later allocations are added.
    starts: Bits,
    /// Objects that the running (or last) collection reached.
    marks: Bits,
    /// Lines in use when the last collection ended.
    lines: [u64; LINES / 64],
    /// Lines of the objects that the running (or last) collection reached.
    marked_lines: [u64; LINES / 64],
    /// Whether marked objects here still have unscanned references, because the worklist was full.
    overflowed: bool,
}

impl Block {
    fn new() -> Block {
        Block {
            state: BlockState::Free,
            starts: [0; _],
            marks: [0; _],
            lines: [0; _],
            marked_lines: [0; _],
            overflowed: false,
        }
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

/// Statistics of a heap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeapStats {
    /// Number of collections, except those that an interrupt cut short.
    pub collections: u64,
    /// Number of objects that were allocated.
    pub allocated_objects: u64,
    /// Number of bytes that were allocated.
    pub allocated_bytes: u64,
    /// Number of objects that survived the last collection.
    pub live_objects: u64,
    /// Bytes of objects that survived the last collection.
    pub live_bytes: u64,
    /// The maximum of the bytes in used blocks.
    pub peak_bytes: u64,
    /// Total time of collections, those that an interrupt cut short included.
    pub collecting: Duration,
}

/// The maximum length of the marking worklist. Further objects are found again through their blocks.
const WORKLIST: usize = 1 << 18;

/// Objects, references and words that marking looks at between two checks for an interrupt: a millisecond or two, if none of them
/// is cached.
const STRIDE: usize = 1 << 12;

/// The heap of one store.
#[derive(Debug)]
#[repr(C)]
pub struct Heap {
    /// Reference of the next small object. Moved by compiled code too.
    pub cursor: u64,
    /// End of the memory where compiled code may allocate. Under stress it is below `cursor`, so that the runtime is
    /// called each time.
    pub limit: u64,
    /// End of the hole that allocation goes through.
    hole_end: u64,
    /// Objects from here to the cursor have no start bits yet.
    noted: u64,
    /// Reserved by the first allocation: most stores never have one.
    space: Option<Area>,
    /// Bytes reserved.
    space_len: usize,
    /// All blocks that were ever used, in order of address; the rest of the space is fresh.
    blocks: Vec<Block>,
    max_blocks: usize,
    /// Block and line at which the search for the next hole continues.
    next_hole: (usize, usize),
    /// No run of `n` free blocks begins before block `next_run[n]`: blocks become free in collections alone.
    next_run: [usize; REMEMBERED + 1],
    /// Bytes noted since the last collection.
    since: usize,
    /// Bytes of roots, and of stacks that wait, that the running (or last) collection has read.
    scanned: usize,
    threshold: usize,
    /// See [`Heap::set_stress`].
    stress: bool,
    /// Whether the system refused memory to an allocation.
    refused: bool,
    stats: HeapStats,
    worklist: Vec<u32>,
    /// Length that `worklist` does not exceed.
    most_listed: usize,
    overflowed: bool,
    /// Where the running collection looks for interrupts; null if it cannot be interrupted.
    interrupt: *const StackLimit,
    /// Whether the running collection found an interrupt: if so, it ends and frees nothing.
    given_up: bool,
    /// Objects, references and words that the running (or last) collection has looked at.
    looked_at: usize,
    /// The value of `looked_at` at which it next looks for an interrupt.
    next_look: usize,
    /// How many are looked at between two looks for an interrupt.
    stride: usize,
}

impl Heap {
    /// A heap of at most `limit` bytes (somewhat below 2 GiB at most, one block at least).
    pub fn new(limit: u64, stress: bool) -> Heap {
        let most = (1u64 << 32) - u64::from(FIRST_OFFSET);
        let max_blocks = (limit.min(most) as usize / BLOCK).max(1);
        let space_len = max_blocks * BLOCK;
        Heap {
            cursor: 0,
            limit: 0,
            hole_end: 0,
            noted: 0,
            space: None,
            space_len,
            blocks: Vec::new(),
            max_blocks,
            next_hole: (0, 0),
            next_run: [0; _],
            since: 0,
            scanned: 0,
            threshold: MIN_THRESHOLD.min(space_len),
            stress,
            refused: false,
            stats: HeapStats::default(),
            worklist: Vec::new(),
            most_listed: WORKLIST,
            overflowed: false,
            interrupt: std::ptr::null(),
            given_up: false,
            looked_at: 0,
            next_look: 0,
            stride: STRIDE,
        }
    }

    /// Sets whether every allocation collects (later, one of every `STRESS_LATER`).
    pub fn set_stress(&mut self, stress: bool) {
        self.stress = stress;
        self.limit = if stress { 0 } else { self.hole_end };
    }

    /// The address that offsets are added to. It is not itself inside the space, and is only valid once there is an
    /// object.
    pub fn base(&self) -> *mut u8 {
        self.start().wrapping_sub(FIRST_OFFSET as usize)
    }

    /// Start of the space; null before it is reserved.
    fn start(&self) -> *mut u8 {
        self.space.as_ref().map_or(std::ptr::null_mut(), Area::base)
    }

    /// Statistics up to now.
    pub fn stats(&mut self) -> HeapStats {
        self.note();
        HeapStats { peak_bytes: self.stats.peak_bytes.max(self.footprint() as u64), ..self.stats }
    }

    /// Number of collections up to now.
    pub fn collections(&self) -> u64 {
        self.stats.collections
    }

    /// The next collection is due when more bytes than this have been allocated since the last one.
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// Bytes of the heap in used blocks.
    pub fn footprint(&self) -> usize {
        self.blocks.iter().filter(|b| b.state != BlockState::Free).count() * BLOCK
    }

    /// Number of blocks that the heap has taken, for good.
    pub fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// The memory of the next objects: zeros until then.
    pub fn hole(&self) -> &[u8] {
        let len = (self.hole_end - self.cursor) as usize;
        if len == 0 {
            return &[];
        }
        // SAFETY: a hole is free memory inside the space, which is committed.
        unsafe { std::slice::from_raw_parts(self.address(self.cursor as u32), len) }
    }

    /// All objects that have not been collected.
    pub fn objects(&mut self) -> Vec<GcRef> {
        self.note();
        let of_block = |(index, block): (usize, &Block)| {
            let starts = (0..GRANULES).filter(|&granule| bit(&block.starts, granule));
            starts.map(|granule| FIRST_OFFSET + (index * BLOCK + granule * GRANULE) as u32).collect::<Vec<_>>()
        };
        let offsets = self.blocks.iter().enumerate().flat_map(of_block);
        offsets.filter_map(|offset| NonZeroU32::new(offset).map(GcRef)).collect()
    }

    /// Whether an object starts at this offset.
    pub fn is_object(&self, offset: u32) -> bool {
        if u64::from(offset) >= self.noted && u64::from(offset) < self.cursor {
            return self.unnoted().any(|(at, _)| at == offset);
        }
        let Some((block, granule)) = self.locate(offset) else { return false };
        (offset as usize).is_multiple_of(GRANULE) && bit(&self.blocks[block].starts, granule)
    }

    /// References and headers of the objects that compiled code made since the last [`Heap::note`].
    fn unnoted(&self) -> impl Iterator<Item = (u32, Header)> + use<> {
        let (mut at, end, base) = (self.noted, self.cursor, self.base());
        std::iter::from_fn(move || {
            if at == end {
                return None;
            }
            // SAFETY: compiled code wrote a header for each object between the two.
            let header = unsafe { base.wrapping_add(at as usize).cast::<Header>().read() };
            let this = at as u32;
            at += header.size() as u64;
            assert!(at <= end && header.size() > 0, "objects in a row");
            Some((this, header))
        })
    }

    /// Bytes of objects that compiled code made since the last [`Heap::note`].
    #[cfg(test)]
    pub fn unnoted_bytes(&self) -> u64 {
        self.cursor - self.noted
    }

    /// Sets the start bits of the objects that compiled code made, and counts them. Each is looked at once; without this, every
    /// question about one of them would walk through all that were made before it.
    pub fn note(&mut self) {
        for (offset, header) in self.unnoted() {
            self.note_one((offset - FIRST_OFFSET) as usize, header.size());
        }
        self.noted = self.cursor;
    }

    fn note_one(&mut self, at: usize, size: usize) {
        let granule = at % BLOCK / GRANULE;
        self.blocks[at / BLOCK].starts[granule / 64] |= 1 << (granule % 64);
        self.since += size;
        self.stats.allocated_objects += 1;
        self.stats.allocated_bytes += size as u64;
    }

    fn address(&self, offset: u32) -> *mut u8 {
        self.base().wrapping_add(offset as usize)
    }

    /// The header of an object.
    ///
    /// # Panics
    /// If no object starts here: callers hold a reference, and memory must not be read through a false one.
    fn header(&self, offset: u32) -> Header {
        assert!(self.is_object(offset), "no object at {offset:#x}");
        // SAFETY: an object starts here, with its header.
        unsafe { self.address(offset).cast::<Header>().read() }
    }

    /// Block and granule of an offset in a block that was ever used.
    fn locate(&self, offset: u32) -> Option<(usize, usize)> {
        let at = offset.checked_sub(FIRST_OFFSET)? as usize;
        (at / BLOCK < self.blocks.len()).then_some((at / BLOCK, at % BLOCK / GRANULE))
    }

    /// The object that contains an address, if one does.
    fn object_around(&self, address: usize) -> Option<u32> {
        let at = address.checked_sub(self.start() as usize).filter(|&at| at / BLOCK < self.blocks.len())?;
        let (mut block, mut granule) = (at / BLOCK, at % BLOCK / GRANULE);
        if let BlockState::LargeTail(head) = self.blocks[block].state {
            (block, granule) = (head as usize, 0);
        }
        let start = last_bit(&self.blocks[block].starts, granule)?;
        let start = block * BLOCK + start * GRANULE;
        let offset = FIRST_OFFSET + start as u32;
        (at < start + self.header(offset).size()).then_some(offset)
    }

    /// Reserves the address space, so that the base is known from now on.
    ///
    /// # Errors
    /// If the address space is exhausted.
    pub fn reserve(&mut self) -> std::io::Result<()> {
        if self.space.is_none() {
            self.space = Some(Area::reserve(self.space_len)?);
        }
        Ok(())
    }

    /// Whether these bytes lie in one object.
    pub fn contains(&mut self, address: usize, bytes: usize) -> bool {
        self.note();
        self.object_around(address).is_some_and(|object| self.object_around(address + bytes - 1) == Some(object))
    }

    /// Whether the owner should collect before it allocates `size` bytes.
    fn due(&mut self, size: usize) -> bool {
        self.note();
        let stressed =
            self.stats.collections < STRESS_EACH || self.stats.allocated_objects.is_multiple_of(STRESS_LATER);
        self.since + size > self.threshold || (self.stress && stressed)
    }

    /// Zeroed memory for an object, with its header; `None` if no hole is left. `size` is at most [`MOST_BYTES`]. Fresh
    /// blocks are taken from `bytes_left`.
    fn allocate(&mut self, kind: ObjectKind, ty: u32, size: usize, bytes_left: &mut u64) -> Option<GcRef> {
        // Failing to reserve address space counts as lack of room.
        self.refused |= self.reserve().is_err();
        self.space.as_ref()?;
        let size = size.next_multiple_of(GRANULE);
        let at =
            if size > LARGE { self.allocate_large(size, bytes_left)? } else { self.allocate_small(size, bytes_left)? };
        let offset = FIRST_OFFSET + at as u32;
        // SAFETY: `at..at + size` is free memory inside the space.
        unsafe { self.address(offset).cast::<Header>().write(Header::new(kind, ty, size)) };
        self.note_one(at, size);
        NonZeroU32::new(offset).map(GcRef)
    }

    fn allocate_small(&mut self, size: usize, bytes_left: &mut u64) -> Option<usize> {
        self.note();
        while ((self.hole_end - self.cursor) as usize) < size {
            // A hole that is too small for this object is left for good: objects are small, and holes are seldom tiny.
            self.find_hole(bytes_left)?;
        }
        let at = self.cursor - u64::from(FIRST_OFFSET);
        self.cursor += size as u64;
        self.noted = self.cursor;
        Some(at as usize)
    }

    /// Abandons the hole: the next allocation looks for one.
    fn leave_hole(&mut self) {
        (self.cursor, self.noted, self.hole_end, self.limit) = (0, 0, 0, 0);
    }

    /// Extends the heap to at least this many blocks, taking the new ones from `bytes_left`.
    fn extend(&mut self, blocks: usize, bytes_left: &mut u64) -> Option<()> {
        let cost = (blocks.saturating_sub(self.blocks.len()) * BLOCK) as u64;
        if blocks > self.max_blocks || cost > *bytes_left {
            return None;
        }
        let bytes = (blocks * BLOCK).next_multiple_of(COMMIT).min(self.space_len);
        let committed = self.space.as_mut()?.commit(bytes);
        self.refused |= committed.is_err();
        committed.ok()?;
        *bytes_left -= cost;
        while self.blocks.len() < blocks {
            self.blocks.push(Block::new());
        }
        Some(())
    }

    /// Moves to the next hole, in a used block or in a free one. All objects of the old hole are noted.
    fn find_hole(&mut self, bytes_left: &mut u64) -> Option<()> {
        loop {
            let (index, line) = self.next_hole;
            let fresh = index == self.blocks.len();
            if fresh && self.extend(index + 1, bytes_left).is_none() {
                self.leave_hole();
                return None;
            }
            let block = &mut self.blocks[index];
            let hole = match block.state {
                BlockState::Free | BlockState::Lines => block.hole(line),
                BlockState::LargeHead | BlockState::LargeTail(_) => None,
            };
            let Some((start, end)) = hole else {
                self.next_hole = (index + 1, 0);
                continue;
            };
            block.state = BlockState::Lines;
            self.next_hole = (index, end);
            let (start, end) = (index * BLOCK + start * LINE, index * BLOCK + end * LINE);
            if !fresh {
                self.clear_memory(start, end - start);
            }
            self.cursor = u64::from(FIRST_OFFSET) + start as u64;
            self.hole_end = u64::from(FIRST_OFFSET) + end as u64;
            self.limit = if self.stress { 0 } else { self.hole_end };
            return Some(());
        }
    }

    /// First fit over runs of free blocks, then fresh ones.
    fn allocate_large(&mut self, size: usize, bytes_left: &mut u64) -> Option<usize> {
        let need = size.div_ceil(BLOCK);
        let mut run = 0;
        let mut first = None;
        for (i, block) in self.blocks.iter().enumerate().skip(self.next_run[need.min(REMEMBERED)]) {
            run = if block.state == BlockState::Free { run + 1 } else { 0 };
            if run == need {
                first = Some(i + 1 - need);
                break;
            }
        }
        let first = first.unwrap_or(self.blocks.len() - run);
        // Where no run of this length begins, no longer one does either.
        for next in self.next_run.iter_mut().skip(need) {
            *next = first.max(*next);
        }
        let fresh = self.blocks.len();
        self.extend(first + need, bytes_left)?;
        for (i, block) in self.blocks[first..first + need].iter_mut().enumerate() {
            block.state = if i == 0 { BlockState::LargeHead } else { BlockState::LargeTail(first as u32) };
        }
        // Fresh memory is zero.
        let used = fresh.clamp(first, first + need) - first;
        self.clear_memory(first * BLOCK, used * BLOCK);
        Some(first * BLOCK)
    }

    fn clear_memory(&mut self, at: usize, len: usize) {
        // SAFETY: the range is inside the space, and no object lies in it.
        unsafe { self.start().add(at).write_bytes(0, len) };
    }

    fn start_marking(&mut self) {
        self.note();
        self.stats.peak_bytes = self.stats.peak_bytes.max(self.footprint() as u64);
        // The last collection may have been given up half-way.
        for block in &mut self.blocks {
            block.marks = [0; _];
            block.marked_lines = [0; _];
            block.overflowed = false;
        }
        self.worklist.clear();
        self.overflowed = false;
        self.given_up = false;
        self.looked_at = 0;
        self.next_look = self.stride;
        self.stats.live_objects = 0;
        self.stats.live_bytes = 0;
        self.scanned = 0;
    }

    /// Counts what marking looks at. At regular intervals, looks for an interrupt, which ends the collection.
    fn count(&mut self, number: usize) {
        self.looked_at += number;
        if self.looked_at >= self.next_look {
            self.next_look = self.looked_at + self.stride;
            // SAFETY: null, or the limit of the store that collects.
            self.given_up |= unsafe { self.interrupt.as_ref() }.is_some_and(StackLimit::is_interrupted);
        }
    }

    /// Marks an object, and later everything reachable from it. Words that are not references are ignored: null, i31,
    /// and bits that conservative scanning found.
    fn mark(&mut self, offset: u32) {
        self.count(1);
        if !self.is_object(offset) {
            return;
        }
        let Some((index, granule)) = self.locate(offset) else { return };
        let size = self.header(offset).size();
        let block = &mut self.blocks[index];
        let bit = 1 << (granule % 64);
        if block.marks[granule / 64] & bit != 0 {
            return;
        }
        block.marks[granule / 64] |= bit;
        if block.state == BlockState::Lines {
            let start = granule * GRANULE;
            for line in start / LINE..=(start + size - 1) / LINE {
                block.marked_lines[line / 64] |= 1 << (line % 64);
            }
        }
        self.stats.live_objects += 1;
        self.stats.live_bytes += size as u64;
        if self.worklist.len() < self.most_listed {
            self.worklist.push(offset);
        } else {
            self.blocks[index].overflowed = true;
            self.overflowed = true;
        }
    }

    /// Marks the objects that the words of `from..to` may refer to, and everything reachable from them.
    ///
    /// Nearly all words are not references: plain comparisons reject them, which is cheap even in a build without
    /// optimization, where most calls come from (a collection at every allocation).
    ///
    /// # Safety
    /// The range is readable, and its ends are multiples of 8.
    unsafe fn mark_range(&mut self, from: usize, to: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.mark_words(from, to) };
        self.drain();
    }

    /// As [`Heap::mark_range`]; the objects' own references are marked later.
    ///
    /// # Safety
    /// As [`Heap::mark_range`].
    unsafe fn mark_words(&mut self, from: usize, to: usize) {
        let used = (self.blocks.len() * BLOCK) as u64;
        let (first, start) = (u64::from(FIRST_OFFSET), self.start() as u64);
        let (end_offset, end) = (first + used, start + used);
        debug_assert!(from.is_multiple_of(8) && to.is_multiple_of(8), "{from:#x}..{to:#x}");
        self.scanned += to.saturating_sub(from);
        self.count(to.saturating_sub(from) / 8);
        let mut at = from;
        while at < to {
            // SAFETY: the caller's promise. On a stack, the writer of the word may have long returned: any bits will
            // do.
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
    }

    /// Marks everything reachable from the marked objects, unless the collection is given up.
    fn drain(&mut self) {
        self.empty_list();
        while !self.given_up && std::mem::take(&mut self.overflowed) {
            for index in 0..self.blocks.len() {
                if std::mem::take(&mut self.blocks[index].overflowed) {
                    self.mark_references_in(index);
                }
            }
        }
    }

    /// As [`Heap::drain`], but only from the listed objects.
    fn empty_list(&mut self) {
        while !self.given_up
            && let Some(offset) = self.worklist.pop()
        {
            self.mark_references_of(offset);
        }
    }

    /// Marks the objects that marked objects in a block refer to; some of them are looked at again.
    fn mark_references_in(&mut self, index: usize) {
        for word in 0..GRANULES / 64 {
            // An object that is marked meanwhile is in the list, or its block is visited again.
            let mut bits = self.blocks[index].marks[word];
            while bits != 0 && !self.given_up {
                let granule = word * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                self.mark_references_of(FIRST_OFFSET + (index * BLOCK + granule * GRANULE) as u32);
                // If the list stayed full, everything that follows would have to be found again, block by block.
                self.empty_list();
            }
        }
    }

    /// Marks the objects that an object refers to.
    fn mark_references_of(&mut self, offset: u32) {
        self.count(1);
        let header = self.header(offset);
        let object = self.address(offset);
        // SAFETY: an object's contents are as its kind and type say, and each slot is read at its place. Types and tags
        // are alive, and never change.
        unsafe {
            match header.kind() {
                ObjectKind::HostExtern => {}
                ObjectKind::Exception => {
                    let tag = *object.add(EXCEPTION_TAG as usize).cast::<*const VMTag>();
                    let slots = object.add(EXCEPTION_PAYLOAD as usize).cast::<u64>();
                    for &slot in &(*tag).refs {
                        self.mark(slots.add(slot as usize).read() as u32);
                    }
                }
                ObjectKind::Struct => {
                    let Layout::Struct(layout) = &types::info(header.ty).layout else { unreachable!("a structure") };
                    for field in layout.fields.iter().filter(|f| f.storage == Storage::Gc) {
                        self.mark(object.add(field.offset as usize).cast::<u32>().read());
                    }
                    if let Some(offset) = layout.descriptor_offset() {
                        self.mark(object.add(offset as usize).cast::<u32>().read());
                    }
                }
                ObjectKind::Cont => self.mark_continuation(object),
                ObjectKind::Array => {
                    if types::info(header.ty).layout == Layout::Array(Storage::Gc) {
                        let len = object.add(ARRAY_LENGTH as usize).cast::<u32>().read();
                        let elements = object.add(ARRAY_ELEMENTS as usize).cast::<u32>();
                        for i in 0..len as usize {
                            // An array may be as large as the heap.
                            if self.given_up {
                                return;
                            }
                            self.mark(elements.add(i).read());
                        }
                    }
                }
            }
        }
    }

    /// Marks the objects that a continuation keeps alive: its bound arguments, and references on its stacks.
    ///
    /// # Safety
    /// There is a continuation at this address.
    unsafe fn mark_continuation(&mut self, object: *mut u8) {
        // SAFETY: the caller's promise; the stacks of a chain wait, and each but the last has the next as its parent.
        unsafe {
            let args = object.add(CONT_ARGS as usize) as usize;
            let bound = object.add(CONT_BOUND as usize).cast::<u32>().read() as usize;
            self.mark_words(args, args + 8 * bound);
            let ContinuationState::Suspended(mut stack, outermost) = continuation_at(object) else { return };
            loop {
                let vm = &*stack;
                self.mark_words(vm.values_base as usize, vm.values_top as usize);
                self.mark_words(vm.saved_sp, vm.native_base & !7);
                if stack == outermost || self.given_up {
                    break;
                }
                stack = vm.parent;
            }
        }
    }

    /// Frees all unmarked objects.
    fn finish_marking(&mut self) {
        let mut head_lives = false;
        for block in &mut self.blocks {
            block.starts = block.marks;
            block.lines = block.marked_lines;
            let lives = match block.state {
                BlockState::Free => true,
                BlockState::Lines => block.lines != [0; _],
                BlockState::LargeHead => {
                    head_lives = block.marks != [0; _];
                    head_lives
                }
                BlockState::LargeTail(_) => head_lives,
            };
            if !lives {
                block.clear();
            }
        }
        self.leave_hole();
        self.next_hole = (0, 0);
        self.next_run = [0; _];
        self.since = 0;
        // Each collection goes through the records of all blocks that were ever used.
        let records = self.blocks.len() * size_of::<Block>();
        let traced = (self.stats.live_bytes as usize).max(self.scanned).max(records);
        self.threshold = MIN_THRESHOLD.max(traced).min(self.space_len);
        self.stats.collections += 1;
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        // References into it are raw: they die with the store. Later blocks were never handed out.
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

/// # Safety
/// As [`collect`].
unsafe fn allocate(store: *mut VMStore, kind: ObjectKind, ty: u32, size: u64) -> Result<GcRef, TrapCode> {
    if size > MOST_BYTES {
        return Err(TrapCode::AllocationTooLarge);
    }
    let size = size as usize;
    // SAFETY: the caller's promise. The heap is not borrowed while a collection runs.
    unsafe {
        let due = (*store).heap.due(size);
        let mut collected = due && collect_unless_interrupted(store);
        if let Some(object) = (*store).heap.allocate(kind, ty, size, &mut (*store).bytes_left) {
            if (*store).gc_base.is_null() {
                // This was the first allocation, which reserved the space.
                (*store).gc_base = (*store).heap.base();
            }
            return Ok(object);
        }
        // If one was due, it has run, and another would free nothing.
        if !due {
            collected = collect_unless_interrupted(store);
        }
        if !collected {
            return Err(take_interrupt(store));
        }
        (*store).heap.refused = false;
        // Objects may have what stacks hold but do not need.
        make_room(store, (size.next_multiple_of(BLOCK)) as u64);
        let object = (*store).heap.allocate(kind, ty, size, &mut (*store).bytes_left);
        if object.is_none() && (*store).heap.refused {
            (*store).refused = Some("memory for an object");
        }
        object.ok_or(TrapCode::AllocationTooLarge)
    }
}

/// Collects garbage, whether or not an interrupt is pending.
///
/// Roots are the exception in flight, the slots that [`VMStore::roots`] visits, the native stack from the caller's
/// frame up to the point where WebAssembly was first entered, and the value area up to its published top; likewise for
/// the stacks that resumed the running one; and references that libcalls hold while they switch stacks.
///
/// # Safety
/// `store` is valid, its heap is not borrowed, and its code, if any runs, runs on the current thread.
pub unsafe fn collect(store: *mut VMStore) {
    // SAFETY: the caller's promise.
    unsafe { collect_until(store, std::ptr::null()) };
}

/// As [`collect`], for running code that needs room: an interrupt ends the collection. Returns whether it completed. If not,
/// nothing was freed, and the interrupt is still pending. If no code runs, there is nothing to interrupt.
///
/// # Safety
/// As [`collect`].
pub unsafe fn collect_unless_interrupted(store: *mut VMStore) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let limit = &raw const (*store).stack_limit;
        if !(*store).stack.as_ref().is_some_and(VMStack::is_running) {
            return collect_until(store, std::ptr::null());
        }
        // Straight-line code may allocate many times before it checks for an interrupt.
        !(*limit).is_interrupted() && collect_until(store, limit)
    }
}

/// Takes the interrupt that kept running code from a collection that it needs. Returns the trap that ends the code.
///
/// # Safety
/// `store` is valid, and its code runs.
pub unsafe fn take_interrupt(store: *mut VMStore) -> TrapCode {
    // SAFETY: the caller's promise.
    unsafe { (*store).stack_limit.take_interrupt((*(*store).stack).native_limit) };
    TrapCode::Interrupt
}

/// Collects, unless an interrupt comes meanwhile. Returns whether everything was marked, and the rest freed.
///
/// # Safety
/// As [`collect`]; `interrupt` is null, or that of the store.
#[inline(never)]
unsafe fn collect_until(store: *mut VMStore, interrupt: *const StackLimit) -> bool {
    // SAFETY: the caller's promise. `roots` gets the heap only through the closure: it must not allocate.
    unsafe {
        let heap = &raw mut (*store).heap;
        let start = Instant::now();
        let HeapStats { live_objects, live_bytes, .. } = (*heap).stats;
        (*heap).interrupt = interrupt;
        (*heap).start_marking();
        (*heap).mark((*store).pending_exception);
        if let Some(roots) = (*store).roots {
            roots((*store).store, &mut |slots| {
                (*heap).scanned += size_of_val(slots);
                // Most slots of a large table are null.
                for &slot in slots.iter().filter(|&&slot| slot != 0) {
                    if (*heap).given_up {
                        return;
                    }
                    (*heap).mark(slot as u32);
                    (*heap).drain();
                }
            });
        }
        let (held, slots) = (*store).continuations.roots();
        held.into_iter().for_each(|object| (*heap).mark(object));
        (*heap).mark_range((*store).transfer as usize, (*store).transfer.add(slots) as usize);
        if !(*store).stack.is_null() {
            scan_stacks(&mut *heap, &*(*store).stack);
        }
        (*heap).drain();
        (*heap).interrupt = std::ptr::null();
        let whole = !(*heap).given_up;
        if whole {
            (*heap).finish_marking();
            (*store).bytes_left += (*store).continuations.sweep(|object| (*heap).is_object(object.0.get()));
        } else {
            // What survived is what the last complete collection found.
            ((*heap).stats.live_objects, (*heap).stats.live_bytes) = (live_objects, live_bytes);
        }
        (*heap).stats.collecting += start.elapsed();
        whole
    }
}

/// # Safety
/// `stack` runs on the current thread, if it runs.
unsafe fn scan_stacks(heap: &mut Heap, vm: &VMStack) {
    // SAFETY: below `values_top`, inside the value area.
    unsafe { heap.mark_range(vm.values_base as usize, vm.values_top as usize) };
    if vm.is_running() {
        // What a host function has on a stack of its own, it holds through handles.
        let top = if is_on(vm) { stack::pointer() } else { vm.host_sp };
        assert_ne!(top, 0, "only a host function leaves a stack");
        // SAFETY: between a stack pointer and the base of a live stack.
        unsafe { heap.mark_range(top & !7, vm.native_base & !7) };
    }
    // The stacks that resumed it are waiting.
    let mut next = vm.parent.cast_const();
    // SAFETY: parents are alive, and their stack pointers saved.
    unsafe {
        while !heap.given_up
            && let Some(vm) = next.as_ref()
        {
            heap.mark_range(vm.values_base as usize, vm.values_top as usize);
            heap.mark_range(vm.saved_sp, vm.native_base & !7);
            next = vm.parent;
        }
    }
}

/// The state of the continuation at an address.
///
/// # Safety
/// There is one at this address.
unsafe fn continuation_at(object: *const u8) -> ContinuationState {
    // SAFETY: the caller's promise.
    unsafe {
        let innermost = object.add(CONT_STACK as usize).cast::<*mut VMStack>().read();
        let other = object.add(CONT_FUNC as usize).cast::<*mut VMStack>().read();
        match (innermost.is_null(), other.is_null()) {
            (true, true) => ContinuationState::Consumed,
            (true, false) => ContinuationState::Fresh(other.cast()),
            (false, _) => ContinuationState::Suspended(innermost, other),
        }
    }
}

#[cfg(test)]
mod tests;
