//! What `poll_oneoff` waits for, and what it reports.

use super::guest::*;
use std::fs;
use std::time::{Duration, Instant};
use wasmoon::runtime::store::Abort;
use wasmoon::runtime::trap::TrapCode;
use wasmoon::wasi::{Input, WasiCtxBuilder};

/// A subscription to a descriptor, with its number as userdata.
fn to_descriptor(kind: u8, fd: u32) -> [u8; 48] {
    let mut subscription = [0; 48];
    (subscription[0], subscription[8]) = (fd as u8, kind);
    subscription[16..20].copy_from_slice(&fd.to_le_bytes());
    subscription
}

/// The userdata, error, kind, bytes and flags of each event of a poll.
fn polled(g: &mut Guest, subscriptions: &[[u8; 48]]) -> Vec<(u8, u16, u8, u64, u16)> {
    let count = subscriptions.len() as u32;
    let (list, events, n) = (g.put(&subscriptions.concat()), g.room(32 * count), g.room(4));
    assert_eq!(g.call("poll_oneoff", &[list, events, count.into(), n]), OK);
    let n = g.u32(n) as usize;
    let events = g.get(events, 32 * n);
    let half = |e: &[u8], at: usize| u16::from_le_bytes([e[at], e[at + 1]]);
    let seen = events.chunks(32).map(|e| {
        let bytes = u64::from_le_bytes(e[16..24].try_into().unwrap());
        (e[0], half(e, 8), e[10], bytes, half(e, 24))
    });
    seen.collect()
}

#[test]
fn waiting() {
    each(|g, folder| {
        fs::write(folder.join("f"), "12345").unwrap();
        let file = g.open("f", 0, RIGHT_READ | 1 << 27).unwrap();
        let clock = |id: u8, ns: u64, absolute: bool| {
            let mut s = [0u8; 48];
            (s[0], s[16], s[40]) = (id + 1, id, u8::from(absolute));
            s[24..32].copy_from_slice(&ns.to_le_bytes());
            s
        };
        let fd = |kind: u8, fd: u32| {
            let mut s = [0u8; 48];
            (s[0], s[8]) = (0xf0 | kind, kind);
            s[16..20].copy_from_slice(&fd.to_le_bytes());
            s
        };
        let poll = |g: &mut Guest, subscriptions: &[[u8; 48]]| {
            let count = subscriptions.len() as u32;
            let (list, events, n) = (g.put(&subscriptions.concat()), g.room(count * 32), g.room(4));
            let start = Instant::now();
            assert_eq!(g.call("poll_oneoff", &[list, events, count.into(), n]), OK);
            let n = g.u32(n) as usize;
            let events = g.get(events, n * 32);
            let seen = events.chunks(32).map(|e| {
                (
                    e[0],
                    u16::from_le_bytes([e[8], e[9]]) as u32,
                    e[10],
                    u64::from_le_bytes(e[16..24].try_into().unwrap()),
                )
            });
            (seen.collect::<Vec<_>>(), start.elapsed())
        };
        let (events, time) = poll(g, &[clock(1, 30_000_000, false), clock(0, 3_600_000_000_000, false)]);
        assert_eq!(events, [(2, OK, 0, 0)]);
        assert!(time >= Duration::from_millis(30) && time < Duration::from_secs(60), "{time:?}");
        // A time in the past; and a file, which is always ready.
        assert_eq!(poll(g, &[clock(0, 1, true)]).0, [(1, OK, 0, 0)]);
        assert_eq!(poll(g, &[clock(1, u64::MAX, false), fd(1, file)]).0, [(0xf1, OK, 1, 5)]);
        // A file can always be written; how many bytes is unknown.
        let written = g.open("written", CREAT, ALL_RIGHTS).unwrap();
        g.write(written, b"seven").unwrap();
        let position = g.room(8);
        assert_eq!(g.call("fd_seek", &[written.into(), 0, 0, position]), OK);
        assert_eq!(poll(g, &[fd(2, written)]).0, [(0xf2, OK, 2, 0)]);
        assert_eq!(poll(g, &[fd(1, written)]).0, [(0xf1, OK, 1, 5)]);
        // A subscription that cannot be waited for is reported by its event.
        let all = [fd(1, 99), fd(2, file), clock(2, 5, false), clock(9, 5, false), fd(1, 3)];
        let events = poll(g, &all).0;
        let codes: Vec<(u8, u32)> = events.iter().map(|e| (e.0, e.1)).collect();
        assert_eq!(codes, [(0xf1, BADF), (0xf2, NOTCAPABLE), (3, NOTSUP), (10, INVAL), (0xf1, NOTCAPABLE)]);
        assert_eq!(g.call("poll_oneoff", &[0, 0, 0, 8]), INVAL, "nothing to wait for");
        let odd = g.put(&fd(3, file));
        assert_eq!(g.call("poll_oneoff", &[odd, 0, 1, 8]), INVAL);
    });
}

/// An absolute time is not relative to now.
#[test]
fn an_absolute_time_is_waited_for() {
    each(|g, _| {
        for id in [0, 1] {
            let at = g.room(8);
            assert_eq!(g.call("clock_time_get", &[id, 1, at]), OK);
            let now = g.u64(at);
            let (mut soon, mut late) = ([0; 48], [0; 48]);
            (soon[0], soon[16], soon[40]) = (1, id as u8, 1);
            soon[24..32].copy_from_slice(&(now + 30_000_000).to_le_bytes());
            (late[0], late[16]) = (2, 1);
            late[24..32].copy_from_slice(&20_000_000_000u64.to_le_bytes());
            let (list, events, n) = (g.put(&[soon, late].concat()), g.room(64), g.room(4));
            assert_eq!(g.call("poll_oneoff", &[list, events, 2, n]), OK);
            assert_eq!((g.u32(n), g.get(events, 1)), (1, vec![1]), "clock {id}");
            assert_eq!(g.call("clock_time_get", &[id, 1, at]), OK);
            assert!(g.u64(at) >= now + 30_000_000, "clock {id}");
        }
    });
}

/// Waiting for a pipe may take time, but it can be interrupted.
#[test]
fn pipes_in_a_folder_can_be_waited_for_and_interrupted() {
    let made = |path: &std::path::Path| {
        std::process::Command::new("mkfifo").arg(path).status().is_ok_and(|status| status.success())
    };
    each(|g, folder| {
        assert!(made(&folder.join("pipe")), "mkfifo");
        let path = folder.join("pipe");
        // Opening a pipe does not wait for a writer.
        let alone = g.open("pipe", 0, RIGHT_READ).unwrap();
        assert_eq!(g.call("fd_close", &[alone.into()]), OK);
        // Nor does setting its times.
        let [at, len] = g.path("pipe");
        assert_eq!(g.call("path_filestat_set_times", &[3, 1, at, len, 0, 5_000_000_000, 4]), OK);
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        assert_eq!(modified.duration_since(std::time::UNIX_EPOCH).unwrap(), Duration::from_secs(5));
        let reader = g.open("pipe", 0, RIGHT_READ | RIGHT_WRITE | 1 << 3 | 1 << 4).unwrap();
        assert_eq!(g.call("fd_fdstat_set_flags", &[reader.into(), 4]), OK);
        assert_eq!(g.read(reader, 5), Err(AGAIN));
        assert_eq!(g.call("fd_fdstat_set_flags", &[reader.into(), 0]), OK);
        let writer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            fs::write(path, "late").unwrap();
        });
        assert_eq!(g.read(reader, 100).unwrap(), b"late");
        writer.join().unwrap();
        let handle = g.store.interrupt_handle();
        let interrupter = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(30));
            handle.interrupt();
        });
        // The program is ended while it waits, which consumes the interrupt.
        let (iov, n) = (g.iov(0, 5), g.room(4));
        let end = g.try_call("fd_read", &[reader.into(), iov, 1, n]);
        interrupter.join().unwrap();
        assert!(matches!(&end, Err(Abort::Trap(trap)) if trap.code == TrapCode::Interrupt), "{end:?}");
        assert_eq!(g.call("sched_yield", &[]), OK);
        // A pipe has nothing to flush.
        for flags in [2, 8, 16] {
            assert_eq!(g.call("fd_fdstat_set_flags", &[reader.into(), flags]), OK);
            assert_eq!((g.write(reader, b"through"), g.read(reader, 9)), (Ok(7), Ok(b"through".to_vec())), "{flags}");
        }
        // Writing nothing to a full pipe neither waits nor fails.
        assert_eq!(g.call("fd_fdstat_set_flags", &[reader.into(), 4]), OK);
        while g.write(reader, &[0; 4096]).is_ok() {}
        assert_eq!((g.write(reader, b"x"), g.write(reader, b"")), (Err(AGAIN), Ok(0)));
    });
}

/// As many subscriptions as a process may have descriptors, all of them due.
#[test]
fn a_poll_has_at_most_4096_subscriptions() {
    const LIST: u64 = 65_536;
    const EVENTS: u64 = 270_336;
    const N: u64 = 8;
    for config in tiers() {
        let mut g = Guest::with_memory(&config, WasiCtxBuilder::new(), 8);
        let mut clock = [0u8; 48];
        clock[16] = 1;
        g.memory()[LIST as usize..][..4097 * 48].copy_from_slice(&clock.repeat(4097));
        assert_eq!(g.call("poll_oneoff", &[LIST, EVENTS, 4096, N]), OK);
        assert_eq!(g.u32(N), 4096);
        assert_eq!(g.call("poll_oneoff", &[LIST, EVENTS, 4097, N]), INVAL);
    }
}

/// For a file, the bytes after the position; for given input, the bytes not yet read.
#[test]
fn a_poll_tells_how_much_can_be_read() {
    for config in tiers() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("f"), "0123456789").unwrap();
        let mut ctx = WasiCtxBuilder::new();
        ctx.dir(folder.path(), "/").unwrap().stdin(Input::Bytes(b"hello world".to_vec()));
        let mut g = Guest::new(&config, ctx);
        let file = g.open("f", 0, ALL_RIGHTS).unwrap();
        for (len, left) in [(0, [11, 10]), (3, [8, 7]), (7, [1, 0]), (9, [0, 0])] {
            for fd in [0, file] {
                g.read(fd, len).unwrap();
            }
            let events = polled(&mut g, &[to_descriptor(1, 0), to_descriptor(1, file)]);
            assert_eq!(events, [(0, 0, 1, left[0], 0), (file as u8, 0, 1, left[1], 0)], "after {len} more");
        }
    }
}

/// Readable pipes are reported, with the number of bytes, and whether there is no writer left.
#[test]
fn a_poll_tells_what_is_in_pipes_and_where_they_end() {
    use std::io::Write;
    each(|g, folder| {
        let paths = ["a", "b"].map(|name| folder.join(name));
        assert!(std::process::Command::new("mkfifo").args(&paths).status().unwrap().success());
        let fds = ["a", "b"].map(|name| g.open(name, 0, RIGHT_READ | 1 << 27).unwrap());
        let [a, mut b] = paths.map(|path| fs::File::options().write(true).open(path).unwrap());
        let both = fds.map(|fd| to_descriptor(1, fd));
        let [first, second] = fds.map(|fd| fd as u8);
        b.write_all(b"text").unwrap();
        assert_eq!(polled(g, &both), [(second, 0, 1, 4, 0)]);
        // Each subscription has an event, even if two have the same descriptor.
        assert_eq!(polled(g, &[both[1], both[0], both[1]]), [(second, 0, 1, 4, 0); 2]);
        drop(b);
        assert_eq!(polled(g, &both), [(second, 0, 1, 4, 1)]);
        assert_eq!(g.read(fds[1], 9).unwrap(), b"text");
        assert_eq!(polled(g, &both), [(second, 0, 1, 0, 1)]);
        drop(a);
        assert_eq!(polled(g, &both), [(first, 0, 1, 0, 1), (second, 0, 1, 0, 1)]);
    });
}
