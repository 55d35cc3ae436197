//! The options of `wasmoon test`.

use super::tuning::Tuning;
use crate::cli::interrupt::second_ctrl_c;
use crate::cli::values;
use crate::conformance::read::language::Dialect;
use crate::conformance::report::ReportTarget;
use std::path::PathBuf;
use std::time::Duration;

/// Options that only matter where scripts run, and not where names are listed.
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
/// Every directive runs on every backend and is compared with the expected outcome. After each directive the backends
/// are compared with each other (the column `xdiff`). A deviation is unexpected unless a rule of expectations.toml
/// covers it.
#[derive(clap::Args)]
#[command(
    after_help = concat!("Exit status: 0 if all is as expected, 1 if not, or if the run was interrupted, 2 for an error in usage, input or \
    output or an empty selection, 130 if ", second_ctrl_c!(), " ended it at once, without reports.\n\nExamples:\n  wasmoon test\n  wasmoon test exceptions tail-call --backend interp,jit\n  wasmoon test \
    path/to/my.wast\n  wasmoon test path/to/my.json\n  wasmoon test --spec 1.0,2.0\n  wasmoon test core::i32 --at 312\n  wasmoon test --report html=matrix.html --report \
    jsonl=run.jsonl\n  wasmoon test --shard 2/4 --report jsonl=shard-2.jsonl")
)]
pub struct Args {
    /// Filters: any part of a name, as `exceptions` or `core::i32`, in lower or upper case, or its beginning, as
    /// `^gc::i31`; files and columns that match any of them run. Or scripts and folders of scripts to run instead of the suite: an argument that exists, has a
    /// slash, or ends in .wast or .json is a path. Folders are read with all folders in them. JSON is that of wast2json
    /// and json-from-wast, with the modules beside it
    #[arg(value_name = "FILTER | FILE.wast | FILE.json | DIR/")]
    pub(super) patterns: Vec<String>,
    /// Columns to run: interp, jit-O0, jit-O1, jit
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(super) backend: Vec<String>,
    /// Another engine as a column, beside the backends of --backend, or alone: a name of --list-engines, "cmd:PROGRAM
    /// ARGUMENTS" for a driver of yours, or, with {wasm} for a file (and {export} for a function), for an engine that
    /// runs programs (docs/engines.md); or NAME=ENGINE to call the column NAME. Can be given several times
    #[arg(long, value_name = "ENGINE")]
    pub(super) engine: Vec<String>,
    /// Print the names of engines, and whether each is installed, and run nothing
    #[arg(long, conflicts_with_all = OF_A_RUN, conflicts_with_all = [
        "patterns", "backend", "engine", "spec", "features", "dialect", "shard", "list", "mode"
    ])]
    pub(super) list_engines: bool,
    /// Compare the words of other engines with the script's messages: those of rejections and of traps, not only phases
    /// and kinds
    #[arg(long, requires = "engine")]
    pub(super) exact_messages: bool,
    /// Checkout of the testsuite repository to run instead of the embedded suite
    #[arg(long, value_name = "DIR", env = values::variable("SPEC_TESTS"))]
    pub(super) suite: Option<PathBuf>,
    /// Versions of the specification whose files run, with exactly their features, a row for each: 1.0, 2.0, 3.0,
    /// latest. With scripts by path, or the core files of --suite: the one version that they are judged by
    #[arg(long, value_name = "VERSION", value_delimiter = ',', conflicts_with_all = ["bless", "add"])]
    pub(super) spec: Vec<String>,
    /// Features to add to those of every file; with a minus sign in front, features to remove
    #[arg(long, value_name = "LIST", value_delimiter = ',', allow_hyphen_values = true)]
    pub(super) features: Vec<String>,
    /// Do not compare the messages of traps and rejections, only their phase: for scripts that expect other words than
    /// those of the specification
    #[arg(long)]
    pub(super) any_message: bool,
    /// Conventions of scripts by path: spec, wasm-tools (rejections are in wasmparser's words), or wasmtime (named
    /// modules are registered automatically, the last one of a name counts, the host has "wasmtime" "gc", features are
    /// only those of the header, an invoke without an assertion may end in any way, messages are wasmtime's and may
    /// stand anywhere in the text)
    #[arg(long, value_name = "NAME", default_value = "spec", value_parser = Dialect::parse, conflicts_with = "self_check")]
    pub(super) dialect: Dialect,
    /// File of known deviations; with `none`, every deviation is unexpected. --add and --bless create it if it does not
    /// exist [default: expectations.toml of the checkout; for scripts by path, none]
    #[arg(long, value_name = "FILE|none")]
    pub(super) expectations: Option<String>,
    #[arg(long, help = ReportTarget::help(), value_name = "FORMAT=F", value_parser = ReportTarget::parse)]
    pub(super) report: Vec<ReportTarget>,
    /// Part of the selected files to run: the K-th of N, with K from 1. More parts than files are an error (status 2)
    #[arg(long, value_name = "K/N", value_parser = values::shard)]
    pub(super) shard: Option<(usize, usize)>,
    /// Number of worker processes at a time [default: one per core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Time limit of one directive on one backend, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = values::seconds)]
    pub(super) timeout: Duration,
    /// Time limit of one file, in seconds; directives that have not run by then are `timeout`
    /// [default: 120 times --timeout]
    #[arg(long, value_name = "SECONDS", value_parser = values::seconds)]
    pub(super) file_timeout: Option<Duration>,
    /// Line of the directives to show, with the outcome on each backend; the others run, and are not shown
    #[arg(long, value_name = "LINE")]
    pub(super) at: Option<u32>,
    /// Print the names of the selected files, and run nothing: the name for filters, then the name for expectations. Options
    /// for running scripts and for reports are refused
    #[arg(long, conflicts_with_all = OF_A_RUN)]
    pub(super) list: bool,
    /// Remove expectations that this run has shown to be unnecessary; not with switches that change how directives are judged or
    /// executed
    #[arg(long, conflicts_with_all = [
        "shard", "add", "any_message", "features", "CompileSwitches", "relaxed", "nan"
    ])]
    pub(super) bless: bool,
    /// Add a rule to the expectations for each unexpected deviation, with --at for those on that line
    #[arg(long, requires = "bug")]
    pub(super) add: bool,
    /// Address at which the added deviations are tracked
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

    /// An option is about how scripts run, or about which ones: a new one has to be put in its place.
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
