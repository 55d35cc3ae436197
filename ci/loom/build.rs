//! Takes the source of the parking lot as it is, with the model's primitives in place of the standard library's.

use std::path::Path;
use std::{env, fs};

const SOURCE: &str = "../../src/runtime/parking.rs";

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    let mut text = fs::read_to_string(SOURCE).expect("the source of the parking lot");
    let tests = text.find("#[cfg(test)]").expect("its tests are at its end");
    text.truncate(tests);
    for (standard, model) in [
        ("use std::sync::atomic::{AtomicBool, Ordering};", "use loom::sync::atomic::{AtomicBool, Ordering};"),
        ("use std::sync::{Arc, Condvar, Mutex, MutexGuard};", "use crate::model::{Arc, Condvar, Mutex, MutexGuard};"),
        ("use std::time::{Duration, Instant};", "use crate::model::{Duration, Instant};"),
    ] {
        assert!(text.contains(standard), "the parking lot no longer says `{standard}`: adapt this list");
        text = text.replace(standard, model);
    }
    // Doc comments of a file cannot stand in an included text.
    let text: String = text.lines().filter(|l| !l.starts_with("//!")).map(|l| format!("{l}\n")).collect();
    assert!(!text.contains("std::sync") && !text.contains("std::time"), "a primitive that the model does not have");
    let out = env::var("OUT_DIR").expect("set by cargo");
    fs::write(Path::new(&out).join("parking.rs"), text).expect("the output folder can be written");
}
