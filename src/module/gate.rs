//! Rejects operators of missing proposals. Operators are read without the validator, but with the features of the
//! language: without a proposal its opcodes are *illegal*, which makes a module malformed, although wasmparser's
//! validator calls it invalid.

use wasmparser::{
    AbstractHeapType, BinaryReaderError, BlockType, HeapType, MemArg, OperatorsReader, RefType, ValType, VisitOperator,
    VisitSimdOperator, WasmFeatures, for_each_visit_operator, for_each_visit_simd_operator,
};

/// The message for a byte that is not a value type: the specification's interpreter tries a reference type last.
pub(super) const VALUE_TYPE: &str = "malformed reference type: no value type";

/// Reads the operators of an expression.
pub(super) struct Gate {
    features: WasmFeatures,
    /// Whether an operator named a data segment, which requires a data count section.
    pub uses_data: bool,
}

/// Why an operator cannot be read.
pub(super) enum GateError {
    Reader(BinaryReaderError),
    /// The message, and the offset of the operator.
    Illegal(String, usize),
}

impl GateError {
    /// Returns the message and the offset in the binary.
    pub fn into_parts(self) -> (String, usize) {
        match self {
            GateError::Reader(e) => (e.message().to_string(), e.offset() as usize),
            GateError::Illegal(text, offset) => (text, offset),
        }
    }
}

impl From<BinaryReaderError> for GateError {
    fn from(e: BinaryReaderError) -> Self {
        GateError::Reader(e)
    }
}

/// The gate's verdict on an operator; the `Err` is a message.
type Verdict = Result<(), &'static str>;

impl Gate {
    pub fn new(features: WasmFeatures) -> Gate {
        Gate { features, uses_data: false }
    }

    /// Reads all operators. The last one must end at the reader's last byte.
    pub fn read_all(&mut self, mut reader: OperatorsReader<'_>) -> Result<(), GateError> {
        while !reader.eof() {
            self.read(&mut reader)?;
        }
        Ok(reader.finish()?)
    }

    /// Reads one operator.
    pub fn read(&mut self, reader: &mut OperatorsReader<'_>) -> Result<(), GateError> {
        let at = reader.original_position() as usize;
        let opcode = reader.get_binary_reader();
        match reader.visit_operator(self)? {
            Ok(()) => Ok(()),
            Err(text) => {
                // Prefixed opcodes have a second part.
                let mut opcode = opcode;
                let first = opcode.read_u8().unwrap_or_default();
                let code = match first {
                    0xfb..=0xfe => format!("{first:02x} {:02x}", opcode.read_var_u32().unwrap_or_default()),
                    _ => format!("{first:02x}"),
                };
                let illegal = text.strip_prefix("illegal opcode").map(|why| format!("illegal opcode {code}{why}"));
                Err(GateError::Illegal(illegal.unwrap_or_else(|| text.to_string()), at))
            }
        }
    }

    /// Alignments of 2^32 and more were syntax errors until the memory index was encoded in between.
    fn memarg(&self, memarg: &MemArg) -> Verdict {
        if !self.features.multi_memory() && memarg.align >= 32 { Err("malformed memop flags") } else { Ok(()) }
    }

    fn heap_type(&self, ty: HeapType) -> Verdict {
        let features = &self.features;
        let known = match ty {
            HeapType::Abstract { shared: true, .. } => features.shared_everything_threads(),
            HeapType::Abstract { ty, .. } => match ty {
                AbstractHeapType::Func | AbstractHeapType::Extern => true,
                AbstractHeapType::Exn | AbstractHeapType::NoExn => features.exceptions(),
                AbstractHeapType::Cont | AbstractHeapType::NoCont => features.stack_switching(),
                _ => features.gc(),
            },
            HeapType::Concrete(_) => features.function_references(),
            HeapType::Exact(_) => features.custom_descriptors(),
        };
        if known { Ok(()) } else { Err("malformed heap type") }
    }

    fn value_type(&self, ty: ValType) -> Verdict {
        let known = match ty {
            ValType::V128 => self.features.simd(),
            ValType::Ref(RefType::FUNCREF | RefType::EXTERNREF) => self.features.reference_types(),
            ValType::Ref(ty) => {
                let spelt = self.features.function_references() || ty.is_nullable();
                spelt && self.heap_type(ty.heap_type()).is_ok()
            }
            _ => true,
        };
        if known { Ok(()) } else { Err(VALUE_TYPE) }
    }

    fn block_type(&self, ty: BlockType) -> Verdict {
        match ty {
            BlockType::Type(ty) => self.value_type(ty),
            BlockType::FuncType(_) if !self.features.multi_value() => Err(VALUE_TYPE),
            _ => Ok(()),
        }
    }
}

macro_rules! gate {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {$(
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Verdict {
            gate!(@notice self $visit);
            $(let _ = ($(&$arg,)*);)?
            if gate!(@on self.features, $proposal) {
                gate!(@immediates self ($($($arg)*)?) $($($arg)*)?)
            } else {
                Err(concat!("illegal opcode: ", stringify!($op), " needs ", stringify!($proposal)))
            }
        }
    )*};
    (@notice $self:ident visit_memory_init) => { $self.uses_data = true };
    (@notice $self:ident visit_data_drop) => { $self.uses_data = true };
    (@notice $self:ident visit_array_new_data) => { $self.uses_data = true };
    (@notice $self:ident visit_array_init_data) => { $self.uses_data = true };
    (@notice $self:ident $visit:ident) => {};
    (@on $features:expr, mvp) => { true };
    // Some of these operators came with the smaller part of bulk memory.
    (@on $features:expr, bulk_memory) => { $features.bulk_memory() || $features.bulk_memory_opt() };
    (@on $features:expr, $proposal:ident) => { $features.$proposal() };
    // A first argument of this name is an alignment and an offset.
    (@immediates $self:ident ($value:ident $($values:ident)*) memarg $($rest:ident)*) => { $self.memarg(&$value) };
    // The type of `ref.null`, which is older than most types.
    (@immediates $self:ident ($value:ident) hty) => { $self.heap_type($value) };
    (@immediates $self:ident ($value:ident) ty) => { $self.value_type($value) };
    (@immediates $self:ident ($value:ident) blockty) => { $self.block_type($value) };
    (@immediates $self:ident ($($values:ident)*) $($rest:ident)*) => { Ok(()) };
}

impl<'a> VisitOperator<'a> for Gate {
    type Output = Verdict;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Verdict>> {
        Some(self)
    }

    for_each_visit_operator!(gate);
}

impl<'a> VisitSimdOperator<'a> for Gate {
    for_each_visit_simd_operator!(gate);
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{BinaryReader, MemArgTarget, UnpackedIndex};

    const ALL: WasmFeatures = WasmFeatures::all();

    fn abstract_type(ty: AbstractHeapType) -> HeapType {
        HeapType::Abstract { shared: false, ty }
    }

    /// Each heap type with the feature that it requires.
    #[test]
    fn heap_types_are_of_their_proposals() {
        use AbstractHeapType as Type;
        let first = UnpackedIndex::Module(0);
        let gc = [Type::Any, Type::Eq, Type::I31, Type::Struct, Type::Array, Type::None, Type::NoFunc, Type::NoExtern];
        let gc = gc.map(|ty| (abstract_type(ty), WasmFeatures::GC));
        let others = [
            (abstract_type(Type::Exn), WasmFeatures::EXCEPTIONS),
            (abstract_type(Type::NoExn), WasmFeatures::EXCEPTIONS),
            (abstract_type(Type::Cont), WasmFeatures::STACK_SWITCHING),
            (abstract_type(Type::NoCont), WasmFeatures::STACK_SWITCHING),
            (HeapType::Abstract { shared: true, ty: Type::Func }, WasmFeatures::SHARED_EVERYTHING_THREADS),
            (HeapType::Abstract { shared: true, ty: Type::Exn }, WasmFeatures::SHARED_EVERYTHING_THREADS),
            (HeapType::Concrete(first), WasmFeatures::FUNCTION_REFERENCES),
            (HeapType::Exact(first), WasmFeatures::CUSTOM_DESCRIPTORS),
        ];
        for (ty, feature) in gc.into_iter().chain(others) {
            assert_eq!(Gate::new(WasmFeatures::WASM1 | feature).heap_type(ty), Ok(()), "{ty:?}");
            assert_eq!(Gate::new(ALL - feature).heap_type(ty), Err("malformed heap type"), "{ty:?}");
        }
        for ty in [Type::Func, Type::Extern] {
            assert_eq!(Gate::new(WasmFeatures::WASM1).heap_type(abstract_type(ty)), Ok(()), "{ty:?}");
        }
    }

    /// Values and blocks of each type, with the features that they require together.
    #[test]
    fn value_types_are_of_their_proposals() {
        let reference = |nullable, heap| ValType::Ref(RefType::new(nullable, heap).expect("a small index"));
        let (any, first) = (abstract_type(AbstractHeapType::Any), HeapType::Concrete(UnpackedIndex::Module(0)));
        let references = WasmFeatures::FUNCTION_REFERENCES;
        let none: &[WasmFeatures] = &[];
        for (ty, features) in [
            (ValType::I32, none),
            (ValType::F64, none),
            (ValType::V128, &[WasmFeatures::SIMD]),
            (ValType::FUNCREF, &[WasmFeatures::REFERENCE_TYPES]),
            (ValType::EXTERNREF, &[WasmFeatures::REFERENCE_TYPES]),
            (reference(true, any), &[WasmFeatures::GC]),
            (reference(false, any), &[WasmFeatures::GC, references]),
            (reference(true, first), &[references]),
            (reference(false, first), &[references]),
            (reference(false, abstract_type(AbstractHeapType::Func)), &[references]),
        ] {
            let all = features.iter().fold(WasmFeatures::WASM1, |all, &feature| all | feature);
            assert_eq!(Gate::new(all).value_type(ty), Ok(()), "{ty:?}");
            assert_eq!(Gate::new(all).block_type(BlockType::Type(ty)), Ok(()), "{ty:?}");
            for &feature in features {
                assert_eq!(Gate::new(ALL - feature).value_type(ty), Err(VALUE_TYPE), "{ty:?}");
                assert_eq!(Gate::new(ALL - feature).block_type(BlockType::Type(ty)), Err(VALUE_TYPE), "{ty:?}");
            }
        }
        let (older, newer) = (Gate::new(WasmFeatures::WASM1), Gate::new(WasmFeatures::MULTI_VALUE));
        assert_eq!((older.block_type(BlockType::Empty), newer.block_type(BlockType::Empty)), (Ok(()), Ok(())));
        assert_eq!(older.block_type(BlockType::FuncType(0)), Err(VALUE_TYPE));
        assert_eq!(newer.block_type(BlockType::FuncType(0)), Ok(()));
    }

    #[test]
    fn large_alignments_are_malformed_until_memories_have_indices() {
        for (align, is_known) in [(0, true), (31, true), (32, false), (63, false)] {
            let memarg = MemArg { align, max_align: 2, offset: 0, target: MemArgTarget::Memory(0), ordering: None };
            let expected = if is_known { Ok(()) } else { Err("malformed memop flags") };
            assert_eq!(Gate::new(ALL - WasmFeatures::MULTI_MEMORY).memarg(&memarg), expected, "{align}");
            assert_eq!(Gate::new(ALL).memarg(&memarg), Ok(()), "{align}");
        }
    }

    /// Reads operators that start at offset 5. Returns whether they name a data segment.
    fn read(bytes: &[u8], features: WasmFeatures) -> Result<bool, (String, usize)> {
        let mut gate = Gate::new(features);
        let reader = OperatorsReader::new(BinaryReader::new_features(bytes, 5, features));
        gate.read_all(reader).map_err(GateError::into_parts)?;
        Ok(gate.uses_data)
    }

    /// The message contains the complete opcode, and the offset is that of its first byte.
    #[test]
    fn operators_of_missing_proposals_are_named() {
        for (bytes, features, text) in [
            (&[0xc0][..], WasmFeatures::WASM1, "illegal opcode c0: I32Extend8S needs sign_extension"),
            (&[0xfc, 11, 0], WasmFeatures::WASM1, "illegal opcode fc 0b: MemoryFill needs bulk_memory"),
            (&[0xfd, 0xae, 1], WasmFeatures::WASM1, "illegal opcode fd ae: I32x4Add needs simd"),
            (&[0xfb, 0, 0], WasmFeatures::WASM2, "illegal opcode fb 00: StructNew needs gc"),
            (&[0xfe, 3, 0], WasmFeatures::WASM2, "illegal opcode fe 03: AtomicFence needs threads"),
            (&[0x28, 32, 0], WasmFeatures::WASM1, "malformed memop flags"),
        ] {
            let body = [&[0x01][..], bytes, &[0x0b]].concat();
            assert_eq!(read(&body, features), Err((text.to_string(), 6)), "{bytes:x?}");
            assert_eq!(read(&body, WasmFeatures::WASM3), Ok(false), "{bytes:x?}");
        }
        assert_eq!(read(&[0x01, 0xff], ALL), Err(("illegal opcode: 0xff".to_string(), 6)));
        assert_eq!(read(&[0x0b], WasmFeatures::WASM1), Ok(false));
        // The structures and the bytes must end at the same point.
        for bytes in [&[0x02, 0x40, 0x0b][..], &[0x0b, 0x01], &[0x01]] {
            assert!(read(bytes, ALL).is_err(), "{bytes:x?}");
        }
    }

    #[test]
    fn operators_that_name_data_are_noticed() {
        for (bytes, uses_data) in [
            (&[0xfc, 8, 0, 0][..], true),
            (&[0xfc, 9, 0], true),
            (&[0xfb, 9, 0, 0], true),
            (&[0xfb, 18, 0, 0], true),
            (&[0xfc, 10, 0, 0], false),
            (&[0xfc, 12, 0, 0], false),
            (&[0xfb, 10, 0, 0], false),
            (&[0xfb, 19, 0, 0], false),
        ] {
            let body = [bytes, &[0x0b]].concat();
            assert_eq!(read(&body, ALL), Ok(uses_data), "{bytes:x?}");
        }
    }
}
