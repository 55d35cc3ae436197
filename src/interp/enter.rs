//! Entering interpreted functions from Rust.

use super::code::{self, InterpCode};
use super::dispatch;
use super::frame::HEADER;
use super::machine::Machine;
use super::slow_paths::runtime;
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use crate::runtime::vm::{ActivationKind, Status, VMActivation, VMFunc};
use std::ffi::c_void;

impl InterpCode {
    /// Routes a function to this code: every entry except the native one, for which the engine has adapters.
    pub fn install(&self, func: &VMFunc) {
        func.interp_code.publish(self.address().cast_mut());
        func.array_entry.publish(enter as *mut c_void);
    }
}

/// Enters an interpreted function from Rust: the `array_entry` of all interpreted functions.
///
/// # Safety
/// As for any [`ArrayEntry`](crate::runtime::vm::ArrayEntry); the function has interpreter code.
pub unsafe extern "C" fn enter(func: *const VMFunc, slots: *mut u64) -> Status {
    // SAFETY: function, context, store and stack are alive while they execute. The value area between the published
    // top and its end is free, and the frame is checked to fit.
    unsafe {
        let code = &*((*func).interp_code.get() as *const InterpCode);
        let ctx = (*func).ctx;
        let store = (*ctx).store;
        let stack = (*store).stack;

        // The native stack: activations nest through it.
        let marker = 0u8;
        while (&raw const marker as usize) < (*store).stack_limit.get() {
            let r = runtime(ctx, Libcall::StackCheck, []);
            if r.status != Status::Ok {
                return r.status;
            }
        }

        let root = (*stack).values_top;
        let args = root.add(HEADER);
        let fp = args.wrapping_add(code.locals as usize);
        let end = fp.wrapping_add(code.extent as usize);
        let room = args.wrapping_add(code.results as usize).max(end);
        if room > (*stack).values_end {
            return runtime(ctx, Libcall::Trap, [TrapCode::CallStackExhausted as u64, u64::MAX]).status;
        }
        root.write_bytes(0, HEADER);
        *root.add(2) = ctx as u64;
        args.copy_from_nonoverlapping(slots, code.params as usize);
        fp.sub(code.zeroed as usize).write_bytes(0, code.zeroed as usize);
        *fp = code.words.as_ptr() as u64;
        *fp.add(1) = root as u64;
        *fp.add(2) = ctx as u64;
        *fp.add(3) = std::ptr::from_ref(code) as u64;

        let mut activation = VMActivation {
            prev: (*stack).activation,
            kind: ActivationKind::Interp,
            frame: root as usize,
            landing_sp: 0,
            landing_pc: 0,
            saved_exit: [(*stack).exit_pc, (*stack).exit_sp, (*stack).exit_fp],
            walk: Some(code::walk),
        };
        (*stack).activation = &raw mut activation;
        (*store).interp_calls += 1;

        let mut state =
            Machine { pc: code.entry, fp, ctx, mem: std::ptr::null_mut(), len: 0, acc: 0, acc32: 0.0, acc64: 0.0 };
        state.reload_memory();
        let status = dispatch::run(state, code.chained);

        (*stack).activation = activation.prev;
        [(*stack).exit_pc, (*stack).exit_sp, (*stack).exit_fp] = activation.saved_exit;
        (*stack).values_top = root;
        if status == Status::Ok {
            slots.copy_from_nonoverlapping(args, code.results as usize);
        }
        status
    }
}
