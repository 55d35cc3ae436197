//! The exit statuses of all subcommands. Scripts may rely on them. `run` otherwise exits with the program's own status.

/// As expected.
pub const OK: u8 = 0;
/// Not as expected: a test failed, a module is invalid, a comparison is worse.
pub const NOT_AS_EXPECTED: u8 = 1;
/// An error in usage, input or output, or an empty selection.
pub const USAGE: u8 = 2;
/// A second Ctrl-C ended a run at once; shells report this status for a process that the signal kills.
pub const INTERRUPTED: u8 = 130;
/// WebAssembly code trapped; shells report this status for a process that aborts.
pub const TRAPPED: u8 = 134;
