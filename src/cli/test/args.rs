//! The options of `wasmoon test`.

use super::tuning::Tuning;
use crate::cli::interrupt::second_ctrl_c;
use crate::cli::values;
use crate::conformance::read::language::Dialect;
use crate::conformance::report::ReportTarget;
use std::path::PathBuf;
use std::time::Duration;

/// Options that only matter when scripts run, not when names are listed.
const OF_A_RUN: [&str; 18] = [
    "exact_messages",
    "any_message",
    "expectations",
    "report",
    "jobs",
    "timeout",
    "file_timeout",
    "at",
    "bless",
    "add",
    "bug",
    "self_check",
    "CompileSwitches",
    "relaxed",
    "nan",
    "gc_stress",
    "paranoid",
    "dispatch",
];

/// Run the WebAssembly testsuite on every backend, and print the matrix
///
/// Every directive runs on every backend, and its outcome is compared with the expected one. After each directive, the
/// backends are compared with each other (column `xdiff`). A deviation is unexpected unless a rule in expectations.toml
/// covers it.
#[derive(clap::Args)]
#[command(
    after_help = concat!("Exit status: 0 if everything is as expected, 1 if not, or if the run was interrupted, 2 for \
    a usage, input or output error or an empty selection, 130 if ", second_ctrl_c!(), " ended the run at once, without \
    reports.\n\nExamples:\n  \
    wasmoon test\n  \
    wasmoon test exceptions tail-call --backend interp,jit\n  \
    wasmoon test path/to/my.wast\n  \
    wasmoon test path/to/my.json\n  \
    wasmoon test --spec 1.0,2.0\n  \
    wasmoon test core::i32 --at 312\n  \
    wasmoon test --report html=matrix.html --report jsonl=run.jsonl\n  \
    wasmoon test --shard 2/4 --report jsonl=shard-2.jsonl")
)]
pub struct Args {
    /// Filters, or paths of scripts and of folders of scripts to run instead of the suite. A filter is any part of a
    /// name, such as `exceptions` or `core::i32`, or the beginning of one, such as `^gc::i31`, in lower or upper case;
    /// files and columns that match any filter run. An argument that exists, has a slash, or ends in .wast or .json is
    /// a path. Folders are searched recursively. JSON files are those of wast2json and json-from-wast, with the modules
    /// next to them
    #[arg(value_name = "FILTER | FILE.wast | FILE.json | DIR/")]
    pub(super) patterns: Vec<String>,
    /// Columns to run: interp, jit-O0, jit-O1, jit
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) backend: Vec<String>,
    /// Another engine to run as a column, besides the backends of --backend or on its own (repeatable): a name from
    /// --list-engines; "cmd:PROGRAM ARGUMENTS" for a driver of your own or, with {wasm} for the file (and {export} for
    /// the function), for an engine that runs programs (docs/engines.md). NAME=ENGINE names the column
    #[arg(long, value_name = "ENGINE")]
    pub(super) engine: Vec<String>,
    /// Print the names of engines and whether each is installed, and run nothing
    #[arg(long, conflicts_with_all = OF_A_RUN, conflicts_with_all = [
        "patterns", "backend", "engine", "spec", "features", "dialect", "shard", "list", "mode"
    ])]
    pub(super) list_engines: bool,
    /// Compare the messages of other engines' rejections and traps with those in the script, not only phases and kinds
    #[arg(long, requires = "engine")]
    pub(super) exact_messages: bool,
    /// Checkout of the testsuite repository to run instead of the embedded suite
    #[arg(long, value_name = "DIR", env = values::variable("SPEC_TESTS"))]
    pub(super) suite: Option<PathBuf>,
    /// Versions of the specification whose files to run, each in its own row and with exactly its own features: 1.0,
    /// 2.0, 3.0, latest. For scripts by path, or the core files of --suite, the one version to judge them by
    #[arg(long, value_name = "VERSION", value_delimiter = ',', conflicts_with_all = ["bless", "add"])]
    pub(super) spec: Vec<String>,
    /// Features to add to those of every file; a leading minus sign removes a feature
    #[arg(long, value_name = "LIST", value_delimiter = ',', allow_hyphen_values = true)]
    pub(super) features: Vec<String>,
    /// Compare only the phase of traps and rejections, not their messages, for scripts whose expected messages differ
    /// from those of the specification
    #[arg(long)]
    pub(super) any_message: bool,
    /// Conventions of scripts by path: spec, wasm-tools (the messages of rejections are wasmparser's), or wasmtime
    /// (named modules are registered automatically, the last module with a name counts, the host provides "wasmtime"
    /// "gc", only the features in the header are enabled, an invoke without an assertion may end in any way, messages
    /// are wasmtime's and may appear anywhere in the text)
    #[arg(long, value_name = "NAME", default_value = "spec", value_parser = Dialect::parse, conflicts_with = "self_check")]
    pub(super) dialect: Dialect,
    /// File of known deviations; `none` makes every deviation unexpected. --add and --bless create the file if it does
    /// not exist [default: expectations.toml of the checkout; for scripts by path, none]
    #[arg(long, value_name = "FILE|none")]
    pub(super) expectations: Option<String>,
    #[arg(long, help = ReportTarget::help(), value_name = "FORMAT=F", value_parser = ReportTarget::parse)]
    pub(super) report: Vec<ReportTarget>,
    /// Part of the selected files to run: the K-th of N parts, counting from 1. More parts than files are an error
    /// (status 2)
    #[arg(long, value_name = "K/N", value_parser = values::shard)]
    pub(super) shard: Option<(usize, usize)>,
    /// Number of worker processes [default: one per core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Time limit for one directive on one backend, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = values::seconds)]
    pub(super) timeout: Duration,
    /// Time limit for one file, in seconds; directives that have not run by then count as `timeout` [default: 120 times
    /// --timeout]
    #[arg(long, value_name = "SECONDS", value_parser = values::seconds)]
    pub(super) file_timeout: Option<Duration>,
    /// Line of the directives to show, with their outcome on each backend; the others also run, but are not shown
    #[arg(long, value_name = "LINE")]
    pub(super) at: Option<u32>,
    /// Print the names of the selected files, and run nothing: for each file, the name for filters, then the name for
    /// expectations. Options for running scripts and for reports are refused
    #[arg(long, conflicts_with_all = OF_A_RUN)]
    pub(super) list: bool,
    /// Remove expectations that this run shows to be unnecessary; not allowed with switches that change how directives
    /// are judged or executed
    #[arg(long, conflicts_with_all = [
        "shard", "add", "any_message", "features", "CompileSwitches", "relaxed", "nan"
    ])]
    pub(super) bless: bool,
    /// Add a rule to the expectations for each unexpected deviation, or with --at, for each on that line
    #[arg(long, requires = "bug")]
    pub(super) add: bool,
    /// URL at which the added deviations are tracked
    #[arg(long, value_name = "URL", requires = "add")]
    pub(super) bug: Option<String>,
    /// Check the harness: change every assertion so that it must fail, and report those that do not
    #[arg(long, conflicts_with_all = ["report", "bless", "add", "at", "engine"])]
    pub(super) self_check: bool,
    #[command(flatten)]
    pub(super) tuning: Tuning,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each option is about how scripts run, or about which ones run; a new option has to be put in its place.
    #[test]
    fn options_of_a_run_are_refused_beside_a_list() {
        let command = <Args as clap::Args>::augment_args(clap::Command::new("test"));
        let ids = |args: Vec<&clap::Arg>| args.iter().map(|arg| arg.get_id().to_string()).collect::<Vec<_>>();
        let list = command.get_arguments().find(|arg| arg.get_id() == "list").expect("an option");
        let refused = ids(command.get_arg_conflicts_with(list));
        let mut beside = ids(command.get_arguments().collect());
        beside.retain(|id| !refused.contains(id));
        let selects = ["patterns", "backend", "engine", "suite", "spec", "features", "dialect", "shard", "mode"];
        let lists = ["list_engines", "list"];
        assert!(beside.iter().all(|id| selects.contains(&&**id) || lists.contains(&&**id)), "{beside:?}");
        assert_eq!(beside.len(), selects.len() + lists.len(), "{beside:?}");
    }
}
