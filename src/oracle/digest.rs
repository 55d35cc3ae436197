//! A hash of a memory, computed in Rust, or by a module in the engine that holds the memory.
//!
//! Copying a memory out of an engine and hashing it there costs more than most calls that changed it. So an oracle
//! instantiates a small module that imports the memory and exports `h: [] -> [i64]`, and the
//! length in bytes as `n: [] -> [i64]`.
//!
//! The hash starts with [`SEED`], and a word is mixed in by `h = rotl((h ^ word) * FACTOR, 29)`: first the length; then, for each
//! block of [`BLOCK`] bytes that are not all zero, its offset, its words (little-endian), and a last word of the left-over bytes,
//! with their number in the top byte. The result is `h ^ h >> 32`. Untouched pages do not change the hash, so a caller that knows
//! the touched ones need not read the others.

use super::probe::{SUBJECT, at};
use wasm_encoder::{BlockType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection};
use wasm_encoder::{ImportSection, InstructionSink, MemoryType, Module, TypeSection, ValType};

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
const FACTOR: u64 = 0xff51_afd7_ed55_8ccd;
/// The size of a block in bytes; blocks that are all zero are left out.
pub const BLOCK: usize = 4096;

/// A hash of the contents and the length of a memory.
pub fn digest(bytes: &[u8]) -> u64 {
    let mut hash = SEED;
    let mut word = |w: u64| hash = (hash ^ w).wrapping_mul(FACTOR).rotate_left(29);
    word(bytes.len() as u64);
    for (n, block) in bytes.chunks(BLOCK).enumerate() {
        if block.iter().all(|&b| b == 0) {
            continue;
        }
        word((n * BLOCK) as u64);
        let (words, rest) = block.as_chunks::<8>();
        words.iter().for_each(|w| word(u64::from_le_bytes(*w)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        word(u64::from_le_bytes(last) ^ (rest.len() as u64) << 56);
    }
    hash ^ hash >> 32
}

/// A module that computes [`digest`] of the memory of this type, which it imports under this name.
pub fn hasher(name: &str, ty: wasmparser::MemoryType) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([], [ValType::I64]);
    let mut imports = ImportSection::new();
    let imported = MemoryType {
        minimum: 0,
        maximum: if ty.shared { ty.maximum } else { None },
        memory64: ty.memory64,
        shared: ty.shared,
        page_size_log2: ty.page_size_log2,
    };
    imports.import(SUBJECT, name, EntityType::Memory(imported));
    let mut functions = FunctionSection::new();
    functions.function(0).function(0);
    let mut exports = ExportSection::new();
    exports.export("h", ExportKind::Func, 0).export("n", ExportKind::Func, 1);
    let page_size_log2 = ty.page_size_log2.unwrap_or(16);
    let mut code = CodeSection::new();
    code.function(&body(ty.memory64, page_size_log2)).function(&length(ty.memory64, page_size_log2));
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

/// Pushes the length of the memory in bytes on the operand stack.
fn bytes(code: &mut InstructionSink<'_>, wide: bool, page_size_log2: u32) {
    code.memory_size(0);
    if !wide {
        code.i64_extend_i32_u();
    }
    code.i64_const(i64::from(page_size_log2)).i64_shl();
}

fn length(wide: bool, page_size_log2: u32) -> Function {
    let mut out = Function::new([]);
    bytes(&mut out.instructions(), wide, page_size_log2);
    out.instructions().end();
    out
}

fn body(wide: bool, page_size_log2: u32) -> Function {
    const LOCALS: u32 = 7;
    let [len, from, end, i, any, rest, hash] = std::array::from_fn(|n| n as u32);
    let mut out = Function::new([(LOCALS, ValType::I64)]);
    let mut code = out.instructions();
    let c = &mut code;
    let address = |c: &mut InstructionSink<'_>, local| {
        c.local_get(local);
        if !wide {
            c.i32_wrap_i64();
        }
    };
    // Mixes in the word on top of the stack.
    let word = |c: &mut InstructionSink<'_>| {
        c.local_get(hash).i64_xor().i64_const(FACTOR as i64).i64_mul().i64_const(29).i64_rotl().local_set(hash);
    };
    // Runs `each` for `i` from `from`, in steps of 8, as long as 8 bytes are left before `end`.
    let words = |c: &mut InstructionSink<'_>, each: &dyn Fn(&mut InstructionSink<'_>)| {
        c.local_get(from).local_set(i).block(BlockType::Empty).loop_(BlockType::Empty);
        c.local_get(i).i64_const(8).i64_add().local_get(end).i64_gt_u().br_if(1);
        address(c, i);
        c.i64_load(at(0));
        each(c);
        c.local_get(i).i64_const(8).i64_add().local_set(i).br(0).end().end();
    };

    bytes(c, wide, page_size_log2);
    c.local_set(len);
    c.i64_const(SEED as i64).local_set(hash).local_get(len);
    word(c);
    c.block(BlockType::Empty).loop_(BlockType::Empty);
    c.local_get(from).local_get(len).i64_ge_u().br_if(1);
    // end = min(from + BLOCK, len)
    c.local_get(from).i64_const(BLOCK as i64).i64_add().local_tee(end).local_get(len);
    c.local_get(end).local_get(len).i64_lt_u().select().local_set(end);
    c.i64_const(0).local_set(any);
    words(c, &|c| {
        c.local_get(any).i64_or().local_set(any);
    });
    // The bytes from `i` on, the last one first; `end` is unchanged afterwards.
    c.i64_const(0).local_set(rest).block(BlockType::Empty).loop_(BlockType::Empty);
    c.local_get(end).local_get(i).i64_le_u().br_if(1);
    c.local_get(end).i64_const(1).i64_sub().local_set(end);
    c.local_get(rest).i64_const(8).i64_shl();
    address(c, end);
    c.i64_load8_u(at(0)).i64_or().local_set(rest).br(0).end().end();
    c.local_get(from).i64_const(BLOCK as i64).i64_add().local_tee(end).local_get(len);
    c.local_get(end).local_get(len).i64_lt_u().select().local_set(end);

    c.local_get(any).local_get(rest).i64_or().i64_eqz().if_(BlockType::Empty).else_();
    c.local_get(from);
    word(c);
    words(c, &|c| word(c));
    c.local_get(end).local_get(i).i64_sub().i64_const(56).i64_shl().local_get(rest).i64_xor();
    word(c);
    c.end();
    c.local_get(from).i64_const(BLOCK as i64).i64_add().local_set(from).br(0).end().end();
    c.local_get(hash).local_get(hash).i64_const(32).i64_shr_u().i64_xor().end();
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Config, Engine};
    use crate::module::features;
    use crate::runtime::store::{Extern, Limits};
    use crate::runtime::value::Val;
    use std::sync::Arc;

    /// Tests memories of every kind, with bytes at the ends of words, of blocks, and of the memory.
    #[test]
    fn a_memory_has_one_hash_wherever_it_is_computed() {
        let engine = Engine::new(Config::default()).expect("the interpreter");
        let compile = |bytes: &[u8]| {
            let module = crate::module::Module::new(bytes, features::all()).expect("valid");
            engine.compile(&Arc::new(module)).expect("compiled")
        };
        for (ty, len) in [
            ("0", 0_usize),
            ("1 3", 1 << 16),
            ("i64 1", 1 << 16),
            ("1 2 shared", 1 << 16),
            ("9 (pagesize 1)", 9),
            ("4096 (pagesize 1)", 4096),
            ("8203 9000 (pagesize 1)", 8203),
        ] {
            let code = compile(&wat::parse_str(format!("(module (memory (export \"m\") {ty}))")).expect("a module"));
            let hasher = compile(&hasher("m", code.module().memories[0]));
            let mut store = engine.store(Limits::default());
            let subject = store.instantiate(code, &[]).expect("an instance");
            let exported = store.export(subject, "m").expect("a memory");
            let hasher = store.instantiate(hasher, &[exported]).expect("an instance");
            let Extern::Memory(memory) = exported else { panic!("{exported:?}") };
            let places = [0_usize, 7, 8, 4095, 4096, 8191, 8192, 8202, 40_000, 65_535];
            for places in [&[][..], &places[..1], &places[7..8], &places[..]] {
                for at in places.iter().filter(|at| **at < len) {
                    store.memory_bytes_mut(memory)[*at] = *at as u8 | 1;
                }
                let bytes = store.memory_bytes(memory);
                let expected = [("n", len as u64), ("h", digest(bytes))];
                assert_eq!(bytes.len(), len, "{ty}");
                for (name, value) in expected {
                    let Some(Extern::Func(function)) = store.export(hasher, name) else { panic!("no {name}") };
                    assert_eq!(store.call(function, &[]), Ok(vec![Val::I64(value)]), "{name} of {ty}, {places:?}");
                }
            }
        }
    }
}
