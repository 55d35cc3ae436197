//! Everything that is particular to an operating system or a CPU. The only room that touches `libc`.

pub mod coroutine;
pub mod files;
pub mod mmap;
pub mod observers;
pub mod pagemap;
pub mod process;
pub mod signals;
pub mod stack;

// What is particular to the CPU that this runs on: a pair of lines for each.
#[cfg(target_arch = "x86_64")]
#[path = "x86_64/mod.rs"]
pub mod cpu;
#[cfg(not(target_arch = "x86_64"))]
#[path = "other.rs"]
pub mod cpu;
