//! The SSA form: flat arenas, block parameters, no φ-functions.
//!
//! A [`Function`] owns arenas of blocks, instructions and values. Blocks have parameters; branches pass arguments. The
//! entry block's parameters are the `VMContext` pointer, then the function's parameters. [`ops`] is the single table of
//! operations. The upper half of a 64-bit register that holds an `i32` or `r32` is *undefined*: operations that need it
//! extend explicitly (`zext`, `sext`).
//!
//! **Throwing calls.** A call inside a `try_table` (`try_call`, `try_call_ref`, `try_libcall`), and also `throw`, is a
//! terminator. Its targets are the normal successor (which `throw` does not have), then one landing block for each of its
//! handlers, innermost first. Its results are defined by the terminator and may be used in all blocks that the normal
//! successor dominates. Each of these targets takes no arguments and has this terminator as its only predecessor
//! (critical edges are split by construction), and a landing block starts with `landing_pad`, which returns the exnref.

/// An enumeration whose variants have names in the text form: `ALL`, `name` and `from_name` come from one list.
macro_rules! named {
    ($($(#[$meta:meta])* $enum:ident { $($(#[$doc:meta])* $variant:ident $name:literal,)* })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $enum { $($(#[$doc])* #[doc = concat!("Written `", $name, "`.")] $variant,)* }

        impl $enum {
            /// All variants, in order.
            pub const ALL: [$enum; [$($enum::$variant),*].len()] = [$($enum::$variant),*];

            /// The name in the text form.
            pub fn name(self) -> &'static str { match self { $($enum::$variant => $name,)* } }

            /// The variant with this name.
            pub fn from_name(name: &str) -> Option<$enum> {
                $enum::ALL.into_iter().find(|variant| variant.name() == name)
            }
        }
    )*};
}

pub(crate) mod builder;
pub(crate) mod cfg;
pub(crate) mod eval;
mod eval_atomic;
pub(crate) mod eval_value;
pub(crate) mod eval_vector;
pub mod ops;
pub mod parse;
pub mod print;
pub(crate) mod vector;
pub mod verify;

use crate::module::{FuncType, ValType};
use crate::runtime::libcalls::Libcall;
use crate::runtime::trap::TrapCode;
use cfg::Cfg;
pub use ops::{Effect, Op, OpClass, may_throw};
use std::sync::Arc;
pub use vector::Shape;

macro_rules! entity {
    ($($(#[$doc:meta])* $name:ident $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            /// The number, as an index into the function's arena.
            pub fn index(self) -> usize { self.0 as usize }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{self}") }
        }
    )*};
}
entity! {
    /// An SSA value: index into [`Function::values`].
    Value "v";
    /// An instruction: index into [`Function::insts`].
    Inst "i";
    /// A block: index into [`Function::blocks`].
    Block "b";
    /// A signature used by calls: index into [`Function::signatures`].
    Sig "sig";
}

named! {
    /// Type of a value.
    Type {
        I32 "i32",
        I64 "i64",
        F32 "f32",
        F64 "f64",
        V128 "v128",
        /// Offset of an object in the GC heap; 0 is null.
        Ref32 "r32",
        /// A host pointer: funcref, context, memory base.
        Ptr "ptr",
    }

    /// Condition of an integer comparison.
    IntCond {
        Eq "eq",
        Ne "ne",
        LtS "lt_s",
        LtU "lt_u",
        GtS "gt_s",
        GtU "gt_u",
        LeS "le_s",
        LeU "le_u",
        GeS "ge_s",
        GeU "ge_u",
    }

    /// Condition of a float comparison; all but `Ne` are false on NaN.
    FloatCond {
        Eq "eq",
        Ne "ne",
        Lt "lt",
        Gt "gt",
        Le "le",
        Ge "ge",
    }

    /// Width and extension of a memory access. For stores only the width counts.
    Access {
        S8 "s8",
        U8 "u8",
        S16 "s16",
        U16 "u16",
        S32 "s32",
        U32 "u32",
        /// Loads of v128: the upper half is 0. (`U32` likewise leaves all but the lowest lane 0.)
        U64 "u64",
        /// The value's own width.
        Full "full",
    }
}

impl Type {
    /// The size of a value in bytes.
    pub fn bytes(self) -> u32 {
        match self {
            Type::I32 | Type::F32 | Type::Ref32 => 4,
            Type::I64 | Type::F64 | Type::Ptr => 8,
            Type::V128 => 16,
        }
    }

    /// Drops bits above the width of a scalar type.
    pub fn truncate(self, bits: u64) -> u64 {
        if self.bytes() == 4 { bits & 0xffff_ffff } else { bits }
    }

    /// Whether this is `f32` or `f64`.
    pub fn is_float(self) -> bool {
        matches!(self, Type::F32 | Type::F64)
    }

    /// Whether integer registers hold this type: `i32`, `i64`, a pointer or a reference.
    pub fn is_int(self) -> bool {
        matches!(self, Type::I32 | Type::I64 | Type::Ref32 | Type::Ptr)
    }
}

impl IntCond {
    /// The condition that holds exactly if this one does not.
    pub fn inverse(self) -> IntCond {
        match self {
            IntCond::Eq => IntCond::Ne,
            IntCond::Ne => IntCond::Eq,
            IntCond::LtS => IntCond::GeS,
            IntCond::LtU => IntCond::GeU,
            IntCond::GtS => IntCond::LeS,
            IntCond::GtU => IntCond::LeU,
            IntCond::LeS => IntCond::GtS,
            IntCond::LeU => IntCond::GtU,
            IntCond::GeS => IntCond::LtS,
            IntCond::GeU => IntCond::LtU,
        }
    }

    /// The condition for exchanged operands.
    pub fn swapped(self) -> IntCond {
        match self {
            IntCond::Eq | IntCond::Ne => self,
            IntCond::LtS => IntCond::GtS,
            IntCond::LtU => IntCond::GtU,
            IntCond::GtS => IntCond::LtS,
            IntCond::GtU => IntCond::LtU,
            IntCond::LeS => IntCond::GeS,
            IntCond::LeU => IntCond::GeU,
            IntCond::GeS => IntCond::LeS,
            IntCond::GeU => IntCond::LeU,
        }
    }

    /// Whether it compares signed numbers.
    pub fn is_signed(self) -> bool {
        matches!(self, IntCond::LtS | IntCond::GtS | IntCond::LeS | IntCond::GeS)
    }

    /// Whether it compares unsigned numbers; equality conditions are neither signed nor unsigned.
    pub fn is_unsigned(self) -> bool {
        matches!(self, IntCond::LtU | IntCond::GtU | IntCond::LeU | IntCond::GeU)
    }

    /// Whether it holds for equal numbers.
    pub fn holds_for_equals(self) -> bool {
        matches!(self, IntCond::Eq | IntCond::LeS | IntCond::LeU | IntCond::GeS | IntCond::GeU)
    }
}

impl Access {
    /// The number of bytes that an access touches if the value has type `ty`.
    pub fn bytes(self, ty: Type) -> u32 {
        match self {
            Access::S8 | Access::U8 => 1,
            Access::S16 | Access::U16 => 2,
            Access::S32 | Access::U32 => 4,
            Access::U64 => 8,
            Access::Full => ty.bytes(),
        }
    }
}

/// The alias class of a `load` or `store` outside linear memory: a region aliases regions of the same kind, type and
/// place, and those stated in its documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Region {
    /// Never changes while the function runs: context fields, entity pointers, memory bases, type ids, contexts and type
    /// ids of `VMFunc`s, exception payloads after their construction. A non-null pointer read from here leads to memory
    /// that may be read at any time. A pointer reached from the context through such pointers alone is not null.
    Immutable,
    /// The value of an immutable global. It never changes either, but may be null.
    ImmutableGlobal,
    /// The byte length of a memory, by memory index. Two indices may name the same memory (imports), so all may alias.
    MemoryLen(u32),
    /// A global of a type, by global index. Two imported globals may be the same: all globals of one type may alias.
    Global(u32, Type),
    /// The base and length of a table. Two imported tables may be the same: all may alias.
    TableDesc(u32),
    /// Elements of tables.
    TableElem,
    /// The payload of an exception under construction.
    ExceptionPayload,
    /// Fields of `VMStore` that change.
    StoreState,
    /// `VMStore::fuel`.
    Fuel,
    /// Values passed between stacks: the buffer that `VMStore::transfer` points to.
    Transfer,
    /// Parts of an object that are set when it is made and never change: array lengths, immutable fields and elements.
    /// They are stored before any other code can see the object.
    Constant,
    /// A mutable field at this offset of structures, held as this type. Types that share a field have it at the same place.
    StructField(u32, Type),
    /// Mutable elements of arrays, of this type and this size in bytes.
    Elements(Type, u32),
}

impl Region {
    /// Whether the region is within objects of the heap. An object's address is the heap's base plus a reference; null
    /// gives the base itself, and an i31 may lead anywhere. So the contents are read only after a check, even if the
    /// address is always known.
    pub fn is_of_objects(self) -> bool {
        matches!(self, Region::Constant | Region::StructField(..) | Region::Elements(..) | Region::ExceptionPayload)
    }
}

/// The immediate of an instruction: its inputs other than value arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Imm {
    /// No immediate.
    None,
    /// The bits of a constant; those of 32-bit types are zero-extended.
    Const(u64),
    /// Index into [`Function::vectors`]: see [`Function::vector`].
    Vector(u32),
    /// `icmp`: the condition.
    IntCond(IntCond),
    /// `fcmp`: the condition.
    FloatCond(FloatCond),
    /// The shape of the lanes of a `v128`.
    Shape(Shape),
    /// One lane.
    Lane(Shape, u8),
    /// `vicmp`: shape and condition.
    LaneIntCond(Shape, IntCond),
    /// `vfcmp`: shape and condition.
    LaneFloatCond(Shape, FloatCond),
    /// `load`, `store`.
    Field {
        /// The offset from the base.
        offset: i32,
        /// Width and extension; narrow ones only for packed fields.
        access: Access,
        /// Alias class.
        region: Region,
    },
    /// `heap_load`, `heap_store` and atomic accesses.
    Heap {
        /// The static offset: at most `GUARD_BYTES - 16` for a guarded memory without an explicit check, otherwise at
        /// most `u32::MAX`.
        offset: u32,
        /// Width and extension.
        access: Access,
        /// Memory index.
        memory: u32,
        /// Whether the access itself is the bounds check; if not, it cannot fail, because a check precedes it.
        guard: bool,
    },
    /// `header`.
    Header {
        /// Offset of the word in the header.
        offset: i32,
        /// Whether the reference may be an i31.
        i31: bool,
    },
    /// `alloc`.
    Alloc {
        /// Index of the type in the module.
        ty: u32,
        /// The second word of the header.
        word: u32,
        /// The number of elements; 0 for a structure.
        len: u32,
    },
    /// `trap`, `trapnz`, `trapz`: the trap.
    Trap(TrapCode),
    /// `call`, `return_call`, `try_call`: a function that this module defines.
    Func {
        /// Function index.
        func: u32,
        /// Signature of the function.
        sig: Sig,
    },
    /// `call_ref` and its variants.
    Sig(Sig),
    /// `libcall`, `try_libcall`.
    Libcall(Libcall),
}

/// A branch target and the arguments for its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The block.
    pub block: Block,
    /// One argument for each of its parameters.
    pub args: Vec<Value>,
}

/// The exceptions that a landing block handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Catch {
    /// The index of the tag in the function's context.
    Tag(u32),
    /// All exceptions.
    All,
}

/// Operands of control flow, stored separately because few instructions have any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Control {
    /// `brif`: then, else. `br_table`: the default is last. Throwing calls: see the module docs.
    pub targets: Vec<Target>,
    /// Throwing calls: one for each landing block.
    pub catches: Vec<Catch>,
}

/// An instruction. Its results are consecutive values.
#[derive(Clone, Debug)]
pub struct InstData {
    /// The operation.
    pub op: Op,
    /// The controlling type: that of the result or, where the table says so (comparisons, stores), of the first argument.
    pub ty: Type,
    /// The immediate.
    pub imm: Imm,
    /// The value arguments.
    pub args: ArgList,
    /// The first result; the others follow it.
    pub first_result: Value,
    /// The number of results.
    pub num_results: u32,
    /// Byte offset in the module's binary of the operator that it comes from.
    pub offset: u32,
    /// Targets and handlers of a branch or throwing call.
    pub control: Option<Box<Control>>,
}

/// Up to three arguments inline, more on the heap (calls).
pub type ArgList = smallvec::SmallVec<[Value; 3]>;

/// The definition of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueDef {
    /// Result number of an instruction.
    Result(Inst, u32),
    /// Parameter number of a block.
    Param(Block, u32),
    /// Replaced by another value. Passes leave no aliases.
    Alias(Value),
}

/// A value.
#[derive(Clone, Copy, Debug)]
pub struct ValueData {
    /// The type.
    pub ty: Type,
    /// The definition.
    pub def: ValueDef,
}

/// A block.
#[derive(Clone, Debug, Default)]
pub struct BlockData {
    /// The block's parameters.
    pub params: Vec<Value>,
    /// The instructions in order; the last one is the only terminator.
    pub insts: Vec<Inst>,
    /// Whether it is seldom reached (traps, slow paths); such blocks are laid out at the end.
    pub cold: bool,
}

/// A signature with what calls need: the WebAssembly types determine the ABI and the IR types.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    /// The WebAssembly type.
    pub wasm: FuncType,
}

impl Signature {
    /// The IR types of the parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = Type> + '_ {
        self.wasm.params().iter().map(|&t| Type::of(t))
    }

    /// The IR types of the results.
    pub fn results(&self) -> impl ExactSizeIterator<Item = Type> + '_ {
        self.wasm.results().iter().map(|&t| Type::of(t))
    }
}

impl Type {
    /// Returns the type that holds a WebAssembly value: a pointer for the func hierarchy, a heap offset for any other
    /// reference.
    pub fn of(ty: ValType) -> Type {
        match ty {
            ValType::I32 => Type::I32,
            ValType::I64 => Type::I64,
            ValType::F32 => Type::F32,
            ValType::F64 => Type::F64,
            ValType::V128 => Type::V128,
            ValType::Ref(r)
                if r.is_func_ref()
                    || matches!(
                        r.heap_type(),
                        wasmparser::HeapType::Abstract {
                            ty: wasmparser::AbstractHeapType::NoFunc | wasmparser::AbstractHeapType::Func,
                            ..
                        }
                    ) =>
            {
                Type::Ptr
            }
            // A concrete type would need the module: the frontend replaces it by the top of its hierarchy (`erased`).
            ValType::Ref(_) => Type::Ref32,
        }
    }
}

/// A function in SSA form.
#[derive(Clone, Debug)]
pub struct Function {
    /// The name, for messages and listings; empty if it is not needed.
    pub name: String,
    /// Function index in its module (`u32::MAX` for a constant expression).
    pub index: u32,
    /// Byte offset in the module's binary of the first operator: the prologue is attributed to it.
    pub offset: u32,
    /// The WebAssembly signature.
    pub signature: Signature,
    /// The arena of blocks.
    pub blocks: Vec<BlockData>,
    /// The arena of instructions.
    pub insts: Vec<InstData>,
    /// The arena of values.
    pub values: Vec<ValueData>,
    /// Blocks in layout order, entry first. Blocks that are not listed do not exist.
    pub layout: Vec<Block>,
    /// The signatures that calls use.
    pub signatures: Vec<Signature>,
    /// The bits of vector constants.
    pub vectors: Vec<u128>,
    /// See [`Function::may_rewrite`].
    pub rewrites_left: u64,
    /// Whether aliases may still have uses: from [`Function::replace`] until they are resolved.
    pub has_aliases: bool,
    /// The graph that [`Function::cfg`] returned last.
    pub(crate) known_cfg: Option<Arc<Cfg>>,
}

impl Function {
    /// Returns an empty function whose entry block has its parameters.
    pub fn new(name: String, index: u32, signature: Signature) -> Function {
        let mut f = Function {
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
        };
        let entry = f.new_block();
        f.layout.push(entry);
        f.add_param(entry, Type::Ptr);
        let params: Vec<Type> = f.signature.params().collect();
        for ty in params {
            f.add_param(entry, ty);
        }
        f
    }

    /// The entry block.
    pub fn entry(&self) -> Block {
        self.layout[0]
    }

    /// The `VMContext` pointer: parameter 0 of the entry block.
    pub fn ctx(&self) -> Value {
        self.blocks[self.entry().index()].params[0]
    }

    /// Creates a block, which is not in the layout yet.
    pub fn new_block(&mut self) -> Block {
        self.blocks.push(BlockData::default());
        Block(self.blocks.len() as u32 - 1)
    }

    /// Adds a parameter to a block.
    pub fn add_param(&mut self, block: Block, ty: Type) -> Value {
        let value = Value(self.values.len() as u32);
        let params = &mut self.blocks[block.index()].params;
        params.push(value);
        let number = params.len() as u32 - 1;
        self.values.push(ValueData { ty, def: ValueDef::Param(block, number) });
        value
    }

    /// Creates an instruction (not in a block yet) with new results of the given types.
    #[expect(clippy::too_many_arguments, reason = "one for each field")]
    pub fn new_inst(
        &mut self,
        op: Op,
        ty: Type,
        imm: Imm,
        args: ArgList,
        results: impl IntoIterator<Item = Type>,
        offset: u32,
        control: Option<Box<Control>>,
    ) -> Inst {
        let inst = Inst(self.insts.len() as u32);
        let first_result = Value(self.values.len() as u32);
        let mut num_results = 0;
        for ty in results {
            self.values.push(ValueData { ty, def: ValueDef::Result(inst, num_results) });
            num_results += 1;
        }
        self.insts.push(InstData { op, ty, imm, args, first_result, num_results, offset, control });
        inst
    }

    /// The data of an instruction.
    pub fn inst(&self, inst: Inst) -> &InstData {
        &self.insts[inst.index()]
    }

    /// The results of an instruction.
    pub fn results(&self, inst: Inst) -> impl ExactSizeIterator<Item = Value> + use<> {
        let data = self.inst(inst);
        let first = data.first_result.0;
        (first..first + data.num_results).map(Value)
    }

    /// Returns the only result. Panics if there is not exactly one.
    pub fn result(&self, inst: Inst) -> Value {
        let data = self.inst(inst);
        assert_eq!(data.num_results, 1, "{inst} has {} results", data.num_results);
        data.first_result
    }

    /// Returns the immediate of a 128-bit constant; equal constants may have equal immediates.
    pub fn vector(&mut self, bits: u128) -> Imm {
        // Searched without a map, because few functions have more than a handful. In those that do, equal constants may
        // be duplicated.
        const COMPARED: usize = 256;
        let known = self.vectors.iter().take(COMPARED).position(|&v| v == bits);
        Imm::Vector(known.unwrap_or_else(|| {
            self.vectors.push(bits);
            self.vectors.len() - 1
        }) as u32)
    }

    /// The bits of a vector constant.
    pub fn as_vector(&self, value: Value) -> Option<u128> {
        let data = self.inst(self.def_inst(value)?);
        match (data.op, data.imm) {
            (Op::VConst, Imm::Vector(v)) => Some(self.vectors[v as usize]),
            _ => None,
        }
    }

    /// Follows aliases.
    pub fn resolve(&self, mut value: Value) -> Value {
        while let ValueDef::Alias(to) = self.values[value.index()].def {
            value = to;
        }
        value
    }

    /// The type of a value.
    pub fn ty(&self, value: Value) -> Type {
        self.values[value.index()].ty
    }

    /// The definition of a value, which must not be an alias.
    pub fn def(&self, value: Value) -> ValueDef {
        self.values[self.resolve(value).index()].def
    }

    /// The instruction that defines a value, if one does.
    pub fn def_inst(&self, value: Value) -> Option<Inst> {
        match self.def(value) {
            ValueDef::Result(inst, _) => Some(inst),
            _ => None,
        }
    }

    /// The bits of an integer, reference or float constant.
    pub fn as_const(&self, value: Value) -> Option<u64> {
        let data = self.inst(self.def_inst(value)?);
        match data.imm {
            Imm::Const(bits) => Some(bits),
            _ => None,
        }
    }

    /// Returns the terminator of a block. Panics if the block is empty.
    pub fn terminator(&self, block: Block) -> Inst {
        *self.blocks[block.index()].insts.last().expect("a block without terminator")
    }

    /// The targets of an instruction, if any.
    pub fn targets(&self, inst: Inst) -> &[Target] {
        self.inst(inst).control.as_ref().map_or(&[], |c| &c.targets)
    }

    /// The targets of a block's terminator.
    pub fn successors(&self, block: Block) -> impl Iterator<Item = Block> + '_ {
        self.targets(self.terminator(block)).iter().map(|t| t.block)
    }

    /// Returns whether a pass may make one more change, and counts it. Called before each change, so that bisection can
    /// stop a pass in the middle and still get a function with the original meaning.
    #[inline]
    pub fn may_rewrite(&mut self) -> bool {
        let allowed = self.rewrites_left > 0;
        self.rewrites_left -= u64::from(allowed);
        allowed
    }

    /// Whether [`Function::may_rewrite`] may refuse or changes are being counted.
    pub fn rewrites_are_limited(&self) -> bool {
        self.rewrites_left <= u64::MAX / 2
    }

    /// Makes `from` an alias of `to`.
    pub fn replace(&mut self, from: Value, to: Value) {
        let to = self.resolve(to);
        assert_ne!(from, to, "a value cannot replace itself");
        self.values[from.index()].def = ValueDef::Alias(to);
        self.has_aliases = true;
    }

    /// Returns the current control-flow graph. It is recomputed if an edge has changed since the last call.
    pub(crate) fn cfg(&mut self) -> Arc<Cfg> {
        let cfg = Cfg::of(self);
        self.known_cfg = Some(Arc::clone(&cfg));
        cfg
    }
}
