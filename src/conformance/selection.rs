//! Which files and columns of a suite run: filters and shards.

use super::backend::Backend;
use super::read::suite::{Suite, SuiteFile};
use super::record::XDIFF;
use crate::text;
use std::fmt;
use std::sync::Arc;

/// A part of a trial's name, in upper or lower case: `core::i32`, `try_table`, `::jit`. After a `^`, the beginning of the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    text: String,
    lower: String,
}

impl Filter {
    /// A filter with this text.
    pub fn new(text: &str) -> Filter {
        Filter { text: text.to_string(), lower: text.to_lowercase() }
    }

    /// Whether the filter matches a file in a column.
    pub fn matches(&self, file: &SuiteFile, column: &str) -> bool {
        let name = file.trial(column).to_lowercase();
        match self.lower.strip_prefix('^') {
            Some(beginning) => name.starts_with(beginning),
            None => name.contains(&self.lower),
        }
    }

    /// The number of files that it matches in some column.
    pub fn count(&self, suite: &Suite, columns: &[&str]) -> usize {
        suite.files.iter().filter(|file| columns.iter().any(|column| self.matches(file, column))).count()
    }
}

/// The files and columns that run.
#[derive(Debug)]
pub struct Selection {
    /// The selected files, in the order of the suite.
    pub files: Vec<Arc<SuiteFile>>,
    /// The selected columns.
    pub backends: Vec<Backend>,
}

/// The error of a filter that selects nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectsNothing {
    filter: String,
    /// Names that are close to the filter.
    close: Vec<String>,
}

impl fmt::Display for SelectsNothing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nothing matches '{}'", self.filter)?;
        if !self.close.is_empty() {
            write!(f, "; did you mean {}?", self.close.join(" or "))?;
        }
        Ok(())
    }
}

impl std::error::Error for SelectsNothing {}

/// The files that a filter matches in any column.
///
/// # Errors
/// The filter matches nothing.
pub fn select_files(suite: &Suite, filter: &Filter) -> Result<Vec<Arc<SuiteFile>>, SelectsNothing> {
    let files: Vec<_> = suite.files.iter().filter(|file| filter.matches(file, "")).cloned().collect();
    if files.is_empty() {
        return Err(SelectsNothing { filter: filter.text.clone(), close: close(suite, &filter.lower) });
    }
    Ok(files)
}

/// The files and columns that the filters match; all of them without a filter.
///
/// # Errors
/// One of the filters matches nothing, even if another one does.
pub fn select(suite: &Suite, filters: &[Filter], backends: Vec<Backend>) -> Result<Selection, SelectsNothing> {
    if filters.is_empty() {
        return Ok(Selection { files: suite.files.clone(), backends });
    }
    // Without backends of ours, filters match files.
    let names: Vec<&str> = match &backends[..] {
        [] => vec![""],
        some => some.iter().map(|b| b.name.as_str()).collect(),
    };
    let with_xdiff: Vec<&str> = names.iter().copied().chain((names.len() > 1).then_some(XDIFF)).collect();
    if let Some(filter) = filters.iter().find(|filter| filter.count(suite, &with_xdiff) == 0) {
        return Err(SelectsNothing { filter: filter.text.clone(), close: close(suite, &filter.lower) });
    }
    let matches = |f: &SuiteFile, column: &str| filters.iter().any(|filter| filter.matches(f, column));
    let files: Vec<_> = suite.files.iter().filter(|f| with_xdiff.iter().any(|c| matches(f, c))).cloned().collect();
    let named: Vec<Backend> = backends.iter().filter(|b| files.iter().any(|f| matches(f, &b.name))).cloned().collect();
    // A filter for `xdiff` needs the columns that it compares.
    let compares = |f: &Arc<SuiteFile>| {
        let columns = named.iter().filter(|b| matches(f, &b.name)).count();
        names.len() > 1 && matches(f, XDIFF) && columns < 2
    };
    let all = named.is_empty() || files.iter().any(compares);
    Ok(Selection { backends: if all { backends } else { named }, files })
}

/// Names of files, themes and groups that are close to this one.
fn close(suite: &Suite, filter: &str) -> Vec<String> {
    let files = suite.files.iter().flat_map(|f| [Some(f.stem.as_str()), f.theme.as_deref()]).flatten();
    let words = files.chain(suite.groups.iter().map(|g| g.name.as_str()));
    let last = filter.rsplit("::").next().unwrap_or(filter).trim_start_matches('^');
    text::similar(last, words, 3).into_iter().map(str::to_string).collect()
}

/// The `k`-th of `n` parts of the selected files, where `k` counts from 1. Each part has every `n`-th file, so that the parts
/// take about the same time.
/// take about as long.
pub fn part(files: Vec<Arc<SuiteFile>>, (k, n): (usize, usize)) -> Vec<Arc<SuiteFile>> {
    files.into_iter().skip(k - 1).step_by(n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::language::{Language, Spec};
    use crate::conformance::read::suite::{Group, Source};

    fn selected(suite: &Suite, filter: &str) -> Vec<String> {
        select_files(suite, &Filter::new(filter)).expect(filter).iter().map(|file| file.key()).collect()
    }

    /// A comparison needs the columns that it compares, whatever else is selected.
    #[test]
    fn a_filter_for_the_comparison_has_its_columns() {
        let suite = Suite::embedded().expect("the suite");
        let columns = |filters: &[&str]| {
            let backends = ["interp", "jit"].map(|name| Backend::named(name).expect("a backend")).to_vec();
            let filters: Vec<Filter> = filters.iter().map(|filter| Filter::new(filter)).collect();
            let selection = select(&suite, &filters, backends).expect("files");
            selection.backends.iter().map(|b| b.name.clone()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(columns(&["gc::i31::jit"]), "jit");
        assert_eq!(columns(&["gc::i31::xdiff"]), "interp jit");
        assert_eq!(columns(&["gc::i31::xdiff", "gc::array::interp"]), "interp jit");
        assert_eq!(columns(&["gc::i31::interp", "gc::array::interp"]), "interp");
        assert_eq!(columns(&["gc::i31::interp", "gc::array"]), "interp jit");
    }

    /// One file's name may be the end of another's.
    #[test]
    fn each_file_has_a_filter_of_its_own() {
        let suite = Suite::embedded().expect("the suite");
        for file in &suite.files {
            assert_eq!(selected(&suite, &file.filter()), [file.key()], "{}", file.filter());
        }
        assert_eq!(selected(&suite, "gc::i31::"), ["gc/i31", "extra/gc/i31"]);
        assert_eq!(selected(&suite, "^GC::i31"), ["gc/i31"]);
        let error = select_files(&suite, &Filter::new("^i31")).expect_err("no name begins so");
        assert!(error.to_string().starts_with("nothing matches '^i31'; did you mean i31"), "{error}");
    }

    /// A suite of files with these names in one group.
    fn suite_of(stems: &[&str]) -> Suite {
        let file = |stem: &&str| {
            let plain = SuiteFile::of_test(Source::Given("".into()));
            Arc::new(SuiteFile { group: "g".into(), stem: stem.to_string(), ..plain })
        };
        Suite { revision: String::new(), groups: Vec::new(), files: stems.iter().map(file).collect() }
    }

    #[test]
    fn filters_name_files_and_columns() {
        let suite = suite_of(&["a", "b"]);
        let selected = |columns: &[&str], filters: &[&str]| {
            let backends = columns.iter().map(|name| Backend::named(name).expect("a backend")).collect();
            let filters: Vec<Filter> = filters.iter().map(|filter| Filter::new(filter)).collect();
            select(&suite, &filters, backends).map(|selection| {
                let files: Vec<String> = selection.files.iter().map(|file| file.key()).collect();
                let names: Vec<&str> = selection.backends.iter().map(|backend| &backend.name[..]).collect();
                format!("{}: {}", files.join(" "), names.join(" "))
            })
        };
        for (columns, filters, expected) in [
            (&["interp", "jit"][..], &["^g::a::interp"][..], "g/a: interp"),
            (&["interp", "jit"], &[], "g/a g/b: interp jit"),
            // The comparison needs two columns, no matter which.
            (&["interp", "jit"], &["g::a::interp", "g::a::xdiff"], "g/a: interp jit"),
            (&["interp", "jit-O0", "jit-O1"], &["g::a::interp", "g::a::jit-O0", "g::a::xdiff"], "g/a: interp jit-O0"),
            (&["interp", "jit-O0", "jit-O1"], &["g::a::jit-O0", "g::a::xdiff"], "g/a: interp jit-O0 jit-O1"),
            // Without columns of ours, of files alone.
            (&[], &["g::b"], "g/b: "),
        ] {
            assert_eq!(selected(columns, filters).as_deref(), Ok(expected), "{filters:?}");
        }
        for (columns, filters, named) in [
            (&["interp"][..], &["xdiff"][..], "xdiff"),
            (&["interp", "jit"], &["g::a", "qq"], "qq"),
            (&["interp", "jit"], &["qq", "g::a"], "qq"),
            (&["interp"], &["g::a::jit"], "g::a::jit"),
            (&[], &["xdiff"], "xdiff"),
        ] {
            let error = selected(columns, filters).expect_err("nothing is selected");
            assert_eq!(error.to_string(), format!("nothing matches '{named}'"));
        }
    }

    /// The last part of a filter is compared with names, and at most three are suggested.
    #[test]
    fn names_that_are_nearly_meant_are_told() {
        let suite = suite_of(&["abcg", "abce", "abcf", "abcd", "xyz"]);
        let error = select_files(&suite, &Filter::new("^xyz::ABCX")).expect_err("there is no such name");
        assert_eq!(error.to_string(), "nothing matches '^xyz::ABCX'; did you mean abcd or abce or abcf?");
        let error = select(&suite, &[Filter::new("^xyy")], Vec::new()).expect_err("there is no such name");
        assert_eq!(error.to_string(), "nothing matches '^xyy'; did you mean xyz?");
        // Of files, themes and groups.
        let mut suite = suite_of(&["abcd"]);
        suite.groups.push(Group { name: "ijkl".into(), language: Language::of(Spec::Latest) });
        Arc::make_mut(&mut suite.files[0]).theme = Some("qrst".into());
        for (filter, name) in [("abcx", "abcd"), ("ijkx", "ijkl"), ("qrsx", "qrst")] {
            let error = select_files(&suite, &Filter::new(filter)).expect_err("there is no such name");
            assert_eq!(error.to_string(), format!("nothing matches '{filter}'; did you mean {name}?"));
        }
    }

    #[test]
    fn each_file_is_in_one_part() {
        let suite = suite_of(&["a", "b", "c", "d", "e"]);
        let parts = |k, n| part(suite.files.clone(), (k, n)).iter().map(|f| f.stem.clone()).collect::<String>();
        assert_eq!([parts(1, 1), parts(1, 2), parts(2, 2)], ["abcde", "ace", "bd"]);
        assert_eq!([parts(1, 6), parts(5, 6), parts(6, 6)], ["a", "e", ""]);
    }
}
