//! What is written for GDB, read back by independent readers of ELF and DWARF.

use super::dwarf::{Dwarf, dwarf};
use super::listing::{Lines, Listing};
use super::{FrameRules, Symbol, symbols};
use crate::runtime::code::CodeObject;
use crate::target::{self, CfiRule, Target, UnwindFacts};
use gimli::{
    AttributeValue, BaseAddresses, CfaRule, CieOrFde, DebugAbbrev, DebugInfo, DebugLine, DebugLineOffset,
    DebuggingInformationEntry, EhFrame, EndianSlice, Format, LittleEndian, Register, RegisterRule, UnwindContext,
    UnwindSection,
};
use object::read::elf::{ElfFile64, FileHeader, SectionHeader, Sym};
use object::{
    Architecture, Endianness, Object, ObjectKind, ObjectSection, ObjectSymbol, SymbolKind, SymbolSection, elf,
};
use std::collections::BTreeMap;

/// An address whose halves are both nonzero and contain no sign.
const BASE: u64 = 0x7f12_3456_7000;
const PATH: &str = "/folder/jit-1-0.wat";

/// A row of the line table: address, line, whether the sequence ends before the address.
type Row = (u64, u32, bool);

/// Code as it is passed to the writers, and the rows that a reader must find.
struct Given {
    symbols: Vec<Symbol>,
    sources: Vec<(u32, u32)>,
    listing: Listing,
    rows: Vec<Row>,
}

impl Given {
    fn new(path: &str) -> Given {
        let listing = Listing { path: path.into(), lines: BTreeMap::new() };
        Given { symbols: Vec::new(), sources: Vec::new(), listing, rows: Vec::new() }
    }

    /// Returns the next offset in the binary, which has this line of the listing.
    fn operator(&mut self, line: u32) -> u32 {
        let operator = self.listing.lines.len() as u32 + 1;
        self.listing.lines.insert(operator, line);
        operator
    }

    /// Appends a function of `len` bytes after the last one, with the line of its heading, and the offsets in it where
    /// other lines begin.
    fn function(&mut self, name: &str, len: u32, heading: u32, lines: &[(u32, u32)]) {
        let start = self.symbols.last().map_or(0, |s| s.end);
        let wasm = Some(self.operator(heading));
        let symbol = Symbol { start, end: start + len, name: name.into(), frame: FrameRules::Compiled, wasm };
        self.symbols.push(symbol);
        let at = |offset: u32| BASE + u64::from(start) + u64::from(offset);
        self.rows.push((at(0), heading, false));
        for &(offset, line) in lines {
            let operator = self.operator(line);
            self.sources.push((start + offset, operator));
            self.rows.push((at(offset), line, false));
        }
        let last = lines.last().map_or(heading, |l| l.1);
        self.rows.push((at(len), last, true));
    }

    fn lines(&self) -> Lines<'_> {
        Lines { listing: &self.listing, sources: &self.sources }
    }

    fn len(&self) -> u64 {
        self.symbols.last().map_or(0, |s| s.end.into())
    }

    fn dwarf(&self) -> Dwarf {
        dwarf(BASE, self.len(), &self.symbols, &self.lines())
    }

    /// Returns the name, address and length of each function.
    fn functions(&self, base: u64) -> Vec<(String, u64, u64)> {
        let function = |s: &Symbol| (s.name.clone(), base + u64::from(s.start), u64::from(s.end - s.start));
        self.symbols.iter().map(function).collect()
    }
}

/// What a reader finds in the sections.
#[derive(Debug, PartialEq)]
struct Found {
    path: String,
    start: u64,
    len: u64,
    functions: Vec<(String, u64, u64)>,
    rows: Vec<Row>,
}

type Bytes<'a> = EndianSlice<'a, LittleEndian>;

fn text(value: Option<AttributeValue<Bytes<'_>>>) -> String {
    let Some(AttributeValue::String(text)) = value else { panic!("{value:?}") };
    text.to_string().unwrap().into()
}

/// Returns the name, address and length of an entry.
fn extent(entry: &DebuggingInformationEntry<Bytes<'_>>) -> (String, u64, u64) {
    let Some(AttributeValue::Addr(start)) = entry.attr_value(gimli::DW_AT_low_pc) else { panic!("{entry:?}") };
    let len = entry.attr(gimli::DW_AT_high_pc).and_then(|a| a.udata_value()).expect("a number: the length");
    (text(entry.attr_value(gimli::DW_AT_name)), start, len)
}

/// Reads the three sections: everything in them, and nothing beyond.
fn read(made: &Dwarf) -> Found {
    let info = DebugInfo::new(&made.info, LittleEndian);
    let mut units = info.units();
    let unit = units.next().unwrap().expect("a unit");
    assert!(units.next().unwrap().is_none(), "one unit");
    assert_eq!((unit.version(), unit.address_size(), unit.format()), (4, 8, Format::Dwarf32));
    // The list of entry kinds has its own end: these belong to another unit, and would be kinds that already exist.
    let more = [&made.abbrev[..], &made.abbrev[..]].concat();
    let kinds = unit.abbreviations(&DebugAbbrev::new(&more, LittleEndian)).unwrap();

    let mut entries = unit.entries_raw(&kinds, None).unwrap();
    let mut entry = DebuggingInformationEntry::null();
    assert!(entries.read_entry(&mut entry).unwrap());
    assert_eq!((entry.tag(), entry.depth()), (gimli::DW_TAG_compile_unit, 0));
    let language = entry.attr_value(gimli::DW_AT_language);
    assert_eq!(language, Some(AttributeValue::Language(gimli::DW_LANG_C99)));
    let at = entry.attr_value(gimli::DW_AT_stmt_list);
    assert_eq!(at, Some(AttributeValue::DebugLineRef(DebugLineOffset(0))));
    let (path, start, len) = extent(&entry);
    let mut functions = Vec::new();
    while entries.read_entry(&mut entry).unwrap() {
        assert_eq!((entry.tag(), entry.depth()), (gimli::DW_TAG_subprogram, 1));
        functions.push(extent(&entry));
    }
    assert!(entries.is_empty() && entries.next_depth() == 0, "the entry of the unit is closed");
    let rows = rows(&made.line, &path);
    Found { path, start, len, functions, rows }
}

/// Reads the line section.
fn rows(section: &[u8], path: &str) -> Vec<Row> {
    let program = DebugLine::new(section, LittleEndian).program(DebugLineOffset(0), 8, None, None).unwrap();
    let header = program.header();
    assert_eq!((header.version(), header.format()), (4, Format::Dwarf32));
    assert_eq!(header.unit_length() + 4, section.len());
    assert_eq!((header.minimum_instruction_length(), header.maximum_operations_per_instruction()), (1, 1));
    // With these numbers, a reader skips what it does not know.
    let operands = [
        (gimli::DW_LNS_copy, 0),
        (gimli::DW_LNS_advance_pc, 1),
        (gimli::DW_LNS_advance_line, 1),
        (gimli::DW_LNS_set_file, 1),
        (gimli::DW_LNS_set_column, 1),
        (gimli::DW_LNS_negate_stmt, 0),
        (gimli::DW_LNS_set_basic_block, 0),
        (gimli::DW_LNS_const_add_pc, 0),
        (gimli::DW_LNS_fixed_advance_pc, 1),
        (gimli::DW_LNS_set_prologue_end, 0),
        (gimli::DW_LNS_set_epilogue_begin, 0),
        (gimli::DW_LNS_set_isa, 1),
    ];
    assert_eq!(usize::from(header.opcode_base()), operands.len() + 1);
    let given = (1..).zip(header.standard_opcode_lengths().slice()).map(|(opcode, &n)| (gimli::DwLns(opcode), n));
    assert_eq!(given.collect::<Vec<_>>(), operands);
    assert!(header.include_directories().is_empty());
    let [file] = header.file_names() else { panic!("{:?}", header.file_names()) };
    assert_eq!(text(Some(file.path_name())), path);
    assert_eq!((file.directory_index(), file.timestamp(), file.length()), (0, 0, 0));

    let (mut rows, mut found) = (program.rows(), Vec::new());
    while let Some((_, row)) = rows.next_row().unwrap() {
        assert!(row.is_stmt() && row.file_index() == 1, "{row:?}");
        let line = row.line().map_or(0, |line| line.get());
        found.push((row.address(), u32::try_from(line).unwrap(), row.end_sequence()));
    }
    found
}

/// Checks that a reader finds what was given.
fn check(given: &Given) {
    let (path, rows) = (given.listing.path.clone(), given.rows.clone());
    let expected = Found { path, start: BASE, len: given.len(), functions: given.functions(BASE), rows };
    assert_eq!(read(&given.dwarf()), expected);
}

#[test]
fn headings_are_read_at_their_lines() {
    let headings = [1, 2, 63, 64, 65, 66, 100, 127, 128, 129, 130, 200, 255, 256, 70_000, 3_000_000_000];
    let mut given = Given::new(PATH);
    for (i, &line) in headings.iter().chain(headings.iter().rev()).enumerate() {
        given.function(&format!("f{i}"), 16, line, &[]);
    }
    check(&given);
}

/// Steps of one, of two and of more bytes, in both directions.
#[test]
fn steps_between_lines_are_read_as_they_were_given() {
    const HEADING: u32 = 3_000_000;
    let steps = [1, 63, 64, 65, 66, 100, 126, 127, 128, 129, 130, 200, 8191, 8192, 8193, 32_768, 70_000, 2_000_000];
    let mut given = Given::new(PATH);
    for step in steps {
        given.function("further", 3, HEADING, &[(1, HEADING + step), (2, HEADING)]);
        given.function("back", 3, HEADING, &[(1, HEADING - step), (2, HEADING)]);
    }
    // Like the lines of a program with loops.
    given.function("around", 7, 1, &[(1, 64), (2, 100), (3, 127), (4, 128), (5, 200), (6, 1)]);
    check(&given);
}

#[test]
fn steps_between_addresses_are_read_as_they_were_given() {
    let mut given = Given::new(PATH);
    for step in [1, 63, 64, 127, 128, 129, 255, 256, 16_383, 16_384, 32_768, 65_535, 65_536, 1 << 21, 1 << 28, 1 << 30]
    {
        given.function("wide", 2 * step, 5, &[(step, 6)]);
    }
    given.function("beyond two gigabytes", 16, 7, &[(8, 8)]);
    check(&given);
}

/// An adapter has no line; an instruction at a function's start has the line of the heading; an instruction may have no
/// operator; the first instructions of the next function do not belong to this one.
#[test]
fn functions_have_their_own_lines_only() {
    let symbol = |start, end, name: &str, wasm| {
        let name = name.into();
        Symbol { start, end, name, frame: FrameRules::Compiled, wasm }
    };
    let symbols = vec![
        symbol(0, 16, "first", Some(20)),
        symbol(16, 32, "adapter", None),
        symbol(32, 48, "second", Some(30)),
        // Before the first line.
        symbol(48, 64, "unlisted", Some(5)),
    ];
    let sources = vec![(0, 22), (4, 0), (8, 24), (16, 31), (24, 32), (32, 33), (40, 34), (48, 35), (52, 35)];
    let lines = [(10, 1), (20, 100), (22, 101), (24, 102), (30, 200), (31, 201), (33, 203), (34, 204)];
    let listing = Listing { path: PATH.into(), lines: lines.into() };
    let rows = vec![
        (BASE, 100, false),
        (BASE + 8, 102, false),
        (BASE + 16, 102, true),
        (BASE + 32, 200, false),
        (BASE + 40, 204, false),
        (BASE + 48, 204, true),
    ];
    check(&Given { symbols, sources, listing, rows });
}

/// The lengths of the units and of the line header have more than 16 bits; a zero would end a name.
#[test]
fn long_names_are_read_whole() {
    let mut given = Given::new(&"p".repeat(70_000));
    given.function(&"n".repeat(70_000), 16, 1, &[]);
    given.function("zero", 16, 2, &[]);
    given.function("last", 16, 3, &[]);
    check(&given);
    given.symbols[1].name = "z\0ero".into();
    assert_eq!(read(&given.dwarf()).functions[1].0, "zero");
}

/// Checks a symbol file with an independent reader of ELF: its sections with their contents, and its symbols.
fn check_file(target: &Target, given: &Given, has_lines: bool) {
    const LITTLE: Endianness = Endianness::Little;
    let object = CodeObject::publish(&vec![0x90; given.len() as usize], Default::default()).unwrap();
    let base = object.base() as u64;
    let lines = given.lines();
    let bytes = symbols::file(target, &object, &given.symbols, has_lines.then_some(&lines)).unwrap();
    let file = ElfFile64::<Endianness>::parse(&*bytes).unwrap();
    let header = file.elf_header();
    assert_eq!(header.e_machine(LITTLE), elf::Machine(target.elf_machine));
    assert!(file.architecture() != Architecture::Unknown && file.kind() == ObjectKind::Executable);
    assert_eq!(file.endianness(), LITTLE);
    assert_eq!((header.e_ident().os_abi, header.e_ident().abi_version), (elf::ELFOSABI_NONE, 0));
    assert_eq!((file.entry(), header.e_flags(LITTLE)), (0, Default::default()));
    assert!(file.elf_program_headers().is_empty());

    let mut expected = vec!["", ".text", ".eh_frame"];
    expected.extend(has_lines.then_some([".debug_abbrev", ".debug_info", ".debug_line"]).iter().flatten());
    expected.extend([".symtab", ".strtab", ".shstrtab"]);
    let named = |header| file.elf_section_table().section_name(LITTLE, header).unwrap();
    let sections: Vec<_> = file.elf_section_table().iter().collect();
    let names: Vec<&str> = sections.iter().map(|&s| std::str::from_utf8(named(s)).unwrap()).collect();
    assert_eq!(names, expected);
    for (section, name) in sections.iter().zip(names).skip(1) {
        let alignment = section.sh_addralign(LITTLE);
        assert!(alignment.is_power_of_two(), "{name} at multiples of {alignment}");
        assert!(section.sh_addr(LITTLE).is_multiple_of(alignment), "{name}: {section:?}");
        assert!(section.sh_offset(LITTLE).is_multiple_of(alignment), "{name}: {section:?}");
        let flags = match name {
            ".text" => elf::SHF_ALLOC | elf::SHF_EXECINSTR,
            ".eh_frame" => elf::SHF_ALLOC,
            _ => Default::default(),
        };
        assert_eq!(section.sh_flags(LITTLE), flags, "{name}");
        // Data sections have no address in memory, and no other section belongs to them.
        if name == ".eh_frame" || name.starts_with(".debug") {
            assert_eq!((section.sh_type(LITTLE), section.sh_addr(LITTLE)), (elf::SHT_PROGBITS, 0), "{name}");
        }
        if !name.ends_with("tab") {
            let related = (section.sh_link(LITTLE), section.sh_info(LITTLE), section.sh_entsize(LITTLE));
            assert_eq!(related, (0, 0, 0), "{name}");
        }
    }
    let code = file.section_by_name(".text").unwrap();
    assert_eq!((code.address(), code.size(), code.file_range()), (base, given.len(), None));
    assert_eq!(code.elf_section_header().sh_type(LITTLE), elf::SHT_NOBITS);

    let found: Vec<_> = file.symbols().map(|s| (s.name().unwrap().to_string(), s.address(), s.size())).collect();
    assert_eq!(found, given.functions(base));
    for symbol in file.symbols() {
        assert_eq!((symbol.kind(), symbol.section()), (SymbolKind::Text, SymbolSection::Section(code.index())));
        assert!(symbol.is_definition() && symbol.elf_symbol().st_visibility() == elf::STV_DEFAULT);
    }
    // Local symbols come first, and the table states their number.
    let table = file.elf_symbol_table();
    let local = sections[table.section().0].sh_info(LITTLE) as usize;
    assert!(table.enumerate().all(|(at, symbol)| symbol.is_local() == (at.0 < local)), "{local} are local");

    let contents = |name: &str| file.section_by_name(name).map(|s| s.data().unwrap().to_vec());
    assert_eq!(contents(".eh_frame").unwrap(), symbols::eh_frame(target, base, &given.symbols));
    if has_lines {
        let [abbrev, info, line] =
            [".debug_abbrev", ".debug_info", ".debug_line"].map(|name| contents(name).expect("a section"));
        let rows = given.rows.iter().map(|&(at, line, ends)| (at - BASE + base, line, ends)).collect();
        let path = given.listing.path.clone();
        let expected = Found { path, start: base, len: given.len(), functions: given.functions(base), rows };
        assert_eq!(read(&Dwarf { abbrev, info, line }), expected);
    }
}

/// Names of every length up to 16, so that each section begins at multiples of eight bytes, and none at larger
/// multiples.
#[test]
fn files_of_symbols_are_read_whole() {
    for target in target::ALL {
        for more in 0..16 {
            let mut given = Given::new(&PATH[..more + 1]);
            given.function("a b", 16, 1, &[]);
            given.function(&"n".repeat(more), 300, 64, &[(8, 200), (128, 65)]);
            given.symbols[1].frame = FrameRules::Entry;
            given.function("last", 5, 100, &[]);
            check_file(target, &given, false);
            check_file(target, &given, true);
        }
    }
}

/// A row of a function's frame table: where it holds, the CFA's register and offset, what is known about registers.
type FrameRow = (u64, u64, (u16, i64), BTreeMap<u16, RegisterRule<usize>>);

/// Returns the rows of a function, as described by the target's rules.
fn described(target: &Target, symbol: &Symbol) -> Vec<FrameRow> {
    let facts = &target.unwind;
    let (mut base, mut registers) = ((facts.sp.into(), facts.cfa_at_entry.into()), BTreeMap::new());
    let (mut at, mut rows) = (BASE + u64::from(symbol.start), Vec::new());
    let (overwritten, saves) = match symbol.frame {
        FrameRules::Compiled => (facts.overwritten, &[][..]),
        FrameRules::Entry => (&[][..], facts.saves),
    };
    let mut apply = |rules: &[CfiRule], (register, offset): &mut (u16, i64)| {
        for &rule in rules {
            match rule {
                CfiRule::CfaOffset(bytes) => *offset = bytes.into(),
                CfiRule::CfaRegister(other) => *register = other.into(),
                CfiRule::Saved { register, words } => {
                    registers.insert(register.into(), RegisterRule::Offset(-8 * i64::from(words)));
                }
                CfiRule::Undefined(register) => {
                    registers.insert(register.into(), RegisterRule::Undefined);
                }
            }
        }
        registers.clone()
    };
    apply(facts.at_entry, &mut base);
    let mut known = apply(overwritten, &mut base);
    for (bytes, rules) in facts.prologue.iter().chain(saves) {
        let next = at + u64::from(*bytes);
        rows.push((at, next, base, known));
        known = apply(rules, &mut base);
        at = next;
    }
    rows.push((at, BASE + u64::from(symbol.end), base, known));
    rows
}

/// Checks that an independent reader of DWARF finds the frames of each function as described by the target's rules.
fn check_frames(target: &Target, symbols: &[Symbol]) {
    let mut bytes = symbols::eh_frame(target, BASE, symbols);
    // The section has its own end: a program that knows only its start does not read this.
    bytes.extend([0xff; 16]);
    let mut section = EhFrame::new(&bytes, LittleEndian);
    section.set_address_size(8);
    let bases = BaseAddresses::default();
    let (mut entries, mut common, mut found) = (section.entries(&bases), 0, Vec::new());
    while let Some(entry) = entries.next().unwrap() {
        match entry {
            CieOrFde::Cie(entry) => {
                common += 1;
                assert_eq!((entry.version(), entry.offset() % 8), (1, 0));
                assert_eq!((entry.code_alignment_factor(), entry.data_alignment_factor()), (1, -8));
                assert_eq!(entry.return_address_register(), Register(target.unwind.return_address.into()));
                assert_eq!(entry.fde_address_encoding(), Some(gimli::DW_EH_PE_absptr));
                assert!(!entry.has_lsda() && entry.personality().is_none() && !entry.is_signal_trampoline());
            }
            CieOrFde::Fde(entry) => {
                let entry = entry.parse(EhFrame::cie_from_offset).unwrap();
                assert_eq!(entry.offset() % 8, 0);
                let mut context = UnwindContext::new();
                let (mut table, mut rows) = (entry.rows(&section, &bases, &mut context).unwrap(), Vec::new());
                while let Some(row) = table.next_row().unwrap() {
                    let CfaRule::RegisterAndOffset { register, offset } = *row.cfa() else { panic!("{row:?}") };
                    let rules = row.registers().map(|(register, rule)| (register.0, rule.clone())).collect();
                    rows.push((row.start_address(), row.end_address(), (register.0, offset), rules));
                }
                found.push(rows);
            }
        }
    }
    assert_eq!(common, 2, "a common entry for each kind of frame");
    let of = |frame| symbols.iter().filter(move |s| s.frame == frame).map(|s| described(target, s));
    let expected: Vec<_> = of(FrameRules::Compiled).chain(of(FrameRules::Entry)).collect();
    assert_eq!(found, expected, "{}", target.name);
}

/// Functions of both kinds, alternating.
fn framed_symbols() -> Vec<Symbol> {
    let frames = [FrameRules::Compiled, FrameRules::Entry, FrameRules::Compiled, FrameRules::Entry];
    let symbol = |(frame, start): (FrameRules, u32)| Symbol {
        start,
        end: start + 0x1_2345,
        name: "f".into(),
        frame,
        wasm: None,
    };
    frames.into_iter().zip((0..).step_by(0x4000_0000)).map(symbol).collect()
}

#[test]
fn frames_are_read_as_the_target_describes_them() {
    for target in target::ALL {
        check_frames(target, &framed_symbols());
        check_frames(target, &[]);
    }
}

/// The short form of the rule has six bits for the register: numbers on both sides of that limit are read back.
#[test]
fn rules_for_registers_are_read_with_their_numbers() {
    const SAVES: &[(u8, &[CfiRule])] = &[
        (1, &[CfiRule::Saved { register: 0x3e, words: 3 }, CfiRule::Saved { register: 0x3f, words: 4 }]),
        (2, &[CfiRule::Saved { register: 0x40, words: 5 }]),
        (0x3f, &[CfiRule::Saved { register: 0x41, words: 6 }, CfiRule::Saved { register: 0x7f, words: 0x7f }]),
    ];
    const OVERWRITTEN: &[CfiRule] = &[CfiRule::Undefined(0x3f), CfiRule::Undefined(0x40), CfiRule::Undefined(0x7f)];
    for target in target::ALL {
        let unwind = UnwindFacts { saves: SAVES, overwritten: OVERWRITTEN, ..target.unwind };
        check_frames(&Target { unwind, ..**target }, &framed_symbols());
    }
}
