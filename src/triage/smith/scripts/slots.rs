//! The places of a module that hold a type, a limit or a mutability, and variants of the module with one of them changed.

use super::super::RewriteError;
use std::convert::Infallible;
use std::fmt::{Debug, Write};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{AbstractHeapType, BlockType, FieldType, HeapType, RefType, StorageType, SubType, ValType};
use wasmparser::{Parser, WasmFeatures};

/// The maximum number of declared types that are tried in a place: the first ones.
const MOST_TYPES: u32 = 64;

const NUMERIC: [ValType; 5] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];

const ABSTRACT: [AbstractHeapType; 14] = [
    AbstractHeapType::Func,
    AbstractHeapType::NoFunc,
    AbstractHeapType::Extern,
    AbstractHeapType::NoExtern,
    AbstractHeapType::Any,
    AbstractHeapType::Eq,
    AbstractHeapType::I31,
    AbstractHeapType::Struct,
    AbstractHeapType::Array,
    AbstractHeapType::None,
    AbstractHeapType::Exn,
    AbstractHeapType::NoExn,
    AbstractHeapType::Cont,
    AbstractHeapType::NoCont,
];

/// A module and its slots.
///
/// A slot is a place that holds a value type, a reference type, a heap type, a storage type, a block type, the index of a type, a
/// supertype, limits, or a flag: of mutability, of finality, of 64-bit addresses. Its alternatives are everything else that the
/// binary format allows there: each numeric type; each abstract heap type and each declared type (and one index beyond them),
/// nullable and not; limits that are one greater, one smaller, or absent.
pub struct Slots {
    module: Vec<u8>,
    heaps: Vec<HeapType>,
    types: u32,
    /// The number of alternatives of each slot, in the order of the binary format.
    counts: Vec<usize>,
}

/// A module that differs from another one in one slot.
pub struct Variant {
    /// The module.
    pub module: Vec<u8>,
    /// A description of the slot before and after.
    pub change: String,
}

impl Slots {
    /// Finds the slots of a module with this number of declared types, in a language with these features. Custom sections
    /// are left out of variants.
    ///
    /// # Errors
    /// The module cannot be read.
    pub fn new(module: &[u8], types: usize, features: WasmFeatures) -> Result<Slots, RewriteError> {
        let types = (types as u32).min(MOST_TYPES);
        let declared = (0..types).map(HeapType::Concrete);
        let known = |ty: &&AbstractHeapType| {
            features.stack_switching() || !matches!(ty, AbstractHeapType::Cont | AbstractHeapType::NoCont)
        };
        let heaps = ABSTRACT.iter().filter(known).map(|&ty| HeapType::Abstract { shared: false, ty });
        let heaps = heaps.chain(declared).collect();
        let mut slots = Slots { module: Vec::new(), heaps, types, counts: Vec::new() };
        let mut counting = Rewriter::new(&slots, None);
        let mut out = wasm_encoder::Module::new();
        counting.parse_core_module(&mut out, Parser::new(0), module).map_err(RewriteError::Encode)?;
        (slots.counts, slots.module) = (counting.counts, out.finish());
        Ok(slots)
    }

    /// The number of all alternatives of all slots.
    pub fn alternatives(&self) -> usize {
        self.counts.iter().sum()
    }

    /// The module with the alternative of this number in place of its slot; `None` if that is what the slot holds, or if the
    /// module cannot be encoded with it.
    ///
    /// # Panics
    /// If there are fewer alternatives.
    pub fn variant(&self, mut alternative: usize) -> Option<Variant> {
        let mut slot = 0;
        while alternative >= self.counts[slot] {
            alternative -= self.counts[slot];
            slot += 1;
        }
        let mut rewriter = Rewriter::new(self, Some((slot, alternative)));
        let mut out = wasm_encoder::Module::new();
        rewriter.parse_core_module(&mut out, Parser::new(0), &self.module).ok()?;
        let module = out.finish();
        (module != self.module).then_some(Variant { module, change: rewriter.change })
    }
}

/// A module without its custom sections; the module itself if it cannot be read.
pub fn without_custom_sections(module: &[u8]) -> Vec<u8> {
    let mut out = wasm_encoder::Module::new();
    let slots = Slots { module: Vec::new(), heaps: Vec::new(), types: 0, counts: Vec::new() };
    match Rewriter::new(&slots, None).parse_core_module(&mut out, Parser::new(0), module) {
        Ok(()) => out.finish(),
        Err(_) => module.to_vec(),
    }
}

/// Re-encodes a module, and counts its slots or changes one.
struct Rewriter<'s> {
    slots: &'s Slots,
    /// The slot to change, and its alternative.
    target: Option<(usize, usize)>,
    counts: Vec<usize>,
    /// Whether it is inside a slot, whose parts are not slots.
    inside: bool,
    change: String,
}

impl<'s> Rewriter<'s> {
    fn new(slots: &'s Slots, target: Option<(usize, usize)>) -> Rewriter<'s> {
        Rewriter { slots, target, counts: Vec::new(), inside: false, change: String::new() }
    }

    /// Counts a slot; returns the alternative that should replace it, if any.
    fn slot(&mut self, alternatives: usize) -> Option<usize> {
        if self.inside {
            return None;
        }
        self.counts.push(alternatives);
        self.target.filter(|(slot, _)| *slot + 1 == self.counts.len()).map(|(_, alternative)| alternative)
    }

    /// Encodes a slot and what it consists of, or its replacement.
    fn encode<A: Debug, B: Debug>(
        &mut self,
        before: A,
        alternatives: usize,
        alternative: impl FnOnce(&Slots, usize) -> B,
        plain: impl FnOnce(&mut Self, A) -> Result<B, Error<Infallible>>,
    ) -> Result<B, Error<Infallible>> {
        let chosen = self.slot(alternatives);
        let before_text = chosen.map(|_| format!("{before:?}"));
        let outer = std::mem::replace(&mut self.inside, true);
        let encoded = plain(self, before);
        self.inside = outer;
        let (Some(chosen), Some(text)) = (chosen, before_text) else { return encoded };
        let after = alternative(self.slots, chosen);
        let _ = write!(self.change, "{text} became {after:?}");
        Ok(after)
    }

    /// Passes a flag through, or flips it.
    fn flag(&mut self, name: &str, on: bool) -> bool {
        if self.slot(1).is_none() {
            return on;
        }
        let _ = write!(self.change, "{name}: {on} became {}", !on);
        !on
    }

    /// Passes limits through, or changes them. All limits have the same number of alternatives.
    fn limits(&mut self, minimum: u64, maximum: Option<u64>) -> (u64, Option<u64>) {
        let Some(alternative) = self.slot(6) else { return (minimum, maximum) };
        let limits = match alternative {
            0 => (minimum.saturating_add(1), maximum),
            1 => (minimum.saturating_sub(1), maximum),
            2 => (minimum, None),
            3 => (minimum, Some(maximum.map_or(minimum, |n| n.saturating_add(1)))),
            4 => (minimum, Some(maximum.map_or(minimum.saturating_add(1), |n| n.saturating_sub(1)))),
            _ => (minimum, Some(minimum)),
        };
        let _ = write!(self.change, "limits {minimum} {maximum:?} became {} {:?}", limits.0, limits.1);
        limits
    }
}

impl Slots {
    fn reference(&self, alternative: usize) -> RefType {
        RefType { nullable: alternative.is_multiple_of(2), heap_type: self.heaps[alternative / 2] }
    }

    fn references(&self) -> usize {
        2 * self.heaps.len()
    }

    fn value(&self, alternative: usize) -> ValType {
        match NUMERIC.get(alternative) {
            Some(&numeric) => numeric,
            None => ValType::Ref(self.reference(alternative - NUMERIC.len())),
        }
    }

    fn values(&self) -> usize {
        NUMERIC.len() + self.references()
    }
}

impl Reencode for Rewriter<'_> {
    type Error = Infallible;

    fn val_type(&mut self, ty: wasmparser::ValType) -> Result<ValType, Error<Infallible>> {
        self.encode(ty, self.slots.values(), Slots::value, utils::val_type)
    }

    fn ref_type(&mut self, ty: wasmparser::RefType) -> Result<RefType, Error<Infallible>> {
        self.encode(ty, self.slots.references(), Slots::reference, utils::ref_type)
    }

    fn heap_type(&mut self, ty: wasmparser::HeapType) -> Result<HeapType, Error<Infallible>> {
        self.encode(ty, self.slots.heaps.len(), |slots, n| slots.heaps[n], utils::heap_type)
    }

    fn storage_type(&mut self, ty: wasmparser::StorageType) -> Result<StorageType, Error<Infallible>> {
        let alternative = |slots: &Slots, n: usize| match n {
            0 => StorageType::I8,
            1 => StorageType::I16,
            n => StorageType::Val(slots.value(n - 2)),
        };
        self.encode(ty, 2 + self.slots.values(), alternative, utils::storage_type)
    }

    fn block_type(&mut self, ty: wasmparser::BlockType) -> Result<BlockType, Error<Infallible>> {
        let types = self.slots.types as usize;
        let alternative = |slots: &Slots, n: usize| match n {
            0 => BlockType::Empty,
            n if n <= types => BlockType::FunctionType(n as u32 - 1),
            n => BlockType::Result(slots.value(n - 1 - types)),
        };
        self.encode(ty, 1 + types + self.slots.values(), alternative, utils::block_type)
    }

    fn type_index(&mut self, ty: u32) -> Result<u32, Error<Infallible>> {
        self.encode(ty, self.slots.types as usize + 1, |_, n| n as u32, |_, ty| Ok(ty))
    }

    fn field_type(&mut self, ty: wasmparser::FieldType) -> Result<FieldType, Error<Infallible>> {
        let mutable = self.flag("mutable", ty.mutable);
        Ok(FieldType { mutable, ..utils::field_type(self, ty)? })
    }

    fn sub_type(&mut self, ty: wasmparser::SubType) -> Result<SubType, Error<Infallible>> {
        let is_final = self.flag("final", ty.is_final);
        let supers = ty.supertype_idxs.len();
        let mut sub = SubType { is_final, ..utils::sub_type(self, ty)? };
        // A declared supertype is the slot of its index; here it comes and goes.
        let alternatives = if supers == 0 { self.slots.types as usize } else { 1 };
        if let Some(alternative) = self.slot(alternatives) {
            let before = std::mem::take(&mut sub.supertype_idxs);
            sub.supertype_idxs.extend((supers == 0).then_some(alternative as u32));
            let _ = write!(self.change, "supertypes {before:?} became {:?}", sub.supertype_idxs);
        }
        Ok(sub)
    }

    fn global_type(&mut self, ty: wasmparser::GlobalType) -> Result<wasm_encoder::GlobalType, Error<Infallible>> {
        let mutable = self.flag("mutable", ty.mutable);
        Ok(wasm_encoder::GlobalType { mutable, ..utils::global_type(self, ty)? })
    }

    fn table_type(&mut self, ty: wasmparser::TableType) -> Result<wasm_encoder::TableType, Error<Infallible>> {
        let (minimum, maximum) = self.limits(ty.initial, ty.maximum);
        let table64 = self.flag("64-bit", ty.table64);
        Ok(wasm_encoder::TableType { minimum, maximum, table64, ..utils::table_type(self, ty)? })
    }

    fn memory_type(&mut self, ty: wasmparser::MemoryType) -> Result<wasm_encoder::MemoryType, Error<Infallible>> {
        let (minimum, maximum) = self.limits(ty.initial, ty.maximum);
        let memory64 = self.flag("64-bit", ty.memory64);
        let shared = self.flag("shared", ty.shared);
        Ok(wasm_encoder::MemoryType { minimum, maximum, memory64, shared, ..utils::memory_type(self, ty) })
    }

    // Names are useless in a variant, and other custom sections could be wrong about it.
    fn parse_custom_section(
        &mut self,
        _: &mut wasm_encoder::Module,
        _: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::{Module, features};

    fn slots(text: &str) -> Slots {
        let bytes = wat::parse_str(text).unwrap();
        let module = Module::new(&bytes, features::all()).unwrap();
        Slots::new(&bytes, module.types.len(), features::all()).unwrap()
    }

    /// Every variant, with whether it is valid.
    fn variants(slots: &Slots) -> Vec<(String, bool)> {
        let all = (0..slots.alternatives()).filter_map(|n| slots.variant(n));
        all.map(|v| (v.change, Module::new(&v.module, features::all()).is_ok())).collect()
    }

    #[test]
    fn each_slot_holds_everything_else_once() {
        // A parameter: 5 numeric types, and 14 + 1 heap types in two forms, without i32 itself.
        let one = slots("(module (type (func (param i32))))");
        let all = variants(&one);
        // And the flag of a final type; a supertype that is the type itself.
        assert_eq!(all.len(), (5 + 2 * 15 - 1) + 1 + 1, "{all:?}");
        let valid = all.iter().filter(|(_, valid)| *valid).count();
        assert_eq!(valid, all.len() - 1, "a type is not its own supertype");
        assert_eq!(all.iter().map(|(change, _)| change).collect::<std::collections::HashSet<_>>().len(), all.len());
    }

    #[test]
    fn limits_flags_and_indices_are_slots() {
        let of = |text: &str| variants(&slots(text)).into_iter().map(|(change, _)| change).collect::<Vec<_>>();
        let memory = of("(module (memory 2 3))");
        assert_eq!(
            memory,
            [
                "limits 2 Some(3) became 3 Some(3)",
                "limits 2 Some(3) became 1 Some(3)",
                "limits 2 Some(3) became 2 None",
                "limits 2 Some(3) became 2 Some(4)",
                "limits 2 Some(3) became 2 Some(2)",
                // The fifth and the last are the same here.
                "limits 2 Some(3) became 2 Some(2)",
                "64-bit: false became true",
                "shared: false became true",
            ]
        );
        // Without a maximum, there is none to remove.
        assert_eq!(
            of("(module (memory 2))")[..5],
            [
                "limits 2 None became 3 None",
                "limits 2 None became 1 None",
                "limits 2 None became 2 Some(2)",
                "limits 2 None became 2 Some(3)",
                "limits 2 None became 2 Some(2)",
            ]
        );
        let global = of("(module (import \"a\" \"b\" (global i64)))");
        assert_eq!(global[0], "mutable: false became true");
        assert_eq!(global.len(), 1 + 5 + 2 * 14 - 1);
        let code = of("(module (type (func)) (table 1 funcref) (func (block) (call_indirect (i32.const 0))))");
        assert!(code.iter().any(|c| c == "0 became 1"), "an index beyond all types: {code:?}");
        assert!(code.iter().any(|c| c == "Empty became Result(I32)"), "{code:?}");
        let sub = of("(module (type $a (sub (struct))) (type (sub $a (struct (field i8)))))");
        for change in
            ["supertypes [0] became []", "final: false became true", "I8 became I16", "supertypes [] became [1]"]
        {
            assert!(sub.iter().any(|c| c == change), "{change}: {sub:?}");
        }
    }
}
