//! Every module that the embedded suite expects to be rejected is rejected in the right phase with the expected text,
//! and every other module is accepted. Every synonym is needed, and none conflates distinct messages.

use std::collections::BTreeMap;
use std::fmt::Write;
use wasmoon::conformance::outcome::Expect;
use wasmoon::conformance::read::script::{self, Action, PreparedModule};
use wasmoon::conformance::read::suite::Suite;
use wasmoon::module::Phase;
use wasmoon::module::messages::{self, Wording};

#[test]
fn rejections_have_their_phase_and_text() {
    let suite = Suite::embedded().unwrap();
    let (mut accepted, mut rejected) = (0, 0);
    let mut idle: Vec<&messages::Synonym> = messages::SYNONYMS.iter().filter(|s| s.until != Wording::Current).collect();
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for file in &suite.files {
        let text = file.text().unwrap();
        let text = script::plain(&text, &file.language).unwrap();
        let buffer = script::lex(&text).unwrap();
        for mut step in script::parse(&buffer, &text).unwrap() {
            let expected = match (&step.expect, &step.action) {
                (Expect::Malformed(message), _) => Err((Phase::Malformed, message.clone())),
                (Expect::Invalid(message), _) => Err((Phase::Invalid, message.clone())),
                (Expect::MalformedCustom(message), _) => Err((Phase::MalformedCustom, message.clone())),
                (Expect::InvalidCustom(message), _) => Err((Phase::InvalidCustom, message.clone())),
                (_, Action::Module { .. } | Action::Definition { .. } | Action::Anonymous) => Ok(()),
                _ => continue,
            };
            let source = step.source.as_mut().expect("a module");
            let got = match source.prepare(&file.language) {
                PreparedModule::Module(_) => Ok(()),
                PreparedModule::Rejected(phase, message) => Err((phase, message)),
                other => panic!("{}:{}: {other:?}", file.key(), step.line),
            };
            match (&expected, &got) {
                (Ok(()), Ok(())) => accepted += 1,
                (Err((want, text)), Err((phase, message))) if want == phase && message.is(text) => {
                    rejected += 1;
                    if !message.text.starts_with(text) {
                        idle.retain(|s| s.expected != *text || !s.applies(&message.text, file.language.words()));
                    }
                }
                _ => {
                    let what = format!("{expected:?} got {got:?}");
                    let entry = wrong.entry(what).or_default();
                    *entry = (entry.0 + 1, format!("{}:{}", file.key(), step.line));
                }
            }
        }
    }
    let mut list = String::new();
    for (what, (times, at)) in &wrong {
        writeln!(list, "{times} x {what}, last at {at}").unwrap();
    }
    assert!(wrong.is_empty(), "{} kinds of wrong rejections:\n{list}", wrong.len());
    assert!(idle.is_empty(), "no file needs {idle:?}");
    assert!(accepted > 4000 && rejected > 7000, "{accepted} accepted, {rejected} rejected");
}
