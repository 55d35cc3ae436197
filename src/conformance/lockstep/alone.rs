//! One script on something that is not a backend of ours: each directive, judged as theirs are, and compared with
//! nothing.

use super::job::Observer;
use super::{judged, leave_out_messages, micros};
use crate::conformance::outcome::Outcome;
use crate::conformance::read::error::ScriptError;
use crate::conformance::read::json;
use crate::conformance::read::language::Language;
use crate::conformance::read::script::{self, ScriptStep};
use std::time::Instant;

/// What executes directives.
pub trait Executor {
    /// Performs a directive.
    fn act(&mut self, step: &mut ScriptStep<'_>) -> Outcome;
    /// Treats a directive as failed, without doing it.
    fn skip(&mut self, step: &ScriptStep<'_>);
    /// Whether a directive has ended it: all that follow depend on that one.
    fn is_lost(&self) -> bool;
    /// Gives up all that the script has made, behind its last directive: how that ended.
    fn finish(&mut self) -> Outcome;
}

/// Reads a script, and passes its steps on. `folder` has the modules of one in JSON.
///
/// # Errors
/// When the text is not a script.
pub fn read<R>(
    text: &str,
    language: &Language,
    folder: Option<&json::Folder>,
    then: impl FnOnce(Vec<ScriptStep<'_>>) -> R,
) -> Result<R, ScriptError> {
    if let Some(folder) = folder {
        return json::parse(text, folder).map(then);
    }
    let plain = script::plain(text, language)?;
    let buffer = script::lex(&plain)?;
    script::parse(&buffer, &plain).map(then)
}

/// Runs a script. All results are of column 0.
///
/// # Errors
/// When the text is not a script; then nothing was done.
pub fn run(
    text: &str,
    language: &Language,
    folder: Option<&json::Folder>,
    executor: &mut dyn Executor,
    observer: &mut dyn Observer,
) -> Result<(), ScriptError> {
    read(text, language, folder, |mut steps| {
        observer.script(&steps);
        let clashes = script::clashes(&steps, language);
        leave_out_messages(&mut steps, language.messages);
        for i in 0..steps.len() {
            observer.enter(i, 0);
            let start = Instant::now();
            let mut outcome = match clashes.get(&i) {
                Some(clash) => {
                    executor.skip(&steps[i]);
                    Outcome::Error(clash.clone())
                }
                None => executor.act(&mut steps[i]),
            };
            outcome.locate(|index| script::place(&steps, index));
            observer.line(i, 0, judged(&steps[i], &outcome, language.dialect, micros(start)));
        }
    })
}
