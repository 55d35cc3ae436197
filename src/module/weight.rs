//! The memory that reading a module takes, estimated before it is read: hostile modules say much in few bytes.

use wasmparser::{KnownCustom, Name, Parser, Payload};

/// Bytes for a byte of a section of types, imports, functions, exports, elements and the like, at most: each of them
/// becomes a record here, and one in the validator. `tests/hostile/compile.rs` has the worst ones.
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
                _ => reader.data().len() as u64,
            },
            other => other.as_section().map_or(0, |(_, range)| PER_BYTE * (range.end - range.start)),
        };
    }
    sum
}
