//! The table of machine operations: the encoding of each, the operands that it reads and writes, and their widths.
//!
//! Lowering uses this table to declare operands to the allocator, and emission to encode them; a test compares it with a
//! disassembler.

pub use crate::jit::isa::width::W;

/// How an instruction uses an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// There is no operand: the field holds an opcode extension.
    Ext(u8),
    Use,
    Def,
    /// Read, then overwritten.
    Tied,
}

/// The register file of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    G,
    X,
}

/// How the prefix depends on the widths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// None; 66 for 16-bit operations.
    None,
    /// F3 for `f32`, F2 for `f64`.
    Scalar,
    /// None for `f32`, 66 for `f64`.
    Packed,
    /// Always 66.
    Data,
    /// Always F3.
    Rep,
    /// Always F2.
    Repne,
    /// Always 66; the W bit of the VEX form is set for `f64`.
    Fused,
}

/// Immediate forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImmForm {
    No,
    /// 83 /n ib or 81 /n id as the second operand.
    Alu(u8),
    /// F7 /0 id as the second operand.
    Test,
    /// One byte after the operands, always.
    Byte,
    /// Four bytes after the operands, always.
    Dword,
    /// As wide as the operation but at most four bytes, always.
    Store,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Desc {
    pub name: &'static str,
    pub prefix: Prefix,
    /// 0F, 0F 38, 0F 3A.
    pub map: &'static [u8],
    pub opcode: u8,
    pub reg: Role,
    pub reg_bank: Bank,
    pub rm: Role,
    pub rm_bank: Bank,
    /// The width at which the second operand is read, if it differs from that of the operation.
    pub rm_width: Option<W>,
    /// Byte registers need a REX prefix from spl on.
    pub byte_reg: bool,
    pub imm: ImmForm,
    /// It has the lock prefix: its memory access is atomic.
    pub locked: bool,
    /// It merges with the upper part of its destination, and so depends on the old contents.
    pub merges: bool,
    /// Its 16-byte memory operand need not be aligned.
    pub unaligned: bool,
    /// The fields about flags are read only by tests, which compare them with a disassembler.
    #[cfg(test)]
    pub reads_flags: bool,
    #[cfg(test)]
    pub writes_flags: bool,
    /// There is a VEX form, in which a tied operand has a separate destination.
    pub vex: bool,
    /// There is only a VEX form.
    pub only_vex: bool,
    /// A tied operand is also tied in the VEX form; the register that only that form has is a third operand, the last one.
    pub three: bool,
    /// The immediate of the VEX form is a register, the last operand.
    pub fourth: bool,
}

impl Desc {
    /// Whether its memory operand must be aligned without VEX.
    pub fn wants_alignment(&self) -> bool {
        self.vex && self.rm_width == Some(W::B128) && !self.unaligned
    }
}

macro_rules! op_table {
    ($($op:ident $name:literal $prefix:ident [$($map:literal)*] $opcode:literal
       $reg:ident $(($ext:literal))? $rb:ident, $rm:ident $mb:ident $(: $rw:ident)?
       ; $imm:ident $(($iext:literal))? ; $($flag:ident)*;)*) => {
        /// A machine operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Op { $($op,)* }

        impl Op {
            #[cfg(test)]
            pub const ALL: &'static [Op] = &[$(Op::$op),*];
            pub fn desc(self) -> &'static Desc { &TABLE[self as usize] }
        }

        static TABLE: &[Desc] = &[$(Desc {
            name: $name,
            prefix: Prefix::$prefix,
            map: &[$($map),*],
            opcode: $opcode,
            reg: Role::$reg $(($ext))?,
            reg_bank: Bank::$rb,
            rm: Role::$rm,
            rm_bank: Bank::$mb,
            rm_width: op_table!(@width $($rw)?),
            byte_reg: op_table!(@has byte; $($flag)*),
            imm: ImmForm::$imm $(($iext))?,
            locked: op_table!(@has locked; $($flag)*),
            merges: op_table!(@has merges; $($flag)*),
            unaligned: op_table!(@has unaligned; $($flag)*),
            vex: op_table!(@has vex; $($flag)*) || op_table!(@has only; $($flag)*),
            only_vex: op_table!(@has only; $($flag)*),
            three: op_table!(@has three; $($flag)*),
            fourth: op_table!(@has fourth; $($flag)*),
            #[cfg(test)]
            reads_flags: op_table!(@has reads; $($flag)*),
            #[cfg(test)]
            writes_flags: op_table!(@has flags; $($flag)*),
        }),*];
    };
    (@width) => { None };
    (@width $w:ident) => { Some(W::$w) };
    (@has byte; byte $($rest:ident)*) => { true };
    (@has locked; locked $($rest:ident)*) => { true };
    (@has merges; merges $($rest:ident)*) => { true };
    (@has reads; reads $($rest:ident)*) => { true };
    (@has flags; flags $($rest:ident)*) => { true };
    (@has unaligned; unaligned $($rest:ident)*) => { true };
    (@has vex; vex $($rest:ident)*) => { true };
    (@has only; only $($rest:ident)*) => { true };
    (@has three; three $($rest:ident)*) => { true };
    (@has fourth; fourth $($rest:ident)*) => { true };
    (@has $f:ident; $other:ident $($rest:ident)*) => { op_table!(@has $f; $($rest)*) };
    (@has $f:ident;) => { false };
}

op_table! {
    // op  name  prefix [map] opcode  register operand, r/m operand [: its width]; immediate; flags
    Add "add" None [] 0x03 Tied G, Use G; Alu(0); flags;
    Or "or" None [] 0x0b Tied G, Use G; Alu(1); flags;
    And "and" None [] 0x23 Tied G, Use G; Alu(4); flags;
    Sub "sub" None [] 0x2b Tied G, Use G; Alu(5); flags;
    // With the carry, or the borrow.
    Adc "adc" None [] 0x13 Tied G, Use G; Alu(2); flags reads;
    Sbb "sbb" None [] 0x1b Tied G, Use G; Alu(3); flags reads;
    Xor "xor" None [] 0x33 Tied G, Use G; Alu(6); flags;
    Cmp "cmp" None [] 0x3b Use G, Use G; Alu(7); flags;
    // Compares memory with a register, for the other order.
    CmpMem "cmp" None [] 0x39 Use G, Use G; No; flags;
    Test "test" None [] 0x85 Use G, Use G; Test; flags;
    Imul "imul" None [0x0f] 0xaf Tied G, Use G; No; flags;
    ImulImm "imul" None [] 0x69 Def G, Use G; Dword; flags;
    Mov "mov" None [] 0x8b Def G, Use G; No;;
    Movzx8 "movzx" None [0x0f] 0xb6 Def G, Use G: B8; No; byte;
    Movzx16 "movzx" None [0x0f] 0xb7 Def G, Use G: B16; No;;
    Movsx8 "movsx" None [0x0f] 0xbe Def G, Use G: B8; No; byte;
    Movsx16 "movsx" None [0x0f] 0xbf Def G, Use G: B16; No;;
    Movsxd "movsxd" None [] 0x63 Def G, Use G: B32; No;;
    Lea "lea" None [] 0x8d Def G, Use G; No;;
    Popcnt "popcnt" Rep [0x0f] 0xb8 Def G, Use G; No; flags;
    // BMI: the number of bits for 0.
    Lzcnt "lzcnt" Rep [0x0f] 0xbd Def G, Use G; No; flags;
    Tzcnt "tzcnt" Rep [0x0f] 0xbc Def G, Use G; No; flags;
    // BMI2: the r/m operand, by the register that only VEX forms have, modulo the width.
    Shlx "shlx" Data [0x0f 0x38] 0xf7 Tied G, Use G; No; only;
    Shrx "shrx" Repne [0x0f 0x38] 0xf7 Tied G, Use G; No; only;
    Sarx "sarx" Rep [0x0f 0x38] 0xf7 Tied G, Use G; No; only;
    Bsr "bsr" None [0x0f] 0xbd Def G, Use G; No; flags;
    Bsf "bsf" None [0x0f] 0xbc Def G, Use G; No; flags;
    Not "not" None [] 0xf7 Ext(2) G, Tied G; No;;
    RolCl "rol" None [] 0xd3 Ext(0) G, Tied G; No; flags;
    RorCl "ror" None [] 0xd3 Ext(1) G, Tied G; No; flags;
    ShlCl "shl" None [] 0xd3 Ext(4) G, Tied G; No; flags;
    ShrCl "shr" None [] 0xd3 Ext(5) G, Tied G; No; flags;
    SarCl "sar" None [] 0xd3 Ext(7) G, Tied G; No; flags;
    RolImm "rol" None [] 0xc1 Ext(0) G, Tied G; Byte; flags;
    RorImm "ror" None [] 0xc1 Ext(1) G, Tied G; Byte; flags;
    ShlImm "shl" None [] 0xc1 Ext(4) G, Tied G; Byte; flags;
    ShrImm "shr" None [] 0xc1 Ext(5) G, Tied G; Byte; flags;
    SarImm "sar" None [] 0xc1 Ext(7) G, Tied G; Byte; flags;
    // rax by the operand, into rdx and rax.
    Mul "mul" None [] 0xf7 Ext(4) G, Use G; No; flags;
    ImulWide "imul" None [] 0xf7 Ext(5) G, Use G; No; flags;
    Div "div" None [] 0xf7 Ext(6) G, Use G; No; flags;
    Idiv "idiv" None [] 0xf7 Ext(7) G, Use G; No; flags;
    // Through memory; without a width of their own.
    CallMem "call" None [] 0xff Ext(2) G, Use G: B64; No;;
    JmpMem "jmp" None [] 0xff Ext(4) G, Use G: B64; No;;
    // Stores: the r/m operand is memory, whose registers are read.
    Store8 "mov" None [] 0x88 Use G, Use G; No; byte;
    Store "mov" None [] 0x89 Use G, Use G; No;;
    StoreImm8 "mov" None [] 0xc6 Ext(0) G, Use G; Byte;;
    StoreImm "mov" None [] 0xc7 Ext(0) G, Use G; Store;;
    // Atomic: memory, the r/m operand, is read and written. The old value comes back in the register, or, of the last
    // two, in rax, which memory is compared with. (An exchange with memory needs no prefix to be locked.)
    Xchg8 "xchg" None [] 0x86 Tied G, Use G; No; byte;
    Xchg "xchg" None [] 0x87 Tied G, Use G; No;;
    Xadd8 "xadd" None [0x0f] 0xc0 Tied G, Use G; No; byte locked flags;
    Xadd "xadd" None [0x0f] 0xc1 Tied G, Use G; No; locked flags;
    AndMem8 "and" None [] 0x20 Use G, Use G; No; byte locked flags;
    AndMem "and" None [] 0x21 Use G, Use G; No; locked flags;
    OrMem8 "or" None [] 0x08 Use G, Use G; No; byte locked flags;
    OrMem "or" None [] 0x09 Use G, Use G; No; locked flags;
    XorMem8 "xor" None [] 0x30 Use G, Use G; No; byte locked flags;
    XorMem "xor" None [] 0x31 Use G, Use G; No; locked flags;
    Cmpxchg8 "cmpxchg" None [0x0f] 0xb0 Use G, Use G; No; byte locked flags;
    Cmpxchg "cmpxchg" None [0x0f] 0xb1 Use G, Use G; No; locked flags;
    // Conditional: the condition is added to the opcode.
    Cmov "cmov" None [0x0f] 0x40 Tied G, Use G; No; reads;
    Setcc "set" None [0x0f] 0x90 Ext(0) G, Def G; No; byte reads;

    Addf "add" Scalar [0x0f] 0x58 Tied X, Use X; No; vex;
    Mulf "mul" Scalar [0x0f] 0x59 Tied X, Use X; No; vex;
    Subf "sub" Scalar [0x0f] 0x5c Tied X, Use X; No; vex;
    Minf "min" Scalar [0x0f] 0x5d Tied X, Use X; No; vex;
    Divf "div" Scalar [0x0f] 0x5e Tied X, Use X; No; vex;
    Maxf "max" Scalar [0x0f] 0x5f Tied X, Use X; No; vex;
    Sqrtf "sqrt" Scalar [0x0f] 0x51 Def X, Use X; No; merges;
    Loadf "mov" Scalar [0x0f] 0x10 Def X, Use X; No;;
    Storef "mov" Scalar [0x0f] 0x11 Use X, Use X; No;;
    Movaps "movaps" None [0x0f] 0x28 Def X, Use X: B128; No; vex;
    Loadups "movups" None [0x0f] 0x10 Def X, Use X: B128; No; unaligned vex;
    Storeups "movups" None [0x0f] 0x11 Use X, Use X: B128; No; unaligned vex;
    Ucomis "ucomis" Packed [0x0f] 0x2e Use X, Use X; No; flags;
    Andp "and" Packed [0x0f] 0x54 Tied X, Use X: B128; No; vex;
    Andnp "andn" Packed [0x0f] 0x55 Tied X, Use X: B128; No; vex;
    Orp "or" Packed [0x0f] 0x56 Tied X, Use X: B128; No; vex;
    Xorp "xor" Packed [0x0f] 0x57 Tied X, Use X: B128; No; vex;
    // The integer width is that of the operation.
    Cvtsi2f "cvtsi2s" Scalar [0x0f] 0x2a Def X, Use G; No; merges;
    Cvttf2si "cvtts2si" Scalar [0x0f] 0x2c Def G, Use X; No;;
    // From the width in the prefix to the other.
    Cvtf2f "cvts2s" Scalar [0x0f] 0x5a Def X, Use X; No; merges;
    Round32 "roundss" Data [0x0f 0x3a] 0x0a Def X, Use X; Byte; merges;
    Round64 "roundsd" Data [0x0f 0x3a] 0x0b Def X, Use X; Byte; merges;
    MovGX "movd" Data [0x0f] 0x6e Def X, Use G; No;;
    MovXG "movd" Data [0x0f] 0x7e Use X, Def G; No;;

    // Vectors of floats; the prefix gives the type.
    Addp "add" Packed [0x0f] 0x58 Tied X, Use X: B128; No; vex;
    Mulp "mul" Packed [0x0f] 0x59 Tied X, Use X: B128; No; vex;
    Subp "sub" Packed [0x0f] 0x5c Tied X, Use X: B128; No; vex;
    Minp "min" Packed [0x0f] 0x5d Tied X, Use X: B128; No; vex;
    Divp "div" Packed [0x0f] 0x5e Tied X, Use X: B128; No; vex;
    Maxp "max" Packed [0x0f] 0x5f Tied X, Use X: B128; No; vex;
    Sqrtp "sqrt" Packed [0x0f] 0x51 Def X, Use X: B128; No; vex;
    Cmpp "cmp" Packed [0x0f] 0xc2 Tied X, Use X: B128; Byte; vex;
    Shufp "shuf" Packed [0x0f] 0xc6 Tied X, Use X: B128; Byte; vex;
    Unpcklp "unpckl" Packed [0x0f] 0x14 Tied X, Use X: B128; No; vex;
    Movmskp "movmsk" Packed [0x0f] 0x50 Def G, Use X: B128; No; vex;
    Roundps "roundps" Data [0x0f 0x3a] 0x08 Def X, Use X: B128; Byte; vex;
    Roundpd "roundpd" Data [0x0f 0x3a] 0x09 Def X, Use X: B128; Byte; vex;
    Blendpd "blendpd" Data [0x0f 0x3a] 0x0d Tied X, Use X: B128; Byte; vex;
    Insertps "insertps" Data [0x0f 0x3a] 0x21 Tied X, Use X: B32; Byte; vex;
    Movddup "movddup" Repne [0x0f] 0x12 Def X, Use X: B64; No; vex;
    Cvtdq2ps "cvtdq2ps" None [0x0f] 0x5b Def X, Use X: B128; No; vex;
    Cvttps2dq "cvttps2dq" Rep [0x0f] 0x5b Def X, Use X: B128; No; vex;
    Cvtdq2pd "cvtdq2pd" Rep [0x0f] 0xe6 Def X, Use X: B64; No; vex;
    Cvttpd2dq "cvttpd2dq" Data [0x0f] 0xe6 Def X, Use X: B128; No; vex;
    Cvtpd2ps "cvtpd2ps" Data [0x0f] 0x5a Def X, Use X: B128; No; vex;
    Cvtps2pd "cvtps2pd" None [0x0f] 0x5a Def X, Use X: B64; No; vex;
    // Vectors of integers.
    Paddb "paddb" Data [0x0f] 0xfc Tied X, Use X: B128; No; vex;
    Paddw "paddw" Data [0x0f] 0xfd Tied X, Use X: B128; No; vex;
    Paddd "paddd" Data [0x0f] 0xfe Tied X, Use X: B128; No; vex;
    Paddq "paddq" Data [0x0f] 0xd4 Tied X, Use X: B128; No; vex;
    Psubb "psubb" Data [0x0f] 0xf8 Tied X, Use X: B128; No; vex;
    Psubw "psubw" Data [0x0f] 0xf9 Tied X, Use X: B128; No; vex;
    Psubd "psubd" Data [0x0f] 0xfa Tied X, Use X: B128; No; vex;
    Psubq "psubq" Data [0x0f] 0xfb Tied X, Use X: B128; No; vex;
    Paddsb "paddsb" Data [0x0f] 0xec Tied X, Use X: B128; No; vex;
    Paddsw "paddsw" Data [0x0f] 0xed Tied X, Use X: B128; No; vex;
    Paddusb "paddusb" Data [0x0f] 0xdc Tied X, Use X: B128; No; vex;
    Paddusw "paddusw" Data [0x0f] 0xdd Tied X, Use X: B128; No; vex;
    Psubsb "psubsb" Data [0x0f] 0xe8 Tied X, Use X: B128; No; vex;
    Psubsw "psubsw" Data [0x0f] 0xe9 Tied X, Use X: B128; No; vex;
    Psubusb "psubusb" Data [0x0f] 0xd8 Tied X, Use X: B128; No; vex;
    Psubusw "psubusw" Data [0x0f] 0xd9 Tied X, Use X: B128; No; vex;
    Pmullw "pmullw" Data [0x0f] 0xd5 Tied X, Use X: B128; No; vex;
    Pmulhw "pmulhw" Data [0x0f] 0xe5 Tied X, Use X: B128; No; vex;
    Pmulhuw "pmulhuw" Data [0x0f] 0xe4 Tied X, Use X: B128; No; vex;
    Pmuludq "pmuludq" Data [0x0f] 0xf4 Tied X, Use X: B128; No; vex;
    Pmaddwd "pmaddwd" Data [0x0f] 0xf5 Tied X, Use X: B128; No; vex;
    Pminub "pminub" Data [0x0f] 0xda Tied X, Use X: B128; No; vex;
    Pmaxub "pmaxub" Data [0x0f] 0xde Tied X, Use X: B128; No; vex;
    Pminsw "pminsw" Data [0x0f] 0xea Tied X, Use X: B128; No; vex;
    Pmaxsw "pmaxsw" Data [0x0f] 0xee Tied X, Use X: B128; No; vex;
    Pavgb "pavgb" Data [0x0f] 0xe0 Tied X, Use X: B128; No; vex;
    Pavgw "pavgw" Data [0x0f] 0xe3 Tied X, Use X: B128; No; vex;
    Pand "pand" Data [0x0f] 0xdb Tied X, Use X: B128; No; vex;
    Pandn "pandn" Data [0x0f] 0xdf Tied X, Use X: B128; No; vex;
    Por "por" Data [0x0f] 0xeb Tied X, Use X: B128; No; vex;
    Pxor "pxor" Data [0x0f] 0xef Tied X, Use X: B128; No; vex;
    Pcmpeqb "pcmpeqb" Data [0x0f] 0x74 Tied X, Use X: B128; No; vex;
    Pcmpeqw "pcmpeqw" Data [0x0f] 0x75 Tied X, Use X: B128; No; vex;
    Pcmpeqd "pcmpeqd" Data [0x0f] 0x76 Tied X, Use X: B128; No; vex;
    Pcmpgtb "pcmpgtb" Data [0x0f] 0x64 Tied X, Use X: B128; No; vex;
    Pcmpgtw "pcmpgtw" Data [0x0f] 0x65 Tied X, Use X: B128; No; vex;
    Pcmpgtd "pcmpgtd" Data [0x0f] 0x66 Tied X, Use X: B128; No; vex;
    Packsswb "packsswb" Data [0x0f] 0x63 Tied X, Use X: B128; No; vex;
    Packuswb "packuswb" Data [0x0f] 0x67 Tied X, Use X: B128; No; vex;
    Packssdw "packssdw" Data [0x0f] 0x6b Tied X, Use X: B128; No; vex;
    Punpcklbw "punpcklbw" Data [0x0f] 0x60 Tied X, Use X: B128; No; vex;
    Punpcklwd "punpcklwd" Data [0x0f] 0x61 Tied X, Use X: B128; No; vex;
    Punpckldq "punpckldq" Data [0x0f] 0x62 Tied X, Use X: B128; No; vex;
    Punpcklqdq "punpcklqdq" Data [0x0f] 0x6c Tied X, Use X: B128; No; vex;
    Punpckhbw "punpckhbw" Data [0x0f] 0x68 Tied X, Use X: B128; No; vex;
    Punpckhwd "punpckhwd" Data [0x0f] 0x69 Tied X, Use X: B128; No; vex;
    Punpckhdq "punpckhdq" Data [0x0f] 0x6a Tied X, Use X: B128; No; vex;
    Punpckhqdq "punpckhqdq" Data [0x0f] 0x6d Tied X, Use X: B128; No; vex;
    Psllw "psllw" Data [0x0f] 0xf1 Tied X, Use X: B128; No; vex;
    Pslld "pslld" Data [0x0f] 0xf2 Tied X, Use X: B128; No; vex;
    Psllq "psllq" Data [0x0f] 0xf3 Tied X, Use X: B128; No; vex;
    Psrlw "psrlw" Data [0x0f] 0xd1 Tied X, Use X: B128; No; vex;
    Psrld "psrld" Data [0x0f] 0xd2 Tied X, Use X: B128; No; vex;
    Psrlq "psrlq" Data [0x0f] 0xd3 Tied X, Use X: B128; No; vex;
    Psraw "psraw" Data [0x0f] 0xe1 Tied X, Use X: B128; No; vex;
    Psrad "psrad" Data [0x0f] 0xe2 Tied X, Use X: B128; No; vex;
    // By an immediate.
    PsllwImm "psllw" Data [0x0f] 0x71 Ext(6) X, Tied X; Byte; vex;
    PsrlwImm "psrlw" Data [0x0f] 0x71 Ext(2) X, Tied X; Byte; vex;
    PsrawImm "psraw" Data [0x0f] 0x71 Ext(4) X, Tied X; Byte; vex;
    PslldImm "pslld" Data [0x0f] 0x72 Ext(6) X, Tied X; Byte; vex;
    PsrldImm "psrld" Data [0x0f] 0x72 Ext(2) X, Tied X; Byte; vex;
    PsradImm "psrad" Data [0x0f] 0x72 Ext(4) X, Tied X; Byte; vex;
    PsllqImm "psllq" Data [0x0f] 0x73 Ext(6) X, Tied X; Byte; vex;
    PsrlqImm "psrlq" Data [0x0f] 0x73 Ext(2) X, Tied X; Byte; vex;
    Pshufd "pshufd" Data [0x0f] 0x70 Def X, Use X: B128; Byte; vex;
    Pshuflw "pshuflw" Repne [0x0f] 0x70 Def X, Use X: B128; Byte; vex;
    Pmovmskb "pmovmskb" Data [0x0f] 0xd7 Def G, Use X: B128; No; vex;
    Pshufb "pshufb" Data [0x0f 0x38] 0x00 Tied X, Use X: B128; No; vex;
    Pmaddubsw "pmaddubsw" Data [0x0f 0x38] 0x04 Tied X, Use X: B128; No; vex;
    Pmulhrsw "pmulhrsw" Data [0x0f 0x38] 0x0b Tied X, Use X: B128; No; vex;
    Pmuldq "pmuldq" Data [0x0f 0x38] 0x28 Tied X, Use X: B128; No; vex;
    Pcmpeqq "pcmpeqq" Data [0x0f 0x38] 0x29 Tied X, Use X: B128; No; vex;
    Packusdw "packusdw" Data [0x0f 0x38] 0x2b Tied X, Use X: B128; No; vex;
    // SSE 4.2.
    Pcmpgtq "pcmpgtq" Data [0x0f 0x38] 0x37 Tied X, Use X: B128; No; vex;
    Pminsb "pminsb" Data [0x0f 0x38] 0x38 Tied X, Use X: B128; No; vex;
    Pminsd "pminsd" Data [0x0f 0x38] 0x39 Tied X, Use X: B128; No; vex;
    Pminuw "pminuw" Data [0x0f 0x38] 0x3a Tied X, Use X: B128; No; vex;
    Pminud "pminud" Data [0x0f 0x38] 0x3b Tied X, Use X: B128; No; vex;
    Pmaxsb "pmaxsb" Data [0x0f 0x38] 0x3c Tied X, Use X: B128; No; vex;
    Pmaxsd "pmaxsd" Data [0x0f 0x38] 0x3d Tied X, Use X: B128; No; vex;
    Pmaxuw "pmaxuw" Data [0x0f 0x38] 0x3e Tied X, Use X: B128; No; vex;
    Pmaxud "pmaxud" Data [0x0f 0x38] 0x3f Tied X, Use X: B128; No; vex;
    Pmulld "pmulld" Data [0x0f 0x38] 0x40 Tied X, Use X: B128; No; vex;
    Pabsb "pabsb" Data [0x0f 0x38] 0x1c Def X, Use X: B128; No; vex;
    Pabsw "pabsw" Data [0x0f 0x38] 0x1d Def X, Use X: B128; No; vex;
    Pabsd "pabsd" Data [0x0f 0x38] 0x1e Def X, Use X: B128; No; vex;
    Pmovsxbw "pmovsxbw" Data [0x0f 0x38] 0x20 Def X, Use X: B64; No; vex;
    Pmovsxwd "pmovsxwd" Data [0x0f 0x38] 0x23 Def X, Use X: B64; No; vex;
    Pmovsxdq "pmovsxdq" Data [0x0f 0x38] 0x25 Def X, Use X: B64; No; vex;
    Pmovzxbw "pmovzxbw" Data [0x0f 0x38] 0x30 Def X, Use X: B64; No; vex;
    Pmovzxwd "pmovzxwd" Data [0x0f 0x38] 0x33 Def X, Use X: B64; No; vex;
    Pmovzxdq "pmovzxdq" Data [0x0f 0x38] 0x35 Def X, Use X: B64; No; vex;
    Ptest "ptest" Data [0x0f 0x38] 0x17 Use X, Use X: B128; No; flags vex;
    Palignr "palignr" Data [0x0f 0x3a] 0x0f Tied X, Use X: B128; Byte; vex;
    Pblendw "pblendw" Data [0x0f 0x3a] 0x0e Tied X, Use X: B128; Byte; vex;
    // Between the files; the width is that of the operation.
    Pinsrb "pinsrb" Data [0x0f 0x3a] 0x20 Tied X, Use G: B8; Byte; vex;
    Pinsrw "pinsrw" Data [0x0f] 0xc4 Tied X, Use G: B16; Byte; vex;
    Pinsr "pinsr" Data [0x0f 0x3a] 0x22 Tied X, Use G; Byte; vex;
    Pextrb "pextrb" Data [0x0f 0x3a] 0x14 Use X, Def G; Byte; vex;
    Pextrw "pextrw" Data [0x0f 0x3a] 0x15 Use X, Def G; Byte; vex;
    Pextr "pextr" Data [0x0f 0x3a] 0x16 Use X, Def G; Byte; vex;
    // AVX2.
    Vpbroadcastb "vpbroadcastb" Data [0x0f 0x38] 0x78 Def X, Use X: B8; No; only;
    Vpbroadcastw "vpbroadcastw" Data [0x0f 0x38] 0x79 Def X, Use X: B16; No; only;
    Vpbroadcastd "vpbroadcastd" Data [0x0f 0x38] 0x58 Def X, Use X: B32; No; only;
    // By the highest bits of a fourth operand's lanes: the r/m operand's where they are set.
    Vpblendvb "vpblendvb" Data [0x0f 0x3a] 0x4c Tied X, Use X: B128; Byte; only fourth;
    Vblendvps "vblendvps" Data [0x0f 0x3a] 0x4a Tied X, Use X: B128; Byte; only fourth;
    Vblendvpd "vblendvpd" Data [0x0f 0x3a] 0x4b Tied X, Use X: B128; Byte; only fourth;
    // FMA. The third operand by the tied one, plus the r/m operand; by the r/m operand, plus the tied one.
    Vfmadd213 "vfmadd213" Fused [0x0f 0x38] 0xa8 Tied X, Use X: B128; No; only three;
    Vfmadd231 "vfmadd231" Fused [0x0f 0x38] 0xb8 Tied X, Use X: B128; No; only three;
    Vfnmadd213 "vfnmadd213" Fused [0x0f 0x38] 0xac Tied X, Use X: B128; No; only three;
    Vfnmadd231 "vfnmadd231" Fused [0x0f 0x38] 0xbc Tied X, Use X: B128; No; only three;
}

/// Condition codes; the discriminant is the hardware's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cc {
    O = 0,
    No = 1,
    B = 2,
    Ae = 3,
    E = 4,
    Ne = 5,
    Be = 6,
    A = 7,
    S = 8,
    Ns = 9,
    P = 10,
    Np = 11,
    L = 12,
    Ge = 13,
    Le = 14,
    G = 15,
}

impl Cc {
    /// The opposite condition: the codes differ in the lowest bit.
    pub fn invert(self) -> Cc {
        const ALL: [Cc; 16] = [
            Cc::O,
            Cc::No,
            Cc::B,
            Cc::Ae,
            Cc::E,
            Cc::Ne,
            Cc::Be,
            Cc::A,
            Cc::S,
            Cc::Ns,
            Cc::P,
            Cc::Np,
            Cc::L,
            Cc::Ge,
            Cc::Le,
            Cc::G,
        ];
        ALL[self as usize ^ 1]
    }
}

/// A condition over the flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cond {
    Cc(Cc),
    /// After `ucomis`: equal and ordered.
    FEq,
    /// After `ucomis`: not equal, or unordered.
    FNe,
}

impl Cond {
    /// The opposite condition.
    pub fn invert(self) -> Cond {
        match self {
            Cond::Cc(cc) => Cond::Cc(cc.invert()),
            Cond::FEq => Cond::FNe,
            Cond::FNe => Cond::FEq,
        }
    }
}
