//! Checks whether an export matches an import before both become one module, because the engine never sees the import.

use crate::module::{Import, ImportType, Module, RefType, ValType, features};
use std::convert::Infallible;
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, Function, FunctionSection, Instruction, TypeSection};
use wasmparser::{Parser, Payload};

/// Copies types after others.
struct Behind(u32);

impl Reencode for Behind {
    type Error = Infallible;

    fn type_index(&mut self, ty: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(ty + self.0)
    }
}

/// Whether `module` may import what `given` exports as `index`, as far as types can tell: a memory or a table that is too small
/// here may have grown. Types are compared by our own validator, which checks a module that converts a value of one type to the
/// other.
pub fn fits(module: &Module, import: &Import, given: &Module, index: u32) -> bool {
    let index = index as usize;
    let limits = |given: (u64, Option<u64>), wanted: (u64, Option<u64>)| {
        given.0 >= wanted.0 && wanted.1.is_none_or(|most| given.1.is_some_and(|has| has <= most))
    };
    match import.ty {
        // Exact types cannot be compared by a conversion.
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

/// Whether a value of one type is also a value of another one.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn module(fields: &str) -> Module {
        let bytes = wat::parse_str(format!("(module {fields})")).expect("a module");
        Module::new(&bytes, features::all()).unwrap_or_else(|e| panic!("{fields}: {e}"))
    }

    /// Tests what one module exports as `x` against the only import of another.
    #[test]
    fn exports_and_the_imports_that_they_fit() {
        const SUBTYPES: &str = "(type $a (sub (func))) (type $b (sub $a (func)))";
        let given_b = |what: &str| format!("{SUBTYPES} ({what} (export \"x\") (type $b))");
        let given_a = |what: &str| format!("{SUBTYPES} ({what} (export \"x\") (type $a))");
        let wanted = |what: &str, ty: &str| format!("{SUBTYPES} (import \"\" \"\" ({what} (type {ty})))");
        let cases = [
            ("memory", "1", "1", true),
            ("memory", "1", "0", true),
            ("memory", "1", "2", false),
            ("memory", "1 2", "1 2", true),
            ("memory", "1 2", "1 3", true),
            ("memory", "1 2", "1", true),
            ("memory", "1 2", "1 1", false),
            ("memory", "1", "1 3", false),
            ("memory", "i64 1", "1", false),
            ("memory", "i64 1", "i64 1", true),
            ("memory", "1 2 shared", "1 2", false),
            ("memory", "1 2 shared", "1 2 shared", true),
            ("memory", "1 (pagesize 1)", "1", false),
            ("memory", "1 (pagesize 1)", "1 (pagesize 1)", true),
            ("memory", "1", "1 (pagesize 65536)", true),
            ("table", "2 funcref", "2 funcref", true),
            ("table", "2 funcref", "3 funcref", false),
            ("table", "2 4 funcref", "1 4 funcref", true),
            ("table", "2 4 funcref", "1 3 funcref", false),
            ("table", "2 funcref", "2 externref", false),
            ("table", "2 nullfuncref", "2 funcref", false),
            ("table", "2 funcref", "2 nullfuncref", false),
            ("table", "i64 2 funcref", "2 funcref", false),
            ("table", "i64 2 funcref", "i64 2 funcref", true),
            ("func", "(param i32)", "(param i32)", true),
            ("func", "(param i32)", "", false),
            ("func", "(param i32)", "(param i64)", false),
            ("tag", "(param i32)", "(param i32)", true),
            ("tag", "(param i32)", "", false),
        ];
        let cases = cases.map(|(what, has, wants, fit)| {
            (format!("({what} (export \"x\") {has})"), format!("(import \"\" \"\" ({what} {wants}))"), fit)
        });
        let globals = [
            ("i32", "(i32.const 0)", "i32", true),
            ("i32", "(i32.const 0)", "i64", false),
            ("i32", "(i32.const 0)", "(mut i32)", false),
            ("(mut i32)", "(i32.const 0)", "i32", false),
            ("(mut i32)", "(i32.const 0)", "(mut i32)", true),
            ("nullfuncref", "(ref.null nofunc)", "funcref", true),
            ("funcref", "(ref.null nofunc)", "nullfuncref", false),
            ("(mut nullfuncref)", "(ref.null nofunc)", "(mut funcref)", false),
            ("(mut funcref)", "(ref.null nofunc)", "(mut nullfuncref)", false),
        ];
        let globals = globals.map(|(has, value, wants, fit)| {
            (format!("(global (export \"x\") {has} {value})"), format!("(import \"\" \"\" (global {wants}))"), fit)
        });
        // A function may have a subtype, but a tag must have exactly the type.
        let subtypes = [
            (given_b("func"), wanted("func", "$a"), true),
            (given_a("func"), wanted("func", "$b"), false),
            (given_b("tag"), wanted("tag", "$b"), true),
            (given_b("tag"), wanted("tag", "$a"), false),
            (given_a("tag"), wanted("tag", "$b"), false),
        ];
        for (has, wants, expected) in cases.iter().chain(&globals).chain(&subtypes) {
            let (given, user) = (module(has), module(wants));
            let index = given.export("x").expect("it is exported").index;
            assert_eq!(fits(&user, &user.imports[0], &given, index), *expected, "{has} as {wants}");
        }
    }
}
