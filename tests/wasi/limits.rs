//! Limits on what a program may take from the host besides memory.

use super::guest::*;
use std::path::Path;
use wasmoon::engine::Config;
use wasmoon::runtime::store::Abort;
use wasmoon::runtime::trap::TrapCode;
use wasmoon::wasi::{Capture, Output, WasiCtxBuilder, WasiLimits};

const MFILE: u32 = 33;
const NOMEM: u32 = 48;
const READDIR: u64 = 1 << 14;

fn limited(config: &Config, folder: &Path, limits: WasiLimits) -> Guest {
    let mut ctx = WasiCtxBuilder::new();
    ctx.dir(folder, "/").expect("a folder").limits(limits);
    Guest::new(config, ctx)
}

#[test]
fn descriptors() {
    for config in tiers() {
        let folder = tempfile::tempdir().unwrap();
        let mut g = limited(&config, folder.path(), WasiLimits { descriptors: 6, ..WasiLimits::default() });
        // Three streams and the folder are open.
        let [a, b] = ["a", "b"].map(|name| g.open(name, CREAT, RIGHT_WRITE).unwrap());
        assert_eq!(g.open("c", CREAT, RIGHT_WRITE), Err(MFILE));
        assert_eq!(g.call("fd_close", &[a.into()]), OK);
        assert_eq!((g.open("a", 0, RIGHT_WRITE), b), (Ok(4), 5));
        // The lowest free number is used first.
        for fd in [5, 4] {
            assert_eq!(g.call("fd_close", &[fd]), OK);
        }
        assert_eq!([(); 2].map(|()| g.open("a", 0, RIGHT_WRITE)), [Ok(4), Ok(5)]);
        assert!(!folder.path().join("c").exists(), "nothing is made that cannot be opened");
    }
}

/// The descriptors that a program is given count towards the limit, and exist even if they exceed it.
#[test]
fn descriptors_that_are_given() {
    for config in tiers() {
        let folder = tempfile::tempdir().unwrap();
        for (descriptors, opened) in [(0, Err(MFILE)), (4, Err(MFILE)), (5, Ok(4))] {
            let mut g = limited(&config, folder.path(), WasiLimits { descriptors, ..WasiLimits::default() });
            assert_eq!((g.write(1, b"x"), g.write(2, b"x")), (Ok(1), Ok(1)));
            assert_eq!(g.open("f", CREAT, RIGHT_WRITE), opened, "{descriptors}");
        }
    }
}

/// The entries that one call lists, starting at a cookie.
fn listed(g: &mut Guest, fd: u32, cookie: u64) -> Result<Vec<String>, u32> {
    let (buffer, used) = (g.room(2000), g.room(4));
    match g.call("fd_readdir", &[fd.into(), buffer, 2000, cookie, used]) {
        OK => {}
        code => return Err(code),
    }
    let used = g.u32(used) as usize;
    let bytes = g.get(buffer, used);
    let (mut names, mut at) = (Vec::new(), 0);
    while at + 24 <= used {
        let len = u32::from_le_bytes(bytes[at + 16..at + 20].try_into().unwrap()) as usize;
        names.push(String::from_utf8(bytes[at + 24..(at + 24 + len).min(used)].to_vec()).unwrap());
        at += 24 + len;
    }
    Ok(names)
}

#[test]
fn listings() {
    for config in tiers() {
        let folder = tempfile::tempdir().unwrap();
        for (name, files) in [("a", 20), ("b", 20), ("many", 100)] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            for i in 0..files {
                std::fs::write(folder.path().join(name).join(format!("{i:040}")), "").unwrap();
            }
        }
        let mut g = limited(&config, folder.path(), WasiLimits { listing_bytes: 3000, ..WasiLimits::default() });
        let [a, b, many] = ["a", "b", "many"].map(|name| g.open(name, DIRECTORY, READDIR).unwrap());
        assert_eq!(listed(&mut g, many, 0), Err(NOMEM));
        // Each one fits alone, but not both together: a dropped listing is read again.
        assert_eq!(listed(&mut g, a, 0).unwrap().len(), 22);
        assert_eq!(listed(&mut g, b, 0).unwrap().len(), 22);
        assert_eq!(listed(&mut g, a, 12).unwrap().len(), 10);
        std::fs::remove_file(folder.path().join("b").join(format!("{:040}", 0))).unwrap();
        assert_eq!(listed(&mut g, b, 2).unwrap().len(), 19, "the listing of b was kept");
        assert_eq!(listed(&mut g, many, 0), Err(NOMEM));
    }
}

/// A folder is listed as it was until it is read from its start again.
#[test]
fn a_folder_is_read_anew_from_its_start() {
    for config in tiers() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        std::fs::write(&a, "").unwrap();
        let mut g = Guest::in_folder(&config, folder.path());
        assert_eq!(listed(&mut g, ROOT, 0).unwrap(), [".", "..", "a"]);
        std::fs::rename(a, b).unwrap();
        assert_eq!(listed(&mut g, ROOT, 1).unwrap(), ["..", "a"]);
        assert_eq!(listed(&mut g, ROOT, 3).unwrap(), [""; 0]);
        assert_eq!(listed(&mut g, ROOT, 0).unwrap(), [".", "..", "b"]);
        assert_eq!(listed(&mut g, ROOT, 2).unwrap(), ["b"]);
    }
}

/// The listings of two folders are kept if they exactly fit together.
#[test]
fn listings_that_fit_exactly_are_kept() {
    for config in tiers() {
        let folder = tempfile::tempdir().unwrap();
        for (name, files) in [("a", 3), ("b", 5)] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            for i in 0..files {
                std::fs::write(folder.path().join(name).join(format!("{i:040}")), "").unwrap();
            }
        }
        let with =
            |bytes| limited(&config, folder.path(), WasiLimits { listing_bytes: bytes, ..WasiLimits::default() });
        let needed = ["a", "b"].map(|name| {
            let fits = |bytes: &usize| {
                let mut g = with(*bytes);
                let fd = g.open(name, DIRECTORY, READDIR).unwrap();
                listed(&mut g, fd, 0).is_ok()
            };
            (0..2000).find(fits).expect("it is short")
        });
        assert!(needed[0] > 100 && needed[1] > needed[0], "{needed:?}");
        // An empty folder has two entries, too.
        std::fs::create_dir(folder.path().join("empty")).unwrap();
        for (bytes, expected) in [(0, Err(NOMEM)), (1, Err(NOMEM)), (2000, Ok(2))] {
            let mut g = with(bytes);
            let fd = g.open("empty", DIRECTORY, READDIR).unwrap();
            assert_eq!(listed(&mut g, fd, 0).map(|names| names.len()), expected, "{bytes} bytes");
        }
        for less in [0, 1] {
            let mut g = with(needed[0] + needed[1] - less);
            let [a, b] = ["a", "b"].map(|name| g.open(name, DIRECTORY, READDIR).unwrap());
            assert_eq!(listed(&mut g, a, 0).unwrap().len(), 5);
            assert_eq!(listed(&mut g, b, 0).unwrap().len(), 7);
            // A removed file is still in a listing that was kept.
            let gone = folder.path().join("a").join(format!("{:040}", less));
            std::fs::remove_file(&gone).unwrap();
            assert_eq!(listed(&mut g, a, 1).unwrap().len(), 4 - less, "{less} less");
            std::fs::write(&gone, "").unwrap();
        }
    }
}

#[test]
fn written_bytes() {
    for config in tiers() {
        let folder = tempfile::tempdir().unwrap();
        let out = Capture::default();
        let mut ctx = WasiCtxBuilder::new();
        ctx.dir(folder.path(), "/").unwrap().stdout(Output::Capture(out.clone()));
        ctx.limits(WasiLimits { written_bytes: 100, ..WasiLimits::default() });
        let mut g = Guest::new(&config, ctx);
        let f = g.open("f", CREAT, ALL_RIGHTS).unwrap();
        assert_eq!(g.write(f, &[1; 60]), Ok(60));
        assert_eq!(g.call("fd_allocate", &[f.into(), 0, 41]), NOSPC);
        assert_eq!(g.write(1, &[2; 10]), Ok(10));
        assert_eq!(g.call("fd_allocate", &[f.into(), 60, 10]), OK);
        assert_eq!(g.write(f, &[3; 30]), Ok(20), "as much as may be written");
        assert_eq!(g.write(f, &[3; 1]), Err(NOSPC));
        assert_eq!(g.write(1, &[3; 1]), Err(NOSPC));
        assert_eq!(g.write(f, &[]), Ok(0));
        let (iov, n) = (g.iov(0, 1), g.room(4));
        assert_eq!(g.call("fd_pwrite", &[f.into(), iov, 1, 0, n]), NOSPC);
        assert_eq!(std::fs::metadata(folder.path().join("f")).unwrap().len(), 80);
        assert_eq!(out.take(), [2; 10]);
        // Whether the output is captured makes no difference.
        let mut ctx = WasiCtxBuilder::new();
        ctx.stdout(Output::Discard).limits(WasiLimits { written_bytes: 100, ..WasiLimits::default() });
        let mut g = Guest::new(&config, ctx);
        assert_eq!((g.write(1, &[0; 101]), g.write(1, b"x"), g.write(1, b"")), (Ok(100), Err(NOSPC), Ok(0)));
    }
}

/// Functions that do much at once pay for it, and the program runs out of fuel soon after.
#[test]
fn fuel() {
    for config in tiers() {
        let config = Config { fuel: true, ..config };
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("f"), vec![7; 200_000]).unwrap();
        for i in 0..50 {
            std::fs::write(folder.path().join(format!("{i}")), "").unwrap();
        }
        let spent = |name: &str, args: &dyn Fn(&mut Guest) -> Vec<u64>| {
            let mut g = Guest::in_folder(&config, folder.path());
            let fd = g.open("f", 0, ALL_RIGHTS).unwrap();
            assert_eq!(fd, 4);
            let args = args(&mut g);
            g.store.set_fuel(1_000_000);
            assert_eq!(g.call(name, &args), OK, "{name}");
            let spent = 1_000_000 - g.store.fuel();
            let position = g.room(8);
            assert_eq!(g.call("fd_seek", &[4, 0, 0, position]), OK);
            // With less fuel it is cut short, and nothing runs after it.
            g.store.set_fuel(spent - 1);
            let _ = g.try_call(name, &args);
            match g.try_call(name, &args) {
                Err(Abort::Trap(trap)) => assert_eq!(trap.code, TrapCode::OutOfFuel, "{name}"),
                other => panic!("{name}: {other:?}"),
            }
            spent
        };
        let whole = |g: &mut Guest| {
            let (iov, n) = (g.iov(16_384, 200_000), 262_000);
            vec![4, iov, 1, n]
        };
        let call = spent("sched_yield", &|_| Vec::new());
        assert_eq!(spent("random_get", &|_| vec![0, 200_000]), call + 48);
        assert_eq!(spent("fd_read", &whole), call + 48);
        assert_eq!(spent("fd_write", &whole), call + 48);
        assert_eq!(spent("fd_pread", &|g| [&whole(g)[..3], &[0, 262_000]].concat()), call + 48);
        assert_eq!(spent("fd_pwrite", &|g| [&whole(g)[..3], &[0, 262_000]].concat()), call + 48);
        // Each buffer is smaller than what a unit pays for.
        let parts = |g: &mut Guest| {
            let list: Vec<u8> = [16_384u32, 4095].iter().flat_map(|n| n.to_le_bytes()).collect();
            vec![4, g.put(&list.repeat(64)), 64, 0, 262_000]
        };
        assert_eq!(spent("fd_pwrite", &parts), call + 63);
        assert_eq!(spent("fd_pread", &parts), call + 63);
        // Each buffer is what a unit pays for, or several units.
        for (len, count) in [(4096u32, 48u32), (12_288, 16), (1024, 192), (4097, 47), (196_608, 1)] {
            let units = u64::from(len * count / 4096);
            let exact = |g: &mut Guest| {
                let list: Vec<u8> = [16_384, len].iter().flat_map(|n| n.to_le_bytes()).collect();
                vec![4, g.put(&list.repeat(count as usize)), count.into(), 0, 262_000]
            };
            assert_eq!(spent("fd_pwrite", &exact), call + units, "{count} times {len}");
            assert_eq!(spent("fd_pread", &exact), call + units, "{count} times {len}");
        }
        // Fifty files and `f`.
        assert_eq!(spent("fd_readdir", &|_| vec![3, 0, 8192, 0, 262_000]), call + 51 + 2);
        assert_eq!(spent("fd_allocate", &|_| vec![4, 0, 200_000]), call + 48);
        // More than one piece.
        assert_eq!(spent("fd_allocate", &|_| vec![4, 100, 20_000_000]), call + 4882);
    }
}
