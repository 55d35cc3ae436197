//! Watching a body: for a while, a copy of its code is executed, whose conditional branches have other heads, which count which
//! way they go. Everything else is the same, and in the same place, as in the code itself, which costs nothing for it.
//!
//! A frame moves to the copy, and back, where a `count` asks what to do next. Only the chained dispatcher has such heads.

use super::code::{self, InterpCode, Nesting, Watch};
use super::dispatch;
use super::handlers::Op;
use crate::config::profile::{FunctionProfile, Seen};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

impl InterpCode {
    /// Whether the body can be watched; this is possible once.
    pub fn can_be_watched(&self) -> bool {
        self.watching.get().is_none()
    }

    /// The bytes of memory that watching takes.
    pub fn bytes_to_watch(&self) -> usize {
        size_of::<InterpCode>() + self.words.len() * (size_of::<u64>() + size_of::<AtomicU32>())
    }

    /// Watches its next passings, from the next `count` on that has none left. Returns whether this call started it: another
    /// thread may have been quicker.
    ///
    /// # Panics
    /// If the code is not for the chained dispatcher.
    pub fn begin_to_watch(&self, passings: u32) -> bool {
        assert!(self.chained, "only chained code is watched");
        let mut words = self.words.clone();
        for site in &self.sites {
            words[site.word as usize] = dispatch::watching_head(Op::ALL[usize::from(site.op)]);
        }
        let cells = (0..words.len()).map(|_| AtomicU32::new(0)).collect();
        // Read once: another thread may enter at any time.
        let entered = self.entered();
        let watching = InterpCode {
            entry: words[code::ENTRY..].as_ptr(),
            locals: self.locals,
            extent: self.extent,
            zeroed: self.zeroed,
            below: self.below,
            above: self.above,
            params: self.params,
            results: self.results,
            chained: self.chained,
            body: self.body,
            words,
            handlers: Box::default(),
            nesting: Nesting::default(),
            offsets: Box::default(),
            passings: AtomicU32::new(passings),
            entered: AtomicU32::new(entered),
            loops: Box::default(),
            sites: Box::default(),
            watching: OnceLock::new(),
            is_watched: AtomicBool::new(false),
            watch: Some(Watch { cells, entered, plain: self }),
        };
        let begins = self.watching.set(Box::new(watching)).is_ok();
        if begins {
            self.passings.store(0, Ordering::Relaxed);
            self.is_watched.store(true, Ordering::Release);
        }
        begins
    }

    /// Ends watching: frames go back at their next `count`. Returns what was seen, once.
    pub fn watch_no_more(&self) -> Option<FunctionProfile> {
        let seen = self.seen_so_far()?;
        let watching = self.current();
        watching.allow_passings(0);
        self.entered.store(watching.entered(), Ordering::Relaxed);
        self.is_watched.swap(false, Ordering::AcqRel).then_some(seen)
    }

    /// Whether the body is watched, and passings for that are left.
    pub fn is_watched_on(&self) -> bool {
        self.current().watch.is_some() && self.current().passings.load(Ordering::Relaxed) > 0
    }

    /// What has been seen so far, while the body is watched.
    pub fn seen_so_far(&self) -> Option<FunctionProfile> {
        let watching = self.current();
        let watch = watching.watch.as_ref()?;
        let count = |word: u32| u64::from(watch.cells[word as usize].load(Ordering::Relaxed));
        let mut operators: Vec<(u32, Seen)> = Vec::with_capacity(self.sites.len());
        for site in &self.sites {
            let seen = if site.op == Op::BrTable as u16 {
                Seen::Table(dispatch::targets(&self.words, site.word).map(count).collect())
            } else {
                let (stayed, jumped) = (count(site.word), count(site.word + 1));
                let (held, failed) = if site.jumps_if { (jumped, stayed) } else { (stayed, jumped) };
                Seen::Branch { held, failed }
            };
            operators.push((site.offset, seen));
        }
        // The test at the beginning of a loop is repeated at its end.
        operators.sort_by_key(|&(offset, _)| offset);
        operators.dedup_by(|(again, more), (offset, seen)| {
            if let (true, Seen::Branch { held: a, failed: b }, Seen::Branch { held, failed }) =
                (again == offset, more, seen)
            {
                (*held, *failed) = (*held + *a, *failed + *b);
            }
            again == offset
        });
        operators.retain(|(_, seen)| match seen {
            Seen::Branch { held, failed } => (*held, *failed) != (0, 0),
            Seen::Table(counts) => counts.iter().any(|count| *count > 0),
        });
        let entered = watching.entered().wrapping_sub(watch.entered);
        Some(FunctionProfile { entered: entered.into(), operators })
    }
}
