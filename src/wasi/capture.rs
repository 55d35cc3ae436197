//! A buffer for a program's output.

use parking_lot::Mutex;
use std::sync::Arc;

/// Collects a program's output. Clones share their contents.
#[derive(Clone, Debug)]
pub struct Capture {
    pub(super) bytes: Arc<Mutex<Vec<u8>>>,
    pub(super) limit: usize,
}

impl Capture {
    /// Creates a buffer for at most `limit` bytes; writing more fails with `Nospc`.
    pub fn new(limit: usize) -> Capture {
        Capture { bytes: Arc::default(), limit }
    }

    /// Takes the bytes written since the last call.
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes.lock())
    }
}

impl Default for Capture {
    /// The default limit, 64 MiB.
    fn default() -> Self {
        Capture::new(64 << 20)
    }
}
