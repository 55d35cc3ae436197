//! Features of a CPU that Rust does not reach portably: instructions for vectors of bytes.

#[cfg(test)]
mod tests;

// The CPU of the build: a pair of lines for each.
#[cfg(target_arch = "x86_64")]
#[path = "sys/x86_64.rs"]
mod cpu;
#[cfg(target_arch = "aarch64")]
#[path = "sys/aarch64.rs"]
mod cpu;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
#[path = "sys/other.rs"]
mod cpu;

pub use cpu::{Bytes, has_bytes, shuffle, swizzle, words};
