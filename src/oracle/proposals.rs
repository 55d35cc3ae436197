//! The proposals that another engine lacks, determined by asking it, and those that a module needs.

use super::OracleError;
use super::connection::{Connection, HELLO};
use super::wire::{Step, hex};
use crate::module::{Module, TableType, WasmFeatures, features};
use wasmparser::{Parser, Payload, TypeRef};

/// Tables with 64-bit addresses: a later part of the proposal memory64, and the only part that some engines lack.
const TABLE64: &str = "table64";

/// A module for each feature, which uses nothing newer.
const SAMPLES: &[(&str, &str)] = &[
    ("mutable-global", "(module (global (export \"g\") (mut i32) (i32.const 0)))"),
    ("sign-extension", "(module (func (param i32) (result i32) (i32.extend8_s (local.get 0))))"),
    ("saturating-float-to-int", "(module (func (param f32) (result i32) (i32.trunc_sat_f32_s (local.get 0))))"),
    ("multi-value", "(module (func (result i32 i32) (i32.const 0) (i32.const 0)))"),
    ("bulk-memory", "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0))))"),
    ("reference-types", "(module (func (param externref)))"),
    ("simd", "(module (func (param v128)))"),
    ("relaxed-simd", "(module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))"),
    ("threads", "(module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))"),
    ("tail-call", "(module (func $f (return_call $f)))"),
    ("extended-const", "(module (global i32 (i32.add (i32.const 1) (i32.const 1))))"),
    ("multi-memory", "(module (memory 1) (memory 1))"),
    ("memory64", "(module (memory i64 1))"),
    (TABLE64, "(module (table i64 1 funcref))"),
    ("function-references", "(module (type $t (func)) (func (param (ref null $t))))"),
    ("exceptions", "(module (tag) (func (block (try_table (catch_all 0)))))"),
    ("gc", "(module (type $t (struct (field i32))) (func (drop (struct.new $t (i32.const 0)))))"),
    ("compact-imports", COMPACT),
    ("custom-page-sizes", "(module (memory 1 (pagesize 1)))"),
    ("wide-arithmetic", "(module (func (param i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 0))))"),
    ("stack-switching", "(module (type $f (func)) (type $c (cont $f)) (func (param (ref null $c))))"),
    ("legacy-exceptions", LEGACY),
    ("custom-descriptors", "(module (rec (type $a (descriptor $b) (struct)) (type $b (describes $a) (struct))))"),
];

/// `(import "a" (item "b" (func)) (item "c" (func)))`, in the binary form that has the module's name once.
const COMPACT: &str = "\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x0e\x01\x01a\0\x7f\x02\x01b\0\0\x01c\0\0";
/// `(func try catch_all end)`
const LEGACY: &str = "\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x08\x01\x06\0\x06\x40\x19\x0b\x0b";

/// The features that include another one, and so depend on it.
fn with_dependents(name: &str) -> WasmFeatures {
    let of = |name: &str| features::by_name(name).expect("a feature");
    let more: &[&str] = match name {
        "simd" => &["relaxed-simd"],
        "reference-types" => &["function-references", "gc", "custom-descriptors", "stack-switching"],
        "function-references" => &["gc", "custom-descriptors", "stack-switching"],
        "gc" => &["custom-descriptors"],
        _ => &[],
    };
    more.iter().fold(of(name), |all, name| all | of(name))
}

/// The name of each feature, and a binary that needs it.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let sample = |(name, text): &(&'static str, &str)| {
        let binary = text.starts_with('\0').then(|| text.as_bytes().to_vec());
        (
            *name,
            binary.or_else(|| wat::parse_str(text).ok()).unwrap_or_else(|| panic!("the sample of {name} is no module")),
        )
    };
    SAMPLES.iter().map(sample).collect()
}

/// Asks an engine for the features that it lacks: those whose sample it rejects.
///
/// # Errors
/// The driver does not answer.
pub fn lacking(connection: &mut Connection) -> Result<Vec<&'static str>, OracleError> {
    let samples = samples();
    let modules: Vec<u64> = samples.iter().map(|_| connection.number()).collect();
    let compile = |((_, bytes), module): (&(_, Vec<u8>), &u64)| Step::Module { module: *module, bytes: hex(bytes) };
    let steps = samples.iter().zip(&modules).map(compile).chain([Step::Forget { modules: modules.clone() }]);
    let id = connection.send(steps.collect())?;
    let ends = match connection.receive(id, HELLO)? {
        Ok(ends) => ends,
        Err(lost) => return Err(connection.broken(format!("failed when asked for its features: {lost}"))),
    };
    let taken = connection.taken(&ends, samples.len())?;
    Ok(samples.iter().zip(taken).filter(|(_, taken)| !taken).map(|((name, _), _)| *name).collect())
}

/// Those of the features that a binary needs: without them it is decoded differently, or rejected at another place.
pub fn needed<'l>(bytes: &[u8], lacking: &'l [&'static str]) -> impl Iterator<Item = &'static str> + use<'l> {
    let has_table64 = lacking.contains(&TABLE64) && has_table64(bytes);
    let bytes = bytes.to_vec();
    let read = move |without: WasmFeatures| {
        Module::new(&bytes, features::all().difference(without)).map(drop).map_err(|e| e.to_string())
    };
    let whole = read(WasmFeatures::empty());
    lacking.iter().copied().filter(move |&name| match name {
        TABLE64 => has_table64,
        name => read(with_dependents(name)) != whole,
    })
}

/// Whether a module declares or imports a table with 64-bit addresses, as far as it can be read.
fn has_table64(bytes: &[u8]) -> bool {
    let is_64 = |table: &TableType| table.table64;
    Parser::new(0).parse_all(bytes).map_while(Result::ok).any(|payload| match payload {
        Payload::TableSection(tables) => tables.into_iter().map_while(Result::ok).any(|table| is_64(&table.ty)),
        Payload::ImportSection(imports) => imports
            .into_imports()
            .map_while(Result::ok)
            .any(|import| matches!(&import.ty, TypeRef::Table(table) if is_64(table))),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_sample_needs_its_feature_and_is_valid_with_all() {
        for (name, bytes) in samples() {
            Module::new(&bytes, features::all()).unwrap_or_else(|e| panic!("{name}: {e}"));
            let lacking = [name];
            assert_eq!(needed(&bytes, &lacking).collect::<Vec<_>>(), [name]);
        }
    }

    /// A feature depends on those that it includes, but not the other way round.
    #[test]
    fn what_modules_need() {
        let lacking = ["simd", "relaxed-simd", "threads", "reference-types", "function-references", "gc"];
        for (text, expected) in [
            ("(module (func))", &[][..]),
            ("(module (func (param v128)))", &["simd"]),
            (
                "(module (func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0)))))",
                &["simd", "relaxed-simd"],
            ),
            ("(module (func (param externref)))", &["reference-types"]),
            ("(module (type (struct)))", &["reference-types", "function-references", "gc"]),
        ] {
            let bytes = wat::parse_str(text).expect("a module");
            assert_eq!(needed(&bytes, &lacking).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn a_table_has_64_bit_addresses_wherever_it_is_from() {
        for (text, expected) in [
            ("(module (table 1 funcref) (table i64 1 funcref))", &[TABLE64][..]),
            ("(module (import \"a\" \"g\" (global i32)) (import \"a\" \"t\" (table i64 1 funcref)))", &[TABLE64]),
            ("(module (import \"a\" \"t\" (table 1 funcref)) (import \"a\" \"m\" (memory i64 1)))", &[]),
            ("(module (memory i64 1) (table 1 funcref))", &[]),
        ] {
            let bytes = wat::parse_str(text).expect("a module");
            assert_eq!(needed(&bytes, &[TABLE64]).collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn all_features_have_samples() {
        let of = |name: &str| features::by_name(name).expect("a feature");
        let known = SAMPLES
            .iter()
            .filter(|(name, _)| *name != TABLE64)
            .fold(WasmFeatures::empty(), |known, (name, _)| known | of(name));
        let missing: Vec<&str> = features::all().difference(known).iter_names().map(|(name, _)| name).collect();
        assert_eq!(missing, ["FLOATS", "GC_TYPES"], "features without a sample");
    }
}
