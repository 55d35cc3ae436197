//! One function in all its stages: WebAssembly, bytecode, SSA as built and after each pass, machine instructions before and after
//! register allocation, assembly.
//!
//! Each stage is a list of lines. A line has the offset of its operator in the module's binary, if there is one, so that lines of
//! different stages can be related; a line of assembly also has the offset of its code. A stage that a backend cannot make has
//! the reason instead, and the stages that depend on it are absent.

use crate::engine::Config;
use crate::interp;
use crate::jit::ir;
use crate::jit::pipeline::{build_observed, machine};
use crate::module::{BodyIndex, BodyKind, Module};
use crate::runtime::compile_error::CompileError;
use crate::text::counted;
use crate::triage::script::PrintError;
use std::io;
use wasmparser::{BinaryReader, OperatorsReader};

pub use crate::jit::code::FunctionCode;
pub use crate::jit::listing::StageLine;
pub use crate::jit::pipeline::Beginning;

/// The kind of a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StageKind {
    /// The text format.
    Wasm,
    /// The bytecode of the interpreter.
    Bytecode,
    /// SSA as built by the frontend.
    Ir,
    /// SSA after a pass.
    Pass,
    /// Machine instructions before allocation.
    Mach,
    /// Machine instructions after allocation.
    Regalloc,
    /// Assembly.
    Asm,
}

impl StageKind {
    /// All kinds, in order.
    pub const ALL: [StageKind; 7] = [
        StageKind::Wasm,
        StageKind::Bytecode,
        StageKind::Ir,
        StageKind::Pass,
        StageKind::Mach,
        StageKind::Regalloc,
        StageKind::Asm,
    ];

    /// Returns the command line's name for the kind.
    pub fn name(self) -> &'static str {
        match self {
            StageKind::Wasm => "wasm",
            StageKind::Bytecode => "bytecode",
            StageKind::Ir => "ir",
            StageKind::Pass => "opt",
            StageKind::Mach => "mach",
            StageKind::Regalloc => "regalloc",
            StageKind::Asm => "asm",
        }
    }

    /// Returns the kind with this name on the command line.
    ///
    /// # Errors
    /// No kind has this name.
    pub fn parse(name: &str) -> Result<StageKind, UnknownStage> {
        StageKind::ALL.into_iter().find(|k| k.name() == name).ok_or(UnknownStage)
    }
}

/// An unknown name of a [`StageKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}", StageKind::ALL.map(StageKind::name).join(", "))]
pub struct UnknownStage;

/// A function at one stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The kind.
    pub kind: StageKind,
    /// `wasm`, `bytecode`, `ssa`, the name of the pass, `mach`, `regalloc`, `asm`.
    pub name: String,
    /// A description in a few words.
    pub about: String,
    /// The lines; empty if the stage could not be made.
    pub lines: Vec<StageLine>,
    /// The reason why there are no lines.
    pub problem: Option<String>,
}

/// The reason why a stage cannot be shown.
#[derive(Debug, thiserror::Error)]
enum StageError {
    #[error(transparent)]
    Compile(#[from] CompileError),
    #[error(transparent)]
    Translate(#[from] interp::Unsupported),
    #[error("wasmprinter: {0}")]
    Print(#[source] PrintError),
    #[error(transparent)]
    Read(#[from] wasmparser::Error),
}

impl Stage {
    fn new(kind: StageKind, name: &str, about: impl Into<String>, lines: Result<Vec<StageLine>, StageError>) -> Stage {
        let (lines, problem) = match lines {
            Ok(lines) => (lines, None),
            Err(problem) => (Vec::new(), Some(problem.to_string())),
        };
        Stage { kind, name: name.into(), about: about.into(), lines, problem }
    }

    /// Returns the text of all lines, one below the other.
    pub fn text(&self) -> String {
        self.lines.iter().map(|l| format!("{}\n", l.text)).collect()
    }
}

/// All stages of a function.
#[derive(Clone, Debug)]
pub struct Stages {
    /// The function index, including imports; `None` for a constant expression.
    pub func: Option<u32>,
    /// The name of the function.
    pub name: String,
    /// In the order of [`StageKind`]; passes are in the order in which they ran.
    pub stages: Vec<Stage>,
    /// The machine code and its tables, if they were made.
    pub code: Option<FunctionCode>,
}

impl Stages {
    /// Returns the first stage of a kind.
    pub fn get(&self, kind: StageKind) -> Option<&Stage> {
        self.stages.iter().find(|s| s.kind == kind)
    }
}

/// Takes a body through its stages under a configuration, in every tier. Compiled code starts at that beginning.
///
/// The code is the one that runs when the module is compiled under this configuration, except for the distances of
/// direct calls, which depend on the other functions.
///
/// # Panics
/// If the module has no such body, or the body no such loop.
pub fn stages(module: &Module, body: BodyIndex, beginning: Beginning, config: &Config) -> Stages {
    let func = match module.bodies[body.0 as usize].kind {
        BodyKind::Function(func) => Some(func),
        BodyKind::Const(_) => None,
    };
    let name = func.map_or_else(|| format!("const_{}", body.0), |f| module.display_name(f));
    let mut all = vec![
        Stage::new(StageKind::Wasm, "wasm", "WebAssembly", wasm(module, body)),
        Stage::new(StageKind::Bytecode, "bytecode", "bytecode of the interpreter", bytecode(module, body, config)),
    ];
    let mut passes = Vec::new();
    let built = build_observed(module, body, beginning, config, &mut |pass, function| {
        passes.push(match pass {
            "" => Stage::new(StageKind::Ir, "ssa", "SSA as it was built", Ok(ssa(function))),
            pass => Stage::new(StageKind::Pass, pass, format!("SSA after {pass}"), Ok(ssa(function))),
        });
    });
    all.append(&mut passes);
    let call_names = |func: u32| module.short_name(func);
    let made = match built {
        Ok(function) => machine(module, &function, config, &call_names).map_err(|e| (StageKind::Mach, e)),
        Err(e) => Err((if all.len() > 2 { StageKind::Pass } else { StageKind::Ir }, e)),
    };
    let mut code = None;
    match made {
        Ok(made) => {
            let size = made.code.code_end;
            all.push(Stage::new(StageKind::Mach, "mach", "machine instructions, virtual registers", Ok(made.before)));
            all.push(Stage::new(
                StageKind::Regalloc,
                "regalloc",
                "machine instructions, registers allocated",
                Ok(made.after),
            ));
            all.push(Stage::new(
                StageKind::Asm,
                "asm",
                format!("assembly, {}", counted(size, "byte")),
                Ok(made.assembly),
            ));
            code = Some(made.code);
        }
        Err((kind, e)) => {
            let name = if kind == StageKind::Ir { "ssa" } else { kind.name() };
            all.push(Stage::new(kind, name, "failed", Err(e.into())));
        }
    }
    Stages { func, name, stages: all, code }
}

fn ssa(function: &ir::Function) -> Vec<StageLine> {
    let of = |offset: u32| Some(offset).filter(|&o| o != 0);
    function.lines().into_iter().map(|(text, offset)| StageLine { text, wasm: of(offset), code: None }).collect()
}

fn bytecode(module: &Module, body: BodyIndex, config: &Config) -> Result<Vec<StageLine>, StageError> {
    let listing = interp::disassemble_with(module, body, config)?;
    let line = |text: &str| {
        // `0012 0000a4 i32.add …`: the second word is the offset.
        let offset = match text.split_once(' ') {
            Some((at, rest)) if at.bytes().all(|b| b.is_ascii_digit()) => rest
                .split_once(' ')
                .and_then(|(offset, rest)| u32::from_str_radix(offset, 16).ok().map(|o| (format!("{at} {rest}"), o))),
            _ => None,
        };
        match offset {
            Some((text, offset)) => StageLine { text, wasm: Some(offset), code: None },
            None => StageLine::heading(text),
        }
    };
    Ok(listing.lines().map(line).collect())
}

/// Prints the body in the text format.
fn wasm(module: &Module, body: BodyIndex) -> Result<Vec<StageLine>, StageError> {
    let range = &module.bodies[body.0 as usize].range;
    if let BodyKind::Const(_) = module.bodies[body.0 as usize].kind {
        return operators(module, body);
    }
    let mut printer = Section { first: range.start as u64, last: range.end as u64, lines: Vec::new(), inside: false };
    let mut config = wasmprinter::Config::new();
    let printed = config.indent_text("  ").features(module.features).print(&module.bytes, &mut printer);
    // The text after the function does not matter, and neither do errors in it.
    if let Err(e) = printed
        && !printer.is_finished()
    {
        return Err(StageError::Print(e.into()));
    }
    let mut lines = printer.lines;
    // The indentation of the module's fields.
    for line in &mut lines {
        line.text = line.text.strip_prefix("  ").unwrap_or(&line.text).trim_end().to_string();
    }
    lines.retain(|l| !l.text.is_empty());
    Ok(lines)
}

/// The lines of a printed module that belong to a range of its binary.
struct Section {
    first: u64,
    last: u64,
    lines: Vec<StageLine>,
    inside: bool,
}

impl Section {
    fn is_finished(&self) -> bool {
        !self.inside && !self.lines.is_empty()
    }
}

impl wasmprinter::Print for Section {
    fn write_str(&mut self, text: &str) -> io::Result<()> {
        if self.is_finished() {
            // A module can be large, so printing stops here.
            return Err(io::ErrorKind::Interrupted.into());
        }
        if self.inside
            && let Some(line) = self.lines.last_mut()
        {
            line.text.push_str(text);
        }
        Ok(())
    }

    fn newline(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn start_line(&mut self, offset: Option<u64>) {
        self.inside = match offset {
            Some(offset) => (self.first..self.last).contains(&offset),
            None => self.inside,
        };
        if self.inside {
            self.lines.push(StageLine { text: String::new(), wasm: offset.map(|o| o as u32), code: None });
        }
    }
}

/// Prints the operators one by one, for bodies that have no text of their own.
fn operators(module: &Module, body: BodyIndex) -> Result<Vec<StageLine>, StageError> {
    let range = module.bodies[body.0 as usize].range.clone();
    let start = range.start;
    let bytes = &module.bytes[range];
    let mut reader = OperatorsReader::new(BinaryReader::new(bytes, start as u64));
    let mut lines = Vec::new();
    while !reader.eof() {
        let (operator, offset) = reader.read_with_offset()?;
        lines.push(StageLine { text: format!("  {operator:?}"), wasm: Some(offset as u32), code: None });
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, Mode, OptLevel, Tier};
    use std::sync::Arc;

    fn module(text: &str) -> Arc<Module> {
        let bytes = wat::parse_str(text).unwrap();
        Arc::new(Module::new(&bytes, crate::module::WasmFeatures::all()).unwrap())
    }

    const PROGRAM: &str = r#"(module (memory 1) (tag $oops (param i32))
        (func $first (param $x i32) (result i32) (i32.add (local.get $x) (i32.const 7)))
        (func $second (param i32 f64) (result i32) (local i64)
          (block $h (result i32)
            (try_table (result i32) (catch $oops $h)
              (i32.div_s (call $first (local.get 0)) (i32.load offset=8 (local.get 0))))))
        (func $third (param i32) (result i32)
          (block (block (block (br_table 0 1 2 (local.get 0)))
            (return (i32.trunc_f32_s (f32.mul (f32.convert_i32_s (local.get 0)) (f32.const 1.5)))))
            (return (memory.grow (i32.const 1))))
          (unreachable))
        (global i32 (i32.const 5)))"#;

    fn config(opt: OptLevel) -> Config {
        Config { mode: Mode::All(Tier::Jit), opt, ..Config::default() }
    }

    fn stage(all: &Stages, kind: StageKind) -> &Stage {
        all.get(kind).unwrap_or_else(|| panic!("no {kind:?}"))
    }

    /// Returns the offsets of a stage's lines.
    fn offsets(stage: &Stage) -> Vec<u32> {
        let mut all: Vec<u32> = stage.lines.iter().filter_map(|l| l.wasm).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    #[test]
    fn every_stage_is_there_and_linked() {
        let module = module(PROGRAM);
        let all = stages(&module, BodyIndex(1), Beginning::Entry, &config(OptLevel::O2));
        assert_eq!((all.func, all.name.as_str()), (Some(1), "second"));
        for kind in StageKind::ALL {
            let stage = stage(&all, kind);
            assert_eq!(stage.problem, None);
            assert!(stage.lines.len() > 3, "{}:\n{}", stage.name, stage.text());
            assert!(stage.lines.iter().all(|l| !l.text.contains('\n')));
        }
        let wasm = stage(&all, StageKind::Wasm);
        assert!(wasm.lines[0].text.starts_with("(func $second"), "{}", wasm.text());
        assert_eq!(wasm.lines.len(), 12, "{}", wasm.text());
        let load = wasm.lines.iter().find(|l| l.text.contains("i32.load")).unwrap().wasm;
        let range = &module.bodies[1].range;
        assert_eq!(module.bytes[load.unwrap() as usize], 0x28, "the opcode is where the line says");
        for kind in StageKind::ALL {
            let stage = stage(&all, kind);
            assert!(offsets(stage).contains(&load.unwrap()), "{}:\n{}", stage.name, stage.text());
            assert!(offsets(stage).iter().all(|&o| range.contains(&(o as usize))), "{kind:?}");
        }
        let asm = stage(&all, StageKind::Asm).text();
        for text in [
            "call first",
            "trap: out of bounds memory access (memory 0)",
            "trap: integer divide by zero",
            "catch tag 0: L",
        ] {
            assert!(asm.contains(text), "no {text:?}:\n{asm}");
        }
        assert!(all.stages.iter().filter(|s| s.kind == StageKind::Pass).count() > 5);
    }

    #[test]
    fn tables_constants_and_libcalls_have_names() {
        let module = module(PROGRAM);
        for opt in [OptLevel::O0, OptLevel::O1, OptLevel::O2] {
            let all = stages(&module, BodyIndex(2), Beginning::Entry, &config(opt));
            let asm = stage(&all, StageKind::Asm).text();
            for text in ["call memory_grow", ".long L", ".byte", "trap: unreachable"] {
                assert!(asm.contains(text), "{opt:?}: no {text:?}:\n{asm}");
            }
        }
    }

    /// The stages show the code that runs, except for the distances of direct calls.
    #[test]
    fn the_code_is_the_code_that_runs() {
        let module = module(PROGRAM);
        for opt in [OptLevel::O0, OptLevel::O2] {
            let config = config(opt);
            let engine = Engine::new(config.clone()).unwrap();
            let whole = engine.code_bytes(&engine.compile(&module).unwrap());
            for body in [0, 2] {
                let shown = stages(&module, BodyIndex(body), Beginning::Entry, &config).code.unwrap();
                assert!(shown.function_refs.is_empty());
                assert!(whole.windows(shown.bytes.len()).any(|w| w == shown.bytes), "{opt:?}, body {body}");
            }
        }
    }

    #[test]
    fn constant_expressions_too() {
        let all = stages(&module(PROGRAM), BodyIndex(3), Beginning::Entry, &config(OptLevel::O2));
        assert_eq!(all.func, None);
        assert!(
            stage(&all, StageKind::Wasm).text().contains("I32Const { value: 5 }"),
            "{}",
            stage(&all, StageKind::Wasm).text()
        );
    }

    /// A missing backend is reported, and the other stages are still present.
    #[test]
    fn a_problem_is_shown() {
        let module = module(PROGRAM);
        let all = stages(
            &module,
            BodyIndex(0),
            Beginning::Entry,
            &Config { passes: Some(vec!["nonsense".into()]), ..config(OptLevel::O2) },
        );
        let failed = all.stages.last().unwrap();
        assert!(failed.problem.as_ref().unwrap().contains("unknown pass 'nonsense'"), "{failed:?}");
        assert_eq!(failed.kind, StageKind::Pass);
        assert_eq!(stage(&all, StageKind::Ir).problem, None);
        assert!(all.get(StageKind::Asm).is_none() && all.code.is_none());
    }

    /// For a function that no backend supports, the text is shown, and what each backend lacks.
    #[test]
    fn a_function_that_is_not_supported_has_its_text() {
        let module = module(
            "(module (global $g (mut i32) (i32.const 0))
               (func (local (ref null (shared any))) (drop (global.atomic.get seqcst $g))))",
        );
        let all = stages(&module, BodyIndex(0), Beginning::Entry, &config(OptLevel::O2));
        let kinds: Vec<(StageKind, &str, bool)> =
            all.stages.iter().map(|stage| (stage.kind, stage.name.as_str(), stage.problem.is_some())).collect();
        let expected =
            [(StageKind::Wasm, "wasm", false), (StageKind::Bytecode, "bytecode", true), (StageKind::Ir, "ssa", true)];
        assert_eq!(kinds, expected);
        let problem = all.stages[2].problem.as_ref().unwrap();
        assert!(problem.contains("shared-everything-threads"), "{problem}");
    }
}
