//! The numbers of preview 1: errors, rights, flags, layouts.

use crate::runtime::sys::files::nanoseconds;
use std::io;

macro_rules! errnos {
    ($($name:ident = $code:literal $posix:literal,)*) => {
        /// An error, as the guest sees it. The discriminant is the number in preview 1.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u16)]
        pub enum Errno { $($name = $code,)* }

        impl Errno {
            fn from_posix(name: &str) -> Option<Errno> {
                match name { $($posix => Some(Errno::$name),)* _ => None }
            }
        }
    };
}

errnos! {
    TooBig = 1 "E2BIG", Acces = 2 "EACCES", Again = 6 "EAGAIN", Badf = 8 "EBADF", Busy = 10 "EBUSY",
    Dquot = 19 "EDQUOT", Exist = 20 "EEXIST", Fault = 21 "EFAULT", Fbig = 22 "EFBIG", Ilseq = 25 "EILSEQ",
    Intr = 27 "EINTR", Inval = 28 "EINVAL", Io = 29 "EIO", Isdir = 31 "EISDIR", Loop = 32 "ELOOP",
    Mfile = 33 "EMFILE", Mlink = 34 "EMLINK", Nametoolong = 37 "ENAMETOOLONG", Nfile = 41 "ENFILE",
    Nobufs = 42 "ENOBUFS", Nodev = 43 "ENODEV", Noent = 44 "ENOENT", Nomem = 48 "ENOMEM", Nospc = 51 "ENOSPC",
    Nosys = 52 "ENOSYS", Notdir = 54 "ENOTDIR", Notempty = 55 "ENOTEMPTY", Notsock = 57 "ENOTSOCK",
    Notsup = 58 "ENOTSUP", Notty = 59 "ENOTTY", Nxio = 60 "ENXIO", Overflow = 61 "EOVERFLOW", Perm = 63 "EPERM",
    Pipe = 64 "EPIPE", Range = 68 "ERANGE", Rofs = 69 "EROFS", Spipe = 70 "ESPIPE", Stale = 72 "ESTALE",
    Timedout = 73 "ETIMEDOUT", Txtbsy = 74 "ETXTBSY", Xdev = 75 "EXDEV",
    // Not in POSIX.
    Notcapable = 76 "",
}

impl From<io::Error> for Errno {
    fn from(e: io::Error) -> Errno {
        if let Some(code) = e.raw_os_error() {
            let name = crate::runtime::sys::files::error_name(code);
            return name.and_then(Errno::from_posix).unwrap_or(Errno::Io);
        }
        match e.kind() {
            // The error of `cap-std` for a path that leads outside.
            io::ErrorKind::PermissionDenied => Errno::Perm,
            io::ErrorKind::NotFound => Errno::Noent,
            io::ErrorKind::AlreadyExists => Errno::Exist,
            io::ErrorKind::InvalidInput => Errno::Inval,
            io::ErrorKind::NotADirectory => Errno::Notdir,
            io::ErrorKind::IsADirectory => Errno::Isdir,
            io::ErrorKind::WouldBlock => Errno::Again,
            io::ErrorKind::Interrupted => Errno::Intr,
            io::ErrorKind::Unsupported => Errno::Notsup,
            _ => Errno::Io,
        }
    }
}

/// Why a function did not succeed.
#[derive(Debug)]
pub enum Stop {
    Errno(Errno),
    /// `proc_exit`, which does not return.
    Exit(i32),
}

/// The result of a WASI function.
pub type WasiResult = Result<(), Stop>;

impl From<Errno> for Stop {
    fn from(e: Errno) -> Stop {
        Stop::Errno(e)
    }
}

impl From<io::Error> for Stop {
    fn from(e: io::Error) -> Stop {
        Stop::Errno(e.into())
    }
}

/// The operations allowed on a descriptor: a bit for each function, or for one use of a function.
pub mod rights {
    pub const FD_DATASYNC: u64 = 1 << 0;
    pub const FD_READ: u64 = 1 << 1;
    pub const FD_SEEK: u64 = 1 << 2;
    pub const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub const FD_SYNC: u64 = 1 << 4;
    pub const FD_TELL: u64 = 1 << 5;
    pub const FD_WRITE: u64 = 1 << 6;
    pub const FD_ADVISE: u64 = 1 << 7;
    pub const FD_ALLOCATE: u64 = 1 << 8;
    pub const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
    pub const PATH_CREATE_FILE: u64 = 1 << 10;
    pub const PATH_LINK_SOURCE: u64 = 1 << 11;
    pub const PATH_LINK_TARGET: u64 = 1 << 12;
    pub const PATH_OPEN: u64 = 1 << 13;
    pub const FD_READDIR: u64 = 1 << 14;
    pub const PATH_READLINK: u64 = 1 << 15;
    pub const PATH_RENAME_SOURCE: u64 = 1 << 16;
    pub const PATH_RENAME_TARGET: u64 = 1 << 17;
    pub const PATH_FILESTAT_GET: u64 = 1 << 18;
    pub const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
    pub const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
    pub const FD_FILESTAT_GET: u64 = 1 << 21;
    pub const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
    pub const PATH_SYMLINK: u64 = 1 << 24;
    pub const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
    pub const PATH_UNLINK_FILE: u64 = 1 << 26;
    pub const POLL_FD_READWRITE: u64 = 1 << 27;

    /// All rights a file can have.
    pub const FILE: u64 = FD_DATASYNC
        | FD_READ
        | FD_SEEK
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | FD_TELL
        | FD_WRITE
        | FD_ADVISE
        | FD_ALLOCATE
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_SIZE
        | FD_FILESTAT_SET_TIMES
        | POLL_FD_READWRITE;
    /// All rights a folder can have.
    pub const DIRECTORY: u64 = FD_DATASYNC
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE
        | PATH_LINK_SOURCE
        | PATH_LINK_TARGET
        | PATH_OPEN
        | FD_READDIR
        | PATH_READLINK
        | PATH_RENAME_SOURCE
        | PATH_RENAME_TARGET
        | PATH_FILESTAT_GET
        | PATH_FILESTAT_SET_SIZE
        | PATH_FILESTAT_SET_TIMES
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_TIMES
        | PATH_SYMLINK
        | PATH_REMOVE_DIRECTORY
        | PATH_UNLINK_FILE
        | POLL_FD_READWRITE;
    /// All rights of standard streams besides reading or writing. Seek and tell are not among them: libraries recognize
    /// a terminal by a character device that lacks them.
    pub const STREAM: u64 = FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | FD_SYNC | FD_DATASYNC | POLL_FD_READWRITE;
}

pub mod filetype {
    pub const UNKNOWN: u8 = 0;
    pub const BLOCK_DEVICE: u8 = 1;
    pub const CHARACTER_DEVICE: u8 = 2;
    pub const DIRECTORY: u8 = 3;
    pub const REGULAR_FILE: u8 = 4;
    pub const SOCKET_STREAM: u8 = 6;
    pub const SYMBOLIC_LINK: u8 = 7;
}

pub mod fdflags {
    pub const APPEND: u16 = 1;
    pub const DSYNC: u16 = 2;
    pub const NONBLOCK: u16 = 4;
    pub const RSYNC: u16 = 8;
    pub const SYNC: u16 = 16;
    pub const ALL: u16 = 31;
}

pub mod oflags {
    pub const CREAT: u32 = 1;
    pub const DIRECTORY: u32 = 2;
    pub const EXCL: u32 = 4;
    pub const TRUNC: u32 = 8;
    pub const ALL: u32 = 15;
}

pub mod fstflags {
    pub const ATIM: u32 = 1;
    pub const ATIM_NOW: u32 = 2;
    pub const MTIM: u32 = 4;
    pub const MTIM_NOW: u32 = 8;
    pub const ALL: u32 = 15;
}

/// The only lookup flag: follow a symbolic link in the last component.
pub const SYMLINK_FOLLOW: u32 = 1;

/// Returns the type of a file. Lookups report only the types that the standard library knows.
pub fn filetype_of(ty: cap_std::fs::FileType) -> u8 {
    use cap_fs_ext::FileTypeExt;
    if ty.is_dir() {
        filetype::DIRECTORY
    } else if ty.is_file() {
        filetype::REGULAR_FILE
    } else if ty.is_symlink() {
        filetype::SYMBOLIC_LINK
    } else if ty.is_char_device() {
        filetype::CHARACTER_DEVICE
    } else if ty.is_block_device() {
        filetype::BLOCK_DEVICE
    } else if ty.is_socket() {
        filetype::SOCKET_STREAM
    } else {
        filetype::UNKNOWN
    }
}

/// A `filestat` (64 bytes).
#[derive(Clone, Copy, Debug, Default)]
pub struct Filestat {
    pub dev: u64,
    pub ino: u64,
    pub filetype: u8,
    pub nlink: u64,
    pub size: u64,
    /// Nanoseconds since 1970, or 0 for earlier times: access, modification, status change.
    pub times: [u64; 3],
}

impl Filestat {
    pub fn of(metadata: &cap_std::fs::Metadata) -> Filestat {
        // The three traits have methods with the same names.
        use cap_fs_ext::MetadataExt;
        use cap_std::fs::MetadataExt as Unix;
        Filestat {
            dev: MetadataExt::dev(metadata),
            ino: MetadataExt::ino(metadata),
            filetype: filetype_of(metadata.file_type()),
            nlink: MetadataExt::nlink(metadata),
            size: metadata.len(),
            times: [
                nanoseconds(Unix::atime(metadata), Unix::atime_nsec(metadata)),
                nanoseconds(Unix::mtime(metadata), Unix::mtime_nsec(metadata)),
                nanoseconds(Unix::ctime(metadata), Unix::ctime_nsec(metadata)),
            ],
        }
    }

    pub fn bytes(&self) -> [u8; 64] {
        let mut out = [0; 64];
        out[16] = self.filetype;
        let words = [(0, self.dev), (8, self.ino), (24, self.nlink), (32, self.size)];
        let times = [(40, self.times[0]), (48, self.times[1]), (56, self.times[2])];
        for (at, word) in words.into_iter().chain(times) {
            out[at..at + 8].copy_from_slice(&word.to_le_bytes());
        }
        out
    }
}
