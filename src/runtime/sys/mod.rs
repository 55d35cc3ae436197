//! Everything that is particular to an operating system or a CPU. The only room that touches `libc`.

pub mod mmap;
pub mod stack;
