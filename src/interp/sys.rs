//! What the interpreter takes from a CPU that Rust does not reach portably: instructions for vectors of bytes that the
//! base of an architecture does not have, and its later CPUs do.

#[cfg(test)]
mod tests;

// The CPU that this runs on: a pair of lines for each.
#[cfg(target_arch = "x86_64")]
#[path = "sys/x86_64.rs"]
mod cpu;
#[cfg(not(target_arch = "x86_64"))]
#[path = "sys/other.rs"]
mod cpu;

pub use cpu::{Bytes, has_bytes, shuffle, swizzle, words};
