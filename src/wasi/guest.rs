//! The memory of the calling program. Every address is checked: nothing here relies on faults.

use super::types::{Errno, Stop};
pub use crate::runtime::libcalls::memories_and_tables::{BYTES_PER_FUEL, PIECE};
use crate::runtime::store::InterruptHandle;
use crate::runtime::sys::files::{self, WaitTarget, Waited};
use crate::runtime::trap::TrapCode;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// The longest path that is read; longer ones would be `ENAMETOOLONG` on any host.
const PATH_MAX: u32 = 4096;
/// The maximum number of buffers in one read or write, as on Linux.
const IOV_MAX: u32 = 1024;
/// How long a wait lasts between two checks for an interrupt.
const SLICE: Duration = Duration::from_millis(10);

/// A program's memory during one call of a host function, and what can end that call early.
pub struct Guest<'a> {
    pub bytes: &'a mut [u8],
    pub interrupt: &'a InterruptHandle,
    /// The store's fuel, which never runs out if code does not count it.
    pub fuel: u64,
    /// Why the call stopped before it was done, if it did: the program ends with this trap, whatever the call returns.
    pub stopped: Option<TrapCode>,
}

impl Guest<'_> {
    /// Pays for work on this many bytes. Fails with `Intr` if there is not enough fuel or the program is interrupted;
    /// either ends the program when the call returns.
    pub fn spend(&mut self, bytes: u64) -> Result<(), Errno> {
        let left = self.fuel.checked_sub(bytes / BYTES_PER_FUEL);
        self.fuel = left.unwrap_or(0);
        if left.is_none() {
            return Err(self.stop(TrapCode::OutOfFuel));
        }
        if self.interrupt.is_requested() { Err(self.stop(TrapCode::Interrupt)) } else { Ok(()) }
    }

    fn stop(&mut self, code: TrapCode) -> Errno {
        self.stopped = Some(code);
        Errno::Intr
    }

    /// Fails with `Fault` unless these bytes are all in memory at 32-bit addresses: a program can only use the first 4 GiB of a
    /// larger memory. So sums of an address and an offset within the bytes do not overflow.
    pub fn check(&self, at: u32, len: u64) -> Result<(), Errno> {
        let end = u64::from(at).checked_add(len).ok_or(Errno::Fault)?;
        if end <= (self.bytes.len() as u64).min(1 << 32) { Ok(()) } else { Err(Errno::Fault) }
    }

    pub fn slice(&self, at: u32, len: u32) -> Result<&[u8], Errno> {
        self.check(at, u64::from(len))?;
        Ok(&self.bytes[at as usize..][..len as usize])
    }

    pub fn slice_mut(&mut self, at: u32, len: u32) -> Result<&mut [u8], Errno> {
        self.check(at, u64::from(len))?;
        Ok(&mut self.bytes[at as usize..][..len as usize])
    }

    pub fn array<const N: usize>(&self, at: u32) -> Result<[u8; N], Errno> {
        let mut out = [0; N];
        out.copy_from_slice(self.slice(at, N as u32)?);
        Ok(out)
    }

    pub fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?;
        self.slice_mut(at, len)?.copy_from_slice(bytes);
        Ok(())
    }

    pub fn write_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    pub fn write_u64(&mut self, at: u32, value: u64) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    /// Reads a path. The host decides whether it is valid, except for text that is not UTF-8 (`Ilseq`) or contains a
    /// NUL (`Inval`).
    pub fn path(&self, at: u32, len: u32) -> Result<String, Errno> {
        let bytes = self.slice(at, len)?;
        if len >= PATH_MAX {
            return Err(Errno::Nametoolong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)?;
        if text.contains('\0') {
            return Err(Errno::Inval);
        }
        Ok(text.to_string())
    }

    /// Returns the address and length of each buffer in a list, all of which are in memory. Their total length fits 32
    /// bits: the excess is cut off, as in a short read or write.
    pub fn buffers(&self, at: u32, count: u32) -> Result<Vec<(u32, u32)>, Errno> {
        if count > IOV_MAX {
            return Err(Errno::Inval);
        }
        let list = self.slice(at, count * 8)?;
        let mut left = u32::MAX;
        let mut buffers = Vec::with_capacity(count as usize);
        for pair in list.chunks_exact(8) {
            let word = |i: usize| u32::from_le_bytes([pair[i], pair[i + 1], pair[i + 2], pair[i + 3]]);
            let (at, len) = (word(0), word(4));
            self.check(at, u64::from(len))?;
            let len = len.min(left);
            left -= len;
            buffers.push((at, len));
        }
        Ok(buffers)
    }

    /// Waits until one of the descriptors is ready or the deadline has passed. Fails with `Intr` if the program is
    /// interrupted, which ends it when the call returns. Returns for each descriptor whether it is ready.
    pub fn wait(&mut self, fds: &[WaitTarget<'_>], deadline: Option<Instant>) -> Result<Vec<Waited>, Stop> {
        loop {
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            let ready = files::wait(fds, left.map_or(SLICE, |left| left.min(SLICE)))?;
            if ready.iter().any(Waited::is_ready) || left == Some(Duration::ZERO) {
                return Ok(ready);
            }
            if self.interrupt.is_requested() {
                return Err(self.stop(TrapCode::Interrupt).into());
            }
        }
    }

    /// Waits for one descriptor; fails with `Again` if it is not ready and `nonblock` is set.
    pub fn wait_for(&mut self, fd: BorrowedFd<'_>, write: bool, nonblock: bool) -> Result<(), Stop> {
        let deadline = nonblock.then(Instant::now);
        let ready = self.wait(&[WaitTarget::new(fd, write)], deadline)?;
        if ready[0].is_ready() { Ok(()) } else { Err(Errno::Again.into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Engine, Mode, Tier};
    use crate::runtime::store::Limits;

    /// Either suffices: the fuel is used up, or the program is interrupted.
    #[test]
    fn work_ends_with_the_fuel_and_by_an_interrupt() {
        let config = Config { mode: Mode::All(Tier::Interp), ..Config::default() };
        let store = Engine::new(config).unwrap().store(Limits::default());
        let interrupt = store.interrupt_handle();
        let mut guest = Guest { bytes: &mut [], interrupt: &interrupt, fuel: 3, stopped: None };
        assert_eq!((guest.spend(2 * BYTES_PER_FUEL + 1), guest.fuel, guest.stopped), (Ok(()), 1, None));
        interrupt.interrupt();
        assert_eq!((guest.spend(0), guest.fuel), (Err(Errno::Intr), 1));
        assert_eq!(guest.stopped.take(), Some(TrapCode::Interrupt));
        assert!(matches!(guest.wait(&[], None), Err(Stop::Errno(Errno::Intr))));
        assert_eq!(guest.stopped.take(), Some(TrapCode::Interrupt));
        interrupt.withdraw();
        assert_eq!((guest.spend(BYTES_PER_FUEL), guest.fuel), (Ok(()), 0));
        assert_eq!((guest.spend(BYTES_PER_FUEL - 1), guest.fuel, guest.stopped), (Ok(()), 0, None));
        assert_eq!((guest.spend(BYTES_PER_FUEL), guest.fuel), (Err(Errno::Intr), 0));
        assert_eq!(guest.stopped, Some(TrapCode::OutOfFuel));
    }
}
