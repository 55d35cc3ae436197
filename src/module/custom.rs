//! Checks the contents of custom sections that the specification knows: names and branch hints. A broken section does
//! not make a module invalid, so nothing is checked unless asked for.

use super::messages;
use super::{DecodeError, Module, Phase, WasmFeatures};
use wasmparser::{
    BinaryReaderError, CustomSectionReader, CustomSectionValidator, FunctionBody, IndirectNameMap, KnownCustom, Name,
    NameMap, Parser, Payload, ValidPayload, Validator,
};

/// Checks the custom sections of a valid module.
///
/// # Errors
/// `MalformedCustom` if a section cannot be read, `InvalidCustom` if it refers to something that the module lacks, or
/// is out of order.
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

/// Reads the known sections, and nothing more.
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
        // A section of this name whose very beginning is broken.
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
    // Names and hints are known by now, wherever they stood.
    bodies.iter().try_for_each(|(index, body)| custom.code_section_entry(0, *index, body))
}
