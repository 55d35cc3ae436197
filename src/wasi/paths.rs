//! `path_*`: operations on paths below a folder. `cap-std` resolves every path so that it does not leave the folder.

use super::context::WasiCtx;
use super::descriptors::{Descriptor, DescriptorKind};
use super::files::{TimeChange, file_times, may_write_through, times};
use super::guest::Guest;
use super::types::{Errno, Filestat, SYMLINK_FOLLOW, Stop, WasiResult, fdflags, filetype_of, oflags, rights};
use crate::runtime::sys::files::set_append;
use cap_fs_ext::{
    DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt, SystemTimeSpec,
};
use cap_std::fs::{Dir, OpenOptions};
use std::io;
use std::os::fd::AsFd;

/// Returns whether a lookup follows a symbolic link in the last component.
fn follows(lookup: u32) -> Result<bool, Errno> {
    if lookup & !SYMLINK_FOLLOW == 0 { Ok(lookup & SYMLINK_FOLLOW != 0) } else { Err(Errno::Inval) }
}

/// Returns whether a path with this text must be a folder. A symbolic link before a slash is followed, whatever the lookup
/// flags are, and a file is not allowed there. (POSIX, "pathname resolution"; where `cap-std` does not follow links, it
/// drops the slash, and a dot after it.)
fn asks_for_folder(path: &str) -> bool {
    path.ends_with('/') || path.ends_with("/.")
}

impl WasiCtx {
    pub(super) fn path_create_directory(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> WasiResult {
        let dir = self.fds.dir(fd, rights::PATH_CREATE_DIRECTORY)?;
        Ok(dir.create_dir(guest.path(path, path_len)?)?)
    }

    pub(super) fn path_filestat_get(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        lookup: u32,
        path: u32,
        path_len: u32,
        stat: u32,
    ) -> WasiResult {
        let dir = self.fds.dir(fd, rights::PATH_FILESTAT_GET)?;
        let path = guest.path(path, path_len)?;
        let follow = follows(lookup)? || asks_for_folder(&path);
        let metadata = if follow { dir.metadata(path)? } else { dir.symlink_metadata(path)? };
        Ok(guest.write(stat, &Filestat::of(&metadata).bytes())?)
    }

    #[expect(clippy::too_many_arguments, reason = "the parameters of WASI's function")]
    pub(super) fn path_filestat_set_times(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        lookup: u32,
        path: u32,
        path_len: u32,
        atim: u64,
        mtim: u64,
        flags: u32,
    ) -> WasiResult {
        let [atim, mtim] = times(atim, mtim, flags)?;
        let dir = self.fds.dir(fd, rights::PATH_FILESTAT_SET_TIMES)?;
        let path = guest.path(path, path_len)?;
        let spec = |t: TimeChange| match t {
            TimeChange::Keep => None,
            TimeChange::Now => Some(SystemTimeSpec::SymbolicNow),
            TimeChange::At(time) => Some(SystemTimeSpec::Absolute(cap_std::time::SystemTime::from_std(time))),
        };
        if follows(lookup)? || asks_for_folder(&path) {
            // As `path_open` does: `set_times` of `cap-std` would wait for the other end of a pipe.
            let open = |options: &mut OpenOptions| dir.open_with(&path, options.maybe_dir(true).nonblock(true));
            let file = match open(OpenOptions::new().read(true)) {
                Err(e) if e.kind() == io::ErrorKind::PermissionDenied => open(OpenOptions::new().write(true))?,
                file => file?,
            };
            file.into_std().set_times(file_times(atim, mtim))?;
        } else {
            dir.set_symlink_times(path, spec(atim), spec(mtim))?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "the parameters of WASI's function")]
    pub(super) fn path_link(
        &mut self,
        guest: &mut Guest<'_>,
        old_fd: u32,
        lookup: u32,
        old: u32,
        old_len: u32,
        new_fd: u32,
        new: u32,
        new_len: u32,
    ) -> WasiResult {
        let old_dir = self.fds.dir(old_fd, rights::PATH_LINK_SOURCE)?;
        let new_dir = self.fds.dir(new_fd, rights::PATH_LINK_TARGET)?;
        // Linking to a symbolic link's target would mean following that link outside the sandbox's rules.
        if follows(lookup)? {
            return Err(Errno::Inval.into());
        }
        Ok(old_dir.hard_link(guest.path(old, old_len)?, new_dir, guest.path(new, new_len)?)?)
    }

    #[expect(clippy::too_many_arguments, reason = "the parameters of WASI's function")]
    pub(super) fn path_open(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        lookup: u32,
        path: u32,
        path_len: u32,
        open: u32,
        base: u64,
        inheriting: u64,
        flags: u32,
        opened: u32,
    ) -> WasiResult {
        let dir = self.fds.dir(fd, rights::PATH_OPEN)?;
        let (held, inherited) = (self.fds.any(fd)?.rights, self.fds.any(fd)?.inheriting);
        guest.check(opened, 4)?;
        let path = guest.path(path, path_len)?;
        let flags = u16::try_from(flags).ok().filter(|f| f & !fdflags::ALL == 0).ok_or(Errno::Inval)?;
        if open & !oflags::ALL != 0 {
            return Err(Errno::Inval.into());
        }
        let has = |flag: u32| open & flag != 0;
        // Rights beyond the inheritable ones are dropped, except for those whose loss would change the meaning of the
        // call.
        let writing = rights::FD_WRITE | rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE;
        let write = base & inherited & writing != 0;
        let loses_writing = base & rights::FD_WRITE & !inherited != 0 || base & writing != 0 && !write;
        if loses_writing && !has(oflags::DIRECTORY)
            || !may_write_through(flags, inherited)
            || has(oflags::CREAT) && held & rights::PATH_CREATE_FILE == 0
            || has(oflags::TRUNC) && held & rights::PATH_FILESTAT_SET_SIZE == 0
        {
            return Err(Errno::Notcapable.into());
        }
        let request = OpenRequest {
            follow: follows(lookup)?,
            read: base & (rights::FD_READ | rights::FD_READDIR) != 0 || !write,
            write,
            open,
        };
        // This comes before a file is created that could not be opened.
        self.fds.need_room()?;
        let kind = request.open(dir, &path)?;
        // As in POSIX, also with O_DIRECTORY. A refused program knows that it may not write; one that silently lost the
        // right would not.
        if matches!(kind, DescriptorKind::Dir { .. }) && base & rights::FD_WRITE != 0 {
            return Err(Errno::Isdir.into());
        }
        let mut descriptor = Descriptor { kind, rights: base & inherited, inheriting: inheriting & inherited, flags };
        match &descriptor.kind {
            DescriptorKind::File { file, .. } => {
                (descriptor.rights, descriptor.inheriting) = (descriptor.rights & rights::FILE, 0);
                if flags & fdflags::APPEND != 0 {
                    set_append(file.as_fd(), true)?;
                }
            }
            _ => descriptor.rights &= rights::DIRECTORY,
        }
        let number = self.fds.insert(descriptor)?;
        Ok(guest.write_u32(opened, number)?)
    }

    #[expect(clippy::too_many_arguments, reason = "the parameters of WASI's function")]
    pub(super) fn path_readlink(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
        buffer: u32,
        buffer_len: u32,
        used: u32,
    ) -> WasiResult {
        let dir = self.fds.dir(fd, rights::PATH_READLINK)?;
        let target = dir.read_link(guest.path(path, path_len)?)?;
        let target = target.into_os_string().into_string().map_err(|_| Errno::Ilseq)?;
        guest.check(used, 4)?;
        // As in POSIX, the rest is truncated.
        let n = target.len().min(buffer_len as usize);
        guest.slice(buffer, buffer_len)?;
        guest.write(buffer, &target.as_bytes()[..n])?;
        Ok(guest.write_u32(used, n as u32)?)
    }

    pub(super) fn path_remove_directory(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> WasiResult {
        let dir = self.fds.dir(fd, rights::PATH_REMOVE_DIRECTORY)?;
        let path = guest.path(path, path_len)?;
        // `cap-std` treats `d/` as `d/.`, which cannot be removed.
        let name = match path.trim_end_matches('/') {
            "" => &path,
            name => name,
        };
        Ok(dir.remove_dir(name)?)
    }

    #[expect(clippy::too_many_arguments, reason = "the parameters of WASI's function")]
    pub(super) fn path_rename(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        old: u32,
        old_len: u32,
        new_fd: u32,
        new: u32,
        new_len: u32,
    ) -> WasiResult {
        let old_dir = self.fds.dir(fd, rights::PATH_RENAME_SOURCE)?;
        let new_dir = self.fds.dir(new_fd, rights::PATH_RENAME_TARGET)?;
        let (old, new) = (guest.path(old, old_len)?, guest.path(new, new_len)?);
        if asks_for_folder(&new) && old_dir.symlink_metadata(&old).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(Errno::Notdir.into());
        }
        Ok(old_dir.rename(old, new_dir, new)?)
    }

    /// An absolute target is refused, as on other hosts. A relative one may point outside (`../x`): the program cannot follow
    /// it, but it can lead another process there that does, as with any path in a folder that it may write.
    pub(super) fn path_symlink(
        &mut self,
        guest: &mut Guest<'_>,
        old: u32,
        old_len: u32,
        fd: u32,
        new: u32,
        new_len: u32,
    ) -> WasiResult {
        let dir = self.fds.dir(fd, rights::PATH_SYMLINK)?;
        Ok(DirExt::symlink(dir, guest.path(old, old_len)?, guest.path(new, new_len)?)?)
    }

    pub(super) fn path_unlink_file(&mut self, guest: &mut Guest<'_>, fd: u32, path: u32, path_len: u32) -> WasiResult {
        let dir = self.fds.dir(fd, rights::PATH_UNLINK_FILE)?;
        Ok(dir.remove_file_or_symlink(guest.path(path, path_len)?)?)
    }
}

/// A request to open a file or folder.
#[derive(Clone, Copy)]
struct OpenRequest {
    follow: bool,
    read: bool,
    write: bool,
    /// The `oflags`.
    open: u32,
}

impl OpenRequest {
    fn open(self, dir: &Dir, path: &str) -> Result<DescriptorKind, Stop> {
        let has = |flag: u32| self.open & flag != 0;
        let folder = |dir: Dir| DescriptorKind::Dir { dir, preopen: None, listing: None };
        if has(oflags::DIRECTORY) {
            if has(oflags::CREAT) || has(oflags::EXCL) || has(oflags::TRUNC) {
                return Err(Errno::Inval.into());
            }
            return Ok(folder(if self.follow { dir.open_dir(path)? } else { dir.open_dir_nofollow(path)? }));
        }
        // On the host, creating a file requires the right to write, even if the program only asks to read. So a file is
        // created only if it does not exist.
        let opened = if has(oflags::CREAT) && !has(oflags::EXCL) && !self.write && !has(oflags::TRUNC) {
            match dir.open_with(path, &self.options(false)) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => dir.open_with(path, &self.options(true)),
                other => other,
            }
        } else {
            dir.open_with(path, &self.options(has(oflags::CREAT)))
        };
        let file = opened?;
        let metadata = file.metadata()?;
        // As in POSIX, only files can be created.
        if metadata.is_dir() && has(oflags::CREAT) {
            return Err(Errno::Isdir.into());
        }
        Ok(if metadata.is_dir() {
            folder(Dir::from_std_file(file.into_std()))
        } else {
            DescriptorKind::File { filetype: filetype_of(metadata.file_type()), file: file.into_std() }
        })
    }

    fn options(self, create: bool) -> OpenOptions {
        let truncate = self.open & oflags::TRUNC != 0;
        let mut options = OpenOptions::new();
        options.read(self.read).write(self.write || create || truncate).truncate(truncate);
        if create && self.open & oflags::EXCL != 0 {
            options.create_new(true);
        } else {
            options.create(create);
        }
        let follow = if self.follow { FollowSymlinks::Yes } else { FollowSymlinks::No };
        // Opening a pipe must not wait for its other end: that wait could not be interrupted.
        options.follow(follow).maybe_dir(true).nonblock(true);
        options
    }
}
