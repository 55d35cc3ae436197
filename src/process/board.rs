//! Memory that a supervisor and its worker both map. Writing to it costs no system call, and its contents survive the
//! worker: before each step the worker stores the step's position here, so that a death can be located.
//!
//! The layout is four words (progress, ticks, length of the log in bytes, length of the message in bytes), then the
//! message, and the log from `LOG` on.

use crate::runtime::sys::process::SharedMemory;
use crate::text::counted;
use std::borrow::Cow;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

/// The size of the shared memory in bytes; pages are touched only as far as they are used.
pub const SHARED_BYTES: usize = 8 << 20;
const LOG: usize = 4096;
const LOG_BYTES: usize = SHARED_BYTES - LOG;
const MESSAGE: usize = 64;
const MESSAGE_BYTES: usize = 2048;
/// Space for what [`shortened`] adds.
pub const SHORTENED_BYTES: usize = 64;

/// Packs a step and a column, which is below 65,536, into a number that is never 0.
pub fn packed((step, column): (usize, usize)) -> u64 {
    ((step as u64) << 16 | column as u64) + 1
}

/// The inverse of [`packed`]; `None` for 0.
pub fn unpacked(at: u64) -> Option<(usize, usize)> {
    let at = at.checked_sub(1)?;
    Some(((at >> 16) as usize, (at & 0xffff) as usize))
}

/// The shared memory, as seen from either side.
#[derive(Debug)]
pub struct Board(SharedMemory);

impl Board {
    /// Creates a board in memory of [`SHARED_BYTES`].
    pub fn new(memory: SharedMemory) -> Board {
        Board(memory)
    }

    fn word(&self, index: usize) -> &AtomicU64 {
        assert!(index < 4);
        // SAFETY: the mapping is page-aligned, longer than four words, lives as long as `self`, and these words are
        // reached by atomics only, in both processes.
        unsafe { AtomicU64::from_ptr(self.0.base().as_ptr().cast::<u64>().add(index)) }
    }

    /// Returns the current position: a step, and a column below 65,536; `None` between jobs.
    pub fn progress(&self) -> Option<(usize, usize)> {
        unpacked(self.word(0).load(Ordering::Acquire))
    }

    /// Sets the current position.
    pub fn set_progress(&self, at: Option<(usize, usize)>) {
        self.word(0).store(at.map_or(0, packed), Ordering::Release);
        self.word(1).fetch_add(1, Ordering::Release);
    }

    /// A number that changes whenever progress is made.
    pub fn ticks(&self) -> u64 {
        self.word(1).load(Ordering::Acquire)
    }

    /// Stores the last words of a panic.
    pub fn set_message(&self, text: &str) {
        let text = shortened(text, MESSAGE_BYTES - SHORTENED_BYTES);
        let len = text.len().min(MESSAGE_BYTES);
        // SAFETY: in the mapping; the other side reads it only once the length is published, after our death.
        unsafe { self.0.base().add(MESSAGE).copy_from(NonNull::from(text.as_bytes()).cast(), len) };
        self.word(3).store(len as u64, Ordering::Release);
    }

    /// Returns the last words of a panic, if there was one.
    pub fn message(&self) -> Option<String> {
        let len = (self.word(3).load(Ordering::Acquire) as usize).min(MESSAGE_BYTES);
        (len > 0).then(|| String::from_utf8_lossy(&self.read(MESSAGE, len)).into_owned())
    }

    /// Clears the progress, log and message for a new job.
    pub fn reset(&self) {
        self.set_progress(None);
        self.word(2).store(0, Ordering::Release);
        self.word(3).store(0, Ordering::Release);
    }

    /// Appends bytes to the log. Returns false if they do not fit.
    pub fn append(&self, bytes: &[u8]) -> bool {
        let used = self.word(2).load(Ordering::Relaxed) as usize;
        if used + bytes.len() > LOG_BYTES {
            return false;
        }
        // SAFETY: in the mapping, beyond what is published; the other side reads it only once the new length is.
        unsafe { self.0.base().add(LOG + used).copy_from(NonNull::from(bytes).cast(), bytes.len()) };
        self.word(2).store((used + bytes.len()) as u64, Ordering::Release);
        true
    }

    /// Takes the log and leaves it empty. The worker must not append meanwhile: it is waiting for an answer, or dead.
    pub fn take_log(&self) -> Vec<u8> {
        let used = (self.word(2).swap(0, Ordering::AcqRel) as usize).min(LOG_BYTES);
        self.read(LOG, used)
    }

    fn read(&self, start: usize, len: usize) -> Vec<u8> {
        assert!(start + len <= SHARED_BYTES);
        let mut bytes = vec![0; len];
        // SAFETY: in the mapping, and published by the other side, which does not write it again before it is asked to.
        unsafe { self.0.base().add(start).copy_to(NonNull::from(bytes.as_mut_slice()).cast(), len) };
        bytes
    }
}

/// Returns a text of at most about `max` bytes. The part that is cut off is replaced by its length and hash, so that
/// texts that differ only there stay distinct: replays and reports compare shortened texts.
pub fn shortened(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
    }
    let (shown, rest) = text.split_at(text.floor_char_boundary(max));
    // FNV-1a: the same in every build and on every machine.
    let hash = rest.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    Cow::Owned(format!("{shown}… ({} more, hash {hash:08x})", counted(rest.len(), "byte")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board() -> Board {
        Board::new(SharedMemory::create(SHARED_BYTES).expect("shared memory"))
    }

    /// The log takes bytes up to its last one; what does not fit leaves it unchanged.
    #[test]
    fn a_log_takes_as_much_as_there_is_room() {
        let board = board();
        assert!(!board.append(&vec![1; LOG_BYTES + 1]));
        assert!(board.append(&vec![2; LOG_BYTES - 3]));
        assert!(!board.append(&[3; 4]));
        assert!(board.append(&[4; 3]));
        assert!(!board.append(&[5]) && board.append(&[]));
        let log = board.take_log();
        assert_eq!((log.len(), &log[LOG_BYTES - 4..]), (LOG_BYTES, &[2, 4, 4, 4][..]));
        assert!(board.take_log().is_empty());
    }

    /// It forgets those of the previous job, and observers can see that something happened.
    #[test]
    fn a_new_job_finds_nothing() {
        let board = board();
        board.set_progress(Some((7, 3)));
        board.set_message("last words");
        assert!(board.append(b"steps"));
        let ticks = board.ticks();
        board.reset();
        assert_eq!((board.progress(), board.message(), board.take_log()), (None, None, Vec::new()));
        assert_ne!(board.ticks(), ticks);
    }

    /// Even one that leads to the same place.
    #[test]
    fn each_step_is_seen() {
        let board = board();
        let mut ticks = vec![board.ticks()];
        for at in [None, Some((0, 0)), Some((0, 0)), Some((0, 1)), None] {
            board.set_progress(at);
            assert_eq!(board.progress(), at);
            ticks.push(board.ticks());
        }
        assert!(ticks.is_sorted_by(|before, after| before < after), "{ticks:?}");
    }

    #[test]
    fn a_position_is_one_number() {
        assert_eq!(unpacked(0), None);
        for step in [0, 1, 255, 256, 65_535, 65_536, 1_000_000] {
            for column in [0, 1, 15, 255, 256, 65_534] {
                let at = packed((step, column));
                assert!(at != 0 && unpacked(at) == Some((step, column)), "{step} {column}");
            }
        }
    }
}
