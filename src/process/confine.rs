//! What a worker needs no right for is taken from it, where the system can: code of a script that escapes through a
//! defect of a backend changes no file, opens no connection and signals no other process.

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, Scope};

/// The newest interface of the kernel that is used; of an older kernel, what it has.
const INTERFACE: ABI = ABI::V6;

/// Takes from this process, and from those that it starts, the rights to change files, to use TCP, and to signal others.
/// What is open stays open.
///
/// # Errors
/// If the system knows Landlock and refuses. (One that does not know it leaves the rights as they are.)
pub fn confine() -> Result<(), RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_write(INTERFACE))?
        .handle_access(AccessNet::from_all(INTERFACE))?
        .scope(Scope::from_all(INTERFACE))?
        .create()?
        .restrict_self()
        .map(|_| ())
}
