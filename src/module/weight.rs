//! The memory that reading a module takes, estimated before reading: hostile modules can declare much in few bytes.

use super::BranchHint;
use wasmparser::{BinaryReader, ImportSectionReader, KnownCustom, Name, Parser, Payload, SubType};

/// The maximum bytes for a byte of a section of types, functions, exports, elements and the like. Each item becomes a record
/// here and another in the validator; structures that code uses have a layout, too. `tests/hostile/compile.rs` has the worst
/// cases.
const PER_BYTE: u64 = 96;
/// The bytes for a type, in addition to those for its own bytes: in a recursion group, a type of two bytes takes more than
/// 500 while lists of types grow.
const PER_TYPE: u64 = 512;
/// The bytes for an import, which may be a single byte in a large group. One with a unique name takes up to 500.
const PER_IMPORT: u64 = 768;
/// The number of copies of an import's names: the module's own, the validator's, and one while it looks for them.
const IMPORT_COPIES: u64 = 3;
/// The bytes for a body or a data segment, in addition to its contents.
const PER_ITEM: u64 = 256;
/// The number of copies of a name section: as one text for each name, for lookups, and for reports.
const NAME_COPIES: u64 = 4;
/// The number of copies of the binary: the caller's, and the module's own.
const COPIES: u64 = 2;

/// The maximum bytes for a byte of text: tokens, syntax tree and binary.
const PER_CHARACTER: u64 = 128;

/// Returns the maximum bytes of memory that a module in text form takes until it is a binary. One with a folded `try` is
/// rewritten, which takes as much as everything else.
pub fn text_weight(text: &[u8]) -> u64 {
    let readings = if text.windows(3).any(|word| word == b"try") { 2 } else { 1 };
    readings * PER_CHARACTER * text.len() as u64
}

/// Returns the maximum bytes of memory that a module takes until it is compiled; for a binary that cannot be read, only
/// those up to the first error.
pub fn weight(bytes: &[u8]) -> u64 {
    let mut sum = COPIES * bytes.len() as u64;
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        sum += match payload {
            Payload::TypeSection(reader) => {
                let range = reader.range();
                types_weight(&bytes[range.start as usize..range.end as usize])
            }
            Payload::ImportSection(reader) => imports_weight(reader),
            Payload::CodeSectionStart { count, .. } => PER_ITEM * u64::from(count),
            Payload::DataSection(reader) => PER_ITEM * u64::from(reader.count()),
            Payload::CustomSection(reader) => match reader.as_known() {
                KnownCustom::Name(names) => {
                    let functions = names.into_iter().map_while(Result::ok).map(|name| match name {
                        Name::Function(map) => map.count(),
                        _ => 0,
                    });
                    let length = reader.data().len() as u64;
                    // A broken map may promise too many names; only as many as there are bytes for are counted.
                    NAME_COPIES * length + PER_ITEM * functions.map(|count| (count as u64).min(length / 2)).sum::<u64>()
                }
                // A hint takes at least three bytes. While the list of hints grows, it has space for three times as
                // many.
                KnownCustom::BranchHints(_) => size_of::<BranchHint>() as u64 * reader.data().len() as u64,
                _ => reader.data().len() as u64,
            },
            other => other.as_section().map_or(0, |(_, range)| PER_BYTE * (range.end - range.start)),
        };
    }
    sum
}

fn types_weight(section: &[u8]) -> u64 {
    PER_BYTE * section.len() as u64 + PER_TYPE * types(section)
}

/// Returns the number of types in a section up to the first error. They are read individually, since a group may be
/// large.
fn types(section: &[u8]) -> u64 {
    const GROUP: u8 = 0x4e;
    let mut reader = BinaryReader::new(section, 0);
    let mut types = 0;
    let mut count = || -> Option<()> {
        for _ in 0..reader.read_var_u32().ok()? {
            let of_group = match section.get(reader.current_position()) {
                Some(&GROUP) => {
                    reader.read_u8().ok()?;
                    reader.read_var_u32().ok()?
                }
                _ => 1,
            };
            for _ in 0..of_group {
                reader.read::<SubType>().ok()?;
                types += 1;
            }
        }
        Some(())
    };
    count();
    types
}

/// The items of a group share the name of their module, but not its copies.
fn imports_weight(section: ImportSectionReader<'_>) -> u64 {
    let imports = section.into_imports().map_while(Result::ok);
    imports.map(|import| PER_IMPORT + IMPORT_COPIES * (import.module.len() + import.name.len()) as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, CompositeInnerType, CompositeType, CustomSection, DataSection, EntityType, Function,
        FunctionSection, ImportSection, MemorySection, MemoryType, Module, NameMap, NameSection, RawSection, Section,
        StructType, SubType, TypeSection,
    };

    /// Returns the weight of a module with these sections, beyond twice its size in bytes.
    fn beside_the_binary(sections: &[&dyn Section]) -> u64 {
        let mut bytes = Module::HEADER.to_vec();
        sections.iter().for_each(|section| section.append_to(&mut bytes));
        weight(&bytes) - 2 * bytes.len() as u64
    }

    #[test]
    fn each_section_has_its_weight() {
        let (mut types, mut functions, mut code) = (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([], []);
        functions.function(0).function(0);
        for _ in 0..2 {
            code.function(&Function::new([]));
        }
        let (mut memories, mut data) = (MemorySection::new(), DataSection::new());
        memories.memory(MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None });
        data.passive([7; 100]).passive([7; 100]).passive([7; 100]);
        let custom = CustomSection { name: "long name".into(), data: [1; 10][..].into() };
        assert_eq!(beside_the_binary(&[]), 0);
        // The number of items, and the items.
        assert_eq!(beside_the_binary(&[&types]), 96 * (1 + 3) + 512);
        assert_eq!(beside_the_binary(&[&types, &functions]), 96 * (1 + 3 + 1 + 2) + 512);
        assert_eq!(beside_the_binary(&[&types, &functions, &code]), 96 * (1 + 3 + 1 + 2) + 512 + 256 * 2);
        assert_eq!(beside_the_binary(&[&memories, &data]), 96 * (1 + 2) + 256 * 3);
        assert_eq!(beside_the_binary(&[&custom]), 10);
        // One hint for one function.
        let hints = CustomSection { name: "metadata.code.branch_hint".into(), data: [1, 0, 1, 2, 1, 0][..].into() };
        assert_eq!(beside_the_binary(&[&hints]), 12 * 6);
        let (mut names, mut map) = (NameSection::new(), NameMap::new());
        (0..3).for_each(|i| map.append(i, "xy"));
        names.functions(&map);
        // The index, length and text of each name, after their number and the length and kind of the map.
        assert_eq!(beside_the_binary(&[&names]), 4 * (2 + 1 + 3 * 4) + 256 * 3);
        names.module("abc");
        assert_eq!(beside_the_binary(&[&names]), 4 * (2 + 1 + 3 * 4 + 2 + 4) + 256 * 3);
    }

    #[test]
    fn each_type_of_a_group_has_its_weight() {
        let structure = SubType {
            is_final: true,
            supertype_idxs: Vec::new(),
            composite_type: CompositeType {
                inner: CompositeInnerType::Struct(StructType { fields: Box::new([]) }),
                shared: false,
                descriptor: None,
                describes: None,
            },
        };
        let mut types = TypeSection::new();
        types.ty().rec(vec![structure; 5]);
        // The number of groups, the group's marker and number of types, and the types.
        assert_eq!(beside_the_binary(&[&types]), 96 * (1 + 2 + 5 * 2) + 512 * 5);
        types.ty().rec([]);
        assert_eq!(beside_the_binary(&[&types]), 96 * (1 + 2 + 5 * 2 + 2) + 512 * 5);
        // Of a group that promises more than it has, only what it has is counted.
        let broken = RawSection { id: 1, data: &[2, 0x4e, 100, 0x5f, 0, 0x5f, 0, 0x5f] };
        assert_eq!(beside_the_binary(&[&broken]), 96 * 8 + 512 * 2);
    }

    #[test]
    fn each_import_of_a_group_has_its_weight() {
        let mut imports = ImportSection::new();
        imports.import("ab", "c", EntityType::Function(0));
        assert_eq!(beside_the_binary(&[&imports]), 768 + 3 * (2 + 1));
        // One import; then a group: a module, an empty name, the marker of groups of one type, that type, and names.
        let section = [2, 1, b'x', 1, b'y', 0, 0, 3, b'a', b'b', b'c', 0, 0x7e, 0, 0, 3, 0, 0, 1, b'z'];
        let group = RawSection { id: 2, data: &section };
        assert_eq!(beside_the_binary(&[&group]), 4 * 768 + 3 * ((1 + 1) + (3 + 3 + 4)));
        // A group that promises more than it has is not read.
        let broken = RawSection { id: 2, data: &[1, 0, 0, 0x7e, 0, 0, 100, 0] };
        assert_eq!(beside_the_binary(&[&broken]), 0);
    }

    #[test]
    fn a_broken_map_has_the_names_that_there_is_room_for() {
        // A map of functions that promises 100 names in 2 bytes.
        let data = [1, 3, 100, 0, 0];
        assert_eq!(
            beside_the_binary(&[&CustomSection { name: "name".into(), data: data[..].into() }]),
            4 * 5 + 256 * 2
        );
    }

    #[test]
    fn text_has_a_weight_by_its_length() {
        assert_eq!((text_weight(b""), text_weight(b"(module)")), (0, 1024));
        assert_eq!(text_weight(b"(try(do))"), 2 * 9 * 128);
    }
}
