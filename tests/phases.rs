//! Every module that the embedded suite expects to be rejected is rejected in the right phase with the expected text,
//! and every other module is accepted.

use std::collections::BTreeMap;
use std::fmt::Write;
use wasmoon::conformance::suite::{Suite, SuiteFile};
use wasmoon::module::{Module, Phase, messages};
use wast::parser::{self, ParseBuffer};
use wast::{QuoteWat, QuoteWatTest, Wast, WastDirective, Wat};

fn buffer(text: &str) -> Result<ParseBuffer<'_>, wast::Error> {
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    ParseBuffer::new_with_lexer(lexer)
}

fn prepare(module: &mut QuoteWat<'_>, file: &SuiteFile) -> Result<(), (Phase, String)> {
    let encode = |e: wast::Error| messages::text_encode_error(&e.message()).expect("a known rejection");
    let bytes = match module.to_test().map_err(encode)? {
        QuoteWatTest::Binary(bytes) => bytes,
        QuoteWatTest::Text(text) => {
            let utf8 = |_| (Phase::Malformed, "malformed UTF-8 encoding".to_string());
            let text = String::from_utf8(text).map_err(utf8)?;
            let malformed = |e: wast::Error| (Phase::Malformed, messages::text_parse_error(&e, &text));
            let buffer = buffer(&text).map_err(malformed)?;
            let mut wat = parser::parse::<Wat<'_>>(&buffer).map_err(malformed)?;
            wat.encode().map_err(encode)?
        }
    };
    Module::new(&bytes, file.language.features).map(drop).map_err(|e| (e.phase, e.message))
}

#[test]
fn rejections_have_their_phase_and_text() {
    let suite = Suite::embedded().unwrap();
    let (mut accepted, mut rejected) = (0, 0);
    let mut idle: Vec<&messages::Synonym> = messages::SYNONYMS.iter().collect();
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for file in &suite.files {
        let text = file.text().unwrap();
        let buffer = buffer(&text).unwrap();
        for directive in parser::parse::<Wast<'_>>(&buffer).unwrap().directives {
            let span = directive.span();
            let (expected, mut module) = match directive {
                WastDirective::AssertMalformed { module, message, .. } => (Err((Phase::Malformed, message)), module),
                WastDirective::AssertInvalid { module, message, .. } => (Err((Phase::Invalid, message)), module),
                WastDirective::Module(module) | WastDirective::ModuleDefinition(module) => (Ok(()), module),
                WastDirective::AssertUnlinkable { module, .. } => (Ok(()), QuoteWat::Wat(module)),
                _ => continue,
            };
            let got = prepare(&mut module, file);
            match (&expected, &got) {
                (Ok(()), Ok(())) => accepted += 1,
                (Err((want, text)), Err((phase, message))) if want == phase && messages::agrees(text, message) => {
                    rejected += 1;
                    if !message.starts_with(text) {
                        let key = file.key();
                        idle.retain(|s| s.file != key || s.expected != *text || !message.starts_with(s.ours));
                    }
                }
                _ => {
                    // Counting lines takes as long as reading the file.
                    let line = span.linecol_in(&text).0 + 1;
                    let what = format!("{expected:?} got {got:?}");
                    let entry = wrong.entry(what).or_default();
                    *entry = (entry.0 + 1, format!("{}:{line}", file.key()));
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
