//! Turns faults in native code into traps: decides in the signal handler whether a fault is a trap, and raises it
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

/// Makes faults of native code on this thread become traps, and gives the thread a signal stack that several handlers fit in.
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
    let _ = writeln!(out, "  This is a bug in wasmoon. `--no-jit` runs the program without it; `wasmoon explore FILE");
    let _ = writeln!(out, "  --stage asm` shows the code, and `wasmoon bisect` looks for the cause.");
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
    use crate::runtime::code::{CodeObject, CodeTables, FunctionRange, TrapSite};
    use crate::runtime::heap::Heap;
    use crate::runtime::observe::post_mortem::Registers;
    use crate::runtime::stacks::activation::Stack;
    use crate::runtime::vm::{VMMemory, VMStore};
    use std::ptr::null_mut;
    use std::sync::atomic::AtomicUsize;

    /// Sites of all kinds, and faults of all kinds at, before and after them: a fault is a trap only where a site says
    /// so, and an access only in the inaccessible part of a guarded memory.
    #[test]
    fn only_a_fault_that_a_site_announces_is_a_trap() {
        if cpu::fault_entry().is_none() {
            return;
        }
        const PAGES: u64 = 3 << 16;
        const BASE: u64 = 1 << 40;
        let memory = |guarded, shared| VMMemory {
            base: BASE as *mut u8,
            byte_len: AtomicUsize::new(PAGES as usize),
            page_shift: 16,
            guarded,
            shared,
        };
        let mut memories = [memory(1, 0), memory(1, 1), memory(0, 0)];
        let memories: Vec<*mut VMMemory> = memories.iter_mut().map(|memory| &raw mut *memory).collect();
        let mut stack = Stack::new(4096).unwrap();
        let mut store = VMStore::new(&mut stack, Heap::new(0, false));
        let store = &raw mut store;
        let mut ctx = VMContext { memories: memories.as_ptr(), ..VMContext::new(store) };
        // A frame, whose context lies below where FP points.
        let frame = [&raw mut ctx, null_mut()];
        let fp = &raw const frame[1] as usize;
        let kinds = [
            SiteKind::Explicit,
            SiteKind::Detail { register: 2, bits: 32 },
            SiteKind::Detail { register: 5, bits: 64 },
            SiteKind::Detail { register: 0, bits: 1 },
            SiteKind::Memory(0),
            SiteKind::Memory(1),
            SiteKind::Memory(2),
        ];
        let site = |(i, kind)| TrapSite { offset: 10 * (i as u32 + 1), kind, code: TrapCode::ALL[i], wasm_offset: 0 };
        let traps: Vec<TrapSite> = kinds.into_iter().enumerate().map(site).collect();
        let code = CodeObject::publish(&[0x90; 100], CodeTables { traps, ..CodeTables::default() }).unwrap();
        let end = (1u64 << 32) + (32 << 20);
        let offsets = [0, 1, PAGES - 1, PAGES, PAGES + 1, 1 << 32, end - 1, end, end + 1, u64::MAX, 1 << 63];
        let accesses =
            offsets.map(|offset| FaultKind::Access { address: BASE.wrapping_add(offset) as usize }).into_iter();
        for fault_kind in [FaultKind::Illegal, FaultKind::Arithmetic].into_iter().chain(accesses) {
            for (i, kind) in kinds.into_iter().enumerate() {
                for beside in [-1, 0, 1] {
                    let pc = (code.base() as usize + 10 * (i + 1)).wrapping_add_signed(beside);
                    let mut registers = Registers::default();
                    registers.general.iter_mut().zip(1..).for_each(|(register, n)| *register = u64::MAX - n);
                    let fault = Fault { kind: fault_kind, pc, sp: 77, fp, registers };
                    // SAFETY: nothing else uses the store.
                    unsafe { (*store).pending_trap_detail = 99 };
                    let redirect = classify(&fault);
                    // SAFETY: as above, and of its own stack.
                    let (after, exit) = unsafe { (&*store, &*stack.vm()) };
                    let at = if let FaultKind::Access { address } = fault_kind {
                        Some((address as u64).wrapping_sub(BASE))
                    } else {
                        None
                    };
                    let detail = match (kind, fault_kind, at) {
                        (SiteKind::Explicit, FaultKind::Illegal, _) => Some(u64::MAX),
                        (SiteKind::Detail { register, bits }, FaultKind::Illegal, _) => {
                            let value = u128::from(u64::MAX - 1 - u64::from(register));
                            Some((value % (1 << bits)) as u64)
                        }
                        (SiteKind::Memory(0), _, Some(at)) => (PAGES <= at && at < end).then_some(u64::MAX),
                        (SiteKind::Memory(1), _, Some(at)) => (at < end).then_some(u64::MAX),
                        _ => None,
                    };
                    let detail = detail.filter(|_| beside == 0);
                    let expected = detail.and(cpu::fault_entry()).map(|target| Redirect {
                        target,
                        ctx: &raw const ctx as usize,
                        code: i + 1,
                    });
                    assert_eq!(redirect, expected, "{kind:?}, {fault_kind:?}, {beside}");
                    assert_eq!(after.pending_trap_detail, detail.unwrap_or(99), "{kind:?}, {fault_kind:?}");
                    if detail.is_some() {
                        assert_eq!((exit.exit_pc, exit.exit_sp, exit.exit_fp), (pc, 77, fp));
                        assert_eq!(after.fault_registers, registers);
                    }
                }
            }
        }
    }

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

    /// By its number in the module, imports first. Processes of their own die of an instruction that no CPU has.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_function_that_crashes_is_named_before_the_end() {
        use crate::runtime::sys::process;
        use std::os::unix::process::ExitStatusExt;
        const KIND: &str = "WASMOON_TEST_CRASH_OF";
        const NAME: &str = "runtime::trap::from_fault::tests::a_function_that_crashes_is_named_before_the_end";
        if cpu::fault_entry().is_none() {
            return;
        }
        if let Ok(kind) = std::env::var(KIND) {
            // No core dumps.
            process::limit(u64::MAX);
            report_crashes(5);
            prepare_thread().expect("a stack");
            let kind = if kind == "body" { FunctionKind::Body(BodyIndex(7)) } else { FunctionKind::Adapter };
            let range = FunctionRange { start: 4, end: 16, kind };
            let tables = CodeTables { functions: vec![range], ..CodeTables::default() };
            let code = CodeObject::publish(&[0xff; 16], tables).expect("room");
            // SAFETY: unsound on purpose: this is the crash.
            unsafe { std::mem::transmute::<*const u8, unsafe extern "C" fn()>(code.address(8))() };
            process::exit_now(0);
        }
        for (kind, place) in [
            ("body", "JIT code (wasm=12), at byte 0x4 of it: no trap is expected there"),
            ("adapter", "an adapter between tiers, at byte 0x4 of it"),
        ] {
            let output = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", NAME, "--nocapture", "--test-threads=1"])
                .env(KIND, kind)
                .output()
                .unwrap();
            let text = format!(
                "Crash: SIGILL in {place}\n  \
                 This is a bug in wasmoon. `--no-jit` runs the program without it; `wasmoon explore FILE\n  \
                 --stage asm` shows the code, and `wasmoon bisect` looks for the cause.\n"
            );
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!((output.status.signal(), said), (Some(4), text), "{kind}");
        }
    }
}
