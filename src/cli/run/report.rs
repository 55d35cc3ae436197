//! What `run` says of a program that did not end well.

use super::show;
use crate::cli::{Failed, TRAPPED};
use crate::runtime::store::{Abort, Frame, Object, Store};
use crate::runtime::trap::TrapCode;
use std::fmt::Write;

/// Says why the code did not return.
pub fn aborted(store: &Store, abort: &Abort) -> Result<u8, Failed> {
    let text = match abort {
        Abort::Trap(trap) => {
            let mut text = trap_line(&trap.message, trap.code, trap.backtrace.first());
            backtrace(&mut text, &trap.backtrace);
            text
        }
        Abort::Exception(object) => {
            let mut text = "Error: Uncaught exception".to_string();
            if let Object::Exception { tag, payload } = store.object(*object) {
                let values: Vec<String> = payload.iter().map(|v| show(store, *v)).collect();
                let _ = write!(text, " of tag {} ({})", tag.0, values.join(", "));
            }
            text + "\n"
        }
        // As a shell shows it.
        Abort::Exit(code) => return Ok(*code as u8),
        Abort::Host(message) => return Err(message.clone()),
    };
    use std::io::Write as _;
    // If standard error is closed there is nobody to tell; the status does.
    let _ = std::io::stderr().write_all(text.as_bytes());
    Ok(TRAPPED)
}

/// `Error: JIT Trap: unreachable (wasm=62 'func_62'+0xd8)`.
fn trap_line(message: &str, code: TrapCode, innermost: Option<&Frame>) -> String {
    let message = if message.is_empty() { code.message() } else { message };
    let tier = if innermost.is_some_and(|f| f.tier.starts_with("jit")) { "JIT" } else { "Interpreter" };
    let place = innermost.map(|f| format!(" ({})", place(f))).unwrap_or_default();
    format!("Error: {tier} Trap: {message}{place}\n")
}

fn place(f: &Frame) -> String {
    let name = if f.name.is_empty() { format!("func_{}", f.function) } else { f.name.clone() };
    let offset = f.function_offset.map(|o| format!("+{o:#x}")).unwrap_or_default();
    format!("wasm={} '{name}'{offset}", f.function)
}

/// One line a frame, innermost first; what recursion repeats is counted.
fn backtrace(text: &mut String, frames: &[Frame]) {
    const SHOWN: usize = 50;
    let same = |a: &Frame, b: &Frame| {
        (a.function, a.instance, a.function_offset) == (b.function, b.instance, b.function_offset)
    };
    let mut n = 0;
    for (line, run) in frames.chunk_by(same).enumerate() {
        if line == SHOWN {
            let _ = writeln!(text, "   … and {} more", frames.len() - n);
            break;
        }
        let f = &run[0];
        // Without a place in the function (as in a prologue) there is none in the module.
        let offset = f.module_offset.filter(|_| f.function_offset.is_some());
        let offset = offset.map(|o| format!(", module offset {o:#x}")).unwrap_or_default();
        let times = if run.len() > 1 { format!(", {} times", run.len()) } else { String::new() };
        let _ = writeln!(text, "  {n:>3}: {}{offset} [{}]{times}", place(f), f.tier);
        n += run.len();
    }
}
