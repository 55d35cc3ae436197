//! The bug museum: historic kinds of miscompilation that can be planted by name, to prove that they are found.
//!
//! [`table`] holds one entry a bug: where it comes from, what is planted, which stage of the compiler is at fault and who
//! must find it. The plants themselves are branches on [`planted`] where the bug would be. Only with the feature `museum`;
//! without it [`planted`] is constant, and what it guards compiles to nothing.

pub mod table;

pub use table::{BUGS, Bug, Entry, Means};

/// Environment variable that names the bug to plant; inherited by worker processes.
pub const VARIABLE: &str = "WASMOON_PLANT";

/// The entry of a name.
///
/// # Errors
/// There is none: a message that lists those there are.
pub fn find(name: &str) -> Result<&'static Entry, String> {
    BUGS.iter().find(|entry| entry.name == name).ok_or_else(|| {
        let names: Vec<&str> = BUGS.iter().map(|entry| entry.name).collect();
        format!("the museum has no bug '{name}'; it has: {}", names.join(", "))
    })
}

/// Whether this bug is planted in this process.
#[cfg(not(feature = "museum"))]
#[inline(always)]
pub const fn planted(_: Bug) -> bool {
    false
}

/// Whether this bug is planted in this process.
///
/// # Panics
/// If the environment names a bug that does not exist: a run without the plant would prove nothing. The command line
/// checks the name first.
#[cfg(feature = "museum")]
#[inline]
pub fn planted(bug: Bug) -> bool {
    named() == Some(bug)
}

/// The bug that the environment names.
#[cfg(feature = "museum")]
fn named() -> Option<Bug> {
    use std::sync::OnceLock;
    static NAMED: OnceLock<Option<Bug>> = OnceLock::new();
    *NAMED.get_or_init(|| {
        let name = std::env::var(VARIABLE).ok().filter(|name| !name.is_empty())?;
        match find(&name) {
            Ok(entry) => Some(entry.bug),
            Err(message) => panic!("{VARIABLE}: {message}"),
        }
    })
}
