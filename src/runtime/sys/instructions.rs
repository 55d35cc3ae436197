//! Instruction fetches, and code that was written.
//!
//! [`make_visible`] makes written bytes visible to the instruction fetches of all threads. It must be called before the
//! memory becomes executable. Memory that was never executable then needs nothing else: no thread can have fetched
//! instructions from it, since none are fetched from memory that is not executable, not even speculatively.
//!
//! Before memory that *was* executable is written again, the right to execute it must be taken away, and then
//! [`forget_fetched`] called.

pub use super::cpu::make_visible;

use super::cpu::KEEPS_FETCHED;
use std::io;

/// Makes all threads of the process forget instructions that they fetched from memory that is not executable any more.
///
/// # Errors
/// If the system cannot interrupt other threads for it. Then nothing is known about them. (Invalidating the address
/// translations of their processors does not make them forget instructions, and a thread may run for any time without
/// an exception.)
pub fn forget_fetched() -> io::Result<()> {
    if KEEPS_FETCHED { imp::forget_fetched() } else { Ok(()) }
}

#[cfg(target_os = "linux")]
mod imp {
    use super::super::answer;
    use std::io;
    use std::sync::OnceLock;

    pub(super) fn forget_fetched() -> io::Result<()> {
        static REGISTERED: OnceLock<Result<(), io::ErrorKind>> = OnceLock::new();
        let registered = REGISTERED.get_or_init(|| {
            membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE).map_err(|e| e.kind())
        });
        (*registered)?;
        membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE)
    }

    fn membarrier(command: libc::c_int) -> io::Result<()> {
        // SAFETY: these commands access no memory.
        answer(unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) }).map(drop)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn an_unknown_command_is_refused() {
            assert!(membarrier(-1).is_err());
        }

        #[test]
        fn the_barrier_works_where_the_kernel_has_it() {
            const QUERY: libc::c_int = libc::MEMBARRIER_CMD_QUERY;
            // SAFETY: as above.
            let commands = unsafe { libc::syscall(libc::SYS_membarrier, QUERY, 0, 0) };
            let wanted = libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE;
            let known = commands > 0 && commands & libc::c_long::from(wanted) != 0;
            for _ in 0..2 {
                assert_eq!(forget_fetched().is_ok(), known);
            }
        }
    }
}

/// Native code does not run on this system.
#[cfg(not(target_os = "linux"))]
mod imp {
    use std::io;

    pub(super) fn forget_fetched() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
