//! Arguments, environment, clocks, random numbers, program exit, and sockets, which programs never have.

use super::context::WasiCtx;
use super::guest::Guest;
use super::types::{Errno, Stop, WasiResult};
use crate::random;
use crate::runtime::sys::files::Clock;

/// The virtual time that reading a clock takes, in nanoseconds.
const TICK: u64 = 1_000;
/// The date when virtual time starts: 2020-01-01.
const EPOCH: u64 = 1_577_836_800_000_000_000;
/// The number of random bytes between two checks for interrupts and fuel: fewer than for files, because they take
/// longer.
const PIECE: u32 = 1 << 20;

impl WasiCtx {
    pub(super) fn args_get(&mut self, guest: &mut Guest<'_>, argv: u32, buffer: u32) -> WasiResult {
        strings(guest, &self.args, argv, buffer)
    }

    pub(super) fn args_sizes_get(&mut self, guest: &mut Guest<'_>, count: u32, size: u32) -> WasiResult {
        sizes(guest, &self.args, count, size)
    }

    pub(super) fn environ_get(&mut self, guest: &mut Guest<'_>, environ: u32, buffer: u32) -> WasiResult {
        strings(guest, &self.env, environ, buffer)
    }

    pub(super) fn environ_sizes_get(&mut self, guest: &mut Guest<'_>, count: u32, size: u32) -> WasiResult {
        sizes(guest, &self.env, count, size)
    }

    pub(super) fn clock_res_get(&mut self, guest: &mut Guest<'_>, id: u32, resolution: u32) -> WasiResult {
        let clock = clock(id)?;
        let step = if self.virtual_time.is_some() { TICK } else { clock.resolution()? };
        Ok(guest.write_u64(resolution, step)?)
    }

    pub(super) fn clock_time_get(&mut self, guest: &mut Guest<'_>, id: u32, _precision: u64, time: u32) -> WasiResult {
        let now = self.now(clock(id)?)?;
        Ok(guest.write_u64(time, now)?)
    }

    /// Returns the time of a clock in nanoseconds.
    pub(super) fn now(&mut self, clock: Clock) -> Result<u64, Stop> {
        match &mut self.virtual_time {
            Some(time) => {
                // A program may sleep until the largest possible time.
                *time = time.saturating_add(TICK);
                Ok(if clock == Clock::Realtime { EPOCH.saturating_add(*time) } else { *time })
            }
            None => Ok(clock.now()?),
        }
    }

    pub(super) fn proc_exit(&mut self, _: &mut Guest<'_>, code: u32) -> WasiResult {
        Err(Stop::Exit(code as i32))
    }

    /// Ends the program if that is the signal's default action.
    pub(super) fn proc_raise(&mut self, _: &mut Guest<'_>, signal: u32) -> WasiResult {
        // The signal numbers of preview 1, and the numbers that a shell adds to 128.
        let signal = match signal {
            // No signal, and signals that are ignored by default: CHLD, CONT, URG, WINCH.
            0 | 16 | 17 | 22 | 27 => return Ok(()),
            // STOP, TSTP, TTIN, TTOU: a stopped program could not be continued.
            18..=21 => return Err(Errno::Notsup.into()),
            // HUP, INT, QUIT, ILL, TRAP, ABRT, BUS, FPE, KILL have the usual numbers.
            1..=9 => signal,
            10 => 10,              // USR1
            11 => 11,              // SEGV
            12 => 12,              // USR2
            13..=15 => signal,     // PIPE, ALRM, TERM
            23..=26 => signal + 1, // XCPU, XFSZ, VTALRM, PROF
            28 => 29,              // POLL
            29 => 30,              // PWR
            30 => 31,              // SYS
            _ => return Err(Errno::Inval.into()),
        };
        Err(Stop::Exit(128 + signal as i32))
    }

    pub(super) fn sched_yield(&mut self, _: &mut Guest<'_>) -> WasiResult {
        std::thread::yield_now();
        Ok(())
    }

    pub(super) fn random_get(&mut self, guest: &mut Guest<'_>, buffer: u32, len: u32) -> WasiResult {
        guest.check(buffer, u64::from(len))?;
        for done in (0..len).step_by(PIECE as usize) {
            let piece = PIECE.min(len - done);
            guest.spend(u64::from(piece))?;
            let piece = guest.slice_mut(buffer + done, piece)?;
            match &mut self.seed {
                Some(state) => {
                    piece.chunks_mut(8).for_each(|c| c.copy_from_slice(&random::next(state).to_le_bytes()[..c.len()]))
                }
                None => getrandom::fill(piece).map_err(|_| Errno::Io)?,
            }
        }
        Ok(())
    }

    pub(super) fn sock_accept(&mut self, _: &mut Guest<'_>, fd: u32, _flags: u32, _accepted: u32) -> WasiResult {
        self.no_socket(fd)
    }

    #[expect(clippy::too_many_arguments, reason = "the parameters of WASI's function")]
    pub(super) fn sock_recv(
        &mut self,
        _: &mut Guest<'_>,
        fd: u32,
        _iovs: u32,
        _iovs_len: u32,
        _flags: u32,
        _nread: u32,
        _out_flags: u32,
    ) -> WasiResult {
        self.no_socket(fd)
    }

    pub(super) fn sock_send(
        &mut self,
        _: &mut Guest<'_>,
        fd: u32,
        _iovs: u32,
        _iovs_len: u32,
        _flags: u32,
        _nwritten: u32,
    ) -> WasiResult {
        self.no_socket(fd)
    }

    pub(super) fn sock_shutdown(&mut self, _: &mut Guest<'_>, fd: u32, _how: u32) -> WasiResult {
        self.no_socket(fd)
    }

    /// Fails: no descriptor of a program is a socket.
    fn no_socket(&self, fd: u32) -> WasiResult {
        self.fds.any(fd)?;
        Err(Errno::Notsock.into())
    }
}

/// Returns a clock by its number.
pub fn clock(id: u32) -> Result<Clock, Errno> {
    match id {
        0 => Ok(Clock::Realtime),
        1 => Ok(Clock::Monotonic),
        2 => Ok(Clock::ProcessCpu),
        3 => Ok(Clock::ThreadCpu),
        _ => Err(Errno::Inval),
    }
}

/// Writes the addresses of strings, and the strings themselves, each followed by a NUL.
fn strings(guest: &mut Guest<'_>, strings: &[Vec<u8>], list: u32, buffer: u32) -> WasiResult {
    guest.check(list, strings.len() as u64 * 4)?;
    guest.check(buffer, strings.iter().map(|s| s.len() as u64 + 1).sum())?;
    // The list, and the strings, may end at the end of the address space.
    let (mut entry, mut at) = (u64::from(list), u64::from(buffer));
    for string in strings {
        guest.write_u32(entry as u32, at as u32)?;
        guest.write(at as u32, string)?;
        guest.write((at + string.len() as u64) as u32, &[0])?;
        (entry, at) = (entry + 4, at + string.len() as u64 + 1);
    }
    Ok(())
}

fn sizes(guest: &mut Guest<'_>, strings: &[Vec<u8>], count: u32, size: u32) -> WasiResult {
    let bytes: u64 = strings.iter().map(|s| s.len() as u64 + 1).sum();
    guest.write_u32(count, strings.len() as u32)?;
    Ok(guest.write_u32(size, u32::try_from(bytes).map_err(|_| Errno::Overflow)?)?)
}
