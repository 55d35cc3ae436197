//! Whether an export fits an import, before both become one module: the engine never sees the import.

use crate::module::{Import, ImportType, Module, RefType, ValType, features};
use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, TypeSection};
use wasmparser::{Parser, Payload};

/// Copies types behind others.
struct Behind(u32);

impl Reencode for Behind {
    type Error = Infallible;

    fn type_index(&mut self, ty: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(ty + self.0)
    }
}

/// Whether `module` may import what `given` exports as `index`, as far as types tell: a memory or a table may have grown to
/// what it is not big enough for here. Types are compared by our own validator: it reads a module that converts a value of
/// one to the other.
pub fn fits(module: &Module, import: &Import, given: &Module, index: u32) -> bool {
    let index = index as usize;
    let limits = |given: (u64, Option<u64>), wanted: (u64, Option<u64>)| {
        given.0 >= wanted.0 && wanted.1.is_none_or(|most| given.1.is_some_and(|has| has <= most))
    };
    match import.ty {
        // What is exact is compared by no conversion.
        ImportType::Func { exact: true, .. } => false,
        ImportType::Func { ty, .. } => {
            converts(given, Converted::To(given.functions[index]), module, Converted::To(ty))
        }
        ImportType::Tag(ty) => {
            let has = given.tags[index];
            converts(given, Converted::To(has), module, Converted::To(ty))
                && converts(module, Converted::To(ty), given, Converted::To(has))
        }
        ImportType::Global(wanted) => {
            let has = given.globals[index].ty;
            let (from, into) = (Converted::Value(has.content_type), Converted::Value(wanted.content_type));
            has.mutable == wanted.mutable
                && has.shared == wanted.shared
                && converts(given, from, module, into)
                && (!has.mutable || converts(module, into, given, from))
        }
        ImportType::Memory(wanted) => {
            let has = given.memories[index];
            has.memory64 == wanted.memory64
                && has.shared == wanted.shared
                && has.page_size_log2.unwrap_or(16) == wanted.page_size_log2.unwrap_or(16)
                && limits((has.initial, has.maximum), (wanted.initial, wanted.maximum))
        }
        ImportType::Table(wanted) => {
            let has = given.tables[index].ty;
            let (from, into) = (Converted::Ref(has.element_type), Converted::Ref(wanted.element_type));
            has.table64 == wanted.table64
                && has.shared == wanted.shared
                && limits((has.initial, has.maximum), (wanted.initial, wanted.maximum))
                && converts(given, from, module, into)
                && converts(module, into, given, from)
        }
    }
}

#[derive(Clone, Copy)]
enum Converted {
    Value(ValType),
    Ref(RefType),
    /// A reference to a defined type.
    To(u32),
}

/// Whether a value of one type is a value of another one.
fn converts(a: &Module, from: Converted, b: &Module, into: Converted) -> bool {
    let valid = || -> Result<bool, reencode::Error<Infallible>> {
        let mut types = TypeSection::new();
        let mut all = 0;
        let mut places = [0; 2];
        for (place, module) in places.iter_mut().zip([a, b]) {
            *place = all;
            for payload in Parser::new(0).parse_all(&module.bytes) {
                if let Payload::TypeSection(section) = payload? {
                    Behind(all).parse_type_section(&mut types, section)?;
                }
            }
            all += module.types.len() as u32;
        }
        let encoded = |place: u32, ty: Converted| {
            Ok::<_, reencode::Error<Infallible>>(match ty {
                Converted::Value(ty) => Behind(place).val_type(ty)?,
                Converted::Ref(ty) => wasm_encoder::ValType::Ref(Behind(place).ref_type(ty)?),
                Converted::To(ty) => wasm_encoder::ValType::Ref(wasm_encoder::RefType {
                    nullable: false,
                    heap_type: wasm_encoder::HeapType::Concrete(ty + place),
                }),
            })
        };
        types.ty().function([encoded(places[0], from)?], [encoded(places[1], into)?]);
        let mut functions = FunctionSection::new();
        functions.function(all);
        let mut f = Function::new([]);
        f.instruction(&Instruction::LocalGet(0)).instruction(&Instruction::End);
        let mut code = CodeSection::new();
        code.function(&f);
        let mut module = wasm_encoder::Module::new();
        module.section(&types).section(&functions).section(&code);
        Ok(Module::new(&module.finish(), features::all()).is_ok())
    };
    valid().unwrap_or(false)
}
