//! Reports on programs that did not end well: the trap line, the backtrace, and the detailed report.
//!
//! | file | contents |
//! |---|---|
//! | `lines` | source lines, from the DWARF that a module carries |
//! | `dump` | the report: every known detail of the function and of the trap |

mod dump;
mod lines;

pub use dump::{DumpError, DumpFolder, TrapSubject, dump};
pub use lines::{DebugInfo, Lines, NoLines};

use crate::module::{ExternKind, Module};
use crate::runtime::store::{Abort, BacktraceFrame, Extern, Object, Store, TagId, Trap};
use crate::runtime::value::Val;
use crate::text::counted;
use std::fmt::Write;

/// Formats a value.
pub type ShowValue<'a> = &'a dyn Fn(&Store, Val) -> String;

/// Returns the text for a program that trapped or threw: a line with the cause and the place, then the backtrace.
/// `None` for ends that are not a failure of the code.
pub fn report(store: &Store, abort: &Abort, show: ShowValue<'_>, debug_info: DebugInfo<'_>) -> Option<String> {
    match abort {
        Abort::Trap(trap) => Some(trap_report(store, trap, debug_info)),
        Abort::Exception(object) => {
            let mut text = "Error: Uncaught exception".to_string();
            if let Object::Exception { tag, payload } = store.object(*object) {
                let values: Vec<String> = payload.iter().map(|v| show(store, *v)).collect();
                let name = tag_name(store, tag).map(|name| format!(" '{}'", name.escape_debug())).unwrap_or_default();
                let _ = write!(text, " of tag {}{name} ({})", tag.0, values.join(", "));
            }
            let thrown = store.thrown_at();
            if let Some(innermost) = thrown.first() {
                let _ = write!(text, " thrown at {}", place(innermost));
            }
            text.push('\n');
            frames(&mut text, &mut Sources { store, debug_info, known: Vec::new() }, thrown, 0);
            Some(text)
        }
        _ => None,
    }
}

/// Returns the name under which some module exports or imports a tag.
fn tag_name(store: &Store, tag: TagId) -> Option<String> {
    (0..store.instances()).map(crate::runtime::store::InstanceId).find_map(|instance| {
        let module = store.module(instance);
        let exported = module.exports.iter().filter(|e| e.kind == ExternKind::Tag);
        let mut names = exported.map(|e| e.name.clone());
        names.find(|name| store.export(instance, name) == Some(Extern::Tag(tag)))
    })
}

/// `Error: JIT Trap: unreachable (wasm=62 'func_62'+0xd8)` and the frames.
fn trap_report(store: &Store, trap: &Trap, debug_info: DebugInfo<'_>) -> String {
    let innermost = trap.backtrace.first();
    let message = if trap.message.is_empty() { trap.code.message() } else { &trap.message };
    let place = innermost.map(|f| format!(" ({})", place(f))).unwrap_or_default();
    let mut text = format!("Error: {}Trap: {message}{place}\n", tier_name(innermost));
    let mut sources = Sources { store, debug_info, known: Vec::new() };
    frames(&mut text, &mut sources, &trap.backtrace, 0);
    let mut next = trap.backtrace.len() as u64;
    if trap.omitted > 0 {
        let _ = writeln!(text, "       … {} …", counted(trap.omitted, "more frame"));
        next += trap.omitted;
    }
    frames(&mut text, &mut sources, &trap.outer, next);
    text
}

/// The trap line's name for the tier of a frame; empty if no code ran, for example when a segment does not fit.
fn tier_name(innermost: Option<&BacktraceFrame>) -> &'static str {
    match innermost.map(|f| f.tier) {
        Some(tier) if tier.starts_with("jit") => "JIT ",
        Some("eval") => "Evaluator ",
        Some(_) => "Interpreter ",
        None => "",
    }
}

/// `wasm=62 'func_62'+0xd8`.
fn place(f: &BacktraceFrame) -> String {
    let name = if f.name.is_empty() { format!("func_{}", f.function) } else { f.name.escape_debug().to_string() };
    let offset = f.function_offset.map(|o| format!("+{o:#x}")).unwrap_or_default();
    format!("wasm={} '{name}'{offset}", f.function)
}

/// The source lines of the modules in a backtrace; each module's are read once.
struct Sources<'a> {
    store: &'a Store,
    debug_info: DebugInfo<'a>,
    known: Vec<(u32, Option<Lines<'a>>)>,
}

impl<'a> Sources<'a> {
    /// Returns the place of a frame in the source, innermost inlined function first.
    fn of(&mut self, f: &BacktraceFrame) -> Vec<String> {
        let Some(offset) = f.module_offset else { return Vec::new() };
        if let Some((_, lines)) = self.known.iter().find(|&&(id, _)| id == f.instance.0) {
            return lines.as_ref().map(|lines| lines.at(offset)).unwrap_or_default();
        }
        let module: &'a Module = self.store.module(f.instance);
        let (lines, found) = match Lines::of(module, self.debug_info) {
            Ok(lines) => {
                let found = lines.as_ref().map(|lines| lines.at(offset)).unwrap_or_default();
                (lines, found)
            }
            Err(why) => (None, vec![format!("source lines are left out: {why}")]),
        };
        self.known.push((f.instance.0, lines));
        found
    }
}

/// The maximum length in frames of a cycle of calls that is shown once, with its number of turns.
const LONGEST_CYCLE: usize = 8;

/// Writes one line per frame, innermost first; repetitions by recursion are counted. The first frame has number
/// `first`.
fn frames(text: &mut String, sources: &mut Sources<'_>, frames: &[BacktraceFrame], first: u64) {
    let same = |a: &BacktraceFrame, b: &BacktraceFrame| {
        (a.function, a.instance, a.function_offset, a.tier) == (b.function, b.instance, b.function_offset, b.tier)
    };
    // The number of consecutive repetitions of the `n` frames at `at`.
    let turns = |at: usize, n: usize| {
        let all = frames[at..].chunks_exact(n);
        all.take_while(|chunk| chunk.iter().zip(&frames[at..at + n]).all(|(a, b)| same(a, b))).count()
    };
    let mut at = 0;
    while at < frames.len() {
        let most = LONGEST_CYCLE.min(frames.len() - at);
        let cycle = (1..=most).map(|n| (n, turns(at, n))).find(|&(n, turns)| turns > 2 || (n == 1 && turns > 1));
        let (n, turns) = cycle.unwrap_or((1, 1));
        for (i, f) in frames[at..at + n].iter().enumerate() {
            let number = first + (at + i) as u64;
            let offset = f.module_offset.map(|o| format!(", module offset {o:#x}")).unwrap_or_default();
            let times = if n == 1 && turns > 1 { format!(", {turns} times") } else { String::new() };
            let _ = writeln!(text, "  {number:>3}: {}{offset} [{}]{times}", place(f), f.tier);
            for line in sources.of(f) {
                let _ = writeln!(text, "         {line}");
            }
        }
        if n > 1 && turns > 1 {
            let _ = writeln!(text, "       … these {n} frames, {turns} times");
        }
        at += n * turns;
    }
}
