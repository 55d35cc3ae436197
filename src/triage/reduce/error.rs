//! The reasons why a subject cannot be reduced.

use super::ast::AstError;
use crate::module::DecodeError;
use crate::triage::bisect::BisectError;
use crate::triage::subject::SubjectError;
use crate::triage::trial::TrialError;
use crate::triage::trial::script::NotAScript;
use crate::triage::value::PortableValue;

/// The reason why a subject cannot be reduced.
#[derive(Debug, thiserror::Error)]
pub enum ReduceError {
    /// A trial did not take place.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// The subject cannot be prepared.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The subject is not a script.
    #[error(transparent)]
    Script(#[from] NotAScript),
    /// The provider cannot be edited.
    #[error(transparent)]
    Provider(#[from] AstError),
    /// All attempts to make the failure a module of its own failed.
    #[error("it cannot be extracted into a module of its own: {}", list(.0))]
    NotExtracted(Vec<FailedAttempt>),
    /// The failure did not occur again.
    #[error("the disagreement does not occur again")]
    Gone,
    /// The receiver of smaller modules ended the reduction.
    #[error("stopped")]
    Stopped,
}

/// A way of making the failure a module of its own, and the reason why it did not work.
#[derive(Debug, thiserror::Error)]
#[error("{attempt}: {error}")]
pub struct FailedAttempt {
    /// The name of the attempt.
    pub attempt: &'static str,
    /// The reason.
    #[source]
    pub error: CaptureError,
}

fn list(attempts: &[FailedAttempt]) -> String {
    attempts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The reason why there is no module whose exports show the failure without arguments.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// A trial did not take place.
    #[error(transparent)]
    Trial(#[from] TrialError),
    /// The search did not end.
    #[error(transparent)]
    Bisect(#[from] BisectError),
    /// A module cannot be edited.
    #[error(transparent)]
    Ast(#[from] AstError),
    /// The module with the function split is not valid.
    #[error("the split module: {0}")]
    SplitModule(#[source] DecodeError),
    /// The subject is a script.
    #[error("calls inside scripts are not captured")]
    InScript,
    /// The subject has a provider.
    #[error("calls in linked modules are not captured")]
    InLinkedModule,
    /// The guilty body is a constant expression.
    #[error("a constant expression has no calls")]
    ConstantExpression,
    /// The guilty function is imported.
    #[error("an imported function")]
    ImportedFunction,
    /// A function's type is not a function type.
    #[error("a function without a type")]
    NoFunctionType,
    /// A parameter cannot be saved in a global.
    #[error("a parameter of a non-nullable type")]
    NonNullableParameter,
    /// An import cannot be replaced by a definition.
    #[error("an import of a non-nullable type")]
    NonNullableImport,
    /// The compiled copy of the function does not show the failure.
    #[error("a copy of the function is right")]
    CopyIsRight,
    /// No number of calls of the compiled copy shows the failure.
    #[error("no number of calls reproduces it")]
    NoWrongCall,
    /// The wrong call, counted from 1, was not made when the program ran again.
    #[error("call {0} was not reached again")]
    NotReached(u32),
    /// The called export does not exist.
    #[error("no export '{}'", .0.escape_debug())]
    NoExport(String),
    /// An argument has no constant expression.
    #[error("the argument {0} cannot be written as a constant")]
    Argument(PortableValue),
    /// A value of the saved state has no constant expression.
    #[error("{0} cannot be written as a constant")]
    Value(PortableValue),
    /// The directive is not a call that can become an export.
    #[error("the directive is neither the script's last module nor a call of it")]
    NoCall,
    /// Only the place at which it traps differs.
    #[error("only the place of a trap differs, which no code can observe")]
    PlaceOfTrap,
    /// The difference is one that each side is free to make.
    #[error(
        "its results differ only in the bits of NaNs, which each side may choose; --nan canonical leaves no choice"
    )]
    OnlyNans,
    /// The difference may be one that each side is free to make: canonical NaNs leave no difference.
    #[error(
        "the difference disappears under --nan canonical, so it may only be a choice of NaNs; \
         --count-nans counts it anyway"
    )]
    GoneWithCanonicalNans,
    /// An element of a table is not one of the module's functions.
    #[error("a table holds an element that cannot be written as a constant")]
    Element,
    /// The result is not a valid module.
    #[error("the resulting module is not valid")]
    Invalid,
    /// The result does not show the failure.
    #[error("it does not show the disagreement")]
    NotShown,
    /// The result shows another failure, with this signature.
    #[error("{0}")]
    OtherDifference(String),
    /// The state that differs is neither in a memory nor in a global.
    #[error("the state that differs cannot be read by code of the module")]
    UnreadableState,
    /// An export that reads the state returns the same on both sides.
    #[error("code cannot observe the difference in state")]
    UnobservableState,
}
