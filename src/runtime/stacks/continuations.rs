//! Continuations: computations that have not started, or that are suspended, each on its own stack.
//!
//! A continuation that has not started consists only of its heap object
//! ([`ObjectKind::Cont`](crate::runtime::heap::ObjectKind)): its function, and the arguments that it was bound to. It
//! takes a stack when it is resumed, and returns it when its function ends. A suspended continuation is a *chain* of
//! stacks, from the one that suspended out to the one that the handler's `resume` started: nothing is copied, the
//! object points to both ends. A continuation can be resumed once: the object is then empty.
//!
//! Suspending and resuming switch native stacks ([`coroutine::switch`]) inside the libcall that requests it. Frames of
//! all tiers, adapters and libcalls lie on a stack in the order of their calls, so no backend knows about the frames of
//! others. Values pass through [`VMStore::transfer`](crate::runtime::vm::VMStore::transfer). The result of the libcall
//! that is switched back to is in `Continuations::switch_result`.
//!
//! When the object of a chain dies, its stacks are returned as they are, without unwinding. So no Rust frame that may
//! lie on a captured stack may own anything. (Host functions may, since nothing is captured across one:
//! [`VMStack::reentries`].)

use super::pool::{SLOT, StackPool};
use crate::runtime::heap::GcRef;
use crate::runtime::sys::{coroutine, stack};
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::{LibcallResult, Status, VMFunc, VMStack, VMStore};
use std::ptr::null_mut;

/// Whether this build can switch stacks.
pub const SUPPORTED: bool = coroutine::SUPPORTED;

/// The default of the maximum number of stacks for a store's continuations.
pub const DEFAULT_LIMIT: u32 = 100_000;

/// A collection is due before a stack is taken if this many stacks, or twice as many as survived the last collection,
/// would be in use: a stack costs more than the object that keeps it.
const MIN_THRESHOLD: usize = 1024;

/// More bytes than the frames of [`charge_running`] and its callees take.
const OWN_FRAMES: usize = 16 << 10;

/// The state of a store's continuations.
#[derive(Debug)]
pub struct Continuations {
    pub(in crate::runtime) pool: StackPool,
    /// Chains of waiting stacks. The outermost stack of each knows the chain's index here.
    pub(in crate::runtime) suspended: Vec<SuspendedChain>,
    /// The maximum number of stacks.
    pub(in crate::runtime) limit: usize,
    /// The number of stacks at which a collection is due.
    pub(in crate::runtime) threshold: usize,
    /// The number of slots of [`VMStore::transfer`](crate::runtime::vm::VMStore::transfer) that hold values while a
    /// libcall allocates.
    pub(in crate::runtime) in_transfer: usize,
    /// References that libcalls need while they allocate.
    pub(in crate::runtime) held: [u32; 2],
    /// The result of the libcall that is switched back to.
    pub(in crate::runtime) switch_result: LibcallResult,
    /// A stack whose function has ended; the stack that it switched to returns it.
    pub(in crate::runtime) ended: *mut VMStack,
    /// Stacks that have run since they were last trimmed. All wait, except the running one.
    untrimmed: Vec<*mut VMStack>,
}

/// A chain of stacks, and the object that owns it.
#[derive(Clone, Copy, Debug)]
pub(in crate::runtime) struct SuspendedChain {
    /// The stack that suspended.
    pub innermost: *mut VMStack,
    /// The stack that the handler's `resume` started.
    pub outermost: *mut VMStack,
    /// The continuation.
    pub owner: GcRef,
}

/// The state of a continuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContinuationState {
    /// It will call this function.
    Fresh(*const VMFunc),
    /// It has these stacks, innermost and outermost.
    Suspended(*mut VMStack, *mut VMStack),
    /// It was resumed or bound, and is empty.
    Consumed,
}

impl Continuations {
    /// No continuations, and a maximum of `limit` stacks.
    pub fn new(limit: u32) -> Continuations {
        Continuations {
            pool: StackPool::default(),
            suspended: Vec::new(),
            limit: limit as usize,
            threshold: MIN_THRESHOLD,
            in_transfer: 0,
            held: [0; 2],
            switch_result: LibcallResult { value: 0, status: Status::Ok },
            ended: null_mut(),
            untrimmed: Vec::new(),
        }
    }

    /// Changes the maximum number of stacks.
    pub fn set_limit(&mut self, limit: u32) {
        self.limit = limit as usize;
    }

    /// Number of stacks in use, running or suspended.
    pub fn stacks(&self) -> usize {
        self.pool.in_use()
    }

    /// The bytes of [`VMStore::bytes_left`] that waiting stacks hold while nothing runs.
    pub fn charges(&self) -> u64 {
        let mut sum = 0;
        for chain in &self.suspended {
            let mut stack = chain.innermost;
            // SAFETY: the stacks of a chain are alive, and each but the last has the next as its parent.
            unsafe {
                sum += (*stack).charge as u64;
                while stack != chain.outermost {
                    stack = (*stack).parent;
                    sum += (*stack).charge as u64;
                }
            }
        }
        sum
    }

    /// Roots that libcalls hold: references, and the number of slots of `transfer`, which may be references.
    pub(in crate::runtime) fn roots(&self) -> ([u32; 2], usize) {
        (self.held, self.in_transfer)
    }

    /// Adds a suspended chain.
    pub(in crate::runtime) fn add(&mut self, chain: SuspendedChain) {
        // SAFETY: the stack is alive, and nothing runs on it.
        unsafe { (*chain.outermost).index = self.suspended.len() };
        self.suspended.push(chain);
    }

    /// Removes the suspended chain with this index.
    pub(in crate::runtime) fn remove(&mut self, index: usize) {
        self.suspended.swap_remove(index);
        if let Some(moved) = self.suspended.get(index) {
            // SAFETY: stacks in the list are alive, and nothing runs on them.
            unsafe { (*moved.outermost).index = index };
        }
    }

    /// Returns a stack to the pool. The result is what it held of [`VMStore::bytes_left`].
    ///
    /// # Safety
    /// As of [`StackPool::give_back`].
    pub(in crate::runtime) unsafe fn give_back(&mut self, stack: *mut VMStack) -> u64 {
        // SAFETY: the caller's promise: its record is not accessed after this. Listed stacks are alive.
        unsafe {
            if let Some(index) = (*stack).listed.checked_sub(1) {
                self.untrimmed.swap_remove(index);
                if let Some(&moved) = self.untrimmed.get(index) {
                    (*moved).listed = index + 1;
                }
            }
            let charge = (*stack).charge as u64;
            self.pool.give_back(stack);
            charge
        }
    }

    /// After a collection: frees the stacks of dead continuations. Returns what they held of [`VMStore::bytes_left`].
    pub(in crate::runtime) fn sweep(&mut self, is_alive: impl Fn(GcRef) -> bool) -> u64 {
        let mut freed = 0;
        let mut i = 0;
        while let Some(&chain) = self.suspended.get(i) {
            if is_alive(chain.owner) {
                i += 1;
                continue;
            }
            self.remove(i);
            let mut stack = chain.innermost;
            loop {
                // SAFETY: the stacks of a chain are alive, and each but the last has the next as its parent. Nothing
                // refers to them but the dead object.
                let parent = unsafe { (*stack).parent };
                // SAFETY: as above.
                freed += unsafe { self.give_back(stack) };
                if stack == chain.outermost {
                    break;
                }
                stack = parent;
            }
        }
        self.threshold = MIN_THRESHOLD.max(2 * self.pool.in_use());
        freed
    }
}

/// Whether the store has at least `bytes` left, if need be after waiting stacks have given up what they do not need.
///
/// At first, a waiting stack is charged for all of its memory: what it touched while it ran is unknown, and asking would cost
/// more than most switches. Only when bytes are short do the stacks that have run since return what lies beyond their frames;
/// then they are charged for these only.
///
/// # Safety
/// The store is valid; no reference to its fields is alive.
pub(in crate::runtime) unsafe fn make_room(store: *mut VMStore, bytes: u64) -> bool {
    // SAFETY: the caller's promise. Listed stacks are alive, and all but the running one wait.
    unsafe {
        if (*store).bytes_left >= bytes {
            return true;
        }
        let running = (*store).stack;
        for stack in std::mem::take(&mut (*store).continuations.untrimmed) {
            (*stack).listed = 0;
            if stack != running {
                let held = StackPool::trim(stack, (*stack).saved_sp, (*stack).values_top);
                (*store).bytes_left += ((*stack).charge - held) as u64;
                (*stack).charge = held;
            }
        }
        (*store).bytes_left >= bytes
    }
}

/// Whether the thread is on this stack, which runs. A host function may have moved to another: one of its own, as libraries for
/// deep recursion do, or a continuation's of another store.
pub(in crate::runtime) fn is_on(vm: &VMStack) -> bool {
    (vm.native_low..=vm.native_base).contains(&stack::pointer())
}

/// Charges the running stack, which is about to wait. A store's own stack costs nothing: it has a limit of its own.
///
/// # Errors
/// If the store has too few bytes left, which a collection may change.
///
/// # Safety
/// The store runs, and the running code has published its frames; no reference to the store's fields is alive.
pub(in crate::runtime) unsafe fn charge_running(store: *mut VMStore) -> Result<(), TrapCode> {
    // SAFETY: the caller's promise.
    unsafe {
        let stack = (*store).stack;
        if (*stack).parent.is_null() {
            return Ok(());
        }
        // It may have been charged by an operation that then failed.
        (*store).bytes_left += std::mem::take(&mut (*stack).charge) as u64;
        if make_room(store, SLOT as u64) {
            (*stack).charge = SLOT;
            let untrimmed = &mut (*store).continuations.untrimmed;
            if (*stack).listed == 0 {
                untrimmed.push(stack);
                (*stack).listed = untrimmed.len();
            }
        } else {
            let held = StackPool::trim(stack, stack::pointer() - OWN_FRAMES, (*stack).values_top);
            if (*store).bytes_left < held as u64 {
                return Err(TrapCode::TooManyStacks);
            }
            (*stack).charge = held;
        }
        (*store).bytes_left -= (*stack).charge as u64;
        Ok(())
    }
}

/// Refunds the charge of a stack that is about to run.
///
/// # Safety
/// The store is valid, and the stack one of its own, alive.
pub(in crate::runtime) unsafe fn refund(store: *mut VMStore, stack: *mut VMStack) {
    // SAFETY: the caller's promise.
    unsafe { (*store).bytes_left += std::mem::take(&mut (*stack).charge) as u64 };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;
    use crate::runtime::heap::Heap;
    use crate::runtime::stacks::activation::Stack;
    use crate::runtime::sys::mmap::page_size;
    use crate::runtime::sys::stack::{Bounds, Elsewhere};
    use std::num::NonZeroU32;

    fn owner(n: u32) -> GcRef {
        GcRef(NonZeroU32::new(n).unwrap())
    }

    /// A chain of this many new stacks.
    fn chain(continuations: &mut Continuations, stacks: usize, n: u32) {
        let all: Vec<*mut VMStack> = (0..stacks).map(|_| continuations.pool.take().unwrap()).collect();
        for pair in all.windows(2) {
            // SAFETY: both are alive.
            unsafe { (*pair[0]).parent = pair[1] };
        }
        for (i, &stack) in all.iter().enumerate() {
            // SAFETY: alive. Each has a charge of its own.
            unsafe { (*stack).charge = n as usize * 1000 + i };
        }
        continuations.add(SuspendedChain { innermost: all[0], outermost: all[stacks - 1], owner: owner(n) });
    }

    /// The chains of dead continuations go with all of their stacks, and what these held; the others keep a correct index.
    #[test]
    fn the_chains_of_the_dead_go_and_no_others() {
        for seed in 0..60 {
            let mut random = Random::new(seed);
            let mut continuations = Continuations::new(100);
            let lens: Vec<usize> = (0..1 + random.below(8)).map(|_| 1 + random.below(3) as usize).collect();
            (1..).zip(&lens).for_each(|(n, &len)| chain(&mut continuations, len, n));
            let alive: Vec<bool> = lens.iter().map(|_| random.below(2) == 0).collect();
            let charge = |n: usize| (0..lens[n]).map(|i| ((n + 1) * 1000 + i) as u64).sum::<u64>();
            assert_eq!(continuations.charges(), (0..lens.len()).map(charge).sum::<u64>());
            let freed = continuations.sweep(|owner| alive[owner.0.get() as usize - 1]);
            let (kept, dead): (Vec<usize>, Vec<usize>) = (0..lens.len()).partition(|&n| alive[n]);
            assert_eq!(freed, dead.iter().map(|&n| charge(n)).sum::<u64>(), "seed {seed}");
            assert_eq!(continuations.charges(), kept.iter().map(|&n| charge(n)).sum::<u64>(), "seed {seed}");
            assert_eq!(continuations.stacks(), kept.iter().map(|&n| lens[n]).sum::<usize>(), "seed {seed}");
            let mut owners: Vec<usize> =
                continuations.suspended.iter().map(|chain| chain.owner.0.get() as usize - 1).collect();
            owners.sort_unstable();
            assert_eq!(owners, kept, "seed {seed}");
            for (i, chain) in continuations.suspended.iter().enumerate() {
                // SAFETY: alive.
                assert_eq!(unsafe { (*chain.outermost).index }, i, "seed {seed}");
            }
        }
    }

    /// A collection is due at twice as many stacks as survived the last one, and not below 1024.
    #[test]
    fn stacks_call_for_a_collection_when_there_are_twice_as_many() {
        let mut continuations = Continuations::new(10_000);
        assert_eq!(continuations.threshold, 1024);
        for (stacks, threshold) in [(0, 1024), (1, 1024), (512, 1024), (513, 1026), (700, 1400)] {
            while continuations.stacks() < stacks {
                chain(&mut continuations, 1, 1);
            }
            continuations.sweep(|_| true);
            assert_eq!(continuations.threshold, threshold, "{stacks} stacks");
        }
        continuations.sweep(|_| false);
        assert_eq!((continuations.stacks(), continuations.threshold), (0, 1024));
    }

    /// Which stack the thread is on is decided by the stack pointer and the stack's bounds alone.
    #[test]
    fn the_thread_is_on_a_stack_by_its_bounds_alone() {
        let here = stack::pointer();
        let (below, above) = (here - 0x10_0000, here + 0x10_0000);
        let mut other = VMStack::new((0, 0), null_mut(), null_mut());
        for (low, base, on) in [(below, above, true), (below - 0x1000, below, false), (above, above + 0x1000, false)] {
            for parent in [null_mut(), &raw mut other] {
                let mut vm = VMStack::new((0, 0), null_mut(), null_mut());
                (vm.native_low, vm.native_base, vm.parent) = (low, base, parent);
                assert_eq!(is_on(&vm), on);
                let _elsewhere = Elsewhere::new(Bounds { low: 0x1000, high: usize::MAX });
                assert_eq!(is_on(&vm), on);
            }
        }
    }

    /// Stacks begin to wait, continue and end in any order, and bytes run short: the charges of waiting stacks and what
    /// is left add up to the whole, the list of those that may have memory to return is right, and those that returned
    /// it are charged only for their frames.
    #[test]
    fn what_stacks_hold_and_what_is_left_are_the_whole() {
        const TOTAL: u64 = 1 << 30;
        let mut own = Stack::new(4096).unwrap();
        let mut store = VMStore::new(&mut own, Heap::new(0, false));
        store.bytes_left = TOTAL;
        let store = &raw mut store;
        let mut random = Random::new(3);
        let mut all: Vec<*mut VMStack> = Vec::new();
        let mut trimmed = 0;
        // SAFETY: nothing runs; the stacks that are in the list were taken, and are given back once.
        unsafe {
            // The store's own stack costs nothing.
            assert_eq!((charge_running(store), (*store).bytes_left), (Ok(()), TOTAL));
            for step in 0..3_000 {
                let running = (*store).stack;
                let picked = random.below(all.len().max(1) as u64) as usize;
                match random.below(6) {
                    0 if all.len() < 20 => {
                        let stack = (*store).continuations.pool.take().unwrap();
                        (*stack).parent = own.vm();
                        (*stack).saved_sp = (*stack).native_base - 8 * (1 + random.below(3_000)) as usize;
                        (*stack).values_top = (*stack).values_base.add(random.below(3_000) as usize);
                        all.push(stack);
                    }
                    // One that ends, or that is forgotten.
                    1 if !all.is_empty() => {
                        let stack = all.swap_remove(picked);
                        (*store).bytes_left += (*store).continuations.give_back(stack);
                        if stack == running {
                            (*store).stack = own.vm();
                        }
                    }
                    2 => {
                        let listed = (*store).continuations.untrimmed.len();
                        let left = (*store).bytes_left;
                        assert!(make_room(store, left));
                        assert_eq!((*store).continuations.untrimmed.len(), listed, "enough is left");
                        assert!(!make_room(store, TOTAL + 1));
                        assert!((*store).continuations.untrimmed.is_empty());
                        // One that has not run has nothing.
                        for &stack in all.iter().filter(|&&stack| stack != running && (*stack).charge != 0) {
                            let low = (*stack).saved_sp / page_size();
                            let high = ((*stack).values_top as usize).div_ceil(page_size());
                            assert_eq!((*stack).charge, (high - low) * page_size());
                            trimmed += 1;
                        }
                    }
                    // The running one waits, and another continues.
                    _ if !all.is_empty() => {
                        assert_eq!(charge_running(store), Ok(()));
                        assert_eq!((*running).charge, if running == own.vm() { 0 } else { SLOT });
                        (*store).stack = all[picked];
                        refund(store, all[picked]);
                        assert_eq!((*all[picked]).charge, 0);
                    }
                    _ => {}
                }
                let charges: u64 = all.iter().map(|&stack| (*stack).charge as u64).sum();
                assert_eq!((*store).bytes_left + charges, TOTAL, "step {step}");
                let untrimmed = &(*store).continuations.untrimmed;
                for (i, &stack) in untrimmed.iter().enumerate() {
                    assert!(all.contains(&stack) && (*stack).listed == i + 1, "step {step}");
                }
                for &stack in &all {
                    assert!((*stack).listed == 0 || untrimmed[(*stack).listed - 1] == stack, "step {step}");
                    assert!((*stack).charge != SLOT || (*stack).listed != 0, "step {step}");
                }
            }
            (*store).stack = own.vm();
        }
        assert!(trimmed > 100, "{trimmed}");
    }

    /// The running stack is not touched when others return what they do not need.
    #[test]
    fn the_running_stack_returns_nothing() {
        let mut own = Stack::new(4096).unwrap();
        let mut store = VMStore::new(&mut own, Heap::new(0, false));
        let store = &raw mut store;
        // SAFETY: nothing runs; both stacks are alive.
        unsafe {
            let [running, waiting] = [(); 2].map(|()| (*store).continuations.pool.take().unwrap());
            for stack in [running, waiting] {
                (*stack).parent = own.vm();
                (*stack).saved_sp = (*stack).native_base;
                (*store).stack = stack;
                charge_running(store).unwrap();
                ((*stack).native_limit as *mut u64).write(7);
            }
            (*store).stack = running;
            refund(store, running);
            (*store).bytes_left = 0;
            assert!(!make_room(store, u64::MAX));
            let kept = [running, waiting].map(|stack| ((*stack).native_limit as *const u64).read());
            assert_eq!(kept, [7, 0]);
            (*store).stack = own.vm();
        }
    }
}
