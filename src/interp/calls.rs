//! Calls, returns and throws, which change frames, and calls into the runtime.

use super::code::{self, InterpCode};
use super::encoding::{Abcx, Counted, Operands, Slot};
use super::frame::HEADER;
use super::lanes;
use super::machine::{Flow, Machine, Stored};
use super::objects;
use super::slow_paths::{Resume, interrupted, libcall_slow, publish, runtime, trap};
use crate::runtime::heap::layout::{EXCEPTION_PAYLOAD, EXCEPTION_TAG};
use crate::runtime::libcalls::{Libcall, exits};
use crate::runtime::store::{self, Passing};
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::{LibcallResult, Status, VMContext, VMFunc, VMTag};
use std::ptr::null_mut;
use std::sync::atomic::Ordering;

/// Calls the runtime from an instruction.
///
/// # Safety
/// The arguments match the libcall; the machine is at an instruction.
#[inline(always)]
pub unsafe fn libcall(s: &Machine, libcall: Libcall, args: [u64; 5]) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe { libcall_slow(s.pc, s.fp, libcall as u64, args[0], args[1], args[2], args[3], args[4]) }
}

/// Calls a libcall that takes two entities, destination, source and length.
///
/// # Safety
/// The machine is at an instruction with these operands.
#[inline(always)]
pub unsafe fn bulk(s: &Machine, which: Libcall, i: &Abcx) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        let (to, from) = (s.index(i.a, i.wide & 1 != 0), s.index(i.b, i.wide & 2 != 0));
        let len = s.index(i.c, i.wide & 4 != 0);
        libcall(s, which, [i.index.into(), i.index2.into(), to, from, len])
    }
}

/// The 32-bit integers in these slots. Not by `map` of arrays: see [`lanes::from_fn`].
///
/// # Safety
/// The slots are in the frame.
#[inline(always)]
pub unsafe fn numbers<const N: usize>(s: &Machine, slots: [Slot; N]) -> [u64; N] {
    // SAFETY: the caller's promise.
    lanes::map(slots, |slot| unsafe { u64::from(u32::read(s, slot)) })
}

/// A reference as a table holds it: 32-bit references (`gc` = 1) are zero-extended.
///
/// # Safety
/// The slot is in the frame.
#[inline(always)]
pub unsafe fn element(s: &Machine, slot: Slot, gc: u32) -> u64 {
    // SAFETY: the caller's promise.
    unsafe { if gc != 0 { u64::from(s.slot(slot).cast::<u32>().read()) } else { *s.slot(slot) } }
}

/// The function that an indirect call refers to, or the trap and its number.
///
/// # Safety
/// The instance has this table and this type.
#[inline(always)]
pub unsafe fn callee(s: &Machine, table: u32, index: u64, ty: u32) -> Result<*const VMFunc, (TrapCode, u64)> {
    // SAFETY: the caller's promise; elements of a function table are null or live functions.
    unsafe {
        let Some(element) = s.element(table, index) else { return Err((TrapCode::UndefinedElement, index)) };
        let func = *element as *const VMFunc;
        if func.is_null() {
            return Err((TrapCode::UninitializedElement, index));
        }
        let wanted = *(*s.ctx).type_ids.add(ty as usize);
        if (*func).type_id != wanted && !objects::is_subtype(s.ctx, (*func).type_id, wanted) {
            return Err((TrapCode::IndirectCallTypeMismatch, u64::MAX));
        }
        Ok(func)
    }
}

/// Calls a function whose arguments are at `base`. `OWN`: whether it belongs to the same instance.
///
/// # Safety
/// The machine is at a call instruction of `words` words.
#[inline(always)]
pub unsafe fn call<const OWN: bool>(s: &mut Machine, func: *const VMFunc, base: Slot, words: usize) -> Flow {
    // SAFETY: the caller's promise. The new frame is checked to fit in the value area.
    unsafe {
        let code = (*func).interp_code.get() as *const InterpCode;
        let base = s.slot(base);
        // Code of another dispatcher is called like native code.
        if code.is_null() || (!OWN && (*code).chained != (*s.code()).chained) {
            return divert(s, code::CALL_OUT, func, base, words);
        }
        let fp = base.wrapping_add((*code).locals as usize);
        if let Err(status) = check_call(s, code, fp) {
            return Flow::Exit(status);
        }
        let caller = [s.pc.wrapping_add(words) as u64, s.fp as u64];
        begin::<OWN>(s, func, code, fp, caller)
    }
}

/// Whether a call may be made whose frame pointer will be `fp`: it has room, and no interruption is due.
///
/// # Safety
/// The machine is at a call instruction.
#[inline(always)]
unsafe fn check_call(s: &Machine, code: *const InterpCode, fp: *mut u64) -> Result<(), Status> {
    // SAFETY: the caller's promise; the store and its stack are alive.
    unsafe {
        let store = s.store();
        if fp.wrapping_add((*code).extent as usize) > (*(*store).stack).values_end {
            return Err(trap(s.pc, s.fp, TrapCode::CallStackExhausted as u64, u64::MAX));
        }
        if (*store).stack_limit.is_interrupted() {
            return Err(interrupted(s.pc, s.fp));
        }
        (*store).interp_calls += 1;
        Ok(())
    }
}

/// Makes the frame of a function, whose arguments lie where its locals will be, and enters its code. `caller`: return
/// address and frame pointer. `OWN`: whether the function belongs to the same instance.
///
/// # Safety
/// The call was checked by [`check_call`]; the code is the function's.
#[inline(always)]
unsafe fn begin<const OWN: bool>(
    s: &mut Machine,
    func: *const VMFunc,
    code: *const InterpCode,
    fp: *mut u64,
    [return_pc, caller]: [u64; 2],
) -> Flow {
    // SAFETY: the caller's promise.
    unsafe {
        *fp = return_pc;
        *fp.add(1) = caller;
        *fp.add(3) = code as u64;
        zero(fp, (*code).zeroed);
        if !OWN && (*func).ctx != s.ctx {
            s.ctx = (*func).ctx;
            s.reload_memory();
        }
        *fp.add(2) = s.ctx as u64;
        s.fp = fp;
        s.pc = (*code).entry;
        Flow::Next
    }
}

/// Diverts a call that leaves the dispatch to another instruction, which takes its inputs in registers that a call
/// reloads anyway. If the call were made right here, the handlers of calls would save registers on every execution.
///
/// # Safety
/// The machine is at a call instruction of `words` words.
#[inline(always)]
unsafe fn divert(s: &mut Machine, to: usize, func: *const VMFunc, base: *mut u64, words: usize) -> Flow {
    s.acc = func as u64;
    s.mem = base.cast();
    s.len = s.pc.wrapping_add(words) as usize;
    // SAFETY: all code has these instructions in front of its entry.
    unsafe { s.pc = (*s.code()).entry.sub(code::ENTRY - to) };
    Flow::Next
}

/// The second half of a [`call`] that was diverted.
///
/// # Safety
/// The registers are as [`divert`] left them.
#[inline(always)]
pub unsafe fn call_diverted(s: &mut Machine) -> Flow {
    let base = s.mem.cast::<u64>();
    // SAFETY: the caller's promise.
    unsafe {
        let resume = call_out(s.len as *const u64, s.fp, s.acc as *const VMFunc, base);
        let flow = s.resume(resume);
        s.accumulate(*base);
        flow
    }
}

/// The second half of a [`tail_call`] that was diverted.
///
/// # Safety
/// The registers are as [`divert`] left them.
#[inline(always)]
pub unsafe fn tail_call_diverted(s: &mut Machine) -> Flow {
    // SAFETY: the caller's promise. The caller of the frame relies only on the value in the place of its first argument.
    unsafe {
        let base = s.fp.sub((*s.code()).locals as usize);
        let resume = tail_out(s.len as *const u64, s.fp, s.acc as *const VMFunc, s.mem.cast());
        let flow = s.resume(resume);
        s.accumulate(*base);
        flow
    }
}

/// Counts a passing. If none are left, diverts to `heated`, as [`divert`] does with a call.
///
/// # Safety
/// The machine is at a `count`.
#[inline(always)]
pub unsafe fn count(s: &mut Machine, i: Counted) -> Flow {
    // SAFETY: the caller's promise; all code has `heated` in front of its entry.
    unsafe {
        let passings = &(*s.code()).passings;
        let left = passings.load(Ordering::Relaxed);
        if left > 0 {
            passings.store(left.saturating_sub(i.weight), Ordering::Relaxed);
            return s.next::<Counted>();
        }
        s.acc = u64::from(i.place);
        s.len = s.pc as usize;
        s.pc = (*s.code()).entry.sub(code::ENTRY - code::HEATED);
        Flow::Next
    }
}

/// The second half of a `count`: continues in compiled code, if there is any, or after the `count`.
///
/// # Safety
/// The registers are as [`count`] left them.
#[inline(always)]
pub unsafe fn heated(s: &mut Machine) -> Flow {
    // SAFETY: the caller's promise. After the `count`, nothing relies on accumulators, and a caller of the function
    // relies only on the value in the place of its first argument.
    unsafe {
        let base = s.fp.sub((*s.code()).locals as usize);
        let resume = replaced(s.len as *const u64, s.fp, s.acc as u32);
        let flow = s.resume(resume);
        s.accumulate(*base);
        flow
    }
}

/// Asks for compiled code that continues at a `count`, and lets it execute the rest of the function in place of the running
/// frame.
///
/// # Safety
/// `pc` is a `count` of the running frame `fp` with this operand.
#[inline(never)]
unsafe extern "C" fn replaced(pc: *const u64, fp: *mut u64, place: u32) -> Resume {
    // SAFETY: the caller's promise. Locals and operands are in the frame, as `frame` describes; constants that the
    // translator did not put there are listed.
    unsafe {
        let code = &*(*fp.add(3) as *const InterpCode);
        let counted = code.tables().loops.get(place as usize);
        let passing = counted.map_or(Passing::Entry, |counted| Passing::Loop(counted.offset));
        let moved = counted.map_or(0, |counted| (code.above + counted.height) as usize);
        let count = if counted.is_some() { code.below as usize + moved } else { code.params as usize };
        // If there is no room, nothing is asked for: a frame with more room will ask.
        let Some(place) = Place::of(fp, count) else { return Resume::at(pc.add(1 + Counted::WORDS), fp) };
        let ctx = publish(pc.add(1), fp);
        let Some(func) = store::replacement(ctx, code.body, passing) else {
            let (next, pc) = code.successor(pc.add(1 + Counted::WORDS));
            *fp.add(3) = next.address() as u64;
            return Resume::at(pc, fp);
        };
        // Locals and operands become arguments: those above the header follow those below it, over the header.
        let (base, above) = (place.base, fp.add(HEADER));
        for &(height, bits) in counted.iter().flat_map(|counted| &counted.constants) {
            *above.add((code.above + height) as usize) = bits;
        }
        move_down(base.add(code.below as usize), above, moved);
        place.call(func, base, count)
    }
}

/// The place of a frame that ends before its function does: another function runs there.
struct Place {
    /// Where the caller put the arguments and expects the results, and their slots.
    base: *mut u64,
    results: usize,
    return_pc: *const u64,
    caller: *mut u64,
    /// Where the arguments of the other function go, behind the header that publishes the caller. Null if the frame is all
    /// of its activation: then the code that entered it calls the other function in its place, which takes no stack.
    slots: *mut u64,
}

impl Place {
    /// The place of the running frame `fp`, for a function with `count` slots of arguments, unless the value area has no
    /// room for these.
    ///
    /// # Safety
    /// `fp` is the running frame.
    unsafe fn of(fp: *mut u64, count: usize) -> Option<Place> {
        // SAFETY: the caller's promise.
        unsafe {
            let code = &*(*fp.add(3) as *const InterpCode);
            let (base, results) = (fp.sub(code.locals as usize), code.results as usize);
            let (return_pc, caller) = (*fp as *const u64, *fp.add(1) as *mut u64);
            let is_last = *caller.add(3) == 0;
            let slots = if is_last { null_mut() } else { code::header_of(caller).add(HEADER) };
            let end = (*(*(*(*fp.add(2) as *mut VMContext)).store).stack).values_end;
            let top = if is_last { base } else { slots }.wrapping_add(count.max(results));
            (top <= end).then_some(Place { base, results, return_pc, caller, slots })
        }
    }

    /// Calls a function in this place. Its results, or its exception, go to the caller of the frame.
    ///
    /// # Safety
    /// `args` are `count` slots in what was the frame: the arguments of `func`, whose results have the types that the caller
    /// expects. `count` is the one of [`Place::of`].
    unsafe fn call(self, func: *const VMFunc, args: *const u64, count: usize) -> Resume {
        let Place { base, results, return_pc, caller, slots } = self;
        // SAFETY: the caller's promise. An adapter reads the arguments before anything else is written there.
        unsafe {
            if slots.is_null() {
                return Resume::exit(exits::tail_call_slots(func, args, count));
            }
            slots.copy_from(args, count);
            let ctx = publish(return_pc, caller);
            (*(*(*ctx).store).stack).values_top = slots.wrapping_add(count.max(results));
            match exits::invoke(func, slots) {
                Status::Ok => {
                    base.copy_from(slots, results);
                    Resume::at(return_pc, caller)
                }
                Status::Exception => unwind_from_call(return_pc, caller),
                status => Resume::exit(status),
            }
        }
    }
}

/// Zeroes the locals below a frame pointer.
///
/// # Safety
/// The frame has them.
#[inline(always)]
unsafe fn zero(fp: *mut u64, count: u32) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut at = fp.sub(count as usize);
        while at != fp {
            // Volatile, or the compiler turns the loop into a library call, and most functions have only a few locals.
            at.write_volatile(0);
            at = at.add(1);
        }
    }
}

/// Copies slots downwards; source and destination may overlap.
///
/// # Safety
/// Both are in the value area, and `to` is not above `from`.
#[inline(always)]
unsafe fn move_down(to: *mut u64, from: *const u64, count: usize) {
    debug_assert!(to.cast_const() <= from);
    // SAFETY: the caller's promise.
    unsafe {
        let (mut to, mut from) = (to, from);
        let end = from.add(count);
        while from != end {
            // Volatile as in `zero`: a call of `memmove` would have the handler save all of its registers, too.
            to.write_volatile(from.read_volatile());
            (to, from) = (to.add(1), from.add(1));
        }
    }
}

/// Calls a function that is not interpreted (or not by this dispatcher).
///
/// # Safety
/// `pc` is the return address in the running frame `fp`; `base` has the arguments and room for the results.
#[inline(never)]
unsafe extern "C" fn call_out(pc: *const u64, fp: *mut u64, func: *const VMFunc, base: *mut u64) -> Resume {
    // SAFETY: the caller's promise.
    unsafe {
        publish(pc, fp);
        match exits::invoke(func, base) {
            Status::Ok => Resume::at(pc, fp),
            Status::Exception => unwind_from_call(pc, fp),
            status => Resume::exit(status),
        }
    }
}

/// Calls a function in place of the running frame; its arguments are at `base`.
///
/// # Safety
/// The machine is at a tail call of `words` words.
#[inline(always)]
pub unsafe fn tail_call(s: &mut Machine, func: *const VMFunc, base: Slot, words: usize) -> Flow {
    // SAFETY: the caller's promise. The new frame is checked to fit in the value area before anything moves.
    unsafe {
        let code = (*func).interp_code.get() as *const InterpCode;
        let base = s.slot(base);
        if code.is_null() || (*code).chained != (*s.code()).chained {
            return divert(s, code::TAIL_OUT, func, base, words);
        }
        let args = s.fp.sub((*s.code()).locals as usize);
        let fp = args.wrapping_add((*code).locals as usize);
        if let Err(status) = check_call(s, code, fp) {
            return Flow::Exit(status);
        }
        // The arguments may land on the old header.
        let caller = [*s.fp, *s.fp.add(1)];
        move_down(args, base, (*code).params as usize);
        begin::<false>(s, func, code, fp, caller)
    }
}

/// A tail call of a function that is not interpreted.
///
/// # Safety
/// As [`call_out`].
#[inline(never)]
unsafe extern "C" fn tail_out(pc: *const u64, fp: *mut u64, func: *const VMFunc, base: *mut u64) -> Resume {
    // SAFETY: the caller's promise.
    unsafe {
        let count = exits::frame_slots(func).0;
        match Place::of(fp, count) {
            Some(place) => place.call(func, base, count),
            // The last word of the instruction serves as well as its head.
            None => Resume::exit(trap(pc.sub(1), fp, TrapCode::CallStackExhausted as u64, u64::MAX)),
        }
    }
}

/// Raises a new exception of a tag, with the payload at `payload`.
///
/// # Safety
/// `pc` is an instruction of the running frame `fp`; the payload has the tag's slots.
#[inline(never)]
pub unsafe extern "C" fn throw(pc: *const u64, fp: *mut u64, tag: u64, payload: *const u64) -> Resume {
    // SAFETY: the caller's promise. The payload is below the published top: a collection sees it.
    unsafe {
        let ctx = publish(pc.add(1), fp);
        let r = runtime(ctx, Libcall::ExceptionNew, [tag]);
        if r.status != Status::Ok {
            return Resume::exit(r.status);
        }
        let slots = (**(*ctx).tags.add(tag as usize)).slots as usize;
        let to = (*(*ctx).store).gc_base.add(r.value as usize + EXCEPTION_PAYLOAD as usize).cast::<u64>();
        to.copy_from_nonoverlapping(payload, slots);
        throw_ref(pc, fp, r.value)
    }
}

/// Raises an exception.
///
/// # Safety
/// `pc` is an instruction of the running frame `fp`; `exnref` is not null.
#[inline(never)]
pub unsafe extern "C" fn throw_ref(pc: *const u64, fp: *mut u64, exnref: u64) -> Resume {
    // SAFETY: the caller's promise.
    unsafe {
        // A loop may consist of throwing and catching alone: it has to be interruptible here.
        let ctx = publish(pc.add(1), fp);
        if (*(*ctx).store).stack_limit.is_interrupted() {
            return Resume::exit(interrupted(pc, fp));
        }
        match runtime(ctx, Libcall::Throw, [exnref]).status {
            Status::Exception => unwind(pc.add(1), fp),
            status => Resume::exit(status),
        }
    }
}

/// As [`unwind`], for an exception that a call ended with, unless an interruption is due.
///
/// # Safety
/// `fp` is a frame of the innermost activation; `pc` is behind the head of its current instruction.
pub unsafe fn unwind_from_call(pc: *const u64, fp: *mut u64) -> Resume {
    // SAFETY: the caller's promise; the store is alive.
    unsafe {
        // A loop may consist of calling and catching alone, and a host function that throws does not look for interrupts.
        let ctx = *fp.add(2) as *mut VMContext;
        if (*(*ctx).store).stack_limit.is_interrupted() {
            return Resume::exit(interrupted(pc.sub(1), fp));
        }
        unwind(pc, fp)
    }
}

/// Finds the handler of the exception in flight among the frames of this activation, and delivers the exception to it.
///
/// # Safety
/// `fp` is a frame of the innermost activation, or its root; `pc` is behind the head of its current instruction.
#[inline(never)]
unsafe fn unwind(mut pc: *const u64, mut fp: *mut u64) -> Resume {
    // SAFETY: the caller's promise; frames are linked down to the root, whose code is null. The exception in flight is
    // an object of the heap. A label's slots are in the frame.
    unsafe {
        while let Some(code) = (*fp.add(3) as *const InterpCode).as_ref() {
            let ctx = *fp.add(2) as *mut VMContext;
            let store = (*ctx).store;
            let exnref = (*store).pending_exception;
            let object = (*store).gc_base.add(exnref as usize);
            let tag = object.offset(EXCEPTION_TAG as isize).cast::<*const VMTag>().read();
            let word = code.word_before(pc);
            let mut outside = u32::MAX;
            let InterpCode { handlers, nesting, .. } = code.tables();
            let covering = nesting.covering(word).map(|h| &handlers[h]).filter(|h| {
                // A delegated exception bypasses the handlers of the blocks in between.
                let takes = h.level <= outside;
                outside = h.delegate.filter(|_| takes).unwrap_or(outside);
                takes
            });
            for catch in covering.flat_map(|h| &h.catches) {
                if catch.tag.is_some_and(|t| !std::ptr::eq(*(*ctx).tags.add(t as usize), tag)) {
                    continue;
                }
                let to = fp.offset(catch.to as isize);
                let payload = object.offset(EXCEPTION_PAYLOAD as isize).cast::<u64>();
                to.copy_from_nonoverlapping(payload, catch.payload as usize);
                if let Some(to) = catch.ref_to {
                    *fp.offset(to as isize) = u64::from(exnref);
                }
                return Resume::at(code.words.as_ptr().add(catch.target as usize), fp);
            }
            pc = *fp as *const u64;
            fp = *fp.add(1) as *mut u64;
        }
        Resume::exit(Status::Exception)
    }
}

/// Returns to the caller.
///
/// # Safety
/// Results are where the caller expects them.
#[inline(always)]
pub unsafe fn leave(s: &mut Machine) -> Flow {
    // SAFETY: the running frame has a header.
    unsafe { return_to(s, *s.fp as *const u64, *s.fp.add(1) as *mut u64) }
}

/// Copies results down to where the caller expects them, and returns.
///
/// # Safety
/// `count` slots from `from` on are in the frame.
#[inline(always)]
pub unsafe fn leave_many(s: &mut Machine, from: Slot, to: Slot, count: u32) -> Flow {
    // SAFETY: the caller's promise. The results may land on the header, which is read first.
    unsafe {
        let (pc, caller) = (*s.fp as *const u64, *s.fp.add(1) as *mut u64);
        move_down(s.slot(to), s.slot(from), count as usize);
        return_to(s, pc, caller)
    }
}

/// Continues at `pc` in the frame `caller`.
///
/// # Safety
/// It is the caller's frame, or the root of the activation, whose context is set too.
#[inline(always)]
unsafe fn return_to(s: &mut Machine, pc: *const u64, caller: *mut u64) -> Flow {
    // SAFETY: the caller's promise.
    unsafe {
        s.pc = pc;
        s.fp = caller;
        let ctx = *caller.add(2) as *mut VMContext;
        if ctx != s.ctx {
            s.ctx = ctx;
            s.reload_memory();
        }
        Flow::Next
    }
}
