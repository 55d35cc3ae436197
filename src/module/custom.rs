//! Checks the contents of custom sections that the specification defines: names and branch hints. A broken section does
//! not make a module invalid, so nothing is checked unless requested.

use super::messages;
use super::{DecodeError, Module, Phase, WasmFeatures};
use wasmparser::{
    BinaryReaderError, CustomSectionReader, CustomSectionValidator, FunctionBody, IndirectNameMap, KnownCustom, Name,
    NameMap, Parser, Payload, ValidPayload, Validator,
};

/// Checks the custom sections of a valid module.
///
/// # Errors
/// `MalformedCustom` if a section cannot be read, `InvalidCustom` if it refers to something that is not in the module,
/// or is out of order.
pub fn check_custom_sections(module: &Module) -> Result<(), DecodeError> {
    let error = |phase| {
        move |e: BinaryReaderError| DecodeError {
            phase,
            message: messages::custom_section(e.message()),
            offset: e.offset() as usize,
        }
    };
    read(&module.bytes, module.features).map_err(error(Phase::MalformedCustom))?;
    validate(&module.bytes, module.features).map_err(error(Phase::InvalidCustom))
}

fn parser(features: WasmFeatures) -> Parser {
    let mut parser = Parser::new(0);
    parser.set_features(features);
    parser
}

/// Reads the known sections and nothing else.
fn read(bytes: &[u8], features: WasmFeatures) -> Result<(), BinaryReaderError> {
    for payload in parser(features).parse_all(bytes) {
        if let Payload::CustomSection(section) = payload? {
            read_section(&section)?;
        }
    }
    Ok(())
}

fn read_section(section: &CustomSectionReader<'_>) -> Result<(), BinaryReaderError> {
    match section.as_known() {
        KnownCustom::Name(subsections) => {
            for subsection in subsections {
                match subsection? {
                    Name::Function(map)
                    | Name::Type(map)
                    | Name::Table(map)
                    | Name::Memory(map)
                    | Name::Global(map)
                    | Name::Element(map)
                    | Name::Data(map)
                    | Name::Tag(map) => read_names(map)?,
                    Name::Local(maps)
                    | Name::Label(maps)
                    | Name::Field(maps)
                    | Name::Parameter(maps)
                    | Name::TagParameter(maps) => read_indirect_names(maps)?,
                    Name::Module { .. } | Name::Unknown { .. } => {}
                }
            }
        }
        KnownCustom::BranchHints(functions) => {
            for function in functions {
                function?.hints.into_iter().try_for_each(|hint| hint.map(drop))?;
            }
        }
        // A section with this name that is broken at its very beginning.
        _ if section.name() == "metadata.code.branch_hint" => {
            wasmparser::BranchHintSectionReader::new(wasmparser::BinaryReader::new_features(
                section.data(),
                section.data_offset(),
                WasmFeatures::all(),
            ))?;
        }
        _ => {}
    }
    Ok(())
}

fn read_names(map: NameMap<'_>) -> Result<(), BinaryReaderError> {
    map.into_iter().try_for_each(|naming| naming.map(drop))
}

fn read_indirect_names(maps: IndirectNameMap<'_>) -> Result<(), BinaryReaderError> {
    maps.into_iter().try_for_each(|naming| read_names(naming?.names))
}

fn validate(bytes: &[u8], features: WasmFeatures) -> Result<(), BinaryReaderError> {
    let (mut validator, mut custom) = (Validator::new_with_features(features), CustomSectionValidator::new());
    let mut bodies: Vec<(u32, FunctionBody<'_>)> = Vec::new();
    for payload in parser(features).parse_all(bytes) {
        let payload = payload?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
            bodies.push((function.index, body));
        }
        custom.payload(&payload, &validator)?;
    }
    // Names and hints are known by now, wherever their sections are.
    bodies.iter().try_for_each(|(index, body)| custom.code_section_entry(0, *index, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of each kind, including those nested in two maps: the last byte of a name makes it invalid UTF-8.
    #[test]
    fn each_kind_of_name_is_read() {
        // The names of modules, of functions and labels, and of everything else.
        let nested = |id: u8| [2, 3, 10, 12, 13].contains(&id);
        let mut malformed = Vec::new();
        for id in 0..16 {
            for last in [b'z', 0xff] {
                let name = [2, b'a', last];
                let map = [&[1, 0][..], &name].concat();
                let names = match id {
                    0 => name.to_vec(),
                    _ if nested(id) => [&[1, 0][..], &map].concat(),
                    _ => map,
                };
                let content = [&[4][..], b"name", &[id, names.len() as u8], &names].concat();
                let bytes = [&b"\0asm\x01\0\0\0\0"[..], &[content.len() as u8], &content].concat();
                let module = Module::new(&bytes, WasmFeatures::all()).unwrap();
                let checked = check_custom_sections(&module);
                // Some of the names are for things that do not exist.
                if checked.is_err_and(|e| e.phase == Phase::MalformedCustom) {
                    malformed.push((id, last));
                }
            }
        }
        assert_eq!(malformed, (0..14).map(|id| (id, 0xff)).collect::<Vec<_>>());
    }
}
