//! The memory that reading a module takes, estimated before it is read: hostile modules say much in few bytes.

use super::BranchHint;
use wasmparser::{KnownCustom, Name, Parser, Payload};

/// Bytes for a byte of a section of types, imports, functions, exports, elements and the like, at most: each of them
/// becomes a record here, and one in the validator; structures that code uses have a layout, too. `tests/hostile/compile.rs`
/// has the worst ones.
const PER_BYTE: u64 = 96;
/// Bytes for a body or a segment of data, beside its contents.
const PER_ITEM: u64 = 256;
/// The copies of a section of names: as one text for each name, for lookups and for reports.
const NAME_COPIES: u64 = 4;
/// The copies of the binary: the caller's, and the module's own.
const COPIES: u64 = 2;

/// Bytes for a byte of text, at most: tokens, syntax tree and binary.
const PER_CHARACTER: u64 = 128;

/// The bytes of memory that a module in text form takes until it is a binary, at most.
pub fn text_weight(text: &[u8]) -> u64 {
    PER_CHARACTER * text.len() as u64
}

/// The bytes of memory that a module takes until it is compiled, at most; of a binary that cannot be read, those up to
/// the first error.
pub fn weight(bytes: &[u8]) -> u64 {
    let mut sum = COPIES * bytes.len() as u64;
    for payload in Parser::new(0).parse_all(bytes).map_while(Result::ok) {
        sum += match payload {
            Payload::CodeSectionStart { count, .. } => PER_ITEM * u64::from(count),
            Payload::DataSection(reader) => PER_ITEM * u64::from(reader.count()),
            Payload::CustomSection(reader) => match reader.as_known() {
                KnownCustom::Name(names) => {
                    let functions = names.into_iter().map_while(Result::ok).map(|name| match name {
                        Name::Function(map) => map.count(),
                        _ => 0,
                    });
                    let length = reader.data().len() as u64;
                    // Of the names that a broken map promises, those that there is room for.
                    NAME_COPIES * length + PER_ITEM * functions.map(|count| (count as u64).min(length / 2)).sum::<u64>()
                }
                // A hint takes three bytes at least. While their list grows, there is room for three times as many.
                KnownCustom::BranchHints(_) => size_of::<BranchHint>() as u64 * reader.data().len() as u64,
                _ => reader.data().len() as u64,
            },
            other => other.as_section().map_or(0, |(_, range)| PER_BYTE * (range.end - range.start)),
        };
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{
        CodeSection, CustomSection, DataSection, Function, FunctionSection, MemorySection, MemoryType, Module, NameMap,
        NameSection, Section, TypeSection,
    };

    /// The weight of a module with these sections, beyond twice its bytes.
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
        // A number of items, and the items.
        assert_eq!(beside_the_binary(&[&types]), 96 * (1 + 3));
        assert_eq!(beside_the_binary(&[&types, &functions]), 96 * (1 + 3 + 1 + 2));
        assert_eq!(beside_the_binary(&[&types, &functions, &code]), 96 * (1 + 3 + 1 + 2) + 256 * 2);
        assert_eq!(beside_the_binary(&[&memories, &data]), 96 * (1 + 2) + 256 * 3);
        assert_eq!(beside_the_binary(&[&custom]), 10);
        // Of one function, one hint.
        let hints = CustomSection { name: "metadata.code.branch_hint".into(), data: [1, 0, 1, 2, 1, 0][..].into() };
        assert_eq!(beside_the_binary(&[&hints]), 12 * 6);
        let (mut names, mut map) = (NameSection::new(), NameMap::new());
        (0..3).for_each(|i| map.append(i, "xy"));
        names.functions(&map);
        // Of each name its index, its length and itself, behind their number, and the length and kind of the map.
        assert_eq!(beside_the_binary(&[&names]), 4 * (2 + 1 + 3 * 4) + 256 * 3);
        names.module("abc");
        assert_eq!(beside_the_binary(&[&names]), 4 * (2 + 1 + 3 * 4 + 2 + 4) + 256 * 3);
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
    }
}
