//! Why a text is not a script.

/// Why a text is not a script, and where in it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct ScriptError {
    /// 1-based.
    pub line: u32,
    pub column: u32,
    pub message: String,
}

impl ScriptError {
    pub(super) fn of(e: &wast::Error, text: &str) -> ScriptError {
        let (line, column) = e.span().linecol_in(text);
        ScriptError { line: line as u32 + 1, column: column as u32 + 1, message: e.message() }
    }
}
