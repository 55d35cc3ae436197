//! The command that repeats a directive: with every relevant switch of the run, quoted for a shell.

use crate::conformance::read::suite::{Source, SuiteFile};

/// The parts that the replay commands of a run have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replay {
    /// The switches of the command line that change what runs, or how, each preceded by a space and quoted for a shell.
    pub switches: String,
    /// `--mode`, likewise: a backend without the mode does not take it.
    pub mode: String,
    /// Whether the files were named by path. Otherwise they belong to the suite and have to be found by name, since their group
    /// determines their language.
    pub by_path: bool,
    /// For the column of another engine, the argument of `--engine`.
    pub engine: Option<String>,
}

impl Replay {
    /// The command for the directives on a line of a file; `line` 0 is the whole file. `backends` are comma-separated names of
    /// columns. `None` for a script that no command could find.
    pub fn command(&self, file: &SuiteFile, line: u32, backends: &str) -> Option<String> {
        let what = match &file.source {
            Source::Disk(path) if self.by_path => {
                let path = path.display().to_string();
                // So that it is neither an option nor a filter.
                if path.starts_with('-') || !path.contains('/') { format!("./{path}") } else { path }
            }
            Source::Given(_) => return None,
            Source::Disk(_) | Source::Embedded(_) => file.filter(),
        };
        let spec = file.version.map_or(String::new(), |spec| format!(" --spec {}", spec.name()));
        let at = if line == 0 { String::new() } else { format!(" --at {line}") };
        // In a mixed mode, a column's name is that of its backend followed by the mode, which has its own switch.
        let mut names: Vec<&str> = backends.split(',').map(|name| name.split('+').next().unwrap_or(name)).collect();
        names.dedup();
        // `--mode jit` is the column jit; those of mixed modes have the mode in their name.
        let has_mode = self.engine.is_none() && (backends.contains('+') || self.mode == format!(" --mode {backends}"));
        let mode = if has_mode { &self.mode[..] } else { "" };
        let columns = match &self.engine {
            Some(engine) => format!("--engine {}", quoted(engine)),
            None => format!("--backend {}", names.join(",")),
        };
        Some(format!("wasmoon test {}{spec}{}{mode}{at} {columns}", quoted(&what), self.switches))
    }
}

/// A word as a shell reads it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,=+@%^".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::read::language::Spec;

    #[test]
    fn a_shell_gives_back_the_words() {
        let words = ["plain", "", "a b", "it's", "$HOME", "a;b", "*", "\\", "é", "-x=1", "\"", "a\nb", "!!", "~", "#x"];
        let line: Vec<String> = words.iter().map(|w| quoted(w)).collect();
        let script = format!("printf '%s\\0' {}", line.join(" "));
        assert_eq!(shlex::split(&line.join(" ")).expect("words"), words);
        let output = std::process::Command::new("sh").args(["-c", &script]).output().expect("a shell");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(text.split_terminator('\0').collect::<Vec<_>>(), words);
    }

    /// A path is neither an option nor a filter; a script of the suite is found by its name, and in its version.
    #[test]
    fn a_script_is_found_again() {
        let by_path = Replay { switches: " --few".into(), mode: " --mode mix:1".into(), by_path: true, engine: None };
        let by_name = Replay { by_path: false, ..by_path.clone() };
        let on_disk = |path: &str| SuiteFile::of_test(Source::Disk(path.into()));
        let command = |replay: &Replay, file: &SuiteFile| replay.command(file, 0, "jit").unwrap_or_default();
        for (path, what) in
            [("a.wast", "./a.wast"), ("b/a.wast", "b/a.wast"), ("-b/a.wast", "./-b/a.wast"), ("/a.wast", "/a.wast")]
        {
            let file = on_disk(path);
            assert_eq!(command(&by_path, &file), format!("wasmoon test {what} --few --backend jit"));
            assert_eq!(command(&by_name, &file), "wasmoon test ^group::stem:: --few --backend jit");
        }
        let embedded = SuiteFile { version: Some(Spec::V2), ..SuiteFile::of_test(Source::Embedded("")) };
        assert_eq!(command(&by_path, &embedded), "wasmoon test ^group::stem:: --spec 2.0 --few --backend jit");
        assert_eq!(by_path.command(&SuiteFile::of_test(Source::Given("".into())), 0, "jit"), None);
        let replayed = by_name.command(&embedded, 7, "interp+mix:1,interp,jit");
        assert_eq!(
            replayed.as_deref(),
            Some("wasmoon test ^group::stem:: --spec 2.0 --few --mode mix:1 --at 7 --backend interp,jit"),
            "names without modes, each once"
        );
        // A mode that has a column of its own is named for that column only.
        let whole = Replay { mode: " --mode jit".into(), ..by_name.clone() };
        for (backends, end) in [
            ("jit", " --mode jit --at 1 --backend jit"),
            ("interp", " --at 1 --backend interp"),
            ("interp,jit", " --at 1 --backend interp,jit"),
        ] {
            let command = whole.command(&embedded, 1, backends).expect("a command");
            assert_eq!(command, format!("wasmoon test ^group::stem:: --spec 2.0 --few{end}"));
        }
        let engine = Replay { engine: Some("a b".into()), ..whole };
        assert_eq!(command(&engine, &embedded), "wasmoon test ^group::stem:: --spec 2.0 --few --engine 'a b'");
        let mixed = engine.command(&embedded, 2, "jit+mix:1");
        assert_eq!(mixed.as_deref(), Some("wasmoon test ^group::stem:: --spec 2.0 --few --at 2 --engine 'a b'"));
        let engine = Replay { engine: Some("a b".into()), ..by_name };
        assert_eq!(command(&engine, &embedded), "wasmoon test ^group::stem:: --spec 2.0 --few --engine 'a b'");
    }
}
