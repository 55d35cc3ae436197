//! `poll_oneoff`: waits for clocks and descriptors at the same time.

use super::context::WasiCtx;
use super::descriptors::DescriptorKind;
use super::guest::Guest;
use super::process::clock;
use super::types::{Errno, Stop, filetype, rights};
use crate::runtime::sys::files::{Clock, Readiness, WaitTarget};
use std::collections::HashMap;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// The maximum number of subscriptions in one call; more are `Inval`, as for POSIX's `poll` beyond the descriptor
/// limit.
const MOST: u32 = 4096;
const SUBSCRIPTION: u32 = 48;
const EVENT: u32 = 32;
const CLOCK: u8 = 0;
const FD_READ: u8 = 1;
const FD_WRITE: u8 = 2;
/// The `subclockflags` flag for an absolute time.
const ABSOLUTE: u16 = 1;
/// The `eventrwflags` flag for a closed other end.
const HANGUP: u16 = 1;

/// One entry of the list that a program passes.
struct Subscription {
    userdata: [u8; 8],
    kind: u8,
    awaited: Awaited,
}

/// The event that a subscription waits for.
enum Awaited {
    /// The time has passed, in nanoseconds from now.
    After(u64),
    /// The descriptor is ready.
    Fd(u32),
    /// Fails without waiting.
    Error(Errno),
}

struct Event {
    userdata: [u8; 8],
    error: u16,
    kind: u8,
    bytes: u64,
    flags: u16,
}

impl Event {
    fn of(s: &Subscription, result: Result<Readiness, Errno>) -> Event {
        let (error, ready) = match result {
            Ok(ready) => (0, ready),
            Err(e) => (e as u16, Readiness::default()),
        };
        let flags = if ready.hangup { HANGUP } else { 0 };
        Event { userdata: s.userdata, error, kind: s.kind, bytes: ready.bytes, flags }
    }

    fn bytes(&self) -> [u8; EVENT as usize] {
        let mut out = [0; EVENT as usize];
        out[..8].copy_from_slice(&self.userdata);
        out[8..10].copy_from_slice(&self.error.to_le_bytes());
        out[10] = self.kind;
        out[16..24].copy_from_slice(&self.bytes.to_le_bytes());
        out[24..26].copy_from_slice(&self.flags.to_le_bytes());
        out
    }
}

impl WasiCtx {
    pub(super) fn poll_oneoff(
        &mut self,
        guest: &mut Guest<'_>,
        subscriptions: u32,
        events: u32,
        count: u32,
        stored: u32,
    ) -> Result<(), Stop> {
        if count == 0 || count > MOST {
            return Err(Errno::Inval.into());
        }
        guest.check(subscriptions, u64::from(count) * u64::from(SUBSCRIPTION))?;
        guest.check(events, u64::from(count) * u64::from(EVENT))?;
        guest.check(stored, 4)?;
        let subscribed = (0..count)
            .map(|i| self.subscription(guest, subscriptions + i * SUBSCRIPTION))
            .collect::<Result<Vec<_>, _>>()?;
        let happened = self.wait(guest, &subscribed)?;
        for (i, event) in (0..).zip(&happened) {
            guest.write(events + i * EVENT, &event.bytes())?;
        }
        Ok(guest.write_u32(stored, happened.len() as u32)?)
    }

    fn subscription(&mut self, guest: &Guest<'_>, at: u32) -> Result<Subscription, Stop> {
        let bytes: [u8; SUBSCRIPTION as usize] = guest.array(at)?;
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let kind = bytes[8];
        let awaited = match kind {
            CLOCK => {
                let (time, absolute) = (word(24), word(40) as u16 & ABSOLUTE != 0);
                match clock(word(16) as u32) {
                    // A clock that advances only while the program runs cannot be waited for.
                    Ok(Clock::ProcessCpu | Clock::ThreadCpu) => Awaited::Error(Errno::Notsup),
                    Ok(clock) if absolute => Awaited::After(time.saturating_sub(self.now(clock)?)),
                    Ok(_) => Awaited::After(time),
                    Err(e) => Awaited::Error(e),
                }
            }
            FD_READ | FD_WRITE => Awaited::Fd(word(16) as u32),
            _ => return Err(Errno::Inval.into()),
        };
        let mut userdata = [0; 8];
        userdata.copy_from_slice(&bytes[..8]);
        Ok(Subscription { userdata, kind, awaited })
    }

    fn wait(&mut self, guest: &mut Guest<'_>, subscribed: &[Subscription]) -> Result<Vec<Event>, Stop> {
        // Events known without waiting.
        let mut happened = Vec::new();
        let mut polled = Vec::new();
        // One entry for each descriptor: the system accepts no more of them than a process may have descriptors.
        let mut files = Vec::new();
        let mut places = HashMap::new();
        for s in subscribed {
            match s.awaited {
                Awaited::After(_) => {}
                Awaited::Error(e) => happened.push(Event::of(s, Err(e))),
                Awaited::Fd(fd) => match self.known(fd, s.kind) {
                    Some(result) => happened.push(Event::of(s, result)),
                    None => {
                        let file = self.fds.any(fd)?.host().expect("others are always ready");
                        let place = *places.entry(fd).or_insert_with(|| {
                            files.push(WaitTarget { fd: file.as_fd(), read: false, write: false });
                            files.len() - 1
                        });
                        files[place].read |= s.kind == FD_READ;
                        files[place].write |= s.kind == FD_WRITE;
                        polled.push((s, place));
                    }
                },
            }
        }
        let first =
            subscribed.iter().filter_map(|s| if let Awaited::After(n) = s.awaited { Some(n) } else { None }).min();
        let due = |limit: u64| subscribed.iter().filter(move |s| matches!(s.awaited, Awaited::After(n) if n <= limit));
        let start = Instant::now();
        let until = |n: u64| start.checked_add(Duration::from_nanos(n));
        let deadline = match first {
            _ if !happened.is_empty() => Some(start),
            // Waiting advances virtual time.
            Some(_) if self.virtual_time.is_some() => Some(start),
            Some(n) => until(n),
            None => None,
        };
        let ready = guest.wait(&files, deadline)?;
        let ready = polled.iter().map(|&(s, place)| match s.kind {
            FD_READ => (s, ready[place].read),
            _ => (s, ready[place].write),
        });
        happened.extend(ready.filter(|(_, r)| r.ready).map(|(s, r)| Event::of(s, Ok(r))));
        let passed = match &mut self.virtual_time {
            Some(time) => {
                let step = if happened.is_empty() { first.unwrap_or(0) } else { 0 };
                *time = time.saturating_add(step);
                step
            }
            None => start.elapsed().as_nanos().try_into().unwrap_or(u64::MAX),
        };
        happened.extend(due(passed).map(|s| Event::of(s, Ok(Readiness::default()))));
        Ok(happened)
    }

    /// Returns the result of a subscription that needs no wait; `None` if the host must be asked.
    fn known(&self, fd: u32, kind: u8) -> Option<Result<Readiness, Errno>> {
        let descriptor = match self.fds.any(fd) {
            Ok(descriptor) => descriptor,
            Err(e) => return Some(Err(e)),
        };
        let use_ = if kind == FD_READ { rights::FD_READ } else { rights::FD_WRITE };
        if let Err(e) = descriptor.need(rights::POLL_FD_READWRITE | use_) {
            return Some(Err(e));
        }
        let ready = |bytes| Some(Ok(Readiness { ready: true, hangup: false, bytes }));
        match &descriptor.kind {
            DescriptorKind::File { file, filetype: filetype::REGULAR_FILE } => {
                use std::io::Seek;
                let mut file = file;
                let size = file.metadata().map_or(0, |m| m.len());
                let position = file.stream_position().unwrap_or(0);
                ready(if kind == FD_READ { size.saturating_sub(position) } else { 0 })
            }
            DescriptorKind::Source(super::descriptors::InputSource::Bytes(bytes)) => {
                ready(bytes.get_ref().len() as u64 - bytes.position())
            }
            _ if descriptor.host().is_some() => None,
            _ => ready(0),
        }
    }
}
