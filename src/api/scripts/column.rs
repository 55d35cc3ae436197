//! The interface of another engine.

use super::{Hierarchy, RefKind};
use crate::api::error::{Error, ErrorKind};
use crate::engine::CompileError;
use crate::module::Phase;
use crate::runtime::trap::TrapCode;

/// Another engine, with the state that one script creates in it: what a column of a [`Matrix`](super::Matrix) runs on.
///
/// It receives modules as binaries and values as bits, and reports how each step ended. Judging is left to the matrix:
/// values are compared with the script's patterns (NaNs included), phases are never confused, and messages must begin
/// with the script's, in the words of the official testsuite. Engines that use other words are judged by phase alone
/// with [`Matrix::any_message`](super::Matrix::any_message).
///
/// An engine reports what it cannot do as [`Failure::Unsupported`]; everything that depends on it is then unsupported,
/// too. The driver reports as unsupported what this interface cannot express: malformed texts, which have no binary;
/// custom sections; threads of scripts and everything after them; function indices as results. A panic is a crash of
/// that directive, and the script is run again without it, up to 100 times.
///
/// An engine need not provide the module `spectest`, which scripts import: the driver passes it as a module.
pub trait Column {
    /// A module that can be instantiated.
    type Module;
    /// An instance, whose exports other modules may import.
    type Instance;

    /// Decodes and validates a binary module.
    ///
    /// # Errors
    /// [`Malformed`](Failure::Malformed), [`Invalid`](Failure::Invalid).
    fn module(&mut self, bytes: &[u8]) -> Result<Self::Module, Failure>;

    /// Links and instantiates a module and runs its start function.
    ///
    /// # Errors
    /// [`Unlinkable`](Failure::Unlinkable) for an import that is missing or of another type; otherwise how a start
    /// function or a segment ended.
    fn instantiate(
        &mut self,
        module: &Self::Module,
        imports: &Imports<'_, Self::Instance>,
    ) -> Result<Self::Instance, Failure>;

    /// Calls an exported function.
    ///
    /// # Errors
    /// How the call ended; [`Error`](Failure::Error) for an export or arguments that do not exist.
    fn call(&mut self, instance: &Self::Instance, export: &str, args: &[Value]) -> Result<Vec<Value>, Failure>;

    /// Returns whether the engine can no longer be used, because it died or was ended. The script is then run again
    /// without the directive at which that happened.
    fn is_lost(&self) -> bool {
        false
    }

    /// Returns whether the effects of a call before it trapped are lost, because the engine starts over without it. If
    /// later directives fail on an instance that shares state with it, that is not held against the engine.
    fn forgets_traps(&self) -> bool {
        false
    }

    /// Releases everything that the script has created, after its last directive; nothing is asked of the engine afterwards.
    /// An engine may be dropped before that if something has ended it.
    ///
    /// # Errors
    /// [`Timeout`](Failure::Timeout), [`Crash`](Failure::Crash) if the engine did not survive this. This is reported as a
    /// result of its own.
    fn end(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Reads an exported global.
    ///
    /// # Errors
    /// [`Error`](Failure::Error) for an export that does not exist.
    fn global(&mut self, instance: &Self::Instance, export: &str) -> Result<Value, Failure>;
}

/// A value on its way into a [`Column`] or out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// An i32.
    I32(u32),
    /// An i64.
    I64(u64),
    /// The bits of an f32.
    F32(u32),
    /// The bits of an f64.
    F64(u64),
    /// A v128; lane 0 is in the lowest bits.
    V128(u128),
    /// The null of a hierarchy of references.
    Null(Hierarchy),
    /// The host value with this number, as an `externref`. An engine may represent it by any value from which it can
    /// recover the number.
    Extern(u32),
    /// The host value with this number, as an `anyref`.
    Host(u32),
    /// Any other reference; only as a result.
    Ref(RefKind),
}

/// Why a [`Column`] did not complete a request: how a module was rejected or a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The module cannot be decoded.
    Malformed(String),
    /// The module is not valid.
    Invalid(String),
    /// The module is rejected, by an engine that does not say whether it is malformed or invalid.
    Rejected(String),
    /// The module does not fit its imports.
    Unlinkable(String),
    /// A trap.
    Trap(String),
    /// A trap in the engine's own words, which may be any of these codes.
    TrapAmong(Vec<TrapCode>, String),
    /// The call stack was used up.
    Exhaustion(String),
    /// An exception that nothing caught.
    Exception,
    /// A suspension that nothing handled.
    Suspension(String),
    /// It did not end in time, and was stopped. A matrix cannot interrupt a column.
    Timeout,
    /// The engine died.
    Crash(String),
    /// It needs a feature that the engine lacks, or exceeds one of its limits.
    Unsupported(String),
    /// The script asks for something that does not exist, or the engine has a defect.
    Error(String),
}

/// A trap in the words of the testsuite; exhaustion and suspension are distinguished.
///
/// ```
/// use wasmoon::{TrapCode, scripts::Failure};
///
/// assert_eq!(Failure::from(TrapCode::IntegerOverflow), Failure::Trap("integer overflow".into()));
/// assert!(matches!(TrapCode::CallStackExhausted.into(), Failure::Exhaustion(_)));
/// ```
impl From<TrapCode> for Failure {
    fn from(code: TrapCode) -> Failure {
        Failure::trap(code, code.message().into())
    }
}

/// Converts the way something ended in this crate's own interface.
impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error.into_kind() {
            ErrorKind::Module(error) => match error.phase {
                Phase::Malformed => Failure::Malformed(error.message),
                Phase::Invalid => Failure::Invalid(error.message),
                Phase::Limit | Phase::Memory => Failure::Unsupported(format!("limit: {}", error.message)),
                Phase::Timeout => Failure::Timeout,
                Phase::MalformedCustom | Phase::InvalidCustom => Failure::Error(error.to_string()),
            },
            ErrorKind::Compile(CompileError::Timeout) => Failure::Timeout,
            ErrorKind::Compile(error @ CompileError::Internal(_)) => Failure::Error(error.to_string()),
            ErrorKind::Compile(error) => Failure::Unsupported(error.to_string()),
            ErrorKind::Link(error) => Failure::Unlinkable(error.to_string()),
            ErrorKind::Resource(error) => Failure::Unsupported(format!("resources: {error}")),
            ErrorKind::Trap(trap) => Failure::trap(trap.code, trap.message),
            ErrorKind::Exception(_) => Failure::Exception,
            other => Failure::Error(other.to_string()),
        }
    }
}

impl Failure {
    fn trap(code: TrapCode, message: String) -> Failure {
        match code {
            TrapCode::CallStackExhausted | TrapCode::TooManyStacks => Failure::Exhaustion(message),
            TrapCode::UnhandledTag => Failure::Suspension(message),
            TrapCode::Interrupt => Failure::Timeout,
            _ => Failure::Trap(message),
        }
    }
}

/// The instances that a module's imports come from, by the names under which they are registered.
#[derive(Clone, Debug)]
pub struct Imports<'a, I> {
    /// The name, the only export that counts (if restricted to one), and the instance.
    pub(super) instances: Vec<(&'a str, Option<&'static str>, &'a I)>,
}

impl<'a, I> Imports<'a, I> {
    /// Returns the instance for an import `name` of `module`. The engine must check that it has such an export.
    pub fn get(&self, module: &str, name: &str) -> Option<&'a I> {
        let of_module = || self.instances.iter().filter(|(known, ..)| *known == module);
        let only = of_module().find(|(_, only, _)| *only == Some(name));
        only.or_else(|| of_module().find(|(_, only, _)| only.is_none())).map(|(.., instance)| *instance)
    }

    /// All instances with their names, for engines that resolve imports themselves. A name may have several instances;
    /// no two of them have an export with the same name.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a I)> + '_ {
        self.instances.iter().map(|(name, _, instance)| (*name, *instance))
    }
}
