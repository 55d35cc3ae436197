//! Each function behaves as the interface specifies; [`super::polls`] tests the one that waits, and [`super::rights`] the rights
//! that each one needs.

use super::guest::*;
use std::fs;
use std::time::{Duration, Instant};
use wasmoon::runtime::store::Abort;
use wasmoon::wasi::{Capture, Input, NAMES, Output, WasiCtxBuilder};

#[test]
fn the_list_of_functions_is_the_interface_s() {
    let mut expected: Vec<&str> = SIGNATURES.iter().map(|(name, _)| *name).collect();
    let mut names = NAMES.to_vec();
    expected.sort();
    names.sort();
    assert_eq!(names, expected);
}

#[test]
fn arguments_and_environment() {
    for config in tiers() {
        let mut ctx = WasiCtxBuilder::new();
        ctx.arg("prog").arg("").arg("ü").env(b"A", b"1=2").env(b"EMPTY", b"");
        let mut g = Guest::new(&config, ctx);
        for (sizes, get, expected) in [
            ("args_sizes_get", "args_get", &[&b"prog"[..], b"", "ü".as_bytes()][..]),
            ("environ_sizes_get", "environ_get", &[b"A=1=2", b"EMPTY="]),
        ] {
            let (count, size) = (g.room(4), g.room(4));
            assert_eq!(g.call(sizes, &[count, size]), OK);
            let (count, size) = (g.u32(count), g.u32(size));
            assert_eq!(count as usize, expected.len());
            assert_eq!(size as usize, expected.iter().map(|s| s.len() + 1).sum::<usize>());
            let (list, buffer) = (g.room(count * 4), g.room(size));
            assert_eq!(g.call(get, &[list, buffer]), OK);
            for (i, string) in (0..).zip(expected) {
                let at = u64::from(g.u32(list + i * 4));
                assert_eq!(g.get(at, string.len() + 1), [string, &b"\0"[..]].concat());
            }
            assert_eq!(g.call(get, &[list, (4 << 16) - 3]), FAULT);
            assert_eq!(g.call(get, &[0xffff_fffc, buffer]), FAULT);
            assert_eq!(g.call(sizes, &[4 << 16, 0]), FAULT);
        }
    }
}

#[test]
fn clocks() {
    each(|g, _| {
        let at = g.room(8);
        let mut last = [0; 4];
        for _ in 0..3 {
            for id in 0..4 {
                assert_eq!(g.call("clock_time_get", &[id, 1, at]), OK);
                let now = g.u64(at);
                assert!(now >= last[id as usize] && now > 0, "clock {id}");
                last[id as usize] = now;
                assert_eq!(g.call("clock_res_get", &[id, at]), OK);
                assert!((1..1_000_000_000).contains(&g.u64(at)), "clock {id}");
            }
        }
        let real = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        assert!(last[0].abs_diff(real.as_nanos() as u64) < 10_000_000_000);
        for id in [4, u64::from(u32::MAX)] {
            assert_eq!(g.call("clock_time_get", &[id, 0, at]), INVAL);
            assert_eq!(g.call("clock_res_get", &[id, at]), INVAL);
        }
        assert_eq!(g.call("clock_time_get", &[0, 0, (4 << 16) - 7]), FAULT);
    });
}

#[test]
fn random_numbers_and_yielding() {
    each(|g, _| {
        let (a, b) = (g.room(1000), g.room(1000));
        assert_eq!(g.call("random_get", &[a, 1000]), OK);
        assert_eq!(g.call("random_get", &[b, 1000]), OK);
        let (a, b) = (g.get(a, 1000), g.get(b, 1000));
        assert!(a != b && (0..=255u8).filter(|v| a.contains(v)).count() > 200);
        assert_eq!(g.call("random_get", &[0, 4 << 16]), OK);
        assert_eq!(g.call("random_get", &[1, 4 << 16]), FAULT);
        assert_eq!(g.call("random_get", &[u64::from(u32::MAX), u64::from(u32::MAX)]), FAULT);
        assert_eq!(g.call("sched_yield", &[]), OK);
    });
}

/// All requested bytes are random, and no others are written.
#[test]
fn random_numbers_fill_what_was_asked_for() {
    for (config, seed) in tiers().into_iter().flat_map(|config| [(config.clone(), None), (config, Some(7))]) {
        let mut ctx = WasiCtxBuilder::new();
        if let Some(seed) = seed {
            ctx.deterministic(seed);
        }
        let mut g = Guest::new(&config, ctx);
        let at = g.room(32);
        for len in 0..20 {
            // Over sixteen random bytes, at least one is not zero.
            let mut seen = [0; 32];
            for _ in 0..16 {
                g.memory()[at as usize..][..32].fill(0);
                assert_eq!(g.call("random_get", &[at + 1, len]), OK);
                seen.iter_mut().zip(g.get(at, 32)).for_each(|(seen, byte)| *seen |= byte);
            }
            let expected: Vec<bool> = (0..32).map(|i| (1..=len).contains(&i)).collect();
            assert_eq!(seen.map(|byte| byte != 0), expected[..], "{len} bytes, {seed:?}");
        }
    }
}

/// The same seed gives the same times and random numbers.
#[test]
fn deterministic_programs_see_the_same_time_and_numbers() {
    let seen = |seed: u64| {
        tiers().map(|config| {
            let mut ctx = WasiCtxBuilder::new();
            ctx.deterministic(seed);
            let mut g = Guest::new(&config, ctx);
            let (time, bytes) = (g.room(8), g.room(40));
            g.call("random_get", &[bytes, 37]);
            let start = Instant::now();
            // An hour of sleep.
            let mut clock = [0; 48];
            clock[24..32].copy_from_slice(&3_600_000_000_000u64.to_le_bytes());
            clock[16] = 1;
            let (clock, event, n) = (g.put(&clock), g.room(32), g.room(4));
            assert_eq!(g.call("poll_oneoff", &[clock, event, 1, n]), OK);
            assert!(start.elapsed() < Duration::from_secs(60));
            g.call("clock_time_get", &[1, 0, time]);
            assert!(g.u64(time) > 3_600_000_000_000);
            // A poll does not wait for a clock if something else is ready.
            let (mut hour, mut input) = ([0; 48], [0; 48]);
            hour[24..32].copy_from_slice(&3_600_000_000_000u64.to_le_bytes());
            (hour[16], input[8]) = (1, 1);
            let (both, events) = (g.put(&[hour, input].concat()), g.room(64));
            assert_eq!(g.call("poll_oneoff", &[both, events, 2, n]), OK);
            assert_eq!((g.u32(n), g.get(events, 11)[10]), (1, 1));
            g.call("clock_time_get", &[1, 0, time]);
            assert!(g.u64(time) < 2 * 3_600_000_000_000);
            (g.u64(time), g.get(bytes, 40))
        })
    };
    let [a, b] = seen(1);
    assert_eq!(a, b);
    assert_ne!(a.1, seen(2)[0].1);
}

#[test]
fn ends() {
    for config in tiers() {
        for code in [0, 1, 77, 255, 256, u64::from(u32::MAX)] {
            let mut g = Guest::new(&config, WasiCtxBuilder::new());
            assert_eq!(g.try_call("proc_exit", &[code]), Err(Abort::Exit(code as u32 as i32)));
        }
        let mut g = Guest::new(&config, WasiCtxBuilder::new());
        assert_eq!(g.call("proc_raise", &[0]), OK);
        assert_eq!(g.call("proc_raise", &[16]), OK, "CHLD is ignored");
        assert_eq!(g.call("proc_raise", &[18]), NOTSUP, "STOP");
        assert_eq!(g.call("proc_raise", &[31]), INVAL);
        assert_eq!(g.try_call("proc_raise", &[6]), Err(Abort::Exit(134)), "ABRT");
        assert_eq!(g.try_call("proc_raise", &[15]), Err(Abort::Exit(143)), "TERM");
        // As a shell numbers signals; the host has other numbers from USR1 on.
        let early = [(1, 129), (9, 137), (10, 138), (11, 139), (12, 140), (13, 141)];
        let late = [(23, 152), (24, 153), (25, 154), (26, 155), (28, 157), (29, 158), (30, 159)];
        for (signal, status) in early.into_iter().chain(late) {
            assert_eq!(g.try_call("proc_raise", &[signal]), Err(Abort::Exit(status)), "{signal}");
        }
        for ignored in [17, 22, 27] {
            assert_eq!(g.call("proc_raise", &[ignored]), OK, "{ignored}");
        }
        for stops in 19..22 {
            assert_eq!(g.call("proc_raise", &[stops]), NOTSUP, "{stops}");
        }
    }
}

/// This holds however long a program sleeps, even until the end of the range of clocks.
#[test]
fn virtual_clocks_do_not_go_back() {
    for config in tiers() {
        let mut ctx = WasiCtxBuilder::new();
        ctx.deterministic(1);
        let mut g = Guest::new(&config, ctx);
        let at = g.room(8);
        for id in 0..4 {
            assert_eq!(g.call("clock_res_get", &[id, at]), OK);
            assert_eq!(g.u64(at), 1000);
        }
        let now = |g: &mut Guest, id: u64| {
            assert_eq!(g.call("clock_time_get", &[id, 0, at]), OK);
            g.u64(at)
        };
        assert_eq!((now(&mut g, 1), now(&mut g, 0), now(&mut g, 1)), (1_000, 1_577_836_800_000_002_000, 3_000));
        let mut last = [0; 2];
        for sleep in [0, 17_000_000_000_000_000_000, u64::MAX, u64::MAX] {
            let mut clock = [0; 48];
            clock[16] = 1;
            clock[24..32].copy_from_slice(&sleep.to_le_bytes());
            let (list, events, n) = (g.put(&clock), g.room(32), g.room(4));
            assert_eq!(g.call("poll_oneoff", &[list, events, 1, n]), OK);
            for id in [0, 1] {
                let now = now(&mut g, id);
                assert!(now >= last[id as usize], "clock {id}");
                last[id as usize] = now;
            }
        }
        assert_eq!(last, [u64::MAX; 2]);
    }
}

/// A list, and the strings that it points to, may end at the end of the address space.
#[test]
fn strings_may_end_where_the_memory_ends() {
    for config in tiers() {
        let mut ctx = WasiCtxBuilder::new();
        ctx.arg("prog");
        let mut g = Guest::with_memory(&config, ctx, 0x1_0000);
        assert_eq!(g.call("args_get", &[64, (1 << 32) - 5]), OK);
        assert_eq!(g.get((1 << 32) - 5, 5), b"prog\0");
        assert_eq!(g.call("args_get", &[(1 << 32) - 4, 64]), OK);
        assert_eq!(g.u32((1 << 32) - 4), 64);
        assert_eq!(g.call("args_get", &[(1 << 32) - 3, 64]), FAULT);
        assert_eq!(g.call("args_get", &[64, (1 << 32) - 4]), FAULT);
    }
}

#[test]
fn sockets_there_are_none() {
    each(|g, _| {
        for (name, rest) in [("sock_accept", 2), ("sock_recv", 5), ("sock_send", 4), ("sock_shutdown", 1)] {
            for (fd, code) in [(0, NOTSOCK), (3, NOTSOCK), (9, BADF)] {
                let args = [vec![fd], vec![0; rest]].concat();
                assert_eq!(g.call(name, &args), code, "{name} {fd}");
            }
        }
    });
}

#[test]
fn files_are_read_and_written() {
    each(|g, folder| {
        let fd = g.open("f", CREAT | EXCL, ALL_RIGHTS).unwrap();
        let f = u64::from(fd);
        assert_eq!(g.open("f", CREAT | EXCL, ALL_RIGHTS), Err(EXIST));
        assert_eq!(g.write(fd, b"0123456789"), Ok(10));
        assert_eq!(fs::read(folder.join("f")).unwrap(), b"0123456789");
        let position = g.room(8);
        let seek = |g: &mut Guest, offset: i64, whence: u64| {
            let code = g.call("fd_seek", &[f, offset as u64, whence, position]);
            if code == OK { Ok(g.u64(position)) } else { Err(code) }
        };
        assert_eq!(seek(g, -3, 2), Ok(7));
        assert_eq!(g.read(fd, 100).unwrap(), b"789");
        assert_eq!(g.read(fd, 100).unwrap(), b"");
        assert_eq!((seek(g, 4, 0), seek(g, -2, 1), seek(g, 0, 1)), (Ok(4), Ok(2), Ok(2)));
        assert_eq!((seek(g, -1, 0), seek(g, -3, 1), seek(g, 0, 3)), (Err(INVAL), Err(INVAL), Err(INVAL)));
        assert_eq!(g.call("fd_tell", &[f, position]), OK);
        assert_eq!(g.u64(position), 2);
        // With the right to get the position, but not to set it.
        let (tells, own) = (u64::from(g.open("f", 0, 1 << 5).unwrap()), g.room(8));
        assert_eq!((g.call("fd_seek", &[tells, 0, 1, own]), g.u64(own)), (OK, 0));
        for (offset, whence) in [(5, 1), (0, 0), (0, 2), (u64::MAX, 1)] {
            assert_eq!(g.call("fd_seek", &[tells, offset, whence, own]), NOTCAPABLE, "{offset} {whence}");
        }
        // The right to set the position includes getting it.
        let seeks = u64::from(g.open("f", 0, 1 << 2).unwrap());
        for (offset, whence) in [(5, 0), (0, 1)] {
            assert_eq!((g.call("fd_seek", &[seeks, offset, whence, own]), g.u64(own)), (OK, 5));
        }
        assert_eq!((g.call("fd_tell", &[seeks, own]), g.u64(own)), (OK, 5));
        for fd in [tells, seeks] {
            assert_eq!(g.call("fd_close", &[fd]), OK);
        }
        // Several buffers, one of them empty, and two of them overlapping.
        let buffer = g.room(16);
        let list: Vec<u8> = [(buffer, 2), (buffer, 0), (buffer, 3), (buffer + 8, 100)]
            .iter()
            .flat_map(|&(at, len)| [(at as u32).to_le_bytes(), u32::to_le_bytes(len)].concat())
            .collect();
        let (list, n) = (g.put(&list), g.room(4));
        let at = g.u64(position);
        assert_eq!(at, 2);
        assert_eq!(g.call("fd_read", &[f, list, 4, n]), OK);
        assert_eq!((g.u32(n), g.get(buffer, 11)), (8, b"456\x00\x00\x00\x00\x00789".to_vec()));
        // With an explicit offset, the position is unchanged.
        let text = g.put(b"ab");
        let iov = g.iov(text, 2);
        assert_eq!(g.call("fd_pwrite", &[f, iov, 1, 4, n]), OK);
        let into = g.room(4);
        let iov = g.iov(into, 4);
        assert_eq!(g.call("fd_pread", &[f, iov, 1, 3, n]), OK);
        assert_eq!((g.u32(n), g.get(into, 4)), (4, b"3ab6".to_vec()));
        assert_eq!(g.call("fd_pread", &[f, iov, 1, u64::MAX, n]), INVAL);
        assert_eq!(g.call("fd_pwrite", &[f, iov, 1, 1 << 63, n]), INVAL);
        assert_eq!(seek(g, 0, 1), Ok(10));
        // The size.
        assert_eq!(g.call("fd_filestat_set_size", &[f, 3]), OK);
        assert_eq!(fs::read(folder.join("f")).unwrap(), b"012");
        assert_eq!(g.call("fd_allocate", &[f, 4, 4]), OK);
        assert_eq!(fs::read(folder.join("f")).unwrap(), b"012\0\0\0\0\0");
        assert_eq!(g.call("fd_allocate", &[f, 0, 0]), INVAL);
        assert_ne!(g.call("fd_allocate", &[f, u64::MAX, 8]), OK);
        for advice in 0..6 {
            assert_eq!(g.call("fd_advise", &[f, 0, 8, advice]), OK);
        }
        assert_eq!(g.call("fd_advise", &[f, 0, 8, 6]), INVAL);
        assert_eq!((g.call("fd_sync", &[f]), g.call("fd_datasync", &[f])), (OK, OK));
        // Appending.
        assert_eq!(g.call("fd_fdstat_set_flags", &[f, 1]), OK);
        seek(g, 0, 0).unwrap();
        g.write(fd, b"end").unwrap();
        assert_eq!(g.call("fd_fdstat_set_flags", &[f, 2]), OK);
        seek(g, 0, 0).unwrap();
        g.write(fd, b"START").unwrap();
        assert_eq!(fs::read(folder.join("f")).unwrap(), b"START\0\0\0end");
        assert_eq!(g.call("fd_fdstat_set_flags", &[f, 32]), INVAL);
        let stat = g.room(24);
        assert_eq!(g.call("fd_fdstat_get", &[f, stat]), OK);
        assert_eq!(g.get(stat, 4), [4, 0, 2, 0]);
        // Synchronous writes.
        for flags in [8, 16, 26] {
            assert_eq!(g.call("fd_fdstat_set_flags", &[f, flags]), OK);
            seek(g, 0, 0).unwrap();
            assert_eq!(g.write(fd, &[b'0' + flags as u8; 5]), Ok(5));
            assert_eq!(g.call("fd_pwrite", &[f, iov, 1, 5, n]), OK);
            assert_eq!(fs::read(folder.join("f")).unwrap()[..5], [b'0' + flags as u8; 5]);
        }
        // Truncated when opened, and opened for appending.
        let fd = g.open("f", TRUNC, RIGHT_WRITE).unwrap();
        g.write(fd, b"x").unwrap();
        let ([at, len], out) = (g.path("f"), g.room(4));
        assert_eq!(g.call("path_open", &[3, 1, at, len, 0, RIGHT_WRITE, 0, 1, out]), OK);
        let append = g.u32(out);
        g.write(append, b"y").unwrap();
        assert_eq!(fs::read(folder.join("f")).unwrap(), b"xy");
        assert_eq!(g.call("path_open", &[3, 1, at, len, 0, RIGHT_WRITE, 0, 32, out]), INVAL);
        assert_eq!(g.call("path_open", &[3, 1, at, len, 16, RIGHT_WRITE, 0, 0, out]), INVAL);
        assert_eq!(g.call("path_open", &[3, 2, at, len, 0, RIGHT_WRITE, 0, 0, out]), INVAL);
        // A free descriptor number is reused.
        assert_eq!(g.call("fd_close", &[f]), OK);
        assert_eq!(g.open("f", 0, RIGHT_READ), Ok(fd.min(f as u32)));
        let moved = g.open("f", 0, RIGHT_READ).unwrap();
        assert_eq!(g.call("fd_renumber", &[moved.into(), f]), OK);
        assert_eq!(g.read(f as u32, 9).unwrap(), b"xy");
        assert_eq!(g.read(moved, 9), Err(BADF));
    });
}

#[test]
fn descriptors_are_moved_onto_others() {
    each(|g, folder| {
        fs::create_dir(folder.join("d")).unwrap();
        fs::write(folder.join("d/inner"), "inner").unwrap();
        fs::write(folder.join("f"), "text").unwrap();
        let at = g.room(64);
        let name = |g: &mut Guest, fd: u64| match g.call("fd_prestat_get", &[fd, at]) {
            OK => {
                let len = g.u32(at + 4);
                assert_eq!(g.call("fd_prestat_dir_name", &[fd, at, len.into()]), OK);
                Ok(g.get(at, len as usize))
            }
            code => Err(code),
        };
        let ino = |g: &mut Guest, fd: u64| {
            assert_eq!(g.call("fd_filestat_get", &[fd, at]), OK);
            g.u64(at + 8)
        };
        let root = ino(g, 3);
        // A closed descriptor is neither moved nor replaced, and the other one stays unchanged.
        let file = u64::from(g.open("f", 0, RIGHT_READ).unwrap());
        for bad in [file + 1, 100, u64::from(u32::MAX)] {
            for (fd, to) in [(file, bad), (bad, file), (3, bad), (bad, 3), (1, bad), (bad, 1), (bad, bad)] {
                assert_eq!(g.call("fd_renumber", &[fd, to]), BADF, "{fd} {to}");
            }
        }
        // Renumbering to the same number changes nothing.
        for fd in [0, 1, 3, file] {
            assert_eq!(g.call("fd_renumber", &[fd, fd]), OK);
        }
        assert_eq!((name(g, 3), ino(g, 3)), (Ok(b"/".to_vec()), root));
        assert_eq!(g.read(file as u32, 9).unwrap(), b"text");

        // The preopened folder moves together with its name.
        assert_eq!(g.call("fd_renumber", &[3, file]), OK);
        assert_eq!((name(g, 3), name(g, file)), (Err(BADF), Ok(b"/".to_vec())));
        assert_eq!(g.call("fd_fdstat_get", &[3, at]), BADF);
        let dir = g.open_with(file as u32, 0, "d", DIRECTORY, FOLDER_RIGHTS).unwrap();
        assert_eq!(dir, 3, "the number is free again");
        // When it is replaced, its name is gone, too.
        let inner = ino(g, dir.into());
        assert_ne!(inner, root);
        assert_eq!(g.call("fd_renumber", &[dir.into(), file]), OK);
        assert_eq!((name(g, dir.into()), name(g, file)), (Err(BADF), Err(BADF)));
        assert_eq!((ino(g, file), g.call("fd_close", &[dir.into()])), (inner, BADF));
        assert_eq!(g.open_with(file as u32, 0, "f", 0, RIGHT_READ), Err(NOENT));

        // Standard streams can be replaced, too.
        let out = g.open_with(file as u32, 0, "out", CREAT, RIGHT_WRITE).unwrap();
        assert_eq!(g.call("fd_renumber", &[out.into(), 1]), OK);
        assert_eq!(g.write(1, b"printed"), Ok(7));
        assert_eq!(fs::read(folder.join("d/out")).unwrap(), b"printed");
        let input = g.open_with(file as u32, 0, "inner", 0, RIGHT_READ).unwrap();
        assert_eq!(g.call("fd_renumber", &[input.into(), 0]), OK);
        assert_eq!(g.read(0, 9).unwrap(), b"inner");
        assert_eq!(g.call("fd_renumber", &[2, file]), OK);
        assert_eq!((g.write(2, b"x"), g.open_with(file as u32, 0, "inner", 0, 0)), (Err(BADF), Err(NOTDIR)));
    });
}

#[test]
fn folders_are_not_opened_to_be_written() {
    each(|g, folder| {
        fs::create_dir(folder.join("d")).unwrap();
        fs::write(folder.join("f"), "text").unwrap();
        std::os::unix::fs::symlink("d", folder.join("link")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.join("dangling")).unwrap();
        for path in ["d", ".", "d/", "d/../d", "link"] {
            for write in [RIGHT_WRITE, RIGHT_READ | RIGHT_WRITE, ALL_RIGHTS] {
                assert_eq!(g.open(path, DIRECTORY, write), Err(ISDIR), "{path} {write:x}");
                assert_eq!(g.open(path, 0, write), Err(ISDIR), "{path} {write:x}");
            }
            for read in [0, RIGHT_READ, FOLDER_RIGHTS] {
                let dir = g.open(path, DIRECTORY, read).unwrap();
                assert_eq!(g.call("fd_close", &[dir.into()]), OK);
            }
            // Only files can be created.
            for read in [0, RIGHT_READ] {
                assert_eq!(g.open(path, CREAT, read), Err(ISDIR), "{path} {read:x}");
            }
        }
        for write in [0, RIGHT_READ, RIGHT_READ | RIGHT_WRITE] {
            assert_eq!(g.open("f", DIRECTORY, write), Err(NOTDIR));
            assert_eq!(g.open("none", DIRECTORY, write), Err(NOENT));
            assert_eq!(g.open("dangling", DIRECTORY, write), Err(NOENT));
            for link in ["link", "dangling"] {
                let refused = g.open_with(ROOT, 0, link, DIRECTORY, write).unwrap_err();
                assert!([NOTDIR, LOOP].contains(&refused), "{link}: {refused}");
                assert_eq!(g.open_with(ROOT, 0, link, 0, write), Err(LOOP), "{link}");
            }
        }
        // No descriptor was left open: the next number is the first free one.
        assert_eq!(g.open("f", 0, RIGHT_READ), Ok(4));
    });
}

#[test]
fn a_slash_at_the_end_asks_for_a_folder() {
    each(|g, folder| {
        fs::write(folder.join("f"), "text").unwrap();
        fs::create_dir(folder.join("d")).unwrap();
        std::os::unix::fs::symlink("d", folder.join("to_d")).unwrap();
        std::os::unix::fs::symlink("f", folder.join("to_f")).unwrap();
        for (name, kind) in [("f", Err(NOTDIR)), ("to_f", Err(NOTDIR)), ("to_d", Ok(3)), ("d", Ok(3))] {
            for (end, lookup) in
                ["/", "//", "/.", "/./", "/./.", "//."].into_iter().flat_map(|end| [(end, 0), (end, 1)])
            {
                let path = format!("{name}{end}");
                assert_eq!(g.stat(lookup, &path).map(|stat| stat[16]), kind, "{path} {lookup}");
                let [at, len] = g.path(&path);
                // Both times to 1970.
                let set = g.call("path_filestat_set_times", &[ROOT.into(), lookup, at, len, 0, 0, 0b101]);
                assert_eq!(set, kind.map_or_else(|code| code, |_| OK), "{path} {lookup}");
            }
        }
        let times = |name: &str| fs::symlink_metadata(folder.join(name)).unwrap().modified().unwrap();
        assert_eq!(times("d"), std::time::SystemTime::UNIX_EPOCH);
        assert!(["f", "to_f", "to_d"].iter().all(|name| times(name) != std::time::SystemTime::UNIX_EPOCH));
        // A file is not opened as a folder, and nothing is created: the error is the system's, which depends on what would have
        // been created.
        for rights in [RIGHT_READ, RIGHT_WRITE, RIGHT_READ | RIGHT_WRITE] {
            for oflags in [0, CREAT, TRUNC, CREAT | TRUNC] {
                let changes = rights & RIGHT_WRITE != 0 || oflags & TRUNC != 0;
                let file = if oflags & CREAT != 0 && changes { ISDIR } else { NOTDIR };
                let none = if oflags & CREAT != 0 { ISDIR } else { NOENT };
                for (path, code) in [("f/", file), ("to_f/", file), ("none/", none)] {
                    assert_eq!(g.open(path, oflags, rights), Err(code), "{path} {oflags} {rights:x}");
                }
                let refused = changes || oflags & CREAT != 0;
                assert_eq!(g.open("d/", oflags, rights).err(), refused.then_some(ISDIR), "{oflags} {rights:x}");
            }
        }
        assert!(!folder.join("none").exists());
        for from in ["f", "to_f", "to_d"] {
            assert_eq!(g.between("path_rename", from, "new/"), NOTDIR, "{from}");
            assert!(!folder.join("new").exists());
        }
        assert_eq!(g.between("path_rename", "none", "new/"), NOENT);
        assert_eq!((g.between("path_rename", "d", "new//"), folder.join("new").is_dir()), (OK, true));
        assert_eq!((g.between("path_rename", "new/", "d/"), folder.join("d").is_dir()), (OK, true));

        let remove = |g: &mut Guest, path: &str| g.on("path_remove_directory", &[ROOT.into()], path);
        assert_eq!([remove(g, "f/"), remove(g, "to_d/"), remove(g, "none/")], [NOTDIR, NOTDIR, NOENT]);
        assert_eq!([remove(g, "d/."), remove(g, ".")], [INVAL; 2]);
        assert_ne!(remove(g, "/"), OK);
        for path in ["d/", "d//", "d"] {
            assert_eq!((remove(g, path), folder.join("d").exists()), (OK, false), "{path}");
            fs::create_dir(folder.join("d")).unwrap();
        }
        fs::write(folder.join("d/inside"), "").unwrap();
        assert_ne!(remove(g, "d/"), OK);
    });
}

#[test]
fn addresses_are_checked_before_anything_is_done() {
    each(|g, folder| {
        let fd = g.open("f", CREAT, ALL_RIGHTS).unwrap();
        let f = u64::from(fd);
        g.write(fd, b"0123456789").unwrap();
        let end = 4u64 << 16;
        let (n, ok) = (g.room(4), g.put(b"text"));
        let good = g.iov(ok, 4);
        let before = fs::read(folder.join("f")).unwrap();
        for bad in [g.iov(end - 1, 2), g.iov(end, 1), g.iov(0xffff_fff0, 0xffff_ffff), end - 4, 0xffff_fffc] {
            for name in ["fd_read", "fd_write"] {
                assert_eq!(g.call(name, &[f, bad, 1, n]), FAULT, "{name}");
            }
            for name in ["fd_pread", "fd_pwrite"] {
                assert_eq!(g.call(name, &[f, bad, 1, 0, n]), FAULT, "{name}");
            }
        }
        // This also applies if only a later buffer is bad.
        let mixed: Vec<u8> = [ok as u32, 4, end as u32 - 1, 2].iter().flat_map(|v| v.to_le_bytes()).collect();
        let mixed = g.put(&mixed);
        assert_eq!(g.call("fd_write", &[f, mixed, 2, n]), FAULT);
        assert_eq!(g.call("fd_pwrite", &[f, mixed, 2, 0, n]), FAULT);
        // This also applies to the address of the result.
        for name in ["fd_read", "fd_write"] {
            assert_eq!(g.call(name, &[f, good, 1, end - 3]), FAULT, "{name}");
        }
        assert_eq!(fs::read(folder.join("f")).unwrap(), before);
        let [path, len] = g.path("new");
        assert_eq!(g.call("path_open", &[3, 1, path, len, CREAT.into(), RIGHT_WRITE, 0, 0, end - 2]), FAULT);
        assert!(!folder.join("new").exists());
        assert_eq!(g.call("path_open", &[3, 1, end - 1, 2, 0, RIGHT_READ, 0, 0, n]), FAULT);
        assert_eq!(g.call("path_open", &[3, 1, 0, 0xffff_ffff, 0, RIGHT_READ, 0, 0, n]), FAULT);
        for (name, args) in [
            ("fd_fdstat_get", vec![f, end - 23]),
            ("fd_filestat_get", vec![f, end - 63]),
            ("fd_prestat_get", vec![3, end - 7]),
            ("fd_prestat_dir_name", vec![3, end, 1]),
            ("fd_tell", vec![f, end - 7]),
            ("fd_seek", vec![f, 0, 0, end - 7]),
            ("fd_readdir", vec![3, end - 1, 2, 0, n]),
            ("fd_readdir", vec![3, 0, 100, 0, end]),
            ("poll_oneoff", vec![end - 47, 0, 1, n]),
            ("poll_oneoff", vec![0, end - 31, 1, n]),
            ("poll_oneoff", vec![0, 0, 0x0fff_ffff, n]),
        ] {
            let code = g.call(name, &args);
            assert!(code == FAULT || name == "poll_oneoff" && code == INVAL, "{name} {args:?}: {code}");
        }
        // The position is unchanged, too.
        let position = g.room(8);
        assert_eq!(g.call("fd_seek", &[f, 3, 0, position]), OK);
        for short in 1..8 {
            assert_eq!(g.call("fd_seek", &[f, 1, 1, end - short]), FAULT);
        }
        assert_eq!(g.call("fd_tell", &[f, position]), OK);
        assert_eq!(g.u64(position), 3);
        assert_eq!(g.call("fd_seek", &[f, 1, 1, end - 8]), OK);
        assert_eq!(g.u64(end - 8), 4);
        // More buffers than any host accepts.
        assert_eq!(g.call("fd_write", &[f, 0, 1025, n]), INVAL);
        let empty = g.put(&[0; 8192]);
        assert_eq!(g.call("fd_write", &[f, empty, 1024, n]), OK);
        // Sixteen times all of memory: the whole input is read.
        let iovs: Vec<u8> = [0u32, 4 << 16].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>().repeat(16);
        let iovs = g.put(&iovs);
        g.call("fd_seek", &[f, 0, 0, n]);
        assert_eq!(g.call("fd_read", &[f, iovs, 16, n]), OK);
    });
}

/// Results may end at the end of memory, but not a byte later.
#[test]
fn results_may_end_where_the_memory_ends() {
    /// Stands for the address of the result.
    const AT: u64 = u64::MAX;
    each(|g, folder| {
        fs::write(folder.join("f"), "0123456789").unwrap();
        std::os::unix::fs::symlink("f", folder.join("link")).unwrap();
        let end = 4u64 << 16;
        let f = u64::from(g.open("f", 0, ALL_RIGHTS).unwrap());
        let ([path, path_len], [link, link_len]) = (g.path("f"), g.path("link"));
        let (n, text) = (g.room(64), g.put(b"text"));
        let (iov, clock) = (g.iov(text, 4), g.room(48));
        let cases: [(&str, &[u64], u64); 26] = [
            ("args_sizes_get", &[AT, n], 4),
            ("args_sizes_get", &[n, AT], 4),
            ("environ_sizes_get", &[AT, n], 4),
            ("environ_sizes_get", &[n, AT], 4),
            ("clock_res_get", &[0, AT], 8),
            ("clock_time_get", &[0, 0, AT], 8),
            ("fd_fdstat_get", &[f, AT], 24),
            ("fd_filestat_get", &[f, AT], 64),
            ("fd_prestat_get", &[3, AT], 8),
            ("fd_prestat_dir_name", &[3, AT, 1], 1),
            ("fd_pread", &[f, iov, 1, 0, AT], 4),
            ("fd_pwrite", &[f, iov, 1, 0, AT], 4),
            ("fd_read", &[f, iov, 1, AT], 4),
            ("fd_write", &[f, iov, 1, AT], 4),
            ("fd_readdir", &[3, AT, 100, 0, n], 100),
            ("fd_readdir", &[3, n, 24, 0, AT], 4),
            ("fd_seek", &[f, 0, 0, AT], 8),
            ("fd_tell", &[f, AT], 8),
            ("path_filestat_get", &[3, 1, path, path_len, AT], 64),
            ("path_open", &[3, 1, path, path_len, 0, RIGHT_READ, 0, 0, AT], 4),
            ("path_readlink", &[3, link, link_len, AT, 20, n], 20),
            ("path_readlink", &[3, link, link_len, n, 20, AT], 4),
            // The subscription is stored there: a time that has passed.
            ("poll_oneoff", &[AT, n, 1, clock], 48),
            ("poll_oneoff", &[clock, AT, 1, n], 32),
            ("poll_oneoff", &[clock, n, 1, AT], 4),
            ("random_get", &[AT, 16], 16),
        ];
        for (name, args, size) in cases {
            let mut call = |at: u64| {
                g.memory()[end as usize - 128..].fill(0);
                g.memory()[clock as usize..][..48].fill(0);
                let args: Vec<u64> = args.iter().map(|&arg| if arg == AT { at } else { arg }).collect();
                g.call(name, &args)
            };
            let codes = [end - size - 1, end - size, end - size + 1, end, u64::from(u32::MAX)].map(&mut call);
            assert_eq!(codes, [OK, OK, FAULT, FAULT, FAULT], "{name} {args:?}");
        }
        for (at, code) in [(end - 4, OK), (end - 3, FAULT)] {
            let iov = g.iov(at, 4);
            for (name, args) in [
                ("fd_pread", &[f, iov, 1, 0, n][..]),
                ("fd_pwrite", &[f, iov, 1, 0, n]),
                ("fd_read", &[f, iov, 1, n]),
                ("fd_write", &[f, iov, 1, n]),
            ] {
                assert_eq!(g.call(name, args), code, "{name}");
            }
        }
    });
}

#[test]
fn folders() {
    each(|g, folder| {
        assert_eq!(g.on("path_create_directory", &[3], "d"), OK);
        assert_eq!(g.on("path_create_directory", &[3], "d"), EXIST);
        assert_eq!(g.on("path_create_directory", &[3], "no/d"), NOENT);
        for i in 0..40 {
            fs::write(folder.join(format!("d/file-{i:02}")), "").unwrap();
        }
        fs::create_dir(folder.join("d/sub")).unwrap();
        std::os::unix::fs::symlink("sub", folder.join("d/link")).unwrap();
        let fd = u64::from(g.open("d", DIRECTORY, FOLDER_RIGHTS).unwrap());
        assert_eq!(g.open("d/file-00", DIRECTORY, FOLDER_RIGHTS), Err(NOTDIR));
        assert_eq!(g.open("d", DIRECTORY | CREAT, FOLDER_RIGHTS), Err(INVAL));
        // Without the flag for folders.
        let plain = g.open("d", 0, RIGHT_READ).unwrap();
        let stat = g.room(24);
        assert_eq!(g.call("fd_fdstat_get", &[plain.into(), stat]), OK);
        assert_eq!(g.get(stat, 1), [3]);
        assert_eq!(g.read(plain, 1), Err(ISDIR));
        assert_eq!(g.write(plain, b"x"), Err(BADF));
        // In pieces of all sizes, continued by cookies.
        for size in [24, 31, 64, 100, 4000] {
            let (mut cookie, mut names) = (0, Vec::new());
            loop {
                let (buffer, used) = (g.room(size), g.room(4));
                assert_eq!(g.call("fd_readdir", &[fd, buffer, size.into(), cookie, used]), OK);
                let used = g.u32(used) as usize;
                assert!(used <= size as usize);
                let bytes = g.get(buffer, used);
                let (mut at, before) = (0, cookie);
                while at + 24 <= used {
                    let len = u32::from_le_bytes(bytes[at + 16..at + 20].try_into().unwrap()) as usize;
                    if at + 24 + len > used {
                        break;
                    }
                    cookie = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
                    names.push((String::from_utf8(bytes[at + 24..at + 24 + len].to_vec()).unwrap(), bytes[at + 20]));
                    at += 24 + len;
                }
                // A full buffer means that there is more; a buffer without a whole entry is too small.
                if used < size as usize || cookie == before {
                    break;
                }
            }
            if size < 32 {
                continue;
            }
            names.sort();
            assert_eq!(names.len(), 44, "{size}: {names:?}");
            assert_eq!(names[0], (".".into(), 3));
            assert_eq!(names[1], ("..".into(), 3));
            assert_eq!((names[2].clone(), names[42].clone()), (("file-00".into(), 4), ("link".into(), 7)));
            assert_eq!(names[43], ("sub".into(), 3));
        }
        assert_eq!(g.call("fd_readdir", &[plain.into(), 0, 0, 0, 0]), NOTCAPABLE);
        assert_eq!(g.on("path_remove_directory", &[3], "d"), NOTEMPTY);
        assert_eq!(g.on("path_remove_directory", &[3], "d/file-00"), NOTDIR);
        assert_eq!(g.on("path_unlink_file", &[3], "d/sub"), ISDIR);
        assert_eq!(g.on("path_remove_directory", &[3], "d/sub"), OK);
        assert_eq!(g.on("path_unlink_file", &[3], "d/link"), OK);
        assert_eq!(g.on("path_unlink_file", &[3], "d/link"), NOENT);
        assert_eq!((g.call("fd_sync", &[fd]), g.call("fd_datasync", &[fd])), (OK, OK));
    });
}

#[test]
fn names() {
    each(|g, folder| {
        fs::write(folder.join("a"), "a").unwrap();
        assert_eq!(g.between("path_rename", "a", "b"), OK);
        assert_eq!(g.between("path_rename", "a", "b"), NOENT);
        assert_eq!(g.between("path_link", "b", "c"), OK);
        assert_eq!(g.between("path_link", "b", "c"), EXIST);
        assert_eq!(fs::read(folder.join("c")).unwrap(), b"a");
        assert_eq!(g.stat(1, "c").unwrap()[24], 2, "two names");
        assert_eq!(g.symlink("c", "l"), OK);
        assert_eq!(g.symlink("c", "l"), EXIST);
        let ([at, len], buffer, used) = (g.path("l"), g.room(64), g.room(4));
        assert_eq!(g.call("path_readlink", &[3, at, len, buffer, 64, used]), OK);
        assert_eq!((g.u32(used), g.get(buffer, 1)), (1, b"c".to_vec()));
        g.symlink("long-target", "m");
        let [at, len] = g.path("m");
        assert_eq!(g.call("path_readlink", &[3, at, len, buffer, 4, used]), OK);
        assert_eq!((g.u32(used), g.get(buffer, 5)), (4, b"long\0".to_vec()));
        // The whole buffer has to be in memory, however short the text is.
        assert_eq!(g.call("path_readlink", &[3, at, len, (4 << 16) - 32, 64, used]), FAULT);
        assert_eq!(g.call("path_readlink", &[3, at, len, (4 << 16) - 32, 32, used]), OK);
        let [at, len] = g.path("c");
        assert_eq!(g.call("path_readlink", &[3, at, len, buffer, 4, used]), INVAL, "no link");
        // With the link followed or not.
        assert_eq!((g.stat(0, "l").unwrap()[16], g.stat(1, "l").unwrap()[16]), (7, 4));
        let [old, new] = [g.path("l"), g.path("hard")];
        assert_eq!(g.call("path_link", &[3, 1, old[0], old[1], 3, new[0], new[1]]), INVAL);
        assert_eq!(g.call("path_link", &[3, 0, old[0], old[1], 3, new[0], new[1]]), OK);
        assert_eq!(g.stat(0, "hard").unwrap()[16], 7, "a link to the link itself");
    });
}

#[test]
fn what_is_known_of_files() {
    each(|g, folder| {
        fs::write(folder.join("f"), "12345").unwrap();
        let fd = u64::from(g.open("f", 0, ALL_RIGHTS).unwrap());
        let of = |g: &mut Guest| {
            let out = g.room(64);
            assert_eq!(g.call("fd_filestat_get", &[fd, out]), OK);
            (g.get(out + 16, 1)[0], g.u64(out + 24), g.u64(out + 32), g.u64(out + 40), g.u64(out + 48), g.u64(out + 8))
        };
        let (kind, links, size, _, modified, ino) = of(g);
        let metadata = fs::metadata(folder.join("f")).unwrap();
        use std::os::unix::fs::MetadataExt;
        assert_eq!((kind, links, size, ino), (4, 1, 5, metadata.ino()));
        assert_eq!(modified, metadata.mtime() as u64 * 1_000_000_000 + metadata.mtime_nsec() as u64);
        assert_eq!(g.stat(1, "f").unwrap()[32..40], 5u64.to_le_bytes());
        // Times: set, set to now, or unchanged.
        assert_eq!(g.call("fd_filestat_set_times", &[fd, 1_000_000_007, 5_000_000_000, 5]), OK);
        let (.., accessed, modified, _) = of(g);
        assert_eq!((accessed, modified), (1_000_000_007, 5_000_000_000));
        let [at, len] = g.path("f");
        assert_eq!(g.call("path_filestat_set_times", &[3, 1, at, len, 9_000_000_000, 0, 1]), OK);
        let (.., accessed, modified, _) = of(g);
        assert_eq!((accessed, modified), (9_000_000_000, 5_000_000_000));
        assert_eq!(g.call("fd_filestat_set_times", &[fd, 0, 0, 8]), OK);
        assert!(of(g).4 > 1_000_000_000_000_000_000);
        for flags in [3, 12, 16] {
            assert_eq!(g.call("fd_filestat_set_times", &[fd, 0, 0, flags]), INVAL);
            assert_eq!(g.call("path_filestat_set_times", &[3, 1, at, len, 0, 0, flags]), INVAL);
        }
        // The times of the link itself.
        std::os::unix::fs::symlink("f", folder.join("l")).unwrap();
        let [at, len] = g.path("l");
        assert_eq!(g.call("path_filestat_set_times", &[3, 0, at, len, 0, 3_000_000_000, 4]), OK);
        assert_eq!(g.stat(0, "l").unwrap()[48..56], 3_000_000_000u64.to_le_bytes());
        assert_ne!(g.stat(1, "l").unwrap()[48..56], 3_000_000_000u64.to_le_bytes());
        // The times of the folder itself.
        assert_eq!(g.call("fd_filestat_set_times", &[3, 0, 7_000_000_000, 4]), OK);
        let out = g.room(64);
        assert_eq!(g.call("fd_filestat_get", &[3, out]), OK);
        assert_eq!((g.get(out + 16, 1)[0], g.u64(out + 48)), (3, 7_000_000_000));
        // The name of the folder.
        assert_eq!(g.call("fd_prestat_get", &[3, out]), OK);
        assert_eq!(g.get(out, 8), [0, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(g.call("fd_prestat_dir_name", &[3, out, 1]), OK);
        assert_eq!(g.get(out, 1), b"/");
        assert_eq!(g.call("fd_prestat_dir_name", &[3, out, 0]), NAMETOOLONG);
        for fd in [0, fd, 77] {
            assert_eq!(g.call("fd_prestat_get", &[fd, out]), BADF);
            assert_eq!(g.call("fd_prestat_dir_name", &[fd, out, 9]), BADF);
        }
    });
}

#[test]
fn standard_streams() {
    for config in tiers() {
        let (out, err) = (Capture::default(), Capture::new(10));
        let mut ctx = WasiCtxBuilder::new();
        ctx.stdin(Input::Bytes(b"hello world".to_vec()));
        ctx.stdout(Output::Capture(out.clone())).stderr(Output::Capture(err.clone()));
        let mut g = Guest::new(&config, ctx);
        assert_eq!(g.read(0, 5).unwrap(), b"hello");
        assert_eq!(g.read(0, 50).unwrap(), b" world");
        assert_eq!(g.read(0, 50).unwrap(), b"");
        assert_eq!((g.write(1, b"abc"), g.write(1, b""), g.write(2, b"0123456789")), (Ok(3), Ok(0), Ok(10)));
        assert_eq!((out.take(), out.take()), (b"abc".to_vec(), Vec::new()));
        assert_eq!(g.write(2, b"x"), Err(NOSPC), "the collected output is limited");
        assert_eq!(err.take(), b"0123456789");
        assert_eq!((g.write(0, b"x"), g.read(1, 1)), (Err(NOTCAPABLE), Err(NOTCAPABLE)));
        let at = g.room(64);
        assert_eq!(g.call("fd_seek", &[1, 0, 0, at]), SPIPE);
        assert_eq!(g.call("fd_tell", &[0, at]), SPIPE);
        assert_eq!(g.call("fd_filestat_get", &[1, at]), OK);
        assert_eq!(g.call("fd_filestat_set_size", &[1, 0]), INVAL);
        // No folder is preopened.
        assert_eq!(g.call("fd_prestat_get", &[3, at]), BADF);
    }
}

/// Consecutive buffers are consecutive in the file, wherever they are in memory.
#[test]
fn several_buffers_follow_each_other() {
    each(|g, folder| {
        let fd = g.open("f", CREAT, ALL_RIGHTS).unwrap().into();
        let (at, n) = (g.put(b"0123456789"), g.room(4));
        let parts = g.iovs(&[(at + 7, 3), (at, 0), (at + 3, 4), (at, 3)]);
        assert_eq!(g.call("fd_pwrite", &[fd, parts, 4, 2, n]), OK);
        assert_eq!((g.u32(n), fs::read(folder.join("f")).unwrap()), (10, b"\0\x007893456012".to_vec()));
        let room = g.room(16);
        let parts = g.iovs(&[(room + 8, 4), (room, 0), (room, 3), (room + 4, 2)]);
        assert_eq!(g.call("fd_pread", &[fd, parts, 4, 3, n]), OK);
        assert_eq!((g.u32(n), g.get(room, 16)), (9, b"560\x0012\0\08934\0\0\0\0".to_vec()));
        assert_eq!(g.call("fd_read", &[fd, parts, 4, n]), OK);
        assert_eq!((g.u32(n), g.get(room, 12)), (9, b"934\x0056\0\0\0\x0078".to_vec()));
        assert_eq!(g.call("fd_write", &[fd, parts, 4, n]), OK);
        assert_eq!((g.u32(n), fs::read(folder.join("f")).unwrap()), (9, b"\0\x007893456\0\x007893456".to_vec()));
    });
}

/// Large requests are split into pieces, each in its place.
#[test]
fn large_requests_are_done_in_full() {
    const LEN: u64 = 5 << 20 | 7;
    for config in tiers() {
        let folder = tempfile::tempdir().unwrap();
        let mut ctx = WasiCtxBuilder::new();
        ctx.dir(folder.path(), "/").unwrap().stdout(Output::Discard);
        let mut g = Guest::with_memory(&config, ctx, 200);
        let at = 1 << 20;
        assert_eq!(g.call("random_get", &[at, LEN]), OK);
        let made = g.get(at, LEN as usize);
        for part in made.chunks(1 << 18).chain([&made[made.len() - 7..]]) {
            assert!(part.iter().any(|b| *b != 0));
        }
        let mut parts: Vec<&[u8]> = made.chunks_exact(1 << 18).collect();
        parts.sort_unstable();
        assert!(parts.windows(2).all(|two| two[0] != two[1]), "no part is another one again");
        assert_eq!(g.get(at + LEN, 64), [0; 64]);
        let fd = g.open("f", CREAT, ALL_RIGHTS).unwrap().into();
        let (iov, n) = (g.iov(at, LEN), g.room(4));
        for (name, place) in [("fd_write", None), ("fd_pwrite", Some(3))] {
            let args = [&[fd, iov, 1][..], place.as_slice(), &[n]].concat();
            assert_eq!(g.call(name, &args), OK);
            assert_eq!(u64::from(g.u32(n)), LEN);
            let written = fs::read(folder.path().join("f")).unwrap();
            assert!(written[place.unwrap_or(0) as usize..] == made, "{name}");
        }
        let back = at + LEN;
        let iov = g.iov(back, LEN);
        assert_eq!(g.call("fd_seek", &[fd, 3, 0, n]), OK);
        for (name, place) in [("fd_read", None), ("fd_pread", Some(3))] {
            g.memory()[back as usize..][..LEN as usize].fill(0);
            let args = [&[fd, iov, 1][..], place.as_slice(), &[n]].concat();
            assert_eq!(g.call(name, &args), OK);
            assert_eq!(u64::from(g.u32(n)), LEN);
            assert!(g.get(back, LEN as usize) == made, "{name}");
        }
    }
}

/// Lengths are unsigned.
#[test]
fn lengths_have_32_bits() {
    for config in tiers() {
        let mut ctx = WasiCtxBuilder::new();
        ctx.stdout(Output::Discard);
        let mut g = Guest::with_memory(&config, ctx, 0xa000);
        let (iovs, n) = (g.iovs(&[(1 << 20, 0x9000_0000), (5, 16)]), g.room(4));
        // All of it counts as written, repeatedly.
        for _ in 0..3 {
            assert_eq!(g.call("fd_write", &[1, iovs, 2, n]), OK);
            assert_eq!(g.u32(n), 0x9000_0010);
        }
    }
}

/// A path has at most 4096 bytes, including the terminating NUL.
#[test]
fn paths_are_as_long_as_on_the_host() {
    each(|g, folder| {
        let prefix = "./".repeat(2045);
        for name in ["file", "file5", "file56"] {
            fs::write(folder.join(name), "").unwrap();
        }
        assert!(g.open(&format!("{prefix}file"), 0, RIGHT_READ).is_ok());
        assert!(g.open(&format!("{prefix}file5"), 0, RIGHT_READ).is_ok());
        assert_eq!(g.open(&format!("{prefix}file56"), 0, RIGHT_READ), Err(NAMETOOLONG));
        assert_eq!(g.symlink(&format!("{prefix}file56"), "link"), NAMETOOLONG);
    });
}

/// A program can only use the first 4 GiB of a larger memory: sums of addresses do not wrap.
#[test]
fn addresses_have_32_bits() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") i64 0x10100)
        (func (export "random") (param i32 i32) (result i32) (call $random (local.get 0) (local.get 1)))
        (func (export "write") (param i32 i32) (result i32)
          (i32.store (i64.const 8) (local.get 0)) (i32.store (i64.const 12) (local.get 1))
          (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16))))"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.wat");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    for (export, at, len, answer) in [
        ("random", "0xfffff000", "0x1000", OK),
        ("random", "0xfffff000", "0x1001", FAULT),
        ("random", "0xffff0000", "0x200000", FAULT),
        ("write", "0xfffff000", "0x1000", OK),
        ("write", "0xfff00000", "0x200000", FAULT),
    ] {
        let args = ["run", path, "--invoke", export, "--arg", at, "--arg", len];
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_wasmoon")).args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let said = said.trim_start_matches('\0');
        assert_eq!(said.trim(), answer.to_string(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Times before 1970 on the host are reported as 1970.
#[test]
fn times_begin_in_1970() {
    each(|g, folder| {
        let file = fs::File::create(folder.join("f")).unwrap();
        for (seconds, seen) in [(-315_619_200_i64, 0), (-1, 0), (0, 0), (1, 1_000_000_000)] {
            let (epoch, distance) = (std::time::SystemTime::UNIX_EPOCH, Duration::from_secs(seconds.unsigned_abs()));
            file.set_modified(if seconds < 0 { epoch - distance } else { epoch + distance }).unwrap();
            let stat = g.stat(0, "f").unwrap();
            assert_eq!(u64::from_le_bytes(stat[48..56].try_into().unwrap()), seen, "{seconds}");
        }
        // Fractions of a second before 1970, too.
        for distance in [1, 999_999_999, 1_500_000_000].map(Duration::from_nanos) {
            file.set_modified(std::time::SystemTime::UNIX_EPOCH - distance).unwrap();
            let stat = g.stat(0, "f").unwrap();
            assert_eq!(u64::from_le_bytes(stat[48..56].try_into().unwrap()), 0, "{distance:?}");
        }
    });
}

/// The total length of buffers is capped at 32 bits, since the result could not express more bytes.
#[test]
fn buffers_have_32_bits_together() {
    for config in tiers() {
        let mut ctx = WasiCtxBuilder::new();
        ctx.stdout(Output::Discard);
        let mut g = Guest::with_memory(&config, ctx, 0xa000);
        let half = (1 << 20, 0x8000_0000);
        for (buffers, written) in [
            (vec![half, (5, 16)], 0x8000_0010),
            (vec![half, (5, 0x7fff_ffff), (9, 0)], 0xffff_ffff),
            (vec![half, half], 0xffff_ffff),
            (vec![half, half, (5, 16)], 0xffff_ffff),
        ] {
            let (iovs, n) = (g.iovs(&buffers), g.room(4));
            assert_eq!(g.call("fd_write", &[1, iovs, buffers.len() as u64, n]), OK);
            assert_eq!(g.u32(n), written, "{buffers:x?}");
        }
    }
}

#[test]
fn folders_and_streams_are_no_files() {
    each(|g, _| {
        let (at, n) = (g.room(64), g.room(8));
        let iov = g.iov(at, 4);
        // The errors for the folder and for a stream.
        for (name, rest, codes) in [
            ("fd_pread", &[iov, 1, 0, n][..], [ISDIR, SPIPE]),
            ("fd_pwrite", &[iov, 1, 0, n], [BADF, SPIPE]),
            ("fd_seek", &[0, 0, n], [BADF, SPIPE]),
            ("fd_tell", &[n], [BADF, SPIPE]),
            ("fd_advise", &[0, 0, 0], [BADF, INVAL]),
            ("fd_allocate", &[0, 8], [BADF, INVAL]),
            ("fd_filestat_set_size", &[0], [BADF, INVAL]),
        ] {
            for (fd, code) in [3, 1].into_iter().zip(codes) {
                assert_eq!(g.call(name, &[&[fd][..], rest].concat()), code, "{name} {fd}");
            }
        }
    });
}

/// Streams cannot be set to append, since their position may be shared. Other flags that are set are reported.
#[test]
fn streams_are_not_set_to_append() {
    each(|g, _| {
        let stat = g.room(24);
        let cases = [(1, 1, NOTSUP, 0), (1, 5, NOTSUP, 0), (1, 4, OK, 4), (1, 0, OK, 0), (0, 4, OK, 4)];
        for (fd, flags, code, told) in cases {
            assert_eq!(g.call("fd_fdstat_set_flags", &[fd, flags]), code, "{fd} {flags}");
            assert_eq!(g.call("fd_fdstat_get", &[fd, stat]), OK);
            assert_eq!(g.get(stat + 2, 2), [told, 0], "{fd} {flags}");
        }
    });
}

/// Each of the two paths is relative to its own folder.
#[test]
fn files_go_from_one_folder_to_another() {
    each(|g, folder| {
        for name in ["a", "b"] {
            fs::create_dir(folder.join(name)).unwrap();
        }
        fs::write(folder.join("a/old"), "text").unwrap();
        let [a, b] = ["a", "b"].map(|name| u64::from(g.open(name, DIRECTORY, FOLDER_RIGHTS).unwrap()));
        let ([old, old_len], [new, new_len]) = (g.path("old"), g.path("new"));
        let there = || ["a/old", "a/new", "b/old", "b/new"].map(|path| folder.join(path).exists());
        assert_eq!(g.call("path_link", &[a, 0, old, old_len, b, new, new_len]), OK);
        assert_eq!(there(), [true, false, false, true]);
        assert_eq!(g.call("path_rename", &[b, new, new_len, a, new, new_len]), OK);
        assert_eq!(there(), [true, true, false, false]);
        assert_eq!(g.call("path_rename", &[a, old, old_len, b, old, old_len]), OK);
        assert_eq!(there(), [false, true, true, false]);
    });
}

/// All metadata of a file, by descriptor or by path.
#[test]
fn files_are_described_as_on_the_host() {
    use std::os::unix::fs::MetadataExt;
    each(|g, folder| {
        fs::write(folder.join("f"), "12345").unwrap();
        let f = u64::from(g.open("f", 0, ALL_RIGHTS).unwrap());
        assert_eq!(g.call("fd_filestat_set_times", &[f, 1_000_000_007, 5_000_000_009, 5]), OK);
        let stat = g.room(64);
        assert_eq!(g.call("fd_filestat_get", &[f, stat]), OK);
        let host = fs::metadata(folder.join("f")).unwrap();
        let changed = host.ctime() as u64 * 1_000_000_000 + host.ctime_nsec() as u64;
        // The third word is the file type: a regular file.
        let words = [host.dev(), host.ino(), 4, 1, 5, 1_000_000_007, 5_000_000_009, changed];
        let expected: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        assert_eq!(g.get(stat, 64), expected);
        assert_eq!(g.stat(1, "f").unwrap(), expected);
    });
}

/// Each time is kept, set, or set to now, independently of the other.
#[test]
fn each_time_of_a_file_is_changed_by_itself() {
    const SECOND: u64 = 1_000_000_000;
    each(|g, folder| {
        fs::write(folder.join("f"), "").unwrap();
        let f = u64::from(g.open("f", 0, ALL_RIGHTS).unwrap());
        let ([at, len], stat) = (g.path("f"), g.room(64));
        let ways: [(&str, Vec<u64>); 3] = [
            ("fd_filestat_set_times", vec![f]),
            ("path_filestat_set_times", vec![ROOT.into(), 0, at, len]),
            ("path_filestat_set_times", vec![ROOT.into(), 1, at, len]),
        ];
        for (name, place) in &ways {
            for flags in 0..16 {
                assert_eq!(g.call("fd_filestat_set_times", &[f, SECOND, 2 * SECOND, 5]), OK);
                let code = g.call(name, &[&place[..], &[3 * SECOND, 4 * SECOND, flags]].concat());
                assert_eq!(g.call("fd_filestat_get", &[f, stat]), OK);
                let seen = [g.u64(stat + 40), g.u64(stat + 48)].map(|time| time / SECOND);
                // In seconds; 0 stands for now.
                let seen = seen.map(|seconds| if seconds > 1_000_000 { 0 } else { seconds });
                let expected = |bits: u64, kept: u64, set: u64| match bits & 3 {
                    0 => Some(kept),
                    1 => Some(set),
                    2 => Some(0),
                    _ => None,
                };
                let expected = match (expected(flags, 1, 3), expected(flags >> 2, 2, 4)) {
                    (Some(accessed), Some(modified)) => (OK, [accessed, modified]),
                    _ => (INVAL, [1, 2]),
                };
                assert_eq!((code, seen), expected, "{name} {place:?} {flags}");
            }
        }
    });
}

/// Types of files are reported; the interface has no number for a pipe.
#[test]
fn kinds_of_files_are_told() {
    each(|g, folder| {
        fs::write(folder.join("file"), "").unwrap();
        fs::create_dir(folder.join("folder")).unwrap();
        std::os::unix::fs::symlink("file", folder.join("link")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap();
        assert!(made.success());
        for (name, kind) in [("file", 4), ("folder", 3), ("link", 7), ("socket", 6), ("pipe", 0)] {
            assert_eq!(g.stat(0, name).unwrap()[16], kind, "{name}");
        }
    });
    for config in tiers() {
        let mut g = Guest::in_folder(&config, std::path::Path::new("/dev"));
        assert_eq!(g.stat(0, "null").unwrap()[16], 2);
    }
}

/// The parent folder has the inode number of the folder itself, since the program must not learn it.
#[test]
fn entries_have_the_numbers_of_their_files() {
    use std::os::unix::fs::MetadataExt;
    each(|g, folder| {
        fs::write(folder.join("file"), "").unwrap();
        let (buffer, used) = (g.room(256), g.room(4));
        assert_eq!(g.call("fd_readdir", &[ROOT.into(), buffer, 256, 0, used]), OK);
        // Three entries, followed by the names ".", ".." and "file".
        assert_eq!(g.u32(used), 3 * 24 + 1 + 2 + 4);
        let numbers = [8, 24 + 1 + 8, 2 * 24 + 3 + 8].map(|at| g.u64(buffer + at));
        let [own, file] = [folder.to_path_buf(), folder.join("file")].map(|path| fs::metadata(path).unwrap().ino());
        assert_eq!(numbers, [own, own, file]);
    });
}

/// A NUL would end the string early.
#[test]
fn arguments_and_variables_have_no_nul() {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let made = |make: &dyn Fn(&mut WasiCtxBuilder)| {
        catch_unwind(AssertUnwindSafe(|| make(&mut WasiCtxBuilder::new()))).is_ok()
    };
    for (text, fine) in [(&b"ab"[..], true), (b"", true), (b"a\0b", false), (b"\0", false), (b"ab\0", false)] {
        let seen = [
            made(&|ctx| {
                ctx.arg(text);
            }),
            made(&|ctx| {
                ctx.env(text, b"value");
            }),
            made(&|ctx| {
                ctx.env(b"name", text);
            }),
        ];
        assert_eq!(seen, [fine; 3], "{}", text.escape_ascii());
    }
}
