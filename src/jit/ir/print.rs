//! The printer for the text form. [`super::parse`] reads it back; printing the result gives the same text.
//!
//! ```text
//! function 3 "name" (i32, i64) -> (i32) {      index ("const" for a constant expression), name, signature
//!   sig0 (f32) -> ()                           signatures that calls use
//! b0(v0: ptr, v1: i32, v2: i64):               a block with its parameters; the first one is the entry
//!   v3 = const.i32 5                           results = operation.type immediate arguments
//!   v4 = iadd.i32 v1, v3 @17                   @ byte offset in the module
//!   v5 = icmp.i32 lt_s v4, v3
//!   brif v5 -> b1(v4), b2()                    targets with arguments
//! b1(v6: i32) cold:
//!   v7 = load.ptr field(8, immutable) v0
//!   v8 = heap_load.i32 heap(16, u8, 0, guard) v7, v2
//!   trapz IntegerDivideByZero v8               the immediate precedes the arguments
//!   return v8
//! }
//! ```
//!
//! Immediates: a number (decimal, or `0x…` bits), a condition (`lt_s`, `eq`), a lane shape (`i8x16`), one lane
//! (`i8x16[3]`), a shape and a condition (`i8x16 lt_s`), `field(offset, region)` with the region `immutable`,
//! `immutable_global`, `memory_len(m)`, `global(g, type)`, `table_desc(t)`, `table_elem`, `payload`, `store_state`,
//! `fuel`, `transfer`, `constant`, `struct(offset, type)` or `elements(bytes, type)`, preceded by an access if that is
//! not `full`; `heap(offset, access, memory, guard | checked)` with the access `s8 u8 s16 u16 s32 u32 u64 full`,
//! `header(offset, i31 | object)`, `type(index, header word, elements)`, a trap code, `func(index, sigN)`, `sigN`, the
//! name of a libcall. Throwing calls end with `catch tag(N), all`: one for each target after the normal one. The type
//! follows the operation if it has a controlling type: not for traps, calls, polls and terminators. WebAssembly types in
//! signatures are `i32 i64 f32 f64 v128 funcref externref exnref`.

use super::*;
use std::fmt::{self, Display, Formatter};

impl Display for Region {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Region::Immutable => write!(out, "immutable"),
            Region::ImmutableGlobal => write!(out, "immutable_global"),
            Region::MemoryLen(m) => write!(out, "memory_len({m})"),
            Region::Global(g, ty) => write!(out, "global({g}, {})", ty.name()),
            Region::TableDesc(t) => write!(out, "table_desc({t})"),
            Region::TableElem => write!(out, "table_elem"),
            Region::ExceptionPayload => write!(out, "payload"),
            Region::StoreState => write!(out, "store_state"),
            Region::Fuel => write!(out, "fuel"),
            Region::Transfer => write!(out, "transfer"),
            Region::Constant => write!(out, "constant"),
            Region::StructField(offset, ty) => write!(out, "struct({offset}, {})", ty.name()),
            Region::Elements(ty, bytes) => write!(out, "elements({bytes}, {})", ty.name()),
        }
    }
}

impl Display for Signature {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let list = |out: &mut Formatter<'_>, types: &[ValType]| {
            write!(out, "(")?;
            for (i, ty) in types.iter().enumerate() {
                write!(out, "{}{ty}", if i > 0 { ", " } else { "" })?;
            }
            write!(out, ")")
        };
        list(out, self.wasm.params())?;
        write!(out, " -> ")?;
        list(out, self.wasm.results())
    }
}

impl Display for Function {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "function ")?;
        match self.index {
            u32::MAX => write!(out, "const")?,
            index => write!(out, "{index}")?,
        }
        writeln!(out, " {:?} {} {{", self.name, self.signature)?;
        for (i, s) in self.signatures.iter().enumerate() {
            writeln!(out, "  sig{i} {s}")?;
        }
        for &block in &self.layout {
            let data = &self.blocks[block.index()];
            write!(out, "{block}(")?;
            for (i, &p) in data.params.iter().enumerate() {
                write!(out, "{}{p}: {}", if i > 0 { ", " } else { "" }, self.ty(p).name())?;
            }
            writeln!(out, "){}:", if data.cold { " cold" } else { "" })?;
            for &inst in &data.insts {
                writeln!(out, "  {}", self.display_inst(inst))?;
            }
        }
        writeln!(out, "}}")
    }
}

impl Function {
    /// Returns the lines of the text form, each with the offset of its operator (0: none) instead of the `@` at its end.
    pub fn lines(&self) -> Vec<(String, u32)> {
        let text = self.to_string();
        let mut lines: Vec<(String, u32)> = text.lines().map(|l| (l.to_string(), 0)).collect();
        // After the heading and the signatures, there is one line for each block and for each of its instructions.
        let mut at = 1 + self.signatures.len();
        for block in &self.layout {
            at += 1;
            for &inst in &self.blocks[block.index()].insts {
                let offset = self.inst(inst).offset;
                let (text, of) = &mut lines[at];
                if let Some(bare) = text.strip_suffix(&format!(" @{offset}")) {
                    *text = bare.to_string();
                    *of = offset;
                }
                at += 1;
            }
        }
        lines
    }

    /// Displays one instruction in [`Function`]'s text form.
    pub fn display_inst(&self, inst: Inst) -> impl Display + '_ {
        fmt::from_fn(move |out| self.print_inst(inst, out))
    }

    fn print_inst(&self, inst: Inst, out: &mut Formatter<'_>) -> fmt::Result {
        let data = self.inst(inst);
        for (i, v) in self.results(inst).enumerate() {
            write!(out, "{}{v}", if i > 0 { ", " } else { "" })?;
        }
        if data.num_results > 0 {
            write!(out, " = ")?;
        }
        write!(out, "{}", data.op.name())?;
        if data.op.is_typed() {
            write!(out, ".{}", data.ty.name())?;
        }
        self.print_imm(data, out)?;
        for (i, &arg) in data.args.iter().enumerate() {
            write!(out, "{} {}", if i > 0 { "," } else { "" }, self.shown(arg))?;
        }
        if let Some(control) = &data.control {
            for (i, t) in control.targets.iter().enumerate() {
                write!(out, "{} {}(", if i > 0 { "," } else { " ->" }, t.block)?;
                for (i, &arg) in t.args.iter().enumerate() {
                    write!(out, "{}{}", if i > 0 { ", " } else { "" }, self.shown(arg))?;
                }
                write!(out, ")")?;
            }
            for (i, c) in control.catches.iter().enumerate() {
                write!(out, "{}", if i > 0 { ", " } else { " catch " })?;
                match c {
                    Catch::Tag(tag) => write!(out, "tag({tag})")?,
                    Catch::All => write!(out, "all")?,
                }
            }
        }
        if data.offset != 0 {
            write!(out, " @{}", data.offset)?;
        }
        Ok(())
    }

    /// Follows aliases; tolerates values that do not exist, which the verifier reports.
    fn shown(&self, v: Value) -> Value {
        if v.index() < self.values.len() { self.resolve(v) } else { v }
    }

    fn print_imm(&self, data: &InstData, out: &mut Formatter<'_>) -> fmt::Result {
        match data.imm {
            Imm::None => Ok(()),
            Imm::Const(bits) => match data.ty {
                Type::I32 => write!(out, " {}", bits as u32 as i32),
                Type::I64 => write!(out, " {}", bits as i64),
                _ => write!(out, " {bits:#x}"),
            },
            Imm::Vector(v) => match self.vectors.get(v as usize) {
                Some(bits) => write!(out, " {bits:#x}"),
                // As with values: the verifier reports it.
                None => write!(out, " vector({v})"),
            },
            Imm::IntCond(c) => write!(out, " {}", c.name()),
            Imm::FloatCond(c) => write!(out, " {}", c.name()),
            Imm::Shape(shape) => write!(out, " {}", shape.name()),
            Imm::Lane(shape, lane) => write!(out, " {}[{lane}]", shape.name()),
            Imm::LaneIntCond(shape, c) => write!(out, " {} {}", shape.name(), c.name()),
            Imm::LaneFloatCond(shape, c) => write!(out, " {} {}", shape.name(), c.name()),
            Imm::Field { offset, access: Access::Full, region } => write!(out, " field({offset}, {region})"),
            Imm::Field { offset, access, region } => write!(out, " field({offset}, {}, {region})", access.name()),
            Imm::Heap { offset, access, memory, guard } => {
                write!(out, " heap({offset}, {}, {memory}, {})", access.name(), if guard { "guard" } else { "checked" })
            }
            Imm::Header { offset, i31 } => write!(out, " header({offset}, {})", if i31 { "i31" } else { "object" }),
            Imm::Alloc { ty, word, len } => write!(out, " type({ty}, {word:#x}, {len})"),
            Imm::Trap(code) => write!(out, " {code:?}"),
            Imm::Func { func, sig } => write!(out, " func({func}, {sig})"),
            Imm::Sig(sig) => write!(out, " {sig}"),
            Imm::Libcall(l) => write!(out, " {}", l.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::jit::ir::parse::parse;

    /// Each instruction's line has the offset of its operator, whatever precedes it: signatures, other blocks,
    /// instructions without an operator.
    #[test]
    fn lines_have_the_offsets_of_their_instructions() {
        for signatures in 0..3 {
            let mut expected: Vec<(String, u32)> = vec![("function 0 \"f\" (i32) -> (i32) {".to_string(), 0)];
            expected.extend((0..signatures).map(|n| (format!("  sig{n} () -> ()"), 0)));
            let body = [
                ("b0(v0: ptr, v1: i32):", 0),
                ("  v2 = popcnt.i32 v1", 7),
                ("  v3 = clz.i32 v2", 0),
                ("  brif v3 -> b1(), b2()", 19),
                ("b1():", 0),
                ("  return v2", 9),
                ("b2() cold:", 0),
                ("  poll", 19),
                ("  trap Unreachable", 7),
                ("}", 0),
            ];
            expected.extend(body.map(|(line, offset)| (line.to_string(), offset)));
            let with_offset = |(line, offset): &(String, u32)| match offset {
                0 => format!("{line}\n"),
                offset => format!("{line} @{offset}\n"),
            };
            let text: String = expected.iter().map(with_offset).collect();
            let f = parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
            assert_eq!(f.to_string(), text);
            assert_eq!(f.lines(), expected, "{signatures} signatures");
        }
    }
}
