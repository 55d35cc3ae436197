//! The table of operations. Each is defined once, by a row; opcode, layout, mnemonic, handler and family follow from
//! it.
//!
//! # Rows of operators
//!
//! ```text
//! unary {
//!     [I32 I64] Popcnt "popcnt" (a: U) -> U { a.count_ones() as U }
//! }
//! ```
//!
//! makes `i32.popcnt` and `i64.popcnt`: the types `I32Popcnt` and `I64Popcnt`, named as in `wasmparser::Operator`,
//! which compute it; and for each of them the opcodes of the kind `unary`, by where the operand is. The meaning of `U`
//! and other names of a row depends on the type in the brackets: see [`vocabulary`].
//!
//! The macro `opcodes` lists the kinds and their opcodes. The suffixes of opcode names say where the operands are: `S`
//! slot, `A` accumulator, `K` constant; `Br` and `Bn` are fused with a branch on the result or on its negation; `M` is
//! any memory except the first; `W` a 64-bit address of the first. An address of two slots is their sum. Operands and
//! results of vectors are in slots.
//!
//! # Rows of instructions
//!
//! Under `instructions` are single opcodes: name, mnemonic, layout of the operands, `calls` or `returns` if that is
//! their [`FrameEffect`](super::shapes::FrameEffect), and the code that executes them.

mod instructions;
mod numbers;
mod objects;
mod vectors;
pub(super) mod vocabulary;

pub(super) use instructions::instruction_rows;
pub(super) use numbers::number_rows;
pub(super) use objects::object_rows;
pub(super) use vectors::vector_rows;

/// Calls a macro with the whole table, after the given tokens: `kind { rows }`, several times, in brackets.
macro_rules! for_each_row {
    ($m:ident $($first:tt)*) => { number_rows! { vector_rows instruction_rows object_rows $m [$($first)*] } };
}
pub(super) use for_each_row;

/// Calls a macro with all opcodes: `[I32 Add [Ss: BinSs, Sk: BinSk, …] …] [instructions]`. Those of operators are named
/// by joining type, name and mode; each mode's shape is a type whose parameter is the operator.
macro_rules! for_each_opcode {
    ($m:ident) => {
        for_each_row! { opcodes $m }
    };
}
pub(super) use for_each_opcode;

/// The opcodes of each kind of row.
macro_rules! opcodes {
    (@all $m:ident $ops:tt $instructions:tt) => { $m! { $ops $instructions } };
    (@all $m:ident $ops:tt $instructions:tt commutative $($more:tt)*) => { opcodes! {
        @kind [Ss: BinSs, Sk: BinSk, As: BinAs, Ak: BinAk] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt binary $($more:tt)*) => { opcodes! {
        @kind [Ss: BinSs, Sk: BinSk, As: BinAs, Sa: BinSa, Ak: BinAk] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt float_binary $($more:tt)*) => { opcodes! {
        @kind [Ss: BinSs, Sk: BinSl, As: BinAs, Sa: BinSa, Ak: BinAl] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt compare $($more:tt)*) => { opcodes! {
        @kind [Ss: CmpSs, Sk: CmpSk, As: CmpAs, Ak: CmpAk, BrSs: BrSs, BrSk: BrSk, BrAs: BrAs, BrAk: BrAk]
        $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt float_compare $($more:tt)*) => { opcodes! {
        @kind [Ss: CmpSs, As: CmpAs, BrSs: BrSs, BrAs: BrAs, BnSs: BnSs, BnAs: BnAs] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt unary $($more:tt)*) => { opcodes! {
        @kind [S: UnS, A: UnA] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt load $($more:tt)*) => { opcodes! {
        @kind [S: LoadS, A: LoadA, Ss: LoadSum, M: LoadMem, W: WideLoadS, Wa: WideLoadA, Wss: WideLoadSum]
        $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt store $($more:tt)*) => { opcodes! {
        @kind [Ss: StoreSs, As: StoreAs, Sa: StoreSa, Sk: StoreSk, Ak: StoreAk, Sss: StoreSum, M: StoreMem,
               Wss: WideStoreSs, Was: WideStoreAs, Wsa: WideStoreSa, Wsk: WideStoreSk, Wak: WideStoreAk,
               Wsss: WideStoreSum]
        $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt vector_store $($more:tt)*) => { opcodes! {
        @kind [Ss: StoreSs, As: StoreAs, Sss: StoreSum, M: StoreMem,
               Wss: WideStoreSs, Was: WideStoreAs, Wsss: WideStoreSum]
        $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt vector_unary $($more:tt)*) => { opcodes! {
        @kind [V: Lanes1] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt vector_binary $($more:tt)*) => { opcodes! {
        @kind [V: Lanes2] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt vector_ternary $($more:tt)*) => { opcodes! {
        @kind [V: Lanes3] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt shift $($more:tt)*) => { opcodes! {
        @kind [V: ShiftV, K: ShiftK] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt extract_lane $($more:tt)*) => { opcodes! {
        @kind [V: ExtractV] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt replace_lane $($more:tt)*) => { opcodes! {
        @kind [V: ReplaceV] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt load_lane $($more:tt)*) => { opcodes! {
        @kind [V: LoadLaneV] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt $instructions:tt store_lane $($more:tt)*) => { opcodes! {
        @kind [V: StoreLaneV] $m $ops $instructions $($more)*
    } };
    (@all $m:ident $ops:tt [$($instruction:tt)*] instructions { $($rows:tt)* } $($more:tt)*) => { opcodes! {
        @all $m $ops [$($instruction)* $($rows)*] $($more)*
    } };
    (@kind $modes:tt $m:ident [$($op:tt)*] $instructions:tt
        { $([$($prefix:ident)*] $name:ident $text:literal $args:tt -> $result:tt $body:tt)* }
        $($more:tt)*) => { opcodes! {
        @all $m [$($op)* $($($prefix $name $modes)*)*] $instructions $($more)*
    } };
    (@kind $modes:tt $m:ident [$($op:tt)*] $instructions:tt
        { $([$($prefix:ident)*] $name:ident $text:literal $lane:ident)* } $($more:tt)*) => { opcodes! {
        @all $m [$($op)* $($($prefix $name $modes)*)*] $instructions $($more)*
    } };
    ([$m:ident $($groups:tt)*]) => { opcodes! { @all $m [] [] $($groups)* } };
}
pub(super) use opcodes;
