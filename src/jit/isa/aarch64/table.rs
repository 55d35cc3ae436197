//! The table of machine operations: the encoding of each, the operands that it reads and writes, and their widths.
//!
//! Lowering uses this table to declare operands to the allocator, and emission to encode them; tests compare it with
//! disassemblers.

pub use crate::jit::isa::width::W;

/// How an instruction uses an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Use,
    Def,
    /// Read, then overwritten.
    Tied,
}

/// The register file of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    G,
    F,
}

/// The field of an operand; the discriminant is the number of the field's lowest bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    D = 0,
    N = 5,
    A = 10,
    M = 16,
}

/// A register operand.
#[derive(Clone, Copy, Debug)]
pub struct Reg {
    pub field: Field,
    pub role: Role,
    pub bank: Bank,
    /// The width at which it is read or written, if it differs from that of the operation.
    pub width: Option<W>,
}

/// How the encoding depends on the widths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// It does not.
    No,
    /// It does not, because an immediate determines everything; the width is that of a general register.
    Word,
    /// Bit 31 for 64-bit integers.
    Sf,
    /// Bits 31 and 22 for 64-bit integers.
    SfN,
    /// Bit 22 for `f64`.
    Float,
    /// Both of the above.
    SfFloat,
    /// Bits 22 and 23: the width of integer lanes.
    Lane,
    /// Bit 22: lanes of `f64`.
    FloatLane,
    /// Bit 30 for a 64-bit integer used with a lane.
    Whole,
    /// Bits 30 and 31: the width of an atomic access. A register has at least 32 bits.
    Access,
}

/// The fields that do not name registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImmKind {
    No,
    /// Optionally a shift of the last operand.
    Shifted,
    /// An extension of the last operand.
    Extended,
    /// An immediate, or several.
    Some,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Desc {
    pub name: &'static str,
    /// The instruction with 0 in all other fields.
    pub bits: u32,
    pub size: Size,
    pub regs: &'static [Reg],
    pub imm: ImmKind,
    /// The width of its access to memory, if it makes one.
    pub access: Option<W>,
    /// Whether it sets flags.
    #[cfg(test)]
    pub sets_flags: bool,
    /// Whether it depends on flags.
    #[cfg(test)]
    pub reads_flags: bool,
}

macro_rules! op_table {
    ($($op:ident $name:literal $bits:literal $size:ident [$($field:ident $role:ident $bank:ident $(: $rw:ident)?),*] $imm:ident
       $(($access:ident))? $(, $flag:ident)*;)*) => {
        /// A machine operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Op { $($op,)* }

        impl Op {
            #[cfg(test)]
            pub const ALL: &'static [Op] = &[$(Op::$op),*];
            pub fn desc(self) -> &'static Desc { &TABLE[self as usize] }
        }

        static TABLE: &[Desc] = &[$(Desc {
            name: $name,
            bits: $bits,
            size: Size::$size,
            regs: &[$(Reg {
                field: Field::$field,
                role: Role::$role,
                bank: Bank::$bank,
                width: op_table!(@width $($rw)?),
            }),*],
            imm: ImmKind::$imm,
            access: op_table!(@width $($access)?),
            #[cfg(test)]
            sets_flags: op_table!(@has flags; $($flag)*),
            #[cfg(test)]
            reads_flags: op_table!(@has reads; $($flag)*),
        }),*];
    };
    (@width) => { None };
    (@width $w:ident) => { Some(W::$w) };
    (@has flags; flags $($rest:ident)*) => { true };
    (@has reads; reads $($rest:ident)*) => { true };
    (@has $f:ident; $other:ident $($rest:ident)*) => { op_table!(@has $f; $($rest)*) };
    (@has $f:ident;) => { false };
}

op_table! {
    // op  name  bits  size  [field role bank: its width]  immediate (width of the access to memory), flags
    Add "add" 0x0b00_0000 Sf [D Def G, N Use G, M Use G] Shifted;
    AddExtended "add" 0x0b20_0000 Sf [D Def G, N Use G, M Use G: B32] Extended;
    AddImm "add" 0x1100_0000 Sf [D Def G, N Use G] Some;
    Adds "adds" 0x2b00_0000 Sf [D Def G, N Use G, M Use G] Shifted, flags;
    AddsImm "adds" 0x3100_0000 Sf [D Def G, N Use G] Some, flags;
    Sub "sub" 0x4b00_0000 Sf [D Def G, N Use G, M Use G] Shifted;
    SubExtended "sub" 0x4b20_0000 Sf [D Def G, N Use G, M Use G: B32] Extended;
    SubImm "sub" 0x5100_0000 Sf [D Def G, N Use G] Some;
    Subs "subs" 0x6b00_0000 Sf [D Def G, N Use G, M Use G] Shifted, flags;
    SubsImm "subs" 0x7100_0000 Sf [D Def G, N Use G] Some, flags;
    Neg "neg" 0x4b00_03e0 Sf [D Def G, M Use G] Shifted;
    // The result goes to the zero register.
    Cmp "cmp" 0x6b00_001f Sf [N Use G, M Use G] Shifted, flags;
    CmpExtended "cmp" 0x6b20_001f Sf [N Use G, M Use G: B32] Extended, flags;
    CmpImm "cmp" 0x7100_001f Sf [N Use G] Some, flags;
    CmnImm "cmn" 0x3100_001f Sf [N Use G] Some, flags;
    Adc "adc" 0x1a00_0000 Sf [D Def G, N Use G, M Use G] No, reads;
    Sbc "sbc" 0x5a00_0000 Sf [D Def G, N Use G, M Use G] No, reads;
    And "and" 0x0a00_0000 Sf [D Def G, N Use G, M Use G] Shifted;
    Bic "bic" 0x0a20_0000 Sf [D Def G, N Use G, M Use G] Shifted;
    Orr "orr" 0x2a00_0000 Sf [D Def G, N Use G, M Use G] Shifted;
    Orn "orn" 0x2a20_0000 Sf [D Def G, N Use G, M Use G] Shifted;
    Eor "eor" 0x4a00_0000 Sf [D Def G, N Use G, M Use G] Shifted;
    Eon "eon" 0x4a20_0000 Sf [D Def G, N Use G, M Use G] Shifted;
    Tst "tst" 0x6a00_001f Sf [N Use G, M Use G] Shifted, flags;
    AndImm "and" 0x1200_0000 Sf [D Def G, N Use G] Some;
    OrrImm "orr" 0x3200_0000 Sf [D Def G, N Use G] Some;
    EorImm "eor" 0x5200_0000 Sf [D Def G, N Use G] Some;
    TstImm "tst" 0x7200_001f Sf [N Use G] Some, flags;
    Mov "mov" 0x2a00_03e0 Sf [D Def G, M Use G] No;
    Mvn "mvn" 0x2a20_03e0 Sf [D Def G, M Use G] Shifted;
    Lsl "lsl" 0x1ac0_2000 Sf [D Def G, N Use G, M Use G] No;
    Lsr "lsr" 0x1ac0_2400 Sf [D Def G, N Use G, M Use G] No;
    Asr "asr" 0x1ac0_2800 Sf [D Def G, N Use G, M Use G] No;
    Ror "ror" 0x1ac0_2c00 Sf [D Def G, N Use G, M Use G] No;
    Udiv "udiv" 0x1ac0_0800 Sf [D Def G, N Use G, M Use G] No;
    Sdiv "sdiv" 0x1ac0_0c00 Sf [D Def G, N Use G, M Use G] No;
    // The product of N and M, added to A or taken away from it.
    Madd "madd" 0x1b00_0000 Sf [D Def G, N Use G, M Use G, A Use G] No;
    Msub "msub" 0x1b00_8000 Sf [D Def G, N Use G, M Use G, A Use G] No;
    Mul "mul" 0x1b00_7c00 Sf [D Def G, N Use G, M Use G] No;
    Mneg "mneg" 0x1b00_fc00 Sf [D Def G, N Use G, M Use G] No;
    Smaddl "smaddl" 0x9b20_0000 No [D Def G, N Use G: B32, M Use G: B32, A Use G] No;
    Umaddl "umaddl" 0x9ba0_0000 No [D Def G, N Use G: B32, M Use G: B32, A Use G] No;
    Smull "smull" 0x9b20_7c00 No [D Def G, N Use G: B32, M Use G: B32] No;
    Umull "umull" 0x9ba0_7c00 No [D Def G, N Use G: B32, M Use G: B32] No;
    Smulh "smulh" 0x9b40_7c00 No [D Def G, N Use G, M Use G] No;
    Umulh "umulh" 0x9bc0_7c00 No [D Def G, N Use G, M Use G] No;
    // Bit fields: shifts by immediates and extensions, too.
    Sbfm "sbfm" 0x1300_0000 SfN [D Def G, N Use G] Some;
    Ubfm "ubfm" 0x5300_0000 SfN [D Def G, N Use G] Some;
    // The other bits stay as they are.
    Bfm "bfm" 0x3300_0000 SfN [D Tied G, N Use G] Some;
    Extr "extr" 0x1380_0000 SfN [D Def G, N Use G, M Use G] Some;
    // Extensions to 64 bits of what is in the lower half.
    Sxtw "sxtw" 0x9340_7c00 No [D Def G, N Use G: B32] No;
    Clz "clz" 0x5ac0_1000 Sf [D Def G, N Use G] No;
    Rbit "rbit" 0x5ac0_0000 Sf [D Def G, N Use G] No;
    // N if the condition holds, else M, or one more, or its inverse, or its opposite.
    Csel "csel" 0x1a80_0000 Sf [D Def G, N Use G, M Use G] Some, reads;
    Csinc "csinc" 0x1a80_0400 Sf [D Def G, N Use G, M Use G] Some, reads;
    Csinv "csinv" 0x5a80_0000 Sf [D Def G, N Use G, M Use G] Some, reads;
    Csneg "csneg" 0x5a80_0400 Sf [D Def G, N Use G, M Use G] Some, reads;
    // If the condition holds, a comparison, else these flags.
    Ccmp "ccmp" 0x7a40_0000 Sf [N Use G, M Use G] Some, flags, reads;
    CcmpImm "ccmp" 0x7a40_0800 Sf [N Use G] Some, flags, reads;
    CcmnImm "ccmn" 0x3a40_0800 Sf [N Use G] Some, flags, reads;

    // Loads and stores: the register field of the value; base and index follow it.
    Ldrb "ldrb" 0x3840_0000 No [D Def G: B32] Some(B8);
    Ldrsb32 "ldrsb" 0x38c0_0000 No [D Def G: B32] Some(B8);
    Ldrsb64 "ldrsb" 0x3880_0000 No [D Def G] Some(B8);
    Ldrh "ldrh" 0x7840_0000 No [D Def G: B32] Some(B16);
    Ldrsh32 "ldrsh" 0x78c0_0000 No [D Def G: B32] Some(B16);
    Ldrsh64 "ldrsh" 0x7880_0000 No [D Def G] Some(B16);
    Ldr32 "ldr" 0xb840_0000 No [D Def G: B32] Some(B32);
    Ldrsw "ldrsw" 0xb880_0000 No [D Def G] Some(B32);
    Ldr64 "ldr" 0xf840_0000 No [D Def G] Some(B64);
    LdrS "ldr" 0xbc40_0000 No [D Def F: B32] Some(B32);
    LdrD "ldr" 0xfc40_0000 No [D Def F: B64] Some(B64);
    LdrQ "ldr" 0x3cc0_0000 No [D Def F: B128] Some(B128);
    Strb "strb" 0x3800_0000 No [D Use G: B32] Some(B8);
    Strh "strh" 0x7800_0000 No [D Use G: B32] Some(B16);
    Str32 "str" 0xb800_0000 No [D Use G: B32] Some(B32);
    Str64 "str" 0xf800_0000 No [D Use G] Some(B64);
    StrS "str" 0xbc00_0000 No [D Use F: B32] Some(B32);
    StrD "str" 0xfc00_0000 No [D Use F: B64] Some(B64);
    StrQ "str" 0x3c80_0000 No [D Use F: B128] Some(B128);

    // Atomic accesses, at the address N. Loads are acquiring, stores releasing.
    Ldar "ldar" 0x08df_fc00 Access [D Def G, N Use G: B64] No;
    Stlr "stlr" 0x089f_fc00 Access [D Use G, N Use G: B64] No;
    // FEAT_LSE: both; M is the operand, D the old contents. The last one compares memory with M, which gets the old
    // contents, and stores D.
    Ldaddal "ldaddal" 0x38e0_0000 Access [D Def G, M Use G, N Use G: B64] No;
    Ldclral "ldclral" 0x38e0_1000 Access [D Def G, M Use G, N Use G: B64] No;
    Ldeoral "ldeoral" 0x38e0_2000 Access [D Def G, M Use G, N Use G: B64] No;
    Ldsetal "ldsetal" 0x38e0_3000 Access [D Def G, M Use G, N Use G: B64] No;
    Swpal "swpal" 0x38e0_8000 Access [D Def G, M Use G, N Use G: B64] No;
    Casal "casal" 0x08e0_fc00 Access [M Tied G, D Use G, N Use G: B64] No;

    // Floats.
    Fadd "fadd" 0x1e20_2800 Float [D Def F, N Use F, M Use F] No;
    Fsub "fsub" 0x1e20_3800 Float [D Def F, N Use F, M Use F] No;
    Fmul "fmul" 0x1e20_0800 Float [D Def F, N Use F, M Use F] No;
    Fdiv "fdiv" 0x1e20_1800 Float [D Def F, N Use F, M Use F] No;
    Fmax "fmax" 0x1e20_4800 Float [D Def F, N Use F, M Use F] No;
    Fmin "fmin" 0x1e20_5800 Float [D Def F, N Use F, M Use F] No;
    Fneg "fneg" 0x1e21_4000 Float [D Def F, N Use F] No;
    Fabs "fabs" 0x1e20_c000 Float [D Def F, N Use F] No;
    Fsqrt "fsqrt" 0x1e21_c000 Float [D Def F, N Use F] No;
    Frintn "frintn" 0x1e24_4000 Float [D Def F, N Use F] No;
    Frintp "frintp" 0x1e24_c000 Float [D Def F, N Use F] No;
    Frintm "frintm" 0x1e25_4000 Float [D Def F, N Use F] No;
    Frintz "frintz" 0x1e25_c000 Float [D Def F, N Use F] No;
    FmovImm "fmov" 0x1e20_1000 Float [D Def F] Some;
    FcvtSD "fcvt" 0x1e22_c000 No [D Def F: B64, N Use F: B32] No;
    FcvtDS "fcvt" 0x1e62_4000 No [D Def F: B32, N Use F: B64] No;
    Fcmp "fcmp" 0x1e20_2000 Float [N Use F, M Use F] No, flags;
    FcmpZero "fcmp" 0x1e20_2008 Float [N Use F] No, flags;
    Fccmp "fccmp" 0x1e20_0400 Float [N Use F, M Use F] Some, flags, reads;
    Fcsel "fcsel" 0x1e20_0c00 Float [D Def F, N Use F, M Use F] Some, reads;
    // Between the files.
    Scvtf "scvtf" 0x1e22_0000 SfFloat [D Def F, N Use G] No;
    Ucvtf "ucvtf" 0x1e23_0000 SfFloat [D Def F, N Use G] No;
    Fcvtzs "fcvtzs" 0x1e38_0000 SfFloat [D Def G, N Use F] No;
    Fcvtzu "fcvtzu" 0x1e39_0000 SfFloat [D Def G, N Use F] No;
    FmovGF "fmov" 0x1e27_0000 SfFloat [D Def F, N Use G] No;
    FmovFG "fmov" 0x1e26_0000 SfFloat [D Def G, N Use F] No;

    // Whole vectors.
    VAnd "and" 0x4e20_1c00 No [D Def F, N Use F, M Use F] No;
    VBic "bic" 0x4e60_1c00 No [D Def F, N Use F, M Use F] No;
    VOrr "orr" 0x4ea0_1c00 No [D Def F, N Use F, M Use F] No;
    VOrn "orn" 0x4ee0_1c00 No [D Def F, N Use F, M Use F] No;
    VEor "eor" 0x6e20_1c00 No [D Def F, N Use F, M Use F] No;
    VNot "not" 0x6e20_5800 No [D Def F, N Use F] No;
    // Bits of N where D has ones, of M elsewhere.
    Bsl "bsl" 0x6e60_1c00 No [D Tied F, N Use F, M Use F] No;
    Movi "movi" 0x4f00_0400 No [D Def F] Some;
    Ext "ext" 0x6e00_0000 No [D Def F, N Use F, M Use F] Some;
    Tbl "tbl" 0x4e00_0000 No [D Def F, N Use F, M Use F] No;
    // Lanes of integers.
    VAdd "add" 0x4e20_8400 Lane [D Def F, N Use F, M Use F] No;
    VSub "sub" 0x6e20_8400 Lane [D Def F, N Use F, M Use F] No;
    VMul "mul" 0x4e20_9c00 Lane [D Def F, N Use F, M Use F] No;
    Mla "mla" 0x4e20_9400 Lane [D Tied F, N Use F, M Use F] No;
    Mls "mls" 0x6e20_9400 Lane [D Tied F, N Use F, M Use F] No;
    Sqadd "sqadd" 0x4e20_0c00 Lane [D Def F, N Use F, M Use F] No;
    Uqadd "uqadd" 0x6e20_0c00 Lane [D Def F, N Use F, M Use F] No;
    Sqsub "sqsub" 0x4e20_2c00 Lane [D Def F, N Use F, M Use F] No;
    Uqsub "uqsub" 0x6e20_2c00 Lane [D Def F, N Use F, M Use F] No;
    Smax "smax" 0x4e20_6400 Lane [D Def F, N Use F, M Use F] No;
    Umax "umax" 0x6e20_6400 Lane [D Def F, N Use F, M Use F] No;
    Smin "smin" 0x4e20_6c00 Lane [D Def F, N Use F, M Use F] No;
    Umin "umin" 0x6e20_6c00 Lane [D Def F, N Use F, M Use F] No;
    Urhadd "urhadd" 0x6e20_1400 Lane [D Def F, N Use F, M Use F] No;
    Sqrdmulh "sqrdmulh" 0x6e20_b400 Lane [D Def F, N Use F, M Use F] No;
    Cmeq "cmeq" 0x6e20_8c00 Lane [D Def F, N Use F, M Use F] No;
    Cmgt "cmgt" 0x4e20_3400 Lane [D Def F, N Use F, M Use F] No;
    Cmge "cmge" 0x4e20_3c00 Lane [D Def F, N Use F, M Use F] No;
    Cmhi "cmhi" 0x6e20_3400 Lane [D Def F, N Use F, M Use F] No;
    Cmhs "cmhs" 0x6e20_3c00 Lane [D Def F, N Use F, M Use F] No;
    CmeqZero "cmeq" 0x4e20_9800 Lane [D Def F, N Use F] No;
    CmgtZero "cmgt" 0x4e20_8800 Lane [D Def F, N Use F] No;
    CmgeZero "cmge" 0x6e20_8800 Lane [D Def F, N Use F] No;
    CmleZero "cmle" 0x6e20_9800 Lane [D Def F, N Use F] No;
    CmltZero "cmlt" 0x4e20_a800 Lane [D Def F, N Use F] No;
    VAbs "abs" 0x4e20_b800 Lane [D Def F, N Use F] No;
    VNeg "neg" 0x6e20_b800 Lane [D Def F, N Use F] No;
    Cnt "cnt" 0x4e20_5800 No [D Def F, N Use F] No;
    // Sums of neighbours; of all lanes.
    Addp "addp" 0x4e20_bc00 Lane [D Def F, N Use F, M Use F] No;
    Addv "addv" 0x4e31_b800 Lane [D Def F, N Use F] No;
    Uminv "uminv" 0x6e31_a800 Lane [D Def F, N Use F] No;
    Umaxp "umaxp" 0x6e20_a400 Lane [D Def F, N Use F, M Use F] No;
    Saddlp "saddlp" 0x4e20_2800 Lane [D Def F, N Use F] No;
    Uaddlp "uaddlp" 0x6e20_2800 Lane [D Def F, N Use F] No;
    // The lower half of the lanes of the operands, of `2` the upper half: products of twice the width, and added up.
    VSmull "smull" 0x0e20_c000 Lane [D Def F, N Use F, M Use F] No;
    Smull2 "smull2" 0x4e20_c000 Lane [D Def F, N Use F, M Use F] No;
    VUmull "umull" 0x2e20_c000 Lane [D Def F, N Use F, M Use F] No;
    Umull2 "umull2" 0x6e20_c000 Lane [D Def F, N Use F, M Use F] No;
    Umlal "umlal" 0x2e20_8000 Lane [D Tied F, N Use F, M Use F] No;
    // Narrower lanes, to the lower half, of `2` to the upper half; the width is the result's.
    Xtn "xtn" 0x0e21_2800 Lane [D Def F, N Use F] No;
    Sqxtn "sqxtn" 0x0e21_4800 Lane [D Def F, N Use F] No;
    Sqxtn2 "sqxtn2" 0x4e21_4800 Lane [D Tied F, N Use F] No;
    Uqxtn "uqxtn" 0x2e21_4800 Lane [D Def F, N Use F] No;
    Sqxtun "sqxtun" 0x2e21_2800 Lane [D Def F, N Use F] No;
    Sqxtun2 "sqxtun2" 0x6e21_2800 Lane [D Tied F, N Use F] No;
    // By the lanes of M, to the left, or to the right if they are negative.
    Sshl "sshl" 0x4e20_4400 Lane [D Def F, N Use F, M Use F] No;
    Ushl "ushl" 0x6e20_4400 Lane [D Def F, N Use F, M Use F] No;
    // The immediate has the width of the lanes.
    VShl "shl" 0x4f00_5400 No [D Def F, N Use F] Some;
    Sshr "sshr" 0x4f00_0400 No [D Def F, N Use F] Some;
    Ushr "ushr" 0x6f00_0400 No [D Def F, N Use F] Some;
    Sri "sri" 0x6f00_4400 No [D Tied F, N Use F] Some;
    Sshll "sshll" 0x0f00_a400 No [D Def F, N Use F] Some;
    Sshll2 "sshll2" 0x4f00_a400 No [D Def F, N Use F] Some;
    Ushll "ushll" 0x2f00_a400 No [D Def F, N Use F] Some;
    Ushll2 "ushll2" 0x6f00_a400 No [D Def F, N Use F] Some;
    // Lanes moved about.
    Zip1 "zip1" 0x4e00_3800 Lane [D Def F, N Use F, M Use F] No;
    Zip2 "zip2" 0x4e00_7800 Lane [D Def F, N Use F, M Use F] No;
    Uzp1 "uzp1" 0x4e00_1800 Lane [D Def F, N Use F, M Use F] No;
    Uzp2 "uzp2" 0x4e00_5800 Lane [D Def F, N Use F, M Use F] No;
    Trn1 "trn1" 0x4e00_2800 Lane [D Def F, N Use F, M Use F] No;
    Trn2 "trn2" 0x4e00_6800 Lane [D Def F, N Use F, M Use F] No;
    Rev16 "rev16" 0x4e20_1800 Lane [D Def F, N Use F] No;
    Rev32 "rev32" 0x6e20_0800 Lane [D Def F, N Use F] No;
    Rev64 "rev64" 0x4e20_0800 Lane [D Def F, N Use F] No;
    // Single lanes; the immediate has the width of the lane and its number.
    Dup "dup" 0x4e00_0c00 Word [D Def F, N Use G] Some;
    DupLane "dup" 0x4e00_0400 No [D Def F, N Use F] Some;
    MovLane "mov" 0x5e00_0400 No [D Def F, N Use F] Some;
    Ins "ins" 0x4e00_1c00 Word [D Tied F, N Use G] Some;
    InsLane "ins" 0x6e00_0400 No [D Tied F, N Use F] Some;
    Umov "umov" 0x0e00_3c00 Whole [D Def G, N Use F] Some;
    // Lanes of floats.
    VFadd "fadd" 0x4e20_d400 FloatLane [D Def F, N Use F, M Use F] No;
    VFsub "fsub" 0x4ea0_d400 FloatLane [D Def F, N Use F, M Use F] No;
    VFmul "fmul" 0x6e20_dc00 FloatLane [D Def F, N Use F, M Use F] No;
    VFdiv "fdiv" 0x6e20_fc00 FloatLane [D Def F, N Use F, M Use F] No;
    VFmax "fmax" 0x4e20_f400 FloatLane [D Def F, N Use F, M Use F] No;
    VFmin "fmin" 0x4ea0_f400 FloatLane [D Def F, N Use F, M Use F] No;
    Fmla "fmla" 0x4e20_cc00 FloatLane [D Tied F, N Use F, M Use F] No;
    Fmls "fmls" 0x4ea0_cc00 FloatLane [D Tied F, N Use F, M Use F] No;
    Fcmeq "fcmeq" 0x4e20_e400 FloatLane [D Def F, N Use F, M Use F] No;
    Fcmge "fcmge" 0x6e20_e400 FloatLane [D Def F, N Use F, M Use F] No;
    Fcmgt "fcmgt" 0x6ea0_e400 FloatLane [D Def F, N Use F, M Use F] No;
    VFabs "fabs" 0x4ea0_f800 FloatLane [D Def F, N Use F] No;
    VFneg "fneg" 0x6ea0_f800 FloatLane [D Def F, N Use F] No;
    VFsqrt "fsqrt" 0x6ea1_f800 FloatLane [D Def F, N Use F] No;
    VFrintn "frintn" 0x4e21_8800 FloatLane [D Def F, N Use F] No;
    VFrintm "frintm" 0x4e21_9800 FloatLane [D Def F, N Use F] No;
    VFrintp "frintp" 0x4ea1_8800 FloatLane [D Def F, N Use F] No;
    VFrintz "frintz" 0x4ea1_9800 FloatLane [D Def F, N Use F] No;
    VFcvtzs "fcvtzs" 0x4ea1_b800 FloatLane [D Def F, N Use F] No;
    VFcvtzu "fcvtzu" 0x6ea1_b800 FloatLane [D Def F, N Use F] No;
    VScvtf "scvtf" 0x4e21_d800 FloatLane [D Def F, N Use F] No;
    VUcvtf "ucvtf" 0x6e21_d800 FloatLane [D Def F, N Use F] No;
    // Between two of 32 bits, in the lower half, and two of 64 bits.
    Fcvtl "fcvtl" 0x0e61_7800 No [D Def F, N Use F] No;
    Fcvtn "fcvtn" 0x0e61_6800 No [D Def F, N Use F] No;
    // FEAT_DotProd: sums of four products of bytes, added to lanes of 32 bits.
    Sdot "sdot" 0x4e80_9400 No [D Tied F, N Use F, M Use F] No;
    // FEAT_SHA3: exclusive or of three; of N with M and not A; rotated to the right in lanes of 64 bits.
    Eor3 "eor3" 0xce00_0000 No [D Def F, N Use F, M Use F, A Use F] No;
    Bcax "bcax" 0xce20_0000 No [D Def F, N Use F, M Use F, A Use F] No;
    Xar "xar" 0xce80_0000 No [D Def F, N Use F, M Use F] Some;
}

/// Condition codes; the discriminant is the hardware's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Cc {
    Eq = 0,
    Ne = 1,
    Hs = 2,
    Lo = 3,
    Mi = 4,
    Pl = 5,
    Vs = 6,
    Vc = 7,
    Hi = 8,
    Ls = 9,
    Ge = 10,
    Lt = 11,
    Gt = 12,
    Le = 13,
}

impl Cc {
    pub const ALL: [Cc; 14] = [
        Cc::Eq,
        Cc::Ne,
        Cc::Hs,
        Cc::Lo,
        Cc::Mi,
        Cc::Pl,
        Cc::Vs,
        Cc::Vc,
        Cc::Hi,
        Cc::Ls,
        Cc::Ge,
        Cc::Lt,
        Cc::Gt,
        Cc::Le,
    ];

    /// The opposite condition: the codes differ in the lowest bit.
    pub fn invert(self) -> Cc {
        Cc::ALL[self as usize ^ 1]
    }

    /// The flags (N, Z, C, V from bit 3 down) that make the condition true.
    pub fn flags(self) -> u8 {
        match self {
            Cc::Eq | Cc::Ls | Cc::Le => 0b0100,
            Cc::Hs | Cc::Hi => 0b0010,
            Cc::Mi | Cc::Lt => 0b1000,
            Cc::Vs => 0b0001,
            Cc::Ne | Cc::Lo | Cc::Pl | Cc::Vc | Cc::Ge | Cc::Gt => 0,
        }
    }
}

/// The kind of a shift; the discriminant is the hardware's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Shift {
    Lsl = 0,
    Lsr = 1,
    Asr = 2,
    Ror = 3,
}
