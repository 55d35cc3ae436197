//! Lines for GDB: the minimum of DWARF (version 4) that maps an address to a function and a line of a listing.

use super::Symbol;
use super::listing::Lines;

/// The contents of the sections `.debug_abbrev`, `.debug_info` and `.debug_line`.
pub(super) struct Dwarf {
    pub abbrev: Vec<u8>,
    pub info: Vec<u8>,
    pub line: Vec<u8>,
}

// Numbers of the format.
const TAG_COMPILE_UNIT: u8 = 0x11;
const TAG_SUBPROGRAM: u8 = 0x2e;
const AT_NAME: u8 = 0x03;
const AT_STMT_LIST: u8 = 0x10;
const AT_LOW_PC: u8 = 0x11;
const AT_HIGH_PC: u8 = 0x12;
const AT_LANGUAGE: u8 = 0x13;
const FORM_ADDR: u8 = 0x01;
const FORM_DATA2: u8 = 0x05;
const FORM_DATA8: u8 = 0x07;
const FORM_STRING: u8 = 0x08;
const FORM_SEC_OFFSET: u8 = 0x17;
const LANGUAGE_C99: u16 = 0x0c;
const LNS_COPY: u8 = 1;
const LNS_ADVANCE_PC: u8 = 2;
const LNS_ADVANCE_LINE: u8 = 3;
const LNE_END_SEQUENCE: u8 = 1;
const LNE_SET_ADDRESS: u8 = 2;

/// Creates the sections; addresses are `base` plus offsets.
pub(super) fn dwarf(base: u64, len: u64, symbols: &[Symbol], lines: &Lines<'_>) -> Dwarf {
    let abbrev = [
        &[1, TAG_COMPILE_UNIT, 1][..],
        &[AT_NAME, FORM_STRING, AT_LANGUAGE, FORM_DATA2, AT_STMT_LIST, FORM_SEC_OFFSET],
        &[AT_LOW_PC, FORM_ADDR, AT_HIGH_PC, FORM_DATA8, 0, 0],
        &[2, TAG_SUBPROGRAM, 0],
        &[AT_NAME, FORM_STRING, AT_LOW_PC, FORM_ADDR, AT_HIGH_PC, FORM_DATA8, 0, 0],
        &[0],
    ]
    .concat();

    let mut info = Vec::new();
    unit(&mut info, |out| {
        out.extend(4u16.to_le_bytes());
        out.extend(0u32.to_le_bytes());
        out.push(8);
        out.push(1);
        string(out, &lines.listing.path);
        out.extend(LANGUAGE_C99.to_le_bytes());
        out.extend(0u32.to_le_bytes());
        out.extend(base.to_le_bytes());
        out.extend(len.to_le_bytes());
        for s in symbols {
            out.push(2);
            string(out, &s.name);
            out.extend((base + u64::from(s.start)).to_le_bytes());
            out.extend(u64::from(s.end - s.start).to_le_bytes());
        }
        out.push(0);
    });

    let mut line = Vec::new();
    unit(&mut line, |out| {
        out.extend(4u16.to_le_bytes());
        let header_length = out.len();
        out.extend(0u32.to_le_bytes());
        // Bytes per instruction, operations per instruction, default of `is_stmt`, and one unused special opcode.
        out.extend([1, 1, 1, 0, 1, 13]);
        // Operands of the standard opcodes.
        out.extend([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]);
        // No folders, and one file with its folder, time and size.
        out.push(0);
        string(out, &lines.listing.path);
        out.extend([0, 0, 0, 0]);
        let length = (out.len() - header_length - 4) as u32;
        out[header_length..header_length + 4].copy_from_slice(&length.to_le_bytes());
        for s in symbols {
            sequence(out, base, s, lines);
        }
    });
    Dwarf { abbrev, info, line }
}

/// Writes the rows of a function. The first is that of its heading, so that a debugger takes the second as the end of
/// the prologue.
fn sequence(out: &mut Vec<u8>, base: u64, s: &Symbol, lines: &Lines<'_>) {
    let Some(heading) = s.wasm.and_then(|wasm| lines.line(wasm)) else { return };
    out.extend([0, 9, LNE_SET_ADDRESS]);
    out.extend((base + u64::from(s.start)).to_le_bytes());
    let (mut at, mut line) = (s.start, 1);
    for (next, to) in std::iter::once((s.start, heading)).chain(lines.of(s).filter(|l| l.0 > s.start)) {
        out.push(LNS_ADVANCE_PC);
        unsigned(out, next - at);
        out.push(LNS_ADVANCE_LINE);
        signed(out, i64::from(to) - i64::from(line));
        out.push(LNS_COPY);
        (at, line) = (next, to);
    }
    out.push(LNS_ADVANCE_PC);
    unsigned(out, s.end - at);
    out.extend([0, 1, LNE_END_SEQUENCE]);
}

/// Writes a unit, preceded by its length.
fn unit(out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    out.extend(0u32.to_le_bytes());
    body(out);
    let length = (out.len() - 4) as u32;
    out[..4].copy_from_slice(&length.to_le_bytes());
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.extend(text.bytes().filter(|&b| b != 0));
    out.push(0);
}

/// LEB128.
fn unsigned(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Signed LEB128.
fn signed(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = value as u8 & 0x7f;
        value >>= 7;
        // Done when the rest equals the sign of the last byte.
        if (value == 0 && byte & 0x40 == 0) || (value == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_are_leb128() {
        let unsigned = |v| {
            let mut out = Vec::new();
            super::unsigned(&mut out, v);
            out
        };
        let signed = |v| {
            let mut out = Vec::new();
            super::signed(&mut out, v);
            out
        };
        assert_eq!([unsigned(0), unsigned(127), unsigned(128)], [vec![0], vec![0x7f], vec![0x80, 1]]);
        assert_eq!([signed(2), signed(-2), signed(63)], [vec![2], vec![0x7e], vec![0x3f]]);
        assert_eq!([signed(64), signed(-128), signed(-129)], [vec![0xc0, 0], vec![0x80, 0x7f], vec![0xff, 0x7e]]);
    }
}
