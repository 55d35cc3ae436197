//! Describes the fault of a malformed binary in the words of the specification.
//!
//! The texts of the official testsuite are those of the specification's reference decoder: it reads the module in one
//! go, bounded by the end of the file rather than by the section, and stops at the first fault. Its texts cannot be
//! derived from wasmparser's, which differ in bounds and order. So when wasmparser has rejected a binary, this module
//! reads it again in that way. If it finds no fault, wasmparser's text stands.
//!
//! wasmparser's validator also rejects constructs, types, limits and sections that a version of the language does not
//! have. In the specification such a module is malformed in that version, so everything that this reader refuses is
//! malformed.

use super::WasmFeatures;
use super::gate::{Gate, GateError, VALUE_TYPE};
use std::ops::Range;
use wasmparser::{BinaryReader, OperatorsReader};

/// The specification's text, or `None` when this reader accepts the module.
pub(super) fn diagnose(bytes: &[u8], features: WasmFeatures) -> Option<String> {
    Reader::new(bytes, 0, features).module().err().map(|fault| fault.to_string())
}

/// As [`diagnose`], of the body of a function that is here in the module.
pub(super) fn diagnose_body(bytes: &[u8], range: Range<usize>, features: WasmFeatures) -> Option<String> {
    let mut reader = Reader::new(bytes, range.start, features);
    let read = match reader.body() {
        Ok(()) if reader.at != range.end => Err(Fault::SectionSize),
        read => read,
    };
    read.err().map(|fault| fault.to_string())
}

/// The first fault of a malformed binary; the messages are the specification's texts.
#[derive(Debug, PartialEq, thiserror::Error)]
enum Fault {
    /// The file ends too early. Its older text is longer: this one is a prefix of it.
    #[error("unexpected end of section or function")]
    End,
    /// An unknown value type.
    #[error("{VALUE_TYPE}")]
    ValueType,
    /// An unknown section, or one that this version does not have.
    #[error("malformed section id: {0}")]
    SectionId(u8),
    /// An operator that this version does not have.
    #[error("illegal opcode {0:02x}")]
    Opcode(u8),
    /// A fault of an operator, in words of its own.
    #[error("{0}")]
    Operator(String),
    /// A number takes more bytes than its type allows.
    #[error("integer representation too long")]
    IntegerTooLong,
    /// A number does not fit its type.
    #[error("integer too large")]
    IntegerTooLarge,
    /// A vector is longer than the rest of the file.
    #[error("length out of bounds")]
    Length,
    /// A name is not UTF-8.
    #[error("malformed UTF-8 encoding")]
    Utf8,
    /// A section does not end where its size says.
    #[error("section size mismatch")]
    SectionSize,
    /// The file does not begin with `\0asm`.
    #[error("magic header not detected")]
    Magic,
    /// The version is not 1.
    #[error("unknown binary version")]
    Version,
    /// Something follows the last section.
    #[error("unexpected content after last section")]
    Trailing,
    /// The function and the code section differ in length.
    #[error("function and code section have inconsistent lengths")]
    BodyCount,
    /// The data count and the data section differ.
    #[error("data count and data section have inconsistent lengths")]
    DataCount,
    /// An instruction names a data segment, and there is no data count.
    #[error("data count section required")]
    NoDataCount,
    /// An unknown form of a defined type.
    #[error("malformed definition type")]
    DefinitionType,
    /// An unknown type of a field.
    #[error("malformed storage type")]
    StorageType,
    /// An unknown reference type.
    #[error("malformed reference type")]
    ReferenceType,
    /// An unknown heap type.
    #[error("malformed heap type")]
    HeapType,
    /// A mutability that is not 0 or 1.
    #[error("malformed mutability")]
    Mutability,
    /// Unknown flags of limits.
    #[error("malformed limits flags")]
    LimitsFlags,
    /// A page size that is too large.
    #[error("invalid custom page size")]
    PageSize,
    /// A reserved byte is not 0.
    #[error("zero byte expected")]
    ZeroByte,
    /// An unknown kind of import.
    #[error("malformed import kind")]
    ImportKind,
    /// An unknown kind of export.
    #[error("malformed export kind")]
    ExportKind,
    /// An unknown kind of element segment.
    #[error("malformed elements segment kind")]
    ElementSegmentKind,
    /// An unknown kind of element.
    #[error("malformed element kind")]
    ElementKind,
    /// An unknown kind of data segment.
    #[error("malformed data segment kind")]
    DataSegmentKind,
    /// Unknown flags of an access to memory.
    #[error("malformed memop flags")]
    MemoryFlags,
    /// A block, or a body, does not end.
    #[error("END opcode expected")]
    NoEnd,
    /// A function has 2^32 locals or more.
    #[error("too many locals")]
    TooManyLocals,
}

type Result<T> = std::result::Result<T, Fault>;

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    features: WasmFeatures,
    functions: u32,
    bodies: u32,
    data_count: Option<u32>,
    uses_data: bool,
    needs_count: bool,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], at: usize, features: WasmFeatures) -> Reader<'a> {
        Reader { bytes, at, features, functions: 0, bodies: 0, data_count: None, uses_data: false, needs_count: false }
    }
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn byte(&mut self) -> Result<u8> {
        let Some(byte) = self.peek() else { return Err(Fault::End) };
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, n: usize) -> Result<()> {
        if n > self.bytes.len() - self.at {
            return Err(Fault::End);
        }
        self.at += n;
        Ok(())
    }

    fn unsigned(&mut self, bits: u32) -> Result<u64> {
        let (mut value, mut shift) = (0, 0);
        loop {
            if shift >= bits {
                return Err(Fault::IntegerTooLong);
            }
            let byte = self.byte()?;
            let rest = bits - shift;
            if rest < 7 && u32::from(byte & 0x7f) >= 1 << rest {
                return Err(Fault::IntegerTooLarge);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    fn signed(&mut self, bits: u32) -> Result<i64> {
        let (mut value, mut shift) = (0i64, 0);
        loop {
            if shift >= bits {
                return Err(Fault::IntegerTooLong);
            }
            let byte = self.byte()?;
            let rest = bits - shift;
            if rest < 7 {
                let mask = 0x7f & (0xffu8 << (rest - 1));
                if byte & mask != 0 && byte & mask != mask {
                    return Err(Fault::IntegerTooLarge);
                }
            }
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return Ok(if shift < 64 && byte & 0x40 != 0 { value | (-1 << shift) } else { value });
            }
        }
    }

    fn u32(&mut self) -> Result<u32> {
        Ok(self.unsigned(32)? as u32)
    }

    /// Reads a number of items that take at least a byte each. (The bound counts the bytes of the number itself.)
    fn len(&mut self) -> Result<usize> {
        let bound = self.bytes.len() - self.at;
        let len = self.u32()? as usize;
        if len > bound { Err(Fault::Length) } else { Ok(len) }
    }

    fn vec(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<u32> {
        let len = self.len()?;
        (0..len).try_for_each(|_| item(self))?;
        Ok(len as u32)
    }

    fn text(&mut self) -> Result<&str> {
        let len = self.len()?;
        let start = self.at;
        self.skip(len)?;
        std::str::from_utf8(&self.bytes[start..self.at]).map_err(|_| Fault::Utf8)
    }

    fn name(&mut self) -> Result<()> {
        self.text().map(drop)
    }

    fn sized(&mut self, content: impl FnOnce(&mut Self, usize) -> Result<()>) -> Result<()> {
        let size = self.len()?;
        let start = self.at;
        content(self, size)?;
        if self.at == start + size { Ok(()) } else { Err(Fault::SectionSize) }
    }

    fn module(&mut self) -> Result<()> {
        let word =
            |this: &mut Self| -> Result<[u8; 4]> { Ok([this.byte()?, this.byte()?, this.byte()?, this.byte()?]) };
        if word(self)? != *b"\0asm" {
            return Err(Fault::Magic);
        }
        if word(self)? != [1, 0, 0, 0] {
            return Err(Fault::Version);
        }
        self.section(1, |this| this.vec(Self::rec_type).map(drop))?;
        self.section(2, |this| this.vec(Self::import).map(drop))?;
        self.section(3, |this| {
            this.functions = this.vec(|this| this.u32().map(drop))?;
            Ok(())
        })?;
        self.section(4, |this| this.vec(Self::table).map(drop))?;
        self.section(5, |this| this.vec(Self::memory_type).map(drop))?;
        self.section(13, |this| this.vec(Self::tag).map(drop))?;
        self.section(6, |this| {
            this.vec(|this| {
                this.global_type()?;
                this.expression()
            })
            .map(drop)
        })?;
        self.section(7, |this| this.vec(Self::export).map(drop))?;
        self.section(8, |this| this.u32().map(drop))?;
        self.section(9, |this| this.vec(Self::element).map(drop))?;
        self.section(12, |this| {
            this.data_count = Some(this.u32()?);
            Ok(())
        })?;
        self.section(10, |this| {
            // Constant expressions before this do not need a data count.
            this.uses_data = false;
            this.bodies = this.vec(|this| this.sized(|this, _| this.body()))?;
            this.needs_count = this.uses_data;
            Ok(())
        })?;
        let mut data = 0;
        self.section(11, |this| {
            data = this.vec(Self::data)?;
            Ok(())
        })?;
        if self.at != self.bytes.len() {
            return Err(Fault::Trailing);
        }
        if self.functions != self.bodies {
            return Err(Fault::BodyCount);
        }
        if self.data_count.is_some_and(|n| n != data) {
            return Err(Fault::DataCount);
        }
        if self.data_count.is_none() && self.needs_count {
            return Err(Fault::NoDataCount);
        }
        Ok(())
    }

    /// Reads the section of this id with the custom sections around it, if it is there.
    fn section(&mut self, id: u8, content: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        self.custom_sections()?;
        if self.id()? == Some(id) {
            self.at += 1;
            self.sized(|this, _| content(this))?;
        }
        self.custom_sections()
    }

    fn custom_sections(&mut self) -> Result<()> {
        while self.id()? == Some(0) {
            self.at += 1;
            self.sized(|this, size| {
                let start = this.at;
                this.name()?;
                match size.checked_sub(this.at - start) {
                    Some(rest) => this.skip(rest),
                    None => Err(Fault::End),
                }
            })?;
        }
        Ok(())
    }

    fn id(&self) -> Result<Option<u8>> {
        match self.peek() {
            Some(12) if !self.features.bulk_memory() => Err(Fault::SectionId(12)),
            Some(13) if !self.has_tags() => Err(Fault::SectionId(13)),
            Some(id @ 14..) => Err(Fault::SectionId(id)),
            id => Ok(id),
        }
    }

    fn has_tags(&self) -> bool {
        self.features.exceptions() || self.features.legacy_exceptions()
    }

    fn rec_type(&mut self) -> Result<()> {
        if self.peek() == Some(0x4e) && self.features.gc() {
            self.at += 1;
            return self.vec(Self::sub_type).map(drop);
        }
        self.sub_type()
    }

    fn sub_type(&mut self) -> Result<()> {
        if matches!(self.peek(), Some(0x4f | 0x50)) && self.features.gc() {
            self.at += 1;
            self.vec(|this| this.u32().map(drop))?;
        }
        for clause in [0x4c, 0x4d] {
            if self.peek() == Some(clause) && self.features.custom_descriptors() {
                self.at += 1;
                self.u32()?;
            }
        }
        match self.signed(7)? {
            -0x20 => {
                self.vec(Self::value_type)?;
                self.vec(Self::value_type).map(drop)
            }
            -0x21 if self.features.gc() => self.vec(Self::field).map(drop),
            -0x22 if self.features.gc() => self.field(),
            -0x23 if self.features.stack_switching() => self.heap_type(),
            _ => Err(Fault::DefinitionType),
        }
    }

    fn field(&mut self) -> Result<()> {
        match self.peek() {
            Some(0x77 | 0x78) => self.at += 1,
            // The specification's interpreter has read nothing yet if this is not a value type.
            _ => self.value_type().map_err(|fault| match fault {
                Fault::ValueType | Fault::HeapType => Fault::StorageType,
                other => other,
            })?,
        }
        self.mutability()
    }

    fn value_type(&mut self) -> Result<()> {
        match self.signed(7)? {
            -0x04..=-0x01 => Ok(()),
            -0x05 if self.features.simd() => Ok(()),
            // In the first version, functions are only a type of table elements.
            -0x10 if !self.features.reference_types() => Err(Fault::ValueType),
            ty => self.reference(ty).unwrap_or(Err(Fault::ValueType)),
        }
    }

    fn reference_type(&mut self) -> Result<()> {
        let ty = self.signed(7)?;
        self.reference(ty).unwrap_or(Err(Fault::ReferenceType))
    }

    /// Reads the rest of a reference type after its first byte, if it is one.
    fn reference(&mut self, first: i64) -> Option<Result<()>> {
        match first {
            -0x1d | -0x1c if self.features.function_references() => Some(self.heap_type()),
            _ => self.is_abstract(first).then_some(Ok(())),
        }
    }

    /// Whether this is the byte of an abstract heap type.
    fn is_abstract(&self, byte: i64) -> bool {
        match byte {
            -0x10 => true,
            -0x11 => self.features.reference_types(),
            -0x16..=-0x12 | -0x0f..=-0x0d => self.features.gc(),
            -0x17 | -0x0c => self.features.exceptions(),
            -0x18 | -0x0b => self.features.stack_switching(),
            _ => false,
        }
    }

    fn heap_type(&mut self) -> Result<()> {
        if self.peek() == Some(0x62) && self.features.custom_descriptors() {
            self.at += 1;
            return if matches!(self.signed(33), Ok(0..)) { Ok(()) } else { Err(Fault::HeapType) };
        }
        let start = self.at;
        if matches!(self.signed(33), Ok(0..)) {
            return Ok(());
        }
        // A number that is not an index is read again, as a byte.
        self.at = start;
        let byte = self.signed(7)?;
        if self.is_abstract(byte) { Ok(()) } else { Err(Fault::HeapType) }
    }

    fn mutability(&mut self) -> Result<()> {
        match self.byte()? {
            0 | 1 => Ok(()),
            _ => Err(Fault::Mutability),
        }
    }

    /// A global's mutability, and whether it is shared, where the language has that.
    fn global_flags(&mut self) -> Result<()> {
        match self.peek() {
            Some(2 | 3) if self.features.shared_everything_threads() => self.skip(1),
            _ => self.mutability(),
        }
    }

    fn global_type(&mut self) -> Result<()> {
        self.value_type()?;
        self.global_flags()
    }

    /// Reads limits whose flags may have these bits besides the one for a maximum.
    fn limits(&mut self, bits: u8) -> Result<()> {
        let newer = self.features.memory64() || self.features.threads() || self.features.custom_page_sizes();
        let flags = if newer {
            let flags = self.byte()?;
            if flags & !(1 | bits) != 0 {
                return Err(Fault::LimitsFlags);
            }
            flags
        } else {
            // Once a one-bit number.
            self.unsigned(1)? as u8
        };
        let width = if self.features.memory64() { 64 } else { 32 };
        self.unsigned(width)?;
        if flags & 1 != 0 {
            self.unsigned(width)?;
        }
        if flags & 8 != 0 && self.u32()? >= 64 {
            return Err(Fault::PageSize);
        }
        Ok(())
    }

    fn memory_type(&mut self) -> Result<()> {
        let features = &self.features;
        self.limits(
            u8::from(features.threads()) << 1
                | u8::from(features.memory64()) << 2
                | u8::from(features.custom_page_sizes()) << 3,
        )
    }

    fn table_type(&mut self) -> Result<()> {
        self.reference_type()?;
        self.limits(u8::from(self.features.memory64()) << 2)
    }

    fn table(&mut self) -> Result<()> {
        if self.peek() == Some(0x40) && self.features.function_references() {
            self.at += 1;
            self.zero()?;
            self.table_type()?;
            return self.expression();
        }
        self.table_type()
    }

    fn zero(&mut self) -> Result<()> {
        if self.byte()? == 0 { Ok(()) } else { Err(Fault::ZeroByte) }
    }

    fn tag(&mut self) -> Result<()> {
        self.zero()?;
        self.u32().map(drop)
    }

    fn import(&mut self) -> Result<()> {
        self.name()?;
        // An empty name says so, in however many bytes its length is written.
        let grouped = self.text()?.is_empty() && self.features.compact_imports();
        match self.peek() {
            Some(0x7f) if grouped => {
                self.at += 1;
                let item = |this: &mut Self| {
                    this.name()?;
                    this.import_type()
                };
                self.vec(item).map(drop)
            }
            Some(0x7e) if grouped => {
                self.at += 1;
                self.import_type()?;
                self.vec(Self::name).map(drop)
            }
            _ => self.import_type(),
        }
    }

    fn import_type(&mut self) -> Result<()> {
        match self.byte()? {
            0 => self.u32().map(drop),
            1 => self.table_type(),
            2 => self.memory_type(),
            3 => self.global_type(),
            4 if self.has_tags() => self.tag(),
            0x20 if self.features.custom_descriptors() => self.u32().map(drop),
            _ => Err(Fault::ImportKind),
        }
    }

    fn export(&mut self) -> Result<()> {
        self.name()?;
        match self.byte()? {
            0..=3 => {}
            4 if self.has_tags() => {}
            _ => return Err(Fault::ExportKind),
        }
        self.u32().map(drop)
    }

    /// Reads a segment of the first version after the number that it begins with. An encoder that knows the newer form
    /// may have written that for a segment that names its table or memory: 2, and the index.
    fn older_segment(&mut self, kind: u32, content: impl Fn(&mut Self, bool) -> Result<()>) -> Result<()> {
        let start = self.at;
        if kind == 2 {
            let newer = self.u32().and_then(|_| self.expression()).and_then(|()| content(self, true));
            if newer.is_ok() {
                return newer;
            }
            self.at = start;
        }
        self.expression()?;
        content(self, false)
    }

    fn element(&mut self) -> Result<()> {
        let kind = self.u32()?;
        if !self.features.bulk_memory() {
            // Once a table index.
            return self.older_segment(kind, |this, newer| {
                if newer {
                    this.zero()?;
                }
                this.vec(|this| this.u32().map(drop)).map(drop)
            });
        }
        if kind > 7 {
            return Err(Fault::ElementSegmentKind);
        }
        if kind & 1 == 0 {
            if kind & 2 != 0 {
                self.u32()?;
            }
            self.expression()?;
        }
        if kind & 3 != 0 {
            if kind & 4 != 0 {
                self.reference_type()?;
            } else if self.byte()? != 0 {
                return Err(Fault::ElementKind);
            }
        }
        if kind & 4 != 0 { self.vec(Self::expression) } else { self.vec(|this| this.u32().map(drop)) }.map(drop)
    }

    fn data(&mut self) -> Result<()> {
        let kind = self.u32()?;
        let bytes = |this: &mut Self, _newer: bool| {
            let len = this.len()?;
            this.skip(len)
        };
        if !self.features.bulk_memory() {
            // Once a memory index.
            return self.older_segment(kind, bytes);
        }
        match kind {
            0 => self.expression()?,
            1 => {}
            2 => {
                self.u32()?;
                self.expression()?;
            }
            _ => return Err(Fault::DataSegmentKind),
        }
        bytes(self, true)
    }

    fn body(&mut self) -> Result<()> {
        let mut locals = 0u64;
        self.vec(|this| {
            locals += u64::from(this.u32()?);
            this.value_type()
        })?;
        if locals > u64::from(u32::MAX) {
            return Err(Fault::TooManyLocals);
        }
        self.expression()
    }

    /// Operators up to the `end` that closes them, wherever the section ends.
    fn expression(&mut self) -> Result<()> {
        let reader = BinaryReader::new_features(&self.bytes[self.at..], self.at as u64, self.features);
        let mut reader = OperatorsReader::new(reader);
        let mut gate = Gate::new(self.features);
        let mut open = 1;
        while open > 0 {
            let at = reader.original_position() as usize;
            match self.bytes.get(at) {
                None => return Err(Fault::End),
                Some(0x02..=0x04 | 0x06 | 0x1f) => {
                    open += 1;
                    // Before block types could have several results, a type index was not a block type.
                    let simple = matches!(self.bytes.get(at + 1), Some(0x40 | 0x7c..=0x7f) | None);
                    if !self.features.multi_value() && !simple {
                        return Err(Fault::ValueType);
                    }
                }
                Some(0x0b | 0x18) => open -= 1,
                Some(_) => {}
            }
            gate.read(&mut reader).map_err(|e| match e {
                GateError::Illegal(text, _) => Fault::Operator(text),
                // The older exceptions: in a language without them, their opcodes are illegal.
                GateError::Reader(_)
                    if matches!(self.bytes[at], 0x06 | 0x07 | 0x18 | 0x19) && !self.features.legacy_exceptions() =>
                {
                    Fault::Opcode(self.bytes[at])
                }
                GateError::Reader(e) => operator_fault(e.message()),
            })?;
        }
        self.at = reader.original_position() as usize;
        self.uses_data |= gate.uses_data;
        Ok(())
    }
}

/// The fault that wasmparser's message about an operator describes; the message itself where the specification has no
/// text.
fn operator_fault(message: &str) -> Fault {
    if let Some(code) = message.strip_prefix("illegal opcode: 0x") {
        return Fault::Operator(format!("illegal opcode {code:0>2}"));
    }
    if let Some((prefix, code)) = message.strip_prefix("unknown 0x").and_then(|m| m.split_once(" subopcode: 0x")) {
        return Fault::Operator(format!("illegal opcode {prefix} {code:0>2}"));
    }
    match message {
        "unexpected end-of-file" => Fault::End,
        "malformed memop: reserved flags bits set" => Fault::MemoryFlags,
        m if m.ends_with("integer too large") => Fault::IntegerTooLarge,
        m if m.ends_with("integer representation too long") => Fault::IntegerTooLong,
        // Where a block, and a body, must end.
        m if m.starts_with("`else` found outside") => Fault::NoEnd,
        m if m.starts_with("invalid leading byte") => Fault::ValueType,
        m if m.starts_with("invalid heap type") => Fault::HeapType,
        other => Fault::Operator(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The last byte of a number has bits that do not count, which have to be zeros or copies of the sign: against the number
    /// that all of its bits make, for each last byte and each length.
    #[test]
    fn integers_have_their_bits_and_no_others() {
        for bits in [1, 7, 8, 32, 33, 64] {
            let most = u32::div_ceil(bits, 7) as usize;
            for (length, first) in (1..=most + 1).flat_map(|length| [0x80u8, 0xff, 0xd5].map(|first| (length, first))) {
                for last in 0..0x80u8 {
                    let mut bytes = vec![first; length - 1];
                    bytes.push(last);
                    let all = bytes.iter().rev().fold(0i128, |all, byte| all << 7 | i128::from(byte & 0x7f));
                    let signed = all - (i128::from(last >> 6) << (7 * length));
                    let read = || Reader::new(&bytes, 0, WasmFeatures::all());
                    let case = format!("{bits} bits: {bytes:x?}");
                    // One byte too many is noticed before it is looked at.
                    let fault = if length > most { Fault::IntegerTooLong } else { Fault::IntegerTooLarge };
                    let fits = length <= most;
                    let expected = if fits && all < 1 << bits { Ok(all as u64) } else { Err(&fault) };
                    // Also if the last byte that counts has bits of its own, which come first.
                    let before = |found: &Fault| length > most && *found == Fault::IntegerTooLarge;
                    let unsigned = read().unsigned(bits);
                    assert!(
                        unsigned.as_ref().is_err_and(before) || unsigned.as_ref().copied() == expected,
                        "{case}: {unsigned:?}"
                    );
                    if bits > 1 {
                        let range = -(1i128 << (bits - 1))..1 << (bits - 1);
                        let expected = if fits && range.contains(&signed) { Ok(signed as i64) } else { Err(&fault) };
                        let found = read().signed(bits);
                        assert!(
                            found.as_ref().is_err_and(before) || found.as_ref().copied() == expected,
                            "{case}: {found:?}"
                        );
                    }
                }
            }
        }
        assert_eq!(Reader::new(&[0x80], 0, WasmFeatures::all()).unsigned(32), Err(Fault::End));
        assert_eq!(Reader::new(&[0xff], 0, WasmFeatures::all()).signed(33), Err(Fault::End));
    }

    /// The index of a heap type has 33 bits with its sign, in five bytes at most; what is longer is no heap type.
    #[test]
    fn an_index_of_a_heap_type_has_its_bytes_and_no_others() {
        for prefix in [&[][..], &[0x62]] {
            for (number, length) in [(&[0x00][..], 1), (&[0xff, 0x00], 2), (&[0x80, 0x80, 0x80, 0x80, 0x00], 5)] {
                let bytes = [prefix, number].concat();
                let mut reader = Reader::new(&bytes, 0, WasmFeatures::all());
                assert_eq!((reader.heap_type(), reader.at), (Ok(()), prefix.len() + length), "{bytes:x?}");
            }
            for number in [&[0x80, 0x80, 0x80, 0x80, 0x80, 0x00][..], &[0x80, 0x80, 0x80, 0x80, 0x10]] {
                let bytes = [prefix, number].concat();
                assert!(Reader::new(&bytes, 0, WasmFeatures::all()).heap_type().is_err(), "{bytes:x?}");
            }
        }
    }

    /// Before blocks could have several results, each had a number or nothing.
    #[test]
    fn older_blocks_have_one_result_at_most() {
        for operator in [0x02, 0x03, 0x04] {
            for (ty, is_older) in [(0x40, true), (0x7f, true), (0x7c, true), (0x7b, false), (0x70, false), (0, false)] {
                let bytes = [operator, ty, 0x0b, 0x0b];
                let read = |features| Reader::new(&bytes, 0, features).expression();
                assert_eq!(read(WasmFeatures::all()), Ok(()), "{bytes:x?}");
                let expected = if is_older { Ok(()) } else { Err(Fault::ValueType) };
                assert_eq!(read(WasmFeatures::WASM1), expected, "{bytes:x?}");
            }
            assert_eq!(Reader::new(&[operator], 0, WasmFeatures::WASM1).expression(), Err(Fault::End));
        }
    }

    /// What a module's sections say of each other.
    #[test]
    fn counts_of_sections_fit_and_only_bodies_need_that_of_data() {
        /// A section, whose length is one byte.
        fn section(id: u8, content: &[u8]) -> Vec<u8> {
            [&[id, content.len() as u8], content].concat()
        }
        // A function that has this body, a memory, and a global that begins as this.
        let module = |body: &[u8], global: &[u8], count: Option<u8>, rest: &[u8]| {
            let body = [&[body.len() as u8 + 2, 0], body, &[0x0b]].concat();
            let bytes = [
                b"\0asm\x01\0\0\0".to_vec(),
                section(1, &[1, 0x60, 0, 0]),
                section(3, &[1, 0]),
                section(5, &[1, 0, 1]),
                section(6, &[&[1, 0x7f, 0], global, &[0x0b]].concat()),
                count.map_or(Vec::new(), |count| section(12, &[count])),
                section(10, &[&[1], &body[..]].concat()),
                rest.to_vec(),
            ];
            Reader::new(&bytes.concat(), 0, WasmFeatures::all()).module()
        };
        let (zero, drop) = ([0x41, 0], [0xfc, 9, 0]);
        let init = [&zero[..], &zero, &zero, &[0xfc, 8, 0, 0]].concat();
        let data = section(11, &[1, 1, 0]);
        for body in [&init[..], &drop] {
            assert_eq!(module(body, &zero, Some(1), &data), Ok(()));
            assert_eq!(module(body, &zero, None, &data), Err(Fault::NoDataCount));
            assert_eq!(module(body, &zero, None, &[]), Err(Fault::NoDataCount));
            assert_eq!(module(body, &zero, Some(2), &data), Err(Fault::DataCount));
        }
        // A constant expression must not have it, and does not need the count.
        assert_eq!(module(&[], &drop, None, &data), Ok(()));
        assert_eq!(module(&[], &zero, None, &data), Ok(()));
        assert_eq!(module(&[], &zero, Some(0), &data), Err(Fault::DataCount));
        assert_eq!(module(&[], &zero, None, &section(10, &[1, 2, 0, 0x0b])), Err(Fault::Trailing));
    }

    type Part<'a> = fn(&mut Reader<'a>) -> Result<()>;

    /// What a part of a module is found to be, and where it ends.
    fn read<'a>(part: Part<'a>, bytes: &'a [u8], features: WasmFeatures) -> (Result<()>, usize) {
        let mut reader = Reader::new(bytes, 0, features);
        (part(&mut reader), reader.at)
    }

    /// The bytes of types in each language; all others are faults.
    #[test]
    fn types_are_those_of_their_language() {
        const NUMBERS: [u8; 4] = [0x7c, 0x7d, 0x7e, 0x7f];
        const GC: [u8; 8] = [0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x71, 0x72, 0x73];
        const REFERENCES: [u8; 2] = [0x6f, 0x70];
        let vectors = [NUMBERS.as_slice(), &[0x7b]].concat();
        let (one, two) = (WasmFeatures::WASM1, WasmFeatures::WASM2);
        // References of a byte, other values of a byte, and whether there are references of two.
        type Types<'a> = (WasmFeatures, &'a [&'a [u8]], &'a [u8], bool);
        let languages: &[Types<'_>] = &[
            (one, &[&[0x70]], &NUMBERS, false),
            (one | WasmFeatures::SIMD, &[&[0x70]], &vectors, false),
            (two, &[&REFERENCES], &vectors, false),
            (two | WasmFeatures::FUNCTION_REFERENCES, &[&REFERENCES], &vectors, true),
            (two | WasmFeatures::GC, &[&REFERENCES, &GC], &vectors, false),
            (two | WasmFeatures::EXCEPTIONS, &[&REFERENCES, &[0x69, 0x74]], &vectors, false),
            (two | WasmFeatures::STACK_SWITCHING, &[&REFERENCES, &[0x68, 0x75]], &vectors, false),
            (WasmFeatures::WASM3, &[&REFERENCES, &GC, &[0x69, 0x74]], &vectors, true),
        ];
        for &(features, references, values, are_spelt) in languages {
            let references = references.concat();
            for byte in 0..=u8::MAX {
                let bytes = [byte, 0x70];
                let too_long = byte >= 0x80;
                let is_spelt = are_spelt && matches!(byte, 0x63 | 0x64);
                let is_reference = references.contains(&byte);
                let expected = |is_one: bool, fault: Fault| match () {
                    () if too_long => (Err(Fault::IntegerTooLong), 1),
                    () if is_spelt => (Ok(()), 2),
                    () if is_one => (Ok(()), 1),
                    () => (Err(fault), 1),
                };
                // In the first version, functions are no values.
                let is_value = values.contains(&byte) || is_reference && features.reference_types();
                let case = format!("{byte:#x}, {features:?}");
                assert_eq!(read(Reader::value_type, &bytes, features), expected(is_value, Fault::ValueType), "{case}");
                let found = read(Reader::reference_type, &bytes, features);
                assert_eq!(found, expected(is_reference, Fault::ReferenceType), "{case}");
                // An index is a heap type.
                let expected = match byte {
                    0x80.. => (Err(Fault::IntegerTooLong), 1),
                    _ if byte < 0x40 || is_reference => (Ok(()), 1),
                    _ => (Err(Fault::HeapType), 1),
                };
                assert_eq!(read(Reader::heap_type, &bytes, features), expected, "{case}");
            }
        }
        let all = WasmFeatures::all();
        let most = [0x62, 0x80, 0x80, 0x80, 0x80, 0x08];
        assert_eq!(read(Reader::heap_type, &most, all), (Ok(()), 6));
        assert_eq!(read(Reader::heap_type, &most[1..], all), (Ok(()), 5));
        assert_eq!(read(Reader::heap_type, &[0x62, 0x70], all), (Err(Fault::HeapType), 2));
        assert_eq!(read(Reader::heap_type, &most, all - WasmFeatures::CUSTOM_DESCRIPTORS), (Err(Fault::HeapType), 1));
    }

    /// Each part of a module ends where its contents do, or is a fault, in languages that have it and in others.
    #[test]
    fn parts_end_with_their_contents() {
        let all = WasmFeatures::all();
        let (one, two) = (WasmFeatures::WASM1, WasmFeatures::WASM2);
        let no_gc = all - WasmFeatures::GC;
        let no_descriptors = all - WasmFeatures::CUSTOM_DESCRIPTORS;
        type Case<'a> = (Part<'a>, WasmFeatures, &'a [u8], Result<()>, usize);
        let cases: &[Case<'_>] = &[
            // Types.
            (Reader::rec_type, all, &[0x4e, 2, 0x60, 0, 0, 0x5f, 0], Ok(()), 7),
            (Reader::rec_type, all, &[0x4e, 0], Ok(()), 2),
            (Reader::rec_type, all, &[0x60, 1, 0x7f, 1, 0x7e], Ok(()), 5),
            (Reader::rec_type, no_gc, &[0x4e, 1, 0x60, 0, 0], Err(Fault::DefinitionType), 1),
            (Reader::sub_type, all, &[0x50, 2, 3, 4, 0x60, 0, 0], Ok(()), 7),
            (Reader::sub_type, all, &[0x4f, 0, 0x5f, 1, 0x7f, 1], Ok(()), 6),
            (Reader::sub_type, no_gc, &[0x4f, 0, 0x60, 0, 0], Err(Fault::DefinitionType), 1),
            (Reader::sub_type, no_gc, &[0x50, 0, 0x60, 0, 0], Err(Fault::DefinitionType), 1),
            (Reader::sub_type, all, &[0x4c, 9, 0x4d, 8, 0x5f, 0], Ok(()), 6),
            (Reader::sub_type, all, &[0x4c, 9, 0x5f, 0], Ok(()), 4),
            (Reader::sub_type, all, &[0x4d, 9, 0x5f, 0], Ok(()), 4),
            (Reader::sub_type, all, &[0x4d, 9, 0x4c, 8, 0x5f, 0], Err(Fault::DefinitionType), 3),
            (Reader::sub_type, no_descriptors, &[0x4c, 9, 0x5f, 0], Err(Fault::DefinitionType), 1),
            (Reader::sub_type, all, &[0x5e, 0x78, 1], Ok(()), 3),
            (Reader::sub_type, no_gc, &[0x5e, 0x78, 1], Err(Fault::DefinitionType), 1),
            (Reader::sub_type, no_gc, &[0x5f, 0], Err(Fault::DefinitionType), 1),
            (Reader::sub_type, all, &[0x5d, 0], Ok(()), 2),
            (Reader::sub_type, all - WasmFeatures::STACK_SWITCHING, &[0x5d, 0], Err(Fault::DefinitionType), 1),
            (Reader::sub_type, all, &[0xe0, 0x7f, 0, 0], Err(Fault::IntegerTooLong), 1),
            (Reader::sub_type, all, &[0x61], Err(Fault::DefinitionType), 1),
            (Reader::sub_type, all, &[0x60, 1], Err(Fault::End), 2),
            (Reader::sub_type, all, &[0x60, 2], Err(Fault::Length), 2),
            (Reader::field, all, &[0x77, 0], Ok(()), 2),
            (Reader::field, all, &[0x78, 1], Ok(()), 2),
            (Reader::field, all, &[0x63, 0x70, 1], Ok(()), 3),
            (Reader::field, all, &[0x78, 2], Err(Fault::Mutability), 2),
            (Reader::field, all, &[0x76, 0], Err(Fault::StorageType), 1),
            (Reader::field, all, &[0x63, 0x76, 0], Err(Fault::StorageType), 2),
            (Reader::field, all, &[0xff, 0x7f], Err(Fault::IntegerTooLong), 1),
            (Reader::field, all, &[], Err(Fault::End), 0),
            (Reader::global_type, all, &[0x7f, 1], Ok(()), 2),
            (Reader::global_type, all, &[0x7e, 3], Ok(()), 2),
            (Reader::global_type, all, &[0x7f, 4], Err(Fault::Mutability), 2),
            (Reader::global_type, all, &[0x40, 0], Err(Fault::ValueType), 1),
            (Reader::global_type, all - WasmFeatures::SHARED_EVERYTHING_THREADS, &[0x7f, 2], Err(Fault::Mutability), 2),
            // Limits.
            (Reader::memory_type, all, &[0, 5], Ok(()), 2),
            (Reader::memory_type, all, &[1, 5, 6], Ok(()), 3),
            (Reader::memory_type, all, &[0x0f, 5, 6, 16], Ok(()), 4),
            (Reader::memory_type, all, &[0x10, 5], Err(Fault::LimitsFlags), 1),
            (Reader::memory_type, all, &[8, 5, 63], Ok(()), 3),
            (Reader::memory_type, all, &[8, 5, 64], Err(Fault::PageSize), 3),
            (Reader::memory_type, two, &[1, 5, 6], Ok(()), 3),
            (Reader::memory_type, two, &[0, 5, 6], Ok(()), 2),
            (Reader::memory_type, two, &[2, 5], Err(Fault::IntegerTooLarge), 1),
            (Reader::memory_type, two, &[0x80, 0], Err(Fault::IntegerTooLong), 1),
            (Reader::memory_type, two | WasmFeatures::MEMORY64, &[5, 5, 6], Ok(()), 3),
            (Reader::memory_type, two | WasmFeatures::MEMORY64, &[2, 5], Err(Fault::LimitsFlags), 1),
            (Reader::memory_type, two | WasmFeatures::MEMORY64, &[8, 5, 1], Err(Fault::LimitsFlags), 1),
            (Reader::memory_type, two | WasmFeatures::THREADS, &[3, 5, 6], Ok(()), 3),
            (Reader::memory_type, two | WasmFeatures::THREADS, &[4, 5], Err(Fault::LimitsFlags), 1),
            (Reader::memory_type, two | WasmFeatures::THREADS, &[8, 5, 1], Err(Fault::LimitsFlags), 1),
            (Reader::memory_type, two | WasmFeatures::CUSTOM_PAGE_SIZES, &[9, 5, 6, 1], Ok(()), 4),
            (Reader::memory_type, two | WasmFeatures::CUSTOM_PAGE_SIZES, &[2, 5], Err(Fault::LimitsFlags), 1),
            (Reader::memory_type, two | WasmFeatures::CUSTOM_PAGE_SIZES, &[4, 5], Err(Fault::LimitsFlags), 1),
            (Reader::memory_type, two, &[0, 0xff, 0xff, 0xff, 0xff, 0x0f], Ok(()), 6),
            (Reader::memory_type, two, &[0, 0x80, 0x80, 0x80, 0x80, 0x10], Err(Fault::IntegerTooLarge), 6),
            (Reader::memory_type, all, &[0, 0x80, 0x80, 0x80, 0x80, 0x10], Ok(()), 6),
            (Reader::memory_type, all, &[0, 128, 128, 128, 128, 128, 128, 128, 128, 128, 1], Ok(()), 11),
            (
                Reader::memory_type,
                all,
                &[0, 128, 128, 128, 128, 128, 128, 128, 128, 128, 2],
                Err(Fault::IntegerTooLarge),
                11,
            ),
            (Reader::table_type, all, &[0x70, 5, 1, 2], Ok(()), 4),
            (Reader::table_type, all, &[0x70, 2, 1], Err(Fault::LimitsFlags), 2),
            (Reader::table_type, all, &[0x70, 8, 1, 1], Err(Fault::LimitsFlags), 2),
            (Reader::table_type, all - WasmFeatures::MEMORY64, &[0x70, 4, 1], Err(Fault::LimitsFlags), 2),
            (Reader::table_type, all, &[0x7f, 0, 1], Err(Fault::ReferenceType), 1),
            (Reader::table, all, &[0x6f, 0, 1], Ok(()), 3),
            (Reader::table, all, &[0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b], Ok(()), 8),
            (Reader::table, all, &[0x40, 1, 0x70, 0, 1, 0xd0, 0x70, 0x0b], Err(Fault::ZeroByte), 2),
            (Reader::table, all, &[0x40, 0, 0x7f, 0, 1, 0xd0, 0x70, 0x0b], Err(Fault::ReferenceType), 3),
            (Reader::table, two, &[0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0x0b], Err(Fault::ReferenceType), 1),
            (Reader::tag, all, &[0, 5], Ok(()), 2),
            (Reader::tag, all, &[1, 5], Err(Fault::ZeroByte), 1),
            // Imports and exports.
            (Reader::import, all, &[1, 0x61, 2, 0xc3, 0xa9, 0, 7], Ok(()), 7),
            (Reader::import, all, &[1, 0xff, 0, 0, 7], Err(Fault::Utf8), 2),
            (Reader::import, all, &[1, 0x61, 0, 0x7f, 2, 1, 0x62, 0, 7, 1, 0x63, 2, 0, 1], Ok(()), 14),
            (Reader::import, all, &[1, 0x61, 0, 0x7e, 0, 7, 2, 1, 0x62, 1, 0x63], Ok(()), 11),
            (Reader::import, all, &[1, 0x61, 0x80, 0, 0x7f, 0], Ok(()), 6),
            (Reader::import, all, &[1, 0x61, 1, 0x62, 0x7f, 0], Err(Fault::ImportKind), 5),
            (Reader::import, all, &[1, 0x61, 1, 0x62, 0x7e, 0, 7, 0], Err(Fault::ImportKind), 5),
            (Reader::import, two, &[1, 0x61, 0, 0x7f, 0], Err(Fault::ImportKind), 4),
            (Reader::import, two, &[1, 0x61, 0, 0x7e, 0, 7, 0], Err(Fault::ImportKind), 4),
            (Reader::import_type, all, &[0, 7], Ok(()), 2),
            (Reader::import_type, all, &[1, 0x70, 0, 1], Ok(()), 4),
            (Reader::import_type, all, &[2, 0, 1], Ok(()), 3),
            (Reader::import_type, all, &[3, 0x7f, 1], Ok(()), 3),
            (Reader::import_type, two | WasmFeatures::EXCEPTIONS, &[4, 0, 7], Ok(()), 3),
            (Reader::import_type, two | WasmFeatures::LEGACY_EXCEPTIONS, &[4, 0, 7], Ok(()), 3),
            (Reader::import_type, two, &[4, 0, 7], Err(Fault::ImportKind), 1),
            (Reader::import_type, all, &[0x20, 7], Ok(()), 2),
            (Reader::import_type, no_descriptors, &[0x20, 7], Err(Fault::ImportKind), 1),
            (Reader::import_type, all, &[5, 0], Err(Fault::ImportKind), 1),
            (Reader::export, one, &[1, 0x61, 3, 7], Ok(()), 4),
            (Reader::export, one, &[1, 0x61, 4, 7], Err(Fault::ExportKind), 3),
            (Reader::export, two | WasmFeatures::EXCEPTIONS, &[1, 0x61, 4, 7], Ok(()), 4),
            (Reader::export, two | WasmFeatures::LEGACY_EXCEPTIONS, &[1, 0x61, 4, 7], Ok(()), 4),
            (Reader::export, all, &[1, 0x61, 5, 7], Err(Fault::ExportKind), 3),
            (Reader::export, all, &[1, 0x61, 0], Err(Fault::End), 3),
            // Segments of all kinds.
            (Reader::element, all, &[0, 0x41, 0, 0x0b, 1, 5], Ok(()), 6),
            (Reader::element, all, &[1, 0, 1, 5], Ok(()), 4),
            (Reader::element, all, &[2, 9, 0x41, 0, 0x0b, 0, 1, 5], Ok(()), 8),
            (Reader::element, all, &[3, 0, 1, 5], Ok(()), 4),
            (Reader::element, all, &[4, 0x41, 0, 0x0b, 1, 0xd0, 0x70, 0x0b], Ok(()), 8),
            (Reader::element, all, &[5, 0x70, 1, 0xd0, 0x70, 0x0b], Ok(()), 6),
            (Reader::element, all, &[6, 9, 0x41, 0, 0x0b, 0x70, 1, 0xd0, 0x70, 0x0b], Ok(()), 10),
            (Reader::element, all, &[7, 0x70, 1, 0xd0, 0x70, 0x0b], Ok(()), 6),
            (Reader::element, all, &[8, 0x41, 0, 0x0b, 0], Err(Fault::ElementSegmentKind), 1),
            (Reader::element, all, &[1, 1, 0], Err(Fault::ElementKind), 2),
            (Reader::element, all, &[5, 0x7f, 0], Err(Fault::ReferenceType), 2),
            (Reader::element, one, &[0, 0x41, 0, 0x0b, 1, 5], Ok(()), 6),
            (Reader::element, one, &[7, 0x41, 0, 0x0b, 1, 5], Ok(()), 6),
            (Reader::element, one, &[2, 9, 0x41, 0, 0x0b, 0, 1, 5], Ok(()), 8),
            (Reader::element, one, &[2, 0x41, 0, 0x0b, 1, 5], Ok(()), 6),
            (Reader::data, all, &[0, 0x41, 0, 0x0b, 1, 0xaa], Ok(()), 6),
            (Reader::data, all, &[1, 2, 1, 2], Ok(()), 4),
            (Reader::data, all, &[2, 9, 0x41, 0, 0x0b, 0], Ok(()), 6),
            (Reader::data, all, &[3, 0x41, 0, 0x0b, 0], Err(Fault::DataSegmentKind), 1),
            (Reader::data, all, &[1, 1], Err(Fault::End), 2),
            (Reader::data, all, &[1, 2], Err(Fault::Length), 2),
            (Reader::data, one, &[0, 0x41, 0, 0x0b, 1, 0xaa], Ok(()), 6),
            (Reader::data, one, &[1, 0x41, 0, 0x0b, 0], Ok(()), 5),
            (Reader::data, one, &[2, 9, 0x41, 0, 0x0b, 1, 0xaa], Ok(()), 7),
            // Bodies.
            (Reader::body, all, &[0, 0x0b], Ok(()), 2),
            (Reader::body, all, &[2, 3, 0x7f, 1, 0x7e, 0x0b], Ok(()), 6),
            (Reader::body, all, &[1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b], Ok(()), 8),
            (Reader::body, all, &[2, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 1, 0x7e, 0x0b], Err(Fault::TooManyLocals), 9),
            (Reader::expression, all, &[0x0b, 0x0b], Ok(()), 1),
            (Reader::expression, all, &[0x02, 0x40, 0x03, 0x40, 0x0b, 0x0b, 0x0b], Ok(()), 7),
            (Reader::expression, all, &[0x1f, 0x40, 0, 0x0b, 0x0b], Ok(()), 5),
            (Reader::expression, all, &[0x06, 0x40, 0x0b, 0x0b], Ok(()), 4),
            (Reader::expression, all, &[0x06, 0x40, 0x18, 0, 0x0b], Ok(()), 5),
            (Reader::expression, all, &[0x02, 0x40, 0x0b], Err(Fault::End), 0),
            (Reader::expression, all, &[0x05, 0x0b], Err(Fault::NoEnd), 0),
            // The older exceptions, in a language without them.
            (Reader::expression, WasmFeatures::WASM3, &[0x05, 0x0b], Err(Fault::NoEnd), 0),
            (Reader::expression, WasmFeatures::WASM3, &[0x07, 0, 0x0b], Err(Fault::Opcode(0x07)), 0),
            (Reader::expression, WasmFeatures::WASM3, &[0x18, 0, 0x0b], Err(Fault::Opcode(0x18)), 0),
            (Reader::expression, WasmFeatures::WASM3, &[0x19, 0x0b], Err(Fault::Opcode(0x19)), 0),
        ];
        for &(part, features, bytes, ref expected, end) in cases {
            let (found, at) = read(part, bytes, features);
            assert_eq!((&found, at), (expected, end), "{bytes:x?}, {features:?}");
        }
        // With them, a clause is at a wrong place.
        let (found, at) = read(Reader::expression, &[0x19, 0x0b], all);
        assert!(matches!((&found, at), (Err(Fault::Operator(_)), 0)), "{found:?}");
    }

    /// Numbers of items are counted beyond 16 bits.
    #[test]
    fn many_items_are_counted() {
        let bytes = [&[0x80, 0x80, 4][..], &[0; 0x1_0000]].concat();
        let mut reader = Reader::new(&bytes, 0, WasmFeatures::all());
        assert_eq!((reader.vec(|this| this.skip(1)), reader.at), (Ok(0x1_0000), 0x1_0003));
        for (bytes, expected) in [
            (&[0xff, 0xff, 0xff, 0xff, 0x0f][..], Ok(u32::MAX)),
            (&[0xff, 0xff, 0xff, 0xff, 0x1f], Err(Fault::IntegerTooLarge)),
            (&[0x80, 0x80, 0x80, 0x80, 0x80, 0], Err(Fault::IntegerTooLong)),
        ] {
            assert_eq!(Reader::new(bytes, 0, WasmFeatures::all()).u32(), expected, "{bytes:x?}");
        }
    }

    /// Sections come in one order, each at most once, with custom ones around them, and have their sizes.
    #[test]
    fn sections_have_an_order_and_sizes() {
        const IDS: [u8; 13] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
        const CUSTOM: [u8; 4] = [0, 2, 1, 0x61];
        let said = |sections: &[&[u8]], features| {
            let bytes = [&b"\0asm\x01\0\0\0"[..], &sections.concat()].concat();
            Reader::new(&bytes, 0, features).module()
        };
        let read = |sections: &[&[u8]]| said(sections, WasmFeatures::all());
        // Of no items, and a start function, a number of data segments.
        let empty = IDS.map(|id| [id, 1, 0]);
        let sections = empty.each_ref().map(|section| &section[..]);
        assert_eq!((read(&sections), read(&[])), (Ok(()), Ok(())));
        let customs = [&CUSTOM[..], &CUSTOM];
        let around = sections.iter().flat_map(|section| [&customs[..], &[*section]].concat()).chain(customs);
        assert_eq!(read(&around.collect::<Vec<_>>()), Ok(()));
        for (at, (id, alone)) in IDS.into_iter().zip(sections).enumerate() {
            assert_eq!(read(&[alone]), Ok(()), "{id}");
            assert_eq!(read(&[alone, alone]), Err(Fault::Trailing), "{id}");
            if let Some(&next) = sections.get(at + 1) {
                assert_eq!(read(&[next, alone]), Err(Fault::Trailing), "{id}");
            }
            assert_eq!(read(&[&[id, 2, 0, 0]]), Err(Fault::SectionSize), "{id}");
            assert_eq!(read(&[&[id, 0, 0]]), Err(Fault::SectionSize), "{id}");
            assert_eq!(read(&[&[id, 3, 0]]), Err(Fault::Length), "{id}");
        }
        // A custom section has a name within it.
        assert_eq!(read(&[&[0, 3, 1, 0x61, 0xff]]), Ok(()));
        assert_eq!(read(&[&[0, 1, 1, 0x61]]), Err(Fault::End));
        assert_eq!(read(&[&[0, 3, 1, 0x61]]), Err(Fault::End));
        assert_eq!(read(&[&[0, 2, 1, 0xff]]), Err(Fault::Utf8));
        // Sections of other languages.
        for (id, features, expected) in [
            (12, WasmFeatures::WASM1, Err(Fault::SectionId(12))),
            (12, WasmFeatures::WASM2, Ok(())),
            (13, WasmFeatures::WASM2, Err(Fault::SectionId(13))),
            (13, WasmFeatures::WASM2 | WasmFeatures::EXCEPTIONS, Ok(())),
            (13, WasmFeatures::WASM2 | WasmFeatures::LEGACY_EXCEPTIONS, Ok(())),
            (14, WasmFeatures::all(), Err(Fault::SectionId(14))),
            (255, WasmFeatures::all(), Err(Fault::SectionId(255))),
        ] {
            assert_eq!(said(&[&[id, 1, 0]], features), expected, "{id}, {features:?}");
        }
        // A function without a body, a body without a function, and what is looked at first.
        let (function, body, count) = ([3_u8, 2, 1, 0], [10_u8, 4, 1, 2, 0, 0x0b], [12_u8, 1, 1]);
        assert_eq!(read(&[&function, &body]), Ok(()));
        assert_eq!(read(&[&function]), Err(Fault::BodyCount));
        assert_eq!(read(&[&body]), Err(Fault::BodyCount));
        assert_eq!(read(&[&count]), Err(Fault::DataCount));
        assert_eq!(read(&[&function, &count]), Err(Fault::BodyCount));
        assert_eq!(read(&[&function, &function]), Err(Fault::Trailing));
        // A global has its type and its value.
        assert_eq!(read(&[&[6, 6, 1, 0x7f, 1, 0x41, 0, 0x0b]]), Ok(()));
        assert_eq!(read(&[&[6, 6, 1, 0x7f, 9, 0x41, 0, 0x0b]]), Err(Fault::Mutability));
    }

    #[test]
    fn a_module_begins_with_its_magic_and_version() {
        for (bytes, expected) in [
            (&b"\0asm\x01\0\0\0"[..], Ok(())),
            (b"\0asn\x01\0\0\0", Err(Fault::Magic)),
            (b"\x01\0\0\0\0asm", Err(Fault::Magic)),
            (b"\0asn", Err(Fault::Magic)),
            (b"\0as", Err(Fault::End)),
            (b"\0asm\x01\0\0", Err(Fault::End)),
            (b"\0asm\0\0\0\0", Err(Fault::Version)),
            (b"\0asm\x02\0\0\0", Err(Fault::Version)),
            (b"\0asm\x01\x01\0\0", Err(Fault::Version)),
            (b"\0asm\x01\0\x01\0", Err(Fault::Version)),
            (b"\0asm\x01\0\0\x01", Err(Fault::Version)),
        ] {
            assert_eq!(Reader::new(bytes, 0, WasmFeatures::all()).module(), expected, "{bytes:x?}");
            let text = expected.err().map(|fault| fault.to_string());
            assert_eq!(diagnose(bytes, WasmFeatures::all()), text, "{bytes:x?}");
        }
    }

    /// A body is read where it is, and has to end where its range does.
    #[test]
    fn a_body_is_as_long_as_its_range() {
        let bytes = [9, 9, 0, 0x0b, 0x0b, 0, 0x05, 0x0b];
        let mismatch = Some("section size mismatch".to_string());
        for (range, expected) in
            [(2..4, None), (2..5, mismatch.clone()), (2..3, mismatch), (5..8, Some("END opcode expected".to_string()))]
        {
            assert_eq!(diagnose_body(&bytes, range.clone(), WasmFeatures::all()), expected, "{range:?}");
        }
    }

    #[test]
    fn texts_about_operators_have_the_words_of_the_specification() {
        for (message, fault) in [
            ("illegal opcode: 0x5", "illegal opcode 05"),
            ("illegal opcode: 0xff", "illegal opcode ff"),
            ("unknown 0xfb subopcode: 0x7", "illegal opcode fb 07"),
            ("unknown 0xfd subopcode: 0x114", "illegal opcode fd 114"),
            ("unexpected end-of-file", "unexpected end of section or function"),
            ("malformed memop: reserved flags bits set", "malformed memop flags"),
            ("invalid var_u32: integer too large", "integer too large"),
            ("invalid var_i64: integer representation too long", "integer representation too long"),
            ("`else` found outside `if` block", "END opcode expected"),
            ("invalid leading byte (0x60) for block type", "malformed reference type: no value type"),
            ("invalid heap type", "malformed heap type"),
            ("invalid heap type: more", "malformed heap type"),
            ("something else", "something else"),
        ] {
            assert_eq!(operator_fault(message).to_string(), fault, "{message}");
        }
    }
}
