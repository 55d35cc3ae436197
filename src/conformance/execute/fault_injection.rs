//! Performs injected faults: tests use them to check that the harness catches each fault where it acts.

use crate::conformance::injected_fault::PREPARATION;
use crate::conformance::injected_fault::{InjectedFault, InjectedFaultKind};
use crate::conformance::outcome::Outcome;
use crate::conformance::outcome::observed::Observed;
use crate::runtime::store::{BacktraceFrame, MemoryId, Store};
use crate::runtime::value::Val;
use std::sync::{Mutex, PoisonError};

/// The text that a fault has a backend execute.
pub fn script(fault: &InjectedFault) -> Option<&str> {
    match &fault.kind {
        InjectedFaultKind::Script(text) => Some(text),
        _ => None,
    }
}

/// Which text a backend executes: 0 for the script's, or one more than the position of its own among the faults' texts.
pub fn script_of(faults: &[InjectedFault], backend: &str) -> usize {
    let mut texts = faults.iter().filter(|fault| script(fault).is_some());
    texts.position(|fault| fault.backend == backend).map_or(0, |position| position + 1)
}

/// Ends the process, or never returns, as a defect would; does nothing for the other kinds.
pub fn die(kind: &InjectedFaultKind) {
    match kind {
        InjectedFaultKind::Segfault => {
            let nowhere = std::hint::black_box(16 as *const u8);
            // SAFETY: deliberately violated: this is the wild read that the harness has to survive. Page 0 is never
            // mapped.
            std::hint::black_box(unsafe { nowhere.read_volatile() });
        }
        InjectedFaultKind::Abort => std::process::abort(),
        // The first line is what a report says of it.
        InjectedFaultKind::Panic => panic!("injected\nby a test"),
        InjectedFaultKind::EndlessLoop => loop {
            std::hint::spin_loop();
        },
        InjectedFaultKind::OutOfMemory => loop {
            // Never touched: it uses up the address space of the process, not the memory of the machine.
            std::mem::forget(std::hint::black_box(Vec::<u8>::with_capacity(256 << 20)));
        },
        InjectedFaultKind::StackExhaustion => {
            std::hint::black_box(descend(1));
        }
        InjectedFaultKind::Escape { make, remove, port, kill } => {
            // Whatever succeeds, the test sees.
            let _ = std::fs::write(make, "made");
            let _ = std::fs::remove_file(remove);
            let _ = std::net::TcpStream::connect(("127.0.0.1", *port));
            let _ = std::process::Command::new("kill").arg(kill.to_string()).status();
            std::process::abort();
        }
        InjectedFaultKind::FlipResultBit
        | InjectedFaultKind::WildStore
        | InjectedFaultKind::WildStorePreparing
        | InjectedFaultKind::WrongMemoryByte
        | InjectedFaultKind::LostFrames
        | InjectedFaultKind::MovedTrap
        | InjectedFaultKind::GarbledResults
        | InjectedFaultKind::Script(_) => {}
    }
}

/// What these faults make of the frames that a trap leaves.
pub type FramesFault = fn(&mut Vec<BacktraceFrame>);

/// What becomes of the frames of traps during a directive with these faults.
pub fn frames_fault<'a>(mut kinds: impl Iterator<Item = &'a InjectedFaultKind>) -> Option<FramesFault> {
    kinds.find_map(|kind| match kind {
        InjectedFaultKind::LostFrames => Some(Vec::clear as FramesFault),
        InjectedFaultKind::MovedTrap => Some(|frames| {
            if let Some(offset) = frames.first_mut().and_then(|frame| frame.module_offset.as_mut()) {
                *offset += 1;
            }
        }),
        _ => None,
    })
}

/// Has the effect that a defective backend would have had by the end of a directive: on its store, on the results or
/// the exception of the directive (`roots`), and on its outcome. `name` is the backend's.
pub fn inject(kind: &InjectedFaultKind, name: &str, store: &mut Store, roots: &mut [Val], outcome: &mut Outcome) {
    match kind {
        InjectedFaultKind::WildStore => {
            *WILD_STORE_BY.lock().unwrap_or_else(PoisonError::into_inner) = Some(name.to_string())
        }
        InjectedFaultKind::WildStorePreparing => {
            *WILD_STORE_BY.lock().unwrap_or_else(PoisonError::into_inner) = Some(PREPARATION.into());
        }
        InjectedFaultKind::FlipResultBit => {
            if let (Outcome::Returned(values), Some(root)) = (outcome, roots.first_mut()) {
                match root {
                    Val::I32(v) | Val::F32(v) => *v ^= 1,
                    Val::I64(v) | Val::F64(v) => *v ^= 1,
                    Val::V128(v) => *v ^= 1,
                    Val::Ref(_) => return,
                }
                values[0].1 = Observed::of(*root, store);
            }
        }
        InjectedFaultKind::WrongMemoryByte => {
            if let Some(last) = store.memories().checked_sub(1)
                && let Some(byte) = store.memory_bytes_mut(MemoryId(last)).first_mut()
            {
                *byte ^= 1;
            }
        }
        InjectedFaultKind::Segfault
        | InjectedFaultKind::Abort
        | InjectedFaultKind::Panic
        | InjectedFaultKind::EndlessLoop
        | InjectedFaultKind::OutOfMemory
        | InjectedFaultKind::StackExhaustion
        | InjectedFaultKind::Escape { .. }
        | InjectedFaultKind::LostFrames
        | InjectedFaultKind::MovedTrap
        | InjectedFaultKind::GarbledResults
        | InjectedFaultKind::Script(_) => die(kind),
    }
}

/// The backend on which an [`InjectedFaultKind::WildStore`] acted, or [`PREPARATION`] after an
/// [`InjectedFaultKind::WildStorePreparing`].
static WILD_STORE_BY: Mutex<Option<String>> = Mutex::new(None);

/// Dies of a wild store by another backend. `name`: the backend at work, or [`PREPARATION`].
pub fn act_on_others(name: &str) {
    let struck = WILD_STORE_BY.lock().unwrap_or_else(PoisonError::into_inner);
    let dies = match struck.as_deref() {
        Some(PREPARATION) => name == PREPARATION,
        Some(by) => name != PREPARATION && name != by,
        None => false,
    };
    if dies {
        std::process::abort();
    }
}

fn descend(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 64]);
    if depth == 0 { 0 } else { descend(depth + 1) + frame[(depth % 64) as usize] }
}
