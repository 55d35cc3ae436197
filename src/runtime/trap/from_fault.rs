//! Makes traps of faults in native code: decides in the signal handler whether a fault is a trap, and raises it
//! outside. The handlers are in [`signals`]; how a thread is redirected depends on the CPU.

use super::TrapCode;
use super::raise::raise_at;
use crate::runtime::code::{CONTEXT_SLOT, FunctionKind, SiteKind, lookup};
use crate::runtime::stacks::unwind::{self, ResumePoint};
use crate::runtime::sys::cpu;
use crate::runtime::sys::signals::{self, Fault, FaultKind, Redirect};
use crate::runtime::vm::{GUARD_BYTES, VMContext};
use std::fmt::Write;
use std::sync::atomic::{AtomicU32, Ordering};

/// Has faults of native code on this thread become traps, and gives the thread a stack for signals that several handlers fit in.
///
/// # Errors
/// If the address space is exhausted.
pub fn prepare_thread() -> std::io::Result<()> {
    signals::prepare_thread(classify)
}

/// Decides in a signal handler whether a fault is a trap, and if so, where to continue. A fault is only a trap if it is
/// exactly as a trap site announces.
fn classify(fault: &Fault) -> Option<Redirect> {
    // SAFETY: the PC is one of the current thread.
    let object = unsafe { lookup(fault.pc) }?;
    let site = object.trap_at(object.offset_of(fault.pc)?)?;
    // SAFETY: frames of native code hold their context there at each trap site.
    let ctx = unsafe { *(fault.fp.wrapping_add_signed(CONTEXT_SLOT as isize) as *const *mut VMContext) };
    let genuine = match (site.kind, fault.kind) {
        (SiteKind::Explicit | SiteKind::Detail { .. }, FaultKind::Illegal) => true,
        (SiteKind::Memory(index), FaultKind::Access { address }) => {
            // SAFETY: code of a module accesses only memories that the module has; a context points to all of them.
            let memory = unsafe { &**(*ctx).memories.add(index as usize) };
            let reservation = 0..(1u64 << 32) + GUARD_BYTES;
            // No access below the current length faults: such a fault does not belong to the bounds check, unless
            // another thread grew the memory since.
            let offset = (address as u64).wrapping_sub(memory.base as u64);
            memory.guarded != 0
                && reservation.contains(&offset)
                && (offset >= memory.byte_len.load(Ordering::Relaxed) as u64 || memory.shared != 0)
        }
        _ => false,
    };
    if !genuine {
        return None;
    }
    let detail = match site.kind {
        SiteKind::Detail { register, bits } => fault.registers.general[usize::from(register)] & u64::MAX >> (64 - bits),
        SiteKind::Explicit | SiteKind::Memory(_) => u64::MAX,
    };
    // SAFETY: the context is that of a running function.
    unsafe {
        (*(*ctx).store).pending_trap_detail = detail;
        (*(*ctx).store).fault_registers = fault.registers;
        let stack = (*(*ctx).store).stack;
        ((*stack).exit_pc, (*stack).exit_sp, (*stack).exit_fp) = (fault.pc, fault.sp, fault.fp);
    }
    Some(Redirect { target: cpu::fault_entry()?, ctx: ctx as usize, code: site.code as usize })
}

/// Makes this process report, before it dies of a fault in native code that is not a trap, the function that faulted.
/// `imported`: number of functions that precede those that the module defines.
pub fn report_crashes(imported: u32) {
    IMPORTED.store(imported, Ordering::Relaxed);
    signals::set_last_words(last_words);
}

/// Number of functions that the module imports, for [`last_words`], which must not look it up in a context that may be
/// broken.
static IMPORTED: AtomicU32 = AtomicU32::new(0);

/// Runs in the signal handler: allocates nothing. Faults outside of native code are not described.
fn last_words(signal: &str, fault: &Fault, out: &mut dyn Write) {
    // SAFETY: the PC is one of the current thread.
    let Some(object) = (unsafe { lookup(fault.pc) }) else { return };
    let Some((offset, function)) = object.offset_of(fault.pc).and_then(|at| Some((at, object.function_at(at)?))) else {
        return;
    };
    let at = offset - function.start;
    let _ = match function.kind {
        FunctionKind::Body(body) => {
            let index = body.0 + IMPORTED.load(Ordering::Relaxed);
            writeln!(
                out,
                "Crash: {signal} in JIT code (wasm={index}), at byte {at:#x} of it: no trap is expected there"
            )
        }
        FunctionKind::Adapter => writeln!(out, "Crash: {signal} in an adapter between tiers, at byte {at:#x} of it"),
    };
    if let FaultKind::Access { address } = fault.kind {
        let _ = writeln!(out, "  the address is {address:#x}");
    }
    let _ =
        writeln!(out, "  This is a defect of wasmoon. `--no-jit` runs the program without it; `wasmoon explore FILE");
    let _ = writeln!(out, "  --stage asm` shows the code, and `wasmoon bisect` looks for the reason.");
}

/// Raises the trap of a fault, outside of the signal handler, on the native stack.
///
/// # Safety
/// `classify` has just redirected the current thread here; `resume` is valid for writing.
pub unsafe extern "C" fn after_fault(ctx: *mut VMContext, code: u64, resume: *mut ResumePoint) {
    let code = TrapCode::from_u8(code as u8).expect("sites hold only valid trap codes");
    // SAFETY: the caller's promise: the innermost activation is native, and its exit was recorded.
    unsafe {
        let store = (*ctx).store;
        let status = raise_at(store, code, (*store).pending_trap_detail, true);
        *resume = unwind::landing(store, status);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::BodyIndex;
    use crate::runtime::code::{CodeObject, CodeTables, FunctionRange};
    use crate::runtime::observe::post_mortem::Registers;

    #[test]
    fn last_words_name_the_function() {
        let range = FunctionRange { start: 4, end: 10, kind: FunctionKind::Body(BodyIndex(7)) };
        let tables = CodeTables { functions: vec![range], ..CodeTables::default() };
        let object = CodeObject::publish(&[0x90; 10], tables).unwrap();
        let words = |pc: usize| {
            let (kind, registers) = (FaultKind::Access { address: 0xbad }, Registers::default());
            let mut out = String::new();
            last_words("SIGSEGV", &Fault { kind, pc, sp: 0, fp: 0, registers }, &mut out);
            out
        };
        let base = object.base() as usize;
        let text = words(base + 6);
        assert!(text.starts_with("Crash: SIGSEGV in JIT code (wasm=7), at byte 0x2 of it"), "{text}");
        assert!(text.contains("the address is 0xbad"), "{text}");
        assert_eq!(words(base + 1), "", "no function");
        assert_eq!(words(&raw const object as usize), "", "no code");
    }
}
