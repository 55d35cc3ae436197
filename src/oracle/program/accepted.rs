//! Determines whether an engine accepts a module that our own validator rejects.
//!
//! The engine shows that by running it: the module gets a function that can be run, and imported functions become functions that
//! trap, so that only the defect stands in the way. Invalid indices stay invalid. A module that cannot be read is run unchanged.

use super::merge::{HELLO, Output, is_constant};
use crate::module::{Module, features};
use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    CodeSection, DataSection, ElementSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, ImportSection, Instruction, MemorySection, SectionId, StartSection, TableSection, TagSection,
    TypeSection, ValType,
};
use wasmparser::{Data, DataKind, Element, ElementItems, ElementKind, Operator, Parser, Payload, TableInit, TypeRef};

/// The distance by which invalid indices are moved.
const BEYOND: u32 = 1000;
/// The number of bytes before the first section.
const HEADER: usize = 8;

/// A module as it is given to the engine.
pub enum Given {
    /// With a function that can be run.
    Wrapped(Vec<u8>),
    /// Unchanged, because it cannot be read.
    Raw,
    /// It imports things other than functions, or cannot be read and imports something: even if accepted, it would still lack
    /// these.
    Imports,
}

/// What a module does when it is instantiated.
#[derive(Clone, Copy, PartialEq)]
enum Begin {
    /// Everything.
    Whole,
    /// Neither its start function nor its segments: they are passive.
    Quiet,
}

struct Wrap {
    types: u32,
    functions: u32,
    /// The number of functions that come before all others.
    before: u32,
    begin: Begin,
}

impl Reencode for Wrap {
    type Error = Infallible;

    fn parse_data(&mut self, data: &mut DataSection, mut segment: Data<'_>) -> Result<(), reencode::Error<Infallible>> {
        if self.begin == Begin::Quiet {
            segment.kind = DataKind::Passive;
        }
        reencode::utils::parse_data(self, data, segment)
    }

    fn parse_element(
        &mut self,
        elements: &mut ElementSection,
        mut segment: Element<'_>,
    ) -> Result<(), reencode::Error<Infallible>> {
        if self.begin == Begin::Quiet && matches!(segment.kind, ElementKind::Active { .. }) {
            segment.kind = ElementKind::Passive;
        }
        reencode::utils::parse_element(self, elements, segment)
    }

    fn type_index(&mut self, ty: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(if ty < self.types { ty } else { ty.saturating_add(BEYOND) })
    }

    fn function_index(&mut self, function: u32) -> Result<u32, reencode::Error<Infallible>> {
        let beyond = if function < self.functions { 0 } else { BEYOND };
        Ok(function.saturating_add(self.before + beyond))
    }
}

/// An otherwise empty module with a function that can be run: it shows what the engine says about modules that it accepts.
pub fn control(output: Output) -> Vec<u8> {
    wrapped(b"\0asm\x01\0\0\0", output, &[], Begin::Whole).expect("an empty module can be written anew")
}

/// Prepares a module that our own validator rejects.
pub fn given(bytes: &[u8], output: Output) -> Given {
    match imports(bytes) {
        Some((_, true)) => Given::Imports,
        Some((functions, false)) => match wrapped(bytes, output, &functions, Begin::Whole) {
            // Re-encoding loses some encoding defects.
            Ok(bytes) if is_defective(&bytes) => Given::Wrapped(bytes),
            Ok(_) | Err(_) if functions.is_empty() => Given::Raw,
            Ok(_) | Err(_) => Given::Imports,
        },
        None => Given::Raw,
    }
}

/// The module with a function that can be run, without what may trap before that. `None` if that removes its defect, or something
/// that may trap is left.
pub fn quiet(bytes: &[u8], output: Output) -> Option<Vec<u8>> {
    let (functions, false) = imports(bytes)? else { return None };
    let quiet = wrapped(bytes, output, &functions, Begin::Quiet).ok()?;
    (is_defective(&quiet) && !may_trap(&quiet)).then_some(quiet)
}

fn is_defective(bytes: &[u8]) -> bool {
    Module::new(bytes, features::all()).is_err()
}

/// The types of imported functions, and whether anything else is imported; `None` if the imports cannot be read.
fn imports(bytes: &[u8]) -> Option<(Vec<u32>, bool)> {
    let (mut functions, mut others) = (Vec::new(), false);
    for payload in Parser::new(0).parse_all(bytes) {
        match payload {
            Ok(Payload::ImportSection(section)) => {
                for import in section.into_imports() {
                    match import.ok()?.ty {
                        TypeRef::Func(ty) => functions.push(ty),
                        _ => others = true,
                    }
                }
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Some((functions, others))
}

/// Whether something of a module may trap before its entry is called: the start function, active segments, or objects among its
/// initial values. Once it cannot be read, any section of these kinds may contain one.
pub fn may_trap(bytes: &[u8]) -> bool {
    let mut read = HEADER;
    for payload in Parser::new(0).parse_all(bytes) {
        let section = payload.as_ref().ok().and_then(Payload::as_section);
        match payload.and_then(runs) {
            Ok(true) => return true,
            Ok(false) => read = section.map_or(read, |(_, contents)| contents.end as usize),
            Err(_) => return has_kinds_that_run(bytes.get(read..).unwrap_or_default()),
        }
    }
    false
}

/// Whether sections have kinds whose contents run when an instance is made. Lengths may be encoded in any way, since an engine
/// that accepts malformed modules may read them so.
fn has_kinds_that_run(mut sections: &[u8]) -> bool {
    use SectionId::{Data, Element, Global, Start, Table};
    while let [kind, rest @ ..] = sections {
        if [Table, Global, Start, Element, Data].iter().any(|runs| *runs as u8 == *kind) {
            return true;
        }
        let digits = rest.iter().position(|byte| byte & 0x80 == 0).map_or(rest.len(), |last| last + 1);
        let length = rest[..digits].iter().rev().fold(0, |n: u32, byte| n << 7 | u32::from(byte & 0x7f));
        sections = rest[digits..].get(length as usize..).unwrap_or_default();
    }
    false
}

/// Whether a part of a module runs when the module is instantiated.
fn runs(payload: Payload<'_>) -> wasmparser::Result<bool> {
    let (mut active, mut values) = (false, Vec::new());
    match payload {
        Payload::StartSection { .. } => return Ok(true),
        Payload::DataSection(section) => {
            for segment in section {
                active |= !matches!(segment?.kind, DataKind::Passive);
            }
        }
        Payload::ElementSection(section) => {
            for segment in section {
                let segment = segment?;
                active |= matches!(segment.kind, ElementKind::Active { .. });
                if let ElementItems::Expressions(_, items) = segment.items {
                    values.extend(items);
                }
            }
        }
        Payload::GlobalSection(section) => values.extend(section.into_iter().map(|global| Ok(global?.init_expr))),
        Payload::TableSection(section) => {
            for table in section {
                if let TableInit::Expr(value) = table?.init {
                    values.push(Ok(value));
                }
            }
        }
        _ => {}
    }
    let mut operators = Vec::new();
    for value in values {
        operators.extend(value?.get_operators_reader());
    }
    let given = |operator: &Operator<'_>| {
        is_constant(operator) || matches!(operator, Operator::GlobalGet { .. } | Operator::End)
    };
    Ok(active || operators.into_iter().collect::<wasmparser::Result<Vec<_>>>()?.iter().any(|operator| !given(operator)))
}

fn wrapped(
    bytes: &[u8],
    output: Output,
    imported: &[u32],
    begin: Begin,
) -> Result<Vec<u8>, reencode::Error<Infallible>> {
    let before = u32::from(output == Output::Written);
    let mut wrap = Wrap { functions: imported.len() as u32, before, types: 0, begin };
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => {
                for group in section {
                    wrap.types += group?.types().len() as u32;
                }
            }
            Payload::FunctionSection(section) => wrap.functions += section.count(),
            _ => {}
        }
    }
    let (mut types, mut functions, mut tables) = (TypeSection::new(), FunctionSection::new(), TableSection::new());
    let (mut memories, mut tags, mut globals) = (MemorySection::new(), TagSection::new(), GlobalSection::new());
    let (mut exports, mut elements, mut code) = (ExportSection::new(), ElementSection::new(), CodeSection::new());
    let (mut data, mut count, mut start) = (DataSection::new(), None, None);
    for ty in imported {
        functions.function(wrap.type_index(*ty)?);
        let mut f = Function::new([]);
        f.instruction(&Instruction::Unreachable).instruction(&Instruction::End);
        code.function(&f);
    }
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::TypeSection(section) => wrap.parse_type_section(&mut types, section)?,
            Payload::FunctionSection(section) => wrap.parse_function_section(&mut functions, section)?,
            Payload::TableSection(section) => wrap.parse_table_section(&mut tables, section)?,
            Payload::MemorySection(section) => wrap.parse_memory_section(&mut memories, section)?,
            Payload::TagSection(section) => wrap.parse_tag_section(&mut tags, section)?,
            Payload::GlobalSection(section) => wrap.parse_global_section(&mut globals, section)?,
            Payload::ExportSection(section) => wrap.parse_export_section(&mut exports, section)?,
            Payload::StartSection { func, .. } if begin == Begin::Whole => start = Some(wrap.function_index(func)?),
            Payload::ElementSection(section) => wrap.parse_element_section(&mut elements, section)?,
            Payload::DataCountSection { count: n, .. } => count = Some(n),
            Payload::DataSection(section) => wrap.parse_data_section(&mut data, section)?,
            Payload::CodeSectionEntry(body) => wrap.parse_function_body(&mut code, body)?,
            _ => {}
        }
    }
    let own = wrap.types;
    let mut import = ImportSection::new();
    let mut f = Function::new([]);
    let name = match output {
        Output::Written => {
            types.ty().function([ValType::I32; 4], [ValType::I32]);
            types.ty().function([], []);
            import.import("wasi_snapshot_preview1", "fd_write", EntityType::Function(own));
            functions.function(own + 1);
            "_start"
        }
        Output::Returned => {
            types.ty().function([], [ValType::I64]);
            functions.function(own);
            f.instruction(&Instruction::I64Const(1));
            HELLO
        }
    };
    f.instruction(&Instruction::End);
    code.function(&f);
    exports.export(name, ExportKind::Func, wrap.before + wrap.functions);
    let mut module = wasm_encoder::Module::new();
    module.section(&types);
    if !import.is_empty() {
        module.section(&import);
    }
    module.section(&functions);
    if !tables.is_empty() {
        module.section(&tables);
    }
    if !memories.is_empty() {
        module.section(&memories);
    }
    if !tags.is_empty() {
        module.section(&tags);
    }
    if !globals.is_empty() {
        module.section(&globals);
    }
    module.section(&exports);
    if let Some(function_index) = start {
        module.section(&StartSection { function_index });
    }
    if !elements.is_empty() {
        module.section(&elements);
    }
    if let Some(count) = count {
        module.section(&wasm_encoder::DataCountSection { count });
    }
    module.section(&code);
    if !data.is_empty() {
        module.section(&data);
    }
    Ok(module.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped_text(text: &str) -> Vec<u8> {
        let bytes = wat::parse_str(text).expect("a module");
        match given(&bytes, Output::Written) {
            Given::Wrapped(bytes) => bytes,
            _ => panic!("{text} cannot be wrapped"),
        }
    }

    #[test]
    fn a_defect_stays_and_there_is_no_other() {
        let check = |text: &str| Module::new(&wrapped_text(text), features::all()).map(drop).map_err(|e| e.message);
        assert!(Module::new(&control(Output::Written), features::all()).is_ok());
        assert!(Module::new(&control(Output::Returned), features::all()).is_ok());
        let import = "(module (import \"a\" \"b\" (func (param i32))) (func (call 0 (i64.const 1))))";
        assert_eq!(check(import).unwrap_err(), "type mismatch: expected i32, found i64");
        assert!(check("(module (func i32.const 0))").unwrap_err().starts_with("type mismatch"));
        assert!(check("(module (func call 1))").unwrap_err().starts_with("unknown function 1002"));
        assert!(check("(module (func (call 2)) (func))").unwrap_err().starts_with("unknown function 1003"));
        assert!(check("(module (func (type 7)))").is_err());
        // The first invalid index, which would be that of one of the added types.
        let unknown = check("(module (type (func)) (func (type 1)))").unwrap_err();
        assert!(unknown.starts_with("unknown type"), "{unknown}");
        // Types are counted, however they are grouped: the only defect is that of the function.
        for types in
            ["", "(type (func))", "(rec (type (func)) (type (struct)))", "(rec) (rec (type (func)) (type (func)))"]
        {
            let error = check(&format!("(module {types} (func i32.const 0))")).unwrap_err();
            assert!(error.starts_with("type mismatch"), "{types}: {error}");
        }
    }

    #[test]
    fn what_traps_before_its_entry() {
        for (fields, expected) in [
            ("", false),
            ("(func unreachable) (global i32 (i32.const 1)) (global i32 (global.get 0))", false),
            (
                "(func) (table 1 funcref) (memory 1) (data \"x\") (elem declare func 0) (elem funcref (ref.func 0))",
                false,
            ),
            ("(func) (start 0)", true),
            ("(memory 1) (data \"x\") (data (i32.const 65536) \"x\")", true),
            ("(func) (table 1 funcref) (elem (i32.const 1) 0)", true),
            ("(type $a (array i32)) (global (ref $a) (array.new_default $a (i32.const -1)))", true),
            ("(type $a (array i32)) (elem (ref $a) (array.new_default $a (i32.const -1)))", true),
            ("(type $a (array i32)) (table 1 (ref $a) (array.new_default $a (i32.const -1)))", true),
        ] {
            // With a defect, like the modules that are asked about.
            for fields in [fields.to_string(), format!("{fields} (func i32.const 0)")] {
                let bytes = wat::parse_str(format!("(module {fields})")).expect("a module");
                assert_eq!(may_trap(&bytes), expected, "{fields}");
            }
        }
    }

    /// Even if a module cannot be read, the kinds of its sections are known.
    #[test]
    fn sections_that_cannot_be_read_may_trap_by_their_kinds() {
        for (sections, expected) in [
            // Longer than the module.
            (&b"\x01\x7f"[..], false),
            (b"\x0b\x7f", true),
            (b"\x08\x01", true),
            // After an invalid type, with lengths of one byte, of several, and of too many.
            (b"\x01\x02\x01\x00\x0a\x01\x00", false),
            (b"\x01\x02\x01\x00\x08\x01\x00", true),
            (b"\x01\x82\x00\x01\x00\x08\x01\x00", true),
            (b"\x01\x82\x80\x80\x80\x80\x80\x00\x01\x00\x08\x01\x00", true),
            (b"\x01\x82\x80\x80\x80\x80\x80\x00\x01\x08\x00\x01\x00", false),
            // What could be read before that counts for itself: a global that is constant, and one that is not.
            (b"\x06\x06\x01\x7f\x00\x41\x01\x0b\x07\x7f", false),
            (b"\x06\x05\x01\x7f\x00\x00\x0b\x07\x7f", true),
            (b"\x01\xff\xff\xff\xff\x0f", false),
            (b"\x01", false),
        ] {
            assert_eq!(may_trap(&[b"\0asm\x01\0\0\0", sections].concat()), expected, "{sections:x?}");
        }
        assert!(!may_trap(b"") && !may_trap(b"\0asm"));
    }

    /// Without the parts that may trap, a module still has its other defects.
    #[test]
    fn a_quiet_module_has_its_defect_and_nothing_that_runs() {
        let quiet = |fields: &str| {
            let bytes = wat::parse_str(format!("(module {fields})")).expect("a module");
            [Output::Written, Output::Returned].map(|output| quiet(&bytes, output))
        };
        let defect = "(func (result i32) i64.const 0)";
        for fields in [
            "(func $s unreachable) (start $s)",
            "(import \"a\" \"b\" (func $s)) (start $s)",
            "(memory 1) (data (i32.const 65536) \"x\") (data \"y\") (func (data.drop 0) (data.drop 1))",
            "(func $f) (table 1 funcref) (elem (i32.const 1) $f) (elem declare func $f) (func (elem.drop 0))",
        ] {
            for quiet in quiet(&format!("{fields} {defect}")) {
                let quiet = quiet.expect(fields);
                let error = Module::new(&quiet, features::all()).unwrap_err().message;
                assert!(!may_trap(&quiet) && error.starts_with("type mismatch"), "{fields}: {error}");
            }
        }
        for fields in [
            // The defect is gone.
            "(func $s (param i32)) (start $s)",
            "(memory 1) (data (i64.const 0) \"x\")",
            // A value is still computed.
            &format!("(type $a (array i32)) (global (ref $a) (array.new_default $a (i32.const -1))) {defect}"),
        ] {
            assert_eq!(quiet(fields), [None, None], "{fields}");
        }
    }

    #[test]
    fn what_is_imported_or_cannot_be_read() {
        let bytes = wat::parse_str("(module (import \"a\" \"b\" (memory 1)))").unwrap();
        assert!(matches!(given(&bytes, Output::Written), Given::Imports));
        assert!(matches!(given(b"\0asm\x01\0\0\0\x01\x7f", Output::Written), Given::Raw));
        // A section of an unknown kind, which re-encoding would drop.
        assert!(matches!(given(b"\0asm\x01\0\0\0\x7f\0", Output::Written), Given::Raw));
    }
}
