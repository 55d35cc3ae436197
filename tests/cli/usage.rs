//! What all commands have in common: help, a version, completions, man pages, and usage errors.

use super::*;

/// The subcommands that `wasmoon help` lists, except `help` itself.
fn subcommands(folder: &TempDir) -> Vec<String> {
    let help = wasmoon(folder.path(), &["help"]).status(0).out;
    let list = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list");
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(String::from).collect()
}

#[test]
fn help_is_everywhere() {
    let f = folder();
    wasmoon(f.path(), &[]).status(2).says("Usage: wasmoon");
    wasmoon(f.path(), &["--help"]).status(0).says("Exit status").says("Examples:");
    let commands = subcommands(&f);
    assert!(commands.len() >= 14, "{commands:?}");
    for command in commands {
        let help = wasmoon(f.path(), &[&command, "--help"]).status(0).says("Exit status").says("Example");
        // Each option has its own explanation.
        for phrase in ["Of none", "so long", "so many", "Where to\n"] {
            assert!(!help.out.contains(phrase), "{command}: {phrase:?}");
        }
        // `run` has a separate definition.
        assert_eq!(help.out, wasmoon(f.path(), &["help", &command]).status(0).out);
    }
}

/// An option declared after the engine's switches is not listed among them.
#[test]
fn options_are_under_their_headings() {
    let f = folder();
    for (command, option) in [("bisect", "--time <"), ("reduce", "--output <")] {
        let help = wasmoon(f.path(), &["help", command]).status(0).out;
        let place = |text: &str| help.find(text).unwrap_or_else(|| panic!("no {text:?} in {help}"));
        assert!(place(option) < place("Engine switches:"), "{help}");
    }
}

#[test]
fn the_version_says_what_was_built_and_where_it_runs() {
    let f = folder();
    let short = wasmoon(f.path(), &["-V"]).status(0).out;
    assert_eq!(short, format!("wasmoon {}\n", env!("CARGO_PKG_VERSION")));
    let long = wasmoon(f.path(), &["--version"]).status(0).out;
    let field = |name: &str| {
        let line = long.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {long}"))
    };
    assert!(long.starts_with(&short), "{long}");
    assert!(!field("commit").is_empty() && field("build").contains("rustc "), "{long}");
    assert_eq!(field("target"), format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS));
    assert!(field("CPU").contains("--cpu ") && field("language").contains("stack-switching"), "{long}");
    // Reports have the same information.
    write(&f, "plain.wast", PLAIN);
    wasmoon(f.path(), &["test", "plain.wast", "--report", "jsonl=r.jsonl"]).status(0);
    let report = std::fs::read_to_string(f.path().join("r.jsonl")).unwrap();
    let last: serde_json::Value = serde_json::from_str(report.lines().last().unwrap()).unwrap();
    let told = |key: &str| last["run"][key].as_str().filter(|text| !text.is_empty()).unwrap_or("unknown");
    assert_eq!(field("commit"), told("commit"));
    assert_eq!(field("build"), format!("{}, {}", told("build"), told("rustc")));
    assert_eq!(field("CPU"), format!("{} (--cpu {})", told("cpu"), told("cpu_level")));
}

#[test]
fn shells_complete_and_man_has_pages() {
    let f = folder();
    let commands = subcommands(&f);
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = wasmoon(f.path(), &["completions", shell]).status(0).out;
        for word in commands.iter().map(String::as_str).chain(["gc-stress", "max-memory"]) {
            assert!(script.contains(word), "{shell}: no {word}");
        }
    }
    wasmoon(f.path(), &["completions", "dos"]).status(2).says("bash");
    wasmoon(f.path(), &["man"]).status(0).says(".TH wasmoon 1").says("wasmoon\\-bisect");
    wasmoon(f.path(), &["man", "run"]).status(0).says(".TH wasmoon-run 1").says("max\\-memory");
    // A command with an alias has one page.
    wasmoon(f.path(), &["man", "adapter"]).status(0).says(".TH wasmoon-driver 1");
    wasmoon(f.path(), &["man", "walk"]).status(2).says("unknown subcommand 'walk'");
    wasmoon(f.path(), &["man", "--dir", "man1"]).status(0);
    for command in &commands {
        assert!(f.path().join(format!("man1/wasmoon-{command}.1")).is_file(), "{command}");
    }
    write(&f, "file", "");
    wasmoon(f.path(), &["man", "--dir", "file/man1"]).status(2).says("file/man1");
}

/// The line for people has all fields of the JSON object, except those about proofs.
#[test]
fn rules_are_listed_with_their_conditions_and_constants() {
    let f = folder();
    let lines = wasmoon(f.path(), &["rules"]).status(0).out;
    let objects = wasmoon(f.path(), &["rules", "--json"]).status(0).out;
    assert_eq!(lines.lines().count(), objects.lines().count());
    let mut clauses = [0; 3];
    for (line, object) in lines.lines().zip(objects.lines()) {
        let rule: serde_json::Value = serde_json::from_str(object).unwrap();
        let text = |key: &str| rule[key].as_str().unwrap();
        let types: Vec<&str> = rule["types"].as_array().unwrap().iter().map(|ty| ty.as_str().unwrap()).collect();
        let (name, pattern, replacement) = (text("name"), text("pattern"), text("replacement"));
        let mut expected = format!("{name} {} {pattern} => {replacement}", types.join(" "));
        for (count, (key, word)) in clauses.iter_mut().zip([("when", "when"), ("k", "k ="), ("l", "l =")]) {
            if !text(key).is_empty() {
                // In JSON, a rule's variables are fields of `m`.
                expected += &format!(", {word} {}", text(key).replace("m.", ""));
                *count += 1;
            }
        }
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(line), words(&expected));
    }
    assert!(clauses[0] > 0 && clauses[1] > 0, "{clauses:?}");
}

#[test]
fn bad_usage_is_status_2() {
    let f = folder();
    wasmoon(f.path(), &["frobnicate"]).status(2).says("frobnicate");
    // An engine is compared with ours, and these options would change our side alone.
    for more in [&["--seed", "1"][..], &["--fuel", "9"], &["--trace-output", "x"]] {
        let args = [&["run", "ok.wat", "--against", "wasmtime"], more].concat();
        wasmoon(f.path(), &args).status(2).says("cannot be used with");
    }
    wasmoon(f.path(), &["test", "--frobnicate"]).status(2).says("--frobnicate");
    wasmoon(f.path(), &["test", "--backend", "jti"])
        .status(2)
        .says("unknown backend 'jti'; expected one of interp, jit-O0");
    wasmoon(f.path(), &["test", "--shard", "3/2"]).status(2).says("1 <= K <= N");
    wasmoon(f.path(), &["test", "--shard", "0/2"]).status(2).says("1 <= K <= N");
    wasmoon(f.path(), &["test", "--report", "pdf=x"]).status(2).says("unknown format 'pdf'");
    wasmoon(f.path(), &["test", "--jobs", "0"]).status(2);
    wasmoon(f.path(), &["test", "--timeout", "-1"]).status(2);
    wasmoon(f.path(), &["test", "--spec", "4.0"]).status(2).says("unknown version of the specification '4.0'");
    wasmoon(f.path(), &["test", "--features", "flux"]).status(2).says("unknown feature 'flux'");
    wasmoon(f.path(), &["test", "--mode", "mix"]).status(2).says("mix:SEED");
    wasmoon(f.path(), &["test", "--add"]).status(2).says("--bug");
    wasmoon(f.path(), &["test", "--bless", "--shard", "1/2"]).status(2).says("--shard");
    let none = "--add and --bless need an expectations file, so they cannot be used with --expectations none";
    wasmoon(f.path(), &["test", "--expectations", "none", "--bless"]).status(2).says(none);
    write(&f, "ok.wast", "(module)");
    wasmoon(f.path(), &["test", "ok.wast", "--add", "--bug", "x"])
        .status(2)
        .says("name one with --expectations (--add creates it)");
    wasmoon(f.path(), &["run", "x.wat", "--no-jit", "-O0"]).status(2).says("--no-jit");
    wasmoon(f.path(), &["report"]).status(2);
    // Options that would have no effect.
    write(&f, "m.wat", "(module (func (export \"_start\")))");
    write(&f, "profile", "");
    for (more, says) in [
        (&["--regs", "5", "--verify"][..], "--regs 5 --verify: no effect with --no-jit, since nothing is compiled"),
        (&["--only-funcs", "0"], "--only-funcs 0: no effect with --no-jit"),
        (&["--profile-in", "profile"], "--profile-in: no effect with --no-jit"),
    ] {
        wasmoon(f.path(), &[&["run", "--no-jit"], more, &["m.wat"]].concat()).status(2).says(says);
    }
    for more in [&["--poison"][..], &["--nan", "canonical"], &["--debug", "asm", "--regs", "5"]] {
        wasmoon(f.path(), &[&["run", "--no-jit"], more, &["m.wat"]].concat()).status(0);
    }
    for more in
        [&["--report", "jsonl=r"][..], &["--jobs", "1"], &["--regs", "5"], &["--at", "1"], &["--dispatch", "loop"]]
    {
        for list in ["--list", "--list-engines"] {
            wasmoon(f.path(), &[&["test", list], more].concat()).status(2).says("cannot be used with");
        }
    }
    wasmoon(f.path(), &["test", "ok.wast", "--list-engines"]).status(2).says("cannot be used with");
    wasmoon(f.path(), &["smith", "--list-features", "--count", "1"]).status(2).says("cannot be used with");
    // Modes that would apply to no column.
    let filter = "names_and_hints";
    for (backend, mode, says) in [
        ("interp", "mix:1", "--mode mix:1 applies to backends other than interp"),
        ("interp", "tier:1", "--mode tier:1 applies to backends other than interp"),
        ("jit", "interp", "--mode interp selects only the column interp"),
        ("interp,jit", "jit", "--mode jit selects only the column jit"),
    ] {
        wasmoon(f.path(), &["test", filter, "--backend", backend, "--mode", mode]).status(2).says(says);
    }
    wasmoon(f.path(), &["test", filter, "--backend", "jit", "--mode", "jit"]).status(0);
    wasmoon(f.path(), &["test", filter, "--backend", "jit", "--mode", "mix:1"]).status(0);
    // Columns of other engines cannot be mutated.
    wasmoon(f.path(), &["test", filter, "--self-check", "--engine", "x=cmd:true"]).status(2).says("--engine");
    // Standard input can only be read once.
    for args in [&["validate", "-", "-"][..], &["compare", "-", "-"], &["report", "-", "a", "-"]] {
        wasmoon(f.path(), args).status(2).says("can be read only once");
    }
    let engine = ["bisect", "x.wat", "--engine", "a=cmd:true", "--time", "1"];
    wasmoon(f.path(), &engine).status(2).says("cannot be used with");
}

/// A name for an engine is accepted where the engine is a column, and refused where the name would be lost.
#[test]
fn engines_have_names_where_they_have_columns() {
    let f = folder();
    write(&f, "m.wat", "(module (func (export \"f\")))");
    write(&f, "m.wast", PLAIN);
    let run = |line: &str| wasmoon(f.path(), &line.split(' ').collect::<Vec<_>>()).status(2);
    let no_column = |option: &str| format!("{option} x=cmd:true: only engines that are columns can be given a name");
    run("driver --check x=cmd:true").says(&no_column("--check"));
    run("run m.wat --invoke f --against x=cmd:true").says(&no_column("--against"));
    run("bisect m.wat --bad x=cmd:true").says("use `wasmoon reduce` for an engine");
    run("reduce m.wat --bad jit=cmd:true").says("--bad jit=cmd:true: 'jit' cannot be used as a column name");
    // Names that the commands in the output would refuse.
    for line in [
        "reduce m.wat --bad xdiff=cmd:true",
        "smith linking --engine xdiff=cmd:true",
        "smith linking --backend interp,jit --engine jit-O1=cmd:true",
        "test m.wast --engine xdiff=cmd:true",
        "file m.wast --engine jit-O0=cmd:true",
        "file m.wast --engine xdiff=cmd:true",
        "bisect m.wat --invoke f --engine xdiff=cmd:true",
        "bisect m.wat --invoke f --engine x=cmd:true --engine interp=cmd:true",
    ] {
        run(line).says("=cmd:true: '").says("' cannot be used as a column name; use NAME=");
    }
    run("reduce m.wat --bad x=cmd:/no/such/program").says("does not start: /no/such/program");
    run("reduce m.wat --bad x=jit").says("unknown backend 'x=jit'");
}

/// A negative number is a value, which an option accepts or refuses, and not an option itself.
#[test]
fn negative_numbers_are_values() {
    let f = folder();
    write(&f, "m.wat", "(module (func (export \"_start\")) (func (export \"f\") (param i32)))");
    let run = |line: &str| wasmoon(f.path(), &line.split(' ').collect::<Vec<_>>());
    run("run m.wat --invoke f --arg -1").status(0);
    run("run m.wat --invoke f -1").status(2).says("with --invoke, pass arguments with --arg");
    run("run m.wat -1 -2.5").status(0);
    for (line, says) in [
        ("run m.wat --seed -1", "invalid value '-1' for '--seed <N>'"),
        ("test --at -1", "invalid value '-1' for '--at <LINE>'"),
        ("test --timeout -1", "expected a number of seconds above 0"),
        ("reduce m.wat --seed -1", "invalid value '-1' for '--seed <N>'"),
        ("smith linking --seed -1", "invalid value '-1' for '--seed <S>'"),
        ("explore m.wat --func -1", "-1"),
    ] {
        let ran = run(line).status(2).says(says);
        assert!(!ran.err.contains("unexpected argument"), "{line}: {}", ran.err);
    }
}

/// An empty variable counts as unset, as it often is in continuous integration.
#[test]
fn an_empty_variable_is_none() {
    let f = folder();
    write(&f, "plain.wast", PLAIN);
    write(&f, "program.wat", "(module (func (export \"_start\")))");
    for args in [&["test", "plain.wast"][..], &["run", "program.wat"], &["run", "-O1", "program.wat"]] {
        let output = command(f.path(), args).env("SPEC_TESTS", "").env("WASMOON_CACHE", "").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
