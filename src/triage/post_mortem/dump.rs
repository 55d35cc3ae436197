//! The report of a trap: a file with all the details that a person would look at.

use super::{DebugInfo, place, report, tier_name};
use crate::conformance::report::replay::quoted;
use crate::engine::Config;
use crate::module::{BodyIndex, BodyKind, Module, ValType};
use crate::runtime::code::{CALLER_SLOT, CONTEXT_SLOT, RETURN_SLOT};
use crate::runtime::observe::post_mortem::{FRAMES, PostMortem, Registers, Slots};
use crate::runtime::store::{Abort, BacktraceFrame, Extern, MemoryId, Store, Trap};
use crate::target::Target;
use crate::text::counted;
use crate::triage::FileError;
use crate::triage::stages::{Beginning, Stage, StageKind, Stages, stages};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use wasmparser::{BinaryReader, FunctionBody};

/// The program that ran.
#[derive(Clone, Debug)]
pub struct TrapSubject<'a> {
    /// The module's file, as the user wrote it.
    pub file: &'a str,
    /// The decoded module.
    pub module: &'a Module,
    /// The configuration that it ran under.
    pub config: &'a Config,
    /// The command that repeats the run.
    pub replay: &'a str,
    /// The module's DWARF.
    pub debug_info: DebugInfo<'a>,
}

/// The reason why a report cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The folder cannot be made.
    #[error("cannot create the folder {0}")]
    Folder(#[source] FileError),
    /// The file cannot be written.
    #[error("cannot write {0}")]
    File(#[source] FileError),
}

/// The folder for reports. It is opened before the program runs, so that reports go to this folder wherever the program makes its
/// name lead. Missing parts of it are created with the first report, and no link can lead them outside what was there.
#[derive(Debug)]
pub struct DumpFolder {
    /// The path, as the user wrote it.
    path: PathBuf,
    /// The folder, or the innermost enclosing one that exists.
    there: Dir,
    /// The missing part of the path below that one; empty if nothing is missing.
    missing: PathBuf,
}

impl DumpFolder {
    /// Opens the folder `real`, an absolute path, or the part of it that exists. `path` is the user's name for it.
    ///
    /// # Errors
    /// [`DumpError::Folder`].
    pub fn open(path: &Path, real: &Path) -> Result<DumpFolder, DumpError> {
        let there = real.ancestors().find(|folder| folder.is_dir()).unwrap_or(real);
        let missing = real.strip_prefix(there).expect("it is around the folder").to_path_buf();
        match Dir::open_ambient_dir(there, ambient_authority()) {
            Ok(there) => Ok(DumpFolder { path: path.to_path_buf(), there, missing }),
            Err(source) => Err(DumpError::Folder(FileError { path: path.to_path_buf(), source })),
        }
    }

    /// Opens the folder itself, and creates what is missing.
    fn whole(&self) -> io::Result<Dir> {
        if self.missing.as_os_str().is_empty() {
            return self.there.try_clone();
        }
        self.there.create_dir_all(&self.missing)?;
        self.there.open_dir(&self.missing)
    }
}

/// Writes a file, which is complete or absent. A link with its name is replaced.
fn write(dir: &Dir, name: &str, text: &str) -> io::Result<()> {
    let random = getrandom::u64().map_err(|e| io::Error::other(e.to_string()))?;
    let unfinished = format!(".wasmoon-trap-{random:016x}.tmp");
    // Readable according to the user's umask.
    let mut file = dir.open_with(&unfinished, OpenOptions::new().write(true).create_new(true))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| dir.rename(&unfinished, dir, name));
    if written.is_err() {
        let _ = dir.remove_file(&unfinished);
    }
    written
}

/// Writes the report of a trap into a folder. The file is complete or absent. Returns its path. The report has the details
/// that the store recorded at the trap: see [`Store::keep_post_mortem`].
///
/// # Errors
/// See [`DumpError`].
pub fn dump(
    folder: &DumpFolder,
    subject: &TrapSubject<'_>,
    store: &mut Store,
    trap: &Trap,
) -> Result<PathBuf, DumpError> {
    let post_mortem = store.take_post_mortem();
    let text = Dump { subject, store, trap, post_mortem: post_mortem.as_deref() }.text();
    let name = file_name(trap);
    let dir = folder.whole().map_err(|source| DumpError::Folder(FileError { path: folder.path.clone(), source }))?;
    let path = folder.path.join(&name);
    match write(&dir, &name, &text) {
        Ok(()) => Ok(path),
        Err(source) => Err(DumpError::File(FileError { path, source })),
    }
}

/// `jit-trap-62-func_62.log`: one file per function, whatever its name.
fn file_name(trap: &Trap) -> String {
    let frame = trap.backtrace.first();
    let Some(frame) = frame else { return "trap-instantiation.log".to_string() };
    let tier = match tier_name(Some(frame)) {
        "JIT " => "jit",
        "Evaluator " => "eval",
        _ => "interp",
    };
    let clean = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let name: String = frame.name.chars().take(80).map(clean).collect();
    format!("{tier}-trap-{}-{}.log", frame.function, if name.is_empty() { "unnamed" } else { &name })
}

struct Dump<'a> {
    subject: &'a TrapSubject<'a>,
    store: &'a Store,
    trap: &'a Trap,
    post_mortem: Option<&'a PostMortem>,
}

impl Dump<'_> {
    fn text(&self) -> String {
        let mut out = String::new();
        let show = |_: &Store, _| String::new();
        out.push_str(
            &report(self.store, &Abort::Trap(self.trap.clone()), &show, self.subject.debug_info).unwrap_or_default(),
        );
        self.subject(&mut out);
        let Some(frame) = self.trap.backtrace.first() else {
            out.push_str("\nNo code was running: the instantiation itself trapped.\n");
            return out;
        };
        let all = self.function(&mut out, "Function", frame, 0);
        self.stages(&mut out, frame, &all);
        self.machine(&mut out);
        self.memories(&mut out, frame);
        for (i, caller) in self.trap.backtrace.iter().enumerate().take(FRAMES).skip(1) {
            let all = self.function(&mut out, "Caller", caller, i);
            for kind in
                [StageKind::Wasm, if caller.code_offset.is_some() { StageKind::Asm } else { StageKind::Bytecode }]
            {
                let Some(stage) = all.get(kind) else { continue };
                self.stage(&mut out, caller, stage, AROUND_CALLS);
            }
        }
        out
    }

    /// Describes a frame's function and its values. Returns the function's stages.
    fn function(&self, out: &mut String, what: &str, frame: &BacktraceFrame, number: usize) -> Stages {
        let module = self.store.module(frame.instance);
        let body = BodyIndex(frame.function - module.num_imported_functions);
        let signature = module.body_signature(body);
        let _ = writeln!(out, "\n== {what} {} : {signature}", place(frame));
        if body.0 < module.num_defined_functions() {
            let file = quoted(self.subject.file);
            let _ = writeln!(out, "   wasmoon explore {} --func {}", file, frame.function);
        }
        self.values(out, module, body, signature.params(), number);
        stages(module, body, Beginning::Entry, self.subject.config)
    }

    fn subject(&self, out: &mut String) {
        let bytes = &**self.subject.module.bytes;
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let config = serde_json::to_string(self.subject.config).unwrap_or_else(|e| e.to_string());
        let _ = writeln!(
            out,
            "\n== What was run\n   module   {}, {}, sha256 {hash}\n   again    {}\n   config   {config}\n   \
             wasmoon  {} on {} {}",
            self.subject.file,
            counted(bytes.len(), "byte"),
            self.subject.replay,
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS,
            std::env::consts::ARCH,
        );
    }

    /// Lists parameters, locals and temporaries.
    fn values(&self, out: &mut String, module: &Module, body: BodyIndex, params: &[ValType], number: usize) {
        out.push_str("\n-- Arguments, locals, temporaries\n");
        let slots = self.post_mortem.and_then(|p| p.frames.get(number)?.as_ref());
        let Some(Slots { locals, temporaries }) = slots else {
            let _ = writeln!(
                out,
                "   Not kept by this tier: they are in registers and in the frame, below. `--trace-calls {}` shows the \
                 arguments,\n   `--no-jit` keeps all of them.",
                module.num_imported_functions + body.0
            );
            return;
        };
        let mut types = params.to_vec();
        declared_locals(module, body, &mut types);
        let mut at = 0;
        for (i, &ty) in types.iter().enumerate() {
            let width = crate::runtime::abi::slots_of(ty);
            let Some(slots) = locals.get(at..at + width) else { break };
            let what = if i < params.len() { "param" } else { "local" };
            let _ = writeln!(out, "   {what:5} {i:>3} {ty:>8} {}", value(ty, slots));
            at += width;
        }
        for (i, slot) in temporaries.iter().enumerate() {
            let _ = writeln!(out, "   temp  {i:>3}     bits {slot:#018x}");
        }
    }

    fn stages(&self, out: &mut String, frame: &BacktraceFrame, all: &Stages) {
        let last_pass = all.stages.iter().rfind(|s| s.kind == StageKind::Pass);
        let shown =
            all.stages.iter().filter(|s| s.kind != StageKind::Pass || last_pass.is_some_and(|l| std::ptr::eq(l, *s)));
        for stage in shown {
            self.stage(out, frame, stage, usize::MAX);
        }
    }

    /// Writes one stage with the line that trapped (or called) marked, and `around` lines before and after it.
    fn stage(&self, out: &mut String, frame: &BacktraceFrame, stage: &Stage, around: usize) {
        let _ = writeln!(out, "\n== {} ({})", title(stage.kind), stage.about);
        if let Some(problem) = &stage.problem {
            let _ = writeln!(out, "   {problem}");
        }
        let marked = self.marked(frame, stage);
        let centre = marked.unwrap_or(0);
        let first = centre.saturating_sub(around);
        let last = centre.saturating_add(around).min(stage.lines.len().saturating_sub(1));
        if first > 0 {
            let _ = writeln!(out, "   … {} …", counted(first, "line"));
        }
        for (i, line) in stage.lines.iter().enumerate().take(last + 1).skip(first) {
            let mark = if marked == Some(i) { "=>" } else { "  " };
            let wasm = line.wasm.map_or_else(|| " ".repeat(6), |offset| format!("{offset:6x}"));
            let _ = match (stage.kind, line.code) {
                (StageKind::Asm, Some(code)) => writeln!(out, "{mark} {wasm} {code:6x}  {}", line.text),
                (StageKind::Asm, None) => writeln!(out, "{mark} {wasm}         {}", line.text),
                _ => writeln!(out, "{mark} {wasm}  {}", line.text),
            };
            if marked == Some(i) && stage.kind == StageKind::Asm && self.is_innermost(frame) {
                self.operands(out, &line.text);
            }
        }
        let left = stage.lines.len().saturating_sub(last + 1);
        if left > 0 {
            let _ = writeln!(out, "   … {} …", counted(left, "line"));
        }
    }

    fn is_innermost(&self, frame: &BacktraceFrame) -> bool {
        self.trap.backtrace.first().is_some_and(|first| std::ptr::eq(first, frame))
    }

    /// Returns the line that trapped. In stages other than assembly, this is the operator's last line: earlier ones
    /// prepare it.
    fn marked(&self, frame: &BacktraceFrame, stage: &Stage) -> Option<usize> {
        if stage.kind == StageKind::Asm {
            let code = frame.code_offset?;
            let fault = self.is_innermost(frame) && self.post_mortem?.registers.is_some();
            // A return address is after the call.
            let here = |at: u32| if fault { at <= code } else { at < code };
            return stage.lines.iter().rposition(|l| l.code.is_some_and(here));
        }
        let offset = frame.module_offset?;
        stage.lines.iter().rposition(|l| l.wasm == Some(offset))
    }

    /// Writes the values of the registers that an instruction names.
    fn operands(&self, out: &mut String, text: &str) {
        let Some(registers) = self.post_mortem.and_then(|p| p.registers.as_ref()) else { return };
        let instruction = text.split(';').next().unwrap_or_default();
        let names = &target().registers;
        let mut seen = Vec::new();
        for word in instruction.split(|c: char| !c.is_ascii_alphanumeric()) {
            let Some(register) = (names.in_assembly)(word).map(usize::from) else { continue };
            if !seen.contains(&register) {
                seen.push(register);
                let _ = writeln!(out, "   {:>14} {} = {:#x}", "", names.int[register], registers.general[register]);
            }
        }
    }

    /// Writes the registers and the native stack.
    fn machine(&self, out: &mut String) {
        out.push_str("\n== Registers\n");
        let Some(post_mortem) = self.post_mortem else {
            out.push_str("   Nothing was kept.\n");
            return;
        };
        match (&post_mortem.registers, post_mortem.native) {
            (Some(registers), _) => self.registers(out, registers),
            (None, Some([pc, sp, fp])) => {
                let _ = writeln!(
                    out,
                    "   pc {pc:#x}  sp {sp:#x}  fp {fp:#x}\n   The trap was raised by the runtime, which keeps no \
                     others."
                );
            }
            (None, None) => out.push_str("   None: the interpreter was running.\n"),
        }
        if let Some([_, sp, fp]) = post_mortem.native {
            out.push_str("\n== Native stack of the frame\n");
            for (i, word) in post_mortem.stack.iter().enumerate() {
                let address = (sp & !7) + 8 * i as u64;
                let distance = address.wrapping_sub(fp) as i64;
                let what = match i32::try_from(distance) {
                    Ok(RETURN_SLOT) => "  return address",
                    Ok(CALLER_SLOT) => "  caller's frame",
                    Ok(CONTEXT_SLOT) => "  context",
                    _ => "",
                };
                let _ = writeln!(out, "   [fp{distance:+}] {word:#018x}{what}");
            }
        }
    }

    fn registers(&self, out: &mut String, registers: &Registers) {
        let facts = &target().registers;
        for (row, names) in facts.int.chunks(4).enumerate() {
            out.push_str("  ");
            for (i, name) in names.iter().enumerate() {
                let _ = write!(out, " {name:>3} {:#018x}", registers.general[4 * row + i]);
            }
            out.push('\n');
        }
        let (pc, flags) = (facts.pc, facts.flags);
        let _ = writeln!(out, "   {pc} {:#018x} {flags} {:#x}", registers.pc, registers.flags);
        for (i, value) in registers.vector.iter().enumerate() {
            let double = f64::from_bits(*value as u64);
            let single = f32::from_bits(*value as u32);
            let _ = writeln!(out, "   {:<5} 0x{value:032x}  f64 {double:?}  f32 {single:?}", facts.float[i]);
        }
        if registers.address != 0 {
            let _ = writeln!(out, "   the address that could not be accessed: {:#x}", registers.address);
        }
    }

    /// Writes the contents of the memories at addresses held by registers, locals and temporaries.
    fn memories(&self, out: &mut String, frame: &BacktraceFrame) {
        let memories = self.store.instance_externs(frame.instance).into_iter().filter_map(|e| match e {
            Extern::Memory(memory) => Some(memory),
            _ => None,
        });
        for (i, memory) in memories.enumerate() {
            let bytes = self.store.memory_bytes(memory);
            let _ = writeln!(out, "\n== Memory {i} ({})", counted(bytes.len(), "byte"));
            self.memory(out, memory);
        }
    }

    fn memory(&self, out: &mut String, memory: MemoryId) {
        let bytes = self.store.memory_bytes(memory);
        let (base, len) = (bytes.as_ptr() as u64, bytes.len() as u64);
        // As an address in the memory, and as one of the host.
        let inside =
            |value: u64| [value.checked_sub(base), Some(value), Some(u64::from(value as u32))].into_iter().flatten();
        let mut centres: Vec<(u64, String)> = Vec::new();
        let mut consider = |value: u64, what: String| {
            if let Some(at) = inside(value).find(|&at| at < len).filter(|_| value != 0) {
                centres.push((at, what));
            }
        };
        if let Some(post_mortem) = self.post_mortem {
            if let Some(registers) = &post_mortem.registers {
                if registers.address >= base && registers.address - base < 1 << 34 {
                    let at = registers.address - base;
                    let beyond = counted(at.saturating_sub(len), "byte");
                    let _ = writeln!(out, "   the access was at {at:#x}, {beyond} beyond the end");
                }
                let frame = [target().abi.sp, target().abi.fp];
                for (i, &value) in registers.general.iter().enumerate().filter(|(i, _)| !frame.contains(&(*i as u8))) {
                    consider(value, target().registers.int[i].to_string());
                }
            }
            if let Some(Some(Slots { locals, temporaries })) = post_mortem.frames.first() {
                locals.iter().enumerate().for_each(|(i, &v)| consider(v, format!("local {i}")));
                temporaries.iter().enumerate().for_each(|(i, &v)| consider(v, format!("temp {i}")));
            }
        }
        centres.sort();
        centres.truncate(MOST_PLACES);
        // Overlapping ranges are shown once, under all of their names.
        let around = |at: u64| (at.saturating_sub(32) & !15, (at + 64).min(len).next_multiple_of(16).min(len));
        for group in centres.chunk_by(|a, b| around(b.0).0 <= around(a.0).1) {
            let (first, last) = (group[0].0, group[group.len() - 1].0);
            for same in group.chunk_by(|a, b| a.0 == b.0) {
                let names: Vec<&str> = same.iter().map(|(_, what)| what.as_str()).collect();
                let _ = writeln!(out, "   {:#x}: {}", same[0].0, names.join(", "));
            }
            for row in (around(first).0..around(last).1).step_by(16) {
                hex_row(out, bytes, row);
            }
        }
        if centres.is_empty() {
            out.push_str("   no register or local holds an address in it\n");
        }
    }
}

/// The CPU whose registers were recorded.
fn target() -> &'static Target {
    Target::native().expect("registers are kept of native code alone")
}

/// The number of a caller's lines shown before and after its call.
const AROUND_CALLS: usize = 16;

/// The maximum number of places of a memory that are shown.
const MOST_PLACES: usize = 40;

fn title(kind: StageKind) -> &'static str {
    match kind {
        StageKind::Wasm => "WebAssembly",
        StageKind::Bytecode => "Bytecode",
        StageKind::Ir => "SSA before optimization",
        StageKind::Pass => "SSA after optimization",
        StageKind::Mach => "Machine instructions",
        StageKind::Regalloc => "Register allocation",
        StageKind::Asm => "Assembly",
    }
}

/// Adds the types of the locals that a body declares.
fn declared_locals(module: &Module, body: BodyIndex, types: &mut Vec<ValType>) {
    let body = &module.bodies[body.0 as usize];
    if !matches!(body.kind, BodyKind::Function(_)) {
        return;
    }
    let reader = BinaryReader::new(&module.bytes[body.range.clone()], body.range.start as u64);
    let groups = FunctionBody::new(reader).get_locals_reader().expect("the module was decoded");
    for group in groups {
        let (count, ty) = group.expect("the module was decoded");
        types.extend(std::iter::repeat_n(ty, count as usize));
    }
}

fn value(ty: ValType, slots: &[u64]) -> String {
    let bits = slots[0];
    match ty {
        ValType::I32 => format!("{} ({:#x})", bits as i32, bits as u32),
        ValType::I64 => format!("{} ({bits:#x})", bits as i64),
        ValType::F32 => format!("{:?} ({:#x})", f32::from_bits(bits as u32), bits as u32),
        ValType::F64 => format!("{:?} ({bits:#x})", f64::from_bits(bits)),
        ValType::V128 => format!("0x{:016x}{bits:016x}", slots[1]),
        ValType::Ref(_) if bits == 0 => "null".to_string(),
        ValType::Ref(_) => format!("{bits:#x}"),
    }
}

/// Writes sixteen bytes, as numbers and as characters.
fn hex_row(out: &mut String, bytes: &[u8], at: u64) {
    let row = &bytes[at as usize..bytes.len().min(at as usize + 16)];
    let numbers: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
    let visible = |&byte: &u8| if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' };
    let _ = writeln!(out, "     {at:8x}  {:47}  {}", numbers.join(" "), row.iter().map(visible).collect::<String>());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::store::InstanceId;
    use crate::runtime::trap::TrapCode;

    #[test]
    fn a_report_has_a_file_of_its_function() {
        let named = |tier, name: &str| {
            let frame = BacktraceFrame {
                instance: InstanceId(0),
                function: 62,
                name: name.into(),
                module_offset: None,
                function_offset: None,
                tier,
                code_offset: None,
            };
            file_name(&Trap { backtrace: vec![frame], ..Trap::new(TrapCode::Unreachable) })
        };
        assert_eq!(named("jit", "func_62"), "jit-trap-62-func_62.log");
        assert_eq!(named("interp", "a.b-c d/é"), "interp-trap-62-a.b-c_d__.log");
        assert_eq!(named("eval", ""), "eval-trap-62-unnamed.log");
        assert_eq!(named("interp", &"x".repeat(100)), format!("interp-trap-62-{}.log", "x".repeat(80)));
        assert_eq!(file_name(&Trap::new(TrapCode::Unreachable)), "trap-instantiation.log");
    }

    #[test]
    fn values_of_slots_are_numbers_and_bits() {
        for (ty, slots, text) in [
            (ValType::I32, [0xffff_ffff_ffff_fffe, 0], "-2 (0xfffffffe)"),
            (ValType::I64, [u64::MAX, 0], "-1 (0xffffffffffffffff)"),
            (ValType::F32, [0xffff_ffff_3fc0_0000, 0], "1.5 (0x3fc00000)"),
            (ValType::F64, [1 << 63, 0], "-0.0 (0x8000000000000000)"),
            (ValType::V128, [1, 2], "0x00000000000000020000000000000001"),
            (ValType::FUNCREF, [0, 1], "null"),
            (ValType::FUNCREF, [0x10, 0], "0x10"),
        ] {
            assert_eq!(value(ty, &slots), text);
        }
    }

    #[test]
    fn rows_of_bytes_end_with_the_memory() {
        let row = |bytes: &[u8], at| {
            let mut text = String::new();
            hex_row(&mut text, bytes, at);
            text
        };
        let bytes = *b"0123456789abcdef ~\x7f\n";
        let whole = "30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66";
        assert_eq!(row(&bytes, 0), format!("            0  {whole}  0123456789abcdef\n"));
        assert_eq!(row(&bytes, 16), format!("           10  {:47}   ~..\n", "20 7e 7f 0a"));
    }
}
