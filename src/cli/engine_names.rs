//! Names of other engines, as given in options.

use super::Failed;
use crate::conformance::backend::Backend;
use crate::conformance::record::XDIFF;
use crate::oracle::{COMMAND, names};

/// Splits `NAME=ENGINE`, or `ENGINE`, into the name of the column, if any, and the engine.
pub fn split(given: &str) -> (Option<&str>, &str) {
    match given.split_once('=') {
        // The `=` is not in an argument of a command.
        Some((label, engine)) if !label.starts_with(COMMAND) => (Some(label), engine),
        _ => (None, given),
    }
}

/// Returns the engine where it has no column that could be named.
///
/// # Errors
/// A name is given. `option` is the option that gave it.
pub fn unnamed<'g>(option: &str, given: &'g str) -> Result<&'g str, Failed> {
    match split(given) {
        (None, engine) => Ok(engine),
        (Some(_), engine) => {
            Err(format!("{option} {given}: only engines that are columns can be given a name; use {option} '{engine}'")
                .into())
        }
    }
}

/// Checks that this can be the name of a column. `option`: the option that gave it; `taken`: the names of other
/// columns, besides those that `wasmoon test` always has.
///
/// # Errors
/// It cannot, or another column already has this name.
pub fn check<'n>(
    option: &str,
    given: &str,
    name: &str,
    mut taken: impl Iterator<Item = &'n str>,
) -> Result<(), Failed> {
    let engine = split(given).1;
    let ours = name == XDIFF || Backend::NAMES.contains(&name);
    if ours || name.is_empty() || name.contains([',', ' ', '"']) || taken.any(|other| other == name) {
        return Err(format!(
            "{option} {given}: '{name}' cannot be used as a column name; use NAME={engine} to choose another one"
        )
        .into());
    }
    Ok(())
}

/// Whether this is the name of an engine, or a command, with or without a name for its column.
pub fn is_engine(given: &str) -> bool {
    let engine = split(given).1;
    engine.starts_with(COMMAND) || names().contains(&engine)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first `=` follows a name, unless it is in an argument of a command.
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

    /// A name that no column would have is not ignored.
    #[test]
    fn an_engine_that_is_no_column_has_no_name() {
        let unnamed = |given| unnamed("--check", given).map_err(|Failed(why)| why);
        assert_eq!(unnamed("one"), Ok("one"));
        assert_eq!(unnamed("cmd:x --a=b"), Ok("cmd:x --a=b"));
        let why = "--check a=cmd:x y: only engines that are columns can be given a name; use --check 'cmd:x y'";
        assert_eq!(unnamed("a=cmd:x y"), Err(why.into()));
    }

    /// The names of columns appear in comma-separated lists, and each appears once.
    #[test]
    fn a_column_has_a_name_of_its_own() {
        let refused =
            |given, name| check("--engine", given, name, ["jit+mix:1"].into_iter()).err().map(|Failed(why)| why);
        for name in ["other", "jit-2", "jit+mix:2", "x"] {
            assert_eq!(refused("a=one", name), None, "{name}");
        }
        for name in ["", "a,b", "a b", "a\"b", "jit+mix:1", "interp", "jit", "xdiff"] {
            let why = format!(
                "--engine a=cmd:x=y: '{name}' cannot be used as a column name; use NAME=cmd:x=y to choose another one"
            );
            assert_eq!(refused("a=cmd:x=y", name), Some(why));
        }
        assert!(is_engine("cmd:") && is_engine(names()[0]) && is_engine("a=cmd:x"));
        assert!(!is_engine("jit") && !is_engine("a=jit"));
    }
}
