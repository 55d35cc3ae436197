//! Describes the fault of a malformed binary in the words of the specification.
//!
//! The messages in the official testsuite are those of the specification's reference decoder: it reads the module in
//! one pass, bounded by the end of the file rather than of the section, and stops at the first fault. These messages
//! cannot be derived from wasmparser's, which differ in bounds and order. So when wasmparser has rejected a binary,
//! this module reads it again in that way. If it finds no fault, wasmparser's message stands.
//!
//! wasmparser's validator also rejects constructs, types, limits and sections that a version of the language does not
//! have. According to the specification such a module is malformed in that version, so everything that this reader
//! refuses is malformed.

use super::WasmFeatures;
use super::gate::{Gate, GateError, VALUE_TYPE};
use std::ops::Range;
use wasmparser::{BinaryReader, OperatorsReader};

/// Returns the specification's message and the offset of the fault, or `None` if this reader accepts the module.
pub(super) fn diagnose(bytes: &[u8], features: WasmFeatures) -> Option<(String, usize)> {
    let mut reader = Reader::new(bytes, 0, features);
    reader.module().err().map(|fault| reader.located(&fault))
}

/// Like [`diagnose`], for the body of a function that is at `range` in the module.
pub(super) fn diagnose_body(bytes: &[u8], range: Range<usize>, features: WasmFeatures) -> Option<(String, usize)> {
    let mut reader = Reader::new(bytes, range.start, features);
    let read = match reader.body() {
        Ok(()) if reader.at != range.end => Err(Fault::SectionSize),
        read => read,
    };
    read.err().map(|fault| reader.located(&fault))
}

/// The first fault of a malformed binary; the messages are the specification's.
#[derive(Debug, PartialEq, thiserror::Error)]
enum Fault {
    /// The file ends too early. The older message is longer and begins with this one.
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
    /// A fault of an operator, described by its own words.
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
    /// The data count differs from the number of data segments.
    #[error("data count and data section have inconsistent lengths")]
    DataCount,
    /// An instruction names a data segment, but there is no data count.
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
    /// The start of the byte, number, name or operator that was read last, or the end of the file if that came first.
    item: usize,
    features: WasmFeatures,
    functions: u32,
    bodies: u32,
    data_count: Option<u32>,
    uses_data: bool,
    needs_count: bool,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], at: usize, features: WasmFeatures) -> Reader<'a> {
        Reader {
            bytes,
            at,
            item: at,
            features,
            functions: 0,
            bodies: 0,
            data_count: None,
            uses_data: false,
            needs_count: false,
        }
    }
}

impl Reader<'_> {
    /// Returns the message and offset of the fault that ended the reading.
    fn located(&self, fault: &Fault) -> (String, usize) {
        let offset = match fault {
            // No item that was read is wrong by itself.
            Fault::SectionId(_)
            | Fault::SectionSize
            | Fault::Trailing
            | Fault::BodyCount
            | Fault::DataCount
            | Fault::NoDataCount => self.at,
            _ => self.item,
        };
        (fault.to_string(), offset)
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn byte(&mut self) -> Result<u8> {
        self.item = self.at;
        self.next()
    }

    /// Reads a byte of an item that has already begun.
    fn next(&mut self) -> Result<u8> {
        let Some(byte) = self.peek() else {
            self.item = self.at;
            return Err(Fault::End);
        };
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, n: usize) -> Result<()> {
        if n > self.bytes.len() - self.at {
            self.item = self.bytes.len();
            return Err(Fault::End);
        }
        self.at += n;
        Ok(())
    }

    fn unsigned(&mut self, bits: u32) -> Result<u64> {
        let (mut value, mut shift) = (0, 0);
        self.item = self.at;
        loop {
            if shift >= bits {
                return Err(Fault::IntegerTooLong);
            }
            let byte = self.next()?;
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
        self.item = self.at;
        loop {
            if shift >= bits {
                return Err(Fault::IntegerTooLong);
            }
            let byte = self.next()?;
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

    /// Reads a number of items, each of which takes at least a byte. (The bound includes the bytes of the number
    /// itself.)
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
        self.item = start;
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
            // Constant expressions before this point do not require a data count.
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

    /// Reads the section with this id, if it is there, and the custom sections around it.
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
            // If this is not a value type, the specification's interpreter has not read anything yet.
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
            // In the first version, functions are only a type for table elements.
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

    /// Returns whether this is the byte of an abstract heap type.
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
        // A number that is not an index is read again as a byte.
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

    /// Reads a global's mutability and, where the language has that, whether it is shared.
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

    /// Reads limits whose flags may include these bits besides the one for a maximum.
    fn limits(&mut self, bits: u8) -> Result<()> {
        let newer = self.features.memory64() || self.features.threads() || self.features.custom_page_sizes();
        let flags = if newer {
            let flags = self.byte()?;
            if flags & !(1 | bits) != 0 {
                return Err(Fault::LimitsFlags);
            }
            flags
        } else {
            // This used to be a one-bit number.
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
        // An empty name marks a group, however many bytes encode its length.
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

    /// Reads a segment of the first version after its initial number. An encoder that knows the newer form may have
    /// used it for a segment that names its table or memory: 2, and the index.
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
            // This used to be a table index.
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
            // This used to be a memory index.
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

    /// Reads operators up to the `end` that closes them, wherever the section ends.
    fn expression(&mut self) -> Result<()> {
        let reader = BinaryReader::new_features(&self.bytes[self.at..], self.at as u64, self.features);
        let mut reader = OperatorsReader::new(reader);
        let mut gate = Gate::new(self.features);
        let mut open = 1;
        while open > 0 {
            let at = reader.original_position() as usize;
            self.item = at;
            match self.bytes.get(at) {
                None => return Err(Fault::End),
                Some(0x02..=0x04 | 0x06 | 0x1f) => {
                    open += 1;
                    // Before block types could have several results, a type index was not a block type.
                    let simple = matches!(self.bytes.get(at + 1), Some(0x40 | 0x7c..=0x7f) | None);
                    if !self.features.multi_value() && !simple {
                        self.item += 1;
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
                GateError::Reader(e) => {
                    self.item = e.offset() as usize;
                    operator_fault(e.message())
                }
            })?;
        }
        self.at = reader.original_position() as usize;
        self.uses_data |= gate.uses_data;
        Ok(())
    }
}

/// Returns the fault that wasmparser's message about an operator describes; if the specification has no text for it,
/// the message itself.
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
        // Here a block and a body must end.
        m if m.starts_with("`else` found outside") => Fault::NoEnd,
        m if m.starts_with("invalid leading byte") => Fault::ValueType,
        m if m.starts_with("invalid heap type") => Fault::HeapType,
        other => Fault::Operator(other.to_string()),
    }
}

#[cfg(test)]
mod tests;
