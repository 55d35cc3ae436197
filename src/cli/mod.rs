//! The command line: one thin file or folder for each subcommand.
//!
//! Scripts may rely on the options, the JSONL report and the exit status (see `exit_status`).

mod bisect;
mod case;
mod compare;
mod compile;
mod driver;
mod engine_names;
mod exit_status;
mod explore;
mod file;
mod given_switches;
mod input;
mod interrupt;
mod modes;
mod profile;
mod profiling;
mod program;
mod reduce;
mod report;
mod rules;
mod run;
mod shell;
mod smith;
mod switches;
mod test;
mod translate;
mod validate;
mod values;
mod version;
mod way;

use crate::text::{by_number, harmless};
use crate::{conformance, engine, module, oracle, process, triage};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use exit_status::{NOT_AS_EXPECTED, OK, TRAPPED, USAGE};
use indicatif::HumanCount;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Parses `words` as the arguments of a command that takes `A`.
#[cfg(test)]
fn parsed<A: clap::Args>(words: &str) -> A {
    let command = A::augment_args(clap::Command::new("wasmoon").no_binary_name(true));
    let matches = command.try_get_matches_from(words.split_whitespace()).unwrap_or_else(|e| panic!("{e}"));
    A::from_arg_matches(&matches).unwrap_or_else(|e| panic!("{e}"))
}

#[derive(Parser)]
#[command(
    name = "wasmoon",
    version,
    about = "A WebAssembly engine that proves itself",
    long_about = "A WebAssembly engine that proves itself: an interpreter and an optimizing JIT, written independently \
        of each other, and a harness that runs every directive of the WebAssembly testsuite on both, and compares each \
        outcome with the expected one and with that of the other backend.",
    after_help = concat!("Exit status: 0 if everything is as expected, 1 if not, 2 for a usage, input or output error \
        or an empty selection, 130 if ", interrupt::second_ctrl_c!(), " ended the run at once, 134 if the code that \
        `run` executes traps.\n\nExamples:\n  \
        wasmoon test                       all directives\n  \
        wasmoon test exceptions            the directives of one proposal\n  \
        wasmoon run add.wat --invoke add --arg 1 --arg 2"),
    arg_required_else_help = true,
    subcommand_required = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Test(Box<test::Args>),
    Report(report::Args),
    Compare(compare::Args),
    Run(Box<run::Args>),
    Compile(compile::Args),
    Bisect(Box<bisect::Args>),
    Explore(explore::Args),
    Smith(smith::Args),
    Reduce(Box<reduce::Args>),
    File(file::Args),
    Driver(driver::Args),
    Validate(validate::Args),
    Rules(rules::Args),
    Wat2wasm(translate::Wat2Wasm),
    Wasm2wat(translate::Wasm2Wat),
    Completions(shell::Completions),
    Man(shell::Man),
}

/// Why a command could not do its work, as a message for the user: every error ends up here. The exit status is
/// [`USAGE`].
#[derive(Debug)]
struct Failed(String);

impl From<String> for Failed {
    fn from(message: String) -> Failed {
        Failed(message)
    }
}

impl From<&str> for Failed {
    fn from(message: &str) -> Failed {
        Failed(message.to_string())
    }
}

/// Lets `?` turn errors of the library into messages.
macro_rules! failed_from {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Failed {
            fn from(e: $error) -> Failed {
                Failed(e.to_string())
            }
        })*
    };
}

failed_from![
    std::io::Error,
    conformance::judge::expectations::edit::EditError,
    conformance::judge::expectations::FindError,
    conformance::judge::expectations::InvalidRules,
    conformance::matrix::MatrixError,
    conformance::read::error::SuiteError,
    conformance::report::DestinationError,
    conformance::report::HistoryError,
    conformance::report::LoadError,
    conformance::report::MergeError,
    conformance::report::WriteError,
    conformance::supervise::self_check::SelfCheckError,
    engine::ConfigError,
    engine::profile::ProfileError,
    module::DecodeError,
    oracle::OracleError,
    triage::FileError,
    triage::bisect::BisectError,
    triage::reduce::ReduceError,
    triage::script::WriteScriptError,
    triage::smith::SmithError,
    triage::smith::UnknownFeature,
    triage::trial::TrialError,
    triage::trial::script::NotAScript,
];

/// Accepts `-1` wherever a value is allowed: no option is a number, and each parser checks what it accepts.
fn with_negative_numbers(command: clap::Command) -> clap::Command {
    command
        .mut_args(|arg| match arg.get_action().takes_values() {
            true => arg.allow_negative_numbers(true),
            false => arg,
        })
        .mut_subcommands(with_negative_numbers)
}

/// The definition of the command line. Most of it belongs to the other commands, so `run`, whose programs may finish in
/// almost no time, is defined without them.
fn definition() -> clap::Command {
    if std::env::args_os().nth(1).is_some_and(|arg| arg == "run") {
        let run = <run::Args as clap::Args>::augment_args(clap::Command::new("run"));
        return clap::Command::new("wasmoon").subcommand(with_negative_numbers(run));
    }
    with_negative_numbers(Cli::command())
}

/// Runs the command line of this process, or serves a supervisor if it was started as its worker.
pub fn main() -> ExitCode {
    process::serve_if_worker(&[
        &conformance::supervise::worker::ROLE,
        &triage::smith::worker::ROLE,
        &triage::trial::process::ROLE,
    ]);
    let words: Vec<OsString> = std::env::args_os().collect();
    if let Some(args) = run::Args::without_definition(&words) {
        return ended(run::run(args));
    }
    let mut command = definition();
    if std::env::args_os().nth(1).is_some_and(|arg| arg == "--version") {
        // This asks the system about the CPU, which no other command needs.
        command = command.long_version(version::long());
    }
    let parsed = command.try_get_matches_from_mut(words);
    let given = parsed.as_ref().ok().and_then(|matches| {
        let (name, matches) = matches.subcommand()?;
        Some(given_switches::Given::of(command.find_subcommand(name)?, matches))
    });
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(e) => {
            // Help and version are not errors, and go to standard output.
            let status = if e.use_stderr() { USAGE } else { OK };
            return ExitCode::from(if e.print().is_err() && status == OK { USAGE } else { status });
        }
    };
    ended(match cli.command {
        Command::Test(args) => test::run(*args, given.unwrap_or_default()),
        Command::Report(args) => report::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Run(args) => run::run(*args),
        Command::Compile(args) => compile::run(args),
        Command::Bisect(args) => bisect::run(*args),
        Command::Explore(args) => explore::run(args),
        Command::Smith(args) => smith::run(args, given.unwrap_or_default()),
        Command::Reduce(args) => reduce::run(*args),
        Command::File(args) => file::run(args),
        Command::Driver(args) => driver::run(&args),
        Command::Validate(args) => validate::run(args),
        Command::Rules(args) => rules::run(&args),
        Command::Wat2wasm(args) => translate::wat2wasm(args),
        Command::Wasm2wat(args) => translate::wasm2wat(args),
        Command::Completions(args) => shell::completions(&args, command),
        Command::Man(args) => shell::man(&args, command),
    })
}

/// Returns the exit status of a command that ended with this result, and prints the message of a failed one.
fn ended(result: Result<u8, Failed>) -> ExitCode {
    ExitCode::from(result.unwrap_or_else(|Failed(message)| {
        complain(&message);
        USAGE
    }))
}

/// Writes a number of things like [`counted`](crate::text::counted), with thousands separators.
fn many(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", HumanCount(n), by_number(n, "", "s"))
}

/// Prints an error message on standard error. If that is closed too, the message is lost.
fn complain(message: &str) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}error{style:#}: {}", harmless(message));
}

/// Prints a warning on standard error.
fn warn(message: &str) {
    let style = anstyle::AnsiColor::Yellow.on_default().bold();
    let _ = writeln!(anstream::stderr(), "{style}warning{style:#}: {}", harmless(message));
}

/// Prints requested information that is not a result on standard error.
fn remark(message: &str) {
    let _ = writeln!(anstream::stderr(), "{}", harmless(message));
}

/// Prints to standard output, with colours if it is a terminal.
///
/// # Errors
/// Standard output is closed or its disk is full; unlike `print!`, this does not panic.
fn say(text: &str) -> Result<(), Failed> {
    let mut out = anstream::stdout();
    out.write_all(harmless(text).as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| format!("cannot write standard output: {e}"))?;
    Ok(())
}
