//! The bugs, one entry each.

/// A way in which a bug is found without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Means {
    /// The official testsuite.
    Suite,
    /// The scripts of `wast-extra/`.
    Extra,
    /// The SSA verifier and the checker of register allocations (`--verify`).
    Checker,
    /// Random modules.
    Smith,
}

impl Means {
    pub const ALL: [Means; 4] = [Means::Suite, Means::Extra, Means::Checker, Means::Smith];

    /// As the command line and the table in the documentation write it.
    pub fn name(self) -> &'static str {
        match self {
            Means::Suite => "suite",
            Means::Extra => "wast-extra",
            Means::Checker => "checker",
            Means::Smith => "smith",
        }
    }
}

/// A bug of the museum.
#[derive(Debug)]
pub struct Entry {
    pub bug: Bug,
    pub name: &'static str,
    /// The stage that is at fault, by the name that bisection gives it: `frontend`, a pass, `lowering`, `regalloc`,
    /// `emission`, `runtime`.
    pub stage: &'static str,
    /// Where it happened: an advisory, an issue, a fix.
    pub source: &'static str,
    /// What is planted, exactly.
    pub plant: &'static str,
    /// Who must find it; others may.
    pub finders: &'static [Means],
}

macro_rules! bugs {
    ($($variant:ident $name:literal $stage:literal [$($finder:ident)*] $source:literal $plant:literal;)*) => {
        /// A historic kind of miscompilation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Bug { $(#[doc = $plant] $variant,)* }

        /// All of them.
        pub static BUGS: &[Entry] = &[$(Entry {
            bug: Bug::$variant,
            name: $name,
            stage: $stage,
            source: $source,
            plant: $plant,
            finders: &[$(Means::$finder),*],
        }),*];
    };
}

bugs! {
    // Register allocation. Planted behind the checker, which would see them at once.
    FixedArgument "fixed-argument" "regalloc" [Suite Smith]
        "Milky2018/wasmoon#292, fixed in #362: an argument was taken to be still in its register"
        "The move that brings a value back to the register that a call fixes for it is dropped, if it once was there, was \
         moved away, and the register was used again since.";
    LostCycleMove "lost-cycle-move" "regalloc" [Suite Smith]
        "Milky2018/wasmoon#362: parallel moves whose cycle lost its scratch register"
        "Of moves that form a cycle the last one, from the scratch register, is dropped.";

    // Folding, done while the frontend builds.
    FoldShift "fold-shift" "fold" [Extra Smith]
        "Milky2018/wasmoon#365: 32-bit bit operations done in 64 bits"
        "A 32-bit shr_u of constants is done on the sign-extended value in 64 bits.";

    // Passes.
    LicmTrap "licm-trap" "licm" [Extra Smith]
        "LLVM PR16729 and its kin: a division hoisted above the test for zero that guards it"
        "A division moves before its loop whatever its divisor is.";
    StaleMemorySize "stale-memory-size" "loads" [Suite Extra]
        "Milky2018/wasmoon#169: what is known of a memory kept in registers over its growth"
        "A call does not make the size of a memory unknown.";
}
