//! Walks over frames, and the targets of exceptions and traps: handlers and landing pads.
//!
//! Walks never cross Rust frames: each activation is a contiguous run of frames of one kind, and an exit trampoline
//! records where native code left to Rust.

use crate::runtime::code::{CALLER_SLOT, CONTEXT_SLOT, CodeObject, FunctionKind, RETURN_SLOT, lookup};
use crate::runtime::value::GcRef;
use crate::runtime::vm::{ActivationKind, Backtrace, RawFrame, Status, VMActivation, VMContext, VMStore};
use std::num::NonZeroU32;
use std::ops::ControlFlow;

/// The maximum number of frames in a backtrace: innermost and outermost ones.
const INNER_FRAMES: usize = 100;
const OUTER_FRAMES: usize = 10;

/// The state with which native execution continues: filled in for the trampolines, which load it into registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct ResumePoint {
    /// The program counter.
    pub pc: usize,
    /// The stack pointer.
    pub sp: usize,
    /// The frame pointer.
    pub fp: usize,
    /// The status that a landing pad returns.
    pub status: u64,
}

/// A native frame: of a function or an adapter.
struct NativeFrame<'a> {
    object: &'a CodeObject,
    /// Offset in `object`, of a return address or of the faulting instruction.
    offset: u32,
    /// Whether it is that of the faulting instruction.
    fault: bool,
    fp: usize,
}

impl NativeFrame<'_> {
    /// Whether code can be left where this frame is: at a call or trap site of a function, or anywhere in an adapter.
    fn is_left_properly(&self) -> bool {
        let inside = if self.fault { self.offset } else { self.offset - 1 };
        match self.object.function_at(inside).map(|function| function.kind) {
            Some(FunctionKind::Body(_)) if self.fault => self.object.trap_at(self.offset).is_some(),
            Some(FunctionKind::Body(_)) => self.object.call_at(self.offset).is_some(),
            Some(FunctionKind::Adapter) => true,
            None => false,
        }
    }

    /// The site in a body; `None` for adapters.
    fn site(&self) -> Option<BodySite> {
        // A call may be the last instruction of its function.
        let inside = if self.fault { self.offset } else { self.offset - 1 };
        let function = self.object.function_at(inside)?;
        let FunctionKind::Body(body) = function.kind else { return None };
        let module_offset = if self.fault {
            self.object.trap_at(self.offset).map(|t| t.wasm_offset)
        } else {
            self.object.call_at(self.offset).map(|c| c.wasm_offset)
        };
        Some(BodySite { body: body.0, module_offset, code_offset: self.offset - function.start })
    }

    /// # Safety
    /// The frame is live, and at a call or trap site of a function.
    unsafe fn context(&self) -> *mut VMContext {
        // SAFETY: such frames hold their context there.
        unsafe { *(self.fp.wrapping_add_signed(CONTEXT_SLOT as isize) as *const *mut VMContext) }
    }
}

/// A position in the code of a body, as the code's tables describe it.
#[derive(Clone, Copy)]
struct BodySite {
    body: u32,
    module_offset: Option<u32>,
    /// Offset in the function's code.
    code_offset: u32,
}

/// A cache of sites by return address: an exhausted stack has the same few addresses ten thousand times.
#[derive(Default)]
struct SiteCache([(usize, Option<BodySite>); 16]);

impl SiteCache {
    fn of(&mut self, frame: &NativeFrame) -> Option<BodySite> {
        let pc = frame.object.address(frame.offset) as usize;
        if frame.fault {
            return frame.site();
        }
        let known = &mut self.0[pc % 16];
        if known.0 != pc {
            *known = (pc, frame.site());
        }
        known.1
    }
}

/// The frame of native code that faulted at `pc`, or returns there (a call may be the last instruction of its code). `None`
/// outside of all published code.
///
/// # Safety
/// Published code at `pc`, if any, is kept alive for the chosen lifetime.
unsafe fn native_frame<'a>(pc: usize, fault: bool, fp: usize) -> Option<NativeFrame<'a>> {
    // SAFETY: the caller's promise.
    let object = unsafe { lookup(if fault { pc } else { pc - 1 }) }?;
    let offset = object.offset_of(pc).expect("at most one beyond the code");
    Some(NativeFrame { object, offset, fault, fp })
}

/// Visits the frames of a native activation, innermost first, from the point where it left (`pc`, `fp`).
///
/// # Safety
/// The activation left to Rust at `pc` and `fp` (or faulted there, if `fault`), and its frames are intact.
unsafe fn native_frames<'a>(
    activation: &VMActivation,
    (mut pc, mut fp): (usize, usize),
    mut fault: bool,
    mut visit: impl FnMut(NativeFrame<'a>) -> ControlFlow<()>,
) -> ControlFlow<()> {
    while fp != activation.frame {
        // SAFETY: frames of an activation keep their code alive.
        let Some(frame) = (unsafe { native_frame(pc, fault, fp) }) else {
            debug_assert!(false, "a native frame at {pc:#x}, outside of all published code");
            return ControlFlow::Continue(());
        };
        debug_assert!(frame.is_left_properly(), "no site at {pc:#x} (a fault: {fault})");
        visit(frame)?;
        // SAFETY: every native frame starts with the caller's FP and the return address.
        unsafe {
            pc = *(fp.wrapping_add_signed(RETURN_SLOT as isize) as *const usize);
            fp = *(fp.wrapping_add_signed(CALLER_SLOT as isize) as *const usize);
        }
        fault = false;
    }
    ControlFlow::Continue(())
}

/// Visits all WebAssembly frames, of all tiers, on the running stack and those that resumed it, innermost first.
///
/// `fault` tells that the innermost activation is native and was left by a fault, not by a call.
///
/// # Safety
/// `store` runs on the current thread, and native code has left to Rust; activations of other kinds have published
/// their frames.
pub unsafe fn walk(
    store: *const VMStore,
    mut fault: bool,
    visit: &mut dyn FnMut(RawFrame) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut sites = SiteCache::default();
    // SAFETY: activations are live until they are unlinked; the rest is the caller's promise.
    unsafe {
        // From a stack to the one that resumed it.
        let mut on = (*store).stack.cast_const();
        while let Some(stack) = on.as_ref() {
            let mut exit = (stack.exit_pc, stack.exit_fp);
            let mut next = stack.activation.cast_const();
            while let Some(activation) = next.as_ref() {
                match (activation.kind, activation.walk) {
                    (ActivationKind::Native, _) => {
                        native_frames(activation, exit, fault, |frame| match sites.of(&frame) {
                            Some(BodySite { body, module_offset, code_offset }) => {
                                let (ctx, code_offset) = (frame.context(), Some(code_offset));
                                visit(RawFrame { ctx, body, module_offset, tier: "jit", code_offset, slots: None })
                            }
                            None => ControlFlow::Continue(()),
                        })?;
                        exit = (activation.saved_exit[0], activation.saved_exit[2]);
                    }
                    (ActivationKind::Interp | ActivationKind::Eval, Some(walk)) => walk(activation, visit)?,
                    (ActivationKind::Interp | ActivationKind::Eval, None) => {}
                }
                fault = false;
                next = activation.prev;
            }
            on = stack.parent;
        }
    }
    ControlFlow::Continue(())
}

/// Stores the frames in [`VMStore::backtrace`].
///
/// # Safety
/// As [`walk`].
pub unsafe fn capture(store: *mut VMStore, fault: bool) {
    let mut frames = Backtrace::default();
    // SAFETY: the caller's promise.
    unsafe {
        let _ = walk(store, fault, &mut |frame| {
            let frame = RawFrame { slots: None, ..frame };
            if frames.inner.len() < INNER_FRAMES {
                frames.inner.push(frame);
            } else {
                if frames.outer.len() == OUTER_FRAMES {
                    frames.outer.pop_front();
                    frames.omitted += 1;
                }
                frames.outer.push_back(frame);
            }
            ControlFlow::Continue(())
        });
        (*store).backtrace = frames;
    }
}

/// Determines where to continue after a libcall of native code ended with `status` (not `Ok`): at the innermost handler
/// for the exception in flight, or at the landing pad of the activation. Called by exit trampolines.
///
/// # Safety
/// Native code of `ctx` has just left through an exit trampoline; `resume` is valid for writing.
pub unsafe extern "C" fn after_libcall(ctx: *mut VMContext, status: Status, resume: *mut ResumePoint) {
    // SAFETY: the caller's promise: the innermost activation is native, and has left.
    unsafe {
        let store = (*ctx).store;
        let handler = if status == Status::Exception { find_handler(store) } else { None };
        *resume = handler.unwrap_or_else(|| landing(store, status));
    }
}

/// The landing pad of the innermost activation.
///
/// # Safety
/// The activation is native.
pub(in crate::runtime) unsafe fn landing(store: *const VMStore, status: Status) -> ResumePoint {
    // SAFETY: the caller's promise.
    unsafe {
        let activation = &*(*(*store).stack).activation;
        debug_assert_eq!(activation.kind, ActivationKind::Native);
        let VMActivation { landing_pc: pc, landing_sp: sp, frame: fp, .. } = *activation;
        ResumePoint { pc, sp, fp, status: status as u64 }
    }
}

/// The innermost handler for the exception in flight among the frames of the innermost activation.
///
/// # Safety
/// That activation is native and has left to Rust.
unsafe fn find_handler(store: *const VMStore) -> Option<ResumePoint> {
    // SAFETY: the caller's promise; the context of a frame is live, and has the tags its module names.
    unsafe {
        let stack = &*(*store).stack;
        let exception = GcRef(NonZeroU32::new((*store).pending_exception)?);
        let thrown = (*store).heap.exception_tag(exception);
        let mut found = None;
        let _ = native_frames(&*stack.activation, (stack.exit_pc, stack.exit_fp), false, |frame| {
            let handlers = frame.object.call_at(frame.offset).map_or(&[][..], |call| &call.handlers);
            let catches = |tag: u32| (*(*frame.context()).tags.add(tag as usize)).cast_const() == thrown;
            let Some(handler) = handlers.iter().find(|h| h.tag.is_none_or(catches)) else {
                return ControlFlow::Continue(());
            };
            let pc = frame.object.address(handler.offset) as usize;
            // The handler recomputes SP; until then it may be anywhere below its frame.
            found = Some(ResumePoint { pc, sp: stack.exit_sp, fp: frame.fp, status: Status::Ok as u64 });
            ControlFlow::Break(())
        });
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::BodyIndex;
    use crate::random::Random;
    use crate::runtime::code::{CallSite, CodeTables, FunctionRange, SiteKind, TrapSite};
    use crate::runtime::sys::mmap::page_size;
    use crate::runtime::trap::TrapCode;

    /// The return address of a call that ends a function is the beginning of the next one, and belongs to the first; a
    /// fault there belongs to the second. Asking again, in any order, gives the same answer.
    #[test]
    fn a_place_belongs_to_the_function_that_called_or_faulted_there() {
        let function = |start, end, kind| FunctionRange { start, end, kind };
        let functions = vec![
            function(0, 10, FunctionKind::Body(BodyIndex(7))),
            function(10, 20, FunctionKind::Adapter),
            function(20, 300, FunctionKind::Body(BodyIndex(9))),
            function(300, 310, FunctionKind::Body(BodyIndex(2))),
        ];
        let trap = |offset: u32| TrapSite {
            offset,
            kind: SiteKind::Explicit,
            code: TrapCode::Unreachable,
            wasm_offset: 1000 + offset,
        };
        let traps = [0, 9, 10, 20, 299, 300, 309].map(trap).into();
        let call = |offset: u32| CallSite { return_offset: offset, wasm_offset: 2000 + offset, handlers: vec![] };
        // Many at the same place of the cache.
        let returns: Vec<u32> = [1, 10, 20, 21].into_iter().chain((28..300).step_by(16)).chain([300, 310]).collect();
        let calls = returns.iter().map(|&offset| call(offset)).collect();
        let object = CodeObject::publish(&[0x90; 310], CodeTables { functions, traps, calls }).unwrap();
        let expected = |offset: u32, fault: bool| {
            let place = if fault { Some(1000 + offset) } else { Some(2000 + offset) };
            let inside = if fault { offset } else { offset - 1 };
            match inside {
                0..10 => Some((7, place, offset)),
                10..20 => None,
                20..300 => Some((9, place, offset - 20)),
                _ => Some((2, place, offset - 300)),
            }
        };
        let known = returns.iter().map(|&offset| (offset, false));
        let known: Vec<(u32, bool)> = known.chain([0, 9, 10, 20, 299, 300, 309].map(|offset| (offset, true))).collect();
        let (mut cache, mut random) = (SiteCache::default(), Random::new(5));
        for _ in 0..2_000 {
            let (offset, fault) = known[random.below(known.len() as u64) as usize];
            let frame = NativeFrame { object: &object, offset, fault, fp: 0 };
            let found = cache.of(&frame).map(|site| (site.body, site.module_offset, site.code_offset));
            assert_eq!(found, expected(offset, fault), "{offset}, {fault}");
        }
    }

    /// A body is only left at its sites, an adapter anywhere, and code outside functions nowhere.
    #[test]
    fn frames_are_left_at_sites() {
        let functions = vec![
            FunctionRange { start: 0, end: 10, kind: FunctionKind::Body(BodyIndex(7)) },
            FunctionRange { start: 20, end: 30, kind: FunctionKind::Adapter },
        ];
        let trap = |offset| TrapSite { offset, kind: SiteKind::Explicit, code: TrapCode::Unreachable, wasm_offset: 0 };
        let call = |return_offset| CallSite { return_offset, wasm_offset: 0, handlers: vec![] };
        // Those at 15 are in no function.
        let tables = CodeTables { functions, traps: vec![trap(3), trap(15)], calls: vec![call(10), call(15)] };
        let object = CodeObject::publish(&[0x90; 40], tables).unwrap();
        for offset in 0..40 {
            let is_left = |fault| NativeFrame { object: &object, offset, fault, fp: 0 }.is_left_properly();
            assert_eq!(is_left(true), offset == 3 || (20..30).contains(&offset), "a fault at {offset}");
            if offset > 0 {
                assert_eq!(is_left(false), offset == 10 || (21..=30).contains(&offset), "a call before {offset}");
            }
        }
    }

    /// Code fills its pages; the next code begins where it ends: a return address there belongs to the first, a fault to the
    /// second.
    #[test]
    fn a_return_address_beyond_the_code_belongs_to_it() {
        let len = page_size();
        let object = || {
            let body = FunctionRange { start: 0, end: len as u32, kind: FunctionKind::Body(BodyIndex(0)) };
            let call = |return_offset| CallSite { return_offset, wasm_offset: 1, handlers: vec![] };
            let trap = TrapSite { offset: 0, kind: SiteKind::Explicit, code: TrapCode::Unreachable, wasm_offset: 1 };
            let tables =
                CodeTables { functions: vec![body], traps: vec![trap], calls: vec![call(5), call(len as u32)] };
            CodeObject::publish(&vec![0x90; len], tables).unwrap()
        };
        let objects: Vec<_> = (0..64).map(|_| object()).collect();
        let mut neighbours = 0;
        for first in &objects {
            let end = first.base() as usize + len;
            let frame = |pc, fault| {
                // SAFETY: the objects live; those of other tests are not looked into.
                let frame = unsafe { native_frame(pc, fault, 0) }.expect("there is code");
                (frame.object.base(), frame.offset, frame.is_left_properly())
            };
            let start = first.base();
            assert_eq!(frame(end, false), (start, len as u32, true));
            assert_eq!(frame(end - 1, false), (start, len as u32 - 1, false));
            assert_eq!(frame(start as usize, true), (start, 0, true));
            assert_eq!(frame(start as usize + 5, false), (start, 5, true));
            assert_eq!(frame(start as usize + 5, true), (start, 5, false));
            if let Some(second) = objects.iter().find(|object| object.base() as usize == end) {
                neighbours += 1;
                assert_eq!(frame(end, true), (second.base(), 0, true));
            }
        }
        assert!(neighbours > 0);
    }
}
