//! Puts changes into the text of a file, each behind its number.
//!
//! Everything is done by byte ranges, so the rest of the file is unchanged. Ranges nest like the syntax. The replacement in a
//! change is derived from the original text, because only one change is on at a time.

use crate::candidates::{Candidate, Form};
use std::fmt::Write;
use std::ops::Range;

/// Whether both can be put into the same text: their places are nested or disjoint. Only one change of a conversion is possible:
/// the number inside it has another type then.
pub fn agree(a: &Candidate, b: &Candidate) -> bool {
    if a.place == b.place && [a, b].iter().all(|c| matches!(c.form, Form::Converted { .. })) {
        return a == b;
    }
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
    /// The place of each change in it, by its number: everything that the change added, including the text that it encloses.
    pub places: Vec<(u32, Range<usize>)>,
}

/// Puts changes, with their numbers, into the text of their file.
///
/// # Panics
/// Two of them do not agree.
pub fn instrument(text: &str, chosen: &[(u32, &Candidate)]) -> Instrumented {
    let mut chosen = chosen.to_vec();
    // Outer ones first; in the same place, statements enclose expressions, which enclose conditions.
    let depth = |form: &Form| match form {
        Form::Statements(_) => 0,
        Form::Skipped => 1,
        Form::Returned(_) | Form::Guarded => 2,
        Form::Converted { .. } => 3,
        Form::Expression(_) => 4,
        Form::Negated => 5,
        Form::OrTrue | Form::OrFalse => 6,
    };
    chosen.sort_by_key(|(n, c)| (c.place.start, usize::MAX - c.place.end, depth(&c.form), *n));
    let mut out = Instrumented { text: String::with_capacity(text.len() * 2), places: Vec::new() };
    let rest = write(text, 0..text.len(), &chosen, &mut out);
    assert!(rest.is_empty(), "a change outside of the file: {rest:?}");
    out.places.sort_by_key(|(n, _)| *n);
    out
}

/// Writes a part of the text with the changes that are inside it; returns those that are not.
fn write<'a, 'b>(
    text: &str,
    part: Range<usize>,
    mut chosen: &'a [(u32, &'b Candidate)],
    out: &mut Instrumented,
) -> &'a [(u32, &'b Candidate)] {
    let mut at = part.start;
    while let [(n, change), rest @ ..] = chosen {
        // A change of zero width at the very end belongs to the enclosing text.
        if change.place.start >= part.end && !(change.place.start == part.end && part.end == text.len()) {
            break;
        }
        assert!(change.place.start >= at && change.place.end <= part.end, "two changes overlap: {change:?}");
        out.text += &text[at..change.place.start];
        let start = out.text.len();
        let on = format!("crate::mutant::on({n})");
        let (before, after) = match &change.form {
            Form::Expression(other) => (format!("(if {on} {{ ({other}) }} else {{ ("), ") })".to_string()),
            Form::Converted { through, to } => {
                let both = format!("v as {to}, v as {through} as {to}");
                let after = format!(
                    ") {{ v => if crate::mutant::differ::<_, {through}, _>(v, {both}) && {on} {{ v as {through} as {to} }} \
                     else {{ v as {to} }} }})"
                );
                ("(match (".to_string(), after)
            }
            Form::Statements(other) => (format!("if {on} {{ {other} }} else {{ "), " }".to_string()),
            Form::Negated => (format!("({on} != ("), "))".to_string()),
            Form::OrTrue => (format!("({on} || ("), "))".to_string()),
            Form::OrFalse => (format!("(!{on} && ("), "))".to_string()),
            Form::Skipped => (format!("if !{on} {{ "), " }".to_string()),
            Form::Returned(what) => (format!(" if {on} {{ {what} }} "), String::new()),
            Form::Guarded => (format!(" if !{on}"), String::new()),
        };
        let _ = write!(out.text, "{before}");
        chosen = if change.place.is_empty() { rest } else { write(text, change.place.clone(), rest, out) };
        out.text += &after;
        out.places.push((*n, start..out.text.len()));
        at = change.place.end;
    }
    out.text += &text[at..part.end];
    chosen
}

/// The module that contains the switches.
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

/// Whether both are different: a conversion that leaves a number as it is is not reached.
#[inline(always)]
pub fn differ<V: LosesIn<N>, N, T: PartialEq>(_: V, converted: T, through: T) -> bool {
    converted != through
}

/// A type with values that are not the same in another one. Where there are none, a conversion makes no difference, and does
/// not compile.
pub trait LosesIn<N> {}

macro_rules! loses {
    ($($value:ty: $($narrow:ty),*;)*) => { $($(impl LosesIn<$narrow> for $value {})*)* };
}
loses! {
    i8: u16, u32, u64;
    u8: i8;
    i16: i8, u8, u16, u32, u64;
    u16: i8, u8, i16;
    i32: i8, u8, i16, u16, u32, u64;
    u32: i8, u8, i16, u16, i32;
    i64: i8, u8, i16, u16, i32, u32, u64;
    u64: i8, u8, i16, u16, i32, u32;
    isize: i8, u8, i16, u16, i32, u32, u64;
    usize: i8, u8, i16, u16, i32, u32;
    i128: i8, u8, i16, u16, i32, u32, u64;
    u128: i8, u8, i16, u16, i32, u32, u64;
    f32: i8, u8, i16, u16, i32, u32, u64;
    f64: i8, u8, i16, u16, i32, u32, u64;
}
impl<P: ?Sized> LosesIn<u32> for *const P {}
impl<P: ?Sized> LosesIn<i32> for *const P {}
impl<P: ?Sized> LosesIn<u32> for *mut P {}
impl<P: ?Sized> LosesIn<i32> for *mut P {}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidates::find;

    /// The source with the changes of these mutators in it, numbered in the order of the file.
    fn with(source: &str, mutators: &[&str]) -> String {
        let found = find("src/jit/a.rs", source).unwrap().candidates;
        let chosen: Vec<&Candidate> = found.iter().filter(|c| mutators.contains(&c.mutator)).collect();
        let numbered: Vec<_> = (0..).zip(chosen.iter().copied()).collect();
        let made = instrument(source, &numbered);
        syn::parse_file(&made.text).unwrap_or_else(|e| panic!("{e}: {}", made.text));
        assert_eq!(made.places.len(), numbered.len());
        for (n, place) in made.places {
            let added = &made.text[place];
            assert!(added.contains(&format!("crate::mutant::on({n})")), "{n}: {added}");
        }
        made.text.replace("crate::mutant::", "")
    }

    #[test]
    fn each_form_has_its_text() {
        for (mutator, source, expected) in [
            ("comparison-edge", "a < b", "(if on(0) { ((a) <= (b)) } else { (a < b) })"),
            ("comparison-inverse", "a == b", "(if on(0) { ((a) != (b)) } else { (a == b) })"),
            (
                "arithmetic",
                "a + b * c",
                "(if on(0) { ((a) - (b * c)) } else { (a + (if on(1) { ((b) + (c)) } else { (b * c) })) })",
            ),
            ("operand-dropped", "a && b", "(on(0) || (a)) && (on(1) || (b))"),
            ("operand-dropped", "a || b", "(!on(0) && (a)) || (!on(1) && (b))"),
            ("condition-negated", "if a { 1 } else { 2 }", "if (on(0) != (a)) { 1 } else { 2 }"),
            ("statement-dropped", "g.h(); 1", "if !on(0) { g.h(); } 1"),
            ("check-dropped", "if a { return; } 1", "if !on(0) { if a { return; } } 1"),
            ("arm-dropped", "match a { B => 1, _ => 2 }", "match a { B if !on(0) => 1, _ => 2 }"),
            ("arm-dropped", "match a { B if c => 1, d => 2 }", "match a { B if (!on(0) && (c)) => 1, d => 2 }"),
            ("arguments-swapped", "g(a, b)", "(if on(0) { (g(b, a)) } else { (g(a, b)) })"),
            (
                "constant-by-one",
                "0x1fu32",
                "(if on(0) { (0x20u32) } else { ((if on(1) { (0x1eu32) } else { (0x1fu32) })) })",
            ),
            ("constant-power", "16", "(if on(0) { (8) } else { ((if on(1) { (32) } else { (16) })) })"),
            (
                "constant-used",
                "m::MOST",
                "(if on(0) { ((m::MOST + 1)) } else { ((if on(1) { ((m::MOST - 1)) } else { (m::MOST) })) })",
            ),
            ("method-swapped", "a.min(b)", "(if on(0) { (a.max(b)) } else { (a.min(b)) })"),
            ("wrapped", "a.checked_add(b)", "(if on(0) { (Some(a.wrapping_add(b))) } else { (a.checked_add(b)) })"),
            (
                "cast",
                "a as u32",
                "(match (a) { v => if differ::<_, u16, _>(v, v as u32, v as u16 as u32) && on(0) { v as u16 as u32 } \
                 else { v as u32 } }) as u32",
            ),
            ("range-end", "&a[..b]", "&a[..(if on(0) { ((b) + 1) } else { ((if on(1) { ((b) - 1) } else { (b) })) })]"),
            ("trap-code", "TrapCode::OutOfFuel", "(if on(0) { (TrapCode::Interrupt) } else { (TrapCode::OutOfFuel) })"),
            (
                "option-ignored",
                "if let Some(x) = g() { x } else { 1 }",
                "if let Some(x) = (if on(0) { (None) } else { (g()) }) { x } else { 1 }",
            ),
            (
                "check-order",
                "if a { return 1; } if b { return 2; } 3",
                "if on(0) { if b { return 2; } if a { return 1; } } else { if a { return 1; } if b { return 2; } } 3",
            ),
        ] {
            let wrap = |body: &str| format!("fn f() -> T {{ {body} }}\n");
            assert_eq!(with(&wrap(source), &[mutator]), wrap(expected), "{mutator}");
        }
        let bodies = with("fn f() -> bool {\n    g()\n}\n", &["body-replaced"]);
        assert_eq!(bodies, "fn f() -> bool { if on(0) { return true; }  if on(1) { return false; } \n    g()\n}\n");
    }

    #[test]
    fn all_changes_that_agree_fit_into_one_text() {
        let source = "impl S { fn f(&mut self, a: u32, b: bool) -> Option<u32> {\n    if a == 0 { return None; }\n    if b && a > 7 { return Some(1); }\n\
            for i in 0..a + 1 { self.mark(i, a); }\n    match a { 3 if b => Some(a.min(9)), 4 => None, _ => Some(self.g(a, 16)? << 2) }\n} }";
        let found = find("src/jit/a.rs", source).unwrap().candidates;
        let mut chosen: Vec<&Candidate> = Vec::new();
        for candidate in &found {
            if chosen.iter().all(|c| agree(c, candidate)) {
                chosen.push(candidate);
            }
        }
        assert!(chosen.len() > 30 && found.iter().any(|c| c.mutator == "root"), "{found:?}");
        let numbered: Vec<_> = (0..).zip(chosen.iter().copied()).collect();
        let made = instrument(source, &numbered);
        syn::parse_file(&made.text).unwrap_or_else(|e| panic!("{e}: {}", made.text));
        for (n, _) in numbered {
            assert_eq!(made.text.matches(&format!("on({n})")).count(), 1, "{n}");
        }
    }

    #[test]
    fn statements_that_overlap_do_not_agree() {
        let source = "fn f() { if a { return; } if b { return; } if c { return; } }";
        let found = find("src/a.rs", source).unwrap().candidates;
        let orders: Vec<&Candidate> = found.iter().filter(|c| c.mutator == "check-order").collect();
        assert!(orders.len() == 2 && !agree(orders[0], orders[1]));
        assert!(found.iter().all(|c| agree(c, c)));
    }
}
