//! `fd_*`: operations on open files, folders and streams.

use super::context::WasiCtx;
use super::descriptors::{Descriptor, DescriptorKind, FolderEntry, InputSource, OutputSink};
use super::guest::{BYTES_PER_FUEL, Guest, PIECE};
use super::types::{Errno, Filestat, Stop, WasiResult, fdflags, filetype, filetype_of, fstflags, rights};
use crate::runtime::sys::files::{Advice, advise, allocate, set_append};
use std::fs::{File, FileTimes};
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::time::{Duration, SystemTime};

/// The size of a `dirent` without its name.
const DIRENT: usize = 24;
/// The number of bytes whose fuel a folder entry costs; each takes a system call.
const ENTRY: u64 = 4096;
/// The bytes of a file that are reserved at a time: where that takes memory, a system call of a few milliseconds.
const RESERVED: u64 = 16 << 20;
/// The minimum that a pipe accepts at once, if it accepts anything (POSIX).
const PIPE_BUF: u32 = 4096;

impl WasiCtx {
    pub(super) fn fd_advise(&mut self, _: &mut Guest<'_>, fd: u32, offset: u64, len: u64, advice: u32) -> WasiResult {
        use Advice::{DontNeed, NoReuse, Normal, Random, Sequential, WillNeed};
        let kinds = [Normal, Sequential, Random, WillNeed, DontNeed, NoReuse];
        let advice = *kinds.get(advice as usize).ok_or(Errno::Inval)?;
        let file = host_file(self.fds.file(fd, rights::FD_ADVISE)?);
        Ok(advise(file.as_fd(), offset, len, advice)?)
    }

    pub(super) fn fd_allocate(&mut self, guest: &mut Guest<'_>, fd: u32, offset: u64, len: u64) -> WasiResult {
        let file = host_file(self.fds.file(fd, rights::FD_ALLOCATE)?);
        if len > self.may_write {
            return Err(Errno::Nospc.into());
        }
        let end = offset.checked_add(len).filter(|&end| i64::try_from(end).is_ok()).ok_or(Errno::Fbig)?;
        let mut at = offset;
        // An empty range is passed on, for the system to refuse.
        loop {
            let piece = (end - at).min(RESERVED);
            guest.spend(piece)?;
            allocate(file.as_fd(), at, piece)?;
            self.may_write -= piece;
            at += piece;
            if at == end {
                return Ok(());
            }
        }
    }

    pub(super) fn fd_close(&mut self, _: &mut Guest<'_>, fd: u32) -> WasiResult {
        self.fds.remove(fd)?;
        Ok(())
    }

    pub(super) fn fd_datasync(&mut self, _: &mut Guest<'_>, fd: u32) -> WasiResult {
        self.flush(fd, rights::FD_DATASYNC, File::sync_data)
    }

    pub(super) fn fd_sync(&mut self, _: &mut Guest<'_>, fd: u32) -> WasiResult {
        self.flush(fd, rights::FD_SYNC, File::sync_all)
    }

    fn flush(&mut self, fd: u32, right: u64, sync: fn(&File) -> io::Result<()>) -> WasiResult {
        let descriptor = self.fds.any(fd)?;
        descriptor.need(right)?;
        match &descriptor.kind {
            DescriptorKind::Dir { dir, .. } => sync(&itself(dir)?)?,
            _ => match descriptor.host() {
                Some(file) => sync(file)?,
                None => return Err(Errno::Inval.into()),
            },
        }
        Ok(())
    }

    pub(super) fn fd_fdstat_get(&mut self, guest: &mut Guest<'_>, fd: u32, stat: u32) -> WasiResult {
        let descriptor = self.fds.any(fd)?;
        let mut out = [0; 24];
        out[0] = descriptor.filetype();
        out[2..4].copy_from_slice(&descriptor.flags.to_le_bytes());
        out[8..16].copy_from_slice(&descriptor.rights.to_le_bytes());
        out[16..24].copy_from_slice(&descriptor.inheriting.to_le_bytes());
        Ok(guest.write(stat, &out)?)
    }

    pub(super) fn fd_fdstat_set_flags(&mut self, _: &mut Guest<'_>, fd: u32, flags: u32) -> WasiResult {
        let flags = u16::try_from(flags).ok().filter(|f| f & !fdflags::ALL == 0).ok_or(Errno::Inval)?;
        let descriptor = self.fds.any_mut(fd)?;
        descriptor.need(rights::FD_FDSTAT_SET_FLAGS)?;
        if !may_write_through(flags & !descriptor.flags, descriptor.rights) {
            return Err(Errno::Notcapable.into());
        }
        match &descriptor.kind {
            DescriptorKind::File { file, .. } => set_append(file.as_fd(), flags & fdflags::APPEND != 0)?,
            // The file position is shared with other processes, so the program must not change how it behaves.
            DescriptorKind::Sink(_) if flags & !descriptor.flags & fdflags::APPEND != 0 => {
                return Err(Errno::Notsup.into());
            }
            _ => {}
        }
        descriptor.flags = flags;
        Ok(())
    }

    /// Rights can be dropped, but not regained.
    pub(super) fn fd_fdstat_set_rights(
        &mut self,
        _: &mut Guest<'_>,
        fd: u32,
        base: u64,
        inheriting: u64,
    ) -> WasiResult {
        let descriptor = self.fds.any_mut(fd)?;
        if base & !descriptor.rights != 0 || inheriting & !descriptor.inheriting != 0 {
            return Err(Errno::Notcapable.into());
        }
        (descriptor.rights, descriptor.inheriting) = (base, inheriting);
        Ok(())
    }

    pub(super) fn fd_filestat_get(&mut self, guest: &mut Guest<'_>, fd: u32, stat: u32) -> WasiResult {
        let descriptor = self.fds.any(fd)?;
        descriptor.need(rights::FD_FILESTAT_GET)?;
        let filestat = match (&descriptor.kind, descriptor.host()) {
            (DescriptorKind::Dir { dir, .. }, _) => Filestat::of(&dir.dir_metadata()?),
            (_, Some(file)) => {
                let metadata = cap_std::fs::Metadata::from_file(file)?;
                Filestat { filetype: descriptor.filetype(), ..Filestat::of(&metadata) }
            }
            (_, None) => Filestat { filetype: descriptor.filetype(), ..Filestat::default() },
        };
        Ok(guest.write(stat, &filestat.bytes())?)
    }

    pub(super) fn fd_filestat_set_size(&mut self, _: &mut Guest<'_>, fd: u32, size: u64) -> WasiResult {
        let file = host_file(self.fds.file(fd, rights::FD_FILESTAT_SET_SIZE)?);
        Ok(file.set_len(size)?)
    }

    pub(super) fn fd_filestat_set_times(
        &mut self,
        _: &mut Guest<'_>,
        fd: u32,
        atim: u64,
        mtim: u64,
        flags: u32,
    ) -> WasiResult {
        let [atim, mtim] = times(atim, mtim, flags)?;
        let descriptor = self.fds.any(fd)?;
        descriptor.need(rights::FD_FILESTAT_SET_TIMES)?;
        let times = file_times(atim, mtim);
        match &descriptor.kind {
            DescriptorKind::Dir { dir, .. } => itself(dir)?.set_times(times)?,
            DescriptorKind::File { file, .. } => file.set_times(times)?,
            DescriptorKind::Source(_) | DescriptorKind::Sink(_) => return Err(Errno::Inval.into()),
        }
        Ok(())
    }

    pub(super) fn fd_pread(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        offset: u64,
        nread: u32,
    ) -> WasiResult {
        let file = host_file(self.fds.file(fd, rights::FD_READ | rights::FD_SEEK)?);
        guest.check(nread, 4)?;
        let buffers = guest.buffers(iovs, iovs_len)?;
        if i64::try_from(offset).is_err() {
            return Err(Errno::Inval.into());
        }
        let n = fill(guest, &buffers, |buffer, done| file.read_at(buffer, offset.saturating_add(done)))?;
        Ok(guest.write_u32(nread, n)?)
    }

    pub(super) fn fd_prestat_get(&mut self, guest: &mut Guest<'_>, fd: u32, prestat: u32) -> WasiResult {
        let DescriptorKind::Dir { preopen: Some(name), .. } = &self.fds.any(fd)?.kind else {
            return Err(Errno::Badf.into());
        };
        let mut out = [0; 8];
        // The tag for a folder is 0.
        out[4..].copy_from_slice(&(name.len() as u32).to_le_bytes());
        Ok(guest.write(prestat, &out)?)
    }

    pub(super) fn fd_prestat_dir_name(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> WasiResult {
        let DescriptorKind::Dir { preopen: Some(name), .. } = &self.fds.any(fd)?.kind else {
            return Err(Errno::Badf.into());
        };
        if name.len() as u64 > u64::from(path_len) {
            return Err(Errno::Nametoolong.into());
        }
        Ok(guest.write(path, name.as_bytes())?)
    }

    pub(super) fn fd_pwrite(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        offset: u64,
        nwritten: u32,
    ) -> WasiResult {
        let descriptor = self.fds.file(fd, rights::FD_WRITE | rights::FD_SEEK)?;
        guest.check(nwritten, 4)?;
        let buffers = guest.buffers(iovs, iovs_len)?;
        if i64::try_from(offset).is_err() {
            return Err(Errno::Inval.into());
        }
        let file = host_file(descriptor);
        let n = drain(guest, &buffers, &mut self.may_write, |bytes, done| {
            file.write_at(bytes, offset.saturating_add(done))
        })?;
        written_through(descriptor)?;
        Ok(guest.write_u32(nwritten, n)?)
    }

    pub(super) fn fd_read(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        nread: u32,
    ) -> WasiResult {
        let descriptor = self.fds.any_mut(fd)?;
        if matches!(descriptor.kind, DescriptorKind::Dir { .. }) {
            return Err(Errno::Isdir.into());
        }
        descriptor.need(rights::FD_READ)?;
        guest.check(nread, 4)?;
        let buffers = guest.buffers(iovs, iovs_len)?;
        let nonblock = descriptor.flags & fdflags::NONBLOCK != 0;
        let n = match &mut descriptor.kind {
            DescriptorKind::Source(InputSource::Bytes(bytes)) => fill(guest, &buffers, |buffer, _| bytes.read(buffer))?,
            DescriptorKind::File { file, filetype: filetype::REGULAR_FILE } => {
                let mut file = &*file;
                fill(guest, &buffers, |buffer, _| file.read(buffer))?
            }
            DescriptorKind::File { file, .. } | DescriptorKind::Source(InputSource::Host(file)) => {
                let mut file = &*file;
                // A single read of the available bytes: a second one might wait forever.
                let first = buffers.iter().find(|(_, len)| *len != 0).map(|&(at, len)| (at, len.min(PIECE as u32)));
                match first {
                    None => 0,
                    Some(first) => loop {
                        guest.wait_for(file.as_fd(), false, nonblock)?;
                        match fill(guest, &[first], |buffer, _| file.read(buffer)) {
                            // Another process has read it.
                            Err(Stop::Errno(Errno::Again)) if !nonblock => guest.spend(0)?,
                            other => break other?,
                        }
                    },
                }
            }
            // Neither kind can have the right to read.
            DescriptorKind::Sink(_) | DescriptorKind::Dir { .. } => return Err(Errno::Badf.into()),
        };
        Ok(guest.write_u32(nread, n)?)
    }

    pub(super) fn fd_readdir(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        buffer: u32,
        buffer_len: u32,
        cookie: u64,
        used: u32,
    ) -> WasiResult {
        self.fds.dir(fd, rights::FD_READDIR)?;
        guest.check(used, 4)?;
        guest.check(buffer, u64::from(buffer_len))?;
        guest.spend(u64::from(buffer_len))?;
        let DescriptorKind::Dir { dir, listing, .. } = &mut self.fds.any_mut(fd)?.kind else {
            return Err(Errno::Notdir.into());
        };
        // The cookie is the number of an entry. At 0 the folder is read anew; later calls continue with the same list.
        if cookie == 0 || listing.is_none() {
            *listing = None;
            let (made, bytes) = list(guest, dir, self.listing_bytes)?;
            *listing = Some(made);
            self.fds.drop_other_listings(fd, self.listing_bytes - bytes);
        }
        let DescriptorKind::Dir { listing, .. } = &self.fds.any(fd)?.kind else { return Err(Errno::Notdir.into()) };
        let entries = listing.as_deref().unwrap_or_default();
        let out = guest.slice_mut(buffer, buffer_len)?;
        let mut at = 0;
        let from = usize::try_from(cookie).unwrap_or(usize::MAX).min(entries.len());
        for (next, entry) in (from as u64 + 1..).zip(&entries[from..]) {
            let mut dirent = [0; DIRENT];
            dirent[..8].copy_from_slice(&next.to_le_bytes());
            dirent[8..16].copy_from_slice(&entry.ino.to_le_bytes());
            dirent[16..20].copy_from_slice(&(entry.name.len() as u32).to_le_bytes());
            dirent[20] = entry.filetype;
            // The last entry may be truncated: a full buffer means that more entries follow.
            for part in [&dirent[..], entry.name.as_bytes()] {
                let n = part.len().min(out.len() - at);
                out[at..at + n].copy_from_slice(&part[..n]);
                at += n;
            }
            if at == out.len() {
                break;
            }
        }
        Ok(guest.write_u32(used, at as u32)?)
    }

    /// Like `dup2` and `close`: `to` is closed and takes over what `fd` stands for, and `fd` is closed. Both must be
    /// open. Any kind of descriptor can be moved and replaced, including standard streams and the program's initial
    /// folders; such a folder takes its name along.
    pub(super) fn fd_renumber(&mut self, _: &mut Guest<'_>, fd: u32, to: u32) -> WasiResult {
        // Nothing is moved until both are known to be open.
        self.fds.any(to)?;
        let moved = self.fds.remove(fd)?;
        self.fds.place(to, moved);
        Ok(())
    }

    pub(super) fn fd_seek(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        offset: u64,
        whence: u32,
        position: u32,
    ) -> WasiResult {
        let offset = offset as i64;
        // Querying the position takes a lesser right than changing it.
        let right = if offset == 0 && whence == 1 { rights::FD_TELL } else { rights::FD_SEEK };
        let mut file = host_file(self.fds.file(fd, right)?);
        guest.check(position, 8)?;
        let to = match whence {
            0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            _ => return Err(Errno::Inval.into()),
        };
        Ok(guest.write_u64(position, file.seek(to)?)?)
    }

    pub(super) fn fd_tell(&mut self, guest: &mut Guest<'_>, fd: u32, position: u32) -> WasiResult {
        let mut file = host_file(self.fds.file(fd, rights::FD_TELL)?);
        Ok(guest.write_u64(position, file.stream_position()?)?)
    }

    pub(super) fn fd_write(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        nwritten: u32,
    ) -> WasiResult {
        let descriptor = self.fds.any_mut(fd)?;
        if matches!(descriptor.kind, DescriptorKind::Dir { .. }) {
            return Err(Errno::Badf.into());
        }
        descriptor.need(rights::FD_WRITE)?;
        guest.check(nwritten, 4)?;
        let buffers = guest.buffers(iovs, iovs_len)?;
        let nonblock = descriptor.flags & fdflags::NONBLOCK != 0;
        let total = buffers.iter().map(|(_, len)| *len as usize).sum::<usize>();
        let n = match &descriptor.kind {
            DescriptorKind::Sink(OutputSink::Discard) => {
                let taken = (total as u64).min(self.may_write);
                if taken == 0 && total > 0 {
                    return Err(Errno::Nospc.into());
                }
                self.may_write -= taken;
                taken as u32
            }
            DescriptorKind::Sink(OutputSink::Capture(capture)) => {
                let mut bytes = capture.bytes.lock();
                if bytes.len() + total > capture.limit {
                    return Err(Errno::Nospc.into());
                }
                drain(guest, &buffers, &mut self.may_write, |piece, _| {
                    bytes.extend_from_slice(piece);
                    Ok(piece.len())
                })?
            }
            DescriptorKind::File { file, filetype: filetype::REGULAR_FILE }
            | DescriptorKind::Sink(OutputSink::Host { file, waits: false }) => {
                let mut file = file;
                // Short writes are done in one call, so that writes that append to a file do not interleave with
                // others.
                if total <= PIECE && total as u64 <= self.may_write {
                    guest.spend(total as u64)?;
                    let slices = buffers.iter().map(|&(at, len)| guest.slice(at, len).map(IoSlice::new));
                    let n = file.write_vectored(&slices.collect::<Result<Vec<_>, _>>()?)?;
                    self.may_write -= n as u64;
                    n as u32
                } else {
                    drain(guest, &buffers, &mut self.may_write, |piece, _| file.write(piece))?
                }
            }
            DescriptorKind::File { file, .. } | DescriptorKind::Sink(OutputSink::Host { file, .. }) => {
                let mut file = file;
                // A pipe that accepts anything accepts this much without waiting. Other files accept what they have space
                // for, if they can be told not to wait. An empty write is always possible.
                let first = buffers.iter().find(|(_, len)| *len != 0).map(|&(at, len)| (at, len.min(PIPE_BUF)));
                match first {
                    None => 0,
                    Some(first) => loop {
                        guest.wait_for(file.as_fd(), true, nonblock)?;
                        match drain(guest, &[first], &mut self.may_write, |piece, _| file.write(piece)) {
                            // Another process has filled it.
                            Err(Stop::Errno(Errno::Again)) if !nonblock => guest.spend(0)?,
                            other => break other?,
                        }
                    },
                }
            }
            // Neither kind can have the right to write.
            DescriptorKind::Source(_) | DescriptorKind::Dir { .. } => return Err(Errno::Badf.into()),
        };
        written_through(descriptor)?;
        Ok(guest.write_u32(nwritten, n)?)
    }
}

/// Returns whether a descriptor with these rights may have these flags: writing through is like calling `fd_sync` or
/// `fd_datasync` after each write.
pub(super) fn may_write_through(flags: u16, held: u64) -> bool {
    let syncs = held & rights::FD_SYNC != 0;
    match flags & (fdflags::RSYNC | fdflags::SYNC | fdflags::DSYNC) {
        0 => true,
        fdflags::DSYNC => syncs || held & rights::FD_DATASYNC != 0,
        _ => syncs,
    }
}

/// Returns the file of a descriptor that [`DescriptorTable::file`](super::descriptors::DescriptorTable::file) returned.
fn host_file(descriptor: &Descriptor) -> &File {
    match &descriptor.kind {
        DescriptorKind::File { file, .. } => file,
        _ => unreachable!("the table was asked for a file"),
    }
}

/// Opens a folder itself, so that it can be used for more than lookups.
fn itself(dir: &cap_std::fs::Dir) -> io::Result<File> {
    Ok(dir.open(".")?.into_std())
}

/// Flushes to the disk after a write if the descriptor's flags ask for it. Only files and disks are flushed: for pipes and
/// terminals, flushing is an error.
fn written_through(descriptor: &Descriptor) -> WasiResult {
    if let DescriptorKind::File { file, filetype: filetype::REGULAR_FILE | filetype::BLOCK_DEVICE }
    | DescriptorKind::Sink(OutputSink::Host { file, waits: false }) = &descriptor.kind
    {
        if descriptor.flags & (fdflags::SYNC | fdflags::RSYNC) != 0 {
            file.sync_all()?;
        } else if descriptor.flags & fdflags::DSYNC != 0 {
            file.sync_data()?;
        }
    }
    Ok(())
}

/// Reads into one buffer after the other until one is not filled. `read` gets the number of bytes that were read
/// before.
fn fill(
    guest: &mut Guest<'_>,
    buffers: &[(u32, u32)],
    mut read: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
) -> Result<u32, Stop> {
    in_pieces(guest, buffers, |guest, (at, len), done| Ok(read(guest.slice_mut(at, len)?, done)?))
}

/// Writes one buffer after another until one is not written completely, or no more `may` be written. `write` gets the
/// number of bytes written before.
fn drain(
    guest: &mut Guest<'_>,
    buffers: &[(u32, u32)],
    may: &mut u64,
    mut write: impl FnMut(&[u8], u64) -> io::Result<usize>,
) -> Result<u32, Stop> {
    in_pieces(guest, buffers, |guest, (at, len), done| {
        let allowed = u64::from(len).min(*may) as u32;
        if allowed == 0 {
            return Err(Errno::Nospc.into());
        }
        let n = write(guest.slice(at, allowed)?, done)?;
        *may -= n as u64;
        Ok(n)
    })
}

/// Calls `step` for pieces of the buffers, with the number of bytes done before, until one is not done completely. What
/// was done before an error, an interrupt or the end of the fuel is not lost.
fn in_pieces(
    guest: &mut Guest<'_>,
    buffers: &[(u32, u32)],
    mut step: impl FnMut(&mut Guest<'_>, (u32, u32), u64) -> Result<usize, Stop>,
) -> Result<u32, Stop> {
    let mut done = 0u32;
    for &(at, len) in buffers {
        for from in (0..len).step_by(PIECE) {
            let piece = (at + from, (len - from).min(PIECE as u32));
            let step = step(guest, piece, u64::from(done)).and_then(|n| {
                let paid = u64::from(done) / BYTES_PER_FUEL;
                done += n as u32;
                // Paid once the amount is known, since a large buffer may get a short read, and in total, since each of
                // many small buffers costs less than a unit.
                guest.spend((u64::from(done) / BYTES_PER_FUEL - paid) * BYTES_PER_FUEL)?;
                Ok(n)
            });
            match step {
                Ok(n) if n == piece.1 as usize => {}
                Ok(_) => return Ok(done),
                Err(_) if done > 0 => return Ok(done),
                Err(e) => return Err(e),
            }
        }
    }
    Ok(done)
}

/// Lists all entries of a folder, with the bytes that they take, at most `most`. `..` is shown as the folder itself: the
/// program must not learn about the folder above.
fn list(guest: &mut Guest<'_>, dir: &cap_std::fs::Dir, most: usize) -> Result<(Vec<FolderEntry>, usize), Stop> {
    use cap_fs_ext::MetadataExt;
    let own = MetadataExt::ino(&dir.dir_metadata()?);
    let itself = |name: &str| FolderEntry { name: name.into(), ino: own, filetype: filetype::DIRECTORY };
    let mut listing = vec![itself("."), itself("..")];
    let mut bytes = listing.iter().map(FolderEntry::bytes).sum();
    if bytes > most {
        return Err(Errno::Nomem.into());
    }
    for entry in dir.entries()? {
        let entry = entry?;
        guest.spend(ENTRY)?;
        let name = entry.file_name().into_string().map_err(|_| Errno::Ilseq)?;
        // The entry may have been removed in the meantime.
        let Ok(metadata) = entry.metadata() else { continue };
        let entry = FolderEntry { name, ino: MetadataExt::ino(&metadata), filetype: filetype_of(metadata.file_type()) };
        bytes += entry.bytes();
        if bytes > most {
            return Err(Errno::Nomem.into());
        }
        listing.push(entry);
    }
    Ok((listing, bytes))
}

/// A change of one of a file's times.
#[derive(Clone, Copy)]
pub enum TimeChange {
    /// Keep it unchanged.
    Keep,
    /// Set it to the current time.
    Now,
    /// Set it to this time.
    At(SystemTime),
}

/// Returns these changes to the times of an open file.
pub fn file_times(atim: TimeChange, mtim: TimeChange) -> FileTimes {
    let now = SystemTime::now();
    let of = |t: TimeChange| match t {
        TimeChange::Keep => None,
        TimeChange::Now => Some(now),
        TimeChange::At(time) => Some(time),
    };
    let times = of(atim).map_or(FileTimes::new(), |time| FileTimes::new().set_accessed(time));
    of(mtim).map_or(times, |time| times.set_modified(time))
}

/// Returns the changes to the access and modification times that the flags describe; `Inval` if they contradict each
/// other.
pub fn times(atim: u64, mtim: u64, flags: u32) -> Result<[TimeChange; 2], Errno> {
    if flags & !fstflags::ALL != 0 {
        return Err(Errno::Inval);
    }
    let one = |time: u64, at: u32, now: u32| match (flags & at != 0, flags & now != 0) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(TimeChange::At(SystemTime::UNIX_EPOCH + Duration::from_nanos(time))),
        (false, true) => Ok(TimeChange::Now),
        (false, false) => Ok(TimeChange::Keep),
    };
    Ok([one(atim, fstflags::ATIM, fstflags::ATIM_NOW)?, one(mtim, fstflags::MTIM, fstflags::MTIM_NOW)?])
}
