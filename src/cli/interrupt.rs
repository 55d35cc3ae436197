//! Ctrl-C, and the other signals that ask a process to end: the first one ends a run in order, the second one at once.

use super::exit_status::INTERRUPTED;
use super::remark;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Has the first signal set `stop`, and say what the run waits for: `waits` is about that. The second one ends the process at
/// once, with the status [`INTERRUPTED`]. To be called once.
///
/// A run without the handler still works; signals then end it without a report.
pub fn stop_on_signal(stop: &Arc<AtomicBool>, waits: String) {
    let (stop, mut is_second) = (Arc::clone(stop), false);
    let _ = ctrlc::set_handler(move || {
        if std::mem::replace(&mut is_second, true) {
            // Workers and drivers end with this process.
            std::process::exit(INTERRUPTED.into());
        }
        stop.store(true, Ordering::Relaxed);
        // A line of progress, or what the terminal shows of the key, may be there. The lock of the progress is not taken: who
        // writes to a full pipe holds it.
        let line = if std::io::stderr().is_terminal() { "\n" } else { "" };
        remark(&format!("{line}interrupted: {waits}; a second Ctrl-C ends at once, without a report"));
    });
}
