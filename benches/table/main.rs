//! The benchmark table: `ci/bench`, or `cargo bench --features wasmi --bench table -- [OPTIONS]`.
//!
//! Each column is a process that speaks lines (`drivers/`), so that all are driven in the same way and do not disturb
//! each other's heaps. The measure is the processor time of all threads of that process, as reported by itself, because
//! the machine may be busy. Rounds go through the columns in turn, and through layouts of the module (`layout`): ratios
//! are computed within a round, and reported with their spread.
//!
//! | file | contents |
//! |---|---|
//! | `programs` | the measured programs, with their arguments |
//! | `layout` | the same module with its functions in another order, and others between them |
//! | `columns` | starting drivers and communicating with them |
//! | `driver` | this executable as the driver of our own columns and of wasmi |
//! | `threads` | rows of several threads |
//! | `report` | ratios, medians, Markdown |

mod columns;
mod driver;
mod layout;
mod programs;
mod report;
mod threads;

use columns::Column;
use programs::{Group, Module};
use report::{Compile, Results, Run, Start};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "\
The benchmark table: processor time of every program on every engine, as ratios.

Usage: ci/bench [-- OPTIONS]        (or: cargo bench --features wasmi --bench table -- OPTIONS)

  --only TEXT        Programs whose name or group contains TEXT (repeatable); without the parts below unless named:
                     compile, start, threads
  --columns LIST     Of interp,jit-O0,jit-O1,jit,jit-native (relaxed operators as the CPU has them),jit-backtracking,
                     tiered (warmed up),cranelift,winch,wasmi,wasm3,v8 [default: all but jit-O1, jit-native,
                     jit-backtracking and tiered]
  --layouts N        Layouts of each module; the first is its own [default: 3]
  --rounds N         Rounds in each layout [default: 2; 1 where a round takes more than five seconds; columns that take
                     more than two for a program are measured in the first layout only]
  --output FILE      Where the table goes, in Markdown [default: standard output]
  --samples FILE     Where single measurements go, as JSON lines [default: target/bench/samples.jsonl]
  --help             This

Columns and programs that are absent are skipped, loudly. Status: 0, 1 if results differ, 2 if nothing was measured.";

/// The command line's options.
struct Options {
    only: Vec<String>,
    columns: Vec<String>,
    layouts: u64,
    rounds: usize,
    output: Option<PathBuf>,
    samples: PathBuf,
}

fn options(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut options = Options {
        only: Vec::new(),
        columns: columns::DEFAULT.map(str::to_string).to_vec(),
        layouts: 3,
        rounds: 2,
        output: None,
        samples: PathBuf::from("target/bench/samples.jsonl"),
    };
    while let Some(arg) = args.next() {
        // `cargo bench` adds it.
        if arg == "--bench" {
            continue;
        }
        if arg == "--help" || arg == "-h" {
            return Ok(None);
        }
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        let number = |text: String| match text.parse::<u32>() {
            Ok(n) if n > 0 => Ok(n),
            _ => Err(format!("invalid number '{text}'; expected a number above 0")),
        };
        match arg.as_str() {
            "--only" => options.only.push(value()?),
            "--columns" => options.columns = value()?.split(',').map(str::to_string).collect(),
            "--layouts" => options.layouts = number(value()?)?.into(),
            "--rounds" => options.rounds = number(value()?)? as usize,
            "--output" => options.output = Some(value()?.into()),
            "--samples" => options.samples = value()?.into(),
            _ => return Err(format!("unknown option '{arg}'; see --help")),
        }
    }
    for column in &options.columns {
        if !columns::ALL.contains(&column.as_str()) {
            return Err(format!("unknown column '{column}'; expected one of {}", columns::ALL.join(", ")));
        }
    }
    Ok(Some(options))
}

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    if let (Some("--driver"), Some(name)) = (args.next().as_deref(), args.next()) {
        driver::serve(&name);
        return ExitCode::SUCCESS;
    }
    // Folders are relative to the package.
    if let Err(e) = std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")) {
        eprintln!("error: {}: {e}", env!("CARGO_MANIFEST_DIR"));
        return ExitCode::from(2);
    }
    let options = match options(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("error: {message}");
            return ExitCode::from(2);
        }
    };
    match measure(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

/// Reports progress; on a terminal, in a single line.
fn progress(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = if err.is_terminal() { write!(err, "\r\x1b[K{text}") } else { writeln!(err, "{text}") };
    let _ = err.flush();
}

/// Measures everything and writes the table; returns whether all columns computed the same.
fn measure(options: &Options) -> Result<bool, String> {
    let begin = Instant::now();
    let mut columns = columns::open(&options.columns);
    if columns.is_empty() {
        return Err("no column can be measured".into());
    }
    let wanted = |name: &str, group: &str| {
        options.only.is_empty() || options.only.iter().any(|o| name.contains(o.as_str()) || group == o)
    };
    let mut results = Results::new(&columns);
    let folder = PathBuf::from("target/bench/layouts");
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for module in programs::modules()? {
        if module.programs.iter().any(|p| wanted(p.name, module.group.name())) {
            execute(&module, options, &wanted, &folder, &mut columns, &mut results)?;
        }
    }
    if wanted("compile", "compile") {
        compile(&folder, options, &mut results)?;
    }
    if wanted("start", "start") {
        start(&folder, options, &mut columns, &mut results)?;
    }
    if threads::names().any(|name| wanted(name, "threads")) {
        threads::measure(&folder, options, &wanted, &mut columns, &mut results)?;
    }
    progress("");
    if results.is_empty() {
        return Err("no program matches --only".into());
    }
    let samples: String = results.samples().map(|line| line + "\n").collect();
    std::fs::write(&options.samples, samples).map_err(|e| format!("{}: {e}", options.samples.display()))?;
    let table = results.markdown(begin.elapsed());
    match &options.output {
        None => print!("{table}"),
        Some(path) => std::fs::write(path, table).map_err(|e| format!("{}: {e}", path.display()))?,
    }
    for line in &results.differences {
        eprintln!("DIFFERENT: {line}");
    }
    Ok(results.differences.is_empty())
}

/// Measures the programs of a module, on all columns, in all layouts.
fn execute(
    module: &Module,
    options: &Options,
    wanted: &dyn Fn(&str, &str) -> bool,
    folder: &std::path::Path,
    columns: &mut [Column],
    results: &mut Results,
) -> Result<(), String> {
    // Programs and columns that are too slow to be measured again.
    let mut slow: Vec<(&str, usize)> = Vec::new();
    for seed in 0..options.layouts {
        let path = folder.join(format!("{}.{seed}.wasm", module.name));
        let bytes = layout::shuffled(&module.bytes, seed).map_err(|e| format!("{}: {e}", module.name))?;
        std::fs::write(&path, &bytes).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut able: Vec<bool> = Vec::new();
        for column in columns.iter_mut() {
            let opened = column.open(&path).and_then(|_| column.fresh());
            if let Err(why) = &opened {
                results.lacks(&module.name, column.name, why);
            }
            able.push(opened.is_ok());
        }
        for program in module.programs.iter().filter(|p| wanted(p.name, module.group.name())) {
            let mut able = able.clone();
            slow.iter().filter(|s| s.0 == program.name).for_each(|s| able[s.1] = false);
            let mut values: Vec<Option<u64>> = vec![None; columns.len()];
            let mut rounds = options.rounds;
            let mut round = 0;
            while round < rounds {
                progress(&format!("{} layout {seed} round {round}", program.name));
                let mut times: Vec<Option<u64>> = vec![None; columns.len()];
                for turn in 0..columns.len() {
                    // Each round begins with a different column.
                    let i = (turn + round) % columns.len();
                    if !able[i] {
                        continue;
                    }
                    let column = &mut columns[i];
                    let mut measured = || {
                        if round == 0 {
                            column.warm_up(|column| {
                                if program.fresh {
                                    column.fresh()?;
                                }
                                column.call(program.export, program.argument)
                            })?;
                        }
                        if round == 0 || program.fresh {
                            column.fresh()?;
                        }
                        column.call(program.export, program.argument)
                    };
                    match measured() {
                        Ok((time, value)) => {
                            times[i] = Some(time);
                            // A program may continue with the state of the previous round, on all columns alike.
                            values[i] = Some(value);
                            if time > 2_000_000_000 {
                                slow.push((program.name, i));
                            }
                        }
                        Err(why) => {
                            results.lacks(program.name, column.name, &why);
                            able[i] = false;
                        }
                    }
                }
                if let Some(first) = (0..columns.len()).find(|&i| times[i].is_some()) {
                    for i in first + 1..columns.len() {
                        if times[i].is_some() && values[i] != values[first] {
                            let (a, b) = (columns[first].name, columns[i].name);
                            let (x, y) = (values[first].unwrap_or_default(), values[i].unwrap_or_default());
                            results.differences.push(format!("{}: {x} on {a}, {y} on {b}", program.name));
                        }
                    }
                }
                let total: u64 = times.iter().flatten().sum();
                if total > 5_000_000_000 {
                    rounds = 1;
                }
                results.runs.push(Run { group: module.group, program: program.name, layout: seed, round, times });
                round += 1;
            }
        }
    }
    Ok(())
}

/// Compile throughput and memory: each module and column in a process of its own.
fn compile(folder: &std::path::Path, options: &Options, results: &mut Results) -> Result<(), String> {
    for module in programs::modules()?.into_iter().filter(|m| programs::COMPILED.contains(&m.name.as_str())) {
        for seed in 0..options.layouts.min(2) {
            let bytes = layout::shuffled(&module.bytes, seed).map_err(|e| format!("{}: {e}", module.name))?;
            let path = folder.join(format!("{}.{seed}.wasm", module.name));
            std::fs::write(&path, &bytes).map_err(|e| format!("{}: {e}", path.display()))?;
            for name in &options.columns {
                progress(&format!("compile {} layout {seed} on {name}", module.name));
                let Ok(mut column) = Column::start(name) else { continue };
                // The first module that a process compiles pays for tables and pages, so a small one goes first.
                let warm = folder.join("empty.0.wasm");
                std::fs::write(&warm, programs::empty()?).map_err(|e| format!("{}: {e}", warm.display()))?;
                if column.open(&warm).is_err() {
                    continue;
                }
                let before = column.reset_peak();
                let Ok(time) = column.open(&path) else { continue };
                let peak = column.peak().zip(before).map(|(peak, before)| peak.saturating_sub(before));
                results.compiles.push(Compile {
                    module: module.name.clone(),
                    bytes: bytes.len(),
                    layout: seed,
                    column: column.name,
                    time,
                    peak,
                });
            }
        }
    }
    Ok(())
}

/// Compiling, instantiating and one call, of an empty module and of a large one.
fn start(
    folder: &std::path::Path,
    options: &Options,
    columns: &mut [Column],
    results: &mut Results,
) -> Result<(), String> {
    let mut modules = vec![("start: empty module", programs::empty()?, 200, "run", 1)];
    if let Some(module) = programs::modules()?.into_iter().find(|m| m.name == "sqlite") {
        let large = layout::repeated(&module.bytes, 10_000_000).map_err(|e| format!("{}: {e}", module.name))?;
        modules.push(("start: module of 10 MB", large, 1, "run", 60));
    } else {
        eprintln!("start: no sqlite (see ci/bench build): A LARGE MODULE IS NOT MEASURED");
    }
    for (name, bytes, times, export, argument) in modules {
        let path = folder.join("start.wasm");
        std::fs::write(&path, &bytes).map_err(|e| format!("{}: {e}", path.display()))?;
        let rounds = if times > 1 { options.rounds } else { 1 };
        for round in 0..rounds {
            progress(&format!("{name} round {round}"));
            for column in columns.iter_mut() {
                match column.start_up(&path, times, export, argument) {
                    Ok(time) => results.starts.push(Start {
                        name,
                        bytes: bytes.len(),
                        column: column.name,
                        round,
                        time: time / times,
                    }),
                    Err(why) => results.lacks(name, column.name, &why),
                }
            }
        }
    }
    Ok(())
}

impl Group {
    fn name(self) -> &'static str {
        match self {
            Group::Programs => "programs",
            Group::Small => "small",
            Group::Vectors => "vectors",
            Group::Objects => "objects",
            Group::Atomics => "atomics",
            Group::Micro => "micro",
        }
    }
}
