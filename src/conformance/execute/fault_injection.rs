//! Performs injected faults: tests use them to check that the harness catches each fault at the point where it acts.

use crate::conformance::injected_fault::PREPARATION;
use crate::conformance::injected_fault::{InjectedFault, InjectedFaultKind};
use crate::conformance::outcome::Outcome;
use crate::conformance::outcome::observed::Observed;
use crate::runtime::store::{BacktraceFrame, MemoryId, Store};
use crate::runtime::value::Val;
use std::sync::{Mutex, PoisonError};

/// The text that a fault makes a backend execute.
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
        // A report shows the first line.
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
            // The test sees whatever succeeds.
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

/// What these faults do to the frames that a trap leaves.
pub type FramesFault = fn(&mut Vec<BacktraceFrame>);

/// How the faults of a directive change the frames of its traps.
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

/// Has the effect that a defective backend would have had by the end of a directive, on its store, on the results or the
/// exception of the directive (`roots`), and on its outcome. `name` is the backend's.
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

/// Ends the process because of another backend's wild store. `name`: the backend at work, or [`PREPARATION`].
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Engine};
    use crate::module::Module;
    use crate::runtime::store::Limits;
    use std::sync::Arc;
    use wasmparser::{ValType, WasmFeatures};

    fn store(text: &str) -> Store {
        let bytes = wat::parse_str(text).expect("a module");
        let module = Module::new(&bytes, WasmFeatures::all()).expect("a module");
        let engine = Engine::new(Config::default()).expect("an engine");
        let mut store = engine.store(Limits::default());
        let code = engine.compile(&Arc::new(module)).expect("compiles");
        store.instantiate(code, &[]).expect("instantiates");
        store
    }

    /// The lowest bit of the first result changes, whatever it was, and what was observed is that.
    #[test]
    fn the_lowest_bit_of_the_first_result_is_flipped() {
        let mut store = store("(module)");
        for (ty, value, flipped) in [
            (ValType::I32, Val::I32(4), Val::I32(5)),
            (ValType::I32, Val::I32(5), Val::I32(4)),
            (ValType::F32, Val::F32(6), Val::F32(7)),
            (ValType::I64, Val::I64(7), Val::I64(6)),
            (ValType::F64, Val::F64(8), Val::F64(9)),
            (ValType::V128, Val::V128(10), Val::V128(11)),
            (ValType::V128, Val::V128(11), Val::V128(10)),
        ] {
            let seen = |value: Val, store: &Store| (ty, Observed::of(value, store));
            let mut outcome = Outcome::Returned(vec![seen(value, &store), seen(value, &store)]);
            let mut roots = [value, value];
            inject(&InjectedFaultKind::FlipResultBit, "jit", &mut store, &mut roots, &mut outcome);
            assert_eq!(roots, [flipped, value]);
            assert_eq!(outcome, Outcome::Returned(vec![seen(flipped, &store), seen(value, &store)]));
        }
        let mut outcome = Outcome::Done;
        inject(&InjectedFaultKind::FlipResultBit, "jit", &mut store, &mut [], &mut outcome);
        assert_eq!(outcome, Outcome::Done, "there is none");
    }

    /// The first byte of the newest memory changes, whatever it was.
    #[test]
    fn a_byte_of_the_newest_memory_is_wrong() {
        let mut store = store("(module (memory 1) (memory 1) (data (memory 1) (i32.const 0) \"\\07\\07\"))");
        let bytes = |store: &Store| [0, 1].map(|memory| store.memory_bytes(MemoryId(memory))[..2].to_vec());
        for expected in [[[0, 0], [6, 7]], [[0, 0], [7, 7]]] {
            inject(&InjectedFaultKind::WrongMemoryByte, "jit", &mut store, &mut [], &mut Outcome::Done);
            assert_eq!(bytes(&store), expected);
        }
        inject(&InjectedFaultKind::WrongMemoryByte, "jit", &mut self::store("(module)"), &mut [], &mut Outcome::Done);
    }

    /// Each backend with a text has its own, in the order of the faults; others have the script's.
    #[test]
    fn a_backend_executes_its_own_text() {
        let fault = |backend: &str, kind| InjectedFault {
            file: String::new(),
            index: String::new(),
            backend: backend.into(),
            kind,
        };
        let faults = [
            fault("a", InjectedFaultKind::Abort),
            fault("b", InjectedFaultKind::Script("of b".into())),
            fault("c", InjectedFaultKind::Panic),
            fault("d", InjectedFaultKind::Script("of d".into())),
        ];
        assert_eq!(faults.each_ref().map(script), [None, Some("of b"), None, Some("of d")]);
        assert_eq!(["a", "b", "c", "d", "e"].map(|backend| script_of(&faults, backend)), [0, 1, 0, 2, 0]);
    }
}
