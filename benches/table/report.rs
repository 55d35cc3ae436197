//! Ratios, medians, Markdown.

use crate::columns::Column;
use crate::programs::Group;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// One round of a program: nanoseconds by column.
pub struct Run {
    pub group: Group,
    pub program: &'static str,
    pub layout: u64,
    pub round: usize,
    pub times: Vec<Option<u64>>,
}

/// A module, compiled once by a new process.
pub struct Compile {
    pub module: String,
    pub bytes: usize,
    pub layout: u64,
    pub column: &'static str,
    pub time: u64,
    /// Bytes that became resident.
    pub peak: Option<u64>,
}

/// Compiling, instantiating and calling once.
pub struct Start {
    pub name: &'static str,
    pub bytes: usize,
    pub column: &'static str,
    pub round: usize,
    pub time: u64,
}

/// Several threads on one memory.
pub struct Contended {
    pub name: &'static str,
    pub column: &'static str,
    pub round: usize,
    pub time: u64,
    /// Of all threads together.
    pub operations: u64,
}

#[derive(Default)]
pub struct Results {
    columns: Vec<&'static str>,
    versions: Vec<String>,
    pub runs: Vec<Run>,
    pub compiles: Vec<Compile>,
    pub starts: Vec<Start>,
    pub contended: Vec<Contended>,
    /// Where two columns computed different results.
    pub differences: Vec<String>,
    /// The reasons for missing figures, by program or module, and column.
    lacks: BTreeMap<(String, &'static str), String>,
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    if n == 0 { None } else { Some((values[(n - 1) / 2] + values[n / 2]) / 2.0) }
}

/// The ratios of a column's time to a base's, within rounds.
struct Ratio {
    median: f64,
    low: f64,
    high: f64,
}

impl Ratio {
    fn of(mut ratios: Vec<f64>) -> Option<Ratio> {
        let median = median(&mut ratios)?;
        Some(Ratio { median, low: ratios[0], high: ratios[ratios.len() - 1] })
    }

    fn with_spread(&self) -> String {
        format!("{} ({}–{})", short(self.median), short(self.low), short(self.high))
    }
}

/// Formats a number with three digits.
fn short(x: f64) -> String {
    if x < 9.995 {
        format!("{x:.2}")
    } else if x < 99.95 {
        format!("{x:.1}")
    } else {
        format!("{x:.0}")
    }
}

impl Results {
    pub fn new(columns: &[Column]) -> Results {
        Results {
            columns: columns.iter().map(|c| c.name).collect(),
            versions: columns.iter().map(|c| format!("{}: {}", c.name, c.version)).collect(),
            ..Results::default()
        }
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.compiles.is_empty() && self.starts.is_empty() && self.contended.is_empty()
    }

    /// Records that a column cannot run a program.
    pub fn lacks(&mut self, what: &str, column: &'static str, why: &str) {
        let why: String = why.chars().take(90).collect();
        self.lacks.entry((what.into(), column)).or_insert_with(|| {
            eprintln!("\n{what} on {column}: NOT MEASURED: {why}");
            why
        });
    }

    /// Returns the single measurements, as JSON.
    pub fn samples(&self) -> impl Iterator<Item = String> + '_ {
        let runs = self.runs.iter().flat_map(|r| {
            self.columns.iter().zip(&r.times).filter_map(move |(column, time)| {
                time.map(|ns| {
                    serde_json::json!({
                        "program": r.program, "layout": r.layout, "round": r.round, "column": column, "ns": ns
                    })
                })
            })
        });
        let compiles = self.compiles.iter().map(|c| {
            serde_json::json!({
                "compile": c.module, "bytes": c.bytes, "layout": c.layout, "column": c.column, "ns": c.time,
                "peak": c.peak
            })
        });
        let starts = self.starts.iter().map(|s| {
            serde_json::json!({"start": s.name, "bytes": s.bytes, "round": s.round, "column": s.column, "ns": s.time})
        });
        let contended = self.contended.iter().map(|c| {
            serde_json::json!({
                "threads": c.name, "round": c.round, "column": c.column, "ns": c.time, "operations": c.operations
            })
        });
        runs.chain(compiles).chain(starts).chain(contended).map(|v| v.to_string())
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| *c == name)
    }

    fn programs(&self, group: Group) -> Vec<&'static str> {
        let mut names = Vec::new();
        for run in self.runs.iter().filter(|r| r.group == group) {
            if !names.contains(&run.program) {
                names.push(run.program);
            }
        }
        names
    }

    fn ratio(&self, program: &str, column: &str, base: &str) -> Option<Ratio> {
        let (column, base) = (self.column(column)?, self.column(base)?);
        let runs = self.runs.iter().filter(|r| r.program == program);
        Ratio::of(runs.filter_map(|r| Some(r.times[column]? as f64 / r.times[base]? as f64)).collect())
    }

    /// Returns the median time of a program in milliseconds.
    fn time(&self, program: &str, column: &str) -> Option<f64> {
        let column = self.column(column)?;
        let runs = self.runs.iter().filter(|r| r.program == program);
        median(&mut runs.filter_map(|r| r.times[column].map(|t| t as f64 / 1e6)).collect::<Vec<_>>())
    }

    /// Returns the table, followed by the conditions of the measurement.
    pub fn markdown(&self, took: Duration) -> String {
        let mut out = String::new();
        let groups = [
            (Group::Programs, "Programs"),
            (Group::Small, "Small programs"),
            (Group::Vectors, "Vectors"),
            (Group::Objects, "Objects"),
            (Group::Atomics, "Atomic operators"),
            (Group::Micro, "Single operations"),
        ];
        let compiled: Vec<&str> =
            self.columns.iter().copied().filter(|c| c.starts_with("jit") || matches!(*c, "winch" | "v8")).collect();
        let interpreted: Vec<&str> =
            self.columns.iter().copied().filter(|c| matches!(*c, "interp" | "wasm3")).collect();
        if !self.runs.is_empty() {
            self.table(&mut out, "Compiled code: run time, Cranelift = 1", "cranelift", &compiled, &groups);
            self.table(&mut out, "Interpreters: run time, wasmi = 1", "wasmi", &interpreted, &groups);
            if self.column("tiered").is_some() {
                self.table(&mut out, "In tiers, warmed up: run time, jit = 1", "jit", &["tiered"], &groups);
            }
        }
        self.compile_tables(&mut out);
        self.start_table(&mut out);
        self.threads_table(&mut out);
        let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model =
            cpu.lines().find_map(|l| l.strip_prefix("model name")).map_or("?", |m| m.trim_matches([' ', '\t', ':']));
        let cores = cpu.lines().filter(|l| l.starts_with("processor")).count();
        let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "Measured in {} s on {cores} x {model}; load at the end {load}.", took.as_secs());
        let _ = writeln!(out, "Columns: {}.", self.versions.join("; "));
        if !self.lacks.is_empty() {
            out.push_str("\nNot measured:\n\n");
            for ((what, column), why) in &self.lacks {
                let _ = writeln!(out, "- {what} on {column}: {why}");
            }
        }
        out
    }

    fn table(&self, out: &mut String, title: &str, base: &str, columns: &[&str], groups: &[(Group, &str)]) {
        let main = columns.iter().find(|c| matches!(**c, "jit" | "interp")).copied();
        let _ = writeln!(out, "### {title}\n");
        let _ =
            writeln!(out, "| program |{} {base}, ms |", columns.iter().map(|c| format!(" {c} |")).collect::<String>());
        let _ = writeln!(out, "|---|{}--:|", "--:|".repeat(columns.len()));
        for (group, name) in groups {
            let programs = self.programs(*group);
            let mut logs: Vec<Vec<f64>> = vec![Vec::new(); columns.len()];
            for program in &programs {
                let _ = write!(out, "| {program} |");
                for (column, logs) in columns.iter().zip(&mut logs) {
                    match self.ratio(program, column, base) {
                        Some(ratio) => {
                            logs.push(ratio.median.ln());
                            let text = if Some(*column) == main { ratio.with_spread() } else { short(ratio.median) };
                            let _ = write!(out, " {text} |");
                        }
                        None => match self.time(program, column) {
                            // There is a time, but no base to compare it with.
                            Some(ms) => drop(write!(out, " {ms:.1} ms |")),
                            None => out.push_str(" – |"),
                        },
                    }
                }
                let _ = match self.time(program, base) {
                    Some(ms) => writeln!(out, " {ms:.1} |"),
                    None => writeln!(out, " – |"),
                };
            }
            if programs.len() > 1 {
                let means = logs.iter().map(|l| match l.len() {
                    0 => " – |".into(),
                    n => format!(" **{}** |", short((l.iter().sum::<f64>() / n as f64).exp())),
                });
                let _ = writeln!(out, "| **{name}, geometric mean** |{} |", means.collect::<String>());
            }
        }
        out.push('\n');
    }

    fn threads_table(&self, out: &mut String) {
        let mut names: Vec<&str> = self.contended.iter().map(|c| c.name).collect();
        names.dedup();
        if names.is_empty() {
            return;
        }
        out.push_str("### Threads on one memory: ns per operation, wall-clock time\n\n");
        let _ = writeln!(out, "| program |{}", self.columns.iter().map(|c| format!(" {c} |")).collect::<String>());
        let _ = writeln!(out, "|---|{}", "--:|".repeat(self.columns.len()));
        for name in names {
            let _ = write!(out, "| {name} |");
            for column in &self.columns {
                let all = self.contended.iter().filter(|c| c.name == name && c.column == *column);
                let each = all.map(|c| c.time as f64 / c.operations as f64);
                let _ = match median(&mut each.collect::<Vec<_>>()) {
                    Some(ns) => write!(out, " {} |", short(ns)),
                    None => write!(out, " – |"),
                };
            }
            out.push('\n');
        }
        out.push('\n');
    }

    fn compile_tables(&self, out: &mut String) {
        let mut modules: Vec<(&str, usize)> = Vec::new();
        for compile in self.compiles.iter().filter(|c| c.layout == 0) {
            if !modules.iter().any(|m| m.0 == compile.module) {
                modules.push((&compile.module, compile.bytes));
            }
        }
        if modules.is_empty() {
            return;
        }
        let mut columns: Vec<&str> = Vec::new();
        for compile in &self.compiles {
            if !columns.contains(&compile.column) {
                columns.push(compile.column);
            }
        }
        type Value = fn(&Compile) -> Option<f64>;
        let tables: [(&str, Value); 2] = [
            ("Compiling: MB of WebAssembly a CPU second", |c| Some(c.bytes as f64 / 1e6 / (c.time as f64 / 1e9))),
            ("Compiling: resident memory at the peak, MB", |c| c.peak.map(|p| p as f64 / 1e6)),
        ];
        for (title, value) in tables {
            let _ = writeln!(out, "### {title}\n");
            let _ = writeln!(out, "| module | MB |{}", columns.iter().map(|c| format!(" {c} |")).collect::<String>());
            let _ = writeln!(out, "|---|--:|{}", "--:|".repeat(columns.len()));
            for (module, bytes) in &modules {
                let _ = write!(out, "| {module} | {:.2} |", *bytes as f64 / 1e6);
                for column in &columns {
                    let all = self.compiles.iter().filter(|c| c.module == *module && c.column == *column);
                    let _ = match median(&mut all.filter_map(value).collect::<Vec<_>>()) {
                        Some(x) => write!(out, " {} |", short(x)),
                        None => write!(out, " – |"),
                    };
                }
                out.push('\n');
            }
            out.push('\n');
        }
    }

    fn start_table(&self, out: &mut String) {
        if self.starts.is_empty() {
            return;
        }
        let mut names: Vec<(&str, usize)> = Vec::new();
        for start in &self.starts {
            if !names.iter().any(|n| n.0 == start.name) {
                names.push((start.name, start.bytes));
            }
        }
        out.push_str("### Starting: compile, instantiate, call once; CPU ms\n\n");
        let _ =
            writeln!(out, "| module | bytes |{}", self.columns.iter().map(|c| format!(" {c} |")).collect::<String>());
        let _ = writeln!(out, "|---|--:|{}", "--:|".repeat(self.columns.len()));
        for (name, bytes) in names {
            let _ = write!(out, "| {name} | {bytes} |");
            for column in &self.columns {
                let all = self.starts.iter().filter(|s| s.name == name && s.column == *column);
                let _ = match median(&mut all.map(|s| s.time as f64 / 1e6).collect::<Vec<_>>()) {
                    Some(ms) if ms < 1.0 => write!(out, " {ms:.3} |"),
                    Some(ms) => write!(out, " {} |", short(ms)),
                    None => write!(out, " – |"),
                };
            }
            out.push('\n');
        }
        out.push('\n');
    }
}
