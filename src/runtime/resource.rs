//! The error of allocations: limits that are reached, and memory that the system refuses.

use super::types::TooManyTypes;
use crate::text::counted;

/// Why an entity could not be allocated. Except for [`System`](ResourceError::System), this depends on the limits of
/// the store alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// A memory that declares more pages than `limit` bytes hold.
    #[error("memory of {} is over the limit of {}", counted(*.pages, "page"), counted(*.limit, "byte"))]
    Memory {
        /// Minimum of the memory in pages.
        pages: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Memories, tables, objects and waiting stacks of the store together would have more than `limit` bytes.
    #[error(
        "{what}: all memories, tables, objects and stacks together would be over the limit of {}",
        counted(*.limit, "byte")
    )]
    Together {
        /// What was to be added, with its size.
        what: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A memory of another store, of more bytes than this one has left.
    #[error("a shared memory of {} is over the limit of the store", counted(*.bytes, "byte"))]
    AdoptedMemory {
        /// Length of the memory in bytes.
        bytes: usize,
    },
    /// A table that declares more elements than the limit.
    #[error("table of {} is over the limit of {limit}", counted(*.elements, "element"))]
    Table {
        /// Minimum of the table in elements.
        elements: u64,
        /// The limit in elements.
        limit: u64,
    },
    /// All tables of the store together would have more elements than the limit.
    #[error("table of {}: all tables together would be over the limit of {limit}", counted(*.elements, "element"))]
    AllTables {
        /// Minimum of the table in elements.
        elements: u64,
        /// The limit in elements.
        limit: u64,
    },
    /// The store has the maximum number of instances.
    #[error("more than the limit of {}", counted(*.limit, "instance"))]
    Instances {
        /// The maximum number.
        limit: u32,
    },
    /// The process has the maximum number of canonical types.
    #[error("too many types")]
    Types,
    /// The system refuses to provide something.
    #[error("{what}: {why}")]
    System {
        /// The missing resource.
        what: &'static str,
        /// The system's error.
        why: String,
    },
}

impl ResourceError {
    /// Returns a function that makes the error for the system's refusal to provide `what`.
    pub(super) fn system(what: &'static str) -> impl Fn(std::io::Error) -> ResourceError {
        move |e| ResourceError::System { what, why: e.to_string() }
    }
}

impl From<TooManyTypes> for ResourceError {
    fn from(_: TooManyTypes) -> ResourceError {
        ResourceError::Types
    }
}
