//! The error type of the interface.

use super::objects::ExnRef;
use super::roots::OwnedRooted;
#[cfg(feature = "compiled-files")]
use crate::engine::compiled_file::CompiledFileError;
use crate::engine::{CompileError, ConfigError};
use crate::module::DecodeError;
use crate::runtime::linking::LinkError;
use crate::runtime::resource::ResourceError;
use crate::runtime::store::Trap;
use crate::runtime::trap::TrapCode;
use crate::text::{by_number, counted};
use std::error::Error as StdError;
use std::fmt;

/// Why something failed. [`Error::kind`] distinguishes the reasons; for an error of a host function,
/// [`source`](StdError::source) is what that function returned.
pub struct Error(Box<ErrorKind>);

/// The reasons for an [`Error`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A module that cannot be read, is not valid, or exceeds a limit, with the position in its binary.
    #[error(transparent)]
    Module(#[from] DecodeError),
    /// A module in text form that cannot be read, with line and column.
    #[error("{0}")]
    Text(String),
    /// A module file that cannot be opened.
    #[error("{path}: {error}")]
    File {
        /// The file.
        path: String,
        /// The system's error.
        #[source]
        error: std::io::Error,
    },
    /// This machine or this combination of options is not supported.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A valid module that was not compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// Compiled code that was not written or cannot be used.
    #[cfg(feature = "compiled-files")]
    #[error(transparent)]
    CompiledFile(#[from] CompiledFileError),
    /// A module that does not fit its imports.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// A limit of the store, or memory that the system refused to give.
    #[error(transparent)]
    Resource(#[from] ResourceError),
    /// Execution trapped.
    #[error("{0}")]
    Trap(Trap),
    /// An exception that nothing caught; also what a host function returns to throw one.
    #[error("uncaught exception")]
    Exception(OwnedRooted<ExnRef>),
    /// The program ended itself with this status (WASI's `proc_exit`).
    #[error("the program exited with status {0}")]
    Exit(i32),
    /// A host function failed.
    #[error("{0}")]
    Host(Box<dyn StdError + Send + Sync>),
    /// The interface was used in a way that it forbids, with what was wrong.
    #[error(transparent)]
    Usage(#[from] UsageError),
}

/// A use of the interface that it forbids.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    /// An item of one store was used with another.
    #[error("{0} belongs to another store")]
    OtherStore(&'static str),
    /// An item of one engine was used with another.
    #[error("{0} belongs to another engine")]
    OtherEngine(&'static str),
    /// A reference whose scope has ended.
    #[error("the scope of the reference has ended")]
    Unrooted,
    /// A value of a type other than the required one.
    #[error("{what}: expected {wanted}, found {given}")]
    Type {
        /// Where the value is: "argument 1", ….
        what: String,
        /// The type of the value.
        given: String,
        /// The required type.
        wanted: String,
    },
    /// A number of values other than the required one.
    #[error("{} given, but {wanted} {} required", counted(*.given, .what), by_number(*.wanted, "is", "are"))]
    Count {
        /// What is counted: "argument", ….
        what: &'static str,
        /// The given number.
        given: usize,
        /// The required number.
        wanted: usize,
    },
    /// An index beyond the end.
    #[error("{what} {index} is out of bounds: the length is {len}")]
    Bounds {
        /// What is indexed: "element", ….
        what: &'static str,
        /// The index.
        index: u64,
        /// The number of elements.
        len: u64,
    },
    /// A field, an element or a global that cannot be set.
    #[error("{0} cannot be set")]
    Immutable(&'static str),
    /// A memory or a table that cannot grow that far.
    #[error("{0} cannot grow: it is at a limit, or the system is out of memory")]
    Growth(&'static str),
    /// A name that does not exist.
    #[error("no {what} named {name:?}")]
    Missing {
        /// What was looked for: "exported function", ….
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A name that is already taken.
    #[error("{module:?} {name:?} is already defined")]
    Defined {
        /// The module's name.
        module: String,
        /// The item's name.
        name: String,
    },
    /// A signature that is not the function's.
    #[error("the function's type is {actual}, not {asked}")]
    Signature {
        /// The type of the function.
        actual: String,
        /// The type asked for.
        asked: String,
    },
    /// Fuel was used, but the engine's configuration does not count it.
    #[error("fuel is not counted; see Config::consume_fuel")]
    NoFuel,
    /// Something that cannot exist: a type whose minimum is above its maximum, an object with a descriptor, ….
    #[error("{0}")]
    Invalid(&'static str),
}

impl Error {
    /// Creates a host function's error from a text.
    pub fn new(message: impl Into<String>) -> Error {
        Error::host(Message(message.into()))
    }

    /// Creates a host function's error from another error.
    pub fn host(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
        Error::from(ErrorKind::Host(error.into()))
    }

    /// Creates the error with which a host function ends the program with a status.
    pub fn i32_exit(status: i32) -> Error {
        Error::from(ErrorKind::Exit(status))
    }

    /// The reason.
    pub fn kind(&self) -> &ErrorKind {
        &self.0
    }

    /// Returns the reason by value.
    pub fn into_kind(self) -> ErrorKind {
        *self.0
    }

    /// The trap, with its backtrace, if it was one.
    pub fn as_trap(&self) -> Option<&Trap> {
        if let ErrorKind::Trap(trap) = &*self.0 { Some(trap) } else { None }
    }

    /// The reason of the trap, if it was one.
    pub fn as_trap_code(&self) -> Option<TrapCode> {
        self.as_trap().map(|trap| trap.code)
    }

    /// The status with which the program ended itself, if it did.
    pub fn i32_exit_status(&self) -> Option<i32> {
        if let ErrorKind::Exit(status) = &*self.0 { Some(*status) } else { None }
    }

    /// The exception that was not caught, if it was one.
    pub fn as_exception(&self) -> Option<&OwnedRooted<ExnRef>> {
        if let ErrorKind::Exception(exception) = &*self.0 { Some(exception) } else { None }
    }

    /// The error that a host function returned, if it is of this type.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        if let ErrorKind::Host(error) = &*self.0 { error.downcast_ref() } else { None }
    }
}

/// The text of [`Error::new`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Message(String);

impl<E: Into<ErrorKind>> From<E> for Error {
    fn from(kind: E) -> Error {
        Error(Box::new(kind.into()))
    }
}

impl From<TrapCode> for ErrorKind {
    fn from(code: TrapCode) -> ErrorKind {
        ErrorKind::Trap(Trap::new(code))
    }
}

impl From<Trap> for ErrorKind {
    fn from(trap: Trap) -> ErrorKind {
        ErrorKind::Trap(trap)
    }
}

impl From<OwnedRooted<ExnRef>> for ErrorKind {
    fn from(exception: OwnedRooted<ExnRef>) -> ErrorKind {
        ErrorKind::Exception(exception)
    }
}

/// For a `main` that returns an error: its text, the frames of a trap, and the underlying reasons. The alternate form
/// (`{:#?}`) shows the structure.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            return fmt::Debug::fmt(&self.0, f);
        }
        match &*self.0 {
            ErrorKind::Trap(trap) => write!(f, "{trap:#}"),
            kind => {
                let mut last = kind.to_string();
                f.write_str(&last)?;
                let mut source = self.source();
                while let Some(error) = source {
                    // Wrappers repeat what they wrap.
                    let text = error.to_string();
                    if text != last {
                        write!(f, "\ncaused by: {text}")?;
                        last = text;
                    }
                    source = error.source();
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.0 {
            ErrorKind::Host(error) => Some(&**error),
            other => other.source(),
        }
    }
}
