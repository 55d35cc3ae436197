//! Everything particular to an operating system or a CPU. The only room that uses `libc`.
//!
//! | file | contents |
//! |---|---|
//! | `mmap` | address space: reservations and protection |
//! | `pagemap` | touched pages of a range |
//! | `signals` | hardware faults as signals |
//! | `instructions` | instruction fetches, and code that was written |
//! | `stack` | bounds of native stacks |
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
