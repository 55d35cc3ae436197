//! The AArch64 target: registers, levels, unwind rules.

use super::{Capability, CfiRule, CodeLayout, CpuAbi, CpuLevel, LevelFacts, RegisterNames, Target, UnwindFacts};

/// The AArch64 target.
pub static TARGET: Target = Target {
    name: "aarch64",
    levels: &[
        LevelFacts { name: "v8", adds: &[Capability::FusedMultiplyAdd], is_here: here::v8 },
        // A single instruction for each atomic operation.
        LevelFacts { name: "lse", adds: &[], is_here: here::lse },
        // Sums of four products of bytes that are both signed or both unsigned.
        LevelFacts { name: "dotprod", adds: &[Capability::DotSigned], is_here: here::dotprod },
        // Three-operand logic.
        LevelFacts { name: "sha3", adds: &[], is_here: here::sha3 },
    ],
    // x16, x17 and v31 belong to the emitter; x18 to the operating system; x30 holds return addresses.
    abi: CpuAbi {
        sp: 31,
        fp: 29,
        ctx: 0,
        callee: 9,
        int_args: &[1, 2, 3, 4, 5, 6, 7],
        float_args: &[0, 1, 2, 3, 4, 5, 6, 7],
        int_results: &[0, 1, 2, 3, 4, 5, 6, 7],
        float_results: &[0, 1, 2, 3, 4, 5, 6, 7],
        int_order: &[0, 9, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28],
        float_order: &[
            0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 8, 9, 10, 11, 12, 13,
            14, 15,
        ],
        int_scratch: 16,
        float_scratch: 31,
    },
    registers: RegisterNames {
        int: &[
            "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", "x15",
            "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30",
            "sp",
        ],
        float: &[
            "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15",
            "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30",
            "v31",
        ],
        pc: "pc",
        flags: "flags",
        in_assembly,
    },
    layout: CodeLayout {
        function_alignment: 32,
        loop_alignment: 16,
        looping_function_alignment: 32,
        // udf #0
        padding: &[0, 0, 0, 0],
    },
    elf_machine: 183,
    unwind: UnwindFacts {
        return_address: dwarf::X30,
        sp: dwarf::SP,
        cfa_at_entry: 0,
        at_entry: &[],
        overwritten: &[
            CfiRule::Undefined(dwarf::X19),
            CfiRule::Undefined(dwarf::X19 + 1),
            CfiRule::Undefined(dwarf::X19 + 2),
            CfiRule::Undefined(dwarf::X19 + 3),
            CfiRule::Undefined(dwarf::X19 + 4),
            CfiRule::Undefined(dwarf::X19 + 5),
            CfiRule::Undefined(dwarf::X19 + 6),
            CfiRule::Undefined(dwarf::X19 + 7),
            CfiRule::Undefined(dwarf::X19 + 8),
            CfiRule::Undefined(dwarf::X19 + 9),
            CfiRule::Undefined(dwarf::V8),
            CfiRule::Undefined(dwarf::V8 + 1),
            CfiRule::Undefined(dwarf::V8 + 2),
            CfiRule::Undefined(dwarf::V8 + 3),
            CfiRule::Undefined(dwarf::V8 + 4),
            CfiRule::Undefined(dwarf::V8 + 5),
            CfiRule::Undefined(dwarf::V8 + 6),
            CfiRule::Undefined(dwarf::V8 + 7),
        ],
        prologue: &[
            // stp x29, x30, [sp, #-16]!
            (
                4,
                &[
                    CfiRule::CfaOffset(16),
                    CfiRule::Saved { register: dwarf::X29, words: 2 },
                    CfiRule::Saved { register: dwarf::X30, words: 1 },
                ],
            ),
            // mov x29, sp
            (4, &[CfiRule::CfaRegister(dwarf::X29)]),
        ],
        // stp x19, x20, [sp, #-16]! and so on to x28, then stp d8, d9, [sp, #-16]! to d15
        saves: &[
            (4, &pair(dwarf::X19, 4)),
            (4, &pair(dwarf::X19 + 2, 6)),
            (4, &pair(dwarf::X19 + 4, 8)),
            (4, &pair(dwarf::X19 + 6, 10)),
            (4, &pair(dwarf::X19 + 8, 12)),
            (4, &pair(dwarf::V8, 14)),
            (4, &pair(dwarf::V8 + 2, 16)),
            (4, &pair(dwarf::V8 + 4, 18)),
            (4, &pair(dwarf::V8 + 6, 20)),
        ],
    },
};

/// The baseline: Armv8.0 with floats and vectors.
pub const V8: CpuLevel = CpuLevel::new(&TARGET, 0);
/// Atomic read-modify-write instructions (FEAT_LSE).
pub const LSE: CpuLevel = CpuLevel::new(&TARGET, 1);
/// Dot products (FEAT_DotProd).
pub const DOTPROD: CpuLevel = CpuLevel::new(&TARGET, 2);
/// Three-operand vector logic (FEAT_SHA3).
pub const SHA3: CpuLevel = CpuLevel::new(&TARGET, 3);

/// DWARF register numbers ("DWARF for the Arm 64-bit Architecture", section 4.1).
mod dwarf {
    pub const X19: u8 = 19;
    pub const X29: u8 = 29;
    pub const X30: u8 = 30;
    pub const SP: u8 = 31;
    pub const V8: u8 = 72;
}

/// Returns the rules for two registers stored by one instruction, the first of them this many words below the CFA.
const fn pair(first: u8, words: u8) -> [CfiRule; 2] {
    [CfiRule::Saved { register: first, words }, CfiRule::Saved { register: first + 1, words: words - 1 }]
}

/// Tests which levels the CPU that this program runs on has.
#[cfg(target_arch = "aarch64")]
mod here {
    use std::arch::is_aarch64_feature_detected as has;

    pub fn v8() -> bool {
        has!("asimd")
    }

    pub fn lse() -> bool {
        v8() && has!("lse")
    }

    pub fn dotprod() -> bool {
        lse() && has!("dotprod")
    }

    pub fn sha3() -> bool {
        dotprod() && has!("sha3")
    }
}

/// On other CPUs, all levels are missing.
#[cfg(not(target_arch = "aarch64"))]
mod here {
    pub fn v8() -> bool {
        false
    }

    pub use v8 as lse;
    pub use v8 as dotprod;
    pub use v8 as sha3;
}

/// Returns the general register that a word of assembly names, as a whole or as its lower half.
fn in_assembly(word: &str) -> Option<u8> {
    if matches!(word, "sp" | "wsp") {
        return Some(TARGET.abi.sp);
    }
    let number = word.strip_prefix(['x', 'w'])?;
    // No sign and no leading zeros: a number written in another way is not a register.
    let encoding: u8 = number.parse().ok().filter(|n: &u8| *n <= 30 && n.to_string() == number)?;
    Some(encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_registers() {
        let named = ["x0", "w7", "x30", "sp", "wsp"].map(in_assembly);
        assert_eq!(named, [Some(0), Some(7), Some(30), Some(31), Some(31)]);
        assert!(["x31", "x07", "xzr", "d3", "x", "w+1", "cx"].iter().all(|word| in_assembly(word).is_none()));
    }
}
