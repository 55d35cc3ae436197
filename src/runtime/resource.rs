//! Limits that are reached, and memory that is not there.

use super::types::TooManyTypes;

/// Why something could not be allocated. Except for [`System`](ResourceError::System), the limits of the store alone
/// decide.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResourceError {
    /// A memory that declares more pages than `limit` bytes hold.
    #[error("memory of {pages} pages is over the limit of {limit} bytes")]
    Memory { pages: u64, limit: u64 },
    /// All memories of the store together would have more than `limit` bytes.
    #[error("memory of {pages} pages: all memories together would be over the limit of {limit} bytes")]
    AllMemories { pages: u64, limit: u64 },
    /// A memory of another store, of more bytes than this one has left.
    #[error("a shared memory of {bytes} bytes is over the limit of the store")]
    AdoptedMemory { bytes: usize },
    /// A table that declares more elements than the limit.
    #[error("table of {elements} elements is over the limit of {limit}")]
    Table { elements: u64, limit: u64 },
    /// All tables of the store together would have more elements than the limit.
    #[error("table of {elements} elements: all tables together would be over the limit of {limit}")]
    AllTables { elements: u64, limit: u64 },
    /// As many instances as the store may have.
    #[error("more than the limit of {limit} instances")]
    Instances { limit: u32 },
    /// The process has as many canonical types as it may have.
    #[error("too many types")]
    Types,
    /// The system refuses: what there is not enough of, and what the system says.
    #[error("{what}: {why}")]
    System { what: &'static str, why: String },
}

impl ResourceError {
    /// The system's refusal to give `what`.
    pub(super) fn system(what: &'static str) -> impl Fn(std::io::Error) -> ResourceError {
        move |e| ResourceError::System { what, why: e.to_string() }
    }
}

impl From<TooManyTypes> for ResourceError {
    fn from(_: TooManyTypes) -> ResourceError {
        ResourceError::Types
    }
}
