//! The parser for the text form, which [`super::print`] documents.
//!
//! Values and blocks keep the numbers that they have in the text; the results of one instruction must be consecutive.
//! Numbers that the text omits exist in the arenas but are undefined. The result is not verified: see [`super::verify`].

use super::ops::{ImmKind, Results};
use super::*;
use crate::module::RefType;

/// The reason why a text is not a function, and the line of the error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line number, counted from 1.
    pub line: usize,
    /// The error.
    pub message: String,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

/// The definition of a value that the text omits.
const UNDEFINED: ValueData = ValueData { ty: Type::I32, def: ValueDef::Param(Block(u32::MAX), u32::MAX) };

/// The limit for numbers of values, blocks and other entities in a text: a typing error must not allocate gigabytes.
const MAX_NUMBER: u32 = 1 << 20;

/// Parses one function. Lines that are empty or start with `;` are skipped.
///
/// # Errors
/// The first violation of the text form, with its line.
pub fn parse(text: &str) -> Result<Function, ParseError> {
    let mut parser = Parser { line: 0, rest: "", pending: Vec::new() };
    let mut function = None;
    let mut block = None;
    for (i, line) in text.lines().enumerate() {
        parser.line = i + 1;
        parser.rest = line.trim();
        if parser.rest.is_empty() || parser.rest.starts_with(';') {
            continue;
        }
        match &mut function {
            None => function = Some(parser.header()?),
            Some(f) => {
                if parser.rest == "}" {
                    return parser.finish(function.unwrap());
                }
                parser.body_line(f, &mut block)?;
            }
        }
    }
    parser.fail("missing '}'")
}

struct Parser<'t> {
    line: usize,
    rest: &'t str,
    /// Terminators whose type is that of their first argument, which may be defined later.
    pending: Vec<Inst>,
}

impl<'t> Parser<'t> {
    fn fail<T>(&self, message: impl Into<String>) -> Result<T, ParseError> {
        Err(ParseError { line: self.line, message: message.into() })
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), ParseError> {
        if self.eat(token) { Ok(()) } else { self.fail(format!("expected '{token}' at '{}'", self.rest)) }
    }

    /// Reads a run of letters, digits, '_' and '-'.
    fn word(&mut self) -> &'t str {
        self.space();
        let end = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn number(&mut self) -> Result<u128, ParseError> {
        let word = self.word();
        let parsed = match word.strip_prefix("0x") {
            Some(hex) => u128::from_str_radix(hex, 16).ok(),
            None if word.starts_with('-') => word.parse::<i64>().ok().map(|v| u128::from(v as u64)),
            None => word.parse::<u128>().ok(),
        };
        parsed.map_or_else(|| self.fail(format!("invalid number '{word}'")), Ok)
    }

    fn narrow<T: TryFrom<u128>>(&mut self) -> Result<T, ParseError> {
        let n = self.number()?;
        T::try_from(n).or_else(|_| self.fail(format!("{n} is out of range")))
    }

    fn entity(&mut self, prefix: &str) -> Result<u32, ParseError> {
        let word = self.word();
        match word.strip_prefix(prefix).and_then(|n| n.parse::<u32>().ok()) {
            Some(n) if n < MAX_NUMBER => Ok(n),
            _ => self.fail(format!("expected {prefix}N, found '{word}'")),
        }
    }

    /// Reads a quoted name with the escapes that the printer makes.
    fn name(&mut self) -> Result<String, ParseError> {
        self.expect("\"")?;
        let mut name = String::new();
        let mut rest = self.rest.chars();
        loop {
            match (rest.next(), &mut rest) {
                (Some('"'), _) => break,
                (Some('\\'), rest) => match rest.next() {
                    Some('n') => name.push('\n'),
                    Some('r') => name.push('\r'),
                    Some('t') => name.push('\t'),
                    Some('0') => name.push('\0'),
                    Some(quoted @ ('"' | '\'' | '\\')) => name.push(quoted),
                    Some('u') => {
                        let digits = rest.as_str().strip_prefix('{').and_then(|text| text.split_once('}'));
                        let number = digits.and_then(|(digits, _)| u32::from_str_radix(digits, 16).ok());
                        let (Some(c), Some((_, behind))) = (number.and_then(char::from_u32), digits) else {
                            return self.fail("unknown escape in a name");
                        };
                        name.push(c);
                        *rest = behind.chars();
                    }
                    _ => return self.fail("unknown escape in a name"),
                },
                (Some(c), _) => name.push(c),
                (None, _) => return self.fail("unterminated name"),
            }
        }
        self.rest = rest.as_str();
        Ok(name)
    }

    fn ty(&mut self) -> Result<Type, ParseError> {
        let word = self.word();
        Type::from_name(word).map_or_else(|| self.fail(format!("unknown type '{word}'")), Ok)
    }

    fn wasm_types(&mut self) -> Result<Vec<ValType>, ParseError> {
        let mut types = Vec::new();
        self.expect("(")?;
        while !self.eat(")") {
            if !types.is_empty() {
                self.expect(",")?;
            }
            let word = self.word();
            types.push(match word {
                "i32" => ValType::I32,
                "i64" => ValType::I64,
                "f32" => ValType::F32,
                "f64" => ValType::F64,
                "v128" => ValType::V128,
                "funcref" => ValType::Ref(RefType::FUNCREF),
                "externref" => ValType::Ref(RefType::EXTERNREF),
                "exnref" => ValType::Ref(RefType::EXNREF),
                _ => return self.fail(format!("unknown WebAssembly type '{word}'")),
            });
        }
        Ok(types)
    }

    fn signature(&mut self) -> Result<Signature, ParseError> {
        let params = self.wasm_types()?;
        self.expect("->")?;
        Ok(Signature { wasm: FuncType::new(params, self.wasm_types()?) })
    }

    fn header(&mut self) -> Result<Function, ParseError> {
        self.expect("function")?;
        let index = if self.eat("const") { u32::MAX } else { self.narrow()? };
        let name = self.name()?;
        let signature = self.signature()?;
        self.expect("{")?;
        Ok(Function {
            name,
            index,
            offset: 0,
            signature,
            blocks: Vec::new(),
            insts: Vec::new(),
            values: Vec::new(),
            layout: Vec::new(),
            signatures: Vec::new(),
            vectors: Vec::new(),
            rewrites_left: u64::MAX,
            has_aliases: false,
            known_cfg: None,
        })
    }

    fn body_line(&mut self, f: &mut Function, block: &mut Option<Block>) -> Result<(), ParseError> {
        if self.rest.starts_with("sig") {
            let number = self.entity("sig")? as usize;
            if number != f.signatures.len() {
                return self.fail("signatures are numbered in order");
            }
            let signature = self.signature()?;
            f.signatures.push(signature);
        } else if self.rest.starts_with('b') && self.rest.ends_with(':') {
            let number = Block(self.entity("b")?);
            if f.layout.contains(&number) {
                return self.fail(format!("{number} is defined twice"));
            }
            if f.blocks.len() <= number.index() {
                f.blocks.resize(number.index() + 1, BlockData::default());
            }
            f.layout.push(number);
            self.expect("(")?;
            while !self.eat(")") {
                if !f.blocks[number.index()].params.is_empty() {
                    self.expect(",")?;
                }
                let value = Value(self.entity("v")?);
                self.expect(":")?;
                let ty = self.ty()?;
                let n = f.blocks[number.index()].params.len() as u32;
                self.define(f, value, ValueData { ty, def: ValueDef::Param(number, n) })?;
                f.blocks[number.index()].params.push(value);
            }
            f.blocks[number.index()].cold = self.eat("cold");
            self.expect(":")?;
            *block = Some(number);
        } else {
            let Some(block) = *block else { return self.fail("an instruction outside of a block") };
            let inst = self.instruction(f)?;
            f.blocks[block.index()].insts.push(inst);
        }
        self.space();
        if self.rest.is_empty() { Ok(()) } else { self.fail(format!("unexpected '{}'", self.rest)) }
    }

    fn define(&self, f: &mut Function, value: Value, data: ValueData) -> Result<(), ParseError> {
        if f.values.len() <= value.index() {
            f.values.resize(value.index() + 1, UNDEFINED);
        }
        if f.values[value.index()].def != UNDEFINED.def {
            return self.fail(format!("{value} is defined twice"));
        }
        f.values[value.index()] = data;
        Ok(())
    }

    fn instruction(&mut self, f: &mut Function) -> Result<Inst, ParseError> {
        let mut results = Vec::new();
        if self.rest.starts_with('v') && self.rest.contains('=') {
            loop {
                results.push(Value(self.entity("v")?));
                if !self.eat(",") {
                    break;
                }
            }
            self.expect("=")?;
        }
        if results.windows(2).any(|w| w[1].0 != w[0].0 + 1) {
            return self.fail("results are consecutive values");
        }
        let name = self.word();
        let Some(op) = Op::from_name(name) else { return self.fail(format!("unknown operation '{name}'")) };
        let mut ty = Type::I32;
        if op.is_typed() {
            self.expect(".")?;
            ty = self.ty()?;
        }
        let imm = self.imm(f, op, ty)?;
        let mut args = ArgList::new();
        self.space();
        if self.rest.starts_with('v') {
            loop {
                args.push(Value(self.entity("v")?));
                if !self.eat(",") {
                    break;
                }
            }
        }
        let control = self.control()?;
        let offset = if self.eat("@") { self.narrow()? } else { 0 };

        let inst = Inst(f.insts.len() as u32);
        let sig = match imm {
            Imm::Func { sig, .. } | Imm::Sig(sig) if op.results() == Results::Sig => Some(sig),
            _ => None,
        };
        let types: Vec<Type> = match sig {
            Some(sig) => f.signatures[sig.index()].results().collect(),
            None => op.result_type(ty).into_iter().collect(),
        };
        if types.len() != results.len() {
            return self.fail(format!("{} has {} results, not {}", op.name(), types.len(), results.len()));
        }
        for (i, (&v, &ty)) in results.iter().zip(&types).enumerate() {
            self.define(f, v, ValueData { ty, def: ValueDef::Result(inst, i as u32) })?;
        }
        if !op.is_typed() {
            let of_result = op.result_type(Type::I32).or(types.first().copied());
            ty = of_result.filter(|ty| op.row().types.contains(ty)).unwrap_or(Type::I32);
            if op.effect() == Effect::Terminator && op.results() == Results::None && !args.is_empty() {
                self.pending.push(inst);
            }
        }
        let first_result = results.first().copied().unwrap_or(Value(0));
        let num_results = results.len() as u32;
        f.insts.push(InstData { op, ty, imm, args, first_result, num_results, offset, control });
        Ok(inst)
    }

    fn imm(&mut self, f: &mut Function, op: Op, ty: Type) -> Result<Imm, ParseError> {
        Ok(match op.imm_kind(ty) {
            ImmKind::None => Imm::None,
            ImmKind::Const => Imm::Const(ty.truncate(self.number()? as u64)),
            ImmKind::Vector | ImmKind::Indices => {
                let bits = self.number()?;
                f.vector(bits)
            }
            ImmKind::IntCond => Imm::IntCond(self.int_cond()?),
            ImmKind::FloatCond => Imm::FloatCond(self.float_cond()?),
            ImmKind::Shape => Imm::Shape(self.shape()?),
            ImmKind::Lane => {
                let shape = self.shape()?;
                self.expect("[")?;
                let lane = self.narrow()?;
                self.expect("]")?;
                Imm::Lane(shape, lane)
            }
            ImmKind::LaneIntCond => Imm::LaneIntCond(self.shape()?, self.int_cond()?),
            ImmKind::LaneFloatCond => Imm::LaneFloatCond(self.shape()?, self.float_cond()?),
            ImmKind::Field => {
                self.expect("field(")?;
                let offset = self.number()? as u64 as i32;
                self.expect(",")?;
                let access = Access::ALL.into_iter().find(|a| self.eat(&format!("{},", a.name())));
                let region = self.region()?;
                self.expect(")")?;
                Imm::Field { offset, access: access.unwrap_or(Access::Full), region }
            }
            ImmKind::Heap => {
                self.expect("heap(")?;
                let offset = self.narrow()?;
                self.expect(",")?;
                let access = self.one_of(&Access::ALL, |a| a.name().into(), "access")?;
                self.expect(",")?;
                let memory = self.narrow()?;
                self.expect(",")?;
                let guard = self.one_of(&[true, false], |g| if *g { "guard" } else { "checked" }.into(), "check")?;
                self.expect(")")?;
                Imm::Heap { offset, access, memory, guard }
            }
            ImmKind::Header => {
                self.expect("header(")?;
                let offset = self.number()? as u64 as i32;
                self.expect(",")?;
                let i31 = self.one_of(&[true, false], |i| if *i { "i31" } else { "object" }.into(), "reference")?;
                self.expect(")")?;
                Imm::Header { offset, i31 }
            }
            ImmKind::Alloc => {
                self.expect("type(")?;
                let ty = self.narrow()?;
                self.expect(",")?;
                let word = self.narrow()?;
                self.expect(",")?;
                let len = self.narrow()?;
                self.expect(")")?;
                Imm::Alloc { ty, word, len }
            }
            ImmKind::Trap => Imm::Trap(self.one_of(TrapCode::ALL, |c| format!("{c:?}"), "trap code")?),
            ImmKind::Func => {
                self.expect("func(")?;
                let func = self.narrow()?;
                self.expect(",")?;
                let sig = self.sig(f)?;
                self.expect(")")?;
                Imm::Func { func, sig }
            }
            ImmKind::Sig => Imm::Sig(self.sig(f)?),
            ImmKind::Libcall => Imm::Libcall(self.one_of(Libcall::ALL, |l| l.name().into(), "libcall")?),
        })
    }

    fn shape(&mut self) -> Result<Shape, ParseError> {
        self.one_of(&Shape::ALL, |s| s.name().into(), "shape")
    }

    fn int_cond(&mut self) -> Result<IntCond, ParseError> {
        self.one_of(&IntCond::ALL, |c| c.name().into(), "condition")
    }

    fn float_cond(&mut self) -> Result<FloatCond, ParseError> {
        self.one_of(&FloatCond::ALL, |c| c.name().into(), "condition")
    }

    fn sig(&mut self, f: &Function) -> Result<Sig, ParseError> {
        let sig = Sig(self.entity("sig")?);
        if sig.index() < f.signatures.len() { Ok(sig) } else { self.fail(format!("{sig} is not declared")) }
    }

    fn one_of<T: Copy>(&mut self, all: &[T], name: impl Fn(&T) -> String, what: &str) -> Result<T, ParseError> {
        let word = self.word();
        match all.iter().find(|t| name(t) == word) {
            Some(t) => Ok(*t),
            None => self.fail(format!("unknown {what} '{word}'")),
        }
    }

    fn region(&mut self) -> Result<Region, ParseError> {
        let word = self.word();
        let plain = match word {
            "immutable" => Some(Region::Immutable),
            "immutable_global" => Some(Region::ImmutableGlobal),
            "table_elem" => Some(Region::TableElem),
            "payload" => Some(Region::ExceptionPayload),
            "store_state" => Some(Region::StoreState),
            "fuel" => Some(Region::Fuel),
            "transfer" => Some(Region::Transfer),
            "constant" => Some(Region::Constant),
            _ => None,
        };
        if let Some(region) = plain {
            return Ok(region);
        }
        self.expect("(")?;
        let n = self.narrow()?;
        let region = match word {
            "memory_len" => Region::MemoryLen(n),
            "table_desc" => Region::TableDesc(n),
            "global" => {
                self.expect(",")?;
                Region::Global(n, self.ty()?)
            }
            "struct" => {
                self.expect(",")?;
                Region::StructField(n, self.ty()?)
            }
            "elements" => {
                self.expect(",")?;
                Region::Elements(self.ty()?, n)
            }
            _ => return self.fail(format!("unknown region '{word}'")),
        };
        self.expect(")")?;
        Ok(region)
    }

    fn control(&mut self) -> Result<Option<Box<Control>>, ParseError> {
        if !self.eat("->") {
            return Ok(None);
        }
        let mut control = Control::default();
        loop {
            let block = Block(self.entity("b")?);
            let mut args = Vec::new();
            self.expect("(")?;
            while !self.eat(")") {
                if !args.is_empty() {
                    self.expect(",")?;
                }
                args.push(Value(self.entity("v")?));
            }
            control.targets.push(Target { block, args });
            if !self.eat(",") {
                break;
            }
        }
        if self.eat("catch") {
            loop {
                control.catches.push(if self.eat("all") {
                    Catch::All
                } else {
                    self.expect("tag(")?;
                    let tag = self.narrow()?;
                    self.expect(")")?;
                    Catch::Tag(tag)
                });
                if !self.eat(",") {
                    break;
                }
            }
        }
        Ok(Some(Box::new(control)))
    }

    /// Checks that all named entities exist, and gives terminators the type of their first argument.
    fn finish(mut self, mut f: Function) -> Result<Function, ParseError> {
        if f.layout.is_empty() {
            return self.fail("a function has an entry block");
        }
        for i in 0..f.insts.len() {
            let data = &f.insts[i];
            let targets = data.control.iter().flat_map(|c| &c.targets);
            for v in data.args.iter().chain(targets.clone().flat_map(|t| &t.args)) {
                if f.values.get(v.index()).is_none_or(|d| d.def == UNDEFINED.def) {
                    return self.fail(format!("{v} is used but not defined"));
                }
            }
            for t in targets {
                if !f.layout.contains(&t.block) {
                    return self.fail(format!("{} is a target but not defined", t.block));
                }
            }
        }
        for inst in std::mem::take(&mut self.pending) {
            f.insts[inst.index()].ty = f.ty(f.inst(inst).args[0]);
        }
        Ok(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of everything.
    const SAMPLE: &str = r#"function 3 "sample" (i32, i64, f32, externref, funcref) -> (i32, f64) {
  sig0 (i32) -> ()
  sig1 () -> (i32, i64)
b0(v0: ptr, v1: i32, v2: i64, v3: f32, v4: r32, v5: ptr):
  v6 = const.i32 -1
  v7 = const.f64 0x7ff8000000000000
  v8 = vconst.v128 0x10000000000000002
  v9 = icmp.i32 lt_s v1, v6 @17
  v10 = fcmp.f32 ge v3, v3
  v11 = load.ptr field(8, immutable) v0
  store.i32 field(-4, global(3, i32)) v1, v11
  v12 = load.i64 field(0, memory_len(0)) v11
  v13 = heap_load.i32 heap(16, u8, 0, guard) v11, v2
  heap_store.i64 heap(4294967295, full, 1, checked) v2, v11, v2
  trapnz IntegerOverflow v9
  trapz UndefinedElement v9, v1
  call func(2, sig0) v1
  v14, v15 = call_ref sig1 v5
  v16 = libcall memory_fill v1, v1, v1, v1
  poll
  brif v9 -> b1(v14), b7()
b1(v17: i32) cold:
  br_table v17 -> b1(v1), b1(v17), b2()
b2():
  v18, v19 = try_call_ref sig1 v5 -> b3(), b4(), b5() catch tag(3), all
b3():
  return v18, v7
b4():
  v20 = landing_pad
  throw v20
b5():
  v21 = landing_pad
  throw v21 -> b6() catch all
b6():
  v22 = landing_pad
  trap Unreachable
b7():
  v24 = try_libcall resume v1, v1, v1 -> b9(), b10() catch all
b8(v23: i32):
  return v23, v7
b9():
  v25 = load.i64 field(8, transfer) v0
  store.i64 field(0, transfer) v24, v0
  jump -> b8(v1)
b10():
  v26 = landing_pad
  throw v26
}
"#;

    #[test]
    fn printing_what_was_read_gives_the_same_text() {
        let f = parse(SAMPLE).unwrap();
        assert_eq!(f.to_string(), SAMPLE);
        assert_eq!(f.ty(Value(15)), Type::I64);
        // Terminators without results have the type of their first argument, even if that is defined further below.
        let ends: Vec<&InstData> = f.layout.iter().map(|&block| f.inst(f.terminator(block))).collect();
        let plain = |op: Op| op.effect() == Effect::Terminator && op.results() == Results::None;
        let typed: Vec<&&InstData> = ends.iter().filter(|inst| plain(inst.op) && !inst.args.is_empty()).collect();
        typed.iter().for_each(|inst| assert_eq!(inst.ty, f.ty(inst.args[0]), "{}", inst.op.name()));
        assert!(typed.len() > 5 && typed.iter().any(|inst| inst.ty != Type::I32), "{}", typed.len());
    }

    /// Values that do not exist are printed, too: the verifier reports them and prints the function.
    #[test]
    fn values_that_do_not_exist_are_printed() {
        let text =
            "function 0 \"f\" () -> () {\nb0(v0: ptr):\n  v1 = const.i32 7\n  trapz Unreachable v1\n  return\n}\n";
        for value in [2, 3, u32::MAX - 1] {
            let mut f = parse(text).unwrap();
            assert_eq!(f.values.len(), 2);
            let block = &f.blocks[f.layout[0].index()];
            let trap = *block.insts.iter().find(|&&inst| f.inst(inst).op == Op::TrapZ).unwrap();
            f.insts[trap.index()].args[0] = Value(value);
            assert!(f.to_string().contains(&format!("trapz Unreachable v{value}\n")), "{f}");
        }
    }

    /// Names are printed and parsed, whatever a module calls its functions.
    #[test]
    fn names_are_printed_and_parsed() {
        let names = [
            "",
            "f",
            "a \"quoted\" name",
            "\\",
            "\\\"",
            "it's",
            "{ -> (",
            "\u{0}\n\t\r\u{7f}\u{200b}",
            "größer als",
            "e\u{301}\u{1f600}",
        ];
        for name in names {
            for index in [0, 7, u32::MAX] {
                let mut f = parse(SAMPLE).unwrap();
                (f.name, f.index) = (name.into(), index);
                let text = f.to_string();
                let read = parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
                assert_eq!((&read.name[..], read.index), (name, index));
                assert_eq!(read.to_string(), text);
            }
        }
        for (name, message) in [
            ("\"f", "unterminated name"),
            ("\"\\\"", "unterminated name"),
            ("\"\\q\"", "unknown escape"),
            ("\"\\u{d800}\"", "unknown escape"),
            ("\"\\u{41\"", "unknown escape"),
            ("f", "expected '\"'"),
        ] {
            let error = parse(&format!("function 0 {name}")).unwrap_err();
            assert!(error.message.contains(message), "{name}: {error}");
        }
    }

    /// Between lines, and around them.
    #[test]
    fn comments_and_empty_lines_are_skipped() {
        let spread: String = SAMPLE.lines().map(|line| format!("\n  ; {line}\n\t{line}  \n\n")).collect();
        assert_eq!(parse(&spread).unwrap().to_string(), SAMPLE);
        // A function ends with its brace.
        assert_eq!(parse(&format!("{SAMPLE}what follows")).unwrap().to_string(), SAMPLE);
    }

    /// A number beyond its limit is an error immediately; numbers up to the limit are accepted.
    #[test]
    fn numbers_have_limits() {
        let of = |text: &str| parse(&format!("function 0 \"f\" () -> () {{\n{text}\n}}\n")).map_err(|e| e.message);
        let last = (1 << 20) - 1;
        assert_eq!(
            of(&format!("b0(v0: ptr):\n  v{last} = const.i32 1\n  return")).map(|f| f.values.len()),
            Ok(1 << 20)
        );
        assert_eq!(
            of(&format!("b0(v0: ptr):\n  jump -> b{last}()\nb{last}():\n  return")).map(|f| f.blocks.len()),
            Ok(1 << 20)
        );
        for text in [
            "v1048576 = const.i32 1",
            "v4294967296 = const.i32 1",
            "v = const.i32 1",
            "v-1 = const.i32 1",
            "jump -> b1048576()",
        ] {
            let error = of(&format!("b0(v0: ptr):\n  {text}\n  return")).unwrap_err();
            assert!(error.contains("expected "), "{text}: {error}");
        }
        // The greatest number that an immediate can hold, and the next one.
        for (text, most) in [
            ("v1 = heap_load.i32 heap(N, full, 0, guard) v0, v0", u128::from(u32::MAX)),
            ("v1 = heap_load.i32 heap(0, full, N, guard) v0, v0", u32::MAX.into()),
            ("v1 = load.i32 field(8, memory_len(N)) v0", u32::MAX.into()),
            ("v1 = load.i32 field(8, struct(N, i32)) v0", u32::MAX.into()),
            ("v1 = alloc type(N, 0x1, 0) v0", u32::MAX.into()),
            ("v1 = alloc type(0, N, 0) v0", u32::MAX.into()),
            ("v1 = alloc type(0, 0x1, N) v0", u32::MAX.into()),
            ("call func(N, sig0)", u32::MAX.into()),
            ("v1 = extract.i32 i8x16[N] v0", u8::MAX.into()),
            ("throw v0 -> b0() catch tag(N)", u32::MAX.into()),
            ("trap Unreachable @N", u32::MAX.into()),
            ("v1 = vconst.v128 N", u128::MAX),
        ] {
            let of = |n: &str| {
                let signature = if text.contains("sig0") { "  sig0 () -> ()\n" } else { "" };
                of(&format!("{signature}b0(v0: ptr):\n  {}\n  return", text.replace('N', n))).err()
            };
            assert_eq!((of("0"), of(&most.to_string()), of(&format!("{most:#x}"))), (None, None, None), "{text}");
            let more = most.checked_add(1).map_or("0x1".to_string() + &"0".repeat(32), |n| n.to_string());
            assert!(of(&more).is_some(), "{text}: {more}");
            assert!(of("x").is_some() && of("").is_some(), "{text}");
        }
    }

    #[test]
    fn errors_name_the_line() {
        let fails = |from: &str, to: &str, line: usize, message: &str| {
            assert!(SAMPLE.contains(from), "{from}");
            let e = parse(&SAMPLE.replacen(from, to, 1)).unwrap_err();
            assert!(e.message.contains(message), "{e}");
            if line > 0 {
                assert_eq!(e.line, line, "{e}");
            }
        };
        fails("v6 = const.i32 -1", "v6 = const.i32 x", 5, "invalid number 'x'");
        fails("v6 = const.i32", "v1 = const.i32", 5, "v1 is defined twice");
        fails("v9 = icmp", "v9 = lcmp", 8, "unknown operation 'lcmp'");
        fails("call_ref sig1", "call_ref sig7", 18, "sig7 is not declared");
        fails("v14, v15 =", "v14 =", 18, "has 2 results, not 1");
        fails("v14, v15 =", "v14, v16 =", 18, "consecutive");
        fails("return v18, v7", "return v99, v7", 0, "v99 is used but not defined");
        fails("b6() catch", "b19() catch", 0, "b19 is a target but not defined");
        fails("poll", "poll poll", 20, "unexpected 'poll'");
        fails("b2():", "b1():", 24, "b1 is defined twice");
        fails("  sig1", "  sig2", 3, "signatures are numbered in order");
        fails("b0(v0: ptr,", "poll\nb0(v0: ptr,", 4, "an instruction outside of a block");
        fails("(v17: i32) cold", "(v17: i33) cold", 22, "unknown type 'i33'");
        fails("() -> (i32, i64)", "() -> (i32, any)", 3, "unknown WebAssembly type 'any'");
        fails("lt_s v1", "lt v1", 8, "unknown condition 'lt'");
        fails("u8, 0, guard", "u9, 0, guard", 13, "unknown access 'u9'");
        fails("0, guard", "0, guarded", 13, "unknown check 'guarded'");
        fails("memory_len(0)", "memory_length(0)", 12, "unknown region 'memory_length'");
        fails("IntegerOverflow", "Overflow", 15, "unknown trap code 'Overflow'");
        fails("memory_fill", "memory_fall", 19, "unknown libcall 'memory_fall'");
        fails("fcmp.f32", "fcmp f32", 9, "expected '.'");
        fails("function 3", "func 3", 1, "expected 'function'");
        fails("f64) {", "f64)", 1, "expected '{'");
        fails("brif v9 -> b1(v14)", "brif v9 -> b1(v14", 21, "expected vN, found 'b7'");
        fails("catch tag(3), all", "catch tag(3), none", 25, "expected 'tag('");
        fails("}\n", "", 0, "missing '}'");
    }
}
