//! The trace of a store: its filters, and where its lines go.

use std::io::Write;
use std::ops::Range;

/// Which functions to trace, by index and by name.
pub type FunctionFilter = Box<dyn Fn(u32, &str) -> bool + Send>;

/// Bytes of a memory whose stores are traced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreRange {
    /// Number of the memory in the store; `None`: all memories.
    pub memory: Option<u32>,
    /// The range of addresses.
    pub bytes: Range<u64>,
}

/// The filters and the sink of a store's trace.
pub struct Tracer {
    sink: Box<dyn Write + Send>,
    /// Why nothing is written any more.
    failed: Option<String>,
    calls: FunctionFilter,
    stores: Vec<StoreRange>,
    /// Traced calls that have not returned.
    pub(super) depth: u32,
}

impl std::fmt::Debug for Tracer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tracer").field("stores", &self.stores).finish_non_exhaustive()
    }
}

impl Tracer {
    /// Traces calls of the functions that `calls` accepts, and stores to `stores`. `sink` gets a whole line at a time.
    pub fn new(sink: Box<dyn Write + Send>, calls: FunctionFilter, stores: Vec<StoreRange>) -> Tracer {
        Tracer { sink, failed: None, calls, stores, depth: 0 }
    }

    /// Why the trace is incomplete, if it is.
    pub fn failure(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    /// Whether calls of this function are traced.
    pub(in crate::runtime) fn wants(&self, index: u32, name: &str) -> bool {
        (self.calls)(index, name)
    }

    /// The traced ranges of this memory.
    pub(in crate::runtime) fn ranges(&self, memory: u32) -> impl Iterator<Item = Range<u64>> + '_ {
        let watched = self.stores.iter().filter(move |range| range.memory.is_none_or(|m| m == memory));
        watched.map(|range| range.bytes.clone())
    }

    /// The parts of these bytes of this memory that are traced, ordered by their start. They may overlap.
    pub(super) fn parts(&self, memory: u32, bytes: &Range<u64>) -> Vec<Range<u64>> {
        let within = self.ranges(memory).map(|r| r.start.max(bytes.start)..r.end.min(bytes.end));
        let mut parts: Vec<_> = within.filter(|part| part.start < part.end).collect();
        parts.sort_unstable_by_key(|part| part.start);
        parts
    }

    /// Whether some of these bytes of this memory are traced.
    pub(super) fn watches(&self, memory: u32, bytes: &Range<u64>) -> bool {
        self.ranges(memory).any(|range| range.start.max(bytes.start) < range.end.min(bytes.end))
    }

    /// Writes a line, given without its terminator.
    pub(in crate::runtime) fn line(&mut self, mut line: String) {
        if self.failed.is_none() {
            line.push('\n');
            let written = self.sink.write_all(line.as_bytes()).and_then(|()| self.sink.flush());
            self.failed = written.err().map(|e| e.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranges of one memory and of all; an access is watched if one of its bytes is.
    #[test]
    fn accesses_are_watched_by_their_bytes() {
        let range = |memory, bytes| StoreRange { memory, bytes };
        let ranges = vec![range(Some(1), 10..20), range(None, 30..31), range(Some(0), 40..40)];
        let tracer = Tracer::new(Box::new(std::io::sink()), Box::new(|_, _| false), ranges.clone());
        let of = |memory| tracer.ranges(memory).map(|range| (range.start, range.end)).collect::<Vec<_>>();
        assert_eq!([of(0), of(1), of(2)], [vec![(30, 31), (40, 40)], vec![(10, 20), (30, 31)], vec![(30, 31)]]);
        for memory in 0..3 {
            let is_in =
                |byte: u64| ranges.iter().any(|r| r.memory.is_none_or(|m| m == memory) && r.bytes.contains(&byte));
            for start in 0..50 {
                for len in 1..=16 {
                    let bytes = start..start + len;
                    assert_eq!(tracer.watches(memory, &bytes), bytes.clone().any(is_in), "{bytes:?} of {memory}");
                    let parts = tracer.parts(memory, &bytes);
                    assert!(parts.is_sorted_by_key(|part| part.start) && parts.iter().all(|part| !part.is_empty()));
                    assert!(parts.into_iter().flatten().eq(bytes.filter(|&byte| is_in(byte))));
                }
            }
        }
    }
}
