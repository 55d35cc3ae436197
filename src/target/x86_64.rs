//! The x86-64 target: registers, levels, unwind rules.

use super::{Capability, CfiRule, CodeLayout, CpuAbi, CpuLevel, LevelFacts, RegisterNames, Target, UnwindFacts};

/// The x86-64 target.
pub static TARGET: Target = Target {
    name: "x86_64",
    levels: &[
        LevelFacts {
            name: "sse41",
            adds: &[
                // pshufb, pmulhrsw, pmaddubsw, minps and similar, cvttps2dq
                Capability::SwizzleByLowBits,
                Capability::WrappingRoundingMultiply,
                Capability::DotUnsignedSigned,
                Capability::SecondUnlessLess,
                Capability::TruncateToLeast,
            ],
            is_here: here::sse41,
        },
        // blendv, which without AVX takes its mask in a fixed register
        LevelFacts { name: "avx", adds: &[Capability::SelectLanesBySign], is_here: here::avx },
        LevelFacts { name: "avx2", adds: &[Capability::FusedMultiplyAdd], is_here: here::avx2 },
    ],
    // rsp and rbp are the stack and frame pointers; r11 and xmm15 belong to the emitter.
    abi: CpuAbi {
        sp: 4,
        fp: 5,
        ctx: 7,                         // rdi
        callee: 0,                      // rax
        int_args: &[6, 2, 1, 8, 9, 10], // rsi rdx rcx r8 r9 r10
        float_args: &[0, 1, 2, 3, 4, 5, 6, 7],
        int_results: &[0, 2, 1, 6], // rax rdx rcx rsi
        float_results: &[0, 1, 2, 3],
        int_order: &[0, 1, 2, 7, 6, 3, 8, 9, 10, 12, 13, 14, 15], // rax rcx rdx rdi rsi rbx r8 …
        float_order: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
        int_scratch: 11,
        float_scratch: 15,
    },
    registers: RegisterNames {
        int: &[
            "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
            "r15",
        ],
        float: &[
            "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
            "xmm13", "xmm14", "xmm15",
        ],
        pc: "rip",
        flags: "flags",
        in_assembly,
    },
    layout: CodeLayout {
        function_alignment: 32,
        loop_alignment: 32,
        // A loop of 80 bytes takes up to 1.25 times as long if it begins in the other half of a line.
        looping_function_alignment: 64,
        // int3
        padding: &[0xcc],
    },
    elf_machine: 62,
    unwind: UnwindFacts {
        return_address: dwarf::RETURN,
        sp: dwarf::RSP,
        cfa_at_entry: 8,
        at_entry: &[CfiRule::Saved { register: dwarf::RETURN, words: 1 }],
        overwritten: &[
            CfiRule::Undefined(dwarf::RBX),
            CfiRule::Undefined(dwarf::R12),
            CfiRule::Undefined(dwarf::R12 + 1),
            CfiRule::Undefined(dwarf::R12 + 2),
            CfiRule::Undefined(dwarf::R12 + 3),
        ],
        prologue: &[
            // push rbp
            (1, &[CfiRule::CfaOffset(16), CfiRule::Saved { register: dwarf::RBP, words: 2 }]),
            // mov rbp, rsp
            (3, &[CfiRule::CfaRegister(dwarf::RBP)]),
        ],
        // push rbx, r12, r13, r14, r15
        saves: &[
            (1, &[CfiRule::Saved { register: dwarf::RBX, words: 3 }]),
            (2, &[CfiRule::Saved { register: dwarf::R12, words: 4 }]),
            (2, &[CfiRule::Saved { register: dwarf::R12 + 1, words: 5 }]),
            (2, &[CfiRule::Saved { register: dwarf::R12 + 2, words: 6 }]),
            (2, &[CfiRule::Saved { register: dwarf::R12 + 3, words: 7 }]),
        ],
    },
};

/// The lowest level: SSE up to 4.1.
pub const SSE41: CpuLevel = CpuLevel::new(&TARGET, 0);
/// SSE 4.2, POPCNT, and AVX: instructions with a separate destination, and memory operands of any alignment.
pub const AVX: CpuLevel = CpuLevel::new(&TARGET, 1);
/// AVX2, FMA, BMI1, BMI2 and LZCNT.
pub const AVX2: CpuLevel = CpuLevel::new(&TARGET, 2);

/// DWARF register numbers (System V ABI, figure 3.36).
mod dwarf {
    pub const RBX: u8 = 3;
    pub const RBP: u8 = 6;
    pub const RSP: u8 = 7;
    pub const R12: u8 = 12;
    pub const RETURN: u8 = 16;
}

/// Tests which levels the CPU that this program runs on has.
#[cfg(target_arch = "x86_64")]
mod here {
    use std::arch::is_x86_feature_detected as has;

    pub fn sse41() -> bool {
        has!("ssse3") && has!("sse4.1")
    }

    pub fn avx() -> bool {
        sse41() && has!("sse4.2") && has!("popcnt") && has!("avx")
    }

    pub fn avx2() -> bool {
        avx() && has!("avx2") && has!("fma") && has!("bmi1") && has!("bmi2") && has!("lzcnt")
    }
}

/// On other CPUs, all levels are missing.
#[cfg(not(target_arch = "x86_64"))]
mod here {
    pub fn sse41() -> bool {
        false
    }

    pub use sse41 as avx;
    pub use sse41 as avx2;
}

/// Returns the general register that a word of assembly names, as a whole or as a narrower part.
fn in_assembly(word: &str) -> Option<u8> {
    TARGET.registers.int.iter().position(|name| is_part_of(word, name)).map(|i| i as u8)
}

fn is_part_of(word: &str, register: &str) -> bool {
    let base = &register[1..];
    let narrow = |prefix: &str, suffix: &str| word.strip_prefix(prefix).and_then(|w| w.strip_suffix(suffix));
    if word == register || base.starts_with(|c: char| c.is_ascii_digit()) {
        return word.strip_prefix(register).is_some_and(|rest| ["", "d", "w", "b"].contains(&rest));
    }
    // eax, ax and al; esi, si and sil.
    let low = base.strip_suffix('x').unwrap_or(base);
    word == base || narrow("e", "") == Some(base) || narrow("", "l") == Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_levels() {
        assert_eq!([SSE41, AVX, AVX2].map(CpuLevel::name), ["sse41", "avx", "avx2"]);
        let int = |name: &str| TARGET.registers.int.iter().position(|n| *n == name).map(|i| i as u8);
        for word in ["eax", "ax", "al"] {
            assert_eq!(in_assembly(word), int("rax"));
        }
        for (word, name) in [("esi", "rsi"), ("sil", "rsi"), ("r9d", "r9"), ("r15b", "r15")] {
            assert_eq!(in_assembly(word), int(name));
        }
        assert_eq!(in_assembly("xmm1"), None);
    }

    #[test]
    fn each_part_of_a_register_has_a_name() {
        let words = [
            ["rax", "eax", "ax", "al"],
            ["rcx", "ecx", "cx", "cl"],
            ["rdx", "edx", "dx", "dl"],
            ["rbx", "ebx", "bx", "bl"],
            ["rsp", "esp", "sp", "spl"],
            ["rbp", "ebp", "bp", "bpl"],
            ["rsi", "esi", "si", "sil"],
            ["rdi", "edi", "di", "dil"],
            ["r8", "r8d", "r8w", "r8b"],
            ["r9", "r9d", "r9w", "r9b"],
            ["r10", "r10d", "r10w", "r10b"],
            ["r11", "r11d", "r11w", "r11b"],
            ["r12", "r12d", "r12w", "r12b"],
            ["r13", "r13d", "r13w", "r13b"],
            ["r14", "r14d", "r14w", "r14b"],
            ["r15", "r15d", "r15w", "r15b"],
        ];
        for (encoding, words) in words.iter().enumerate() {
            assert_eq!(words.map(in_assembly), [Some(encoding as u8); 4], "{words:?}");
        }
        let others = ["r", "r1", "r16", "r8x", "r8dd", "r8l", "x", "l", "rip"];
        assert_eq!(others.map(in_assembly), [None; 9]);
    }
}
