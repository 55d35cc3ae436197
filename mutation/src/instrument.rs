//! Puts changes into the text of a file, each behind its number.
//!
//! Everything is done by byte ranges, so the rest of the file stays as it is. Ranges nest as the syntax does. What a change
//! makes of a text is made of the original text: only one change is on at a time.

use crate::candidates::{Candidate, Form};
use std::fmt::Write;
use std::ops::Range;

/// Whether both can be put into one text: their places nest, or are apart.
pub fn agree(a: &Candidate, b: &Candidate) -> bool {
    let (a, b) = (&a.place, &b.place);
    a.end <= b.start
        || b.end <= a.start
        || (a.start <= b.start && b.end <= a.end)
        || (b.start <= a.start && a.end <= b.end)
}

/// A file with its changes in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Instrumented {
    /// The text.
    pub text: String,
    /// Where each change is in it, by its number: all that it added, with what it stands around.
    pub places: Vec<(u32, Range<usize>)>,
}

/// Puts changes, with their numbers, into the text of their file.
///
/// # Panics
/// Two of them do not agree.
pub fn instrument(text: &str, chosen: &[(u32, &Candidate)]) -> Instrumented {
    let mut chosen = chosen.to_vec();
    // Outer ones first; of those in the same place, statements around expressions around conditions.
    let depth = |form: &Form| match form {
        Form::Statements(_) => 0,
        Form::Skipped => 1,
        Form::Returned(_) | Form::Guarded => 2,
        Form::Expression(_) => 3,
        Form::Negated => 4,
        Form::OrTrue | Form::OrFalse => 5,
    };
    chosen.sort_by_key(|(n, c)| (c.place.start, usize::MAX - c.place.end, depth(&c.form), *n));
    let mut out = Instrumented { text: String::with_capacity(text.len() * 2), places: Vec::new() };
    let rest = write(text, 0..text.len(), &chosen, &mut out);
    assert!(rest.is_empty(), "a change outside of the file: {rest:?}");
    out.places.sort_by_key(|(n, _)| *n);
    out
}

/// Writes a part of the text with the changes that are inside of it; returns those that are not.
fn write<'a, 'b>(
    text: &str,
    part: Range<usize>,
    mut chosen: &'a [(u32, &'b Candidate)],
    out: &mut Instrumented,
) -> &'a [(u32, &'b Candidate)] {
    let mut at = part.start;
    while let [(n, change), rest @ ..] = chosen {
        // A change of no width at the very end belongs to what is around.
        if change.place.start >= part.end && !(change.place.start == part.end && part.end == text.len()) {
            break;
        }
        assert!(change.place.start >= at && change.place.end <= part.end, "two changes overlap: {change:?}");
        out.text += &text[at..change.place.start];
        let start = out.text.len();
        let on = format!("crate::mutant::on({n})");
        let (before, after) = match &change.form {
            Form::Expression(other) => (format!("(if {on} {{ ({other}) }} else {{ ("), ") })"),
            Form::Statements(other) => (format!("if {on} {{ {other} }} else {{ "), " }"),
            Form::Negated => (format!("({on} != ("), "))"),
            Form::OrTrue => (format!("({on} || ("), "))"),
            Form::OrFalse => (format!("(!{on} && ("), "))"),
            Form::Skipped => (format!("if !{on} {{ "), " }"),
            Form::Returned(what) => (format!(" if {on} {{ {what} }} "), ""),
            Form::Guarded => (format!(" if !{on}"), ""),
        };
        let _ = write!(out.text, "{before}");
        chosen = if change.place.is_empty() { rest } else { write(text, change.place.clone(), rest, out) };
        out.text += after;
        out.places.push((*n, start..out.text.len()));
        at = change.place.end;
    }
    out.text += &text[at..part.end];
    chosen
}

/// The module that the switches are in.
pub const SWITCHES: &str = r#"//! Which change is on in this process. `ci/mutate` writes this file, into its copy of the tree only.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};

const NONE: u32 = u32::MAX;
const COVER: u32 = u32::MAX - 1;

static ACTIVE: AtomicU32 = AtomicU32::new(NONE);
static REACHED: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());

/// Whether this change is on.
#[inline(always)]
pub fn on(n: u32) -> bool {
    let active = ACTIVE.load(Relaxed);
    if active == COVER {
        reach(n);
    }
    active == n
}

#[cold]
#[inline(never)]
fn reach(n: u32) {
    // SAFETY: the file has a byte for each number.
    unsafe { REACHED.load(Relaxed).add(n as usize).write_volatile(1) }
}

#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

/// Before `main`: a process has one change on, or none, for as long as it lives.
extern "C" fn before_main() {
    let Ok(text) = std::env::var("WASMOON_MUTANT") else { return };
    if text != "cover" {
        ACTIVE.store(text.parse().expect("WASMOON_MUTANT: a number, or cover"), Relaxed);
        return;
    }
    use std::os::fd::AsRawFd;
    let path = std::env::var("WASMOON_MUTANT_COVERAGE").expect("WASMOON_MUTANT_COVERAGE");
    let file = std::fs::File::options().read(true).write(true).open(path).expect("WASMOON_MUTANT_COVERAGE");
    let length = file.metadata().expect("its length").len() as usize;
    let rights = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping, which stays.
    let map = unsafe { libc::mmap(std::ptr::null_mut(), length, rights, libc::MAP_SHARED, file.as_raw_fd(), 0) };
    assert!(map != libc::MAP_FAILED, "WASMOON_MUTANT_COVERAGE cannot be mapped");
    REACHED.store(map.cast(), Relaxed);
    ACTIVE.store(COVER, Relaxed);
}
"#;
