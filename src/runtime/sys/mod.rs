//! Everything particular to an operating system or a CPU. Only this module uses `libc`.
//!
//! | file | contents |
//! |---|---|
//! | `mmap` | address space: reservations and protection |
//! | `pagemap` | touched pages of a range |
//! | `signals` | hardware faults as signals |
//! | `instructions` | instruction fetches, and code that was written |
//! | `stack` | bounds of native stacks |
//! | `threads` | on which CPU a thread runs |
//! | `executable` | which program this is |
//! | `coroutine` | switches between native stacks |
//! | `process` | worker processes: shared memory, inherited descriptors, limits |
//! | `files` | files and clocks, beyond the standard library |
//! | `observers` | interfaces of profilers and debuggers |
//! | `cpu` | exits, coroutines, faults and code caches on this CPU: a folder for each, and `other` without native code |

pub mod coroutine;
pub mod executable;
pub mod files;
pub mod instructions;
pub mod mmap;
pub mod observers;
pub mod pagemap;
pub mod process;
pub mod signals;
pub mod stack;
pub mod threads;

// The CPU that this runs on: a pair of lines for each.
#[cfg(target_arch = "x86_64")]
#[path = "x86_64/mod.rs"]
pub mod cpu;
#[cfg(target_arch = "aarch64")]
#[path = "aarch64/mod.rs"]
pub mod cpu;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[path = "other.rs"]
pub mod cpu;

/// What system calls return, where -1 stands for an error.
trait Answer: Copy + PartialEq {
    const FAILED: Self;
}

impl Answer for libc::c_int {
    const FAILED: libc::c_int = -1;
}

// The result of `syscall`. With another pointer width, this type is the one above.
#[cfg(target_pointer_width = "64")]
impl Answer for libc::c_long {
    const FAILED: libc::c_long = -1;
}

impl Answer for *mut libc::c_void {
    const FAILED: *mut libc::c_void = libc::MAP_FAILED;
}

/// The answer to the system call that was just made, or why it failed.
fn answer<T: Answer>(answer: T) -> std::io::Result<T> {
    if answer == T::FAILED { Err(std::io::Error::last_os_error()) } else { Ok(answer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_an_error_is_one() {
        // SAFETY: there is no such descriptor, and nothing is mapped.
        let (closed, unmapped) = unsafe {
            let map = || libc::mmap(std::ptr::null_mut(), 0, libc::PROT_NONE, libc::MAP_PRIVATE, -1, 0);
            (answer(libc::close(-1)), answer(map()))
        };
        assert_eq!(closed.map_err(|e| e.raw_os_error()), Err(Some(libc::EBADF)));
        assert!(matches!(unmapped.map_err(|e| e.raw_os_error()), Err(Some(libc::EBADF | libc::EINVAL))));
        // Elsewhere, an unknown call may end the process.
        #[cfg(target_os = "linux")]
        // SAFETY: a call of no meaning.
        assert_eq!(answer(unsafe { libc::syscall(-1) }).map_err(|e| e.raw_os_error()), Err(Some(libc::ENOSYS)));
        for number in [libc::c_int::MIN, -2, 0, 1, libc::c_int::MAX] {
            assert_eq!(answer(number).ok(), Some(number));
        }
    }
}
