//! Memory for the stacks of continuations.
//!
//! A stack is a *slot* of a slab, which is one mapping: a million stacks take a few hundred mappings. The limits that all code
//! compares with keep stacks apart; the runtime and host functions, which compare with nothing, have the reserve below the limit,
//! and below that a guard stops what takes more. Since 6.13, Linux has guards that are not mappings of their own. Elsewhere each
//! takes two of the mappings that a process may have, which limits the number of stacks of a process: no stack is without a
//! guard.
//!
//! ```text
//!   slot                                                      RECORD                                      slot + SLOT
//!   | guard | HOST_RESERVE | native stack, growing down <----- | VMStack | -----> value area, growing up  |
//! ```
//!
//! Both areas grow away from the record, which lies in the middle of a page: a stack that never holds more than a few
//! frames, like most waiting ones, touches only that page.

use super::HOST_RESERVE;
use crate::runtime::sys::mmap::{self, Access};
use crate::runtime::vm::VMStack;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of a stack.
pub const SLOT: usize = 1 << 20;
/// Offset of the record: the bytes below it are the native stack, those above it the value area.
const RECORD: usize = (768 << 10) + 2560;
/// Bytes of the record.
const RECORD_BYTES: usize = 256;
const _: () = assert!(size_of::<VMStack>() <= RECORD_BYTES && RECORD.is_multiple_of(64));

/// Number of stacks of the first slab; each further one has twice as many, up to …
const FIRST_SLAB: usize = 16;
/// … this many.
const LARGEST_SLAB: usize = 4096;
/// Number of guards of a process that may be mappings. Each takes two, its own and the one that it splits off: half of the 65,530
/// that Linux allows a process by default are left to others.
const MAPPED_GUARDS: usize = 16_000;
/// Number of returned stacks kept as they are, in no limit of bytes. The touched pages of others are decommitted.
const WARM: usize = 16;

/// Bytes at the lower end of a slot that are not used.
fn guard_bytes() -> usize {
    mmap::page_size()
}

/// What makes guards, and how many of them are mappings.
#[derive(Debug)]
struct Guards {
    /// Whether guards that are not mappings are tried first.
    unmapped: bool,
    /// The maximum number that may be mappings.
    most: usize,
    /// The number that are mappings.
    mapped: AtomicUsize,
}

/// The guards of the process.
static GUARDS: Guards = Guards::new(true, MAPPED_GUARDS);

impl Guards {
    const fn new(unmapped: bool, most: usize) -> Guards {
        Guards { unmapped, most, mapped: AtomicUsize::new(0) }
    }

    /// Makes every access to the lower end of a slot fault, until its slab is released. Returns whether this took mappings; if
    /// so, [`Guards::released`] must be called in the end.
    ///
    /// # Errors
    /// If there are too many mappings.
    ///
    /// # Safety
    /// The slot is the caller's, and nothing at its lower end is used.
    unsafe fn install(&self, slot: *mut u8) -> io::Result<bool> {
        // SAFETY: the caller's promise.
        if self.unmapped && unsafe { mmap::guard(slot, guard_bytes()) }.is_ok() {
            return Ok(false);
        }
        let one_more = |mapped: usize| (mapped < self.most).then_some(mapped + 1);
        let counted = self.mapped.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        counted.map_err(|_| io::ErrorKind::OutOfMemory)?;
        // SAFETY: the caller's promise.
        let made = unsafe { mmap::protect(slot, guard_bytes(), Access::None) };
        made.inspect_err(|_| self.released(1)).map(|()| true)
    }

    /// Records that this many guards that were mappings are gone.
    fn released(&self, mapped: usize) {
        self.mapped.fetch_sub(mapped, Ordering::Relaxed);
    }
}

/// Stacks side by side, in one mapping.
#[derive(Debug)]
struct Slab {
    base: NonNull<u8>,
    stacks: usize,
}

impl Slab {
    /// # Errors
    /// If the address space, or the number of mappings, is exhausted.
    fn new(stacks: usize) -> io::Result<Slab> {
        let slab = Slab { base: mmap::reserve(Slab::bytes(stacks))?, stacks };
        let inside = slab.slot(0);
        // SAFETY: the range lies in the reservation, between its first page and its last.
        unsafe {
            mmap::commit(inside, stacks * SLOT)?;
            mmap::small_pages(inside, stacks * SLOT);
        }
        Ok(slab)
    }

    /// As many stacks as there is address space for: at most `stacks`, halved until there is.
    ///
    /// # Errors
    /// As [`Slab::new`], for a single stack.
    fn of_at_most(mut stacks: usize) -> io::Result<Slab> {
        loop {
            match Slab::new(stacks) {
                Err(_) if stacks > 1 => stacks /= 2,
                made => return made,
            }
        }
    }

    fn bytes(stacks: usize) -> usize {
        stacks * SLOT + 2 * mmap::page_size()
    }

    fn slot(&self, index: usize) -> *mut u8 {
        self.base.as_ptr().wrapping_add(mmap::page_size() + index * SLOT)
    }
}

impl Drop for Slab {
    fn drop(&mut self) {
        // SAFETY: the pool goes away with its store, of which no code runs.
        unsafe { mmap::release(self.base, Slab::bytes(self.stacks)) };
    }
}

/// The stacks of a store's continuations: those in use, and those that were returned.
#[derive(Debug)]
pub struct StackPool {
    guards: &'static Guards,
    /// Number of stacks whose guards are mappings.
    mapped: usize,
    slabs: Vec<Slab>,
    /// Number of stacks of the last slab that were handed out.
    handed_out: usize,
    /// Returned slots, kept as they are.
    warm: Vec<NonNull<u8>>,
    cold: Vec<NonNull<u8>>,
    in_use: usize,
}

impl Default for StackPool {
    fn default() -> StackPool {
        StackPool::with(&GUARDS)
    }
}

impl Drop for StackPool {
    fn drop(&mut self) {
        self.slabs.clear();
        self.guards.released(self.mapped);
    }
}

impl StackPool {
    /// A pool without stacks.
    fn with(guards: &'static Guards) -> StackPool {
        StackPool { guards, mapped: 0, slabs: vec![], handed_out: 0, warm: vec![], cold: vec![], in_use: 0 }
    }

    /// Number of stacks in use.
    pub fn in_use(&self) -> usize {
        self.in_use
    }

    /// Takes a stack on which nothing runs. Its record stays in place until the stack is returned.
    ///
    /// # Errors
    /// If there is no address space for it, or no mapping for its guard.
    pub fn take(&mut self) -> io::Result<*mut VMStack> {
        let slot = match self.warm.pop().or_else(|| self.cold.pop()) {
            Some(slot) => slot.as_ptr(),
            None => self.fresh()?,
        };
        self.in_use += 1;
        let record = slot.wrapping_add(RECORD).cast::<VMStack>();
        let base = record as usize;
        let values = slot.wrapping_add(RECORD + RECORD_BYTES).cast::<u64>();
        let end = slot.wrapping_add(SLOT).cast::<u64>();
        let low = slot as usize + guard_bytes();
        let idle = VMStack { native_low: low, ..VMStack::new((low + HOST_RESERVE, base), values, end) };
        // SAFETY: the slot belongs to the caller alone, and the record lies in it.
        unsafe { record.write(idle) };
        Ok(record)
    }

    fn fresh(&mut self) -> io::Result<*mut u8> {
        if self.slabs.last().is_none_or(|slab| self.handed_out == slab.stacks) {
            let stacks = self.slabs.last().map_or(FIRST_SLAB, |slab| (2 * slab.stacks).min(LARGEST_SLAB));
            self.slabs.push(Slab::of_at_most(stacks)?);
            self.handed_out = 0;
        }
        let slot = self.slabs[self.slabs.len() - 1].slot(self.handed_out);
        // SAFETY: the slot was never used, and what is read and written in slots is above the guard.
        let mapped = unsafe { self.guards.install(slot) }?;
        self.mapped += usize::from(mapped);
        self.handed_out += 1;
        Ok(slot)
    }

    /// Gives up the memory of a waiting stack above `top` in its value area and below `bottom` on its native stack. Returns the
    /// bytes that it still has.
    ///
    /// # Safety
    /// It was taken from here, and what it gives up is not read again. If it runs, `bottom` is below its frames, those of
    /// this call included.
    pub unsafe fn trim(stack: *mut VMStack, bottom: usize, top: *mut u64) -> usize {
        let slot = stack.cast::<u8>().wrapping_sub(RECORD);
        let page = mmap::page_size();
        let low = (bottom.saturating_sub(slot as usize) / page * page).max(guard_bytes());
        let high = (top as usize - slot as usize).next_multiple_of(page);
        let mut held = high - low;
        for (from, to) in [(guard_bytes(), low), (high, SLOT)] {
            // SAFETY: the caller's promise. The record is between the two ranges, which lie in the slot, above its guard.
            if unsafe { mmap::decommit(slot.wrapping_add(from), to - from) }.is_err() {
                held += to - from;
            }
        }
        held
    }

    /// Returns a stack.
    ///
    /// # Safety
    /// It was taken from here, nothing runs on it, and neither it nor its record is accessed again.
    pub unsafe fn give_back(&mut self, stack: *mut VMStack) {
        self.in_use -= 1;
        let slot = stack.cast::<u8>().wrapping_sub(RECORD);
        let pointer = NonNull::new(slot).expect("slots are not null");
        let guard = guard_bytes();
        // SAFETY: the caller's promise: the range is a slot of ours that is not in use, without its guard.
        if self.warm.len() < WARM || unsafe { mmap::decommit(slot.wrapping_add(guard), SLOT - guard) }.is_err() {
            self.warm.push(pointer);
        } else {
            self.cold.push(pointer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::sys::mmap::is_readable;

    /// More than any address space has room for.
    #[test]
    fn a_slab_that_is_refused_is_halved() {
        let slab = Slab::of_at_most(1 << 34).expect("address space");
        assert!((1..1 << 34).contains(&slab.stacks) && slab.stacks.is_power_of_two(), "{} stacks", slab.stacks);
    }

    #[test]
    fn stacks_are_apart_and_used_again() {
        let mut pool = StackPool::default();
        let mut taken: Vec<*mut VMStack> = (0..100).map(|_| pool.take().unwrap()).collect();
        assert_eq!(pool.in_use(), 100);
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for &stack in &taken {
            // SAFETY: taken, and not given back.
            let vm = unsafe { &*stack };
            assert!(vm.native_limit + (256 << 10) < vm.native_base && vm.native_base <= stack as usize);
            assert_eq!(vm.native_low + HOST_RESERVE, vm.native_limit);
            assert!(vm.values_base as usize >= stack as usize + size_of::<VMStack>());
            assert!(vm.values_end as usize - vm.values_base as usize > 240 << 10);
            ranges.push((vm.native_low - guard_bytes(), vm.values_end as usize));
        }
        ranges.sort_unstable();
        assert!(ranges.windows(2).all(|w| w[0].1 <= w[1].0));
        let known = taken.clone();
        for stack in taken.drain(..) {
            // SAFETY: taken, and nothing runs on it; what is written is in its areas.
            unsafe {
                ((*stack).native_base as *mut u64).sub(1).write(1);
                (*stack).values_base.write(1);
                pool.give_back(stack);
            }
        }
        assert_eq!((pool.in_use(), pool.warm.len(), pool.cold.len()), (0, WARM, 100 - WARM));
        for _ in 0..100 {
            assert!(known.contains(&pool.take().unwrap()));
        }
        assert_eq!(pool.slabs.len(), 3, "16, 32 and 64");
    }

    /// What needs more than the reserve hits the guard, not the next stack, however often a stack was used and returned its
    /// memory.
    #[test]
    fn a_guard_lies_below_each_stack() {
        let mut pool = StackPool::default();
        for _ in 0..3 {
            let taken: Vec<*mut VMStack> = (0..2 * WARM).map(|_| pool.take().unwrap()).collect();
            for &stack in &taken {
                // SAFETY: taken, and not given back; what is written is in the reserve.
                unsafe {
                    let end = (*stack).native_low as *mut u8;
                    end.write(1);
                    assert!(is_readable(end) && !is_readable(end.sub(1)) && !is_readable(end.sub(guard_bytes())));
                    StackPool::trim(stack, (*stack).native_base, (*stack).values_base);
                    assert!(is_readable(end) && !is_readable(end.sub(1)));
                }
            }
            // SAFETY: taken, and nothing runs on it.
            taken.into_iter().for_each(|stack| unsafe { pool.give_back(stack) });
        }
    }

    /// Where guards are mappings, each stack still has one, and there are no more stacks than guards: in all pools together, and
    /// until one goes.
    #[test]
    fn there_are_no_more_stacks_than_guards() {
        const MOST: usize = 300;
        static FEW: Guards = Guards::new(false, MOST);
        let mut pools = [(); 2].map(|()| StackPool::with(&FEW));
        for i in 0..MOST {
            let stack = pools[i % 2].take().unwrap();
            // SAFETY: taken, and not given back; what is written is in the reserve.
            unsafe {
                let end = (*stack).native_low as *mut u8;
                end.write(1);
                assert!(is_readable(end) && !is_readable(end.sub(1)) && !is_readable(end.sub(guard_bytes())), "{i}");
            }
        }
        let [mut first, mut second] = pools;
        assert!(first.take().is_err() && second.take().is_err());
        assert_eq!([&first, &second].map(|pool| (pool.in_use, pool.handed_out)), [(150, 38); 2]);
        drop(first);
        let taken: Vec<*mut VMStack> = (0..MOST / 2).map(|_| second.take().unwrap()).collect();
        assert!(second.take().is_err());
        // One that comes back has its guard.
        for &stack in &taken {
            // SAFETY: taken, and nothing runs on it.
            unsafe { second.give_back(stack) };
        }
        assert!(taken.iter().all(|_| second.take().is_ok()) && second.take().is_err());
        drop(second);
        assert_eq!(FEW.mapped.load(Ordering::Relaxed), 0);
    }

    /// A guard that the system refuses is not counted.
    #[test]
    fn a_guard_that_was_not_made_is_not_counted() {
        let few = Guards::new(false, 1);
        let base = mmap::reserve(2 * guard_bytes()).unwrap();
        // SAFETY: pages of ours, and nothing refers to what is misaligned in them: the system refuses.
        unsafe {
            assert!(few.install(base.as_ptr().wrapping_add(1)).is_err());
            assert_eq!(few.mapped.load(Ordering::Relaxed), 0);
            mmap::release(base, 2 * guard_bytes());
        }
    }

    #[test]
    fn a_stack_that_holds_little_is_one_page() {
        let mut pool = StackPool::default();
        let stack = pool.take().unwrap();
        // SAFETY: taken; what is written is in its areas.
        let touched = unsafe {
            let vm = &*stack;
            ((vm.native_base - 2048) as *mut u8).write_bytes(1, 2048);
            vm.values_base.write_bytes(1, 128);
            let above = stack.cast::<u8>().wrapping_sub(RECORD).wrapping_add(guard_bytes());
            crate::runtime::sys::pagemap::touched(above, SLOT - guard_bytes()).unwrap()
        };
        assert_eq!(touched.len(), 1, "{touched:?}");
    }

    /// Each slab has twice as many stacks as the one before, up to the largest.
    #[test]
    fn slabs_double_up_to_the_largest() {
        let mut pool = StackPool::default();
        for stacks in [16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 4096] {
            pool.take().unwrap();
            assert_eq!((pool.slabs.last().map(|slab| slab.stacks), pool.handed_out), (Some(stacks), 1));
            // As if all of them were handed out.
            pool.handed_out = stacks;
        }
        assert_eq!((pool.slabs.len(), pool.in_use()), (10, 10));
    }
}
