//! The bug museum: historic kinds of miscompilation that can be planted by name, to prove that they are found.
//!
//! Only with the feature `museum`; without it [`planted`] is constant and what it guards compiles to nothing.

/// One historic kind of miscompilation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A call argument fixed to a register that was reused in between, and no move emitted.
    FixedArgument,
}

/// Environment variable that names the bug to plant; inherited by worker processes.
pub const VARIABLE: &str = "WASMOON_PLANT";

/// Whether this bug is planted in this process.
#[cfg(not(feature = "museum"))]
#[inline(always)]
pub const fn planted(_: Bug) -> bool {
    false
}

/// Whether this bug is planted in this process.
#[cfg(feature = "museum")]
pub fn planted(bug: Bug) -> bool {
    use std::sync::OnceLock;
    static PLANTED: OnceLock<Option<Bug>> = OnceLock::new();
    let named = PLANTED.get_or_init(|| match std::env::var(VARIABLE).ok()?.as_str() {
        "fixed-argument" => Some(Bug::FixedArgument),
        other => panic!("{VARIABLE}: no bug '{other}'"),
    });
    *named == Some(bug)
}
