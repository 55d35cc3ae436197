//! Continuations: computations that have not started, or that wait, each on its own stack.
//!
//! A continuation that has not started consists only of its heap object
//! ([`ObjectKind::Cont`](crate::runtime::heap::ObjectKind)): its function, and the arguments that it was bound to. It
//! takes a stack when it is resumed, and returns it when its function ends. A suspended continuation is a *chain* of
//! stacks, from the one that suspended out to the one that the handler's `resume` started: nothing is copied, the
//! object points to both ends. A continuation is resumed once: the object is then empty.
//!
//! To suspend and to resume is to switch native stacks ([`coroutine::switch`]) inside the libcall that requests it.
//! Frames of all tiers, adapters and libcalls lie on a stack in the order of their calls, so no backend knows about the
//! others' frames. Values pass through [`VMStore::transfer`](crate::runtime::vm::VMStore::transfer). The result of the
//! libcall that is switched back to is in `Continuations::switch_result`.
//!
//! When the object of a chain dies, its stacks are returned as they are, without unwinding. So no Rust frame that may
//! lie on a captured stack owns anything. (Host functions may, and nothing is captured across one:
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

/// A collection comes before a stack is taken if this many stacks, or twice as many as survived the last collection,
/// would be in use: a stack weighs more than the object that keeps it.
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
    /// Stacks that have run since they were last trimmed. They wait, except the running one.
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

    /// What waiting stacks hold of [`VMStore::bytes_left`] while nothing runs.
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

    /// Returns a stack to the pool, and what it held of [`VMStore::bytes_left`].
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

    /// After a collection: returns the stacks of dead continuations, and what they held of [`VMStore::bytes_left`].
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

/// Whether the store has at least `bytes` left, for which waiting stacks give up what they do not need.
///
/// A stack that waits is charged all of its memory at first: what it touched while it ran is not known, and to ask would
/// cost more than most switches. Only when bytes are short do the stacks that ran since return what lies beyond their
/// frames; then they are charged for those.
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

/// Charges the running stack, which is about to wait. A store's own stack costs nothing: it is a limit of its own.
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

/// Takes back the charge of a stack that is about to run.
///
/// # Safety
/// The store is valid, and the stack one of its own, alive.
pub(in crate::runtime) unsafe fn refund(store: *mut VMStore, stack: *mut VMStack) {
    // SAFETY: the caller's promise.
    unsafe { (*store).bytes_left += std::mem::take(&mut (*stack).charge) as u64 };
}
