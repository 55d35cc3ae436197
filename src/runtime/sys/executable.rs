//! Which program this is: the build ID that the linker gives each of its outputs, and their files.

use std::ffi::{OsStr, c_int, c_void};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::{fs, io};

/// `NT_GNU_BUILD_ID` of the ELF notes, and the owner's name.
const BUILD_ID: (u32, &[u8]) = (3, b"GNU\0");

/// The build ID of the executable or shared library that this function is in: a hash of everything that was linked.
/// `None` if the linker gave it none.
pub fn build_id() -> Option<Vec<u8>> {
    let mut search = Search { address: build_id as *const () as u64, found: None };
    // SAFETY: `visit` has the type that is asked for, and gets this structure, which nothing else uses meanwhile.
    unsafe { libc::dl_iterate_phdr(Some(visit), (&raw mut search).cast()) };
    search.found
}

struct Search {
    /// An address in the object that is looked for.
    address: u64,
    found: Option<Vec<u8>>,
}

/// Looks at one loaded object; not 0 if it is the one that is looked for.
unsafe extern "C" fn visit(info: *mut libc::dl_phdr_info, _size: usize, search: *mut c_void) -> c_int {
    // SAFETY: the loader passes a valid description, whose array of headers has this length; `build_id` passes `search`.
    let (info, search) = unsafe { (&*info, &mut *search.cast::<Search>()) };
    if info.dlpi_phdr.is_null() {
        return 0;
    }
    // SAFETY: as above.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)) };
    let range = |h: &libc::Elf64_Phdr| {
        let start = info.dlpi_addr.wrapping_add(h.p_vaddr);
        start..start.saturating_add(h.p_memsz)
    };
    let of_kind = |kind| headers.iter().filter(move |h| h.p_type == kind);
    if !of_kind(libc::PT_LOAD).any(|h| range(h).contains(&search.address)) {
        return 0;
    }
    for header in of_kind(libc::PT_NOTE) {
        // SAFETY: a segment of notes is loaded and readable as long as its object, which contains this function.
        let notes =
            unsafe { std::slice::from_raw_parts(range(header).start as usize as *const u8, header.p_memsz as usize) };
        search.found = search.found.take().or_else(|| find_note(notes));
    }
    1
}

/// The contents of the file of the executable or shared library that this function is in.
///
/// # Errors
/// If it cannot be read, as is the case for a library that was replaced since it was loaded.
pub fn file() -> io::Result<Vec<u8>> {
    file_at(file as *const () as u64)
}

/// The contents of the file that is mapped at an address.
fn file_at(address: u64) -> io::Result<Vec<u8>> {
    const PROGRAM: &str = "/proc/self/exe";
    let maps = fs::read("/proc/self/maps")?;
    // The name of a deleted file ends with words that say so, and names nothing.
    let path = mapped_at(&maps, address).ok_or(io::ErrorKind::NotFound)?;
    // The program's own file can be read even then.
    let is_program = fs::read_link(PROGRAM).is_ok_and(|program| program == path);
    fs::read(if is_program { Path::new(PROGRAM) } else { path })
}

/// The name of the file that is mapped at an address, according to the lines of `/proc/self/maps`.
fn mapped_at(maps: &[u8], address: u64) -> Option<&Path> {
    let mut lines = maps.split(|&byte| byte == b'\n');
    let line = lines.find(|line| addresses(line).is_some_and(|addresses| addresses.contains(&address)))?;
    // Addresses, rights, offset, device and inode come first, each followed by a space.
    let name = line.splitn(6, |&byte| byte == b' ').nth(5)?.trim_ascii_start();
    (!name.is_empty()).then(|| Path::new(OsStr::from_bytes(name)))
}

/// The addresses at the beginning of a line of `/proc/self/maps`.
fn addresses(line: &[u8]) -> Option<Range<u64>> {
    let text = std::str::from_utf8(line.split(|&byte| byte == b' ').next()?).ok()?;
    let (start, end) = text.split_once('-')?;
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    Some(number(start)?..number(end)?)
}

/// The contents of the note that is a build ID. A note has three numbers (length of the owner's name, length of the
/// contents, kind), the name and the contents, both padded to words.
fn find_note(mut notes: &[u8]) -> Option<Vec<u8>> {
    loop {
        let (numbers, rest) = notes.split_at_checked(12)?;
        let number = |i: usize| u32::from_ne_bytes(numbers[4 * i..][..4].try_into().expect("four bytes"));
        let padded = |len: u32| (len as usize).next_multiple_of(4);
        let (name, rest) = rest.split_at_checked(padded(number(0)))?;
        let (contents, rest) = rest.split_at_checked(padded(number(1)))?;
        if (number(2), name) == BUILD_ID {
            return Some(contents[..number(1) as usize].to_vec());
        }
        notes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(name: &[u8], kind: u32, contents: &[u8]) -> Vec<u8> {
        let mut note = Vec::new();
        for number in [name.len() as u32, contents.len() as u32, kind] {
            note.extend(number.to_ne_bytes());
        }
        for part in [name, contents] {
            note.extend(part);
            note.resize(note.len().next_multiple_of(4), 0);
        }
        note
    }

    #[test]
    fn the_note_is_found_among_others() {
        let wanted = note(b"GNU\0", 3, &[1, 2, 3, 4, 5]);
        let others = [note(b"GNU\0", 1, &[0; 16]), note(b"stapsdt\0", 3, &[9; 7])].concat();
        assert_eq!(find_note(&[&others[..], &wanted[..]].concat()), Some(vec![1, 2, 3, 4, 5]));
        assert_eq!(find_note(&others), None);
        for len in 0..wanted.len() {
            assert_eq!(find_note(&wanted[..len]), None, "cut to {len} bytes");
        }
        assert_eq!(find_note(&[0xff; 64]), None, "lengths beyond the end");
    }

    /// An object has the addresses from the first of its segments to the last, and none beyond.
    #[test]
    fn an_object_is_known_by_each_of_its_addresses() {
        const BASE: u64 = 0x1000;
        let notes = note(b"GNU\0", 3, &[7; 8]);
        // SAFETY: a header of numbers, for which zeros are valid.
        let mut headers = [unsafe { std::mem::zeroed::<libc::Elf64_Phdr>() }; 3];
        for (header, (kind, start, len)) in headers.iter_mut().zip([
            (libc::PT_LOAD, 0x400, 0x20),
            (libc::PT_NOTE, (notes.as_ptr() as u64).wrapping_sub(BASE), notes.len() as u64),
            (libc::PT_LOAD, 0x500, 1),
        ]) {
            (header.p_type, header.p_vaddr, header.p_memsz) = (kind, start, len);
        }
        for (address, inside) in [
            (BASE + 0x3ff, false),
            (BASE + 0x400, true),
            (BASE + 0x41f, true),
            (BASE + 0x420, false),
            (BASE + 0x4ff, false),
            (BASE + 0x500, true),
            (BASE + 0x501, false),
            // Notes are searched, but contain no code.
            (notes.as_ptr() as u64, false),
        ] {
            // SAFETY: numbers and pointers, for which zeros are valid.
            let mut info = unsafe { std::mem::zeroed::<libc::dl_phdr_info>() };
            (info.dlpi_addr, info.dlpi_phdr, info.dlpi_phnum) = (BASE, headers.as_ptr(), headers.len() as u16);
            let mut search = Search { address, found: None };
            // SAFETY: the headers and the notes live, and this is the structure that `visit` expects.
            let stopped = unsafe { visit(&raw mut info, size_of_val(&info), (&raw mut search).cast()) };
            assert_eq!((stopped != 0, search.found), (inside, inside.then(|| vec![7; 8])), "{address:#x}");
        }
    }

    /// The executable of this test has one, by the compilers' defaults, and its file contains it.
    #[test]
    fn this_program_has_a_number() {
        let id = build_id().expect("a build ID");
        assert!(id.len() >= 8, "{id:?}");
        let file = file().expect("readable");
        assert!(file.windows(id.len()).any(|bytes| bytes == id));
    }

    /// Code of a library is in the library's file, and not in the program's. Memory of no file has none.
    #[test]
    fn code_is_in_the_file_of_its_object() {
        let program = fs::read("/proc/self/exe").expect("readable");
        assert!(file().expect("readable") == program);
        // SAFETY: the name ends with a zero.
        let library = unsafe { libc::dlsym(libc::RTLD_DEFAULT, c"getpid".as_ptr()) };
        if !cfg!(target_feature = "crt-static") {
            let library = file_at(library as u64).expect("readable");
            assert!(library.starts_with(b"\x7fELF") && library != program);
        }
        let place = 0u8;
        assert!(file_at(&raw const place as u64).is_err());
    }

    #[test]
    fn names_are_those_of_the_lines_that_have_the_address() {
        const MAPS: &[u8] = b"\
            1000-3000 r--p 00000000 fd:01 17                         /lib/first.so\n\
            3000-4000 r-xp 00002000 fd:01 17                         /lib/first.so\n\
            5000-6000 rw-p 00000000 00:00 0 \n\
            6000-7000 r-xp 00000000 fd:01 18                         /a name/with \xff  spaces.so\n\
            7000-8000 r-xp 00000000 fd:01 19                         /lib/old.so (deleted)\n\
            7ffff7fc1000-7ffff7fc3000 r-xp 00000000 00:00 0                  [vdso]\n";
        for (address, name) in [
            (0xfff, None),
            (0x1000, Some("/lib/first.so")),
            (0x3fff, Some("/lib/first.so")),
            (0x4000, None),
            (0x5000, None),
            (0x6000, Some("/a name/with \u{fffd}  spaces.so")),
            (0x7fff, Some("/lib/old.so (deleted)")),
            (0x8000, None),
            (0x7fff_f7fc_2fff, Some("[vdso]")),
        ] {
            let found = mapped_at(MAPS, address).map(|name| name.to_string_lossy().into_owned());
            assert_eq!(found.as_deref(), name, "{address:#x}");
        }
        for line in ["", "1000", "1000-x r--p 0 0 0 /a", "1000-2000", "1000-2000 r--p 0 0 0"] {
            assert_eq!(mapped_at(line.as_bytes(), 0x1000), None, "{line}");
        }
    }
}
