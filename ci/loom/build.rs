//! Takes the source of the parking lot as it is, with the model's primitives in place of its own.

use std::path::Path;
use std::{env, fs};

const SOURCE: &str = "../../src/runtime/memory/parking.rs";

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    let mut text = fs::read_to_string(SOURCE).expect("the source of the parking lot");
    let tests = text.find("#[cfg(test)]").expect("its tests are at its end");
    text.truncate(tests);
    for (own, model) in [
        ("use std::sync::atomic::{AtomicBool, Ordering};", "use loom::sync::atomic::{AtomicBool, Ordering};"),
        ("use parking_lot::{Condvar, Mutex};", "use crate::model::{Condvar, Mutex};"),
        ("use std::sync::Arc;", "use crate::model::Arc;"),
        ("use std::time::{Duration, Instant};", "use crate::model::{Duration, Instant};"),
    ] {
        assert!(text.contains(own), "the parking lot no longer says `{own}`: adapt this list");
        text = text.replace(own, model);
    }
    // Doc comments of a file cannot stand in an included text.
    let text: String = text.lines().filter(|l| !l.starts_with("//!")).map(|l| format!("{l}\n")).collect();
    assert!(
        ["std::sync", "std::time", "parking_lot::"].iter().all(|path| !text.contains(path)),
        "a primitive that the model does not have"
    );
    let out = env::var("OUT_DIR").expect("set by cargo");
    fs::write(Path::new(&out).join("parking.rs"), text).expect("the output folder can be written");
}
