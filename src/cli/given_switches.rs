//! The switches that were given to a subcommand, written out again for replay lines and for the headers of reports.
//!
//! They come from the parser itself, so a new switch is in both unless it is listed here as one that does not matter.

use crate::conformance::report::replay::quoted;
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command};

/// The arguments that were given to `wasmoon test` or `wasmoon smith`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The switches that have no field of their own, each with a leading space and quoted for a shell.
    pub switches: String,
    /// `--exact-messages`, likewise: it applies only to columns of other engines.
    pub exact_messages: String,
    /// `--mode`, likewise: only in replay lines whose columns have that mode. `smith` has no such lines.
    pub mode: String,
    /// `--spec`, likewise.
    pub spec: String,
    /// Filters, paths and `--at`, likewise.
    pub selection: String,
    /// `--suite`, likewise, even if it comes from the environment.
    pub suite: String,
    /// Whether `--suite` was typed.
    pub suite_typed: bool,
}

/// Switches of `test` that change neither what runs nor how, or that a replay line sets itself: the columns, the number
/// of workers, and what is done with the outcome.
const TEST: &[&str] =
    &["backend", "engine", "list_engines", "shard", "jobs", "report", "list", "bless", "add", "bug", "self_check"];
/// The same for `smith`, whose replay line has the seed.
const SMITH: &[&str] =
    &["count", "seed", "seeds", "time", "jobs", "out", "reduce", "replay", "list_features", "digests"];
const SELECTION: &[&str] = &["patterns", "at"];

impl Given {
    /// Collects the arguments in these matches of a command. Environment variables count as the switches that they
    /// stand for.
    pub fn of(command: &Command, matches: &ArgMatches) -> Given {
        let left_out = if command.get_name() == "smith" { SMITH } else { TEST };
        let mut given = Given::default();
        for arg in command.get_arguments() {
            let id = arg.get_id().as_str();
            let source = matches.value_source(id);
            if left_out.contains(&id) || !matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable)) {
                continue;
            }
            let values: Vec<String> =
                matches.get_raw(id).into_iter().flatten().map(|v| v.to_string_lossy().into_owned()).collect();
            let text = match (arg.get_long(), arg.get_action()) {
                (None, _) => values.iter().map(|v| format!(" {}", quoted(v))).collect(),
                (Some(name), ArgAction::SetTrue) => format!(" --{name}"),
                (Some(name), _) => {
                    let values = match arg.get_value_delimiter() {
                        Some(_) => vec![values.join(",")],
                        None => values,
                    };
                    let text = |value: &String| {
                        let equals = if value.starts_with('-') { '=' } else { ' ' };
                        format!(" --{name}{equals}{}", quoted(value))
                    };
                    values.iter().map(text).collect()
                }
            };
            match id {
                "exact_messages" => given.exact_messages += &text,
                "mode" if command.get_name() == "test" => given.mode += &text,
                "spec" => given.spec += &text,
                "suite" => {
                    given.suite += &text;
                    given.suite_typed = source == Some(ValueSource::CommandLine);
                }
                id if SELECTION.contains(&id) => given.selection += &text,
                _ => given.switches += &text,
            }
        }
        given
    }
}

#[cfg(test)]
mod tests {
    use super::super::Cli;
    use super::*;
    use clap::CommandFactory;

    fn given(args: &[&str]) -> Given {
        let mut command = Cli::command();
        command.build();
        let words = ["wasmoon", "test"].iter().chain(args);
        let matches = command.clone().try_get_matches_from(words).unwrap_or_else(|e| panic!("{e}"));
        let test = command.find_subcommand("test").expect("a subcommand");
        Given::of(test, matches.subcommand_matches("test").expect("given"))
    }

    #[test]
    fn what_was_given_is_written_anew() {
        let args = "core::i32 a/b.wast --mode mix:1 --regs 6 --features=-simd,gc --gc-stress --jobs 3 --report jsonl=x \
                    --passes= --spec 2.0 --at 7 --shard 1/2 --any-message";
        let given = given(&args.split_whitespace().collect::<Vec<_>>());
        assert_eq!(given.selection, " core::i32 a/b.wast --at 7");
        assert_eq!(given.spec, " --spec 2.0");
        let mut switches: Vec<&str> = given.switches.split(" --").skip(1).collect();
        switches.sort_unstable();
        assert_eq!(switches, ["any-message", "features=-simd,gc", "gc-stress", "passes ''", "regs 6"]);
        assert_eq!(given.mode, " --mode mix:1");
    }

    /// `smith` has one kind of line, in which the mode is a switch like any other.
    #[test]
    fn smith_repeats_its_mode_with_its_switches() {
        let mut command = Cli::command();
        command.build();
        let args = "wasmoon smith --mode tier:3 --regs 5 --count 7 --out x --engine a=cmd:b";
        let matches = command.clone().try_get_matches_from(args.split(' ')).unwrap_or_else(|e| panic!("{e}"));
        let smith = command.find_subcommand("smith").expect("a subcommand");
        let mut given = Given::of(smith, matches.subcommand_matches("smith").expect("given"));
        let switches = std::mem::take(&mut given.switches);
        let mut switches: Vec<&str> = switches.split(" --").skip(1).collect();
        switches.sort_unstable();
        assert_eq!(switches, ["engine a=cmd:b", "mode tier:3", "regs 5"]);
        assert_eq!(given, Given::default());
    }

    #[test]
    fn defaults_are_not_given() {
        assert_eq!(given(&[]), Given::default());
    }

    /// A line that repeats a run can be typed as it is.
    #[test]
    fn replay_lines_are_understood() {
        let mut command = Cli::command();
        command.build();
        for name in ["test", "smith"] {
            let own = command.find_subcommand(name).expect("a subcommand");
            let mut repeated = 0;
            for arg in own.get_arguments() {
                let left_out = if name == "smith" { SMITH } else { TEST };
                let repeats = |long: &&str| *long != "help" && !left_out.contains(&arg.get_id().as_str());
                let Some(long) = arg.get_long().filter(repeats) else { continue };
                let possible = arg.get_possible_values().first().map(|value| value.get_name().to_string());
                let guesses = "1 5 a mix:1 tier:1 jit x=cmd:y spec canonical deterministic latest gc branches loop";
                let values = possible.into_iter().chain(guesses.split(' ').map(String::from));
                let switches = match arg.get_action() {
                    ArgAction::SetTrue => vec![format!("--{long}")],
                    _ => values.map(|value| format!("--{long}={value}")).collect(),
                };
                let others: &[&str] = if long == "exact-messages" { &["--engine", "x=cmd:y"] } else { &[] };
                let tried = switches.iter().find_map(|switch| {
                    let words = ["wasmoon", name, switch].into_iter().chain(others.iter().copied());
                    command.clone().try_get_matches_from(words).ok()
                });
                let matches = tried.unwrap_or_else(|| panic!("{name} --{long}: with what?"));
                let given = Given::of(own, matches.subcommand_matches(name).expect("given"));
                let how = if name == "smith" { "--replay 1" } else { "a.wast --at 3 --backend interp" };
                let line = format!("wasmoon {name} {how}{}", given.switches);
                let again = command.clone().try_get_matches_from(line.split(' '));
                assert!(again.is_ok(), "--{long}: {line}: {}", again.unwrap_err());
                repeated += usize::from(!given.switches.is_empty());
            }
            assert!(repeated > 8, "{name}: only {repeated} switches are repeated");
        }
    }

    #[test]
    fn what_is_left_out_exists() {
        let mut command = Cli::command();
        command.build();
        let lists = [("test", [TEST, SELECTION, &["spec", "suite"]].concat()), ("smith", SMITH.to_vec())];
        for (name, ids) in lists {
            let command = command.find_subcommand(name).expect("a subcommand");
            for id in ids {
                assert!(command.get_arguments().any(|a| a.get_id() == id), "{name} no longer has an argument {id}");
            }
        }
    }
}
