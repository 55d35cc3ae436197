//! Rejects operators of missing proposals. Operators are read without the validator, but under the features of the
//! language: without a proposal its opcodes are *illegal*, which makes a module malformed, while wasmparser's validator
//! calls it invalid.

use wasmparser::{
    AbstractHeapType, BinaryReaderError, BlockType, HeapType, MemArg, OperatorsReader, RefType, ValType, VisitOperator,
    VisitSimdOperator, WasmFeatures, for_each_visit_operator, for_each_visit_simd_operator,
};

/// The text for a byte that is not a value type: the specification's interpreter tries a reference type last.
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
    /// Text, and offset of the operator.
    Illegal(String, usize),
}

impl GateError {
    /// The text, and the offset in the binary.
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

/// The gate's verdict on an operator; `Err` is a text.
type Verdict = Result<(), &'static str>;

impl Gate {
    pub fn new(features: WasmFeatures) -> Gate {
        Gate { features, uses_data: false }
    }

    /// Reads all operators, which must end with the reader's last byte.
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

    /// Alignments of 2^32 and more were syntax errors until the memory index moved in between.
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
