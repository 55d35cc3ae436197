//! From a program to its one call that goes wrong.
//!
//! This changes the module and needs no support in the engine. The guilty function becomes a switch between two copies
//! of itself, one executed as on the bad side and one as on the good side, with a counter. Varying the number of calls that go
//! to the wrong copy finds the first call that goes wrong. Then the program runs once more with the right one only, and traps
//! on entry to that call after saving its arguments in globals. The state of the store at that point, together with the
//! function and everything that it may call, forms a module of its own.

use super::ast::{Ast, Data, Elements, Export, Func, Global, Items, Op, SegmentMode, Table, decode, op};
use super::edits::{default, signature};
use super::error::CaptureError;
use crate::engine::{Config, NanProfile, module_hash};
use crate::module::{BodyKind, Module, WasmFeatures};
use crate::triage::bisect::{Case, Culprit, ProgressLog};
use crate::triage::difference::{DifferenceKind, diff};
use crate::triage::observe::Entity;
use crate::triage::subject::{DrivenBy, PROVIDER, PreparedSubject, Subject};
use crate::triage::trial::nans::{Trusted, may_be_chosen};
use crate::triage::trial::snapshot::{MemoryImage, Snapshot};
use crate::triage::value::PortableValue;
use std::sync::Arc;
use wasm_encoder as enc;
use wasm_encoder::Instruction as I;
use wasmparser::{ExternalKind, Operator, RefType, TypeRef, ValType};

/// The export with the number of further calls that go to the wrong copy.
const COUNTER: &str = "wasmoon:counter";

/// The names under which [`with_state_exported`] exports globals and memories, before their indices.
pub const GLOBAL: &str = "wasmoon:global ";
pub const MEMORY: &str = "wasmoon:memory ";

/// The number of data segments, and of element segments, that a module may have: a limit of this implementation.
const SEGMENTS: usize = 100_000;

/// Drives a module whose exports have no parameters: calls each of them once, in order.
pub fn drive() -> DrivenBy {
    DrivenBy::Exports { seed: 0, rounds: 1, fuel: None, hostless: false }
}

fn end() -> Op {
    op(&I::End)
}

/// Returns the operator that pushes a value.
fn constant(value: PortableValue, ty: ValType) -> Option<Op> {
    Some(match (value, ty) {
        (PortableValue::I32(v), _) => op(&I::I32Const(v as i32)),
        (PortableValue::I64(v), _) => op(&I::I64Const(v as i64)),
        (PortableValue::F32(bits), _) => op(&I::F32Const(enc::Ieee32::new(bits))),
        (PortableValue::F64(bits), _) => op(&I::F64Const(enc::Ieee64::new(bits))),
        (PortableValue::V128(v), _) => op(&I::V128Const(v as i128)),
        (PortableValue::Null, ty) => default(ty)?,
        (PortableValue::Func(0, index), _) => op(&I::RefFunc(index)),
        _ => return None,
    })
}

/// Returns a module in which each call of a prepared subject is an export without parameters. Without a provider, imported
/// functions return zeros; otherwise the module still imports from [`PROVIDER`]. With `tags`, tags are exported: another engine's
/// exceptions are identified by them.
///
/// # Errors
/// An argument cannot be written as a constant.
pub fn of_calls(prepared: &PreparedSubject, calls: usize, tags: bool) -> Result<Ast, CaptureError> {
    let mut ast = Ast::parse(&prepared.module.bytes)?;
    let fuel = prepared.fuel.as_ref().and_then(|(name, n)| {
        let export = ast.exports.iter().find(|e| e.name == *name && e.kind == ExternalKind::Global)?;
        Some((export.index, *n))
    });
    let targets: Vec<Option<u32>> = prepared
        .calls
        .iter()
        .map(|call| {
            let found = ast.exports.iter().find(|e| e.name == call.export && e.kind == ExternalKind::Func);
            found.map(|e| e.index)
        })
        .collect();
    ast.exports.clear();
    if tags {
        let all = 0..ast.imported().tags + ast.tags.len() as u32;
        let export = |index| Export { name: format!("wasmoon:tag {index}"), kind: ExternalKind::Tag, index };
        ast.exports.extend(all.map(export));
    }
    for (i, (call, target)) in prepared.calls.iter().zip(targets).take(calls).enumerate() {
        let target = target.ok_or_else(|| CaptureError::NoExport(call.export.clone()))?;
        let (params, results) =
            ast.type_of(target).and_then(|ty| signature(&ast, ty)).ok_or(CaptureError::NoFunctionType)?;
        let mut ops = Vec::new();
        if let Some((global, n)) = fuel {
            ops.extend([op(&I::I32Const(n as i32)), op(&I::GlobalSet(global))]);
        }
        for (&value, &ty) in call.args.iter().zip(&params) {
            ops.push(constant(value, ty).ok_or(CaptureError::Argument(value))?);
        }
        ops.extend([op(&I::Call(target)), end()]);
        let ty = ast.add_type(&[], &results);
        export(&mut ast, &format!("test{i}"), ty, ops);
    }
    match prepared.provider {
        Some(_) => ast.imports.iter_mut().for_each(|import| import.module = PROVIDER.into()),
        None => without_imports(&mut ast)?,
    }
    Ok(ast)
}

/// Adds and exports a function.
pub fn export(ast: &mut Ast, name: &str, ty: u32, ops: Vec<Op>) {
    let index = ast.imported().funcs + ast.funcs.len() as u32;
    ast.funcs.push(Arc::new(Func { ty, locals: Vec::new(), ops }));
    ast.exports.push(Export { name: name.into(), kind: ExternalKind::Func, index });
}

/// Replaces every import by a definition of the same type: a function that returns zeros, a memory of its minimum size,
/// ….
fn without_imports(ast: &mut Ast) -> Result<(), CaptureError> {
    let (mut funcs, mut tables, mut memories, mut globals, mut tags) = (vec![], vec![], vec![], vec![], vec![]);
    for import in std::mem::take(&mut ast.imports) {
        match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                let (_, results) = signature(ast, ty).ok_or(CaptureError::NoFunctionType)?;
                let mut ops = results
                    .into_iter()
                    .map(default)
                    .collect::<Option<Vec<Op>>>()
                    .ok_or(CaptureError::NonNullableImport)?;
                ops.push(end());
                funcs.push(Arc::new(Func { ty, locals: Vec::new(), ops }));
            }
            TypeRef::Table(ty) => tables.push(Table { ty, init: None }),
            TypeRef::Memory(ty) => memories.push(ty),
            TypeRef::Global(ty) => {
                let init = vec![default(ty.content_type).ok_or(CaptureError::NonNullableImport)?, end()];
                globals.push(Global { ty, init });
            }
            TypeRef::Tag(ty) => tags.push(ty.func_type_idx),
        }
    }
    // A table may be initialized with the value of an imported global; the module's own globals come after it.
    for op in ast.tables.iter_mut().filter_map(|table| table.init.as_mut()).flatten() {
        let read =
            if let Operator::GlobalGet { global_index } = decode(op) { Some(global_index as usize) } else { None };
        if let Some(global) = read.and_then(|index| globals.get(index)) {
            *op = global.init[0].clone();
        }
    }
    ast.funcs.splice(0..0, funcs);
    ast.tables.splice(0..0, tables);
    ast.memories.splice(0..0, memories);
    ast.globals.splice(0..0, globals);
    ast.tags.splice(0..0, tags);
    Ok(())
}

/// The module with the guilty function split, and the indices of its parts.
struct Split {
    ast: Ast,
    /// Function indices.
    wrong: u32,
    right: u32,
    /// The counter's global.
    counter: u32,
    func: u32,
    params: Vec<ValType>,
    results: Vec<ValType>,
}

impl Split {
    /// Copies the function twice and adds the counter; the function itself is replaced later.
    fn new(mut ast: Ast, func: u32) -> Result<Split, CaptureError> {
        let imported = ast.imported();
        let number = func.checked_sub(imported.funcs).ok_or(CaptureError::ImportedFunction)? as usize;
        let original = ast.funcs[number].clone();
        let (params, results) = signature(&ast, original.ty).ok_or(CaptureError::NoFunctionType)?;
        let wrong = imported.funcs + ast.funcs.len() as u32;
        ast.funcs.push(original.clone());
        ast.funcs.push(original);
        let counter = imported.globals + ast.globals.len() as u32;
        let ty = wasmparser::GlobalType { content_type: ValType::I32, mutable: true, shared: false };
        ast.globals.push(Global { ty, init: vec![op(&I::I32Const(0)), end()] });
        ast.exports.push(Export { name: COUNTER.into(), kind: ExternalKind::Global, index: counter });
        Ok(Split { ast, wrong, right: wrong + 1, counter, func, params, results })
    }

    fn replace(&self, ast: &mut Ast, ops: Vec<Op>) {
        let number = (self.func - ast.imported().funcs) as usize;
        ast.funcs[number] = Arc::new(Func { ty: ast.funcs[number].ty, locals: Vec::new(), ops });
    }

    fn with_counter(&self, ast: &mut Ast, n: u32) {
        let number = (self.counter - ast.imported().globals) as usize;
        ast.globals[number].init = vec![op(&I::I32Const(n as i32)), end()];
    }

    fn count_down(&self) -> [Op; 4] {
        let one_less = [I::GlobalGet(self.counter), I::I32Const(1), I::I32Sub, I::GlobalSet(self.counter)];
        one_less.map(|instruction| op(&instruction))
    }

    fn arguments(&self) -> impl Iterator<Item = Op> {
        (0..self.params.len() as u32).map(|i| op(&I::LocalGet(i)))
    }

    /// Returns the module in which the first `n` calls go to the wrong copy.
    fn switched(&self, n: u32) -> Vec<u8> {
        let mut ast = self.ast.clone();
        let block = ast.add_type(&[], &self.results);
        let mut ops = vec![op(&I::GlobalGet(self.counter)), op(&I::If(enc::BlockType::FunctionType(block)))];
        ops.extend(self.count_down());
        ops.extend(self.arguments());
        ops.extend([op(&I::Call(self.wrong)), op(&I::Else)]);
        ops.extend(self.arguments());
        ops.extend([op(&I::Call(self.right)), end(), end()]);
        self.replace(&mut ast, ops);
        self.with_counter(&mut ast, n);
        ast.encode()
    }

    /// Returns the module that traps on entry to call `n`, counted from 1; the arguments are in the globals after the
    /// counter.
    fn stopping(&self, n: u32) -> Result<Vec<u8>, CaptureError> {
        let mut ast = self.ast.clone();
        let mut ops = vec![op(&I::GlobalGet(self.counter)), op(&I::I32Eqz), op(&I::If(enc::BlockType::Empty))];
        ops.extend([op(&I::I32Const(-1)), op(&I::GlobalSet(self.counter))]);
        for (i, &ty) in (0..).zip(&self.params) {
            let init = default(ty).ok_or(CaptureError::NonNullableParameter)?;
            let global = wasmparser::GlobalType { content_type: ty, mutable: true, shared: false };
            ast.globals.push(Global { ty: global, init: vec![init, end()] });
            ops.extend([op(&I::LocalGet(i)), op(&I::GlobalSet(self.counter + 1 + i))]);
        }
        ops.extend([op(&I::Unreachable), end()]);
        ops.extend(self.count_down());
        ops.extend(self.arguments());
        ops.extend([op(&I::Call(self.right)), end()]);
        self.replace(&mut ast, ops);
        self.with_counter(&mut ast, n - 1);
        Ok(ast.encode())
    }

    /// Selects the compiled bodies of a split module: the wrong copy, and with `others` all other functions too. Where the
    /// interpreter is wrong, all but the wrong copy.
    fn config(&self, bytes: &[u8], case: &Case, others: bool) -> Result<Config, CaptureError> {
        let module = Module::new(bytes, WasmFeatures::all()).map_err(CaptureError::SplitModule)?;
        let hash = module_hash(&module);
        let function = |kind: &BodyKind| if let BodyKind::Function(f) = kind { Some(*f) } else { None };
        let chosen = (0..).zip(&module.bodies).filter(|(_, body)| {
            let f = function(&body.kind);
            match (case.blames_interpreter(), others) {
                (true, _) => f != Some(self.wrong),
                (false, true) => f != Some(self.right),
                (false, false) => f == Some(self.wrong),
            }
        });
        Ok(Config { only: Some(chosen.map(|(i, _)| (hash, i)).collect()), ..case.compiling().clone() })
    }
}

/// Returns the guilty function's first wrong call as a separate module: its export `test` makes that call, in the state that the
/// program had.
///
/// # Errors
/// See [`CaptureError`].
pub fn of_function(case: &mut Case, culprit: &Culprit, log: ProgressLog<'_>) -> Result<Ast, CaptureError> {
    if matches!(case.subject.drive, DrivenBy::Script { .. }) {
        return Err(CaptureError::InScript);
    }
    if case.subject.provider.is_some() {
        return Err(CaptureError::InLinkedModule);
    }
    if case.difference.kind == DifferenceKind::State(Entity::Frames) {
        return Err(CaptureError::PlaceOfTrap);
    }
    let func = culprit.function.ok_or(CaptureError::ConstantExpression)?;
    let split = Split::new(Ast::parse(&case.subject.bytes)?, func)?;
    // Everything except the guilty function may be compiled, if the result is still right.
    let others = Config { only: Some(case.all_but(std::slice::from_ref(culprit))), ..case.config().clone() };
    let fast = !case.blames_interpreter() && !case.is_wrong(&others)?;
    let drive = case.subject.drive.clone();
    let subject = |bytes: Vec<u8>| Subject { bytes, provider: None, drive: drive.clone() };
    let (native, counts_nans) = (case.compiling().nan, case.counts_nans);
    let trusted = if case.blames_interpreter() { Trusted::Right } else { Trusted::Left };
    let mut observe = |n: u32, nan: NanProfile| {
        let bytes = split.switched(n);
        let config = Config { nan, ..split.config(&bytes, case, fast)? };
        // Everything except the number of remaining calls has to agree.
        let mut seen = case.trials.observe(&subject(bytes), &config)?;
        seen.steps.iter_mut().for_each(|s| {
            // The code before it moves with the length of its number.
            s.state.retain(|(e, _)| ![Entity::Global(split.counter), Entity::Frames].contains(e));
        });
        Ok::<_, CaptureError>(seen)
    };
    log("capture: with two copies of the function");
    let expected = observe(0, native)?;
    let mut canonical = None;
    let mut wrong = |n: u32| -> Result<bool, CaptureError> {
        let Some(difference) = diff(&expected, &observe(n, native)?) else { return Ok(false) };
        if counts_nans || native.is_canonical() || difference.is_of_defect() {
            return Ok(true);
        }
        let expected = match canonical.take() {
            Some(expected) => expected,
            None => observe(0, NanProfile::Canonical)?,
        };
        let seen = observe(n, NanProfile::Canonical)?;
        let is_choice = may_be_chosen(&difference, [&expected, &seen], trusted);
        canonical = Some(expected);
        Ok(!is_choice)
    };
    if !wrong(u32::MAX)? {
        return Err(CaptureError::CopyIsRight);
    }
    let mut high = 1u32;
    while !wrong(high)? {
        log(&format!("capture: the first {high} calls are right"));
        high = high.checked_mul(2).ok_or(CaptureError::NoWrongCall)?;
    }
    let call = crate::triage::bisect::search::first_wrong(u64::from(high / 2 + 1), u64::from(high), &mut |n| {
        log(&format!("capture: the first {n} calls"));
        wrong(n as u32)
    })? as u32;
    log(&format!("capture: call {call}"));
    let bytes = split.stopping(call)?;
    let config = split.config(&bytes, case, fast)?;
    let snapshot = case.trials.snapshot(&subject(bytes), &config, Some(COUNTER))?;
    if snapshot.globals.get(split.counter as usize) != Some(&PortableValue::I32(u32::MAX)) {
        return Err(CaptureError::NotReached(call));
    }
    extracted(&Ast::parse(&case.subject.bytes)?, func, &snapshot, &split)
}

/// Returns a module with the state of a snapshot, whose export `test` calls the function with the saved arguments.
fn extracted(original: &Ast, func: u32, snapshot: &Snapshot, split: &Split) -> Result<Ast, CaptureError> {
    let mut ast = original.clone();
    without_imports(&mut ast)?;
    ast.start = None;
    ast.exports.clear();
    for (g, value) in ast.globals.iter_mut().zip(&snapshot.globals) {
        g.init = vec![constant(*value, g.ty.content_type).ok_or(CaptureError::Value(*value))?, end()];
    }
    for (d, dropped) in ast.data.iter_mut().zip(&snapshot.dropped.0) {
        if *dropped || matches!(d.mode, SegmentMode::Active(..)) {
            (d.mode, d.bytes) = (SegmentMode::Passive, Arc::from([]));
        }
    }
    for (e, dropped) in ast.elements.iter_mut().zip(&snapshot.dropped.1) {
        if matches!(e.mode, SegmentMode::Active(..)) || *dropped && matches!(e.mode, SegmentMode::Passive) {
            e.mode = SegmentMode::Passive;
            match &mut e.items {
                Items::Functions(list) => list.clear(),
                Items::Expressions(_, list) => list.clear(),
            }
        }
    }
    let each = |there: usize, of: usize| SEGMENTS.saturating_sub(there) / of.max(1);
    let most = each(ast.data.len(), ast.memories.len());
    for (i, (m, image)) in (0..).zip(ast.memories.iter_mut().zip(&snapshot.memories)) {
        m.initial = image.len >> m.page_size_log2.unwrap_or(16);
        let wide = m.memory64;
        for (at, bytes) in image.pieces_at_most(most).iter() {
            let mode = SegmentMode::Active(i, offset(*at, wide));
            ast.data.push(Data { mode, bytes: bytes.as_slice().into() });
        }
    }
    // One more declares functions.
    let most = each(ast.elements.len() + 1, ast.tables.len());
    for (i, (t, values)) in (0..).zip(ast.tables.iter_mut().zip(&snapshot.tables)) {
        t.ty.initial = values.len() as u64;
        // Its initial contents are not its current ones.
        if t.ty.element_type.is_nullable() {
            t.init = None;
        }
        for (at, items) in runs(values, t.ty.element_type, most).ok_or(CaptureError::Element)? {
            ast.elements.push(Elements { mode: SegmentMode::Active(i, offset(at as u64, t.ty.table64)), items });
        }
    }
    let mut ops = Vec::new();
    for (i, &ty) in split.params.iter().enumerate() {
        let value = &snapshot.globals[split.counter as usize + 1 + i];
        ops.push(constant(*value, ty).ok_or(CaptureError::Value(*value))?);
    }
    ops.extend([op(&I::Call(func)), end()]);
    let ty = ast.add_type(&[], &split.results);
    export(&mut ast, "test", ty, ops);
    // Functions named by `ref.func` must be declared.
    let all = (0..ast.funcs.len() as u32).collect();
    ast.elements.push(Elements { mode: SegmentMode::Declared, items: Items::Functions(all) });
    Ok(ast.without_unused()?)
}

/// Returns the contents of a table: the functions of each run between nulls, and the run's position; or, if there are more runs
/// than `most`, everything as one run, including the nulls. `None` if the table holds anything else.
fn runs(values: &[PortableValue], ty: RefType, most: usize) -> Option<Vec<(usize, Items)>> {
    let function = |value: &PortableValue| if let PortableValue::Func(0, f) = value { Some(*f) } else { None };
    let (mut runs, mut at) = (Vec::new(), 0);
    while at < values.len() {
        let run = values[at..].iter().take_while(|v| **v != PortableValue::Null).count();
        if run > 0 {
            let functions = values[at..at + run].iter().map(function).collect::<Option<Vec<u32>>>()?;
            runs.push((at, Items::Functions(functions)));
        }
        at += run.max(1);
    }
    if runs.len() <= most.max(1) {
        return Some(runs);
    }
    let null = default(ValType::Ref(ty))?;
    let reference = |value: &PortableValue| match function(value) {
        Some(f) => vec![op(&I::RefFunc(f)), end()],
        None => vec![null.clone(), end()],
    };
    let first = runs[0].0;
    let last = values.iter().rposition(|v| *v != PortableValue::Null)?;
    let items = Items::Expressions(ty, values[first..=last].iter().map(reference).collect());
    Some(vec![(first, items)])
}

fn offset(at: u64, wide: bool) -> Vec<Op> {
    vec![op(&if wide { I::I64Const(at as i64) } else { I::I32Const(at as i32) }), end()]
}

/// Adds an export `get` that returns the difference between two snapshots of the module: the lowest differing address
/// of a memory, or the first differing global. `None` if no memory or global differs.
pub fn with_getter(ast: &Ast, good: &Snapshot, bad: &Snapshot) -> Option<Ast> {
    let mut edited = ast.clone();
    let (ops, ty) = memory_getter(ast, &good.memories, &bad.memories).or_else(|| {
        let i = good.globals.iter().zip(&bad.globals).position(|(a, b)| a != b)?;
        Some((vec![op(&I::GlobalGet(i as u32)), end()], ast.global_type(i as u32)?.content_type))
    })?;
    let ty = edited.add_type(&[], &[ty]);
    export(&mut edited, "get", ty, ops);
    Some(edited)
}

/// Returns the module with all its globals and memories exported, by their indices.
pub fn with_state_exported(ast: &Ast) -> Ast {
    let mut edited = ast.clone();
    let imported = ast.imported();
    let globals = (0..imported.globals + ast.globals.len() as u32).map(|i| (GLOBAL, ExternalKind::Global, i));
    let memories = (0..imported.memories + ast.memories.len() as u32).map(|i| (MEMORY, ExternalKind::Memory, i));
    let export = |(name, kind, index)| Export { name: format!("{name}{index}"), kind, index };
    edited.exports.extend(globals.chain(memories).map(export));
    edited
}

fn memory_getter(ast: &Ast, good: &[MemoryImage], bad: &[MemoryImage]) -> Option<(Vec<Op>, ValType)> {
    let (i, (a, b)) = (0..).zip(good.iter().zip(bad)).find(|(_, (a, b))| a != b)?;
    let wide = ast.memory_type(i)?.memory64;
    if a.len != b.len {
        return Some((vec![op(&I::MemorySize(i)), end()], if wide { ValType::I64 } else { ValType::I32 }));
    }
    let mut ops = offset(a.first_difference(b)?, wide);
    let access = enc::MemArg { offset: 0, align: 0, target: enc::MemArgTarget::Memory(i), ordering: None };
    ops.insert(1, op(&I::I32Load8U(access)));
    Some((ops, ValType::I32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::triage::observe::{Bounds, StepEnd, execute};
    use crate::triage::reduce::tests::{binary, parse, printed};
    use crate::triage::reduce::typing::is_valid;
    use crate::triage::subject::SubjectCall;
    use crate::triage::trial::snapshot;

    /// Parameters of each type; a memory with 64-bit addresses and one with one-byte pages; a table that was initially full, and
    /// now has nulls between its functions; segments that are passive, dropped, and active.
    const STATE: &str = r#"(module
        (type $one (func (result i32)))
        (memory $wide i64 2 4) (memory $tiny 7 (pagesize 1))
        (table $t 4 8 funcref (ref.func $two)) (table $wide64 i64 2 funcref)
        (elem declare func $one) (elem $passive func $three) (elem $gone func $two) (elem (table $wide64) (i64.const 1) func $three)
        (data $d "abcd") (data $dropped "xyz") (data (memory $tiny) (i32.const 1) "\05")
        (global $n (mut i64) (i64.const 5)) (global $r (mut funcref) (ref.null func))
        (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2)) (func $three (result i32) (i32.const 3))
        (func $g (param $a i32) (param $b i64) (param $c f32) (param $d f64) (param $e v128) (param $f funcref)
            (result i32 i64 f32 f64 v128 i32 i64 i32 i32 i32 i32 i32)
            (memory.init $wide $d (i64.const 70000) (i32.const 1) (i32.const 3))
            (table.init $t $passive (i32.const 0) (i32.const 0) (i32.const 1))
            (global.set $n (i64.add (global.get $n) (i64.const 1)))
            (local.get $a) (local.get $b) (local.get $c) (local.get $d) (local.get $e) (ref.is_null (local.get $f))
            (global.get $n)
            (i32.load $wide (i64.const 69998))
            (i32.load8_u $tiny (i32.const 6))
            (i32.add (i32.shl (ref.is_null (table.get $t (i32.const 1))) (i32.const 1))
                (ref.is_null (table.get $t (i32.const 2))))
            (i32.add (i32.mul (table.size $t) (i32.const 10))
                (i32.add (call_indirect $t (type $one) (i32.const 3)) (call_indirect $t (type $one) (i32.const 0))))
            (call_indirect $wide64 (type $one) (i64.const 1)))
        (func $some (param i32) (result i32 i64 f32 f64 v128 i32 i64 i32 i32 i32 i32 i32)
            (call $g (i32.add (local.get 0) (i32.const 41)) (i64.const -9) (f32.const nan:0x200001) (f64.const -0)
                (v128.const i32x4 1 2 3 -4) (global.get $r)))
        (func (export "f")
            (call $some (i32.const 0)) drop drop drop drop drop drop drop drop drop drop drop drop
            (drop (memory.grow $wide (i64.const 1))) (drop (memory.grow $tiny (i32.const 2)))
            (i32.store16 $wide (i64.const 69998) (i32.const 0x1234)) (i32.store8 $tiny (i32.const 6) (i32.const 77))
            (table.set $t (i32.const 1) (ref.null func)) (table.set $t (i32.const 3) (ref.func $one))
            (drop (table.grow $t (ref.null func) (i32.const 2)))
            (global.set $r (ref.func $three)) (data.drop $dropped) (elem.drop $gone))
        (func (export "g") (result i32 i64 f32 f64 v128 i32 i64 i32 i32 i32 i32 i32) (call $some (i32.const 1))))"#;

    /// The captured call returns the same as in the program, from the same state.
    #[test]
    fn a_captured_call_has_the_state_of_the_program() {
        let original = parse(STATE);
        let func = 3;
        let split = Split::new(original.clone(), func).unwrap();
        let prepared = |bytes: Vec<u8>| {
            Subject {
                bytes,
                provider: None,
                drive: DrivenBy::Exports { seed: 0, rounds: 1, fuel: None, hostless: false },
            }
            .prepare()
            .unwrap()
        };
        let bounds = Bounds::default();
        let run = |bytes: Vec<u8>| {
            let seen = execute(&prepared(bytes), &Engine::new(Config::default()).unwrap(), &bounds);
            seen.steps.last().unwrap().end.clone()
        };
        let stopping = prepared(split.stopping(2).unwrap());
        let state = snapshot::of_calls(&stopping, &Config::default(), &bounds, Some(COUNTER)).unwrap();
        assert_eq!(state.globals[split.counter as usize], PortableValue::I32(u32::MAX));
        let captured = extracted(&original, func, &state, &split).unwrap();
        let bytes = captured.encode();
        assert!(is_valid(&bytes) && captured.exports.len() == 1 && captured.start.is_none());
        let (expected, seen) = (run(binary(STATE)), run(bytes));
        assert!(matches!(&expected, StepEnd::Values(values) if values[0] == PortableValue::I32(42)), "{expected}");
        assert_eq!(seen, expected);
    }

    /// The limit is wasmparser's, which does not export it.
    #[test]
    fn a_module_may_have_so_many_segments_and_no_more() {
        let with = |data: usize, elements: usize| {
            let mut ast = parse("(module)");
            ast.data = vec![Data { mode: SegmentMode::Passive, bytes: Arc::from([]) }; data];
            ast.elements = vec![Elements { mode: SegmentMode::Passive, items: Items::Functions(Vec::new()) }; elements];
            is_valid(&ast.encode())
        };
        assert!(with(SEGMENTS, SEGMENTS));
        assert!(!with(SEGMENTS + 1, 0));
        assert!(!with(0, SEGMENTS + 1));
    }

    /// If a state has more pieces than that, the segments include zeros and nulls.
    #[test]
    fn a_state_of_many_pieces_is_a_module_still() {
        let original = parse(
            "(module (memory 1) (memory $m 1) (table 2 funcref)
                (func (result i32) (drop (table.get (i32.const 0))) (drop (i32.load8_u $m (i32.const 0)))
                    (i32.load8_u (i32.const 0))))",
        );
        let split = Split::new(original.clone(), 0).unwrap();
        let mut bytes = vec![0; 32 << 16];
        bytes.iter_mut().step_by(20).for_each(|byte| *byte = 7);
        let image = MemoryImage::of_bytes(&bytes);
        assert!(image.pieces.len() > SEGMENTS);
        let functions =
            |of: usize| (0..of).map(|i| if i % 2 == 0 { PortableValue::Func(0, 0) } else { PortableValue::Null });
        let state = Snapshot {
            memories: vec![image, MemoryImage { len: 1 << 16, pieces: vec![(1, vec![5])] }],
            globals: vec![PortableValue::I32(u32::MAX)],
            tables: vec![functions(2 * SEGMENTS + 3).collect()],
            ..Snapshot::default()
        };
        let captured = extracted(&original, 0, &state, &split).unwrap();
        assert!((SEGMENTS / 2..=SEGMENTS).contains(&captured.data.len()) && captured.elements.len() == 2);
        assert!(is_valid(&captured.encode()));
        let shown = |most| {
            let values: Vec<PortableValue> = [PortableValue::Null].into_iter().chain(functions(6)).collect();
            let segments = runs(&values, RefType::FUNCREF, most).unwrap();
            let len = |items: &Items| match items {
                Items::Functions(list) => ("functions", list.len()),
                Items::Expressions(_, list) => ("expressions", list.len()),
            };
            segments.iter().map(|(at, items)| (*at, len(items))).collect::<Vec<_>>()
        };
        assert_eq!(shown(3), [(1, ("functions", 1)), (3, ("functions", 1)), (5, ("functions", 1))]);
        assert_eq!(shown(2), [(1, ("expressions", 5))]);
        assert!(runs(&[PortableValue::Extern(1)], RefType::EXTERNREF, 9).is_none());
    }

    /// The initial value of a table is evaluated before the module's own globals, and an imported global becomes the first of
    /// these.
    #[test]
    fn a_table_of_an_imported_global_is_one_of_nulls() {
        let text = r#"(module (import "m" "i" (global i32)) (import "m" "g" (global $g funcref)) (table 2 funcref (global.get $g))
            (func (export "f") (result i32) (ref.is_null (table.get (global.get 0)))))"#;
        let module = Arc::new(Module::new(&binary(text), WasmFeatures::all()).unwrap());
        let calls = vec![SubjectCall { export: "f".into(), args: Vec::new() }];
        let prepared = PreparedSubject { module, provider: None, calls, fuel: None };
        let made = of_calls(&prepared, 1, false).unwrap().encode();
        assert!(is_valid(&made) && printed(&made).contains("2 funcref ref.null func"), "{}", printed(&made));
    }

    /// Each call is an export that sets the fuel and passes the arguments, for as many calls as requested.
    #[test]
    fn calls_become_exports_without_parameters() {
        let text = r#"(module (import "m" "h" (func $h (param i32) (result i64)))
            (global (export "n") (mut i32) (i32.const 0)) (tag (export "e"))
            (func (export "f") (param i32 f64 externref) (result i64) (call $h (local.get 0))) (func (export "g")))"#;
        let module = Arc::new(Module::new(&binary(text), WasmFeatures::all()).unwrap());
        let call = |export: &str, args: &[PortableValue]| SubjectCall { export: export.into(), args: args.to_vec() };
        let args = [PortableValue::I32(7), PortableValue::F64(2.5_f64.to_bits()), PortableValue::Null];
        let prepared = |calls: Vec<SubjectCall>, fuel: Option<(String, u32)>| PreparedSubject {
            module: Arc::clone(&module),
            provider: None,
            calls,
            fuel,
        };
        let fuelled = prepared(vec![call("f", &args), call("g", &[]), call("f", &args)], Some(("n".into(), 9)));
        let expected = r#"(module (func $h (param i32) (result i64) (i64.const 0)) (global (mut i32) (i32.const 0)) (tag)
            (func $f (param i32 f64 externref) (result i64) (call $h (local.get 0))) (func $g)
            (func $first (result i64)
                (global.set 0 (i32.const 9)) (call $f (i32.const 7) (f64.const 2.5) (ref.null extern)))
            (func $second (global.set 0 (i32.const 9)) (call $g))
            (export "wasmoon:tag 0" (tag 0)) (export "test0" (func $first)) (export "test1" (func $second)))"#;
        let made = of_calls(&fuelled, 2, true).unwrap();
        assert_eq!(printed(&made.encode()), printed(&parse(expected).encode()));
        let names = |made: Ast| made.exports.into_iter().map(|export| export.name).collect::<Vec<_>>();
        assert_eq!(names(of_calls(&fuelled, 3, false).unwrap()), ["test0", "test1", "test2"]);
        // Calls that are not made need not exist, or be expressible.
        let broken = prepared(vec![call("g", &[]), call("absent", &[])], None);
        assert_eq!(names(of_calls(&broken, 1, false).unwrap()), ["test0"]);
        assert!(matches!(of_calls(&broken, 2, false), Err(CaptureError::NoExport(name)) if name == "absent"));
        let host = PortableValue::Extern(3);
        let host = prepared(vec![call("f", &[args[0], args[1], host])], None);
        assert!(matches!(of_calls(&host, 1, false), Err(CaptureError::Argument(PortableValue::Extern(3)))));
    }

    /// The first difference is read: that of the lowest memory, in its length or else its lowest byte; or else that of a global.
    #[test]
    fn a_getter_reads_what_differs() {
        let module = |getter: &str| {
            parse(&format!(
                "(module (import \"p\" \"m\" (memory 1)) (import \"p\" \"g\" (global i32)) (memory i64 1)
                    (global (mut f64) (f64.const 0)) {getter})"
            ))
        };
        let state = |memories: [&[u8]; 2], globals: [u32; 2]| Snapshot {
            memories: memories.map(MemoryImage::of_bytes).to_vec(),
            globals: globals.map(PortableValue::I32).to_vec(),
            ..Snapshot::default()
        };
        let good = state([&[1, 2, 3], &[4, 5]], [6, 7]);
        let cases = [
            (state([&[1, 2, 9], &[4, 5]], [6, 7]), "(result i32) (i32.load8_u (i32.const 2))"),
            (state([&[1, 8, 9], &[4, 9]], [9, 9]), "(result i32) (i32.load8_u (i32.const 1))"),
            (state([&[1, 2, 3], &[4, 9]], [6, 9]), "(result i32) (i32.load8_u 1 (i64.const 1))"),
            (state([&[1, 2, 3], &[4, 5, 0]], [6, 7]), "(result i64) (memory.size 1)"),
            (state([&[1, 2, 3, 4], &[9, 5]], [6, 7]), "(result i32) (memory.size)"),
            (state([&[1, 2, 3], &[4, 5]], [6, 9]), "(result f64) (global.get 1)"),
            (state([&[1, 2, 3], &[4, 5]], [9, 9]), "(result i32) (global.get 0)"),
        ];
        for (bad, getter) in cases {
            let made = with_getter(&module(""), &good, &bad).unwrap();
            let expected = module(&format!("(func (export \"get\") {getter})"));
            assert_eq!(printed(&made.encode()), printed(&expected.encode()));
        }
        assert!(with_getter(&module(""), &good, &good).is_none());
        let exports = with_state_exported(&module("")).exports;
        let exports: Vec<_> = exports.iter().map(|export| (export.name.as_str(), export.kind, export.index)).collect();
        let (global, memory) = (ExternalKind::Global, ExternalKind::Memory);
        let expected = [
            ("wasmoon:global 0", global, 0),
            ("wasmoon:global 1", global, 1),
            ("wasmoon:memory 0", memory, 0),
            ("wasmoon:memory 1", memory, 1),
        ];
        assert_eq!(exports, expected);
    }
}
