//! Bytecode as text.

use super::continuations::handler;
use super::encoding::{Resumption, decode};
use super::handlers::Op;
use super::translate::{Unsupported, translate_with};
use crate::config::Config;
use crate::module::{BodyIndex, Module};
use std::fmt::Write;

/// Lists the bytecode of a body: word index, offset of the operator in the module's binary, operation, operands.
/// `l[-2]` is a local (relative to the frame pointer), `t0` the temporary of height 0, `->0012` a jump.
///
/// # Errors
/// As [`translate`](super::translate::translate).
pub fn disassemble(module: &Module, body: BodyIndex) -> Result<String, Unsupported> {
    disassemble_with(module, body, &Config::default())
}

/// As [`disassemble`], with a configuration.
///
/// # Errors
/// As [`translate`](super::translate::translate).
pub fn disassemble_with(module: &Module, body: BodyIndex, config: &Config) -> Result<String, Unsupported> {
    // Heads of chained code are addresses: the code is translated for the loop dispatcher, so that it can be read.
    let code = translate_with(module, body, false, config, None)?;
    let mut out = String::new();
    let _ = writeln!(out, "locals {}, extent {}", code.locals, code.extent);
    let mut at = super::code::ENTRY;
    while at < code.words.len() {
        let op = Op::ALL[code.words[at] as usize];
        let (name, mode) = op.mnemonic();
        let offset = code.wasm_offset(at as u32).unwrap_or(0);
        let _ = write!(out, "{at:04} {offset:06x} {name}{mode}");
        op.layout().show(&code.words[at + 1..], at, &mut out);
        let start = at;
        at += 1 + op.layout().words();
        if op == Op::BrTable {
            let count = (code.words[start + 1] >> 32) as usize + 1;
            for &to in &code.words[at..at + count] {
                let _ = write!(out, " ->{:04}", start as i64 + i64::from(to as i32));
            }
            at += count;
        }
        if let Op::Resume | Op::ResumeThrow | Op::ResumeThrowRef = op {
            let resumption: Resumption = decode(&code.words[start + 1..]);
            for _ in 0..resumption.handlers {
                let on = if code.words[at] & handler::ON_SWITCH != 0 { "switch" } else { "on" };
                let (tag, to) = (code.words[at] as u32, start as i64 + i64::from(code.words[at + 1] as i32));
                let _ = write!(out, " ({on} {tag} ->{to:04})");
                at += 2;
            }
        }
        out.push('\n');
    }
    for handler in &code.handlers {
        let _ = write!(out, "try {:04}..{:04}", handler.start, handler.end);
        if let Some(level) = handler.delegate {
            let _ = write!(out, " (delegate {level})");
        }
        for catch in &handler.catches {
            let tag = catch.tag.map_or("all".to_string(), |t| t.to_string());
            let with_ref = if catch.ref_to.is_some() { " ref" } else { "" };
            let _ = write!(out, " (catch {tag}{with_ref} ->{:04})", catch.target);
        }
        out.push('\n');
    }
    Ok(out)
}
