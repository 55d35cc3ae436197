//! The formats of reports, and the destination of one: `--report FORMAT=PATH`.

use super::reporter::Reporter;
use super::{features, html, jsonl, junit, markdown, output};
use std::path::Path;

/// Defines each format once: its name, and its writer (made from the names of the columns).
macro_rules! formats {
    ($($(#[$doc:meta])* $format:ident = $name:literal, |$columns:ident| $reporter:expr;)*) => {
        /// The formats that a report can be written in.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Format {
            $($(#[$doc])* $format,)*
        }

        impl Format {
            /// All formats.
            pub const ALL: &[Format] = &[$(Format::$format,)*];

            /// The name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Format::$format => $name,)* }
            }

            pub(super) fn reporter(self, columns: &[String]) -> Box<dyn Reporter> {
                match self { $(Format::$format => { let $columns = columns; Box::new($reporter) })* }
            }
        }
    };
}

formats! {
    /// One JSON object a line: everything that is known of a run.
    Jsonl = "jsonl", |_columns| jsonl::Jsonl;
    /// JUnit's XML, for continuous integration.
    Junit = "junit", |_columns| junit::Junit::default();
    /// A summary for a page or a pull request.
    Markdown = "markdown", |_columns| markdown::Markdown::default();
    /// JSON: which feature each column has.
    Features = "features", |_columns| features::Features::default();
    /// A page with every directive.
    Html = "html", |columns| html::Html::new(columns);
}

/// The destination of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportTarget {
    /// The format of the report.
    pub format: Format,
    /// The path; `-` is standard output.
    pub path: String,
}

/// Why a text is not a [`ReportTarget`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It has no format or no path.
    #[error("{}", hint())]
    Incomplete,
    /// It has an unknown format.
    #[error("unknown format '{name}'; {}", hint())]
    UnknownFormat {
        /// The word in its place.
        name: String,
    },
}

fn hint() -> String {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    format!("expected FORMAT=PATH, with - for standard output and a FORMAT among {}", names.join(", "))
}

impl ReportTarget {
    /// The help of an option that takes such a destination.
    pub fn help() -> String {
        let forms: Vec<String> = Format::ALL.iter().map(|format| format!("{}=F", format.name())).collect();
        let (last, others) = forms.split_last().expect("there are formats");
        format!(
            "Report to write (repeatable): {} or {last}; `-` is standard output, and a report whose name \
             ends in .zst is compressed",
            others.join(", ")
        )
    }

    /// Parses `FORMAT=PATH`.
    ///
    /// # Errors
    /// See [`TargetError`]; the messages list the formats.
    pub fn parse(text: &str) -> Result<ReportTarget, TargetError> {
        let (name, path) = text.split_once('=').ok_or(TargetError::Incomplete)?;
        let format = Format::ALL.iter().find(|format| format.name() == name);
        let format = *format.ok_or_else(|| TargetError::UnknownFormat { name: name.into() })?;
        if path.is_empty() { Err(TargetError::Incomplete) } else { Ok(ReportTarget { format, path: path.into() }) }
    }

    /// Whether the report goes to standard output.
    pub fn is_stdout(&self) -> bool {
        output::is_stdout(Path::new(&self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_a_format_and_a_path() {
        for (text, format, path, is_stdout) in [
            ("jsonl=-", Format::Jsonl, "-", true),
            ("junit=a/b", Format::Junit, "a/b", false),
            ("markdown=/dev/stdout", Format::Markdown, "/dev/stdout", true),
            ("features=-x", Format::Features, "-x", false),
            ("html=a=b", Format::Html, "a=b", false),
        ] {
            let target = ReportTarget { format, path: path.into() };
            assert_eq!(target.is_stdout(), is_stdout, "{text}");
            assert_eq!(ReportTarget::parse(text), Ok(target));
        }
        let hint = "expected FORMAT=PATH, with - for standard output and a FORMAT among jsonl, junit, markdown, features, html";
        for (text, before) in [
            ("", ""),
            ("jsonl", ""),
            ("jsonl=", ""),
            ("=x", "unknown format ''; "),
            ("pdf=x", "unknown format 'pdf'; "),
            ("pdf=", "unknown format 'pdf'; "),
        ] {
            let error = ReportTarget::parse(text).expect_err(text);
            assert_eq!(error.to_string(), format!("{before}{hint}"), "{text}");
        }
        assert_eq!(
            ReportTarget::help(),
            "Report to write (repeatable): jsonl=F, junit=F, markdown=F, features=F or html=F; `-` is standard \
             output, and a report whose name ends in .zst is compressed"
        );
    }
}
