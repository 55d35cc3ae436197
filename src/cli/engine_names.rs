//! Names of other engines, as options give them.

use super::Failed;
use crate::oracle::{COMMAND, names};

/// The name that a column is given, if any, and the engine: `NAME=ENGINE`, or `ENGINE`.
pub fn split(given: &str) -> (Option<&str>, &str) {
    match given.split_once('=') {
        // Not an argument of a command.
        Some((label, engine)) if !label.starts_with(COMMAND) => (Some(label), engine),
        _ => (None, given),
    }
}

/// Whether this can be the name of a column.
///
/// # Errors
/// It cannot, or another column has it already.
pub fn check<'n>(given: &str, name: &str, mut taken: impl Iterator<Item = &'n str>) -> Result<(), Failed> {
    let engine = split(given).1;
    if name.is_empty() || name.contains([',', ' ', '"']) || taken.any(|other| other == name) {
        return Err(format!(
            "--engine {given}: a column cannot be called '{name}'; write NAME={engine} to give it another name"
        )
        .into());
    }
    Ok(())
}

/// Whether this is the name of an engine or a command.
pub fn is_engine(name: &str) -> bool {
    name.starts_with(COMMAND) || names().contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first `=` is behind a name, unless it is an argument of a command.
    #[test]
    fn an_engine_may_have_another_name() {
        for (given, label, engine) in [
            ("one", None, "one"),
            ("v1=one", Some("v1"), "one"),
            ("v1=cmd:./driver --level=2", Some("v1"), "cmd:./driver --level=2"),
            ("cmd:./driver --level=2", None, "cmd:./driver --level=2"),
            ("cmd:./driver", None, "cmd:./driver"),
            ("a=b=c", Some("a"), "b=c"),
            ("=one", Some(""), "one"),
        ] {
            assert_eq!(split(given), (label, engine));
        }
    }

    /// Names of columns stand in lists, with commas between them, and each is there once.
    #[test]
    fn a_column_has_a_name_of_its_own() {
        let refused = |given, name| check(given, name, ["jit", "xdiff"].into_iter()).err().map(|Failed(why)| why);
        for name in ["other", "jit-2", "jit+mix:1", "x"] {
            assert_eq!(refused("a=one", name), None, "{name}");
        }
        for name in ["", "a,b", "a b", "a\"b", "jit", "xdiff"] {
            let why = format!(
                "--engine a=cmd:x=y: a column cannot be called '{name}'; write NAME=cmd:x=y to give it another name"
            );
            assert_eq!(refused("a=cmd:x=y", name), Some(why));
        }
        assert!(is_engine("cmd:") && is_engine(names()[0]) && !is_engine("jit") && !is_engine("a=cmd:x"));
    }
}
