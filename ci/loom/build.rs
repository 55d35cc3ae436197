//! Copies sources of the runtime and the engine, with their primitives replaced by the model's.

use std::path::Path;
use std::{env, fs};

/// A file, and its replacements: what it uses, and what the model uses instead.
type Source = (&'static str, &'static [(&'static str, &'static str)]);

const SOURCES: [Source; 4] = [
    (
        "../../src/runtime/memory/parking.rs",
        &[
            ("use std::sync::atomic::{AtomicBool, Ordering};", "use loom::sync::atomic::{AtomicBool, Ordering};"),
            ("use parking_lot::{Condvar, Mutex};", "use crate::model::{Condvar, Mutex};"),
            ("use std::sync::Arc;", "use crate::model::Arc;"),
            ("use std::time::{Duration, Instant};", "use crate::model::{Duration, Instant};"),
        ],
    ),
    (
        "../../src/engine/background.rs",
        &[
            ("use crate::runtime::sys::threads::run_elsewhere;", "use crate::model::thread::run_elsewhere;"),
            ("use parking_lot::{Condvar, Mutex};", "use crate::model::{Impatient as Condvar, Mutex};"),
            ("use std::sync::{Arc, Weak};", "use crate::model::shared::{Arc, Weak};"),
            ("use std::thread;", "use crate::model::thread;"),
            ("use std::time::Duration;", "use crate::model::Duration;"),
        ],
    ),
    (
        "../../src/runtime/published.rs",
        &[
            ("use std::sync::atomic::{AtomicPtr, Ordering};", "use loom::sync::atomic::{AtomicPtr, Ordering};"),
            // Loom's pointers cannot be made at compile time.
            ("pub const fn", "pub fn"),
        ],
    ),
    (
        "../../src/runtime/stacks/limit.rs",
        &[
            (
                "use std::sync::atomic::{AtomicUsize, Ordering, fence};",
                "use loom::sync::atomic::{AtomicUsize, Ordering, fence};",
            ),
            ("pub const fn", "pub fn"),
        ],
    ),
];

fn main() {
    SOURCES.iter().for_each(take);
}

fn take((source, primitives): &Source) {
    println!("cargo::rerun-if-changed={source}");
    let mut text = fs::read_to_string(source).expect("the source");
    // Tests are at the end.
    let tests = text.find("#[cfg(test)]").unwrap_or(text.len());
    text.truncate(tests);
    for (own, model) in *primitives {
        assert!(text.contains(own), "{source} no longer says `{own}`: adapt this list");
        text = text.replace(own, model);
    }
    // Inner doc comments cannot be in an included file.
    let text: String = text.lines().filter(|l| !l.starts_with("//!")).map(|l| format!("{l}\n")).collect();
    assert!(
        ["std::sync", "std::time", "std::thread", "parking_lot::"].iter().all(|path| !text.contains(path)),
        "{source}: a primitive that the model does not have"
    );
    let out = env::var("OUT_DIR").expect("set by cargo");
    let name = Path::new(source).file_name().expect("a file");
    fs::write(Path::new(&out).join(name), text).expect("the output folder can be written");
}
