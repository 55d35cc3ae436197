//! Stack switching: the values that pass from a frame to another stack, and those that come back.
//!
//! Each of these operations leaves the dispatch, and its stack may be suspended for any length of time before it is
//! resumed. Everything that the machine holds in registers is then reloaded
//! ([`Machine::resume`](super::machine::Machine::resume)). Arguments are in consecutive slots, and the results go to
//! where the first of them was.

use super::calls;
use super::encoding::{Daxn, Operands, Resumption, Slot, Suspension};
use super::slow_paths::{Resume, libcall_at};
use crate::runtime::heap::layout::EXCEPTION_PAYLOAD;
use crate::runtime::libcalls::Libcall;
use crate::runtime::vm::{LibcallResult, ON_SWITCH, Status, TRANSFER_SLOTS, VMContext, VMTag};

/// The two words of a handler that follow the instruction. The first has the tag and whether it handles `switch`.
pub mod handler {
    /// Bit of the first word.
    pub const ON_SWITCH: u64 = 1 << 32;
    /// The second word: the target (as [`Target`](crate::interp::encoding::Target), in the lower half), the slot where
    /// the label takes its first value, and the number of slots that it takes.
    pub const fn label(to: i16, slots: u16) -> u64 {
        (to as u16 as u64) << 32 | (slots as u64) << 48
    }
}

/// The maximum number of handlers of a `resume` whose arguments take `slots` slots; for a `resume_throw`, `slots` is 0.
pub fn most_handlers(slots: usize) -> usize {
    TRANSFER_SLOTS - slots
}

/// The operands of the instruction at `pc`.
///
/// # Safety
/// `pc` is an instruction of this layout.
unsafe fn operands<T: Operands>(pc: *const u64) -> T {
    // SAFETY: operands follow the head.
    unsafe { *pc.add(1).cast::<T>() }
}

/// The context of a frame.
///
/// # Safety
/// `fp` is a running frame; the result is only used while its context is alive.
unsafe fn context(fp: *mut u64) -> *mut VMContext {
    // SAFETY: the caller's promise.
    unsafe { *fp.add(2) as *mut VMContext }
}

/// Copies slots of the frame to the transfer area, from its slot `at` on.
///
/// # Safety
/// They are in the frame, and there is room.
unsafe fn send(fp: *mut u64, from: *const u64, at: usize, count: usize) {
    // SAFETY: the caller's promise.
    unsafe { (*(*context(fp)).store).transfer.add(at).copy_from_nonoverlapping(from, count) }
}

/// Copies values from another stack to slots of the frame.
///
/// # Safety
/// As [`send`].
unsafe fn receive(fp: *mut u64, to: *mut u64, count: usize) {
    // SAFETY: the caller's promise.
    unsafe { to.copy_from_nonoverlapping((*(*context(fp)).store).transfer, count) }
}

fn slot(fp: *mut u64, slot: Slot) -> *mut u64 {
    fp.wrapping_offset(slot.0 as isize)
}

/// `cont.bind`: some arguments of a continuation, and the continuation behind them.
///
/// # Safety
/// `pc` is such an instruction of the running frame `fp`.
#[inline(never)]
pub unsafe extern "C" fn bind(pc: *const u64, fp: *mut u64) -> LibcallResult {
    // SAFETY: the caller's promise.
    unsafe {
        let i: Daxn = operands(pc);
        let (from, count) = (slot(fp, i.a), i.count as usize);
        send(fp, from, 0, count);
        let cont = u64::from(*from.add(count) as u32);
        libcall_at(pc, fp, Libcall::ContBind, [i.index.into(), cont, i.count.into()]).1
    }
}

/// Continues at `next`, after an instruction that another stack completed, or where an exception is caught. `count`
/// results go to `to`.
///
/// # Safety
/// `pc` is an instruction of the running frame `fp`, `next` the one behind it; the results' slots are in the frame.
unsafe fn go_on(pc: *const u64, fp: *mut u64, status: Status, next: *const u64, to: *mut u64, count: u32) -> Resume {
    // SAFETY: the caller's promise.
    unsafe {
        match status {
            Status::Ok => {
                receive(fp, to, count as usize);
                Resume::at(next, fp)
            }
            Status::Exception => calls::unwind_from_call(pc.add(1), fp),
            status => Resume::exit(status),
        }
    }
}

/// `suspend`.
///
/// # Safety
/// As [`bind`].
#[inline(never)]
pub unsafe extern "C" fn suspend(pc: *const u64, fp: *mut u64) -> Resume {
    // SAFETY: the caller's promise.
    unsafe {
        let i: Suspension = operands(pc);
        let values = slot(fp, i.a);
        send(fp, values, 0, i.count as usize);
        let (_, r) = libcall_at(pc, fp, Libcall::Suspend, [i.tag.into(), i.count.into()]);
        go_on(pc, fp, r.status, pc.add(1 + Suspension::WORDS), values, i.results)
    }
}

/// `switch`: the continuation is behind the arguments.
///
/// # Safety
/// As [`bind`].
#[inline(never)]
pub unsafe extern "C" fn switch(pc: *const u64, fp: *mut u64) -> Resume {
    // SAFETY: the caller's promise.
    unsafe {
        let i: Suspension = operands(pc);
        let (values, count) = (slot(fp, i.a), i.count as usize);
        send(fp, values, 0, count);
        let cont = u64::from(*values.add(count) as u32);
        let (_, r) = libcall_at(pc, fp, Libcall::Switch, [cont, i.tag.into(), i.count.into()]);
        go_on(pc, fp, r.status, pc.add(1 + Suspension::WORDS), values, i.results)
    }
}

/// `resume`: the continuation is behind the arguments; handlers follow the instruction.
///
/// # Safety
/// As [`bind`].
#[inline(never)]
pub unsafe extern "C" fn resume(pc: *const u64, fp: *mut u64) -> Resume {
    // SAFETY: the caller's promise.
    unsafe {
        let i: Resumption = operands(pc);
        let (values, count) = (slot(fp, i.a), i.count as usize);
        send(fp, values, 0, count);
        let cont = u64::from(*values.add(count) as u32);
        send_handlers(pc, fp, count, i.handlers);
        let (_, r) = libcall_at(pc, fp, Libcall::Resume, [cont, i.count.into(), i.handlers.into()]);
        resumed(pc, fp, r)
    }
}

/// `resume_throw_ref`: the exception is in the first slot, the continuation behind it.
///
/// # Safety
/// As [`bind`].
#[inline(never)]
pub unsafe extern "C" fn resume_throw_ref(pc: *const u64, fp: *mut u64) -> Resume {
    // SAFETY: the caller's promise.
    unsafe {
        let i: Resumption = operands(pc);
        let values = slot(fp, i.a);
        throw_into(pc, fp, u64::from(*values.add(1) as u32), u64::from(*values as u32), i.handlers)
    }
}

/// `resume_throw`: the payload of the exception is in front of the continuation.
///
/// # Safety
/// As [`bind`].
#[inline(never)]
pub unsafe extern "C" fn resume_throw(pc: *const u64, fp: *mut u64) -> Resume {
    // SAFETY: the caller's promise. The payload is below the published top: a collection sees it.
    unsafe {
        let i: Resumption = operands(pc);
        let (values, count) = (slot(fp, i.a), i.count as usize);
        let (ctx, r) = libcall_at(pc, fp, Libcall::ExceptionNew, [i.tag.into()]);
        if r.status != Status::Ok {
            return Resume::exit(r.status);
        }
        let payload = (*(*ctx).store).gc_base.add(r.value as usize + EXCEPTION_PAYLOAD as usize).cast::<u64>();
        payload.copy_from_nonoverlapping(values, count);
        throw_into(pc, fp, u64::from(*values.add(count) as u32), r.value, i.handlers)
    }
}

/// Resumes a continuation with an exception.
///
/// # Safety
/// As [`bind`]; the instruction has this many handlers.
unsafe fn throw_into(pc: *const u64, fp: *mut u64, cont: u64, exnref: u64, handlers: u32) -> Resume {
    // SAFETY: the caller's promise.
    unsafe {
        send_handlers(pc, fp, 0, handlers);
        let (_, r) = libcall_at(pc, fp, Libcall::ResumeThrow, [cont, exnref, handlers.into()]);
        resumed(pc, fp, r)
    }
}

/// The words of the handlers that follow an instruction.
///
/// # Safety
/// `pc` is an instruction with this many handlers.
unsafe fn handlers<'a>(pc: *const u64, count: u32) -> &'a [[u64; 2]] {
    // SAFETY: the caller's promise; code outlives its execution.
    unsafe { std::slice::from_raw_parts(pc.add(1 + Resumption::WORDS).cast(), count as usize) }
}

/// Puts the tags of the handlers where the runtime looks for them.
///
/// # Safety
/// As [`handlers`], of the running frame `fp`; there is room from slot `at` on.
unsafe fn send_handlers(pc: *const u64, fp: *mut u64, at: usize, count: u32) {
    // SAFETY: the caller's promise; the context has the tags that its module names.
    unsafe {
        let ctx = context(fp);
        for (i, [tag, _]) in handlers(pc, count).iter().enumerate() {
            let address: *mut VMTag = *(*ctx).tags.add(*tag as u32 as usize);
            let switch = if tag & handler::ON_SWITCH != 0 { ON_SWITCH } else { 0 };
            *(*(*ctx).store).transfer.add(at + i) = address as u64 | switch;
        }
    }
}

/// Continues after a `resume`, at the label of a handler, or where an exception is caught.
///
/// # Safety
/// As [`bind`], with operands of layout [`Resumption`].
unsafe fn resumed(pc: *const u64, fp: *mut u64, r: LibcallResult) -> Resume {
    // SAFETY: the caller's promise; the slots that a label takes are in the frame.
    unsafe {
        let i: Resumption = operands(pc);
        match r.value.checked_sub(1).filter(|_| r.status == Status::Ok) {
            None => {
                let next = pc.add(1 + Resumption::WORDS + 2 * i.handlers as usize);
                go_on(pc, fp, r.status, next, slot(fp, i.a), i.results)
            }
            Some(handler) => {
                let [_, label] = handlers(pc, i.handlers)[handler as usize];
                receive(fp, slot(fp, Slot((label >> 32) as i16)), (label >> 48) as usize);
                Resume::at(pc.offset(label as i32 as isize), fp)
            }
        }
    }
}
