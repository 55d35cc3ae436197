//! Libcalls of the stack-switching proposal, which make, bind, resume and suspend continuations. The state of
//! continuations is in [`crate::runtime::stacks::continuations`], where their design is described.

use super::exceptions::in_flight;
use super::exits;
use super::memories_and_tables::{interrupt, interrupted, ok, trap};
use super::objects::canonical;
use crate::runtime::heap::{self, GcRef};
use crate::runtime::stacks::continuations::{ContinuationState, SuspendedChain, charge_running, refund};
use crate::runtime::sys::coroutine;
use crate::runtime::trap::TrapCode;
use crate::runtime::trap::raise::fail;
use crate::runtime::types::{self, TypeId};
use crate::runtime::vm::{LibcallResult, ON_SWITCH, Status, VMContext, VMFunc, VMStack, VMStore};
use std::num::NonZeroU32;
use std::ptr::{null, null_mut};

/// The continuation that a reference names, if it can be resumed.
///
/// # Safety
/// The reference is one to a continuation of a live store, or null.
unsafe fn usable(store: *const VMStore, cont: u64) -> Result<(GcRef, ContinuationState), TrapCode> {
    let object = GcRef(NonZeroU32::new(cont as u32).ok_or(TrapCode::NullContinuationReference)?);
    // SAFETY: the caller's promise.
    match unsafe { (*store).heap.continuation(object) } {
        ContinuationState::Consumed => Err(TrapCode::ContinuationConsumed),
        state => Ok((object, state)),
    }
}

/// Makes a continuation without a state, with room for `bound` arguments. `keep` and the first `slots` of `transfer`
/// are kept alive.
///
/// # Safety
/// As of [`heap::collect`].
unsafe fn new_object(
    store: *mut VMStore,
    ty: TypeId,
    bound: usize,
    (keep, slots): ([u32; 2], usize),
) -> Result<GcRef, TrapCode> {
    // SAFETY: the caller's promise; references to the store's fields end at once.
    unsafe {
        (*store).continuations.held = keep;
        (*store).continuations.in_transfer = slots;
        let object = heap::new_continuation(store, ty, bound);
        (*store).continuations.held = [0; 2];
        (*store).continuations.in_transfer = 0;
        object
    }
}

/// Charges the running stack, which is about to wait, if need be after a collection. `keep` and the first `slots` of
/// `transfer` are kept alive.
///
/// # Errors
/// If too few bytes are left; `Interrupt` if an interrupt ended the collection.
///
/// # Safety
/// As of [`heap::collect`].
unsafe fn leave(store: *mut VMStore, (keep, slots): ([u32; 2], usize)) -> Result<(), TrapCode> {
    // SAFETY: the caller's promise.
    unsafe {
        charge_running(store).or_else(|_| {
            collect(store, (keep, slots))?;
            charge_running(store)
        })
    }
}

/// Collects; `keep` and the first `slots` of `transfer` are kept alive.
///
/// # Errors
/// `Interrupt`, which this takes, if an interrupt comes first.
///
/// # Safety
/// As of [`heap::collect`].
unsafe fn collect(store: *mut VMStore, (keep, slots): ([u32; 2], usize)) -> Result<(), TrapCode> {
    // SAFETY: the caller's promise; references to the store's fields end at once.
    unsafe {
        (*store).continuations.held = keep;
        (*store).continuations.in_transfer = slots;
        let collected = heap::collect_unless_interrupted(store);
        (*store).continuations.held = [0; 2];
        (*store).continuations.in_transfer = 0;
        if collected { Ok(()) } else { Err(heap::take_interrupt(store)) }
    }
}

/// Takes a stack for a continuation that has not started. `keep` and the first `slots` of `transfer` are kept alive.
///
/// # Errors
/// If the maximum is reached even after a collection, or there is no address space even then; `Interrupt` if an interrupt ended
/// the collection.
///
/// # Safety
/// As of [`heap::collect`].
unsafe fn take_stack(store: *mut VMStore, (keep, slots): ([u32; 2], usize)) -> Result<*mut VMStack, TrapCode> {
    // SAFETY: the caller's promise; references to the store's fields end before a collection.
    unsafe {
        let state = &raw mut (*store).continuations;
        let due = (*state).stacks() >= (*state).threshold.min((*state).limit);
        if due {
            collect(store, (keep, slots))?;
            if (*state).stacks() >= (*state).limit {
                return Err(TrapCode::TooManyStacks);
            }
        }
        let mut taken = (*state).pool.take();
        if taken.is_err() && !due {
            collect(store, (keep, slots))?;
            taken = (*state).pool.take();
        }
        taken.map_err(|_| {
            (*store).refused = Some("a stack");
            TrapCode::TooManyStacks
        })
    }
}

/// Leaves the running stack for another, whose libcall then ends with `result`. Returns when this stack is switched
/// back to, with the result of its own libcall.
///
/// # Safety
/// `to` is suspended, or prepared; it has the running stack below it, or a parent of its own.
unsafe fn switch_to(store: *mut VMStore, to: *mut VMStack, result: LibcallResult) -> LibcallResult {
    // SAFETY: the caller's promise. No reference is alive across the switch.
    unsafe {
        let from = (*store).stack;
        (*store).continuations.switch_result = result;
        (*store).stack = to;
        refund(store, to);
        (*store).stack_limit.set((*to).native_limit);
        coroutine::switch(&raw mut (*from).saved_sp, (*to).saved_sp);
        (*store).continuations.switch_result
    }
}

/// Makes the stacks of a continuation ready to run: its bound arguments go in front of the `slots` others in
/// [`VMStore::transfer`]. The object is consumed. Returns the innermost and the outermost stack.
///
/// # Safety
/// The object is a continuation in this state; `stack` is a new one if it does not have one.
unsafe fn consume(
    store: *mut VMStore,
    (object, state): (GcRef, ContinuationState),
    stack: *mut VMStack,
    slots: usize,
) -> (*mut VMStack, *mut VMStack) {
    // SAFETY: the caller's promise. The number of parameters is limited, so they fit in `transfer`.
    unsafe {
        let (bound, count) = (*store).heap.bound_arguments(object);
        if count > 0 {
            let transfer = (*store).transfer;
            transfer.add(count).copy_from(transfer, slots);
            transfer.copy_from_nonoverlapping(bound, count);
        }
        (*store).heap.set_continuation(object, ContinuationState::Consumed);
        match state {
            ContinuationState::Fresh(func) => {
                (*stack).func = func;
                (*stack).saved_sp = coroutine::prepare((*stack).native_base, main, stack.cast());
                (stack, stack)
            }
            ContinuationState::Suspended(innermost, outermost) => {
                (*store).continuations.remove((*outermost).index);
                (innermost, outermost)
            }
            ContinuationState::Consumed => unreachable!("usable continuations are not consumed"),
        }
    }
}

/// The function at the start of a stack: calls the continuation's function with the arguments in [`VMStore::transfer`].
unsafe extern "C" fn main(stack: *mut u8) -> ! {
    let stack = stack.cast::<VMStack>();
    // SAFETY: `consume` prepared the stack for this, and gave it a function; the stack that switched here runs the same
    // store. The value area is empty, and has room for all possible parameters or results.
    unsafe {
        let func = (*stack).func;
        let store = (*(*func).ctx).store;
        let (params, results) = exits::frame_slots(func);
        let slots = (*stack).values_base;
        slots.copy_from_nonoverlapping((*store).transfer, params);
        (*stack).values_top = slots.add(params.max(results));
        let status = exits::invoke(func, slots);
        if status == Status::Ok {
            (*store).transfer.copy_from_nonoverlapping(slots, results);
        }
        (*store).continuations.ended = stack;
        let _ = switch_to(store, (*stack).parent, LibcallResult { value: 0, status });
    }
    unreachable!("a finished continuation was resumed")
}

/// Runs a continuation until it ends or suspends, with the `num_handlers` handlers at `handlers`.
///
/// # Safety
/// The running code has published its frames. The stacks are those of [`consume`], `result` is for the innermost.
unsafe fn run(
    store: *mut VMStore,
    (innermost, outermost): (*mut VMStack, *mut VMStack),
    (handlers, num_handlers): (*const u64, usize),
    result: LibcallResult,
) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        (*outermost).parent = (*store).stack;
        (*outermost).handlers = handlers;
        (*outermost).num_handlers = num_handlers;
        let result = switch_to(store, innermost, result);
        let ended = std::mem::replace(&mut (*store).continuations.ended, null_mut());
        if !ended.is_null() {
            (*store).bytes_left += (*store).continuations.give_back(ended);
        }
        result
    }
}

/// Copies handlers out of [`VMStore::transfer`] to the running stack's value area, where they stay until the `resume`
/// ends.
///
/// # Errors
/// If the value area is full.
///
/// # Safety
/// The running code has published its frames.
unsafe fn keep_handlers(store: *mut VMStore, from: usize, count: usize) -> Result<*const u64, TrapCode> {
    // SAFETY: the caller's promise: above the published top the area is free.
    unsafe {
        let stack = (*store).stack;
        let at = (*stack).values_top;
        if at.wrapping_add(count) > (*stack).values_end {
            return Err(TrapCode::CallStackExhausted);
        }
        at.copy_from_nonoverlapping((*store).transfer.add(from), count);
        (*stack).values_top = at.add(count);
        Ok(at)
    }
}

/// The nearest stack with a handler of this kind for a tag, and the handler's number; `None` if there is none up to the
/// first frame of a host function.
///
/// # Safety
/// The store runs.
unsafe fn find_handler(store: *const VMStore, tag: u64) -> Option<(*mut VMStack, usize)> {
    // SAFETY: the caller's promise: the running stack and those that resumed it are alive, and so are their handlers,
    // which are in the value areas of stacks that wait for these.
    unsafe {
        let mut stack = (*store).stack;
        while (*stack).reentries == 0 && !(*stack).parent.is_null() {
            let handlers = match (*stack).num_handlers {
                0 => &[],
                count => std::slice::from_raw_parts((*stack).handlers, count),
            };
            if let Some(i) = handlers.iter().position(|&h| h == tag) {
                return Some((stack, i));
            }
            stack = (*stack).parent;
        }
        None
    }
}

/// Captures the running stacks out to `outermost`, which then has no parent, as a continuation.
///
/// # Safety
/// The stack is the running one, or one that resumed it. `object` is new.
unsafe fn capture(store: *mut VMStore, outermost: *mut VMStack, object: GcRef) {
    // SAFETY: the caller's promise.
    unsafe {
        let innermost = (*store).stack;
        (*store).heap.set_continuation(object, ContinuationState::Suspended(innermost, outermost));
        (*store).continuations.add(SuspendedChain { innermost, outermost, owner: object });
        (*outermost).parent = null_mut();
        (*outermost).handlers = null();
        (*outermost).num_handlers = 0;
    }
}

macro_rules! libcall {
    ($(#[$doc:meta])* $name:ident |$ctx:ident $(, $arg:ident)*| $(_ $pad:ident)* $body:block) => {
        $(#[$doc])*
        ///
        /// # Safety
        /// The context is that of an instance of a store whose code runs and has published its frames; indices are
        /// those of its module, and references and slots of [`VMStore::transfer`] have the types that validation
        /// established.
        pub unsafe extern "C" fn $name($ctx: *mut VMContext $(, $arg: u64)* $(, _: $pad)*) -> LibcallResult {
            // SAFETY: the caller's promise.
            let result: Result<LibcallResult, TrapCode> = (|| unsafe { $body })();
            // SAFETY: as above.
            result.unwrap_or_else(|code| unsafe { trap($ctx, code) })
        }
    };
}

libcall! {
    /// `cont.new`.
    cont_new |ctx, ty, func| _ u64 _ u64 _ u64 {
        if func == 0 {
            return Err(TrapCode::NullFunctionReference);
        }
        let store = (*ctx).store;
        let object = new_object(store, canonical(ctx, ty), 0, ([0; 2], 0))?;
        (*store).heap.set_continuation(object, ContinuationState::Fresh(func as *const VMFunc));
        Ok(ok(object.0.get().into()))
    }
}

libcall! {
    /// `cont.bind`.
    cont_bind |ctx, ty, cont, slots| _ u64 _ u64 {
        let (store, slots) = ((*ctx).store, slots as usize);
        let (old, state) = usable(store, cont)?;
        let (_, count) = (*store).heap.bound_arguments(old);
        let object = new_object(store, canonical(ctx, ty), count + slots, ([old.0.get(), 0], slots))?;
        let heap = &mut (*store).heap;
        let ((from, _), (to, _)) = (heap.bound_arguments(old), heap.bound_arguments(object));
        to.copy_from_nonoverlapping(from, count);
        to.add(count).copy_from_nonoverlapping((*store).transfer, slots);
        heap.set_continuation(old, ContinuationState::Consumed);
        heap.set_continuation(object, state);
        if let ContinuationState::Suspended(_, outermost) = state {
            let continuations = &mut (*store).continuations;
            continuations.suspended[(*outermost).index].owner = object;
        }
        Ok(ok(object.0.get().into()))
    }
}

libcall! {
    /// `resume`.
    resume |ctx, cont, slots, handlers| _ u64 _ u64 {
        let (store, slots, count) = ((*ctx).store, slots as usize, handlers as usize);
        let (object, state) = usable(store, cont)?;
        // A loop may consist of this alone.
        if interrupted(ctx) {
            return Ok(interrupt(ctx));
        }
        let (running, top) = ((*store).stack, (*(*store).stack).values_top);
        let kept = ([object.0.get(), 0], slots);
        let prepared = (|| {
            let handlers = keep_handlers(store, slots, count)?;
            leave(store, kept)?;
            let stack = match state {
                ContinuationState::Fresh(_) => take_stack(store, kept)?,
                _ => null_mut(),
            };
            Ok((handlers, stack))
        })();
        let (handlers, stack) = prepared.inspect_err(|_| (*running).values_top = top)?;
        let stacks = consume(store, (object, state), stack, slots);
        let result = run(store, stacks, (handlers, count), ok(0));
        (*running).values_top = top;
        Ok(result)
    }
}

libcall! {
    /// `resume_throw` (once the exception is made), and `resume_throw_ref`.
    resume_throw |ctx, cont, exnref, handlers| _ u64 _ u64 {
        let (store, count) = ((*ctx).store, handlers as usize);
        let (object, state) = usable(store, cont)?;
        if exnref as u32 == 0 {
            return Err(TrapCode::NullExceptionReference);
        }
        if interrupted(ctx) {
            return Ok(interrupt(ctx));
        }
        if let ContinuationState::Fresh(_) = state {
            (*store).heap.set_continuation(object, ContinuationState::Consumed);
            return Ok(in_flight(store, exnref));
        }
        let (running, top) = ((*store).stack, (*(*store).stack).values_top);
        let handlers = keep_handlers(store, 0, count)?;
        leave(store, ([object.0.get(), exnref as u32], 0)).inspect_err(|_| (*running).values_top = top)?;
        let stacks = consume(store, (object, state), null_mut(), 0);
        let thrown = in_flight(store, exnref);
        let result = run(store, stacks, (handlers, count), thrown);
        (*running).values_top = top;
        Ok(result)
    }
}

libcall! {
    /// `suspend`.
    suspend |ctx, tag, slots| _ u64 _ u64 _ u64 {
        let (store, slots) = ((*ctx).store, slots as usize);
        let address = *(*ctx).tags.add(tag as usize) as u64;
        let Some((outermost, handler)) = find_handler(store, address) else {
            return Ok(fail(ctx, TrapCode::UnhandledTag, tag));
        };
        let ty = (**(*ctx).tags.add(tag as usize)).type_id;
        let object = new_object(store, ty, 0, ([0; 2], slots))?;
        leave(store, ([object.0.get(), 0], slots))?;
        *(*store).transfer.add(slots) = object.0.get().into();
        let parent = (*outermost).parent;
        capture(store, outermost, object);
        Ok(switch_to(store, parent, ok(handler as u64 + 1)))
    }
}

libcall! {
    /// `switch`.
    switch |ctx, cont, tag, slots| _ u64 _ u64 {
        let (store, slots) = ((*ctx).store, slots as usize);
        let (target, state) = usable(store, cont)?;
        let address = *(*ctx).tags.add(tag as usize) as u64 | ON_SWITCH;
        let Some((outermost, _)) = find_handler(store, address) else {
            return Ok(fail(ctx, TrapCode::UnhandledTag, tag));
        };
        if interrupted(ctx) {
            return Ok(interrupt(ctx));
        }
        let ty = types::switched_from((*store).heap.type_of(target));
        let object = new_object(store, ty, 0, ([target.0.get(), 0], slots))?;
        leave(store, ([target.0.get(), object.0.get()], slots))?;
        let stack = match state {
            ContinuationState::Fresh(_) => take_stack(store, ([target.0.get(), object.0.get()], slots))?,
            _ => null_mut(),
        };
        *(*store).transfer.add(slots) = object.0.get().into();
        let (parent, handlers, count) = ((*outermost).parent, (*outermost).handlers, (*outermost).num_handlers);
        let (innermost, next) = consume(store, (target, state), stack, slots + 1);
        capture(store, outermost, object);
        (*next).parent = parent;
        (*next).handlers = handlers;
        (*next).num_handlers = count;
        Ok(switch_to(store, innermost, ok(0)))
    }
}

#[cfg(test)]
mod tests;
