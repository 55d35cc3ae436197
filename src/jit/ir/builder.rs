//! Appends instructions to a function, block by block, through an optional simplifier.

use super::*;

/// What a [`Simplifier`] decides about an instruction that is about to be appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Simplified {
    /// Append it unchanged.
    Keep,
    /// Append nothing and use this value as its result. The value must dominate the cursor and have the result's type.
    Value(Value),
    /// Append nothing: the instruction has no result and no effect (a trap that cannot happen).
    Gone,
}

/// Folds and hash-conses during construction. Implemented by `opt`; the frontend knows only this trait.
pub trait Simplifier {
    /// Called for each instruction that is not a terminator and has at most one result, except for those that `cursor`
    /// itself appends. May append other instructions through the cursor.
    fn simplify(&mut self, cursor: &mut Cursor<'_>, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Simplified;

    /// Called after an instruction was appended unchanged: its value may be reused for later equal ones.
    fn appended(&mut self, f: &Function, block: Block, inst: Inst);
}

/// A position at the end of a block.
pub struct Cursor<'a> {
    /// The function.
    pub func: &'a mut Function,
    /// The block.
    pub block: Block,
    /// The byte offset in the module's binary that new instructions get.
    pub offset: u32,
}

impl Cursor<'_> {
    /// Appends an instruction with the results that the operation table states (none for those of a signature).
    pub fn append(&mut self, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Inst {
        let inst = self.func.new_inst(op, ty, imm, ArgList::from_slice(args), op.result_type(ty), self.offset, None);
        self.func.blocks[self.block.index()].insts.push(inst);
        inst
    }

    /// As [`Cursor::append`], but returns the result. Panics if the operation has none.
    pub fn value(&mut self, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Value {
        let inst = self.append(op, ty, imm, args);
        self.func.result(inst)
    }

    /// Appends a constant; `bits` above the type's width are dropped.
    pub fn constant(&mut self, ty: Type, bits: u64) -> Value {
        self.value(Op::Const, ty, Imm::Const(ty.truncate(bits)), &[])
    }
}

/// The number of instructions of a block for which room is reserved at the beginning.
const EXPECTED_INSTS: usize = 8;

/// Builds a function. Instructions go to the end of the current block; a terminator ends it, and
/// [`Builder::switch_to`] begins the next one.
pub struct Builder<'s> {
    /// The function under construction.
    pub func: Function,
    block: Block,
    offset: u32,
    simplifier: Option<&'s mut dyn Simplifier>,
}

impl<'s> Builder<'s> {
    /// Starts at the end of the entry block. Without a simplifier everything is appended as given.
    pub fn new(func: Function, simplifier: Option<&'s mut dyn Simplifier>) -> Builder<'s> {
        let block = func.entry();
        Builder { func, block, offset: 0, simplifier }
    }

    /// Returns the finished function.
    pub fn finish(self) -> Function {
        self.func
    }

    /// Sets the byte offset in the module's binary that the following instructions get.
    pub fn set_offset(&mut self, offset: u32) {
        self.offset = offset;
    }

    /// The `VMContext` pointer.
    pub fn ctx(&self) -> Value {
        self.func.ctx()
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.func.ty(value)
    }

    /// Creates a block; it is not in the layout until [`Builder::switch_to`].
    pub fn create_block(&mut self) -> Block {
        self.func.new_block()
    }

    /// Adds a parameter to a block.
    pub fn add_param(&mut self, block: Block, ty: Type) -> Value {
        self.func.add_param(block, ty)
    }

    /// Marks a block as seldom reached.
    pub fn set_cold(&mut self, block: Block) {
        self.func.blocks[block.index()].cold = true;
    }

    /// Puts a block at the end of the layout, unless it is the entry, and continues there.
    pub fn switch_to(&mut self, block: Block) {
        debug_assert!(self.func.blocks[block.index()].insts.is_empty(), "{block} was built before");
        if block != self.func.entry() {
            self.func.layout.push(block);
        }
        self.func.blocks[block.index()].insts.reserve(EXPECTED_INSTS);
        self.block = block;
    }

    /// Appends an instruction (not a terminator or a call) or its simplification.
    fn add(&mut self, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Option<Value> {
        let mut cursor = Cursor { func: &mut self.func, block: self.block, offset: self.offset };
        if let Some(simplifier) = &mut self.simplifier {
            match simplifier.simplify(&mut cursor, op, ty, imm, args) {
                Simplified::Keep => {}
                Simplified::Value(v) => return Some(v),
                Simplified::Gone => return None,
            }
        }
        let inst = cursor.append(op, ty, imm, args);
        if let Some(simplifier) = &mut self.simplifier {
            simplifier.appended(&self.func, self.block, inst);
        }
        let data = self.func.inst(inst);
        (data.num_results == 1).then_some(data.first_result)
    }

    /// Appends an instruction with one result.
    pub fn ins(&mut self, op: Op, ty: Type, imm: Imm, args: &[Value]) -> Value {
        self.add(op, ty, imm, args).expect("an operation with a result")
    }

    /// Appends an instruction without result.
    pub fn effect(&mut self, op: Op, ty: Type, imm: Imm, args: &[Value]) {
        self.add(op, ty, imm, args);
    }

    /// Appends a constant; bits above the type's width are dropped.
    pub fn constant(&mut self, ty: Type, bits: u64) -> Value {
        self.ins(Op::Const, ty, Imm::Const(ty.truncate(bits)), &[])
    }

    /// Appends a 128-bit constant.
    pub fn vconst(&mut self, bits: u128) -> Value {
        let imm = self.func.vector(bits);
        self.ins(Op::VConst, Type::V128, imm, &[])
    }

    /// Appends the zero of a type.
    pub fn zero(&mut self, ty: Type) -> Value {
        if ty == Type::V128 { self.vconst(0) } else { self.constant(ty, 0) }
    }

    /// Appends an `i32` constant.
    pub fn i32(&mut self, value: u32) -> Value {
        self.constant(Type::I32, u64::from(value))
    }

    /// Appends an `i64` constant.
    pub fn i64(&mut self, value: u64) -> Value {
        self.constant(Type::I64, value)
    }

    /// Appends an operation on one value, of that value's type.
    pub fn unary(&mut self, op: Op, a: Value) -> Value {
        self.ins(op, self.ty(a), Imm::None, &[a])
    }

    /// Appends an operation on two values, of the first one's type.
    pub fn binary(&mut self, op: Op, a: Value, b: Value) -> Value {
        self.ins(op, self.ty(a), Imm::None, &[a, b])
    }

    /// Appends a conversion to `to`.
    pub fn convert(&mut self, op: Op, to: Type, a: Value) -> Value {
        self.ins(op, to, Imm::None, &[a])
    }

    /// Appends a comparison of integers, references or pointers.
    pub fn icmp(&mut self, cond: IntCond, a: Value, b: Value) -> Value {
        self.ins(Op::ICmp, self.ty(a), Imm::IntCond(cond), &[a, b])
    }

    /// Appends a comparison of floats.
    pub fn fcmp(&mut self, cond: FloatCond, a: Value, b: Value) -> Value {
        self.ins(Op::FCmp, self.ty(a), Imm::FloatCond(cond), &[a, b])
    }

    /// Appends a select: `a` if `cond` is not 0, otherwise `b`.
    pub fn select(&mut self, cond: Value, a: Value, b: Value) -> Value {
        self.ins(Op::Select, self.ty(a), Imm::None, &[cond, a, b])
    }

    /// Appends a load from outside linear memory.
    pub fn load(&mut self, ty: Type, base: Value, offset: i32, region: Region) -> Value {
        self.ins(Op::Load, ty, Imm::Field { offset, access: Access::Full, region }, &[base])
    }

    /// Appends a store outside linear memory.
    pub fn store(&mut self, value: Value, base: Value, offset: i32, region: Region) {
        self.effect(Op::Store, self.ty(value), Imm::Field { offset, access: Access::Full, region }, &[value, base]);
    }

    /// Appends a trap if `cond` is not 0.
    pub fn trapnz(&mut self, cond: Value, code: TrapCode, detail: Option<Value>) {
        self.trap_if(Op::TrapNz, cond, code, detail);
    }

    /// Appends a trap if `cond` is 0.
    pub fn trapz(&mut self, cond: Value, code: TrapCode, detail: Option<Value>) {
        self.trap_if(Op::TrapZ, cond, code, detail);
    }

    fn trap_if(&mut self, op: Op, cond: Value, code: TrapCode, detail: Option<Value>) {
        match detail {
            Some(d) => self.effect(op, Type::I32, Imm::Trap(code), &[cond, d]),
            None => self.effect(op, Type::I32, Imm::Trap(code), &[cond]),
        }
    }

    /// Appends a libcall; returns its 64-bit value (meaningless if the libcall has none).
    pub fn libcall(&mut self, libcall: Libcall, args: &[Value]) -> Value {
        self.ins(Op::Libcall, Type::I64, Imm::Libcall(libcall), args)
    }

    /// Appends a libcall that may throw, inside a `try_table`; returns its 64-bit value.
    pub fn try_libcall(&mut self, libcall: Libcall, args: &[Value], control: Control) -> Value {
        let (args, imm) = (ArgList::from_slice(args), Imm::Libcall(libcall));
        let control = Some(Box::new(control));
        let inst = self.func.new_inst(Op::TryLibcall, Type::I64, imm, args, [Type::I64], self.offset, control);
        self.push(inst);
        self.func.result(inst)
    }

    /// Returns the index of a signature; equal signatures share one.
    pub fn signature(&mut self, wasm: &FuncType) -> Sig {
        // Searched without a map, because few functions call more than a handful of types. In those that do, equal
        // signatures may get different indices.
        const COMPARED: usize = 64;
        let known = self.func.signatures.iter().take(COMPARED).position(|s| s.wasm == *wasm);
        Sig(known.unwrap_or_else(|| {
            self.func.signatures.push(Signature { wasm: wasm.clone() });
            self.func.signatures.len() - 1
        }) as u32)
    }

    /// Appends `call`, `call_ref`, `return_call`, `return_call_ref`, `try_call` or `try_call_ref`. The results are those
    /// of the signature in `imm`; terminators that return from the function have none.
    pub fn call(&mut self, op: Op, imm: Imm, args: ArgList, control: Option<Control>) -> Inst {
        let sig = match imm {
            Imm::Func { sig, .. } | Imm::Sig(sig) => sig,
            _ => unreachable!("a call has a signature"),
        };
        let results: smallvec::SmallVec<[Type; 4]> = match op.results() {
            ops::Results::Sig => self.func.signatures[sig.index()].results().collect(),
            _ => Default::default(),
        };
        let ty = results.first().copied().unwrap_or(Type::I32);
        let inst = self.func.new_inst(op, ty, imm, args, results, self.offset, control.map(Box::new));
        self.push(inst)
    }

    fn push(&mut self, inst: Inst) -> Inst {
        self.func.blocks[self.block.index()].insts.push(inst);
        inst
    }

    fn terminator(&mut self, op: Op, imm: Imm, args: &[Value], targets: Vec<Target>, catches: Vec<Catch>) -> Inst {
        let control = (!targets.is_empty()).then(|| Box::new(Control { targets, catches }));
        let ty = args.first().map_or(Type::I32, |&a| self.ty(a));
        let inst = self.func.new_inst(op, ty, imm, ArgList::from_slice(args), None, self.offset, control);
        self.push(inst)
    }

    /// Ends the block with a jump.
    pub fn jump(&mut self, block: Block, args: &[Value]) -> Inst {
        self.terminator(Op::Jump, Imm::None, &[], vec![Target { block, args: args.to_vec() }], Vec::new())
    }

    /// Ends the block with a conditional branch.
    pub fn brif(&mut self, cond: Value, then: Block, then_args: &[Value], or: Block, or_args: &[Value]) -> Inst {
        let targets =
            vec![Target { block: then, args: then_args.to_vec() }, Target { block: or, args: or_args.to_vec() }];
        self.terminator(Op::BrIf, Imm::None, &[cond], targets, Vec::new())
    }

    /// Ends the block with a branch table. The last of `targets` is the default.
    pub fn br_table(&mut self, index: Value, targets: Vec<Target>) -> Inst {
        self.terminator(Op::BrTable, Imm::None, &[index], targets, Vec::new())
    }

    /// Ends the block with a return.
    pub fn ret(&mut self, values: &[Value]) -> Inst {
        self.terminator(Op::Return, Imm::None, values, Vec::new(), Vec::new())
    }

    /// Ends the block with a trap.
    pub fn trap(&mut self, code: TrapCode, detail: Option<Value>) -> Inst {
        self.terminator(Op::TrapNow, Imm::Trap(code), detail.as_slice(), Vec::new(), Vec::new())
    }

    /// Ends the block by throwing `exnref`; `landings[i]` handles the exceptions of `catches[i]`.
    pub fn throw(&mut self, exnref: Value, landings: Vec<Target>, catches: Vec<Catch>) -> Inst {
        self.terminator(Op::Throw, Imm::None, &[exnref], landings, catches)
    }
}
