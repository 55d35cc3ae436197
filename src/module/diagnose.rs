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
use wasmparser::{BinaryReader, OperatorsReader};

/// The specification's text, or `None` when this reader accepts the module.
pub(super) fn diagnose(bytes: &[u8], features: WasmFeatures) -> Option<String> {
    Reader { bytes, at: 0, features, functions: 0, bodies: 0, data_count: None, uses_data: false, needs_count: false }
        .module()
        .err()
}

type Result<T> = std::result::Result<T, String>;

/// Its older text is longer: this one is a prefix of it.
const END: &str = "unexpected end of section or function";

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

fn error<T>(text: impl Into<String>) -> Result<T> {
    Err(text.into())
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn byte(&mut self) -> Result<u8> {
        let Some(byte) = self.peek() else { return error(END) };
        self.at += 1;
        Ok(byte)
    }

    fn skip(&mut self, n: usize) -> Result<()> {
        if n > self.bytes.len() - self.at {
            return error(END);
        }
        self.at += n;
        Ok(())
    }

    fn unsigned(&mut self, bits: u32) -> Result<u64> {
        let (mut value, mut shift) = (0, 0);
        loop {
            if shift >= bits {
                return error("integer representation too long");
            }
            let byte = self.byte()?;
            let rest = bits - shift;
            if rest < 7 && u32::from(byte & 0x7f) >= 1 << rest {
                return error("integer too large");
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
                return error("integer representation too long");
            }
            let byte = self.byte()?;
            let rest = bits - shift;
            if rest < 7 {
                let mask = 0x7f & (0xffu8 << (rest - 1));
                if byte & mask != 0 && byte & mask != mask {
                    return error("integer too large");
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
        if len > bound { error("length out of bounds") } else { Ok(len) }
    }

    fn vec(&mut self, mut item: impl FnMut(&mut Self) -> Result<()>) -> Result<u32> {
        let len = self.len()?;
        (0..len).try_for_each(|_| item(self))?;
        Ok(len as u32)
    }

    fn name(&mut self) -> Result<()> {
        let len = self.len()?;
        let start = self.at;
        self.skip(len)?;
        match std::str::from_utf8(&self.bytes[start..self.at]) {
            Ok(_) => Ok(()),
            Err(_) => error("malformed UTF-8 encoding"),
        }
    }

    fn sized(&mut self, content: impl FnOnce(&mut Self, usize) -> Result<()>) -> Result<()> {
        let size = self.len()?;
        let start = self.at;
        content(self, size)?;
        if self.at == start + size { Ok(()) } else { error("section size mismatch") }
    }

    fn module(&mut self) -> Result<()> {
        let word =
            |this: &mut Self| -> Result<[u8; 4]> { Ok([this.byte()?, this.byte()?, this.byte()?, this.byte()?]) };
        if word(self)? != *b"\0asm" {
            return error("magic header not detected");
        }
        if word(self)? != [1, 0, 0, 0] {
            return error("unknown binary version");
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
            return error("unexpected content after last section");
        }
        if self.functions != self.bodies {
            return error("function and code section have inconsistent lengths");
        }
        if self.data_count.is_some_and(|n| n != data) {
            return error("data count and data section have inconsistent lengths");
        }
        if self.data_count.is_none() && self.needs_count {
            return error("data count section required");
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
                    None => error(END),
                }
            })?;
        }
        Ok(())
    }

    fn id(&self) -> Result<Option<u8>> {
        match self.peek() {
            Some(12) if !self.features.bulk_memory() => error("malformed section id: 12"),
            Some(13) if !self.has_tags() => error("malformed section id: 13"),
            Some(id @ 14..) => error(format!("malformed section id: {id}")),
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
            _ => error("malformed definition type"),
        }
    }

    fn field(&mut self) -> Result<()> {
        match self.peek() {
            Some(0x77 | 0x78) => self.at += 1,
            // The specification's interpreter has read nothing yet if this is not a value type.
            _ => self.value_type().or_else(|text| match &text[..] {
                VALUE_TYPE | "malformed heap type" => error("malformed storage type"),
                _ => Err(text),
            })?,
        }
        self.mutability()
    }

    fn value_type(&mut self) -> Result<()> {
        match self.signed(7)? {
            -0x04..=-0x01 => Ok(()),
            -0x05 if self.features.simd() => Ok(()),
            // In the first version, functions are only a type of table elements.
            -0x10 if !self.features.reference_types() => error(VALUE_TYPE),
            ty => self.reference(ty).unwrap_or_else(|| error(VALUE_TYPE)),
        }
    }

    fn reference_type(&mut self) -> Result<()> {
        let ty = self.signed(7)?;
        self.reference(ty).unwrap_or_else(|| error("malformed reference type"))
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
            return if matches!(self.signed(33), Ok(0..)) { Ok(()) } else { error("malformed heap type") };
        }
        let start = self.at;
        if matches!(self.signed(33), Ok(0..)) {
            return Ok(());
        }
        // A number that is not an index is read again, as a byte.
        self.at = start;
        let byte = self.signed(7)?;
        if self.is_abstract(byte) { Ok(()) } else { error("malformed heap type") }
    }

    fn mutability(&mut self) -> Result<()> {
        match self.byte()? {
            0 | 1 => Ok(()),
            _ => error("malformed mutability"),
        }
    }

    fn global_type(&mut self) -> Result<()> {
        self.value_type()?;
        self.mutability()
    }

    /// Reads limits whose flags may have these bits besides the one for a maximum.
    fn limits(&mut self, bits: u8) -> Result<()> {
        let newer = self.features.memory64() || self.features.threads() || self.features.custom_page_sizes();
        let flags = if newer {
            let flags = self.byte()?;
            if flags & !(1 | bits) != 0 {
                return error("malformed limits flags");
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
            return error("invalid custom page size");
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
        if self.byte()? == 0 { Ok(()) } else { error("zero byte expected") }
    }

    fn tag(&mut self) -> Result<()> {
        self.zero()?;
        self.u32().map(drop)
    }

    fn import(&mut self) -> Result<()> {
        self.name()?;
        let grouped = self.features.compact_imports() && self.peek() == Some(0);
        self.name()?;
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
            _ => error("malformed import kind"),
        }
    }

    fn export(&mut self) -> Result<()> {
        self.name()?;
        match self.byte()? {
            0..=3 => {}
            4 if self.has_tags() => {}
            _ => return error("malformed export kind"),
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
            return error("malformed elements segment kind");
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
                return error("malformed element kind");
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
            _ => return error("malformed data segment kind"),
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
            return error("too many locals");
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
                None => return error(END),
                Some(0x02..=0x04 | 0x06 | 0x1f) => {
                    open += 1;
                    // Before block types could have several results, a type index was not a block type.
                    let simple = matches!(self.bytes.get(at + 1), Some(0x40 | 0x7c..=0x7f) | None);
                    if !self.features.multi_value() && !simple {
                        return error(VALUE_TYPE);
                    }
                }
                Some(0x0b | 0x18) => open -= 1,
                Some(_) => {}
            }
            gate.read(&mut reader).map_err(|e| match e {
                GateError::Illegal(text, _) => text,
                // The older exceptions: in a language without them, their opcodes are illegal.
                GateError::Reader(_)
                    if matches!(self.bytes[at], 0x06 | 0x07 | 0x18 | 0x19) && !self.features.legacy_exceptions() =>
                {
                    format!("illegal opcode {:02x}", self.bytes[at])
                }
                GateError::Reader(e) => operator_text(e.message()),
            })?;
        }
        self.at = reader.original_position() as usize;
        self.uses_data |= gate.uses_data;
        Ok(())
    }
}

/// The specification's text for wasmparser's message about an operator; the message itself where there is no other.
fn operator_text(message: &str) -> String {
    for text in ["integer too large", "integer representation too long"] {
        if message.ends_with(text) {
            return text.to_string();
        }
    }
    if let Some(code) = message.strip_prefix("illegal opcode: 0x") {
        return format!("illegal opcode {code:0>2}");
    }
    if let Some((prefix, code)) = message.strip_prefix("unknown 0x").and_then(|m| m.split_once(" subopcode: 0x")) {
        return format!("illegal opcode {prefix} {code:0>2}");
    }
    match message {
        "unexpected end-of-file" => END.to_string(),
        "malformed memop: reserved flags bits set" => "malformed memop flags".to_string(),
        // Where a block, and a body, must end.
        m if m.starts_with("`else` found outside") => "END opcode expected".to_string(),
        m if m.starts_with("invalid leading byte") => VALUE_TYPE.to_string(),
        m if m.starts_with("invalid heap type") => "malformed heap type".to_string(),
        other => other.to_string(),
    }
}
