//! Takes from a worker the rights that it does not need, if the system can: code of a script that escapes through a
//! defect of a backend cannot change a file, open a connection or signal another process.

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetError, Scope};
use std::error::Error;
use std::io;

/// The newest version of the kernel's interface that is used; on an older kernel, only what it supports.
const INTERFACE: ABI = ABI::V6;

/// Takes from this process, and from those that it starts, the rights to change files, to use TCP, and to signal other
/// processes. Files that are already open stay open.
///
/// On a system without Landlock, or in a container that forbids its calls, the rights are unchanged.
///
/// # Errors
/// If it fails for any other reason.
pub fn confine() -> Result<(), RulesetError> {
    give_up().or_else(|error| if is_forbidden(&error) { Ok(()) } else { Err(error) })
}

fn is_forbidden(error: &(dyn Error + 'static)) -> bool {
    let system = error.downcast_ref::<io::Error>().map(io::Error::kind);
    system == Some(io::ErrorKind::PermissionDenied) || error.source().is_some_and(is_forbidden)
}

fn give_up() -> Result<(), RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_write(INTERFACE))?
        .handle_access(AccessNet::from_all(INTERFACE))?
        .scope(Scope::from_all(INTERFACE))?
        .create()?
        .restrict_self()
        .map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("a call failed")]
    struct Failed(#[source] io::Error);

    #[test]
    fn what_a_container_forbids_is_no_failure() {
        assert!(is_forbidden(&Failed(io::ErrorKind::PermissionDenied.into())));
        assert!(!is_forbidden(&Failed(io::ErrorKind::InvalidInput.into())));
    }
}
