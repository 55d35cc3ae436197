//! Ctrl-C, and the other signals that ask a process to end. The first request lets a run end in an orderly way, and a
//! second one ends it at once. Signals that belong to one request count once.

use super::exit_status::INTERRUPTED;
use super::remark;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What ends a run at once, for help texts; see [`Requests::ONE`].
macro_rules! second_ctrl_c {
    () => {
        "a second Ctrl-C, at least half a second after the first,"
    };
}
pub(super) use second_ctrl_c;

/// Makes the first signal set `stop` and print a message; `waits` says what the run waits for. A second request ends
/// the process at once, with the status [`INTERRUPTED`]. To be called once.
///
/// A run without the handler still works; signals then end it without a report.
pub fn stop_on_signal(stop: &Arc<AtomicBool>, waits: String) {
    let (stop, mut requests) = (Arc::clone(stop), Requests::default());
    let _ = ctrlc::set_handler(move || match requests.signal(Instant::now()) {
        Request::First => {
            stop.store(true, Ordering::Relaxed);
            // The line may already have a progress bar or the terminal's echo of the key. The lock of the progress bar
            // is not taken: a thread that writes to a full pipe may hold it.
            let line = if std::io::stderr().is_terminal() { "\n" } else { "" };
            let seconds = Requests::ONE.as_secs_f64();
            let text = format!(
                "{line}interrupted: {waits}; press Ctrl-C again, at least {seconds} s after this, to exit immediately \
                 without a report"
            );
            // Only this thread sees the second signal, so it must not wait for a reader here. If no other thread can be
            // started, nothing is printed.
            let _ = std::thread::Builder::new().name("interrupted".into()).spawn(move || remark(&text));
        }
        Request::Same => {}
        // Workers and drivers end with this process.
        Request::Second => std::process::exit(INTERRUPTED.into()),
    });
}

/// What a signal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    /// The first request to end.
    First,
    /// Another signal of the first request.
    Same,
    /// Another request.
    Second,
}

/// When the first request came.
#[derive(Default)]
struct Requests(Option<Instant>);

impl Requests {
    /// All signals of one request arrive within this time: `timeout` signals a process and then its group, and a
    /// terminal that is closed signals twice.
    const ONE: Duration = Duration::from_millis(500);

    /// Returns what a signal that arrives now means.
    fn signal(&mut self, now: Instant) -> Request {
        match self.0 {
            None => {
                self.0 = Some(now);
                Request::First
            }
            Some(first) if now.saturating_duration_since(first) < Requests::ONE => Request::Same,
            Some(_) => Request::Second,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_at_once_are_one_request() {
        let start = Instant::now();
        let mut requests = Requests::default();
        for (ms, request) in [
            (1_000, Request::First),
            (1_000, Request::Same),
            (1_001, Request::Same),
            (1_499, Request::Same),
            (1_500, Request::Second),
            (9_000, Request::Second),
        ] {
            assert_eq!(requests.signal(start + Duration::from_millis(ms)), request, "{ms}");
        }
    }
}
