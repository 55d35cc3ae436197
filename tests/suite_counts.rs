//! Counts directives independently of the parser: top-level parentheses, group by group.

mod parentheses;

use parentheses::count;
use std::collections::BTreeMap;
use wasmoon::conformance::read::script;
use wasmoon::conformance::read::suite::Suite;

#[test]
fn the_counter_counts() {
    assert_eq!(count("(module) (; (module) (; ;) ;) ;; (module)\n(invoke \")(\\\"\")"), 2);
    assert_eq!(count("(func) (memory 1)"), 1);
    assert_eq!(count("(@a (b)) (module (func))"), 1);
    assert_eq!(count(""), 0);
}

#[test]
fn directives_are_those_that_parentheses_count() {
    let suite = Suite::embedded().expect("suite");
    let mut parsed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &suite.files {
        let text = file.text().expect("text");
        let buffer = script::lex(&text).expect("tokens");
        let steps = script::parse(&buffer, &text).unwrap_or_else(|e| panic!("{}: {e}", file.key()));
        // Nested directives (in `thread`) are not top-level groups.
        let top = steps.iter().filter(|s| !s.index.contains('.')).count();
        let count = count(&text);
        assert_eq!(top, count, "{}", file.key());
        *parsed.entry(&file.group).or_default() += top;
        *counted.entry(&file.group).or_default() += count;
    }
    assert_eq!(parsed, counted);
    let total: usize = parsed.values().sum();
    assert!(total > 80_000, "{total} directives");
}
