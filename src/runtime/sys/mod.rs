//! Everything that is particular to an operating system or a CPU. The only room that touches `libc`.

pub mod coroutine;
pub mod files;
pub mod mmap;
pub mod observers;
pub mod pagemap;
pub mod process;
pub mod signals;
pub mod stack;
#[cfg(target_arch = "x86_64")]
pub mod x86_64;
