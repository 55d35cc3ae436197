//! Faults that tests inject, to see that the harness catches each where it is.

use super::session::Session;
use crate::conformance::fault::PREPARATION;
use crate::conformance::fault::{FaultKind, InjectedFault};
use crate::conformance::outcome::Outcome;
use crate::conformance::outcome::observed::Observed;
use crate::runtime::store::MemoryId;
use crate::runtime::value::Val;
use std::sync::{Mutex, PoisonError};

/// The text that a fault has a backend execute.
pub fn script(fault: &InjectedFault) -> Option<&str> {
    match &fault.kind {
        FaultKind::Script(text) => Some(text),
        _ => None,
    }
}

/// Which text a backend executes: 0 for the script's, or one more than the position of its own among the faults' texts.
pub fn script_of(faults: &[InjectedFault], backend: &str) -> usize {
    let mut texts = faults.iter().filter(|fault| script(fault).is_some());
    texts.position(|fault| fault.backend == backend).map_or(0, |position| position + 1)
}

/// Ends the process, or never returns, as a defect would; does nothing for the other kinds.
pub fn die(kind: &FaultKind) {
    match kind {
        FaultKind::Segfault => {
            let nowhere = std::hint::black_box(16 as *const u8);
            // SAFETY: none; this is the wild read that the harness has to survive. Page 0 is never mapped.
            std::hint::black_box(unsafe { nowhere.read_volatile() });
        }
        FaultKind::Abort => std::process::abort(),
        FaultKind::Panic => panic!("injected"),
        FaultKind::EndlessLoop => loop {
            std::hint::spin_loop();
        },
        FaultKind::OutOfMemory => loop {
            // Never touched: it uses up what the process may have, not what the machine has.
            std::mem::forget(std::hint::black_box(Vec::<u8>::with_capacity(256 << 20)));
        },
        FaultKind::StackExhaustion => {
            std::hint::black_box(descend(1));
        }
        FaultKind::FlipResultBit
        | FaultKind::WildStore
        | FaultKind::WildStorePreparing
        | FaultKind::WrongMemoryByte
        | FaultKind::Script(_) => {}
    }
}

/// Does what a defective backend would have done by the end of a directive.
pub fn strike(kind: &FaultKind, name: &str, session: &mut Session, outcome: &mut Outcome) {
    match kind {
        FaultKind::WildStore => *STRUCK_BY.lock().unwrap_or_else(PoisonError::into_inner) = Some(name.to_string()),
        FaultKind::WildStorePreparing => {
            *STRUCK_BY.lock().unwrap_or_else(PoisonError::into_inner) = Some(PREPARATION.into());
        }
        FaultKind::FlipResultBit => {
            if let (Outcome::Returned(values), Some(root)) = (outcome, session.roots.first_mut()) {
                match root {
                    Val::I32(v) | Val::F32(v) => *v ^= 1,
                    Val::I64(v) | Val::F64(v) => *v ^= 1,
                    Val::V128(v) => *v ^= 1,
                    Val::Ref(_) => return,
                }
                values[0].1 = Observed::of(*root, &session.store);
            }
        }
        FaultKind::WrongMemoryByte => {
            if let Some(last) = session.store.memories().checked_sub(1)
                && let Some(byte) = session.store.memory_bytes_mut(MemoryId(last)).first_mut()
            {
                *byte ^= 1;
            }
        }
        FaultKind::Segfault
        | FaultKind::Abort
        | FaultKind::Panic
        | FaultKind::EndlessLoop
        | FaultKind::OutOfMemory
        | FaultKind::StackExhaustion
        | FaultKind::Script(_) => die(kind),
    }
}

/// Backend into which was injected a [`FaultKind::WildStore`]; or, that there was a [`FaultKind::WildStorePreparing`].
static STRUCK_BY: Mutex<Option<String>> = Mutex::new(None);

/// Dies of what another backend did before. `name`: who is at work, a backend or [`PREPARATION`].
pub fn suffer(name: &str) {
    let struck = STRUCK_BY.lock().unwrap_or_else(PoisonError::into_inner);
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
