//! The rights of descriptors: which ones a function needs, and how they are reported.

use super::guest::*;
use std::fs;

/// The rights of a descriptor are reported, and a file has none that only a folder can have.
#[test]
fn rights_are_told() {
    each(|g, folder| {
        let (f, stat) = (g.open("f", CREAT, RIGHT_READ | 1 << 13 | 1 << 21).unwrap(), g.room(24));
        assert_eq!(g.call("fd_fdstat_get", &[f.into(), stat]), OK);
        assert_eq!((g.u64(stat + 8), g.u64(stat + 16)), (RIGHT_READ | 1 << 21, 0));
        // A stream can be read or written, flushed, queried and polled.
        for (fd, use_) in [(0, RIGHT_READ), (1, RIGHT_WRITE), (2, RIGHT_WRITE)] {
            assert_eq!(g.call("fd_fdstat_get", &[fd, stat]), OK);
            let common = 1 << 0 | 1 << 3 | 1 << 4 | 1 << 21 | 1 << 27;
            assert_eq!((g.u64(stat + 8), g.u64(stat + 16)), (common | use_, 0), "{fd}");
        }
        // A name that the interface cannot represent as text.
        use std::os::unix::ffi::OsStrExt;
        fs::write(folder.join(std::ffi::OsStr::from_bytes(b"a\xff")), "").unwrap();
        let (buffer, used) = (g.room(256), g.room(4));
        assert_eq!(g.call("fd_readdir", &[3, buffer, 256, 0, used]), ILSEQ);
    });
}

/// With exactly the rights that a function needs it succeeds; with one of them missing it does not.
#[test]
fn each_function_needs_its_rights() {
    /// Stands for the descriptor with these rights.
    const FD: u64 = u64::MAX;
    each(|g, folder| {
        fs::write(folder.join("file"), "0123456789").unwrap();
        std::os::unix::fs::symlink("file", folder.join("link")).unwrap();
        let (root, at, n) = (u64::from(ROOT), g.room(256), g.room(8));
        let iov = g.iov(at, 4);
        let [file, link, dir, hard, moved, sym] =
            ["file", "link", "dir", "hard", "moved", "sym"].map(|name| g.path(name));
        let of = |parts: &[&[u64]]| parts.concat();
        let of_folders: [(&str, Vec<u64>, u64); 18] = [
            ("fd_datasync", of(&[&[FD]]), 1 << 0),
            ("fd_fdstat_set_flags", of(&[&[FD, 0]]), 1 << 3),
            ("fd_sync", of(&[&[FD]]), 1 << 4),
            ("path_create_directory", of(&[&[FD], &dir]), 1 << 9),
            ("path_link", of(&[&[FD, 0], &file, &[root], &hard]), 1 << 11),
            ("path_unlink_file", of(&[&[FD], &hard]), 1 << 26),
            ("path_link", of(&[&[root, 0], &file, &[FD], &hard]), 1 << 12),
            ("path_open", of(&[&[FD, 1], &file, &[0, 0, 0, 0, n]]), 1 << 13),
            ("fd_readdir", of(&[&[FD, at, 256, 0, n]]), 1 << 14),
            ("path_readlink", of(&[&[FD], &link, &[at, 64, n]]), 1 << 15),
            ("path_rename", of(&[&[FD], &file, &[root], &moved]), 1 << 16),
            ("path_rename", of(&[&[root], &moved, &[FD], &file]), 1 << 17),
            ("path_filestat_get", of(&[&[FD, 1], &file, &[at]]), 1 << 18),
            ("path_filestat_set_times", of(&[&[FD, 1], &file, &[0, 0, 0]]), 1 << 20),
            ("fd_filestat_get", of(&[&[FD, at]]), 1 << 21),
            ("fd_filestat_set_times", of(&[&[FD, 0, 0, 0]]), 1 << 23),
            ("path_symlink", of(&[&file, &[FD], &sym]), 1 << 24),
            ("path_remove_directory", of(&[&[FD], &dir]), 1 << 25),
        ];
        let of_files: [(&str, Vec<u64>, u64); 14] = [
            ("fd_datasync", of(&[&[FD]]), 1 << 0),
            ("fd_read", of(&[&[FD, iov, 1, n]]), 1 << 1),
            ("fd_pread", of(&[&[FD, iov, 1, 0, n]]), 1 << 1 | 1 << 2),
            ("fd_seek", of(&[&[FD, 1, 0, n]]), 1 << 2),
            ("fd_fdstat_set_flags", of(&[&[FD, 0]]), 1 << 3),
            ("fd_sync", of(&[&[FD]]), 1 << 4),
            ("fd_tell", of(&[&[FD, n]]), 1 << 5),
            ("fd_write", of(&[&[FD, iov, 1, n]]), 1 << 6),
            ("fd_pwrite", of(&[&[FD, iov, 1, 0, n]]), 1 << 6 | 1 << 2),
            ("fd_advise", of(&[&[FD, 0, 0, 0]]), 1 << 7),
            ("fd_allocate", of(&[&[FD, 0, 1]]), 1 << 8),
            ("fd_filestat_get", of(&[&[FD, at]]), 1 << 21),
            ("fd_filestat_set_size", of(&[&[FD, 4]]), 1 << 22),
            ("fd_filestat_set_times", of(&[&[FD, 0, 0, 0]]), 1 << 23),
        ];
        let folders = of_folders.into_iter().map(|case| (".", DIRECTORY, case));
        let files = of_files.into_iter().map(|case| ("file", 0, case));
        for (path, oflags, (name, args, needed)) in folders.chain(files) {
            let mut call = |rights: u64| {
                let fd = u64::from(g.open(path, oflags, rights).unwrap());
                let args: Vec<u64> = args.iter().map(|&arg| if arg == FD { fd } else { arg }).collect();
                let code = g.call(name, &args);
                assert_eq!(g.call("fd_close", &[fd]), OK);
                code
            };
            for right in (0..30).map(|bit| 1u64 << bit).filter(|right| needed & right != 0) {
                assert_eq!(call(needed & !right), NOTCAPABLE, "{path}: {name} without {right:#x}");
            }
            assert_eq!(call(needed), OK, "{path}: {name} with {needed:#x}");
        }
    });
}
