//! Changes that a person wrote: conceivable bugs, shown to the same means as the changes that are drawn.

use crate::candidates::{Candidate, Form, Places, code, one_line, places};
use crate::mutators::BY_HAND;
use crate::tree::Tree;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// A file of changes, as it is given on the command line.
#[derive(Clone, Debug)]
pub struct Given {
    name: String,
    /// The text of the file.
    pub text: String,
}

impl Given {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(path: &str) -> Result<Given, String> {
        Ok(Given { name: path.into(), text: std::fs::read_to_string(path).map_err(|e| e.to_string())? })
    }

    /// Its changes to the sources of the tree.
    ///
    /// # Errors
    /// An entry is not a change to the sources; the message has the entry's file and line.
    pub fn changes(&self, tree: &Tree) -> Result<Vec<Candidate>, String> {
        parse(&self.name, &self.text, &|file| tree.text(file))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    change: Vec<Spanned<Row>>,
}

/// A change, as a person writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The path of the source file, from the root of the tree.
    file: String,
    /// A text that occurs once in it: an expression, or statements of one block.
    before: String,
    /// The replacement.
    after: String,
    /// What goes wrong, for readers.
    #[serde(default)]
    why: String,
}

fn parse<'a>(name: &str, text: &str, source: &dyn Fn(&str) -> &'a str) -> Result<Vec<Candidate>, String> {
    let table: Table = toml::from_str(text).map_err(|e| format!("{name}: {e}"))?;
    let mut known: BTreeMap<&str, Places> = BTreeMap::new();
    let mut all: Vec<Candidate> = Vec::new();
    for row in &table.change {
        let line = text[..row.span().start].matches('\n').count() + 1;
        let row = row.get_ref();
        let complain = |what: &str| format!("{name}:{line}: {what}: `{}` in {}", one_line(&row.before), row.file);
        let source = source(&row.file);
        if source.is_empty() {
            return Err(complain("no such source file"));
        }
        if !known.contains_key(&*row.file) {
            known.insert(&row.file, places(&row.file, source)?);
        }
        let change = change(row, source, &known[&*row.file]).map_err(|what| complain(&what))?;
        if all.iter().any(|other| other.identity() == change.identity()) {
            return Err(complain("this change is given twice"));
        }
        all.push(change);
    }
    Ok(all)
}

fn change(row: &Row, source: &str, places: &Places) -> Result<Candidate, String> {
    let (before, after) = (row.before.trim(), row.after.trim());
    if code(before) == code(after) {
        return Err("this changes nothing".into());
    }
    let place = match &source.match_indices(before).collect::<Vec<_>>()[..] {
        _ if before.is_empty() => return Err("nothing to change".into()),
        [] => return Err("the text was not found".into()),
        [(at, _)] => *at..at + before.len(),
        many => return Err(format!("the text occurs {} times", many.len())),
    };
    let is_around = |(range, _): &&(Range<usize>, String)| range.start <= place.start && place.end <= range.end;
    let function = places.functions.iter().filter(is_around).min_by_key(|(range, _)| range.len());
    let (_, function) = function.ok_or("this is not in a function that can be switched")?;
    let is_list = |all: &Vec<Range<usize>>| {
        all.iter().any(|first| first.start == place.start) && all.iter().any(|last| last.end == place.end)
    };
    let form = if let Some(all) = places.blocks.iter().find(|all| is_list(all)) {
        // The statements get a block of their own. What follows would find another variable of that name, or none.
        if all.last().is_some_and(|last| last.end != place.end) && binds(before) {
            return Err("a `let` is lost to what follows it; change the expression behind it".into());
        }
        Form::Statements(after.to_string())
    } else if places.expressions.contains(&place) {
        Form::Expression(after.to_string())
    } else {
        return Err("this is neither an expression nor statements of one block".into());
    };
    // A text with unclosed delimiters would swallow what follows.
    syn::parse_str::<syn::Block>(&format!("{{ {after} }}")).map_err(|e| format!("`{}`: {e}", one_line(after)))?;
    Ok(Candidate {
        file: row.file.clone(),
        function: function.clone(),
        mutator: BY_HAND,
        range: place.clone(),
        before: before.to_string(),
        after: after.to_string(),
        place,
        form,
        nth: 0,
        why: one_line(&row.why),
    })
}

/// Whether statements declare a variable that those behind them can use.
fn binds(statements: &str) -> bool {
    let block = syn::parse_str::<syn::Block>(&format!("{{ {statements} }}"));
    block.is_ok_and(|block| block.stmts.iter().any(|statement| matches!(statement, syn::Stmt::Local(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "impl S {\n    fn f(&mut self, a: u32) -> u32 {\n        self.g(a);\n        self.h();\n        \
                          if a < 3 { 1 } else { a + 2 * a }\n    }\n    fn g(a: u8) -> i8 {\n        let a = a + 4;\n        \
                          a * 5\n    }\n}\nconst N: u32 = 7;\n";

    fn read(entries: &str) -> Result<Vec<Candidate>, String> {
        parse("bugs.toml", entries, &|file| if file == "src/jit/a.rs" { SOURCE } else { "" })
    }

    fn entry(before: &str, after: &str) -> String {
        format!("[[change]]\nfile = 'src/jit/a.rs'\nbefore = '''{before}'''\nafter = '''{after}'''\n")
    }

    #[test]
    fn expressions_and_statements_are_changed() {
        let form = |before: &str, after: &str| {
            let [change] = &read(&entry(before, after)).unwrap()[..] else { panic!("one") };
            assert_eq!((change.room(), &*change.function, change.mutator), ("jit", "S::f", BY_HAND));
            assert_eq!(&SOURCE[change.place.clone()], before.trim());
            change.form.clone()
        };
        assert_eq!(form("a < 3", "a <= 3"), Form::Expression("a <= 3".into()));
        assert_eq!(form("2 * a", "a"), Form::Expression("a".into()));
        assert_eq!(form("self.g(a);", ""), Form::Statements(String::new()));
        let swapped = "self.h();\n        self.g(a);";
        assert_eq!(form("\nself.g(a);\n        self.h();\n", swapped), Form::Statements(swapped.into()));
        assert_eq!(form("if a < 3 { 1 } else { a + 2 * a }", "a"), Form::Statements("a".into()));
        assert_eq!(read(&entry("a + 4", "a")).unwrap()[0].form, Form::Expression("a".into()));
        let whole = "let a = a;\n        a * 5";
        assert_eq!(
            read(&entry("let a = a + 4;\n        a * 5", whole)).unwrap()[0].form,
            Form::Statements(whole.into())
        );
        // The reason is not part of a change's name.
        let plain = entry("a < 3", "a < 4");
        let [one, other] =
            [plain.clone(), format!("{plain}why = 'the edge'\n")].map(|text| read(&text).unwrap().remove(0));
        assert_eq!((one.id(), &*one.why, &*other.why), (other.id(), "", "the edge"));
    }

    #[test]
    fn what_is_no_change_is_refused_with_its_line() {
        for (before, after, what) in [
            ("a + 2", "a", "neither an expression nor statements"),
            ("self", "other", "occurs 3 times"),
            ("b", "a", "was not found"),
            ("", "a", "nothing to change"),
            ("a < 3", " a  < 3", "changes nothing"),
            ("7", "8", "not in a function"),
            ("u32 {", "u64 {", "not in a function"),
            ("a < 3", "a < 3)", "cannot parse"),
            ("a < 3", "a < 3 }; {", "unexpected"),
            ("let a = a + 4;", "let a = a;", "a `let` is lost"),
        ] {
            let refused = read(&format!("# A comment.\n{}", entry(before, after))).unwrap_err();
            assert!(refused.starts_with("bugs.toml:2: ") && refused.contains(what), "{before}: {refused}");
        }
        let twice = entry("a < 3", "a < 4").repeat(2);
        assert!(read(&twice).unwrap_err().starts_with("bugs.toml:5: this change is given twice"));
        let elsewhere = "[[change]]\nfile = 'src/no.rs'\nbefore = 'a'\nafter = 'b'\n";
        assert!(read(elsewhere).unwrap_err().contains("no such"));
        assert!(read("[[change]]\nfile = 'src/no.rs'\n").is_err() && read("a = 1").is_err());
    }
}
