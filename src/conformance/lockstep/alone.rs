//! Runs a script on something that is not one of our backends. Each directive is judged as on our backends, and compared with
//! nothing.

use super::job::Observer;
use super::{judged, leave_out_messages, micros};
use crate::conformance::outcome::Outcome;
use crate::conformance::read::error::ScriptError;
use crate::conformance::read::json;
use crate::conformance::read::language::Language;
use crate::conformance::read::script::{self, ScriptStep};
use std::time::Instant;

/// Something that executes directives.
pub trait Executor {
    /// Performs a directive.
    fn act(&mut self, step: &mut ScriptStep<'_>) -> Outcome;
    /// Treats a directive as failed, without running it.
    fn skip(&mut self, step: &ScriptStep<'_>);
    /// Whether a directive has ended it. All later directives then depend on that one.
    fn is_lost(&self) -> bool;
    /// Gives up everything that the script has made, after its last directive. Returns how that ended.
    fn finish(&mut self) -> Outcome;
}

/// For tests: an executor given as a function from directives to outcomes. It keeps no state, is never lost, and has nothing to
/// give up.
#[cfg(test)]
pub struct Stateless<F>(pub F);

#[cfg(test)]
impl<F: FnMut(&ScriptStep<'_>) -> Outcome> Executor for Stateless<F> {
    fn act(&mut self, step: &mut ScriptStep<'_>) -> Outcome {
        (self.0)(step)
    }

    fn skip(&mut self, _: &ScriptStep<'_>) {}

    fn is_lost(&self) -> bool {
        false
    }

    fn finish(&mut self) -> Outcome {
        Outcome::Done
    }
}

/// Reads a script, and passes on its steps. `folder` has the modules of a script in JSON.
///
/// # Errors
/// The text is not a script.
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
    let buffer = plain.lex()?;
    plain.parse(&buffer).map(then)
}

/// Runs a script. All results are in column 0.
///
/// # Errors
/// The text is not a script. In that case nothing was run.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::language::{Messages, Spec};
    use crate::conformance::record::DirectiveResult;
    use crate::runtime::trap::TrapCode;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// What happened, in order.
    #[derive(Clone, Default)]
    struct Seen(Rc<RefCell<Vec<String>>>);

    impl Seen {
        fn note(&self, what: String) {
            self.0.borrow_mut().push(what);
        }
    }

    impl Observer for Seen {
        fn script(&mut self, steps: &[ScriptStep<'_>]) {
            self.note(format!("steps on lines {:?}", steps.iter().map(|step| step.line).collect::<Vec<_>>()));
        }

        fn enter(&mut self, step: usize, column: usize) {
            self.note(format!("{step} in column {column}"));
        }

        fn line(&mut self, step: usize, column: usize, line: DirectiveResult) {
            let (expected, got) = (line.expected.as_deref().unwrap_or("-"), line.got.as_deref().unwrap_or("-"));
            let cause = line.cause.as_deref().unwrap_or("-");
            self.note(format!("{step} in column {column} {}: {expected}, {got}, {cause}", line.verdict.name()));
        }
    }

    /// Records what it is told to do. The first directive fails, and the one on line 4 fails because of that.
    struct Notes(Seen);

    impl Executor for Notes {
        fn act(&mut self, step: &mut ScriptStep<'_>) -> Outcome {
            self.0.note(format!("does {}", step.index));
            match step.line {
                1 => Outcome::Error("no".into()),
                4 => Outcome::Blocked { cause: "0".into(), place: None, unsupported: None },
                5 => Outcome::Trap(TrapCode::IntegerDivideByZero, "here".into()),
                _ => Outcome::Done,
            }
        }

        fn skip(&mut self, step: &ScriptStep<'_>) {
            self.0.note(format!("leaves out {}", step.index));
        }

        fn is_lost(&self) -> bool {
            false
        }

        fn finish(&mut self) -> Outcome {
            Outcome::Done
        }
    }

    fn seen(text: &str, folder: Option<&json::Folder>) -> Vec<String> {
        let language = Language { messages: Messages::None, ..Language::of(Spec::Latest) };
        let mut seen = Seen::default();
        let mut notes = Notes(seen.clone());
        run(text, &language, folder, &mut notes, &mut seen).unwrap_or_else(|e| panic!("{e}"));
        seen.0.take()
    }

    /// Each directive is announced, run and judged; one that redefines a name is left out, and the executor is told. A directive
    /// that depends on another one says where that is.
    #[test]
    fn directives_are_done_one_after_the_other() {
        let text = "(invoke \"f\")\n(module $m)\n(module $m)\n(invoke \"g\")\n(assert_trap (invoke \"f\") \"x\")";
        assert_eq!(
            seen(text, None),
            [
                "steps on lines [1, 2, 3, 4, 5]",
                "0 in column 0",
                "does 0",
                "0 in column 0 fail: success, error: no, -",
                "1 in column 0",
                "does 1",
                "1 in column 0 pass: -, -, -",
                "2 in column 0",
                "leaves out 2",
                "2 in column 0 fail: success, error: module $m is already defined, -",
                "3 in column 0",
                "does 3",
                "3 in column 0 fail: success, depends on line 1 (invoke f), which failed, 0",
                "4 in column 0",
                "does 4",
                "4 in column 0 pass: -, -, -",
            ]
        );
    }

    #[test]
    fn a_script_with_a_folder_is_in_json() {
        let folder = json::Folder { path: ".".into(), digests: None };
        let text = r#"{"commands": [{"line": 7, "type": "action", "action":
            {"type": "invoke", "field": "f", "args": []}}]}"#;
        assert_eq!(
            seen(text, Some(&folder)),
            ["steps on lines [7]", "0 in column 0", "does 0", "0 in column 0 pass: -, -, -"]
        );
    }
}
