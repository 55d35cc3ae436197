//! Ways out of a preopened folder. Each is refused, and nothing outside changes.

use super::guest::*;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// Makes `outer` with a secret, and in it `box`, the folder that the program is given.
fn outer() -> tempfile::TempDir {
    let outer = tempfile::tempdir().unwrap();
    let path = outer.path();
    fs::create_dir_all(path.join("box/sub/deep")).unwrap();
    fs::create_dir(path.join("other")).unwrap();
    fs::write(path.join("secret"), "secret").unwrap();
    fs::write(path.join("other/file"), "secret").unwrap();
    fs::write(path.join("box/file"), "mine").unwrap();
    let links: [(&str, &Path); 11] = [
        ("up", Path::new("..")),
        ("absolute", path),
        ("absolute_file", &path.join("secret")),
        ("relative_file", Path::new("../secret")),
        ("first", Path::new("second")),
        ("second", Path::new("sub/third")),
        ("sub/third", Path::new("../../secret")),
        ("dangling", Path::new("../new")),
        ("sub/folder", Path::new("../../other")),
        ("inside", Path::new("sub/../file")),
        ("circle", Path::new("circle")),
    ];
    for (name, target) in links {
        symlink(target, path.join("box").join(name)).unwrap();
    }
    outer
}

/// Returns everything outside the box, with contents.
fn outside(outer: &Path) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for folder in [outer.to_path_buf(), outer.join("other")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let nlink = std::os::unix::fs::MetadataExt::nlink(&fs::symlink_metadata(&path).unwrap());
            if path.is_file() {
                all.push((format!("{} {nlink}", path.display()), fs::read_to_string(&path).unwrap()));
            } else if !path.ends_with("box") {
                all.push((path.display().to_string(), String::new()));
            }
        }
    }
    all.sort();
    all
}

#[test]
fn no_path_leads_out() {
    for config in tiers() {
        let outer = outer();
        let before = outside(outer.path());
        let absolute = outer.path().join("secret").display().to_string();
        let mut g = Guest::in_folder(&config, &outer.path().join("box"));
        let g = &mut g;
        let mut tried = 0;
        let mut refused = |what: &str, code: u32, expected: &[u32]| {
            assert!(expected.contains(&code), "{what}: {code}, not one of {expected:?}, on {:?}", config.mode);
            tried += 1;
        };
        // Paths that are opened for reading, writing, creation or truncation.
        for path in [
            "..",
            "../",
            "../secret",
            "./../secret",
            "sub/../../secret",
            "sub/deep/../../../secret",
            "sub/./.././../secret",
            "../box/file",
            "/",
            "/etc/passwd",
            &absolute,
            "//etc/passwd",
            "up/secret",
            "up",
            "up/box/file",
            "absolute/secret",
            "absolute",
            "absolute_file",
            "relative_file",
            "first",
            "sub/folder/file",
            "sub/folder",
            "sub/folder/../secret",
            "sub/deep/../folder/file",
        ] {
            let read = g.open(path, 0, RIGHT_READ).expect_err(path);
            refused(path, read, &[PERM]);
            refused(path, g.open(path, CREAT, RIGHT_READ | RIGHT_WRITE).expect_err(path), &[PERM, ISDIR]);
            refused(path, g.open(path, DIRECTORY, RIGHT_READ).expect_err(path), &[PERM]);
            refused(path, g.open(path, TRUNC, RIGHT_WRITE).expect_err(path), &[PERM]);
            refused(path, g.stat(1, path).expect_err(path), &[PERM]);
        }
        // A file must not be created through a dangling link.
        for oflags in [CREAT, CREAT | TRUNC] {
            refused("dangling", g.open("dangling", oflags, RIGHT_WRITE).expect_err("dangling"), &[PERM]);
        }
        refused("dangling", g.open("dangling", CREAT | EXCL, RIGHT_WRITE).expect_err("dangling"), &[EXIST, PERM]);
        refused("dangling", g.on("path_create_directory", &[3], "dangling"), &[EXIST]);
        refused("circle", g.open("circle", 0, RIGHT_READ).expect_err("circle"), &[LOOP]);
        // If it is not followed, a link is neither a file nor a folder.
        refused("nofollow", g.open_with(ROOT, 0, "relative_file", 0, RIGHT_READ).expect_err("link"), &[LOOP]);
        let folder = g.open_with(ROOT, 0, "sub/folder", DIRECTORY, RIGHT_READ).expect_err("link");
        refused("nofollow folder", folder, &[LOOP, NOTDIR]);
        let folder = g.open_with(ROOT, 0, "up/", DIRECTORY, RIGHT_READ).expect_err("link");
        refused("nofollow with a slash", folder, &[LOOP, NOTDIR, PERM]);
        // Paths that are created, removed, renamed or linked.
        for path in ["../made", "up/made", "sub/folder/made", "/tmp/made", "absolute/made"] {
            refused(path, g.on("path_create_directory", &[3], path), &[PERM]);
            refused(path, g.symlink("file", path), &[PERM]);
            refused(path, g.between("path_rename", "file", path), &[PERM]);
            refused(path, g.between("path_link", "file", path), &[PERM]);
        }
        for path in ["../secret", "up/secret", "sub/folder/file", &absolute, "absolute/secret"] {
            refused(path, g.on("path_unlink_file", &[3], path), &[PERM]);
            refused(path, g.between("path_rename", path, "got"), &[PERM]);
            refused(path, g.between("path_link", path, "got"), &[PERM]);
            refused(path, g.stat(0, path).expect_err(path), &[PERM]);
            let [at, len] = g.path(path);
            let times = g.call("path_filestat_set_times", &[3, 1, at, len, 1, 1, 5]);
            refused(path, times, &[PERM]);
        }
        for path in ["../other", "up/other", "..", "../box", "."] {
            refused(path, g.on("path_remove_directory", &[3], path), &[PERM, INVAL, NOTEMPTY]);
        }
        refused("unlink ..", g.on("path_unlink_file", &[3], ".."), &[PERM, ISDIR]);
        refused("symlink to an absolute path", g.symlink("/etc/passwd", "link"), &[PERM]);
        // A link's target is hidden if it is absolute.
        for path in ["absolute", "absolute_file", "../box/up"] {
            let ([at, len], buffer, used) = (g.path(path), g.room(64), g.room(4));
            refused(path, g.call("path_readlink", &[3, at, len, buffer, 64, used]), &[PERM]);
        }
        // Invalid paths.
        refused("empty", g.open("", 0, RIGHT_READ).expect_err("empty"), &[NOENT]);
        refused("NUL", g.open("file\0x", 0, RIGHT_READ).expect_err("NUL"), &[INVAL]);
        refused("NUL first", g.open("\0../secret", 0, RIGHT_READ).expect_err("NUL"), &[INVAL]);
        refused("no UTF-8", g.on("path_unlink_file", &[3], b"fi\xffle"), &[ILSEQ]);
        refused("long", g.open(&"a/".repeat(3000), 0, RIGHT_READ).expect_err("long"), &[NAMETOOLONG]);
        refused("long name", g.open(&"a".repeat(300), 0, RIGHT_READ).expect_err("long"), &[NAMETOOLONG]);
        refused("trailing slash", g.open("file/", 0, RIGHT_READ).expect_err("slash"), &[NOTDIR]);
        refused("below a file", g.open("file/../../secret", 0, RIGHT_READ).expect_err("file"), &[NOTDIR, PERM]);
        // The descriptor of a folder that was moved out in the meantime: still nothing above it is accessible.
        let sub = g.open("sub", DIRECTORY, FOLDER_RIGHTS).unwrap();
        for path in ["..", "../file", "../../secret", "folder/file", "deep/../../file"] {
            refused(path, g.open_with(sub, 1, path, 0, RIGHT_READ).expect_err(path), &[PERM]);
        }
        fs::rename(outer.path().join("box/sub"), outer.path().join("moved")).unwrap();
        refused("moved", g.open_with(sub, 1, "../secret", 0, RIGHT_READ).expect_err("moved"), &[PERM]);
        fs::rename(outer.path().join("moved"), outer.path().join("box/sub")).unwrap();

        assert_eq!(outside(outer.path()), before, "something outside has changed, on {:?}", config.mode);
        assert!(tried > 150, "{tried} ways were tried");
        // Paths that end inside are allowed, however they get there.
        for path in ["file", "./sub/.././file", "inside", "sub/deep/../../file"] {
            let fd = g.open(path, 0, RIGHT_READ).unwrap_or_else(|e| panic!("{path}: {e}"));
            assert_eq!(g.read(fd, 10).unwrap(), b"mine", "{path}");
        }
        let ([at, len], buffer, used) = (g.path("relative_file"), g.room(64), g.room(4));
        assert_eq!(g.call("path_readlink", &[3, at, len, buffer, 64, used]), OK);
        assert_eq!(g.get(buffer, 9), b"../secret");
    }
}

#[test]
fn descriptors_lead_nowhere_else() {
    for config in tiers() {
        let outer = outer();
        let mut g = Guest::in_folder(&config, &outer.path().join("box"));
        let g = &mut g;
        let file = g.open("file", 0, ALL_RIGHTS).unwrap();
        // A file is not a folder; an unused number is not a descriptor.
        for path in ["", ".", "..", "file", "../secret"] {
            assert_eq!(g.open_with(file, 1, path, 0, RIGHT_READ), Err(NOTDIR), "{path}");
            for fd in [0, 1, 2] {
                assert_eq!(g.open_with(fd, 1, path, 0, RIGHT_READ), Err(NOTDIR), "{path}");
            }
            for fd in [9, 4096, u32::MAX] {
                assert_eq!(g.open_with(fd, 1, path, 0, RIGHT_READ), Err(BADF), "{path}");
            }
        }
        // A closed descriptor is gone, for folders too.
        let sub = g.open("sub", DIRECTORY, FOLDER_RIGHTS).unwrap();
        assert_eq!(g.call("fd_close", &[sub.into()]), OK);
        assert_eq!(g.open_with(sub, 1, "third", 0, RIGHT_READ), Err(BADF));
        assert_eq!(g.call("fd_close", &[sub.into()]), BADF);
        assert_eq!(g.call("fd_close", &[3]), OK);
        assert_eq!(g.open("file", 0, RIGHT_READ), Err(BADF));
        // The host's /proc and /dev are not accessible.
        for path in ["/proc/self/fd/0", "/dev/stdin", "proc/self/environ"] {
            assert!(g.open(path, 0, RIGHT_READ).is_err(), "{path}");
        }
    }
}

/// Creating or truncating a file needs the rights of the folder, not those that files inherit from it.
#[test]
fn a_file_is_made_or_emptied_by_the_rights_of_its_folder() {
    for config in tiers() {
        let outer = outer();
        let inside = outer.path().join("box");
        let mut g = Guest::in_folder(&config, &inside);
        let path_open: u64 = 1 << 13;
        for (name, oflags, right) in [("new", CREAT, 1 << 10), ("file", TRUNC, 1 << 19)] {
            for (held, inherited) in [(0, 0), (0, right), (right, 0), (right, right)] {
                let folder = g.open(".", DIRECTORY, FOLDER_RIGHTS).unwrap();
                let rights = [folder.into(), path_open | held, RIGHT_READ | inherited];
                assert_eq!(g.call("fd_fdstat_set_rights", &rights), OK);
                let opened = g.open_with(folder, 1, name, oflags, RIGHT_READ);
                assert_eq!(opened.err(), (held == 0).then_some(NOTCAPABLE), "{name}: {held} {inherited}");
                let changed = fs::read(inside.join(name)).is_ok_and(|bytes| bytes.is_empty());
                assert_eq!(changed, held != 0, "{name}: {held} {inherited}");
                // Restore the initial state.
                fs::write(inside.join("file"), "mine").unwrap();
                let _ = fs::remove_file(inside.join("new"));
            }
        }
    }
}

#[test]
fn rights_are_only_ever_dropped() {
    for config in tiers() {
        let outer = outer();
        let mut g = Guest::in_folder(&config, &outer.path().join("box"));
        let g = &mut g;
        // A right that the file would not have is an error, even if other rights are granted.
        let path_open = 1 << 13;
        let part = g.open(".", DIRECTORY, FOLDER_RIGHTS).unwrap();
        assert_eq!(g.call("fd_fdstat_set_rights", &[part.into(), path_open, RIGHT_READ | 1 << 8]), OK);
        assert_eq!(g.open_with(part, 1, "file", 0, RIGHT_WRITE | 1 << 8), Err(NOTCAPABLE));
        assert!(g.open_with(part, 1, "file", 0, RIGHT_READ | 1 << 8).is_ok());
        // Synchronous writes need a right: DSYNC either one, RSYNC and SYNC that of `fd_sync`.
        let ([at, len], out) = (g.path("file"), g.room(4));
        for (held, allowed) in [(0, &[][..]), (1 << 0, &[2]), (1 << 4, &[2, 8, 16])] {
            let all = RIGHT_READ | 1 << 3 | held;
            let through = g.open(".", DIRECTORY, FOLDER_RIGHTS).unwrap();
            assert_eq!(g.call("fd_fdstat_set_rights", &[through.into(), path_open, all]), OK);
            for flags in [2, 8, 16] {
                let code = if allowed.contains(&flags) { OK } else { NOTCAPABLE };
                let args = [through.into(), 1, at, len, 0, all, 0, flags, out];
                assert_eq!(g.call("path_open", &args), code, "{held} {flags}");
                // The same applies to setting the flags later; flags that a descriptor has may be kept.
                let opened = g.open_with(through, 1, "file", 0, all).unwrap();
                assert_eq!(g.call("fd_fdstat_set_flags", &[opened.into(), flags]), code, "{held} {flags}");
                let dropped = g.call("fd_fdstat_set_rights", &[opened.into(), 1 << 3, 0]);
                assert_eq!((dropped, g.call("fd_fdstat_set_flags", &[opened.into(), flags])), (OK, code));
            }
        }
        // Read-only, whatever is requested through it.
        let sub = g.open(".", DIRECTORY, FOLDER_RIGHTS).unwrap();
        assert_eq!(g.call("fd_fdstat_set_rights", &[sub.into(), path_open, RIGHT_READ]), OK);
        assert_eq!(g.call("fd_fdstat_set_rights", &[sub.into(), path_open, ALL_RIGHTS]), NOTCAPABLE);
        assert_eq!(g.call("fd_fdstat_set_rights", &[sub.into(), ALL_RIGHTS, RIGHT_READ]), NOTCAPABLE);
        assert_eq!(g.open_with(sub, 1, "file", 0, RIGHT_WRITE), Err(NOTCAPABLE));
        assert_eq!(g.open_with(sub, 1, "new", CREAT, RIGHT_READ), Err(NOTCAPABLE));
        assert_eq!(g.open_with(sub, 1, "file", TRUNC, RIGHT_READ), Err(NOTCAPABLE));
        let sub64 = u64::from(sub);
        assert_eq!(g.on("path_create_directory", &[sub64], "x"), NOTCAPABLE);
        assert_eq!(g.on("path_unlink_file", &[sub64], "file"), NOTCAPABLE);
        assert_eq!(g.on("path_remove_directory", &[sub64], "sub"), NOTCAPABLE);
        let file = g.open_with(sub, 1, "file", 0, ALL_RIGHTS & !RIGHT_WRITE & !(1 << 8) & !(1 << 22)).unwrap();
        assert_eq!(g.read(file, 10).unwrap(), b"mine");
        assert_eq!(g.write(file, b"x"), Err(NOTCAPABLE));
        assert_eq!(g.call("fd_filestat_set_size", &[file.into(), 0]), NOTCAPABLE);
        let position = g.room(8);
        assert_eq!(g.call("fd_seek", &[file.into(), 0, 0, position]), NOTCAPABLE);
        // Getting the position needs fewer rights than seeking.
        let tell = g.open("file", 0, RIGHT_READ | 1 << 5).unwrap();
        assert_eq!(g.call("fd_seek", &[tell.into(), 0, 1, position]), OK);
        assert_eq!(g.call("fd_seek", &[tell.into(), 0, 0, position]), NOTCAPABLE);
        assert_eq!(g.call("fd_seek", &[tell.into(), 1, 1, position]), NOTCAPABLE);
        // A folder opened through it has no more rights.
        let none = g.open_with(sub, 1, "sub", DIRECTORY, FOLDER_RIGHTS).unwrap();
        assert_eq!(g.open_with(none, 1, "deep", 0, RIGHT_READ), Err(NOTCAPABLE));
        // A file opened for reading cannot be written, although the host file could be.
        let file = g.open("file", CREAT, RIGHT_READ).unwrap();
        assert_eq!(g.write(file, b"x"), Err(NOTCAPABLE));
        let file = g.open("file", 0, RIGHT_WRITE).unwrap();
        assert_eq!(g.read(file, 1), Err(NOTCAPABLE));
    }
}

/// Whatever rights are requested, a folder passes on no more than the folder it was opened through passed on to it.
#[test]
fn a_folder_passes_on_no_more_than_it_was_given() {
    for config in tiers() {
        let outer = outer();
        let mut g = Guest::in_folder(&config, &outer.path().join("box"));
        let (path_open, filestat): (u64, u64) = (1 << 13, 1 << 21);
        let part = g.open(".", DIRECTORY, FOLDER_RIGHTS).unwrap();
        let given = path_open | filestat | RIGHT_READ;
        assert_eq!(g.call("fd_fdstat_set_rights", &[part.into(), path_open, given]), OK);
        let inner = g.open_with(part, 1, ".", DIRECTORY, FOLDER_RIGHTS).unwrap();
        let stat = g.room(24);
        assert_eq!(g.call("fd_fdstat_get", &[inner.into(), stat]), OK);
        // A folder does not have the rights to be read as a file.
        assert_eq!((g.u64(stat + 8), g.u64(stat + 16)), (path_open | filestat, given));
        assert_eq!(g.open_with(inner, 1, "file", 0, RIGHT_WRITE), Err(NOTCAPABLE));
        let file = g.open_with(inner, 1, "file", 0, RIGHT_READ).unwrap();
        assert_eq!(g.read(file, 10).unwrap(), b"mine");
    }
}
