//! A symbol file for GDB: an ELF file with a symbol for each function, `.eh_frame`, with which GDB unwinds frames of
//! JIT code, and lines of a listing if there is one.
//!
//! Every function maintains the chain of frame pointers, so a few rules describe each: before, in and after its
//! prologue, which the [target](crate::target::UnwindFacts) knows. The one or two instructions of an epilogue after the
//! frame is left are not described.

use super::dwarf::dwarf;
use super::listing::Lines;
use super::{FrameRules, Symbol};
use crate::runtime::code::CodeObject;
use crate::target::{CfiRule, Target};
use object::Endianness;
use object::elf;
use object::write::elf::{FileHeader, SectionHeader, Sym, Writer};

/// Creates the file.
///
/// # Errors
/// The writer's error: there are too many strings.
pub(super) fn file(
    target: &Target,
    object: &CodeObject,
    symbols: &[Symbol],
    lines: Option<&Lines<'_>>,
) -> Result<Box<[u8]>, object::write::Error> {
    let base = object.base() as u64;
    let mut contents = vec![(&b".eh_frame"[..], elf::SHF_ALLOC, eh_frame(target, base, symbols))];
    if let Some(lines) = lines {
        let made = dwarf(base, object.len() as u64, symbols, lines);
        contents.push((b".debug_abbrev", Default::default(), made.abbrev));
        contents.push((b".debug_info", Default::default(), made.info));
        contents.push((b".debug_line", Default::default(), made.line));
    }
    let mut bytes = Vec::new();
    let mut w = Writer::new(Endianness::Little, true, &mut bytes);
    w.reserve_file_header();
    w.reserve_null_section_index();
    let text_name = w.add_section_name(b".text");
    let text = w.reserve_section_index();
    let mut placed = Vec::with_capacity(contents.len());
    for (name, flags, content) in &contents {
        let name = w.add_section_name(name);
        w.reserve_section_index();
        placed.push((name, *flags, w.reserve(content.len() as u64, 8), content));
    }
    w.reserve_symtab_section_index();
    w.reserve_strtab_section_index();
    w.reserve_shstrtab_section_index();
    w.reserve_null_symbol_index();
    let mut names = Vec::with_capacity(symbols.len());
    for s in symbols {
        names.push(w.add_string(s.name.as_bytes()));
        w.reserve_symbol_index(Some(text));
    }
    w.reserve_symtab();
    w.reserve_strtab()?;
    w.reserve_shstrtab()?;
    w.reserve_section_headers();

    let header = FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_EXEC,
        e_machine: elf::Machine(target.elf_machine),
        e_entry: 0,
        e_flags: Default::default(),
    };
    w.write_file_header(&header)?;
    for (_, _, _, content) in &placed {
        w.write_align(8);
        w.write(content);
    }
    w.write_null_symbol();
    for (s, name) in symbols.iter().zip(names) {
        w.write_symbol(&Sym {
            st_name: w.string_offset(Some(name)),
            section: Some(text.0),
            st_info: elf::SymbolInfo::new(elf::STB_GLOBAL, elf::STT_FUNC),
            st_other: Default::default(),
            st_shndx: Default::default(),
            st_value: base + u64::from(s.start),
            st_size: u64::from(s.end - s.start),
        });
    }
    w.write_strtab();
    w.write_shstrtab();
    w.write_null_section_header();
    w.write_section_header(&SectionHeader {
        sh_name: w.section_name_offset(Some(text_name)),
        sh_type: elf::SHT_NOBITS,
        sh_flags: elf::SHF_ALLOC | elf::SHF_EXECINSTR,
        sh_addr: base,
        sh_offset: 0,
        sh_size: object.len() as u64,
        sh_link: 0,
        sh_info: 0,
        sh_addralign: 16,
        sh_entsize: 0,
    });
    for (name, flags, at, content) in placed {
        w.write_section_header(&SectionHeader {
            sh_name: w.section_name_offset(Some(name)),
            sh_type: elf::SHT_PROGBITS,
            sh_flags: flags,
            sh_addr: 0,
            sh_offset: at,
            sh_size: content.len() as u64,
            sh_link: 0,
            sh_info: 0,
            sh_addralign: 8,
            sh_entsize: 0,
        });
    }
    w.write_symtab_section_header(1);
    w.write_strtab_section_header();
    w.write_shstrtab_section_header();
    Ok(bytes.into())
}

// DWARF's instructions.
const DEF_CFA: u8 = 0x0c;
const DEF_CFA_OFFSET: u8 = 0x0e;
const DEF_CFA_REGISTER: u8 = 0x0d;
const OFFSET_EXTENDED: u8 = 0x05;
const UNDEFINED: u8 = 0x07;
const ADVANCE: u8 = 0x40;
const OFFSET: u8 = 0x80;

fn rules(out: &mut Vec<u8>, rules: &[CfiRule]) {
    for &rule in rules {
        match rule {
            CfiRule::CfaOffset(bytes) => out.extend([DEF_CFA_OFFSET, bytes]),
            CfiRule::CfaRegister(register) => out.extend([DEF_CFA_REGISTER, register]),
            // The short form has six bits for the register.
            CfiRule::Saved { register, words } if register < ADVANCE => out.extend([OFFSET | register, words]),
            CfiRule::Saved { register, words } => out.extend([OFFSET_EXTENDED, register, words]),
            CfiRule::Undefined(register) => out.extend([UNDEFINED, register]),
        }
    }
}

/// Returns a common entry for each kind of frame, followed by an entry for each function. Addresses are absolute.
pub(super) fn eh_frame(target: &Target, base: u64, symbols: &[Symbol]) -> Vec<u8> {
    let facts = &target.unwind;
    let mut out = Vec::new();
    for frame in [FrameRules::Compiled, FrameRules::Entry] {
        let common = out.len();
        entry(&mut out, |out, _| {
            out.extend(0u32.to_le_bytes());
            // Version 1; the following data consists of a size and the encoding of addresses (absolute).
            out.extend([1, b'z', b'R', 0]);
            // Code is counted in bytes, offsets in words downwards.
            out.extend([1, 0x78, facts.return_address, 1, 0]);
            out.extend([DEF_CFA, facts.sp, facts.cfa_at_entry]);
            rules(out, facts.at_entry);
            if frame == FrameRules::Compiled {
                rules(out, facts.overwritten);
            }
        });
        for s in symbols.iter().filter(|s| s.frame == frame) {
            entry(&mut out, |out, at| {
                out.extend(((at - common) as u32).to_le_bytes());
                out.extend((base + u64::from(s.start)).to_le_bytes());
                out.extend(u64::from(s.end - s.start).to_le_bytes());
                out.push(0);
                let saves = if frame == FrameRules::Entry { facts.saves } else { &[] };
                for (bytes, made) in facts.prologue.iter().chain(saves) {
                    out.push(ADVANCE | bytes);
                    rules(out, made);
                }
            });
        }
    }
    out.extend(0u32.to_le_bytes());
    out
}

/// Writes a padded entry, preceded by its length; `body` gets the position of the entry's second word.
fn entry(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>, usize)) {
    let start = out.len();
    out.extend(0u32.to_le_bytes());
    let at = out.len();
    body(out, at);
    // The padding is `DW_CFA_nop`, which is 0.
    out.resize(out.len().next_multiple_of(8), 0);
    let length = (out.len() - at) as u32;
    out[start..at].copy_from_slice(&length.to_le_bytes());
}
