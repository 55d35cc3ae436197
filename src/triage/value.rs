//! Values that outlive their store. A reference is described by its target instead of its address, so that the values
//! of two stores are equal where the stores agree.

use crate::module::ValType;
use crate::module::text::{Readable, tokens};
use crate::runtime::store::{Cont, Object, Store};
use crate::runtime::types::TypeId;
use crate::runtime::value::{GcRef, Ref, Val};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use wast::parser::{self, Parse, Parser};
use wast::token::{F32, F64};

/// The depth to which references are followed into objects.
const DEPTH: u32 = 4;
/// The maximum number of fields and elements visited in total.
const VALUES: u32 = 4096;

/// A value that is independent of its store, compared by bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PortableValue {
    /// An i32.
    I32(u32),
    /// An i64.
    I64(u64),
    /// The bits of an f32.
    F32(u32),
    /// The bits of an f64.
    F64(u64),
    /// A v128.
    V128(u128),
    /// A null reference of any type.
    Null,
    /// A function of an instance: the numbers of the instance and of the function.
    Func(u32, u32),
    /// A function of the host.
    HostFunc,
    /// A host value as externref.
    Extern(u64),
    /// An i31, unsigned.
    I31(u32),
    /// Any other object, as a hash of its contents, limited to four levels of references and a number of values.
    Object(u64),
}

/// A type as a number that does not depend on what else the process has declared.
fn declared(ty: TypeId, store: &Store) -> u64 {
    store.type_origin(ty).map_or(u64::MAX, |(instance, index)| u64::from(instance.0) << 32 | u64::from(index))
}

/// The number of fields and elements that may still be visited: objects may be shared many times over.
struct VisitBudget(Cell<u32>);

impl VisitBudget {
    fn take(&self) -> bool {
        self.0.get().checked_sub(1).map(|left| self.0.set(left)).is_some()
    }
}

/// The maximum number of fields and elements visited for all the elements of a table.
const TABLE_VALUES: u32 = 1 << 20;

/// Copies many references out of a store in which nothing executes meanwhile. Each object is visited once. After very many
/// values, only the kinds and lengths of objects are read.
pub struct ObjectReader<'a> {
    store: &'a Store,
    known: HashMap<GcRef, PortableValue>,
    left: u32,
}

impl<'a> ObjectReader<'a> {
    /// Returns a reader of this store.
    pub fn new(store: &'a Store) -> ObjectReader<'a> {
        ObjectReader { store, known: HashMap::new(), left: TABLE_VALUES }
    }

    /// Copies a reference.
    pub fn read(&mut self, value: Ref) -> PortableValue {
        let Ref::Gc(object) = value else { return PortableValue::of(Val::Ref(value), self.store) };
        if let Some(known) = self.known.get(&object) {
            return *known;
        }
        let most = VALUES.min(self.left);
        let left = VisitBudget(Cell::new(most));
        let read = PortableValue::within(Val::Ref(value), self.store, DEPTH, &left);
        self.left -= most - left.0.get();
        self.known.insert(object, read);
        read
    }
}

impl PortableValue {
    /// Copies a value out of a store.
    pub fn of(value: Val, store: &Store) -> PortableValue {
        PortableValue::within(value, store, DEPTH, &VisitBudget(Cell::new(VALUES)))
    }

    fn within(value: Val, store: &Store, depth: u32, left: &VisitBudget) -> PortableValue {
        match value {
            Val::I32(v) => PortableValue::I32(v),
            Val::I64(v) => PortableValue::I64(v),
            Val::F32(v) => PortableValue::F32(v),
            Val::F64(v) => PortableValue::F64(v),
            Val::V128(v) => PortableValue::V128(v),
            Val::Ref(Ref::Null) => PortableValue::Null,
            Val::Ref(Ref::Func(f)) => match store.func_origin(f) {
                Some((instance, index)) => PortableValue::Func(instance.0, index),
                None => PortableValue::HostFunc,
            },
            Val::Ref(Ref::Gc(object)) => PortableValue::object(object, store, depth, left),
        }
    }

    fn object(object: GcRef, store: &Store, depth: u32, left: &VisitBudget) -> PortableValue {
        let mut hash = Hash::new();
        let Some(deeper) = depth.checked_sub(1) else { return PortableValue::Object(0) };
        match store.object(object) {
            Object::HostExtern(v) => return PortableValue::Extern(v),
            Object::I31(v) => return PortableValue::I31(v),
            Object::Array(ty, len) => {
                hash.word(1);
                hash.word(declared(ty, store));
                hash.word(u64::from(len));
                let seen = (0..len).take_while(|_| left.take());
                seen.for_each(|i| {
                    hash.value(PortableValue::within(store.array_element(object, i), store, deeper, left))
                });
            }
            Object::Struct(ty, fields) => {
                hash.word(3);
                hash.word(declared(ty, store));
                let seen = fields.into_iter().take_while(|_| left.take());
                seen.for_each(|v| hash.value(PortableValue::within(v, store, deeper, left)));
            }
            Object::Cont(cont) => {
                hash.word(4);
                hash.word(match cont {
                    Cont::Consumed => 0,
                    Cont::Suspended => 1,
                    Cont::Fresh { bound, .. } => 2 + bound as u64,
                });
                if let Cont::Fresh { ty, func, .. } = cont {
                    hash.word(declared(ty, store));
                    hash.value(PortableValue::within(Val::Ref(Ref::Func(func)), store, deeper, left));
                }
            }
            Object::Exception { tag, payload } => {
                hash.word(2);
                hash.word(u64::from(tag.0));
                let seen = payload.into_iter().take_while(|_| left.take());
                seen.for_each(|v| hash.value(PortableValue::within(v, store, deeper, left)));
            }
        }
        PortableValue::Object(hash.end())
    }

    /// Converts the value into an argument of this type; `None` if it does not have this type.
    pub fn argument(self, ty: ValType, store: &mut Store) -> Option<Val> {
        let value = match self {
            PortableValue::Extern(v) => Val::Ref(store.new_extern(v)),
            other => other.plain()?,
        };
        store.has_type(value, ty).then_some(value)
    }

    /// Returns the value if it needs no store: a number, a vector or null.
    pub fn plain(self) -> Option<Val> {
        Some(match self {
            PortableValue::I32(v) => Val::I32(v),
            PortableValue::I64(v) => Val::I64(v),
            PortableValue::F32(v) => Val::F32(v),
            PortableValue::F64(v) => Val::F64(v),
            PortableValue::V128(v) => Val::V128(v),
            PortableValue::Null => Val::Ref(Ref::Null),
            PortableValue::Extern(_)
            | PortableValue::Func(..)
            | PortableValue::HostFunc
            | PortableValue::I31(_)
            | PortableValue::Object(_) => return None,
        })
    }

    /// Parses an argument in the text format, as in a module (`-1`, `0x1p-3`, `nan:0x200000`); `null`, or `ref.null`, is a null
    /// reference. Vectors are parsed by [`vector`].
    pub fn parse(ty: ValType, text: &str) -> Option<PortableValue> {
        Some(match ty {
            // A leading plus or minus sign is part of the number's token.
            ValType::I32 => PortableValue::I32(constant::<i32>("i32.const", text)? as u32),
            ValType::I64 => PortableValue::I64(constant::<i64>("i64.const", text)? as u64),
            ValType::F32 => PortableValue::F32(constant::<F32>("f32.const", text)?.bits),
            ValType::F64 => PortableValue::F64(constant::<F64>("f64.const", text)?.bits),
            ValType::V128 => PortableValue::V128(vector(text)?),
            ValType::Ref(r) if r.is_nullable() && ["null", "ref.null"].contains(&text) => PortableValue::Null,
            ValType::Ref(_) => return None,
        })
    }

    /// Formats the value as [`PortableValue::parse`] reads it. References other than null are described.
    pub fn literal(self) -> String {
        match self {
            PortableValue::I32(v) => (v as i32).to_string(),
            PortableValue::I64(v) => (v as i64).to_string(),
            PortableValue::F32(bits) => {
                let (v, payload) = (f32::from_bits(bits), u64::from(bits & 0x7f_ffff));
                if v.is_nan() { nan(bits >> 31 != 0, payload) } else { float(v) }
            }
            PortableValue::F64(bits) => {
                let (v, payload) = (f64::from_bits(bits), bits & 0xf_ffff_ffff_ffff);
                if v.is_nan() { nan(bits >> 63 != 0, payload) } else { float(v) }
            }
            PortableValue::V128(v) => format!("0x{v:032x}"),
            PortableValue::Null => "null".into(),
            PortableValue::Func(0, index) => format!("func {index}"),
            PortableValue::Func(instance, index) => format!("func {index} of instance {instance}"),
            PortableValue::HostFunc => "host function".into(),
            PortableValue::Extern(v) => format!("extern {v}"),
            PortableValue::I31(v) => format!("i31 {}", (v << 1) as i32 >> 1),
            PortableValue::Object(hash) => format!("object {hash:016x}"),
        }
    }

    /// Formats the value as an argument or an expected result of this type in a script; `None` if a script cannot
    /// express it.
    pub fn script(self, ty: ValType) -> Option<String> {
        Some(match self {
            PortableValue::I32(_) | PortableValue::I64(_) | PortableValue::F32(_) | PortableValue::F64(_) => {
                format!("({ty}.const {})", self.literal())
            }
            PortableValue::V128(v) => format!("(v128.const i64x2 {:#018x} {:#018x})", v as u64, (v >> 64) as u64),
            PortableValue::Null => "(ref.null)".into(),
            PortableValue::Func(..) | PortableValue::HostFunc => "(ref.func)".into(),
            PortableValue::Extern(v) => format!("(ref.extern {v})"),
            PortableValue::I31(_) => "(ref.i31)".into(),
            PortableValue::Object(_) => return None,
        })
    }
}

/// What can be an argument of a reference type: the end of the message that a text is not one. Empty for other types.
pub fn references_to_give(ty: ValType) -> &'static str {
    match ty {
        ValType::Ref(r) if r.is_nullable() => "; the only reference that can be given is null",
        ValType::Ref(_) => "; the only reference that can be given is null, which this type does not have",
        _ => "",
    }
}

/// Parses a v128: all its bits, as in `0xf`, or the text after `v128.const`, as in `i32x4 1 -2 3 4`.
pub fn vector(text: &str) -> Option<u128> {
    if let Some(digits) = text.strip_prefix("0x") {
        // A sign is not a digit, but `from_str_radix` accepts one.
        return digits.chars().all(|c| c.is_ascii_hexdigit()).then(|| u128::from_str_radix(digits, 16).ok())?;
    }
    let constant = constant::<wast::core::V128Const>("v128.const", text)?;
    Some(u128::from_le_bytes(constant.to_le_bytes()))
}

/// What a module has after a keyword.
struct Behind<T>(T);

impl<'a, T: Parse<'a>> Parse<'a> for Behind<T> {
    fn parse(parser: Parser<'a>) -> parser::Result<Behind<T>> {
        parser.step(|cursor| match cursor.keyword()? {
            Some((_, rest)) => Ok(((), rest)),
            None => Err(cursor.error("expected a keyword")),
        })?;
        parser.parse().map(Behind)
    }
}

/// Parses the text after a keyword, as in a module.
fn constant<T>(keyword: &str, text: &str) -> Option<T>
where
    for<'a> T: Parse<'a>,
{
    let text = format!("{keyword} {text}");
    let readable = Readable::without_try(&text);
    let buffer = tokens(readable.text()).ok()?;
    parser::parse::<Behind<T>>(&buffer).ok().map(|Behind(value)| value)
}

fn nan(negative: bool, payload: u64) -> String {
    format!("{}nan:{payload:#x}", if negative { "-" } else { "" })
}

/// The shortest text that is read back as this number, with an exponent if it is large or small. (The text format calls infinity
/// `inf`, and writes exponents, as Rust does.)
fn float<F: fmt::Display + fmt::Debug>(value: F) -> String {
    match format!("{value:?}") {
        with_exponent if with_exponent.contains('e') => with_exponent,
        _ => value.to_string(),
    }
}

impl fmt::Display for PortableValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ty = match self {
            PortableValue::I32(_) => "i32 ",
            PortableValue::I64(_) => "i64 ",
            PortableValue::F32(_) => "f32 ",
            PortableValue::F64(_) => "f64 ",
            PortableValue::V128(_) => "v128 ",
            _ => "",
        };
        write!(f, "{ty}{}", self.literal())
    }
}

/// Formats values, separated by commas.
pub fn list(values: &[PortableValue]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A fast 64-bit hash, the same in every process. It does not resist deliberate collisions.
#[derive(Clone, Copy)]
pub struct Hash(u64);

impl Hash {
    /// Returns the hash of nothing.
    #[expect(clippy::new_without_default, reason = "an empty hash is not a useful default")]
    pub fn new() -> Hash {
        Hash(0x9e37_79b9_7f4a_7c15)
    }

    /// Adds a word.
    pub fn word(&mut self, word: u64) {
        // A rotation, since the low bits of a product do not depend on the high bits of a factor.
        self.0 = (self.0 ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd).rotate_left(29);
    }

    /// Adds bytes; the length counts.
    pub fn bytes(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|w| self.word(u64::from_le_bytes(*w)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.word(u64::from_le_bytes(last) ^ (rest.len() as u64) << 56);
    }

    /// Adds a value.
    pub fn value(&mut self, value: PortableValue) {
        let (kind, low, high) = match value {
            PortableValue::I32(v) => (1, u64::from(v), 0),
            PortableValue::I64(v) => (2, v, 0),
            PortableValue::F32(v) => (3, u64::from(v), 0),
            PortableValue::F64(v) => (4, v, 0),
            PortableValue::V128(v) => (5, v as u64, (v >> 64) as u64),
            PortableValue::Null => (6, 0, 0),
            PortableValue::Func(instance, index) => (7, u64::from(instance), u64::from(index)),
            PortableValue::HostFunc => (8, 0, 0),
            PortableValue::Extern(v) => (9, v, 0),
            PortableValue::Object(v) => (10, v, 0),
            PortableValue::I31(v) => (11, u64::from(v), 0),
        };
        self.word(low ^ kind << 59);
        if high != 0 {
            self.word(high);
        }
    }

    /// Returns the hash of everything added so far.
    pub fn end(self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_read_back() {
        let floats = [0.0, -0.0, 1.5, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE, 1e-45, 3.4e38, -0.1];
        let mut values: Vec<(ValType, PortableValue)> = vec![
            (ValType::I32, PortableValue::I32(u32::MAX)),
            (ValType::I32, PortableValue::I32(1 << 31)),
            (ValType::I64, PortableValue::I64(1 << 63)),
            (ValType::F32, PortableValue::F32(0xff80_0001)),
            (ValType::F64, PortableValue::F64(0x7ff0_0000_0000_0001)),
            (ValType::V128, PortableValue::V128(1 << 100)),
            (ValType::FUNCREF, PortableValue::Null),
        ];
        values.extend(floats.map(|v| (ValType::F32, PortableValue::F32(v.to_bits()))));
        values.extend(floats.map(|v| (ValType::F64, PortableValue::F64(f64::from(v).to_bits()))));
        values.push((ValType::F64, PortableValue::F64(5e-324f64.to_bits())));
        for (ty, value) in values {
            assert_eq!(PortableValue::parse(ty, &value.literal()), Some(value), "{}", value.literal());
        }
        let vectors =
            [("0x1f", Some(31)), ("i64x2 1 -2", Some(((u128::MAX - 1) << 64) | 1)), ("0x", None), ("0x-1", None)];
        let more =
            [("", None), ("31", None), ("i32x4 1 2 3", None), ("0x1_0000_0000_0000_0000_0000_0000_0000_0000", None)];
        for (text, value) in vectors.into_iter().chain(more) {
            assert_eq!(vector(text), value, "{text}");
        }
        assert_eq!(vector(&format!("0x1{:032x}", 0)), None);
        for text in ["1 2", "", "i32.const 1", "(i32.const 1)", "1) (i32.const 2"] {
            assert_eq!(PortableValue::parse(ValType::I32, text), None, "{text}");
        }
        assert_eq!(PortableValue::parse(ValType::I32, "4294967296"), None);
        for nullable in [true, false] {
            let ty = ValType::Ref(wasmparser::RefType::new(nullable, wasmparser::HeapType::FUNC).expect("a type"));
            for (text, is_null) in
                [("null", true), ("ref.null", true), ("ref.null func", false), ("nul", false), ("0", false)]
            {
                let null = (nullable && is_null).then_some(PortableValue::Null);
                assert_eq!(PortableValue::parse(ty, text), null, "{text}");
            }
        }
    }

    /// No float has more than 24 characters.
    #[test]
    fn large_and_small_floats_have_exponents() {
        for (value, literal) in [
            (1e300, "1e300"),
            (-1e-300, "-1e-300"),
            (f64::MAX, "1.7976931348623157e308"),
            (-2.2250738585072014e-308, "-2.2250738585072014e-308"),
            (5e-324, "5e-324"),
            (1e16, "1e16"),
            (9007199254740992.0, "9007199254740992"),
            (0.0001, "0.0001"),
            (0.00001, "1e-5"),
            (-0.0, "-0"),
            (1.0, "1"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            let value = PortableValue::F64(value.to_bits());
            assert_eq!(value.literal(), literal);
            assert_eq!(PortableValue::parse(ValType::F64, literal), Some(value), "{literal}");
        }
        for (value, literal) in
            [(3e38, "3e38"), (1e-45, "1e-45"), (f32::MIN, "-3.4028235e38"), (16777216.0, "16777216")]
        {
            let value = PortableValue::F32(value.to_bits());
            assert_eq!(value.literal(), literal);
            assert_eq!(PortableValue::parse(ValType::F32, literal), Some(value), "{literal}");
        }
    }

    /// As in a module, where long hexadecimal floats are rewritten for the parser.
    #[test]
    fn long_hexadecimal_floats_have_their_values() {
        for (text, f32, f64) in [
            ("0x1.00000101", 0x3f80_0001, 0x3ff0_0000_1010_0000),
            ("-0x1.0000_0101", 0xbf80_0001, 0xbff0_0000_1010_0000),
            ("0x1.00000000000001001", 0x3f80_0000, 0x3ff0_0000_0000_0000),
            ("0x1.00000000000008001", 0x3f80_0000, 0x3ff0_0000_0000_0001),
            ("0x1p-99999999999", 0, 0),
            ("-0x1p-99999999999", 1 << 31, 1 << 63),
        ] {
            assert_eq!(PortableValue::parse(ValType::F32, text), Some(PortableValue::F32(f32)), "{text}");
            assert_eq!(PortableValue::parse(ValType::F64, text), Some(PortableValue::F64(f64)), "{text}");
            let lanes = |lane: u32| u128::from(lane) | u128::from(1f32.to_bits()) << 64;
            assert_eq!(vector(&format!("f32x4 {text} 0 1 0")), Some(lanes(f32)), "{text}");
            assert_eq!(vector(&format!("f64x2 0 {text}")), Some(u128::from(f64) << 64), "{text}");
        }
    }

    /// The result of a function whose body is this expression.
    fn made(expression: &str) -> PortableValue {
        use crate::engine::{Config, Engine};
        use crate::triage::observe::{Bounds, StepEnd, execute};
        use crate::triage::subject::{DrivenBy, Subject};
        let wat = format!(
            r#"(module (type $a (struct (field i32))) (type $b (sub (struct (field i32))))
                 (type $i8 (array i8)) (type $i16 (array i16)) (type $any (array anyref))
                 (type $list (struct (field i32) (field (ref null $list))))
                 (func (export "f") (result anyref) {expression}))"#
        );
        let drive = DrivenBy::Exports { seed: 0, rounds: 1, fuel: None, hostless: false };
        let prepared = Subject { bytes: wat::parse_str(wat).unwrap(), provider: None, drive }.prepare().unwrap();
        let seen = execute(&prepared, &Engine::new(Config::default()).unwrap(), &Bounds::default());
        match &seen.steps[1].end {
            StepEnd::Values(values) => values[0],
            end => panic!("{end}"),
        }
    }

    /// Tests objects with the same contents and different types.
    #[test]
    fn objects_differ_by_their_types() {
        let of = ["(struct.new $a (i32.const 1))", "(struct.new $b (i32.const 1))"].map(made);
        assert_ne!(of[0], of[1]);
        assert_eq!(of[0], made("(struct.new $a (i32.const 1))"));
        let of = ["$i8", "$i16"].map(|ty| made(&format!("(array.new {ty} (i32.const 1) (i32.const 3))")));
        assert_ne!(of[0], of[1]);
    }

    /// The contents of the fourth object count, and those of the fifth do not.
    #[test]
    fn objects_are_followed_to_four_levels() {
        let within = |levels: usize, inner: String, outer: [&str; 2]| {
            (0..levels).fold(inner, |text, _| format!("({} {text}{})", outer[0], outer[1]))
        };
        let list = |levels: usize, last: u32| {
            let inner = format!("(struct.new $list (i32.const {last}) (ref.null $list))");
            made(&within(levels, inner, ["struct.new $list (i32.const 0)", ""]))
        };
        let array = |levels: usize, last: u32| {
            let inner = format!("(array.new_fixed $any 1 (ref.i31 (i32.const {last})))");
            made(&within(levels, inner, ["array.new_fixed $any 1", ""]))
        };
        for (above, is_seen) in [(0, true), (3, true), (4, false)] {
            assert_eq!(list(above, 1) != list(above, 2), is_seen, "{above} structures above it");
        }
        // An i31 is also an object.
        for (above, is_seen) in [(0, true), (2, true), (3, false)] {
            assert_eq!(array(above, 1) != array(above, 2), is_seen, "{above} arrays above it");
        }
    }

    /// The three ways are: as an argument or in a report, in a script, and with the type.
    #[test]
    fn values_are_written_in_three_ways() {
        let any = ValType::Ref(wasmparser::RefType::ANYREF);
        let (func, host) = (ValType::FUNCREF, ValType::EXTERNREF);
        let vector = PortableValue::V128(1 << 64 | 2);
        let lanes = "(v128.const i64x2 0x0000000000000002 0x0000000000000001)";
        for (value, ty, literal, script, shown) in [
            (PortableValue::I32(u32::MAX), ValType::I32, "-1", Some("(i32.const -1)"), "i32 -1"),
            (PortableValue::I64(u64::MAX), ValType::I64, "-1", Some("(i64.const -1)"), "i64 -1"),
            (PortableValue::F32(0x3fc0_0000), ValType::F32, "1.5", Some("(f32.const 1.5)"), "f32 1.5"),
            (PortableValue::F64(1 << 63), ValType::F64, "-0", Some("(f64.const -0)"), "f64 -0"),
            (
                PortableValue::F64(0xfff8_0000_0000_0001),
                ValType::F64,
                "-nan:0x8000000000001",
                Some("(f64.const -nan:0x8000000000001)"),
                "f64 -nan:0x8000000000001",
            ),
            (
                vector,
                ValType::V128,
                "0x00000000000000010000000000000002",
                Some(lanes),
                "v128 0x00000000000000010000000000000002",
            ),
            (PortableValue::Null, any, "null", Some("(ref.null)"), "null"),
            (PortableValue::Func(0, 3), func, "func 3", Some("(ref.func)"), "func 3"),
            (PortableValue::Func(2, 3), func, "func 3 of instance 2", Some("(ref.func)"), "func 3 of instance 2"),
            (PortableValue::HostFunc, func, "host function", Some("(ref.func)"), "host function"),
            (PortableValue::Extern(7), host, "extern 7", Some("(ref.extern 7)"), "extern 7"),
            (PortableValue::I31(0x7fff_ffff), any, "i31 -1", Some("(ref.i31)"), "i31 -1"),
            (PortableValue::I31(0x3fff_ffff), any, "i31 1073741823", Some("(ref.i31)"), "i31 1073741823"),
            (PortableValue::Object(0xab), any, "object 00000000000000ab", None, "object 00000000000000ab"),
        ] {
            assert_eq!((&*value.literal(), value.script(ty).as_deref()), (literal, script));
            assert_eq!(value.to_string(), shown);
        }
    }

    #[test]
    fn hashes_of_different_values_differ() {
        use PortableValue as P;
        let of = |value| {
            let mut hash = Hash::new();
            hash.value(value);
            hash.end()
        };
        let numbers = [P::I32(1), P::I32(2), P::I64(1), P::F32(1), P::F64(1), P::V128(1), P::V128(2)];
        let wide = [P::V128(1 << 64), P::V128(1 << 64 | 1), P::V128(2 << 64)];
        let functions = [P::Func(0, 0), P::Func(0, 1), P::Func(1, 0), P::Func(1, 1), P::HostFunc];
        let references = [P::Null, P::Extern(1), P::I31(1), P::Object(1)];
        let all = numbers.into_iter().chain(wide).chain(functions).chain(references);
        let mut seen = HashMap::new();
        for value in all {
            assert_eq!(seen.insert(of(value), value), None, "{value}");
        }
    }

    #[test]
    fn hashes_of_different_bytes_differ() {
        let of = |bytes: &[u8]| {
            let mut h = Hash::new();
            h.bytes(bytes);
            h.end()
        };
        let mut seen = std::collections::HashSet::new();
        for len in 0..40 {
            assert!(seen.insert(of(&vec![0; len])), "{len} zeros");
            for at in 0..len {
                let mut bytes = vec![0; len];
                bytes[at] = 0x80;
                assert!(seen.insert(of(&bytes)), "{at} of {len}");
            }
        }
    }
}
