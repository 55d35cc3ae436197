//! `wasmoon completions` and `wasmoon man`: shell completions and manual pages, generated from the options themselves.

use super::{Failed, OK, say};
use clap_complete::Shell;
use std::path::PathBuf;

/// Print a shell completion script
#[derive(clap::Args)]
#[command(after_help = "Exit status: 0, or 2 if standard output cannot be written.\n\nExamples:\n  \
    wasmoon completions bash > ~/.local/share/bash-completion/completions/wasmoon\n  \
    wasmoon completions fish > ~/.config/fish/completions/wasmoon.fish")]
pub struct Completions {
    /// Shell that the script is for
    shell: Shell,
}

/// Print or write manual pages
#[derive(clap::Args)]
#[command(after_help = "Exit status: 0, or 2 if a page cannot be written.\n\nExamples:\n  \
    wasmoon man test | man -l -\n  \
    wasmoon man --dir ~/.local/share/man/man1")]
pub struct Man {
    /// Subcommand whose page to print [default: the page of wasmoon]
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Option<String>,
    /// Folder to write the pages of wasmoon and all its subcommands to
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub fn completions(args: &Completions, mut command: clap::Command) -> Result<u8, Failed> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "wasmoon", &mut script);
    say(&String::from_utf8_lossy(&script))?;
    Ok(OK)
}

pub fn man(args: &Man, mut command: clap::Command) -> Result<u8, Failed> {
    if let Some(dir) = &args.dir {
        let failed = |e: std::io::Error| format!("{}: {e}", dir.display());
        std::fs::create_dir_all(dir).map_err(failed)?;
        clap_mangen::generate_to(command, dir).map_err(failed)?;
        return Ok(OK);
    }
    command.build();
    let chosen = match &args.command {
        None => command,
        Some(name) => {
            let found = command.find_subcommand(name).cloned();
            let found =
                found.ok_or_else(|| format!("unknown subcommand '{name}'; `wasmoon help` lists all subcommands"))?;
            let display = format!("wasmoon-{}", found.get_name());
            found.name(display)
        }
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(chosen).render(&mut page)?;
    say(&String::from_utf8_lossy(&page))?;
    Ok(OK)
}
